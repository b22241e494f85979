"""Make docs/_static/draw.json, what the page 'Draw a digit' runs on: four models trained on MNIST, and a few test digits.

It needs MNIST, and takes some minutes on one core. A sixth of the training set is held out, and decides which distance
or learning rate a model gets. Only then are the models in the file, read back from it, measured on the test set, once."""
import base64, json, platform, sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
import mnist_from_scratch
from mnist_from_scratch.base.statistics import Proportion
from mnist_from_scratch.baseline import PixelSimilarity
from mnist_from_scratch.tools.cli import predict, to_dls
from mnist_from_scratch.convnet import mnist_convnet
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.base.files import replacing
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch.optimizers import Adam
from mnist_from_scratch.softmax import mnist_net
from mnist_from_scratch import schedules # gives Learner its fit_one_cycle

FILE = Path(__file__).parent/'_static'/'draw.json'
SEED,BS,LRS = 42,64,(.003,.01,.03)
TRAINED = dict( # title, how to make it, epochs
    linear=('Linear model', lambda: nn.Linear(784, 10), 5),
    net=('Net', mnist_net, 10),
    convnet=('Convnet', lambda: nn.Sequential(nn.Unflatten(1, (1,28,28)), *mnist_convnet()), 8))

def pack(t): return dict(shape=list(t.shape), data=base64.b64encode(t.detach().numpy().tobytes()).decode()) # little-endian
def unpack(o, dtype=np.float32): return torch.from_numpy(np.frombuffer(base64.b64decode(o['data']), dtype).reshape(o['shape']).copy())

def layers(
    model:nn.Module # In evaluation mode
)->list: # For each layer a dictionary with weight and bias
    "The linear layers and convolutions of `model`, in order; what batch normalisation does after a convolution goes into its weights."
    res = []
    for m in model.modules():
        if isinstance(m, nn.BatchNorm2d): res[-1] = fuse_conv_bn_eval(res[-1], m)
        elif isinstance(m, (nn.Linear,nn.Conv2d)): res.append(m)
    return [dict(weight=pack(o.weight), bias=pack(o.bias)) for o in res]

def to_torch(
    spec:dict # A model as it stands in the file
)->nn.Module: # [N, 784] -> scores, [N, 10]
    "The model that the page computes, in PyTorch."
    if 'means' in spec: return PixelSimilarity(unpack(spec['means']), spec['distance'])
    nets = dict(linear=lambda: nn.Linear(784, 10), net=mnist_net,
                convnet=lambda: nn.Sequential(nn.Unflatten(1, (1,28,28)), *mnist_convnet(norm=False)))
    net = nets[spec['name']]()
    net.load_state_dict(dict(zip(net.state_dict(), (unpack(l[k]) for l in spec['layers'] for k in ('weight','bias')))))
    return net.eval()

def right(model, ds): return Proportion.of(predict(model, ds.x).argmax(1)==ds.y)
def said(p): return dict(right=p.k, of=p.n, value=p.value, low=round(p.lo,6), high=round(p.hi,6))

def trained(make, epochs, lr, train, valid):
    "A model, trained"
    set_seed(SEED)
    learn = Learner(to_dls(train, valid, BS), make(), loss_func=cross_entropy, opt_func=Adam, metrics=accuracy)
    with learn.no_bar(): learn.fit_one_cycle(epochs, lr)
    return learn.model.eval()

def best(tries, valid):
    "Of some settings and models the pair that gets most of `valid` right, and all results"
    res = [(o, m, right(m, valid)) for o,m in tries]
    for o,_,p in res: print(f'  {o}: {p}', flush=True)
    o,m,_ = max(res, key=lambda r: r[2].k)
    return o,m,{str(o): round(p.value,4) for o,_,p in res}

def make_draw():
    "Train, choose, measure, write."
    torch.set_num_threads(1)
    all_train,test = load_digits('mnist')
    train,valid = all_train.split(1/6, SEED)
    print('pixel similarity')
    dist,model,tries = best(((o, PixelSimilarity.from_digits(train, o)) for o in ('l1','rmse')), valid)
    models = [dict(name='similarity', title='Pixel similarity', distance=dist, held_out=tries, means=pack(model.means))]
    for name,(title,make,epochs) in TRAINED.items():
        print(name)
        lr,model,tries = best(((o, trained(make, epochs, o, train, valid)) for o in LRS), valid)
        models.append(dict(name=name, title=title, epochs=epochs, lr=lr, held_out=tries, layers=layers(model)))
    for o in models: o['test'] = said(right(to_torch(o), test)); print(o['title'], o['test'])
    idx = sorted(i for c in range(10) for i in (test.y==c).nonzero()[:3,0].tolist())
    about = dict(made_by='python docs/make_draw.py', arrays='base64 of little-endian float32; the samples uint8',
                 recipe='for each learning rate in held_out: one cycle of Adam on cross-entropy; the one with most held-out digits right '
                 'is here',
                 data=train.source.split(',')[0], images=len(train), held_out=len(valid), seed=SEED, bs=BS,
                 versions=dict(mnist_from_scratch=mnist_from_scratch.__version__, torch=torch.__version__,
                               python=platform.python_version()))
    with replacing(FILE) as f:
        f.write_text(json.dumps(dict(about=about, models=models, samples=dict(labels=test.y[idx].tolist(), **pack(test.x[idx]))),
                                indent=1)+'\n')
    print(f'{FILE.name}: {FILE.stat().st_size:,} bytes')

if __name__=='__main__':
    try: make_draw()
    except MnistError as e: sys.exit(f'make_draw.py: {e}')
