"""The models that `round_trip.py` sends to Horn and back: small ones, all of Horn's layers among them.

A function under `@case` makes one, with its inputs, and with targets where it is trained:

    @case
    def residual():
        x = given = keras.Input((4,))
        ...
        return Case(keras.Model(given, x), [floats(2, 4)])

The weights are random whatever the function does, but for those that the layer has learned from data (`Normalization`).
"""

import os

# JAX has no strings: models of texts are made by TensorFlow, in a process of their own.
os.environ["KERAS_BACKEND"] = os.environ.get("ROUND_TRIP_BACKEND", "jax")
os.environ["JAX_PLATFORMS"] = "cpu"

import zlib
from dataclasses import dataclass

import keras
import numpy as np
from keras import constraints, initializers, layers, losses, metrics, optimizers, regularizers
from keras.src.applications.convnext import LayerScale
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

CASES = {}


@dataclass
class Case:
    model: keras.Model
    x: list  # in the order of model.inputs
    y: list = None  # in that of model.outputs: the model is compiled, and learns before and after it is saved
    tolerance: float = 1e-5
    why: str = None  # it is another tolerance
    keeps_weights: bool = False  # the function has set the weights itself


def case(make=None, *, large=False, tensorflow=False, texts=False):
    """Registers a model. Some take long to make; for some preprocessing layers Keras needs TensorFlow, and some are on
    its backend, since they take texts."""
    if make is None:
        return lambda make: case(make, large=large, tensorflow=tensorflow or texts, texts=texts)
    CASES[make.__name__] = make
    make.large, make.tensorflow, make.texts = large, tensorflow, texts
    return make


# ---------------------------------------------------------------- values


class Draws:
    """One generator for each model, so that one more model leaves the others as they are."""

    random = np.random.RandomState(0)


def floats(*shape):
    return Draws.random.standard_normal(shape).astype("float32")


def integers(high, *shape, low=0):
    return Draws.random.randint(low, high, shape).astype("int32")


def one_hot(classes, samples):
    return np.eye(classes, dtype="float32")[integers(classes, samples)]


def random_weight(path, shape):
    last = path.rsplit("/", 1)[-1]
    values = floats(*shape)
    if "variance" in last:
        return 0.5 + abs(values)
    if last in ("gamma", "scale"):
        return 1 + 0.3 * values
    return values / np.sqrt(max(1, np.prod(shape[:-1]))) if len(shape) > 1 else 0.3 * values


def make(name):
    """The case of this name, seeded, with random weights."""
    seed = zlib.crc32(name.encode())
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed % 2**31)
    Draws.random = np.random.RandomState(seed)
    made = CASES[name]()
    if not made.keeps_weights:
        made.model.set_weights([random_weight(weight.path, weight.shape) for weight in made.model.weights])
    return made


def sequential(shape, *rest, **arguments):
    return keras.Sequential([keras.Input(shape), *rest], **arguments)


SAMPLES = 12  # three steps of four


# ---------------------------------------------------------------- the usual ones


@case
def mnist():
    model = sequential(
        (28, 28), layers.Flatten(), layers.Rescaling(1 / 255), layers.Dense(32, activation="relu"),
        layers.Dense(32, activation="relu"), layers.Dense(32, activation="relu"), layers.Dense(10, activation="softmax"),
    )  # fmt: skip
    model.compile(optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Case(model, [integers(256, SAMPLES, 28, 28)], [integers(10, SAMPLES)])


@case
def convnet():
    model = sequential(
        (9, 8, 2), layers.Conv2D(4, 3, padding="same", use_bias=False), layers.BatchNormalization(), layers.ReLU(),
        layers.MaxPooling2D(), layers.SeparableConv2D(5, 3, padding="same", activation="relu"),
        layers.DepthwiseConv2D(2, depth_multiplier=2), layers.SpatialDropout2D(0.3), layers.GlobalAveragePooling2D(),
        layers.Dropout(0.5), layers.Dense(3, activation="softmax"),
    )  # fmt: skip
    return Case(model, [floats(3, 9, 8, 2)])


@case
def convnet_trained():
    model = sequential(
        (6, 6, 2), layers.Conv2D(3, 3, strides=2, padding="same", use_bias=False), layers.BatchNormalization(),
        layers.Activation("relu"), layers.Conv2D(4, 2, groups=1, dilation_rate=2), layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    )  # fmt: skip
    model.compile(optimizers.RMSprop(1e-3), losses.CategoricalCrossentropy(), metrics=[metrics.CategoricalAccuracy()])
    return Case(model, [floats(SAMPLES, 6, 6, 2)], [one_hot(3, SAMPLES)])


@case
def convolution_1d():
    model = sequential(
        (13, 4), layers.ZeroPadding1D((1, 2)), layers.Conv1D(6, 3, padding="causal", dilation_rate=2, groups=2),
        layers.MaxPooling1D(3, strides=2, padding="same"), layers.SeparableConv1D(5, 2, depth_multiplier=2),
        layers.SpatialDropout1D(0.2), layers.DepthwiseConv1D(3, padding="same"), layers.UpSampling1D(2),
        layers.AveragePooling1D(2, strides=1, padding="same"), layers.Conv1DTranspose(3, 4, strides=2, padding="same"),
        layers.Cropping1D((1, 2)), layers.GlobalMaxPooling1D(),
    )  # fmt: skip
    return Case(model, [floats(2, 13, 4)])


@case
def deconvolution():
    model = sequential(
        (4, 5, 3), layers.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1, activation="gelu"),
        layers.ZeroPadding2D(((1, 0), (2, 1))), layers.UpSampling2D((2, 1), interpolation="bilinear"),
        layers.Conv2D(4, (2, 3), groups=2, activation="tanh"), layers.Cropping2D(((1, 2), (0, 1))),
        layers.AveragePooling2D(2, padding="same"), layers.Conv2D(2, 1), layers.GlobalMaxPooling2D(keepdims=True),
    )  # fmt: skip
    return Case(model, [floats(2, 4, 5, 3)])


@case
def convolution_3d():
    model = sequential(
        (5, 6, 4, 2), layers.Conv3D(3, 2, padding="same", activation="relu"), layers.MaxPooling3D(2, padding="same"),
        layers.ZeroPadding3D(1), layers.SpatialDropout3D(0.1), layers.Conv3DTranspose(2, 2, strides=2),
        layers.Cropping3D(((1, 1), (0, 1), (1, 0))), layers.AveragePooling3D(2), layers.UpSampling3D((1, 2, 1)),
        layers.Conv3D(2, 1, strides=2), layers.GlobalAveragePooling3D(),
    )  # fmt: skip
    return Case(model, [floats(2, 5, 6, 4, 2)])


@case
def channels_first():
    model = sequential(
        (2, 6, 7), layers.Conv2D(3, 3, data_format="channels_first", padding="same"),
        layers.BatchNormalization(axis=1), layers.MaxPooling2D(2, data_format="channels_first"),
        layers.Flatten(data_format="channels_first"), layers.Dense(2),
    )  # fmt: skip
    return Case(model, [floats(2, 2, 6, 7)])


@case
def adaptive_pooling():
    line, plane, space = keras.Input((7, 2)), keras.Input((5, 7, 2)), keras.Input((4, 5, 3, 2))
    outputs = [
        layers.AdaptiveAveragePooling1D(3)(line), layers.AdaptiveMaxPooling1D(2)(line),
        layers.AdaptiveAveragePooling2D((2, 3))(plane), layers.AdaptiveMaxPooling2D(2)(plane),
        layers.AdaptiveAveragePooling3D(2)(space), layers.AdaptiveMaxPooling3D((2, 3, 1))(space),
    ]  # fmt: skip
    return Case(keras.Model([line, plane, space], outputs), [floats(2, 7, 2), floats(2, 5, 7, 2), floats(2, 4, 5, 3, 2)])


@case
def global_pooling():
    line, plane, space = keras.Input((7, 2)), keras.Input((5, 4, 2)), keras.Input((3, 4, 3, 2))
    outputs = [
        layers.GlobalAveragePooling1D(keepdims=True)(line), layers.GlobalMaxPooling1D()(line),
        layers.GlobalAveragePooling2D()(plane), layers.GlobalMaxPooling2D()(plane),
        layers.GlobalAveragePooling3D()(space), layers.GlobalMaxPooling3D(keepdims=True)(space),
    ]  # fmt: skip
    return Case(keras.Model([line, plane, space], outputs), [floats(2, 7, 2), floats(2, 5, 4, 2), floats(2, 3, 4, 3, 2)])


@case
def inception_block():
    given = keras.Input((5, 5, 3))
    a = layers.Conv2D(2, 1, activation="relu")(given)
    b = layers.Conv2D(3, 3, padding="same")(layers.Conv2D(2, 1)(given))
    c = layers.Conv2D(2, 1)(layers.MaxPooling2D(3, strides=1, padding="same")(given))
    x = layers.AveragePooling2D(2)(layers.Concatenate()([a, b, c]))
    return Case(keras.Model(given, layers.Dense(3)(layers.Flatten()(x))), [floats(2, 5, 5, 3)])


@case
def residual():
    x = given = keras.Input((6, 6, 3), name="image")
    for filters in (3, 3):
        y = layers.Conv2D(filters, 3, padding="same")(x)
        y = layers.Activation("relu")(layers.BatchNormalization()(y))
        x = layers.Add()([x, layers.Conv2D(filters, 3, padding="same")(y)])
    model = keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)), name="residual")
    model.compile(optimizers.SGD(0.01, momentum=0.9), "mse", metrics=["mae"])
    return Case(model, [floats(SAMPLES, 6, 6, 3)], [floats(SAMPLES, 2)])


# ---------------------------------------------------------------- what a layer is told


# All but sparsemax, in which Keras 3.15.1 has a mistake: its outputs don't add up to one.
ACTIVATIONS = """celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
sparse_sigmoid squareplus swish tanh tanh_shrink glu""".split()


@case
def activations():
    given = keras.Input((4,))
    outputs = [layers.Dense(4, activation=name, name=name)(given) for name in ACTIVATIONS]
    return Case(keras.Model(given, outputs), [floats(3, 4)])


@case
def activation_layers():
    x = given = keras.Input((3, 4))
    x = layers.Activation("swish")(layers.Dense(4)(x))
    x = layers.ELU(0.5)(layers.Dense(4)(x))
    x = layers.LeakyReLU(negative_slope=0.2)(layers.Dense(4)(x))
    x = layers.PReLU()(layers.Dense(4)(x))
    x = layers.PReLU(shared_axes=[1])(layers.Dense(4)(x))
    x = layers.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2)(layers.Dense(4)(x))
    return Case(keras.Model(given, [layers.Softmax()(x), layers.Softmax(axis=[1, 2])(x)]), [floats(2, 3, 4)])


@case
def layers_as_activations():
    model = sequential(
        (6, 4), layers.Conv1D(4, 2, activation=layers.LeakyReLU(0.1)), layers.LSTM(3, activation=layers.ELU(0.5)),
        layers.Dense(3, activation=layers.ReLU(max_value=1.5)), layers.Dense(3, activation="leaky_relu"),
    )  # fmt: skip
    return Case(model, [floats(2, 6, 4)])


@case
def initializers_of_all_kinds():
    kinds = [
        initializers.Constant(0.5), initializers.Ones(), initializers.Zeros(), initializers.Identity(2.0),
        initializers.Orthogonal(0.5, seed=3), initializers.RandomNormal(0.1, 0.2, seed=1),
        initializers.RandomUniform(-0.1, 0.3), initializers.TruncatedNormal(0.5, 2.0),
        initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal", seed=4), initializers.GlorotNormal(),
        initializers.GlorotUniform(), initializers.HeNormal(), initializers.HeUniform(seed=2),
        initializers.LecunNormal(), initializers.LecunUniform(),
    ]  # fmt: skip
    dense = [layers.Dense(4, kernel_initializer=kind, bias_initializer="random_normal") for kind in kinds]
    return Case(sequential((4,), *dense), [floats(2, 4)])


@case
def regularizers_and_constraints():
    model = sequential(
        (4,), layers.Dense(5, kernel_regularizer=regularizers.L1(0.01), kernel_constraint=constraints.MaxNorm(1.5, axis=0)),
        layers.Dense(5, kernel_regularizer="l2", bias_regularizer=regularizers.L1L2(0.01, 0.02),
                     bias_constraint=constraints.NonNeg(), activation="tanh"),
        layers.Dense(4, kernel_constraint=constraints.UnitNorm(), activity_regularizer=regularizers.L2(0.1)),
        layers.ActivityRegularization(l1=0.01, l2=0.02),
        layers.Dense(4, kernel_regularizer=regularizers.OrthogonalRegularizer(0.01, mode="columns"),
                     kernel_constraint=constraints.MinMaxNorm(0.5, 1.2, rate=0.8)),
    )  # fmt: skip
    model.compile(optimizers.SGD(0.05), losses.MeanSquaredError(), metrics=[metrics.MeanSquaredError()])
    return Case(model, [floats(SAMPLES, 4)], [floats(SAMPLES, 4)])


@case
def noise():
    model = sequential(
        (5,), layers.GaussianNoise(0.3, seed=1), layers.Dense(6), layers.GaussianDropout(0.2), layers.Dense(6),
        layers.AlphaDropout(0.3), layers.Dense(4), layers.Dropout(0.4, noise_shape=(None, 1)), layers.Dense(3),
    )  # fmt: skip
    return Case(model, [floats(2, 5)])


@case
def einsum_and_reshaping():
    x = given = keras.Input((3, 4))
    x = layers.EinsumDense("abc,cd->abd", output_shape=(None, 6), bias_axes="d", activation="relu")(x)
    x = layers.Reshape((3, 2, 3))(x)
    x = layers.Permute((3, 1, 2))(layers.Identity()(x))
    x = layers.EinsumDense("abcd,cde->abe", output_shape=(3, 5))(x)
    x = layers.Dense(3)(layers.Flatten()(x))
    return Case(keras.Model(given, layers.Reshape((-1, 2))(layers.RepeatVector(4)(x))), [floats(2, 3, 4)])


@case
def normalization():
    given = keras.Input((4, 4, 6))
    x = layers.BatchNormalization(center=False, epsilon=1e-2, momentum=0.8)(given)
    x = layers.LayerNormalization(axis=[-2, -1], scale=False)(layers.Dense(6)(x))
    x = layers.GroupNormalization(3)(layers.Dense(6)(x))
    x = layers.RMSNormalization()(layers.Dense(6)(x))
    x = layers.SpectralNormalization(layers.Conv2D(4, 2), power_iterations=2)(x)
    x = layers.SpectralNormalization(layers.Dense(3))(x)
    x = layers.BatchNormalization(scale=False, trainable=False)(x)
    y = layers.GroupNormalization(-1)(layers.Dense(4)(x))
    return Case(keras.Model(given, [layers.UnitNormalization()(x), layers.LayerNormalization()(y)]), [floats(2, 4, 4, 6)])


@case
def layers_of_applications():
    """Those that ConvNeXt and InceptionResNetV2 bring with them."""
    given = keras.Input((6, 6, 4))
    x = layers.DepthwiseConv2D(3, padding="same")(given)
    x = layers.Dense(4)(layers.Dense(8, activation="gelu")(layers.LayerNormalization(epsilon=1e-6)(x)))
    x = CustomScaleLayer(0.2)([given, LayerScale(1e-6, 4)(x)])
    return Case(keras.Model(given, x), [floats(2, 6, 6, 4)])


@case
def twelve_of_a_kind():
    """`dense_10` comes after `dense_9`, and before it in the order of the alphabet."""
    return Case(sequential((3,), *[layers.Dense(2 + at % 3, name=f"n{12 - at}") for at in range(12)]), [floats(2, 3)])


@case
def no_weights():
    return Case(sequential((3, 2), layers.Flatten(), layers.Rescaling(2.0, offset=-1.0)), [floats(2, 3, 2)])


@case
def built_when_called():
    model = keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(2)], name="late")
    model(floats(1, 3))
    return Case(model, [floats(2, 3)])


@case
def names():
    given = keras.Input((3,), name="a name of several words")
    x = layers.Dense(3, name="Größe_1.5")(given)
    return Case(keras.Model(given, layers.Dense(2, name="dense")(x), name="names-of_any kind"), [floats(2, 3)])


# ---------------------------------------------------------------- graphs


@case
def two_and_two():
    title, tags = keras.Input((4,), name="title"), keras.Input((3,), name="tags")
    x = layers.Concatenate()([layers.Dense(5, activation="relu")(title), tags])
    score, kind = layers.Dense(1, name="score")(x), layers.Dense(3, activation="softmax", name="kind")(x)
    model = keras.Model([title, tags], [score, kind], name="two_and_two")
    model.compile(
        optimizers.Adam(0.01), ["mse", "sparse_categorical_crossentropy"], loss_weights=[1.0, 0.5],
        metrics=[["mae"], ["accuracy"]],
    )  # fmt: skip
    return Case(model, [floats(SAMPLES, 4), floats(SAMPLES, 3)], [floats(SAMPLES, 1), integers(3, SAMPLES, 1)])


@case
def dicts():
    wide, deep = keras.Input((3,), name="wide"), keras.Input((4,), name="deep")
    x = layers.Concatenate()([wide, layers.Dense(3, activation="relu")(deep)])
    outputs = {"price": layers.Dense(1, name="cost")(x), "kind": layers.Dense(3, activation="softmax", name="sort")(x)}
    model = keras.Model({"wide": wide, "deep": deep}, outputs)
    model.compile(
        optimizers.SGD(0.05), {"price": "mae", "kind": "sparse_categorical_crossentropy"},
        loss_weights={"price": 0.25, "kind": 2.0}, metrics={"kind": ["accuracy"], "price": ["mse"]},
    )  # fmt: skip
    return Case(model, [floats(SAMPLES, 4), floats(SAMPLES, 3)], [integers(3, SAMPLES, 1), floats(SAMPLES, 1)])


@case
def nested_inputs():
    a, b, c = keras.Input((3,)), keras.Input((3,)), keras.Input((2,))
    outputs = {"p": [layers.Subtract()([a, b]), layers.Dense(2)(a)], "o": layers.Dense(2)(c)}
    return Case(keras.Model({"x": [a, b], "w": c}, outputs), [floats(2, 2), floats(2, 3), floats(2, 3)])


@case
def products_with_arrays():
    given = keras.Input((3, 4))
    basis = floats(5, 4)
    return Case(keras.Model(given, keras.ops.einsum("bij,kj->bki", given, basis) + basis[:, :3]), [floats(2, 3, 4)])


@case
def lists_of_one():
    given = keras.Input((3,))
    return Case(keras.Model([given], [layers.Dense(2)(given)]), [floats(2, 3)])


@case
def siamese():
    left, right = keras.Input((5,)), keras.Input((5,))
    tower = sequential((5,), layers.Dense(4, activation="tanh"), layers.Dense(3), name="tower")
    shared = layers.Dense(2, name="shared")
    a, b = tower(left), tower(right)
    angle = layers.Dot(-1, normalize=True)([a, b])
    return Case(keras.Model([left, right], [angle, layers.Subtract()([shared(a), shared(b)])]), [floats(2, 5), floats(2, 5)])


@case
def shared_and_counted():
    """A layer that is used twice takes one number, though it stands twice in the graph."""
    given = keras.Input((3,))
    again = layers.Dense(3, activation="relu")
    x = again(layers.Dense(3)(again(given)))
    return Case(keras.Model(given, layers.Dense(2)(again(x))), [floats(2, 3)])


@case
def merging():
    inputs = [keras.Input((3, 4)) for _ in range(3)]
    a, b, c = [layers.Dense(4)(x) for x in inputs]
    outputs = [
        layers.Add()([a, b, c]), layers.Subtract()([a, c]), layers.Multiply()([a, b]), layers.Average()([a, b, c]),
        layers.Maximum()([a, b]), layers.Minimum()([b, c]), layers.Concatenate(axis=1)([a, b]), layers.Dot((2, 2))([a, c]),
    ]  # fmt: skip
    return Case(keras.Model(inputs, outputs), [floats(2, 3, 4), floats(2, 3, 4), floats(2, 3, 4)])


@case
def nested_sequential():
    inner = sequential((4,), layers.Dense(5, activation="relu"), layers.BatchNormalization(), layers.PReLU(), name="inner")
    model = sequential((4,), inner, layers.Dense(2, activation="sigmoid"))
    model.compile(optimizers.SGD(0.05, momentum=0.9, nesterov=True), "binary_crossentropy", metrics=["accuracy"])
    return Case(model, [floats(SAMPLES, 4)], [(floats(SAMPLES, 2) > 0).astype("float32")])


@case
def nested_twice_over():
    low = keras.Input((4,))
    lowest = keras.Model(low, [layers.Dense(3, name="x")(low), layers.Dense(2, name="y")(low)], name="lowest")
    middle = keras.Input((4,))
    one, two = lowest(layers.Dense(4)(middle))
    middle = keras.Model(middle, layers.Concatenate()([one, two]), name="middle")
    given = keras.Input((4,))
    x = sequential((5,), layers.Dense(4), sequential((4,), layers.Dense(4), layers.LeakyReLU()))(middle(given))
    return Case(keras.Model(given, layers.Add()([given, x])), [floats(2, 4)])


@case
def nested_called_twice():
    one, two = keras.Input((3,), name="one"), keras.Input((3,), name="two")
    inner = keras.Model(
        [one, two], [layers.Dense(3)(layers.Add()([one, two])), layers.Multiply()([one, two])], name="inner"
    )
    left, right = keras.Input((3,)), keras.Input((3,))
    a, b = inner([left, right])
    c, d = inner([b, layers.Dense(3)(a)])
    return Case(keras.Model([left, right], [layers.Dense(2)(c), layers.Concatenate()([a, d])]), [floats(2, 3), floats(2, 3)])


@case
def transfer():
    """A base that is frozen, and called as in inference even where the model learns."""
    base = sequential((4, 4, 2), layers.Conv2D(3, 3), layers.BatchNormalization(), layers.ReLU(), name="base")
    base.trainable = False
    given = keras.Input((4, 4, 2))
    x = layers.Dense(4, activation="relu")(layers.GlobalAveragePooling2D()(base(given, training=False)))
    model = keras.Model(given, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizers.AdamW(0.01), losses.BinaryCrossentropy(), metrics=[metrics.BinaryAccuracy(threshold=0.4)])
    return Case(model, [floats(SAMPLES, 4, 4, 2)], [integers(2, SAMPLES, 1).astype("float32")])


@case
def frozen_layers():
    model = sequential(
        (4,), layers.Dense(4, trainable=False, activation="tanh"), layers.BatchNormalization(trainable=False),
        layers.Dense(4, activation="relu"), layers.Dense(3, name="top"),
    )  # fmt: skip
    model.compile(optimizers.SGD(0.1), losses.MeanAbsoluteError(), metrics=[metrics.MeanAbsoluteError()])
    return Case(model, [floats(SAMPLES, 4)], [floats(SAMPLES, 3)])


def trained_by(optimizer):
    """A model for an optimizer with something in its state that others lack."""
    x = given = keras.Input((4,))
    x = layers.Dense(4, activation="tanh", name="hidden")(x)
    model = keras.Model(given, layers.Dense(2, name="last")(x))
    model.compile(optimizer, losses.MeanSquaredError(), metrics=[metrics.R2Score()])
    return Case(model, [floats(SAMPLES, 4)], [floats(SAMPLES, 2)])


@case
def averaged_weights():
    return trained_by(optimizers.Adam(0.01, use_ema=True, ema_momentum=0.75, ema_overwrite_frequency=2))


@case
def accumulated_gradients():
    return trained_by(optimizers.SGD(0.05, momentum=0.9, gradient_accumulation_steps=2, global_clipnorm=0.5))


@case
def scaled_loss():
    return trained_by(optimizers.LossScaleOptimizer(optimizers.Adam(0.01), initial_scale=64.0, dynamic_growth_steps=2))


@case
def several_optimizers():
    # In alphabetical order, in which Horn writes them.
    each = {"hidden/.*": optimizers.Adam(0.01), "last/.*": optimizers.SGD(0.1, momentum=0.5)}
    each = optimizers.OptimizerMap(optimizers.RMSprop(0.01), each)
    return trained_by(optimizers.MultiOptimizer(each))


@case
def muon():
    return trained_by(optimizers.Muon(0.01, exclude_layers=["last"]))


@case
def schedule_free():
    return trained_by(optimizers.ScheduleFreeAdamW(0.01, warmup_steps=2))


@case
def inner_outputs():
    given, other = keras.Input((4,)), keras.Input((2,), name="other")
    x = layers.Dense(3, name="b")(given)
    y = layers.Dense(3, name="a")(x)
    z = layers.Add(name="sum")([y, x])
    return Case(keras.Model([given, other], [z, x, other, layers.Dense(1)(z)]), [floats(2, 4), floats(2, 2)])


@case
def made_in_another_order():
    late = keras.Input((2,), name="late")
    first = layers.Dense(3, name="first")
    given = keras.Input((4,), name="given")
    x = layers.Dense(3)(layers.Dense(2)(given))
    y = first(late)
    x = layers.Concatenate()([layers.Dense(2)(y), x])
    return Case(keras.Model([given, late], layers.Dense(2)(x)), [floats(2, 4), floats(2, 2)])


# ---------------------------------------------------------------- sequences


def padded(samples, length, words):
    """Sentences of different lengths, zeros at their ends."""
    lengths = integers(length + 1, samples, 1, low=1)
    return np.where(np.arange(length) < lengths, integers(words, samples, length, low=1), 0).astype("int32")


def silent(samples, length, features):
    """Some time steps are zeros, at the ends and between."""
    return floats(samples, length, features) * (integers(3, samples, length, 1) > 0).astype("float32")


@case
def masked_embedding():
    model = sequential(
        (6,), layers.Embedding(9, 4, mask_zero=True), layers.LSTM(5, return_sequences=True), layers.GRU(3),
        layers.Dense(1, activation="sigmoid"),
    )  # fmt: skip
    model.compile(optimizers.Adam(0.01), losses.BinaryCrossentropy(), metrics=["accuracy"])
    return Case(model, [padded(SAMPLES, 6, 9)], [integers(2, SAMPLES, 1).astype("float32")])


@case
def masked_graph():
    words, numbers = keras.Input((5,), dtype="int32", name="words"), keras.Input((5, 3), name="numbers")
    a = layers.Embedding(7, 3, mask_zero=True)(words)
    b = layers.Masking()(numbers)
    x = layers.Dropout(0.2)(layers.Concatenate()([a, b]))
    x = layers.SimpleRNN(3, return_sequences=True)(x)
    return Case(keras.Model([words, numbers], [layers.LSTM(2)(x), layers.GlobalAveragePooling1D()(layers.Add()([a, b]))]),
                [padded(3, 5, 7), silent(3, 5, 3)])  # fmt: skip


@case
def masked_branches():
    """The steps by which Keras computes a mask bring the second `Dense` before the first, in the model and in the file."""
    left, right = keras.Input((4, 3)), keras.Input((4, 3))
    a, b = layers.Dense(3)(left), layers.Dense(3)(right)
    x, y = layers.LSTM(2)(layers.Identity()(a)), layers.LSTM(2)(layers.Masking()(b))
    return Case(keras.Model([left, right], layers.Add()([x, y])), [floats(2, 4, 3), floats(2, 4, 3)])


@case
def options_of_calls():
    """A layer that is called in two ways, an array where it takes a tensor, and an embedding that leads back."""
    words = keras.Input((4,), dtype="int32")
    embedding = layers.ReversibleEmbedding(7, 6)
    x = embedding(words)
    attention = layers.MultiHeadAttention(2, 3)
    past = attention(x, x, use_causal_mask=True)
    near = attention(past, x, attention_mask=np.tri(4, dtype="bool")[None])
    scored = embedding(attention(near, past), reverse=True)
    return Case(keras.Model(words, {"scores": scored, "others": [near, {"past": past}]}), [integers(7, 3, 4).astype("int32")])


@case
def masked_both_ways():
    x = given = keras.Input((None, 3))
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Masking(0.0)(x))
    return Case(keras.Model(given, layers.TimeDistributed(layers.Dense(2))(x)), [silent(2, 6, 3)])


@case
def lstms():
    model = sequential(
        (5, 3), layers.LSTM(4, return_sequences=True, go_backwards=True, unit_forget_bias=False),
        layers.LSTM(3, return_sequences=True, recurrent_activation="hard_sigmoid", use_bias=False, unroll=True),
        layers.LSTM(3, dropout=0.2, recurrent_dropout=0.3, activation="relu"),
    )  # fmt: skip
    return Case(model, [floats(2, 5, 3)])


@case
def grus():
    model = sequential(
        (5, 3), layers.GRU(4, return_sequences=True), layers.GRU(3, return_sequences=True, reset_after=False),
        layers.SimpleRNN(4, return_sequences=True, activation="relu"), layers.GRU(2, use_bias=False, go_backwards=True),
    )  # fmt: skip
    model.compile(optimizers.RMSprop(0.01, momentum=0.5, centered=True), losses.MeanSquaredError())
    return Case(model, [floats(SAMPLES, 5, 3)], [floats(SAMPLES, 2)])


@case
def cells():
    given = keras.Input((4, 3))
    x = layers.RNN(layers.LSTMCell(3), return_sequences=True)(given)
    y = layers.RNN([layers.GRUCell(3), layers.LSTMCell(2), layers.SimpleRNNCell(4)], return_sequences=True)(x)
    stacked = layers.StackedRNNCells([layers.SimpleRNNCell(2), layers.GRUCell(3, reset_after=False)])
    z = layers.RNN(stacked, return_state=True)(y)
    return Case(keras.Model(given, [*z, layers.RNN(layers.SimpleRNNCell(2), go_backwards=True)(x)]), [floats(2, 4, 3)])


@case
def both_ways():
    given = keras.Input((4, 3))
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum")(given)
    backward = layers.LSTM(2, go_backwards=True, return_sequences=True, activation="relu", name="back")
    y = layers.Bidirectional(layers.LSTM(2, return_sequences=True), merge_mode="mul", backward_layer=backward)(x)
    z = layers.Bidirectional(layers.LSTM(2, return_state=True), merge_mode="ave")(y)
    return Case(keras.Model(given, [*z, layers.Bidirectional(layers.SimpleRNN(2), merge_mode=None)(x)[1]]), [floats(2, 4, 3)])


@case
def every_step():
    given = keras.Input((3, 5, 5, 2))
    x = layers.TimeDistributed(layers.Conv2D(3, 3, activation="relu"))(given)
    x = layers.TimeDistributed(layers.BatchNormalization())(x)
    x = layers.TimeDistributed(layers.Flatten())(x)
    return Case(keras.Model(given, layers.TimeDistributed(layers.Dense(2))(x)), [floats(2, 3, 5, 5, 2)])


@case
def wrapped():
    """Layers, cells and models in wrappers, and wrappers in each other."""
    given = keras.Input((3, 4, 2))
    x = layers.TimeDistributed(layers.Bidirectional(layers.LSTM(2, return_sequences=True)))(given)
    x = layers.TimeDistributed(layers.TimeDistributed(layers.Dense(3)))(x)
    x = layers.TimeDistributed(layers.Dropout(0.2))(x)
    x = layers.TimeDistributed(sequential((4, 3), layers.Dense(2), layers.Flatten()))(x)
    inner = keras.Input((8,))
    x = layers.TimeDistributed(keras.Model(inner, layers.Dense(4)(layers.ReLU()(inner))))(x)
    cells = layers.StackedRNNCells([layers.GRUCell(3), layers.StackedRNNCells([layers.LSTMCell(2), layers.SimpleRNNCell(4)])])
    x = layers.Bidirectional(layers.RNN(layers.LSTMCell(3), return_sequences=True))(x)
    return Case(keras.Model(given, layers.RNN(cells)(x)), [floats(2, 3, 4, 2)])


@case
def convolutional_lstms():
    line, plane, space = keras.Input((3, 6, 2)), keras.Input((3, 4, 4, 2)), keras.Input((2, 3, 4, 3, 1))
    outputs = [
        layers.ConvLSTM1D(2, 3, return_sequences=True, padding="same")(line),
        layers.ConvLSTM2D(2, 2, strides=2, return_state=True, use_bias=False)(plane)[0],
        layers.ConvLSTM3D(1, 2, padding="same", recurrent_activation="sigmoid")(space),
    ]
    return Case(keras.Model([line, plane, space], outputs), [floats(2, 3, 6, 2), floats(2, 3, 4, 4, 2), floats(2, 2, 3, 4, 3, 1)])


@case
def encoder_decoder():
    source, target = keras.Input((None, 3), name="source"), keras.Input((4, 2), name="target")
    _, h, c = layers.LSTM(4, return_state=True, name="encoder")(source)
    x, *state = layers.LSTM(4, return_sequences=True, return_state=True, name="decoder")(target, initial_state=[h, c])
    y = layers.GRU(4)(x, initial_state=state[0])
    z = layers.Bidirectional(layers.GRU(4))(x, initial_state=[h, state[1]])
    model = keras.Model([source, target], [layers.Dense(3, activation="softmax")(x), y, z])
    return Case(model, [floats(2, 5, 3), floats(2, 4, 2)])


@case
def stateful():
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 2)), layers.LSTM(3, stateful=True), layers.Dense(2)])
    return Case(model, [floats(2, 3, 2)])


# ---------------------------------------------------------------- attention


@case
def attention():
    query, value = keras.Input((4, 3), name="query"), keras.Input((5, 3), name="value")
    masked = layers.Masking()(value)
    outputs = [
        layers.Attention(use_scale=True)([query, value], use_causal_mask=True),
        layers.Attention(score_mode="concat")([query, masked]),
        layers.AdditiveAttention()([query, value, layers.Dense(3)(value)]),
        layers.Attention(dropout=0.2)([query, value], return_attention_scores=True)[1],
    ]
    return Case(keras.Model([query, value], outputs), [floats(2, 4, 3), silent(2, 5, 3)])


@case
def transformer():
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(11, 8, mask_zero=True)(tokens)
    for _ in range(2):
        y = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(2, 4)(y, y, use_causal_mask=True)])
        y = layers.Dense(8)(layers.Dense(12, activation="gelu")(layers.LayerNormalization()(x)))
        x = layers.Add()([x, y])
    model = keras.Model(tokens, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x)))
    # A key's bias has no gradient but what rounding makes of it, which Adam would blow up with its usual epsilon.
    model.compile(optimizers.AdamW(0.003, epsilon=1e-3, clipnorm=1.0), losses.SparseCategoricalCrossentropy(),
                  metrics=[metrics.SparseCategoricalAccuracy()])  # fmt: skip
    return Case(model, [padded(SAMPLES, 6, 11)], [integers(3, SAMPLES)])


@case
def cross_attention():
    query, value, key = keras.Input((4, 6)), keras.Input((5, 3)), keras.Input((5, 4))
    x = layers.MultiHeadAttention(2, 3, output_shape=5, use_bias=False)(query, value, key)
    y, scores = layers.MultiHeadAttention(3, 2, value_dim=4, dropout=0.1)(query, value, return_attention_scores=True)
    y = layers.MultiHeadAttention(2, 3, use_gate=True)(y, y)
    z = layers.GroupQueryAttention(4, num_query_heads=4, num_key_value_heads=2)(query, layers.Dense(6)(value))
    plane = layers.MultiHeadAttention(2, 2, attention_axes=(1, 2))
    w = layers.Reshape((2, 2, 6))(query)
    return Case(keras.Model([query, value, key], [x, y, scores, z, plane(w, w)]), [floats(2, 4, 6), floats(2, 5, 3), floats(2, 5, 4)])


# ---------------------------------------------------------------- data on its way in


@case
def adapted():
    data = 3 * floats(40, 4) + 2
    learned = layers.Normalization()
    learned.adapt(data)
    back = layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[0.5, 1.0, 2.0, 4.0], invert=True)
    model = sequential((4,), learned, layers.Dense(4), back, layers.Rescaling([1.0, 2.0, 0.5, 0.1], offset=0.5))
    model.set_weights([random_weight(w.path, w.shape) if "dense" in w.path else w.numpy() for w in model.weights])
    return Case(model, [3 * floats(3, 4) + 2], keeps_weights=True)


@case
def images():
    model = sequential(
        (9, 7, 3), layers.Resizing(6, 8, interpolation="bicubic", antialias=True), layers.CenterCrop(5, 6),
        layers.Resizing(4, 4, crop_to_aspect_ratio=True), layers.Resizing(5, 7, interpolation="nearest"),
        layers.Conv2D(2, 3),
    )  # fmt: skip
    return Case(model, [floats(2, 9, 7, 3)])


@case
def pixels():
    """Images of integers, which stay integers when they are resized."""
    given, wide = keras.Input((9, 7, 3), dtype="uint8"), keras.Input((6, 5, 1), dtype="int32")
    x = layers.Resizing(6, 8, interpolation="bicubic", antialias=True)(given, training=False)
    x = layers.Rescaling(1 / 16)(layers.Identity()(layers.Resizing(12, 5, interpolation="lanczos3")(x)))
    y = layers.Resizing(5, 7, crop_to_aspect_ratio=True)(wide, training=False)
    # Floats again, which are not rounded.
    z = layers.Resizing(4, 4)(layers.Rescaling(0.5)(given))
    return Case(keras.Model([given, wide], [x, y, z]), [integers(256, 2, 9, 7, 3), integers(90, 2, 6, 5, 1, low=-90)])


@case
def augmentation():
    model = sequential(
        (8, 8, 3), layers.RandomFlip("horizontal", seed=5), layers.RandomRotation(0.1, fill_mode="constant", fill_value=1.0),
        layers.RandomZoom(0.2, (-0.1, 0.3)), layers.RandomTranslation(0.1, (-0.2, 0.1), interpolation="nearest"),
        layers.RandomShear((0.0, 0.2), (0.0, 0.1)), layers.RandomContrast(0.3), layers.RandomBrightness(0.2, value_range=(0, 1)), layers.MixUp(0.3),
        layers.CutMix(0.7), layers.RandomCrop(6, 7), layers.Conv2D(2, 3), layers.GlobalMaxPooling2D(), layers.Dense(2),
    )  # fmt: skip
    return Case(model, [floats(2, 8, 8, 3)])


@case
def colours():
    model = sequential(
        (6, 6, 3), layers.AutoContrast(value_range=(0, 1)), layers.Solarization(0.2, (0.1, 0.3), value_range=(0, 1)),
        layers.RandomInvert((0.2, 0.4), seed=1), layers.RandomGrayscale(0.3), layers.RandomPosterization((2, 6)),
        layers.RandomColorDegeneration(0.2), layers.RandomSharpness(0.3), layers.RandomHue((0.1, 0.2)),
        layers.RandomSaturation(0.3), layers.RandomGaussianBlur(0.5, (3, 5), 0.7), layers.RandomErasing(0.2, 0.3, 1.0),
        layers.RandomErasing(fill_value=(1, 2, 3)), layers.MaxNumBoundingBoxes(3),
        layers.RandomColorJitter((0, 1), 0.2, 0.1, (0.2, 0.3), 0.4, seed=2), layers.RandomPerspective(0.4, 0.3),
        layers.RandomElasticTransform(0.3, 0.2, fill_mode="wrap"), layers.AugMix(num_chains=2, all_ops=False),
        layers.RandAugment((0, 1), 3, 0.2, seed=4),
        layers.ContrastLimitedAdaptiveHistogramEqualization((0, 1), tile_grid_size=(2, 3)),
        layers.Pipeline([layers.Equalization(), layers.Conv2D(2, 3), layers.RandomFlip(), layers.Conv2D(3, 2, activation="relu")]),
        layers.Flatten(), layers.Dense(2),
    )  # fmt: skip
    return Case(model, [floats(2, 6, 6, 3)])


@case
def spectrograms():
    wave = keras.Input((64, 1))
    x = layers.STFTSpectrogram(mode="log", frame_length=16, frame_step=8, fft_length=16, padding="same")(wave)
    mel = layers.MelSpectrogram(fft_length=32, sequence_stride=16, num_mel_bins=4, sampling_rate=8000, min_freq=20)
    y = mel(layers.Reshape((64,))(wave))
    return Case(keras.Model(wave, [layers.Dense(2)(x), layers.Dense(3)(y)]), [floats(2, 64, 1)], keeps_weights=True)


@case
def categories():
    given, weights = keras.Input((3,), dtype="int32"), keras.Input((3,))
    x = layers.CategoryEncoding(5, output_mode="multi_hot")(given)
    y = layers.CategoryEncoding(5, output_mode="count")(given, count_weights=weights)
    return Case(keras.Model([given, weights], [layers.Dense(2)(x), layers.Dense(2)(y)]), [integers(5, 4, 3), floats(4, 3)])


@case(tensorflow=True)
def lookups():
    learned = layers.IntegerLookup(output_mode="multi_hot", num_oov_indices=2)
    learned.adapt(np.array([3, 70, 70, 12, 12, 12, 5000]))
    given = layers.IntegerLookup(vocabulary=[4, 8, 15, 16, 23, 42], mask_token=0)
    ids, more = keras.Input((4,), dtype="int64"), keras.Input((4,), dtype="int64")
    x = layers.Dense(3)(learned(ids))
    y = layers.Embedding(9, 2)(given(more))
    inputs = [np.array([[3, 5000, 12, 1], [70, 70, -4, 9]]), np.array([[4, 42, 0, 1], [8, 8, 23, 99]])]
    return Case(keras.Model([ids, more], [x, y]), inputs)


@case(tensorflow=True)
def bins():
    learned = layers.Discretization(num_bins=4, epsilon=0.01)
    learned.adapt(floats(50, 1))
    fixed = layers.Discretization(bin_boundaries=[-1.0, 0.0, 0.5], output_mode="one_hot")
    given = keras.Input((1,))
    return Case(keras.Model(given, [layers.Embedding(4, 2)(learned(given)), layers.Dense(2)(fixed(given))]), [floats(6, 1)])


@case(tensorflow=True)
def hashes():
    given = keras.Input((3,), dtype="int32")
    salted, plain = layers.Hashing(7, salt=[13, 37]), layers.Hashing(6, mask_value=0)
    outputs = [layers.Embedding(7, 2)(salted(given)), layers.Embedding(6, 2)(plain(given))]
    return Case(keras.Model(given, outputs), [integers(100, 4, 3)])


@case(tensorflow=True)
def crossed():
    a, b = keras.Input((1,), dtype="int64"), keras.Input((1,), dtype="int64")
    outputs = [layers.Embedding(50, 2)(layers.HashedCrossing(50)([a, b]))]
    outputs.append(layers.Dense(2)(layers.HashedCrossing(9, output_mode="one_hot")([b, a])))
    return Case(keras.Model([a, b], outputs), [integers(100, 5, 1), integers(100, 5, 1)])


# ---------------------------------------------------------------- texts

REVIEWS = [
    "A great film!", "I fell asleep.", "Great cast, great story", "the worst film of the year", "so-so", "",
    "not great, not the worst", "The story fell apart", "a film for the whole year", "worst. film. ever.", "Loved it",
    "asleep\tin a great seat",
]  # fmt: skip


@case(texts=True)
def reviews():
    words = layers.TextVectorization(max_tokens=16, output_sequence_length=6)
    words.adapt(REVIEWS)
    given = keras.Input((1,), dtype="string")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(16, 4)(words(given)))
    model = keras.Model(given, layers.Dense(1, activation="sigmoid")(x))
    # On TensorFlow, others square the gradient of a word for each place where it stands.
    model.compile(optimizers.SGD(0.1, momentum=0.9), "binary_crossentropy", metrics=["accuracy"])
    return Case(model, [np.array(REVIEWS)[:, None]], [integers(2, SAMPLES, 1).astype("float32")])


@case(texts=True)
def weighted_words():
    learned = layers.TextVectorization(output_mode="tf_idf", ngrams=2, standardize="lower")
    learned.adapt(REVIEWS)
    fixed = layers.TextVectorization(
        vocabulary=["a", "e", "t"], idf_weights=[0.5, 1.0, 2.0], output_mode="tf_idf", split="character", max_tokens=6,
        pad_to_max_tokens=True,
    )  # fmt: skip
    given = keras.Input((), dtype="string")
    x = layers.Concatenate()([learned(given), fixed(given)])
    return Case(keras.Model(given, layers.Dense(2)(x)), [np.array(REVIEWS)])


@case(texts=True)
def categories_of_texts():
    colors = layers.StringLookup(num_oov_indices=2, mask_token="")
    colors.adapt([["red"], ["red"], ["blue"], ["green"]])
    weighted = layers.StringLookup(output_mode="tf_idf")
    weighted.adapt([["red", "blue"], ["red", "red"], ["green", "blue"]])
    known = layers.StringLookup(vocabulary=["s", "m", "l"], num_oov_indices=0, output_mode="multi_hot")
    color, sizes = keras.Input((2,), dtype="string", name="color"), keras.Input((2,), dtype="string", name="sizes")
    # A model of texts in another, with its vocabulary.
    inner = keras.Sequential([keras.Input((2,), dtype="string"), weighted, layers.Dense(2)])
    outputs = [layers.Embedding(6, 2)(colors(color)), inner(color), layers.Dense(2)(known(sizes))]
    inputs = [np.array([["red", "pink"], ["green", ""], ["blue", "red"]]), np.array([["s", "l"], ["m", "m"], ["l", "m"]])]
    return Case(keras.Model([color, sizes], outputs), inputs)


@case(texts=True)
def words_without_an_input():
    model = keras.Sequential([layers.TextVectorization(vocabulary=["great", "film"]), layers.Embedding(4, 3)])
    model.build((None, 1))
    # All texts have as many words, so that there is nothing to fill up.
    return Case(model, [np.array([["great film"], ["bad film"]])])


# ---------------------------------------------------------------- what is learned by


def learner(loss, optimizer, y, metric=(), activation=None, units=3, **arguments):
    model = sequential((4,), layers.Dense(5, activation="tanh"), layers.Dense(units, activation=activation))
    model.compile(optimizer, loss, metrics=list(metric), **arguments)
    return Case(model, [floats(SAMPLES, 4)], [y])


@case
def sgd_with_all():
    optimizer = optimizers.SGD(0.05, momentum=0.8, nesterov=True, weight_decay=0.01, global_clipnorm=0.5)
    return learner(losses.MeanSquaredError(), optimizer, floats(SAMPLES, 3), ["mse", "mae"])


@case
def adam_with_all():
    optimizer = optimizers.Adam(0.02, 0.8, 0.95, 1e-5, amsgrad=True, clipnorm=0.4)
    loss = losses.CategoricalCrossentropy(label_smoothing=0.1, reduction="sum")
    return learner(loss, optimizer, one_hot(3, SAMPLES), ["categorical_accuracy"], "softmax")


@case
def adamw_with_all():
    optimizer = optimizers.AdamW(0.02, weight_decay=0.1, beta_1=0.7, amsgrad=True, clipvalue=0.05)
    loss = losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.05)
    return learner(loss, optimizer, (floats(SAMPLES, 3) > 0).astype("float32"), [metrics.BinaryAccuracy(threshold=0.0)])


@case
def rmsprop_with_all():
    optimizer = optimizers.RMSprop(0.01, rho=0.8, momentum=0.5, epsilon=1e-4, centered=True, weight_decay=0.01)
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1)
    return learner(loss, optimizer, integers(3, SAMPLES), [metrics.SparseCategoricalAccuracy(name="right")])


@case
def rmsprop_with_momentum():
    optimizer = optimizers.RMSprop(0.01, momentum=0.9)
    return learner(losses.MeanAbsoluteError(), optimizer, floats(SAMPLES, 3), [metrics.MeanAbsoluteError(name="error")])


schedules = optimizers.schedules


@case
def adagrad_by_schedule():
    optimizer = optimizers.Adagrad(schedules.ExponentialDecay(0.1, 2, 0.5, staircase=True), initial_accumulator_value=0.5)
    return learner(losses.Huber(), optimizer, floats(SAMPLES, 3), [metrics.RootMeanSquaredError(), "mape"])


@case
def adadelta_by_schedule():
    optimizer = optimizers.Adadelta(schedules.InverseTimeDecay(1.0, 2, 0.5), rho=0.8)
    return learner(losses.LogCosh(), optimizer, floats(SAMPLES, 3), [metrics.CosineSimilarity()])


@case
def adafactor():
    return learner(losses.SquaredHinge(), optimizers.Adafactor(0.1), floats(SAMPLES, 3), ["squared_hinge"])


@case
def adamax_by_schedule():
    optimizer = optimizers.Adamax(schedules.PolynomialDecay(0.1, 5, power=2.0), weight_decay=0.01)
    measured = [metrics.AUC(curve="PR", num_thresholds=50), metrics.Precision(thresholds=0.4), metrics.Recall(class_id=1)]
    return learner("binary_focal_crossentropy", optimizer, (floats(SAMPLES, 3) > 0).astype("float32"), measured, "sigmoid")


@case
def nadam_by_schedule():
    optimizer = optimizers.Nadam(schedules.CosineDecay(0.01, 10, warmup_target=0.1, warmup_steps=2), clipnorm=0.5)
    measured = [metrics.TopKCategoricalAccuracy(k=2), metrics.F1Score(average="macro")]
    return learner(losses.CategoricalFocalCrossentropy(), optimizer, one_hot(3, SAMPLES), measured, "softmax")


@case
def nadam():
    return learner("kl_divergence", optimizers.Nadam(0.01), one_hot(3, SAMPLES), ["kl_divergence"], "softmax")


@case
def lion_by_schedule():
    optimizer = optimizers.Lion(schedules.PiecewiseConstantDecay([2, 4], [0.01, 0.003, 0.001]), beta_1=0.8)
    more = {"weighted_metrics": ["mae", metrics.MeanAbsoluteError(name="error")]}
    return learner(losses.CosineSimilarity(), optimizer, floats(SAMPLES, 3), ["mae"], **more)


@case
def lamb_by_schedule():
    optimizer = optimizers.Lamb(schedules.CosineDecayRestarts(0.1, 2, m_mul=0.5))
    return learner("dice", optimizer, one_hot(3, SAMPLES), [metrics.OneHotMeanIoU(num_classes=3)], "softmax")


@case
def ftrl_with_all():
    optimizer = optimizers.Ftrl(0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.01, beta=0.1)
    return learner(losses.Tversky(alpha=0.3, axis=-1), optimizer, one_hot(3, SAMPLES), ["categorical_hinge"], "softmax")


@case
def one_probability():
    return learner("bce", "adam", integers(2, SAMPLES, 1).astype("float32"), ["accuracy"], "sigmoid", 1)


@case
def dropped_out():
    """The noise begins anew where the file is read: with a seed it is known."""
    model = sequential((6,), layers.Dense(8, activation="relu"), layers.Dropout(0.4, seed=3), layers.Dense(2))
    model.compile(optimizers.Adam(0.01), "mse")
    return Case(model, [floats(SAMPLES, 6)], [floats(SAMPLES, 2)])


@case
def dropped_out_graph():
    """Keras records with each call of `Dropout` that it is not training, and yet trains with dropout."""
    given = keras.Input((6,))
    x = layers.Dropout(0.4, seed=3)(layers.Dense(8, activation="relu")(given))
    model = keras.Model(given, layers.Dense(2)(x))
    model.compile(optimizers.Adam(0.01), "mse")
    return Case(model, [floats(SAMPLES, 6)], [floats(SAMPLES, 2)])


@case
def augmented_graph():
    """Keras notes with each call of an augmenting layer that it is training, and predicts without chance all the same."""
    given = keras.Input((6, 6, 2))
    x = layers.RandomZoom(0.3, seed=2)(layers.RandomFlip("horizontal", seed=1)(given))
    x = layers.Resizing(5, 4)(layers.RandomContrast(0.5, seed=4)(x))
    x = layers.CenterCrop(4, 4)(layers.RandomCrop(4, 4, seed=3)(x))
    x = layers.GaussianNoise(0.5)(layers.SpectralNormalization(layers.Dense(3))(x))
    return Case(keras.Model(given, layers.Dense(2)(layers.Flatten()(x))), [floats(2, 6, 6, 2)])


# ---------------------------------------------------------------- other precisions


def in_precision(dtype, tolerance):
    x = given = keras.Input((6,), dtype="float32")
    x = layers.Dense(8, activation="relu", dtype=dtype)(x)
    x = layers.LayerNormalization(dtype=dtype)(layers.Dense(8, dtype=dtype)(x))
    x = layers.Add(dtype=dtype)([x, layers.Dense(8, activation="gelu", dtype=dtype)(x)])
    model = keras.Model(given, layers.Dense(3, dtype="float32")(x))
    return Case(model, [floats(3, 6)], tolerance=tolerance, why=f"values of {dtype} have few bits")


@case
def bfloat16():
    return in_precision("bfloat16", 0.05)


@case
def float16():
    return in_precision("float16", 0.01)


@case
def mixed_bfloat16():
    return in_precision("mixed_bfloat16", 0.05)


@case
def mixed_float16():
    return in_precision("mixed_float16", 0.01)


def trained_in_precision(dtype, tolerance, optimizer):
    """What optimizers remember of a weight has the weight's dtype."""
    given = keras.Input((6,), dtype="float32")
    x = layers.Dense(8, activation="tanh", dtype=dtype)(given)
    model = keras.Model(given, layers.Dense(3, dtype="float32")(x))
    model.compile(optimizer, losses.MeanSquaredError())
    why = f"values of {dtype} have few bits"
    return Case(model, [floats(SAMPLES, 6)], [floats(SAMPLES, 3)], tolerance=tolerance, why=why)


@case
def bfloat16_adam():
    return trained_in_precision("bfloat16", 0.05, optimizers.Adam(0.01, amsgrad=True))


@case
def bfloat16_sgd():
    return trained_in_precision("bfloat16", 0.05, optimizers.SGD(0.05, momentum=0.9))


@case
def float16_rmsprop():
    return trained_in_precision("float16", 0.01, optimizers.RMSprop(0.01, epsilon=1e-3, momentum=0.5, centered=True))


@case
def mixed_bfloat16_adamw():
    return trained_in_precision("mixed_bfloat16", 0.05, optimizers.AdamW(0.01))


@case
def functions():
    """Functions on tensors, some of which have the names of layers, with numbers and an array among their arguments."""
    given = keras.Input((3, 4))
    x = layers.Dense(4)(given) * 2.0 + np.array([0.5, -0.25, 1.0, 0.0], "float32")
    x = keras.ops.relu(x) - keras.ops.mean(x, axis=1, keepdims=True)
    x = keras.ops.concatenate([keras.ops.maximum(x, 0.125), layers.Add()([x, given])], axis=-1)
    return Case(keras.Model(given, layers.Dense(2)(x)), [floats(5, 3, 4)])


@case
def not_finite():
    """Infinities and a NaN among the numbers of functions, which are no JSON."""
    given, inf = keras.Input((4,)), float("inf")
    x = keras.ops.clip(layers.Dense(4)(given), -inf, 0.5)
    x = keras.ops.where(x > -0.25, keras.ops.minimum(x, inf), -inf)
    x = keras.ops.softmax(x + np.array([0.0, -inf, 0.0, 0.0], "float32"))
    return Case(keras.Model(given, keras.ops.where(keras.ops.isnan(x), 0.0, x)), [floats(5, 4)])


@case
def masked_blocks():
    """An attention removes the masks of its inputs, so that the second block sees none, unless the file of an older Keras
    notes them in its calls."""
    words = keras.Input((4,), dtype="int32", name="words")
    x = layers.Embedding(5, 4, mask_zero=True)(words)
    for _ in range(2):
        y = layers.MultiHeadAttention(1, 4)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, y]))
    model = keras.Model(words, layers.GlobalAveragePooling1D()(x))
    return Case(model, [np.array([[1, 4, 2, 0], [3, 1, 0, 0]], "int32")])


# ---------------------------------------------------------------- graphs drawn at random


class RandomGraph:
    """A graph of layers, functions on tensors, masks, shared layers and models in models, drawn by a seed."""

    STEPS, WIDTH = 5, 4

    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)
        tokens = keras.Input((self.STEPS,), dtype="int32", name="tokens")
        steps = keras.Input((self.STEPS, self.WIDTH), name="steps")
        self.tokens, self.inputs = tokens, [tokens, steps]
        masked = layers.Embedding(9, self.WIDTH, mask_zero=True)(tokens)
        self.sequences = [steps, masked, layers.Masking()(steps)]
        self.vectors = [layers.Dense(self.WIDTH)(steps[:, 0])]
        self.shared = layers.Dense(self.WIDTH, activation="tanh")
        self.reader = layers.GRU(self.WIDTH, return_sequences=True)
        given = keras.Input((self.STEPS, self.WIDTH))
        self.inner = keras.Model(given, layers.Dense(self.WIDTH)(given * 0.5) + given)

    def pick(self, choices):
        return choices[self.rng.randint(len(choices))]

    def sequence(self):
        """One of the sequences, the newest most often."""
        return self.sequences[-1 - min(self.rng.geometric(0.5) - 1, len(self.sequences) - 1)]

    def step(self):
        x, y, width = self.sequence(), self.sequence(), self.WIDTH
        ops, known = keras.ops, lambda: keras.ops.not_equal(self.tokens, self.rng.randint(3))
        of_sequences = [
            lambda: x + y, lambda: layers.Add()([x, y]), lambda: x * y, lambda: layers.Multiply()([x, y]),
            lambda: 1.0 - x, lambda: x * 2.0 + np.arange(width, dtype="float32"), lambda: ops.tanh(x) / 2,
            lambda: layers.Dense(width)(ops.concatenate([x, y], axis=-1)),
            lambda: layers.Dense(width)(layers.Concatenate()([x, y])),
            lambda: self.shared(x), lambda: self.inner(x), lambda: self.reader(x),
            lambda: layers.LSTM(width, return_sequences=True)(x, mask=known()),
            lambda: layers.MultiHeadAttention(2, 2)(x, y), lambda: layers.Attention()([x, y]),
            lambda: layers.MultiHeadAttention(1, 2)(x, y, value_mask=known()),
            lambda: layers.LayerNormalization()(x), lambda: layers.Conv1D(width, 3, padding="same")(x),
            lambda: ops.where(x > 0, x, y), lambda: ops.maximum(x, 0.1), lambda: ops.flip(x, axis=1),
            lambda: ops.softmax(x, axis=-1), lambda: x[:, ::-1] - ops.mean(y, axis=1, keepdims=True),
            lambda: ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, self.STEPS, width)),
            lambda: ops.matmul(ops.softmax(ops.einsum("bik,bjk->bij", x, y)), y),
            lambda: x * ops.expand_dims(ops.cast(known(), "float32"), -1),
            lambda: ops.stack([ops.max(x, axis=-1)] * width, axis=-1), lambda: keras.activations.relu(x, max_value=2.0),
            lambda: ops.roll(ops.clip(x, -1, 1), 1, axis=1), lambda: layers.Dropout(0.5)(x),
        ]  # fmt: skip
        of_vectors = [
            lambda: layers.GlobalAveragePooling1D()(x), lambda: layers.GRU(width)(x), lambda: ops.mean(x, axis=1),
            lambda: x[:, -1], lambda: ops.sum(ops.abs(x), axis=1), lambda: self.shared(self.pick(self.vectors)),
            lambda: layers.GlobalMaxPooling1D()(x), lambda: layers.Bidirectional(layers.LSTM(width // 2))(x),
            lambda: self.pick(self.vectors) * ops.sigmoid(self.pick(self.vectors)),
        ]  # fmt: skip
        if self.rng.rand() < 0.7:
            self.sequences.append(self.pick(of_sequences)())
        else:
            self.vectors.append(self.pick(of_vectors)())

    def case(self):
        for _ in range(self.rng.randint(6, 14)):
            self.step()
        self.vectors.append(layers.GlobalAveragePooling1D()(self.sequences[-1]))
        outputs = [self.vectors[-1], self.pick(self.sequences[3:] or self.sequences), self.pick(self.vectors)]
        outputs = list({id(output): output for output in outputs}.values())
        tokens, steps = integers(9, 3, self.STEPS), floats(3, self.STEPS, self.WIDTH)
        tokens[:, 3:] *= tokens[:, :1] % 2
        steps[0, 3:] = 0
        return Case(keras.Model(self.inputs, outputs), [tokens, steps])


def random_graph(seed):
    def make():
        return RandomGraph(seed).case()

    make.__name__ = f"random_graph_{seed:02}"
    return make


for random_seed in range(40):
    case(random_graph(random_seed))


# ---------------------------------------------------------------- the applications


def application(make, side):
    model = make(weights=None, input_shape=(side, side, 3), classes=10)
    return Case(model, [floats(1, side, side, 3)])


@case(large=True)
def vgg16():
    return application(keras.applications.VGG16, 32)


@case(large=True)
def resnet50():
    return application(keras.applications.ResNet50, 32)


@case(large=True)
def mobilenet_v2():
    return application(keras.applications.MobileNetV2, 32)


@case(large=True)
def efficientnet_b0():
    return application(keras.applications.EfficientNetB0, 32)
