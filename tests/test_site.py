"""The site: everything on it leads somewhere, and it works in a browser, with no network. (That it builds without a warning is held by the
fixture `site`.)"""
import gzip, importlib.util, re, shutil, subprocess, sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import nbformat, pytest
from conftest import patched
from served import served
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

root = Path(__file__).parent.parent
spec = importlib.util.spec_from_file_location('build', root/'docs/build.py')
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)
notebooks = sorted(o for o in (root/'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in o.parts)

class Page(HTMLParser):
    "What a page has: `ids` that can be linked to, `links`, `files` that it loads, `alts` of pictures, `codes` of its cells"
    def __init__(self, file):
        super().__init__()
        self.ids,self.links,self.files,self.alts,self.codes,self._pre = set(),[],[],[],[],None
        self.feed(file.read_text(encoding='utf-8'))
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if a.get('id'): self.ids.add(a['id'])
        if tag=='a' and a.get('href'): self.links.append(a['href'])
        if a.get('src'): self.files.append(a['src'])
        if tag=='link' and a.get('rel') not in ('canonical','author','index','genindex','search','next','prev'):
            self.files.append(a['href'])
        if tag=='img' and a.get('class')!='opening': self.alts.append((a.get('src'), a.get('alt')))
        if tag=='pre': self._pre = ''
    def handle_data(self, data):
        if self._pre is not None: self._pre += data
    def handle_endtag(self, tag):
        if tag=='pre': self.codes.append(self._pre.strip()); self._pre = None

@pytest.fixture(scope='module')
def pages(site): return {o.relative_to(site).as_posix():Page(o) for o in sorted(site.rglob('*.html')) if '_static' not in o.parts}

@pytest.mark.newest
def test_links_and_files(site, pages):
    """Every internal link leads to a page that is there, and to a place on it; every file that a page loads is there, and none comes from
    elsewhere."""
    bad = []
    for name,p in pages.items():
        for o in p.links+p.files:
            url = urlsplit(urljoin(name, o))
            if url.scheme or url.netloc:
                if o in p.files and url.scheme!='data': bad.append((name, o))
                continue
            file = unquote(url.path).removeprefix(build.cfg['doc_baseurl']+'/') or name
            if not (site/file).is_file() or (url.fragment and file in pages and unquote(url.fragment) not in pages[file].ids):
                bad.append((name, o))
    assert not bad

# --- names in the prose

def test_link_names():
    """Names become references in every line but headings and fenced blocks, also in those after a heading, and not where there is a link
    already"""
    md = '# A `relu`\n\n`relu` and\n`nope`, `torch.Tensor`\n## B `relu`\n`relu`\n```python\n`relu`\n```\n[`relu`](x.md) `relu`'
    r,t = '{py:obj}`relu <lib.relu>`','{py:obj}`torch.Tensor <torch.Tensor>`'
    assert build.link_names(md, dict(
        relu='lib.relu'))==f'# A `relu`\n\n{r} and\n`nope`, {t}\n## B `relu`\n{r}\n```python\n`relu`\n```\n[`relu`](x.md) {r}'

def names_in_prose(nb):
    "What stands in backquotes in the paragraphs of a notebook; line by line, unlike what is tested"
    fenced = False
    for line in '\n'.join(c.source for c in nb.cells if c.cell_type=='markdown').split('\n'):
        if line.startswith('```'): fenced = not fenced
        if not fenced and line[:1]!='#': yield from re.findall(r'(?<![`[])`([A-Za-z_][\w.]*)`(?![`\]])', line)

def test_names_in_the_prose_lead_to_the_reference(pages):
    mods = ['.'.join(('mnist_from_scratch', *Path(o).with_suffix('').parts[1:])) for o in pages if o.startswith('reference/')]
    refs = {i.removeprefix(f'{m}.'):f'{name}#{i}' for name,p in pages.items() if name.startswith('reference/') for i in p.ids
            for m in mods if i.startswith(f'{m}.')}
    n,bad = 0,[]
    for o in notebooks:
        name = f'{build.page_of(o)}.html'
        found = {k for k in names_in_prose(nbformat.read(o, 4)) if k in refs}
        n += len(found)
        bad += [(name, k) for k in found if f'/{refs[k]}' not in {urljoin(f'/{name}', o) for o in pages[name].links}]
    assert not bad and n>150, n

# --- figures

def described(o): return len(o.split())>=2 and not re.search(r'\.(png|jpe?g|svg|gif)\b|_images/', o)

def test_described():
    assert described('A three') and not any(map(described,
                                                ('', ' ', 'three', '_images/1f.png', '../_images/a b.png', 'a digit.PNG'.lower())))

def texts_of(path):
    "The alternative texts of a notebook's page, in order: of pictures in the prose, and of the figures of cells that are not hidden"
    for c in nbformat.read(path, 4).cells:
        if c.cell_type=='markdown':
            yield from [] if c.source.startswith('[![') and 'colab' in c.source else re.findall(r'!\[([^]]*)\]\((?!https?:)', c.source)
        elif not re.search(r'^#\| *(hide|default_exp)', c.source, re.M): yield from build.alts(c)

def test_every_figure_is_described():
    "In a few words, which no other figure has"
    texts = [t for o in notebooks for t in texts_of(o)]
    assert len(texts)>90 and not [o for o in texts if not described(o)] and len(set(texts))==len(texts), [o
        for o in texts if texts.count(o)>1]

def test_alt_texts_of_the_pages(pages):
    "They are those of the notebooks, each at its figure"
    for o in notebooks: assert [alt for src,alt in pages[f'{build.page_of(o)}.html'].alts if '_images/' in src]==[*texts_of(o)], o.name
    assert not [(n,o) for n,p in pages.items() for o in p.alts if '_images/' in o[0] and not described(o[1] or '')]

def test_alt_texts_of_the_readme():
    alts = re.findall(r'!\[([^]]*)\]\((?!https?:)', (root/'README.md').read_text(encoding='utf-8'))
    assert len(alts)>=3 and all(map(described, alts)) and len(set(alts))==len(alts)

def figure(): return new_output('display_data', data={'image/png':'iVBORw0KGgo='})

@pytest.mark.parametrize('line,n', [('', 1), ('#| fig-alt: "A three"\n', 0), ('#| fig-alt: "A three"\n', 2),
                                    ('#| fig-alt: ["A three"]\n', 2), ('#| fig-alt: ""\n', 1), ('#| fig-alt: "three.png"\n', 1)])
def test_a_figure_without_a_text_is_refused(line, n):
    with pytest.raises(ValueError, match='alternative text|describes no'):
        build.alts(new_code_cell(line+'show()', outputs=[figure() for _ in range(n)]))

def test_what_the_message_says_helps():
    "The line that the message about a missing text names is taken"
    with pytest.raises(ValueError) as e: build.alts(new_code_cell('show()', outputs=[figure()]))
    line = re.search(r'#\| fig-alt: ".*?"', str(e.value))[0]
    assert build.alts(new_code_cell(line+'\nshow()', outputs=[figure()]))==['A three']

def test_two_figures_of_a_cell(tmp_path):
    "Each with its text; what is printed before and between them stays in its place; the code is shown once"
    outs = [new_output('stream', text='a'), figure(), new_output('stream', text='b'), figure()]
    nb = new_notebook(cells=[new_markdown_cell('# A'), new_code_cell('#| export\n#| fig-alt: ["A three", "A seven"]\nshow()',
        outputs=outs)], metadata=dict(kernelspec=dict(name='python3', display_name='Python 3')))
    nbformat.write(nb, tmp_path/'a.ipynb')
    _,one,two = build.chapter(tmp_path/'a.ipynb', {}).cells
    assert (one.source,one.metadata.tags,one.metadata.mystnb.image.alt,len(one.outputs))==('show()',['export'],'A three',3)
    assert (two.source,two.metadata.tags,two.metadata.mystnb.image.alt,len(two.outputs))==('#',['remove-input'],'A seven',1)

# --- links, as they stand in the repository

def paragraphs(path):
    "The prose of a notebook or of a page, without fenced blocks"
    md = '\n'.join(c.source for c in nbformat.read(path, 4).cells
                   if c.cell_type=='markdown') if path.suffix=='.ipynb' else path.read_text(encoding='utf-8')
    return re.sub(r'^```.*?^```$', '', md, flags=re.M|re.S)

def anchors(path):
    return {re.sub(r'[^\w\- ]', '', re.sub(r'\[(.*?)\]\(.*?\)', r'\1', o).lower()).strip().replace(' ', '-')
            for o in re.findall(r'^#+ (.*)', paragraphs(path), re.M)}

def dead(path):
    "Relative links in `path` that lead to no file, or to no heading in it"
    for file,anchor in re.findall(r'\]\((?![\w+.-]+:|[/<])([^)\s#]*)(?:#([^)\s]*))?\)', paragraphs(path)):
        to = path.parent/file if file else path
        if not to.exists() or anchor and anchor not in anchors(to): yield f'{file}#{anchor}' if anchor else file

def test_relative_links():
    "In notebooks, README and pages, as GitHub and Jupyter show them"
    files = [*notebooks, *root.glob('*.md'), *(root/'docs').glob('*.md')]
    assert len(files)>30 and not [(o.name, d) for o in files for d in dead(o)]

def test_dead(tmp_path):
    (tmp_path/'a.md').write_text('# One `two`, three\n[a](a.md) [b](#one-two-three) [c](b.md) [d](a.md#no) [e](https://x.org/no) '
                                 '![f](f.png)\n```\n[g](g.md)\n```\n')
    assert [*dead(tmp_path/'a.md')]==['b.md','a.md#no','f.png']

# --- what is on a page

def test_page_of_a_chapter(site, pages):
    """No number in its address; the code of what it exports, nothing hidden, no directive; its notebook to open and to download; names lead
    to the reference"""
    text = (site/'losses.html').read_text(encoding='utf-8')
    assert 'tag_export' in text and '#|' not in text
    hidden = [re.sub(r'^#\|.*\n?', '', c.source, flags=re.M).strip()
              for c in nbformat.read(root/'nbs/04_losses.ipynb', 4).cells if re.match(r'#\| *hide', c.source)]
    codes = pages['losses.html'].codes
    assert hidden and codes and not {*hidden} & {*codes}
    assert any('colab.research.google.com' in o and o.endswith('/nbs/04_losses.ipynb') for o in pages['losses.html'].links)
    assert (site/'notebooks/losses.ipynb').read_bytes()==(root/'nbs/04_losses.ipynb').read_bytes()
    assert 'reference/losses.html#mnist_from_scratch.losses.mnist_loss' in pages['losses.html'].links
    assert '<math' in text

def test_reference(site, pages):
    """Signature, table of parameters, source; a method that a later chapter adds; types of PyTorch lead there, those without an inventory
    do not"""
    text = (site/'reference/softmax.html').read_text(encoding='utf-8')
    assert 'id="mnist_from_scratch.softmax.cross_entropy"' in text and 'Class numbers, int64 [N]' in text
    assert any(re.search(r'mnist_from_scratch/softmax\.py#L\d+-L\d+', o) for o in pages['reference/softmax.html'].links)
    assert 'https://docs.pytorch.org/docs/stable/made-up.html#torch.Tensor' in pages['reference/softmax.html'].links
    assert 'mnist_from_scratch.learner.Learner.fit_one_cycle' in pages['reference/schedules.html'].ids
    assert not [o for p in pages.values() for o in p.links if 'docs.python.org' in o]

def test_every_public_name_has_its_place(pages):
    "In the reference; what is patched onto a class too, also as a property or for the class"
    import importlib
    ids = {i for p in pages.values() for i in p.ids}
    for f in (root/'mnist_from_scratch').rglob('*.py'):
        if f.stem in ('__init__','_modidx','all'): continue
        mod = importlib.import_module('.'.join(f.relative_to(root).with_suffix('').parts))
        page = f"reference/{f.relative_to(root/'mnist_from_scratch').with_suffix('.html').as_posix()}"
        assert not [n for n in mod.__all__ if f'{mod.__name__}.{n}' not in pages[page].ids]
        assert not [o for o in patched(mod.__name__.split('.', 1)[1]) if f'{build.home(mod, o[0])}.{".".join(o)}' not in ids]

@pytest.fixture
def page(browser):
    c = browser.new_context()
    yield c.new_page()
    c.close()

def test_every_page_in_a_browser(site, pages, at, browser):
    "No error in the console, nothing asked of other machines, and on a phone nothing sticks out on the right."
    c,bad = browser.new_context(viewport=dict(width=360, height=740)),[]
    pg = c.new_page() # one for all: a new one for each takes three times as long
    pg.on('console', lambda m: m.type=='error' and bad.append((name, m.text)))
    pg.on('pageerror', lambda e: bad.append((name, str(e))))
    pg.on('request', lambda r: r.url.startswith((at,'data:')) or bad.append((name, r.url)))
    pg.on('requestfailed', lambda r: r.failure=='net::ERR_ABORTED' or bad.append((name, r.url))) # aborted: by going to the next page
    for name in pages:
        if name=='404.html': continue # its links are those of the published site
        pg.goto(at+name)
        if (wide := pg.evaluate('document.documentElement.scrollWidth'))>360: bad.append((name, f'{wide} pixels wide'))
    c.close()
    assert not bad

def test_search(at, page):
    page.goto(at+'search.html?q=cross_entropy')
    for o in 'softmax.html','reference/softmax.html': page.wait_for_selector(f'#search-results li a[href^="{o}"]')

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
    pg.evaluate('navigator.clipboard.writeText("what was there")')
    cell.locator('button.copybtn').click()
    pg.wait_for_timeout(300)
    assert pg.evaluate('navigator.clipboard.readText()').strip()==cell.locator('pre').first.inner_text().strip()!=''
    c.close()

# --- weight

def weights(at, browser, name):
    "What the page `name` loads without pictures: gzipped bytes by address, and the bytes before which nothing can be drawn"
    c,got = browser.new_context(),[]
    pg = c.new_page()
    pg.on('response', lambda o: got.append(o))
    pg.goto(at+name)
    pg.wait_for_load_state('networkidle')
    first = {at+name, *pg.evaluate("""performance.getEntriesByType('resource').filter(o => o.renderBlockingStatus=='blocking')
        .map(o => o.name)""")}
    size = {o.url:len(gzip.compress(o.body())) for o in got if o.request.resource_type!='image' and 'favicon' not in o.url}
    c.close()
    return size,sum(n for k,n in size.items() if k in first)

@pytest.mark.parametrize('name', ['pixels.html','learner.html','segment.html','tools/cli.html','reference/learner.html'])
def test_weight(at, browser, name):
    """At most 200 kB, gzipped, for a page without its pictures; and before the first paint what a line of 1.6 Mbit/s brings in 0.7 seconds.
    No font, no script for icons, and the index of the search on its own page only."""
    size,first = weights(at, browser, name)
    assert sum(size.values())<2e5 and first<1.4e5, (sum(size.values()), first)
    assert not [o for o in size if re.search('font|searchindex', o)]

def test_icons(at, page):
    "Each of the theme's icons on a page is drawn, by a mask of this site's own"
    page.goto(at+'losses.html')
    bare = page.evaluate("""[...document.querySelectorAll('i,[class*=fa-]')].filter(o => getComputedStyle(o).maskImage=='none' ||
        !getComputedStyle(o).maskImage.includes('svg')).map(o => o.className)""")
    assert not bare and page.locator('i.fa-sun').count()

def test_controls(at, browser):
    "The search opens, and leads to its page; on a phone the sidebar opens; the page's menu opens; the next page follows"
    c = browser.new_context(viewport=dict(width=390, height=740))
    pg = c.new_page()
    pg.goto(at+'losses.html')
    pg.locator('.primary-toggle').click()
    pg.locator('#pst-primary-sidebar-modal a[href="pixels.html"]').wait_for(state='visible')
    pg.keyboard.press('Escape')
    pg.locator('.page-menu button').press('Enter')
    assert pg.locator('.page-menu a').filter(visible=True).all_inner_texts()[:3]==['Open in Colab','Download the notebook','Edit this page']
    pg.keyboard.press('Escape')
    pg.locator('.article-header-buttons .search-button').click()
    pg.locator('#pst-search-dialog input').fill('sigmoid')
    pg.keyboard.press('Enter')
    pg.wait_for_url('**/search.html?q=sigmoid')
    pg.wait_for_selector('#search-results li a')
    pg.goto(at+'losses.html')
    pg.locator('a.right-next').click()
    pg.wait_for_url('**/minibatches.html')
    c.close()

def test_edit_this_page(pages):
    "Each page that is written by hand leads to its source, which is there; those of the reference have none"
    edit = {n:[o for o in p.links if '/edit/' in o] for n,p in pages.items()}
    for n,o in edit.items():
        made = n.startswith('reference') or n in ('search.html','genindex.html','py-modindex.html','appendix.html','404.html')
        assert len(o)==1-made and all((root/x.split('/edit/main/')[1]).is_file() for x in o), n

def test_versions(site, browser, tmp_path):
    """With one version there is no choice. With more, the newest release comes first after `main`, and the choice leads to the same page of
    another version, or to its front page"""
    keep = ('index','losses','draw')
    for at in '','v0.9/','v0.10/':
        for f in (*(f'{o}.html' for o in keep), '_static/versions.js', *(['versions.json'] if not at else [])):
            (tmp_path/at/f).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(site/f, tmp_path/at/f)
    (tmp_path/'v0.9/draw.html').unlink()
    (tmp_path/'v0').mkdir()
    with served(tmp_path) as at:
        pg = browser.new_page()
        choice = pg.locator('.versions select')
        with pg.expect_response('**/versions.json'): pg.goto(at+'draw.html')
        assert not choice.is_visible()
        r = subprocess.run([sys.executable, root/'docs/versions.py', tmp_path], capture_output=True, text=True)
        assert not r.returncode, r.stderr
        pg.reload()
        choice.wait_for()
        assert choice.locator('option').all_inner_texts()==['main','v0.10','v0.9'] and choice.input_value()=='./'
        for name,page in ('v0.10','v0.10/draw.html'), ('main','draw.html'), ('v0.9','v0.9/'), ('v0.10','v0.10/'):
            choice.select_option(name)
            pg.wait_for_url(at+page)
            choice.wait_for()
            assert choice.locator('option:checked').inner_text()==name
        pg.close()

# --- accessibility

def axe(pg, *rules):
    "What axe finds in the page that is open: `(rule, where)`, of what is more than minor; `rules` are those to try, in place of all"
    if not pg.evaluate('!!window.axe'):
        pg.evaluate((Path(importlib.util.find_spec('axe_playwright_python').origin).parent/'axe.min.js').read_text(encoding='utf-8'))
    res = pg.evaluate("""rules => axe.run({exclude: ['.seen']}, {resultTypes: ['violations'], preload: false,
        ...(rules.length && {runOnly: rules})})""",
                      rules)
    return [(v['id'], o['target']) for v in res['violations'] if v['impact']!='minor' for o in v['nodes']]

# Code whose colours an earlier page had is left out: contrast takes most of the time, and most of the text is code.
leave_out = """seen => { for (const o of document.querySelectorAll('.highlight pre')) {
    const here = [...o.querySelectorAll('[class]')].map(o => o.className).filter(o => !seen.includes(o))
    if (here.length) seen.push(...new Set(here)); else o.classList.add('seen') }
    return seen }"""

@pytest.mark.parametrize('part', range(4))
def test_axe(at, browser, pages, part):
    "axe finds nothing serious or moderate on any page, in both themes"
    pytest.importorskip('axe_playwright_python', reason='no axe here')
    c,bad,seen = browser.new_context(bypass_csp=True, reduced_motion='reduce'),[],[]
    pg = c.new_page()
    for name in sorted(pages)[part::4]:
        pg.goto(at+name)
        seen = pg.evaluate(leave_out, seen)
        bad += [(name, 'light', *o) for o in axe(pg)]
        pg.evaluate("document.documentElement.dataset.theme = 'dark'")
        bad += [(name, 'dark', *o) for o in axe(pg, 'color-contrast', 'link-in-text-block')]
    c.close()
    assert not bad, bad

def test_legible():
    "Text in a cell of a table or on a coloured chip is black or white, whichever has more contrast; what has no ground stays"
    def f(bg, fg): return f'td {{ background-color: #{bg};\n  color: {fg}; }}'
    for bg,was,now in ('898989','#f1f1f1','#000000'), ('202020','#000000','#ffffff'), ('ffffff','#000000','#000000'):
        assert build.legible(f(bg, was))==f(bg, now)
    assert build.legible('style="background:#d9822b;color:white"')=='style="background:#d9822b;color:#000000"'
    assert build.legible('p { color: #f1f1f1; }')=='p { color: #f1f1f1; }'

def test_axe_finds(page):
    "A button without a name, grey on grey"
    pytest.importorskip('axe_playwright_python', reason='no axe here')
    page.set_content('<html lang=en><title>A</title><main><h1>A</h1><button></button><p style="color:#999;background:#aaa">grey')
    assert {o for o,_ in axe(page)}=={'button-name','color-contrast'}

@pytest.mark.parametrize('name', ['losses.html','reference/losses.html','search.html','draw.html','playground.html'])
@pytest.mark.parametrize('theme', ['light','dark'])
def test_focus_shows(at, browser, name, theme):
    "Each control that the Tab key reaches has an outline while it has the focus"
    c = browser.new_context(color_scheme=theme)
    pg,seen = c.new_page(),set()
    pg.goto(at+name)
    pg.evaluate("document.activeElement.blur()")
    for _ in range(300):
        pg.keyboard.press('Tab')
        key,outline,ok = pg.evaluate("""() => { const o = document.activeElement, s = getComputedStyle(o); return [
            o.outerHTML.slice(0, 200), s.outline, o==document.body || s.outlineStyle!='none' && parseFloat(s.outlineWidth)>=2]}""")
        assert ok, (key, outline)
        if key in seen and key.startswith('<body'): break
        seen.add(key)
    assert len(seen)>20
    c.close()

# --- search

@pytest.mark.parametrize('words,wanted', [('softmax','softmax'), ('learning rate','schedules gradient_descent'),
    ('overfitting','overfitting'), ('gradient descent','gradient_descent'), ('resume','engine/checkpoint'),
    ('homework','exercises'), ('install','index'),
    ('colab','index exercises'), ('momentum','optimizers'), ('sigmoid','losses'), ('dropout','overfitting'), ('mini-batch','minibatches'),
    ('backpropagation','backprop'), ('mixed precision','engine/precision'), ('fit_one_cycle','reference/schedules'),
    ('cross_entropy','reference/softmax')])
def test_search_finds_what_explains(at, page, words, wanted):
    "The page that explains it is among the first two"
    page.goto(f'{at}search.html?q={words}')
    page.wait_for_selector('#search-results li a')
    page.wait_for_timeout(200)
    got = page.locator('#search-results li > a').evaluate_all("all => all.slice(0, 2).map(o => o.getAttribute('href').split('.html')[0])")
    assert {*got} & {*wanted.split()}, got

# --- a chapter's first screen, and where its cells lead

def test_imports_and_the_rest():
    assert build.imports_of('import a\nfrom b import (c,\n  d)\n\n# e\n@f\ndef g(): pass')==('import a\nfrom b import (c,\n  d)',
                                                                                       '# e\n@f\ndef g(): pass')
    assert build.imports_of('import a')==('import a','') and build.imports_of('a = 1\nimport b')==('','a = 1\nimport b')
    assert build.imports_of('%pip install a')==('','%pip install a') and build.imports_of('')==('','')

def test_fold():
    "Imports of neighbouring cells are one, folded; a long exported cell is folded, a short one and one of the prose are not"
    def cell(src, *tags): return new_code_cell(src, metadata=dict(tags=[*tags]))
    cells = build.fold([cell('import a', 'export'), cell('import b\nimport c\nimport d\nimport e\nf = 1'),
                        cell('def g():\n'+'    h()\n'*30, 'export'), cell('def g():\n    h()', 'export'), cell('i()\n'*30)])
    assert [(o.source.split('\n')[-1], 'hide-input' in o.metadata.tags) for o in cells]==[('import e',True), ('f = 1',False), ('',True),
        ('    h()',False), ('',False)]
    assert cells[2].metadata['mystnb']['code_prompt_show']=='g: 32 lines'

def test_first_screen(at, browser, pages):
    "Of each chapter: its idea, a picture, and no wall of imports"
    c,bad = browser.new_context(viewport=dict(width=1440, height=900)),[]
    pg = c.new_page()
    for o in [o for v in [*build.plan().values()][:3] for o in v]:
        pg.goto(f'{at}{build.page_of(o)}.html')
        ideas,pictures,walls = pg.evaluate("""() => {
            const seen = (what, end) => [...document.querySelectorAll('.bd-article '+what)].filter(
                o => o.checkVisibility() && o.getBoundingClientRect().top<end)
            return [seen('blockquote', 500).length, seen('img', 700).length, seen('pre', 900).filter(
                o => o.innerText.split('\\n').filter(o => /^(import|from) /.test(o)).length>3).length] }""")
        if walls or not ideas or not pictures and pages[f'{build.page_of(o)}.html'].alts: bad.append((o, ideas, pictures, walls))
    c.close()
    assert not bad

def test_definitions_lead_everywhere(site, pages):
    "A cell leads to the reference and to the source of what it defines; the reference leads to the cell"
    text = (site/'losses.html').read_text(encoding='utf-8')
    below = re.search(r'id="def-mnist_loss".*?<p class="defines">(.*?)</p>', text, re.S)[1]
    assert 'reference/losses.html#mnist_from_scratch.losses.mnist_loss' in below and re.search(r'losses\.py#L\d+-L\d+', below)
    n = {k:sum('#def-' in o for o in p.links) for k,p in pages.items() if k.startswith('reference/')}
    assert '../losses.html#def-mnist_loss' in pages['reference/losses.html'].links and sum(n.values())>400, sum(n.values())
    assert sum(o.endswith('#def-side_by_side') for o in pages['reference/tools/side_by_side.html'].links)==1
    assert not [k for k,o in n.items() if not o and any('#L' in o for o in pages[k].links)]

# --- what is around the pages

def test_titles(site, pages):
    "No two are the same, also not for a search that takes no notice of case"
    titles = [re.search('<title>(.*?)</title>', (site/o).read_text(encoding='utf-8'), re.S)[1].lower() for o in pages]
    assert len({*titles})==len(titles), {o for o in titles if titles.count(o)>1}

def test_sidebar_numbers_the_chapters(site):
    text = (site/'index.html').read_text(encoding='utf-8')
    for o in [o for v in [*build.plan().values()][:3] for o in v]: assert f'href="{build.page_of(o)}.html">{build.number(o)}. ' in text, o

def test_policy(site, pages, at, page):
    "Each page forbids what comes from elsewhere, and scripts within it; the browser obeys"
    for o in pages:
        csp = re.search('Content-Security-Policy" content="(.*?)"', (site/o).read_text(encoding='utf-8'))[1]
        assert "default-src 'self'" in csp and 'script-src' not in csp and 'http' not in csp, o
    page.goto(at+'losses.html')
    page.evaluate("const o = document.createElement('script'); o.textContent = 'window.here = 1'; document.head.append(o)")
    assert page.evaluate("window.here")is None
    assert page.evaluate("fetch('data:,a').then(() => 1, e => e.message)")=='Failed to fetch' # 1 without the policy

def test_around(site, pages):
    "A page for an address that leads nowhere, a map of the site with all pages that a search should find, a note for robots"
    assert 'sitemap.xml' in (site/'robots.txt').read_text()
    urls = re.findall('<loc>(.*?)</loc>', (site/'sitemap.xml').read_text())
    made = ('search.html','genindex.html','py-modindex.html','404.html')
    assert {*urls}=={build.site+o for o in pages if o not in made}
    assert pages['404.html'].links and all(o.startswith('/') for o in pages['404.html'].links+pages['404.html'].files)

def test_cards(site, pages):
    "Each chapter has a description and a picture of its own for links to it; every page has some"
    from PIL import Image
    seen = {}
    for name in pages:
        if name=='404.html': continue
        text = (site/name).read_text(encoding='utf-8')
        tags = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="(.*?)"', text))
        img = site/tags['og:image'].split(build.cfg['doc_baseurl']+'/')[1]
        assert len(tags['description'])>20 and img.is_file(), name
        seen[name] = tags['description'],img
    chapters = [seen[f'{build.page_of(o)}.html'] for o in build.stems()]
    assert len({d for d,_ in chapters})==len({i for _,i in chapters})==len(chapters)
    assert all(Image.open(i).size==(1200,630) and i.stat().st_size<4e4 for _,i in chapters)

# --- on a phone

def test_phone(at, browser, pages):
    "No figure is shrunk more than 2.5-fold; tables and code that are wide scroll, down to their last column"
    c,bad = browser.new_context(viewport=dict(width=390, height=844)),[]
    pg = c.new_page()
    for name in pages:
        if name.startswith('reference/') and name!='reference/learner.html': continue
        pg.goto(at+name)
        bad += [(name, *o) for o in pg.evaluate("""async () => { const bad = []
            for (const o of document.querySelectorAll('.bd-article img[src*=_images]:not(.opening)')) {
                o.loading = 'eager'
                await o.decode()
                const meant = parseFloat(o.style.width) || +o.getAttribute('width') || o.naturalWidth
                if (meant>2.5*o.clientWidth && o.clientWidth) bad.push(['figure', o.src.slice(-20), meant, o.clientWidth]) }
            for (const o of document.querySelectorAll('.bd-article :is(table, pre)')) {
                if (!o.checkVisibility()) continue
                const scrolls = o => /auto|scroll/.test(getComputedStyle(o).overflowX), right = o => o.getBoundingClientRect().right
                let box = o
                while (box && !(scrolls(box) && right(box)<=390)) box = box.parentElement
                if (right(o)>390 && !box || o.tagName=='PRE' && o.scrollWidth>o.clientWidth && !scrolls(o))
                    bad.push([o.tagName, o.innerText.slice(0, 40)]) }
            return bad }""")]
    c.close()
    assert not bad, bad
