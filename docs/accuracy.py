"""Train the net of the chapter on accuracy on all of MNIST, with several seeds, and write times, accuracies on the test set, and the digits that all runs get wrong, to `nbs/accuracy.json`.

Half an hour on two cores, with OMP_NUM_THREADS=2 and nothing else running. For choices: `--held-out` measures on the last 10,000 images of the training set instead, and writes nothing."""
import argparse, json, sys
from functools import partial
from pathlib import Path
from statistics import mean
from time import perf_counter

import torch
from mnist_from_scratch.augment import best_learner
from mnist_from_scratch.bench import keep_memory, machine
from mnist_from_scratch.core import MnistError, replacing
from mnist_from_scratch.datasets import load_digits
from mnist_from_scratch.minibatches import to_dset
from mnist_from_scratch.speed import fit_linear

def run(train, test, epochs, seed):
    "Minutes of training, with a look at the test set's loss after each epoch that nothing depends on; and the answers, asked once and with copies"
    start = perf_counter()
    learn = best_learner(train, test, seed=seed)
    fit_linear(learn, epochs)
    took = perf_counter()-start
    return took/60,*(f()[0].argmax(1) for f in (learn.get_preds, partial(learn.tta, n=16)))

def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--seeds', type=int, default=3)
    p.add_argument('--epochs', type=int, default=17)
    p.add_argument('--held-out', action='store_true', help='train on the first five sixths of the training set, measure on the rest, write nothing')
    p.add_argument('--out', type=Path, default=Path(__file__).parent.parent/'nbs/accuracy.json')
    args = p.parse_args()
    keep_memory()
    train,test = load_digits('mnist')
    if args.held_out: train,test = train[:50000],train[50000:]    # the last ones, which other people wrote
    train,test = map(to_dset, (train,test))
    y,rows,answers = test[:][1],[],[]
    for seed in range(args.seeds):
        took,once,preds = run(train, test, args.epochs, seed)
        answers.append(preds)
        rows.append(dict(seed=seed, minutes=round(took, 2), epochs=args.epochs, once=round((once==y).float().mean().item(), 5), accuracy=round((preds==y).float().mean().item(), 5), wrong=(preds!=y).sum().item()))
        print(rows[-1], flush=True)
    answers = torch.stack(answers, 1)
    wrong = {i:answers[i].tolist() for i in (answers!=y[:,None]).all(1).nonzero().flatten().tolist()}
    if args.held_out: return
    with replacing(args.out) as f: f.write_text(json.dumps(machine()|dict(rows=rows, **{k:round(mean(o[k] for o in rows), 5) for k in ('accuracy','once')}, wrong=wrong), indent=1)+'\n')

if __name__=='__main__':
    try: main()
    except MnistError as e: sys.exit(f'accuracy.py: {e}')
