// How large the activations of a deep net are, layer by layer, when its first weights are made larger or smaller
import {frame, html, svg, set, fmt, clamp, slider, button, choice, plot} from './kit.js'

/** The spread after each layer, where the weights are `scale` times those with which it was `at_one`: without biases, ReLU or not, each
    layer gives `scale` times as much, and takes in what those before it gave. The first number is that of the input. */
export const spreads = (at_one, scale) => at_one.map((v, i) => v * scale ** i)
/** In a word, what becomes of them */
export function verdict(all) {
  const change = all.at(-1) / all[0]
  return change > 100 ? 'explode' : change < .01 ? 'vanish' : change > 5 ? 'grow' : change < .2 ? 'shrink' : 'level'
}
const words = {
  explode: 'The activations explode.', vanish: 'The activations vanish.', grow: 'They grow from layer to layer.',
  shrink: 'They shrink from layer to layer.', level: 'They keep about their size.',
}
const names = {1: '1/√n', [Math.SQRT2]: '√(2/n)'}
const small = {'-': '⁻', ...'⁰¹²³⁴⁵⁶⁷⁸⁹'}
const power = v => v === 0 ? '1' : v === 1 ? '10' : `10${[...String(v)].map(o => small[o]).join('')}`

export default {render({model, el}) {
  const s = {kind: 'with ReLU', scale: Math.SQRT2, spreads: {}, samples: {}}
  for (const k of Object.keys(s)) s[k] = model.get(k) ?? s[k]
  const f = frame(el, 'The scale of the first weights, layer by layer')
  const kinds = Object.keys(s.spreads), layers = s.spreads[kinds[0]].length - 1
  const wide = f.width > 520, left = 54, right = 12, bars = wide ? 240 : 220
  const slot = (f.width - left - right) / (layers + 1), rows = s.samples[kinds[0]][0].length, cell = wide ? 11 : 9
  const p = plot({width: f.width, height: bars, left, right, x: [-.5, layers + .5], y: [-3, 3], xticks: [...Array(layers + 1).keys()],
    xtext: v => v || 'in', ytext: power, xlabel: 'layer', ylabel: 'spread',
    label: 'The spread of the activations after each layer'})
  const cells = svg('g'), top = svg('svg', {viewBox: `0 0 ${f.width} ${rows * cell + 18}`, width: f.width, height: rows * cell + 18,
    role: 'img', 'aria-label': `${rows} activations of each layer, for one image: the stronger the colour, the farther from 0`},
    svg('text', {x: left, y: 11}, `${rows} activations of each layer${wide ? ', for one image: red above 0, blue below' : ''}`), cells)
  f.stage.append(top, p.node)
  const kaiming = svg('path', {class: 'line soft thin dashed'}), one = svg('path', {class: 'axis'}), columns = svg('g'), values = svg('g')
  const mark = svg('text', {'text-anchor': 'end', x: p.left + p.w, y: 11}, '- - -  Kaiming’s √(2/n)')
  p.back.append(one, columns, kaiming)
  p.front.append(set(values, {'aria-hidden': 'true'}), mark)

  const kind = choice({label: 'Net', options: kinds.map(o => [o, o]), value: s.kind, oninput(v) { s.kind = v; draw() }})
  const text = v => `${fmt(v)} · 1/√n${names[v] && v !== 1 ? `  =  ${names[v]}` : ''}`
  const size = slider({label: 'Spread of the weights', min: .1, max: 10, value: s.scale, log: true, text,
    oninput(v) { s.scale = v; draw() }})
  const to = v => () => { s.scale = v; size.value = v; draw() }
  f.controls.append(kind.node, size.node, html('div', {class: 'mv-row'}, button('Kaiming’s √(2/n)', to(Math.SQRT2)), button('1/√n', to(1))))

  function draw() {
    const all = spreads(s.spreads[s.kind], s.scale), tens = all.map(Math.log10), v = verdict(all)
    const reach = o => Math.max(3, Math.ceil(Math.max(...tens.map(t => o * t)) + .3))
    p.range({y: [-reach(-1), reach(1)]})
    set(one, {d: p.path([[-.5, 0], [layers + .5, 0]])})
    set(kaiming, {d: p.path(spreads(s.spreads[s.kind], Math.SQRT2).map((o, i) => [i, Math.log10(o)]))})
    const w = Math.min(.6 * slot, 34)
    columns.replaceChildren(...tens.map((t, i) => svg('rect', {class: t < 0 ? 'fill' : 'b fill', x: p.X(i) - w / 2, width: w, rx: 1,
      y: Math.min(p.Y(0), p.Y(t)), height: Math.max(2, Math.abs(p.Y(t) - p.Y(0)))})))
    values.replaceChildren(...wide ? tens.map((t, i) => svg('text', {x: p.X(i), y: p.Y(t) + (t < 0 ? 15 : -6), 'text-anchor': 'middle',
      style: 'font-size: 12px'}, fmt(all[i], 2))) : [])
    cells.replaceChildren(...s.samples[s.kind].flatMap((col, i) => col.map((a, j) => svg('rect', {class: a < 0 ? 'fill' : 'b fill',
      x: p.X(i) - slot * .36, y: 18 + j * cell, width: slot * .72, height: cell - 1,
      'fill-opacity': clamp(Math.abs(a) * s.scale ** i / 3, [0, 1]), stroke: 'var(--rule)', 'stroke-width': .5}))))
    f.show({spreads: all, verdict: v})
    f.say(`Standard deviation of the weights: ${fmt(s.scale)} · 1/√n, where n is the number of inputs of a layer. That of the activations `
      + `is ${fmt(all[0])} before the first layer, and ${fmt(all.at(-1))} after layer ${layers}. ${words[v]}`)
  }
  draw()
}}
