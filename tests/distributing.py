"""Trains in one process or in several, for `test_distributed.py`: `torchrun --nproc-per-node 2 distributing.py TASK FOLDER` leaves in
FOLDER what each process ended with."""
import os, random, signal, sys
from functools import partial
from pathlib import Path

import torch
import torchmetrics
from torch import nn
from torch.utils.data import DataLoader as TorchDL, IterableDataset, TensorDataset

from mnist_from_scratch.augment import Augment
from mnist_from_scratch.all import *
from mnist_from_scratch.base.core import set_seed
from mnist_from_scratch.engine.distributed import num_distrib, rank_distrib
from mnist_from_scratch.all import Callback, Learner
from mnist_from_scratch.metrics import Metric
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.optimizers import SGD, Adam

torch.manual_seed(3)
# the last training batch has 3 items, fewer than four processes; the last of the validation set 1
xs,ys,vx,vy = torch.randn(99,8).double(),torch.randint(0,3,(99,)),torch.randn(41,8).double(),torch.randint(0,3,(41,))
train,valid = TensorDataset(xs, ys),TensorDataset(vx, vy)

class Stream(IterableDataset):
    "In an order that is drawn while it is read, from PyTorch's global generator"
    def __iter__(self):
        left = list(range(99))
        while left: i = left.pop(torch.randint(len(left), ()).item()); yield xs[i],ys[i]
class Noisy:
    "Items that are changed at random when they are fetched; some of them draw more than others"
    def __init__(self, ds): self.ds = ds
    def __len__(self): return len(self.ds)
    def __getitem__(self, i): x,y = self.ds[i]; return x+.1*torch.randn(2+i%3, 8)[0]+.01*random.random(), y

class Weighted(Metric):
    "A metric that is no mean over items"
    def reset(self): self.t = 0
    def accumulate(self, learn): self.t = self.t*1.1+learn.pred.std().item()
    @property
    def value(self): return self.t

def mlp(*more): return nn.Sequential(nn.Linear(8,12), *more, nn.ReLU(), nn.Linear(12,3)).double()
def conv():
    return nn.Sequential(nn.Unflatten(1, (2,4)), nn.Conv1d(2,5,2), nn.BatchNorm1d(5), nn.ReLU(), nn.Flatten(), nn.Linear(15,6),
                         nn.BatchNorm1d(6, momentum=None), nn.Linear(6,3)).double()
own = partial(DataLoader, train, bs=32, shuffle=True)
# the loader, the net, and the fit
kinds = dict(
    sgd       = (own, mlp, lambda l,**k: l.fit(3, .1, **k)),
    one_cycle = (own, mlp, lambda l,**k: l.fit_one_cycle(3, .03, **k)),
    norm      = (partial(DataLoader, train, bs=32, shuffle=True, num_workers=1), conv, lambda l,**k: l.fit_one_cycle(3, .03, **k)),
    torch     = (partial(TorchDL, train, batch_size=32, shuffle=True), mlp, lambda l,**k: l.fit(3, .1, **k)),
    stream    = (partial(DataLoader, Stream(), bs=32, n=99), mlp, lambda l,**k: l.fit(3, .1, **k)),
    steps     = (partial(DataLoader, train, bs=20, shuffle=True, generator=torch.Generator()), mlp,
                 lambda l,cbs=(),**k: l.fit(3, .1, cbs=[GradientAccumulation(50), GradientClip(.1), *cbs], **k)),
    stopping  = (own, mlp, lambda l,**k: l.fit(9, .5, cbs=[EarlyStoppingCallback(patience=2), SaveModelCallback('accuracy', fname=l.name),
                                                           CSVLogger(f'{l.name}.csv')], **k)),
    drop      = (partial(DataLoader, Noisy(train), bs=32, shuffle=True), partial(mlp, nn.Dropout()), lambda l,**k: l.fit(3, .1, **k)))

class Stop(Callback):
    "Stops at batch `n` of the fit, by `how`"
    order = 300
    def __init__(self, n, how): self.n,self.how = n,how
    def after_batch(self):
        if self.training and self.train_iter==self.n: self.how()

def learner(kind, path, seed=0, name=None):
    "Only the first process gets `seed`: the others must take it over"
    set_seed(seed+100*rank_distrib())
    dl,net,_ = kinds[kind]
    learn = Learner(DataLoaders(dl(), DataLoader(valid, bs=10)), net(), cross_entropy, SGD if kind in ('sgd','torch','stream') else Adam,
                    metrics=[accuracy, Weighted(), Confusion()], path=path)
    learn.name = name or f'{kind}{num_distrib()}'
    return learn

class Confusion(torchmetrics.classification.MulticlassConfusionMatrix):
    "How many items the diagonal has: a sum, that would be twice as much if it were added up over two processes"
    def __init__(self): super().__init__(3)
    def compute(self): return super().compute().trace()
    name = 'confusion'

def state(learn, **more):
    rec = learn.recorder
    return dict(model={k:v.clone() for k,v in learn.model.state_dict().items()}, values=[list(o) for o in rec.values],
                losses=[float(o) for o in rec.losses], rng=torch.get_rng_state(), **more)

def fit(kind, path, cbs=(), seed=0, **kwargs):
    learn = learner(kind, path, seed)
    learn.create_mbar = False
    with learn.distrib_ctx():
        kinds[kind][2](learn, **(dict(cbs=cbs) if cbs else {}), **kwargs)
        if kind!='sgd': return state(learn)
        x,p,t,l = learn.get_preds(with_input=True, with_loss=True)
        return state(learn, preds=p, targs=t, inputs=x, item_losses=l, validated=list(learn.validate()),
                     validated_train=list(learn.validate(0)))

def stop(): raise InterruptedError
def until(n, kind, path, **kwargs):
    "Train, and be stopped at batch `n`"
    try: fit(kind, path, [Checkpoint(3, fname='chain'), Stop(n, stop)], **kwargs)
    except InterruptedError: return
    raise AssertionError('was not stopped')

def die():
    if rank_distrib()==1: os.kill(os.getpid(), signal.SIGKILL)

def main(task, path):
    n,res,wrote,replace = max(num_distrib(), 1),{},[],os.replace
    os.replace = lambda a,b: wrote.append(b) or replace(a, b)         # what the library writes is put in its place so
    if task=='all':
        res = {k:fit(k, path) for k in kinds}
        if n==4: until(7, 'norm', path/'chain')          # goes on in two processes, and then in one
        if n==2:
            until(11, 'norm', path/'chain', seed=7, resume=True)
            res['again'] = fit('drop', path)
            until(7, 'drop', path/'drop')
            res['resumed'] = fit('drop', path/'drop', [Checkpoint(3, fname='chain')], seed=7, resume=True)
        if n==1: res['chain'] = fit('norm', path/'chain', [Checkpoint(3, fname='chain')], seed=8, resume=True)
    if task=='killed': fit('one_cycle', path/'killed', [Checkpoint(3, fname='chain'), Stop(7, die)])
    os.replace = replace
    torch.save((res, len(wrote)), path/f'{task}-{n}-{rank_distrib()}.pt')

if __name__=='__main__':
    torch.set_num_threads(1)
    main(sys.argv[1], Path(sys.argv[2]))
