// An image as numbers: a lens over its pixels, and next to it the numbers under the lens
import {frame, svg, set, clamp, draggable, bytes, grey, looks} from './kit.js'

const size = 28, reach = 3, across = 2 * reach + 1 // the lens covers `reach` pixels on each side of its middle
/** The numbers under a lens at `row` and `col`, row by row; null where it looks over the edge */
export function under(image, row, col) {
  const at = (i, j) => i < 0 || j < 0 || i >= size || j >= size ? null : image[i * size + j]
  return Array.from({length: across}, (_, i) => Array.from({length: across}, (_, j) => at(row - reach + i, col - reach + j)))
}
/** How dark a pixel is, in words */
export const shade = v => v === 0 ? 'paper' : v < 64 ? 'a trace of ink' : v < 160 ? 'grey' : v < 250 ? 'dark' : 'full ink'
/** What one writes in Python for the part of `name` that the lens shows */
export const slice = (name, row, col) =>
  `${name}[${[row, col].map(o => `${Math.max(0, o - reach)}:${Math.min(size, o + reach + 1)}`).join(', ')}]`

export default {render({model, el}) {
  looks('lens', `
.mv .lens-paper { fill: #fff; stroke: var(--edge); }
.mv .lens-glass { fill: transparent; stroke: #c8501f; stroke-width: 3; }
.mv .lens-middle { fill: none; stroke: #c8501f; stroke-width: 1.5; }
.mv .lens-cell { stroke: #dedad0; shape-rendering: crispEdges; }
.mv .lens-guide { stroke: #c8501f; stroke-width: 1; stroke-dasharray: 2 3; }
.mv .handle.lens:focus-visible { border-radius: 3px; outline-offset: 3px; }
.mv svg text.lens-number { text-anchor: middle; font-size: 14px; }
.mv svg text.lens-at { text-anchor: middle; fill: var(--b); font-weight: 600; }
.mv svg text.lens-side { text-anchor: middle; }`)
  const image = bytes(model.get('image')), name = model.get('called') ?? 'im3'
  const s = {row: model.get('row') ?? 14, col: model.get('col') ?? 14}
  const f = frame(el, 'An image as numbers')
  const wide = f.width > 560, edge = 26
  const c = wide ? Math.min(11, (f.width - 16) / 2 / (size + 2.4)) : Math.min(11, (f.width - edge - 2) / size)
  const d = Math.min(44, (wide ? f.width - 20 - edge - c * size - 4 : f.width) / across - edge / across)

  // the image, with its lens
  const whole = edge + size * c + 2
  const left = svg('svg', {viewBox: `0 0 ${whole} ${whole}`, width: whole, height: whole, role: 'group', 'aria-label': 'The image'})
  const X = v => edge + v * c, paper = svg('rect', {class: 'lens-paper', x: edge, y: edge, width: size * c, height: size * c})
  const ink = [...image].flatMap((v, k) => v ? [svg('rect', {x: X(k % size), y: X(Math.floor(k / size)), width: c, height: c,
    style: `fill: ${grey(v)}; shape-rendering: crispEdges`})] : [])
  const guides = [0, 1].map(() => svg('path', {class: 'lens-guide'}))
  const marks = [0, 1].map(() => svg('text', {class: 'lens-at'}))
  const lens = svg('g', {class: 'lens'},
    svg('rect', {class: 'lens-glass', x: -(reach + .5) * c, y: -(reach + .5) * c, width: across * c, height: across * c}),
    svg('rect', {class: 'lens-middle', x: -.5 * c, y: -.5 * c, width: c, height: c}))
  left.append(paper, svg('g', {'aria-hidden': 'true', 'pointer-events': 'none'}, ...ink, ...guides, ...marks), lens)
  const p = {at(e) { // columns to the right, rows upwards, as a drawing has it
    const {x, y} = new DOMPoint(e.clientX, e.clientY).matrixTransform(left.getScreenCTM().inverse())
    return [(x - edge) / c - .5, size - .5 - (y - edge) / c]
  }}
  const go = ([x, y]) => { [s.col, s.row] = [x, size - 1 - y].map(v => clamp(Math.round(v), [0, size - 1])); draw() }
  const words = () => `row ${s.row}, column ${s.col}: ${image[s.row * size + s.col]}, ${shade(image[s.row * size + s.col])}`
  const tell = draggable(lens, p, {label: 'Lens', x: [0, size - 1], y: [0, size - 1], step: 1, get: () => [s.col, size - 1 - s.row],
    move: go, text: words})
  // a press anywhere on the paper brings the lens there; a finger that moves across the paper scrolls the page
  paper.addEventListener('pointerdown', e => {
    if (e.pointerType === 'touch') return
    go(p.at(e))
    lens.dispatchEvent(new PointerEvent('pointerdown', e))
  })
  paper.addEventListener('click', e => go(p.at(e)))

  // the numbers
  const tall = edge + across * d + 2
  const right = svg('svg', {viewBox: `0 0 ${tall} ${tall}`, width: tall, height: tall, 'aria-hidden': 'true'})
  const place = v => edge + v * d, middle = v => place(v + .5)
  const cells = Array.from({length: across * across}, (_, k) => [
    svg('rect', {x: place(k % across), y: place(Math.floor(k / across)), width: d, height: d, class: 'lens-cell'}),
    svg('text', {x: middle(k % across), y: middle(Math.floor(k / across)) + 5, class: 'lens-number'})])
  const sides = Array.from({length: 2 * across}, (_, k) => svg('text', k < across
    ? {x: middle(k), y: edge - 8} : {x: edge - 13, y: middle(k - across) + 5}))
  right.append(...cells.flat(), ...sides,
    svg('rect', {class: 'lens-glass', x: place(reach), y: place(reach), width: d, height: d}),
    svg('rect', {class: 'lens-middle', x: edge, y: edge, width: across * d, height: across * d}))
  f.stage.append(left, right)

  function draw() {
    const {row, col} = s, all = under(image, row, col), value = image[row * size + col]
    set(lens, {transform: `translate(${X(col + .5)} ${X(row + .5)})`})
    set(guides[0], {d: `M${X(col + .5)} ${edge}V${Math.max(edge, X(row - reach))}`})
    set(guides[1], {d: `M${edge} ${X(row + .5)}H${Math.max(edge, X(col - reach))}`})
    set(marks[0], {x: X(col + .5), y: edge - 8}); marks[0].textContent = col
    set(marks[1], {x: edge - 13, y: X(row + .5) + 5}); marks[1].textContent = row
    all.flat().forEach((v, k) => {
      const [box, text] = cells[k]
      set(box, {style: v === null ? 'fill: none' : `fill: ${grey(v)}`})
      set(text, {style: `fill: ${v > 137 ? '#fff' : '#000'}`})
      text.textContent = v ?? ''
    })
    sides.forEach((o, k) => {
      const v = (k < across ? col - reach : row - reach - across) + k
      o.textContent = v < 0 || v >= size ? '' : v
      set(o, {class: k % across === reach ? 'lens-at' : 'lens-side'})
    })
    tell()
    f.show({row, col, value, under: all})
    f.say(`Row ${row}, column ${col}, counted from 0: ${value} of 255, ${shade(value)}. In Python this pixel is ${name}[${row}, ${col}], ` +
      `and all that the lens shows is ${slice(name, row, col)}.`)
  }
  draw()
}}
