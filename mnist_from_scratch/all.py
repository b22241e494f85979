"One import for a notebook: the whole library, and what the chapters use beside it. As `fastai.vision.all` is for fastai."
import string
from functools import partial
from pathlib import Path

import matplotlib, matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from fastcore.basics import first, patch, store_attr
from fastcore.foundation import L
from PIL import Image
from torch import nn

from .core import *
