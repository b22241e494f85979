"""Make docs/_static/playground.bin and playground.json, the digits on which a net learns on the page 'Playground'.

All of them are from MNIST's training file, drawn at random; the last 500 are held out. The test file is not touched. It needs MNIST."""
import gzip, json, platform, sys
from pathlib import Path

import torch
import mnist_from_scratch
from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.base.files import replacing
from mnist_from_scratch.data.digits import load_digits

DIGITS = Path(__file__).parent/'_static'/'playground.bin'
JSON = DIGITS.with_suffix('.json')
SEED,TRAIN,HELD = 42,5000,500

def make_playground():
    "Draw the digits, write them."
    ds = load_digits('mnist')[0]
    idx = torch.randperm(len(ds), generator=torch.Generator().manual_seed(SEED))[:TRAIN+HELD]
    about = dict(made_by='python docs/make_playground.py', data=ds.source.split(',')[0], seed=SEED,
                 recipe='the first of a random permutation; playground.bin has 784 bytes for each digit, from 0 (paper) to 255, '
                 'packed by gzip',
                 versions=dict(mnist_from_scratch=mnist_from_scratch.__version__, torch=torch.__version__,
                               python=platform.python_version()))
    labels = ''.join(map(str, ds.y[idx].flatten().tolist()))
    with replacing(DIGITS) as f: f.write_bytes(gzip.compress(ds.x[idx].numpy().tobytes(), mtime=0))
    with replacing(JSON) as f:
        text = json.dumps(dict(about=about, train=TRAIN, held=HELD, labels=labels), indent=1, ensure_ascii=False)
        f.write_text(text+'\n', encoding='utf-8')
    for o in DIGITS,JSON: print(f'{o.name}: {o.stat().st_size:,} bytes')

if __name__=='__main__':
    try: make_playground()
    except MnistError as e: sys.exit(f'make_playground.py: {e}')
