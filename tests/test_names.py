"""Every name of the story that this book tells again is taught: a cell of a chapter, which the reader sees, uses or defines it, and this
cell or the next shows a result."""
import ast, json, re
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

nbs = Path(__file__).parent.parent/'nbs'

# One line for each step of the story, in its order. With a dot: an attribute, or a method, of something that is called so.
steps = [o.split() for o in '''untar_data URLs.MNIST_SAMPLE .ls Path.BASE_PATH L Image.open
    array tensor show_image pd .style .background_gradient
    torch.stack .float .ndim .shape type
    mnist_distance is_3 is_one F.l1_loss F.mse_loss
    plot_function f .requires_grad_ .backward .grad
    gv
    mse show_preds apply_step
    pr_eight prob_1 init_params weights bias linear1 mat_mul
    mnist_loss sigmoid torch.where
    DataLoader DataLoaders dset first string dls.one_batch
    calc_grad train_epoch batch_accuracy validate_epoch train_model
    BasicOptim .step .zero_grad SGD
    Learner .fit .fit_one_cycle .fine_tune .get_preds .recorder.values
    simple_net w1 b1 w2 b2 F.relu nn.ReLU
    .itemgot
    .parameters .view
    mnist_net softmax nn.CrossEntropyLoss accuracy
    ImageDataLoaders.from_folder cnn_learner resnet18'''.split('\n')]
names = sorted({n for o in steps for n in o})

def said(node):
    "`a.b.c` for such a chain, with nothing before the first dot where it begins with something else"
    if isinstance(node, ast.Attribute): return said(node.value)+'.'+node.attr
    return node.id if isinstance(node, ast.Name) else ''

def used(src):
    "The names that `src` uses or defines; of a chain `a.b.c` also `a`, `a.b`, `.b`, `.b.c` and `.c`"
    res = set()
    for o in ast.walk(ast.parse(TransformerManager().transform_cell(src))):
        if isinstance(o, (ast.FunctionDef,ast.ClassDef)): res.add(o.name)
        if not isinstance(o, (ast.Attribute,ast.Name)): continue
        ps = said(o).split('.')
        res |= {'.'.join(ps[i:j]) if i==0 else '.'+'.'.join(ps[i:j]) for i in range(len(ps)) for j in range(i+1, len(ps)+1)}
    return res

def taught(cells):
    "The names in cells that are seen, and that show a result or are followed by one that does"
    cs = [(s,c['outputs']) for c in cells if c['cell_type']=='code' and not re.search(r'^#\| *hide', s := ''.join(c['source']), re.M)]
    return {n for (s,out),(_,out1) in zip(cs, cs[1:]+[('',[])]) if out or out1 for n in used(s)}

chapters = {o.stem:taught(json.loads(o.read_text(encoding='utf-8'))['cells']) for o in sorted(nbs.rglob('[0-9]*.ipynb'))}

@pytest.mark.parametrize('name', names)
def test_is_taught(name): assert [k for k,o in chapters.items() if name in o]

def test_taught():
    "The check above misses what is hidden, leads to no result, or stands in a text or a comment."
    def cell(s, outputs=('3',)): return dict(cell_type='code', source=[s], outputs=[*outputs])
    assert {'learn','.fit','.recorder.values','learn.recorder.values',
            '.values'} <= taught([cell('learn.fit(1)\nlearn.recorder.values[-1]')])
    assert '.ls' in taught([cell("(path/'train').ls()")]) and 'f' in taught([cell('def f(x): return x')])
    assert 'f' in taught([cell('def f(x): return x', []), cell('#| hide\n1', []), cell('f(3)')])
    assert not taught([cell('x', []), cell('#| hide\nx'), cell('1', []), cell('# x'),
                       dict(cell_type='markdown', source=['x'])]) and 'x' not in taught([cell("'x'")])
