"Whatever takes images says no to those of another kind: ranges are checked above and below, types too, and the cure in the message works."
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Subset, TensorDataset
from conftest import Biggest
from mnist_from_scratch.baseline import PixelSimilarity, is_3, mean_digits, mnist_distance, rmse_distance
from mnist_from_scratch.tools.cli import make_model, predict
from mnist_from_scratch.engine.image_folders import ImageDataset
from mnist_from_scratch.softmax import cross_entropy
from mnist_from_scratch.all import Learner
from mnist_from_scratch.minibatches import DataLoaders, DataLoader, DigitRows, to_dset

@pytest.fixture(scope='module')
def learn(digits):
    dsets = [to_dset(o) for o in digits]
    return Learner(DataLoaders(*(DataLoader(o, bs=64) for o in dsets)), torch.nn.Linear(784,10), loss_func=cross_entropy)

@pytest.fixture(scope='module')
def x(digits): return digits[0].x[5]

wrong = dict(ones=lambda x: (x>100).long(), bytes_of_ones=lambda x: (x>100).byte(), large=lambda x: x.float(),
             negative=lambda x: x.float()/255-.1, negative_ints=lambda x: x.long()-1, above=lambda x: x.long()+9,
             nan=lambda x: x/255*float('nan'))

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
    for o in x.float()/255,x.long(),x.numpy(),im,Image.fromarray(255-x.numpy()),im.convert('RGB'),tmp_path/'a.png',str(tmp_path/'b.png'):
        assert torch.equal(learn.predict(o)[2], want)
    ink = x>100
    for o in ink.float(),ink,ink.byte()*255: assert torch.equal(learn.predict(o)[2], learn.predict(ink.float())[2])

def test_a_large_array(learn):
    with pytest.raises(ValueError, match='28×28 or 784 numbers, not uint8 .680,680.*fromarray'):
        learn.predict(np.zeros((680,680), np.uint8))
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

def test_distances_compare_images_of_one_size(digits):
    "No distance of rows, which would be one for all of them; the cures work"
    ds = digits[0].only(3,7)
    m3,m7 = mean_digits(ds)
    x = ds.floats()[:5]
    rows = x.flatten(1)
    for bad in ((rows, m3.flatten()), (rows, rows), (rows, m3), (x, m3.flatten()), (x, m3[0]), (x, torch.tensor(1.)), (x, ds.floats()[:4])):
        for f in mnist_distance,rmse_distance:
            with pytest.raises(ValueError, match=f"{f.__name__} takes images of one "
                               f"size.*{'28,28' if 784 in bad[0].shape+bad[1].shape else 'as many of the one'}"):
                f(*bad)
    with pytest.raises(ValueError, match='images of one size'): is_3(rows, m3.flatten(), m7.flatten())
    assert torch.equal(is_3(rows.reshape(-1,28,28), m3, m7), is_3(x, m3, m7)) and mnist_distance(x,
        ds.floats()[:5]).shape==(5,) and mnist_distance(x[:,None], torch.stack([m3,m7])).shape==(5,2)
    for bad in m3[None]*255,-m3[None],ds.x[:2],rows:
        with pytest.raises(ValueError, match='PixelSimilarity'): PixelSimilarity(bad)
    assert PixelSimilarity(torch.stack([m3,m7]))(x).shape==(5,2)

white = dict(bytes=lambda x: 255-x, whole=lambda x: 255-x.long(), floats=lambda x: 1-x/255, truth=lambda x: x<=100,
             array=lambda x: 255-x.numpy())
@pytest.mark.parametrize('kind', white)
def test_arrays_dark_on_white(learn, x, kind):
    "Which are no pictures: 0 is paper. They are not read as if they were light on dark, and the cures work"
    bad = white[kind](x)
    with pytest.raises(ValueError, match='dark on white, and (1|255) is ink; pass (1|255)-x'): learn.predict(bad)
    want = learn.predict(x)[2]
    if kind!='truth':
        assert torch.allclose(learn.predict((1 if kind=='floats' else 255)-bad)[2], want, atol=1e-5)
        assert torch.equal(learn.predict(Image.fromarray(255-x.numpy()))[2], want)
    else: assert torch.equal(learn.predict(1-bad.float())[2], learn.predict(x>100)[2])
    with pytest.raises(ValueError, match='dark on white.*pass 255-x'): predict(make_model('linear'), 255-x[None])

@pytest.mark.parametrize('top', [255,1])
def test_rows_dark_on_white(learn, digits, top):
    "Rows that are made without `Digits` are looked at too, also as new items, but not all of many; the cure works"
    x = digits[0].x[:40].flatten(1)
    good = x if top==255 else x/255
    for which,bad in ('the images',top-good),('some images',torch.cat([good,top-good])):
        for f in DigitRows,lambda o: learn.dls.test_dl(TensorDataset(o)):
            with pytest.raises(ValueError, match=f'^DigitRows: {which} are dark on white, and {top} is ink; pass {top}-x for'): f(bad)
    assert torch.allclose(DigitRows(top-(top-good))[:][0], x/255)
    DigitRows(torch.full_like(good, top)), DigitRows(good[:0])          # blank ones are of neither kind
    many = x[:1].expand(100_000,784)
    with Biggest() as big: DigitRows(many)
    assert big.top<2000*784

def test_what_is_no_image(learn, x, digits):
    for bad in None,b'abc',np.array(['a']),x.numpy().astype(object),3:
        with pytest.raises(ValueError, match='an image is 28×28 or 784 numbers, not'): learn.predict(bad)
    for bad in digits[0][:3],digits[0].x[:3]:
        with pytest.raises(ValueError, match='for many, pass all of them to test_dl'): learn.predict(bad)
        assert len(learn.get_preds(dl=learn.dls.test_dl(bad))[0])==3
    for bad in None,3,'a.png',Path('a.png'),{'a':1},Image.new('L', (9,9)):
        with pytest.raises(TypeError, match=r'pass \[item\] for one image'): learn.dls.test_dl(bad)
    assert learn.dls.test_dl([x]).one_batch()[0].shape==(1,784)
    for bad in digits[0].x[:3],digits[0].x[:3].flatten(1):
        with pytest.raises(TypeError, match=r'pairs of an image and a digit.*zip'): learn.dls.test_dl(bad, with_labels=True)
        assert [*map(len, learn.dls.test_dl([*zip(bad, digits[0].y[:3])], with_labels=True).one_batch())]==[3,3]
    learn.predict(x.numpy().astype(np.uint16))
    with pytest.raises(ValueError, match='65535'): learn.predict(x.numpy().astype(np.uint16)*257)
    assert torch.allclose(learn.predict(x.numpy().astype(np.uint16)*257/65535)[2], learn.predict(x)[2], atol=1e-5)

def test_rows_already(learn, digits):
    "A `TensorDataset` for test_dl, with labels and without, is looked at as well"
    x,y = digits[0].x[:9].flatten(1),digits[0].y[:9]
    for bad in x.float(),x/255-.5,x/255*float('nan'),(x>99).byte(),x.long(),x.view(-1,28,28)/255:
        for labels in True,False:
            with pytest.raises(ValueError): learn.dls.test_dl(TensorDataset(bad, y), with_labels=labels)
    for good in x,x/255:
        assert torch.equal(learn.get_preds(dl=learn.dls.test_dl(TensorDataset(good, y), with_labels=True))[0],
                           learn.get_preds(dl=learn.dls.test_dl(digits[0][:9]))[0])
    assert len(learn.dls.test_dl(Subset(learn.dls.train_ds, [1,2])).one_batch()[0])==2
