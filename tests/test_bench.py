"The command `mnist_bench`, and that the programs it compares do the same work. No time is tested."
import mmap, json, os, platform, shutil, signal, subprocess, sys, time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest, torch, warm
from torch import nn

from mnist_from_scratch.tools import bench
from mnist_from_scratch.tools.cli import _bench_row, mnist_bench
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.base.files import cache_dir
from mnist_from_scratch.data.idx import load_idx
from mnist_from_scratch.losses import batch_accuracy, mnist_loss
from mnist_from_scratch.softmax import accuracy, cross_entropy

command = shutil.which('mnist_bench', path=Path(sys.executable).parent) or shutil.which('mnist_bench')
def run(*args, **kwargs): return warm.run([sys.executable, command, *map(str, args)], capture_output=True, text=True, **kwargs)

@pytest.mark.slow
def test_command(tmp_path):
    r = run('--only', 'gradients, 784', '--repeats', 2, '--out', 'b.json', cwd=tmp_path)
    assert not r.returncode and not r.stderr, r.stderr
    lines = r.stdout.splitlines()
    assert 'bfloat16' in lines[0] and lines[1]=='1 benchmark, about 1 s'
    assert lines[2]=='gradients, 784-30-10' and lines[3].startswith('  autograd') and lines[4].startswith(
        '  ours') and 'bound 1.00' in lines[4]
    assert max(map(len, lines[1:]))<=80
    (kept,) = bench.load_results(tmp_path)
    assert [o['who'] for o in kept['rows']]==['autograd','ours'] and kept['machine']['versions']['torch']==torch.__version__
    assert {'cpu','cores','threads','load','date','python','system','gpu','bfloat16',
            'versions'}=={*kept['machine']} and kept['machine']['threads']>=1
    assert lines[-1]=='saved in b.json'

@pytest.mark.parametrize('args,says', [(['--only','nothing'],"there is no benchmark 'nothing'"), (['--repeats',0],'1 or more'),
                                       (['--out','.'],'name a file')])
def test_errors(args, says, tmp_path):
    r = run(*args, cwd=tmp_path)
    assert r.returncode==1 and r.stderr.startswith('mnist_bench: ') and says in r.stderr and len(r.stderr.splitlines())==1
    assert not list(tmp_path.iterdir())

def test_names_of_benchmarks():
    "All that the message names can be asked for"
    with pytest.raises(MnistError, match="there is no benchmark 'nothing'; there are: ") as e: bench.plan_benchmarks('nothing')
    names = str(e.value).partition('there are: ')[2].split('; ')
    assert [*bench.plan_benchmarks(names)]==names==[*bench.benchmarks]

@pytest.mark.slow
def test_what_cannot_run_says_why(monkeypatch, capsys):
    def none(*_): raise MnistError('there is no MNIST here')
    monkeypatch.setattr(bench, 'load_digits', none)
    rows = bench.run_benchmarks(['loop','gradients'], 1)
    assert [o.get('why') for o in rows]==['there is no MNIST here']*3+[None]*4
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    (row,) = bench.run_benchmarks('an epoch to 99 %, on a GPU', 1)
    assert 'no GPU' in row['why'] and _bench_row(row)==f"  not run: {row['why']}"
    def no(): import no_such_package # noqa: F401
    monkeypatch.setitem(bench.benchmarks, 'x', type('x', (), dict(make=no, bound=None, takes=1, long='')))
    assert 'no_such_package' in bench.run_benchmarks('x')[0]['why']
    assert not any('why' in o and ('who' in o or '\n' in o['why']) for o in rows+[row])

def test_what_takes_long_is_announced(monkeypatch, capsys):
    "Left out and said so, unless it is asked for; in no row is more than a line"
    ran = []
    for k,o in bench.benchmarks.items(): monkeypatch.setattr(o, 'make', lambda k=k: ran.append(k) or dict(a=lambda: 1., ours=lambda: 2.))
    long = [k for k,o in bench.benchmarks.items() if o.long]
    assert long==['folder of PNG files','mapped IDX file']
    mnist_bench(repeats=1)
    lines = capsys.readouterr().out.splitlines()
    assert ran==[k for k in bench.benchmarks if k not in long] and max(map(len, lines[1:]))<=80
    assert f"{len(ran)} benchmarks, about " in lines[1] and '2 more with --long' in lines[1]
    for k in long:
        assert lines[lines.index(k)+1].startswith('  not run: takes about ') and lines[lines.index(k)+1].endswith('run with --long')
    for kw,want in (dict(only=['mapped']), ['mapped IDX file']), (dict(long=True), [*bench.benchmarks]):
        ran.clear(); mnist_bench(repeats=1, **kw); assert ran==want
    assert all(isinstance(o, float) for o in bench.plan_benchmarks(long=True).values()) and bench.plan_benchmarks('gradients',
        11)['gradients, 784-30-10']==4

def test_a_bound_for_each(monkeypatch):
    "Sizes have a unit, and no rounds; what fails in the middle does not stop the rest"
    calls = []
    def make():
        yield dict(file=lambda: 200., ours=lambda: calls.append(1) or 50.),'MB'
        def bad(): raise MnistError('no')
        yield dict(a=bad)
        yield dict(a=lambda: 1., ours=lambda: 3.)
    monkeypatch.setattr(bench, 'benchmarks', {})
    bench.benchmark('it', dict(ours=.5))(make)
    rows = bench.run_benchmarks(repeats=2)
    assert rows[1]==dict(benchmark='it', bound=.5, who='ours', MB=50., ratio=.25, lowest=.25, highest=.25) and calls==[1]
    assert rows[2]==dict(benchmark='it', why='no') and (rows[4]['seconds'],rows[4]['ratio'])==(3.,3.)
    assert '50.0 MB   0.25 ×' in _bench_row(rows[1])

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

@pytest.mark.parametrize('best', ['x[i]','index_select','index_select of bytes'])
def test_the_bare_loop_is_the_fastest(digits, best, monkeypatch):
    "Of the ways to pick a batch the fastest is the peer, whichever that is, and all of them train the same"
    train,valid = (bench.to_dset(o)[:] for o in digits)
    ways = bench._bare_loops(nn.Linear(784, 10), cross_entropy, accuracy, train, valid)
    for f in ways.values(): set_seed(1); f()
    nets = [f.args[0] for f in ways.values()]
    assert len(nets)==3
    for o in nets: torch.testing.assert_close(o.weight, nets[0].weight, atol=1e-5, rtol=1e-4)
    monkeypatch.setattr(bench, 'race', lambda cands, repeats: {k:[2.,1.-.5*(k==best)] for k in cands})
    peer = next(iter(bench.loops(*digits, lambda: nn.Linear(784, 10), cross_entropy, accuracy, 2, shuffle=True).values()))
    assert peer.keywords['pick'] is ways[best].keywords['pick'] and peer.args[5]==2

def test_gradients_are_the_same(monkeypatch):
    made = {}
    monkeypatch.setattr(bench, 'mnist_net', lambda f=bench.mnist_net: made.setdefault('net', f()))
    monkeypatch.setattr(bench, 'by_hand', lambda net, f=bench.by_hand: made.setdefault('hand', f(net)))
    for f in bench.benchmarks['gradients, 784-30-10'].make().values(): f()
    for p,q in zip(made['net'].parameters(), made['hand'].parameters()):
        torch.testing.assert_close(p.grad, q.grad.T if q.ndim>1 else q.grad, atol=1e-6, rtol=1e-4)

def test_damaged_results(tmp_path):
    for bad in 'no json', '[]', json.dumps(dict(machine={})):
        (tmp_path/'x.json').write_text(bad)
        with pytest.raises(MnistError, match='x.json holds no results of mnist_bench .*; write it anew'): bench.load_results(tmp_path)
    bench.save_results([dict(benchmark='a', why='b')], tmp_path/'x.json')
    assert bench.load_results(tmp_path)[0]['rows']==[dict(benchmark='a', why='b')]

# --- data that are made for it

@pytest.fixture
def scratch(digits, tmp_path, monkeypatch):
    "The bundled digits in place of MNIST; an empty folder for temporary files, and one for the cache"
    for o in 'tmp','cache': (tmp_path/o).mkdir()
    monkeypatch.setattr(bench, 'load_digits', lambda *_: digits)
    monkeypatch.setattr(bench.tempfile, 'tempdir', str(tmp_path/'tmp'))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path/'cache'))
    return tmp_path/'tmp'

def test_folder_of_pngs(scratch, digits):
    "All three read the same images; the user's cache is left alone, and nothing stays"
    with closing(bench._folder()) as made:
        loop,first,cached = next(made).values()
        ours = first()
        for o,want in zip(ours, digits): assert torch.equal(o.x, want.x) and torch.equal(o.y, want.y)
        assert sorted(map(len, loop()))==sorted(map(len, digits))
        assert np.concatenate(loop()).sum()==sum(o.x.sum().item() for o in digits)
        assert torch.equal(cached()[0].x, digits[0].x) and len([*scratch.glob('*/cache/folders/*.safetensors')])==1
        assert not cache_dir().exists()
    assert not [*scratch.glob('mnist_bench-*')] and bench.folders.cache_dir is cache_dir

def test_shifted(digits):
    "Each image is moved by one or two pixels, never left where it is, and nothing of it is lost inside"
    x = torch.zeros(500,28,28, dtype=torch.uint8); x[:,10:18,12:16] = 7
    out = bench._shifted(x, torch.Generator().manual_seed(0))
    moves = {tuple((b-a).tolist()) for a,b in zip([o.nonzero()[0] for o in x], [o.nonzero()[0] for o in out])}
    assert moves=={(r,c) for r in range(-2,3) for c in range(-2,3)}-{(0,0)} and (out.flatten(1).sum(1)==x[0].sum()).all()

@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='reads /proc')
def test_mapped_file(scratch, digits):
    "A small file of the kind: its images, the memory of a process that trains on it, and two candidates that take the same steps"
    n = 4000
    with closing(bench._mapped(n, 20)) as made:
        sizes,unit = next(made)
        (folder,) = scratch.glob('mnist_bench-*')
        train,valid = load_idx(folder, mmap=True)
        assert len(train)==n and torch.equal(valid.x,
                                             digits[1].x) and abs(train.x.float().mean()-digits[0].x.float().mean())<2 and set(
                                                 train.classes)==set(range(10))
        assert unit=='MB' and sizes['the file']()==784*n/1e6 and 0<sizes['ours, beyond the imports']()<500
        cands = next(made)
        assert [*cands]==['in memory','ours, mapped'] and [f() for f in cands.values()]==[20,20]
    assert not [*scratch.glob('mnist_bench-*')]

def test_own_memory():
    "What a process has of its own, and not what it has mapped"
    if not sys.platform.startswith('linux'): pytest.skip('reads /proc')
    before = bench._own_memory()
    a = np.frombuffer(mmap.mmap(-1, 2**25, flags=mmap.MAP_PRIVATE|mmap.MAP_ANONYMOUS), np.uint8); a[:] = 1   # pages that nobody had before
    assert .9*len(a)<bench._own_memory()-before<1.5*len(a)

@pytest.mark.parametrize('why,says', [('disk','GB on disk'), ('memory','in memory'), ('linux','only Linux'), ('killed','status'),
                                      ('full','No space left')])
def test_what_is_missing_for_the_mapped_file(scratch, monkeypatch, why, says):
    if why=='disk': monkeypatch.setattr(bench.shutil, 'disk_usage', lambda _: type('u', (), dict(free=1e6)))
    if why=='memory': monkeypatch.setattr(bench, '_free_memory', lambda: 1000)
    if why=='linux': monkeypatch.setattr(bench, '_lines', lambda f: [])
    if why=='killed': monkeypatch.setattr(bench.sys, 'executable', shutil.which('false'))
    if why=='full': monkeypatch.setattr(bench, '_shifted', lambda *_: (_ for _ in ()).throw(OSError(28, 'No space left on device')))
    if why!='killed' and why!='linux': monkeypatch.setattr(bench, '_mapped_memory', lambda *_: 1.)
    o = bench.benchmarks['mapped IDX file']
    def make(): yield from bench._mapped(2000, 2)
    monkeypatch.setattr(o, 'make', make)
    rows = bench.run_benchmarks('mapped', 1)
    whys = [r['why'] for r in rows if 'why' in r]
    assert len(whys)==1 and says in whys[0] and '\n' not in whys[0] and not [*scratch.glob('mnist_bench-*')]
    if why in ('linux','killed'): assert [r['who'] for r in rows if 'who' in r]==['in memory','ours, mapped']      # the rest goes on

@pytest.mark.parametrize('e', [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize('name', ['folder of PNG files','reading IDX files'])
def test_temporary_files_are_gone_after_an_error(scratch, monkeypatch, e, name):
    seen = []
    def broken(*_): seen.extend(scratch.iterdir()); raise e
    monkeypatch.setattr(bench, 'race', broken)
    with pytest.raises(e): bench.run_benchmarks(name, 1)
    assert seen and not [*scratch.glob('mnist_bench-*')]

@pytest.mark.parametrize('why,says', [('disk','GB free; set TMPDIR to a folder with more'),
                                      ('full','left on device; set TMPDIR to another folder'),
                                      ('gone','tmp/mnist_bench-.*; set TMPDIR to another folder')])
def test_another_temporary_folder(scratch, tmp_path, monkeypatch, why, says):
    "What the messages say to do is done, as a new process would find it, and then there is room"
    if why=='disk': monkeypatch.setattr(bench.shutil, 'disk_usage', lambda o: SimpleNamespace(free=1e6 if str(scratch) in o else 1e12))
    if why=='gone': scratch.rmdir()
    def use():
        with bench._scratch(2e6) as tmp:
            if why=='full' and tmp.parent==scratch: raise OSError(28, 'No space left on device')
            return tmp
    with pytest.raises(MnistError, match=says) as e: use()
    assert '\n' not in str(e.value)
    (tmp_path/'other').mkdir()
    monkeypatch.setenv('TMPDIR', str(tmp_path/'other')); monkeypatch.setattr(bench.tempfile, 'tempdir', None)
    assert use().parent==tmp_path/'other' and not [*(tmp_path/'other').iterdir()]

BENCH = """import sys
from mnist_from_scratch.tools.cli import mnist_bench
from mnist_from_scratch.tools import bench
from mnist_from_scratch.data.digits import load_digits
bench.load_digits = lambda *_, digits=load_digits('digits'): digits
def mapped(): yield from bench._mapped(20000)
bench.benchmarks['mapped IDX file'].make = mapped
if __name__=='__main__': sys.exit(mnist_bench())
"""

@pytest.mark.slow
@pytest.mark.parametrize('only,until', [('folder', 'mnist_bench-*/pngs/training/3/*'), ('folder', 'mnist_bench-*/cache/folders/*'),
                                        ('mapped', 'mnist_bench-*/train-images-idx3-ubyte')])
def test_ctrl_c_leaves_nothing(tmp_path, only, until):
    """While files are written, while programs race, while another process trains: one line, no file, no process. Impatience does not change
    it."""
    for o in 'tmp','bin': (tmp_path/o).mkdir()
    (tmp_path/'bin/mnist_bench').write_text(BENCH)
    p = subprocess.Popen([sys.executable, tmp_path/'bin/mnist_bench', '--only', only, '--repeats', '100000', '--out', 'b.json'],
                         cwd=tmp_path, text=True, start_new_session=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ|dict(TMPDIR=str(tmp_path/'tmp')),
                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    end = time.time()+90
    while not [*(tmp_path/'tmp').glob(until)] and time.time()<end: time.sleep(.02); assert p.poll() is None, p.stderr.read()
    if only=='mapped': time.sleep(1)
    for pause in 0,.02,.1: time.sleep(pause); p.send_signal(signal.SIGINT)
    out,err = p.communicate(timeout=60)
    assert p.returncode==130 and err.strip()=='mnist_bench: interrupted; nothing is written', err
    assert not [*(tmp_path/'tmp').iterdir()] and not (tmp_path/'b.json').exists()
    with pytest.raises(ProcessLookupError):
        for _ in range(100): os.killpg(p.pid, 0); time.sleep(.05)

@pytest.mark.slow
def test_example_of_pytorch():
    "As it is described: so many parameters, and a step for each batch; the time of a part is multiplied up to four epochs"
    net,took = bench._example(torch.rand(100, 784), torch.randint(10, (100,)), 2, 1)
    assert sum(o.numel() for o in net.parameters())==1199882 and took>0
    x,y = torch.rand(640, 784),torch.arange(640)%10
    calls,step = [],torch.optim.Adadelta.step
    with pytest.MonkeyPatch.context() as m:
        m.setattr(torch.optim.Adadelta, 'step', lambda self, *a: calls.append(self.param_groups[0]['lr']) or step(self, *a))
        bench._example(x, y, 2)
    assert len(calls)==20 and calls[0]==1 and calls[-1]==pytest.approx(.7)

def test_beside_the_example(scratch, monkeypatch):
    monkeypatch.setattr(bench, '_example', lambda x, y, epochs, n: (None, 2.*n))
    cands = bench._beside_example(3)
    batches = -(-1438//64)
    assert cands['4 epochs, from 3 batches']()==2*4*batches

# --- kept results

def kept(folder, name, day, **ratios):
    row = lambda k,r: dict(benchmark='loop', bound=1.1, who=k, seconds=r, ratio=r, lowest=.9*r, highest=1.1*r)
    rows = [dict(benchmark='loop', bound=None, who='peer', seconds=1., ratio=1., lowest=1., highest=1.),
            *(row(k.replace('_',' '), r) for k,r in ratios.items()), dict(benchmark='GPU', why='there is none')]
    bench.save_results(rows, folder/name, bench.machine()|dict(date=day))

def test_a_later_slowdown_shows(tmp_path):
    "In the table and in the picture, also where a candidate was missing in between"
    import matplotlib.pyplot as plt
    kept(tmp_path, 'b.json', '2026-01-01', ours=1., ours_mapped=2.)
    kept(tmp_path, 'c.json', '2026-02-01', ours=1.05)
    kept(tmp_path, 'a.json', '2026-03-01', ours=2.1, ours_mapped=1., ours_new=3.)
    res = bench.load_results(tmp_path)
    assert [o['file'] for o in res]==['b.json','c.json','a.json']
    df = bench.compare_results(res)
    assert [*df.columns]==['b','c','a',
                           'change'] and df.change['loop: ours']==pytest.approx(2) and df.change['loop: ours mapped']==pytest.approx(
                               .5) and np.isnan(df.change['loop: ours new'])
    assert 'change' not in bench.compare_results(res[:1])
    ax = bench.plot_results(res[-1]['rows'], res[:-1])
    at = {t.get_text():y for t,y in zip(ax.get_yticklabels(), ax.get_yticks())}
    def xs(name, hollow):
        return sorted(x for l in ax.lines if l.get_marker()=='o' and (l.get_markerfacecolor()=='none')==hollow
                      for x, y in zip(*l.get_data()) if y==at[name])
    assert xs('loop: ours', True)==[1.,1.05] and xs('loop: ours', False)==[2.1] and xs('loop: ours new',
        True)==[] and 'earlier' in ax.get_xlabel()
    plt.close(ax.figure)

@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0]!='glibc', reason='another C library than glibc')
def test_freed_memory_is_kept():
    "What was freed is not asked for page by page a second time"
    def faults(first):
        code = (f"import resource, torch\nfrom mnist_from_scratch.tools.bench import keep_memory\n{first}\nfor i in range(2):\n    was = "
                "resource.getrusage(0).ru_minflt\n    ts = [torch.ones(6_000_000) for _ in range(3)]; del "
                "ts\nprint(resource.getrusage(0).ru_minflt-was)")
        return int(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout)
    # the best of three: something small between large pieces can keep them apart
    assert 2*min(faults('keep_memory()') for _ in range(3))<faults('')
