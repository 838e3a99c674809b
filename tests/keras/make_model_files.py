"""Makes files of models that Keras keeps or computes in a way of its own: fixtures/files/models/model_*.keras.

    python tests/keras/make_model_files.py

Each has a .json of what goes in and comes out, and an entry in cases.json, like the other models beside them.
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


def activation_layers():
    """Activations with weights or an axis, in a graph, in a model inside, called twice, and beside a layer of the class."""
    x, image, z = keras.Input((4, 6)), keras.Input((6, 6, 2)), keras.Input((3,))
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(5, activation=layers.PReLU())], name="inner")
    twice = layers.Dense(5, activation=layers.PReLU(), name="twice")
    outputs = [
        layers.Dense(6, activation=layers.PReLU(name="slopes"))(x),
        layers.Conv2D(3, 3, activation=layers.PReLU(shared_axes=[1, 2]))(image),
        layers.Dense(2, activation=layers.Softmax(axis=1))(layers.PReLU()(x)),
        twice(twice(inner(z))),
    ]
    return keras.Model([x, image, z], outputs)


def activation_layers_new():
    """The weights of the activation are not made yet, so that the file has none."""
    slopes = layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25))
    return keras.Sequential([keras.Input((4,)), layers.Dense(6, activation=slopes), layers.Dense(3, activation=layers.PReLU())])


def query_mask():
    """A `MultiHeadAttention` does not take the mask that it is given for the query."""
    x, mask = keras.Input((4, 6)), keras.Input((4,), dtype="bool")
    heads, groups = layers.MultiHeadAttention(2, 3), layers.GroupQueryAttention(3, 2, 1)
    masks = {"query_mask": mask, "value_mask": mask, "use_causal_mask": True}
    return keras.Model([x, mask], [heads(x, x, **masks), groups(x, x, **masks)])


def half_precision():
    """XLA rounds products before it adds the bias, and sums before an activation, to float16.

    With these weights no sum is so near to the middle of two float16 that the order of its terms decides.
    """
    convnet = [
        keras.Input((8, 8, 2)),
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.DepthwiseConv2D(2),
        layers.Conv2DTranspose(3, 2, strides=2),
        layers.SeparableConv2D(4, 2, activation="relu"),
        layers.Conv2D(3, 1, use_bias=False, activation="tanh"),
        layers.Flatten(),
        layers.Dense(6, activation="relu"),
        layers.Dense(5, activation="tanh"),
        layers.EinsumDense("ab,bc->ac", 4, bias_axes="c"),
        layers.Dense(3, dtype="float32"),
    ]
    return keras.Sequential(convnet)


def main():
    index = HERE / "cases.json"
    cases = {case["name"]: case for case in json.loads(index.read_text())}
    for make in (activation_layers, activation_layers_new, query_mask, half_precision):
        keras.backend.clear_session()
        keras.config.set_dtype_policy("mixed_float16" if make is half_precision else "float32")
        keras.utils.set_random_seed(3)
        random = np.random.default_rng(4 if make is half_precision else 3)
        model = make()
        x = [random.normal(size=(3, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
        x = [array > 0 if tensor.dtype == "bool" else array for array, tensor in zip(x, model.inputs)]
        if make is not activation_layers_new:
            model(x if len(x) > 1 else x[0])
        for variable in model.variables:
            variable.assign(0.5 * random.normal(size=variable.shape))
        name = f"model_{make.__name__}.keras"
        model.save(HERE / name)
        outputs = model.predict(x if len(x) > 1 else x[0], verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        content = {"x": [tensor(array) for array in x], "y": [tensor(array) for array in outputs]}
        (HERE / name.replace(".keras", ".json")).write_text(json.dumps(content) + "\n")
        cases[name] = {"name": name, "compiled": False, "tolerance": 1e-05}
    lines = ",\n".join(json.dumps(cases[name]) for name in sorted(cases))
    index.write_text(f"[\n{lines}\n]\n")


main()
