"""What happens in runs of the chapter's `Learner`, without the engine, which other tests of the same process import.

`python tests/noting.py` prints as JSON the events for which each of its callbacks has a method, and what is noted for each argument, such
as 'TRP CancelStepException': letters of callbacks, and what one more raises before the step. tests/test_moving.py runs it."""
import json, sys

import torch

from mnist_from_scratch import learner as lib
from mnist_from_scratch.learner import Callback, Learner, ProgressCallback, Recorder, TrainEvalCallback
from mnist_from_scratch.losses import mnist_loss
from mnist_from_scratch.minibatches import DataLoaders
from mnist_from_scratch.optimizers import SGD

default = {'T':TrainEvalCallback,'R':Recorder,'P':ProgressCallback}

def noted(letters, ex):
    "The events of a run, who answers, and how often the weights have changed by then, without the way in which the chapter notes them"
    log = []
    def noting(letter, cls):
        def method(f): return lambda self: (log[-1][1].append(letter), f(self))[1]
        return type(cls.__name__, (cls,), {e:method(getattr(cls, e)) for e in lib.events if hasattr(cls, e)})()
    class Raising(Callback):
        def before_step(self): raise getattr(lib, ex)
    class Noting(Learner):
        def __call__(self, event):
            log.append((event, [], self.model.weight.detach().clone()))
            super().__call__(event)
    b = torch.rand(8,784, generator=torch.Generator().manual_seed(0)),torch.ones(8,1)
    cbs = [noting(o, default[o]) for o in letters]+([noting('C', Raising)] if ex else [])
    learn = Noting(DataLoaders([b,b], [b]), torch.nn.Linear(784,1), mnist_loss, SGD, cbs=cbs, default_cbs=False)
    try:
        with learn.no_bar(): learn.fit(1)
    except AttributeError: log.append(('error', [], log[-1][2]))
    ws = [w for *_,w in log]
    return [(e, ''.join(who), sum(not torch.equal(*o) for o in zip(ws[:i], ws[1:i+1]))) for i,(e,who,_) in enumerate(log)]

if __name__=='__main__':
    out,sys.stdout = sys.stdout,sys.stderr # the runs print their tables
    tasks = {k:[e for e in lib.events if hasattr(c, e)] for k,c in default.items()}
    json.dump([tasks, {k:noted(*k.split(' ')) for k in sys.argv[1:]}], out)
