// From ink or strokes to MNIST's geometry, 784 bytes with 0 for paper and 255 for ink: as `in_geometry` of
// mnist_from_scratch/data/images.py, and as `as_image` of docs/drawings.py. An image is {a, w, h}: a Float32Array, row after row,
// width and height. Numbers are float32 as there.

export function sum(xs) { let s = 0; for (const x of xs) s += x; return s }
export function max(xs) { let m = -Infinity; for (const x of xs) if (x > m) m = x; return m }
export const clamp = (v, lo, hi) => Math.min(Math.max(v, lo), hi)

// To the nearest whole number; a half to the even one, as Python and NumPy round
export function rint(x) { const r = Math.round(x); return r-x === .5 && r%2 ? r-1 : r }

// The pieces of ink: of each pixel its piece's number, and of each piece its mass and its box
export function pieces({a, w, h}) {
  const of = new Int32Array(w*h), found = [null]
  for (let i = 0; i < w*h; i++) {
    if (!a[i] || of[i]) continue
    const o = {mass: 0, x0: w, x1: 0, y0: h, y1: 0}, n = found.push(o) - 1, todo = [i]
    of[i] = n
    while (todo.length) {
      const j = todo.pop(), x0 = j%w, y0 = Math.floor(j/w)
      o.mass += a[j]
      o.x0 = Math.min(o.x0, x0); o.x1 = Math.max(o.x1, x0); o.y0 = Math.min(o.y0, y0); o.y1 = Math.max(o.y1, y0)
      for (let y = Math.max(y0-1, 0); y <= Math.min(y0+1, h-1); y++)
        for (let x = Math.max(x0-1, 0); x <= Math.min(x0+1, w-1); x++)
          if (a[y*w+x] && !of[y*w+x]) { of[y*w+x] = n; todo.push(y*w+x) }
    }
  }
  return {of, found}
}

// `h1` rows of `w1` pixels from (x0,y0) on; what lies outside is 0
export function cut({a, w, h}, x0, y0, w1, h1) {
  const res = new Float32Array(w1*h1)
  for (let y = Math.max(0, -y0); y < Math.min(h1, h-y0); y++)
    for (let x = Math.max(0, -x0); x < Math.min(w1, w-x0); x++) res[y*w1+x] = a[(y+y0)*w + x+x0]
  return {a: res, w: w1, h: h1}
}

// --- ink to 28×28

// The part where the ink is at least a fifth of full
export function crop(im) {
  const least = Math.fround(max(im.a)/5)
  let x0 = im.w, x1 = 0, y0 = im.h, y1 = 0
  im.a.forEach((v, i) => {
    if (v <= least) return
    const x = i%im.w, y = Math.floor(i/im.w)
    x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y)
  })
  return cut(im, x0, y0, x1-x0+1, y1-y0+1)
}

export function transpose({a, w, h}) { return {a: a.map((_, i) => a[(i%h)*w + Math.floor(i/h)]), w: h, h: w} }

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

// Ink fitted into 20×20, its centre of mass in the middle of 28×28
export function centred(im) {
  const scale = 20/Math.max(im.w, im.h)
  im = resize(im, Math.max(1, rint(im.w*scale)), Math.max(1, rint(im.h*scale)), scale > 1 ? bicubic : box)
  im.a = im.a.map(v => Math.max(v, 0))
  const start = (n, at) => clamp(14 - Math.floor(sum(im.a.map((v, i) => v*at(i)))/sum(im.a) + .5), 0, 28-n)
  const x0 = start(im.w, i => i%im.w), y0 = start(im.h, i => Math.floor(i/im.w))
  const k = Math.fround(255/max(im.a))
  return Uint8Array.from(cut({...im, a: im.a.map(v => v*k)}, -x0, -y0, 28, 28).a, rint)
}

// Pieces that are side by side, each at least half as high as all and with a tenth of the ink; [] unless there are several
export function besides(im) {
  const least = max(im.a)/5, {of, found} = pieces({...im, a: im.a.map(v => v > least ? v : 0)})
  const high = found.slice(1).map((o, i) => ({...o, n: i+1})).sort((a, b) => a.x0-b.x0)
  const groups = []
  for (const o of high) {     // what is above one another, by more than half of its width, is one piece
    const last = groups.at(-1)
    if (last && 2*(Math.min(o.x1, last.x1)-o.x0+1) > Math.min(o.x1-o.x0, last.x1-last.x0)+1) {
      last.ns.push(o.n); last.mass += o.mass
      last.x1 = Math.max(last.x1, o.x1); last.y0 = Math.min(last.y0, o.y0); last.y1 = Math.max(last.y1, o.y1)
    } else groups.push({...o, ns: [o.n]})
  }
  const all = sum(groups.map(o => o.mass)), large = groups.filter(o => o.y1-o.y0+1 > im.h/2 && o.mass > all/10)
  return large.length < 2 ? [] : large.map(o => ({...im, a: im.a.map((v, i) => o.ns.includes(of[i]) ? v : 0)}))
}

// --- strokes, each a list of [x, y, radius]

const SIDE = 100, THIN = .085, THICK = .15      // as in docs/drawings.py

// The points of a stroke, and more between them, so that neighbours are at most `step` apart
function dense(s, step = 2) {
  const res = [s[0]]
  for (let i = 1; i < s.length; i++) {
    const a = s[i-1], b = s[i], n = Math.max(1, Math.ceil(Math.hypot(b[0]-a[0], b[1]-a[1])/step))
    for (let k = 1; k <= n; k++) res.push(a.map((v, j) => v + (b[j]-v)*k/n))
  }
  return res
}

// The strokes without those that, with what they touch, have less than a twentieth of the ink of the largest piece
function withoutSpecks(strokes) {
  const ps = strokes.map(o => dense(o)), group = strokes.map((_, i) => i)
  const ends = ps.map(s => [0, 1].map(k => [-max(s.map(o => o[2]-o[k])), max(s.map(o => o[k]+o[2]))]))
  const near = (i, j) => [0, 1].every(k => ends[i][k][0] <= ends[j][k][1]+1 && ends[j][k][0] <= ends[i][k][1]+1)
  const touch = (i, j) => near(i, j) && ps[i].some(a => ps[j].some(b => Math.hypot(a[0]-b[0], a[1]-b[1]) <= a[2]+b[2]+1))
  for (let i = 0; i < ps.length; i++) for (let j = 0; j < i; j++)
    if (group[i] !== group[j] && touch(i, j)) {
      const old = group[i]
      group.forEach((g, k) => { if (g === old) group[k] = group[j] })
    }
  const mass = ps.map(() => 0)
  strokes.forEach((s, i) => {
    mass[group[i]] += Math.PI*s[0][2]**2
    for (let k = 1; k < s.length; k++) mass[group[i]] += Math.hypot(s[k][0]-s[k-1][0], s[k][1]-s[k-1][1])*(s[k][2]+s[k-1][2])
  })
  const least = .05*max(mass)
  return strokes.filter((_, i) => mass[group[i]] >= least)
}

// How much of each pixel is within the radii of the lines, 0 to 1
function raster(strokes) {
  const ps = strokes.flat(), most = max(ps.map(o => o[2])), lo = [0, 1].map(k => -max(ps.map(o => -o[k]))-most-1)
  const [w, h] = [0, 1].map(k => Math.ceil(max(ps.map(o => o[k]))+most+1-lo[k])), a = new Float32Array(w*h)
  const segment = ([ax, ay, q], [bx, by, r]) => {
    const dx = bx-ax, dy = by-ay, reach = Math.max(q, r)+1, long = Math.max(dx*dx+dy*dy, 1e-9)
    ax -= lo[0]; bx -= lo[0]; ay -= lo[1]; by -= lo[1]
    for (let y = Math.max(Math.floor(Math.min(ay, by)-reach), 0); y < Math.min(Math.ceil(Math.max(ay, by)+reach), h); y++)
      for (let x = Math.max(Math.floor(Math.min(ax, bx)-reach), 0); x < Math.min(Math.ceil(Math.max(ax, bx)+reach), w); x++) {
        const px = x+.5-ax, py = y+.5-ay, t = clamp((px*dx+py*dy)/long, 0, 1)
        a[y*w+x] = Math.max(a[y*w+x], clamp(q+(r-q)*t+.5-Math.hypot(px-t*dx, py-t*dy), 0, 1))
      }
  }
  for (const s of strokes) if (s.length < 2) segment(s[0], s[0]); else for (let i = 1; i < s.length; i++) segment(s[i-1], s[i])
  return {a, w, h}
}

// What the models see of strokes: {image, parts}. However small or wide they were drawn, the longer side is SIDE and their width usual
export function readStrokes(strokes) {
  strokes = withoutSpecks(strokes)
  const ps = strokes.flat(), extent = Math.max(...[0, 1].map(k => max(ps.map(o => o[k])) + max(ps.map(o => -o[k]))))
  const width = 2*sum(ps.map(o => o[2]))/ps.length, rel = clamp(width/(extent+width), THIN, THICK)
  const scale = extent > width/4 ? SIDE*(1-rel)/extent : SIDE/width/4, k = SIDE*rel/width
  const found = raster(strokes.map(s => s.map(([x, y, r]) => [x*scale, y*scale, r*k]))), o = crop(found)
  return {image: centred(o), parts: besides(o).map(o => centred(crop(o)))}
}
