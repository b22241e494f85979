"Data: any order, any loader, any number of workers, and going on in the middle of a pass. And losses beside fastai's."
import json, random
from collections import Counter
from copy import deepcopy

import numpy as np
import pytest, torch
from conftest import Biggest, in_a_new_process, patched
from hypothesis import given, settings, strategies as st
from torch import nn
from torch.utils.data import (BatchSampler, DataLoader as TorchDL, IterableDataset, RandomSampler, Subset, TensorDataset,
                              WeightedRandomSampler, get_worker_info, random_split)

from mnist_from_scratch import all as everything, losses, softmax
from mnist_from_scratch.base.core import default_device, to_cpu
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch.all import Learner
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, collate, to_dset
from mnist_from_scratch.optimizers import SGD

def same(a, b):
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a==b if not isinstance(a, (tuple,
        list)) else len(a)==len(b) and all(map(same, a, b))
def rng(): return torch.get_rng_state(), torch.tensor(np.random.get_state()[1].astype(np.int64)), str(random.getstate())
def set_rng(s=0): torch.manual_seed(s); np.random.seed(s); random.seed(s)

class Squares:
    "Numbers and their squares, no tensor"
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
    def __getitem__(self, i):
        if not 0<=i<self.n: raise IndexError(i)
        return i, float(i*i)

class Noisy(Squares):
    "Each item draws from all three generators; and says in which worker"
    def __getitem__(self, i): return i, torch.rand(()), np.random.rand(), random.random()

class Stream(IterableDataset):
    def __init__(self, n, noisy=False): self.n,self.noisy = n,noisy
    def __iter__(self): yield from ((i, torch.rand(()).item()+np.random.rand()+random.random()) if self.noisy else i for i in range(self.n))

# --- the same as PyTorch's

@pytest.mark.parametrize('ds', [Squares(23), list(zip('abcdefg', range(7))), TensorDataset(torch.arange(23.), torch.arange(23)),
                                [{'x':torch.tensor([i]), 'y':str(i)} for i in range(9)]], ids=['items','strings','tensors','dictionaries'])
@pytest.mark.parametrize('drop_last', [False,True])
def test_like_pytorchs(ds, drop_last):
    def plain(b): return list(b.values()) if isinstance(b, dict) else list(b)
    ours,theirs = list(DataLoader(ds, bs=4, drop_last=drop_last)),list(TorchDL(ds, batch_size=4, drop_last=drop_last))
    assert len(ours)==len(theirs)
    for a,b in zip(ours, theirs): assert [list(o) for o in plain(a)]==[list(o) for o in plain(b)]

def samplers(ds):
    g = torch.Generator().manual_seed(3)
    return {'random':RandomSampler(ds, generator=g), 'replacement':RandomSampler(ds, True, 30, generator=g),
            'weighted':WeightedRandomSampler(torch.arange(len(ds))+1., 17, generator=g), 'list':[3,1,1]}

@pytest.mark.parametrize('name', ['random','replacement','weighted','list'])
def test_samplers_like_pytorchs(name):
    ds = Squares(11)
    def batches(cls, **kwargs): return [b[0].tolist() for b in cls(ds, batch_size=4, sampler=samplers(ds)[name], **kwargs)]
    assert batches(DataLoader)==batches(TorchDL) and batches(DataLoader, drop_last=True)==batches(TorchDL, drop_last=True)
    def whole(cls): return [b[0].tolist() for b in cls(ds, batch_sampler=BatchSampler(samplers(ds)[name], 3, False))]
    assert whole(DataLoader)==whole(TorchDL)
    assert len(DataLoader(ds, bs=4, sampler=samplers(ds)[name]))==len(batches(TorchDL))

def test_one_permutation_is_all_that_is_drawn():
    for kwargs in dict(), dict(generator=torch.Generator()):
        dl = DataLoader(Squares(10), bs=3, shuffle=True, **kwargs)
        g = kwargs.get('generator') or torch.default_generator
        g.manual_seed(5); got = torch.cat([b[0] for _ in range(2) for b in dl]).tolist(); after = g.get_state()
        g.manual_seed(5); assert got==[i for _ in range(2) for i in torch.randperm(10, generator=g).tolist()]
        assert torch.equal(after, g.get_state())
    before = rng(); list(DataLoader(Squares(10), bs=3)); assert same(before, rng())

def test_n_takes_the_first():
    assert sorted(torch.cat(list(DataLoader(range(9), bs=2, n=5, shuffle=True))).tolist())==[0,1,2,3,4]
    assert len(DataLoader(range(9), bs=2, n=5))==3 and len(DataLoader(range(9), bs=2, n=5).new())==3 and len(DataLoader(range(9), bs=2,
        n=5).new(range(8)))==4

def test_error_names_the_item():
    class Bad(Squares):
        def __getitem__(self, i):
            if i==7: raise OSError(5, 'disk on fire')
            return i
    for ds,i in (Bad(9),7), (Subset(Bad(9), [1,7]),1), (random_split(Bad(9), [9])[0],None):
        with pytest.raises(OSError, match=f'disk on fire.*item {i if i is not None else ""}') as e: list(DataLoader(ds, bs=2))
        assert len(str(e.value).splitlines())==1
    with pytest.raises(OSError, match='item 7'): list(DataLoader(Bad(9), bs=3, num_workers=1))
    with pytest.raises(ZeroDivisionError, match='batch 1 of the stream'): list(DataLoader((1/(3-i) for i in range(9)), bs=2))

@pytest.mark.parametrize('kwargs', [dict(n=12), dict(sampler=[3,11]), dict(sampler=[-1])])
@pytest.mark.parametrize('ds', [Squares(11), TensorDataset(torch.arange(11))], ids=['items','tensors'])
def test_indexes_outside(ds, kwargs):
    with pytest.raises(IndexError, match='there is no item (11|-1): the dataset has 11'): list(DataLoader(ds, bs=2, **kwargs))
    with pytest.raises(IndexError, match='there is no item'): list(DataLoader(ds, batch_sampler=[[1,2],[11]]))

@pytest.mark.parametrize('kwargs,says', [(dict(bs=2, pin=True),'takes no pin'),
                                         (dict(bs=2, sampler=[1], shuffle=True),'leave out shuffle'),
                                         (dict(bs=2, batch_sampler=[[1]]),'leave out bs'), (dict(bs=0),'at least one')])
def test_arguments_that_do_not_fit(kwargs, says):
    with pytest.raises((TypeError,ValueError), match=says): DataLoader(range(3), **kwargs)

# --- streams

def test_streams():
    assert [b.tolist() for b in DataLoader(Stream(7), bs=3)]==[[0,1,2],[3,4,5],[6]]
    assert [b.tolist() for b in DataLoader(Stream(7), bs=3, drop_last=True)]==[[0,1,2],[3,4,5]]
    assert list(DataLoader(Stream(3)))==[0,1,2]
    with pytest.raises(TypeError, match='pass n'): len(DataLoader(Stream(7), bs=3))
    dl = DataLoader(iter(range(100)), bs=3, n=5)
    assert len(dl)==2 and [b.tolist() for b in dl]==[[0,1,2],[3,4]] and [b.tolist() for b in dl]==[[5,6,7],[8,9]]
    with pytest.raises(ValueError, match='ended after 7 items'): list(DataLoader(Stream(7), bs=3, n=8))
    with pytest.raises(ValueError, match='its own order'): DataLoader(Stream(7), bs=2, shuffle=True)

# --- workers

@pytest.mark.slow
def test_workers_change_nothing():
    "Two passes, shuffled, with 0, 2 and 2 persistent workers: the same batches, and the same random numbers afterwards"
    res = []
    for kwargs in dict(), dict(num_workers=2), dict(num_workers=2, persistent_workers=True):
        set_rng(); dl = DataLoader(Squares(10), bs=3, shuffle=True, **kwargs)
        res.append(([b[0].tolist() for _ in range(2) for b in dl], rng()))
    assert same(res[0], res[1]) and same(res[0], res[2])

@pytest.mark.filterwarnings('ignore:This DataLoader will create')
def test_random_items_do_not_depend_on_the_number_of_workers():
    def passes(**kwargs):
        set_rng(); dl = DataLoader(Noisy(13), bs=3, **kwargs)
        return [b for _ in range(2) for b in dl]
    one = passes(num_workers=1)
    for kwargs in dict(num_workers=2), dict(num_workers=4), dict(num_workers=2, persistent_workers=True):
        for a,b in zip(one, passes(**kwargs), strict=True): assert same(a, b)
    xs = torch.cat([v.double() for b in one for v in b[1:]])
    assert len(set(xs.tolist()))==len(xs)           # nothing comes twice: not in an item, a batch, or the second pass

def test_in_workers():
    class Who(Squares):
        def __getitem__(self, i): return -1 if get_worker_info() is None else get_worker_info().id
    dl = DataLoader(Who(4), bs=1, num_workers=2)
    assert torch.cat(list(dl)).tolist()==[0,1,0,1] and dl.one_batch().tolist()==[-1]

def test_stream_with_workers():
    a,b = ([o.tolist() for o in DataLoader(Stream(7), bs=3, num_workers=n)] for n in (0,3))
    assert a==b

def test_look_in_the_middle_with_persistent_workers():
    dl = DataLoader(range(12), bs=2, num_workers=1, persistent_workers=True)
    got = []
    for i,b in enumerate(dl):
        got += b.tolist()
        if i==2:
            next(iter(dl)); sd = dl.state_dict()
    assert got==list(range(12)) and sd['done']==3 and torch.cat(list(dl)).tolist()==got

# --- going on

def stored(sd):
    "As it comes back from a file"
    ts = {k:v for k,v in sd.items() if isinstance(v, torch.Tensor)}
    rest = {k:v for k,v in sd.items() if k not in ts}
    assert json.loads(json.dumps(rest))==rest
    return json.loads(json.dumps(rest)) | {k:v.clone() for k,v in ts.items()}

def check_going_on(make, stop, passes=1, draw=True):
    "Stop after `stop` batches, go on in a new loader: the same rest, the same next passes, the same random numbers"
    set_rng()
    a,it = make(),None
    if stop:
        it = iter(a)
        for _ in range(stop): next(it)
    sd,state,kept = stored(a.state_dict()),rng(),(random.getstate(), np.random.get_state(), torch.get_rng_state())
    rest = list(it or a) + [b for _ in range(passes) for b in a]
    end = rng()
    set_rng(99); b = make()                          # whatever has happened meanwhile
    random.setstate(kept[0]); np.random.set_state(kept[1]); torch.set_rng_state(kept[2])
    b.load_state_dict(sd)
    assert same(state, rng()) and same([b.state_dict()[k] for k in sd], [sd[k] for k in sd]) and same(a.state_dict()['n'], sd['n'])
    got = list(b) + [x for _ in range(passes) for x in b]
    assert len(got)==len(rest) and all(map(same, got, rest)) and same(end, rng())

@settings(max_examples=150, deadline=None)
@given(n=st.integers(1,30), bs=st.integers(1,8), drop_last=st.booleans(), shuffle=st.booleans(), stop=st.integers(0,30), own=st.booleans(),
       tensors=st.booleans())
def test_going_on(n, bs, drop_last, shuffle, stop, own, tensors):
    ds = TensorDataset(torch.arange(n)) if tensors else Noisy(n)
    def make():
        return DataLoader(ds, bs, drop_last=drop_last, shuffle=shuffle,
                          generator=torch.Generator().manual_seed(torch.randint(99,()).item()) if own else None)
    check_going_on(make, min(stop, len(make())))

@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(n=st.integers(1,12), bs=st.integers(1,4), drop_last=st.booleans(), shuffle=st.booleans(), stop=st.integers(0,12), own=st.booleans(),
       persistent=st.booleans())
def test_going_on_with_workers(n, bs, drop_last, shuffle, stop, own, persistent):
    def make():
        return DataLoader(Noisy(n), bs, 2, drop_last=drop_last, shuffle=shuffle,
                          generator=torch.Generator().manual_seed(7) if own else None, persistent_workers=persistent)
    check_going_on(make, min(stop, len(make())), passes=2)

@settings(max_examples=40, deadline=None)
@given(n=st.integers(0,20), bs=st.integers(1,6), drop_last=st.booleans(), stop=st.integers(0,20), known=st.booleans(), noisy=st.booleans())
def test_going_on_with_a_stream(n, bs, drop_last, stop, known, noisy):
    def make(): return DataLoader(Stream(n, noisy), bs, drop_last=drop_last, n=n if known else None)
    check_going_on(make, min(stop, len(list(make()))))

@pytest.mark.parametrize('stop', [0,2,5])
def test_going_on_with_a_stream_in_a_worker(stop):
    check_going_on(lambda: DataLoader(Stream(13, True), 3, num_workers=1), stop)

@pytest.mark.parametrize('stop', [0,1,3])
@pytest.mark.parametrize('name', ['random','replacement','weighted','list'])
def test_going_on_with_samplers(name, stop):
    ds = Squares(11)
    check_going_on(lambda: DataLoader(ds, bs=1, sampler=samplers(ds)[name]), stop)
    check_going_on(lambda: DataLoader(ds, batch_sampler=BatchSampler(samplers(ds)[name], 1, False)), stop)
    check_going_on(lambda: DataLoader(ds, batch_sampler=BatchSampler(RandomSampler(ds), 4, False)), stop)

def test_single_items():
    for ds in Squares(5), TensorDataset(torch.arange(5)): check_going_on(lambda: DataLoader(ds, shuffle=True), 3)

def test_stopped_more_than_once():
    set_rng(); whole = torch.cat(list(DataLoader(range(20), bs=3, shuffle=True))).tolist()
    set_rng(); got,sd = [],None
    for stop in 2,1,3,9:
        dl = DataLoader(range(20), bs=3, shuffle=True)
        if sd: dl.load_state_dict(sd)
        for b,_ in zip(dl, range(stop)): got += b.tolist(); sd = stored(dl.state_dict())
    assert got==whole and sd['done']==7

def test_state_counts_what_was_handed_out():
    dl = DataLoader(Squares(12), bs=2, num_workers=2)
    assert [dl.state_dict()['done'] for _ in dl]==[1,2,3,4,5,6]
    assert dl.state_dict()['done']==0 and dl.state_dict()['order'] is None

def test_looks_do_not_disturb():
    dl = DataLoader(TensorDataset(torch.rand(12,16), torch.arange(12)), bs=2, shuffle=True)
    dls,seen = DataLoaders(dl, dl),[]
    for i,(x,y) in enumerate(dl):
        before = dl.state_dict()
        dl.one_batch(); dls.one_batch(); dls.show_batch(); dl.show_batch(unique=True); next(iter(dl))
        for _ in dl: break
        assert same(list(before.values()), list(dl.state_dict().values())) and before['done']==i+1
        seen += y.tolist()
    assert sorted(seen)==list(range(12))
    dl.load_state_dict(before); dl.one_batch(); assert dl.state_dict()['done']==6 and list(dl)==[] and len(list(dl))==6
    import matplotlib.pyplot as plt; plt.close('all')

def test_a_forgotten_pass_is_no_longer_under_way():
    dl = DataLoader(range(6), bs=2)
    it = iter(dl); next(it)
    list(dl)
    assert dl.state_dict()['done']==0

def test_another_loaders_state_is_refused():
    def sd(ds, **kwargs):
        dl = DataLoader(ds, **kwargs)
        for b in dl: return dl.state_dict()
    dl = DataLoader(range(10), bs=3); before = dl.state_dict()
    g = torch.Generator()
    for bad in (sd(range(11), bs=3), sd(range(10), bs=4), sd(range(10), bs=3, drop_last=True), sd(range(10), bs=3, generator=g),
                sd(Stream(10), bs=3, n=10), sd(range(10), batch_sampler=[[1]]),
                {}, None, sd(range(10), bs=3)|{'done':9}, sd(range(10), bs=3)|{'order':torch.arange(1,11)},
                sd(range(10), bs=3)|{'order':None}, sd(range(20), bs=3)|{'n':10}):
        with pytest.raises(ValueError) as e: dl.load_state_dict(bad)
        assert len(str(e.value).splitlines())==1
        assert same(list(before.values()), list(dl.state_dict().values()))

# --- devices

def test_batches_are_moved():
    ds = [(torch.ones(2), {'m':torch.ones(1), 's':'a'})]*3
    x,d = DataLoader(ds, bs=2, device='meta').one_batch()
    assert x.device.type==d['m'].device.type=='meta' and d['s']==('a','a')
    assert DataLoader(ds, bs=2, device='meta', shuffle=True).new().device==torch.device('meta')

def test_tensors_are_moved_once(monkeypatch):
    import mnist_from_scratch.engine.loaders as mb
    n,old = Counter(),mb.to_device
    def counted(b, device=None, *a): n[sum(o.device.type!=torch.device(device).type for o in b)] += 1; return old(b, device, *a)
    monkeypatch.setattr(mb, 'to_device', counted)
    ds = TensorDataset(torch.rand(10,3), torch.arange(10))
    dls = DataLoaders(DataLoader(ds, bs=2, shuffle=True), DataLoader(ds, bs=5)).to('meta')
    for _ in range(2): list(dls.train), list(dls.valid), list(dls.valid.new(bs=3))
    assert n[2]==1
    ds.tensors[0].add_(1); list(dls.train); assert n[2]==2
    with torch.inference_mode(): inf = TensorDataset(torch.rand(4,2))
    assert list(DataLoader(inf, bs=4, device='meta'))[0][0].device.type=='meta'

def test_devices_of_dataloaders():
    ds = TensorDataset(torch.rand(4,2))
    dls = DataLoaders(DataLoader(ds, bs=2), TorchDL(ds, batch_size=2))
    assert dls.device is None and dls.train.device is None
    assert DataLoaders(DataLoader(ds, bs=2, device='cpu')).device==torch.device('cpu')
    assert dls.to('meta').device==torch.device('meta') and dls.one_batch()[0].device.type=='meta'
    assert dls.cpu() is dls and dls.one_batch()[0].device.type=='cpu' and dls.cuda().device==default_device()
    assert DataLoaders.from_dsets(ds, ds, bs=2).device==default_device() and DataLoaders.from_dsets(ds, bs=2,
        device='meta').train.device.type=='meta'
    assert DataLoaders([1],[2], device='cpu').device.type=='cpu'

@pytest.mark.skipif(default_device().type=='cpu', reason='no GPU')
def test_on_a_gpu():
    ds,dev = TensorDataset(torch.rand(100,8), torch.randint(0,3,(100,))),default_device()
    set_rng(); here = list(DataLoader(ds, bs=7, shuffle=True))
    for kwargs in dict(), dict(collate_fn=lambda b: collate(b)), dict(collate_fn=lambda b: collate(b), num_workers=1,
        pin_memory=dev.type=='cuda'):
        set_rng(); there = list(DataLoader(ds, bs=7, shuffle=True, device=dev, **kwargs))
        assert all(o.device==dev for b in there for o in b) and all(map(same, here, map(tuple, map(to_cpu, there))))
    check_going_on(lambda: DataLoader(ds, 7, shuffle=True, device=dev), 3)

def test_from_dsets():
    def shape(dls): return [(dl.shuffle, dl.drop_last, dl.bs) for dl in dls]
    assert shape(DataLoaders.from_dsets(range(9), range(9), bs=4))==[(True,True,4),(False,False,4)]
    assert shape(DataLoaders.from_dsets(range(3), range(9), bs=4))==[(True,False,4),(False,False,4)]
    assert shape(DataLoaders.from_dsets(range(9), range(9), bs=4, shuffle=False, drop_last=(False,True)))==[(False,False,4),(False,True,4)]
    assert shape(DataLoaders.from_dsets(Stream(9), range(9), bs=4))==[(False,False,4),(False,False,4)]

# --- new items

def test_images_in_any_form(digits, tmp_path):
    from PIL import Image
    ds = to_dset(digits[0]); im = digits[1].x[0]
    Image.fromarray(im.numpy()).save(tmp_path/'d.png')
    forms = [im, im.numpy(), im.long(), im.float()/255, (im.float()/255).flatten(), (im/255).numpy(), (im/255)[None],
             Image.fromarray(im.numpy()), tmp_path/'d.png', str(tmp_path/'d.png'), (im,), (im,3)]
    rows = ds.test_ds(forms).tensors[0]
    assert rows.dtype==torch.float32 and torch.equal(rows, ds.test_ds([im]).tensors[0].expand(len(forms),-1)) and torch.equal(rows[0],
        digits[1].floats()[0].flatten())
    assert ds.test_ds([Image.fromarray(im.numpy()).convert('RGB').resize((70,50))]).tensors[0].shape==(1,784)
    for bad in im, [im[:5]], [im.float()], [-im.float()/255-.1]:
        with pytest.raises(ValueError): ds.test_ds(bad)

def test_labels_of_new_items(digits):
    from mnist_from_scratch.base.core import MnistError
    ds = digits[1]
    for make in lambda: to_dset(ds), lambda: to_dset(ds, 3), lambda: to_dset(ds, classes=range(9,-1,-1)):
        d = make()
        dls = DataLoaders(DataLoader(d, 16), DataLoader(d, 16))
        got = dls.test_dl(ds, with_labels=True)
        assert torch.equal(torch.cat([b[1] for b in got]), d.tensors[1]) and len(dls.test_dl(ds).one_batch())==1
    with pytest.raises(MnistError): to_dset(ds.only(3,7)).test_ds(ds, with_labels=True)
    assert to_dset(ds.only(3,7)).vocab==['3','7'] and to_dset(ds.only(3,7), 7).vocab==['3','7'] and to_dset(ds, 7).vocab==['not 7','7']

def test_datasets_survive_pickling(digits):
    import pickle
    d = pickle.loads(pickle.dumps(to_dset(digits[1], 3)))
    assert d.vocab==['not 3','3'] and d.test_ds([(digits[1].x[0],3)], with_labels=True)[:][1].tolist()==[[1]]
    dl = DataLoader(range(4), bs=2, num_workers=1, persistent_workers=True); list(dl)
    assert len(list(pickle.loads(pickle.dumps(dl))))==2 and len(list(deepcopy(dl)))==2

# --- bytes and floats

def both(ds, **kwargs): return to_dset(ds, as_bytes=True, **kwargs),to_dset(ds, as_bytes=False, **kwargs)

@pytest.mark.parametrize('kwargs', [dict(), dict(positive=3), dict(classes=range(9,-1,-1))])
def test_bytes_give_the_same(digits, kwargs, tmp_path):
    "Items, slices, batches in any order, parts of a set, new items, an empty copy, PyTorch's loader: the same numbers as with floats"
    import pickle
    a,b = both(digits[1], **kwargs)
    assert a.tensors[0].dtype==torch.uint8 and a.tensors[0].data_ptr()==digits[1].x.data_ptr() and b.tensors[0].dtype==torch.float32
    assert torch.equal(b.tensors[0], digits[1].x.flatten(1).float().div(255)) and a.vocab==b.vocab and len(a)==len(b)
    for i in 3,-1,slice(2,9),slice(None),[4,1],torch.arange(len(a))%2==0:
        assert same(a[i], b[i]) and type(a[i]) is tuple and a[i][0].dtype==torch.float32
    for kw in dict(), dict(shuffle=True), dict(n=70), dict(drop_last=True), dict(sampler=[5,3,3]), dict(batch_sampler=[[1],[2,3]],
        bs=None), dict(collate_fn=lambda o: collate(o)), dict(bs=None), dict(num_workers=1), dict(device='cpu'):
        p,q = (([set_rng(), list(DataLoader(o, **dict(bs=64)|kw))][1]) for o in (a,b))
        assert same(p, q) and p[0][0].dtype==torch.float32
    assert same([list(o) for o in TorchDL(a, 64)], [list(o) for o in TorchDL(b, 64)]) and same(list(DataLoader(Subset(a, [3,1]), 2)),
        list(DataLoader(Subset(b, [3,1]), 2)))
    for items in digits[0][:9], a, b, list(digits[0].x[:9]):
        assert same(a.test_ds(items)[:], b.test_ds(items)[:]) and len(a.test_ds(items)[0])==1
    assert same(a.test_ds(digits[0][:9], with_labels=True)[:], b.test_ds(digits[0][:9], with_labels=True)[:])
    for o in a.new_empty(),b.new_empty(),pickle.loads(pickle.dumps(a)).new_empty():
        assert o.tensors[0].shape==(0,784) and o.tensors[0].dtype==torch.float32 and o.vocab==a.vocab and same(o.test_ds(digits[0][:2],
            True)[:], b.test_ds(digits[0][:2], True)[:])
    class Marked(type(a)):
        def __getitem__(self, i): return super().__getitem__(i)[0],i                # a child with items of its own
    m = Marked(*a.tensors, a.vocab, a.to_target)
    assert next(iter(DataLoader(m, 4)))[1].tolist()==[0,1,2,3]

def test_bytes_train_to_the_same_weights(digits, tmp_path):
    from mnist_from_scratch.engine.export import load_learner
    res = []
    for as_bytes in True,False:
        set_rng()
        learn = Learner(DataLoaders(*(DataLoader(to_dset(o, as_bytes=as_bytes), 64, shuffle=not i) for i,o in enumerate(digits))),
                        nn.Linear(784,10), cross_entropy, SGD, metrics=accuracy)
        with learn.no_bar(): learn.fit(1, .1); p = learn.get_preds()
        learn.path = tmp_path; learn.export('e.safetensors')
        with learn.no_bar():
            res.append((list(learn.model.parameters()), list(learn.recorder.values[0])[:3], *p,
                        load_learner(tmp_path/'e.safetensors').predict(digits[1].x[0])))
    assert same(*map(str, res)) and all(map(same, res[0][0], res[1][0]))

def test_where_bytes_are_kept(digits):
    "By default where the floats would take more than 64 MiB: for new items too"
    n = 2**26//(4*784)
    def some(n): return type(digits[0])(digits[0].x[:1].expand(n,-1,-1), digits[0].y[:1].expand(n))
    for k,kind in (n,torch.float32),(n+1,torch.uint8):
        ds = to_dset(some(k), classes=range(10))
        assert ds.tensors[0].dtype==kind==ds.test_ds(some(k)).tensors[0].dtype and ds[0][0].dtype==torch.float32

def test_lean():
    "Of many images only bytes are kept, and nothing is made that is larger than the order of a pass or a batch"
    from mnist_from_scratch.data.sets import Digits
    n,bs = 30000,100
    ds = Digits(torch.zeros(n,28,28, dtype=torch.uint8), torch.arange(n)%10)
    for kw,most in (dict(),max(8*n, bs*784*4)),(dict(shuffle=True),max(8*n, bs*784*4)):
        with Biggest() as big: list(zip(range(3), DataLoader(to_dset(ds), bs, **kw)))
        assert bs*784*4<=big.top<=most
    with Biggest() as big: to_dset(ds, as_bytes=False)
    assert big.top==n*784*4

def test_vocab_and_inputs_through_subsets(digits):
    a,b = random_split(to_dset(digits[1]), [100,len(digits[1])-100])
    dls = DataLoaders.from_dsets(a, b, bs=10)
    assert dls.vocab==list('0123456789') and len(dls.test_dl([digits[1].x[0]]).one_batch())==1
    class Two(Squares):
        n_inp = 2
        def __getitem__(self, i): return torch.tensor(i), torch.tensor(-i), torch.tensor(1)
    dls = DataLoaders.from_dsets(Two(9), bs=4)
    assert dls.n_inp==2 and [len(dls.test_dl([Two(9)[0]]).one_batch()), len(dls.test_dl([(1,2)]).one_batch()),
                             len(dls.test_dl(Two(3), with_labels=True).one_batch())]==[2,2,3]

# --- data of others

def sets(digits):
    def dset(ds): return list(zip(ds.floats().flatten(1), ds.targets()))
    return dset(digits[0][:600]),dset(digits[1])

def ours(dls, model):
    learn = Learner(dls, deepcopy(model), cross_entropy, SGD, metrics=accuracy)
    with learn.no_bar(): learn.fit(2, .1)
    return [list(r)[:3] for r in learn.recorder.values], list(learn.validate()), *learn.get_preds()

def theirs(dls, model):
    fb = pytest.importorskip('fastai.basics')
    from fastai.callback import progress as _          # gives fastai's Learner its no_bar
    learn = fb.Learner(dls, deepcopy(model), loss_func=nn.functional.cross_entropy, opt_func=fb.SGD, metrics=fb.accuracy)
    with learn.no_bar(), learn.no_logging(): learn.fit(2, .1)
    return [list(r)[:3] for r in learn.recorder.values], list(learn.validate()), *learn.get_preds()

def by_hand(dls, model):
    model,rows = deepcopy(model),[]
    def valid():
        with torch.no_grad(): p,t = (torch.cat(o) for o in zip(*[(model(x), y) for x,y in dls[1]]))
        return [nn.functional.cross_entropy(p,t).item(), (p.argmax(1)==t).float().mean().item()],p,t
    for _ in range(2):
        for x,y in dls[0]:
            nn.functional.cross_entropy(model(x), y).backward()
            with torch.no_grad():
                for p in model.parameters(): p -= .1*p.grad; p.grad = None
        rows.append(valid()[0])
    return rows, *valid()

def loaders(kind, train, valid):
    if kind=='pytorch': return DataLoaders(TorchDL(train, batch_size=64), TorchDL(valid, batch_size=100))
    if kind=='fastai':
        fb = pytest.importorskip('fastai.basics')
        return DataLoaders(fb.DataLoader(train, bs=64), fb.DataLoader(valid, bs=100))
    return DataLoaders(DataLoader(train, 64), DataLoader(valid, 100))

def agree(a, b):
    (ra,va,pa,ta),(rb,vb,pb,tb) = a,b
    assert np.allclose([r[-len(rb[0]):] for r in ra], [r[-len(ra[0]):] for r in rb], atol=1e-5) and va==pytest.approx(vb, abs=1e-5)
    torch.testing.assert_close(pa, pb, atol=1e-5, rtol=0); assert torch.equal(ta, tb)

@pytest.mark.parametrize('kind', ['pytorch','fastai'])
def test_their_loaders_in_our_learner(digits, kind):
    train,valid = sets(digits); model = nn.Linear(784,10)
    agree(ours(loaders('ours', train, valid), model), ours(loaders(kind, train, valid), model))

def test_our_loaders_elsewhere(digits):
    "In fastai's Learner, with our DataLoaders and with fastai's, and in a plain loop"
    fb = pytest.importorskip('fastai.basics')
    train,valid = sets(digits); model = nn.Linear(784,10)
    a = ours(loaders('ours', train, valid), model)
    agree(a, theirs(loaders('ours', train, valid), model))
    agree(a, theirs(loaders('ours', train, valid).cpu(), model))
    agree(a, theirs(fb.DataLoaders(*loaders('ours', train, valid), device='cpu'), model))
    agree(a, theirs(fb.DataLoaders(fb.DataLoader(train, bs=64), fb.DataLoader(valid, bs=100), device='cpu'), model))
    agree(a, by_hand(loaders('ours', train, valid), model))

def test_streams_and_test_dl_in_our_learner(digits):
    train,valid = sets(digits); model = nn.Linear(784,10)
    a = ours(loaders('ours', train, valid), model)
    agree(a, ours(DataLoaders(DataLoader(iter(train*2), 64, n=len(train)), DataLoader(valid, 100)), model))
    d = to_dset(digits[1])
    learn = Learner(DataLoaders(DataLoader(d, 64), DataLoader(d, 64)), model, cross_entropy, SGD)
    with learn.no_bar(): p,t = learn.get_preds(dl=learn.dls.test_dl(digits[1].x[:70]))
    assert t is None and torch.allclose(p, model(d.tensors[0][:70]), atol=1e-6)

def test_get_preds_of_a_pytorch_loader_in_its_own_order(digits):
    train,valid = sets(digits)
    learn = Learner(loaders('pytorch', train, valid), nn.Linear(784,10), cross_entropy, SGD)
    with learn.no_bar(): p,t = learn.get_preds(0)
    assert len(p)==len(train) and torch.equal(t, torch.stack([y for x,y in train]))

# --- losses

@pytest.mark.parametrize('reduction', ['mean','sum','none'])
@pytest.mark.parametrize('name,x,y', [
    ('CrossEntropyLossFlat', (9,4), torch.arange(9)%4), ('CrossEntropyLossFlat', (3,5,4), torch.arange(15).view(3,5)%4),
    ('CrossEntropyLossFlat', (6,4), (torch.arange(6)%4)[:,None].int()),
    ('BCEWithLogitsLossFlat', (9,1), torch.arange(9)[:,None]%2), ('BCEWithLogitsLossFlat', (9,1), torch.arange(9)%2),
    ('BCEWithLogitsLossFlat', (3,4), torch.rand(3,4)),
    ('MSELossFlat', (9,1), torch.rand(9)), ('MSELossFlat', (3,4), torch.rand(3,4))])
def test_losses_like_fastais(name, x, y, reduction):
    fl = pytest.importorskip('fastai.losses')
    torch.manual_seed(0); x = (torch.randn(x)*5).requires_grad_()
    a,b = getattr(everything, name)(reduction=reduction),getattr(fl, name)(reduction=reduction)
    la,lb = a(x, y),torch.as_tensor(b(x, y).detach())
    torch.testing.assert_close(la, lb.as_subclass(torch.Tensor), atol=1e-5, rtol=1e-5)
    ga,gb = (torch.autograd.grad(l.sum(), x)[0] for l in (la, b(x, y)))
    torch.testing.assert_close(ga, gb.as_subclass(torch.Tensor), atol=1e-6, rtol=1e-5)
    pa,pb = a.activation(x),b.activation(x)
    torch.testing.assert_close(pa, pb); assert torch.equal(a.decodes(pa), b.decodes(pb)) and a.reduction==b.reduction

def test_segmentation_like_fastais():
    fl = pytest.importorskip('fastai.losses')
    x,y = torch.randn(2,5,3,4),torch.randint(0,5,(2,3,4))
    a,b = softmax.CrossEntropyLossFlat(axis=1),fl.CrossEntropyLossFlat(axis=1)
    torch.testing.assert_close(a(x,y), b(x,y).as_subclass(torch.Tensor))
    torch.testing.assert_close(a.activation(x), b.activation(x)); assert torch.equal(a.decodes(x), b.decodes(x))

def test_threshold_of_bce():
    fl = pytest.importorskip('fastai.losses')
    x = torch.linspace(-3,3,9)
    for t in .2,.5,.9:
        assert torch.equal(losses.BCEWithLogitsLossFlat(thresh=t).decodes(torch.sigmoid(x)),
                           fl.BCEWithLogitsLossFlat(thresh=t).decodes(torch.sigmoid(x)))

# --- steps of one's own, as fastai's

def twin(make, n=3):
    "The batches of `make(our module)` and of `make(fastai's)`, as lists"
    load = pytest.importorskip('fastai.data.load')
    import mnist_from_scratch.all as mine
    def plain(b):
        return b.tolist() if isinstance(b, torch.Tensor) else [plain(o) for o in b] if isinstance(b, (tuple,list)) else {k:plain(o)
            for k, o in b.items()} if isinstance(b, dict) else b
    def run(m):
        random.seed(0); log = []
        dl = make(m, log)
        return [plain(b) for _ in range(2) for b in dl],log
    a,b = run(mine),run(load)
    assert a==b and a[0]
    return a

def skip(m, bad):
    def f(o):
        if o in bad: raise m.SkipItemException
        return o
    return f

by_argument = dict(
    get_idxs=lambda m, log: dict(get_idxs=lambda: [4,4,1,0,6]),
    shuffle_fn=lambda m, log: dict(shuffle=True, shuffle_fn=lambda idxs: idxs[::-1]),
    create_item=lambda m, log: dict(create_item=lambda i: i*10), after_item=lambda m, log: dict(after_item=lambda o: (o,-o)),
    before_batch=lambda m, log: dict(before_batch=lambda items: items[::-1]),
    create_batch=lambda m, log: dict(create_batch=lambda items: (sum(items),len(items))),
    after_batch=lambda m, log: dict(after_batch=lambda b: b+1), retain=lambda m, log: dict(retain=lambda b, items: (b,len(items))),
    iters=lambda m, log: dict(before_iter=lambda *a: log.append('before'), after_iter=lambda *a: log.append('after')),
    skipped=lambda m, log: dict(after_item=skip(m, {1,2,5})), none=lambda m, log: dict(create_item=lambda i: None if i in (0,3) else i),
    skipped_short=lambda m, log: dict(after_item=skip(m, {1,2,5}), drop_last=True),
    do_batch=lambda m, log: dict(do_batch=lambda items: items))

@pytest.mark.parametrize('name', by_argument)
def test_steps_by_argument(name): twin(lambda m, log: m.DataLoader(list(range(8)), bs=3, **by_argument[name](m, log)))

def test_steps_by_a_child():
    def make(m, log):
        class Mine(m.DataLoader):
            def get_idxs(self): return super().get_idxs()[::-1]
            def create_item(self, i): return super().create_item(i)*2
            def after_item(self, o): return float(o)
            def before_batch(self, items): log.append(list(items)); return items
            def create_batch(self, items): return super().create_batch(items)/2
            def after_batch(self, b): return b-1
            def before_iter(self, *a): log.append('begin')
        return Mine(list(range(8)), bs=3)
    twin(make)

def test_steps_of_streams_and_of_nothing():
    "Items from `create_item` alone until it stops, a stream with steps, and single items"
    def numbers(n):
        it = iter(range(n))
        def f(i): return next(it)
        return f
    twin(lambda m, log: m.DataLoader(create_item=numbers(8), bs=3))
    twin(lambda m, log: m.DataLoader(create_item=numbers(10), bs=3, n=5, drop_last=True))
    twin(lambda m, log: m.DataLoader(iter(range(8)), bs=3, after_item=skip(m, {1,2}), before_batch=lambda o: o[::-1],
                                     after_batch=lambda b: -b))
    twin(lambda m, log: m.DataLoader(list(range(5)), after_item=skip(m, {1}), after_batch=lambda b: b*2))

def test_steps_with_workers():
    dl = DataLoader(range(8), bs=3, num_workers=2, after_item=lambda i: i*10, before_batch=lambda o: o[::-1], after_batch=lambda b: b+1)
    assert [b.tolist() for b in dl]==[[21,11,1],[51,41,31],[71,61]] and dl.one_batch().tolist()==[21,11,1]

def test_worker_starts_with_wif(tmp_path):
    class Mine(DataLoader):
        def wif(self): (tmp_path/str(get_worker_info().id)).touch()
    list(Mine(range(8), bs=3, num_workers=2))
    assert sorted(o.name for o in tmp_path.iterdir())==['0','1']

def test_steps_are_copied_and_kept():
    "`new`, `one_batch` and a state know of them; another dataset has another order"
    dl = DataLoader(range(8), bs=3, get_idxs=lambda: [7,5,3,1], after_item=lambda i: -i)
    assert [b.tolist() for b in dl.new()]==[[-7,-5,-3],[-1]] and dl.one_batch().tolist()==[-7,-5,-3] and [b.tolist()
        for b in dl.new(range(4))]==[[0,-1,-2],[-3]]
    class Mine(DataLoader):
        def __init__(self, ds, factor): super().__init__(ds, bs=2); self.factor = factor
        def after_item(self, o): return o*self.factor
    assert Mine(range(8), 3).one_batch().tolist()==[0,3]

@pytest.mark.parametrize('kw', [dict(get_idxs=lambda: [7,5,3,1,2,0,4]), dict(after_item=lambda i: None if i in (1,4) else i),
                                dict(shuffle=True, before_batch=lambda o: o)], ids=['order','skipped','shuffled'])
def test_going_on_with_steps(kw):
    for stop in range(1,4):
        torch.manual_seed(0); dl = DataLoader(range(9), bs=2, **kw); it = iter(dl)
        for _ in range(stop): next(it)
        state = deepcopy(dl.state_dict()); rest = [b.tolist() for b in it]
        other = DataLoader(range(9), bs=2, **kw); other.load_state_dict(state)
        assert [b.tolist() for b in other]==rest

def test_preds_in_the_order_of_the_set():
    "However `get_idxs` orders it, as fastai's `reorder`"
    ds = TensorDataset(torch.arange(8.)[:,None], torch.arange(8))
    dls = DataLoaders(DataLoader(ds, 3), DataLoader(ds, 3, get_idxs=lambda: [3,1,2,7]))
    learn = Learner(dls, nn.Linear(1,8), cross_entropy, SGD)
    with learn.no_bar(): assert learn.get_preds()[1].tolist()==[1,2,3,7]==learn.get_preds(dl=dls[1])[1].tolist()

@pytest.mark.parametrize('kw,says', [(dict(after_itme=len),'takes no after_itme.*after_item'), (dict(sample=len),'takes no sample'),
                                     (dict(after_item=3),'after_item of a DataLoader is a function'),
                                     (dict(sampler=[1], get_idxs=lambda: [1]),'leave out get_idxs'),
                                     (dict(bs=2, batch_size=3),'two names of one thing')])
def test_steps_that_are_refused(kw, says):
    with pytest.raises((TypeError,ValueError), match=says) as e: DataLoader(range(3), **kw)
    assert len(str(e.value).splitlines())==1

@pytest.mark.parametrize('name,says', [('sample','never calls sample'), ('create_batches','never calls create_batches'),
                                       ('after_bacth','Mine.after_bacth is never called; did you mean after_batch'),
                                       ('befor_batch','did you mean before_batch'), ('get_idx','did you mean get_idxs')])
def test_methods_that_are_never_called(name, says):
    Mine = type('Mine', (DataLoader,), {name:lambda self, *a: a})
    with pytest.raises(TypeError, match=says): Mine(range(3))
    type('Mine', (DataLoader,), dict(helper=lambda self: 1, items=[]))(range(3))

def test_steps_cost_nothing_where_there_are_none():
    "Batches are still windows on the data, also with a step for whole batches"
    x = torch.arange(20.)
    for dl in DataLoader(TensorDataset(x), 5), DataLoader(TensorDataset(x), 5, after_batch=lambda b: b), DataLoader(TensorDataset(x), 5,
        get_idxs=lambda: range(20)):
        assert all(b[0].untyped_storage().data_ptr()==x.untyped_storage().data_ptr() for b in dl)

# --- nothing is hidden

def test_getitems_that_raises():
    "Called once, and its exception is the one that comes"
    class Bad(Squares):
        calls,items = 0,0
        def __getitem__(self, i): Bad.items += 1; return i
        def __getitems__(self, idxs): Bad.calls += 1; raise OSError(5, 'disk on fire')
    for ds in Bad(9),Subset(Bad(9), range(9)):
        Bad.calls = Bad.items = 0
        with pytest.raises(OSError, match=r'disk on fire \(in items 0, 1 of the dataset, by its __getitems__\)'): list(DataLoader(ds, bs=2))
        assert (Bad.calls,Bad.items)==(1,0)

def test_getitems_that_loses_items():
    class Few(Squares):
        def __getitems__(self, idxs): return [self[i] for i in idxs][1:]
    with pytest.raises(ValueError, match='gave 2 items for 3 indexes; it gives a list with one for each'): list(DataLoader(Few(9), bs=3))
    assert len(list(DataLoader(Few(9), bs=3, collate_fn=lambda b: b)))==3          # who puts together himself may mean it

def test_properties_that_fail():
    "An `AttributeError` in one is not taken for a dataset without it"
    class Odd(Squares):
        @property
        def n_inp(self): return self.nope
        @property
        def vocab(self): return self.nope
    dls = DataLoaders(DataLoader(Odd(9), 3), DataLoader(Subset(Odd(9), [1,2]), 3))
    with pytest.raises(RuntimeError, match='n_inp of Odd fails: .*nope'): dls.n_inp
    with pytest.raises(RuntimeError, match='vocab of Odd fails'): dls.vocab

def test_labels_of_nested_targets():
    "Each image has its own"
    ds = [(torch.rand(8,8), (i, {'a':i*10, 'b':str(i)})) for i in range(4)]
    axs = DataLoader(ds, 4).show_batch()
    assert [ax.get_title() for ax in axs.flat]==[f'{i}, a: {i*10}, b: {i}' for i in range(4)]

# --- what the engine adds

def test_what_is_missing_names_its_import():
    """With the module of the chapter alone, each method that the engine adds raises an `AttributeError`, of the class and of an object, and
    each argument a `TypeError`; objects made before follow the advice"""
    found = sorted({*patched('engine.loaders')}-{*patched('minibatches')})
    assert {('DataLoader','state_dict'),('DataLoader','after_item'),('DataLoaders','from_dsets'),('DigitRows','test_ds')} <= {*found}
    in_a_new_process(f'''
import pickle, sys, torch
from torch.utils.data import IterableDataset
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, DigitRows
assert not [o for o in sys.modules if o.startswith('mnist_from_scratch.engine')]
cure = 'import mnist_from_scratch.engine.loaders'
def says(f, name, err):
    try: f()
    except err as e: assert str(e)==f'{{name}} comes with another module; run: {{cure}}', e
    else: raise AssertionError(name)
ds = DigitRows(torch.rand(9,784), torch.arange(9))
dl = DataLoader(ds, bs=2)
dls = DataLoaders(dl, dl)
objects = dict(DataLoader=dl, DataLoaders=dls, DigitRows=ds)
for cls,k in {found}:
    for o in objects[cls],type(objects[cls]): says(lambda: getattr(o, k), k, AttributeError); assert not hasattr(o, k)
class Stream(IterableDataset): __iter__ = lambda self: iter(range(3))
for bad in iter(range(3)),Stream(),3: says(lambda: DataLoader(bad, bs=2), 'loading without an index', TypeError)
for kw in dict(num_workers=2),dict(sampler=[1]),dict(batch_sampler=[[1]]),dict(after_item=len),dict(pin_memory=True),dict(device='cpu'):
    says(lambda: DataLoader(range(3), **kw), [*kw][0], TypeError)
says(lambda: DataLoader(range(3), 2, 2), 'num_workers', TypeError)
says(lambda: DataLoaders(dl, device='cpu'), 'device', TypeError)
class Mine(DataLoader):
    def after_item(self, o): return -o
says(lambda: Mine(range(3)), 'after_item', TypeError)
kept = pickle.dumps(dls)
exec(cure)
for o in dls,pickle.loads(kept):
    assert [len(b[0]) for b in o.train]==[2,2,2,2,1] and o.train.state_dict()['done']==0 and len(list(o.train.new(num_workers=1)))==5
    assert o.train.new(shuffle=True).shuffle and o.test_dl([torch.zeros(28,28)]).one_batch()[0].shape==(1,784)
assert all(getattr(o, k, None) is not None for cls,k in {found} for o in [type(objects[cls])])
assert list(Mine(range(2)))==[0,-1] and DataLoader(Stream(), bs=2).one_batch().tolist()==[0,1]''')

def test_the_small_loader_gives_what_the_full_one_gives():
    "The same batches, from the same random numbers, before and after the engine's is imported"
    in_a_new_process('''
import torch
from torch.utils.data import TensorDataset
from mnist_from_scratch.minibatches import DataLoader, DigitRows
x,y = torch.randint(256, (23,784)).byte(),torch.arange(23)
class Marked(TensorDataset):
    def __getitem__(self, i): return super().__getitem__(i)[0].float().mean(),i
sets = [TensorDataset(x,y), DigitRows(x,y), DigitRows(x.float()/255,y), Marked(x,y), list(zip(x,y)), range(23), 'abcdefgh',
        [{'a':i,'b':str(i)} for i in range(5)], []]
args = [dict(), dict(bs=None), dict(shuffle=True), dict(drop_last=True), dict(n=4), dict(n=0),
        dict(bs=None, batch_size=3), dict(bs=None, shuffle=True), dict(collate_fn=list), dict(collate_fn=len, shuffle=True)]
def same(a, b):
    if isinstance(a, torch.Tensor): return torch.equal(a, b) and a.dtype==b.dtype
    if isinstance(a, dict): return a.keys()==b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and (len(a)==len(b) and all(map(same, a, b)) if isinstance(a, (list,tuple)) else a==b)
def run():
    res = []
    for ds in sets:
        for kw in args:
            if len(ds)<kw.get('n', 0): continue
            torch.manual_seed(0)
            for g in {},{'generator':torch.Generator().manual_seed(3)}:
                dl = DataLoader(ds, **dict(bs=4)|kw|g)
                res.append([len(dl), dl.n, *dl, *dl, len(dl.new(shuffle=True)), *dl.new('xyz'[:dl.n]), torch.get_rng_state()])
                try: res.append([dl.one_batch()])
                except ValueError as e: res.append([str(e)])
    return res
a = run()
import mnist_from_scratch.engine.loaders
b = run()
assert len(a)>150 and all(map(same, a, b)), [i for i,(p,q) in enumerate(zip(a, b)) if not same(p, q)]''')
