# What keeps a long run in order: the best model, a stop, lower rates, logs, save and load
from mnist_from_scratch.all import *

path = Path()
def item(f): return tensor(Image.open(f)).float().view(-1)/255,tensor(int(f.parent.name))
def items(part): return [item(o) for o in sorted((path/part).glob('*/*.png'))]
dls = DataLoaders(DataLoader(items('train'), bs=32), DataLoader(items('valid'), bs=50), device=torch.device('cpu'), path=path)
def learner():
    set_seed(7)
    net = nn.Sequential(nn.Linear(784,30), nn.BatchNorm1d(30), nn.ReLU(), nn.Linear(30,10))
    return Learner(dls, net, loss_func=CrossEntropyLossFlat(), opt_func=SGD, metrics=accuracy, model_dir='models')
learn = learner()
learn.fit(3, .1, cbs=[SaveModelCallback(monitor='accuracy', fname='best'), CSVLogger(), TerminateOnNaNCallback()])
values = [list(o) for o in learn.recorder.values]
log = pd.read_csv(learn.path/'history.csv')
best = list(learn.validate())
stopped = learner()
stopped.fit(9, .1, cbs=[EarlyStoppingCallback(monitor='valid_loss', min_delta=.3, patience=2), ReduceLROnPlateau(min_delta=.3)])
learn.save('end')
other = learner().load('end')
with other.no_bar(): again = list(other.validate())
other.freeze_to(-1)
other.fit(1, cbs=BnFreeze, start_epoch=0)
other.load('best', with_opt=False)
tracked,best_of_two = learner(),TrackerCallback(monitor='accuracy')
tracked.fit(2, .1, wd=.1, cbs=best_of_two)
result = [list(log.columns), log.iloc[:,:-1].values, best, len(stopped.recorder.values), stopped.opt.hypers[-1]['lr'], again,
          list(other.validate()), best_of_two.best, values]
