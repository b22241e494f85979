"""The losses and metrics by hand give PyTorch's numbers, and slopes, where numbers are extreme, batches empty, floats short, and tensors
not contiguous."""
import math
from functools import partial

import pytest, torch
import torch.nn.functional as F
from hypothesis import example, given, settings, strategies as st

from conftest import cases
from mnist_from_scratch import all as us
from mnist_from_scratch.backprop import CrossEntropyLayer, MnistLossLayer, ReluLayer, SigmoidLayer
from mnist_from_scratch.gradient_descent import mse, rmse

dtypes = torch.float16,torch.bfloat16,torch.float32,torch.float64
extremes = [0.,-0.,1.,-9.,-20.,88.,-88.,-100.,1e4,-1e4,math.inf,-math.inf,math.nan]
layouts = dict(plain=lambda x: x, transposed=lambda x: x.T.contiguous().T, strided=lambda x: torch.stack([x,x*0+1], -1)[...,0],
               expanded=lambda x: x[:1].expand(len(x), -1))

@st.composite
def inputs(draw):
    "Activations [N,n], as a function of how they lie in memory, and a seed for targets"
    n,c,f = draw(st.integers(0,6)),draw(st.integers(1,11)),st.one_of(st.sampled_from(extremes), st.floats(-30, 30, width=16))
    return torch.tensor(draw(st.lists(f, min_size=n*c, max_size=n*c)), dtype=torch.float64).view(n,
        c),layouts[draw(st.sampled_from([*layouts]))],draw(st.integers(0,99))

def l1(x, t, **kw): return F.l1_loss(x.sigmoid(), t, **kw)
class Flat: # PyTorch's losses with the result of ours: one number for each item, in a row
    def __init__(self, f, r): self.f,self.r = f,r
    def __call__(self, x, t): return self.f(x, t, reduction=self.r).flatten()[slice(None) if self.r=='none' else 0]

# ours, theirs, targets
pairs = {'sigmoid':(us.sigmoid, torch.sigmoid, None)}
for d in 0,1:
    pairs |= {f'softmax {d}':(partial(us.softmax, dim=d), partial(F.softmax, dim=d), None),
              f'log_softmax {d}':(partial(us.log_softmax, dim=d), partial(F.log_softmax, dim=d), None)}
pairs |= {'mnist_loss':(us.mnist_loss, l1, 'yes'), 'mse':(mse, F.mse_loss, 'yes'),
          'rmse':(rmse, lambda x,t: F.mse_loss(x, t).sqrt(), 'yes')}
for r in 'mean','sum','none':
    pairs |= {f'cross_entropy {r}':(partial(us.cross_entropy, reduction=r), partial(F.cross_entropy, reduction=r), 'class'),
              f'CrossEntropyLossFlat {r}':(us.CrossEntropyLossFlat(reduction=r), partial(F.cross_entropy, reduction=r), 'class'),
              f'nll_loss {r}':(lambda x,t,r=r: us.nll_loss(F.log_softmax(x, 1), t, r),
                               lambda x,t,r=r: F.nll_loss(F.log_softmax(x, 1), t, reduction=r), 'class'),
              f'binary_cross_entropy_with_logits {r}':(partial(us.binary_cross_entropy_with_logits, reduction=r),
                                                       partial(F.binary_cross_entropy_with_logits, reduction=r), 'yes'),
              f'BCEWithLogitsLossFlat {r}':(us.BCEWithLogitsLossFlat(reduction=r), Flat(F.binary_cross_entropy_with_logits, r), 'yes'),
              f'MnistLossFlat {r}':(us.MnistLossFlat(reduction=r), Flat(l1, r), 'yes'),
              f'MSELossFlat {r}':(us.MSELossFlat(reduction=r), Flat(F.mse_loss, r), 'yes')}
layers = {'ReluLayer':(ReluLayer, F.relu, None), 'SigmoidLayer':(SigmoidLayer, torch.sigmoid, None),
          'MnistLossLayer':(MnistLossLayer, l1, 'yes'), 'CrossEntropyLayer':(CrossEntropyLayer, F.cross_entropy, 'class')}
def answers(x): return torch.sigmoid(x)>.5
metrics = {'batch_accuracy':(us.batch_accuracy, lambda x,t: (answers(x)==t.bool()).float().mean(), 'yes'),
           'accuracy':(us.accuracy, lambda x,t: (x.argmax(1)==t).float().mean(), 'class'),
           'error_rate':(us.error_rate, lambda x,t: 1-(x.argmax(1)==t).float().mean(), 'class'),
           'top_k_accuracy':(partial(us.top_k_accuracy, k=2), lambda x,t: (x.topk(2).indices==t[:,None]).any(1).float().mean(), 'class')}

def targets(kind, x, seed):
    g = torch.Generator().manual_seed(seed)
    return [] if kind is None else [torch.randint(x.shape[1], (len(x),), generator=g)] if kind=='class' else [torch.randint(2, x.shape,
        generator=g).to(x.dtype)]

def with_grad(f, x, layout, args, by_hand=False):
    "The result, and the gradient of it with weights that differ"
    x = x.clone().requires_grad_()
    y = layout(x)
    out = f(y.detach() if by_hand else y, *args)
    w = torch.linspace(.5, 1.5, out.numel(), dtype=out.dtype).view(out.shape)
    y.backward(f.backward(w)) if by_hand else out.backward(w)
    return out.detach(),x.grad

def agree(a, b):
    "Type, shape, what is no number, what is infinite, and the rest within a few times what the type can tell apart; how many numbers"
    assert a.dtype==b.dtype and a.shape==b.shape
    torch.testing.assert_close(a, b, rtol=8*torch.finfo(a.dtype).eps, atol=8*torch.finfo(a.dtype).eps, equal_nan=True)
    return a.numel()

known = example((torch.tensor([[1.,2.,-3.]], dtype=torch.float64), layouts['plain'],
                 0)), example((torch.tensor([extremes], dtype=torch.float64).T.contiguous(), layouts['plain'],
                               0)), example((torch.zeros(0,10, dtype=torch.float64), layouts['plain'],
                                             0)), example((torch.tensor([[math.inf,0.],[-math.inf,-math.inf],[math.nan,1.],[1e4,-1e4]],
                                                 dtype=torch.float64), layouts['transposed'], 1))
def property(f):
    "Generated inputs, and a few that must not be missing"
    for o in known: f = o(f)
    return settings(max_examples=max(10, cases//50), deadline=None, derandomize=True, database=None)(given(inputs())(f))

@pytest.mark.parametrize('name', [*pairs, *layers])
def test_like_pytorchs(name, tally):
    (ours,theirs,kind),by_hand = (pairs|layers)[name],name in layers
    seen = [0, 0]
    @property
    def check(o):
        x,layout,seed = o
        if name.endswith(' 0') and not len(x): return         # nothing to be normalised
        for dtype in dtypes:
            z = x.to(dtype)
            if not len(z) and layout is layouts['expanded']: layout = layouts['plain']
            args = targets(kind, z, seed)
            (a,ga),(b,gb) = with_grad(ours() if by_hand else ours, z, layout, args, by_hand),with_grad(theirs, z, layout, args)
            seen[0] += agree(a, b); seen[1] += agree(ga, gb)
    check()
    tally('numbers', 'losses and layers', values=seen[0], slopes=seen[1])

@pytest.mark.parametrize('name', metrics)
def test_metrics(name, tally):
    ours,theirs,kind = metrics[name]
    seen = [0]
    @property
    def check(o):
        x,layout,seed = o
        if kind=='class' and x.shape[1]<2: return
        for dtype in dtypes:
            z = x.to(dtype)
            z = z if not len(z) else layout(z)
            seen[0] += agree(ours(z, *targets(kind, z, seed)), theirs(z, *targets(kind, z, seed)))
    check()
    tally('numbers', 'metrics', values=seen[0])

def test_agree():
    "The comparison can fail"
    nan,one = torch.tensor([math.nan]),torch.ones(1)
    for a,b in (nan,one), (one,nan), (one,one*math.inf), (one,one.double()), (one,one[None]), (one,one*(1+1e-5)), (one.half(),
        one.half()*1.02):
        with pytest.raises(AssertionError): agree(a, b)
    assert agree(nan, nan)==1

def test_naive_forms_would_fail():
    "What the chapter shows first goes wrong where its remedy does not"
    x = torch.tensor([-100.,0.], requires_grad=True)
    naive, = torch.autograd.grad((1/(1+torch.exp(-x))).sum(), x); ours, = torch.autograd.grad(us.sigmoid(x).sum(), x)
    assert naive.isnan().any() and ours.tolist()==pytest.approx([0,.25])
