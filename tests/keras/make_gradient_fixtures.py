"""Makes `fixtures/gradients.json`: gradients of a loss by the inputs and by the weights of models.

Run as `make_fixtures.py`, whose conventions hold here too:

    python make_gradient_fixtures.py

The entries are {"name", "model", "training", "weights", "x", "loss", "by_inputs", "by_weights"}. The loss is the mean over
the samples of `sum((j + 1) * y[j] ** 2)`; the order of "by_weights" is that of `model.trainable_weights`. An entry with
"inner", the name of a layer, also has "by_inner": the gradient of the loss by that layer's output, as Grad-CAM takes it.
"""

import jax

from make_fixtures import keras, normal, np, tensor, write

from keras import layers, ops

RNG = np.random.RandomState(3)


def dense():
    return keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(3, activation="softmax")])


def convnet():
    return keras.Sequential([
        keras.Input((6, 6, 2)),
        layers.Conv2D(3, 3, activation="relu", name="maps"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(2),
    ])  # fmt: skip


def recurrent():
    return keras.Sequential([keras.Input((5, 3)), layers.LSTM(4), layers.Dense(2, activation="sigmoid")])


def two_inputs():
    a, b = keras.Input((3,)), keras.Input((2,))
    joined = layers.Concatenate()([layers.Dense(2, activation="relu")(a), b])
    return keras.Model([a, b], layers.Dense(2, activation="tanh")(joined))


def loss_of(y):
    places = np.arange(1, y.shape[-1] + 1, dtype="float32")
    return ops.mean(ops.sum(places * ops.square(y), axis=-1))


def entry(name, make, training=False, inner=None):
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    model = make()
    model.set_weights([normal(RNG, w.shape, 0.5) + (1.0 if "variance" in v.path else 0.0)
                       for w, v in zip(model.get_weights(), model.weights)])  # fmt: skip
    for variable in model.weights:
        if "variance" in variable.path:
            variable.assign(ops.abs(variable) + 0.5)
    x = [normal(RNG, (3, *shape[1:])) for shape in (i.shape for i in model.inputs)]
    fixed = [v.value for v in model.non_trainable_variables]

    def loss(trainable, x):
        y, _ = model.stateless_call(trainable, fixed, x if len(x) > 1 else x[0], training=training)
        return loss_of(y)

    value, (by_weights, by_inputs) = jax.value_and_grad(loss, (0, 1))([v.value for v in model.trainable_variables], x)
    result = {
        "name": name, "model": {"class_name": type(model).__name__, "config": model.get_config()},
        "training": training, "weights": [tensor(w) for w in model.get_weights()], "x": [tensor(i) for i in x],
        "loss": float(value), "by_inputs": [tensor(np.asarray(g)) for g in by_inputs],
        "by_weights": [tensor(np.asarray(g)) for g in by_weights],
    }  # fmt: skip
    if inner:
        output = model.get_layer(inner).output
        maps = keras.Model(model.inputs, output)(x[0])
        head = keras.Model(output, model.outputs)
        gradient = jax.grad(lambda maps: loss_of(head(maps)[0] if isinstance(head(maps), list) else head(maps)))(maps)
        result |= {"inner": inner, "by_inner": tensor(np.asarray(gradient))}
    return result


if __name__ == "__main__":
    write("gradients", [
        entry("dense", dense),
        entry("convnet", convnet, inner="maps"),
        entry("convnet in training", convnet, training=True),
        entry("recurrent", recurrent),
        entry("two inputs", two_inputs),
    ])  # fmt: skip
