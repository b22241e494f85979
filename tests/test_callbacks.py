"Callbacks that reach outside of the loop: precision, hooks, trackers, the live graph."
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest, torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch.engine.activations import ActivationStats
from mnist_from_scratch.engine.checkpoint import Checkpoint
from mnist_from_scratch.engine.precision import GradientAccumulation, GradientClip, MixedPrecision
from mnist_from_scratch.engine.tracking import ShowGraphCallback, TensorBoardCallback, WandbCallback
from mnist_from_scratch.learner import (Callback, CancelBatchException, CancelEpochException, CancelFitException, CancelStepException,
                                        CancelTrainException, ProgressCallback, batch_events)
from mnist_from_scratch.all import Learner
from mnist_from_scratch.metrics import Metric
from mnist_from_scratch.softmax import accuracy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.optimizers import Adam, SGD

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU')

def net(): return nn.Sequential(nn.Linear(6,8), nn.ReLU(), nn.Linear(8,3))
def learner(model=None, dev='cpu', opt_func=SGD, **kwargs):
    torch.manual_seed(0)
    x = torch.randn(40,6)
    ds = TensorDataset(x.to(dev), x[:,:3].argmax(1).to(dev))
    dls = DataLoaders(DataLoader(ds, 8), DataLoader(ds, 16), **({} if dev=='cpu' else dict(device=dev)))
    learn = Learner(dls, (model or net()).to(dev), F.cross_entropy, opt_func, metrics=accuracy, **kwargs)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn
def weights(learn): return torch.cat([p.detach().flatten().cpu() for p in learn.model.parameters()])
def hooks(learn): return sum(len(m._forward_hooks) for m in learn.model.modules())

def at(event, ex, epoch=0, **kwargs):
    "A callback that raises `ex` at `event`, in the third training batch if it is one of a batch"
    def f(cb):
        if cb.epoch==epoch and (event not in batch_events or cb.training and cb.iter==2): raise ex
    return Callback(**{event:f}, **kwargs)

# --- MixedPrecision

class Seen(Callback):
    "Types on their way through a batch"
    order = 9
    def before_fit(self): self.types = set()
    def after_pred(self): self.types.add((self.training, self.pred.dtype))
    def after_batch(self): assert self.pred.dtype==self.loss.dtype==torch.float32 and not torch.is_autocast_enabled('cpu')

def test_bf16_is_fastais(digits, monkeypatch):
    """On a CPU, weights and table agree to 1e-6 with fastai's, once that is told to use the CPU's autocast: it asks for CUDA's, which does
    nothing here"""
    fp16 = pytest.importorskip('fastai.callback.fp16')
    from test_fastai_parity import both
    monkeypatch.setattr(fp16, 'autocast', lambda dev, dtype: torch.autocast('cpu', dtype=dtype))
    def fit(learn): learn.to_bf16(); learn.fit(2, .1)
    losses = F.cross_entropy,F.cross_entropy
    a,b = both(digits, 10, lambda m: m.SGD, fit, losses, accuracy)
    c,_ = both(digits, 10, lambda m: m.SGD, lambda learn: learn.fit(2, .1), losses, accuracy)
    torch.testing.assert_close(weights(a), weights(b), atol=1e-6, rtol=0)
    assert (weights(a)-weights(c)).abs().max()>1e-4     # it is not float32
    for r,s in zip(a.recorder.values, b.recorder.values, strict=True): assert list(r)==pytest.approx(list(s), abs=1e-6)
    torch.testing.assert_close(a.get_preds()[0], b.get_preds()[0], atol=1e-5, rtol=0)
    assert list(a.validate())==pytest.approx(list(b.validate()), abs=1e-6)

def test_bf16_everywhere():
    "In fit, validate, get_preds and lr_find the model works in bfloat16, and float32 comes out"
    learn = learner(cbs=Seen).to_bf16()
    learn.fit(2, .1)
    assert learn.seen.types=={(True,torch.bfloat16), (False,torch.bfloat16)}
    assert all(o.dtype==torch.float32 for o in (*learn.recorder.losses, weights(learn)))
    p,_,l = learn.get_preds(with_loss=True)
    assert p.dtype==l.dtype==torch.float32 and learn.seen.types=={(False,torch.bfloat16)}
    w = weights(learn)
    learn.validate(); learn.lr_find(show_plot=False, num_it=20)
    assert torch.equal(w, weights(learn)) and (True,torch.bfloat16) in learn.seen.types
    learn.to_fp32().fit(1)
    assert learn.seen.types=={(True,torch.float32), (False,torch.float32)} and not hasattr(learn, 'mixed_precision')

def test_outputs_of_any_kind():
    class Many(nn.Module):
        def __init__(self): super().__init__(); self.l = nn.Linear(6,3)
        def forward(self, x): return dict(a=[self.l(x)], b=(self.l(x),x.argmax(1)))
    learn = learner(Many()).to_bf16()
    def loss(p, y):
        assert p['a'][0].dtype==p['b'][0].dtype==torch.float32 and p['b'][1].dtype==torch.int64
        return F.cross_entropy(p['a'][0], y)
    learn.loss_func,learn.metrics = loss,[]
    learn.fit(1)

def test_loss_in_bf16_is_recorded_in_float32():
    learn = learner(cbs=Seen).to_bf16()
    learn.loss_func,learn.metrics = lambda p, y: (p@p.T).mean(),[]
    learn.fit(1, .001)

def test_fp16_on_a_cpu():
    learn = learner().to_fp16()
    for f in learn.fit,lambda _: learn.validate():
        with pytest.raises(ValueError, match=r'^float16 is for GPUs.*to_bf16\(\).*$') as e: f(1)
        assert '\n' not in str(e.value)
    learn.to_bf16().fit(1)
    with pytest.raises(ValueError, match='fp8'): MixedPrecision('fp8')

@pytest.mark.parametrize('ex', [KeyError, KeyboardInterrupt, CancelBatchException, CancelTrainException, CancelEpochException,
                                CancelFitException])
@pytest.mark.parametrize('stays', [True,False])
def test_autocast_ends(ex, stays):
    "Whatever gets in between, autocast is off for all that comes after the batch"
    off = []
    def note(cb): off.append(not torch.is_autocast_enabled('cpu'))
    cbs = [at('after_pred', ex), Callback(**dict.fromkeys('after_batch after_train before_validate after_epoch after_fit'.split(), note))]
    mp = MixedPrecision('bf16')
    learn = learner(cbs=mp if stays else None)
    with nullcontext() if issubclass(ex, Exception) and ex is not KeyError else pytest.raises(ex):
        learn.fit(2, .1, cbs=cbs+([] if stays else [mp]))
    assert off and all(off) and not torch.is_autocast_enabled('cpu')

def test_autocast_ends_if_the_model_raises():
    learn = learner(nn.Sequential(nn.Linear(6,8), nn.Linear(9,3))).to_bf16()
    for f in learn.validate,partial(learn.fit, 1):
        with pytest.raises(RuntimeError, match='layer 1'): f()
        assert not torch.is_autocast_enabled('cpu')

class Scale(Callback):
    "Gives `MixedPrecision` on a CPU the `GradScaler` that float16 has on a GPU"
    order = 30
    def __init__(self, **kwargs): self.kwargs = kwargs
    def before_fit(self): self.mixed_precision.scaler = torch.amp.GradScaler('cpu', **self.kwargs)

@pytest.mark.parametrize('cbs', [[], [GradientClip(.1)], [GradientAccumulation(24)], [GradientClip(.1),GradientAccumulation(24)]],
                         ids=['plain','clip','acc','both'])
def test_scaling_is_undone_before_the_step(cbs):
    "And before clipping: a factor that is a power of two changes nothing"
    def run(scale):
        learn = learner(cbs=cbs).to_bf16()
        w = weights(learn)
        learn.fit(2, .5, cbs=[Scale(init_scale=scale)] if scale else None)
        assert not torch.equal(w, weights(learn))
        return weights(learn)
    torch.testing.assert_close(run(None), run(2.**10), atol=1e-6, rtol=0)

def test_steps_that_overflow_are_skipped():
    learn,ws,scales,skipped = learner().to_bf16(),[],[],[]
    learn.loss_func = lambda p, y: 8*F.cross_entropy(p, y)
    def note(cb): ws.append(weights(learn)); scales.append(learn.mixed_precision.scaler.get_scale())
    learn.fit(1, .1, cbs=[Scale(init_scale=2.**127), Callback(before_batch=note, after_cancel_step=lambda cb: skipped.append(learn.iter))])
    n = len(skipped)
    assert 0<n<5 and skipped==[*range(n)] and scales[:5]==[2.**(127-min(i,n)) for i in range(5)]    # none after the factor is small enough
    assert torch.equal(ws[0], ws[n]) and not torch.equal(ws[n], weights(learn)) and torch.isfinite(weights(learn)).all()

def test_step_cancelled_before_scaling():
    learner(cbs=at('before_step', CancelStepException)).to_bf16().fit(1, cbs=Scale())

def test_state_of_the_scaler():
    "It comes back whether it is handed over before or in the fit, and a validation between does not lose it"
    learn = learner().to_bf16()
    learn.fit(1, cbs=Scale(init_scale=8., growth_interval=2))
    sd = learn.mixed_precision.state_dict()
    assert sd['scaler']['scale']==32. and sd['scaler']['_growth_tracker']==1
    scales = []
    def fit(learn, **kwargs):
        learn.fit(1, cbs=[Scale(), Callback(before_train=lambda cb: scales.append(learn.mixed_precision.scaler.get_scale()))], **kwargs)
    class Early(Scale):
        order = 31
        def before_fit(self): self.mixed_precision.load_state_dict(sd)
    other = learner(cbs=Early).to_bf16()
    fit(other)
    assert scales==[32.]
    third = learner().to_bf16()
    third.mixed_precision.load_state_dict(sd)
    third.validate()
    assert third.mixed_precision.state_dict()==sd
    third.fit(1)
    assert third.mixed_precision.state_dict()==dict(scaler={})
    third.mixed_precision.load_state_dict(dict(scaler={}))
    fourth = MixedPrecision()                      # in float16, which wants another device than the CPU
    fourth.learn = SimpleNamespace(model=nn.Linear(1,1,device='meta'))
    fourth.load_state_dict(sd); fourth.before_fit()
    assert fourth.state_dict()==sd

@gpu
@pytest.mark.parametrize('mode', ['fp16','bf16'])
def test_on_a_gpu(mode):
    "Clipped and accumulated, with lr_find before and predictions after; the scaler's state survives"
    dtype = dict(fp16=torch.float16, bf16=torch.bfloat16)[mode]
    learn = learner(dev='cuda', opt_func=Adam, cbs=[Seen, GradientClip(1.), GradientAccumulation(16)])
    getattr(learn, f'to_{mode}')()
    w = weights(learn)
    learn.lr_find(show_plot=False, num_it=20)
    assert torch.equal(w, weights(learn))
    learn.fit(40, .01)
    assert learn.seen.types=={(True,dtype), (False,dtype)}
    assert learn.recorder.values[-1][1]<learn.recorder.values[0][1]/2 and torch.isfinite(weights(learn)).all()
    p,_,l = learn.get_preds(with_loss=True)
    assert p.dtype==l.dtype==torch.float32 and not torch.is_autocast_enabled('cuda')
    sd = learn.mixed_precision.state_dict()
    other = getattr(learner(dev='cuda'), f'to_{mode}')()
    other.mixed_precision.load_state_dict(sd); other.validate()
    assert other.mixed_precision.state_dict()==sd and bool(sd['scaler'])==(mode=='fp16')

@gpu
def test_fp16_skips_and_recovers_on_a_gpu():
    learn = learner(dev='cuda').to_fp16(init_scale=2.**40)
    learn.fit(8, .1)
    assert learn.mixed_precision.scaler.get_scale()<2.**40 and torch.isfinite(weights(learn)).all()

@gpu
@pytest.mark.parametrize('mode', ['fp16','bf16'])
def test_like_fastai_on_a_gpu(mode):
    pytest.importorskip('fastai.callback.fp16')
    import fastai.basics as fb, fastai.optimizer as fo
    a = learner(dev='cuda')
    b = fb.Learner(fb.DataLoaders(*(fb.DataLoader(list(zip(*dl.dataset.tensors)), bs=bs) for dl,bs in ((a.dls.train,8),(a.dls.valid,16))),
                                  device=torch.device('cuda')),
                   net().cuda(), loss_func=F.cross_entropy, opt_func=fo.SGD)
    b.model.load_state_dict(a.model.state_dict())
    for l in a,b: getattr(l, f'to_{mode}')()
    a.fit(2, .1)
    with b.no_bar(), b.no_logging(): b.fit(2, .1)
    torch.testing.assert_close(weights(a), weights(b), atol=1e-4, rtol=0)

# --- ActivationStats

def test_stats_are_fastais(digits):
    hook = pytest.importorskip('fastai.callback.hook')
    from test_fastai_parity import both
    def fit(learn):
        learn.cb = (ActivationStats if isinstance(learn, Learner) else hook.ActivationStats)(with_hist=True)
        learn.fit(1, .1, cbs=learn.cb)
    a,b = (o.cb for o in both(digits, 10, lambda m: m.SGD, fit, (F.cross_entropy,F.cross_entropy), accuracy))
    assert len(a.stats)==len(b.stats)>10 and len(a.names)==len(a.stats[0])==len(b.stats[0])==2
    for i in 0,1,-1:
        for x,y in zip(a.layer_stats(i), b.layer_stats(i)): assert list(x)==pytest.approx(list(y), abs=1e-5)
        h,g = a.hist(i),b.hist(i)
        assert h.shape==g.shape==(40,len(a.stats)) and (h-g).abs().max()<.8    # where rounding moves one of few into the next bin

def test_every_and_modules():
    m = net()
    learn = learner(m, cbs=ActivationStats(every=2, modules=[m[1]]))
    learn.fit(2, .1)
    s = learn.activation_stats
    assert s.names==['1 ReLU'] and len(s.stats)==5 and min(s.layer_stats(0)[2])>.1      # batches 0, 2, 4, 6 and 8 of 10
    assert learner(nn.Linear(6,3), cbs=ActivationStats).fit(1) is None

@pytest.mark.parametrize('stays', [True,False])
@pytest.mark.parametrize('ex', [None, KeyError, KeyboardInterrupt, CancelFitException])
@pytest.mark.parametrize('event', ['before_batch','after_pred','after_train','before_validate'])
def test_hooks_are_taken_down(stays, ex, event):
    cb = ActivationStats()
    learn = learner(cbs=cb if stays else None)
    seen = []
    cbs = [Callback(before_train=lambda _: seen.append(hooks(learn)))] + ([at(event, ex)] if ex else []) + ([] if stays else [cb])
    with pytest.raises(ex) if ex in (KeyError,KeyboardInterrupt) else nullcontext(): learn.fit(1, cbs=cbs)
    assert seen==[2] and hooks(learn)==0
    learn.fit(1)
    assert hooks(learn)==0

def test_hooks_are_taken_down_if_the_model_raises():
    learn = learner(nn.Sequential(nn.Linear(6,8), nn.Linear(9,3)), cbs=ActivationStats)
    with pytest.raises(RuntimeError, match='layer 1'): learn.fit(1)
    assert hooks(learn)==0

def test_stats_outlive_validation():
    learn = learner(cbs=ActivationStats)
    learn.fit(1, .1)
    n,first = len(learn.activation_stats.stats),learn.activation_stats.layer_stats(0)
    learn.validate(); learn.get_preds(); learn.lr_find(show_plot=False, num_it=20)
    assert n==5 and len(learn.activation_stats.stats)==n and learn.activation_stats.layer_stats(0)==first and hooks(learn)==0

def test_layers_of_all_kinds():
    "Several outputs, not used, used in half precision"
    class Odd(nn.Module):
        def __init__(self): super().__init__(); self.rnn,self.out,self.idle = nn.GRU(6,4,batch_first=True),nn.Linear(4,3),nn.Linear(1,1)
        def forward(self, x): return self.out(self.rnn(x[:,None])[0][:,0])
    learn = learner(Odd(), cbs=ActivationStats(with_hist=True)).to_bf16()
    learn.fit(1)
    s = learn.activation_stats
    assert s.names==['rnn GRU','out Linear','idle Linear'] and len(s.layer_stats(0)[0])==5 and s.stats[0][2] is None
    with pytest.raises(ValueError, match='layer 2'): s.layer_stats(2)

def test_cancelled_batches_are_not_in_the_stats():
    def odd(cb):
        if cb.training and cb.iter%2: raise CancelBatchException
    learn = learner(cbs=ActivationStats)
    learn.fit(1); learn.fit(1, cbs=Callback(before_batch=odd))
    assert len(learn.activation_stats.stats)==3

# --- TensorBoardCallback

def written(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    ea = EventAccumulator(str(folder)).Reload()
    return {k:[(o.step,o.value) for o in ea.Scalars(k)] for k in ea.Tags()['scalars']}

def test_tensorboard(tmp_path):
    pytest.importorskip('tensorboard')
    learn = learner(opt_func=Adam, splitter=lambda m: [[*m[0].parameters()],[*m[2].parameters()]])
    learn.fit_one_cycle(2, slice(.001,.1), cbs=TensorBoardCallback(tmp_path))
    got,rec = written(tmp_path),learn.recorder
    assert set(got)=={'train_loss','valid_loss','accuracy',*(f'{h}_{i}' for h in ('lr','mom','sqr_mom','eps','wd') for i in (0,1))}
    assert [s for s,_ in got['train_loss']]==[*range(1,11)] and [v
        for _, v in got['train_loss']]==pytest.approx([float(o) for o in rec.losses])
    assert [v for _,v in got['lr_1']]==pytest.approx(rec.lrs) and got['lr_0'][3][1]<got['lr_1'][3][1]
    for i,k in enumerate(('valid_loss','accuracy')): assert got[k]==[(s,pytest.approx(v[i+1])) for s,v in zip(rec.iters, rec.values)]
    assert rec.iters==[5,10]

def test_tensorboard_stands_aside(tmp_path):
    pytest.importorskip('tensorboard')
    learn = learner(cbs=TensorBoardCallback(tmp_path/'a'))
    learn.validate(); learn.get_preds(); learn.lr_find(show_plot=False, num_it=20)
    assert not (tmp_path/'a').exists()

@pytest.mark.parametrize('ex', [KeyError,KeyboardInterrupt])
def test_tensorboard_after_an_interrupted_fit(tmp_path, ex):
    pytest.importorskip('tensorboard')
    learn = learner(cbs=TensorBoardCallback(tmp_path))
    with pytest.raises(ex): learn.fit(2, cbs=at('after_pred', ex, epoch=1))
    assert learn.tensor_board.writer is None
    got = written(tmp_path)
    assert len(got['train_loss'])==7 and len(got['accuracy'])==1

def test_tensorboard_epochs_without_a_full_row(tmp_path):
    "Of one that was skipped nothing, of one without training the validation"
    pytest.importorskip('tensorboard')
    learner().fit(3, start_epoch=1, cbs=[TensorBoardCallback(tmp_path), at('before_train', CancelTrainException, epoch=1)])
    got = written(tmp_path)
    assert [o for o,_ in got['valid_loss']]==[o for o,_ in got['accuracy']]==[0,5]

def test_tensorboard_without_a_value(tmp_path):
    "Where a metric has none, the rest of the row is written"
    pytest.importorskip('tensorboard')
    class Nothing(Metric): value = None
    learn = learner()
    learn.metrics = learn.metrics+[Nothing()]
    learn.fit(1, cbs=TensorBoardCallback(tmp_path))
    assert learn.recorder.values[0][3] is None and {'valid_loss','accuracy'}<=set(got := written(tmp_path)) and 'nothing' not in got

def test_without_tensorboard(monkeypatch):
    monkeypatch.setitem(sys.modules, 'torch.utils.tensorboard', None)
    learn = learner(cbs=TensorBoardCallback)
    with pytest.raises(ImportError, match='pip install tensorboard') as e: learn.fit(1)
    assert '\n' not in str(e.value) and weights(learn).equal(weights(learner()))

# --- WandbCallback

@pytest.fixture
def wandb_run(tmp_path, monkeypatch):
    "A run of Weights & Biases, offline; nothing goes outside of `tmp_path`, also if a test asks `wandb.init` again"
    wandb = pytest.importorskip('wandb', reason='no wandb here')
    home = tmp_path/'home'; home.mkdir()
    for k,v in dict(WANDB_MODE='offline', WANDB_SILENT='true', WANDB_DIR=tmp_path, WANDB_CACHE_DIR=tmp_path, WANDB_CONFIG_DIR=tmp_path,
                    WANDB_DATA_DIR=tmp_path, HOME=home).items():
        monkeypatch.setenv(k, str(v))
    monkeypatch.setattr('builtins.input', lambda *_: pytest.fail('wandb asks something'))
    run = wandb.init(project='p')
    yield run
    run.finish()
    assert wandb.run is None and not [*home.iterdir()]

def logged(run):
    "The rows that are in the run's file: `{step: {name: value}}`"
    import json, wandb
    run.finish()
    wandb.teardown()       # waits until all is in the file
    store = pytest.importorskip('wandb.sdk.internal.datastore', reason='this wandb keeps its files in another way').DataStore()
    from wandb.proto.wandb_internal_pb2 import Record
    store.open_for_scan(str(next(Path(run.dir).parent.glob('*.wandb'))))
    res = {}
    while data := store.scan_data():
        rec = Record()
        rec.ParseFromString(data)
        if rec.WhichOneof('record_type')!='history': continue
        row = {o.key or o.nested_key[0]:json.loads(o.value_json) for o in rec.history.item}
        if new := {k:v for k,v in row.items() if k[0]!='_'}: res[row['_step']] = new
    return res

@pytest.mark.slow
def test_wandb(wandb_run):
    "Rows for batches and epochs as `TensorBoardCallback` has them, and the next fit behind them"
    learn = learner(opt_func=Adam, splitter=lambda m: [[*m[0].parameters()],[*m[2].parameters()]])
    learn.fit_one_cycle(2, slice(.001,.1), cbs=WandbCallback())
    assert learn.cbs.filter(lambda o: isinstance(o, WandbCallback))==[] and dict(wandb_run.config)['epochs']==2
    rec,values,lrs = learn.recorder,[float(o) for o in learn.recorder.losses],learn.recorder.lrs
    rows = [list(o) for o in rec.values]
    assert wandb_run.summary['accuracy']==pytest.approx(rows[-1][2])        # is there before the run ends
    learn.fit(1, .1, cbs=WandbCallback())
    got = logged(wandb_run); first,second = ({k:v for k,v in got.items() if (k>10)==late} for late in (False,True))
    assert [*first]==[*range(1,11)] and [o['train_loss'] for o in first.values()]==pytest.approx(values) and [o['lr_1']
        for o in first.values()]==pytest.approx(lrs)
    assert set(first[1])=={'train_loss',*(f'{h}_{i}' for h in ('lr','mom','sqr_mom','eps','wd') for i in (0,1))}
    assert {k:(v['valid_loss'],v['accuracy']) for k,v in first.items() if 'valid_loss' in v}=={k:pytest.approx(tuple(r[1:]))
        for k, r in zip((5,10), rows)}
    assert len(second)==5 and [o['train_loss'] for o in second.values()]==pytest.approx([float(o)
        for o in learn.recorder.losses]) and 'accuracy' in second[max(second)]

def test_wandb_config(wandb_run):
    learner().fit(3, cbs=WandbCallback)
    learner(opt_func=partial(Adam, eps=.1)).fit(1, cbs=WandbCallback)     # the last word counts
    assert dict(wandb_run.config)==dict(model='Sequential', parameters=83, loss='cross_entropy', optimizer='Adam(eps=0.1)', epochs=1,
                                        batches=5, bs=8)

def test_wandb_stands_aside(wandb_run):
    learn = learner(cbs=WandbCallback)
    learn.validate(); learn.get_preds(); learn.lr_find(show_plot=False, num_it=20)
    assert not dict(wandb_run.config) and not logged(wandb_run)

@pytest.mark.parametrize('ex', [KeyError,KeyboardInterrupt])
def test_wandb_after_an_interrupted_fit(wandb_run, ex):
    "What was done is there, and the run stays open"
    import wandb
    learn = learner(cbs=WandbCallback)
    with pytest.raises(ex): learn.fit(2, cbs=at('after_pred', ex, epoch=1))
    assert learn.wandb.writer is None and wandb.run is wandb_run
    got = logged(wandb_run)
    assert [*got]==[*range(1,8)] and [k for k,v in got.items() if 'accuracy' in v]==[5]

@pytest.mark.parametrize('anew', [True,False])
def test_wandb_goes_on_after_a_stop(wandb_run, tmp_path, anew):
    "A training that was resumed counts on in a new run; in the old one its rows come behind those that are there"
    import wandb
    def fit(**kwargs): learner(path=tmp_path).fit(3, cbs=[Checkpoint(), WandbCallback(), *kwargs.pop('cbs', [])], **kwargs)
    with pytest.raises(KeyboardInterrupt): fit(cbs=[at('after_pred', KeyboardInterrupt, epoch=2)])
    if anew: assert max(logged(wandb_run))==12; wandb_run = wandb.init(project='p')
    fit(resume=True)
    got = [*logged(wandb_run)]
    assert got==[*range(11,16)] if anew else (got[:12]==[*range(1,13)] and len(got)==17)

def test_without_wandb(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'wandb', None)
    learn = learner(cbs=WandbCallback)
    with pytest.raises(ImportError, match='WandbCallback needs the package wandb; install it with: pip install wandb') as e: learn.fit(1)
    assert '\n' not in str(e.value) and weights(learn).equal(weights(learner()))

def test_without_a_run(monkeypatch):
    wandb = pytest.importorskip('wandb', reason='no wandb here')
    assert wandb.run is None
    with pytest.raises(ValueError, match='^there is no run to write to; call wandb.init') as e: learner(cbs=WandbCallback).fit(1)
    assert '\n' not in str(e.value)

# --- ShowGraphCallback

def drawn(cbs=None, **kwargs):
    "The record of a fit, and the calls of fastprogress's `update_graph` in it"
    learn,calls = learner(cbs=ShowGraphCallback).remove_cb(ProgressCallback),[]
    learn.progress = SimpleNamespace(mbar=SimpleNamespace(update_graph=lambda *args: calls.append(args)))
    learn.fit(3, cbs=cbs, **kwargs)
    return learn.recorder,calls

def test_graph():
    rec,calls = drawn()
    assert len(calls)==3
    for i,((train,valid),xb,yb) in enumerate(calls):
        assert list(train[0])==[*range(5*i+5)] and train[1]==[float(o) for o in rec.losses[:5*i+5]]
        assert valid==([5,10,15][:i+1], [v[1] for v in rec.values][:i+1]) and xb==(0,15) and yb[0]==0 and yb[1]>=max(train[1]+valid[1])

def test_graph_with_gaps():
    "Epochs that were skipped, and a loss that is not finite"
    _,calls = drawn(start_epoch=1)
    assert len(calls)==2 and calls[-1][1]==(0,10)
    class Inf(Callback):
        def after_loss(self):
            if not self.training: self.learn.loss = torch.tensor(float('inf'))
    _,calls = drawn(cbs=[Inf()])
    assert len(calls)==3 and calls[-1][2][1]<100
    _,calls = drawn(cbs=[at('before_train', CancelTrainException)])
    assert len(calls)==2 and len(calls[-1][0][1][0])==3

def test_no_graph_without_a_bar(capsys):
    learn = learner(cbs=ShowGraphCallback)
    learn.fit(1)
    learn.create_mbar,learn.logger = True,print
    learn.fit(1); learn.validate(); learn.lr_find(show_plot=False, num_it=20)
    assert 'epoch 0' in capsys.readouterr().out
    learn.remove_cb(ProgressCallback).fit(1)

def test_graph_in_a_terminal(monkeypatch):
    "fastprogress has a bar there that draws nothing"
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True, raising=False)
    learn = learner(cbs=ShowGraphCallback)
    learn.create_mbar,learn.logger = True,print
    learn.fit(2)
    assert learn.show_graph.fig is None

@pytest.mark.slow
@pytest.mark.newest
def test_graph_in_a_notebook():
    "One picture, also where the fit was interrupted; none without a bar; no figure stays open"
    nbclient,nbf = pytest.importorskip('nbclient'),pytest.importorskip('nbformat')
    src = ["""import sys; sys.path.insert(0, 'TESTS')
from test_callbacks import *
from contextlib import suppress
def fit(**kwargs):
    learn = learner(cbs=ShowGraphCallback)
    learn.create_mbar,learn.logger = True,print
    learn.fit(3, **kwargs)""".replace('TESTS', str(Path(__file__).parent)),
           "fit()",
           "with suppress(KeyboardInterrupt): fit(cbs=at('after_pred', KeyboardInterrupt, epoch=2))",
           "learn = learner(cbs=ShowGraphCallback)\nwith learn.no_bar(): learn.fit(2)\nlearn.create_mbar = True\nlearn.validate(); "
           "learn.lr_find(show_plot=False, num_it=20);",
           "import matplotlib.pyplot as plt; assert not plt.get_fignums()"]
    nb = nbf.v4.new_notebook(cells=list(map(nbf.v4.new_code_cell, src)))
    nbclient.NotebookClient(nb, timeout=120, kernel_name='python3').execute()
    pics = [[o['data']['image/png'] for o in c.outputs if 'image/png' in o.get('data', {})] for c in nb.cells]
    assert list(map(len, pics))==[0,1,1,0,0]

# --- trackers, and rows with holes

def valid_losses(vs, off=()):
    "Makes the validation loss of epoch i `vs[i]`; validation of the epochs `off` is called off"
    from mnist_from_scratch.learner import CancelValidException
    def skip(cb):
        if cb.epoch in off: raise CancelValidException
    def put(cb):
        if not cb.training: cb.learn.loss = torch.tensor(vs[cb.epoch])
    return [Callback(before_validate=skip), Callback(after_loss=put)]

class Mark(Callback):
    "Writes the epoch into the model, so that one can see which was kept"
    order = 59
    def before_epoch(self): self.model[0].bias.data.fill_(float(self.epoch))

@pytest.mark.parametrize('half', ['train','valid'])
@pytest.mark.parametrize('off', [[0],[1],[0,1],[2]])
def test_the_best_epoch_is_kept(tmp_path, half, off):
    "Among those that were measured, wherever others have holes; with the lowest rate 0 the epoch's mark stays"
    from mnist_from_scratch.engine.tracking import SaveModelCallback
    vs = [5.,4.,3.,2.,9.]
    cbs = valid_losses(vs, off if half=='valid' else ()) + [Mark(), SaveModelCallback()]
    if half=='train':
        cbs.append(Callback(before_train=lambda cb: (_ for _ in ()).throw(CancelTrainException()) if cb.epoch in off else None))
    learn = learner(path=tmp_path)
    learn.fit(5, 0., cbs=cbs)
    assert learn.model[0].bias[0].item()==3

@pytest.mark.parametrize('monitor,off', [('valid_loss',[1,3]), ('train_loss',[1,3])])
def test_a_run_that_improves_is_not_stopped(monitor, off):
    from mnist_from_scratch.engine.tracking import EarlyStoppingCallback
    cbs = valid_losses([5.,4.,3.,2.,1.], off if monitor=='valid_loss' else ())
    if monitor=='train_loss':
        cbs.append(Callback(before_train=lambda cb: (_ for _ in ()).throw(CancelTrainException()) if cb.epoch in off else None))
    learn = learner(); learn.fit(5, .1, cbs=[*cbs, EarlyStoppingCallback(monitor)])
    assert len(learn.recorder.values)==5

def test_a_run_that_gets_worse_is_stopped_in_spite_of_holes():
    from mnist_from_scratch.engine.tracking import EarlyStoppingCallback
    learn = learner(); learn.fit(6, .1, cbs=[*valid_losses([1.,0.,2.,0.,3.,0.], [1,3,5]), EarlyStoppingCallback(patience=2)])
    assert len(learn.recorder.values)==5

def test_saved_nothing_is_said(tmp_path, capsys):
    "And the model of an earlier fit is not taken for it"
    from mnist_from_scratch.engine.tracking import SaveModelCallback
    learn,save = learner(path=tmp_path),SaveModelCallback()
    learn.fit(1, .1, cbs=save)
    learn.fit(1, .1, cbs=[save, *valid_losses([1.], [0])])
    w = weights(learn)
    assert not torch.equal(w, weights(learn.load('model',
                                                 with_opt=False))) and 'saved nothing' in (err := capsys.readouterr().err) and len(
                                                     err.splitlines())==1

def test_every_epoch_also_without_validation(tmp_path):
    from mnist_from_scratch.engine.tracking import SaveModelCallback
    learner(path=tmp_path).fit(4, .1, start_epoch=1, cbs=[SaveModelCallback(every_epoch=True), *valid_losses([1.]*4, [2])])
    assert sorted(o.stem for o in (tmp_path/'models').iterdir())==['model_1','model_2','model_3']

def test_time_cannot_be_watched():
    from mnist_from_scratch.engine.tracking import EarlyStoppingCallback
    with pytest.raises(ValueError, match='cannot watch time'): learner().fit(1, cbs=EarlyStoppingCallback('time'))

def test_tensorboard_of_half_an_epoch(tmp_path):
    "What was measured is written, also where the first batch was called off"
    pytest.importorskip('tensorboard')
    learner().fit(2, cbs=[TensorBoardCallback(tmp_path), at('before_train', CancelTrainException),
                          Callback(before_batch=lambda cb: (_ for _ in ()).throw(CancelBatchException()) if cb.training
                                   and cb.iter==0 else None)])
    got = written(tmp_path)
    assert len(got['valid_loss'])==len(got['accuracy'])==2 and len(got['train_loss'])==4

@pytest.mark.parametrize('end', ['\n',''])
def test_append_has_one_header(tmp_path, end):
    from mnist_from_scratch.engine.tracking import CSVLogger
    for i in range(3):
        log = CSVLogger(append=True)
        learner(path=tmp_path).fit(2, .1, cbs=log)
        f = tmp_path/'history.csv'
        f.write_text(f.read_text().rstrip('\n')+end)
    assert list(log.read_log().epoch)==[0,1]*3 and f.read_text().count('epoch')==1

def test_append_to_other_columns(tmp_path):
    from mnist_from_scratch.engine.tracking import CSVLogger
    learner(path=tmp_path).fit(1, .1, cbs=CSVLogger(append=True))
    before = (tmp_path/'history.csv').read_text()
    def fit(**kwargs): learn = learner(path=tmp_path); learn.metrics = []; learn.fit(1, .1, cbs=CSVLogger(**kwargs))
    with pytest.raises(ValueError, match='has the columns epoch, train_loss, valid_loss, accuracy, time, and this fit epoch, train_loss, '
                       'valid_loss, time; choose another fname, or append=False'):
        fit(append=True)
    assert (tmp_path/'history.csv').read_text()==before
    fit(append=True, fname='other.csv'); fit(append=False)
    (tmp_path/'history.csv').write_text(''); fit(append=True)
    assert (tmp_path/'history.csv').read_text().startswith('epoch,')

def test_values_with_commas_stay_in_their_column(tmp_path):
    from mnist_from_scratch.engine.tracking import CSVLogger
    class Pair(Metric): value = [1.,2.]
    learn,log = learner(path=tmp_path),CSVLogger()
    learn.metrics = [Pair()]
    learn.fit(1, cbs=log)
    assert log.read_log().pair[0]=='[1.0, 2.0]'

def test_shares_and_schedules():
    from mnist_from_scratch.engine.scheduling import combine_scheds
    from mnist_from_scratch.schedules import SchedLin
    for n in 1,3:
        with pytest.raises(ValueError, match=f'2 shares for {n} schedules'): combine_scheds([.5,.5], [SchedLin(0,1)]*n)
    assert combine_scheds([.5,.5], [SchedLin(0,1),SchedLin(1,3)])(.75)==2
