// The models of the page 'Draw a digit', as docs/make_draw.py writes them, and what they say of an image. A layer is {weight, bias,
// stride}; an array has its shape, and its numbers in one row.
import {max, sum} from './draw_strokes.js'
import {json, unpacked} from './files.js'

function linear(x, {weight, bias}) {
  return bias.map((b, o) => x.reduce((s, v, i) => s + v*weight[o*x.length+i], b))
}

// Windows of 3×3 that move on by `stride`, with a row and a column of zeros around: [n,s,s] -> [m,t,t] with t = s/stride, rounded up
function conv(x, {weight, bias, stride}) {
  const [m, n] = weight.shape, s = Math.sqrt(x.length/n), t = Math.ceil(s/stride), wide = s+2
  const padded = new Float32Array(n*wide*wide), res = new Float32Array(m*t*t)
  for (let c = 0; c < n; c++) for (let y = 0; y < s; y++) padded.set(x.subarray((c*s+y)*s, (c*s+y+1)*s), (c*wide+y+1)*wide+1)
  for (let o = 0; o < m; o++) {
    const to = res.subarray(o*t*t, (o+1)*t*t).fill(bias[o])
    for (let c = 0; c < n; c++) {
      const k = weight.subarray((o*n+c)*9, (o*n+c)*9+9)
      for (let i = 0; i < t; i++) for (let j = 0; j < t; j++) {
        const a = (c*wide+i*stride)*wide + j*stride, b = a+wide, d = b+wide
        to[i*t+j] += padded[a]*k[0] + padded[a+1]*k[1] + padded[a+2]*k[2] + padded[b]*k[3] + padded[b+1]*k[4] + padded[b+2]*k[5] +
          padded[d]*k[6] + padded[d+1]*k[7] + padded[d+2]*k[8]
      }
    }
  }
  return res
}

function distance(a, b, kind) {
  const d = a.map((v, i) => v-b[i])
  return kind === 'l1' ? sum(d.map(Math.abs))/a.length : Math.sqrt(sum(d.map(v => v*v))/a.length)
}

function softmax(xs) {
  const top = max(xs), e = Array.from(xs, v => Math.exp(v-top)), total = sum(e)
  return e.map(v => v/total)
}

// What `model` says about an image `x`, 784 numbers from 0 (paper) to 1 (ink): the digit; for each digit a value, which is
// a probability, or for pixel similarity a distance (the convnet's eleventh: it is not a digit); and, of a net, the activations that
// come out of each ReLU.
export function predict(model, x) {
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
  return {digit: values.indexOf(max(values.slice(0, 10))), values, hidden}
}

// The `n` digits of `set` nearest to `x` by the root of the mean squared difference of pixels: {i, label, mnist, distance}
export function nearest(set, x, n = 8) {
  const far = i => distance(x, set.x.subarray(784*i, 784*i+784), 'rmse')
  return Array.from(set.labels, (label, i) => ({i, label: +label, mnist: i < set.mnist, distance: far(i)}))
    .sort((a, b) => a.distance-b.distance).slice(0, n)
}

// An array of the file: base64 of little-endian float32, of bytes, or of int8 with a scale for each row
function unpack({data, shape, scale}, Type = Float32Array) {
  const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer
  if (!scale) return Object.assign(new Type(bytes), {shape})
  const by = unpack({data: scale}), ints = new Int8Array(bytes), row = ints.length/shape[0]
  return Object.assign(Float32Array.from(ints, (v, i) => Math.fround(v*by[Math.floor(i/row)])), {shape})
}

// What is in the two files: {models, samples, nearest, drawings}
export async function load(file, digits) {
  const [made, bytes] = await Promise.all([json(file), unpacked(digits)])
  for (const m of made.models)
    if (m.means) m.means = unpack(m.means)
    else m.layers = m.layers.map(o => ({...o, weight: unpack(o.weight), bias: unpack(o.bias)}))
  const x = Float32Array.from(bytes, v => v/255)
  return {...made, samples: {labels: made.samples.labels, x: unpack(made.samples, Uint8Array)}, nearest: {...made.nearest, x}}
}
