# The rate finder, one cycle, rates per group, curves and schedules
from mnist_from_scratch.all import *

path = Path()
def item(f): return tensor(Image.open(f)).float().view(-1)/255,tensor(int(f.parent.name))
def items(part): return [item(o) for o in sorted((path/part).glob('*/*.png'))]
dls = DataLoaders(DataLoader(items('train'), bs=32), DataLoader(items('valid'), bs=50), device=torch.device('cpu'))
set_seed(0)
model = nn.Sequential(nn.Linear(784,30), nn.ReLU(), nn.Linear(30,10))
def splitter(m): return L(list(m[0].parameters()), list(m[2].parameters()))
learn = Learner(dls, model, loss_func=CrossEntropyLossFlat(), opt_func=SGD, metrics=[accuracy,error_rate], splitter=splitter)
found = learn.lr_find(suggest_funcs=(minimum,steep,valley,slide))
learn.freeze()
learn.fit_one_cycle(2, 1e-2)
learn.unfreeze()
learn.fit_one_cycle(2, lr_max=slice(1e-4,1e-2))
learn.recorder.plot_loss()
learn.recorder.plot_sched()
one = learn.recorder.values[-1]
learn.fit_flat_cos(1, 1e-3, pct_start=.5)
learn.fit_sgdr(2, 1, 1e-3)
learn.fine_tune(1, 1e-3)
result = [[found.minimum, found.steep, found.slide], list(found._fields), list(one), list(learn.recorder.values[-1]),
          [float(o) for o in learn.recorder.losses],
          list(learn.validate())]
