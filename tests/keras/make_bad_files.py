"""Makes the files under fixtures/files: good ones of every kind, and ones that try to harm who reads them.

    KERAS_BACKEND=jax python tests/keras/make_bad_files.py

The good ones are written by Keras and h5py; crates/horn-keras/src/corrupted_files.rs truncates and corrupts them, too. Most bad
ones are HDF5 files with something in them that no model has.
"""

import json
import os
import struct
import zlib
from pathlib import Path

import h5py
import keras
import ml_dtypes
import numpy as np

HERE = Path(__file__).parent / "fixtures" / "files"


def model():
    """A small model with an optimizer's state."""
    keras.utils.set_random_seed(1)
    x = keras.Input((3,), name="x")
    hidden = keras.layers.Dense(4, activation="relu", name="hidden")(x)
    result = keras.Model(x, keras.layers.Dense(2, name="scores")(hidden), name="small")
    result.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
    result.fit(np.ones((4, 3), "float32"), np.ones((4, 2), "float32"), verbose=0)
    return result


def good():
    small = model()
    small.save(HERE / "small.keras")
    small.save_weights(HERE / "small.weights.h5")
    small.save(HERE / "small.h5")
    values = {name: weight.numpy().tolist() for name, weight in ((w.path, w) for w in small.weights + small.optimizer.variables)}
    (HERE / "small.json").write_text(json.dumps(values) + "\n")


NUMBERS = {
    "float16": [1.5, -2.0, 6e-8, 65504.0, float("inf"), 0.1],
    "float32": [1.5, -0.0, 1e-45, 3.4e38, float("-inf"), 0.1],
    "float64": [1.5, -2.0, 5e-324, 1e308, float("inf"), 0.1],
    "int8": [-128, 127, 0, 1, -1, 5],
    "int16": [-32768, 32767, 0, 1, -1, 5],
    "int32": [-(2**31), 2**31 - 1, 0, 1, -1, 5],
    "int64": [-(2**63), 2**63 - 1, 0, 1, -1, 5],
    "uint8": [0, 255, 1, 2, 3, 5],
    "uint16": [0, 65535, 1, 2, 3, 5],
    "uint32": [0, 2**32 - 1, 1, 2, 3, 5],
    "uint64": [0, 2**64 - 1, 1, 2, 3, 5],
    "bool": [True, False, True, True, False, False],
}


def dtypes(name, libver):
    """Every dtype, in every storage that h5py has."""
    with h5py.File(HERE / name, "w", libver=libver) as file:
        for dtype, values in NUMBERS.items():
            array = np.array(values, dtype).reshape(2, 3)
            file[f"plain/{dtype}"] = array
            if dtype != "bool":
                file[f"big_endian/{dtype}"] = array.astype(array.dtype.newbyteorder(">"))
        bfloat16 = file.create_dataset("plain/bfloat16", data=np.array([[1.5, -2.0, 0.1]], ml_dtypes.bfloat16).view("V2"))
        bfloat16.attrs["dtype"] = "bfloat16"
        array = np.arange(600, dtype="float32").reshape(20, 30)
        stored = file.create_group("stored")
        stored.create_dataset("gzip", data=array, chunks=(7, 30), compression="gzip")
        stored.create_dataset("shuffled", data=array, chunks=(20, 9), compression="gzip", shuffle=True)
        stored.create_dataset("lzf", data=array, chunks=(20, 30), compression="lzf", fletcher32=True)
        stored.create_dataset("chunks", data=array, chunks=(6, 7))
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((2, 3))
        compact = h5py.h5d.create(stored.id, b"compact", h5py.h5t.IEEE_F32LE, space, creation)
        compact.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(6, dtype="float32").reshape(2, 3))
        stored["scalar"] = np.float32(2.5)
        stored["empty"] = np.zeros((0, 4), "float32")
        stored.create_dataset("text", data="no number")
        stored.create_dataset("pair", data=np.zeros(2, [("a", "f4"), ("b", "i4")]))
        stored.attrs["text"] = "Grüße"
        stored.attrs["bytes"] = b"bytes"
        stored.attrs["fixed"] = np.bytes_(b"fixed")
        stored.attrs["texts"] = ["one", "zwei", ""]
        stored.attrs["fixed_texts"] = np.array([b"a", b"bcd"])
        stored.attrs["empty"] = []
        stored.attrs["number"] = 7
        stored.attrs["numbers"] = np.array([0.5, 1.5], "float32")
        stored.attrs["pair"] = np.zeros((), [("a", "f4"), ("b", "i4")])
        stored.attrs["long0"] = ["a", "b"]
        stored.attrs["long1"] = ["c"]


def dataset(file, name="w", **more):
    return file.create_dataset(name, data=np.arange(6, dtype="float32").reshape(2, 3), **more)


def bad(name):
    return h5py.File(HERE / "bad" / name, "w")


def links():
    for name, link in {
        "soft_link.h5": h5py.SoftLink("/w"),
        "dangling_link.h5": h5py.SoftLink("/nowhere"),
        "external_link.h5": h5py.ExternalLink("/etc/hostname", "/w"),
    }.items():
        with bad(name) as file:
            dataset(file)
            file["linked"] = link


def outside():
    """The weights of `small`, one of which is said to be in another file."""
    for name in ("outside_storage.weights.h5", "outside_link.weights.h5"):
        path = HERE / "bad" / name
        path.write_bytes((HERE / "small.weights.h5").read_bytes())
        with h5py.File(path, "r+") as file:
            variables = file["layers/dense/vars"]
            del variables["0"]
            if name == "outside_link.weights.h5":
                variables["0"] = h5py.ExternalLink("/etc/hostname", "/w")
            else:
                variables.create_dataset("0", (3, 4), "float32", external=[("/etc/hostname", 0, 48)])


def storage():
    with bad("external_storage.h5") as file:
        file.create_dataset("w", (8,), "uint8", external=[("/etc/hostname", 0, 8)])
    with bad("virtual.h5") as file:
        layout = h5py.VirtualLayout((8,), "float32")
        layout[:] = h5py.VirtualSource("small.h5", "w", (8,))
        file.create_virtual_dataset("w", layout)
    with bad("never_written.h5") as file:
        file.create_dataset("w", (2, 3), "float32")
        file.create_dataset("large", (1 << 40,), "float32")
        file.create_dataset("chunks", (1 << 30, 1 << 30), "float32", chunks=(1 << 10, 1 << 10))
        file.create_dataset("compressed", (1 << 26,), "uint8", chunks=(1 << 20,), compression="gzip")
        file["null"] = h5py.Empty("float32")


def zeros():
    """64 MiB of zeros in 64 KiB."""
    with bad("inflated.h5") as file:
        weights = file.create_dataset("w", (64 << 20,), "uint8", chunks=(4 << 20,), compression="gzip")
        packed = zlib.compress(bytes(4 << 20), 9)
        for chunk in range(16):
            weights.id.write_direct_chunk((chunk * (4 << 20),), packed)


def cycles():
    with bad("cycle.h5") as file:
        group = file.create_group("a/b")
        group["back"] = file["a"]
    with bad("root_cycle.h5") as file:
        dataset(file)
        file["root"] = file["/"]
    with h5py.File(HERE / "bad" / "many_paths.h5", "w", libver="latest") as file:
        last = file.create_group("end")
        for level in range(40):
            group = file.create_group(f"level{level}")
            group["left"] = last
            group["right"] = last
            last = group
    with h5py.File(HERE / "bad" / "deep.h5", "w", libver="latest") as file:
        file.create_group("/".join("g" * 300))


def patched(name, old, new, file_of):
    """A file with some bytes changed."""
    path = HERE / "bad" / name
    with h5py.File(path, "w") as file:
        file_of(file)
    data = path.read_bytes()
    assert data.count(old) >= 1, name
    path.write_bytes(data.replace(old, new))


def shapes():
    """Dataspaces and layouts that ask for terabytes."""
    sizes = struct.pack("<QQ", 1234567, 7654321)
    marked = lambda file: file.create_dataset("w", (1234567, 7654321), "float32")
    for name, to in {
        "terabytes.h5": (1 << 20, 1 << 22),
        "overflow.h5": (1 << 63, 1 << 63),
        "largest.h5": ((1 << 64) - 1, 1),
    }.items():
        patched(name, sizes, struct.pack("<QQ", *to), marked)
    # A written array of 2 x 3 that says it is larger, with and without its layout.
    old = struct.pack("<QQ", 2, 3)
    patched("longer_than_its_data.h5", old, struct.pack("<QQ", 20, 30), dataset)
    with bad("longer_than_the_file.h5") as file:
        dataset(file)
    path = HERE / "bad" / "longer_than_the_file.h5"
    data = path.read_bytes().replace(old, struct.pack("<QQ", 2000, 3000))
    at = data.index(np.arange(6, dtype="float32").tobytes())
    layout = struct.pack("<QQ", at, 24)
    assert data.count(layout) == 1
    path.write_bytes(data.replace(layout, struct.pack("<QQ", at, 24_000_000)))


def attributes():
    """Five hundred texts; the test lets all of them be one that is a megabyte long."""
    with bad("texts.h5") as file:
        file.attrs["texts"] = ["0123456789"] * 500


def main():
    (HERE / "bad").mkdir(parents=True, exist_ok=True)
    good()
    dtypes("dtypes.h5", "earliest")
    dtypes("dtypes_1_10.h5", ("v110", "v110"))
    links()
    outside()
    storage()
    zeros()
    cycles()
    shapes()
    attributes()
    for path in sorted(HERE.rglob("*")):
        if path.is_file():
            print(f"{os.path.getsize(path):8} {path.relative_to(HERE)}")


main()
