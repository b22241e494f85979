# Pixels in tensors, a loss and a metric of one's own, a linear model, then a simple net
from mnist_from_scratch.all import *

path = Path()
threes,sevens = (torch.stack([tensor(Image.open(o)) for o in (path/'train'/d).ls().sorted()]).float()/255 for d in '37')
valid_3,valid_7 = (torch.stack([tensor(Image.open(o)) for o in (path/'valid'/d).ls().sorted()]).float()/255 for d in '37')
def rows(a, b): return torch.cat([a,b]).view(-1, 28*28),tensor([1]*len(a)+[0]*len(b)).unsqueeze(1)
dset,valid_dset = (list(zip(*rows(a, b))) for a,b in ((threes,sevens),(valid_3,valid_7)))
dls = DataLoaders(DataLoader(dset, batch_size=64), DataLoader(valid_dset, batch_size=64))
def mnist_loss(predictions, targets):
    predictions = predictions.sigmoid()
    return torch.where(targets==1, 1-predictions, predictions).mean()
def batch_accuracy(xb, yb): return ((xb.sigmoid()>0.5)==yb).float().mean()
set_seed(0)
learn = Learner(dls, nn.Linear(28*28,1), opt_func=SGD, loss_func=mnist_loss, metrics=batch_accuracy)
learn.fit(5, lr=1.)
set_seed(1)
simple_net = nn.Sequential(nn.Linear(28*28,30), nn.ReLU(), nn.Linear(30,1))
net = Learner(dls, simple_net, opt_func=SGD, loss_func=mnist_loss, metrics=batch_accuracy)
net.fit(5, 0.1)
plt.plot(L(net.recorder.values).itemgot(2))
result = [list(L(l.recorder.values).itemgot(i)) for l in (learn,net) for i in range(3)]+[threes.mean(0), show_image(threes[0]).get_title()]
