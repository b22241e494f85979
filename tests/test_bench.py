"The command `mnist_bench`, and that the programs it compares do the same work. No time is tested."
import json, shutil, subprocess, sys
from pathlib import Path

import pytest, torch
from torch import nn

from mnist_from_scratch import bench
from mnist_from_scratch.core import MnistError, set_seed
from mnist_from_scratch.losses import accuracy, batch_accuracy, cross_entropy, mnist_loss

command = shutil.which('mnist_bench', path=Path(sys.executable).parent) or shutil.which('mnist_bench')
def run(*args, **kwargs): return subprocess.run([command, *map(str, args)], capture_output=True, text=True, **kwargs)

def test_command(tmp_path):
    r = run('--only', 'gradients', '--repeats', 2, '--out', 'b.json', cwd=tmp_path)
    assert not r.returncode and not r.stderr, r.stderr
    lines = r.stdout.splitlines()
    assert lines[1]=='gradients, 784-30-10' and lines[2].startswith('  autograd') and lines[3].startswith('  ours') and 'bound 1.00' in lines[3]
    assert max(map(len, lines[1:]))<=80
    (kept,) = bench.load_results(tmp_path)
    assert [o['who'] for o in kept['rows']]==['autograd','ours'] and kept['machine']['versions']['torch']==torch.__version__
    assert lines[-1]=='saved in b.json'

@pytest.mark.parametrize('args,says', [(['--only','nothing'],"there is no benchmark 'nothing'"), (['--repeats',0],'1 or more'), (['--out','.'],'name a file')])
def test_errors(args, says, tmp_path):
    r = run(*args, cwd=tmp_path)
    assert r.returncode==1 and r.stderr.startswith('mnist_bench: ') and says in r.stderr and len(r.stderr.splitlines())==1
    assert not list(tmp_path.iterdir())

def test_what_cannot_run_says_why(monkeypatch, capsys):
    def none(*_): raise MnistError('there is no MNIST here')
    monkeypatch.setattr(bench, 'load_digits', none)
    rows = bench.run_benchmarks(['loop','gradients'], 1)
    assert [o.get('why') for o in rows]==['there is no MNIST here']*3+[None]*2

@pytest.mark.parametrize('shuffle', [False,True])
@pytest.mark.parametrize('positive,n,loss,metric', [(3,1,mnist_loss,batch_accuracy),(None,10,cross_entropy,accuracy)])
def test_all_train_the_same(digits, shuffle, positive, n, loss, metric):
    "Each candidate, from the same seed, arrives at the same weights; fastai shuffles in a way of its own"
    nets = []
    def net(): nets.append(nn.Linear(784, n)); return nets[-1]
    train,valid = (o.only(3,7) if positive else o for o in digits)
    cands = bench.loops(train, valid, net, loss, metric, 2, positive, shuffle)
    for f in cands.values(): set_seed(1); f()
    same = nets[:4] if shuffle else nets
    assert len(nets)==len(cands)>=4
    for o in same[1:]: torch.testing.assert_close(o.weight, same[0].weight, atol=1e-5, rtol=1e-4)

def test_gradients_are_the_same(monkeypatch):
    made = {}
    monkeypatch.setattr(bench, 'mnist_net', lambda f=bench.mnist_net: made.setdefault('net', f()))
    monkeypatch.setattr(bench, 'by_hand', lambda net, f=bench.by_hand: made.setdefault('hand', f(net)))
    for f in bench.benchmarks['gradients, 784-30-10'][0]().values(): f()
    for p,q in zip(made['net'].parameters(), made['hand'].parameters()): torch.testing.assert_close(p.grad, q.grad.T if q.ndim>1 else q.grad, atol=1e-6, rtol=1e-4)

def test_damaged_results(tmp_path):
    for bad in 'no json', '[]', json.dumps(dict(machine={})):
        (tmp_path/'x.json').write_text(bad)
        with pytest.raises(MnistError, match='x.json holds no results'): bench.load_results(tmp_path)
