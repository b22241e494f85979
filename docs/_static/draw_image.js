// From a picture or from strokes to MNIST's geometry, 784 bytes with 0 for paper and 255 for ink: as `as_mnist` of
// mnist_from_scratch/data/images.py, and as `as_image` of docs/drawings.py. An image is {a, w, h}: a Float32Array, row after row,
// width and height. Numbers are float32 as there.

export function sum(xs) { let s = 0; for (const x of xs) s += x; return s }
export function max(xs) { let m = -Infinity; for (const x of xs) if (x > m) m = x; return m }
const clamp = (v, lo, hi) => Math.min(Math.max(v, lo), hi)

// To the nearest whole number; a half to the even one, as Python and NumPy round
function rint(x) { const r = Math.round(x); return r-x === .5 && r%2 ? r-1 : r }

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

// The pieces of ink: of each pixel its piece's number, and of each piece its mass and its box
function pieces({a, w, h}) {
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

// `h1` rows of `w1` pixels from (x0,y0) on; what lies outside is 0
function cut({a, w, h}, x0, y0, w1, h1) {
  const res = new Float32Array(w1*h1)
  for (let y = Math.max(0, -y0); y < Math.min(h1, h-y0); y++)
    for (let x = Math.max(0, -x0); x < Math.min(w1, w-x0); x++) res[y*w1+x] = a[(y+y0)*w + x+x0]
  return {a: res, w: w1, h: h1}
}

// --- ink to 28×28

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

// Ink fitted into 20×20, its centre of mass in the middle of 28×28
function centred(im) {
  const scale = 20/Math.max(im.w, im.h)
  im = resize(im, Math.max(1, rint(im.w*scale)), Math.max(1, rint(im.h*scale)), scale > 1 ? bicubic : box)
  im.a = im.a.map(v => Math.max(v, 0))
  const start = (n, at) => clamp(14 - Math.floor(sum(im.a.map((v, i) => v*at(i)))/sum(im.a) + .5), 0, 28-n)
  const x0 = start(im.w, i => i%im.w), y0 = start(im.h, i => Math.floor(i/im.w))
  const k = Math.fround(255/max(im.a))
  return Uint8Array.from(cut({...im, a: im.a.map(v => v*k)}, -x0, -y0, 28, 28).a, rint)
}

// The image, as the models see it, of ink in the sense above; and of each of several pieces side by side, else none
export function read(im) {
  const o = thicken(crop(im))
  return {image: centred(o), parts: besides(o).map(o => centred(thicken(crop(o))))}
}

// Pieces that are side by side, each at least half as high as all and with a tenth of the ink; [] unless there are several
function besides(im) {
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
