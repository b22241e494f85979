"""Make docs/_static/draw.json and draw.bin, what the page 'Draw a digit' runs on: four models, a few test digits to try, some of the digits
that the models learned from, and what was measured.

It needs MNIST, and takes a quarter of an hour on one core. The models learn from five sixths of MNIST's training set and from random
drawings (`drawings.py`), the convnet also from drawings that are not digits, as an eleventh class. The other sixth and further drawings
decide which distance or learning rate a model gets, by what its scores are divided so that its probabilities come true, and below which
probability the page doubts. Then the models in the file, read back from it, are measured on the test set, and by
`measure_draw.py` on drawings with other seeds, half of them of forms that were never learned from. The number of epochs, `DOUBTED`, and
some forms were changed once after such a measurement of an earlier model, so the figures may flatter a little."""
import base64, gzip, json, platform, sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.utils.data import TensorDataset
import drawings, measure_draw, mnist_from_scratch
from mnist_from_scratch.base.statistics import Proportion
from mnist_from_scratch.baseline import PixelSimilarity
from mnist_from_scratch.tools.cli import predict
from mnist_from_scratch.augment import best_learner
from mnist_from_scratch.convnet import conv
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.base.files import replacing
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch.optimizers import Adam
from mnist_from_scratch.softmax import mnist_net
from mnist_from_scratch.speed import fit_linear
from mnist_from_scratch import schedules # gives Learner its fit_one_cycle

STATIC = Path(__file__).parent/'_static'
FILE,NEAREST = STATIC/'draw.json',STATIC/'draw.bin'
SEED,BS,LRS,EPOCHS = 42,64,(.003,.01,.03),16
NONE = 10                               # the class of what is not a digit
DRAWN,OTHERS = 60_000,30_000            # drawings to learn from
DOUBTED = .01                           # at most this part of the digits is doubted, of those that decide
SMALL = dict(linear=('Linear model', lambda: nn.Linear(784, 10), 4), net=('Net', mnist_net, 8)) # title, how to make it, epochs

def draw_net(norm=True): # [N, 784] -> [N, 11]
    "Five convolutions, of which three halve the image, and a linear layer."
    return nn.Sequential(nn.Unflatten(1, (1,28,28)), *[conv(ni, nf, stride=s, norm=norm) for ni,nf,s in
                         ((1,16,2),(16,32,1),(32,64,2),(64,64,1),(64,64,2))], nn.Flatten(), nn.Linear(64*4*4, NONE+1))

# --- arrays in the file

def b64(a): return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode() # little-endian
def pack(t):
    "In 8 bits: each row is whole numbers from -127 to 127, times a number of its own"
    rows = t.detach().float().flatten(1)
    scale = rows.abs().amax(1).clip(1e-8)/127
    return dict(shape=list(t.shape), data=b64((rows/scale[:,None]).round().to(torch.int8).numpy()), scale=b64(scale.numpy()))
def unpack(o, dtype=np.float32):
    a = torch.from_numpy(np.frombuffer(base64.b64decode(o['data']), np.int8 if 'scale' in o else dtype).copy())
    if 'scale' in o:
        a = a.reshape(o['shape'][0], -1)*torch.from_numpy(np.frombuffer(base64.b64decode(o['scale']), np.float32).copy())[:,None]
    return a.reshape(o['shape'])

def layers(
    model:nn.Module, # In evaluation mode
    temperature:float=1. # What the scores are divided by
)->list: # For each layer a dictionary with weight and bias, and of a convolution its stride
    """The linear layers and convolutions of `model`, in order; what batch normalisation does after a convolution, and the temperature,
    go into the weights."""
    res = []
    for m in model.modules():
        if isinstance(m, nn.BatchNorm2d): res[-1] = fuse_conv_bn_eval(res[-1], m)
        elif isinstance(m, (nn.Linear,nn.Conv2d)): res.append(m)
    def f(o):
        t = temperature if o is res[-1] else 1.
        return dict(weight=pack(o.weight/t), bias=dict(shape=list(o.bias.shape), data=b64((o.bias/t).detach().numpy())),
                    **(dict(stride=o.stride[0]) if isinstance(o, nn.Conv2d) else {}))
    return [f(o) for o in res]

def to_torch(
    spec:dict # A model as it stands in the file
)->nn.Module: # [N, 784] -> scores, [N, 10], or [N, 11] with those of no digit
    "The model that the page computes, in PyTorch."
    if 'means' in spec: return PixelSimilarity(unpack(spec['means']), spec['distance'])
    net = dict(linear=lambda: nn.Linear(784, 10), net=mnist_net, convnet=lambda: draw_net(norm=False))[spec['name']]()
    net.load_state_dict(dict(zip(net.state_dict(), (unpack(l[k]) for l in spec['layers'] for k in ('weight','bias')))))
    return net.eval()

# --- training

def right(model, x, y): return Proportion.of(predict(model, x)[:,:10].argmax(1)==y)
def said(p): return dict(right=p.k, of=p.n, value=p.value, low=round(p.lo,6), high=round(p.hi,6))
def dset(x, y): return TensorDataset(x.flatten(1)/255, y)

def trained(make, epochs, lr, train, valid):
    "One of the small models, trained"
    set_seed(SEED)
    learn = Learner(DataLoaders(DataLoader(dset(*train), bs=BS, shuffle=True), DataLoader(dset(*valid), bs=1024)), make(),
                    loss_func=cross_entropy, opt_func=Adam, metrics=accuracy)
    with learn.no_bar(): learn.fit_one_cycle(epochs, lr)
    return learn.model.eval()

def trained_convnet(train, valid):
    "The convnet, by the recipe of the chapter on accuracy: small changes to every image, label smoothing and Muon"
    learn = best_learner(dset(*train), dset(*valid), NONE+1, seed=SEED, model=draw_net())
    with learn.no_bar(): fit_linear(learn, EPOCHS)
    return learn.model.float().eval()

def temperature(
    scores, # [N, n]
    y # Class numbers, [N]
)->float:
    "What scores are divided by so that the cross-entropy is smallest: then the probabilities are neither too high nor too low."
    ts = torch.logspace(-1, 1, 201)
    return min(ts.tolist(), key=lambda t: cross_entropy(scores/t, y).item())

def doubt_below(
    p, # Probabilities of the ten digits, of images that are digits, [N, 10]
    most:float=DOUBTED # At most this part of them is doubted
)->float:
    "The probability below which an answer is doubted; at least a half, so that no other answer is likelier."
    return round(max(torch.quantile(p.amax(1), most).item(), .5), 3)

def best(tries, x, y):
    "Of some settings and models the pair that gets most of the images right, and all results"
    res = [(o, m, right(m, x, y)) for o,m in tries]
    for o,_,p in res: print(f'  {o}: {p}', flush=True)
    o,m,_ = max(res, key=lambda r: r[2].k)
    return o,m,{str(o): round(p.value,4) for o,_,p in res}

def make_models(mnist, valid, drawn, drawn_valid, others, others_valid):
    """The four models as they go into the file. The first two are `Digits` of MNIST, the next pairs of images and digits, the last
    images"""
    train,held = ((torch.cat([a.x,b[0]]), torch.cat([a.y,b[1]])) for a,b in ((mnist,drawn),(valid,drawn_valid)))
    def with_others(xy, o): return torch.cat([xy[0],o]),torch.cat([xy[1],torch.full((len(o),), NONE)])
    print('pixel similarity')
    dist,model,tries = best(((o, PixelSimilarity.from_digits(mnist, o)) for o in ('l1','rmse')), *held)
    models = [dict(name='similarity', title='Pixel similarity', distance=dist, held_out=tries, means=pack(model.means))]
    for name,(title,make,epochs) in SMALL.items():
        print(name)
        lr,model,tries = best(((o, trained(make, epochs, o, train, held)) for o in LRS), *held)
        t = temperature(predict(model, held[0]), held[1])
        models.append(dict(name=name, title=title, epochs=epochs, lr=lr, held_out=tries, temperature=t, layers=layers(model, t)))
    print('convnet', flush=True)
    model = trained_convnet(with_others(train, others), with_others(held, others_valid))
    x,y = with_others(held, others_valid)
    t = temperature(predict(model, x), y)
    o = dict(name='convnet', title='Convnet', epochs=EPOCHS, temperature=t, layers=layers(model, t))
    o['doubt'] = doubt_below(predict(to_torch(o), held[0]).softmax(1)[:,:NONE])
    print(f"  in 32 bits {right(model, *held)}, in 8 {right(to_torch(o), *held)}; temperature {t:.2f}; doubts below {o['doubt']}",
          flush=True)
    return [*models, o]

def pack_digits(x):
    "Images, uint8 [n,28,28], in 16 greys, which are enough to be shown, as bytes that gzip has packed"
    return gzip.compress(((x.flatten(1).float()/17).round().byte()*17).numpy().tobytes(), mtime=0)

def write_nearest(mnist, drawn, n=60, n_drawn=40):
    "Write some of the digits that the models learned from, of pairs of images and labels; gives their labels, and how many are of MNIST"
    idx = [torch.cat([(y==c).nonzero()[:m,0] for c in range(10)]) for (_,y),m in ((mnist,n),(drawn,n_drawn))]
    x,y = (torch.cat([o[k][i] for o,i in zip((mnist,drawn), idx)]) for k in (0,1))
    with replacing(NEAREST) as f: f.write_bytes(pack_digits(x))
    return dict(labels=''.join(map(str, y.tolist())), mnist=len(idx[0]))

def make_draw():
    "Train, choose, write, measure."
    torch.set_num_threads(1)
    all_train,test = load_digits('mnist')
    mnist,valid = all_train.split(1/6, SEED)
    drawn,drawn_valid = (drawings.digits(n, seed) for n,seed in ((DRAWN,1), (6000,11)))
    others,others_valid = (drawings.others(n, seed)[0] for n,seed in ((OTHERS,2), (3000,12)))
    print('drawings are made', flush=True)
    models = make_models(mnist, valid, drawn, drawn_valid, others, others_valid)
    for o in models: o['test'] = said(right(to_torch(o), test.x, test.y)); print(o['title'], o['test'])
    idx = sorted(i for c in range(10) for i in (test.y==c).nonzero()[:3,0].tolist())
    about = dict(made_by='python docs/make_draw.py',
                 arrays='base64 of little-endian float32, of int8 where there is a scale for each row; the samples uint8',
                 recipe='small models: for each learning rate in held_out one cycle of Adam on cross-entropy, the best is here; '
                 'convnet: best_learner and fit_linear',
                 data=mnist.source.split(',')[0], images=len(mnist), drawings=len(drawn[0]), others=len(others), held_out=len(valid),
                 seed=SEED,
                 versions=dict(mnist_from_scratch=mnist_from_scratch.__version__, torch=torch.__version__,
                               python=platform.python_version()))
    made = dict(about=about, models=models, nearest=write_nearest((mnist.x,mnist.y), drawn),
                samples=dict(labels=test.y[idx].tolist(), shape=[len(idx),28,28], data=b64(test.x[idx].numpy())))
    made['drawings'] = measure_draw.measure({o['name']:to_torch(o) for o in models}, models[-1]['doubt'])
    with replacing(FILE) as f: f.write_text(json.dumps(made, indent=1)+'\n')
    for o in (FILE,NEAREST): print(f'{o.name}: {o.stat().st_size:,} bytes')

if __name__=='__main__':
    try: make_draw()
    except MnistError as e: sys.exit(f'make_draw.py: {e}')
