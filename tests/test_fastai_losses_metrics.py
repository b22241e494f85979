"""Losses, metrics, optimizers and interpretation: the same calls on the installed fastai and on ours, in one process, with the same results
to 1e-5. A call is the text of what a user would type after the module."""
from copy import deepcopy
from functools import partial # noqa: F401, for calls in texts
from types import SimpleNamespace

import numpy as np
import pytest, torch
import sklearn.metrics as skm # noqa: F401
import torch.nn.functional as F
from PIL import Image
from torch import nn

theirs = pytest.importorskip('fastai.vision.all')
from mnist_from_scratch import all as ours
from mnist_from_scratch.tools.side_by_side import largest_diff

def both(f): "`f` of fastai's names and of ours"; return [f(m) for m in (theirs,ours)]
def agree(a, b): assert largest_diff(a, b)<=1e-5 and largest_diff(a, None)>1e-5, (a, b)

# --- losses

torch.manual_seed(0)
w,pw = torch.tensor([1.,2.,.5,3.]),torch.rand(9,4)
acts,classes,pixels = torch.randn(9,4)*3,torch.arange(9)%4,torch.randn(2,4,3,5)*3
skipped = torch.where(classes==1, -100, classes)
kinds = dict(classes=(acts,classes), skipped=(acts,skipped), column=(acts,classes[:,None].int()),
             groups=(acts[:8].view(2,4,4),classes[:8].view(2,4)),
             pixels=(pixels,torch.arange(30).view(2,3,5)%4), yes=(acts,F.one_hot(classes)),
             part=(acts,pw), probs=(acts.sigmoid(),F.one_hot(classes)), row=(acts[:,:1],pw[:,0]))
# what follows the name, by the targets that it takes
losses = {
    'CrossEntropyLossFlat':{'classes skipped column groups':['()','(w)','(weight=w)','(label_smoothing=.2)'], 'pixels':['(w, axis=1)'],
                            'classes':['(ignore_index=2)','(weight=w, ignore_index=2, label_smoothing=.2)']},
    'LabelSmoothingCrossEntropyFlat':{'classes column groups':['()','(.2)','(eps=.2, weight=w)']},
    'LabelSmoothingCrossEntropy':{'classes':['()','(.3, w)']},
    'FocalLossFlat':{'classes skipped groups':['()','(gamma=.7)','(gamma=3., weight=w)'], 'pixels':['(axis=1)']},
    'FocalLoss':{'classes skipped':['()','(3., w)']},
    'BCEWithLogitsLossFlat':{'yes part row':['()','(thresh=.2)'], 'yes':['(pw.flatten())'],
                             'yes part':['(pos_weight=w)','(pos_weight=w, weight=w)','(weight=pw, flatten=False)']},
    'BCELossFlat':{'probs':['()','(weight=pw.flatten())']}, 'L1LossFlat':{'yes part row':['()']}, 'MSELossFlat':{'yes part row':['()']},
    'DiceLoss':{'pixels':['()','(smooth=1.)','(square_in_union=True)']}}
loss_calls = [(n, args, k) for n,o in losses.items() for ks,calls in o.items() for k in ks.split() for args in calls]

@pytest.mark.parametrize('name,args,kind', loss_calls)
def test_loss(name, args, kind):
    "The loss with each reduction, its gradient, probabilities and answers; `reduction` can be set, as `get_preds` does"
    x,y = kinds[kind]
    def run(m):
        loss,res = eval(f'm.{name}{args}'),[]
        z = x.clone().requires_grad_()
        for r in (loss.reduction, 'mean', 'sum', *(['none'] if kind!='pixels' or name=='DiceLoss' else [])):
            loss.reduction = r
            l = loss(z, y)
            res += [l, torch.autograd.grad((l*torch.linspace(1, 2, l.numel()).view(l.shape)).sum(), z)[0]]
        act,dec = (getattr(loss, k, lambda o: o) for k in ('activation','decodes'))
        return [*res, act(x), dec(act(x))],getattr(loss, 'y_int', False)
    agree(*both(run))

def test_loss_for_each_pixel():
    "fastai's order within an image is that of the transposed one"
    x,y = kinds['pixels']
    a,b = both(lambda m: m.CrossEntropyLossFlat(w, axis=1, reduction='none')(x, y))
    agree(a.view(2,5,3).mT.flatten(), b)

bad_losses = ['m.CrossEntropyLossFlat()(acts, skipped+1)', 'm.CrossEntropyLossFlat(w.repeat(2))(acts, classes)',
              'm.CrossEntropyLossFlat(smooth=1)', 'm.BCEWithLogitsLossFlat(pos_weight=w, flatten=True)',
              'm.BCEWithLogitsLossFlat(pos_weight=w)(acts, classes)', 'm.BCELossFlat()(acts, pw)', 'm.DiceLoss()(pixels, pixels)',
              'm.FocalLossFlat(2.)', "m.L1LossFlat(reduction='avg')(acts, acts)", 'm.L1LossFlat()(acts, classes)']
@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('call', bad_losses)
def test_bad_loss(call):
    for m in theirs,ours:
        with pytest.raises((ValueError,TypeError,RuntimeError,IndexError,AssertionError)) as e: eval(call)
    if not e.errisinstance(TypeError): assert '\n' not in str(e.value) and len(str(e.value))>20

def small_learner(loss, **kwargs):
    dl = ours.DataLoader(torch.utils.data.TensorDataset(acts, classes), 4)
    torch.manual_seed(0)
    learn = ours.Learner(ours.DataLoaders(dl, dl), nn.Linear(4,4), loss, ours.SGD, **kwargs)
    learn.create_mbar,learn.logger = False,lambda *_: None
    return learn

@pytest.mark.parametrize('loss', [ours.CrossEntropyLossFlat(w), theirs.CrossEntropyLossFlat(w), nn.CrossEntropyLoss(w),
                                  ours.FocalLoss(weight=w)])
def test_fit_moves_the_loss(loss, monkeypatch):
    "To where the model is, as in fastai; another type stands for another device"
    learn = small_learner(loss)
    monkeypatch.setattr('mnist_from_scratch.engine.running.model_device', lambda m: torch.float64)
    learn('before_fit')
    assert getattr(loss, 'func', loss).weight.dtype==torch.float64

@pytest.mark.parametrize('make', ['CrossEntropyLossFlat(w, label_smoothing=.1)', 'FocalLossFlat(weight=w, gamma=1.)', 'FocalLoss(3., w)',
                                  'LabelSmoothingCrossEntropy(.2, w)', 'LabelSmoothingCrossEntropyFlat(.2)'])
def test_loss_is_exported(make, tmp_path):
    learn = small_learner(loss := eval(f'ours.{make}'))
    learn.fit(2)
    learn.export(tmp_path/'net.safetensors')
    new = ours.load_learner(tmp_path/'net.safetensors')
    assert type(new.loss_func) is type(loss) and torch.equal(new.loss_func(acts, classes), loss(acts, classes))
    agree(*(torch.stack(o.get_preds(dl=learn.dls.valid, with_loss=True)[::2][1:]) for o in (new,learn)))

# --- metrics

def spread(p, t): return (p.float()-t.float()).std()
def of_arrays(p, t): return float(isinstance(p, np.ndarray))+float(isinstance(t, np.ndarray))+np.mean(p)
def batches(name):
    "Three batches of predictions and targets: of four classes, two classes, labels, quantities, masks"
    g = torch.Generator().manual_seed(1)
    x,y = torch.randn(45,4, generator=g),torch.randint(4, (45,), generator=g)
    two,yes = torch.randn(45,2, generator=g),torch.randint(2, (45,1), generator=g)
    sets = dict(ten=(x,y), column=(x,y[:,None]), two=(two,yes[:,0]), labels=(x,(torch.rand(45,4, generator=g)>.5).long()),
                quantity=(x[:,:1],x[:,1]), one=(two[:,:1],yes),
                masks=(torch.randn(45,2,3,5, generator=g),torch.randint(2, (45,3,5), generator=g)))
    sets['last'] = sets['masks'][0].movedim(1, -1),sets['masks'][1]
    return list(zip(*(o.split(20) for o in sets[name])))
metrics = {
    'mae':'quantity labels', 'mse':'quantity', 'rmse':'quantity', 'accuracy':'ten column', 'accuracy_multi':'labels one quantity',
    'partial(m.accuracy_multi, thresh=.7)':'labels', 'partial(m.accuracy_multi, sigmoid=False)':'labels', 'Dice()':'masks',
    'Dice(axis=-1)':'last', 'Perplexity()':'ten', 'perplexity':'ten', 'AccumMetric(spread)':'quantity',
    'AccumMetric(partial(spread))':'quantity', 'AccumMetric(of_arrays, to_np=True)':'quantity',
    'AccumMetric(spread, dim_argmax=1)':'ten column',
    "AccumMetric(spread, activation='sigmoid')":'one labels', "AccumMetric(spread, activation='sigmoid', thresh=.6, name='s')":'labels',
    "AccumMetric(spread, dim_argmax=-1, activation='binarysoftmax')":'two',
    'AccumMetric(skm.f1_score, dim_argmax=-1, to_np=True, invert_arg=True, average=None, labels=[1, 3])':'ten',
    'AccumMetric(skm.zero_one_loss, dim_argmax=1, flatten=False, to_np=True)':'ten',
    'skm_to_fastai(skm.cohen_kappa_score)':'ten', "skm_to_fastai(skm.fbeta_score, beta=2., average='macro')":'ten column',
    'skm_to_fastai(skm.mean_absolute_error, is_class=False)':'quantity', 'skm_to_fastai(skm.accuracy_score, thresh=.4)':'one labels',
    "skm_to_fastai(skm.average_precision_score, activation='binarysoftmax')":'two', 'RocAuc()':'ten',
    "RocAuc(average='weighted', multi_class='ovo')":'ten', 'ValueMetric(lambda: 3.5, "x")':'ten', "LossMetrics('a,b')[1]":'ten',
    "LossMetrics(['a'], ['first'])[0]":'ten', "LossMetric('b', 'second')":'ten'}
for o in 'Precision','Recall','F1Score':
    metrics |= {f'{o}()':'two', f'{o}(pos_label=0)':'two', f"{o}(average='macro')":'ten', f"{o}(-1, [0, 2], average='weighted')":'ten'}
metric_calls = [(c, k) for c,ks in metrics.items() for k in ks.split()]

@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('call,kind', metric_calls)
def test_metric(call, kind):
    "Its value over three batches, twice, its name, and nothing at the beginning"
    def run(m):
        met = m.mk_metric(eval(call if call.startswith('partial') else f'm.{call}'))
        res = [met.name.lstrip('_')] # fastai's rmse is _rmse in a table
        for _ in range(2):
            met.reset()
            if not call.startswith('ValueMetric'): assert met.value is None
            for p,t in batches(kind):
                met.accumulate(SimpleNamespace(pred=p, yb=(t,), y=t, loss=p.mean(), loss_func=SimpleNamespace(a=p.mean(), b=p.std()),
                                               to_detach=lambda o: o.detach()))
            res.append(torch.as_tensor(met.value))
        return res
    agree(*both(run))

@pytest.mark.parametrize('call', ['mae(x[:,:1], x[:,1])', 'mse(x[:,:1], x[:,1])', 'mse(x[:,0], x[:,1:2])', 'rmse(x[:,:1], x[:,1])',
                                  'accuracy_multi(x, x>0)', 'AccumMetric(spread)(x, x[:,[1,0,2,3]])', 'F1Score()(x[:,0]>0, x[:,1]>0)',
                                  'LossMetrics("a,b", "c,d")[1].name'])
def test_call_of_a_metric(call):
    x = batches('ten')[0][0]
    agree(*both(lambda m: eval(f'm.{call}', globals()|dict(m=m, x=x))))

bad_metrics = ['mae(x, x[:1])', 'accuracy_multi(x, x[0])', 'AccumMetric(spread)(x, x[0])', "RocAuc(multi_class='all')", 'F1Score(beta=1)',
               'mse(x, x[:,:1])', 'ValueMetric(3).name', 'AccumMetric()']
@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('call', bad_metrics)
def test_bad_metric(call):
    x = torch.randn(3,4)
    for m in theirs,ours:
        with pytest.raises(Exception) as e: eval(f'm.{call}', globals()|dict(m=m, x=x))
    assert e.errisinstance((ValueError,TypeError,AttributeError)) and '\n' not in str(e.value)

def learner(m, loss=None, metrics=None, n_out=4, **kwargs):
    "The same net on the same batches"
    x,y = map(torch.cat, zip(*batches('ten')))
    items = list(zip(x, y))
    torch.manual_seed(0)
    learn = m.Learner(m.DataLoaders(m.DataLoader(items, bs=20), m.DataLoader(items, bs=17), device=torch.device('cpu')), nn.Linear(4,n_out),
                      loss_func=loss or m.CrossEntropyLossFlat(), **dict(opt_func=m.SGD, metrics=metrics and metrics(m))|kwargs)
    return learn
def rows(learn):
    return [[v for v in o if v is not None] for o in learn.recorder.values],[o.lstrip('_') for o in learn.recorder.metric_names]

def test_metrics_in_a_learner():
    "In the table of a fit, with classes in place of objects, and a loss that has parts"
    class Parts:
        def __call__(self, inp, targ): self.a = inp.abs().mean(); return F.cross_entropy(inp, targ)+self.a
    def run(m):
        learn = learner(m, Parts(), lambda m: [m.accuracy, m.RocAuc(), m.F1Score(average='macro'), m.Perplexity, *m.LossMetrics('a'),
                                               m.ValueMetric(lambda: 2., 'v')])
        with learn.no_bar(), learn.no_logging(): learn.fit(2, .1)
        return rows(learn)
    agree(*both(run))

def test_quantities_in_a_learner():
    "Predictions [N,1] and targets [N], as errors of all items"
    def run(m):
        learn = learner(m, m.MSELossFlat(), lambda m: [m.mae, m.mse, m.rmse], 1)
        with learn.no_bar(), learn.no_logging(): learn.fit(2, .1)
        return rows(learn)
    agree(*both(run))

def test_a_part_that_the_loss_lacks():
    "fastai shows 0 for it"
    learn = learner(ours, metrics=lambda m: m.LossMetrics('aux'))
    with learn.no_bar(), pytest.raises(AttributeError, match='aux'): learn.fit(1)

# --- optimizers

def quadratic(opt, ps, n):
    "`n` steps on a bowl, with the parameters after each"
    res = []
    for i in range(n):
        for p in ps: p.grad = None
        sum(((p-i)**2*(j+1)).sum() for j,p in enumerate(ps)).backward()
        opt.step()
        res.append([p.detach().clone() for p in ps])
    return res
def params(): g = torch.Generator().manual_seed(3); return [torch.randn(o, generator=g).requires_grad_() for o in (3,(2,4),1)]
def plain(hypers): return [dict(h) for h in hypers]

mean_grad = 'partial(m.average_grad, dampening=True)'
optimizers = ['SGD(ps, .1, mom=.9, wd=.1)', 'Adam(ps, .1)', 'RMSProp(ps, .1)', 'RMSProp(ps, .1, .9, .8, wd=.1)',
              'RMSProp(ps, lr=.1, mom=.5, wd=.1, decouple_wd=False)', 'RAdam(ps, .1)', 'RAdam(ps, .1, .8, .95, .3, .1, .1)',
              'RAdam(ps, .1, wd=.1, decouple_wd=False)', 'ranger(ps, .1)', 'ranger(ps, .1, k=2, alpha=.8, sqr_mom=.9)',
              'Lookahead(m.SGD(ps, .1))', 'Lookahead(m.Adam(ps, .1, wd=.1), 4, .2)',
              'RAdam([ps[:1],ps[1:]], [.1,.01])', 'Optimizer(ps, m.sgd_step, lr=.1)',
              'Optimizer(ps, [m.weight_decay, m.sgd_step], lr=.1)',
              'Optimizer(ps, cbs=[m.weight_decay, m.sgd_step], lr=.1, wd=.2)',
              'Optimizer(ps, [m.l2_reg, m.average_grad, m.momentum_step], lr=.1)',
              f'Optimizer(ps, [{mean_grad}, m.momentum_step], lr=.1, mom=.8)',
              'Optimizer([ps[:1],ps[1:]], [m.average_sqr_grad, m.rms_prop_step], lr=slice(.01, .1))',
              f'Optimizer(ps, [{mean_grad}, m.average_sqr_grad, m.step_stat, m.adam_step], lr=.1, mom=.9, eps=.1)',
              'Optimizer(ps, [partial(m.average_sqr_grad, dampening=False), m.rms_prop_step], lr=.1, sqr_mom=.9)',
              'Optimizer(ps, [lambda p, n=0, **kw: {"n":n+1}, lambda p, lr, n, **kw: p.data.mul_(1-lr/n)], lr=.1)']

@pytest.mark.parametrize('call', optimizers)
def test_optimizer(call):
    "Steps with weight decay on some, hyper-parameters that change, frozen groups, a state that is loaded again and forgotten"
    def run(m):
        def make(ps): return eval(f'm.{call}', globals()|dict(m=m, ps=ps))
        ps = params()
        opt = make(ps)
        opt.state[ps[1]]['do_wd'] = False
        res = [plain(opt.hypers), quadratic(opt, ps, 10)]
        opt.set_hypers(lr=.05)
        res += [plain(opt.hypers), quadratic(opt, ps, 3)]
        qs = [p.detach().clone().requires_grad_() for p in ps]
        new = make(qs)
        new.load_state_dict(deepcopy(opt.state_dict()))
        res += [quadratic(new, qs, 5)]
        opt.clear_state()
        res += [[sorted(opt.state[p]) for p in ps], quadratic(opt, ps, 4)]
        return res
    agree(*both(run))

protocol = ['[(g["params"], g["lr"], g["eps"]) for g in opt.param_groups]',
            '[(p, len(pg), sorted(s), dict(h)) for p,pg,s,h in opt.all_params()]', 'len(opt.all_params(slice(1, None)))',
            'len(opt.all_params(with_grad=True))', 'opt.freeze() or (opt.frozen_idx, [p.requires_grad for p in ps])',
            'opt.freeze_to(1) or opt.unfreeze() or (opt.frozen_idx, [p.requires_grad for p in ps])', 'opt.frozen_idx',
            'opt.freeze_to(-2) or (opt.frozen_idx, [p.requires_grad for p in ps])']
@pytest.mark.parametrize('call', protocol)
@pytest.mark.parametrize('make', ['Adam', 'partial(m.Optimizer, cbs=[m.average_grad, m.momentum_step], eps=1)', 'ranger',
                                  'partial(m.OptimWrapper, opt=torch.optim.AdamW)'])
def test_protocol(make, call):
    def run(m):
        ps = params()
        opt = eval(make if make.startswith('partial') else f'm.{make}', globals()|dict(m=m))([[p] for p in ps], lr=.1)
        opt.state[ps[0]]['force_train'] = True
        (ps[0].sum()+ps[2].sum()).backward(); opt.step()
        return eval(call, globals()|dict(opt=opt, ps=ps))
    agree(*both(run))

def test_set_param_groups():
    def run(m):
        opt = m.SGD([[p] for p in params()], .1)
        opt.param_groups = [dict(g, lr=.1*i) for i,g in enumerate(opt.param_groups, 1)]
        return plain(opt.hypers)
    agree(*both(run))

@pytest.mark.parametrize('args', ['.9, 1, 3', 'mom=.5, damp=.5, step=2'])
def test_debias(args): agree(*both(lambda m: eval(f'm.debias({args})')))

def test_what_fastai_drops():
    "The `eps` of RMSProp, and a rate for Lookahead around an optimizer of PyTorch's"
    opt = ours.RMSProp(params(), .1, eps=.5)
    assert opt.hypers[0]['eps']==.5
    opt = ours.Lookahead(ours.OptimWrapper(params(), torch.optim.AdamW, lr=.1))
    opt.set_hypers(lr=.2, mom=.5)
    assert opt.opt.opt.param_groups[0]['lr']==.2 and opt.opt.opt.param_groups[0]['betas'][0]==.5

def test_param_groups_are_live():
    "In fastai what is set there is lost"
    opt = ours.SGD([[p] for p in params()], .1)
    for g in opt.param_groups: g['lr'] = .5
    assert [h['lr'] for h in opt.hypers]==[.5]*3

@pytest.mark.parametrize('call', ['m.OptimWrapper()', 'm.OptimWrapper([p], opt=torch.optim.SGD([p], .1))', 'm.SGD([p], .1).freeze()',
                                  'm.SGD([[p],[p]], .1).set_hyper("lr", [.1, .2, .3])', 'm.SGD([p], .1).step(lambda: 0)', 'm.ranger([p])',
                                  'm.SGD([p], .1).load_state_dict(m.SGD([[p],[p]], .1).state_dict())', 'm.ranger([p], .1).step(lambda: 0)',
                                  'm.ranger([p], .1).load_state_dict(m.RAdam([p], .1).state_dict())'])
def test_bad_optimizer(call):
    for m in theirs,ours:
        ns = dict(m=m, p=torch.randn(3, requires_grad=True))
        with pytest.raises((ValueError,TypeError,AssertionError,NotImplementedError,KeyError)) as e: eval(call, globals()|ns)
    assert e.errisinstance((ValueError,TypeError)) and '\n' not in str(e.value)

@pytest.mark.parametrize('make', ['RMSProp', 'RAdam', 'ranger', 'partial(m.Optimizer, cbs=[m.average_grad, m.momentum_step], mom=.9)'])
@pytest.mark.parametrize('fit', ['fit(2)', 'fit_one_cycle(2, .05)', 'fit_flat_cos(2)'])
def test_optimizers_in_a_learner(make, fit):
    "As in the course's chapter on optimizers; biases have no weight decay"
    def run(m):
        learn = learner(m, opt_func=eval(make if make.startswith('partial') else f'm.{make}', globals()|dict(m=m)), lr=.02,
                        wd=None if 'average' in make else .1)
        with learn.no_bar(), learn.no_logging(): eval(f'learn.{fit}')
        return rows(learn),[*learn.model.parameters()]
    agree(*both(run))

def test_a_saved_lookahead(tmp_path):
    "With the optimizer in the file of the model, and after the search for a rate, which leaves no trace"
    learn = learner(ours, opt_func=ours.ranger, path=tmp_path)
    with learn.no_bar():
        learn.fit(2, .1)
        slow = [[p.clone() for p in g] for g in learn.opt.slow_weights]
        learn.lr_find(show_plot=False, num_it=10)
        agree(learn.opt.slow_weights, slow)
        learn.save('net')
        new = learner(ours, opt_func=ours.ranger, path=tmp_path).load('net')
        for o in learn,new:
            with o.no_bar(): o.fit(2, .1)
    agree([*new.model.parameters()], [*learn.model.parameters()])

# --- interpretation

@pytest.fixture(scope='module')
def interpreted(tmp_path_factory):
    "The same net on the same image files, interpreted by fastai and by ours"
    path,rng = tmp_path_factory.mktemp('images'),np.random.default_rng(0)
    for part,n in dict(train=4, valid=11).items():
        for c in '358':
            (path/part/c).mkdir(parents=True)
            for i in range(n): Image.fromarray(rng.integers(0, 256, (8,8), dtype=np.uint8)).save(path/part/c/f'{i:02}.png')
    def make(m):
        dls = m.ImageDataLoaders.from_folder(path, bs=8, num_workers=0, device=torch.device('cpu'))
        torch.manual_seed(0)
        learn = m.Learner(dls, nn.Sequential(nn.Flatten(), nn.Linear(192,3)), loss_func=m.CrossEntropyLossFlat())
        with learn.no_bar(): return m.ClassificationInterpretation.from_learner(learn)
    return both(make)

def axes(f):
    "What `f` draws: the figure's title, and of all axes titles, labels, ticks, texts and images"
    import matplotlib.pyplot as plt
    plt.close('all')
    assert f() is None
    fig = plt.gcf()
    fig.canvas.draw()
    def seen(ax):
        im = np.asarray(ax.images[0].get_array(), dtype=float)
        ticks = [[o.get_text() for o in k] for k in (ax.get_xticklabels(),ax.get_yticklabels())] if ax.axison else []
        texts = [(o.get_text(), o.get_color(), o.get_position()) for o in ax.texts]
        return (ax.get_title(), ax.get_xlabel(), ax.get_ylabel(), ticks, texts,
                im/255 if im.ndim==3 and im.max()>1 else im, ax.images[0].get_cmap().name) # of photographs, as bytes or floats
    res = [fig._suptitle and fig._suptitle.get_text(), [seen(ax) for ax in fig.axes if ax.images]]
    plt.close('all')
    return res

interpretations = ['[len(o.losses), o.losses.sort()[0]]', 'o.top_losses()[0]', 'o.top_losses(5)[0]', 'o.top_losses(3, largest=False)[0]',
                   '[f.name+f.parent.name for f in o.top_losses(7, items=True)[2]]', 'o[o.top_losses(4)[1]]',
                   'o[o.top_losses(1)[1].item()]', 'o.confusion_matrix()', 'o.most_confused()', 'o.most_confused(min_val=6)',
                   '[*o.vocab]', 'o.print_classification_report()',
                   'axes(lambda: o.plot_top_losses(6))', 'axes(lambda: o.plot_top_losses([0, 2, 4], nrows=1, figsize=(9, 3)))',
                   'axes(lambda: o.plot_top_losses(range(1, 3), largest=False))', 'axes(o.plot_confusion_matrix)',
                   "axes(lambda: o.plot_confusion_matrix(normalize=True, title='t', norm_dec=1, cmap='Reds', figsize=(3, 3)))",
                   'axes(lambda: o.plot_confusion_matrix(plot_txt=False))', 'axes(lambda: o.show_results(o.top_losses(3)[1]))']
@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('call', interpretations)
def test_interpretation(call, interpreted, capsys):
    def run(o):
        with o.learn.no_bar(): return eval(call, globals()|dict(o=o)),capsys.readouterr().out
    a,b = map(run, interpreted)
    if 'most_confused' in call: # fastai leaves the order of equals to that of the matrix
        a,b = ((sorted((str(i), str(j), int(n)) for i,j,n in r),[int(n) for *_,n in r],out) for r,out in (a,b))
    agree(a, b)

@pytest.mark.parametrize('act', ['None', 'lambda x: x/2'])
def test_other_activations(act, interpreted):
    "On the training set, with `act`"
    def run(o, m):
        with o.learn.no_bar(): new = m.Interpretation.from_learner(o.learn, dl=o.dl, act=eval(act))
        return [sorted(new.losses.tolist()), new[new.losses.topk(5)[1]][1]]
    agree(*(run(o, m) for o,m in zip(interpreted, (theirs,ours))))

def test_set_without_names():
    "Of PyTorch's loader, in any order, and PyTorch's loss: the numbers of the classes stand for their names"
    x,y = map(torch.cat, zip(*batches('ten')))
    dl = torch.utils.data.DataLoader(list(zip(x, y)), batch_size=7, shuffle=True)
    learn = ours.Learner(ours.DataLoaders(dl, dl), nn.Linear(4,4), nn.CrossEntropyLoss(), ours.SGD)
    learn.create_mbar,learn.logger = False,lambda *_: None
    o = ours.ClassificationInterpretation.from_learner(learn)
    with torch.no_grad(): p = learn.model(x)
    agree(o.losses, F.cross_entropy(p, y, reduction='none'))
    agree(o.confusion_matrix(), skm.confusion_matrix(y, p.argmax(1), labels=range(4)))
    agree(o[[3,1]], (x[[3,1]], p[[3,1]].softmax(1), y[[3,1]], p[[3,1]].argmax(1), o.losses[[3,1]]))
    assert [*o.vocab]==[*range(4)] and torch.equal(o.top_losses(1, items=True)[2][0][0], x[o.losses.argmax()])

def test_yes_and_no():
    "One activation"
    (x,y),*_ = batches('one')
    dl = ours.DataLoader(torch.utils.data.TensorDataset(x, y), 9)
    learn = ours.Learner(ours.DataLoaders(dl, dl), nn.Linear(1,1), ours.BCEWithLogitsLossFlat(), ours.SGD)
    learn.create_mbar,learn.logger = False,lambda *_: None
    cm = ours.ClassificationInterpretation.from_learner(learn).confusion_matrix()
    with torch.no_grad(): agree(cm, skm.confusion_matrix(y, learn.model(x)>0, labels=[0, 1]))

@pytest.mark.parametrize('call', ['o.top_losses(99)', 'o.plot_top_losses(99)', 'o[99]', 'o.top_losses(-1)'])
def test_bad_interpretation(call, interpreted):
    for o in interpreted:
        with pytest.raises((RuntimeError,IndexError,ValueError)) as e: eval(call, dict(o=o))
    if 'top' in call: assert str(e.value).startswith('k is')
