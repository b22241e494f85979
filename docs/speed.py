"""Train the published recipe and the two of chapter 18 on all of MNIST, in turns, and write their times and their accuracies on the test set to `nbs/speed.json`.

The two are trained in float32 too, as on a processor without units for bfloat16; on a CUDA device, where there is one; and PyTorch's MNIST example with fewer
seeds, since it takes minutes. Nothing is chosen by these figures. Times are of the training loop only; the preparation is timed by itself. Set OMP_NUM_THREADS to
the number of threads, and let nothing else run."""
import argparse, datetime, json, math, platform, sys
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter
from unittest.mock import patch

import torch
from scipy.stats import t
from mnist_from_scratch import speed
from mnist_from_scratch.bench import _example
from mnist_from_scratch.core import MnistError, replacing
from mnist_from_scratch.datasets import load_digits
from mnist_from_scratch.learner import Callback
from mnist_from_scratch.losses import accuracy
from mnist_from_scratch.minibatches import to_dset
from mnist_from_scratch.speed import fast_learner, fit_linear, has_bf16, normalize, published

class Stopwatch(Callback):
    "Seconds of the training half of an epoch"
    order = 55       # after the Recorder, which has to wait for what a GPU still does
    def before_train(self): self.start = perf_counter()
    def after_train(self): self.took = perf_counter()-self.start

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

def summary(res):
    "What is written, of `(seconds, seconds of preparation, accuracy)` of all runs"
    base,rows = min(o[0] for o in res['published']),{}     # what disturbs a run only makes it slower
    for k,v in res.items():
        ts,ready,accs = zip(*v)
        half = t.ppf(.975, len(accs)-1)*stdev(accs)/math.sqrt(len(accs)) if len(accs)>1 else 0.
        rows[k] = dict(time=round(min(ts)/base, 4), seconds=round(min(ts), 3), prepare=round(min(ready)/base, 4), accuracy=round(mean(accs), 5),
                       low=round(mean(accs)-half, 5) if len(accs)>1 else None, high=round(mean(accs)+half, 5) if len(accs)>1 else None, lowest=round(min(accs), 4), seeds=len(accs))
    info = dict(date=str(datetime.date.today()), torch=torch.__version__.split('+')[0], machine=platform.machine(), threads=torch.get_num_threads(), bfloat16=has_bf16())
    return info|dict(rows=rows)

def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--seeds', type=int, default=10, help='of ours; the published recipe runs with half as many')
    p.add_argument('--example', type=int, default=0, help="of PyTorch's MNIST example: four epochs, which take minutes")
    p.add_argument('--out', type=Path, default=Path(__file__).parent.parent/'nbs/speed.json')
    args = p.parse_args()
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
    with replacing(args.out) as f: f.write_text(json.dumps(summary(res), indent=1)+'\n')

if __name__=='__main__':
    try: main()
    except MnistError as e: sys.exit(f'speed.py: {e}')
