"The sources' own calls, one after the other, with `from mnist_from_scratch.all import *` in place of fastai's import."
import matplotlib; matplotlib.use('Agg')
import pytest

ns = {}
exec('from mnist_from_scratch.all import *', ns)

@pytest.fixture(scope='module')
def nb(tmp_path_factory):
    "A namespace as a notebook has it after the first cells, on the bundled digits in a cache of its own"
    mp = pytest.MonkeyPatch()
    mp.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache'))); mp.setenv('MNIST_FROM_SCRATCH_DATA', 'digits')
    g = dict(ns)
    exec('''
path = untar_data(URLs.MNIST_SAMPLE)
Path.BASE_PATH = path
threes,sevens = (path/'train'/'3').ls().sorted(),(path/'train'/'7').ls().sorted()
im3 = Image.open(threes[1])
def stack(files): return torch.stack([tensor(Image.open(o)) for o in files]).float()/255
stacked_threes,stacked_sevens = stack(threes),stack(sevens)
valid_3_tens,valid_7_tens = stack((path/'valid'/'3').ls()),stack((path/'valid'/'7').ls())
train_x = torch.cat([stacked_threes, stacked_sevens]).view(-1, 28*28)
train_y = tensor([1]*len(threes) + [0]*len(sevens)).unsqueeze(1)
valid_x = torch.cat([valid_3_tens, valid_7_tens]).view(-1, 28*28)
valid_y = tensor([1]*len(valid_3_tens) + [0]*len(valid_7_tens)).unsqueeze(1)
dset,valid_dset = list(zip(train_x,train_y)),list(zip(valid_x,valid_y))
dl,valid_dl = DataLoader(dset, batch_size=16),DataLoader(valid_dset, batch_size=16)
dls = DataLoaders(dl, valid_dl)
''', g)
    yield g
    g['Path'].BASE_PATH = None
    matplotlib.pyplot.close('all'); mp.undo()

def run(code, g):
    exec(code, g)
    return g.get('res')

def test_digits_on_disk(nb):
    assert run("res = sorted(o.name for o in path.ls())", nb) == ['labels.csv','train','valid']
    assert run("res = [repr(o) for o in (path/'train').ls().sorted()]", nb) == ["Path('train/3')","Path('train/7')"]
    assert run("res = array(im3)[4:10,4:10].shape, tensor(im3)[4:10,4:10].shape, im3.size", nb) == ((6,6),(6,6),(28,28))
    assert run("res = type(array(im3)), tensor(im3).dtype", nb) == (nb['np'].ndarray, nb['torch'].uint8)

def test_images(nb):
    run("im3_t = tensor(im3); df = pd.DataFrame(im3_t[4:15,4:22]); res = "
        "df.style.set_properties(**{'font-size':'6pt'}).background_gradient('Greys')", nb)
    run("ax = show_image(im3_t); _,ax2 = plt.subplots(); res = show_image(im3_t, ax=ax2, figsize=(5,5), cmap='Greys') is ax2", nb)
    assert nb['res']
    run("matplotlib.rc('image', cmap='Greys'); show_image(stacked_threes.mean(0)); res = to_np(tensor(1.,2.))", nb)
    assert nb['res'].tolist()==[1,2]

def test_tensors(nb):
    assert run("res = tensor(1,2,3)", nb).tolist()==[1,2,3]
    assert run("res = tensor([[1,2],[3,4]])*1.5", nb).tolist()==[[1.5,3],[4.5,6]]

def test_baseline(nb):
    assert run("mean3,mean7 = stacked_threes.mean(0),stacked_sevens.mean(0); res = mnist_distance(stacked_threes[1], mean3)", nb).shape==()
    assert run("res = F.l1_loss(stacked_threes[1],mean7), F.mse_loss(stacked_threes[1],mean7).sqrt()", nb)[0] > 0
    assert run("res = is_3(valid_3_tens, mean3, mean7).float().mean()", nb) > .8

def test_plots(nb):
    assert run("res = plot_function(torch.sigmoid, title='Sigmoid', min=-4, max=4).get_title()", nb)=='Sigmoid'
    assert run("res = plot_function(lambda x: x**2, 'x', 'x**2'); res = res.get_xlabel(), res.get_ylabel()", nb)==('x','x**2')
    ax = run("""res = gv('''
init->predict->loss->gradient->step->stop
step->predict[label=repeat]
''')""", nb)
    assert {'init','predict','loss','gradient','step','stop','repeat'} <= {o.get_text() for o in ax.texts}

def test_loaders(nb):
    assert run("dl3 = DataLoader(range(15), batch_size=5, shuffle=True); res = list(dl3)", nb)[0].shape==(5,)
    assert sorted(sum((b.tolist() for b in nb['res']), []))==list(range(15))
    x,y = run("ds = L(enumerate(string.ascii_lowercase)); res = first(DataLoader(ds, batch_size=6, shuffle=True))", nb)
    assert len(x)==6 and type(y) is tuple and [ord(o)-97 for o in y]==x.tolist()
    assert run("res = first(DataLoader(list('abcd'), batch_size=3))", nb)==('a','b','c')
    xb,yb = run("xb,yb = first(dl); res = xb,yb", nb)
    assert xb.shape==(16,784) and yb.shape==(16,1)
    assert [o.shape for o in run("res = dls.one_batch()", nb)]==[(16,784),(16,1)]

def test_by_hand(nb):
    run('''
torch.manual_seed(1)
weights = init_params((28*28,1)); bias = init_params(1); small = init_params((3,2), std=.1)
def model(xb): return xb@weights + bias
res = mat_mul(train_x[:2], weights)
assert torch.allclose(res, train_x[:2]@weights, atol=1e-3)
opt = BasicOptim([weights,bias], 1.)
mnist_loss(model(train_x[:4]), train_y[:4]).backward()
before = weights.detach().clone()
opt.step(); opt.zero_grad()
res = (before!=weights).any().item() and weights.grad is None
''', nb)
    assert nb['res'] is True
    assert run("linear_model = nn.Linear(28*28,1); opt = SGD(linear_model.parameters(), 1.); res = train_model(linear_model, 2, dl, "
               "valid_dl, opt)", nb)[-1] > .4

def test_learner(nb):
    run("learn = Learner(dls, nn.Linear(28*28,1), opt_func=SGD, loss_func=mnist_loss, metrics=batch_accuracy); learn.fit(10, lr=.1)", nb)
    assert run("res = learn.recorder.values[-1][2]", nb) > .9
    assert len(run("res = L(learn.recorder.values).itemgot(2)", nb))==10
    p,t = run("x,y = dls.one_batch(); res = learn.get_preds(dl=[(x, y)])", nb)
    assert p.shape==(16,1) and t.tolist()==nb['y'].tolist()
    run("simple_net = nn.Sequential(nn.Linear(28*28,30), nn.ReLU(), nn.Linear(30,1)); learn = Learner(dls, simple_net, opt_func=SGD, "
        "loss_func=mnist_loss, metrics=batch_accuracy); learn.fit(2, 0.1); learn.fit_one_cycle(1, 0.1); learn.fine_tune(1, 0.1)", nb)
    assert run("w,b = learn.model[0].parameters(); res = w[0].view(28,28)", nb).shape==(28,28)

def test_going_deeper(nb):
    run("dls = ImageDataLoaders.from_folder(path); learn = cnn_learner(dls, resnet18, pretrained=False, loss_func=F.cross_entropy, "
        "metrics=accuracy); learn.fit_one_cycle(1, 0.1)", nb)
    assert len(run("res = learn.recorder.values[-1]", nb))==3
    assert run("res = dls.vocab, dls.c, dls.one_batch()[0].shape", nb)==(['3','7'], 2, (64,3,28,28))

def test_names(nb):
    for o in 'torch nn F np pd plt matplotlib string Image partial Path L first'.split(): assert o in nb
