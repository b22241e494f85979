"How docs/execute.py compares stored outputs with new ones: what must count as a difference, and what must not."
import importlib.util, sys
from pathlib import Path

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook, new_output

spec = importlib.util.spec_from_file_location('execute', Path(__file__).parent.parent/'docs'/'execute.py')
ex = importlib.util.module_from_spec(spec)
spec.loader.exec_module(ex)

def stream(s): return new_output('stream', text=s)
def shown(**data): return new_output('display_data', data={k.replace('_','/'):v for k,v in data.items()})
def text(*outs): return ex.text(new_code_cell('', outputs=list(outs)))

@pytest.mark.parametrize('a,b,tol', [
    ('0.9123 of 10', '0.9124 of 10', 1e-3),             # absolute, below 1
    ('1000', '1001', 2e-3),                             # relative, above 1
    ('12,396 images', '12396 images', 1e-4),            # thousands
    ('tensor([ 7., 10.])', 'tensor([ 9.8, 10.1])', .5), # spaces depend on how wide the numbers are
    ('[ 0.01]', '[-0.01]', .05),
    ('1e-09', '2e-09', 1e-4),
    ('nan inf -inf', 'nan inf -inf', 1e-4),
    ('a  b\n c', 'a b c', 0),
])
def test_the_same(a, b, tol): assert not ex.differs(a, b, tol) and not ex.differs(b, a, tol)

@pytest.mark.parametrize('a,b,tol', [
    ('0.9123', '0.9124', 1e-5),
    ('1000', '1001', 1e-4),
    ('6,131 threes', '6,132 threes', 1e-4),
    ('1', '-1', .5),
    ('5 right', '5 wrong', .5),                         # words are never alike
    ('MNIST', 'MNIST, 3', .5),                          # one number more
    ('[1, 2]', '[1, 2, 3]', .5),
    ('True', 'False', .5),
    ('0.5', 'nan', .5), ('nan', 'inf', .5), ('1.0', 'inf', .5),
    ('conv1', 'conv2', .5),                             # a digit in a name is part of the name
    ('torch.float32', 'torch.float64', .5),
    ('', '0.5', .5), ('[12', '[1 2', .5),
])
def test_different(a, b, tol): assert ex.differs(a, b, tol) and ex.differs(b, a, tol)

def test_says_what_differs():
    assert ex.differs('loss 0.25', 'loss 0.5', .01)=='0.25 and 0.5'
    assert 'seven' in ex.differs('a seven', 'a three', .01)

@pytest.mark.parametrize('src,tol', [
    ('x', 1e-4), ('#| tolerance 0.02\nx', .02), ('#| tolerance: 0.02\nx', .02), ('#|tolerance 0.5\nx', .5), ('#| tolerance any\nx', None),
    ('#| hide\n#| tolerance 1\nx', 1.), ('x # tolerance 0.02', 1e-4), ("s = '#| tolerance any'", 1e-4)])
def test_tolerance(src, tol): assert ex.tolerance(new_code_cell(src))==tol

def test_text_of_results():
    "Streams and plain texts are read; a table is read once, as the text that stands beside its HTML."
    assert text(stream('a\n'), shown(text_plain='b'))=='a\n\nb'
    assert text(shown(text_plain='x 0.5', text_html='<td>0.5</td>'))=='x 0.5'
    assert text()==''

def test_text_of_a_table_without_one():
    "A table of training is HTML only; its bar and its time are left out, its losses are not."
    def table(loss, t):
        return text(shown(text_plain='<IPython.core.display.HTML object>',
                          text_html=f'<progress value=1></progress><td>{loss}</td><td>{t}</td>'))
    assert not ex.differs(table(.25, '00:01'), table(.25, '00:17'), 1e-4)
    assert ex.differs(table(.25, '00:01'), table(.5, '00:01'), 1e-4)

def test_text_of_a_figure_that_moves():
    "Its picture is not compared, its values are"
    def fig(**args):
        return new_output('display_data', data={'image/png':'a','text/html':'b'}, metadata=dict(moving=dict(name='c', args=args)))
    assert not ex.differs(text(fig(lr=.1)), text(fig(lr=.10001)), 1e-4) and ex.differs(text(fig(lr=.1)), text(fig(lr=.2)), 1e-4)
    assert ex.differs(text(fig(lr=.1)), text(fig(wd=.1)), 1e-4) and ex.differs(text(fig()), text(shown(image_png='a')), 1e-4)

@pytest.mark.slow
def test_a_figure_that_moves_is_stored_as_a_picture(tmp_path):
    "What is stored has no script"
    imports = 'import matplotlib.pyplot as plt\nfrom mnist_from_scratch.base.moving import MovingFigure\n'
    write(new_notebook(cells=[new_code_cell(imports+"MovingFigure('descent', plt.figure(), lr=.1)")]), tmp_path/'a.ipynb')
    nb,wrong = ex.run(tmp_path/'a.ipynb')
    out, = nb.cells[0].outputs
    assert not wrong and {*out['data']}=={'image/png','text/plain'} and out['metadata']['moving']==dict(name='descent', args=dict(lr=.1))

def test_text_leaves_out_what_is_never_the_same():
    assert text(shown(text_plain='<Figure 1>', image_png='iVBO'), stream('a'))=='a'
    assert text(shown(text_plain='<Styler at 0x7f01>'))==text(shown(text_plain='<Styler at 0x7e99>'))==text(shown(text_plain='<Styler>'))
    assert text(stream('at 12:34:56'))==text(stream('at 01:02:03'))
    assert text(stream('x=12'))!=text(stream('x=13'))

def test_tolerances_of_the_book_are_readable():
    "Every such line in a notebook stands where it is found, before any code, and says `any` or a number."
    from nbformat import read
    n = 0
    for p in (Path(__file__).parent.parent/'nbs').rglob('*.ipynb'):
        for c in read(p, 4).cells:
            if c.cell_type!='code' or '| tolerance' not in c.source: continue
            n += 1
            head = [l for l in c.source.splitlines() if l.startswith('#|')]
            assert c.source.splitlines()[:len(head)]==head and any('| tolerance' in l for l in head), (p.name, c.source)
            assert ex.tolerance(c) is None or 0 < ex.tolerance(c) <= 1, (p.name, c.source)
    assert n>20

# --- what must not be stored

def err(s): return new_output('stream', name='stderr', text=s)

@pytest.mark.parametrize('out,says', [
    (new_output('error', ename='ValueError', evalue='no\nmore'), 'raises ValueError: no'),
    (err("MNIST cannot be downloaded; using scikit-learn's 1,797 bundled digits."), 'in place of MNIST'),
    (err('/x/y.py:3: UserWarning: no'), '/x/y.py'), (err('UserWarning: no'), 'a warning: UserWarning: no'),
    (shown(text_plain='<IPython.core.display.HTML object>', text_html='<progress value=1 max=3></progress> 33%'), 'a progress bar'),
    (stream(' |█████-----| 50.00% [5/10]'), 'a progress bar'), (stream('10%|#    | 1/10'), 'a progress bar'),
    (stream(f'saved in {sys.prefix}/x'), sys.prefix), (shown(text_plain=f"Path('{Path(__file__).parent}')"), 'folder of this machine'),
    (stream(f'{Path.home()}: here' if len(str(Path.home()))>4 else '/a/b'), 'folder of this machine'),
])
def test_trouble(out, says): assert says in ex.trouble(out)

@pytest.mark.parametrize('out', [stream('a 0.5, train/3/1.png, 50% of it, and/or'), shown(text_plain='<Figure>', image_png='/a/b/c/'),
    shown(text_plain='<IPython.core.display.HTML object>',
          text_html='<progress></progress><table class="fastprogress"><th>train_loss</th></table>')])
def test_no_trouble(out): assert not ex.trouble(out)

@pytest.mark.parametrize('data,out,says', [('digits', 'ten digits', ''), ('digits', '/x/y/digits', '/x/y'),
                                           ('../mnist', 'read ../mnist', 'names a folder'), ('', 'a', '')])
def test_trouble_with_the_folder_of_data(monkeypatch, data, out, says):
    "`digits` in the variable is a choice and not a folder"
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', data)
    t = ex.trouble(stream(out))
    assert says in t and bool(says)==bool(t)

def test_the_book_is_without_trouble():
    from nbformat import read
    outs = [(p.name, o) for p in (Path(__file__).parent.parent/'nbs').rglob('*.ipynb') for c in read(p, 4).cells
            for o in c.get('outputs', [])]
    assert len(outs)>400 and not [(n, t) for n,o in outs if (t := ex.trouble(o))]

@pytest.mark.slow
def test_nothing_is_run_without_mnist(monkeypatch, tmp_path):
    "Neither with the bundled digits nor with a folder of others"
    monkeypatch.setattr(ex, 'run', lambda path: pytest.fail('it was run'))
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', 'digits')
    for check in False,True:
        with pytest.raises(SystemExit, match='must come from MNIST.*scikit-learn.*name the folder that holds MNIST in '
                           'MNIST_FROM_SCRATCH_DATA'):
            ex.execute(['02_baseline'], check)
    monkeypatch.setenv('MNIST_FROM_SCRATCH_DATA', str(tmp_path/'none'))
    with pytest.raises(SystemExit, match='there is no file or folder'): ex.execute(['02_baseline'])

def test_with_mnist_it_is(mnist): ex.check_mnist()

def test_all_or_none_is_stored(monkeypatch, capsys, tmp_path):
    "One bad output, in the last of them, and no notebook is written; without it all are"
    from nbdev import config
    for k in 'ab': write(new_notebook(cells=[new_code_cell('1')]), tmp_path/f'{k}.ipynb')
    monkeypatch.setattr(config, 'get_config', lambda: type('', (), dict(nbs_path=tmp_path)))
    monkeypatch.setattr(ex, 'check_mnist', lambda: None)
    before,new = {o:o.read_bytes() for o in tmp_path.iterdir()},new_notebook(cells=[new_code_cell('2')])
    monkeypatch.setattr(ex, 'run', lambda path: (new, ['b.ipynb, cell 0: no']*(path.name=='b.ipynb')))
    with pytest.raises(SystemExit, match='nothing is stored'): ex.execute([])
    assert capsys.readouterr().out=='b.ipynb, cell 0: no\n' and {o:o.read_bytes() for o in tmp_path.iterdir()}==before
    monkeypatch.setattr(ex, 'run', lambda path: (new, []))
    ex.execute([])
    assert not {o.read_bytes() for o in tmp_path.iterdir()} & {*before.values()} and len([*tmp_path.iterdir()])==2

def test_check_compares_and_writes_nothing(monkeypatch, capsys, tmp_path):
    "A stored output that differs is named, and the program fails; one within its tolerance is not, nor one for which there is none"
    from nbdev import config
    def nb(*outs): return new_notebook(cells=[new_code_cell(s, outputs=[stream(o)]) for s,o in zip(('a', '#| tolerance any\nb'), outs)])
    write(nb('0.5', '1'), tmp_path/'a.ipynb')
    monkeypatch.setattr(config, 'get_config', lambda: type('', (), dict(nbs_path=tmp_path)))
    monkeypatch.setattr(ex, 'check_mnist', lambda: None)
    before = (tmp_path/'a.ipynb').read_bytes()
    monkeypatch.setattr(ex, 'run', lambda path: (nb('0.50001', '9'), []))
    ex.execute([], check=True)
    assert capsys.readouterr().out==''
    monkeypatch.setattr(ex, 'run', lambda path: (nb('0.6', '1'), []))
    with pytest.raises(SystemExit, match='1 outputs are not what'): ex.execute([], check=True)
    assert capsys.readouterr().out=="a.ipynb, cell 0 ('a'): stored and new differ: 0.5 and 0.6\n" and (tmp_path
        /'a.ipynb').read_bytes()==before

def test_an_error_in_a_notebook_is_told_in_a_line(tmp_path):
    write(new_notebook(cells=[new_code_cell('print(1)'), new_code_cell('1/0'), new_code_cell('print(2)')]), tmp_path/'a.ipynb')
    nb,wrong = ex.run(tmp_path/'a.ipynb')
    assert wrong and wrong[-1]=='a.ipynb, cell 1: it raises ZeroDivisionError: division by zero' and not [o for o in wrong if '\n' in o]
