"""Makes `fixtures/untrained.json`: what Keras's `fit` reports and does where nothing, or not everything, is trained.

Run as `make_fixtures.py`, whose conventions hold here, too: `python make_untrained_fixtures.py`
"""

import warnings

from make_fixtures import keras, np, plain, tensor, write

warnings.filterwarnings("ignore")
LAYERS = keras.layers
SAMPLES, FEATURES = 10, 3


def data():
    generator = np.random.default_rng(5)
    draw = lambda *shape: (generator.integers(-2048, 2048, shape) / 1024).astype("float32")
    return draw(SAMPLES, FEATURES), draw(SAMPLES, 1)


def detached():
    return LAYERS.Lambda(keras.ops.stop_gradient, name="detached")


def frozen():
    model = keras.Sequential([LAYERS.Dense(4, "relu"), LAYERS.BatchNormalization(), LAYERS.Dense(1)])
    model.trainable = False
    return model


def frozen_in_part():
    model = keras.Sequential([LAYERS.Dense(4, "relu"), LAYERS.Dense(1)])
    model.layers[0].trainable = False
    return model


CASES = {
    "frozen": frozen,
    "frozen in part": frozen_in_part,
    "without weights": lambda: keras.Sequential([LAYERS.Rescaling(0.5), LAYERS.Reshape((FEATURES, 1)), LAYERS.GlobalAveragePooling1D()]),
    "detached at the end": lambda: keras.Sequential([LAYERS.Dense(4, "relu"), LAYERS.Dense(1), detached()]),
    "detached in the middle": lambda: keras.Sequential([LAYERS.Dense(4, "relu"), detached(), LAYERS.Dense(1)]),
    "detached, with statistics": lambda: keras.Sequential([LAYERS.Dense(4), LAYERS.BatchNormalization(), LAYERS.Dense(1), detached()]),
}
OPTIMIZERS = {
    "SGD": {"learning_rate": 0.01, "momentum": 0.9},
    "AdamW": {"learning_rate": 0.05, "weight_decay": 0.5},
    "RMSprop": {"learning_rate": 0.01, "global_clipnorm": 0.5},
}


def run(name, make, optimizer, args):
    keras.utils.set_random_seed(3)
    x, y = data()
    model = make()
    model.build((None, FEATURES))
    optimizer_of = getattr(keras.optimizers, optimizer)
    model.compile(optimizer_of(**args), "mean_squared_error", metrics=["mean_absolute_error"])
    initial = [tensor(weight) for weight in model.get_weights()]
    history = model.fit(x, y, epochs=3, batch_size=4, shuffle=False, verbose=0, validation_data=(x[:5], y[:5]))
    return {
        "name": name,
        "optimizer": {"class_name": optimizer, "config": args},
        "initial_weights": initial,
        "history": history.history,
        "iterations": int(model.optimizer.iterations),
        "final_weights": [tensor(weight) for weight in model.get_weights()],
        "predict": tensor(model.predict(x, verbose=0)),
    }


if __name__ == "__main__":
    x, y = data()
    runs = [run(name, make, *optimizer) for name, make in CASES.items() for optimizer in OPTIMIZERS.items()]
    write("untrained", {"x": tensor(x), "y": tensor(y), "runs": [plain(one) for one in runs]})
