"The figures that must come out: exact ones of MNIST to 4 decimals, trained ones in their band."
from statistics import median

import pytest, torch
import torch.nn.functional as F
from fastcore.basics import noop
from torch.utils.data import TensorDataset

from mnist_from_scratch.base.statistics import Proportion

from mnist_from_scratch.baseline import PixelSimilarity, is_3, mean_digits, mnist_distance, rmse_distance
from mnist_from_scratch.schedules import fit_one_cycle
from mnist_from_scratch.engine.image_folders import ImageDataLoaders
from mnist_from_scratch.resnet import cnn_learner, resnet18
from mnist_from_scratch.base.core import set_seed
from mnist_from_scratch.data.digits import URLs, untar_data
from mnist_from_scratch.gradient_descent import apply_step, mse, quadratic, rmse, roller_coaster
from mnist_from_scratch.all import Learner
from mnist_from_scratch.losses import batch_accuracy, mnist_loss
from mnist_from_scratch.softmax import accuracy, cross_entropy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.neural_net import simple_net
from mnist_from_scratch.optimizers import SGD, BasicOptim
from mnist_from_scratch.pixels import tensor
from mnist_from_scratch.softmax import mnist_net
from mnist_from_scratch.training_loop import init_params, linear1, train_model

def close(a, b): assert torch.as_tensor(a).item()==pytest.approx(b, abs=5e-5)

# --- exact, on MNIST

def test_counts(mnist):
    train,valid = mnist
    assert [len(ds.only(d)) for ds in mnist for d in (3,7)] == [6131,6265,1010,1028]

def test_pixels_of_image_10000(mnist):
    x,y = mnist[0][10000]
    assert y==3
    assert x[4:10,4:10].tolist() == [[0,0,0,0,0,0],[0,0,0,0,0,29],[0,0,0,48,166,224],[0,93,244,249,253,187],[0,107,253,253,230,48],
                                     [0,3,20,20,15,0]]

def test_distances_of_image_10000(mnist):
    train = mnist[0]
    im,(mean3,mean7) = train[10000:10001].floats()[0],mean_digits(train.only(3,7))
    close(mnist_distance(im,mean3), .1114); close(rmse_distance(im,mean3), .2021)
    close(mnist_distance(im,mean7), .1586); close(rmse_distance(im,mean7), .3021)
    close(F.l1_loss(im,mean7), .1586);      close(F.mse_loss(im,mean7).sqrt(), .3021)

def test_pixel_similarity(mnist):
    train,valid = mnist
    mean3,mean7 = mean_digits(train.only(3,7))
    p3 = Proportion.of(is_3(valid.only(3).floats(), mean3, mean7))
    p7 = Proportion.of(~is_3(valid.only(7).floats(), mean3, mean7))
    assert (p3.k,p3.n,p7.k,p7.n) == (926,1010,1013,1028)
    close(p3.value, .9168); close(p7.value, .9854); close((p3.value+p7.value)/2, .9511)

# --- exact, without data

def test_roller_coaster():
    time,speed = roller_coaster(seed=42)
    params = torch.randn(3).requires_grad_()
    for p,q in zip(params, (-.7658,-.7506,1.3525)): close(p, q)
    preds = apply_step(quadratic, params, time, speed, lr=1e-5)
    assert mse(preds,speed).item()==pytest.approx(25823.8086, abs=5e-3)
    close(rmse(preds,speed), 160.6979)
    for _ in range(9): apply_step(quadratic, params, time, speed, lr=1e-5)
    assert 676 < mse(quadratic(time,params),speed) < 678

def test_root_needs_another_rate():
    "With the root as the loss, 1e-5 moves it from 160.70 to 160.42 in one step"
    time,speed = roller_coaster()
    params = torch.randn(3).requires_grad_()
    apply_step(quadratic, params, time, speed, lr=1e-5, loss_func=rmse)
    assert rmse(quadratic(time,params),speed).item()==pytest.approx(160.42, abs=.005)

def test_mnist_loss():
    targs = tensor([1,0,1])
    close(mnist_loss(tensor([.9,.4,.2]), targs, activation=noop), .4333)
    close(mnist_loss(tensor([.9,.4,.8]), targs, activation=noop), .2333)
    close(mnist_loss(tensor([.9,.4,.2]), targs), .4460)

def test_gradients():
    x = tensor(3.).requires_grad_();          (x**2).backward();       assert x.grad==6
    x = tensor([3.,4.,10.]).requires_grad_(); (x**2).sum().backward(); assert x.grad.tolist()==[6,8,20]

# --- trained: within a band

def rows(ds): return ds.floats().view(-1,784)

def three_seven(mnist):
    "Threes, then sevens, unshuffled, as in the sources"
    def dl(ds):
        a,b = rows(ds.only(3)),rows(ds.only(7))
        return DataLoader(TensorDataset(torch.cat([a,b]), tensor([1]*len(a)+[0]*len(b))[:,None]), batch_size=256)
    return DataLoaders(*map(dl, mnist))

def said(what, accs, n):
    "Print the spread over seeds (`pytest -rP` shows it) and return the median"
    m = median(accs)
    print(f'{what}: {min(accs):.4f} to {max(accs):.4f} over {len(accs)} seeds, median {Proportion(round(m*n),n)}')
    return m

def test_linear_by_hand(mnist):
    dls = three_seven(mnist)
    def run(seed):
        set_seed(seed)
        w,b = init_params((784,1)),init_params(1)
        return train_model(lambda xb: linear1(xb,w,b), 20, dls.train, dls.valid, BasicOptim((w,b),1.), prn=False)[-1]
    assert said('linear by hand', [run(s) for s in range(5)], 2038) >= .965

def test_simple_net(mnist):
    dls = three_seven(mnist)
    def run(seed):
        set_seed(seed)
        learn = Learner(dls, simple_net(), opt_func=SGD, loss_func=mnist_loss, metrics=batch_accuracy)
        with learn.no_bar(): learn.fit(40, .1)
        return learn.recorder.values[-1][2]
    assert said('simple_net', [run(s) for s in range(3)], 2038) >= .98

def ten(train, valid, seed, epochs=5):
    def ds(o): return TensorDataset(rows(o), o.targets())
    set_seed(seed)
    dls = DataLoaders(DataLoader(ds(train), bs=32, shuffle=True), DataLoader(ds(valid), bs=1024))
    learn = Learner(dls, mnist_net(), loss_func=cross_entropy, opt_func=SGD, metrics=accuracy)
    with learn.no_bar(): learn.fit_one_cycle(epochs, .3)
    return learn.recorder.values[-1][2]

def test_ten_digits_held_out_fifth(mnist):
    train,valid = mnist[0].split(.2, seed=42)
    assert len(valid)==12000
    assert said('784-30-10', [ten(train, valid, s) for s in range(3)], len(valid)) >= .96

def test_resnet18(mnist):
    "One cycle of one epoch at 0.1, 3 v 7: fast.ai's chapter has 0.997"
    dls = ImageDataLoaders.from_folder(untar_data(URLs.MNIST_SAMPLE, source='mnist'))
    set_seed(0)
    learn = cnn_learner(dls, resnet18, pretrained=False, loss_func=F.cross_entropy, metrics=accuracy)
    with learn.no_bar(): learn.fit_one_cycle(1, .1)
    assert said('ResNet-18', [learn.recorder.values[-1][2]], 2038) >= .99

@pytest.mark.slow
def test_ten_digits_bundled(digits):
    train,valid = digits
    assert said('784-30-10, bundled digits', [ten(train, valid, s, epochs=15) for s in range(3)], len(valid)) >= .93

@pytest.mark.parametrize('dist', ['l1','rmse'])
def test_pixel_similarity_bundled(digits, dist):
    train,valid = digits
    assert Proportion.of(PixelSimilarity.from_digits(train, dist)(valid.floats()).argmax(1)==valid.targets()).value >= .85
