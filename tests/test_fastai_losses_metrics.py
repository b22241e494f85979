"""Losses, metrics, optimizers and interpretation: the same calls on the installed fastai and on ours, in one process, with the same results
to 1e-5. A call is the text of what a user would type after the module."""
import pytest, torch
import torch.nn.functional as F
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

bad_losses = ['m.CrossEntropyLossFlat()(acts, skipped+1)', 'm.CrossEntropyLossFlat(w[:3])(acts, classes)',
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
    monkeypatch.setattr('mnist_from_scratch.engine.more_losses.model_device', lambda m: torch.float64)
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
