// Ten scores, their softmax at a temperature, and the cross-entropy of the digit that is right
import {frame, html, svg, set, fmt, slider, button, choice, plot, draggable, readout} from './kit.js'

/** The logarithm of softmax, as the library calculates it: no exponential grows large */
export function logSoftmax(scores, temperature = 1) {
  const x = scores.map(o => o / temperature), most = Math.max(...x)
  const sum = Math.log(x.reduce((total, o) => total + Math.exp(o - most), 0))
  return x.map(o => o - most - sum)
}
export const softmax = (scores, temperature = 1) => logSoftmax(scores, temperature).map(Math.exp)
export const crossEntropy = (scores, target, temperature = 1) => -logSoftmax(scores, temperature)[target]

export default {render({model, el}) {
  const given = {scores: [0, 1, 3, 2, 0, 0, 0, 0, 0, 0], target: 3, temperature: 1}
  for (const k of Object.keys(given)) given[k] = model.get(k) ?? given[k]
  const s = {...given}, digits = s.scores.map((_, i) => i)
  const far = Math.max(5, ...s.scores.map(o => Math.ceil(Math.abs(o)))), range = [-far, far]
  const f = frame(el, 'Softmax: scores, probabilities and cross-entropy')
  const wide = f.width > 520, side = wide ? 190 : f.width, most = wide ? f.width - 16 - side : f.width
  const both = {width: most, x: [-.5, digits.length - .5], xticks: digits, left: 52, right: 6}
  const p = plot({...both, height: 220, bottom: 26, y: range, ylabel: 'score', label: 'Scores'})
  const q = plot({...both, height: 200, y: [0, 1], top: 22, xlabel: 'digit', ylabel: 'probability', label: 'Probabilities'})
  const c = plot({width: side, height: wide ? 225 : 180, x: [0, 1], y: [0, 5], nx: 2, xlabel: 'p of the target', ylabel: '−log p',
    label: 'Cross-entropy over the probability of the target'})
  const out = readout([['cross-entropy', 'b']])
  f.stage.append(html('div', {class: 'mv-column'}, p.node, q.node), html('div', {class: 'mv-column'}, out.node, c.node))

  const column = p.X(1) - p.X(0), w = column * .62
  const bands = [p, q].map(o => svg('rect', {class: 'band', width: column, height: o.h, y: o.top, rx: 4}))
  const zero = svg('path', {class: 'axis', d: `M${p.left} ${p.Y(0)}h${p.w}`})
  const bars = [p, q].map(() => digits.map(() => svg('rect', {width: w, rx: 2})))
  const chances = digits.map(i => svg('text', {'data-chance': i, x: q.X(i), 'text-anchor': 'middle', 'font-size': wide ? 12 : 10}))
  p.back.append(bands[0], ...bars[0], zero)
  q.back.append(bands[1], ...bars[1])
  q.front.append(...chances)
  const dot = svg('circle', {class: 'fill b', r: 6}), curve = svg('path', {class: 'line b thin'})
  c.back.append(curve, dot)

  const grips = digits.map(() => svg('g', {}, svg('rect', {class: 'hit', x: -column / 2, y: -22, width: column, height: 44}),
    svg('rect', {class: 'grip', x: -w / 2, y: -6, width: w, height: 12, rx: 6})))
  p.front.append(...grips)
  const tell = grips.map((g, i) => draggable(g, p, {label: `Score of ${i}`, y: range, step: far / 50, get: () => [i, s.scores[i]],
    move: ([, y]) => { s.scores = s.scores.with(i, y); draw() },
    text: () => `${fmt(s.scores[i])}, probability ${fmt(probs()[i])}`}))

  const probs = () => softmax(s.scores, s.temperature)
  const target = choice({label: 'Target', options: digits.map(i => [i, String(i)]), value: s.target, oninput(v) { s.target = v; draw() }})
  const temperature = slider({label: 'Temperature', min: .1, max: 10, log: true, value: s.temperature,
    oninput(v) { s.temperature = v; draw() }})
  const add = (label, by) => button(label, () => { s.scores = s.scores.map(o => +(o + by).toFixed(10)); draw() })
  const more = add('Add 1 to all', 1), less = add('Take 1 from all', -1)
  const back = button('Start again', () => {
    Object.assign(s, given); target.value = s.target; temperature.value = s.temperature
    draw()
  })
  f.controls.append(target.node, temperature.node, html('div', {class: 'mv-row'}, more, less, back))

  function draw() {
    const ps = probs(), loss = crossEntropy(s.scores, s.target, s.temperature), chance = ps[s.target]
    const kind = i => i === s.target ? 'b' : 'a'
    bands.forEach(o => set(o, {x: p.X(s.target) - column / 2}))
    digits.forEach(i => {
      const y = p.Y(s.scores[i]), x = p.X(i) - w / 2
      set(bars[0][i], {class: `fill ${kind(i)}`, x, y: Math.min(y, p.Y(0)), height: Math.abs(y - p.Y(0))})
      set(bars[1][i], {class: `fill ${kind(i)}`, x, y: q.Y(ps[i]), height: q.Y(0) - q.Y(ps[i])})
      set(grips[i], {class: `handle ${kind(i)}`, transform: `translate(${p.X(i)} ${y})`})
      set(chances[i], {y: q.Y(ps[i]) - 5, class: i === s.target && 'strong'})
      chances[i].textContent = ps[i].toFixed(wide ? 3 : 2)
      tell[i]()
    })
    c.range({y: [0, Math.max(5, loss)]})
    set(curve, {d: c.curve(o => -Math.log(o))})
    set(dot, {cx: c.X(chance), cy: c.Y(loss)})
    out.show([fmt(loss), `−log ${fmt(chance)}`])
    more.disabled = Math.max(...s.scores) + 1 > range[1]
    less.disabled = Math.min(...s.scores) - 1 < range[0]
    f.show({scores: s.scores, probs: ps, loss, target: s.target, temperature: s.temperature})
    const best = ps.indexOf(Math.max(...ps)), even = Math.log(digits.length)
    const first = best === s.target ? `The target, ${best}, has the highest probability, ${fmt(chance)}.`
      : `${best} has the highest probability, ${fmt(ps[best])}; the target, ${s.target}, has ${fmt(chance)}.`
    const bad = loss > even + 1e-9 ? `, more than the ${fmt(even)} of ten equal probabilities` : ''
    f.say(`${first} The cross-entropy is ${fmt(loss)}${bad}.`)
  }
  draw()
}}
