"""Makes fixtures out of Keras's own unit tests of its layers: `fixtures/layers/keras_<area>.json`.

Run:

    pip install pytest                          # the test files import it
    python record_keras_tests.py                # all areas
    python record_keras_tests.py rnn pooling    # some

The installed keras ships its test files. They run here with three things watched:

- `run_layer_test` does not run: its layer, inputs and expectations become an entry. Inputs that the test gives as
  shapes become random ones, weights are always random, so the outputs are what Keras computes from them. What the test
  itself expects stands in "expected": the output and mask shapes, the numbers of weights, seed generators and losses.
  Where the layer would draw random numbers, "training" is false instead.
- Calls of layers on real tensors are remembered. Where a test then compares an output with a value, the call becomes an
  entry with the test's own weights, and the test's value stands in "outputs". "atol" and "rtol" are given where the
  test allows more than Keras's usual 1e-6.
- The other remembered calls become entries of their own, with random weights and what Keras computes: their outputs
  were checked in a way that can't be expressed here, but their arguments are those that Keras's authors chose to test.

Entries have the format of `layer_cases.py`, without the gradients, and "test": where the case comes from. Calls that
can't be expressed are left out, and counted by their reason. Every entry is made anew from its config, so nothing in it
depends on the state of the test, and two runs give identical files.
"""

import contextlib
import importlib
import inspect
import io
import json
import re
import sys
import types
import unittest
import warnings
import zlib
from collections import Counter, defaultdict
from functools import wraps

# First, for it chooses the backend.
from layer_cases import case, floats, plain_call, short, spread, tensor, with_state, write_family  # isort: skip

import jax
import keras
import numpy as np
from keras import tree
from keras.src import backend
from keras.src.layers import Layer
from keras.src.models import Model
from keras.src.testing import test_case

AREAS = {
    "activations": "activation elu leaky_relu prelu relu softmax",
    "attention": "additive_attention attention grouped_query_attention multi_head_attention",
    "convolutional": "conv conv_transpose depthwise_conv separable_conv",
    "core": "dense einsum_dense embedding identity masking reversible_embedding wrapper",
    "merging": "merging",
    "normalization": "batch_normalization group_normalization layer_normalization rms_normalization "
                     "spectral_normalization unit_normalization",
    "pooling": "adaptive_pooling1d adaptive_pooling2d adaptive_pooling3d average_pooling global_average_pooling "
               "global_max_pooling max_pooling",
    "regularization": "activity_regularization alpha_dropout dropout gaussian_dropout gaussian_noise spatial_dropout",
    "reshaping": "cropping1d cropping2d cropping3d flatten permute repeat_vector reshape up_sampling1d up_sampling2d "
                 "up_sampling3d zero_padding1d zero_padding2d zero_padding3d",
    "rnn": "bidirectional conv_lstm1d conv_lstm2d conv_lstm3d conv_lstm dropout_rnn_cell gru lstm rnn simple_rnn "
           "stacked_rnn_cells time_distributed",
}

# Tests of what has no layer call to compare, by words of their names.
OTHER_TOPICS = "quanti int4 int8 float8 gptq awq lora sparse ragged save saving load memory cudnn fused distribut " \
               "flash dtype float16 fit"

ENOUGH_VALUES = 200  # of an input; above it the batch is made smaller
MAX_VALUES = 600  # of a tensor
MAX_OF_ALL = 1300  # of an entry; half of that where the test itself expects nothing that an entry can hold
LONGEST_FILE = 290_000  # characters
MAX_OF_A_TEST = 16  # entries of one parameterized test: they are picked evenly


class Left(Exception):
    """A call that can't become an entry; the message is the reason that is counted."""


# ---------------------------------------------------------------- from a call to an entry's parts


def values(value):
    """An array in one of the types of the format: float32, int32, bool."""
    array = np.array(value)
    if array.dtype.kind in "iub":
        return array.astype("bool" if array.dtype == bool else "int32")
    if array.dtype.kind != "f":
        raise Left(f"{array.dtype} values")
    return array.astype("float32")


def is_array(value):
    return backend.is_tensor(value) or isinstance(value, (np.ndarray, np.generic, backend.Variable))


def is_symbolic(value):
    return isinstance(value, (keras.KerasTensor, jax.core.Tracer))


def is_nested_numbers(value):
    """Keras takes nested lists of numbers as tensors in some calls."""
    leaves = tree.flatten(value) if isinstance(value, (list, tuple)) else []
    return bool(leaves) and all(isinstance(leaf, (int, float)) for leaf in leaves)


def listed(value):
    if is_array(value) or is_nested_numbers(value):
        return [value]
    if isinstance(value, (list, tuple)) and all(is_array(item) or is_nested_numbers(item) for item in value):
        return list(value)
    raise Left("nested inputs")


def mask_values(mask):
    array = np.array(mask)
    if not np.isin(array, (0, 1)).all():
        raise Left("masks that are not 0 or 1")
    return array.astype(bool)


def kept_state(layer):
    """What a stateful layer kept of earlier calls. It is no weight, but giving it as initial_state does the same."""
    states = layer.states if getattr(layer, "stateful", False) and layer.built else None
    return [np.array(state) for state in tree.flatten(states) if state is not None and np.any(state)]


def arguments(layer, args, kwargs):
    """The parts of a call: how the inputs are handed over, inputs, masks, training flag, other arguments."""
    signature = inspect.signature(layer.call)
    bound = signature.bind(*args, **kwargs).arguments
    extra = [name for name, parameter in signature.parameters.items() if parameter.kind == parameter.VAR_KEYWORD]
    for name in extra:
        bound.update(bound.pop(name, {}))
    given = {name: value for name, value in bound.items() if value is not None}
    first = next(iter(bound))
    training = bool(given.pop("training", False))
    masks = [name for name in signature.parameters if name.endswith("_mask") and name[:-5] in signature.parameters]
    handed = [name for name in given if name == first or f"{name}_mask" in masks]
    inputs = [item for name in handed for item in listed(given.pop(name))]
    call = spread if len(handed) > 1 else plain_call
    carried = [backend.get_keras_mask(value) for value in inputs]
    if "mask" in given:
        mask = given.pop("mask")
        carried = [mask] if is_array(mask) else list(mask)
    for place, name in enumerate(handed):
        carried[place] = given.pop(f"{name}_mask", carried[place])
    if "initial_state" in given:
        inputs += listed(given.pop("initial_state"))
        carried += [None] * (len(inputs) - len(carried))
        call = with_state
    elif kept_state(layer):
        inputs += kept_state(layer)
        carried += [None] * (len(inputs) - len(carried))
        call = with_state
    if any(is_array(item) for value in given.values() for item in tree.flatten(value) if not is_array(value)):
        raise Left("nested inputs")
    others = {name: values(value) if is_array(value) else value for name, value in given.items()
              if is_array(value) or value is not signature.parameters[name].default}
    carried = [None if mask is None else mask_values(mask) for mask in carried]
    return {
        "call": call,
        "inputs": [values(value) for value in inputs],
        "masks": carried if any(mask is not None for mask in carried) else None,
        "training": training,
        "kwargs": others,
    }


def described(layer):
    """A layer's class and config, without the names that Keras made up: a layer made anew gets the first ones."""
    if not type(layer).__module__.startswith("keras.src.layers.") or type(layer).__module__.endswith("_test"):
        raise Left("a layer class of the test")
    if not hasattr(keras.layers, type(layer).__name__):
        raise Left("a layer class that is not public")
    if isinstance(layer, keras.layers.Lambda):
        raise Left("Python code in the config")
    if getattr(layer.dtype_policy, "quantization_mode", None):
        raise Left("quantized layer")
    if layer.dtype_policy.name != "float32":
        raise Left("another dtype than float32")
    if getattr(layer, "lora_enabled", False):
        raise Left("LoRA")
    try:
        written = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    except TypeError as error:
        raise Left("a config that JSON can't hold") from error
    unnamed(written)
    return written


def unnamed(node):
    if isinstance(node, list):
        for item in node:
            unnamed(item)
    if not isinstance(node, dict):
        return
    if node.get("class_name") == "__lambda__":
        raise Left("Python code in the config")
    module = str(node.get("module"))
    if isinstance(node.get("config"), dict) and "class_name" in node and (module == "None" or module.endswith("_test")):
        raise Left("a layer class of the test")
    own = re.sub(r"(?<!^)(?<![A-Z0-9])(?=[A-Z])|(?<=[a-z0-9])(?=[A-Z])", "_", str(node.get("class_name"))).lower()
    config = node.get("config")
    if isinstance(config, dict) and re.fullmatch(rf"{own}(_\d+)?", str(config.get("name")).replace("__", "_")):
        del config["name"]
    node.pop("build_config", None)
    node.pop("compile_config", None)
    for item in node.values():
        unnamed(item)


def made(written):
    return keras.saving.deserialize_keras_object(json.loads(json.dumps(written)))


# ---------------------------------------------------------------- watching the tests


class Recorder:
    """What one run of tests leaves: the calls in order, and why others were left out."""

    def __init__(self):
        self.calls, self.left, self.stack, self.test = [], Counter(), [], None
        self.tests = Counter()

    def leave(self, reason):
        self.left[str(reason)] += 1

    def add(self, kind, written, parts, **more):
        self.calls.append({"kind": kind, "test": self.test, "written": written, "literals": {}, **parts, **more})
        return self.calls[-1]

    def find(self, same):
        """The latest call with an output that `same` accepts, and the output's place."""
        for call in reversed(self.calls):
            for place, output in enumerate(call.get("objects", ())):
                if same(output):
                    return call, place
        return None

    def compared(self, actual, desired):
        """The call and the output that a test compares with a value, and the value."""
        found = [self.find(lambda output: output is value) for value in (actual, desired)]
        if all(found):
            return None  # two calls with the same result: each is an entry of its own
        if not any(found):  # perhaps a copy of an output
            found = [self.find(lambda output: equal(output, actual)), None]
        if not any(found):
            raise Left("a comparison of something other than a layer's output")
        return (*found[0], desired) if found[0] else (*found[1], actual)


def equal(output, value):
    return is_array(value) and np.size(value) > 1 and np.shape(value) == output.shape and np.array_equal(output, value)


def seeds(layer):
    return [np.array(generator.state.value) for generator in test_case.get_seed_generators(layer)]


def snapshot(layer):
    return [np.array(weight.value) for weight in layer.weights]


def watched_call(recorder, original):
    @wraps(original)
    def call(layer, *args, **kwargs):
        inside = any(not frame["model"] for frame in recorder.stack)
        frame = {"layer": layer, "model": isinstance(layer, Model)}
        if frame["model"] or inside or recorder.test is None:
            recorder.stack.append(frame)
            try:
                return original(layer, *args, **kwargs)
            finally:
                recorder.stack.pop()
        leaves = tree.flatten((args, kwargs))
        parts = None
        try:
            if any(is_symbolic(leaf) for leaf in leaves):
                raise Left("a symbolic call")
            written, parts = described(layer), arguments(layer, args, kwargs)
        except (Left, TypeError) as reason:
            recorder.leave(reason if isinstance(reason, Left) else "arguments of another kind")
        recorder.stack.append(frame)
        try:
            outputs = original(layer, *args, **kwargs)
        finally:
            recorder.stack.pop()
        if parts is not None:
            objects = [output for output in tree.flatten(outputs) if output is not None]
            if any(is_symbolic(output) for output in objects):
                recorder.leave("a symbolic call")
            else:
                weights = frame.get("weights", [])
                recorder.add("call", written, parts, objects=objects, held=weights)
        return outputs

    return call


def watched_build(recorder, original):
    """The weights before the call, of layers that the call itself builds."""

    @wraps(original)
    def build(layer, *args, **kwargs):
        result = original(layer, *args, **kwargs)
        if recorder.stack and recorder.stack[-1]["layer"] is layer and not recorder.stack[-1]["model"]:
            weights = [weight.value for weight in layer.weights]
            if not any(is_symbolic(weight) for weight in weights):
                recorder.stack[-1]["weights"] = [np.array(weight) for weight in weights]
        return result

    return build


def watched_assert(recorder, original):
    @wraps(original)
    def check(test, actual, desired, *args, **kwargs):
        original(test, actual, desired, *args, **kwargs)
        limits = inspect.signature(original).bind(test, actual, desired, *args, **kwargs).arguments
        try:
            found = recorder.compared(actual, desired)
        except Left as reason:
            recorder.leave(reason)
            return
        if found is None:
            return
        call, place, value = found
        shape = call["objects"][place].shape
        value = np.asarray(value, "float32") if np.asarray(value).dtype.kind == "f" else np.asarray(value)
        if value.shape != shape:
            value = np.broadcast_to(value, shape)
        limits = {name: limits[name] for name in ("atol", "rtol") if limits.get(name, 0) > 1e-6}
        call["literals"].setdefault(place, (value, limits))

    return check


EXPECTATIONS = {
    "expected_output_shape": "output_shape", "expected_mask_shape": "mask_shape",
    "expected_num_trainable_weights": "trainable_weights",
    "expected_num_non_trainable_weights": "non_trainable_weights",
    "expected_num_non_trainable_variables": "non_trainable_variables",
    "expected_num_seed_generators": "seed_generators", "expected_num_losses": "losses",
    "supports_masking": "supports_masking",
}


def recorded_layer_test(recorder, original):
    """Stands in for `run_layer_test`."""
    signature = inspect.signature(original)

    def run_layer_test(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        given = {name: value for name, value in bound.arguments.items() if value is not None}
        try:
            record_layer_test(recorder, given)
        except Left as reason:
            recorder.leave(reason)

    return run_layer_test


def record_layer_test(recorder, given):
    if given.get("input_sparse") or given.get("input_ragged"):
        raise Left("sparse or ragged inputs")
    silent, recorder.test = recorder.test, None
    try:
        layer = given["layer_cls"](**given.get("init_kwargs", {}))
        written = described(layer)
    finally:
        recorder.test = silent
    call_kwargs = given.get("call_kwargs", {})
    if "input_data" in given:
        data = given["input_data"]
    elif "input_shape" in given:
        data = random_inputs(given["input_shape"], given.get("input_dtype"), silent)
    else:
        raise Left("run_layer_test without inputs")
    expected = {short_name: given[name] for name, short_name in EXPECTATIONS.items() if name in given}
    if isinstance(data, dict):
        parts = arguments(layer, (), {**data, **call_kwargs})
    else:
        parts = arguments(layer, (data,), call_kwargs)
    call = recorder.add("layer test", written, parts, expected=expected)
    if "expected_output" in given:
        outputs = tree.flatten(given["expected_output"])
        call["literals"] = {place: (np.asarray(output), {}) for place, output in enumerate(outputs)}
        call["held"] = None


def random_inputs(shape, dtype, label):
    """Random tensors in the structure of a test's input shapes."""
    if isinstance(shape, dict):
        dtype = dtype or {}
        return {name.removesuffix("_shape"): random_inputs(item, dtype.get(name), label + name)
                for name, item in shape.items()}
    if not test_case.is_shape_tuple(shape):
        dtypes = dtype if isinstance(dtype, (list, tuple)) else [dtype] * len(shape)
        return [random_inputs(item, kind, f"{label}{place}") for place, (item, kind) in enumerate(zip(shape, dtypes))]
    dtype = dtype or "float32"
    seed = zlib.crc32(f"{label}{shape}".encode())
    if "int" in dtype:
        return np.random.RandomState(seed).randint(0, 3, shape).astype("int32")
    if dtype != "float32":
        raise Left("another dtype than float32")
    if np.prod(shape) > 4000:
        raise Left("too many values")
    if np.prod(shape) > 2000:
        return np.random.RandomState(seed).randint(-2047, 2048, shape).astype("float32") / 1024
    return floats(shape, seed)


def no_training(*_, **__):
    raise unittest.SkipTest("what a test finds after training is no single call")


def eager_prediction(model, inputs, **_):
    """Compiled, a model would hide the outputs of its layers."""
    if not is_array(inputs):
        raise unittest.SkipTest("data that is no array")
    return np.asarray(model(inputs))


def watched(recorder):
    """Puts the recorder between Keras and its tests."""
    base = test_case.TestCase
    Layer.__call__ = watched_call(recorder, Layer.__call__)
    Layer._maybe_build = watched_build(recorder, Layer._maybe_build)
    Model.fit = no_training
    Model.predict = eager_prediction
    base.assertAllClose = watched_assert(recorder, base.assertAllClose)
    base.assertAllEqual = watched_assert(recorder, base.assertAllEqual)
    base.run_layer_test = recorded_layer_test(recorder, base.run_layer_test)


def stand_in_for_conftest():
    """Some test files import this decorator from a file that the wheel lacks."""
    def skip_if_backend(name, reason):
        return unittest.skipIf(name == backend.backend(), reason)

    sys.modules["conftest"] = types.SimpleNamespace(skip_if_backend=skip_if_backend)


def tests_of(area, name):
    module = importlib.import_module(f"keras.src.layers.{area}.{name}_test")
    suites = [unittest.defaultTestLoader.loadTestsFromTestCase(item) for item in vars(module).values()
              if inspect.isclass(item) and issubclass(item, unittest.TestCase) and item.__module__ == module.__name__]
    return [test for suite in suites for test in suite]


def run_tests(recorder, area):
    for name in AREAS[area].split():
        for test in tests_of(area, name):
            method = test._testMethodName
            if any(word in method for word in OTHER_TOPICS.split()):
                recorder.tests["not run: of another topic"] += 1
                continue
            keras.utils.set_random_seed(zlib.crc32(f"{name} {method}".encode()))
            recorder.test = f"layers.{area}.{name}_test::{type(test).__name__}::{method}"
            result = unittest.TestResult()
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
                test.run(result)
            for call in recorder.calls:
                call.pop("objects", None)
            broken = [trace.strip().splitlines()[-1] for _, trace in result.failures + result.errors]
            # unittest takes a skip of pytest for an error.
            skipped = result.skipped or any(line.startswith("Skipped:") for line in broken)
            recorder.tests["skipped" if skipped else "failed" if broken else "passed"] += 1
            if broken and not skipped:
                print(f"{recorder.test}: {broken[0][:100]}")
            recorder.test = None
        jax.clear_caches()


# ---------------------------------------------------------------- from a call's parts to an entry


def largest(arrays):
    return max((np.size(array) for array in arrays), default=0)


def smaller(call, size):
    """The same call with a smaller batch."""
    batch = call["inputs"][0].shape[:1]
    if batch <= (size,):
        return call

    def first(value):
        return value[:size] if hasattr(value, "shape") and value.shape[:1] == batch else value

    def one(shape):
        return (size, *shape[1:]) if test_case.is_shape_tuple(shape) and shape[:1] == batch else shape

    return call | {
        "inputs": list(map(first, call["inputs"])),
        "masks": call["masks"] and list(map(first, call["masks"])),
        "kwargs": {name: first(value) for name, value in call["kwargs"].items()},
        "literals": {place: (first(value), limits) for place, (value, limits) in call["literals"].items()},
        "expected": {name: one(shape) if name.endswith("_shape") else shape
                     for name, shape in call.get("expected", {}).items()},
    }


def draws(call):
    """Whether the layer draws random numbers in this call."""
    if not call["training"]:
        return False
    keras.utils.clear_session()
    layer = made(call["written"])
    if not test_case.get_seed_generators(layer):
        return False
    handed = call["kwargs"] | {"training": True}
    call["call"](layer, call["inputs"], handed)
    before = seeds(layer)
    call["call"](layer, call["inputs"], handed)
    return any(not np.array_equal(old, new) for old, new in zip(before, seeds(layer)))


def entry_of(call, label):
    if draws(call):
        if call["kind"] != "layer test":
            raise Left("random outputs")
        call = call | {"training": False}
    for size in (2, 1):
        if largest(call["inputs"]) > ENOUGH_VALUES:
            call = smaller(call, size)
    if largest(call["inputs"]) > MAX_VALUES:
        raise Left("too many values")
    entry = made_entry(call, label)
    sizes = [len(tensor["data"]) for tensor in entry["inputs"] + entry["outputs"] + entry["weights"]]
    expects = call["literals"] or call.get("expected")
    if max(sizes) > MAX_VALUES or sum(sizes) > MAX_OF_ALL // (1 if expects else 2):
        raise Left("too many values")
    return entry


def is_stateful(written):
    return '"stateful": true' in json.dumps(written)


def made_entry(call, label):
    held = call.get("held") if call["literals"] else None
    remaining = iter(held or ())

    def weight(name, shape, rng):
        value = next(remaining) if held else None
        while held and not np.issubdtype(value.dtype, np.floating):
            value = next(remaining)
        return value

    inputs = call["inputs"]
    if not call["literals"]:
        inputs = [short(value) if value.dtype.kind == "f" else value for value in inputs]
    options = {
        "masks": call["masks"], "kwargs": call["kwargs"], "training": call["training"], "call": call["call"],
        "weights": weight, "gradients": False, "batch": len(inputs[0]) if is_stateful(call["written"]) else None,
    }  # fmt: skip
    try:
        entry = case(label, lambda: made(call["written"]), inputs, **options)
    except Exception:  # some layers can't be called with an unknown batch
        if is_stateful(call["written"]):
            raise  # making it anew without a symbolic call would change the state
        remaining = iter(held or ())
        entry = case(label, lambda: made(call["written"]), inputs, **options, symbolic=False)
    check_expectations(entry, call)
    for place, (value, limits) in call["literals"].items():
        put_literal(entry, place, value, limits)
    entry["test"] = call["test"]
    if call.get("expected"):
        entry["expected"] = call["expected"]
    return entry


def put_literal(entry, place, value, limits):
    output = entry["outputs"][place]
    value = values(value).astype(output.get("dtype", "float32"))
    slack = {"atol": 1e-6, "rtol": 1e-6} | limits
    if not np.allclose(np.reshape(output["data"], output["shape"]).astype("float64"), value, equal_nan=True,
                       atol=2 * slack["atol"], rtol=2 * slack["rtol"]):  # fmt: skip
        raise Left("a result that does not come back")
    entry["outputs"][place] = tensor(value)
    for name, limit in limits.items():
        entry[name] = max(limit, entry.get(name, 0))


def check_expectations(entry, call):
    """What the test expects holds for the entry's layer too, so nothing was lost on the way."""
    expected = call.get("expected", {})
    trainable = sum(weight["trainable"] for weight in entry["weights"])
    facts = {
        "trainable_weights": trainable,
        "non_trainable_weights": len(entry["weights"]) - trainable,
        "supports_masking": entry["supports_masking"],
    }
    if len(entry["outputs"]) == 1:
        facts["output_shape"] = entry["outputs"][0]["shape"]
    for name, fact in facts.items():
        wanted = expected.get(name, fact)
        if (list(wanted) if isinstance(wanted, tuple) else wanted) != fact:
            raise Left(f"another {name} than the test expects")


# ---------------------------------------------------------------- files


def likeness(call):
    """What makes two calls the same case: everything but the values of the inputs, for calls without literals."""
    def form(value):
        if call["literals"]:
            return json.dumps([np.shape(value), np.asarray(value).ravel().tolist()])
        return f"{np.shape(value)} {np.asarray(value).dtype}" if value is not None else None

    kwargs = {name: form(value) if hasattr(value, "dtype") else value for name, value in call["kwargs"].items()}
    masks = [form(mask) for mask in call["masks"] or ()]
    return json.dumps([bool(call["literals"]), call["written"], list(map(form, call["inputs"])), masks, kwargs,
                       call["training"]], default=str)  # fmt: skip


def chosen(recorder):
    """The calls without duplicates, and few of a test with very many parameters."""
    different, seen = [], set()
    for call in recorder.calls:
        if likeness(call) in seen:
            recorder.leave("the same again")
            continue
        seen.add(likeness(call))
        different.append(call)
    tests = defaultdict(list)
    for call in different:
        tests[call["test"].rstrip("0123456789")].append(call)
    for calls in tests.values():
        step = max(1, len(calls) / MAX_OF_A_TEST)
        kept = [calls[int(place * step)] for place in range(min(len(calls), MAX_OF_A_TEST))]
        recorder.left.update({"one of very many in its test": len(calls) - len(kept)})
        yield from kept


def entries_of(recorder):
    entries, labels = [], Counter()
    for call in chosen(recorder):
        method = call["test"].rsplit("::", 1)[1].removeprefix("test_")
        class_name = call["written"]["class_name"]
        labels[class_name, method] += 1
        count = labels[class_name, method]
        try:
            with warnings.catch_warnings(action="ignore"):
                entries.append(entry_of(call, method if count == 1 else f"{method} {count}"))
        except Left as reason:
            recorder.leave(reason)
        except Exception as error:  # one call must not cost the others
            recorder.leave(f"{type(error).__name__} in making the entry anew")
            print(f"{call['test']}: {str(error).strip().splitlines()[-1][:100]}")
    return shorter(entries, recorder)


def shorter(entries, recorder):
    """Without the longest entries, where the file would be too long."""
    lengths = [len(json.dumps(entry)) for entry in entries]
    for place in sorted(range(len(entries)), key=lambda place: -lengths[place]):
        if sum(lengths) > LONGEST_FILE:
            recorder.leave("too long a file: the longest entries")
            lengths[place], entries[place] = 0, None
    return [entry for entry in entries if entry]


def main():
    recorder = Recorder()
    watched(recorder)
    stand_in_for_conftest()
    for area in AREAS:
        if len(sys.argv) > 1 and area not in sys.argv[1:]:
            continue
        recorder.__init__()
        run_tests(recorder, area)
        entries = entries_of(recorder)
        write_family(f"keras_{area}", entries)
        print(f"  tests: {dict(recorder.tests)}")
        for reason, count in sorted((+recorder.left).items()):
            print(f"  left out: {count} x {reason}")


if __name__ == "__main__":
    main()
