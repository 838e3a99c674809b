"""Makes files of Keras 2 for the tests: fixtures/files/models/v2_*.h5 and v2_*.keras.

    pip install tf_keras==2.21.0 tensorflow-cpu==2.21.0
    python tests/keras/make_keras2_files.py [NAME …]

tf_keras is Keras 2 as it lives on. Like the other models beside them, each has a .json of what goes in and comes out, and
an entry in cases.json. The .json of a compiled model also has

- targets: the targets for x
- scores: what `evaluate` gives for them
- continued: the outputs after one more epoch of `fit`, in batches of 4 and in order
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import tf_keras as keras
from fixture_values import tensor
from tf_keras import layers

HERE = pathlib.Path(__file__).parent / "fixtures/files/models"
random = np.random.default_rng(11)


def normal(*sizes):
    return random.normal(size=sizes).astype("float32")


def dense_layers(optimizer, name, **arguments):
    """A small model, with its data."""
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3, activation="tanh"), layers.Dense(2)], name=name)
    model.compile(optimizer, "mse", **arguments)
    return model, normal(8, 4), normal(8, 2)


def mlp():
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(3, activation="relu"), layers.LeakyReLU(0.2), layers.Dense(2)], name="mlp"
    )
    model.compile("adam", "mse", ["mae"])
    return model, normal(8, 4), normal(8, 2)


def convnet():
    image = keras.Input((6, 6, 2))
    x = layers.Conv2D(3, 3, padding="same")(image)
    x = layers.BatchNormalization()(x)
    shortcut = layers.Conv2D(3, 1)(image)
    x = layers.Add()([layers.ReLU()(x), shortcut])
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    model = keras.Model(image, layers.Dense(2, activation="softmax")(x), name="convnet")
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.CategoricalCrossentropy())
    targets = random.random((8, 2)).astype("float32")
    return model, normal(8, 6, 6, 2), targets / targets.sum(axis=1, keepdims=True)


def recurrent():
    model = keras.Sequential(
        [layers.Embedding(9, 4, input_length=5), layers.Bidirectional(layers.LSTM(3)), layers.Dense(1)], name="recurrent"
    )
    return model, random.integers(0, 9, (8, 5)).astype("float32"), None


def hard_sigmoid():
    """Its hard sigmoid has another slope than Keras 3's, and is the default of ConvLSTM."""
    x = keras.Input((4, 4, 2))
    gates = {"recurrent_activation": "hard_sigmoid"}
    y = layers.Reshape((4, 8))(x)
    y = layers.LSTM(3, return_sequences=True, **gates)(y)
    y = layers.Bidirectional(layers.GRU(2, return_sequences=True, reset_after=False, **gates))(y)
    y = layers.RNN(layers.LSTMCell(3, **gates), return_sequences=True)(y)
    y = layers.TimeDistributed(layers.Dense(4, activation="hard_sigmoid"))(y)
    z = layers.Activation("hard_sigmoid")(layers.ConvLSTM1D(2, 3)(x))
    return keras.Model(x, [layers.Activation("hard_sigmoid")(y), z], name="gates"), 2 * normal(4, 4, 4, 2), None


def frozen_base():
    """Models in a model, whose calls Keras 2 counts from 1."""
    x = keras.Input((6, 2))
    first, last = layers.Conv1D(3, 3), layers.Dense(4)
    base = keras.Model(x, last(layers.BatchNormalization()(first(x))), name="base")
    first.trainable = False
    last.trainable = False
    head = keras.Sequential([keras.Input((4, 4)), layers.Dense(2), layers.Dense(4)], name="head")
    image, other = keras.Input((6, 2)), keras.Input((6, 2))
    y, z = base(image, training=False), base(other)
    return keras.Model([image, other], [layers.Add()([head(y), z]), head(z), base(other)], name="outer"), None, None


def other_words():
    """Arguments and classes with other names."""
    x = keras.Input((4, 6))
    y = layers.ThresholdedReLU(0.3)(x)
    y = layers.SpatialDropout1D(0.2)(layers.BatchNormalization(axis=[2])(y))
    y = layers.LayerNormalization()(layers.MultiHeadAttention(2, 3, output_shape=6)(y, x, use_causal_mask=True))
    y = layers.PReLU(shared_axes=[1])(layers.SeparableConv1D(4, 2, padding="same")(y))
    y = layers.experimental.SyncBatchNormalization()(layers.Dropout(0.3, noise_shape=(None, 1, 4))(y))
    y = layers.Attention(use_scale=True)([y, y], use_causal_mask=True)
    return keras.Model(x, layers.Softmax(axis=1)(y), name="words"), normal(4, 4, 6), None


def functions():
    """Operators and functions of TensorFlow between the layers."""
    x, y = keras.Input((4, 6)), keras.Input((4, 6))
    h = 1.0 - tf.nn.relu(layers.Dense(6)(x)) * 2.0 + y
    h = h / (1.5 + tf.square(y)) - tf.constant([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    h = tf.matmul(tf.nn.softmax(tf.matmul(h, y, transpose_b=True) / 3.0), h)
    parts = tf.concat([h[:, 1:3], tf.clip_by_value(h[:, ::2], -1.0, 0.5)], axis=1)
    z = tf.reduce_mean(parts, axis=-1, keepdims=True) * tf.nn.softmax(parts) + tf.nn.gelu(-parts)
    z = tf.reshape(tf.transpose(tf.stack([z, tf.maximum(z, 0.1)], axis=1), [0, 2, 1, 3]), (-1, 4, 12))
    first = tf.reduce_sum(z[..., -1] * tf.sqrt(tf.abs(z[:, :, 0])), axis=1)
    return keras.Model([x, y], [layers.Dense(2)(z), tf.expand_dims(first, 1)], name="functions"), None, None


def more_functions():
    """Those that split, join, sort and pick."""
    x = keras.Input((4, 6))
    h = layers.Dense(6)(x)
    a, b, c = tf.split(h, 3, axis=-1)
    d, e = tf.split(h, [2, 4], axis=-1)
    rows = tf.unstack(h, axis=1)
    parts = [
        tf.pad(a, [[0, 0], [1, 1], [0, 0]], constant_values=2.0) + tf.pad(b, [[0, 0], [1, 1], [0, 0]], "REFLECT"),
        tf.cumsum(c, axis=1) * tf.math.cumprod(d, axis=-1),
        tf.nn.bias_add(tf.repeat(e, 2, axis=1), [1.0, -2.0, 3.0, 0.5]),
        tf.roll(tf.sort(h, axis=-1), 1, axis=1) + tf.math.top_k(h, 6)[0],
        tf.one_hot(tf.argmax(h, axis=-1), 6) * tf.round(3.0 * h),
        tf.math.atan2(rows[1], tf.cosh(rows[0])) + tf.norm(h, axis=-1, keepdims=True)[:, 0],
        tf.tensordot(h, tf.constant([[1.0, 2.0]] * 6), axes=1) + tf.reduce_logsumexp(h, axis=-1, keepdims=True),
        tf.linalg.matrix_transpose(h) + tf.gather(h, [1], axis=1)[:, 0, :, None],
        tf.where(tf.math.is_nan(h), 0.0, h) % 0.75,
        tf.nn.max_pool1d(h, 2, 2, "VALID") - tf.nn.avg_pool1d(h, 2, 2, "VALID"),
    ]
    return keras.Model(x, parts, name="more_functions"), normal(4, 4, 6), None


def functions_of_images():
    """The same of images, with the preprocessing of an application."""
    x = keras.Input((4, 4, 3))
    y = keras.applications.imagenet_utils.preprocess_input(x, mode="torch")
    parts = [
        tf.image.resize(y, (3, 5)),
        tf.image.resize(y, (6, 6), method="nearest"),
        tf.nn.depth_to_space(tf.nn.space_to_depth(y, 2), 2),
        tf.image.flip_left_right(tf.image.rgb_to_grayscale(x)),
        tf.nn.max_pool2d(y, 3, 2, "SAME") + tf.nn.avg_pool2d(x, 2, 2, "SAME"),
    ]
    return keras.Model(x, parts, name="functions_of_images"), normal(4, 4, 4, 3), None


def functions_in_steps():
    """Functions that Keras 3 has in several steps: `tf.nn.moments` leaves a squared difference."""
    x, y, z = (keras.Input((4,), name=name) for name in "xyz")
    mean, variance = tf.nn.moments(x, axes=[1], keepdims=True)
    normalized = (x - mean) * tf.math.rsqrt(variance + 1e-3)
    near = tf.math.squared_difference(normalized, y)
    sums = tf.add_n([near, y, z]) + tf.math.accumulate_n([x, z])
    clipped = tf.clip_by_norm(3.0 * sums, 2.0, axes=[-1]) + tf.clip_by_norm(x, 1.5)
    outputs = [
        layers.Dense(2)(clipped),
        tf.math.squared_difference(tf.math.log_sigmoid(z), 2.0),
        tf.math.reduce_euclidean_norm(x, axis=-1, keepdims=True),
        tf.linalg.trace(tf.expand_dims(x, 1) * tf.expand_dims(y, 2)),
        tf.broadcast_to(tf.expand_dims(z, 1), [4, 3, 4]),
    ]
    return keras.Model([x, y, z], outputs, name="functions_in_steps"), None, None


def functions_of_shapes():
    """Sizes of tensors, which are no tensors in Keras 3."""
    x, y = keras.Input((4, 6)), keras.Input((4, 1))
    samples = tf.shape(x)[0]
    heads = tf.reshape(layers.Dense(6)(x), [samples, -1, 2, 3])
    heads = tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), (samples, 2, tf.shape(x)[1], 3))
    joined = tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [samples, 4, 6])
    product = keras.backend.dot(joined, tf.constant([[1.0, 2.0]] * 6))
    wide = tf.broadcast_to(y, tf.shape(x)) * tf.fill(tf.shape(x), 0.5) + tf.zeros(tf.shape(x))
    return keras.Model([x, y], [product, wide, keras.backend.batch_flatten(joined)], name="shapes"), None, None


def functions_in_more_steps():
    x, y = keras.Input((4, 6)), keras.Input((4, 6))
    h = layers.Dense(6)(x)
    outputs = [
        tf.linalg.band_part(h, 1, 2) + tf.linalg.band_part(h, -1, 0), tf.nn.crelu(h),
        tf.cumsum(h, axis=1, exclusive=True) + tf.cumsum(h, axis=-1, reverse=True),
        tf.sort(h, axis=-1, direction="DESCENDING"), tf.argsort(h, direction="DESCENDING"),
        tf.math.xlogy(tf.nn.relu(h), tf.abs(y)) + tf.math.multiply_no_nan(h, tf.nn.relu(y)),
        tf.slice(h, [0, 1, 2], [-1, 2, -1]) + tf.strided_slice(h, [0, 0, 0], [4, 4, 6], [1, 2, 2])[..., :1],
        tf.math.scalar_mul(2.0, tf.convert_to_tensor(h)) + tf.debugging.check_numerics(y, "y"),
        tf.linalg.matvec(h, y[:, 0]) + tf.nn.embedding_lookup(tf.constant([[1.0, 2.0, 3.0, 4.0]]), tf.argmin(0.0 * h[:, 0], -1)),
        tf.bitwise.bitwise_xor(tf.argmax(h, axis=-1), tf.argmin(h, axis=-1)),
    ]
    return keras.Model([x, y], outputs, name="steps"), None, None


def functions_with_kernels():
    """Constant kernels, and parts of images."""
    x = keras.Input((5, 6, 3))
    kernel = tf.constant(normal(3, 2, 3, 2))
    outputs = [
        tf.nn.conv2d(x, kernel, strides=[1, 2, 2, 1], padding="SAME"),
        tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID"),
        tf.nn.conv1d(x[:, 0], tf.constant(normal(2, 3, 2)), 1, "VALID"),
        tf.image.crop_to_bounding_box(x, 1, 2, 3, 4) + tf.image.rgb_to_hsv(tf.sigmoid(x))[:, :3, :4],
        tf.image.pad_to_bounding_box(x, 1, 0, 7, 8), tf.image.rot90(x) + tf.image.transpose(x),
        tf.image.grayscale_to_rgb(x[..., :1]),
    ]
    return keras.Model(x, outputs, name="kernels"), normal(4, 5, 6, 3), None


def functions_of_sizes():
    """Sizes as numbers, and tensors that are made for as many samples as another has."""
    x, words = keras.Input((4, 6)), keras.Input((4,), dtype="int32")
    sizes = tf.shape(x)
    scaled = x / tf.sqrt(tf.cast(sizes[-1], "float32")) + tf.cast(tf.rank(x), "float32") / tf.cast(tf.size(x[0]), "float32")
    places = tf.range(start=0, limit=tf.shape(words)[-1], delta=1)
    token = tf.constant(normal(1, 1, 6))
    tokens = [
        tf.tile(token, [sizes[0], 1, 1]), tf.repeat(token, sizes[0], axis=0),
        tf.broadcast_to(token, [sizes[0], 1, 6]), tf.ones([sizes[0], 1, 6]), tf.zeros((sizes[0], 1, sizes[2])),
        tf.tile(token, [sizes[0], 2, 1]), tf.fill([sizes[0], 1, 6], 0.5),
    ]
    image = tf.expand_dims(x, -1)
    outputs = [
        scaled, tf.concat(tokens + [x], axis=1),
        layers.Embedding(9, 3)(words) + layers.Embedding(4, 3)(places),
        tf.image.resize(image, tf.shape(image)[1:3] * 2), tf.reshape(image, tf.shape(x)),
        tf.reduce_sum(x, axis=1) / tf.cast(tf.shape(x)[1] - 1, tf.float32),
    ]
    model = keras.Model([x, words], outputs, name="sizes")
    return model, [normal(4, 4, 6), random.integers(0, 9, (4, 4)).astype("float32")], None


def functions_that_pick():
    """Places that are tensors, diagonals, and values for classes."""
    x, lengths = keras.Input((4, 6)), keras.Input((), dtype="int32")
    squares = tf.matmul(x, x, transpose_b=True)
    rows = tf.argmax(x[:, :, :4], axis=-1)
    places = tf.stack([rows, tf.argmin(x, axis=-1)], axis=-1)
    outputs = [
        tf.gather(x, rows, batch_dims=1), tf.gather(x, rows[:, 0], batch_dims=1), tf.gather(x, tf.argsort(x), axis=2, batch_dims=2),
        tf.gather_nd(x, places, batch_dims=1), tf.gather_nd(x, places[:, :, :1], batch_dims=1),
        tf.linalg.diag(x), tf.linalg.set_diag(squares, x[:, :, 0]),
        tf.one_hot(rows, 4, on_value=0.9, off_value=0.02), tf.one_hot(rows, 4, on_value=2.0, axis=1),
        tf.sequence_mask(lengths, 4, dtype=tf.float32), tf.math.erfc(x),
    ]
    return keras.Model([x, lengths], outputs, name="pick"), [normal(4, 4, 6), np.array([0, 4, 2, 1], "float32")], None


def functions_of_pictures():
    """What changes the colours and the sizes of images."""
    x = keras.Input((6, 8, 3))
    outputs = [
        tf.image.adjust_brightness(x, 0.2), tf.image.adjust_contrast(x, 1.7), tf.image.adjust_gamma(x, 2.0, 1.1),
        tf.image.adjust_hue(x, 0.3), tf.image.adjust_hue(x, -0.2), tf.image.adjust_saturation(x, 1.5),
        tf.image.central_crop(x, 0.6), tf.image.resize_with_crop_or_pad(x, 9, 5), tf.image.resize_with_crop_or_pad(x, 3, 5),
        tf.image.per_image_standardization(x), tf.image.convert_image_dtype(x, tf.float32),
        tf.image.extract_patches(x, [1, 3, 4, 1], [1, 3, 4, 1], [1, 1, 1, 1], "VALID"),
        tf.image.extract_patches(x, [1, 2, 2, 1], [1, 1, 2, 1], [1, 1, 1, 1], "SAME"),
        tf.nn.local_response_normalization(x, depth_radius=1, bias=1.5, alpha=0.3, beta=0.75),
    ]
    return keras.Model(x, outputs, name="pictures"), random.random((4, 6, 8, 3)).astype("float32"), None


def cubic_images():
    """TensorFlow looks the weights of cubics up, in a table of 1024 places between two pixels."""
    x = keras.Input((7, 9, 2))
    outputs = [
        layers.Resizing(11, 5, interpolation="bicubic")(x), layers.Resizing(4, 4, "bicubic", crop_to_aspect_ratio=True)(x),
        layers.UpSampling2D((3, 2), interpolation="bicubic")(x), tf.image.resize(x, (5, 13), method="bicubic"),
        tf.image.resize(x, (5, 4), method="bicubic", antialias=True),
    ]
    return keras.Model(x, outputs, name="cubic_images"), normal(4, 7, 9, 2), None


def activation_layers():
    """Activations with weights: in a graph, in a model inside, and after another layer of the class."""
    x = keras.Input((4, 6))
    inner = keras.Sequential([keras.Input((4, 5)), layers.Dense(5, activation=layers.PReLU())], name="inner")
    y = layers.PReLU(shared_axes=[1])(layers.Dense(5, activation=layers.PReLU(name="slopes"))(x))
    y = layers.Conv1D(3, 2, activation=layers.PReLU(shared_axes=[1]))(inner(y))
    return keras.Model(x, layers.Dense(2, activation=layers.Softmax(axis=1))(y), name="activations"), normal(4, 4, 6), None


def added_loss():
    """A variational autoencoder's loss, whose functions lead to no output, and a metric."""
    x = keras.Input((4,))
    mean, spread = layers.Dense(2)(x), layers.Dense(2)(x)
    y = layers.Dense(4)(mean)
    model = keras.Model(x, y, name="added")
    model.add_loss(tf.reduce_mean(keras.backend.binary_crossentropy(tf.sigmoid(x), tf.sigmoid(y + spread[:, :1]))))
    model.add_metric(tf.reduce_mean(y), name="mean", aggregation="mean")
    model.compile("sgd", "mse")
    return model, normal(4, 4), None


def one_loss_weight():
    """The other output has the weight 1."""
    x = keras.Input((4,))
    model = keras.Model(x, [layers.Dense(1, name="size")(x), layers.Dense(2, name="place")(x)], name="one_loss_weight")
    model.compile("sgd", "mse", loss_weights={"place": 0.25})
    return model, normal(8, 4), [normal(8, 1), normal(8, 2)]


def two_outputs():
    a, b = keras.Input((4,), name="last"), keras.Input((3,), name="first")
    x = layers.Concatenate()([a, b])
    classes = layers.Dense(3, activation="softmax", name="classes")(x)
    model = keras.Model([a, b], [layers.Dense(1, name="size")(x), classes], name="two_outputs")
    losses = {"size": "mse", "classes": "sparse_categorical_crossentropy"}
    weights = {"size": 0.5, "classes": 2.0}
    model.compile("sgd", losses, loss_weights=weights, metrics={"classes": "accuracy", "size": ["mae", "mse"]})
    return model, [normal(8, 4), normal(8, 3)], [normal(8, 1), random.integers(0, 3, (8, 1)).astype("float32")]


def legacy_adam():
    return dense_layers(keras.optimizers.legacy.Adam(0.01, amsgrad=False), "legacy_adam", metrics=["mse"])


def masked_merges():
    """Keras 2 masks what is masked in any input, and merges masked values like others."""
    words, others = keras.Input((5,)), keras.Input((5,))
    a = layers.Embedding(6, 3, mask_zero=True)(words)
    b = layers.Embedding(6, 3, mask_zero=True)(others)
    plain = layers.Embedding(6, 3)(others)
    merged = [
        layers.Add()([a, b]), layers.Multiply()([a, b]), layers.Maximum()([a, plain]), layers.Concatenate()([a, plain]),
    ]
    read = [layers.LSTM(2)(value) for value in merged] + [layers.GlobalAveragePooling1D()(merged[3])]
    model = keras.Model([words, others], read, name="masked_merges")
    return model, [random.integers(0, 6, (4, 5)).astype("float32") for _ in range(2)], None


def masked_residual():
    """All masks are the same, so that Keras 3 merges them as Keras 2 does."""
    words = keras.Input((5,))
    x = layers.Embedding(6, 3, mask_zero=True)(words)
    y = layers.Add()([x, layers.LSTM(3, return_sequences=True)(x)])
    both = layers.Concatenate()([x, layers.Dropout(0.1)(y)])
    model = keras.Model(words, [layers.GRU(2)(both), layers.GlobalAveragePooling1D()(y)], name="masked_residual")
    return model, random.integers(0, 6, (4, 5)).astype("float32"), None


def masked_attention():
    """The attention leaves the mask of its input to what follows."""
    words = keras.Input((5,))
    x = layers.Embedding(6, 4, mask_zero=True)(words)
    y = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 2)(x, x)]))
    model = keras.Model(words, layers.GlobalAveragePooling1D()(y), name="masked_attention")
    return model, random.integers(0, 6, (4, 5)).astype("float32"), None


def dict_outputs():
    x = keras.Input((4,))
    size, kind = layers.Dense(1, name="size")(x), layers.Dense(3, activation="softmax", name="kind")(x)
    model = keras.Model(x, {"size": size, "kind": kind}, name="dict_outputs")
    losses = {"size": "mse", "kind": "sparse_categorical_crossentropy"}
    model.compile("rmsprop", losses, metrics={"size": ["mae"], "kind": ["accuracy"]})
    return model, normal(8, 4), {"kind": random.integers(0, 3, (8, 1)).astype("float32"), "size": normal(8, 1)}


def schedule():
    rate = keras.optimizers.schedules.CosineDecay(0.05, 10)
    return dense_layers(keras.optimizers.Adam(rate), "schedule", metrics=[keras.metrics.RootMeanSquaredError()])


def untrained():
    return dense_layers(keras.optimizers.Adam(0.02), "untrained")


def legacy_sgd():
    return dense_layers(keras.optimizers.legacy.SGD(0.01, momentum=0.9, nesterov=True), "legacy_sgd")


def zip_mlp():
    return dense_layers(keras.optimizers.Adam(0.02), "mlp", metrics=["mae", keras.metrics.MeanSquaredError()])


def zip_recurrent():
    gates = {"recurrent_activation": "hard_sigmoid"}
    model = keras.Sequential(
        [
            layers.Input((5,)),
            layers.Embedding(9, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True, **gates)),
            layers.RNN([layers.GRUCell(3), layers.SimpleRNNCell(2)], return_sequences=True),
            layers.GRU(3),
            layers.Dense(1),
        ],
        name="recurrent",
    )
    model.compile("sgd", "mse")
    return model, random.integers(0, 9, (8, 5)).astype("float32"), normal(8, 1)


def zip_synchronized():
    """The class with the old name is numbered apart."""
    x = keras.Input((4,))
    y = layers.experimental.SyncBatchNormalization()(layers.BatchNormalization(synchronized=True)(x))
    y = layers.BatchNormalization()(layers.experimental.SyncBatchNormalization()(layers.Dense(4)(y)))
    return keras.Model(x, y, name="synchronized"), normal(4, 4), None


def zip_attention():
    x = keras.Input((5, 6))
    base = keras.Sequential([keras.Input((5, 6)), layers.Dense(6), layers.ThresholdedReLU(0.1)], name="base")
    y = layers.MultiHeadAttention(2, 4)(x, base(x))
    y = layers.LayerNormalization()(layers.Add()([base(y), y]))
    return keras.Model(x, layers.AdditiveAttention()([y, x]), name="attention"), normal(4, 5, 6), None


def randomize(model):
    """Weights that a wrong order or a lost one would show. New ones are often zeros."""
    for weight in model.weights:
        values = 0.5 * np.random.default_rng(len(weight.name)).normal(size=weight.shape)
        weight.assign(0.5 + abs(values) if "variance" in weight.name else values)


def write(make, ending):
    global random
    keras.backend.clear_session()
    keras.utils.set_random_seed(11)
    random = np.random.default_rng(11)
    model, x, targets = make()
    x = [normal(4, *shape[1:]) for shape in model.input_shape] if x is None else x
    model(x)
    name = f"v2_{make.__name__}"
    if targets is None:
        randomize(model)
    elif make is not untrained:
        model.fit(x, targets, batch_size=4, shuffle=False, verbose=0)
    model.save(HERE / f"{name}.{ending}")
    # Dictionaries are in the order of their keys.
    listed = lambda values: [tensor(value) for value in tf.nest.flatten(values)]
    content = {"x": listed(x), "y": listed(model.predict(x, verbose=0))}
    if targets is not None:
        content["targets"] = listed(targets)
        scores = model.evaluate(x, targets, batch_size=4, verbose=0, return_dict=True)
        content["scores"] = {key: float(str(np.float32(score))) for key, score in scores.items()}
        model.fit(x, targets, batch_size=4, shuffle=False, verbose=0)
        content["continued"] = listed(model.predict(x, verbose=0))
    (HERE / f"{name}.json").write_text(json.dumps(content) + "\n")
    return f"{name}.{ending}", targets is not None


def main(names):
    index = HERE / "cases.json"
    cases = {case["name"]: case for case in json.loads(index.read_text())}
    legacy = [mlp, convnet, recurrent, hard_sigmoid, frozen_base, other_words, functions, more_functions,
              functions_of_images, functions_in_steps, functions_of_shapes, functions_in_more_steps, functions_with_kernels,
              functions_of_sizes, functions_that_pick, functions_of_pictures, cubic_images, activation_layers, added_loss, one_loss_weight, two_outputs, masked_merges,
              masked_residual, masked_attention, dict_outputs, schedule, untrained, legacy_adam, legacy_sgd]
    zips = [zip_mlp, zip_recurrent, zip_synchronized, zip_attention]
    for make, ending in [(make, "h5") for make in legacy] + [(make, "keras") for make in zips]:
        if not names or make.__name__ in names:
            file, compiled = write(make, ending)
            cases[file] = {"name": file, "compiled": compiled, "tolerance": 1e-05}
    lines = ",\n".join(json.dumps(cases[name]) for name in sorted(cases))
    index.write_text(f"[\n{lines}\n]\n")


main(sys.argv[1:])
