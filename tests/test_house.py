"What holds of the house as a whole: the order of its chapters, what an import costs, and what may be stored in a notebook."
import ast, configparser, importlib.util, json, re, subprocess, symtable, sys
from collections import Counter
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

root = Path(__file__).parent.parent
pkg = 'mnist_from_scratch'
notebooks = sorted((root/'nbs').glob('*.ipynb'))
chapters = [o for o in notebooks if re.match(r'\d\d_', o.name)]
modules = sorted(o for o in (root/pkg).glob('*.py') if o.stem not in ('__init__','_modidx','all'))
order = [o.stem[3:] for o in chapters]

spec = importlib.util.spec_from_file_location('execute', root/'docs/execute.py')
execute = importlib.util.module_from_spec(spec)
spec.loader.exec_module(execute)

def settings():
    cfg = configparser.ConfigParser(delimiters=['='])
    cfg.read(root/'settings.ini')
    return cfg['DEFAULT']
def name(path): return path.name
def cells(path, kind='code'): return [{**c, 'source':''.join(c['source'])} for c in json.loads(path.read_text(encoding='utf-8'))['cells'] if c['cell_type']==kind]
def parse(src): return ast.parse(TransformerManager().transform_cell(src))

def uses(tree):
    "The modules of this package that `tree` imports, at any depth."
    for o in ast.walk(tree):
        if isinstance(o, ast.Import): found = [a.name for a in o.names]
        elif isinstance(o, ast.ImportFrom):
            mod = '.'.join(filter(None, [pkg if o.level else '', o.module]))
            found = [f'{mod}.{a.name}' for a in o.names] if mod==pkg else [mod]
        else: continue
        yield from (f.split('.')[1] for f in found if f.startswith(f'{pkg}.'))

def out_of_order(src, chapter, own=False):
    "What `src`, standing in `chapter`, imports of this package that is not from an earlier chapter."
    ok = order[:order.index(chapter)+own]
    return [o for o in uses(parse(src)) if o not in ok]

def test_out_of_order():
    "The check below finds what it should: it reads every way to write an import, also inside a function."
    a,b = order[0],order[1]
    for bad in (f'from {pkg}.{b} import x', f'from .{b} import x', f'from . import {b}', f'import {pkg}.{b} as m', f'from {pkg} import {b}',
                f'def f():\n    from .{b} import x', f'%matplotlib inline\nfrom .{b} import x'): assert out_of_order(bad, a)==[b], bad
    assert out_of_order(f'from {pkg}.all import *', b)==['all']
    assert not out_of_order(f'from .{a} import x\nimport torch\nfrom {pkg} import {a}', b)

@pytest.mark.parametrize('nb', chapters, ids=name)
def test_notebook_imports_earlier_chapters(nb):
    for c in cells(nb):
        own = not re.search(r'^#\|\s*export', c['source'], re.M)
        assert not out_of_order(c['source'], nb.stem[3:], own), c['source']

@pytest.mark.parametrize('mod', modules, ids=name)
def test_module_imports_earlier_chapters(mod):
    assert not out_of_order(mod.read_text(encoding='utf-8'), mod.stem)

def tables(t): return [t, *(o for c in t.get_children() for o in tables(c))]

def only_hidden(srcs, prose=''):
    "Names that a cell which the reader sees uses, and that only hidden cells before it bind; but for those that the `prose` has in backticks."
    seen,hidden,res = set(),set(),set()
    for src in srcs:
        top = symtable.symtable(TransformerManager().transform_cell(src), 'cell', 'exec')
        bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
        if re.search(r'^#\|\s*hide', src, re.M): hidden |= bound; continue
        seen |= bound
        res |= {s.get_name() for t in tables(top) for s in t.get_symbols() if s.is_referenced() and (t is top or s.is_global())} & hidden-seen
    return sorted(o for o in res if f'`{o}`' not in prose)

@pytest.mark.parametrize('nb', notebooks, ids=name)
def test_what_is_used_is_seen(nb):
    "Whoever copies the cells of a page can run them: no import and no definition is missing that only a hidden cell has."
    assert not only_hidden([c['source'] for c in cells(nb)], '\n'.join(c['source'] for c in cells(nb, 'markdown')))

def test_only_hidden():
    hid = '#| hide\nimport a as b\ndef f(): c = 1\nd = [e for e in b]'
    assert only_hidden([hid, 'b(f); d, c, e'])==['b','d','f'] and only_hidden([hid, 'def g(): return [b for _ in d]'], 'see `d`')==['b']
    assert not only_hidden(['b = 1', hid, 'b, len']) and not only_hidden([hid, 'import b\nb']) and not only_hidden([hid, 'def g(b): return b', 'f = 1; f'])

def test_a_number_is_given_once():
    nums = [o.name[:2] for o in chapters]
    assert len(set(nums))==len(nums), nums

@pytest.mark.parametrize('nb', chapters, ids=name)
def test_opens_on_colab(nb):
    "After the title come the button that opens this notebook on Colab, and the hidden cell that installs the package where it is missing."
    cfg = settings()
    _,button,install = [''.join(c['source']) for c in json.loads(nb.read_text(encoding='utf-8'))['cells'][:3]]
    assert button.endswith(f"](https://colab.research.google.com/github/{cfg['user']}/{cfg['repo']}/blob/{cfg['branch']}/{cfg['nbs_path']}/{nb.name})")
    assert install.startswith('#| hide') and f"if not find_spec('{pkg}'):\n    %pip install -q {pkg}" in install

def test_one_chapter_one_module():
    "A notebook exports to the module of its own name, and every module is some notebook's."
    exp = {o.stem[3:]: re.findall(r'^#\|\s*default_exp\s+(\S+)', '\n'.join(c['source'] for c in cells(o)), re.M) for o in chapters}
    assert {k:v for k,v in exp.items() if v not in ([k],[])} == {}
    assert {k for k,v in exp.items() if v} == {o.stem for o in modules}

def twice(src):
    "Names that the top level of a module binds more than once: the later one, perhaps of another cell, would silently win"
    tree = ast.parse(src).body
    defs = [o.name for o in tree if isinstance(o, (ast.FunctionDef, ast.ClassDef)) and not any('patch' in ast.unparse(d) for d in o.decorator_list)]
    names = [n.id for o in tree if isinstance(o, ast.Assign) for t in o.targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return [k for k,n in Counter(defs+names).items() if n>1 and k!='_']

@pytest.mark.parametrize('mod', modules, ids=name)
def test_a_module_binds_a_name_once(mod): assert not twice(mod.read_text(encoding='utf-8'))

def test_twice(): assert twice('a = 1\n@patch\ndef f(self:A): a = 2\n@patch\ndef f(self:B): pass\nb,a = 3,4\ndef b(): pass')==['b','a']

def test_imports_are_light():
    "No module imports fastai, torchvision or scikit-learn; only `all` imports what draws tables, plots and progress bars."
    src = f'''
import sys, importlib
for m in {[o.stem for o in modules]+['all']}:
    importlib.import_module('{pkg}.'+m)
    heavy = {{'fastai','torchvision','sklearn'}} | ({{'pandas','matplotlib.pyplot','fastprogress'}} if m!='all' else set())
    if found := heavy & set(sys.modules): sys.exit(f'{{m}} imports {{sorted(found)}}')'''
    r = subprocess.run([sys.executable, '-c', src], capture_output=True, text=True)
    assert not r.returncode, r.stderr

def test_version(): assert __import__(pkg).__version__ == settings()['version']

@pytest.mark.parametrize('nb', notebooks, ids=name)
def test_outputs_name_no_folder_of_the_author(nb):
    "A stored output holds no absolute path: it would tell where it was made, and differ elsewhere."
    assert not [p for c in cells(nb) for o in c['outputs'] for t in execute.texts(o) for p in execute.paths(t)]

def test_paths():
    paths = execute.paths
    assert paths("Path('/home/me/x.png')")==['/home/me/x.png'] and paths('saved to /a/b')==['/a/b'] and paths('in C:\\Users\\me')
    assert not paths('<td>3</td></tr> 7/28/28 https://x.org/a/b train/3/1.png and/or/not ./a/b 1/2')

@pytest.mark.parametrize('mod', modules, ids=name)
def test_what_is_exported_says_what_it_does(mod):
    defs = [o for o in ast.parse(mod.read_text(encoding='utf-8')).body if isinstance(o, (ast.FunctionDef, ast.ClassDef)) and o.name[0]!='_']
    assert not [o.name for o in defs if not ast.get_docstring(o)]
