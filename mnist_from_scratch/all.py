"One import for a notebook: the whole library, and what the chapters use beside it. As `fastai.vision.all` is for fastai."
import math, random, re, string
from functools import partial
from pathlib import Path

import matplotlib, matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from fastcore.basics import first, listify, noop, patch, range_of, store_attr
from fastcore.foundation import L
from fastcore.test import test_close, test_eq, test_fail
from PIL import Image
from torch import nn, Tensor

from .base.core import *
from .base.files import *
from .base.state import *
from .base.timing import *
from .base.gradients import *
from .base.statistics import *
from .base.moving import *
from .data.images import *
from .data.sets import *
from .data.idx import *
from .data.table import *
from .data.folders import *
from .data.download import *
from .data.digits import *
from .pixels import *
from .baseline import *
from .gradient_descent import *
from .losses import *
from .minibatches import *
from .training_loop import *
from .optimizers import *
from .metrics import *
from .learner import *
from .schedules import *
from .neural_net import *
from .softmax import *
from .engine.loaders import *
from .engine.image_folders import *
from .engine.running import *
from .engine.inference import *
from .engine.model_files import *
from .engine.tracking import *
from .engine.precision import *
from .engine.checkpoint import *
from .engine.activations import *
from .engine.export import *
from .engine.torch_optim import *
from .engine.scheduling import *
from .backprop import *
from .convnet import *
from .resnet import *
from .interpret import *
from .overfitting import *
