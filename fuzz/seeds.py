"""Writes what fuzzing begins with into fuzz/corpus: the models of the fixtures, each layer of them alone, and arrays."""

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


def npy(descr, shape, values, fortran_order=False):
    """A .npy file of these bytes."""
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran_order}, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + values


arrays = {
    "f4": npy("<f4", "(2, 3)", bytes(24)),
    "f8": npy(">f8", "(3,)", b"\x7f\xe1\xcc\xf3\x85\xeb\xc8\xa0" * 3),
    "f2": npy("<f2", "()", b"\x00\x3e"),
    "i8": npy("<i8", "(2, 2)", bytes(range(32)), fortran_order=True),
    "b1": npy("|b1", "(0, 4)", b""),
    "text": npy("<U2", "(2, 1)", "né\0a".encode("utf-32-le")),
    "bytes": npy("|S3", "(2,)", b"abcd\0\0"),
}
for name, array in arrays.items():
    (folder("npy") / f"{name}.npy").write_bytes(array)
for method in [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]:
    with zipfile.ZipFile(folder("npz") / f"all_{method}.npz", "w", method) as file:
        for name, array in arrays.items():
            file.writestr(f"{name}.npy", array)
for path in (FIXTURES / "cli").glob("*.npz"):
    shutil.copy(path, folder("npz"))
# What is trained are the same files that are loaded.
shutil.copytree(folder("load_keras"), folder("train"), dirs_exist_ok=True)
