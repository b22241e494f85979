"How Sphinx renders what docs/build.py prepares. It is copied there, so that all paths are relative to it."
import importlib, inspect, re
from functools import reduce
from hashlib import md5
from pathlib import Path
from urllib.parse import unquote

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from PIL import Image
from sphinx import addnodes
from sphinx.util import logging

from build import by_hand, cfg, defined, lib_path, nbs_path, number, on_github, page_of, pkg, places, plan, site, stems

project,author,copyright,version = cfg['title'],cfg['author'],cfg['copyright'],cfg['version']
here = Path(__file__).parent
notebooks = {page_of(o):o for o in stems()}
part_of = {page_of(o):(part,o) for part,v in plan().items() for o in v}
pages = {o.stem.lower():o.as_posix() for o in by_hand}

extensions = ['myst_nb', 'sphinx_copybutton', 'sphinx.ext.intersphinx', 'sphinx.ext.linkcode']
nb_execution_mode,nb_merge_streams = 'off',True
myst_enable_extensions = ['dollarmath']
myst_heading_anchors = 4
templates_path,exclude_patterns = ['_templates'],['extra']
add_module_names = False
python_maximum_signature_line_length = 80
toc_object_entries_show_parents = 'hide'

html_theme = 'sphinx_book_theme'
html_title,html_favicon,html_baseurl = cfg['title'],'_static/favicon.png',site
html_static_path,html_extra_path,html_css_files = ['_static'],['extra'],['icons.css','site.css']
html_js_files = ['versions.js']
html_search_scorer = str(here/'scorer.js')
html_copy_source = html_scaled_image_link = False
html_theme_options = dict(show_toc_level=2, navbar_persistent=[])
html_context = dict(default_mode='auto')
copybutton_exclude = '.linenos, .gp, .go'

# Inventories of other projects are used where they are at hand: a build without a network does without these links.
inventories = dict(python='https://docs.python.org/3/', torch='https://docs.pytorch.org/docs/stable/',
                   matplotlib='https://matplotlib.org/stable/',
    pandas='https://pandas.pydata.org/docs/', numpy='https://numpy.org/doc/stable/')
def at_hand(folder):
    "The inventories in `folder`, as Sphinx wants to have them named; those that are missing are fetched, if there is a network"
    import requests
    for k,url in inventories.items():
        if (folder/f'{k}.inv').exists(): continue
        try:
            r = requests.get(url+'objects.inv', timeout=5)
            r.raise_for_status()
        except requests.ConnectionError: break
        except requests.RequestException: continue
        folder.mkdir(parents=True, exist_ok=True)
        if r.content.startswith(b'# Sphinx inventory'): (folder/f'{k}.inv').write_bytes(r.content)
    return {k:(url, str(folder/f'{k}.inv')) for k,url in inventories.items() if (folder/f'{k}.inv').exists()}
intersphinx_mapping = at_hand(here.parent/'inventories')

def linkcode_resolve(domain, info):
    "Where the source of a public name is"
    try: o = reduce(getattr, info['fullname'].split('.'), importlib.import_module(info['module']))
    except AttributeError: return None
    o = inspect.unwrap(getattr(o, 'fget', None) or o)
    try: lines,n = inspect.getsourcelines(o)
    except (TypeError, OSError): return None
    return on_github(f"{o.__module__.replace('.', '/')}.py#L{n}-L{n+len(lines)-1}")

def mathml(self, node):
    "Mathematics as MathML, which browsers show by themselves"
    tag = 'div' if (block := isinstance(node, nodes.math_block)) else 'span'
    try: self.body.append(f'<{tag} class="math">{latex2mathml.tex2mathml(node.astext(), as_block=block)}</{tag}>')
    except MathError as e: logging.getLogger(__name__).warning(f'no MathML for {node.astext()!r}: {e}', location=node)
    raise nodes.SkipNode

def public(page):
    "The public names that the chapter `page` defines, and where each has its place in the reference"
    if page not in notebooks or not (lib_path/f'{page}.py').exists(): return {}
    return places(importlib.import_module(f"{pkg}.{page.replace('/', '.')}"))

def link_definitions(app, doctree):
    """Each cell that defines something gets an address, and below it links to the reference and to the source; in the reference each
    signature leads to its cell."""
    page = app.env.docname
    names = public(page)
    for cell in list(doctree.findall(lambda o: 'tag_export' in o.get('classes', []) if isinstance(o, nodes.container) else False)):
        code = next(cell.findall(nodes.literal_block)).astext()
        line = nodes.paragraph(classes=['defines'])
        for n in defined(code):
            cell['ids'].append(f'def-{n}')
            if n not in names: continue
            src = linkcode_resolve('py', dict(module=f"{pkg}.{page.replace('/', '.')}", fullname=n))
            ref = addnodes.pending_xref('', nodes.inline('', 'reference'), refdomain='py', reftype='obj', reftarget=names[n],
                                        refexplicit=True, refwarn=False)
            line += [nodes.literal('', n), nodes.Text(': '), ref]
            if src: line += [nodes.Text(', '), nodes.reference('', 'source', refuri=src)]
            line += nodes.Text('  ')
        if line.children: cell.parent.insert(cell.parent.index(cell)+1, line)
    if page.startswith('reference/'):
        to = page.removeprefix('reference/')
        have = defined((lib_path/f'{to}.py').read_text(encoding='utf-8')) # a module is what its chapter's cells export
        for sig in doctree.findall(addnodes.desc_signature):
            full = sig['fullname'] # such as Learner.fit: its own cell, or that of its class
            name = next((o for o in (full, full.partition('.')[0]) if o in have), None)
            if name: sig += nodes.reference('', '[in the chapter]', refuri=f"{'../'*page.count('/')}{to}.html#def-{name}",
                                            classes=['viewcode-link'])

def wide(app, html):
    "Figures that a phone would shrink until nobody can read them get a frame that scrolls; others wait until they are near"
    files = {name:f for f,(_,name) in app.env.images.items()}
    def repl(m):
        tag = m[0].replace('<img ', '<img loading="lazy" ')
        if shown := re.search(r'\bwidth(?:: *|=")(\d+)', tag): w = int(shown[1]) # of a figure with more pixels than it takes on the page
        else:
            with Image.open(Path(app.srcdir)/files[unquote(m[1])]) as o: w = o.width
        return tag if w<=700 else f'<span class="wide" style="--w:{w}px">{tag}</span>'
    return re.sub(r'<img [^>]*src="[^"]*_images/([^"]+)"[^>]*>', repl, html)

def moving(app, html, pathto):
    "Where build.py left a mark before a picture: the place of a figure that moves, with the picture in it, and its module's address"
    def repl(m):
        file = f'_static/moving/{m[2]}.js'
        version = md5((Path(app.srcdir)/file).read_bytes(), usedforsecurity=False).hexdigest()[:8] # as Sphinx has it for its own
        return f'<div class="moving" data-src="{pathto(file, 1)}?v={version}"{m[1]}>{m[3]}</div>'
    mark = r'<div class="output text_html"><template( data-moving="(\w+)" data-args="[^"]*")></template>\s*</div>'
    return re.sub(mark+r'\s*((?:<span class="wide"[^>]*>)?<img [^>]*>(?:</span>)?)', repl, html)

def opening(html, pagename):
    "The body of a chapter, with the part that it belongs to above, and its first picture beside its first words where that comes later"
    part,stem = part_of.get(pagename, ('',''))
    if not part: return html
    line = part if '/' in stem else f'{part} · Chapter {number(stem)}'
    img = re.search(r'<img [^>]*src="([^"]*_images/[^"]*)"', html)
    quote = html.find('</blockquote>')
    if img and quote>0 and '/' not in stem and '<h2>' in html[:img.start()]:
        html = html.replace('<blockquote>', f'<img class="opening" alt="" src="{img[1]}">\n<blockquote>', 1)
    return f'<p class="part">{line}</p>\n{html}'

def sound(html):
    "Parameters of a long signature stand in a list of definitions that defines nothing; as lines, a screen reader can follow them"
    def lines(m): return re.sub(r'<(/?)dd>', r'<\1span>', f'<span class="sig-params">{m[1]}</span>')
    return re.sub(r'<dl>\n((?:<dd>.*</dd>\n)+)</dl>\n', lines, html)

def first_words(doctree):
    "What a page is about: the quotation below its title, or its first paragraph"
    if not doctree: return ''
    all_ = (re.sub(r'\s+', ' ', o.astext()) for kind in (nodes.block_quote,nodes.paragraph) for o in doctree.findall(kind))
    return next((o[:300] for o in all_ if len(o)>20), '')

def source_of(pagename):
    "The file in the repository that the page `pagename` is made of, if it is one that is written by hand"
    if pagename=='index' or pagename in notebooks: return f"{nbs_path.name}/{notebooks.get(pagename, pagename)}.ipynb"
    return pages.get(pagename)

def about_page(app, pagename, templatename, context, doctree):
    "What can be done with a page, and what other sites show of a link to it"
    if 'body' in context: context['body'] = opening(moving(app, wide(app, sound(context['body'])), context['pathto']), pagename)
    if '<div class="moving"' in context.get('body', ''): app.add_js_file('moving.js', type='module')
    links,src = [],source_of(pagename)
    if pagename in notebooks:
        context['colab'] = f"https://colab.research.google.com/github/{cfg['user']}/{cfg['repo']}/blob/{cfg['branch']}/{src}"
        links = [('Open in Colab',context['colab']), ('Download the notebook',context['pathto'](f'notebooks/{pagename}.ipynb', 1))]
    if src: links.append(('Edit this page', on_github(src).replace('/blob/', '/edit/')))
    context['page_links'] = [*links, ('Report a mistake',cfg['git_url']+'/issues/new'), ('Cite this book',on_github('CITATION.cff')),
                             ('The repository',cfg['git_url'])]
    text = first_words(doctree) or cfg['description']
    card = pagename if pagename in part_of else 'index'
    title = re.sub('<.*?>', '', context.get('title') or project)
    tags = {'og:title':title if pagename=='index' else f'{title} · {project}', 'og:description':text, 'og:type':'website',
            'og:url':f'{site}{pagename}.html', 'og:image':f"{site}_static/cards/{card.replace('/', '-')}.png",
            'twitter:card':'summary_large_image'}
    esc = lambda s: s.replace('&','&amp;').replace('"','&quot;').replace('<','&lt;').replace('\n',' ')
    context['metatags'] = context.get('metatags', '')+f'<meta name="description" content="{esc(text)}">\n'+''.join(f'<meta property="{k}" '
        f'content="{esc(v)}">\n' for k,v in tags.items())

def map_of_the_site(app, error):
    "sitemap.xml"
    if error or app.builder.name!='html': return
    urls = ''.join(f'<url><loc>{site}{o}.html</loc></url>\n' for o in sorted(app.env.found_docs))
    (Path(app.outdir)/'sitemap.xml').write_text('<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n')

def setup(app):
    app.connect('doctree-read', link_definitions, priority=400)
    app.connect('build-finished', map_of_the_site)
    app.add_html_math_renderer('mathml', inline_renderers=(mathml, None), block_renderers=(mathml, None))
    app.connect('html-page-context', about_page, priority=900)
html_math_renderer = 'mathml'
