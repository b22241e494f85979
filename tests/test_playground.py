"The page 'Playground' (docs/playground.md): it trains as PyTorch does, what it says of broken settings is so, and all can use it."
import gzip, importlib.util, io, json, re, time
from pathlib import Path

import numpy as np, pytest, torch
from mnist_from_scratch.data.images import as_mnist
from PIL import Image, ImageDraw
from torch import nn

docs = Path(__file__).parent.parent/'docs'
static = docs/'_static'
spec = importlib.util.spec_from_file_location('make_playground', docs/'make_playground.py')
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
about = json.loads(made.JSON.read_text(encoding='utf-8'))
sprite = torch.from_numpy(np.array(Image.open(made.PNG)))
ys = torch.tensor([*map(int, about['labels'])])
SEEDS = range(3)

def until(page, js):
    "Until `js` is true; `wait_for_function` would ask again by `eval`, which the page's policy forbids"
    for _ in range(600):
        if page.evaluate(js): return
        page.wait_for_timeout(50)
    raise TimeoutError(js)

@pytest.fixture
def opened(browser, at):
    "A function that opens the page; at the end there must have been no error in it, and no request to anywhere else"
    wrong,contexts = [],[]
    def f(**kwargs):
        contexts.append(browser.new_context(**kwargs))
        page = contexts[-1].new_page()
        page.on('console', lambda m: m.type in ('error','warning') and wrong.append(m.text))
        page.on('pageerror', lambda e: wrong.append(str(e)))
        page.on('request', lambda r: r.url.startswith((at,'data:','blob:'+at)) or wrong.append(r.url))
        page.goto(at+'playground.html')
        until(page, '!document.querySelector(".pg-main").disabled')
        idle(page)
        return page
    yield f
    for o in contexts: o.close()
    assert not wrong

@pytest.fixture(scope='module')
def lab(browser, at):
    "The page's code and digits in a browser, as `window.t` and `window.data`"
    c = browser.new_context()
    page = c.new_page()
    page.goto(at+'playground.html')
    page.evaluate("""async () => {
        const url = f => new URL('_static/'+f, location).href
        window.t = await import(url('train.js')); window.pen = await import(url('pen.js'))
        window.data = await t.load(url('playground.png'), url('playground.json')) }""")
    yield page
    c.close()

def idle(page): until(page, "/^(After|Nothing is learned)/.test(document.querySelector('.pg-said').textContent)")
def text(page, what): return page.locator(what).inner_text()
def press(page, what, name): page.locator(f'[data-{what}={name}]').click()

# --- the digits

def test_digits_in_the_browser(lab):
    "The page reads the picture as Pillow does, byte for byte"
    assert sprite.shape==(about['train']+about['held'],784) and len(ys)==len(sprite)
    n = lab.evaluate('[data.train, data.held, data.y.length]')
    assert n==[about['train'],about['held'],len(ys)] and lab.evaluate('Array.from(data.y)')==ys.tolist()
    got = lab.evaluate("async () => btoa(Array.from(data.bytes, c => String.fromCharCode(c)).join(''))")
    import base64
    assert base64.b64decode(got)==sprite.numpy().tobytes()

def test_digits_are_those_of_the_recipe(mnist):
    "All from MNIST's training file, none twice"
    idx = torch.randperm(len(mnist[0]), generator=torch.Generator().manual_seed(about['about']['seed']))[:len(ys)]
    assert (mnist[0].x[idx].flatten(1)==sprite).all() and (mnist[0].y[idx].flatten()==ys).all()
    assert made.png(sprite)[:33]==made.PNG.read_bytes()[:33]

def test_sizes():
    "In kilobytes: the digits, which no compression makes smaller, and the code, gzipped"
    assert made.PNG.stat().st_size<9e5 and made.JSON.stat().st_size<8e3
    code = sum(len(gzip.compress((static/o).read_bytes())) for o in ('playground.js','playground.css','train.js','pen.js'))
    assert code<2e4, code

# --- the steps are PyTorch's

def nets(model):
    return {'linear':nn.Sequential(nn.Linear(784, 10)), 'net':nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10)),
            'convnet':nn.Sequential(nn.Unflatten(1, (1,28,28)), nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU(),
                                    nn.Flatten(), nn.Linear(784, 10))}[model]
def parameters(net):
    "Of each layer the weights, as the page has them, and the biases"
    return [[m.weight.detach().flatten(1).T.flatten().tolist(), m.bias.detach().tolist()] for m in net if hasattr(m, 'weight')]

@pytest.mark.parametrize('model', ['linear','net','convnet'])
@pytest.mark.parametrize('momentum,decay,lr', [(0,0,.3),(.9,.01,.03)])
def test_fifty_steps_are_those_of_pytorch(lab, model, momentum, decay, lr):
    "From the same weights and batches: weights and losses agree to 1e-4"
    torch.manual_seed(0)
    net,idx,losses = nets(model),torch.randint(about['train'], (50,50)),[]
    first = parameters(net)
    opt = torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum, weight_decay=decay)
    x = sprite.float()/255
    for b in idx:
        loss = nn.functional.cross_entropy(net(x[b]), ys[b])
        opt.zero_grad(); loss.backward(); opt.step()
        losses.append(loss.item())
    theirs = lab.evaluate("""({model, first, idx, set}) => {
        const net = t.build({model, hidden: 30})
        net.forEach((l, i) => { l.w.set(first[i][0]); l.b.set(first[i][1]) })
        const losses = idx.map(b => t.step(net, data.x, b.map(i => 784*i), b.map(i => data.y[i]), b.length, set))
        return [losses, net.map(l => [Array.from(l.w), Array.from(l.b)])] }""",
        dict(model=model, first=first, idx=idx.tolist(), set=dict(lr=lr, momentum=momentum, decay=decay)))
    def flat(ps): return torch.tensor([v for layer in ps for o in layer for v in o])
    off = (flat(theirs[1])-flat(parameters(net))).abs().max().item(),(torch.tensor(theirs[0])-torch.tensor(losses)).abs().max().item()
    print(f'{model}, momentum {momentum}: weights differ by {off[0]:.1e}, losses by {off[1]:.1e}')
    assert max(off)<1e-4 and (flat(first)-flat(parameters(net))).abs().max()>.01 and losses[-1]<losses[0]

@pytest.mark.parametrize('model', ['linear','net','convnet'])
def test_first_weights(lab, model):
    "PyTorch's reach as far as in PyTorch, the others as the page says"
    def weights(init):
        return [(torch.tensor(w), torch.tensor(b)) for w,b in lab.evaluate("""([model, init]) => { const net = t.build({model, hidden: 30})
            t.initialise(net, init, t.generator(0)); return net.map(l => [Array.from(l.w), Array.from(l.b)]) }""", [model,init])]
    torch.manual_seed(0)
    layers = [m for m in nets(model) if hasattr(m, 'weight')]
    for m,(w,b),(sw,sb),(kw,kb),(zw,zb) in zip(layers, *map(weights, ('default','small','kaiming','zero')), strict=True):
        k = m.weight[0].numel()
        assert w.numel()==m.weight.numel() and w.abs().max()==pytest.approx(k**-.5, rel=.05) and b.abs().max()<=k**-.5
        assert w.abs().max()==pytest.approx(m.weight.abs().max().item(), rel=.05) and w.std()==pytest.approx(m.weight.std().item(), rel=.15)
        assert torch.allclose(sw, w/100) and torch.allclose(sb, b/100) and not zw.any() and not zb.any() and not kb.any()
        assert kw.std()==pytest.approx((2/k)**.5, rel=.2)

def test_order(lab):
    "An epoch has each training digit once; by digit it goes up; the same seed gives the same order"
    def epoch(**s):
        return lab.evaluate("""s => { const tr = new t.Trainer(data, s), seen = []
            while (!tr.epochs) { const at = tr.at; tr.take(64); seen.push(...tr.batch.at.slice(0, tr.at-at)); if (tr.at === 5000) break }
            return seen.map(o => o/784) }""", s)
    a,b,c,d = epoch(),epoch(),epoch(seed=1),epoch(order='sorted')
    assert a==b!=c and sorted(a)==sorted(c)==sorted(d)==[*range(about['train'])] and a!=sorted(a)
    assert (ys[d].diff()>=0).all()

def test_labels(lab):
    def labels(s): return torch.tensor(lab.evaluate('s => Array.from(new t.Trainer(data, {labels: s}).labels)', s))
    y = ys[:about['train']]
    ex,rnd = labels('exchanged'),labels('random')
    assert (labels('true')==y).all() and (ex[y==3]==5).all() and (ex[y==5]==3).all() and (ex==y)[(y!=3)&(y!=5)].all()
    assert .05<(rnd==y).float().mean()<.15 and set(rnd.tolist())==set(range(10))

# --- it learns, and breaks as the page says

TRAIN = """({set, epochs}) => { const tr = new t.Trainer(data, set), log = []; let ms = 0
    while (tr.epochs < epochs) {
        const t0 = performance.now()
        for (let i = 0; i < 20; i++) tr.step()
        ms += performance.now()-t0
        const {heldOut, training, confusion, silent, weights} = tr.report()
        log.push({heldOut, training, confusion, silent, zero: weights.w.every(v => v === 0)}) }
    return {log, ms} }"""
def train(lab, epochs, **set): return lab.evaluate(TRAIN, dict(set=set, epochs=epochs))

@pytest.mark.parametrize('model,epochs', [('linear',10),('net',10),('convnet',3)])
def test_learns(lab, model, epochs):
    "At least 90 % of the held-out digits, from a fixed seed"
    for seed in SEEDS[:1] if model=='convnet' else SEEDS:
        res = train(lab, epochs, model=model, seed=seed)
        acc = res['log'][-1]['heldOut']['accuracy']
        print(f"{model}, seed {seed}: {acc:.3f} after {res['ms']/1000:.1f} s, {res['ms']/1000/epochs:.2f} s an epoch")
        assert acc>=.9

def said(o): return np.array(o['confusion']).sum(0)
def accuracy(log): return np.array([o['heldOut']['accuracy'] for o in log])

def sorted_(log):
    "Near guessing; its answer is the digit of the last batches, at the end nearly always 9; the loss jumps"
    assert accuracy(log).max()<.3 and [said(o).argmax() for o in log[6:10]]==[3,5,7,9]
    assert said(log[-1])[9]>350 and max(o['heldOut']['loss'] for o in log)>4
def fast(log):
    "Near guessing, nearly the same answer to all, hidden units silent"
    assert accuracy(log)[10:].max()<.25 and said(log[-1]).max()>400 and log[-1]['silent']>=28
def zero(log):
    "The loss of guessing, the same answer to all, weights of zero"
    assert all(o['zero'] and said(o).max()==500 and abs(o['heldOut']['loss']-2.3)<.05 for o in log)
def exchanged(log):
    "Threes for fives and fives for threes, else well; as good as ever on what it is taught"
    c = np.array(log[-1]['confusion'])
    rest = [i for i in range(10) if i not in (3,5)]
    assert c[3,5]>.75*c[3].sum() and c[5,3]>.75*c[5].sum() and c.diagonal()[rest].sum()>.85*c[rest].sum()
    assert log[-1]['training']['accuracy']>.9
def random_(log):
    "Accuracy on the training digits creeps up, that on the held-out ones does not, and their loss grows"
    assert log[-1]['training']['accuracy']>.25>log[4]['training']['accuracy'] and accuracy(log)[-5:].max()<.2
    assert log[-1]['heldOut']['loss']>log[0]['heldOut']['loss']+.1
def mended(log): assert accuracy(log)[-1]>.88 and log[-1]['silent']==0

NOTES = dict(sorted=sorted_, fast=fast, zero=zero, exchanged=exchanged, random=random_, mended=mended)

@pytest.mark.parametrize('note', NOTES)
def test_what_it_says_of_broken_settings_is_so(lab, note):
    "With several seeds; each button changes one setting"
    set_,epochs = lab.evaluate("n => { const o = document.querySelector(`[data-note=${n}]`).dataset; return [o.set, +o.epochs] }", note)
    change = dict(o.split('=') for o in set_.split('&') if o)
    assert len(change)==(note!='mended')
    for seed in SEEDS: NOTES[note](train(lab, epochs, seed=seed, **{k:float(v) if k=='lr' else v for k,v in change.items()})['log'])

def test_zero_weights_are_no_harm_to_the_linear_model(lab):
    for seed in SEEDS: assert accuracy(train(lab, 3, model='linear', init='zero', seed=seed)['log'])[-1]>.85
