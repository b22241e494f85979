"Gradients by hand against autograd, in 64-bit floats: for all shapes and values, through whole nets, and after training."
import gc, importlib, math, weakref
from importlib.util import find_spec
from copy import deepcopy
from functools import partial

import pytest, torch
from chapters import module, stems
from conftest import Ops
import torch.nn.functional as F
from torch import nn

import mnist_from_scratch.backprop as backprop
from mnist_from_scratch.backprop import *
from mnist_from_scratch.base.gradients import check_grad, numerical_grad
from mnist_from_scratch.losses import mnist_loss
from mnist_from_scratch.softmax import cross_entropy
from mnist_from_scratch.minibatches import DataLoader, to_dset
from mnist_from_scratch.neural_net import simple_net
from mnist_from_scratch.optimizers import Adam, BasicOptim, SGD
from mnist_from_scratch.softmax import mnist_net
from mnist_from_scratch.training_loop import calc_grad

same = partial(torch.testing.assert_close, atol=1e-10, rtol=1e-10)
shapes = pytest.mark.parametrize('n,k', [(1,1),(1,10),(2,3),(64,1),(7,10)])
# ordinary numbers, ties at 0, far out in both directions, all the same
values = pytest.mark.parametrize('value', [torch.randn, lambda *s: torch.randint(-1, 2, s), torch.zeros, lambda *s: torch.randn(s)*1e4,
                                           lambda *s: torch.randint(0, 2, s)*2e4-1e4, lambda *s: torch.full(s, -1e4)],
                                 ids=['normal','ties','zeros','large','±1e4','-1e4'])

@pytest.fixture(autouse=True)
def seed(): torch.manual_seed(0)

def agree(layer, api, x, *args):
    "Result and gradient of `layer` for `x` are those of `api` and autograd; for a weighted sum of the results"
    x = x.double()
    out,xa = layer(x, *args),x.clone().requires_grad_()
    theirs = api(xa, *args)
    same(out, theirs.detach())
    g = torch.randn(out.shape).double()
    theirs.backward(g)
    before = g.clone()
    same(layer.backward(g), xa.grad)
    with pytest.raises(ValueError, match='call it on a batch first, each time'): layer.backward(g)
    layer(x, *args); same(layer.backward(g), xa.grad)      # the first time left nothing behind
    assert torch.equal(g, before) and torch.equal(x, xa)   # neither is changed on the way
    assert out.grad_fn is None

@shapes
@values
@pytest.mark.parametrize('layer,api', [(ReluLayer,F.relu),(SigmoidLayer,torch.sigmoid)])
def test_pointwise(n, k, value, layer, api): agree(layer(), api, value(n, k))

@pytest.mark.parametrize('layer,api', [(ReluLayer,F.relu),(SigmoidLayer,torch.sigmoid)])
def test_pointwise_of_any_rank(layer, api):
    for shape in (), (3,), (2,3,4): agree(layer(), api, torch.randn(shape))

def test_relu_at_its_corner():
    x = torch.tensor([-1.,-0.,0.,5e-324,1.], dtype=torch.float64)
    agree(ReluLayer(), F.relu, x)
    relu = ReluLayer(); relu(x)
    assert relu.backward(torch.ones(5).double()).tolist()==[0,0,0,1,1]

@shapes
@values
def test_mnist_loss(n, k, value):
    def api(x, y): p = torch.sigmoid(x); return torch.where(y==1, 1-p, p).mean()
    for y in torch.randint(0, 2, (n,k)), torch.zeros(n, k), torch.ones(n, k): agree(MnistLossLayer(), api, value(n, k), y)

@shapes
@values
def test_cross_entropy(n, k, value):
    for y in torch.randint(0, k, (n,)), torch.zeros(n).long(), torch.full((n,), k-1):
        agree(CrossEntropyLayer(), F.cross_entropy, value(n, k), y)

@shapes
@values
def test_linear(n, k, value):
    x,w,b = value(n, k).double(),torch.randn(k, 4).double(),torch.randn(4).double()
    lin = LinearLayer(w, b)
    agree(lin, lambda x: x@w + b, x)
    g,(wa,ba) = torch.randn(n, 4).double(),(o.clone().requires_grad_() for o in (w,b))
    lin(x); lin.w.grad = lin.b.grad = None; lin.backward(g)
    (x@wa + ba).backward(g)
    for ours,theirs in (lin.w.grad,wa.grad), (lin.b.grad,ba.grad): same(ours, theirs)

def test_linear_keeps_its_own_parameters():
    w,b = torch.randn(3,2, requires_grad=True),torch.zeros(2)
    lin = LinearLayer(w, b)
    for p in lin.parameters(): p += 1
    assert not lin.w.requires_grad and torch.equal(lin.w, w.detach()+1) and not b.any()

def test_gradients_are_added():
    x,g = torch.randn(5,3),torch.randn(5,2)
    lin = LinearLayer(torch.randn(3,2), torch.randn(2))
    lin(x); lin.backward(g)
    once = [p.grad for p in lin.parameters()]
    kept = [o.clone() for o in once]
    lin(x); lin.backward(g)
    for p,o,k in zip(lin.parameters(), once, kept): torch.testing.assert_close(p.grad, 2*k); assert torch.equal(o, k)

def test_back_over_the_last_forward():
    lin = LinearLayer(torch.randn(3,2), torch.randn(2))
    a,b = torch.randn(4,3),torch.randn(4,3)
    lin(a); lin(b); lin.backward(torch.ones(4,2))
    torch.testing.assert_close(lin.w.grad, b.sum(0)[:,None].expand(3,2))

def deep(n_out):
    return nn.Sequential(nn.Linear(6,5), nn.ReLU(), nn.Linear(5,5), nn.Sigmoid(), nn.Linear(5,4), nn.ReLU(), nn.Linear(4,n_out)).double()

def grads_agree(net, hand):
    for p,q in zip(net.parameters(), hand.parameters(), strict=True): same(q.grad, p.grad.t())

losses = pytest.mark.parametrize('n_out,loss_func,hand_loss,targets', [
    (1, mnist_loss, MnistLossLayer, lambda n: torch.randint(0, 2, (n,1))),
    (10, cross_entropy, CrossEntropyLayer, lambda n: torch.randint(0, 10, (n,)))], ids=['mnist_loss','cross_entropy'])

@losses
@pytest.mark.parametrize('n', [1,2,33])
@pytest.mark.parametrize('scale', [0.,1.,1e4])
def test_deep_net(n_out, loss_func, hand_loss, targets, n, scale):
    net = deep(n_out)
    hand,x,y = by_hand(net),torch.randn(n, 6).double()*scale,targets(n)
    same(calc_grad_by_hand(x, y, hand, hand_loss()), calc_grad(x, y, net, loss_func))
    grads_agree(net, hand)
    xa = x.clone().requires_grad_(); loss_func(net(xa), y).backward()   # the gradient of the input, too
    loss = hand_loss(); loss(hand(x), y)
    same(hand.backward(loss.backward()), xa.grad)

@losses
@pytest.mark.parametrize('opt', [partial(BasicOptim, lr=.1), partial(SGD, lr=.1), partial(SGD, lr=.1, mom=.9, wd=.1),
                                 partial(SGD, lr=.1, mom=.9, wd=.1, decouple_wd=False), partial(Adam, lr=.01)],
                         ids=['basic','sgd','momentum','l2','adam'])
def test_training_with_our_optimizers(digits, monkeypatch, n_out, loss_func, hand_loss, targets, opt):
    "An epoch on real digits with and without autograd gives the same weights"
    ds = digits[0].only(3,7) if n_out==1 else digits[0]
    x,y = to_dset(ds, 3 if n_out==1 else None)[:]
    dl = DataLoader(list(zip(x.double(), y)), bs=32)
    net = simple_net(n_out=n_out).double()
    hand,start = by_hand(net),deepcopy(net)
    o = opt(net.parameters())
    for xb,yb in dl: calc_grad(xb, yb, net, loss_func); o.step(); o.zero_grad()
    def no(*args, **kwargs): raise AssertionError('autograd was asked')
    for k in 'backward','grad': monkeypatch.setattr(torch.autograd, k, no)
    monkeypatch.setattr(torch.Tensor, 'backward', no)
    o,l = opt(hand.parameters()),hand_loss()
    for xb,yb in dl: loss = calc_grad_by_hand(xb, yb, hand, l); o.step(); o.zero_grad()
    for p,q,s in zip(net.parameters(), hand.parameters(), start.parameters()):
        torch.testing.assert_close(q, p.detach().t(), atol=1e-9, rtol=0)
        assert (p-s).abs().max() > 1e-3   # it did train
        assert not q.requires_grad and q.grad is None
    assert loss.grad_fn is None

def test_autograd_is_off_even_for_tensors_that_ask():
    x = torch.randn(2,784, requires_grad=True)
    hand = by_hand(mnist_net())
    loss = CrossEntropyLayer()
    assert loss(hand(x), torch.tensor([1,2])).grad_fn is None
    assert hand.backward(loss.backward(torch.tensor(1., requires_grad=True))).grad_fn is None and x.grad is None
    assert all(p.grad.grad_fn is None for p in hand.parameters())

@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
@losses
def test_gpu(n_out, loss_func, hand_loss, targets):
    net = deep(n_out).cuda()
    hand,x,y = by_hand(net),torch.randn(5, 6).double().cuda(),targets(5).cuda()
    same(calc_grad_by_hand(x, y, hand, hand_loss()), calc_grad(x, y, net, loss_func))
    grads_agree(net, hand)
    check_grad(lambda x: (x**3).sum(), x, 3*x**2)

def test_no_product_for_the_images():
    "Two products forward, two for the weights, one between the layers; the gradient of the images costs one more, and only who asks pays"
    hand,loss,x,y = by_hand(mnist_net()),CrossEntropyLayer(),torch.rand(8, 784),torch.randint(10, (8,))
    with Ops() as o: calc_grad_by_hand(x, y, hand, loss)
    assert (o.n['addmm'],o.n['mm'],o.n['bmm'])==(2,3,0)
    with Ops() as o: loss(hand(x), y); assert hand.backward(loss.backward()).shape==x.shape
    assert o.n['mm']==4
    loss(hand(x), y); assert hand.backward(loss.backward(), to_input=False) is None

@pytest.mark.parametrize('to_input', [True,False])
def test_memory_is_let_go_on_the_way_back(to_input):
    "When the first layer goes back, nothing is left of what the others kept"
    class Front(LinearLayer):
        def bwd_params(self, g): gc.collect(); self.left = [o for o in kept if o() is not None]; super().bwd_params(g)
    lin = LinearLayer(torch.randn(6,5), torch.randn(5))
    hand,loss = Layers(Front(lin.w, lin.b), ReluLayer(), LinearLayer(torch.randn(5,4), torch.randn(4)), SigmoidLayer(),
                       LinearLayer(torch.randn(4,1), torch.randn(1))),MnistLossLayer()
    loss(hand(torch.randn(3,6)), torch.ones(3,1))
    kept = [weakref.ref(o) for l in (*hand.layers[1:],loss,loss.squeeze) for o in (l.out,l.saved) if o is not None and o is not hand.out]
    assert len(kept)>6 and all(o() is not None for o in kept)
    hand.backward(loss.backward(), to_input)
    assert not hand.layers[0].left and hand.out is None

def test_layers_in_front_of_all_parameters_are_passed_by():
    class Front(Layer):
        def fwd(self, x): return x
        def bwd(self, g): raise AssertionError('nobody asked')
    net = deep(3)
    hand,x,y = by_hand(net),torch.randn(4, 6).double(),torch.randint(0, 3, (4,))
    hand.layers = (Front(),ReluLayer(),*hand.layers)
    calc_grad_by_hand(x, y, hand, CrossEntropyLayer()); calc_grad(x.relu(), y, net, cross_entropy)
    grads_agree(net, hand)
    alone = Layers(Front())
    assert calc_grad_by_hand(x, y, alone, CrossEntropyLayer()).ndim==0
    nested = Layers(Layers(Front()), LinearLayer(torch.randn(6,3).double(), torch.randn(3).double()))
    calc_grad_by_hand(x, y, nested, CrossEntropyLayer())
    assert all(l.out is None for l in (*hand.layers,*alone.layers,*nested.layers,*nested.layers[0].layers))     # these let go, too

def test_a_layer_that_only_goes_back_as_a_whole():
    "`bwd_params` is for those that can save work; the others go back as ever"
    class Residual(Layer):
        def __init__(self, layer): self.layer = layer
        def fwd(self, x): return x + self.layer(x)
        def bwd(self, g): return g + self.layer.backward(g)
        def parameters(self): return self.layer.parameters()
    w,b = torch.randn(4,4).double(),torch.zeros(4).double()
    a,whole,x,g = Residual(LinearLayer(w, b)),Residual(LinearLayer(w, b)),torch.randn(3,4).double(),torch.randn(3,4).double()
    a(x); whole(x)
    assert a.backward(g, to_input=False) is None
    whole.backward(g)
    for p,q in zip(a.parameters(), whole.parameters()): assert torch.equal(p.grad, q.grad)

# --- the check

def test_numerical_grad():
    for x in torch.tensor(3.), torch.randn(4), torch.randn(3,5).T, torch.zeros(0), torch.arange(3):
        kept = x.clone()
        g = numerical_grad(lambda x: (x**3).sum(), x)
        assert g.dtype==torch.float64 and g.shape==x.shape and torch.equal(x, kept)
        torch.testing.assert_close(g, 3*x.double()**2, atol=1e-7, rtol=1e-7)
    assert numerical_grad(math.exp, torch.tensor(1.)).item()==pytest.approx(math.e, rel=1e-8)   # a plain number will do

def test_numerical_grad_nudges_one_element_at_a_time():
    x,seen = torch.randn(2,3),[]
    def f(x): seen.append(x.clone()); return x.sum()
    numerical_grad(f, x, eps=.5)
    nudges = torch.stack(seen)-x.double()
    assert len(seen)==12 and (nudges.count_nonzero((1,2))
                              ==1).all() and nudges[::2].sum(0).tolist()==[[.5]*3]*2==(-nudges[1::2].sum(0)).tolist()

@pytest.mark.filterwarnings('error')   # PyTorch warns of numbers taken from its records
def test_a_function_that_autograd_knows_can_be_checked():
    w = torch.randn(3, dtype=torch.float64, requires_grad=True)
    x = torch.randn(3, requires_grad=True)
    def f(x): y = (w*x).sum(); assert not y.requires_grad; return y
    assert not numerical_grad(f, x).requires_grad and check_grad(lambda x: (w*x).sum(), x, w) < 1e-8

def cubed(x): return (x**3).sum()

def test_check_grad_finds_one_wrong_element():
    x = torch.randn(3,4).double()
    right = 3*x**2
    assert check_grad(cubed, x, right) < 1e-7 and check_grad(cubed, x, right.float()) < 1e-5
    for i in (0,0),(1,2),(2,3):
        for wrong in right[i]+.01, -right[i]-1, math.nan, math.inf:
            g = right.clone(); g[i] = wrong
            with pytest.raises(AssertionError, match=rf'^the gradient at \[{i[0]}, {i[1]}\] is {g[i].item():.6g}, and {right[i]:.6g} by '
                               r'central differences \(1 of 12 elements disagree\)$'.replace('+', r'\+')):
                check_grad(cubed, x, g)

def test_check_grad_names_the_worst():
    x = torch.ones(5)
    with pytest.raises(AssertionError, match=r'at \[3\] is 9, and 3 .*2 of 5'): check_grad(cubed, x, torch.tensor([3.,4.,3.,9.,3.]))
    # the other is within rtol
    with pytest.raises(AssertionError, match=r'at \[1\] is 4, .*1 of 2'):
        check_grad(cubed, torch.tensor([1000.,1.]), torch.tensor([3e6+10,4.]))
    with pytest.raises(AssertionError, match=r'at \[\] is 2'): check_grad(cubed, x[0], x[0]*2)

def test_check_grad_tolerances():
    x = torch.tensor([10.])
    g = torch.tensor([300.01])
    with pytest.raises(AssertionError): check_grad(cubed, x, g, rtol=1e-5)
    assert check_grad(cubed, x, g, rtol=1e-3)==pytest.approx(.01, abs=1e-4)==check_grad(cubed, x, g, atol=.1, rtol=0)

class Wrong(Layer):
    "Its gradient has another shape than its input"
    def fwd(self, x): return x
    def bwd(self, g): return g.sum(1)

@pytest.mark.parametrize('f,error,text', [
    (lambda: check_grad(cubed, torch.ones(3), torch.ones(3,1)), ValueError, r'of one shape, not float32 \[3\] and float32 \[3,1\]'),
    (lambda: numerical_grad(lambda x: x*2, torch.ones(3)), ValueError, r'shape \(3,\)'),
    (lambda: ReluLayer().backward(torch.ones(3)), ValueError, 'ReluLayer cannot go back'),
    (lambda: (l:=ReluLayer(), l(torch.ones(4,3)), l.backward(torch.ones(3))), ValueError, r'\(4, 3\).*not \(3,\)'),
    (lambda: (l:=ReluLayer(), l(torch.ones(4,3)), l.backward()), ValueError, r'\(4, 3\).*not None'),
    (lambda: Layers(ReluLayer()).backward(torch.ones(3)), ValueError, 'Layers cannot go back'),
    (lambda: (l:=Layers(ReluLayer(), Wrong()), l(torch.ones(4,3)), l.backward(torch.ones(4,3))), ValueError,
     r'ReluLayer gave shape \(4, 3\).*not \(4,\)'),
    (lambda: LinearLayer(torch.ones(3,2), torch.ones(1)), ValueError, r'not float32 \[3,2\] and float32 \[1\]'),
    (lambda: LinearLayer(torch.ones(3), torch.ones(())), ValueError, r'not float32 \[3\] and float32 \[\]'),
    (lambda: LinearLayer(torch.ones(3,2), torch.ones(2))(torch.ones(3)), ValueError, r'x float \[N,3\], not float32 \[3\]'),
    (lambda: LinearLayer(torch.ones(3,2), torch.ones(2))(torch.ones(4,2)), ValueError, r'x float \[N,3\], not float32 \[4,2\]'),
    (lambda: LinearLayer(torch.ones(3,2), torch.ones(2))([1.,2.,3.]), ValueError, r'x float \[N,3\], not list'),
    (lambda: by_hand(nn.Sequential(nn.Linear(2,2), nn.Dropout())), TypeError, 'not Dropout'),
    (lambda: by_hand(nn.Sequential(nn.Linear(2,2,bias=False))), TypeError, 'with a bias'),
    (lambda: MnistLossLayer()(torch.ones(3,1), torch.ones(3)), ValueError, 'of one shape'),
    (lambda: CrossEntropyLayer()(torch.ones(3,2), torch.tensor([0,1,2])), ValueError, 'labels lie'),
    (lambda: CrossEntropyLayer()(torch.ones(3), torch.tensor([0,1,2])), ValueError, r'log_probs float \[N,n\].* not float32 \[3\]'),
])
def test_errors(f, error, text):
    with pytest.raises(error, match=text) as e: f()
    assert '\n' not in str(e.value)

def test_names_are_new():
    "What this chapter exports hides nothing of `torch`, `nn`, `F` or another module of the library"
    others = {n for o in stems() if find_spec(m := f'mnist_from_scratch.{module(o)}') and m!=backprop.__name__
              for n in importlib.import_module(m).__all__}
    assert len(others)>100 and not set(backprop.__all__) & (others | set(dir(nn)) | set(dir(torch)) | set(dir(F)))
