"""Models from strangers: a file that was changed gives the very same model, or one line that says why not; no code is run, and no memory is
taken that the file does not fill.

Each format is harmed in two ways: by chance, where the checksum tells, and on purpose, with a checksum that fits."""
import json, os, pickle, struct, sys, tracemalloc
from contextlib import contextmanager

import pytest, torch
from conftest import cases
from hypothesis import given, settings, strategies as st
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch.tools import cli
from mnist_from_scratch.engine.checkpoint import Checkpoint
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.base.state import checksum, read_state, safetensors_parts, write_state
from mnist_from_scratch.engine.export import load_learner
from mnist_from_scratch.all import Callback, Learner
from mnist_from_scratch.softmax import CrossEntropyLossFlat, accuracy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.optimizers import Adam
from test_predict_export import Watch

# --- what loading must not do

seen = None
FORBIDDEN = ('import exec compile os.system os.exec os.fork os.posix_spawn subprocess.Popen pickle.find_class ctypes.dlopen socket.connect '
             'os.rename os.remove os.mkdir'.split())
def _hook(event, args):
    if seen is None: return
    if event=='open': event = 'open to write' if (args[2] or 0)&(os.O_WRONLY|os.O_RDWR|os.O_CREAT) else ''
    if event in FORBIDDEN or event=='open to write': seen.append((event, str(args)[:200]))
sys.addaudithook(_hook)

@contextmanager
def only_reads():
    "Python's own auditing sees no import, no code, no pickled name, no process, no connection and no write in this block"
    global seen
    seen = []
    try: yield
    finally: found,seen = seen,None
    assert not found, found

def test_only_reads_sees(tmp_path, canary):
    for f in (lambda: __import__('canary'), lambda: (tmp_path/'x').write_text(''), lambda: pickle.loads(pickle.dumps(nn.Linear)),
              lambda: eval('1+1'), lambda: os.system('true')):
        with pytest.raises(AssertionError), only_reads(): f()
    assert canary.exists()

NAMES = ['canary', 'canary.Net', 'canary:Net', 'os.system', 'builtins.eval', '__import__("canary")', 'torch.nn.Linear', 'nn.Linear',
         'Linear', 'Module', 'Sequential', 'MSELossFlat', 'cross_entropy', 'F.mse_loss', '../canary', '']

@pytest.fixture
def canary(tmp_path, monkeypatch):
    "A module that writes this file when somebody imports it"
    (tmp_path/'canary.py').write_text(f'open({str(tmp_path/"sings")!r}, "w")\nimport torch\nclass Net(torch.nn.Linear): pass\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'canary', raising=False)
    yield tmp_path/'sings'
    sys.modules.pop('canary', None)

# --- the formats: how a file is read, and what it holds

def learner(path):
    set_seed(0)
    ds = TensorDataset(torch.randn(40,4), torch.randint(0,3,(40,)))
    learn = Learner(DataLoaders(DataLoader(ds, 5), DataLoader(ds, 20)), nn.Sequential(nn.Linear(4,4), nn.ReLU(), nn.Linear(4,3)),
                    CrossEntropyLossFlat(), Adam, metrics=accuracy, path=path)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn

class Halt(Callback):
    "Ends a fit before its first batch"
    order = 300
    def before_batch(self): raise KeyboardInterrupt

class Stop(Callback):
    order = 300
    def after_batch(self):
        if self.train_iter==11: raise KeyboardInterrupt

def stopped(path):
    try: learner(path).fit(3, .01, cbs=[Checkpoint(4), Stop()])
    except KeyboardInterrupt: pass
    new,*old = sorted((path/'models').glob('checkpoint-*'), reverse=True)
    for o in old: o.unlink()
    return new

def resumed(file):
    "The state in which a fit goes on, before the first batch"
    learn = learner(file.parent.parent)
    try: learn.fit(3, .01, cbs=[Checkpoint(4), Halt()], resume=True)
    except KeyboardInterrupt: pass
    return dict(model=learn.model.state_dict(), opt=learn.opt.state_dict(), rows=[list(o) for o in learn.recorder.values],
                n=learn.train_iter)

def loaded(file):
    learn = learner(file.parent.parent)
    for p in learn.model.parameters(): p.data.zero_()
    learn.load(file.stem)
    return dict(model=learn.model.state_dict(), opt=learn.opt and learn.opt.state_dict())

def exported(file):
    learn = load_learner(file)
    return dict(model=learn.model.state_dict(), net=str(learn.model), loss=str(vars(learn.loss_func)),
                vocab=learn.dls.vocab if hasattr(learn.dls, 'vocab') else None)

def trained(file):
    model,spec = cli.load_model(file)
    return dict(model=model.state_dict(), net=str(model), spec=spec)

def saved(path):
    net = cli.make_model('linear', 3)
    for p in net.parameters(): p.data.copy_(torch.randn(p.shape, generator=torch.Generator().manual_seed(1)))
    cli.save_model(path, net, 'linear', (3,7,9))
    return path/'model.safetensors'

def fitted(path):
    learn = learner(path)
    learn.fit(1, .01)
    return learn

FORMATS = {  # name: makes the file; reads it; the share of the cases
    'state':       (lambda d: write_state(d/'s.safetensors',
                                          dict(t=torch.arange(6).view(2,3)/7, n=list(map(float, range(12))),
                                               h=torch.ones(3, dtype=torch.float16), w=('a',None,{1:2.5}))), read_state, 2),
    'export':      (lambda d: fitted(d).export(), exported, 5),
    'save':        (lambda d: fitted(d).save('m'), loaded, 5),
    'mnist_train': (saved, trained, 5),
    'checkpoint':  (stopped, resumed, 20)}

@pytest.fixture(scope='module')
def good(tmp_path_factory):
    "For each format the bytes of a good file, where it lies, and what it holds"
    def one(make, read):
        file = make(tmp_path_factory.mktemp('good'))
        return file,file.read_bytes(),read(file)
    return {k:one(make, read) for k,(make,read,_) in FORMATS.items()}

def same(a, b):
    if isinstance(a, torch.Tensor): return isinstance(b, torch.Tensor) and a.dtype==b.dtype and torch.equal(a, b)
    if isinstance(a, dict): return a.keys()==b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list,tuple)): return type(a) is type(b) and len(a)==len(b) and all(map(same, a, b))
    return a==b

def tried(kind, good, data, fits):
    """Read `data` in the place of the good file: whether it was refused, in one line that names it. What is not refused is the same, unless
    its checksum `fits`"""
    file,raw,holds = good[kind]
    file.write_bytes(data)
    try:
        with Watch():
            if kind=='checkpoint': got = FORMATS[kind][1](file) # which goes on, and so may write
            else:
                with only_reads(): got = FORMATS[kind][1](file)
    except MnistError as e:
        assert len(str(e).splitlines())==1 and str(file) in str(e) and len(str(e))<900 and str(e).isprintable(), str(e)
        return True
    finally:
        for o in file.parent.iterdir():
            if kind=='checkpoint': o.unlink()
    assert fits or same(got, holds), 'loaded, and not the same'
    return False

# --- harmed by chance

def split(raw): n = struct.unpack('<Q', raw[:8])[0]; return json.loads(raw[8:8+n]),raw[8+n:]
def joined(head, body): h = head if isinstance(head, bytes) else json.dumps(head).encode(); return struct.pack('<Q', len(h))+h+body

DTYPES = 'BOOL U8 I8 F8_E5M2 F8_E4M3 I16 U16 F16 BF16 I32 U32 F32 F64 I64 U64 C64 X'.split()
values = st.none()|st.booleans()|st.integers(-2**70,
                                             2**70)|st.floats()|st.text(max_size=5)|st.sampled_from(NAMES)|st.just([])|st.just(
                                                 {})|st.sampled_from([2**60, 2**63-1, 10**18, -1, [2**40,2**40]])

@st.composite
def harmed(draw, raw):
    "`raw`, a file of safetensors' format, after something happened to it"
    how,n = draw(st.sampled_from('bits cut grown length entry dtype shape offsets swap drop double notes nest zeros'.split())),len(raw)
    at = st.integers(0, n-1)
    if how=='bits':
        b = bytearray(raw)
        for i,k in draw(st.lists(st.tuples(at, st.integers(0,7)), min_size=1, max_size=8)): b[i] ^= 1<<k
        return bytes(b)
    if how=='cut': return raw[:draw(at)]
    if how=='grown': i = draw(at); return raw[:i]+draw(st.binary(min_size=1, max_size=99))+raw[i:]
    if how=='length':
        return struct.pack('<Q', draw(st.integers(0, 2**64-1)|st.integers(0, n)|st.sampled_from([2**60, 2**63, 10**8, 10**8+1])))+raw[8:]
    if how=='zeros': i = draw(at); k = draw(st.integers(1,4096)); return raw[:i]+bytes(len(raw[i:i+k]))+raw[i+k:]
    head,body = split(raw)
    names = sorted(head.keys()-{'__metadata__'})
    name,other = draw(st.sampled_from(names)),draw(st.sampled_from(names))
    if how=='entry':
        head[name] = draw(values|st.fixed_dictionaries(dict(dtype=values, shape=values|st.lists(values, max_size=3),
                                                            data_offsets=values|st.lists(values, max_size=3))))
    if how=='dtype': head[name]['dtype'] = draw(st.sampled_from(DTYPES)|values)
    if how=='shape':
        head[name]['shape'] = draw(st.permutations(head[name]['shape'])|st.lists(st.sampled_from([0,1,2,3,4,2**31,2**60,-1]),
            max_size=4)|values)
    if how=='offsets': head[name]['data_offsets'] = draw(st.lists(st.integers(-9, n+9)|st.sampled_from([2**60,2**64-1]), max_size=3))
    if how=='swap': head[name],head[other] = head[other],head[name]
    if how=='drop': del head[name]
    if how=='double': return joined(json.dumps(head).replace('{', '{'+json.dumps(name)+':'+json.dumps(head[other])+',', 1).encode(), body)
    if how=='nest': return joined(json.dumps(head).replace('{', '{"x":'+'['*draw(st.integers(1,20000)), 1).encode(), body)
    if how=='notes':
        key = draw(st.sampled_from([*head['__metadata__'], '__metadata__']))
        if key=='__metadata__': head[key] = draw(values)
        elif draw(st.booleans()): head['__metadata__'][key] = draw(values|st.text())
        else: del head['__metadata__'][key]
    return joined(head, body)

@pytest.mark.slow
@pytest.mark.parametrize('kind', FORMATS)
def test_harmed_by_chance(kind, good, tally, canary):
    refused = 0
    @settings(max_examples=max(20, cases//FORMATS[kind][2]), deadline=None, derandomize=cases<=2000, database=None)
    @given(harmed(good[kind][1]))
    def run(data):
        nonlocal refused,n
        n += 1
        refused += tried(kind, good, data, fits=False)
    n = 0
    run()
    assert refused>n/2 and not canary.exists() and 'canary' not in sys.modules
    tally('strangers', f'{kind}, by chance', tried=n, refused=refused, unlike=0)

# --- forged: another content, with a checksum that fits

def forged(raw, text, change=lambda ts: ts):
    "A file with another text than `raw`, and tensors as `change` leaves them"
    from safetensors.torch import load
    head,ts = split(raw)[0]['__metadata__'],change(load(raw))
    return b''.join(safetensors_parts(ts, **head | dict(state=text, crc=checksum(text, [ts[str(i)] for i in range(len(ts))]))))

def plain(raw): return split(raw)[0]['__metadata__']['state']

def obj(name, **args): return {'object':[name, {'dict':[list(o) for o in args.items()]}, {'dict':[]}, {'dict':[]}, {'dict':[]}]}
hostile = values|st.sampled_from(NAMES).map(lambda n: {'name':n})|st.sampled_from(NAMES).map(lambda n: obj(n, in_features=4,
    out_features=3))|st.sampled_from([{'tensor':0},{'numbers':1},{'scalars':0},{'tensor':-1},{'list':[]},{'dict':[]},{'tuple':[1,2]},
                                      {'dict':[[{'list':[]},1]]},{'pickle':'cos\nsystem'},
                                      obj('Linear', in_features=10**6, out_features=10**6),float('nan'),float('-inf'),10**400])

@st.composite
def rewritten(draw, text):
    "JSON with one to three pieces replaced, or cut, nested or doubled"
    how = draw(st.sampled_from(['pieces']*6+['cut','nest','doubled','big']))
    if how=='cut': return text[:draw(st.integers(0, len(text)-1))]
    if how=='nest': n = draw(st.integers(1, 30000)); return draw(st.sampled_from(['[','{"list":[','{"dict":[[1,']))*n+text
    s = json.loads(text)
    for _ in range(draw(st.integers(1,3))):
        o = s
        while isinstance(o, (dict,list)) and o:
            k = draw(st.sampled_from(sorted(o))) if isinstance(o, dict) else draw(st.integers(0, len(o)-1))
            # a copy
            if not (isinstance(o[k], (dict,list)) and o[k]) or draw(st.integers(0,7))==0:
                o[k] = json.loads(json.dumps(draw(hostile))); break
            o = o[k]
    text = json.dumps(s)
    if how=='doubled': return text.replace('{', '{"dict":[],', 1)
    if how=='big': return text.replace('1', '1'*draw(st.integers(2,6000)), 1)
    return text

@pytest.mark.slow
@pytest.mark.parametrize('kind', [o for o in FORMATS if o!='state'])
def test_forged(kind, good, tally, canary):
    "It may be another model, but never code, never a crash, and never much memory"
    raw,n,refused = good[kind][1],0,0
    @settings(max_examples=max(20, cases//FORMATS[kind][2]), deadline=None, derandomize=cases<=2000, database=None)
    @given(rewritten(plain(raw)))
    def run(text):
        nonlocal n,refused
        n += 1
        refused += tried(kind, good, forged(raw, text), fits=True)
    run()
    assert n/4<refused<=n and not canary.exists() and 'canary' not in sys.modules
    tally('strangers', f'{kind}, forged', tried=n, refused=refused, **{'code run':0})

@pytest.mark.parametrize('kind', ['export','save','mnist_train','checkpoint'])
@pytest.mark.parametrize('change', [lambda t: t.T.contiguous() if t.dim()==2 else t[:-1], lambda t: t.to(torch.int32), lambda t: t[None],
                                    lambda t: t[:0], lambda t: t.to(torch.float8_e5m2), lambda t: t.to(torch.complex64)],
                                    ids='transposed int32 rank empty float8 complex'.split())
def test_numbers_that_do_not_fit(kind, change, good, tally):
    "Each tensor in turn"
    from safetensors.torch import load
    raw = good[kind][1]
    keys = [k for k,t in load(raw).items() if t.is_floating_point() and t.numel()>1 and t.dim()
            and not (t.shape[0]==t.shape[-1] and change(t).shape==t.shape and change(t).dtype==t.dtype)]
    n = sum(tried(kind, good, forged(raw, plain(raw), lambda ts: ts|{k:change(ts[k])}), fits=True) for k in keys)
    assert n>=(3 if kind in ('checkpoint','save') else 1)
    tally('strangers', f'{kind}, forged', tried=len(keys), refused=n)

# --- memory

def peak(f):
    "The most memory that Python took for `f` beyond what it had; PyTorch's is seen by `Watch`"
    tracemalloc.start()
    try:
        try:
            with Watch(): f()
        except MnistError as e: why = str(e)
        else: why = None
        return tracemalloc.get_traced_memory()[1],why
    finally: tracemalloc.stop()

@pytest.mark.parametrize('kind', FORMATS)
def test_claims_cost_nothing(kind, good, tally):
    "A header of 2^60 bytes, tensors of 2^60 numbers, one of none that is 2^60 wide, a file that ends before they come"
    file,raw,_ = good[kind]
    head,body = split(raw)
    name = sorted(head.keys()-{'__metadata__'})[0]
    def claim(**kwargs): return joined(head | {name: head[name]|kwargs}, body)
    empty = joined({'__metadata__':head['__metadata__'], name:head[name]|dict(shape=[0,2,4,2**60], data_offsets=[0,0])}, b'')
    for data in (struct.pack('<Q', 2**60)+raw[8:], struct.pack('<Q', 2**63-1)+raw[8:], claim(shape=[2**60]), claim(shape=[2**30,2**30]),
                 claim(shape=[2**60], data_offsets=[0,2**62]), claim(data_offsets=[0,2**64-1]), empty):
        file.write_bytes(data)
        mem,why = peak(lambda: FORMATS[kind][1](file))
        assert why and mem < 3e6, (mem,why)
        tally('strangers', f'{kind}, claims', tried=1, refused=1)

@pytest.mark.parametrize('text', ['['+'[],'*300_000+'[]]', '['+'{},'*300_000+'{}]', '{"list":['+'{"list":[]},'*90_000+'1]}',
                                  '{"list":['+'{"numbers":1},'*70_000+'1]}', '{"list":['+'{"tensor":0},'*70_000+'1]}'],
                                  ids='lists dicts packed numbers tensors'.split())
def test_a_text_that_grows(text, good):
    "At most 100 bytes of memory for a byte of the file"
    file,raw,_ = good['state']
    data = forged(raw, text)
    file.write_bytes(data)
    mem,_ = peak(lambda: read_state(file))
    assert mem < 100*len(data), mem/len(data)

@pytest.mark.parametrize('dtype', [torch.bool, torch.uint8, torch.int16, torch.bfloat16, torch.float32, torch.int64, torch.float64,
                                   torch.complex64])
def test_a_list_of_tensors_that_grows(dtype, tmp_path):
    "A tensor takes hundreds of bytes of memory, and a number in a file one: so they have eight, or are few"
    n = 20_000
    want = list((torch.arange(n)%2).to(dtype).unbind())
    file = write_state(tmp_path/'s.safetensors', dict(s=want))
    got = read_state(file)['s']
    assert file.stat().st_size>=8*n and all(a.dtype==b.dtype and a.shape==()
                                            for a, b in zip(got, want, strict=True)) and torch.equal(torch.stack(got), torch.stack(want))
    if torch.empty(0, dtype=dtype).itemsize==8: return
    raw = file.read_bytes()
    for t in torch.zeros(n, dtype=dtype),torch.zeros(n, 1, 1, dtype=torch.int64):
        file.write_bytes(forged(raw, plain(raw), lambda ts: {'0':t}))
        with unread(), pytest.raises(MnistError, match='damaged: it has a list of'): read_state(file)
    file.write_bytes(forged(raw, '{"dict":[["s",{"numbers":0}]]}', lambda ts: {'0':torch.zeros(9,1,1,1, dtype=torch.uint8)}))
    with pytest.raises(MnistError, match='damaged: it has a list of numbers that is not one'): read_state(file)

# --- what is no file of ours is not read

@pytest.mark.skipif(os.name=='nt', reason='makes pipes')
@pytest.mark.parametrize('kind', FORMATS)
def test_only_regular_files(kind, good, tmp_path):
    "A pipe that nobody writes to, a device without end, a folder: a line, and no waiting"
    file,raw,_ = good[kind]
    for make in os.mkfifo,lambda f: os.symlink('/dev/zero', f),os.mkdir:
        file.unlink(missing_ok=True); make(file)
        with pytest.raises(MnistError, match='it is a folder;|it is not a regular file;'): FORMATS[kind][1](file)
        (os.rmdir if file.is_dir() else os.unlink)(file)
    file.write_bytes(raw)

@contextmanager
def unread():
    "In this block no tensor of a file is read: safetensors is asked for names, shapes and types only"
    import safetensors
    real = safetensors.safe_open
    class Looks:
        def __init__(self, *args): self.f = real(*args)
        def __enter__(self): self.f = self.f.__enter__(); return self
        def __exit__(self, *args): return self.f.__exit__(*args)
        def __getattr__(self, k):
            if k=='get_tensor': raise AssertionError('a tensor was read')
            return getattr(self.f, k)
    safetensors.safe_open = Looks
    try: yield
    finally: safetensors.safe_open = real

@pytest.mark.parametrize('kind', ['export','save','mnist_train','checkpoint'])
def test_names_and_shapes_first(kind, good):
    "A file that does not fit is refused before its numbers are read: with a tensor of another shape, one more, or none"
    from safetensors.torch import load
    file,raw,_ = good[kind]
    ts = load(raw)
    k = next(k for k,t in sorted(ts.items()) if t.shape in ((4,4),(3,784)))
    for change in lambda o: o|{k:torch.zeros(5,5)}, lambda o: o|{k:o[k].double().long()}, lambda o: o|{
        str(len(o)):torch.zeros(9)}, lambda o: {}:
        file.write_bytes(forged(raw, plain(raw), change))
        with unread(), pytest.raises(MnistError) as e: FORMATS[kind][1](file)
        assert '\n' not in str(e.value) and str(file) in str(e.value)
    file.write_bytes(raw)
    with unread(), pytest.raises((AssertionError, MnistError), match='a tensor was read'): FORMATS[kind][1](file)
    for o in file.parent.glob(file.name): o.unlink()

@pytest.mark.slow
@pytest.mark.parametrize('kind', FORMATS)
def test_too_many_parts(kind, good, tmp_path):
    "Refused by its header, of which safetensors sees nothing; and neither is such a file written"
    file,raw,_ = good[kind]
    head = {'__metadata__':split(raw)[0]['__metadata__']} | {str(i):dict(dtype='U8', shape=[1], data_offsets=[i,i+1])
                                                             for i in range(100_000)}
    for data in joined(head, bytes(100_000)),joined({'__metadata__':dict(x='x'*2**24)},
                                                    b''),joined(json.dumps(head).replace('data_offsets', r'data\u005foffsets').encode(),
                                                                bytes(100_000)):
        file.write_bytes(data)
        with pytest.MonkeyPatch.context() as m:
            m.setattr('safetensors.safe_open', lambda *_: pytest.fail('safetensors was asked'))
            with pytest.raises(MnistError, match='more than 10,000 tensors'): FORMATS[kind][1](file)
    file.write_bytes(raw)

@pytest.mark.slow
def test_what_cannot_be_read_is_not_written(tmp_path):
    for s in [torch.zeros(i%2+1) for i in range(10_001)],'x'*2**24:
        with pytest.raises(MnistError, match='10,000 tensors and 16,777,216 bytes'): write_state(tmp_path/'s.safetensors', dict(s=s))
    assert not [*tmp_path.iterdir()]
    write_state(tmp_path/'s.safetensors', dict(s=[torch.zeros(i%2+1) for i in range(10_000)]))
    assert len(read_state(tmp_path/'s.safetensors')['s'])==10_000

# --- pickles

class Evil:
    "A pickle that writes a file when it is read"
    def __init__(self, file): self.file = str(file)
    def __reduce__(self): return open,(self.file,'w')

@pytest.mark.parametrize('protocol', [0,2,4])
@pytest.mark.parametrize('kind', FORMATS)
def test_pickles_are_not_read(kind, protocol, good, tmp_path, tally):
    for data in pickle.dumps(Evil(tmp_path/'x'), protocol),joined(pickle.dumps(Evil(tmp_path/'x'), protocol), b''):
        assert tried(kind, good, data, fits=False) and not (tmp_path/'x').exists()
    torch.save(dict(a=Evil(tmp_path/'x')), tmp_path/'t')
    assert tried(kind, good, (tmp_path/'t').read_bytes(), fits=False) and not (tmp_path/'x').exists()
    tally('strangers', 'pickles', tried=3, refused=3)
