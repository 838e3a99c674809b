"""Makes `fixtures/toolkit.json`: options of `fit` and hooks of `predict` at their edges.

Run as `make_fixtures.py`, whose conventions hold here too:

    python make_toolkit_fixtures.py

The model is a `Dense` layer with a softmax, with the weights "initial_weights", on "x" and "y"; its metric has a value for
each class. "runs" are calls of `fit` after `set_random_seed(5)`: "epoch" and "history" as Keras returns them, "final_weights",
and "csv", what `CSVLogger` has written. "predict" is what `predict` returns when a callback stops it after the second batch of
4, and the shapes of the outputs that the callback got. "averages" are the "outputs" of `predict` with `SwapEMAWeights`, after
three calls of `train_on_batch`, and "own" those without it.
"""

import tempfile
from pathlib import Path

from make_fixtures import keras, normal, np, tensor, write
from keras import callbacks, layers, losses, metrics, optimizers

rng = np.random.RandomState(3)
X = normal(rng, (10, 2))
Y = np.eye(3, dtype="float32")[rng.randint(0, 3, 10)]
WEIGHTS = [normal(rng, (2, 3)), normal(rng, (3,))]


def compiled(optimizer=None):
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3, activation="softmax")])
    loss = losses.CategoricalCrossentropy()
    model.compile(optimizer or optimizers.SGD(0.5), loss, metrics=[metrics.F1Score(average=None)])
    model.set_weights(WEIGHTS)
    return model


def run(name, times=1, **options):
    model = compiled()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.csv"
        for _ in range(times):
            logger = callbacks.CSVLogger(log)
            history = model.fit(X, Y, batch_size=4, verbose=0, callbacks=[logger], **options)
        csv = log.read_bytes().decode()
    return {
        "name": name,
        "epoch": history.epoch,
        "history": {key: [np.asarray(one).tolist() for one in values] for key, values in history.history.items()},
        "final_weights": [tensor(weight) for weight in model.get_weights()],
        "csv": csv,
    }


def runs():
    yield run("samples in order", epochs=2, shuffle=False)
    yield run("samples shuffled in their batches", epochs=2, shuffle="batch")
    yield run("shuffled in their batches again", times=2, epochs=1, shuffle="batch")
    yield run("no epochs", epochs=0)
    yield run("no epochs left", epochs=2, initial_epoch=2)
    yield run("an initial epoch behind the last", epochs=2, initial_epoch=5)
    yield run("nothing held out", epochs=2, shuffle=False, validation_split=0.0)
    yield run("validation data", epochs=2, shuffle=False, validation_data=(X[:4], Y[:4]))
    yield run("data beside a split", epochs=2, shuffle=False, validation_split=0.3, validation_data=(X[:4], Y[:4]))


class Stop(callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.shapes = []

    def on_predict_batch_end(self, batch, logs=None):
        self.shapes.append(list(logs["outputs"].shape))
        self.model.stop_predicting = batch == 1


def predict():
    model, stop = compiled(), Stop()
    outputs = model.predict(X, batch_size=4, verbose=0, callbacks=[stop])
    return {"outputs": tensor(outputs), "shapes": stop.shapes}


def averages():
    model = compiled(optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5))
    for start in (0, 4, 8):
        model.train_on_batch(X[start : start + 4], Y[start : start + 4])
    own = model.predict(X, verbose=0)
    outputs = model.predict(X, verbose=0, callbacks=[callbacks.SwapEMAWeights()])
    return {"own": tensor(own), "outputs": tensor(outputs)}


if __name__ == "__main__":
    content = {"x": tensor(X), "y": tensor(Y), "initial_weights": [tensor(weight) for weight in WEIGHTS]}
    write("toolkit", content | {"runs": list(runs()), "predict": predict(), "averages": averages()})
