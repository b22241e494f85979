"""Trains in child processes, kills them with SIGKILL at random points, resumes, and compares with runs that were never killed.

Run by `test_checkpoint.py`, in a process of its own that has imported everything once and forks: `python killing.py FOLDER KILLS SEED`
prints a JSON of what happened."""
import json, os, random, shutil, signal, sys, time, warnings
from pathlib import Path

import torch
from torch import nn

from mnist_from_scratch.base import state
from mnist_from_scratch.all import *
from mnist_from_scratch.base.core import set_seed
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.all import Callback, Learner
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, to_dset
from mnist_from_scratch.optimizers import SGD, Adam

train,valid = load_digits('digits')
data = to_dset(train[:260]),to_dset(valid[:100])

def die(): os.kill(os.getpid(), signal.SIGKILL)

class Noisy:
    "Items that are changed at random when they are fetched"
    def __init__(self, ds): self.ds = ds
    def __len__(self): return len(self.ds)
    def __getitem__(self, i): x,y = self.ds[i]; return x+.1*torch.randn_like(x)+.01*random.random(), y

class Die(Callback):
    "Kills the process at the `n`-th call of `event`, of training or validation only"
    order,fit_only = 300,True
    def __init__(self, event, n, training): setattr(self, event, self.hit); self.n,self.only = n,training
    def hit(self):
        if self.training!=self.only: return
        self.n -= 1
        if self.n<0: die()

def die_at_call(mod, name, n, after):
    "Kills the process in the `n`-th call of `mod.name`, before or after it has done its work"
    f,left = getattr(mod, name),[n]
    def g(*args, **kwargs):
        left[0] -= 1
        if left[0]<0 and not after: die()
        o = f(*args, **kwargs)
        if left[0]<0: die()
        return o
    setattr(mod, name, g)

def half(file, parts):
    "Writes the first half of what should be written, and dies"
    data = b''.join(parts)
    with open(file, 'wb') as f: f.write(data[:len(data)//2])
    die()

def loaders(kind):
    if kind=='plain': return [DataLoader(data[0], bs=32), DataLoader(data[1], bs=64)]
    if kind=='generator':
        return [DataLoader(data[0], bs=32, shuffle=True, generator=torch.Generator().manual_seed(5)), DataLoader(data[1], bs=64)]
    if kind=='torch':
        from torch.utils.data import DataLoader as T; return [T(Noisy(data[0]), batch_size=32, shuffle=True), T(data[1], batch_size=64)]
    if kind=='fastai':
        from fastai.data.load import DataLoader as T
        return [T(list(zip(*data[0].tensors)), bs=32, shuffle=True), T(list(zip(*data[1].tensors)), bs=64)]
    return [DataLoader(Noisy(data[0]), bs=32, shuffle=True, num_workers=2*(kind=='workers')), DataLoader(data[1], bs=64)]

# name: loaders, optimizer, the fits, the callbacks of each fit
kinds = dict(
    plain_fit    = ('plain', SGD, lambda l,**k: l.fit(4, .1, **k), list),
    shuffled_fit = ('shuffled', SGD, lambda l,**k: l.fit(3, .1, **k), lambda: [CSVLogger()]),
    one_cycle    = ('shuffled', Adam, lambda l,**k: l.fit_one_cycle(3, .01, **k), lambda: [SaveModelCallback('accuracy')]),
    accumulating = ('generator', lambda ps,lr: SGD(ps, lr, mom=.9, wd=.01), lambda l,**k: l.fit_flat_cos(3, .05, **k),
                    lambda: [GradientAccumulation(90), GradientClip(1.)]),
    fine_tune    = ('workers', torch.optim.AdamW, lambda l,**k: l.fine_tune(2, .01, **k), list),
    stopping     = ('torch', Adam, lambda l,**k: l.fit(9, .03, **k), lambda: [EarlyStoppingCallback(patience=2), SaveModelCallback()]),
    two_fits     = ('fastai', Adam, lambda l,**k: (l.fit_one_cycle(2, .01, **k), l.fit(2, .001, **k)), list))

def train_once(kind, path, every, seed, cbs=()):
    "The whole program that is killed and run again: what it ends with"
    dl,opt,fits,more = kinds[kind]
    set_seed(seed)
    net = nn.Sequential(nn.Linear(784,20), nn.BatchNorm1d(20), nn.ReLU(), nn.Dropout(.2), nn.Linear(20,10))
    learn = Learner(DataLoaders(*loaders(dl)), net, cross_entropy, opt, metrics=accuracy, path=path,
                    splitter=lambda m: [list(m[:2].parameters()), list(m[4].parameters())])
    with learn.no_bar(): fits(learn, cbs=[*more(), *cbs, *([Checkpoint(every=every)] if every else [])], resume=bool(every))
    hist = Path(path)/'history.csv'
    return dict(model=learn.model.state_dict(), opt=learn.opt.state_dict(), values=[list(o) for o in learn.recorder.values],
                losses=[o.item() for o in learn.recorder.losses],
                lrs=learn.recorder.lrs, iters=learn.recorder.iters, rng=torch.get_rng_state(), python=random.getstate(),
                csv=[o.rsplit(',',1)[0] for o in hist.read_text().splitlines()] if hist.exists() else None)   # without the time

def child(f):
    "Run `f` in a forked process; its exit status, negative for the signal that ended it"
    pid = os.fork()
    if pid: return pid
    status = 1
    try: f(); status = 0
    except BaseException:
        import traceback; traceback.print_exc()
    finally: os._exit(status)

def wait(pid): return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def pick(r, took):
    "How the next process is to die: a name, what it does to itself, and after how many seconds it is killed from outside"
    way = r.choice(['any time','batch','batch','validation','step','before the file','in the file','before renaming','after renaming',
                    'clean up'])
    n = r.randrange(3)
    if way=='any time':       return way, lambda: [], r.uniform(0, took)
    if way=='batch':
        return way, lambda: [Die(r.choice(['before_batch','after_pred','after_loss','after_batch']), r.randrange(20), True)], None
    if way=='step':           return way, lambda: [Die(r.choice(['after_backward','after_step']), r.randrange(20), True)], None
    if way=='validation':     return way, lambda: [Die(r.choice(['after_pred','after_batch']), r.randrange(4), False)], None
    if way=='in the file': return way, lambda: setattr(state, 'write_parts', half) or [], None
    mod,name,after = {'before the file':(state,'write_parts',False), 'before renaming':(os,'replace',False),
                      'after renaming':(os,'replace',True), 'clean up':(Path,'unlink',True)}[way]
    def f(): die_at_call(mod, name, n, after); return []
    return way, f, None

def same(a, b):
    if isinstance(a, torch.Tensor): return torch.equal(a, b)
    if isinstance(a, dict): return a.keys()==b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list,tuple)): return len(a)==len(b) and all(map(same, a, b))
    return a==b

def main(folder, kills, seed):
    r,done,ways = random.Random(seed),[],{}
    def run(kind, name, every, s, cbs=lambda: []): torch.save(train_once(kind, folder/name, every, s, cbs()), folder/f'{name}.pt')
    def load(name): return torch.load(folder/f'{name}.pt')   # weights_only, by default
    while sum(ways.values())<kills or len(done)<len(kinds):
        kind,every,s = list(kinds)[len(done)%len(kinds)],r.choice([1,3,7]),r.randrange(1000)
        t = time.time()
        assert wait(child(lambda: run(kind, 'never', None, s)))==0
        took,killed = 1.5*(time.time()-t),0
        while killed<6:
            way,cbs,after = pick(r, took)
            pid = child(lambda: run(kind, 'killed', every, r.randrange(1000) if list(folder.rglob('checkpoint-*')) else s, cbs))
            if after: time.sleep(after); os.kill(pid, signal.SIGKILL)
            status = wait(pid)
            if status==-signal.SIGKILL: killed += 1; ways[way] = ways.get(way,0)+1
            elif status: raise RuntimeError(f'{kind}: ended with {status}')
            else: break
        if not (folder/'killed.pt').exists(): assert wait(child(lambda: run(kind, 'killed', every, s)))==0
        a,b = load('never'),load('killed')
        done.append(dict(kind=kind, every=every, killed=killed, differs=[k for k in a if not same(a[k], b[k])],
                         half=[o.name for o in (folder/'killed').rglob('.*')]))
        for o in folder.iterdir(): shutil.rmtree(o) if o.is_dir() else o.unlink()
    print(json.dumps(dict(runs=done, ways=ways)))

if __name__=='__main__':
    warnings.simplefilter('ignore')   # fastai's
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
