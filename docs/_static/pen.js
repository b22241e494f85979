// A pad to draw a digit on, for mouse, pen, finger and keyboard, and the way from its strokes to an image as MNIST has them.
// A stroke is a list of points [x, y], from 0 to 1 within the pad.

const WIDTH = 2.2, BOX = 20, MIDDLE = 14.5     // in pixels of 28×28: width of the pen, longer side of a digit, where its centre of mass is

function distance(x, y, [x0, y0], [x1, y1]) {
  const dx = x1-x0, dy = y1-y0, t = Math.max(0, Math.min(1, ((x-x0)*dx + (y-y0)*dy)/(dx*dx+dy*dy || 1)))
  return Math.hypot(x-x0-t*dx, y-y0-t*dy)
}

// Ink of the strokes on 28×28 pixels, 0 to 1, by how far the middle of a pixel is from the nearest stroke
function ink(strokes) {
  return Float32Array.from({length: 784}, (_, i) => {
    let d = Infinity
    for (const s of strokes) s.forEach((p, j) => { d = Math.min(d, distance(i%28+.5, Math.floor(i/28)+.5, s[Math.max(j-1, 0)], p)) })
    return Math.max(0, Math.min(1, WIDTH/2 - d + .5))
  })
}

// The drawing as 784 numbers from 0 (paper) to 1 (ink): fitted into 20×20, its centre of mass in the middle; null if there is none.
// `as_mnist` does this with a picture; strokes can be drawn in the right size at once.
export function toDigit(strokes) {
  if (!strokes.length) return null
  const all = strokes.flat(), x = all.map(p => p[0]), y = all.map(p => p[1])
  const [left, top] = [Math.min(...x), Math.min(...y)], side = Math.max(Math.max(...x)-left, Math.max(...y)-top)
  const scale = side ? (BOX-WIDTH)/side : 1
  const at = (dx, dy) => strokes.map(s => s.map(([x, y]) => [(x-left)*scale+dx, (y-top)*scale+dy]))
  const first = ink(at(4+WIDTH/2, 4+WIDTH/2)), total = first.reduce((s, v) => s+v)
  const mean = f => first.reduce((s, v, i) => s + v*(f(i)+.5), 0)/total
  return ink(at(4+WIDTH/2 + MIDDLE-mean(i => i%28), 4+WIDTH/2 + MIDDLE-mean(i => Math.floor(i/28))))
}

// Make `canvas` a pad. `changed(complete)` hears of each change, and whether a stroke has ended. With the keyboard the arrows move the
// pen, the space bar puts it down and lifts it, Backspace takes the last stroke back, Delete clears.
export function makePad(canvas, changed) {
  const ctx = canvas.getContext('2d'), pad = {strokes: []}
  let pointer = null, pen = null, down = false                // which pointer draws; where the keyboard's pen is, and whether it is down
  function show() {
    const {width: w, height: h} = canvas, style = getComputedStyle(canvas)
    ctx.clearRect(0, 0, w, h)
    ctx.lineWidth = .08*w; ctx.lineCap = ctx.lineJoin = 'round'; ctx.strokeStyle = style.color
    for (const s of pad.strokes) {
      ctx.beginPath(); ctx.moveTo(s[0][0]*w-.1, s[0][1]*h)            // a dot is a very short line
      for (const [x, y] of s) ctx.lineTo(x*w, y*h)
      ctx.stroke()
    }
    if (!pen) return
    ctx.lineWidth = 2; ctx.strokeStyle = ctx.fillStyle = style.outlineColor
    ctx.beginPath(); ctx.arc(pen[0]*w, pen[1]*h, .04*w, 0, 7)
    if (down) ctx.fill(); else ctx.stroke()
  }
  const change = complete => { show(); changed(complete) }
  const place = e => { const r = canvas.getBoundingClientRect(); return [(e.clientX-r.left)/r.width, (e.clientY-r.top)/r.height] }
  canvas.addEventListener('pointerdown', e => {
    if (e.button || pointer !== null) return
    pointer = e.pointerId; pen = null; down = false
    canvas.setPointerCapture(pointer)
    pad.strokes.push([place(e)]); change(false)
  })
  canvas.addEventListener('pointermove', e => {
    if (e.pointerId !== pointer) return
    pad.strokes[pad.strokes.length-1].push(place(e)); change(false)
  })
  for (const o of ['pointerup', 'pointercancel']) canvas.addEventListener(o, e => {
    if (e.pointerId === pointer) { pointer = null; change(true) }
  })
  canvas.addEventListener('keydown', e => {
    const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}, {key} = e, last = pad.strokes.length-1
    if (e.altKey || (e.ctrlKey || e.metaKey) && key !== 'z') return
    if (moves[key]) {
      pen = (pen || [.5, .2]).map((v, i) => Math.max(.04, Math.min(.96, v + moves[key][i]*(e.shiftKey ? .12 : .04))))
      if (down) pad.strokes[last].push(pen)
      change(false)
    } else if (key === ' ') {
      pen ||= [.5, .2]; down = !down
      if (down) pad.strokes.push([pen])
      change(!down)
    } else if (key === 'Backspace' || key === 'z' && (e.ctrlKey || e.metaKey)) pad.undo()
    else if (key === 'Delete') pad.clear()
    else return
    e.preventDefault()
  })
  canvas.addEventListener('blur', () => { if (pen) { pen = null; if (down) { down = false; changed(true) } show() } })
  pad.undo = () => { down = false; pad.strokes.pop(); change(true) }
  pad.clear = () => { down = false; pad.strokes = []; change(true) }
  pad.image = () => toDigit(pad.strokes)
  pad.show = show
  show()
  return pad
}
