// The page 'Draw a digit'. First the path from a drawing to MNIST's geometry, then the models, then the page itself.
// In the console: draw.toMnist(pixels, w, h), draw.predict(model, x), draw.models, draw.read().
'use strict'

// --- from a drawing to 28×28: `as_mnist` of mnist_from_scratch/data/images.py, for opaque pixels on even paper, more
// than 28 and less than 1600 a side. An image is {a, w, h}: a Float32Array, row after row, width and height. Numbers are float32 as there.

function sum(xs) { let s = 0; for (const x of xs) s += x; return s }
function max(xs) { let m = -Infinity; for (const x of xs) if (x > m) m = x; return m }

// To the nearest whole number; a half to the even one, as Python and NumPy round
function rint(x) { const r = Math.round(x); return r-x === .5 && r%2 ? r-1 : r }

function median(xs) {
  const s = xs.slice().sort(), n = s.length
  return (s[(n-1)>>1] + s[n>>1])/2
}

// Brightness of RGBA pixels, 0 to 255, as Pillow's convert('L')
function grey(rgba, w, h) {
  return {w, h, a: new Float32Array(w*h).map((_, i) => (19595*rgba[4*i] + 38470*rgba[4*i+1] + 7471*rgba[4*i+2] + 32768) >> 16)}
}

const notPlain = 'It is not plain which is paper and which is ink; leave a margin of one colour around the digit.'

// How far each pixel is from the paper, towards the ink; null where nothing is drawn, `notPlain` where paper and ink cannot
// be told apart. Faint dirt and specks become paper.
function ink({a, w, h}) {
  const r = Math.max(1, Math.floor(Math.min(w, h)/20))
  const inMargin = (_, i) => { const x = i%w, y = Math.floor(i/w); return x < r || y < r || x >= w-r || y >= h-r }
  const margin = a.filter(inMargin), paper = median(margin)
  const light = sum(a.map(v => Math.max(v-paper, 0))), dark = sum(a.map(v => Math.max(paper-v, 0)))
  const far = v => dark > light ? paper-v : v-paper, d = a.map(far), top = max(d)
  if (top < 8) return null
  if (Math.min(light, dark) > Math.max(light, dark)/2 || margin.filter(v => far(v) > top/2).length > margin.length/3) return notPlain
  const clean = dropSpecks({a: d.map(v => v > .04*top ? v : 0), w, h})
  return {w, h, a: dark > light ? clean.map(v => v/Math.max(paper, 1)) : clean}
}

// Without the strokes that have less than a twentieth of the largest one's ink
function dropSpecks({a, w, h}) {
  const stroke = new Int32Array(w*h), mass = [0]      // of each pixel, its stroke's number; of each stroke, its ink
  for (let i = 0; i < w*h; i++) {
    if (!a[i] || stroke[i]) continue
    const n = mass.push(0) - 1, todo = [i]
    stroke[i] = n
    while (todo.length) {
      const j = todo.pop(), x0 = j%w, y0 = Math.floor(j/w)
      mass[n] += a[j]
      for (let y = Math.max(y0-1, 0); y <= Math.min(y0+1, h-1); y++)
        for (let x = Math.max(x0-1, 0); x <= Math.min(x0+1, w-1); x++)
          if (a[y*w+x] && !stroke[y*w+x]) { stroke[y*w+x] = n; todo.push(y*w+x) }
    }
  }
  const least = .05*max(mass)
  return a.map((v, i) => mass[stroke[i]] >= least ? v : 0)
}

// `h` rows of `w` pixels from (x0,y0) on; what lies outside is 0
function cut({a, w, h}, x0, y0, w1, h1) {
  const res = new Float32Array(w1*h1)
  for (let y = Math.max(0, -y0); y < Math.min(h1, h-y0); y++)
    for (let x = Math.max(0, -x0); x < Math.min(w1, w-x0); x++) res[y*w1+x] = a[(y+y0)*w + x+x0]
  return {a: res, w: w1, h: h1}
}

// The part where the ink is at least a fifth of full
function crop(im) {
  const least = Math.fround(max(im.a)/5)
  let x0 = im.w, x1 = 0, y0 = im.h, y1 = 0
  im.a.forEach((v, i) => {
    if (v <= least) return
    const x = i%im.w, y = Math.floor(i/im.w)
    x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y)
  })
  return cut(im, x0, y0, x1-x0+1, y1-y0+1)
}

function transpose({a, w, h}) { return {a: a.map((_, i) => a[(i%h)*w + Math.floor(i/h)]), w: h, h: w} }

// Strokes widened to 7 % of the longer side, if they are thinner
function thicken(im) {
  const edges = o => { const e = cut(o, -1, 0, o.w+2, o.h); return sum(e.a.map((v, i) => i%e.w ? Math.abs(v-e.a[i-1]) : 0)) }
  const width = 2*sum(im.a)/(edges(im) + edges(transpose(im)))
  const grow = rint((.07*Math.max(im.w, im.h) - width)/2)
  if (grow <= 0) return im
  const spread = o => ({...o, a: o.a.map((_, i) => {
    const x = i%o.w
    return max(o.a.subarray(i-Math.min(grow, x), i+Math.min(grow, o.w-1-x)+1))
  })})
  return transpose(spread(transpose(spread(cut(im, -grow, -grow, im.w+2*grow, im.h+2*grow)))))
}

// Pillow's filters for making smaller and larger, and how far they reach
const box = {reach: .5, f: x => x > -.5 && x <= .5 ? 1 : 0}
const bicubic = {reach: 2, f: x => { x = Math.abs(x); return x < 1 ? (1.5*x-2.5)*x*x+1 : x < 2 ? -.5*(((x-5)*x+8)*x-4) : 0 }}

// Rows of `m` pixels instead of `im.w`, as Pillow does it: each is a weighted mean of those around its place
function stretch(im, m, {reach, f}) {
  const scale = im.w/m, wide = Math.max(scale, 1), res = new Float32Array(m*im.h)
  for (let x = 0; x < m; x++) {
    const mid = (x+.5)*scale
    const lo = Math.max(0, Math.trunc(mid - reach*wide + .5)), hi = Math.min(im.w, Math.trunc(mid + reach*wide + .5))
    const k = Array.from({length: hi-lo}, (_, i) => f((i+lo-mid+.5)/wide)), total = sum(k)
    for (let y = 0; y < im.h; y++) res[y*m+x] = sum(k.map((o, i) => o/total*im.a[y*im.w+lo+i]))
  }
  return {a: res, w: m, h: im.h}
}
function resize(im, w, h, filter) { return transpose(stretch(transpose(stretch(im, w, filter)), h, filter)) }

// The drawing as MNIST has its digits: fitted into 20×20, its centre of mass in the middle of 28×28.
// `pixels` are RGBA bytes, as of a canvas. Gives 784 bytes, 0 for paper and 255 for ink, null where nothing is drawn, or
// in words why it cannot be read.
function toMnist(pixels, w, h) {
  let im = ink(grey(pixels, w, h))
  if (!im || im === notPlain) return im
  im = thicken(crop(im))
  const scale = 20/Math.max(im.w, im.h)
  im = resize(im, Math.max(1, rint(im.w*scale)), Math.max(1, rint(im.h*scale)), scale > 1 ? bicubic : box)
  im.a = im.a.map(v => Math.max(v, 0))
  const start = (n, at) => Math.min(Math.max(14 - Math.floor(sum(im.a.map((v, i) => v*at(i)))/sum(im.a) + .5), 0), 28-n)
  const x0 = start(im.w, i => i%im.w), y0 = start(im.h, i => Math.floor(i/im.w))
  const k = Math.fround(255/max(im.a))
  return Uint8Array.from(cut({...im, a: im.a.map(v => v*k)}, -x0, -y0, 28, 28).a, rint)
}

// --- the models. A layer is {weight, bias}; an array has its shape, and its numbers in one row.

function linear(x, {weight, bias}) {
  return bias.map((b, o) => x.reduce((s, v, i) => s + v*weight[o*x.length+i], b))
}

// Windows of 3×3 that move on by 2, with a row and a column of zeros around: [n,s,s] -> [m,s/2,s/2], rounded up
function conv(x, {weight, bias}) {
  const [m, n] = weight.shape, s = Math.sqrt(x.length/n), half = Math.ceil(s/2), res = new Float32Array(m*half*half)
  for (let o = 0; o < m; o++) for (let i = 0; i < half; i++) for (let j = 0; j < half; j++) {
    let t = bias[o]
    for (let c = 0; c < n; c++) for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) {
      const y = 2*i+a-1, z = 2*j+b-1
      if (y >= 0 && y < s && z >= 0 && z < s) t += x[(c*s+y)*s+z]*weight[((o*n+c)*3+a)*3+b]
    }
    res[(o*half+i)*half+j] = t
  }
  return res
}

// Root of the mean squared difference of the pixels, or the mean absolute one
function distance(x, mean, kind) {
  return kind === 'rmse' ? Math.sqrt(sum(mean.map((m, i) => (m-x[i])**2))/784) : sum(mean.map((m, i) => Math.abs(m-x[i])))/784
}

function softmax(xs) {
  const top = max(xs), e = Array.from(xs, v => Math.exp(v-top)), total = sum(e)
  return e.map(v => v/total)
}

// What `model` says about an image `x`, 784 numbers from 0 (paper) to 1 (ink): the digit; for each digit a value, which is
// a probability, or for pixel similarity a distance; and, of a net, the activations that come out of each ReLU.
function predict(model, x) {
  if (model.means) {
    const values = Array.from({length: 10}, (_, i) => distance(x, model.means.subarray(784*i, 784*i+784), model.distance))
    return {digit: values.indexOf(Math.min(...values)), values, hidden: []}
  }
  const hidden = []
  model.layers.forEach((layer, i) => {
    if (i) hidden.push(x = x.map(v => Math.max(v, 0)))
    x = layer.weight.shape.length > 2 ? conv(x, layer) : linear(x, layer)
  })
  const values = softmax(x)
  return {digit: values.indexOf(max(values)), values, hidden}
}

// An array of the file: base64 of little-endian float32, or of bytes
function unpack({data, shape}, Type = Float32Array) {
  return Object.assign(new Type(Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer), {shape})
}

// --- the page

window.draw = {toMnist, predict}

async function start(file) {
  const [page] = document.getElementsByClassName('draw'), find = name => page.querySelector('.draw-' + name)
  const pad = find('pad'), ctx = pad.getContext('2d', {willReadFrequently: true}), said = find('said'), hint = said.textContent
  let models
  try { models = await load(file) }
  catch (e) { said.textContent = `${file} cannot be read (${e.message}); open this page from a web server.`; throw e }
  const {samples} = models, cards = models.map(model => card(find('models'), model))

  function clear() { ctx.fillStyle = 'white'; ctx.fillRect(0, 0, pad.width, pad.height) }

  // Draw an image of 28×28 bytes into the square of `size` pixels at (x,y), smoothly
  function stamp(bytes, x = 0, y = 0, size = pad.width) {
    const small = document.createElement('canvas')
    paint(small, bytes, v => [0, 0, 0, v])
    ctx.imageSmoothingQuality = 'high'
    ctx.drawImage(small, x, y, size, size)
  }

  // What is drawn, as MNIST would have it, and what each model says; null where nothing is drawn, or it cannot be read: `why`
  let why = null
  function read() {
    const image = toMnist(ctx.getImageData(0, 0, pad.width, pad.height).data, pad.width, pad.height)
    why = image === notPlain ? image : null
    return image && !why ? {image, answers: models.map(m => predict(m, Float32Array.from(image, v => v/255)))} : null
  }

  // Show that, and give it back; `say` it too, where a stroke is complete
  function show(say, what = '') {
    const seen = read()
    paint(find('mnist'), seen ? seen.image : new Uint8Array(784), v => [255-v, 255-v, 255-v, 255])
    cards.forEach((fill, i) => fill(seen && seen.answers[i]))
    if (say) said.textContent = seen ? what + models.map((m, i) => `${m.title}: ${seen.answers[i].digit}`).join(', ') + '.' : why || hint
    return seen
  }

  let at = null, waiting = false, next = 0      // the last point of the stroke, is a picture on its way, the next sample
  function line(e) {
    const r = pad.getBoundingClientRect(), p = [(e.clientX-r.left)*pad.width/r.width, (e.clientY-r.top)*pad.height/r.height]
    ctx.lineWidth = 22; ctx.lineCap = 'round'; ctx.strokeStyle = 'black'
    ctx.beginPath(); ctx.moveTo(...(at || [p[0]-.1, p[1]])); ctx.lineTo(...p); ctx.stroke()      // a dot is a very short line
    at = p
    if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; show() }) }
  }
  function end() { if (at) { at = null; show(true) } }
  pad.addEventListener('pointerdown', e => { if (e.isPrimary && !e.button) { pad.setPointerCapture(e.pointerId); line(e) } })
  pad.addEventListener('pointermove', e => { if (e.isPrimary && at) line(e) })
  for (const o of ['pointerup', 'pointercancel']) pad.addEventListener(o, e => { if (e.isPrimary) end() })
  find('clear').addEventListener('click', () => { clear(); show(true) })
  find('sample').addEventListener('click', () => {
    const i = next++ % samples.labels.length
    clear()
    stamp(samples.x.subarray(784*i, 784*i+784))
    show(true, `A ${samples.labels[i]} of the test set. `)
  })
  clear()
  show()
  Object.assign(window.draw, {models, clear, stamp, read, show})
}

// The models in `file`, with the sample digits as `models.samples`
async function load(file) {
  const answer = await fetch(file)
  if (!answer.ok) throw Error(answer.status)
  const {models, samples} = await answer.json()
  for (const m of models)
    if (m.means) m.means = unpack(m.means)
    else m.layers = m.layers.map(({weight, bias}) => ({weight: unpack(weight), bias: unpack(bias)}))
  return Object.assign(models, {samples: {labels: samples.labels, x: unpack(samples, Uint8Array)}})
}

// 784 values on a canvas of 28×28; `colour` gives red, green, blue and alpha of each
function paint(canvas, values, colour) {
  canvas.width = canvas.height = 28
  canvas.getContext('2d').putImageData(new ImageData(Uint8ClampedArray.from(Array.from(values, colour).flat()), 28), 0, 0)
}

function add(parent, tag, name = '', text = '') {
  const o = parent.appendChild(document.createElement(tag))
  if (name) o.className = 'draw-' + name
  o.textContent = text
  return o
}

const percent = (v, n = 1) => `${(100*v).toFixed(n)} %`

// Add a card for `model` to the page; gives the function that fills in an answer, or null for none
function card(parent, model) {
  const box = add(parent, 'section', 'model'), {right, of, value, low, high} = model.test
  box.dataset.model = model.name
  const digit = add(add(box, 'h2', '', model.title + ' '), 'span', 'digit')
  add(box, 'p', 'test', `${percent(value)} of ${of.toLocaleString('en')} test digits right (95 % interval ${percent(low)} to ${percent(high)})`)
  const table = add(box, 'table'), title = model.means ? 'distance to the mean digit; the nearest wins' : 'probability'
  add(table, 'caption', '', title)
  const rows = Array.from({length: 10}, (_, i) => {
    const tr = add(table, 'tr')
    add(tr, 'th', '', i).scope = 'row'
    return {tr, bar: add(add(tr, 'td'), 'div', 'bar'), value: add(tr, 'td', 'value')}
  })
  const fired = model.name === 'net' && add(box, 'div', 'fired')
  return answer => {
    digit.textContent = answer ? answer.digit : ''
    rows.forEach(({tr, bar, value}, i) => {
      const v = answer ? answer.values[i] : 0
      tr.classList.toggle('draw-best', !!answer && i === answer.digit)
      bar.style.width = `${100*v/(model.means && answer ? max(answer.values) : 1)}%`
      value.textContent = !answer ? '' : model.means ? v.toFixed(3) : percent(v)
    })
    if (fired) showFired(fired, model.layers[0].weight, answer ? answer.hidden[0] : [])
  }
}

// The weights of the hidden activations that are largest, as images: ink on red raises the activation, ink on blue lowers it
function showFired(parent, weight, hidden) {
  const most = Array.from(hidden, (v, i) => [v, i]).filter(([v]) => v > 0).sort((a, b) => b[0]-a[0]).slice(0, 6)
  parent.replaceChildren()
  if (most.length) add(parent, 'p', '', 'The hidden activations that are largest, and their weights: ink on red raises an activation, ink on blue lowers it.')
  for (const [v, i] of most) {
    const fig = add(parent, 'figure'), canvas = add(fig, 'canvas')
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', `weights of hidden activation ${i}`)
    const ws = weight.subarray(784*i, 784*i+784), top = max(ws.map(Math.abs))
    paint(canvas, ws, w => (w > 0 ? [178, 24, 43, 255] : [33, 102, 172, 255]).map(c => 255 - Math.abs(w)/top*(255-c)))
    add(fig, 'figcaption', '', v.toFixed(1))
  }
}

start(new URL('draw.json', document.currentScript.src))
