// What the moving figures share. Each figure is a module to anywidget's contract, `export default {render({model, el})}`, and imports from
// this file only. `figure_source` of the library makes one text of the two: so no name stands in both at the top level, and imports have
// no `as`.

// --- elements

const put = (node, attrs, kids) => {
  for (const [k, v] of Object.entries(attrs)) {
    if (k.startsWith('on')) node.addEventListener(k.slice(2), v)
    else if (v !== undefined && v !== null && v !== false) node.setAttribute(k, v === true ? '' : v)
  }
  node.append(...kids)
  return node
}
/** An element of HTML: `html('button', {onclick: f}, 'Go')` */
export const html = (tag, attrs = {}, ...kids) => put(document.createElement(tag), attrs, kids)
/** An element of SVG */
export const svg = (tag, attrs = {}, ...kids) => put(document.createElementNS('http://www.w3.org/2000/svg', tag), attrs, kids)
/** Changes attributes of an element that is there */
export const set = (node, attrs) => put(node, attrs, [])

// --- numbers

export const clamp = (v, [lo, hi]) => Math.min(hi, Math.max(lo, v))
/** A number for people: three digits that count, and a minus sign as long as a plus */
export function fmt(v, digits = 3) {
  if (Number.isNaN(v)) return 'not a number'
  if (!Number.isFinite(v)) return v < 0 ? '−∞' : '∞'
  const a = Math.abs(v)
  const whole = Math.max(digits, Math.ceil(Math.log10(a + 1)))
  const s = a && (a >= 1e5 || a < 1e-3) ? a.toExponential(1).replace('e+', 'e') : String(+a.toPrecision(whole))
  return (v < 0 && +s !== 0 ? '−' : '') + s
}
/** Round numbers from `lo` to `hi`, about `n` of them */
export function ticks(lo, hi, n = 5) {
  const raw = (hi - lo) / n, ten = 10 ** Math.floor(Math.log10(raw))
  const by = [1, 2, 5, 10].find(o => o * ten >= raw * .999) * ten
  const first = Math.ceil(lo / by - 1e-9)
  return Array.from({length: Math.floor(hi / by + 1e-9) - first + 1}, (_, i) => +((first + i) * by).toPrecision(12))
}

// --- looks

// The site's colours (docs/_static/site.css), also elsewhere; dark where the page is, or where it does not tell and the system is
const colours = (...all) => ['bg', 'panel', 'ink', 'soft', 'rule', 'edge', 'a', 'b', 'c', 'd'].map((o, i) => `--${o}: ${all[i]};`).join(' ')
const day = colours('#fdfcf9', '#f4f2ec', '#20262c', '#515a62', '#dedad0', '#767676', '#0b6072', '#a6401b', '#6b3fa0', '#2e7d32')
const night = colours('#14181b', '#1d2327', '#d9dee2', '#a3aeb6', '#39434a', '#8c8c8c', '#74c4d4', '#f0a27f', '#c3a6f0', '#8fce8f')
const css = `
.mv { ${day} }
@media (prefers-color-scheme: dark) { .mv { ${night} } }
:is(html[data-theme=light], html[theme=light], body[data-jp-theme-light=true], body.vscode-light) .mv { ${day} }
:is(html[data-theme=dark], html[theme=dark], body[data-jp-theme-light=false], body.vscode-dark) .mv { ${night} }
.mv { box-sizing: border-box; max-width: 46rem; margin: .6rem 0 1rem; padding: .9rem 1rem;
  border: 1px solid var(--rule); border-radius: 8px; background: var(--bg); color: var(--ink);
  font: 400 15px/1.45 var(--pst-font-family-base, system-ui, sans-serif); font-variant-numeric: tabular-nums; }
.mv *, .mv *::before { box-sizing: border-box; }
.mv-stage { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: flex-start; }
.mv svg { display: block; max-width: 100%; height: auto; overflow: visible; font-size: 13px; user-select: none; -webkit-user-select: none; }
.mv svg text { fill: var(--soft); }
.mv svg text.strong { fill: var(--ink); font-weight: 600; }
.mv .rule { stroke: var(--rule); stroke-width: 1; fill: none; shape-rendering: crispEdges; }
.mv .axis { stroke: var(--soft); stroke-width: 1; fill: none; shape-rendering: crispEdges; }
.mv .line { fill: none; stroke: var(--a); stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.mv .thin { stroke-width: 1.5; }
.mv .fill { fill: var(--a); }
.mv .b.line, .mv .b .line { stroke: var(--b); } .mv .b.fill, .mv .b .fill { fill: var(--b); }
.mv .c.line, .mv .c .line { stroke: var(--c); } .mv .c.fill, .mv .c .fill { fill: var(--c); }
.mv .d.line, .mv .d .line { stroke: var(--d); } .mv .d.fill, .mv .d .fill { fill: var(--d); }
.mv .soft.line { stroke: var(--soft); } .mv .soft.fill { fill: var(--soft); }
.mv .dashed { stroke-dasharray: 5 5; }
.mv .handle { cursor: grab; touch-action: none; }
.mv .handle:active { cursor: grabbing; }
.mv .handle .grip { fill: var(--bg); stroke: var(--b); stroke-width: 3; }
.mv .handle .hit { fill: transparent; }
.mv .handle.a .grip { stroke: var(--a); } .mv .handle.c .grip { stroke: var(--c); }
.mv .band { fill: var(--panel); }
.mv-column { display: flex; flex-direction: column; gap: .5rem; max-width: 100%; }
.mv-readout { display: flex; flex-wrap: wrap; gap: .5rem; flex: 1 1 100%; }
.mv-readout > div { flex: 1 1 6rem; padding: .4rem .6rem; background: var(--panel); border-radius: 6px; border-left: 4px solid var(--ink); }
.mv-readout > .a { border-color: var(--a); } .mv-readout > .b { border-color: var(--b); } .mv-readout > .c { border-color: var(--c); }
.mv-readout span { display: block; color: var(--soft); font-size: 13px; }
.mv-readout strong { display: block; font-size: 22px; line-height: 1.2; font-weight: 600; }
.mv :focus { outline: none; }
.mv :is(button, input, select, canvas):focus-visible { outline: 3px solid var(--a); outline-offset: 2px; }
.mv .handle:focus-visible { outline: 3px solid var(--a); outline-offset: 0; border-radius: 50%; }
.mv-controls { display: flex; flex-wrap: wrap; gap: .7rem 1.4rem; align-items: flex-end; margin-top: .8rem; }
.mv-row { display: flex; flex-wrap: wrap; gap: .5rem; flex: 1 1 100%; align-items: center; }
.mv-slider { flex: 1 1 13rem; min-width: 0; display: block; margin: 0; color: var(--ink); }
.mv-slider > span { display: flex; justify-content: space-between; gap: 1rem; }
.mv-slider output { font-weight: 600; padding: 0; }
.mv-slider input { display: block; width: 100%; height: 26px; margin: 0; accent-color: var(--a); cursor: pointer; touch-action: pan-y; }
.mv button { font: inherit; min-height: 38px; margin: 0; padding: .25rem .9rem; color: var(--ink);
  background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; cursor: pointer; }
.mv button:hover { border-color: var(--a); }
.mv button:disabled { color: var(--soft); cursor: default; border-color: var(--rule); }
.mv button.main, .mv button[aria-pressed=true] { color: var(--bg); background: var(--a); border-color: var(--a); }
.mv-choice { display: inline-flex; flex-wrap: wrap; gap: .4rem; align-items: center; flex: 1 1 100%; }
.mv canvas { display: block; max-width: 100%; touch-action: none; image-rendering: pixelated; border: 1px solid var(--edge);
  border-radius: 4px; cursor: crosshair; }
.mv-says { min-height: 2.9em; margin: .7rem 0 0; color: var(--ink); }
.mv-heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 576px) { .mv { padding: .7rem .6rem; } }
`
/** Do people want things to stand still? */
export const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches

// --- the frame of a figure

/** Makes `el` a figure: a stage for drawings, controls below it, and a line that says what is seen, also to those who hear it.
    `show(values)` leaves values at full precision in `el.dataset`, as JSON; `width` is what drawings have for themselves. */
export function frame(el, label) {
  if (!document.getElementById('mv-css')) document.head.append(html('style', {id: 'mv-css'}, css))
  el.classList.add('mv')
  set(el, {role: 'group', 'aria-label': label})
  const stage = html('div', {class: 'mv-stage'}), controls = html('div', {class: 'mv-controls'})
  const says = html('p', {class: 'mv-says', 'aria-hidden': 'true'}), heard = html('p', {class: 'mv-heard', 'aria-live': 'polite'})
  el.replaceChildren(stage, controls, says, heard)
  const inside = el.clientWidth ? stage.clientWidth : 640
  let later
  return {
    el, stage, controls, width: clamp(inside, [260, 700]),
    say(text) { // heard when a movement is over, and not at every step of it
      if (says.textContent === text) return
      says.textContent = text
      clearTimeout(later)
      later = setTimeout(() => { heard.textContent = text }, 500)
    },
    show(values) { for (const [k, v] of Object.entries(values)) el.dataset[k] = JSON.stringify(v) },
  }
}

// --- controls

/** A slider below the drawing. `oninput(value)`; `text(value)` is what it shows; with `log: true` equal ways multiply by the same. */
export function slider({label, min, max, step, value, oninput, text = fmt, log = false}) {
  const to = v => log ? Math.log10(v) : v, from = v => log ? +(10 ** v).toPrecision(6) : v
  const out = html('output')
  const input = html('input', {type: 'range', min: to(min), max: to(max), step: log ? .01 : step, 'aria-label': label})
  const node = html('label', {class: 'mv-slider'}, html('span', {}, label, out), input)
  const show = v => { out.textContent = text(v); set(input, {'aria-valuetext': text(v)}); node.dataset.value = v }
  input.addEventListener('input', () => { const v = from(+input.value); show(v); oninput(v) })
  const api = {node, get value() { return +node.dataset.value }, set value(v) { input.value = to(v); show(v) }}
  api.value = value
  return api
}
export const button = (label, onclick, main = false) => html('button', {type: 'button', class: main && 'main', onclick}, label)
/** Buttons of which one is pressed: `options` are pairs of a value and its label */
export function choice({label, options, value, oninput}) {
  const node = html('div', {class: 'mv-choice', role: 'group', 'aria-label': label}, html('span', {}, label))
  const buttons = options.map(([v, text]) => button(text, () => { api.value = v; oninput(v) }))
  node.append(...buttons)
  const api = {node, get value() { return value },
    set value(v) { value = v; buttons.forEach((o, i) => set(o, {'aria-pressed': String(options[i][0] === v)})) }}
  api.value = value
  return api
}
/** A button that runs `step` again and again until it gives false or is stopped; all at once where things should stand still */
export function player(label, step, ms = 300) {
  let timer = null
  const show = () => { node.textContent = timer === null ? label : 'Stop' }
  const stop = () => { clearInterval(timer); timer = null; show() }
  const node = button(label, () => {
    if (timer !== null) return stop()
    if (still()) { for (let i = 0; i < 1000 && step() !== false;) i++; return }
    if (step() === false) return
    timer = setInterval(() => { if (!node.isConnected || step() === false) stop() }, ms)
    show()
  })
  return {node, stop}
}
/** Numbers that matter, large: `items` are pairs of a name and a kind (a colour); `show([value, note], …)` is what stands there then. The
    line below the figure says them too, so a screen reader is spared them here. */
export function readout(items) {
  const cells = items.map(([name, kind]) => html('div', {class: kind}, html('span', {}, name), html('strong'), html('span')))
  const node = html('div', {class: 'mv-readout', 'aria-hidden': 'true'}, ...cells)
  return {node, show(...values) {
    values.forEach((o, i) => o.forEach((text, j) => { cells[i].children[j + 1].textContent = text }))
  }}
}

// --- drawings

/** A drawing with axes. `X`, `Y` lead from data to pixels, `at(event)` back; `back` and `front` are layers for what is drawn;
    `range({x, y})` draws the axes for another range, `xtext(v)` and `ytext(v)` write their numbers. */
export function plot({width, height, x, y, xlabel = '', ylabel = '', label, left = 46, right = 12, top = 14, bottom = 42, nx = 6, ny = 5,
    xticks, yticks, xtext = fmt, ytext = fmt}) {
  const w = width - left - right, h = height - top - bottom
  const axes = svg('g', {'aria-hidden': 'true'}), back = svg('g', {'aria-hidden': 'true'}), front = svg('g')
  const id = `mv-${Math.random().toString(36).slice(2)}`
  const clip = svg('clipPath', {id}, svg('rect', {x: left - 5, y: top - 4, width: w + 10, height: h + 8}))
  set(back, {'clip-path': `url(#${id})`})
  const root = svg('svg', {viewBox: `0 0 ${width} ${height}`, width, height, role: 'group', 'aria-label': label}, clip, axes, back, front)
  const p = {
    node: root, back, front, left, top, w, h, x, y,
    X: v => left + (v - p.x[0]) / (p.x[1] - p.x[0]) * w,
    Y: v => top + (p.y[1] - v) / (p.y[1] - p.y[0]) * h,
    at(e) {
      const {x: px, y: py} = new DOMPoint(e.clientX, e.clientY).matrixTransform(root.getScreenCTM().inverse())
      return [p.x[0] + (px - left) / w * (p.x[1] - p.x[0]), p.y[1] - (py - top) / h * (p.y[1] - p.y[0])]
    },
    /** The attribute `d` of a path through points `[x, y]`; those far out are drawn at the edge of what a browser can draw */
    path(points) {
      const at = v => clamp(v, [-1e4, 1e4]).toFixed(2)
      return points.map(([a, b], i) => `${i ? 'L' : 'M'}${at(p.X(a))} ${at(p.Y(b))}`).join('')
    },
    /** The path of a function over the whole width */
    curve(f, n = 160) { return p.path(Array.from({length: n + 1}, (_, i) => p.x[0] + i / n * (p.x[1] - p.x[0])).map(v => [v, f(v)])) },
    range(r) {
      Object.assign(p, r)
      const xs = xticks || ticks(...p.x, nx), ys = yticks || ticks(...p.y, ny)
      axes.replaceChildren(
        ...ys.map(v => svg('path', {class: 'rule', d: `M${left} ${p.Y(v)}h${w}`})),
        svg('path', {class: 'axis', d: `M${left} ${top + h}h${w}`}),
        ...xs.map(v => svg('text', {x: p.X(v), y: top + h + 17, 'text-anchor': 'middle'}, xtext(v))),
        ...ys.map(v => svg('text', {x: left - 7, y: p.Y(v) + 4, 'text-anchor': 'end'}, ytext(v))),
        svg('text', {x: left + w / 2, y: height - 6, 'text-anchor': 'middle', class: 'strong'}, xlabel),
        svg('text', {x: 0, y: 0, transform: `translate(12 ${top + h / 2}) rotate(-90)`, 'text-anchor': 'middle', class: 'strong'}, ylabel))
    },
  }
  p.range({})
  return p
}

/** Makes `node`, a group in the plot `p`, one that can be dragged with mouse or finger, and moved by arrow keys (ten steps with Shift
    or by Page keys, to the ends by Home and End). `x` and `y` are the ranges, both or one; `get()` gives `[x, y]`, and
    `move([x, y])` gets them; `text()` is what is said of it. Returns a function that tells a screen reader where it is:
    call it after each move. */
export function draggable(node, p, {label, x, y, step = .1, get, move, text}) {
  set(node, {class: `handle ${node.getAttribute('class') || ''}`, tabindex: 0, role: 'slider', 'aria-label': label})
  const ranges = [x, y], main = x ? 0 : 1
  set(node, {'aria-orientation': main ? 'vertical' : 'horizontal', 'aria-valuemin': ranges[main][0], 'aria-valuemax': ranges[main][1]})
  const go = to => move(to.map((v, i) => ranges[i] ? clamp(v, ranges[i]) : get()[i]))
  let off = null
  node.addEventListener('touchstart', e => e.preventDefault(), {passive: false}) // on shapes of SVG Chromium overlooks touch-action
  node.addEventListener('pointerdown', e => {
    e.preventDefault()
    node.focus({preventScroll: true})
    node.setPointerCapture(e.pointerId)
    const at = p.at(e)
    off = get().map((v, i) => v - at[i]) // it does not jump to the middle of the finger
  })
  node.addEventListener('pointermove', e => off && go(p.at(e).map((v, i) => v + off[i])))
  for (const o of ['pointerup', 'pointercancel']) node.addEventListener(o, () => { off = null })
  const keys = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1], PageDown: [-10, -10], PageUp: [10, 10]}
  node.addEventListener('keydown', e => {
    const by = keys[e.key], to = get()
    if (e.key === 'Home' || e.key === 'End') to[main] = ranges[main][+(e.key === 'End')]
    else if (!by) return
    else if (by[0] && by[1]) to[main] += by[main] * step
    else { // where it moves one way only, all four arrows move it that way
      const n = (e.shiftKey ? 10 : 1) * step
      if (x && y) { to[0] += by[0] * n; to[1] += by[1] * n } else to[main] += (by[0] + by[1]) * n
    }
    e.preventDefault()
    go(to.map(v => +v.toFixed(10)))
  })
  return () => set(node, {'aria-valuenow': get()[main], 'aria-valuetext': text()})
}
/** A ring to take hold of, with room around it for a finger; place it with `set(node, {transform})` */
export const grip = (kind = '') => svg('g', {class: kind}, svg('circle', {r: 20, class: 'hit'}), svg('circle', {r: 8, class: 'grip'}))

/** Paper of `size` by `size` pixels to paint on, with mouse, pen or finger, or by arrow keys and Space. `data` are its pixels, 0 to
    255 as in MNIST; `onchange()` is called after each change; `clear()` and `fill(pixels)`; while `erases` is true, the pen takes
    ink away. */
export function pad({label, size = 28, cell = 9, onchange}) {
  const node = html('canvas', {width: size * cell, height: size * cell, tabindex: 0, role: 'img',
    'aria-label': `${label}. Paint with the arrow keys: Space puts the pen down and lifts it.`})
  const data = new Uint8ClampedArray(size * size), c = node.getContext('2d')
  const api = {erases: false}
  let pen = [size / 2, size / 2], last = null, down = false
  const draw = () => {
    for (let i = 0; i < data.length; i++) {
      const v = 255 - data[i]
      c.fillStyle = `rgb(${v} ${v} ${v})`
      c.fillRect(i % size * cell, Math.floor(i / size) * cell, cell, cell)
    }
    if (document.activeElement === node && node.matches(':focus-visible')) {
      c.strokeStyle = down ? '#c0392b' : '#1a5fb4'; c.lineWidth = 2
      c.strokeRect((pen[0] - .5) * cell, (pen[1] - .5) * cell, cell, cell)
    }
  }
  const dab = ([x, y]) => { // a soft pen about two pixels wide
    for (let j = Math.floor(y - 3); j <= y + 3; j++) for (let i = Math.floor(x - 3); i <= x + 3; i++) {
      if (i < 0 || j < 0 || i >= size || j >= size) continue
      const v = 255 * clamp(1.9 - Math.hypot(i + .5 - x, j + .5 - y), [0, 1]), k = j * size + i
      data[k] = api.erases ? Math.min(data[k], 255 - v) : Math.max(data[k], v)
    }
  }
  const line = to => {
    const n = Math.ceil(2 * Math.hypot(to[0] - last[0], to[1] - last[1])) || 1
    for (let k = 0; k <= n; k++) dab([0, 1].map(i => last[i] + (to[i] - last[i]) * k / n))
    last = to
    draw(); onchange()
  }
  const at = e => {
    const r = node.getBoundingClientRect()
    return [(e.clientX - r.left) / r.width * size, (e.clientY - r.top) / r.height * size]
  }
  node.addEventListener('pointerdown', e => {
    e.preventDefault()
    node.focus({preventScroll: true}); node.setPointerCapture(e.pointerId)
    last = at(e); line(last)
  })
  node.addEventListener('pointermove', e => last && e.buttons && line(at(e)))
  for (const o of ['pointerup', 'pointercancel']) node.addEventListener(o, () => { last = null })
  for (const o of ['focus', 'blur']) node.addEventListener(o, () => { down = false; last = null; draw() })
  const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}
  node.addEventListener('keydown', e => {
    if (e.key === ' ') { down = !down; if (down) { last = pen; line(pen) } else last = null }
    else if (way[e.key]) { pen = pen.map((v, i) => clamp(v + way[e.key][i], [.5, size - .5])); if (down) line(pen) }
    else return
    e.preventDefault(); draw()
  })
  draw()
  const fill = pixels => { data.set(pixels); draw(); onchange() }
  Object.assign(api, {node, data, fill, clear: () => fill(new Uint8Array(size * size))})
  return api
}

// --- where there is no anywidget

/** Shows the figure `module` in the element `host` in place of the picture there, which stays if that fails; with a stand-in for the
    widget's model, whose values are `args`. */
export function mount(module, host, args) {
  const values = {...args}, heard = []
  const model = {
    get: k => values[k],
    set(k, v) { values[k] = v; for (const [e, f] of heard) if (e === `change:${k}` || e === 'change') f() },
    on: (e, f) => heard.push([e, f]), off() { heard.length = 0 }, save_changes() {},
  }
  const el = html('div'), before = [...host.children]
  host.append(el)
  try { module.render({model, el}) } catch (e) { el.remove(); throw e }
  for (const o of before) o.hidden = true
}

// --- images

/** The bytes that a tensor of bytes became on its way from Python, two hexadecimal digits for each */
export const bytes = hex => Uint8Array.from((hex || '').match(/../g) || [], o => parseInt(o, 16))
export const hexOf = data => Array.from(data, o => o.toString(16).padStart(2, '0')).join('')
/** Paper for 0, ink for 255, as in all pictures of the book, also where the page is dark */
export const grey = v => `rgb(${255 - v} ${255 - v} ${255 - v})`
/** The looks of one figure, which come after those of all */
export function looks(name, rules) {
  if (!document.getElementById(`mv-${name}`)) document.head.append(html('style', {id: `mv-${name}`}, rules))
}
