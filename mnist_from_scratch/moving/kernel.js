// A kernel of 3×3 numbers that slides over a digit: what it makes of it, and the nine products of one position
import {frame, html, svg, set, fmt, clamp, slider, button, choice, pad, bytes, looks} from './kit.js'

export const kernels = {
  'upper edges': [-1, -1, -1, 0, 0, 0, 1, 1, 1],
  'left edges': [-1, 0, 1, -1, 0, 1, -1, 0, 1],
  'outline': [-1, -1, -1, -1, 8, -1, -1, -1, -1],
  'blur': Array(9).fill(1 / 9),
  'sharpen': [0, -1, 0, -1, 5, -1, 0, -1, 0],
}
/** The nine pixels of an image of `size` by `size` that the kernel lies on at row `i`, column `j` of the result; 0 beyond the border */
export function patch(image, i, j, stride, padding, size = 28) {
  const at = (r, c) => r < 0 || c < 0 || r >= size || c >= size ? 0 : image[r * size + c]
  return Array.from({length: 9}, (_, k) => at(i * stride - padding + Math.floor(k / 3), j * stride - padding + k % 3))
}
/** How many rows the result has */
export const rows = (stride, padding, size = 28) => Math.floor((size + 2 * padding - 3) / stride) + 1
export const products = (window, kernel) => window.map((v, k) => v * kernel[k])
const add = all => all.reduce((a, b) => a + b, 0)
/** The feature map, row by row */
export function convolve(image, kernel, stride = 1, padding = 0, size = 28) {
  const n = rows(stride, padding, size)
  return Array.from({length: n * n}, (_, k) => add(products(patch(image, Math.floor(k / n), k % n, stride, padding, size), kernel)))
}
const two = v => fmt(+v.toFixed(2))
// Both pictures have white paper, day and night; red is above 0 and blue below, as in the chapter
const tint = (v, most = 1) => `rgb(${(v < 0 ? [11, 96, 114] : [166, 64, 27]).map(o => 255 + most * Math.abs(v) * (o - 255))})`

const style = `
.mv-kernel { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem 1rem; width: 100%; max-width: 33rem; margin: 0 auto; }
.mv-kernel .head { font-size: 13px; font-weight: 600; text-align: center; }
.mv-kernel .paper { position: relative; width: 100%; aspect-ratio: 1; }
.mv-kernel .paper > * { position: absolute; }
.mv-kernel canvas { width: 100%; height: 100%; }
.mv-kernel .map { cursor: pointer; background: #fff; }
.mv-kernel .zeros { border: 1px dashed var(--edge); inset: 0; }
.mv-kernel .here { border: 2px solid #c77700; box-shadow: 0 0 0 1px #fff; pointer-events: none; border-radius: 2px; }
.mv-nine { display: grid; grid-template-columns: 1fr auto 1fr auto 1fr; gap: .2rem .5rem; width: 100%; max-width: 33rem;
  align-items: center;  margin: .2rem auto 0; text-align: center; font-size: 13px; }
.mv-nine .grid { display: grid; grid-template-columns: repeat(3, 1fr); overflow: hidden; border: 1px solid var(--edge);
  border-radius: 4px; }
.mv-nine .grid span { padding: .55rem 0; min-width: 0; background: #fff; color: #20262c; border: .5px solid #dedad0; }
.mv-nine .kernel { overflow: visible; }
.mv-nine input { width: 100%; min-width: 0; height: 38px; margin: 0; padding: 0; border: 0; border-radius: 0; text-align: center;
  font: inherit; font-size: 13px; color: var(--ink); background: var(--panel);
  box-shadow: inset 0 0 0 .5px var(--edge); appearance: textfield; }
.mv-nine input::-webkit-inner-spin-button { appearance: none; margin: 0; }
.mv-nine input:focus-visible { position: relative; z-index: 1; outline-offset: -1px; }
@media (max-width: 576px) {
  .mv-nine { grid-template-columns: 1fr auto 1fr auto 1.25fr; gap: .2rem .25rem; font-size: 11px; letter-spacing: -.02em; }
  .mv-nine .grid span { padding: .65rem 0; }
  .mv-nine input { font-size: 12px; }
}
`

export default {render({model, el}) {
  const s = {digits: {}, digit: null, kernel: 'upper edges', stride: 1, padding: 0}
  for (const k of Object.keys(s)) s[k] = model.get(k) ?? s[k]
  const f = frame(el, 'A kernel that slides over a digit')
  looks('kernel', style)
  let kernel = kernels[s.kernel], at = [7, 12]
  let n = 26, map = []

  // the digit, with zeros around it, and its feature map
  const paper = pad({label: 'The digit', cell: 8, onchange: () => draw()})
  const under = html('div', {class: 'here'}), here = html('div', {class: 'here'})
  const zeros = html('div', {class: 'zeros'}), sheet = html('div')
  const canvas = html('canvas', {class: 'map', tabindex: 0, role: 'slider', 'aria-label': 'Position of the kernel', 'aria-valuemin': 1})
  const title = html('div', {class: 'head'})
  sheet.append(paper.node)
  f.stage.append(html('div', {class: 'mv-kernel'}, html('div', {class: 'head'}, 'digit: draw on it'), title,
    html('div', {class: 'paper'}, zeros, sheet, under), html('div', {class: 'paper'}, canvas, here)))
  const box = (node, x, y, w, all) => Object.assign(node.style,
    {left: `${100 * x / all}%`, top: `${100 * y / all}%`, width: `${100 * w / all}%`, height: `${100 * w / all}%`})

  // the nine products
  const cells = () => Array.from({length: 9}, () => html('span'))
  const pixels = cells(), parts = cells(), total = html('span')
  const inputs = kernel.map((_, k) => html('input', {type: 'number', step: 'any', inputmode: 'text',
    'aria-label': `Kernel, row ${Math.floor(k / 3) + 1}, column ${k % 3 + 1}`, oninput(e) {
      kernel = kernel.map((v, j) => j === k ? +e.target.value || 0 : v)
      presets.value = null
      draw()
    }}))
  f.stage.append(html('div', {class: 'mv-nine'},
    html('span', {}, 'pixels'), html('span'), html('span', {}, 'kernel'), html('span'), total,
    html('div', {class: 'grid', 'aria-hidden': 'true'}, ...pixels), html('span', {}, '×'),
    html('div', {class: 'grid kernel', role: 'group', 'aria-label': 'Kernel'}, ...inputs), html('span', {}, '='),
    html('div', {class: 'grid', 'aria-hidden': 'true'}, ...parts)))

  const digit = choice({label: 'Digit', options: Object.keys(s.digits).map(o => [o, o]), value: s.digit ?? Object.keys(s.digits)[0],
    oninput: v => paper.fill(bytes(s.digits[v]))})
  digit.node.append(button('Clear', () => { digit.value = null; paper.clear() }))
  const presets = choice({label: 'Kernel', options: Object.keys(kernels).map(o => [o, o]), value: s.kernel, oninput(v) {
    kernel = kernels[v]
    write()
    draw()
  }})
  const stride = slider({label: 'Stride', min: 1, max: 3, step: 1, value: s.stride, oninput: v => again(() => { s.stride = v })})
  const padding = slider({label: 'Padding', min: 0, max: 2, step: 1, value: s.padding, oninput: v => again(() => { s.padding = v })})
  f.controls.append(presets.node, digit.node, stride.node, padding.node)
  const write = () => inputs.forEach((o, k) => { o.value = +kernel[k].toFixed(3) })
  function again(change) { // the kernel stays on the same part of the digit, as far as it can
    const middle = at.map(v => v * s.stride - s.padding)
    change()
    at = middle.map(v => Math.round((v + s.padding) / s.stride))
    draw()
  }

  // moving the kernel
  const go = to => { at = to.map(v => clamp(v, [0, n - 1])); draw() }
  const point = e => {
    const r = canvas.getBoundingClientRect()
    go([(e.clientY - r.top) / r.height, (e.clientX - r.left) / r.width].map(v => Math.floor(v * n)))
  }
  canvas.addEventListener('pointerdown', e => {
    e.preventDefault()
    canvas.focus({preventScroll: true}); canvas.setPointerCapture(e.pointerId)
    point(e)
  })
  canvas.addEventListener('pointermove', e => (e.buttons || e.pointerType === 'mouse') && point(e))
  const ways = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}
  canvas.addEventListener('keydown', e => {
    const way = ways[e.key], by = e.shiftKey ? 5 : 1
    if (way) go(at.map((v, i) => v + by * way[i]))
    else if (e.key === 'Home' || e.key === 'End') go(e.key === 'Home' ? [0, 0] : [n - 1, n - 1])
    else return
    e.preventDefault()
  })

  function draw() {
    n = rows(s.stride, s.padding)
    at = at.map(v => clamp(v, [0, n - 1]))
    const image = Array.from(paper.data, v => v / 255), [i, j] = at
    map = convolve(image, kernel, s.stride, s.padding)
    const most = Math.max(...map.map(Math.abs)) || 1
    set(canvas, {width: n, height: n})
    const c = canvas.getContext('2d')
    map.forEach((v, k) => { c.fillStyle = tint(v / most); c.fillRect(k % n, Math.floor(k / n), 1, 1) })
    const window = patch(image, i, j, s.stride, s.padding), made = products(window, kernel), sum = map[i * n + j]
    // 32 cells are the width: the digit, and room for two of zeros on each side
    box(sheet, 2, 2, 28, 32)
    box(zeros, 2 - s.padding, 2 - s.padding, 28 + 2 * s.padding, 32)
    box(under, j * s.stride - s.padding + 2, i * s.stride - s.padding + 2, 3, 32); box(here, j, i, 1, n)
    const greatest = Math.max(...made.map(Math.abs)) || 1
    pixels.forEach((o, k) => { o.textContent = two(window[k]); o.style.background = `rgb(${Array(3).fill(255 - 110 * window[k])})` })
    parts.forEach((o, k) => { o.textContent = two(made[k]); o.style.background = tint(made[k] / greatest, .45) })
    title.textContent = `${f.width > 400 ? 'feature map' : 'map'}: ${n} × ${n}`
    total.textContent = f.width > 400 ? `products, sum ${fmt(sum)}` : `sum: ${fmt(sum)}`
    const [top, start] = [i * s.stride - s.padding + 1, j * s.stride - s.padding + 1]
    set(canvas, {'aria-valuemax': n * n, 'aria-valuenow': i * n + j + 1, 'aria-valuetext': `row ${i + 1}, column ${j + 1}: ${fmt(sum)}`})
    f.show({image: [...paper.data], kernel, map, at, window, products: made, sum})
    const zero = top < 1 || start < 1 || top > 26 || start > 26 ? ' Beyond the border are zeros.' : ''
    const room = 28 + 2 * s.padding - 3, down = room % s.stride ? ', rounded down' : ''
    const size = `(28 + 2·${s.padding} − 3) / ${s.stride} + 1 = ${n}`
    f.say(`Row ${i + 1}, column ${j + 1} of the map: the kernel lies on rows ${two(top)} to ${two(top + 2)}, columns ${two(start)} to `
      + `${two(start + 2)}; the nine products add up to ${fmt(sum)}.${zero} The map has ${size} rows${down}.`)
  }
  write()
  if (digit.value) paper.fill(bytes(s.digits[digit.value])); else draw()
}}
