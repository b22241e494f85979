"""The figures that move: each is driven by mouse, finger and keyboard in Chromium, on a page like the site's and as a notebook shows it,
and its numbers are those of the library.

A new figure needs one function here, `@drives('name')`; what all figures must do is tried with each of them."""
import base64, json, os, re, shutil, subprocess, sys
from html import escape
from inspect import signature
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import nbformat, pytest, torch
import torch.nn.functional as F
from fastcore.basics import noop
from torch import tensor
from conftest import watched
from conftest import until
from served import served
from test_site import axe
from noting import default
from chapters import stems
from fastcore.test import test_eq as eq
from mnist_from_scratch.baseline import PixelSimilarity, mnist_distance, rmse_distance
from mnist_from_scratch.base.moving import MovingFigure, figure_source, moving_figures
from mnist_from_scratch.convnet import conv2d
from mnist_from_scratch.gradient_descent import descend
from mnist_from_scratch.losses import BCEWithLogitsLossFlat, batch_accuracy, binary_cross_entropy_with_logits, mnist_loss
from mnist_from_scratch.neural_net import relu
from mnist_from_scratch.optimizers import SGD
from mnist_from_scratch.softmax import cross_entropy, softmax
from mnist_from_scratch.training_loop import linear1

root = Path(__file__).parent.parent
drivers = {}
def drives(name):
    "The function below drives the figure `name`: it gets a `Fig`, moves what can be moved, and compares"
    def f(g): drivers[name] = g; return g
    return f

def stored():
    "What the notebooks store of each figure: notebook, name and values"
    return [(o, out['metadata']['moving']) for o in stems() for c in nbformat.read(root/f'nbs/{o}.ipynb', 4).cells
            for out in c.get('outputs', []) if 'moving' in out.get('metadata', {})]
args_of = {m['name']:m['args'] for nb,m in stored() if '/' not in nb}

class Fig:
    "A figure on a page, and what people do with it; everything is named as a screen reader names it"
    def __init__(self, page, name): self.page,self.name,self.root = page,name,page.locator('.mv').first
    def get(self, key): "What the figure shows, at full precision"; return json.loads(self.root.get_attribute(f'data-{key}'))
    def ask(self, f, *args):
        "The module's function `f`, called with `args`"
        src = f'data:text/javascript;base64,{base64.b64encode(figure_source(self.name).encode()).decode()}'
        return self.page.evaluate(f"([src, args]) => import(src).then(m => m.{f}(...args))", [src, args])
    def part(self, label): return self.root.get_by_role('slider', name=label, exact=True)
    def value(self, label):
        "Of a slider below the drawing"
        return float(self.part(label).evaluate("o => o.closest('.mv-slider').dataset.value"))
    def middle(self, o):
        o.scroll_into_view_if_needed()
        b = o.bounding_box()
        return b['x']+b['width']/2,b['y']+b['height']/2
    def drag(self, label, dx=0, dy=0):
        x,y = self.middle(self.part(label) if isinstance(label, str) else label)
        self.page.mouse.move(x, y); self.page.mouse.down(); self.page.mouse.move(x+dx, y+dy, steps=4); self.page.mouse.up()
    def touch(self, label, dx=0, dy=0):
        x,y = self.middle(self.part(label) if isinstance(label, str) else label)
        self.page.evaluate("() => { window.lost = 0; addEventListener('pointercancel', () => window.lost++, true) }")
        cdp = self.page.context.new_cdp_session(self.page)
        def go(kind, *at): cdp.send('Input.dispatchTouchEvent', dict(type=f'touch{kind}', touchPoints=[dict(x=a, y=b) for a,b in at]))
        go('Start', (x,y))
        for i in range(1, 5): go('Move', (x+dx*i/4,y+dy*i/4))
        go('End')
        assert not self.page.evaluate('lost'), 'the page took the movement for its own, to scroll'
    def press(self, label, *keys):
        "Keys while what can be moved, or a button, has the focus"
        o = self.part(label) if self.part(label).count() else self.button(label)
        o.focus()
        for k in keys: self.page.keyboard.press(k)
    def slide(self, label, part):
        "A click on a slider at `part` of its length"
        o = self.part(label); o.scroll_into_view_if_needed(); b = o.bounding_box()
        self.page.mouse.click(b['x']+part*b['width'], b['y']+b['height']/2)
    def button(self, label): return self.root.get_by_role('button', name=label, exact=True)
    def click(self, *labels):
        for o in labels: self.button(o).click()

def close(a, b):
    a,b = (torch.as_tensor(o, dtype=torch.float64) for o in (a,b))
    assert a.shape==b.shape and ((a-b).abs()<=1e-5*(1+b.abs())).all(), (a,b)

# --- the figures

@drives('descent')
def descent(fig):
    fs = {'one valley':lambda x: x**2, 'two valleys':lambda x: x**4-2*x**2+.3*x}
    def way(f, start, lr, mom, n):
        x = tensor([start], dtype=torch.float64, requires_grad=True)
        xs,opt = [start],SGD([x], lr=lr, mom=mom)
        for _ in range(n): f(x).backward(); opt.step(); opt.zero_grad(); xs.append(x.item())
        return xs
    def check(curve, n):
        xs,lr,mom = fig.get('way'),fig.value('Learning rate'),fig.value('Momentum')
        assert len(xs)==n+1
        want = descend(fs[curve], tensor(xs[0], dtype=torch.float64), lr, n) if not mom else way(fs[curve], xs[0], lr, mom, n)
        close(xs, want); close(fig.get('value'), fs[curve](want[-1]))
    curve = 'one valley'
    n = args_of['descent']['n']
    check(curve, n)
    fig.click('Start again', 'Step', 'Step'); check(curve, 2)
    start = fig.get('way')[0]
    fig.drag('Start', -60, 0); check(curve, 2); assert (left := fig.get('way')[0])<start-.2
    fig.touch('Start', 40, 0); check(curve, 2); start = fig.get('way')[0]; assert start>left+.2
    fig.press('Start', 'ArrowLeft', 'Shift+ArrowLeft'); check(curve, 2); close(fig.get('way')[0], start-1.1)
    fig.slide('Learning rate', .99); check(curve, 2); assert fig.value('Learning rate')>1 and fig.get('verdict')=='higher'
    fig.press('Learning rate', *['ArrowLeft']*20); check(curve, 2); assert fig.get('verdict')=='bouncing'
    fig.slide('Momentum', .5); fig.press('Step', 'Enter', 'Enter'); check(curve, 4); assert fig.value('Momentum')>.3
    curve = 'two valleys'
    fig.click(curve); fig.press('Start', 'End'); close(fig.get('way')[0], 2) # the end of what is drawn
    fig.click(curve); check(curve, 0)
    fig.press('Learning rate', 'Home', *['ArrowRight']*4); fig.press('Momentum', 'Home')
    for start,end in (0,-1.04),(.2,.96): # as the chapter has it
        fig.press('Start', *['ArrowRight']*round(10*start))
        for _ in range(50): fig.click('Step')
        assert abs(fig.get('way')[-1]-end)<.01
        check(curve, len(fig.get('way'))-1)
        fig.click('Start again')
    fig.click('Run'); until(fig.page, lambda: len(fig.get('way'))>2); fig.click('Stop'); check(curve, len(fig.get('way'))-1)
    close(fig.ask('way', 'two valleys', .7, .1, .9, 20), way(fs[curve], .7, .1, .9, 20))

@drives('bends')
def bends(fig):
    fs = {'sine':torch.sin, 'absolute value':torch.abs, 'waves':lambda x: torch.sin(3*x), 'jump':lambda x: (x>.5).double()*2-1}
    x = -3+6*torch.arange(201, dtype=torch.float64)/200
    def best(f, places):
        "The fit by PyTorch's least squares"
        parts = torch.stack([torch.ones_like(x), x, *(relu(x-o) for o in places)], 1)
        return parts@torch.linalg.lstsq(parts, f(x), driver='gelsd').solution
    def check(curve, n):
        f,places,w = fs[curve],fig.get('bends'),torch.tensor(fig.get('weights'), dtype=torch.float64)
        assert len(places)==n
        y = w[0]+w[1]*x+sum(o*relu(x-b) for o,b in zip(w[2:], places))
        close(fig.get('fit'), y); close(y, best(f, places))
        close(fig.get('most'), (y-f(x)).abs().max()); close(fig.get('rms'), (y-f(x)).square().mean().sqrt())
    curve,n = (args_of['bends'][o] for o in ('target','n'))
    check(curve, n)
    for curve in fs:
        fig.click(curve)
        for n in 1,12: fig.press('Bends', 'Home' if n==1 else 'End'); check(curve, n)
        if curve=='jump': assert fig.get('most')>.5
    fig.click('sine'); fig.slide('Bends', .28); check('sine', 4)
    even = fig.get('bends'); close(even, [-1.8,-.6,.6,1.8])
    fig.drag('Bend 2', 50, 30); check('sine', 4); assert fig.get('bends')[1]>even[1]+.3
    fig.touch('Bend 1', -25, 0); check('sine', 4); assert fig.get('bends')[0]<even[0]-.2
    fig.press('Bend 4', 'ArrowLeft', 'Shift+ArrowLeft'); check('sine', 4); close(fig.get('bends')[3], 1.25)
    fig.press('Bend 3', 'End', 'Shift+ArrowLeft'); close(fig.get('bends')[2], 2.45)
    fig.press('Bend 4', 'End'); fig.press('Bend 3', 'End'); check('sine', 4) # two in the same place
    before = fig.get('rms')
    fig.click('Improve the places'); fig.button('Improve the places').wait_for() # its name is Stop until it is done
    check('sine', 4); assert fig.get('rms')<before/2
    fig.click('Spread evenly'); close(fig.get('bends'), even)
    fig.click('absolute value'); fig.press('Bends', 'Home'); assert fig.get('most')<1e-6 # one bend, where the target has its own

@drives('scale')
def scale(fig):
    at_one,acts = args_of['scale']['spreads'],{'with ReLU':relu, 'without':lambda h: h}
    def deep(act, scale):
        "What a net with weights of `scale` times one over root n gives: the spread after each layer"
        torch.manual_seed(0)
        hs = [torch.randn(50, 60, dtype=torch.float64)]
        for n in 30,30,40,20:
            m = hs[-1].shape[1]
            hs.append(act(linear1(hs[-1], torch.randn(m, n, dtype=torch.float64)*scale/m**.5, 0.)))
        return [h.std() for h in hs]
    def check(kind, verdict=None):
        got,k = fig.get('spreads'),fig.value('Spread of the weights')
        close(got, [v*k**i for i,v in enumerate(at_one[kind])])
        assert len(got)==11 and verdict in (None, fig.get('verdict')), fig.get('verdict')
        close(fig.ask('spreads', [o.item() for o in deep(acts[kind], 1)], k), deep(acts[kind], k)) # a net with these weights does the same
    check('with ReLU', 'shrink')
    fig.click('Kaiming’s √(2/n)'); check('with ReLU', 'level'); close(fig.value('Spread of the weights'), 2**.5)
    fig.click('without'); check('without', 'grow'); fig.click('1/√n'); check('without', 'level')
    fig.press('Spread of the weights', *['ArrowRight']*30); check('without', 'explode'); assert 1.9<fig.value('Spread of the weights')<2.1
    fig.slide('Spread of the weights', .02); check('without', 'vanish')
    fig.click('with ReLU'); check('with ReLU', 'vanish')
    x,y = fig.middle(fig.part('Spread of the weights')); fig.page.touchscreen.tap(x+180, y); check('with ReLU', 'explode')

@drives('kernel')
def kernel(fig):
    paper,where = fig.root.locator('canvas').first,'Position of the kernel'
    def check(stride, padding):
        x,k = torch.tensor(fig.get('image')).view(1,1,28,28)/255,torch.tensor(fig.get('kernel')).float().view(1,1,3,3)
        want = F.conv2d(x, k, stride=stride, padding=padding)[0,0]
        close(conv2d(x, k, stride=stride, padding=padding)[0,0], want); close(fig.get('map'), want.flatten())
        i,j = fig.get('at')
        close(fig.get('sum'), want[i,j])
        window = F.pad(x, [padding]*4)[0,0,i*stride:,j*stride:][:3,:3]
        close(fig.get('window'), window.flatten()); close(fig.get('products'), (window*k[0,0]).flatten())
        shown = [float(o.replace('−', '-')) for o in fig.root.locator('.mv-nine .grid:last-child span').all_text_contents()]
        assert (torch.tensor(shown)-(window*k[0,0]).flatten()).abs().max()<.0051
    def number(i, j): return fig.root.get_by_role('spinbutton', name=f'Kernel, row {i}, column {j}', exact=True)
    digits = args_of['kernel']['digits']
    assert fig.get('image')==[*bytes.fromhex(digits[args_of['kernel']['digit']])]
    check(1, 0)
    for o in 'upper edges','left edges','outline','blur','sharpen': fig.click(o); check(1, 0)
    for o in digits: fig.click(o); assert fig.get('image')==[*bytes.fromhex(digits[o])]; check(1, 0)
    fig.click('upper edges'); close(fig.get('kernel'), [-1,-1,-1,0,0,0,1,1,1])
    number(2, 2).fill('-2.5'); check(1, 0); close(fig.get('kernel')[4], -2.5)
    number(1, 3).focus(); fig.page.keyboard.press('ArrowUp'); check(1, 0); close(fig.get('kernel')[2], 0)
    number(3, 3).fill(''); check(1, 0); close(fig.get('kernel')[8], 0) # nothing is 0
    for stride in 1,2,3:
        for padding in 0,1,2:
            fig.press('Stride', 'Home', *['ArrowRight']*(stride-1)); fig.press('Padding', 'Home', *['ArrowRight']*padding)
            check(stride, padding)
            for k in 'Home','End': fig.press(where, k); check(stride, padding) # in the corners
            assert fig.get('at')==[len(fig.get('map'))**.5-1]*2
    fig.press('Stride', 'Home'); fig.press('Padding', 'Home'); fig.press(where, 'Home', 'ArrowRight', 'Shift+ArrowDown')
    assert fig.get('at')==[5,1]
    x,y = fig.middle(fig.part(where)); fig.page.mouse.move(x+5, y+5); check(1, 0); assert fig.get('at')==[13,13]
    fig.drag(where, -40, 20); check(1, 0); at = fig.get('at'); assert at[0]>13>at[1]
    fig.touch(where, 30, -30); check(1, 0); at = fig.get('at'); assert at[0]<13<at[1]
    fig.click('Clear'); assert not any(fig.get('image')) and not any(fig.get('map'))
    for paint,dy in (fig.drag,30),(fig.touch,-30):
        before = sum(fig.get('image')); paint(paper, 40, dy); check(1, 0)
        assert sum(fig.get('image'))>before+1000
    before = fig.get('image')
    paper.focus()
    for k in 'ArrowLeft','ArrowLeft','Space',*['ArrowUp']*5: fig.page.keyboard.press(k)
    check(1, 0); assert sum(fig.get('image'))>sum(before)+1000
def pixels(hexed): "Images of bytes, from two hexadecimal digits a pixel"; return torch.tensor([*bytes.fromhex(hexed)]).view(-1,28,28)

@drives('lens')
def lens(fig):
    im = pixels(args_of['lens']['image'])[0].int()
    padded = torch.nn.functional.pad(im, [3]*4, value=-1)
    def check(row, col):
        eq((fig.get('row'),fig.get('col'),fig.get('value')), (row,col,im[row,col].item()))
        want = padded[row:row+7, col:col+7].tolist()
        eq([[-1 if v is None else v for v in o] for o in fig.get('under')], want)
        shown = fig.root.locator('.lens-number').all_text_contents()
        eq([int(o or -1) for o in shown], sum(want, []))
        said = fig.root.locator('.mv-says').text_content()
        assert f'Row {row}, column {col}, counted from 0: {im[row,col]} of 255' in said
        assert fig.part('Lens').get_attribute('aria-valuetext').startswith(f'row {row}, column {col}: {im[row,col]}, ')
        part = re.search(r'im3(\[\d+:\d+, \d+:\d+\])\.$', said)[1]
        eq(eval('im'+part, {'im':im}).flatten().tolist(), [o for o in sum(want, []) if o>=0])
    row,col = (args_of['lens'][o] for o in ('row','col'))
    check(row, col)
    c = fig.part('Lens').bounding_box()['width']/7.3  # about one pixel
    fig.drag('Lens', 3*c, 2*c); check(row:=row+2, col:=col+3)
    fig.touch('Lens', -2*c, 4*c); check(row:=row+4, col:=col-2)
    fig.press('Lens', 'ArrowUp', 'ArrowUp', 'ArrowLeft'); check(row:=row-2, col:=col-1)
    fig.press('Lens', *['Shift+ArrowDown']*3); check(27, col)
    fig.press('Lens', 'Home'); check(27, 0); fig.press('Lens', 'End'); check(27, 27)
    o = fig.root.locator('.lens-paper').bounding_box()
    fig.page.mouse.click(o['x']+o['width']*10.5/28, o['y']+o['height']*4.5/28); check(4, 10)
    fig.page.touchscreen.tap(o['x']+o['width']*20.5/28, o['y']+o['height']*8.5/28); check(8, 20)

@drives('distance')
def distance(fig):
    means,digits = (pixels(args_of['distance'][o]).float()/255 for o in ('means','digits'))
    def check():
        x = pixels(fig.get('pixels'))[0]
        for i,(key,dist) in enumerate(dict(l1=mnist_distance, rmse=rmse_distance).items()):
            want = dist(x.float()/255, means)
            close(fig.get(key), want)
            eq(fig.get('nearest')[i], PixelSimilarity(means, key)(x.float()[None]/255).argmax().item())
            shown = [float(o) for o in fig.root.locator('.distance-value').all_text_contents()[i::2]]
            assert (torch.tensor(shown)-want).abs().max()<=5.1e-5
            assert f'the mean {fig.get("nearest")[i]}' in fig.root.locator('.mv-says').text_content()
        return x.float()/255
    def box(): o = fig.root.locator('canvas'); o.scroll_into_view_if_needed(); return o.bounding_box()
    def at(x, y): b = box(); return b['x']+b['width']*x/28,b['y']+b['height']*y/28
    assert torch.equal(check(), digits[0])
    for label,want in zip(args_of['distance']['labels'], digits): fig.click(f'a {label}'); assert torch.equal(check(), want)
    fig.click('a 3'); fig.press('Moved to the right', 'ArrowRight', 'ArrowRight'); assert torch.equal(check(), digits[0].roll(2, 1))
    fig.slide('Moved to the right', .01); assert torch.equal(check(), digits[0].roll(-8, 1))
    fig.click('empty paper'); assert not check().any() and fig.value('Moved to the right')==0
    fig.page.mouse.move(*at(14, 5)); fig.page.mouse.down(); fig.page.mouse.move(*at(14, 23), steps=6); fig.page.mouse.up()
    x = check(); assert x[5:23,14].min()>.8 and x[:,:10].max()==0 and fig.get('nearest')[0]==1 # a stroke is a one
    cdp = fig.page.context.new_cdp_session(fig.page)
    def touch(kind, *ps): cdp.send('Input.dispatchTouchEvent', dict(type=f'touch{kind}', touchPoints=[dict(x=a, y=b) for a,b in ps]))
    touch('Start', at(4, 20)); [touch('Move', at(4+i, 20)) for i in range(1, 17)]; touch('End')
    y = check(); assert y[20,5:20].min()>.8 and (y>=x).all() # and it grows where the finger went
    fig.click('Erase'); fig.press('Erase', 'Shift+Tab') # the paper, from the buttons after it
    for _ in range(3):
        if fig.page.evaluate('document.activeElement.tagName')!='CANVAS': fig.page.keyboard.press('Shift+Tab')
    for k in ' ', *['ArrowDown']*8, ' ': fig.page.keyboard.press(k)
    z = check(); assert z[14:22,14].max()<.2 and (z<=y).all() and torch.equal(z[:10], y[:10])

@drives('events')
def events(fig):
    runs = args_of['events']['runs']
    eq(len(runs), 32)
    r = subprocess.run([sys.executable, 'tests/noting.py', *runs], cwd=root, env=os.environ|dict(PYTHONPATH=str(root)), capture_output=True)
    tasks,wanted = json.loads(r.stdout)
    wanted = {k:[*map(tuple, v)] for k,v in wanted.items()}
    for k,v in runs.items(): eq([(o['event'],o['who'],o['changed']) for o in fig.ask('steps', v)], wanted[k])
    eq({o:{*v} for o,v in fig.ask('tasks').items()}, {o:{*v} for o,v in tasks.items()})
    def check(key, at):
        eq([*zip(fig.get('run'), fig.get('answers'))], [o[:2] for o in wanted[key]])
        event,who,n = wanted[key][at]
        eq((fig.get('at'),fig.get('event'),fig.get('who'),fig.get('changed')), (at,event,who,n))
        said = fig.root.locator('.mv-says').text_content()
        word = 'AttributeError' if event=='error' else event
        assert said.startswith(word) and fig.root.locator('.mv-title').text_content().startswith(word)
        for o,c in default.items(): assert (c.__name__ in said)==(o in who) or event=='error'
        assert ('No callback answers' in said)==(not who)
        here = fig.root.locator('.mv-event.now'); assert here.count()==1 and (here.text_content()==event or event=='error')
    check('TRP ', 0)
    fig.click('Step', 'Step', 'Step'); check('TRP ', 3); fig.click('Back'); check('TRP ', 2)
    fig.press('Step', *['Enter']*8); check('TRP ', 10); eq((fig.get('half'),fig.get('batch')), ('train',1))
    fig.press('Event', 'ArrowLeft'); check('TRP ', 9); fig.slide('Event', .995); check('TRP ', 28)
    fig.click('CancelBatchException', 'Start again'); check('TRP CancelBatchException', 0)
    fig.press('Event', *['ArrowRight']*9); check('TRP CancelBatchException', 9)
    assert 'goes to after_cancel_batch' in fig.root.locator('.mv-says').text_content()
    o = fig.root.locator('.mv-event', has_text='after_validate'); o.scroll_into_view_if_needed(); o.tap()
    check('TRP CancelBatchException', [o[0] for o in wanted['TRP CancelBatchException']].index('after_validate'))
    eq(fig.get('changed'), 0)
    fig.click('CancelFitException', 'Recorder', 'ProgressCallback'); key = 'T CancelFitException'; check(key, len(wanted[key])-1)
    fig.click('nothing', 'TrainEvalCallback', 'Start again'); check(' ', 0); fig.press('Event', 'End'); check(' ', len(wanted[' '])-1)
    fig.click('Recorder'); fig.press('Event', 'End'); check('R ', len(wanted['R '])-1); assert fig.get('event')=='error'
    fig.click('TrainEvalCallback', 'ProgressCallback', 'Start again', 'Play'); until(fig.page, lambda: fig.get('at')>0); fig.click('Stop')
    check('TRP ', fig.get('at'))
@drives('softmax')
def softmax_(fig):
    def check():
        x,target,temp = tensor(fig.get('scores'), dtype=torch.float64),fig.get('target'),fig.value('Temperature')
        loss = cross_entropy(x[None]/temp, tensor([target])).item()
        close(fig.get('probs'), softmax(x/temp)); close(fig.get('loss'), loss)
        shown = [float(o) for o in fig.root.locator('[data-chance]').all_text_contents()]
        assert torch.allclose(tensor(shown), softmax(x/temp).float(), atol=.00051)
        assert abs(float(fig.root.locator('.mv-readout strong').inner_text())-loss)<=.005*loss
        return x
    x = check(); close(x, args_of['softmax']['scores'])
    def moved(i, by):
        nonlocal x
        old,x = x,check()
        assert [*(x!=old).nonzero()]==[i] and (x-old)[i]*by>0
    fig.drag('Score of 3', dy=-40); moved(3, 1)
    fig.touch('Score of 8', dy=30); moved(8, -1)
    fig.press('Score of 0', 'ArrowUp', 'Shift+ArrowUp', 'ArrowRight'); old = x[0].item(); moved(0, 1); close(x[0], old+1.2)
    fig.press('Score of 4', 'End'); moved(4, 1); fig.press('Score of 5', 'Home'); moved(5, -1); assert x[4]==-x[5]==5
    fig.click('5'); check(); assert fig.get('target')==5 and fig.get('loss')>9
    assert fig.button('Add 1 to all').is_disabled() and fig.button('Take 1 from all').is_disabled()
    fig.press('Temperature', 'Home'); check(); assert fig.value('Temperature')==.1 and fig.get('loss')>99 # as from scores of 50 and -50
    fig.slide('Temperature', .99); check(); assert fig.value('Temperature')>9
    fig.press('4', 'Enter'); check(); assert fig.get('target')==4
    fig.click('Start again'); x = check(); close(x, args_of['softmax']['scores'])
    probs = fig.get('probs')
    fig.click('Add 1 to all'); close(check(), x+1); close(fig.get('probs'), probs)
    fig.press('Take 1 from all', 'Enter', 'Enter'); close(check(), x-1); close(fig.get('probs'), probs)
    for big in [50.,-50.,49.5,0], [1000.,999.,0,-1000.], [-50.]*4:
        x = tensor(big, dtype=torch.float64)
        for t in .1,1,10:
            close(fig.ask('softmax', big, t), softmax(x/t))
            for i in range(4): close(fig.ask('crossEntropy', big, i, t), cross_entropy(x[None]/t, tensor([i])))

@drives('threshold')
def threshold(fig):
    score = [f'Score of image {i}, a {o}' for i,o in enumerate(('three','seven','three'), 1)]
    targets = tensor(args_of['threshold']['targets'])
    def want(p, t, thr):
        "By the library: accuracy, the losses, and their gradients"
        p = tensor(p, dtype=torch.float64, requires_grad=True)
        losses = mnist_loss(p, t, noop),binary_cross_entropy_with_logits(p.logit(), t.to(p.dtype))
        acc = (BCEWithLogitsLossFlat(thresh=thr).decodes(p)==t).double().mean().item()
        if thr==.5: assert acc==pytest.approx(batch_accuracy(p.logit().detach(), t).item())
        return [acc, *(o.item() for o in losses)],[torch.autograd.grad(o, p)[0] for o in losses]
    def check():
        p,i = fig.get('preds'),fig.get('chosen')
        vals,grads = want(p, targets, fig.get('threshold'))
        close([fig.get(o) for o in ('accuracy','mnist','bce')], vals); close([*fig.get('slopes').values()], [o[i] for o in grads])
        shown = [float(o) for o in fig.root.locator('.mv-readout strong').all_text_contents()]
        assert all(abs(a-b)<=.005*b for a,b in zip(shown, vals))
        return p
    p = check(); close(p, args_of['threshold']['preds'])
    def moved(i, by):
        nonlocal p
        old,p = p,check()
        assert [k for k in range(3) if p[k]!=old[k]]==[i]==[fig.get('chosen')] and (p[i]-old[i])*by>0
    acc,loss = fig.get('accuracy'),fig.get('mnist')
    fig.drag(score[2], 40); moved(2, 1); assert fig.get('accuracy')==acc and fig.get('mnist')<loss # as the text says
    fig.press(score[2], 'End'); moved(2, 1); assert fig.get('accuracy')==1
    fig.touch(score[1], 150); moved(1, 1); assert fig.get('accuracy')<1
    fig.press(score[0], 'ArrowLeft', 'Shift+ArrowLeft'); old = p[0]; moved(0, -1); close(p[0], old-.11)
    fig.press('Threshold', 'Home'); assert check()==p and fig.get('threshold')==.01 and fig.get('accuracy')==pytest.approx(2/3)
    fig.drag('Threshold', 200); check(); assert .2<fig.get('threshold')<.5
    fig.touch('Threshold', -50); check(); assert .1<fig.get('threshold')<.3
    fig.press(score[1], 'Home'); p = check()
    fig.click('Start again'); p = check(); close(p, args_of['threshold']['preds']); assert fig.get('threshold')==.5
    fig.press(score[2], *['ArrowRight']*30); assert check()[2]==.5 and fig.get('accuracy')==acc # not above
    assert 'jumps' in fig.root.locator('.mv-readout').inner_text()
    fig.press(score[2], 'ArrowRight'); check(); assert fig.get('accuracy')==1
    p,t = [.5,.001,.999,1e-6,.3],[1,0,1,1,0]
    vals,grads = want(p, tensor(t), .3)
    close([fig.ask('accuracy', p, t, .3), fig.ask('mnistLoss', p, t), fig.ask('bce', p, t)], vals)
    for i in range(5): close([*fig.ask('slopes', p, t, i).values()], [o[i] for o in grads])

# --- what all of them do

@pytest.fixture(scope='module')
def pages(tmp_path_factory):
    "The address of a folder with two pages for each figure: one with the site's policy, style and script, one as a notebook shows it"
    out = tmp_path_factory.mktemp('moving')
    static = out/'_static'
    shutil.copytree(root/'docs/_static', static); (static/'moving').mkdir()
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', (root/'docs/_templates/layout.html').read_text())[0]
    for o in moving_figures():
        (static/f'moving/{o}.js').write_text(figure_source(o), encoding='utf-8')
        bundle = MovingFigure(o, plt.figure(), **args_of.get(o, {}))._repr_mimebundle_()[0]
        args = escape(json.dumps(args_of.get(o, {})))
        div = (f'<div class="moving" data-moving="{o}" data-src="_static/moving/{o}.js" data-args="{args}">'
               f'<img alt="A picture of it" src="data:image/png;base64,{bundle["image/png"]}"></div>')
        def write(file, head, body, theme=''):
            (out/file).write_text(f"""<!DOCTYPE html><html lang="en"{theme}><head><meta charset="utf-8"><title>{o}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">{head}</head>
                <body><main><h1>{o}</h1>{body}</main></body></html>""")
        write(f'{o}.html', policy+'<link rel="stylesheet" href="_static/site.css">',
              div*2+'<script type="module" src="_static/moving.js"></script>', ' data-theme="light"')
        write(f'{o}-live.html', '', bundle['text/html']*2)
    with served(out) as url: yield url

@pytest.fixture
def opened(browser, pages):
    "A function that opens a page with a figure"
    with watched(browser, pages) as new:
        def f(name, kind='site', ready=True, **kwargs):
            page = new(**{'has_touch':True, 'viewport':dict(width=1000, height=900)}|kwargs)
            page.goto(f"{pages}{name}{'-live' if kind=='live' else ''}.html")
            if ready: page.locator('.mv').nth(0).wait_for()
            return SimpleNamespace(page=page, fig=Fig(page, name))
        yield f

each = pytest.mark.parametrize('name', moving_figures())

# Contrast of all text below 4.5. axe looks neither at text in SVG nor at what screen readers do not hear. In SVG the ground is the shape
# just before the text, if that is filled and behind it; elsewhere that of the nearest element which has one
faint = '''root => {
  const rgb = s => (s.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number)
  const light = c => [.2126, .7152, .0722].reduce((sum, w, i) => {
    const v = c[i] / 255
    return sum + w * (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  }, 0)
  const ground = o => {
    const before = o.matches('svg *') && o.previousElementSibling
    if (before && before.matches('rect, circle') && getComputedStyle(before).fill.startsWith('rgb(')) {
      const a = before.getBoundingClientRect(), b = o.getBoundingClientRect(), x = b.x + b.width / 2, y = b.y + b.height / 2
      if (a.left < x && x < a.right && a.top < y && y < a.bottom) return getComputedStyle(before).fill
    }
    for (; o; o = o.parentElement) if (rgb(getComputedStyle(o).backgroundColor)[3] !== 0) return getComputedStyle(o).backgroundColor
    return 'rgb(255, 255, 255)'
  }
  return [...root.querySelectorAll('*')].filter(o => [...o.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) &&
    o.checkVisibility() && !o.matches(':disabled, .mv-heard')).map(o => {
      const style = getComputedStyle(o), [a, b] = [light(rgb(o.matches('svg *') ? style.fill : style.color)), light(rgb(ground(o)))]
      return [o.textContent, (Math.max(a, b) + .05) / (Math.min(a, b) + .05)]
    }).filter(o => o[1] < 4.5)
}'''

@each
@pytest.mark.parametrize('kind', ['site','live'])
def test_numbers_are_the_library_s(opened, name, kind): drivers[name](opened(name, kind, bypass_csp=True).fig) # `ask` imports a second copy

def test_every_figure_is_driven_and_shown():
    "Each has a function above, and stands in a chapter"
    assert [*drivers]==[*dict.fromkeys(drivers)] and {*drivers}=={*moving_figures()}=={*args_of}

@each
@pytest.mark.parametrize('kind', ['site','live'])
def test_two_on_a_page(opened, name, kind):
    "Both are there, the pictures are not, and what is done with one does nothing to the other"
    page = opened(name, kind).page
    page.locator('.mv').nth(1).wait_for()
    for o in page.locator('.moving img').all(): o.wait_for(state='hidden') # a picture goes when its figure is drawn
    assert page.locator('.mv').count()==2
    before = page.locator('.mv').nth(1).evaluate('o => JSON.stringify(o.dataset)')
    for o in page.locator('.mv').first.get_by_role('slider').all():
        o.focus()
        for k in 'ArrowRight','End': page.keyboard.press(k)
    assert page.locator('.mv').nth(1).evaluate('o => JSON.stringify(o.dataset)')==before
    assert page.locator('.mv').nth(0).evaluate('o => JSON.stringify(o.dataset)')!=before

@each
@pytest.mark.parametrize('kind,scheme', [('site','light'),('site','dark'),('live','dark')])
def test_phone_day_and_night(opened, name, kind, scheme):
    "Nothing sticks out on the right at 390 pixels, or is cut off; axe finds nothing, all text has contrast; it is dark where the page is"
    page = opened(name, kind, color_scheme=scheme, viewport=dict(width=390, height=844), bypass_csp=True).page
    if (kind,scheme)==('site','dark'): page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.evaluate('document.documentElement.scrollWidth')<=390
    out = page.locator('.mv').first.evaluate("""o => [...o.querySelectorAll('*')].filter(
        n => !n.closest('clipPath, [clip-path], .mv-heard') && n.getBoundingClientRect().right>o.getBoundingClientRect().right+1)
        .map(n => n.outerHTML.slice(0, 80))""")
    assert not out
    cut = "o => [...o.querySelectorAll(':not(svg *, .mv-heard)')].filter(n => n.clientWidth && n.scrollWidth>n.clientWidth+1)"
    assert not page.locator('.mv').first.evaluate(cut+'.map(n => n.outerHTML.slice(0, 80))')
    light = page.locator('.mv').first.evaluate("o => getComputedStyle(o).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    assert (max(light)<80)==(scheme=='dark')
    assert not page.locator('.mv').first.evaluate(faint)
    pytest.importorskip('axe_playwright_python', reason='no axe here')
    assert not axe(page)

@each
@pytest.mark.parametrize('kind', ['site','live'])
def test_what_has_the_focus_shows_it(opened, name, kind):
    page = opened(name, kind).page
    page.locator('.mv').first.evaluate("o => o.querySelector('button, input, [tabindex]').focus()")
    n = page.locator('.mv').first.locator('button:enabled, input, [tabindex="0"]').count()
    for _ in range(n-1):
        page.keyboard.press('Tab')
        outline,what = page.evaluate("() => { const o = document.activeElement; return [getComputedStyle(o).outlineStyle, o.outerHTML] }")
        assert outline!='none', what

def test_things_stand_still_for_those_who_ask(opened):
    "A run is over at once"
    fig = opened('descent', reduced_motion='reduce').fig
    fig.slide('Learning rate', .3); fig.click('Start again', 'Run')
    assert fig.get('verdict')=='arrived' and not fig.button('Stop').count()
    fig = opened('events', reduced_motion='reduce').fig
    fig.click('Play'); assert fig.get('event')=='after_fit' and not fig.button('Stop').count()

@pytest.mark.parametrize('kind', ['site','live'])
def test_the_picture_stays(opened, kind, browser, pages):
    "Without scripts; and where a module cannot be had, or fails"
    page = opened('descent', kind, ready=False, java_script_enabled=False).page
    assert page.locator('.moving img:visible').count()==2 and not page.locator('.mv').count()
    c = browser.new_context()
    page,said = c.new_page(),[]
    page.on('console', lambda m: said.append(m.text))
    page.route('**/*', lambda r: r.fulfill(body=r.fetch().text().replace('const f = frame(el', 'null.x; const f = frame(el'),
                                           content_type='text/javascript' if '.js' in r.request.url else 'text/html'))
    page.goto(f"{pages}descent{'-live' if kind=='live' else ''}.html")
    until(page, lambda: len(said)>1) # both have failed
    assert page.locator('.moving img:visible').count()==2 and not page.locator('.mv').count() and 'stays still' in said[0]
    assert page.locator('.moving > *').count()==2 # and nothing else is left there
    c.close()

def test_on_the_site(site, at, browser):
    "Each is on its chapter's page, with a picture that is described; other pages load nothing for it"
    c = browser.new_context()
    page,wrong = c.new_page(),[]
    page.on('console', lambda m: m.type in ('error','warning') and wrong.append(m.text))
    shown = {}
    for nb,m in stored(): shown.setdefault(re.sub(r'(^|/)\d\d_', r'\1', nb), []).append(m)
    for o,ms in shown.items():
        html = (site/f'{o}.html').read_text(encoding='utf-8')
        imgs = re.findall(r'<div class="moving"[^>]*>(?:<span[^>]*>)?<img [^>]*alt="([^"]+)"', html)
        assert len(imgs)==len(ms) and '<template' not in html and 'moving.js' in html
        page.goto(f'{at}{o}.html')
        for i,m in enumerate(ms):
            page.locator('.mv').nth(i).wait_for()
            assert page.locator('.moving').nth(i).get_attribute('data-moving')==m['name']
        for o in page.locator('.moving img').all(): o.wait_for(state='hidden')
    assert not wrong and 'moving.js' not in (site/'index.html').read_text(encoding='utf-8')
    c.close()

def test_cleaning_keeps_what_is_shown():
    "`nbdev_clean` leaves a figure's name and values where they are"
    from nbdev.clean import clean_nb
    from nbdev.config import get_config
    fig = MovingFigure('descent', plt.figure(), lr=.1)
    data,meta = fig._repr_mimebundle_()
    cell = dict(cell_type='code', id='a', source=['x'], metadata={}, outputs=[dict(output_type='display_data', data=data, metadata=meta)])
    keys = 'allowed_out_metadata_keys' # of nbdev 3, which drops all others
    kept = {keys:get_config().get(keys)} if keys in signature(clean_nb).parameters else {}
    clean_nb(nb := dict(cells=[cell], metadata={}, nbformat=4, nbformat_minor=5), **kept)
    assert nb['cells'][0]['outputs'][0]['metadata']['moving']==dict(name='descent', args=dict(lr=.1))
