"""Twenty-one mistakes that readers of this story meet in print: each is shown in a chapter, by a cell that runs it.

Some have several rows. The expressions are searched for in the source of a cell and in what it put out."""
import json, re
from pathlib import Path

import pytest

nbs = Path(__file__).parent.parent/'nbs'

errata = [   # number, what, chapter, source, output
    ( 1, 'the images in the place of the labels, stopped',          '06_training_loop',    r'calc_grad\(xb, xb, model\)', r'of one shape'),
    ( 1, 'the same unchecked, and what it costs',                   '06_training_loop',    r'def on_images', r'images for labels +0\.[45]'),
    ( 2, 'activations cut at 0.5',                                  '04_losses',           r'\(acts>0\.5\)==yes', r'tensor\(0\.6667\)'),
    ( 3, 'a mean squared error with a root',                        '03_gradient_descent', r'\(rmse,1e-5\)', r'160\.70 to 160\.42'),
    ( 4, 'the mean of the batches\' accuracies',                    '06_training_loop',    r'by_item, by_batch$', r'2038, 246'),
    ( 5, 'a loader that does not shuffle',                          '06_training_loop',    r"'unshuffled',train_dl",
     r'unshuffled first epoch'),
    ( 6, 'a second layer that takes the input again',               '11_neural_net',       r'linear1\(xb, w2, b2\)',
     r'cannot be multiplied'),
    ( 7, 'a validation loader made from the training set',          '12_softmax',          r'to_dset\(ds\), bs=1024\)\)\s+# the mistake',
     r'shown, .* true'),
    ( 8, 'fine-tuning what was not trained',                        '12_softmax',          r'slipped\.freeze\(\)',
     r'\(1, \[True, True, True, True\]\)'),
    ( 9, 'a name that does not exist',                              '01_pixels',           r'troch', r'not defined'),
    ( 9, 'one entry for the first three',                           '01_pixels',           r's\[2\]\.shape, s\[:2\]\.shape',
     r'\[28, 28\].*\[2, 28, 28\]'),
    ( 9, 'a bias that is never stepped',                            '06_training_loop',    r'no_bias = ', r'bias never stepped'),
    (10, 'a function written with an equal sign',                   '06_training_loop',    r'def pr_eight\(x, w\) = ', r'SyntaxError'),
    (11, 'a matrix product that comes out flat',                    '06_training_loop',    r'flat_mul\(m, m\)',
     r'7\.0, 10\.0, 15\.0, 22\.0'),
    (11, 'a time without its device',                               '06_training_loop',    r'on \{w\.device\}.*\n.*three_ways\(mat_mul',
     r'on cpu'),
    (12, 'a comprehension that cannot be read, and doubles evens',  '01_pixels',           r'if n%2==0', r'\[2, 6, 10\], \[4, 8, 12\]'),
    (12, 'the same, which cannot be parsed',                        '01_pixels',           r'\[if n%2==1', r'SyntaxError'),
    (13, 'no labels to validate with',                              'data/04_table',            r"test\.csv'\)\.split\(\)",
     r'no labels.*\n*.*40 digits'),
    (14, 'a parameter changed in place',                            '06_training_loop',    r'weights\[400\] \*= 1\.0001', r'leaf'),
    (14, 'a weight that cannot matter',                             '06_training_loop',    r'for i in 0,400', r'\(0, 0\): .* loss by 0'),
    (15, 'an original that is trained along',                       '06_training_loop',    r'w\.detach\(\)\.clone\(\)\n.*w \+= 1',
     r'\(True, False\)'),
    (16, 'weights of 1 in two layers',                              '11_neural_net',       r'run\(s, \[1,1,1,1\]\)', r'0\.50'),
    (16, 'from layer to layer',                                     '11_neural_net',       r'def spreads', r'after ten +\d\.\d+e\+0[6-9]'),
    (17, 'a mean called a norm',                                    '02_baseline',         r'vector_norm\(d, 1\)', r'L1 norm \d\d'),
    (18, 'a score called a probability',                            '06_training_loop',    r'scores\.min\(\)<0', r'tensor\(-'),
    (19, 'approximation beyond its region',                         '11_neural_net',       r'fit_relus\(torch\.sin, 10, to=9\)',
     r'between -9 and 9'),
    (19, 'Newton and the descent',                                  '03_gradient_descent', r'def newton', r'Newton steps to'),
    (20, 'arrays that are jagged',                                  '01_pixels',           r'dtype=object', r'ValueError'),
    (21, 'figures called about the same',                           '11_neural_net',       r'\.9511,\.9696,\.9785',
     r'0\.9595\],\s+0\.9696 \[0\.9612'),
]

def text(cell):
    "What `cell` put out"
    outs = [o.get('text') or o.get('data',{}).get('text/plain','') for o in cell['outputs']]
    return '\n'.join(''.join(o) for o in outs)

def shown(cells, src, out):
    "Is there among `cells` one that readers see, with `src` in its source and `out` in its output?"
    for c in cells:
        s = ''.join(c['source'])
        if c['cell_type']=='code' and not re.search(r'^#\| *hide', s, re.M) and re.search(src, s) and re.search(out, text(c)): return True

@pytest.mark.parametrize('num,what,chapter,src,out', errata, ids=[o[1] for o in errata])
def test_is_shown(num, what, chapter, src, out):
    assert shown(json.loads((nbs/f'{chapter}.ipynb').read_text(encoding='utf-8'))['cells'], src, out)

def test_there_are_21(): assert {o[0] for o in errata}==set(range(1,22))

def test_shown():
    "The check above misses what is hidden, gone or not executed."
    cell = dict(cell_type='code', source=['x = 1\n','x'], outputs=[dict(data={'text/plain':['1']})])
    assert shown([cell], 'x = 1', '1')
    for bad in ({**cell, 'source':['#| hide\n','x = 1']}, {**cell, 'source':['y = 1']}, {**cell, 'outputs':[]},
                {**cell, 'cell_type':'markdown'}):
        assert not shown([bad], 'x = 1', '1')

def test_page():
    "The page that lists them has each by its number, with links to the chapters that show it"
    rows = dict(re.findall(r'^\| (\d+) \|(.*)$', (nbs.parent/'docs/errata.md').read_text(encoding='utf-8'), re.M))
    assert [*map(int, rows)]==[*range(1,22)]
    for num,_,chapter,*_ in errata: assert f'](../nbs/{chapter}.ipynb)' in rows[str(num)], (num, chapter)
