"""Makes `fixtures/precision.json`: models in half precision, what they predict, and how they are trained.

Run as `make_fixtures.py`, whose conventions hold here too:

    python make_precision_fixtures.py

Entries {"policy", "model", "config", "compile_config", "weights", "x", "y", "output", "history", "final_weights",
"variables"}. The models are made and compiled under the policy, with a last layer in float32, and trained for two epochs
of three steps. "variables" are those of the optimizer at the end: in mixed_float16, of a loss scale around it.
"""

import json

from make_fixtures import keras, np, tensor, write

from keras import layers, optimizers


def draws(seed, *shape):
    """Multiples of 1/1024."""
    return (np.random.RandomState(seed).randint(-1024, 1025, shape) / 1024).astype("float32")


def dense():
    return keras.Sequential([
        keras.Input((6,)), layers.Dense(8, activation="relu"), layers.BatchNormalization(),
        layers.Dense(5, activation="tanh"), layers.Dense(3, activation="softmax", dtype="float32"),
    ], name="dense")  # fmt: skip


def convolutional():
    return keras.Sequential([
        keras.Input((8, 8, 2)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(),
        layers.Dense(3, activation="softmax", dtype="float32"),
    ], name="convolutional")  # fmt: skip


def entry(policy, build):
    keras.backend.clear_session()
    keras.mixed_precision.set_global_policy(policy)
    keras.utils.set_random_seed(3)
    model = build()
    shape = model.input_shape[1:]
    x, y = draws(1, 12, *shape), np.random.RandomState(2).randint(0, 3, 12).astype("int32")
    model.set_weights([np.abs(draws(at, *w.shape)) if "variance" in w.path else draws(at, *w.shape) / 2
                       for at, w in enumerate(model.weights)])  # fmt: skip
    weights = [tensor(weight) for weight in model.get_weights()]
    model.compile(optimizers.SGD(0.1, momentum=0.9), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    output = model.predict(x, verbose=0)
    config = json.loads(json.dumps(model.get_config()))
    history = model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    keras.mixed_precision.set_global_policy("float32")
    return {
        "policy": policy, "model": build.__name__, "config": config, "weights": weights,
        "compile_config": json.loads(json.dumps(model.get_compile_config())),
        "x": tensor(x), "y": tensor(y), "output": tensor(output), "history": history,
        "final_weights": [tensor(weight) for weight in model.get_weights()],
        "variables": [tensor(np.asarray(variable.value)) for variable in model.optimizer.variables],
    }  # fmt: skip


if __name__ == "__main__":
    policies = ["mixed_float16", "mixed_bfloat16"]
    write("precision", [entry(policy, build) for policy in policies for build in (dense, convolutional)])
