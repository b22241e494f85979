"""Models in other people's runtimes: the same predictions from ONNX Runtime, from what `torch.export` saves, and from plain PyTorch; and
what becomes of a model that cannot be had there."""
import json, logging, random, re, sys, warnings
from pathlib import Path

import numpy as np
import pytest, torch, warm
import torch.nn.functional as F
from fastcore.basics import noop
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch.engine import export as mod
from mnist_from_scratch.augment import best_net
from mnist_from_scratch.convnet import mnist_convnet
from mnist_from_scratch.resnet import resnet18
from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.engine.export import load_learner
from mnist_from_scratch.all import Learner
from mnist_from_scratch.losses import mnist_loss
from mnist_from_scratch.softmax import CrossEntropyLossFlat, cross_entropy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, to_dset
from mnist_from_scratch.optimizers import SGD
from mnist_from_scratch.softmax import mnist_net
from mnist_from_scratch.speed import fast_net
from mnist_from_scratch.tools.cli import save_model

pytestmark = pytest.mark.slow # PyTorch's exporter takes its time

class Two(nn.Module):
    "Two inputs, of different types"
    def __init__(self): super().__init__(); self.emb,self.lin = nn.Embedding(5,10),nn.Linear(4,10)
    def forward(self, a, b): return self.emb(a).sum(1)+self.lin(b)

class Modal(nn.Module):
    "Something else in training"
    def forward(self, x): return x+1 if self.training else x*2

def floats(*shape): return lambda n: torch.rand(n,*shape)
nets = {'linear':(lambda: nn.Linear(784,1), mnist_loss, floats(784)), '784-30-10':(mnist_net, cross_entropy, floats(784)),
        'convnet':(mnist_convnet, CrossEntropyLossFlat(), floats(1,28,28)),
        'quick':(fast_net, F.cross_entropy, floats(784)), 'best':(best_net, nn.CrossEntropyLoss(), floats(784)),
        'resnet18':(lambda: resnet18(10), cross_entropy, floats(3,40,36)),
        'two inputs':(Two, cross_entropy, lambda n: torch.randint(0,5,(n,3)), floats(4)),
        'as wide as its batch':(lambda: nn.Linear(2,2), cross_entropy, floats(2)),
        'two modes':(lambda: nn.Sequential(nn.Linear(4,50), nn.Dropout(), nn.BatchNorm1d(50), Modal(), nn.Linear(50,3)), cross_entropy,
                     floats(4))}
each_net = pytest.mark.parametrize('name', nets)

def made(name, path=None, bs=3):
    "A Learner with one of the `nets`, which has seen a few batches, and a function that makes inputs"
    make,loss,*xs = nets[name]
    torch.manual_seed(0)
    model = make()
    def inputs(n): return tuple(f(n) for f in xs)
    for _ in range(3): model(*inputs(4))                  # statistics of normalisation that are not those of new nets
    dl = DataLoader(TensorDataset(*inputs(5), torch.zeros(5).long()), bs)
    return Learner(DataLoaders(dl, dl), model, loss, SGD, path=path),inputs

def probs(learn, xb):
    "What the model predicts, by PyTorch's own functions"
    with torch.no_grad(): p = learn.model.eval()(*xb)
    return p.sigmoid() if learn.loss_func is mnist_loss else p.softmax(1)

# --- to_onnx

def runtime(file):
    "A function that runs `file` in ONNX Runtime"
    net = pytest.importorskip('onnxruntime', reason='no ONNX Runtime here').InferenceSession(str(file))
    def f(*xb):
        out, = net.run(['output'], {o.name:x.numpy() for o,x in zip(net.get_inputs(), xb, strict=True)})
        return torch.from_numpy(out)
    return f,net

@pytest.fixture(autouse=True)
def packages(request):
    if 'onnx' in request.node.name: [pytest.importorskip(o, reason=f'no {o} here') for o in ('onnx','onnxscript')]

@each_net
def test_same_predictions_from_onnx(name, tmp_path):
    learn,inputs = made(name, tmp_path)
    f,net = runtime(learn.to_onnx())
    for n in 1,2,7:
        xb = inputs(n)
        torch.testing.assert_close(f(*xb), probs(learn, xb), atol=1e-5, rtol=0)
    k = len(learn.dls.one_batch())-1
    assert [o.name for o in net.get_inputs()]==(['input'] if k==1 else ['input_0','input_1']) and [o.name
        for o in net.get_outputs()]==['output']
    assert all(o.shape[0]=='batch' for o in [*net.get_inputs(), *net.get_outputs()])

def test_onnx_predicts_as_predict_does(digits, tmp_path):
    "Of a trained Learner: the same probabilities, and the names of the classes in their order"
    train,valid = digits
    torch.manual_seed(0)
    learn = Learner(DataLoaders(DataLoader(to_dset(train), 64, shuffle=True), DataLoader(to_dset(valid), 100)), mnist_net(), cross_entropy,
                    SGD, path=tmp_path)
    with learn.no_bar(): learn.fit(2, .3)
    f,net = runtime(learn.to_onnx())
    vocab = json.loads(net.get_modelmeta().custom_metadata_map['vocab'])
    for im in valid.x[:20]:
        word,_,p = learn.predict(im)
        got = f(im.flatten()[None]/255)[0]
        torch.testing.assert_close(got, p, atol=1e-5, rtol=0)
        assert vocab[got.argmax()]==word

def test_onnx_of_bare_activations(tmp_path):
    learn,inputs = made('784-30-10', tmp_path); xb = inputs(3)
    with torch.no_grad(): exp = learn.model(*xb)
    torch.testing.assert_close(runtime(learn.to_onnx('sub/a.onnx', act=noop))[0](*xb), exp)
    assert not torch.allclose(runtime(learn.to_onnx())[0](*xb), exp, atol=.01)
    learn.loss_func = F.mse_loss                              # a loss that says nothing of probabilities
    torch.testing.assert_close(runtime(learn.to_onnx())[0](*xb), exp)

@pytest.mark.parametrize('bs', [1,5])
def test_any_batch_will_do_for_onnx(tmp_path, bs):
    "Also one of a single item; and for a Learner without data the inputs are passed"
    learn,inputs = made('784-30-10', tmp_path, bs=bs); xb = inputs(7)
    torch.testing.assert_close(runtime(learn.to_onnx())[0](*xb), probs(learn, xb), atol=1e-5, rtol=0)
    loaded = load_learner(learn.export())
    with pytest.raises(ValueError, match='pass xb, a tuple of inputs$'): loaded.to_onnx('b.onnx')
    torch.testing.assert_close(runtime(loaded.to_onnx('b.onnx', xb=inputs(1)))[0](*xb), probs(learn, xb), atol=1e-5, rtol=0)

def test_onnx_changes_nothing(tmp_path, capfd, monkeypatch):
    "Not the model, nor where it is, not a generator of random numbers, not what is logged; and not a word on the terminal"
    learn,_ = made('two modes', tmp_path)
    moved,cpu = [],nn.Module.cpu
    monkeypatch.setattr(nn.Module, 'cpu', lambda self: moved.append(self) or cpu(self))
    learn.model.train(); learn.model[1].eval()
    hook = learn.model[0].register_forward_hook(lambda *_: None)
    def state():
        return ([m.training for m in learn.model.modules()], [p.requires_grad for p in learn.model.parameters()],
                {k:v.clone() for k,v in learn.model.state_dict().items()},
                torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist(), logging.root.manager.disable,
                logging.root.level, list(warnings.filters))
    was = state()
    with warnings.catch_warnings(record=True) as said: warnings.simplefilter('always'); learn.to_onnx()
    assert not said and not ''.join(capfd.readouterr())
    for a,b in zip(was, state(), strict=True):
        torch.testing.assert_close(a, b) if isinstance(a, (torch.Tensor,dict)) else None if a==b else pytest.fail(f'{a} became {b}')
    hook.remove()
    assert moved and not {id(p) for o in moved for p in o.parameters()} & {id(p) for p in learn.model.parameters()}

def test_onnx_names_no_folder(tmp_path):
    "PyTorch notes at each operation where in which program it was called"
    import onnx
    learn,_ = made('best', tmp_path)
    data = learn.to_onnx().read_bytes()
    assert not re.search(rb'\.py|site-packages|'+re.escape(str(Path(mod.__file__).parent)).encode(), data)
    onnx.checker.check_model(onnx.load_from_string(data))

class Branch(nn.Module):
    def forward(self, x): return x if x.sum()>0 else -x
class OfTwo(nn.Module):
    def forward(self, x): return x.view(2,-1)
class Untranslated(nn.Module):
    def forward(self, x): return torch.special.bessel_j0(x)
class Fails(nn.Module):
    def forward(self, x): raise ValueError('first\nsecond')

@pytest.mark.parametrize('model,why', [(Branch(),'data-dependent'), (OfTwo(),'batch'), (Untranslated(),'bessel_j0'), (Fails(),'first;'),
                                       (nn.Linear(5,1),'')])
def test_what_onnx_cannot_have(model, why, tmp_path, capfd):
    "One line with which and why, and an older file stays"
    learn,_ = made('784-30-10', tmp_path)
    (tmp_path/'export.onnx').write_text('old')
    learn.model = model
    with pytest.raises(MnistError, match=f'^{type(model).__name__} cannot be exported to ONNX: .*{why}.*decide nothing') as e:
        learn.to_onnx()
    assert '\n' not in str(e.value) and '\x1b' not in str(e.value) and not ''.join(capfd.readouterr())
    assert (tmp_path/'export.onnx').read_text()=='old' and [o.name for o in tmp_path.iterdir()]==['export.onnx']

def test_onnx_where_nothing_can_be_written(tmp_path):
    learn,_ = made('as wide as its batch', tmp_path)
    (tmp_path/'file').write_text('')
    with pytest.raises(MnistError, match='^cannot write'): learn.to_onnx('file/x.onnx')
    with pytest.raises(MnistError, match='is a folder'): learn.to_onnx('.')

@pytest.mark.parametrize('package', ['onnx','onnxscript'])
def test_missing_package(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match='pip install onnx onnxscript$') as e: made('as wide as its batch', tmp_path)[0].to_onnx()
    assert '\n' not in str(e.value) and not [*tmp_path.iterdir()]

# --- torch.export

@pytest.mark.filterwarnings('ignore:No complete tensor')   # PyTorch's, for weights in `channels_last`
@each_net
def test_torch_export(name, tmp_path):
    "As the chapter has it"
    learn,inputs = made(name)
    batch = torch.export.Dim('batch')
    xb = inputs(2)
    torch.export.save(torch.export.export(learn.model.eval(), xb, dynamic_shapes=({0:batch},)*len(xb)), tmp_path/'net.pt2')
    again = torch.export.load(tmp_path/'net.pt2').module()
    for n in 1,2,7:
        xb = inputs(n)
        with torch.no_grad(): torch.testing.assert_close(again(*xb), learn.model(*xb), atol=1e-5, rtol=0)

# --- safetensors

def test_safetensors_in_plain_pytorch(tmp_path):
    "The lines that the chapter shows, in a process without this library, for what `save`, `export` and `save_model` have written"
    cells = json.loads((Path(__file__).parent.parent/'nbs/engine/10_export.ipynb').read_text(encoding='utf-8'))['cells']
    program = next(o for c in cells if (o := re.search(r"program = '''(import json.*?)'''", ''.join(c['source']), re.S)))[1]
    program = program.split('\nprint(')[0].replace('nn.Linear(784, 10)',
                                                   'nn.Sequential(nn.Linear(784,30), nn.ReLU(), nn.BatchNorm1d(30), '
                                                   'nn.Linear(30,10)).eval()')
    program = "import sys; sys.modules['mnist_from_scratch'] = None\n"+program+"\ntorch.save(net(torch.ones(1,784)), sys.argv[2])"
    learn,_ = made('784-30-10', tmp_path)
    learn.model = nn.Sequential(nn.Linear(784,30), nn.ReLU(), nn.BatchNorm1d(30), nn.Linear(30,10))
    learn.model(torch.rand(5,784))
    with learn.no_bar(): learn.fit(1, .1)
    save_model(tmp_path, learn.model, 'mlp', range(10))
    for file in learn.save('m'),learn.export(),tmp_path/'model.safetensors':
        r = warm.run([sys.executable, '-c', program, file, tmp_path/'out'], capture_output=True, text=True)
        assert not r.returncode, r.stderr
        with torch.no_grad(): assert torch.equal(torch.load(tmp_path/'out'), learn.model.eval()(torch.ones(1,784)))
