"""Makes models of features that `keras.utils.FeatureSpace` encodes: fixtures/files/models/feature_space_*.keras.

    KERAS_BACKEND=tensorflow python tests/keras/make_feature_space_files.py

TensorFlow is needed for strings. Like the other models beside them, each has a .json of what goes in and comes out, and an
entry in cases.json.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from fixture_values import tensor
from keras.utils import FeatureSpace

HERE = pathlib.Path(__file__).parent / "fixtures/files/models"
SAMPLES = 6


def features(random):
    """One of each kind."""
    words = lambda *words: np.array([words[at] for at in random.randint(0, len(words), SAMPLES)])  # noqa: E731
    floats = lambda: random.standard_normal(SAMPLES).astype("float32")  # noqa: E731
    return {
        "weight": (FeatureSpace.float_normalized(), 70 + 10 * floats()),
        "age": (FeatureSpace.float_discretized(num_bins=3), 40 + 10 * floats()),
        "city": (FeatureSpace.string_categorical(num_oov_indices=2), words("Rome", "Oslo", "São Paulo")),
        "code": (FeatureSpace.integer_hashed(num_bins=5), random.randint(0, 1 << 20, SAMPLES)),
        "height": (FeatureSpace.float_normalized(), 170 + 20 * floats()),
        "kind": (FeatureSpace.integer_categorical(), random.randint(0, 4, SAMPLES)),
        "level": (FeatureSpace.float_rescaled(scale=0.5, offset=-1.0), floats()),
        "size": (FeatureSpace.float(), floats()),
        "year": ("integer_categorical", 2000 + random.randint(0, 3, SAMPLES)),
        "street": (FeatureSpace.string_hashed(num_bins=4), words("High Street", "", "Via Roma")),
    }


def save(name, output_mode):
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    given = features(np.random.RandomState(5))
    crosses = [("city", "kind"), ("street", "code")]
    space = FeatureSpace({key: kind for key, (kind, _) in given.items()}, output_mode, crosses, crossing_dim=7)
    data = {key: values for key, (_, values) in given.items()}
    space.adapt(tf.data.Dataset.from_tensor_slices(data))
    encoded = space.get_encoded_features()
    outputs = keras.layers.Dense(2)(encoded) if output_mode == "concat" else encoded
    model = keras.Model(space.get_inputs(), outputs)
    x = {key: values[:, None] for key, values in data.items()}
    # A value of each lookup that it has not seen.
    x["city"][0], x["kind"][1] = "Bonn", 77
    y = keras.tree.flatten(model.predict({key: tf.convert_to_tensor(value) for key, value in x.items()}, verbose=0))
    model.save(HERE / f"{name}.keras")
    content = {"x": [tensor(x[key]) for key in sorted(x)], "y": [tensor(value) for value in y]}
    (HERE / f"{name}.json").write_text(json.dumps(content) + "\n")
    space.save(HERE / f"{name}_alone.keras")
    if output_mode == "concat":
        y = [np.asarray(space({key: tf.convert_to_tensor(value) for key, value in x.items()}))]
    content["y"] = [tensor(value) for value in y]
    (HERE / f"{name}_alone.json").write_text(json.dumps(content) + "\n")
    files = [f"{name}.keras", f"{name}_alone.keras"]
    return [{"name": file, "compiled": False, "tolerance": 1e-05} for file in files]


def main():
    index = HERE / "cases.json"
    cases = {case["name"]: case for case in json.loads(index.read_text())}
    for case in save("feature_space_vector", "concat") + save("feature_space_features", "dict"):
        cases[case["name"]] = case
    lines = ",\n".join(json.dumps(cases[name]) for name in sorted(cases))
    index.write_text(f"[\n{lines}\n]\n")


main()
