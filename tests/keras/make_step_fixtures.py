"""Makes `fixtures/steps.json`: runs of `fit` in which each part of a training step leaves its mark on the numbers.

Run as `make_fixtures.py`, whose conventions hold here too:

    python make_step_fixtures.py

A run has a model with one such part (a regularizer, an activity loss, a constraint, a mask, a second output), and the
parts together. Were a part left out, the history or the weights would be others: each run is made twice, the second time
without its part, and the script fails if the difference is too small for a test to notice.

The entries are {"name", "model", "compile_config", "x", "y", "seed", "fit", "weights", "history", "final_weights",
"evaluate"}. "model" is {"class_name", "config"}, as Keras writes it. The last batch is always
smaller: of 22 samples 16 train and 6 validate, 5 at a time, and `evaluate` takes 4 at a time.

The run "modes" has calls of layers with `training`, which count only where the program calls the model: its entry also
has "called", the output of `model(x)` at the end.
"""

import json

from make_fixtures import keras, normal, np, tensor, write

from keras import constraints, layers, losses, metrics, optimizers, regularizers, tree

SAMPLES, STEPS, FEATURES, WORDS, SEED = 22, 5, 4, 9, 7
FIT = {"epochs": 2, "batch_size": 5, "validation_split": 0.25, "shuffle": True}
EVALUATED = 4  # samples at a time

RNG = np.random.RandomState(11)
VECTORS = normal(RNG, (SAMPLES, FEATURES))
TARGETS = normal(RNG, (SAMPLES, 3))
LABELS = RNG.randint(0, 3, SAMPLES).astype("int32")
# Sentences of very different lengths, zeros at their ends: the weight of a step depends on the others of its batch.
LENGTHS = RNG.randint(1, STEPS + 1, (SAMPLES, 1))
SENTENCES = np.where(np.arange(STEPS) < LENGTHS, RNG.randint(1, WORDS, (SAMPLES, STEPS)), 0).astype("int32")
STEP_LABELS = RNG.randint(0, 3, (SAMPLES, STEPS)).astype("int32")
SIGNALS = normal(RNG, (SAMPLES, STEPS, 2)) * (np.arange(STEPS) < LENGTHS)[:, :, None].astype("float32")
STEP_TARGETS = normal(RNG, (SAMPLES, STEPS, 2))


def mlp(hidden, last=None):
    """A list of layers; `hidden` and `last` are the arguments that make the difference."""
    return keras.Sequential([
        keras.Input((FEATURES,)),
        layers.Dense(5, activation="tanh", **hidden),
        layers.Dense(3, **(last or {})),
    ])  # fmt: skip


def regularized(on=True):
    hidden = {"kernel_regularizer": regularizers.L2(0.05), "bias_regularizer": regularizers.L1(0.02)} if on else {}
    last = {"kernel_regularizer": regularizers.OrthogonalRegularizer(0.1, mode="columns")} if on else {}
    model = mlp(hidden, last)
    model.compile(optimizers.SGD(0.1), losses.MeanSquaredError(), metrics=[metrics.MeanAbsoluteError()])
    return model, [VECTORS], [TARGETS]


def active(on=True):
    model = mlp({"activity_regularizer": regularizers.L2(0.02)} if on else {})
    if on:
        model.add(layers.ActivityRegularization(l1=0.01, l2=0.02))
    model.compile(optimizers.SGD(0.1), losses.MeanSquaredError())
    return model, [VECTORS], [TARGETS]


def constrained(on=True):
    hidden = {"kernel_constraint": constraints.MaxNorm(0.8), "bias_constraint": constraints.NonNeg()} if on else {}
    last = {"kernel_constraint": constraints.UnitNorm()} if on else {}
    model = mlp(hidden, last)
    model.compile(optimizers.Adam(0.05), losses.MeanSquaredError())
    return model, [VECTORS], [TARGETS]


def masked_labels(on=True):
    model = keras.Sequential([
        keras.Input((STEPS,)),
        layers.Embedding(WORDS, 4, mask_zero=on),
        layers.SimpleRNN(4, return_sequences=True),
        layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    loss = losses.SparseCategoricalCrossentropy()
    model.compile(optimizers.SGD(0.2), loss, metrics=[metrics.SparseCategoricalAccuracy()])
    return model, [SENTENCES], [STEP_LABELS]


def masked_numbers(on=True):
    given = keras.Input((STEPS, 2))
    x = layers.Masking()(given) if on else given
    x = layers.GRU(3, return_sequences=True)(x)
    model = keras.Model(given, layers.Dense(2)(x))
    model.compile(optimizers.SGD(0.2), losses.MeanSquaredError(), metrics=[metrics.MeanAbsoluteError()])
    return model, [SIGNALS], [STEP_TARGETS]


def two_outputs(on=True):
    given = keras.Input((FEATURES,))
    x = layers.Dense(5, activation="tanh")(given)
    outputs = [layers.Dense(3, name="number")(x), layers.Dense(3, activation="softmax", name="kind")(x)]
    model = keras.Model(given, outputs)
    model.compile(
        optimizers.SGD(0.1, momentum=0.5),
        [losses.MeanSquaredError(), losses.SparseCategoricalCrossentropy()],
        loss_weights=[0.5, 2.0] if on else None,
        metrics=[[metrics.MeanAbsoluteError()], [metrics.SparseCategoricalAccuracy()]],
    )
    return model, [VECTORS], [TARGETS, LABELS]


def all_of_them(on=True):
    words, numbers = keras.Input((STEPS,), name="words"), keras.Input((FEATURES,), name="numbers")
    x = layers.Embedding(WORDS, 4, mask_zero=on, embeddings_constraint=constraints.MaxNorm(0.1) if on else None)(words)
    x = layers.LSTM(4, return_sequences=True, kernel_regularizer=regularizers.L2(0.01) if on else None)(x)
    each = layers.Dense(3, activation="softmax", name="each")(x)
    y = layers.Dense(3, name="once", activity_regularizer=regularizers.L2(0.01) if on else None)(numbers)
    model = keras.Model([words, numbers], [each, y])
    model.compile(
        optimizers.Adam(0.02, global_clipnorm=1.0),
        [losses.SparseCategoricalCrossentropy(), losses.MeanAbsoluteError()],
        loss_weights=[1.0, 0.25] if on else None,
    )
    return model, [SENTENCES, VECTORS], [STEP_LABELS, TARGETS]


def named_outputs(on=True):
    """The keys of the outputs are not the names of their layers, and not in their order."""
    given = keras.Input((FEATURES,))
    x = layers.Dense(5, activation="tanh")(given)
    outputs = [layers.Dense(3, name="first")(x), layers.Dense(3, activation="softmax", name="second")(x)]
    model = keras.Model(given, {"b": outputs[0], "a": outputs[1]})
    model.compile(
        optimizers.SGD(0.1, momentum=0.5),
        {"b": losses.MeanSquaredError(), "a": losses.SparseCategoricalCrossentropy()},
        loss_weights={"b": 0.5, "a": 2.0} if on else None,
        metrics={"b": [metrics.MeanAbsoluteError()], "a": [metrics.SparseCategoricalAccuracy()]},
    )
    return model, [VECTORS], {"a": LABELS, "b": TARGETS}


def modes(on=True):
    """`on` gives the calls of the layers a mode."""
    mode = lambda training: {"training": training} if on else {}  # noqa: E731
    inside = keras.Input((5,))
    inner = keras.Model(inside, layers.BatchNormalization(momentum=0.5)(inside, **mode(False)), name="inner")
    outer = keras.Model(inside, layers.BatchNormalization(momentum=0.5)(inside, **mode(True)), name="outer")
    given = keras.Input((FEATURES,))
    x = layers.Dense(5, activation="tanh")(given)
    x = layers.BatchNormalization(momentum=0.5)(x, **mode(False))
    x = inner(layers.Dense(5)(x), **mode(True))
    x = outer(layers.Dense(5)(x))
    model = keras.Model(given, layers.Dense(3)(x))
    model.compile(optimizers.SGD(0.1), losses.MeanSquaredError())
    return model, [VECTORS], [TARGETS]


def run(make, on=True):
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    model, x, y = make(on)
    described = {"class_name": type(model).__name__, "config": json.loads(json.dumps(model.get_config()))}
    compile_config = json.loads(json.dumps(model.get_compile_config()))
    weights = [tensor(weight) for weight in model.get_weights()]
    one = lambda values: values[0] if len(values) == 1 else values  # noqa: E731
    keras.utils.set_random_seed(SEED)
    history = model.fit(one(x), one(y), verbose=0, **FIT).history
    evaluated = model.evaluate(one(x), one(y), batch_size=EVALUATED, return_dict=True, verbose=0)
    return {
        "name": make.__name__.replace("_", " "), "model": described, "compile_config": compile_config,
        "x": [tensor(value) for value in x], "y": [tensor(value) for value in tree.flatten(y)], "seed": SEED,
        "fit": FIT | {"evaluated": EVALUATED}, "weights": weights, "history": history,
        "final_weights": [tensor(weight) for weight in model.get_weights()], "evaluate": evaluated,
    } | ({"called": tensor(model(x[0]))} if make is modes else {})  # fmt: skip


def checked(make):
    """The run, if its part makes a difference a thousand times the tests' tolerance."""
    entry, without = run(make), run(make, on=False)
    last = [run["history"]["loss"][-1] for run in (entry, without)]
    assert abs(last[0] - last[1]) > 2e-3, f"{make.__name__}: {last}"
    return entry


def checked_modes():
    """The run, if the modes of the calls change what the model gives when it is called, and nothing else."""
    entry, without = run(modes), run(modes, on=False)
    for key in ("history", "final_weights", "evaluate"):
        assert entry[key] == without[key], key
    called = [np.asarray(run["called"]["data"]) for run in (entry, without)]
    assert abs(called[0] - called[1]).max() > 2e-3
    return entry


if __name__ == "__main__":
    runs = [regularized, active, constrained, masked_labels, masked_numbers, two_outputs, named_outputs, all_of_them]
    write("steps", [checked(make) for make in runs] + [checked_modes()])
