"""Makes fixtures out of Keras's own unit tests of the layers that prepare data: `layers/keras_preprocessing.json`.

Run, with what make_preprocessing_fixtures.py needs:

    pip install pytest                          # the test files import it
    python record_preprocessing_tests.py

The installed keras ships its test files. They run here, and what they hand to the layers that Horn has is remembered:
arguments, the data of `adapt` and `set_vocabulary`, and the inputs of eager calls. Of a test that passes each call
becomes an entry in the format of preprocessing.json, with "test": where it comes from. The entry is made anew from the
layer's config and its data, and is left out where another output comes back, as of a layer that draws without a seed;
so what the test says of an output holds for the entry. `run_layer_test` does not run: its layer and inputs become an
entry without training.

IndexLookup, which is not public, becomes StringLookup or IntegerLookup. A vocabulary that is set later, or comes from a
file, becomes an argument. Normalization's entries have "weights" besides, by their names. Calls that can't be expressed
are left out, and counted by their reason.
"""

import collections
import contextlib
import importlib
import inspect
import io
import json
import sys
import types
import unittest
import warnings
import zlib
from functools import wraps

# First, for it chooses the backend.
from layer_cases import below, floats, tensor, write_family  # isort: skip

import jax
import keras
import numpy as np
from keras import layers, tree
from keras.src import backend
from keras.src.layers import Layer
from keras.src.models import Model
from keras.src.testing import test_case
from keras.src.utils.module_utils import tensorflow as tf
from make_fixtures import plain
from make_preprocessing_fixtures import fresh, preprocessed, written_config
from record_keras_tests import Left, eager_prediction, is_symbolic, no_training, stand_in_for_conftest

AREAS = "category_encoding discretization hashing index_lookup integer_lookup mel_spectrogram normalization " \
        "rescaling stft_spectrogram string_lookup text_vectorization".split()
IMAGES = "center_crop cut_mix mix_up random_brightness random_contrast random_crop random_flip random_rotation " \
         "random_shear random_translation random_zoom resizing".split()  # fmt: skip

# The layers whose calls are remembered.
CLASSES = [
    "CategoryEncoding", "CenterCrop", "CutMix", "Discretization", "Hashing", "IndexLookup", "IntegerLookup",
    "MelSpectrogram", "MixUp", "Normalization", "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip",
    "RandomRotation", "RandomShear", "RandomTranslation", "RandomZoom", "Rescaling", "Resizing", "STFTSpectrogram",
    "StringLookup", "TextVectorization",
]  # fmt: skip
PICTURES = [name for name in CLASSES if name.startswith(("Random", "Res", "Center", "Mix", "Cut"))]

MAX_VALUES = 700  # of a tensor
LONGEST_FILE = 900_000  # characters


def layer_class(name):
    if name == "IndexLookup":
        return importlib.import_module("keras.src.layers.preprocessing.index_lookup").IndexLookup
    return getattr(layers, name)


# ---------------------------------------------------------------- from what a test hands over to an entry's parts


def values(value):
    """An array of the types that a fixture can hold."""
    if isinstance(value, (tf.SparseTensor, tf.RaggedTensor)):
        raise Left("sparse or ragged tensors")
    if isinstance(value, dict):
        raise Left("a dict of images, boxes or labels")
    if any(is_symbolic(leaf) or tf.is_tensor(leaf) and not hasattr(leaf, "numpy") for leaf in tree.flatten(value)):
        raise Left("a symbolic call, as in a pipeline of tf.data")
    try:
        array = np.array(value.numpy() if hasattr(value, "numpy") else value)
    except ValueError as error:
        raise Left("sparse or ragged tensors") from error
    if array.dtype.kind in "OSU":
        leaves = [item.decode() if isinstance(item, bytes) else item for item in array.ravel().tolist()]
        if not all(isinstance(item, str) for item in leaves):
            raise Left("sparse or ragged tensors")
        return np.array(leaves, dtype=object).reshape(array.shape)
    if array.dtype.kind in "iu":
        if np.abs(array.astype("float64")).max(initial=0) >= 2**31:
            raise Left("integers of more than 32 bits")
        return array.astype("int32")
    if array.dtype.kind != "f":
        raise Left(f"{array.dtype} values")
    return array.astype("float32")


def batches_of(layer, data, steps=None):
    """What `adapt` was given: a list of batches, and what to hand over in its place, for it can be read only once."""
    if isinstance(data, (list, tuple)) and data and hasattr(data[0], "shape"):
        return [values(batch) for batch in data], data
    if isinstance(data, (list, tuple, np.ndarray)) or tf.is_tensor(data) or backend.is_tensor(data):
        return [values(data)], data
    if isinstance(data, (tf.SparseTensor, tf.RaggedTensor)):
        raise Left("sparse or ragged tensors")
    if not isinstance(data, (tf.data.Dataset, types.GeneratorType)) and not hasattr(data, "__iter__"):
        raise Left("a data set of another kind")
    read = []
    for batch in data:
        if len(read) == steps or len(read) > 100:
            break
        read.append(batch)
    again = data if isinstance(data, tf.data.Dataset) else iter(read)
    firsts = [batch[0] if isinstance(batch, tuple) else batch for batch in read]
    return [values(batch) for batch in firsts], again


def described(layer):
    """A class that Horn has, and the layer's config."""
    name = type(layer).__name__
    if type(layer) is not layer_class(name):
        raise Left("a layer class of the test")
    config = written_config(layer)
    # A name that Keras made up depends on how many tests ran before.
    if config.get("name", "").startswith(keras.src.utils.naming.to_snake_case(name)):
        del config["name"]
    if any(isinstance(config.get(key), dict) for key in ("standardize", "split")):
        raise Left("Python code in the config")
    for key in ("vocabulary", "idf_weights"):
        if isinstance(config.get(key), dict):
            config[key] = config[key]["config"]["value"]
    if isinstance(config.get("vocabulary"), str):
        config["vocabulary"] = list(map(plain, layer.get_vocabulary(include_special_tokens=False)))
    if config.get("sparse") or config.get("ragged"):
        raise Left("sparse or ragged tensors")
    if name == "IndexLookup":
        kept = {key: value for key, value in config.items() if key != "vocabulary_dtype"}
        strings = config["vocabulary_dtype"] == "string"
        return ("StringLookup", kept) if strings else ("IntegerLookup", config)
    if layer.dtype_policy.name not in ("float32", "int64", "int32", "string"):
        raise Left("another dtype than float32")
    return name, config


class Recorder:
    """What the tests leave: the calls in order, and why others were left out."""

    def __init__(self):
        self.calls, self.left, self.tests = [], collections.Counter(), collections.Counter()
        self.test, self.depth, self.known = None, 0, {}

    def leave(self, reason):
        self.left[str(reason)] += 1

    def of(self, layer):
        """What is known about a layer: its description before it learned anything, and the data."""
        if id(layer) not in self.known:
            self.known[id(layer)] = {"layer": layer, "described": described(layer), "adapt": None, "wrong": None}
        return self.known[id(layer)]


def watched_adapt(recorder, original):
    @wraps(original)
    def adapt(layer, data, *args, **kwargs):
        if recorder.depth or recorder.test is None or type(layer).__name__ not in CLASSES:
            return original(layer, data, *args, **kwargs)
        known = None
        try:
            known = recorder.of(layer)
            steps = kwargs.get("steps")
            known["adapt"], data = batches_of(layer, data, steps)
        except Left as reason:
            if known:
                known["wrong"] = reason
        recorder.depth += 1
        try:
            return original(layer, data, *args, **kwargs)
        finally:
            recorder.depth -= 1

    return adapt


def is_being_made(layer):
    """Is this called by the layer's own constructor?"""
    frame = sys._getframe()
    while frame := frame.f_back:
        if frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is layer:
            return True
    return False


def watched_set_vocabulary(recorder, original):
    @wraps(original)
    def set_vocabulary(layer, vocabulary, idf_weights=None):
        watching = recorder.test and not recorder.depth and not is_being_made(layer)
        recorder.depth += 1
        try:
            original(layer, vocabulary, idf_weights)
        finally:
            recorder.depth -= 1
        if watching:
            with contextlib.suppress(Left):
                known = recorder.of(layer)
                config = known["described"][1]
                config["vocabulary"] = list(map(plain, layer.get_vocabulary(include_special_tokens=False)))
                config["idf_weights"] = None if idf_weights is None else np.array(idf_weights).tolist()
                known["adapt"] = None

    return set_vocabulary


def watched_call(recorder, original):
    @wraps(original)
    def call(layer, *args, **kwargs):
        mine = not recorder.depth and recorder.test and type(layer).__name__ in CLASSES
        if not mine:
            return original(layer, *args, **kwargs)
        parts = None
        try:
            known = recorder.of(layer)
            if known["wrong"]:
                raise known["wrong"]
            bound = inspect.signature(layer.call).bind(*args, **kwargs).arguments
            first, *more = bound
            parameters = inspect.signature(layer.call).parameters
            flag = parameters["training"].default if "training" in parameters else False
            training = bool(bound.pop("training", flag))
            parts = {
                "x": values(bound[first]), "training": training, "adapt": known["adapt"],
                "kwargs": {key: values(value) for key, value in bound.items() if key != first and value is not None},
            }  # fmt: skip
        except Left as reason:
            recorder.leave(reason)
        except TypeError:
            recorder.leave("arguments of another kind")
        recorder.depth += 1
        try:
            outputs = original(layer, *args, **kwargs)
        finally:
            recorder.depth -= 1
        if parts is not None:
            try:
                found = values(outputs)
                described_now = known["described"][0], json.loads(json.dumps(known["described"][1]))
                call = {"test": recorder.test, "described": described_now, "output": found, **parts}
                recorder.calls.append(small(call))
            except Left as reason:
                recorder.leave(reason)
        return outputs

    return call


def recorded_layer_test(recorder, original):
    """Stands in for `run_layer_test`."""
    signature = inspect.signature(original)

    def run_layer_test(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        try:
            if given["layer_cls"].__name__ not in CLASSES:
                raise Left("a layer class of the test")
            if given.get("input_sparse") or given.get("input_ragged"):
                raise Left("sparse or ragged tensors")
            if "input_data" in given:
                x = values(given["input_data"])
            elif test_case.is_shape_tuple(given.get("input_shape")):
                shape, dtype = given["input_shape"], given.get("input_dtype") or "float32"
                seed = zlib.crc32(f"{recorder.test}{shape}".encode())
                if "int" in dtype:
                    x = np.random.RandomState(seed).randint(0, 3, shape).astype("int32")
                elif np.prod(shape) > MAX_VALUES:
                    raise Left("too many values")
                else:
                    x = floats(shape, seed)
            else:
                raise Left("a dict of images, boxes or labels")
            layer = given["layer_cls"](**given.get("init_kwargs", {}))
            call = {"test": recorder.test, "described": described(layer), "output": None, "x": x, "adapt": None}
            shape = given.get("expected_output_shape")
            recorder.calls.append({**call, "training": False, "kwargs": {}, "shape": shape})
        except Left as reason:
            recorder.leave(reason)

    return run_layer_test


def watched(recorder):
    """Puts the recorder between Keras and its tests."""
    base = test_case.TestCase
    for name in CLASSES:
        own = layer_class(name)
        if "adapt" in vars(own):
            own.adapt = watched_adapt(recorder, own.adapt)
        if "set_vocabulary" in vars(own):
            own.set_vocabulary = watched_set_vocabulary(recorder, own.set_vocabulary)
    Layer.__call__ = watched_call(recorder, Layer.__call__)
    Model.fit = no_training
    Model.predict = eager_prediction
    base.run_layer_test = recorded_layer_test(recorder, base.run_layer_test)
    # Writing layers to files and back is tested elsewhere.
    base.run_class_serialization_test = lambda *_, **__: None


def run_tests(recorder):
    for name in AREAS + [f"image_preprocessing.{name}" for name in IMAGES]:
        module = importlib.import_module(f"keras.src.layers.preprocessing.{name}_test")
        cases = [item for item in vars(module).values() if inspect.isclass(item) and item.__module__ == module.__name__
                 and issubclass(item, unittest.TestCase)]  # fmt: skip
        for test in [test for item in cases for test in unittest.defaultTestLoader.loadTestsFromTestCase(item)]:
            method = test._testMethodName
            keras.utils.set_random_seed(zlib.crc32(f"{name} {method}".encode()))
            recorder.test = f"layers.preprocessing.{name}_test::{type(test).__name__}::{method}"
            before = len(recorder.calls)
            result = unittest.TestResult()
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
                test.run(result)
            recorder.test, recorder.known = None, {}
            broken = [trace.strip().splitlines()[-1] for _, trace in result.failures + result.errors]
            # unittest takes a skip of pytest for an error.
            skipped = result.skipped or any("Skipped:" in line for line in broken)
            recorder.tests["skipped" if skipped else "failed" if broken else "passed"] += 1
            if broken and not skipped:
                recorder.left["of a test that fails"] += len(recorder.calls) - before
                del recorder.calls[before:]
                print(f"{name} {method}: {broken[0][:120]}")


# ---------------------------------------------------------------- from a call's parts to an entry


def is_batched(class_name, x):
    return not (class_name in PICTURES and class_name != "Rescaling" and x.ndim == 3)


def entry_of(call, label):
    class_name, config = call["described"]
    if call["kwargs"] and class_name != "CategoryEncoding":
        raise Left("arguments of another kind")
    x, output = call["x"], call["output"]

    def make():
        return layer_class(class_name).from_config(json.loads(json.dumps(config)))

    if class_name == "Normalization":
        entry = normalized(label, make, x, call["adapt"])
    else:
        entry = preprocessed(label, make, x, training=call["training"], adapt=call["adapt"],
                             batched=is_batched(class_name, x), **call["kwargs"])  # fmt: skip
    entry.pop("transformation", None)
    found = np.reshape(np.array(entry["outputs"][0]["data"]), entry["outputs"][0]["shape"])
    if output is not None:
        same = np.array_equal(found, output) if output.dtype == object else found.shape == output.shape and np.allclose(
            found, output, rtol=1e-6, atol=1e-6, equal_nan=True)  # fmt: skip
        if not same:
            raise Left("another output comes back: of random numbers, or of a state that was given otherwise")
    elif call.get("shape") and len(call["shape"]) == found.ndim and tuple(found.shape) != tuple(call["shape"]):
        raise Left("another shape than the test expects")
    if sum(item["shape"] and int(np.prod(item["shape"])) or 1 for item in entry["outputs"]) > MAX_VALUES:
        raise Left("too many values")
    return entry | {"test": call["test"]}


def normalized(label, make, x, adapt):
    """Normalization's entry: adapted, with its weights."""
    fresh()
    layer = make()
    entry = {"class_name": "Normalization", "case": label, "config": written_config(layer)}
    entry["supports_masking"] = layer.supports_masking
    if adapt is not None:
        entry["adapt"] = [tensor(batch) for batch in adapt]
        layer.adapt(adapt[0] if len(adapt) == 1 else adapt)
    y = layer(x)
    weights = [{"name": below(weight.path)} | tensor(weight.value) for weight in layer.weights]
    shapes = [[None, *np.shape(y)[1:]]]
    return entry | {"inputs": [tensor(x)], "training": False, "weights": weights, "outputs": [tensor(y)],
                    "output_shapes": shapes}  # fmt: skip


def likeness(call):
    arrays = [call["x"], *(call["adapt"] or []), *call["kwargs"].values()]
    return json.dumps([call["described"], call["training"], [plain(array.tolist()) for array in arrays]], default=str)


def small(call):
    """The call with few values; where it has many in a batch, with a batch of one."""
    x, output = call["x"], call["output"]
    if x.size > MAX_VALUES and output is not None and not call["training"] and is_batched(call["described"][0], x):
        call = call | {"x": x[:1], "output": output[:1]}
    learned = sum(batch.size for batch in call["adapt"] or [])
    if max(call["x"].size, learned, 0 if output is None else call["output"].size) > MAX_VALUES:
        raise Left("too many values")
    return call


def entries_of(recorder):
    entries, labels, seen = [], collections.Counter(), set()
    for call in recorder.calls:
        if likeness(call) in seen:
            recorder.leave("the same again")
            continue
        seen.add(likeness(call))
        method = call["test"].rsplit("::", 1)[1].removeprefix("test_")
        class_name = call["described"][0]
        try:
            with warnings.catch_warnings(action="ignore"):
                entry = entry_of(call, method)
        except Left as reason:
            recorder.leave(reason)
            continue
        except Exception as error:  # one call must not cost the others
            recorder.leave(f"{type(error).__name__} in making the entry anew")
            print(f"{call['test']}: {str(error).strip()[:300]}")
            continue
        labels[class_name, method] += 1
        count = labels[class_name, method]
        entry["case"] = method if count == 1 else f"{method} {count}"
        entries.append(entry)
    lengths = [len(json.dumps(entry)) for entry in entries]
    for place in sorted(range(len(entries)), key=lambda place: -lengths[place]):
        if sum(lengths) > LONGEST_FILE:
            recorder.leave("too long a file: the longest entries")
            lengths[place], entries[place] = 0, None
    return sorted((entry for entry in entries if entry), key=lambda entry: (entry["class_name"], entry["test"]))


def stand_in_for_grain():
    """Some test files import Google's data loader; tests that use it are skipped."""

    class Missing(types.ModuleType):
        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            raise unittest.SkipTest("grain is not there")

    with contextlib.suppress(ImportError):
        importlib.import_module("grain")
        return
    sys.modules["grain"] = Missing("grain")


def main():
    recorder = Recorder()
    watched(recorder)
    stand_in_for_conftest()
    stand_in_for_grain()
    run_tests(recorder)
    entries = entries_of(recorder)
    write_family("keras_preprocessing", entries)
    print(f"  classes: {dict(collections.Counter(entry['class_name'] for entry in entries))}")
    print(f"  tests: {dict(recorder.tests)}")
    for reason, count in sorted((+recorder.left).items()):
        print(f"  left out: {count} x {reason}")


if __name__ == "__main__":
    main()
