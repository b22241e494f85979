"The command that shows how the book reads, and what it must not find in the chapters."
import prose, pytest
from chapters import stems

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

@pytest.mark.parametrize('stem', [o for o in book if o[3:] not in ('questions','exercises')])
def test_things_to_try(stem): assert prose.counts(stem)['tries']>=3

def test_trains_early(): assert prose.before_training()<=5000

def test_command(capsys):
    prose.main(['04_losses']); assert not capsys.readouterr().out
    prose.main(['engine/01_loaders'])
    with pytest.raises(SystemExit, match='no chapter 99_x; choose from 01_pixels, '): prose.main(['99_x'])
