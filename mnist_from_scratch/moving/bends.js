// A straight line and a few ReLUs that follow a curve: where they bend is moved by hand, their weights are the best ones by least squares
import {frame, html, svg, set, fmt, clamp, slider, button, choice, player, plot, draggable, grip} from './kit.js'

export const targets = {
  'sine': {f: Math.sin, y: [-1.5, 1.5]},
  'absolute value': {f: Math.abs, y: [-.5, 3.2]},
  'waves': {f: x => Math.sin(3 * x), y: [-1.5, 1.5]},
  'jump': {f: x => x > .5 ? 1 : -1, y: [-1.8, 1.8]},
}
/** Where it is fitted: 201 places from -3 to 3 */
export const places = Array.from({length: 201}, (_, i) => -3 + 6 * i / 200)
export const evenly = n => Array.from({length: n}, (_, i) => +(-3 + 6 * (i + 1) / (n + 1)).toFixed(10))
const dot = (a, b) => a.reduce((s, v, i) => s + v * b[i], 0)
const minus = (a, b, k) => a.map((v, i) => v - k * b[i])
const columns = (bends, xs) => [xs.map(() => 1), xs, ...bends.map(b => xs.map(x => Math.max(0, x - b)))]

/** The weights with the smallest sum of squares: of 1, of x, and of the ReLU of each bend */
export function weights(bends, ys) {
  const qs = [], rs = [], cols = columns(bends, places)
  for (const col of cols) { // Gram-Schmidt, twice, since neighbours are much alike
    let v = col
    const r = qs.map(() => 0)
    for (let k = 0; k < 2; k++) qs.forEach((q, j) => { if (q) { const d = dot(q, v); r[j] += d; v = minus(v, q, d) } })
    const n = Math.sqrt(dot(v, v)), more = n > 1e-9 * Math.sqrt(dot(col, col))
    qs.push(more ? v.map(o => o / n) : null) // a second bend in the same place adds nothing, and its weight stays 0
    rs.push([...r, n])
  }
  const w = cols.map(() => 0)
  let rest = ys
  const c = qs.map(q => { if (!q) return 0; const d = dot(q, rest); rest = minus(rest, q, d); return d })
  for (let i = cols.length - 1; i >= 0; i--) if (qs[i]) w[i] = (c[i] - w.reduce((s, o, j) => j > i ? s + o * rs[j][i] : s, 0)) / rs[i][i]
  return w
}
/** The sum, at the places `xs` */
export const sum = (bends, w, xs) => columns(bends, xs).reduce((s, col, i) => s.map((v, j) => v + w[i] * col[j]), xs.map(() => 0))
/** How far the best fit is off at most, where, and by root mean square */
export function errors(fit, ys) {
  const off = ys.map((y, i) => Math.abs(fit[i] - y)), most = Math.max(...off)
  return {most, at: off.indexOf(most), rms: Math.sqrt(dot(off, off) / off.length)}
}
/** Each bend once to the left or right, if the fit gets better by it; null if none does */
export function improve(bends, ys) {
  const rms = o => errors(sum(o, weights(o, ys), places), ys).rms
  let best = rms(bends), now = bends
  for (let i = 0; i < bends.length; i++) for (const by of [-.25, -.05, .05, .25]) {
    const moved = now.map((b, j) => j === i ? clamp(+(b + by).toFixed(10), [-2.95, 2.95]) : b), e = rms(moved)
    if (e < best - 1e-9) { best = e; now = moved }
  }
  return now === bends ? null : now
}

export default {render({model, el}) {
  const s = {target: 'sine', n: 4, bends: null}
  for (const k of Object.keys(s)) s[k] = model.get(k) ?? s[k]
  s.bends = s.bends || evenly(s.n)
  const f = frame(el, 'ReLUs that follow a curve')
  const wide = f.width > 520, most = wide ? Math.round(f.width * .6) : f.width, height = wide ? 300 : 260
  const p = plot({width: most, height, x: [-3, 3], y: targets[s.target].y, xlabel: 'x', label: 'The curve and the fit'})
  const q = plot({width: wide ? f.width - 16 - most : most, height: wide ? height : 190, x: [-3, 3], y: [-1, 1], nx: 4, xlabel: 'x',
    label: 'What is added up: a straight line, and each ReLU times its weight'})
  f.stage.append(p.node, q.node)
  const thick = {class: 'line', style: 'stroke: var(--edge); stroke-width: 7; opacity: .45'}
  const aim = svg('path', thick), line = svg('path', {class: 'b line'})
  const gap = svg('path', {class: 'c line dashed'}), rings = svg('g')
  const key = (o, x, y, kind, text) => o.front.append(svg('g', {'aria-hidden': 'true'}, svg('path', {d: `M${x} ${y}h18`, ...kind}),
    svg('text', {x: x + 24, y: y + 4}, text)))
  key(p, p.left + 8, p.top + 2, thick, 'curve')
  key(p, p.left + 80, p.top + 2, {class: 'b line'}, 'fit')
  key(p, p.left + 135, p.top + 2, {class: 'c line dashed'}, 'farthest off')
  key(q, q.left + 4, q.top + 2, {class: 'line soft thin dashed'}, 'line')
  key(q, q.left + 66, q.top + 2, {class: 'line thin'}, 'ReLUs × weight')
  p.back.append(aim, line, gap)
  p.front.append(rings)
  const parts = svg('g')
  q.back.append(parts)

  let tell = [], chosen = -1
  function hang() { // rings for as many bends as there are
    const r = clamp(p.w / s.bends.length / 2, [11, 20])
    const nodes = s.bends.map((_, i) => {
      const node = grip()
      set(node.firstChild, {r})
      node.addEventListener('focus', () => { chosen = i; draw() })
      node.addEventListener('blur', () => { chosen = -1; draw() })
      return node
    })
    rings.replaceChildren(...nodes)
    tell = nodes.map((node, i) => draggable(node, p, {label: `Bend ${i + 1}`, x: [-2.95, 2.95], step: .05,
      get: () => [s.bends[i], level(i)],
      move: ([x]) => { run.stop(); s.bends = s.bends.map((b, j) => j === i ? +(Math.round(x * 20) / 20).toFixed(2) : b); draw() },
      text: () => `x = ${fmt(s.bends[i])}`}))
    draw()
  }
  let w = []
  const level = i => sum(s.bends, w, [s.bends[i]])[0], ys = () => places.map(targets[s.target].f)
  const run = player('Improve the places', () => {
    const to = improve(s.bends, ys())
    if (!to) return false
    s.bends = to
    draw()
  }, 150)
  const spread = () => { run.stop(); s.bends = evenly(s.n); hang() }
  const kind = choice({label: 'Curve', options: Object.keys(targets).map(o => [o, o]), value: s.target,
    oninput(v) { s.target = v; spread() }})
  const count = slider({label: 'Bends', min: 1, max: 12, step: 1, value: s.n, oninput(v) { s.n = v; spread() }})
  f.controls.append(kind.node, count.node, html('div', {class: 'mv-row'}, run.node, button('Spread evenly', spread)))

  function draw() {
    const t = targets[s.target], to = ys()
    w = weights(s.bends, to)
    const fit = sum(s.bends, w, places), e = errors(fit, to)
    p.range({y: t.y})
    const at = places.map((x, i) => [x, to[i]])
    set(aim, {d: s.target === 'jump' ? p.path(at.filter(o => o[0] <= .5)) + p.path(at.filter(o => o[0] > .5)) : p.path(at)})
    set(line, {d: p.path(places.map((x, i) => [x, fit[i]]))})
    set(gap, {d: p.path([[places[e.at], to[e.at]], [places[e.at], fit[e.at]]])})
    ;[...rings.children].forEach((o, i) => set(o, {transform: `translate(${p.X(s.bends[i])} ${p.Y(level(i))})`}))
    const single = s.bends.map((b, i) => [[-3, 0], [b, 0], [3, w[i + 2] * (3 - b)]]), straight = [-3, 3].map(x => [x, w[0] + w[1] * x])
    const ends = [...single.flat(), ...straight].map(o => o[1]), lo = Math.min(-1, ...ends), hi = Math.max(1, ...ends)
    q.range({y: [lo, hi + .25 * (hi - lo)]})
    parts.replaceChildren(svg('path', {class: 'line soft thin dashed', d: q.path(straight)}),
      ...single.map((o, i) => svg('path', {class: i === chosen ? 'b line' : 'line thin', d: q.path(o)})))
    tell.forEach(o => o())
    f.show({bends: s.bends, weights: w, fit, most: e.most, rms: e.rms})
    const bends = s.bends.length === 1 ? '1 bend' : `${s.bends.length} bends`
    const hint = s.target === 'jump' ? 'Still closer to the jump it is off by 1 or more, however many bends: a sum of ReLUs never jumps.'
      : e.most < 1e-6 ? 'It follows exactly: the curve is made of straight pieces itself.'
        : e.most < .1 ? 'It follows closely.' : 'Drag a ring to where the curve turns, or add bends.'
    const where = fmt(+places[e.at].toFixed(2))
    f.say(`${bends}: off by at most ${fmt(e.most)}, at x = ${where}; root of the mean square ${fmt(e.rms)}. ${hint}`)
  }
  hang()
}}
