# Optimizers, momentum and weight decay; PyTorch's too
from mnist_from_scratch.all import *

path = Path()
def item(f): return tensor(Image.open(f)).float().view(-1)/255,tensor(int(f.parent.name))
def items(part): return [item(o) for o in sorted((path/part).glob('*/*.png'))]
dls = DataLoaders(DataLoader(items('train'), bs=32), DataLoader(items('valid'), bs=50), device=torch.device('cpu'))
def learner(**kwargs):
    set_seed(3)
    net = nn.Sequential(nn.Linear(784,30), nn.ReLU(), nn.Linear(30,10))
    return Learner(dls, net, loss_func=F.cross_entropy, metrics=accuracy, **kwargs)
result = []
for opt_func in SGD,partial(SGD, mom=.9),Adam,partial(Adam, wd=.1, eps=1e-3),partial(OptimWrapper, opt=torch.optim.AdamW):
    learn = learner(opt_func=opt_func, lr=.01)
    learn.fit(1)
    learn.fit_one_cycle(1, .02, moms=(.9,.8,.9), wd=.05)
    learn.opt.set_hyper('lr', .001)
    result += [[list(o) for o in learn.recorder.values], [h['lr'] for h in learn.opt.hypers], len(learn.opt.param_lists)]
learn = learner(wd=.2, wd_bn_bias=True)
learn.fit(1, .01, cbs=[GradientClip(.1)])
learn.fit(1, .01, cbs=GradientAccumulation(64), reset_opt=True)
result.append(list(learn.recorder.values[-1]))
