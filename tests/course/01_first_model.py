# A net for folders of pictures: look at a batch, train, show results, predict, save, load
from mnist_from_scratch.all import *

path = Path()
set_seed(42)
dls = ImageDataLoaders.from_folder(path, train='train', valid='valid', bs=32, num_workers=0)
dls.show_batch(max_n=4, nrows=1)
xb,yb = dls.one_batch()
learn = vision_learner(dls, resnet18, pretrained=False, metrics=error_rate)
learn.fine_tune(1, freeze_epochs=1)
learn.show_results(max_n=4)
file = (path/'valid'/'3').ls().sorted()[0]
word,number,probs = learn.predict(file)
learn.save('first')
again = vision_learner(dls, resnet18, pretrained=False, metrics=error_rate).load('first')
with again.no_bar(): word2,number2,probs2 = again.predict(file)
result = [list(dls.vocab), dls.c, dls.bs, len(dls.train_ds), len(dls.valid_ds), tuple(xb.shape), tuple(yb.shape), str(yb.dtype),
          len(learn.recorder.values), list(learn.recorder.metric_names), word in dls.vocab, probs.shape[0], abs(probs.sum().item()-1)<1e-4,
          word2==word, (probs2-probs).abs().max().item()<1e-4, dls.vocab[int(number)]==word]
