"What fastai's notebooks call: each name does here what it does in the installed fastai, from the same weights and on the same batches."
import warnings
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest, torch
import torch.nn.functional as F
from torch import nn

pytest.importorskip('fastai.vision.all')
import fastai.vision.all as fastai
from fastai.callback.rnn import ModelResetter

import mnist_from_scratch.all as us
from mnist_from_scratch.base.core import set_seed
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.tools.side_by_side import largest_diff

fastai.ModelResetter = ModelResetter
cpu = torch.device('cpu')
train,valid = (ds[:n] for ds,n in zip(load_digits('digits'), (300,100)))
def rows(ds): return list(zip(ds.floats().view(-1,784), ds.targets()))
def images(ds): return [(x.view(1,28,28),y) for x,y in rows(ds)]

class Kit:
    "The same data, nets and Learners for `m`, which is `us` or `fastai`"
    def __init__(self, m, path): self.m,self.path,self.out = m,path,StringIO()
    def dls(self, items=rows, bs=64, **kwargs):
        return self.m.DataLoaders(self.m.DataLoader(items(train), bs=bs, **kwargs), self.m.DataLoader(items(valid), bs=40), device=cpu)
    def torch_dls(self, items=rows):
        "PyTorch's loaders: what is drawn at random between batches is the same for both"
        return self.m.DataLoaders(*(torch.utils.data.DataLoader(items(ds), bs) for ds,bs in ((train,64),(valid,40))))
    def net(self): set_seed(0); return nn.Sequential(nn.Linear(784,30), nn.ReLU(), nn.Linear(30,10))
    def convnet(self):
        set_seed(0)
        return nn.Sequential(nn.Conv2d(1,4,3,2), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4,8,3,2), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
                             nn.Flatten(), nn.Linear(8,10))
    def learner(self, dls=None, net=None, **kwargs):
        args = dict(loss_func=self.m.CrossEntropyLossFlat(), opt_func=self.m.SGD, metrics=self.m.accuracy, path=self.path)
        learn = self.m.Learner(dls or self.dls(), net or self.net(), **args|kwargs)
        learn.logger = lambda row: None           # neither rows nor bars
        return learn.remove_cb(self.m.ProgressCallback)
    def done(self, learn):
        "Weights, table, losses and rates"
        rec = learn.recorder
        return [[p.detach().clone() for p in learn.model.state_dict().values()], [[v for v in o if v is not None] for o in rec.values],
                [float(o) for o in rec.losses], [np.asarray(o, dtype=float) for o in rec.lrs], list(rec.metric_names)]

cases = {}
def case(f): cases[f.__name__] = f

def run(f, m, path):
    "What `f` returns, or which error it raises, and what it prints"
    path.mkdir(parents=True)
    with warnings.catch_warnings(), redirect_stdout(StringIO()) as out:
        warnings.simplefilter('ignore')
        set_seed(0)
        return f(m, Kit(m, path)),out.getvalue()

def raised(f, kind=Exception):
    "Does `f` raise an error of this kind?"
    try: f()
    except kind: return True
    return False

# --- data

@case
def attributes_of_the_loaders(m, k):
    "What `DataLoaders` lack is looked up in the training loader, and what that lacks in its set"
    class Items(list): c,vocab,colour = 12,list('0123456789'),'grey'
    dls = m.DataLoaders(m.DataLoader(Items(rows(train)), bs=50, drop_last=True), m.DataLoader(rows(valid), bs=40), device=cpu)
    none = k.dls()
    return (dls.c,dls.bs,dls.n,dls.drop_last,dls.vocab,dls.colour,dls.train.colour,dls.dataset is dls.train_ds,len(dls.one_batch()[0]),
            raised(lambda: none.c, AttributeError), raised(lambda: none.colour, AttributeError), raised(lambda: none.n_inp, AttributeError))

@case
def number_of_inputs(m, k):
    "`n_inp` of the set, or as it was set: two inputs, one target"
    class Two(nn.Module):
        def __init__(self): super().__init__(); self.net = k.net()
        def forward(self, a, b): return self.net(a)+self.net(b.flip(1))
    class Items(list): n_inp = 2
    def three(ds): return [(x,x,y) for x,y in rows(ds)]
    of_set,as_set = k.dls(lambda ds: Items(three(ds))),k.dls(three)
    as_set.n_inp = 2
    res = [of_set.n_inp, as_set.n_inp]
    for dls in of_set,as_set:
        learn = k.learner(dls, Two())
        learn.fit(1, .1)
        res.append(k.done(learn))
    return res

@case
def loaders_and_devices_are_set(m, k):
    dls = k.dls()
    dls.train,dls.valid = dls.valid,dls.train
    dls.device = cpu
    return len(dls.train_ds),len(dls.valid_ds),str(dls.device),str(dls.train.device),len(dls.to(cpu)),str(dls.cpu().device)

@case
def steps_as_arguments(m, k):
    "Each step is called in its place"
    calls = []
    def note(name, o): calls.append(name); return o
    dl = m.DataLoader(rows(train), bs=50, after_item=lambda o: note('item', (o[0]*2,o[1])), before_iter=lambda *a: note('iter', None),
                      before_batch=lambda b: note('before', b[::-1]), after_batch=lambda b: note('after', (b[0]+1,b[1])),
                      create_item=lambda i: note('create', rows(train)[i]), create_batch=lambda b: note('batch', m.fa_collate(b)),
                      after_iter=lambda *a: note("end", None), n=100)

    return [tuple(b) for b in dl],calls

@case
def steps_in_a_subclass(m, k):
    class Mine(m.DataLoader):
        def before_iter(self): self.seen = 0
        def create_item(self, i): return super().create_item(i+1 if i<99 else 0)
        def after_item(self, o): self.seen += 1; return o[0].sqrt(),o[1]
        def before_batch(self, items): return [o for o in items if o[1]!=3]
        def create_batch(self, items): return super().create_batch(items[:20])
        def after_batch(self, b): return b[0]-b[0].mean(),b[1]
    dl = Mine(rows(valid), bs=32)
    return [tuple(b) for b in dl],dl.seen,len(dl)

@case
def order_of_the_items(m, k):
    "`get_idxs` and `shuffle_fn`, as arguments and in subclasses; `new` keeps what was an argument"
    class Thirds(m.DataLoader):
        def get_idxs(self): return super().get_idxs()[::3]
    class Reversed(m.DataLoader):
        def shuffle_fn(self, idxs): return idxs[::-1]
    def ys(dl): return [b[1].tolist() for b in dl]
    items = rows(valid)
    given = m.DataLoader(items, bs=32, get_idxs=lambda: [5,3,3,8])
    mixed = m.DataLoader(items, bs=32, shuffle=True, shuffle_fn=lambda idxs: idxs[50:]+idxs[:50])
    return (ys(given),ys(given.new(bs=3)),ys(mixed),mixed.get_idxs(),Reversed(items, bs=32, shuffle=True).get_idxs(),
            ys(Reversed(items, bs=32, shuffle=True)),ys(Thirds(items, bs=32)),Thirds(items, bs=32).get_idxs(),
            sorted(m.DataLoader(items, bs=32, shuffle=True).shuffle_fn(list(range(9)))))

@case
def items_are_skipped(m, k):
    def no_threes(o):
        if o[1]==3: raise m.SkipItemException
        return o
    return [tuple(b) for b in m.DataLoader(rows(valid), bs=20, after_item=no_threes)]

@case
def workers_are_set_up(m, k):
    "`wif` runs in each worker"
    class Marked(m.DataLoader):
        mark = 0
        def wif(self): self.mark = 7
        def after_item(self, o): return o[0][:3]*0+self.mark,o[1]
    return [tuple(b) for b in Marked(rows(valid), bs=40, num_workers=1)],[tuple(b) for b in Marked(rows(valid), bs=40)]

@case
def streams(m, k):
    def stream(): yield from rows(valid)[:50]
    class Gen:
        def __iter__(self): return stream()
    it = iter(range(10))
    return ([tuple(b) for b in m.DataLoader(Gen(), bs=20)], [tuple(b) for b in m.DataLoader(Gen(), bs=20, drop_last=True)],
            list(m.DataLoader(bs=4, n=8, create_item=lambda i: next(it))))

@case
def collated(m, k):
    x,y = rows(valid)[0]
    ts = [[(x,y),(x+1,y)], [(x,(y,2)),(x,(y,3))], [[1,2.],[3,4.]], [dict(a=x,b=1)]*2, ['a','b'], [('a',x),('b',x)], [np.ones(3)]*2, [1,2],
          [1.5,2.5], [True,False], [np.float32(1),np.float32(2)]]
    kinds = lambda o: [str(getattr(o, 'dtype', type(o).__name__))]+([kinds(i) for i in o] if isinstance(o, (list,tuple)) else [])
    return [(m.fa_collate(t),kinds(m.fa_collate(t))) for t in ts]

@case
def converted(m, k):
    x,y = rows(valid)[0]
    ts = [(x,y), [x.numpy(),1,2.], (np.ones(3),[np.zeros(2),'a']), dict(a=np.ones(2),b=3), 'text', 4, np.arange(3)]
    kinds = lambda o: [str(getattr(o, 'dtype', type(o).__name__))]+([kinds(i) for i in o] if isinstance(o, (list,tuple)) else [])
    single = list(m.DataLoader([(o[0].numpy(),int(o[1])) for o in rows(valid)[:3]]))
    return [(m.fa_convert(t),kinds(m.fa_convert(t))) for t in ts],[(o,kinds(o)) for o in single]

@case
def batches_are_collected(m, k):
    learn = k.learner()
    learn.fit(2, .1, cbs=(cb := m.CollectDataCallback()))
    return [tuple(o) for o in cb.data]

@case
def short_epochs(m, k):
    res = []
    for args in [(),(.5,),(.5,False),dict(pct=.3, short_valid=False)]:
        learn = k.learner()
        learn.fit(2, .1, cbs=m.ShortEpochCallback(**args) if isinstance(args, dict) else m.ShortEpochCallback(*args))
        res.append(k.done(learn))
    return res

# --- the Learner

def names(cbs): return [type(o).__name__ for o in cbs.sorted('order') if type(o).__name__ not in ('CastToTensor','FiniteLossCallback')]

@case
def smoothed_loss(m, k):
    seen,learn = [],k.learner()
    class Look(m.Callback):
        order = 70
        def after_batch(self):
            if self.training: seen.append((float(self.smooth_loss), float(self.learn.smooth_loss)))
    before = raised(lambda: learn.smooth_loss, AttributeError)
    learn.fit(2, .1, cbs=Look())
    return before,seen,float(learn.smooth_loss)

@case
def callbacks_come_and_go(m, k):
    "Their order, and which there are: in the blocks, after them, and by class"
    class A(m.Callback):
        order = 3
        def before_fit(self): pass
    class B(m.Callback):
        order = 2
        def before_fit(self): pass
        def after_fit(self): pass
    a,b = A(),B()
    learn = k.learner(cbs=[a,b])
    res = [*(names(us.L(learn.ordered_cbs(o))) for o in ('before_fit','after_fit','before_step'))]
    with learn.removed_cbs(a) as inner: res += [inner is learn, names(learn.cbs), hasattr(learn, 'a')]
    res += [names(learn.cbs), learn.a is a, a.learn is learn]
    with learn.removed_cbs([A,b]): res.append(names(learn.cbs))
    with learn.added_cbs(m.CollectDataCallback): res.append(names(learn.cbs))
    res += [names(learn.cbs), names(learn.remove_cbs([A,B]).cbs), names(learn.add_cbs([A]).cbs)]
    return res

@case
def training_loop_is_shown(m, k):
    class Mine(m.Callback):
        def before_fit(self): pass
        def after_batch(self): pass
    k.learner(default_cbs=False, cbs=[Mine,m.ParamScheduler({})]).show_training_loop()

@case
def events_are_called(m, k):
    "One event or a list of them; what a callback's method returns; an unknown event"
    seen = []
    class Note(m.Callback):
        def before_fit(self): seen.append('fit'); return 5
        def before_epoch(self): seen.append('epoch')
    learn = k.learner(cbs=Note(), default_cbs=False)
    res = [learn('before_fit'), learn(['before_fit','before_epoch']), learn.note('before_fit'), learn.note('after_fit')]
    return res,seen,raised(lambda: learn('before_lunch')),raised(lambda: m.Callback(before_lunch=lambda cb: 0))

@case
def inputs_are_changed(m, k):
    learn = k.learner(cbs=m.before_batch_cb(lambda cb, xb, yb: (tuple(x*cb.learn.factor for x in xb), yb)))
    learn.factor = .5
    learn.fit(1, .1)
    return k.done(learn),list(learn.validate())

@case
def attributes_are_hidden(m, k):
    "Is there a warning?"
    def warned(f):
        with warnings.catch_warnings(record=True) as ws: warnings.simplefilter('always'); f()
        return len(ws),{o.category for o in ws}
    cb = m.Callback()
    alone = warned(lambda: setattr(cb, 'loss', 1))
    learn = k.learner()
    learn.fit(1, .1)
    learn.add_cb(cb)
    return alone,[warned(lambda n=n: setattr(cb, n, 1)) for n in ('loss','model','opt','colour','parameters','n_epochs')],cb.loss

@case
def blocks_without_output(m, k):
    learn = k.learner()
    learn.create_mbar = True
    with learn.no_mbar(): inside = learn.create_mbar,learn.logger is m.noop
    with learn.no_logging(): logging = learn.create_mbar,learn.logger is m.noop
    return inside,logging,learn.create_mbar,learn.logger is m.noop

@case
def validation_of_ones_own(m, k):
    seen = []
    class Note(m.Callback):
        def before_fit(self): seen.append('before_fit')
        def before_validate(self): seen.append('before_validate')
        def after_fit(self): seen.append('after_fit')
    learn,cb = k.learner(),Note()
    learn.fit(1, .1)
    with learn.validation_context(cbs=cb): learn._do_epoch_validate(); learn.seen = learn.model.training
    with learn.validation_context(cbs=[cb], inner=True): learn._do_epoch_validate(dl=learn.dls.train)
    with learn: seen.append('within')
    return seen,learn.seen,hasattr(learn, 'note')

@case
def models_with_a_memory(m, k):
    "The Learner resets them before a fit; `ModelResetter` more often"
    class Memory(nn.Sequential):
        def reset(self): seen.append(self.training)
    seen,res = [],[]
    for cbs in None,m.ModelResetter:
        learn = k.learner(net=Memory(nn.Linear(784,10)).train(), cbs=cbs)
        learn.fit(2, .1)
        res.append(list(seen)); seen.clear()
    return res,raised(lambda: k.learner(cbs=m.ModelResetter).fit(1, .1), AttributeError)

@case
def loss_goes_where_the_model_is(m, k):
    class Loss(nn.Module):
        moved = []
        def to(self, device): self.moved.append(str(device)); return self
        def forward(self, *args): return F.cross_entropy(*args)
    (learn := k.learner(loss_func=Loss())).fit(1, .1)
    return learn.loss_func.moved

@case
def columns_of_the_recorder(m, k):
    "Every combination of its arguments"
    res = []
    for kw in [{}, dict(add_time=False), dict(train_metrics=True), dict(valid_metrics=False), dict(train_metrics=True, valid_metrics=False),
               dict(beta=.5), dict(add_time=False, train_metrics=True, beta=0.)]:
        log = []
        learn = k.learner()
        learn.remove_cb(m.Recorder).add_cb(m.Recorder(**kw))
        learn.logger = lambda row: log.append([o for o in row[:-1] if o is not None] if kw.get('add_time', True) else list(row))
        learn.fit(2, .1)
        res.append((k.done(learn),log,[o for o in learn.validate() if o is not None]))    # ours keeps a place for what was not measured
    return res

@case
def metrics_as_classes(m, k):
    class Count(m.Metric):
        def reset(self): self.n = 0
        def accumulate(self, learn): self.n += len(learn.y)
        @property
        def value(self): return self.n
    learn = k.learner(metrics=[Count,m.error_rate])
    learn.fit(1, .1)
    learn.metrics = Count
    return list(learn.recorder.metric_names),list(learn.recorder.values[0]),list(learn.validate()),[o.name for o in learn.metrics]

@case
def predictions(m, k):
    learn = k.learner()
    learn.fit(1, .1)
    (a := k.path/'p').mkdir(); (b := k.path/'t').mkdir()
    res = [learn.get_preds(), learn.get_preds(0), learn.get_preds(with_preds=False), learn.get_preds(with_targs=False, with_loss=True),
           learn.get_preds(with_input=True, with_decoded=True, with_loss=True), learn.get_preds(with_preds=False, with_targs=False),
           learn.get_preds(with_preds=False, with_decoded=True, with_input=True), learn.get_preds(act=lambda p: p*2),
           learn.get_preds(dl=learn.dls.valid.new(shuffle=True)), learn.get_preds(dl=[learn.dls.one_batch()]),
           learn.get_preds(save_preds=a, save_targs=b), learn.get_preds(inner=True)]
    saved = [[torch.load(f/str(i), weights_only=True) for i in range(3)] for f in (a,b)]
    return res,saved,sorted(o.name for o in a.iterdir()),raised(lambda: learn.get_preds(dl=iter([])), TypeError)

@case
def gathered_predictions(m, k):
    "The callback alone: what it holds after a validation"
    learn,res = k.learner(),[]
    for kw in {}, dict(with_input=True), dict(with_preds=False), dict(with_targs=False):
        learn.validate(dl=[learn.dls.one_batch()]*2, cbs=(cb := m.GatherPredsCallback(**kw)))
        res.append((cb.all_tensors(),cb.preds if kw.get('with_preds', True) else 0,len(cb.targets)))
    return res

@case
def looks_at_copies(m, k):
    "`tta` in all its ways. fastai's asks the set for transforms of the training half; ours uses what the training loader does"
    class Items(list):
        def set_split_idx(self, i): items.i = i; return warnings.catch_warnings()
    items,calls,g = Items(rows(valid)),[],torch.Generator()
    def brighter(b):
        if m is fastai and items.i: return b
        calls.append(len(b[0]))
        return b[0]*1.5+torch.rand(1, generator=g),b[1]
    learn = k.learner(m.DataLoaders(m.DataLoader(rows(train), bs=64), m.DataLoader(items, bs=40), device=cpu))
    learn.fit(1, .1)
    def tta(*args, **kwargs): g.manual_seed(1); return learn.tta(*args, batch_tfms=brighter, **kwargs)
    return tta(),tta(1, None, 2),tta(beta=None),tta(use_max=True, n=3),tta(beta=.7),len(calls)

@case
def saved_and_loaded(m, k):
    res = []
    for with_opt in True,False:
        learn = k.learner(opt_func=m.Adam)
        learn.fit(1, .01)
        learn.save('net', with_opt=with_opt)
        new = k.learner(opt_func=m.Adam)
        res.append(new.load('net', with_opt=with_opt, weights_only=True, strict=True) is new)
        new.fit(1, .01)
        res.append(k.done(new))
    new = k.learner(net=nn.Sequential(nn.Linear(784,30), nn.ReLU(), nn.Linear(30,5)))
    return res,raised(lambda: new.load('net')),raised(lambda: new.load('none'))

# --- callbacks and schedules

@case
def rate_on_a_plateau(m, k):
    res = []
    for kw in [dict(min_delta=10), dict(monitor='accuracy', min_delta=.5, patience=2, factor=4.), dict(min_delta=10, min_lr=.03),
               dict(comp=np.greater, factor=2)]:
        learn = k.learner()
        learn.fit(5, .1, cbs=m.ReduceLROnPlateau(**kw))
        res.append(k.done(learn))
    return res,raised(lambda: k.learner().fit(1, cbs=m.ReduceLROnPlateau(monitor='what')))

@case
def frozen_statistics(m, k):
    "With frozen parameters the running means stay, or not, as `train_bn` says"
    res = []
    for cbs in None,m.BnFreeze:
        for train_bn in True,False:
            learn = k.learner(k.dls(images), k.convnet(), splitter=lambda net: [[*net[:4].parameters()], [*net[4:].parameters()]],
                              train_bn=train_bn, cbs=cbs)
            learn.freeze()
            learn.fit(1, .1)
            res.append(k.done(learn))
    return res

@case
def mixed_images(m, k):
    "MixUp and CutMix, with class numbers and with quantities as targets; the loss is itself again"
    res = []
    for make in [m.MixUp, m.CutMix, lambda: m.MixUp(1.), lambda: m.CutMix(alpha=.2)]:
        learn = k.learner(k.torch_dls(images), k.convnet())
        loss = learn.loss_func
        set_seed(3)
        learn.fit(2, .1, cbs=make())
        res += [k.done(learn), learn.loss_func is loss]
        def one_hot(ds): return [(x,F.one_hot(y, 10).float()) for x,y in images(ds)]
        learn = k.learner(k.torch_dls(one_hot), k.convnet(), loss_func=F.binary_cross_entropy_with_logits, metrics=None)
        set_seed(3)
        learn.fit(1, .1, cbs=make())
        res.append(k.done(learn))
    return res

@case
def mixed_losses(m, k):
    return [m.reduce_loss(torch.tensor([1.,2.,6.]), o) for o in ('mean','sum','none')]

@case
def mixing_is_cancelled(m, k):
    "The loss is put back too if training was called off"
    class Stop(m.Callback):
        run_valid = False
        def after_batch(self): raise m.CancelFitException if self.epoch else m.CancelTrainException
    learn = k.learner(k.dls(images), k.convnet())
    loss = learn.loss_func
    learn.fit(2, .1, cbs=[m.MixUp(),Stop()])
    return learn.loss_func is loss

@case
def schedules(m, k):
    poly = [m.SchedPoly(1., 5., p)(i/20) for p in (1,2,.5) for i in range(21)]
    res,later = [poly],dict(lr_max=.2, wd=.1, cycle_mult=3, start_epoch=1)
    for args,kw in ((2,1),{}), ((2,2,.1),dict(cycle_mult=3)), ((2,1),later), ((1,2,slice(.01,.1)),{}):
        learn = k.learner(splitter=lambda net: [[*net[0].parameters()], [*net[2].parameters()]])
        learn.fit_sgdr(*args, **kw)
        res.append((k.done(learn),[np.asarray(o, dtype=float) for o in learn.recorder.hps['lr']]))
    return res

@case
def rates_read_off_the_curve(m, k):
    lrs = torch.tensor(np.geomspace(1e-7, 10, 90))
    losses = (torch.linspace(-3,2,90)-.8)**2+.1*torch.linspace(0,9,90).sin()
    learn = k.learner()
    found = learn.lr_find(suggest_funcs=(m.minimum,m.steep,m.valley,m.slide), show_plot=False)
    return ([(a,float(p[0]),float(p[1])) for f in (m.minimum,m.steep) for a,p in [f(lrs, losses, 100)]], list(found._fields),
            [o/found.minimum for o in found],[p.detach().clone() for p in learn.model.parameters()])

# --- hooks

@case
def hooks(m, k):
    net = k.convnet()
    x,y = (torch.stack(o) for o in zip(*images(valid)[:20]))
    res = []
    def look(l, i, o): return type(l).__name__,i[0],o.sum()
    with m.hook_output(net[0]) as a, m.hook_output(net[3], grad=True) as g, m.Hook(net[4], look) as h:
        F.cross_entropy(net(x), y).backward()
        res += [a.stored, a.stored.requires_grad, g.stored, h.stored]
    h.remove()
    with m.hook_outputs(net, detach=False) as hs: net(x)
    net(x*0)
    res += [hs.stored, hs.stored[1].requires_grad, len(hs), [o.stored for o in hs], hs[2].stored, any(l._forward_hooks for l in net)]
    with m.Hooks([net[0],net[7]], lambda l, i, o: o.shape, is_forward=True) as hs: net(x)
    with m.Hook(net[3], lambda l, i, o: o[0].abs().sum(), is_forward=False) as back: F.cross_entropy(net(x), y).backward()
    return res,hs.stored,back.stored,raised(lambda: m.Hook(net[0], lambda l, i, o: 1/0) and net(x), ZeroDivisionError)

@case
def sizes_of_a_model(m, k):
    net = k.convnet()
    return (m.model_sizes(net),m.model_sizes(net, (28,28)),m.dummy_eval(net, (30,20)).shape,net.training,m.has_params(net[0]),
            m.has_params(net[2]),m.total_params(net),m.total_params(net[2]),m.total_params(net[0].requires_grad_(False)),
            raised(lambda: m.model_sizes(nn.Sequential(nn.Linear(3,2)))))

@case
def layers_in_a_table(m, k):
    res,linear = [],nn.Sequential(nn.Linear(784,30), nn.BatchNorm1d(30), nn.ReLU(), nn.Dropout(), nn.Linear(30,10))
    for items,net in (images,k.convnet()), (rows,linear):
        learn = k.learner(k.dls(items), net)
        net[0].requires_grad_(False)
        x,y = learn.dls.one_batch()
        res.append([(a,b,c,tuple(s),same) for a,b,c,s,same in m.layer_info(learn, x)])
    return res

@case
def hooks_during_a_fit(m, k):
    "Every argument; `hook` as a method and as an argument"
    class Means(m.HookCallback):
        def __init__(self, **kwargs): super().__init__(**kwargs); self.means,self.calls = [],0
        def hook(self, l, i, o): self.calls += 1; return o.mean().item()
        def after_batch(self):
            if self.training and (self.every is None or self.train_iter%self.every==0): self.means.append(list(self.hooks.stored))
            super().after_batch()
    res = []
    for kw in {}, dict(every=2), dict(include_paramless=True), dict(remove_end=False):
        net = k.net()
        learn = k.learner(net=net)
        learn.fit(2, .1, cbs=(cb := Means(**kw)))
        res.append((cb.means, cb.calls, [len(l._forward_hooks) for l in net], len(cb.modules)))
    cb = m.HookCallback(modules=[net[0]], hook=lambda l, i, o: (o[0].shape,o[0].requires_grad), is_forward=False)
    learn.fit(1, .1, cbs=cb)
    return res,list(cb.hooks.stored)

@case
def statistics_of_activations(m, k):
    "`include_paramless` and `modules`"
    res = []
    for kw in dict(include_paramless=True), dict(every=2), dict(modules=1):
        net = k.net()
        if 'modules' in kw: kw = dict(modules=[net[1]])
        learn = k.learner(net=net)
        learn.fit(1, .1, cbs=(cb := m.ActivationStats(**kw)))
        res.append([[list(o) for o in cb.layer_stats(i)] for i in range(len(cb.stats[0]))])
    return res

# --- fastai's own objects, and loaders of others, in our Learner: as in fastai's

def their_callbacks():
    import fastai.callback.all as fc
    return dict(SaveModelCallback=lambda: fc.SaveModelCallback(monitor='accuracy', with_opt=True),
        EarlyStoppingCallback=lambda: fc.EarlyStoppingCallback(min_delta=.5), ReduceLROnPlateau=lambda: fc.ReduceLROnPlateau(min_delta=10),
        GradientClip=lambda: fc.GradientClip(.1), GradientAccumulation=lambda: fc.GradientAccumulation(128),
        ParamScheduler=lambda: fc.ParamScheduler(dict(lr=fc.SchedCos(.2,.01))), ShortEpochCallback=lambda: fc.ShortEpochCallback(.5),
        TerminateOnNaNCallback=fc.TerminateOnNaNCallback, BnFreeze=fc.BnFreeze, ActivationStats=fc.ActivationStats,
        MixUp=fc.MixUp, CSVLogger=fc.CSVLogger, CollectDataCallback=fc.CollectDataCallback, MCDropoutCallback=fc.MCDropoutCallback)

@case
def their_callbacks_in_a_learner(m, k):
    "MixUp draws at random, so the loaders are PyTorch's"
    res = []
    for name,make in their_callbacks().items():
        set_seed(3)
        learn = k.learner(k.torch_dls(), path=k.path/name, loss_func=fastai.CrossEntropyLossFlat())
        learn.path.mkdir()
        with redirect_stdout(StringIO()): learn.fit(3, .1, cbs=(cb := make()))
        res.append((name,k.done(learn)))
        if name=='ActivationStats': res.append([list(map(float, o)) for o in cb.layer_stats(0)])
    return res

@case
def their_predictions_in_each_epoch(m, k):
    fetch = fastai.FetchPredsCallback(with_input=True, with_decoded=True)
    learn = k.learner(cbs=[fetch,fastai.SaveModelCallback()])
    with redirect_stdout(StringIO()): learn.fit(2, .1)           # a loss with all its digits
    return k.done(learn),fetch.preds,names(learn.cbs)

@case
def their_tensorboard(m, k):
    from fastai.callback.tensorboard import TensorBoardCallback
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    learn = k.learner(cbs=TensorBoardCallback(k.path, trace_model=m is us, log_preds=False))
    learn.fit(2, .1)
    (ea := EventAccumulator(str(k.path))).Reload()
    return k.done(learn),{t:[(o.step,o.value) for o in ea.Scalars(t)] for t in ea.Tags()['scalars'] if 'eps' not in t}

@case
def their_interpretation(m, k):
    class Items(list): vocab = fastai.CategoryMap(list('0123456789'))
    learn = k.learner(k.dls(lambda ds: Items(rows(ds))))
    learn.fit(2, .1)
    interp = fastai.ClassificationInterpretation.from_learner(learn)
    losses,idxs = interp.top_losses(9)
    interp.print_classification_report()
    return losses,idxs,interp.confusion_matrix(),[list(o) for o in interp.most_confused(1)]

@case
def loaders_of_others(m, k):
    "PyTorch's in `DataLoaders`, and those of a module of Lightning"
    learn = k.learner(k.torch_dls())
    learn.fit(2, .1)
    res = [k.done(learn),learn.get_preds(dl=learn.dls.valid, with_input=True),list(learn.validate(0))]
    L = pytest.importorskip('lightning')
    class Data(L.LightningDataModule):
        def train_dataloader(self): return torch.utils.data.DataLoader(rows(train), 64)
        def val_dataloader(self): return torch.utils.data.DataLoader(rows(valid), 40)
    data = Data()
    learn = k.learner(m.DataLoaders(data.train_dataloader(), data.val_dataloader()))
    learn.fit_one_cycle(2, .1)
    return res,k.done(learn)

# --- all of them

def differences(a, b, at='result'):
    "Where two results differ, in words"
    if isinstance(a, (list,tuple,us.L)) and isinstance(b, (list,tuple,us.L)) and len(a)==len(b):
        return [d for i,o in enumerate(zip(a, b)) for d in differences(*o, f'{at}[{i}]')]
    return [] if (d := largest_diff(a, b))<=1e-5 else [f'{at} by {d}: {str(a)[:200]} and {str(b)[:200]}']

@pytest.mark.parametrize('f', cases.values(), ids=cases)
def test_as_fastai(f, tmp_path):
    "The same results, errors of the same kind, and the same printed lines"
    assert not differences(*(run(f, m, tmp_path/n) for n,m in (('ours',us),('theirs',fastai))))
