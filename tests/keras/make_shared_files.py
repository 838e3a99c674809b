"""Makes files of models that share layers with the models inside of them: fixtures/files/models/shared_*.keras.

    python tests/keras/make_shared_files.py

Keras keeps the weights of such a layer once, where it finds the layer first. Keras 3.15 can't load these files itself. Like
the other models beside them, each has a .json of what goes in and comes out, and an entry in cases.json. Its "targets" and
"losses" are those of five steps of training with the optimizer of the file.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from fixture_values import tensor
from keras import layers

HERE = pathlib.Path(__file__).parent / "fixtures/files/models"


def with_outer():
    """A layer of the model inside is also a layer of the model outside."""
    shared, x = layers.Dense(4, name="shared"), keras.Input((4,))
    inner = keras.Model(x, layers.Dense(4, activation="tanh")(shared(x)), name="inner")
    y = keras.Input((4,))
    return keras.Model(y, layers.Dense(2)(shared(inner(layers.Dense(4)(y)))), name="outer")


def outer_first():
    """The model outside calls the layer before it calls the model inside."""
    shared, x = layers.LSTM(3, return_sequences=True, name="shared"), keras.Input((4, 3))
    inner = keras.Model(x, layers.Dense(3)(shared(x)), name="inner")
    y = keras.Input((4, 3))
    return keras.Model(y, inner(shared(y)), name="outer")


def between_inner():
    """Two models inside share a layer and a model."""
    shared, first = layers.Dense(3, name="shared"), keras.Input((3,))
    deep = keras.Sequential([keras.Input((3,)), layers.Dense(3, activation="tanh"), layers.BatchNormalization()])
    one = keras.Model(first, deep(shared(first)), name="one")
    two = keras.Sequential([keras.Input((3,)), deep, shared, layers.Dense(2)], name="two")
    x, y = keras.Input((3,)), keras.Input((3,))
    return keras.Model([x, y], [two(one(x)), deep(y)], name="outer")


def between_models():
    """Two models inside share a regularized layer and a model, which trains."""
    shared, first = layers.Dense(3, name="shared", kernel_regularizer="l2"), keras.Input((3,))
    deep = keras.Sequential([keras.Input((3,)), layers.Dense(3, activation="tanh", kernel_constraint="max_norm")])
    one = keras.Model(first, deep(shared(first)), name="one")
    two = keras.Sequential([keras.Input((3,)), deep, shared, layers.Dense(2)], name="two")
    x, y = keras.Input((3,)), keras.Input((3,))
    return keras.Model([x, y], [two(one(x)), deep(y)], name="outer")


OPTIMIZERS = {
    "with_outer": lambda: "adam",
    "outer_first": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "between_inner": lambda: keras.optimizers.SGD(0.05),
    "between_models": lambda: keras.optimizers.SGD(
        0.05, momentum=0.9, use_ema=True, ema_overwrite_frequency=2, global_clipnorm=0.5),
}


def main():
    index = HERE / "cases.json"
    cases = {case["name"]: case for case in json.loads(index.read_text())}
    for make in (with_outer, outer_first, between_inner, between_models):
        keras.backend.clear_session()
        keras.utils.set_random_seed(3)
        random = np.random.default_rng(3)
        model = make()
        for variable in model.variables:
            variable.assign(0.5 + abs(0.4 * random.normal(size=variable.shape)))
        x = [random.normal(size=(3, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
        outputs = model.predict(x, verbose=0)
        model.compile(OPTIMIZERS[make.__name__](), "mse")
        name = f"shared_{make.__name__}.keras"
        model.save(HERE / name)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        targets = [random.normal(size=array.shape).astype("float32") for array in outputs]
        history = model.fit(x, targets, epochs=5, shuffle=False, verbose=0).history
        content = {"x": [tensor(array) for array in x], "y": [tensor(array) for array in outputs]}
        content |= {"targets": [tensor(array) for array in targets], "losses": [float(loss) for loss in history["loss"]]}
        (HERE / name.replace(".keras", ".json")).write_text(json.dumps(content) + "\n")
        cases[name] = {"name": name, "compiled": False, "tolerance": 1e-05}
    lines = ",\n".join(json.dumps(cases[name]) for name in sorted(cases))
    index.write_text(f"[\n{lines}\n]\n")


main()
