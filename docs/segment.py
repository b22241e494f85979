"""Train the U-Net of the chapter on segmentation on scenes made of MNIST's training set, measure it on scenes made of its test set, and
write the results to `nbs/segment.json`.

Less than five minutes of training on two cores, with OMP_NUM_THREADS=2 and nothing else running. For choices: `--held-out` measures on
the scenes held out from training only, and writes nothing. `--skips` compares a small U-Net with one that has no skip connections, and
writes `nbs/skips.json`: nothing is timed, so it may run beside other programs, for some twenty minutes of one core."""
import argparse, json, sys, tempfile
from pathlib import Path
from time import perf_counter

import torch
from mnist_from_scratch.tools.bench import keep_memory, machine
from mnist_from_scratch.base.core import MnistError, set_seed
from mnist_from_scratch.base.files import replacing
from mnist_from_scratch.data.digits import load_digits
from mnist_from_scratch.engine import inference # gives Learner its get_preds
from mnist_from_scratch.learner import Callback
from mnist_from_scratch.data.masks import mask_file, write_scenes
from mnist_from_scratch.segment import SegmentationDataLoaders, UNet, iou, mean_precision, unet_learner
from mnist_from_scratch.speed import fit_linear

def measures(acts, targs):
    "IoU, precision and recall of all pixels together, the mean of the scenes' IoU, and the contest's mean precision"
    pred,targ = acts>0,targs>0
    both = (pred&targ).sum()
    res = dict(iou=iou(pred[None], targ[None]), precision=both/pred.sum().clamp(min=1), recall=both/targ.sum(),
               scene_iou=iou(pred, targ).mean(), mean_precision=mean_precision(acts, targs))
    return {k:round(o.item(), 4) for k,o in res.items()}

def pixels(dl): x,y = zip(*dl); return torch.cat([o[:,:1]*255 for o in x]),torch.cat(y)

def compare_skips(train, test, out, held=10000, n=1000, epochs=16, lrs=(.02,.05,.1), seeds=3):
    """A small U-Net, and one without skip connections that is a little wider, so that it has no fewer parameters.

    For each the rate is chosen on scenes of the last `held` training digits, with one run for each; with that rate there are more seeds,
    and runs that are cut short. Nothing is chosen by the scenes of test digits."""
    nets = {'U-Net':dict(nf=(8,16,32,64)), 'no skips':dict(nf=(9,18,34,67), skips=False)}
    rows = []
    with tempfile.TemporaryDirectory() as d:
        sets = {k:write_scenes(Path(d)/k, ds, m, seed=i)/'images'
                for i, (k,ds,m) in enumerate((('train',train[:-held],n), ('valid',train[-held:],500), ('test',test,500)))}
        dls = SegmentationDataLoaders.from_label_func(d, sorted(sets['train'].iterdir()), mask_file, valid_pct=.1, seed=0, bs=32)
        dl = {k:dls.test_dl(sorted(sets[k].iterdir()), with_labels=True) for k in ('valid','test')}
        def run(name, lr, seed, epochs):
            set_seed(seed)
            model = UNet(**nets[name])
            learn = unet_learner(dls, lr=lr, model=model)
            with learn.no_bar(), learn.no_logging(): fit_linear(learn, epochs)
            with learn.no_bar():
                res = {k:measures(*learn.get_preds(dl=o, act=torch.Tensor.float)) for k,o in dl.items()}
            rows.append(dict(model=name, parameters=sum(p.numel() for p in model.parameters()), epochs=epochs, lr=lr, seed=seed,
                             valid_iou=res['valid']['iou'], **res['test']))
            print(rows[-1], flush=True)
            return res['valid']['iou']
        for name in nets:
            lr = max(lrs, key=lambda lr: run(name, lr, 0, epochs))
            for seed in range(1, seeds): run(name, lr, seed, epochs)
            for seed in range(seeds): run(name, lr, seed, epochs//4)
    with replacing(out) as f: f.write_text(json.dumps(dict(scenes=n, lrs=lrs, rows=rows), indent=1)+'\n')

def main():
    p = argparse.ArgumentParser(description=' '.join(__doc__.split('\n\n')[0].split()))
    p.add_argument('--scenes', type=int, default=28000)
    p.add_argument('--epochs', type=int, default=3)
    p.add_argument('--nf', type=int, nargs='+', default=[16,32,64,128], help='channels at each size')
    p.add_argument('--lr', type=float, default=.05)
    p.add_argument('--bs', type=int, default=32)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--held-out', action='store_true', help='measure on held-out scenes of training digits only, write nothing')
    p.add_argument('--out', type=Path, default=Path(__file__).parent.parent/'nbs/segment.json')
    p.add_argument('--skips', action='store_true', help='compare with a net without skip connections, and write nbs/skips.json')
    args = p.parse_args()
    keep_memory()
    train,test = load_digits('mnist')
    if args.skips: return compare_skips(train, test, args.out.with_name('skips.json'))
    with tempfile.TemporaryDirectory() as d:
        path = write_scenes(Path(d)/'train', train, args.scenes, seed=args.seed)
        dls = SegmentationDataLoaders.from_label_func(d, sorted((path/'images').iterdir()), mask_file, valid_pct=.1, seed=args.seed,
                                                      bs=args.bs)
        sets = dict(valid=dls.valid)
        if not args.held_out:
            path = write_scenes(Path(d)/'test', test, 1000, seed=args.seed+1)
            sets['test'] = dls.test_dl(sorted((path/'images').iterdir()), with_labels=True)
        set_seed(args.seed)
        learn = unet_learner(dls, args.nf, args.lr)
        start = perf_counter()
        with learn.no_bar():
            fit_linear(learn, args.epochs, cbs=[Callback(after_epoch=lambda o: print(o.epoch, *o.recorder.values[-1:], flush=True))])
        minutes = (perf_counter()-start)/60
        x,y = pixels(dls.train.new(shuffle=False, drop_last=False))
        t = max(range(60, 256, 5), key=lambda t: iou((x>t)[None], (y>0)[None]).item())
        rows = [dict(scenes=k, n=len(dl.dataset), model=name, **measures(*o)) for k,dl in sets.items()
                for name,o in (('U-Net',learn.get_preds(dl=dl, act=torch.Tensor.float)),
                               (f'brighter than {t}',(lambda x,y: (x-t,y))(*pixels(dl))))]
    res = machine()|dict(minutes=round(minutes, 2), **{k:getattr(args, k) for k in ('scenes','epochs','nf','lr','bs','seed')}, rows=rows)
    print(json.dumps(res, indent=1))
    if args.held_out: return
    with replacing(args.out) as f: f.write_text(json.dumps(res, indent=1)+'\n')

if __name__=='__main__':
    try: main()
    except MnistError as e: sys.exit(f'segment.py: {e}')
