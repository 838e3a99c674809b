"""Makes the models and arrays for the tests of the command `horn`: fixtures/cli.

    KERAS_BACKEND=jax python tests/keras/make_cli_files.py
"""

import pathlib

import keras
import numpy as np
from keras import layers

HERE = pathlib.Path(__file__).parent / "fixtures" / "cli"
HERE.mkdir(exist_ok=True)
keras.utils.set_random_seed(7)
random = np.random.default_rng(7)

# Two inputs, one of them of integers, and two outputs.
words, price = keras.Input((3,), name="words", dtype="int32"), keras.Input((2,), name="price")
x = layers.Flatten()(layers.Embedding(5, 2)(words))
x = layers.Dense(4, activation="relu", name="both")(layers.Concatenate()([x, price]))
outputs = [layers.Dense(3, activation="softmax", name="kind")(x), layers.Dense(1, name="value")(x)]
two = keras.Model([words, price], outputs, name="two")
# Adam has made no step: the file has not all of its variables.
two.compile("adam", ["sparse_categorical_crossentropy", "mean_squared_error"])
inputs = {"words": random.integers(0, 5, (4, 3)), "price": random.random((4, 2)).astype(np.float16)}
targets = {"kind": np.array([0, 1, 2, 1], np.uint8), "value": random.random((4, 1))}
two.save(HERE / "two.keras")
np.savez(HERE / "two_x.npz", **inputs)
np.savez_compressed(HERE / "two_y.npz", **targets)
given = [inputs["words"], inputs["price"].astype(np.float32)]
kind, value = two.predict(given, verbose=0)
loss = two.evaluate(given, [targets["kind"], targets["value"]], verbose=0, return_dict=True)
np.savez(HERE / "two_predicted.npz", kind=kind, value=value, loss=np.float32(loss["loss"]))

# Models in a model, a list of layers and a graph, which is an output; not compiled.
encoder = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="squeeze")], name="encoder")
code = keras.Input((2,), name="code")
decoder = keras.Model(code, layers.Dense(4, name="stretch")(code), name="decoder")
signal = keras.Input((4,), name="signal")
again = decoder(encoder(signal))
nested = keras.Model(signal, [again, layers.Subtract(name="error")([signal, again])], name="nested")
nested.save(HERE / "nested.keras")

# Dictionaries of inputs and outputs, whose keys are not the names of the layers.
wide, deep = keras.Input((3,), name="wide"), keras.Input((4,), name="deep")
x = layers.Concatenate()([wide, deep])
keyed = keras.Model(
    {"w": wide, "d": deep},
    {"price": layers.Dense(1, name="cost")(x), "sort": layers.Dense(2, name="kind")(x)},
    name="keyed",
)
keyed.compile("sgd", {"price": "mse", "sort": "mae"})
inputs = {"w": random.random((4, 3)).astype(np.float32), "d": random.random((4, 4)).astype(np.float32)}
targets = {"price": np.ones((4, 1), np.float32), "sort": np.ones((4, 2), np.float32)}
keyed.save(HERE / "keyed.keras")
np.savez(HERE / "keyed_x.npz", **inputs)
np.savez(HERE / "keyed_x_by_layers.npz", wide=inputs["w"], deep=inputs["d"])
np.savez(HERE / "keyed_y.npz", **targets)
loss = keyed.evaluate(inputs, targets, verbose=0, return_dict=True)
np.savez(HERE / "keyed_predicted.npz", **keyed.predict(inputs, verbose=0), loss=np.float32(loss["loss"]))

# A layer with several outputs.
steps = keras.Input((3, 2), name="steps")
states = keras.Model(steps, layers.LSTM(2, return_state=True, name="lstm")(steps), name="states")
states.save(HERE / "states.keras")
x = random.random((2, 3, 2)).astype(np.float32)
np.savez(HERE / "states_x.npz", steps=x)
names = ["lstm", "lstm_1", "lstm_2"]
np.savez(HERE / "states_predicted.npz", **dict(zip(names, states.predict(x, verbose=0))))
