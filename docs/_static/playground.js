// The page 'Playground': its controls, and what it shows of the net that learns in the worker, train.js
import {makePad} from './pen.js'
import {defaults, live} from './train.js'

const $ = name => document.querySelector('.pg-' + name), all = what => [...document.querySelectorAll(what)]
const count = (n, what) => `${+n.toFixed(3)} ${what}${n === 1 ? '' : 's'}`
const total = xs => xs.reduce((s, v) => s+v, 0)
const percent = (v, n = 1) => `${(100*v).toFixed(n)} %`, number = v => Number.isFinite(v) ? v.toFixed(3) : 'not a number'
const form = $('controls'), field = name => form.elements[name]
const worker = new Worker(new URL('train.js', import.meta.url), {type: 'module'})
const ask = (what, more) => worker.postMessage({do: what, ...more})

const LONGEST = 50                   // epochs, after which a run ends by itself
let last = null, curve = []          // what the worker reported last, and what it reported since the start
let mine = []                        // digits that were drawn, with their labels

function add(parent, tag, text = '', name = '') {
  const o = parent.appendChild(document.createElement(tag))
  o.textContent = text
  if (name) o.className = name
  return o
}

// --- controls

function settings() {
  const res = {}
  for (const k in defaults) res[k] = typeof defaults[k] === 'number' ? +field(k).value : field(k).value
  return res
}

function sync() { field('units').value = field('hidden').value; field('hidden').disabled = field('model').value !== 'net' }

function begin(epochs = 0) {
  ask('start', {settings: settings(), epochs})
  if (epochs) learning()
}

function run(how) {
  ask('run', how)
  if (how.steps !== 1) learning()
}

function learning() { go.textContent = 'Stop'; $('said').textContent = 'It learns.' }

function explain(button) {           // which of the buttons below 'Break it' was pressed; null for none
  for (const o of all('[data-note]')) {
    o.setAttribute('aria-pressed', o === button)
    document.getElementById('pg-note-' + o.dataset.note).hidden = o !== button
  }
}

const go = form.querySelector('[data-do=run]')
form.addEventListener('submit', e => e.preventDefault())
form.addEventListener('click', e => {
  const what = e.target.dataset.do
  if (what === 'run') if (go.textContent === 'Stop') ask('stop'); else run({epochs: LONGEST})
  if (what === 'step') run({steps: 1})
  if (what === 'epoch') run({epochs: 1})
  if (what === 'again') begin()
})
form.addEventListener('input', sync)
form.addEventListener('change', e => {
  const {name} = e.target
  field('seed').value = Math.max(0, Math.min(9999, Math.round(+field('seed').value || 0)))
  explain(null)
  if (!last) return                  // the digits are on their way, and the net will begin with what is set then
  if (live.includes(name)) ask('change', {settings: settings()})
  else begin(last.running ? LONGEST : 0)
})
for (const o of all('[data-note]')) o.addEventListener('click', () => {
  const set = {...defaults, ...Object.fromEntries(new URLSearchParams(o.dataset.set))}
  for (const k in set) field(k).value = set[k]
  sync(); explain(o)
  begin(+o.dataset.epochs)
})

// --- what is seen of what was broken, in numbers of this moment

const now = {
  sorted({confusion}) {
    const n = confusion.map((_, i) => total(confusion.map(row => row[i]))), top = Math.max(...n)
    return `It takes ${top} of ${total(n)} held-out digits for a ${n.indexOf(top)}.`
  },
  fast: r => `${r.silent} of ${r.weights.out} hidden units are silent: they give 0 for each of the held-out digits.`,
  zero({weights: {w}}) {
    const zeros = w.filter(v => v === 0).length
    return `${zeros.toLocaleString('en')} of ${w.length.toLocaleString('en')} weights in the first layer are 0.`
  },
  exchanged({confusion: {3: threes, 5: fives}}) {
    return `It takes ${threes[5]} of ${total(threes)} threes for fives, and ${fives[3]} of ${total(fives)} fives for threes.`
  },
  random: ({training: {accuracy: a}, heldOut: {accuracy: b}}) =>
    `It gives ${percent(a)} of the training digits their label, and ${percent(b)} of the held-out digits theirs.`,
  mended: r => `It reads ${percent(r.heldOut.accuracy)} of the held-out digits.`
}

// --- pictures

// 784 values on a canvas of 28×28; `colour` gives red, green and blue
function paint(canvas, values, colour) {
  canvas.width = canvas.height = 28
  const img = new ImageData(28, 28)
  for (let i = 0; i < values.length; i++) img.data.set([...colour(values[i]), 255], 4*i)
  canvas.getContext('2d').putImageData(img, 0, 0)
}
const byte = v => [255-v, 255-v, 255-v], ink = v => byte(255*v)

// One of `steps` times a power of ten, at least `v`
function nice(v, steps = [1, 2, 5, 10]) {
  const p = 10**Math.floor(Math.log10(v))
  return p*steps.find(o => o*p >= v*(1-1e-9))
}

function chart(svg, name, what, top, label) {
  const w = svg.clientWidth, h = svg.clientHeight, [l, r, t, b] = [46, w-6, 24, h-22]
  const end = nice(Math.max(.1, curve[curve.length-1].epochs)), x = v => l + v/end*(r-l), y = v => b - Math.min(v/top, 1)*(b-t)
  const text = (x, y, anchor, what) => `<text x="${x}" y="${y}" text-anchor="${anchor}">${what}</text>`
  const line = (name, k) => {
    const points = curve.filter(o => Number.isFinite(o[k][what])).map(o => `${x(o.epochs).toFixed(1)} ${y(o[k][what]).toFixed(1)}`)
    return points.length ? `<path class="${name}" d="M${points.join('L')}"/>` : ''
  }
  svg.setAttribute('viewBox', `0 0 ${w} ${h}`)
  svg.innerHTML = `<text class="name" x="0" y="12">${name}</text>`
    + [0, top/2, top].map(v => `<path d="M${l} ${y(v)}H${r}"/>${text(l-6, y(v)+4, 'end', label(v))}`).join('')
    + text(l, h-5, 'start', 0) + text((l+r)/2, h-5, 'middle', +(end/2).toFixed(3)) + text(r, h-5, 'end', count(end, 'epoch'))
    + line('train', 'training') + line('held', 'heldOut')
}

function curves() {
  if (!last) return
  const losses = curve.flatMap(o => [o.training.loss, o.heldOut.loss]).filter(Number.isFinite)
  chart($('accuracy'), 'Accuracy', 'accuracy', 1, v => `${100*v} %`)
  chart($('loss'), 'Loss', 'loss', Math.max(2.5, nice(Math.max(...losses, 1), [1, 2, 3, 4, 6, 8, 10])), v => `${+v.toFixed(2)}`)
}

const captions = {
  linear: 'Weights of the linear model, an image for each digit from 0 to 9. Ink on red speaks for the digit, ink on blue against it.',
  net: 'Weights of the first layer, an image for each hidden unit. Ink on red raises its activation, ink on blue lowers it.',
  convnet: 'The eight kernels of the first convolution, 3×3 weights each. Red weighs for the channel, blue against it.'
}

// The first layer's weights, image by image, each on a scale of its own
function weights({k, out, w}) {
  const side = Math.sqrt(k), gap = side > 3 ? 1 : .25, scale = side > 3 ? 1 : 8, tile = scale*(side+2*gap)
  const columns = k < 10 ? 4 : out <= 10 ? 5 : out <= 30 ? 6 : 10, rows = Math.ceil(out/columns)
  const canvas = $('weights').querySelector('canvas'), width = columns*tile, height = rows*tile, img = new ImageData(width, height)
  for (let o = 0; o < out; o++) {
    let top = 0
    for (let q = 0; q < k; q++) top = Math.max(top, Math.abs(w[q*out+o]))
    const x0 = o%columns*tile + gap*scale, y0 = Math.floor(o/columns)*tile + gap*scale
    for (let y = 0; y < side*scale; y++) for (let x = 0; x < side*scale; x++) {
      const v = w[(Math.floor(y/scale)*side + Math.floor(x/scale))*out+o], c = v > 0 ? [178, 24, 43] : [33, 102, 172]
      img.data.set([...c.map(c => 255 - Math.abs(v)/(top || 1)*(255-c)), 255], 4*((y0+y)*width + x0+x))
    }
  }
  canvas.width = width; canvas.height = height
  canvas.getContext('2d').putImageData(img, 0, 0)
  const model = k < 10 ? 'convnet' : field('model').value
  $('weights').querySelector('figcaption').textContent = captions[model]
}

const table = $('confusion').querySelector('table'), head = add(table.tHead, 'tr')
add(head, 'td')
for (let i = 0; i < 10; i++) add(head, 'th', i).scope = 'col'
const cells = Array.from({length: 10}, (_, i) => {
  const tr = add(table.tBodies[0], 'tr')
  add(tr, 'th', i).scope = 'row'
  return Array.from({length: 10}, (_, j) => add(tr, 'td', '', i === j ? 'right' : ''))
})

function confusion(rows) {
  rows.forEach((row, i) => {
    row.forEach((n, j) => {
      cells[i][j].textContent = n || ''
      cells[i][j].style.setProperty('--v', Math.min(1, (i === j ? 1 : 3)*n/total(row)))     // mistakes are few: they are shown stronger
    })
  })
}

function mistakes({worst, wrong, confusion}) {
  $('wrong').textContent = `${wrong} of ${total(confusion.flat())} held-out digits are read wrongly. `
    + `These have the largest loss; “4 as 9” is a 4, read as a 9.`
  $('worst').replaceChildren()
  for (const {label, said, p, image} of worst) {
    const fig = add($('worst'), 'figure'), canvas = add(fig, 'canvas'), text = add(fig, 'figcaption')
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', `A ${label}`)
    paint(canvas, image, byte)
    add(text, 'b', `${label} as ${said}`)
    text.append(`${percent(p, 0)} sure`)
  }
}

// --- all of it, once a frame at most; where motion is to be reduced, once a second

let waiting = false
const slow = matchMedia('(prefers-reduced-motion: reduce)')
function show() {
  if (waiting && last.running) return
  waiting = true
  setTimeout(() => requestAnimationFrame(() => { waiting = false; render() }), slow.matches && last.running ? 1000 : 0)
}

function render() {
  const {training, heldOut, epochs, steps} = last, where = count(Math.round(10*epochs)/10, 'epoch')
  for (const [name, v] of [['held', heldOut], ['train', training]]) {
    const [accuracy, loss] = $(name).querySelectorAll('td')
    accuracy.textContent = percent(v.accuracy); loss.textContent = number(v.loss)
  }
  $('epochs').textContent = where; $('steps').textContent = count(steps, 'step')
  for (const [what, name, show] of [['accuracy', 'Accuracy', percent], ['loss', 'Loss', number]])
    $(what).setAttribute('aria-label', `${name}; after ${where}: held-out ${show(heldOut[what])}, training ${show(training[what])}`)
  curves(); weights(last.weights); confusion(last.confusion); mistakes(last)
  const note = all('[data-note][aria-pressed=true]')[0]?.dataset.note
  if (note) document.querySelector(`#pg-note-${note} .pg-live`).textContent = now[note](last)
  read()
  if (!last.running) say(last)
}

function say({fresh, epochs, steps, heldOut, training}) {
  go.textContent = 'Run'
  const where = fresh ? 'Nothing is learned yet' : `After ${epochs % 1 ? count(steps, 'step') : count(epochs, 'epoch')}`
  $('said').textContent = Number.isFinite(training.loss)
    ? `${where}: ${percent(heldOut.accuracy)} of the held-out digits right, ${percent(training.accuracy)} of the training digits.`
    : `${where} the loss is not a number any more. Lower the learning rate, and start again.`
}

// --- drawing and teaching

const pad = makePad($('pad'), complete => read(complete)), bars = Array.from({length: 10}, (_, i) => {
  const tr = add($('probs'), 'tr')
  add(tr, 'th', i).scope = 'row'
  return {tr, bar: add(add(tr, 'td'), 'div'), value: add(tr, 'td')}
})
let asked = 0, aloud = false

// Ask what the net makes of the drawing and of the digits that were collected; `complete`: tell it in words, too
function read(complete = false) {
  const image = pad.image()
  paint($('seen'), image || new Float32Array(784), ink)
  for (const o of all('.pg-labels button')) o.disabled = !image
  aloud ||= complete
  if (last) ask('read', {id: ++asked, images: [image || new Float32Array(784), ...mine.map(o => o.image)]})
}

const answer = ({said, probs}) => `${said} (${percent(probs[said], 0)})`

function heard([drawn, ...others]) {
  const empty = !pad.strokes.length
  bars.forEach(({tr, bar, value}, i) => {
    tr.className = !empty && i === drawn.said ? 'best' : ''
    bar.style.width = empty ? 0 : `${100*drawn.probs[i]}%`
    value.textContent = empty ? '' : percent(drawn.probs[i])
  })
  if (aloud) $('says').textContent = empty ? 'Nothing is drawn yet.' : `It reads a ${answer(drawn)}.`
  aloud = false
  others.forEach((o, i) => mark(mine[i].now, mine[i], o))
}

function mark(td, {label}, o) { td.textContent = o ? answer(o) : ''; td.className = o?.said === label ? 'good' : '' }

const labels = $('labels')
for (let i = 0; i < 10; i++) add(labels, 'button', i).type = 'button'
labels.addEventListener('click', e => {
  if (e.target.tagName !== 'BUTTON') return
  const label = +e.target.textContent, image = pad.image(), tr = add($('mine'), 'tr'), canvas = add(add(tr, 'td'), 'canvas')
  paint(canvas, image, ink)
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', 'Your drawing')
  add(tr, 'td', label)
  mine.push({label, image, tr, before: add(tr, 'td'), now: add(tr, 'td')})
  $('mine').hidden = false
  for (const o of all('[data-teach]')) o.disabled = false
  pad.clear()
  $('taught').textContent = `${count(mine.length, 'digit')} to teach.`
})
document.querySelector('.pg-own').addEventListener('click', e => {
  const {pad: what, teach} = e.target.dataset
  if (what) pad[what]()
  if (teach === 'teach') {
    ask('teach', {images: mine.map(o => o.image), labels: mine.map(o => o.label)})
    $('taught').textContent = 'It learns.'
  }
  if (teach === 'forget') {
    for (const o of mine) o.tr.remove()
    mine = []; $('mine').hidden = true
    $('taught').textContent = 'Your digits are gone. What the net learned from them stays until it starts again.'
    for (const o of all('[data-teach]')) o.disabled = true
    read()
  }
})

function taught({before, after}) {
  before.answers.forEach((o, i) => { if (mine[i]) { mark(mine[i].before, mine[i], o); mark(mine[i].now, mine[i], after.answers[i]) } })
  const right = ({answers}) => answers.filter((o, i) => o.said === mine[i]?.label).length
  $('taught').textContent = `Of your ${mine.length} it reads ${right(after)} now, ${right(before)} before. `
    + `Of the held-out digits it reads ${percent(after.held)} now, ${percent(before.held)} before.`
}

// --- the worker's answers

worker.onmessage = ({data}) => {
  if (data.kind === 'open') { for (const o of all('.pg-top button')) o.disabled = false; begin() }
  if (data.kind === 'report') {
    last = data
    if (data.fresh) { curve = []; for (const o of mine) o.before.textContent = '' }
    curve.push({epochs: data.epochs, training: data.training, heldOut: data.heldOut}); show()
  }
  if (data.kind === 'read' && data.id === asked) heard(data.answers)
  if (data.kind === 'taught') taught(data)
  if (data.kind === 'error') $('said').textContent = `${data.message}; load the page again.`
}
worker.onerror = e => { $('said').textContent = `This browser cannot run the playground: ${e.message || 'its worker does not start'}.` }
$('said').textContent = 'The digits are on their way.'
sync(); read()          // a browser may have kept what was set before
new ResizeObserver(curves).observe($('curves'))
ask('open', {digits: new URL('playground.bin', import.meta.url).href, about: new URL('playground.json', import.meta.url).href})
