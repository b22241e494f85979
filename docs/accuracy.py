"""Train the net of the chapter on accuracy on all of MNIST, with several seeds, and write times, accuracies on the test set, and the digits
that all runs get wrong, to `nbs/accuracy.json`.

Half an hour on two cores, with OMP_NUM_THREADS=2 and nothing else running. For choices: `--held-out` measures on the last 10,000 images of
the training set instead, and writes nothing.

With `--parts` it trains small nets instead, on the first 2,000 images, which differ in one part each, with and without augmentation,
measures them on the last 10,000 of the training set, and puts that into the same file."""
import argparse, json, sys
from functools import partial
from pathlib import Path
from statistics import mean
from time import perf_counter

import torch
from torch import nn
from torch.utils.data import TensorDataset
from mnist_from_scratch.augment import Augment, best_learner, best_net
from mnist_from_scratch.base.statistics import mcnemar
from mnist_from_scratch.tools.bench import keep_memory, machine
from mnist_from_scratch.resnet import AdaptiveConcatPool2d
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.base.files import replacing
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.minibatches import DataLoader, to_dset
from mnist_from_scratch.speed import FoldDigits, fit_linear

def run(train, test, epochs, seed):
    """Minutes of training, with a look at the test set's loss after each epoch that nothing depends on; and the answers, asked once and
    with copies"""
    start = perf_counter()
    learn = best_learner(train, test, seed=seed)
    fit_linear(learn, epochs)
    took = perf_counter()-start
    return took/60,*(f()[0].argmax(1) for f in (learn.get_preds, partial(learn.tta, n=16)))

def chain(norm=False, nf=(16,32)):
    "The convolutions of `best_net` with nothing around them"
    def conv(ni, no): return [nn.Conv2d(ni, no, 3, padding=1, bias=not norm), *[nn.BatchNorm2d(no)]*norm, nn.ReLU()]
    def convs(n): return [o for _ in range(n) for o in conv(nf[1], nf[1])]
    return nn.Sequential(FoldDigits(crop=0), *conv(4, nf[0]), nn.MaxPool2d(2), *conv(*nf), *convs(3), nn.MaxPool2d(2, ceil_mode=True),
                         *convs(2),
                         AdaptiveConcatPool2d(), nn.Flatten(), nn.Linear(2*nf[1], 10)).to(memory_format=torch.channels_last)

nets = {'plain':chain, 'normalised':lambda: chain(True), 'normalised, residual':lambda: best_net(nf=(16,32))}

def part(train, valid, name, aug, seed, epochs=10):
    """A small net with or without augmentation: losses after training and accuracy; and, of all that is held out, what it gets right asked
    once and with 8 copies"""
    set_seed(seed)
    learn = best_learner(train, TensorDataset(*valid[:200]), seed=seed, model=nets[name]())
    if not aug: learn.remove_cb(Augment)
    with learn.no_bar(), learn.no_logging(): fit_linear(learn, epochs)
    dl = DataLoader(valid, bs=1024)
    with learn.no_bar(): valid_loss,acc = learn.validate(dl=dl)
    res = dict(train_loss=learn.recorder.values[-1][0], valid_loss=valid_loss, accuracy=acc)
    if aug and name==[*nets][-1]:
        set_seed(seed)
        with learn.no_bar(): once,copies = (f(dl=dl)[0].argmax(1)==valid[:][1] for f in (learn.get_preds, partial(learn.tta, n=8)))
        res['tta'] = mcnemar(once, copies)
    return res

def parts(train, valid, seeds):
    "For each net, without and with augmentation: the figures of each seed"
    rows = [dict(net=k, augmentation=aug, seed=seed) for seed in range(seeds) for k in nets for aug in (False,True)]
    for o in rows: o.update(part(train, valid, o['net'], o['augmentation'], o['seed'])); print(o, flush=True)
    return rows

def main():
    p = argparse.ArgumentParser(description=' '.join(__doc__.split('\n\n')[0].split()))
    p.add_argument('--seeds', type=int, default=3)
    p.add_argument('--epochs', type=int, default=17)
    p.add_argument('--held-out', action='store_true', help='train on the first five sixths of the training set, measure on the rest, write '
                   'nothing')
    p.add_argument('--parts', action='store_true', help='train the small nets instead, and keep the rest of the file')
    p.add_argument('--out', type=Path, default=Path(__file__).parent.parent/'nbs/accuracy.json')
    args = p.parse_args()
    keep_memory()
    train,test = load_digits('mnist')
    old = json.loads(args.out.read_text() or '{}') if args.out.is_file() else {}
    if args.parts:
        rows = parts(*map(to_dset, (train[:2000],train[len(train)*5//6:])), args.seeds)
        with replacing(args.out) as f: f.write_text(json.dumps(old|dict(parts=rows), indent=1)+'\n')
        return
    if args.held_out: train,test = train[:50000],train[50000:]    # the last ones, which other people wrote
    train,test = map(to_dset, (train,test))
    y,rows,answers = test[:][1],[],[]
    for seed in range(args.seeds):
        took,once,preds = run(train, test, args.epochs, seed)
        answers.append(preds)
        rows.append(dict(seed=seed, minutes=round(took, 2), epochs=args.epochs, once=round((once==y).float().mean().item(), 5),
                         accuracy=round((preds==y).float().mean().item(), 5), wrong=(preds!=y).sum().item(),
                         tta=mcnemar(once==y, preds==y)))
        print(rows[-1], flush=True)
    answers = torch.stack(answers, 1)
    wrong = {i:answers[i].tolist() for i in (answers!=y[:,None]).all(1).nonzero().flatten().tolist()}
    if args.held_out: return
    with replacing(args.out) as f:
        f.write_text(json.dumps(old|machine()|dict(rows=rows, **{k:round(mean(o[k] for o in rows), 5) for k in ('accuracy','once')},
                                                   wrong=wrong), indent=1)+'\n')

if __name__=='__main__':
    try: main()
    except MnistError as e: sys.exit(f'accuracy.py: {e}')
