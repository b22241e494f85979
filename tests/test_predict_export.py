"""Predictions as fastai returns them; and a model in a file: rebuilt right or refused, never rebuilt wrong, and nothing that a stranger
wrote does more than raise."""
import json, re, struct, sys, warnings
from functools import partial
from inspect import signature

import matplotlib; matplotlib.use('Agg')
import matplotlib.pyplot as plt
import pytest, torch
import torch.nn.functional as F
from hypothesis import given, settings, strategies as st
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.utils import data
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.data import TensorDataset

from mnist_from_scratch import resnet
from mnist_from_scratch.engine import image_folders
from mnist_from_scratch.engine import export as mod     # these two enter their classes where a file may name them
from mnist_from_scratch.baseline import PixelSimilarity
from mnist_from_scratch.base.core import MnistError, default_device
from mnist_from_scratch.base.state import checksum, exportable, exportables, pack_state, unpack_state
from mnist_from_scratch.engine.export import load_learner
from mnist_from_scratch.all import Callback, CancelBatchException, Learner
from mnist_from_scratch.losses import BCEWithLogitsLossFlat, MnistLossFlat, batch_accuracy, mnist_loss
from mnist_from_scratch.softmax import CrossEntropyLossFlat, accuracy, cross_entropy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, to_dset
from mnist_from_scratch.neural_net import simple_net
from mnist_from_scratch.optimizers import SGD
from mnist_from_scratch.softmax import mnist_net

def learner(model=None, loss=cross_entropy, n=22, shape=(4,), n_out=3, **kwargs):
    torch.manual_seed(0)
    ds = TensorDataset(torch.randn(n,*shape), torch.randint(0,n_out,(n,)))
    learn = Learner(DataLoaders(DataLoader(ds, 5, shuffle=True, drop_last=True), DataLoader(ds, 5)),
                    nn.Linear(4,3) if model is None else model, loss, SGD, **kwargs)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn

@pytest.fixture(scope='module')
def digit_learner(digits):
    train,valid = digits
    torch.manual_seed(0)
    learn = Learner(DataLoaders(DataLoader(to_dset(train), 64, shuffle=True), DataLoader(to_dset(valid), 100)), mnist_net(),
                    CrossEntropyLossFlat(), SGD, metrics=accuracy)
    with learn.no_bar(): learn.fit(3, .3)
    return learn

# --- get_preds

fastai = pytest.importorskip('fastai.basics')
from fastai.callback import hook as _hook, progress as _progress
from fastai import losses as fl, optimizer as fo

@pytest.mark.parametrize('ours,theirs', [(CrossEntropyLossFlat(),fl.CrossEntropyLossFlat()), (nn.CrossEntropyLoss(),nn.CrossEntropyLoss()),
                                         (cross_entropy,F.cross_entropy), (F.cross_entropy,F.cross_entropy)])
@pytest.mark.parametrize('kw', [{}, dict(with_input=True), dict(with_loss=True), dict(with_input=True, with_decoded=True, with_loss=True),
                                dict(act=torch.exp, with_decoded=True), dict(ds_idx=0), dict(ds_idx=0, reorder=False)])
def test_get_preds_as_fastai(ours, theirs, kw):
    a = learner(loss=ours)
    ds = list(zip(*a.dls.train_ds.tensors))
    dls = fastai.DataLoaders(fastai.DataLoader(ds, 5, shuffle=True, drop_last=True), fastai.DataLoader(ds, 5), device=torch.device('cpu'))
    b = fastai.Learner(dls, a.model, loss_func=theirs, opt_func=fo.SGD)
    with b.no_bar(): got,exp = a.get_preds(**kw),b.get_preds(**kw)
    assert type(got) is type(exp) and len(got)==len(exp)
    for x,y in zip(got, exp): torch.testing.assert_close(x, torch.as_tensor(y).as_subclass(torch.Tensor), rtol=1e-5, atol=1e-6)

def test_signature_as_fastai():
    for name in 'get_preds','show_results':
        ours,theirs = (signature(getattr(o, name)).parameters for o in (Learner,fastai.Learner))
        n = len(ours)-1        # ours ends in **kwargs, which fastai's decorator has filled in
        assert [(k,p.default) for k,p in ours.items()][:n]==[(k,p.default) for k,p in theirs.items()][:n]

@pytest.mark.parametrize('kw', [{}, dict(drop_last=True), dict(num_workers=1), dict(shuffle=False, drop_last=True)])
def test_shuffled_pytorch_loader_comes_in_order(kw):
    learn = learner()
    x,y = learn.dls.train_ds.tensors
    dl = data.DataLoader(learn.dls.train_ds, **dict(batch_size=5, shuffle=True) | kw)
    i,p,t = learn.get_preds(dl=dl, with_input=True)
    # in other batches PyTorch may round otherwise
    assert torch.equal(i, x) and torch.equal(t, y) and torch.equal(p, torch.cat([learn.model(o).detach() for o in x.split(5)]))
    learn.dls = DataLoaders(dl, dl)
    assert torch.equal(learn.get_preds(0)[1], y)

def test_own_sampler_is_respected():
    learn = learner(); ds,y = learn.dls.train_ds,learn.dls.train_ds.tensors[1]
    for dl in (data.DataLoader(ds, 2, sampler=[3,1,2]), data.DataLoader(ds, batch_sampler=[[3,1],[2]])):
        assert torch.equal(learn.get_preds(dl=dl)[1], y[[3,1,2]])
    dl = data.DataLoader(ds, 2, sampler=data.RandomSampler(ds, num_samples=4)); assert len(learn.get_preds(dl=dl)[0])==4

def test_order_of_ones_own_in_our_loader():
    "A sampler, a stream: their order, in show_results too"
    learn = learner(); ds,y = learn.dls.train_ds,learn.dls.train_ds.tensors[1]
    for dl in DataLoader(ds, 2, sampler=[3,1,2]),DataLoader(ds, batch_sampler=[[3,1],[2]]),DataLoader((ds[i] for i in (3,1,2)), 2, n=3): 
        assert torch.equal(learn.get_preds(dl=dl)[1], y[[3,1,2]])
        learn.dls = DataLoaders(dl, dl); learn.show_results(max_n=2) if dl.indexed else None; plt.close('all')

def test_no_graph_is_kept():
    class Grad(Callback):
        def before_batch(self): torch.set_grad_enabled(True)
        def after_batch(self): torch.set_grad_enabled(False)
    for o in learner().get_preds(with_input=True, with_loss=True, cbs=Grad()): assert not o.requires_grad

class Parts(nn.Module):
    "Two inputs, a dictionary and a pair as predictions"
    def __init__(self): super().__init__(); self.l = nn.Linear(4,3)
    def forward(self, a, b): return {'sum':self.l(a)+b, 'pair':(a,b)}

def test_nested_batches():
    learn = learner(Parts(), loss=lambda p, *t: p['sum'].mean())
    a,b = torch.randn(7,4),torch.randn(7,3)
    x,p,t = learn.get_preds(dl=[(a[:5],b[:5],torch.zeros(5)),(a[5:],b[5:],torch.zeros(2))], with_input=True)
    assert torch.equal(x[0],a) and torch.equal(x[1],b) and torch.equal(p['pair'][1],b) and p['sum'].shape==(7,3) and len(t)==7

def test_unlabelled_batches():
    learn = learner(loss=CrossEntropyLossFlat())
    p,t,d,l = learn.get_preds(dl=[(torch.randn(3,4),)], with_decoded=True, with_loss=True)
    assert t is None and l is None and torch.equal(d, p.argmax(1))

def test_cancelled_batch_gives_nothing():
    class Cancel(Callback):
        def before_batch(self):
            if self.iter==1: raise CancelBatchException()
    x,p,t = learner().get_preds(cbs=Cancel(), with_input=True)
    assert len(x)==len(p)==len(t)==17

@pytest.mark.parametrize('loss', [CrossEntropyLossFlat(), nn.CrossEntropyLoss(), nn.CrossEntropyLoss(reduction='sum'), cross_entropy,
                                  F.cross_entropy, partial(F.cross_entropy, label_smoothing=0.), partial(CrossEntropyLossFlat()),
    lambda p, t, **kw: F.cross_entropy(p, t, **kw)])
def test_losses_per_item(loss):
    learn = learner(loss=loss); x,y = learn.dls.train_ds.tensors
    p,t,l = learn.get_preds(with_loss=True)
    torch.testing.assert_close(l, F.cross_entropy(learn.model(x), y, reduction='none').detach())
    assert learn.loss_func is loss and getattr(loss, 'reduction', 'mean')!='none'

def test_losses_per_item_of_pictures():
    "One class per pixel: the mean over the pixels of each"
    y = torch.randint(0,3,(5,2,2))
    for loss in nn.CrossEntropyLoss(),CrossEntropyLossFlat(axis=1):
        learn = learner(nn.Conv2d(2,3,1), loss=loss); x = torch.randn(5,2,2,2)
        torch.testing.assert_close(learn.get_preds(dl=[(x,y)], with_loss=True)[2],
                                   F.cross_entropy(learn.model(x), y, reduction='none').mean((1,2)).detach())

def test_loss_that_cannot():
    learn = learner(nn.Linear(4,1), loss=mnist_loss)
    with pytest.raises(TypeError, match='^mnist_loss only gives one loss for a batch.*CrossEntropyLossFlat.*with_loss$'):
        learn.get_preds(with_loss=True)
    learn = learner(loss=lambda p, t, reduction=None: p.mean())
    with pytest.raises(ValueError, match='1 losses for 5 items'): learn.get_preds(with_loss=True)
    assert len(learn.get_preds())==2

def test_inner():
    "In the middle of a fit; weights and rows are as without it"
    class Look(Callback):
        seen,run_valid = 0,False
        def after_backward(self): self.look()
        def after_batch(self): self.look()
        def look(self):
            was = self.model.training,self.training,self.iter,self.n_iter,self.dl,self.xb,self.pred,self.loss
            p,t = self.learn.get_preds(inner=True)
            assert len(p)==22 and was==(self.model.training,self.training,self.iter,self.n_iter,self.dl,self.xb,self.pred,self.loss)
            Look.seen += 1
    def run(**kw):
        torch.manual_seed(0); learn = learner(nn.Sequential(nn.Linear(4,8), nn.BatchNorm1d(8), nn.Linear(8,3)), metrics=accuracy)
        torch.manual_seed(1); learn.fit(2, .1, **kw)
        return learn
    a,b = run(),run(cbs=Look())
    assert Look.seen==2*(2*4) and [list(r) for r in a.recorder.values]==[list(r) for r in b.recorder.values]
    for k,v in a.model.state_dict().items(): assert torch.equal(v, b.model.state_dict()[k])
    assert [type(c) for c in a.cbs]==[type(c) for c in b.cbs]

# --- predict and show_results

def test_predict(digits, digit_learner):
    im = digits[1].x[0]
    word,dec,probs = digit_learner.predict(Image.fromarray(im.numpy()))
    with torch.no_grad(): exp = digit_learner.model(im.float().flatten()[None]/255).softmax(1)[0]
    torch.testing.assert_close(probs, exp); assert torch.equal(dec, exp.argmax()) and word==str(dec.item())
    x,*rest = digit_learner.predict(im, with_input=True)
    assert torch.equal(x, im.float().flatten()/255) and torch.equal(rest[2], probs)

@pytest.mark.parametrize('loss', [cross_entropy, F.cross_entropy, nn.CrossEntropyLoss(), partial(F.cross_entropy, label_smoothing=.1),
                                  CrossEntropyLossFlat(), fl.CrossEntropyLossFlat()])
def test_predict_with_every_cross_entropy(loss):
    learn = learner(loss=loss); x = torch.randn(4)
    word,dec,probs = learn.predict(x)
    torch.testing.assert_close(probs.as_subclass(torch.Tensor), learn.model(x).softmax(0).detach()); assert word==dec.item()==probs.argmax()

@pytest.mark.parametrize('loss', [mnist_loss, nn.BCEWithLogitsLoss(), F.binary_cross_entropy_with_logits, MnistLossFlat(),
                                  BCEWithLogitsLossFlat()])
def test_predict_two_classes(loss):
    learn = learner(nn.Linear(4,1), loss=loss)
    for i in range(9):
        x = torch.randn(4)*3; p = learn.model(x).sigmoid().detach()
        word,dec,probs = learn.predict(x)
        torch.testing.assert_close(probs, p); assert word==int(p>.5)==int(dec)

def test_predict_activation_inside():
    "Where the model ends in a sigmoid itself, and the loss says so"
    from fastcore.basics import noop
    m = nn.Sequential(nn.Linear(4,1), nn.Sigmoid()); x = torch.randn(4)
    assert torch.equal(learner(m, loss=partial(mnist_loss, activation=noop)).predict(x)[2], m(x).detach())

def test_predict_regression():
    learn = learner(nn.Linear(4,1), loss=nn.MSELoss()); x = torch.randn(4)
    word,dec,p = learn.predict(x)
    assert torch.equal(p, learn.model(x).detach()) and word==p.item()
    assert torch.equal(learner(loss=lambda p,t: p.mean()).predict(x)[0], learner().model(x).detach())

def test_show_results(digit_learner):
    for kw in (dict(shuffle=False), dict(max_n=5, nrows=1), dict(ds_idx=0, max_n=4)):
        plt.close('all'); torch.manual_seed(0)
        digit_learner.show_results(**kw)
        axs = [ax for ax in plt.gcf().axes if ax.texts]
        assert len(axs)==kw.get('max_n', 9)
        for ax in axs:
            assert (ax.texts[0].get_text()=='✓ '+ax.get_title()) or (ax.texts[0].get_text()[0]=='✗'
                and ax.texts[0].get_text()[2:]!=ax.get_title())
    # targets may be floats
    plt.close('all'); learner(nn.Linear(4,1), loss=nn.BCEWithLogitsLoss()).show_results(dl=[(torch.randn(9,4), torch.ones(9,1))])
    assert all((o.texts[0].get_text()=='✓ 1') or (o.texts[0].get_text()=='✗ 0') for o in plt.gcf().axes if o.texts)
    # a model that is always wrong has crosses
    plt.close('all'); x,y = digit_learner.dls.valid_ds[:9]
    digit_learner.show_results(dl=[(x,(digit_learner.get_preds(dl=[(x,y)])[0].argmax(1)+1)%10)])
    assert {ax.texts[0].get_text()[0] for ax in plt.gcf().axes if ax.texts}=={'✗'}
    plt.close('all'); digit_learner.show_results(dl=[(x,)]); assert all(o.texts[0].get_text().isdigit() for o in plt.gcf().axes if o.texts)
    plt.close('all')
    with pytest.raises(ValueError, match='no pictures'): learner(nn.Linear(5,3), shape=(5,)).show_results()
    with pytest.raises(ValueError, match='one answer below'): learner(loss=lambda p, t: p.mean(), shape=(4,)).show_results()

# --- summary

def test_summary_counts_and_leaves_no_trace():
    shared = nn.Linear(6,6)
    class Odd(nn.Module):
        "A parameter of its own, a layer used twice, one never reached"
        def __init__(self):
            super().__init__(); self.l,self.bn,self.unused,self.scale = shared,nn.BatchNorm1d(6),nn.Linear(2,2),nn.Parameter(torch.ones(6))
        def forward(self, x): return self.l(self.bn(self.l(x)*self.scale))
    m = nn.Sequential(nn.Linear(4,6), Odd(), nn.Dropout(), nn.Linear(6,3))
    m[1].bn.eval(); m[0].weight.requires_grad_(False)
    learn = learner(m); learn.opt_func = partial(SGD, mom=.9)
    before,modes,rng = {k:v.clone() for k,v in m.state_dict().items()},[o.training for o in m.modules()],torch.get_rng_state()
    s = learn.summary()
    assert all(torch.equal(v, before[k]) for k,v in m.state_dict().items()) and modes==[o.training
        for o in m.modules()] and torch.equal(rng, torch.get_rng_state())
    assert not any(o._forward_hooks for o in m.modules()) and max(map(len, s.splitlines()))<=80 and repr(s)==s
    n = sum(p.numel() for p in m.parameters())
    assert f'Total params: {n:,}' in s and f'Total trainable params: {n-24:,}' in s and 'Total non-trainable params: 24' in s
    assert 'SGD(mom=0.9)' in s and 'cross_entropy' in s and '  - Recorder' in s and 'partly' in s
    counts = [int(g.replace(',','')) for g in re.findall(r'^\w+ +(?:\d[\d x]*\d)? +([\d,]+)  (?:True|False|partly)$', s, re.M)]
    assert sum(counts)==n and len(counts)==6

def test_random_numbers_are_not_disturbed(tmp_path):
    "Not even by a loader of PyTorch, which draws a seed for each pass"
    learn = learner(path=tmp_path); dl = data.DataLoader(learn.dls.train_ds, 5, shuffle=True); learn.dls = DataLoaders(dl, dl)
    rng = torch.get_rng_state()
    learn.summary(); learn.export()
    assert torch.equal(rng, torch.get_rng_state())

def test_summary_as_fastais_totals():
    a = learner(nn.Sequential(nn.Linear(4,8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8,3)))
    b = fastai.Learner(fastai.DataLoaders(*[fastai.DataLoader(list(zip(*a.dls.train_ds.tensors)), 5)]*2), a.model,
                       loss_func=F.cross_entropy)
    totals = [re.findall(r'Total.*', str(o.summary())) for o in (a,b)]
    assert totals[0]==totals[1] and len(totals[0])==3

# --- export and load_learner

def there_and_back(learn, tmp_path):
    "Export without a warning, load; the same numbers, the same predictions"
    learn.path = tmp_path
    with warnings.catch_warnings():
        warnings.simplefilter('error'); file = learn.export()
    new = load_learner(file)
    for k,v in learn.model.state_dict().items():
        assert torch.equal(v, new.model.state_dict()[k]) and v.dtype==new.model.state_dict()[k].dtype
    x,_ = learn.dls.valid_ds[:]
    assert torch.equal(learn.get_preds(dl=[(x,)])[0], new.get_preds(dl=[(x,)])[0])
    return new

def test_digits_there_and_back(digits, digit_learner, tmp_path):
    new,(_,valid) = there_and_back(digit_learner, tmp_path),digits
    items = [Image.fromarray(o.numpy()) for o in valid.x[:70]]
    a,b = (o.get_preds(dl=o.dls.test_dl(items, bs=32), with_decoded=True) for o in (digit_learner,new))
    assert torch.equal(a[0],b[0]) and torch.equal(a[2],b[2]) and len(b[0])==70
    for im in items[:3]:
        assert digit_learner.predict(im)[0]==new.predict(im)[0] and torch.equal(digit_learner.predict(im)[2], new.predict(im)[2])
    assert new.dls.vocab==digit_learner.dls.vocab and type(new.loss_func) is CrossEntropyLossFlat and vars(new.loss_func)==vars(
        digit_learner.loss_func)
    assert (tmp_path/'export.safetensors').stat().st_size < 150_000 and len(new.dls.train_ds)==0
    assert new.validate(dl=digit_learner.dls.valid)[0]==pytest.approx(digit_learner.validate()[0]) and not new.model.training
    dl = new.dls.test_dl(valid[:9], with_labels=True); assert torch.equal(new.get_preds(dl=dl)[1], valid.y[:9])
    there_and_back(Learner(digit_learner.dls, new.model, new.loss_func), tmp_path)      # and once more
    assert load_learner(tmp_path/'export.safetensors', cpu=False).dls.device==default_device()

def test_loaded_learner_has_a_summary_and_trains(digit_learner, tmp_path):
    new = there_and_back(digit_learner, tmp_path)
    assert 'Total params: 23,860' in new.summary()
    new.dls = digit_learner.dls
    with new.no_bar(): new.fit(1, .01)
    assert len(new.recorder.values)==1

def test_three_or_seven(digits, tmp_path):
    train,valid = (o.only(3,7) for o in digits)
    learn = Learner(DataLoaders(DataLoader(to_dset(train, 3), 64), DataLoader(to_dset(valid, 3), 64)), simple_net(), mnist_loss, SGD,
                    metrics=batch_accuracy)
    with learn.no_bar(): learn.fit(3, 1.)
    new = there_and_back(learn, tmp_path)
    assert new.loss_func is mnist_loss and new.predict(valid.only(3).x[0])[0]=='3' and new.predict(valid.only(7).x[0])[0]=='7'

def test_pixel_similarity(digits, tmp_path):
    train,valid = digits
    dls = DataLoaders(DataLoader(to_dset(train), 64), DataLoader(to_dset(valid), 64))
    for dist in 'l1','rmse':
        new = there_and_back(Learner(dls, PixelSimilarity.from_digits(train, dist), cross_entropy, SGD), tmp_path)
        assert new.model.dist==dist and not [*new.model.parameters()]

C = nn.Sequential
def conv(**kw): return nn.Conv2d(3, 6, 3, **kw)
GOOD = {  # models for inputs [N,3,8,8]
    'conv': lambda: C(conv(padding=1, bias=False, padding_mode='reflect', stride=2),
                      nn.BatchNorm2d(6, eps=.1, momentum=None, affine=False), nn.ReLU(True), nn.Dropout2d(.3), nn.MaxPool2d(2),
                      nn.Flatten(), nn.LazyLinear(3)),
    'circular': lambda: conv(padding=(1,2), padding_mode='circular', dilation=2), 'same': lambda: conv(padding='same'),
    'groups': lambda: nn.Conv2d(3,3,(3,1),groups=3),
    'transposed': lambda: nn.ConvTranspose2d(3,4,3,2,1,output_padding=1,bias=False),
    'nested': lambda: C(C(conv(), C(nn.ReLU(), nn.Identity())), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6,3)),
    'norms': lambda: C(nn.GroupNorm(3,3,eps=.01), nn.InstanceNorm2d(3,affine=True,track_running_stats=True), nn.LayerNorm([3,8,8],eps=.1),
                       nn.LayerNorm(8,elementwise_affine=False), nn.LayerNorm(8,bias=False), nn.LocalResponseNorm(2,alpha=.1)),
    'no stats': lambda: nn.BatchNorm2d(3, track_running_stats=False),
    'pools': lambda: C(nn.AvgPool2d(3,1,1,count_include_pad=False), nn.LPPool2d(2,2), nn.MaxPool2d(2,1,1,ceil_mode=True),
                       nn.AdaptiveMaxPool2d((2,None))),
    'pads': lambda: C(nn.ZeroPad2d(1), nn.ReflectionPad2d((1,0,2,1)), nn.ConstantPad2d(1,.5), nn.ReplicationPad2d(1), nn.CircularPad2d(1)),
    'acts': lambda: C(nn.LeakyReLU(.3), nn.ELU(.5), nn.GELU('tanh'), nn.Hardtanh(-2,2.5), nn.PReLU(3,init=.1), nn.Softplus(2,10),
                      nn.SiLU(), nn.Threshold(.1,.2), nn.CELU(.7), nn.Softshrink(.1), nn.RReLU(.1,.2), nn.Mish(), nn.Tanh()),
    'softmax': lambda: C(nn.Softmax(1), nn.LogSoftmax(-1)), 'softmax2d': lambda: nn.Softmax2d(),
    'shapes': lambda: C(nn.PixelUnshuffle(2), nn.PixelShuffle(2), nn.ChannelShuffle(3), nn.Unflatten(1,(1,3)), nn.Flatten(1,2),
                        nn.Upsample(scale_factor=2,mode='bilinear',align_corners=True)),
    'upsample size': lambda: nn.Upsample((5,7)), 'unfold': lambda: C(nn.Unfold(2,stride=2), nn.Fold((8,8),2,stride=2)),
    'glu': lambda: nn.GLU(-1), 'double': lambda: C(nn.Flatten(), nn.Linear(192,3)),
    'deep': lambda: C(*[C(conv(padding=1), nn.ReLU(), nn.Conv2d(6,3,1)) for _ in range(30)]),
    'unused stats': lambda: nn.BatchNorm2d(3, momentum=.5),
    'shared relu': lambda: (lambda r: C(conv(), r, nn.Conv2d(6,6,1), r))(nn.ReLU()), 'empty': lambda: C(),
    'names': lambda: C(__import__('collections').OrderedDict(body=conv(), head=nn.Flatten())),
}

@pytest.mark.parametrize('name', GOOD)
def test_layers_are_rebuilt(name, tmp_path):
    m = GOOD[name]()
    learn = learner(m, shape=(3,8,8))
    m(learn.dls.valid_ds[:][0])       # statistics that are not the first ones, lazy layers that are no longer
    new = there_and_back(learn, tmp_path).model
    assert str(new)==str(m) and mod._difference(m.eval(), new) is None
    for a,b in zip(m.modules(), new.modules()):
        for k in 'eps momentum padding_mode p negative_slope'.split(): assert getattr(a, k, 0)==getattr(b, k, 0)

def test_types_and_frozen(tmp_path):
    learn = learner(nn.Sequential(nn.Linear(4,3), nn.BatchNorm1d(3)).double())
    learn.dls = DataLoaders(*[DataLoader(TensorDataset(torch.randn(9,4).double(), torch.randint(0,3,(9,))), 5)]*2)
    learn.model[0].weight.requires_grad_(False)
    new = there_and_back(learn, tmp_path)
    assert [p.requires_grad for p in new.model.parameters()]==[False,True,True,True] and new.model[0].weight.dtype==torch.float64

class Own(nn.Module):
    def __init__(self, n_in=4): super().__init__(); self.lin = nn.Linear(n_in,3)
    def forward(self, x): return self.lin(x).exp()

class Linear(nn.Linear):
    "One's own class of a name that PyTorch has too"
    def forward(self, x): return -super().forward(x)

def tied(): a,b = nn.Linear(4,4),nn.Linear(4,4); b.weight = a.weight; return C(a,b)
def twice(): a = nn.Linear(4,4); return C(a,nn.ReLU(),a)
def hooked(): a = nn.Linear(4,3); a.register_forward_hook(lambda m,i,o: o+1); return a
def prehooked(): a = C(nn.Linear(4,3)); a[0].register_forward_pre_hook(lambda m,i: (i[0]+1,)); return a
def patched(): a = nn.Linear(4,3); a.forward = lambda x: F.linear(x, a.weight)*2; return a
def changed(): a = nn.LeakyReLU(.1); a.extra = 3; return C(nn.Linear(4,3), a)
def oddly_padded(): a = nn.Conv2d(3,6,3,padding=1,padding_mode='reflect'); a._reversed_padding_repeated_twice = [2,2,2,2]; return a
def buffer(): a = nn.Linear(4,3); a.register_buffer('more', torch.ones(2)); return a
def passing_buffer(): a = nn.Linear(4,3); a.register_buffer('more', torch.ones(2), persistent=False); return a
def more_weights(): a = nn.Linear(4,3); a.extra = nn.Parameter(torch.ones(2)); return a
def child_of_layer(): a = nn.Linear(4,3); a.child = nn.ReLU(); return a
BAD = dict(own=Own, own_inside=lambda: C(Own()), same_name=lambda: Linear(4,3), tied=tied, twice=twice, hooked=hooked, prehooked=prehooked,
           patched=patched, changed=changed, 
    oddly_padded=oddly_padded, buffer=buffer, passing_buffer=passing_buffer, more_weights=more_weights, child_of_layer=child_of_layer,
    weight_norm=lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4,3)),
    old_weight_norm=lambda: nn.utils.weight_norm(nn.Linear(4,3)), spectral=lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(4,3)),
    lstm_cell_like=lambda: nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), parallel=lambda: nn.DataParallel(nn.Linear(4,3)))

@pytest.mark.filterwarnings('ignore:.*weight_norm.*')
@pytest.mark.parametrize('name', BAD)
def test_what_cannot_be_rebuilt_is_refused(name, tmp_path):
    "A warning says so in one line, the numbers are kept, and the file wants the model"
    torch.manual_seed(0)
    learn = learner(m := BAD[name](), shape=(3,8,8) if name=='oddly_padded' else (5,4) if 'cell' in name else (4,), path=tmp_path)
    with pytest.warns(UserWarning, match='the model cannot be described in export.safetensors') as w: learn.export()
    assert len(w)==1 and '\n' not in str(w[0].message)
    with pytest.raises(MnistError, match=f'only the numbers of a {type(m).__name__}; pass the model'):
        load_learner(tmp_path/'export.safetensors')
    x,m2 = learn.dls.valid_ds[:][0],BAD[name]()
    new = load_learner(tmp_path/'export.safetensors', model=m2)
    assert new.model is m2 and torch.equal(new.get_preds(dl=[(x,)])[0], learn.get_preds(dl=[(x,)])[0])

LAYERS = dict(Linear=st.fixed_dictionaries(dict(in_features=st.just(4), out_features=st.integers(1,3), bias=st.booleans())),
              LayerNorm=st.fixed_dictionaries(dict(normalized_shape=st.just(4), eps=st.floats(1e-8,1), elementwise_affine=st.booleans(),
                                                   bias=st.booleans())),
    Conv1d=st.fixed_dictionaries(dict(in_channels=st.just(2), out_channels=st.sampled_from([2,4]), kernel_size=st.integers(1,3),
                                      stride=st.integers(1,2), padding=st.integers(0,1), groups=st.integers(1,2), bias=st.booleans(),
                                      padding_mode=st.sampled_from(['zeros','reflect','replicate','circular']))),
    BatchNorm1d=st.fixed_dictionaries(dict(num_features=st.just(2), eps=st.floats(1e-8,1), momentum=st.none()|st.floats(0,1),
                                           affine=st.booleans(), track_running_stats=st.booleans())),
    Dropout=st.fixed_dictionaries(dict(p=st.floats(0,1), inplace=st.booleans())),
    MaxPool1d=st.fixed_dictionaries(dict(kernel_size=st.integers(2,3), stride=st.none()|st.integers(1,2), padding=st.integers(0,1),
                                         ceil_mode=st.booleans())))

@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(LAYERS)).flatmap(lambda n: st.tuples(st.just(n), LAYERS[n])))
def test_any_arguments(nk):
    "Whatever arguments a layer was made with, the description gives the same layer"
    name,kw = nk
    m,x = getattr(nn, name)(**kw),torch.randn(3,2,4)
    text,ts = pack_state(m, mod._kind_of)
    assert not ts and mod._why_not(m, (x,), m.eval()(x.clone()), text, ts) is None
    new = unpack_state(text, [], mod._object)
    assert str(new)==str(m) and {k:(v.shape,v.dtype) for k,v in new.state_dict().items()}=={k:(v.shape,v.dtype)
        for k, v in m.state_dict().items()}

@pytest.fixture
def registered():
    "Classes entered for one test"
    before = dict(exportables)
    yield exportable
    exportables.clear(); exportables.update(before)

def test_exportable_classes(registered, tmp_path):
    """Arguments that are no attributes, layers made in a loop, parts replaced later, attributes of all kinds, own parameters, a part that
    is None"""
    @registered
    class Block(nn.Module):
        def __init__(self, n, down=None):
            super().__init__()
            self.conv,self.bn,self.down,self.kind = nn.Conv2d(n,n,3,padding=1),nn.BatchNorm2d(n),down,('a',[1.5,None],{'k':True})
        def forward(self, x): return self.bn(self.conv(x)) + (self.down(x) if self.down else x)
    @registered
    class Net(nn.Module):
        def __init__(self, make, layers):
            super().__init__()
            self.body = nn.Sequential(*[make(3, nn.Conv2d(3,3,1) if i%2 else None) for i in range(layers)])
            self.scale,self.head = nn.Parameter(torch.ones(3,1,1)*2),nn.Linear(192,10)
            self.register_buffer('shift', torch.arange(3)[:,None,None]); self.register_module('none', None)
        def forward(self, x): return self.head((self.body(x)*self.scale+self.shift).flatten(1))
    m = Net(Block, 3); m.head = nn.Linear(192,3)
    new = there_and_back(learner(m, shape=(3,8,8)), tmp_path).model
    assert str(m)==str(new) and new.body[0].kind==m.body[0].kind and [n for n,_ in new.named_parameters()]==[n
        for n, _ in m.named_parameters()] and new.none is None
    del exportables['Block']
    with pytest.raises(MnistError, match='it needs Block, which is not known here'): load_learner(tmp_path/'export.safetensors')
    other = Net(Block, 3); other.head = nn.Linear(192,3)
    assert torch.equal(load_learner(tmp_path/'export.safetensors', model=other).model.scale, m.scale)

@pytest.mark.parametrize('pretrained', [False,True])
def test_vision_learner(digits, tmp_path, monkeypatch, pretrained):
    "A ResNet with fastai's head, from folders of pictures of some size, with a transform of each"
    monkeypatch.setattr(resnet, 'published_weights', lambda *_: resnet.ResNet(resnet.BasicBlock, [2,2,2,2]).state_dict())
    for part in 'train','valid':
        for i,(x,y) in enumerate(zip(digits[1].x[:20], digits[1].y[:20])):
            file = tmp_path/part/f'n{y}'/f'{i}.png'
            file.parent.mkdir(parents=True, exist_ok=True); Image.fromarray(x.numpy()).resize((40,40)).save(file)
    torch.manual_seed(0)
    dls = image_folders.ImageDataLoaders.from_folder(tmp_path, item_tfms=image_folders.Resize(32), bs=8, device='cpu')
    learn = resnet.vision_learner(dls, resnet.resnet18, pretrained=pretrained, path=tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter('error'); new = load_learner(learn.export())
    files = sorted((tmp_path/'valid').glob('*/*'))
    a,b = (o.get_preds(dl=o.dls.test_dl(files, bs=8))[0] for o in (learn,new))
    assert torch.equal(a, b) and a.std()>0 and new.dls.vocab==dls.vocab and [p.requires_grad
        for p in new.model.parameters()]==[p.requires_grad for p in learn.model.parameters()]
    assert new.predict(files[0])[0]==learn.predict(files[0])[0] and new.predict(Image.open(files[0]))[0]==new.predict(files[0])[0]

@pytest.mark.parametrize('loss', [cross_entropy, F.cross_entropy, nn.CrossEntropyLoss(),
                                  nn.CrossEntropyLoss(weight=torch.tensor([1.,2,3]), label_smoothing=.1),
                                  CrossEntropyLossFlat(reduction='sum'), partial(F.cross_entropy, label_smoothing=.1)], ids=range(6))
def test_losses_are_kept(loss, tmp_path):
    learn = learner(loss=loss); new = there_and_back(learn, tmp_path)
    assert new.validate(dl=learn.dls.valid)[0]==learn.validate()[0] and all(torch.equal(a, b)
        for a, b in zip(learn.predict(torch.ones(4))[1:], new.predict(torch.ones(4))[1:]))

def test_loss_and_dataset_that_cannot_be_kept(tmp_path):
    class Rows(TensorDataset):
        def test_ds(self, items, with_labels=False): return [(i*2,) for i in items]
    learn = learner(loss=lambda p, t: p.mean(), path=tmp_path)
    learn.dls = DataLoaders(*[DataLoader(Rows(torch.randn(9,4), torch.ones(9)), 5)]*2)
    with pytest.warns(UserWarning) as w: file = learn.export()
    assert [str(o.message)[:9] for o in w]==['the loss ','the datas'] and not any('\n' in str(o.message) for o in w)
    new = load_learner(file); x = torch.ones(4)
    assert torch.equal(new.predict(x*2)[2], learn.predict(x)[2])
    with pytest.raises(ValueError, match='has no loss'): new.validate(dl=learn.dls.valid)

@pytest.mark.parametrize('cls', [nn.RNN, nn.LSTM, nn.GRU])
def test_recurrent_layers_are_not_on_the_list(cls, tmp_path):
    "Their numbers are kept, the warning says why, and the file loads into a model like it"
    class Last(nn.Module):
        def __init__(self): super().__init__(); self.r,self.l = cls(4,5,batch_first=True),nn.Linear(5,3)
        def forward(self, x): return self.l(self.r(x)[0][:,-1])
    learn = learner(Last(), shape=(6,4), path=tmp_path)
    exportable(Last)
    try:
        with pytest.warns(UserWarning, match=f'{cls.__name__} is neither on the list of layers nor `exportable`'): file = learn.export()
    finally: del exportables['Last']
    x = torch.randn(6,4)
    assert torch.equal(load_learner(file, model=Last()).predict(x)[2], learn.predict(x)[2])

def test_loss_with_numbers_of_its_own(tmp_path):
    learn = learner(loss=nn.BatchNorm1d(3), path=tmp_path)
    with pytest.warns(UserWarning, match='the loss cannot be described.*numbers of its own'): file = learn.export()
    load_learner(file)

def test_two_inputs(registered, tmp_path):
    @registered
    class Two(nn.Module):
        def __init__(self): super().__init__(); self.l = nn.Linear(4,3)
        def forward(self, a, b): return self.l(a)+b
    learn = learner(Two(), path=tmp_path); ds = TensorDataset(torch.randn(9,4), torch.randn(9,3), torch.randint(0,3,(9,))); ds.n_inp = 2
    learn.dls = DataLoaders(*[DataLoader(ds, 5)]*2)
    new = load_learner(learn.export()); item = (torch.ones(4),torch.ones(3))
    assert torch.equal(new.predict(item)[2], learn.predict(item)[2])

def test_export_needs_inputs(tmp_path):
    learn = learner(path=tmp_path); learn.dls = DataLoaders(*[DataLoader(TensorDataset(torch.zeros(0,4), torch.zeros(0)), 5)]*2)
    with pytest.raises(ValueError, match='pass xb'): learn.export()
    assert not [*tmp_path.iterdir()] and not nn.modules.module._global_forward_hooks
    assert load_learner(learn.export('sub/m.safetensors', xb=(torch.randn(2,4),))).path==tmp_path/'sub'

def test_export_changes_nothing(tmp_path):
    "Export in the middle of training: weights, statistics, modes, optimizer, random numbers, rows"
    def run(export):
        torch.manual_seed(0)
        learn = learner(C(nn.Linear(4,8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8,3)), path=tmp_path, metrics=accuracy)
        class Ex(Callback):
            def after_batch(self):
                if self.training and export: self.learn.export(); assert self.model.training
        torch.manual_seed(2); learn.fit(2, .1, cbs=Ex())
        return learn
    a,b = run(False),run(True)
    for k,v in a.model.state_dict().items(): assert torch.equal(v, b.model.state_dict()[k])
    assert [list(r) for r in a.recorder.values]==[list(r) for r in b.recorder.values]

# --- files from strangers

def rewrite(src, dst, f=None, tensors=None, **meta):
    "A copy of a file with its text changed by `f` (of the parsed state), tensors replaced, metadata overwritten"
    with safe_open(src, 'pt') as o: m,ts = o.metadata(),{k:o.get_tensor(k) for k in o.keys()}
    if f: s = json.loads(m['state']); s = f(s) or s; m['state'] = s if isinstance(s, str) else json.dumps(s)
    ts |= tensors or {}
    m['crc'] = checksum(m['state'], [ts[str(i)] for i in range(len(ts))])
    save_file(ts, dst, metadata=m|meta)
    return dst

def refused(file, *says, **kw):
    with pytest.raises(MnistError) as e: load_learner(file, **kw)
    msg = str(e.value)
    assert '\n' not in msg and len(msg)<700 and str(file) in msg and all(o in msg for o in says), msg
    return msg

def entry(s, key): return next(kv for kv in s['dict'] if kv[0]==key)
def put(key, value):
    def f(s): entry(s, key)[1] = value
    return f
def obj(name, args=(), params=(), buffers=(), parts=()):
    return {'object':[name, *({'dict':[list(o) for o in d]} for d in (args,params,buffers,parts))]}

@pytest.fixture
def good(tmp_path): return learner(C(nn.Linear(4,3), nn.ReLU()), path=tmp_path).export()

LIN = obj('Linear', [('in_features',4),('out_features',3)])
def seq(*ls): return obj('Sequential', parts=[(str(i),l) for i,l in enumerate(ls)])
HOSTILE = {
    'unknown class': (obj('os.system'), 'os.system'), 'builtin': (obj('eval', [('source','1')]), 'eval'),
    'dunder': (obj('__import__'), '__import__'), 'dotted': (obj('torch.nn.Linear'), 'torch.nn.Linear'),
    'function as class': (obj('cross_entropy'), 'not a class'), 'module': (obj('Module'), ''), 'name that is no text': (obj(5), ''),
    'transformer': (obj('Transformer', [('num_encoder_layers',10**9)]), 'Transformer'),
    'rnn': (obj('RNNBase', [('mode','LSTM'),('input_size',4),('hidden_size',3),('num_layers',10**9)]), 'RNNBase'),
    'lstm': (obj('LSTM', [('input_size',4),('hidden_size',3),('num_layers',10**9)]), 'LSTM'),
    'unknown argument': (seq(obj('Linear', [('in_features',4),('out_features',3),('x',1)])), 'takes no x'),
    'device': (obj('Linear', [('in_features',10**6),('out_features',10**6),('device','cpu')]), 'device is not for a file to set'),
    'dtype': (obj('Linear', [('in_features',4),('out_features',3),('dtype',{'name':'Linear'})]), ''),
    'huge': (seq(obj('Linear', [('in_features',4),('out_features',10**15)])), 'shape'),
    'too huge': (obj('Linear', [('in_features',10**30),('out_features',3)]), 'Linear cannot be made'),
    'negative': (obj('Linear', [('in_features',-4),('out_features',3)]), ''),
    'text for a number': (obj('Linear', [('in_features','4'),('out_features',3)]), ''),
    'missing argument': (obj('Linear', [('in_features',4)]), 'out_features'),
    'object for a number': (obj('Linear', [('in_features',LIN),('out_features',3)]), ''),
    'other shape': (seq(obj('Linear', [('in_features',3),('out_features',4)])), '0.weight'),
    'missing layer': (seq(), '0.weight'), 'one more': (seq(LIN, LIN), '1.weight'),
    'part of a layer': (seq(obj('Linear', [('in_features',4),('out_features',3)], parts=[('a',obj('ReLU'))])), 'no parts'),
    'part that is no layer': (seq(5), 'not a layer'), 'part that is a loss': (seq(obj('MSELossFlat')), 'not a layer'),
    'part called forward': (obj('Sequential', parts=[('forward',obj('ReLU'))]), ''),
    'part with a dot': (obj('Sequential', parts=[('a.b',LIN)]), ''), 'part called 5': (obj('Sequential', parts=[(5,LIN)]), ''),
    'parallel': (obj('DataParallel', parts=[('module',LIN)]), ''),
    'does not work': (seq(LIN, obj('Linear', [('in_features',4),('out_features',3)])), ''),
    'not a model': (obj('MSELossFlat'), ''), 'a text': ('Linear', 'only the numbers'), 'a number': (5, 'only the numbers'),
    'a function': ({'name':'cross_entropy'}, 'only the numbers'), 'a class': ({'name':'Linear'}, 'only the numbers'),
    'a partial': ({'partial':[{'name':'Linear'},{'dict':[['in_features',4],['out_features',3]]}]}, 'partial of a class'),
    'too few parts': ({'object':['Linear']}, ''), 'two keys': ({'object':[], 'tensor':0}, ''),
    'unknown kind': ({'pickle':'cos\nsystem'}, ''), 'tensor that is not there': ({'tensor':99}, ''),
    'attribute that is a method': (obj('PixelSimilarity', [('dist','l1'),('forward',5)]), 'forward'),
    'attribute of modules': (obj('PixelSimilarity', [('_modules',{'dict':[]})]), '_modules'),
    'attribute missing': (obj('PixelSimilarity', [], buffers=[('means',{'tensor':0})]), ''),
    'attribute that is no text': (obj('PixelSimilarity', [(5,5)]), ''),
    'bad mode': (seq(LIN, obj('GELU', [('approximate','none at all')])), ''),
    'pool of a size that fills the memory': (seq(LIN, obj('Unflatten', [('dim',1),('unflattened_size',{'tuple':[1,3]})]),
                                                 obj('AdaptiveAvgPool1d', [('output_size',10**9)])),
                                                 'output_size is 1000000000, and should be 65,536 at most'),
                                                 'zero stride': (seq(LIN, obj('MaxPool1d', [('kernel_size',2),('stride',0)])), ''),
                                                 'sequence of args': (obj('ReLU', [('inplace',{'list':[1]*10})]), ''),
}

def pixels(*ls): return seq(LIN, obj('Unflatten', [('dim',1),('unflattened_size',{'tuple':[3,1,1]})]), *ls)     # layers for [N,3,1,1]
def lay(name, **args): return obj(name, [(k,{'tuple':list(v)} if isinstance(v, tuple) else v) for k,v in args.items()])
HOSTILE |= {
    'memory within a layer': (pixels(lay('LocalResponseNorm', size=10**8)), 'size is 100000000'),
    'scale': (pixels(lay('Upsample', scale_factor=2000)), 'scale_factor is 2000'),
    'scale of a side': (pixels(lay('Upsample', scale_factor=(1.,2000.))), 'scale_factor'),
    'scales': (pixels(*[lay('Upsample', scale_factor=64)]*3), 'Upsample makes'),
    'sizes': (pixels(lay('Upsample', size=(60000,60000))), 'Upsample makes'),
    'grown, and small again': (pixels(lay('Upsample', size=(60000,60000)), lay('AdaptiveAvgPool2d', output_size=1)), 'Upsample makes'),
    'padding': (pixels(lay('Conv2d', in_channels=3, out_channels=1, kernel_size=1, padding=10**5, stride=10**5)), 'is 100000'),
    'dilation': (pixels(lay('MaxPool2d', kernel_size=2, dilation=10**9, padding=1)), 'dilation'),
    'pads': (pixels(lay('ConstantPad2d', padding=10**6, value=0)), 'padding'),
    'pads in a row': (pixels(*[lay('ReplicationPad2d', padding=4000)]*3), 'ReplicationPad2d makes'),
    'fold': (seq(LIN, obj('Unflatten', [('dim',1),('unflattened_size',{'tuple':[3,1]})]),
                 lay('Fold', output_size=(60000,60000), kernel_size=1, stride=60000)), 'Fold makes'),
    'transposed': (pixels(lay('ConvTranspose2d', in_channels=3, out_channels=1, kernel_size=1, output_padding=10**5, stride=10**6)), ''),
    'compiled': (obj('PixelSimilarity', [('dist','l1'),('_compiled_call_impl',{'name':'softmax'})]),
                 '_compiled_call_impl is not for a file to set'),
    'class attribute of modules': (obj('PixelSimilarity', [('call_super_init',True)]), 'call_super_init'),
    'attribute that the class has not': (obj('PixelSimilarity', [('dist','l1'),('n',1)]), 'n is not for a file to set'),
    'dunder': (obj('MSELossFlat', [('__class__',{'name':'Linear'})]), '__class__'),
    'lazy': (seq(LIN, lay('LazyLinear', out_features=3)), 'LazyLinear'),
    'list of parameters': (seq(LIN, lay('ParameterList')), 'ParameterList')}

@pytest.mark.parametrize('name', HOSTILE)
def test_hostile_descriptions(name, good, tmp_path):
    arch,says = HOSTILE[name]
    refused(rewrite(good, tmp_path/'x.safetensors', put('arch', arch)), says)

def test_inputs_of_another_size():
    "A file may say that its inputs have one pixel; digits have more"
    with torch.device('meta'): m = C(nn.Upsample(scale_factor=64), nn.Upsample(scale_factor=32))
    with pytest.raises(MnistError, match='Upsample makes'): mod._try('f', m, {}, [torch.zeros(0,1,1,1)])
    mod._try('f', m[0], {}, [torch.zeros(0,1,1,1)])

@pytest.mark.parametrize('width,n', [(2**27,1), (2**14,2**13)])
def test_a_linear_layer_makes_too_much(width, n):
    "By itself, or for all items at once"
    with torch.device('meta'): m = C(nn.Linear(1,width), nn.ReLU())
    state = {k:torch.empty(v.shape, device='meta') for k,v in m.state_dict().items()}
    with Watch(), pytest.raises(MnistError, match='Linear makes'): mod._try('f', m, state, [torch.zeros(0,1)], n)

@pytest.mark.parametrize('m,x', [(C(nn.Linear(4,3), nn.Linear(5,2)), torch.zeros(0,4)), (nn.Linear(4,3), torch.zeros(0,5)),
                                 (nn.Linear(4,3), torch.zeros(0,4, dtype=torch.long))], ids=['layers','inputs','type'])
def test_linear_layers_that_do_not_fit(m, x):
    state = {k:torch.empty(v.shape, device='meta') for k,v in m.state_dict().items()}
    with pytest.raises(MnistError, match='f is damaged: its model does not work'): mod._try('f', m.to('meta'), state, [x])

@pytest.mark.parametrize('make', [lambda: nn.Conv2d(3,1,120,padding=240), lambda: nn.Conv2d(3,1,80,padding=320,dilation=4),
                                  lambda: nn.ConvTranspose2d(3,1,300,stride=9,padding=3), lambda: nn.Conv1d(3,1,60000,padding=60000)])
def test_memory_within_a_convolution(make):
    "For numbers of 64 bits, what each position of the kernel sees may be copied out: gigabytes between a small input and a small output"
    with torch.device('meta'): m = make()
    x = [torch.zeros(0,3,*[28*(1+40*(isinstance(m, nn.Conv1d)))]*(m.weight.dim()-2))]
    with pytest.raises(MnistError, match=f'{type(m).__name__} needs .* numbers in between'): mod._try('f', m, dict(m.state_dict()), x)
    with torch.device('meta'): m = C(nn.Conv2d(3,64,7,2,3), nn.Conv2d(64,64,3,padding=1), nn.ConvTranspose2d(64,64,3,2))
    mod._try('f', m, dict(m.state_dict()), [torch.zeros(0,3,512,512)])

def pictures(*batch_tfms, item_tfms=(), items=()):
    return obj('ImageDataset', [('items',{'list':list(items)}),('labels',None),('vocab',{'list':['a','b','c']}),
                                ('item_tfms',{'list':list(item_tfms)}),('batch_tfms',{'list':list(batch_tfms)}),('kept',{'dict':[]}),
                                ('free',0),('shape',None)])
def resize(*size, method='squish'): return obj('Resize', [('size',{'tuple':list(size)}),('method',method)])
UP = lay('Upsample', scale_factor=60)
AROUND = {  # for a net that takes [N,3,H,W]
    'resize': (dict(data=pictures(item_tfms=[resize(10**6,10**6)])), 'Resize cannot be made as described: an image is resized to'),
    'resize, a side': (dict(data=pictures(item_tfms=[resize(1,2**24+1)])), 'Resize cannot'),
    'resize to nothing': (dict(data=pictures(item_tfms=[resize(0,5)])), 'Resize cannot'),
    'resize to texts': (dict(data=pictures(item_tfms=[resize('9','9')])), 'Resize cannot'),
    'three sides': (dict(data=pictures(item_tfms=[resize(9,9,9)])), 'Resize cannot'),
    'method': (dict(data=pictures(item_tfms=[resize(9,9,method='_methods')])), 'method is one of'),
    'batch': (dict(data=pictures(UP,UP)), 'Upsample makes'),
    'item and batch': (dict(data=pictures(UP, item_tfms=[resize(100,100)])), 'Upsample makes'),
    'item and model': (dict(data=pictures(item_tfms=[resize(1100,1100)])), 'Conv2d makes'),
    'batch against a long tensor': (
        dict(data=pictures({'partial':[{'name':'F.mse_loss'},{'dict':[['target',{'tensor':'LONG'}],['reduction','none']]}]})),
        'something before or after it makes'),
    'activation': (dict(loss={'partial':[{'name':'mnist_loss'},{'dict':[['activation',seq(UP,UP)]]}]},
                        data=pictures(item_tfms=[resize(28,28)])), 'Upsample makes'),
                        'activation, no dataset': (dict(loss={'partial':[{'name':'mnist_loss'},{'dict':[['activation',seq(UP,UP)]]}]}),
                                                   'Upsample makes'),
    'activation that is none': (dict(loss={'partial':[{'name':'mnist_loss'},{'dict':[['activation',5]]}]}), 'damaged'),
    'partial of a class': (dict(loss={'partial':[{'name':'Linear'},{'dict':[['out_features',10**9]]}]}), 'partial of a class'),
    'rows that are none': (dict(data=obj('DigitRows', [('tensors',{'tuple':[{'tensor':'LONG'}]}),('vocab',None),('to_target',None)])),
                           'damaged')}

@pytest.fixture(scope='module')
def wide(tmp_path_factory):
    "A net for pictures in a file, with a long tensor that nothing needs"
    learn = learner(C(nn.Conv2d(3,64,1), nn.Conv2d(64,1,1)), nn.MSELoss(), shape=(3,8,8), path=tmp_path_factory.mktemp('wide'))
    return learn.export(),learn.model

@pytest.mark.parametrize('own', [False,True], ids=['model of the file','own model'])
@pytest.mark.parametrize('name', AROUND)
def test_memory_around_a_model(name, own, wide, tmp_path):
    "Neither the dataset nor the loss of a file asks for more than a model may; refused before anything is made"
    (file,model),(parts,says) = wide,AROUND[name]
    with safe_open(file, 'pt') as f: n = len(f.keys())
    def change(s):
        for k,v in parts.items(): entry(s, k)[1] = v
        return json.dumps(s).replace('"LONG"', str(n))
    long = {str(n):torch.zeros(10**5,1,1,1,1)} if 'LONG' in str(parts) else None
    file = rewrite(file, tmp_path/'x.safetensors', change, long)
    if own and name=='item and model': load_learner(file, model=model); return      # what memory your own model takes is known to you
    with Watch(): refused(file, says, **(dict(model=model) if own else {}))

def test_datasets_of_files_are_empty(wide, tmp_path):
    "What a file has as items, and what it has kept of them, is not looked at"
    (tmp_path/'a.png').write_bytes(b'x')
    learn = load_learner(rewrite(wide[0], tmp_path/'x.safetensors',
                                 put('data', pictures(item_tfms=[resize(9,9)], items=[str(tmp_path/'a.png')]))))
    assert len(learn.dls.train_ds)==0 and learn.dls.vocab==['a','b','c'] and learn.dls.train_ds.free>0
    assert learn.predict(Image.new('L', (20,20), 9))[2].shape==(1,9,9)

def test_attributes_that_a_class_sets(registered, tmp_path):
    "In any of its methods, its parents' too, as a default in the class, or by name only; not those that somebody else has set"
    class Parent(nn.Module):
        def __init__(self): super().__init__(); self.up,(self.a,*self.b) = 1,(2,3); [self.set(i) for i in range(2)]
        def set(self, i):
            def inner(): self.c = i
            inner()
        def forward(self, x): return x*self.up
    @registered
    class Child(Parent):
        d:int; e = 5
        def __init__(self): super().__init__(); vars(self).update(d=4); self.e = 6
    m = Child(); learn = learner(C(nn.Linear(4,3), m))
    new = there_and_back(learn, tmp_path).model[1]
    assert {k:getattr(new, k) for k in ('up','a','b','c','d','e')}==dict(up=1, a=2, b=[3], c=1, d=4, e=6)
    m.other = 1
    with pytest.warns(UserWarning, match=r'other is not for a file to set.*name it there \(class Child: other: type\)'): learn.export()
    Child.__annotations__['other'] = int; mod._attrs.cache_clear()     # the cure in the message
    assert there_and_back(learn, tmp_path).model[1].other==1

@pytest.mark.parametrize('n', [100,300,100000])
def test_deeply_nested(n, good, tmp_path):
    a,b = json.dumps(seq(None)).split('null')
    refused(rewrite(good, tmp_path/'x.safetensors', lambda s: json.dumps(put('arch', 'HERE')(s) or s).replace('"HERE"', a*n+'null'+b*n)))

class TooMuch(BaseException): "Not caught by what turns errors into one line"

class Watch(TorchDispatchMode):
    "Stops what takes more than 10,000 of PyTorch's operations, or a tensor of more than 10 MB that is not on 'meta'"
    def __enter__(self): self.n = 0; return super().__enter__()
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.n += 1
        if self.n>10_000: raise TooMuch(f'{self.n} operations')
        res = func(*args, **(kwargs or {}))
        for t in tree_leaves(res):
            if isinstance(t, torch.Tensor) and not t.is_meta and t.nbytes>10e6: raise TooMuch(f'{func} made {t.nbytes} bytes')
        return res

def test_watch():
    with pytest.raises(TooMuch), Watch(): torch.zeros(5000, 5000)
    with pytest.raises(TooMuch), Watch(): [torch.zeros(1) for _ in range(10_001)]
    with Watch(): torch.zeros(5000, 5000, device='meta'); torch.zeros(5)

@pytest.mark.parametrize('arch', [obj('this'), seq(obj('Linear', [('in_features',5000),('out_features',5000)])),
                                  seq(obj('Embedding', [('num_embeddings',10**5),('embedding_dim',300)]))],
                                  ids=['import','Linear','Embedding'])
def test_nothing_runs_and_nothing_is_allocated(arch, good, tmp_path):
    "Neither an import nor a tensor of the size that a file asks for, though it would fit into memory"
    with Watch(): refused(rewrite(good, tmp_path/'x.safetensors', put('arch', arch)))
    assert 'this' not in sys.modules

LISTED = [n for n in mod._listed if isinstance(mod._listed[n], type)]
@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('n', [5000, 10**9, 10**15, -1, 0])
def test_no_listed_layer_costs_much(n):
    """Whatever class of PyTorch a file names, with whatever numbers: it is made, or refused in one line, by few operations and in little
    memory"""
    for name in LISTED:
        ps = {k:p for k,p in signature(mod._listed[name]).parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD
              and k not in ('device','dtype')}
        for args in [k for k,p in ps.items() if p.default is p.empty], ps:
            try:
                with Watch(): unpack_state(json.dumps(obj(name, [(k,n) for k in args])), [], mod._object)
            except MnistError as e: assert '\n' not in str(e)

@pytest.mark.parametrize('f,says', [
    (lambda s: '{', 'damaged'), (lambda s: '[]', 'damaged'), (lambda s: '5', 'damaged'), (lambda s: '{"dict":5}', 'damaged'),
    (lambda s: '['*100000, 'damaged'), (lambda s: '{"dict":[]}', 'only the numbers of a model'),
    (lambda s: '{"dict":[["x",{"list":[]}]]}', 'damaged|only the numbers'),
    (put('model', 5), 'holds no model'), (put('model', {'dict':[['0.weight',5],['0.bias',6]]}), 'holds no model'),
    (put('model', {'dict':[]}), '0.weight'), (put('x', 5), ''), (put('x', {'list':[5]}), ''), (put('x', {'list':[]}), ''),
    (put('frozen', 5), 'damaged'), (put('vocab', 7), 'damaged'),
    (put('loss', 5), 'damaged'), (put('loss', obj('Linear', [('in_features',9),('out_features',9)])), 'damaged'),
    (put('loss', obj('Unknown')), 'Unknown'), (put('loss', {'partial':[5,6]}), 'damaged'), (put('data', 5), 'damaged'),
    (put('data', obj('MSELossFlat')), 'damaged'), (put('data', obj('Linear', [('in_features',9),('out_features',9)])), 'damaged')],
    ids=range(22))
def test_other_parts_of_a_file(f, says, good, tmp_path):
    msg = refused(rewrite(good, tmp_path/'x.safetensors', f))
    assert re.search(says, msg), msg

def test_tensors_that_do_not_fit(good, tmp_path):
    out = tmp_path/'x.safetensors'
    with safe_open(good, 'pt') as f: k = next(k for k in f.keys() if f.get_tensor(k).shape==(3,4))
    refused(rewrite(good, out, tensors={k:torch.zeros(4,3)}), '0.weight', 'shape (4, 3) in the numbers and (3, 4) in the description',
            'do not use it, ask for a new one')
    refused(rewrite(good, out, tensors={k:torch.zeros(3,4, dtype=torch.int64)}), '0.weight', 'type', 'int64')
    refused(rewrite(good, out, tensors={k:torch.zeros(3,4, dtype=torch.float8_e4m3fn)}), '0.weight', 'type')
    refused(rewrite(good, out, tensors={k:torch.zeros(0)}), '0.weight')
    refused(good, 'weight', model=nn.Linear(4,3))
    refused(good, 'shape (3, 4) in the file and (2, 4) in the model; make the model as it was', model=C(nn.Linear(4,2)))
    load_learner(rewrite(good, out, put('arch', obj('Unknown'))), model=C(nn.Linear(4,3)))     # what is not needed is not looked up

def test_foreign_and_damaged(good, tmp_path):
    x,raw = tmp_path/'x.safetensors',good.read_bytes()
    refused(tmp_path/'none.safetensors', 'cannot read'); refused(tmp_path, '')
    for b in (b'', b'x'*100, raw[:50], raw[:-5], struct.pack('<Q', 2**60)+raw[8:], b'\x80\x04'+raw): x.write_bytes(b); refused(x)
    torch.save(nn.Linear(4,3).state_dict(), x); refused(x)
    save_file({'a':torch.ones(2)}, x); refused(x, 'not written by mnist_from_scratch')
    save_file({'a':torch.ones(2)}, x, metadata={'mnist_from_scratch':'1'}); refused(x, 'damaged')
    refused(rewrite(good, x, mnist_from_scratch='2'), 'not written by mnist_from_scratch')
    learn = learner(path=tmp_path); refused(learn.save('weights'), 'Learner.load')

@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_any_change_of_the_text(tmp_path_factory, data):
    "Some piece of the description replaced by another value: it loads, or ends in one line"
    tmp = tmp_path_factory.getbasetemp(); good = tmp/'good.safetensors'
    if not good.exists(): learner(C(nn.Linear(4,3), nn.BatchNorm1d(3)), loss=nn.CrossEntropyLoss(), path=tmp).export('good.safetensors')
    def f(s):
        o = s
        while True:
            if isinstance(o, dict): k = data.draw(st.sampled_from(sorted(o)))
            else: k = data.draw(st.integers(0, len(o)-1))
            if not isinstance(o[k], (dict,list)) or not o[k] or data.draw(st.integers(0,5))==0: break
            o = o[k]
        o[k] = data.draw(st.none()|st.booleans()|st.integers()|st.floats()|st.text(max_size=5)|st.just({})|st.just([])|st.just({'list':[]})
                         |st.just({'tensor':0})|st.just({'name':'Linear'})|st.just(LIN))
    try: load_learner(rewrite(good, tmp/'x.safetensors', f))
    except MnistError as e: assert '\n' not in str(e)

def test_load_refuses_what_is_no_state(tmp_path):
    "`load` too: keys that are no tensors end in one line"
    learn = learner(path=tmp_path); file = learn.save('m')
    for f in put('model', 5), put('model', {'dict':[['weight',1],['bias',2]]}), (lambda s: '{"dict":[]}'):
        rewrite(file, tmp_path/'models/x.safetensors', f)
        with pytest.raises(MnistError, match='holds no model'): learn.load('x')
