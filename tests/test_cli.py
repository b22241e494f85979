"The commands as somebody meets them who types them: what they print, what they leave, and what happens when things go wrong."
import csv, json, math, os, pty, re, runpy, select, signal, struct, subprocess, sys, time
from importlib.metadata import entry_points
from pathlib import Path
from random import Random

import pytest, safetensors, torch, warm
from PIL import Image
from mnist_from_scratch.tools import cli
from mnist_from_scratch.base.state import checksum
from mnist_from_scratch.base.statistics import Proportion
from mnist_from_scratch.baseline import PixelSimilarity
from mnist_from_scratch.tools.cli import load_model, make_learner, predict, to_dls
from mnist_from_scratch.data.idx import load_idx
from safetensors.torch import save_file

from conftest import in_a_new_process

FILES = ['history.csv','model.json','model.safetensors','report.png']

# --- set-up

@pytest.fixture(scope='session')
def data(digits, tmp_path_factory):
    "The bundled digits as IDX files, which load at once"
    folder = tmp_path_factory.mktemp('own_digits')
    for part,ds in zip(('train','t10k'), digits):
        for what,t in ('images-idx3',ds.x),('labels-idx1',ds.y.byte()):
            (folder/f'{part}-{what}-ubyte').write_bytes(bytes([0,0,8,t.ndim]) + struct.pack(f'>{t.ndim}I', *t.shape) + t.numpy().tobytes())
    return folder

@pytest.fixture(scope='session')
def script(tmp_path_factory):
    "Makes what pip makes of a console script; with hooks for tests, as code before and after the import of the library"
    def f(name, before='', first=''):
        path = tmp_path_factory.mktemp('bin')/name
        path.write_text(f'{first}\nimport sys\nfrom mnist_from_scratch.tools.cli import {name}\n{before}\nif __name__=="__main__": '
                        f'sys.exit({name}())\n')
        return str(path)
    return f

@pytest.fixture
def run(script, tmp_path, monkeypatch, capfd):
    "Runs a command in this process, in an empty folder: its status, stdout and stderr"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('COLUMNS', '80')
    def f(name, *args):
        path,old,status = script(name),signal.getsignal(signal.SIGINT),0
        monkeypatch.setattr(sys, 'argv', [path, *map(str, args)])
        capfd.readouterr()
        try: runpy.run_path(path, run_name='__main__')
        except SystemExit as e: status = e.code or 0
        finally: signal.signal(signal.SIGINT, old)
        return status,*capfd.readouterr()
    return f

def start(path, *args, sigint=signal.SIG_DFL, cold=False, **kwargs):
    "Start a command as a process of its own, as a shell would; `cold` where it matters how Python begins or ends"
    env = {**os.environ, 'COLUMNS':'80', 'MPLBACKEND':'TkAgg', 'PYTHONUNBUFFERED':'1', 'PYTHONIOENCODING':'utf-8:strict'}
    kwargs = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) | kwargs
    if not cold: return warm.Popen([sys.executable, path, *map(str, args)], sigint=sigint, **kwargs)
    return subprocess.Popen([sys.executable, path, *map(str, args)], **dict(preexec_fn=lambda: signal.signal(signal.SIGINT, sigint))|kwargs)

def wait_for(p, text):
    for line in p.stdout:
        if text in line: return
    raise AssertionError(f'never saw {text!r}: {p.stderr.read()}')

def one_line(err, begins):
    assert err.startswith(f'{begins}: ') and err.count('\n')==1 and err.endswith('\n') and 'Traceback' not in err, err
    return err

def rows(out):
    "The ladder's rows, by rung: mark and figures"
    res = [re.fullmatch(r'([* ]) (.{25})\s*([\d,]+)  +(\d\.\d{4})  +([\d.]+)-([\d.]+)(?:  +([\d.]+)-([\d.]+))?', o)
           for o in out.splitlines()]
    return {o[2].strip(): (o[1]=='*', int(o[3].replace(',','')), *(x and float(x) for x in o.groups()[3:])) for o in res if o}

def whole(folder, bs=64, n=1438):
    "All files of a run are in `folder`, nothing else, and they belong together; what the JSON says"
    assert sorted(o.name for o in folder.iterdir())==FILES
    spec = load_model(folder)[1]
    hist = list(csv.DictReader(open(folder/'history.csv')))
    if 'epochs' in spec: assert len(hist)==spec['epochs_done']<=spec['epochs'] and spec['batches_done']//-(-n//bs)>=len(hist)
    with Image.open(folder/'report.png') as im: im.load()
    return spec

# --- training

def test_entry_points():
    eps = {o.name:o for o in entry_points(group='console_scripts') if o.value.startswith('mnist_from_scratch.')}
    assert eps['mnist_train'].load() is cli.mnist_train and eps['mnist_predict'].load() is cli.mnist_predict

def test_train(run, data, tmp_path, monkeypatch):
    "Files, table and JSON say the same as the library does, and no run is made twice"
    made,real = [],cli.make_learner
    monkeypatch.setattr(cli, 'make_learner', lambda name, dls, n, seed, **kw: made.append((name,seed)) or real(name, dls, n, seed, **kw))
    status,out,err = run('mnist_train', '--data', data, '--epochs', 2, '--bs', 128, '--lr', .02, '--seed', 5, '--seeds', 2)
    assert (status,err)==(0,'')
    assert made==[('mlp',5),('linear',5),('linear',6),('mlp',6)]
    assert max(map(len, out.splitlines()))<=80
    assert 'train on 1,438, validate on 359' in out.splitlines()[0]

    train,valid = load_idx(data)
    model,spec = load_model(tmp_path/'mnist_run')
    k = (predict(model, valid.x).argmax(1)==valid.y).sum().item()
    assert (spec['accuracy']['right'],spec['accuracy']['of'])==(k,359)
    assert (spec['classes'],spec['seed'],spec['epochs'],spec['epochs_done'],spec['batches_done'])==(list(range(10)),5,2,2,2*12)
    assert whole(tmp_path/'mnist_run', 128) and str(data) not in (tmp_path/'mnist_run'/'model.json').read_text()

    dls = to_dls(train, valid, 128)
    def trained(name, seed):
        learn = real(name, dls, 10, seed)
        with learn.no_bar(): learn.fit_one_cycle(2, .02)
        return round(learn.recorder.values[-1][2]*359),learn
    runs = {name:[trained(name, s) for s in (5,6)] for name in ('linear','mlp')}
    kept = runs['mlp'][0][1]
    assert all(torch.equal(a,b) for a,b in zip(kept.model.state_dict().values(), model.state_dict().values()))
    hist = list(csv.DictReader(open(tmp_path/'mnist_run'/'history.csv')))
    assert [[float(o[c]) for c in ('epoch','train_loss','valid_loss','accuracy')] for o in hist]==[[i,*v]
        for i, v in enumerate(kept.recorder.values)]

    def fig(k): p = Proportion(k, 359); return [round(o, 4) for o in (p.value,p.lo,p.hi)]
    def sim(dist): return (PixelSimilarity.from_digits(train, dist)(valid.floats()).argmax(1)==valid.y).sum().item()
    table = rows(out)
    common = train.y.bincount().argmax()
    expected = {f'always the digit {common}': [False,1,*fig((valid.y==common).sum().item()),None,None]}
    for d in 'l1','rmse': expected[f'pixel similarity, {d}'] = [False,7840,*fig(sim(d)),None,None]
    for title,name,n in ('linear','linear',7850),('784-30-10 net','mlp',23860):
        lo,hi = sorted(k for k,_ in runs[name])
        expected[title] = [name=='mlp',n,*fig(lo),round(lo/359,4),round(hi/359,4)]
    assert {k:list(v) for k,v in table.items()}==expected

@pytest.mark.slow
@pytest.mark.parametrize('model,title', [('baseline','pixel similarity, rmse'), ('linear','linear'), ('mlp','784-30-2 net'),
                                         ('fast','quick convnet'), ('best','residual net')])
def test_each_model_on_two_digits(run, data, tmp_path, model, title):
    args = ('mnist_train','--data',data,'--digits','7, 3','--model',model,'--epochs',2 if model=='best' else 3,'--seeds',1,'--out',
            tmp_path/'a'/'b')
    status,out,err = run(*args)
    assert (status,err)==(0,'')
    table = rows(out)
    assert len(table)==5+(model in ('fast','best')) and [k for k,v in table.items() if v[0]]==[title]
    spec = whole(tmp_path/'a'/'b', n=1438//5)
    assert spec['model']==model and spec['classes']==[3,7] and spec['accuracy']['value']==table[title][2]>.8
    bits = (tmp_path/'a'/'b'/'model.safetensors').read_bytes()
    run(*args)
    assert (tmp_path/'a'/'b'/'model.safetensors').read_bytes()==bits
    if model=='baseline': assert (tmp_path/'a'/'b'/'history.csv').read_text().split()==['epoch,train_loss,valid_loss,accuracy']
    elif model!='best': # it takes the longest
        run(*args, '--seed', 1)
        assert (tmp_path/'a'/'b'/'model.safetensors').read_bytes()!=bits
    for c in 3,7:
        Image.fromarray(load_idx(data)[1].only(c).x[2].numpy()).save('one.png')
        assert re.match(rf'one\.png  {c}  ', run('mnist_predict', 'a/b', 'one.png')[1])

@pytest.mark.slow
def test_fast_says_how_it_was_trained(run, data, tmp_path):
    "A fifth of the epochs, and batches and a rate of its own"
    assert run('mnist_train', '--data', data, '--model', 'fast', '--epochs', 10, '--seeds', 1)[0]==0
    spec = load_model(tmp_path/'mnist_run')[1]
    assert (spec['epochs'],spec['epochs_done'],spec['bs'],spec['lr'],spec['batches_done'])==(2,2,1438//40,.1,2*-(-1438//(1438//40)))
    assert spec['accuracy']['value']>.9

@pytest.mark.parametrize('args', ['3 7','7 3','3,7','3, 7','7 ,3'])
def test_digits_with_commas_or_blanks(run, data, tmp_path, args):
    assert run('mnist_train', '--data', data, '--digits', *args.split(), '--model', 'baseline', '--epochs', 1, '--seeds', 1)[0]==0
    assert load_model(tmp_path/'mnist_run')[1]['classes']==[3,7]

@pytest.mark.parametrize('args,useless', [('--lr 100',True), ('--lr .01',False), ('--model baseline --lr 100',False)])
def test_a_useless_net_is_told(run, data, args, useless):
    out = run('mnist_train', '--data', data, *args.split(), '--epochs', 3, '--seeds', 1)[1]
    assert ('no better than always answering 1; try a lower --lr' in out)==useless

@pytest.mark.slow
def test_what_was_saved_is_told(run, data, tmp_path):
    "The accuracy in the last lines is that of the file, whatever the median of several runs"
    out = run('mnist_train', '--data', data, '--epochs', 1, '--seeds', 3)[1]
    saved = load_model(tmp_path/'mnist_run')[1]['accuracy']['value']
    assert f'* saved in mnist_run: the run with seed 0, accuracy {saved:.4f}' in out.splitlines() and rows(out)['784-30-10 net'][2]!=saved

@pytest.mark.slow
def test_an_old_run_is_replaced(run, data, tmp_path):
    for digits in '3,7','0,1':
        assert run('mnist_train', '--data', data, '--digits', digits, '--epochs', 1, '--seeds', 1)[0]==0
        assert whole(tmp_path/'mnist_run', n=1)['classes']==json.loads(f'[{digits}]')

def test_diverged_is_no_success(run, data, tmp_path):
    status,out,err = run('mnist_train', '--data', data, '--lr', 1e30, '--epochs', 2)
    assert status==1 and 'diverged in epoch 1:' in one_line(err, 'mnist_train') and not rows(out) and not list(tmp_path.iterdir())

@pytest.mark.slow
def test_diverged_rung_has_no_accuracy(run, data, monkeypatch):
    real = cli.make_learner
    def f(name, dls, n, seed, **kw):
        learn = real(name, dls, n, seed, **kw)
        if (name,seed)==('mlp',1): learn.model[0].weight.data.fill_(float('nan'))
        return learn
    monkeypatch.setattr(cli, 'make_learner', f)
    status,out,err = run('mnist_train', '--data', data, '--model', 'linear', '--epochs', 1, '--seeds', 2)
    assert status==0 and re.search(r'784-30-10 net +23,860 +diverged in 1 of 2 runs', out) and '784-30-10 net' not in rows(out)

# --- predicting

@pytest.fixture(scope='session')
def model(data, tmp_path_factory):
    "A folder with a good model"
    out = tmp_path_factory.mktemp('model')
    dls = to_dls(*load_idx(data))
    learn = make_learner('mlp', dls, 10)
    with learn.no_bar(): learn.fit_one_cycle(8, .01)
    cli.save_model(out, learn.model, 'mlp', range(10))
    return out

def drawn(x, mode, size, ink, paper):
    "A digit as somebody might draw it: `mode`, colours and size as given, off the middle, on a larger page"
    mask = Image.new('L', (size*2,size+size//3))
    mask.paste(Image.fromarray(x.numpy()).resize((size,size), Image.Resampling.BICUBIC), (size//2,size//4))
    return Image.composite(Image.new(mode, mask.size, ink), Image.new(mode, mask.size, paper), mask)

@pytest.mark.slow
def test_images(run, data, model):
    "Ten digits in five styles, all read as the digit they are"
    _,valid = load_idx(data)
    sure = predict(load_model(model)[0], valid.x).softmax(1)
    for c in range(10):
        x = valid.x[torch.where(valid.y==c, sure[:,c], 0).argmax()]
        drawn(x, 'L', 60, 20, 235).save('dark.png')
        drawn(x, 'RGB', 90, 'ivory', 'darkgreen').save('light.jpg', quality=80)
        drawn(x, 'RGB', 900, 'navy', 'khaki').save('a_big_one.png')
        drawn(x, 'RGBA', 120, (0,0,0,255), (0,0,0,0)).save('alpha.png')
        Image.fromarray(x.numpy()).save('plain.bmp')
        names = 'dark.png','light.jpg','a_big_one.png','alpha.png','plain.bmp'
        status,out,err = run('mnist_predict', model/'model.safetensors', *names)
        assert (status,err)==(0,'')
        for name,line in zip(names, out.splitlines(), strict=True):
            m = re.fullmatch(rf'{name:13}  {c}  probability ([01]\.\d{{4}})', line)
            assert m and .5<float(m[1])<=1, (c,line)

def test_probability(run, data, model):
    x = load_idx(data)[1].x[5]
    Image.fromarray(x.numpy()).save('x.png')
    p = predict(load_model(model)[0], cli.as_mnist(Image.open('x.png'))[None]).softmax(1).max()
    assert run('mnist_predict', model, 'x.png')[1].split()[-1]==f'{p:.4f}'

def test_one_bad_image_among_good_ones(run, data, model, tmp_path):
    Image.fromarray(load_idx(data)[1].x[0].numpy()).save('a.png')
    Path('b.png').write_text('no image')
    Image.new('L', (50,50), 255).save('c.png')
    Path('d.png').write_bytes(Path('a.png').read_bytes())
    status,out,err = run('mnist_predict', model, 'a.png', 'b.png', 'c.png', 'd.png', 'e.png')
    assert status==1 and [o.split()[0] for o in out.splitlines()]==['a.png','d.png']
    assert [re.match(r'mnist_predict: .*?(\w\.png)', o)[1] for o in err.splitlines()]==['b.png','c.png','e.png']
    assert 'blank' in err and 'more contrast' in err and 'Traceback' not in err

@pytest.mark.slow
def test_file_names_that_are_no_text(script, data, model, tmp_path):
    name = os.fsdecode(b'\xff\xfe.png')
    Image.fromarray(load_idx(data)[1].x[0].numpy()).save(tmp_path/'a.png')
    os.rename(tmp_path/'a.png', tmp_path/name)
    p = start(script('mnist_predict'), model, name, cwd=tmp_path)
    assert p.communicate(timeout=60)[1]=='' and p.returncode==0

def test_submission(run, data, model):
    _,valid = load_idx(data)
    with open('test.csv', 'w', newline='') as f:
        csv.writer(f).writerows([[f'pixel{i}' for i in range(784)], *valid.x[:50].flatten(1).tolist()])
    assert run('mnist_predict', model, 'test.csv', '--submission', 'out/a.csv')[0]==0
    Path('one.csv').write_text('\n'.join(Path('test.csv').read_text().splitlines()[:2])+'\n')
    assert run('mnist_predict', model, 'one.csv', '--submission', 'one_answer.csv')[1].startswith('1 digit of one.csv read')
    answers = predict(load_model(model)[0], valid.x[:50]).argmax(1).tolist()
    assert Path('out/a.csv').read_bytes().decode()=='ImageId,Label\n'+''.join(f'{i},{o}\n' for i,o in enumerate(answers, 1))
    before = Path('out/a.csv').read_bytes()
    Path('bad.csv').write_text(Path('test.csv').read_text().replace('pixel7,', 'pixel8,'))
    for bad in ('bad.csv',), ('none.csv',), ('test.csv','test.csv'):
        status,out,err = run('mnist_predict', model, *bad, '--submission', 'out/a.csv')
        assert status==1 and one_line(err, 'mnist_predict') and out==''
    assert Path('out/a.csv').read_bytes()==before and os.listdir('out')==['a.csv']

# --- what cannot be

def tree(folder): return sorted((str(o.relative_to(folder)), o.stat().st_size) for o in folder.rglob('*'))

@pytest.mark.parametrize('args,says', [
    ('--model resnet', "no model 'resnet'"), ('--digits 3,11', "no digit '11'"), ('--digits 3', 'one digit'), ('--digits 3,3', 'twice'),
    ('--digits 3,', "no digit ''"), ('--digits x', "no digit 'x'"), ('--epochs 0', '--epochs is 0'), ('--epochs -1', '--epochs is -1'),
    ('--bs 0', '--bs is 0'), ('--lr nan', '--lr is nan'), ('--lr 0', '--lr is 0'), ('--lr -1', '--lr is -1'), ('--lr inf', '--lr is inf'),
    ('--seeds 0', '--seeds is 0'), ('--seed -1', '--seed is -1'), ('--seed 99999999999', '--seed is 99999999999'),
    ('--data nowhere', "there is no file or folder 'nowhere'"), ('--data empty', 'empty'), ('--data file.txt', 'file.txt'),
    ('--data /dev/null', 'it is not a regular file; pass a folder or a CSV file'), ('--data test.csv', 'label'),
    ('--data three', 'at least two'), ('--data three --digits 3,7', 'no digit 7'),
    ('--out file.txt', 'cannot write'), ('--out file.txt/x/y', 'cannot write'), ('--out /proc/x', 'cannot write'),
    ('--out '+'x'*300, 'cannot write'),
    ('--out taken', 'it is a folder')])
def test_bad_training(run, data, tmp_path, args, says, monkeypatch):
    "One line, status 1, and not a byte written; --out is looked at before anything is loaded"
    for o in 'empty','three/3','taken/model.json': (tmp_path/o).mkdir(parents=True)
    for i in range(10): Image.fromarray(load_idx(data)[0].only(3).x[i].numpy()).save(tmp_path/'three'/'3'/f'{i}.png')
    (tmp_path/'file.txt').write_text('no digits')
    (tmp_path/'test.csv').write_text(','.join(f'pixel{i}' for i in range(784)) + '\n' + ','.join('0'*784) + '\n')
    if '--out' in args: monkeypatch.setattr(cli, 'load_digits', None)
    before = tree(tmp_path)
    status,out,err = run('mnist_train', *([] if '--data' in args else ['--data',data]), *args.split())
    assert status==1 and says in one_line(err, 'mnist_train') and tree(tmp_path)==before
    assert not out and len(err)<400+300*('x'*300 in args)

def test_unwritable_folder(data, script, tmp_path):
    "As somebody who is not root, where the tests are run by root"
    (tmp_path/'shut').mkdir(mode=0o555)
    if not os.geteuid():
        with pytest.MonkeyPatch.context() as m:
            m.setattr(cli.tempfile, 'TemporaryFile', lambda dir: (_ for _ in ()).throw(PermissionError(13, 'Permission denied')))
            with pytest.raises(cli.MnistError, match='Permission denied'): cli._check_out(tmp_path/'shut'/'x')
    else:
        with pytest.raises(cli.MnistError, match='Permission denied'): cli._check_out(tmp_path/'shut'/'x')

def forge(file, change=lambda s: s, crc=None):
    "Another description in the file of a model, as `change` makes it, with a checksum that fits"
    with safetensors.safe_open(file, 'pt') as f: tensors,notes = {k:f.get_tensor(k).clone() for k in f.keys()},f.metadata()
    text = change(notes['state'])
    save_file(tensors, file, notes | dict(state=text, crc=crc or checksum(text, [tensors[str(i)] for i in range(len(tensors))])))
def forged(text, **kwargs): return lambda d: forge(d/'model.safetensors', lambda _: text, **kwargs)
def put(key, v):
    "A file with another value of `key`, given as JSON has it there"
    def change(text):
        s = json.loads(text)
        next(o for o in s['dict'] if o[0]==key)[1] = v
        return json.dumps(s)
    return lambda d: forge(d/'model.safetensors', change)
def linear(**args): return {'object':['Linear', {'dict':[list(o) for o in args.items()]}, *[{'dict':[]}]*3]}
def vocab(*names): return put('vocab', {'list':names})
def cut(n): return lambda d: (d/'model.safetensors').write_bytes((d/'model.safetensors').read_bytes()[:n])
def no_dataset(d): forge(d/'model.safetensors', lambda t: json.dumps(dict(dict=[o for o in json.loads(t)['dict'] if o[0]!='data'])))

@pytest.mark.parametrize('spoil', [
    cut(1000), cut(4), cut(0), cut(-1), forged('{'), forged(''), forged('[1]'), forged('['*100000), forged('{}', crc='5'),
    lambda d: (d/'model.safetensors').unlink(), lambda d: (d/'model.safetensors').write_bytes(b'PK\3\4 a torch file'),
    lambda d: save_file({'a':torch.ones(2)}, d/'model.safetensors'),
    put('arch', linear(in_features=784, out_features=10)), put('arch', {'object':['os.system', *[{'dict':[]}]*4]}), put('arch', ['mlp']),
    put('arch', None), put('arch', {'name':'Linear'}), put('arch', linear(in_features=784, out_features=10**15)),
    put('arch', linear(in_features=784, out_features=-1)), put('arch', linear(x=1)),
    vocab('0','1'), vocab(*range(9),8), vocab(*'012345678',''), vocab(*'012345678','\x1b[2J'), vocab(*range(9),True), vocab(*range(1,11)),
    put('vocab', '0123456789'), put('vocab', None), put('loss', None), put('loss', {'name':'noop'}), put('loss', {'name':'mnist_loss'}),
    put('data', None), no_dataset, put('x', {'list':[]}), put('about', 5), put('model', None)])
def test_bad_model(run, data, model, tmp_path, spoil):
    for o in 'model.json','model.safetensors': (tmp_path/o).write_bytes((model/o).read_bytes())
    Image.fromarray(load_idx(data)[1].x[0].numpy()).save('a.png')
    assert run('mnist_predict', tmp_path, 'a.png')[0]==0
    spoil(tmp_path)
    status,out,err = run('mnist_predict', tmp_path, 'a.png')
    assert status==1 and out=='' and 'model.safetensors' in one_line(err, 'mnist_predict')

def test_numbers_that_are_not_finite(run, tmp_path, model):
    net,spec = load_model(model)
    next(net.parameters()).data[0,0] = math.nan
    cli.save_model(tmp_path, net, 'mlp', range(10))
    assert 'not finite; train again' in one_line(run('mnist_predict', tmp_path, 'a.png')[2], 'mnist_predict')

def test_loading_takes_no_more_memory_than_the_file(model, monkeypatch):
    "However large a model the file asks for, it is made without memory until the shapes are known to fit"
    from mnist_from_scratch.engine import export
    devices,real = [],export._layer
    def make(*args, **kwargs): m = real(*args, **kwargs); devices.extend(o.device.type for o in m.parameters()); return m
    monkeypatch.setattr(export, '_layer', make)
    load_model(model)
    assert set(devices)=={'meta'}

def test_a_light_model_needs_no_compiler(model):
    "PyTorch imports it for any operation on 'meta', and so a file with linear layers is looked at in another way"
    in_a_new_process(f'import sys\nfrom mnist_from_scratch.tools.cli import load_model\nload_model({str(model)!r})\n'
                     'assert "torch._dynamo" not in sys.modules and "sympy" not in sys.modules')

@pytest.mark.parametrize('name', ['', 'model.safetensors', 'model.json'])
def test_a_model_by_any_of_its_names(run, data, model, name):
    Image.fromarray(load_idx(data)[1].x[0].numpy()).save('a.png')
    assert run('mnist_predict', model/name, 'a.png')[0]==0

def test_a_file_with_another_description_beside_it(model, tmp_path):
    "What a process leaves that is killed between the two files, and what is mixed up: the model says itself what it is"
    cli.save_model(tmp_path, cli.make_model('linear', 2), 'linear', (3,7))
    (tmp_path/'model.json').write_bytes((model/'model.json').read_bytes())
    net,spec = load_model(tmp_path)
    assert spec['classes']==[3,7] and spec['model']=='linear'
    (tmp_path/'model.json').unlink()
    assert load_model(tmp_path)[1]==spec

@pytest.mark.parametrize('args,says', [('nowhere a.png','nowhere'), ('a.png a.png','a.png'), ('MODEL none.png','none.png'),
                                       ('MODEL test.csv','--submission'),
    ('MODEL a.png --submission o.csv','a.png is not a table of digits (it is not text); its first line'),
    ('MODEL test.csv --submission a.png/o.csv','cannot write'), ('MODEL test.csv --submission .','cannot write')])
def test_bad_predicting(run, data, model, tmp_path, args, says):
    Image.fromarray(load_idx(data)[1].x[0].numpy()).save('a.png')
    (tmp_path/'test.csv').write_text(','.join(f'pixel{i}' for i in range(784)) + '\n' + ','.join('09'*392) + '\n')
    before = tree(tmp_path)
    status,out,err = run('mnist_predict', *args.replace('MODEL', str(model)).split())
    assert status==1 and says in one_line(err, 'mnist_predict') and tree(tmp_path)==before

@pytest.mark.parametrize('args', ['mnist_train --epochs x', 'mnist_train --lr high', 'mnist_train --colour', 'mnist_train 3',
                                  'mnist_predict', 'mnist_predict m'])
def test_arguments_that_cannot_be_parsed(run, tmp_path, args):
    status,out,err = run(*args.split())
    assert status==2 and out=='' and err.startswith('usage: ') and err.splitlines()[-1].startswith(args.split()[0]
        +': error: ') and not list(tmp_path.iterdir())

@pytest.mark.parametrize('name,opts', [('mnist_train','data digits model epochs bs lr seed seeds out distributed'),
                                       ('mnist_predict','submission')])
def test_help(run, name, opts):
    status,out,err = run(name, '--help')
    assert (status,err)==(0,'') and max(map(len, out.splitlines()))<=80
    assert all(re.search(rf'^  --{o} ', out, re.M) for o in opts.split())
    assert re.search(r'Examples?:\s', out) and 'mnist_run' in out
    if name=='mnist_train':
        assert all(o in ' '.join(out.split()) for o in ('baseline (pixel similarity), linear, mlp (a net with one hidden layer), fast (a '
                                                        'convnet that trains in seconds), or best','(default: mlp)','default: 5, or 20',
                                                        '(default: all)'))

@pytest.mark.slow
def test_what_is_to_be_typed_works(script, tmp_path, monkeypatch):
    "Commands in messages and examples in the help: by their names where the shell finds them so, else as they were called"
    for o in 'env','my env','other':
        (tmp_path/o).mkdir(); (tmp_path/o/'mnist_check').write_text('#!/bin/sh\n'); (tmp_path/o/'mnist_check').chmod(0o755)
    (tmp_path/'link').symlink_to('env'); monkeypatch.chdir(tmp_path)
    for argv,path,want in [('env/mnist_check','','env/mnist_check'), ('my env/mnist_check','other',"'my env/mnist_check'"),
                           (tmp_path/'env/mnist_check','env','mnist_check'), ('env/mnist_check','other:env','env/mnist_check'),
                           (tmp_path/'env/mnist_check','link','mnist_check'),
                           (tmp_path/'env/mnist_check','',str(tmp_path/'env/mnist_check'))]:
        monkeypatch.setattr(sys, 'argv', [str(argv)]); monkeypatch.setenv('PATH', str(path))
        assert cli._typed('mnist_check')==want
    monkeypatch.undo()
    path = script('mnist_predict')
    p = start(path, '--help', cwd=tmp_path, env={**os.environ, 'COLUMNS':'300'})
    assert ' '.join(p.communicate(timeout=100)[0].split()).count(f'{path} mnist_run ')==2
    # where it is no command, as in the book
    for k in 'train','predict','bench','check': assert re.search(rf'Examples?: mnist_{k} ', getattr(cli, f'mnist_{k}').__doc__)

# --- interruptions

def stopped(p, *signals):
    "Send SIGINT, after each of the given pauses; status, the rest of stdout, and stderr"
    for s in signals or (0,):
        time.sleep(s)
        if p.poll() is None: p.send_signal(signal.SIGINT)
    out,err = p.communicate(timeout=60)
    return p.returncode,out,err

SAYS_TORCH = """import sys
class Says:
    @staticmethod
    def find_spec(name, *args):
        if name=='torch': print('importing torch')
sys.meta_path.insert(0, Says)"""

@pytest.mark.slow
def test_ctrl_c_in_imports(script, tmp_path):
    for pause in 0,.3:
        p = start(script('mnist_train', first=SAYS_TORCH), cwd=tmp_path, cold=True)
        wait_for(p, 'importing torch')
        status,out,err = stopped(p, pause)
        assert status==130 and 'interrupted' in err and 'Traceback' not in err and len(err.strip().splitlines())==1 and not list(
            tmp_path.iterdir())

@pytest.mark.slow
def test_ctrl_c_in_loading(script, tmp_path):
    # in short naps: a signal that comes in the moment before a sleep begins does not end it, Python handles it afterwards
    before = ('import time\nfrom mnist_from_scratch.tools import cli\ncli.load_digits = lambda data: (print("loading"), [time.sleep(.01) '
              'for _ in range(6000)])')
    p = start(script('mnist_train', before), cwd=tmp_path)
    wait_for(p, 'loading')
    status,out,err = stopped(p)
    assert status==130 and 'nothing is written' in one_line(err, 'mnist_train') and not list(tmp_path.iterdir())

@pytest.mark.slow
def test_ctrl_c_in_training(script, data, tmp_path):
    p = start(script('mnist_train'), '--data', data, '--epochs', 10**6, cwd=tmp_path)
    wait_for(p, 'epoch 1 ')
    status,out,err = stopped(p, 0, .001, .05, .2)
    assert status==130 and 'is saved in mnist_run' in one_line(err, 'mnist_train')
    spec = whole(tmp_path/'mnist_run')
    assert spec['epochs_done']>=2 and spec['epochs']==10**6 and f"in epoch {spec['epochs_done']+1} of" in err

@pytest.mark.slow
def test_ctrl_c_in_saving(script, data, tmp_path):
    "Impatience does not break a file, and the run ends there"
    before = ('import time\nfrom mnist_from_scratch.tools import cli\nreal = cli.report\ndef slow(*a): print("saving"); time.sleep(1); '
              'return real(*a)\ncli.report = slow')
    p = start(script('mnist_train', before), '--data', data, '--epochs', 1, cwd=tmp_path)
    wait_for(p, 'saving')
    status,out,err = stopped(p, 0, .1, .1)
    assert status==130 and 'the model is saved' in one_line(err, 'mnist_train') and not rows(out)
    assert whole(tmp_path/'mnist_run')['epochs_done']==1

@pytest.mark.slow
def test_ctrl_c_in_the_ladder(script, data, tmp_path):
    p = start(script('mnist_train'), '--data', data, '--model', 'baseline', '--epochs', 10**6, cwd=tmp_path)
    wait_for(p, 'rmse')
    wait_for(p, 'rmse')
    status,out,err = stopped(p, .3)
    assert status==130 and 'the model is saved in mnist_run' in one_line(err, 'mnist_train')
    assert whole(tmp_path/'mnist_run')['model']=='baseline'

@pytest.mark.slow
def test_ctrl_c_at_any_moment(script, data, tmp_path):
    "Bursts of signals at random moments of short runs: one line or a normal end, and files that are whole or not there"
    rand,path,secs = Random(time.time_ns() if os.environ.get('RANDOM_TESTS') else 1),script('mnist_train', first=SAYS_TORCH),None
    for i in range(6):
        folder = tmp_path/str(i)
        folder.mkdir()
        p = start(path, '--data', data, '--epochs', 2, '--seeds', 2, cwd=folder, cold=True)
        wait_for(p, 'importing torch')
        t,pauses = time.time(),[]
        if not secs: (out,err),status,secs = p.communicate(timeout=60),p.returncode,time.time()-t # the first one runs to its end
        else:
            pauses = [rand.random()*secs, *(rand.random()*.05 for _ in range(rand.randrange(4)))]
            status,out,err = stopped(p, *pauses)
        assert status in (0,130) and 'Traceback' not in err and 'Exception' not in err and len(err.strip().splitlines())<=1, (pauses,err)
        if (folder/'mnist_run').exists(): whole(folder/'mnist_run')
        else: assert status==130 and not list(folder.iterdir())
        assert (status==130)==('interrupted' in err)

@pytest.mark.slow
def test_ctrl_c_at_the_very_end(script, data, model, tmp_path):
    "While Python winds up nothing is left to interrupt"
    before = 'import atexit, signal\natexit.register(lambda: signal.raise_signal(signal.SIGINT))'
    Image.fromarray(load_idx(data)[1].x[0].numpy()).save(tmp_path/'a.png')
    for name,args in ('mnist_predict',(model,'a.png')), ('mnist_train',('--data',data,'--epochs',1,'--seeds',1)):
        p = start(script(name, before), *args, cwd=tmp_path, cold=True)
        assert p.communicate(timeout=60)[1]=='' and p.returncode==0

@pytest.mark.slow
def test_ignored_sigint_stays_ignored(script, data, tmp_path):
    "As with nohup, or in the background of a script"
    p = start(script('mnist_train'), '--data', data, '--epochs', 3, '--seeds', 1, cwd=tmp_path, sigint=signal.SIG_IGN)
    wait_for(p, 'epoch 0')
    assert stopped(p)[0]==0 and whole(tmp_path/'mnist_run')['epochs_done']==3

# --- terminals and pipes

@pytest.mark.slow
def test_in_a_pipe(script, data, tmp_path):
    "One line per epoch and nothing that moves"
    p = start(script('mnist_train'), '--data', data, '--epochs', 3, '--seeds', 1, cwd=tmp_path)
    out,err = p.communicate(timeout=60)
    assert p.returncode==0 and err=='' and len(out.splitlines())==13 and '\x1b' not in out and '|' not in out
    assert re.findall(r'^epoch (\d)  train_loss \d\.\d+  valid_loss \d\.\d+  accuracy \d\.\d+  time \d\d:\d\d$', out, re.M)==['0','1','2']

def in_terminal(path, *args, cwd, keys=()):
    "Run in a pseudo-terminal of 80×24; `keys` are pairs of a text to wait for and what is typed then; status and all that appeared"
    pid,fd = pty.fork()
    if not pid:
        os.chdir(cwd)
        os.environ.update(COLUMNS='80', LINES='24', TERM='xterm')
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execv(sys.executable, [sys.executable, path, *map(str, args)])
    seen,keys,end = b'',list(keys),time.time()+90
    while time.time()<end:
        if not select.select([fd], [], [], 1)[0]: continue
        try: new = os.read(fd, 4096)
        except OSError: break
        if not new: break
        seen += new
        if keys and keys[0][0] in seen: os.write(fd, keys.pop(0)[1])
    else: os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]),seen.decode()

@pytest.mark.slow
def test_in_a_terminal(script, data, tmp_path):
    "A bar that moves, a table with one head, and the ladder below it"
    status,seen = in_terminal(script('mnist_train'), '--data', data, '--epochs', 3, '--seeds', 2, cwd=tmp_path)
    assert status==0 and '█' in seen and '%' in seen and seen.count('train_loss')==1 and 'epoch 0' not in seen
    lines = [o.split('\r')[-1].strip() for o in seen.replace('\r\n','\n').split('\n')] # what remains on the screen
    assert [o.split()[0] for o in lines if re.match(r'\d +\d\.\d{6}', o)]==['0','1','2']
    assert 'run 2 of 2' in seen and not any('run 2 of 2' in o for o in lines)
    assert len(rows('\n'.join(o if o.startswith('*') else '  '+o for o in lines)))==5

@pytest.mark.slow
def test_ctrl_c_in_a_terminal(script, data, tmp_path):
    status,seen = in_terminal(script('mnist_train'), '--data', data, '--epochs', 10**6, cwd=tmp_path, keys=[(b'Epoch 2/', b'\x03')])
    assert status==130 and re.search(r'\nmnist_train: interrupted in epoch \d+ of 1000000; the model so far is saved in mnist_run\r?\n$',
                                     seen), seen[-300:]
    whole(tmp_path/'mnist_run')

@pytest.mark.slow
def test_broken_pipe(script, data, model, tmp_path):
    "Somebody reads one line and closes: no word about it, and nothing half written"
    Image.fromarray(load_idx(data)[1].x[0].numpy()).save(tmp_path/'a.png')
    for p in (start(script('mnist_train'), '--data', data, '--epochs', 10**6, cwd=tmp_path, cold=True),
              start(script('mnist_predict'), model, *['a.png']*3000, cwd=tmp_path, cold=True)):
        p.stdout.readline()
        p.stdout.close()
        assert p.wait(60)==1 and p.stderr.read()==''
    assert [o.name for o in tmp_path.iterdir()]==['a.png']

@pytest.mark.slow
def test_full_disk(script, data, tmp_path):
    with open('/dev/full', 'w') as full:
        p = start(script('mnist_train'), '--data', data, '--epochs', 1, cwd=tmp_path, stdout=full, cold=True)
        assert 'No space left' in one_line(p.communicate(timeout=60)[1], 'mnist_train') and p.returncode==1

def shell(line, cwd, **env):
    "Run a line in bash; status and all that it said"
    r = subprocess.run(['bash','-c',line], cwd=cwd, capture_output=True, text=True, timeout=120,
                       env={k:v for k,v in {**os.environ, 'COLUMNS':'80', **env}.items() if v is not None})
    return r.returncode,r.stdout,r.stderr

@pytest.mark.slow
@pytest.mark.parametrize('how,status,says', [('<&-',0,''), ('2>&-',0,''),
                                             ('>&-',1,'no standard output to print to; send it to a file, or to /dev/null'),
                                             ('<&- >&- 2>&-',1,None), ('--help >&-',1,'no standard output'),
    ('--only >&-',1,'no standard output'), ('>/dev/null',0,''), ('>/dev/full',1,'cannot print: No space left on device')])
def test_closed_and_full(script, tmp_path, how, status, says):
    "Without stdin and stderr all goes on; what cannot be printed is told, in a line; the cure in it works"
    got,out,err = shell(f"{sys.executable} {script('mnist_check')} --list {how}", tmp_path)
    assert got==status and 'Traceback' not in err and not list(tmp_path.iterdir())
    assert says in one_line(err, 'mnist_check') if says else not err

@pytest.mark.slow
def test_no_file_gets_the_number_of_a_closed_stream(script, tmp_path):
    "What is printed would go into it"
    path = script('mnist_check', "import os, subprocess\nwith open('x', 'w') as f: os.write(2, b'lost'); subprocess.run(['sh','-c','echo "
                  "lost >&2']); print('lost', file=sys.stderr, flush=True)")
    assert shell(f'{sys.executable} {path} --list <&- 2>&-', tmp_path)[0]==0 and (tmp_path/'x').read_text()==''

@pytest.mark.slow
def test_full_after_an_error(script, tmp_path):
    "A status of its own, or an error, and what was printed before can't be: one line, and no traceback at the end"
    (tmp_path/'a.py').write_text('def relu(x): return x.abs()')
    status,_,err = shell(f"{sys.executable} {script('mnist_check')} a.py --only relu >/dev/full", tmp_path)
    assert status==1 and 'cannot print' in one_line(err, 'mnist_check')
    status,_,err = shell(f"{sys.executable} {script('mnist_check')} none.py 2>/dev/full", tmp_path)
    assert status==1 and not err

@pytest.mark.slow
@pytest.mark.parametrize('name,status', [('SIGTERM',143), ('SIGHUP',129)])
def test_told_to_end(script, data, tmp_path, name, status):
    "As after Ctrl-C, what is trained is saved; and where nothing is, one line"
    p = start(script('mnist_train', first=SAYS_TORCH), '--data', data, '--epochs', 10**6, cwd=tmp_path, cold=True)
    wait_for(p, 'importing torch')
    p.send_signal(getattr(signal, name))
    assert p.communicate(timeout=60)[1].strip()=='mnist_train: interrupted before it began' and p.returncode==status and not list(
        tmp_path.iterdir())
    p = start(script('mnist_train'), '--data', data, '--epochs', 10**6, cwd=tmp_path)
    wait_for(p, 'epoch 1 ')
    p.send_signal(getattr(signal, name))
    assert 'is saved in mnist_run' in one_line(p.communicate(timeout=60)[1],
                                               'mnist_train') and p.returncode==status and whole(tmp_path/'mnist_run')

@pytest.mark.slow
def test_nohup_stays(script, data, tmp_path):
    p = start(script('mnist_train'), '--data', data, '--epochs', 3, '--seeds', 1, cwd=tmp_path, cold=True,
              preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for(p, 'epoch 0')
    p.send_signal(signal.SIGHUP)
    assert p.communicate(timeout=60)[1]=='' and p.returncode==0

def test_a_folder_that_is_gone(script, tmp_path):
    status,out,err = shell(f"mkdir g; cd g; rmdir ../g; {sys.executable} {script('mnist_check')} --list", tmp_path)
    assert status==1 and not out and 'no longer there; change to another folder' in one_line(err, 'mnist_check')

@pytest.mark.slow
@pytest.mark.parametrize('env', [dict(MPLBACKEND='nonsense'), dict(COLUMNS='abc', LINES='x'), dict(HOME=None),
                                 dict(HOME='/nonexistent', XDG_CACHE_HOME='/dev/null'), dict(TMPDIR='/nonexistent'),
                                 dict(PYTHONIOENCODING='ascii', LC_ALL='C'), dict(WORLD_SIZE='x', RANK='y', MASTER_PORT='z')], ids=str)
def test_an_odd_environment(script, data, tmp_path, env):
    "What has nothing to do with the command does not stop it"
    env = {k:v for k,v in {**os.environ, 'COLUMNS':'80', **env}.items() if v is not None}
    p = start(script('mnist_train'), '--data', data, '--model', 'baseline', '--epochs', 1, '--seeds', 1, cwd=tmp_path, env=env,
              cold='LC_ALL' in env) # which Python reads when it starts
    out,err = p.communicate(timeout=120)
    assert p.returncode==0 and len(rows(out))==5 and 'Traceback' not in err and whole(tmp_path/'mnist_run')

@pytest.mark.slow
def test_ctrl_c_in_the_first_epoch_keeps_an_older_model(tmp_path, monkeypatch, capsys):
    "What was trained for less than an epoch does not replace a finished model"
    import mnist_from_scratch.tools.cli as cli
    out = tmp_path/'run'
    cli.mnist_train(data='digits', model='linear', epochs=1, seeds=1, out=str(out))
    before = {o.name:o.read_bytes() for o in out.iterdir()}
    def pressed_at_once(self): self.pressed = True; return self
    monkeypatch.setattr(cli._CtrlC, '__enter__', pressed_at_once)
    with pytest.raises(KeyboardInterrupt, match='before the first epoch was done'):
        cli.mnist_train(data='digits', model='linear', epochs=3, seeds=1, out=str(out))
    assert {o.name:o.read_bytes() for o in out.iterdir()}==before
    with pytest.raises(KeyboardInterrupt, match='so far is saved'):
        cli.mnist_train(data='digits', model='linear', epochs=3, seeds=1, out=str(tmp_path/'new'))
    assert (tmp_path/'new/model.safetensors').exists()

# --- mnist_check

HOMEWORK = 'def mse(p, t): return ((p-t)**2).mean()\ndef relu(x): return x.abs()\n'

def test_check(run, tmp_path):
    "What is right, what is not, a hint, a clearer one, the answer; and the status"
    Path('a.py').write_text(HOMEWORK)
    status,out,err = run('mnist_check', 'a.py', '--only', 'mse', 'relu', '--json', 'a.json')
    assert status==1 and not err and out.startswith(
        'mse: right\nrelu: not right yet\n') and '1 of 2 right, 1 not right yet; for clearer hints: --more' in out and 'def relu' not in out
    assert max(map(len, out.splitlines()))<=80
    assert json.loads(Path('a.json').read_text(encoding='utf-8'))['a.py']['tasks']['relu']['mistake']=='absolute value'
    status,more,_ = run('mnist_check', 'a.py', '--only', 'relu', '--more', '--answer')
    assert status==1 and 'relu: not right yet (absolute value)' in more and 'def relu' in more and more.split('hint')[1].split(
        '\n')[0] not in out
    assert run('mnist_check', 'a.py', '--only', 'mse')[0]==0
    status,out,_ = run('mnist_check', '--list')
    assert status==0 and 'relu(x)\n' in out and 'train_epoch(model, dl, opt, loss_func)\n' in out

def test_check_says_what_helps(run):
    "How to see the answer here; a name that is nearly right; an error in the file, and nothing more; no defaults that the task lacks"
    Path('mine.py').write_text('import torch\ndef rmse(p, t): return p.sum()*17\ndef Relu(x): return torch.relu(x)\nrelus = torch.relu')
    status,out,_ = run('mnist_check', 'mine.py', '--more')
    assert (status==1 and '`--only rmse --answer`' in out and 'check(' not in out
            and 'There is `Relu`. Is that meant? Call it `relu`.' in out and out.count('nothing to check yet')==1)
    Path('bad.py').write_text('def relu(x) return x')
    for args in [],['--only','relu','mse']:
        status,out,err = run('mnist_check', 'bad.py', *args)
        assert status==1 and out.startswith('bad.py: SyntaxError') and out.count('\n')==1 and not err
    assert {'simple_net(n_in, n_hidden, n_out)','init_params(size, std=1.0)'}<={*run('mnist_check', '--list')[1].splitlines()}

def test_check_of_a_folder(run):
    Path('class').mkdir()
    for k,v in dict(ann=HOMEWORK, ben='import os; os._exit(1)').items(): Path(f'class/{k}.py').write_text(v)
    status,out,_ = run('mnist_check', 'class', '--only', 'mse', 'relu', '--json', 'out.json')
    assert status==0 and re.search(r'^ann.py +1  \+x$', out, re.M) and re.search(r'^ben.py +0  \.\.$', out, re.M) and 'exit status 1' in out
    assert set(json.loads(Path('out.json').read_text(encoding='utf-8')))=={'ann.py','ben.py'}

@pytest.mark.parametrize('args,says', [((), 'which file'), (('none.py',), 'there is no file none.py'),
                                       (('/dev/null',), '/dev/null is not a regular file; give'),
                                       (('.',), 'is not a folder with Python files'), (('a.txt',), 'is not a Python file or a notebook'),
    (('a.py','--only','rellu'), 'did you mean relu'), (('a.py','--answer'), '--answer is for the tasks of --only'),
    (('a.py','--seconds','0'), '--seconds is 0'), (('a.py','--memory','nan'), '--memory is nan'),
    (('a.py','--memory','1e300'), '--memory is 1e+300; it should be a positive number, and at most 1e+30'),
    (('empty.py',), 'defines none of the tasks'), (('a.py','--json','..'), 'it is a folder')])
def test_check_says_no_in_one_line(run, args, says):
    for k in 'a.txt','empty.py': Path(k).write_text('')
    if '.' in args: [Path(k).unlink() for k in ('a.txt','empty.py')]
    status,_,err = run('mnist_check', *args)
    assert status==1 and err.startswith('mnist_check: ') and says in err and err.count('\n')==1

@pytest.mark.slow
def test_check_stops_at_once(script, tmp_path):
    "Ctrl-C ends the check of a folder, and the processes that are under way"
    for i in range(4): (tmp_path/f'{i}.py').write_text(f'import time\nopen({str(tmp_path/"begun")!r}, "w")\ntime.sleep(300)')
    p = start(script('mnist_check'), tmp_path, '--seconds', '200')
    while not (tmp_path/'begun').exists(): time.sleep(.1)
    p.send_signal(signal.SIGINT)
    assert p.wait(60)==130 and p.stderr.read()=='mnist_check: interrupted\n'

# --- what is written is not what is read

def linked(kind, at, to):
    "Another name for the file `to`"
    if kind=='same': return to
    if kind=='spelled': return to.parent/'..'/to.parent.name/to.name
    if kind=='link': at.symlink_to(to)
    elif kind=='hard link': os.link(to, at)
    return at

KINDS = ['same','spelled','link','hard link']
@pytest.fixture
def unchanged(tmp_path):
    "All that is in the folder is there afterwards, and nothing else"
    def look(): return {str(o):o.is_file() and o.read_bytes() for o in sorted(tmp_path.rglob('*'))}
    state = []
    yield lambda: state.append(look())
    assert look()==state[-1]

@pytest.mark.parametrize('kind', KINDS)
def test_check_spares_the_hand_in(run, tmp_path, kind, unchanged):
    (tmp_path/'class').mkdir()
    f = tmp_path/'class/a.py'
    f.write_text('def sigmoid(x): return 1/(1+(-x).exp())\n')
    out = linked(kind, tmp_path/'other.json', f); unchanged()
    for path in f,tmp_path/'class':
        status,o,err = run('mnist_check', path, '--json', out)
        assert status==1 and not o and 'would be lost; choose another --json' in one_line(err, 'mnist_check')

@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('what', ['model.safetensors','model.json','a.csv'])
def test_predict_spares_model_and_table(run, model, tmp_path, kind, what, unchanged):
    import shutil
    shutil.copytree(model, tmp_path/'m'); (tmp_path/'m/a.csv').write_text('label')
    out = linked(kind, tmp_path/'other', tmp_path/'m'/what); unchanged()
    status,o,err = run('mnist_predict', tmp_path/'m', tmp_path/'m/a.csv', '--submission', out)
    assert status==1 and not o and 'would be lost; choose another --submission' in one_line(err, 'mnist_predict')

@pytest.mark.parametrize('kind', KINDS)
def test_train_spares_its_data(run, data, tmp_path, kind, unchanged):
    """A table that has the name of an output; IDX files behind a link; a folder of images, to which a report would be added; two outputs
    that are one"""
    import shutil
    table = tmp_path/'in/history.csv'
    shutil.copytree(data, tmp_path/'idx'); table.parent.mkdir(); table.write_text('label'); (tmp_path/'run').mkdir()
    linked(kind, tmp_path/'run/history.csv', table)
    if kind in ('link','hard link'):
        for o in 'a','b': (tmp_path/o).mkdir()
        linked(kind, tmp_path/'a/model.json', tmp_path/'idx/t10k-labels-idx1-ubyte')
        (tmp_path/'b/report.png').write_text('x'); linked(kind, tmp_path/'b/model.json', tmp_path/'b/report.png')
    for o in '3','7': (tmp_path/'pngs/train'/o).mkdir(parents=True)
    unchanged()
    out = tmp_path/'run' if kind in ('link','hard link') else linked(kind, None, tmp_path/'in')
    status,o,err = run('mnist_train', '--data', table, '--out', out)
    assert status==1 and not o and 'would be lost; choose another --out' in one_line(err, 'mnist_train')
    assert 'choose another --out' in run('mnist_train', '--data', tmp_path/'pngs', '--out', tmp_path/'pngs/train/3')[2]
    if kind in ('link','hard link'):
        status,o,err = run('mnist_train', '--data', tmp_path/'idx', '--out', tmp_path/'a')
        assert status==1 and not o and 't10k-labels-idx1-ubyte' in one_line(err, 'mnist_train')
        assert 'both are written; choose another --out' in run('mnist_train', '--data', tmp_path/'idx', '--out', tmp_path/'b')[2]

def test_bench_spares_its_data(run, data, tmp_path, monkeypatch, unchanged):
    import shutil
    shutil.copytree(data, tmp_path/'idx'); monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', str(tmp_path/'idx')); unchanged()
    status,o,err = run('mnist_bench', '--out', tmp_path/'idx/train-images-idx3-ubyte')
    assert status==1 and not o and 'would be lost' in one_line(err, 'mnist_bench')

def test_what_cannot_be_written_is_told_first(run, model, tmp_path, monkeypatch):
    "Before anything is computed, and nothing is made"
    from mnist_from_scratch.tools import bench, homework
    for m,k in (bench,'run_benchmarks'),(homework,'check_file'),(cli,'load_csv'):
        monkeypatch.setattr(m, k, lambda *_: pytest.fail('computed'))
    for o in 'a.py','t.csv': (tmp_path/o).write_text('')
    (tmp_path/'loop').symlink_to('loop')
    before = sorted(os.listdir())
    for out in 'a.py/x/y.json','a.py/y.json','loop','loop/x','x'*300,'/proc/x/y':
        for args in ('mnist_bench','--only','import','--out'), ('mnist_check','a.py','--json'), ('mnist_predict',model,'t.csv',
            '--submission'):
            status,o,err = run(*args, out)
            assert status==1 and not o and 'cannot write' in one_line(err, args[0]) and sorted(os.listdir())==before

def test_cures_for_one_file_help(run, tmp_path):
    "Beside the input is well, also where a result is there already"
    f = tmp_path/'a.py'; f.write_text('def sigmoid(x): return x\n')
    for path in f,tmp_path,tmp_path:
        assert 'saved in' in run('mnist_check', path, '--json', tmp_path/'a.json', '--only', 'sigmoid')[1]
        assert [*json.loads((tmp_path/'a.json').read_text())]==['a.py']

@pytest.mark.slow
def test_answers_to_standard_output(script, model, tmp_path):
    "They, and nothing else, in a pipe or in a file; what is said goes to stderr"
    (tmp_path/'t.csv').write_text(','.join(f'pixel{i}' for i in range(784))+'\n'+','.join(['0']*300+['255']*484)+'\n')
    want = r'ImageId,Label\n1,\d\n'
    p = start(script('mnist_predict'), model, tmp_path/'t.csv', '--submission', '/dev/stdout')
    out,err = p.communicate(timeout=100)
    assert not p.returncode and re.fullmatch(want, out) and 'the answers are in /dev/stdout' in err
    with open(tmp_path/'o.csv', 'w') as f:
        assert start(script('mnist_predict'), model, tmp_path/'t.csv', '--submission', '/dev/stdout', stdout=f).wait(100)==0
    assert re.fullmatch(want, (tmp_path/'o.csv').read_text())
    with open(tmp_path/'o.csv', 'a') as f:
        for args in ([tmp_path/'t.csv', '--submission', tmp_path/'o.csv'], [tmp_path/'o.csv', '--submission', tmp_path/'s.csv']):
            p = start(script('mnist_predict'), model, *args, stdout=f)
            assert 'the output goes' in one_line(p.communicate(timeout=100)[1], 'mnist_predict') and p.returncode==1
    assert re.fullmatch(want, (tmp_path/'o.csv').read_text()) and not (tmp_path/'s.csv').exists()

def white_made_clear(a):
    im = Image.fromarray(a).convert('RGBA')
    im.putalpha(Image.fromarray((255*(a<250)).astype('uint8')))
    return im

@pytest.mark.slow
@pytest.mark.parametrize('make', [lambda a: Image.fromarray(a), lambda a: Image.fromarray(255-a),
                                  lambda a: Image.fromarray(a).convert('RGB'), white_made_clear], ids=['dark','light','RGB','clear'])
def test_predicts_what_it_was_validated_on(run, digits, tmp_path, make):
    "As many of the pictures are right as training has counted, and none of them is read in two ways"
    for part,ds in (('train',digits[0][:300]),('valid',digits[1][:60])):
        for i,(x,y) in enumerate(zip(ds.x, ds.y)):
            f = tmp_path/f'd/{part}/{y}/{i}.png'
            f.parent.mkdir(parents=True, exist_ok=True); make(255-x.numpy()).save(f)
    assert run('mnist_train', '--data', 'd', '--model', 'baseline', '--epochs', 1, '--seeds', 1)[0]==0
    right = json.loads((tmp_path/'mnist_run/model.json').read_text())['accuracy']['right']
    status,out,err = run('mnist_predict', 'mnist_run', *sorted(f.relative_to(tmp_path) for f in tmp_path.glob('d/valid/*/*.png')))
    assert status==0 and right==sum(m[1]==m[2] for m in re.finditer(r'd/valid/(\d)/\d+\.png +(\d) ', out))>40
