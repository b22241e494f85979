# A convnet and what its layers output while it learns
from mnist_from_scratch.all import *

path = Path()
def item(f): return tensor(Image.open(f)).float()[None]/255,tensor(int(f.parent.name))
def items(part): return [item(o) for o in sorted((path/part).glob('*/*.png'))]
dls = DataLoaders(DataLoader(items('train'), bs=32), DataLoader(items('valid'), bs=50), device=torch.device('cpu'))
def conv(ni, nf, ks=3, act=True):
    res = nn.Conv2d(ni, nf, stride=2, kernel_size=ks, padding=ks//2)
    return nn.Sequential(res, nn.BatchNorm2d(nf), nn.ReLU()) if act else res
def simple_cnn(): return nn.Sequential(conv(1,8,ks=5), conv(8,16), conv(16,32), conv(32,32), conv(32,10,act=False), nn.Flatten())
def fit(epochs=1, lr=.06):
    set_seed(2)
    learn = Learner(dls, simple_cnn(), loss_func=F.cross_entropy, opt_func=SGD, metrics=accuracy, cbs=ActivationStats(with_hist=True))
    learn.fit_one_cycle(epochs, lr)
    return learn
learn = fit()
learn.activation_stats.plot_layer_stats(0)
learn.activation_stats.color_dim(-1)
learn.recorder.plot_sched()
values = [list(o) for o in learn.recorder.values]
stats = [list(o) for o in learn.activation_stats.layer_stats(0)],learn.activation_stats.hist(0)
sizes = model_sizes(learn.model, (28,28))
info = layer_info(learn, dls.one_batch()[0])
result = [values, stats, [tuple(o) for o in sizes], [(a,b,c,tuple(s),e) for a,b,c,s,e in info], 'Conv2d' in learn.summary()]
