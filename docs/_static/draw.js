// The page 'Draw a digit'. In the console: draw.state(), draw.show(), draw.predict(model, x), draw.models.
import {readPicture} from './draw_image.js'
import {load, nearest, predict} from './draw_models.js'
import {readStrokes} from './draw_strokes.js'
import {verdict} from './draw_words.js'

const SIZE = 280                        // the pad is as wide, however large it is shown; a stroke may leave it
const page = document.querySelector('.draw'), find = name => page.querySelector('.draw-' + name)
const pad = find('pad'), ctx = pad.getContext('2d'), said = find('said'), pen = find('pen'), width = find('width')
pad.width = pad.height = 2*SIZE         // sharp on a screen with small pixels, too
ctx.scale(2, 2)

// --- what is drawn: strokes, each a list of [x, y, radius], or a picture {canvas, what}. What was there before can be had again.

let state = {strokes: [], picture: null}, past = [], made = null, failed = null
function change(to, say = '') { stroke = null; past.push(state); state = to; show(true, say) }
function undo() { if (past.length) { stroke = null; state = past.pop(); show(true, 'Undone. ') } }
function clear() { if (state.picture || state.strokes.length) change({strokes: [], picture: null}) }

// What the models see, and what each says; {why} where it cannot be read, null where nothing is drawn
function read() {
  const {strokes, picture} = state
  if (picture) {
    const c = picture.canvas
    picture.seen ??= readPicture(c.getContext('2d').getImageData(0, 0, c.width, c.height).data, c.width, c.height)
  }
  const seen = picture ? picture.seen : strokes.length ? readStrokes(strokes) : null
  if (!seen?.image || !made) return seen
  const ask = image => made.models.map(m => predict(m, Float32Array.from(image, v => v/255)))
  return {...seen, answers: ask(seen.image), parts: seen.parts.map(o => ask(o).at(-1))}
}

// Show all that, and give it back; `say` it too, where a stroke is complete
function show(say, first = '') {
  paper()
  const seen = read(), v = verdict(seen, made, failed)
  paint(find('mnist'), seen?.image || new Uint8Array(784), v => [255-v, 255-v, 255-v, 255])
  find('answer').dataset.tone = v.tone
  find('big').textContent = v.sign
  find('title').textContent = v.title
  find('lines').replaceChildren()
  for (const o of v.lines) add(find('lines'), 'p', '', o)
  cards.forEach((fill, i) => fill(seen?.answers?.[i]))
  if (seen?.answers && say) { showMaps(seen.answers.at(-1).hidden); showNearest(seen.image) }
  if (!seen?.answers) { showMaps([]); showNearest(null) }
  find('undo').disabled = !past.length
  find('clear').disabled = !state.picture && !state.strokes.length
  if (say) said.textContent = [first + v.title, ...v.lines].join(' ')
  return seen
}

function paper() {
  ctx.fillStyle = 'white'; ctx.fillRect(0, 0, SIZE, SIZE)
  if (state.picture) {
    const {canvas: c} = state.picture, k = SIZE/Math.max(c.width, c.height)
    ctx.imageSmoothingEnabled = c.width > 28
    ctx.drawImage(c, (SIZE-c.width*k)/2, (SIZE-c.height*k)/2, c.width*k, c.height*k)
  }
  ctx.lineCap = 'round'; ctx.strokeStyle = '#111'
  for (const s of state.strokes) s.forEach((b, i) => {
    const a = s[i-1] || b
    ctx.lineWidth = a[2]+b[2]
    ctx.beginPath(); ctx.moveTo(a[0], a[1]); ctx.lineTo(b[0]+(a === b)*.01, b[1]); ctx.stroke()
  })
  if (at) {                             // where the keyboard's pen is
    ctx.lineWidth = 2; ctx.strokeStyle = '#a6401b'
    ctx.beginPath(); ctx.arc(...at, Math.max(radius()-1, 3), 0, 7)
    if (stroke) { ctx.fillStyle = '#a6401b'; ctx.fill() }
    ctx.stroke()
  }
}

// --- drawing. Strokes are never changed once they are in a state that can come again, so each addition makes new ones.

const radius = () => width.value/2
let stroke = null, waiting = false      // the stroke that is being drawn, is a picture on its way
function begin(p) { stroke = [p]; past.push(state); state = {strokes: [...state.strokes, stroke], picture: null}; soon() }
function go(p) { stroke.push(p); soon() }
function end() { if (stroke) { stroke = null; show(true) } }
function soon() { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; show() }) } }

function place(e) {
  const r = pad.getBoundingClientRect()
  const press = e.pointerType === 'pen' && e.pressure ? .4 + 1.2*e.pressure : 1     // half pressed: as wide as chosen
  return [(e.clientX-r.left)*SIZE/r.width, (e.clientY-r.top)*SIZE/r.height, radius()*press]
}
pad.addEventListener('pointerdown', e => {
  if (!e.isPrimary || e.button) return
  at = null
  pad.setPointerCapture(e.pointerId)
  begin(place(e))
})
pad.addEventListener('pointermove', e => {
  if (!e.isPrimary || !stroke || at) return
  const all = e.getCoalescedEvents?.() || []
  for (const o of all.length ? all : [e]) go(place(o))
})
for (const o of ['pointerup', 'pointercancel']) pad.addEventListener(o, e => { if (e.isPrimary && !at) end() })

let at = null                           // where the keyboard's pen is, once it was used
const arrows = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}
pad.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return
  const by = arrows[e.key], step = e.shiftKey ? 3 : 10
  if (by) {
    at ??= [SIZE/2, SIZE/2]
    at = at.map((v, i) => Math.min(Math.max(v + step*by[i], 0), SIZE))
    if (stroke) go([...at, radius()]); else paper()
  } else if (e.key === ' ') {
    at ??= [SIZE/2, SIZE/2]
    if (stroke) end(); else begin([...at, radius()])
  } else if (e.key === 'Escape' || e.key === 'Enter') end()
  else return
  e.preventDefault()
  const [x, y] = at ? at.map(v => `${Math.round(100*v/SIZE)} %`) : []
  pen.textContent = at ? `Pen ${stroke ? 'down' : 'up'}, ${x} from the left, ${y} from the top.` : ''
})
pad.addEventListener('blur', () => { if (at) { end(); at = null; paper() } })
document.addEventListener('keydown', e => {
  if ((e.ctrlKey || e.metaKey) && !e.shiftKey && e.key.toLowerCase() === 'z' && !e.target.closest('input:not([type=range]), textarea')) {
    e.preventDefault()
    undo()
  }
})

// --- pictures: chosen, dropped or pasted

async function take(file) {
  if (!file) return
  let im
  try { im = await createImageBitmap(file) }
  catch { say(`${file.name || 'This'} cannot be read as a picture; use a PNG or JPEG file.`); return }
  const k = Math.max(1, Math.ceil(Math.max(im.width, im.height)/800)), c = document.createElement('canvas')
  c.width = Math.max(1, Math.round(im.width/k)); c.height = Math.max(1, Math.round(im.height/k))
  const g = c.getContext('2d', {willReadFrequently: true})
  g.imageSmoothingQuality = 'high'
  g.drawImage(im, 0, 0, c.width, c.height)
  onPaper(g, c)
  change({strokes: [], picture: {canvas: c}}, 'Your picture. ')
}
function say(what) { said.textContent = what; find('title').textContent = what; find('lines').replaceChildren() }

// Under what is transparent comes paper: white, or black where the ink is light
function onPaper(g, c) {
  const {data} = g.getImageData(0, 0, c.width, c.height)
  let n = 0, light = 0
  for (let i = 0; i < data.length; i += 4) { n += data[i+3]; light += data[i+3]*(data[i]+data[i+1]+data[i+2])/3 }
  g.globalCompositeOperation = 'destination-over'
  g.fillStyle = n < 255*data.length/4 && light > 160*n ? 'black' : 'white'
  g.fillRect(0, 0, c.width, c.height)
}
const pictureIn = list => [...list?.files || []][0]
find('file').addEventListener('change', e => { take(e.target.files[0]); e.target.value = '' })
find('upload').addEventListener('click', () => find('file').click())
document.addEventListener('paste', e => { const f = pictureIn(e.clipboardData); if (f) { e.preventDefault(); take(f) } })
page.addEventListener('dragover', e => { e.preventDefault(); page.classList.add('draw-over') })
page.addEventListener('dragleave', e => { if (!page.contains(e.relatedTarget)) page.classList.remove('draw-over') })
page.addEventListener('drop', e => { e.preventDefault(); page.classList.remove('draw-over'); take(pictureIn(e.dataTransfer)) })

// --- buttons

find('undo').addEventListener('click', undo)
find('clear').addEventListener('click', clear)
width.addEventListener('input', () => { find('dot').style.width = find('dot').style.height = `${width.value}px` })
let next = 0
find('sample').addEventListener('click', () => {
  if (!made) return
  const {labels, x} = made.samples, i = next++ % labels.length
  sample(x.subarray(784*i, 784*i+784), `A ${labels[i]} of the test set. `)
})
function sample(bytes, what = '') {
  const canvas = document.createElement('canvas')
  paint(canvas, bytes, v => [255-v, 255-v, 255-v, 255])
  change({strokes: [], picture: {canvas}}, what)
}

// --- the other parts of the page

// 784 values on a canvas of 28×28, or as many of another size; `colour` gives red, green, blue and alpha of each
function paint(canvas, values, colour, size = 28) {
  canvas.width = canvas.height = size
  canvas.getContext('2d').putImageData(new ImageData(Uint8ClampedArray.from(Array.from(values, colour).flat()), size), 0, 0)
}

function add(parent, tag, name = '', text = '') {
  const o = parent.appendChild(document.createElement(tag))
  if (name) o.className = 'draw-' + name
  o.textContent = text
  return o
}

function picture(parent, label) {
  const fig = add(parent, 'figure'), canvas = add(fig, 'canvas')
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', label)
  return [fig, canvas]
}

const percent = (v, n = 1) => `${(100*v).toFixed(n)} %`
let cards = []

// Add a card for `model` to the page; gives the function that fills in an answer, or null for none
function card(parent, model) {
  const box = add(parent, 'section', 'model'), {right, of, value, low, high} = model.test, drawn = made.drawings.right[model.name]
  box.dataset.model = model.name
  const digit = add(add(box, 'h3', '', model.title + ' '), 'span', 'digit')
  const interval = `95 % interval ${percent(low)} to ${percent(high)}`
  add(box, 'p', 'test', `${percent(value)} of ${of.toLocaleString('en')} test digits right (${interval})`)
  add(box, 'p', 'test draw-drawn', `${percent(drawn[0]/drawn[1])} of ${drawn[1].toLocaleString('en')} random drawings right`)
  const table = add(box, 'table'), title = model.means ? 'distance to the mean digit; the nearest wins' : 'probability'
  add(table, 'caption', '', title)
  const rows = Array.from({length: model.name === 'convnet' ? 11 : 10}, (_, i) => {
    const tr = add(table, 'tr')
    add(tr, 'th', '', i < 10 ? i : 'none').scope = 'row'
    return {tr, bar: add(add(tr, 'td'), 'div', 'bar'), value: add(tr, 'td', 'value')}
  })
  const fired = model.name === 'net' && add(box, 'div', 'fired')
  return answer => {
    const best = answer && (answer.values[10] > answer.values[answer.digit] ? 10 : answer.digit)
    digit.textContent = answer ? best === 10 ? 'none' : best : ''
    rows.forEach(({tr, bar, value}, i) => {
      const v = answer ? answer.values[i] : 0
      tr.classList.toggle('draw-best', !!answer && i === best)
      bar.style.width = `${100*v/(model.means && answer ? Math.max(...answer.values) : 1)}%`
      value.textContent = !answer ? '' : model.means ? v.toFixed(3) : percent(v)
    })
    if (fired) showFired(fired, model.layers[0].weight, answer ? answer.hidden[0] : [])
  }
}

// The weights of the hidden activations that are largest, as images: ink on red raises the activation, ink on blue lowers it
function showFired(parent, weight, hidden) {
  const most = Array.from(hidden, (v, i) => [v, i]).filter(([v]) => v > 0).sort((a, b) => b[0]-a[0]).slice(0, 6)
  parent.replaceChildren()
  if (most.length) add(parent, 'p', '', 'The hidden activations that are largest, and their weights: ink on red raises an activation, ' +
    'ink on blue lowers it.')
  for (const [v, i] of most) {
    const [fig, canvas] = picture(parent, `weights of hidden activation ${i}`)
    const ws = weight.subarray(784*i, 784*i+784), top = Math.max(...ws.map(Math.abs))
    paint(canvas, ws, w => (w > 0 ? [178, 24, 43, 255] : [33, 102, 172, 255]).map(c => 255 - Math.abs(w)/top*(255-c)))
    add(fig, 'figcaption', '', v.toFixed(1))
  }
}

// The convnet's feature maps after each ReLU: the 16 with most in them, all on one scale
function showMaps(hidden) {
  const parent = find('maps')
  parent.replaceChildren()
  const channels = made?.models.at(-1).layers.map(o => o.weight.shape[0])
  hidden.forEach((maps, l) => {
    const size = Math.sqrt(maps.length/channels[l]), n = size*size, top = maps.reduce((a, b) => Math.max(a, b), 1e-6)
    const all = Array.from({length: channels[l]}, (_, i) => ({i, map: maps.subarray(i*n, i*n+n)}))
    const mass = o => o.map.reduce((s, v) => s+v, 0)
    const most = all.sort((a, b) => mass(b)-mass(a)).slice(0, 16).sort((a, b) => a.i-b.i)
    const row = add(parent, 'div', 'layer')
    add(row, 'p', '', `Layer ${l+1}: ${channels[l] > 16 ? `16 of ${channels[l]}` : channels[l]} maps of ${size}×${size}`)
    const colour = v => [11, 96, 114, 255].map(c => 255 - v/top*(255-c))
    for (const {i, map} of most) paint(picture(row, `feature map ${i} of layer ${l+1}`)[1], map, colour, size)
  })
  find('seen').hidden = !hidden.length
}

// The training digits whose pixels are nearest
function showNearest(image) {
  const parent = find('nearest')
  parent.replaceChildren()
  find('near').hidden = !image
  if (!image) return
  for (const {i, label, mnist, distance} of nearest(made.nearest, Float32Array.from(image, v => v/255))) {
    const [fig, canvas] = picture(parent, `${label}, ${mnist ? 'of MNIST' : 'drawn at random'}`)
    paint(canvas, made.nearest.x.subarray(784*i, 784*i+784), v => [255-255*v, 255-255*v, 255-255*v, 255])
    add(fig, 'figcaption', '', `${label}`).title = `${mnist ? 'MNIST' : 'drawn at random'}, distance ${distance.toFixed(3)}`
  }
}

// --- start: the pad works at once, and answers once the models are here

window.draw = {predict, nearest, readPicture, readStrokes, read, show, clear, undo, sample, state: () => state}
show(true)
try {
  made = await load(new URL('draw.json', import.meta.url), new URL('draw.bin', import.meta.url))
  cards = made.models.map(m => card(find('models'), m))
  Object.assign(window.draw, {made, models: made.models})
} catch (e) { failed = `${e.message}; load the page again.` }
show(!stroke)
if (failed) throw Error(failed)
