// What the page 'Draw a digit' says, in words, of what the models answered.

const percent = v => v > .995 ? 'more than 99 %' : v < .01 ? 'less than 1 %' : `${Math.round(100*v)} %`
const a = digit => `${digit === 8 ? 'an' : 'a'} ${digit}`
const names = xs => xs.length < 2 ? xs.join('') : `${xs.slice(0, -1).join(', ')} and ${xs.at(-1)}`

// Which models say the same as the convnet, and what the others say
function agreement(answers, models, digit) {
  const others = models.slice(0, -1).map((m, i) => ({title: m.title.toLowerCase(), digit: answers[i].digit})).filter(o => o.digit !== digit)
  if (!others.length) return `All ${['', '', 'two', 'three', 'four'][models.length]} models agree.`
  const by = new Map()
  for (const o of others) by.set(o.digit, [...by.get(o.digit) || [], `the ${o.title}`.replace('the pixel', 'pixel')])
  const all = [...by].map(([d, who]) => `${names(who)} ${who.length > 1 ? 'take' : 'takes'} it for ${a(d)}`)
  return `But ${names(all)}.`
}

// How often answers were right, on random drawings, that were as sure
function asSure(p, sure) {
  const o = sure.find(o => p >= o.low && p < o.high) || sure.at(-1)
  const [n, right] = [o.of, o.right].map(v => v.toLocaleString('en'))
  return o.of < 30 ? '' : `Of ${n} random drawings about which the convnet was as sure, it was right on ${right}.`
}

// `seen` is what the page read: null, {why}, or {image, answers, parts}. Gives a `sign` of a character or none, a title, lines, and a tone:
// 'sure', 'unsure', 'no' (not a digit), or 'wait'.
export function verdict(seen, made, failed) {
  if (failed) return {sign: '', title: failed, lines: [], tone: 'wait'}
  if (!seen) return {sign: '', title: 'Draw a digit, large or small.', lines: made ? [] : ['The models are on their way.'], tone: 'wait'}
  if (seen.why) return {sign: '?', title: seen.why, lines: [], tone: 'no'}
  if (!seen.answers) return {sign: '', title: 'The models are on their way.', lines: ['Go on drawing.'], tone: 'wait'}
  const {answers, parts} = seen, {models, drawings} = made, {doubt} = models.at(-1)
  const {digit, values} = answers.at(-1), p = values[digit]
  const [, second] = values.slice(0, 10).map((v, i) => [v, i]).sort((x, y) => y[0]-x[0])
  const or = second[0] >= .05 ? `; or ${a(second[1])}, ${percent(second[0])}` : ''
  const agree = agreement(answers, models, digit)
  const digits = parts.filter(o => o.values[o.digit] >= doubt)
  if (p < .9 && digits.length > 1 && digits.length === parts.length)
    return {sign: '?', title: 'More than one digit?', tone: 'no',
            lines: [`Side by side I read ${names(parts.map(o => a(o.digit)))}. I can only judge one at a time.`]}
  if (p < doubt) {
    const guess = p < .01 ? '' : `If it has to be one: ${a(digit)}, ${percent(p)}${or}.`
    return values[10] > p ?
      {sign: '?', title: 'Not a digit, I think.', tone: 'no', lines: ['It is unlike any digit I learned from.', guess].filter(Boolean)} :
      {sign: '?', title: 'I cannot tell which digit this is.', tone: 'no', lines: [guess, agree]}
  }
  const how = p >= .97 ? ['This is', 'sure'] : p >= .8 ? ['This is probably', 'sure'] : ['Perhaps this is', 'unsure']
  return {sign: `${digit}`, title: `${how[0]} ${a(digit)}.`, tone: how[1],
          lines: [`I am ${percent(p)} sure${or}.`, agree, asSure(p, drawings.sure)].filter(Boolean)}
}
