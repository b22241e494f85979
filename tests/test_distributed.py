"""Several processes train together to what one process trains, on this machine and its processor. They are started few times, and much is
looked at each time."""
import os, shlex, socket, subprocess, sys
from pathlib import Path

import pytest, torch, warm

pytest.importorskip('accelerate', reason='no Accelerate here')
pytest.importorskip('torchmetrics', reason='no torchmetrics here')
import distributing

pytestmark = pytest.mark.slow

def torchrun(n, *args, seconds=240, **env):
    "Run in `n` processes; status, stdout, stderr"
    env = os.environ | dict(OMP_NUM_THREADS='1', PYTHONWARNINGS='ignore', COLUMNS='80') | env
    r = warm.run([sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', str(n), *map(str, args)],
                       capture_output=True, text=True, timeout=seconds, env=env)
    return r.returncode,r.stdout,r.stderr

def run_all(path):
    "What is in `distributing.py`, in 4, 2 and 1 processes: what these ended with and printed is in the folder `path`"
    for n in 4,2:
        status,out,err = torchrun(n, distributing.__file__, 'all', path)
        assert not status, err[-3000:]
        (path/f'said{n}.txt').write_text(out)
    distributing.main('all', path)

@pytest.fixture(scope='module')
def runs(shared_folder):
    "What each process ended with, by the number of processes; and what these printed"
    path = shared_folder('runs', run_all)
    ended = {n:[torch.load(path/f'all-{n}-{i}.pt') for i in range(n)] for n in (1,2,4)}
    said = {n:(path/f'said{n}.txt').read_text() for n in (2,4)}
    return {n:[o for o,_ in v] for n,v in ended.items()},said,path,{n:[w for _,w in v] for n,v in ended.items()}

def far(a, b):
    "The largest difference of numbers in `a` and `b`, which must be built alike"
    if isinstance(a, dict): assert a.keys()==b.keys(); return max(far(a[k], b[k]) for k in a)
    if isinstance(a, (list,tuple)): assert len(a)==len(b); return max((far(x, y) for x,y in zip(a, b)), default=0)
    if isinstance(a, torch.Tensor): assert a.shape==b.shape and a.dtype==b.dtype; return (a.double()-b.double()).abs().max().item()
    return abs(a-b)

@pytest.mark.parametrize('n', [2,4])
@pytest.mark.parametrize('kind', [o for o in distributing.kinds if o!='drop'])
def test_same_as_one(runs, kind, n):
    "Weights, losses, metrics, predictions, and the generators' state: as one process has them, with the same batches"
    one,many = runs[0][1][0][kind],runs[0][n][0][kind]
    assert far(one['model'], many['model'])<1e-8
    assert far(one, many)<1e-6          # losses are kept in 32 bits

@pytest.mark.parametrize('n', [2,4])
def test_all_the_same(runs, n):
    "All processes end with the same, to the last bit"
    a,*others = runs[0][n]
    for b in others: assert far(a, b)==0

def test_resumes_on_another_number(runs):
    assert far(runs[0][1][0]['chain']['model'], runs[0][1][0]['norm']['model'])<1e-8 and far(runs[0][1][0]['chain'],
        runs[0][1][0]['norm'])<1e-6
def test_same_seed_same_result(runs): r = runs[0][2][0]; assert far(r['again'], r['drop'])==0 and far(r['resumed'], r['drop'])==0
def test_own_chance(runs):
    "With dropout and noisy items one process and two do not end with the same: each process draws for itself"
    assert far(runs[0][1][0]['drop']['model'], runs[0][2][0]['drop']['model'])>1e-3

def test_said_and_written_once(runs):
    _,said,path,wrote = runs
    for n in 2,4:
        assert wrote[n][0]>9 and not any(wrote[n][1:])
        assert sum('epoch 8 ' in o for o in said[n].splitlines())==1 and said[n].count('early stopping')==1
        rows = (path/f'stopping{n}.csv').read_text().splitlines()
        assert len(rows)==10 and [o.rsplit(',', 1)[0][:30] for o in rows]==[o.rsplit(',', 1)[0][:30]
            for o in (path/'stopping0.csv').read_text().splitlines()]
    assert said[2].count('going on from')==2 and 'epoch 1, batch 2' in said[2]
    assert not list(path.rglob('.*')) and sum(1 for _ in (path/'chain').rglob('*.safetensors'))==2

def test_killed(tmp_path, runs):
    "Of two processes one is killed; the other says so in a line, and the training goes on from the last checkpoint"
    status,out,err = torchrun(2, distributing.__file__, 'killed', tmp_path)
    assert status and err.count('MnistError: another process of this training has ended')==1 and 'resume=True' in err
    assert not [*tmp_path.glob('*.pt')]
    res = distributing.fit('one_cycle', tmp_path/'killed', [distributing.Checkpoint(3, fname='chain')], seed=5, resume=True)
    assert far(res['model'], runs[0][1][0]['one_cycle']['model'])<1e-8

def test_accelerate_launch(tmp_path):
    "Accelerate's launcher starts them as well, as the chapter says"
    program = ("import sys; sys.path.insert(0, sys.argv[1]); import torch, distributing as d; from pathlib import Path; "
               "torch.save(d.fit('sgd', Path('.')), f'{d.num_distrib()}-{d.rank_distrib()}.pt')")
    (tmp_path/'program.py').write_text(program)
    r = warm.run([sys.executable, '-m', 'accelerate.commands.launch', '--multi_gpu', '--num_processes', '2', 'program.py',
                        Path(distributing.__file__).parent], capture_output=True, text=True, timeout=240,
                       cwd=tmp_path, env=os.environ | dict(HOME=str(tmp_path), OMP_NUM_THREADS='1'))
    assert not r.returncode, r.stderr[-3000:]
    one,*two = distributing.fit('sgd', tmp_path)['model'],*(torch.load(tmp_path/f'2-{i}.pt')['model'] for i in range(2))
    assert all(far(one, o)<1e-8 for o in two)

# --- mnist_train --distributed

def script(folder):
    "What pip makes of the console script"
    path = folder/'mnist_train'
    path.write_text('import sys\nfrom mnist_from_scratch.tools.cli import mnist_train\nif __name__=="__main__": sys.exit(mnist_train())\n')
    return path

def test_command(tmp_path, monkeypatch, capsys):
    "The same history as without, and one table"
    from mnist_from_scratch.tools.cli import load_model, mnist_train
    args = '--data digits --digits 3,7 --epochs 2 --seeds 1'.split()
    # no environment is activated
    env = os.environ | dict(OMP_NUM_THREADS='1', PYTHONWARNINGS='ignore', COLUMNS='80', PATH='/usr/bin:/bin')
    def run(*args): r = warm.run(args, capture_output=True, text=True, timeout=240, env=env); return r.returncode,r.stdout,r.stderr
    status,out,err = run(sys.executable, script(tmp_path), *args, '--out', tmp_path/'two', '--distributed')
    assert status==1 and not out and err.count('\n')==1
    status,out,err = run('sh', '-c', err.split('; type: ')[1])
    assert not status and out.count('validate on')==1 and out.count('* saved in')==1 and 'epoch 1' in out, out+err
    monkeypatch.chdir(tmp_path)
    mnist_train(data='digits', digits='3,7', epochs=2, seeds=1, out='one')
    one,two = ([[float(o) for o in l.split(',')] for l in (tmp_path/o/'history.csv').read_text().splitlines()[1:]] for o in ('one','two'))
    assert len(two)==2 and far(one, two)<1e-3
    assert far(*(dict(load_model(o)[0].state_dict()) for o in ('one','two')))<1e-2
    assert sorted(o.name for o in (tmp_path/'two').iterdir())==sorted(o.name for o in (tmp_path/'one').iterdir())

def test_command_alone(tmp_path):
    def run(*args): return warm.run([sys.executable, script(tmp_path), *args], capture_output=True, text=True, cwd=tmp_path)
    r = run('--distributed', '--epochs', '3')
    typed = [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', '2', str(tmp_path/'mnist_train'),
             '--distributed', '--epochs', '3']
    assert (r.returncode==1 and r.stderr=='mnist_train: --distributed needs a launcher, which starts the processes; type: '
            f'{shlex.join(typed)}\n' and not r.stdout)
    r = run('--distributed', '--model', 'baseline')
    assert r.returncode==1 and 'the baseline is not; leave it out' in r.stderr

GOOD = dict(WORLD_SIZE='2', RANK='0', LOCAL_RANK='0', MASTER_ADDR='127.0.0.1', MASTER_PORT='29511')

@pytest.fixture
def alone():
    from mnist_from_scratch.tools.cli import make_learner, to_dls
    from mnist_from_scratch.data.digits import load_digits
    return make_learner('linear', to_dls(*(o[:50] for o in load_digits('digits'))), 10)

@pytest.mark.parametrize('bad', [dict(WORLD_SIZE='x'), dict(WORLD_SIZE='-2'), dict(WORLD_SIZE='2.'), dict(RANK=None), dict(RANK='x'),
                                 dict(RANK='2'), dict(LOCAL_RANK=None), dict(LOCAL_RANK='-1'),
    dict(MASTER_PORT='notaport'), dict(MASTER_PORT='0'), dict(MASTER_PORT='65536'), dict(MASTER_PORT=None), dict(MASTER_PORT=''),
    dict(MASTER_ADDR=None), dict(MASTER_ADDR='')], ids=str)
def test_bad_environment(monkeypatch, alone, bad):
    "One line that names the variable; and what it says to type helps"
    from mnist_from_scratch.base.core import MnistError
    for k,v in (GOOD|bad).items(): monkeypatch.setenv(k, v) if v is not None else monkeypatch.delenv(k, raising=False)
    with pytest.raises(MnistError, match=f'the environment variable {next(iter(bad))} is') as e:
        with alone.distrib_ctx(): pass
    assert '\n' not in str(e.value) and 'launcher' in str(e.value)
    for k in 'WORLD_SIZE','RANK': monkeypatch.delenv(k, raising=False)
    with alone.distrib_ctx(): pass

def test_what_cannot_be_shared(alone):
    "Errors of what processes cannot do together; each is gone once it is done as the message says"
    from mnist_from_scratch.engine.distributed import DistributedDL, DistributedTrainer
    from mnist_from_scratch.minibatches import DataLoader
    ds = alone.dls.train_ds
    with pytest.raises(ValueError, match=r'single items \(bs=None\), and processes can only share batches; pass bs$'):
        [*DistributedDL(DataLoader(ds, bs=None), 0, 2)]
    assert [len(o) for o,_ in DistributedDL(DataLoader(ds, bs=20), 0, 2)]==[10,10,5]
    alone.recorder.train_metrics = True
    def fit():
        with alone.no_bar(): alone.fit(1, cbs=DistributedTrainer(cpu=True))
    with pytest.raises(ValueError, match='train without recorder.train_metrics'): fit()
    alone.recorder.train_metrics = False
    fit()

def test_a_free_port(tmp_path):
    "What to do where the processes cannot meet: start all of them again, with a free port"
    program = ("import sys; from mnist_from_scratch.all import *; from mnist_from_scratch.base.core import MnistError\n"
               "import mnist_from_scratch.engine.distributed\n"
               "dl = DataLoader([(torch.ones(2), torch.ones(1))]*4, bs=2)\n"
               "learn = Learner(DataLoaders(dl, dl), nn.Linear(2,1), F.mse_loss)\n"
               "try:\n    with learn.distrib_ctx(): learn.fit(1)\nexcept MnistError as e: sys.exit(f'no: {e}')\nprint('trained')")
    (tmp_path/'program.py').write_text(program)
    def start(port, rank):
        env = os.environ | GOOD | dict(RANK=str(rank), LOCAL_RANK=str(rank), MASTER_PORT=str(port), OMP_NUM_THREADS='1')
        return warm.Popen([sys.executable, 'program.py'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
                                cwd=tmp_path)
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0)); s.listen()
        port = s.getsockname()[1]
        _,err = start(port, 0).communicate(timeout=120)
        assert 'cannot meet at 127.0.0.1, port' in err and 'Start all of them again, with a free port' in err
    ended = [o.communicate(timeout=120) for o in [start(port, i) for i in range(2)]]
    assert 'trained' in ended[0][0], ended

@pytest.mark.parametrize('bad,says', [(dict(MASTER_PORT='notaport'), "MASTER_PORT is 'notaport'"),
                                      (dict(MASTER_PORT='taken'), 'cannot meet at 127.0.0.1, port')])
def test_command_in_a_bad_environment(tmp_path, bad, says):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0)); s.listen()
        if bad['MASTER_PORT']=='taken': bad = dict(MASTER_PORT=str(s.getsockname()[1]))
        r = warm.run([sys.executable, script(tmp_path), '--data', 'digits', '--epochs', '1', '--distributed'], capture_output=True,
                           text=True, cwd=tmp_path, timeout=120, env=os.environ | GOOD | bad)
    lines = [o for o in r.stderr.splitlines() if o.startswith('mnist_train: ')]
    assert r.returncode==1 and len(lines)==1 and says in lines[0] and 'Traceback' not in r.stderr and [o.name
        for o in tmp_path.iterdir()]==['mnist_train'], r.stderr
