"The command that shows how the book reads, and what it must not find in the chapters."
import prose, pytest
from chapters import stems
from conftest import root
from mnist_from_scratch.tools.homework.hints import read_hints
from nbformat.v4 import new_code_cell, new_output

book = [o for o in stems() if '/' not in o]

@pytest.mark.parametrize('name,bad,good', [
    ('a person as a riddle', 'Whoever reads it. For somebody.', 'If you read it. Someone else.'),
    ('one', "As one sees, on one's own.", 'This one asks. One of them.'),
    ('is no', 'A list is no tensor.', 'There is no mean. It is no longer so, and no better.'),
    ('say', 'as the table says', 'as the table shows'),
    ('go on, anew, beside, the whole', 'It goes on, anew, beside the whole.', 'It goes on top of the whole set.'),
    ('a sentence in brackets', 'Yes. (It is so.)', 'Yes (it is). [A](b.ipynb) (as before)'),
    ('a picture for the term', 'the way back, on a processor', 'the backward pass, on a CPU')])
def test_found(name, bad, good):
    assert {k for k,_ in prose.found(bad)}=={name} and not prose.found(prose.prose(good))

def test_prose():
    assert prose.prose('See [here](a.ipynb): `x = 1` is $x$.\n```python\ny\n```\n').split()==['See','[here]:','…','is','….','…']

@pytest.mark.parametrize('stem', stems())
def test_no_habits(stem):
    "In every chapter, of the book and of its appendix"
    assert not prose.counts(stem)['habits'], f'python docs/prose.py {stem} shows them'

def test_no_habits_in_pages_and_hints():
    "Nor in the pages next to the chapters, the changelog aside, and in what the homework's checker tells"
    hints = [v[k] for v in read_hints(root/'mnist_from_scratch/tools/homework/hints.ini').values() for k in ('gentle','clear')]
    pages = [(root/o).read_text(encoding='utf-8') for o in ('README.md','SECURITY.md','CONTRIBUTING.md',*(root/'docs').glob('*.md'))]
    assert len(hints)>800 and len(pages)>=7
    for text in (*pages, *hints): assert not (found := prose.found(prose.prose(text))), (found, text[:200])

@pytest.mark.parametrize('stem', [o for o in book if o[3:] not in ('questions','exercises')])
def test_things_to_try(stem): assert prose.counts(stem)['tries']>=3

def test_shares():
    "Imports, directives and the installation count for nothing; a hidden check counts as a check, and not as a visible cell"
    out = [new_output('stream', text='x')]
    code = [new_code_cell(o) for o in ("#| hide\nfrom importlib.util import find_spec\nif not find_spec('mnist_from_scratch'):\n    %pip",
                                       '#| default_exp x', '#| export\nimport torch\n\nfrom torch import nn', '#| export\ndef f(): pass')]
    code += [new_code_cell('f()', outputs=out), new_code_cell('#| hide\ntest_eq(f(), None)'), new_code_cell('assert 1\n2', outputs=out)]
    assert prose.shares(code)==dict(results=2/3, checks=2/4) and prose.shares(code[:3])==dict(results=0, checks=0)

@pytest.mark.parametrize('stem', book)
def test_results_and_checks(stem):
    "A reader sees what comes out, and that what the text claims is so"
    n = prose.counts(stem)
    assert n['results']>=.55 and (n['checks']>=.4 or not n['exports'])

def test_trains_early(): assert prose.before_training()<=5000

def test_command(capsys):
    prose.main(['04_losses']); assert not capsys.readouterr().out
    prose.main(['engine/01_loaders'])
    with pytest.raises(SystemExit, match='no chapter 99_x; choose from 01_pixels, '): prose.main(['99_x'])
