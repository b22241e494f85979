"How Sphinx renders what docs/build.py prepares. It is copied there, so that all paths are relative to it."
import importlib, inspect, re
from functools import reduce
from pathlib import Path

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.util import logging

from build import by_hand, cfg, nbs_path, on_github, page_of, stems

project,author,copyright,version = cfg['title'],cfg['author'],cfg['copyright'],cfg['version']
site = cfg['doc_host']+cfg['doc_baseurl']+'/'
here = Path(__file__).parent
notebooks = {page_of(o):o for o in stems()}
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
html_copy_source = html_scaled_image_link = False
html_theme_options = dict(use_download_button=False, use_fullscreen_button=False, show_toc_level=2, navbar_persistent=[])
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

def sound(html):
    "Parameters of a long signature stand in a list of definitions that defines nothing; as lines, a screen reader can follow them"
    def lines(m): return re.sub(r'<(/?)dd>', r'<\1span>', f'<span class="sig-params">{m[1]}</span>')
    return re.sub(r'<dl>\n((?:<dd>.*</dd>\n)+)</dl>\n', lines, html)

def source_of(pagename):
    "The file in the repository that the page `pagename` is made of, if it is one that is written by hand"
    if pagename=='index' or pagename in notebooks: return f"{nbs_path.name}/{notebooks.get(pagename, pagename)}.ipynb"
    return pages.get(pagename)

def about_page(app, pagename, templatename, context, doctree):
    "What can be done with a page, and what other sites show of a link to it"
    if 'body' in context: context['body'] = sound(context['body'])
    links,src = [],source_of(pagename)
    if pagename in notebooks:
        context['colab'] = f"https://colab.research.google.com/github/{cfg['user']}/{cfg['repo']}/blob/{cfg['branch']}/{src}"
        links = [('Open in Colab',context['colab']), ('Download the notebook',context['pathto'](f'notebooks/{pagename}.ipynb', 1))]
    if src: links.append(('Edit this page', on_github(src).replace('/blob/', '/edit/')))
    context['page_links'] = [*links, ('Report a mistake',cfg['git_url']+'/issues/new'), ('Cite this book',on_github('CITATION.cff')),
                             ('The repository',cfg['git_url'])]
    text = next((o.astext() for o in doctree.findall(nodes.block_quote)), cfg['description']) if doctree else cfg['description']
    title = re.sub('<.*?>', '', context.get('title') or project)
    tags = {'og:title':title if pagename=='index' else f'{title} · {project}', 'og:description':text, 'og:type':'website',
            'og:url':f'{site}{pagename}.html', 'og:image':f'{site}_static/card.png'}
    esc = lambda s: s.replace('&','&amp;').replace('"','&quot;').replace('<','&lt;').replace('\n',' ')
    context['metatags'] = context.get('metatags', '')+f'<meta name="description" content="{esc(text)}">\n'+''.join(f'<meta property="{k}" '
        f'content="{esc(v)}">\n' for k,v in tags.items())

def setup(app):
    app.add_html_math_renderer('mathml', inline_renderers=(mathml, None), block_renderers=(mathml, None))
    app.connect('html-page-context', about_page, priority=900)
html_math_renderer = 'mathml'
