"Whatever takes images says no to those of another kind: ranges are checked above and below, types too, and the cure in the message works."
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from mnist_from_scratch.baseline import PixelSimilarity, is_3, mean_digits, mnist_distance, rmse_distance
from mnist_from_scratch.cli import make_model, predict
from mnist_from_scratch.convnet import ImageDataset
from mnist_from_scratch.losses import cross_entropy
from mnist_from_scratch.datasets import Digits
from mnist_from_scratch.learner import Learner
from mnist_from_scratch.minibatches import DataLoaders, DataLoader, DigitRows, to_dset

@pytest.fixture(scope='module')
def learn(digits):
    dsets = [to_dset(o) for o in digits]
    return Learner(DataLoaders(*(DataLoader(o, bs=64) for o in dsets)), torch.nn.Linear(784,10), loss_func=cross_entropy)

@pytest.fixture(scope='module')
def x(digits): return digits[0].x[5]

wrong = dict(ones=lambda x: (x>100).long(), bytes_of_ones=lambda x: (x>100).byte(), large=lambda x: x.float(), negative=lambda x: x.float()/255-.1, negative_ints=lambda x: x.long()-1, above=lambda x: x.long()+9, nan=lambda x: x/255*float('nan'))

@pytest.mark.parametrize('kind', wrong)
def test_learner_refuses(learn, x, kind):
    bad = wrong[kind](x)
    for o in bad,bad.flatten(),bad.numpy():
        with pytest.raises(ValueError) as e: learn.predict(o)
        assert '\n' not in str(e.value)
        with pytest.raises(ValueError): learn.dls.test_dl([o])
    if kind!='above':
        with pytest.raises(ValueError): ImageDataset([bad.numpy()])[0]

def test_the_same_picture_in_every_form(learn, x, tmp_path):
    "Also the cures: floats or booleans for 0 and 1, bytes divided by 255"
    im = Image.fromarray(x.numpy())
    im.save(tmp_path/'a.png')
    Image.fromarray(255-x.numpy()).save(tmp_path/'b.png')
    want = learn.predict(x)[2]
    for o in x.float()/255,x.long(),x.numpy(),im,Image.fromarray(255-x.numpy()),im.convert('RGB'),tmp_path/'a.png',str(tmp_path/'b.png'): assert torch.equal(learn.predict(o)[2], want)
    ink = x>100
    for o in ink.float(),ink,ink.byte()*255: assert torch.equal(learn.predict(o)[2], learn.predict(ink.float())[2])

def test_a_large_array(learn):
    with pytest.raises(ValueError, match='28×28 or 784 numbers, not uint8 .680,680.*fromarray'): learn.predict(np.zeros((680,680), np.uint8))
    a = np.full((680,680), 255, np.uint8); a[200:400,300:340] = 0
    learn.predict(Image.fromarray(a))

def test_commands_predict(digits):
    model,x = make_model('linear'),digits[1].x[:50]
    for bad in digits[1].floats()[:50],x.flatten(1),x[0],x.long(),(x>100).byte(),x.numpy():
        with pytest.raises(ValueError): predict(model, bad)
    assert predict(model, x).shape==(50,10)

def test_distances(digits):
    ds = digits[0].only(3,7)
    m3,m7 = mean_digits(ds)
    x = ds.floats()[:9]
    for f in (lambda o: mnist_distance(o, m3)),(lambda o: rmse_distance(m3, o)): # of any range, but no bytes, which would wrap around
        for bad in ds.x[:9],x>.5:
            with pytest.raises(ValueError, match='takes floats'): f(bad)
        assert torch.allclose(f(-x), f(x*-1.)) and f(x*255).shape==(9,)
    for f in (lambda o: is_3(o, m3, m7)),PixelSimilarity.from_digits(ds):
        for bad in ds.x[:9],ds.x[:9].float(),-x,x>.5:
            with pytest.raises(ValueError): f(bad)
        f(x)
    with pytest.raises(ValueError, match='divide them by 255'): is_3(ds.x[:9], m3, m7)
    assert torch.equal(is_3(ds.x[:9]/255, m3, m7), is_3(x, m3, m7))
    for bad in ds.floats().flatten(1)*255,-ds.floats().flatten(1):
        with pytest.raises(ValueError): DigitRows(bad)
