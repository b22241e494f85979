"""Ten notebooks' worth of calls as fast.ai's course makes them on images, in `tests/course`: each runs as it stands below
`from fastai.vision.all import *` and below `from mnist_from_scratch.all import *`, with the same results."""
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
pytest.importorskip('fastai.vision.all')
from PIL import Image
from test_fastai_learner import differences
from mnist_from_scratch.data.digits import load_digits

us = 'mnist_from_scratch'
programs = sorted((Path(__file__).parent/'course').glob('*.py'))

@pytest.fixture
def folders(tmp_path):
    "For either import: pictures in `train/3/17.png`, and so on"
    def make(name):
        for part,ds in zip(('train','valid'), load_digits('digits')):
            for i,(x,y) in enumerate(zip(ds.x[:200 if part=='train' else 100], ds.y.tolist())):
                (f := tmp_path/name/part/str(y)).mkdir(parents=True, exist_ok=True)
                Image.fromarray(x.numpy()).save(f/f'{i:03}.png')
        return tmp_path/name
    return make

def result(program, lib, path, monkeypatch):
    "What `program` leaves in `result`, if it imports from `lib`"
    import matplotlib.pyplot as plt
    text,g = program.read_text(encoding='utf-8'),dict(__name__='__main__')
    assert text.count(line := 'from mnist_from_scratch.all import *')==1
    monkeypatch.chdir(path)
    code = compile(text.replace(line, line.replace(us, lib)), program.name, 'exec')
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()): exec(code, g)
    plt.close('all')
    return g['result']

@pytest.mark.slow
@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('program', programs, ids=lambda o: o.stem)
def test_runs_with_either_import(program, folders, monkeypatch):
    ours,theirs = (result(program, lib, folders(lib), monkeypatch) for lib in (us,'fastai.vision'))
    assert not differences(ours, theirs)

def test_there_are_ten(): assert len(programs)==10
