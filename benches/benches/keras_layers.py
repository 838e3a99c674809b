"""The Keras side of the `layers` benchmark: reads "case what" lines, answers each with the seconds of one run.

    KERAS_BACKEND=jax python keras_layers.py        (or tensorflow)

Both of `predict_on_batch` and `train_on_batch` go from host arrays to host arrays and are compiled; the first runs of a
case, which compile, are not counted.
"""

import os
import sys
import time

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

LAYERS = keras.layers


def image(size, channels):
    return np.random.default_rng(1).random((32, size, size, channels), dtype="float32")


def sequence(batch, steps, features):
    return np.random.default_rng(1).random((batch, steps, features), dtype="float32")


def attention():
    x = keras.Input((64, 128))
    return keras.Model(x, LAYERS.MultiHeadAttention(8, 16)(x, x))


def one(layer, shape):
    return keras.Sequential([keras.Input(shape), layer])


# The same cases, with the same sizes, as in layers.rs.
CASES = {
    "Conv2D": lambda: (one(LAYERS.Conv2D(64, 3, padding="same", activation="relu"), (32, 32, 32)), image(32, 32)),
    "DepthwiseConv2D": lambda: (one(LAYERS.DepthwiseConv2D(3, padding="same"), (32, 32, 64)), image(32, 64)),
    "LSTM": lambda: (one(LAYERS.LSTM(128), (100, 64)), sequence(32, 100, 64)),
    "GRU": lambda: (one(LAYERS.GRU(128), (100, 64)), sequence(32, 100, 64)),
    "MultiHeadAttention": lambda: (attention(), sequence(16, 64, 128)),
    "BatchNormalization": lambda: (one(LAYERS.BatchNormalization(), (32, 32, 64)), image(32, 64)),
    "Embedding": lambda: (
        one(LAYERS.Embedding(20_000, 128), (200,)),
        np.random.default_rng(1).integers(0, 20_000, (64, 200)).astype("float32"),
    ),
}


def main():
    print(f"keras {keras.__version__} {keras.backend.backend()}", flush=True)
    ready = {}
    for line in sys.stdin:
        case, what = line.split()
        if case not in ready:
            model, x = CASES[case]()
            model.compile("sgd", "mse")
            y = np.zeros(model.predict_on_batch(x).shape, "float32")
            ready[case] = (model, x, y)
        model, x, y = ready[case]
        run = (lambda: model.predict_on_batch(x)) if what == "forward" else (lambda: model.train_on_batch(x, y))
        if (case, what) not in ready:
            ready[case, what] = run(), run()
        start = time.perf_counter()
        np.asarray(run())
        print(time.perf_counter() - start, flush=True)


main()
