"""How the book reads, chapter by chapter: `python docs/prose.py`; and the habits in one chapter: `python docs/prose.py 04_losses`.

Words are those of the text, formulas and code aside. A result is a stored output of a visible cell; a check is an assertion or a call
of a `test_…` function, in any cell, hidden or not. Both are counted over cells that do something: not over imports, directives and the
cell that installs the package. The habits are words and forms that made this book's sentences sound translated. A pattern finds most of
them, and now and then a sentence that is right: read before you change."""
import argparse, re
from pathlib import Path

import nbformat
from chapters import lines, nbs, root, stems

habits = {
    'a person as a riddle': r'\b(?:[Ww]hoever|[Ss]omebody|[Nn]obody|[Aa]nybody)\b',
    'one': r"(?<![Tt]his )(?<![Tt]hat )(?<!the )\b[Oo]ne(?:'s own| has| asks| sees| can| may| does| wants| needs| would| must| knows)\b",
    'is no': r'(?<![Tt]here )\b(?:is|are|was|were) no (?!(?:longer|more|less|better|worse|faster|slower|larger|smaller|other|need|such|'
             r'reason|way|room|difference|further|good|evidence)\b)\w+',
    'say': r'\b(?:say|says|said)\b',
    'go on, anew, beside, the whole': r'\b(?:go|goes|going|went) on\b(?! top)|\banew\b|\bbeside\b|\b(?:put|puts|leave|left) aside\b|'
                                      r'\bthe whole(?=[,.;:)]|\s+(?:is|was|has|of it)\b)',
    'a sentence in brackets': r'\([A-Z][^()]*[a-z]{2}[.!?]\)|\)[ ,]*\(',
    'a picture for the term': r'\bway (?:back|forth)\b|\bby heart\b|\bsuch numbers\b|\bmemories\b|\bprocessors?\b|\bgraphics cards?\b|'
                              r'\b(?:the|a) share of\b|\bdoors\b|\btexts\b'}

def prose(s):
    "The text of a cell as it is read: no code, no formulas, no addresses"
    s = re.sub(r'```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`', '…', s, flags=re.S)
    return re.sub(r'\]\([^)]*\)|https?://\S+', ']', s)

def words(s): "How many words a cell has"; return len(re.findall(r"[^\W\d_][\w'’-]*", prose(s)))
def found(s): "The habits in the text `s`: name and place"; return [(k,m) for k,r in habits.items() for m in re.finditer(r, s)]

def acts(c):
    "Does the cell of code `c` do something? Imports, directives and the installation of the package do not count"
    installs = "find_spec('mnist_from_scratch')" in c.source
    return not installs and not all(re.match(r'(from|import|#|\s|$)', l) for l in c.source.splitlines())

def shares(code):
    "Of the cells `code` that do something: how many of the visible ones have a result, and how many of all have a check"
    def share(cs, test): return sum(map(bool, map(test, cs)))/max(1, len(cs))
    code = [c for c in code if acts(c)]
    seen = [c for c in code if not re.search(r'^#\| *hide', c.source, re.M)]
    return dict(results=share(seen, lambda c: c.outputs),
                checks=share(code, lambda c: re.search(r'\bassert\b|\btest_\w+\(|\bcheck\(', c.source)))

def counts(stem):
    "What the table shows of a chapter"
    cells = nbformat.read(root/nbs/f'{stem}.ipynb', 4).cells
    texts,code = ([c for c in cells if c.cell_type==o] for o in ('markdown','code'))
    tries = next((c.source for c in texts if c.source.startswith('## Try it')), '')
    return dict(words=sum(words(c.source) for c in texts), exports=lines(stem)[1], median=lines(stem)[2], **shares(code),
                figures=sum(any('image/png' in o.get('data', {}) for o in c.outputs) for c in code),
                tries=len(re.findall(r'^\d\.', tries, re.M)), habits=sum(len(found(prose(c.source))) for c in texts))

def before_training():
    "Words before the first cell that trains on digits: in the chapter on losses, the first steps"
    n = 0
    for stem in stems():
        if '/' in stem: continue
        for c in nbformat.read(root/nbs/f'{stem}.ipynb', 4).cells:
            if c.cell_type=='markdown': n += words(c.source)
            elif stem.endswith('_losses') and 'apply_step(' in c.source: return n

def main(argv=None):
    p = argparse.ArgumentParser(description='How the chapters read: a table, or the habits in one chapter.')
    p.add_argument('chapter', nargs='?', help='such as 04_losses')
    a = p.parse_args(argv)
    if a.chapter:
        file = root/nbs/f'{a.chapter}.ipynb'
        if not Path(file).is_file(): raise SystemExit(f"prose.py: there is no chapter {a.chapter}; choose from {', '.join(stems())}")
        for c in nbformat.read(file, 4).cells:
            for k,m in found(prose(c.source)) if c.cell_type=='markdown' else ():
                s = m.string
                print(f'{k}: …{s[max(0,m.start()-40):m.end()+40]}…'.replace('\n', ' '))
        return
    rows = {o:counts(o) for o in stems()}
    print(f'{"chapter":28}'+''.join(f'{k:>9}' for k in next(iter(rows.values()))))
    for o,r in rows.items():
        print(f'{o:28}'+''.join(f'{v:9.0%}' if k in ('results','checks') else f'{v:9g}' for k,v in r.items()))
    print(f'{before_training():,} words before the first training on digits')

if __name__=='__main__': main()
