"""Build the site: `python docs/build.py` makes docs/_build/html from the notebooks and what is stored in them; nothing is executed.

Sphinx reads docs/_build/source, which this program fills: a page for each chapter, with the code of what it exports, and
without what is hidden; a page of reference for each module; the front page, the pages to draw and to train on, the ones on when to move
on, for teachers and on safety, the changelog. Warnings are errors."""
import ast, importlib, inspect, json, os, re, shutil, sys, textwrap
from configparser import ConfigParser
from functools import cached_property
from html import escape
from pathlib import Path

import nbformat
from fastcore.docments import docments
from fastcore.script import call_parse

from chapters import module, plan, stems
from mnist_from_scratch.base.moving import figure_source, moving_figures
from versions import versions

docs = Path(__file__).parent
pkg = 'mnist_from_scratch'
long = 20 # lines of an exported cell that a page shows without being asked
# short names
also = dict(nn='torch.nn', F='torch.nn.functional', np='numpy', pd='pandas', plt='matplotlib.pyplot', Tensor='torch.Tensor',
            Path='pathlib.Path')
libs = {'torch','numpy','pandas','matplotlib','PIL','fastai','fastcore','sklearn','scipy','torchvision'}

config = ConfigParser(delimiters=['='])     # and not nbdev's, whose version 3 reads another file
config.read(docs.parent/'settings.ini')
cfg = config['DEFAULT']
site = cfg['doc_host']+cfg['doc_baseurl']+'/'
nbs_path,lib_path = docs.parent/cfg['nbs_path'],docs.parent/cfg['lib_path']

# pages that are no notebooks
by_hand = [Path(o) for o in ('docs/draw.md','docs/playground.md','docs/errata.md','docs/move_on.md','docs/teachers.md','SECURITY.md',
                             'CHANGELOG.md')]

def on_github(path): return f"{cfg['git_url']}/blob/{cfg['branch']}/{path}"

def page_of(nb):
    "The name of a notebook's page, as nbdev has it: that of its file below `nbs` without numbers, so that a new chapter breaks no link"
    return module(re.sub(rf'^(.*/)?{nbs_path.name}/', '', Path(nb).with_suffix('').as_posix())).replace('.', '/')

def number(stem): return int(re.match(r'\d+', stem)[0])

def link_files(
    md:str, # Markdown whose links are relative to the folder `at`
    at:str # That folder, from the repository's root
) -> str:
    "`md` with links to notebooks as links to their pages, and links to other files of the repository as links to GitHub."
    def repl(m):
        f,anchor = re.match(r'([^#]*)(.*)', m[1]).groups()
        f = (Path('/')/at/f).resolve().relative_to('/')
        return (f'](/{page_of(f)}.ipynb{anchor})' if f.suffix=='.ipynb' else f"](/{f.relative_to('docs')}{anchor})" if f.parts[0]=='docs'
                else f']({on_github(f)}{anchor})')
    return re.sub(r'\]\((?![\w+.-]+:|[#/<])([^)\s]+)\)', repl, md)

def link_names(
    md:str, # Markdown
    known:dict # Full names of what the library has, by the names that the prose uses
) -> str:
    "`md` with names in backquotes as references; not in headings, fenced blocks, or links that are there already."
    def repl(m):
        name = m[1]
        head,_,tail = name.partition('.')
        full = known.get(name) or (also.get(head, head)+'.'*bool(tail)+tail if head in also or head in libs and tail
                                   or name.endswith('Error') else '')
        return f'{{py:obj}}`{name} <{full}>`' if full else m[0]
    parts = re.split(r'(^```.*?^```$|^#[^\n]*)', md, flags=re.M|re.S)
    return ''.join(o if i%2 else re.sub(r'(?<![`\[}])`([A-Za-z_][\w.]*)`(?![`\]])', repl, o) for i,o in enumerate(parts))

def figures(cell):
    "The outputs of `cell` that are figures"; return [o for o in cell.outputs if any(k.startswith('image/') for k in o.get('data', {}))]

def alts(
    cell # A cell of code
) -> list: # A text for each of its figures
    """The alternative texts that a line `#| fig-alt` gives: one, or a list of them. Raises `ValueError` unless each figure has one that
    describes it."""
    m = re.search(r'^#\| *fig-alt:? *(.*)$', cell.source, re.M)
    res = ast.literal_eval(m[1]) if m else []
    if isinstance(res, str): res = [res]
    n = len(figures(cell))
    if len(res)!=n:
        raise ValueError(f'cell {cell.id} has {n} figures and {len(res)} alternative texts; give them in a line such as #| fig-alt: "A '
                         'three", or in a list')
    if bad := [o for o in res if len(o.split())<2]: raise ValueError(f'{bad[0]!r} in cell {cell.id} describes no figure')
    return res

def legible(
    html:str # A table, or a card, whose parts have colours of their own
) -> str: # Each text in black or white, whichever stands out more from its background
    def light(rgb):
        r,g,b = (o/12.92 if o<=.04045 else ((o+.055)/1.055)**2.4 for o in (int(rgb[i:i+2], 16)/255 for i in (0,2,4)))
        return .2126*r+.7152*g+.0722*b
    def repl(m): return f"{m[1]}{'#000000' if light(m[2])>.179 else '#ffffff'}"
    return re.sub(r'(background(?:-color)?: *#([0-9a-f]{6});\s*color: *)(?:#[0-9a-f]{6}|white|black)\b', repl, html)

def moving(
    name:str, # Of a moving figure
    args:dict # What it begins with
): # What stands before its picture; docs/conf.py puts the two together
    "The mark of a figure that moves"
    mark = f'<template data-moving="{name}" data-args="{escape(json.dumps(args))}"></template>'
    return nbformat.v4.new_output('display_data', data={'text/html':mark})

def by_figure(
    cell, # A cell of code, with its outputs
    texts:list # A text for each figure
) -> list: # `cell`; and a cell for each figure but the first, which shows no code
    "Sphinx gives all figures of a cell one text, so each gets a cell; one without a source it would leave out."
    outs,cell.outputs,cells,figs = cell.outputs,[],[cell],figures(cell)
    for o in outs:
        i = next((i for i,f in enumerate(figs) if f is o), None)
        if i: cells.append(nbformat.v4.new_code_cell('#', id=f'{cell.id}-{i}', metadata=dict(tags=['remove-input'])))
        if i is not None:
            cells[-1].metadata['mystnb'] = dict(image=dict(alt=texts[i]))
            if m := o.metadata.pop('moving', None): cells[-1].outputs.append(moving(**m))
            for m in o.metadata.values(): m.pop('height', None) # it follows from the width, which a narrow page makes smaller
        cells[-1].outputs.append(o)
    return cells

def imports_of(src):
    "The imports that the code of a cell begins with, and the rest of it; nothing and all of it, where it is not plain Python"
    try: body = ast.parse(src).body
    except SyntaxError: return '',src
    rest = next((o for o in body if not isinstance(o, (ast.Import,ast.ImportFrom))), None)
    lines = src.split('\n')
    n = len(lines) if rest is None else min([rest.lineno, *(d.lineno for d in getattr(rest, 'decorator_list', []))])-1
    while n and lines[n-1].startswith('#'): n -= 1 # a comment belongs to what follows
    return ('\n'.join(lines[:n]).strip(),'\n'.join(lines[n:]).strip()) if body and rest is not body[0] else ('',src)

def defined(src):
    "The names that the code of a cell defines, `Class.method` where it is patched onto a class; none where it is not plain Python"
    try: tree = ast.parse(src)
    except SyntaxError: return []
    return [f'{cls}.{o.name}' if (cls := isinstance(o, ast.FunctionDef) and patched(o)) else o.name for o in tree.body
            if isinstance(o, (ast.FunctionDef,ast.ClassDef))]

def fold(
    cells # Cells of a page
) -> list: # Those of the page
    "Imports that follow each other become one cell, folded; exported cells that are longer than a screen can spare are folded too."
    res = []
    for c in cells:
        head,rest = imports_of(c.source) if c.cell_type=='code' else ('',c.source)
        if head.count('\n')>2 or head and not rest:
            if res and 'imports' in res[-1].metadata.get('tags', []): res[-1].source += '\n\n'+head
            else:
                prompt = dict(code_prompt_show='Imports', code_prompt_hide='Imports')
                about = dict(tags=['hide-input','imports'], mystnb=prompt)
                res.append(nbformat.v4.new_code_cell(head, id=f'{c.id}-0', metadata=about))
            if not rest and not c.outputs: continue
            c.source = rest or '#'
        if 'export' in c.metadata.get('tags', []) and (n := len(c.source.split('\n')))>long:
            text = f"{', '.join(defined(c.source)[:3]) or 'Code'}: {n} lines"
            c.metadata['tags'] = ['export','hide-input']
            c.metadata.setdefault('mystnb', {}).update(code_prompt_show=text, code_prompt_hide=text)
        res.append(c)
    return res

def chapter(
    path:Path, # A notebook
    known:dict # As for `link_names`
):
    """The notebook as a page: without hidden cells, directives and badges (the site has its own buttons), and with alt texts where Sphinx
    looks for them."""
    nb,cells = nbformat.read(path, 4),[]
    at = os.path.relpath(path.parent, docs.parent)
    for c in nb.cells:
        if c.cell_type=='markdown':
            if c.source.startswith('[!['): continue
            c.source = link_names(link_files(c.source, at), known)
        else:
            said = dict(re.findall(r'^#\| *([\w-]+):? *(.*)$', c.source, re.M))
            if {'hide','default_exp'} & set(said): continue
            try: texts = alts(c)
            except ValueError as e: raise ValueError(f'{path.name}: {e}') from None
            for o in c.outputs:
                if 'text/html' in o.get('data', {}): o.data['text/html'] = legible(o.data['text/html'])
            c.source,c.metadata = re.sub(r'^#\|.*\n?', '', c.source, flags=re.M).strip(),{}
            if {'export','exporti'} & set(said): c.metadata['tags'] = ['export']
            cells += by_figure(c, texts)
            continue
        cells.append(c)
    nb.cells,nb.metadata = fold(cells),dict(kernelspec=nb.metadata.kernelspec, language_info=dict(name='python', pygments_lexer='ipython3'))
    return nb

# The reference

def patched(node):
    "The class that a function is added to by `patch`"
    if any(getattr(getattr(d, 'func', d), 'id', '')=='patch' for d in node.decorator_list): return node.args.args[0].annotation.id

def members(mod):
    """What the module `mod` makes public: (kind, name, node of its source, object), a class before its methods.

    That is `__all__`, what `patch` adds to a class, and the methods of a class that have a docstring."""
    tree,res = ast.parse(inspect.getsource(mod)),[]
    for o in tree.body:
        if isinstance(o, ast.FunctionDef) and (cls := patched(o)):
            if o.name[0]!='_': res.append(('method', f'{cls}.{o.name}', o, getattr(getattr(mod, cls), o.name)))
        elif isinstance(o, (ast.FunctionDef,ast.ClassDef)) and o.name in mod.__all__:
            res.append(('function' if isinstance(o, ast.FunctionDef) else 'class', o.name, o, getattr(mod, o.name)))
            for m in getattr(o, 'body', []) if isinstance(o, ast.ClassDef) else []:
                if isinstance(m, ast.FunctionDef) and m.name[0]!='_' and ast.get_docstring(m):
                    res.append(('method', f'{o.name}.{m.name}', m, vars(getattr(mod, o.name))[m.name]))
    have = {n for _,n,*_ in res}
    return res+[('data', n, None, getattr(mod, n)) for n in mod.__all__ if n not in have]

def home(mod, name):
    "The module where `name` has its place: a method's is that of its class"
    o = getattr(mod, name.split('.')[0])
    return o.__module__ if isinstance(o, type) else mod.__name__

def places(mod): "Where each name that `mod` makes public has its place"; return {n:f'{home(mod, n)}.{n}' for _,n,*_ in members(mod)}

def params(f):
    "A table of the parameters of `f` that are described, and of what it returns"
    try: ds = docments(f, full=True)
    except (TypeError, OSError, SyntaxError): return ''
    def ann(a):
        return '' if a is inspect.Parameter.empty or a is None else f"`{a if isinstance(a, str) else getattr(a, '__name__', a)}`".replace(
            '|', '\\|').replace('typing.', '')
    def default(p):
        return '' if p.default is inspect.Parameter.empty else f'`{getattr(p.default, "__name__", repr(p.default))}`'.replace('|', '\\|')
    rows = [(f'`{k}`' if k!='return' else 'returns', ann(p.anno), default(p), (p.docment or '').replace('|', '\\|').replace('\n', ' '))
            for k,p in ds.items() if p.docment and k!='self']
    head = ['| name | type | default | meaning |', '| --- | --- | --- | --- |']
    return '\n'.join([*head, *(f"| {' | '.join(r)} |" for r in rows)]) if rows else ''

def entry(mod, kind, name, node, o, known, seen):
    "The reference of one public name, as a directive of Sphinx; a method that a later module writes again is in the index once"
    if kind=='data': return f'```{{py:data}} {name}\n:module: {mod.__name__}\n```'
    init = node if isinstance(node, ast.FunctionDef) else next((m for m in node.body if isinstance(m, ast.FunctionDef)
                                                                and m.name=='__init__'), None)
    sig = ''
    if init:
        a = init.args
        if kind!='function' and a.args and not any(getattr(d, 'id', '')=='staticmethod' for d in init.decorator_list): a.args = a.args[1:]
        prop = isinstance(o, (property,cached_property))
        sig = '' if prop else f'({ast.unparse(a)})' + (f' -> {ast.unparse(init.returns)}' if init.returns else '')
        if prop: kind = 'property'
    if isinstance(o, (property,classmethod,staticmethod)): o = getattr(o, 'fget', None) or o.__func__
    doc = textwrap.dedent(ast.get_docstring(node) or '')
    if kind=='class' and init and (d := ast.get_docstring(init)): doc += '\n\n'+d
    body = '\n\n'.join(p for p in (link_names(doc, known), link_names(params(o.__init__ if kind=='class' and init else o), known)) if p)
    sig = re.sub(r'\b(nn|Tensor|Path)\b', lambda m: '~'+also[m[0]], sig)
    full = f'{home(mod, name)}.{name}'
    again = '\n:no-index:' if full in seen else ''
    seen.add(full)
    return f'````{{py:{kind}}} {name}{sig}\n:module: {home(mod, name)}{again}\n\n{body}\n````'

def reference(mod, title, known, seen):
    "The page of reference for the module `mod`, whose chapter is called `title`; `seen` are the names in pages before it"
    name = mod.__name__.removeprefix(f'{pkg}.')
    return '\n\n'.join([f'# {mod.__name__}', link_names(inspect.getdoc(mod), known),
                        f'`from {mod.__name__} import *`. Chapter: [{title}](/{name.replace(".", "/")}.ipynb).',
                        f'```{{py:module}} {mod.__name__}\n```', *(entry(mod, *m, known, seen) for m in members(mod))])+'\n'

def around(out):
    "What a published site has around its pages, in the folder `out`: the page for an address that leads nowhere, and a note for robots"
    base = cfg['doc_baseurl']+'/'
    (out/'404.html').write_text(f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'"><meta name="robots" content="noindex">
<title>Not found · {cfg['title']}</title><link rel="icon" href="{base}_static/favicon.png">
<link rel="stylesheet" href="{base}_static/404.css"></head>
<body><main><h1>There is no such page</h1>
<p>It may have moved, or the link has a mistake. <a href="{base}index.html">The front page</a> lists all chapters.</p>
<form action="{base}search.html"><label for="q">Search the book</label> <input id="q" name="q" type="search"> <button>Search</button></form>
</main></body></html>
""", encoding='utf-8')
    versions(out)
    (out/'robots.txt').write_text(f'User-agent: *\nAllow: /\nSitemap: {site}sitemap.xml\n')

def card(file, title, line, digits):
    "The picture that other sites show of a link to a page: its `title`, what it belongs to, and the mean digits"
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont
    fonts = Path(get_data_path())/'fonts/ttf'
    img = Image.new('L', (1200,630), 250)
    draw,at = ImageDraw.Draw(img),90
    def font(size, name='DejaVuSans'): return ImageFont.truetype(fonts/f'{name}.ttf', size)
    draw.text((80,80), line, 90, font(32))
    for l in textwrap.wrap(title, 22)[:3]: draw.text((80,at+60), l, 20, font(76, 'DejaVuSans-Bold')); at += 96
    draw.text((80,560), cfg['title'], 90, font(32, 'DejaVuSansMono'))
    for i,o in enumerate(digits): img.paste(o, (80+104*i, 440))
    img.quantize(16).save(file, optimize=True)

def pictures(
    folder:Path, # Where to
    pages:dict # For each page that gets a picture of its own, the title and the line above it
):
    "The icon, and the pictures for links, made of mean digits; of those that every machine has"
    from PIL import Image
    from mnist_from_scratch.baseline import mean_digits
    from mnist_from_scratch.data.digits import bundled_digits
    means = [Image.fromarray((250-o[3:25,3:25]*230).clamp(0, 255).byte().numpy()) for o in mean_digits(bundled_digits()[0])]
    means[3].resize((64,64), Image.Resampling.NEAREST).save(folder/'favicon.png')
    digits = [o.resize((88,88), Image.Resampling.NEAREST) for o in means]
    (folder/'cards').mkdir()
    for k,(title,line) in pages.items(): card(folder/'cards'/f"{k.replace('/', '-')}.png", title, line, digits)

def prepare(
    out:Path # The folder to fill; what is in it goes
):
    "Write all that Sphinx reads."
    shutil.rmtree(out, ignore_errors=True); out.mkdir(parents=True)
    nbs = [nbs_path/f'{o}.ipynb' for o in (*stems(), 'index')]
    titles = {page_of(o):re.match(r'# (.+)', nbformat.read(o, 4).cells[0].source)[1] for o in nbs}
    mods = {page_of(o):importlib.import_module(f'{pkg}.{module(o)}')
            for o in stems() if (lib_path/f"{module(o).replace('.', '/')}.py").exists()}
    known = {k:v for m in mods.values() for k,v in places(m).items()}
    for k in titles:
        for o in '','reference/','extra/notebooks/': (out/f'{o}{k}').parent.mkdir(parents=True, exist_ok=True)
    for o in nbs: nbformat.write(chapter(o, known), out/f'{page_of(o)}.ipynb'); shutil.copy(o, out/f'extra/notebooks/{page_of(o)}.ipynb')
    seen = set()
    for k,m in mods.items(): (out/f'reference/{k}.md').write_text(reference(m, titles[k], known, seen), encoding='utf-8')
    def toc(pages, *options): return '\n'.join(['```{toctree}', *options, '', *pages, '```'])
    *parts,(appendix,floors) = plan().items()
    nb = nbformat.read(out/'index.ipynb', 4)
    table = next(c.source for c in nb.cells if f'### {appendix}' in c.source).split(f'### {appendix}')[1]
    # these two fold in the sidebar
    (out/'appendix.md').write_text(f"# {appendix.split(': ')[-1]}\n{table}\n\n{toc(map(page_of, floors), ':hidden:')}\n", encoding='utf-8')
    refs = [f"{k.replace('/', '.')} <reference/{k}>" for k in mods]
    (out/'reference.md').write_text("# Reference\n\nEvery public name, by "
                                    f"module.\n\n{toc(refs, ':maxdepth: 1')}\n", encoding='utf-8')
    chapters = {k:[f'{number(o)}. {titles[page_of(o)]} <{page_of(o)}>' for o in v] for k,v in parts}
    bar = {'Try it':['draw','playground'], **chapters, 'Appendix':['appendix','reference'],
           'More':['errata','move_on','teachers','security','changelog']}
    nb.cells.insert(1, nbformat.v4.new_markdown_cell('```{index} ! install, ! Colab\n```')) # what it explains in other words
    nb.cells.append(nbformat.v4.new_markdown_cell('\n\n'.join(toc(v, f':caption: {k}', ':hidden:') for k,v in bar.items())))
    nbformat.write(nb, out/'index.ipynb')
    for f in by_hand:
        md = (docs.parent/f).read_text(encoding='utf-8')
        (out/f.name.lower()).write_text(link_files(md, f.parent.as_posix()), encoding='utf-8')
    with open(out/'security.md', 'a', encoding='utf-8') as f:
        f.write('\n## What the tests have tried\n\n```text\n'+(docs/'survived.txt').read_text()+'```\n')
    for o in '_static','_templates': shutil.copytree(docs/o, out/o)
    (out/'_static/moving').mkdir()
    for o in moving_figures(): (out/f'_static/moving/{o}.js').write_text(figure_source(o), encoding='utf-8')
    for o in 'conf.py','scorer.js': shutil.copy(docs/o, out)
    around(out/'extra')
    pictures(out/'_static', {page_of(o):(titles[page_of(o)], k) for k,v in plan().items() for o in v}|
             dict(index=('From the first pixel to ten digits', 'A book whose notebooks are the library')))

@call_parse
def build(
    out:Path=docs/'_build' # Where to put the site, in html, and all that it is made of
):
    "Build the site."
    from sphinx.cmd.build import main
    try: prepare(out/'source')
    except ValueError as e: sys.exit(f'build.py: {e}')
    sys.exit(main(['-W', '--keep-going', '-q', '-d', str(out/'doctrees'), str(out/'source'), str(out/'html')]))
