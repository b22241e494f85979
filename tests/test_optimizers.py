"`OptimWrapper` as a view of PyTorch's groups, and optimizers of others in a `Learner`; fastai's in the same process say what is right."
from copy import deepcopy
from functools import partial

import pytest, torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import TensorDataset

from mnist_from_scratch import all as us
from mnist_from_scratch.all import Callback, Learner
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.engine.torch_optim import OptimWrapper
from mnist_from_scratch.optimizers import SGD, Adam, Optimizer

def net():
    torch.manual_seed(1)
    # no ReLU: a dead unit has gradients of rounding alone, which Adam makes steps of
    return nn.Sequential(nn.Linear(4,6), nn.Tanh(), nn.BatchNorm1d(6), nn.Linear(6,3))
def groups(m): return [list(m[0].parameters()), list(m[2].parameters()), list(m[3].parameters())]
def params(*shapes): torch.manual_seed(2); return [torch.randn(o, requires_grad=True) for o in shapes]
def steps(opt, ps, n=4):
    torch.manual_seed(3)
    for _ in range(n):
        for p in ps: p.grad = torch.randn_like(p)
        opt.step()
    return [p.detach().clone() for p in ps]
def same(a, b):
    for p,q in zip(a, b): torch.testing.assert_close(p, q, atol=1e-6, rtol=1e-5)

def data(n=22):
    torch.manual_seed(0)
    ds = TensorDataset(torch.randn(n,4), torch.randint(0,3,(n,)))
    return DataLoaders(DataLoader(ds, 5), DataLoader(ds, 5))
def learner(opt_func=SGD, model=None, dls=None, **kwargs):
    learn = Learner(dls or data(), model or net(), F.cross_entropy, opt_func, **kwargs)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn
def weights(m): return [p.detach().clone() for p in m.parameters()]

names = 'SGD Adam AdamW RMSprop Adagrad Adadelta Rprop ASGD NAdam RAdam Adamax Adafactor'.split()

# --- the view

@pytest.mark.parametrize('name', names)
def test_hypers_are_fastais(name):
    theirs = pytest.importorskip('fastai.optimizer')
    a,b = (f([*nn.Linear(3,2).parameters()], getattr(torch.optim, name), lr=.1) for f in (OptimWrapper,theirs.OptimWrapper))
    assert [dict(h) for h in a.hypers]==b.hypers and a.param_groups is a.opt.param_groups

@pytest.mark.parametrize('name', names)
def test_every_hyper_parameter_has_an_effect(name):
    "Under fastai's name and under PyTorch's, by `set_hyper` and through the view"
    for k,v in dict(OptimWrapper(params(2), getattr(torch.optim, name), lr=.1).hypers[0]).items():
        if type(v) is not float: continue
        def by(f): opt = OptimWrapper(params(2), getattr(torch.optim, name), lr=.1); f(opt); return opt.opt.param_groups[0],opt.hypers[0][k]
        a,b = by(lambda o: o.set_hyper(k, v/2+.1)),by(lambda o: o.hypers[0].update({k:v/2+.1}))
        assert a[1]==b[1]==v/2+.1 and {k:v for k,v in a[0].items() if k!='params'}=={k:v for k,v in b[0].items() if k!='params'}
    opt = OptimWrapper(params(2), torch.optim.AdamW, lr=.1)
    opt.set_hypers(weight_decay=.3, betas=(.8,.7), amsgrad=True)
    assert (opt.hypers[0]['wd'],opt.hypers[0]['mom'],opt.hypers[0]['sqr_mom'],opt.hypers[0]['amsgrad'])==(.3,.8,.7,True)
    opt.set_hyper('sqr_mom', .6); assert opt.opt.param_groups[0]['betas']==(.8,.6)

def test_what_others_set_stays():
    "A group's settings and a scheduler of PyTorch's"
    ps,qs = params(3,2),params(3,2)
    a = OptimWrapper([ps[:1],ps[1:]], torch.optim.SGD, lr=.1)
    b = torch.optim.SGD([dict(params=qs[:1]),dict(params=qs[1:])], lr=.1)
    for o in a.opt,b: o.param_groups[1].update(lr=.01, momentum=.9, nesterov=True, weight_decay=.1)
    sa,sb = (torch.optim.lr_scheduler.ExponentialLR(o, .5) for o in (a.opt,b))
    for _ in range(3): same(steps(a, ps, 2), steps(b, qs, 2)); sa.step(); sb.step()
    assert [h['lr'] for h in a.hypers]==[g['lr'] for g in b.param_groups]==[.1/8,.01/8]

def test_unknown_hyper_parameter():
    opt = OptimWrapper(params(2), torch.optim.SGD, lr=.1)
    with pytest.raises(ValueError, match='SGD has no hyper-parameter sqr_mom; it has lr, mom, '): opt.set_hyper('sqr_mom', .9)
    opt.set_hyper('mom', .9)                            # one of those that the message names
    with pytest.raises(KeyError): opt.hypers[0]['params']

@pytest.mark.parametrize('make', [OptimWrapper, lambda ps, opt, **kw: Adam(ps, **kw)], ids=['PyTorch','ours'])
def test_groups_as_dictionaries(make):
    ps,qs,k = params(3,2,1),params(3,2,1),'weight_decay' if make is OptimWrapper else 'wd'
    opt = make([{'params':ps[:1],'lr':.5}, {'params':iter(ps[1:]),k:.3}], opt=torch.optim.AdamW, lr=.1)
    assert [(h['lr'],h['wd']) for h in opt.hypers]==[(.5,.01),(.1,.3)]
    one = [make(g, opt=torch.optim.AdamW, **kw) for g,kw in ((qs[:1],dict(lr=.5)), (qs[1:],{'lr':.1, k:.3}))]
    steps(opt, ps)
    torch.manual_seed(3)
    for _ in range(4):
        for q in qs: q.grad = torch.randn_like(q)
        for o in one: o.step()
    same(ps, qs)

def test_a_group_with_what_nobody_knows():
    with pytest.raises(ValueError, match='SGD has no weight_decay for a group; it has lr, mom, wd'):
        SGD([dict(params=params(2), weight_decay=.1)], .1)
    SGD([dict(params=params(2), wd=.1)], .1)
    with pytest.raises(TypeError, match='list of tensors'): OptimWrapper(params(2)[0], torch.optim.SGD, lr=.1)
    with pytest.raises(ValueError, match='is empty'): OptimWrapper(iter([]), torch.optim.SGD, lr=.1)

def test_momentum_of_one_group():
    "A group's own momentum is used where the others have none"
    (p,),(q,),(r,) = params(3),params(3),params(3)
    opt = SGD([dict(params=[p], mom=.9), [r]], .1)
    same(steps(opt, [p]), steps(SGD([q], .1, mom=.9), [q]))

def test_an_optimizer_that_exists():
    ps,qs = params(3),params(3)
    made = torch.optim.AdamW(ps, lr=.1, weight_decay=.2)
    opt = OptimWrapper(opt=made)
    assert opt.opt is made and opt.hypers[0]['wd']==.2 and opt.defaults is made.defaults
    same(steps(opt, ps), steps(torch.optim.AdamW(qs, lr=.1, weight_decay=.2), qs))
    for bad in (lambda: OptimWrapper(ps, opt=made)), (lambda: OptimWrapper(opt=made,
        lr=.1)), (lambda: OptimWrapper()), (lambda: OptimWrapper(opt=torch.optim.SGD)):
        with pytest.raises(ValueError, match='opt'): bad()

def test_closure():
    def run(wrap):
        p, = params(3)
        opt = torch.optim.LBFGS([p], lr=.5)
        if wrap: opt = OptimWrapper(opt=opt)
        def closure(): opt.zero_grad(); loss = (p**2).sum(); loss.backward(); return loss
        return opt.step(closure).item(),p.detach()
    assert run(True)[0]==run(False)[0]>0 and torch.equal(run(True)[1], run(False)[1])

def test_freezing_and_state():
    ps = params(3,2,1)
    opt = OptimWrapper([[p] for p in ps], torch.optim.AdamW, lr=.1)
    opt.freeze_to(-1); assert [p.requires_grad for p in ps]==[False,False,True]
    opt.freeze_to(0); opt.set_hyper('lr', slice(.001,.1)); steps(opt, ps, 2)
    qs = [p.detach().clone().requires_grad_() for p in ps]
    other = OptimWrapper([[q] for q in qs], torch.optim.AdamW, lr=9.)
    other.load_state_dict(deepcopy(opt.state_dict()))
    assert [h['lr'] for h in other.hypers]==pytest.approx([.001,.01,.1])
    same(steps(opt, ps), steps(other, qs))
    opt.clear_state(); assert not opt.opt.state

# --- in a Learner

def theirs_too(opt, fit, splitter=groups, **kwargs):
    "The same training with our `Learner` and fastai's; `opt` makes an `opt_func` for a model"
    fa = pytest.importorskip('fastai.basics')
    import fastai.callback.schedule
    a = learner(model=(m := net()), opt_func=opt(m), splitter=splitter, **kwargs)
    x = a.dls.train_ds
    dls = fa.DataLoaders(fa.DataLoader(x, bs=5), fa.DataLoader(x, bs=5), device=torch.device('cpu'))
    b = fa.Learner(dls, (m := net()), loss_func=F.cross_entropy, opt_func=opt(m), splitter=splitter, **kwargs)
    fit(a)
    with b.no_bar(), b.no_logging(): fit(b)
    for (k,p),q in zip(a.model.state_dict().items(), b.model.state_dict().values()):
        torch.testing.assert_close(p, q, atol=1e-5, rtol=1e-5, msg=lambda s: f'{k}: {s}')
    assert a.recorder.lrs==pytest.approx(b.recorder.lrs)
    return a,b

def fine(l): l.fine_tune(1, .05)
def frozen(l): l.freeze(); l.fit(2, .1); l.unfreeze(); l.fit_one_cycle(1, slice(.01,.1))

@pytest.mark.parametrize('fit', [fine, frozen], ids=['fine_tune','frozen'])
@pytest.mark.parametrize('name', ['SGD','Adam','ranger'])
def test_fastais_optimizers(name, fit):
    "Biases and normalisation layers are spared weight decay, normalisation layers are trained in frozen groups"
    fo = pytest.importorskip('fastai.optimizer')
    f = getattr(fo, name)
    if name!='ranger': f = partial(f, mom=.9)
    theirs_too(lambda m: f, fit, wd=.3)

def test_notes_of_fastais_optimizers():
    fo = pytest.importorskip('fastai.optimizer')
    l = learner(fo.Adam, splitter=groups); l.create_opt()
    def notes(m): return [dict(l.opt.state[p]) for p in m.parameters()]
    assert notes(l.model[0])==[{},dict(do_wd=False)] and notes(l.model[2])==[dict(do_wd=False,force_train=True)]*2
    l.freeze(); assert [p.requires_grad for p in l.model.parameters()]==[False,False,True,True,True,True]

@pytest.mark.parametrize('fit', [fine, frozen], ids=['fine_tune','frozen'])
@pytest.mark.parametrize('opt', [partial(torch.optim.AdamW, weight_decay=.1), partial(torch.optim.SGD, momentum=.9)], ids=['AdamW','SGD'])
def test_pytorchs_like_fastais_wrapper(opt, fit):
    fo = pytest.importorskip('fastai.optimizer')
    theirs_too(lambda m: partial(fo.OptimWrapper, opt=opt), fit)
    a,b = learner(opt, splitter=groups),learner(partial(fo.OptimWrapper, opt=opt), splitter=groups)
    fit(a); fit(b); same(weights(a.model), weights(b.model))

@pytest.mark.parametrize('fit', [lambda l: l.fit(2, .1), lambda l: l.fit_one_cycle(2, .1)], ids=['fit','one_cycle'])
def test_an_optimizer_that_exists_in_a_learner(fit):
    "Wrapped or bare, or made by a function of one's own"
    fo = pytest.importorskip('fastai.optimizer')
    a,_ = theirs_too(lambda m: fo.OptimWrapper(opt=torch.optim.AdamW(m.parameters(), lr=.1, weight_decay=.2)), fit)
    for f in (lambda m: torch.optim.AdamW(m.parameters(), lr=.1,
                                          weight_decay=.2)), (lambda m: OptimWrapper(opt=torch.optim.AdamW(m.parameters(), lr=.1,
                                              weight_decay=.2))), \
             (lambda m: lambda ps, lr: torch.optim.AdamW(m.parameters(), lr=lr, weight_decay=.2)), (lambda m: Adam(m.parameters(), .1,
                 sqr_mom=.999, eps=1e-8, wd=.2)):
        b = learner(f(m := net()), m); fit(b)
        if isinstance(b.opt, OptimWrapper): same(weights(a.model), weights(m))      # ours spares biases
        assert not any(torch.equal(p, q) for p,q in zip(weights(m), weights(net())))
        b.fit(1, .1, reset_opt=True); fit(b)

def test_optimizer_of_another_model():
    with pytest.raises(ValueError, match='AdamW.* has no parameter of this model') as e:
        learner(torch.optim.AdamW(net().parameters())).fit(1)
    assert len(str(e.value).splitlines())==1
    m = net(); learner(torch.optim.AdamW(m.parameters()), m).fit(1)

def test_rate_of_an_optimizer_that_exists():
    "As in fastai the Learner's rate takes its place, but not without a word"
    def new(): m = net(); return learner(torch.optim.SGD(m.parameters(), lr=.5), m, lr=.01)
    for fit in (lambda l: l.fit(1)), (lambda l: l.fit_one_cycle(1)):
        with pytest.warns(UserWarning, match=r'with the learning rate 0\.5, and trains with that of the Learner, 0\.01; pass lr'):
            fit(new())

@pytest.mark.filterwarnings('error')
def test_a_rate_that_was_asked_for_needs_no_word():
    def new(): m = net(); return learner(torch.optim.SGD(m.parameters(), lr=.5), m, lr=.01)
    for fit in (lambda l: l.fit(1, .1)), (lambda l: l.fit_one_cycle(1, .1)), (lambda l: l.fit_flat_cos(1,
        .1)), (lambda l: l.lr_find(show_plot=False, num_it=40)):
        fit(new())
    learner(partial(torch.optim.SGD, lr=.5)).fit(1)
    learner(partial(SGD, lr=.5)).fit_one_cycle(1); learner(SGD, lr=slice(.1), splitter=groups).fit(1)

def test_pytorchs_scheduler_in_a_fit():
    class Halve(Callback):
        def before_fit(self): self.sched = torch.optim.lr_scheduler.StepLR(self.opt.opt, 1, .5)
        def after_epoch(self): self.sched.step()
    l = learner(torch.optim.SGD)
    l.fit(3, .4, cbs=Halve())
    assert l.recorder.lrs==[.4]*5+[.2]*5+[.1]*5

def test_optimizers_without_momentum():
    "One cycle of the rate alone; momentum that was asked for is refused"
    class Plain(Optimizer):
        def __init__(self, params, lr): super().__init__(params, lr=lr)
        def update(self, p, state, lr): p.sub_(p.grad, alpha=lr)
    for f in torch.optim.Adagrad,Plain:
        l = learner(f); l.fit_one_cycle(1, .1)
        assert len(set(l.recorder.lrs))==5
    with pytest.raises(ValueError, match='Adagrad has no hyper-parameter mom'):
        learner(torch.optim.Adagrad).fit_one_cycle(1, .1, moms=(.9,.8,.9))
    with pytest.raises(ValueError, match='Adadelta has no hyper-parameter mom'):
        learner(torch.optim.Adadelta).fit_one_cycle(1, .1, moms=(.9,.8,.9))

def test_half_an_optimizer_is_refused():
    class Half:
        def __init__(self, params, lr): self.param_lists,self.hypers = [list(params)],[dict(lr=lr)]
        def set_hypers(self, **kw): pass
        def step(self): pass
        def zero_grad(self): pass
    with pytest.raises(TypeError, match='Half, and a Learner needs its state; pass SGD'): learner(Half).fit(1)

def test_hypers_of_pytorch_for_tensorboard(tmp_path):
    pytest.importorskip('tensorboard')
    seen = []
    cb = us.TensorBoardCallback(tmp_path)
    cb._write = seen.append
    learner(torch.optim.AdamW).fit(1, .1, cbs=cb)
    assert set(seen[0])=={'train_loss','lr_0','mom_0','sqr_mom_0','eps_0','wd_0'}

def test_checkpoint_of_pytorchs(tmp_path):
    "A fit that is stopped goes on to the same weights"
    class Stop(Callback):
        def after_batch(self):
            if self.training and self.train_iter==7: raise KeyboardInterrupt
    def new(path): return learner(partial(torch.optim.AdamW, weight_decay=.1), path=path, splitter=groups)
    a,b,c = new(tmp_path/'a'),new(tmp_path/'b'),new(tmp_path/'b')
    a.fit_one_cycle(3, slice(.01,.1))
    with pytest.raises(KeyboardInterrupt): b.fit_one_cycle(3, slice(.01,.1), cbs=[us.Checkpoint(every=1), Stop()])
    c.fit_one_cycle(3, slice(.01,.1), resume=True)
    assert all(map(torch.equal, weights(a.model), weights(c.model)))

def test_a_hyper_parameter_that_there_is_not():
    "It would change nothing, or end the fit at its first step"
    p = [torch.zeros(2, requires_grad=True)]
    for f,has in (SGD,'lr, mom, wd'),(Adam,'lr, mom, sqr_mom, eps, wd'):
        with pytest.raises(ValueError, match=f'{f.__name__} has no hyper-parameter momentum; it has {has}'):
            f(p, .1).set_hyper('momentum', .9)
        f(p, .1).set_hyper('mom', .9)
