"""Makes `fixtures/operations.json`: each function of `keras.ops` that Horn has, in a graph. And `fixtures/not_finite.json`:
functions with numbers that are not finite, whose configurations are no JSON.

    pip install keras==3.15.1 jax==0.10.2 numpy==2.4.6
    python make_operation_fixtures.py

An entry is {"case", "model", "inputs", "outputs", "cotangents", "input_grads"}: what `Model.to_json()` gives for a graph of
the function, arrays for its inputs, and what Keras computes from them. The gradients are those of the sum of all outputs
times their cotangents, by each input of floats; null where no output is one of floats.

An entry of the other file is {"case", "json", "inputs", "outputs"}, with the text of `Model.to_json()`.
"""

import json
import warnings

import jax
import numpy as np
from make_fixtures import keras, plain, tensor, write

from keras import ops
from keras.src.activations.activations import Mish

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


def positive_definite(size):
    factor = floats(3, size, size)
    return factor @ factor.swapaxes(1, 2) / size + np.eye(size, dtype="float32")


def network_cases(add):
    """Convolutions, poolings, crossentropies, and other functions of `keras.ops.nn`."""
    image, line, volume = floats(3, 7, 6, 4), floats(3, 9, 2), floats(3, 5, 4, 6, 2)
    nn = ops.nn
    for name in ("max_pool average_pool").split():
        f = getattr(nn, name)
        add(name, lambda t, f=f: f(t, (2, 2), strides=(2, 2)), image)
        add(f"{name} same", lambda t, f=f: f(t, (3, 2), strides=(2, 1), padding="same"), image)
        add(f"{name} 1D", lambda t, f=f: f(t, (3,), strides=(1,)), line)
        add(f"{name} 3D", lambda t, f=f: f(t, (2, 2, 2), strides=(2, 2, 2), padding="same"), volume)
    for name in ("adaptive_max_pool adaptive_average_pool").split():
        f = getattr(nn, name)
        add(name, lambda t, f=f: f(t, (3, 4), data_format="channels_last"), image)
        add(f"{name} 1D", lambda t, f=f: f(t, (2,), data_format="channels_last"), line)
    k, d = floats(3, 2, 4, 5), floats(3, 3, 4, 2)
    add("conv", lambda t: nn.conv(t, k), image)
    add("conv strides", lambda t: nn.conv(t, k, strides=2, padding="same"), image)
    add("conv dilation", lambda t: nn.conv(t, k, dilation_rate=(2, 1)), image)
    add("conv 1D", lambda t: nn.conv(t, floats(3, 2, 4), padding="same"), line)
    add("conv 3D", lambda t: nn.conv(t, floats(2, 2, 2, 2, 3)), volume)
    add("depthwise_conv", lambda t: nn.depthwise_conv(t, d), image)
    add("depthwise_conv strides", lambda t: nn.depthwise_conv(t, d, strides=2, padding="same"), image)
    add("separable_conv", lambda t: nn.separable_conv(t, d, floats(1, 1, 8, 3)), image)
    mean, variance = floats(4), positive(4)
    add("batch_normalization", lambda t: nn.batch_normalization(t, mean, variance, -1), image)
    add("batch_normalization scaled", lambda t: nn.batch_normalization(
        t, mean, variance, -1, offset=floats(4), scale=floats(4), epsilon=1e-2), image)
    query, key, value = floats(3, 4, 2, 5), floats(3, 6, 2, 5), floats(3, 6, 2, 5)
    add("dot_product_attention", nn.dot_product_attention, query, key, value)
    add("dot_product_attention causal", lambda q, k, v: nn.dot_product_attention(
        q, k, v, is_causal=True, scale=0.5), query, query, query[::-1].copy())
    add("dot_product_attention masked", lambda q, k, v, m, b: nn.dot_product_attention(
        q, k, v, mask=m > 0, bias=b), query, key, value, floats(3, 1, 4, 6) + 0.5, floats(3, 2, 4, 6))
    probabilities = positive(3, 5)
    probabilities /= probabilities.sum(-1, keepdims=True)
    add("categorical_crossentropy", nn.categorical_crossentropy, positive(3, 5), probabilities)
    add("categorical_crossentropy logits", lambda a, b: nn.categorical_crossentropy(
        a, b, from_logits=True), positive(3, 5), floats(3, 5))
    add("sparse_categorical_crossentropy", nn.sparse_categorical_crossentropy, ints(5, 3), probabilities)
    add("sparse_categorical_crossentropy logits", lambda a, b: nn.sparse_categorical_crossentropy(
        a, b, from_logits=True), ints(5, 3, 4), floats(3, 4, 5))
    add("binary_crossentropy", nn.binary_crossentropy, np.abs(between(3, 4)), np.abs(between(3, 4)))
    add("binary_crossentropy logits", lambda a, b: nn.binary_crossentropy(
        a, b, from_logits=True), np.abs(between(3, 4)), floats(3, 4))
    add("multi_hot", lambda t: nn.multi_hot(t, 6), ints(6, 3, 4))
    add("psnr", lambda a, b: a * nn.psnr(a, b, 2.0), floats(3, 4), floats(3, 4))
    add("depth_to_space", lambda t: nn.depth_to_space(t, 2), image)
    add("depth_to_space first", lambda t: nn.depth_to_space(t, 2, data_format="channels_first"), floats(3, 8, 2, 3))
    add("space_to_depth", lambda t: nn.space_to_depth(t, 2), floats(3, 4, 6, 2))
    add("space_to_depth first", lambda t: nn.space_to_depth(t, 3, data_format="channels_first"), floats(3, 2, 3, 6))
    add("unfold", lambda t: nn.unfold(t, (2, 3), dilation=(2, 1), padding=1, stride=(1, 2)), floats(3, 2, 5, 6))
    add("fold", lambda t: nn.fold(t, (5, 6), (2, 3), padding=1, stride=(1, 2)), floats(3, 12, 18))


def array_cases(add):
    """Functions of NumPy that are not in `cases`."""
    x, y, z = floats(3, 4), floats(3, 4), floats(3, 5, 4)
    odd = np.where(np.abs(z) > 1.2, np.nan, z).astype("float32")
    odd[0, :, 1] = np.nan
    infinite = np.array([[np.nan, np.inf, -np.inf, 1.5], [0.0, -0.0, 2.0, -3.0], [1e30, -1e30, 0.5, 7.0]], "float32")
    for name in ("angle cbrt conj conjugate empty_like fliplr flipud i0 imag isreal real sinc").split():
        if name != "empty_like":
            add(name, getattr(ops, name), 2 * x)
    add("empty_like", lambda t: ops.zeros_like(ops.empty_like(t)), x)
    for name in ("isneginf isposinf nan_to_num signbit").split():
        add(name, getattr(ops, name), infinite)
    add("nan_to_num numbers", lambda t: ops.nan_to_num(t, nan=1.0, posinf=2.0, neginf=-3.0), infinite)
    for name in ("fmax fmin").split():
        add(name, getattr(ops, name), odd[:, 0], odd[:, 1])
    add("fmod", ops.fmod, 5 * x, positive(3, 4))
    add("heaviside", ops.heaviside, np.sign(np.round(x)).astype("float32"), y)
    add("ldexp", ops.ldexp, x, ints(5, 3, 4))
    add("logaddexp2", ops.logaddexp2, x, y)
    a, b = ints(100, 3, 4), ints(100, 3, 4)
    for name in ("bitwise_and bitwise_or bitwise_xor gcd lcm").split():
        add(name, getattr(ops, name), a, b)
    for name in ("bitwise_not bitwise_invert").split():
        add(name, getattr(ops, name), a)
    for name in ("bitwise_left_shift bitwise_right_shift left_shift right_shift").split():
        add(name, getattr(ops, name), a, ints(5, 3, 4))
    add("allclose", lambda p, q: ops.where(ops.allclose(p, q), p, q), x, y)
    add("isclose", ops.isclose, infinite, infinite * np.float32(1 + 1e-6))
    add("isclose nan", lambda p, q: ops.isclose(p, q, rtol=0.5, equal_nan=True), infinite, infinite * np.float32(1.2))
    for name in ("nanmax nanmin nanmean nansum nanprod nanstd nanvar nanmedian").split():
        f = getattr(ops, name)
        add(name, lambda t, f=f: f(t, axis=1), odd)
        add(f"{name} keepdims", lambda t, f=f: f(t, axis=(1, 2), keepdims=True), odd)
    full = np.where(np.isnan(odd), np.nan, odd)
    full[0, 0, 1] = 0.5
    for name in ("nanargmax nanargmin").split():
        add(name, lambda t, f=getattr(ops, name): f(t, axis=1), full)
    for name in ("nancumsum nancumprod").split():
        add(name, lambda t, f=getattr(ops, name): f(t, axis=1), odd)
    add("median", lambda t: ops.median(t, axis=1), z)
    add("median axes", lambda t: ops.median(t, axis=(1, 2), keepdims=True), z)
    add("quantile", lambda t: ops.quantile(t, 0.3, axis=(1,)), z)
    add("quantile list", lambda t: ops.quantile(t, [0.1, 0.5, 1.0], axis=(2,)), z)
    for method in ("linear lower higher midpoint nearest").split():
        add(f"percentile {method}", lambda t, m=method: ops.percentile(t, 30, axis=1, method=m), z)
    add("nanquantile", lambda t: ops.nanquantile(t, 0.3, axis=1), odd)
    add("nanpercentile", lambda t: ops.nanpercentile(t, 60, axis=-1, keepdims=True), odd)
    add("ptp", lambda t: ops.ptp(t, axis=1), z)
    add("average", lambda t: ops.average(t, axis=1), z)
    add("average weights", lambda t: ops.average(t, axis=-1, weights=A), z)
    add("average tensors", lambda t, w: ops.average(t, axis=1, weights=w), z, positive(3, 5, 4))
    add("size", lambda t: t * ops.cast(ops.size(t), "float32"), x)
    add("argpartition", lambda t: ops.take_along_axis(t, ops.argpartition(t, 2, axis=1), axis=1)[:, 2], z)
    add("diff", lambda t: ops.diff(t, n=2, axis=1), z)
    add("trapezoid", lambda t: ops.trapezoid(t, dx=0.5, axis=1), z)
    add("trapezoid places", lambda t: ops.trapezoid(t, x=[0.0, 1.0, 1.5, 3.0], axis=-1), z)
    add("full", lambda t: ops.full((2, 3, 4), t), x)
    add("meshgrid", lambda s, t: ops.meshgrid(s, t), floats(3), floats(3))
    add("meshgrid ij", lambda s, t: ops.meshgrid(s, t, indexing="ij"), floats(3), floats(3))
    add("rot90", lambda t: ops.rot90(t, k=1, axes=(1, 2)), z)
    add("rot90 back", lambda t: ops.rot90(t, k=3, axes=(1, 2)), z)
    add("append", lambda s, t: ops.append(s, t, axis=1), x, y)
    add("append flat", ops.append, x, y)
    add("array_split", lambda t: ops.array_split(t, 3, axis=1), z)
    add("hsplit", lambda t: ops.hsplit(t, [1, 3]), z)
    add("dsplit", lambda t: ops.dsplit(t, 2), z)
    add("vsplit", lambda t: ops.concatenate(ops.vsplit(t, [1])[::-1], axis=0), x)
    add("dstack", lambda s, t: ops.dstack([s, t]), x, y)
    add("array", ops.array, x)
    add("bincount", lambda t: ops.bincount(t, minlength=8), ints(6, 3, 5))
    square = floats(3, 4, 4)
    add("diag", lambda t: ops.diag(t, k=1), floats(3))
    add("diagflat", lambda t: ops.diagflat(t, k=-2), floats(3))
    add("diagonal", lambda t: ops.diagonal(t, offset=1, axis1=1, axis2=2), z)
    add("trace", lambda t: ops.trace(t, offset=-1, axis1=1, axis2=2), z)
    add("digitize", lambda t: ops.digitize(t, np.array([-1.0, 0.0, 0.5], "float32")), z)
    add("isin", lambda t: ops.isin(t, np.array([1, 3, 5], "int32")), ints(6, 3, 4))
    edges = np.array([-1.0, 0.0, 0.5], "float32")
    add("searchsorted", lambda t: ops.searchsorted(edges, t, side="right"), z)
    add("select", lambda s, t: ops.select([s > 0.5, t > 0], [s, t], default=2.0), x, y)
    add("unravel_index", lambda t: ops.unravel_index(t, (3, 4, 5)), ints(60, 3, 4))
    add("linspace", lambda s, t: ops.linspace(s, t, num=5, axis=1), x, y)
    add("linspace open", lambda s, t: ops.linspace(s, t, num=4, endpoint=False, axis=-1), x, y)
    add("logspace", lambda s, t: ops.logspace(s, t, num=4, axis=1), x, y)
    add("geomspace", lambda s, t: ops.geomspace(s, t, num=4, axis=1), positive(3, 4), positive(3, 4))
    add("vander", lambda t: ops.vander(t, N=4), floats(3))
    add("vander increasing", lambda t: ops.vander(t, N=3, increasing=True), floats(3))
    add("corrcoef", ops.corrcoef, floats(3, 6))
    add("cross", ops.cross, floats(3, 5, 3), floats(3, 5, 3))
    add("cross of 2", ops.cross, floats(3, 2), floats(3, 2))
    add("cross axes", lambda s, t: ops.cross(s, t, axisa=1, axisb=1, axisc=1), floats(3, 3, 4), floats(3, 2, 4))
    add("inner", ops.inner, x, floats(3, 4))
    add("kron", lambda t: ops.kron(t, np.array([[1.0, -2.0], [0.5, 3.0]], "float32")), x)
    add("outer", ops.outer, x, floats(3, 2))
    add("tensordot", lambda t: ops.tensordot(t, np.arange(24, dtype="float32").reshape(4, 6) / 24, axes=1), z)
    add("tensordot lists", lambda s, t: ops.tensordot(s, t, axes=[[1, 2], [2, 1]]), z, floats(3, 4, 5))
    add("vdot", lambda s, t: s * ops.vdot(s, t), x, y)


def mathematics_cases(add):
    """Functions of `keras.ops.math`, `keras.ops.linalg`, `keras.ops.core` and `keras.ops.einops`."""
    x, z = floats(3, 4), floats(3, 5, 4)
    add("cdist", ops.cdist, z, floats(3, 2, 4))
    add("erfc", ops.erfc, x)
    add("erfinv", ops.erfinv, between(3, 4))
    add("extract_sequences", lambda t: ops.extract_sequences(t, 4, 2), floats(3, 11))
    add("fft", lambda s, t: ops.fft((s, t)), floats(3, 10), floats(3, 10))
    add("fft of factors", lambda s, t: ops.fft((s, t)), floats(3, 96), floats(3, 96))
    add("fft2", lambda s, t: ops.fft2((s, t)), floats(3, 5, 6), floats(3, 5, 6))
    add("ifft2", lambda s, t: ops.ifft2((s, t)), floats(3, 5, 6), floats(3, 5, 6))
    add("rfft", ops.rfft, floats(3, 10))
    add("rfft longer", lambda t: ops.rfft(t, fft_length=9), floats(3, 7))
    add("rfft shorter", lambda t: ops.rfft(t, fft_length=6), floats(3, 7))
    add("irfft", lambda s, t: ops.irfft((s, t)), floats(3, 6), floats(3, 6))
    add("irfft odd", lambda s, t: ops.irfft((s, t), fft_length=9), floats(3, 6), floats(3, 6))
    add("stft", lambda t: ops.stft(t, 8, 4, 10), floats(3, 30))
    add("stft plain", lambda t: ops.stft(t, 8, 3, 8, window=None, center=False), floats(3, 30))
    add("stft hamming", lambda t: ops.stft(t, 6, 3, 8, window="hamming"), floats(3, 2, 20))
    add("istft", lambda s, t: ops.istft((s, t), 8, 4, 10), floats(3, 5, 6), floats(3, 5, 6))
    add("istft length", lambda s, t: ops.istft(
        (s, t), 8, 2, 8, length=12, center=False, window="hamming"), floats(3, 5, 5), floats(3, 5, 5))
    add("istft plain", lambda s, t: ops.istft((s, t), 8, 4, 8, window=None), floats(3, 5, 5), floats(3, 5, 5))
    add("in_top_k", lambda t, p: ops.in_top_k(t, p, 2), ints(5, 3), floats(3, 5))
    ids = np.array([2, 0, 2], "int32")
    for name in ("segment_sum segment_max segment_min").split():
        add(name, lambda t, i, f=getattr(ops, name): f(t, i, num_segments=4), z, ids)
    matrix, spd, wide = floats(3, 4, 4), positive_definite(4), floats(3, 3, 5)
    matrix += 2 * np.eye(4, dtype="float32")
    add("cholesky", ops.cholesky, spd)
    add("cholesky upper", lambda t: ops.cholesky(t, upper=True), spd)
    add("det", ops.det, matrix)
    add("inv", ops.inv, matrix)
    add("slogdet", ops.slogdet, matrix)
    add("logdet", ops.logdet, spd)
    add("solve", ops.solve, matrix, floats(3, 4, 2))
    add("solve_triangular", lambda a, b: ops.solve_triangular(a, b, lower=True), matrix, floats(3, 4, 2))
    add("solve_triangular upper", ops.solve_triangular, matrix, floats(3, 4, 2))
    # The signs of vectors are not determined.
    apart = spd / 4 + np.diag([1, 3, 6, 10]).astype("float32")
    add("eigh", lambda t: (lambda w, v: [w, ops.abs(v)])(*ops.eigh(t)), apart)
    add("qr", ops.qr, matrix)
    add("qr tall", ops.qr, wide.swapaxes(1, 2).copy())
    add("qr complete", lambda t: ops.stop_gradient(ops.qr(t, mode="complete")[1]), wide.swapaxes(1, 2).copy())
    add("svd", lambda t: (lambda u, s, v: [ops.abs(u), s, ops.abs(v)])(*ops.svd(t, full_matrices=False)), wide)
    add("svd values", lambda t: ops.svd(t, compute_uv=False), wide)
    # Keras has no gradients of these.
    add("svd full", lambda t: ops.abs(ops.svd(ops.cast(t, "float32"))[2][:, :3]), ints(9, 3, 3, 5))
    add("scatter_update mul", lambda t, i, v: ops.scatter_update(t, i, v, reduction="mul"), ints(9, 3, 4),
        np.array([[0, 1], [2, 3], [1, 0]], "int32"), ints(9, 3))
    add("lu_factor", lambda t: [ops.stop_gradient(part) for part in ops.lu_factor(t)], matrix)
    add("pinv", ops.linalg.pinv, wide)
    add("matrix_rank", ops.linalg.matrix_rank, wide[:, :, :3] * np.array([1, 0, 1], "float32"))
    add("cholesky_inverse", ops.cholesky_inverse, np.tril(matrix[0, :3, :3]))
    add("cholesky_inverse upper", lambda t: ops.cholesky_inverse(t, upper=True), np.triu(matrix[0, :3, :3]))
    add("lstsq", ops.lstsq, floats(3, 2), floats(3, 2))
    places = np.array([[0, 1], [2, 3], [0, 1]], "int32")
    add("scatter", lambda i, v: ops.scatter(i, v, (3, 5)), places, floats(3))
    add("scatter rows", lambda i, v: ops.scatter(i, v, (4, 5)), places[:, :1].copy(), floats(3, 5))
    distinct = np.array([[0, 1], [2, 3], [1, 0]], "int32")
    add("scatter_update", ops.scatter_update, x, distinct, floats(3))
    for reduction in ("add max min").split():
        add(f"scatter_update {reduction}", lambda t, i, v, r=reduction: ops.scatter_update(
            t, i, v, reduction=r), x, distinct, floats(3))
    add("slice", lambda t: ops.slice(t, (0, 1, 2), (3, 2, 2)), z)
    add("slice_update", lambda t, u: ops.slice_update(t, (0, 1, 2), u), z, floats(3, 2, 2))
    add("rearrange", lambda t: ops.rearrange(t, "b h w c -> b (h w) c"), floats(3, 4, 6, 2))
    add("rearrange blocks", lambda t: ops.rearrange(
        t, "b (h p) (w q) c -> b h w (p q c)", p=2, q=3), floats(3, 4, 6, 2))


def image_cases(add):
    """Functions of `keras.ops.image`."""
    image, colours = floats(3, 6, 5, 2), positive(3, 4, 5, 3) / 2
    of = ops.image
    add("rgb_to_grayscale", of.rgb_to_grayscale, colours)
    add("rgb_to_hsv", of.rgb_to_hsv, colours)
    add("hsv_to_rgb", of.hsv_to_rgb, colours)
    add("gaussian_blur", lambda t: of.gaussian_blur(t, (3, 5), (1.0, 0.7)), image)
    add("gaussian_blur even", lambda t: of.gaussian_blur(t, (4, 2), (1.0, 0.7)), image)
    add("sobel_edges", of.sobel_edges, image)
    turn = np.array([[0.9, -0.2, 0.5, 0.1, 1.1, -0.3, 0, 0], [1, 0, 1.5, 0, 1, 0, 0, 0], [0.5, 0, 0, 0, 2, 1, 0, 0]])
    turn = turn.astype("float32")[:, :6]

    def whole(m):
        # The last two numbers, for which Keras's gradients are not those of a projection.
        return ops.pad(m, [[0, 0], [0, 2]])

    for mode in ("constant nearest wrap reflect").split():
        add(f"affine_transform {mode}", lambda t, m, f=mode: of.affine_transform(t, whole(m), fill_mode=f), image, turn)
    add("affine_transform one", lambda t: of.affine_transform(
        t, np.pad(np.repeat(turn[:1], 3, 0), [[0, 0], [0, 2]]), interpolation="nearest", fill_value=0.5), image)
    start = np.array([[[0, 0], [4, 0], [0, 5], [4, 5]]] * 3, "float32")
    end = start + between(3, 4, 2)
    add("perspective_transform", lambda t: of.perspective_transform(t, start, end), image)
    spots = RNG.uniform(-1, 5, (3, 3, 4)).astype("float32")
    for order in (0, 1):
        add(f"map_coordinates {order}", lambda t, p, o=order: of.map_coordinates(
            t, p, o, fill_mode="nearest"), floats(3, 4, 5), spots)
    add("map_coordinates constant", lambda t, p: of.map_coordinates(t, p, 1, fill_value=0.5), floats(3, 4, 5), spots)
    add("pad_images", lambda t: of.pad_images(t, top_padding=1, left_padding=2, target_height=9, target_width=9), image)
    add("crop_images", lambda t: of.crop_images(
        t, top_cropping=1, left_cropping=2, bottom_cropping=2, right_cropping=0), image)
    add("extract_patches", lambda t: of.extract_patches(t, (2, 3)), image)
    add("extract_patches same", lambda t: of.extract_patches(t, 3, strides=2, padding="same"), image)
    add("extract_patches dilation", lambda t: of.extract_patches(t, 2, strides=1, dilation_rate=2), image)
    add("extract_patches 3D", lambda t: of.extract_patches_3d(t, 2), floats(3, 4, 4, 2, 2))
    add("ssim", lambda s, t: of.ssim(s, t, filter_size=3), positive(3, 6, 5, 2), positive(3, 6, 5, 2))


def further_cases():
    """Cases of the other groups, with random numbers of their own: those of `cases` stay as they are."""
    global RNG
    RNG = np.random.default_rng(8)
    found = []

    def add(case, function, *arrays):
        found.append((case, function, arrays))

    for group in (network_cases, array_cases, mathematics_cases, image_cases):
        group(add)
    return found


def integer_cases(add):
    """Integers that no float32 holds, from functions to functions. The last function makes them small."""
    numbers = ints(2**20, 3, 4)
    signed = numbers - 2**19

    def hashed(x):
        return x * 100003 + 12345

    add("integers hashed", lambda t: ops.cast(t, "int32") * 100003 % 1000, floats(3, 4) * 1000)
    add("integers wrapped", lambda t: hashed(t) * 2654435 % 1009, signed)
    add("integers divided", lambda t: (hashed(t) // 7 % 1000, hashed(t) // -7 % 1000, 7 - hashed(t) % -13), signed)
    add("integers of bits", lambda t: ops.bitwise_and(
        ops.bitwise_xor(hashed(t), ops.left_shift(t, 7)), np.full(4, 1023, "int32")), signed)
    add("integers of more bits", lambda t: ops.bitwise_or(
        ops.right_shift(hashed(t), 3), ops.bitwise_not(hashed(t))) % 997, signed)
    add("integers divisors", lambda t: (ops.gcd(hashed(t), 2**25 * 9), ops.lcm(t % 8191, 8209) % 1000), signed)
    add("integers compared", lambda s, t: [
        f(hashed(s), hashed(s) + t)
        for f in (ops.equal, ops.not_equal, ops.less, ops.less_equal, ops.greater, ops.greater_equal)
    ], signed, ints(3, 3, 4) - 1)
    add("integers compared with numbers", lambda t: (hashed(t) > 2**24 + 1, ops.equal(hashed(t) % 9, 4)), signed)
    add("integers chosen", lambda t: ops.where(
        hashed(t) % 2 == 0, ops.maximum(hashed(t), t), ops.minimum(hashed(t), -hashed(t))) % 1000, signed)
    add("integers clipped", lambda t: ops.clip(hashed(t), -(2**26) - 1, 2**27 + 1) % 1000, signed)
    add("integers signed", lambda t: ops.abs(hashed(t)) % 1000 * ops.sign(t) + ops.square(t) % 10, signed)
    add("integers to powers", lambda t: (t % 60) ** 5 % 1000, signed)
    add("integers cast", lambda t: (
        ops.cast(hashed(t), "uint8"), ops.cast(hashed(t), "int16"), ops.cast(hashed(t), "bool")), signed)
    add("integers mixed with truths", lambda t: (hashed(t) * (t > 0) + (t < 0)) % 1000, signed)
    add("integers reshaped", lambda t: ops.transpose(ops.reshape(hashed(t), (-1, 2, 2)), (0, 2, 1)) % 1000, signed)
    add("integers joined", lambda s, t: ops.concatenate(
        [ops.stack([hashed(s), hashed(t)], axis=1), ops.expand_dims(hashed(s), 1)], axis=1) % 1000, signed, numbers)
    add("integers repeated", lambda t: ops.repeat(ops.tile(hashed(t), [1, 2]), 2, axis=1) % 1000, signed)
    add("integers moved", lambda t: ops.roll(ops.flip(ops.pad(hashed(t), [[0, 0], [1, 1]]), axis=1), 1, axis=1) % 1000, signed)
    add("integers picked", lambda t: (hashed(t)[:, 1:] % 1000, ops.take(hashed(t), [0, 2], axis=1) % 1000), signed)
    add("integers picked by tensors", lambda t, i: (
        ops.take_along_axis(hashed(t), i, axis=1) % 1000,
        ops.take(np.array([2**30 + 1, 2**29 + 1, 2**28 + 1], "int32"), i, axis=0) % 1000), signed, ints(3, 3, 2))
    add("integers split", lambda t: [part % 1000 for part in ops.split(hashed(t), 2, axis=1)], signed)
    add("integers as floats", lambda t: (hashed(t) % 1000 / 7 + 0.5, ops.cast(hashed(t) % 9, "float32")), signed)


def sequence_cases(add):
    """Connectionist temporal classification, and other functions with few uses."""
    nn, of = ops.nn, ops.image
    labels = np.array([[1, 2, 2, 0], [3, 1, 0, 0], [2, 2, 2, 2]], "int32")
    outputs, of_labels, of_steps = floats(3, 9, 5), np.array([3, 2, 4], "int32"), np.array([9, 5, 8], "int32")
    add("ctc_loss", nn.ctc_loss, labels, outputs, of_labels, of_steps)
    add("ctc_loss mask", lambda t, o, n, m: nn.ctc_loss(t, o, n, m, mask_index=4), labels, outputs, of_labels, of_steps)
    add("ctc_decode", nn.ctc_decode, 2 * outputs, of_steps)
    add("ctc_decode repeated", lambda o, m: nn.ctc_decode(o, m, merge_repeated=False, mask_index=4), outputs, of_steps)
    add("ctc_decode beam", lambda o, m: [ops.stop_gradient(part) for part in nn.ctc_decode(
        o, m, strategy="beam_search", beam_width=20, top_paths=3)], 2 * outputs, of_steps)
    add("ctc_decode narrow beam", lambda o, m: [ops.stop_gradient(part) for part in nn.ctc_decode(
        o, m, strategy="beam_search", beam_width=2, top_paths=1, mask_index=3)], 2 * outputs, of_steps)
    for mode in ("valid same full").split():
        add(f"correlate {mode}", lambda s, t, m=mode: ops.correlate(s, t, mode=m), floats(9), floats(4))
        add(f"correlate turned {mode}", lambda s, t, m=mode: ops.correlate(s, t, mode=m), floats(3), floats(8))
    image = floats(3, 6, 5, 2)
    for interpolation in ("bilinear", "nearest"):
        add(f"elastic_transform {interpolation}", lambda t, i=interpolation: of.elastic_transform(
            t, alpha=3.0, sigma=0.8, seed=4, interpolation=i, data_format="channels_last"), image)
    add("elastic_transform constant", lambda t: of.elastic_transform(
        t, alpha=9.0, sigma=0.8, seed=5, fill_mode="constant", fill_value=0.5, data_format="channels_last"), image)
    for method in ("linear cubic lanczos3").split():
        add(f"scale_and_translate {method}", lambda t, m=method: of.scale_and_translate(
            t, (3, 9, 4, 2), np.array([1.4, 0.6], "float32"), np.array([-0.7, 1.2], "float32"), (1, 2), m), image)
    add("scale_and_translate plain", lambda t: of.scale_and_translate(
        t, (3, 6, 7, 2), np.array([0.5], "float32"), np.array([0.3], "float32"), (2,), "linear", antialias=False), image)
    add("fake_quant_with_min_max_vars", lambda t: keras.quantizers.fake_quant_with_min_max_vars(t, -0.7, 1.1), 2 * floats(3, 4))
    add("mish", lambda t: Mish()(t), floats(3, 4))
    few = np.array([[2, 5, 2, 0], [7, 5, 5, 2], [0, 9, 2, 2]], "int32")
    add("unique", lambda t: ops.unique(t, size=7), few)
    add("unique with all", lambda t: ops.unique(
        t, size=7, return_index=True, return_inverse=True, return_counts=True, fill_value=-1), few)
    add("unique cut off", lambda t: ops.unique(t, size=3, return_index=True, return_counts=True), few)


def latest_cases():
    """Cases of groups that are newer still, with random numbers of their own."""
    global RNG
    RNG = np.random.default_rng(9)
    found = []

    def add(case, function, *arrays):
        found.append((case, function, arrays))

    for group in (integer_cases, sequence_cases):
        group(add)
    return found


def exact_cases(add):
    """Integers that floats do not hold, along axes."""
    signed = (RNG.integers(0, 2**20, (3, 2, 4)) - 2**19).astype("int32")

    def hashed(x):
        return x * 100003 + 12345

    def rests(values):
        return [ops.cast(value, "int32") % 1000 for value in values]

    extremes = (ops.sum, ops.prod, ops.max, ops.min)
    add("reduced integers", lambda t: rests(f(hashed(t), axis=axis) for f in extremes for axis in (2, (1, 2))), signed)
    add("integers reduced to one", lambda t: rests(t * 0 + f(hashed(t), axis=axis) for f in extremes for axis in (None, 0)), signed)
    add("reduced integers keepdims", lambda t: rests(
        f(hashed(t), axis=1, keepdims=True) for f in extremes), signed)
    near = (RNG.integers(-2, 3, (3, 2, 4))).astype("int32")

    def large(x):
        return x + 2**25

    add("places of integers", lambda t: [
        t * 0 + f(large(t), axis=axis, keepdims=True) for f in (ops.argmax, ops.argmin) for axis in (2, 1)
    ] + [t * 0 + ops.argmax(large(t)), t * 0 + ops.argmin(large(t)), ops.argsort(large(t), axis=1)], near)
    add("integers along an axis", lambda t: rests(
        f(hashed(t), axis=axis) for f in (ops.cumsum, ops.cumprod, ops.sort) for axis in (1, 2)), signed)
    add("top_k of integers", lambda t: [part % 1000 for part in ops.top_k(large(t), 3)], near)
    add("integers from a first one", lambda t: rests(
        [ops.max(hashed(t), axis=1, initial=2**26 + 1), ops.min(hashed(t), axis=2, initial=-(2**27) - 1)]), signed)
    add("sums of bytes", lambda t: (ops.cumsum(ops.cast(t, "uint8"), axis=2), ops.cumsum(t > 0, axis=2)), signed)
    x = floats(3, 4)
    add("extremes from a number", lambda t: (
        ops.max(t, axis=1, initial=0.25), ops.min(t, axis=1, initial=-0.25), t + ops.max(t, initial=5.0)), x)


def newest_cases():
    """Cases of groups that came last, with random numbers of their own."""
    global RNG
    RNG = np.random.default_rng(10)
    found = []

    def add(case, function, *arrays):
        found.append((case, function, arrays))

    for group in (exact_cases, joined_cases):
        group(add)
    return found


def joined_cases(add):
    """Arrays among the tensors that are joined, and reflected margins."""
    x, y, z = floats(3, 4), floats(3, 2, 4), floats(3, 5, 2)
    add("concatenate array", lambda t: ops.concatenate([t, np.full((3, 2), 0.5, "float32")], axis=1), x)
    add("concatenate array first", lambda t: ops.concatenate([np.arange(4, dtype="float32")[None], t, t], axis=0), x)
    add("stack array", lambda t: ops.stack([t, np.arange(12, dtype="float32").reshape(3, 4)], axis=1), x)
    add("hstack array", lambda s, t: ops.hstack([s, np.ones((3, 1, 4), "float32"), t]), y, y + 1)
    add("concatenate array of integers", lambda t: ops.concatenate(
        [t, np.array([[2**30 + 1, 7]] * 3, "int32")], axis=1) % 1000, ints(9, 3, 2))
    for mode in ("symmetric", "reflect"):
        add(f"pad {mode}", lambda t, m=mode: ops.pad(t, ((0, 0), (2, 3), (1, 0)), mode=m), z)
        add(f"pad {mode} integers", lambda t, m=mode: ops.pad(t, ((0, 0), (1, 1)), mode=m), ints(9, 3, 2))
    add("pad symmetric far", lambda t: ops.pad(t, ((0, 0), (7, 5)), mode="symmetric"), floats(3, 2))
    add("pad reflect far", lambda t: ops.pad(t, ((0, 0), (7, 5)), mode="reflect"), floats(3, 3))


def rounded_cases():
    """Casts to half precision, images of integers, norms of matrices, and places in lists of lists."""
    global RNG
    RNG = np.random.default_rng(11)
    found = []

    def add(case, function, *arrays):
        found.append((case, function, arrays))

    x, z = floats(3, 4), floats(3, 5, 4)
    for dtype in ("float16", "bfloat16"):
        add(f"cast {dtype}", lambda t, d=dtype: ops.cast(ops.cast(t, d), "float32"), x)
    # Of these, floats hold all means exactly, also those half way between two integers.
    image = 4 * ints(64, 3, 4, 6, 2)
    add("resize bytes", lambda t: ops.image.resize(t, (8, 12)), image.astype("uint8"))
    add("resize integers", lambda t: ops.image.resize(t, (2, 3)), image - 129)
    for order in (1, -1):
        add(f"norm of matrices {order}", lambda t, o=order: ops.norm(t, ord=o, axis=(1, 2)), z)
        add(f"norm of matrices {order} kept", lambda t, o=order: ops.norm(t, ord=o, axis=(-2, -1), keepdims=True), z)
    add("take lists", lambda t: ops.take(t, [[0, 2], [-1, 3], [1, 1]], axis=1), z)
    for order in (2, -2, "nuc"):
        add(f"norm of matrices {order}", lambda t, o=order: ops.norm(t, ord=o, axis=(1, 2)), z)
        add(f"norm of matrices {order} kept", lambda t, o=order: ops.norm(t, ord=o, axis=(-1, -2), keepdims=True), z)
    # Products of which no float32 holds the sums; some wrap round.
    matrices = np.arange(48, dtype="int32").reshape(3, 4, 4) * 76543 % 99991
    columns = np.array([[70001, -3], [5, 70003], [7, 70009], [11, 13]], "int32")

    def rests(*values):
        return [value % 1000 for value in values]

    add("integers multiplied as matrices", lambda s, t: rests(
        ops.matmul(s, t), ops.matmul(s, columns), ops.matmul(s, columns[:, 0]), ops.dot(s, columns),
        ops.tensordot(s, columns, axes=1), ops.tensordot(s, columns, axes=[[1], [0]]), ops.inner(s, columns.T)),
        matrices, matrices[:, ::-1].copy())
    add("integers multiplied by an equation", lambda s, t: rests(
        ops.einsum("bij,bjk->bik", s, t), ops.einsum("bij,jk->bk", s, columns), ops.einsum("...ii->...i", s * s),
        ops.einsum("bij,bjk,kl->bil", s, t, columns)), matrices, matrices[:, ::-1].copy())
    return found


def not_finite_cases():
    """Functions with infinities and NaN as parameters, as numbers and in arrays."""
    inf, nan, x = float("inf"), float("nan"), np.array([[1.0, -2.0, 5.0], [-1.0, 0.0, 3.0]], "float32")
    functions = {
        "multiply": lambda t: t * inf,
        "clip": lambda t: (ops.clip(t, -inf, 3.0), ops.clip(t, 0.5, inf)),
        "where": lambda t: ops.where(t > 0, t, -inf),
        "maximum": lambda t: (ops.maximum(t, nan), ops.minimum(t, inf)),
        "array": lambda t: t + np.array([1.0, -inf, nan], "float32"),
        "nan_to_num": lambda t: ops.nan_to_num(t / 0.0, nan=inf, posinf=1.0, neginf=-inf),
        "norm": lambda t: ops.norm(t, ord=inf, axis=1),
        "full_like": lambda t: ops.full_like(t, -inf),
        "pad": lambda t: ops.pad(t, ((0, 0), (1, 0)), constant_values=-inf),
        "isclose": lambda t: ops.isclose(t * inf, inf),
        "relu": lambda t: keras.activations.relu(t, max_value=inf),
        "masked": lambda t: ops.softmax(ops.add(t, np.array([0.0, -inf, 0.0], "float32"))),
    }
    return [(case, function, [x]) for case, function in functions.items()]


def not_finite_entry(case, function, arrays):
    keras.backend.clear_session()
    inputs = [keras.Input(array.shape[1:]) for array in arrays]
    outputs = function(*inputs)
    model = keras.Model(one_or_all(inputs), outputs)
    computed = outputs_of(model, arrays) if case != "norm" else [np.abs(arrays[0]).max(axis=1)]  # Keras fails on a list
    written = json.loads(model.to_json())
    written.pop("compile_config", None)
    return {
        "case": case,
        "json": json.dumps(written),
        "inputs": [tensor(array) for array in arrays],
        "outputs": [tensor(value.astype("float32")) for value in computed],
    }


def flat(values):
    return values if isinstance(values, (list, tuple)) else [values]


def outputs_of(model, arrays):
    return [np.asarray(value) for value in flat(model(one_or_all(arrays)))]


def one_or_all(values):
    return values[0] if len(values) == 1 else values


# Functions for which Keras must know the number of samples.
OF_KNOWN_BATCH = ("rearrange", "map_coordinates", "cholesky_inverse", "lstsq", "vsplit", "diag", "diagflat", "correlate",
                  "scale_and_translate")


def entry(case, function, arrays):
    keras.backend.clear_session()
    sizes = [array.shape[0] if case.split(" ")[0] in OF_KNOWN_BATCH else None for array in arrays]
    inputs = [
        keras.Input(array.shape[1:], batch_size=size, dtype=str(array.dtype)) for array, size in zip(arrays, sizes)
    ]
    outputs = function(*inputs)
    model = keras.Model(one_or_all(inputs), outputs)
    written = json.loads(model.to_json())
    written.pop("compile_config", None)

    arrays = [jax.numpy.asarray(array) for array in arrays]
    computed = outputs_of(model, arrays)
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
    entries = [entry(*case) for case in cases()]
    entries += [entry(*case) for case in further_cases()]
    entries += [entry(*case) for case in latest_cases()]
    entries += [entry(*case) for case in newest_cases()]
    write("operations", entries + [entry(*case) for case in rounded_cases()])
    write("not_finite", [not_finite_entry(*case) for case in not_finite_cases()])
