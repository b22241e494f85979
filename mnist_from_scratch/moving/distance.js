// Ten distances while one paints: how far an image is from each mean digit, and which of them is nearest
import {frame, html, svg, set, slider, button, choice, pad, bytes, hexOf, looks} from './kit.js'

const size = 28, n = size * size
/** The mean absolute difference of two images, pixels 0 to 255 in, ink 0 to 1 out */
export const l1 = (a, b) => { let sum = 0; for (let i = 0; i < n; i++) sum += Math.abs(a[i] - b[i]); return sum / n / 255 }
/** The root of the mean squared difference */
export const rmse = (a, b) => { let sum = 0; for (let i = 0; i < n; i++) sum += (a[i] - b[i]) ** 2; return Math.sqrt(sum / n) / 255 }
/** The image moved `by` pixels to the right; what leaves on the right comes back on the left, as with `roll` */
export const moved = (image, by) => Array.from({length: n}, (_, k) => image[k - k % size + (k % size - by + size) % size])
/** An image as the address of a picture */
function address(image) {
  const canvas = html('canvas', {width: size, height: size}), c = canvas.getContext('2d'), to = c.createImageData(size, size)
  image.forEach((v, k) => to.data.set([255 - v, 255 - v, 255 - v, 255], 4 * k))
  c.putImageData(to, 0, 0)
  return canvas.toDataURL()
}
const nearest = all => all.indexOf(Math.min(...all))

export default {render({model, el}) {
  looks('distance', `
.mv-distance { display: grid; gap: .6rem; justify-items: start; width: 252px; }
.mv-distance > * { min-width: 0; }
.mv .distance-mean { stroke: var(--edge); fill: #fff; }
.mv .distance-track { fill: var(--panel); }
.mv .distance-ring { fill: none; stroke: var(--ink); stroke-width: 2.5; }
.mv svg text.distance-digit { font-size: 17px; font-weight: 600; fill: var(--ink); text-anchor: middle; }
.mv svg text.distance-value { font-size: 12px; }
.mv svg text.near { fill: var(--ink); font-weight: 700; }`)
  const cut = hex => { const all = bytes(hex); return Array.from({length: all.length / n}, (_, i) => all.slice(i * n, (i + 1) * n)) }
  const means = cut(model.get('means')), digits = cut(model.get('digits')), labels = model.get('labels') ?? digits.map((_, i) => i)
  const f = frame(el, 'How far an image is from each mean digit')
  const wide = f.width > 560, w = wide ? f.width - 16 - 260 : f.width
  let by = 0

  const paper = pad({label: 'Your image', cell: 9, onchange: () => draw()})
  const pen = choice({label: 'Pen', options: [[false, 'Paint'], [true, 'Erase']], value: false, oninput: v => { paper.erases = v }})
  const begin = html('div', {class: 'mv-row'}, html('span', {}, 'Begin with'),
    ...digits.map((o, i) => button(`a ${labels[i]}`, () => start(o))), button('empty paper', () => start(new Uint8Array(n))))
  f.stage.append(html('div', {class: 'mv-distance'}, paper.node, pen.node, begin))

  // a row for each mean digit: the digit, its mean, two bars
  const high = 36, from = 66, room = w - from - 50, tall = high * means.length + 24
  const chart = svg('svg', {viewBox: `0 0 ${w} ${tall}`, width: w, height: tall, role: 'img'})
  const rows = means.map((mean, i) => {
    const y = 24 + i * high, bar = {x: from, height: 12, rx: 2}
    const small = [svg('rect', {class: 'distance-mean', x: 26, y: y + 2, width: size, height: size}),
      svg('image', {x: 26, y: y + 2, width: size, height: size, href: address(mean), style: 'image-rendering: pixelated'})]
    const bars = ['', 'b'].map((o, j) => [svg('rect', {...bar, class: 'distance-track', y: y + 3 + 14 * j, width: room}),
      svg('rect', {...bar, class: `fill ${o}`, y: y + 3 + 14 * j}),
      svg('text', {class: 'distance-value', x: w - 44, y: y + 13 + 14 * j})])
    const ring = svg('rect', {class: 'distance-ring', x: 24, y, width: size + 4, height: size + 4, rx: 3})
    chart.append(svg('text', {class: 'distance-digit', x: 10, y: y + 22}, i), ...small, ring, ...bars.flat())
    return {ring, bars}
  })
  chart.append(svg('rect', {class: 'fill', x: from, y: 3, width: 12, height: 12, rx: 2}),
    svg('text', {x: from + 17, y: 14}, wide ? 'mean absolute difference' : 'mean absolute'),
    svg('rect', {class: 'fill b', x: from + (wide ? 196 : 130), y: 3, width: 12, height: 12, rx: 2}),
    svg('text', {x: from + (wide ? 213 : 147), y: 14}, 'RMSE'))
  f.stage.append(chart)

  const shift = slider({label: 'Moved to the right', min: -8, max: 8, step: 1, value: 0,
    text: v => Math.abs(v) === 1 ? `${v} pixel`.replace('-', '−') : `${v} pixels`.replace('-', '−'),
    oninput(v) { const d = v - by; by = v; paper.fill(moved(paper.data, d)) }})
  const start = pixels => { by = 0; shift.value = 0; paper.fill(pixels) }
  f.controls.append(shift.node)

  function draw() {
    const all = {l1: means.map(o => l1(paper.data, o)), rmse: means.map(o => rmse(paper.data, o))}
    const near = [nearest(all.l1), nearest(all.rmse)], most = Math.max(.35, ...all.rmse)
    rows.forEach(({ring, bars}, i) => {
      set(ring, {visibility: near.includes(i) ? 'visible' : 'hidden'})
      bars.forEach(([, bar, text], j) => {
        const v = [all.l1, all.rmse][j][i]
        set(bar, {width: v / most * room})
        set(text, {class: `distance-value${near[j] === i ? ' near' : ''}`})
        text.textContent = v.toFixed(4)
      })
    })
    f.show({pixels: hexOf(paper.data), ...all, nearest: near})
    const [a, b] = [all.l1[near[0]], all.rmse[near[1]]].map(v => v.toFixed(4))
    f.say(near[0] === near[1] ? `By both distances the nearest is the mean ${near[0]}: mean absolute difference ${a}, RMSE ${b}.`
      : `By mean absolute difference the nearest is the mean ${near[0]} (${a}), by RMSE it is the mean ${near[1]} (${b}).`)
    set(chart, {'aria-label': `Mean absolute difference and RMSE to each mean digit. ${means.map((_, i) =>
      `${i}: ${all.l1[i].toFixed(4)}, ${all.rmse[i].toFixed(4)}`).join('; ')}`})
  }
  start(digits[0] ?? new Uint8Array(n))
}}
