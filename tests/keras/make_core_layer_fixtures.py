"""Makes the parity fixtures of the convolution, pooling, reshaping, merging, core and activation layers.

    python make_core_layer_fixtures.py [family ...]

The format is that of `layer_cases`. A case is labelled with the call that makes the layer and the shapes of the inputs.
"""

from layer_cases import case, floats, integers, run_families  # first: it chooses the backend  # isort: skip

import numpy as np
from keras import constraints, layers, regularizers
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

FIRST = "channels_first"


def describe(value):
    """An argument as a label shows it: objects by their class and arguments that are numbers."""
    if not hasattr(value, "get_config"):
        return repr(value)
    numbers = [f"{k}={float(v):g}" for k, v in value.get_config().items() if isinstance(v, (int, float, np.ndarray))]
    return f"{type(value).__name__}({', '.join(numbers)})"


def one(kind, inputs, options=None, **arguments):
    """A case of `kind(**arguments)` on these inputs; options are those of `case`, and "note" adds to the label."""
    options = dict(options or {})
    label = f"{kind.__name__}({', '.join(f'{name}={describe(value)}' for name, value in arguments.items())})"
    shapes = inputs if isinstance(inputs, list) else [inputs]
    shapes = [shape if isinstance(shape, tuple) else shape.shape for shape in shapes]
    label += " on " + " and ".join("x".join(map(str, shape)) for shape in shapes)
    for extra in ("masks", "kwargs"):
        if options.get(extra):
            label += f" with {extra}"
    note = options.pop("note", None)
    if note:
        label += f", {note}"
    return case(label, lambda: kind(**arguments), inputs, **options)


# ---------------------------------------------------------------- convolution


def convolution():
    conv1, conv2, conv3 = layers.Conv1D, layers.Conv2D, layers.Conv3D
    line, plane, space = (2, 7, 2), (2, 5, 4, 2), (2, 4, 3, 4, 1)
    return [
        one(conv1, line, filters=3, kernel_size=3),
        one(conv1, line, filters=3, kernel_size=2),
        one(conv1, line, filters=2, kernel_size=1),
        one(conv1, line, filters=3, kernel_size=3, strides=2),
        one(conv1, (2, 8, 2), filters=3, kernel_size=3, strides=3),
        one(conv1, line, filters=2, kernel_size=3, padding="same"),
        one(conv1, line, filters=2, kernel_size=4, padding="same"),
        one(conv1, line, filters=2, kernel_size=3, strides=2, padding="same"),
        one(conv1, (2, 8, 2), filters=2, kernel_size=3, strides=2, padding="same"),
        one(conv1, (2, 8, 2), filters=2, kernel_size=4, strides=2, padding="same"),
        one(conv1, line, filters=2, kernel_size=2, strides=3, padding="same"),
        one(conv1, (2, 6, 2), filters=2, kernel_size=1, strides=2, padding="same"),
        one(conv1, line, filters=2, kernel_size=3, padding="causal"),
        one(conv1, line, filters=2, kernel_size=2, padding="causal", dilation_rate=2),
        one(conv1, line, filters=2, kernel_size=3, strides=2, padding="causal"),
        one(conv1, line, filters=2, kernel_size=3, dilation_rate=2),
        one(conv1, line, filters=2, kernel_size=3, padding="same", dilation_rate=2),
        one(conv1, line, filters=2, kernel_size=2, padding="same", dilation_rate=3),
        one(conv1, (2, 6, 4), filters=4, kernel_size=3, groups=2),
        one(conv1, (2, 6, 4), filters=8, kernel_size=2, groups=4, padding="same", strides=2),
        one(conv1, (2, 6, 4), filters=2, kernel_size=3, groups=2, padding="causal", dilation_rate=2),
        one(conv1, (2, 2, 7), filters=3, kernel_size=3, data_format=FIRST),
        one(conv1, (2, 2, 8), filters=3, kernel_size=4, strides=2, padding="same", data_format=FIRST),
        one(conv1, (2, 2, 7), filters=3, kernel_size=3, padding="causal", dilation_rate=2, data_format=FIRST),
        one(conv1, (2, 4, 6), filters=4, kernel_size=3, groups=2, data_format=FIRST, activation="relu"),
        one(conv1, line, filters=3, kernel_size=3, use_bias=False),
        one(conv1, line, filters=3, kernel_size=3, activation="tanh", padding="same"),
        one(conv2, plane, filters=3, kernel_size=3),
        one(conv2, plane, filters=2, kernel_size=(2, 3)),
        one(conv2, plane, filters=3, kernel_size=1),
        one(conv2, plane, filters=2, kernel_size=3, strides=2),
        one(conv2, plane, filters=2, kernel_size=3, strides=(2, 1), padding="same"),
        one(conv2, plane, filters=2, kernel_size=2, padding="same"),
        one(conv2, plane, filters=2, kernel_size=3, strides=2, padding="same"),
        one(conv2, plane, filters=2, kernel_size=(4, 3), strides=(3, 2), padding="same"),
        one(conv2, (2, 6, 5, 2), filters=2, kernel_size=1, strides=2, padding="same"),
        one(conv2, plane, filters=2, kernel_size=2, dilation_rate=2),
        one(conv2, plane, filters=2, kernel_size=3, dilation_rate=2, padding="same"),
        one(conv2, plane, filters=2, kernel_size=(3, 2), dilation_rate=(1, 3), padding="same"),
        one(conv2, (2, 4, 5, 4), filters=4, kernel_size=3, groups=2),
        one(conv2, (2, 4, 5, 3), filters=6, kernel_size=2, groups=3, strides=2, padding="same"),
        one(conv2, (2, 4, 5, 4), filters=2, kernel_size=2, groups=2, dilation_rate=2, padding="same"),
        one(conv2, (2, 2, 5, 4), filters=3, kernel_size=3, data_format=FIRST),
        one(conv2, (2, 2, 5, 4), filters=3, kernel_size=(2, 3), strides=2, padding="same", data_format=FIRST),
        one(conv2, (2, 4, 4, 5), filters=4, kernel_size=2, groups=2, dilation_rate=2, data_format=FIRST),
        one(conv2, plane, filters=2, kernel_size=3, use_bias=False, activation="relu"),
        one(conv2, plane, filters=3, kernel_size=2, activation="softmax"),
        one(conv2, plane, filters=2, kernel_size=2, kernel_regularizer=regularizers.L2(0.1),
            bias_regularizer=regularizers.L1(0.2), activity_regularizer=regularizers.L1(0.05),
            kernel_constraint=constraints.MaxNorm(1.5, axis=[0, 1, 2])),
        one(conv3, space, filters=2, kernel_size=2),
        one(conv3, (2, 4, 4, 3, 2), filters=2, kernel_size=(2, 3, 1)),
        one(conv3, space, filters=2, kernel_size=3, padding="same"),
        one(conv3, space, filters=2, kernel_size=2, padding="same"),
        one(conv3, space, filters=2, kernel_size=3, strides=2, padding="same"),
        one(conv3, space, filters=2, kernel_size=2, strides=(1, 2, 3), padding="same"),
        one(conv3, space, filters=2, kernel_size=2, strides=2),
        one(conv3, space, filters=2, kernel_size=2, dilation_rate=2),
        one(conv3, space, filters=1, kernel_size=2, dilation_rate=(1, 2, 3), padding="same"),
        one(conv3, (2, 3, 3, 3, 4), filters=4, kernel_size=2, groups=2),
        one(conv3, (2, 3, 3, 2, 4), filters=2, kernel_size=2, groups=2, strides=2, padding="same"),
        one(conv3, (2, 2, 3, 4, 3), filters=2, kernel_size=2, data_format=FIRST),
        one(conv3, (2, 2, 3, 4, 3), filters=2, kernel_size=2, strides=2, padding="same", data_format=FIRST),
        one(conv3, space, filters=3, kernel_size=2, use_bias=False, activation="relu"),
    ]  # fmt: skip


def convolution_transpose():
    conv1, conv2, conv3 = layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose
    line, plane, space = (2, 4, 2), (2, 3, 4, 2), (2, 2, 3, 2, 2)
    entries = [
        one(conv1, line, filters=3, kernel_size=kernel, strides=strides, padding=padding)
        for padding in ("valid", "same")
        for kernel, strides in ((3, 1), (2, 1), (3, 2), (4, 2), (2, 2), (1, 2), (2, 3), (5, 3))
    ]
    return entries + [
        one(conv1, line, filters=2, kernel_size=3, strides=2, output_padding=0),
        one(conv1, line, filters=2, kernel_size=3, strides=2, output_padding=1),
        one(conv1, line, filters=2, kernel_size=3, strides=2, padding="same", output_padding=0),
        one(conv1, line, filters=2, kernel_size=3, strides=2, padding="same", output_padding=1),
        one(conv1, line, filters=2, kernel_size=4, strides=3, padding="same", output_padding=0),
        one(conv1, line, filters=2, kernel_size=4, strides=3, padding="same", output_padding=2),
        one(conv1, line, filters=2, kernel_size=2, strides=3, output_padding=2),
        one(conv1, line, filters=2, kernel_size=3, dilation_rate=2),
        one(conv1, line, filters=2, kernel_size=3, dilation_rate=2, padding="same"),
        one(conv1, line, filters=2, kernel_size=2, dilation_rate=3, padding="same"),
        one(conv1, line, filters=2, kernel_size=2, dilation_rate=2),
        one(conv1, (2, 2, 4), filters=3, kernel_size=3, strides=2, data_format=FIRST),
        one(conv1, (2, 2, 4), filters=3, kernel_size=4, strides=2, padding="same", data_format=FIRST),
        one(conv1, line, filters=2, kernel_size=3, use_bias=False, activation="tanh"),
        one(conv1, (1, 1, 2), filters=2, kernel_size=3, strides=2, padding="same", options={"note": "one step"}),
        one(conv2, plane, filters=3, kernel_size=3),
        one(conv2, plane, filters=2, kernel_size=3, strides=2),
        one(conv2, plane, filters=2, kernel_size=3, strides=2, padding="same"),
        one(conv2, plane, filters=2, kernel_size=2, strides=2, padding="same"),
        one(conv2, plane, filters=2, kernel_size=4, strides=2, padding="same"),
        one(conv2, plane, filters=2, kernel_size=(2, 3), strides=(3, 1), padding="same"),
        one(conv2, plane, filters=2, kernel_size=(3, 2), strides=(1, 2)),
        one(conv2, plane, filters=2, kernel_size=3, strides=2, padding="same", output_padding=1),
        one(conv2, plane, filters=2, kernel_size=3, strides=2, padding="same", output_padding=0),
        one(conv2, plane, filters=1, kernel_size=3, strides=(2, 3), output_padding=(1, 0)),
        one(conv2, plane, filters=2, kernel_size=2, dilation_rate=2),
        one(conv2, plane, filters=2, kernel_size=2, dilation_rate=(2, 1), padding="same"),
        one(conv2, (2, 2, 3, 4), filters=3, kernel_size=3, strides=2, padding="same", data_format=FIRST),
        one(conv2, (2, 2, 3, 4), filters=2, kernel_size=(2, 3), strides=(2, 1), data_format=FIRST),
        one(conv2, plane, filters=2, kernel_size=3, padding="same", use_bias=False, activation="relu"),
        one(conv3, space, filters=2, kernel_size=2),
        one(conv3, space, filters=1, kernel_size=3, padding="same"),
        one(conv3, (2, 2, 2, 1, 2), filters=1, kernel_size=3, strides=2),
        one(conv3, (2, 2, 2, 1, 2), filters=2, kernel_size=3, strides=2, padding="same"),
        one(conv3, (2, 2, 2, 2, 2), filters=1, kernel_size=(2, 1, 3), strides=(1, 2, 3), padding="same"),
        one(conv3, (2, 2, 2, 1, 2), filters=1, kernel_size=3, strides=2, padding="same", output_padding=1),
        one(conv3, space, filters=1, kernel_size=2, dilation_rate=2),
        one(conv3, (2, 2, 2, 3, 2), filters=1, kernel_size=2, strides=2, padding="same", data_format=FIRST),
        one(conv3, space, filters=2, kernel_size=2, padding="same", use_bias=False, activation="tanh"),
    ]


def convolution_depthwise():
    depth1, depth2 = layers.DepthwiseConv1D, layers.DepthwiseConv2D
    apart1, apart2 = layers.SeparableConv1D, layers.SeparableConv2D
    line, plane = (2, 6, 3), (2, 5, 4, 2)
    return [
        one(depth1, line, kernel_size=3),
        one(depth1, line, kernel_size=2, depth_multiplier=2),
        one(depth1, line, kernel_size=3, strides=2, padding="same"),
        one(depth1, line, kernel_size=4, strides=2, padding="same", depth_multiplier=2),
        one(depth1, (2, 7, 3), kernel_size=3, strides=2),
        one(depth1, line, kernel_size=3, dilation_rate=2),
        one(depth1, line, kernel_size=2, dilation_rate=3, padding="same"),
        one(depth1, (2, 3, 6), kernel_size=3, padding="same", depth_multiplier=2, data_format=FIRST),
        one(depth1, line, kernel_size=3, use_bias=False, activation="relu"),
        one(depth2, plane, kernel_size=3),
        one(depth2, plane, kernel_size=2, depth_multiplier=3),
        one(depth2, plane, kernel_size=(2, 3), padding="same"),
        one(depth2, plane, kernel_size=3, strides=2, padding="same"),
        one(depth2, plane, kernel_size=2, strides=2, depth_multiplier=2),
        one(depth2, plane, kernel_size=4, strides=3, padding="same"),
        one(depth2, plane, kernel_size=2, dilation_rate=2, depth_multiplier=2),
        one(depth2, plane, kernel_size=3, dilation_rate=(2, 1), padding="same"),
        one(depth2, (2, 2, 5, 4), kernel_size=3, padding="same", strides=2, depth_multiplier=2, data_format=FIRST),
        one(depth2, plane, kernel_size=2, use_bias=False, activation="tanh"),
        one(depth2, plane, kernel_size=2, depthwise_regularizer=regularizers.L2(0.1),
            activity_regularizer=regularizers.L2(0.05), depthwise_constraint=constraints.NonNeg()),
        one(apart1, line, filters=4, kernel_size=3),
        one(apart1, line, filters=2, kernel_size=2, depth_multiplier=2, padding="same"),
        one(apart1, line, filters=2, kernel_size=3, strides=2, padding="same"),
        one(apart1, line, filters=2, kernel_size=3, strides=2, depth_multiplier=3),
        one(apart1, line, filters=2, kernel_size=3, dilation_rate=2, padding="same"),
        one(apart1, line, filters=2, kernel_size=4, padding="same"),
        one(apart1, (2, 3, 7), filters=2, kernel_size=2, strides=2, depth_multiplier=2, data_format=FIRST),
        one(apart1, (2, 3, 6), filters=4, kernel_size=3, padding="same", data_format=FIRST),
        one(apart1, line, filters=3, kernel_size=2, use_bias=False, activation="relu"),
        one(apart2, plane, filters=3, kernel_size=3),
        one(apart2, plane, filters=3, kernel_size=2, depth_multiplier=2, padding="same"),
        one(apart2, plane, filters=2, kernel_size=3, strides=2, padding="same"),
        one(apart2, plane, filters=2, kernel_size=2, strides=2, depth_multiplier=2),
        one(apart2, plane, filters=2, kernel_size=2, dilation_rate=2),
        one(apart2, plane, filters=2, kernel_size=(3, 2), dilation_rate=(1, 2), padding="same"),
        one(apart2, (2, 2, 5, 4), filters=3, kernel_size=3, strides=2, padding="same", data_format=FIRST),
        one(apart2, plane, filters=3, kernel_size=2, use_bias=False, activation="tanh"),
        one(apart2, plane, filters=2, kernel_size=2, depthwise_regularizer=regularizers.L2(0.1),
            pointwise_regularizer=regularizers.L1(0.1), bias_regularizer=regularizers.L2(0.3),
            pointwise_constraint=constraints.UnitNorm(axis=[0, 1, 2])),
    ]  # fmt: skip


# ---------------------------------------------------------------- pooling


def pooling():
    # The size has a default for the maxima and none for the averages.
    entries = []
    for kind in (layers.MaxPooling1D, layers.AveragePooling1D):
        need = {} if kind is layers.MaxPooling1D else {"pool_size": 3}
        entries += [
            one(kind, (2, 6, 2), **need),
            one(kind, (2, 7, 2), pool_size=2),
            one(kind, (2, 7, 2), pool_size=3, strides=1),
            one(kind, (2, 7, 2), pool_size=2, strides=3),
            one(kind, (2, 7, 2), pool_size=2, padding="same"),
            one(kind, (2, 6, 2), pool_size=3, strides=2, padding="same"),
            one(kind, (2, 5, 2), pool_size=4, strides=1, padding="same"),
            one(kind, (2, 5, 2), pool_size=4, strides=3, padding="same"),
            one(kind, (2, 5, 2), pool_size=1, strides=2, padding="same"),
            one(kind, (2, 2, 7), pool_size=3, strides=2, data_format=FIRST),
            one(kind, (2, 2, 7), pool_size=2, padding="same", data_format=FIRST),
        ]
    for kind in (layers.MaxPooling2D, layers.AveragePooling2D):
        plane = (2, 5, 6, 2)
        need = {} if kind is layers.MaxPooling2D else {"pool_size": 3}
        entries += [
            one(kind, plane, **need),
            one(kind, plane, pool_size=(3, 2)),
            one(kind, plane, pool_size=2, strides=1),
            one(kind, plane, pool_size=2, strides=(1, 2)),
            one(kind, plane, pool_size=2, padding="same"),
            one(kind, plane, pool_size=3, strides=2, padding="same"),
            one(kind, plane, pool_size=(4, 3), strides=1, padding="same"),
            one(kind, plane, pool_size=(3, 1), strides=(3, 2), padding="same"),
            one(kind, (2, 2, 5, 6), pool_size=2, data_format=FIRST),
            one(kind, (2, 2, 5, 6), pool_size=(2, 3), strides=2, padding="same", data_format=FIRST),
        ]
    for kind in (layers.MaxPooling3D, layers.AveragePooling3D):
        space = (2, 4, 3, 5, 1)
        need = {} if kind is layers.MaxPooling3D else {"pool_size": 2}
        entries += [
            one(kind, space, **need),
            one(kind, space, pool_size=(1, 2, 3)),
            one(kind, space, pool_size=2, strides=1),
            one(kind, space, pool_size=2, padding="same"),
            one(kind, space, pool_size=3, strides=(2, 1, 3), padding="same"),
            one(kind, (2, 2, 4, 3, 2), pool_size=2, data_format=FIRST),
            one(kind, (2, 2, 3, 3, 2), pool_size=2, strides=2, padding="same", data_format=FIRST),
        ]
    return entries


def pooling_global():
    entries = []
    last = [(2, 4, 3), (2, 3, 4, 2), (2, 2, 3, 2, 3)]
    first = [(2, 3, 4), (2, 2, 3, 4), (2, 3, 2, 3, 2)]
    kinds = [
        (layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling3D),
        (layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D, layers.GlobalAveragePooling3D),
    ]
    for family in kinds:
        for kind, x, flipped in zip(family, last, first):
            entries += [
                one(kind, x),
                one(kind, x, keepdims=True),
                one(kind, flipped, data_format=FIRST),
                one(kind, flipped, data_format=FIRST, keepdims=True),
            ]
    average, mask = layers.GlobalAveragePooling1D, [[1, 1, 0, 1], [0, 1, 0, 0]]
    entries += [
        one(average, (2, 4, 3), {"masks": [mask]}),
        one(average, (2, 4, 3), {"masks": [mask]}, keepdims=True),
        one(average, (2, 3, 4), {"masks": [mask]}, data_format=FIRST),
        one(average, (2, 3, 4), {"masks": [mask]}, data_format=FIRST, keepdims=True),
        # The mean of nothing is NaN.
        one(average, (2, 4, 3), {"masks": [[[0, 0, 0, 0], [1, 1, 1, 1]]], "gradients": False, "note": "a row masked"}),
        one(layers.GlobalMaxPooling1D, (2, 4, 3), {"masks": [mask]}),
    ]
    return entries


def pooling_adaptive():
    # No output of 7: Keras 3.15.1 on JAX finds the windows by dividing in float32, which makes the last one NaN there.
    entries = []
    for kind in (layers.AdaptiveMaxPooling1D, layers.AdaptiveAveragePooling1D):
        entries += [one(kind, (2, 7, 2), output_size=size) for size in (1, 2, 3, 5)]
        entries.append(one(kind, (2, 6, 2), output_size=(3,)))
        entries.append(one(kind, (2, 6, 2), output_size=6))
        entries.append(one(kind, (2, 3, 2), output_size=5))
        entries.append(one(kind, (2, 2, 7), output_size=3, data_format=FIRST))
    for kind in (layers.AdaptiveMaxPooling2D, layers.AdaptiveAveragePooling2D):
        entries += [one(kind, (2, 5, 6, 2), output_size=size) for size in (1, 2, (3, 4), (5, 2))]
        entries.append(one(kind, (2, 3, 2, 2), output_size=(4, 3)))
        entries.append(one(kind, (2, 2, 5, 6), output_size=(2, 4), data_format=FIRST))
    for kind in (layers.AdaptiveMaxPooling3D, layers.AdaptiveAveragePooling3D):
        entries += [one(kind, (2, 4, 3, 5, 1), output_size=size) for size in (1, 2, (3, 2, 4))]
        entries.append(one(kind, (2, 2, 4, 3, 2), output_size=(3, 2, 1), data_format=FIRST))
    return entries


# ---------------------------------------------------------------- reshaping


def reshaping():
    line, plane, space = (2, 5, 2), (2, 4, 5, 2), (2, 3, 4, 3, 1)
    first2, first3 = (2, 2, 4, 5), (2, 2, 3, 4, 3)
    crop1, crop2, crop3 = layers.Cropping1D, layers.Cropping2D, layers.Cropping3D
    pad1, pad2, pad3 = layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D
    up1, up2, up3 = layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D
    entries = [
        one(crop1, line),
        one(crop1, line, cropping=2),
        one(crop1, line, cropping=(0, 3)),
        one(crop1, line, cropping=(2, 0)),
        one(crop2, plane, cropping=1),
        one(crop2, plane, cropping=(1, 2)),
        one(crop2, plane, cropping=((1, 0), (0, 2))),
        one(crop2, plane),
        one(crop2, first2, cropping=((0, 1), (2, 1)), data_format=FIRST),
        one(crop3, space),
        one(crop3, (2, 3, 4, 3, 2), cropping=(1, 1, 0)),
        one(crop3, space, cropping=((1, 0), (0, 2), (1, 1))),
        one(crop3, first3, cropping=((0, 1), (2, 0), (0, 1)), data_format=FIRST),
        one(pad1, line),
        one(pad1, line, padding=2),
        one(pad1, line, padding=(0, 3)),
        one(pad1, (2, 2, 5), padding=(1, 2), data_format=FIRST),
        one(pad2, (2, 2, 3, 2)),
        one(pad2, (2, 2, 3, 2), padding=(1, 2)),
        one(pad2, (2, 2, 3, 2), padding=((1, 0), (0, 2))),
        one(pad2, (2, 2, 2, 3), padding=((0, 1), (2, 1)), data_format=FIRST),
        one(pad3, (2, 2, 1, 2, 1)),
        one(pad3, (2, 2, 1, 2, 2), padding=(1, 0, 1)),
        one(pad3, (2, 2, 1, 2, 1), padding=((1, 0), (0, 2), (1, 1))),
        one(pad3, (2, 2, 2, 1, 2), padding=((0, 1), (1, 0), (0, 0)), data_format=FIRST),
        one(up1, (2, 3, 2)),
        one(up1, (2, 3, 2), size=3),
        one(up1, (2, 1, 3), size=1),
        one(up3, (2, 2, 1, 2, 1)),
        one(up3, (2, 2, 1, 2, 2), size=(1, 3, 2)),
        one(up3, (2, 2, 2, 1, 2), size=(2, 1, 2), data_format=FIRST),
    ]
    for way in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        entries.append(one(up2, (2, 3, 2, 2), interpolation=way))
        entries.append(one(up2, (2, 4, 3, 1), size=(2, 3), interpolation=way))
        entries.append(one(up2, (2, 2, 3, 2), size=(3, 1), interpolation=way, data_format=FIRST))
    return entries + [
        one(up2, (2, 3, 2, 2)),
        one(layers.Permute, (2, 3, 4), dims=(2, 1)),
        one(layers.Permute, (2, 3, 2, 4), dims=(3, 1, 2)),
        one(layers.Permute, (2, 3, 2, 4), dims=(2, 3, 1)),
        one(layers.Permute, (2, 3), dims=(1,)),
        one(layers.RepeatVector, (2, 3), n=1),
        one(layers.RepeatVector, (2, 3), n=4),
        one(layers.RepeatVector, (2, 1), n=2),
        one(layers.Reshape, (2, 3, 4), target_shape=(12,)),
        one(layers.Reshape, (2, 3, 4), target_shape=(2, 6)),
        one(layers.Reshape, (2, 3, 4), target_shape=(-1,)),
        one(layers.Reshape, (2, 3, 4), target_shape=(-1, 2)),
        one(layers.Reshape, (2, 3, 4), target_shape=(2, -1, 3)),
        one(layers.Reshape, (2, 6), target_shape=(3, 1, 2)),
        one(layers.Reshape, (2, 1), target_shape=()),
        one(layers.Reshape, integers((2, 6), 9), target_shape=(2, 3), options={"note": "whole numbers"}),
        one(layers.Flatten, (2, 3, 4)),
        one(layers.Flatten, (2, 3)),
        one(layers.Flatten, (3,)),
        one(layers.Flatten, (2, 2, 3, 2, 2)),
        one(layers.Flatten, (2, 3, 4), data_format=FIRST),
        one(layers.Flatten, (2, 3, 2, 3), data_format=FIRST),
        one(layers.Flatten, (2, 3), data_format=FIRST),
        one(layers.Flatten, integers((2, 2, 2), 9), options={"note": "whole numbers"}),
    ]


# ---------------------------------------------------------------- merging


def merging():
    pair, three = [(2, 3, 2), (2, 3, 2)], [(2, 3), (2, 3), (2, 3)]
    left, right = [[1, 1, 0], [0, 1, 0]], [[1, 0, 0], [1, 1, 0]]
    entries = []
    for kind in (layers.Add, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum, layers.Subtract):
        entries += [
            one(kind, pair),
            one(kind, [(2, 3, 2), (2, 1, 2)]),
            one(kind, [(2, 1, 2), (2, 3, 1)]),
            # An input of a lower rank gets its missing axes after the batch.
            one(kind, [(2, 3, 2), (2, 2)]),
            one(kind, [(2, 3), (2, 2, 1, 3)]),
            one(kind, pair, {"masks": [left, right]}),
            one(kind, pair, {"masks": [left, None], "note": "the first"}),
            one(kind, pair, {"masks": [None, right], "note": "the second"}),
        ]
        if kind is not layers.Subtract:
            entries += [
                one(kind, three),
                one(kind, [(2, 3), (2, 1), (2, 3), (2, 3)]),
                one(kind, [(2, 3, 2)] * 3, {"masks": [left, right, [[0, 1, 0], [1, 0, 1]]]}),
            ]
    join, dot = layers.Concatenate, layers.Dot
    entries += [
        one(join, [(2, 3), (2, 2)]),
        one(join, [(2, 3, 2), (2, 3, 1)], axis=-1),
        one(join, [(2, 3, 2), (2, 1, 2), (2, 2, 2)], axis=1),
        one(join, [(2, 3, 2), (2, 1, 2)], axis=-2),
        one(join, [(2, 2, 3, 2), (2, 2, 1, 2)], axis=2),
        one(join, [(2, 3)] * 4, axis=-1),
        one(join, [integers((2, 3), 9, 1), integers((2, 2), 9, 2)], {"note": "whole numbers"}),
        one(join, pair, {"masks": [left, right]}, axis=1),
        one(join, pair, {"masks": [left, right]}, axis=-1),
        one(join, pair, {"masks": [left, None], "note": "the first"}, axis=1),
        one(join, pair, {"masks": [None, right], "note": "the second"}, axis=-1),
        one(join, [(2, 3, 2), (2, 3, 1)], {"masks": [left, None], "note": "the first"}, axis=2),
        one(dot, [(2, 3), (2, 3)], axes=1),
        one(dot, [(2, 3), (2, 3)], axes=-1),
        one(dot, [(2, 3), (2, 3)], axes=1, normalize=True),
        one(dot, [(2, 3, 4), (2, 2, 4)], axes=2),
        one(dot, [(2, 3, 4), (2, 3, 2)], axes=1),
        one(dot, [(2, 3, 4), (2, 4, 2)], axes=(2, 1)),
        one(dot, [(2, 3, 4), (2, 2, 3)], axes=(1, 2)),
        one(dot, [(2, 3, 4), (2, 2, 4)], axes=-1, normalize=True),
        one(dot, [(2, 3, 4), (2, 4)], axes=(2, 1)),
        one(dot, [(2, 3), (2, 2, 3)], axes=(1, 2)),
        one(dot, [(2, 3), (2, 3, 2)], axes=1, normalize=True),
        one(dot, [(2, 2, 3, 2), (2, 3, 2)], axes=(2, 1)),
        one(dot, [(2, 3, 4), (2, 2, 4)], {"masks": [left, None]}, axes=2),
        # A layer that a network of keras.applications brings with it.
        one(CustomScaleLayer, [(2, 3), (2, 3)], scale=0.25),
        one(CustomScaleLayer, pair, scale=-1.5),
        one(CustomScaleLayer, pair, {"masks": [left, right]}, scale=0.5),
    ]
    return entries


# ---------------------------------------------------------------- core


def core():
    matrix, cube, cube4 = (3, 4), (2, 3, 4), (2, 2, 3, 4)
    dense, einsum, embedding = layers.Dense, layers.EinsumDense, layers.Embedding
    r, c = regularizers, constraints
    gap = floats((2, 4, 3), 5)
    gap[0, 1], gap[1, 3], gap[1, 0, 0] = 0, 0, 0
    part = np.where(floats((2, 4, 2), 6) > 0, -1, 2).astype("float32")
    part[0, 1], part[1, 2] = -1, -1
    mask = [[1, 1, 0], [0, 1, 1]]
    entries = [
        one(dense, matrix, units=3),
        one(dense, cube, units=2, activation="relu"),
        one(dense, cube4, units=2, activation="softmax"),
        one(dense, matrix, units=3, use_bias=False),
        one(dense, (2, 1), units=1, activation="sigmoid"),
        one(dense, cube, {"masks": [mask]}, units=2),
        one(dense, matrix, units=2, kernel_initializer="he_normal", bias_initializer="ones"),
        one(dense, matrix, {"prepare": freeze}, units=2, activation="tanh"),
    ]
    for regularizer in (
        r.L1(0.1), r.L2(0.2), r.L1L2(0.1, 0.3),
        r.OrthogonalRegularizer(0.5), r.OrthogonalRegularizer(0.5, mode="columns"),
    ):  # fmt: skip
        note = {"note": regularizer.mode} if hasattr(regularizer, "mode") else None
        entries.append(one(dense, matrix, note, units=3, kernel_regularizer=regularizer))
    entries += [
        one(dense, matrix, units=3, kernel_regularizer="l2", bias_regularizer="l1"),
        one(dense, matrix, units=3, bias_regularizer=r.L1L2(0.2, 0.1)),
        # What the activity adds is divided by the batch size.
        one(dense, matrix, units=3, activity_regularizer=r.L1(0.1)),
        one(dense, cube, units=2, activity_regularizer=r.L2(0.1), activation="tanh"),
        one(dense, cube, units=2, kernel_regularizer=r.L2(0.1), bias_regularizer=r.L1(0.2),
            activity_regularizer=r.L1L2(0.1, 0.2)),
    ]  # fmt: skip
    for constraint in (
        c.MaxNorm(1.5), c.NonNeg(), c.UnitNorm(), c.UnitNorm(axis=1), c.MinMaxNorm(0.5, 1.5, rate=0.75, axis=0)
    ):  # fmt: skip
        entries.append(one(dense, matrix, units=2, kernel_constraint=constraint))
    entries += [
        one(dense, matrix, units=2, kernel_constraint="max_norm", bias_constraint="non_neg"),
        one(einsum, matrix, equation="ab,bc->ac", output_shape=3),
        one(einsum, matrix, equation="ab,bc->ac", output_shape=3, bias_axes="c"),
        one(einsum, cube, equation="abc,cd->abd", output_shape=(None, 2), bias_axes="d", activation="relu"),
        one(einsum, cube, equation="abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de"),
        one(einsum, cube, equation="abc,cde->abde", output_shape=(3, 2, 3), bias_axes="e"),
        one(einsum, cube4, equation="abcd,cde->abe", output_shape=(None, 2), bias_axes="e"),
        one(einsum, cube, equation="abc,cd->adb", output_shape=(2, 3), bias_axes="d"),
        one(einsum, cube, equation="abc,bd->adc", output_shape=(2, 4), bias_axes="dc", activation="tanh"),
        one(einsum, cube, equation="...x,xy->...y", output_shape=2, bias_axes="y"),
        one(einsum, cube4, equation="...bc,bcd->...d", output_shape=2),
        one(einsum, cube, equation="ab...,bc->ac...", output_shape=2, bias_axes="c"),
        one(einsum, matrix, equation="ab,bc->ac", output_shape=2, kernel_regularizer=r.L2(0.1),
            bias_axes="c", bias_regularizer=r.L1(0.1), kernel_constraint=c.MaxNorm(2.0)),
        one(embedding, integers((4,), 5, 1), input_dim=5, output_dim=3),
        one(embedding, integers((2, 4), 5, 2), input_dim=5, output_dim=3),
        one(embedding, integers((2, 2, 3), 5, 3), input_dim=5, output_dim=2),
        one(embedding, integers((4,), 3, 4), input_dim=3, output_dim=2, mask_zero=True),
        one(embedding, integers((2, 4), 3, 5), input_dim=3, output_dim=2, mask_zero=True),
        one(embedding, integers((2, 2, 3), 3, 6), input_dim=3, output_dim=2, mask_zero=True),
        one(embedding, np.array([[1, 0], [2, 4]], "float32"), {"note": "ids as floats"}, input_dim=5, output_dim=2),
        one(embedding, integers((2, 4), 5, 7), input_dim=5, output_dim=2, embeddings_initializer="glorot_normal",
            embeddings_regularizer=r.L2(0.1), embeddings_constraint=c.UnitNorm(axis=1)),
        one(embedding, np.array([[1, -1], [2, -5]]), {"note": "ids below zero"}, input_dim=5, output_dim=2),
        one(embedding, np.array([[1, 5], [2, 7]]), {"note": "ids too large", "gradients": False}, input_dim=5,
            output_dim=2),
        one(layers.Masking, gap),
        one(layers.Masking, gap, {"masks": [[[1, 1, 0, 1], [0, 1, 1, 1]]]}),
        one(layers.Masking, part, mask_value=-1.0),
        one(layers.Masking, np.where(gap[0] == 0, 2, gap[0]).astype("float32"), mask_value=2.0),
        one(layers.Identity, matrix),
        one(layers.Identity, cube, {"masks": [mask]}),
        one(layers.Identity, integers((2, 3), 9), {"note": "whole numbers"}),
    ]  # fmt: skip
    return entries


def freeze(layer):
    layer.trainable = False


# ---------------------------------------------------------------- activations


def activations():
    matrix, cube, image = (3, 5), (2, 3, 4), (2, 3, 2, 4)
    relu, softmax, prelu = layers.ReLU, layers.Softmax, layers.PReLU
    mask = [[1, 1, 0], [0, 1, 1]]
    whole = [[[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]], [[0, 0, 0, 1], [1, 1, 0, 0], [0, 1, 1, 0]]]
    names = [
        "relu", "tanh", "sigmoid", "softmax", "gelu", "elu", "selu", "silu", "softplus", "softsign", "hard_sigmoid",
        "exponential", "linear", "mish", "leaky_relu", "log_softmax", "relu6",
    ]  # fmt: skip
    entries = [one(layers.Activation, matrix, activation=name) for name in names]
    return entries + [
        one(layers.Activation, cube, {"masks": [mask]}, activation="softmax"),
        one(layers.ELU, matrix),
        one(layers.ELU, cube, alpha=0.5),
        one(layers.ELU, cube, {"masks": [mask]}, alpha=2.0),
        one(layers.LeakyReLU, matrix),
        one(layers.LeakyReLU, cube, negative_slope=0.1),
        one(layers.LeakyReLU, cube, {"masks": [mask]}, negative_slope=0.0),
        one(prelu, matrix),
        one(prelu, cube),
        one(prelu, cube, shared_axes=[1]),
        one(prelu, cube, shared_axes=2),
        one(prelu, image, shared_axes=[1, 2]),
        one(prelu, image, shared_axes=[1, 2, 3]),
        one(prelu, cube, {"masks": [mask]}, shared_axes=[-1]),
        one(prelu, matrix, alpha_initializer="glorot_uniform", alpha_regularizer=regularizers.L2(0.1),
            alpha_constraint=constraints.NonNeg()),
        one(relu, matrix),
        one(relu, cube, max_value=1.0),
        one(relu, matrix, max_value=6),
        one(relu, matrix, negative_slope=0.25),
        one(relu, matrix, threshold=0.75),
        one(relu, cube, negative_slope=0.25, threshold=0.75),
        one(relu, cube, max_value=1.25, threshold=0.5),
        one(relu, cube, max_value=1.25, negative_slope=0.25, threshold=0.5),
        one(relu, matrix, max_value=1.25, negative_slope=0.25),
        one(relu, cube, {"masks": [mask]}),
        one(softmax, matrix),
        one(softmax, cube),
        one(softmax, cube, axis=1),
        one(softmax, cube, axis=-2),
        one(softmax, image, axis=2),
        one(softmax, cube, axis=[1, 2]),
        one(softmax, image, axis=[1, -1]),
        one(softmax, cube, axis=[-1]),
        # The mask of a call covers the scores themselves, and rows without a score become zeros.
        one(softmax, cube, {"masks": [whole]}),
        one(softmax, cube, {"masks": [whole]}, axis=1),
        one(softmax, cube, {"masks": [whole]}, axis=[1, 2]),
        one(softmax, (2, 3), {"masks": [mask]}),
        one(softmax, (2, 3, 3), {"masks": [[[[1, 0, 1]], [[0, 1, 1]]]], "note": "a mask to broadcast"}),
    ]  # fmt: skip


FAMILIES = [
    convolution, convolution_transpose, convolution_depthwise,
    pooling, pooling_global, pooling_adaptive,
    reshaping, merging, core, activations,
]  # fmt: skip

if __name__ == "__main__":
    run_families(FAMILIES)
