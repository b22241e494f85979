"""The chapters, and how to move one: every link, badge, import and table follows.

    python docs/chapters.py                                     # list them, with what each exports
    python docs/chapters.py move 05_losses 03_losses            # now number 3: the others make room
    python docs/chapters.py move 05_losses 05_loss_functions    # another name, for the module and the page, too
    python docs/chapters.py move 00_core base/01_core           # another folder, and the module base.core
    python docs/chapters.py insert 05_metrics 'Metrics'         # a new notebook with the frame of a chapter

A chapter's module and its page on the site have its name without the number. Files are moved with git, texts are
changed in the working tree, and nothing is committed: look at `git diff`. If anything is wrong, nothing is changed."""
import argparse, json, os, re, subprocess, sys
from pathlib import Path, PurePosixPath as Pure
from statistics import median

import nbformat

root = Path(__file__).resolve().parent.parent
pkg,nbs = 'mnist_from_scratch','nbs'
texts = {'.ipynb','.py','.md','.ini','.toml','.yml','.in','.js','.css','.json','.txt',''}
# made by other commands; and examples here
left = re.compile(rf'{pkg}/(?!all\.py|__init__\.py).*\.py|README\.md|docs/chapters\.py|tests/test_chapters\.py')

class Refused(Exception): "What was asked for cannot be done; the message says why"

def plan():
    """The parts of the book and the floors of the library as the front page has them: names of notebooks by headings, in the order of
    reading"""
    text = next(c.source for c in nbformat.read(root/nbs/'index.ipynb', 4).cells if c.source.startswith('## The chapters'))
    return {(h := o.partition('\n'))[0]:re.findall(r'^\| *\[[^]]*\]\(((?:\w+/)*\d\d_\w+)\.ipynb', h[2], re.M)
            for o in re.split(r'^### ', text, flags=re.M)[1:]}

def order():
    "The modules so that each rests on those before it only: base, data, part I, engine, parts II and III, tools"
    one,*others,appendix = plan().values()
    # a package in it comes before what rests on it
    def floor(name): return sorted((o for o in appendix if o.startswith(f'{name}/')), key=lambda o: -o.count('/'))
    return [module(o) for o in (*floor('base'), *floor('data'), *one, *floor('engine'), *(o for p in others for o in p), *floor('tools'))]

def git(*args): return subprocess.run(['git', *args], cwd=root, capture_output=True, text=True, check=True).stdout
def tracked(): return [Pure(o) for o in git('ls-files', '-z').split('\0') if o and (root/o).is_file()]
def stems():
    "The notebooks by folder and name, such as 05_losses or base/01_core, in their order"
    return sorted(str(Pure(o.relative_to(root/nbs).as_posix()).with_suffix(''))
                  for o in (root/nbs).rglob('[0-9][0-9]_*.ipynb') if '.ipynb_checkpoints' not in o.parts)
def module(stem): "The module of a chapter: base.core for base/01_core"; return re.sub(r'(^|\.)\d\d_', r'\1', stem.replace('/', '.'))

def split(stem):
    "Folder, number and name of a chapter"
    m = re.fullmatch(r'((?:[a-z]\w*/)*)(\d\d)_([a-z]\w*)', stem)
    if not m: raise Refused(f'{stem} is not the name of a chapter; give it as 05_losses, or with its folder as base/01_core')
    return m[1],int(m[2]),m[3]

def place(
    have:list, # Names of the chapters, as `stems` gives them
    new:str, # The name of one more
    old:str|None=None # The one that it takes the place of, if it is not a new one
) -> dict: # New names by old ones, of all that change; `new` under `None` if there is no `old`
    "The other chapters of that folder, numbered anew without gaps. Raises `Refused` where a name is missing or exists already."
    folder,n,name = split(new)
    rest = [o for o in have if o!=old]
    if old and old not in have: raise Refused(f'there is no chapter {old}; there are {", ".join(have)}')
    if twin := [o for o in rest if split(o)[2]==name]: raise Refused(f'{twin[0]} has the name {name} already; choose another')
    res = {old:new}
    for f in {folder, *([split(old)[0]] if old else [])}:
        row = [o for o in rest if split(o)[0]==f]
        first = min((split(o)[1] for o in have if split(o)[0]==f), default=1)
        if f==folder:
            if not first<=n<=first+len(row): raise Refused(f'{new} leaves a gap; take a number from {first:02} to {first+len(row):02}')
            row.insert(n-first, None)
        for i,o in enumerate(row, first):
            if o: res[o] = f'{f}{i:02}_{split(o)[2]}'
    return {k:v for k,v in res.items() if k!=v}

def relink(
    text:str, # Markdown or HTML
    at:Pure, # The file that it stands in, from the root
    moved:dict # New paths of files by their old ones
) -> str:
    """`text` with its relative links, a \\0 in each that is another, as they must be once the files, this one perhaps among them, have
    moved."""
    here = moved.get(at, at)
    def repl(m):
        to,anchor = re.fullmatch(r'([^#]*)(.*)', m[2]).groups()
        old = Pure(os.path.normpath(at.parent/to))
        if here.parent==at.parent and old not in moved: return m[0]
        folder,name = os.path.split(os.path.relpath(moved.get(old, old), here.parent))
        return m[1]+os.path.join(folder, f'\0{name}')+anchor    # \0 marks what is new already
    return re.sub(r'(\]\(|(?:src|href)=\\?")(?![\w+.-]+:|[#/<{])([^)\s"\\]+)', repl, text)

def in_order(text):
    "`text` with the rows of its tables in the order of the chapters that they link to, where each row begins with such a link"
    def repl(m):
        rows = m[0].split('\n')
        keys = [re.match(r'\| *\[[^]]*\]\(((?:\w+/)*\d\d_\w+)\.ipynb', o) for o in rows[2:]]
        return '\n'.join(rows[:2]+[o for _,o in sorted(zip([k[1] for k in keys], rows[2:]))]) if all(keys) else m[0]
    return re.sub(r'^\|.*\|(?:\n\|.*\|){2,}$', repl, text, flags=re.M)

def reimport(text, new):
    "`text` with its lines `from mnist_from_scratch import a, b` as they must be; `new` has modules by their old names"
    def repl(m):
        groups = {}
        for o in m[2].split(', '):
            name,_,alias = o.partition(' as ')
            folder,_,now = new.get(name, name).rpartition('.')
            groups.setdefault('.'.join(filter(None, (pkg, folder))), []).append(now+(f' as {alias or name}' if alias or now!=name else ''))
        return (f'\n{m[1]}' if m[1] is not None else '; ').join(f'from {k} import {", ".join(v)}'
                                                                for k, v in groups.items()).join([m[1] or '', ''])
    return re.sub(rf'(?:^([ ]*)|\b|(?<=\\n))from {pkg} import ((?:\w+(?: as \w+)?(?:, )?)+)', repl, text, flags=re.M)

def rename(text, chapters):
    "`text` with the new paths, names and modules of `chapters`, new names by old ones; relative links have been seen to"
    for old,new in chapters.items():
        if old in text: text = re.sub(rf'(?<![\w\0]){old}(?!\w)', '\0'+new, text)
        a,b = module(old),module(new)
        if a==b or a.split('.')[-1] not in text: continue
        pa,pb,da = a.replace('.', '/'),b.replace('.', '/'),re.escape(a)
        for before,old_name,after,new_name in [
            (rf'\b{pkg}\.', da, r'\b', b),                      # mnist_from_scratch.losses
            (r'^from \.', da, '(?= import)', b),                # in all.py
            (r'#\| *default_exp ', da, r'(?![\w.])', b),
            (rf'\b{pkg}/', pa, r'(?=\\?\.py\b)', pb),            # a file, also in a regular expression
            (r'(?<![\w./-])(?:reference/)?', pa, r'(?=\.html)', pb),
        ]: text = re.sub(f'({before}){old_name}{after}', r'\1'+'\0'+new_name, text, flags=re.M)
    return text.replace('\0', '')

def dumps(nb): "A notebook as nbdev_clean writes it"; return json.dumps(nb, indent=1, ensure_ascii=False)+'\n'

def written(path, moved, chapters):
    "What the file `path` is to hold; the rest is as for `relink` and `rename`"
    text = (root/path).read_text(encoding='utf-8')
    def prose(s): return in_order(rename(relink(s, path, moved), chapters))
    if path.suffix=='.md': return prose(text)
    def code(s): return reimport(rename(s, chapters), {module(a):module(b) for a,b in chapters.items()})
    if path.suffix!='.ipynb': return code(text)
    nb = json.loads(text)
    for c in nb['cells']:
        c['source'] = (prose if c['cell_type']=='markdown' else code)(''.join(c['source'])).splitlines(keepends=True)
        if 'outputs' in c: c['outputs'] = json.loads(rename(json.dumps(c['outputs']), chapters))
    return dumps(nb)

def frame(new, title):
    "A new notebook: title, badge, what installs the package (as in another chapter), module, and what exports it"
    like = nbformat.read(root/nbs/f'{stems()[0]}.ipynb', 4)
    badge = like.cells[1].source.replace(f'{nbs}/{stems()[0]}.ipynb', f'{nbs}/{new}.ipynb')
    md,code = nbformat.v4.new_markdown_cell,nbformat.v4.new_code_cell
    return nbformat.v4.new_notebook(metadata=like.metadata,
                                    cells=[md(f'# {title}\n\n> What this chapter shows, in a sentence.'), md(badge),
                                           code(like.cells[2].source),
        md('What this chapter is about, which chapters it needs, and how long it runs.'), code(f'#| default_exp {module(new)}'),
        md('## What we have\n\nWhat comes next.')])

def with_row(text, new, title, have):
    "`text`, the front page, with a row for the chapter `new` below that of the one before it, of those in `have`"
    before,nb = max((o for o in have if o<new), default=None),json.loads(text)
    for c in nb['cells']:
        ls = ''.join(c['source']).split('\n')
        at = next((i for i,l in enumerate(ls) if re.match(rf'\| *\[[^]]*\]\({before}\.ipynb\)', l)), None)
        if at is not None:
            c['source'] = '\n'.join([*ls[:at+1], f'| [{title}]({new}.ipynb) | what it builds |', *ls[at+1:]]).splitlines(keepends=True)
    return dumps(nb)

def change(
    chapters:dict, # New names of chapters by their old ones
    new:dict|None=None # Notebooks to add, by name
):
    "Move chapters, with all that names them, and add new ones. Raises `Refused`, having changed nothing."
    if git('status', '--porcelain').strip():
        raise Refused('there are changes that are not committed, and could not be told from those to come; commit them first')
    moved = {Pure(nbs, f'{a}.ipynb'):Pure(nbs, f'{b}.ipynb') for a,b in chapters.items()}
    new = new or {}
    book = {Pure(nbs, f'{k}.ipynb'):nbformat.writes(v)+'\n' for k,v in new.items()}
    for o in tracked():
        if o.suffix not in texts or left.fullmatch(str(o)): continue
        try: text,now = (root/o).read_text(encoding='utf-8'),written(o, moved, chapters)
        except UnicodeDecodeError: continue
        if o in moved or now!=text: book[moved.get(o, o)] = now
    page = Pure(nbs, 'index.ipynb')
    for k,v in new.items():
        book[page] = with_row(book.get(page) or (root/page).read_text(encoding='utf-8'), k, v.cells[0].source.split('\n')[0][2:],
                              [chapters.get(o, o) for o in stems()])
    gone = [Pure(pkg, f'{module(a).replace(".", "/")}.py') for a,b in chapters.items() if module(a)!=module(b)]
    if moved: git('rm', '-q', '--ignore-unmatch', '--', *map(str, [*moved, *gone]))
    for o,text in book.items():
        (root/o).parent.mkdir(parents=True, exist_ok=True)
        (root/o).write_text(text, encoding='utf-8')
    git('add', '-A')

def lines(stem):
    "Title of a chapter, lines that it exports, and of its median visible code cell; blank lines and directives do not count"
    nb = nbformat.read(root/nbs/f'{stem}.ipynb', 4)
    code = [c.source for c in nb.cells if c.cell_type=='code']
    def n(s): return sum(bool(l.strip()) and not l.startswith('#|') for l in s.splitlines())
    seen = [n(s) for s in code if not re.search(r'^#\| *(hide|default_exp)', s, re.M)]
    exported = sum(n(s) for s in code if re.search(r'^#\| *export', s, re.M))
    return nb.cells[0].source.split('\n')[0].lstrip('# '),exported,median(seen) if seen else 0

def said(chapters):
    "Links among the chapters whose words tell the order, such as 'the next chapter': they may no longer be true"
    for stem in stems():
        for c in nbformat.read(root/nbs/f'{stem}.ipynb', 4).cells:
            if c.cell_type!='markdown': continue
            for m in re.finditer(r'\[([^]]*\b(?:(?:next|previous|last|first) (?:chapter|one)|(?:chapter|one) '
                                 r'(?:before|after))\b[^]]*)\]\(([^)#\s]+)\.ipynb', c.source):
                if {stem, m[2].split('/')[-1]} & {o.split('/')[-1] for o in chapters.values()}: yield f'{stem}: [{m[1]}]({m[2]}.ipynb)'

def main(argv=None):
    p = argparse.ArgumentParser(description='List the chapters, or move one, and mend whatever names it.')
    sub = p.add_subparsers(dest='do')
    q = sub.add_parser('move', help='give a chapter another number, name or folder')
    q.add_argument('old', help='such as 05_losses'); q.add_argument('new', help='such as 03_losses, or base/03_losses')
    q = sub.add_parser('insert', help='a new notebook')
    q.add_argument('new', help='such as 05_metrics'); q.add_argument('title', help='its heading')
    a = p.parse_args(argv)
    if not a.do:
        print(f'{"chapter":28} {"exports":>7} {"median cell":>11}')
        for o in stems(): t,n,m = lines(o); print(f'{o:28} {n:7} {m:11g}  {t}')
        return
    try:
        chapters = place(stems(), a.new, a.old if a.do=='move' else None)
        chapters.pop(None, None)
        change(chapters, {} if a.do=='move' else {a.new:frame(a.new, a.title)})
    except Refused as e: sys.exit(f'chapters.py: {e}')
    for o,n in chapters.items(): print(f'{o} -> {n}')
    for cmd in [Path(sys.executable).parent/'nbdev_export'],[sys.executable, 'docs/make_readme.py']:
        subprocess.run(cmd, cwd=root, check=True)
    if found := [*said(chapters)]: print('Is this still so?', *found, sep='\n    ')
    print('Look at `git diff HEAD`, and run the tests.')

if __name__=='__main__': main()
