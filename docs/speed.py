"""Train the published recipe and the two of the chapter on speed on all of MNIST, in turns, and write their times and their accuracies on
the test set to `nbs/speed.json`.

The two are trained in float32 too, as on a processor without units for bfloat16; on a CUDA device, where there is one; and PyTorch's
MNIST example with fewer seeds, since it takes minutes. Nothing is chosen by these figures. Times are of the training loop only; the
preparation is timed by itself. Set OMP_NUM_THREADS to the number of threads, and let nothing else run.

With `--steps` it trains each step of the chapter instead, one change a row, on digits of the training set, measures on the digits held
out there, and tries each optimizer with several learning rates in the same way."""
import argparse, datetime, json, math, platform, sys
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter, process_time
from unittest.mock import patch

import torch
from scipy.stats import t
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import TensorDataset
from mnist_from_scratch import speed
from mnist_from_scratch.tools.bench import _example
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.base.files import replacing
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.schedules import ParamScheduler, combined_cos
from mnist_from_scratch.learner import Callback, Learner
from mnist_from_scratch.softmax import accuracy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, to_dset
from mnist_from_scratch.optimizers import Adam
from mnist_from_scratch.engine.hardware import has_bf16
from mnist_from_scratch.speed import FoldDigits, Muon, fast_learner, fast_net, fit_linear, muon_groups, normalize, published

class Stopwatch(Callback):
    "Seconds of the training half of an epoch"
    order = 55       # after the Recorder, which has to wait for what a GPU still does
    def __init__(self, clock=perf_counter): self.clock = clock
    def before_train(self): self.start = self.clock()
    def after_train(self): self.took = self.clock()-self.start

def peer(train, test, seed):
    "Seconds of training, none of preparation, and the accuracy"
    net,took = published(*train[:], seed=seed)
    x,y = test[:]
    with torch.no_grad(): return took,0.,accuracy(net(normalize(x).view(-1,1,28,28)), y).item()

def example(train, test, seed, epochs=4):
    "The same for PyTorch's example"
    net,took = _example(*train[:], epochs, seed=seed)
    x,y = test[:]
    with torch.no_grad(): return took,0.,accuracy(torch.cat([net.eval()(normalize(o).view(-1,1,28,28)) for o in x.split(1000)]), y).item()

def ours(train, test, seed, **kwargs):
    "Seconds of training, of preparation, and the accuracy"
    start = perf_counter()
    learn = fast_learner(train, test, seed=seed, cbs=Stopwatch, **kwargs)
    ready = perf_counter()-start
    with learn.no_bar(), learn.no_logging(): fit_linear(learn)
    return learn.stopwatch.took,ready,learn.recorder.values[-1][2]

def float32(*args, **kwargs):
    "The same as on a processor without units for bfloat16"
    with patch.object(speed, 'has_bf16', lambda *_: False): return ours(*args, **kwargs)

def uncropped():
    "The folded net for images of which nothing is cut off: its last convolution has 5×5 places for 4×4"
    net = wide()
    net[7] = nn.Linear(25*32, 256)
    return net

def step(train, valid, seed, net=fast_net, crop=2, plain=False, cosine=False, channels_last=True, bf16=None, bs=256, lr=.01, opt=None,
         loss=cross_entropy):
    """Seconds of training as the CPU counts them, none of preparation, and the accuracy, after one epoch by a step of the chapter: with its
    defaults the last one before larger batches"""
    set_seed(seed)
    fold = FoldDigits(crop)
    form = torch.channels_last if channels_last else torch.contiguous_format
    (x,y),(vx,vy) = train[:],valid[:]
    i = torch.arange(len(x)) if plain else torch.randperm(len(x))
    x,y,vx = fold(x[i]).contiguous(memory_format=form),y[i],fold(vx).contiguous(memory_format=form)
    make = lambda: net().to(memory_format=form)
    if plain:
        with patch.object(speed, 'perf_counter', process_time): m,took = published(x, y, seed, net=make)
        with torch.no_grad(): return took,0.,accuracy(m(vx), vy).item()
    dls = DataLoaders(DataLoader(TensorDataset(x, y), bs=bs), DataLoader(TensorDataset(vx, vy), bs=1024))
    how = dict(opt_func=Muon, splitter=muon_groups) if opt is Muon else dict(opt_func=partial(Adam, mom=.7, sqr_mom=.9, wd=0.))
    learn = Learner(dls, make(), loss, lr=lr, metrics=accuracy, cbs=Stopwatch(process_time), **how)
    if has_bf16() if bf16 is None else bf16: learn.to_bf16()
    with learn.no_bar(), learn.no_logging():
        if cosine: learn.fit(1, cbs=ParamScheduler({'lr':combined_cos(.3, lr/25, lr, lr/25e4)}))    # as `OneCycleLR` has it
        else: fit_linear(learn)
    return learn.stopwatch.took,0.,learn.recorder.values[-1][2]

wide,smooth = partial(fast_net, nf=(24,32), n_hidden=256),partial(cross_entropy, label_smoothing=.1)
larger = dict(bs=512, lr=.02)
muon = dict(bs=512, lr=.1, opt=Muon)
steps = {'folded, not cropped': dict(net=uncropped, crop=0, plain=True, channels_last=False),
         'folded': dict(net=wide, plain=True, channels_last=False),
         'narrower': dict(plain=True, channels_last=False),
         'Learner': dict(cosine=True, channels_last=False, bf16=False),
         'straight lines': dict(channels_last=False, bf16=False),
         'channels last': dict(bf16=False),
         'bfloat16': dict(),
         'higher rate': dict(lr=.02),
         'larger batches': larger,
         'Muon': muon,
         'softer targets': muon|dict(loss=smooth),
         'still larger': muon|dict(loss=smooth, bs=768),
         'safe': muon|dict(loss=smooth, net=partial(fast_net, nf=(32,64)))}
adams,muons = (.005,.01,.02,.04),(.05,.1,.2)
rates = {'Adam, batches of 256': (dict(), adams), 'Adam, batches of 512': (larger, adams),
         **{k: (steps[k], muons) for k in ('Muon','softer targets','still larger')}}

def all_steps(seeds):
    "What `--steps` writes: `(seconds, 0, accuracy)` of each step and seed, and of each rate that was tried, as `summary` puts them"
    torch.set_num_threads(1)       # seconds of the CPU add up over threads
    train,valid = (to_dset(o) for o in load_digits('mnist')[0].split(1/6))
    def first(train, valid, seed):
        with patch.object(speed, 'perf_counter', process_time): return peer(train, valid, seed)
    runs = dict(published=first) | {k: partial(step, **o) for k,o in steps.items() if k!='bfloat16' or has_bf16()}
    tries = {k: {str(lr): partial(step, **o|dict(lr=lr)) for lr in lrs} for k,(o,lrs) in rates.items()}
    first(TensorDataset(*train[:2560]), valid, 99)      # warm up
    res,rated = {k:[] for k in runs},{k:{lr:[] for lr in o} for k,o in tries.items()}
    for seed in range(seeds):
        for k,f in runs.items(): res[k].append(f(train, valid, seed)); print(seed, k, res[k][-1], flush=True)
        for k,o in tries.items():
            for lr,f in o.items(): rated[k][lr].append(f(train, valid, seed)); print(seed, k, lr, rated[k][lr][-1], flush=True)
    return dict(steps=summary(res),
                rates={k: {lr: {a:b for a,b in r.items() if a not in ('time','seconds','prepare')} for lr,r in summary(o)['rows'].items()}
                       for k,o in rated.items()})

def summary(res):
    "What is written, of `(seconds, seconds of preparation, accuracy)` of all runs"
    base,rows = min(o[0] for o in res.get('published', [(math.nan,)])),{}     # what disturbs a run only makes it slower
    for k,v in res.items():
        ts,ready,accs = zip(*v)
        half = t.ppf(.975, len(accs)-1)*stdev(accs)/math.sqrt(len(accs)) if len(accs)>1 else 0.
        rows[k] = dict(time=round(min(ts)/base, 4), seconds=round(min(ts), 3), prepare=round(min(ready)/base, 4),
                       accuracy=round(mean(accs), 5),
                       low=round(mean(accs)-half, 5) if len(accs)>1 else None, high=round(mean(accs)+half, 5) if len(accs)>1 else None,
                       lowest=round(min(accs), 4), seeds=len(accs))
    info = dict(date=str(datetime.date.today()), torch=torch.__version__.split('+')[0], machine=platform.machine(),
                threads=torch.get_num_threads(), bfloat16=has_bf16())
    return info|dict(rows=rows)

def main():
    p = argparse.ArgumentParser(description=' '.join(__doc__.split('\n\n')[0].split()))
    p.add_argument('--seeds', type=int, default=10, help='of ours; the published recipe runs with half as many')
    p.add_argument('--example', type=int, default=0, help="of PyTorch's MNIST example: four epochs, which take minutes")
    p.add_argument('--steps', action='store_true', help='train the steps of the chapter instead, on held-out digits, and keep the rest of '
                   'the file')
    p.add_argument('--out', type=Path, default=Path(__file__).parent.parent/'nbs/speed.json')
    args = p.parse_args()
    old = json.loads(args.out.read_text() or '{}') if args.out.is_file() else {}
    if args.steps:
        res = old|all_steps(args.seeds)
        with replacing(args.out) as f: f.write_text(json.dumps(res, indent=1)+'\n')
        return
    train,test = (to_dset(o) for o in load_digits('mnist'))
    runs = dict(published=peer, fast=ours, safe=partial(ours, safe=True))
    if has_bf16(): runs |= {'fast, float32':float32, 'safe, float32':partial(float32, safe=True)}
    if torch.cuda.is_available(): runs |= {'fast, GPU':partial(ours, device='cuda'), 'safe, GPU':partial(ours, device='cuda', safe=True)}
    for f in runs.values(): f(train, test, 99)      # warm up
    res = {k:[] for k in runs}
    for seed in range(args.seeds):
        for k,f in runs.items():
            if k!='published' or seed%2==0: res[k].append(f(train, test, seed))
        print(seed, {k:[round(o, 4) for o in v[-1]] for k,v in res.items()}, flush=True)
    for seed in range(args.example):
        res.setdefault("PyTorch's example", []).append(example(train, test, seed))
        print(seed, 'example', [round(o, 4) for o in res["PyTorch's example"][-1]], flush=True)
    with replacing(args.out) as f: f.write_text(json.dumps(old|summary(res), indent=1)+'\n')

if __name__=='__main__':
    try: main()
    except MnistError as e: sys.exit(f'speed.py: {e}')
