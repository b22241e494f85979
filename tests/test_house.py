"What holds of the house as a whole: the order of its chapters, what an import costs, and what may be stored in a notebook."
import ast, configparser, importlib.util, json, linecache, re, subprocess, symtable, sys, textwrap
from collections import Counter
from pathlib import Path

import pytest
from conftest import in_a_new_process
from chapters import module, order as in_order, plan, stems
from fastcore.docments import docments
from IPython.core.inputtransformer2 import TransformerManager

root = Path(__file__).parent.parent
pkg = 'mnist_from_scratch'
parts = plan()
chapters = [root/f'nbs/{o}.ipynb' for o in stems()]
notebooks = [*chapters, root/'nbs/index.ipynb']
modules = sorted(o for o in (root/pkg).rglob('*.py') if o.stem not in ('__init__','_modidx','all'))
one,*others,appendix = parts.values()
order = in_order()

spec = importlib.util.spec_from_file_location('execute', root/'docs/execute.py')
execute = importlib.util.module_from_spec(spec)
spec.loader.exec_module(execute)

def settings():
    cfg = configparser.ConfigParser(delimiters=['='])
    cfg.read(root/'settings.ini')
    return cfg['DEFAULT']
def name(path): return path.name
def dotted(mod): return '.'.join(mod.relative_to(root/pkg).with_suffix('').parts)
def stem(path): return path.relative_to(root/'nbs').with_suffix('').as_posix()
def cells(path, kind='code'):
    return [{**c, 'source':''.join(c['source'])} for c in json.loads(path.read_text(encoding='utf-8'))['cells'] if c['cell_type']==kind]
def exports(nb): return re.findall(r'^#\|\s*default_exp\s+(\S+)', '\n'.join(c['source'] for c in cells(nb)), re.M)
def parse(src): return ast.parse(TransformerManager().transform_cell(src))

def uses(tree, mod):
    "The modules of this package that `tree`, standing in the module `mod`, imports, at any depth."
    known = {*order, *(o.rpartition('.')[0] for o in order)}
    for o in ast.walk(tree):
        if isinstance(o, ast.Import): found = [a.name for a in o.names]
        elif isinstance(o, ast.ImportFrom):
            at = f'{pkg}.{mod}'.split('.')[:-o.level] if o.level else []
            at = '.'.join([*at, *filter(None, [o.module])])
            found = [f'{at}.{a.name}' if f'{at}.{a.name}'.removeprefix(f'{pkg}.') in known else at
                     for a in o.names] if at.split('.')[0]==pkg else []
        else: continue
        yield from (f.removeprefix(f'{pkg}.') for f in found if f.startswith(f'{pkg}.'))

def out_of_order(src, chapter, own=False):
    "What `src`, standing in `chapter`, imports of this package that is neither from a floor below nor from an earlier chapter."
    ok = order[:order.index(chapter)+own]
    def within(name): return [o for o in order if o==name or o.startswith(f'{name}.')]     # a package stands for all its modules
    return [o for o in uses(parse(src), chapter) if not within(o) or not {*within(o)}<={*ok}]

def test_out_of_order():
    "The check below finds what it should: it reads every way to write an import, also inside a function."
    a,b = [o for o in order if '.' not in o][:2]
    for bad in (f'from {pkg}.{b} import x', f'from .{b} import x', f'from . import {b}', f'import {pkg}.{b} as m', f'from {pkg} import {b}',
                f'def f():\n    from .{b} import x', f'%matplotlib inline\nfrom .{b} import x'): assert out_of_order(bad, a)==[b], bad
    assert out_of_order(f'from {pkg}.all import *', b)==['all'] and not out_of_order(f'import {pkg}', b)
    assert not out_of_order(f'from .{a} import x\nimport torch\nfrom {pkg} import {a}', b)

def test_out_of_order_between_floors():
    for mod,src,bad in [('data.digits', 'from ..base.core import x', []), ('base.core', 'from ..data.digits import x', ['data.digits']),
                        ('base.core', 'from ..pixels import x', ['pixels']),
                        ('pixels', 'from .data.digits import x', []), ('pixels', 'from .engine.export import x', ['engine.export']),
                        ('engine.export', 'from ..learner import x', []), ('convnet', 'from .engine.export import x', []),
                        ('engine.distributed', 'from .export import x', []),
                        ('engine.export', 'from .distributed import x', ['engine.distributed']),
                        ('convnet', f'from {pkg}.tools import cli', ['tools.cli']), ('tools.cli', 'from ..convnet import x', []),
                        ('tools.cli', 'from .homework import x', []), ('tools.cli', f'from {pkg}.tools import homework', []),
                        ('tools.homework.engine', 'from .runner import x', ['tools.homework.runner']),
                        ('convnet', f'from {pkg}.tools.homework import x', ['tools.homework']),
                        ('tools.homework.engine', 'from . import task', [])]:
        assert out_of_order(src, mod)==bad, (mod, src)

def test_the_plan_has_every_notebook_once():
    "On the front page, in the order of the folders: the parts of the book, and below them the floors that it stands on"
    assert [o for p in parts.values() for o in p]==stems() and all('/' not in o for p in (one,*others) for o in p)
    assert [*dict.fromkeys(o.split('/')[0] for o in appendix)]==['base','data','engine','tools'] and len(others)==2

@pytest.mark.parametrize('nb', chapters, ids=name)
def test_notebook_imports_earlier_chapters(nb):
    """What is not exported may use all of the library where the reader knows it: in the appendix, and in questions and homework, which make
    no module"""
    for c in cells(nb):
        own = not re.search(r'^#\|\s*export', c['source'], re.M)
        if own and (stem(nb) in appendix or not exports(nb)): continue
        assert not out_of_order(c['source'], module(stem(nb)), own), c['source']

@pytest.mark.parametrize('mod', modules, ids=name)
def test_module_imports_earlier_chapters(mod):
    assert not out_of_order(mod.read_text(encoding='utf-8'), dotted(mod))

def tables(t): return [t, *(o for c in t.get_children() for o in tables(c))]

def only_hidden(srcs, prose=''):
    """Names that a cell which the reader sees uses, and that only hidden cells before it bind; but for those that the `prose` has in
    backticks."""
    seen,hidden,res = set(),set(),set()
    for src in srcs:
        top = symtable.symtable(TransformerManager().transform_cell(src), 'cell', 'exec')
        bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
        if re.search(r'^#\|\s*hide', src, re.M): hidden |= bound; continue
        seen |= bound
        res |= {s.get_name() for t in tables(top) for s in t.get_symbols() if s.is_referenced()
                and (t is top or s.is_global())} & hidden-seen
    return sorted(o for o in res if f'`{o}`' not in prose)

@pytest.mark.parametrize('nb', notebooks, ids=name)
def test_what_is_used_is_seen(nb):
    "Whoever copies the cells of a page can run them: no import and no definition is missing that only a hidden cell has."
    assert not only_hidden([c['source'] for c in cells(nb)], '\n'.join(c['source'] for c in cells(nb, 'markdown')))

def test_only_hidden():
    hid = '#| hide\nimport a as b\ndef f(): c = 1\nd = [e for e in b]'
    assert only_hidden([hid, 'b(f); d, c, e'])==['b','d','f'] and only_hidden([hid, 'def g(): return [b for _ in d]'], 'see `d`')==['b']
    assert not only_hidden(['b = 1', hid, 'b, len']) and not only_hidden([hid, 'import b\nb']) and not only_hidden([hid,
        'def g(b): return b', 'f = 1; f'])

def test_a_number_is_given_once():
    nums = [o[:-len(o.split('_', 1)[1])] for o in stems()]
    assert len(set(nums))==len(nums), nums

@pytest.mark.parametrize('nb', notebooks, ids=name)
def test_chapters_are_called_by_name(nb):
    "Their numbers change. (Chapter 4 is that of fast.ai's book.)"
    assert not [m for c in json.loads(nb.read_text(encoding='utf-8'))['cells']
                for m in re.findall(r'\bchapters? (?!4 of fast)\d+', ''.join(c['source']), re.I)]

@pytest.mark.parametrize('nb', notebooks, ids=name)
def test_code_names_other_chapters(nb):
    "`docs/chapters.py` asks about links such as 'the next chapter' when chapters move; nobody would look at such words in code."
    assert not [m for c in cells(nb) for m in re.findall(r'\b(?:next|last|previous) chapters?\b', c['source'])]

@pytest.mark.parametrize('nb', chapters, ids=name)
def test_opens_on_colab(nb):
    "After the title come the button that opens this notebook on Colab, and the hidden cell that installs the package where it is missing."
    cfg = settings()
    _,button,install = [''.join(c['source']) for c in json.loads(nb.read_text(encoding='utf-8'))['cells'][:3]]
    assert button.endswith(
        f"](https://colab.research.google.com/github/{cfg['user']}/{cfg['repo']}/blob/{cfg['branch']}/{cfg['nbs_path']}/{stem(nb)}.ipynb)")
    assert install.startswith('#| hide') and f"if not find_spec('{pkg}'):\n    %pip install -q {pkg}" in install

def test_one_chapter_one_module():
    "A notebook exports to the module of its own name, and every module is some notebook's."
    exp = {module(stem(o)):exports(o) for o in chapters}
    assert {k:v for k,v in exp.items() if v not in ([k],[])} == {}
    assert {k for k,v in exp.items() if v} == {dotted(o) for o in modules}

def twice(src):
    "Names that the top level of a module binds more than once: the later one, perhaps of another cell, would silently win"
    tree = ast.parse(src).body
    defs = [o.name for o in tree if isinstance(o, (ast.FunctionDef, ast.ClassDef))
            and not any('patch' in ast.unparse(d) for d in o.decorator_list)]
    names = [n.id for o in tree if isinstance(o, ast.Assign) for t in o.targets for n in ast.walk(t) if isinstance(n, ast.Name)
             and isinstance(n.ctx, ast.Store)]
    return [k for k,n in Counter(defs+names).items() if n>1 and k!='_']

@pytest.mark.parametrize('mod', modules, ids=name)
def test_a_module_binds_a_name_once(mod): assert not twice(mod.read_text(encoding='utf-8'))

def test_twice(): assert twice('a = 1\n@patch\ndef f(self:A): a = 2\n@patch\ndef f(self:B): pass\nb,a = 3,4\ndef b(): pass')==['b','a']

def private(name): return name.startswith('_') and not name.endswith('__')

def borrowed(src):
    "Private names of other modules of this package that `src` takes: imported, or as an attribute of a module"
    tree,mods,res = ast.parse(src),set(),[]
    for o in ast.walk(tree):
        if isinstance(o, ast.ImportFrom) and (o.level or (o.module or '').startswith(pkg)):
            res += [a.name for a in o.names if private(a.name)]
            mods |= {a.asname or a.name for a in o.names if any(m.split('.')[-1]==a.name for m in order)}
        elif isinstance(o, ast.Import): mods |= {a.asname for a in o.names if a.asname and a.name.startswith(pkg)}
    return res+[f'{o.value.id}.{o.attr}' for o in ast.walk(tree) if isinstance(o, ast.Attribute) and private(o.attr)
                and isinstance(o.value, ast.Name) and o.value.id in mods]

def test_borrowed():
    src = (f'from ..base.core import a, _b\nfrom ..data import idx\nimport {pkg}.learner as l\nidx._c, idx.d, l._e, self._f\ndef f(): from '
           '.x import _g; __version__')
    assert borrowed(src)==['_b','_g','idx._c','l._e']

@pytest.mark.parametrize('mod', modules, ids=name)
def test_no_private_name_crosses_modules(mod): assert not borrowed(mod.read_text(encoding='utf-8'))

def asked_for(src):
    "Private names that `src` has defined or set; and those that it asks of other objects than `self` and `cls`"
    own,asked = set(),set()
    for o in ast.walk(ast.parse(src)):
        if isinstance(o, (ast.FunctionDef,ast.ClassDef)): own.add(o.name)
        elif isinstance(o, ast.Attribute) and isinstance(o.ctx, ast.Store): own.add(o.attr)
        elif isinstance(o, ast.Attribute) and getattr(o.value, 'id', '') not in ('self','cls'): asked.add(o.attr)
        elif isinstance(o, ast.Call) and ast.unparse(o.func) in ('getattr','hasattr','setattr') and isinstance(o.args[1], ast.Constant):
            asked.add(o.args[1].value)
    return {o for o in own if private(o)},{o for o in asked if private(o)}

def test_no_private_name_crosses_classes():
    "What another module's classes have for themselves is not asked of an object"
    found = {dotted(o):asked_for(o.read_text(encoding='utf-8')) for o in modules}
    others = {'_make','_modules'}       # of named tuples and of PyTorch
    assert not {k:bad for k,(own,asked) in found.items() if (bad := (asked-own-others) & set().union(*(o for o,_ in found.values())))}

def test_no_module_is_too_large():
    "None has more than 8 % of the lines"
    n = {dotted(o):len(o.read_text(encoding='utf-8').splitlines()) for o in modules}
    assert not {k:v for k,v in n.items() if v>.08*sum(n.values())}

def test_figures_are_sharp():
    "Stored with two pixels for each that they take up on a page, as `docs/execute.py` does it"
    import base64
    def wide(png): return int.from_bytes(base64.b64decode(png)[16:20], 'big')
    figs = [(nb.name, wide(o['data']['image/png']), o['metadata'].get('image/png', {}).get('width')) for nb in notebooks for c in cells(nb)
            for o in c['outputs'] if 'image/png' in o.get('data', {})]
    assert len(figs)>100 and not [o for o in figs if not o[2] or not abs(o[1]-2*o[2])<=2]

def alive(nb):
    "Outputs of `nb` that something would have to run for: views of widgets, scripts"
    outs = [o for c in nb['cells'] for o in c.get('outputs', [])]
    return [o for o in outs if 'moving' in o.get('metadata', {}) and {*o['data']}!={'image/png','text/plain'} or any(
        'widget' in k or '<script' in ''.join(v) for k,v in o.get('data', {}).items())] + [k for k in nb['metadata'] if k=='widgets']

@pytest.mark.parametrize('nb', notebooks, ids=name)
def test_figures_that_move_are_stored_as_pictures(nb):
    "`python docs/execute.py` leaves a picture, and the values that the site needs"
    assert not alive(json.loads(nb.read_text(encoding='utf-8')))

def test_alive():
    def nb(data, **meta): return dict(cells=[dict(outputs=[dict(data=data, metadata=meta)])], metadata={})
    png = {'image/png':'a', 'text/plain':['b']}
    assert not alive(nb(png, moving={})) and alive(nb(png|{'text/html':'<b>'}, moving={})) and not alive(nb({'text/html':'<b>'}))
    assert alive(nb({'text/html':['<b>','<script>']})) and alive(nb({'application/vnd.jupyter.widget-view+json':{}}))
    assert alive(nb(png)|dict(metadata=dict(widgets={})))

def test_lines_end_at_140():
    "In the modules as they are: ruff looks at notebooks, and lets a line without blanks be as long as it is"
    assert not [f'{dotted(o)}, line {i}' for o in modules for i,l in enumerate(o.read_text(encoding='utf-8').splitlines(), 1) if len(l)>140]
    assert not [f'{o.name}, line {i}' for o in [*(root/pkg/'moving').glob('*.js'), root/'docs/_static/moving.js']
                for i,l in enumerate(o.read_text(encoding='utf-8').splitlines(), 1) if len(l)>140]

def test_imports_are_light():
    "No module imports fastai, torchvision or scikit-learn; only `all` imports what draws tables, plots and progress bars."
    in_a_new_process(f'''
import sys, importlib
for m in {[dotted(o) for o in modules]+['all']}:
    importlib.import_module('{pkg}.'+m)
    heavy = {{'fastai','torchvision','sklearn'}} | ({{'pandas','matplotlib.pyplot','fastprogress'}} if m!='all' else set())
    if found := heavy & set(sys.modules): sys.exit(f'{{m}} imports {{sorted(found)}}')''', subprocess.run)

def test_description_of_the_package():
    "README.md as an index of packages shows it: every link and picture has an address, and those of files lead to one that is there"
    md = subprocess.run([sys.executable, 'setup.py', '--long-description'], cwd=root, capture_output=True, text=True, check=True).stdout
    links,cfg = re.findall(r'\]\(([^)\s]+)', md),settings()
    files = [o for l in links for o in re.findall(rf"{cfg['git_url']}/(?:blob|raw)/{cfg['branch']}/(.+)", l)]
    assert len(files)>5 and not [o for o in links if not o.startswith(('https://','#'))] and not [o for o in files if not (root/o).exists()]
    assert all('/raw/' in o for o in links if o.endswith('.png'))

def test_data_of_the_package(monkeypatch):
    "What is no module is installed all the same: the types' marker, the hints of the homework"
    from distutils.core import run_setup
    monkeypatch.chdir(root)
    cmd = run_setup('setup.py', stop_after='init').get_command_obj('build_py')
    cmd.ensure_finalized()
    packed = {root/src/o for _,src,_,names in cmd.data_files for o in names}
    assert {o for o in (root/pkg).rglob('*') if o.is_file() and o.suffix not in ('.py','.pyc')} <= packed and len(packed)>1

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

def params(f):
    "The parameters of a function's node, but for that of a method's object, in their order"
    a = f.args
    ps = [*a.posonlyargs, *a.args, *filter(None, [a.vararg]), *a.kwonlyargs, *filter(None, [a.kwarg])]
    return [o for o in ps if o is not ps[0] or not (o.arg in ('self','cls') or any('patch' in ast.unparse(d) for d in f.decorator_list))]

def undescribed(src, f, ns):
    """Parameters of `f`, a node of the module `src` whose names are `ns`, that have no docment of their own. In a function of one line the
    docstring, which stands next to them, may name them; and `Param` of a command has its text in it."""
    if f.lineno==f.end_lineno: return [o.arg for o in params(f) if f'`{o.arg}`' not in (ast.get_docstring(f) or '')]
    own = textwrap.dedent('\n'.join(src.splitlines()[f.lineno-1:f.end_lineno])+'\n')     # a later module may have patched it
    file = f'<{f.name} {hash(own)}>'
    linecache.cache[file] = len(own),None,own.splitlines(True),file
    exec(compile(own, file, 'exec'), ns := dict(ns))
    has = docments(ns[f.name], args_kwargs=True)
    return [o.arg for o in params(f) if not has.get(o.arg) and not ast.unparse(o.annotation or ast.Constant(0)).startswith('Param(')]

def written(src):
    """Names and nodes of what a reader of the module `src` calls: functions, constructors, and methods that say what they do, also those
    of `patch`. (The `update` of a kind of optimizer is called by `step`, with the hyper-parameters that the constructor describes.)"""
    for cls in ast.parse(src).body:
        for f in [cls] if isinstance(cls, ast.FunctionDef) else cls.body if isinstance(cls, ast.ClassDef) and cls.name[0]!='_' else []:
            if not isinstance(f, ast.FunctionDef) or f.name!='__init__' and (f.name[0]=='_' or not ast.get_docstring(f)): continue
            of = getattr(f.args.args[0].annotation, 'id', cls.name) if f.args.args else cls.name
            if f.name!='update' or of=='Optimizer': yield f'{of}.{f.name}',f

@pytest.mark.parametrize('mod', modules, ids=name)
def test_every_parameter_is_described(mod):
    src,ns = mod.read_text(encoding='utf-8'),vars(importlib.import_module(f'{pkg}.{dotted(mod)}'))
    assert not {k:miss for k,f in written(src) if (miss := undescribed(src, f, ns))}

def test_undescribed():
    src = textwrap.dedent('''
        def f(a, b, # both
              # of c
              c=1,
              *d, # more
              **e): "`a`"; return
        class A:
            def __init__(self, a, # one
                         b): "`b`"
            def g(self, a): pass
            def i(self, a):
                "It"
        @patch
        def h(self:A, a, b:Param('x', str)=2): # one
            "It"
        @patch
        def k(self:A, a, b): "Just `a`"
        def _l(a): pass''')
    found = {k:undescribed(src, f, dict(A=0, Param=lambda *_: str)) for k,f in written(src)}
    assert found=={'f.f':['a','e'], 'A.__init__':['b'], 'A.i':['a'], 'A.h':['a'], 'A.k':['b']}
