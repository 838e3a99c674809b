"""Makes compiled models whose training goes on: fixtures/continued/*.keras and *.h5, and continued.json.

    python tests/keras/make_continued_files.py [NAME …]
    KERAS_BACKEND=tensorflow python tests/keras/make_continued_files.py

Each backend makes its own cases: TensorFlow those with states. On JAX, what Keras compiles does not return them, so that no
batch goes on from the one before, against what Keras documents.

Each model is trained for an epoch, but for those named untrained, and saved. Keras trains it for two epochs more, in order and with validation data. An entry of continued.json has

- file: the model
- x, y, sample_weight: the samples, in the order of the model's inputs and outputs; the last ones validate
- validation: how many of them validate
- history: what Keras reports of the further epochs
- weights: the sum of the magnitudes of each weight at the end, in Keras's order
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from keras import layers, losses, metrics, optimizers

HERE = pathlib.Path(__file__).parent / "fixtures/continued"
schedules = optimizers.schedules
SAMPLES, VALIDATION, BATCH, EPOCHS = 14, 4, 4, 2
random = np.random.RandomState(5)


def floats(*sizes):
    """Multiples of 1/64, which JSON writes in few digits."""
    return (random.randint(-96, 97, (SAMPLES, *sizes)) / 64).astype("float32")


def positive(*sizes):
    return abs(floats(*sizes)) + 1 / 64


def whole(high, *sizes, low=0):
    return random.randint(low, high, (SAMPLES, *sizes)).astype("int32")


def one_hot(classes, *sizes):
    return np.eye(classes, dtype="float32")[whole(classes, *sizes)]


def weights(*sizes):
    return (random.randint(0, 9, (SAMPLES, *sizes)) / 4).astype("float32")


def steps(high, length=5):
    """Token numbers, of which the last ones are padding."""
    tokens = whole(high, length, low=1)
    for row, tokens_of_row in enumerate(tokens):
        tokens_of_row[length - row % 3 :] = 0
    return tokens


CASES = {}
# Those that this backend makes.
OWN = []


def case(ending, batch=BATCH, backend="jax", **fit):
    """A function that makes a compiled model, x and y, and perhaps sample weights, is a case."""

    def add(make):
        CASES[make.__name__] = (make, ending, {"batch_size": batch, **fit})
        if backend == keras.backend.backend():
            OWN.append(make.__name__)
        return make

    return add


def mlp(units, activation=None, inputs=4, **arguments):
    hidden = layers.Dense(5, activation="tanh", **arguments)
    return keras.Sequential([keras.Input((inputs,)), hidden, layers.Dense(units, activation=activation)])


@case("keras")
def regularized_on_a_schedule():
    model = mlp(2, kernel_regularizer="l2", bias_regularizer=keras.regularizers.L1L2(0.01, 0.02), activity_regularizer="l1")
    falling = schedules.ExponentialDecay(0.1, 2, 0.7, staircase=True)
    model.compile(optimizers.SGD(falling, momentum=0.9), "mse", metrics=["mae", metrics.RootMeanSquaredError()])
    return model, floats(4), floats(2)


@case("h5")
def binary_with_weights():
    model = mlp(1, "sigmoid")
    model.compile(
        "adam",
        losses.BinaryCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", metrics.AUC(num_thresholds=20), metrics.Precision(thresholds=0.4), metrics.Recall(name="found")],
        weighted_metrics=["accuracy", metrics.AUC(curve="PR", num_thresholds=10, name="area")],
    )
    return model, floats(4), whole(2, 1), weights()


@case("keras")
def classes_by_number():
    model = mlp(4, "softmax")
    scores = ["accuracy", metrics.SparseCategoricalCrossentropy("entropy"), metrics.SparseTopKCategoricalAccuracy(2)]
    model.compile(optimizers.AdamW(0.02, weight_decay=0.1, clipnorm=0.5), "sparse_categorical_crossentropy", metrics=scores)
    return model, floats(4), whole(4)


@case("h5")
def classes_one_hot():
    model = mlp(3, "softmax")
    loss = losses.CategoricalFocalCrossentropy(alpha=0.4, gamma=1.5)
    scores = ["acc", metrics.F1Score(average="macro"), metrics.MeanIoU(3, sparse_y_true=False, sparse_y_pred=False)]
    model.compile(optimizers.RMSprop(0.02, centered=True, momentum=0.5), loss, metrics=scores)
    return model, floats(4), one_hot(3)


def two_heads(names=("kind", "size"), as_dict=False):
    x = keras.Input((4,), name="given")
    h = layers.Dense(5, activation="relu")(x)
    kind = layers.Dense(3, activation="softmax", name=names[0])(h)
    size = layers.Dense(1, name=names[1])(h)
    return keras.Model(x, {"a": size, "b": kind} if as_dict else [kind, size])


@case("keras")
def outputs_by_name():
    model = two_heads()
    model.compile(
        optimizers.Nadam(0.02),
        loss={"size": losses.Huber(0.5), "kind": "sparse_categorical_crossentropy"},
        loss_weights={"kind": 0.5, "size": 2.0},
        metrics={"kind": ["accuracy"], "size": ["mae", "mse"]},
        weighted_metrics={"size": [metrics.MeanAbsolutePercentageError()]},
    )
    return model, floats(4), [whole(3), floats(1)], [weights(), weights()]


@case("h5")
def outputs_in_a_list():
    model = two_heads()
    model.compile("adagrad", ["categorical_crossentropy", "log_cosh"], [1.0, 0.25], metrics=[["accuracy"], ["mae"]])
    return model, floats(4), [one_hot(3), floats(1)]


@case("keras")
def outputs_of_a_dict():
    model = two_heads(as_dict=True)
    model.compile("adam", {"b": "sparse_categorical_crossentropy", "a": "mse"}, metrics={"a": "mae", "b": "accuracy"})
    return model, floats(4), [floats(1), whole(3)]


@case("keras")
def outputs_of_a_dict_with_one_loss():
    model = two_heads(as_dict=True)
    model.compile("adam", {"a": "mse"}, metrics={"b": "accuracy"}, loss_weights={"a": 0.5})
    return model, floats(4), [floats(1), whole(3)]


@case("h5")
def one_loss_for_three():
    x = keras.Input((4,))
    h = layers.Dense(4, activation="gelu")(x)
    model = keras.Model(x, [layers.Dense(2)(h), layers.Dense(2)(h), layers.Dense(2)(x)])
    model.compile(optimizers.Adamax(0.01), "mse", metrics=["mae", "mse", "mape"])
    return model, floats(4), [floats(2), floats(2), floats(2)]


@case("keras")
def one_metric_for_all():
    x = keras.Input((4,))
    heads = [layers.Dense(3, activation="softmax", name=name)(x) for name in ("one", "two")]
    model = keras.Model(x, heads)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", "accuracy"])
    return model, floats(4), [whole(3), whole(3)]


@case("keras")
def labelled_words():
    """Padding counts neither in the loss nor in the metrics."""
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Embedding(8, 3, mask_zero=True),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(4, activation="softmax")),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"])
    return model, steps(8), whole(4, 5)


@case("h5")
def weights_of_steps():
    model = keras.Sequential(
        [keras.Input((5, 3)), layers.Masking(), layers.GRU(3, return_sequences=True), layers.Dense(2)]
    )
    model.compile(optimizers.RMSprop(0.01), losses.MeanAbsoluteError(), metrics=["mse"], weighted_metrics=["mse"])
    x = floats(5, 3)
    x[::2, 3:] = 0
    return model, x, floats(5, 2), weights(5)


@case("h5")
def masked_review():
    model = keras.Sequential(
        [keras.Input((5,)), layers.Embedding(8, 4, mask_zero=True), layers.GlobalAveragePooling1D(), layers.Dense(1)]
    )
    model.compile(optimizers.Adam(0.05, amsgrad=True), losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    return model, steps(8), whole(2, 1)


@case("h5")
def images():
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(2, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.8),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(2, trainable=False),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    rate = schedules.PiecewiseConstantDecay([3, 6], [0.1, 0.05, 0.01])
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    scores = [metrics.SparseCategoricalAccuracy("right"), metrics.SparseCategoricalCrossentropy(from_logits=True)]
    model.compile(optimizers.SGD(rate, momentum=0.5, nesterov=True), loss, metrics=scores)
    return model, floats(6, 6, 1), whole(3)


@case("keras")
def accumulated_averages():
    model = mlp(2, "softplus")
    optimizer = optimizers.Adam(0.02, use_ema=True, ema_momentum=0.9, gradient_accumulation_steps=2)
    model.compile(optimizer, "poisson", metrics=[metrics.Poisson(), "cosine_similarity"])
    return model, floats(4), positive(2)


@case("keras")
def warm_start():
    model = mlp(1)
    rate = schedules.CosineDecay(0.0, 8, warmup_target=0.1, warmup_steps=4)
    model.compile(optimizers.Lion(rate, weight_decay=0.01), losses.Huber(), metrics=[metrics.R2Score(), metrics.LogCoshError()])
    return model, floats(4), floats(1)


@case("keras")
def constrained():
    constraints = {"kernel_constraint": keras.constraints.MaxNorm(0.8), "bias_constraint": "non_neg"}
    model = mlp(2, **constraints)
    model.add(layers.ActivityRegularization(l2=0.02))
    model.compile(optimizers.Ftrl(0.1), "msle", metrics=[metrics.MeanSquaredLogarithmicError()])
    return model, floats(4), positive(2)


@case("h5")
def two_towers():
    """Both inputs go through one model."""
    tower = mlp(3, "tanh")
    one, two = keras.Input((4,), name="one"), keras.Input((4,), name="two")
    near = layers.Dot(1, normalize=True)([tower(one), tower(two)])
    model = keras.Model([one, two], layers.Dense(1, activation="sigmoid")(near))
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model, [floats(4), floats(4)], whole(2, 1)


@case("keras")
def outputs_of_inner_models():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(2)], name="inner")
    twice = layers.Dense(2, name="twice")
    x = keras.Input((4,))
    model = keras.Model(x, [inner(x), twice(x), twice(layers.Dense(4)(x))])
    model.compile("sgd", ["mse", "mae", "huber"], metrics=[["mae"], ["mse"], ["mse"]])
    return model, floats(4), [floats(2), floats(2), floats(2)]


@case("keras")
def attention():
    x = keras.Input((5,))
    h = layers.Embedding(8, 4, mask_zero=True)(x)
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(2, 2)(h, h)]))
    words = layers.Dense(3, activation="softmax", name="words")(h)
    model = keras.Model(x, [words, layers.Dense(1, name="whole")(layers.GlobalMaxPooling1D()(h))])
    model.compile(
        "adam", ["sparse_categorical_crossentropy", "mse"], metrics=[["accuracy"], ["mae"]], weighted_metrics=[["accuracy"], []]
    )
    return model, steps(8), [whole(3, 5), floats(1)]


@case("keras", class_weight={"0": 0.5, "1": 2.0, "2": 1.25})
def weighted_classes():
    model = mlp(3, "softmax")
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"])
    return model, floats(4), one_hot(3)


@case("keras")
def balanced_classes():
    model = mlp(3, "softmax")
    model.compile(optimizers.Adam(0.02), losses.CategoricalFocalCrossentropy(alpha=[0.25, 0.5, 1.0], gamma=1.5))
    return model, floats(4), one_hot(3)


@case("keras")
def wrong_labels():
    model = mlp(4, "softmax")
    # What Keras on TensorFlow writes where no dtype is given.
    overlap = metrics.MeanIoU(num_classes=4, sparse_y_pred=False, dtype="int64")
    model.compile(optimizers.SGD(0.1), losses.CategoricalGeneralizedCrossEntropy(q=0.6), metrics=["accuracy", overlap])
    return model, floats(4), whole(4)


@case("keras", batch=2, backend="tensorflow")
def stateful():
    model = keras.Sequential([keras.Input(batch_shape=(2, 3, 2)), layers.LSTM(3, stateful=True), layers.Dense(2)])
    model.compile(optimizers.SGD(0.1), "mse", metrics=["mae"])
    return model, floats(3, 2), floats(2)


@case("keras", batch=2, backend="tensorflow")
def stateful_both_ways():
    model = keras.Sequential([
        keras.Input(batch_shape=(2, 4, 2)),
        layers.Bidirectional(layers.GRU(2, stateful=True, return_sequences=True)),
        layers.RNN([layers.SimpleRNNCell(3), layers.LSTMCell(2)], stateful=True),
        layers.Dense(1),
    ])
    model.compile(optimizers.SGD(0.05), "mae")
    return model, floats(4, 2), floats(1)


@case("h5")
def flat_targets():
    model = mlp(1, "sigmoid")
    model.compile("adadelta", "binary_crossentropy", metrics=["accuracy", "AUC", "Precision", "mae"])
    return model, floats(4), whole(2)


@case("keras")
def several_optimizers():
    x = keras.Input((4,))
    model = keras.Model(x, layers.Dense(2, name="last")(layers.Dense(3, activation="tanh", name="first")(x)))
    model.compile(optimizers.Muon(0.01, exclude_layers=["last"]), losses.CosineSimilarity(), metrics=["cosine_similarity"])
    return model, floats(4), floats(2)


@case("keras")
def loss_scale_untrained():
    """Keras saves an optimizer before its first step without the variables that are made then."""
    model = mlp(2)
    model.compile(optimizers.LossScaleOptimizer(optimizers.SGD(0.05, momentum=0.5), initial_scale=64.0), "mse", metrics=["mae"])
    return model, floats(4), floats(2)


@case("keras")
def loss_scale_on_a_schedule_untrained():
    """The optimizer inside has no rate in the file."""
    model = mlp(2)
    falling = schedules.ExponentialDecay(0.1, 2, 0.7)
    scaled = optimizers.LossScaleOptimizer(optimizers.SGD(falling, use_ema=True, ema_overwrite_frequency=2), initial_scale=64.0)
    model.compile(scaled, "mse")
    return model, floats(4), floats(2)


@case("keras")
def several_optimizers_untrained():
    model = mlp(2)
    falling = schedules.ExponentialDecay(0.1, 2, 0.7)
    each = optimizers.OptimizerMap(optimizers.Adam(falling), {".*kernel": optimizers.SGD(0.05, momentum=0.5)})
    model.compile(optimizers.MultiOptimizer(each), "mse")
    return model, floats(4), floats(2)


def host(array):
    return {"shape": list(array.shape), "data": [int(item) if item == int(item) else float(item) for item in array.ravel()]}


def listed(values):
    return values if isinstance(values, list) else [values]


def write(name):
    make, ending, fit = CASES[name]
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    random.seed(sum(map(ord, name)))
    model, x, y, *sample_weight = make()
    sample_weight = sample_weight[0] if sample_weight else None
    path = HERE / f"{name}.{ending}"
    arguments = {**fit, "shuffle": False, "verbose": 0}
    if "class_weight" in fit:
        arguments["class_weight"] = {int(label): weight for label, weight in fit["class_weight"].items()}

    def part(values, rows):
        if values is None or not isinstance(values, list):
            return values if values is None else values[rows]
        # Outputs of a dict have their targets by name.
        return [value[rows] for value in values]

    def named(values):
        return dict(zip("ab", values)) if name.startswith("outputs_of_a_dict") and values is not None else values

    first, last = slice(None, SAMPLES - VALIDATION), slice(SAMPLES - VALIDATION, None)
    of = lambda rows: (part(x, rows), named(part(y, rows)), named(part(sample_weight, rows)))  # noqa: E731
    given, targets, counts = of(first)
    if not name.endswith("untrained"):
        model.fit(given, targets, sample_weight=counts, **arguments)
    model.save(path)
    # Keras 3.15 reads an .h5 without the optimizer's state, and can't train it.
    loaded = keras.models.load_model(path) if ending == "keras" else model
    validation = of(last) if sample_weight is not None else of(last)[:2]
    further = loaded.fit(given, targets, sample_weight=counts, epochs=EPOCHS, validation_data=validation, **arguments)
    content = {
        "file": path.name,
        "x": [host(array) for array in listed(x)],
        "y": [host(array) for array in listed(y)],
        "sample_weight": [host(array) for array in listed(sample_weight)] if sample_weight is not None else [],
        "validation": VALIDATION,
        "epochs": EPOCHS,
        **fit,
        "history": {key: [float(str(np.float32(value))) for value in values] for key, values in further.history.items()},
        "weights": [float(str(np.float32(abs(weight).sum()))) for weight in loaded.get_weights()],
    }
    return content


def main(names):
    HERE.mkdir(exist_ok=True)
    index = HERE.parent / "continued.json"
    known = {} if not index.exists() else {entry["file"].split(".")[0]: entry for entry in json.loads(index.read_text())}
    for name in names or OWN:
        known[name] = write(name)
    lines = ",\n".join(json.dumps(known[name]) for name in CASES if name in known)
    index.write_text(f"[\n{lines}\n]\n")


main(sys.argv[1:])
