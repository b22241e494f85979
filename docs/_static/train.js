// What learns on the page 'Playground': three small nets, trained by SGD in plain float32 arrays, with the semantics of PyTorch's
// `nn.Linear`, `nn.Conv2d`, `F.cross_entropy` and `torch.optim.SGD`. As a worker it answers messages (see `serve`); as a module it
// gives its parts away, which is how tests/test_playground.py compares them with PyTorch.
import {json, unpacked} from './files.js'

export const defaults = {model: 'net', hidden: 30, lr: .3, batch: 50, momentum: 0, decay: 0, init: 'default', order: 'shuffled',
  labels: 'true', seed: 0}

// --- the digits

// The digits of the two files at these addresses: {bytes, x: from 0 to 1, y: labels, train, held: how many}
export async function load(digits, about) {
  const [bytes, {labels, train, held}] = await Promise.all([unpacked(digits), json(about)])
  return {bytes, x: Float32Array.from(bytes, v => v/255), y: Uint8Array.from(labels), train, held}
}

// --- chance

// Numbers from 0 to 1, always the same ones for a seed (xorshift)
export function generator(seed) {
  let s = Math.imul(seed+1, 0x9E3779B1) | 0 || 1
  const next = () => { s ^= s << 13; s ^= s >>> 17; s ^= s << 5; return (s >>> 0)/2**32 }
  for (let i = 0; i < 9; i++) next()
  return next
}

function shuffle(xs, random) {
  for (let i = xs.length-1; i > 0; i--) {
    const j = Math.floor(random()*(i+1)), t = xs[i]
    xs[i] = xs[j]; xs[j] = t
  }
  return xs
}

// --- nets. There is one kind of layer: `rows` windows of `k` inputs each, found by the table `from` (-1: the zeros around an image), and
// `out` outputs for each window by the same weights. A linear layer has one window, a convolution one for each position. Outputs of a
// position stand next to each other. Weights are PyTorch's transposed, `weight.flatten(1).T`, so that the innermost loops run over
// neighbours. An input of zero is skipped: four of five pixels are paper. For the gradient that is right as well, because a zero comes
// from the paper or from a ReLU that is closed.

function layer(from, k, out, relu) {
  const rows = from.length/k, f = n => new Float32Array(n)
  return {from, k, out, rows, relu, w: f(k*out), dw: f(k*out), vw: f(k*out), b: f(out), db: f(out), vb: f(out), y: f(rows*out),
    dy: f(rows*out)}
}

function linear(n, out, relu, from = Int32Array.from({length: n}, (_, i) => i)) { return layer(from, n, out, relu) }

// Windows of 3×3 over `c` channels of `side`×`side`, padding 1, stride 2
function conv(side, c, out) {
  const half = side/2, from = []
  for (let i = 0; i < half; i++) for (let j = 0; j < half; j++)
    for (let o = 0; o < c; o++) for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) {
      const y = 2*i+a-1, x = 2*j+b-1
      from.push(y >= 0 && y < side && x >= 0 && x < side ? (y*side+x)*c+o : -1)
    }
  return layer(Int32Array.from(from), 9*c, out, true)
}

export function build({model, hidden}) {
  if (model === 'linear') return [linear(784, 10, false)]
  if (model === 'net') return [linear(784, hidden, true), linear(hidden, 10, false)]
  const n = 8, m = 16, flat = Int32Array.from({length: 49*m}, (_, i) => i%49*m + Math.floor(i/49))     // channel by channel, as PyTorch
  return [conv(28, 1, n), conv(14, n, m), linear(49*m, 10, false, flat)]
}

// First weights: PyTorch's (uniform up to 1/√inputs, biases too), Kaiming's (normal, variance 2/inputs, no biases), a hundredth of
// PyTorch's, or zero
export function initialise(net, init, random) {
  const normal = () => Math.sqrt(-2*Math.log(1-random()))*Math.cos(2*Math.PI*random())
  for (const {w, b, k} of net) {
    const uniform = scale => () => scale*(2*random()-1)/Math.sqrt(k)
    const f = {default: uniform(1), small: uniform(.01), zero: () => 0, kaiming: () => normal()*Math.sqrt(2/k)}[init]
    for (let i = 0; i < w.length; i++) w[i] = f()
    for (let i = 0; i < b.length; i++) b[i] = init === 'kaiming' ? 0 : f()
  }
}

function forwardLayer({from, k, out, rows, relu, w, b, y}, x, at) {
  for (let r = 0, f = 0, o0 = 0; r < rows; r++, o0 += out) {
    for (let o = 0; o < out; o++) y[o0+o] = b[o]
    for (let q = 0; q < k; q++, f++) {
      const i = from[f], v = i < 0 ? 0 : x[at+i]
      if (v === 0) continue
      for (let o = 0, p = q*out; o < out; o++, p++) y[o0+o] += v*w[p]
    }
  }
  if (relu) for (let i = 0; i < y.length; i++) if (y[i] < 0) y[i] = 0
}

// Adds to the gradients dw, db, and to that of the input, `dx`, unless there is none
function backwardLayer({from, k, out, rows, w, dw, db, dy}, x, at, dx) {
  for (let r = 0, f = 0, o0 = 0; r < rows; r++, o0 += out) {
    for (let o = 0; o < out; o++) db[o] += dy[o0+o]
    for (let q = 0; q < k; q++, f++) {
      const i = from[f], v = i < 0 ? 0 : x[at+i]
      if (v === 0) continue
      const p = q*out
      for (let o = 0; o < out; o++) dw[p+o] += v*dy[o0+o]
      if (!dx) continue
      let s = 0
      for (let o = 0; o < out; o++) s += w[p+o]*dy[o0+o]
      dx[i] += s
    }
  }
}

// Probabilities of the ten digits, in `probs`, for the image that begins at x[at]
function forward(net, x, at, probs) {
  for (let l = 0; l < net.length; l++) forwardLayer(net[l], l ? net[l-1].y : x, l ? 0 : at)
  const {y} = net[net.length-1]
  let top = -Infinity, total = 0
  for (let o = 0; o < 10; o++) if (y[o] > top || y[o] !== y[o]) top = y[o]
  for (let o = 0; o < 10; o++) total += probs[o] = Math.exp(y[o]-top)
  for (let o = 0; o < 10; o++) probs[o] /= total
  return top + Math.log(total)                         // the cross-entropy is this less the score of the true digit
}

// Adds `share` of the gradient of one image's loss, and gives its loss
function backward(net, x, at, label, share, probs) {
  const last = net[net.length-1], loss = forward(net, x, at, probs) - last.y[label]
  for (let o = 0; o < 10; o++) last.dy[o] = share*(probs[o] - (o === label))
  for (let l = net.length-1; l >= 0; l--) {
    if (l) net[l-1].dy.fill(0)
    backwardLayer(net[l], l ? net[l-1].y : x, l ? 0 : at, l ? net[l-1].dy : null)
  }
  return loss
}

// One step of torch.optim.SGD, after which the gradients are zero
function update(net, lr, momentum, decay) {
  const go = (w, dw, vw) => {
    for (let i = 0; i < w.length; i++) {
      vw[i] = momentum*vw[i] + dw[i] + decay*w[i]
      w[i] -= lr*vw[i]
      dw[i] = 0
    }
  }
  for (const {w, dw, vw, b, db, vb} of net) { go(w, dw, vw); go(b, db, vb) }
}

// One step on the images that begin at `at` in x, and have these labels; gives the mean loss before it
export function step(net, x, at, labels, n, {lr, momentum, decay}, probs = new Float64Array(10)) {
  let loss = 0
  for (let i = 0; i < n; i++) loss += backward(net, x, at[i], labels[i], 1/n, probs)/n
  update(net, lr, momentum, decay)
  return loss
}

// --- training

function best(probs) { let b = 0; for (let o = 1; o < 10; o++) if (probs[o] > probs[b]) b = o; return b }

// The labels that the net is taught: true ones, with 3 and 5 exchanged, or at random
function taught({y, train}, labels, random) {
  const exchange = {3: 5, 5: 3}
  if (labels === 'true') return y.slice(0, train)
  return y.slice(0, train).map(v => labels === 'exchanged' ? exchange[v] ?? v : Math.floor(10*random()))
}

export class Trainer {
  constructor(data, settings) {
    Object.assign(this, {data, set: {...defaults, ...settings}, steps: 0, epochs: 0, at: 0, probs: new Float64Array(10)})
    this.random = generator(this.set.seed)
    this.net = build(this.set)
    initialise(this.net, this.set.init, this.random)
    this.order = Int32Array.from({length: data.train}, (_, i) => i)
    this.labels = taught(data, this.set.labels, generator(this.set.seed+1000))
    this.batch = {at: new Int32Array(1000), labels: new Uint8Array(1000)}
    this.sort()
  }

  // The order of an epoch
  sort() {
    const {y} = this.data
    if (this.set.order === 'sorted') this.order.sort((a, b) => y[a]-y[b] || a-b)
    else shuffle(this.order, this.random)
  }

  // One step on the next batch, which is smaller where the epoch ends; gives its loss
  step() {
    const {at, labels} = this.batch, n = Math.min(this.set.batch, this.data.train-this.at)
    for (let i = 0; i < n; i++) {
      const j = this.order[this.at+i]
      at[i] = 784*j; labels[i] = this.labels[j]
    }
    const loss = step(this.net, this.data.x, at, labels, n, this.set, this.probs)
    this.steps++; this.at += n
    if (this.at === this.data.train) { this.at = 0; this.epochs++; this.sort() }
    return loss
  }

  get done() { return this.epochs + this.at/this.data.train }     // in epochs

  // Loss and accuracy on `n` digits from number `first` on; `each` hears of every one
  measure(first, n, labels, each = () => {}) {
    let loss = 0, right = 0
    for (let i = first; i < first+n; i++) {
      const label = labels[i], l = forward(this.net, this.data.x, 784*i, this.probs) - this.net[this.net.length-1].y[label]
      const said = best(this.probs)
      loss += l/n; right += said === label
      each(i, label, said, l)
    }
    return {loss, accuracy: right/n}
  }

  // Where it stands: on as many training digits as there are held out, with the labels that it is taught; on the held-out ones with the
  // true labels, and there also which digit it takes for which, its worst mistakes, and how many hidden units answer to none of them
  report() {
    const {train, held, y, bytes} = this.data, confusion = Array.from({length: 10}, () => Array(10).fill(0)), wrong = []
    const [first, next] = this.net, fired = new Uint8Array(first.out)
    const training = this.measure(0, held, this.labels)
    const heldOut = this.measure(train, held, y, (i, label, said, loss) => {
      confusion[label][said]++
      if (said !== label) wrong.push({i, label, said, p: this.probs[said], loss})
      for (let o = 0; o < first.y.length; o++) if (first.y[o] > 0) fired[o%first.out] = 1
    })
    wrong.sort((a, b) => b.loss-a.loss || a.i-b.i)
    const worst = wrong.slice(0, 10).map(o => ({...o, image: bytes.slice(784*o.i, 784*o.i+784)}))
    const silent = next ? first.out - fired.reduce((s, v) => s+v, 0) : 0
    return {steps: this.steps, epochs: this.done, training, heldOut, confusion, worst, wrong: wrong.length, silent,
      weights: {k: first.k, out: first.out, w: first.w.slice()}}
  }

  // What it makes of an image of 784 numbers from 0 to 1
  read(image) { forward(this.net, image, 0, this.probs); return {said: best(this.probs), probs: Array.from(this.probs)} }

  // `n` steps on batches of which half are from the training digits, and half are these images, in turn, each moved by up to two pixels
  teach(images, labels, n = 40) {
    const half = 25, x = new Float32Array(2*half*784), at = Int32Array.from({length: 2*half}, (_, i) => 784*i), ys = new Uint8Array(2*half)
    for (let s = 0, next = 0; s < n; s++) {
      for (let i = 0; i < half; i++) {
        const j = Math.floor(this.random()*this.data.train)
        x.set(this.data.x.subarray(784*j, 784*j+784), 784*i); ys[i] = this.labels[j]
        const m = next++ % images.length
        x.set(moved(images[m], Math.floor(5*this.random())-2, Math.floor(5*this.random())-2), 784*(half+i)); ys[half+i] = labels[m]
      }
      step(this.net, x, at, ys, 2*half, this.set, this.probs)
      this.steps++
    }
  }
}

// An image of 28×28, moved to the right and down; what leaves it is lost
function moved(image, right, down) {
  return image.map((_, i) => {
    const x = i%28-right, y = Math.floor(i/28)-down
    return x >= 0 && x < 28 && y >= 0 && y < 28 ? image[28*y+x] : 0
  })
}

// --- the worker. It works in pieces of about a thousand digits, and between them hears what the page asks for: a message has the name of
// one of the functions in `ask` as `do`, and its arguments. What it answers has a `kind`: open, report, read, taught or error.

export const live = ['lr', 'batch', 'momentum', 'decay', 'order']      // what may change without a new start

function serve(port) {
  let data, trainer, until = null, piece = 0
  const tell = (kind, more) => port.postMessage({kind, ...more})
  const report = more => tell('report', {...trainer.report(), running: until !== null, ...more})
  const wait = new MessageChannel()
  const ask = {
    async open({digits, about}) { data = await load(digits, about); tell('open') },
    start({settings, epochs}) {
      until = null; trainer = new Trainer(data, settings)
      if (epochs) ask.run({epochs})
      report({fresh: true})
    },
    change({settings}) {
      const another = settings.order !== trainer.set.order
      for (const k of live) trainer.set[k] = settings[k]
      if (another && !trainer.at) trainer.sort()            // within an epoch, a new order waits for the next one
    },
    run({steps = Infinity, epochs = Infinity}) {
      until = {steps: trainer.steps+steps, epochs: trainer.epochs+epochs}
      piece++
      wait.port2.postMessage(piece)
    },
    stop() { if (until) { until = null; report() } },
    read({images, id}) { tell('read', {id, answers: images.map(o => trainer.read(o))}) },
    teach({images, labels, steps}) {
      until = null
      const held = () => { const {train, held, y} = data; return trainer.measure(train, held, y).accuracy }
      const before = {answers: images.map(o => trainer.read(o)), held: held()}
      trainer.teach(images, labels, steps)
      tell('taught', {before, after: {answers: images.map(o => trainer.read(o)), held: held()}})
      report()
    }
  }
  wait.port1.onmessage = e => {
    if (!until || e.data !== piece) return                  // stopped, or another run has begun
    const end = Math.min(until.steps, trainer.steps + Math.max(1, Math.round(1000/trainer.set.batch)))
    let loss
    while (trainer.steps < end && trainer.epochs < until.epochs) loss = trainer.step()
    if (trainer.steps >= until.steps || trainer.epochs >= until.epochs || !Number.isFinite(loss)) until = null
    report()
    wait.port2.postMessage(piece)
  }
  port.onmessage = async e => {
    try { await ask[e.data.do](e.data) } catch (err) { tell('error', {message: err.message}) }
  }
}

if (typeof DedicatedWorkerGlobalScope !== 'undefined') serve(self)
