"""Makes fixtures out of Keras's own unit tests of losses, metrics and optimizers: `fixtures/keras_training.json`.

Run:

    pip install pytest absl-py                  # the test files import them
    python record_training_tests.py

The installed keras ships its test files. They run here while what they do with objects of Keras's public classes is
watched; a call that a test fails on is not kept. Where a test compares with literal values, these are the values.

- "losses": {"test", "class_name", "config", "y_true", "y_pred", "sample_weight", "loss"}.
- "metrics": {"test", "class_name", "config", "updates": [{"y_true", "y_pred", "sample_weight"}], "result"}: all updates
  since the metric was new or reset. For `Mean` and `Sum` the values stand in "y_pred".
- "optimizers": {"test", "class_name", "config", "names", "vars", "grads": [step][var], "after": [step][var]}.

What can't be expressed is left out and counted by its reason: other dtypes than float32, arrays without elements, masks,
classes of the tests' own. Every entry is made with arrays alone, so two runs give identical files.
"""

import contextlib
import importlib
import inspect
import io
import json
import unittest
import warnings
from collections import Counter

# First, for it chooses the backend.
from make_fixtures import keras, np, plain, write  # isort: skip

from keras.src import backend
from keras.src.backend.common.stateless_scope import in_stateless_scope
from record_keras_tests import stand_in_for_conftest

MODULES = {
    "losses": "losses.losses_test losses.loss_test",
    "metrics": "accuracy confusion correlation f_score hinge iou probabilistic reduction regression",
    "optimizers": "adadelta adafactor adagrad adam adamax adamw ftrl lamb lion loss_scale_optimizer multi_optimizer muon "
                  "nadam optimizer rmsprop schedule_free_adamw sgd",
}  # fmt: skip


class Left(Exception):
    """What can't be expressed, and why."""


left, depth, test = Counter(), Counter(), [None]
entries = {"losses": [], "metrics": [], "optimizers": []}
objects = {}


def array(value, optional=False):
    if value is None and optional:
        return None
    if backend.get_keras_mask(value) is not None:
        raise Left("a mask")
    value = np.asarray(value)
    if value.size == 0:
        raise Left("an array without elements")
    if value.dtype == bool or value.dtype.kind in "iu":
        kind = "int32" if value.dtype.kind in "iu" else "float32"
    elif value.dtype in (np.float64, np.float32):
        kind = "float32"
    else:
        raise Left(f"an array of {value.dtype}")
    value = value.astype(kind)
    return {"shape": list(value.shape), "kind": kind, "data": plain(value.ravel().tolist())}


def configured(instance, module):
    cls = type(instance)
    if getattr(module, cls.__name__, None) is not cls:
        raise Left("a class of the test's own")
    config = instance.get_config()
    config = {key: np.asarray(value).tolist() if hasattr(value, "shape") else value for key, value in config.items()}
    try:
        config = plain(json.loads(json.dumps(config)))
    except TypeError:
        raise Left("a configuration that is not JSON") from None
    if config.get("dtype", "float32") != "float32":
        raise Left("another dtype than float32")
    return {"test": test[0], "class_name": cls.__name__, "config": config}


@contextlib.contextmanager
def outermost(instance, kind):
    """Whether this call is not made by another of the same object."""
    key = (id(instance), kind)
    depth[key] += 1
    try:
        yield depth[key] == 1 and test[0] is not None and not in_stateless_scope()
    finally:
        depth[key] -= 1


def recorded(make):
    try:
        make()
    except Left as reason:
        left[str(reason)] += 1


# ---------------------------------------------------------------- what is watched


def watch_losses():
    original = keras.losses.Loss.__call__

    def call(self, y_true, y_pred, sample_weight=None):
        with outermost(self, "call") as is_outermost:
            loss = original(self, y_true, y_pred, sample_weight)
        if is_outermost:
            recorded(lambda: entries["losses"].append(configured(self, keras.losses) | {
                "y_true": array(y_true), "y_pred": array(y_pred), "sample_weight": array(sample_weight, True),
                "loss": array(loss),
            }))  # fmt: skip
        return loss

    keras.losses.Loss.__call__ = call


def watch_metrics():
    def watched_update(original):
        def update_state(self, *args, **kwargs):
            with outermost(self, "update") as is_outermost:
                result = original(self, *args, **kwargs)
            if is_outermost:
                given = inspect.signature(original).bind(self, *args, **kwargs).arguments
                _, updates = objects.setdefault(id(self), (self, []))
                try:
                    updates.append({
                        "y_true": array(given.get("y_true"), True),
                        "y_pred": array(given.get("y_pred", given.get("values"))),
                        "sample_weight": array(given.get("sample_weight"), True),
                    })  # fmt: skip
                except Left as reason:
                    left[str(reason)] += 1
                    updates.append(None)
            return result

        return update_state

    def watched_result(original):
        def result(self, *args, **kwargs):
            with outermost(self, "result") as is_outermost:
                value = original(self, *args, **kwargs)
            updates = objects.get(id(self), (None, []))[1]
            if is_outermost and updates and None not in updates:
                recorded(lambda: entries["metrics"].append(
                    configured(self, keras.metrics) | {"updates": list(updates), "result": array(value)}
                ))  # fmt: skip
            return value

        return result

    def watched_reset(original):
        def reset_state(self, *args, **kwargs):
            objects.pop(id(self), None)
            return original(self, *args, **kwargs)

        return reset_state

    watchers = {"update_state": watched_update, "result": watched_result, "reset_state": watched_reset}
    # The classes between the public ones, too.
    public = [item for item in vars(keras.metrics).values() if inspect.isclass(item)]
    bases = {base for item in public for base in item.__mro__ if issubclass(base, keras.metrics.Metric)}
    for cls in sorted(bases, key=lambda cls: cls.__name__):
        for name, watched in watchers.items():
            if name in vars(cls):
                setattr(cls, name, watched(vars(cls)[name]))


def watch_optimizers():
    def watched_apply(original):
        def apply(self, grads, trainable_variables=None):
            with outermost(self, "apply") as is_outermost:
                if not is_outermost:
                    return original(self, grads, trainable_variables)
                variables = list(trainable_variables or self._trainable_variables)
                # An iterator is read only once.
                grads = list(grads)
                before = [np.array(variable) for variable in variables]
                config = None if id(self) in objects else json.dumps(plain(self.get_config()), default=str)
                original(self, grads, trainable_variables)

            def note():
                if id(self) not in objects:
                    if hasattr(self, "_exclude_from_weight_decay_pattern"):
                        raise Left("weights without decay")
                    entry = configured(self, keras.optimizers) | {
                        "config": json.loads(config), "names": [variable.name for variable in variables],
                        "vars": [array(value) for value in before], "grads": [], "after": [],
                    }  # fmt: skip
                    objects[id(self)] = (self, entry)
                    entries["optimizers"].append(entry)
                entry = objects[id(self)][1]
                if [array(value) for value in before] != (entry["after"] or [entry["vars"]])[-1]:
                    raise Left("variables that were changed in between")
                entry["grads"].append([array(grad) for grad in grads])
                entry["after"].append([array(np.array(variable)) for variable in variables])

            recorded(note)

        return apply

    from keras.src.optimizers.base_optimizer import BaseOptimizer

    for cls in (BaseOptimizer, keras.optimizers.LossScaleOptimizer, keras.optimizers.MultiOptimizer):
        cls.apply = watched_apply(vars(cls)["apply"])


# ---------------------------------------------------------------- running


def names():
    for kind, listed in MODULES.items():
        for name in listed.split():
            name = {"losses": name, "metrics": f"metrics.{name}_metrics_test", "optimizers": f"optimizers.{name}_test"}[kind]
            yield kind, name


def run(kind, name):
    module = importlib.import_module(f"keras.src.{name}")
    passed = Counter()
    for cls in list(vars(module).values()):
        if not (inspect.isclass(cls) and issubclass(cls, unittest.TestCase) and cls.__module__ == module.__name__):
            continue
        for case in unittest.defaultTestLoader.loadTestsFromTestCase(cls):
            keras.utils.set_random_seed(1)
            test[0] = f"{name}::{cls.__name__}::{case._testMethodName}"
            kept = len(entries[kind])
            result = unittest.TestResult()
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
                case.run(result)
            if result.failures or result.errors:
                del entries[kind][kept:]
            passed["failed" if result.failures or result.errors else "passed"] += 1
            test[0] = None
            objects.clear()
    print(f"{name}: {dict(passed)}")


def without_doubles(listed):
    """Each entry once, whichever tests it comes from."""
    seen, kept = set(), []
    for entry in listed:
        key = json.dumps({name: value for name, value in entry.items() if name != "test"}, sort_keys=True)
        if key not in seen:
            seen.add(key)
            kept.append(entry)
    return kept


def main():
    stand_in_for_conftest()
    watch_losses()
    watch_metrics()
    watch_optimizers()
    for kind, name in names():
        run(kind, name)
    content = {kind: without_doubles(listed) for kind, listed in entries.items()}
    print({kind: (len(listed), len({entry["test"] for entry in listed})) for kind, listed in content.items()})
    print(dict(left))
    write("keras_training", content)


if __name__ == "__main__":
    main()
