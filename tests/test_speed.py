"The quick net: its optimizer beside PyTorch's, its data, and, on MNIST, what it is for."
import importlib.util, json, re
from pathlib import Path

import pytest, torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.data import TensorDataset
from mnist_from_scratch.engine import export
from mnist_from_scratch import convnet, speed        # the first gives `Learner` its `export`
from mnist_from_scratch.backprop import CrossEntropyLayer, by_hand, calc_grad_by_hand
from mnist_from_scratch.engine.precision import MixedPrecision
from mnist_from_scratch.learner import Callback, CancelFitException
from mnist_from_scratch.minibatches import to_dset
from mnist_from_scratch.engine.hardware import CudaGraph
from mnist_from_scratch.speed import FoldDigits, Muon, fast_learner, fast_net, fit_linear, muon_groups, newton_schulz

@pytest.fixture
def f32(monkeypatch): monkeypatch.setattr(speed, 'has_bf16', lambda *_: False)

@pytest.mark.parametrize('shape', [(4,4),(3,20),(20,3)])
def test_newton_schulz(f32, shape):
    "The directions stay, and the singular values are brought near to 1"
    torch.manual_seed(0)
    u,_,vt = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    g = u*torch.linspace(1, .2, min(shape))@vt
    s = u.T@newton_schulz(7*g, 5)@vt.T
    assert (s.diag()-1).abs().max()<.35 and (s-s.diag().diag()).abs().max()<1e-4

@pytest.mark.parametrize('shape', [(8,20),(20,8)])
def test_muon_beside_pytorchs(shape):
    if not hasattr(torch.optim, 'Muon'): pytest.skip('PyTorch has it since 2.9')
    torch.manual_seed(0)
    w,gs = torch.randn(shape),torch.randn(3, *shape)
    def after(opt):
        p = nn.Parameter(w.clone())
        o = opt([p])
        for g in gs: p.grad = g.clone(); o.step()
        return p.detach()
    ours = after(lambda ps: Muon([ps], lr=.1, mom=.8, steps=3))
    theirs = after(lambda ps: torch.optim.Muon(ps, lr=.1, momentum=.8, weight_decay=0., ns_steps=3, adjust_lr_fn='original'))
    assert (ours-w).abs().max()>.05 and (ours-theirs).abs().max()<.01

def test_who_gets_what():
    "Kernels and matrices go to Muon, but for the last layer's; each parameter is in one group, and those of the second move as Adam's"
    m = fast_net()
    a,b = muon_groups(m)
    assert [o.ndim for o in a]==[4,4,2] and any(o is m[-1].weight for o in b) and len({*a,*b})==len([*m.parameters()])==len(a)+len(b)
    opt = Muon([a,b], .1)
    for p in a+b: p.grad = torch.full_like(p, 1e-3)
    before = [p.detach().clone() for p in b]
    opt.step()
    for p,o in zip(b, before): torch.testing.assert_close(o-p, torch.full_like(p, .04), rtol=1e-3, atol=1e-5)

def test_folded_or_not_is_the_same(digits):
    x,net = to_dset(digits[1])[:5][0],fast_net()
    four = FoldDigits()(x)
    assert four.is_contiguous(memory_format=torch.channels_last) and four.shape==(5,4,12,12)
    for o in x,x.view(-1,1,28,28): torch.testing.assert_close(net(o), net(four))
    assert torch.equal(four[:,3], (x.view(-1,28,28)[:,3:26:2,3:26:2]-.13)/.31)

def test_schedule(digits):
    "Up from a tenth, down to nearly 0, in straight lines"
    a,b = (to_dset(o) for o in digits)
    learn = fast_learner(a, b, seed=3)
    with learn.no_bar(), learn.no_logging(): fit_linear(learn, 2, pct_start=.25)
    lrs = torch.tensor(learn.recorder.hps['lr'])
    n = len(lrs)
    assert n==2*len(learn.dls.train) and lrs[0]==pytest.approx(.01) and lrs[n//4]==pytest.approx(.1, rel=.05) and lrs[-1]<.005
    assert lrs[n//4+1:].diff().diff().abs().max()<1e-6

@pytest.mark.slow
@pytest.mark.parametrize('bf16,epochs,least', [(True,2,.85), (False,4,.93)]) # 16 bits without units for them take their time
def test_sixteen_bits_only_where_there_are_units(digits, monkeypatch, bf16, epochs, least):
    monkeypatch.setattr(speed, 'has_bf16', lambda *_: bf16)
    learn = fast_learner(*(to_dset(o) for o in digits))
    assert len(learn.cbs.filter(lambda o: isinstance(o, MixedPrecision)))==bf16
    with learn.no_bar(), learn.no_logging(): fit_linear(learn, epochs)
    assert learn.recorder.values[-1][2]>least and all(p.dtype==torch.float32 for p in learn.model.parameters())
    assert newton_schulz(torch.eye(3)).dtype==(torch.bfloat16 if bf16 else torch.float32)

@pytest.mark.slow
def test_one_seed_one_net(digits):
    def weights(seed):
        learn = fast_learner(*(to_dset(o) for o in digits), seed=seed)
        with learn.no_bar(), learn.no_logging(): fit_linear(learn, 1)
        return learn.model[1].weight
    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))

def test_accuracy(mnist):
    "One epoch, on the digits of the chapter: what it says of a seed, with room for chance"
    train,valid = (to_dset(o) for o in mnist[0].split(1/6))
    learn = fast_learner(train, valid)
    with learn.no_bar(), learn.no_logging(): fit_linear(learn)
    assert learn.recorder.values[-1][2]>.988 and sum(p.numel() for p in learn.model.parameters())<200_000

# --- on a graphics card: what can be said without one, and then with one

class Moves(TorchDispatchMode):
    "The sizes of what is copied from one device to another while the block lasts"
    def __init__(self): super().__init__(); self.sizes = []
    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        out,name = f(*args, **kwargs or {}),f.overloadpacket.__name__
        devs = {o.device.type for o in tree_leaves((args,out)) if isinstance(o, torch.Tensor)}
        if name in ('_to_copy','copy_') and len(devs)>1: self.sizes.append(args[0].numel())
        return out

class NoLonger(Callback):
    "Ends the fit when the batches of an epoch are done, before anybody reads what they have given"
    order = -100
    def after_train(self): raise CancelFitException

@pytest.mark.slow
def test_nothing_is_read_inside_an_epoch(digits, f32):
    "On the device 'meta', where a tensor has no numbers: whoever wanted one would fail. The data go there once."
    learn = fast_learner(*(to_dset(o) for o in digits), device='meta', cbs=NoLonger)
    moved = []
    for _ in range(2):
        with learn.no_bar(), Moves() as m: fit_linear(learn)
        assert learn.train_iter==len(learn.dls.train) and learn.model[1].weight.is_meta
        moved.append(sum(o for o in m.sizes if o>1))
    train = sum(t.numel() for t in learn.dls.train_ds.tensors)
    assert moved==[train+sum(p.numel() for p in learn.model.parameters()),0]
    learn.remove_cb(NoLonger)
    with learn.no_bar(), pytest.raises(RuntimeError, match='(?i)meta'): fit_linear(learn)        # at the end of the epoch somebody does

@pytest.mark.slow
def test_looks_at_the_loss(digits, f32, monkeypatch):
    "On a card: every 50th batch and the end of the epoch as a rule, and only the end for the quick net"
    looks = []
    monkeypatch.setattr(speed.FiniteLossCallback, '_look', lambda self, _: looks.append(self.iter))
    def looked(every):
        looks.clear()
        learn = fast_learner(*(to_dset(o) for o in digits), bs=16, device='meta',
                             cbs=Callback(before_validate=lambda cb: (_ for _ in ()).throw(CancelFitException)))
        learn.remove_cb(learn.recorder)
        if every: learn.finite_loss.every = every
        with learn.no_bar(): fit_linear(learn)
        return [*looks]
    assert looked(None)==[89] and looked(50)==[0,50,89]

def recording(calls):
    """What `torch.cuda.make_graphed_callables` does, without a graph: later inputs are written into the place of the first one, and must be
    like it"""
    def record(model, args):
        (place,),forward = args,model.forward
        assert model.training and not (torch.is_autocast_enabled('cuda') and torch.is_autocast_cache_enabled())
        calls.append('record')
        def replay(x):
            if not model.training: return forward(x)
            assert (x.shape,x.stride(),x.dtype,x.requires_grad)==(place.shape,place.stride(),place.dtype,False)
            calls.append('replay')
            if x.data_ptr()!=place.data_ptr(): place.copy_(x)
            return forward(place)
        model.forward = replay
        return model
    return record

def test_recorded_once_and_replayed_in_training_only(digits, f32, monkeypatch, tmp_path):
    calls,data = [],[to_dset(o[:300]) for o in digits]
    monkeypatch.setattr(torch.cuda, 'make_graphed_callables', recording(calls))
    def trained(**kw):
        learn = fast_learner(*data, bs=30, **kw)
        before = [t.clone() for t in learn.dls.train_ds.tensors]
        with learn.no_bar():
            for _ in range(2): fit_linear(learn, 2); assert 'forward' not in vars(learn.model)
        assert all(map(torch.equal, before, learn.dls.train_ds.tensors))             # no batch was written over
        return learn
    plain,graph = trained(),trained(cbs=CudaGraph)
    assert calls==['record']+['replay']*40
    for p,q in zip(plain.model.parameters(), graph.model.parameters()): torch.testing.assert_close(p, q)
    assert plain.recorder.values[-1][2]==graph.recorder.values[-1][2]
    calls.clear(); graph.get_preds(); graph.validate(); graph.export(tmp_path/'x.safetensors')
    assert not calls

def test_what_a_card_gets(digits, monkeypatch):
    "Batches of one size, 16 bits where it has units for them, a recording; without a device nothing of it"
    monkeypatch.setattr(speed, 'has_bf16', lambda device='cpu': torch.device(device).type=='cuda')
    here,there = (fast_learner(*(to_dset(o) for o in digits), bs=100, device=d) for d in (None,'cuda'))
    has = lambda learn: [any(isinstance(cb, c) for cb in learn.cbs) for c in (CudaGraph,MixedPrecision)]
    assert has(here)==[False]*2 and has(there)==[True]*2
    assert here.dls.device is None and there.dls.device.type=='cuda' and (len(here.dls.train),len(there.dls.train))==(15,14)

@pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU here')
def test_on_a_gpu(digits):
    "No wait inside an epoch, the same as without a recording, and as good as on a processor"
    class Strict(Callback):
        order = 12
        def before_train(self): torch.cuda.set_sync_debug_mode('error')
        def after_cancel_train(self): torch.cuda.set_sync_debug_mode('default')
        def cleanup(self): torch.cuda.set_sync_debug_mode('default')
    class Lax(Callback):
        order = -100
        def after_train(self): torch.cuda.set_sync_debug_mode('default')
    def trained(*cbs, graph=True):
        learn = fast_learner(*(to_dset(o) for o in digits), device='cuda', cbs=cbs)
        if not graph: learn.remove_cb(CudaGraph)
        with learn.no_bar():
            fit_linear(learn, 4)
        return learn
    graph,plain = trained(),trained(graph=False)
    assert graph.recorder.values[-1][2]>.93 and plain.recorder.values[-1][2]>.93 and next(graph.model.parameters()).is_cuda
    learn = trained()
    learn.add_cbs([Strict,Lax])
    with learn.no_bar(): fit_linear(learn)

# --- docs/speed.py

@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location('speed_script', Path(__file__).parent.parent/'docs/speed.py')
    res = importlib.util.module_from_spec(spec); spec.loader.exec_module(res)
    return res

@pytest.mark.slow
def test_what_the_script_writes(script, tmp_path, monkeypatch, digits):
    "A row for each recipe, also in float32; none of the example without a seed for it"
    used = []
    monkeypatch.setattr(script, 'load_digits', lambda _: [o[:300] for o in digits])
    monkeypatch.setattr(script, 'has_bf16', lambda: True)
    monkeypatch.setattr(script, 'published', lambda x, y, seed: (nn.Sequential(nn.Flatten(), nn.Linear(784,10)), 1.))
    monkeypatch.setattr(script, 'example', lambda *_: (9., 0., .99))
    monkeypatch.setattr(script, 'fit_linear',
                        lambda learn, fit=script.fit_linear: (used.append(any(isinstance(o, MixedPrecision) for o in learn.cbs)),
                                                              fit(learn)))
    monkeypatch.setattr(speed, 'has_bf16', lambda *_: True)
    monkeypatch.setattr('sys.argv', ['speed.py','--seeds','1','--example','0','--out',str(tmp_path/'s.json')]); script.main()
    d = json.loads((tmp_path/'s.json').read_text())
    assert [*d['rows']][:5]==['published','fast','safe','fast, float32',
                              'safe, float32'] and "PyTorch's example" not in d['rows'] and d['bfloat16']
    if not torch.cuda.is_available(): assert used==[True,True,False,False]*2
    assert d['rows']['fast']['low'] is None and 0<d['rows']['fast']['accuracy']<=1
    monkeypatch.setattr('sys.argv', ['speed.py','--seeds','2','--example','1','--out',str(tmp_path/'s.json')]); script.main()
    d = json.loads((tmp_path/'s.json').read_text())
    assert d['rows']["PyTorch's example"]['time']==9 and d['rows']['fast']['low']<=d['rows']['fast']['accuracy']

def test_steps_and_rates(script, tmp_path, monkeypatch, digits):
    "`--steps` trains on the training set alone, measures on digits held out of it, and leaves the other figures of the file as they are"
    monkeypatch.setattr(script, 'load_digits', lambda _: (digits[0][:300], None))
    monkeypatch.setattr(script, 'published',
                        lambda x, y, seed, net=None: (net() if net else nn.Sequential(nn.Flatten(), nn.Linear(784,10)), 1.))
    monkeypatch.setattr(script, 'rates', {'Muon': (script.muon, (.1,))})
    (tmp_path/'s.json').write_text('{"rows": {"fast": 1}}')
    monkeypatch.setattr('sys.argv', ['speed.py','--steps','--seeds','2','--out',str(tmp_path/'s.json')]); script.main()
    d = json.loads((tmp_path/'s.json').read_text())
    assert d['rows']=={'fast':1} and d['steps']['threads']==1
    rows = d['steps']['rows']
    assert [*rows]==['published', *(o for o in script.steps if o!='bfloat16' or speed.has_bf16())] and all(o['seeds']==2
        and o['low']<=o['accuracy']<=o['high'] for o in rows.values())
    assert [*d['rates']]==['Muon'] and [*d['rates']['Muon']]==['0.1'] and 'time' not in d['rates']['Muon']['0.1']

def test_steps_are_those_of_the_chapter(script):
    "Each row that the chapter trains stands in the file that it reads, with the best of the rates that were tried"
    book = Path(__file__).parent.parent/'nbs'
    code = '\n'.join(''.join(c['source']) for c in json.loads((book/'20_speed.ipynb').read_text())['cells'] if c['cell_type']=='code')
    d = json.loads((book/'speed.json').read_text())
    names = re.findall(r"(?:note|known)\('([^']+)'", code)
    assert {'published', *script.steps}=={*names}
    assert {*script.steps}-{'bfloat16'} <= {*d['steps']['rows']} and {*re.findall(r"'([^']+)'",
        ' '.join(re.findall(r"^tried\((.*)\)$", code, re.M)))}=={*d['rates']}=={*script.rates}
    for name,row in {'Adam, batches of 256':'higher rate', 'Adam, batches of 512':'larger batches', 'Muon':'Muon',
                     'softer targets':'softer targets', 'still larger':'still larger'}.items():
        tried = {float(lr):o['accuracy'] for lr,o in d['rates'][name].items()}
        assert max(tried, key=tried.get)==script.steps[row]['lr'], name

def grads_agree(net, hand):
    for p,q in zip(net.parameters(), hand.parameters(), strict=True):
        torch.testing.assert_close(q.grad if p.ndim!=2 else q.grad.T, p.grad, atol=1e-10, rtol=1e-10)

@pytest.mark.parametrize('layer', [nn.Conv2d(3, 5, 3), nn.Conv2d(3, 2, (2,3), stride=2, padding=(1,0)), nn.Conv2d(3, 4, 2, dilation=2),
                                   nn.MaxPool2d(2), nn.MaxPool2d(3)], ids=str)
@pytest.mark.parametrize('values', [torch.randn, lambda *s: torch.randint(-1, 2, s), torch.zeros], ids=['normal','ties','zeros'])
def test_layers_by_hand(layer, values):
    """Result and gradients are those of autograd, also where squares have no single largest number, and where something is left over at the
    edge"""
    torch.manual_seed(0)
    layer.double().zero_grad()
    x = values(4, 3, 8, 7).double()
    hand,xa = by_hand([layer]).layers[0],x.clone().requires_grad_()
    out = layer(xa)
    torch.testing.assert_close(hand(x), out.detach())
    g = torch.randn_like(out)
    out.backward(g)
    torch.testing.assert_close(hand.backward(g), xa.grad)
    grads_agree(layer, hand)

@pytest.mark.parametrize('safe,bs', [(False,768),(True,512)])
def test_batches_where_digits_are_many(safe, bs):
    many = TensorDataset(torch.zeros(1, 784).expand(40*768, -1), torch.zeros(40*768, dtype=torch.int64))
    assert fast_learner(many, TensorDataset(*many[:9]), safe=safe).dls.train.bs==bs

@pytest.mark.parametrize('safe', [False,True])
def test_quick_net_by_hand(safe, monkeypatch):
    torch.manual_seed(0)
    net = fast_net(nf=(32,64) if safe else (16,64)).double()
    hand,x,y = by_hand(net),torch.rand(9, 784).double(),torch.randint(10, (9,))
    loss = F.cross_entropy(net(x), y); loss.backward()
    masks,back = [],convnet._Conv.bwd
    monkeypatch.setattr(convnet._Conv, 'bwd', lambda self, g, to_input=True: masks.append(to_input) or back(self, g, to_input))
    torch.testing.assert_close(calc_grad_by_hand(x, y, hand, CrossEntropyLayer()), loss.detach())
    grads_agree(net, hand)
    assert masks==[True,False]           # nothing is calculated for the images
    hand(x)
    with pytest.raises(NotImplementedError, match='FoldDigits'): hand.backward(torch.ones(9, 10).double())

def test_folds_by_hand_as_it_is_told():
    net,x = nn.Sequential(FoldDigits(crop=0)),torch.rand(2, 784)
    assert torch.equal(by_hand(net)(x), net(x))

@pytest.mark.parametrize('layer', [nn.Conv2d(2, 2, 3, groups=2), nn.Conv2d(2, 2, 3, padding='same'),
                                   nn.Conv2d(2, 2, 3, padding=1, padding_mode='reflect'), nn.Conv2d(2, 2, 3, bias=False),
    nn.MaxPool2d(3, 2), nn.MaxPool2d((2,2)), nn.MaxPool2d(2, padding=1), nn.MaxPool2d(2, ceil_mode=True)], ids=str)
def test_not_known_by_hand(layer):
    with pytest.raises(TypeError, match='by_hand knows') as e: by_hand([layer])
    assert '\n' not in str(e.value)
