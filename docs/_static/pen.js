// A pad to draw a digit on, for mouse, pen, finger and keyboard. A stroke is a list of points [x, y], from 0 to 1 within the pad.
import {readStrokes} from './draw_strokes.js'

const SIZE = 280, RADIUS = 11        // the pad and its pen, in the units of `readStrokes`

// The drawing as 784 numbers from 0 (paper) to 1 (ink), as the page 'Draw a digit' reads it; null if there is none
export function toDigit(strokes) {
  if (!strokes.length) return null
  return Float32Array.from(readStrokes(strokes.map(s => s.map(([x, y]) => [x*SIZE, y*SIZE, RADIUS]))).image, v => v/255)
}

// Make `canvas` a pad. `changed(complete)` hears of each change, and whether a stroke has ended. With the keyboard the arrows move the
// pen, the space bar puts it down and lifts it, Backspace takes the last stroke back, Delete clears.
export function makePad(canvas, changed) {
  const ctx = canvas.getContext('2d'), pad = {strokes: []}
  let pointer = null, pen = null, down = false                // which pointer draws; where the keyboard's pen is, and whether it is down
  function show() {
    const {width: w, height: h} = canvas, style = getComputedStyle(canvas)
    ctx.clearRect(0, 0, w, h)
    ctx.lineWidth = 2*RADIUS/SIZE*w; ctx.lineCap = ctx.lineJoin = 'round'; ctx.strokeStyle = style.color
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
