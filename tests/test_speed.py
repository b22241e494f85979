"The quick net of chapter 18: its optimizer beside PyTorch's, its data, and, on MNIST, what it is for."
import math
from functools import partial

import pytest, torch
import torch.nn.functional as F
from torch import nn
from mnist_from_scratch import speed
from mnist_from_scratch.callbacks import MixedPrecision
from mnist_from_scratch.minibatches import to_dset
from mnist_from_scratch.speed import FoldDigits, Muon, fast_learner, fast_net, fit_linear, muon_groups, newton_schulz

@pytest.fixture
def f32(monkeypatch): monkeypatch.setattr(speed, 'has_bf16', lambda: False)

@pytest.mark.parametrize('shape', [(4,4),(3,20),(20,3)])
def test_newton_schulz(f32, shape):
    "The directions stay, and the singular values are brought near to 1"
    torch.manual_seed(0)
    u,_,vt = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    g = u*torch.linspace(1, .2, min(shape))@vt
    s = u.T@newton_schulz(7*g, 5)@vt.T
    assert (s.diag()-1).abs().max()<.35 and (s-s.diag().diag()).abs().max()<1e-4

@pytest.mark.parametrize('shape', [(8,20),(20,8)])
def test_muon_beside_pytorchs(shape):
    if not hasattr(torch.optim, 'Muon'): pytest.skip('PyTorch has it since 2.9')
    torch.manual_seed(0)
    w,gs = torch.randn(shape),torch.randn(3, *shape)
    def after(opt):
        p = nn.Parameter(w.clone())
        o = opt([p])
        for g in gs: p.grad = g.clone(); o.step()
        return p.detach()
    ours = after(lambda ps: Muon([ps], lr=.1, mom=.8, steps=3))
    theirs = after(lambda ps: torch.optim.Muon(ps, lr=.1, momentum=.8, weight_decay=0., ns_steps=3, adjust_lr_fn='original'))
    assert (ours-w).abs().max()>.05 and (ours-theirs).abs().max()<.01

def test_who_gets_what():
    "Kernels and matrices go to Muon, but for the last layer's; each parameter is in one group, and those of the second move as Adam's"
    m = fast_net()
    a,b = muon_groups(m)
    assert [o.ndim for o in a]==[4,4,2] and any(o is m[-1].weight for o in b) and len({*a,*b})==len([*m.parameters()])==len(a)+len(b)
    opt = Muon([a,b], .1)
    for p in a+b: p.grad = torch.full_like(p, 1e-3)
    before = [p.detach().clone() for p in b]
    opt.step()
    for p,o in zip(b, before): torch.testing.assert_close(o-p, torch.full_like(p, .04), rtol=1e-3, atol=1e-5)

def test_folded_or_not_is_the_same(digits):
    x,net = to_dset(digits[1])[:5][0],fast_net()
    four = FoldDigits()(x)
    assert four.is_contiguous(memory_format=torch.channels_last) and four.shape==(5,4,12,12)
    for o in x,x.view(-1,1,28,28): torch.testing.assert_close(net(o), net(four))
    assert torch.equal(four[:,3], (x.view(-1,28,28)[:,3:26:2,3:26:2]-.13)/.31)

def test_schedule(digits):
    "Up from a tenth, down to nearly 0, in straight lines"
    a,b = (to_dset(o) for o in digits)
    learn = fast_learner(a, b, seed=3)
    with learn.no_bar(), learn.no_logging(): fit_linear(learn, 2, pct_start=.25)
    lrs = torch.tensor(learn.recorder.hps['lr'])
    n = len(lrs)
    assert n==2*len(learn.dls.train) and lrs[0]==pytest.approx(.01) and lrs[n//4]==pytest.approx(.1, rel=.05) and lrs[-1]<.005
    assert lrs[n//4+1:].diff().diff().abs().max()<1e-6

@pytest.mark.parametrize('bf16', [True,False])
def test_sixteen_bits_only_where_there_are_units(digits, monkeypatch, bf16):
    monkeypatch.setattr(speed, 'has_bf16', lambda: bf16)
    learn = fast_learner(*(to_dset(o) for o in digits))
    assert len(learn.cbs.filter(lambda o: isinstance(o, MixedPrecision)))==bf16
    with learn.no_bar(), learn.no_logging(): fit_linear(learn, 4)
    assert learn.recorder.values[-1][2]>.93 and all(p.dtype==torch.float32 for p in learn.model.parameters())
    assert newton_schulz(torch.eye(3)).dtype==(torch.bfloat16 if bf16 else torch.float32)

def test_one_seed_one_net(digits):
    def weights(seed):
        learn = fast_learner(*(to_dset(o) for o in digits), seed=seed)
        with learn.no_bar(), learn.no_logging(): fit_linear(learn, 1)
        return learn.model[1].weight
    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))

def test_accuracy(mnist):
    "One epoch, on the digits of the chapter: what it says of a seed, with room for chance"
    train,valid = (to_dset(o) for o in mnist[0].split(1/6))
    learn = fast_learner(train, valid)
    with learn.no_bar(), learn.no_logging(): fit_linear(learn)
    assert learn.recorder.values[-1][2]>.988 and sum(p.numel() for p in learn.model.parameters())<200_000
