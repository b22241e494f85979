"Augmentation against torchvision's, and the net for accuracy"
import importlib.util, json
from functools import partial
from pathlib import Path

import pytest, torch
from torch import nn
from mnist_from_scratch.augment import best_learner, distort
from mnist_from_scratch.base.core import set_seed
from mnist_from_scratch.engine.export import load_learner
from mnist_from_scratch.learner import Callback
from mnist_from_scratch.minibatches import to_dset
from mnist_from_scratch.speed import fit_linear

still = dict(degrees=0, translate=0, scale=(1,1), shear=0, elastic=0)

@pytest.fixture
def x(digits): return to_dset(digits[0])[:50][0]

def centre(x):
    "Mean row and column of the ink, [N, 2]"
    m = x.view(-1,28,28)/x.sum(1)[:,None,None]; return torch.stack([(m.sum(3-d)*torch.arange(28.)).sum(1) for d in (1,2)], 1)

def test_nothing_asked_for(x): torch.testing.assert_close(distort(x, **still), x, atol=1e-5, rtol=0)

@pytest.mark.parametrize('kw', [dict(degrees=10), dict(translate=.05), dict(scale=(.9,1.1)), dict(shear=10), dict(elastic=.5)],
                         ids=lambda o: next(iter(o)))
def test_each_image_in_its_own_way(x, kw):
    set_seed(0)
    same = x[:1].repeat(20, 1)
    res = distort(same, **still|kw)
    assert res.shape==same.shape and 0<=res.min() and res.max()<=1.0001
    assert len({tuple(o.tolist()) for o in res})==20

def test_turn_and_stretch_as_torchvision(x):
    tv = pytest.importorskip('torchvision.transforms.functional', reason='no torchvision here')
    turned = distort(x, **still|dict(degrees=30))
    assert ((centre(turned)-13.5).norm(dim=1)-(centre(x)-13.5).norm(dim=1)).abs().max()<.3     # the ink keeps its distance from the centre
    wide = distort(x, **still|dict(scale=(.8,.8))).view(-1,1,28,28)                   # places nearer to the centre: an image 1/0.8 as large
    ref = tv.affine(x.view(-1,1,28,28), 0, [0,0], 1/.8, [0,0], tv.InterpolationMode.BILINEAR)
    torch.testing.assert_close(wide, ref, atol=1e-4, rtol=0)

def test_shapes_and_seed(x):
    set_seed(1); a = distort(x.view(-1,1,28,28))
    set_seed(1); b = distort(x)
    assert a.shape==(50,1,28,28) and torch.equal(a.flatten(1), b)

def test_validation_is_left_alone(digits):
    seen = {True:[], False:[]}
    ds = [to_dset(o[:64]) for o in digits]
    class Look(Callback):
        order = 5
        def before_batch(self): seen[self.training].append(self.xb[0].clone())
    learn = best_learner(*ds, model=nn.Linear(784, 10), cbs=[Look()])
    with learn.no_bar(), learn.no_logging(): learn.fit(1)
    torch.testing.assert_close(torch.cat(seen[False]), ds[1][:][0])
    assert not any((o==r).all() for o in torch.cat(seen[True]) for r in ds[0][:][0])

@pytest.mark.slow
def test_best_net(digits, tmp_path):
    ds = [to_dset(o.only(3,7)) for o in digits]
    learn = best_learner(*ds, n_out=2)
    with learn.no_bar(), learn.no_logging(): fit_linear(learn, 4)
    assert learn.recorder.values[-1][2]>.95
    x = ds[1][:][0]
    again = load_learner(learn.export(tmp_path/'best.safetensors'))
    with torch.no_grad():
        torch.testing.assert_close(again.model.eval()(x), learn.model.eval()(x))
        torch.testing.assert_close(learn.model(x.view(-1,1,28,28)), learn.model(x))

def test_tta(digits):
    """The mean of what the model says of copies, and of the images with weight `beta`; the callback is gone afterwards, and the images too
    are as they were"""
    ds = [to_dset(o[:64]) for o in digits]
    learn = best_learner(*ds, model=nn.Linear(784, 10))
    cbs,seen = [*learn.cbs],[]
    def f(x): seen.append(x.clone()); return x*len(seen)
    with learn.no_bar(): preds,targs = learn.tta(n=3, f=f, beta=.4)
    x = ds[1][:][0]
    assert len(seen)==3 and all(torch.equal(o, x) for o in seen) and [*learn.cbs]==cbs and torch.equal(targs, ds[1][:][1])
    with torch.no_grad(): want = .4*learn.model(x)+.6*learn.model(2*x)       # the mean of x, 2x and 3x is 2x
    torch.testing.assert_close(preds.float(), want, atol=.05, rtol=.05)

# --- docs/accuracy.py

@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location('accuracy_script', Path(__file__).parent.parent/'docs/accuracy.py')
    res = importlib.util.module_from_spec(spec); spec.loader.exec_module(res)
    return res

def test_nets_differ_in_one_part(script):
    "The same convolutions in all three; then normalisation; then ways around them, with their 1×1 convolution"
    convs,norms = ({k: [o for o in f().modules() if isinstance(o, kind)] for k,f in script.nets.items()}
                   for kind in (nn.Conv2d,nn.BatchNorm2d))
    plain,normed,last = ([tuple(o.weight.shape) for o in convs[k] if o.kernel_size==(3,3)] for k in script.nets)
    assert plain==normed==last and len(convs['normalised, residual'])==len(plain)+1
    assert [len(o) for o in norms.values()]==[0, len(plain), len(plain)+1]

def test_parts(script, tmp_path, monkeypatch, digits):
    "`--parts` trains and measures on the training set alone, and leaves the other figures of the file as they are"
    monkeypatch.setattr(script, 'load_digits', lambda _: (digits[0][:120], None))
    monkeypatch.setattr(script, 'part', partial(script.part, epochs=1))
    (tmp_path/'a.json').write_text('{"rows": [1]}')
    monkeypatch.setattr('sys.argv', ['accuracy.py','--parts','--seeds','1','--out',str(tmp_path/'a.json')]); script.main()
    d = json.loads((tmp_path/'a.json').read_text())
    assert d['rows']==[1] and [(o['net'],o['augmentation']) for o in d['parts']]==[(k,aug) for k in script.nets for aug in (False,True)]
    assert ['tta' in o for o in d['parts']]==[False]*5+[True] and all(0<=o['accuracy']<=1<o['train_loss'] for o in d['parts'])
