"""Trains in several ways that draw random numbers, and prints a checksum of each: `python tests/seeding.py FOLDER`. tests/test_seeds.py
runs it."""
import inspect, io, json, random, sys, zlib
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np, torch
from torch import nn

from mnist_from_scratch.engine.checkpoint import Checkpoint
from mnist_from_scratch.tools.cli import mnist_train
from mnist_from_scratch.convnet import mnist_convnet
from mnist_from_scratch.base.core import set_seed
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.all import Callback, Learner
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, to_dset
from mnist_from_scratch.neural_net import simple_net
from mnist_from_scratch.optimizers import Adam

class Jittered:
    "Digits that are moved by chance, and have chance added: it draws from all three generators"
    def __init__(self, ds): self.x,self.y = ds.floats()[:,None],ds.targets()
    def __len__(self): return len(self.x)
    def __getitem__(self, i): return self.x[i].roll((random.randint(-2,2),np.random.randint(-2,3)), (1,2))+.1*torch.rand(1,28,28), self.y[i]

class Stop(Callback):
    order = 300
    def after_batch(self):
        if self.training and self.train_iter>=7: raise KeyboardInterrupt

def crc(learn):
    "Of all weights, and of all that was recorded"
    c = 0
    for v in learn.model.state_dict().values(): c = zlib.crc32(v.contiguous().view(-1).view(torch.uint8).numpy(), c)
    rec = learn.recorder
    return zlib.crc32(repr([[list(o) for o in rec.values], [float(o) for o in rec.losses], rec.lrs]).encode(), c)

def learner(make, dset, workers, seed, **kwargs):
    set_seed(seed)
    dls = DataLoaders(DataLoader(dset(train), 64, workers, shuffle=True), DataLoader(dset(valid), 200))
    learn = Learner(dls, make(), cross_entropy, opt_func=Adam, metrics=accuracy, **kwargs)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn

def net(): return simple_net(n_out=10)
def dropout(): return nn.Sequential(nn.Flatten(), nn.Dropout(.2), nn.Linear(784,30), nn.ReLU(), nn.Dropout(.5), nn.Linear(30,10))

def runs(workers, path):
    "Pairs of a name and a checksum"
    seed = 42
    l = learner(net, to_dset, workers, seed); l.fit(2, .01); yield 'shuffled',crc(l)
    l = learner(mnist_convnet, Jittered, workers, seed); l.fit_one_cycle(1, .01); yield 'convnet, augmented',crc(l)
    l = learner(dropout, Jittered, workers, seed); l.fit(1, .01); yield 'dropout, augmented',crc(l)
    l = learner(net, to_dset, workers, seed)
    found = l.lr_find(num_it=10, show_plot=False)
    yield 'lr_find',(float(found.valley), crc(l)); l.fit(1, found.valley); yield 'a fit after lr_find',crc(l)
    l = learner(dropout, Jittered, workers, seed, path=path/'a'); l.fit_one_cycle(2, .01); yield 'two epochs',(whole := crc(l))
    l = learner(dropout, Jittered, workers, seed, path=path)
    try: l.fit_one_cycle(2, .01, cbs=[Checkpoint(5), Stop()])
    except KeyboardInterrupt: pass
    l = learner(dropout, Jittered, workers, seed+1, path=path)
    l.fit_one_cycle(2, .01, cbs=Checkpoint(5), resume=True); yield 'stopped and resumed',crc(l)
    assert crc(l)==whole, 'a training that was stopped and resumed went elsewhere'

def command(path):
    with redirect_stdout(io.StringIO()):
        inspect.unwrap(mnist_train)(data='digits', digits=['3,7'], model='mlp', epochs=1, seed=42, seeds=1, out=str(path/'mlp'))
    return {'mnist_train --model mlp':zlib.crc32((path/'mlp/model.safetensors').read_bytes())}

if __name__=='__main__':
    path,res = Path(sys.argv[1]),{}
    train,valid = (o[:320] for o in load_digits('digits'))
    for threads,workers in (1,0),(2,2):
        torch.set_num_threads(threads)
        res |= {f'{name}, {threads} threads, {workers} workers':c for name,c in runs(workers, path/f'{threads}{workers}')}
    res |= command(path)
    print(json.dumps(res))
