"""Run notebooks from top to bottom, each in a new process, and store their outputs; or, with `--check`, compare.

Outputs in this repository come from MNIST, so name its folder in `MNIST_FROM_SCRATCH_DATA`, if it is not in the cache. Without it
nothing is run. All notebooks are stored or none: not if one raises an error, warns, leaves a progress bar, or names a folder of this
machine."""
import argparse, json, math, os, re, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat

num = r'(?<![\w.])-?(?:\d[\d,]*\.?\d*(?:e[+-]?\d+)?|\.\d+)(?![\w])|\bnan\b|\binf\b'

def text(cell):
    """What `cell` put out, as text: no pictures, but the values of those that move; no HTML where there is a plain text too, no times of
    day and no addresses"""
    moving = [json.dumps(o['metadata']['moving'], sort_keys=True) for o in cell.get('outputs',[]) if 'moving' in o.get('metadata',{})]
    outs = [o.get('text') or o.get('data',{}).get('text/plain','') if 'text/html' not in o.get('data',{})
            or not o['data']['text/plain'].startswith('<IPython') else o['data']['text/html']
            for o in cell.get('outputs',[]) if 'image/png' not in o.get('data',{})]
    return re.sub(r'\b\d\d:\d\d(:\d\d)?\b|<progress[^>]*>|[ \t]+', ' ', re.sub('( at)? 0x[0-9a-f]+', '', '\n'.join(outs+moving))).strip()

def differs(
    a:str, # Text
    b:str, # Text
    tol:float # How far numbers may be apart, relative to the larger one or absolute, whichever allows more
)->str: # What differs, in a few words; empty if nothing
    "Compare two outputs: words must be equal, numbers about equal."
    # numbers of other widths bring other spaces
    ta,tb = (re.sub(r'\s*#\s*', '#', re.sub(r'\s+', ' ', re.sub(num, '#', o))) for o in (a,b))
    if ta!=tb:
        i = next((i for i,(x,y) in enumerate(zip(ta,tb)) if x!=y), min(len(ta),len(tb)))
        return f'{ta[max(i-20,0):i+30]!r} and {tb[max(i-20,0):i+30]!r}'
    for x,y in zip(re.findall(num, a), re.findall(num, b)):
        fx,fy = (float(o.replace(',','')) for o in (x,y))
        if not (fx==fy or fx!=fx and fy!=fy or math.isfinite(fx-fy) and abs(fx-fy)<=tol*max(1,abs(fx),abs(fy))): return f'{x} and {y}'
    return ''

def tolerance(cell):
    """What a line `#| tolerance 0.02` in `cell` says, for numbers that chance has a part in; None for `any`, where time is measured.

    Without a colon nbdev takes it for one of its directives, and leaves it out of pages."""
    m = re.search(r'^#\| *tolerance:? *(\S+)', cell.source, re.M)
    return 1e-4 if not m else None if m[1]=='any' else float(m[1])

def paths(s): "Absolute paths in the text `s`"; return re.findall(r'(?<![\w.:/<~…>\\-])(?:/[\w.-]+){2,}|\b[A-Z]:\\\w+', s)

def texts(out):
    "The texts of one stored output; not its pictures."
    for v in (out.get('text'), out.get('traceback'), *(v for k,v in out.get('data',{}).items() if not k.startswith('image/'))):
        yield ''.join(v) if isinstance(v, list) else v if isinstance(v, str) else json.dumps(v or '')

def trouble(
    out # An output of a cell
)->str: # What is wrong with it, in a few words; empty if nothing
    """What must not be stored: errors, warnings, progress bars (but that of a table of training, which may have been stopped), folders of
    this machine."""
    s = '\n'.join(texts(out))
    if out['output_type']=='error': return f"it raises {out['ename']}: {(out['evalue'].splitlines() or [''])[0]}"
    if 'using scikit-learn' in s and 'bundled digits' in s: return 'it used the bundled digits in place of MNIST'
    if re.search(r'█|\d%\|', s) or '<progress' in s and 'train_loss' not in s: return 'it leaves a progress bar'
    data = os.environ.get('MNIST_FROM_SCRATCH_DATA', '')
    # 'digits' is a choice
    here = [o for o in map(str, (Path.home(), Path(__file__).resolve().parent.parent, sys.prefix, data if '/' in data else sys.prefix))
            if len(o)>4]
    if found := [*paths(s), *(o for o in here if o in s)]: return f'it names a folder of this machine, {found[0]}'
    if out.get('name')=='stderr': return f'it prints a warning: {(s.strip().splitlines() or [""])[0][:100]}'
    return ''

def run(path):
    "The notebook at `path` with new outputs, and what is wrong with them"
    from nbclient import NotebookClient
    from nbclient.exceptions import CellControlSignal, DeadKernelError
    nb,wrong = nbformat.read(path, 4),[]
    try:
        NotebookClient(nb, timeout=1200, kernel_name='python3', resources={'metadata':{'path':str(path.parent)}}, coalesce_streams=True,
                       extra_arguments=['--InlineBackend.figure_format=retina']).execute() # sharp on a phone too
    except (CellControlSignal, DeadKernelError, TimeoutError) as e: wrong = [f'{path.name}: {str(e).strip().splitlines()[-1]}']
    for o in (o for c in nb.cells for o in c.get('outputs', [])):
        if 'moving' in o.get('metadata', {}): o['data'].pop('text/html', None) # with the script; the site makes it from the metadata
    for i,c in enumerate(nb.cells): wrong += [f'{path.name}, cell {i}: {w}' for o in c.get('outputs', []) if (w := trouble(o))]
    return nb,wrong

def check_mnist():
    "Ends the program with one line unless the notebooks will find MNIST"
    from mnist_from_scratch.base.core import MnistError
    from mnist_from_scratch.data.digits import load_digits
    try: sets = load_digits()
    except MnistError as e: sys.exit(f'execute.py: {e}')
    if not all(o.is_mnist for o in sets):
        sys.exit(f'execute.py: the outputs must come from MNIST, and what there is comes from {sets[0].source}; name the folder that holds '
                 'MNIST in MNIST_FROM_SCRATCH_DATA')

def execute(
    names:list, # Notebooks, such as 04_losses; all if there are none
    check:bool=False, # Write nothing, compare with what is stored, and exit with 1 if it differs?
    n_workers:int=2 # How many at once
):
    "Run notebooks and store their outputs, or compare them with what is stored."
    from mnist_from_scratch.base.files import replacing
    from nbdev.config import get_config
    root = get_config().nbs_path
    nbs = {o.relative_to(root).with_suffix('').as_posix():o for o in sorted(root.rglob('*.ipynb')) if '.ipynb_checkpoints' not in o.parts}
    if wrong := [o for o in names if o not in nbs]: sys.exit(f"there is no notebook {wrong[0]}; choose from {', '.join(nbs)}")
    nbs = [o for k,o in nbs.items() if not names or k in names]
    check_mnist()
    import jupyter_client.launcher, warm # noqa: E401
    import matplotlib.font_manager # noqa: F401 makes its list of fonts, about which it would warn in a notebook if that took long
    os.environ['OMP_NUM_THREADS'],os.environ['PYTHONWARNINGS'] = '1','ignore:IProgress'
    # as where the environment is activated
    os.environ['PATH'] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get('PATH', '')])
    jupyter_client.launcher.Popen = warm.Popen
    warm.modules += ['IPython.core.interactiveshell','jupyter_client','tornado.ioloop']
    nbs.sort(key=lambda o: -o.stat().st_size) # long ones first, or one of them is alone at the end
    bad,done = 0,[]
    with ThreadPoolExecutor(n_workers) as ex:
        for path,(nb,wrong) in zip(nbs, ex.map(run, nbs)):
            for o in wrong: bad += 1; print(o, flush=True)
            done.append((path, nb))
            if not check or wrong: continue
            for i,(old,new) in enumerate(zip(nbformat.read(path, 4).cells, nb.cells)):
                if old.cell_type!='code' or (tol := tolerance(old)) is None: continue
                if d := differs(text(old), text(new), tol):
                    bad += 1; print(f'{path.name}, cell {i} ({old.source.strip().splitlines()[-1][:50]!r}): stored and new differ: {d}')
    if bad and check: sys.exit(f'{bad} outputs are not what the notebooks give: run `python docs/execute.py` with MNIST, then nbdev_clean')
    if bad: sys.exit('execute.py: nothing is stored; mend these cells, and run it again')
    for path,nb in done if not check else ():
        with replacing(path) as tmp: nbformat.write(nb, tmp)
        print(path.name)

if __name__=='__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('names', nargs='*', help='such as 04_losses; by default all')
    p.add_argument('--check', action='store_true', help='write nothing, compare with what is stored, and exit with 1 if it differs')
    p.add_argument('--n_workers', type=int, default=2, help='how many at once (default: 2)')
    execute(**vars(p.parse_args()))
