"Our `Learner` and fastai's, from the same weights and on the same batches, must agree in weights and in every figure of the table."
from copy import deepcopy
from functools import partial

import pytest, torch
import torch.nn.functional as F

fastai = pytest.importorskip('fastai.basics')
from fastai.callback import schedule as _  # gives fastai's Learner its fit_one_cycle
import fastai.optimizer as theirs

import mnist_from_scratch.optimizers as ours
from mnist_from_scratch.schedules import fit_one_cycle
from mnist_from_scratch.all import Learner
from mnist_from_scratch.losses import batch_accuracy, mnist_loss
from mnist_from_scratch.softmax import accuracy, cross_entropy
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

def measured(row): return [o for o in row if o is not None]      # fastai leaves out what was not, and moves up the rest
def agree(a, b, tol):
    for p,q in zip(a.model.parameters(), b.model.parameters()): torch.testing.assert_close(p, q, atol=tol, rtol=0)
    assert list(a.recorder.metric_names)==list(b.recorder.metric_names)
    assert len(a.recorder.values)==len(b.recorder.values)
    for r,s in zip(a.recorder.values, b.recorder.values): assert measured(r)==pytest.approx(list(s), abs=tol)
    assert [float(o) for o in a.recorder.losses]==pytest.approx([float(o) for o in b.recorder.losses], abs=tol)
    assert a.recorder.lrs==pytest.approx(b.recorder.lrs, abs=tol) and a.recorder.iters==b.recorder.iters

def sgd(m): return m.SGD

@pytest.mark.parametrize('n_out,losses,metric,lr', [(1,(mnist_loss,mnist_loss),batch_accuracy,1.),
                                                    (10,(cross_entropy,F.cross_entropy),accuracy,.1)], ids=['3v7','ten'])
def test_three_epochs_of_sgd(digits, n_out, losses, metric, lr):
    a,b = both(digits, n_out, sgd, lambda learn: learn.fit(3, lr), losses, metric)
    agree(a, b, 1e-6)
    w = torch.cat([p.flatten() for p in a.model.parameters()]); torch.manual_seed(0)
    assert not torch.allclose(w, torch.cat([p.flatten() for p in simple_net(n_out=n_out).parameters()]), atol=1e-2)  # it did train
    (pa,ta),(pb,tb) = a.get_preds(),b.get_preds()
    torch.testing.assert_close(pa, pb, atol=1e-5, rtol=0); assert torch.equal(ta, tb)
    assert list(a.validate())==pytest.approx(list(b.validate()), abs=1e-6)

@pytest.mark.parametrize('opt', [sgd, lambda m: partial(m.SGD, mom=.9, wd=.1), lambda m: partial(m.SGD, mom=.9, wd=.1, decouple_wd=False),
                                 lambda m: m.Adam], ids=['sgd','momentum','l2','adam'])
@pytest.mark.parametrize('fit', [lambda l: l.fit(3, .01), lambda l: l.fit_one_cycle(3, .02), lambda l: l.fit_flat_cos(3, .02),
                                 lambda l: l.fine_tune(2, .02)], ids=['fit','one_cycle','flat_cos','fine_tune'])
def test_optimizers_and_schedules(digits, opt, fit):
    agree(*both(digits, 10, opt, fit, (F.cross_entropy,F.cross_entropy), accuracy), 1e-5)

def test_cancelled_like_theirs(digits):
    "A callback's cancel exceptions leave the same figures behind"
    import fastai.callback.core as fc
    import mnist_from_scratch.learner as mc
    def fit(learn):
        mod = mc if isinstance(learn, Learner) else fc
        class Stop(mod.Callback):
            def before_batch(self):
                if self.epoch==0 and self.training and self.iter==3: raise mod.CancelTrainException()
                if self.epoch==1 and not self.training: raise mod.CancelValidException()
            def before_step(self):
                if self.epoch==2 and self.iter==4: raise mod.CancelStepException()
                if self.epoch==2 and self.iter%2: raise mod.CancelBatchException()
            def after_epoch(self):
                if self.epoch==2: raise mod.CancelFitException()
        learn.fit(5, .1, cbs=Stop())
    a,b = both(digits, 10, sgd, fit, (F.cross_entropy,F.cross_entropy), accuracy)
    agree(a, b, 1e-6)
    assert [[o is None for o in r] for r in a.recorder.values]==[[True,False,False],[False,True,True]]

def test_log_is_as_theirs(digits):
    "It begins with the epoch and ends with the time, so that names and values go together"
    a,b = both(digits, 10, sgd, lambda l: l.fit(2, .1), (F.cross_entropy,F.cross_entropy), accuracy)
    (na,la),(nb,lb) = ((list(o.recorder.metric_names),list(o.recorder.log)) for o in (a,b))
    assert na==nb and la[0]==lb[0]==1 and len(la)==len(lb)==len(na) and la[1:-1]==pytest.approx(lb[1:-1],
        abs=1e-6) and la[1:-1]==list(a.recorder.values[-1])

def test_events_in_their_order(digits):
    "Every event comes as often and in the same order as in fastai"
    import fastai.callback.core as fc
    from mnist_from_scratch import learner as mc
    logs = []
    def fit(learn):
        mod,log = (mc if isinstance(learn, Learner) else fc),[]
        logs.append(log)
        names = [e for e in mc.events if e!='after_create']
        def noter(e): return lambda self: log.append((e, self.training))
        learn.fit(2, .1, cbs=type('Note', (mod.Callback,), {e:noter(e) for e in names})())
    both(digits, 10, sgd, fit, (F.cross_entropy,F.cross_entropy), accuracy)
    assert logs[0]==logs[1] and len(logs[0])>100

def test_start_epoch(digits):
    agree(*both(digits, 10, sgd, lambda l: l.fit_one_cycle(4, .1, start_epoch=2), (F.cross_entropy,F.cross_entropy), accuracy), 1e-5)

def test_frozen_groups(digits):
    "Two groups with rates of their own, the first frozen, then both"
    from mnist_from_scratch.schedules import freeze
    def fit(learn):
        learn.splitter = lambda m: [list(m[0].parameters()), list(m[2].parameters())]
        learn.create_opt(); learn.freeze_to(-1); learn.fit(1, slice(.01)); learn.unfreeze(); learn.fit_one_cycle(2, slice(.001,.02))
    agree(*both(digits, 10, lambda m: m.Adam, fit, (F.cross_entropy,F.cross_entropy), accuracy), 1e-5)

def test_lr_find(digits):
    "Recorded rates and losses, both suggestions, and the model as it was"
    import fastai.callback.schedule as fs
    from mnist_from_scratch import all as mc
    found = []
    def fit(learn):
        mod = mc if isinstance(learn, Learner) else fs
        before = deepcopy(learn.model.state_dict())
        found.append(learn.lr_find(show_plot=False, suggest_funcs=(mod.valley,mod.slide)))
        for k,v in before.items(): assert torch.equal(v, learn.model.state_dict()[k])
    a,b = both(digits, 10, sgd, fit, (F.cross_entropy,F.cross_entropy), accuracy)
    assert found[0]._fields==found[1]._fields and list(found[0])==pytest.approx(list(found[1]), rel=1e-4)
    assert a.recorder.lrs==pytest.approx(b.recorder.lrs, rel=1e-5) and len(a.recorder.lrs)>20
    assert [float(o) for o in a.recorder.losses]==pytest.approx([float(o) for o in b.recorder.losses], abs=1e-5)

@pytest.mark.parametrize('name,kw', [('GradientClip',dict(max_norm=.1)), ('GradientAccumulation',dict(n_acc=200)),
                                     ('EarlyStoppingCallback',dict(monitor='valid_loss',min_delta=.5)),
                                     ('SaveModelCallback',dict(monitor='accuracy')), ('TerminateOnNaNCallback',{})])
def test_callbacks(digits, tmp_path, name, kw):
    "The same callback by the same name does the same"
    import fastai.callback.training as ft, fastai.callback.tracker as fk
    from mnist_from_scratch import all as mc
    def fit(learn):
        learn.path = tmp_path/('ours' if isinstance(learn, Learner) else 'theirs')
        cls = getattr(mc, name) if isinstance(learn, Learner) else getattr(ft, name, None) or getattr(fk, name)
        learn.fit(4, .1 if name!='TerminateOnNaNCallback' else 1e30, cbs=cls(**kw))
    a,b = both(digits, 10, sgd, fit, (F.cross_entropy,F.cross_entropy), accuracy)
    if name!='TerminateOnNaNCallback': return agree(a, b, 1e-5)
    assert len(a.recorder.losses)==len(b.recorder.losses) and len(a.recorder.values)==len(b.recorder.values)

def test_pytorch_optimizers(digits):
    "PyTorch's own optimizers as `opt_func`, scheduled, on the same path as fastai's wrapper of them"
    def opt(m):
        return partial(torch.optim.AdamW, weight_decay=.1) if m is ours else partial(theirs.OptimWrapper, opt=torch.optim.AdamW,
            weight_decay=.1)
    agree(*both(digits, 10, opt, lambda l: l.fit_one_cycle(2, .01), (F.cross_entropy,F.cross_entropy), accuracy), 1e-5)

def test_metrics():
    import fastai.metrics as fm
    from mnist_from_scratch import softmax
    p,t = torch.randn(50,10),torch.randint(0,10,(50,))
    for name in 'accuracy','error_rate','top_k_accuracy': assert getattr(softmax, name)(p, t)==getattr(fm, name)(p, t)

def test_their_callbacks_in_our_learner(digits):
    "An object of fastai's own classes can be handed to our `Learner`, and does there what it does in theirs"
    from fastai.callback.training import GradientClip
    from fastai.callback.core import Callback
    seen = []
    class Rates(Callback):
        order = 70
        def before_fit(self): self.rates = []
        def after_batch(self):
            if self.training: self.rates.append(self.opt.hypers[-1]['lr'])
        def after_fit(self): seen.append(self.rates)
    a,b = both(digits, 10, sgd, lambda l: l.fit_one_cycle(2, .1, cbs=[GradientClip(.1), Rates()]), (F.cross_entropy,F.cross_entropy),
               accuracy)
    agree(a, b, 1e-5)
    assert seen[0]==pytest.approx(seen[1]) and len(seen[0])>20
