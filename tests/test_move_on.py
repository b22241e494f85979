"Each block of the page `docs/move_on.md` runs, as it stands there; and where the page says that the weights are the same, they are."
import os, re, shlex, subprocess, sys
from importlib.util import find_spec
from pathlib import Path

import pytest, torch, warm

root = Path(__file__).parent.parent
pytestmark = pytest.mark.slow
text = (root/'docs/move_on.md').read_text(encoding='utf-8')
blocks = {}            # of each section: [(language, code)]
for part in re.split(r'^#+ ', text, flags=re.M)[1:]: blocks[part.split('\n')[0]] = re.findall(r'^```(\w+)\n(.*?)^```$', part, re.M|re.S)
begin,ours = (code for _,code in blocks['Moving on to other libraries'])

def env(folder):
    "Bundled digits, no GPU, and no file outside of `folder`"
    return os.environ|dict(MNIST_FROM_SCRATCH_DATA='digits', CUDA_VISIBLE_DEVICES='', OMP_NUM_THREADS='1', PYTHONPATH=str(root),
                           HOME=str(folder), KERAS_HOME=str(folder), MPLCONFIGDIR=str(folder),
                           PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get('PATH', '')]))

def run(folder, *codes):
    "Run each of `codes` after the page's first block, all in one process: `[(accuracy, weights)]`"
    program = f'''
import torch
res = []
for code in {codes!r}:
    g = dict(__name__='__main__')
    exec({begin!r}+code, g)
    model = g['learn'].model if 'learn' in g else g['model']
    x,y = g['valid'][:]
    with torch.no_grad(): acc = (getattr(model, 'net', model).eval()(x).argmax(1)==y).float().mean().item()
    res.append((acc, [p.detach().clone() for p in model.parameters()]))
torch.save(res, 'res.pt')'''
    r = warm.run([sys.executable, '-c', program], cwd=folder, env=env(folder), capture_output=True, text=True)
    assert not r.returncode, r.stderr[-3000:]
    return torch.load(folder/'res.pt', weights_only=True)

def in_order(code):
    assert 'shuffle=True' in code
    return code.replace('shuffle=True', 'shuffle=False')

@pytest.fixture(scope='module')
def reference(tmp_path_factory):
    "The weights that the page's block for this library ends with, without shuffling"
    (acc,_),(_,ws) = run(tmp_path_factory.mktemp('ours'), ours, in_order(ours))
    assert acc>.75
    return ws

def code_of(section):
    "The blocks of a section as programs"
    return {'fastai':lambda cs: [re.sub('^from mnist_from_scratch.all import.*', cs[0].strip(), ours)],
            'Keras':lambda cs: [cs[0], cs[0]+cs[1]]}.get(section, list)([c for _,c in blocks[section]])

@pytest.mark.newest
@pytest.mark.parametrize('section,package', [('fastai','fastai'), ('Lightning','lightning'), ('Keras','keras'), ('Plain PyTorch','torch')])
def test_same_weights(section, package, reference, tmp_path):
    "As it stands on the page: it learns. Without shuffling: weights as ours, but for those of Keras's own layers"
    if not find_spec(package): pytest.skip(f'{package} is not installed here')
    code,*more = code_of(section)
    (acc,_),(_,ws),*others = run(tmp_path, code, in_order(code), *more)
    assert acc>.75 and all(a>.75 for a,_ in others)
    assert len(ws)==len(reference)==4
    for a,b in zip(ws, reference): torch.testing.assert_close(a, b, atol=1e-5, rtol=0)

def test_several_processes(tmp_path):
    "The two blocks of the last section, as a script and the command that launches it"
    if not find_spec('accelerate'): pytest.skip('accelerate is not installed here')
    (_,code),(_,command) = blocks['Several processes and machines']
    save = "\nimport os\nif os.environ['RANK']=='0': torch.save((os.environ['WORLD_SIZE'], learn.recorder.values[-1][2]), 'res.pt')\n"
    (tmp_path/'script.py').write_text(begin+ours.replace('learn.fit(3, .1)\n', '')+code+save)
    python,*args = shlex.split(command)
    assert python=='python'
    r = subprocess.run([sys.executable, *args], cwd=tmp_path, env=env(tmp_path), capture_output=True, text=True, timeout=300)
    assert not r.returncode, r.stderr[-3000:]
    n,acc = torch.load(tmp_path/'res.pt')
    assert n=='2' and acc>.75

def test_every_block_is_run():
    "A new one needs a test"
    assert {k:[o for o,_ in v] for k,v in blocks.items()}=={
        'Moving on to other libraries':['python']*2, 'fastai':['python'], 'Lightning':['python'], 'Keras':['python']*2,
        'Plain PyTorch':['python'], 'Several processes and machines':['python','bash']}
    assert len(re.findall('^ *```', text, re.M))==2*sum(map(len, blocks.values()))
