"""Makes `fixtures/fit.json`: runs of `fit` whose options are drawn at random.

Run as `make_fixtures.py`, whose conventions hold here too:

    python make_fit_fixtures.py

Each run draws a model with its losses, and from all options of `fit`: weights of samples, of timesteps and of classes,
numbers of steps, validation data of any kind and how often it is used, the order of the data, optimizers with schedules,
clipping, accumulated gradients and averaged weights, and the callbacks that change the rate or end the training. The
draws are those of one seed, and the script fails if one of these does not occur among them.

The entries are {"name", "model", "compile_config", "weights", "x", "y", "sample_weight", "class_weight", "validation",
"fit", "callbacks", "history", "epochs", "final_weights", "evaluate", "on_batch"}. "x", "y" and "sample_weight" are lists of
{"name", "array"}; a name is null where the Keras program gives a list. "callbacks" are {"class_name", "config"}, in order. "validation" is null or such lists. "evaluate" is
after the training, with weights and steps where the run has them; "on_batch" what `train_on_batch` returns after that.

It also makes `fixtures/fit_sources.json`: the same for a `PyDataset`, and for a generator.
"""

import json
import random

from make_fixtures import keras, normal, np, tensor, write

from keras import layers, losses, metrics, optimizers, regularizers

RUNS, SEED = 20, 20261127
SAMPLES, HELD_OUT, STEPS, FEATURES, WORDS, CLASSES = 23, 9, 5, 4, 9, 3


def data(rng, count):
    """All kinds of inputs and targets, for so many samples."""
    lengths = rng.randint(1, STEPS + 1, (count, 1))
    return {
        "numbers": normal(rng, (count, FEATURES)),
        "words": np.where(np.arange(STEPS) < lengths, rng.randint(1, WORDS, (count, STEPS)), 0).astype("int32"),
        "targets": normal(rng, (count, 2)),
        "labels": rng.randint(0, CLASSES, count).astype("int32"),
        "one_hot": np.eye(CLASSES, dtype="float32")[rng.randint(0, CLASSES, count)],
        "yes_or_no": rng.randint(0, 2, (count, 1)).astype("float32"),
        "step_labels": rng.randint(0, CLASSES, (count, STEPS)).astype("int32"),
    }


def numbers():
    given = keras.Input((FEATURES,), name="numbers")
    return given, layers.Dense(5, activation="tanh", kernel_regularizer=regularizers.L2(0.01))(given)


def words():
    given = keras.Input((STEPS,), name="words")
    x = layers.Embedding(WORDS, 4, mask_zero=True)(given)
    return given, layers.SimpleRNN(4, return_sequences=True)(x)


class Task:
    """A model without an optimizer: inputs, outputs, and the targets, losses and metrics of the outputs."""

    def __init__(self, inputs, outputs, targets, loss, metric, weighted, by_name=False, loss_weights=None):
        self.inputs, self.outputs, self.targets = inputs, outputs, targets
        self.loss, self.metric, self.weighted = loss, metric, weighted
        self.by_name, self.loss_weights = by_name, loss_weights


def regression():
    given, x = numbers()
    out = layers.Dense(2, name="out")(x)
    return Task([given], [out], ["targets"], [losses.Huber()], [metrics.MeanAbsoluteError()], [metrics.MeanSquaredError()])


def sparse():
    given, x = numbers()
    out = layers.Dense(CLASSES, activation="softmax", name="out")(x)
    return Task([given], [out], ["labels"], [losses.SparseCategoricalCrossentropy()], ["accuracy"], ["accuracy"])


def one_hot():
    given, x = numbers()
    out = layers.Dense(CLASSES, activation="softmax", name="out")(x)
    return Task([given], [out], ["one_hot"], [losses.CategoricalCrossentropy()], ["accuracy"], [metrics.MeanSquaredError()])


def binary():
    given, x = numbers()
    out = layers.Dense(1, activation="sigmoid", name="out")(x)
    return Task([given], [out], ["yes_or_no"], [losses.BinaryCrossentropy()], [metrics.AUC(name="auc")], ["accuracy"])


def sequence():
    given, x = words()
    out = layers.Dense(CLASSES, activation="softmax", name="out")(x)
    loss = losses.SparseCategoricalCrossentropy()
    return Task([given], [out], ["step_labels"], [loss], ["accuracy"], [metrics.SparseCategoricalCrossentropy(name="ce")])


def two(by_name=False, second=True):
    (first, x), (other, y) = numbers(), words()
    outputs = [
        layers.Dense(2, name="size")(x),
        layers.Dense(CLASSES, activation="softmax", name="kind")(layers.Dense(4)(y)),
    ]
    loss = [losses.MeanSquaredError(), losses.SparseCategoricalCrossentropy() if second else None]
    metric = [[metrics.MeanAbsoluteError()], ["accuracy"] if second else []]
    weighted = [[metrics.MeanSquaredError(name="mse")], []]
    targets = ["targets", "step_labels"]
    weights = [0.7, 1.3] if second else None
    return Task([first, other], outputs, targets, loss, metric, weighted, by_name, weights)


def by_names():
    return two(by_name=True)


def one_loss():
    return two(second=False)


def no_loss():
    given, x = numbers()
    out = layers.Dense(2, name="out", activity_regularizer=regularizers.L2(0.1))(x)
    return Task([given], [out], [], None, None, None)


TASKS = [regression, sparse, one_hot, binary, sequence, two, by_names, one_loss, no_loss]
WITH_CLASSES = {"labels": CLASSES, "one_hot": CLASSES, "yes_or_no": 2}


def optimizer(draw):
    schedules = optimizers.schedules
    rate = draw.choice([
        0.05, 0.02,
        schedules.ExponentialDecay(0.1, 5, 0.8),
        schedules.PiecewiseConstantDecay([4, 9], [0.1, 0.05, 0.01]),
        schedules.CosineDecay(0.08, 12),
    ])  # fmt: skip
    options = {}
    clip = draw.choice([None, None, "clipnorm", "global_clipnorm", "clipvalue"])
    if clip:
        options[clip] = draw.choice([0.05, 0.5])
    if draw.random() < 0.3:
        options["gradient_accumulation_steps"] = draw.choice([2, 3])
    if draw.random() < 0.3:
        options |= {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": draw.choice([None, 4])}
    if draw.random() < 0.3:
        options["weight_decay"] = 0.02
    kind = draw.choice([
        lambda: optimizers.SGD(rate, **options),
        lambda: optimizers.SGD(rate, momentum=0.8, nesterov=True, **options),
        lambda: optimizers.Adam(rate, **options),
        lambda: optimizers.RMSprop(rate, **options),
    ])  # fmt: skip
    return kind(), not isinstance(rate, float)


class Factor(keras.callbacks.LearningRateScheduler):
    """Multiplies the rate before each epoch."""

    def __init__(self, factor):
        super().__init__(lambda _, rate: rate * factor)


CALLBACKS = {
    "LearningRateScheduler": Factor,
    "ReduceLROnPlateau": keras.callbacks.ReduceLROnPlateau,
    "EarlyStopping": keras.callbacks.EarlyStopping,
}


def callbacks(draw, scheduled, validates):
    """Descriptions of callbacks. One that sets the rate can't stand beside a schedule."""
    drawn = []
    monitor = lambda: "val_loss" if validates and draw.random() < 0.7 else "loss"  # noqa: E731
    if not scheduled and draw.random() < 0.35:
        drawn.append(("LearningRateScheduler", {"factor": 0.7}))
    if not scheduled and draw.random() < 0.6:
        drawn.append(("ReduceLROnPlateau", {
            "monitor": monitor(), "factor": draw.choice([0.3, 0.5]), "patience": draw.choice([1, 1, 2]),
            "min_delta": draw.choice([0.0001, 0.05]), "cooldown": draw.choice([0, 1]), "min_lr": draw.choice([0, 0.01]),
        }))  # fmt: skip
    if draw.random() < 0.6:
        drawn.append(("EarlyStopping", {
            "monitor": monitor(), "min_delta": draw.choice([0, 0.05]), "patience": draw.choice([0, 1, 2]),
            "baseline": draw.choice([None, None, 0.5, 1.1]), "restore_best_weights": draw.random() < 0.6,
            "start_from_epoch": draw.choice([0, 0, 2]),
        }))  # fmt: skip
    draw.shuffle(drawn)
    return [{"class_name": name, "config": config} for name, config in drawn]


def weights_of(draw, rng, task, count):
    """Weights for each output, or one for all."""
    each = [rng.uniform(0.1, 2, (count, STEPS) if name == "step_labels" else (count,)) for name in task.targets]
    # Keras wants a number for each step, or an axis of size 1, where the loss has a value for each step.
    if len(each) == 1 and task.targets == ["step_labels"] and draw.random() < 0.3:
        each = [rng.uniform(0.1, 2, (count, 1))]
    return [array.astype("float32") for array in each]


def packed(task, arrays):
    if task.by_name:
        return {output.name.split("/")[0]: array for output, array in zip(named(task), arrays)}
    return arrays[0] if len(arrays) == 1 else arrays


class named(list):
    """The layers of the outputs."""

    def __init__(self, task):
        super().__init__(output._keras_history.operation for output in task.outputs)


def listed(task, arrays, keys):
    return [
        {"name": key if task.by_name else None, "array": tensor(np.asarray(array))} for key, array in zip(keys, arrays)
    ]


def run(number, draw):
    rng = np.random.RandomState(draw.randrange(2**31))
    keras.backend.clear_session()
    seed = draw.randrange(1000)
    keras.utils.set_random_seed(seed)
    # Each task comes at least twice.
    task = TASKS[number % len(TASKS)]()
    output_keys = [layer.name for layer in named(task)]
    input_keys = [given.name for given in task.inputs]
    outputs = dict(zip(output_keys, task.outputs)) if task.by_name else task.outputs
    inputs = task.inputs
    model = keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs if len(task.outputs) > 1 else task.outputs[0])

    opt, scheduled = optimizer(draw)
    has_metrics, has_weighted = draw.random() < 0.7, draw.random() < 0.7
    several = len(task.outputs) > 1
    form = lambda values: (  # noqa: E731
        None if values is None
        else dict(zip(output_keys, values)) if task.by_name
        else values if several
        else values[0]
    )  # fmt: skip
    metric_form = lambda values: (  # noqa: E731
        None if values is None else dict(zip(output_keys, values)) if task.by_name else values
    )
    model.compile(
        opt,
        form(task.loss),
        loss_weights=form(task.loss_weights) if several and draw.random() < 0.6 else None,
        metrics=metric_form(task.metric) if has_metrics else None,
        weighted_metrics=metric_form(task.weighted) if has_weighted else None,
    )
    described = {"class_name": type(model).__name__, "config": json.loads(json.dumps(model.get_config()))}
    compile_config = json.loads(json.dumps(model.get_compile_config()))
    start = [tensor(weight) for weight in model.get_weights()]

    arrays, held_out = data(rng, SAMPLES), data(rng, HELD_OUT)
    x = [arrays[key] for key in input_keys]
    y = [arrays[key] for key in task.targets]

    fit = {"epochs": draw.randint(3, 7), "shuffle": draw.random() < 0.6}
    sample_weight, class_weight = None, None
    kinds = ["none", "sample", "sample"] + ["class"] * 2 * (len(y) == 1 and task.targets[0] in WITH_CLASSES)
    kind = draw.choice(kinds) if y else "none"
    if kind == "sample":
        sample_weight = weights_of(draw, rng, task, SAMPLES)
    if kind == "class":
        classes = WITH_CLASSES[task.targets[0]]
        class_weight = {c: round(draw.uniform(0.2, 3), 2) for c in range(classes) if draw.random() < 0.7}
    if draw.random() < 0.7:
        fit["batch_size"] = draw.choice([4, 5, 7])
    if draw.random() < 0.5:
        fit["steps_per_epoch"] = draw.randint(2, 6)
    if draw.random() < 0.25:
        fit["initial_epoch"] = 1
    validation, val_data = None, None
    kind = draw.choice(["none", "split", "data", "data", "weighted", "weighted"])
    if kind == "split":
        fit["validation_split"] = draw.choice([0.2, 0.35])
    elif kind != "none":
        val_x, val_y = [held_out[key] for key in input_keys], [held_out[key] for key in task.targets]
        val_weight = weights_of(draw, rng, task, HELD_OUT) if kind == "weighted" and y else None
        validation = {
            "x": listed(task, val_x, input_keys),
            "y": listed(task, val_y, output_keys),
            "sample_weight": listed(task, val_weight, output_keys) if val_weight else [],
        }
        val_data = (val_x if len(val_x) > 1 else val_x[0], packed(task, val_y) if val_y else None)
        val_data += (packed(task, val_weight),) if val_weight else ()
    if kind != "none":
        if draw.random() < 0.4:
            fit["validation_batch_size"] = draw.choice([2, 4])
        if draw.random() < 0.3:
            fit["validation_steps"] = draw.choice([1, 2])
        if draw.random() < 0.5:
            fit["validation_freq"] = draw.choice([2, [1, 3], [2]])
    drawn = callbacks(draw, scheduled, kind != "none")
    fitted_x = x if len(x) > 1 else x[0]
    fitted_y = packed(task, y) if y else None
    keras.utils.set_random_seed(seed)
    history = model.fit(
        fitted_x, fitted_y, verbose=0, class_weight=class_weight, validation_data=val_data,
        callbacks=[CALLBACKS[callback["class_name"]](**callback["config"]) for callback in drawn],
        sample_weight=packed(task, sample_weight) if sample_weight else None, **fit,
    )  # fmt: skip
    # After averaged weights have replaced the model's, both are one array, which JAX then would be given twice.
    model.set_weights(model.get_weights())
    evaluate = {"batch_size": 4} | ({"steps": 3} if draw.random() < 0.5 else {})
    scores = model.evaluate(
        fitted_x, fitted_y, verbose=0, return_dict=True,
        sample_weight=packed(task, sample_weight) if sample_weight else None, **evaluate,
    )  # fmt: skip
    final = [tensor(weight) for weight in model.get_weights()]
    on_batch = model.train_on_batch(
        fitted_x, fitted_y, class_weight=class_weight, return_dict=True,
        sample_weight=packed(task, sample_weight) if sample_weight else None,
    )  # fmt: skip
    plain = lambda logs: {key: float(value) for key, value in logs.items()}  # noqa: E731
    return {
        "name": f"{number} {TASKS[number % len(TASKS)].__name__}", "model": described,
        "compile_config": compile_config, "seed": seed, "weights": start,
        "x": [{"name": None, "array": tensor(np.asarray(array))} for array in x],
        "y": listed(task, y, output_keys),
        "sample_weight": listed(task, sample_weight, output_keys) if sample_weight else [],
        "class_weight": class_weight and [[key, value] for key, value in class_weight.items()],
        "validation": validation, "fit": fit, "callbacks": drawn,
        "history": {key: [float(value) for value in values] for key, values in history.history.items()},
        "epochs": history.epoch, "final_weights": final, "evaluated": evaluate, "evaluate": plain(scores),
        "on_batch": plain(on_batch),
    }  # fmt: skip


def check(runs):
    """Fails if an option does not occur, or a callback does not do what it is there for."""
    def optimizer(run):
        return run["compile_config"]["optimizer"]["config"]

    def has(name, **options):
        return lambda run: any(
            callback["class_name"] == name and all(callback["config"][key] for key in options)
            for callback in run["callbacks"]
        )  # fmt: skip

    stopped = lambda run: len(run["epochs"]) < run["fit"]["epochs"] - run["fit"].get("initial_epoch", 0)  # noqa: E731
    rates = lambda run: len(set(run["history"].get("learning_rate", []))) > 1  # noqa: E731
    occurs = {option: (lambda run, option=option: option in run["fit"]) for option in [
        "steps_per_epoch", "initial_epoch", "batch_size", "validation_split", "validation_batch_size",
        "validation_steps", "validation_freq",
    ]}  # fmt: skip
    occurs |= {option: (lambda run, option=option: optimizer(run).get(option)) for option in [
        "clipnorm", "global_clipnorm", "clipvalue", "gradient_accumulation_steps", "use_ema", "ema_overwrite_frequency",
        "weight_decay",
    ]}  # fmt: skip
    occurs |= {
        "a schedule": lambda run: isinstance(optimizer(run)["learning_rate"], dict),
        "sample_weight": lambda run: run["sample_weight"],
        "weights of steps": lambda run: any(len(each["array"]["shape"]) == 2 for each in run["sample_weight"]),
        "class_weight": lambda run: run["class_weight"],
        "names": lambda run: run["y"] and run["y"][0]["name"],
        "a scheduler": has("LearningRateScheduler"),
        "a lower rate": lambda run: has("ReduceLROnPlateau")(run) and rates(run),
        "an early end": lambda run: has("EarlyStopping")(run) and stopped(run),
        "the best weights": lambda run: has("EarlyStopping", restore_best_weights=True)(run) and stopped(run),
        "patience": has("EarlyStopping", patience=True),
        "baseline": has("EarlyStopping", baseline=True),
        "start_from_epoch": has("EarlyStopping", start_from_epoch=True),
    }
    for name, of_run in occurs.items():
        count = sum(bool(of_run(run)) for run in runs)
        assert count, f"no run has {name}"
        print(f"{name}: {count}")


class Pieces(keras.utils.PyDataset):
    """Samples in batches of 5, the last one smaller."""

    def __init__(self, x, y, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y = x, y

    def __len__(self):
        return -(-len(self.x) // 5)

    def __getitem__(self, index):
        return self.x[5 * index : 5 * index + 5], self.y[5 * index : 5 * index + 5]


def source(kind, fit):
    """A run whose batches come from a dataset, or from a generator.

    With several workers, Keras 3.15.1 keeps batches that were loaded too early for the next epoch, so that an epoch has
    some batches twice and lacks others. The dataset has one.
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    given, x = numbers()
    model = keras.Model(given, layers.Dense(CLASSES, activation="softmax")(x))
    model.compile(optimizers.SGD(0.1, momentum=0.5), losses.SparseCategoricalCrossentropy(), weighted_metrics=["accuracy"])
    described = {"class_name": type(model).__name__, "config": json.loads(json.dumps(model.get_config()))}
    start = [tensor(weight) for weight in model.get_weights()]
    compile_config = json.loads(json.dumps(model.get_compile_config()))
    arrays = data(np.random.RandomState(3), SAMPLES)
    pieces = Pieces(arrays["numbers"], arrays["labels"], workers=1)
    given = pieces if kind == "dataset" else (pieces[index % 5] for index in range(100))
    keras.utils.set_random_seed(SEED)
    options = fit | ({"class_weight": dict(fit["class_weight"])} if "class_weight" in fit else {})
    history = model.fit(given, verbose=0, **options)
    return {
        "kind": kind, "model": described, "compile_config": compile_config, "seed": SEED, "weights": start,
        "x": tensor(arrays["numbers"]), "y": tensor(arrays["labels"]), "fit": fit, "history": history.history,
        "final_weights": [tensor(weight) for weight in model.get_weights()],
    }  # fmt: skip


if __name__ == "__main__":
    write("fit_sources", [
        source("dataset", {"epochs": 3, "shuffle": True}),
        source("dataset", {"epochs": 3, "shuffle": True, "class_weight": [[0, 2.0], [2, 0.5]]}),
        source("dataset", {"epochs": 3, "shuffle": True, "steps_per_epoch": 3}),
        source("dataset", {"epochs": 2, "shuffle": False, "steps_per_epoch": 7}),
        source("generator", {"epochs": 3, "shuffle": False, "steps_per_epoch": 3}),
    ])  # fmt: skip
    draw = random.Random(SEED)
    runs = [run(number, draw) for number in range(RUNS)]
    check(runs)
    write("fit", runs)
