"""Writes what fuzzing begins with into fuzz/corpus: the models of the fixtures, and each layer of them alone."""

import json
import pathlib
import shutil
import zipfile

FUZZ = pathlib.Path(__file__).parent
FIXTURES = FUZZ.parent / "tests/keras/fixtures"


def model_of(case):
    """A Sequential of the layer of a case, if it takes one input."""
    if len(case.get("inputs", [])) != 1:
        return None
    shape = [None, *case["inputs"][0]["shape"][1:]]
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": shape, "name": "input"}},
        {"class_name": case["class_name"], "config": case["config"]},
    ]
    return {"class_name": "Sequential", "config": {"name": "model", "layers": layers}}


def folder(name):
    path = FUZZ / "corpus" / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def read(path):
    return json.loads((FIXTURES / path).read_text())


configs = [case["model"] for case in read("graphs.json")]
small = json.loads(zipfile.ZipFile(FIXTURES / "files/small.keras").read("config.json"))
configs.append(small)
for path in sorted((FIXTURES / "layers").glob("*.json")):
    seen = set()
    for case in json.loads(path.read_text()):
        # Of each class the first three cases.
        if sum(name == case["class_name"] for name, _ in seen) < 3 and (model := model_of(case)):
            seen.add((case["class_name"], case["case"]))
            model["compile_config"] = small["compile_config"]
            configs.append(model)
for at, config in enumerate(configs):
    (folder("config") / f"seed_{at}.json").write_text(json.dumps(config))
for path in (FIXTURES / "files").glob("**/*.*"):
    if path.suffix in [".h5", ".keras"]:
        shutil.copy(path, folder("load_keras" if path.suffix == ".keras" else "load_h5"))
weights = zipfile.ZipFile(FIXTURES / "files/small.keras").read("model.weights.h5")
for at, config in enumerate(configs):
    with zipfile.ZipFile(folder("load_keras") / f"seed_{at}.keras", "w") as file:
        file.writestr("metadata.json", '{"keras_version": "3.15.1", "date_saved": "2026-01-01@00:00:00"}')
        file.writestr("config.json", json.dumps(config))
        file.writestr("model.weights.h5", weights)
