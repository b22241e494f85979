"""What several test modules use: MNIST where there is one, the bundled digits, the built site, a browser, a counter of operations, the
table of what was survived."""
import ast, os, shutil, subprocess, sys, zlib
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest, torch, warm
from filelock import FileLock
from served import served
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.data.digits import load_digits

root = Path(__file__).parent.parent
# how many bad inputs of each kind are made; `.ci/run` takes 2000, and `CASES=40000 pytest tests/test_bad_files.py` a while
cases = int(os.environ.get('CASES', 400))
_tally = {}

@pytest.fixture(scope='session')
def tally():
    "`tally('bad files', 'IDX', tried=2000, refused=1930)` adds to a row of the table that the suite ends with"
    def add(kind, what, **counts):
        row = _tally.setdefault((kind, what), {})
        for k,n in counts.items(): row[k] = row.get(k, 0)+n
    return add

def _add(tally):
    for k,row in tally: _tally[k] = {o:_tally.get(k, {}).get(o, 0)+n for o,n in row.items()}
def pytest_sessionfinish(session): # a worker of pytest-xdist hands its counts over
    if hasattr(session.config, 'workeroutput'): session.config.workeroutput['tally'] = [[list(k), row] for k,row in _tally.items()]
@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node): _add([(tuple(k), row) for k,row in getattr(node, 'workeroutput', {}).get('tally', [])])

def pytest_collection_modifyitems(items):
    "`pytest -m mnist` runs what cannot be tried without MNIST, `-m 'not slow'` all that needs no site and no browser either"
    for o in items:
        if 'mnist' in o.fixturenames: o.add_marker('mnist')
        if {'site','browser'} & {*o.fixturenames}: o.add_marker('slow')

def pytest_terminal_summary(terminalreporter):
    if not _tally: return
    lines = [f"{kind:14} {what:26} {', '.join(f'{k} {n:,}' for k,n in counts.items())}" for (kind,what),counts in sorted(_tally.items())]
    terminalreporter.section('nothing lost, nothing broken in')
    for o in lines: terminalreporter.line(o)
    if 'TALLY' in os.environ: Path(os.environ['TALLY']).write_text('\n'.join(lines)+'\n')

@pytest.fixture(scope='session')
def mnist():
    "`(train, valid)` of MNIST; skips where there is none, and fails where `MNIST_FROM_SCRATCH_DATA` promises one"
    try: return load_digits('mnist')
    except MnistError as e:
        if os.environ.get('MNIST_FROM_SCRATCH_DATA', 'digits')!='digits': raise
        pytest.skip(f'no MNIST here: {e}')

@pytest.fixture(scope='session')
def digits():
    "`(train, valid)` of the bundled digits"
    return load_digits('digits')

def in_a_new_process(src, run=warm.run):
    "Run the program `src` by itself; it fails where that does. With `run=subprocess.run` where it matters what Python has imported"
    r = run([sys.executable, '-c', src], capture_output=True, text=True)
    assert not r.returncode, r.stderr

def patched(mod):
    "Public methods that the module `mod` of the package adds to classes: the names of class and method"
    for o in ast.parse((root/'mnist_from_scratch'/f'{mod.replace(".", "/")}.py').read_text(encoding='utf-8')).body:
        if isinstance(o, ast.FunctionDef) and o.name[0]!='_' and any('patch' in ast.unparse(d) for d in o.decorator_list):
            yield ast.unparse(o.args.args[0].annotation),o.name

class Ops(TorchDispatchMode):
    "Counts the operations on tensors, by name, while the block lasts"
    def __init__(self): super().__init__(); self.n = Counter()
    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        self.n[f.overloadpacket.__name__] += 1
        return f(*args, **kwargs or {})

class Biggest(TorchDispatchMode):
    "`top` is the size in bytes of the largest tensor made in the block, views of others aside"
    top = 0
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out,old = func(*args, **(kwargs or {})),{o.untyped_storage().data_ptr() for o in tree_leaves(args) if isinstance(o, torch.Tensor)}
        for o in tree_leaves(out):
            if isinstance(o, torch.Tensor) and o.untyped_storage().data_ptr() not in old: self.top = max(self.top, o.nbytes)
        return out

def inventory(file, project, *names):
    "An inventory of the kind that Sphinx fetches from other projects"
    file.parent.mkdir(parents=True)
    lines = ''.join(f'{n} py:class 1 made-up.html#$ -\n' for n in names)
    file.write_bytes(f'# Sphinx inventory version 2\n# Project: {project}\n# Version: 1\n# The remainder of this file is compressed using '
                     'zlib.\n'.encode()+zlib.compress(lines.encode()))

@pytest.fixture(scope='session')
def shared_folder(tmp_path_factory):
    "`shared_folder(name, make)` is a folder that `make(folder)` has filled, once for all workers of pytest-xdist; it fails where that did"
    base = tmp_path_factory.getbasetemp()
    if 'PYTEST_XDIST_WORKER' in os.environ: base = base.parent
    def f(name, make):
        out,made = base/name,base/f'{name}.made'
        with FileLock(f'{out}.lock'):
            if not out.exists(): out.mkdir(); make(out); made.touch()
        assert made.exists(), f'{name} could not be made'
        return out
    return f

@pytest.fixture(scope='session')
def site(shared_folder):
    "The folder of the built site; made offline, with an inventory for PyTorch that knows `torch.Tensor` only"
    pytest.importorskip('sphinx_book_theme', reason='no Sphinx here')
    return shared_folder('site', _build)/'html'

def _build(out):
    inventory(out/'inventories/torch.inv', 'PyTorch', 'torch.Tensor')
    no = 'http://127.0.0.1:9'
    r = subprocess.run([sys.executable, 'docs/build.py', '--out', str(out)], cwd=root, capture_output=True, text=True,
                       env=os.environ|dict(PYTHONPATH=str(root), http_proxy=no, https_proxy=no, no_proxy=''))
    assert not r.returncode, r.stdout+r.stderr

def until(page, done):
    """Until `done`, in JavaScript or a function, is true. `wait_for_function` would ask again by `eval`, which the policy of the pages
    forbids"""
    for _ in range(600):
        if done() if callable(done) else page.evaluate(done): return
        page.wait_for_timeout(50)
    raise TimeoutError(done)

@contextmanager
def watched(browser, at):
    "A function that makes a page; after the block there must have been no error in any, and no request to anywhere but the site at `at`"
    wrong,contexts = [],[]
    def new(**kwargs): # For the context of the page
        contexts.append(browser.new_context(**kwargs))
        page = contexts[-1].new_page()
        page.on('console', lambda m: m.type in ('error','warning') and wrong.append((m.text, m.location)))
        page.on('pageerror', lambda e: wrong.append(str(e)))
        page.on('request', lambda r: r.url.startswith((at,'data:',f'blob:{at[:-1]}')) or wrong.append(r.url))
        return page
    yield new
    for o in contexts: o.close()
    assert not wrong

@pytest.fixture(scope='session')
def at(site):
    "The address of the site, served on this machine"
    with served(site) as url: yield url

@pytest.fixture(scope='module') # Playwright keeps an event loop running, which other modules' tests must not find
def browser():
    "Chromium, or Chrome, driven by Playwright"
    api = pytest.importorskip('playwright.sync_api', reason='no Playwright here')
    if not (chromium := next(filter(None, map(shutil.which, ('chromium','chromium-browser','google-chrome'))), None)):
        pytest.skip('no Chromium here')
    with api.sync_playwright() as p:
        b = p.chromium.launch(executable_path=chromium, args='--no-sandbox --disable-quic --disable-background-networking '
                              '--disable-component-update --disable-sync'.split())
        yield b
        b.close()
