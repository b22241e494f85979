"What the net got wrong: the calibration table and adversarial images, on inputs whose answers are known."
import pytest, torch
import torch.nn.functional as F
from torch import nn

from mnist_from_scratch.base.statistics import Proportion
from mnist_from_scratch.interpret import calibration_table, fgsm
from mnist_from_scratch.softmax import softmax

def test_bins():
    "Edges belong to the bin above, a confidence of 1 to the last; bins without images have zeros"
    conf = torch.tensor([.5,.55,.62,.75,.99,1.])
    table = calibration_table(torch.stack([conf, .6*(1-conf), .4*(1-conf)], 1), torch.tensor([0,1,0,0,0,1]), 4)
    torch.testing.assert_close(table, torch.tensor([[0]*3, [0]*3, [3,(.5+.55+.62)/3,2/3], [3,(.75+.99+1)/3,2/3]]))
    assert calibration_table(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64), 2).tolist()==[[0,0,0]]*2

def test_a_calibrated_model_stays_in_its_intervals():
    "Labels drawn with the probabilities themselves; of ten intervals of 95 % one may miss"
    torch.manual_seed(0)
    probs = torch.randn(20000, 10).mul(3).softmax(1)
    targs = probs.multinomial(1)[:,0]
    def missed(probs):
        ps = [(c, Proportion(round(n*a), int(n))) for n,c,a in calibration_table(probs, targs).tolist() if n]
        return sum(not p.lo<=c<=p.hi for c,p in ps)
    assert missed(probs)<=1 and missed((probs.log()*2).softmax(1))>=5

def test_scores_are_refused_and_the_cure_helps():
    scores,targs = torch.tensor([[2.,-1.],[0.,3.]]),torch.tensor([0,1])
    with pytest.raises(ValueError, match=r'between 0 and 1; pass softmax\(scores\)'): calibration_table(scores, targs)
    with pytest.raises(ValueError, match='softmax'): calibration_table(torch.tensor([[float('nan'),.5]]), targs[:1])
    assert calibration_table(softmax(scores), targs)[9].tolist()==pytest.approx([2,.9526,1], abs=1e-4)

def test_half_precision():
    probs,targs = torch.randn(1000, 10).mul(5).softmax(1),torch.zeros(1000, dtype=torch.int64)
    for dtype in torch.bfloat16,torch.float16: assert calibration_table(probs.to(dtype), targs)[:,0].sum()==1000

@pytest.mark.parametrize('loss_func', [F.cross_entropy, F.multi_margin_loss])
def test_fgsm_of_a_linear_model(loss_func):
    "Against the known gradient, cut off at paper and ink; the images, the model and its gradients stay as they are"
    net = nn.Linear(3, 2, bias=False)
    net.weight.data = torch.tensor([[1.,-2.,0.],[0.,0.,0.]])
    x = torch.tensor([[.5,.95,.5],[.05,.5,.5]])
    adv = fgsm(net, x, torch.tensor([0,1]), .1, loss_func)
    torch.testing.assert_close(adv, torch.tensor([[.4,1.,.5],[.15,.4,.5]]))
    assert not adv.requires_grad and net.weight.grad is None and x[0,1]==.95

def test_fgsm_where_nothing_is_recorded():
    "Inside `torch.no_grad`, as validation calls it, it still gets its gradient"
    net,x,y = nn.Linear(3, 2),torch.rand(4, 3),torch.tensor([0,1,1,0])
    with torch.no_grad(): inside = fgsm(net, x, y, .1)
    assert torch.equal(inside, fgsm(net, x, y, .1)) and not torch.equal(inside, x)
