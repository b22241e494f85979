"Moving a chapter: what names it follows, and nothing else changes."
import subprocess
from pathlib import Path, PurePosixPath as Pure

import chapters as ch
import nbformat, pytest
from chapters import Refused, in_order, place, plan, reimport, relink, rename, stems
from test_site import dead

root = Path(__file__).parent.parent
have = ['01_a','02_b','03_c','base/01_d','base/02_e']

@pytest.mark.parametrize('old,new,res', [
    ('03_c', '01_c', {'03_c':'01_c', '01_a':'02_a', '02_b':'03_b'}), ('01_a', '03_a', {'01_a':'03_a', '02_b':'01_b', '03_c':'02_c'}),
    ('02_b', '02_x', {'02_b':'02_x'}), ('02_b', '02_b', {}),
    ('01_a', 'base/02_a', {'01_a':'base/02_a', '02_b':'01_b', '03_c':'02_c', 'base/02_e':'base/03_e'}),
    ('base/01_d', '04_d', {'base/01_d':'04_d', 'base/02_e':'base/01_e'}),
    ('01_a', 'data/01_a', {'01_a':'data/01_a', '02_b':'01_b', '03_c':'02_c'}), (None, '02_x', {None:'02_x', '02_b':'03_b', '03_c':'04_c'})])
def test_place(old, new, res): assert place(have, new, old)==res

@pytest.mark.parametrize('old,new,says', [('04_x', '01_x', 'no chapter 04_x; there are 01_a'),
                                          ('01_a', '05_a', 'leaves a gap; take a number from 01 to 03'),
                                          ('01_a', '02_e', 'base/02_e has the name e already'),
    ('01_a', 'a', 'is not the name of a chapter; give it as 05_losses'), ('01_a', '../01_a', 'is not the name'),
    (None, '01_c', '03_c has the name c already')])
def test_place_refuses(old, new, says):
    with pytest.raises(Refused, match=says): place(have, new, old)

@pytest.mark.parametrize('stem', [o for o in stems() if '/' not in o])
def test_small(stem):
    "A chapter of the book exports 150 lines at most, the Learner's 300; before part III half of the visible cells have at most five lines"
    _,n,m = ch.lines(stem)
    assert n<=(300 if stem.endswith('_learner') else 150)
    if stem<next(o for o in stems() if o.endswith('_speed')): assert m<=5

def test_links():
    "Of a file that stays, of one that moves, and to what moves; code, addresses and links within a page are left alone"
    moved = {Pure('nbs/01_a.ipynb'):Pure('nbs/base/02_a.ipynb')}
    def new(s, at): return relink(s, Pure(at), moved).replace('\0', '')
    assert new('[a](01_a.ipynb#x) [b](02_b.ipynb) [c](#d) <img src="../docs/e.png"> [f](https://x.org/01_a.ipynb)',
               'nbs/02_b.ipynb')=='[a](base/02_a.ipynb#x) [b](02_b.ipynb) [c](#d) <img src="../docs/e.png"> [f](https://x.org/01_a.ipynb)'
    assert new('[b](02_b.ipynb) [m](../README.md) <img src="../docs/e.png">',
               'nbs/01_a.ipynb')=='[b](../02_b.ipynb) [m](../../README.md) <img src="../../docs/e.png">'
    assert new('[a](../nbs/01_a.ipynb)', 'docs/x.md')=='[a](../nbs/base/02_a.ipynb)'

def test_names():
    """Paths, names and modules, wherever they stand; of two chapters that change places each gets the other's number; longer and shorter
    names are others"""
    new = {'01_a':'02_a', '02_b':'01_b', '03_c':'base/01_c'}
    assert rename('nbs/01_a.ipynb 02_b `03_c` 101_a 01_ab 03_c.ipynb', new)=='nbs/02_a.ipynb 01_b `base/01_c` 101_a 01_ab base/01_c.ipynb'
    assert rename('from mnist_from_scratch.c import x; mnist_from_scratch.cd; mnist_from_scratch/c.py; #| default_exp c\nfrom .c import '
                  '*\nc.html reference/c.html abc.html', new)== \
        'from mnist_from_scratch.base.c import x; mnist_from_scratch.cd; mnist_from_scratch/base/c.py; #| default_exp base.c\n' \
        'from .base.c import *\nbase/c.html reference/base/c.html abc.html'
    assert reimport('from mnist_from_scratch import a, c as k, d\n    from mnist_from_scratch import c',
                    {'c':'base.c'})== \
        'from mnist_from_scratch import a, d\nfrom mnist_from_scratch.base import c as k\n    from mnist_from_scratch.base import c'
    assert reimport("x = 'import y; from mnist_from_scratch import a, c'",
                    {'c':'e', 'a':'b.a'})=="x = 'import y; from mnist_from_scratch.b import a; from mnist_from_scratch import e as c'"
    assert reimport(r"'import y\nfrom mnist_from_scratch import c\nc.f()'",
                    {'c':'a.c'})==r"'import y\nfrom mnist_from_scratch.a import c\nc.f()'"

def test_tables():
    t = '| a | b |\n| --- | --- |\n{}'
    rows = ['| [Y](02_y.ipynb) | 1 |','| [X](01_x.ipynb) | 2 |','| [Z](base/01_z.ipynb) | 3 |']
    assert in_order(t.format('\n'.join(rows)))==t.format('\n'.join([rows[1],rows[0],rows[2]]))
    assert in_order(t.format('\n'.join(rows+['| no link | 4 |'])))==t.format('\n'.join(rows+['| no link | 4 |']))

@pytest.fixture
def copy(tmp_path, monkeypatch):
    "A clone of the repository as it is committed, to move things in"
    def git(*args):
        return subprocess.run(['git', '-c', 'user.name=a', '-c', 'user.email=a@b.c', *args], cwd=tmp_path/'book', check=True,
                              capture_output=True, text=True).stdout
    subprocess.run(['git', 'clone', '-q', root, tmp_path/'book'], check=True)
    monkeypatch.setattr(ch, 'root', tmp_path/'book')
    def move(new, old):
        ch.change(place(stems(), new, old))
        git('commit', '-qm', 'moved')
    return tmp_path/'book',git,move

@pytest.mark.slow
@pytest.mark.newest
@pytest.mark.skipif(not (root/'.git').exists(), reason='no repository')
def test_there_and_back(copy):
    "All links lead somewhere, and nothing is as before but what is named; after the way back everything is"
    book,git,move = copy
    one,*_,two = [o for o in stems() if '/' not in o]
    for new in f'{one[:2]}_{two[3:]}', f'base/01_{two[3:]}':
        move(new, two)
        files = [*(book/'nbs').rglob('*.ipynb'), *book.glob('*.md'), *(book/'docs').glob('*.md')]
        assert not [(o.name, d) for o in files if o.name!='README.md' for d in dead(o)]
        assert (book/f'nbs/{new}.ipynb').exists() and not (book/f'nbs/{two}.ipynb').exists()
        move(two, new)
        # one line that imports from two folders stays two
        assert git('diff', '-Ifrom mnist_from_scratch[. ].*import', 'origin/HEAD', '--', '.', ':!mnist_from_scratch')==''

@pytest.mark.skipif(not (root/'.git').exists(), reason='no repository')
def test_a_new_chapter(copy):
    "It has what every chapter has; and where something is not committed, nothing is done"
    book,git,_ = copy
    for name in '99_news','base/99_last','tools/99_more':
        ch.change({}, {name:ch.frame(name, 'News')})
        assert [o for p in plan().values() for o in p]==stems()
        git('commit', '-qm', 'new')
    (book/'CHANGELOG.md').write_text('x')
    nb = nbformat.read(book/'nbs/99_news.ipynb', 4)
    assert nb.cells[0].source.startswith('# News\n\n> ') and nb.cells[1].source.endswith(
        '/nbs/99_news.ipynb)') and nb.cells[4].source=='#| default_exp news'
    with pytest.raises(Refused, match='not committed.*commit them first'): ch.change({}, {'98_more':ch.frame('98_more', 'More')})
    git('commit', '-aqm', 'new'); ch.change({}, {'98_more':ch.frame('98_more', 'More')})

def test_the_list(capsys):
    ch.main([])
    out = capsys.readouterr().out
    assert all(o in out for o in stems()) and len(out.splitlines())==len(stems())+1
