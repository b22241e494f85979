"""Make README.md from nbs/index.ipynb: nbdev's processors, then nbconvert. (`nbdev_readme` would need Quarto.)

With `--check`, write nothing and exit with 1 where README.md is not what the notebook gives."""
import os, re, sys

import nbformat
from fastcore.script import call_parse, store_true
from nbconvert import MarkdownExporter
from nbdev.config import get_config
from nbdev.process import NBProcessor
from nbdev.processors import FilterDefaults
from nbformat.v4.rwbase import rejoin_lines

from build import alts, figures, page_of

# The title stays a heading, links to the site are for the site, and nothing in README.md comes from the environment.
skipped = {'FrontmatterProc', 'add_show_docs', 'exec_show_docs', 'add_links'}

def from_root(
    md:str, # Markdown or HTML with links relative to the folder `at`
    at:str, # That folder's path from the repository's root
    site:str # Address of the site
)->str:
    """`md` with links to pages of the site, and all other relative links relative to the repository's root; what stands in a fenced block
    is left alone."""
    def repl(m):
        f = os.path.normpath(f'{at}/{m[2]}')
        return m[1] + (f'{site}/{page_of(f)}.html' if f.endswith('.ipynb') or f.startswith('docs/') and f.endswith('.md') else f)
    parts = re.split(r'(^```.*?^```$)', md, flags=re.M|re.S)
    return ''.join(o if i%2 else re.sub(r'(\]\(|(?:src|href)=")(?![\w+.-]+:|[#/])([^)"\s#]+)', repl, o) for i,o in enumerate(parts))

@call_parse
def make_readme(
    check:store_true=False # Only say whether README.md is up to date?
):
    "Make README.md, and the pictures it shows, from nbs/index.ipynb."
    cfg = get_config()
    root,at = cfg.config_path,cfg.nbs_path.name
    procs = [o for o in FilterDefaults().base_procs() if o.__name__ not in skipped]
    proc = NBProcessor(cfg.nbs_path/'index.ipynb', procs=procs)
    proc.process()
    nb = rejoin_lines(nbformat.from_dict(proc.nb))
    nb.metadata.language_info = {'name':'python'}
    nb.cells = [c for c in nb.cells if c.cell_type!='raw' and c.get('source','').strip()]
    texts = {}                                                  # of the figures, by the numbers of cell and output
    for i,c in enumerate(nb.cells):
        if c.cell_type=='markdown': c.source = from_root(c.source, at, cfg.doc_host+cfg.doc_baseurl)
        else:
            texts |= {f'{i}_{j}':t for j,t in zip([j for j,o in enumerate(c.outputs) if o in figures(c)], alts(c))}
            c.source = re.sub(r'^#\|.*\n', '', c.source, flags=re.M)
    md,res = MarkdownExporter().from_notebook_node(nb, {'output_files_dir':'docs/readme', 'unique_key':'index'})
    md = re.sub(r'!\[png\]\((docs/readme/index_(\d+_\d+))', lambda m: f'![{texts[m[2]]}]({m[1]}', md)
    md = re.sub(r'\n{3,}', '\n\n', re.sub(r'[ \t]+$', '', md, flags=re.M)).strip()+'\n'
    files = {root/'README.md':md.encode(), **{root/k:v for k,v in res['outputs'].items()}}
    old = set((root/'docs/readme').glob('*'))-files.keys() # pictures that are no longer shown
    stale = [str(p.relative_to(root)) for p in (*files,*old) if p in old or not p.exists() or p.read_bytes()!=files[p]]
    if check and stale: sys.exit(f"{', '.join(stale)} out of date: run `python docs/make_readme.py`")
    if not check:
        for p in old: p.unlink()
        for p,b in files.items(): p.parent.mkdir(exist_ok=True); p.write_bytes(b)
