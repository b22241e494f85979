// From a picture to MNIST's geometry, as `as_mnist` of mnist_from_scratch/data/images.py
import {besides, centred, clamp, crop, cut, max, pieces, rint, sum, transpose} from './draw_strokes.js'

function median(xs) {
  const s = Float32Array.from(xs).sort(), n = s.length
  return (s[(n-1)>>1] + s[n>>1])/2
}

// --- a picture: which is paper, which is ink

// Brightness of RGBA pixels, 0 to 255, as Pillow's convert('L')
export function grey(rgba, w, h) {
  return {w, h, a: new Float32Array(w*h).map((_, i) => (19595*rgba[4*i] + 38470*rgba[4*i+1] + 7471*rgba[4*i+2] + 32768) >> 16)}
}

const notPlain = 'It is not plain which is paper and which is ink; leave a margin of one colour around the digit.'
const blank = 'The picture is blank: no ink stands out from the paper; take a picture with more contrast.'

function margin(w, h) {
  const r = Math.max(1, Math.floor(Math.min(w, h)/20))
  return i => { const x = i%w, y = Math.floor(i/w); return x < r || y < r || x >= w-r || y >= h-r }
}

// x where m x = y, by elimination with the largest pivot; `m` and `y` are changed
function solve(m, y) {
  const n = y.length
  for (let i = 0; i < n; i++) {
    let p = i
    for (let j = i+1; j < n; j++) if (Math.abs(m[j][i]) > Math.abs(m[p][i])) p = j
    ;[m[i], m[p]] = [m[p], m[i]]; [y[i], y[p]] = [y[p], y[i]]
    for (let j = i+1; j < n; j++) {
      const f = m[j][i]/m[i][i]
      for (let k = i; k < n; k++) m[j][k] -= f*m[i][k]
      y[j] -= f*y[i]
    }
  }
  for (let i = n-1; i >= 0; i--) {
    for (let k = i+1; k < n; k++) y[i] -= m[i][k]*y[k]
    y[i] /= m[i][i]
  }
  return y
}

// How bright the paper is at each pixel, a surface of second degree, and how much it varies around that
function paperOf({a, w, h}) {
  const inMargin = margin(w, h), edge = a.filter((_, i) => inMargin(i)), mid = median(edge)
  let noise = 1.4826*median(edge.map(v => Math.abs(v-mid))), paper = new Float32Array(a.length).fill(mid)
  if (noise < 1) return [paper, noise]
  const at = (n, i) => n > 1 ? 2*i/(n-1) - 1 : -1
  const terms = i => { const x = at(w, i%w), y = at(h, Math.floor(i/w)); return [1, x, y, x*x, x*y, y*y] }
  for (let turn = 0; turn < 8; turn++) {
    const near = []
    for (let i = 0; i < a.length; i++) if ((turn > 3 || inMargin(i)) && Math.abs(a[i]-paper[i]) <= 3*noise) near.push(i)
    const every = Math.max(1, Math.floor(near.length/5000)), m = Array.from({length: 6}, () => Array(6).fill(0)), y = Array(6).fill(0)
    for (let k = 0; k < near.length; k += every) {
      const t = terms(near[k])
      for (let r = 0; r < 6; r++) { y[r] += t[r]*a[near[k]]; for (let c = 0; c < 6; c++) m[r][c] += t[r]*t[c] }
    }
    const k = solve(m, y)
    paper = paper.map((_, i) => sum(terms(i).map((t, j) => t*k[j])))
    noise = Math.max(1, 1.4826*median(near.map(i => Math.abs(a[i]-paper[i]))))
  }
  return [paper, noise]
}

// How far each pixel is from the paper, towards the ink, without faint dirt and specks; or in words why that cannot be told
function ink({a, w, h}) {
  const [paper, noise] = paperOf({a, w, h}), off = a.map((v, i) => v-paper[i])
  const light = sum(off.map(v => Math.max(v - 3*noise, 0))), dark = sum(off.map(v => Math.max(-v - 3*noise, 0)))
  const d = dark > light ? off.map(v => -v) : off, top = max(d), inMargin = margin(w, h)
  if (top < Math.max(8, 6*noise)) return noise > 30 ? notPlain : blank
  const edge = d.filter((_, i) => inMargin(i))
  if (Math.min(light, dark) > Math.max(light, dark)/2 || edge.filter(v => v > top/2).length > edge.length/3) return notPlain
  const least = Math.max(4*noise, .04*top), clean = dropSpecks({a: d.map(v => v > least ? v : 0), w, h})
  return {w, h, a: dark > light ? clean.map((v, i) => v/Math.max(paper[i], 1)) : clean}
}

// Without the pieces that have less than a twentieth of the largest one's ink
function dropSpecks(im) {
  const {of, found} = pieces(im), least = .05*max(found.slice(1).map(o => o.mass))
  return im.a.map((v, i) => v && found[of[i]].mass >= least ? v : 0)
}

// Without the lines that a frame, a table or a scanner leaves along the sides
function withoutFrame(im) {
  const {a, w, h} = im, mid = median(cut(im, w>>3, h>>3, w-2*(w>>3), h-2*(h>>3)).a), span = max(a) + max(a.map(v => -v))
  const row = (b, y) => b.a.subarray(y*b.w, (y+1)*b.w)
  const part = (xs, f) => xs.filter(f).length/xs.length
  const sides = [im, turn(im), turn(turn(im)), turn(turn(turn(im)))]
  const n = sides.map(b => {
    let k = 0
    for (const most = b.h>>2; k < most; k++) {
      const line = row(b, k), level = median(line)
      if (Math.abs(level-mid) <= span/2 || part(line, v => Math.abs(v-level) <= span/8) <= .9) break
    }
    return k
  })
  const free = sides.map((b, i) => {
    for (let y = n[i]; y < Math.min(n[i]+2+Math.floor(b.h/50), b.h); y++)
      if (part(row(b, y).subarray(n[(i+3)%4], b.w-n[(i+1)%4]), v => Math.abs(v-mid) <= span/4) > .94) return n[i]
    return 0
  })
  const [top, right, bottom, left] = free
  return top+right+bottom+left ? cut(im, left, top, w-left-right, h-top-bottom) : im
}

// A quarter turn against the clock, as np.rot90
function turn({a, w, h}) { return {w: h, h: w, a: a.map((_, i) => a[(i%h)*w + w-1-Math.floor(i/h)])} }

// --- ink to 28×28

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

// The image, as the models see it, of ink in the sense above; and of each of several pieces side by side, else none
export function read(im) {
  const o = thicken(crop(im))
  return {image: centred(o), parts: besides(o).map(o => centred(thicken(crop(o))))}
}

// An image of 28×28 that is in MNIST's geometry already, as light ink on dark; null if it is not
function asItIs({a}) {
  const inMargin = margin(28, 28), ring = a.filter((_, i) => inMargin(i)), dark = median(ring) >= 254.5
  const x = a.map(v => clamp(rint(dark ? 255-v : v), 0, 255)), edge = x.filter((_, i) => inMargin(i))
  const mass = Math.max(sum(x), 1)
  const reach = least => {
    const on = [...x.keys()].filter(i => x[i] > least)
    return Math.max(...[i => i%28, i => Math.floor(i/28)].map(f => on.length ? 1 + max(on.map(f)) - Math.min(...on.map(f)) : 0))
  }
  const mid = [i => i%28, i => Math.floor(i/28)].map(f => sum(x.map((v, i) => v*f(i)))/mass)
  const ok = median(edge) === 0 && edge.filter(v => v > 51).length < edge.length/10 && max(x) >= 240 &&
    mid.every(m => Math.abs(m-14) < .6) && reach(51) <= 20 && reach(0) >= 19
  return ok ? Uint8Array.from(x) : null
}

// What the models see of a picture's RGBA bytes: {image, parts}, or {why}
export function readPicture(rgba, w, h) {
  const im = grey(rgba, w, h), same = w === 28 && h === 28 && asItIs(im)
  if (same) return {image: same, parts: []}
  const found = ink(withoutFrame(im))
  return typeof found === 'string' ? {why: found} : read(found)
}
