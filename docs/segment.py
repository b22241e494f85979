"""Train the U-Net of the chapter on segmentation on scenes made of MNIST's training set, measure it on scenes made of its test set, and write the results to `nbs/segment.json`.

Less than five minutes of training on two cores, with OMP_NUM_THREADS=2 and nothing else running. For choices: `--held-out` measures on the scenes held out from training only, and writes nothing."""
import argparse, json, tempfile
from pathlib import Path
from time import perf_counter

import torch
from mnist_from_scratch.bench import keep_memory, machine
from mnist_from_scratch.core import set_seed
from mnist_from_scratch.datasets import load_digits
from mnist_from_scratch.learner import Callback
from mnist_from_scratch.segment import SegmentationDataLoaders, iou, mask_file, mean_precision, unet_learner, write_scenes
from mnist_from_scratch.speed import fit_linear

def measures(acts, targs):
    "IoU of all pixels together, the mean of the scenes' IoU, and mean precision"
    pred,targ = acts>0,targs>0
    return dict(iou=round(iou(pred[None], targ[None]).item(), 4), scene_iou=round(iou(pred, targ).mean().item(), 4), mean_precision=round(mean_precision(acts, targs).item(), 4))

def pixels(dl): x,y = zip(*dl); return torch.cat([o[:,:1]*255 for o in x]),torch.cat(y)

def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--scenes', type=int, default=28000)
    p.add_argument('--epochs', type=int, default=3)
    p.add_argument('--nf', type=int, nargs='+', default=[16,32,64,128], help='channels at each size')
    p.add_argument('--lr', type=float, default=.05)
    p.add_argument('--bs', type=int, default=32)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--held-out', action='store_true', help='measure on held-out scenes of training digits only, write nothing')
    p.add_argument('--out', type=Path, default=Path(__file__).parent.parent/'nbs/segment.json')
    args = p.parse_args()
    keep_memory()
    train,test = load_digits('mnist')
    with tempfile.TemporaryDirectory() as d:
        path = write_scenes(Path(d)/'train', train, args.scenes, seed=args.seed)
        dls = SegmentationDataLoaders.from_label_func(d, sorted((path/'images').iterdir()), mask_file, valid_pct=.1, seed=args.seed, bs=args.bs)
        sets = dict(valid=dls.valid)
        if not args.held_out:
            path = write_scenes(Path(d)/'test', test, 1000, seed=args.seed+1)
            sets['test'] = dls.test_dl(sorted((path/'images').iterdir()), with_labels=True)
        set_seed(args.seed)
        learn = unet_learner(dls, args.nf, args.lr)
        start = perf_counter()
        with learn.no_bar(): fit_linear(learn, args.epochs, cbs=[Callback(after_epoch=lambda o: print(o.epoch, *o.recorder.values[-1:], flush=True))])
        minutes = (perf_counter()-start)/60
        x,y = pixels(dls.train.new(shuffle=False, drop_last=False))
        t = max(range(60, 256, 5), key=lambda t: iou((x>t)[None], (y>0)[None]).item())
        rows = [dict(scenes=k, n=len(dl.dataset), model=name, **measures(*o)) for k,dl in sets.items()
                for name,o in (('U-Net',learn.get_preds(dl=dl, act=torch.Tensor.float)), (f'brighter than {t}',(lambda x,y: (x-t,y))(*pixels(dl))))]
    res = machine()|dict(minutes=round(minutes, 2), **{k:getattr(args, k) for k in ('scenes','epochs','nf','lr','bs','seed')}, rows=rows)
    print(json.dumps(res, indent=1))
    if not args.held_out: args.out.write_text(json.dumps(res, indent=1)+'\n')

if __name__=='__main__': main()
