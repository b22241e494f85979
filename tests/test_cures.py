"What a message tells to do is done here, and then there is no such error."
import re, shlex
from pathlib import Path

import numpy as np
import pytest, torch
from PIL import Image, features
from torch import nn

from mnist_from_scratch.tools import cli
from mnist_from_scratch import all as us
from mnist_from_scratch.augment import distort
from mnist_from_scratch.baseline import PixelSimilarity, mnist_distance
from mnist_from_scratch.engine.scheduling import combine_scheds, slide
from mnist_from_scratch.schedules import SchedCos, valley
from mnist_from_scratch.engine.image_folders import ImageDataset, Resize
from mnist_from_scratch.resnet import resnet18
from mnist_from_scratch.base.core import MnistError, ShapeError, check_pixels
from mnist_from_scratch.data.images import as_mnist, read_image
from mnist_from_scratch.data.sets import Digits
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.gradient_descent import mse
from mnist_from_scratch.all import Learner
from mnist_from_scratch.minibatches import DataLoader, DataLoaders, DigitRows, to_dset
from mnist_from_scratch.pixels import gv, show_image, show_images
from mnist_from_scratch.data.masks import rle_decode, rle_encode
from mnist_from_scratch.segment import iou

ds = load_digits('digits')[0][:300]
flat = to_dset(ds)
x,y = torch.randn(6,3),torch.arange(6)%3
col,yes = x[:,:1],(y==1).long()
im = Image.fromarray(np.pad(ds.x[7].numpy(), 9))
rows = DataLoaders.from_dsets(flat, flat)
def learner(dls=rows, out=10, loss=us.cross_entropy, **kw): return Learner(dls, nn.Linear(784,out), loss_func=loss, **kw)
def binary(): return DataLoaders.from_dsets(to_dset(ds, 3), to_dset(ds, 3))
def half(n): a = np.zeros((n,n), np.uint8); a[:,n//2:] = 255; return Image.fromarray(a)

# name: (fails, what its message must say, which does what it says). What is in `pass …` up to a comma is carried out as it stands, with
# the names of the tensors
cures = {
    'column against row':(lambda: us.mnist_loss(col, yes), 'pass targets[:,None], as to_dset makes them with positive=',
                          lambda: us.mnist_loss(col, yes[:,None])),
    'row against column':(lambda: us.mnist_loss(col[:,0], yes[:,None]), 'pass targets[:,0]', lambda: us.mnist_loss(col[:,0], yes)),
    'targets of to_dset':(lambda: learner(out=1, loss=us.mnist_loss).fit(1), 'as to_dset makes them with positive=',
                          lambda: learner(binary(), 1, us.mnist_loss).fit(1)),
    'column of class numbers':(lambda: us.mnist_loss(col, y[:,None]), 'pass (targets==n).long()',
                               lambda: us.mnist_loss(col, (y[:,None]==2).long())),
    'ten outputs':(lambda: learner(loss=us.mnist_loss).fit(1), 'for 10 classes take cross_entropy', lambda: learner().fit(1)),
    'ten outputs, one of them':(lambda: learner(binary(), loss=us.mnist_loss).fit(1), 'give the model one output',
                                lambda: learner(binary(), 1, us.mnist_loss).fit(1)),
    'images as predictions':(lambda: us.mnist_loss(*to_dset(ds, 3)[:]), 'predictions look like images: pass what a model gives for them',
                             lambda: us.mnist_loss(nn.Linear(784,1)(to_dset(ds, 3)[:][0]), to_dset(ds, 3)[:][1])),
    'images as targets':(lambda: us.mnist_loss(col, torch.rand(6,784)), 'targets look like images: pass their labels',
                         lambda: us.mnist_loss(col, yes[:,None])),
    'a dataset as targets':(lambda: us.mnist_loss(torch.randn(len(ds),1), to_dset(ds, 3)), 'such as ds[:]',
                            lambda: us.mnist_loss(torch.randn(len(ds),1), to_dset(ds, 3)[:][1])),
    'a list as targets':(lambda: us.mnist_loss(col[:,0], [1]*6), 'torch.as_tensor(targets)',
                         lambda: us.mnist_loss(col[:,0], torch.as_tensor([1]*6))),
    'fewer targets':(lambda: us.mnist_loss(col[:,0], yes[:5]), 'pass targets of the same items', lambda: us.mnist_loss(col[:5,0], yes[:5])),
    'whole numbers as predictions':(lambda: us.mnist_loss(yes, yes), 'pass predictions.float()', lambda: us.mnist_loss(yes.float(), yes)),
    'cross_entropy, column':(lambda: us.cross_entropy(x, y[:,None]), 'pass target[:,0], as to_dset makes them without positive=',
                             lambda: us.cross_entropy(x, y)),
    'cross_entropy, floats':(lambda: us.cross_entropy(x, y.float()), 'pass target.long(), if they are class numbers',
                             lambda: us.cross_entropy(x, y.float().long())),
    'cross_entropy, bytes':(lambda: us.cross_entropy(x, y.byte()), 'pass target.long()', lambda: us.cross_entropy(x, y.byte().long())),
    'cross_entropy, labels':(lambda: us.cross_entropy(x, y+1), 'between 0 and 2', lambda: us.cross_entropy(x, y)),
    'cross_entropy of one class':(lambda: learner(binary()).fit(1), 'pass target[:,0], as to_dset makes them without positive=',
                                  lambda: learner().fit(1)),
    'float targets':(lambda: us.CrossEntropyLossFlat()(x, x), 'use BCEWithLogitsLossFlat',
                     lambda: us.BCEWithLogitsLossFlat()(x, x.sigmoid())),
    'accuracy of one output':(lambda: us.accuracy(col, yes), 'take batch_accuracy, with targets of the same shape',
                              lambda: us.batch_accuracy(col, yes[:,None])),
    'accuracy of other items':(lambda: us.accuracy(x, y[:5]), 'pass targets of the same items', lambda: us.accuracy(x[:5], y[:5])),
    'top_k_accuracy':(lambda: us.top_k_accuracy(x, y), 'below 4', lambda: us.top_k_accuracy(x, y, 3)),
    'iou of activations':(lambda: iou(torch.randn(2,9), torch.ones(2,9)), 'such as pred>0',
                          lambda: iou(torch.randn(2,9)>0, torch.ones(2,9))),
    'distort, bytes':(lambda: distort(ds.x.flatten(1)), 'pass x.float()/255', lambda: distort(ds.x.flatten(1).float()/255)),
    'distort, floats to 255':(lambda: distort(ds.x.flatten(1).float()), 'divide them by 255', lambda: distort(ds.x.flatten(1).float()/255)),
    'distort, images':(lambda: distort(ds.floats()), 'pass x[:,None]', lambda: distort(ds.floats()[:,None])),
    'ones in a picture':(lambda: as_mnist(Image.fromarray((np.asarray(im)>99).astype(np.uint8))), 'multiply them by 255',
                         lambda: as_mnist(Image.fromarray(255*(np.asarray(im)>99).astype(np.uint8)))),
    'mse':(lambda: mse(col, x[:,0]), 'pass targets[:,None]', lambda: mse(col, x[:,0][:,None])),
    'reduction':(lambda: us.cross_entropy(x, y, 'none of it'), "'none'", lambda: us.cross_entropy(x, y, 'none')),
    'Digits, floats':(lambda: Digits(ds.floats()), 'pass (255*images).round().byte()', lambda: Digits((255*ds.floats()).round().byte())),
    'Digits, rows':(lambda: Digits(ds.x.flatten(1)), 'pass images.reshape(-1,28,28)', lambda: Digits(ds.x.flatten(1).reshape(-1,28,28))),
    'Digits, one':(lambda: Digits(ds.x[0]), 'pass images[None]', lambda: Digits(ds.x[0][None])),
    'Digits, labels':(lambda: Digits(ds.x, ds.y.int()), 'pass labels.long()', lambda: Digits(ds.x, ds.y.int().long())),
    'Digits, ones':(lambda: Digits(ds.x>99).x, 'images', lambda: Digits((ds.x>99).byte()*255)),
    'DigitRows, images':(lambda: DigitRows(ds.floats(), ds.y), 'pass x.flatten(1)', lambda: DigitRows(ds.floats().flatten(1), ds.y)),
    'DigitRows, out of range':(lambda: DigitRows(ds.x.flatten(1).float()), 'divide them by 255',
                               lambda: DigitRows(ds.x.flatten(1).float()/255)),
    'Digits, floats to 255':(lambda: Digits(ds.x.float()), 'pass images.round().byte()', lambda: Digits(ds.x.float().round().byte())),
    'Digits, whole':(lambda: Digits(ds.x.long()), 'pass images.byte()', lambda: Digits(ds.x.long().byte())),
    'Digits, negative':(lambda: Digits(ds.floats()-.5), 'bring images between 0 (paper) and 1 (ink) first',
                        lambda: Digits((255*(ds.floats()-.5+.5)).round().byte())),
    'Digits, a row for each label':(lambda: Digits(ds.x, nn.functional.one_hot(ds.y)), 'pass labels.argmax(1)',
                                    lambda: Digits(ds.x, nn.functional.one_hot(ds.y).argmax(1))),
    'Digits, swapped':(lambda: Digits(ds.y, ds.x), 'are swapped', lambda: Digits(ds.x, ds.y)),
    'Digits, fewer labels':(lambda: Digits(ds.x, ds.y[:9]), 'pass labels of the same items as images', lambda: Digits(ds.x[:9], ds.y[:9])),
    'Digits, labels from 1':(lambda: Digits(ds.x, ds.y+1), 'correct the others', lambda: Digits(ds.x, ds.y)),
    'Digits, words':(lambda: Digits(ds.x, ['three']*300), 'pass a tensor as labels', lambda: Digits(ds.x, torch.full((300,), 3))),
    'PixelSimilarity, whole':(lambda: PixelSimilarity.from_digits(ds)(ds.x.long()), 'pass x.float()/255',
                              lambda: PixelSimilarity.from_digits(ds)(ds.x.long().float()/255)),
    'PixelSimilarity, ones':(lambda: PixelSimilarity.from_digits(ds)((ds.x>99).byte()), 'pass x.float()',
                             lambda: PixelSimilarity.from_digits(ds)((ds.x>99).byte().float())),
    'distance of truth':(lambda: mnist_distance(ds.x>99, ds.floats()), 'pass .float() of them',
                         lambda: mnist_distance((ds.x>99).float(), ds.floats())),
    'distance of Digits':(lambda: mnist_distance(ds, ds.floats()), 'pass .floats() of them',
                          lambda: mnist_distance(ds.floats(), ds.floats())),
    'distance of arrays':(lambda: mnist_distance(ds.x.numpy(), ds.floats()), 'torch.as_tensor(…).float()',
                          lambda: mnist_distance(torch.as_tensor(ds.x.numpy()).float()/255, ds.floats())),
    'predict, Digits':(lambda: cli.predict(cli.make_model('linear'), ds), 'such as ds.x of Digits ds',
                       lambda: cli.predict(cli.make_model('linear'), ds.x)),
    'predict, floats':(lambda: cli.predict(cli.make_model('linear'), ds.floats()), 'pass (255*x).round().byte()',
                       lambda: cli.predict(cli.make_model('linear'), (255*ds.floats()).round().byte())),
    'predict, one':(lambda: cli.predict(cli.make_model('linear'), ds.x[0]), 'pass x[None]',
                    lambda: cli.predict(cli.make_model('linear'), ds.x[0][None])),
    'predict, ones':(lambda: cli.predict(cli.make_model('linear'), (ds.x>99).byte()), 'multiply them by 255',
                     lambda: cli.predict(cli.make_model('linear'), (ds.x>99).byte()*255)),
    'pixels, ones':(lambda: check_pixels('f', (ds.x>99).int()), 'pass them as floats or booleans',
                    lambda: check_pixels('f', (ds.x>99).float())),
    'learn.predict, ones':(lambda: learner().predict((ds.x[0]>99).int()), 'as floats or booleans', lambda: learner().predict(ds.x[0]>99)),
    'learn.predict, large':(lambda: learner().predict(np.asarray(im)), 'PIL.Image.fromarray',
                            lambda: learner().predict(Image.fromarray(np.asarray(im)))),
    'PixelSimilarity, bytes':(lambda: PixelSimilarity.from_digits(ds)(ds.x), 'pass x.float()/255',
                              lambda: PixelSimilarity.from_digits(ds)(ds.x.float()/255)),
    'raw Digits':(lambda: DataLoaders.from_dsets(ds, ds), 'pass from_dsets(to_dset(train), to_dset(valid))',
                  lambda: learner(DataLoaders.from_dsets(to_dset(ds), to_dset(ds))).fit(1)),
    'raw Digits in a Learner':(lambda: learner(DataLoaders(DataLoader(ds, 64), DataLoader(ds, 64))).fit(1),
                               'to_dset(ds) where ds are Digits',
                               lambda: learner(DataLoaders(DataLoader(to_dset(ds), 64), DataLoader(to_dset(ds), 64))).fit(1)),
    'a digit that is not there':(lambda: ds.only(3).only(7), 'choose from 3', lambda: ds.only(3).only(3)),
    'a share':(lambda: ds.split(2), 'between 0 and 1', lambda: ds.split(.2)),
    'one image of each':(lambda: ds[[int((ds.y==c).nonzero()[0]) for c in range(10)]].split(), 'add a second one of a digit',
                         lambda: ds[[0,*[int((ds.y==ds.y[0]).nonzero()[1])]]].split()),
    'not plain which is paper':(lambda: as_mnist(half(40)), 'leave a margin of one colour',
                                lambda: as_mnist(Image.fromarray(np.pad(np.asarray(half(40)), 9)))),
    'blank':(lambda: as_mnist(Image.new('L', (40,40))), 'more contrast', lambda: as_mnist(im)),
    'scale':(lambda: as_mnist(Image.fromarray(np.asarray(im)*1e5)), 'scale them',
             lambda: as_mnist(Image.fromarray(np.asarray(im)/np.float32(255)))),
    'bs and batch_size':(lambda: DataLoader(flat, bs=4, batch_size=5), 'pass one of them', lambda: DataLoader(flat, batch_size=5)),
    'bs of 0':(lambda: DataLoader(flat, bs=0), 'at least one item', lambda: DataLoader(flat, bs=1)),
    'no batch':(lambda: DataLoader(flat, bs=10**6, drop_last=True).one_batch(), 'drop_last=True',
                lambda: DataLoader(flat, bs=10**6).one_batch()),
    'sampler and shuffle':(lambda: DataLoader(flat, sampler=range(9), shuffle=True), 'leave out shuffle',
                           lambda: DataLoader(flat, sampler=range(9))),
    'batch_sampler and bs':(lambda: DataLoader(flat, bs=4, batch_sampler=[[0]]), 'leave out bs',
                            lambda: DataLoader(flat, batch_sampler=[[0]])),
    'no loss':(lambda: learner(DataLoaders(DataLoader(range(9)), DataLoader(range(9))), loss=None), 'pass loss_func',
               lambda: learner(DataLoaders(DataLoader(range(9)), DataLoader(range(9))), loss=us.mnist_loss)),
    'no epoch':(lambda: learner().fit(0), '1 or more', lambda: learner().fit(1)),
    'schedules':(lambda: combine_scheds([.5,.6], [SchedCos(0,1)]*2), 'add up to 1', lambda: combine_scheds([.5,.5], [SchedCos(0,1)]*2)),
    'lr_find from too high':(lambda: learner(lr=.1).lr_find(start_lr=1e30, end_lr=1e38, num_it=30, show_plot=False), 'lower start_lr',
                             lambda: learner().lr_find(start_lr=1e-7, num_it=30, show_plot=False)),
    'valley of a hill':(lambda: valley([.1,.2,.3], [1.,2.,3.]), 'lower start_lr', lambda: valley([.01,.1,.2], [2.,1.,3.])),
    'slide of a few':(lambda: slide([.1]*9, [1.]*9), 'more than 15',
                      lambda: slide([.1*i for i in range(1,20)], [1/i for i in range(1,20)])),
    'lr':(lambda: learner().fit(1, lr=-1), 'lr', lambda: learner().fit(1, lr=.1)),
    'Resize':(lambda: Resize(8, 'stretch'), 'squish', lambda: Resize(8, 'squish')(im)),
    'sizes':(lambda: [*DataLoader(ImageDataset([im, im.resize((20,20))], [0,1], ['a','b']), 2)], 'pass item_tfms=Resize(',
             lambda: [*DataLoader(ImageDataset([im, im.resize((20,20))], [0,1], ['a','b'], item_tfms=Resize(46)), 2)]),
    'weights':(lambda: resnet18(weights='best'), 'or None', lambda: resnet18(weights=None)),
    'show_image of many':(lambda: show_image(ds.x[:5]), 'show_images takes many', lambda: show_images(ds.x[:5])),
    'gv':(lambda: gv('a'), 'a->b', lambda: gv('a->b')),
    'a mask of floats':(lambda: rle_encode(torch.rand(4,4)), 'compare it with a threshold', lambda: rle_encode(torch.rand(4,4)>.5)),
    'runs out of order':(lambda: rle_decode('5 2 1 2', (4,4)), 'put the runs in order', lambda: rle_decode('1 2 5 2', (4,4))),
    'half a run':(lambda: rle_decode('5', (4,4)), 'complete it', lambda: rle_decode('5 1', (4,4))),
    'a model':(lambda: cli.make_model('resnet'), 'choose from baseline, linear', lambda: cli.make_model('linear')),
    'an option':(lambda: cli.make_model('mlp', n_hidden='9'), "its defaults are {'n_hidden': 30}",
                 lambda: cli.make_model('mlp', n_hidden=30)),
    'digits of the command':(lambda: cli._parse_digits('3,11'), '--digits 3,7', lambda: cli._parse_digits('3,7')),
}
@pytest.mark.parametrize('name', cures)
def test_cure(name):
    fails,says,works = cures[name]
    with pytest.raises((MnistError,ValueError,TypeError,RuntimeError)) as e: fails()
    assert says in str(e.value) and '\n' not in str(e.value), str(e.value)
    works()

kinds = dict(full=ds.x, floats=ds.floats(), floats_to_255=ds.x.float(), doubles=ds.floats().double(), whole=ds.x.long(),
             ones=(ds.x>99).int(), truth=ds.x>99, short=ds.x.short(), ink=ds.x//128*255)
@pytest.mark.parametrize('kind', kinds)
@pytest.mark.parametrize('f', [lambda x: Digits(x).floats(), lambda x: (cli.predict(cli.make_model('linear'), x), Digits(x).floats())[1],
                               lambda x: (PixelSimilarity.from_digits(ds)(x), x)[1],
                               lambda x: DigitRows(x.flatten(1))[:][0].view(-1,28,28)],
                               ids=['Digits','predict','PixelSimilarity','DigitRows'])
def test_pixels_to_be_passed_are_right(f, kind):
    "Whatever expression a message has for pixels of a wrong type: it gives the same picture, and no other"
    x = images = kinds[kind] # noqa: F841, what is to be passed may name it
    want = (x.float()/255 if x.float().max()>1 else x.float()).view(-1,28,28)
    try: got = f(x)
    except ValueError as e:
        if m := re.search(r'; pass (\S*?)(, |$)', str(e)): got = f(eval(m[1]) if 'flatten' not in str(e) else x)
        elif 'as floats or booleans' in str(e): got = f(x.float())
        elif 'divide them by 255' in str(e): got = f(x/255)
        else: raise
    assert (got.view(-1,28,28)-want).abs().max()<=1/255

@pytest.mark.parametrize('a,b', [(a,b) for a in ((6,),(6,1),(1,6),(6,1,1),(1,),()) for b in ((6,),(6,1),(1,6),(1,),(),(6,784))])
@pytest.mark.parametrize('f', [us.mnist_loss, us.batch_accuracy, mse], ids=lambda f: f.__name__)
def test_what_is_to_be_passed_is_right(f, a, b):
    "Whatever expression a message of shapes has, it can be passed"
    p,t = torch.randn(a),torch.ones(b)
    try: f(p, t); return
    except ShapeError as e: msg = str(e)
    if m := re.search(r'; pass (\w+)(\S*?)(, |$)', msg):
        if m[2]: (f(p, eval('t'+m[2])) if m[1] in ('targets','yb') else f(eval('p'+m[2]), t))
    if p.numel()==t.numel() and p.squeeze().shape==t.squeeze().shape and p.ndim+t.ndim==3 and 0 not in (p.ndim, t.ndim):
        assert m and m[2], msg

# --- the commands

@pytest.fixture
def here(tmp_path, monkeypatch):
    "A folder with a model, pictures in folders, and a table"
    monkeypatch.chdir(tmp_path)
    cli.save_model('run', cli.make_model('linear'), 'linear', range(10))
    for o in 'pictures/3','mine here': Path(o).mkdir(parents=True)
    for i in range(2):
        for o in 'pictures/3','mine here','.': im.save(f'{o}/{i}.png')
    Path('t.csv').write_text(','.join(f'pixel{i}' for i in range(784))+'\n'+','.join(map(str, ds.x[0].flatten().tolist()))+'\n')

def typed(line):
    "What a shell makes of `line`"
    return [o for w in shlex.split(line) for o in (sorted(map(str, Path().glob(w))) if '*' in w else [w])]

@pytest.mark.parametrize('args', ['0.png run', '0.png 1.png run', '0.png run/model.safetensors', 'pictures run', '"mine here" run',
                                  't.csv run --submission o.csv', '0.png run/model.json 1.png'])
def test_arguments_swapped(here, capsys, args):
    def call(args):
        if '--submission' in args: return cli.mnist_predict(args[0], args[1:args.index('--submission')], submission=args[-1])
        cli.mnist_predict(args[0], args[1:])
    with pytest.raises(MnistError, match='the arguments are swapped: the model comes first') as e: call(typed(args))
    name,*rest = typed(str(e.value).partition('; type: ')[2])
    assert name in ('mnist_predict', cli._path('mnist_predict')) and not capsys.readouterr().out
    call(rest)
    assert capsys.readouterr().out.count('probability')==(0 if 'csv' in args else 2 if '1.png' in args or args[0] in 'p"' else 1)

@pytest.mark.parametrize('folder', ['pictures','mine here','pictures/3','.'])
def test_a_folder_of_images(here, capsys, folder):
    with pytest.raises(MnistError, match='is a folder') as e: cli.mnist_predict('run', [folder])
    files = [o for o in typed(str(e.value).partition('give the files in it: ')[2]) if o.endswith('.png')]
    assert len(files)==2
    cli.mnist_predict('run', files)
    assert capsys.readouterr().out.count('probability')==2

def test_no_model_at_all(here):
    with pytest.raises(MnistError,
                       match='0.png is not a model, which comes first, before the images; pass a folder that mnist_train wrote'):
        cli.mnist_predict('0.png', ['1.png'])

@pytest.mark.parametrize('end', ['', '.csv'])
def test_no_image(here, end):
    with pytest.raises(MnistError, match='give --submission FILE' if end else 'give an image file'):
        cli.mnist_predict('run', ['t'+end] if end else ['run/model.safetensors'])
    if end: cli.mnist_predict('run', ['t.csv'], submission='o.csv')

@pytest.mark.parametrize('kind', ['heic','avif'])
def test_a_picture_of_a_phone(tmp_path, kind):
    "Is named, and read once it is converted, as the message says"
    f,page = tmp_path/f'a.{kind}',Image.fromarray(255-np.asarray(im)).resize((184,184))
    if kind=='avif' and features.check('avif'): page.save(f); opened = Image.open(f)
    else: f.write_bytes(b'\0\0\0\x18ftyp'+kind.encode()+bytes(99)); opened = page
    with pytest.raises(MnistError, match='HEIC or AVIF image, which is not read here; give an image file, such as PNG or JPEG, or convert '
                       'it to one'):
        read_image(f)
    for o in 'png','jpeg':
        opened.convert('RGB').save(tmp_path/f'a.{o}')
        assert (as_mnist(read_image(tmp_path/f'a.{o}')).float()-as_mnist(im).float()).abs().mean()<8
