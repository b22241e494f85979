// A batch on its way: the events of a Learner one by one, with what each callback does. The runs are real ones, noted down in Python:
// a line for each event, with the event, whether `training` is true when it comes, and the first letters of the callbacks that answer
import {frame, html, set, slider, button, choice, player, looks} from './kit.js'

const names = {T: 'TrainEvalCallback', R: 'Recorder', P: 'ProgressCallback', C: 'Your callback'}
const kinds = {T: '', R: 'c', P: 'd', C: 'b'}
const loop = ['fit', ['epoch', ['train', ['batch', 'after_pred', 'after_loss', ['backward'], ['step']]],
  ['validate', ['batch', 'after_pred', 'after_loss']]]]
const does = {
  T: {
    before_fit: 'sets train_iter and pct_train to 0, and moves the model to the device of the data',
    before_epoch: 'sets pct_train to the part of the epochs that is done',
    before_train: 'switches the model to training: model.train(), training = True',
    before_validate: 'switches the model to validation: model.eval(), training = False',
    after_batch: 'counts the batch: train_iter + 1',
  },
  R: {
    before_fit: 'begins an empty record',
    before_epoch: 'begins a row of the table',
    before_validate: 'sets the averages of loss and metrics back',
    after_batch: 'adds the batch to its averages',
    after_train: 'writes the training loss into the row',
    after_validate: 'writes the validation loss and the metrics into the row',
    after_epoch: 'keeps the row, and hands it on to be printed',
  },
  P: {
    before_fit: 'draws the bar over epochs and the head of the table',
    before_epoch: 'moves the bar over epochs',
    before_train: 'draws a bar over the training batches',
    before_validate: 'draws a bar over the validation batches',
    after_batch: 'moves the bar over batches',
    after_train: 'takes the bar over batches away',
    after_validate: 'takes the bar over batches away',
    after_fit: 'ends the bar over epochs',
  },
}
/** What each callback does, by its first letter and the event; nothing at others */
export const tasks = () => does

const changes = ['not changed', 'changed once', 'changed twice']
const after = { // what the loop does next
  after_create: 'The Learner is there. fit makes the optimizer.',
  before_batch: 'pred = model(xb)',
  after_pred: 'loss = loss_func(pred, yb)',
  before_backward: 'loss.backward()',
  before_step: 'opt.step()',
  after_step: 'opt.zero_grad()',
  before_train: 'takes a batch of the training set',
  before_validate: 'takes a batch of the validation set',
  after_fit: 'The run is over.',
}
/** A run as objects: the event, where it is in the loop, which batch it belongs to, who answers, and how often the weights have changed */
export function steps(run) {
  let half = 'train', batch = 0, changed = 0, inBatch = false
  return run.trim().split('\n').map((line, i, all) => {
    const [event, flag, who = ''] = line.split(' ')
    if (event === 'error') return {event, where: null, half, batch, who: '', training: null, changed, text: line.slice(6)}
    if (event === 'before_validate') [half, batch] = ['validate', 0]
    if (event === 'before_batch') { batch++; inBatch = true }
    if (event === 'after_step' && !all[i - 1].startsWith('after_cancel')) changed++
    const of = inBatch && !/fit|epoch|train|validate|create/.test(event)
    if (event === 'after_batch') inBatch = false
    const next = (all[i + 1] ?? '').split(' ')[1]
    return {event, where: of ? `${half}/${event}` : event, half, batch: of ? batch : 0, who, changed,
      training: [flag, next === '0' || next === '1' ? next : flag].map(o => o === '1')}
  })
}

export default {render({model, el}) {
  looks('events', `
.mv-events { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.2fr); gap: .5rem 1.1rem; width: 100%; }
.mv-loop { font: 500 13px/1.3 var(--pst-font-family-monospace, ui-monospace, monospace); letter-spacing: -.01em; }
.mv-box { margin: 3px 0; padding: 1px 0 1px 9px; border: 1px solid var(--rule); border-right: 0; border-left: 3px solid var(--edge);
  border-radius: 5px 0 0 5px; }
.mv-box.in { border-left-color: var(--a); }
.mv-event { display: flex; align-items: center; gap: 4px; min-height: 21px; padding: 0 5px; border-radius: 4px; cursor: pointer;
  color: var(--ink); white-space: nowrap; }
.mv-event > span { margin-right: auto; }
.mv-event.never { color: var(--soft); text-decoration: line-through; }
.mv-event.cancel { color: var(--b); }
.mv-event.now { color: var(--bg); background: var(--a); }
.mv-event.cancel.now, .mv-event.wrong.now { background: var(--b); }
.mv-event:hover:not(.now) { background: var(--panel); }
.mv-event.absent { display: none; }
.mv-dot { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--a); box-shadow: 0 0 0 1px var(--bg); }
.mv-dot.b { background: var(--b); } .mv-dot.c { background: var(--c); } .mv-dot.d { background: var(--d); }
.mv-panel { display: flex; flex-direction: column; gap: .45rem; min-width: 0; }
.mv-panel .mv-title { margin: 0; font-size: 1.15rem; line-height: 1.25; overflow-wrap: anywhere; }
.mv-panel .mv-title small { display: block; font-size: .85rem; font-weight: 400; color: var(--soft); }
.mv-card { border: 1px solid var(--rule); border-left: 4px solid var(--rule); border-radius: 5px; padding: .3rem .55rem .4rem; }
.mv-card p { margin: .15rem 0 0; font-size: .9rem; line-height: 1.35; min-height: 2.7em; overflow-wrap: anywhere; color: var(--soft); }
.mv-card.on p { color: var(--ink); }
.mv-card.on { border-left-color: var(--a); background: var(--panel); }
.mv-card.on.b { border-left-color: var(--b); } .mv-card.on.c { border-left-color: var(--c); } .mv-card.on.d { border-left-color: var(--d); }
.mv-card .mv-head { display: flex; align-items: center; gap: .4rem; font-weight: 600; }
.mv .mv-card button { min-height: 30px; padding: 0 .5rem; font-size: .85rem; margin-left: auto; }
.mv .mv-card .mv-head > span:nth-child(2) { min-width: 0; overflow-wrap: anywhere; }
.mv-state { margin: 0; font-size: .9rem; }
@media (max-width: 576px) { .mv-loop { font-size: 11px; letter-spacing: -.04em; } .mv-box { padding-left: 4px; border-left-width: 2px; }
  .mv-event { padding: 0 2px; min-height: 24px; gap: 2px; } .mv-dot { width: 6px; height: 6px; } .mv-events { gap: .5rem; } }`)
  const runs = model.get('runs') ?? {}
  const s = {at: model.get('at') ?? 0, on: {T: true, R: true, P: true}, raises: model.get('raises') ?? ''}
  const f = frame(el, 'The events of a Learner, one by one')

  // the loop as boxes in boxes
  const rows = {}, boxes = []
  const row = (where, cls = '') => {
    const node = html('div', {class: 'mv-event'}, html('span', {}, where.split('/').pop()))
    node.addEventListener('click', () => jump(where))
    rows[where] = {node, cls}
    return node
  }
  const box = ([name, ...inner], half) => {
    half = name === 'train' || name === 'validate' ? name : half
    const key = o => half && !['train', 'validate'].includes(name) ? `${half}/${o}` : o
    const parts = inner.map(o => typeof o === 'string' ? row(key(o)) : box(o, half))
    const node = html('div', {class: 'mv-box'}, row(key(`before_${name}`)), ...parts,
      row(key(`after_cancel_${name}`), 'cancel'), row(key(`after_${name}`)))
    boxes.push([node, key(`before_${name}`), key(`after_${name}`)])
    return node
  }
  const diagram = html('div', {class: 'mv-loop', 'aria-hidden': 'true'}, row('after_create'), box(loop))

  // what happens now
  const title = html('p', {class: 'mv-title'}), state = html('p', {class: 'mv-state'}), next = html('p')
  const cards = Object.fromEntries('TRPC'.split('').map(o => {
    const text = html('p'), toggle = o !== 'C' && button('on', () => { s.on[o] = !s.on[o]; change() })
    if (toggle) set(toggle, {'aria-label': names[o]})
    const node = html('div', {}, html('div', {class: 'mv-head'}, html('span', {class: `mv-dot ${kinds[o]}`}),
      html('span', {}, names[o].replace(/Callback$/, ''), html('wbr'), names[o].match(/Callback$/)?.[0] ?? ''),
      ...toggle ? [toggle] : []), text)
    return [o, {node, text, toggle}]
  }))
  const panel = html('div', {class: 'mv-panel'}, title, ...Object.values(cards).map(o => o.node),
    html('div', {class: 'mv-card'}, html('div', {class: 'mv-head'}, 'Then the loop'), next), state)
  f.stage.append(html('div', {class: 'mv-events'}, diagram, panel))

  const all = () => steps(runs[`${'TRP'.split('').filter(o => s.on[o]).join('')} ${s.raises}`])
  const go = i => { s.at = Math.min(all().length - 1, Math.max(0, i)); draw() }
  const forward = () => { if (s.at >= all().length - 1) return false; go(s.at + 1) }
  const play = player('Play', forward, 700)
  const at = slider({label: 'Event', min: 1, max: 2, step: 1, value: 1, text: v => `${v} of ${all().length}`,
    oninput: v => { play.stop(); go(v - 1) }})
  const own = choice({label: 'Your callback raises, at before_step,', value: s.raises, oninput(v) { s.raises = v; change() },
    options: [['', 'nothing'], ...['Step', 'Batch', 'Fit'].map(o => [`Cancel${o}Exception`, `Cancel${o}Exception`])]})
  f.controls.append(at.node, html('div', {class: 'mv-row'}, button('Back', () => { play.stop(); go(s.at - 1) }),
    button('Step', () => { play.stop(); forward() }, true), play.node, button('Start again', () => { play.stop(); go(0) })), own.node)
  const change = () => { play.stop(); go(s.at) }
  const jump = where => { // to the next time that this event comes
    const run = all(), order = [...run.keys()].map(i => (s.at + 1 + i) % run.length), i = order.find(o => run[o].where === where)
    if (i !== undefined) { play.stop(); go(i) }
  }

  function draw() {
    const run = all(), now = run[s.at], wrong = now.event === 'error', here = wrong ? run[s.at - 1] : now
    set(at.node.querySelector('input'), {max: run.length})
    at.value = s.at + 1
    for (const [where, {node, cls}] of Object.entries(rows)) {
      const there = run.filter(o => o.where === where), who = [...new Set(there.flatMap(o => [...o.who]))]
      set(node, {class: `mv-event ${cls} ${cls && !there.length ? 'absent' : there.length ? '' : 'never'} ${
        where === here.where ? 'now' : ''} ${wrong ? 'wrong' : ''}`})
      node.replaceChildren(node.firstChild, ...who.map(o => html('span', {class: `mv-dot ${kinds[o]}`, style: 'margin: 0'})))
    }
    const seen = run.slice(0, s.at + 1).map(o => o.where)
    for (const [node, first, last] of boxes) {
      set(node, {class: `mv-box ${seen.lastIndexOf(first) > seen.lastIndexOf(last) || here.where === last ? 'in' : ''}`})
    }
    const halves = {train: 'training', validate: 'validation'}
    const place = here.batch ? `${halves[here.half]}, batch ${here.batch}` : 'around the batches'
    title.replaceChildren(html('strong', {}, wrong ? now.text.split(': ')[0] : now.event),
      html('small', {}, wrong ? now.text.split(': ')[1] : place))
    const said = []
    for (const [o, {node, text, toggle}] of Object.entries(cards)) {
      const answers = now.who.includes(o), off = o === 'C' ? !s.raises : !s.on[o]
      text.textContent = answers ? o === 'C' ? `raises ${s.raises}` : does[o][now.event]
        : o === 'C' && off ? 'raises nothing' : off ? 'is switched off' : 'does nothing here'
      if (answers) said.push(`${names[o]} ${text.textContent}.`)
      set(node, {class: `mv-card ${kinds[o]} ${answers ? 'on' : ''}`})
      if (toggle) { set(toggle, {'aria-pressed': String(s.on[o])}); toggle.textContent = s.on[o] ? 'on' : 'off' }
    }
    const then = run[s.at + 1]?.event ?? ''
    next.textContent = wrong ? 'stops. Without TrainEvalCallback, training is never True, so Recorder takes this for a validation batch, ' +
      'for which nothing is ready.'
      : now.who.includes('C') ? `leaves this part, and goes to ${then}.` : then === 'error' ? 'Here an error comes.'
        : after[now.event] ?? `goes to ${then}.`
    const word = o => o ? 'True' : 'False', [was, is] = now.training ?? here.training
    const flag = was === is ? word(is) : `${word(was)} → ${word(is)}`
    state.textContent = `training = ${flag}; the weights have ${changes[now.changed] ?? `changed ${now.changed} times`}.`
    f.show({at: s.at, event: now.event, run: run.map(o => o.event), who: now.who, answers: run.map(o => o.who), changed: now.changed,
      training: is, half: here.half, batch: here.batch})
    f.say(`${wrong ? now.text : `${now.event}, ${place}`}. ${said.join(' ') || 'No callback answers.'} Then the loop: ${next.textContent}`)
  }
  draw()
}}
