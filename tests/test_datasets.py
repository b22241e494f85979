"""Every loader on good and on bad files, the order in which the resolver looks, downloads from a server of our own, and the folders of
`untar_data`."""
import gzip, io, os, shutil, subprocess, sys
from contextlib import contextmanager
from functools import partial

import numpy as np
import pandas as pd
import pytest, torch, warm
from PIL import Image, ImageDraw, ImageOps
import mnist_from_scratch.data as D
from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.base.files import cache_dir
from mnist_from_scratch.data.images import as_mnist, read_image
from mnist_from_scratch.data.sets import Digits
from mnist_from_scratch.data.idx import load_idx, read_idx
from mnist_from_scratch.data.table import load_csv
from mnist_from_scratch.data.folders import load_folder
from mnist_from_scratch.data.download import MNIST_FILES, download_mnist
from mnist_from_scratch.data.digits import URLs, bundled_digits, load_digits, untar_data
from serving import Server, nobody, packed

def says(*parts):
    "Expect an `MnistError` of one line that has all of `parts`."
    @contextmanager
    def inner():
        with pytest.raises(MnistError) as e: yield
        assert '\n' not in str(e.value)
        for o in parts: assert str(o) in str(e.value)
    return inner()

def fake(n, seed=0):
    "`n` blobs that pass for digits, each label in turn"
    g = torch.Generator().manual_seed(seed)
    x = torch.zeros(n,28,28, dtype=torch.uint8)
    half = torch.randint(1, 256, (n,19,11), generator=g)
    x[:,5:24,9:20] = ((half+half.flip(1,2))/2).byte()           # the centre of mass is in the middle
    x[:,14,14] = 255
    return Digits(x, (torch.arange(n)*7+seed)%10, 'fake')

same = lambda a,b: torch.equal(a.x, b.x) and torch.equal(a.y, b.y)

@pytest.fixture
def sets(): return fake(60),fake(20, 1)

@pytest.fixture
def as_mnist_set(sets, monkeypatch):
    "Lets the small fake set pass for MNIST."
    monkeypatch.setattr(D.sets, '_MNIST_SHA', {len(o): (D.sets.idx_checksum(o.x), D.sets.idx_checksum(o.y.byte())) for o in sets})
    return sets

@pytest.fixture
def home(tmp_path, monkeypatch):
    "A machine with nothing on it and no network; `home.tries` counts the downloads."
    home = tmp_path/'home'
    home.mkdir()
    for k in 'HOME','USERPROFILE': monkeypatch.setenv(k, str(home))
    for k in 'XDG_CACHE_HOME','FASTAI_HOME','MNIST_FROM_SCRATCH_DATA': monkeypatch.delenv(k, raising=False)
    monkeypatch.setenv('XDG_CACHE_HOME', str(home/'caches'))
    tries = []
    def download(*args):
        tries.append(args)
        raise MnistError('MNIST cannot be downloaded (no connection)')
    monkeypatch.setattr(D.digits, 'download_mnist', download)
    monkeypatch.setattr(D.digits, '_offline', False)
    download.path,download.tries = home,tries
    return download

def write_pngs(folder, ds, ext='png'):
    for i,(x,y) in enumerate(ds):
        (folder/str(y.item())).mkdir(parents=True, exist_ok=True)
        Image.fromarray(x.numpy()).save(folder/str(y.item())/f'{i}.{ext}')

def table(ds, path, labels=True):
    df = pd.DataFrame(ds.x.flatten(1).numpy(), columns=[f'pixel{i}' for i in range(784)])
    if labels: df.insert(0, 'label', ds.y.numpy())
    df.to_csv(path, index=False)
    return df

def idx(folder, sets):
    folder.mkdir(parents=True)
    D.idx.write_idx(folder, *sets)
    return folder

# The container

def test_digits(sets):
    ds = sets[0]
    x,y = ds[3]
    assert x.shape==(28,28) and y==1 and len(ds)==60 and ds.classes==tuple(range(10))
    assert ds[5:9].x.data_ptr()==ds.x[5:9].data_ptr()
    for o in [1,4],torch.tensor([1,4]),np.array([1,4]),torch.isin(torch.arange(60), torch.tensor([1,4])):
        assert same(ds[o], Digits(ds.x[[1,4]], ds.y[[1,4]]))
    assert len(ds[[]])==0 and len(list(ds))==60 and ds[2:4].source=='fake'
    assert torch.equal(ds[-1][0], ds.x[59])
    with pytest.raises(IndexError): ds[60]
    assert repr(ds)=='60 digits of 0 1 2 3 4 5 6 7 8 9, from fake'
    bare = Digits(ds.x)
    assert bare.classes==() and len(bare[0])==1 and bare[:3].y is None and repr(bare)=='60 digits without labels'
    assert Digits(ds.x.numpy(), ds.y.tolist()).y.dtype==torch.int64

@pytest.mark.parametrize('x,y,msg', [
    (torch.zeros(2,28,28), None, 'uint8'), (torch.zeros(2,784).byte(), None, '[2,784]'), (torch.zeros(2,28,27).byte(), None, '[2,28,27]'),
    (torch.zeros(2,28,28).byte(), torch.zeros(3).long(), 'int64 [3]'), (torch.zeros(2,28,28).byte(), torch.zeros(2), 'int64'),
    (torch.zeros(2,28,28).byte(), torch.tensor([0,10]), '0 to 10'), (torch.zeros(2,28,28).byte(), torch.tensor([-1,3]), '-1 to 3')])
def test_digits_refuses(x, y, msg):
    with says(msg): Digits(x, y)

def test_only_targets_floats(sets):
    ds = sets[0]
    o = ds.only(7,3)
    assert o.classes==(3,7) and len(o)==12 and same(o, ds[(ds.y==3)|(ds.y==7)])
    assert torch.equal(o.targets(), (o.y==7).long()) and torch.equal(o.targets((7,3)), (o.y==3).long()) and o.targets().dtype==torch.int64
    with says('11'): ds.only(3,11)
    with says('digit 5','3 7'): o.only(5)
    with says('digit 7'): o.targets((3,))
    with says('labels'): Digits(ds.x).targets()
    with says('labels'): Digits(ds.x).only(3)
    f = ds.floats()
    assert f.dtype==torch.float32 and f.min()==0 and f.max()==1 and torch.equal((f*255).round().byte(), ds.x)

def test_split():
    ds = fake(500)
    ds = ds[(ds.y!=4)|(torch.arange(500)<100)] # 10 of the 4, 50 of the others
    state = torch.get_rng_state()
    train,valid = ds.split()
    assert torch.equal(torch.get_rng_state(), state)
    assert valid.y.bincount().tolist()==[10]*4+[2]+[10]*5 and len(train)+len(valid)==len(ds)
    where = {o.numpy().tobytes(): i for i,o in enumerate(ds.x)}
    a,b = ([where[o.numpy().tobytes()] for o in part.x] for part in (train,valid))
    assert a==sorted(a) and b==sorted(b) and not set(a)&set(b)
    assert same(ds.split()[1], valid) and not same(ds.split(seed=1)[1], valid)
    few = fake(12) # two of the digits 0 and 7, one of the others
    assert sorted(few.split(.1)[1].y.tolist())==[0,7]==sorted(few.split(.9)[1].y.tolist())
    for pct in 0,1,-.2:
        with says('valid_pct'): ds.split(pct)
    with says('labels'): Digits(ds.x).split()
    one = Digits(ds.x[:3], torch.tensor([1,7,8]))
    with says('only one image of each digit', 'add a second one'): one.split()
    assert list(map(len, Digits(ds.x[:4], torch.tensor([1,7,8,8])).split()))==[3,1]      # the cure
    with says('no digits'): one[[]].split()

# IDX

@pytest.mark.parametrize('shape', [(5,),(2,3),(4,28,28),(2,3,2,2),(0,28,28)])
@pytest.mark.parametrize('pack', [bytes, gzip.compress])
def test_read_idx(tmp_path, shape, pack):
    t = torch.randint(0, 256, shape).byte()
    (tmp_path/'any.name').write_bytes(pack(D.sets.idx_header(t)+t.numpy().tobytes()))
    assert torch.equal(read_idx(tmp_path/'any.name'), t)

def test_read_idx_no_file(tmp_path):
    for o in tmp_path,tmp_path/'none':
        with says('cannot read', o): read_idx(o)

@pytest.mark.parametrize('shape', [(5,),(4,28,28),(0,28,28)])
def test_mapped_idx(tmp_path, shape):
    "The same numbers; writing changes a copy; it must be neither compressed nor damaged."
    t,f = torch.randint(0, 256, shape).byte(),tmp_path/'f'
    b = D.sets.idx_header(t)+t.numpy().tobytes()
    f.write_bytes(b)
    x = read_idx(f, mmap=True)
    assert torch.equal(x, t) and x.is_contiguous()
    x.fill_(7)
    assert f.read_bytes()==b and torch.equal(read_idx(f, mmap=True), t)
    for bad in b[:-1] if len(t) else b+b'x',b+b'x':
        f.write_bytes(bad)
        with says('announces', f): read_idx(f, mmap=True)
    f.write_bytes(gzip.compress(b))
    with says('gunzip', f): read_idx(f, mmap=True)

alone = """
import resource, sys, tracemalloc, torch
from mnist_from_scratch.data.sets import Digits
from mnist_from_scratch.data.idx import load_idx, read_idx
from mnist_from_scratch.data.table import load_csv
from mnist_from_scratch.data.folders import load_folder
from mnist_from_scratch.data.digits import bundled_digits, load_digits
from mnist_from_scratch.minibatches import DataLoader, to_dset
def rss(): return int(next(o for o in open('/proc/self/status') if o.startswith('RssAnon')).split()[1])*1024
"""
def bytes_of(code, *setup):
    "How many bytes of memory of its own the `code` leaves a fresh process with, over what it had"
    code = '\n'.join([alone, *setup, 'was = rss()', code, 'print(rss()-was)'])
    return int(subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True,
                              env={**os.environ, 'OMP_NUM_THREADS':'1'}).stdout)

@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='reads /proc')
def test_memory(tmp_path):
    "A set of 157 MB: mapped, cut and trained on in a few MB; read without a second copy of it."
    folder = idx(tmp_path/'d', (fake(20),fake(20, 1)))
    x = torch.randint(0, 256, (1000,28,28)).byte().numpy().tobytes()
    with open(folder/'train-images-idx3-ubyte', 'wb') as f:
        f.write(bytes([0,0,8,3])+(200000).to_bytes(4,'big')+bytes([0,0,0,28]*2))
        for _ in range(200): f.write(x)
    (folder/'train-labels-idx1-ubyte').write_bytes(bytes([0,0,8,1])+(200000).to_bytes(4,'big')+bytes(range(10))*20000)
    size,f,warm = 784*200000,str(folder),"list(DataLoader(to_dset(bundled_digits()[0], as_bytes=True), bs=64, shuffle=True))"
    assert bytes_of(f"ds = load_idx({f!r}, mmap=True)[0]; a,b = ds[:-1000],ds[-1000:]; dl = DataLoader(to_dset(a), bs=256, "
                    "shuffle=True)\nfor xb,yb in dl: pass", warm)<40e6
    assert bytes_of(f"ds = load_idx({f!r}, mmap=True)[0]; a = ds[:]; ds.is_mnist; ds[5]; repr(ds); dl = DataLoader(to_dset(a), "
                    "bs=256)\nfor xb,yb in dl: pass", warm)<40e6
    assert size*.9<bytes_of(f"ds = load_idx({f!r})[0]", warm)<size+20e6

@pytest.mark.parametrize('name', ['{}-{}-idx{}-ubyte', '{}-{}.idx{}-ubyte', '{}-{}-idx{}-ubyte.gz', '{}-{}.idx{}-ubyte.gz'])
def test_load_idx(tmp_path, sets, name):
    folder = idx(tmp_path/'d', sets)
    for p in 'train','t10k':
        for w,n in ('images',3),('labels',1): (folder/f'{p}-{w}-idx{n}-ubyte').rename(folder/name.format(p,w,n))
    got = load_idx(folder)
    assert all(map(same, got, sets)) and got[0].source=='IDX files in d/' and not got[0].is_mnist
    if name.endswith('.gz'): return
    got = load_idx(folder, mmap=True)
    assert all(map(same, got, sets)) and same(got[0].only(3), sets[0].only(3)) and all(map(same, got[0].split(), sets[0].split()))

# Folders

@pytest.mark.parametrize('a,b', [('train','valid'),('training','testing')])
def test_load_folder(tmp_path, sets, a, b):
    write_pngs(tmp_path/a, sets[0]); write_pngs(tmp_path/b, sets[1])
    for o in '.DS_Store','3/.hidden','labels.csv': (tmp_path/a/o).write_text('no image')
    for o in '.3','models','33': (tmp_path/a/o).mkdir(); (tmp_path/a/o/'1.png').write_text('no image')
    assert all(map(same, load_folder(tmp_path), sets)) # 10.png comes after 9.png, whatever their digits
    train,none = load_folder(tmp_path/a)
    assert none is None and same(train, sets[0])

def test_load_digits_of_one_each(tmp_path):
    write_pngs(tmp_path, fake(10))
    with says('only one image of each digit'): load_digits(tmp_path)
    Image.fromarray(fake(1).x[0].numpy()).save(tmp_path/'3'/'99.png')
    assert list(map(len, load_digits(tmp_path)))==[10,1]

def test_load_folder_order(tmp_path):
    ds = fake(10)
    write_pngs(tmp_path, ds)
    (tmp_path/'7'/'1.png').rename(tmp_path/'7'/'0.png') # 0.png twice: by digit, then by name
    assert load_folder(tmp_path)[0].y.tolist()==list(range(10))
    (tmp_path/'7'/'0.png').rename(tmp_path/'7'/'x.png')
    assert load_folder(tmp_path)[0].y.tolist()==list(range(10))
    (tmp_path/'7'/'x.png').rename(tmp_path/'7'/'0001.png')
    assert same(load_folder(tmp_path)[0], ds)

def test_load_folder_converts(tmp_path, digits):
    im = Image.fromarray(digits[0].x[0].numpy())
    big = ImageOps.invert(ImageOps.expand(im.resize((140,140)), 30))
    (tmp_path/'4').mkdir()
    big.save(tmp_path/'4'/'1.jpg', quality=95); im.convert('RGB').save(tmp_path/'4'/'2.png'); im.save(tmp_path/'4'/'3.png')
    x = load_folder(tmp_path)[0].x
    assert torch.equal(x[0], as_mnist(Image.open(tmp_path/'4'/'1.jpg'))) and torch.equal(x[1], as_mnist(im)) and torch.equal(x[2],
        digits[0].x[0])
    assert (x[0].float()-x[2]).abs().mean()<10

def test_load_folder_refuses(tmp_path, sets):
    with says('no images', tmp_path): load_folder(tmp_path)
    with says('no folder'): load_folder(tmp_path/'none')
    (tmp_path/'3').mkdir()
    with says('no images'): load_folder(tmp_path)
    (tmp_path/'3'/'a.png').write_text('no image')
    with says(tmp_path/'3'/'a.png'): load_folder(tmp_path)
    Image.new('L', (60,60), 99).save(tmp_path/'3'/'a.png')
    with says(tmp_path/'3'/'a.png', 'blank'): load_folder(tmp_path)
    write_pngs(tmp_path/'train', sets[0]); (tmp_path/'valid').mkdir()
    with says('no images', tmp_path/'valid'): load_folder(tmp_path)

def test_folder_of_28_by_28(tmp_path, monkeypatch):
    "What `as_mnist` makes of each, whatever the kind; those that stay as they are are not sent there one by one."
    x,one = fake(8).x,tmp_path/'3'
    ims = [Image.fromarray(o.numpy()) for o in x]
    one.mkdir()
    turn = Image.Exif(); turn[0x0112] = 6
    for i in (0,1): ims[i].save(one/f'{i}.png')
    ImageOps.invert(ims[2]).save(one/'2.png')                               # dark on white
    ims[3].save(one/'3.png', transparency=int(x[3,14,10]))                  # some of the ink is transparent
    ImageOps.expand(seven().resize((24,24)), 2, 255).save(one/'4.png')      # 28 by 28, and not MNIST's geometry
    ims[5].rotate(90).save(one/'5.png', exif=turn)                     # lies on its side
    ims[6].convert('RGB').save(one/'6.gif'); ims[7].save(one/'7.jpg')
    want = torch.stack([as_mnist(read_image(f)) for f in sorted(one.iterdir())])
    seen = []
    monkeypatch.setattr(D.folders, 'as_mnist', lambda im: seen.append(im) or as_mnist(im))
    got = load_folder(tmp_path)[0].x
    assert torch.equal(got, want) and torch.equal(got[[0,1,2,5]], x[[0,1,2,5]]) and not torch.equal(got[3], x[3]) and 2<=len(seen)<=4
    Image.new('L', (28,28), 99).save(one/'3.png')
    with says(one/'3.png: the image is blank'): load_folder(tmp_path)

# The cache of a folder

@pytest.fixture
def folder(home, sets, tmp_path, monkeypatch):
    "A folder of images that is worth a cache; `folder.reads` has the number of images of each reading"
    monkeypatch.setattr(D.folders, '_MANY', 20)
    reads,old = [],D.folders._read_images
    monkeypatch.setattr(D.folders, '_read_images', lambda fs: reads.append(len(fs)) or old(fs))
    write_pngs(tmp_path/'d'/'train', sets[0]); write_pngs(tmp_path/'d'/'valid', sets[1])
    class Folder: path = tmp_path/'d'; files = staticmethod(lambda: sorted((cache_dir()/'folders').glob('[!.]*')))
    Folder.reads = reads
    return Folder

def test_folder_cache(folder, sets, monkeypatch):
    for _ in range(3): assert all(map(same, load_folder(folder.path), sets))
    assert folder.reads==[60,20] and len(folder.files())==2 and load_folder(folder.path)[0].source=='images in d/'
    assert same(load_folder(folder.path/'train')[0], sets[0]) and folder.reads==[60,20]
    monkeypatch.chdir(folder.path)
    assert all(map(same, load_folder('.'), sets)) and folder.reads==[60,20]
    assert all(map(same, load_folder(folder.path, cache=False), sets)) and folder.reads==[60,20,60,20]
    monkeypatch.setattr(D.folders, '_MANY', 21) # too few to be worth it
    load_folder(folder.path)
    assert folder.reads[4:]==[20]

def test_no_folder_cache(folder, sets):
    assert all(map(same, load_folder(folder.path, cache=False), sets)) and not cache_dir().exists()

@pytest.mark.parametrize('change', ['content','time','name','class','more','less','hidden'])
def test_stale_folder_cache(folder, change):
    load_folder(folder.path)
    d = folder.path/'train'
    one = next((d/'3').iterdir())
    if change=='content': Image.fromarray(fake(1, 5).x[0].numpy()).save(one)
    elif change=='time': os.utime(one, (1,1))
    elif change=='name': one.rename(d/'3'/'999.png')
    elif change=='class': one.rename(d/'4'/one.name)
    elif change=='more': Image.fromarray(fake(1, 5).x[0].numpy()).save(d/'3'/'999.png')
    elif change=='less': one.unlink()
    elif change=='hidden': (d/'3'/'.x').write_text('no image')
    for _ in range(2):
        for a,b in zip(load_folder(folder.path), load_folder(folder.path, cache=False)): assert same(a, b)
    n = 60+(change=='more')-(change=='less')
    assert [o for o in folder.reads if o!=20]==[60]+[n]*(2 if change=='hidden' else 3) and len(folder.files())==2

@pytest.mark.parametrize('damage', ['cut','byte','zeros','empty','other','folder'])
def test_damaged_folder_cache(folder, sets, damage):
    load_folder(folder.path)
    from mnist_from_scratch.base.state import write_state
    for f in folder.files():
        b = bytearray(f.read_bytes())
        if damage=='byte': b[-5] ^= 1
        if damage=='zeros': b = bytes(len(b)) # as after a loss of power
        if damage in ('other','folder'): f.unlink()
        if damage=='other': write_state(f, {'what':torch.ones(2)})
        elif damage=='folder': f.mkdir()
        else: f.write_bytes(b[:-9] if damage=='cut' else b'' if damage=='empty' else b)
    for _ in range(2): assert all(map(same, load_folder(folder.path), sets))
    assert len(folder.reads)==(6 if damage=='folder' else 4)

def test_unwritable_folder_cache(folder, sets, capsys):
    folder.path.parent.joinpath('home','caches').write_text('a file where the cache should be')
    for _ in range(2): assert all(map(same, load_folder(folder.path), sets))
    assert folder.reads==[60,20]*2 and not any(capsys.readouterr())

def test_errors_are_not_kept(folder):
    f = next((folder.path/'train'/'3').iterdir())
    f.write_text('no image')
    for _ in range(2):
        with says('cannot read', f): load_folder(folder.path)
    assert not folder.files()

@pytest.mark.slow
def test_folder_cache_two_processes(tmp_path, sets):
    write_pngs(tmp_path/'d', fake(1200))
    outs = together(*[f"for _ in range(3): print(hash(load_folder({str(tmp_path/'d')!r})[0].x.numpy().tobytes()))"]*3,
                    XDG_CACHE_HOME=str(tmp_path/'c'), PYTHONHASHSEED='0')
    assert len(set(' '.join(outs).split()))==1 and len(list((tmp_path/'c'/'mnist_from_scratch'/'folders').glob('[!.]*')))==1

# Tables

def test_load_csv(tmp_path, sets):
    f = tmp_path/'a.csv'
    table(sets[0], f)
    assert same(load_csv(f, labels=True), sets[0]) and load_csv(f).source=='table a.csv'
    (tmp_path/'a.csv.gz').write_bytes(gzip.compress(f.read_bytes()))
    assert same(load_csv(str(tmp_path/'a.csv.gz')), sets[0])
    table(sets[1], f, labels=False)
    got = load_csv(f)
    assert got.y is None and torch.equal(got.x, sets[1].x)
    with says("no column 'label'", f): load_csv(f, labels=True)
    df = table(sets[1], f).astype({'pixel9': float})
    df.to_csv(f, index=False) # 0.0 is a whole number
    assert same(load_csv(f), sets[1])

# Images

def seven(size=(200,240), ink=0, paper=255, width=14, at=(0,0)):
    im = Image.new('L', size, paper)
    ImageDraw.Draw(im).line([(60+at[0],60+at[1]),(130+at[0],60+at[1]),(90+at[0],180+at[1])], fill=ink, width=width, joint='curve')
    return im

def difference(a, b): return (a.float()-b.float()).abs().mean().item()

def test_geometry(digits):
    for x in digits[0].x[:300]:
        ys,xs = (x.sum(i).nonzero().flatten() for i in (1,0))
        assert max(ys[-1]-ys[0], xs[-1]-xs[0])==19 and x.max()==255
        for s in x.sum(1).float(),x.sum(0).float(): assert abs((s@torch.arange(28.))/s.sum()-14)<=.51

def test_same_digit_in_many_ways():
    ref = as_mnist(seven())
    assert ref.dtype==torch.uint8 and ref.shape==(28,28)
    assert torch.equal(as_mnist(seven(ink=255, paper=0)), ref)
    assert torch.equal(as_mnist(seven(at=(50,-40))), ref) and torch.equal(as_mnist(seven(size=(500,300), at=(200,90))), ref)
    assert torch.equal(as_mnist(seven(ink=90, paper=200)), ref)
    for o in ('RGB','P','1','CMYK','YCbCr','LA','RGBA','I','F','HSV'):
        im = seven().convert('RGB').convert(o) if o=='HSV' else seven().convert(o)
        assert difference(as_mnist(im), ref)<1, o
    deep = Image.fromarray(np.asarray(seven()).astype(np.uint16)*257)
    assert deep.mode=='I;16' and difference(as_mnist(deep), ref)<1
    assert difference(as_mnist(seven().resize((800,960))), ref)<4 and difference(as_mnist(seven().resize((4000,4800))), ref)<4

@pytest.mark.parametrize('ink', [(0,0,0),(255,255,255),(200,30,30)])
def test_transparent(ink):
    "Ink of one colour on nothing, with whatever colour lies under what is transparent."
    ref = as_mnist(seven())
    for under in (0,0,0),(255,255,255):
        im = Image.new('RGBA', seven().size, (*under,0))
        im.paste(Image.new('RGBA', im.size, (*ink,255)), mask=ImageOps.invert(seven()))
        assert difference(as_mnist(im), ref)<1
    page = seven().convert('RGBA') # a whole page whose corners are cut off
    hole = Image.new('L', page.size, 255)
    ImageDraw.Draw(hole).rectangle((0,0,40,40), fill=0)
    page.putalpha(hole)
    assert difference(as_mnist(page), ref)<1

def test_exif(tmp_path):
    im,exif = seven(),Image.Exif()
    exif[0x0112] = 6 # the camera was turned
    for ext,how in ('jpg',{}),('png',{}),('webp',{}),('tiff',dict(compression='tiff_deflate')):
        im.transpose(Image.Transpose.ROTATE_90).save(tmp_path/f'a.{ext}', exif=exif, **how)
        assert difference(as_mnist(read_image(tmp_path/f'a.{ext}')), as_mnist(im))<2, ext

def test_photograph():
    "Uneven light, noise, dust and a fine pen"
    y,x = np.mgrid[-1:1:240j,-1:1:200j]
    light = 150+50*x+30*y-25*(x*x+y*y)+np.random.default_rng(0).normal(0, 4, x.shape)
    for width,limit in (14,8),(5,25):
        a = light*(1-.6*(1-np.asarray(seven(width=width))/255))
        a[10:13,20:23] = a[200:202,150:152] = 40
        got = as_mnist(Image.fromarray(a.clip(0,255).astype(np.uint8)))
        assert difference(got, as_mnist(seven(width=width)))<limit/2
        assert difference(got, as_mnist(seven()))<limit

def test_hairline():
    "A fine pen leaves as much ink as a thin stroke of MNIST's, and a broad one is left alone."
    dense = lambda width: as_mnist(seven(width=width)).float().mean().item()
    assert dense(1)>.7*dense(8) and dense(3)>.7*dense(8) and dense(16)>1.4*dense(8)

def test_odd_shapes():
    "Nothing is cut off, and nothing breaks, however unlike a digit it is."
    dot = Image.new('L', (9,9)); dot.putpixel((4,4), 255)
    bar = Image.new('L', (300,80)); ImageDraw.Draw(bar).line([(5,40),(290,40)], fill=255, width=2)
    ell = Image.new('L', (120,120)); ImageDraw.Draw(ell).line([(20,20),(20,90),(90,90)], fill=255, width=6)
    for im in dot,bar,ell,seven(at=(-60,-60)),Image.fromarray(np.eye(28, dtype=np.uint8)*255):
        out = as_mnist(im)
        assert out.max()==255 and not (out[0].any() and out[-1].any())
    assert as_mnist(dot).bool().sum()==400 and (as_mnist(bar).any(0).sum()==20)

def enlarged(x, size=140): return np.asarray(Image.fromarray(x.numpy()).resize((size,size), Image.Resampling.BICUBIC))

@pytest.mark.parametrize('mode,ext',
                         [(m,e) for e,ms in dict(png='1 L P RGB RGBA LA I;16', jpeg='L RGB', gif='L P', bmp='1 L P RGB',
                                                 tiff='1 L P RGB RGBA LA I;16 F', webp='RGB RGBA', ppm='1 L RGB').items()
                                                 for m in ms.split()])
def test_one_way_from_a_picture(tmp_path, digits, mode, ext):
    "A folder and a single picture give the same, of any mode; dark on light is light on dark; MNIST's kind keeps every pixel."
    for size in 28,140:
        for i,o in enumerate(digits[0].x[:8]):
            for j,a in enumerate((o, 255-o)):
                a = enlarged(a, size)
                im = {'I;16':lambda: Image.fromarray(a.astype(np.uint16)*257),
                      'F':lambda: Image.fromarray(a.astype(np.float32)/255)}.get(mode, lambda: Image.fromarray(a).convert(mode))()
                (tmp_path/f'{size}/{j}/3').mkdir(parents=True, exist_ok=True); im.save(tmp_path/f'{size}/{j}/3/{i}.{ext}')
        got = [load_folder(tmp_path/f'{size}/{j}')[0].x for j in (0,1)]
        for j in 0,1: assert torch.equal(got[j], torch.stack([as_mnist(read_image(tmp_path/f'{size}/{j}/3/{i}.{ext}')) for i in range(8)]))
        if mode!='P' or ext=='png': assert difference(*got)<(20 if mode=='1' or ext in ('jpeg','webp') else 1)
        if size==28 and mode!='1' and ext not in ('jpeg','webp'): assert all(torch.equal(o, digits[0].x[:8]) for o in got)

def test_mnist_keeps_every_pixel(mnist):
    for ds in mnist:
        for x in ds.x,255-ds.x:
            x,ok = D.images.as_they_are(x.numpy())
            assert ok.all() and np.array_equal(x, ds.x.numpy())

def test_28_by_28_that_is_not_as_mnists(digits):
    "Pushed aside, fainter, on grey paper, thick: it comes into MNIST's geometry as a large picture does."
    x = digits[0].x[7]
    ref = as_mnist(Image.fromarray(x.numpy()))
    assert torch.equal(ref, x)
    for a in np.roll(x.numpy(), (3,-3), (0,1)),x.numpy()//2,20+x.numpy()//2,200-x.numpy()//2:
        assert difference(as_mnist(Image.fromarray(a.astype(np.uint8))), ref)<8
    thick = np.zeros((28,28), np.uint8); thick[2:26,3:26] = 255; thick[12:15,12:15] = 0     # most of it is ink
    assert torch.equal(as_mnist(Image.fromarray(thick)), as_mnist(Image.fromarray(255-thick))) and as_mnist(Image.fromarray(thick))[4:24,
        8:20].float().mean()>200

def half_and_half(n): a = np.zeros((n,n), np.uint8); a[:,n//2:] = 255; return a
def two_inks(n): a = np.full((n,n), 128, np.uint8); a[n//4:n//2,n//4:n//2] = 255; a[n//2:3*n//4,n//2:3*n//4] = 0; return a

@pytest.mark.parametrize('n', [28,140])
@pytest.mark.parametrize('make', [half_and_half, two_inks, lambda n: 255*(np.random.default_rng(0).random((n,n))<.5).astype(np.uint8)])
def test_paper_is_not_plain(tmp_path, make, n):
    a = make(n)
    im = Image.fromarray(a)
    with says('not plain which is paper'): as_mnist(im)
    (tmp_path/'3').mkdir(); im.save(tmp_path/'3'/'0.png')
    with says('not plain', tmp_path/'3'/'0.png', 'leave a margin'): load_folder(tmp_path)
    if make is half_and_half:
        assert as_mnist(Image.fromarray(np.pad(a, n//4))).any()         # a margin, as the message says

@pytest.mark.parametrize('under', [0,255])
@pytest.mark.parametrize('ink,paper', [(0,255),(255,0),(120,255),(40,230)])
def test_paper_made_transparent(digits, ink, paper, under):
    "The paper's colour is no longer seen, and soft edges fade into it."
    for x in digits[0].x[:20]:
        i = enlarged(x)/255
        a = (i*ink+(1-i)*paper).round().astype(np.uint8)
        seen = abs(a.astype(int)-paper)>3
        im = Image.merge('LA', [Image.fromarray(np.where(seen, a, under).astype(np.uint8)), Image.fromarray((255*seen).astype(np.uint8))])
        assert difference(as_mnist(im), as_mnist(Image.fromarray(a)))<(12 if paper==230 else 5)
        if abs(ink-paper)==255:     # a colour of a palette, or of greys
            for o in Image.fromarray(a).convert('P'),Image.fromarray(a):
                f = io.BytesIO(); o.save(f, 'PNG' if o.mode=='L' else 'GIF', transparency=int(np.asarray(o)[0,0]))
                assert difference(as_mnist(Image.open(f)), as_mnist(Image.fromarray(a)))<5

@pytest.mark.parametrize('a,b,part', [(1.,1e38,'1e+38'), (1.,255,'a few pixels'), (255.,65535,'a few pixels'), (1.,-1,'from -1'),
                                      (255.,float('nan'),'not numbers'), (255.,1e6,'1e+06')])
def test_floats_out_of_scale(a, b, part):
    a = np.asarray(seven()).astype(np.float32)/255*a
    a[3,3] = b
    with says(part, 'save it as PNG'): as_mnist(Image.fromarray(a))

@pytest.mark.parametrize('im', [Image.new('L', (40,40), 0), Image.new('RGB', (40,40), 'white'), Image.new('RGBA', (40,40)),
                                Image.new('L', (1,1), 7), Image.new('L', (0,5)),
    Image.new('F', (9,9), float('nan')), Image.fromarray(np.random.default_rng(0).normal(128, 9, (300,300)).astype(np.uint8)),
    Image.fromarray(np.linspace(90, 160, 200)[:,None].repeat(200, 1).astype(np.uint8))], ids=range(8))
def test_blank(im):
    with says('blank'): as_mnist(im)

def test_read_image_refuses(tmp_path, monkeypatch):
    f = tmp_path/'a.png'
    seven().save(f)
    assert read_image(f).size==(200,240)
    whole = f.read_bytes()
    for b in b'',b'hello',whole[:60],whole[:-60],whole[:60]+b'xxxx'+whole[64:]:
        f.write_bytes(b)
        with says('cannot read', f): read_image(f)
    for o in tmp_path,tmp_path/'none.png':
        with says('cannot read', o): read_image(o)
    f.write_bytes(whole)
    for limit in 30000,10000: # Pillow warns above its limit, and refuses above twice that
        monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', limit)
        with says('pixels', f): read_image(f)

def test_round_trip(mnist):
    "MNIST's own digits come back as they were, also enlarged, dark on light and pushed aside."
    x = mnist[1].x[:200]
    def through(f): return torch.stack([as_mnist(f(Image.fromarray(o.numpy()))) for o in x])
    assert difference(through(lambda im: im), x)<.5
    def enlarged(im, how):
        page = Image.new('L', (360,300))
        page.paste(im.resize((224,224), how), (110,20))
        return ImageOps.invert(page)
    assert difference(through(partial(enlarged, how=Image.Resampling.BOX)), x)<1
    assert difference(through(partial(enlarged, how=Image.Resampling.BICUBIC)), x)<8

# Downloads

@pytest.fixture
def serve(monkeypatch):
    for k in 'NO_PROXY','no_proxy': monkeypatch.setenv(k, '127.0.0.1')
    servers = []
    def start(files): servers.append(Server(files)); return servers[-1]
    yield start
    for o in servers: o.close()

def test_download(tmp_path, sets, serve):
    files,sums = packed(sets)
    server = serve(files)
    folder = download_mnist(tmp_path/'deep'/'mnist', (server.url,), sums)
    assert all(map(same, load_idx(folder), sets)) and sorted(server.seen)==sorted(files)
    assert download_mnist(folder, (server.url,), sums)==folder and len(server.seen)==4

def together(*codes, **env):
    "Run programs at the same time; what each printed, and nothing to stderr (pooch, for one, talks there)."
    names = '\n'.join(f'from mnist_from_scratch.data.{o} import *' for o in ('idx','folders','download','digits'))
    ps = [warm.Popen([sys.executable, '-c', f'{names}\n{c}'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           env={**os.environ, **env}) for c in codes]
    outs = [p.communicate(timeout=300) for p in ps]
    assert not any(p.returncode or o[1] for p,o in zip(ps,outs)), outs
    return [o[0].strip() for o in outs]

def test_download_to_no_folder(tmp_path):
    (tmp_path/'file').write_text('')
    with says('cannot write'): download_mnist(tmp_path/'file'/'mnist', (nobody(),))

@pytest.mark.slow
def test_download_two_processes(tmp_path, sets, serve):
    files,sums = packed(sets)
    server = serve(files)
    outs = together(*[f'print(load_idx(download_mnist({str(tmp_path/"mnist")!r}, [{server.url!r}], {sums}))[0])']*2)
    assert len(set(outs))==1 and outs[0].startswith('60 digits') and len(server.seen)==4

# The resolver

def fastai(home, sets, where='.fastai/data', name='mnist_png', parts=('training','testing')):
    folder = home.path/where/name
    for p,o in zip(parts, sets): write_pngs(folder/p, o)
    return folder

def files(folder): return {o.relative_to(folder): o.read_bytes() for o in folder.rglob('*') if o.is_file()}

@pytest.mark.slow
def test_order(home, as_mnist_set, tmp_path, monkeypatch, capsys):
    "Each source is taken before the next: the environment, our cache, fastai's cache, a download, the bundled digits."
    other = fake(40, 2),fake(30, 3)
    assert load_digits()[0].source=='scikit-learn digits' and home.tries==[()] and capsys.readouterr().err.count('\n')==1
    assert len(load_digits()[1])==359 and len(home.tries)==1 and not capsys.readouterr().err # said, and tried, once
    with says('no connection','MNIST_FROM_SCRATCH_DATA'): load_digits('mnist')

    monkeypatch.setattr(D.digits, '_offline', False)
    monkeypatch.setattr(D.digits, 'download_mnist', lambda: idx(tmp_path/'downloaded', as_mnist_set))
    got = load_digits()
    assert all(map(same, got, as_mnist_set)) and got[0].source=='MNIST, IDX files in downloaded/' and got[0].is_mnist
    monkeypatch.setattr(D.digits, 'download_mnist', home)

    theirs = fastai(home, as_mnist_set)
    before = files(home.path/'.fastai')
    for data in 'auto','mnist': assert all(map(same, load_digits(data), as_mnist_set))
    assert files(home.path/'.fastai')==before and sorted(o.name for o in (cache_dir()/'mnist').iterdir())==sorted(o[:-3]
        for o in MNIST_FILES)

    (cache_dir()/'mnist').rename(tmp_path/'aside')
    for o in theirs.rglob('*.png'): o.write_text('our own cache comes first')
    (tmp_path/'aside').rename(cache_dir()/'mnist')
    assert all(map(same, load_digits(), as_mnist_set))

    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', str(idx(tmp_path/'own', other)))
    got = load_digits()
    assert all(map(same, got, other)) and got[0].source=='IDX files in own/'
    assert all(map(same, load_digits('mnist'), as_mnist_set)) # the folder named is not MNIST, the cache is
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', 'digits')
    assert load_digits()[0].source=='scikit-learn digits'
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', 'mnist')
    assert load_digits()[0].is_mnist
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', str(tmp_path/'none'))
    for data in 'auto','mnist':
        with says(tmp_path/'none'): load_digits(data)
    assert load_digits('digits') and len(home.tries)==2

def test_environment_holds_mnist(home, as_mnist_set, tmp_path, monkeypatch):
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', str(idx(tmp_path/'own', as_mnist_set)))
    assert load_digits('mnist')[0].source=='MNIST, IDX files in own/' and not home.tries and not cache_dir().exists()

def test_download_is_used(home, as_mnist_set, serve, monkeypatch):
    f,sums = packed(as_mnist_set)
    server = serve(f)
    monkeypatch.setattr(D.digits, 'download_mnist', partial(download_mnist, mirrors=(server.url,), files=sums))
    for _ in range(2): assert load_digits()[0].is_mnist
    assert len(server.seen)==4 and (cache_dir()/'mnist').is_dir()

@pytest.mark.parametrize('ini,env,where', [(None, None, '.fastai/data'), ('data = /abs', None, 'abs'),
                                           ('data = elsewhere', None, '.fastai/elsewhere'), (None, 'my_fastai', 'my_fastai/data'),
                                           ('nonsense', None, '.fastai/data')])
def test_fastai_home(home, as_mnist_set, monkeypatch, ini, env, where):
    base = home.path/(env or '.fastai')
    if env: monkeypatch.setenv('FASTAI_HOME', str(base))
    if ini: base.mkdir(); (base/'config.ini').write_text('[DEFAULT]\n'*(ini!='nonsense')+ini.replace('/abs', str(home.path/'abs')))
    fastai(home, as_mnist_set, where)
    assert load_digits()[0].is_mnist and not home.tries

@pytest.mark.slow
def test_fastai_half_there(home, as_mnist_set):
    "What is not all of MNIST is not taken for MNIST."
    folder = fastai(home, as_mnist_set)
    next((folder/'testing').rglob('*.png')).unlink()
    fastai(home, as_mnist_set, name='mnist_sample', parts=('train','valid'))
    assert load_digits()[0].source=='scikit-learn digits' and not (cache_dir()/'mnist').exists()

@pytest.mark.slow
def test_nothing_is_created(home):
    load_digits()
    assert not list(home.path.iterdir())

def test_paths(home, sets, tmp_path):
    d = tmp_path/'d'
    d.mkdir()
    with says('no images'): load_digits(d)
    write_pngs(d, sets[0])
    assert list(map(len, load_digits(d)))==[50,10]
    table(sets[1], d/'train.csv')
    for o in d,str(d),d/'train.csv': assert list(map(len, load_digits(o)))==[10,10]
    D.idx.write_idx(d, *sets)
    assert all(map(same, load_digits(d), sets))
    (d/'t10k-labels-idx1-ubyte').unlink()
    with says('t10k-labels'): load_digits(d) # and not something else from the same folder
    table(sets[1], tmp_path/'test.csv', labels=False)
    with says("'label'"): load_digits(tmp_path/'test.csv')
    with says('none', "'digits'"): load_digits(tmp_path/'none')
    with says("there is no file or folder 'Digits'"): load_digits('Digits')
    assert not home.tries

# untar_data

def layout(folder, parts, digits):
    return sorted(str(o.relative_to(folder)) for o in folder.rglob('*')
                  if o.is_dir())==sorted([*parts, *(f'{p}/{d}' for p in parts for d in digits)])

def test_untar_sample(home, as_mnist_set, monkeypatch):
    idx(cache_dir()/'mnist', as_mnist_set)
    path = untar_data(URLs.MNIST_SAMPLE)
    assert path==cache_dir()/'mnist_sample' and layout(path, ('train','valid'), (3,7))
    for part,ds in zip(('train','valid'), as_mnist_set):
        for d in 3,7:
            assert {o.name for o in (path/part/str(d)).iterdir()}=={f'{i}.png' for i in (ds.y==d).nonzero().flatten().tolist()}
            for o in (path/part/str(d)).iterdir(): assert np.array_equal(Image.open(o), ds.x[int(o.stem)])
    df = pd.read_csv(path/'labels.csv')
    assert list(df.columns)==['name','label'] and len(df)==16 and all((path/o).is_file() for o in df.name)
    assert ((df.label==1)==df.name.str.contains('/7/')).all() and sorted(df.label.unique())==[0,1]
    monkeypatch.setattr(D.digits, 'load_digits', None) # it is there: nothing is read again
    assert untar_data(URLs.MNIST_SAMPLE)==path

def test_untar_png(home, as_mnist_set):
    idx(cache_dir()/'mnist', as_mnist_set)
    path = untar_data(URLs.MNIST)
    assert path==cache_dir()/'mnist_png' and layout(path, ('training','testing'), range(10)) and not (path/'labels.csv').exists()
    assert all(map(same, load_folder(path), as_mnist_set))

@pytest.mark.slow
def test_untar_fastai(home, as_mnist_set):
    theirs = fastai(home, [o.only(3,7) for o in as_mnist_set], name='mnist_sample', parts=('train','valid'))
    assert untar_data(URLs.MNIST_SAMPLE)==theirs and not cache_dir().exists() and not home.tries
    assert untar_data(URLs.MNIST_SAMPLE, source='digits')==cache_dir()/'digits_sample'

@pytest.mark.slow
def test_untar_others(home, sets, tmp_path, monkeypatch):
    "What is not MNIST never gets its name."
    path = untar_data(URLs.MNIST_SAMPLE)
    assert path.name=='digits_sample' and len(home.tries)==1 and all(map(same, load_folder(path), [o.only(3,7) for o in bundled_digits()]))
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', 'digits')
    assert untar_data(URLs.MNIST).name=='digits_png'
    with monkeypatch.context() as m: # it is there: nothing is read again
        m.setattr(D.digits, 'load_digits', None)
        assert untar_data(URLs.MNIST_SAMPLE)==path
    names = set()
    for i,own in enumerate((sets, (fake(30, 5),fake(20, 6)))):
        monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', str(idx(tmp_path/str(i), own)))
        path = untar_data(URLs.MNIST_SAMPLE)
        assert all(map(same, load_folder(path), [o.only(3,7) for o in own])) and untar_data(URLs.MNIST_SAMPLE)==path
        names.add(path.name)
    assert len(names)==2 and all(o.startswith('own_sample_') for o in names)
    assert {o.name for o in cache_dir().iterdir() if o.suffix!='.lock'}=={'digits_sample','digits_png',*names}
    with says('digit 7'): untar_data(URLs.MNIST_SAMPLE, source=idx(tmp_path/'no7', [o[o.y!=7] for o in sets]))
    for bad in 'https://example.com/cats.tgz','MNIST':
        with says(bad, URLs.MNIST, URLs.MNIST_SAMPLE): untar_data(bad)

@pytest.mark.slow
def test_untar_is_whole_or_not_there(home, monkeypatch):
    save,done = Image.Image.save,[]
    def interrupted(im, path):
        done.append(path)
        if len(done)==40: raise KeyboardInterrupt
        save(im, path)
    monkeypatch.setattr(Image.Image, 'save', interrupted)
    with pytest.raises(KeyboardInterrupt): untar_data(URLs.MNIST_SAMPLE, source='digits')
    assert len(done)==40 and not [o for o in cache_dir().iterdir() if o.suffix!='.lock']
    untar_data(URLs.MNIST_SAMPLE, source='digits')

@pytest.mark.slow
def test_untar_two_processes(tmp_path):
    outs = together(*["p = untar_data(URLs.MNIST_SAMPLE); print(p, sum(len(o) for o in load_folder(p)))"]*3, XDG_CACHE_HOME=str(tmp_path),
                    HOME=str(tmp_path), MNIST_FROM_SCRATCH_DATA='digits')
    n = sum(len(o.only(3,7)) for o in bundled_digits())
    assert len(set(outs))==1 and outs[0].endswith(f'digits_sample {n}')
    assert [o.name for o in (tmp_path/'mnist_from_scratch').iterdir() if o.suffix!='.lock']==['digits_sample']

def test_unwritable(home):
    home.path.joinpath('caches').write_text('a file where the cache should be')
    with says('cannot write'): untar_data(URLs.MNIST_SAMPLE, source='digits')

# MNIST itself

def test_mnist(mnist):
    train,valid = mnist
    assert train.is_mnist and valid.is_mnist and train.source.startswith('MNIST') and not train[torch.randperm(60000)].is_mnist
    assert [len(train.only(o)) for o in (3,7)]==[6131,6265] and [len(valid.only(o)) for o in (3,7)]==[1010,1028]
    assert train[10000][1]==3 and train[10000][0][4:10,4:10].tolist()==[[0,0,0,0,0,0],[0,0,0,0,0,29],[0,0,0,48,166,224],
        [0,93,244,249,253,187],[0,107,253,253,230,48],[0,3,20,20,15,0]]

def test_mnist_sample(mnist):
    path = untar_data(URLs.MNIST_SAMPLE, source='mnist')
    threes = (path/'train'/'3').ls().sorted()
    assert path.name=='mnist_sample' and len(threes)==6131 and threes[1].name=='10000.png'
    assert np.array_equal(Image.open(threes[1]), mnist[0].x[10000])
    assert list(map(len, load_folder(path)))==[12396,2038]

def test_mnist_by_its_name_is_mnist(digits, monkeypatch, tmp_path):
    "Other digits in the folder where MNIST is kept are not taken for it; and what the message says helps"
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', 'digits')
    monkeypatch.setattr(D.digits, 'cache_dir', lambda: tmp_path)
    kept,fetched = tmp_path/'mnist',[]
    kept.mkdir()
    D.idx.write_idx(kept, *digits)
    monkeypatch.setattr(D.digits, '_mnist_here', lambda: load_idx(kept) if kept.is_dir() else None)
    with says(kept, 'something else than MNIST; remove that folder'): load_digits('mnist')
    shutil.rmtree(kept)
    def fetch(): fetched.append(1); raise MnistError('no network')
    monkeypatch.setattr(D.digits, 'download_mnist', fetch)
    with says('no network'): load_digits('mnist')
    assert fetched

# Messages

def columns(sep, head, lab=True):
    names = ['label']*lab+[f'pixel{i}' for i in range(784)]
    rows = [['3']*lab+['0','255']*392]*2
    return '\n'.join(sep.join(o) for o in ([names] if head else [])+rows)+'\n'

@pytest.mark.parametrize('lab', [True,False])
def test_table_says_what_is_wrong_and_the_cure_works(tmp_path, lab):
    f = tmp_path/'a.csv'
    f.write_text(columns(',', False, lab))
    with says('header is missing', 'label,pixel0' if lab else 'pixel0', f): load_csv(f, labels=lab)
    f.write_text(columns(',', True, lab)); assert len(load_csv(f, labels=lab))==2
    for sep,name in (';',"';'"),('\t','tabs'):
        for head in True,False:
            f.write_text(columns(sep, head, lab))
            with says('separated by', name, 'with commas', f): load_csv(f, labels=lab)

@pytest.mark.parametrize('b,part', [(b'\0\0\0\x18ftypheic','HEIC'), (b'\0\0\0\x1cftypavif','AVIF'), (b'%PDF-1.7','PDF'),
                                    (b'<?xml version="1.0"?><svg xmlns','SVG'), (b'','empty'), (b'PK\3\4','zip'),
                                    (b'%!PS-Adobe','PostScript'), (b'\x1f\x8b','gzipped')])
def test_other_kinds_of_pictures_are_named(tmp_path, b, part):
    (tmp_path/'a').write_bytes(b)
    with says(part, 'PNG or JPEG', tmp_path/'a'): read_image(tmp_path/'a')

def test_empty_idx(tmp_path):
    f = tmp_path/'a.gz'
    f.write_bytes(gzip.compress(b''))
    with says('is empty', f): read_idx(f)
    f.write_bytes(b'')
    with says('is empty', f): read_idx(f)

def test_zeros_and_ones_are_not_pixels(tmp_path, digits):
    x = (digits[0].x[:20]>100).byte()
    with says('0 or 1', 'multiply them by 255'): Digits(x)
    assert len(Digits(x*255)[3:]) and Digits(torch.zeros(3,28,28, dtype=torch.uint8))[[1]].x.shape==(1,28,28)

# Polarity of whole sets

def as_csv(path, x, y):
    path.write_text('label,'+','.join(f'pixel{i}' for i in range(784))+'\n'
                    +''.join(f"{int(b)},{','.join(map(str, a.flatten().tolist()))}\n" for a,b in zip(x, y)))
def as_idx(folder, x, y):
    folder.mkdir(exist_ok=True)
    for part in 'train','t10k':
        for what,t in ('images-idx3',x),('labels-idx1',y.byte()):
            (folder/f'{part}-{what}-ubyte').write_bytes(D.sets.idx_header(t)+t.numpy().tobytes())

@pytest.mark.parametrize('paper', [255,240])
def test_tables_and_idx_dark_on_white(tmp_path, digits, paper):
    "The same digits as light on black, in each format, and it is said"
    ds = digits[0][:60]
    x = (paper-(ds.x.float()*paper/255).round()).byte()
    as_csv(tmp_path/'a.csv', x, ds.y); as_idx(tmp_path/'idx', x, ds.y)
    for o in load_csv(tmp_path/'a.csv'),*load_idx(tmp_path/'idx'):
        assert 'dark on white, and turned' in o.source and torch.equal(o.x, 255-x)
        if paper==255: assert torch.equal(o.x, ds.x)
    with says('dark on white', 'leave out mmap'): load_idx(tmp_path/'idx', mmap=True)
    as_csv(tmp_path/'b.csv', ds.x, ds.y)
    got = load_csv(tmp_path/'b.csv')
    assert torch.equal(got.x, ds.x) and got.source=='table b.csv'

@pytest.mark.parametrize('n', [3,30,57])
def test_tables_and_idx_of_two_kinds(tmp_path, digits, n):
    ds = digits[0][:60]
    x = ds.x.clone(); x[:n] = 255-x[:n]
    as_csv(tmp_path/'a.csv', x, ds.y); as_idx(tmp_path/'idx', x, ds.y)
    for f,path in (load_csv,tmp_path/'a.csv'),(load_idx,tmp_path/'idx'):
        with says('two kinds', f'{n} are dark on white and {60-n} are light', 'subtract the first kind from 255'): f(path)
    x[:n] = 255-x[:n]                                                           # as the message says
    as_csv(tmp_path/'a.csv', x, ds.y); assert torch.equal(load_csv(tmp_path/'a.csv').x, ds.x)

# More mistakes of tables: what, how it is told, and what the message says to do

TABLE = [['label',*(f'pixel{i}' for i in range(784))],*([str(k),*['0','255','128','0']*196] for k in (3,7))]
def joined(rows, sep=',', q=''): return ''.join(sep.join(q+o+q for o in r)+'\n' for r in rows).encode()
def renamed(*names): return [[*names,*TABLE[0][len(names):]],*TABLE[1:]]
def values(f): return [TABLE[0],*([r[0],*map(f, r[1:])] for r in TABLE[1:])]
MISTAKES = {
    'quoted, with semicolons':(joined(TABLE, ';', '"'), ['separated by',"';'",'with commas']),
    'spaces':(joined(TABLE, ' '), ['separated by spaces','with commas']),
    'decimal commas':(joined(values(lambda o: o+',0'), ';'), ['separated by',"';'",'with points in numbers']),
    'UTF-16':(joined(TABLE).decode().encode('utf-16'), ['UTF-8']),
    'UTF-16 without a mark':(joined(TABLE).decode().encode('utf-16-le'), ['UTF-16','save it as CSV in UTF-8']),
    'an Excel file':(b'PK\3\4'+bytes(99), ['Excel','save it as CSV']),
    'a page':(b'<!DOCTYPE html>\n', ['is not a table of digits',"'<!DOCTYPE html>'"]),
    'a line before':(b'# mnist\n'+joined(TABLE), ["begins with '# mnist'"]),
    'an index':(joined([['']+TABLE[0],*([str(i)]+r for i,r in enumerate(TABLE[1:]))]), ["column 1","numbers the rows; leave it out"]),
    'a named index':(joined([['id']+TABLE[0],*([str(i)]+r for i,r in enumerate(TABLE[1:]))]), ["'id', numbers the rows; leave it out"]),
    'Label':(joined(renamed('Label')), ["'label', not 'Label'; rename it"]),
    'class':(joined(renamed('class')), ["'label', not 'class'; rename it"]),
    'label last':(joined([r[1:]+r[:1] for r in TABLE]), ['put the columns in the order label,pixel0']),
    'numbered':(joined([[str(i) for i in range(785)],*TABLE[1:]]), ['numbers its columns','first line should be label,pixel0']),
    'numbered pixels':(joined([['label',*map(str, range(784))],*TABLE[1:]]),
                       ["column 2","'pixel0', not '0'",'first line should be label,pixel0']),
    'no header, fractions':(joined(values(lambda o: f'{int(o)/255:.4f}')[1:]), ['header is missing']),
    'fractions':(joined(values(lambda o: f'{int(o)/255:.4f}')), ['pixel2',"'0.5020'",'multiply all pixels by 255']),
    'ones':(joined(values(lambda o: str(int(int(o)>0)))), ['all pixels in','0 or 1','multiply them by 255'])}

@pytest.mark.parametrize('name', MISTAKES)
def test_mistakes_of_tables(tmp_path, name):
    b,parts = MISTAKES[name]
    f = tmp_path/'a.csv'
    f.write_bytes(b)
    with says(f, *parts): load_csv(f, labels=True)
    f.write_bytes(joined(TABLE)); assert load_csv(f, labels=True).y.tolist()==[3,7]       # which is what each message asks for

@pytest.mark.parametrize('b', [b'\n  \n'+joined(TABLE), joined(TABLE, ', '), joined(TABLE[:2])+b'   \n'+joined(TABLE[2:])],
                         ids=['blank first','spaces after commas','a line of spaces'])
def test_spaces_in_tables(tmp_path, b):
    (tmp_path/'a.csv').write_bytes(b)
    assert load_csv(tmp_path/'a.csv', labels=True).y.tolist()==[3,7] and torch.equal(load_csv(tmp_path/'a.csv').x[0,0,:4],
        torch.tensor([0,255,128,0], dtype=torch.uint8))

def test_idx_of_zeros_and_ones(tmp_path, digits):
    as_idx(tmp_path/'d', (digits[0].x[:20]>100).byte(), digits[0].y[:20])
    with says('all pixels in', 'train-images', 'multiply them by 255'): load_idx(tmp_path/'d')
    as_idx(tmp_path/'d', (digits[0].x[:20]>100).byte()*255, digits[0].y[:20]); load_idx(tmp_path/'d')

def test_digits_from_lists_and_arrays(digits):
    "Lists of tensors and of arrays; and what is dark on white is not taken for light on black"
    x,y = digits[0].x[:30],digits[0].y[:30]
    for a,b in ([*x],[*y]),([o.numpy() for o in x],y.tolist()),(x.numpy(),y.numpy()):
        got = Digits(a, b)
        assert torch.equal(got.x, x) and torch.equal(got.y, y)
    for part,bad in ('the images are dark on white',255-x),('some images are dark on white',torch.cat([x,255-x])):
        with says(part, 'pass 255-images'): Digits(bad)
    # the cure; and blank ones are of no kind
    Digits(torch.cat([x,255-(255-x)])), Digits(torch.full((3,28,28), 255, dtype=torch.uint8))

def test_a_stroke_that_is_mostly_edge():
    "Three pixels wide, of which two are its soft edge: a paper that ends there would have more inside"
    rgba = np.zeros((40,40,4), np.uint8)
    for x,grey in (18,100),(19,0),(20,100): rgba[8:32,x] = grey,grey,grey,255
    assert np.asarray(D.images.on_paper(Image.fromarray(rgba)))[0,0,0]==255

@pytest.mark.parametrize('sides', [(0,1,2,3),(0,),(1,2),(3,)])
@pytest.mark.parametrize('size,w', [(28,1),(28,2),(100,3),(140,20)])
def test_a_frame_is_no_ink(digits, size, w, sides):
    "Dark lines along the sides of a picture, of a scanner or the table below: the digit is read as it is without them"
    for x in digits[1].x[:5]:
        a = np.asarray(Image.fromarray(255-x.numpy()).resize((size,size), Image.Resampling.BICUBIC))
        framed = np.pad(a, w, constant_values=255)
        for i in sides: np.rot90(framed, i)[:w] = 3
        assert difference(as_mnist(Image.fromarray(framed)), as_mnist(Image.fromarray(a)))<8

@pytest.mark.parametrize('lines', ['0,4,100,4 96,4,40,140', '0,135,100,135 96,135,4,4'])
def test_a_bar_along_a_side_is_ink(lines):
    "A 7 that is cut out without a margin, and upside down: there is no paper between it and the rest"
    im = Image.new('L', (100,140), 255)
    for o in lines.split(): ImageDraw.Draw(im).line([*map(int, o.split(','))], fill=0, width=10)
    a = np.asarray(im)
    assert difference(as_mnist(im), as_mnist(Image.fromarray(np.pad(a, 30, constant_values=255))))<8

@pytest.mark.parametrize('width', [3,5,8,12])
@pytest.mark.parametrize('ink,paper', [(0,255),(255,0)])
def test_thin_stroke_without_paper(width, ink, paper):
    "A 1 fills its box as paper would, and is ink"
    big = Image.new('L', (560,560), paper)
    ImageDraw.Draw(big).line([(280,120),(280,440)], fill=ink, width=4*width)
    a = np.asarray(big.resize((140,140), Image.Resampling.BICUBIC))
    for soft in 0,2:
        if soft: a = np.asarray(Image.fromarray(a).resize((70,70), Image.Resampling.BOX).resize((140,140), Image.Resampling.BICUBIC))
        cut = Image.merge('LA', [Image.fromarray(a), Image.fromarray((255*(abs(a.astype(int)-paper)>5)).astype(np.uint8))])
        assert difference(as_mnist(cut), as_mnist(Image.fromarray(a)))<5
