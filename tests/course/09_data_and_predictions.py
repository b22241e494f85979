# Datasets and loaders of one's own, predictions in all their forms
from mnist_from_scratch.all import *

path = Path()
class Pictures:
    def __init__(self, part): self.files = sorted((path/part).glob('*/*.png')); self.vocab = list('0123456789'); self.c = 10
    def __len__(self): return len(self.files)
    def __getitem__(self, i): return tensor(Image.open(self.files[i])).float().view(-1)/255,tensor(int(self.files[i].parent.name))
class Weighted(DataLoader):
    def get_idxs(self): return [i for i in super().get_idxs() if i%3]
    def __len__(self): return len(list(range(0, len(self.get_idxs()), self.bs)))
train,valid = Pictures('train'),Pictures('valid')
def brighter(b): return b[0]*1.2,b[1]
def bolder(item): return item[0].sqrt(),item[1]
dls = DataLoaders(Weighted(train, bs=32, after_item=bolder, after_batch=brighter), DataLoader(valid, bs=50, after_item=bolder),
                  device=torch.device('cpu'))
dls.n_inp = 1
set_seed(6)
learn = Learner(dls, nn.Linear(784,dls.c), loss_func=CrossEntropyLossFlat(), metrics=[accuracy,top_k_accuracy], lr=.01)
learn.fit(2)
values = [list(o) for o in learn.recorder.values]
preds,targs = learn.get_preds()
inp,p,t,dec,loss = learn.get_preds(ds_idx=1, with_input=True, with_decoded=True, with_loss=True)
worst = loss.argsort(descending=True)[:5]
raw = learn.get_preds(dl=dls.valid.new(bs=20), act=noop)[0]
none = learn.get_preds(with_preds=False)
with learn.validation_context(): learn._do_epoch_validate(1)
result = [preds, targs, dec, loss, worst, raw, none[0] is None, list(learn.validate()), list(learn.validate(dl=dls.train)), dls.vocab,
          dls.bs, values, fa_collate([valid[0],valid[1]]), fa_convert((1,[2.])), accuracy(preds, targs).item()]
