# Callbacks of one's own: events, exceptions that cancel, columns of the table, callbacks for a while
from mnist_from_scratch.all import *

path = Path()
def item(f): return tensor(Image.open(f)).float().view(-1)/255,tensor(int(f.parent.name))
def items(part): return [item(o) for o in sorted((path/part).glob('*/*.png'))]
dls = DataLoaders(DataLoader(items('train'), bs=32), DataLoader(items('valid'), bs=50), device=torch.device('cpu'))
class Flatter(Callback):
    "Changes inputs and targets, and looks at the rest"
    order = 5
    def before_fit(self): self.seen,self.rates = [],[]
    def before_batch(self): self.learn.xb = (self.x*.9,); self.seen.append((self.training,self.epoch,self.iter,len(self.yb[0])))
    def after_pred(self): self.learn.pred = self.pred*1.1
    def after_step(self): self.rates.append(self.opt.hypers[-1]['lr'])
class ShortTraining(Callback):
    def after_batch(self):
        if self.training and self.iter>=3: raise CancelTrainException()
    def after_epoch(self):
        if self.epoch==1: raise CancelFitException()
class Extra(Callback):
    order = 55
    def before_fit(self): self.recorder.metric_names.insert(-1, 'twice')
    def after_validate(self): self.recorder.log.append(2*self.epoch)
set_seed(4)
learn = Learner(dls, nn.Linear(784,10), loss_func=F.cross_entropy, opt_func=SGD, metrics=accuracy, cbs=Flatter)
learn.fit(2, .1)
seen,rates = learn.flatter.seen,learn.flatter.rates
with learn.no_logging(), learn.added_cbs(ShortTraining()): learn.fit(4, .1)
short = len(learn.recorder.losses),len(learn.recorder.values)
with learn.removed_cbs(learn.flatter): learn.fit(1, .1, cbs=ShortEpochCallback(.5))
learn.remove_cb(Flatter).add_cb(Extra())
learn.fit(2, .1, cbs=[CollectDataCallback(),before_batch_cb(lambda cb, xb, yb: (xb,yb))])
learn.show_training_loop()
result = [seen, rates, short, list(learn.recorder.metric_names), list(learn.recorder.values[-1]), list(learn.recorder.log[:-1]),
          list(learn.validate())[:2], float(learn.smooth_loss),
          [type(o).__name__ for o in learn.ordered_cbs('after_validate') if type(o).__name__ in ('Recorder','Extra')]]
