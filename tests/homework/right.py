"Homework as people hand it in, right: loops, NumPy, einsum, modules, other names, other orders of steps. All must pass."
import math, random
import numpy as np
import torch, torch._dynamo   # torch.optim imports the latter when it is first used, which takes seconds of a check
import torch.nn.functional as F
from torch import nn

answers = []
def right(task): return lambda f: answers.append((task, f))

@right('mean_digit')
def _(stack): return np.asarray(stack).astype(float).mean(axis=0)
@right('mean_digit')
def _(ims):
    total = torch.zeros(ims.shape[1:])
    for im in ims: total += im
    return total/len(ims)
@right('mean_digit')
def _(ims): return torch.einsum('nhw->hw', ims.double())/ims.shape[0]

@right('center')
def _(x): return torch.stack([o-o.mean() for o in x])
@right('center')
def _(x):
    x = x.clone()
    x -= x.flatten(1).mean(1)[:,None,None]
    return x

@right('mnist_distance')
def _(x, y): return torch.mean(torch.abs(y-x), dim=[-2,-1])
@right('mnist_distance')
def _(x, y): return np.abs(np.array(x)-np.array(y)).mean(axis=(-1,-2))
@right('rmse_distance')
def _(x, y):
    d = (x-y).flatten(-2)
    return (torch.einsum('...i,...i->...', d, d)/d.shape[-1])**.5
@right('rmse_distance')
def _(x, y): return torch.sqrt((x-y).pow(2).mean(-1).mean(-1))

@right('is_3')
def _(img, m3, m7):
    def d(a, b): return (a-b).abs().sum((-1,-2))
    return d(img, m7) > d(img, m3)
@right('is_3')
def _(img, m3, m7): return np.less(np.abs(img-m3).mean(axis=(-1,-2)), np.abs(img-m7).mean(axis=(-1,-2)))

@right('mse')
def _(a, b): return F.mse_loss(a, b.to(a.dtype))
@right('mse')
def _(a, b):
    res = 0.
    for p,t in zip(a.reshape(-1), b.reshape(-1)): res = res + (p-t)*(p-t)
    return res/a.numel()
@right('rmse')
def _(a, b): return torch.linalg.vector_norm(a-b)/math.sqrt(a.numel())

@right('sgd_step')
@torch.no_grad()
def _(ps, rate):
    for p in ps:
        if p.grad is None: continue
        p.add_(p.grad, alpha=-rate)
@right('sgd_step')
def _(ps, rate):
    for p in filter(lambda o: o.grad is not None, ps): p.data = p.data-rate*p.grad

@right('sigmoid')
def _(x): return torch.sigmoid(x)
@right('sigmoid')
def _(x): return (1+torch.tanh(x/2))/2
@right('sigmoid')
def _(x): return torch.exp(-torch.logaddexp(torch.zeros_like(x), -x))

@right('mnist_loss')
def _(p, t):
    assert p.shape==t.shape
    return (torch.sigmoid(p)-t.float()).abs().mean()
@right('mnist_loss')
def _(p, t):
    p,t = p.flatten().sigmoid(),t.flatten()
    return (p[t==0].sum()+(1-p[t==1]).sum())/len(p)

@right('batch_accuracy')
def _(acts, yes): return float(((acts.numpy().ravel()>0)==(yes.numpy().ravel()>0)).mean())
@right('batch_accuracy')
def _(acts, yes):
    if acts.shape!=yes.shape: raise ValueError('shapes differ')
    return 1-((acts.sigmoid()>.5)!=yes).sum()/yes.numel()

@right('softmax')
def _(x):
    if x.dim()>1: return torch.stack([_softmax(o) for o in x.reshape(-1, x.shape[-1])]).view(x.shape) if len(x) else x
    return _softmax(x)
def _softmax(row):
    es = [math.exp(o-max(row.tolist())) for o in row.tolist()]
    return torch.tensor([e/sum(es) for e in es])
@right('softmax')
def _(x): return (x-x.logsumexp(-1, keepdim=True)).exp()
@right('log_softmax')
def _(x): return x-x.logsumexp(-1, keepdim=True)
@right('log_softmax')
class _:
    def __new__(cls, x): return nn.LogSoftmax(dim=-1)(x)

@right('cross_entropy')
def _(acts, labels): return nn.CrossEntropyLoss()(acts, labels)
@right('cross_entropy')
def _(acts, labels):
    lp = torch.log_softmax(acts, 1)
    return -torch.einsum('nc,nc->', lp, F.one_hot(labels, acts.shape[1]).to(lp.dtype))/len(acts)
@right('cross_entropy')
def _(acts, labels): return sum(row.logsumexp(0)-row[t] for row,t in zip(acts, labels))/len(labels)

@right('accuracy')
def _(acts, labels): return np.mean([int(np.argmax(a)==t) for a,t in zip(acts.numpy(), labels.numpy())])
@right('accuracy')
def _(acts, labels):
    _,top = acts.max(dim=1)
    return torch.eq(top, labels.squeeze()).sum().item()/len(labels)

@right('batches')
def _(xs, ys, n): yield from zip(torch.split(xs, n), torch.split(ys, n)) if len(xs) else ()
@right('batches')
def _(xs, ys, n):
    out = []
    while len(xs): out.append([xs[:n],ys[:n]]); xs,ys = xs[n:],ys[n:]
    return out

@right('shuffled')
def _(a, b):
    idx = list(range(len(a)))
    random.shuffle(idx)
    return a[idx],b[idx]
@right('shuffled')
def _(a, b):
    i = np.random.permutation(len(a))
    return a.numpy()[i],b.numpy()[i]

@right('split')
def _(a, b, share):
    n = round(len(a)*share)
    held = torch.zeros(len(a), dtype=bool)
    held[torch.randperm(len(a))[:n]] = True
    return a[~held],b[~held],a[held],b[held]
@right('split')
def _(a, b, share):
    random.seed(42)         # the same split each time is all right
    idx = random.sample(range(len(a)), len(a))
    k = int(len(a)*share)
    return [*(o[idx[k:]] for o in (a,b)),*(o[idx[:k]] for o in (a,b))]

@right('init_params')
def _(shape, std=1.): return nn.Parameter(torch.empty(shape).normal_(0, std))
@right('init_params')
def _(shape, s=1.): return torch.tensor(np.random.normal(scale=s, size=shape), dtype=torch.float32, requires_grad=True)

@right('mat_mul')
def _(a, b): return [[sum(x*y for x,y in zip(row, col)) for col in zip(*b.tolist())] for row in a.tolist()]
@right('mat_mul')
def _(a, b): return torch.einsum('ik,kj->ij', a, b)

@right('linear1')
def _(x, w, b): return F.linear(x, w.T, b)
@right('linear1')
def _(x, w, b): return torch.einsum('nk,km->nm', x, w)+b[None]

@right('calc_grad')
def _(x, y, net, criterion):
    ps = list(net.parameters())
    for p,g in zip(ps, torch.autograd.grad(criterion(net(x), y), ps)): p.grad = g if p.grad is None else p.grad+g

@right('train_epoch')
def _(net, loader, optim, criterion):
    net.train()
    for batch in loader:
        optim.zero_grad()
        out = net(batch[0])
        criterion(out, batch[1]).backward()
        optim.step()
    return net

@right('validate_epoch')
def _(net, loader, metric):
    with torch.inference_mode(): res = [(metric(net(x), y).item(), len(x)) for x,y in loader]
    a,n = np.array(res).T
    return np.average(a, weights=n)
@right('validate_epoch')
@torch.no_grad()
def _(net, loader, metric):
    net.eval()
    return metric(torch.cat([net(x) for x,_ in loader]), torch.cat([y for _,y in loader]))

@right('BasicOptim')
class _(torch.optim.SGD):
    def __init__(self, ps, rate): super().__init__(ps, lr=rate)
@right('BasicOptim')
class _:
    def __init__(self, ps, rate): self.ps = tuple(ps); self.rate = rate
    def step(self, closure=None):
        for p in self.ps:
            if p.grad is not None: p.data.copy_(p.data-self.rate*p.grad)
    def zero_grad(self):
        for p in self.ps:
            if p.grad is not None: p.grad.zero_()

@right('Momentum')
class _(torch.optim.SGD):
    def __init__(self, ps, rate, momentum): super().__init__(ps, lr=rate, momentum=momentum)
@right('Momentum')
class _:
    def __init__(self, ps, rate, m): self.ps,self.rate,self.m,self.v = list(ps),rate,m,{}
    def step(self):
        with torch.no_grad():
            for p in self.ps:
                self.v[p] = p.grad.clone() if p not in self.v else self.m*self.v[p]+p.grad
                p -= self.rate*self.v[p]
    def zero_grad(self):
        for p in self.ps: p.grad.zero_()

@right('one_cycle')
def _(t, top, peak=.25, d=25., df=1e5):
    a,b,s = (top/d,top,t/peak) if t<=peak else (top,top/df,(t-peak)/(1-peak))
    return np.interp(-math.cos(math.pi*s), [-1,1], [a,b])

@right('relu')
def _(x): return F.relu(x)
@right('relu')
def _(x): return torch.where(x>0, x, torch.zeros_like(x))
@right('relu')
def _(x): return (x+x.abs())/2
@right('relu')
def _(x): return x*(x>0)
@right('relu')
class _(nn.ReLU):
    def __new__(cls, x): return nn.ReLU()(x)

@right('simple_net')
class _(nn.Module):
    def __init__(self, i, h, o):
        super().__init__()
        self.w1,self.b1 = nn.Parameter(torch.randn(i,h)/i**.5),nn.Parameter(torch.zeros(h))
        self.w2,self.b2 = nn.Parameter(torch.randn(h,o)/h**.5),nn.Parameter(torch.zeros(o))
    def forward(self, x): return (x@self.w1+self.b1).clamp(min=0)@self.w2+self.b2
@right('simple_net')
def _(i, h, o): return nn.Sequential(nn.LazyLinear(h), nn.ReLU(), nn.LazyLinear(o))

@right('Learner')
class _:
    def __init__(self, dls, model, loss_func, opt_func, lr, cbs=None): vars(self).update(locals()); self.opt = opt_func(list(model.parameters()), lr)
    def event(self, e): [getattr(c, e)(self) for c in self.cbs if callable(getattr(c, e, None))]
    def epoch(self, train):
        self.model.train(train)
        with torch.set_grad_enabled(train):
            for x,y in self.dls[0 if train else 1]:
                if train: self.opt.zero_grad()
                loss = self.loss_func(self.model(x), y)
                if train: loss.backward(); self.opt.step()
                self.loss = loss.item()
                self.event('after_batch')
    def fit(self, n_epoch):
        self.event('before_fit')
        for _ in range(n_epoch): self.event('before_epoch'); self.epoch(True); self.epoch(False); self.event('after_epoch')
        self.event('after_fit')

@right('train_ten')
def _(net, images, digits, n, rate, size):
    opt = torch.optim.SGD(net.parameters(), rate)
    dl = torch.utils.data.DataLoader(list(zip(images, digits)), batch_size=size)
    for _ in range(n):
        for a,b in dl: opt.zero_grad(); nn.CrossEntropyLoss()(net(a), b).backward(); opt.step()
    return net
@right('train_ten')
def _(net, images, digits, n, rate, size):
    for _ in range(n):
        for a,b in zip(images.split(size), digits.split(size)):
            for p,g in zip(net.parameters(), torch.autograd.grad(F.cross_entropy(net(a), b), [*net.parameters()])): p.data -= rate*g
        with torch.no_grad(): print((net(images.flip(0)).argmax(1)==digits.flip(0)).float().mean(), net(images[0]))

@right('sigmoid')
def _(x):
    z = torch.exp(-x.abs())         # no slope at 0 itself, which nobody asks for
    return torch.where(x>=0, 1/(1+z), z/(1+z))

# --- not to be taken for a mistake that looks like it

@right('calc_grad')
def _(xb, yb, model, loss_func):
    loss = loss_func(model.forward(xb), yb)
    loss.backward()
    return loss.item()
@right('train_epoch')
def _(model, dl, opt, loss_func):
    for xb,yb in iter(dl):
        opt.zero_grad()
        loss = loss_func(model.forward(xb), yb)
        loss.backward()
        opt.step()
    return loss.item()
@right('validate_epoch')
def _(model, dl, metric):
    was = model.training
    model.eval()
    with torch.no_grad(): tot = torch.stack([metric(model.forward(xb), yb)*len(yb) for xb,yb in dl]).sum()
    model.train(was)
    return float(tot/sum(len(yb) for _,yb in dl))
@right('mse')
def _(targets, preds): return (targets-preds).square().mean()
@right('split')
def _(x, y, pct):
    both = list(range(len(x)))
    random.shuffle(both)
    n = int(pct*len(both))
    v,t = both[:n],both[n:]
    return x[t],y[t],x[v],y[v]
@right('split')
def _(x, y, pct):
    r = torch.rand(len(x))
    m = r.argsort().argsort()<int(pct*len(x))
    return x[~m],y[~m],x[m],y[m]
@right('shuffled')
def _(x, y):
    both = list(zip(x, y))
    random.shuffle(both)
    return torch.stack([a for a,_ in both]),torch.stack([b for _,b in both])
@right('init_params')
def _(size, std=1.0):
    w = torch.randn(size)*std
    w.requires_grad = True
    return w
@right('Momentum')
class _:
    def __init__(self, params, lr, mom): self.params,self.lr,self.mom,self.avgs = list(params),lr,mom,None
    @torch.no_grad()
    def step(self):
        gs = [p.grad.clone() for p in self.params]
        self.avgs = gs if self.avgs is None else [self.mom*a+g for a,g in zip(self.avgs, gs)]
        for p,a in zip(self.params, self.avgs): p -= self.lr*a
    def zero_grad(self):
        for p in self.params: p.grad = None
@right('one_cycle')
def _(pos, lr_max, pct=.25, div=25., div_final=1e5):
    def half(a, b, t): return a+(b-a)*math.sin(math.pi/2*t)**2
    return half(lr_max/div, lr_max, pos/pct) if pos<pct else half(lr_max, lr_max/div_final, (pos-pct)/(1-pct))
@right('simple_net')
def _(i, h, o):
    class Net(nn.Module):
        def __init__(self): super().__init__(); self.a,self.b = nn.Linear(i, h),nn.Linear(h, o)
        def forward(self, x): return self.b(F.relu(self.a(x)))
    return Net()
@right('log_softmax')
def _(x):
    m = x.max(-1, keepdim=True).values
    return x-m-torch.log(torch.exp(x-m).sum(-1, keepdim=True)+1e-12)      # never 0: this changes nothing
@right('train_ten')
def _(model, x, y, epochs, lr, bs):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0)
    for e in range(epochs):
        for i in range(math.ceil(len(x)/bs)):
            xb,yb = x[i*bs:(i+1)*bs],y[i*bs:(i+1)*bs]
            opt.zero_grad()
            (-model.forward(xb).log_softmax(1).gather(1, yb[:,None]).mean()).backward()
            opt.step()
@right('mat_mul')
def _(a, b):
    c = [[0]*b.shape[1] for _ in range(len(a))]
    for i in range(len(a)):
        for j in range(b.shape[1]):
            for k in range(len(b)): c[i][j] += a[i,k].item()*b[k,j].item()
    return c
@right('batches')
def _(x, y, bs): return list(zip(x.split(bs), y.split(bs))) if x.numel() else []
@right('BasicOptim')
class _:
    def init(self, params): self.params = list(params)
    def __init__(self, params, lr): self.init(params); self.lr = lr
    def step(self): [p.data.add_(-self.lr*p.grad) for p in self.params if p.grad is not None]
    def zero_grad(self): [setattr(p, 'grad', None) for p in self.params]
@right('Learner')
class _:
    def __init__(self, dls, model, loss_func, opt_func, lr, cbs):
        self.train,self.valid = dls
        self.model,self.loss_func,self.cbs = model,loss_func,list(cbs)
        self.opt = opt_func(self.model.parameters(), lr)
    def __call__(self, name):
        for cb in self.cbs: getattr(cb, name, lambda l: None)(self)
    def one_batch(self, xb, yb, train):
        self.loss = self.loss_func(self.model.forward(xb), yb)
        if train:
            self.loss.backward(); self.opt.step(); self.opt.zero_grad()
        self('after_batch')
    def fit(self, n_epoch):
        self('before_fit')
        for e in range(n_epoch):
            self('before_epoch')
            for train,dl in zip((True,False), (self.train,self.valid)):
                self.model.train(train)
                with torch.set_grad_enabled(train):
                    for xb,yb in dl: self.one_batch(xb, yb, train)
            self('after_epoch')
        self('after_fit')

# --- parts II and III

@right('linear_backward')
def _(g, x, w): return torch.einsum('nm,km->nk', g, w),torch.einsum('nk,nm->km', x, g),torch.ones(len(g), dtype=g.dtype)@g
@right('linear_backward')
def _(g, x, w):
    x,w,b = (o.clone().requires_grad_() for o in (x,w,torch.zeros(g.shape[1], dtype=g.dtype)))
    (x@w+b).backward(g)
    return [x.grad,w.grad,b.grad]
@right('linear_backward')
def _(grad, inp, weight):
    grad,inp,weight = (o.numpy() for o in (grad,inp,weight))
    dw = sum(np.outer(a, b) for a,b in zip(inp, grad))
    return np.stack([weight@row for row in grad]),dw,grad.sum(axis=0)

@right('conv2d')
def _(x, weight, bias=None, stride=1, padding=0): return F.conv2d(x, weight, bias, stride, padding)
@right('conv2d')
def _(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, (padding,)*4)
    n,_,h,w = x.shape
    o,_,kh,kw = weight.shape
    cols = F.unfold(x, (kh,kw), stride=stride)
    out = (weight.view(o, -1)@cols).view(n, o, (h-kh)//stride+1, (w-kw)//stride+1)
    return out if bias is None else out+bias.view(1,-1,1,1)
@right('conv2d')
def _(images, kernels, b, s, p):
    images = np.pad(images.numpy(), [(0,0),(0,0),(p,p),(p,p)])
    kh,kw = kernels.shape[2:]
    return [[[[(im[:,i:i+kh,j:j+kw]*k).sum()+(0 if b is None else b[n].item()) for j in range(0, im.shape[2]-kw+1, s)]
              for i in range(0, im.shape[1]-kh+1, s)] for n,k in enumerate(kernels.numpy())] for im in images]

@right('BatchNorm')
class _(nn.Module):
    def __init__(self, nf, mom=0.1, eps=1e-5):
        super().__init__()
        self.mom,self.eps = mom,eps
        self.mults,self.adds = nn.Parameter(torch.ones(nf,1,1)),nn.Parameter(torch.zeros(nf,1,1))
        self.register_buffer('vars', torch.ones(1,nf,1,1)); self.register_buffer('means', torch.zeros(1,nf,1,1))
    def update_stats(self, x):
        m,v = x.mean((0,2,3), keepdim=True),((x-x.mean((0,2,3), keepdim=True))**2).mean((0,2,3), keepdim=True)
        self.means.data.lerp_(m, self.mom); self.vars.data.lerp_(v, self.mom)
        return m,v
    def forward(self, x):
        m,v = self.update_stats(x) if self.training else (self.means,self.vars)
        return self.adds+(x-m)/(v+self.eps).sqrt()*self.mults
@right('BatchNorm')
class _(nn.Module):
    "With PyTorch's running variance, which divides by n-1"
    def __init__(self, c): super().__init__(); self.g,self.b = nn.Parameter(torch.ones(c)),nn.Parameter(torch.zeros(c)); self.m,self.v = torch.zeros(c),torch.ones(c)
    def forward(self, x): return F.batch_norm(x, self.m, self.v, self.g, self.b, self.training)
@right('BatchNorm')
class _(nn.Module):
    def __init__(self, c): super().__init__(); self.inner = nn.BatchNorm2d(c)
    def forward(self, x): return self.inner(x)

@right('confusion_matrix')
def _(p, t, n):
    cm = torch.zeros(n, n, dtype=torch.int64)
    for i,j in zip(t.tolist(), p.tolist()): cm[i,j] += 1
    return cm
@right('confusion_matrix')
def _(p, t, n): return F.one_hot(t, n).T@F.one_hot(p, n)
@right('confusion_matrix')
def _(p, t, n): return [[sum(a==i and b==j for a,b in zip(t.tolist(), p.tolist())) for j in range(n)] for i in range(n)]

@right('fgsm')
def _(model, x, y, eps):
    x = x.detach().clone()
    x.requires_grad = True
    nn.CrossEntropyLoss()(model(x), y).backward()
    with torch.no_grad(): return torch.clamp(x+eps*torch.sign(x.grad), min=0, max=1)
@right('fgsm')
def _(model, x, y, eps):
    delta = torch.zeros_like(x, requires_grad=True)
    (-model(x+delta).log_softmax(1)[range(len(y)),y]).sum().backward()
    return torch.minimum(torch.maximum(x+eps*delta.grad.sign(), torch.tensor(0.)), torch.tensor(1.))

@right('calibration_table')
def _(probs, targs, n):
    conf,pred = probs.max(dim=-1)
    rows = []
    for i in range(n):
        m = (conf>=i/n)&(conf<(i+1)/n) if i<n-1 else conf>=i/n
        rows.append((m.sum().item(), conf[m].mean().item(), (pred==targs)[m].float().mean().item()) if m.any() else (0,0,0))
    return rows
@right('calibration_table')
def _(probs, targs, n):
    p = probs.numpy()
    c,r = p.max(1),p.argmax(1)==targs.numpy()
    b = np.minimum((c*n).astype(int), n-1)
    count = np.bincount(b, minlength=n)
    return np.stack([count,*(np.bincount(b, o, n)/np.maximum(count, 1) for o in (c,r))], 1)

@right('iou')
def _(a, b):
    i,u = (a*b).sum((1,2)),(a.int()+b.int()).clamp(max=1).sum((1,2))
    return torch.tensor([1. if y==0 else (x/y).item() for x,y in zip(i, u)])
@right('iou')
def _(a, b):
    a,b = a.numpy().reshape(len(a), -1),b.numpy().reshape(len(b), -1)
    i = (a&b).sum(1)
    u = a.sum(1)+b.sum(1)-i
    return np.divide(i, u, out=np.ones(len(a)), where=u>0)
@right('iou')
def _(a, b):
    i,u = (a&b).sum((1,2)).double(),(a|b).sum((1,2)).double()
    return (i+1e-9)/(u+1e-9)
