"The page 'Draw a digit' (docs/draw.md): it judges a drawing as the library does, in a browser, and all can use it."
import base64, importlib.util, io, json, re
from pathlib import Path

import pytest
import torch
from PIL import Image
from mnist_from_scratch.base.statistics import Proportion
from mnist_from_scratch.tools.cli import predict
from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.data.images import as_mnist

docs = Path(__file__).parent.parent/'docs'
spec = importlib.util.spec_from_file_location('make_draw', docs/'make_draw.py')
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
data = json.loads(made.FILE.read_text())
specs = {o['name']:o for o in data['models']}
models = {k:made.to_torch(o) for k,o in specs.items()}
md = (docs/'draw.md').read_text(encoding='utf-8')

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
        page.on('request', lambda r: r.url.startswith((at,'data:')) or wrong.append(r.url))
        page.goto(at+'draw.html')
        until(page, '!!(window.draw && draw.models)')
        return page
    yield f
    for o in contexts: o.close()
    assert not wrong

def drawings(ds, seed=0):
    "As a person would draw them: each at a place and of a size of its own. Position in `ds`, and x, y and size on the canvas"
    g = torch.Generator().manual_seed(seed)
    of_each = [(ds.y==c).nonzero()[:,0] for c in range(10)]
    for i in torch.cat([o[torch.linspace(0, len(o)-1, 100).long()] for o in of_each]).tolist():
        size = int(torch.randint(120, 280, (), generator=g))
        yield i, *torch.randint(0, 281-size, (2,), generator=g).tolist(), size

DRAW_ALL = '''todo => todo.map(([bytes,x,y,size]) => {
    draw.clear(); draw.stamp(Uint8Array.from(atob(bytes), c => c.charCodeAt(0)), x, y, size)
    const {image} = draw.show(), cards = [...document.querySelectorAll('.draw-model')]
    return [document.querySelector('.draw-pad').toDataURL(), Array.from(image),
          cards.map(o => [o.dataset.model, +o.querySelector('.draw-digit').textContent])]
})'''

def test_judges_drawings_as_the_library_does(mnist, opened):
    "The page on a canvas, and the models in PyTorch on a PNG of it: the same digit; about as often right as on the test set"
    ds,page = mnist[1],opened()
    rows = list(drawings(ds))
    assert len(rows)==1000
    todo = [[base64.b64encode(ds.x[i].numpy().tobytes()).decode(),*o] for i,*o in rows]
    done = [o for k in range(0, 1000, 100) for o in page.evaluate(DRAW_ALL, todo[k:k+100])]
    ims = torch.stack([as_mnist(Image.open(io.BytesIO(base64.b64decode(o[0].split(',')[1])))) for o in done])
    off = (ims.flatten(1).int()-torch.tensor([o[1] for o in done])).abs().amax(1)
    assert (off<=1).float().mean()>=.99, off.bincount()
    y = ds.y[[o[0] for o in rows]]
    for name,model in models.items():
        theirs = torch.tensor([dict(o[2])[name] for o in done])
        same,acc = (theirs==predict(model, ims).argmax(1)).float().mean(),(theirs==y).float().mean()
        print(f'{name}: the same for {same:.3f}, right {acc:.3f}')
        assert same>=.99, name
        assert abs(acc-specs[name]['test']['value'])<=.02, name

DRAW_ONE = '''code => {
    const pad = document.querySelector('.draw-pad'), c = pad.getContext('2d')
    draw.clear(); c.lineCap = 'round'; c.strokeStyle = c.fillStyle = 'black'
    c.line = (width, ...ps) => { c.lineWidth = width; c.beginPath();
        for (let i = 0; i < ps.length; i += 2) c.lineTo(ps[i], ps[i+1]); c.stroke() }
    eval(code)
    const seen = draw.show(true)
    return [pad.toDataURL(), seen && Array.from(seen.image)]
}'''

@pytest.mark.parametrize('code', [
    'c.line(22, 80,60, 190,60, 120,230)',
    'c.line(1, 80,60, 190,60, 120,230)',                                       # a hairline
    'c.line(2, 140,20, 140,260)',
    'c.line(3, 100,100, 112,100, 104,115)',                                    # smaller than 20×20
    'c.line(22, 80,60, 190,60, 120,230); c.line(6, 30,250, 31,250)',           # a speck
    'c.line(22, 80,60, 190,60, 120,230); c.line(20, 30,250, 60,250)',          # too much for a speck
    'c.globalAlpha = .5; c.line(22, 80,60, 190,60, 120,230); c.globalAlpha = .05; c.line(40, 0,100, 280,100)',  # faint
    'c.fillRect(0, 0, 280, 280); c.strokeStyle = "white"; c.line(22, 80,60, 190,60, 120,230)',
    'c.fillStyle = "#ffc"; c.fillRect(0, 0, 280, 280); c.strokeStyle = "#00a"; c.line(22, 80,60, 190,60, 120,230)',
    'c.line(22, 10,10, 270,10); c.line(22, 10,20, 10,40)',                     # lopsided: the middle is not where its mass is
])
def test_to_mnist(opened, code):
    url,image = opened().evaluate(DRAW_ONE, code)
    assert (as_mnist(Image.open(io.BytesIO(base64.b64decode(url.split(',')[1])))).flatten().int()-torch.tensor(image)).abs().max()<=1

@pytest.mark.parametrize('code', [
    'c.fillRect(140, 0, 140, 280)',                                            # half of it
    'c.fillStyle = "#888"; c.fillRect(0, 0, 280, 280); c.fillStyle = "black"; c.fillRect(70,70,70,70); '
    'c.fillStyle = "white"; c.fillRect(140,140,70,70)',
    'c.line(200, 0,0, 280,0, 280,200)',                                        # most of the margin
])
def test_not_plain_which_is_paper(opened, code):
    "What the library refuses is not read, and the page says why; a new drawing is read again"
    page = opened()
    url,image = page.evaluate(DRAW_ONE, code)
    with pytest.raises(MnistError, match='not plain which is paper and which is ink; leave a margin') as e:
        as_mnist(Image.open(io.BytesIO(base64.b64decode(url.split(',')[1]))))
    assert image is None and str(e.value)+'.'==(said := page.locator('.draw-said').inner_text())[0].lower()+said[1:]
    assert page.evaluate(DRAW_ONE, 'c.line(22, 80,60, 190,60, 120,230)')[1] and 'plain' not in page.locator('.draw-said').inner_text()

def test_same_numbers_as_in_pytorch(digits, opened):
    "Probabilities, distances and hidden activations of images fed in directly"
    x = digits[1].x[::9]
    rows = opened().evaluate('''xs => xs.map(x => draw.models.map(m => {
        const {digit, values, hidden} = draw.predict(m, Float32Array.from(x, v => v/255))
        return [digit, values, Array.from(hidden[0] || [])]
    }))''', x.flatten(1).tolist())
    for i,(name,model) in enumerate(models.items()):
        scores = predict(model, x)
        digit,values,hidden = zip(*(o[i] for o in rows))
        assert (torch.tensor(values)-(-scores if name=='similarity' else scores.softmax(1))).abs().max()<1e-3, name
        assert list(digit)==scores.argmax(1).tolist(), name
        if name=='net':
            with torch.no_grad(): assert torch.allclose(torch.tensor(hidden), model[:2](x.flatten(1)/255), atol=1e-3)

def answers(page): return [o.inner_text() for o in page.locator('.draw-digit').all()]

def test_mouse_and_clear(opened):
    page = opened()
    hint = page.locator('.draw-said').inner_text()
    assert answers(page)==['']*4
    pad = page.locator('.draw-pad').bounding_box()
    def go(x, y): page.mouse.move(pad['x']+x, pad['y']+y, steps=5)
    go(140,30); page.mouse.down(); go(135,140); page.mouse.move(pad['x']+130, pad['y']+250, steps=5)
    until(page, 'document.querySelector(".draw-digit").textContent')        # an answer while it is drawn
    assert page.locator('.draw-said').inner_text()==hint                              # but it is said at the end of the stroke
    page.mouse.up()
    assert answers(page)==['1']*4
    assert page.locator('.draw-said').inner_text()=='Pixel similarity: 1, Linear model: 1, Net: 1, Convnet: 1.'
    go(20,20)                                                                          # no button is down
    assert page.evaluate('draw.show().answers[3].digit')==1
    assert page.locator('.draw-best').count()==4 and 0<page.locator('.draw-fired canvas').count()<=6
    page.get_by_role('button', name='Clear').click()
    assert answers(page)==['']*4 and page.locator('.draw-said').inner_text()==hint
    assert page.evaluate('draw.read()') is None and not page.locator('.draw-best, .draw-fired canvas').count()

def test_touch(opened):
    page = opened(has_touch=True, is_mobile=True, viewport=dict(width=360, height=740))
    page.locator('.draw-pad').tap()
    assert '' not in answers(page)
    assert page.locator('.draw-pad').evaluate('o => getComputedStyle(o).touchAction')=='none' # a stroke does not scroll the page

def test_keyboard(opened):
    "All samples by keyboard, each said with its label; the focus can be seen"
    page = opened()
    focus = 'document.activeElement.textContent'
    for _ in range(100):                                                               # past the links of the site
        page.keyboard.press('Tab')
        if page.evaluate(focus)=='Try a sample digit': break
    assert page.evaluate(focus)=='Try a sample digit'
    assert page.evaluate('getComputedStyle(document.activeElement).outlineStyle')=='solid'
    labels = data['samples']['labels']
    for o in labels:
        page.keyboard.press('Enter')
        assert page.locator('.draw-said').inner_text().startswith(f'A {o} of the test set. Pixel similarity: ')
    assert sorted(set(labels))==list(range(10))
    page.keyboard.press('Tab'); page.keyboard.press('Enter')
    assert answers(page)==['']*4

NAMELESS = '[...document.querySelectorAll(".draw canvas, .draw button")]' \
    '.filter(o => !(o.getAttribute("aria-label") || o.textContent)).length'
# The contrast (WCAG 2) of each text with its background, and of the borders of what can be used
CONTRAST = '''() => {
    const lum = c => c.match(/[\\d.]+/g).slice(0,3)
      .map(v => (v /= 255) <= .03928 ? v/12.92 : ((v+.055)/1.055)**2.4).reduce((s,v,i) => s + v*[.2126,.7152,.0722][i], 0)
    const ratio = (a, b) => { [a, b] = [lum(a), lum(b)].sort((x, y) => y-x); return (a+.05)/(b+.05) }
    const paper = getComputedStyle(document.querySelector('.draw')).backgroundColor
    const texts = [...document.querySelectorAll('.draw *')]
      .filter(o => [...o.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && o.tagName !== 'NOSCRIPT')
    return {dark: lum(paper) < .2, text: Math.min(...texts.map(o => ratio(getComputedStyle(o).color, paper))),
        edge: Math.min(...[...document.querySelectorAll('.draw button')].map(o => ratio(getComputedStyle(o).borderTopColor, paper))),
        best: ratio(getComputedStyle(document.querySelector('.draw-best .draw-bar')).backgroundColor, paper)}
}'''

@pytest.mark.parametrize('scheme,theme', [('light',None),('dark',None),('light','dark'),('dark','light')])
def test_a_phone_by_day_and_night(opened, scheme, theme):
    page = opened(viewport=dict(width=360, height=740), color_scheme=scheme)
    if theme: page.evaluate('t => document.documentElement.dataset.theme = t', theme)
    page.get_by_role('button', name='sample').click()
    assert page.evaluate('document.documentElement.scrollWidth')<=360
    assert page.evaluate(NAMELESS)==0
    c = page.evaluate(CONTRAST)
    assert c['dark']==((theme or scheme)=='dark') and c['text']>=4.5 and min(c['edge'],c['best'])>=3, c

def test_stated_accuracies(opened):
    page = opened()
    for k,o in specs.items():
        p = Proportion(o['test']['right'], o['test']['of'])
        said = page.locator(f'[data-model={k}] .draw-test').inner_text()
        assert said==f'{100*p.value:.1f} % of {p.n:,} test digits right (95 % interval {100*p.lo:.1f} % to {100*p.hi:.1f} %)'
    assert not re.search(r'\d\d?(\.\d+)? ?%', md)                                      # the page's prose states none

def test_accuracies_in_the_file(mnist):
    assert made.FILE.stat().st_size<1e6
    for k,o in specs.items(): assert abs(made.right(models[k], mnist[1]).k-o['test']['right'])<=1, k # another machine may round otherwise
    assert specs['convnet']['test']['value']>=.985
    x = made.unpack(data['samples'], 'uint8')
    assert all((mnist[1].x==o).all((1,2)).any() for o in x)

def test_norm_goes_into_the_convolutions():
    "The layers in the file give what the convnet gives that they were made from"
    torch.manual_seed(0)
    net = made.TRAINED['convnet'][1]()
    x = torch.rand(32, 784)
    net(x); net.eval()
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d): torch.nn.init.normal_(m.weight); torch.nn.init.normal_(m.bias)
    with torch.no_grad(): assert torch.allclose(made.to_torch(dict(name='convnet', layers=made.layers(net)))(x), net(x), atol=1e-4)
