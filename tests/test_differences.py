"What the page `docs/differences.md` says of both libraries is so: each entry has a test here, and each test an entry."
import random, re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest, torch

pytest.importorskip('fastai.vision.all')
from test_fastai_learner import Kit, fastai, images, raised, set_seed, train, us

text = (Path(__file__).parent.parent/'docs/differences.md').read_text(encoding='utf-8')
entries = [re.sub('`', '', o) for o in re.findall(r'^\*\*(.+?)\*\*', text, re.M)]
claims = {}
def claim(title):
    "The decorated function takes a library and its `Kit`, and returns what differs; `ours` and `theirs` are what it should be"
    def f(g): claims[title] = g; return g
    return f

@claim('fit(0)')
def _(ours, theirs): assert raised(lambda: ours.learner().fit(0), ValueError) and not raised(lambda: theirs.learner().fit(0))

@claim('fit in a callback')
def _(ours, theirs):
    def inner(k):
        class Again(k.m.Callback):
            done = False
            def after_epoch(self):
                if not Again.done: Again.done = True; self.learn.fit(1, .1)
        k.learner(cbs=Again).fit(2, .1)
    assert raised(lambda: inner(ours), RuntimeError) and not raised(lambda: inner(theirs), RuntimeError)

@claim('to_fp16 on a CPU')
def _(ours, theirs):
    assert raised(lambda: ours.learner().to_fp16().fit(1, .1), ValueError) and not raised(lambda: theirs.learner().to_fp16())
    ours.learner().to_bf16().fit(1, .1)

@claim('A loss that is not a number')
def _(ours, theirs):
    assert raised(lambda: ours.learner().fit(3, 1e30), FloatingPointError)
    (learn := theirs.learner()).fit(3, 1e30)
    assert all(p.isnan().any() for p in learn.model.parameters())
    for k in ours,theirs: k.learner().fit(3, 1e30, cbs=k.m.TerminateOnNaNCallback())

@claim('Gradients after a step')
def _(ours, theirs):
    (a := ours.learner()).fit(1, .1); (b := theirs.learner()).fit(1, .1)
    assert all(p.grad is None for p in a.model.parameters()) and all((p.grad==0).all() for p in b.model.parameters())

@claim('Misspelled events')
def _(ours, theirs):
    def learner(k): return k.learner(cbs=type('Odd', (k.m.Callback,), dict(befor_fit=lambda self: 1/0))).fit(1, .1)
    assert raised(lambda: learner(ours), TypeError) and not raised(lambda: learner(theirs))

@claim('lr_find')
def _(ours, theirs):
    def after(k):
        learn = k.learner()
        state = torch.get_rng_state()
        learn.lr_find(show_plot=False)
        return learn.opt is None,torch.equal(state, torch.get_rng_state())
    assert after(ours)==(True,True) and after(theirs)[0] is False
    with pytest.raises(ValueError, match='lower start_lr'): ours.learner().lr_find(1e30, 1e38, show_plot=False)

@claim('Values that were not measured')
def _(ours, theirs):
    def row(k):
        learn = k.learner(cbs=k.m.ShortEpochCallback(.5, short_valid=False))
        learn.fit(1, .1)
        return learn.recorder.values[0]
    a,b = row(ours),row(theirs)
    assert a[0] is None and len(a)==3 and len(b)==2 and list(a[1:])==pytest.approx(list(b))

@claim('validate')
def _(ours, theirs):
    def n_rows(k): learn = k.learner(); learn.fit(3, .1); learn.validate(); return len(learn.recorder.values)
    assert (n_rows(ours),n_rows(theirs))==(3,1)

@claim('added_cbs with a class')
def _(ours, theirs):
    def stays(k):
        learn = k.learner(cbs=(cb := k.m.CollectDataCallback()))
        with learn.added_cbs(k.m.CollectDataCallback): pass
        return any(o is cb for o in learn.cbs)
    assert stays(ours) and not stays(theirs)

@claim('removed_cbs')
def _(ours, theirs):
    def knows(k):
        learn = k.learner(cbs=(cb := k.m.CollectDataCallback()))
        with learn.removed_cbs(cb): return cb.learn is learn
    assert knows(ours) and not knows(theirs)

@claim('The order of a shuffled pass')
def _(ours, theirs):
    def order(k, seed): seed(1); return [int(o) for o in k.m.DataLoader(range(50), bs=50, shuffle=True).one_batch()]
    def fixed(k, seed): return order(k, seed)==order(k, seed)
    assert fixed(ours, torch.manual_seed) and not fixed(ours, random.seed)
    assert fixed(theirs, random.seed) and not fixed(theirs, torch.manual_seed)

@claim('tta')
def _(ours, theirs):
    assert raised(lambda: ours.learner().tta(), ValueError) and raised(lambda: theirs.learner().tta(), AttributeError)
    seen = []
    def note(b): seen.append(1); return b
    ours.learner(ours.dls(after_batch=note)).tta()
    assert len(seen)==4*3                                       # copies of three batches

@claim('CutMix and the data')
def _(ours, theirs):
    def kept(k):
        b = [torch.stack(o) for o in zip(*images(train)[:64])]
        x = b[0].clone()
        k.learner(k.m.DataLoaders([tuple(b)], [tuple(b)]), k.convnet()).fit(1, .1, cbs=k.m.CutMix())
        return torch.equal(x, b[0])
    assert kept(ours) and not kept(theirs)

@claim('export')
def _(ours, theirs):
    class Evil:
        def __reduce__(self): return (Path.touch,(ours.path/'ran',))
    torch.save(Evil(), ours.path/'evil.pkl')
    assert raised(lambda: us.load_learner(ours.path/'evil.pkl'), us.MnistError) and not (ours.path/'ran').exists()
    raised(lambda: fastai.load_learner(ours.path/'evil.pkl'))
    assert (ours.path/'ran').exists()
    a,b = ours.learner(),theirs.learner()
    b.model.load_state_dict(a.model.state_dict()); a.model.load_state_dict(b.model.state_dict())

@claim('save')
def _(ours, theirs): assert [k.learner().save('net').suffix for k in (ours,theirs)]==['.safetensors','.pth']

@claim('Errors')
def _(ours, theirs):
    def why(k):
        with pytest.raises(Exception) as e: k.m.Callback(before_lunch=lambda cb: 0)
        return e.value
    assert type(why(ours)) is ValueError and '\n' not in str(why(ours)) and type(why(theirs)) is AssertionError

@claim('SaveModelCallback')
def _(ours, theirs):
    out = []
    for k in ours,theirs:
        with redirect_stdout(StringIO()) as o: k.learner().fit(1, .1, cbs=k.m.SaveModelCallback())
        out.append(o.getvalue())
    assert out[0]=='' and 'Better model' in out[1]

@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('title', claims)
def test_so_it_is(title, tmp_path):
    kits = []
    for name,m in ('ours',us),('theirs',fastai): (tmp_path/name).mkdir(); kits.append(Kit(m, tmp_path/name))
    set_seed(0)
    claims[title](*kits)

def test_each_entry_has_its_test(): assert entries==list(claims)

def test_what_is_not_here():
    "The names of the last section are fastai's, and not ours; what stands for them is ours"
    last = text.split('## What is not here')[1]
    blocks,small = last.split('Some small names')
    from fastai.callback.data import PartialDL, WeightedDL  # noqa: F401
    import fastai.text.all as ft, fastai.tabular.all as tab, fastai.collab as col
    theirs = {**vars(fastai), **vars(ft), **vars(tab), **vars(col), **{o.__name__:o for o in (PartialDL,WeightedDL)}}
    missing = re.findall(r'`(\w+)`', blocks) + re.findall(r'`(\w+)` \(', small)
    assert len(missing)>10 and all(o in theirs and not hasattr(us, o) for o in missing)
