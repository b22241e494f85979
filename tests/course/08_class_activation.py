# Hooks: class activation maps, by outputs and by gradients
from mnist_from_scratch.all import *

path = Path()
def item(f): return tensor(Image.open(f)).float()[None]/255,tensor(int(f.parent.name))
def items(part): return [item(o) for o in sorted((path/part).glob('*/*.png'))]
dls = DataLoaders(DataLoader(items('train'), bs=32), DataLoader(items('valid'), bs=50), device=torch.device('cpu'))
set_seed(5)
body = nn.Sequential(nn.Conv2d(1,8,3,2), nn.ReLU(), nn.Conv2d(8,16,3,2), nn.ReLU())
learn = Learner(dls, nn.Sequential(body, nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16,10))),
                loss_func=CrossEntropyLossFlat(), metrics=accuracy)
learn.fit_one_cycle(3, .01)
x,y = dls.valid.one_batch()
class Keep:
    def hook_func(self, m, i, o): self.stored = o.detach().clone()
keep = Keep()
handle = learn.model[0].register_forward_hook(keep.hook_func)
with torch.no_grad(): output = learn.model.eval()(x)
handle.remove()
cam = torch.einsum('ck,kij->cij', learn.model[1][-1].weight, keep.stored[0])
with hook_output(learn.model[0]) as hook:
    with hook_output(learn.model[0], grad=True) as hookg:
        output = learn.model.eval()(x)
        output[0,y[0]].backward()
w = hookg.stored[0][0].mean(dim=[1,2], keepdim=True)
with Hooks([learn.model[0][0],learn.model[0][2]], lambda m, i, o: o.std().item()) as hooks: learn.model(x)
result = [cam.detach(), hook.stored, (w*hook.stored[0]).sum(0), list(hooks.stored), list(learn.recorder.values[-1])]
