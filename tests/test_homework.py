"""The checker: it calls wrong homework by its name, passes right homework in any style, does no harm and takes none; and the notebook of
tasks, empty and filled in.

The answers that it is tried with are in the folder homework: `wrong.py` and `right.py`."""
import functools, importlib.util, json, math, operator, os, random, re, sys, threading, time
from pathlib import Path

import numpy as np
import nbformat, pytest, torch
from filelock import FileLock
from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.tools.homework import (check, check_file, check_folder, class_table, isolation, progress, runner, session, tasks,
                                               verdict)
from mnist_from_scratch.tools.homework.compare import difference
from mnist_from_scratch.tools.homework.engine import handed_in, judge, why_not_finite
from mnist_from_scratch.tools.homework.hints import all_hints, exceptions, general, hints_for
from mnist_from_scratch.tools.homework.task import given, Task

here = Path(__file__).parent
def answers(name):
    spec = importlib.util.spec_from_file_location(name, here/'homework'/f'{name}.py')
    spec.loader.exec_module(mod := importlib.util.module_from_spec(spec))
    return mod.answers
wrong,right = answers('wrong'),answers('right')
def limit(mistake): return .3 if mistake=='too slow' else 20

# --- what it knows

@pytest.mark.parametrize('task,mistake,fn', wrong, ids=[f'{t}-{m}' for t,m,_ in wrong])
def test_wrong(task, mistake, fn):
    "A wrong answer gets the name of its mistake, and the two hints for it"
    v = judge(tasks[task], fn, limit(mistake))
    assert (v.status, v.mistake)==('wrong', mistake), v
    hints = [m.hints for m in tasks[task].mistakes if m.name==mistake] or [hints_for(mistake)]
    assert tuple(v.hints) in hints and len(v.hints)==2 and all(v.hints) and v.came+v.should

@pytest.mark.parametrize('task,fn', right, ids=[t for t,_ in right])
def test_right(task, fn):
    v = judge(tasks[task], fn)
    assert v, v

def test_there_are_enough():
    "25 tasks, 80 wrong answers and 40 right ones, some of each task"
    assert len(tasks)>=25 and len(wrong)>=80 and len(right)>=40
    assert {t for t,*_ in wrong}=={t for t,_ in right}==set(tasks)
    assert sum(m not in general for _,m,_ in wrong)>=80         # known by name, and not in general

def test_every_mistake_has_two_hints():
    "(That each can be told from the others is checked in the chapter.)"
    for t in tasks.values():
        for m in t.mistakes: assert len(m.hints)==2 and all(m.hints) and m.hints[0]!=m.hints[1], (t.name, m.name)

@pytest.mark.parametrize('task,gone,fn', [o for o in wrong if o[1] not in general][::8], ids=lambda o: o if isinstance(o, str) else '')
def test_it_is_the_entry_that_counts(task, gone, fn, monkeypatch):
    "Without its entry a mistake is no longer named"
    monkeypatch.setattr(tasks[task], 'mistakes', [m for m in tasks[task].mistakes if m.name!=gone])
    assert judge(tasks[task], fn).mistake!=gone

def test_two_mistakes_are_named_one_after_the_other():
    def softmax(x): return x.exp()/x.exp().sum(0)
    assert check('softmax', softmax).mistake=='softmax over the wrong axis'
    def softmax(x): return x.exp()/x.exp().sum(-1, keepdim=True)
    assert check('softmax', softmax).mistake=='overflow'
    def loop(model, dl, opt, loss_func):
        for xb,yb in [*dl][:-1]: loss_func(model(xb), yb).backward(); opt.step()
    assert check('train_epoch', loop).mistake=='gradients not cleared'
    class Learner(tasks['Learner'].right):
        def fit(self, n):
            self.model.train = self.model.eval = lambda *_: self.model.__dict__.update(training=True)
            self.cbs = [c for c in self.cbs if not hasattr(c, 'before_fit')]
            super().fit(n)
    assert check(Learner).mistake=='eval() forgotten'

def test_no_name_by_chance():
    "One value alike is not enough: a schedule that is always 0 is not one that only begins there"
    assert check('one_cycle', lambda *args: 0.).mistake=='something else'
    assert check('sigmoid', lambda x: x*0+.5).mistake!='tanh' and check('relu', lambda x: x).mistake=='something else'

earlier = (dict(
    softmax='def softmax(x): return x.exp()/x.exp().sum(-1, keepdim=True)',
    log_softmax='def log_softmax(x): return softmax(x).log()',
    cross_entropy="""def cross_entropy(acts, targs): return nll(log_softmax(acts), targs)
def nll(lp, t): return -lp[range(len(t)),t].mean()""",
    calc_grad='def calc_grad(xb, yb, model, loss_func): loss_func(model(xb), yb)',
    train_epoch="""def train_epoch(model, dl, opt, loss_func):
    for xb,yb in dl: calc_grad(xb, yb, model, loss_func); opt.step(); opt.zero_grad()""",
    Learner="""class Learner:
    def __init__(self, dls, model, loss_func, opt_func, lr, cbs): pass
    def fit(self, n): [calc_grad(None, None, lambda x: x, lambda p,t: p) for _ in range(n)]""",
    sigmoid='def sigmoid(x): return 1/(1+torch.exp(-x.clamp(-80, 80)))/2',
    mnist_loss='def mnist_loss(p, t): return sigmoid(p).sub(t.float()).mean()',
    BasicOptim="""class BasicOptim:
    def __init__(self, ps, lr): self.ps,self.lr = list(ps),lr
    def step(self): sgd_step(self.ps, self.lr)
    def zero_grad(self):
        for p in self.ps: p.grad = None""",
    sgd_step='def sgd_step(params, lr):\n    for p in params:\n        if p.grad is not None: p.data += lr*p.grad'))
def hand(*names, **others):
    ns = dict(torch=torch, __name__='hand_in')
    for k in names: exec(earlier[k], ns)
    return ns|others

def judged(name, ns):
    before = dict(ns)
    v = judge(tasks[name], ns[name])
    assert ns==before
    return v

def test_a_mistake_in_an_earlier_task():
    "What they call, and what that calls, is looked at first"
    for later,names in dict(train_epoch=['calc_grad'], cross_entropy=['softmax','log_softmax'], BasicOptim=['sgd_step']).items():
        v = judged(later, hand(later, *names))
        assert v.mistake=='in an earlier task' and v.given and v.came and all(f'`{k}`' in h for k in names for h in v.hints), v
    assert v.hints[1].endswith('What is wrong in `sgd_step`: uphill.') and 'uphill' not in v.hints[0]
def test_mistakes_in_both():
    v = judged('mnist_loss', hand('sigmoid','mnist_loss'))
    assert v.mistake=='differences cancel' and all('`sigmoid`' in h for h in v.hints), v
    assert judged('Learner', hand('Learner','calc_grad')).mistake!='in an earlier task'
def test_an_earlier_task_is_not_blamed_for_nothing():
    "It isn't called, or it makes no difference"
    for src in 'return (torch.sigmoid(p)-t.float()).mean()', 'sigmoid(p); return (p.sigmoid()-t.float()).mean()':
        ns = hand('sigmoid'); exec('def mnist_loss(p, t): '+src, ns)
        v = judged('mnist_loss', ns)
        assert v.mistake=='differences cancel' and 'sigmoid' not in ' '.join(v.hints)

# --- what it says

def test_no_paper_for_what_is_not_shown():
    "Where the input is not on the card, nobody is asked to work it out"
    assert 'on paper' in judge(tasks['relu'], lambda x: x*3).hints[0]
    for name in 'train_epoch','train_ten','validate_epoch','simple_net':
        assert 'on paper' not in ' '.join(judge(tasks[name], lambda *args: 3).hints)

def test_the_slope_is_that_of_the_function():
    "A sigmoid has the slope s(1-s), at 1 0.1966, and a relu 0 or 1: no weights that nobody sees"
    def sigmoid(x): return 1/(1+torch.exp(-x))
    assert check(sigmoid).should=='the gradient: [0, 0.1966, 0]'
    assert set(re.findall(r'[\d.]+', check('relu', lambda x: torch.relu(x).detach()).should))<={'0','1'}

def test_hints_get_clearer_and_begin_again():
    session._attempts.clear()
    def three(): return [check('relu', torch.abs).hint for _ in range(3)]
    a,b,c = three()
    assert a!=b==c and check('relu', torch.abs).title=='relu: not right yet (absolute value)'
    assert check('relu', torch.relu) and three()==[a,b,c]

def test_the_second_attempt_gets_the_clear_hint_whatever_its_mistake():
    "… and one at another task the gentle one"
    session._attempts.clear()
    tries = [lambda a,b: (a-b).mean(), lambda a,b: (a-b).abs().sum(), lambda a,b: (a-b).abs().mean()]
    vs = [check('mnist_distance', f) for f in tries]
    assert len({v.mistake for v in vs})==3 and [v.hint for v in vs]==[vs[0].hints[0],vs[1].hints[1],vs[2].hints[1]]
    v = check('rmse_distance', tries[0])
    assert v.hint==v.hints[0]!=v.hints[1]

def test_two_mistakes_at_once_are_both_named():
    "The first hint counts them and begins with one, the second explains each"
    for f,n in (lambda a,b: (a-b).mean(), 2), (lambda a,b: (a-b).abs().sum(), 2), (lambda a,b: (a-b).sum(), 3):
        v = check('mnist_distance', f)
        parts = re.split(', | and ', v.mistake)
        assert len(parts)==n and 'for the whole batch' in v.mistake
        gentle,clear = zip(*(hints_for(o, 'mnist_distance') for o in parts))
        count = ['Two','Three'][n-2]
        assert v.hints[0]==f'{count} things are wrong here. Begin with the first: {gentle[0]}' and all(o in v.hints[1] for o in clear)
        assert v.hints[1].startswith(f'{count} things')

def test_no_hint_is_cut():
    for t in tasks.values():
        for m in t.mistakes: assert all(verdict.shorten(h)==h for h in m.hints), (t.name, m.name)

@pytest.mark.parametrize('fn,mistake,says', [
    (lambda x: x.exp(), 'an axis too many', ['mean or sum']), (lambda x: x.exp().sum(-1)[0,0], 'an axis too few', ['keepdim']),
    (lambda x: x.softmax(-1).sum(0).mT, 'axes exchanged', ['`.T`']), (lambda x: torch.ones(2,4), 'shape', ['slice'])])
def test_a_wrong_shape_leads_on(fn, mistake, says, monkeypatch):
    "The first hint points to the shapes, the second says which axes are wrong, and what to do about it"
    t = Task('of_shape', lambda x: x.softmax(-1).sum(0), 'softmax', '', [given(torch.arange(12.).view(2,2,3).sin())])
    try: v = judge(t, fn)
    finally: del tasks['of_shape']
    assert v.mistake==mistake and 'shapes' in v.hints[0] and all(o in v.hints[1] for o in says), v

def test_the_same_wrong_shape_twice():
    "A second attempt at fault in the same way gets another hint"
    session._attempts.clear()
    a,b = (check('softmax', f) for f in (lambda x: x.exp().sum(), lambda x: x.exp().mean()))
    assert a.mistake==b.mistake=='an axis too few' and a.hint!=b.hint and 'Name the axes' in b.hint
    assert check('linear1', lambda x,w,b: (x@w+b).expand(-1,3)).mistake=='an axis of 1 stretched'

@pytest.mark.parametrize('task,fn,mistake', [
    ('rmse', lambda p,t: (p-t).mean().sqrt(), 'no square before the root'),
    ('rmse', lambda p,t: (p-t).mean()**.5, 'no square before the root'),
    ('rmse', lambda p,t: math.sqrt((p-t).mean()), 'outside of the domain'),
    ('rmse', lambda p,t: ((p-t)**3).mean()**.5, 'no square before the root'),
    ('rmse', lambda p,t: float((p-t).mean())**.5, 'root of a negative number'),
    ('rmse_distance', lambda a,b: ((a-b)**3).mean((-1,-2)).sqrt(), 'root of a negative number'),
    ('mse', lambda p,t: torch.pow(p-t, 1.5).mean(), 'root of a negative number')])
def test_the_root_of_a_negative_number(task, fn, mistake):
    "… has nothing to do with exponentials"
    v = judge(tasks[task], fn)
    assert v.mistake==mistake and not any('xponential' in h or 'logarithm' in h for h in v.hints), v
    assert any(o in v.hints[1] for o in ('negative','squared')), v

@pytest.mark.parametrize('cause,fns', {
    'root of a negative number':(torch.sqrt, lambda x: x**.5, torch.rsqrt), 'logarithm of 0 or less':(torch.log, lambda x: x.abs().log2()),
    'exponential too large':(torch.exp, lambda x: math.e**x, lambda x: (x.exp()+1).log()),
    'division by zero':(lambda x: 1/x, lambda x: x/(x-x), lambda x: x**-1), 'mean of nothing':(lambda x: x[:0].mean(),),
    'not a number':(lambda x: x+float('inf'),)}.items())
def test_the_first_step_that_is_not_finite(cause, fns):
    for f in fns: assert why_not_finite(f, given(torch.tensor([-4.,0.,1000.])), 5)==cause

def test_text_fits_80_columns():
    for task,mistake,fn in wrong[::3]:
        text = repr(check(task, fn, seconds=limit(mistake)))
        assert max(map(len, text.splitlines()))<=80 and text.startswith(f'{task}: not right yet') and 'hint' in text

def test_card_escapes_everything():
    bad = '<script>alert(1)</script>&"'
    def relu(x): raise ValueError(bad)
    v = check('relu', relu, answer=True)
    page = v._repr_html_()
    assert '<script' not in page and '&lt;script&gt;' in page and '<pre' in page
    for k in 'task','given','came','should','hint','answer':
        assert bad not in verdict.Verdict(**{**dict(task='x', status='wrong'), k:bad})._repr_html_()

def test_the_name_is_enough():
    def relu(x): return x.clamp(min=0)
    assert check('relu') and check(relu) and check('relu', torch.relu)
    del relu
    v = check('relu')
    assert v.status=='missing' and not v and '`relu(x)`' in v.hint
    relu = 3
    assert check('relu').mistake=='arguments'
    for bad in 'rellu','foo': pytest.raises(MnistError, check, bad)
    with pytest.raises(MnistError, match="no task is called foo; give its name first"):
        def foo(): pass
        check(foo)

def test_the_books_own_does_not_count():
    for t in tasks.values(): assert judge(t, t.right).mistake=="the book's own"

def test_where_an_exception_was():
    def relu(x):
        y = x
        return y.nothing_like_that
    v = check(relu)
    assert v.mistake=='no such attribute' and "'nothing_like_that'" in v.came and re.search(r'\(line \d+: return y.nothing_like_that\)$',
        v.came) and '\n' not in v.came

@pytest.mark.parametrize('src,meant', [('sofmax(x)','softmax'), ('torch.rleu(x)','relu'), ('log(x)','torch.log'),
                                       ('one_hot(x)','F.one_hot'), ('x.clmp(min=0)','clamp'), ('(lambda much: muhc)(x)','much'),
                                       ('nothing_like_it',None)])
def test_did_you_mean(src, meant):
    "A name in scope, one of PyTorch, or one of the object"
    exec(f'def relu(x): return {src}', ns := dict(torch=torch, softmax=1, __name__='hand_in'))
    came = check('relu', ns['relu']).came
    assert f'. Did you mean {meant}?' in came if meant else 'mean' not in came

def test_what_lacks_everything_else_too():
    "No crash where the thing that lacks an attribute cannot say what it has"
    class Odd:
        def __dir__(self): raise OSError
        def __getattr__(self, k): raise AttributeError(k, name=k, obj=self)
    assert check('relu', lambda x: Odd().foo).mistake=='no such attribute'

def test_each_hint_in_the_file_is_shown():
    "… by a mistake of its task, or by several; a heading that is misspelled would be shown by none"
    for head,h in all_hints.items():
        kind,_,mistake = head.partition(': ')
        pair = h['gentle'],h['clear']
        if kind=='any task': assert sum(m.name==mistake and m.hints==pair for t in tasks.values() for m in t.mistakes), head
        elif kind not in ('seen','exception'): assert any(m.hints==pair for m in tasks[kind].mistakes), head

def test_a_mistake_without_hints_is_refused():
    n = len(tasks['relu'].mistakes)
    with pytest.raises(MnistError, match=re.escape('add [relu: of a new kind] to hints.ini')):
        tasks['relu'].wrong('of a new kind', torch.sign)
    assert len(tasks['relu'].mistakes)==n

def test_each_exception_has_its_own_hints():
    "… and the first row of the table that fits is not hidden by one above it"
    assert len(exceptions)>=40
    for k,pat in exceptions.items():
        re.compile(pat)
        assert len(general[k])==2 and general[k][0]!=general[k][1]
    named = {m for _,m,_ in wrong}
    assert len(named & set(exceptions))>=30

def test_two_numbers_that_look_alike():
    "As many digits as it takes to see the difference"
    v = check('rmse', lambda p,t: ((p-t)**2).mean().sqrt()*1.0003)
    assert (v.came,v.should)==('3.001','3')
    a,b = difference(torch.tensor([1.,2.000001]), torch.tensor([1.0000001,2.5]))
    assert (a,b)==('[1, 2]','[1, 2.5]')
    a,b = difference(torch.arange(20.)+1.0002, torch.arange(20.)+1)
    assert (a,b)==('1.0002 at [0]','1 at [0]')

@pytest.mark.parametrize('fn', [lambda: 0, lambda x,y: 0, lambda *,x: 0])
def test_arguments(fn):
    v = judge(tasks['relu'], fn)
    assert v.mistake=='arguments' and v.should=='relu(x)' and v.came.startswith('relu(')
def test_arguments_that_have_a_default_in_the_book():
    def calc_grad(xb, yb, model): pass
    assert check(calc_grad).mistake=='arguments'
    def relu(x, inplace=False): return x.clamp(min=0)
    assert check(relu)

def test_progress():
    session._state.clear()
    check('relu', torch.relu); check('mse', torch.abs); check('rmse')
    p = progress()
    assert repr(p).startswith(f'1 of {len(tasks)} right') and '+ relu' in repr(p) and 'x mse' in repr(p) and '. rmse' in repr(p)
    assert p._repr_html_().count('✓')==1 and p._repr_html_().count('✗')==1 and all(k in p._repr_html_() for k in tasks)

def test_a_nan_of_another_kind_is_not_the_known_one():
    "All that is nan looks alike, and what makes it tells it apart"
    assert check('rmse', lambda p,t: (p-t).log().mean()).mistake=='logarithm of 0 or less'

# --- no harm

w,names = torch.ones(3, requires_grad=True),[1]
net = torch.nn.Linear(2, 1)
count = 0
def vandal(x):
    global w, count, count2
    print('noise'); sys.stderr.write('noise')
    random.seed(1); np.random.seed(1); torch.manual_seed(1); torch.set_default_dtype(torch.float32)
    if w is not None: w.data += 1
    net.weight.data.zero_(); net.bias.grad = torch.ones(1)
    w,count,count2 = None,count+1,3
    torch.set_grad_enabled(False); torch.set_default_dtype(torch.float64)
    return x.clamp(min=0)

def test_nothing_is_changed(capsys):
    "Not the generators, the switches, the globals, their tensors, the modules; and nothing is printed"
    def state():
        return (random.getstate(),np.random.get_state()[1].tolist(),torch.get_rng_state().tolist(),torch.is_grad_enabled(),
                torch.get_default_dtype(),w.tolist(),net.weight.tolist(),
            net.bias.grad,count,id(w),set(globals()),set(sys.modules))
    judge(tasks['relu'], torch.relu)
    before = state()
    assert judge(tasks['relu'], vandal) and check('relu', vandal)
    assert state()==before
    assert capsys.readouterr()==('','')

def test_a_step_that_trains_globals():
    "A loop that uses a global model instead of its argument does not train it"
    ns = dict(model=torch.nn.Linear(2, 1))
    exec("""def train_epoch(m, dl, opt, f):
    for x,y in dl: f(model(x), y).backward(); [p.data.sub_(p.grad) for p in model.parameters()]""", ns)
    before = [p.clone() for p in ns['model'].parameters()]
    assert not judge(tasks['train_epoch'], ns['train_epoch'])
    assert all(torch.equal(a, b) and b.grad is None for a,b in zip(before, ns['model'].parameters()))

def forever(x):
    while True:
        try: 1/0
        except Exception: pass
def sleeps(x): time.sleep(60)
def never_ends(x, y, bs):
    while True: yield x[:1],y[:1]

def test_too_slow():
    for fn in forever,sleeps: assert check('relu', fn, seconds=.2).mistake=='too slow'
    assert check('batches', never_ends, seconds=.5).status=='wrong'
    time.sleep(.5)      # no alarm is left

def test_too_slow_in_a_thread():
    "Where there are no alarms: in threads, and on Windows"
    res = []
    def passes(x):
        while True: pass
    for f in forever,passes:
        t = threading.Thread(target=lambda: res.append(check('relu', f, seconds=.2).mistake), daemon=True); t.start(); t.join(30)
    assert res==['too slow']*2

def test_too_slow_without_alarms(monkeypatch):
    monkeypatch.delattr(isolation.signal, 'setitimer')
    assert check('relu', forever, seconds=.2).mistake=='too slow' and check('relu', torch.relu)

def test_interrupt_gets_through():
    def relu(x): raise KeyboardInterrupt
    pytest.raises(KeyboardInterrupt, check, relu)
def test_exit_does_not():
    def relu(x): sys.exit('bye')
    assert check(relu).came.startswith('SystemExit: bye')

# --- files

class_of_ten = dict(
    good='import torch\ndef mse(p, t): return ((p-t)**2).mean()\ndef relu(x): return torch.relu(x)\ndef accuracy(a, t): return '
    '(a.argmax(1)==t).float().mean()',
    wrong='def mse(p, t): return ((p-t)**2).mean().sqrt()\ndef relu(x): return x.abs()',
    loops='def relu(x):\n    while True: pass\ndef mse(p, t): return ((p-t)**2).mean()',
    blocks='import ctypes\ndef mse(p, t): return ((p-t)**2).mean()\ndef relu(x):\n    while True:\n        try:\n            while True: '
    'pass\n        except BaseException: pass',
    exits='import os\ndef mse(p, t): os._exit(3)\ndef relu(x): return x.clamp(min=0)',
    crashes='import ctypes\ndef relu(x): ctypes.string_at(0)\ndef accuracy(a, t): return (a.argmax(1)==t).float().mean()',
    eats='import torch\ndef relu(x): return [0]*10**10\ndef mse(p, t): return torch.zeros(10**11).mean()',
    syntax='def mse(p, t) return 0',
    dies='import os\nos.kill(os.getpid(), 9)',
    late='def relu(x): return x.clamp(min=0)\nprint(input())\nwhile True: pass\ndef mse(p, t): return ((p-t)**2).mean()',
    begins='while True:\n    try:\n        while True: pass\n    except BaseException: pass\nimport os; os._exit(0)\nimport sys; '
    'sys.exit()\ndef mse(p, t): return ((p-t)**2).mean()\ndef relu(x): return x.clamp(min=0)',
    inside_c='def mse(p, t): return sum(range(10**13))\ns = sum(range(10**13))\ndef relu(x): return x.clamp(min=0)',
    sleeps='import time\ndef mse(p, t): time.sleep(10**6)\ndef relu(x): return x.clamp(min=0)',
    shuts='import os, sys, builtins, json\nos.closerange(0, 99)\nos.chdir("/")\nbuiltins.open = json.dumps = os._exit = None\ndef mse(p, '
    't): return ((p-t)**2).mean()\ndef relu(x): sys.stdout.close(); os.chdir("/"); return x.clamp(min=0)',
    stays='import threading\ndef mse(p, t):\n    if len(p)==1: threading.Thread(target=lambda: [0 for _ in iter(int, 1)], '
    'daemon=True).start()\n    return ((p-t)**2).mean()\ndef relu(x): return x.clamp(min=0)',
    gone='import os\nos.remove(__file__)\ndef mse(p, t): os._exit(1)\ndef relu(x): return x.clamp(min=0)',
    fills='x = []\nwhile True: x.append(bytearray(2**24))\ndef mse(p, t): return ((p-t)**2).mean()\ndef relu(x): return x.clamp(min=0)',
    keeps='x = []\ndef mse(p, t):\n    while True: x.append(bytearray(2**24))\ndef relu(x): return x.clamp(min=0)',
    mute='class E(BaseException):\n    def __str__(self): raise self\nraise E\ndef mse(p, t): return ((p-t)**2).mean()\ndef relu(x): '
    'return x.clamp(min=0)',
    ends='import atexit, os\nclass E(Exception):\n    def __del__(self): os._exit(0)\nraise E\ndef mse(p, t): return '
    '((p-t)**2).mean()\ndef relu(x): return x.clamp(min=0)',
    breaks='import torch\ndef mse(p, t): torch.manual_seed = torch.Tensor.clamp = torch.equal = None\ndef relu(x): return x.clamp(min=0)',
    clears='import sys\ndef mse(p, t): sys.modules.clear()\ndef relu(x): return x.clamp(min=0)',
    ghost='class Ghost:\n    def __getattribute__(self, k): raise SystemExit\n    def __call__(self, *_): pass\nmse = Relus = Ghost()\ndef '
    'relu(x): return x.clamp(min=0)',
    vandal='import torch\ntorch.tensor = torch.nn.functional.relu = torch.Tensor.mean = None\ntorch.set_default_dtype(torch.float64)',
    pandas='raise SystemExit("not yours")', torch_='', statistics='raise SystemExit("not yours")',
    thief='import statistics\nfrom good import mse\ndef relu(x): return x.clamp(min=0)')

def fill(folder):
    "Put all hand-ins there"
    folder.mkdir()
    for k,v in class_of_ten.items(): (folder/f'{k}.py').write_text(v)
    cells = ['%matplotlib inline\n!ls\ndef mse(p, t): return ((p-t)**2).mean()', '%%bash\nexit', 'raise ValueError("<b>")',
             'def relu(x): return x.clamp(min=0)']
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell('# x'), *map(nbformat.v4.new_code_cell, cells)]),
                   folder/'book.ipynb')
    (folder/'broken.ipynb').write_text('{"cells": 3}')
    (folder/'bytes.py').write_bytes(b'\xff\xfe')
    (folder/'latin.py').write_bytes('# -*- coding: latin-1 -*-\r\nä = "é"\r\ndef mse(p, t): return ((p-t)**2).mean()'.encode('latin-1'))
    (folder/'bom.py').write_bytes(b'\xef\xbb\xbf'+class_of_ten['good'].replace('\n', '\r\n').encode())
    for k,v in dict(null=b'\0', cookie=b'# coding: hex\n', empty=b'', deep=b'x = '+b'-'*10**5+b'1').items():
        (folder/f'{k}.py').write_bytes(v)
    (folder/'folder.py').mkdir(); os.mkfifo(folder/'pipe.py'); (folder/'loop.py').symlink_to(folder/'loop.py')
    with open(bytes(folder)+b'/odd\xff.py', 'w') as f: f.write(class_of_ten['good'])
    (folder/r'odd\udcff.py').write_text(class_of_ten['wrong'])
    (folder/'eve\neve.py         3  +++\n.py').write_text(class_of_ten['wrong'])
    (folder/'\x1b[31m\u202e字字字字字字字字字字字字字.py').write_text('raise ValueError("\\x1b[2J\\n3  +++")')
    (folder/'notes.txt').write_text('no hand-in')

@pytest.fixture(scope='module')
def checked(tmp_path_factory):
    "The folder of hand-ins, and what was found in it; workers of pytest-xdist share one"
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if 'PYTEST_XDIST_WORKER' in os.environ else base)/'hand_ins'
    found = folder.with_name('hand_ins.json')
    with FileLock(f'{found}.lock'):
        if not found.exists():
            fill(folder)
            rows = check_folder(folder, ['mse','relu','accuracy'], seconds=1, memory=.25)
            found.write_text(text := json.dumps(rows))
            assert json.loads(text)==rows
    return folder,json.loads(found.read_text())
@pytest.fixture(scope='module')
def hand_ins(checked): return checked[0]
@pytest.fixture(scope='module')
def results(checked): return checked[1]

@pytest.mark.slow
def test_a_class(results, hand_ins):
    "One bad hand-in stops nobody; each gets what it deserves"
    def got(k): return [results[k]['tasks'][t]['mistake'] or 'right' for t in ('mse','relu','accuracy')]
    # without the notes, with the one that removed itself
    assert {f'{k}.py' for k in [*class_of_ten,'bytes']}|{'book.ipynb',
                                                         'broken.ipynb'} <= set(results) and len(results)==len([*hand_ins.iterdir()])
    assert got('good.py')==['right']*3 and results['good.py']['passed']==3 and results['good.py']['error']==''
    assert got('wrong.py')==['RMSE called MSE','absolute value','missing']
    assert got('loops.py')==['right','too slow','missing']
    assert got('blocks.py')==['right','too slow','missing']
    assert got('exits.py')==['an end of everything','right','missing']
    assert got('crashes.py')==['missing','an end of everything','right']
    assert got('eats.py')==['too much memory']*2+['missing']
    assert got('syntax.py')==['missing']*3 and 'SyntaxError' in results['syntax.py']['error'] and 'line 1' in results['syntax.py']['error']
    assert got('dies.py')==['missing']*3 and 'SIGKILL' in results['dies.py']['error']
    assert 'EOFError' in results['late.py']['error'] and got('late.py')[1]=='right'
    assert got('book.ipynb')==['right','right','missing']
    assert all(o in results['book.ipynb']['error'] for o in ('ValueError: <b>','code cell 3'))
    for k in 'broken.ipynb','bytes.py': assert got(k)==['missing']*3 and 'cannot be read' in results[k]['error']

def test_only_the_statement_and_the_task(results):
    "What ends the process, or never ends, costs itself, wherever it is: what is defined after it counts, and other tasks do"
    def got(k): return [results[k]['tasks'][t]['mistake'] or 'right' for t in ('mse','relu')]
    assert got('late.py')==got('begins.py')==['right']*2
    assert results['begins.py']['error']=='it did not end in 1 seconds (line 1: while True:). And 2 more like this.'
    assert got('inside_c.py')==got('sleeps.py')==['too slow',
                                                  'right'] and '(line 2: s = sum(range(10**13)))' in results['inside_c.py']['error']
    assert got('shuts.py')==['right']*2 and got('stays.py')[1]=='right'
    assert got('gone.py')==['an end of everything','right'] and not results['gone.py']['error']
    assert not any('TimeIsUp' in json.dumps(r) for r in results.values())

def test_what_one_task_breaks_is_whole_for_the_next(results):
    "Memory that stays full, PyTorch and Python that are broken, objects and exceptions that let nobody look at them"
    def got(k): return [results[k]['tasks'][t]['mistake'] or 'right' for t in ('mse','relu')]
    assert got('fills.py')==got('mute.py')==got('ends.py')==['right']*2
    assert results['fills.py']['error'].startswith(
        'MemoryError (line 2: ') and results['mute.py']['error']=='an exception that cannot be shown (line 3: raise E)'
    assert got('keeps.py')==['too much memory','right']
    for k in 'breaks.py','clears.py','ghost.py': assert got(k)[0]!='right' and got(k)[1]=='right', k
    assert not results['ghost.py']['error'] and results['ghost.py']['tasks']['accuracy']['mistake']=='missing'

@pytest.mark.skipif(not runner._forks, reason='only where processes are copied is there one that waits')
@pytest.mark.parametrize('sig', ['SIGSTOP','SIGTERM'])
def test_the_process_that_waits_is_stopped(sig, tmp_path):
    "By a hand-in: that one gets its marks or a line, and the next its marks"
    (f := tmp_path/'a.py').write_text(f'import os, signal\nos.kill(os.getppid(), signal.{sig})\ndef relu(x): return x.clamp(min=0)')
    (g := tmp_path/'b.py').write_text('def relu(x): return x.clamp(min=0)')
    if sig=='SIGSTOP': assert check_file(f, ['relu'], seconds=5)[0][0]
    else: pytest.raises(MnistError, check_file, f, ['relu'], seconds=5)
    assert check_file(g, ['relu'])[0][0]

def test_right_answers_are_not_spoiled(): assert not [k for k in tasks if runner.spoiled(k, 20)]

def test_hand_ins_do_not_meet(results):
    "None is imported by another, whatever it is called; what one does to PyTorch stays there"
    def got(k): return [results[k]['tasks'][t]['mistake'] or 'right' for t in ('mse','relu')]
    assert got('thief.py')==['missing','right'] and 'good' in results['thief.py']['error']

def test_any_file_is_read_or_named(results):
    def n(k): return results[k]['passed']
    assert n('latin.py')==1 and n('bom.py')==3
    for k,says in dict(null='null bytes', cookie='UTF-8', deep='', folder='is a folder', pipe='is not a regular file',
                       loop='is a link').items():
        assert n(f'{k}.py')==0 and says in results[f'{k}.py']['error'] and results[f'{k}.py']['error']
    assert not results['empty.py']['error'] and results['deep.py']['error'].startswith(
        'MemoryError') and '(line 50' not in results['deep.py']['error']

def test_names_cannot_pass_for_marks(results):
    "Of any name and text: one line, printable, in columns; two files remain two"
    assert json.dumps(results, ensure_ascii=False).encode()     # no half characters
    odd = sorted(k for k in results if k.startswith('odd'))
    assert [results[k]['passed'] for k in odd] in ([3,0],[0,3]) and odd[0]==r'odd\udcff.py' and len(odd)==2
    text = class_table(results)
    assert all(o.isprintable() for o in text.split('\n')) and all(o.isprintable() for k,r in results.items() for o in (k,r['error']))
    assert not re.search(r'^eve.py +3', text, re.M) and max(map(verdict.width, text.splitlines()))<=80
    raw = class_table({'a\n\x1b.py':dict(passed=0, error='\x1b[2J\nb.py 3  +++', tasks={}), '字.py':dict(passed=3, error='', tasks={})})
    assert all(o.isprintable() for o in raw.split('\n')) and not re.search('^b.py', raw, re.M)
    assert len({verdict.width(o.rpartition('  ')[0]) for o in raw.split('\n') if o.startswith(('a','字'))})==1

@pytest.mark.slow
@pytest.mark.parametrize('kind', ['forked','spawned','no alarms'])
def test_each_way_to_begin_a_child(kind, tmp_path, monkeypatch):
    "Where a process cannot be copied, and where there are no alarms, the verdicts are the same"
    (f := tmp_path/'a.py').write_text('while True: pass\ndef relu(x):\n    while True: pass\ndef mse(p, t): return ((p-t)**2).mean()')
    if kind!='forked': monkeypatch.setattr(runner, '_forks', False)
    if kind=='no alarms': monkeypatch.setattr(runner, '_alarms', lambda: False)
    vs,error = check_file(f, ['relu','mse'], seconds=1)
    assert [v.mistake for v in vs]==['too slow',None] and error=='it did not end in 1 seconds (line 1: while True: pass)'

@pytest.mark.skipif(not hasattr(isolation.signal, 'setitimer'), reason='no alarms here')
def test_a_busy_machine_costs_nothing(monkeypatch):
    "In a process of its own only the processor's time counts, not the time it waits for one"
    monkeypatch.setattr(isolation, '_alone', True)
    pid = os.fork()     # this process has threads that use time, too, and would be ended for them
    if not pid:
        status = 1
        try:
            with isolation.time_limit(.2): time.sleep(.5)
            with pytest.raises(isolation.TimeIsUp), isolation.time_limit(.2):
                while True: pass
            status = 0
        finally: os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])==0

def test_table(results):
    text = class_table(results)
    assert max(map(len, text.splitlines()))<=80 and re.search(r'^good.py +3  \+\+\+$', text, re.M) and re.search(r'^wrong.py +0  xx\.$',
        text, re.M)
    assert 'relu: too slow' in text and not any('\n' in r['error'] for r in results.values())

def test_nothing_is_left_in_the_folder(results, hand_ins):
    assert len([*hand_ins.rglob('*')])==len(results) and not [*hand_ins.rglob('__pycache__')]

def test_a_name_that_is_nearly_right():
    def Relu(x): return x
    Relu.__module__ = __name__
    assert 'There is `Relu`' in check('relu').hint
    Relu.__module__ = 'torch.nn'            # imported
    assert 'There is' not in check('relu').hint

def test_no_word_is_cut():
    def relu(x): return x.nothing_like_that + x.nothing_like_that + x.nothing_like_that + x.nothing_like_that
    assert check(relu).came.endswith('+ …)') and 'x.nothing_like_that …' not in check(relu).came

def test_hints_of_a_file(tmp_path):
    f = tmp_path/'a b.py'
    f.write_text('import helper\ndef relu(x): return helper.f(x)')
    (tmp_path/'helper.py').write_text('def f(x): return x.abs()')
    def hint(level): return [v.hint for v in check_file(f, ['relu'], level=level)[0]]
    assert hint(1)!=hint(2) and 'absolute value' in hint(2)[0]
    assert not (tmp_path/'__pycache__').exists()
    for bad in tmp_path/'none.py',tmp_path: pytest.raises(MnistError, check_file, bad)
    (tmp_path/'a.txt').write_text('')
    pytest.raises(MnistError, check_file, tmp_path/'a.txt'); pytest.raises(MnistError, check_folder, tmp_path/'none')

# --- the notebook of tasks

book = nbformat.read(here.parent/'nbs/14_exercises.ipynb', 4)
stated = {m[1]:c.source for c in book.cells if c.cell_type=='markdown' and (m := re.match(r'### (\w+)\n', c.source))}

def test_each_task_is_stated():
    "In the order of the checker, each of a real chapter: a text that has the call, shapes and an example, an empty cell, and the check"
    assert [*stated]==[*tasks]
    for t in tasks.values(): __import__(f'mnist_from_scratch.{t.chapter}')
    for i,c in enumerate(book.cells):
        if not (m := re.match(r'### (\w+)\n', c.source)): continue
        t = tasks[m[1]]
        empty,checked = book.cells[i+1],book.cells[i+2]
        assert empty.source.startswith(f'# your code: {t.name}(') and not empty.outputs and checked.source==f"check('{t.name}')"
        assert f'`{t.name}({", ".join(p.name for p in t.params)}' in re.sub(r'=[\w.]+', '', c.source), t.call
        assert '```python' in c.source

@functools.cache
def solved():
    "A namespace with the book's answer to each task, all of them written there"
    ns = dict(math=__import__('math'), torch=torch, nn=torch.nn, F=torch.nn.functional, tensor=torch.tensor, Tensor=torch.Tensor)
    for t in tasks.values(): exec(t.answer, ns)
    return ns

def as_list(o): return o.tolist() if isinstance(o, torch.Tensor) else list(o) if isinstance(o, torch.Size) else o

@pytest.mark.parametrize('name', stated)
def test_example(name):
    "The example in the text gives what stands beside it"
    ns = dict(solved())
    *before,last = re.search(r'```python\n(.+?)\n```', stated[name], re.S)[1].split('\n')
    expr,expected = last.split('   # ')
    *stmts,expr = expr.split('; ')
    torch.manual_seed(0)
    exec('\n'.join([*before,*stmts]), ns)
    got,expected = as_list(eval(expr, ns)),eval(expected)
    assert got==expected or torch.allclose(torch.tensor(got, dtype=torch.float64), torch.tensor(expected, dtype=torch.float64),
                                           rtol=1e-6), got

def verdicts(nb):
    return [o.data['text/plain'] for c in nb.cells if c.cell_type=='code' and c.source.startswith('check(') for o in c.outputs]

def test_stored_unsolved():
    "Each check says what is missing, none raises"
    assert len(verdicts(book))==len(tasks) and all('nothing to check yet' in o for o in verdicts(book))
    assert not [o for c in book.cells if c.cell_type=='code' for o in c.outputs if o.output_type=='error']

@pytest.mark.slow
def test_solved():
    "The key written into the empty cells: everything is right, from top to bottom, and the net at the end reads digits"
    from nbclient import NotebookClient
    nb = nbformat.v4.new_notebook(cells=[nbformat.from_dict(c) for c in book.cells if '%pip' not in c.source])
    for c in nb.cells:
        if c.cell_type=='code' and (m := re.match(r'# your code: (\w+)', c.source)): c.source = tasks[m[1]].answer
    last = re.search(r'```python\n(.+?)```', nb.cells[-1].source, re.S)[1]
    nb.cells.append(nbformat.v4.new_code_cell("import os; os.environ['MNIST_FROM_SCRATCH_DATA'] = 'digits'; torch.manual_seed(0)\n"+last))
    NotebookClient(nb, timeout=600, kernel_name='python3').execute()
    assert verdicts(nb)==[f'{k}: right' for k in tasks]
    assert float(re.search(r'[\d.]+', nb.cells[-1].outputs[-1].data['text/plain'])[0])>.8

@pytest.mark.parametrize('src,says', [('def relu(x) return x','needs a colon'), ('def relu(x):\nreturn x','four blanks'),
                                      ('def relu(x):\n    return x\n  y = 3','four blanks'),
                                      ('def relu(x):\n\treturn x\n        y = 3','tabs'),
    ('return 3','four blanks'), ('print((3)','no partner'), ('a = "b','no partner'), ('a = 3 4','Python cannot read'),
    ('x = np.zeros(3)','import numpy as np'), ('print(tnesor)','Python knows of no such name'), ('import torhc','misspelled')])
def test_a_file_that_does_not_run(src, says, tmp_path, monkeypatch):
    "One line, with a hint"
    (f := tmp_path/'a.py').write_text(src)
    monkeypatch.setattr(sys, 'path', [*sys.path])
    _,wrong = runner.load(f)
    assert says in wrong and '\n' not in wrong and '(line ' in wrong

def test_star_imports_are_no_homework(tmp_path):
    "What `from torch import *` brings is nobody's answer; what is written below it is"
    f = tmp_path/'a.py'
    f.write_text('import torch\nfrom torch import *\nfrom torch.nn.functional import *\ndef relu(x): return x.clamp(min=0)\n')
    vs = {v.task:v for v in check_file(f)[0]}
    assert [k for k,v in vs.items() if v.status!='missing']==['relu'] and vs['relu']
    assert vs['sigmoid'].hint==vs['softmax'].hint.replace('softmax',
                                                          'sigmoid')=='`sigmoid` is a function of torch there. Write one yourself.'
    from torch import sigmoid
    assert check('sigmoid').status=='missing'

def test_the_homework_notebook_is_read_whole(tmp_path):
    "Its cells have commands of IPython, one of them alone in an `if`"
    nb = json.loads((Path(__file__).parent.parent/'nbs/14_exercises.ipynb').read_text(encoding='utf-8'))
    nb['cells'].append(dict(cell_type='code', source='import torch\n%matplotlib inline\ndef relu(x): return x.clamp(min=0)'))
    f = tmp_path/'mine.ipynb'
    f.write_text(json.dumps(nb))
    vs,wrong = check_file(f, ['relu'])
    assert vs[0] and not wrong

def test_the_line_is_the_readers():
    "… under a decorator too, whose own lines are PyTorch's"
    @torch.no_grad()
    def sgd_step(params, lr): nobody_knows
    assert 'def sgd_step(params, lr): nobody_knows' in check(sgd_step).came

def test_arguments_in_another_order_do_no_harm():
    "Tried once more in the order of the task, with the reader's names kept as they were"
    ns = dict(seen=[], n=0, __name__='hand_in')
    exec('def mnist_loss(targets, predictions):\n    global n\n    n += 1\n    return '
         '(1/(1+(-predictions).exp())-targets.float()).abs().mean()', ns)
    assert check('mnist_loss', ns['mnist_loss']).mistake=='arguments in another order' and ns['n']==0
    def mnist_loss(t, p): return (p.sigmoid()-t.float()).abs().mean()
    assert check(mnist_loss).mistake!='arguments in another order'      # other names say nothing of an order

def test_a_suspect_is_right_where_the_answer_is():
    "One number alike by chance does not name a mistake that would show elsewhere"
    assert check('accuracy', lambda a,t: ((a.argmax(1)>.5)==t).float().mean()).mistake!='error rate'

def test_what_the_book_or_a_package_has_is_not_homework():
    "… under any name, in any wrapping; what is written around PyTorch's functions is"
    import torch.nn.functional as F
    from mnist_from_scratch import all as book
    class Learner(book.Learner): pass
    owns = dict(cross_entropy=[book.cross_entropy, functools.partial(book.cross_entropy),
                               functools.wraps(book.cross_entropy)(lambda *args: book.cross_entropy(*args)),
                               lambda a,t: book.cross_entropy(a, t),
                               lambda a,t: functools.reduce(lambda f,_: f, [0], book.cross_entropy)(a, t)],
        Learner=[book.Learner, Learner, tasks['Learner'].right], relu=[book.relu, lambda x: book.relu(x)], sigmoid=[book.softmax])
    for k,fs in owns.items():
        for f in fs:
            v = check(k, f)
            assert v.mistake=="the book's own" and f"This is the {'class' if k=='Learner' else 'function'} of the book" in v.hint, (k, v)
    class sub(torch.optim.SGD): pass
    class subsub(sub): lr = 1
    class own(torch.optim.SGD):
        def __init__(self, ps, lr): super().__init__(ps, lr)
    not_own = dict(relu=[torch.relu, F.relu, torch.Tensor.relu, torch.nn.ReLU(), torch.nn.ReLU, functools.partial(F.relu, inplace=False),
                         functools.lru_cache(F.relu), torch.no_grad()(F.relu), torch.nn.ReLU().forward],
        mat_mul=[operator.matmul, np.matmul], BasicOptim=[torch.optim.SGD, sub, subsub, functools.partial(torch.optim.SGD)])
    for k,fs in not_own.items():
        for f in fs:
            fn,hint = handed_in(tasks[k], {k:f})
            assert fn is None and re.fullmatch(rf'`{k}` is a (function|class|object) of (torch|numpy|Python) there. Write one yourself.',
                                               hint), (k, f)
    assert 'a class of torch' in handed_in(tasks['BasicOptim'], dict(BasicOptim=sub))[1]
    for k,f in dict(BasicOptim=own, relu=lambda x: F.relu(x), mat_mul=functools.partial(lambda a, b: a@b)).items():
        assert handed_in(tasks[k], {k:f})[0] is f and check(k, f)

def test_star_import_of_the_book(tmp_path):
    (f := tmp_path/'a.py').write_text('from mnist_from_scratch.all import *\ndef relu(x): return x.clamp(min=0)')
    vs,error = check_file(f)
    assert [v.task for v in vs if v]==['relu'] and not error and {v.mistake for v in vs if v.status=='wrong'}=={"the book's own"}

def test_folders_and_files_beside(tmp_path):
    "A file alone may use what lies beside it, unless it is called as something that is installed"
    (tmp_path/'torch.py').write_text('raise SystemExit'); (tmp_path/'statistics.py').write_text('raise SystemExit')
    (f := tmp_path/'a.PY').write_text('import torch, statistics\ndef relu(x): return x.clamp(min=0)')
    (vs,error) = check_file(f, ['relu','relu'])
    assert len(vs)==1 and vs[0] and not error

def test_what_ipython_reads_is_read(tmp_path):
    "`%%time` above definitions; a remainder at the beginning of a line"
    cells = ['files = !ls\nm = %time 3\nmse?\n?mse\nfor i in range(2):\n    %time 3\ndef accuracy(a, t): return '
             '(a.argmax(1)==t).float().mean()', '%%time\ndef mse(p, t): return ((p-t)**2).mean()',
             'x = (7\n% 3)\ndef relu(x): return x.clamp(min=0)']
    (f := tmp_path/'a.ipynb').write_bytes(b'\xef\xbb\xbf'+json.dumps(dict(cells=[dict(cell_type='code', source=o) for o in cells]),
        indent=1).replace('\n', '\r\n').encode())
    vs,error = check_file(f, ['mse','relu','accuracy'])
    assert all(vs) and not error

def test_no_import_is_needed_after_a_hand_in(tmp_path):
    "The check has loaded what it needs before, so that a hand-in which makes imports impossible loses nothing by that"
    (f := tmp_path/'a.py').write_text('import sys\nsys.path.clear(); sys.path_hooks.clear(); sys.meta_path.clear()\ndef relu(x): return '
                                      'x.clamp(min=0)')
    vs,error = check_file(f, ['relu'])
    assert vs[0] and not error, vs
