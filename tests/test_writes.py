"""Whatever is written is there whole, as it was or as it was to be: after SIGKILL, on a full disk, and when eight processes start at once
on an empty cache.

What is written, and how it is read again, is in `writing.py`, which forks; each of its three parts runs once."""
import json, os, re, signal, subprocess, sys, tempfile
from pathlib import Path

import pytest, warm
from mnist_from_scratch.base import files, state
from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.base.files import making_folder, replacing

here = Path(__file__).parent

@pytest.fixture
def folder(tmp_path):
    "In memory where that can be had: a kill is a kill on any file system, and disks take their time"
    if not os.access('/dev/shm', os.W_OK): yield tmp_path; return
    with tempfile.TemporaryDirectory(dir='/dev/shm') as d: yield Path(d)

def ran(part, folder, *before):
    r = warm.run([*before, sys.executable, here/'writing.py', part, folder], capture_output=True, text=True,
                       env=os.environ|dict(OMP_NUM_THREADS='1',
                                           PYTHONPATH=os.pathsep.join(filter(None, [str(here.parent), os.environ.get('PYTHONPATH')]))))
    assert not r.returncode, r.stderr[-3000:]
    return json.loads(r.stdout.splitlines()[-1])

def test_no_other_way_to_write():
    """Each line of the library that writes is in the list below, and each of these is in a `replacing` or a `making_folder`, or goes where
    nothing is kept"""
    known = {
        # replacing, making_folder
        'files.py': ['file.parent.mkdir','f = open(tmp','open(path if no is None else os.dup(no), \'wb\')','os.replace(tmp',
                     'path.parent.mkdir','tmp.mkdir()','os.replace(tmp'],
        'state.py': ['open(file, \'wb\')'],   # write_parts: write_state
        # all but the last in temporary folders
        'bench.py': ['.write_bytes(gzip','.mkdir(parents','.save(folder','open(names[0]','f.write(idx_header',
                     'replacing(file) as f: f.write_text'],
        # CSVLogger; TensorBoard appends, each record with a checksum
        'tracking.py': ['f.write_text','return SummaryWriter'],
        'cli.py': ['os.open(os.devnull','open(os.devnull, \'w\')','open(fd, \'r\' if','js.write_text','open(f, \'w\'','.savefig(f',
                   'replacing(submission) as f: f.write_text','replacing(json) as f: f.write_text'],
        'moving.py': ['fig.savefig(out,'],   # into memory
        'folders.py': ['file.parent.mkdir'],   # a lock's folder
        'download.py': ['open(file, \'wb\')','f.write(b)'],   # this and what follows: each in a making_folder
        'idx.py': ['open(folder/f'],
        'digits.py': ['.mkdir(parents=True)','.save(folder','labels.csv\').write_text'],
        'table.py': ['which pandas does by to_csv('],
        'export.py': ['replacing(file) as tmp: tmp.write_bytes'],
        # a child process reports to its parent, in a temporary folder
        'runner.py': ['write(out, \'a\'','new = open(0','p.stdin.write','out.with_name(\'job\')','out.touch()'],
        # write_scenes: in a making_folder
        'masks.py': ['replacing(file) as tmp: tmp.write_text','(new/o).mkdir()','.save(new/part'],
        # in temporary folders
        'side_by_side.py': ['torch.save(state','f.parent.mkdir','.save(f)','.mkdir(parents','np.savetxt','l.path.mkdir']}
    writes = re.compile(r"""open\([^)]*['"][wax+]|O_WRONLY|\.write_(text|bytes)\(|to_csv\(|savefig\(|savetxt\(|\.mkdir\("""
                        r"""|os\.(replace|rename|mkdir|makedirs)\(|shutil\.(copy|move)|SummaryWriter\(|torch\.save\(|save_file\("""
                        r"""|fromarray\(.*\.save\(|\bf\.write\(""")
    found = {}
    for o in sorted((here.parent/'mnist_from_scratch').rglob('*.py')):
        for l in o.read_text().splitlines():
            if writes.search(l): found.setdefault(o.name, []).append(l.strip())
    for name,lines in found.items():
        for l in lines: assert any(k in l for k in known.get(name, ())), f'{name} writes in a way of its own: {l}'

@pytest.mark.slow
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

@pytest.mark.slow
def test_full_disk(tmp_path, tally):
    how = small_disks(tmp_path)
    if not how: pytest.skip('no small file system can be mounted here')
    for o in ran('full', tmp_path, *how):
        assert o['refused']>=1 or o['kind']=='Folders', o # a cache that cannot be kept is no error
        tally('full disks', o['kind'], survived=o['refused']+o['done'], **{'bytes lost':0})

@pytest.mark.slow
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
    r = subprocess.run([sys.executable, '-c', 'import os, signal\nfrom pathlib import Path\nfrom mnist_from_scratch.base.files import '
                        f'*\nfrom mnist_from_scratch.base.state import *\nfolder = Path({str(folder)!r})\n{code}'],
                        env=os.environ|dict(PYTHONPATH=str(here.parent)))
    assert r.returncode==-signal.SIGKILL

@pytest.mark.slow
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
    monkeypatch.setattr(files, 'fcntl', None)
    old,new = tmp_path/'.m-00000000.txt',tmp_path/'.m-11111111.txt'
    for o in old,new: o.write_text('')
    os.utime(old, (0,0))
    with replacing(tmp_path/'m.txt') as f: f.write_text('x')
    assert sorted(o.name for o in tmp_path.iterdir())==[new.name,'m.txt']

def test_synced_before_renamed(tmp_path, monkeypatch):
    "Else a machine that loses its power may keep the name and lose the bytes"
    calls = []
    for name in 'fsync','sync','replace':
        def f(*args, name=name, real=getattr(os, name)):
            calls.append((name, os.readlink(f'/proc/self/fd/{args[0]}') if name=='fsync' else str(args[0]) if args else ''))
            return real(*args)
        monkeypatch.setattr(os, name, f)
    with replacing(tmp_path/'m.txt') as a: a.write_text('x')
    with making_folder(tmp_path/'d') as b: (b/'y').write_text('')
    assert calls==[('fsync',str(a)),('replace',str(a)),('sync',''),('replace',str(b))]
    del calls[:]
    for sync in True,False: state.write_state(tmp_path/'s.safetensors', dict(a=1), sync=sync)
    assert [o for o,_ in calls]==['fsync','replace','replace']

def test_permissions(tmp_path):
    "As those of any new file, and not only for who wrote it"
    (tmp_path/'plain').write_text('')
    state.write_state(tmp_path/'s.safetensors', dict(a=1))
    assert (tmp_path/'s.safetensors').stat().st_mode==(tmp_path/'plain').stat().st_mode

def test_long_names(tmp_path):
    "As long as the system allows"
    for name in 'x'*251+'.csv','é'*125+'.csv':
        (tmp_path/name).write_text('old')
        with replacing(tmp_path/name) as f: f.write_text('new')
        assert (tmp_path/name).read_text()=='new'
    assert len([*tmp_path.iterdir()])==2

# --- what is at the path already

posix = pytest.mark.skipif(os.name=='nt', reason='pipes, devices and permissions as Unix has them')

def put(path, text='new'):
    with replacing(path) as f: f.write_text(text)

@posix
@pytest.mark.parametrize('mode', [0o600, 0o444, 0o640, 0o755, 0o2755, 0o1644])
def test_permissions_stay(tmp_path, mode):
    "Those of the file that was there; and while it is written, nobody may read more than before"
    f = tmp_path/'m.txt'
    f.write_text('old'); os.chmod(f, mode)
    with replacing(f) as tmp: tmp.write_text('new'); assert not tmp.stat().st_mode & 0o777 & ~(mode|0o600)
    assert f.read_text()=='new' and f.stat().st_mode&0o7777==mode and [*tmp_path.iterdir()]==[f]

@pytest.mark.skipif(os.name=='nt' or os.geteuid(), reason='only the administrator gives files away')
def test_owner_stays(tmp_path):
    f = tmp_path/'m.txt'
    f.write_text('old'); os.chown(f, 65534, 65533); os.chmod(f, 0o4750)
    put(f)
    s = f.stat()
    assert (s.st_uid,s.st_gid,s.st_mode&0o7777)==(65534,65533,0o4750)

def test_without_the_right_to_give_away(tmp_path, monkeypatch):
    "Then a program does not begin to run with another's rights"
    f = tmp_path/'m.txt'
    f.write_text('old'); os.chmod(f, 0o6755)
    def no(*_): raise PermissionError(1, 'no')
    monkeypatch.setattr(os, 'chown', no, raising=False)
    real = os.stat
    class Other:
        def __init__(self, s): self.s = s
        st_uid = property(lambda self: self.s.st_uid+1)
        def __getattr__(self, k): return getattr(self.s, k)
    monkeypatch.setattr(files, '_there', lambda path, no: Other(real(path)))
    put(f)
    assert f.stat().st_mode&0o7777==0o755

@posix
def test_links_are_followed(tmp_path):
    "To what is there, to what is not there yet, through other links; the links stay"
    for o in 'real','a': (tmp_path/o).mkdir()
    (tmp_path/'real/m.txt').write_text('old'); os.chmod(tmp_path/'real/m.txt', 0o600)
    links = {'a/one':'../real/m.txt', 'a/two':tmp_path/'a/one', 'a/none':'../new/x.txt', 'a/folder':'../real'}
    for k,v in links.items(): (tmp_path/k).symlink_to(v)
    for i,(k,to) in enumerate([('a/one','real/m.txt'), ('a/two','real/m.txt'), ('a/none','new/x.txt'), ('a/folder/m.txt','real/m.txt')]):
        put(tmp_path/k, str(i))
        assert (tmp_path/to).read_text()==str(i) and not (tmp_path/to).is_symlink()
    for k,v in links.items(): assert os.readlink(tmp_path/k)==str(v)
    assert (tmp_path/'real/m.txt').stat().st_mode&0o777==0o600
    (tmp_path/'a/half').symlink_to('../real/m.txt')
    with pytest.raises(ZeroDivisionError), replacing(tmp_path/'a/half') as f: f.write_text('half'); 1/0
    assert (tmp_path/'real/m.txt').read_text()=='3' and sorted(o.name for o in (tmp_path/'real').iterdir())==['m.txt']
    (tmp_path/'d').symlink_to('made')
    with making_folder(tmp_path/'d') as f: (f/'x').write_text('')
    assert (tmp_path/'d').is_symlink() and (tmp_path/'made/x').exists()

@posix
def test_other_names_keep_the_old_contents(tmp_path):
    (tmp_path/'a').write_text('old'); os.link(tmp_path/'a', tmp_path/'b')
    put(tmp_path/'a')
    assert (tmp_path/'a').read_text()=='new' and (tmp_path/'b').read_text()=='old'

def read_later(path):
    "Begin to read a pipe; a function that gives what came"
    f = tempfile.TemporaryFile()
    p = subprocess.Popen(['cat', path], stdout=f)
    return lambda: (p.wait(30), f.seek(0), f.read())[-1]

@posix
def test_a_pipe_stays_one(tmp_path):
    "It gets everything, once the block has ended well, and nothing if it has not"
    os.mkfifo(tmp_path/'p.txt'); (tmp_path/'l').symlink_to('p.txt')
    for path in tmp_path/'p.txt',tmp_path/'l':
        came = read_later(tmp_path/'p.txt')
        with replacing(path) as f: assert f.suffix==path.suffix; f.write_text('x'*200_000)
        assert came()==b'x'*200_000
    tmp = []
    with pytest.raises(ZeroDivisionError), replacing(tmp_path/'p.txt') as f: tmp.append(f); 1/0
    assert not tmp[0].exists() and (tmp_path/'p.txt').is_fifo() and len([*tmp_path.iterdir()])==2

@posix
def test_a_reader_that_leaves(tmp_path):
    "A line, and no traceback"
    os.mkfifo(tmp_path/'p')
    p = subprocess.Popen(['head', '-c', '10', tmp_path/'p'], stdout=subprocess.DEVNULL)
    with pytest.raises(MnistError, match='Broken pipe'): put(tmp_path/'p', 'x'*10**6)
    p.wait(30)

@pytest.mark.slow
@posix
def test_open_files_are_written_on(tmp_path):
    "/dev/stdout and /dev/fd/N, whatever they are: what was printed before comes before, and nothing is cut off"
    code = ("import os, sys\nfrom mnist_from_scratch.base.files import replacing\nprint('one')\nfor p in sys.argv[1:]:\n    with "
            "replacing(p) as f: f.write_text(p+'\\n')\nprint('three')")
    env = os.environ|dict(PYTHONPATH=str(here.parent))
    (tmp_path/'l').symlink_to('/dev/stdout')
    paths = ['/dev/stdout','/dev/fd/1','/proc/self/fd/1' if os.path.exists('/proc/self/fd') else '/dev/fd/1',str(tmp_path/'l')]
    want = '\n'.join(['one',*paths,'three',''])
    assert warm.run([sys.executable, '-c', code, *paths], capture_output=True, text=True, env=env).stdout==want
    with open(tmp_path/'out.txt', 'w') as f: warm.run([sys.executable, '-c', code, *paths], stdout=f, env=env, check=True)
    assert (tmp_path/'out.txt').read_text()==want and sorted(o.name for o in tmp_path.iterdir())==['l','out.txt']

@pytest.mark.skipif(sys.platform!='linux' or os.geteuid(),
                    reason='only the administrator makes devices, with the numbers that Linux gives them')
def test_devices_stay(tmp_path):
    for name,minor in ('null',3),('full',7):
        try: os.mknod(tmp_path/name, 0o20666, os.makedev(1, minor)); open(tmp_path/name, 'rb').close()
        except OSError: pytest.skip('no devices may be made here')
    put(tmp_path/'null')
    with pytest.raises(MnistError, match='No space left'): put(tmp_path/'full')
    for o in 'null','full': assert (tmp_path/o).is_char_device()
    assert len([*tmp_path.iterdir()])==2

@posix
def test_what_cannot_be_written(tmp_path):
    "In one line; and nothing is made"
    (tmp_path/'loop').symlink_to('loop'); (tmp_path/'file').write_text('')
    for path in tmp_path,tmp_path/'loop',f'{tmp_path}/new/',f'{tmp_path}/a\0b',tmp_path/'file/x','/dev/fd/9999','/dev/fd':
        with pytest.raises(MnistError, match='^cannot write .*; [^\n]*$'): put(path)
    for path in tmp_path/'file',tmp_path/'loop':
        with pytest.raises(MnistError, match='^cannot write .*; [^\n]*$'), making_folder(path): pass
    assert sorted(o.name for o in tmp_path.iterdir() if o.suffix!='.lock')==['file','loop']

@posix
def test_pipes_in_the_way_of_cleaning_up(tmp_path):
    "One with the name of a temporary file is not waited for"
    os.mkfifo(tmp_path/'.m-01234567.txt')
    put(tmp_path/'m.txt')
    assert (tmp_path/'m.txt').read_text()=='new'

@posix
def test_csv_log_into_a_pipe(tmp_path):
    "Each row once"
    import torch
    from mnist_from_scratch.engine.tracking import CSVLogger
    from mnist_from_scratch.all import Learner
    from mnist_from_scratch.minibatches import DataLoader, DataLoaders
    os.mkfifo(tmp_path/'p')
    keep = os.open(tmp_path/'p', os.O_RDWR)          # a reader that stays
    ds = torch.utils.data.TensorDataset(torch.zeros(9,2), torch.zeros(9,1))
    learn = Learner(DataLoaders(DataLoader(ds, 3), DataLoader(ds, 9)), torch.nn.Linear(2,1), torch.nn.functional.mse_loss, path=tmp_path)
    with learn.no_bar(): learn.fit(3, .1, cbs=CSVLogger('p', append=True))
    rows = os.read(keep, 10**6).decode().splitlines(); os.close(keep)
    assert [o.split(',')[0] for o in rows]==['epoch','0','1','2']

@pytest.mark.slow
def test_tensorboard_appends(tmp_path):
    "Its file grows by records with a checksum each: after a kill, all but the last one are there"
    pytest.importorskip('tensorboard', reason='no TensorBoard here')
    killed("""
import torch
from mnist_from_scratch.engine.tracking import TensorBoardCallback
from mnist_from_scratch.all import *
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
