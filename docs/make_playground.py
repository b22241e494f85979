"""Make docs/_static/playground.png and playground.json, the digits on which a net learns on the page 'Playground'.

All of them are from MNIST's training file, drawn at random; the last 500 are held out. The test file is not touched. It needs MNIST."""
import json, platform, struct, sys, zlib
from pathlib import Path

import torch
import mnist_from_scratch
from mnist_from_scratch.base.core import MnistError
from mnist_from_scratch.base.files import replacing
from mnist_from_scratch.data.digits import load_digits

PNG = Path(__file__).parent/'_static'/'playground.png'
JSON = PNG.with_suffix('.json')
SEED,TRAIN,HELD = 42,5000,500

def png(
    rows:torch.Tensor # Greys, uint8 [N, W]
)->bytes:
    "A PNG of them, with rows as they are: of all its filters 'none' packs digits best, and the page need not undo any."
    def chunk(kind, data): return struct.pack('>I', len(data))+kind+data+struct.pack('>I', zlib.crc32(kind+data))
    n,w = rows.shape
    raw = b''.join(b'\0'+o.numpy().tobytes() for o in rows)
    return (b'\x89PNG\r\n\x1a\n'+chunk(b'IHDR', struct.pack('>IIBBBBB', w, n, 8, 0, 0, 0, 0))+chunk(b'IDAT', zlib.compress(raw, 9))
            +chunk(b'IEND', b''))

def make_playground():
    "Draw the digits, write them."
    ds = load_digits('mnist')[0]
    idx = torch.randperm(len(ds), generator=torch.Generator().manual_seed(SEED))[:TRAIN+HELD]
    about = dict(made_by='python docs/make_playground.py', data=ds.source.split(',')[0], seed=SEED,
                 recipe='the first of a random permutation; playground.png has a digit in each row, 28×28 pixels, from 0 (paper) to 255',
                 versions=dict(mnist_from_scratch=mnist_from_scratch.__version__, torch=torch.__version__,
                               python=platform.python_version()))
    labels = ''.join(map(str, ds.y[idx].flatten().tolist()))
    with replacing(PNG) as f: f.write_bytes(png(ds.x[idx].flatten(1)))
    with replacing(JSON) as f:
        text = json.dumps(dict(about=about, train=TRAIN, held=HELD, labels=labels), indent=1, ensure_ascii=False)
        f.write_text(text+'\n', encoding='utf-8')
    for o in PNG,JSON: print(f'{o.name}: {o.stat().st_size:,} bytes')

if __name__=='__main__':
    try: make_playground()
    except MnistError as e: sys.exit(f'make_playground.py: {e}')
