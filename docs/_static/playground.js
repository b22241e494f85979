// The page 'Playground': its controls, and what it shows of the net that learns in the worker, train.js.
import {defaults} from './train.js'

const $ = name => document.querySelector('.pg-' + name)
const form = $('controls'), worker = new Worker(new URL('train.js', import.meta.url), {type: 'module'})
const ask = (what, more) => worker.postMessage({do: what, ...more})
const percent = (v, n = 1) => `${(100*v).toFixed(n)} %`

let last = null, curve = []          // what the worker reported last, and the points of the curves since the start

function settings() {
  const res = {...defaults}
  for (const k in defaults) res[k] = typeof defaults[k] === 'number' ? +form.elements[k].value : form.elements[k].value
  return res
}

worker.onmessage = ({data}) => {
  if (data.kind === 'open') { for (const o of form.querySelectorAll('button')) o.disabled = false; ask('start', {settings: settings()}) }
  if (data.kind === 'report') { last = data; console.debug(data.epochs, data.heldOut); $('said').textContent = `Loss ${data.training.loss.toFixed(3)}` }
  if (data.kind === 'error') $('said').textContent = data.message
}
form.addEventListener('click', e => {
  const what = e.target.dataset.do
  if (what === 'run') ask('run', {epochs: 5})
})
ask('open', {png: new URL('playground.png', import.meta.url).href, json: new URL('playground.json', import.meta.url).href})
