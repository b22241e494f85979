"The site: everything on it leads somewhere, and it works in a browser, with no network. (That it builds without a warning is held by the fixture `site`.)"
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

root = Path(__file__).parent.parent

class Page(HTMLParser):
    "What a page has: `ids` that can be linked to, `links`, and `files` that it loads"
    def __init__(self, file):
        super().__init__()
        self.ids,self.links,self.files,self.alts = set(),[],[],[]
        self.feed(file.read_text(encoding='utf-8'))
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if a.get('id'): self.ids.add(a['id'])
        if tag=='a' and a.get('href'): self.links.append(a['href'])
        if tag in ('img','script') and a.get('src'): self.files.append(a['src'])
        if tag=='link' and a.get('rel') in ('stylesheet','icon'): self.files.append(a['href'])
        if tag=='img': self.alts.append((a.get('src'), a.get('alt')))

@pytest.fixture(scope='module')
def pages(site): return {o.relative_to(site).as_posix():Page(o) for o in sorted(site.rglob('*.html')) if '_static' not in o.parts}

def test_links_and_files(site, pages):
    "Every internal link leads to a page that is there, and to a place on it; every file that a page loads is there, and none comes from elsewhere."
    bad = []
    for name,p in pages.items():
        for o in p.links+p.files:
            url = urlsplit(urljoin(name, o))
            if url.scheme or url.netloc:
                if o in p.files and url.scheme!='data': bad.append((name, o))
                continue
            file = unquote(url.path) or name
            if not (site/file).is_file() or (url.fragment and file in pages and unquote(url.fragment) not in pages[file].ids): bad.append((name, o))
    assert not bad

def test_every_figure_has_an_alt_text(pages):
    assert not [(n,o) for n,p in pages.items() for o in p.alts if o[0].startswith(('_images','../_images')) and not (o[1] or '').strip('_images/.png')]

def test_page_of_a_chapter(site, pages):
    "No number in its address; the code of what it exports, nothing hidden, no directive; its notebook to open and to download; names lead to the reference"
    text = (site/'losses.html').read_text(encoding='utf-8')
    assert 'tag_export' in text and 'test_fail' not in re.sub('<pre>.*?import.*?</pre>', '', text, flags=re.S) and '#|' not in text and 'find_spec' not in text
    assert any('colab.research.google.com' in o and o.endswith('/nbs/05_losses.ipynb') for o in pages['losses.html'].links)
    assert (site/'notebooks/05_losses.ipynb').read_bytes()==(root/'nbs/05_losses.ipynb').read_bytes()
    assert {'reference/losses.html#mnist_from_scratch.losses.mnist_loss','training_loop.html'} & set(pages['losses.html'].links)
    assert '<math' in text

def test_reference(site, pages):
    "Signature, table of parameters, source; a method that a later chapter adds; types of PyTorch lead there, those without an inventory do not"
    text = (site/'reference/losses.html').read_text(encoding='utf-8')
    assert 'id="mnist_from_scratch.losses.cross_entropy"' in text and 'Class numbers, int64 [N]' in text
    assert any(re.search(r'mnist_from_scratch/losses\.py#L\d+-L\d+', o) for o in pages['reference/losses.html'].links)
    assert 'https://docs.pytorch.org/docs/stable/made-up.html#torch.Tensor' in pages['reference/losses.html'].links
    assert 'mnist_from_scratch.learner.Learner.fit_one_cycle' in pages['reference/callbacks.html'].ids
    assert not [o for p in pages.values() for o in p.links if 'docs.python.org' in o]

def test_every_public_name_has_its_place(pages):
    import importlib
    for f in (root/'mnist_from_scratch').glob('*.py'):
        if f.stem in ('__init__','_modidx','all'): continue
        mod = importlib.import_module(f'mnist_from_scratch.{f.stem}')
        assert not [n for n in mod.__all__ if f'{mod.__name__}.{n}' not in pages[f'reference/{f.stem}.html'].ids]

@pytest.fixture
def page(browser):
    c = browser.new_context()
    yield c.new_page()
    c.close()

def test_every_page_in_a_browser(site, pages, at, browser):
    "No error in the console, nothing asked of other machines, and on a phone nothing sticks out on the right."
    c,bad = browser.new_context(viewport=dict(width=360, height=740)),[]
    for name in pages:
        pg = c.new_page()
        pg.on('console', lambda m: m.type=='error' and bad.append((name, m.text)))
        pg.on('pageerror', lambda e: bad.append((name, str(e))))
        pg.on('request', lambda r: r.url.startswith((at,'data:')) or bad.append((name, r.url)))
        pg.on('requestfailed', lambda r: bad.append((name, r.url)))
        pg.goto(at+name)
        if (wide := pg.evaluate('document.documentElement.scrollWidth'))>360: bad.append((name, f'{wide} pixels wide'))
        pg.close()
    c.close()
    assert not bad

def test_search(at, page):
    page.goto(at+'search.html?q=cross_entropy')
    page.wait_for_selector('#search-results li a')
    found = page.eval_on_selector_all('#search-results li a', 'os => os.map(o => o.getAttribute("href"))')
    assert any('losses.html' in o for o in found)

def test_theme_toggles(at, page):
    page.goto(at+'losses.html')
    def colour(mode):
        page.locator('.theme-switch-button:visible').first.click()
        page.locator(f'.theme-change-button[data-mode={mode}]:visible').first.click()
        assert page.evaluate('document.documentElement.dataset.theme')==mode
        return page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert colour('light')==colour('light')!=colour('dark')

def test_code_copies(at, browser):
    c = browser.new_context(permissions=['clipboard-read','clipboard-write'])
    pg = c.new_page()
    pg.goto(at+'losses.html')
    cell = pg.locator('div.tag_export').first
    cell.hover()
    cell.locator('button.copybtn').click()
    pg.wait_for_timeout(300)
    assert pg.evaluate('navigator.clipboard.readText()').strip()==cell.locator('pre').first.inner_text().strip()!=''
    c.close()
