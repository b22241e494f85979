"""Every loader against bad files, made by hand and by chance: a right result or one `MnistError`, and nothing else.

Twenty times as many, with new chances each time: `CASES=40000 pytest tests/test_bad_files.py` (`--hypothesis-seed=N` repeats a run)."""
import csv, gzip, io, json, os, re, shutil, struct, subprocess, sys, tempfile, warnings, zlib
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image, ImageDraw, ImageOps
from conftest import cases
import mnist_from_scratch.data as D
from mnist_from_scratch.tools.cli import make_model, save_model
from mnist_from_scratch.engine.image_folders import ImageDataLoaders
from mnist_from_scratch.base.core import MnistError, printable
from mnist_from_scratch.base.files import cache_dir
from mnist_from_scratch.data.images import as_mnist, read_image
from mnist_from_scratch.data.idx import load_idx, read_idx
from mnist_from_scratch.data.table import load_csv
from mnist_from_scratch.data.folders import load_folder
from mnist_from_scratch.data.digits import URLs, load_digits, untar_data

many = settings(max_examples=cases, deadline=None, database=None, derandomize=cases<=2000, print_blob=True,
                suppress_health_check=list(HealthCheck))

def ask(f, *parts):
    """What `f()` gives, or `None` if it raises a `MnistError` of one line that has all of `parts` and ends in a remedy; nothing else is
    raised, and no warning given"""
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        try: return f()
        except MnistError as e: m = str(e)
    assert m.isprintable() and len(m)<4000, m
    assert len(m.rpartition(';')[2].split())>1, f'no remedy: {m}'
    for o in parts: assert printable(o) in m, (o, m)

def refuses(f, *parts): assert ask(f, *parts) is None, 'it was read'

@pytest.fixture(scope='module')
def place(tmp_path_factory):
    "A folder in memory; what the library, Python or Pillow leave in their folders for caches and temporary files is found at the end"
    with tempfile.TemporaryDirectory(dir='/dev/shm' if os.path.isdir('/dev/shm') else None) as d, pytest.MonkeyPatch.context() as m:
        place = Path(d)
        tmp_path_factory.getbasetemp() # pytest's own
        os.chmod(place, 0o755) # for a user without rights
        for o in 'files','tmp','cache': (place/o).mkdir()
        m.setenv('XDG_CACHE_HOME', str(place/'cache'))
        m.setattr(tempfile, 'tempdir', str(place/'tmp'))
        yield place/'files'
        assert not nothing_left(place/'files')

def nothing_left(place):
    "What lies in the folders for caches and for temporary files"
    return [*os.listdir(place.parent/'tmp'), *os.listdir(place.parent/'cache')]

def run(tally, what, check, least=.03):
    "Run a property; count what was tried, refused and read rightly. Both must have happened often."
    seen = Counter()
    check(seen)
    n = seen['refused']+seen['read']
    assert n>=cases and min(seen['refused'], seen['read'])>least*n, seen
    tally('bad files', what, tried=n, refused=seen['refused'], read_rightly=seen['read'])

def edits(draw, b, most=3):
    "`b` with a few bytes changed, cut off, left out, doubled or put in"
    b = bytearray(b)
    for _ in range(draw(st.integers(0, most))):
        how,i,n = draw(st.sampled_from(['set','flip','cut','drop','double','insert'])),draw(st.integers(0,
            max(len(b)-1, 0))),draw(st.integers(1, 40))
        if not b: break
        if how=='set': b[i] = draw(st.sampled_from([0,1,8,28,127,128,255]))
        elif how=='flip': b[i] ^= 1<<n%8
        elif how=='cut': del b[i:]
        elif how=='drop': del b[i:i+n]
        elif how=='double': b[i:i] = b[i:i+n]
        else: b[i:i] = bytes([draw(st.integers(0, 255))])*n
    return bytes(b)

# IDX

def idx_bytes(shape, data=None):
    n = int(np.prod(shape))
    return bytes([0,0,8,len(shape)])+b''.join(o.to_bytes(4, 'big')
                                              for o in shape)+(bytes(i*7%256 for i in range(n)) if data is None else data)

def true_idx(b):
    "What the bytes of an IDX file say, read in another way; `None` if they are none, or not whole"
    if b[:2]==b'\x1f\x8b':
        if b[3:4] and b[3]&0xe2: return # flags that nobody knows, and a checksum of the header, which Python's gzip does not look at
        try: b = gzip.decompress(b)
        except (OSError, EOFError, zlib.error): return
    if b[:3]!=b'\0\0\x08' or len(b)<4 or not 0<b[3]<9 or len(b)<4+4*b[3]: return
    shape = struct.unpack_from(f'>{b[3]}I', b, 4)
    n = len(b)-4-4*b[3]
    for o in shape: n = 0 if not o else n/o # by division: no product gets too large
    if (n!=1 if all(shape) else len(b)!=4+4*len(shape)): return
    return np.frombuffer(b, np.uint8, offset=4+4*len(shape)).reshape(shape)

def packed(draw, b):
    "`b` as it is or gzipped, and then perhaps broken"
    how = draw(st.sampled_from(['plain','plain','gzip','broken','two','zeros']))
    if how=='plain': return b
    z = gzip.compress(b, 1)
    return dict(gzip=lambda: z, broken=lambda: z[:2]+edits(draw, z[2:]), two=lambda: gzip.compress(b[:9])+gzip.compress(b[9:]),
                zeros=lambda: z+bytes(30))[how]()

@st.composite
def idx_files(draw):
    b = bytearray(idx_bytes(draw(st.sampled_from([(3,28,28),(2,28,28),(4,),(2,3),(1,2,3,2),(0,28,28),(0,),(1,)*8,(1,)*9,()]))))
    for _ in range(draw(st.integers(0, 2))): # the header, at places where it counts
        i = draw(st.sampled_from([0,1,2,3,3,4,7,8,11,12,15]))
        if i<len(b): b[i] = draw(st.sampled_from([0,1,2,3,4,8,9,12,13,28,64,65,255]))
    if draw(st.booleans()): b = bytearray(edits(draw, b, 2))
    return packed(draw, bytes(b))

@pytest.mark.slow
def test_idx_by_chance(place, tally):
    f = place/'digits'
    def check(seen):
        @many
        @given(idx_files())
        def inner(b):
            f.write_bytes(b)
            true = true_idx(b)
            x = ask(lambda: read_idx(f), f)
            assert (x is None)==(true is None)
            if true is not None: assert x.dtype==torch.uint8 and tuple(x.shape)==true.shape and np.array_equal(x, true)
            m = ask(lambda: read_idx(f, mmap=True), f)
            assert (m is None)==(true is None or b[:2]==b'\x1f\x8b') and (m is None or torch.equal(m, x))
            seen['refused' if x is None else 'read'] += 1
        inner()
    run(tally, 'IDX, one file', check)

@st.composite
def idx_sets(draw):
    "Four files: names, bytes"
    n,m = draw(st.sampled_from([(3,2),(1,1),(0,2),(2,0)]))
    digits = lambda n: bytes((i*3)%10 for i in range(n))
    files = {'train-images-idx3-ubyte':idx_bytes((n,28,28)), 'train-labels-idx1-ubyte':idx_bytes((n,), digits(n)),
             't10k-images-idx3-ubyte':idx_bytes((m,28,28)), 't10k-labels-idx1-ubyte':idx_bytes((m,), digits(m))}
    names = sorted(files)
    a,b = draw(st.sampled_from(names)),draw(st.sampled_from(names))
    how = draw(st.sampled_from(['','pack','swap','copy','label','edit','less','none','shape']))
    if how=='swap': files[a],files[b] = files[b],files[a]
    elif how=='copy': files[a] = files[b]
    elif how=='label' and n and m:
        files['train-labels-idx1-ubyte'] = files['train-labels-idx1-ubyte'][:-1]+bytes([draw(st.integers(0, 255))])
    elif how=='edit': files[a] = edits(draw, files[a])
    elif how=='less': files['t10k-labels-idx1-ubyte'] = idx_bytes((draw(st.integers(0, 4)),), bytes(9)[:4])
    elif how=='none': del files[a]
    elif how=='shape': files[a] = idx_bytes(draw(st.sampled_from([(n,28),(n,784),(n,27,28),(n,28,28,1),(n*784,),(1,n),(28,28)])))
    if how=='pack': files = {k+'.gz':packed(draw, v) for k,v in files.items()}
    return files

def true_set(files):
    "Images and labels of both parts, read in another way, or `None`"
    res = []
    for part in 'train','t10k':
        x,y = (next((true_idx(v) for k,v in files.items() if k.startswith(f'{part}-{o}')), None) for o in ('images','labels'))
        if x is None or y is None or x.shape[1:]!=(28,28) or y.shape!=(len(x),) or (y>9).any(): return
        res.append((x,y))
    return res

@pytest.mark.slow
def test_idx_sets_by_chance(place, tally):
    d = place/'set'
    def check(seen):
        @many
        @given(idx_sets())
        def inner(files):
            shutil.rmtree(d, ignore_errors=True)
            d.mkdir()
            for k,v in files.items(): (d/k).write_bytes(v)
            true = true_set(files)
            got = ask(lambda: load_idx(d), d)
            assert (got is None)==(true is None)
            for ds,(x,y) in zip(got or (), true or ()):
                assert np.array_equal(ds.x, x) and np.array_equal(ds.y, y) and ds.y.dtype==torch.int64
            assert sorted(os.listdir(d))==sorted(files)
            seen['refused' if got is None else 'read'] += 1
        inner()
    run(tally, 'IDX, four files', check)

idx28 = idx_bytes((2,28,28))
@pytest.mark.parametrize('b,part', [pytest.param(b, p, id=k) for k,b,p in [
    ('wrong magic', b'\x01'+idx28[1:], 'two zero bytes'), ('an image', b'\x89PNG'+idx28, 'two zero bytes'), ('empty', b'', 'is empty'),
    ('type float', idx28[:2]+b'\x0d'+idx28[3:], 'byte 2'), ('type int', idx28[:2]+b'\x0c'+idx28[3:], '0x0C'),
    ('rank 0', bytes([0,0,8,0,5]), 'rank 0'),
    ('rank 255', bytes([0,0,8,255])+bytes([0,0,0,1])*255+b'x', 'rank 255'), ('header cut short', idx28[:11], 'two zero bytes'),
    ('promises 2^63 bytes', bytes([0,0,8,3])+(2**21).to_bytes(4, 'big')*3, 'byte 3'),
    ('promises 2^62 bytes', bytes([0,0,8,2])+(2**31).to_bytes(4, 'big')*2, '4,611,686,018,427,387,904'),
    ('promises nothing times 2^96', bytes([0,0,8,4])+bytes(4)+b'\xff'*12, 'byte 3'),
    ('a byte less', idx28[:-1], 'from byte 16 on and has 1,567'), ('a byte more', idx28+b'x', 'has 1,569'),
    ('gzip, a byte more', gzip.compress(idx28+b'x'), 'has more'), ('gzip, a byte less', gzip.compress(idx28[:-1]), 'has 1,567'),
    ('gzip cut short', gzip.compress(idx28)[:-12], 'damaged'),
    ('gzip with a wrong checksum', gzip.compress(idx28)[:-8]+bytes(4)+gzip.compress(idx28)[-4:], 'damaged'),
    ('gzip promises 2^63 bytes', gzip.compress(bytes([0,0,8,3])+(2**21).to_bytes(4, 'big')*3), 'byte 3'),
    ('gzip promises 2^40 bytes', gzip.compress(bytes([0,0,8,2])+(2**20).to_bytes(4, 'big')*2), '1,099,511,627,776')]])
def test_bad_idx(tmp_path, b, part):
    (tmp_path/'f').write_bytes(b)
    refuses(lambda: read_idx(tmp_path/'f'), tmp_path/'f', part)

@pytest.mark.parametrize('tail,reads', [pytest.param(t, r, id=k) for k,t,r in [
    ('zeros of a tape', bytes(2**16), True), ('more zeros', bytes(2**16+1), False), ('50 MiB of zeros', bytes(50*2**20), False),
    ('zeros, and another part', bytes(2**17)+gzip.compress(b''), False),
    ('empty parts', gzip.compress(b'')*900, True), ('too many of them', gzip.compress(b'')*100_000, False), ('text', b'abc', False),
    ('zeros and text', bytes(9)+b'abc', False), ('half a part', gzip.compress(b'')[:9], False)]])
def test_behind_the_end_of_gzip(tmp_path, tail, reads):
    "The numbers as without it; or a line, and at once"
    for name,data,f in ('idx',idx28,read_idx),('csv',lines([head,*body]).encode(),load_csv):
        (tmp_path/name).write_bytes(data); (tmp_path/f'{name}.gz').write_bytes(gzip.compress(data)+tail)
        if not reads: refuses(lambda: f(tmp_path/f'{name}.gz'), tmp_path/f'{name}.gz', 'damaged'); continue
        a,b = (getattr(o, 'x', o) for o in map(f, (tmp_path/name, tmp_path/f'{name}.gz')))
        assert torch.equal(a, b)

def test_parts_of_gzip(tmp_path):
    "As those of bgzip, which begins a new one every 64 KiB; zeros may be between them"
    x = idx_bytes((5000,28,28), np.random.default_rng(0).integers(0, 3, 5000*784, dtype=np.uint8).tobytes())
    (tmp_path/'x').write_bytes(bytes(7).join(gzip.compress(x[i:i+2**11], 1) for i in range(0, len(x), 2**11)))
    assert read_idx(tmp_path/'x').numpy().tobytes()==x[16:]

def write_set(d, **change):
    d.mkdir(parents=True)
    files = dict(train_images=idx_bytes((2,28,28)), train_labels=idx_bytes((2,), b'\3\7'), t10k_images=idx_bytes((1,28,28)),
                 t10k_labels=idx_bytes((1,), b'\1'))|change
    for k,v in files.items(): (d/f"{k.replace('_','-')}-idx{3 if 'images' in k else 1}-ubyte").write_bytes(v)

@pytest.mark.parametrize('change,parts', [pytest.param(c, p, id=k) for k,c,p in [
    ('a label less', dict(train_labels=idx_bytes((1,), b'\3')), ('train-labels','shape [1]','2 images')),
    ('an image less', dict(t10k_images=idx_bytes((0,28,28))), ('t10k-labels','0 images')),
    ('label 10', dict(train_labels=idx_bytes((2,), b'\3\x0a')), ('train-labels','byte 9','is 10')),
    ('label 255', dict(t10k_labels=idx_bytes((1,), b'\xff')), ('t10k-labels','byte 8','is 255')),
    ('labels where images should be', dict(train_images=idx_bytes((2,), b'\3\7')), ('train-images','[2]')),
    ('images of 28 by 27', dict(train_images=idx_bytes((2,28,27))), ('train-images','[2, 28, 27]')),
    ('labels with two dimensions', dict(train_labels=idx_bytes((2,1), b'\3\7')), ('train-labels','[2, 1]'))]])
def test_bad_idx_set(tmp_path, change, parts):
    write_set(tmp_path/'d', **change)
    refuses(lambda: load_idx(tmp_path/'d'), tmp_path/'d', *parts)
    refuses(lambda: load_idx(tmp_path/'d', mmap=True), tmp_path/'d', *parts)
    refuses(lambda: load_digits(tmp_path/'d'), tmp_path/'d', *parts)

# What is no file

def no_files(d):
    "Paths that hold no file: by name"
    d.mkdir(exist_ok=True)
    (d/'folder').mkdir()
    (d/'loop').symlink_to(d/'loop')
    res = dict(folder=d/'folder', missing=d/'missing', loop=d/'loop', below_a_file=Path(__file__)/'x', long=d/('x'*3000), nul=f'{d}/a\0b')
    if hasattr(os, 'mkfifo'): os.mkfifo(d/'pipe'); res.update(pipe=d/'pipe', device='/dev/zero', terminal='/dev/ptmx')
    return res

@pytest.mark.skipif(sys.platform=='win32', reason='makes links')
def test_no_file(tmp_path):
    "A folder, a pipe that nobody writes to, a device without end, a link to itself: refused, and at once."
    for k,o in no_files(tmp_path/'d').items():
        for f in read_idx,load_csv,read_image: refuses(lambda: f(o), o)
        if k!='folder': refuses(lambda: load_folder(o)); refuses(lambda: load_idx(o)); refuses(lambda: ImageDataLoaders.from_folder(o))
        refuses(lambda: load_digits(o))
    refuses(lambda: load_digits('~no-such-user/digits'), '~no-such-user')

@contextmanager
def without_rights():
    "As a user to whom nothing belongs, where we are the administrator"
    if not os.geteuid(): os.seteuid(65534)
    try: yield
    finally:
        if not os.getuid(): os.seteuid(0)

@pytest.mark.skipif(not hasattr(os, 'geteuid'), reason='no rights of this kind here')
def test_no_rights(place):
    d = place/'secret'
    write_set(d/'idx'); (d/'table.csv').write_text('label'); (d/'a.png').write_bytes(png28)
    for p in 'train/3','train/7','valid/3': (d/p).mkdir(parents=True); (d/p/'0.png').write_bytes(png28)
    # all that is imported late is imported
    load_folder(d); dls = ImageDataLoaders.from_folder(d, bs=1); dls.train.dataset[0]; load_idx(d/'idx')
    try:
        for o in d/'idx'/'train-images-idx3-ubyte',d/'table.csv',d/'a.png',d/'train'/'3'/'0.png': os.chmod(o, 0)
        with without_rights():
            refuses(lambda: load_idx(d/'idx'), d/'idx'/'train-images-idx3-ubyte')
            refuses(lambda: load_csv(d/'table.csv'), d/'table.csv')
            refuses(lambda: read_image(d/'a.png'), d/'a.png')
            refuses(lambda: load_folder(d), d/'train'/'3'/'0.png')
            refuses(lambda: list(ImageDataLoaders.from_folder(d, bs=1).train), d/'train'/'3'/'0.png')
        for bad in d/'valid'/'3',d/'valid',d:
            os.chmod(bad, 0)
            with without_rights():
                for f in load_folder,ImageDataLoaders.from_folder: refuses(lambda: f(d), d)
                if bad==d:
                    refuses(lambda: load_idx(d/'idx'))
                    refuses(lambda: load_digits(d/'idx')); refuses(lambda: load_csv(d/'table.csv')); refuses(lambda: load_digits(d/'x'))
            os.chmod(bad, 0o755)
    finally: shutil.rmtree(d)

# Tables

head = ['label', *(f'pixel{i}' for i in range(784))]
body = [[str((i*3+7)%10), *(str(j*(i+3)*37%256) for j in range(784))] for i in range(3)]
cells = ['0','7','255','256','-1','-0','1.0','1.5','12.','1e1','1e400','0e999999999','nan','NaN','','NULL','True','inf','-inf',' 7','7 ',
         '+7','1_0','0x10','07','٣','٢٥٥','²','½','7\0','"7','dark','9'*30,'9'*5000,'1,000','0.'+'0'*400,'254.9999999999999999999999']

@st.composite
def tables(draw):
    "The bytes of a table, perhaps broken; and whether it must be read"
    labelled,n = draw(st.booleans()),draw(st.integers(0, 3))
    rows = [o[not labelled:] for o in (head,*body[:n])]
    sound,w = n>0,len(rows[0])
    for _ in range(draw(st.integers(0, 2))):
        how,r,c,k = draw(st.sampled_from(['cell','cell','less','more','column','double','swap','header','mixed','blank','row',
                                          'quote'])),draw(st.integers(0, n)),draw(st.integers(0, w-1)),draw(st.integers(0, w-1))
        if how=='blank': rows.insert(r, []) ; continue
        if how=='row': rows.append(rows[-1]); continue
        if how=='quote': rows[r] = [f'"{o.strip(chr(34))}"' for o in rows[r]]; continue
        sound = False
        o = rows[r]
        if how=='cell' and c<len(o): o = rows[r] = [*o[:c], draw(st.sampled_from(cells)), *o[c+1:]]
        elif how=='less': rows[r] = o[:c]+o[c+1:]
        elif how=='more': rows[r] = o[:c]+['7']+o[c:]
        elif how=='column': rows = [o[:c]+o[c+1:] for o in rows]
        elif how=='double': rows = [o[:c]+o[c:c+1]+o[c:] for o in rows]
        elif how=='swap' and max(c, k)<min(map(len, rows)):
            for i,o in enumerate(rows): rows[i] = o = [*o]; o[c],o[k] = o[k],o[c]
        elif how=='header':
            rows[0] = [draw(st.sampled_from(['pixel','PIXEL1','','label','pixel783','pixel1.1',' pixel1','a"b','x'*2000])) if i==c else o
                       for i,o in enumerate(rows[0])]
        elif how=='mixed': rows[0] = rows[0][::-1]
    eol,end = draw(st.sampled_from(['\n','\r\n','\r'])),draw(st.sampled_from(['','\n','\n\n']))
    text = eol.join(','.join(o) for o in rows)+end
    coding = draw(st.sampled_from(['utf-8']*4+['utf-8-sig']*2+['utf-16','utf-32']))
    b = text.encode(coding)
    sound = sound and coding[:5]=='utf-8'
    if draw(st.integers(0, 2))==0: new = edits(draw, b); sound,b = sound and new==b,new
    if draw(st.integers(0, 3))==0: new = packed(draw, b); sound,b = sound and (new==b or true_gzip(new)==b),new
    return b,sound

def true_gzip(b):
    try: return gzip.decompress(b)
    except (OSError, EOFError, zlib.error): return

def true_table(b):
    "The cells of a table, header first, read in another way"
    if b[:2]==b'\x1f\x8b': b = gzip.decompress(b)
    lines = [o for o in re.split('\r\n|\r|\n', b.decode('utf-8-sig')) if o]
    if '"' in ''.join(lines): return [o for o in csv.reader(io.StringIO(b.decode('utf-8-sig'), newline='')) if o]
    return [o.split(',') for o in lines]

def is_right(ds, rows):
    "Are these the numbers of the table?"
    labelled = rows[0][0]=='label'
    assert rows[0]==head[not labelled:] and len(rows)==len(ds)+1
    a = [[float(o) if '_' not in o and len(o)<500 and o.isascii() else None for o in r] for r in rows[1:]]
    return np.array_equal(ds.x.flatten(1), [o[-784:] for o in a]) and (np.array_equal(ds.y, [o[0] for o in a]) if labelled
        else ds.y is None)

@pytest.mark.slow
def test_csv_by_chance(place, tally):
    f = place/'table.csv'
    def check(seen):
        @many
        @given(tables(), st.booleans())
        def inner(case, labels):
            b,sound = case
            f.write_bytes(b)
            ds = ask(lambda: load_csv(f, labels=labels), f)
            if ds is not None: assert is_right(ds, true_table(b))
            elif sound: assert labels and b'label' not in (b if b[:2]!=b'\x1f\x8b' else gzip.decompress(b))
            seen['refused' if ds is None else 'read'] += 1
        inner()
    run(tally, 'CSV', check)

def lines(rows, eol='\n'): return eol.join(','.join(o) for o in rows)+eol
def cell(r, c, v): rows = [[*o] for o in (head,*body)]; rows[r][c] = v; return lines(rows)
whole = [head,*body]

@pytest.mark.parametrize('text,parts', [pytest.param(t, p, id=k) for k,t,p in [
    ('empty file', '', ['empty']), ('only blank lines', '\n\n\r\n', ['empty']), ('only a header', lines([head]), ['no rows']),
    ('no header', lines(body), ['header is missing','label,pixel0']),
    ('missing column', lines([o[:100]+o[101:] for o in whole]), ["column 101","'pixel99'","'pixel100'"]),
    ('783 pixels', lines([o[:-1] for o in whole]), ['column 785','there is none']),
    ('785 pixels', lines([[*head,'pixel784'],*([*o,'1'] for o in body)]), ['786 columns','785']),
    ('doubled column', lines([o[:9]+o[8:] for o in whole]), ['column 10',"'pixel7'"]),
    ('shuffled columns', lines([o[::-1] for o in whole]), ['column 1',"'pixel783'"]),
    ('two columns swapped', lines([[o[0],o[2],o[1],*o[3:]] for o in whole]), ['column 2',"'pixel1'"]),
    ('783 pixels in a row', lines([head,body[0],body[1][:-1]]), ['row 2','784 cells']),
    ('785 pixels in a row', lines([head,[*body[0],'1']]), ['row 1','786 cells']),
    ('text', cell(2, 300, 'dark'), ['row 2','pixel299',"'dark'"]), ('NaN', cell(1, 1, 'NaN'), ['row 1','pixel0',"'NaN'"]),
    ('nothing', cell(3, 784, ''), ['row 3','pixel783',"''"]),
    ('negative', cell(1, 5, '-1'), ['row 1','pixel4',"'-1'"]), ('over 255', cell(1, 5, '256'), ['pixel4',"'256'"]),
    ('a fraction', cell(1, 5, '0.5'), ['pixel4',"'0.5'"]),
    ('no label', cell(2, 0, ''), ['row 2','label']), ('label 10', cell(2, 0, '10'), ['row 2','label',"'10'",'0 to 9']),
    ('label 1.5', cell(2, 0, '1.5'), ['row 2','label','0 to 9']), ('label 99.0', cell(2, 0, '99.0'), ['row 2','label','0 to 9']),
    ('infinite', cell(1, 5, 'inf'), ["'inf'"]), ('with underscore', cell(1, 5, '1_0'), ["'1_0'"]),
    ('Arabic digits', cell(1, 5, '٣'), ["'٣'"]), ('True', cell(1, 5, 'True'), ["'True'"]),
    ('5,000 digits', cell(1, 5, '9'*5000), ['pixel4']), ('zero to a huge power', cell(1, 5, '0e999999999'), ['pixel4']),
    ('semicolons', lines(whole).replace(',', ';'), ['separated by',"';'",'commas']),
    ('tabs', lines(whole).replace(',', '\t'), ['separated by tabs','commas']),
    ('a quotation mark that is never closed', cell(1, 5, '"7'), ['line']),
    ('a line of 70,000', cell(1, 5, ' '*70000+'7'), ['line 2','too long'])]])
def test_bad_csv(tmp_path, text, parts):
    f = tmp_path/'a.csv'
    for b in text.encode(),gzip.compress(text.encode()),b'\xef\xbb\xbf'+text.encode():
        f.write_bytes(b)
        refuses(lambda: load_csv(f), f, *parts)
    refuses(lambda: load_digits(f), f)

@pytest.mark.parametrize('b',
                         [pytest.param(b, id=k) for k, b in [('UTF-16', lines(whole).encode('utf-16')),
                                                             ('Latin 1', cell(1, 5, 'é').encode('latin-1')),
                                     ('PNG', b'\x89PNG\r\n\x1a\n\0\0'+bytes(range(256))),
    ('zip', b'PK\3\4'+bytes(300)), ('bzip2', b'BZh91AY&SY'+bytes(99)), ('xz', b'\xfd7zXZ\0'), ('NUL', bytes(9999)),
    ('gzip cut short', gzip.compress(lines(whole).encode())[:-200])]])
@pytest.mark.parametrize('name', ['a.csv','a.csv.zip','a.tar','a.csv.bz2','a.csv.xz'])
def test_no_csv(tmp_path, b, name):
    "No text, and no archive: nothing but gzip is unpacked, whatever the name promises."
    (tmp_path/name).write_bytes(b)
    refuses(lambda: load_csv(tmp_path/name), tmp_path/name)
    assert os.listdir(tmp_path)==[name]

@pytest.mark.parametrize('b',
                         [pytest.param(b, id=k) for k, b in [('plain', lines(whole).encode()), ('BOM', lines(whole).encode('utf-8-sig')),
                                     ('CRLF', lines(whole, '\r\n').encode()), ('CR', lines(whole, '\r').encode()),
    ('no end of line at the end', lines(whole).strip().encode()), ('blank lines', lines(whole, '\n\n').encode()),
    ('quoted numbers', lines([[f'"{v}"' for v in o] for o in whole]).encode()),
    ('floats', lines([head,*([f'{v}.0' for v in o] for o in body)]).encode()),
    ('spaces', lines([head,*([f' {v}' for v in o] for o in body)]).encode()), ('gzip', gzip.compress(lines(whole).encode())),
    ('two gzips', gzip.compress(lines(whole[:2]).encode())+gzip.compress(lines(whole[2:]).encode()))]])
def test_unusual_csv(tmp_path, b):
    (tmp_path/'a.csv').write_bytes(b)
    assert is_right(load_csv(tmp_path/'a.csv', labels=True), whole)

# Images

def seven(size=(40,48), k=5):
    im = Image.new('L', size, 255)
    ImageDraw.Draw(im).line([(60//k,60//k),(130//k,60//k),(90//k,180//k)], fill=0, width=3)
    return im

def save(im, fmt, **kw):
    b = io.BytesIO()
    im.save(b, fmt, **kw)
    return b.getvalue()

def orientation(k): e = Image.Exif(); e[0x0112] = k; return e

def chunk(name, data=b''):
    "A chunk of a PNG: how long it is, its name, its data and a checksum"
    return len(data).to_bytes(4, 'big') + name + data + zlib.crc32(name+data).to_bytes(4, 'big')

def kinds():
    "Images of all kinds, each of which must be read: name → bytes"
    L = seven()
    rgb,alpha = L.convert('RGB'),Image.merge('LA', (L,ImageOps.invert(L)))
    deep = Image.fromarray(np.asarray(L).astype(np.uint16)*257)
    small = Image.fromarray(np.pad(np.arange(400, dtype=np.uint8).reshape(20,20), 4))
    clear = L.convert('P'); clear.info['transparency'] = bytes([0]*128+[255]*128)
    frames = dict(save_all=True, append_images=[ImageOps.mirror(L)])
    res = {'grey.png':save(L, 'png'), 'RGB.png':save(rgb, 'png'), 'RGBA.png':save(alpha.convert('RGBA'), 'png'),
           'LA.png':save(alpha, 'png'), '1 bit.png':save(L.convert('1'), 'png'),
           'palette.png':save(rgb.quantize(4), 'png'), 'palette with alpha.png':save(clear, 'png'), '16 bit.png':save(deep, 'png'),
           '28x28.png':save(small, 'png'), '28x28, stored.png':save(small, 'png', compress_level=0),
           'clear grey.png':save(L, 'png', transparency=255), 'animated.png':save(L, 'png', **frames),
           'text.png':save(L, 'png', pnginfo=_text()), 'grey.jpg':save(L, 'jpeg'), 'RGB.jpg':save(rgb, 'jpeg', quality=90),
           'CMYK.jpg':save(rgb.convert('CMYK'), 'jpeg'), 'progressive.jpg':save(L, 'jpeg', progressive=True),
           '28x28.jpg':save(small, 'jpeg'), 'two pictures.jpg':save(rgb, 'mpo', **frames), 'animated.gif':save(L, 'gif', **frames),
           'grey.gif':save(L, 'gif'), 'grey.bmp':save(L, 'bmp'), 'grey.tif':save(L, 'tiff'),
           'packed.tif':save(L, 'tiff', compression='tiff_lzw'), 'float.tif':save(L.convert('F'), 'tiff'), '16 bit.tif':save(deep, 'tiff'),
           'RGB.webp':save(rgb, 'webp', lossless=True), 'grey.ppm':save(L, 'ppm'), '1x1.png':save(Image.new('L', (1,1), 9), 'png'),
           '10000x1.png':save(Image.fromarray(np.arange(10000, dtype=np.uint16)[None].astype(np.uint8)), 'png')}
    res['odd animation.png'] = res['grey.png'][:33]+chunk(b'acTL', bytes(8))+res['grey.png'][33:] # Pillow warns of it
    for k in range(1, 9):
        for ext in ('jpg','png') if k in (3,6) else ('jpg',):
            res[f'turned {k}.{ext}'] = save(L, {'jpg':'jpeg'}.get(ext, ext), exif=orientation(k))
    res['28x28, clear.png'] = save(small, 'png', transparency=0)
    res['28x28, turned.png'] = save(small, 'png', exif=orientation(6))
    res['28x28, turned.jpg'] = save(small, 'jpeg', exif=orientation(6))
    return res

def _text():
    from PIL.PngImagePlugin import PngInfo
    o = PngInfo(); o.add_text('who', 'me', zip=True); o.add_itxt('was', 'ü'*99)
    return o

def pillows(b):
    "The pixels as Pillow has them, turned as the EXIF data say by NumPy, and the mode"
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        with Image.open(io.BytesIO(b)) as im:
            im.load()
            k,a,mode = im.getexif().get(0x0112, 1),np.asarray(im),im.mode
    t = lambda a: np.swapaxes(a, 0, 1)
    turns = {2:lambda a: a[:,::-1], 3:lambda a: a[::-1,::-1], 4:lambda a: a[::-1], 5:t, 6:lambda a: t(a[::-1]),
             7:lambda a: t(a[::-1,::-1]), 8:lambda a: t(a)[::-1]}
    return turns.get(k, lambda a: a)(a),mode

def chunks(b):
    "The chunks of a PNG, as `[start, end, name, is its checksum right?]`, to the last that is whole"
    i,res = 8,[]
    while i+12<=len(b):
        n = int.from_bytes(b[i:i+4], 'big')
        if i+12+n>len(b): break
        res.append([i, i+12+n, b[i+4:i+8], zlib.crc32(b[i+4:i+8+n])==int.from_bytes(b[i+8+n:i+12+n], 'big')])
        i += 12+n
    return res

def chunk_edit(draw, b):
    "A PNG with one chunk changed, left out, doubled or moved, and its checksum made right"
    cs = chunks(b)
    if b[:4]!=b'\x89PNG' or not cs: return b
    i = draw(st.integers(0, len(cs)-1))
    parts = [b[o[0]:o[1]] for o in cs]
    how = draw(st.sampled_from(['data','data','drop','double','move','name']))
    if how=='data' and len(parts[i])>12:
        data = bytearray(parts[i][8:-4])
        data[draw(st.integers(0, len(data)-1))] = draw(st.sampled_from([0,1,2,3,4,5,6,8,16,28,127,255]))
        parts[i] = chunk(parts[i][4:8], bytes(data))
    elif how=='drop': del parts[i]
    elif how=='double': parts.insert(i, parts[i])
    elif how=='move': parts.insert(draw(st.integers(0, len(cs)-1)), parts.pop(i))
    elif how=='name':
        parts[i] = chunk(draw(st.sampled_from([b'IDAT',b'PLTE',b'tRNS',b'acTL',b'fcTL',b'fdAT',b'eXIf',b'iCCP',b'zTXt',b'JUNK',b'IEND'])),
                         parts[i][8:-4])
    return b[:8]+b''.join(parts)

all_kinds = kinds()
png28 = all_kinds['28x28.png']
light = [o for o in all_kinds if o[:5]!='10000']

@st.composite
def image_files(draw):
    "The name of a kind, and bytes of that kind that may be broken"
    name = draw(st.sampled_from(light))
    b = all_kinds[name]
    how = draw(st.sampled_from(['edit','edit','edit','chunk','end','join']))
    if how=='edit': b = edits(draw, b)
    elif how=='chunk': b = chunk_edit(draw, b)
    elif how=='end': b = b+edits(draw, b)[:50]
    else: o = all_kinds[draw(st.sampled_from(light))]; b = b[:draw(st.integers(0, len(b)))]+o[draw(st.integers(0, len(o))):]
    return name,b

def check_image(f, b):
    "Read one file by all functions; whether it was read"
    f.write_bytes(b)
    im = ask(lambda: read_image(f), f)
    if im is None: refuses(lambda: D.folders._read_images([str(f)]), f); return False
    a,mode = pillows(b)
    assert im.mode==mode and np.array_equal(np.asarray(im), a, equal_nan=mode=='F')
    x = ask(lambda: as_mnist(im))
    assert x is None or x.dtype==torch.uint8 and x.shape==(28,28) and x.max()==255
    one = ask(lambda: D.folders._read_images([str(f)]), f)
    assert (one is None)==(x is None) and (x is None or np.array_equal(one[0], x))
    return True

@pytest.mark.slow
def test_images_by_chance(place, tally, capfd):
    f = place/'image'
    def check(seen):
        @many
        @given(image_files())
        def inner(case):
            name,b = case
            ok = check_image(f, b)
            if b[:2] in (b'II',b'MM'): capfd.readouterr() # but for libtiff, which cannot be stopped
            if b==all_kinds[name]: assert ok
            # checksums protect the pixels: what was read must be what was saved
            if ok and b[:8]==png28[:8] and name.startswith('28x28'):
                used = [o for o in chunks(b) if o[2] in (b'IHDR',b'PLTE',b'IDAT')]
                if not all(o[3] for o in used): assert np.array_equal(pillows(b)[0], pillows(all_kinds[name])[0])
            seen['read' if ok else 'refused'] += 1
        inner()
    run(tally, 'PNG, JPEG and others', check)
    assert not any(capfd.readouterr()) # neither Pillow nor the libraries below it talk

@pytest.mark.parametrize('name', list(all_kinds))
def test_unusual_image(place, name):
    assert check_image(place/'image', all_kinds[name])

def test_unusual_images_are_the_same_digit(place):
    "Palette, alpha, 16 bit, animated, turned: as_mnist gives what it gives for the plain picture."
    def got(k):
        (place/'image').write_bytes(all_kinds[k])
        return as_mnist(read_image(place/'image')).float()
    for k in light:
        if k[:2] in ('28','1x') or k[:6]=='turned': continue # other pictures
        assert (got(k)-got('grey.png')).abs().mean()<(30 if k=='1 bit.png' else 4), k
    for k in 3,6:
        turned = ImageOps.exif_transpose(Image.open(io.BytesIO(all_kinds[f'turned {k}.png'])))
        assert torch.equal(got(f'turned {k}.png'), as_mnist(turned).float()) and not torch.equal(got(f'turned {k}.png'), got('grey.png'))

whole_jpg,whole_png = all_kinds['RGB.jpg'],all_kinds['grey.png']
def bomb(w, h, data=b''):
    return b'\x89PNG\r\n\x1a\n'+chunk(b'IHDR', struct.pack('>2I5B', w, h, 8, 0, 0, 0, 0)) \
        + chunk(b'IDAT', data or zlib.compress(bytes(9999)))+chunk(b'IEND')
eps = b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\n(/tmp/owned) (w) file closefile\nshowpage\n%%EOF\n'

@pytest.mark.parametrize('b,part', [pytest.param(b, p, id=k) for k,b,p in [
    ('empty', b'', 'cannot read'), ('a text', b'hello', 'cannot read'), ('PNG cut in its header', whole_png[:20], 'cannot read'),
    ('PNG cut in its pixels', whole_png[:-40], 'cannot read'), ('PNG without its pixels', bomb(28, 28)[:41]+chunk(b'IEND'), 'cannot read'),
    ('PNG with a changed pixel', whole_png[:60]+bytes([whole_png[60]^1])+whole_png[61:], 'cannot read'),
    ('JPEG cut short', whole_jpg[:-90], 'cannot read'), ('JPEG cut in its header', whole_jpg[:40], 'cannot read'),
    ('only the start of a JPEG', whole_jpg[:2], 'cannot read'),
    ('PNG of 4097 by 4097', bomb(4097, 4097), '16,777,216 pixels'), ('PNG of 2^31 by 2^31', bomb(2**31-1, 2**31-1), 'pixels'),
    ('PNG of 0 by 9', bomb(0, 9), 'cannot read'), ('PostScript, a program', eps, 'cannot read'),
    ('SVG', b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'cannot read'),
    ('PDF', b'%PDF-1.4\n', 'cannot read'), ('Windows metafile', b'\xd7\xcd\xc6\x9a\0\0'+bytes(80), 'cannot read'),
    ('text that unpacks to 128 MB', bomb(28, 28)[:33]+chunk(b'zTXt', b'x\0\0'+zlib.compress(bytes(2**27)))+bomb(28, 28)[33:],
     'cannot read')]])
def test_bad_image(tmp_path, b, part, monkeypatch):
    from PIL import EpsImagePlugin
    tried = []
    monkeypatch.setattr(EpsImagePlugin.EpsImageFile, '_open', lambda *_: tried.append(1)) # what would call Ghostscript
    for name in 'a.png','a.jpg','a.eps':
        (tmp_path/name).write_bytes(b)
        refuses(lambda: read_image(tmp_path/name), tmp_path/name, part)
    assert len(os.listdir(tmp_path))==3 and not tried

@pytest.mark.parametrize('limit', [None, 2**40])
def test_pixels_are_limited_by_ourselves(tmp_path, monkeypatch, limit):
    "Also where somebody has switched Pillow's own limit off"
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', limit)
    (tmp_path/'a.png').write_bytes(bomb(60000, 60000))
    refuses(lambda: read_image(tmp_path/'a.png'), tmp_path/'a.png', '16,777,216 pixels')
    big = Image.new('L', (4200,4200)); big.paste(seven((400,480), 1), (99,99)) # more than 2**24 pixels
    big.save(tmp_path/'b.png')
    refuses(lambda: read_image(tmp_path/'b.png'), tmp_path/'b.png')
    with open(tmp_path/'b.png', 'ab') as f: f.truncate(2**21) # but a file that is large may have more
    assert read_image(tmp_path/'b.png').size==(4200,4200)

def test_every_bit_of_a_png_counts(place):
    "Its checksums protect the pixels, and Pillow alone reads some of these files wrongly."
    f = place/'image'
    start,end = next(o[:2] for o in chunks(png28) if o[2]==b'IDAT')
    for i in range(start+4, end):
        for bit in range(8):
            f.write_bytes(png28[:i]+bytes([png28[i]^1<<bit])+png28[i+1:])
            for read in read_image,lambda f: D.folders._read_images([str(f)]): refuses(lambda: read(f), f)

def test_as_mnist_of_what_is_read_late(tmp_path):
    "An image that Pillow has opened, and not yet read"
    (tmp_path/'a.png').write_bytes(whole_png[:-40])
    with Image.open(tmp_path/'a.png') as im: refuses(lambda: as_mnist(im), 'damaged')

@pytest.mark.parametrize('v', [float('nan'), float('inf'), -3.4e38, 3.4e38])
def test_odd_floats(v):
    a = np.asarray(seven().convert('F')).copy()
    a[30,5] = v
    x = ask(lambda: as_mnist(Image.fromarray(a)))
    assert x is None or x.max()==255
    assert np.isfinite(v) or x is None

# Folders

def blob(i): # different for each `i`, and of MNIST's geometry
    a = np.random.default_rng(i).integers(1, 256, (19,11))
    a = (a+a[::-1,::-1])//2
    a[9,5] = 255
    return np.pad(a, ((5,4),(9,8))).astype(np.uint8)
pool = [blob(i) for i in range(8)]
pngs = [save(Image.fromarray(o), 'png') for o in pool]
photo = save(seven().convert('RGB'), 'jpeg')
KINDS = ['good']*6+['photo','text','cut','empty','hidden','folder','pipe','link in','link out','link to nothing','link to itself',
                    'link to a folder']

@st.composite
def trees(draw):
    "Layout; entries `(part, class, kind, number, suffix)`; and what else is odd"
    parts = draw(st.sampled_from([('',),('train','valid'),('training','testing'),('train',)]))
    classes = st.sampled_from(['3','3','7','0','9','three','10','.3','٣','3 ','-1'])
    odd = draw(st.sampled_from(['']*8+['empty class','class is a link in','class is a link out','class is a file','part is a link out',
                                       'names']))
    entries = draw(st.lists(st.tuples(st.sampled_from(parts), classes, st.sampled_from(KINDS if draw(st.booleans()) else KINDS[:7]),
                                      st.integers(0, 7), st.sampled_from(['.png','.PNG','.jpg','','.eps'])), min_size=1, max_size=6,
                                      unique_by=lambda o: (o[0],o[1],o[3])))
    return parts,odd,entries

odd_names = ['a\nb','\x1b[2J','ü','\udcff','a b','-rf','x..',"';--",'%s{0}']

def plant(d, parts, odd, entries):
    """Make the folder; what `load_folder` should give of each part: a sorted list of `(digit, pixels)`, or `None` where something must be
    refused"""
    out = d.parent/'outside'
    for o in d,out: shutil.rmtree(o, ignore_errors=True); o.mkdir()
    (out/'secret.png').write_bytes(pngs[0]); (out/'3').mkdir(); (out/'3'/'1.png').write_bytes(pngs[0])
    got,bad = {p:[] for p in parts},False
    for p in parts: (d/p).mkdir(exist_ok=True)
    used = {p:set() for p in parts}
    for p,c,kind,i,suffix in entries:
        folder = d/p/c
        folder.mkdir(exist_ok=True)
        f,seen = folder/((odd_names[i]+str(i) if odd=='names' else str(i))+suffix),c in '0123456789' and len(c)==1
        if seen: used[p].add(c)
        x = None
        if kind=='good': f.write_bytes(pngs[i]); x = pool[i]
        elif kind=='photo': f.write_bytes(photo); x = as_photo
        elif kind=='hidden': f.with_name('.'+f.name).write_text('no image')
        elif kind=='folder': f.mkdir()
        elif kind=='pipe': os.mkfifo(f)
        # the last one written counts for all links, see below
        elif kind=='link in': (d/'.real').write_bytes(pngs[i]); f.symlink_to(d/'.real'); x = pool[i]
        else:
            bad |= seen
            if kind=='text': f.write_text('no image')
            elif kind=='cut': f.write_bytes(pngs[i][:-30])
            elif kind=='empty': f.write_bytes(b'')
            else: f.symlink_to({'link out':out/'secret.png','link to nothing':d/'none','link to itself':f,'link to a folder':d/p}[kind])
        if seen and x is not None: got[p].append((int(c), 'real' if kind=='link in' else x))
    real = next((pool[i] for _,_,k,i,_ in reversed(entries) if k=='link in'), None)
    got = {p:[(c, real if isinstance(x, str) else x) for c,x in o] for p,o in got.items()}
    if odd=='empty class': (d/parts[0]/'8').mkdir(); bad = True
    elif odd=='class is a link in': (d/parts[0]/'8').symlink_to(d/parts[0], target_is_directory=True); bad = True
    elif odd=='class is a link out': (d/parts[0]/'8').symlink_to(out/'3', target_is_directory=True); bad = True
    elif odd=='class is a file': (d/parts[0]/'8').write_text('8')
    elif odd=='part is a link out' and parts[0]:
        shutil.rmtree(d/parts[-1]); (d/parts[-1]).symlink_to(out, target_is_directory=True); bad = True
    for p in parts: # folders with nothing in them, and no folders
        has = {str(c) for c,_ in got[p]}
        if not has or used[p]-has: bad = True
    return None if bad else [sorted((c, x.tobytes()) for c,x in got[p]) for p in parts]

as_photo = as_mnist(Image.open(io.BytesIO(photo))).numpy()

@pytest.mark.slow
@pytest.mark.skipif(sys.platform=='win32', reason='makes links and pipes')
def test_folders_by_chance(place, tally):
    d = place/'folder'
    def check(seen):
        @many
        @given(trees())
        def inner(tree):
            true = plant(d, *tree)
            before = sorted(map(str, d.parent.rglob('*')))
            got = ask(lambda: load_folder(d), d)
            assert (got is None)==(true is None)
            if got:
                assert [o is not None for o in got]==[True, len(true)>1]
                for ds,o in zip(got, true): assert sorted((y.item(), x.numpy().tobytes()) for x,y in ds)==o
            dls = ask(lambda: ImageDataLoaders.from_folder(d, bs=1,
                                                           **(dict(train=tree[0][0], valid=tree[0][1]) if len(tree[0])>1
                                                              else dict(valid_pct=.5))), d)
            for ds in (dls.train_ds,dls.valid_ds) if dls else ():
                for i in range(len(ds)):
                    o = ask(lambda: ds[i])
                    if o is not None and ds.items[i].suffix!='.jpg' and o[0].shape[1:]==(28,28):
                        assert any(np.array_equal(o[0][0], x) for x in pool)
            assert sorted(map(str, d.parent.rglob('*')))==before and not nothing_left(place)
            seen['refused' if got is None else 'read'] += 1
        inner()
    run(tally, 'folders of images', check)

@pytest.mark.skipif(sys.platform=='win32', reason='makes links')
@pytest.mark.parametrize('what', ['file','class','part'])
def test_link_out_of_the_folder(tmp_path, what):
    for o in 'd/train/3','d/train/7','d/valid/3','out/3': (tmp_path/o).mkdir(parents=True); (tmp_path/o/'0.png').write_bytes(png28)
    link,to = dict(file=('d/train/3/1.png','out/3/0.png'), **{'class':('d/train/8','out/3'), 'part':('d/valid','out')})[what]
    if what=='part': shutil.rmtree(tmp_path/link)
    (tmp_path/link).symlink_to(tmp_path/to)
    for f in load_folder,ImageDataLoaders.from_folder,load_digits: refuses(lambda: f(tmp_path/'d'), tmp_path/link, 'is a link')
    if what!='part': refuses(lambda: ImageDataLoaders.from_folder(tmp_path/'d', valid_pct=.5), tmp_path/link)
    (tmp_path/'way').symlink_to(tmp_path/'out') # one may go through a link oneself
    assert len(load_folder(tmp_path/'way')[0])==1

@pytest.mark.skipif(sys.platform=='win32', reason='makes links')
@pytest.mark.parametrize('name', ['train-images-idx3-ubyte','t10k-labels-idx1-ubyte','train.csv'])
def test_links_to_numbers(tmp_path, name):
    "To a file in the folder, and by one's own path, yes; out of it no"
    d,out = tmp_path/'d',tmp_path/'out'
    write_set(out)
    (out/'train.csv').write_text(lines([head, *body*2]))
    d.mkdir()
    for o in out.iterdir():
        if (o.name=='train.csv')==(name=='train.csv'): shutil.copy(o, d)
    (d/name).unlink(); (d/name).symlink_to(out/name)
    for o in d,f'{d}/':
        refuses(lambda: load_digits(o), d/name, 'is a link')
        if name!='train.csv':
            refuses(lambda: load_idx(o), d/name, 'is a link'); refuses(lambda: load_idx(o, mmap=True), d/name, 'is a link')
    if name=='train.csv': assert load_csv(d/name).y is not None     # a link that one names oneself
    (d/'kept').mkdir(); shutil.copy(out/name, d/'kept'/'data'); (d/name).unlink(); (d/name).symlink_to('kept/data')
    load_digits(d)
    (tmp_path/'way').symlink_to(d, target_is_directory=True)
    load_digits(tmp_path/'way')

@pytest.mark.skipif(sys.platform=='win32', reason='makes links')
def test_links_in_fastais_cache(tmp_path, monkeypatch):
    monkeypatch.setenv('FASTAI_HOME', str(tmp_path))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path/'x')); monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', 'auto')
    d = D.digits._fastai_data()/'mnist_sample'
    for p in 'train','valid':
        for c in '3','7': (d/p/c).mkdir(parents=True)
    monkeypatch.setattr(D.digits, '_fastai_data', lambda: d.parent)
    assert untar_data(URLs.MNIST_SAMPLE)==d
    (tmp_path/'out').mkdir(); (d/'valid/7').rmdir(); (d/'valid/7').symlink_to(tmp_path/'out', target_is_directory=True)
    refuses(lambda: untar_data(URLs.MNIST_SAMPLE), d/'valid/7', 'is a link')

def test_empty_class(tmp_path):
    for o in 'train/3','train/7','valid/3','valid/7': (tmp_path/o).mkdir(parents=True); (tmp_path/o/'0.png').write_bytes(png28)
    load_folder(tmp_path)
    for o in 'valid/7','train/7':
        os.remove(tmp_path/o/'0.png')
        (tmp_path/o/'.DS_Store').write_text('hidden')
        refuses(lambda: load_folder(tmp_path), tmp_path/o, 'no images')

@pytest.mark.slow
def test_folder_cache_by_chance(place, tally, monkeypatch):
    "What lies in the cache may be broken too: then the images are read anew."
    monkeypatch.setattr(D.folders, '_MANY', 1)
    d = place/'kept'
    for i,o in enumerate(pngs): (d/str(i)).mkdir(parents=True); (d/str(i)/f'{i}.png').write_bytes(o)
    want = load_folder(d, cache=False)[0]
    load_folder(d)
    f, = (cache_dir()/'folders').glob('*.safetensors')      # beside it is its lock
    good = f.read_bytes()
    def check(seen):
        @settings(many, max_examples=cases//4)
        @given(st.data())
        def inner(data):
            b = edits(data.draw, good)
            f.write_bytes(b)
            got = ask(lambda: load_folder(d))[0]
            assert torch.equal(got.x, want.x) and torch.equal(got.y, want.y) and len([*f.parent.iterdir()])==2
            seen['refused' if b!=good else 'read'] += 1
        inner()
    seen = Counter()
    check(seen)
    tally('bad files', 'cache of a folder', tried=sum(seen.values()), refused=seen['refused'], read_rightly=seen['read'])
    for kept in dict(x=want.x), dict(x=want.x, y=None), dict(x=7, y=want.y), dict(x=want.x, y=7), dict(x=want.x,
        y=want.y[:-1]), dict(x=want.x[:-1], y=want.y[:-1]), dict(x=want.x.float(), y=want.y), dict(x='x', y='y'), dict(x=want.x,
            y=want.y+9):
        from mnist_from_scratch.base.state import read_state, write_state
        f.write_bytes(good)
        write_state(f, dict(key=read_state(f)['key'], **kept))
        got = load_folder(d)[0]
        assert torch.equal(got.x, want.x) and torch.equal(got.y, want.y)
    shutil.rmtree(cache_dir())

# Archives

def test_nothing_is_unpacked(tmp_path, monkeypatch):
    "The library knows no archives: what it downloads are four gzipped files, each read as numbers, and none is written out."
    import ast
    for o in Path(D.digits.__file__).parent.glob('*.py'):
        tree = ast.parse(o.read_text(encoding='utf-8'))
        names = {a.name for n in ast.walk(tree) if isinstance(n, (ast.Import,ast.ImportFrom)) for a in n.names}|{n.module
            for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}|{n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        assert not names & {'tarfile','zipfile','unpack_archive','extractall','extract','Untar','Unzip','Decompress'}, o
    import tarfile
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode='w:gz') as t:
        for name,kind in ('../../evil',tarfile.REGTYPE),('/abs',tarfile.REGTYPE),('link',tarfile.SYMTYPE),('hard',
            tarfile.LNKTYPE),('device',tarfile.CHRTYPE),('pipe',tarfile.FIFOTYPE):
            o = tarfile.TarInfo(name); o.type,o.linkname,o.mode = kind,'/etc/passwd',0o4777
            t.addfile(o)
    d = tmp_path/'d'
    write_set(d)
    (d/'train-images-idx3-ubyte').unlink()
    (d/'train-images-idx3-ubyte.gz').write_bytes(b.getvalue())
    (d/'a.tgz').write_bytes(b.getvalue())
    before = sorted(tmp_path.rglob('*'))
    refuses(lambda: load_idx(d), d/'train-images-idx3-ubyte.gz')
    for f in load_csv,read_image,load_digits: refuses(lambda: f(d/'a.tgz'), d/'a.tgz')
    refuses(lambda: untar_data(str(d/'a.tgz')))
    assert sorted(tmp_path.rglob('*'))==before

# The commands

def test_commands(tmp_path, monkeypatch, capfd):
    """`mnist_predict` and `mnist_train` on bad files: a line on stderr for each, a status that is not 0, the good ones read, nothing left
    behind."""
    from mnist_from_scratch.tools import cli
    save_model(tmp_path/'m', make_model('linear'), 'linear', range(10))
    d = tmp_path/'d'
    d.mkdir()
    monkeypatch.chdir(d)
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path/'none'))
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', 'digits')
    monkeypatch.setattr(cli, '_is_command', lambda: True)
    bad = list(no_files(d).values()) if sys.platform!='win32' else [d]
    for i,b in enumerate([b'', whole_png[:-40], whole_jpg[:-90], bomb(60000, 60000), eps, save(Image.new('L', (9,9), 7), 'png')]):
        (d/f'bad{i}.png').write_bytes(b); bad.append(d/f'bad{i}.png')
    for o in (d/'a\n\x1b[2J.png',d/'\udcff.png') if sys.platform=='linux' else (): o.write_bytes(b'x'); bad.append(o)
    good = [d/'RGB.jpg',d/'16 bit.png',d/'animated.gif']
    for o in good: o.write_bytes(all_kinds[o.name])
    (d/'a.csv').write_text(cell(2, 300, 'dark'))
    (d/'empty').mkdir()
    before = sorted(d.rglob('*'))
    def command(name, **args):
        monkeypatch.setattr(sys, 'argv', [name])
        capfd.readouterr()
        try: getattr(cli, name)(**args); status = 0
        except SystemExit as e: status = e.code
        return status,*(o.split('\n')[:-1] for o in capfd.readouterr())
    status,out,err = command('mnist_predict', model=tmp_path/'m', images=[*bad,*good])
    assert status==1 and len(err)==len(bad) and len(out)==len(good), (out, err)
    for f,o in zip(bad, err): assert o.startswith('mnist_predict: ') and printable(f) in o and o.isprintable()
    for f,o in zip(good, out): assert o.startswith(str(f)) and 'probability' in o
    for f in d/'a.csv',d/'bad1.png',*bad[:3]:
        status,out,err = command('mnist_predict', model=tmp_path/'m', images=[f], submission=d/'out.csv')
        assert status==1 and not out and len(err)==1 and str(f) in err[0]
    for f in d/'a.csv',d/'empty',d/'none',d/'bad1.png':
        status,out,err = command('mnist_train', data=f, out=d/'run')
        assert status==1 and not out and len(err)==1 and str(f) in err[0]
    assert sorted(d.rglob('*'))==before and not (tmp_path/'none').exists()

# Memory

measure = '''
import json, os, sys, torch, numpy, resource
from mnist_from_scratch.data.images import as_mnist, read_image
from mnist_from_scratch.data.idx import read_idx
from mnist_from_scratch.data.table import load_csv
from mnist_from_scratch.data.folders import load_folder
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.engine.image_folders import ImageDataset
from mnist_from_scratch.base.core import MnistError
def status(k): return int(next(o for o in open('/proc/self/status') if o.startswith(k+':')).split()[1])*1024
load_digits('digits')
room = status('VmSize')+4*2**30 # who asks for more gets a MemoryError, and the machine is safe
resource.setrlimit(resource.RLIMIT_AS, (room, room))
for name,code in json.load(sys.stdin).items():
    if not os.fork(): # each in a process of its own
        open('/proc/self/clear_refs', 'w').write('5') # sets the highest mark to what is used now
        was = status('VmHWM')
        try: eval(code); how = 'read'
        except MnistError as e: how = str(e)
        print(json.dumps([name, how, status('VmHWM')-was]), flush=True)
        os._exit(0)
    os.wait()
'''

def repeat(f, b, n):
    with open(f, 'wb') as o:
        for _ in range(n): o.write(b)

@pytest.mark.slow
@pytest.mark.skipif(not os.access('/proc/self/clear_refs', os.W_OK), reason='reads the memory from /proc')
def test_memory(place, tally):
    "Files that promise, or hold, far more than their size: how much memory each takes"
    d = place/'large'
    d.mkdir()
    big = (2**21).to_bytes(4, 'big')
    zeros = gzip.compress(bytes(10**8), 9) # 97 kB
    (d/'2^63').write_bytes(bytes([0,0,8,3])+big*3)
    (d/'2^63.gz').write_bytes(gzip.compress(bytes([0,0,8,3])+big*3))
    (d/'2^40.gz').write_bytes(gzip.compress(bytes([0,0,8,2])+big[1:]+b'\0'+big[1:]+b'\0'))
    def bomb_of(name, start): # 10 MB that hold 10 GB
        with open(d/name, 'wb') as f:
            f.write(gzip.compress(start))
            for _ in range(103): f.write(zeros)
    bomb_of('small promise.gz', bytes([0,0,8,3, 0,0,0,1, 0,0,0,28, 0,0,0,28]))
    bomb_of('true promise.gz', bytes([0,0,8,2])+(103).to_bytes(4, 'big')+(10**8).to_bytes(4, 'big'))
    bomb_of('one line.csv.gz', lines([head,body[0]]).encode())
    blank = gzip.compress(lines([['0']*785]*10000).encode(), 9)
    with open(d/'rows.csv.gz', 'wb') as f:
        f.write(gzip.compress(lines([head]).encode()))
        for _ in range(40): f.write(blank)
    with open(d/'1 GB line.csv', 'wb') as f: f.write(lines([head]).encode()); f.truncate(10**9) # a hole: it takes no room
    with open(d/'1 GB header.csv', 'wb') as f: f.truncate(10**9)
    repeat(d/'quoted.csv', (',"'+'7\n'*499).encode(), 20000) # 20 MB, of which a quotation mark makes one cell
    repeat(d/'rows.csv', lines(body).encode(), 3000); (d/'rows.csv').write_bytes(lines([head]).encode()+(d/'rows.csv').read_bytes())
    (d/'full.idx').write_bytes(idx_bytes((50000,28,28), bytes(50000*784)))
    (d/'promises.png').write_bytes(bomb(60000, 60000))
    (d/'holds.png').write_bytes(bomb(12000, 12000, zlib.compress(bytes(12001)*12000, 1)))
    for mode in 'L','RGBA','I;16': Image.new(mode, (4096,4096), None if mode=='I;16' else 'white').save(d/f'{mode}.png', compress_level=1)
    Image.new('F', (4096,4096)).save(d/'F.tif', compression='tiff_adobe_deflate')
    (d/'28.png').write_bytes(bomb(28, 28, zlib.compress(bytes(2**27))))
    size = {o.name:o.stat().st_size for o in d.iterdir()}
    p = lambda name: repr(str(d/name))
    todo = {o:f'read_idx({p(o)})' for o in ('2^63','2^63.gz','2^40.gz','small promise.gz','true promise.gz','full.idx')}
    todo |= {o:f'load_csv({p(o)})' for o in ('one line.csv.gz','rows.csv.gz','1 GB line.csv','1 GB header.csv','quoted.csv','rows.csv')}
    todo |= {o:f'as_mnist(read_image({p(o)}))' for o in ('promises.png','holds.png','L.png','RGBA.png','I;16.png','F.tif','28.png')}
    todo |= {f'dataset {o}':f'ImageDataset([{p(o)}])[0]' for o in ('RGBA.png','holds.png')}
    r = subprocess.run([sys.executable, '-c', measure], input=json.dumps(todo), capture_output=True, text=True, timeout=600,
                       env=os.environ|dict(OMP_NUM_THREADS='1'))
    assert not r.returncode and not r.stderr, r.stderr
    res = {k:o for k,*o in map(json.loads, r.stdout.splitlines())}
    assert res.keys()==todo.keys()
    shutil.rmtree(d)
    for k,(how,used) in res.items(): print(f'{k:20} {size[k.replace("dataset ","")]:14,} bytes, {used/1e6:8.1f} MB: {how[-90:]}')
    MB = 2**20
    limits = {'full.idx':1.1*size['full.idx']+8*MB, 'rows.csv':2*size['rows.csv']+8*MB, 'rows.csv.gz':2*64*MB,
              'quoted.csv':2*size['quoted.csv'], 'L.png':16*2**24, 'RGBA.png':32*2**24, 'I;16.png':32*2**24, 'F.tif':32*2**24,
              'dataset RGBA.png':16*2**24}
    for k,(how,used) in res.items():
        assert (how=='read')==(k in ('full.idx','rows.csv','dataset RGBA.png')), (k, how)
        assert used<limits.get(k, 16*MB), (k, used)
    tally('bad files', 'bombs', tried=len(res), refused=sum(o[0]!='read' for o in res.values()),
          most_MB=round(max(o[1] for k,o in res.items() if k not in limits)/1e6))
