"What the stubs say is true: a program is accepted by mypy, wrong calls are not, and an editor knows what a class can do."
import ast, re
from pathlib import Path

import jedi, pytest
import stubs
from mnist_from_scratch import all as lib

root = Path(__file__).parent.parent

good = '''
from mnist_from_scratch.all import *

set_seed(42)
train,valid = load_digits()[0].split()
dls = DataLoaders.from_dsets(to_dset(train), to_dset(valid), bs=32)
dl = DataLoader(to_dset(train), bs=64, shuffle=True)
print(len(dl), len(dls.train), dl.new(shuffle=False).n)
xb,yb = dls.one_batch()
for x,y in dls.valid: break

class Count(Callback):
    "How many items there were"
    def before_fit(self): self.seen = 0
    def after_batch(self): self.seen += len(self.learn.xb[0])+len(self.yb[0])

learn = Learner(dls, mnist_net(), loss_func=cross_entropy, opt_func=SGD, metrics=accuracy, cbs=[Count()])
with learn.no_bar(): learn.fit_one_cycle(3, 0.3)
learn.fit(2, lr=0.1, cbs=Count())
learn.fit(1, slice(1e-3, 0.1), wd=0.01)
preds,targs = learn.get_preds()
loss: Tensor = cross_entropy(preds, targs)
share = Proportion.of(preds.argmax(1)==targs)
show_images(valid.x[:10], titles=preds[:10].argmax(1))
learn.add_cb(Count()).fit(1)
learn.save('net')
learn.load('net').validate()
learn.recorder.plot_loss()
learn.export('net.safetensors')
again = load_learner('net.safetensors')
print(again.predict(valid.x[0]), learn.lr_find(), learn.loss, learn.opt, learn.epoch)
print(DataLoader(range(9), bs=None).one_batch(), L(1, 2).map(str))
'''

bad = '''
learn.fit('three')                             # arg-type
learn.fit(epochs=3)                            # call-arg
learn.fit_one_cycle()                          # call-arg
learn.fit(1, wd='a little')                    # arg-type
DataLoader(to_dset(train), bs='64')            # arg-type
DataLoader(to_dset(train), batchsize='64', n='9') # arg-type
set_seed('now')                                # arg-type
Digits()                                       # call-arg
show_image()                                   # call-arg
learn.add_cb()                                 # call-arg
mnist_net(hidden=3)                            # call-arg
steps: int = cross_entropy(preds, targs)       # assignment
dl.shuffel                                     # attr-defined
dl.one_batch(3)                                # call-arg
'''

def test_stubs_are_up_to_date():
    new = stubs.stubs(root/'mnist_from_scratch')
    assert {p.relative_to(root) for p in (root/'mnist_from_scratch').rglob('*.pyi')}=={p.relative_to(root) for p in new}
    for p,text in new.items():
        assert p.read_text(encoding='utf-8')==text, f'{p.name} is not what {p.stem}.py gives: run `python docs/stubs.py`'
        for c in ast.walk(ast.parse(text)):
            once = [o.name for o in getattr(c, 'body', []) if isinstance(o, ast.FunctionDef) and '.setter' not in ast.unparse(o)]
            assert len({*once})==len(once), f'{p.name} has a method twice'

@pytest.mark.slow
def test_mypy(tmp_path, monkeypatch):
    "One run for all: the program with nothing to complain about, then the wrong lines, each with its error; and the stubs themselves"
    api = pytest.importorskip('mypy.api', reason='no mypy here')
    (tmp_path/'program.py').write_text(good+bad)
    monkeypatch.setenv('MYPYPATH', str(root))
    out,err,_ = api.run([str(tmp_path/'program.py'), '--config-file', str(root/'pyproject.toml'), '--cache-dir', str(tmp_path/'cache'),
                         '--no-color-output'])
    found = re.findall(r'^(.*?):(\d+): error: .*\[([\w-]+)\]$', out, re.M)
    lines = (good+bad).splitlines()
    want = [(i,l.split('# ')[-1]) for i,l in enumerate(lines, 1) if i>len(good.splitlines()) and l]
    assert not err and {Path(f).name for f,*_ in found}=={'program.py'}, out+err
    assert [(int(i),code) for _,i,code in found]==want, out

@pytest.mark.slow
@pytest.mark.parametrize('name', ['DataLoader','DataLoaders','Learner','Recorder','Digits'])
def test_completion(name):
    "After `Learner.` an editor shows each method, wherever in the library it is added"
    shown = {o.name for o in jedi.Script(f'from mnist_from_scratch.all import *\n{name}.',
                                         project=jedi.Project(root, sys_path=[str(root)])).complete()}
    cls = getattr(lib, name)
    ours = {k for c in cls.__mro__ if c.__module__.startswith('mnist_from_scratch') for k in vars(c) if not k.startswith('_')}
    assert len(ours)>5 and ours<=shown, ours-shown
