"Segmentation: run-length codes against a slow reference, the folder, the measures by brute force, the U-Net"
import csv, random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest, torch
from PIL import Image
from mnist_from_scratch.data import masks as data_masks
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.engine.export import load_learner
from mnist_from_scratch.data.masks import *
from mnist_from_scratch.segment import *
from mnist_from_scratch.speed import fit_linear

from conftest import cases

def says(e): s = str(e.value); assert '\n' not in s and '; ' in s, s; return s

# run-length codes

def slow_encode(m):
    "Column by column, pixel by pixel"
    h,w = len(m),len(m[0])
    runs,inside = [],False
    for p in range(h*w):
        if m[p%h][p//h]:
            if inside: runs[-1][1] += 1
            else: runs.append([p+1,1])
        inside = bool(m[p%h][p//h])
    return ' '.join(f'{s} {n}' for s,n in runs)

@pytest.mark.parametrize('rle,shape,ones', [('1 3 10 5', (101,101), [1,2,3,10,11,12,13,14]), ('', (3,4), []), ('1 12', (3,4), range(1,13)),
                                            ('12 1', (3,4), [12])])
def test_known_codes(rle, shape, ones):
    "The first is the contest's own example"
    m = rle_decode(rle, shape)
    assert m.shape==shape and m.dtype==torch.uint8
    assert [c*shape[0]+r+1 for c in range(shape[1]) for r in range(shape[0]) if m[r,c]]==list(ones) and rle_encode(m)==rle

def test_down_the_columns(): assert rle_encode([[0,1],[0,1],[0,0]])=='4 2' and rle_decode('2 2', (2,3)).tolist()==[[0,1,0],[1,0,0]]

def test_codes_of_any_mask(tally):
    rng = np.random.default_rng(0)
    for _ in range(n := max(cases//10, 50)):
        m = (rng.random(rng.integers(1, 9, 2))<rng.choice([.05,.5,.95])).astype(rng.choice(['uint8','bool','float32','int64']))
        rle = rle_encode(m)
        assert rle==slow_encode(m.tolist()) and np.array_equal(rle_decode(rle, m.shape).numpy(), m)
    tally('run lengths', 'masks there and back', tried=n)

bad_codes = {'3':'each run needs two', '1 3 10':'each run needs two', '0 3':"is '0'", '1 0':"is '0'", '1 -2':"is '-2'", '1 2.0':"is '2.0'",
             'nan':"is 'nan'", '1 ٣':"is '٣'", '10 2 3 1':'in order',
             '3 4 6 1':'in order', '12 2':'leads out', '13 1':'leads out', '1 99999999999':'leads out', '1 '+'9'*5000:'whole numbers'}
@pytest.mark.parametrize('rle', bad_codes, ids=lambda o: o[:12])
def test_bad_codes(rle):
    with pytest.raises(MnistError) as e: rle_decode(rle, (3,4))
    assert bad_codes[rle] in says(e)

def test_damaged_codes(tally):
    "A character more, less or another: an error, or a code for just these runs"
    rnd,refused,n = random.Random(0),0,max(cases//4, 100)
    for _ in range(n):
        s = list('3 2 7 4 15 1')
        i = rnd.randrange(len(s))
        s[i:i+rnd.randrange(2)] = rnd.choice(['','-','0','1','9',' ','x','.'])
        s = ''.join(s)
        try: m = rle_decode(s, (4,5))
        except MnistError as e: assert '; ' in str(e); refused += 1; continue
        nums = [*map(int, s.split())]
        want = [p for a,b in zip(nums[::2], nums[1::2]) for p in range(a, a+b)]
        assert (m.T.flatten().nonzero().flatten()+1).tolist()==want
    assert 0<refused<n
    tally('run lengths', 'damaged codes', tried=n, refused=refused)

@pytest.mark.parametrize('mask', [torch.zeros(1,4,4), torch.full((2,2), 2), torch.full((2,2), .5), torch.full((2,2), float('nan')),
                                  torch.tensor(1)], ids=lambda o: str(o.shape))
def test_no_mask(mask):
    with pytest.raises(MnistError) as e: rle_encode(mask)
    assert 'mask' in says(e)

def test_table(tmp_path):
    f,masks = tmp_path/'a.csv',{'a,b':torch.eye(3), 'ü':torch.zeros(3,3), '"':torch.ones(3,3)}
    write_rle(f, masks)
    assert f.read_text(encoding='utf-8').splitlines()[0]=='id,rle_mask'
    assert [*csv.reader(f.open(encoding='utf-8'))][1:]==[['a,b','1 1 5 1 9 1'],['ü',''],['"','1 9']]
    again = read_rle(f, (3,3))
    assert [*again]==[*masks] and all(torch.equal(again[k], masks[k].byte()) for k in masks)
    before = f.read_bytes()
    with pytest.raises(MnistError): write_rle(f, masks|{'z':torch.zeros(2)})
    assert f.read_bytes()==before and [o.name for o in tmp_path.iterdir()]==['a.csv']

bad_tables = {'':'first line', 'id,mask\na,1 1\n':'id,mask', 'id,rle_mask,x\n':'first line', 'id,rle_mask\na\n':'row 1',
              'id,rle_mask\na,1 1\nb,1 1,3\n':'row 2', 'id,rle_mask\na,\na,\n':'second time',
              'id,rle_mask\na,\n\nb,1 1 1 1\n':'row 2', 'id,rle_mask\na,"1 1\n':'not a table', 'id,rle_mask\n\xff\xfe':'not text',
              'id,rle_mask\na,'+'1 1 '*20000:'too long'}
@pytest.mark.parametrize('text', bad_tables, ids=lambda o: repr(o[12:30]))
def test_bad_tables(text, tmp_path):
    (tmp_path/'a.csv').write_bytes(text.encode('latin1'))
    with pytest.raises(MnistError) as e: read_rle(tmp_path/'a.csv', (3,3))
    assert bad_tables[text] in says(e) and 'a.csv' in says(e)

def test_no_table(tmp_path):
    for o in tmp_path,tmp_path/'x.csv':
        with pytest.raises(MnistError) as e: read_rle(o, (3,3))
        assert str(o) in says(e)

# scenes

@pytest.fixture(scope='module')
def scenes(digits, tmp_path_factory): return write_scenes(tmp_path_factory.mktemp('scenes')/'train', digits[0], 40)

def files(path): return sorted((path/'images').iterdir())

def test_folder(scenes):
    masks = read_rle(scenes/'masks.csv', (64,64))
    assert sorted(o.name for o in scenes.iterdir())==['images','masks','masks.csv'] and [o.stem for o in files(scenes)]==[*masks]
    for f in files(scenes):
        im,m = Image.open(f),np.asarray(Image.open(mask_file(f)))
        assert im.size==(64,64) and set(np.unique(m))<={0,255} and np.array_equal(m>0, masks[f.stem].numpy())
    empty = [not m.any() for m in masks.values()]
    assert 0<sum(empty)<20

def test_ground_is_darker_than_ink(monkeypatch):
    "Else no net could tell them apart: a tenth is left to noise"
    monkeypatch.setattr(data_masks, '_stroke', lambda *_: None)
    rng = np.random.default_rng(0)
    ground = np.stack([make_scene(np.zeros((1,28,28), np.uint8), rng)[0] for _ in range(100)])
    assert (ground>.6*128).mean()<.1

def test_whole_or_not_at_all(digits, tmp_path, monkeypatch, scenes):
    with pytest.raises(MnistError) as e: write_scenes(scenes, digits[0], 1)
    assert 'already there' in says(e)
    again = write_scenes(tmp_path/'b', digits[0], 40)
    assert all(o.read_bytes()==(scenes/o.relative_to(again)).read_bytes() for o in again.rglob('*') if o.is_file())
    assert files(write_scenes(tmp_path/'c', digits[0], 1, seed=1))[0].read_bytes()!=files(scenes)[0].read_bytes()
    true = data_masks.make_scene
    monkeypatch.setattr(data_masks, 'make_scene', lambda x, rng, size: true(x, rng, size) if rng.random()<.7 else 1/0)
    with pytest.raises(ZeroDivisionError): write_scenes(tmp_path/'new', digits[0], 40)
    assert not (tmp_path/'new').exists() and {o.name for o in tmp_path.iterdir() if not o.name.endswith('.lock')}=={'b','c'}

@pytest.mark.parametrize('size', [28,64,101])
def test_whole_digits(size):
    "The ink of a digit is found whole: each is a full square here, and squares do not overlap"
    x = np.zeros((1,28,28), np.uint8)
    x[:,4:24,4:24] = 255
    counts = {make_scene(x, np.random.default_rng(i), size)[1].sum()/400 for i in range(40)}
    assert counts=={0,1,2,3} if size>28 else counts=={0,1}
    im,m = make_scene(x, np.random.default_rng(3), size)
    assert im.shape==m.shape==(size,size) and im.dtype==m.dtype==np.uint8

def test_small_scene(digits):
    with pytest.raises(ValueError, match='28'): make_scene(digits[0].x.numpy(), np.random.default_rng(0), 27)

def test_threshold_fails(scenes):
    "No brightness tells digits from clutter"
    x,y = (torch.stack([torch.from_numpy(np.array(Image.open(f(o)))) for o in files(scenes)])[None] for f in (lambda o: o, mask_file))
    assert max(iou(x>t, y>0).item() for t in range(0, 256, 5))<.5

# items

def test_items(scenes):
    ds = SegmentationDataset(files(scenes), mask_file)
    x,y = ds[3]
    f = files(scenes)[3]
    assert x.shape==(3,64,64) and x.dtype==y.dtype==torch.uint8 and y.shape==(1,64,64)
    assert np.array_equal(x[0], np.asarray(Image.open(f))) and np.array_equal(y[0]*255, np.asarray(Image.open(mask_file(f))))
    xb,yb = ds.collate([ds[3],ds[4]])
    assert xb.dtype==torch.float32 and torch.equal(xb[0]*255, x.float()) and torch.equal(yb[0], y)
    assert len(ds.test_ds(files(scenes)[:2])[0])==1 and len(ds.test_ds(files(scenes)[:2], True)[0])==2

@pytest.fixture
def pair(tmp_path):
    for o in 'images','masks': (tmp_path/o).mkdir()
    Image.new('L', (5,4)).save(tmp_path/'images/a.png')
    def save(a, mode=None):
        Image.fromarray(a).save(mask_file(tmp_path/'images/a.png')); return SegmentationDataset([tmp_path/'images/a.png'], mask_file)[0][1]
    return save

@pytest.mark.parametrize('top,kind', [(255,'uint8'), (1,'uint8'), (1,'bool'), (65535,'uint16')])
def test_kinds_of_masks(pair, top, kind):
    "Bytes, single bits, and 16 bits, as the contest's"
    m = np.eye(4, 5)
    assert np.array_equal(pair((m*top).astype(kind))[0],
                          m) and pair(np.zeros((4,5), kind)).sum()==0 and pair(np.full((4,5), top, kind)).min()==1

@pytest.mark.parametrize('a,why', [(np.arange(20, dtype=np.uint8).reshape(4,5), '255 or 1'), (np.full((4,5), 37, np.uint8), '255 or 1'),
                                   (np.array([[0,1,255,0,0]]*4, np.uint8), '255 or 1'), (np.zeros((5,5), np.uint8), 'one size')])
def test_bad_masks(pair, a, why):
    with pytest.raises(MnistError) as e: pair(a)
    assert why in says(e) and 'a.png' in says(e)

def test_no_mask_file(scenes):
    with pytest.raises(MnistError) as e: SegmentationDataset(files(scenes), lambda o: o.with_name('none.png'))[0]
    assert 'none.png' in says(e)

def test_loaders(scenes):
    dls = SegmentationDataLoaders.from_label_func(scenes, files(scenes), mask_file, valid_pct=.25, seed=1, bs=8)
    parts = [{*map(str, ds.items)} for ds in (dls.train_ds, dls.valid_ds)]
    assert [*map(len, parts)]==[30,10] and not parts[0]&parts[1]
    again = SegmentationDataLoaders.from_label_func(scenes, files(scenes), mask_file, valid_pct=.25, seed=1)
    assert [*again.valid_ds.items]==[*dls.valid_ds.items]
    x,y = dls.one_batch()
    assert x.shape==(8,3,64,64) and y.shape==(8,1,64,64) and len(dls.show_batch(max_n=3).flat)==3
    for o in 0,1,.001:
        with pytest.raises(MnistError) as e: SegmentationDataLoaders.from_label_func(scenes, files(scenes), mask_file, o)
        assert 'valid_pct' in says(e)

def test_show_masks():
    "Blue what was found, yellow what was missed, red what is none; the rest is left as it is"
    x,targ,pred = torch.full((1,1,2,2), .5),torch.tensor([[[[1,1],[0,0]]]]),torch.tensor([[[[1,0],[1,0]]]])
    a = show_masks(x, targ, pred)[0,0].images[0].get_array()
    r,g,b = np.moveaxis(a, -1, 0)
    assert b[0,0]>r[0,0] and min(r[0,1],g[0,1])>b[0,1] and r[1,0]>max(g[1,0],b[1,0]) and a[1,1].tolist()==[.5]*3

# measures

def slow_iou(p, t):
    both = sum(a and b for a,b in zip(p, t))
    either = sum(a or b for a,b in zip(p, t))
    return both/either if either else 1.

def slow_precision(p, t): v = slow_iou(p, t); return sum(v>k/100 for k in range(50, 100, 5))/10

def batches(n=60):
    g = torch.Generator().manual_seed(0)
    p,t = torch.zeros(n,1,4,5),torch.zeros(n,1,4,5)
    for o in p,t:
        for i in range(n): o[i] = torch.rand(1,4,5, generator=g)<[0,.3,.9,1][i%4 if o is t else i//4%4]
    flip = torch.rand(p.shape, generator=g)<.05
    return torch.where(torch.arange(n)[:,None,None,None]%3>0, torch.where(flip, 1-t, t), p)-.5,t.byte()

def test_measures_by_brute_force():
    acts,t = batches()
    rows = [(a.flatten().gt(0).tolist(), b.flatten().bool().tolist()) for a,b in zip(acts, t)]
    want = [slow_iou(*o) for o in rows]
    assert len({*want})>10 and 0. in want and 1. in want
    assert iou(acts>0, t>0).tolist()==want
    assert mean_precision(acts, t).item()==pytest.approx(np.mean([slow_precision(*o) for o in rows]))

@pytest.mark.parametrize('both,either,want', [(1,2,0.), (3,5,.2), (19,20,.9), (20,20,1.), (11,20,.1), (0,3,0.)])
def test_on_a_threshold(both, either, want):
    "Above it, and not at it"
    p,t = torch.zeros(1,1,4,5),torch.zeros(1,1,4,5)
    p.view(-1)[:both],t.view(-1)[:either] = 1,1
    assert mean_precision(p, t).item()==pytest.approx(want)

@pytest.mark.parametrize('p,t,want', [(0,0,1.), (1,0,0.), (0,1,0.)])
def test_empty_masks(p, t, want): assert mean_precision(torch.full((1,1,3,3), float(p)), torch.full((1,1,3,3), t))==want

def test_jaccard_of_the_whole_set():
    "Batches of different sizes, added up: not the mean of their values"
    acts,t = batches()
    m = JaccardCoeff()
    m.reset()
    for i,j in (0,7),(7,50),(50,60): m.accumulate(SimpleNamespace(pred=acts[i:j], y=t[i:j]))
    assert m.value==slow_iou(acts.flatten().gt(0).tolist(), t.flatten().bool().tolist())
    m.reset()
    m.accumulate(SimpleNamespace(pred=-torch.ones(1,1,2,2), y=torch.zeros(1,1,2,2)))
    assert m.value is None

def test_shapes_of_measures():
    for f in iou,mean_precision,lambda p,t: JaccardCoeff().accumulate(SimpleNamespace(pred=p, y=t)):
        with pytest.raises(MnistError, match='takes'): f(torch.zeros(2,1,4,4), torch.zeros(2,4,4))

# the net

@pytest.mark.parametrize('h,w', [(64,64),(101,101),(33,50),(7,1),(1,1)])
def test_any_size(h, w): assert UNet(nf=(4,4,8,8)).eval()(torch.rand(2,3,h,w)).shape==(2,1,h,w)

def test_channels(): assert UNet(1, 5, (2,3)).eval()(torch.rand(2,1,6,6)).shape==(2,5,6,6)

@pytest.mark.parametrize('skips', [True,False])
def test_all_of_it_is_used(skips):
    "Of a net without skip connections, too: no weight multiplies zeros only, and counts as a parameter all the same"
    set_seed(0)
    m = UNet(nf=(4,8,8), skips=skips)
    m(torch.rand(4,3,13,10)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum()>0 for p in m.parameters())

def test_sees_near_and_far():
    "A pixel's activation depends on pixels far away; with the ways up cut, still on what is near"
    set_seed(0)
    m = UNet(nf=(4,4,4,4)).double().eval()
    x = torch.rand(1,3,64,64, dtype=torch.float64, requires_grad=True)
    def reach(): g, = torch.autograd.grad(m(x)[0,0,32,32], x); r = g.abs().sum((0,1)).nonzero(); return (r-32).abs().max().item()
    assert reach()>20
    m.join = lambda skip, x: torch.cat([skip, skip.new_zeros(*x.shape[:2], *skip.shape[2:])], 1)
    assert reach()==4       # two convolutions on the way down and two on the way up

def test_the_comparison_without_skips(digits, tmp_path, monkeypatch):
    "Both nets have about as many parameters, the one without skip connections no fewer; the rate of each is chosen by held-out scenes"
    import sys
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent/'docs'))
    monkeypatch.delitem(sys.modules, 'segment', raising=False)
    import segment as script
    monkeypatch.delitem(sys.modules, 'segment')
    monkeypatch.setattr(script, 'fit_linear', lambda learn, epochs: learn)
    monkeypatch.setattr(script, 'write_scenes', lambda path, ds, n, **kw: write_scenes(path, ds, 12, **kw))
    monkeypatch.setattr(script, 'load_digits', None)
    train,test = digits
    script.compare_skips(train, test, tmp_path/'skips.json', held=len(train)//5, lrs=(.1,.2), seeds=2)
    import json
    rows = json.loads((tmp_path/'skips.json').read_text())['rows']
    n = {o['model']:o['parameters'] for o in rows}
    assert n['U-Net']<=n['no skips']<1.05*n['U-Net'] and {'iou','precision','recall'}<={*rows[0]}
    for k in n:
        mine = [o for o in rows if o['model']==k]
        best = max((o for o in mine[:2]), key=lambda o: o['valid_iou'])['lr']
        assert [o['lr'] for o in mine]==[.1,.2,best,best,best] and [o['seed'] for o in mine]==[0,0,1,0,
            1] and mine[0]['epochs']==4*mine[-1]['epochs']

@pytest.mark.slow
def test_learns(scenes, tmp_path):
    set_seed(0)
    dls = SegmentationDataLoaders.from_label_func(scenes, files(scenes), mask_file, seed=0, bs=8)
    learn = unet_learner(dls, (4,8,16), lr=.1)
    with learn.no_bar(), learn.no_logging(): fit_linear(learn, 40)
    assert learn.recorder.columns==['train_loss','valid_loss','jaccard_coeff','mean_precision']
    first,last = (o[0] for o in (learn.recorder.values[0], learn.recorder.values[-1]))
    assert last<.6*first
    with learn.no_bar(): acts,targs = learn.get_preds(0, act=torch.Tensor.float)
    found = iou((acts>0)[None], (targs>0)[None]).item()
    assert found>.3
    again = load_learner(learn.export(tmp_path/'unet.safetensors'))
    fs = files(scenes)[:3]
    with torch.no_grad(), again.no_bar():
        p = again.get_preds(dl=again.dls.test_dl(fs))[0]
        x = torch.stack([torch.from_numpy(np.array(Image.open(o)))/255 for o in fs])[:,None].expand(-1,3,-1,-1)
        torch.testing.assert_close(p.float(), torch.sigmoid(learn.model.eval()(x)), atol=.03, rtol=0)
        assert again.predict(fs[0])[1].shape==(1,64,64)
