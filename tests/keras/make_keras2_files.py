"""Makes files of Keras 2 for the tests: fixtures/files/models/v2_*.h5.

    pip install tf_keras==2.21.0 tensorflow-cpu==2.21.0
    python tests/keras/make_keras2_files.py

tf_keras is Keras 2 as it lives on. Like the other models beside them, each has a .json of what goes in and comes out, and
an entry in cases.json.
"""

import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tf_keras as keras
from tf_keras import layers

HERE = pathlib.Path(__file__).parent / "fixtures/files/models"
keras.utils.set_random_seed(11)
random = np.random.default_rng(11)


def tensor(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": [float(str(item)) for item in array.astype("float32").ravel()]}


def mlp():
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(3, activation="relu"), layers.LeakyReLU(0.2), layers.Dense(2)], name="mlp"
    )
    model.compile("adam", "mse", ["mae"])
    return model, (8, 4), (8, 2)


def convnet():
    image = keras.Input((6, 6, 2))
    x = layers.Conv2D(3, 3, padding="same")(image)
    x = layers.BatchNormalization()(x)
    shortcut = layers.Conv2D(3, 1)(image)
    x = layers.Add()([layers.ReLU()(x), shortcut])
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    model = keras.Model(image, layers.Dense(2, activation="softmax")(layers.Dropout(0.2)(x)), name="convnet")
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.CategoricalCrossentropy())
    return model, (8, 6, 6, 2), (8, 2)


def recurrent():
    model = keras.Sequential(
        [layers.Embedding(9, 4, input_length=5), layers.Bidirectional(layers.LSTM(3)), layers.Dense(1)], name="recurrent"
    )
    return model, (8, 5), None


index = HERE / "cases.json"
cases = {case["name"]: case for case in json.loads(index.read_text())}
for make in (mlp, convnet, recurrent):
    model, sizes, targets = make()
    x = random.integers(0, 9, sizes).astype("float32") if make is recurrent else random.normal(size=sizes).astype("float32")
    model(x[:1])
    if targets:
        model.fit(x, random.random(targets), batch_size=4, verbose=0)
    name = f"v2_{make.__name__}"
    model.save(HERE / f"{name}.h5")
    content = {"x": [tensor(x)], "y": [tensor(model.predict(x, verbose=0))]}
    (HERE / f"{name}.json").write_text(json.dumps(content) + "\n")
    cases[f"{name}.h5"] = {"name": f"{name}.h5", "compiled": targets is not None, "tolerance": 1e-05}
lines = ",\n".join(json.dumps(cases[name]) for name in sorted(cases))
index.write_text(f"[\n{lines}\n]\n")
