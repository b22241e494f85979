"Tensors of a wrong shape or type are refused, with the shape that came and the one that is needed; and none is compared all with all."
import itertools

import numpy as np
import pytest, torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch import all as us, metrics as M
from mnist_from_scratch.engine import running
from mnist_from_scratch.backprop import LinearLayer
from mnist_from_scratch.base.gradients import check_grad
from mnist_from_scratch.baseline import PixelSimilarity
from mnist_from_scratch.convnet import conv2d
from mnist_from_scratch.base.core import MnistError, ShapeError, check_shapes, one_with_one
from mnist_from_scratch.data.sets import Digits
from mnist_from_scratch.gradient_descent import mse, rmse
from mnist_from_scratch.interpret import calibration_table, confusion_matrix, report, worst_mistakes
from mnist_from_scratch.all import Learner
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, DigitRows, to_dset
from mnist_from_scratch.optimizers import SGD

def refused(f, *says):
    "One line, of the library's own exception, that has all of `says`"
    with pytest.raises(ShapeError) as e: f()
    assert isinstance(e.value, (MnistError)) and isinstance(e.value, ValueError) and '\n' not in str(e.value)
    for o in says: assert o in str(e.value), str(e.value)

def said(t): return f"{str(t.dtype)[6:]} [{','.join(map(str, t.shape))}]"

x,y = torch.randn(6,3),torch.arange(6)%3
shapes = [(6,),(6,1),(1,6),(6,6),(3,2),(2,3),(6,1,1),(5,),(1,),()]

@pytest.mark.parametrize('f', [us.mnist_loss, us.batch_accuracy, us.binary_cross_entropy_with_logits, mse, rmse], ids=lambda f: f.__name__)
def test_one_with_one(f, tally):
    "Of all pairs of shapes only equal ones are taken"
    n = 0
    for a,b in itertools.permutations(shapes, 2):
        a,b = torch.randn(a),torch.ones(b)
        refused(lambda: f(a, b), f.__name__.removeprefix('r'), 'of one shape', said(a), said(b)); n += 1
    for s in shapes: f(torch.randn(s), torch.ones(s))
    tally('shapes', 'losses and metrics', refused=n)

@pytest.mark.parametrize('f', [us.MSELossFlat(), us.MnistLossFlat(), us.BCEWithLogitsLossFlat()], ids=lambda f: type(f).__name__)
def test_flat(f, tally):
    "As many numbers, or none of it; and then in the order in which they lie, as fastai's"
    n = 0
    for a,b in itertools.product(shapes, shapes):
        a,b = torch.randn(a),torch.ones(b)
        if a.numel()==b.numel(): assert torch.equal(f(a, b), f(a.flatten(), b.flatten()))
        else: refused(lambda: f(a, b), type(f).__name__, said(a), said(b)); n += 1
    tally('shapes', 'losses and metrics', refused=n)

float_y,im = y.float(),torch.zeros(2,28,28)
wrong = {
    'cross_entropy, column':(lambda: us.cross_entropy(x, y[:,None]), 'float [N,n] and target int64 [N]', 'float32 [6,3] and int64 [6,1]'),
    'cross_entropy, fewer':(lambda: us.cross_entropy(x, y[:5]), 'int64 [5]'),
    'cross_entropy, floats':(lambda: us.cross_entropy(x, float_y), 'float32 [6]'),
    'cross_entropy, a mask':(lambda: us.cross_entropy(x, y.byte()), 'uint8 [6]'),
    'cross_entropy, three axes':(lambda: us.cross_entropy(torch.randn(6,3,2), y), 'float32 [6,3,2]'),
    'cross_entropy, one':(lambda: us.cross_entropy(x[:,0], y), 'float32 [6]'),
    'cross_entropy, whole numbers':(lambda: us.nll_loss(x.long(), y), 'int64 [6,3]'),
    'accuracy, one class':(lambda: us.accuracy(x[:,:1], y), 'at least two classes', 'float32 [6,1]'),
    'accuracy, counts':(lambda: us.accuracy(x, y[:5]), 'int64 [5]'),
    'error_rate':(lambda: us.error_rate(x[:,:1], y[:,None]), 'float32 [6,1]'),
    'top_k':(lambda: us.top_k_accuracy(x, y[:,None], 2), 'int64 [6,1]'),
    'mnist_loss, whole numbers':(lambda: us.mnist_loss(y, y), 'float [...]', 'int64 [6]'),
    'mnist_loss, a list':(lambda: us.mnist_loss(x[:,0], [1]*6), 'list'),
    'Digits, rows':(lambda: Digits(torch.zeros(2,784).byte()), 'uint8 [N,28,28]', 'uint8 [2,784]'),
    'Digits, floats':(lambda: Digits(im), 'float32 [2,28,28]'),
    'Digits, labels':(lambda: Digits(im.byte(), torch.zeros(3).long()), 'int64 [N]', 'int64 [3]'),
    'DigitRows':(lambda: DigitRows(im, y[:2]), '[N,784]', 'float32 [2,28,28]'),
    'DigitRows, fewer':(lambda: DigitRows(im.flatten(1), y), 'float32 [2,784] and int64 [6]'),
    'DigitRows, floats':(lambda: DigitRows(im.flatten(1), float_y[:2]), 'float32 [2]'),
    'PixelSimilarity, turned':(lambda: PixelSimilarity(im)(torch.zeros(28,28,5)), 'float [N,784]', '[28,28,5]'),
    'PixelSimilarity, bytes':(lambda: PixelSimilarity(im)(im.byte()), 'uint8 [2,28,28]'),
    'PixelSimilarity, one row of two':(lambda: PixelSimilarity(im)(torch.zeros(1,1568)), '[1,1568]'),
    'confusion_matrix':(lambda: confusion_matrix(y, y[:,None], 3), 'int64 [6,1]'),
    'confusion_matrix, floats':(lambda: confusion_matrix(float_y, y, 3), 'float32 [6]'),
    'worst_mistakes':(lambda: worst_mistakes(x, y[:,None]), 'int64 [6,1]'),
    'calibration_table':(lambda: calibration_table(x.softmax(1), y[:,None]), 'int64 [6,1]'),
    'report':(lambda: report(im, x, y, range(3)), 'float32 [2,28,28]'),
    'conv2d, channels':(lambda: conv2d(im[:,None], torch.zeros(4,3,3,3)), 'float32 [2,1,28,28] and float32 [4,3,3,3]'),
    'conv2d, bias':(lambda: conv2d(im[:,None], torch.zeros(4,1,3,3), torch.zeros(1)), 'float32 [1]'),
    'LinearLayer':(lambda: LinearLayer(torch.zeros(3,2), torch.zeros(1)), 'float32 [1]'),
    'LinearLayer, inputs':(lambda: LinearLayer(torch.zeros(3,2), torch.zeros(2))(x[0]), 'float32 [3]'),
    'check_grad':(lambda: check_grad(torch.sum, x, x.T), 'float32 [3,6]'),
}
@pytest.mark.parametrize('name', wrong)
def test_refused(name, tally):
    refused(wrong[name][0], *wrong[name][1:])
    tally('shapes', name.split(',')[0].split(' ')[0], refused=1)

def test_images_to_predict(digits, tally):
    ds,im = to_dset(digits[0]),digits[1].x[0]
    good = [im, im[None], im[...,None], im.flatten(), im.float()/255, im.half()/255, im.double()/255, im>99, im.numpy(), im.int()]
    assert len(ds.test_ds(good))==len(good)
    bad = [im.view(14,56), im.view(4,14,14), im[:27], im.flatten()[:783], torch.zeros(3,28,28), torch.tensor(1), im.to(torch.complex64)]
    for o in bad: refused(lambda: ds.test_ds([o]), '28×28 or 784 numbers', said(o))
    far = [im.float(), im.long()*2, im.long()-1, im/255-.1, im*torch.nan]
    for o in far:
        with pytest.raises(ValueError, match='pixels lie between'): ds.test_ds([o])
    tally('shapes', 'predict', refused=len(bad)+len(far))

def test_loaders(tally):
    bad = [[torch.zeros(3),torch.zeros(2)], [np.zeros((2,2)),np.zeros(4)], [(torch.zeros(3),1),(torch.zeros(3,1),1)], [torch.zeros(2),3]]
    for items in bad: refused(lambda: list(DataLoader(items, bs=2)), 'cannot stack items of float', 'and of')
    odd = [dict(bs=2.5), dict(bs='2'), dict(bs=True), dict(bs=2, num_workers=1.), dict(bs=2, n=3.)]
    for kw in odd:
        with pytest.raises(TypeError, match='is a whole number'): DataLoader(range(9), **kw)
    assert len(DataLoader(range(9), bs=np.int64(2), n=torch.tensor(4)))==2
    tally('shapes', 'DataLoader', refused=len(bad)+len(odd))

# --- losses and metrics of others, in a Learner

def where(p, t): return torch.where(t==1, 1-p.sigmoid(), p.sigmoid()).mean()             # of fast.ai's book, which does not look
def share(p, t): return ((p>0)==(t>0)).float().mean()
def huber(p, t): return nn.SmoothL1Loss()(p, t)
def squares(p, t): return ((p-t)**2).mean()
def hinge(p, t): return (1-p*(2*t-1)).clamp(min=0).mean()
foreign = [where, share, huber, squares, hinge, F.mse_loss, F.l1_loss, nn.MSELoss(), nn.L1Loss()]
pairs_ = [((6,1),(6,)), ((6,),(6,1)), ((1,6),(6,1)), ((6,1,2,2),(6,2,2)), ((2,3),(1,2,3)), ((2,1,3),(2,3))]

@pytest.mark.filterwarnings('ignore:Using a target size')
@pytest.mark.parametrize('f', foreign, ids=lambda f: getattr(f, '__name__', type(f).__name__))
def test_foreign_losses(f, tally):
    "Caught whenever the number would be another one than with equal shapes, also where all predictions are the same"
    n = 0
    for (a,b),const in itertools.product(pairs_, (False,True)):
        p = torch.zeros(a) if const else torch.randn(a)
        t = (torch.arange(torch.Size(b).numel())%2).float().view(b)
        # no harm
        if torch.broadcast_shapes(a, b).numel()==p.numel(): assert torch.equal(one_with_one(f, p, t), f(p.view(b), t)); continue
        refused(lambda: one_with_one(f, p, t), 'of one shape', said(p), said(t)); n += 1
        assert torch.equal(one_with_one(f, p.view(b), t), f(p.view(b), t))
    assert n>=8
    tally('shapes', 'losses of others', refused=n)

def flat(p, t): return F.mse_loss(p.flatten(), t.flatten())
def ranks(p, t): return (p-p.T).relu().mean() + 0*t.mean()      # makes [N,N] of the predictions alone, and means it
def first(p, t): return F.mse_loss(p[:,0], t)
@pytest.mark.parametrize('f', [flat, ranks, first, us.MSELossFlat(), us.MnistLossFlat(), us.BCEWithLogitsLossFlat()],
                         ids=lambda f: getattr(f, '__name__', type(f).__name__))
def test_right_ones_are_left_alone(f):
    p,t = torch.randn(6,1),torch.ones(6)
    assert torch.equal(one_with_one(f, p, t), f(p, t))

def learner(loss, y, metrics=None, n=20):
    torch.manual_seed(0)
    ds = TensorDataset(torch.randn(n,4), y)
    learn = Learner(DataLoaders(DataLoader(ds, 5), DataLoader(ds, 5)), nn.Linear(4,1), loss, SGD, metrics=metrics)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn

@pytest.mark.filterwarnings('ignore:Using a target size')
def test_in_a_learner(tally):
    row,col = (torch.arange(20)%2).float(),(torch.arange(20)%2).float()[:,None]
    n = 0
    for f in foreign:
        learn = learner(f, row); before = [o.clone() for o in learn.model.parameters()]
        for go in (lambda: learn.fit(1), learn.validate):
            refused(go, 'float32 [5,1] and float32 [5]', 'in the loss'); n += 1
        assert all(map(torch.equal, before, learn.model.parameters()))                       # nothing was trained with it
        learner(lambda p,t: f(p, t)+0*p.mean(), col).validate()
    refused(lambda: learner(us.MSELossFlat(), row, share).fit(1), 'metric share', 'of one shape'); n += 1
    refused(lambda: learner(us.MSELossFlat(), row, us.accuracy).fit(1), 'at least two classes'); n += 1
    learner(us.MSELossFlat(), row, flat).fit(2)
    learner(us.mnist_loss, col, us.batch_accuracy).fit(2); learner(us.BCEWithLogitsLossFlat(), row.long(), flat).fit(1)
    tally('shapes', 'Learner', refused=n)

def test_looks_once_in_a_pass(monkeypatch):
    "so that it costs nothing: two passes of an epoch, the loss in both and the metric in one"
    calls = []
    for m in running,M: monkeypatch.setattr(m, 'one_with_one', lambda f, *args: (calls.append(f), f(*args))[1])
    learner(us.mnist_loss, (torch.arange(20)%2)[:,None], us.batch_accuracy).fit(3)
    assert calls==[us.mnist_loss,us.mnist_loss,us.batch_accuracy]*3

def test_check_shapes():
    check_shapes('f', a=(torch.zeros(2,3),'float [n,m]'), b=(torch.zeros(3,2),'[m,n]'), c=(torch.zeros(()),'float []'))
    for kw in dict(a=(torch.zeros(2,3),'[n,n]')), dict(a=(torch.zeros(2),'[3]')), dict(a=(torch.zeros(2),'[]')), dict(a=(torch.zeros(2),
        'float64 [n]')), dict(a=(None,'[n]')), dict(a=(np.zeros(2),'float [n]')):
        refused(lambda: check_shapes('f', **kw), 'f takes a ')
