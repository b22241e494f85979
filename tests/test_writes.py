"""Whatever is written is there whole, as it was or as it was to be: after SIGKILL, on a full disk, and when eight processes start at once on an empty cache.

What is written, and how it is read again, is in `writing.py`, which forks; each of its three parts runs once."""
import json, os, re, signal, subprocess, sys, tempfile
from pathlib import Path

import pytest
from mnist_from_scratch import core
from mnist_from_scratch.core import making_folder, replacing

here = Path(__file__).parent

@pytest.fixture
def folder(tmp_path):
    "In memory where that can be had: a kill is a kill on any file system, and disks take their time"
    if not os.access('/dev/shm', os.W_OK): yield tmp_path; return
    with tempfile.TemporaryDirectory(dir='/dev/shm') as d: yield Path(d)

def ran(part, folder, *before):
    r = subprocess.run([*before, sys.executable, here/'writing.py', part, folder], capture_output=True, text=True, env=os.environ|dict(OMP_NUM_THREADS='1', PYTHONPATH=os.pathsep.join(filter(None, [str(here.parent), os.environ.get('PYTHONPATH')]))))
    assert not r.returncode, r.stderr[-3000:]
    return json.loads(r.stdout.splitlines()[-1])

def test_no_other_way_to_write():
    "Each line of the library that writes is in the list below, and each of these is in a `replacing` or a `making_folder`, or goes where nothing is kept"
    known = {
        'core.py': ['path.parent.mkdir','f = open(tmp','os.replace(tmp','open(file, \'wb\')','path.parent.mkdir','tmp.mkdir()','os.replace(tmp'],   # replacing, making_folder, _write_parts: write_state and save_model
        'bench.py': ['.write_bytes(gzip','.mkdir(parents','.save(folder','open(names[0]','f.write(_idx_header','replacing(file) as f: f.write_text'],                                                                      # all but the last in temporary folders
        'callbacks.py': ['f.write_text','return SummaryWriter'],                                                                               # CSVLogger; TensorBoard appends, each record with a checksum
        'cli.py': ['os.open(os.devnull','open(os.devnull, \'w\')','js.write_text','open(f, \'w\'','.savefig(f','replacing(submission) as f: f.write_text','replacing(json) as f: f.write_text'],
        'datasets.py': ['file.parent.mkdir','open(file, \'wb\')','open(folder/f','f.write(b)','.mkdir(parents=True)','.save(folder','labels.csv\').write_text'],  # a lock's folder; downloads, IDX files, PNGs, each in a making_folder
        'export.py': ['replacing(file) as tmp: tmp.write_bytes'],
        'homework.py': ['open(out, \'a\'','def say'],                                                                                       # a child process reports to its parent, in a temporary folder
        'segment.py': ['replacing(file) as tmp: tmp.write_text','(new/o).mkdir()','.save(new/part'],                                              # write_scenes: in a making_folder
        'side_by_side.py': ['torch.save(state','f.parent.mkdir','.save(f)','.mkdir(parents','np.savetxt','l.path.mkdir']}                              # in temporary folders
    writes = re.compile(r"""open\([^)]*['"][wax+]|O_WRONLY|\.write_(text|bytes)\(|to_csv\(|savefig\(|savetxt\(|\.mkdir\(|os\.(replace|rename|mkdir|makedirs)\(|shutil\.(copy|move)|SummaryWriter\(|torch\.save\(|save_file\(|fromarray\(.*\.save\(|\bf\.write\(""")
    found = {}
    for o in sorted((here.parent/'mnist_from_scratch').glob('*.py')):
        for l in o.read_text().splitlines():
            if writes.search(l): found.setdefault(o.name, []).append(l.strip())
    for name,lines in found.items():
        for l in lines: assert any(k in l for k in known.get(name, ())), f'{name} writes in a way of its own: {l}'

def test_killed(folder, tally):
    "At each step, in the middle of a write, and at any time; also where a write fails because the file would get too large"
    ways = {}
    for o in ran('kill', folder):
        assert o['leftovers']==[], o
        for k,n in o['deaths'].items(): ways[k] = ways.get(k,0)+n
        tally('kills', o['kind'], survived=sum(n for k,n in o['deaths'].items() if k!='too large'), **{'bytes lost':0})
    print(ways)
    assert sum(ways.values())-ways['too large']>=50 and all(ways[k]>=14 for k in ('step','in a write','too large'))

def small_disks(folder):
    "What to put before a command that mounts file systems which nobody else sees; `None` where that cannot be done"
    for how in (['unshare','-m'],['unshare','-rm']):
        try:
            if not subprocess.run([*how, 'mount','-t','tmpfs','-o','size=64k','tmpfs',folder], capture_output=True).returncode: return how
        except OSError: return

def test_full_disk(tmp_path, tally):
    how = small_disks(tmp_path)
    if not how: pytest.skip('no small file system can be mounted here')
    for o in ran('full', tmp_path, *how):
        assert o['refused']>=1 or o['kind']=='Folders', o # a cache that cannot be kept is no error
        tally('full disks', o['kind'], survived=o['refused']+o['done'], **{'bytes lost':0})

def test_race(folder, tally):
    r = {o['kind']:o for o in ran('race', folder)}
    for k,o in r.items():
        assert o['status']==[0]*8 and not o['left'], o
        tally('processes', k, raced=8, failed=0)
    once = dict(Downloads=['into f1'], Made=['into f1'], Bundled=['into digits_sample'], Resolver=['into mnist'])
    for k,notes in once.items(): assert r[k]['notes']==notes, r[k]
    assert r['Downloads']['requests']==r['Resolver']['requests']==4
    assert len(r['Folders']['notes'])==2 and r['Folders']['notes'][0]=='images', r['Folders']     # read once, kept once
    assert len(r['Pictures']['notes'])==1, r['Pictures']
    assert r['Trained']['has'] is not None                                                         # eight versions; one of them, whole

# --- what is left behind

def killed(code, folder):
    r = subprocess.run([sys.executable, '-c', f'import os, signal\nfrom pathlib import Path\nfrom mnist_from_scratch.core import *\nfolder = Path({str(folder)!r})\n{code}'], env=os.environ|dict(PYTHONPATH=str(here.parent)))
    assert r.returncode==-signal.SIGKILL

def test_abandoned_files_go(tmp_path):
    "What a killed process left goes with the next write of that file; what somebody is writing stays, and so does every other file"
    killed("with replacing(folder/'m.txt') as f: f.write_text('half'); os.kill(os.getpid(), 9)", tmp_path)
    killed("with making_folder(folder/'d') as f: (f/'x').write_text('half'); os.kill(os.getpid(), 9)", tmp_path)
    assert len([o for o in tmp_path.iterdir() if o.suffix!='.lock'])==2
    stay = [tmp_path/o for o in ('.m-0123456.txt','.m-0123456x.txt','.m-01234567.csv','.mm-01234567.txt','.d-0123456','m-01234567.txt')]
    for o in stay: o.write_text('')
    with replacing(tmp_path/'m.txt') as one:
        one.write_text('one')
        for _ in range(2):
            with replacing(tmp_path/'m.txt') as two: two.write_text('two')
        assert one.exists()
    assert (tmp_path/'m.txt').read_text()=='one'
    with making_folder(tmp_path/'d') as f: (f/'y').write_text('')
    assert sorted(tmp_path.iterdir())==sorted([*stay, tmp_path/'.d.lock', tmp_path/'d', tmp_path/'m.txt'])

def test_without_locks(tmp_path, monkeypatch):
    "As on Windows: an hour must have gone by"
    monkeypatch.setattr(core, 'fcntl', None)
    old,new = tmp_path/'.m-00000000.txt',tmp_path/'.m-11111111.txt'
    for o in old,new: o.write_text('')
    os.utime(old, (0,0))
    with replacing(tmp_path/'m.txt') as f: f.write_text('x')
    assert sorted(o.name for o in tmp_path.iterdir())==[new.name,'m.txt']

def test_synced_before_renamed(tmp_path, monkeypatch):
    "Else a machine that loses its power may keep the name and lose the bytes"
    calls = []
    for name in 'fsync','sync','replace':
        def f(*args, name=name, real=getattr(os, name)): calls.append((name, os.readlink(f'/proc/self/fd/{args[0]}') if name=='fsync' else str(args[0]) if args else '')); return real(*args)
        monkeypatch.setattr(os, name, f)
    with replacing(tmp_path/'m.txt') as a: a.write_text('x')
    with making_folder(tmp_path/'d') as b: (b/'y').write_text('')
    assert calls==[('fsync',str(a)),('replace',str(a)),('sync',''),('replace',str(b))]
    del calls[:]
    for sync in True,False: core.write_state(tmp_path/'s.safetensors', dict(a=1), sync=sync)
    assert [o for o,_ in calls]==['fsync','replace','replace']

def test_permissions(tmp_path):
    "As those of any new file, and not only for who wrote it"
    (tmp_path/'plain').write_text('')
    core.write_state(tmp_path/'s.safetensors', dict(a=1))
    assert (tmp_path/'s.safetensors').stat().st_mode==(tmp_path/'plain').stat().st_mode

def test_tensorboard_appends(tmp_path):
    "Its file grows by records with a checksum each: after a kill, all but the last one are there"
    pytest.importorskip('tensorboard', reason='no TensorBoard here')
    killed("""
import torch
from mnist_from_scratch.callbacks import TensorBoardCallback
from mnist_from_scratch.learner import *
from mnist_from_scratch.minibatches import *
from mnist_from_scratch.optimizers import SGD
class Die(Callback):
    order,n = 300,0
    def after_batch(self):
        self.n += 1
        if self.n==40: self.learn.board.writer.flush(); os.kill(os.getpid(), 9)
ds = torch.utils.data.TensorDataset(torch.zeros(90,2), torch.zeros(90,1))
learn = Learner(DataLoaders(DataLoader(ds, 1), DataLoader(ds, 90)), torch.nn.Linear(2,1), torch.nn.functional.mse_loss, SGD)
learn.board = TensorBoardCallback(folder)
with learn.no_bar(): learn.fit(1, .1, cbs=[learn.board, Die()])""", tmp_path)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    f, = tmp_path.iterdir()
    for data in f.read_bytes(),f.read_bytes()[:-5]:
        f.write_bytes(data)
        e = EventAccumulator(str(f)).Reload()
        assert 38<=len(e.Scalars('train_loss'))<=40
