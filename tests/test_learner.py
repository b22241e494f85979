"What a `Learner` says when something is wrong: one line, with the name of what was wrong."
import pytest, torch
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch.callbacks import EarlyStoppingCallback
from mnist_from_scratch.learner import Callback, Learner, Metric
from mnist_from_scratch.losses import accuracy, cross_entropy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.optimizers import SGD

def learner(model=None, n=20, y=None, train_bs=5, **kwargs):
    torch.manual_seed(0)
    ds = TensorDataset(torch.randn(n,4), torch.randint(0,3,(n,)) if y is None else y)
    dls = DataLoaders(DataLoader(ds, train_bs, drop_last=True), DataLoader(ds, 5))
    learn = Learner(dls, model or nn.Linear(4,3), cross_entropy, SGD, **kwargs)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn

def fails(exc, *says, learn=None, n=1, **kwargs):
    "`fit` raises `exc`, in one line that has all of `says`"
    with pytest.raises(exc) as e: (learn or learner(**kwargs)).fit(n)
    assert all(o in str(e.value) for o in says) and len(str(e.value).splitlines())==1, str(e.value)

def test_fit_nothing(): fails(ValueError, 'fit(0)', '1 or more', n=0)
def test_no_batches():  fails(ValueError, 'training set has no batches', 'drop_last', train_bs=50)

def test_shapes_name_the_layer():
    fails(RuntimeError, 'layer 2', 'Linear(in_features=9', '(5, 8)', model=nn.Sequential(nn.Linear(4,8), nn.ReLU(), nn.Linear(9,3)))
    fails(RuntimeError, 'layer model', '(5, 4)', model=nn.Linear(5,3))

def test_layer_is_not_blamed_for_long():
    "The hooks that find the layer are gone afterwards"
    learn = learner(nn.Sequential(nn.Linear(5,3)))
    fails(RuntimeError, 'layer 0', learn=learn)
    assert not any(m._forward_pre_hooks for m in learn.model.modules())

def test_labels_outside(): fails(ValueError, 'labels lie between 0 and 2', y=torch.full((20,), 3))

def test_metric_that_raises():
    def strange(p, t): raise KeyError('nope')
    fails(KeyError, 'nope', 'metric strange', metrics=[accuracy,strange])

def test_callback_that_raises():
    class Odd(Callback):
        def after_loss(self): raise OSError('disk on fire')
    fails(OSError, 'disk on fire', 'callback Odd, at after_loss', learn=learner(cbs=Odd))

def test_callback_with_unknown_column(): fails(ValueError, 'cannot watch f1', 'valid_loss', learn=learner(cbs=EarlyStoppingCallback('f1')))

def test_works_again_after_an_error():
    "An interrupted fit leaves no callback, no bar and no half state behind"
    class Stop(Callback):
        def after_batch(self): raise KeyboardInterrupt
    learn = learner(metrics=accuracy)
    n = len(learn.cbs)
    with pytest.raises(KeyboardInterrupt): learn.fit(1, cbs=Stop())
    assert len(learn.cbs)==n and not hasattr(learn, 'stop') and learn.pred is None
    learn.fit(2)
    assert len(learn.recorder.values)==2

def test_one_line_per_epoch_where_nobody_watches(capsys):
    learn = learner(metrics=accuracy)
    learn.create_mbar,learn.logger = True,print
    learn.fit(3, .1)
    out = capsys.readouterr().out
    assert [o.split('  ')[0] for o in out.splitlines()]==['epoch 0','epoch 1','epoch 2'] and all('valid_loss' in o and 'accuracy' in o for o in out.splitlines())
    assert '\r' not in out

def test_metric_objects_and_partials():
    from functools import partial
    class Count(Metric):
        def reset(self): self.n = 0
        def accumulate(self, learn): self.n += len(learn.yb[0])
        @property
        def value(self): return self.n
    learn = learner(metrics=[Count(), partial(accuracy, axis=-1)])
    learn.fit(1)
    assert list(learn.recorder.metric_names)==['epoch','train_loss','valid_loss','count','accuracy','time'] and learn.recorder.values[0][2]==20

def test_averages_by_item_not_by_batch():
    "A short last batch counts for what it holds"
    x = torch.zeros(7,4); y = torch.tensor([0,0,0,0,0,1,1])
    dl = DataLoader(TensorDataset(x,y), 5)
    m = nn.Linear(4,3); nn.init.zeros_(m.weight); m.bias.data = torch.tensor([1.,0,0])
    learn = Learner(DataLoaders(dl,dl), m, cross_entropy, SGD, metrics=accuracy)
    loss,acc = learn.validate()
    assert acc==pytest.approx(5/7) and loss==pytest.approx(cross_entropy(m(x),y).item())
