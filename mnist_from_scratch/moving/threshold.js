// Scores of a few images and the threshold between the answers: losses and accuracy, and how they change as one score moves
import {frame, html, svg, set, fmt, button, plot, draggable, readout} from './kit.js'

const mean = xs => xs.reduce((total, o) => total + o, 0) / xs.length
const far = (p, target) => target ? 1 - p : p
/** Mean distance of the scores from their targets */
export const mnistLoss = (preds, targets) => mean(preds.map((p, i) => far(p, targets[i])))
/** Binary cross-entropy of scores that are probabilities */
export const bce = (preds, targets) => mean(preds.map((p, i) => -Math.log1p(-far(p, targets[i]))))
/** Which answers are right? A score above the threshold is a yes */
export const right = (preds, targets, threshold) => preds.map((p, i) => +(p > threshold) === targets[i])
export const accuracy = (preds, targets, threshold) => mean(right(preds, targets, threshold).map(Number))
/** How fast the two losses change with the score of image `i` */
export function slopes(preds, targets, i) {
  const sign = targets[i] ? -1 : 1, n = preds.length
  return {mnist: sign / n, bce: sign / n / (1 - far(preds[i], targets[i]))}
}

const range = [.01, .99], names = ['seven', 'three']

export default {render({model, el}) {
  const given = {preds: [.9, .4, .2], targets: [1, 0, 1], threshold: .5}
  for (const k of Object.keys(given)) given[k] = model.get(k) ?? given[k]
  const s = {...given, chosen: given.preds.length - 1}, n = s.preds.length, row = 44
  const f = frame(el, 'Losses and accuracy, as scores and a threshold move')
  const wide = f.width > 520, half = wide ? (f.width - 16) / 2 : f.width
  const out = readout([['accuracy', 'c'], ['mnist_loss', 'a'], [wide ? 'binary cross-entropy' : 'BCE', 'b']])
  const p = plot({width: f.width, height: n * row + 88, x: [0, 1], y: [n + .5, .5], yticks: [], left: 76, right: 24, top: 46,
    xlabel: 'score', label: 'Scores and threshold'})
  const small = {width: half, height: 190, x: [0, 1], nx: 4, left: 64, xlabel: 'score of the image that moves'}
  const q = plot({...small, y: [0, 1], yticks: Array.from({length: n + 1}, (_, i) => i / n), ylabel: 'accuracy',
    label: 'Accuracy over the score of the image that moves'})
  const r = plot({...small, y: [0, 2], ny: 4, ylabel: 'loss', label: 'Losses over the score of the image that moves'})
  f.stage.append(p.node, out.node, q.node, r.node)

  const at = i => p.Y(i + 1)
  const band = svg('rect', {class: 'band', x: 0, width: f.width, height: row - 4, rx: 6})
  const cut = svg('path', {class: 'line c dashed'}), reach = s.preds.map((_, i) => svg('path', {class: 'line thin'}))
  const answers = ['← no, a seven', 'yes, a three →'].map((o, i) => svg('text', {y: p.top - 14, 'text-anchor': i ? 'start' : 'end'}, o))
  const label = (i, dy, text, kind) => svg('text', {x: 6, y: at(i) + dy, class: kind}, text)
  p.front.append(band, ...s.targets.flatMap((t, i) => [label(i, -2, `image ${i + 1}`, 'strong'), label(i, 14, `a ${names[t]}`)]),
    ...s.targets.map((t, i) => svg('path', {class: 'axis', d: `M${p.X(0)} ${at(i)}h${p.w}`})), ...reach, cut, ...answers)
  const handles = s.targets.map(t => svg('g', {}, svg('circle', {class: 'hit', r: 21}), svg('circle', {class: 'grip', r: 13}),
    svg('text', {class: 'strong', y: 5, 'text-anchor': 'middle', 'aria-hidden': 'true'}, t ? '3' : '7'),
    svg('path', {class: 'line b', d: 'M11 -15l8 8m0 -8l-8 8'})))
  const bar = svg('g', {class: 'c'}, svg('rect', {class: 'hit', x: -22, y: -24, width: 44, height: 40}),
    svg('path', {class: 'grip', d: 'M-9 -10h18v9l-9 9l-9 -9z'}))
  p.front.append(...handles, bar)
  const choose = i => { s.chosen = i; draw() }
  const tell = handles.map((g, i) => draggable(g, p, {label: `Score of image ${i + 1}, a ${names[s.targets[i]]}`, x: range, step: .01,
    get: () => [s.preds[i], i + 1], move: ([x]) => { s.preds = s.preds.with(i, x); choose(i) },
    text: () => `${fmt(s.preds[i])}, ${right(s.preds, s.targets, s.threshold)[i] ? 'right' : 'wrong'}`}))
  handles.forEach((g, i) => g.addEventListener('focus', () => choose(i)))
  tell.push(draggable(bar, p, {label: 'Threshold', x: range, step: .01, get: () => [s.threshold, 0],
    move: ([x]) => { s.threshold = x; draw() }, text: () => fmt(s.threshold)}))

  const [steps, ...curves] = ['c', 'a', 'b'].map(o => svg('path', {class: `line ${o}`})), edge = svg('path', {class: 'line c thin dashed'})
  const dots = ['c', 'a', 'b'].map(o => svg('circle', {class: `fill ${o}`, r: 5}))
  q.back.append(edge, steps, dots[0])
  r.back.append(...curves, dots[1], dots[2])
  const marks = ['mnist_loss', 'BCE'].map(o => svg('text', {}, o))
  r.front.append(...marks)
  const back = button('Start again', () => { Object.assign(s, given, {chosen: n - 1}); draw() })
  f.controls.append(html('div', {class: 'mv-row'}, back))

  function draw() {
    const {preds, targets, threshold, chosen: i} = s, x = preds[i], slope = slopes(preds, targets, i)
    const ok = right(preds, targets, threshold), now = [accuracy(preds, targets, threshold), mnistLoss(preds, targets), bce(preds, targets)]
    set(band, {y: at(i) - row / 2 + 2})
    set(cut, {d: `M${p.X(threshold)} ${p.top - 12}V${p.top + p.h}`})
    set(bar, {transform: `translate(${p.X(threshold)} ${p.top - 20})`})
    answers.forEach((o, j) => { // not where there is no room
      const x = p.X(threshold) + (j ? 16 : -16)
      set(o, {x, visibility: (j ? f.width - x : x) < 100 ? 'hidden' : 'visible'})
    })
    handles.forEach((g, j) => {
      set(g, {class: `handle ${ok[j] ? 'a' : 'b'}`, transform: `translate(${p.X(preds[j])} ${at(j)})`})
      g.lastChild.style.display = ok[j] ? 'none' : ''
      set(reach[j], {class: `line ${ok[j] ? 'a' : 'b'}`, d: `M${p.X(preds[j])} ${at(j)}H${p.X(targets[j])}`})
    })
    const moved = v => preds.with(i, v)
    const side = v => accuracy(moved(v), targets, threshold), [low, high] = [side(0), side(1)]
    set(steps, {d: q.path([[0, low], [threshold, low]]) + q.path([[threshold, high], [1, high]])})
    set(edge, {d: q.path([[threshold, low], [threshold, high]])})
    r.range({y: [0, Math.max(1, ...range.map(v => bce(moved(v), targets)))]})
    set(curves[0], {d: r.curve(v => mnistLoss(moved(v), targets))})
    set(curves[1], {d: r.curve(v => bce(moved(v), targets))})
    const v = targets[i] ? .25 : .75 // BCE is always the higher one
    marks.forEach((o, j) => set(o, {x: r.X(v), y: j ? r.Y(bce(moved(v), targets)) - 8 : r.Y(mnistLoss(moved(v), targets)) + 18,
      'text-anchor': targets[i] ? 'start' : 'end'}))
    dots.forEach((o, j) => set(o, {cx: q.X(x), cy: (j ? r : q).Y(now[j])}))
    tell.forEach(o => o())
    out.show([fmt(now[0]), x === threshold ? 'slope: none, it jumps' : 'slope 0'], [fmt(now[1]), `slope ${fmt(slope.mnist)}`],
      [fmt(now[2]), `slope ${fmt(slope.bce)}`])
    f.show({preds, targets, threshold, chosen: i, accuracy: now[0], mnist: now[1], bce: now[2], slopes: slope})
    const way = targets[i] ? 'higher' : 'lower', jumps = x === threshold && targets[i]
    f.say(`Image ${i + 1}, a ${names[targets[i]]}, has the score ${fmt(x)}: ${ok[i] ? 'right' : 'wrong'}. `
      + `Right answers: ${ok.filter(Boolean).length} of ${n}. `
      + `A little ${way}, and both losses fall; the accuracy ${jumps ? 'jumps' : 'stays the same'}.`)
  }
  draw()
}}
