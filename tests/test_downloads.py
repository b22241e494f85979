"""Downloads from a server of our own that cuts, stalls, lies, redirects and never ends: MNIST comes from the second mirror, or one line
says why not, and nothing is left behind."""
import hashlib, os, subprocess, sys, time
from pathlib import Path

import pytest, torch
import mnist_from_scratch.data as D
from mnist_from_scratch.base import files as base_files
from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.data.sets import Digits
from mnist_from_scratch.data.idx import load_idx
from mnist_from_scratch.data.download import download_mnist
from mnist_from_scratch.data.digits import load_digits
from serving import Server, nobody, packed

BYTES = 200_000

@pytest.fixture(scope='module')
def files():
    "Four files of MNIST's names, the first of them long enough to be cut, and the SHA-256 of each"
    g = torch.Generator().manual_seed(0)
    sets = [Digits(torch.randint(0,256,(n,28,28), generator=g).byte(), torch.arange(n)%10) for n in (250,30)]
    fs,sums = packed(sets)
    assert len(fs[IMAGES])>BYTES*.9
    return fs,sums

IMAGES = 'train-images-idx3-ubyte.gz'

@pytest.fixture
def serve(monkeypatch, files):
    "Starts servers on this machine; patience is short, and sizes are those of our files"
    for k in 'NO_PROXY','no_proxy': monkeypatch.setenv(k, '127.0.0.1,localhost')
    monkeypatch.setattr(D.download, '_SILENT', 1); monkeypatch.setattr(D.download, '_CONNECT', 3)
    monkeypatch.setattr(D.download, '_SIZES', {k:len(b) for k,b in files[0].items()})
    servers = []
    def start(how=lambda name, n: 'good', fs=files[0]): servers.append(Server(fs, how)); return servers[-1]
    yield start
    for o in servers: o.close()

def for_images(what): return lambda name, n: what if name==IMAGES else 'good'

# what the server does: what the error says, and how often this mirror is asked for the file
BAD = dict(cut=('broke off',2), reset=('broke off',2), stall=('broke off',2), silent=('no answer in time',1),
           trickle=('no answer in time',1), empty=('SHA-256',1), wrong=('SHA-256',1), other=('SHA-256',1), error=('503',1), rude=('500',1),
           bomb=('more than its',1), endless=('more than its',1), again=('redirects',None),
           **{'claims more':('broke off',2), 'claims less':('SHA-256',1), 'claims 2^60':('broke off',2),
              'endless chunks':('more than its',1), 'no http':('no connection',1),
           'file:///etc/passwd':('file:///etc/passwd',1), 'FILE:///etc/passwd':('file:///etc/passwd',1), 'ftp://127.0.0.1/x':('ftp://',1),
           'gopher://127.0.0.1/x':('gopher://',1), 'data:text/plain,x':('data:',1), 'http://':('redirects',None), 'http://[::1':('',1),
           'http://.../':('',1), '//':('redirects',None), 'http://127.0.0.1:9/x':('no connection',1), 'http://127.0.0.1:99999/':('',1)})

@pytest.mark.parametrize('what', BAD)
def test_bad_server(what, serve, files, tmp_path, tally):
    "Alone it ends in one line, with nothing left; with a good mirror after it, in MNIST"
    says,asked = BAD[what]
    bad = serve(for_images(what))
    with pytest.raises(MnistError) as e: download_mnist(tmp_path/'m', (bad.url,), files[1])
    msg = str(e.value)
    assert msg.startswith(
        f'MNIST cannot be downloaded ({bad.url}: ') and says in msg and f'put its four files into {tmp_path/"m"}' in msg and len(
            msg.splitlines())==1 and len(msg)<700 and msg.isprintable(), msg
    assert asked in (None, bad.seen.count(IMAGES)), (asked, bad.seen)
    assert [o.name for o in tmp_path.iterdir()]==['.m.lock']
    good = serve()
    folder = download_mnist(tmp_path/'m', (bad.url,good.url), files[1])
    assert (folder/IMAGES).read_bytes()==files[0][IMAGES] and len(load_idx(folder)[0])==250 and IMAGES in good.seen
    assert sorted(o.name for o in folder.iterdir())==sorted(files[0]) # and nothing else
    tally('downloads', 'bad servers', tried=2, **{'told in one line':1, 'got from a second mirror':1})

@pytest.mark.parametrize('what', ['endless','endless chunks','claims 2^60'])
def test_no_more_is_read_than_there_should_be(what, serve, files, tmp_path):
    bad = serve(for_images(what))
    with pytest.raises(MnistError): download_mnist(tmp_path/'m', (bad.url,), files[1])
    assert bad.sent < 5e7 # what the system's buffers hold, and no disk full

def test_a_clean_retry(serve, files, tmp_path, tally):
    "A mirror that broke off is asked again for what is missing, and only for that"
    for what in 'cut','reset','stall','claims more':
        once = serve(lambda name, n: what if name==IMAGES and not n else 'good')
        folder = download_mnist(tmp_path/what, (once.url,), files[1])
        assert len(load_idx(folder)[0])==250 and once.seen.count(IMAGES)==2 and len(once.seen)==5
        tally('downloads', 'broken off, then whole', tried=1, whole=1)

def test_a_good_one_after_each_file(serve, files, tmp_path):
    "Each mirror has one file only: together they have all"
    servers = [serve(lambda name, n, k=k: 'good' if name==k else 'error') for k in files[0]]
    assert len(load_idx(download_mnist(tmp_path/'m', [o.url for o in servers], files[1]))[0])==250

def test_good_redirects_are_followed(serve, files, tmp_path):
    good = serve()
    assert len(load_idx(download_mnist(tmp_path/'m', (serve(lambda name, n: good.url+name).url,), files[1]))[0])==250

def test_later_it_works(serve, files, tmp_path):
    "What failed leaves nothing that is in the way"
    with pytest.raises(MnistError): download_mnist(tmp_path/'m', (nobody(),), files[1])
    assert download_mnist(tmp_path/'m', (serve().url,), files[1])==tmp_path/'m'

def test_the_sizes_are_known():
    assert D.download._SIZES.keys()==D.download.MNIST_FILES.keys() and sum(D.download._SIZES.values())==11_594_722

@pytest.mark.slow
def test_offline(files, tmp_path, monkeypatch, serve, capsys):
    "One line, quickly; the bundled digits in its place where one may choose"
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setenv('FASTAI_HOME', str(tmp_path/'none')); monkeypatch.delenv('MNIST_FROM_SCRATCH_DATA', raising=False)
    monkeypatch.setattr(D.digits, '_offline', False)
    no,real = (nobody(),nobody()),download_mnist
    monkeypatch.setattr(D.digits, 'download_mnist', lambda: real(None, no, files[1]))
    with pytest.raises(MnistError, match='no connection.*no connection.*pass a folder that holds it') as e: load_digits('mnist')
    assert len(str(e.value).splitlines())==1
    assert len(load_digits()[1])==359 and capsys.readouterr().err.count('\n')==1

def test_progress(serve, files, tmp_path, monkeypatch):
    "A bar for what is long, where somebody is watching; none else"
    shown,made = [],[]
    class Bar:
        def __init__(self, items): made.append(len(items))
        def update(self, n): shown.append(n)
    monkeypatch.setattr(D.download, 'visible_bar', Bar)
    download_mnist(tmp_path/'a', (serve().url,), files[1])
    assert not made
    big = os.urandom(2**21)
    fs,sums = files[0]|{IMAGES:big},files[1]|{IMAGES:hashlib.sha256(big).hexdigest()}
    monkeypatch.setitem(D.download._SIZES, IMAGES, len(big))
    download_mnist(tmp_path/'b', (serve(fs=fs).url,), sums)
    assert made==[len(big)] and shown==sorted(shown) and shown[0]==0 and shown[-1]==len(big) and len(shown)>20

def test_progress_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(base_files, 'IN_NOTEBOOK', False)
    assert base_files.visible_bar(range(9)) is None and base_files.with_progress([1]*30000)==[1]*30000
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True, raising=False)
    bar = base_files.visible_bar(range(2**20))
    for n in 0,2**19,2**20: bar.update(n)
    assert list(base_files.with_progress([1]*3))==[1]*3

@pytest.mark.slow
def test_killed_while_downloading(serve, files, tmp_path):
    "The next one fetches it, and what was left behind goes"
    stall,good = serve(for_images('stall')),serve()
    code = f'from mnist_from_scratch.data.download import *; download_mnist({str(tmp_path/"m")!r}, ({stall.url!r},), {files[1]!r})'
    p = subprocess.Popen([sys.executable, '-c', code], env=os.environ|dict(PYTHONPATH=str(Path(__file__).parent.parent)))
    while IMAGES not in stall.seen and p.poll() is None: time.sleep(.05)
    time.sleep(.2); p.kill(); p.wait()
    assert any(o.name.startswith('.m-') for o in tmp_path.iterdir())
    download_mnist(tmp_path/'m', (good.url,), files[1])
    assert sorted(o.name for o in tmp_path.iterdir())==['.m.lock','m']
