"Our `Learner` and fastai's, from the same weights and on the same batches, must agree in weights and in every figure of the table."
from copy import deepcopy
from functools import partial

import pytest, torch
import torch.nn.functional as F
from torch import nn

fastai = pytest.importorskip('fastai.basics')
from fastai.callback import schedule as _  # gives fastai's Learner its fit_one_cycle
import fastai.optimizer as theirs

import mnist_from_scratch.optimizers as ours
from mnist_from_scratch.callbacks import fit_one_cycle
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.losses import accuracy, batch_accuracy, cross_entropy, mnist_loss
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.neural_net import simple_net

def both(digits, n_out, opt, fit, loss_funcs, metric):
    "Train twice; returns ours and theirs"
    def dset(ds):
        ds = ds.only(3,7) if n_out==1 else ds
        y = (ds.y==3).long()[:,None] if n_out==1 else ds.targets()
        return list(zip(ds.floats().view(-1,784), y))
    train,valid = map(dset, digits)
    torch.manual_seed(0)
    net = simple_net(n_out=n_out)
    a = Learner(DataLoaders(DataLoader(train, bs=64), DataLoader(valid, bs=100)), deepcopy(net), loss_funcs[0], opt(ours), metrics=metric)
    dls = fastai.DataLoaders(fastai.DataLoader(train, bs=64), fastai.DataLoader(valid, bs=100), device=torch.device('cpu'))
    b = fastai.Learner(dls, deepcopy(net), loss_func=loss_funcs[1], opt_func=opt(theirs), metrics=metric)
    with a.no_bar(): fit(a)
    with b.no_bar(), b.no_logging(): fit(b)
    return a,b

def agree(a, b, tol):
    for p,q in zip(a.model.parameters(), b.model.parameters()): torch.testing.assert_close(p, q, atol=tol, rtol=0)
    assert list(a.recorder.metric_names)==list(b.recorder.metric_names)
    assert len(a.recorder.values)==len(b.recorder.values)
    for r,s in zip(a.recorder.values, b.recorder.values): assert list(r)==pytest.approx(list(s), abs=tol)
    assert [float(o) for o in a.recorder.losses]==pytest.approx([float(o) for o in b.recorder.losses], abs=tol)
    assert a.recorder.lrs==pytest.approx(b.recorder.lrs, abs=tol) and a.recorder.iters==b.recorder.iters

def sgd(m): return m.SGD

@pytest.mark.parametrize('n_out,losses,metric,lr', [(1,(mnist_loss,mnist_loss),batch_accuracy,1.), (10,(cross_entropy,F.cross_entropy),accuracy,.1)], ids=['3v7','ten'])
def test_three_epochs_of_sgd(digits, n_out, losses, metric, lr):
    a,b = both(digits, n_out, sgd, lambda learn: learn.fit(3, lr), losses, metric)
    agree(a, b, 1e-6)
    w = torch.cat([p.flatten() for p in a.model.parameters()]); torch.manual_seed(0)
    assert not torch.allclose(w, torch.cat([p.flatten() for p in simple_net(n_out=n_out).parameters()]), atol=1e-2)  # it did train
    (pa,ta),(pb,tb) = a.get_preds(),b.get_preds()
    torch.testing.assert_close(pa, pb, atol=1e-5, rtol=0); assert torch.equal(ta, tb)
    assert list(a.validate())==pytest.approx(list(b.validate()), abs=1e-6)

@pytest.mark.parametrize('opt', [sgd, lambda m: partial(m.SGD, mom=.9, wd=.1), lambda m: partial(m.SGD, mom=.9, wd=.1, decouple_wd=False), lambda m: m.Adam], ids=['sgd','momentum','l2','adam'])
@pytest.mark.parametrize('fit', [lambda l: l.fit(2, .01), lambda l: l.fit_one_cycle(2, .02), lambda l: l.fine_tune(1, .02)], ids=['fit','one_cycle','fine_tune'])
def test_optimizers_and_schedules(digits, opt, fit):
    agree(*both(digits, 10, opt, fit, (F.cross_entropy,F.cross_entropy), accuracy), 1e-5)

def test_cancelled_like_theirs(digits):
    "A callback's cancel exceptions leave the same rows behind"
    import fastai.callback.core as fc
    import mnist_from_scratch.learner as mc
    def fit(learn):
        mod = mc if isinstance(learn, Learner) else fc
        class Stop(mod.Callback):
            def before_batch(self):
                if self.epoch==0 and self.training and self.iter==3: raise mod.CancelTrainException()
                if self.epoch==1 and not self.training: raise mod.CancelValidException()
                if self.epoch==2 and self.training and self.iter%2: raise mod.CancelBatchException()
            def before_step(self):
                if self.epoch==2 and self.iter==4: raise mod.CancelStepException()
            def after_epoch(self):
                if self.epoch==2: raise mod.CancelFitException()
        learn.fit(5, .1, cbs=Stop())
    agree(*both(digits, 10, sgd, fit, (F.cross_entropy,F.cross_entropy), accuracy), 1e-6)

def test_events_in_their_order(digits):
    "Every event comes as often and in the same order as in fastai"
    import fastai.callback.core as fc
    from mnist_from_scratch import learner as mc
    logs = []
    def fit(learn):
        mod,log = (mc if isinstance(learn, Learner) else fc),[]
        logs.append(log)
        names = [e for e in mc._events if e!='after_create']
        def noter(e): return lambda self: log.append((e, self.training))
        learn.fit(2, .1, cbs=type('Note', (mod.Callback,), {e:noter(e) for e in names})())
    both(digits, 10, sgd, fit, (F.cross_entropy,F.cross_entropy), accuracy)
    assert logs[0]==logs[1] and len(logs[0])>100
