"What a `Learner` says when something is wrong: one line, with the name of what was wrong."
import re
from collections import Counter

import pytest, torch
from conftest import Ops, in_a_new_process, patched, root
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch.engine.tracking import EarlyStoppingCallback
from mnist_from_scratch.all import Callback, Learner, Recorder
from mnist_from_scratch.metrics import Metric
from mnist_from_scratch.softmax import accuracy, cross_entropy, error_rate
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
    "And the model does not run again: what it draws, counts and remembers is as after one run"
    class Net(nn.Module):
        def __init__(self): super().__init__(); self.n,self.bn,self.drop,self.l = 0,nn.BatchNorm1d(4),nn.Dropout(.5),nn.Linear(5,3)
        def forward(self, x): self.n += 1; return self.l(self.drop(self.bn(x)))
    learn = learner(Net())
    torch.manual_seed(7)
    fails(RuntimeError, 'layer l', 'shape (5, 4)', learn=learn)
    after = torch.rand(3)
    torch.manual_seed(7); nn.Dropout(.5)(torch.ones(5,4))
    assert learn.model.n==1 and learn.model.bn.num_batches_tracked==1 and torch.equal(after, torch.rand(3))
    assert not any(m._forward_pre_hooks or m._forward_hooks for m in learn.model.modules())

def test_layers_inside_of_others():
    class Block(nn.Module):
        def __init__(self, l): super().__init__(); self.l = l
        def forward(self, x): return self.l(x.flatten(1))@torch.ones(3,3)
    fails(RuntimeError, 'layer 1.l, Linear(in_features=9', '(5, 8)', model=nn.Sequential(nn.Linear(4,8), Block(nn.Linear(9,3))))
    fails(RuntimeError, 'layer 1, Block, outside of its layers', model=nn.Sequential(nn.Linear(4,8), Block(nn.Linear(8,2))))
    fails(ValueError, 'layer 1, BatchNorm2d', '(5, 8)', model=nn.Sequential(nn.Linear(4,8), nn.BatchNorm2d(8)))         # no RuntimeError
    fails(IndexError, 'layer 1, Embedding', '(5, 4)', model=nn.Sequential(Ints(), nn.Embedding(1,3)))
    # compiled, it hides its layers
    with pytest.raises(RuntimeError, match='in RecursiveScriptModule'):
        learner(torch.jit.script(nn.Sequential(nn.Linear(4,8), nn.Linear(9,3)))).fit(1)
class Ints(nn.Module):
    def forward(self, x): return x.long().abs()+1

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
    assert [o.split('  ')[0] for o in out.splitlines()]==['epoch 0','epoch 1','epoch 2'] and all('valid_loss' in o and 'accuracy' in o
        for o in out.splitlines())
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
    assert list(learn.recorder.metric_names)==['epoch','train_loss','valid_loss','count','accuracy',
                                               'time'] and learn.recorder.values[0][2]==20

def test_torchmetrics():
    "Objects of torchmetrics are counted along, under their own names, over all items and not by batch"
    from torchmetrics.classification import MulticlassAccuracy, MulticlassPrecision
    learn = learner(n=23, metrics=[accuracy, MulticlassAccuracy(3, average='micro'), MulticlassPrecision(3)])
    learn.fit(2, .1)
    assert list(learn.recorder.metric_names[3:])==['accuracy','multiclass_accuracy','multiclass_precision','time']
    p,t = learn.get_preds()
    for m,v in zip([MulticlassAccuracy(3, average='micro'), MulticlassPrecision(3)], learn.recorder.values[-1][3:]):
        assert v==pytest.approx(m(p, t).item())
    assert learn.recorder.values[-1][2]==pytest.approx(learn.recorder.values[-1][3])

def test_torchmetric_that_raises():
    class Odd:
        def reset(self): pass
        def compute(self): pass
        def update(self, p, t): raise KeyError('nope')
    fails(KeyError, 'nope', 'metric odd', metrics=Odd())

def test_batch_that_is_a_dictionary():
    "Refused where it is the whole batch, taken where it is the input"
    class Net(nn.Linear):
        def forward(self, x): return super().forward(x['image'])
    x,y = torch.randn(20,4),torch.randint(0,3,(20,))
    ds = [dict(image=a, label=b) for a,b in zip(x,y)]
    bad = Learner(DataLoaders(DataLoader(ds, 5), DataLoader(ds, 5)), Net(4,3), cross_entropy, SGD); bad.create_mbar = False
    fails(TypeError, 'a dictionary with image, label', 'collate_fn', learn=bad)
    ds = [(dict(image=a), b) for a,b in zip(x,y)]
    good = Learner(DataLoaders(DataLoader(ds, 5), DataLoader(ds, 5)), Net(4,3), cross_entropy, SGD)
    with good.no_bar(): good.fit(2, .1)
    assert len(good.recorder.values)==2

def test_nan_loss_stops_before_the_step():
    "One line, with the batch; the weights are still those of the last good batch"
    learn = learner()
    def loss(p, t): loss.n += 1; return cross_entropy(p, t)*(float('nan') if loss.n==3 else 1)
    loss.n,learn.loss_func,kept = 0,loss,[]
    class Keep(Callback):
        def after_step(self): kept.append(self.model.weight.detach().clone())
    fails(FloatingPointError, 'the loss is nan at batch 2 of epoch 0', 'lower the learning rate', learn=learn.add_cb(Keep()), n=2)
    assert len(kept)==2 and torch.equal(learn.model.weight, kept[-1])

def test_averages_by_item_not_by_batch():
    "A short last batch counts for what it holds"
    x = torch.zeros(7,4); y = torch.tensor([0,0,0,0,0,1,1])
    dl = DataLoader(TensorDataset(x,y), 5)
    m = nn.Linear(4,3); nn.init.zeros_(m.weight); m.bias.data = torch.tensor([1.,0,0])
    learn = Learner(DataLoaders(dl,dl), m, cross_entropy, SGD, metrics=accuracy)
    loss,acc = learn.validate()
    assert acc==pytest.approx(5/7) and loss==pytest.approx(cross_entropy(m(x),y).item())

# --- callbacks that stay with the Learner

def test_callbacks_of_a_fit_stand_aside(tmp_path):
    "`validate`, `get_preds` and `lr_find` neither overwrite the best model nor the log"
    from mnist_from_scratch.engine.tracking import CSVLogger, SaveModelCallback
    learn = learner(metrics=accuracy, path=tmp_path, cbs=[SaveModelCallback(), CSVLogger(),
                                                          EarlyStoppingCallback('train_loss', patience=9, reset_on_fit=False)])
    learn.fit(3, .1)
    log,best = (tmp_path/'history.csv').read_text(),(tmp_path/'models/model.safetensors').read_bytes()
    for p in learn.model.parameters(): p.data.zero_()
    learn.get_preds(); learn.validate(); learn.lr_find(show_plot=False, num_it=40)
    assert (tmp_path/'history.csv').read_text()==log and len(log.splitlines())==4
    assert (tmp_path/'models/model.safetensors').read_bytes()==best
    assert [type(o).__name__ for o in learn.cbs]==['TrainEvalCallback','FiniteLossCallback','Recorder','ProgressCallback','CSVLogger',
                                                   'SaveModelCallback','EarlyStoppingCallback']

def test_save_best_from_a_later_epoch(tmp_path):
    from mnist_from_scratch.engine.tracking import SaveModelCallback
    learn = learner(metrics=accuracy, path=tmp_path)
    learn.fit(4, .1, start_epoch=2, cbs=[SaveModelCallback(), EarlyStoppingCallback(patience=3)])
    assert (tmp_path/'models/model.safetensors').exists()
    learn.recorder.plot_loss(skip_start=0)

class Interrupt(Callback):
    def after_batch(self):
        if self.training and self.train_iter==7: raise KeyboardInterrupt

def test_log_after_an_interrupted_fit(tmp_path):
    from mnist_from_scratch.engine.tracking import CSVLogger
    learn = learner(path=tmp_path, cbs=CSVLogger())
    with pytest.raises(KeyboardInterrupt): learn.fit(3, cbs=Interrupt())
    assert len((tmp_path/'history.csv').read_text().splitlines())==2
    learn.fit(2)
    assert len((tmp_path/'history.csv').read_text().splitlines())==3

def test_lr_find_restores_after_ctrl_c():
    learn = learner()
    before = learn.model.weight.detach().clone()
    learn.add_cb(Interrupt())
    with pytest.raises(KeyboardInterrupt): learn.lr_find(start_lr=.1, end_lr=1000, stop_div=False, show_plot=False)
    assert torch.equal(before, learn.model.weight)

def test_state_of_another_optimizer(tmp_path):
    from mnist_from_scratch.base.core import MnistError
    from mnist_from_scratch.optimizers import Adam
    learn = learner(path=tmp_path); learn.fit(1); learn.save('sgd')
    other = learner(path=tmp_path); other.opt_func = Adam
    before = other.model.weight.detach().clone()
    other.model.weight.data += 1
    with pytest.raises(MnistError, match='another optimizer.*with_opt=False'): other.load('sgd')
    assert torch.equal(other.model.weight, before+1)
    other.load('sgd', with_opt=False).fit(1)

def test_errors_outside_of_layers():
    class View(nn.Module):
        def __init__(self): super().__init__(); self.l = nn.Linear(4,3)
        def forward(self, x): return self.l(x.view(-1,999))
    class After(View):
        def forward(self, x): return self.l(x)@torch.randn(7,2)
    for cls in View,After: fails(RuntimeError, f'{cls.__name__}, outside of its layers', model=cls())

def test_os_errors_keep_their_number_and_name_the_callback():
    class Reader(Callback):
        def after_loss(self): open('/nonexistent/x')
    fails(FileNotFoundError, 'callback Reader, at after_loss', '/nonexistent/x', learn=learner(cbs=Reader))

def test_preds_of_a_shuffled_loader_come_in_order():
    learn = learner(n=22)
    dl = DataLoader(learn.dls.train_ds, 5, shuffle=True, drop_last=True)
    p,t = learn.get_preds(dl=dl)
    assert torch.equal(t, learn.dls.train_ds.tensors[1]) and len(p)==22

def test_metrics_can_be_set():
    learn = learner(); learn.metrics = [accuracy]; learn.fit(1)
    assert list(learn.recorder.metric_names)[3]=='accuracy'

def test_optimizer_without_hypers_is_refused():
    from mnist_from_scratch.optimizers import BasicOptim
    learn = learner(); learn.opt_func = BasicOptim
    fails(TypeError, 'BasicOptim', 'torch.optim', learn=learn)

# --- what a review found

def test_cancelled_before_it_began():
    from mnist_from_scratch.engine.checkpoint import Checkpoint
    from mnist_from_scratch.learner import CancelFitException
    class Stop(Callback):
        def before_fit(self): raise CancelFitException
    learner(cbs=[Stop, Checkpoint]).fit(2)

def test_first_batch_skipped():
    from mnist_from_scratch.learner import CancelBatchException
    class Skip(Callback):
        def before_batch(self):
            if self.training and self.iter==0: raise CancelBatchException
    learn = learner(cbs=Skip); learn.fit(1)
    assert len(learn.recorder.losses)==3

def test_nan_check_comes_back():
    from mnist_from_scratch.engine.tracking import TerminateOnNaNCallback
    class Interrupted(Callback):
        def after_batch(self): raise KeyboardInterrupt
    learn = learner()
    with pytest.raises(KeyboardInterrupt): learn.fit(1, cbs=[TerminateOnNaNCallback(), Interrupted()])
    learn.loss_func = lambda p, y: cross_entropy(p, y)*float('nan')
    fails(FloatingPointError, 'the loss is nan', learn=learn)

def test_nan_check_of_another_module():
    "A notebook that runs again makes the class of the check again; the callback that takes its place knows that one too"
    from mnist_from_scratch.engine import running
    from mnist_from_scratch.engine.tracking import TerminateOnNaNCallback
    again = type('FiniteLossCallback', (Callback,), {k:v for k,v in vars(running.FiniteLossCallback).items() if k not in
                                                     ('__dict__','__weakref__')})
    learn = learner(cbs=again)
    learn.loss_func = lambda p, y: cross_entropy(p, y)*float('nan')
    learn.fit(3, cbs=TerminateOnNaNCallback())
    fails(FloatingPointError, 'the loss is nan', learn=learn)

def test_methods_of_the_model_are_no_events():
    class Net(nn.Linear):
        def after_batch(self): raise ZeroDivisionError
    learner(Net(4,3)).fit(1)

def test_fastais_callbacks_stay_and_cancel():
    pytest.importorskip('fastai')
    from fastai.callback.tracker import EarlyStoppingCallback
    from fastai.callback.training import GradientClip
    learn = learner(cbs=GradientClip(.1))
    learn.validate(); learn.get_preds()
    learn.fit(9, 0., cbs=EarlyStoppingCallback(patience=1))
    assert len(learn.recorder.values)==2

def test_fastais_metrics():
    pytest.importorskip('fastai')
    from fastai.metrics import F1Score
    learn = learner(metrics=[F1Score(average='macro'), accuracy]); learn.fit(1)
    assert list(learn.recorder.metric_names[3:5])==['f1_score','accuracy'] and 0<=learn.recorder.values[0][2]<=1

def test_labels_outside_of_pytorchs_loss():
    import torch.nn.functional as F
    learn = learner(y=torch.full((20,), 7)); learn.loss_func = F.cross_entropy
    fails(IndexError, 'out of bounds', 'the loss, of float32 [5,3] and int64 [5] with 7 to 7', learn=learn)

def test_loader_over_an_L():
    from fastai.data.load import DataLoader as Theirs
    from fastcore.foundation import L
    learn = learner(); ds = L(zip(*learn.dls.train_ds.tensors))
    learn.dls = DataLoaders(Theirs(ds, bs=5), Theirs(ds, bs=5)); learn.fit(1)
    assert len(learn.recorder.losses)==4

def test_logger_after_an_interrupted_fit():
    class Interrupted(Callback):
        def after_batch(self): raise KeyboardInterrupt
    learn = learner(); learn.logger = print
    with pytest.raises(KeyboardInterrupt): learn.fit(1, cbs=Interrupted())
    assert learn.logger is print

@pytest.mark.parametrize('make', [lambda x,y: TensorDataset(x, y), lambda x,y: list(zip(x, y))], ids=['tensors','list'])
def test_what_a_batch_costs(make):
    "More than a loop by hand: a copy of the loss, and one look whether it is finite. No copy of the data, and no smoothing yet."
    x,y,model = torch.randn(64,4),torch.randint(0,3,(64,)),nn.Linear(4,3)
    opt = SGD(model.parameters(), .1)
    def ops(bs):
        valid = [(x,y)]
        learn = Learner(DataLoaders(DataLoader(make(x, y), bs=bs), valid), model, cross_entropy, SGD)
        with learn.no_bar(), Ops() as o: learn.fit(1, .1)
        return o.n
    with Ops() as by_hand:
        loss = cross_entropy(model(x), y)
        loss.backward(); opt.step(); opt.zero_grad()
    more = ops(8)
    more.subtract(ops(16))                                                   # for 4 batches more
    for k,n in by_hand.n.items(): more[k] -= 4*n
    assert {k:n/4 for k,n in more.items() if n} == dict(detach=1, clone=1, _local_scalar_dense=1)

def test_what_a_batch_of_validation_costs():
    "Predictions, loss and metric once each, and no arithmetic: means are taken when all batches are done"
    x,y,model = torch.randn(64,4),torch.randint(0,3,(64,)),nn.Linear(4,3)
    def ops(bs):
        learn = Learner(DataLoaders([(x,y)], DataLoader(TensorDataset(x, y), bs=bs)), model, cross_entropy, SGD, metrics=accuracy)
        with learn.no_bar(), Ops() as o: learn.fit(1, .1)
        return o.n
    with Ops() as by_hand, torch.no_grad(): p = model(x); cross_entropy(p, y); accuracy(p, y)
    more = ops(8)
    more.subtract(ops(16))
    for k,n in by_hand.n.items(): more[k] -= 4*n
    assert {k:n/4 for k,n in more.items() if n} == dict(detach=2, clone=1)

def test_when_losses_are_asked_for_makes_no_difference():
    "The record is fastai's average, whether it is read after each batch or at the end"
    class Ask(Callback):
        order = Recorder.order+1
        def after_batch(self):
            if self.training:
                raw.append(self.loss.item()); asked.append(self.recorder.losses[-1]); assert self.recorder.smooth_loss.value is asked[-1]
    raw,asked,(a,b) = [],[],(learner(), learner())
    b.model.load_state_dict(a.model.state_dict())
    a.fit(3, .1); b.fit(3, .1, cbs=Ask())
    assert a.recorder.losses==b.recorder.losses==asked and a.recorder.values==b.recorder.values and len(
        asked)==a.recorder.iters[-1]==a.recorder.smooth_loss.count
    avg = torch.tensor(0.)
    for i,(loss,got) in enumerate(zip(raw, asked, strict=True), 1):
        avg = torch.tensor(loss).lerp(avg, .98)                              # fastai's way
        assert got.dtype==torch.float32 and got.item()==pytest.approx((avg/(1-.98**i)).item(), rel=3e-7)

def test_who_listens_is_looked_up_once(monkeypatch):
    "However many batches there are; and again for callbacks that come later, in a fit or between two"
    seen,looked = [],Counter()
    listener = Callback.listener
    monkeypatch.setattr(Callback, 'listener', lambda self, event: looked.update([event]) or listener(self, event))
    quiet = Callback()
    learn = learner(n=40, cbs=quiet)
    learn.fit(2)
    assert looked['after_pred']==len(learn.cbs)                              # nobody listens to it: asked once
    quiet.after_pred = lambda: seen.append('set')
    learn.fit(1)
    assert seen==['set']*16
    class Late(Callback):
        def after_pred(self): seen.append('late')
    class Adds(Callback):
        def before_batch(self):
            if self.training and self.iter==3: self.learn.add_cb(Late)
    learn.fit(1, cbs=Adds)
    assert seen.count('late')==5+8

# --- what was not measured is empty, in its own column

def cancelled(half, *epochs):
    "A callback that calls `half` ('train', 'valid', 'epoch', 'batches' or 'valid batches') of these epochs off"
    from mnist_from_scratch import learner as m
    event,ex = dict(train=('before_train',m.CancelTrainException), valid=('before_validate',m.CancelValidException),
                    epoch=('before_epoch',m.CancelEpochException)).get(half, ('before_batch',m.CancelBatchException))
    def f(cb):
        if cb.epoch in epochs and (event!='before_batch' or cb.training==(half=='batches')): raise ex
    return Callback(**{event:f})

holes = dict(train=[0], valid=[1,2,3], epoch=[0,1,2,3], batches=[0]) | {'valid batches':[1,2,3]}

@pytest.mark.parametrize('half', holes)
@pytest.mark.parametrize('epoch', [0,1])
def test_rows_have_holes(tmp_path, half, epoch):
    "In the table, the record, the log, the data frame and the CSV file"
    import pandas as pd
    from torchmetrics.classification import MulticlassAccuracy
    from mnist_from_scratch.engine.tracking import CSVLogger
    rows = []
    learn = learner(metrics=[accuracy,MulticlassAccuracy(3)], path=tmp_path, cbs=[CSVLogger(), cancelled(half, epoch)])
    learn.logger = lambda row: rows.append(list(row))
    learn.fit(3, .1)
    rec = learn.recorder
    names = list(rec.metric_names)
    assert rec.columns==names[1:-1] and list(rec.log)==rows[-1] and all(len(r)==len(names) and r[0]==i for i,r in enumerate(rows))
    for i,(v,r) in enumerate(zip(rec.values, rows, strict=True)):
        assert [j for j,o in enumerate(v) if o is None]==(holes[half] if i==epoch else []) and list(v)==r[1:-1] and ':' in r[-1]
    df,log = rec.to_df(),pd.read_csv(tmp_path/'history.csv')
    assert list(df)==rec.columns and list(log)==names
    for d in df,log[rec.columns]: assert d.isna().to_numpy().tolist()==[[o is None for o in v] for v in rec.values]
    assert log.valid_loss.dropna().tolist()==pytest.approx([v[1] for v in rec.values if v[1] is not None])
    rec.plot_loss(skip_start=0)

def test_start_epoch_leaves_empty_rows(tmp_path):
    from mnist_from_scratch.engine.tracking import CSVLogger
    learn = learner(path=tmp_path, cbs=CSVLogger()); learn.fit(3, .1, start_epoch=1)
    assert list(learn.recorder.values[0])==[None,None] and None not in learn.recorder.values[1]
    assert (tmp_path/'history.csv').read_text().splitlines()[1][:4]=='0,,,' and learn.recorder.to_df().isna().sum().tolist()==[1,1]

def test_a_batch_called_off_counts_for_nothing():
    "Neither its loss, which it has not, nor the last batch's loss and predictions a second time"
    from mnist_from_scratch.learner import CancelBatchException
    def skip(cb):
        if cb.iter%2: raise CancelBatchException
    learn = learner(n=20, metrics=accuracy, cbs=Callback(before_batch=skip))
    learn.fit(1, 0.)
    x,y = learn.dls.train_ds.tensors
    seen = torch.cat([torch.arange(0,5), torch.arange(10,15)])
    p = learn.model(x[seen]).detach()
    assert len(learn.recorder.losses)==len(learn.recorder.lrs)==2
    assert list(learn.recorder.values[0][1:])==pytest.approx([cross_entropy(p, y[seen]).item(), accuracy(p, y[seen]).item()], rel=1e-5)

def test_the_printed_line_leaves_out_what_is_empty(capsys):
    learn = learner(metrics=accuracy, cbs=cancelled('train', 0))
    learn.create_mbar,learn.logger = True,print
    learn.fit(1, .1)
    out = capsys.readouterr().out
    assert out.startswith('epoch 0  valid_loss') and 'train_loss' not in out and 'None' not in out

def test_validate_has_no_training_half():
    learn = learner(metrics=accuracy); learn.fit(1, .1)
    assert list(learn.validate())==pytest.approx(list(learn.recorder.values[-1][1:]))

def test_metric_of_one_number_in_a_tensor():
    class One(Metric):
        value = torch.tensor([.5])
    class Bad(Metric):
        @property
        def value(self): raise KeyError('nope')
    learn = learner(metrics=One()); learn.fit(1)
    assert learn.recorder.values[0][2]==.5 and type(learn.recorder.values[0][2]) is float
    fails(KeyError, 'nope', 'metric bad', metrics=Bad())
# --- the size of a batch, however it is nested

N = 23   # in batches of 5: the last one is short
class Twice(nn.Linear):
    def forward(self, x, *_): p = super().forward(x); return p,p*2
def _two(p, y, reduction='mean'):
    a,b = y.values() if isinstance(y, dict) else y
    return cross_entropy(p[0], a, reduction=reduction)+((p[1][:,0]-b)**2).mean() if reduction=='mean' else cross_entropy(p[0], a,
        reduction='none')+(p[1][:,0]-b)**2
def _nested(kind):
    from collections import namedtuple
    torch.manual_seed(0)
    x,a,b = torch.randn(N,4),torch.randint(0,3,(N,)),torch.randn(N)
    Pair = namedtuple('Pair', 'a b')
    make = dict(tuples=lambda a, b: (a,b), dictionaries=lambda a, b: dict(a=a, b=b), lists=lambda a, b: [a,b], named=Pair)[kind]
    ds = [(x[i], make(a[i],b[i])) for i in range(N)]
    dls = DataLoaders(DataLoader(ds, 5), DataLoader(ds, 5))
    learn = Learner(dls, Twice(4,3), _two, SGD, metrics=lambda p, y: _two(p, y))
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn,x,(a,b)

@pytest.mark.parametrize('kind', ['tuples','dictionaries','lists','named'])
def test_nested_targets(kind):
    "Means over items, a loss for each, and steps after so many items"
    from mnist_from_scratch.engine.precision import GradientAccumulation
    learn,x,y = _nested(kind)
    loss,metric = learn.validate()
    each = _two(learn.model(x), y, reduction='none').detach()
    assert loss==pytest.approx(each.mean().item(), abs=1e-6) and metric==pytest.approx(loss)
    got = learn.get_preds(with_loss=True)[-1]
    assert got.shape==(N,) and torch.allclose(got, each, atol=1e-6)
    class Steps(Callback):
        def before_fit(self): self.at = []
        def after_step(self): self.at.append(self.iter)
    learn.fit(1, .1, cbs=[GradientAccumulation(10), steps := Steps()])
    assert steps.at==[1,3]

def test_nested_like_fastais():
    fa = pytest.importorskip('fastai.basics')
    import fastai.callback.training as ft
    from mnist_from_scratch.engine.precision import GradientAccumulation
    a,x,_ = _nested('tuples')
    b = fa.Learner(fa.DataLoaders(*a.dls.loaders, device=torch.device('cpu')), Twice(4,3), loss_func=_two, opt_func=fa.SGD)
    b.model.load_state_dict(a.model.state_dict())
    assert a.validate()[0]==pytest.approx(b.validate()[0], abs=1e-6)
    a.fit(2, .1, cbs=GradientAccumulation(10))
    with b.no_mbar(), b.no_logging(): b.fit(2, .1, cbs=ft.GradientAccumulation(10))
    assert torch.allclose(a.model.weight, b.model.weight, atol=1e-6)

def test_targets_without_an_axis():
    "A batch with one target for all counts by its inputs"
    batches = [(torch.randn(n,4), torch.tensor(float(n))) for n in (5,5,2)]
    learn = Learner(DataLoaders(batches, batches), nn.Linear(4,3), lambda p, y: y+0*p.sum(), SGD, metrics=lambda p, y: y)
    learn.create_mbar,learn.logger = False,lambda *_: None
    learn.fit(1)
    assert list(learn.validate())==pytest.approx([(5*5+5*5+2*2)/12]*2)
    assert learn.get_preds()[1].tolist()==[5,5,2]

def test_no_targets():
    "Only inputs: predictions, and no loss"
    batches = [(torch.randn(n,4),) for n in (5,2)]
    learn = Learner(DataLoaders(batches, batches), nn.Linear(4,3), cross_entropy, SGD, metrics=accuracy)
    learn.create_mbar = False
    p,t = learn.get_preds()
    assert p.shape==(7,3) and t is None and learn.validate()[0] is None

def test_find_bs():
    from mnist_from_scratch.base.core import find_bs
    t = torch.zeros(7,2)
    for b in t,(t,),[{'a':(t,t[:3])}],({'a':torch.tensor(1.)},t),('text',3,None,t): assert find_bs(b)==7
    assert find_bs((), (t,))==7 and find_bs((torch.zeros(0),), (t,))==0 and find_bs('abc', torch.tensor(3))==1

# --- names that are never called

def test_misspelled_events():
    class Odd(Callback):
        def after_bacth(self): pass
    with pytest.raises(TypeError, match='Odd.after_bacth is never called; did you mean after_batch') as e: learner(cbs=Odd)
    assert len(str(e.value).splitlines())==1
    class Fine(Callback):
        def after_batch(self): self.note()
        def note(self): self.seen = True
    learn = learner(cbs=Fine); learn.fit(1); assert learn.fine.seen

@pytest.mark.parametrize('train,valid', [(True,True),(True,False),(False,True)])
def test_train_metrics_like_fastais(train, valid):
    "Columns and figures; set on the recorder, or handed to it in fastai's order"
    fa = pytest.importorskip('fastai.basics')
    a = learner(n=22, metrics=accuracy, default_cbs=False)
    from mnist_from_scratch.learner import TrainEvalCallback
    a.add_cbs([TrainEvalCallback, Recorder(True, train, valid)])
    b = fa.Learner(fa.DataLoaders(*a.dls.loaders, device=torch.device('cpu')), nn.Linear(4,3), loss_func=cross_entropy, opt_func=fa.SGD,
                   metrics=accuracy)
    b.model.load_state_dict(a.model.state_dict())
    b.recorder.train_metrics,b.recorder.valid_metrics = train,valid
    a.fit(2, .1)
    with b.no_mbar(), b.no_logging(): b.fit(2, .1)
    assert list(a.recorder.metric_names)==list(b.recorder.metric_names)
    for r,s in zip(a.recorder.values, b.recorder.values, strict=True): assert list(r)==pytest.approx(list(s), abs=1e-6)
    c = learner(n=22, metrics=accuracy); c.recorder.train_metrics,c.recorder.valid_metrics = train,valid
    c.fit(2, .1); assert list(map(list, c.recorder.values))==list(map(list, a.recorder.values))
    assert Recorder(True, True).beta==.98

# --- nothing is left behind

def world(learn):
    "All about a Learner, and around it, that a diagnosis must leave alone"
    import random
    import numpy as np
    rec = getattr(learn, 'recorder', None)
    return dict(weights=[o.clone() for o in learn.model.state_dict().values()], modes=[m.training for m in learn.model.modules()],
                grads=[p.requires_grad for p in learn.model.parameters()],
        hooks=[len(m._forward_hooks)+len(m._forward_pre_hooks) for m in learn.model.modules()], cbs=[id(o) for o in learn.cbs],
        names=sorted(k for k in vars(learn) if k not in ('_n_shown','_listeners')),
        opt=learn.opt and [dict(h) for h in learn.opt.hypers], lr=learn.lr, wd=learn.wd, logger=id(learn.logger), bar=learn.create_mbar,
        loss=id(learn.loss_func), dl=learn.dl,
        fit=[vars(learn).get(k) for k in 'epoch n_epoch train_iter pct_train training final_record'.split()], torch=torch.get_rng_state(),
        python=random.getstate(), numpy=np.random.get_state()[1],
        own=learn.dls.train.generator.get_state() if learn.dls.train.generator else None,
        record=[list(o) for o in getattr(rec, 'values', [])], iters=list(getattr(rec, 'iters', [])),
        losses=[float(o) for o in rec.losses] if hasattr(rec, 'smooth_loss') else [])

def same(a, b):
    import numpy as np
    if isinstance(a, torch.Tensor): return torch.equal(a, b)
    if isinstance(a, np.ndarray): return (a==b).all()
    if isinstance(a, list): return len(a)==len(b) and all(map(same, a, b))
    return a==b

class Pics(nn.Module):
    def __init__(self): super().__init__(); self.l,self.bn,self.drop = nn.Linear(16,3),nn.BatchNorm1d(3),nn.Dropout(.3)
    def forward(self, x): return self.drop(self.bn(self.l(x)))

def pictures(generator=None, opt_func=SGD, **kwargs):
    from mnist_from_scratch.base.core import set_seed
    set_seed(0)
    ds = TensorDataset(torch.rand(40,16), torch.randint(0,3,(40,)))
    dls = DataLoaders(DataLoader(ds, 8, shuffle=True, generator=generator), DataLoader(ds, 16))
    learn = Learner(dls, Pics(), cross_entropy, opt_func, metrics=accuracy, **kwargs)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn

def interrupted(learn):
    class Stop(Callback):
        def after_backward(self): raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt): learn.validate(cbs=Callback(after_pred=lambda cb: (_ for _ in ()).throw(KeyboardInterrupt)))
def wrong(learn):
    with pytest.raises((ValueError,RuntimeError,TypeError)): learn.get_preds(dl=[(torch.zeros(2,5),torch.zeros(2).long())])
diagnoses = dict(validate=lambda l: l.validate(), get_preds=lambda l: l.get_preds(with_input=True, with_loss=True),
                 predict=lambda l: l.get_preds(dl=[(torch.zeros(1,16),)]),
    show_results=lambda l: l.show_results(), show_train=lambda l: l.show_results(0), summary=lambda l: l.summary(),
    lr_find=lambda l: l.lr_find(show_plot=False, num_it=30), tta=lambda l: l.tta(n=1, f=lambda x: x),
    interrupted=interrupted, wrong=wrong)

@pytest.mark.parametrize('fitted', [True,False])
@pytest.mark.parametrize('call', diagnoses)
def test_a_diagnosis_leaves_all_as_it_was(call, fitted):
    "And the fit after it gives the numbers that it would have given without"
    import matplotlib.pyplot as plt
    from mnist_from_scratch import augment
    from mnist_from_scratch.engine.tracking import CSVLogger
    from mnist_from_scratch.engine.precision import GradientClip
    def run(f, g):
        learn = pictures(torch.Generator().manual_seed(3) if g else None, cbs=[GradientClip(1.), Callback()])
        if fitted: learn.fit_one_cycle(1, .1)
        if f:
            before = world(learn); f(learn); now = world(learn)
            odd = [k for k in before if not same(before[k], now[k])]
            # of lr_find the recorder has the curve
            assert not set(odd)-({'record','iters','losses','names'} if call=='lr_find' else {'names'} if not fitted else set()), odd
        learn.fit(2, .1)
        plt.close('all')
        return [list(o) for o in learn.recorder.values], [float(o)
                                                          for o in learn.recorder.losses], torch.cat([p.detach().flatten()
                                                              for p in learn.model.parameters()])
    for g in False,True:
        a,b = run(None, g),run(diagnoses[call], g)
        assert same(list(a), list(b))

def test_show_results_shows_others_each_time(monkeypatch):
    import matplotlib.pyplot as plt
    seen,learn = [],pictures()
    monkeypatch.setattr(DataLoaders, 'show_batch', lambda self, b, **kwargs: seen.append(b[0]) or plt.subplots(3, 3)[1])
    for _ in range(2): learn.show_results()
    plt.close('all')
    assert not torch.equal(*seen)

def test_lr_find_after_which_another_optimizer_is_chosen():
    "As if it had not been called: the optimizer is made for the fit"
    from mnist_from_scratch.optimizers import Adam
    learn = pictures(); learn.lr_find(show_plot=False, num_it=20)
    learn.opt_func = Adam; learn.fit(1)
    assert type(learn.opt) is Adam

def test_a_callback_handed_in_twice_acts_once():
    class Count(Callback):
        n = 0
        def after_epoch(self): self.n += 1
    cb = Count()
    learn = learner(cbs=[cb,cb]); learn.fit(2, cbs=[cb,cb])
    assert cb.n==2 and sum(o is cb for o in learn.cbs)==1 and learn.count is cb and cb.learn is learn     # still there: it was there before
    learn.add_cb(cb); learn.fit(1)
    assert cb.n==3
    # one of the same class, for one fit
    learn.fit(1, cbs=Count)
    assert cb.n==4 and learn.count is cb
    learn.remove_cb(cb); learn.fit(1)
    assert cb.n==4 and not hasattr(learn, 'count')
    x = Count(); learn = learner()
    learn.fit(1, cbs=[x,x])
    assert x.n==1 and x not in learn.cbs

def test_a_metric_handed_in_twice_counts_once():
    class N(Metric):
        def reset(self): self.n = 0
        def accumulate(self, learn): self.n += len(learn.yb[0])
        @property
        def value(self): return self.n
    m = N(); learn = learner(metrics=[m,m]); learn.fit(1)
    assert learn.recorder.values[0][2:]==[20]

def test_a_default_callback_with_settings_takes_the_place_of_its_like():
    learn = learner(cbs=Recorder(add_time=False)); learn.fit(1)
    assert len([o for o in learn.cbs if isinstance(o, Recorder)])==1 and list(learn.recorder.metric_names)==['epoch','train_loss',
        'valid_loss']

def test_callbacks_take_no_names_of_the_learner():
    for name in 'Lr','Model','Fit','Opt': 
        with pytest.raises(ValueError, match=f'cannot be called {name.lower()}'): learner(cbs=type(name, (Callback,), {}))

def test_cleanup_of_all_though_one_raises():
    done = []
    class A(Callback):
        def cleanup(self): raise KeyError('nope')
    class B(Callback):
        order = 1
        def cleanup(self): done.append(1)
    with pytest.raises(KeyError): learner(cbs=[A,B]).fit(1)
    assert done

def test_gradients_of_an_interrupted_fit_are_forgotten():
    class Stop(Callback):
        def after_backward(self): raise KeyboardInterrupt
    a,b = learner(),learner()
    with pytest.raises(KeyboardInterrupt): a.fit(1, .1, cbs=Stop())
    a.fit(1, .1); b.fit(1, .1)
    assert torch.equal(a.model.weight, b.model.weight)

def test_fine_tune_that_is_interrupted_leaves_nothing_frozen():
    class Stop(Callback):
        def after_backward(self): raise KeyboardInterrupt
    learn = learner(nn.Sequential(nn.Linear(4,5), nn.Linear(5,3)), splitter=lambda m: [[*m[0].parameters()],[*m[1].parameters()]])
    with pytest.raises(KeyboardInterrupt): learn.fine_tune(1, cbs=Stop())
    assert all(p.requires_grad for p in learn.model.parameters())

# --- settings that make no sense

bad = [-1, -1e-9, float('nan'), float('inf'), '0.1', True, None.__class__]
@pytest.mark.parametrize('v', bad, ids=str)
def test_rates_that_cannot_be(v):
    from mnist_from_scratch.optimizers import Adam, BasicOptim
    p = [torch.zeros(2, requires_grad=True)]
    learn = learner()
    before = learn.model.weight.detach().clone()
    calls = [lambda: BasicOptim(p, v), lambda: SGD(p, v), lambda: Adam(p, v), lambda: SGD(p, .1, mom=v), lambda: SGD(p, .1, wd=v),
             lambda: Adam(p, .1, eps=v), lambda: Adam(p, .1, sqr_mom=v),
             lambda: SGD(p, .1).set_hyper('lr', [v]), lambda: learner(lr=v), lambda: learner(wd=v), lambda: learner(moms=(.9,v,.9)),
             lambda: learn.fit(1, v), lambda: learn.fit(1, wd=v), lambda: learn.fit(1, slice(.1, v)), lambda: learn.fit_one_cycle(1, v),
             lambda: learn.fit_flat_cos(1, v), lambda: learn.fine_tune(1, v), lambda: learn.fine_tune(1, .1, div=v),
             lambda: learn.fine_tune(1, .1, pct_start=v),
             lambda: learn.fit_one_cycle(1, .1, moms=(v,.9,.9)), lambda: learn.fit_one_cycle(1, .1, div=v),
             lambda: learn.fit_one_cycle(1, .1, pct_start=v), lambda: learn.fit_flat_cos(1, .1, div_final=v),
             lambda: learn.lr_find(start_lr=v), lambda: learn.lr_find(end_lr=v)]
    for i,f in enumerate(calls):
        with pytest.raises(ValueError, match='should be') as e: f()
        assert len(str(e.value).splitlines())==1, i
    assert torch.equal(before, learn.model.weight)
    learn.fit(1, 0.); learn.fit(1, slice(1e-3,.1)); learn.fit(1, slice(.1)); learn.fit(1, [.1])

@pytest.mark.parametrize('n', [0, -1, 1.5, '2', True, None])
def test_numbers_of_epochs_that_cannot_be(n):
    learn = learner(splitter=lambda m: [[m.weight],[m.bias]])
    before = learn.model.weight.detach().clone()
    for f in learn.fit,learn.fit_one_cycle,learn.fit_flat_cos,learn.fine_tune:
        with pytest.raises(ValueError, match='whole number'): f(n)
    assert torch.equal(before, learn.model.weight) and all(p.requires_grad for p in learn.model.parameters())

@pytest.mark.parametrize('f', ['fit','fit_one_cycle','fit_flat_cos'])
@pytest.mark.parametrize('start', [2, 5, -1, 1.0, True])
def test_a_start_behind_the_end(f, start):
    "Nothing would be trained; the cure of the message works"
    learn = learner()
    with pytest.raises(ValueError, match=f'start_epoch={start} is not one of the 2 epochs.*from 0 to 1, or a larger n_epoch'):
        getattr(learn, f)(2, start_epoch=start)
    for n,s in (2,1),(6,5):
        before = learn.model.weight.detach().clone()
        getattr(learn, f)(n, .1, start_epoch=s)
        assert not torch.equal(before, learn.model.weight)

def test_fine_tune_that_skips_its_first_step():
    learn = learner()
    with pytest.raises(ValueError, match='pass freeze_epochs=0'): learn.fine_tune(3, start_epoch=1)
    learn.fine_tune(3, start_epoch=1, freeze_epochs=0)
    assert len(learn.recorder.values)==3

# --- lr_find

def trained(seed):
    "A net that hardly errs, with losses that are tiny but for one now and then"
    torch.manual_seed(seed)
    x = torch.randn(400,10); y = (x[:,0]>0).long(); y[::40] = 1-y[::40]
    dls = DataLoaders(DataLoader(TensorDataset(x,y), 5, shuffle=True), DataLoader(TensorDataset(x,y), 100))
    m = nn.Sequential(nn.Linear(10,2)); nn.init.zeros_(m[0].weight); nn.init.zeros_(m[0].bias)
    with torch.no_grad(): m[0].weight[1,0],m[0].weight[0,0] = 4,-4
    learn = Learner(dls, m, cross_entropy, SGD); learn.create_mbar = False
    return learn

def test_lr_find_on_a_trained_net():
    for seed in range(12):
        found = trained(seed).lr_find(show_plot=False)
        assert 1e-7<=found.valley<=10

def test_what_lr_find_advises_helps():
    learn = learner()
    learn.loss_func = lambda p, y: p.abs().pow(8).sum()
    for seed in range(10):
        torch.manual_seed(seed); nn.init.normal_(learn.model.weight)
        with pytest.raises(ValueError, match='not finite any more after .* batches, too few to tell: lower start_lr, which is 10'):
            learn.lr_find(start_lr=10, end_lr=1e6, show_plot=False)
        learn.lr_find(start_lr=1e-9, show_plot=False)
    learn.loss_func = lambda p, y: p.sum()*float('nan')
    with pytest.raises(ValueError, match='not finite in the first batch'): learn.lr_find(show_plot=False)

def test_a_curve_that_only_rises():
    from mnist_from_scratch.engine.scheduling import slide
    from mnist_from_scratch.schedules import valley
    with pytest.raises(ValueError, match='only rises, from 1 at a rate of 0.1: lower start_lr'): valley([.1,.2,.3], [1.,2.,3.])
    assert valley([.1,.2,.3], [2.,1.,3.])[0]==.1
    with pytest.raises(ValueError, match='raise num_it'): learner().lr_find(num_it=20, suggest_funcs=slide, show_plot=False)
    learner().lr_find(num_it=60, suggest_funcs=slide, show_plot=False)
    for kw in dict(start_lr=1, end_lr=.1),dict(num_it=0),dict(num_it=2.5):
        with pytest.raises(ValueError, match='should be'): learner().lr_find(**kw)

# --- metrics and targets

def test_rmse_is_of_all_items():
    from functools import partial
    from mnist_from_scratch.gradient_descent import rmse
    x = torch.randn(23,4); y = torch.randn(23,1)*torch.arange(23)[:,None]
    dl = DataLoader(TensorDataset(x,y), 5)
    learn = Learner(DataLoaders(dl,dl), nn.Linear(4,1), nn.MSELoss(), SGD, metrics=[rmse, partial(rmse)])
    learn.create_mbar,learn.logger = False,lambda *_: None
    learn.fit(2, 0.)
    want = rmse(learn.model(x), y).item()
    assert list(learn.recorder.metric_names[3:5])==['rmse',
                                                    'rmse'] and list(learn.recorder.values[-1][2:])==pytest.approx([want]*2) and list(
                                                        learn.validate()[1:])==pytest.approx([want]*2)
    fm = pytest.importorskip('fastai.metrics')
    learn.metrics = [fm.rmse]
    assert learn.validate()[1]==pytest.approx(want, rel=1e-5)

@pytest.mark.parametrize('dtype', [torch.int64, torch.float32, torch.uint8])
def test_targets_that_are_no_yes_or_no(dtype):
    "Class numbers such as 3 and 7, halves, NaN; the cure of the message works"
    from mnist_from_scratch.losses import batch_accuracy, mnist_loss
    p,y = torch.randn(6,1),torch.tensor([3,7,3,3,7,7]).to(dtype)[:,None]
    for f in mnist_loss,batch_accuracy:
        with pytest.raises(ValueError, match=r'from 3 to 7: pass \(targets==n\).long\(\)') as e: f(p, y)
        assert '\n' not in str(e.value)
        f(p, (y==3).long()); f(p, (y==3).to(dtype)); f(p, y==3)
        if dtype.is_floating_point:
            for o in .5,-1.,float('nan'):
                with pytest.raises(ValueError, match='1 for the class'): f(p, torch.full((6,1), o))

# --- one Learner, one thing at a time

@pytest.mark.parametrize('when', ['after_epoch','after_batch','after_validate','after_fit'])
def test_predictions_in_the_middle_of_a_fit(when):
    "`get_preds` and what rests on it can be called in any event; the fit goes on as if it had not been"
    def f(cb):
        if cb.training or when!='after_batch':
            ps.append(cb.learn.get_preds()[0]); cb.learn.get_preds(with_loss=True); cb.learn.predict(torch.zeros(4))
    ps,(a,b) = [],[learner(metrics=accuracy) for _ in range(2)]
    a.fit(2, .1)
    class Preds(Callback):
        order = 80
        def __init__(self): super().__init__(); setattr(self, when, self.look)
        def look(self):
            if self.training or when!='after_batch':
                with self.learn.removed_cbs(self): f(self)
    b.fit(2, .1, cbs=Preds())
    assert ps and ps[-1].shape==(20,3) and torch.equal(a.model.weight,
                                                       b.model.weight) and list(map(list, a.recorder.values))==list(map(list,
                                                           b.recorder.values))
    assert [float(o) for o in a.recorder.losses]==[float(o)
                                                   for o in b.recorder.losses] and b.recorder.lrs==a.recorder.lrs and len(b.cbs)==len(a.cbs)

@pytest.mark.parametrize('f', [lambda l: l.fit(1), lambda l: l.validate(), lambda l: l.lr_find(show_plot=False)],
                         ids=['fit','validate','lr_find'])
def test_a_fit_in_a_fit_is_refused(f):
    "It would end the first one; and the next fit works"
    learn = learner(metrics=accuracy)
    fails(RuntimeError, 'in the middle of a fit', 'get_preds', learn=learn.add_cb(cb := Callback(after_epoch=lambda cb: f(cb.learn))))
    learn.remove_cb(cb); learn.fit(1); learn.validate()

def test_get_preds_that_calls_itself():
    def f(cb): cb.learn.get_preds()
    learn = learner(cbs=(cb := Callback(after_validate=f)))
    fails(RuntimeError, 'removed_cbs', learn=learn)
    with pytest.raises(RuntimeError, match='removed_cbs'): learn.get_preds()
    def f(cb):
        with cb.learn.removed_cbs(cb): seen.append(cb.learn.get_preds()[0])
    seen,cb.after_validate = [],lambda: f(cb)
    learn.fit(1); assert len(seen)==1 and cb in learn.cbs and learn.callback is cb

def test_fastais_fetch_preds():
    "Which takes callbacks away for a while"
    fd = pytest.importorskip('fastai.callback.core')
    learn = learner(cbs=(cb := fd.FetchPredsCallback()))
    learn.fit(1, .1)
    assert torch.equal(cb.preds[0], learn.get_preds()[0]) and len(learn.cbs)==5

def test_a_callback_of_two_learners():
    "Works for the one that runs"
    class Note(Callback):
        def before_fit(self): self.seen = self.learn
    cb = Note()
    a,b = learner(cbs=cb),learner(cbs=cb)
    for l in a,b,a:
        l.fit(1, .1); assert cb.seen is l
        l.validate(); assert cb.learn is l
    b.remove_cb(cb); a.fit(1); assert cb.seen is a

@pytest.mark.parametrize('event,ex', [('before_epoch','Train'), ('before_validate','Train'), ('before_train','Valid'),
                                      ('before_batch','Step'), ('after_batch','Batch'), ('after_epoch','Epoch'), ('after_fit','Fit')])
def test_called_off_where_there_is_nothing(event, ex):
    from mnist_from_scratch import learner as m
    ex = getattr(m, f'Cancel{ex}Exception')
    def f(cb): raise ex
    learn = learner(cbs=(cb := Callback(**{event:f})))
    fails(ex, f'a callback raised {ex.__name__} where', learn=learn)
    learn.remove_cb(cb); learn.fit(1)

# --- tables of other shapes

def test_no_validation_set(tmp_path):
    "Its columns are empty; what needs them says so"
    from mnist_from_scratch.engine.tracking import CSVLogger, SaveModelCallback
    ds = TensorDataset(torch.randn(20,4), torch.randint(0,3,(20,)))
    learn = Learner(DataLoaders(DataLoader(ds, 5)), nn.Linear(4,3), cross_entropy, SGD, metrics=accuracy, path=tmp_path,
                    cbs=(log := CSVLogger()))
    learn.create_mbar,learn.logger = False,lambda *_: None
    learn.fit(2, .1); learn.lr_find(show_plot=False)
    assert log.read_log()[['valid_loss','accuracy']].isna().all().all() and log.read_log().train_loss.notna().all()
    for cb in EarlyStoppingCallback(),SaveModelCallback('accuracy'):
        with pytest.raises(ValueError, match='no validation set; watch train_loss'): learn.fit(1, cbs=cb)
    learn.fit(1, cbs=EarlyStoppingCallback('train_loss'))
    for f in learn.validate,learn.get_preds:
        with pytest.raises(IndexError, match='no loader 1.* have 1'): f()
    assert len(learn.get_preds(0)[0])==20
    with pytest.raises(TypeError, match='None is not a loader'): DataLoaders(DataLoader(ds, 5), None)

@pytest.mark.parametrize('change', [lambda l: setattr(l, 'metrics', [error_rate]), lambda l: setattr(l, 'metrics', [accuracy,error_rate]),
                                    lambda l: setattr(l, 'metrics', []), lambda l: setattr(l.recorder, 'train_metrics', True),
    lambda l: setattr(l.recorder, 'valid_metrics', False)], ids=['other','more','none','train','valid'])
def test_metrics_changed_in_the_middle_of_a_fit(change):
    "Figures would stand under other names. Between two fits it is fine"
    learn = learner(metrics=accuracy)
    learn.add_cb(cb := Callback(after_epoch=lambda cb: change(cb.learn)))
    fails(ValueError, 'metrics were changed', 'change them between two fits', learn=learn, n=2)
    learn.remove_cb(cb); learn.fit(2)
    assert all(len(v)==len(learn.recorder.columns) for v in learn.recorder.values)

@pytest.mark.parametrize('how', ['append','set'])
@pytest.mark.parametrize('at', [-1,99])
@pytest.mark.parametrize('add_time', [True,False])
def test_a_column_of_a_callback(tmp_path, how, at, add_time):
    "Named before the fit, as one does in fastai, filled after the validation; where that is called off it is empty"
    from mnist_from_scratch.engine.tracking import CSVLogger
    from mnist_from_scratch.learner import CancelValidException
    class Norm(Callback):
        order = 51
        def before_fit(self):
            (self.recorder.metric_names.insert(at, 'norm') if at<0 and add_time else self.recorder.metric_names.append('norm'))
        def before_validate(self):
            if self.epoch==1: raise CancelValidException
        def after_validate(self):
            if self.epoch==1: return
            log = self.recorder.log
            log.append(7.) if how=='append' else log.__setitem__(list(self.recorder.metric_names).index('norm')-(add_time and at>0), 7.)
    rows,log = [],CSVLogger()
    learn = learner(metrics=accuracy, path=tmp_path, cbs=[Recorder(add_time),Norm(),log])
    learn.logger = lambda row: rows.append(list(row))
    learn.fit(3, .1)
    names = list(learn.recorder.metric_names)
    for i,(r,v) in enumerate(zip(rows, learn.recorder.values, strict=True)):
        d = dict(zip(names, r, strict=True))
        assert d['norm']==(None if i==1 else 7.) and d['epoch']==i and (':' in d['time'] if add_time
            else 'time' not in d) and list(v)==[d[k] for k in learn.recorder.columns]
    df = log.read_log()
    assert list(df)==names and df.norm.isna().tolist()==[False,True,False] and learn.recorder.to_df().norm.isna().tolist()==[False,True,
        False]

def test_columns_that_do_not_fit(tmp_path):
    from mnist_from_scratch.engine.tracking import CSVLogger
    def fit(**events):
        learner(metrics=accuracy, path=tmp_path, cbs=[CSVLogger(),
                                                      type('Odd', (Callback,), dict(order=51,
                                                          **{k:lambda self, f=f: f(self.recorder) for k,f in events.items()}))]).fit(2)
    with pytest.raises(ValueError, match='appended 1 values.*0 columns.*metric_names.insert'):
        fit(after_validate=lambda r: r.log.append(1.))
    with pytest.raises(ValueError, match='put them behind'): fit(before_fit=lambda r: r.metric_names.insert(1, 'a'))
    with pytest.raises(ValueError, match='does not fit the columns.*in after_validate'):
        fit(before_fit=lambda r: r.metric_names.append('a'), after_epoch=lambda r: r.log.append(1.))
    fit(before_fit=lambda r: r.metric_names.insert(-1, 'a'), after_validate=lambda r: r.log.append(1.))     # as both messages advise

def test_two_metrics_of_one_name(tmp_path):
    "Are told apart where a name is all there is"
    from functools import partial
    pytest.importorskip('tensorboard')
    from test_callbacks import written
    from mnist_from_scratch.engine.tracking import TensorBoardCallback
    from mnist_from_scratch.softmax import top_k_accuracy
    learn = learner(metrics=[partial(top_k_accuracy, k=k) for k in (1,3)])
    fails(ValueError, 'which of 2 columns to watch that are called top_k_accuracy',
          learn=learn.add_cb(cb := EarlyStoppingCallback('top_k_accuracy')))
    learn.remove_cb(cb); learn.fit(2, .1, cbs=TensorBoardCallback(tmp_path))
    got = written(tmp_path)
    for i,k in enumerate(['top_k_accuracy','top_k_accuracy#2'], 2):
        assert [v for _,v in got[k]]==pytest.approx([r[i] for r in learn.recorder.values])

def test_without_a_column_of_the_validation_loss():
    learn = learner(); learn.recorder.valid_metrics = False
    learn.fit(2, .1); learn.recorder.plot_loss(skip_start=0)

# --- what is accepted, and what not

def test_metrics_as_classes():
    from torchmetrics.classification import MulticlassAccuracy
    class Count(Metric):
        def reset(self): self.n = 0
        def accumulate(self, learn): self.n += len(learn.y)
        @property
        def value(self): return self.n
    learn = learner(metrics=[Count, nn.CrossEntropyLoss]); learn.fit(1)
    assert learn.recorder.values[0][2]==20 and learn.recorder.values[0][3]==pytest.approx(learn.recorder.values[0][1])
    with pytest.raises(ValueError, match=r'MulticlassAccuracy\(\), made as a metric; pass an object'): learner(metrics=MulticlassAccuracy)
    learner(metrics=MulticlassAccuracy(3)).fit(1)
    for m in 3,'accuracy': 
        with pytest.raises(TypeError, match='a metric is a function'): learner(metrics=m)

def test_without_the_default_callbacks():
    "Nothing would be trained, or measured, and not a word"
    from mnist_from_scratch.learner import TrainEvalCallback
    learn = learner(metrics=accuracy, default_cbs=False)
    with pytest.warns(UserWarning, match='measured by a Recorder'):
        fails(ValueError, 'add that, or leave out default_cbs=False', learn=learn)
    learn.add_cbs([TrainEvalCallback,Recorder])
    before = learn.model.weight.detach().clone()
    learn.fit(1, .1)
    assert not torch.equal(before, learn.model.weight) and learn.recorder.values[0][2] is not None

def test_lbfgs_is_refused():
    "And so is one that exists; the others work, as does the one that the message advises"
    learn = learner()
    for f in torch.optim.LBFGS,torch.optim.LBFGS(learn.model.parameters()):
        learn.opt_func = f; fails(TypeError, 'a step of LBFGS', 'torch.optim.AdamW', learn=learn)
    for f in torch.optim.AdamW,torch.optim.SGD,torch.optim.Rprop,torch.optim.Adagrad,torch.optim.NAdam:
        learn.opt_func = f; learn.fit(1, reset_opt=True)

def settings():
    from mnist_from_scratch import all as m
    from mnist_from_scratch.engine.running import FiniteLossCallback
    from mnist_from_scratch.metrics import AvgSmoothLoss
    from mnist_from_scratch.softmax import top_k_accuracy
    no,few,whole = [float('nan'),'1',[1]],[-1,0],[2.5,True]
    yield lambda v: m.GradientClip(v), no+few+[True,None]
    yield lambda v: m.GradientClip(1., v), no+few+[True,None]
    yield lambda v: m.GradientAccumulation(v), no+few+whole+[None]
    yield lambda v: EarlyStoppingCallback(patience=v), no+few+whole+[None]
    yield lambda v: EarlyStoppingCallback(min_delta=v), no+[-.1,True,None,float('inf')]
    yield lambda v: m.SaveModelCallback(every_epoch=v), no+few+[2.5,None]
    yield lambda v: m.Checkpoint(every=v), no+few+whole
    yield lambda v: m.Checkpoint(keep=v), no+few+whole+[None]
    yield lambda v: m.ActivationStats(every=v), no+few+whole
    yield lambda v: FiniteLossCallback(every=v), no+few+whole
    yield lambda v: Recorder(beta=v), no+[-1,1,1.5,True,None]
    yield lambda v: AvgSmoothLoss(v), no+[-1,1,True,None]
    yield lambda v: learner().freeze_to(v), no+whole+[None]
    yield lambda v: learner().show_results(max_n=v), no+few+whole+[None]
    yield lambda v: pictures().dls.show_batch(max_n=v), no+few+whole+[None]
    yield lambda v: top_k_accuracy(torch.randn(5,3), torch.zeros(5).long(), v), no+few+whole+[4,None]

@pytest.mark.parametrize('i', range(16))
def test_settings_that_cannot_be(i):
    f,vs = list(settings())[i]
    for v in vs:
        with pytest.raises(ValueError, match='should be') as e: f(v)
        assert len(str(e.value).splitlines())==1 and repr(v) in str(e.value), v

@pytest.mark.parametrize('f', [lambda v: EarlyStoppingCallback(v), lambda v: EarlyStoppingCallback(comp=v),
                               lambda v: callbacks().SaveModelCallback(fname=v), lambda v: callbacks().Checkpoint(fname=v),
                               lambda v: callbacks().CSVLogger(v),
    lambda v: callbacks().ParamScheduler(v), lambda v: callbacks().ParamScheduler(dict(lr=v))])
def test_settings_of_another_type(f):
    for v in 0,1.5,True:
        with pytest.raises(TypeError, match='should be|not'): f(v)
def callbacks():
    from mnist_from_scratch import all as m
    return m

def test_settings_that_can_be():
    import numpy as np
    m = callbacks()
    m.GradientClip(float('inf'), float('inf'))
    m.GradientClip(1, 1)
    m.GradientAccumulation(np.int64(3))
    m.Checkpoint(None); m.SaveModelCallback(every_epoch=True); m.SaveModelCallback(every_epoch=2); Recorder(beta=0.)

@pytest.mark.parametrize('comp,best', [('less',1.),('greater',3.)])
def test_comparisons_of_any_kind(comp, best):
    "`operator.lt` and `torch.lt` say what `np.less` says"
    import operator
    import numpy as np
    from mnist_from_scratch.engine.tracking import TrackerCallback
    for f in getattr(np, comp),getattr(operator, dict(less='lt',
                                                      greater='gt')[comp]),(lambda a, b: a<b) if comp=='less' else (lambda a, b: a>b):
        learn = learner(cbs=(cb := TrackerCallback(comp=f, min_delta=.5)))
        learn.recorder.before_fit(); cb.before_fit()
        for v in 2.,1.8,2.2,best,best: learn.recorder.values = [[0.,v]]; cb.after_epoch()
        assert cb.best==best and not cb.new_best

def test_predict_removes_no_transforms():
    with pytest.raises(ValueError, match='rm_type_tfms=3.*leave it out'): learner().predict(torch.zeros(4), 3)
    learner().predict(torch.zeros(4), None)

@pytest.mark.parametrize('kind', ['tuples','strings','lists','named','dictionaries'])
def test_inputs_of_any_kind(kind):
    "Also with names among the numbers; `get_preds` gives them back as they were nested"
    from collections import namedtuple
    Pair = namedtuple('Pair', 'name x')
    x,y,names = torch.randn(13,4),torch.randint(0,3,(13,)),[f'n{i}' for i in range(13)]
    make = dict(tuples=lambda n,x: (n,x), strings=lambda n,x: (x,n), lists=lambda n,x: [n,x], named=Pair,
                dictionaries=lambda n,x: dict(name=n, x=x))[kind]
    class Net(nn.Linear):
        def forward(self, o):
            return super().forward(next(t for t in (o.values() if isinstance(o, dict) else o) if isinstance(t, torch.Tensor)))
    ds = [(make(n, a),b) for n,a,b in zip(names, x, y)]
    learn = Learner(DataLoaders(DataLoader(ds, 5), DataLoader(ds, 5)), Net(4,3), cross_entropy, SGD)
    learn.create_mbar,learn.logger = False,lambda *_: None
    got = learn.get_preds(with_input=True, with_loss=True)[0]
    n,a = got.values() if isinstance(got, dict) else got if kind!='strings' else got[::-1]
    assert list(n)==names and torch.equal(a, x) and (kind!='named' or type(got) is Pair)
    assert learn.validate()[0]==pytest.approx(cross_entropy(nn.Linear.forward(learn.model, x), y).item(), abs=1e-6)

# --- targets out of range

def range_cases():
    from mnist_from_scratch import all as m
    p,q = torch.randn(6,3),torch.randn(6,1)
    labels,probs = [torch.tensor([0,1,2,3,0,1]), torch.tensor([0,1,2,-1,0,1]), torch.tensor([0,1,2,-100,0,1]),
                    torch.tensor([0,0,float('nan'),0,0,0])],[torch.tensor([3,7,3,3,7,7]), torch.tensor([0.,1,1.01,0,0,0]),
                                                             torch.tensor([0.,1,-.01,0,0,0]), torch.tensor([0,0,float('nan'),0,0,0])]
    yield from ((lambda y, f=f: f(p, y), labels, torch.tensor([0,1,2,2,0,1]), 'labels lie between 0 and 2 for 3 classes')
                for f in (m.accuracy, m.error_rate, lambda a, b: m.top_k_accuracy(a, b, 2)))
    yield from ((lambda y, f=f: f(q, y[:,None].float()), probs, torch.tensor([0,1,.5,1,0,.1]),
                 r'targets from 0 to 1, not from .*pass \(targets==n\).float\(\)')
                 for f in (m.binary_cross_entropy_with_logits, m.BCEWithLogitsLossFlat(), m.MnistLossFlat()))

@pytest.mark.parametrize('i', range(6))
def test_targets_out_of_range(i):
    "Right ones pass, also where none are; the cure of the message works"
    f,bad,good,says = list(range_cases())[i]
    for y in bad:
        with pytest.raises(ValueError, match=says) as e: f(y)
        assert len(str(e.value).splitlines())==1
        f((torch.nan_to_num(y)==bad[0][0]).float())
    f(good)

def test_the_look_at_targets_is_two_numbers():
    "That is all that it costs: their least and their most"
    from mnist_from_scratch import all as m
    p,q,y = torch.randn(6,3),torch.randn(6,1),torch.tensor([0,1,0,1,0,1])
    def ops(f):
        with Ops() as o: f()
        return o.n
    for f in lambda: m.accuracy(p, y),lambda: m.top_k_accuracy(p, y, 2),lambda: m.binary_cross_entropy_with_logits(q, y[:,None]):
        assert (n := ops(f))['aminmax']==1 and n['_local_scalar_dense']==2
    assert ops(lambda: m.accuracy(p, y>0))['aminmax']==0 and ops(lambda: m.binary_cross_entropy_with_logits(q.to('meta'),
        y[:,None].to('meta')))['aminmax']==0

# --- objects of others

def test_what_is_no_callback():
    "And it is left alone"
    f = lambda: 1
    for o in f,'CSVLogger',object(),nn.Linear(1,1),torch.optim.lr_scheduler.StepLR(torch.optim.SGD([torch.zeros(1, requires_grad=True)],
        .1), 1):
        with pytest.raises(TypeError, match='is not a callback; pass a Callback'): learner(cbs=o)
        with pytest.raises(TypeError, match='is not a callback'): learner().fit(1, cbs=[o])
    assert not hasattr(f, 'learn')

def test_fastais_save_model(tmp_path):
    "It loads the best model in the end, with an argument of its own"
    ft = pytest.importorskip('fastai.callback.tracker')
    learn = learner(path=tmp_path); learn.fit(2, .1, cbs=ft.SaveModelCallback(fname='best'))
    assert (tmp_path/'models/best.safetensors').exists()

@pytest.mark.parametrize('theirs', [True,False])
def test_samplers_hear_of_the_epoch(theirs):
    "Or PyTorch's for several processes would give the same order each time"
    from torch.utils import data as td
    ds = TensorDataset(torch.randn(20,4), torch.randint(0,3,(20,)))
    s = td.DistributedSampler(ds, num_replicas=1, rank=0, seed=3)
    learn,orders = learner(),[]
    learn.dls = DataLoaders((td.DataLoader if theirs else DataLoader)(ds, 5, sampler=s), DataLoader(ds, 5))
    learn.fit(3, .1, cbs=Callback(before_train=lambda cb: orders.append(list(s))))
    assert len(set(map(tuple, orders)))==3

# --- what other modules add

def patches():
    "Methods that a module adds to `Learner` or `Recorder`, by their names; those of part II and III, and private ones, aside"
    from mnist_from_scratch.learner import events
    book = {*re.findall(r'def (\w+)', (root/'mnist_from_scratch/learner.py').read_text(encoding='utf-8')), *events}
    for mod in ['schedules', *(f'engine.{o.stem}' for o in sorted((root/'mnist_from_scratch/engine').glob('*.py')))]:
        for cls,k in patched(mod):
            if cls in ('Learner','Recorder') and k not in book: yield cls,k,mod

def test_what_is_missing_names_its_import():
    """With the learner's module alone, each method of another one raises an AttributeError, of the class and of an object; a new process
    follows its advice"""
    found = list(patches())
    assert len(found)>20 and {'get_preds','lr_find','save','to_df','to_bf16','export','distrib_ctx','plot_sched'} <= {k for _,k,_ in found}
    in_a_new_process(f'''
import os, sys
import torch
from mnist_from_scratch.learner import Learner, Recorder
from mnist_from_scratch.minibatches import DataLoaders
b = torch.randn(4,2),torch.zeros(4,1)
def mse(p, y): return ((p-y)**2).mean()
learn = Learner(DataLoaders([b],[b]), torch.nn.Linear(2,1), mse)
def look(o, k):
    try: getattr(o, k)
    except AttributeError as e: return str(e)
    return ''
cures = {{}}
for cls,k,_ in {found}:
    for o in [learn.recorder, Recorder] if cls=='Recorder' else [learn, Learner]:
        e = look(o, k)
        assert e.startswith(k+' ') and '\\n' not in e and '; run: import mnist_from_scratch.' in e, (k, e)
        cures.setdefault(e.split('; run: ')[1], set()).add((cls,k))
assert not hasattr(learn, 'nothing') and 'nothing' in look(Learner, 'nothing') and learn.in_features==2
for cure,ks in cures.items():
    if pid := os.fork(): assert not os.waitpid(pid, 0)[1], cure; continue
    exec(cure)
    os._exit(any(look(Recorder if cls=='Recorder' else learn, k) for cls,k in ks)
             or any(look(Learner, k) for cls,k in ks if cls=='Learner'))
try: learn.fit(1, strat_epoch=0); raise AssertionError
except TypeError: pass
try: learn.fit(1, resume=True)
except ImportError as e: exec(str(e).split('; run: ')[1])
learn.create_mbar = False; learn.logger = lambda row: None
import tempfile, pathlib
with tempfile.TemporaryDirectory() as d:
    learn.path = pathlib.Path(d); learn.fit(1, resume=True); assert list(learn.path.rglob('checkpoint-*'))
''')

def test_the_small_learner_trains_as_the_full_one():
    "Weight decay, freezing, rates by group or in a `partial`: with the chapters alone the same weights come out, bit by bit"
    in_a_new_process('''
import sys
from functools import partial
import torch
from torch import nn
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.optimizers import SGD
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch import schedules
g = torch.Generator().manual_seed(0)
ds = list(zip(torch.randn(32,4,generator=g), torch.randint(3,(32,),generator=g)))
def halves(m): return [[*o.parameters()] for o in (m[:2],m[2:])]
def trained(fit, **kwargs):
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(4,8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8,3))
    dls = DataLoaders(DataLoader(ds, 8, shuffle=True), DataLoader(ds, 32))
    learn = Learner(dls, net, cross_entropy, metrics=accuracy, splitter=halves, **kwargs)
    with learn.no_bar(): fit(learn)
    return torch.cat([o.flatten().double() for o in net.state_dict().values()]),torch.tensor([list(o) for o in learn.recorder.values])
fits = [lambda l: l.fit(2, .1), lambda l: l.fit(2, slice(1e-3,.1), wd=.3), lambda l: l.fit(2), lambda l: l.fit_one_cycle(2, .1),
        lambda l: l.fine_tune(1, .1), lambda l: (l.freeze(), l.fit(1, .1), l.unfreeze(), l.fit(1, .01))]
ways = [dict(), dict(wd=.2), dict(wd=.2, wd_bn_bias=True), dict(train_bn=False, opt_func=SGD),
        dict(opt_func=partial(SGD, lr=.05, mom=.9), wd=.1)]
cases = [dict(fit=fit, **kw) for fit in fits for kw in ways]
small = [trained(**o) for o in cases]
assert not [o for o in sys.modules if o.startswith('mnist_from_scratch.engine')]
import mnist_from_scratch.all
for o,(w,rows) in zip(cases, small):
    w2,rows2 = trained(**o)
    assert torch.equal(w, w2) and torch.equal(rows, rows2), ({k:v for k,v in o.items() if k!='fit'}, (w-w2).abs().max())
''')
