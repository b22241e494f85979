"""One format: what `save`, `export`, `mnist_train` and `Checkpoint` write, and what `load`, `load_learner`, `mnist_predict` and resuming
make of it, each with each. What is missing is told in one line, and the cure in it works."""
import re, subprocess, sys, warnings
from contextlib import redirect_stdout
from io import StringIO

import pytest, torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch.all import (Adam, BCEWithLogitsLossFlat, Checkpoint, CrossEntropyLossFlat, DataLoader, DataLoaders, Learner,
                                    MSELossFlat, load_learner, mnist_loss, read_state, to_dset, write_state)
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.losses import batch_accuracy
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch.tools import cli

def quiet(learn): learn.create_mbar,learn.logger = False,lambda *_: None; return learn

@pytest.fixture(scope='module')
def digits(): return [o[:300] for o in load_digits('digits')]

@pytest.fixture
def picture(digits, tmp_path):
    Image.fromarray(digits[1].x[0].numpy()).save(tmp_path/'a.png')
    return tmp_path/'a.png'

def learner(digits, path, name='linear'): return quiet(cli.make_learner(name, cli.to_dls(*digits), 10, path=path))

def says(*args, **kw):
    "What `mnist_predict` prints"
    with redirect_stdout(StringIO()) as s: cli.mnist_predict(*map(str, args), **kw)
    return s.getvalue()

# --- each with each

@pytest.fixture(scope='module')
def files(digits, tmp_path_factory):
    "One model, as each has written it"
    d = tmp_path_factory.mktemp('files')
    learn = learner(digits, d)
    learn.fit(1, .01, cbs=Checkpoint())
    cli.save_model(d, learn.model, 'linear', range(10))
    state = dict(learn.model.state_dict())
    save_file(state, d/'foreign.safetensors')
    save_file(state, d/'old.safetensors', dict(mnist_from_scratch='save_model', spec='{}', crc='1'))
    write_state(d/'other.safetensors', dict(x=torch.ones(3)))
    res = dict(save=learn.save('m'), export=learn.export(), mnist_train=d/'model.safetensors', foreign=d/'foreign.safetensors',
               old=d/'old.safetensors', other=d/'other.safetensors', checkpoint=sorted((d/'models').glob('checkpoint-*'))[-1])
    return learn.model,res

def by_load(file, digits, path): return learner(digits, path).load(file.with_suffix('')).model
def by_load_learner(file, *_): return load_learner(file).model
def by_a_model_of_mine(file, *_): return load_learner(file, model=nn.Linear(784,10)).model
def by_load_model(file, *_): return cli.load_model(file)[0]
def by_resuming(file, digits, path):
    (path/'models').mkdir(); (path/'models/checkpoint-000001-fit0.safetensors').write_bytes(file.read_bytes())
    Checkpoint._finished.clear()        # as in another process
    learn = learner(digits, path); learn.fit(1, .01, cbs=Checkpoint(), resume=True)
    return learn.model

no_arch = r'only the numbers of a Linear; pass the model: load_learner\(fname, model=Linear\(…\)\), or read it with Learner.load, and '
no_fit = 'is not a checkpoint: it does not say where a fit was; Learner.load reads its weights'
foreign = 'it was not written by mnist_from_scratch; load it with the tool that wrote it'
old = 'it was written by an earlier mnist_train; train again'
TABLE = {        # load            load_learner        with a model      mnist_predict       resume
    'save':        (None,            no_arch,            None,             no_arch,            no_fit),
    'export':      (None,            None,               None,             None,               no_fit),
    'mnist_train': (None,            None,               None,             None,               no_fit),
    'checkpoint':  (None,            no_arch,            None,             no_arch,            None),
    'other':       ('holds no model', 'only the numbers', 'holds no model', 'only the numbers', no_fit),
    'foreign':     (foreign,)*5,
    'old':         (old,)*5}
READERS = by_load, by_load_learner, by_a_model_of_mine, by_load_model, by_resuming

@pytest.mark.parametrize('i', range(5), ids=[o.__name__[3:] for o in READERS])
@pytest.mark.parametrize('writer', TABLE)
def test_each_reads_each(writer, i, files, digits, tmp_path):
    model,file,why = files[0],files[1][writer],TABLE[writer][i]
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        if not why: assert torch.equal(READERS[i](file, digits, tmp_path).weight, model.weight); return
        with pytest.raises(MnistError, match=why) as e: READERS[i](file, digits, tmp_path)
    assert '\n' not in str(e.value) and len(str(e.value))<600

@pytest.mark.parametrize('writer', ['save','checkpoint'])
def test_the_cures(writer, files, digits, tmp_path, picture):
    "Of what has no description of its model: the model is passed; or the file is loaded, and exported. Of what is no checkpoint: `load`"
    model,file = files[0],files[1][writer]
    assert torch.equal(by_a_model_of_mine(file).weight, model.weight)
    out = learner(digits, tmp_path).load(file.with_suffix('')).export()
    assert torch.equal(load_learner(out).model.weight, model.weight) and says(out, picture)==says(files[1]['export'], picture)
    assert torch.equal(by_load(files[1]['save'], digits, tmp_path).weight, model.weight)

def test_without_items_and_loss(files, digits):
    "Of a file that `save` wrote and a model there comes a Learner that gives activations, and trains when it has got the rest"
    learn = quiet(load_learner(files[1]['save'], model=nn.Linear(784,10)))
    x = digits[1].floats().flatten(1)
    assert torch.equal(learn.get_preds(dl=[(x,)])[0], files[0](x))
    learn.dls,learn.loss_func = cli.to_dls(*digits),cross_entropy
    learn.fit(1, .01)

@pytest.mark.parametrize('name', cli.MODELS)
def test_models_of_the_commands(name, digits, tmp_path, picture):
    "`load_learner` opens each, and predicts as `mnist_predict` does; `load` takes its weights"
    model = cli.make_model(name)
    if name=='baseline': model = cli.PixelSimilarity.from_digits(digits[0], 'rmse')
    with warnings.catch_warnings(): warnings.simplefilter('error'); cli.save_model(tmp_path, model, name, range(10), seed=3)
    learn = load_learner(tmp_path/'model.safetensors')
    assert str(learn.model)==str(model) and learn.dls.vocab==[*'0123456789']
    word,_,probs = learn.predict(Image.open(picture))
    line = says(tmp_path, picture)
    assert line.split()[1]==word and (name=='baseline' or line.split()[-1]==f'{probs.max():.4f}')
    new = cli.PixelSimilarity(torch.zeros(10,28,28), 'rmse') if name=='baseline' else cli.make_model(name)
    quiet(Learner(cli.to_dls(*digits), new, cross_entropy, path=tmp_path, model_dir='.')).load('model')
    for k,v in model.state_dict().items(): assert torch.equal(v, new.state_dict()[k])

def test_one_writer(files):
    "All are of one kind: `read_state` reads each, and the weights are in the same place"
    for k in 'save','export','mnist_train','checkpoint':
        s = read_state(files[1][k])
        assert s['name']=='Linear' and torch.equal(s['model']['weight'], files[0].weight)

# --- what mnist_predict takes

def two(digits, path, loss=mnist_loss, n=1):
    "A Learner that tells 3 from 7"
    train,valid = (o.only(3,7) for o in digits)
    dls = DataLoaders(*(DataLoader(to_dset(o, 3 if n==1 else None), bs=20) for o in (train,valid)))
    set_seed(0)
    return quiet(Learner(dls, nn.Linear(784,n), loss, Adam, metrics=batch_accuracy if n==1 else accuracy, path=path))

@pytest.mark.parametrize('loss,n', [(mnist_loss,1), (BCEWithLogitsLossFlat(),1), (nn.BCEWithLogitsLoss(),1), (nn.CrossEntropyLoss(),2),
                                    (CrossEntropyLossFlat(),2)])
def test_an_export_reads_digits(loss, n, digits, tmp_path):
    "The digit and its probability are those of `predict`; and so is a table for Kaggle"
    learn = two(digits, tmp_path, loss, n)
    if isinstance(loss, nn.BCEWithLogitsLoss): learn.loss_func = lambda p,t: loss(p, t.float())
    learn.fit(5, .01)
    learn.loss_func = loss
    file,x = learn.export(),digits[1].only(3,7).x[:8]
    want = []
    for i,o in enumerate(x):
        Image.fromarray(o.numpy()).save(tmp_path/f'{i}.png')
        word,dec,probs = learn.predict(Image.open(tmp_path/f'{i}.png'))
        p = probs.max() if n==2 else probs if dec else 1-probs
        want.append(f'{word}  probability {float(p):.4f}')
    with redirect_stdout(StringIO()) as s: cli.mnist_predict(file, [tmp_path/f'{i}.png' for i in range(8)])
    assert [re.sub(r'^\S+\s+', '', o) for o in s.getvalue().splitlines()]==want and len({o[0] for o in want})==2
    rows = [','.join(f'pixel{i}' for i in range(784)), *(','.join(map(str, o.flatten().tolist())) for o in x)]
    (tmp_path/'t.csv').write_text('\n'.join(rows)+'\n')
    says(file, tmp_path/'t.csv', submission=str(tmp_path/'o.csv'))
    answers = [o.split(',')[1] for o in (tmp_path/'o.csv').read_text().splitlines()[1:]]
    assert answers==[learn.predict(o)[0] for o in x]

BAD = dict(
    no_dataset=('how 28×28 pixels become an input', lambda l,d: setattr(l, 'dls', DataLoaders(*[DataLoader(TensorDataset(
        d[0].floats().flatten(1), d[0].y.long()), bs=20)]*2))),
    no_loss=('what its scores mean', lambda l,d: setattr(l, 'loss_func', lambda p,t: p.sum())),
    no_classes=('does not make classes', lambda l,d: setattr(l, 'loss_func', MSELossFlat())),
    names=('two or more different digits', lambda l,d: [setattr(o.dataset, 'vocab', [*'abcdefghij']) for o in l.dls]),
    twice=('two or more different digits', lambda l,d: [setattr(o.dataset, 'vocab', [*'0123456788']) for o in l.dls]),
    fewer=('not of 10 classes', lambda l,d: setattr(l, 'model', nn.Linear(784,9))))

@pytest.mark.filterwarnings('ignore:.*cannot be described')
@pytest.mark.parametrize('name', BAD)
def test_an_export_that_does_not_read_digits(name, digits, tmp_path, picture):
    "It says what is missing; `load_learner` takes the file, and what is exported as the message says is read"
    learn = learner(digits, tmp_path)
    BAD[name][1](learn, digits)
    file = learn.export()
    with pytest.raises(MnistError, match=f'does not read digits: .*{BAD[name][0]}') as e: says(file, picture)
    assert '\n' not in str(e.value) and 'load_learner takes the file' in str(e.value) and 'to_dset' in str(e.value)
    assert load_learner(file).model.in_features==784
    sets = [to_dset(o) for o in digits]
    model = learn.model if name!='fewer' else nn.Linear(784,10)
    good = Learner(DataLoaders(*(DataLoader(o, bs=20) for o in sets)), model, cross_entropy, path=tmp_path)
    assert 'probability' in says(good.export(), picture)

def test_an_export_of_many_numbers(digits, tmp_path, picture):
    "What is too much for a batch of digits is refused before a number is read; `load_learner`, which asks for one item, takes it"
    wide = nn.Sequential(nn.Unflatten(1, (1,28,28)), nn.Upsample(scale_factor=60), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16,10))
    learn = learner(digits, tmp_path); learn.model = wide
    file = learn.export(xb=(torch.zeros(1,784),))
    with pytest.raises(MnistError, match='makes 180,633,600 numbers of 64 items'): says(file, picture)
    load_learner(file)

# --- the writer

def test_no_copy_is_written(tmp_path):
    "Less memory than the tensors have: safetensors' own `save` would take twice as much"
    pytest.importorskip('resource')
    program = '''import resource, sys, torch
from mnist_from_scratch.base.state import write_state
t = dict(a=torch.ones(25_000_000))
def most(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_state(sys.argv[1], dict(a=torch.ones(9)))
before = most(); write_state(sys.argv[1], t); print(most()-before)'''
    r = subprocess.run([sys.executable, '-c', program, tmp_path/'s.safetensors'], capture_output=True, text=True, check=True)
    assert int(r.stdout) < 50_000*(1 if sys.platform!='darwin' else 1024)

def test_numbers_that_cannot_be_read_back_are_not_written(tmp_path):
    t = torch.ones(2, dtype=torch.complex128)
    with pytest.raises(TypeError, match='complex128; convert them to another'): write_state(tmp_path/'s', dict(a=t))
    assert not [*tmp_path.iterdir()]
    assert read_state(write_state(tmp_path/'s', dict(a=t.to(torch.complex64))))['a'].dtype==torch.complex64
