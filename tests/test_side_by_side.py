"The table of Side by side: every public function has a counterpart or a reason, and each pair compares what it says it compares."
import importlib, inspect, math, re, sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest, torch
from chapters import module, order, stems
pytest.importorskip('fastai'); pytest.importorskip('torchvision'); pytest.importorskip('torchmetrics')

from mnist_from_scratch.base import core
from mnist_from_scratch.tools import side_by_side as sbs
from mnist_from_scratch.tools.side_by_side import inputs, largest_diff, namesakes, pairs, readable, side_by_side, time_ratio, unpaired, us

# `all` only repeats what the chapters export
modules = [importlib.import_module(m) for o in stems() if find_spec(m := f'mnist_from_scratch.{module(o)}')]
public = {n:getattr(m, n) for m in modules for n in m.__all__}
def names(p): return [n.split('.')[0] for n in p.ours.split()]
def title(p): return f'{p.ours.split()[0]} beside {p.peer}'

@pytest.fixture(scope='module')
def data(): return {k:inputs(k) for k in ('random','digits')}

# --- nothing is left out

def test_every_public_function_is_there():
    "What has a name of fastai's or PyTorch's: add a pair with `beside`, or a sentence to `namesakes`, in tools/01_side_by_side"
    assert unpaired(modules)==[]

def test_chapters_are_all_before_this_one():
    before = [o for o in order()[:order().index(sbs.__name__.split('.', 1)[1])] if not o.startswith('tools.')]
    assert {m.__name__.split('.', 1)[1] for m in sbs.chapters}=={o for o in before if find_spec(f'mnist_from_scratch.{o}')}

def test_what_is_missing_is_named(monkeypatch):
    new = SimpleNamespace(__all__=['relu','mish','Softplus','ours_alone','LIMIT'], relu=us.relu, mish=lambda x: x,
                          Softplus=type('Softplus', (), {}), ours_alone=abs, LIMIT=3)
    assert unpaired([new])==['mish','Softplus']
    monkeypatch.setattr(sbs, 'pairs', [p for p in pairs if 'accuracy' not in names(p)])
    assert unpaired()==['accuracy']
    monkeypatch.delitem(namesakes, 'array')
    assert unpaired()==['array','accuracy']

def test_names_are_of_this_library():
    "What was renamed or removed has no row, nothing has both a row and a sentence"
    paired = {n for p in pairs for n in names(p)}
    assert paired|set(namesakes) <= set(public) and not paired&set(namesakes)
    for p in pairs:
        for n in p.ours.split():
            if '.' in n: assert hasattr(public[n.split('.')[0]], n.split('.')[1]), n

# --- the pairs

def codes(o):
    "The code of a function, or of all methods that a class has of its own"
    fs = vars(o).values() if isinstance(o, type) else [o]
    fs = (getattr(f, '__func__', getattr(f, 'fget', f)) for f in fs)       # of class methods and properties
    return {inspect.unwrap(f).__code__ for f in fs if hasattr(f, '__code__')}

def ran(f, *args):
    "The result of `f`, and all code that it ran"
    seen = set()
    core.set_seed(0)
    sys.setprofile(lambda frame, event, _: seen.add(frame.f_code) if event=='call' else None)
    try: return f(*args),seen
    finally: sys.setprofile(None)

@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('p', pairs, ids=title)
def test_pair(data, p):
    "The results agree, on both kinds of inputs; ours runs the functions that it is named after, and theirs runs none of them"
    for d in data.values():
        (f,g,*args),made = ran(p.make, d)
        (a,ours),(b,theirs) = ran(f, *args),ran(g, *args)
        assert largest_diff(a, b)<=p.tol
        assert largest_diff(a, None)==math.inf      # it is something
    for n in names(p):
        if not (c := codes(public[n])): assert isinstance(public[n], type), n     # exceptions, addresses: nothing to run
        else: assert c&(made|ours) and not c&theirs, f"{n} is {'run by what should be its counterpart' if c&theirs else 'not run'}"

@pytest.mark.slow
@pytest.mark.newest
@pytest.mark.parametrize('name,wrong', [('softmax', lambda x, dim=-1: torch.softmax(x, dim)+1e-4),
                                        ('accuracy', lambda inp, targ: (inp.argmin(1)==targ).float().mean()),
    ('combined_cos', lambda pct, a, b, c: lambda pos: a), ('mat_mul', lambda a, b: (a@b).T), ('to_np', lambda x: x)])
def test_a_mistake_shows(monkeypatch, name, wrong):
    monkeypatch.setattr(us, name, wrong)
    df = side_by_side([name], n=0)
    assert len(df) and (df[['random','digits']].max(axis=1)>df.allowed).all()

@pytest.mark.slow
@pytest.mark.newest
def test_a_mistake_in_a_class_shows(monkeypatch):
    monkeypatch.setattr(us.GradientClip, 'before_step', lambda self: None)
    monkeypatch.setattr(us.Adam, 'update', lambda self, p, state, lr, **_: p.sub_(p.grad, alpha=lr))
    df = side_by_side(['GradientClip','Adam'], n=0)
    assert len(df)==3 and (df[['random','digits']].max(axis=1)>df.allowed).all()

# --- the tools

@pytest.mark.slow
@pytest.mark.newest
def test_some_rows():
    df = side_by_side(['Learner','sigmoid','Learner.validate'], n=0)
    assert df.index.get_level_values('chapter').unique().tolist()==['losses','learner'] and df.time.isna().all()
    assert len(df)==1+sum('Learner' in names(p) for p in pairs)
    assert len(side_by_side(['Learner.validate'], n=0))==1 and len(side_by_side([], n=0))==0

def test_a_pair_that_breaks_is_named(monkeypatch):
    monkeypatch.setattr(us, 'relu', lambda x: 1/0)
    with pytest.raises(ZeroDivisionError, match='relu beside F.relu'): side_by_side(['relu'])

def test_ratio(monkeypatch):
    "The median of the turns, ours above theirs; a slow pair gets one turn"
    took = iter([1.,3., 2.,8., 1.,50.])
    monkeypatch.setattr(sbs, 'seconds', lambda f, *_: next(took))
    assert time_ratio(None, None, n=3)==4
    monkeypatch.setattr(sbs, 'seconds', lambda f, *_: f())
    calls = []
    assert time_ratio(lambda: calls.append(0) or 6., lambda: 3., n=5, budget=0)==2 and len(calls)==1

def test_readable():
    df = side_by_side(['sigmoid','SGD'], n=0).assign(random=1.19e-7, digits=0., time=1234.5)
    html = readable(df).to_html()
    assert [re.findall(f'<td[^>]*col{i}"[^>]*>([^<]*)<', html) for i in (1,2,4)]==[['1e-7']*3,['0']*3,['1,200']*3] and 'color' not in html
