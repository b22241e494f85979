"""ResNet-18 beside torchvision's and fastai's, images from folders and what they say when something is wrong, and weights from a server of
our own."""
import hashlib

import numpy as np
import pytest, torch
from served import served
import torch.nn.functional as F
from PIL import Image
from torch import nn

from mnist_from_scratch import resnet
from mnist_from_scratch.resnet import BasicBlock, ResNet, cnn_learner, resnet18, vision_learner
from mnist_from_scratch.engine import image_folders
from mnist_from_scratch.engine.image_folders import ImageDataLoaders, ImageDataset, Resize
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.softmax import accuracy
from mnist_from_scratch.minibatches import DataLoader, DataLoaders
from mnist_from_scratch.optimizers import Adam

x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))

def says(*words):
    "The block raises an `MnistError` in one line with all of `words`"
    class Says:
        def __enter__(self): pass
        def __exit__(self, typ, e, tb):
            assert typ is MnistError, e
            assert all(str(o) in str(e) for o in words) and len(str(e).splitlines())==1, str(e)
            return True
    return Says()

# --- the net

@pytest.mark.parametrize('name,layers', [('resnet18',[2,2,2,2]), ('resnet34',[3,4,6,3])])
def test_as_torchvision(name, layers):
    "The same seed makes the same net: names, order, every number; and the same outputs and gradients"
    models = pytest.importorskip('torchvision.models')
    set_seed(3); theirs = getattr(models, name)()
    set_seed(3); ours = ResNet(BasicBlock, layers)
    a,b = ours.state_dict(),theirs.state_dict()
    assert list(a)==list(b) and all(torch.equal(a[k], b[k]) for k in a)
    assert [k for k,_ in ours.named_children()]==[k for k,_ in theirs.named_children()]
    assert torch.equal(ours(x), theirs(x))
    for m in ours,theirs: m(x).square().mean().backward()
    assert all(torch.equal(p.grad, q.grad) for p,q in zip(ours.parameters(), theirs.parameters()))

def test_takes_torchvisions_numbers():
    models = pytest.importorskip('torchvision.models')
    set_seed(0); theirs = models.resnet18(num_classes=7).eval()
    set_seed(1); ours = resnet18(num_classes=7).eval()
    with torch.no_grad():
        assert not torch.equal(ours(x), theirs(x))
        ours.load_state_dict(theirs.state_dict())
        assert torch.equal(ours(x), theirs(x))

def test_head_and_body_as_fastai():
    "fastai's model for `vision_learner` has the same structure: its numbers give the same outputs"
    pytest.importorskip('fastai')
    from fastai.vision.learner import create_vision_model
    from torchvision.models import resnet18 as theirs18
    theirs = create_vision_model(theirs18, 4, pretrained=False)
    ours = vision_learner(fake(4), resnet18, pretrained=False, loss_func=F.cross_entropy).model
    ours.load_state_dict(theirs.state_dict())
    with torch.no_grad(): assert torch.equal(ours.eval()(x), theirs.eval()(x))
    def kinds(m): return [repr(o).split('(')[0].replace('fastai.layers.','') + str(getattr(o, 'p', '')) for o in m[1]]
    assert kinds(ours)==kinds(theirs)

# --- a learner

class fake:
    "No more of `DataLoaders` than a Learner asks for before it fits"
    train_ds,device,n_inp = None,None,1
    def __init__(self, c): self.vocab = list(range(c))

@pytest.mark.slow
@pytest.mark.newest
@pytest.mark.parametrize('fit', [lambda l: l.fit_one_cycle(2, slice(1e-5,1e-2)), lambda l: l.fine_tune(1, 1e-3)],
                         ids=['one_cycle','fine_tune'])
def test_trains_as_fastai(fit):
    """From the same weights and on the same batches the two learners end at the same weights, with rates for each group and with a frozen
    body; in double precision, as Adam makes whole steps of gradients that are nothing but rounding"""
    pytest.importorskip('fastai')
    import fastai.vision.all as fv
    g = torch.Generator().manual_seed(0)
    ds = list(zip(torch.rand(32,3,28,28,generator=g).double(), torch.randint(0,3,(32,),generator=g)))
    def loss_func(preds, targs): return F.cross_entropy(preds, targs).float() # which is what fastai smooths
    args = dict(n_out=3, pretrained=False, loss_func=loss_func, ps=0.)
    theirs = fv.vision_learner(fv.DataLoaders(fv.DataLoader(ds, bs=8), fv.DataLoader(ds[:16], bs=8), device=torch.device('cpu')),
                               fv.resnet18, metrics=fv.accuracy, **args)
    ours = vision_learner(DataLoaders(DataLoader(ds, bs=8), DataLoader(ds[:16], bs=8)), resnet18, metrics=accuracy, **args)
    ours.model.double().load_state_dict(theirs.model.double().state_dict())
    with theirs.no_bar(), theirs.no_logging(): fit(theirs)
    with ours.no_bar(): fit(ours)
    assert [list(o) for o in ours.recorder.values]==[pytest.approx(list(o), abs=1e-6) for o in theirs.recorder.values]
    for p,q in zip(ours.model.parameters(), theirs.model.parameters()): torch.testing.assert_close(p, q, atol=1e-6, rtol=0)

def test_groups():
    "Three, as fastai's; the head is the last; nothing twice, nothing left out"
    learn = vision_learner(fake(2), resnet18, pretrained=False, loss_func=F.cross_entropy)
    groups = learn.splitter(learn.model)
    assert len(groups)==3 and [id(p) for g in groups for p in g]==[id(p) for p in learn.model.parameters()]
    assert [id(p) for p in groups[2]]==[id(p) for p in learn.model[1].parameters()]
    assert all(p.requires_grad for p in learn.model.parameters())

def test_other_nets():
    "Any that pools before its end: torchvision's too, and one of your own, with a head of your own"
    models = pytest.importorskip('torchvision.models')
    learn = vision_learner(fake(5), models.resnet18, pretrained=False, loss_func=F.cross_entropy, lin_ftrs=[64,32], concat_pool=False,
                           ps=.1)
    assert learn.model(x).shape==(2,5) and [m.out_features for m in learn.model[1] if isinstance(m, nn.Linear)]==[64,32,5]
    def tiny(): return nn.Sequential(nn.Conv2d(3,4,3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4,10))
    learn = vision_learner(fake(5), tiny, pretrained=False, loss_func=F.cross_entropy,
                           custom_head=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4,5)))
    assert learn.model(x).shape==(2,5) and len(learn.splitter(learn.model))==2
    with pytest.raises(ValueError, match='no pooling layer'):
        vision_learner(fake(2), lambda: nn.Sequential(nn.Conv2d(3,4,3)), pretrained=False, loss_func=F.cross_entropy)

def test_arguments_as_fastai():
    "The same names in the same order, and the same defaults, as far as ours go"
    pytest.importorskip('fastai')
    from inspect import signature
    from fastai.vision.all import ImageDataLoaders as Theirs, vision_learner as theirs
    def ps(f, *skip): return {k:v.default for k,v in signature(f).parameters.items() if k!='kwargs' and k not in skip}
    a,b = ps(vision_learner),ps(theirs)
    assert [k for k in b if k in a]==list(a) and all(a[k]==b[k] for k in a if k not in ('opt_func',)) and a['opt_func'] is Adam
    positional = [k for k,v in signature(vision_learner).parameters.items() if v.kind==v.POSITIONAL_OR_KEYWORD]
    assert positional==list(b)[:len(positional)]
    a,b = ps(ImageDataLoaders.from_folder),ps(Theirs.from_folder)
    assert set(a)<=set(b) and list(a)[:8]==list(b)[:8] and all(a[k]==b[k] for k in a)
    assert cnn_learner is vision_learner

# --- published weights, from this machine

@pytest.fixture
def server(tmp_path, monkeypatch):
    "Serves `tmp_path/www`; PyTorch's cache is below `tmp_path` too. Yields a function that publishes a state."
    (tmp_path/'www').mkdir()
    monkeypatch.setattr(torch.hub, '_hub_dir', None)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path/'torch'))
    for o in ('http_proxy','HTTP_PROXY','all_proxy','ALL_PROXY'): monkeypatch.delenv(o, raising=False)
    def publish(state, sha=None):
        torch.save(state, tmp_path/'w.pth')
        b = (tmp_path/'w.pth').read_bytes()
        for k,v in dict(SHA=sha or hashlib.sha256(b).hexdigest(), SIZE=len(b)).items(): monkeypatch.setattr(resnet, f'RESNET18_{k}', v)
        name = 'resnet18.pth'
        (tmp_path/'www'/name).write_bytes(b)
        monkeypatch.setattr(resnet, 'RESNET18_URL', url+name)
        return tmp_path/'torch'/'hub'/'checkpoints'/name
    with served(tmp_path/'www') as url: yield publish

def test_published_weights(server):
    set_seed(5); published = resnet18().eval()
    cached = server(published.state_dict())
    with torch.no_grad(): assert torch.equal(resnet18(weights='DEFAULT').eval()(x), published(x))
    assert cached.exists()

def test_pretrained(server):
    "The body has the published numbers, gets images as these expect them, and is frozen but for batch normalisation; the head is new"
    set_seed(5); published = resnet18().eval()
    server(published.state_dict())
    learn = vision_learner(fake(3), resnet18, loss_func=F.cross_entropy)
    body,head = learn.model.eval()
    assert torch.equal(body[0].weight, published.conv1.weight)
    mean,std = (torch.tensor(o).view(3,1,1) for o in ([0.485,0.456,0.406],[0.229,0.224,0.225]))
    with torch.no_grad():
        feats = nn.Sequential(*list(published.children())[:-2])
        assert torch.allclose(body(x), feats((x-mean)/std), atol=1e-5)
        raw = vision_learner(fake(3), resnet18, normalize=False, loss_func=F.cross_entropy).model[0].eval()
        assert torch.equal(raw(x), feats(x))
    norms = {id(p) for m in body.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters()}
    assert all(p.requires_grad==(id(p) in norms) for p in body.parameters()) and all(p.requires_grad for p in head.parameters())
    learn.unfreeze()
    assert all(p.requires_grad for p in learn.model.parameters()) and len(learn.opt.param_lists)==3
    fresh = vision_learner(fake(3), resnet18, pretrained=False, loss_func=F.cross_entropy).model
    assert list(fresh.state_dict())==list(learn.model.state_dict())     # what one saves the other can load

def test_wrong_weights(server, monkeypatch):
    "What is not the published file is not kept, and what is damaged in the cache is replaced"
    cached = server(resnet18().state_dict(), sha='0'*64)
    with says('resnet18.pth is not the file it should be, its SHA-256 differs', cached.parent, 'pretrained=False'):
        resnet18(weights='DEFAULT')
    assert not [*cached.parent.iterdir()]
    cached = server(resnet18().state_dict()); cached.write_bytes(b'broken')
    assert isinstance(resnet18(weights='DEFAULT'), ResNet) and cached.stat().st_size==resnet.RESNET18_SIZE
    cached.unlink(); monkeypatch.setattr(resnet, 'RESNET18_SIZE', 1000)
    with says('it has more than its 1,000 bytes'): resnet18(weights='DEFAULT')
    assert not [*cached.parent.iterdir()]

def test_no_network(server, monkeypatch):
    server({})
    monkeypatch.setattr(resnet, 'RESNET18_URL', 'http://127.0.0.1:9/resnet18-f37072fd.pth')
    with says('cannot get http://127.0.0.1:9/resnet18-f37072fd.pth', 'checkpoints', 'pretrained=False'):
        vision_learner(fake(2), resnet18, loss_func=F.cross_entropy)

def test_address_of_the_weights():
    models = pytest.importorskip('torchvision.models')
    assert (models.ResNet18_Weights.DEFAULT.url==resnet.RESNET18_URL and resnet.RESNET18_SHA[:8] in resnet.RESNET18_URL
            and models.ResNet18_Weights.DEFAULT.name=='IMAGENET1K_V1')

# --- images from folders

def picture(path, size=(8,6), mode='RGB', seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    a = np.random.default_rng(seed).integers(0, 256, (size[1],size[0],3), dtype=np.uint8)
    Image.fromarray(a).convert(mode).save(path)
    return a

@pytest.fixture
def pets(tmp_path):
    "`train` and `valid` with cats and dogs, and what lies about in such folders"
    for part,n in ('train',6),('valid',2):
        for i in range(n): picture(tmp_path/part/('cat','dog')[i%2]/f'{i}.png', seed=i)
    for o in ('train/.DS_Store','train/cat/._0.png','train/cat/notes.txt','train/.ipynb_checkpoints/0.png','labels.csv',
              'valid/dog/Thumbs.db'):
        (tmp_path/o).parent.mkdir(exist_ok=True); (tmp_path/o).write_text('no image')
    return tmp_path

def test_folder(pets):
    dls = ImageDataLoaders.from_folder(pets, bs=2)
    assert (dls.vocab,dls.c,len(dls.train_ds),len(dls.valid_ds)) == (['cat','dog'],2,6,
        2) and dls.train_ds.vocab==dls.vocab and dls.path==pets
    assert len(dls.train)==3 and dls.train.shuffle and not dls.valid.shuffle
    xb,yb = next(iter(dls.valid))
    a = picture(pets/'other'/'a.png', seed=0)
    assert (xb.dtype,tuple(xb.shape),yb.dtype,yb.tolist()) == (torch.float32,(2,3,6,8),torch.int64,[0,1])
    assert torch.equal(xb[0], torch.tensor(a).permute(2,0,1)/255) and xb.is_contiguous()

def test_as_fastai(pets):
    "The same classes and, in the validation set, the same batches"
    pytest.importorskip('fastai')
    from fastai.vision.all import ImageDataLoaders as Theirs
    a,b = ImageDataLoaders.from_folder(pets, vocab=['dog','cat']),Theirs.from_folder(pets, vocab=['dog','cat'], num_workers=0, device='cpu')
    assert a.vocab==list(b.vocab) and a.c==b.c and (len(a.train_ds),len(a.valid_ds))==(len(b.train_ds),len(b.valid_ds))
    def rows(dls): return sorted((int(y), x.sum().item()) for x,y in zip(*next(iter(dls.valid))))
    assert [p[0] for p in rows(a)]==[q[0] for q in rows(b)] and [p[1] for p in rows(a)]==pytest.approx([q[1] for q in rows(b)])

def test_valid_pct(pets):
    def split(seed):
        o = ImageDataLoaders.from_folder(pets, valid_pct=.25, seed=seed, bs=2); return set(o.train_ds.items),set(o.valid_ds.items)
    state = torch.get_rng_state()
    (t,v),again = split(1),split(1)
    assert torch.equal(state, torch.get_rng_state())
    assert (t,v)==again and len(t)==6 and len(v)==2 and not t&v and any(split(s)[1]!=v for s in range(5))
    with pytest.raises(ValueError, match='between 0 and 1'): ImageDataLoaders.from_folder(pets, valid_pct=1)

def test_batches(pets):
    dls = ImageDataLoaders.from_folder(pets, item_tfms=Resize((4,5)), batch_tfms=lambda x: 1-x, bs=4, val_bs=1, shuffle=False)
    plain = ImageDataLoaders.from_folder(pets, item_tfms=Resize((4,5)), bs=4, shuffle=False)
    assert [len(y) for _,y in dls.train]==[4,2] and [len(y) for _,y in dls.valid]==[1,1]
    assert torch.allclose(dls.one_batch()[0], 1-plain.one_batch()[0]) and dls.one_batch()[0].shape==(4,3,4,5)
    assert dls.one_batch()[1].tolist()==[0,0,0,1]
    # a short last batch is left out, the only one is not
    assert [len(ImageDataLoaders.from_folder(pets, bs=bs).train) for bs in (4,6,64)]==[1,1,1]
    assert len(ImageDataLoaders.from_folder(pets, bs=4, shuffle=False).train)==2

def test_images_are_kept(pets, monkeypatch):
    "The second epoch needs no file; beyond the limit, images are read each time"
    dls = ImageDataLoaders.from_folder(pets, bs=3)
    first = {int(y):x for x,y in map(dls.train_ds.__getitem__, range(6))}
    monkeypatch.setattr(image_folders, '_keep_bytes', 2*8*6*3)
    few = ImageDataset(dls.train_ds.items)
    for i in range(6): few[i]
    assert len(few.kept)==2
    for f in dls.train_ds.items: f.unlink()
    assert all(torch.equal(x, first[int(y)]) for x,y in [dls.train_ds[2],dls.train_ds[5]])
    assert few[1][0].shape==(3,6,8)
    with says(dls.train_ds.items[4], 'cannot read'): few[4]

def test_kinds_of_images(tmp_path):
    "Grey, with a palette, with transparency, 16 bits, turned by EXIF: all come as RGB bytes"
    for mode in 'L','P','RGBA','1': picture(tmp_path/f'{mode}.png', mode=mode)
    Image.fromarray(np.arange(48, dtype=np.uint16).reshape(6,8)*1000).save(tmp_path/'16.png')
    ds = ImageDataset(sorted(tmp_path.glob('*.png')))
    assert all(x.shape==(3,6,8) and x.dtype==torch.uint8 for x, in ds)
    im16, = ds[[o.stem for o in ds.items].index('16')]
    assert im16[0,0,:3].tolist()==[0,3,7] and im16.max()==182
    exif = Image.Exif(); exif[0x0112] = 6
    Image.new('RGB', (8,6)).save(tmp_path/'turned.jpg', exif=exif)
    assert ImageDataset([tmp_path/'turned.jpg'])[0][0].shape==(3,8,6)

def test_new_items(pets):
    "Files, PIL images and arrays of every layout become the same image"
    ds = ImageDataLoaders.from_folder(pets).train_ds
    want = ds[0][0]
    hwc = want.permute(1,2,0)
    got = ds.test_ds([ds.items[0], str(ds.items[0]), Image.fromarray(hwc.numpy()), hwc.numpy(), want, want.float()/255])
    assert all(torch.equal(x, want) for x, in got) and got.vocab==ds.vocab
    grey, = ds.test_ds([want[0]])[0]
    assert torch.equal(grey, want[:1].expand(3,-1,-1))
    assert ds.test_ds([np.array([[.999,1.],[.001,0]])])[0][0][0].tolist()==[[255,255],[0,0]]
    for o in (1.2,0),(1,-1),(np.nan,0):
        with pytest.raises(ValueError, match='pixels lie between 0'): ds.test_ds([np.array([o])])[0]
    labelled = ds.test_ds(ds.items[-2:], with_labels=True)
    assert [y for _,y in labelled]==[1,1]
    xb, = got.collate([got[0]])
    assert xb.shape==(1,3,6,8) and xb.dtype==torch.float32
    with pytest.raises(ValueError, match='not 2×2×2×2'): ds.test_ds([np.zeros((2,2,2,2))])[0]

def test_says_what_is_wrong(pets):
    f = ImageDataLoaders.from_folder
    with says(pets/'nowhere', 'no folder'): f(pets/'nowhere')
    with says(pets, "no folder 'training'", 'valid_pct'): f(pets, train='training')
    with says(pets, "no folder 'test'"): f(pets, valid='test')
    (pets/'empty').mkdir()
    with says(pets/'empty', 'no images'): f(pets, valid='empty')
    with says(pets/'empty', '0 images'): f(pets/'empty', valid_pct=.2)
    with says('dog', 'in no folder of a class', 'the classes are cat'): f(pets, vocab=['cat'])

def test_odd_files(pets):
    (pets/'train'/'fish').mkdir()
    with says(pets/'train'/'fish', 'no images', 'remove'): ImageDataLoaders.from_folder(pets)
    picture(pets/'valid'/'bird'/'0.png'); (pets/'train'/'fish').rmdir()
    with says(pets/'valid'/'bird'/'0.png', 'cat, dog'): ImageDataLoaders.from_folder(pets)
    bad = pets/'train'/'dog'/'1.png'
    (pets/'valid'/'bird'/'0.png').unlink()
    picture(bad, size=(9,6))
    with says(bad, '9×6', '8×6', 'item_tfms=Resize(6)'): list(ImageDataLoaders.from_folder(pets, bs=2).train)
    assert next(iter(ImageDataLoaders.from_folder(pets, bs=6, item_tfms=Resize(6)).train))[0].shape==(6,3,6,6)
    bad.write_bytes(b'\x89PNG broken')
    with says(bad, 'damaged'): list(ImageDataLoaders.from_folder(pets, bs=2).train)

def test_resize():
    im = Image.new('RGB', (40,20), 'white')
    for m,black in ('crop',False),('squish',False),('pad',True):
        out = Resize((10,12), m)(im)
        assert out.size==(12,10) and (np.asarray(out).min()==0)==black
    half = Image.fromarray(np.repeat(np.uint8([[0]*10+[255]*20+[0]*10]), 20, 0))
    assert np.asarray(Resize(20)(half)).min()==255            # the middle is kept
    with pytest.raises(ValueError, match='crop, pad, squish'): Resize(3, 'stretch')

def test_settings_that_exclude_each_other(pets):
    "None is taken without an effect; the cure of each message works"
    f = ImageDataLoaders.from_folder
    with pytest.raises(ValueError, match='pass valid_pct too, or leave out seed'): f(pets, seed=3)
    with pytest.raises(ValueError, match='leave out valid_pct, or train and valid'): f(pets, train='a', valid='b', valid_pct=.25)
    f(pets, valid_pct=.25, seed=3, bs=2); f(pets, bs=2)
    def tiny(): return nn.Sequential(nn.Conv2d(3,4,3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4,10))
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4,5))
    def learn(**kwargs): return vision_learner(fake(5), tiny, pretrained=False, loss_func=F.cross_entropy, **kwargs)
    with pytest.raises(TypeError, match='ps is for create_head.*leave out one of them'): learn(custom_head=head, ps=.2)
    learn(custom_head=head); learn(ps=.2)
