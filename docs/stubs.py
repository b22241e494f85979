"""Write a stub beside each module of the package, `learner.pyi` for `learner.py`: what editors and type checkers read in its place.

They cannot see what `@patch` does. In a stub each method stands in its class, wherever in the package it is added; private names are
left out, and so are the bodies. With `--check`, write nothing and exit with 1 where a stub is not what the modules give."""
import ast, sys, textwrap
from functools import partial
from pathlib import Path

from fastcore.script import call_parse, store_true

# decorators that matter to a caller
kept = 'property cached_property setter classmethod staticmethod contextmanager abstractmethod dataclass'.split()
returns = dict(__len__='int', __bool__='bool', __contains__='bool', __repr__='str', __str__='str', __iter__='Iterator[Any]')
# what stubs need beside the imports of their modules
known = dict(Any='typing', Callable='typing', Iterator='collections.abc', Self='typing')
parse = partial(ast.parse, mode='eval')
def public(name): return not name.startswith('_') or name.startswith('__') and name.endswith('__')
def called(o):
    "The name of a decorator or a base"
    return called(o.func) if isinstance(o, ast.Call) else getattr(o, 'attr', None) or getattr(o, 'id', '')
def names(*nodes): return {o.id for n in nodes for o in ast.walk(n) if isinstance(o, ast.Name)}
def plain(o): "Is `o` a literal that a signature may show?"; return isinstance(getattr(o, 'operand', o), ast.Constant)
def type_of(v): return type(v.value).__name__ if isinstance(v, ast.Constant) and type(v.value) in (bool,int,float,str) else 'Any'

class Annotations(ast.NodeTransformer):
    "Annotations as type checkers want them: fastcore's `Param` is the type that it names, `callable` is `Callable`"
    def visit_Name(self, o): return ast.Name({'callable':'Callable', 'any':'Any'}.get(o.id, o.id))
    def visit_Call(self, o): return ast.Name('Any') if len(o.args)<2 or any(k.arg=='nargs' for k in o.keywords) else o.args[1]

def args_of(f):
    "The parameters of `f` as they are in a stub, and a dictionary of their types"
    a,types = f.args,{}
    ps = a.posonlyargs+a.args
    defaults = {**dict(zip(ps[len(ps)-len(a.defaults):], a.defaults)), **dict(zip(a.kwonlyargs, a.kw_defaults))}
    for p in [*ps, *a.kwonlyargs, *filter(None, (a.vararg,a.kwarg))]:
        if not p.annotation: continue
        p.annotation = Annotations().visit(p.annotation)
        if isinstance(d := defaults.get(p),
                      ast.Constant) and d.value is None and 'None' not in (s := ast.unparse(p.annotation)) and s!='Any':
            p.annotation = parse(f'{s} | None').body
        types[p.arg] = ast.unparse(p.annotation)
    short = lambda ds: [d if d is None or plain(d) else ast.Constant(...) for d in ds]
    a.defaults,a.kw_defaults = short(a.defaults),short(a.kw_defaults)
    return a,types

def body(o):
    "The first paragraph of a docstring, or `...`"
    d = ast.get_docstring(o)
    return [ast.Expr(ast.Constant(' '.join(d.split('\n\n')[0].split()) if d else ...))]

def function(f, decorators=None, method=False):
    "`f` without its body"
    ds = [o for o in f.decorator_list if called(o) in kept] if decorators is None else [parse(o).body for o in decorators]
    args,_ = args_of(f)
    out = [o.value for o in ast.walk(f) if isinstance(o, ast.Return)]
    ret = f.returns and Annotations().visit(f.returns) or parse(returns.get(f.name, 'None' if f.name=='__init__' else 'Any')).body
    if method and args.args and out and not f.returns and all(isinstance(o, ast.Name) and o.id==args.args[0].arg
                                                              for o in out) and 'classmethod' not in map(called, ds):
        ret = ast.Name('Self')
    if 'contextmanager' in map(called, ds) and not f.returns: ret = parse('Iterator[Any]').body
    return ast.FunctionDef(f.name, args, body(f), ds, ret, type_params=[])

def attributes(f):
    "`{name: type}` of what the method `f` sets on its object"
    if not f.args.args: return {}
    me,types,res = f.args.args[0].arg,args_of(f)[1],{}
    for o in ast.walk(f):
        for t in o.targets if isinstance(o, ast.Assign) else [o.target] if isinstance(o, (ast.AnnAssign,ast.AugAssign,ast.For)) else []:
            many = isinstance(t, ast.Tuple)
            vals = o.value.elts if many and isinstance(o, ast.Assign) and isinstance(o.value, ast.Tuple) else [getattr(o, 'value',
                None)]*(len(t.elts) if many else 1)
            for t,v in zip(t.elts if many else [t], vals):
                if not (isinstance(t, ast.Attribute) and getattr(t.value, 'id', '')==me and public(t.attr)): continue
                res.setdefault(t.attr, types.get(getattr(v, 'id', ''), 'Any') if f.name=='__init__'
                               and not isinstance(o, ast.For) else 'Any')
        if isinstance(o, ast.Call) and called(o)=='store_attr': # its names, or all parameters
            res |= {k:types.get(k, 'Any')
                    for k in (o.args[0].value.replace(',', ' ').split() if o.args
                              else [p.arg for p in (f.args.args+f.args.kwonlyargs)[1:]])}
    return res

def class_(c, patched, elsewhere=()):
    "The class `c` without bodies, with the methods `patched` from anywhere; those in `elsewhere` take the place of its own"
    fs = [o for o in c.body if isinstance(o, ast.FunctionDef) and o.name not in elsewhere]
    attrs,res,seen = {},[],set()
    for o in c.body:
        for t in o.targets if isinstance(o, ast.Assign) else [o.target] if isinstance(o, ast.AnnAssign) else []:
            vs = o.value.elts if isinstance(t, ast.Tuple) and isinstance(o.value, ast.Tuple) else [o.value]*99
            attrs |= {n.id:ast.unparse(o.annotation) if isinstance(o, ast.AnnAssign) else type_of(v)
                      for n, v in zip(getattr(t, 'elts', [t]), vs) if isinstance(n, ast.Name) and public(n.id)}
    for f in fs+[f for f,_ in patched]: attrs = attributes(f)|attrs
    for f,ds in [*((f,None) for f in fs), *patched]:
        if public(f.name) and (ds is None or f.name not in seen): res.append(function(f, ds, method=True)); seen.add(f.name)
    attrs = [ast.Assign([ast.Name(k)], ast.Constant(...), lineno=1) if any('Enum' in called(b) for b in c.bases)
             else ast.AnnAssign(ast.Name(k), parse(t).body, None, 1) for k,t in attrs.items() if k not in seen]
    bases = [b for b in c.bases if called(b)!='GetAttr']
    # fastcore's, which forwards
    if len(bases)<len(c.bases) and '__getattr__' not in seen: res.append(ast.parse('def __getattr__(self, name:str)->Any: ...').body[0])
    doc = body(c) if ast.get_docstring(c) or not attrs+res else []
    return ast.ClassDef(c.name, bases, [], doc+attrs+res, [o for o in c.decorator_list if called(o) in kept], type_params=[])

def patches(o):
    "`(names of classes, decorators)` if the function `o` is patched onto classes; else None"
    if not isinstance(o, ast.FunctionDef) or not (ps := [d for d in o.decorator_list if called(d)=='patch']): return None
    how = {k.arg for k in getattr(ps[0], 'keywords', []) if getattr(k.value, 'value', None)}
    ds = [ast.unparse(d) for d in o.decorator_list if called(d) in kept] + ['property']*('as_prop' in how) + ['classmethod']*(
        'cls_method' in how)
    p = o.args.args[0]
    to,p.annotation = names(p.annotation),None
    return to,ds

def bound(tree):
    "`{name: import}` of the imports at the top of a module"
    return {a.asname or a.name.split('.')[0]:(o, a) for o in tree.body if isinstance(o, (ast.Import,ast.ImportFrom))
            for a in o.names if a.name!='*'}

def absolute(o, mod):
    "The module that `o`, a `from` import in the module `mod`, names"
    return '.'.join([*mod.split('.')[:-o.level], *filter(None, [o.module])]) if o.level else o.module

def stubs(
    folder # Of the package
)->dict: # The text of each stub, by its path
    "Read all modules in `folder`, and make their stubs."
    files = {f:ast.parse(f.read_text(encoding='utf-8')) for f in sorted(folder.rglob('*.py')) if f.stem not in ('__init__','_modidx','all')}
    mods = {f:'.'.join(f.relative_to(folder.parent).with_suffix('').parts) for f in files}
    added = {}                        # by class: functions that are patched onto it, with their decorators and their module
    for f,t in files.items():
        for o in t.body:
            if p := patches(o):
                for c in p[0]: added.setdefault(c, []).append((o, p[1], f))
    return {f.with_suffix('.pyi'):stub(f, files, mods, added) for f in files}

def stub(f, files, mods, added):
    "The text of the stub of the module `f`"
    tree,res,need = files[f],{},{}      # `need`: for each name in the stub, the module it is looked up in
    def add(name, node): res[name] = node; need.update(dict.fromkeys(names(node)-need.keys(), f))
    for o in tree.body:
        if isinstance(o, ast.ClassDef):
            more = added.get(o.name, [])
            elsewhere = {m.name for m,_,src in more if src!=f}
            add(o.name, class_(o, [(m,ds) for m,ds,src in more if src!=f or m.name not in elsewhere], elsewhere))
            for m,_,src in more: need.update({n:src for n in names(m.args, *filter(None, [m.returns])) if src!=f})
        elif isinstance(o, ast.FunctionDef) and not any(called(d)=='patch' for d in o.decorator_list): add(o.name, function(o))
        elif isinstance(o, ast.Assign):
            for t in o.targets:
                vs = o.value.elts if isinstance(t, ast.Tuple) and isinstance(o.value, ast.Tuple) else [o.value]*99
                for n,v in zip(getattr(t, 'elts', [t]), vs):
                    if isinstance(n, ast.Name) and n.id=='__all__': res['__all__'] = o
                    elif isinstance(n, ast.Name):
                        add(n.id, ast.Assign([n], v, lineno=1) if isinstance(v, ast.Name)
                            and v.id in res else ast.AnnAssign(n, ast.Name(type_of(v)), None, 1))
    used,todo = set(),[k for k in res if public(k)]       # private names only where public ones need them
    while todo:
        if (k := todo.pop()) not in used: used.add(k); todo += [n for n in names(res[k]) if n in res] if k!='__all__' else []
    lines = {}
    for n in names(*(res[k] for k in used-{'__all__'})):
        src = need.get(n, f)
        if n in res: continue
        if n in (b := bound(files[src])):
            o,a = b[n]
            alias = f' as {a.asname}' if a.asname else ''
            lines[n] = f'import {a.name}{alias}' if isinstance(o, ast.Import) else f'from {absolute(o, mods[src])} import {a.name}{alias}'
        elif src!=f and any(getattr(o, 'name', '')==n for o in files[src].body): lines[n] = f'from {mods[src]} import {n}'
        elif n in known: lines[n] = f'from {known[n]} import {n}'
    nodes = [ast.unparse(ast.fix_missing_locations(res[k])) for k in res if k in used]
    return '\n'.join(wrap(o) for o in '\n'.join(['# Made by docs/stubs.py from the module of the same name.', *sorted(set(lines.values())),
                                                 *nodes]).splitlines())+'\n'

def wrap(line):
    "A line of a stub, divided where it is too long: parameters, or a docstring"
    if len(line)<=140: return line
    at = ' '*(len(line)-len(line.lstrip()))
    fill = partial(textwrap.fill, width=140, break_long_words=False, break_on_hyphens=False)
    if line.lstrip().startswith('"'): return fill(line, subsequent_indent=at)
    i,j = '[]' if line.startswith('__all__') else '()'
    start,end = line.index(i)+1,line.rindex(j)
    args = fill(line[start:end].replace(' ', '\0').replace(',\0', ', '), initial_indent=at+' '*8, subsequent_indent=at+' '*8).replace('\0',
        ' ')
    return f'{line[:start]}\n{args}\n{at}{line[end:]}'

@call_parse
def main(
    check:store_true=False # Only say whether the stubs are up to date?
):
    "Write the stubs of all modules of the package."
    folder = Path(__file__).resolve().parent.parent/'mnist_from_scratch'
    new = stubs(folder)
    old = set(folder.rglob('*.pyi'))-new.keys()
    stale = sorted(str(p.relative_to(folder.parent)) for p in (*new,*old) if p in old or not p.exists()
                   or p.read_text(encoding='utf-8')!=new[p])
    if check and stale: sys.exit(f"{', '.join(stale)} out of date: run `python docs/stubs.py`")
    if not check:
        for p in old: p.unlink()
        for p,s in new.items(): p.write_text(s, encoding='utf-8', newline='\n')
