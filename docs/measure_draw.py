"""Measure the models of the page 'Draw a digit' on random drawings: how many digits each reads, how many the convnet doubts, how much
that is not a digit it calls a digit with confidence, and how often it is right when it is so and so sure.

Half of the drawings are of the forms that the models learned from, with other numbers; half are of forms held out (`HELD_OUT` and
`HELD_OUT_OTHERS` in `drawings.py`). The threshold of doubt comes from drawings of its own. An earlier model was measured with other seeds,
and after that forms of straight lines were added and a zero like a box, which a rectangle cannot be told from, was dropped; so the seed of
these figures is one that was not looked at before. Prints the figures; `make_draw.py` writes the same into `draw.json` for the page."""
import argparse, json

import torch
import drawings
from mnist_from_scratch.tools.cli import predict

EDGES = 0.,.5,.8,.9,.97,.99,1.001       # of the probabilities for which it is counted how many answers are right

def is_sure(scores, doubt):
    "bool [N]: does the convnet call it a digit, at a probability of at least `doubt`?"
    return scores.softmax(1)[:,:10].amax(1)>=doubt

def measure(
    models:dict, # Name to model, [N, 784] -> scores
    doubt:float, # The probability of the convnet below which the page doubts
    n:int=2000, # Drawn digits; half as many drawings are not digits
    seed:int=31 # Of the first half of the digits; the next five numbers are the seeds of the other drawings
)->dict: # Counts
    "How the models judge random drawings. A list is [how many, of how many]."
    parts = dict(learned=drawings.digits(n//2, seed), held_out=drawings.digits(n//2, seed+1, True))
    others = dict(learned=drawings.others(n//4, seed+2), held_out=drawings.others(n//4, seed+3, True))
    x,y = (torch.cat([o[k] for o in parts.values()]) for k in (0,1))
    res = dict(right={k:[int((predict(m, x)[:,:10].argmax(1)==y).sum()),len(y)] for k,m in models.items()})
    net = models['convnet']
    scores = {k:predict(net, o[0]) for k,o in parts.items()}
    res['convnet'] = {k:[int((s[:,:10].argmax(1)==parts[k][1]).sum()),len(s)] for k,s in scores.items()}
    ims = drawings.digits(n//4, seed+4, conditions=('fair',)),drawings.digits(n//4, seed+5, True, ('fair',))
    res['fair'] = [sum(int((predict(net, a)[:,:10].argmax(1)==b).sum()) for a,b in ims),n//4*2]
    res['doubted'] = [sum(int((~is_sure(s, doubt)).sum()) for s in scores.values()),len(y)]
    other = {k:predict(net, o[0]) for k,o in others.items()}
    res['not_called_a_digit'] = {k:[int((~is_sure(s, doubt)).sum()),len(s)] for k,s in other.items()}
    p,top = torch.cat([*scores.values(),*other.values()]).softmax(1)[:,:10].max(1)
    ok = torch.cat([top[:len(y)]==y, torch.zeros(len(p)-len(y), dtype=torch.bool)])
    res['sure'] = [dict(low=lo, high=min(hi, 1), right=int(ok[i].sum()), of=int(i.sum())) for lo,hi in zip(EDGES, EDGES[1:])
                   for i in [(p>=lo) & (p<hi)]]
    return res

def main():
    import make_draw            # which imports this module
    p = argparse.ArgumentParser(description=' '.join(__doc__.split('\n\n')[0].split()))
    p.add_argument('--n', type=int, default=2000, help='drawn digits; half as many drawings are not digits')
    p.add_argument('--seed', type=int, default=31, help='of the first drawings; with another one, figures that stand nowhere')
    args = p.parse_args()
    specs = json.loads(make_draw.FILE.read_text())['models']
    for k,v in measure({o['name']:make_draw.to_torch(o) for o in specs}, specs[-1]['doubt'], args.n, args.seed).items(): print(k, v)

if __name__=='__main__': main()
