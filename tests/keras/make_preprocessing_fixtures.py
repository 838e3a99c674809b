"""Makes `layers/preprocessing.json`, `graphs.json` and `applications.json`.

    pip install keras==3.15.1 jax==0.10.2 numpy==2.4.6 scipy==1.17.1 tensorflow-cpu==2.21.0
    python make_preprocessing_fixtures.py                   # all three
    python make_preprocessing_fixtures.py preprocessing     # one of them

TensorFlow is needed by the text layers alone, which work in its strings on every backend.

spectrograms: entries as layer_cases describes them.

preprocessing: entries as layer_cases describes them, without weights. Besides:

- "config" is the layer's before `adapt`, "config_after" has what `adapt` changed in it.
- "adapt" is a list of batches. One batch was handed to adapt as an array, several as an iterable of arrays.
- "vocabulary" (of a lookup or of TextVectorization) is get_vocabulary(), "idf_weights" its weights for tf_idf, with the
  special tokens in front.
- MixUp and CutMix take images, or images and labels, which Keras gets as a dict; both are outputs. With "next_training"
  the second call has another flag than the first.
- "transformation" is what get_random_transformation drew for this call: a dict of arrays and lists, or for RandomCrop
  the two starts. "next_outputs" and "next_transformation" belong to a second call of the same layer.
- "input_grads" is the gradient of sum(outputs * cotangents), where the layer is made to be differentiated.
- A shape without null in "output_shapes" belongs to an input without a batch axis.

graphs: functional models. "model" is what Keras writes to config.json in a .keras file, less the compile_config.
"layers" are the [name, class name] of model.layers, "weights" are model.weights with their paths, "summaries" are
{"arguments", "text"} at 80 columns. "weight_grads" are the gradients of sum(outputs * cotangents) by
model.trainable_weights, and "input_grads" by the float inputs (null for integers). Inputs and outputs are in the order
of model.inputs and model.outputs, flat, also where the model takes or gives a dict (then by its sorted keys).
"training" holds {"compile", "fit", "x", "y", "history", "final_weights"}: from the entry's weights, that compile and
that fit, which neither shuffles nor draws; x and y are a tensor, a list of tensors, or a dict of tensors.

applications: "apps" has one entry for each, with the default model (weights=None): "layers" are [class name, name,
output shape without the batch, names of the layers it comes from, weights as [path below the layer, shape]].
"preprocess_input" is applied to "image" (and in channels_first, to the transposed image). "runs" are models with
arguments of their own, whose weights and input come from one formula, all in 32-bit arithmetic that wraps around:

    h = i * 0x9E3779B1 + n * 0x85EBCA77 + 0x165667B1
    h ^= h >> 15;  h *= 0x2C1B3C6D;  h ^= h >> 12;  h *= 0x297A2D39;  h ^= h >> 15
    u(n, i) = (h >> 8) * 2**-23 - 1

so u is in [-1, 1), and exact in float32. Element i (flat, row-major) of weight n (its place in model.weights) is, by
the last part of its path:

- kernel: u * s, s = sqrt(gain / fan_in) in float64 and rounded to float32; fan_in is the product of all axes but the
  last, of a depthwise kernel that of the first two. The gain is "gain" of the run, and "top_gain" for the layer named
  "predictions".
- gamma: 1 + 0.25 * u. moving_variance and variance: 1 + 0.5 * u. count: 0. All the others: 0.1 * u.

The input's element i is u(1000000, i) * "input_scale" + "input_offset". "outputs" are the first 40 outputs of the only
sample, "sum", "sum_abs" and "sum_squares" those of all of them (in float64), "argmax" the place of the largest, and
"inner" has [layer name, sum, sum of absolute values] of every tenth layer's output, to find where two models part.
"""

import copy
import json
import sys
from functools import partial

from layer_cases import case, default_weight, floats, tensor, write_family  # first: it chooses the backend  # isort: skip

import jax
import keras
import numpy as np
from keras import layers
from keras.src.utils.module_utils import tensorflow as tf
from make_fixtures import plain, write


def fresh(seed=1):
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)


def numbers(value):
    """A float in the shortest digits of float32."""
    return float(str(np.float32(value)))


# ---------------------------------------------------------------- preprocessing


def texts(*rows):
    return np.array(rows, dtype=object)


def ints(rows):
    return np.array(rows, "int32")


def image(shape, seed=0):
    return floats(shape, seed)


def pixels(shape, seed=0):
    return np.random.RandomState(seed).randint(0, 256, shape).astype("float32")


def written_config(layer):
    """get_config in JSON's types, as a file would have it."""
    return plain(keras.saving.serialize_keras_object(layer)["config"])


def preprocessed(
    label, make, x, training=False, adapt=None, gradients=False, batched=True, twice=False, next_training=None, **kwargs
):
    fresh()
    layer = make()
    entry = {"class_name": type(layer).__name__, "case": label, "config": written_config(layer)}
    entry["supports_masking"] = layer.supports_masking
    if adapt is not None:
        entry["adapt"] = [tensor(batch) for batch in adapt]
        layer.adapt(adapt[0] if len(adapt) == 1 else iter(adapt))
        after = {k: v for k, v in written_config(layer).items() if v != entry["config"][k]}
        if after:
            entry["config_after"] = after
    if hasattr(layer, "get_vocabulary"):
        entry["vocabulary"] = [plain(token) for token in layer.get_vocabulary()]
        lookup = getattr(layer, "_lookup_layer", layer)
        if lookup.output_mode == "tf_idf":
            entry["idf_weights"] = tensor(lookup.idf_weights_const.numpy())
    entry["inputs"] = [tensor(x)]
    if kwargs:
        entry["kwargs"] = {name: tensor(value) for name, value in kwargs.items()}
    entry["training"] = training

    flag = {"training": training} if hasattr(layer, "get_random_transformation") else {}
    entry |= drawn(layer, x, training)
    # Backwards, from numbers to strings, the lookup takes TensorFlow's tensors only: JAX has no strings to give back.
    handed = tf.constant(x) if entry["config"].get("invert") else x
    y = layer(handed, **flag, **kwargs)
    entry |= {"weights": [], "outputs": [tensor(y)]}
    entry["output_shapes"] = [[None, *np.shape(y)[1:]] if batched else list(np.shape(y))]
    if twice:
        entry |= {f"next_{name}": value for name, value in drawn(layer, x, training).items()}
        entry["next_outputs"] = [tensor(layer(x, **flag))]
    if next_training is not None:
        entry["next_training"] = next_training
        entry["next_outputs"] = [tensor(layer(x, training=next_training))]
    if gradients:
        w = image(np.shape(y), 9)
        fresh()
        again = make()  # which draws the same
        dx = jax.grad(lambda value: (again(value, **flag) * w).sum())(jax.numpy.asarray(x))
        entry |= {"cotangents": [tensor(w)], "input_grads": [tensor(dx)]}
    return entry


def mixed(label, make, x, labels=None, training=True, next_training=None):
    """A layer that mixes images, with their labels where they have some, called twice."""
    fresh()
    layer = make()
    entry = {"class_name": type(layer).__name__, "case": label, "config": written_config(layer)}
    entry |= {"supports_masking": layer.supports_masking, "training": training, "weights": []}
    entry["inputs"] = [tensor(value) for value in (x, labels) if value is not None]

    def call(flag):
        if labels is None:
            return [tensor(layer(x, training=flag))]
        found = layer({"images": x, "labels": labels}, training=flag)
        return [tensor(found["images"]), tensor(found["labels"])]

    entry["outputs"] = call(training)
    entry["output_shapes"] = [[None, *output["shape"][1:]] for output in entry["outputs"]]
    if next_training is not None:
        entry["next_training"] = next_training
    entry["next_outputs"] = call(training if next_training is None else next_training)
    return entry


def drawn(layer, x, training):
    """What the next call will draw. The generator is set back, so that the call draws the same."""
    known = ("RandomCrop", "RandomFlip", "RandomContrast", "RandomBrightness", "RandomRotation", "RandomZoom",
             "RandomTranslation", "RandomShear")  # fmt: skip
    if type(layer).__name__ not in known or not training:
        return {}
    state = np.array(layer.generator.state.value)
    found = layer.get_random_transformation(jax.numpy.asarray(x), training=True)
    layer.generator.state.assign(state)

    def form(value):
        if isinstance(value, (tuple, list)):
            return [int(item) for item in value]
        return int(value) if isinstance(value, int) else tensor(value)

    return {"transformation": {k: form(v) for k, v in found.items()} if isinstance(found, dict) else form(found)}


def rescaling():
    make = layers.Rescaling
    x = image((2, 2, 3, 3))
    given = partial(preprocessed, gradients=True)
    return [
        given("to one", lambda: make(1 / 255), pixels((2, 2, 2, 3))),
        given("to plus minus one", lambda: make(1 / 127.5, offset=-1), pixels((2, 2, 2, 3))),
        given("a scale a channel", lambda: make([1.0, 0.5, 2.0]), x),
        given("a scale and an offset a channel", lambda: make([1.0, 0.5, 2.0], [0.25, -1.0, 3.0]), x),
        given("an offset a channel", lambda: make(2.0, offset=[0.25, -1.0, 3.0]), x),
        given("a matrix", lambda: make(-0.5, 0.125), image((2, 5))),
        preprocessed("integers", lambda: make(0.1, 1.0), ints([[0, 1, 255], [7, 8, 9]])),
    ]


def resizing():
    make = layers.Resizing
    wide, tall = image((2, 4, 7, 1)), image((2, 6, 3, 1), 1)
    given = partial(preprocessed, gradients=True)
    entries = []
    for way in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        entries.append(given(f"{way}, larger", lambda: make(7, 9, interpolation=way), wide))
        entries.append(given(f"{way}, smaller", lambda: make(3, 4, interpolation=way), wide))
        entries.append(given(f"{way}, taller and narrower", lambda: make(9, 2, interpolation=way), tall))
        if way != "nearest":
            entries.append(
                given(f"{way}, smaller, antialias", lambda: make(2, 3, interpolation=way, antialias=True), wide)
            )
    entries += [
        given("antialias, larger", lambda: make(9, 8, antialias=True), wide),
        given("same size", lambda: make(4, 7), wide),
        given("three channels", lambda: make(3, 6), image((2, 4, 5, 3), 3)),
        given("one pixel", lambda: make(1, 1), wide),
        preprocessed("crop, wide to square", lambda: make(3, 3, crop_to_aspect_ratio=True), wide),
        preprocessed("crop, tall to square", lambda: make(4, 4, crop_to_aspect_ratio=True), tall, gradients=True),
        preprocessed("crop, tall to wide", lambda: make(2, 6, crop_to_aspect_ratio=True, interpolation="nearest"),
                     tall),
        preprocessed("crop, same ratio", lambda: make(8, 14, crop_to_aspect_ratio=True), wide),
        preprocessed("pad, wide to square", lambda: make(5, 5, pad_to_aspect_ratio=True), wide),
        preprocessed("pad, tall to square", lambda: make(4, 4, pad_to_aspect_ratio=True, fill_value=0.5), tall,
                     gradients=True),
        preprocessed("pad, tall to wide", lambda: make(4, 8, pad_to_aspect_ratio=True, fill_value=-1.0,
                                                       interpolation="nearest"), tall),
        preprocessed("pad, same ratio", lambda: make(2, 1, pad_to_aspect_ratio=True), tall),
    ]  # fmt: skip
    first = partial(make, data_format="channels_first")
    across = image((2, 2, 4, 7), 2)
    entries += [
        preprocessed("channels_first", lambda: first(3, 9), across),
        preprocessed("channels_first, crop", lambda: first(3, 3, crop_to_aspect_ratio=True), across),
        preprocessed("channels_first, pad", lambda: first(5, 5, pad_to_aspect_ratio=True, fill_value=2.0), across),
        preprocessed("channels_first, bicubic, antialias",
                     lambda: first(2, 3, interpolation="bicubic", antialias=True), across),
        preprocessed("one image", lambda: make(3, 9), wide[0], batched=False),
        preprocessed("one image, crop", lambda: make(3, 3, crop_to_aspect_ratio=True), wide[0], batched=False),
        preprocessed("one image, pad", lambda: make(5, 5, pad_to_aspect_ratio=True), wide[0], batched=False),
        # Integers are rounded. With these pixels no result lies halfway between two.
        preprocessed("integers", lambda: make(3, 3), pixels((2, 4, 5, 1), 2).astype("int32")),
        preprocessed("integers, bicubic", lambda: make(6, 3, interpolation="bicubic"),
                     pixels((2, 4, 5, 1), 5).astype("int32")),
    ]  # fmt: skip
    return entries


def center_crop():
    make = layers.CenterCrop
    x = image((2, 6, 7, 1))
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return [
        preprocessed("even from even, odd from odd", lambda: make(4, 3), x, gradients=True),
        preprocessed("odd from even, even from odd", lambda: make(3, 4), x),
        preprocessed("training", lambda: make(3, 4), x, training=True),
        preprocessed("same size", lambda: make(6, 7), x),
        preprocessed("larger", lambda: make(8, 9), x, gradients=True),
        preprocessed("higher, narrower", lambda: make(8, 3), x),
        preprocessed("lower, wider", lambda: make(2, 9), x),
        preprocessed("channels_first", lambda: make(3, 4, data_format="channels_first"), first),
        preprocessed("channels_first, larger", lambda: make(7, 8, data_format="channels_first"), first),
        preprocessed("one image", lambda: make(3, 4), x[0], batched=False),
        preprocessed("one image, larger", lambda: make(7, 8), x[0], batched=False),
        preprocessed("integers", lambda: make(2, 2), pixels((2, 4, 4, 1)).astype("int32")),
    ]


def category_encoding():
    make = layers.CategoryEncoding
    rows, vector, column = ints([[0, 1, 1], [3, 2, 4]]), ints([0, 3, 1]), ints([[2], [0], [4]])
    deep = ints([[[0, 1], [2, 2]], [[3, 0], [4, 1]]])
    weights = image((2, 3), 3)
    entries = []
    for mode in ("one_hot", "multi_hot", "count"):
        entries.append(preprocessed(f"{mode}, matrix", lambda: make(5, output_mode=mode), rows))
        entries.append(preprocessed(f"{mode}, column", lambda: make(5, output_mode=mode), column))
        # A vector is a batch for one_hot, and a single sample for the other modes.
        alone = mode != "one_hot"
        entries.append(
            preprocessed(f"{mode}, vector", lambda: make(5, output_mode=mode), vector, batched=not alone)
        )
    entries += [
        preprocessed("one_hot, cube", lambda: make(5, output_mode="one_hot"), deep),
        preprocessed("multi_hot, cube", lambda: make(5, output_mode="multi_hot"), deep),
        preprocessed("default mode, more tokens", lambda: make(7), rows),
        preprocessed("count, weights", lambda: make(5, output_mode="count"), rows, count_weights=weights),
        preprocessed("one_hot, outside the range", lambda: make(3, output_mode="one_hot"), ints([[0, -1], [3, 2]])),
        preprocessed("count, outside the range", lambda: make(3, output_mode="count"), ints([[0, -1], [3, 2]])),
        preprocessed("one_hot, scalar", lambda: make(4, output_mode="one_hot"), ints(2), batched=False),
    ]
    return entries


def discretization():
    make = layers.Discretization
    edges = [-1.0, 0.0, 0.5, 2.0]
    x = np.array([[-1.5, -1.0, -0.25], [0.0, 0.5, 0.4999]], "float32")
    y = np.array([[2.0, 1.9999, 3.0], [-0.0, 100.0, -7.0]], "float32")
    column = np.array([[-1.5], [0.75], [9.0]], "float32")
    entries = [
        preprocessed("given edges", lambda: make(edges), x),
        preprocessed("at the edges", lambda: make(edges), y),
    ]
    for mode in ("one_hot", "multi_hot", "count"):
        entries.append(preprocessed(f"{mode}, matrix", lambda: make(edges, output_mode=mode), x))
        entries.append(preprocessed(f"{mode}, column", lambda: make(edges, output_mode=mode), column))
    entries.append(preprocessed("integers", lambda: make([0.5, 3.0]), ints([[0, 1, 3], [2, 4, -3]])))
    data = image((60,), 4)
    ties = np.round(np.random.RandomState(5).standard_normal((40, 2)) * 2).astype("float32")
    many = np.random.RandomState(6).standard_normal(500).astype("float32").round(3)
    entries += [
        preprocessed("adapted to a vector", lambda: make(num_bins=4), x, adapt=[data]),
        preprocessed("adapted, three bins", lambda: make(num_bins=3), x, adapt=[data[:7]]),
        preprocessed("adapted to a matrix with ties", lambda: make(num_bins=5), x, adapt=[ties]),
        preprocessed("adapted, coarse", lambda: make(num_bins=4, epsilon=0.1), x, adapt=[data]),
        preprocessed("adapted to many", lambda: make(num_bins=10), x, adapt=[many]),
        preprocessed("adapted to batches", lambda: make(num_bins=4, epsilon=0.05), x, adapt=[data[:25], data[25:]]),
        preprocessed("adapted, one_hot", lambda: make(num_bins=4, output_mode="one_hot"), x, adapt=[data]),
        preprocessed("fewer values than bins", lambda: make(num_bins=8), x, adapt=[data[:3]]),
    ]
    return entries


def integer_lookup():
    make = layers.IntegerLookup
    known = [12, 36, 1138, 42]
    x = ints([[12, 1138, 42], [42, 1000, 36]])
    y = ints([[12, 12, 7, 0], [42, 5, 42, 36]])
    data = ints([[7, 7, 3], [9, 3, 7], [1, 9, -5]])
    documents = ints([[1, 1, 2], [2, 3, 3], [2, 5, 4]])
    entries = [
        preprocessed("given", lambda: make(vocabulary=known), x),
        preprocessed("vector", lambda: make(vocabulary=known), x[0]),
        preprocessed("two oov", lambda: make(vocabulary=known, num_oov_indices=2), y),
        preprocessed("three oov, negative", lambda: make(vocabulary=known, num_oov_indices=3), ints([[-1, -2, -7, 8]])),
        preprocessed("two oov, farmhash",
                     lambda: make(vocabulary=known, num_oov_indices=2, oov_method="farmhash"),
                     ints([[0, 2, 4, 6, -8]])),
        preprocessed("four oov, salt",
                     lambda: make(vocabulary=known, num_oov_indices=4, oov_method="farmhash", salt=[133, 137]),
                     ints([[0, 2, 4, 6, -8, 12]])),
        preprocessed("no oov", lambda: make(vocabulary=known, num_oov_indices=0), x[:, :1]),
        preprocessed("mask", lambda: make(vocabulary=known, mask_token=0), y),
        preprocessed("mask, two oov", lambda: make(vocabulary=known, mask_token=0, num_oov_indices=2), y),
        preprocessed("special tokens in the vocabulary", lambda: make(vocabulary=[0, -1, *known], mask_token=0), y),
        preprocessed("inverse", lambda: make(vocabulary=known, invert=True), ints([[1, 3, 4], [4, 0, 2]])),
        preprocessed("inverse, mask", lambda: make(vocabulary=known, invert=True, mask_token=0),
                     ints([[1, 3, 4], [5, 0, 9]])),
        preprocessed("inverse, two oov", lambda: make(vocabulary=known, invert=True, num_oov_indices=2, oov_token=-7),
                     ints([[1, 3, 4], [5, 0, 2]])),
        preprocessed("adapted", make, x[:, :2] * 0 + ints([[7, 3], [9, 2]]), adapt=[data]),
        preprocessed("adapted to a vector", make, ints([[7, 3], [9, 2]]), adapt=[data.ravel()]),
        preprocessed("adapted to batches", make, ints([[7, 3], [9, 2]]), adapt=[data[:1], data[1:]]),
        preprocessed("adapted, limited", lambda: make(max_tokens=3), ints([[7, 3], [9, 2]]), adapt=[data]),
        preprocessed("adapted, mask", lambda: make(mask_token=3), ints([[7, 3], [9, 2]]), adapt=[data]),
        preprocessed("adapted, inverse", lambda: make(invert=True), ints([[0, 1, 2, 3, 4, 5]]), adapt=[data]),
    ]  # fmt: skip
    for mode in ("one_hot", "multi_hot", "count"):
        entries.append(preprocessed(mode, lambda: make(vocabulary=known, output_mode=mode), y))
    entries += [
        preprocessed("one_hot, column", lambda: make(vocabulary=known, output_mode="one_hot"), y[:, :1]),
        preprocessed("one_hot, vector", lambda: make(vocabulary=known, output_mode="one_hot"), y[0]),
        preprocessed("multi_hot, mask",
                     lambda: make(vocabulary=known, output_mode="multi_hot", mask_token=0), y),
        preprocessed("count, mask, two oov",
                     lambda: make(vocabulary=known, output_mode="count", mask_token=0, num_oov_indices=2), y),
        preprocessed("multi_hot, padded",
                     lambda: make(vocabulary=known, output_mode="multi_hot", max_tokens=8, pad_to_max_tokens=True), y),
        preprocessed("count, adapted, padded",
                     lambda: make(max_tokens=7, output_mode="count", pad_to_max_tokens=True), ints([[7, 3, 7, 2]]),
                     adapt=[data]),
        preprocessed("tf_idf, given weights",
                     lambda: make(vocabulary=known, output_mode="tf_idf", idf_weights=[0.25, 0.75, 0.6, 0.4]), y),
        preprocessed("tf_idf, padded",
                     lambda: make(vocabulary=known, output_mode="tf_idf", idf_weights=[0.25, 0.75, 0.6, 0.4],
                                  max_tokens=7, pad_to_max_tokens=True), y),
        preprocessed("tf_idf, adapted", lambda: make(output_mode="tf_idf"), documents, adapt=[documents]),
        preprocessed("tf_idf, adapted, padded",
                     lambda: make(output_mode="tf_idf", max_tokens=9, pad_to_max_tokens=True), documents,
                     adapt=[documents]),
    ]  # fmt: skip
    return entries


def string_lookup():
    make = layers.StringLookup
    known = ["a", "b", "c", "d"]
    x = texts(["a", "c", "d"], ["d", "z", "b"])
    y = texts(["a", "a", "", "zebra"], ["d", "q", "d", "[UNK]"])
    data = texts(["pear", "fig", "pear"], ["plum", "fig", "pear"], ["Fig", "plum", "äpfel"])
    entries = [
        preprocessed("given", lambda: make(vocabulary=known), x),
        preprocessed("vector", lambda: make(vocabulary=known), x[0]),
        preprocessed("two oov", lambda: make(vocabulary=known, num_oov_indices=2), y),
        preprocessed("five oov", lambda: make(vocabulary=known, num_oov_indices=5),
                     texts(["x", "yy", "zebra", "a long token of more than thirty-two bytes", "ÄÖ", "", "b"])),
        preprocessed("five oov, salt", lambda: make(vocabulary=known, num_oov_indices=5, salt=[133, 137]),
                     texts(["x", "yy", "zebra", "a long token of more than thirty-two bytes", "ÄÖ", "", "b"])),
        preprocessed("no oov", lambda: make(vocabulary=known, num_oov_indices=0), x[:1]),
        preprocessed("mask", lambda: make(vocabulary=known, mask_token=""), y),
        preprocessed("mask, two oov", lambda: make(vocabulary=known, mask_token="", num_oov_indices=2), y),
        preprocessed("special tokens in the vocabulary",
                     lambda: make(vocabulary=["", "[UNK]", *known], mask_token=""), y),
        preprocessed("inverse", lambda: make(vocabulary=known, invert=True), ints([[1, 3, 4], [4, 0, 2]])),
        preprocessed("inverse, mask", lambda: make(vocabulary=known, invert=True, mask_token="", oov_token="?"),
                     ints([[1, 3, 4], [5, 0, 9]])),
        preprocessed("adapted", make, texts(["fig", "plum"], ["nut", "Fig"]), adapt=[data]),
        preprocessed("adapted to a vector", make, texts(["fig", "plum"], ["nut", "Fig"]), adapt=[data.ravel()]),
        preprocessed("adapted to batches", make, texts(["fig", "plum"], ["nut", "Fig"]), adapt=[data[:1], data[1:]]),
        preprocessed("adapted, limited", lambda: make(max_tokens=3), texts(["fig", "plum"]), adapt=[data]),
        preprocessed("adapted, mask", lambda: make(mask_token="fig"), texts(["fig", "plum"]), adapt=[data]),
        preprocessed("adapted, inverse", lambda: make(invert=True), ints([[0, 1, 2, 3, 4, 5]]), adapt=[data]),
    ]  # fmt: skip
    for mode in ("one_hot", "multi_hot", "count"):
        entries.append(preprocessed(mode, lambda: make(vocabulary=known, output_mode=mode), y))
    weights = [0.25, 0.75, 0.6, 0.4]
    entries += [
        preprocessed("one_hot, column", lambda: make(vocabulary=known, output_mode="one_hot"), y[:, :1]),
        preprocessed("one_hot, vector", lambda: make(vocabulary=known, output_mode="one_hot"), y[0]),
        preprocessed("multi_hot, mask", lambda: make(vocabulary=known, output_mode="multi_hot", mask_token=""), y),
        preprocessed("count, padded",
                     lambda: make(vocabulary=known, output_mode="count", max_tokens=8, pad_to_max_tokens=True), y),
        preprocessed("tf_idf, given weights",
                     lambda: make(vocabulary=known, output_mode="tf_idf", idf_weights=weights), y),
        preprocessed("tf_idf, special tokens in the vocabulary",
                     lambda: make(vocabulary=["[UNK]", *known], output_mode="tf_idf", idf_weights=[0.9, *weights]), y),
        preprocessed("tf_idf, adapted", lambda: make(output_mode="tf_idf"), data, adapt=[data]),
        preprocessed("tf_idf, adapted to a vector", lambda: make(output_mode="tf_idf"), data, adapt=[data.ravel()]),
        preprocessed("tf_idf, adapted, limited, padded",
                     lambda: make(output_mode="tf_idf", max_tokens=4, pad_to_max_tokens=True), data, adapt=[data]),
    ]  # fmt: skip
    return entries


def text_vectorization():
    make = layers.TextVectorization
    corpus = texts("The cat sat on the mat.", "A dog's day: the DOG ran!", "cat & dog -- friends?", "Sat; ran, sat")
    x = texts("the dog sat", "A cat? friends of the MAT!", "unknown")
    odd = texts("ÄÖÜ Straße été's", "tab\there\nnew\u00a0no-break  two", " lead and trail ", "",
                "a_b-c.d/e\\f`g~h'i\"j")  # fmt: skip
    known = ["the", "cat", "sat", "dog"]
    given = partial(preprocessed, adapt=[corpus])
    entries = [
        given("defaults", make, x),
        given("column", make, x[:, None]),
        given("odd characters", make, odd),
        preprocessed("adapted to odd characters", make, odd, adapt=[odd]),
        given("lower", lambda: make(standardize="lower"), x),
        given("strip_punctuation", lambda: make(standardize="strip_punctuation"), x),
        given("no standardization", lambda: make(standardize=None), x),
        preprocessed("lower, odd characters", lambda: make(standardize="lower"), odd, adapt=[odd]),
        given("characters", lambda: make(split="character"), texts("cat", "Dög!")),
        preprocessed("characters, adapted to odd ones", lambda: make(split="character"), odd, adapt=[odd]),
        given("no split", lambda: make(split=None), texts(["the cat sat on the mat"], ["else"])),
        preprocessed("no split, several columns", lambda: make(split=None), texts(["fig", "pear"], ["Pear", "nut!"]),
                     adapt=[texts(["fig", "pear"], ["pear", "plum"])]),
        given("longer sequences", lambda: make(output_sequence_length=8), x),
        given("shorter sequences", lambda: make(output_sequence_length=2), x),
        given("limited", lambda: make(max_tokens=6), x),
        given("bigrams", lambda: make(ngrams=2), x),
        given("trigrams", lambda: make(ngrams=3, output_sequence_length=5), x),
        given("only bigrams", lambda: make(ngrams=(2,)), x),
        given("one and three", lambda: make(ngrams=(3, 1)), x),
        given("character bigrams", lambda: make(split="character", ngrams=2, max_tokens=12), texts("cat", "d")),
        preprocessed("given vocabulary", lambda: make(vocabulary=known), x),
        preprocessed("given vocabulary with special tokens", lambda: make(vocabulary=["", "[UNK]", *known]), x),
        preprocessed("given vocabulary, count", lambda: make(vocabulary=known, output_mode="count"), x),
        preprocessed("given vocabulary, tf_idf",
                     lambda: make(vocabulary=known, output_mode="tf_idf", idf_weights=[0.1, 0.5, 0.75, 1.5]), x),
        preprocessed("adapted to batches", make, x, adapt=[corpus[:1], corpus[1:]]),
        preprocessed("adapted to batches, tf_idf", lambda: make(output_mode="tf_idf"), x,
                     adapt=[corpus[:1], corpus[1:]]),
    ]  # fmt: skip
    for mode in ("multi_hot", "count", "tf_idf"):
        entries.append(given(mode, lambda: make(output_mode=mode), x))
        padded = partial(make, output_mode=mode, max_tokens=16, pad_to_max_tokens=True)
        entries.append(given(f"{mode}, padded", padded, x))
        entries.append(given(f"{mode}, limited", lambda: make(output_mode=mode, max_tokens=5), x))
    entries.append(given("count, bigrams", lambda: make(output_mode="count", ngrams=2), x))
    return entries


def hashing():
    make = layers.Hashing
    # Lengths on both sides of every limit at which the hash takes another way.
    lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 48, 63, 64, 65, 127, 128, 129, 200]
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
    long = texts(*[[(alphabet * 6)[:length]] for length in lengths])
    words = texts(["A", "B", "", "fig"], ["äpfel", "zebra", "A", "[UNK]"])
    numbers = ints([[0, 1, -1, 12], [2147483647, -2147483648, 100, 7]])
    wide = 2**31 - 1
    entries = [
        preprocessed("every length", lambda: make(wide), long),
        preprocessed("every length, salt", lambda: make(wide, salt=[133, 137]), long),
        preprocessed("words", lambda: make(3), words),
        preprocessed("words, salt", lambda: make(3, salt=133), words),
        preprocessed("words, two salts", lambda: make(7, salt=[133, 137]), words),
        preprocessed("words, large salts", lambda: make(7, salt=[2**40 + 5, 2**62 + 9]), words),
        preprocessed("words, mask", lambda: make(3, mask_value=""), words),
        preprocessed("words, mask, salt", lambda: make(4, mask_value="A", salt=9), words),
        preprocessed("integers", lambda: make(5), numbers),
        preprocessed("integers, many bins", lambda: make(wide), numbers),
        preprocessed("integers, salt", lambda: make(5, salt=[1, 2]), numbers),
        preprocessed("integers, mask", lambda: make(5, mask_value=0), numbers),
        preprocessed("one bin", lambda: make(1), words),
        preprocessed("one bin, mask", lambda: make(1, mask_value="A"), words),
        preprocessed("floats", lambda: make(wide), np.array([[1.0, 1.9, -1.9, 0.0]], "float32")),
        preprocessed("vector", lambda: make(4), words[0]),
    ]
    for mode in ("one_hot", "multi_hot", "count"):
        # one_hot keeps every element's own row only where the last axis is 1.
        x = words[:, :1] if mode == "one_hot" else words
        entries.append(preprocessed(mode, lambda: make(4, output_mode=mode), x))
        entries.append(preprocessed(f"{mode}, mask", lambda: make(4, output_mode=mode, mask_value="A"), x))
    entries.append(preprocessed("one_hot, matrix", lambda: make(4, output_mode="one_hot"), words))
    return entries


def random_flip():
    make = layers.RandomFlip
    x = image((4, 2, 3, 2))
    given = partial(preprocessed, training=True)
    entries = [given(mode, lambda: make(mode, seed=3), x, twice=True)
               for mode in ("horizontal", "vertical", "horizontal_and_vertical")]  # fmt: skip
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    entries += [
        given("another seed", lambda: make(seed=42), x),
        given("channels_first", lambda: make(seed=3, data_format="channels_first"), first),
        given("one image, flipped", lambda: make(seed=5), x[0], batched=False),
        given("one image, kept", lambda: make(seed=3), x[0], batched=False),
        preprocessed("not training", lambda: make(seed=3), x),
    ]
    return entries


def bent(make, plan, x):
    """The cases that rotation, zoom and translation share. plan: the layer's ranges, by label."""
    given = partial(preprocessed, training=True)
    (usual, *more) = plan.items()
    arguments = usual[1]
    entries = [given(usual[0], lambda: make(**arguments, seed=3), x, twice=True)]
    entries += [given(label, lambda: make(**ranges, seed=7), x) for label, ranges in more]
    for mode in ("constant", "nearest", "wrap", "reflect"):
        for way in ("bilinear", "nearest"):
            made = partial(make, **arguments, fill_mode=mode, interpolation=way, fill_value=0.75, seed=5)
            entries.append(given(f"{mode}, {way}", made, x[..., :1]))
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    entries += [
        given("channels_first", lambda: make(**arguments, seed=3, data_format="channels_first"), first),
        given("one image", lambda: make(**arguments, seed=3), x[0], batched=False),
        preprocessed("not training", lambda: make(**arguments, seed=3), x),
    ]
    return entries


def random_rotation():
    plan = {
        "a number": {"factor": 0.2}, "a range": {"factor": (0.1, 0.3)}, "below zero": {"factor": (-0.25, -0.125)},
        "a quarter": {"factor": (0.25, 0.25)}, "a full turn": {"factor": 1.0}, "nothing": {"factor": 0.0},
    }  # fmt: skip
    return bent(layers.RandomRotation, plan, image((2, 4, 5, 2)))


def random_zoom():
    plan = {
        "both ways together": {"height_factor": 0.4},
        "both ways": {"height_factor": 0.3, "width_factor": 0.6},
        "ranges": {"height_factor": (0.2, 0.7), "width_factor": (-0.5, -0.2)},
        "out": {"height_factor": (0.5, 0.5)}, "in": {"height_factor": (-0.5, -0.5)},
    }  # fmt: skip
    return bent(layers.RandomZoom, plan, image((2, 4, 5, 2)))


def random_translation():
    plan = {
        "numbers": {"height_factor": 0.4, "width_factor": 0.3},
        "ranges": {"height_factor": (0.2, 0.5), "width_factor": (-0.6, -0.1)},
        "only down": {"height_factor": (0.25, 0.25), "width_factor": 0.0},
        "far": {"height_factor": (1.0, 1.0), "width_factor": (-1.0, -1.0)},
    }
    return bent(layers.RandomTranslation, plan, image((2, 4, 5, 2)))


def random_contrast():
    make = layers.RandomContrast
    x, small = pixels((3, 3, 4, 2)), np.abs(image((2, 3, 4, 2))) / 2
    given = partial(preprocessed, training=True)
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return [
        given("a number", lambda: make(0.5, seed=3), x, twice=True),
        given("a range", lambda: make((0.25, 0.75), seed=3), x),
        given("narrow values", lambda: make(0.9, value_range=(0.0, 1.0), seed=5), small),
        given("values beyond the range", lambda: make((0.9, 0.9), value_range=(50, 200), seed=5), x),
        given("channels_first", lambda: make(0.5, seed=3, data_format="channels_first"), first),
        given("one image", lambda: make(0.5, seed=3), x[0], batched=False),
        given("integers", lambda: make(0.5, seed=3), x.astype("int32")),
        preprocessed("not training", lambda: make(0.5, seed=3), x),
    ]


def random_brightness():
    make = layers.RandomBrightness
    x, small = pixels((3, 3, 4, 2)), np.abs(image((2, 3, 4, 2))) / 2
    given = partial(preprocessed, training=True)
    return [
        given("a number", lambda: make(0.3, seed=3), x, twice=True),
        given("a range", lambda: make((0.1, 0.5), seed=3), x),
        given("darker", lambda: make((-0.5, -0.25), seed=3), x),
        given("narrow values", lambda: make(0.2, value_range=(0.0, 1.0), seed=5), small),
        given("values around zero", lambda: make(0.2, value_range=(-1.0, 1.0), seed=5), image((2, 3, 4, 2)) / 2),
        given("one image", lambda: make(0.3, seed=3), x[0], batched=False),
        given("integers", lambda: make(0.3, seed=3), x.astype("int32")),
        preprocessed("not training", lambda: make(0.3, seed=3), x),
    ]


def auto_contrast():
    make = layers.AutoContrast
    x, small = pixels((2, 3, 4, 3)), np.abs(image((2, 3, 4, 2))) / 4
    x[1, ..., 2] = 7
    return [
        preprocessed("bytes", make, x, gradients=True),
        preprocessed("training", make, x, training=True),
        preprocessed("narrow values", lambda: make(value_range=(0.0, 1.0)), small, gradients=True),
        preprocessed("values around zero", lambda: make(value_range=(-1.0, 1.0)), small - 0.3),
        preprocessed("channels_first", lambda: make(data_format="channels_first"), x),
        preprocessed("one image", make, x[0], batched=False),
    ]


def changed(make, x, arguments, first=None, gradients=True):
    """A layer that changes images while training, with each of the arguments, a dict of labels; `first` are images in
    channels_first."""
    given = partial(preprocessed, training=True)
    first_label, some = next(iter(arguments.items()))
    entries = [
        given(label, partial(make, **some, seed=3), x, gradients=gradients and label == first_label)
        for label, some in arguments.items()
    ]
    entries += [
        given("twice", partial(make, **some, seed=11), x, twice=True),
        given("one image", partial(make, **some, seed=5), x[0], batched=False),
        preprocessed("not training, then training", partial(make, **some, seed=7), x, next_training=True),
    ]
    if first is not None:
        entries.append(given("channels_first", partial(make, **some, seed=3, data_format="channels_first"), first))
    return entries


def solarization():
    ranges = {"addition_factor": (0.1, 0.3), "threshold_factor": (0.2, 0.5)}
    return changed(layers.Solarization, pixels((3, 3, 4, 2)), {
        "numbers": {"addition_factor": 0.3, "threshold_factor": 0.8}, "ranges": ranges, "nothing": {},
        "narrow values": {**ranges, "value_range": (0.0, 300.0)},
    })  # fmt: skip


def random_invert():
    return changed(layers.RandomInvert, pixels((8, 2, 2, 1)), {
        "default": {}, "a number": {"factor": 0.5}, "always": {"factor": (1.0, 1.0), "value_range": (0, 1)},
        "never": {"factor": (0.0, 0.0)},
    })  # fmt: skip


def random_grayscale():
    """All images or none, since the configuration does not hold the seed."""
    x = pixels((6, 2, 2, 3))
    always = {"always": {"factor": 1.0}, "never": {"factor": 0.0}}
    return changed(layers.RandomGrayscale, x, always, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))


def random_posterization():
    x = pixels((6, 3, 2, 2))
    return changed(layers.RandomPosterization, x, {
        "a number": {"factor": 8}, "a range": {"factor": (2, 5)}, "one": {"factor": (3, 3)},
        "other values": {"factor": 4, "value_range": (-100, 300)},
    })  # fmt: skip


def random_color_degeneration():
    x = pixels((4, 2, 3, 3))
    return changed(layers.RandomColorDegeneration, x, {
        "a number": {"factor": 0.8}, "a range": {"factor": (0.2, 0.6)},
        "narrow values": {"factor": 0.5, "value_range": (50.0, 180.0)},
    }, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))  # fmt: skip


def random_sharpness():
    x = pixels((4, 4, 5, 2))
    return changed(layers.RandomSharpness, x, {
        "a number": {"factor": 0.8}, "a range": {"factor": (0.7, 1.0)},
        "narrow values": {"factor": 0.5, "value_range": (50.0, 180.0)},
    }, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))  # fmt: skip


def random_hue():
    x = pixels((4, 3, 3, 3)) / 2 + [1.0, 1.125, 1.25]  # no two channels are equal: the gradient would be a choice
    x = x.astype("float32")
    return changed(layers.RandomHue, x, {
        "a number": {"factor": 0.8}, "a range": {"factor": (0.9, 1.0)},
        "other values": {"factor": 0.5, "value_range": (-10.0, 300.0)},
    }, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))  # fmt: skip


def random_saturation():
    x = ((pixels((4, 3, 3, 3)) / 2 + [1.0, 1.125, 1.25]) / 255).astype("float32")
    return changed(layers.RandomSaturation, x, {
        "a range": {"factor": (0.2, 0.8), "value_range": (0.0, 1.0)},
        "a number": {"factor": 0.4, "value_range": (0.0, 1.0)}, "bytes": {"factor": (0.1, 0.9)},
    }, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))  # fmt: skip


def random_gaussian_blur():
    x = pixels((4, 4, 5, 2))
    return changed(layers.RandomGaussianBlur, x, {
        "default": {}, "always": {"factor": (1.0, 1.0), "kernel_size": 5, "sigma": (0.5, 0.9)},
        "wide": {"factor": (1.0, 1.0), "kernel_size": (3, 5), "sigma": (0.8, 1.0)},
        "narrow values": {"factor": 0.5, "value_range": (50.0, 180.0)},
    }, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))  # fmt: skip


def random_erasing():
    x = pixels((4, 5, 6, 3))
    return changed(layers.RandomErasing, x, {
        "default": {}, "always": {"factor": (1.0, 1.0), "scale": (0.2, 0.9), "fill_value": 7.0},
        "a number": {"factor": (1.0, 1.0), "scale": 0.5, "fill_value": 300.0},
        "narrow values": {"factor": (1.0, 1.0), "scale": (0.2, 0.9), "value_range": (-1.0, 1.0)},
    }, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))  # fmt: skip


def random_perspective():
    x = pixels((4, 5, 6, 2)) / 2 + 50
    return changed(layers.RandomPerspective, x, {
        "a scale": {"factor": (1.0, 1.0), "scale": 0.4}, "default": {}, "nothing": {"factor": (0.0, 0.0)},
        "nearest": {"factor": (1.0, 1.0), "scale": 0.5, "interpolation": "nearest", "fill_value": 7.0},
    }, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))  # fmt: skip


def random_elastic_transform():
    x = pixels((3, 12, 14, 2)) / 2 + 50
    return changed(layers.RandomElasticTransform, x, {
        "default": {}, "a scale": {"factor": (1.0, 1.0), "scale": (0.7, 0.9)}, "nothing": {"scale": 0.0},
        "nearest": {"factor": (1.0, 1.0), "scale": (0.8, 1.0), "interpolation": "nearest", "fill_mode": "nearest"},
        "constant": {"factor": (1.0, 1.0), "scale": (0.8, 1.0), "fill_mode": "constant", "fill_value": 50.0},
        "wrap": {"factor": (1.0, 1.0), "scale": (0.8, 1.0), "fill_mode": "wrap", "value_range": (20.0, 200.0)},
    }, np.ascontiguousarray(x.transpose(0, 3, 1, 2)))  # fmt: skip


def random_color_jitter():
    x = pixels((3, 3, 4, 3))
    return changed(layers.RandomColorJitter, x, {
        "light": {"brightness_factor": 0.2, "contrast_factor": 0.3}, "nothing": {},
        "colours": {"saturation_factor": (0.3, 0.6), "hue_factor": 0.2},
        "all": {"brightness_factor": (0.1, 0.2), "contrast_factor": 0.2, "saturation_factor": (0.4, 0.6), "hue_factor": 0.1,
                "value_range": (0.0, 300.0)},
    })  # fmt: skip


def rand_augment():
    x = pixels((3, 6, 7, 3)) / 2 + 50
    return changed(layers.RandAugment, x, {
        "default": {}, "many": {"num_ops": 6, "factor": 0.8}, "one": {"num_ops": 1, "factor": (0.2, 0.4)},
        "nearest": {"num_ops": 3, "interpolation": "nearest"}, "none": {"num_ops": 0},
    }, gradients=False)  # fmt: skip  (a stretched contrast lies at the bounds that it is cut to)


def aug_mix():
    x = pixels((3, 6, 7, 3)) / 2 + 50
    return changed(layers.AugMix, x, {
        "default": {}, "deep": {"num_chains": 2, "chain_depth": 5}, "few": {"all_ops": False},
        "uneven": {"alpha": 0.3, "chain_depth": 1, "interpolation": "nearest"},
    }, gradients=False)  # fmt: skip  (a stretched contrast lies at the bounds that it is cut to)


def clahe():
    make = layers.ContrastLimitedAdaptiveHistogramEqualization
    x = pixels((2, 16, 13, 2))
    tiles = partial(make, tile_grid_size=(3, 4))
    return [
        preprocessed("default", make, x), preprocessed("training", tiles, np.floor(x / 3), training=True),
        preprocessed("no limit", lambda: tiles(clip_limit=0.0), x), preprocessed("a low limit", lambda: tiles(clip_limit=1.5), x),
        preprocessed("narrow values", lambda: tiles(value_range=(0.0, 1.0)), x / 255),
        preprocessed("channels_first", lambda: tiles(data_format="channels_first"),
                     np.ascontiguousarray(x.transpose(0, 3, 1, 2))),
        preprocessed("one image", tiles, x[0], batched=False),
    ]  # fmt: skip


def equalization():
    make, given = layers.Equalization, partial(preprocessed, training=True)
    x = pixels((2, 4, 5, 3))
    x[..., 2] = 7
    dark = np.floor(x / 9)
    return [
        given("bytes", make, x), given("dark", make, dark), given("few bins", lambda: make(bins=16), x),
        given("narrow values", lambda: make(value_range=(0.0, 1.0)), x / 255),
        given("channels_first", lambda: make(data_format="channels_first"), np.ascontiguousarray(x.transpose(0, 3, 1, 2))),
        given("one image", make, x[0], batched=False), preprocessed("not training", make, x),
    ]  # fmt: skip


def max_num_bounding_boxes():
    return [preprocessed("images", lambda: layers.MaxNumBoundingBoxes(4), image((2, 3, 3, 1)), training=True)]


def random_crop():
    make = layers.RandomCrop
    x = image((2, 6, 7, 1))
    given = partial(preprocessed, training=True)
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return [
        given("smaller", lambda: make(3, 4, seed=3), x, twice=True),
        given("another seed", lambda: make(2, 2, seed=11), x),
        given("one less", lambda: make(5, 6, seed=5), x),
        given("same height", lambda: make(6, 4, seed=3), x),
        given("same size", lambda: make(6, 7, seed=3), x),
        given("higher", lambda: make(8, 4, seed=3), x),
        given("larger", lambda: make(8, 9, seed=3), x),
        given("channels_first", lambda: make(3, 4, seed=3, data_format="channels_first"), first),
        given("one image", lambda: make(3, 4, seed=3), x[0], batched=False),
        preprocessed("not training", lambda: make(3, 4, seed=3), x),
    ]


def random_shear():
    plan = {
        "numbers": {"x_factor": 0.6, "y_factor": 0.4},
        "ranges": {"x_factor": (0.2, 0.5), "y_factor": (0.1, 0.9)},
        "only along": {"x_factor": 0.7}, "only down": {"y_factor": (0.5, 0.5)}, "nothing": {},
    }  # fmt: skip
    return bent(layers.RandomShear, plan, image((3, 4, 5, 2)))


def mix_up():
    make = layers.MixUp
    x, labels = image((5, 2, 3, 2)), np.abs(image((5, 3), 1))
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return [
        mixed("defaults", lambda: make(seed=3), x),
        mixed("with labels", lambda: make(seed=3), x, labels),
        mixed("another seed", lambda: make(seed=42), x, labels),
        mixed("more evenly", lambda: make(alpha=1.0, seed=5), x, labels),
        mixed("much more evenly", lambda: make(alpha=4.0, seed=6), x, labels),
        mixed("as they are, mostly", lambda: make(alpha=0.01, seed=7), x, labels),
        mixed("a larger batch", lambda: make(alpha=0.6, seed=8), image((40, 1, 2, 1)), np.abs(image((40, 2), 1))),
        mixed("one image", lambda: make(seed=3), x[:1], labels[:1]),
        mixed("channels_first", lambda: make(seed=3, data_format="channels_first"), first),
        mixed("not training", lambda: make(seed=3), x, labels, training=False),
        mixed("not training, then training", lambda: make(seed=3), x, labels, training=False, next_training=True),
    ]


def cut_mix():
    make = layers.CutMix
    x, labels = image((4, 5, 6, 2)), np.abs(image((4, 3), 1))
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    return [
        mixed("defaults", lambda: make(seed=3), x),
        mixed("with labels", lambda: make(seed=3), x, labels),
        mixed("another seed", lambda: make(seed=42), x, labels),
        mixed("a number", lambda: make(factor=0.3, seed=5), x, labels),
        mixed("a range", lambda: make(factor=(0.4, 0.8), seed=6), x, labels),
        mixed("nothing or all", lambda: make(factor=0.0, seed=7), x, labels),
        mixed("a larger batch", lambda: make(seed=8), image((30, 4, 3, 1)), np.abs(image((30, 2), 1))),
        mixed("one image", lambda: make(seed=3), x[:1], labels[:1]),
        mixed("channels_first", lambda: make(seed=3, data_format="channels_first"), first, labels),
        mixed("not training", lambda: make(seed=3), x, labels, training=False),
        mixed("not training, then training", lambda: make(seed=3), x, labels, training=False, next_training=True),
    ]


def stft_spectrogram():
    """With the kernels that the layer begins with; `spectrograms` has others."""
    make = layers.STFTSpectrogram
    x = image((2, 40, 1))
    return [
        preprocessed("magnitude", lambda: make(mode="magnitude", frame_length=8), x),
        preprocessed("real", lambda: make(mode="real", frame_length=8, frame_step=3), x),
        preprocessed("imag", lambda: make(mode="imag", frame_length=8, frame_step=3), x),
        preprocessed("stft, a longer transform", lambda: make(mode="stft", frame_length=6, fft_length=12), x),
        preprocessed("no power of two", lambda: make(mode="stft", frame_length=10), x),
        preprocessed("hamming, spectrum", lambda: make(mode="psd", frame_length=8, window="hamming", scaling="spectrum"),
                     x),
        preprocessed("periodic, unscaled", lambda: make(mode="stft", frame_length=8, periodic=True, scaling=None), x),
        preprocessed("no window", lambda: make(mode="stft", frame_length=8, window=None), x),
        preprocessed("blackman", lambda: make(mode="magnitude", frame_length=8, window="blackman"), x),
    ]  # fmt: skip


def preprocessing():
    makers = [rescaling, resizing, center_crop, category_encoding, discretization, integer_lookup, string_lookup,
              text_vectorization, hashing, random_flip, random_rotation, random_zoom, random_translation,
              random_contrast, random_brightness, random_crop, random_shear, mix_up, cut_mix,
              stft_spectrogram, auto_contrast, solarization, random_invert, random_grayscale, random_posterization,
              random_color_degeneration, random_sharpness, random_hue, random_saturation, random_gaussian_blur,
              random_erasing, equalization, max_num_bounding_boxes, random_perspective, random_elastic_transform,
              random_color_jitter, rand_augment, aug_mix, clahe]  # fmt: skip
    return [entry for make in makers for entry in make()]


def spectrograms():
    stft, mel = layers.STFTSpectrogram, layers.MelSpectrogram

    def of(make, label, shape, **arguments):
        return case(label, lambda: make(**arguments), shape)

    one, two = (2, 40, 1), (2, 40, 2)
    modes = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    entries = [of(stft, mode, two, mode=mode, frame_length=8) for mode in modes]
    for padding in ("valid", "same"):
        for expand in (False, True):
            given = {"mode": "stft", "frame_length": 6, "frame_step": 4, "padding": padding, "expand_dims": expand}
            label = f"{padding}, expand_dims {expand}"
            entries.append(of(stft, label, (2, 23, 2), **given))
            first = {"data_format": "channels_first"}
            entries.append(of(stft, f"{label}, channels_first", (2, 2, 23), **given, **first))
    entries += [
        of(stft, "a longer transform", one, mode="psd", frame_length=6, fft_length=16),
        of(stft, "steps as long as frames", one, frame_length=5, frame_step=5, mode="magnitude"),
        of(stft, "frozen", one, frame_length=8, mode="real", trainable=False),
        of(mel, "a short transform", (2, 60), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=800),
        of(mel, "no decibels", (2, 60), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=800,
           power_to_db=False),
        of(mel, "magnitudes", (2, 60), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=800,
           power_to_db=False, mag_exp=1.0),
        of(mel, "hamming", (2, 60), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=800,
           window="hamming"),
        of(mel, "no window", (2, 60), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=800, window=None),
        of(mel, "shorter sequences", (2, 60), fft_length=16, sequence_stride=5, sequence_length=11, num_mel_bins=4,
           sampling_rate=800),
        of(mel, "few frequencies", (2, 60), fft_length=32, sequence_stride=16, num_mel_bins=3, sampling_rate=1000,
           min_freq=50.0, max_freq=300.0),
        of(mel, "a small range", (2, 60), fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=800,
           top_db=6.0, ref_power=4.0, min_power=0.5),
        of(mel, "not a power of two", (1, 60), fft_length=18, sequence_stride=8, num_mel_bins=4, sampling_rate=800),
        of(mel, "an odd length", (1, 60), fft_length=15, sequence_stride=8, num_mel_bins=4, sampling_rate=800),
        of(mel, "shorter than half of the transform", (1, 10), fft_length=32, sequence_stride=8, num_mel_bins=4,
           sampling_rate=800),
        of(mel, "defaults", (1, 2000), num_mel_bins=16),
    ]  # fmt: skip
    return entries


# ---------------------------------------------------------------- graphs


def file_config(model):
    """What config.json of a .keras file says of the model, apart from how it is compiled."""
    config = json.loads(model.to_json())
    config.pop("compile_config", None)
    return config


def drawn_weights(model, seed):
    rng = np.random.RandomState(seed)
    return [default_weight(weight.path, weight.shape, rng) for weight in model.weights]


def summary(model, **arguments):
    parts = []
    model.summary(print_fn=parts.append, **arguments)
    return {"arguments": arguments, "text": "".join(parts)}


def graph(label, make, inputs, summaries=({},), training=None, seed=0):
    """make: a function that returns the model. inputs: one array for each of model.inputs.

    training: the arguments of `trained`.
    """
    fresh()
    model = make()
    values = drawn_weights(model, seed)
    model.set_weights(values)
    packed = keras.tree.pack_sequence_as(model._inputs_struct, inputs)
    trainable = [weight.value for weight in model.trainable_variables]
    rest = [weight.value for weight in model.non_trainable_variables]
    floating = [place for place, value in enumerate(inputs) if value.dtype == np.float32]

    def run(trainable, floats_given):
        given = list(map(jax.numpy.asarray, inputs))
        for place, value in zip(floating, floats_given):
            given[place] = value
        outputs, _ = model.stateless_call(
            trainable, rest, keras.tree.pack_sequence_as(model._inputs_struct, given), training=False
        )
        return keras.tree.flatten(outputs)

    outputs = keras.tree.flatten(model(packed, training=False))
    weighting = [floats(output.shape, 50 + place) for place, output in enumerate(outputs)]
    by_weights, by_inputs = jax.grad(
        lambda *given: sum((output * w).sum() for output, w in zip(run(*given), weighting)), argnums=(0, 1)
    )(trainable, [jax.numpy.asarray(inputs[place]) for place in floating])
    input_grads = dict(zip(floating, by_inputs))
    entry = {
        "case": label,
        "model": file_config(model),
        "layers": [[layer.name, type(layer).__name__] for layer in model.layers],
        "weights": [
            {"name": weight.path, "trainable": weight.trainable} | tensor(value)
            for weight, value in zip(model.weights, values)
        ],
        "summaries": [summary(model, **arguments) for arguments in summaries],
        "inputs": list(map(tensor, inputs)),
        "outputs": list(map(tensor, outputs)),
        "output_shapes": [list(output.shape) for output in model.outputs],
        "cotangents": list(map(tensor, weighting)),
        "weight_grads": list(map(tensor, by_weights)),
        "input_grads": [tensor(input_grads[place]) if place in floating else None for place in range(len(inputs))],
    }
    if training:
        entry["training"] = trained(model, **training)
    return entry


def trained(model, x, y, fit=None, **compiled):
    fit = {"epochs": 2, "batch_size": 8, "shuffle": False} | (fit or {})
    model.compile(**copy.deepcopy(compiled))  # Keras writes into the optimizer's config
    history = model.fit(x, y, verbose=0, **fit).history
    return {
        "compile": compiled,
        "fit": fit,
        "x": keras.tree.map_structure(tensor, x),
        "y": keras.tree.map_structure(tensor, y),
        "history": {name: list(map(numbers, values)) for name, values in history.items()},
        "final_weights": [tensor(value) for value in model.get_weights()],
    }


EVERYTHING = {"expand_nested": True, "show_trainable": True}


def residual_block():
    x = keras.Input((6, 6, 2), name="image")
    y = layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("relu")(y)
    y = layers.Conv2D(4, 3, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    shortcut = layers.Conv2D(4, 1)(x)
    y = layers.Add()([y, shortcut])
    y = layers.ReLU()(y)
    y = layers.GlobalAveragePooling2D()(y)
    return keras.Model(x, layers.Dense(3, activation="softmax")(y), name="residual")


def two_and_two():
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    both = layers.Concatenate()([layers.Dense(5, activation="relu")(left), right])
    hidden = layers.Dense(4, activation="tanh")(both)
    score = layers.Dense(1, name="score")(hidden)
    label = layers.Dense(3, activation="softmax", name="label")(layers.Concatenate()([hidden, left]))
    return keras.Model([left, right], [score, label])


def shared_layer():
    first, second = keras.Input((4,)), keras.Input((4,))
    shared = layers.Dense(3, activation="tanh", name="shared")
    return keras.Model([first, second], layers.Subtract()([shared(first), shared(second)]))


def nested_sequential():
    x = keras.Input((5,))
    inner = keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, activation="relu"), layers.BatchNormalization(), layers.Dense(3)],
        name="trunk",
    )
    return keras.Model(x, layers.Dense(2, activation="sigmoid")(inner(x)), name="outer")


def nested_functional_twice():
    inside = keras.Input((4,))
    hidden = layers.Dense(3, activation="tanh")(inside)
    encoder = keras.Model(inside, [layers.Dense(2)(hidden), hidden], name="encoder")
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    code, _ = encoder(first)
    other, wide = encoder(second)
    joined = layers.Concatenate()([layers.Multiply()([code, other]), wide])
    return keras.Model([first, second], layers.Dense(1)(joined))


def frozen():
    x = keras.Input((4,))
    body = keras.Sequential([layers.Dense(4, activation="relu"), layers.BatchNormalization()], name="body")
    y = body(x)
    body.trainable = False
    middle = layers.Dense(3, activation="tanh", name="middle", trainable=False)
    y = layers.BatchNormalization(name="live")(middle(y))
    return keras.Model(x, layers.Dense(2, name="head")(y), name="frozen")


def encoder_decoder():
    source, target = keras.Input((4, 3), name="source"), keras.Input((3, 2), name="target")
    _, h, c = layers.LSTM(4, return_state=True)(source)
    y = layers.LSTM(4, return_sequences=True)(target, initial_state=[h, c])
    return keras.Model([source, target], [layers.Dense(2, activation="softmax")(y), c])


def masked_embedding():
    words = keras.Input((5,), dtype="int32", name="words")
    y = layers.Embedding(7, 4, mask_zero=True)(words)
    y = layers.LSTM(3)(y)
    return keras.Model(words, layers.Dense(1, activation="sigmoid")(y))


def masked_bidirectional():
    x = keras.Input((4, 3))
    y = layers.Masking()(x)
    y = layers.Bidirectional(layers.GRU(2, return_sequences=True))(y)
    return keras.Model(x, layers.TimeDistributed(layers.Dense(2))(y))


def masked_towers():
    left, right = keras.Input((4,), dtype="int32", name="left"), keras.Input((4,), dtype="int32", name="right")
    # In the order that the graph has, too, by which a model from a file counts its masks.
    a, b = layers.Embedding(5, 3, mask_zero=True)(left), layers.Embedding(5, 3, mask_zero=True)(right)
    y = layers.LSTM(2, return_sequences=True)(layers.Add()([a, b]))
    y = layers.Concatenate()([y, b, layers.Embedding(5, 2)(left)])
    steps, state = layers.GRU(2, return_sequences=True, return_state=True)(y)
    # A layer that gets its states is not given the mask.
    z = layers.GRU(2)(steps, initial_state=state)
    steps = layers.BatchNormalization()(steps)
    return keras.Model([left, right], layers.Concatenate()([layers.GlobalAveragePooling1D()(steps), z]))


def masked_attention():
    words, other = keras.Input((4,), dtype="int32"), keras.Input((3,), dtype="int32")
    query = layers.Embedding(5, 4, mask_zero=True)(words)
    value = layers.Embedding(5, 4, mask_zero=True)(other)
    y = layers.Attention(use_scale=True)([query, value])
    y = layers.MultiHeadAttention(2, 2)(y, value)
    return keras.Model([words, other], layers.GlobalAveragePooling1D()(y))


def masked_blocks():
    """Two blocks of a Transformer. An attention removes the masks of its inputs, so the second sees none."""
    words = keras.Input((4,), dtype="int32", name="words")
    x = layers.Embedding(5, 4, mask_zero=True)(words)
    for _ in range(2):
        y = layers.MultiHeadAttention(1, 4)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, y]))
    return keras.Model(words, layers.GlobalAveragePooling1D()(x))


def masks_and_attentions():
    """Calls of one depth run in an order of Keras's own, before and after the attention that removes the masks."""
    words, other = keras.Input((4,), dtype="int32", name="words"), keras.Input((3,), dtype="int32", name="other")
    e, f = layers.Embedding(5, 4, mask_zero=True)(words), layers.Embedding(5, 4, mask_zero=True)(other)
    return keras.Model([words, other], [
        layers.MultiHeadAttention(2, 2)(e, e),
        layers.MultiHeadAttention(2, 2)(e, f),
        layers.Attention()([e, f]),
        layers.AdditiveAttention()([e, f, f]),
        layers.GroupQueryAttention(2, 2, 1)(e, f),
    ])


def functions_and_masks():
    """Functions drop masks, layers of the same names pass them on."""
    words = keras.Input((4,), dtype="int32", name="words")
    e = layers.Embedding(5, 4, mask_zero=True)(words)
    both = keras.ops.concatenate([e, e * 2.0], axis=-1)
    return keras.Model(words, [
        layers.LSTM(2)(e + e), layers.LSTM(2)(layers.Add()([e, e])),
        layers.GlobalAveragePooling1D()(both), layers.GlobalAveragePooling1D()(layers.Concatenate()([e, e])),
    ])


def computed_masks():
    """Masks that the program computes, comparisons as values, and both at once."""
    words = keras.Input((4,), dtype="int32", name="words")
    e = layers.Embedding(5, 4)(words)
    known = keras.ops.not_equal(words, 4)
    kept = keras.ops.cast(known, "float32")
    return keras.Model(words, [
        layers.GRU(2)(e, mask=known),
        layers.GlobalAveragePooling1D()(layers.Embedding(5, 2, mask_zero=True)(words), mask=keras.ops.less(words, 3)),
        layers.MultiHeadAttention(1, 4)(e, e, value_mask=known),
        layers.Attention()([e, e], mask=[None, known]),
        layers.Multiply()([e, layers.Reshape((4, 1))(kept)]),
    ])


def given_masks():
    x, scores = keras.Input((4, 3), name="x"), keras.Input((4, 4), name="scores")
    present, seen = keras.Input((4,), dtype="bool", name="present"), keras.Input((1, 4), dtype="bool", name="seen")
    y = layers.GRU(4, return_sequences=True)(x, mask=present)
    y = layers.Attention()([y, y], mask=[present, present])
    y = layers.Add()([y, layers.Conv1D(4, 1)(layers.Softmax()(scores, mask=seen))])
    y = layers.BatchNormalization()(y, mask=present)
    # The mask that is given, and not the one that comes along.
    masked = layers.Bidirectional(layers.LSTM(1))(layers.Masking()(x), mask=present)
    y = layers.Concatenate()([layers.GlobalAveragePooling1D()(y, mask=present), masked])
    return keras.Model([x, scores, present, seen], y)


def options_of_calls():
    """A layer that is called in two ways, and arrays where layers take tensors."""
    x = keras.Input((4, 6))
    attention = layers.MultiHeadAttention(2, 3)
    past = attention(x, x, use_causal_mask=True)
    band = np.abs(np.arange(4)[:, None] - np.arange(4)) < 2
    near = attention(past, x, attention_mask=band[None])
    plain = attention(near, past)
    return keras.Model(x, layers.Multiply()([plain, np.linspace(0.5, 1.5, 6, dtype="float32")[None, None]]))


def there_and_back():
    words = keras.Input((4,), dtype="int32", name="words")
    tied = layers.ReversibleEmbedding(5, 3, name="tied")
    apart = layers.ReversibleEmbedding(5, 3, tie_weights=False, logit_soft_cap=2.0, name="apart")
    y = layers.Dense(3, activation="tanh")(layers.Add()([tied(words), apart(words)]))
    return keras.Model(words, [tied(y, reverse=True), apart(y, reverse=True)])


def nested_outputs():
    x = keras.Input((4,))
    a, b = layers.Dense(3, name="a")(x), layers.Dense(2, name="b")(x)
    return keras.Model(x, {"z": a, "pair": [b, {"q": b + 1.0}]})


def siamese():
    tower = keras.Sequential([keras.Input((5,)), layers.Dense(4, activation="relu"), layers.Dense(3)], name="tower")
    left, right = keras.Input((5,), name="left"), keras.Input((5,), name="right")
    similar = layers.Dot(axes=-1, normalize=True)([tower(left), tower(right)])
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid")(similar))


def inception_block():
    x = keras.Input((5, 5, 3))
    one = layers.Conv2D(2, 1, activation="relu")(x)
    three = layers.Conv2D(3, 3, padding="same", activation="relu")(layers.Conv2D(2, 1, activation="relu")(x))
    five = layers.Conv2D(2, 5, padding="same", activation="relu")(layers.Conv2D(1, 1, activation="relu")(x))
    pool = layers.Conv2D(2, 1, activation="relu")(layers.MaxPooling2D(3, strides=1, padding="same")(x))
    y = layers.Concatenate(axis=-1)([one, three, five, pool])
    return keras.Model(x, layers.Dense(2)(layers.Flatten()(layers.AveragePooling2D(2)(y))))


def attention_block():
    x = keras.Input((4, 6))
    y = layers.LayerNormalization(epsilon=1e-6)(x)
    y = layers.MultiHeadAttention(num_heads=2, key_dim=3)(y, y, use_causal_mask=True)
    y = after = layers.Add()([x, y])
    y = layers.LayerNormalization()(y)
    y = layers.Dense(6)(layers.Dense(8, activation="gelu")(y))
    return keras.Model(x, layers.Add()([after, y]))


def picked_output():
    whole = residual_block()
    return keras.Model(whole.inputs, [whole.layers[3].output, whole.get_layer("add").output], name="features")


def passed_through():
    x, y = keras.Input((3,), name="kept"), keras.Input((2,), name="used")
    return keras.Model([x, y], [x, layers.Dense(2)(layers.Concatenate()([x, y]))])


def other_order():
    # Made last to first, so that names, the order of layers and the order of calls are three different things.
    last, middle, first = layers.Dense(1), layers.Dense(2, activation="tanh"), layers.Dense(3, activation="relu")
    late, early = keras.Input((2,), name="late"), keras.Input((4,), name="early")
    joined = layers.Concatenate()([middle(first(early)), layers.Dense(2)(late)])
    return keras.Model([early, late], last(layers.Add()([joined, layers.Dense(4)(early)])))


def dicts():
    wide, deep = keras.Input((3,), name="wide"), keras.Input((4,), name="deep")
    hidden = layers.Dense(4, activation="relu")(deep)
    joined = layers.concatenate([wide, hidden])
    price, kind = layers.Dense(1)(joined), layers.Dense(3, activation="softmax")(joined)
    return keras.Model({"wide": wide, "deep": deep}, {"price": price, "kind": kind})


def nested_deep():
    x = keras.Input((4,))
    innermost = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu")], name="innermost")
    inside = keras.Input((4,))
    inner = keras.Model(inside, layers.Dense(2)(innermost(inside)), name="inner")
    return keras.Model(x, layers.Add()([layers.Dense(2)(x), inner(x)]))


def channels_swapped():
    x = keras.Input((3, 4))
    y = layers.Permute((2, 1))(x)
    y = layers.Conv1D(2, 2, padding="causal")(y)
    y = layers.ZeroPadding1D((1, 0))(y)
    y = layers.GlobalMaxPooling1D()(y)
    y = layers.RepeatVector(3)(y)
    return keras.Model(x, layers.Average()([layers.Reshape((6,))(y), layers.Dense(6)(layers.Flatten()(x))]))


def graphs():
    sgd = {"class_name": "SGD", "config": {"learning_rate": 0.1}}
    momentum = {"class_name": "SGD", "config": {"learning_rate": 0.05, "momentum": 0.9}}
    adam = {"class_name": "Adam", "config": {"learning_rate": 0.01}}
    many = floats((16, 4), 20), floats((16, 3), 21)
    score, label = floats((16, 1), 22), np.arange(16, dtype="int32").reshape(16, 1) * 7 % 3
    words = ints([[1, 4, 2, 0, 0], [3, 6, 5, 1, 2], [6, 0, 0, 0, 0]])
    many_words = np.random.RandomState(23).randint(1, 7, (16, 5)) * (np.arange(5) <= np.arange(16)[:, None] % 5)
    many_words = many_words.astype("int32")
    tokens = ints([[1, 4, 2, 0], [3, 0, 4, 1]])
    padded = floats((2, 4, 3))
    padded[0, 2:] = 0
    padded[1, 1] = 0

    def fitted(x, y, optimizer, **rest):
        return {"x": x, "y": y, "optimizer": optimizer, **rest}

    return [
        graph("residual block", residual_block, [floats((2, 6, 6, 2))], [{}, {"show_trainable": True}]),
        graph("two inputs, two outputs", two_and_two, [floats((2, 4)), floats((2, 3), 1)], training=fitted(
            list(many), [score, label], adam, loss=["mse", "sparse_categorical_crossentropy"],
            loss_weights=[1.0, 0.5], metrics=[["mae"], ["accuracy"]])),
        graph("shared layer", shared_layer, [floats((2, 4)), floats((2, 4), 1)]),
        graph("nested Sequential", nested_sequential, [floats((3, 5))], [{}, {"expand_nested": True}, EVERYTHING],
              training=fitted(floats((16, 5), 24), (floats((16, 2), 25) > 0).astype("float32"), momentum,
                              loss="binary_crossentropy", metrics=["accuracy"])),
        graph("nested Functional, called twice", nested_functional_twice, [floats((2, 4)), floats((2, 4), 1)],
              [{}, {"expand_nested": True}]),
        graph("frozen layers", frozen, [floats((3, 4))], [{"show_trainable": True}, EVERYTHING], training=fitted(
            many[0], floats((16, 2), 26), sgd, loss="mse")),
        graph("encoder and decoder", encoder_decoder, [floats((2, 4, 3)), floats((2, 3, 2), 1)]),
        graph("masked embedding", masked_embedding, [words], training=fitted(
            many_words, (score > 0).astype("float32"), adam, loss="binary_crossentropy", metrics=["accuracy"])),
        graph("masked, both ways, every step", masked_bidirectional, [padded]),
        graph("masked towers", masked_towers, [tokens, tokens[::-1] * (tokens > 1)]),
        graph("masked attention", masked_attention, [tokens, tokens[:, 1:]]),
        graph("masked blocks of attention", masked_blocks, [tokens]),
        graph("masks before and after attentions", masks_and_attentions, [tokens, tokens[:, 1:]]),
        graph("functions and masks", functions_and_masks, [tokens]),
        graph("masks that are computed", computed_masks, [tokens]),
        graph("masks that are given", given_masks, [
            floats((2, 4, 3)), floats((2, 4, 4), 1), np.array([[1, 1, 1, 0], [1, 0, 1, 1]], "bool"),
            np.array([[[1, 0, 1, 1]], [[0, 1, 1, 1]]], "bool")]),
        graph("options of calls", options_of_calls, [floats((2, 4, 6))]),
        graph("there and back", there_and_back, [tokens]),
        graph("nested outputs", nested_outputs, [floats((2, 4))]),
        graph("siamese", siamese, [floats((2, 5)), floats((2, 5), 1)], [{}, {"expand_nested": True}]),
        graph("inception block", inception_block, [floats((2, 5, 5, 3))]),
        graph("attention block", attention_block, [floats((2, 4, 6))]),
        graph("inner outputs picked", picked_output, [floats((2, 6, 6, 2))]),
        graph("an input that is an output", passed_through, [floats((2, 3)), floats((2, 2), 1)]),
        graph("made in another order", other_order, [floats((2, 4)), floats((2, 2), 1)]),
        graph("dicts", dicts, [floats((2, 4)), floats((2, 3), 1)], training=fitted(
            {"wide": many[1], "deep": many[0]}, {"price": score, "kind": label}, sgd,
            loss={"price": "mae", "kind": "sparse_categorical_crossentropy"},
            loss_weights={"price": 0.25, "kind": 2.0}, metrics={"kind": ["accuracy"], "price": ["mse"]})),
        graph("nested twice over", nested_deep, [floats((2, 4))], [{}, EVERYTHING]),
        graph("shapes", channels_swapped, [floats((2, 3, 4))]),
    ]  # fmt: skip


# ---------------------------------------------------------------- applications


def hashed(number, shape):
    """u(number, i) of the docstring, for every i of the shape."""
    count = int(np.prod(shape))
    start = (number * 0x85EBCA77 + 0x165667B1) % 2**32
    h = np.arange(count, dtype="uint32") * np.uint32(0x9E3779B1) + np.uint32(start)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x2C1B3C6D)
    h ^= h >> np.uint32(12)
    h *= np.uint32(0x297A2D39)
    h ^= h >> np.uint32(15)
    return ((h >> np.uint32(8)).astype("float32") * np.float32(2.0**-23) - np.float32(1)).reshape(shape)


def formula_weights(model, gain, top_gain):
    values = []
    for layer in model.layers:
        depthwise = isinstance(layer, layers.DepthwiseConv2D)
        for weight in layer.weights:
            u, kind = hashed(len(values), weight.shape), weight.path.rsplit("/", 1)[-1]
            if kind == "kernel":
                fan_in = np.prod(weight.shape[:2] if depthwise else weight.shape[:-1])
                u *= np.float32(np.sqrt((top_gain if layer.name == "predictions" else gain) / fan_in))
            elif kind == "gamma":
                u = 1 + np.float32(0.25) * u
            elif kind in ("moving_variance", "variance"):
                u = 1 + np.float32(0.5) * u
            elif kind == "count":
                u = np.zeros(weight.shape, "int32")
            else:
                u *= np.float32(0.1)
            values.append(u)
    return values


def from_layers(layer):
    return [source._keras_history.operation.name for source in layer._inbound_nodes[0].input_tensors]


def layer_line(layer):
    shape = layer.output.shape[1:]
    weights = [[weight.path.split("/", 1)[1], list(weight.shape)] for weight in layer.weights]
    return [type(layer).__name__, layer.name, list(shape), from_layers(layer), weights]


def count_weights(model):
    def size(weights):
        return int(sum(np.prod(weight.shape) for weight in weights))

    trainable, other = size(model.trainable_weights), size(model.non_trainable_weights)
    return {"params": trainable + other, "trainable_params": trainable, "non_trainable_params": other}


def made(name, arguments):
    fresh()
    return getattr(keras.applications, name)(weights=None, **arguments)


def application(name, module, batch):
    model = made(name, {})
    ready = module.preprocess_input(batch.copy())
    first = np.ascontiguousarray(batch.transpose(0, 3, 1, 2))
    transposed = module.preprocess_input(first, data_format="channels_first")
    return {
        "name": name,
        "model_name": model.name,
        "input_shape": list(model.input_shape[1:]),
        **count_weights(model),
        "number_of_weights": len(model.weights),
        "preprocess_input": tensor(ready),
        "preprocess_input_channels_first": tensor(transposed),
        "layers": [layer_line(layer) for layer in model.layers],
    }


def application_run(name, gain, top_gain, scale=1.0, offset=0.0, **arguments):
    model = made(name, arguments)
    model.set_weights(formula_weights(model, gain, top_gain))
    shape = model.input_shape[1:]
    x = hashed(1_000_000, (1, *shape)) * np.float32(scale) + np.float32(offset)
    spied = model.layers[::10]
    watch = keras.Model(model.inputs[0], [model.output, *(layer.output for layer in spied)])
    y, *inner = (np.asarray(value, "float64") for value in watch(x, training=False))
    return {
        "name": name,
        "arguments": arguments,
        "input_shape": list(shape),
        "gain": gain,
        "top_gain": top_gain,
        "input_scale": scale,
        "input_offset": offset,
        **count_weights(model),
        "outputs": tensor(y[0, :40]),
        "size": y.size,
        "sum": y.sum(),
        "sum_abs": np.abs(y).sum(),
        "sum_squares": (y**2).sum(),
        "argmax": int(y.argmax()),
        "inner": [[layer.name, value.sum(), np.abs(value).sum()] for layer, value in zip(spied, inner)],
    }


def applications():
    apps = keras.applications
    batch = pixels((2, 2, 2, 3), 8)
    small = {"include_top": False, "pooling": "avg", "input_shape": (64, 64, 3)}
    around = {"scale": 127.5, "offset": 127.5}  # EfficientNet takes pixels
    return {
        "image": tensor(batch),
        "apps": [
            application("VGG16", apps.vgg16, batch),
            application("ResNet50", apps.resnet50, batch),
            application("MobileNetV2", apps.mobilenet_v2, batch),
            application("EfficientNetB0", apps.efficientnet, batch),
        ],
        "runs": [
            application_run("VGG16", 6, 2, input_shape=(96, 96, 3)),
            application_run("VGG16", 6, 2, input_shape=(64, 64, 3), classes=10, classifier_activation=None),
            application_run("VGG16", 6, 2, **small),
            application_run("ResNet50", 3, 3),
            application_run("ResNet50", 3, 3, **small),
            application_run("ResNet50", 3, 3, input_shape=(64, 64, 3), classes=10),
            application_run("MobileNetV2", 4, 4),
            application_run("MobileNetV2", 4, 4, **small),
            application_run("MobileNetV2", 4, 4, **small | {"alpha": 0.35, "pooling": "max"}),
            application_run("EfficientNetB0", 6, 120, **around),
            application_run("EfficientNetB0", 6, 120, **around, **small),
        ],
    }


FILES = {preprocessing: partial(write_family, "preprocessing"),
         spectrograms: partial(write_family, "spectrograms"), graphs: partial(write, "graphs"),
         applications: partial(write, "applications")}  # fmt: skip

if __name__ == "__main__":
    for make, save in FILES.items():
        if len(sys.argv) == 1 or make.__name__ in sys.argv[1:]:
            save(make())
