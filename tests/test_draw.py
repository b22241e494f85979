"The page 'Draw a digit' (docs/draw.md): it judges a drawing as the library does, in a browser, and all can use it."
import base64, functools, http.server, importlib.util, io, json, re, shutil, threading
from pathlib import Path

import pytest
import torch
from PIL import Image
from mnist_from_scratch.baseline import Proportion
from mnist_from_scratch.cli import predict
from mnist_from_scratch.datasets import as_mnist

docs = Path(__file__).parent.parent/'docs'
spec = importlib.util.spec_from_file_location('make_draw', docs/'make_draw.py')
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)
data = json.loads(made.FILE.read_text())
specs = {o['name']:o for o in data['models']}
models = {k:made.to_torch(o) for k,o in specs.items()}
md = (docs/'draw.md').read_text(encoding='utf-8')

@pytest.fixture(scope='session')
def browser():
    if not (exe := shutil.which('chromium')): pytest.skip('no chromium here')
    play = pytest.importorskip('playwright.sync_api', reason='no playwright here')
    flags = '--no-sandbox --disable-quic --disable-background-networking --disable-component-update --disable-sync'
    with play.sync_playwright() as p: yield p.chromium.launch(executable_path=exe, args=flags.split())

@pytest.fixture(scope='session')
def site(tmp_path_factory):
    "The address of a bare page that holds nothing but the widget"
    root = tmp_path_factory.mktemp('site')
    shutil.copytree(docs/'_static', root/'_static')
    html = re.search(r'^```\{raw\} html\n(.*?)^```$', md, re.M|re.S)[1]
    (root/'index.html').write_text(f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Draw</title>{html}', encoding='utf-8')
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_): pass
    with http.server.ThreadingHTTPServer(('127.0.0.1',0), functools.partial(Handler, directory=root)) as srv:
        threading.Thread(target=srv.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{srv.server_port}/'
        srv.shutdown()

@pytest.fixture
def opened(browser, site):
    "A function that opens the page; at the end there must have been no error in it, and no request to anywhere else"
    wrong,contexts = [],[]
    def f(**kwargs):
        contexts.append(browser.new_context(**kwargs))
        page = contexts[-1].new_page()
        page.on('console', lambda m: m.type in ('error','warning') and wrong.append(m.text))
        page.on('pageerror', lambda e: wrong.append(str(e)))
        page.on('request', lambda r: r.url.startswith((site,'data:')) or wrong.append(r.url))
        page.goto(site)
        page.wait_for_function('window.draw && draw.models')
        return page
    yield f
    for o in contexts: o.close()
    assert not wrong

def drawings(ds, seed=0):
    "As a person would draw them: each at a place and of a size of its own. Position in `ds`, and x, y and size on the canvas"
    g = torch.Generator().manual_seed(seed)
    of_each = [(ds.y==c).nonzero()[:,0] for c in range(10)]
    for i in torch.cat([o[torch.linspace(0, len(o)-1, 100).long()] for o in of_each]).tolist():
        size = int(torch.randint(120, 280, (), generator=g))
        yield i, *torch.randint(0, 281-size, (2,), generator=g).tolist(), size

DRAW_ALL = '''todo => todo.map(([bytes,x,y,size]) => {
    draw.clear(); draw.stamp(Uint8Array.from(atob(bytes), c => c.charCodeAt(0)), x, y, size)
    const {image} = draw.show(), cards = [...document.querySelectorAll('.draw-model')]
    return [document.querySelector('.draw-pad').toDataURL(), Array.from(image), cards.map(o => [o.dataset.model, +o.querySelector('.draw-digit').textContent])]
})'''

def test_judges_drawings_as_the_library_does(mnist, opened):
    "The page on a canvas, and the models in PyTorch on a PNG of it: the same digit; about as often right as on the test set"
    ds,page = mnist[1],opened()
    rows = list(drawings(ds))
    assert len(rows)==1000
    todo = [[base64.b64encode(ds.x[i].numpy().tobytes()).decode(),*o] for i,*o in rows]
    done = [o for k in range(0, 1000, 100) for o in page.evaluate(DRAW_ALL, todo[k:k+100])]
    ims = torch.stack([as_mnist(Image.open(io.BytesIO(base64.b64decode(o[0].split(',')[1])))) for o in done])
    off = (ims.flatten(1).int()-torch.tensor([o[1] for o in done])).abs().amax(1)
    assert (off<=1).float().mean()>=.99, off.bincount()
    y = ds.y[[o[0] for o in rows]]
    for name,model in models.items():
        theirs = torch.tensor([dict(o[2])[name] for o in done])
        same,acc = (theirs==predict(model, ims).argmax(1)).float().mean(),(theirs==y).float().mean()
        print(f'{name}: the same for {same:.3f}, right {acc:.3f}')
        assert same>=.99, name
        assert abs(acc-specs[name]['test']['value'])<=.02, name
