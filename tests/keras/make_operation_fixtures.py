"""Makes `fixtures/operations.json`: each function of `keras.ops` that Horn has, in a graph.

    pip install keras==3.15.1 jax==0.10.2 numpy==2.4.6
    python make_operation_fixtures.py

An entry is {"case", "model", "inputs", "outputs", "cotangents", "input_grads"}: what `Model.to_json()` gives for a graph of
the function, arrays for its inputs, and what Keras computes from them. The gradients are those of the sum of all outputs
times their cotangents, by each input of floats; null where no output is one of floats.
"""

import json
import warnings

import jax
import numpy as np
from make_fixtures import keras, plain, tensor, write

from keras import ops

RNG = np.random.default_rng(7)
A = np.arange(1, 5, dtype="float32") / 4


def floats(*shape):
    return RNG.standard_normal(shape).astype("float32")


def positive(*shape):
    return RNG.uniform(0.2, 2.0, shape).astype("float32")


def between(*shape):
    return RNG.uniform(-0.9, 0.9, shape).astype("float32")


def ints(high, *shape):
    return RNG.integers(0, high, shape).astype("int32")


def cases():
    """(case, function of symbolic tensors, arrays of three samples)."""
    x, y, z, image = floats(3, 4), floats(3, 4), floats(3, 5, 4), floats(3, 4, 6, 2)
    near = np.array([[0.0, -1.0, 1.0, 2.0], [0.5, 0.0, -2.0, 3.0], [1.5, 2.5, -0.5, 0.0]], "float32")
    found = []

    def add(case, function, *arrays):
        found.append((case, function, arrays))

    for name in (
        "abs arctan arcsinh ceil cos cosh erf exp exp2 expm1 floor isfinite isinf isnan logical_not negative ones_like "
        "sign sin sinh square stop_gradient tan tanh trunc zeros_like hard_sigmoid hard_silu hard_tanh log_sigmoid relu "
        "relu6 selu sigmoid silu softplus softsign sparse_plus sparse_sigmoid tanh_shrink ravel fabs copy deg2rad rad2deg"
    ).split():
        add(name, getattr(ops, name), floats(3, 4))
    for name in ("log log10 log1p log2 reciprocal rsqrt sqrt").split():
        add(name, getattr(ops, name), positive(3, 4))
    for name in ("arccos arcsin arctanh").split():
        add(name, getattr(ops, name), between(3, 4))
    add("arccosh", ops.arccosh, positive(3, 4) + 1)
    for name in ("add arctan2 divide maximum minimum multiply subtract true_divide logaddexp hypot").split():
        add(name, getattr(ops, name), x, positive(3, 4))
        add(f"{name} ranks", getattr(ops, name), floats(3, 3, 4), positive(3, 4))
        add(f"{name} array", lambda t, f=getattr(ops, name): f(t, A), x)
    for name in ("equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor").split():
        add(name, getattr(ops, name), near, near[:, ::-1].copy())
        add(f"{name} number", lambda t, f=getattr(ops, name): f(t, 0), near)
    add("divide_no_nan", ops.divide_no_nan, x, near)
    add("floor_divide", ops.floor_divide, 5 * x, positive(3, 4))
    add("mod", ops.mod, 5 * x, positive(3, 4))
    add("mod number", lambda t: t % 3, 5 * x)
    add("power", ops.power, positive(3, 4), x)
    add("operators", lambda a, b: (2.0 - a) * b + 1.0 / (b + 3) - (-a) / 2 + b**2, x, positive(3, 4))
    add("operators of ints", lambda a: (2 * a + 1) / 2 - a % 3, ints(9, 3, 4))
    add("operators of truths", lambda a, b: ops.where((a > 0) & (b < 1) | ~(a > b), a, b), x, y)
    add("absolute", lambda a: abs(a), x)
    for name in ("max mean min sum std var prod logsumexp").split():
        f = getattr(ops, name)
        add(name, lambda t, f=f: f(t, axis=-1), z)
        add(f"{name} keepdims", lambda t, f=f: f(t, axis=1, keepdims=True), z)
        add(f"{name} axes", lambda t, f=f: f(t, axis=(1, 2)), z)
        add(f"{name} all", lambda t, f=f: f(t, keepdims=True), z)
    for name in ("amax amin").split():
        add(name, lambda t, f=getattr(ops, name): f(t, axis=1), z)
    for name in ("all any").split():
        f = getattr(ops, name)
        add(name, lambda t, f=f: f(t, axis=-1), near)
        add(f"{name} keepdims", lambda t, f=f: f(t > 1, axis=1, keepdims=True), near)
    for name in ("argmax argmin").split():
        f = getattr(ops, name)
        add(name, lambda t, f=f: f(t, axis=-1), z)
        add(f"{name} keepdims", lambda t, f=f: f(t, axis=1, keepdims=True), z)
    add("count_nonzero", lambda t: ops.count_nonzero(t, axis=1), near)
    add("sum of truths", lambda t: ops.sum(t > 0, axis=1), near)
    for name in ("argsort sort cumsum cumprod").split():
        add(name, lambda t, f=getattr(ops, name): f(t, axis=1), z)
    add("top_k", lambda t: ops.top_k(t, 2), z)
    add("broadcast_to", lambda t: ops.broadcast_to(t, (2, 3, 4)), x)
    add("expand_dims", lambda t: ops.expand_dims(t, -1), x)
    add("expand_dims axes", lambda t: ops.expand_dims(t, (1, 3)), x)
    add("flip", lambda t: ops.flip(t, axis=1), z)
    add("moveaxis", lambda t: ops.moveaxis(t, 1, -1), image)
    add("pad", lambda t: ops.pad(t, [[0, 0], [1, 2], [0, 1]]), z)
    add("pad number", lambda t: ops.pad(t, [[0, 0], [1, 2], [0, 1]], constant_values=2.5), z)
    add("pad reflect", lambda t: ops.pad(t, [[0, 0], [1, 2], [0, 1]], mode="reflect"), z)
    add("repeat", lambda t: ops.repeat(t, 2, axis=1), z)
    add("reshape", lambda t: ops.reshape(t, (-1, 2, 10)), z)
    add("reshape flat", lambda t: ops.reshape(t, (-1, 20)), z)
    add("roll", lambda t: ops.roll(t, 2, axis=1), z)
    add("squeeze", lambda t: ops.squeeze(t, -1), floats(3, 4, 1))
    add("swapaxes", lambda t: ops.swapaxes(t, 1, 2), image)
    add("tile", lambda t: ops.tile(t, [1, 2, 1]), z)
    add("tile ranks", lambda t: ops.tile(t, [1, 2]), z)
    add("transpose", lambda t: ops.transpose(t, (0, 2, 1)), z)
    add("concatenate", lambda a, b: ops.concatenate([a, b], axis=1), z, floats(3, 2, 4))
    add("concatenate samples", lambda a, b: ops.concatenate([a, b]), x, y)
    add("stack", lambda a, b: ops.stack([a, b], axis=1), x, y)
    add("hstack", lambda a, b: ops.hstack([a, b]), x, y)
    add("vstack", lambda a, b: ops.vstack([a, b]), x, y)
    add("full_like", lambda t: ops.full_like(t, 2.5), x)
    add("tril", lambda t: ops.tril(t, 1), z)
    add("triu", lambda t: ops.triu(t, -1), z)
    add("resize", lambda t: ops.image.resize(t, (3, 9)), image)
    add("resize with all", lambda t: ops.image.resize(
        t, (5, 4), interpolation="bicubic", antialias=True, crop_to_aspect_ratio=True), image)
    add("layer_normalization", lambda t: ops.layer_normalization(t), z)
    add("layer_normalization scaled", lambda t: ops.layer_normalization(t, A, 2 * A, epsilon=1e-3), z)
    add("layer_normalization of tensors", lambda t, g: ops.layer_normalization(t, g, g, axis=-1), z, floats(3, 5, 4))
    add("rms_normalization", lambda t: ops.rms_normalization(t, A), z)
    add("split", lambda t: ops.split(t, 2, axis=-1), z)
    add("split places", lambda t: ops.split(t, [1, 3], axis=1), z)
    add("unstack", lambda t: ops.unstack(t, axis=1), floats(3, 2, 4))
    add("get_item", lambda t: t[:, 0], z)
    add("get_item slices", lambda t: t[:, 1:4, ::2], z)
    add("get_item rest", lambda t: t[..., -1], z)
    add("get_item new", lambda t: t[:, None, ::-1], z)
    add("get_item from the end", lambda t: t[:, -3:-1], z)
    add("take", lambda t: ops.take(t, [0, 2, -1], axis=1), z)
    add("take one", lambda t: ops.take(t, 1, axis=-1), z)
    add("take tensor", lambda t: ops.take(np.reshape(np.arange(10, dtype="float32"), (5, 2)), t, axis=0), ints(5, 3, 4))
    add("take_along_axis", lambda t, i: ops.take_along_axis(t, i, axis=1), z, ints(5, 3, 2, 4))
    add("where", lambda a, b: ops.where(a > 0, a, b), x, y)
    add("where number", lambda a: ops.where(a > 0, a, 0.0), x)
    add("clip", lambda t: ops.clip(t, -0.5, 0.75), x)
    add("cast", lambda t: ops.cast(t, "int32"), 3 * x)
    add("cast bool", lambda t: ops.cast(ops.cast(t, "bool"), "float32"), near)
    add("saturate_cast", lambda t: ops.saturate_cast(t, "int32"), 3 * x)
    add("convert_to_tensor", ops.convert_to_tensor, x)
    add("round", ops.round, near)
    add("round decimals", lambda t: ops.round(t, 1), x)
    add("one_hot", lambda t: ops.one_hot(t, 3), ints(4, 3, 4))
    add("one_hot axis", lambda t: ops.one_hot(t, 3, axis=1), ints(3, 3, 4))
    add("matmul", ops.matmul, z, floats(3, 4, 2))
    add("matmul matrix", lambda t: ops.matmul(t, np.ones((4, 2), "float32")), z)
    add("matmul heads", ops.matmul, floats(3, 2, 5, 4), floats(3, 1, 4, 3))
    add("dot", lambda t: ops.dot(t, np.ones((4, 2), "float32")), z)
    add("einsum", lambda a, b: ops.einsum("bij,bjk->bik", a, b), z, floats(3, 4, 2))
    add("einsum rest", lambda a, b: ops.einsum("...i,...i->...", a, b), z, floats(3, 5, 4))
    add("einsum one", lambda a: ops.einsum("bij->bj", a), z)
    add("softmax", lambda t: ops.softmax(t, axis=1), z)
    add("softmax axes", lambda t: ops.softmax(t, axis=(1, 2)), z)
    add("log_softmax", lambda t: ops.log_softmax(t, axis=-1), z)
    add("glu", lambda t: ops.glu(t, axis=-1), z)
    add("normalize", lambda t: ops.normalize(t, axis=1), z)
    add("celu", lambda t: ops.celu(t, alpha=0.5), x)
    add("elu", lambda t: ops.elu(t, alpha=0.5), x)
    add("gelu", ops.gelu, x)
    add("gelu exact", keras.activations.gelu, x)
    add("hard_shrink", lambda t: ops.hard_shrink(t, 0.4), x)
    add("soft_shrink", lambda t: ops.soft_shrink(t, 0.4), x)
    add("leaky_relu", lambda t: ops.leaky_relu(t, 0.3), x)
    add("squareplus", lambda t: ops.squareplus(t, 2), x)
    add("threshold", lambda t: ops.threshold(t, 0.1, -1.0), x)
    add("activations.relu", lambda t: keras.activations.relu(t, negative_slope=0.1, max_value=1.0, threshold=-0.2), x)
    add("activations.tanh", keras.activations.tanh, x)
    add("moments", lambda t: ops.moments(t, axes=[1, 2]), image)
    add("moments keepdims", lambda t: ops.moments(t, axes=[-1], keepdims=True), z)
    add("mean of all", lambda t: t - ops.mean(t), z)
    add("numbers", lambda t: t * ops.sqrt(ops.max(t) - ops.min(t)) + ops.sum(ops.square(t)), z)
    add("take_along_axis, axes of 1", lambda t, i: ops.take_along_axis(t, i, axis=1), z, np.array([[[1]], [[4]], [[0]]], "int32"))
    return found


def one_or_all(values):
    return values[0] if len(values) == 1 else values


def entry(case, function, arrays):
    keras.backend.clear_session()
    inputs = [keras.Input(array.shape[1:], dtype=str(array.dtype)) for array in arrays]
    outputs = function(*inputs)
    model = keras.Model(one_or_all(inputs), outputs)
    written = json.loads(model.to_json())
    written.pop("compile_config", None)

    def flat(values):
        return values if isinstance(values, (list, tuple)) else [values]

    arrays = [jax.numpy.asarray(array) for array in arrays]
    computed = [np.asarray(value) for value in flat(model(one_or_all(arrays)))]
    of_floats = [value.dtype.kind == "f" for value in computed]
    cotangents = [floats(*value.shape) for value in computed]
    by_input = [array.dtype.kind == "f" for array in arrays]

    def total(*given):
        values = flat(model(one_or_all(list(given))))
        return sum(ops.sum(value * of) for value, of, counts in zip(values, cotangents, of_floats) if counts)

    grads = [None] * len(arrays)
    if any(of_floats):
        for at, counts in enumerate(by_input):
            if counts:
                grads[at] = tensor(np.asarray(jax.grad(total, argnums=at)(*arrays)))
    return {
        "case": case,
        "model": plain(written),
        "inputs": [tensor(np.asarray(array, "float32")) for array in arrays],
        "outputs": [tensor(value.astype("float32")) for value in computed],
        "cotangents": [tensor(value) for value in cotangents],
        "input_grads": grads,
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    write("operations", [entry(*case) for case in cases()])
