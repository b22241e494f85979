"An old or broken torchvision stops nothing but what compares with it."
import os, sys
from pathlib import Path

import pytest, warm

root = Path(__file__).parent.parent
pytestmark = pytest.mark.slow
broken = dict(wrong_build="raise RuntimeError('operator torchvision::nms does not exist')", half="import no_such_library",
              old="__version__ = '0.1'")

program = '''
import sys, matplotlib; matplotlib.use('Agg')
from mnist_from_scratch.all import *
from mnist_from_scratch.tools import bench, cli, side_by_side as s
from mnist_from_scratch import speed
set_seed(0)
train,valid = (o.only(3,7)[:64] for o in load_digits('digits'))
dls = DataLoaders(DataLoader(to_dset(train), 32), DataLoader(to_dset(valid), 32))
learn = Learner(dls, mnist_net(n_out=2), cross_entropy, metrics=accuracy)
with learn.no_bar(): learn.fit_one_cycle(1, .1)
assert len(learn.predict(train.x[0]))==3 and resnet18(2)(torch.zeros(1,3,64,64)).shape==(1,2)
assert not [o for o in sys.modules if o.startswith(('torchvision.','fastai'))]
p = next(o for o in s.pairs if 'resnet18' in o.ours.split() and 'torchvision' in o.peer)
try: p.make(s.inputs('random'))
except Exception as e: print('the peer:', e)
'''

@pytest.mark.parametrize('how', broken)
def test_stops_nothing(how, tmp_path):
    (tmp_path/'torchvision').mkdir(); (tmp_path/'torchvision'/'__init__.py').write_text(broken[how])
    env = os.environ|dict(PYTHONPATH=os.pathsep.join([str(tmp_path), str(root), os.environ.get('PYTHONPATH','')]),
                          MNIST_FROM_SCRATCH_DATA='digits')
    r = warm.run([sys.executable, '-c', program], capture_output=True, text=True, env=env, cwd=tmp_path)
    assert not r.returncode, r.stderr[-3000:]
    assert 'the peer: ' in r.stdout and any(o in r.stdout for o in ('torchvision','no_such_library'))
