"""Round trips of `.keras` files: from Keras to Horn, and back.

    pip install keras==3.15.1 jax==0.10.2 numpy==2.4.6 h5py==3.16.0
    python round_trip.py make FOLDER [--large] [name ...]   # Keras writes models
    cargo test --workspace --test horn round_trips          # Horn reads them and writes its own; it runs both commands
    python round_trip.py check FOLDER                       # Keras reads what Horn wrote
    python round_trip.py fixtures PREFIX FILE ...           # Keras, also an older one, writes files for the repository

Some layers of preprocessing need TensorFlow (tensorflow-cpu) with Keras, and are left out without it. Models of texts are
on its backend, in a process of their own: JAX has no strings.

In FOLDER:

- cases.json: {"name", "compiled", "tolerance", "texts", "why"} of each model; "why" where the tolerance is not 1e-5.
- NAME.keras: the model, with random weights. A compiled one has learned three steps.
- NAME.json: {"x", "y"}, lists of tensors as in make_fixtures, texts as {"shape", "texts"}: inputs, and what the model
  makes of them. For a compiled
  model also "targets": with x, in batches of four and in order, they are three more steps.
- trained/NAME.keras: the model that Keras reads from NAME.keras and trains these three steps.
- horn/NAME.keras, horn-trained/NAME.keras: the same two, by Horn.
- own/NAME.keras, own/NAME.json: models that Horn has made itself.

`check` demands that Keras reads Horn's files without a warning; that outputs are the same to 1e-5; that weights and
the optimizer's variables are the same bit for bit, in the same places of the file; that the configuration is the same;
and that weights and the optimizer's variables after the three steps are the same to 1e-5.

`fixtures` writes to fixtures/files/models, in the same form but without targets. FILE is the name of a model and one of
the endings .keras, .h5 (the format before Keras 3) and .weights.h5 (for which the model has a .keras, too). What is there
was made by these commands, the first with tensorflow-cpu==2.21.0, the others with the version that the prefix says:

    fixtures "" nested_called_twice.keras normalization.keras masked_branches.keras bfloat16.keras lookups.keras \\
        built_when_called.keras pixels.keras nested_inputs.keras products_with_arrays.keras \\
        layers_of_applications.keras \\
        bins.keras hashes.keras two_and_two.keras two_and_two.weights.h5 convnet_trained.h5 masked_embedding.h5 \\
        nested_sequential.h5 functions.h5 masked_blocks.h5
    ROUND_TRIP_BACKEND=tensorflow: fixtures "" reviews.keras weighted_words.keras categories_of_texts.keras \\
        words_without_an_input.keras
    fixtures v3_0_5_ masked_embedding.keras nested_sequential.keras rmsprop_with_momentum.keras
    fixtures v3_3_3_ two_and_two.keras
    fixtures v3_6_0_ convnet_trained.keras
    fixtures v3_9_0_ masked_blocks.keras
"""

import argparse
import importlib.util
import json
import logging
import os
import re
import subprocess
import sys
import time
import warnings
import zipfile
from pathlib import Path

# Small models are compiled once and run once or twice.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.stdout.reconfigure(encoding="utf-8")

import round_trip_models as models  # first: it chooses the backend  # isort: skip

import h5py
import jax
import keras
import numpy as np

TOLERANCE = 1e-5


@keras.saving.register_keras_serializable()
class Affine(keras.layers.Layer):
    """What a user of Horn might write in Rust, and in Python again: x * scale + shift."""

    def __init__(self, shift=0.0, **kwargs):
        super().__init__(**kwargs)
        self.shift = shift

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],))

    def call(self, x):
        return x * self.scale + self.shift

    def get_config(self):
        return {**super().get_config(), "shift": self.shift}


# ---------------------------------------------------------------- values


def tensor(value):
    array = np.asarray(value)
    if array.dtype.kind == "U":
        return {"shape": list(array.shape), "texts": array.ravel().tolist()}
    if array.dtype.kind not in "iub":
        array = array.astype("float32")
        assert np.isfinite(array).all()
        # The shortest digits that give the same float32.
        return {"shape": list(array.shape), "data": [float(str(item)) for item in array.ravel()]}
    return {"shape": list(array.shape), "data": array.ravel().tolist()}


def array(tensor, dtype="float32"):
    if "texts" in tensor:
        return np.array(tensor["texts"]).reshape(tensor["shape"])
    return np.array(tensor["data"]).reshape(tensor["shape"]).astype(dtype)


def graph_of(model):
    return getattr(model, "_functional", None) or model


def arranged(model, x):
    """Inputs in the form that the model takes."""
    return packed(graph_of(model)._inputs_struct, [keras.ops.convert_to_tensor(x) if is_texts(x) else x for x in x])


def is_texts(array):
    return array.dtype.kind == "U"


def packed(structure, values):
    """Values in the lists and dicts of the structure; dicts are in the order of their keys."""
    return keras.tree.pack_sequence_as(structure, list(values))


def listed(outputs):
    """All outputs of a structure, dicts in the order of their keys."""
    return keras.tree.flatten(outputs)


def predict(model, x):
    outputs = model.predict(arranged(model, x), batch_size=len(x[0]), verbose=0)
    return [np.asarray(output).astype("float32") for output in listed(outputs)]


def fit(model, x, y):
    y = packed(graph_of(model)._outputs_struct, y)
    model.fit(arranged(model, x), y, batch_size=4, epochs=1, shuffle=False, verbose=0)


# ---------------------------------------------------------------- Keras writes


def make(folder, only, large):
    """Models of texts are made in a process of their own, on TensorFlow: `only` names them there."""
    for part in ("trained", "horn", "horn-trained", "own"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    has_tensorflow = importlib.util.find_spec("tensorflow") is not None
    wanted = [
        name
        for name, make in models.CASES.items()
        if name in only or not only and (large or not make.large) and (has_tensorflow or not make.tensorflow)
    ]
    of_texts = [] if ON_TENSORFLOW else [name for name in wanted if models.CASES[name].texts]
    path = folder / "cases.json"
    cases = json.loads(path.read_text()) if ON_TENSORFLOW else []
    for name in wanted:
        if name in of_texts:
            continue
        start = time.perf_counter()
        made = models.make(name)
        cases.append(made_case(folder, name, made))
        print(f"{time.perf_counter() - start:6.2f} s  {name}", flush=True)
    path.write_text(json.dumps(cases, indent=1))
    if of_texts:
        if beside("make", folder, of_texts, "tensorflow").wait() != 0:
            sys.exit(1)
    elif not ON_TENSORFLOW:
        print(f"{len(cases)} models, {'with' if has_tensorflow else 'without'} those that need TensorFlow")


ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


def beside(command, folder, names, backend=None):
    """Starts this program for these models in a process of its own, also on another backend."""
    environment = {**os.environ, **({"ROUND_TRIP_BACKEND": backend} if backend else {})}
    return subprocess.Popen([sys.executable, __file__, command, folder, *names], env=environment)


def made_case(folder, name, made):
    """Writes the files of a case."""
    path = folder / f"{name}.keras"
    if made.y is not None:
        fit(made.model, [x[::-1] for x in made.x], [y[::-1] for y in made.y])
    made.model.save(path)
    entry = {"x": made.x, "y": predict(made.model, made.x)}
    if made.y is not None:
        entry["targets"] = made.y
        trained = keras.models.load_model(path)
        fit(trained, made.x, made.y)
        trained.save(folder / f"trained/{name}.keras")
    content = {key: [tensor(value) for value in values] for key, values in entry.items()}
    (folder / f"{name}.json").write_text(json.dumps(content))
    case = {"name": name, "compiled": made.y is not None, "tolerance": made.tolerance, "texts": models.CASES[name].texts}
    return {**case, "why": made.why} if made.why else case


def fixtures(prefix, names):
    """Writes the files, and adds them to the list."""
    folder = Path(__file__).parent / "fixtures/files/models"
    folder.mkdir(exist_ok=True)
    index = folder / "cases.json"
    cases = {case["name"]: case for case in json.loads(index.read_text())} if index.exists() else {}
    for name in names:
        name, ending = name.split(".", 1)
        made = models.make(name)
        if made.y is not None:
            fit(made.model, made.x, made.y)
        path = folder / f"{prefix}{name}.{ending}"
        if ending == "weights.h5":
            made.model.save_weights(path)
        else:
            made.model.save(path)
        content = {"x": made.x, "y": predict(made.model, made.x)}
        content = {key: [tensor(value) for value in values] for key, values in content.items()}
        (folder / f"{prefix}{name}.json").write_text(json.dumps(content) + "\n")
        compiled = made.y is not None and ending != "weights.h5"
        cases[path.name] = {"name": path.name, "compiled": compiled, "tolerance": made.tolerance}
    lines = ",\n".join(json.dumps(cases[name]) for name in sorted(cases))
    index.write_text(f"[\n{lines}\n]\n")


def config_of(path):
    """The configuration of the model in a file, with the vocabularies that the file has beside it."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        place_vocabularies(config, archive)
    return config


def place_vocabularies(model, archive):
    """Gives layers the vocabularies that they have learned. Horn writes them as if they had been given."""
    for layer in model["config"]["layers"]:
        config = layer["config"]
        if "vocabulary" in config and config["vocabulary"] is None:
            tokens = archive.read(f"assets/layers/{config['name']}/vocabulary.txt").decode().splitlines()
            config["vocabulary"] = [int(token) for token in tokens] if layer["class_name"] == "IntegerLookup" else tokens


# ---------------------------------------------------------------- Keras reads


class Complaints(logging.Handler):
    """Collects what is logged."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


def load(path):
    """The model in a file, and what is complained of meanwhile."""
    complaints = Complaints()
    loggers = [logging.getLogger(), logging.getLogger("absl")]
    for logger in loggers:
        logger.addHandler(complaints)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            model = keras.models.load_model(path)
    finally:
        for logger in loggers:
            logger.removeHandler(complaints)
    return model, {str(warning.message) for warning in warned} | set(complaints.messages)


def load_strictly(path, known=frozenset()):
    """The model in a file. A warning is an error, but for what Keras says of its own file, too."""
    model, warned = load(path)
    if warned - known:
        raise ValueError(f"Keras warns: {sorted(warned - known)}")
    return model


def difference(received, expected):
    """The largest difference, relative to the expected value where that is more than 1."""
    received, expected = (np.asarray(value).astype("float64") for value in (received, expected))
    if received.shape != expected.shape:
        return np.inf
    found = abs(received - expected) / np.maximum(1, abs(expected))
    return float(found.max(initial=0)) if np.isfinite(found).all() else np.inf


def compare(what, received, expected, tolerance):
    if len(received) != len(expected):
        yield f"{len(received)} {what}, and not {len(expected)}"
        return
    for at, pair in enumerate(zip(received, expected)):
        found = difference(*pair)
        if found > tolerance:
            yield f"{what} {at} of {len(expected)} differs by {found:.3g} (shapes {pair[0].shape} and {pair[1].shape})"


def variables(model):
    """Values of the weights and of what the optimizer remembers, with names for messages."""
    # Keras numbers those without a name in the process.
    name = lambda variable: re.sub(r"(^|/)variable(_[0-9]+)?$", r"\1variable", variable.path)  # noqa: E731
    found = [(name(weight), np.asarray(weight.value)) for weight in model.weights]
    if model.compiled:
        found += [(f"optimizer/{name(variable)}", np.asarray(variable.value)) for variable in model.optimizer.variables]
    return found


def compare_variables(received, expected, tolerance):
    """Without a tolerance every bit counts."""
    received, expected = variables(received), variables(expected)
    names, expected_names = ([path for path, _ in found] for found in (received, expected))
    if names != expected_names:
        yield f"variables {names}, and not {expected_names}"
        return
    for (name, one), (_, other) in zip(received, expected):
        if tolerance is None:
            if one.dtype != other.dtype or one.shape != other.shape or one.tobytes() != other.tobytes():
                yield f"{name} is not the same: {one.dtype} {one.shape}, differs by {difference(one, other):.3g}"
        elif difference(one, other) > tolerance:
            yield f"{name} differs by {difference(one, other):.3g}"


def datasets(path):
    """Where the file keeps each array, and each name."""
    found, names = {}, {}
    with zipfile.ZipFile(path) as archive, h5py.File(archive.open("model.weights.h5")) as file:

        def visit(path, item):
            if isinstance(item, h5py.Dataset):
                found[path] = (item.shape, np.asarray(item[()]).tobytes(), item.dtype)
            elif "name" in item.attrs:
                names[path] = item.attrs["name"]

        file.visititems(visit)
    return found, names


def compare_files(received, expected):
    (received, names), (expected, expected_names) = datasets(received), datasets(expected)
    for path in sorted(received.keys() | expected.keys()):
        one, other = received.get(path), expected.get(path)
        if one is None or other is None:
            yield f"the array {path} is {'missing' if one is None else 'not in the original'}"
        elif path == "optimizer/vars/0" and int.from_bytes(one[1], "little") == int.from_bytes(other[1], "little"):
            # The number of steps: an int32 on JAX, as in Horn, an int64 on TensorFlow.
            continue
        elif one != other:
            yield f"the array {path} is {one[2]} {one[0]}, and not {other[2]} {other[0]}, or of other values"
    # Keras doesn't read the names. Horn leaves out those of parts without weights and of the optimizer.
    for path in sorted(names):
        if names[path] != expected_names.get(path):
            yield f"{path} has the name {names[path]!r}, and not {expected_names.get(path)!r}"


# With what a model was compiled, Keras writes as it was given: "mse", where Horn writes the class. And which objects are
# one and the same it writes by their place in memory.
LEFT_OUT = {"compile_config", "shared_object_id"}


def comparable(config):
    """A configuration without what may differ."""
    if isinstance(config, list):
        return [comparable(item) for item in config]
    if not isinstance(config, dict):
        return config
    config = {key: comparable(value) for key, value in config.items() if key not in LEFT_OUT}
    if config.get("class_name") == "Normalization" and "build_config" in config:
        # Of one that was adapted Keras notes the number of samples that it learned from.
        config["build_config"]["input_shape"][0] = None
    return config


def nearly(received, expected):
    """Floats may differ in their last bit, by which JSON's digits are read."""
    both = isinstance(received, float) and isinstance(expected, float)
    return both and abs(received - expected) <= 4e-16 * abs(expected)


# Stands for what is not there, which is not the same as null.
NOTHING = "nothing"


def config_differences(received, expected, place=""):
    """Where two configurations part."""
    if isinstance(received, dict) and isinstance(expected, dict):
        for key in sorted(received.keys() | expected.keys()):
            yield from config_differences(received.get(key, NOTHING), expected.get(key, NOTHING), f"{place}/{key}")
    elif isinstance(received, list) and isinstance(expected, list) and len(received) == len(expected):
        for at, pair in enumerate(zip(received, expected)):
            yield from config_differences(*pair, f"{place}/{at}")
    elif received != expected and not nearly(received, expected):
        yield f"config.json{place} is {json.dumps(received)[:200]}, and not {json.dumps(expected)[:200]}"


def problems_of(folder, case):
    name = case["name"]
    content = json.loads((folder / f"{name}.json").read_text())
    original, written = folder / f"{name}.keras", folder / f"horn/{name}.keras"
    if not written.exists():
        yield "Horn has not written it"
        return
    expected, known = load(original)
    received = load_strictly(written, known)
    if expected.compiled != received.compiled:
        yield f"compiled: {received.compiled}, and not {expected.compiled}"
        return
    x = inputs_of(received, content["x"])
    yield from compare("outputs", predict(received, x), [array(y) for y in content["y"]], TOLERANCE)
    yield from compare_variables(received, expected, None)
    yield from compare_files(written, original)
    yield from config_differences(comparable(config_of(written)), comparable(config_of(original)))
    if not case["compiled"]:
        return
    written = folder / f"horn-trained/{name}.keras"
    if not written.exists():
        yield "Horn has not trained it"
        return
    expected, known = load(folder / f"trained/{name}.keras")
    received = load_strictly(written, known)
    # Where Keras computes in another precision, all else is the same, but not what is learned.
    yield from (f"after training: {found}" for found in compare_variables(received, expected, case["tolerance"]))


def inputs_of(model, tensors):
    return [array(x, given.dtype) for x, given in zip(tensors, graph_of(model).inputs)]


def own_problems(path):
    content = json.loads(path.with_suffix(".json").read_text())
    model = load_strictly(path)
    outputs = predict(model, inputs_of(model, content["x"]))
    yield from compare("outputs", outputs, [array(y) for y in content["y"]], TOLERANCE)
    # Keras would have written all values to the same places.
    again = path.with_suffix(".again.keras")
    model.save(again)
    yield from compare_files(path, again)


def check(folder, only):
    cases = json.loads((folder / "cases.json").read_text())
    tasks = [(case["name"], problems_of, (folder, case)) for case in cases]
    of_texts = {case["name"] for case in cases if case["texts"]}
    for path in sorted((folder / "own").glob("*.keras")):
        if not path.stem.endswith(".again"):
            tasks.append((f"Horn's own {path.stem}", own_problems, (path,)))
            if any("texts" in x for x in json.loads(path.with_suffix(".json").read_text())["x"]):
                of_texts.add(tasks[-1][0])
    tasks = [task for task in tasks if not only or task[0] in only]
    elsewhere = [] if ON_TENSORFLOW else [name for name, *_ in tasks if name in of_texts]
    tasks = [task for task in tasks if task[0] not in elsewhere]
    # Models of texts are checked on their backend, and half of the others on another core.
    started = [beside("check", folder, elsewhere, "tensorflow")] if elsewhere else []
    if not only and len(tasks) > 8:
        started.append(beside("check", folder, [name for name, *_ in tasks[1::2]]))
        tasks = tasks[::2]
    wrong = 0
    for name, find, arguments in tasks:
        start = time.perf_counter()
        try:
            problems = list(find(*arguments))
        except Exception as error:
            problems = [f"{type(error).__name__}: {str(error)[:1500]}"]
        wrong += bool(problems)
        lines = [f"{time.perf_counter() - start:6.2f} s  {name}{': WRONG' if problems else ''}"]
        lines += [f"          {problem}" for problem in problems[:12]]
        if len(problems) > 12:
            lines.append(f"          and {len(problems) - 12} more")
        # At once, as another process prints, too.
        print("\n".join(lines), flush=True)
    print(f"{len(tasks) - wrong} of {len(tasks)} models are the same in Keras and Horn", flush=True)
    ended = [process.wait() for process in started]
    return wrong == 0 and not any(ended)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("command", choices=["make", "check", "fixtures"])
    parser.add_argument("folder", help="for the fixtures, what their names begin with")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--large", action="store_true", help="make the applications, too")
    arguments = parser.parse_args()
    if arguments.command == "fixtures":
        return fixtures(arguments.folder, arguments.names)
    folder = Path(arguments.folder).resolve()
    # What `make` has compiled is there for `check`.
    jax.config.update("jax_compilation_cache_dir", str(folder / "compiled"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    if arguments.command == "make":
        make(folder, arguments.names, arguments.large)
    elif not check(folder, arguments.names):
        sys.exit(1)


if __name__ == "__main__":
    main()
