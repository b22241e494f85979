"Overfitting: the two layers that act in training only, the file of the comparison, and the gap on MNIST."
import json
from statistics import mean

import overfitting as script, pytest, torch
from conftest import root
from torch import nn

from mnist_from_scratch.base.core import ShapeError, set_seed
from mnist_from_scratch.engine.export import load_learner
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, to_dset
from mnist_from_scratch.optimizers import SGD
from mnist_from_scratch.overfitting import Dropout, RandomShift
from mnist_from_scratch.softmax import accuracy, cross_entropy, mnist_net

# --- Dropout

@pytest.mark.parametrize('p', [0., .1, .5, .99])
@pytest.mark.parametrize('shape', [(7,), (64,30), (2,3,4,5), (0,3)])
def test_dropout_is_that_of_pytorch(p, shape):
    "Values and gradients, with the same random numbers"
    res = []
    for layer in Dropout(p),nn.Dropout(p):
        x = torch.linspace(-3, 3, torch.Size(shape).numel()).view(shape).requires_grad_()
        set_seed(3)
        y = layer(x)
        y.square().sum().backward()
        res.append((y.detach(),x.grad))
    torch.testing.assert_close(*res)

@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_dropout_keeps_the_type(dtype):
    y = Dropout(.5)(torch.ones(1000, dtype=dtype))
    assert y.dtype==dtype and set(y.tolist())=={0.,2.} and 400<(y>0).sum()<600

def test_dropout_keeps_the_mean():
    x = torch.full((200000,), 3.)
    for p in .1,.5,.8: assert Dropout(p)(x).mean().item()==pytest.approx(3, abs=.06)

def test_dropout_of_each_image_and_step():
    drop,x = Dropout(.5),torch.ones(50, 30)
    a,b = drop(x),drop(x)
    assert len(a.unique(dim=0))>40 and not torch.equal(a, b)

def test_modes():
    "In evaluation both give back what they got, also inside a net"
    x = torch.rand(5, 784)
    for layer in Dropout(.5),RandomShift(3):
        assert not torch.equal(layer(x), x) and torch.equal(layer.eval()(x), x) and not torch.equal(layer.train()(x), x)
    net = nn.Sequential(RandomShift(2), nn.Linear(784, 30), Dropout(.5)).eval()
    assert torch.equal(net(x), net[1](x))

@pytest.mark.parametrize('bad', [-.1, 1, 1.5, 'half', True, None, float('nan')])
def test_probabilities_that_are_refused(bad):
    with pytest.raises(ValueError, match='p is .*0 or more and below 1'): Dropout(bad)

# --- RandomShift

def places(pixels, n=4000):
    "Where a single pixel of ink in the middle ends up, how often"
    x = torch.zeros(n, 1, 28, 28)
    x[:,:,14,14] = .5
    y = RandomShift(pixels)(x)
    assert ((y==0)|(y==.5)).all() and ((y>0).sum((1,2,3))==1).all()
    return y.sum((0,1))/.5

def test_all_shifts_are_as_likely():
    n = places(1)
    assert n[13:16,13:16].sum()==4000 and n[13:16,13:16].min()>350 and n[13:16,13:16].max()<550      # 444 each
    assert places(3)[11:18,11:18].min()>30

def test_what_leaves_the_image_is_lost_and_paper_comes_in():
    torch.manual_seed(0)
    x = torch.arange(1., 785).view(1,784).repeat(300, 1)
    y = RandomShift(1)(x).view(-1,28,28)
    for im in y:
        i,j = divmod(int(im[14,14])-1, 28)
        want = torch.zeros(28, 28)
        rows,cols = (torch.arange(28)+o-14 for o in (i,j))
        r,c = (rows>=0)&(rows<28),(cols>=0)&(cols<28)
        want[r[:,None]&c] = x[0].view(28,28)[rows[r]][:,cols[c]].flatten()
        assert torch.equal(im, want)
    assert len(y.unique(dim=0))==9

def test_shapes():
    shift = RandomShift(2)
    for shape in (3,784),(3,1,28,28),(0,784): assert shift(torch.rand(shape)).shape==shape
    x = torch.rand(2, 784, requires_grad=True)
    shift(x).sum().backward()
    assert set(x.grad.unique().tolist())<={0.,1.}
    for bad in (3,783),(3,28,28),(784,):
        for layer in shift,RandomShift(1).eval():
            with pytest.raises(ShapeError, match=r'RandomShift takes x float \[N,784\]'): layer(torch.rand(bad))
    with pytest.raises(ShapeError): shift(torch.zeros(3, 784, dtype=torch.uint8))

@pytest.mark.parametrize('bad', [-1, .5, '1', None, True])
def test_pixels_that_are_refused(bad):
    with pytest.raises(ValueError, match='pixels is .*whole number, 0 or more'): RandomShift(bad)

def test_no_shift(): assert torch.equal(RandomShift(0)(x := torch.rand(4, 784)), x)

def test_layers_have_nothing_to_train(): assert not [*Dropout().state_dict(), *RandomShift().state_dict()]

def test_shifts_are_exported(digits, tmp_path):
    "As a layer, with what it was made with; a value that it would not take is noticed"
    dls = DataLoaders(DataLoader(to_dset(digits[0][:64]), bs=32))
    learn = Learner(dls, nn.Sequential(RandomShift(2), *mnist_net()), cross_entropy, SGD, path=tmp_path)
    got = load_learner(learn.export('a'))
    assert got.model[0].pixels==2 and torch.equal(*(o.model.eval()(digits[1].floats()[:5].flatten(1)) for o in (got,learn)))
    learn.model[0].pixels = -1
    with pytest.warns(UserWarning, match='pixels is -1'): learn.export('b')

# --- the file that the chapter shows

@pytest.fixture(scope='module')
def res(): return json.loads((root/'nbs/overfitting.json').read_text())

def test_each_value_was_chosen_by_what_was_tried(res):
    assert [o['measure'] for o in res['best']]==[*script.measures]
    for o in res['best']:
        tried = [r for r in res['tried'] if r['measure']==o['measure']]
        assert o in tried and o['accuracy']==max(r['accuracy'] for r in tried)
        values = script.measures[o['measure']][1]
        assert [*dict.fromkeys(r['value'] for r in tried)]==values
        assert o['measure']=='early stopping' or len(tried)==len(values)*len(script.marks)

def test_each_measure_has_the_same_seeds(res):
    names = [*dict.fromkeys(o['measure'] for o in res['runs'])]
    assert len(names)==6 and all([o['seed'] for o in res['runs'] if o['measure']==k]==[*range(20)] for k in names)
    assert all(len({o['seed'] for o in res['hidden'] if o['hidden']==n})==10 for n in (10,30,100,300,1000))

def test_what_the_script_writes(digits, tmp_path, monkeypatch):
    "Each measure is tried, chosen and measured; only early stopping finds its number of epochs"
    monkeypatch.setattr(script, 'load_digits', lambda _: [o[:300] for o in digits])
    monkeypatch.setattr(script, 'marks', (1,2))
    monkeypatch.setattr(torch, 'set_num_threads', lambda _: None)
    monkeypatch.setattr('sys.argv', ['overfitting.py','--seeds','1','--out',str(tmp_path/'o.json')])
    script.main()
    res = json.loads((tmp_path/'o.json').read_text())
    assert [o['epochs'] is None for o in res['best']]==[False]*4+[True]
    assert {o['measure'] for o in res['runs']}=={*script.measures,'2,000 images'} and len(res['tried'])==2*12+4
    assert {*res}=={*json.loads((root/'nbs/overfitting.json').read_text())}

def test_the_file_is_what_the_script_measures(res, mnist):
    "One run of it again, the quickest"
    best = {o['measure']:o for o in res['best']}['none']
    train,held = mnist[0].split(.2, seed=42)
    choice,judged = held.split(.5)
    got = script.measured(*script.run(train, choice, 1000, 3, best['epochs']), judged)
    want = next(o for o in res['runs'] if o['measure']=='none' and o['seed']==3)
    assert {k:want[k] for k in got}==pytest.approx(got, abs=.01)

# --- what the chapter states of MNIST

def test_the_gap_closes_with_more_images(mnist):
    train,held = mnist[0].split(.2, seed=42)
    _,valid = held.split(.5)
    def gap(n, seed, steps=300):
        set_seed(seed)
        few = train[torch.randperm(len(train))[:n]]
        dls = DataLoaders(DataLoader(to_dset(few[torch.arange(steps*64)%n]), bs=64, shuffle=True))
        learn = Learner(dls, mnist_net(), cross_entropy, SGD, .5, metrics=accuracy)
        with learn.no_bar(), learn.no_logging(): learn.fit(1)
        on_few,on_valid = (learn.validate(dl=DataLoader(to_dset(o), bs=4096))[1] for o in (few,valid))
        return on_few,on_few-on_valid
    small,large = ([gap(n, s) for s in range(3)] for n in (100,19200))
    assert min(a for a,_ in small)==1 and min(g for _,g in small)>.2 and max(g for _,g in large)<.03

def test_what_helps_and_what_does_not(res):
    "As the chapter tells it, over the seeds of the file"
    acc = {}
    for o in res['runs']: acc.setdefault(o['measure'], []).append(o['valid_accuracy'])
    diff = {k:[a-b for a,b in zip(v, acc['none'])] for k,v in acc.items()}
    assert min(diff['shifts'])>.02 and mean(diff['shifts'])>2*mean(diff['2,000 images'])>2*mean(diff['dropout'])>0
    assert sum(o>0 for o in diff['dropout'])>=18 and sum(o>0 for o in diff['weight decay'])>=15
    assert mean(diff['early stopping'])<.001
