"A training that is stopped at any moment goes on to the very same weights."
import json, os, subprocess, sys
from pathlib import Path

import pytest, torch
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch.engine.checkpoint import Checkpoint
from mnist_from_scratch.engine.precision import GradientAccumulation
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.all import Callback, Learner
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.optimizers import SGD, Adam

@pytest.mark.slow
def test_killed(tmp_path):
    "At least 40 SIGKILLs: in a batch, in validation, while a checkpoint is written; seven kinds of training"
    r = subprocess.run([sys.executable, Path(__file__).parent/'killing.py', tmp_path, '40', '0'], capture_output=True, text=True,
                       env=os.environ|{'OMP_NUM_THREADS':'1'})
    assert not r.returncode, r.stderr[-3000:]
    o = json.loads(r.stdout.splitlines()[-1])
    print(o['ways'])
    assert sum(o['ways'].values())>=40 and {'batch','validation','in the file','before renaming','after renaming'} <= set(o['ways'])
    assert len({r['kind'] for r in o['runs']})==7
    assert [r for r in o['runs'] if r['differs'] or r['half']]==[]

class Stop(Callback):
    "What Ctrl-C does, after batch `n` of the fit"
    order = 300
    def __init__(self, n): self.n = n
    def after_batch(self):
        if self.training and self.train_iter>=self.n: raise KeyboardInterrupt

def new_process(): Checkpoint._finished.clear()      # a program that is started again knows nothing of what it finished

def learner(path, seed=0, n_out=3, width=5, **kwargs):
    set_seed(0)
    ds = TensorDataset(torch.randn(40,4), torch.randint(0,3,(40,)))
    set_seed(seed)
    learn = Learner(DataLoaders(DataLoader(ds, 5, shuffle=True), DataLoader(ds, 20)),
                    nn.Sequential(nn.Linear(4,width), nn.ReLU(), nn.Linear(width,n_out)), cross_entropy,
                    **dict(opt_func=Adam, metrics=accuracy, path=path) | kwargs)
    learn.create_mbar = False
    return learn

def stopped(path, n=13, every=3, **kwargs):
    "Train up to batch `n` of 32, the last checkpoint being at the latest multiple of `every`, or at the end of an epoch"
    learn = learner(path, **kwargs)
    with pytest.raises(KeyboardInterrupt): learn.fit_one_cycle(4, .01, cbs=[Checkpoint(every), Stop(n)])
    return files(path)

def files(path): return sorted((path/'models').glob('checkpoint-*'), reverse=True)

def resumed(path, n_epoch=4, lr=.01, **kwargs):
    learn = learner(path, seed=9, **kwargs)
    learn.fit_one_cycle(n_epoch, lr, cbs=Checkpoint(3), resume=True)
    return learn

@pytest.fixture(scope='module')
def never(tmp_path_factory):
    "Weights of a run that was not stopped"
    learn = learner(tmp_path_factory.mktemp('never'))
    with learn.no_bar(): learn.fit_one_cycle(4, .01)
    return learn

def equal(a, b):
    return (all(torch.equal(p, q) for p,q in zip(a.model.parameters(),
                                                b.model.parameters())) and a.recorder.values==b.recorder.values
                                                and a.recorder.lrs==b.recorder.lrs)

def test_goes_on(tmp_path, never, capsys):
    assert len(stopped(tmp_path))==2
    assert equal(resumed(tmp_path), never)
    assert 'going on from' in (out := capsys.readouterr().out) and 'epoch 1, batch 4' in out

def test_differs_without(tmp_path, never):
    "The comparison can fail: without the checkpoint the weights are others"
    stopped(tmp_path)
    learn = learner(tmp_path, seed=9)
    with learn.no_bar(): learn.fit_one_cycle(4, .01)
    assert not equal(learn, never)

@pytest.mark.parametrize('harm', [lambda b: b[:-100], lambda b: b[:50], lambda b: b'', lambda b: b[:-200]+bytes(200),
                                  lambda b: os.urandom(len(b)),
                                  lambda b: b.replace(rb'\"number of epochs\", 4', rb'\"number of epochs\", 5')],
                         ids=['cut','cut early','empty','zeros at the end','noise','text changed'])
def test_torn_file(tmp_path, never, capsys, harm, request):
    "A damaged checkpoint is named and passed over (a changed text may make it one of another training); the one before it is used"
    new,old = stopped(tmp_path)
    data = new.read_bytes()
    assert harm(data)!=data
    new.write_bytes(harm(data))
    assert equal(resumed(tmp_path), never)
    out,err = capsys.readouterr()
    why = 'of another training, with another number of epochs' if request.node.callspec.id=='text changed' else 'damaged'
    assert f'not used: {new} is {why}' in err and len(err.splitlines())==1 and f'going on from {old}' in out

def test_foreign_file(tmp_path, never, capsys):
    "So is one of another model, or of a file that is no checkpoint at all"
    from safetensors.torch import save_file
    new,_ = stopped(tmp_path)
    other = tmp_path/'other'
    theirs = stopped(other, width=7)[0]
    new.with_name('checkpoint-000090-fit0.safetensors').write_bytes(theirs.read_bytes())
    save_file({'a':torch.zeros(3)}, new.with_name('checkpoint-000091-fit0.safetensors'))
    learner(tmp_path).save('weights'); (tmp_path/'models'/'weights.safetensors').rename(new.with_name('checkpoint-000092-fit0.safetensors'))
    assert equal(resumed(tmp_path), never)
    out,err = capsys.readouterr()
    assert all(a in b for a,b in zip(['is not a checkpoint','was not written by','another model'], err.splitlines(),
                                     strict=True)) and f'going on from {new}' in out

@pytest.mark.parametrize('kw,says', [(dict(n_epoch=5), 'another number of epochs (4 there, 5 here)'),
                                     (dict(lr=.02), 'another schedule of lr'), (dict(width=6), 'another model'),
                                     (dict(opt_func=SGD), 'another optimizer (Adam there, SGD here)'),
                                     (dict(cbs=GradientAccumulation(8)), 'another set of callbacks')])
def test_another_training(tmp_path, kw, says):
    "If none can be used nothing is trained, and nothing is lost"
    before = {o:o.read_bytes() for o in stopped(tmp_path)}
    with pytest.raises(MnistError) as e: resumed(tmp_path, **kw)
    assert says in str(e.value) and 'to start anew' in str(e.value) and len(str(e.value).splitlines())==1
    assert {o:o.read_bytes() for o in files(tmp_path)}==before

def test_another_schedule(tmp_path):
    stopped(tmp_path)
    learn = learner(tmp_path)
    with pytest.raises(MnistError, match='another schedule of lr'): learn.fit_one_cycle(4, .01, pct_start=.5, cbs=Checkpoint(), resume=True)
    with pytest.raises(MnistError, match='another set of callbacks'): learn.fit(4, .01, cbs=Checkpoint(), resume=True)

def test_a_pass_that_was_called_off(tmp_path):
    "is not gone on with in the next epoch"
    from mnist_from_scratch.learner import CancelTrainException
    class Short(Callback):
        def after_batch(self):
            if self.training and self.iter==4: raise CancelTrainException
    def fit(path, *cbs, **kwargs):
        learn = learner(path)
        with learn.no_bar(): learn.fit(3, .01, cbs=[Short(), Checkpoint(), *cbs], **kwargs)
        return learn
    with pytest.raises(KeyboardInterrupt): fit(tmp_path, Stop(7))
    assert equal(fit(tmp_path, resume=True), fit(tmp_path/'never'))

def test_starts_if_there_is_nothing(tmp_path, never):
    "Without a `Checkpoint` among the callbacks, `resume` brings one"
    learn = learner(tmp_path)
    with learn.no_bar(): learn.fit_one_cycle(4, .01, resume=True)
    assert equal(learn, never) and len(files(tmp_path))==2

def test_finished_fits_are_not_repeated(tmp_path, capsys):
    "A program with two fits, run again: the first is taken from its end, the second goes on"
    def program(stop=None):
        learn = learner(tmp_path)
        learn.fit(1, .01, cbs=Checkpoint(3), resume=True)
        first = [o.clone() for o in learn.model.parameters()]
        learn.fine_tune(2, .01, cbs=[Checkpoint(3), *([Stop(stop)] if stop else [])], resume=True)
        return first,learn
    with pytest.raises(KeyboardInterrupt): program(6)      # in the frozen part
    new_process()
    with pytest.raises(KeyboardInterrupt): program(10)     # in the second part, whose 16 batches are counted from 0
    new_process()
    first,learn = program()
    out = capsys.readouterr().out
    assert 'was the end of this fit' in out
    l = learner(tmp_path/'b')
    with l.no_bar(): l.fit(1, .01); ps = [o.clone() for o in l.model.parameters()]; l.fine_tune(2, .01)
    assert all(map(torch.equal, first, ps)) and equal(l, learn)
    new_process(); n = len(files(tmp_path)); _,again = program()
    assert equal(again, learn) and len(files(tmp_path))==n

def test_starting_anew(tmp_path, tmp_path_factory, capsys):
    "Without `resume` the old checkpoints stay until there is a new one, and one is told"
    def never(seed):
        l = learner(tmp_path_factory.mktemp('never'), seed=seed)
        with l.no_bar(): l.fit_one_cycle(4, .01)
        return l
    old = stopped(tmp_path)
    learn = learner(tmp_path, seed=3)
    with pytest.raises(KeyboardInterrupt): learn.fit_one_cycle(4, .01, cbs=[Checkpoint(3), Stop(2)])
    assert set(old)<set(files(tmp_path)) and 'starting anew' in capsys.readouterr().out
    again = resumed(tmp_path)                               # goes on with the new one, and not with the old one
    assert equal(again, never(3)) and not equal(again, never(0))
    assert not set(old)&set(files(tmp_path))

def test_keep(tmp_path):
    learn = learner(tmp_path)
    with learn.no_bar(): learn.fit(3, .01, cbs=Checkpoint(1, fname='ck', keep=4))
    assert len(list((tmp_path/'models').glob('ck-*')))==4

def test_half_written_files_are_removed(tmp_path):
    stopped(tmp_path)
    half = tmp_path/'models'/'.checkpoint-000099-fit0-abcdef01.safetensors'; half.write_bytes(b'x')
    resumed(tmp_path)
    assert not half.exists()

def test_nothing_that_is_not_finite_is_saved(tmp_path):
    "A step that destroys the weights ends the fit; the checkpoint before it stays"
    class Destroy(Callback):
        def after_step(self):
            if self.train_iter==7: next(self.model.parameters()).data[0] = float('nan')
    learn = learner(tmp_path)
    with pytest.raises(FloatingPointError, match='0.weight is not finite.*batch 7.*the last checkpoint is') as e, learn.no_bar():
        learn.fit(2, .01, cbs=[Checkpoint(1), Destroy()])
    assert len(files(tmp_path))==2 and str(files(tmp_path)[0]) in str(e.value)

def test_loss_that_is_not_finite(tmp_path):
    "Stops before the step is made, says at which batch, and names the last good checkpoint, from which one can go on"
    def fit(bad, **kwargs):
        def loss(p, y):
            loss.n += 1
            return cross_entropy(p, y) * (float('inf') if loss.n==bad else 1.)
        loss.n = 0
        learn = learner(tmp_path); learn.loss_func = loss
        with learn.no_bar(): learn.fit(2, .01, cbs=Checkpoint(1), **kwargs)
        return learn
    with pytest.raises(FloatingPointError, match='the loss is inf at batch 6 of epoch 0: lower the learning rate, which is 0.01.*the last '
                       'checkpoint is') as e:
        fit(7)
    assert str(files(tmp_path)[0]) in str(e.value) and '\n' not in str(e.value)
    learn = fit(None, resume=True)
    assert len(learn.recorder.losses)==16 and all(p.isfinite().all() for p in learn.model.parameters())

def test_stands_aside(tmp_path):
    learn = learner(tmp_path, cbs=Checkpoint(1))
    learn.validate(); learn.get_preds(); learn.lr_find(show_plot=False, num_it=40)
    assert not files(tmp_path)

def test_cannot_be_written(tmp_path):
    (tmp_path/'models').write_text('a file, no folder')
    with pytest.raises(MnistError, match='cannot write'), learner(tmp_path).no_bar() as learn: learn.fit(1, .01, cbs=Checkpoint())

# --- what a review found

def test_the_same_call_again_in_a_notebook(tmp_path, never):
    "The same Learner, interrupted, and the same cell again: one cycle leaves another momentum behind"
    learn = learner(tmp_path)
    with pytest.raises(KeyboardInterrupt): learn.fit_one_cycle(4, .01, cbs=[Checkpoint(3), Stop(13)], resume=True)
    with learn.no_bar(): learn.fit_one_cycle(4, .01, cbs=Checkpoint(3), resume=True)
    assert equal(learn, never)

def test_fine_tune_again_in_a_notebook(tmp_path):
    learn = learner(tmp_path)
    with pytest.raises(KeyboardInterrupt): learn.fine_tune(2, .01, cbs=[Checkpoint(3), Stop(10)], resume=True)
    with learn.no_bar(): learn.fine_tune(2, .01, cbs=Checkpoint(3), resume=True)
    other = learner(tmp_path/'never')
    with other.no_bar(): other.fine_tune(2, .01)
    assert equal(learn, other)

def test_two_learners_in_one_folder(tmp_path):
    "are told so, and do not get each other's weights"
    new_process()
    with learner(tmp_path).no_bar() as learn: learn.fit(1, .01, resume=True)
    with pytest.raises(MnistError, match='another Learner.*path or fname'), learner(tmp_path).no_bar() as learn:
        learn.fit(1, .01, resume=True)

def test_best_model_of_a_later_fit(tmp_path):
    "A finished fit, taken from its end, does not load what a later fit has saved as the best model"
    from mnist_from_scratch.engine.tracking import SaveModelCallback
    def program(stop=None):
        learn = learner(tmp_path)
        learn.fit(3, .05, cbs=[SaveModelCallback('accuracy'), Checkpoint(3)], resume=True)
        between = [p.clone() for p in learn.model.parameters()]
        learn.fit(3, .01, cbs=[SaveModelCallback(), Checkpoint(3), *([Stop(stop)] if stop else [])], resume=True)
        return between,learn
    new_process()
    l = learner(tmp_path/'never')
    with l.no_bar():
        l.fit(3, .05, cbs=SaveModelCallback('accuracy'))
        between = [p.clone() for p in l.model.parameters()]; l.fit(3, .01, cbs=SaveModelCallback())
    with pytest.raises(KeyboardInterrupt): program(17)
    new_process(); b,learn = program()
    assert all(map(torch.equal, between, b)) and equal(learn, l)

def test_two_callbacks_of_one_class(tmp_path):
    from mnist_from_scratch.engine.tracking import EarlyStoppingCallback
    def cbs(): return [EarlyStoppingCallback('train_loss', patience=9), EarlyStoppingCallback('accuracy', patience=2)]
    b = learner(tmp_path/'never')
    with b.no_bar(): b.fit(9, 1e-5, cbs=cbs())
    a = learner(tmp_path)
    with pytest.raises(KeyboardInterrupt): a.fit(9, 1e-5, cbs=[*cbs(), Checkpoint(), Stop(13)])
    with a.no_bar(): a.fit(9, 1e-5, cbs=[*cbs(), Checkpoint()], resume=True)
    assert len(b.recorder.values)<9 and equal(a, b)

def test_fname_with_a_folder_and_files_of_others(tmp_path, never):
    half = tmp_path/'models'/'run'/'.ck-best-abcdef01.safetensors'; half.parent.mkdir(parents=True); half.write_bytes(b'x')
    learn = learner(tmp_path)
    with pytest.raises(KeyboardInterrupt): learn.fit_one_cycle(4, .01, cbs=[Checkpoint(3, 'run/ck'), Stop(13)])
    learn = learner(tmp_path, seed=9)
    with learn.no_bar(): learn.fit_one_cycle(4, .01, cbs=Checkpoint(3, 'run/ck'), resume=True)
    assert equal(learn, never) and half.exists() and len(list((tmp_path/'models'/'run').glob('ck-*')))==2

def loaders(kind):
    import torch.utils.data as tud
    set_seed(0)
    ds = TensorDataset(torch.randn(40,4), torch.randint(0,3,(40,)))
    class Stream(tud.IterableDataset):
        "Shuffled as it begins"
        def __iter__(self): yield from (ds[i] for i in torch.randperm(40).tolist())
    g = torch.Generator().manual_seed(3)
    return dict(sampler=lambda: tud.DataLoader(ds, 5, sampler=tud.RandomSampler(ds, generator=g)),
                stream=lambda: DataLoader(Stream(), 5, n=40),
                ours=lambda: DataLoader(ds, 5, sampler=tud.RandomSampler(ds, generator=g)))[kind](), DataLoader(ds, 20)

@pytest.mark.parametrize('kind', ['sampler','stream','ours'])
def test_loaders_with_generators_of_their_own(tmp_path, kind):
    def learn(path):
        l = learner(path); l.dls = DataLoaders(*loaders(kind)); set_seed(1)
        return l
    a,b = learn(tmp_path),learn(tmp_path/'never')
    with b.no_bar(): set_seed(1); b.fit(3, .01)
    set_seed(1)
    with pytest.raises(KeyboardInterrupt): a.fit(3, .01, cbs=[Checkpoint(3), Stop(13)])
    a = learn(tmp_path)
    with a.no_bar(): a.fit(3, .01, cbs=Checkpoint(3), resume=True)
    assert equal(a, b)

@pytest.mark.parametrize('change,says', [(lambda l: setattr(l.model, '1', nn.Tanh()), 'kind of layers'),
                                         (lambda l: setattr(l, 'metrics', []), 'table'),
                                         (lambda l: setattr(l, 'loss_func', nn.MSELoss()), 'loss'),
    (lambda l: l.dls.loaders.__setitem__(0, DataLoader(list(zip(*l.dls.train_ds.tensors)), 5, num_workers=1)), 'kind of data loader'),
    (lambda l: l.model[0].requires_grad_(False), 'choice of what is trained')])
def test_what_else_may_have_changed(tmp_path, change, says):
    stopped(tmp_path)
    learn = learner(tmp_path); change(learn)
    before = [p.clone() for p in learn.model.parameters()]
    with pytest.raises(MnistError, match=f'another {says}'), learn.no_bar(): learn.fit_one_cycle(4, .01, cbs=Checkpoint(3), resume=True)
    assert all(map(torch.equal, before, learn.model.parameters()))

@pytest.mark.parametrize('hole', [None,'skipped','cancelled'])
def test_records_of_earlier_versions(tmp_path, never, hole):
    "had `log` without the epoch, and short rows: those that are clear are read, for the others the reason is given"
    from mnist_from_scratch.base.state import read_state, write_state
    for o in stopped(tmp_path):
        s = read_state(o)
        rec = s['cbs']['recorder']
        rec['log'] = []
        if hole: rec['values'][0] = [] if hole=='skipped' else rec['values'][0][1:]
        write_state(o, s)
    if hole=='cancelled':
        with pytest.raises(MnistError, match='an epoch has fewer than the 3 figures train_loss, valid_loss, accuracy'): resumed(tmp_path)
        return
    learn = resumed(tmp_path)
    assert learn.recorder.values[1:]==never.recorder.values[1:] and list(learn.recorder.log)[:-1]==[3,*never.recorder.values[-1]]
    assert learn.recorder.values[0]==([None]*3 if hole else never.recorder.values[0])
