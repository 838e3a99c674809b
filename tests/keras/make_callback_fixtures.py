"""Makes `fixtures/callbacks.json`: what Keras's callbacks do in a `fit` whose logs are given.

Run as `make_fixtures.py`, whose conventions hold here too; it needs `tensorboard` and `tensorflow-cpu` as well:

    python make_callback_fixtures.py

"cases" are {"name", "class", "args", "logs", "epochs", "metrics", …}; "times" says for how many models and callbacks, one
after the other, and "fits" how often each of them is trained, if not once. Before the callback runs after an epoch, another callback
replaces the logs by the ones of "logs", so a case does not depend on what the model computes. Then come the
results: "epoch", the epochs of the history; "printed"; "warnings", each once; "error", the class of Python's exception;
"learning_rate", as the history has it, and "rates" of several optimizers, where "several" says that there are
two; "weights_of", the epoch after which the model had the weights that it has at the
end; "files", what is in the folder, and "saved_of", the epoch whose weights the last of them has; "csv", the text of the
file. The folder is written as FOLDER.

"directions" are Keras's metrics and whether it takes a higher ("up") or a lower ("down") value as better.

"events" are the tags with their steps that the callback TensorBoard writes for the model of `board`.
"""

import contextlib
import io
import tempfile
import warnings

from make_fixtures import Path, keras, np, write

from keras import callbacks, layers, losses, metrics, optimizers

X = (np.arange(12, dtype="float32") / 8 - 0.5).reshape(6, 2)
Y = np.array([0.5, -1.0, 0.25, 2.0, 1.0, -0.75], "float32").reshape(6, 1)
RATE = 0.1


def compiled(names=(), rate=RATE, several=False):
    keras.backend.clear_session()  # so that names are not numbered
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    optimizer = optimizers.SGD(rate)
    if several:
        each = optimizers.OptimizerMap(optimizers.Adam(rate / 8), {".*kernel": optimizer})
        optimizer = optimizers.MultiOptimizer(each)
    model.compile(optimizer, losses.MeanSquaredError(), metrics=list(names))
    return model


class Given(callbacks.Callback):
    """Replaces the logs, and records the weights after each epoch."""

    def __init__(self, logs):
        super().__init__()
        self.given, self.weights = logs, []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())
        if self.given:
            logs.clear()
            logs.update({key: values[epoch] for key, values in self.given.items() if epoch < len(values)})


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other))


def run(name, cls, logs, args=None, epochs=None, names=(), rate=RATE, times=1, fits=1, several=False):
    args = args or {}
    if cls == "CSVLogger":  # as the logs of a model are
        logs = {key: [float(np.float32(value)) for value in values] for key, values in logs.items()}
    epochs = epochs or max(len(values) for values in logs.values())
    case = {"name": name, "class": cls, "args": args, "logs": logs, "epochs": epochs}
    case |= {"metrics": list(names), "rate": rate, "times": times, "several": several}
    if fits > 1:
        case["fits"] = fits
    with tempfile.TemporaryDirectory() as folder:
        given_args = {
            key: (value.replace("FOLDER", folder) if isinstance(value, str) else value) for key, value in args.items()
        }
        if cls == "LearningRateScheduler":
            given_args["schedule"] = lambda epoch, rate: rate if epoch == 0 else rate * 0.5
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("default")
            try:
                for _ in range(times):
                    model, given = compiled(names, rate, several), Given(logs)
                    callback = getattr(callbacks, cls)(**given_args)
                    for _ in range(fits):
                        history = model.fit(
                            X, Y, epochs=epochs, batch_size=2, shuffle=False, verbose=0, callbacks=[given, callback]
                        )
                case["epoch"] = history.epoch
                case["learning_rate"] = history.history.get("learning_rate")
                if several:
                    case["rates"] = {k: v for k, v in history.history.items() if k.startswith("learning_rate_")}
                final = model.get_weights()
                case["weights_of"] = next(at for at, weights in enumerate(given.weights) if same(weights, final))
            except Exception as error:
                case["error"] = type(error).__name__
        case["printed"] = printed.getvalue().replace(folder, "FOLDER")
        case["warnings"] = sorted({str(warning.message) for warning in warned if warning.category is UserWarning})
        files = sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())
        case["files"] = files
        if cls == "CSVLogger" and files:
            case["csv"] = (Path(folder) / files[0]).read_bytes().decode()
        if cls == "ModelCheckpoint" and files:
            newest = max((Path(folder) / file for file in files), key=lambda path: path.stat().st_mtime_ns)
            saved = compiled(names)
            saved.load_weights(newest)
            found = [at for at, weights in enumerate(given.weights) if same(weights, saved.get_weights())]
            case["saved_of"] = found[0] if found else None
    return case


def early_stopping():
    down = {"loss": [1.0, 0.9, 0.95, 0.8, 0.85, 0.9, 0.95]}
    plateau = {"val_loss": [1.0, 0.9, 0.91, 0.92, 0.85, 0.93, 0.94, 0.95, 0.96]}
    rising = {"accuracy": [0.5, 0.6, 0.7, 0.65, 0.66, 0.6]}
    nan = float("nan")
    stop = "EarlyStopping"
    yield run("a patience of 0", stop, down, {"monitor": "loss", "verbose": 1})
    yield run("a patience of 1 is the same", stop, down, {"monitor": "loss", "patience": 1, "verbose": 1})
    yield run("a patience of 2", stop, plateau, {"patience": 2, "verbose": 1})
    yield run("a patience of 3", stop, plateau, {"patience": 3, "verbose": 1, "restore_best_weights": True})
    yield run(
        "the first epochs get worse", stop, {"val_loss": [1.0, 2.0, 3.0]}, {"verbose": 1, "restore_best_weights": True}
    )
    yield run("restored after a stop", stop, plateau, {"patience": 2, "verbose": 1, "restore_best_weights": True})
    yield run("restored at the end", stop, plateau, {"patience": 20, "verbose": 1, "restore_best_weights": True})
    yield run("nothing to restore", stop, plateau, {"patience": 20, "verbose": 1})
    yield run("min_delta", stop, {"val_loss": [1.0, 0.95, 0.9, 0.85, 0.8]}, {"min_delta": 0.1, "patience": 2})
    yield run(
        "a negative min_delta", stop, {"val_loss": [1.0, 0.95, 0.9, 0.85, 0.8]}, {"min_delta": -0.1, "patience": 2}
    )
    yield run("equal values are no improvement", stop, {"val_loss": [1.0, 1.0, 1.0]}, {"patience": 2})
    yield run(
        "values that differ less than float32 does",
        stop,
        {"val_loss": [0.5, 0.5 - 1e-9, 0.5 - 2e-9, 0.4]},
        {"patience": 2},
    )
    yield run(
        "a baseline that is not beaten", stop, {"val_loss": [1.0, 0.9, 0.8, 0.7]}, {"baseline": 0.5, "patience": 2}
    )
    yield run(
        "a baseline that is beaten", stop, {"val_loss": [1.0, 0.4, 0.8, 0.7, 0.3]}, {"baseline": 0.5, "patience": 2}
    )
    yield run(
        "a baseline, and weights to restore",
        stop,
        {"val_loss": [1.0, 0.9, 0.95, 0.7]},
        {"baseline": 0.5, "patience": 2, "restore_best_weights": True, "verbose": 1},
    )
    yield run(
        "the first epochs are not watched",
        stop,
        {"val_loss": [0.1, 0.2, 0.3, 0.25, 0.26, 0.27]},
        {"start_from_epoch": 3, "restore_best_weights": True, "verbose": 1},
    )
    yield run(
        "no epoch is watched", stop, plateau, {"start_from_epoch": 20, "restore_best_weights": True, "verbose": 1}
    )
    yield run(
        "a metric that is better the higher",
        stop,
        rising,
        {"monitor": "accuracy", "restore_best_weights": True, "verbose": 1},
        names=["accuracy"],
    )
    yield run(
        "the same in validation",
        stop,
        {"val_accuracy": [0.5, 0.6, 0.6]},
        {"monitor": "val_accuracy"},
        names=["accuracy"],
    )
    yield run("mode max", stop, {"val_loss": [1.0, 1.1, 1.2, 1.15]}, {"mode": "max", "verbose": 1})
    yield run("mode min", stop, rising, {"monitor": "accuracy", "mode": "min", "patience": 2}, names=["accuracy"])
    yield run("a name that mode auto does not know", stop, {"f1": [0.1, 0.2]}, {"monitor": "f1"})
    yield run(
        "a name that mode max does not need to know", stop, {"f1": [0.1, 0.2, 0.15]}, {"monitor": "f1", "mode": "max"}
    )
    yield run(
        "a baseline in mode max",
        stop,
        {"val_loss": [0.4, 0.6, 0.55, 0.58, 0.7]},
        {"mode": "max", "baseline": 0.5, "patience": 2, "restore_best_weights": True, "verbose": 1},
    )
    yield run(
        "a baseline in mode max that is not beaten",
        stop,
        {"val_loss": [0.1, 0.2, 0.3, 0.6]},
        {"mode": "max", "baseline": 0.5, "patience": 3},
    )
    yield run("stops twice", stop, plateau, {"patience": 2, "restore_best_weights": True, "verbose": 1}, fits=2)
    yield run("no validation", stop, {"loss": [1.0, 0.9]}, {"verbose": 1})
    yield run(
        "not a number from the start",
        stop,
        {"val_loss": [nan, 1.0, 0.9]},
        {"patience": 2, "restore_best_weights": True, "verbose": 1},
    )
    yield run(
        "not a number later",
        stop,
        {"val_loss": [1.0, nan, 0.9, nan, nan]},
        {"patience": 2, "restore_best_weights": True},
    )


def reduce_lr():
    flat = {"val_loss": [1.0] * 8}
    reduce = "ReduceLROnPlateau"
    yield run("the rate after a patience of 2", reduce, flat, {"factor": 0.1, "patience": 2, "verbose": 1})
    yield run("a tenth after ten epochs", reduce, {"val_loss": [1.0] * 13}, {"verbose": 1})
    yield run(
        "a factor of a half, and a pause", reduce, flat, {"factor": 0.5, "patience": 1, "cooldown": 2, "verbose": 1}
    )
    yield run("a lower limit", reduce, flat, {"factor": 0.1, "patience": 1, "min_lr": 0.005, "verbose": 1})
    yield run("a limit that is the rate", reduce, flat, {"factor": 0.1, "patience": 1, "min_lr": 0.1, "verbose": 1})
    yield run("a patience of 0", reduce, flat, {"factor": 0.5, "patience": 0, "verbose": 1}, epochs=4)
    yield run(
        "improvements below min_delta",
        reduce,
        {"val_loss": [1.0, 0.99995, 0.9999, 0.5, 0.49995, 0.4999]},
        {"factor": 0.5, "patience": 2, "verbose": 1},
    )
    yield run(
        "a larger min_delta",
        reduce,
        {"val_loss": [1.0, 0.95, 0.9, 0.5, 0.49, 0.48]},
        {"factor": 0.5, "patience": 2, "min_delta": 0.2},
    )
    yield run(
        "the rate of a metric",
        reduce,
        {"accuracy": [0.5, 0.6, 0.6, 0.5, 0.7]},
        {"monitor": "accuracy", "patience": 1, "verbose": 1},
        names=["accuracy"],
    )
    yield run(
        "the rate, mode max",
        reduce,
        {"val_loss": [0.5, 0.6, 0.6, 0.5, 0.7]},
        {"mode": "max", "factor": 0.5, "patience": 1, "verbose": 1},
    )
    yield run("the rate without a validation", reduce, {"loss": [1.0, 1.0, 1.0]}, {"patience": 1, "verbose": 1})
    yield run("the rate of an unknown name", reduce, {"f1": [1.0, 1.0]}, {"monitor": "f1"})
    yield run(
        "a negative min_delta for the rate",
        reduce,
        {"val_loss": [1.0, 1.05, 1.09, 1.2, 1.3]},
        {"factor": 0.5, "patience": 1, "min_delta": -0.1, "verbose": 1},
    )
    yield run("a limit above the rate", reduce, flat, {"factor": 0.1, "patience": 2, "min_lr": 0.5, "verbose": 1})
    yield run("a rate that falls twice", reduce, flat, {"factor": 0.5, "patience": 3, "cooldown": 1}, fits=2)
    yield run("a factor that does not reduce", reduce, flat, {"factor": 1.0})
    yield run("rates for epochs", "LearningRateScheduler", {"loss": [1.0] * 4}, {"verbose": 1})
    yield run("rates of several", "LearningRateScheduler", {"loss": [1.0] * 3}, {"verbose": 1}, several=True)
    yield run(
        "several rates on a plateau",
        reduce,
        {"val_loss": [1.0] * 6},
        {"factor": 0.5, "patience": 1, "min_lr": 0.01, "cooldown": 1, "verbose": 1},
        several=True,
    )


def checkpoints():
    save = "ModelCheckpoint"
    val = {"loss": [1.0] * 4, "val_loss": [0.593256, 0.6, 0.2, 0.3]}
    yield run("each epoch over the other", save, val, {"filepath": "FOLDER/model.keras", "verbose": 1})
    yield run("a file an epoch", save, val, {"filepath": "FOLDER/{epoch:02d}-{val_loss:.2f}.keras", "verbose": 1})
    yield run("the weights only", save, val, {"filepath": "FOLDER/{epoch}.weights.h5", "save_weights_only": True})
    yield run("a legacy file", save, val, {"filepath": "FOLDER/model.h5"}, epochs=1)
    yield run("folders that do not exist", save, val, {"filepath": "FOLDER/a/b{epoch}/model.keras"})
    yield run("the best only", save, val, {"filepath": "FOLDER/best.keras", "save_best_only": True, "verbose": 1})
    yield run("the best, a file each", save, val, {"filepath": "FOLDER/{epoch}.keras", "save_best_only": True})
    yield run(
        "the best, mode max",
        save,
        val,
        {"filepath": "FOLDER/{epoch}.keras", "save_best_only": True, "mode": "max", "verbose": 1},
    )
    yield run(
        "the best metric",
        save,
        {"val_accuracy": [0.5, 0.4, 0.6]},
        {"filepath": "FOLDER/{epoch}.keras", "save_best_only": True, "monitor": "val_accuracy"},
        names=["accuracy"],
    )
    yield run(
        "a threshold",
        save,
        val,
        {"filepath": "FOLDER/best.keras", "save_best_only": True, "initial_value_threshold": 0.25, "verbose": 1},
    )
    yield run(
        "a threshold that nothing beats",
        save,
        val,
        {"filepath": "FOLDER/best.keras", "save_best_only": True, "initial_value_threshold": 0.1, "verbose": 1},
    )
    yield run(
        "the best without a validation",
        save,
        {"loss": [1.0, 0.9]},
        {"filepath": "FOLDER/best.keras", "save_best_only": True},
    )
    yield run(
        "the best of an unknown name",
        save,
        val,
        {"filepath": "FOLDER/best.keras", "save_best_only": True, "monitor": "f1"},
    )
    yield run(
        "an unknown name that is not needed", save, val, {"filepath": "FOLDER/model.keras", "monitor": "f1"}
    )
    yield run(
        "an unknown name that is not needed, mode max",
        save,
        val,
        {"filepath": "FOLDER/{epoch}.keras", "monitor": "f1", "mode": "max"},
    )
    yield run("every two batches", save, val, {"filepath": "FOLDER/{epoch}-{batch}.keras", "save_freq": 2})
    yield run(
        "every four batches of three",
        save,
        val,
        {"filepath": "FOLDER/{epoch}-{batch:03d}.keras", "save_freq": 4, "verbose": 1},
    )
    batches = {"filepath": "FOLDER/{epoch}-{batch}.keras", "save_best_only": True, "save_freq": 2}
    yield run("the best of every two batches", save, val, batches | {"monitor": "loss", "verbose": 1})
    yield run("the best of batches without a validation", save, val, batches)
    threshold = {"filepath": "FOLDER/{epoch}.keras", "save_best_only": True, "mode": "max", "verbose": 1}
    yield run("a threshold in mode max", save, val, threshold | {"initial_value_threshold": 0.5935})
    yield run("a threshold in mode max that nothing beats", save, val, threshold | {"initial_value_threshold": 0.75})
    yield run(
        "the best of two runs", save, val, {"filepath": "FOLDER/best.keras", "save_best_only": True, "verbose": 1}, fits=2
    )
    yield run("a key that does not exist", save, val, {"filepath": "FOLDER/{val_acc:.2f}.keras"})
    yield run("a batch at the end of an epoch", save, val, {"filepath": "FOLDER/{batch}.keras"})
    yield run("a name without an ending", save, val, {"filepath": "FOLDER/model"})
    yield run("weights in a model's file", save, val, {"filepath": "FOLDER/model.keras", "save_weights_only": True})


def csv():
    log = "CSVLogger"
    both = {
        "accuracy": [0.5833333134651184, 1.0],
        "loss": [0.6695093512535095, 1e-5],
        "val_accuracy": [0.6875, 0.0],
        "val_loss": [0.5932601094245911, 123456792.0],
    }
    file = {"filename": "FOLDER/log.csv"}
    yield run("a log with validation", log, both, file)
    yield run("a log without", log, {"loss": [0.038106780499219894, 2.5e-7]}, file)
    yield run(
        "a validation in the second epoch", log, {"loss": [0.5, 0.25], "val_loss": [0.5]} | {"loss": [0.5, 0.25]}, file
    )
    yield run("values that are not finite", log, {"loss": [float("nan"), float("inf"), float("-inf")]}, file)
    yield run(
        "keys that are not sorted",
        log,
        {"val_loss": [0.5], "loss": [0.25], "learning_rate": [0.10000000149011612]},
        file,
    )
    yield run("another separator", log, both, file | {"separator": ";"})
    yield run("a separator that is in the names", log, both, file | {"separator": "_"})
    yield run("a separator that is in the numbers", log, both, file | {"separator": "."})
    yield run("a second run", log, both, file, times=2)
    yield run("a second run after the first", log, both, file | {"append": True}, times=2)
    yield run("a logger of two runs", log, both, file, fits=2)
    yield run("a logger of two runs that appends", log, both, file | {"append": True}, fits=2)


def not_finite():
    nan = "TerminateOnNaN"
    yield run("a loss that grows without end", nan, {}, epochs=3, rate=1e30)
    yield run("an error for it", nan, {}, {"raise_error": True}, epochs=3, rate=1e30)
    yield run("a finite loss", nan, {}, epochs=3)


def directions():
    needed = {
        "MeanIoU": {"num_classes": 2}, "OneHotMeanIoU": {"num_classes": 2},
        "IoU": {"num_classes": 2, "target_class_ids": [0]}, "OneHotIoU": {"num_classes": 2, "target_class_ids": [0]},
        "SensitivityAtSpecificity": {"specificity": 0.5}, "SpecificityAtSensitivity": {"sensitivity": 0.5},
        "PrecisionAtRecall": {"recall": 0.5}, "RecallAtPrecision": {"precision": 0.5},
    }  # fmt: skip
    for name in sorted(dir(metrics)):
        cls = getattr(metrics, name)
        if not isinstance(cls, type) or not issubclass(cls, metrics.Metric) or name in ("Metric", "MeanMetricWrapper"):
            continue
        metric = cls(**needed.get(name, {}))
        yield {"metric": keras.saving.serialize_keras_object(metric), "direction": getattr(metric, "_direction", None)}


def board():
    """The tags with their steps, of the callback with all that it writes."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    keras.utils.set_random_seed(1)
    parts = [keras.Input((4, 4, 1)), layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(3, name="last")]
    model = keras.Sequential(parts, name="board")
    model.compile(optimizers.SGD(0.01), losses.MeanSquaredError(), metrics=["mae"])
    x, y = np.ones((6, 4, 4, 1), "float32"), np.ones((6, 3), "float32")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        callback = callbacks.TensorBoard(
            folder, histogram_freq=2, write_images=True, write_steps_per_second=True, update_freq=1
        )
        model.fit(x, y, epochs=3, batch_size=2, verbose=0, validation_data=(x, y), callbacks=[callback])
        for part in ("train", "validation"):
            events = EventAccumulator(f"{folder}/{part}", size_guidance={"tensors": 0})
            events.Reload()
            for tag in sorted(events.Tags()["tensors"]):
                plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
                found[f"{part}/{tag}"] = {"plugin": plugin, "steps": [event.step for event in events.Tensors(tag)]}
    return found


if __name__ == "__main__":
    cases = [*early_stopping(), *reduce_lr(), *checkpoints(), *csv(), *not_finite()]
    write("callbacks", {"cases": cases, "directions": list(directions()), "events": board()})
