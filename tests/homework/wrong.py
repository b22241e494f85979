"Homework as people hand it in, wrong: each with the name of the mistake that the checker should see in it. Written without the checker's own wrong answers in view."
import math
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, tensor

answers = []
def wrong(task, mistake): return lambda f: answers.append((task, mistake, f))

# --- images

@wrong('mean_digit', 'mean of each image')
def _(stack): return stack.float().flatten(1).mean(1)

@wrong('mean_digit', 'one number for all pixels')
def _(stack): return stack.double().mean().item()

@wrong('mean_digit', 'overflow of bytes')
def _(stack):
    total = torch.zeros_like(stack[0])
    for im in stack: total += im
    return total/len(stack)

@wrong('mean_digit', 'rounded to whole numbers')
def _(stack): return stack.double().mean(0).type(stack.dtype)

@wrong('mean_digit', 'sum instead of mean')
def _(stack): return np.array(stack, dtype=float).sum(axis=0)

@wrong('center', 'axes not kept')
def _(ims):
    m = ims.flatten(1).mean(1)
    return ims - m

@wrong('center', 'one mean for all')
def _(ims): return ims - sum(ims.flatten().tolist())/ims.numel()

@wrong('center', 'mean of each pixel')
def _(ims): return ims - torch.stack(list(ims)).mean(dim=0)

@wrong('center', 'argument changed in place')
def _(ims):
    for im in ims: im -= im.mean()
    return ims

# --- a first guess

@wrong('mnist_distance', 'one number for the whole batch')
def _(a, b): return F.l1_loss(*torch.broadcast_tensors(a, b))

@wrong('mnist_distance', 'differences cancel')
def _(a, b): return (a-b).flatten(-2).mean(-1)

@wrong('mnist_distance', 'RMSE instead of L1')
def _(a, b): return torch.sqrt(((a-b)**2).mean(-1).mean(-1))

@wrong('mnist_distance', 'squares instead of absolute values')
def _(a, b): return torch.pow(a-b, 2).mean([-2,-1])

@wrong('mnist_distance', 'sum instead of mean')
def _(a, b): return np.abs(a.numpy()-b.numpy()).sum((-1,-2))

@wrong('mnist_distance', 'absolute value after the mean')
def _(a, b):
    d = a-b
    return d.mean((-2,-1)).abs()

@wrong('rmse_distance', 'MSE called RMSE')
def _(a, b): return (a-b).square().mean((-2,-1))

@wrong('rmse_distance', 'root before the mean')
def _(a, b): return ((a-b)**2).sqrt().mean((-1,-2))

@wrong('rmse_distance', 'one number for the whole batch')
def _(a, b): return math.sqrt(((a-b)**2).mean()) if (a-b).numel() else math.nan

@wrong('rmse_distance', 'sum instead of mean')
def _(a, b): return torch.linalg.vector_norm(a-b, dim=(-2,-1))

def l1(a, b): return (a-b).abs().mean((-1,-2))

@wrong('is_3', 'the other class')
def _(x, m3, m7): return ~(l1(x, m3) <= l1(x, m7))

@wrong('is_3', 'if on a whole tensor')
def _(x, m3, m7):
    if l1(x, m3) < l1(x, m7): return True
    return False

@wrong('is_3', 'another distance')
def _(x, m3, m7): return ((x-m3)**2).sum((-1,-2)) < ((x-m7)**2).sum((-1,-2))

@wrong('is_3', 'distances instead of an answer')
def _(x, m3, m7):
    d3,d7 = l1(x, m3),l1(x, m7)
    return d3-d7

# --- downhill

@wrong('mse', 'RMSE called MSE')
def _(p, t): return torch.sqrt(F.mse_loss(p, t.to(p.dtype)))

@wrong('mse', 'L1 instead of squares')
def _(p, t):
    total = 0
    for a,b in zip(p.flatten(), t.flatten()): total = total + abs(a-b)
    return total/p.numel()

@wrong('mse', 'sum instead of mean')
def _(p, t): return torch.dot((p-t).flatten(), (p-t).flatten())

@wrong('mse', 'differences cancel')
def _(p, t): return torch.mean(p-t)

@wrong('mse', 'autograd cannot follow')
def _(p, t): return float(((p-t)**2).mean())

@wrong('mse', 'nothing returned')
def _(p, t): print(((p-t)**2).mean())

@wrong('rmse', 'MSE called RMSE')
def _(p, t): return torch.square(p-t).mean()

@wrong('rmse', 'root before the mean')
def _(p, t): return torch.mean(((p-t)**2)**.5)

@wrong('sgd_step', 'new tensors')
def _(params, lr):
    for p in params:
        if p.grad is not None: p = p - lr*p.grad

@wrong('sgd_step', 'recorded by autograd')
def _(params, lr):
    for p in params: p -= p.grad*lr

@wrong('sgd_step', 'uphill')
def _(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is None: continue
            p += lr*p.grad

@wrong('sgd_step', 'gradients cleared before use')
def _(params, lr):
    for p in params:
        if p.grad is None: continue
        p.grad = torch.zeros_like(p)
        p.data -= lr*p.grad

@wrong('sgd_step', 'no gradient yet')
def _(params, lr):
    for p in params: p.data -= p.grad*lr

# --- losses

@wrong('sigmoid', 'sign of the exponent')
def _(x): return 1/(1+math.e**x.clamp(-80,80))

@wrong('sigmoid', 'overflow')
def _(x):
    e = x.exp()
    return e/(e+1)

@wrong('sigmoid', 'overflow in the gradient')
def _(x): return (1+(-x).exp())**-1

@wrong('sigmoid', 'tanh')
def _(x): return torch.tanh(x)

@wrong('sigmoid', 'autograd cannot follow')
def _(x): return 1/(1+np.exp(-x.detach().numpy().clip(-80,80)))

@wrong('mnist_loss', 'no sigmoid')
def _(preds, targs): return torch.where(targs==1, 1-preds, preds).mean()

@wrong('mnist_loss', 'all against all')
def _(preds, targs):
    preds = preds.sigmoid()
    return torch.where(targs==1, 1-preds, preds).mean()

@wrong('mnist_loss', 'targets the wrong way round')
def _(preds, targs):
    preds = torch.sigmoid(preds)
    return torch.where(targs==1, preds, 1-preds).mean()

@wrong('mnist_loss', 'sum instead of mean')
def _(preds, targs): return (preds.sigmoid()-targs.float()).abs().sum()

@wrong('mnist_loss', 'a loss without a gradient')
def _(preds, targs): return ((preds.sigmoid()>0.5)!=(targs==1)).float().mean()

@wrong('mnist_loss', 'cross-entropy instead')
def _(preds, targs): return F.binary_cross_entropy(preds.sigmoid(), targs.to(preds.dtype))

@wrong('batch_accuracy', 'threshold on the wrong scale')
def _(xb, yb): return ((xb>0.5).float()==yb.float()).float().mean()

@wrong('batch_accuracy', 'sigmoid cut at 0')
def _(xb, yb):
    preds = xb.sigmoid() > 0
    return (preds==yb).sum()/yb.numel()

@wrong('batch_accuracy', 'all against all')
def _(xb, yb):
    preds = xb.sigmoid()
    return ((preds>0.5)==yb).float().mean()

@wrong('batch_accuracy', 'count instead of share')
def _(xb, yb): return sum(int((a>0)==bool(b)) for a,b in zip(xb.flatten(), yb.flatten()))

@wrong('softmax', 'softmax over the wrong axis')
def _(acts):
    e = torch.exp(acts-acts.max(0).values if len(acts) else acts)
    return e/e.sum(dim=0)

@wrong('softmax', 'axis 1 instead of the last')
def _(acts): return F.softmax(acts, dim=1)

@wrong('softmax', 'overflow')
def _(acts):
    e = math.e**acts
    return e/torch.sum(e, -1, keepdim=True)

@wrong('softmax', 'axis not kept')
def _(acts):
    e = torch.exp(acts)
    return e/e.sum(axis=-1)

@wrong('softmax', 'one sum for the whole batch')
def _(acts):
    if not acts.numel(): return acts
    e = (acts-acts.max()).exp()
    return e/e.sum()

@wrong('softmax', 'argument changed in place')
def _(acts):
    acts.sub_(acts.amax(-1, keepdim=True)).exp_()
    return acts/acts.sum(-1, keepdim=True)

@wrong('softmax', 'one maximum for all rows')
def _(acts):
    e = (acts-acts.max()).exp()
    return e/e.sum(-1, keepdim=True)

@wrong('log_softmax', 'logarithm of a zero')
def _(acts):
    e = torch.exp(acts-acts.amax(-1, keepdim=True))
    return torch.log(e/e.sum(-1, keepdim=True))

@wrong('log_softmax', 'no logarithm')
def _(acts): return F.softmax(acts, dim=-1)

@wrong('cross_entropy', 'softmax before a cross-entropy that has one')
def _(acts, targs):
    probs = torch.softmax(acts, dim=1)
    return nn.CrossEntropyLoss()(probs, targs)

@wrong('cross_entropy', 'sum instead of mean')
def _(acts, targs): return nn.CrossEntropyLoss(reduction='sum')(acts, targs)

@wrong('cross_entropy', 'sign')
def _(acts, targs): return torch.log_softmax(acts, 1).gather(1, targs[:,None]).mean()

@wrong('cross_entropy', 'every target for every row')
def _(acts, targs):
    sm = F.log_softmax(acts, dim=1)
    return -sm[:,targs].mean()

@wrong('cross_entropy', 'no softmax')
def _(acts, targs): return F.nll_loss(acts, targs)

@wrong('cross_entropy', 'logarithm of a zero')
def _(acts, targs): return -(acts.softmax(1).gather(1, targs[:,None])).log().mean()

@wrong('cross_entropy', 'no logarithm')
def _(acts, targs): return F.nll_loss(acts.softmax(1), targs)

@wrong('accuracy', 'argmax over the wrong axis')
def _(acts, targs): return (torch.argmax(acts, dim=0)==targs).float().mean()

@wrong('accuracy', 'argmax over everything')
def _(acts, targs): return (torch.argmax(acts)==targs).double().mean()

@wrong('accuracy', 'count instead of share')
def _(acts, targs): return (acts.argmax(1)==targs).sum().item()

@wrong('accuracy', 'values instead of positions')
def _(acts, targs): return (acts.amax(1)==targs).float().mean()

# --- mini-batches

@wrong('batches', 'last batch dropped')
def _(x, y, bs):
    i = 0
    while i+bs<=len(x):
        yield x[i:i+bs],y[i:i+bs]
        i += bs

@wrong('batches', 'an empty batch at the end')
def _(x, y, bs):
    for k in range(len(x)//bs+1): yield x[bs*k:bs*k+bs],y[bs*k:bs*k+bs]

@wrong('batches', 'labels not cut')
def _(x, y, bs):
    for part in x.split(bs):
        if len(part): yield part,y

@wrong('batches', 'only the first batch')
def _(x, y, bs):
    for i in range(0, len(x), bs): return [(x[i:i+bs],y[i:i+bs])]
    return []

@wrong('shuffled', 'labels left behind')
def _(x, y):
    idx = np.random.permutation(len(x))
    return x[idx],y

@wrong('shuffled', 'two different orders')
def _(x, y):
    def mix(t): return t[torch.randperm(len(t))]
    return mix(x),mix(y)

@wrong('shuffled', 'drawn with replacement')
def _(x, y):
    idx = np.random.choice(len(x), len(x))
    return x[idx],y[idx]

@wrong('split', 'the validation set is trained on')
def _(x, y, pct):
    v = torch.randperm(len(x))[:int(pct*len(x))]
    return x,y,x[v],y[v]

@wrong('split', 'not drawn at random')
def _(x, y, pct):
    n = int(len(x)*(1-pct))
    return x[:n],y[:n],x[n:],y[n:]

@wrong('split', 'the validation set is the training set')
def _(x, y, pct):
    i = torch.randperm(len(x))
    return x[i],y[i],x[i],y[i]

# --- the training loop

@wrong('init_params', 'not a leaf')
def _(size, std=1.0): return torch.randn(size, requires_grad=True)*std

@wrong('init_params', 'no requires_grad')
def _(size, std=1.0): return torch.normal(0., std, size if isinstance(size, tuple) else (size,))

@wrong('init_params', 'uniform numbers')
def _(size, std=1.0):
    w = std*torch.rand(size)
    w.requires_grad = True
    return w

@wrong('mat_mul', 'assigned instead of added')
def _(a, b):
    c = torch.zeros(len(a), b.shape[1], dtype=a.dtype)
    for i in range(len(a)):
        for j in range(b.shape[1]):
            for k in range(len(b)): c[i,j] = a[i,k]*b[k,j]
    return c

@wrong('mat_mul', 'last product missing')
def _(a, b):
    c = torch.zeros(len(a), b.shape[1], dtype=a.dtype)
    for i in range(len(a)):
        for j in range(b.shape[1]):
            for k in range(len(b)-1): c[i,j] += a[i,k]*b[k,j]
    return c

@wrong('mat_mul', 'element by element')
def _(a, b): return torch.mul(a, b)

@wrong('linear1', 'bias forgotten')
def _(xb, w, b): return torch.matmul(xb, w)

@wrong('linear1', '[N] instead of [N,1]')
def _(xb, w, b): return (xb@w).sum(1)+b[0]

@wrong('calc_grad', 'old gradients cleared')
def _(xb, yb, model, loss_func):
    for p in model.parameters(): p.grad = None
    loss_func(model(xb), yb).backward()

@wrong('calc_grad', 'no backward')
def _(xb, yb, model, loss_func): return loss_func(model(xb), yb)

@wrong('calc_grad', 'gradient stops')
def _(xb, yb, model, loss_func):
    with torch.no_grad(): preds = model(xb)
    loss_func(preds, yb).backward()

@wrong('calc_grad', 'loss arguments exchanged')
def _(xb, yb, model, loss_func):
    preds = model(xb)
    loss = loss_func(yb, preds)
    loss.backward()

@wrong('train_epoch', 'gradients not cleared')
def _(model, dl, opt, loss_func):
    for x,y in dl:
        loss = loss_func(model(x), y)
        loss.backward()
        opt.step()

@wrong('train_epoch', 'gradients cleared before use')
def _(model, dl, opt, loss_func):
    for x,y in dl:
        loss_func(model(x), y).backward()
        opt.zero_grad()
        opt.step()

@wrong('train_epoch', 'no step')
def _(model, dl, opt, loss_func):
    for x,y in dl:
        opt.zero_grad()
        loss_func(model(x), y).backward()

@wrong('train_epoch', 'one step for all batches')
def _(model, dl, opt, loss_func):
    opt.zero_grad()
    for x,y in dl: loss_func(model(x), y).backward()
    opt.step()

@wrong('train_epoch', 'only the first batch')
def _(model, dl, opt, loss_func):
    for x,y in dl:
        opt.zero_grad()
        loss_func(model(x), y).backward()
        opt.step()
        return model

@wrong('train_epoch', 'arguments')
def _(model): pass

@wrong('train_epoch', 'images handed in as targets')
def _(model, dl, opt, loss_func):
    for b in dl:
        opt.zero_grad()
        loss_func(model(b[0]), b[0]).backward()
        opt.step()

@wrong('validate_epoch', 'the mean of batch means')
def _(model, valid_dl, metric):
    with torch.no_grad(): accs = [metric(model(xb), yb) for xb,yb in valid_dl]
    return round(torch.stack(accs).mean().item(), 4)

@wrong('validate_epoch', 'records kept')
def _(model, dl, metric):
    total = n = 0
    for x,y in dl:
        total = total+metric(model(x), y).item()*len(x)
        n = n+len(x)
    return total/n

@wrong('validate_epoch', 'only the last batch')
@torch.no_grad()
def _(model, dl, metric):
    for x,y in dl: acc = metric(model(x), y)
    return acc

@wrong('validate_epoch', 'metric arguments exchanged')
@torch.no_grad()
def _(model, dl, metric): return sum(metric(y, model(x))*len(y) for x,y in dl)/sum(len(y) for _,y in dl)

# --- optimizers

@wrong('BasicOptim', 'parameters used up')
class _:
    def __init__(self, params, lr): self.params = params; self.lr = lr
    def step(self):
        for p in self.params:
            if p.grad is not None: p.data -= p.grad.data*self.lr
    def zero_grad(self):
        for p in self.params: p.grad = None

class Plain:
    def __init__(self, params, lr): self.params,self.lr = list(params),lr
    @torch.no_grad()
    def step(self):
        for p in self.params:
            if p.grad is not None: p -= self.lr*p.grad
    def zero_grad(self):
        for p in self.params: p.grad = None

@wrong('BasicOptim', 'recorded by autograd')
class _(Plain):
    def step(self):
        for p in self.params: p -= self.lr*p.grad

@wrong('BasicOptim', 'zero_grad clears nothing')
class _(Plain):
    def zero_grad(self):
        for p in self.params: g = p.grad; g = None

@wrong('BasicOptim', 'no gradient yet')
class _(Plain):
    def step(self):
        for p in self.params: p.data -= self.lr*p.grad.data

@wrong('BasicOptim', 'learning rate ignored')
class _(Plain):
    def step(self):
        for p in self.params:
            if p.grad is not None: p.data = p.data-p.grad

class Memory:
    def __init__(self, params, lr, mom):
        self.ps,self.lr,self.mom = [*params],lr,mom
        self.vs = [0. for _ in self.ps]
    def step(self):
        for i,p in enumerate(self.ps):
            self.vs[i] = self.new(self.vs[i], p.grad)
            p.data -= self.lr*self.vs[i]
    def zero_grad(self):
        for p in self.ps: p.grad.zero_()

@wrong('Momentum', 'average instead of sum')
class _(Memory):
    def new(self, v, g): return self.mom*v + g*(1-self.mom)

@wrong('Momentum', 'no memory')
class _(Memory):
    def new(self, v, g): return g.clone()

@wrong('Momentum', 'nothing fades')
class _(Memory):
    def new(self, v, g): return v+g

@wrong('Momentum', 'momentum on the new gradient')
class _(Memory):
    def new(self, v, g): return v+g*self.mom

# --- schedules, nets, a Learner

@wrong('one_cycle', 'straight lines')
def _(pos, lr_max, pct=.25, div=25., div_final=1e5):
    lo,hi = lr_max/div,lr_max
    if pos<=pct: return lo+(hi-lo)*pos/pct
    return hi-(hi-hi/div_final)*(pos-pct)/(1-pct)

@wrong('one_cycle', 'no rise')
def _(pos, lr_max, pct=.25, div=25., div_final=1e5): return lr_max/div_final+(lr_max-lr_max/div_final)*(math.cos(pos*math.pi)+1)/2

@wrong('one_cycle', 'a quarter of a wave')
def _(pos, lr_max, pct=.25, div=25., div_final=1e5):
    if pos<=pct: return lr_max/div + lr_max*(1-1/div)*math.sin(math.pi/2*pos/pct)
    return lr_max/div_final + lr_max*(1-1/div_final)*math.sin(math.pi/2*(1+(pos-pct)/(1-pct)))

@wrong('relu', 'absolute value')
def _(x): return x*x.sign()

@wrong('relu', 'if on a whole tensor')
def _(x): return max(x, 0)

@wrong('relu', 'argument changed in place')
def _(x):
    x[x<0] = 0
    return x

@wrong('relu', 'leaky')
def _(x): return F.leaky_relu(x.float())

@wrong('simple_net', 'no ReLU')
def _(n_in, n_hidden, n_out): return nn.Sequential(nn.Linear(n_in, n_hidden), nn.Linear(n_hidden, n_out))

@wrong('simple_net', 'softmax at the end')
def _(n_in, n_hidden, n_out): return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out), nn.Softmax(dim=1))

@wrong('simple_net', 'sigmoid at the end')
class _(nn.Module):
    def __init__(self, a, b, c): super().__init__(); self.l1,self.l2 = nn.Linear(a,b),nn.Linear(b,c)
    def forward(self, x): return self.l2(self.l1(x).relu()).sigmoid()

@wrong('simple_net', 'layers that PyTorch does not see')
class _(nn.Module):
    def __init__(self, a, b, c): super().__init__(); self.layers = [nn.Linear(a,b),nn.Linear(b,c)]
    def forward(self, x): return self.layers[1](F.relu(self.layers[0](x)))

class Small:
    def __init__(self, dls, model, loss_func, opt_func, lr, cbs):
        self.train_dl,self.valid_dl = dls
        self.model,self.loss_func,self.cbs,self.opt = model,loss_func,cbs,opt_func(model.parameters(), lr)
    def tell(self, event):
        for cb in self.cbs:
            if hasattr(cb, event): getattr(cb, event)(self)
    def train(self):
        self.model.train()
        for xb,yb in self.train_dl:
            self.loss = self.loss_func(self.model(xb), yb)
            self.loss.backward()
            self.opt.step(); self.opt.zero_grad()
            self.tell('after_batch')
    def validate(self):
        self.model.eval()
        with torch.no_grad():
            for xb,yb in self.valid_dl: self.loss = self.loss_func(self.model(xb), yb); self.tell('after_batch')
    def fit(self, n):
        self.tell('before_fit')
        for _ in range(n):
            self.tell('before_epoch'); self.train(); self.validate(); self.tell('after_epoch')
        self.tell('after_fit')

@wrong('Learner', 'the validation set is trained on')
class _(Small):
    def validate(self):
        self.model.eval()
        for xb,yb in self.valid_dl:
            self.loss = self.loss_func(self.model(xb), yb)
            self.loss.backward(); self.opt.step(); self.opt.zero_grad()
            self.tell('after_batch')

@wrong('Learner', 'eval() forgotten')
class _(Small):
    def validate(self):
        with torch.no_grad():
            for xb,yb in self.valid_dl: self.loss = self.loss_func(self.model(xb), yb); self.tell('after_batch')

@wrong('Learner', 'a callback need not know all events')
class _(Small):
    def tell(self, event):
        for cb in self.cbs: getattr(cb, event)(self)

@wrong('Learner', 'gradients not cleared')
class _(Small):
    def train(self):
        self.model.train()
        for xb,yb in self.train_dl:
            self.loss = self.loss_func(self.model(xb), yb)
            self.loss.backward(); self.opt.step()
            self.tell('after_batch')

@wrong('Learner', 'no validation')
class _(Small):
    def validate(self): pass

# --- all ten digits

def ten(loss, clear=True, drop=False):
    def f(model, x, y, epochs, lr, bs):
        opt = torch.optim.SGD(model.parameters(), lr=lr)
        for _ in range(epochs):
            for xb,yb in zip(x.split(bs), y.split(bs)):
                if drop and len(xb)<bs: continue
                if clear: opt.zero_grad()
                loss(model(xb), yb).backward()
                opt.step()
        return model
    return f

wrong('train_ten', 'softmax before a cross-entropy that has one')(ten(lambda p,y: F.cross_entropy(F.softmax(p, 1), y)))
wrong('train_ten', 'gradients not cleared')(ten(F.cross_entropy, clear=False))
wrong('train_ten', 'last batch dropped')(ten(F.cross_entropy, drop=True))
wrong('train_ten', 'sum instead of mean')(ten(nn.CrossEntropyLoss(reduction='sum')))

# --- what somebody handed in who did the homework from the book alone

@wrong('is_3', 'a tie counts as nearer')
def _(x, m3, m7): return l1(x, m3) <= l1(x, m7)

@wrong('relu', 'autograd cannot follow')
def _(x): return torch.relu(x).detach()

@wrong('log_softmax', 'axis 1 instead of the last')
def _(x): return x.log_softmax(1)

@wrong('sgd_step', 'gradients cleared by the step')
def _(params, lr):
    for p in params:
        if p.grad is not None: p.data -= lr*p.grad; p.grad = None

@wrong('sgd_step', 'gradients changed by the step')
@torch.no_grad()
def _(params, lr):
    for p in params:
        if p.grad is not None: p -= p.grad.mul_(lr)

@wrong('sgd_step', 'if on a gradient')
def _(params, lr):
    for p in params:
        if p.grad: p.data -= lr*p.grad

@wrong('BasicOptim', 'gradients cleared by the step')
class _(Plain):
    def step(self): super().step(); self.zero_grad()

@wrong('BasicOptim', 'gradients changed by the step')
class _(Plain):
    def step(self):
        for p in self.params:
            if p.grad is not None: p.grad *= self.lr; p.data -= p.grad

@wrong('BasicOptim', 'if on a gradient')
class _(Plain):
    def step(self):
        for p in self.params:
            if p.grad: p.data -= self.lr*p.grad

@wrong('Momentum', 'gradients changed by the step')
class _(Memory):
    def new(self, v, g): return g.add_(self.mom*v).clone()

@wrong('Momentum', 'gradients cleared by the step')
class _(Memory):
    def new(self, v, g): return v*self.mom+g
    def step(self): super().step(); self.zero_grad()

@wrong('split', "scikit-learn's order")
def _(x, y, pct):
    i,n = torch.randperm(len(x)),len(x)-int(len(x)*pct)
    return x[i[:n]],x[i[n:]],y[i[:n]],y[i[n:]]

@wrong('split', 'two pairs')
def _(x, y, pct):
    i,n = torch.randperm(len(x)),int(len(x)*pct)
    return (x[i[n:]],y[i[n:]]),(x[i[:n]],y[i[:n]])

@wrong('split', 'drawn with replacement')
def _(x, y, pct):
    i = torch.randint(0, len(x), (int(len(x)*pct),))
    rest = [j for j in range(len(x)) if j not in i]
    return x[rest],y[rest],x[i],y[i]

@wrong('split', 'two different orders')
def _(x, y, pct):
    x,y,n = x[torch.randperm(len(x))],y[torch.randperm(len(y))],int(len(x)*pct)
    return x[n:],y[n:],x[:n],y[:n]

@wrong('split', 'nothing returned')
def _(x, y, pct): pass

@wrong('simple_net', 'no parameters()')
def _(n_in, n_hidden, n_out):
    w1,w2 = torch.randn(n_in,n_hidden).requires_grad_(),torch.randn(n_hidden,n_out).requires_grad_()
    return lambda x: (x@w1).relu()@w2

@wrong('simple_net', 'nothing returned')
def _(n_in, n_hidden, n_out): nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_hidden, n_out))

@wrong('Learner', 'after_batch in training only')
class _(Small):
    def validate(self):
        self.model.eval()
        with torch.no_grad():
            for xb,yb in self.valid_dl: self.loss = self.loss_func(self.model(xb), yb)

@wrong('Learner', 'the validation set is trained on')
class _(Small):
    def validate(self):
        self.model.eval()
        with torch.no_grad():
            for xb,yb in self.valid_dl:
                self.opt.zero_grad()
                self.loss = self.loss_func(self.model(xb), yb)
                self.loss.backward(); self.opt.step()
                self.tell('after_batch')

@wrong('Learner', 'gradient stops')
class _(Small):
    @torch.no_grad()
    def train(self): super().train()

@wrong('batches', 'an empty batch of no images')
def _(x, y, bs): return list(zip(torch.split(x, bs), torch.split(y, bs)))

@wrong('batches', 'one pair')
def _(x, y, bs):
    for i in range(0, len(x), bs): return x[i:i+bs],y[i:i+bs]

@wrong('batches', 'another form')
def _(x, y, bs): return x.split(bs),y.split(bs)

@wrong('split', 'another form')
def _(x, y, pct): return torch.utils.data.random_split([*zip(x, y)], [1-pct,pct])

@wrong('batches', 'nothing returned')
def _(x, y, bs): [(x[i:i+bs],y[i:i+bs]) for i in range(0, len(x), bs)]

@wrong('relu', 'values and positions')
def _(x): return torch.max(x, 0)

@wrong('softmax', 'values and positions')
def _(x):
    e = (x-x.max(-1, keepdim=True)).exp()
    return e/e.sum(-1, keepdim=True)

@wrong('mnist_distance', 'values and positions')
def _(a, b): return (a-b).abs().max(-1)

wrong('train_ten', 'softmax before a cross-entropy that has one')(ten(lambda p,y: F.cross_entropy(F.softmax(p, 1), y), clear=False))

@wrong('train_ten', 'something unknown')
def _(model, x, y, epochs, lr, bs): model.weight.data += lr

@wrong('mean_digit', 'mean of whole numbers')
def _(ims): return ims.mean(0)

@wrong('mean_digit', 'scaled, too')
def _(ims): return (ims.float()/255).mean(0)

@wrong('mnist_distance', 'axes counted from the front')
def _(a, b): return (a-b).abs().mean((1,2))

@wrong('mnist_distance', 'axes counted from the front')
def _(a, b): return np.abs(a.numpy()-b.numpy()).mean(axis=(1,2))

@wrong('rmse_distance', 'axes counted from the front')
def _(a, b): return ((a-b)**2).mean((1,2))**.5

@wrong('rmse_distance', 'one number out of many')
def _(a, b): return ((a-b)**2).mean((-1,-2)).sqrt().item()

@wrong('is_3', 'axes counted from the front')
def _(x, m3, m7): return (x-m3).abs().mean((1,2)) < (x-m7).abs().mean((1,2))

@wrong('sigmoid', 'one number out of many')
def _(x): return 1/(1+math.exp(-x))

@wrong('mnist_loss', 'differences cancel')
def _(preds, targs): return (preds.sigmoid()-targs.float()).mean()

@wrong('mnist_loss', 'absolute value after the mean')
def _(preds, targs):
    p = 1/(1+torch.exp(-preds.clamp(-80,80)))
    return torch.abs(torch.mean(p-targs.to(p.dtype)))

@wrong('mnist_loss', 'no sigmoid')
def _(preds, targs): return torch.mean((preds-targs.to(preds.dtype)).abs())

@wrong('mnist_loss', 'no sigmoid and differences cancel')
def _(preds, targs): return torch.mean(preds-targs.to(preds.dtype))

@wrong('mnist_loss', 'true and false subtracted')
def _(preds, targs):
    if preds.shape!=targs.shape: raise ValueError('shapes')
    return (preds.sigmoid()-targs).abs().mean()

@wrong('log_softmax', 'axis not kept')
def _(x): return x-x.exp().sum(-1).log()

@wrong('log_softmax', 'axis not kept')
def _(x):
    m = x.amax(-1, keepdim=True)
    return x-m-(x-m).exp().sum(-1).log()

@wrong('cross_entropy', 'every target for every row and sign')
def _(acts, targs): return F.log_softmax(acts, dim=-1)[:,targs].mean()

@wrong('log_softmax', 'axis not kept')
def _(x): return x-x.max(-1).values-(x-x.max(-1).values).exp().sum(-1).log()

@wrong('softmax', 'axis not kept')
def _(x):
    e = torch.exp(x-x.max(dim=-1)[0])
    return e/e.sum(dim=-1)

@wrong('cross_entropy', 'rows picked instead of classes')
def _(acts, targs): return -F.log_softmax(acts, dim=1)[targs].mean()

@wrong('cross_entropy', 'targets not used')
def _(acts, targs): return -F.log_softmax(acts, dim=-1).mean()

@wrong('accuracy', 'values and positions')
def _(inp, targ): return (inp.max(1)==targ).float().mean()

@wrong('accuracy', 'mean of whole numbers')
def _(inp, targ): return (inp.argmax(1)==targ).mean()

@wrong('init_params', 'a number unpacked')
def _(size, std=1.): return (torch.randn(*size)*std).requires_grad_()

@wrong('linear1', 'element by element')
def _(xb, w, b): return xb*w+b

@wrong('linear1', 'factors exchanged')
def _(xb, w, b): return torch.matmul(w, xb)+b

@wrong('linear1', 'bias along the wrong axis')
def _(xb, w, b): return xb@w+b[:,None]

@wrong('calc_grad', 'a step, too')
def _(xb, yb, model, loss_func):
    loss_func(model(xb), yb).backward()
    for p in model.parameters(): p.data -= .01*p.grad

@wrong('calc_grad', 'a step, too')
def _(xb, yb, model, loss_func):
    loss_func(model(xb), yb).backward()
    with torch.no_grad():
        for p in model.parameters(): p -= .1*p.grad; p.grad.zero_()

def wave(up, down):
    def one_cycle(pos, lr_max, pct=.25, div=25., div_final=1e5):
        lo,hi,end = lr_max/div,lr_max,lr_max/div_final
        return up(lo, hi, pos/pct) if pos<pct else down(end, hi, (pos-pct)/(1-pct))
    return one_cycle
def plus(lo, hi, t): return lo+(hi-lo)*(1+math.cos(math.pi*t))/2
def minus(lo, hi, t): return lo+(hi-lo)*(1-math.cos(math.pi*t))/2
wrong('one_cycle', 'the cosine the wrong way round')(wave(plus, plus))
wrong('one_cycle', 'the cosine the wrong way round')(wave(plus, minus))
wrong('one_cycle', 'starts and ends at 0')(wave(lambda lo,hi,t: minus(0,hi,t), lambda lo,hi,t: plus(0,hi,t)))
wrong('one_cycle', 'starts at 0')(wave(lambda lo,hi,t: hi*(1-math.cos(math.pi*t))/2, plus))

@wrong('one_cycle', 'ends below where it began')
def _(pos, lr_max, pct=.25, div=25., div_final=1e5):
    if pos<pct: return minus(lr_max/div, lr_max, pos/pct)
    return plus(lr_max/div/div_final, lr_max, (pos-pct)/(1-pct))

@wrong('train_ten', 'shuffled')
def _(model, x, y, epochs, lr, bs):
    i = torch.randperm(len(x))
    return ten(F.cross_entropy)(model, x[i], y[i], epochs, lr, bs)

@wrong('train_ten', 'shuffled')
def _(model, x, y, epochs, lr, bs):
    dl = torch.utils.data.DataLoader([*zip(x, y)], bs, shuffle=True)
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        for xb,yb in dl: F.cross_entropy(model(xb), yb).backward(); opt.step(); opt.zero_grad()

@wrong('relu', 'an import forgotten')
def _(x): return eval('np.maximum(x, 0)', {}, dict(x=x))

# --- any task

@wrong('relu', 'too slow')
def _(x):
    while True:
        try: x.undefined()
        except Exception: pass

@wrong('relu', 'too slow')
def _(x):
    import time
    time.sleep(100)

@wrong('relu', 'an exception')
def _(x): raise ValueError('not for me')

@wrong('softmax', 'division by zero')
def _(x): return x/0

@wrong('mse', 'an axis too many')
def _(p, t): return ((p-t)**2).mean().reshape(1,1)

# --- what a second learner handed in

@wrong('sgd_step', 'no gradient yet')
@torch.no_grad()
def _(params, lr):
    for p in params: p -= lr*p.grad

@wrong('batches', 'a list of items')
def _(x, y, bs):
    ds = list(zip(x, y))
    return [ds[i:i+bs] for i in range(0, len(ds), bs)]

@wrong('batches', 'labels before images')
def _(x, y, bs):
    for i in range(0, len(x), bs): yield y[i:i+bs], x[i:i+bs]

@wrong('batch_accuracy', 'a tie counts as yes')
def _(xb, yb): return ((xb.sigmoid().flatten()>=.5)==yb.flatten()).float().mean()

@wrong('accuracy', 'divided without a rest')
def _(inp, targ):
    n = 0
    for row,t in zip(inp, targ): n += int(row.argmax()==t)
    return n//len(targ) if len(targ) else 0

class Zeros(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.w1,self.b1 = nn.Parameter(torch.zeros(n_in, n_hidden)),nn.Parameter(torch.zeros(n_hidden))
        self.w2,self.b2 = nn.Parameter(torch.zeros(n_hidden, n_out)),nn.Parameter(torch.zeros(n_out))
    def forward(self, x): return (x@self.w1+self.b1).relu()@self.w2+self.b2
wrong('simple_net', 'all zeros')(Zeros)

class NoReturn(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.l = nn.Linear(n_in, n_out)
    def forward(self, x): self.l(x)
wrong('simple_net', 'nothing returned')(NoReturn)

@wrong('sgd_step', 'stops where there is no gradient')
def _(params, lr):
    with torch.no_grad():
        for p in params:
            if p.grad is None: break
            p -= lr*p.grad

@wrong('BasicOptim', 'stops where there is no gradient')
class _:
    def __init__(self, params, lr): self.params,self.lr = list(params),lr
    def step(self):
        for p in self.params:
            if p.grad is None: return
            p.data = p.data-self.lr*p.grad.data
    def zero_grad(self):
        for p in self.params: p.grad = None

@wrong('split', 'all from -0 on')
def _(x, y, pct):
    p,n = torch.randperm(len(x)),int(len(x)*pct)
    return x[p[:-n]],y[p[:-n]],x[p[-n:]],y[p[-n:]]

# --- exceptions, each with a hint of its own

@wrong('softmax', 'an unknown name')
def _(x): return expp(x)/expp(x).sum(-1, keepdim=True)

@wrong('relu', 'an unknown name')
def _(x):
    clamped = x.clamp(min=0)
    return clampd

@wrong('log_softmax', 'an unknown name')
def _(x): return x-logsumexp(x, -1)

@wrong('softmax', 'no such attribute')
def _(x): return torch.sofmax(x, -1)

@wrong('mse', 'no such attribute')
def _(p, t): return (p-t).sqaure().mean()

@wrong('BasicOptim', 'no such attribute')
class _:
    def __init__(self, params, lr): params = list(params); self.lr = lr
    def step(self):
        for p in self.params: p.data -= self.lr*p.grad
    def zero_grad(self): pass

@wrong('BasicOptim', 'self. forgotten')
class _:
    def __init__(self, params, lr): self.params,self.lr = list(params),lr
    def step(self):
        for p in params:
            if p.grad is not None: p.data -= lr*p.grad
    def zero_grad(self):
        for p in self.params: p.grad = None

@wrong('Momentum', 'self. forgotten')
class _(Memory):
    def new(self, v, g): return mom*v+g

@wrong('BasicOptim', 'self forgotten in the brackets')
class _(Plain):
    def step(): pass

@wrong('BasicOptim', 'self forgotten in the brackets')
class _:
    def __init__(params, lr): pass
    def step(self): pass
    def zero_grad(self): pass

class NoSuper(nn.Module):
    def __init__(self, n_in, n_hidden, n_out): self.l1,self.l2 = nn.Linear(n_in, n_hidden),nn.Linear(n_hidden, n_out)
    def forward(self, x): return self.l2(self.l1(x).relu())
wrong('simple_net', 'super().__init__() forgotten')(NoSuper)

@wrong('simple_net', 'super().__init__() forgotten')
class _(nn.Module):
    def __init__(self, n_in, n_hidden, n_out): super.__init__(); self.l = nn.Linear(n_in, n_out)
    def forward(self, x): return self.l(x)

@wrong('simple_net', 'super().__init__() forgotten')
class _(nn.Module):
    def __init__(self, n_in, n_hidden, n_out): self.n = n_in
    def forward(self, x): return x

@wrong('simple_net', 'no forward')
class _(nn.Module):
    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.l = nn.Linear(n_in, n_out)
        def forward(self, x): return self.l(x)

@wrong('simple_net', '_init_ for __init__')
class _(nn.Module):
    def _init_(self, n_in, n_hidden, n_out): super()._init_(); self.l = nn.Linear(n_in, n_out)
    def forward(self, x): return self.l(x)

@wrong('BasicOptim', '_init_ for __init__')
class _:
    def _init_(self, params, lr): self.params,self.lr = list(params),lr
    def step(self): pass
    def zero_grad(self): pass

@wrong('Learner', '_init_ for __init__')
class _:
    def __int__(self, dls, model, loss_func, opt_func, lr, cbs): self.dls = dls
    def fit(self, n): pass

@wrong('sigmoid', 'a module instead of its result')
def _(x): return nn.Sigmoid(x)

@wrong('relu', 'a module instead of its result')
def _(x): return nn.ReLU(x)

@wrong('softmax', 'a module instead of its result')
def _(x): return nn.Softmax(x)

@wrong('batch_accuracy', 'a module instead of its result')
def _(xb, yb): return ((nn.Sigmoid()>.5)==yb).float().mean()

@wrong('mse', 'a module instead of its result')
def _(p, t): return nn.MSELoss(p, t)

@wrong('rmse', 'a module instead of its result')
def _(p, t): return nn.MSELoss(p, t)**.5

@wrong('rmse', 'a module instead of its result')
def _(p, t): return torch.sqrt(nn.MSELoss(p, t))

@wrong('cross_entropy', 'a module instead of its result')
def _(acts, targs): return nn.CrossEntropyLoss(acts, targs)

@wrong('mnist_distance', 'a module instead of its result')
def _(a, b): return nn.L1Loss(a, b)

wrong('train_ten', 'a module instead of its result')(ten(nn.CrossEntropyLoss))

@wrong('simple_net', 'a module instead of its result')
class _(nn.Module):
    def __init__(self, a, b, c): super().__init__(); self.l1,self.act,self.l2 = nn.Linear(a,b),nn.ReLU,nn.Linear(b,c)
    def forward(self, x): return self.l2(self.act(self.l1(x)))

@wrong('mse', '^ for a power')
def _(p, t): return ((p-t)^2).mean()

@wrong('one_cycle', '^ for a power')
def _(pos, lr_max, pct=.25, div=25., div_final=1e5): return lr_max*(1-pos)^2

@wrong('calc_grad', 'gradient stops')
def _(xb, yb, model, loss_func):
    loss = loss_func(model(xb), yb).item()
    loss.backward()

@wrong('train_epoch', 'gradient stops')
def _(model, dl, opt, loss_func):
    for xb,yb in dl:
        loss = torch.tensor(float(loss_func(model(xb), yb)))
        loss.backward(); opt.step(); opt.zero_grad()

@wrong('train_epoch', 'backward twice')
def _(model, dl, opt, loss_func):
    total = 0
    for xb,yb in dl:
        total += loss_func(model(xb), yb)
        total.backward()
        opt.step(); opt.zero_grad()

@wrong('calc_grad', 'backward twice')
def _(xb, yb, model, loss_func):
    loss = loss_func(model(xb), yb)
    loss.backward(); loss.backward()

@wrong('calc_grad', 'backward from many numbers')
def _(xb, yb, model, loss_func): model(xb).backward()

@wrong('split', 'a float as an index')
def _(x, y, pct):
    i,n = torch.randperm(len(x)),len(x)*pct
    return x[i[n:]],y[i[n:]],x[i[:n]],y[i[:n]]

@wrong('batches', 'a float as an index')
def _(x, y, bs): return [(x[i*bs:i*bs+bs],y[i*bs:i*bs+bs]) for i in range(len(x)/bs)]

@wrong('shuffled', 'a float as an index')
def _(x, y):
    i = torch.rand(len(x))*len(x)
    return x[i],y[i]

@wrong('linear1', 'shapes of a product')
def _(xb, w, b): return xb@w.T+b

@wrong('linear1', 'shapes of a product')
def _(xb, w, b): return np.dot(xb.detach().numpy(), w.detach().numpy().T)+b.detach().numpy()

@wrong('simple_net', 'shapes of a product')
def _(n_in, n_hidden, n_out): return nn.Sequential(nn.Linear(n_in, n_hidden), nn.ReLU(), nn.Linear(n_out, n_hidden))

@wrong('rmse', 'if on a whole tensor')
def _(p, t):
    m = (p-t)**2
    if m and m>0: return m.mean()**.5
    return m.mean()

@wrong('init_params', 'a leaf changed in place')
def _(size, std=1.):
    w = torch.randn(size, requires_grad=True)
    w *= std
    return w

@wrong('train_ten', 'recorded by autograd')
def _(model, x, y, epochs, lr, bs):
    for _ in range(epochs):
        for xb,yb in zip(x.split(bs), y.split(bs)):
            F.cross_entropy(model(xb), yb).backward()
            for p in model.parameters(): p -= lr*p.grad; p.grad = None

@wrong('sigmoid', 'NumPy where a gradient is needed')
def _(x): return 1/(1+np.exp(-x.numpy().clip(-80, 80)))

@wrong('mse', 'NumPy where a gradient is needed')
def _(p, t): return np.mean((np.array(p)-np.array(t))**2)

def dist(a, b): (a-b).abs().mean((-1,-2))
@wrong('is_3', 'None used as a value')
def _(x, m3, m7): return dist(x, m3) < dist(x, m7)

def no_return(x): x.sigmoid()
@wrong('mnist_loss', 'None used as a value')
def _(p, t): return (no_return(p)-t.float()).abs().mean()

@wrong('softmax', 'an argument missing')
def _(x): return torch.softmax(x)

def scaled(x, by): return x*by
@wrong('relu', 'an argument missing')
def _(x): return scaled(x).clamp(min=0)

@wrong('accuracy', 'brackets of a call forgotten')
def _(acts, targs): return (acts.argmax(1)==targs).float().mean

@wrong('center', 'brackets of a call forgotten')
def _(ims): return ims-ims.mean

@wrong('mat_mul', 'an index out of range')
def _(a, b):
    c = torch.zeros(len(a), b.shape[1])
    for i in range(len(a)+1):
        for j in range(b.shape[1]): c[i,j] = (a[i]*b[:,j]).sum()
    return c

@wrong('one_cycle', 'a number instead of a tensor')
def _(pos, lr_max, pct=.25, div=25., div_final=1e5): return lr_max*(1-torch.cos(math.pi*pos))/2

@wrong('softmax', 'a list instead of a tensor')
def _(x):
    es = [math.exp(o) for o in x.tolist()]
    return es/es.sum()

@wrong('mean_digit', 'floats put into whole numbers')
def _(ims):
    total = ims[0].clone()
    for o in ims[1:]: total += o.float()
    total /= len(ims)
    return total

@wrong('mat_mul', 'two dtypes')
def _(a, b):
    c = torch.zeros(len(a), b.shape[1])
    for i in range(len(a)):
        for j in range(b.shape[1]): c[i,j] = torch.dot(a[i].float(), b[:,j])
    return c

@wrong('mean_digit', 'no function')
def _(ims): return 1/len(ims)(ims.float().sum(0))

@wrong('split', 'what cannot be unpacked')
def _(x, y, pct):
    a,b = x.split(int(len(x)*pct))
    return a,y,b,y

@wrong('sigmoid', 'it calls itself')
def _(x): return again(x)
def again(x): return again(x)

@wrong('accuracy', 'division by zero')
def _(acts, targs): return (acts.argmax(1)==targs).float().sum()/(len(acts)//10**6) if 0 else len(acts)/(len(acts)//10**6)

@wrong('validate_epoch', 'a value not set yet')
@torch.no_grad()
def _(model, dl, metric):
    for x,y in dl: total += metric(model(x), y)
    return total

@wrong('cross_entropy', 'needed, but changed in place')
def _(acts, targs):
    p = acts.softmax(-1)
    l = -(p.log()[range(len(targs)),targs]).mean()
    p += 1
    return l

@wrong('log_softmax', 'view where reshape is needed')
def _(x): return F.log_softmax(x.view(-1, x.shape[-1]), -1).view(-1).view(x.shape) if x.dim()!=2 else F.log_softmax(x, -1).T.view(-1).view(x.T.shape).T

# --- results that are no results, and tricks

for eps in 1e-6,1e-9,1e-12:
    @wrong('log_softmax', 'a small number added')
    def _(x, eps=eps): return torch.log(torch.softmax(x, -1)+eps)
    @wrong('cross_entropy', 'a small number added')
    def _(acts, targs, eps=eps): return -torch.log(torch.softmax(acts, -1)[range(len(targs)),targs]+eps).mean()

@wrong('log_softmax', 'a small number added')
def _(x): return x.softmax(-1).clamp(min=1e-7).log()

@wrong('softmax', 'a small number added')
def _(x):
    e = (x-(x.max() if len(x) else 0)).exp()
    return e/(e.sum(-1, keepdim=True)+1e-9)

@wrong('calc_grad', 'twice the gradient')
def _(xb, yb, model, loss_func):
    loss = loss_func(model(xb), yb)
    loss.backward(retain_graph=True)
    loss.backward()

@wrong('calc_grad', 'the model is not called')
def _(xb, yb, model, loss_func): loss_func(xb, yb).backward()

other = nn.Linear(2, 1)
@wrong('calc_grad', 'the model is not called')
def _(xb, yb, model, loss_func): loss_func(other(xb), yb).backward()

@wrong('train_epoch', 'the model is not called')
def _(model, dl, opt, loss_func):
    for xb,yb in dl: loss_func(other(xb), yb).backward(); opt.step(); opt.zero_grad()

@wrong('log_softmax', 'something else')
def _(x): return x-x

@wrong('log_softmax', 'something else')
def _(x): return torch.zeros_like(x)

@wrong('Momentum', 'zero_grad clears the memory')
class _(Memory):
    def new(self, v, g): return v*self.mom+g
    def zero_grad(self): super().zero_grad(); self.vs = [0. for _ in self.ps]

@wrong('init_params', '64 bits')
def _(size, std=1.): return torch.tensor(np.random.normal(0, std, size), requires_grad=True)

@wrong('init_params', '64 bits')
def _(size, std=1.): return (torch.randn(size, dtype=torch.double)*std).requires_grad_()

@wrong('shuffled', 'tuples instead of tensors')
def _(x, y):
    both = list(zip(x, y))
    import random
    random.shuffle(both)
    return tuple(zip(*both))

@wrong('init_params', 'nothing returned')
def _(size, std=1.): (torch.randn(size)*std).requires_grad_()

@wrong('validate_epoch', 'the metric is not called')
@torch.no_grad()
def _(model, dl, metric):
    p,t = torch.cat([model(x) for x,_ in dl]),torch.cat([y for _,y in dl])
    return ((p.sigmoid()>.5)==t).float().mean()

# --- slips

@wrong('sigmoid', 'division before addition')
def _(x): return 1/1+math.e**-x

@wrong('sgd_step', 'gradient forgotten')
def _(params, lr):
    for p in params:
        if p.grad is not None: p.data -= lr

@wrong('BasicOptim', 'gradient forgotten')
class _(Plain):
    def step(self):
        for p in self.params:
            if p.grad is not None: p.data -= self.lr

@wrong('cross_entropy', 'one_hot without the number of classes')
def _(acts, targs): return -(F.one_hot(targs)*F.log_softmax(acts, 1)).sum(1).mean()

@wrong('cross_entropy', 'one_hot without the number of classes')
def _(acts, targs): return -(torch.log(torch.softmax(acts, 1))*F.one_hot(targs)).sum()/len(targs)

@wrong('mat_mul', 'one row many times')
def _(a, b):
    n,m = len(a),b.shape[1]
    c = [[0]*m]*n
    for i in range(n):
        for j in range(m):
            for k in range(len(b)): c[i][j] += (a[i,k]*b[k,j]).item()
    return torch.tensor(c)

@wrong('mat_mul', 'one row many times')
def _(a, b):
    c = [[0]*b.shape[1]]*len(a)
    for i in range(len(a)):
        for j in range(b.shape[1]): c[i][j] = float(sum(a[i]*b[:,j]))
    return c

@wrong('batches', 'the slice ends too early')
def _(x, y, bs):
    for i in range(0, len(x), bs): yield x[i:bs],y[i:bs]

@wrong('batches', 'chunk instead of split')
def _(x, y, bs): return [(a,b) for a,b in zip(torch.chunk(x, bs), torch.chunk(y, bs)) if len(a)]

@wrong('split', 'the shares are exchanged')
def _(x, y, pct):
    m = torch.rand(len(x))<pct
    return x[m],y[m],x[~m],y[~m]

@wrong('split', 'the shares are exchanged')
def _(x, y, pct):
    m = np.random.rand(len(x))<pct
    return x[m],y[m],x[~m],y[~m]

@wrong('split', 'each item drawn by itself')
def _(x, y, pct):
    m = torch.rand(len(x))<pct
    return x[~m],y[~m],x[m],y[m]

@wrong('train_epoch', 'backward after the loop')
def _(model, dl, opt, loss_func):
    for xb,yb in dl:
        opt.zero_grad()
        loss = loss_func(model(xb), yb)
    loss.backward()
    opt.step()

@wrong('train_epoch', 'step after the loop')
def _(model, dl, opt, loss_func):
    for xb,yb in dl:
        opt.zero_grad()
        loss_func(model(xb), yb).backward()
    opt.step()

@wrong('Learner', 'step after the loop')
class _(Small):
    def train(self):
        self.model.train()
        for xb,yb in self.train_dl:
            self.opt.zero_grad()
            self.loss = self.loss_func(self.model(xb), yb)
            self.loss.backward()
            self.tell('after_batch')
        self.opt.step()

@wrong('train_ten', 'step after the loop')
def _(model, x, y, epochs, lr, bs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        for xb,yb in zip(x.split(bs), y.split(bs)):
            opt.zero_grad()
            F.cross_entropy(model(xb), yb).backward()
        opt.step()

@wrong('train_ten', 'one step for all batches')
def _(model, x, y, epochs, lr, bs):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        for xb,yb in zip(x.split(bs), y.split(bs)): F.cross_entropy(model(xb), yb).backward()
        opt.step(); opt.zero_grad()

@wrong('train_ten', 'another optimizer')
def _(model, x, y, epochs, lr, bs):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(epochs):
        for xb,yb in zip(x.split(bs), y.split(bs)): opt.zero_grad(); F.cross_entropy(model(xb), yb).backward(); opt.step()

@wrong('train_ten', 'momentum')
def _(model, x, y, epochs, lr, bs):
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=.9)
    for _ in range(epochs):
        for xb,yb in zip(x.split(bs), y.split(bs)): opt.zero_grad(); F.cross_entropy(model(xb), yb).backward(); opt.step()

@wrong('train_ten', 'the slice ends too early')
def _(model, x, y, epochs, lr, bs):
    for _ in range(epochs):
        for i in range(0, len(x), bs):
            F.cross_entropy(model(x[i:bs]), y[i:bs]).backward()
            for p in model.parameters(): p.data -= lr*p.grad; p.grad = None

wrong('one_cycle', 'an argument ignored')(lambda pos,lr_max,pct=.25,div=25.,div_final=1e5: plus(lr_max/1e5, lr_max, (pos-.25)/.75) if pos>=.25 else minus(lr_max/25, lr_max, pos/.25))
wrong('one_cycle', 'an argument ignored')(lambda pos,lr_max,pct=.25,div=25.,div_final=1e5: plus(lr_max/1e5, lr_max, (pos-pct)/(1-pct)) if pos>=pct else minus(lr_max/25, lr_max, pos/pct))
wrong('one_cycle', 'an argument ignored')(lambda pos,lr_max,pct=.25,div=25.,div_final=1e5: plus(lr_max/div_final, lr_max, (pos-pct)/(1-pct)) if pos>=pct else minus(.04, lr_max, pos/pct))

@wrong('Learner', 'arguments in another order')
class _(Small):
    def __init__(self, model, dls, loss_func, opt_func, lr, cbs): super().__init__(dls, model, loss_func, opt_func, lr, cbs)

@wrong('Learner', 'arguments in another order')
class _(Small):
    def __init__(self, dls, model, opt_func, loss_func, lr, cbs): super().__init__(dls, model, loss_func, opt_func, lr, cbs)

@wrong('mnist_loss', 'arguments in another order')
def _(targets, predictions): return (predictions.sigmoid()-targets.float()).abs().mean() if predictions.shape==targets.shape else 1/0

@wrong('Learner', 'after_fit is not called')
class _(Small):
    def tell(self, event):
        if event!='after_fit': super().tell(event)

@wrong('Learner', 'before_epoch is not called')
class _(Small):
    def tell(self, event):
        if event!='before_epoch': super().tell(event)

@wrong('Learner', 'training and validation exchanged')
class _(Small):
    def __init__(self, dls, *args): super().__init__(dls[::-1], *args)

for n in 30,50:
    @wrong('simple_net', 'n_hidden ignored')
    def _(n_in, n_hidden, n_out, n=n): return nn.Sequential(nn.Linear(n_in, n), nn.ReLU(), nn.Linear(n, n_out))

@wrong('mnist_distance', 'a fixed number of pixels')
def _(a, b): return (a-b).abs().sum((-1,-2))/784

@wrong('rmse_distance', 'a fixed number of pixels')
def _(a, b): return (((a-b)**2).sum((-1,-2))/(28*28)).sqrt()

@wrong('center', 'a fixed number of pixels')
def _(ims): return ims-ims.sum((-1,-2), keepdim=True)/784

@wrong('train_epoch', 'backward after the loop')
def _(model, dl, opt, loss_func):
    for xb,yb in dl: loss = loss_func(model(xb), yb)
    loss.backward()
    opt.step()
    opt.zero_grad()

# --- and what somebody else would do

@wrong('accuracy', 'something else')
def _(a, t): return ((a.argmax(1)>.5)==t).float().mean()

@wrong('mnist_distance', 'RMSE instead of L1 and one number for the whole batch')
def _(a, b): return F.mse_loss(*torch.broadcast_tensors(a, b))**.5

@wrong('sigmoid', 'both branches of where')
def _(x): return torch.where(x<0, x.exp()/(1+x.exp()), 1/(1+(-x).exp()))

@wrong('cross_entropy', 'an index of another shape')
def _(acts, targs): return -acts.log_softmax(1).gather(1, targs).mean()

@wrong('cross_entropy', 'a dtype that does not do')
def _(acts, targs): return F.cross_entropy(targs, acts)

@wrong('mnist_loss', 'a dtype that does not do')
def _(p, t): return torch.where(t, 1-p.sigmoid(), p.sigmoid()).mean()

@wrong('batches', 'shuffled')
def _(x, y, bs):
    dl = torch.utils.data.DataLoader([*zip(x, y)], bs, shuffle=len(x)>0) if len(x) else []
    return [(a,b) for a,b in dl]

@wrong('shuffled', 'an argument of another kind')
def _(x, y): return x[torch.randperm(x)],y

@wrong('linear1', 'an argument of another kind')
def _(x, w, b): return nn.Linear(x, w, b)

@wrong('init_params', 'an argument of another kind')
def _(size, std=1.): return torch.normal(0, std, size).requires_grad_()

@wrong('calc_grad', 'gradients returned, not kept')
def _(xb, yb, model, loss_func):
    ps = [*model.parameters()]
    return torch.autograd.grad(loss_func(model(xb), yb), ps)

@wrong('train_epoch', 'a list instead of a tensor')
def _(model, dl, opt, loss_func):
    for xb in dl: loss_func(model(xb), xb).backward(); opt.step(); opt.zero_grad()

@wrong('train_epoch', 'no iterator')
def _(model, dl, opt, loss_func):
    xb,yb = next(dl)
    loss_func(model(xb), yb).backward(); opt.step(); opt.zero_grad()

@wrong('validate_epoch', 'divided by the number of batches')
@torch.no_grad()
def _(model, dl, metric): return sum(metric(model(x), y)*len(x) for x,y in dl)/len(dl)

@wrong('Momentum', 'no memory')
class _(Plain):
    def __init__(self, params, lr, mom): super().__init__(params, lr); self.mom,self.avgs = mom,[torch.zeros_like(p) for p in self.params]
    def step(self):
        for p,avg in zip(self.params, self.avgs):
            avg = self.mom*avg+p.grad
            p.data -= self.lr*avg

@wrong('Momentum', 'the memory counts twice')
class _(Memory):
    def new(self, v, g): v += self.mom*v+g; return v

wrong('one_cycle', 'the first part is too short')(lambda pos,lr_max,pct=.25,div=25.,div_final=1e5: plus(lr_max/div_final, lr_max, (pos-pct)/(1-pct)) if pos>=pct else minus(lr_max/div, lr_max, pos))
wrong('one_cycle', 'degrees')(lambda pos,lr_max,pct=.25,div=25.,div_final=1e5: lr_max/div_final+(lr_max-lr_max/div_final)*(1+math.cos(180*(pos-pct)/(1-pct)))/2 if pos>=pct else lr_max/div+(lr_max-lr_max/div)*(1-math.cos(180*pos/pct))/2)

@wrong('relu', 'brackets of a call forgotten')
def _(x): return nn.ReLU

@wrong('simple_net', 'no module')
def _(a, b, c): return nn.Sequential([nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c)])

@wrong('simple_net', 'no module')
def _(a, b, c): return nn.Sequential(nn.Linear(a, b), nn.ReLU, nn.Linear(b, c))

@wrong('simple_net', 'no ReLU')
class _(nn.Module):
    def __init__(self, a, b, c): super().__init__(); self.l1,self.l2 = nn.Linear(a,b),nn.Linear(b,c)
    def forward(self, x): x = self.l1(x); F.relu(x); return self.l2(x)

@wrong('is_3', 'an unknown name')
def _(x, m3, m7): return mnist_distance(x, m3) < mnist_distance(x, m7)

@wrong('linear1', 'dot of matrices')
def _(x, w, b): return x.dot(w)+b

@wrong('relu', 'a number instead of a tensor')
def _(x): return torch.maximum(x, 0)

@wrong('rmse', 'power before division')
def _(p, t): return ((p-t)**2).mean()**1/2

@wrong('one_cycle', 'twice as high')
def _(pos, lr_max, pct=.25, div=25., div_final=1e5):
    if pos<pct: return lr_max/div+(lr_max-lr_max/div)*(1-math.cos(math.pi*pos/pct))
    return lr_max+(lr_max/div_final-lr_max)*(1-math.cos(math.pi*(pos-pct)/(1-pct)))

@wrong('Learner', 'nothing to go through')
class _(Small):
    def __init__(self, dls, model, loss_func, opt_func, lr, cbs): self.opt = opt_func(model, lr)

@wrong('validate_epoch', 'nothing to go through')
@torch.no_grad()
def _(model, dl, metric): return torch.cat([metric(model(x), y) for x,y in dl]).mean()

@wrong('Momentum', 'nothing under that key')
class _(Plain):
    def __init__(self, params, lr, mom): super().__init__(params, lr); self.mom,self.avgs = mom,{}
    def step(self):
        for p in self.params: self.avgs[p] = self.mom*self.avgs[p]+p.grad; p.data -= self.lr*self.avgs[p]

wrong('train_ten', 'no activations for the cross-entropy')(ten(lambda p,y: F.cross_entropy(p.argmax(1), y)))

# --- parts II and III

@wrong('linear_backward', 'weights not transposed')
def _(g, x, w): return torch.matmul(g, w),torch.matmul(x.T, g),g.sum(dim=0)

@wrong('linear_backward', 'weights as nn.Linear keeps them')
def _(grad_out, inp, weight): return grad_out@weight.t(),torch.einsum('nm,nk->mk', grad_out, inp),grad_out.sum(0)

@wrong('linear_backward', 'averaged over the batch')
def _(g, x, w):
    n = x.shape[0]
    return g@w.T,1/n*x.T@g,1/n*g.sum(0)

@wrong('linear_backward', 'averaged over the batch')
def _(g, x, w): return [g@w.T,x.T@g,g.mean(0)]

@wrong('linear_backward', 'bias gradient not summed')
def _(g, x, w): return g@w.T,x.T@g,g

@wrong('linear_backward', 'bias gradient summed over everything')
def _(g, x, w): return g@w.T,x.T@g,g.sum()

@wrong('linear_backward', 'returned in another order')
def _(g, x, w):
    dw = x.T@g
    db = g.sum(0)
    return dw,db,g@w.T

@wrong('linear_backward', 'the chain rule forgotten')
def _(g, x, w): return w,x,1

@wrong('linear_backward', 'the chain rule forgotten')
def _(g, x, w): return g@w.T,x.T@g,torch.full((g.shape[1],), float(len(g)))

@wrong('linear_backward', 'only the last row')
def _(g, x, w):
    for xi,gi in zip(x, g): dw = xi[:,None]*gi[None]
    return g@w.T,dw,g.sum(0)

@wrong('linear_backward', 'element by element')
def _(g, x, w): return g*w,x.T@g,g.sum(0)

@wrong('linear_backward', 'shapes of a product')
def _(g, x, w): return g@w.T,x@g,g.sum(0)

@wrong('linear_backward', 'an axis too many')
def _(g, x, w): return g@w.T,x.T@g,g.sum(0, keepdim=True)

@wrong('linear_backward', 'another form')
def _(g, x, w): return x.T@g,g.sum(0)

@wrong('linear_backward', 'nothing returned')
def _(g, x, w): dx,dw,db = g@w.T,x.T@g,g.sum(0)

def loops(x, w, b, s, p, at=lambda kernel, i, j: kernel, extra=1, add='+='):
    "A convolution by loops"
    x = F.pad(x, (p,p,p,p))
    n,_,hh,ww = x.shape
    o,_,kh,kw = w.shape
    out = torch.zeros(n, o, max((hh-kh)//s+extra, 0), max((ww-kw)//s+extra, 0), dtype=x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            patch = x[:,:,i*s:i*s+kh,j*s:j*s+kw]
            for k in range(o): out[:,k,i,j] = (patch*at(w[k], i, j)).sum((1,2,3))+(0 if b is None else b[k])
    return out

@wrong('conv2d', 'kernel flipped')
def _(x, weight, bias=None, stride=1, padding=0):
    from scipy.signal import convolve2d
    x = np.pad(x.numpy(), [(0,0),(0,0),(padding,padding),(padding,padding)])
    res = np.stack([np.stack([sum(convolve2d(c, k, 'valid') for c,k in zip(im, ks)) for ks in weight.numpy()]) for im in x])
    res = res[:,:,::stride,::stride]
    return res if bias is None else res+bias.numpy()[:,None,None]

@wrong('conv2d', 'bias forgotten')
def _(x, weight, bias=None, stride=1, padding=0): return loops(x, weight, None, stride, padding)

@wrong('conv2d', 'bias along the wrong axis')
def _(x, weight, bias=None, stride=1, padding=0):
    out = loops(x, weight, None, stride, padding)
    if bias is not None: out = out+bias
    return out

@wrong('conv2d', 'stride ignored')
def _(x, weight, bias=None, stride=1, padding=0): return loops(x, weight, bias, 1, padding)

@wrong('conv2d', 'stride ignored and padding ignored')
def _(x, weight, bias=None, stride=1, padding=0): return loops(x, weight, bias, 1, 0)

@wrong('conv2d', 'last position missing')
def _(x, weight, bias=None, stride=1, padding=0): return loops(x, weight, bias, stride, padding, extra=0)

@wrong('conv2d', 'only the first channel')
def _(x, weight, bias=None, stride=1, padding=0): return loops(x[:,[0]], weight[:,[0]], bias, stride, padding)

@wrong('conv2d', 'padded on two sides only')
def _(x, weight, bias=None, stride=1, padding=0):
    return loops(F.pad(x, (padding,padding)), weight, bias, stride, 0)

@wrong('conv2d', 'border repeated')
def _(x, weight, bias=None, stride=1, padding=0):
    if padding: x = F.pad(x, [padding]*4, mode='replicate')
    return loops(x, weight, bias, stride, 0)

@wrong('conv2d', 'images added up')
def _(x, weight, bias=None, stride=1, padding=0):
    x = F.pad(x, [padding]*4)
    kh,kw = weight.shape[2:]
    h,w = (x.shape[2]-kh)//stride+1,(x.shape[3]-kw)//stride+1
    out = torch.zeros(len(x), len(weight), h, w, dtype=x.dtype)
    for o in range(len(weight)):
        for i in range(h):
            for j in range(w):
                out[:,o,i,j] = (x[:,:,i*stride:i*stride+kh,j*stride:j*stride+kw]*weight[o]).sum()+(0 if bias is None else bias[o])
    return out

@wrong('conv2d', 'arguments')
def _(x, weight, stride=1, padding=0): return F.conv2d(x, weight, None, stride, padding)

class Norm(nn.Module):
    "What wrong ones have in common"
    dims,unbiased,eps,keep = (0,2,3),False,1e-5,.9
    def __init__(self, n):
        super().__init__()
        self.gamma,self.beta = nn.Parameter(torch.ones(1,n,1,1)),nn.Parameter(torch.zeros(1,n,1,1))
        self.register_buffer('m', torch.zeros(1,n,1,1)); self.register_buffer('v', torch.ones(1,n,1,1))
    def of(self, x): return x.mean(self.dims, keepdim=True),x.var(self.dims, keepdim=True, unbiased=self.unbiased)
    def remember(self, m, v):
        with torch.no_grad(): self.m,self.v = self.keep*self.m+(1-self.keep)*m,self.keep*self.v+(1-self.keep)*v
    def forward(self, x):
        if self.training:
            m,v = self.of(x)
            self.remember(m, v)
        else: m,v = self.m,self.v
        return self.out((x-m)/torch.sqrt(v+self.eps))
    def out(self, x): return self.gamma*x+self.beta

@wrong('BatchNorm', 'one mean for all channels')
class _(Norm):
    def of(self, x): return x.mean(),((x-x.mean())**2).mean()

@wrong('BatchNorm', 'statistics of each pixel')
class _(Norm): dims = 0

@wrong('BatchNorm', 'each image by itself')
class _(Norm): dims = (1,2,3)

@wrong('BatchNorm', 'n-1 instead of n')
class _(Norm):
    def of(self, x): return x.mean((0,2,3), keepdim=True),x.std((0,2,3), keepdim=True)**2

@wrong('BatchNorm', 'divided by the variance')
class _(Norm):
    def forward(self, x):
        m,v = self.of(x) if self.training else (self.m,self.v)
        if self.training: self.remember(m, v)
        return self.out((x-m)/(v+self.eps))

@wrong('BatchNorm', 'eps forgotten')
class _(Norm): eps = 0

@wrong('BatchNorm', 'the batch counts in evaluation mode, too')
class _(Norm):
    def forward(self, x):
        m,v = self.of(x)
        return self.out((x-m)/(v+self.eps).sqrt())

@wrong('BatchNorm', 'running statistics in training mode, too')
class _(Norm):
    def forward(self, x):
        if self.training: self.remember(*self.of(x))
        return self.out((x-self.m)/(self.v+self.eps).sqrt())

@wrong('BatchNorm', 'running statistics never change')
class _(Norm):
    def remember(self, m, v): m,v = .9*self.m+.1*m,.9*self.v+.1*v

@wrong('BatchNorm', 'running statistics change in evaluation mode')
class _(Norm):
    def forward(self, x):
        old = self.m,self.v
        m,v = self.of(x)
        self.remember(m, v)
        if not self.training: m,v = old
        return self.out((x-m)/(v+self.eps).sqrt())

@wrong('BatchNorm', 'momentum the wrong way round')
class _(Norm): keep = .1

@wrong('BatchNorm', 'running variance begins at 0')
class _(Norm):
    def __init__(self, n): super().__init__(n); self.v = torch.zeros(1,n,1,1)

@wrong('BatchNorm', 'no weight and bias')
class _(Norm):
    def __init__(self, n): super().__init__(n); del self.gamma, self.beta
    def out(self, x): return x

@wrong('BatchNorm', 'weights begin at 0')
class _(Norm):
    def __init__(self, n): super().__init__(n); self.gamma = nn.Parameter(torch.zeros(1,n,1,1))

@wrong('BatchNorm', 'running statistics as parameters')
class _(Norm):
    def __init__(self, n): super().__init__(n); del self.m, self.v; self.m,self.v = nn.Parameter(torch.zeros(1,n,1,1)),nn.Parameter(torch.ones(1,n,1,1))
    def remember(self, m, v):
        with torch.no_grad(): self.m.mul_(.9).add_(.1*m); self.v.mul_(.9).add_(.1*v)

@wrong('BatchNorm', 'statistics outside of the gradient')
class _(Norm):
    @torch.no_grad()
    def of(self, x): return super().of(x)

@wrong('BatchNorm', 'super().__init__() forgotten')
class _(nn.Module):
    def __init__(self, n): self.g = nn.Parameter(torch.ones(n))
    def forward(self, x): return x*self.g

@wrong('BatchNorm', 'axis not kept')
class _(Norm):
    def of(self, x): return x.mean((0,2,3)),x.var((0,2,3), unbiased=False)

@wrong('confusion_matrix', 'rows and columns exchanged')
def _(preds, targs, n):
    cm = [[0]*n for _ in range(n)]
    for p,t in zip(preds, targs): cm[p][t] += 1
    return cm

@wrong('confusion_matrix', 'assigned instead of added')
def _(preds, targs, n):
    cm = np.zeros((n,n), dtype=int)
    cm[targs,preds] += 1
    return cm

@wrong('confusion_matrix', 'assigned instead of added and rows and columns exchanged')
def _(preds, targs, n):
    cm = torch.zeros((n,n))
    cm[preds,targs] += 1
    return cm

@wrong('confusion_matrix', 'shares instead of counts')
def _(preds, targs, n):
    cm = torch.zeros(n, n)
    for p,t in zip(preds, targs): cm[t,p] += 1
    return cm/len(preds)

@wrong('confusion_matrix', 'only the right answers')
def _(preds, targs, n): return torch.diag(torch.stack([((preds==c)&(targs==c)).sum() for c in range(n)]))

@wrong('confusion_matrix', 'only the mistakes')
def _(preds, targs, n): return [[0 if i==j else int(((targs==i)&(preds==j)).sum()) for j in range(n)] for i in range(n)]

@wrong('confusion_matrix', 'classes that are not there left out')
def _(preds, targs, n):
    k = max([*preds.tolist(),*targs.tolist()], default=-1)+1
    return torch.tensor([[((targs==i)&(preds==j)).sum() for j in range(k)] for i in range(k)]).view(k,k)

def gradient(model, x, y):
    x = x.detach().clone()
    x.requires_grad = True
    nn.CrossEntropyLoss()(model(x), y).backward()
    return x.grad

@wrong('fgsm', 'the loss made smaller')
def _(model, x, y, eps): return torch.clamp(x-eps*torch.sign(gradient(model, x, y)), 0, 1)

@wrong('fgsm', 'the sign forgotten')
def _(model, x, y, eps): return torch.clamp(x+eps*gradient(model, x, y), 0, 1)

@wrong('fgsm', 'not clamped')
def _(model, x, y, eps): return x+eps*gradient(model, x, y).sign()

@wrong('fgsm', 'the sign forgotten and not clamped')
def _(model, x, y, eps): return x+eps*gradient(model, x, y)

@wrong('fgsm', 'the change clamped, not the image')
def _(model, x, y, eps): return x+torch.clamp(eps*gradient(model, x, y).sign(), 0., 1.)

@wrong('fgsm', 'eps ignored')
def _(model, x, y, eps): return (x+gradient(model, x, y).sign()).clip(0,1)

@wrong('fgsm', 'only the change')
def _(model, x, y, eps): return eps*gradient(model, x, y).sign()

@wrong('fgsm', 'answers instead of labels')
def _(model, x, y, eps): return (x+eps*gradient(model, x, model(x).argmax(1)).sign()).clamp(0,1)

@wrong('fgsm', 'no requires_grad')
def _(model, x, y, eps):
    F.cross_entropy(model(x), y).backward()
    return (x+eps*x.grad.sign()).clamp(0,1)

@wrong('fgsm', 'a leaf changed in place')
def _(model, x, y, eps):
    x = x.clone().requires_grad_()
    F.cross_entropy(model(x), y).backward()
    x += eps*x.grad.sign()
    return x.clamp(0,1)

@wrong('fgsm', 'argument changed in place')
def _(model, x, y, eps):
    g = gradient(model, x, y)
    x += eps*g.sign()
    return x.clamp_(0,1)

def table(probs, targs, n, conf=None, right=None, empty=(0,0,0), last=True, f=lambda c,r: (len(c), c.mean(), r.mean())):
    "A calibration table by loops"
    conf = probs.max(dim=1).values if conf is None else conf
    right = (probs.argmax(dim=1)==targs).float() if right is None else right
    rows = []
    for i in range(n):
        m = (conf>=i/n)&((conf<(i+1)/n) | (last and i==n-1))
        if m.any(): rows.append(f(conf[m], right[m]))
        elif empty: rows.append(empty)
    return rows

@wrong('calibration_table', 'probability of the right class')
def _(probs, targs, n_bins): return table(probs, targs, n_bins, probs.gather(1, targs[:,None])[:,0])

@wrong('calibration_table', 'error rate')
def _(probs, targs, n_bins): return table(probs, targs, n_bins, right=(probs.argmax(1)!=targs).float())

@wrong('calibration_table', 'sums instead of means')
def _(probs, targs, n_bins): return table(probs, targs, n_bins, f=lambda c,r: (len(c), c.sum(), r.sum()))

@wrong('calibration_table', 'shares instead of counts')
def _(probs, targs, n_bins): return table(probs, targs, n_bins, f=lambda c,r: (len(c)/len(probs), c.mean(), r.mean()))

@wrong('calibration_table', 'accuracy before confidence')
def _(probs, targs, n_bins): return table(probs, targs, n_bins, f=lambda c,r: (len(c), r.mean(), c.mean()))

@wrong('calibration_table', 'nan in empty bins')
def _(probs, targs, n_bins):
    conf,pred = probs.max(1)
    bins = (conf*n_bins).long().clamp(0,n_bins-1)
    return torch.stack([torch.stack([(bins==i).sum(), conf[bins==i].mean(), (pred==targs)[bins==i].float().mean()]) for i in range(n_bins)])

@wrong('calibration_table', 'empty bins left out')
def _(probs, targs, n_bins): return table(probs, targs, n_bins, empty=None)

@wrong('calibration_table', 'a confidence of 1 left out')
def _(probs, targs, n_bins): return table(probs, targs, n_bins, last=False)

@wrong('calibration_table', 'bins of equal counts')
def _(probs, targs, n_bins):
    conf,pred = probs.max(1)
    res = []
    for part in torch.tensor_split(conf.argsort(), n_bins):
        c,r = conf[part],(pred==targs)[part].float()
        res.append((len(part), c.mean(), r.mean()) if len(part) else (0,0,0))
    return res

@wrong('calibration_table', 'table transposed')
def _(probs, targs, n_bins): return torch.tensor([[float(v) for v in r] for r in table(probs, targs, n_bins)]).T

@wrong('iou', 'one number for the whole batch')
def _(pred, targ): return (pred*targ).sum()/((pred+targ)>0).sum() if (pred|targ).any() else 1.

@wrong('iou', 'Dice')
def _(pred, targ):
    p,t = pred.float().sum((1,2)),targ.float().sum((1,2))
    return torch.where(p+t>0, 2*(pred.float()*targ.float()).sum((1,2))/(p+t), torch.ones(len(p)))

@wrong('iou', 'the overlap counts twice')
def _(pred, targ):
    p,t = pred.float().sum((1,2)),targ.float().sum((1,2))
    return torch.where(p+t>0, (pred&targ).sum((1,2))/(p+t), torch.ones(len(p)))

@wrong('iou', 'accuracy of the pixels')
def _(pred, targ): return (pred==targ).float().mean((-1,-2))

@wrong('iou', 'nan for two empty masks')
def _(pred, targ):
    both = np.logical_and(pred, targ).numpy().sum((1,2))
    with np.errstate(invalid='ignore'): return both/np.logical_or(pred, targ).numpy().sum((1,2))

@wrong('iou', '0 for two empty masks')
def _(pred, targ): return (pred&targ).sum((1,2))/((pred|targ).sum((1,2))+1e-9)

@wrong('iou', '1 added above and below')
def _(pred, targ): return (1+(pred&targ).sum((1,2)))/(1+(pred|targ).sum((1,2)))

@wrong('iou', 'Dice and nan for two empty masks')
def _(pred, targ): return 2*(pred&targ).sum((1,2))/(pred.sum((1,2))+targ.sum((1,2)))

@wrong('iou', 'an axis too many')
def _(pred, targ):
    p,t = pred.numpy(),targ.numpy()
    either = (p|t).sum(-1)
    return np.where(either>0, (p&t).sum(-1)/np.maximum(either, 1), 1)

# --- two mistakes at once, in the first try

@wrong('mnist_distance', 'differences cancel and one number for the whole batch')
def _(a, b): return (a-b).mean()

@wrong('mnist_distance', 'sum instead of mean and one number for the whole batch')
def _(a, b): return (a-b).abs().sum()

@wrong('mnist_distance', 'differences cancel, sum instead of mean and one number for the whole batch')
def _(a, b): return torch.sum(a-b)

@wrong('mnist_distance', 'differences cancel and sum instead of mean')
def _(a, b): return (a-b).sum((-2,-1))

@wrong('mnist_distance', 'absolute value after the mean and one number for the whole batch')
def _(a, b): return abs((a-b).mean())

@wrong('mnist_distance', 'squares instead of absolute values and one number for the whole batch')
def _(a, b): return ((a-b)*(a-b)).mean()

@wrong('mnist_distance', 'RMSE instead of L1 and one number for the whole batch')
def _(a, b): return ((a-b)**2).mean()**.5

@wrong('mnist_distance', 'mean over one axis only')
def _(a, b): return (a-b).abs().mean(0)

@wrong('rmse_distance', 'MSE called RMSE and one number for the whole batch')
def _(a, b): return F.mse_loss(*torch.broadcast_tensors(a, b))

@wrong('rmse_distance', 'sum instead of mean and one number for the whole batch')
def _(a, b): return torch.linalg.vector_norm(a-b)

@wrong('rmse_distance', 'no square before the root')
def _(a, b): return torch.sqrt((a-b).mean((-1,-2)))

@wrong('rmse_distance', 'no square before the root and one number for the whole batch')
def _(a, b): return (a-b).mean()**.5

@wrong('is_3', 'one number for the whole batch and the other class')
def _(x, m3, m7): return (x-m3).abs().mean() > (x-m7).abs().mean()

@wrong('mse', 'differences cancel and sum instead of mean')
def _(p, t): return (t-p).sum()*-1

@wrong('mse', 'L1 instead of squares and not averaged')
def _(p, t): return abs(p-t)

@wrong('rmse', 'no square before the root')
def _(p, t): return (p-t).mean()**.5

@wrong('rmse', 'MSE called RMSE and sum instead of mean')
def _(p, t): return ((p-t)**2).sum()

@wrong('rmse', 'outside of the domain')
def _(p, t): return math.sqrt((p-t).mean())

@wrong('mnist_loss', 'differences cancel and sum instead of mean')
def _(p, t): return (p.sigmoid()-t.to(p.dtype)).sum()

@wrong('mnist_loss', 'no sigmoid and sum instead of mean')
def _(p, t): return (p-t.to(p.dtype)).abs().sum()

@wrong('batch_accuracy', 'threshold on the wrong scale and count instead of share')
def _(p, t): return ((p>.5)==t.bool()).sum()

@wrong('accuracy', 'argmax over everything and count instead of share')
def _(a, t): return (torch.argmax(a)==t).sum()

@wrong('accuracy', 'error rate and count instead of share')
def _(a, t): return sum(int(i!=j) for i,j in zip(a.argmax(1), t))

@wrong('cross_entropy', 'no softmax and sign')
def _(a, t): return a[torch.arange(len(t)),t].mean()

@wrong('cross_entropy', 'sign and sum instead of mean')
def _(a, t): return a.log_softmax(1).gather(1, t[:,None]).sum()

@wrong('sgd_step', 'uphill and learning rate ignored')
@torch.no_grad()
def _(params, lr):
    for p in params:
        if p.grad is not None: p.add_(p.grad)

@wrong('linear1', 'element by element and bias forgotten')
def _(x, w, b): return x*w.T

# --- where a number is not finite, and why

@wrong('mse', 'root of a negative number')
def _(p, t): return (torch.sqrt(p-t)**2).mean()

@wrong('mse', 'root of a negative number')
def _(p, t): return float((p-t).mean())**.5

@wrong('sigmoid', 'logarithm of 0 or less')
def _(x): return torch.log(x)/2

@wrong('mse', 'exponential too large')
def _(p, t): return ((p-t)**2).exp().log().mean()

@wrong('accuracy', 'mean of nothing')
def _(a, t): return (a.argmax(1)==t)[len(t):].float().mean()
