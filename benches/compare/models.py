"""The models and their data, defined once, with Keras.

Each model is saved as a compiled `.keras` file. All programs read this file, so they start from the same weights.
"""

from dataclasses import dataclass
from typing import Callable

import keras
import numpy as np
from keras import layers

CLASSES = 10
SEED = 7

# So much of each sample says its class, and so many labels are wrong: the loss falls, but not to 0, where no two
# programs agree.
SIGNAL = 0.4
WRONG_LABELS = 0.2


@dataclass(frozen=True)
class Model:
    build: Callable
    """Makes the model, which ends in a softmax over the classes."""

    data: Callable
    """Makes `samples` inputs for labels: called with a generator and the labels."""

    samples: int


def floats(*shape, coarse=None):
    """Noise around one pattern for each class. Images have patterns of coarse pixels, which convolutions see."""

    def make(rng, labels):
        patterns = rng.integers(-1, 2, (CLASSES, *(coarse or shape))).astype("float32")
        for axis in range(1, len(shape) + 1) if coarse else []:
            patterns = patterns.repeat(shape[axis - 1] // coarse[axis - 1], axis)
        x = rng.standard_normal((len(labels), *shape), dtype="float32")
        return (1 - SIGNAL) * x + SIGNAL * patterns[labels]

    return make


def tokens(length, vocabulary):
    """Ids, some of them typical of the class; the last ones are padding of different lengths, the id 0."""

    def make(rng, labels):
        x = rng.integers(1, vocabulary, (len(labels), length))
        typical = 1 + labels[:, None] * 10 + rng.integers(0, 10, x.shape)
        x = np.where(rng.random(x.shape) < SIGNAL, typical, x)
        lengths = rng.integers(length // 2, length + 1, len(labels))
        return np.where(np.arange(length) < lengths[:, None], x, 0).astype("int32")

    return make


def mlp(width):
    hidden = [layers.Dense(width, activation="relu") for _ in range(3)]
    return keras.Sequential([keras.Input((784,)), *hidden, layers.Dense(CLASSES, activation="softmax")])


def cnn():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def resnet():
    """A ResNet-20 for images of 32 × 32: three stages of three blocks."""

    def convolved(x, filters, size=3, strides=1):
        x = layers.Conv2D(filters, size, strides=strides, padding="same")(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(convolved(inputs, 16))
    for filters, first_strides in [(16, 1), (32, 2), (64, 2)]:
        for strides in [first_strides, 1, 1]:
            shortcut = convolved(x, filters, 1, strides) if strides > 1 else x
            y = layers.ReLU()(convolved(x, filters, 3, strides))
            x = layers.ReLU()(layers.Add()([shortcut, convolved(y, filters)]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))


def mobilenet():
    return keras.applications.MobileNetV2((96, 96, 3), weights=None, classes=CLASSES)


def lstm():
    return keras.Sequential(
        [keras.Input((200, 32)), layers.LSTM(64), layers.Dense(CLASSES, activation="softmax")],
    )


def recurrent(layer):
    """A classifier of padded texts, whose padding is masked."""
    return keras.Sequential(
        [
            keras.Input((100,), dtype="int32"),
            layers.Embedding(5_000, 64, mask_zero=True),
            layer,
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def transformer():
    inputs = keras.Input((128,), dtype="int32")
    x = layers.Embedding(5_000, 64)(inputs)
    for _ in range(2):
        attended = layers.MultiHeadAttention(4, 16)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, attended]))
        y = layers.Dense(128, activation="relu")(x)
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(64)(y)]))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))


def embedding():
    return keras.Sequential(
        [
            keras.Input((200,), dtype="int32"),
            layers.Embedding(20_000, 64),
            layers.GlobalAveragePooling1D(),
            layers.Dense(16, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


MODELS = {
    "mlp": Model(lambda: mlp(128), floats(784), 12_288),
    "mlp-wide": Model(lambda: mlp(1024), floats(784), 4_096),
    "cnn": Model(cnn, floats(28, 28, 1, coarse=(4, 4, 1)), 2_048),
    "resnet": Model(resnet, floats(32, 32, 3, coarse=(4, 4, 3)), 512),
    "mobilenet": Model(mobilenet, floats(96, 96, 3, coarse=(4, 4, 3)), 128),
    "lstm": Model(lstm, floats(200, 32, coarse=(1, 32)), 512),
    "gru-masked": Model(lambda: recurrent(layers.GRU(64)), tokens(100, 5_000), 512),
    "bilstm-masked": Model(lambda: recurrent(layers.Bidirectional(layers.LSTM(64))), tokens(100, 5_000), 512),
    "transformer": Model(transformer, tokens(128, 5_000), 512),
    "embedding": Model(embedding, tokens(200, 20_000), 4_096),
}
# For `--growth`.
MODELS |= {f"mlp-width-{2**n}": Model(lambda n=n: mlp(2**n), floats(784), 1_024) for n in range(6, 12)}


def settle(model, x):
    """Gives normalizations the statistics of the samples, as after training. Otherwise the signal of a deep network
    fades, and it predicts the same for everything: no prediction could be told from a wrong one."""
    normalizations = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalizations]
    for layer in normalizations:
        layer.momentum = 0.0
    if normalizations:
        model(x, training=True)
    for layer, momentum in zip(normalizations, momenta):
        layer.momentum = momentum


def write(folder, name):
    """Writes the model and its data. Returns what a job says of them."""
    keras.utils.set_random_seed(SEED)
    case = MODELS[name]
    model = case.build()
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(SEED)
    classes = rng.integers(0, CLASSES, case.samples).astype("int32")
    x = case.data(rng, classes)
    settle(model, x[:64])
    path = folder / f"{name}.keras"
    model.save(path)
    y = np.where(rng.random(case.samples) < WRONG_LABELS, rng.integers(0, CLASSES, case.samples), classes)
    arrays = {"x": x, "y": y.astype("int32")}
    job = {"model": str(path)}
    for array, values in arrays.items():
        file = folder / f"{name}.{array}"
        values.tofile(file)
        job[array] = {"file": str(file), "dtype": str(values.dtype), "shape": list(values.shape)}
    return job
