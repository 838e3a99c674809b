"""Makes `fixtures/same_run.json`: whole runs of `fit` on MNIST after `set_random_seed(42)`.

    python make_same_run_fixtures.py

A run is {"name", "samples", "epochs", "batch_size", "history", "itself"}. It trains on the first "samples" images, and
validates on the test images; the history has the loss and the accuracy of both after each epoch. Each model runs on a
fifth of the images, so that the tests of a debug build can repeat it, and on all of them, as `cargo bench -p benches --bench
same_run` does. The models are those of `tests/same_run/runs.rs`.

Training is chaotic: where a value of a ReLU comes to lie on the other side of 0 by rounding, a sample gets another gradient,
and Adam divides small gradients by small numbers. "itself" says how far Keras comes from itself: it is the largest
difference of a loss and of an accuracy in runs that begin with one of the weights changed by the smallest possible step:
a weight of each of several units, since runs differ in how far they drift.
"""

import gzip
import pathlib

from make_fixtures import keras, np, write

from keras import layers

MNIST = pathlib.Path(__file__).parents[2] / "data" / "mnist"
EPOCHS, BATCH_SIZE = 3, 128
PART, ALL = 12_000, 60_000
# The first units or filters whose weights are changed. A run of the convnet takes a minute, so it has two.
NUDGED = (3, 11, 20, 37, 53, 70, 90, 110)
NUDGED_FILTERS = NUDGED[:2]


def idx(name, header):
    """The bytes of one of MNIST's files, without the header."""
    return np.frombuffer(gzip.decompress((MNIST / name).read_bytes()), np.uint8, offset=header)


def images(name):
    return idx(f"{name}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)


def labels(name):
    return idx(f"{name}-labels-idx1-ubyte.gz", 8)


def article():
    """Three hidden layers of 128 units."""
    hidden = [layers.Dense(128, activation="relu") for _ in range(3)]
    head = [keras.Input((28, 28)), layers.Flatten(), layers.Rescaling(1.0 / 255.0)]
    return keras.Sequential(head + hidden + [layers.Dense(10, activation="softmax")])


def convnet():
    """Two convolutions, and dropout before the last layer."""
    return keras.Sequential([
        keras.Input((28, 28)),
        layers.Reshape((28, 28, 1)),
        layers.Rescaling(1.0 / 255.0),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def history(model, optimizer, samples, nudged=None):
    """The history of a run; `nudged` is the unit whose first kernel starts with a weight that is one step larger."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(42)
    model = model()
    if nudged is not None:
        weights = model.get_weights()
        kernel = weights[0].reshape(-1, weights[0].shape[-1])
        middle = len(kernel) * 29 // 56  # of 28 x 28 pixels, which are not always 0 there
        kernel[middle, nudged] = np.nextafter(kernel[middle, nudged], np.float32(9))
        model.set_weights([kernel.reshape(weights[0].shape)] + weights[1:])
    model.compile(optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    train, test = ((images(of), labels(of)) for of in ("train", "t10k"))
    x, y = (part[:samples] for part in train)
    return model.fit(x, y, epochs=EPOCHS, batch_size=BATCH_SIZE, validation_data=test, verbose=0).history


def run(name, model, optimizer, nudged, samples):
    expected = history(model, optimizer, samples)
    itself = {"loss": 0.0, "accuracy": 0.0}
    for unit in nudged:
        for key, values in history(model, optimizer, samples, unit).items():
            kind = key.removeprefix("val_")
            itself[kind] = max(itself[kind], *(abs(a - b) for a, b in zip(values, expected[key])))
    return {
        "name": name, "samples": samples, "epochs": EPOCHS, "batch_size": BATCH_SIZE, "history": expected,
        "itself": itself,
    }  # fmt: skip


MODELS = [
    ("article, SGD", article, keras.optimizers.SGD, NUDGED),
    ("article, Adam", article, keras.optimizers.Adam, NUDGED),
    ("convnet, Adam", convnet, keras.optimizers.Adam, NUDGED_FILTERS),
]

if __name__ == "__main__":
    write("same_run", [run(*model, samples) for model in MODELS for samples in (PART, ALL)])
