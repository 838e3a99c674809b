"""The shared part of the layers' parity fixtures: one entry is one layer, one call, and its gradients.

    from layer_cases import case, run_families, spread

    def convolution():
        return [case("same, strides 2", lambda: layers.Conv1D(4, 3, strides=2, padding="same"), (2, 7, 3))]

    if __name__ == "__main__":
        run_families([convolution])        # python this_file.py [family ...]

`case(label, make, inputs, ...)` returns the entry:

- make: a function without arguments that makes the layer (it runs after the session is cleared and seeded).
- inputs: one input or a list of them. A tuple is the shape of random float32 values, all different and never zero;
  an array is taken as it is (integers become int32).
- masks: one bool array or None per input, put on the inputs as Keras masks.
- kwargs: further arguments of the call; arrays among them are written as tensors.
- training: the flag of the call. It is handed over only to layers whose call takes it.
- call: how the layer receives its inputs. By default a lone input is the first argument, and several are one list.
  `spread` hands each over as an argument of its own (MultiHeadAttention), `with_state` the first as the input and the
  others as initial_state (recurrent layers). Any function (layer, inputs, kwargs) -> outputs will do.
- weights: a function (name, shape, rng) -> array or None, for weights that must obey a range; None means the default,
  which is normal with deviation 1/sqrt(fan in), positive for variances, around one for gamma and scale.
- prepare: a function (layer) called after building, before the weights are set: to adapt, to freeze a part.
- gradients: False where nothing is differentiable.
- symbolic: False where Keras cannot call the layer on symbolic inputs; the output shapes are then those of the real
  outputs with the batch left open.
- batch: the batch size of the symbolic call, None by default (stateful layers need a number).

`floats(shape, seed)` are the random values of an input, `integers(shape, high, seed)` whole numbers below high,
`mask_of(rows)` a bool array, `tensor(array)` the form in which arrays are written.

The format: {"class_name", "case", "config", "supports_masking", "inputs", "masks", "kwargs", "training", "weights",
"outputs", "output_shapes", "output_masks", "cotangents", "weight_grads", "input_grads", "weights_after", "losses"}.
The config is as Keras writes it to a file. Inputs are in the order of the call. Weights are in the order of
layer.weights, each with its path below the layer as "name". The gradients are those of sum(outputs * cotangents) +
sum(losses), by the trainable weights and by the inputs (null for integers). "weights_after" are the weights after the
call where the call changed one. "masks", "kwargs", "output_masks", "weights_after", "losses" and the gradients are left
out where there are none. Floats have the shortest digits that give the same float32. Within a file, the class and the
case together are unique.
"""

import sys
import zlib

from make_fixtures import FOLDER, normal, short, write  # isort: skip  (it chooses the backend)

import jax
import keras
import numpy as np
from keras import tree
from keras.src import backend

# ---------------------------------------------------------------- values


def tensor(value):
    array = np.asarray(value)
    shape = list(array.shape)
    if array.dtype == bool:
        return {"shape": shape, "data": array.ravel().astype(int).tolist(), "dtype": "bool"}
    if array.dtype.kind in "iu":
        return {"shape": shape, "data": array.ravel().astype("int32").tolist(), "dtype": "int32"}
    if array.dtype.kind in "SUO":
        texts = [item.decode() if isinstance(item, bytes) else str(item) for item in array.ravel().tolist()]
        return {"shape": shape, "data": texts, "dtype": "string"}
    return {"shape": shape, "data": [float(str(item)) for item in array.ravel().astype("float32")]}


def maybe_tensor(value):
    return None if value is None else tensor(value)


def floats(shape, seed=0):
    """Odd multiples of 1/1024 in (-2, 2), all different: no ties for maxima, and off the kinks of the activations."""
    rng = np.random.RandomState(seed)
    return (rng.choice(np.arange(-2047, 2048, 2), shape, replace=False) / 1024).astype("float32")


def integers(shape, high, seed=0):
    return np.random.RandomState(seed).randint(0, high, shape).astype("int32")


def mask_of(rows):
    return np.array(rows, bool)


def default_weight(name, shape, rng):
    last = name.rsplit("/", 1)[-1]
    if "variance" in last:
        return short(rng.uniform(0.5, 2.0, shape))
    if last in ("gamma", "scale"):
        return normal(rng, shape, 0.25) + 1
    fan_in = np.prod(shape[:-1]) if len(shape) > 1 else 4
    return normal(rng, shape, 1 / np.sqrt(fan_in))


# ---------------------------------------------------------------- calls


def plain_call(layer, inputs, kwargs):
    return layer(inputs[0] if len(inputs) == 1 else inputs, **kwargs)


def spread(layer, inputs, kwargs):
    return layer(*inputs, **kwargs)


def with_state(layer, inputs, kwargs):
    return layer(inputs[0], initial_state=inputs[1:], **kwargs)


def below(path):
    """A weight's path without the layer's own name."""
    return path.split("/", 1)[1] if "/" in path else path


# ---------------------------------------------------------------- entries


def listed(values):
    return values if isinstance(values, list) else [values]


def array_of(value, seed):
    """An input as the array that the layer gets: a shape becomes random values."""
    value = floats(value, seed) if isinstance(value, tuple) else np.asarray(value)
    if value.dtype.kind == "f":
        return value.astype("float32")
    return value.astype("int32") if value.dtype.kind in "iu" else value


def is_float(value):
    return np.issubdtype(value.dtype, np.floating)


def symbolic_shapes(layer, call, inputs, kwargs, batch):
    """Builds the layer with a call of unknown batch, and tells the outputs' shapes."""
    open_inputs = [keras.KerasTensor((batch, *value.shape[1:]), value.dtype.name) for value in inputs]
    return [list(output.shape) for output in tree.flatten(call(layer, open_inputs, kwargs))]


def run_layer(layer, call, inputs, masks, kwargs, trainable, rest):
    """All of `layer(...)`, with its losses and masks, as a pure function of weights and inputs."""
    mapping = list(zip(layer.trainable_variables, trainable)) + list(zip(layer.non_trainable_variables, rest))
    for value, mask in zip(inputs, masks):
        if mask is not None:
            backend.set_keras_mask(value, jax.numpy.asarray(mask))
    with backend.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
        outputs = tree.flatten(call(layer, inputs, kwargs))
        losses = list(layer.losses)
        after = [scope.get_current_value(weight) for weight in layer.weights]
    output_masks = [backend.get_keras_mask(output) for output in outputs]
    return outputs, output_masks, losses, after


def gradients_of(run, inputs, outputs, trainable, rng):
    """Cotangents, and the gradients by the trainable weights and by the inputs."""
    cotangents = [normal(rng, output.shape) if is_float(output) else None for output in outputs]
    places = [place for place, value in enumerate(inputs) if is_float(value)]

    def total(trainable, chosen):
        whole = list(inputs)
        for place, value in zip(places, chosen):
            whole[place] = value
        outputs, _, losses, _ = run(whole, trainable)
        parts = [(output * w).sum() for output, w in zip(outputs, cotangents) if w is not None]
        return sum(parts) + sum(losses)

    by_weights, by_inputs = jax.grad(total, argnums=(0, 1))(trainable, [inputs[place] for place in places])
    whole = [None] * len(inputs)
    for place, value in zip(places, by_inputs):
        whole[place] = value
    return {
        "cotangents": [tensor(w) for w in cotangents if w is not None],
        "weight_grads": list(map(tensor, by_weights)),
        "input_grads": list(map(maybe_tensor, whole)),
    }


def case(label, make, inputs, masks=None, kwargs=None, training=False, call=plain_call, weights=None, prepare=None,
         gradients=True, symbolic=True, batch=None):  # fmt: skip
    keras.utils.clear_session()
    keras.utils.set_random_seed(zlib.crc32(label.encode()))
    layer = make()
    class_name = type(layer).__name__
    seed = zlib.crc32(f"{class_name} {label}".encode())
    rng = np.random.RandomState(seed)
    inputs = [array_of(value, (seed + place) % 2**32) for place, value in enumerate(listed(inputs))]
    masks = [None if mask is None else mask_of(mask) for mask in masks or [None] * len(inputs)]
    handed = dict(kwargs or {})
    if training or layer._call_has_training_arg:
        handed["training"] = training

    shapes = symbolic_shapes(layer, call, inputs, handed, batch) if symbolic else None
    if prepare:
        prepare(layer)
    if not layer.built:
        call(layer, inputs, handed)
    # Weights that are not floats (counters) stay as the layer made them.
    values = []
    for weight in layer.weights:
        name, value = below(weight.path), np.asarray(weight.value)
        if is_float(value):
            given = weights(name, value.shape, rng) if weights else None
            value = default_weight(name, value.shape, rng) if given is None else np.asarray(given, "float32")
        values.append(value)
    layer.set_weights(values)
    entry = {
        "class_name": class_name,
        "case": label,
        "config": keras.saving.serialize_keras_object(layer)["config"],
        "supports_masking": layer.supports_masking,
        "inputs": list(map(tensor, inputs)),
    }
    if any(mask is not None for mask in masks):
        entry["masks"] = list(map(maybe_tensor, masks))
    if kwargs:
        entry["kwargs"] = {name: tensor(v) if hasattr(v, "dtype") else v for name, v in kwargs.items()}
    entry["training"] = training
    entry["weights"] = [
        {"name": below(weight.path), "trainable": weight.trainable} | tensor(value)
        for weight, value in zip(layer.weights, values)
    ]

    trainable = [variable.value for variable in layer.trainable_variables]
    rest = [variable.value for variable in layer.non_trainable_variables]

    def run(inputs, trainable):
        fresh = [jax.numpy.array(v) if isinstance(v, np.ndarray) and v.dtype.kind in "fib" else v for v in inputs]
        return run_layer(layer, call, fresh, masks, handed, trainable, rest)

    outputs, output_masks, losses, after = run(inputs, trainable)
    entry["outputs"] = list(map(tensor, outputs))
    entry["output_shapes"] = shapes or [[None, *np.shape(output)[1:]] for output in outputs]
    if any(mask is not None for mask in output_masks):
        entry["output_masks"] = list(map(maybe_tensor, output_masks))
    if gradients and any(map(is_float, outputs)):
        entry |= gradients_of(run, inputs, outputs, trainable, rng)
    if any(not np.array_equal(new, old, equal_nan=is_float(old)) for new, old in zip(after, values)):
        entry["weights_after"] = list(map(tensor, after))
    if losses:
        entry["losses"] = float(str(np.float32(sum(losses))))
    return entry


# ---------------------------------------------------------------- files


def write_family(name, entries):
    """Writes fixtures/layers/<name>.json, one entry a line."""
    labels = [(entry["class_name"], entry["case"]) for entry in entries]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise ValueError(f"{name}: labels that occur twice: {sorted(twice)}")
    (FOLDER / "layers").mkdir(parents=True, exist_ok=True)
    write(f"layers/{name}", entries)
    size = (FOLDER / "layers" / f"{name}.json").stat().st_size
    print(f"{name}: {len(entries)} cases, {size // 1024} KB")


def run_families(families):
    """Writes the families named on the command line, all of them without names."""
    for family in families:
        if len(sys.argv) == 1 or family.__name__ in sys.argv[1:]:
            write_family(family.__name__, family())
