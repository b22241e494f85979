"Print how long imports take, each in a new interpreter, as a multiple of `import torch`: `python tests/import_time.py`."
import sys, subprocess, time
from importlib.util import find_spec
from statistics import median

mods = ['torch', *(f'mnist_from_scratch.{o}' for o in ('losses','learner','all'))]
if find_spec('fastai'): mods.append('fastai.vision.all')

def secs(mod):
    start = time.perf_counter()
    subprocess.run([sys.executable, '-c', f'import {mod}'], check=True, capture_output=True)
    return time.perf_counter()-start

for m in mods: secs(m) # the first time, files come from the disk
rounds = [[secs(m) for m in mods] for _ in range(3)] # interleaved, so that a busy moment hits all of them
torch,*_ = times = [median(o) for o in zip(*rounds)]
for m,t in zip(mods, times): print(f'{m:28} {t:6.2f} s {t/torch:6.2f} × torch')
