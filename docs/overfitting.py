"""Compare measures against overfitting on 1,000 digits of MNIST, and nets with few and many hidden activations on 500, and write
`nbs/overfitting.json`, which the chapter on overfitting shows.

All runs are plain SGD at one learning rate. No image of the test set is used: a fifth of the training digits is held out, as in the
chapter, and divided in two. On the first half, with other training digits and other seeds than later, each measure gets its
hyper-parameter and its number of epochs, and the baseline its number of epochs. Then each runs with the seeds 0, 1, …, which also draw
the training digits, and is measured on the second half."""
import argparse, json, sys
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean

import torch
from torch import nn
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.base.files import replacing
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.engine.tracking import EarlyStoppingCallback
from mnist_from_scratch.learner import Callback, Learner
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, to_dset
from mnist_from_scratch.optimizers import SGD
from mnist_from_scratch.overfitting import Dropout, RandomShift
from mnist_from_scratch.softmax import accuracy, cross_entropy, mnist_net
from mnist_from_scratch.tools.bench import machine

lr,bs = .1,64
marks = (20,50,100,200,400)      # numbers of epochs to choose from

def dropout_net(p):
    net = mnist_net()
    return nn.Sequential(*net[:2], Dropout(p), net[2])

measures = {'none': (lambda _: dict(), [None]),
            'dropout': (lambda p: dict(net=partial(dropout_net, p)), [.1,.2,.3,.5]),
            'weight decay': (lambda wd: dict(wd=wd), [.001,.003,.01,.03]),
            'shifts': (lambda d: dict(net=lambda: nn.Sequential(RandomShift(d), *mnist_net())), [1,2,3]),
            'early stopping': (lambda n: dict(patience=n), [2,5,10,20])}

class At(Callback):
    "The accuracy on `ds` after certain epochs"
    order = 65
    def __init__(self, ds): self.ds,self.seen = ds,{}
    def after_epoch(self):
        if self.epoch+1 in marks:
            with torch.no_grad(): self.seen[self.epoch+1] = accuracy(self.model.eval()(self.ds[:][0]), self.ds[:][1]).item()

def run(train, choice, n, seed, epochs, net=mnist_net, wd=0., patience=None, cbs=None):
    """A `Learner` after `epochs` epochs on `n` digits that the seed draws, and these digits. With `patience` it may stop earlier, by the
    loss on `choice`."""
    set_seed(seed)
    some = train[torch.randperm(len(train))[:n]]
    loaders = [DataLoader(to_dset(some), bs=bs, shuffle=True)]
    if patience: loaders.append(DataLoader(to_dset(choice), bs=4096))
    learn = Learner(DataLoaders(*loaders), net(), cross_entropy, SGD, lr, wd=wd, metrics=accuracy, cbs=cbs)
    if patience: learn.add_cb(EarlyStoppingCallback(patience=patience))
    with learn.no_bar(), learn.no_logging(): learn.fit(epochs)
    return learn,some

def on(learn, ds): return [round(o, 5) for o in learn.validate(dl=DataLoader(to_dset(ds), bs=4096))]

def measured(learn, some, judged):
    "Loss and accuracy on training and held-out digits"
    (a,b),(c,d) = on(learn, some),on(learn, judged)
    return dict(train_loss=a, train_accuracy=b, valid_loss=c, valid_accuracy=d, epochs=len(learn.recorder.values) or None)

def tuned(train, choice, n, seeds):
    "Mean accuracy on `choice` for each measure, value and number of epochs"
    rows,ds = [],to_dset(choice)
    for k,(how,values) in measures.items():
        for v in values:
            runs = [run(train, choice, n, s, marks[-1], cbs=At(ds), **how(v))[0] for s in seeds]
            if k=='early stopping': accs = {None: mean(on(l, choice)[1] for l in runs)}
            else: accs = {e: mean(l.at.seen[e] for l in runs) for e in marks}
            rows += [dict(measure=k, value=v, epochs=e, accuracy=round(a, 5)) for e,a in accs.items()]
            print(k, v, accs, flush=True)
    return rows

def main():
    p = argparse.ArgumentParser(description=' '.join(__doc__.split('\n\n')[0].split()))
    p.add_argument('--seeds', type=int, default=20, help='of the comparison; a quarter as many for each choice, half as many for each size')
    p.add_argument('--out', type=Path, default=Path(__file__).parent.parent/'nbs/overfitting.json')
    a = p.parse_args()
    torch.set_num_threads(1)
    train,held = load_digits('mnist')[0].split(.2, seed=42)
    choice,judged = held.split(.5)
    rows = tuned(train, choice, 1000, range(1000, 1000+max(a.seeds//4, 1)))
    best = {k: max((o for o in rows if o['measure']==k), key=lambda o: o['accuracy']) for k in measures}
    runs = []
    for s,(k,o) in product(range(a.seeds), best.items()):
        learn,some = run(train, choice, 1000, s, o['epochs'] or marks[-1], **measures[k][0](o['value']))
        runs.append(dict(measure=k, seed=s, **measured(learn, some, judged)))
        if k=='none': runs.append(dict(measure='2,000 images', seed=s, **measured(*run(train, choice, 2000, s, o['epochs']), judged)))
        print(runs[-1], flush=True)
    hidden = []
    for n,s in product((10,30,100,300,1000), range(max(a.seeds//2, 1))):
        hidden.append(dict(hidden=n, seed=s, **measured(*run(train, choice, 500, s, 100, partial(mnist_net, n)), judged)))
        print(hidden[-1], flush=True)
    res = machine() | dict(images=1000, lr=lr, bs=bs, tried=rows, best=list(best.values()), runs=runs, hidden=hidden)
    with replacing(a.out) as f: f.write_text(json.dumps(res, indent=1)+'\n')

if __name__=='__main__':
    try: main()
    except MnistError as e: sys.exit(f'overfitting.py: {e}')
