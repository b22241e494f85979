"Data for the tests: MNIST where there is one, and the bundled digits."
import os

import pytest
from mnist_from_scratch.core import MnistError
from mnist_from_scratch.datasets import load_digits

@pytest.fixture(scope='session')
def mnist():
    "`(train, valid)` of MNIST; skips where there is none, and fails where `MNIST_FROM_SCRATCH_DATA` promises one"
    try: return load_digits('mnist')
    except MnistError as e:
        if os.environ.get('MNIST_FROM_SCRATCH_DATA', 'digits')!='digits': raise
        pytest.skip(f'no MNIST here: {e}')

@pytest.fixture(scope='session')
def digits():
    "`(train, valid)` of the bundled digits"
    return load_digits('digits')
