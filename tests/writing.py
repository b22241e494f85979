"""Everything that the library writes, written by child processes that are killed, that find the disk full, or that all want to write at
once.

Run by `test_writes.py`, in a process of its own that has imported everything once and forks: `python writing.py kill|full|race FOLDER`
prints a JSON of what happened. Each kind of file has versions: `write(v)` writes version v, and `read()` looks at all that is there and
says which one it is."""
import csv, json, os, random, resource, signal, subprocess, sys, time
from pathlib import Path

import matplotlib; matplotlib.use('Agg')
import torch
from PIL import Image
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch.tools import bench, cli
import mnist_from_scratch.data as D
from mnist_from_scratch.engine.checkpoint import Checkpoint
from mnist_from_scratch.engine.tracking import CSVLogger, SaveModelCallback
from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.base.files import making_folder
from mnist_from_scratch.base.state import read_state, write_state
from mnist_from_scratch.data.sets import Digits
from mnist_from_scratch.data.idx import load_idx
from mnist_from_scratch.data.folders import load_folder
from mnist_from_scratch.data.download import download_mnist
from mnist_from_scratch.data.digits import URLs, load_digits, untar_data
from mnist_from_scratch.engine.export import load_learner
from mnist_from_scratch.all import Learner
from mnist_from_scratch.softmax import cross_entropy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.optimizers import SGD
from killing import child, die, wait
from serving import Server, packed

def cache_in(path):
    "The library's cache is `path` from now on"
    for o in D.folders,D.download,D.digits: o.cache_dir = lambda: path

def quiet(): sys.stdout = sys.stderr = open(os.devnull, 'w')

def learner(path, v, **kwargs):
    "All weights are `v`, and stay so, since the rate is 0"
    ds = TensorDataset(torch.zeros(8,30), torch.zeros(8, dtype=torch.long))
    learn = Learner(DataLoaders(DataLoader(ds, 4), DataLoader(ds, 8)), nn.Sequential(nn.Linear(30,40), nn.Linear(40,3)), cross_entropy,
                    SGD, path=path, **kwargs)
    for p in learn.model.parameters(): p.data.fill_(v)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn

def picture(n):
    "uint8 [28,28] that any loader takes for a digit as it is: a ring of ink, and the number `n` within"
    x = torch.zeros(28, 28, dtype=torch.uint8)
    x[4:24,4:24],x[8:20,8:20] = 255,n
    return x

def only(*ts):
    "The one number of which all these tensors are full, or that all these pictures hold"
    def numbers(t):
        if t.shape[-2:]!=(28,28): return t.unique().tolist()
        ns = t[...,14,14].flatten().tolist()
        assert torch.equal(t.reshape(-1,28,28), torch.stack([picture(n) for n in ns]))
        return ns
    values = set().union(*map(numbers, ts))
    assert len(values)==1, values
    return int(values.pop())

def digits(v, n=24): return Digits(picture(v%251+2).repeat(n,1,1), torch.arange(n)%10)
def sets(v): return digits(v),digits(v, 20)

class Kind:
    light = True # fast enough for many points
    several = False # does it write more than once?
    once = False # is each version made once, under a name of its own?
    def __init__(self, folder): self.path = folder
    def prepare(self, v): "What is there before version v is written"
    def same(self, a, b): return a==b

class State(Kind):
    file = 's.safetensors'
    def write(self, v): write_state(self.path/self.file, dict(v=v, t=torch.full((20000,), float(v))))
    def read(self):
        if not (self.path/self.file).exists(): return
        s = read_state(self.path/self.file)
        assert only(s['t'])==s['v']
        return s['v']

class Save(Kind):
    def write(self, v): learner(self.path, v).save('m')
    def read(self):
        if not (self.path/'models/m.safetensors').exists(): return
        return only(*learner(self.path, 0).load('m', with_opt=False).model.parameters())

class Best(Save):
    "SaveModelCallback"
    def write(self, v): learner(self.path, v).fit(1, 0., cbs=SaveModelCallback(fname='m'))

class Export(Kind):
    def write(self, v): learner(self.path, v).export()
    def read(self):
        if not (self.path/'export.safetensors').exists(): return
        return only(*load_learner(self.path/'export.safetensors').model.parameters())

class Checkpoints(Kind):
    several = True
    def write(self, v): learner(self.path, v).fit(2, 0., cbs=Checkpoint(1))
    def read(self):
        vs = [only(*read_state(o)['model'].values()) for o in sorted((self.path/'models').glob('checkpoint-*'))]
        return vs[-1] if vs else None

class Trained(Kind):
    "The model of mnist_train"
    def write(self, v):
        net = cli.make_model('linear', 2)
        for p in net.parameters(): p.data.fill_(v)
        cli.save_model(self.path, net, 'linear', (3,7), v=v)
    def read(self):
        if (self.path/'model.json').exists(): json.loads((self.path/'model.json').read_text())
        if not (self.path/'model.safetensors').exists(): return
        net,spec = cli.load_model(self.path)
        assert only(*net.parameters())==spec['v']
        return spec['v']

class Run(Trained):
    "All that mnist_train writes, with history and picture"
    light,several = False,True
    def write(self, v):
        net,ds = cli.make_model('linear', 2),digits(v, 2)
        for p in net.parameters(): p.data.fill_(v)
        ds.y = torch.tensor([3,7])
        cli._save_run(self.path, 'linear', net, (3,7), [(v,v,v)]*3, ds, torch.tensor([0,1]), f'{v}', dict(v=v))
    def read(self):
        if (f := self.path/'history.csv').exists():
            rows = list(csv.reader(f.open()))
            assert len(rows)==4 and rows[0]==['epoch','train_loss','valid_loss','accuracy'] and all(o==[str(i),*rows[1][1:]]
                for i, o in enumerate(rows[1:]))
        if (f := self.path/'report.png').exists(): Image.open(f).load()
        return super().read()

class Log(Kind):
    "CSVLogger: a version of 0 to 3 rows, each of them whole"
    several = True
    def write(self, v): learner(self.path, 1, metrics=[lambda p,t: torch.tensor(float(v))]).fit(3, 0., cbs=CSVLogger())
    def read(self):
        f = self.path/'history.csv'
        if not f.exists(): return
        text = f.read_text()
        head,*rows = csv.reader(text.splitlines())
        assert text[-1]=='\n' and head[0]=='epoch' and [r[0] for r in rows]==[str(i) for i in range(len(rows))] and all(len(r)==len(head)
            for r in rows)
        vs = {int(float(r[3])) for r in rows}
        assert len(vs)<2
        return vs.pop() if vs else 'begun'

class Answers(Kind):
    "The answers of mnist_predict --submission; a version is 0 or 1"
    n = 300
    def __init__(self, folder):
        super().__init__(folder)
        self.inputs = folder.with_name(folder.name+'-in'); self.inputs.mkdir(exist_ok=True)
        (self.inputs/'test.csv').write_text(','.join(f'pixel{i}' for i in range(784))+'\n'+(','.join(['0']*784)+'\n')*self.n)
        net = cli.make_model('linear', 10)
        for i in range(10):
            for p in net.parameters(): p.data.zero_()
            list(net.parameters())[1].data[i] = 1
            cli.save_model(self.inputs/str(i), net, 'linear', range(10))
    def write(self, v): cli.mnist_predict(str(self.inputs/str(v%10)), [str(self.inputs/'test.csv')], submission=str(self.path/'a.csv'))
    def read(self):
        f = self.path/'a.csv'
        if not f.exists(): return
        head,*rows = f.read_text().split()
        assert head=='ImageId,Label' and len(rows)==self.n
        d, = {int(o.split(',')[1]) for o in rows}
        return d
    def same(self, a, b): return a is not None and b is not None and a%10==b%10

class Results(Kind):
    "What mnist_bench writes"
    def write(self, v): bench.save_results([dict(benchmark='x', v=v)]*200, self.path/'r.json')
    def read(self):
        if not (self.path/'r.json').exists(): return
        rows = json.loads((self.path/'r.json').read_text())['rows']
        assert len(rows)==200
        v, = {o['v'] for o in rows}
        return v

class Folders(Kind):
    "The cache of a folder of images, in one file: which version it has is nobody's business, if it is whole"
    def __init__(self, folder):
        super().__init__(folder)
        self.inputs = folder.with_name(folder.name+'-in')
        for i,(x,y) in enumerate(digits(0)):
            f = self.inputs/str(y.item())/f'{i}.png'; f.parent.mkdir(parents=True, exist_ok=True); Image.fromarray(x.numpy()).save(f)
    def prepare(self, v):
        for i,(x,y) in enumerate(digits(v)):
            f = self.inputs/str(y.item())/f'{i}.png'; Image.fromarray(x.numpy()).save(f); os.utime(f, (v,v))
    def write(self, v):
        cache_in(self.path)
        load_folder(self.inputs)
    def read(self):
        for o in (self.path/'folders').glob('[!.]*'): only(read_state(o)['x'])
        return 'any'
    def same(self, a, b): return True

class Made(Kind):
    "A folder that is made once: version v is a folder of its own"
    once = True
    def name(self, v): return f'f{v}'
    def write(self, v):
        with making_folder(self.path/self.name(v)) as new:
            if new: D.idx.write_idx(new, *sets(v))
    def read(self):
        vs = [int(o.name[1:]) for o in self.path.glob('f*')]
        for v in vs: assert [only(o.x) for o in load_idx(self.path/f'f{v}')]==[v%251+2]*2
        return max(vs, default=None)

class Pictures(Kind):
    "untar_data: folders of PNGs and a table"
    once = True
    def __init__(self, folder):
        super().__init__(folder)
        self.inputs = folder.with_name(folder.name+'-in'); self.inputs.mkdir(exist_ok=True)
    def prepare(self, v): (f := self.inputs/str(v)).mkdir(exist_ok=True); D.idx.write_idx(f, *sets(v))
    def write(self, v):
        cache_in(self.path)
        untar_data(URLs.MNIST_SAMPLE, source=self.inputs/str(v))
    def read(self):
        v = None
        for o in sorted(self.path.glob('own*'), key=lambda o: o.stat().st_ctime_ns):
            ds = load_folder(o, cache=False)
            assert [len(s) for s in ds]==[5,4] and len((o/'labels.csv').read_text().split())==10
            v = only(*(s.x for s in ds))-2
        return v
    def same(self, a, b): return a==b or (a is not None and b is not None and a%251==b%251)

class Downloads(Made):
    "download_mnist, from a server on this machine"
    def __init__(self, folder):
        super().__init__(folder)
        self.server = Server({})
    def prepare(self, v): self.server.files |= {f'{v}/{k}':b for k,b in packed(sets(v))[0].items()}
    def write(self, v): download_mnist(self.path/self.name(v), (f'{self.server.url}{v}/',), packed(sets(v))[1])

KINDS = [State,Save,Best,Export,Checkpoints,Trained,Run,Log,Answers,Results,Folders,Made,Pictures,Downloads]

def leftovers(folder): return [str(o.relative_to(folder)) for o in folder.rglob('.*') if not o.name.endswith('.lock')]

# --- deaths

def step_counter(folder, n=None):
    "Dies before the n-th thing that this process does to the files in `folder`; returns a function that counts them"
    count,root = [0],str(folder)
    def step():
        if count[0]==n: die()
        count[0] += 1
    def hook(event, args):
        if event in ('open','os.rename','os.remove','os.mkdir','os.rmdir','os.scandir','os.listdir','shutil.move','os.chmod',
                     'os.truncate') and any(str(o).startswith(root) for o in args[:2]) or event=='fcntl.flock':
            step()
    sys.addaudithook(hook)
    fsync = os.fsync
    def sync(fd): step(); fsync(fd)
    os.fsync = sync
    return lambda: count[0]

def counted(kind, v):
    "How many steps there are in a write"
    r,w = os.pipe()
    def f():
        quiet(); c = step_counter(kind.path); kind.write(v); os.write(w, str(c()).encode())
    assert wait(child(f))==0, f'{type(kind).__name__} cannot be written'
    os.close(w)
    n = int(os.read(r, 20)); os.close(r)
    return n

def kill(folder):
    rnd,report = random.Random(0),[]
    D.folders._MANY = 20
    for cls in KINDS:
        if len(sys.argv)>3 and cls.__name__ not in sys.argv[3:]: continue
        path = folder/cls.__name__; path.mkdir()
        kind,name,deaths,left = cls(path),cls.__name__,{},0
        prepare = kind.prepare
        prepare(1); prepare(2)
        n = counted(kind, 1)
        assert wait(child(lambda: (quiet(), kind.write(2))))==0
        old = kind.read()
        assert kind.same(old, 2), (name, old)
        v = 3
        few = 4 if name=='Run' else 9
        steps = range(n) if n<=few else sorted({*rnd.sample(range(n), few-4), *range(n-4, n)})
        size = max((o.stat().st_size for o in path.rglob('*') if o.is_file()), default=1)
        ways = [('step',i) for i in steps] + [('in a write',max(1, int(size*p))) for p in ((.5,) if name=='Run' else (.01,.5,.95))]
        ways += [('too large',max(1, int(size*p))) for p in ((.5,) if name=='Run' else (.01,.5,.95))]
        if cls.light: ways += [('any time',rnd.uniform(0,.08)) for _ in range(4)]
        for way,x in ways:
            prepare(v)
            def f():
                quiet()
                if way=='step': step_counter(path, x)
                if way in ('in a write','too large'): resource.setrlimit(resource.RLIMIT_FSIZE, (x,x))
                # the signal that ends a process in the write that exceeds the limit
                if way=='in a write': signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
                if way=='any time' and not kind.once:
                    for i in range(v, v+500): prepare(i); kind.write(i)
                try: kind.write(v)
                except MnistError as e: os._exit(3 if len(str(e).splitlines())==1 else 4)
            pid = child(f)
            if way=='any time': time.sleep(x); os.kill(pid, signal.SIGKILL)
            status = wait(pid)
            now = kind.read()
            new = range(v, v+500) if way=='any time' and not kind.once else [v] # what it may have written
            ok = now=='begun' or kind.same(now, old) or any(kind.same(now, o) for o in new)
            assert ok, (name, way, x, 'had', old, 'wrote', v, 'has', now)
            assert status in ({'step':(-9,), 'in a write':(-signal.SIGXFSZ,0), 'too large':(3,0), 'any time':(-9,0)}[way]), (name, way, x,
                status)
            if status: deaths[way] = deaths.get(way, 0)+1
            left += bool(leftovers(path))
            if kind.once and status:
                assert wait(child(lambda: (quiet(), kind.write(v))))==0 and kind.same(kind.read(), v) and not leftovers(path), (name, way,
                    x, leftovers(path))
            if now!='begun': old = kind.read()
            v += len(new)
        prepare(v)
        assert wait(child(lambda: (quiet(), kind.write(v))))==0, name
        assert kind.same(kind.read(), v), (name, kind.read(), v)
        report.append(dict(kind=name, steps=n, deaths=deaths, left=left, leftovers=leftovers(path)))
    return report

# --- a full disk

def full(folder):
    "On file systems of 2 MB in memory, mounted for this process alone"
    D.folders._MANY = 20
    report = []
    for cls in KINDS:
        name,path,refused,done = cls.__name__,folder/cls.__name__,0,0
        path.mkdir()
        subprocess.run(['mount','-t','tmpfs','-o','size=2m,nr_inodes=400','tmpfs',path], check=True)
        kind = cls(path/'x'); kind.path.mkdir(exist_ok=True)
        if hasattr(kind, 'inputs'): # what is read is not on that disk
            kind = cls(folder/f'{name}-src'); kind.path = path/'x'; kind.path.mkdir(exist_ok=True)
        prepare = kind.prepare
        def free(): s = os.statvfs(path); return s.f_bavail*s.f_frsize
        before = free()
        prepare(1); assert wait(child(lambda: (quiet(), kind.write(1))))==0
        need,old,v = before-free(),1,2
        ballast = path/'ballast'
        for p in (0, .05, .3, .6, .9, 1.2, 'files') if cls.light else (.3,'files'):
            if p=='files':
                ballast.mkdir(); i = 0
                try:
                    while True: (ballast/str(i)).touch(); i += 1
                except OSError: pass
            else: ballast.write_bytes(bytes(max(0, free()-int(need*p)//4096*4096)))
            prepare(v)
            r,w = os.pipe()
            def f():
                quiet()
                try: kind.write(v)
                except MnistError as e: os.write(w, str(e).encode()[:999]); os._exit(3)
                except SystemExit: os._exit(5)
            status = wait(child(f)); os.close(w)
            why = os.read(r, 999).decode(); os.close(r)
            assert status in (0,3) and (not why or 'No space left' in why and len(why.splitlines())==1), (name, p, status, why)
            now = kind.read()
            assert kind.same(now, v) if not status else now=='begun' or kind.same(now, old) or (kind.several and kind.same(now, v)), (name,
                p, status, why, old, now)
            assert not leftovers(kind.path), (name, p, leftovers(kind.path))
            refused += status==3; done += status==0
            if now!='begun': old = now
            v += 1
            if ballast.is_dir(): subprocess.run(['rm','-r',ballast], check=True)
            else: ballast.unlink()
        prepare(v); assert wait(child(lambda: (quiet(), kind.write(v))))==0, name # there is room again
        assert kind.same(kind.read(), v), name
        report.append(dict(kind=name, refused=refused, done=done, bytes=need))
    return report

# --- all at once

def race(folder):
    """8 processes that start in the same moment, each with an empty cache before it: who asked the server, who read images, who put
    something into the cache"""
    D.folders._MANY = 20
    report = []
    kinds = {o.__name__:o(folder/o.__name__) for o in (Downloads,Folders,Pictures,Made)}
    for name in [*kinds,'Bundled','Resolver','Trained']:
        path = folder/name; path.mkdir(exist_ok=True)
        log = folder/f'{name}.log'
        kind,server = kinds.get(name),None
        if name=='Downloads': server = kind.server; work = lambda: kind.write(1)
        elif name=='Folders': cache_in(path); work = lambda: load_folder(kind.inputs)
        elif name=='Bundled': work = lambda: untar_data(URLs.MNIST_SAMPLE, source='digits')
        elif name=='Resolver': # the whole way of load_digits, from a download
            d = Downloads(path); d.prepare(1); server = d.server
            sums = packed(sets(1))[1]
            real = download_mnist
            def work():
                D.digits.download_mnist = lambda: real(None, (f'{server.url}1/',), sums)
                D.digits.Digits.is_mnist = True      # by its sums, it is
                os.environ['FASTAI_HOME'] = str(folder/'none'); os.environ.pop('MNIST_FROM_SCRATCH_DATA', None)
                assert only(load_digits('mnist')[0].x)==3
        elif name=='Trained': kind = Trained(path); work = lambda: kind.write(os.getpid())
        else: work = lambda: kind.write(1)
        if kind: kind.prepare(1)
        go,ready = os.pipe()
        def f():
            quiet()
            cache_in(path)
            def note(s): fd = os.open(log, os.O_WRONLY|os.O_CREAT|os.O_APPEND); os.write(fd, f'{s}\n'.encode()); os.close(fd)
            images = D.folders._read_images
            def read(files): note('images'); return images(files)
            D.folders._read_images = read
            def hook(event, args):
                if event=='os.rename' and Path(args[1]).is_relative_to(path) and Path(args[1]).name[0]!='.' and not any(o.startswith('.')
                    for o in Path(args[1]).relative_to(path).parts):
                    note(f'into {Path(args[1]).name}')
            sys.addaudithook(hook)
            os.close(ready); os.read(go, 1)
            work()
        pids = [child(f) for _ in range(8)]
        os.close(go); os.close(ready) # they are off
        status = [wait(o) for o in pids]
        notes = log.read_text().split('\n')[:-1] if log.exists() else []
        now = kind.read() if kind else None
        if name=='Bundled': cache_in(path); now = sum(len(o) for o in load_folder(path/'digits_sample', cache=False))
        report.append(dict(kind=name, status=status, notes=sorted(notes), requests=len(server.seen) if server else 0, left=leftovers(path),
                           has=now))
    return report

if __name__=='__main__':
    torch.set_num_threads(1)
    for k in [*os.environ]:
        if k.lower().endswith('_proxy'): del os.environ[k]
    print(json.dumps(dict(kill=kill, full=full, race=race)[sys.argv[1]](Path(sys.argv[2]))))
