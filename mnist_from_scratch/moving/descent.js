// Gradient descent on a curve: the learning rate, momentum, the start and the number of steps, and the way that follows from them
import {frame, html, svg, set, fmt, clamp, slider, button, choice, player, plot, draggable, grip} from './kit.js'

export const curves = {
  'one valley': {title: 'f(x) = x²', f: x => x * x, slope: x => 2 * x, x: [-4, 4], y: [0, 16]},
  'two valleys': {title: 'f(x) = x⁴ − 2x² + 0.3x', f: x => x ** 4 - 2 * x * x + .3 * x, slope: x => 4 * x ** 3 - 4 * x + .3,
    x: [-2, 2], y: [-2, 6]},
}
/** The start, and where each of `n` steps led; `avg` is the sum of gradients of which a part `mom` is left a step later */
export function way(curve, start, lr, mom, n) {
  const xs = [start], {slope} = curves[curve]
  for (let i = 0, avg = 0; i < n; i++) {
    avg = mom * avg + slope(xs[i])
    xs.push(xs[i] - lr * avg)
  }
  return xs
}
/** What a way looks like, in a word */
export function verdict(curve, xs) {
  const {f, slope} = curves[curve], n = xs.length - 1, x = xs[n]
  if (!n) return 'start'
  if (!(f(x) <= f(xs[0]) + 1e-12)) return 'higher'
  if (Math.abs(slope(x)) < .01 && Math.abs(x - xs[n - 1]) < .01) return 'arrived'
  return n > 1 && (x - xs[n - 1]) * (xs[n - 1] - xs[n - 2]) < 0 ? 'bouncing' : 'down'
}
const words = {
  start: 'Drag the ring to another start, choose a learning rate, and take a step.',
  higher: 'That is higher than the start: the steps are too large.',
  arrived: 'The curve is flat here: it has arrived.',
  bouncing: 'The last step turned round: it had jumped across the bottom.',
  down: 'It is on its way down.',
}

export default {render({model, el}) {
  const s = {curve: 'one valley', start: -1.5, lr: .2, mom: 0, n: 0}
  for (const k of Object.keys(s)) s[k] = model.get(k) ?? s[k]
  const f = frame(el, 'Gradient descent on a curve')
  const wide = f.width > 520, most = wide ? Math.round(f.width * .6) : f.width
  const p = plot({width: most, height: 300, ...curves[s.curve], xlabel: 'x', ylabel: 'f(x)', label: 'The curve'})
  const q = plot({width: wide ? f.width - 16 - most : most, height: wide ? 300 : 190, x: [0, 10], y: [0, 1], nx: 4, xlabel: 'steps',
    ylabel: 'f(x) after each', label: 'The value after each step'})
  f.stage.append(p.node, q.node)
  const curve = svg('path', {class: 'line'}), tangent = svg('path', {class: 'line soft thin dashed'})
  const trail = svg('path', {class: 'line b thin'}), dots = svg('g', {class: 'b'}), ring = grip()
  const title = svg('text', {x: p.left + p.w, y: 11, 'text-anchor': 'end'})
  p.back.append(curve, tangent, trail, dots)
  p.front.append(title, ring)
  const loss = svg('path', {class: 'line b thin'}), points = svg('g', {class: 'b'})
  q.back.append(loss, points)

  const range = [...curves[s.curve].x]
  const tell = draggable(ring, p, {label: 'Start', x: range, step: .1, get: () => [s.start, curves[s.curve].f(s.start)],
    move: ([x]) => { s.start = x; draw() }, text: () => `x = ${fmt(s.start)}`})
  const step = () => {
    if (s.n >= 60 || verdict(s.curve, xs()) === 'arrived' || Math.abs(xs().at(-1)) > 1e3) return false
    s.n++
    draw()
  }
  const run = player('Run', step), xs = () => way(s.curve, s.start, s.lr, s.mom, s.n)
  const back = () => { run.stop(); s.n = 0; draw() }
  const kind = choice({label: 'Curve', options: Object.keys(curves).map(o => [o, o]), value: s.curve, oninput(v) {
    s.curve = v; s.start = v === 'one valley' ? -1.5 : 0
    back()
  }})
  const lr = slider({label: 'Learning rate', min: .01, max: 1.2, step: .01, value: s.lr, oninput(v) { s.lr = v; draw() }})
  const mom = slider({label: 'Momentum', min: 0, max: .95, step: .05, value: s.mom, oninput(v) { s.mom = v; draw() }})
  const row = html('div', {class: 'mv-row'}, button('Step', step, true), run.node, button('Start again', back))
  f.controls.append(kind.node, lr.node, mom.node, row)

  function draw() {
    const c = curves[s.curve], all = xs(), x = all.at(-1), y = c.f(x), slope = c.slope(x), v = verdict(s.curve, all)
    p.range({x: c.x, y: c.y})
    range.splice(0, 2, ...c.x)
    set(ring, {'aria-valuemin': c.x[0], 'aria-valuemax': c.x[1], transform: `translate(${p.X(s.start)} ${p.Y(c.f(s.start))})`})
    title.textContent = c.title
    set(curve, {d: p.curve(c.f)})
    set(tangent, {d: Math.abs(slope) < 1e6 ? p.path([-1, 1].map(o => [x + o, y + o * slope])) : ''})
    const on = all.map(o => [o, c.f(o)])
    set(trail, {d: p.path(on)})
    dots.replaceChildren(...on.slice(1).map(([a, b], i) => svg('circle', {class: 'fill', r: i === s.n - 1 ? 6 : 3.5,
      cx: clamp(p.X(a), [-99, 9999]), cy: clamp(p.Y(b), [-99, 9999])})))
    const ys = on.map(o => o[1]), lo = Math.min(0, ...ys), hi = Math.max(lo + .1, ...ys.filter(Number.isFinite))
    q.range({x: [0, Math.max(10, s.n)], y: [lo, hi]})
    set(loss, {d: q.path(ys.map((o, i) => [i, o]))})
    points.replaceChildren(...ys.map((o, i) => svg('circle', {class: 'fill', r: 3, cx: q.X(i), cy: Math.max(-99, q.Y(o))})))
    tell()
    f.show({way: all, value: y, slope, verdict: v})
    const away = x < p.x[0] || x > p.x[1] || y > p.y[1] ? ' It has left the picture.' : ''
    f.say(`${s.n === 1 ? 'After 1 step' : `After ${s.n} steps`}: x = ${fmt(x)}, f(x) = ${fmt(y)}, slope ${fmt(slope)}. ${words[v]}${away}`)
  }
  draw()
}}
