"""Makes `fixtures/compile.json`: what Keras writes of what a model was compiled with, and of its optimizer's state.

Run as `make_fixtures.py`, whose conventions hold here too:

    python make_compile_fixtures.py

- "configs": a model of one output or of two, compiled in one of the ways that Keras knows, with `get_compile_config()`
  and what `evaluate` gives. Where "canonical" is true, the configuration is what Horn writes, too.
- "runs": a model trained for three steps, saved, loaded by `load_model`, and trained for three steps more. The
  optimizer's variables are those of the saved model, in Keras's order, and at the end.
"""

import json
import re
import tempfile
from pathlib import Path

from make_fixtures import keras, np, tensor, write

from keras import layers, losses, metrics, optimizers


def draws(seed, *shape):
    """Multiples of 1/1024."""
    return (np.random.RandomState(seed).randint(-1024, 1025, shape) / 1024).astype("float32")


X = draws(1, 12, 4)
SPARSE = np.random.RandomState(2).randint(0, 3, 12).astype("int32")
ONE_HOT = np.eye(3, dtype="float32")[SPARSE]
BINARY = (SPARSE > 1).astype("float32")[:, None]
DENSE = draws(3, 12, 3)
TARGETS = {"sparse": SPARSE, "one-hot": ONE_HOT, "binary": BINARY, "dense": DENSE}

# ---------------------------------------------------------------- configurations


def classifier(outputs, units=3, activation="softmax"):
    """A model with fixed weights."""
    given = keras.Input((4,), name="given")
    names = ["left", "right", "third"][:outputs]
    heads = [layers.Dense(units, activation=activation, name=name)(given) for name in names]
    model = keras.Model(given, heads if outputs > 1 else heads[0], name="model")
    model.set_weights([draws(at, *weight.shape) for at, weight in enumerate(model.get_weights())])
    return model


def config(name, y, outputs=1, canonical=False, units=3, activation="softmax", **arguments):
    model = classifier(outputs, units, activation)
    model.compile(**arguments)
    y = y if isinstance(y, list) else [y] * outputs
    scores = model.evaluate(X, y if outputs > 1 else y[0], return_dict=True, verbose=0)
    # As a file holds it: tuples are lists.
    written = json.loads(json.dumps(model.get_compile_config()))
    return {
        "name": name,
        "canonical": canonical,
        "outputs": outputs,
        "units": units,
        "activation": activation,
        "weights": [tensor(weight) for weight in model.get_weights()],
        "y": [next(name for name, known in TARGETS.items() if known is targets) for targets in y],
        "compile_config": written,
        "scores": scores,
    }


def configs():
    sparse = losses.SparseCategoricalCrossentropy
    yield config("strings", DENSE, optimizer="adam", loss="mse", metrics=["mae", "MSE", "mean_absolute_error"])
    yield config("capitals", DENSE, optimizer="RMSProp", loss="MAE", metrics=["MeanSquaredError"])
    yield config("class names", ONE_HOT, optimizer="AdamW", loss="CategoricalCrossentropy", metrics=["acc"])
    yield config("accuracy", SPARSE, optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    yield config("ACC", BINARY, units=1, activation="sigmoid", optimizer="sgd", loss="bce", metrics=["ACC"])
    yield config("functions", DENSE, loss=losses.mean_squared_error, metrics=[losses.mean_absolute_error])
    yield config("a function", ONE_HOT, loss="mse", metrics=[metrics.categorical_accuracy])
    yield config("no metrics", DENSE, loss=losses.MeanSquaredError(), canonical=True)
    yield config("a list for one", DENSE, loss=[losses.MeanSquaredError()], loss_weights=[0.5], metrics=[["mse"]])
    yield config("a number for one", DENSE, loss=losses.MeanSquaredError(), loss_weights=0.5)
    yield config("a dict for one", DENSE, loss={"left": "mse"}, metrics={"left": ["mae"]}, loss_weights={"left": 0.25})
    yield config("sum", DENSE, loss=losses.MeanSquaredError(reduction="sum"), canonical=True)
    yield config("mean", DENSE, loss=losses.MeanAbsoluteError(reduction="mean"))
    yield config("no reduction", DENSE, loss=losses.MeanAbsoluteError(reduction=None))
    by_weights = losses.MeanAbsoluteError(reduction="mean_with_sample_weight")
    yield config("by the weights", DENSE, loss=by_weights, canonical=True)
    yield config(
        "all arguments of the losses",
        [ONE_HOT, SPARSE, ONE_HOT],
        outputs=3,
        canonical=True,
        optimizer=optimizers.SGD(0.5, momentum=0.5, nesterov=True, weight_decay=0.01, clipvalue=0.5),
        loss=[
            losses.CategoricalCrossentropy(label_smoothing=0.25, name="smooth"),
            sparse(from_logits=True, ignore_class=1),
            losses.BinaryCrossentropy(label_smoothing=0.125),
        ],
        loss_weights=[1.0, 0.5, 2.0],
        metrics=[
            [metrics.CategoricalAccuracy(), metrics.MeanAbsoluteError(name="error")],
            ["accuracy", metrics.SparseCategoricalAccuracy()],
            [metrics.BinaryAccuracy(threshold=0.25), metrics.MeanSquaredError()],
        ],
    )
    yield config(
        "all arguments of Adam",
        DENSE,
        canonical=True,
        optimizer=optimizers.Adam(0.25, 0.5, 0.75, 1e-3, amsgrad=True, weight_decay=0.1, clipnorm=2.0),
        loss=losses.MeanSquaredError(),
        metrics=[metrics.MeanAbsoluteError()],
    )
    yield config(
        "all arguments of RMSprop",
        DENSE,
        canonical=True,
        optimizer=optimizers.RMSprop(0.25, 0.5, 0.75, 1e-3, centered=True, global_clipnorm=2.0),
        loss=losses.MeanSquaredError(),
        metrics=[metrics.MeanAbsoluteError()],
    )
    yield config("AdamW", DENSE, canonical=True, optimizer=optimizers.AdamW(), loss=losses.MeanSquaredError())
    weighted = {"metrics": ["mae", "mae"], "weighted_metrics": ["mae", "mae", "mse"]}
    yield config("weighted metrics", DENSE, canonical=False, loss="mse", **weighted)
    both = [DENSE, SPARSE]
    by_name = {"metrics": {"left": ["mae"]}, "weighted_metrics": {"left": ["mae", "mse"], "right": "acc"}}
    yield config("weighted metrics by name", both, outputs=2, loss=["mse", sparse()], **by_name)
    names = {"left": "mse", "right": sparse()}
    yield config("one loss for two", DENSE, outputs=2, loss="mse", metrics=["mae", "mse"])
    weights = {"right": 0.5, "left": 2.0}
    yield config("lists", both, outputs=2, loss=["mse", sparse()], loss_weights=[1, 0.25], metrics=[["mae"], []])
    yield config("tuples", both, outputs=2, loss=("mse", sparse()), metrics=(("mae",), ("acc",)))
    yield config("dicts", both, outputs=2, loss=names, loss_weights=weights, metrics={"right": "acc"})
    accuracy = [None, ["accuracy"]]
    yield config("a dict and a list", both, outputs=2, loss=names, loss_weights=[2.0, 0.5], metrics=accuracy)


# ---------------------------------------------------------------- runs


def plain_model():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, activation="tanh", name="first"),
            layers.BatchNormalization(),
            layers.Dense(3, activation="relu", trainable=False),
            layers.Dense(3, activation="softmax"),
        ],
        name="plain",
    )
    return model


def functional_model():
    given = keras.Input((4,), name="given")
    x = layers.Dense(3, activation="tanh", name="first")(given)
    x = layers.BatchNormalization()(x)
    return keras.Model(given, layers.Dense(3, activation="softmax", name="dense")(x), name="whole")


def nested_model():
    inner = keras.Sequential([keras.Input((2, 2)), layers.Dense(2, name="deep"), layers.PReLU()], name="inner")
    given = keras.Input((4,), name="given")
    x = inner(layers.Reshape((2, 2))(given))
    x = layers.Bidirectional(layers.GRU(1, name="gru"), name="both")(x)
    return keras.Model(given, layers.Dense(3, activation="softmax", name="head")(x), name="outer")


def variables(optimizer, model):
    """Of Keras's two kinds: counts are integers, all others are floats. In a new optimizer, each is a constant, or what the
    weight is, which is null here."""
    fresh = type(optimizer).from_config(json.loads(json.dumps(optimizer.get_config())))
    fresh.build(model.trainable_variables)
    path = lambda variable: re.sub(r"^variable_[0-9]+$", "variable", variable.path.split("/", 1)[-1])  # noqa: E731

    def constant(variable):
        first, last = float(np.min(variable.value)), float(np.max(variable.value))
        return last if first == last else None

    return [
        {"path": path(one), "dtype": one.dtype, "fresh": constant(new), **tensor(np.asarray(one.value))}
        for one, new in zip(optimizer.variables, fresh.variables)
    ]


def run(name, optimizer, build=plain_model, learning_rate=None):
    # So that all have layers of the same names.
    keras.backend.clear_session()
    keras.utils.set_random_seed(11)
    model = build()
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, SPARSE, batch_size=4, shuffle=False, verbose=0)
    if learning_rate is not None:
        model.optimizer.learning_rate = learning_rate
    weights = model.get_weights()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
    before = variables(loaded.optimizer, loaded)
    # Their names depend on where in the program the weights were made.
    assert [entry["data"] for entry in before] == [entry["data"] for entry in variables(model.optimizer, model)]
    compile_config = loaded.get_compile_config()
    keras.utils.set_random_seed(7)
    history = loaded.fit(X, SPARSE, batch_size=4, shuffle=True, verbose=0).history
    return {
        "name": name,
        "model": build.__name__.removesuffix("_model"),
        "compile_config": compile_config,
        "weights": [tensor(weight) for weight in weights],
        "variables": before,
        "seed": 7,
        "history": history,
        "final_weights": [tensor(weight) for weight in loaded.get_weights()],
        "final_variables": [tensor(np.asarray(variable.value)) for variable in loaded.optimizer.variables],
    }


def runs():
    yield run("SGD", optimizers.SGD(0.1))
    yield run("SGD with momentum", optimizers.SGD(0.1, momentum=0.9))
    yield run("SGD with nesterov", optimizers.SGD(0.1, momentum=0.9, nesterov=True, global_clipnorm=0.5))
    yield run("RMSprop", optimizers.RMSprop(0.01))
    yield run("RMSprop with momentum", optimizers.RMSprop(0.01, momentum=0.5))
    yield run("RMSprop, centered", optimizers.RMSprop(0.01, centered=True))
    centered = optimizers.RMSprop(0.01, momentum=0.5, centered=True, weight_decay=0.1)
    yield run("RMSprop, centered with momentum", centered)
    yield run("Adam", optimizers.Adam(0.01))
    yield run("Adam with amsgrad", optimizers.Adam(0.01, amsgrad=True, clipnorm=0.5))
    yield run("Adam at another rate", optimizers.Adam(0.01), learning_rate=0.003)
    yield run("AdamW", optimizers.AdamW(0.01, weight_decay=0.1))
    yield run("AdamW with amsgrad", optimizers.AdamW(0.01, amsgrad=True, clipvalue=0.05))
    yield run("Adagrad", optimizers.Adagrad(0.01))
    yield run("Adadelta", optimizers.Adadelta(1.0))
    yield run("Adafactor", optimizers.Adafactor(0.05))
    yield run("Adamax", optimizers.Adamax(0.01))
    yield run("Nadam", optimizers.Nadam(0.01))
    yield run("Lion", optimizers.Lion(0.003, weight_decay=0.1))
    yield run("Lamb", optimizers.Lamb(0.01))
    yield run("Ftrl", optimizers.Ftrl(0.05))
    yield run("Muon", optimizers.Muon(0.01, exclude_layers=["first"]))
    yield run("ScheduleFreeAdamW", optimizers.ScheduleFreeAdamW(0.01, warmup_steps=5, weight_decay=0.1))
    average = {"use_ema": True, "ema_momentum": 0.75}
    yield run("averages", optimizers.Adam(0.01, **average))
    yield run("averages that overwrite", optimizers.SGD(0.1, momentum=0.9, ema_overwrite_frequency=2, **average))
    accumulated = {"gradient_accumulation_steps": 2}
    yield run("accumulated", optimizers.Adam(0.01, **accumulated))
    yield run("accumulated and clipped", optimizers.SGD(0.1, global_clipnorm=0.5, weight_decay=0.1, **accumulated))
    yield run("accumulated averages", optimizers.RMSprop(0.01, ema_overwrite_frequency=2, **average, **accumulated))
    yield run("accumulated Nadam", optimizers.Nadam(0.01, **accumulated))
    falling = optimizers.schedules.ExponentialDecay(0.05, 1, 0.5)
    yield run("accumulated on a schedule", optimizers.SGD(falling, momentum=0.5, **accumulated))
    yield run("scaled by a factor", optimizers.SGD(0.1, momentum=0.9, loss_scale_factor=64.0, clipvalue=0.05))
    scaled = optimizers.LossScaleOptimizer
    yield run("LossScaleOptimizer", scaled(optimizers.Adam(0.01, **average), initial_scale=8.0, dynamic_growth_steps=2))
    # A scale this large is not finite with any gradient, so the first steps are skipped.
    yield run("too large a scale", scaled(optimizers.SGD(0.1, momentum=0.9), initial_scale=2.0**129))
    each = {"batch_normalization/.*": optimizers.Adam(0.01), "first/kernel": optimizers.SGD(0.1, momentum=0.5)}
    several = optimizers.OptimizerMap(optimizers.RMSprop(0.01, **average), each)
    yield run("MultiOptimizer", optimizers.MultiOptimizer(several), functional_model)
    each = {"a_missing_layer/.*": optimizers.Nadam(0.01), "dense.*": optimizers.Adam(0.01, **accumulated)}
    several = optimizers.OptimizerMap(optimizers.SGD(0.1), each)
    yield run("a MultiOptimizer that scales", optimizers.MultiOptimizer(several, 16.0), functional_model)
    several = scaled(optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.Adam(0.01))))
    yield run("a scaled MultiOptimizer", several, functional_model)
    yield run("nested", optimizers.Adam(0.01), nested_model)


def described(build):
    keras.backend.clear_session()
    model = build()
    return {"class_name": type(model).__name__, "config": json.loads(json.dumps(model.get_config()))}


if __name__ == "__main__":
    content = {
        "x": tensor(X),
        "targets": {name: tensor(targets) for name, targets in TARGETS.items()},
        "models": {"plain": described(plain_model), "nested": described(nested_model), "functional": described(functional_model)},
        "configs": list(configs()),
        "runs": list(runs()),
    }
    write("compile", content)
