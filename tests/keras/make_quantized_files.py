"""Makes files with quantized and LoRA-enabled layers for the tests: fixtures/files/models/quantized_* and lora_*.

    KERAS_BACKEND=jax python tests/keras/make_quantized_files.py [NAME …]

Like the other models beside them, each has a .json of what goes in and comes out, and an entry in cases.json.
"""

import itertools
import json
import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from fixture_values import tensor
from keras import layers
from keras.quantizers import Int4QuantizationConfig, Int8QuantizationConfig

HERE = pathlib.Path(__file__).parent / "fixtures/files/models"
random = np.random.default_rng(5)
# Without a quantizer for the inputs, only the weights are quantized.
WEIGHT_ONLY = Int8QuantizationConfig(activation_quantizer=None)


def dense_layers():
    x = keras.Input((5, 6))
    y = layers.Dense(7, activation="relu")(x)
    y = layers.Dense(4, use_bias=False)(y)
    y = layers.EinsumDense("abc,cde->abde", (5, 3, 2), bias_axes="de")(y)
    y = layers.EinsumDense("abde,dec->abc", (5, 6), activation="tanh")(y)
    y = layers.Dense(3)(y)
    y = layers.EinsumDense("abc,bd->adc", (2, 3))(y)
    return keras.Model(x, y, name="dense_layers")


def embeddings():
    inner = keras.Sequential([keras.Input((4,)), layers.Embedding(9, 5), layers.Dense(3)], name="inner")
    x = keras.Input((4,))
    return keras.Model(x, layers.Flatten()(inner(x)), name="embeddings")


def reversible():
    """Vectors are rounded on the way back only."""
    x = keras.Input((4,))
    table = layers.ReversibleEmbedding(9, 5)
    return keras.Model(x, table(layers.Dense(5)(table(x)), reverse=True), name="reversible")


def several_layers():
    """A legacy file keeps the matrices of all these layers apart from their kernels."""
    x = keras.Input((4,))
    y = layers.Conv1D(5, 2)(layers.Embedding(9, 3)(x))
    y = layers.EinsumDense("abc,cd->abd", (3, 4), bias_axes="d")(layers.BatchNormalization()(y))
    inner = keras.Sequential([keras.Input((3, 4)), layers.Dense(3), layers.LayerNormalization(), layers.Dense(2)])
    frozen = layers.Dense(3, trainable=False)
    return keras.Model(x, layers.Dense(2, use_bias=False)(frozen(inner(y))), name="several_layers")


def enable_lora(model):
    alphas = itertools.cycle([3, 1.5, None])
    for layer in model._flatten_layers(include_self=False):
        if hasattr(layer, "enable_lora") and not getattr(layer, "lora_enabled", False):
            layer.enable_lora(2, lora_alpha=next(alphas) if model.name == "several_layers" else 3)


def save(name, make, quantize=None, lora=False):
    global random
    keras.backend.clear_session()
    keras.utils.set_random_seed(5)
    random = np.random.default_rng(5)
    model = make()
    randomize(model)
    if quantize:
        model.quantize(config=quantize)
    if lora:
        enable_lora(model)
        for variable in model.variables:
            if "lora" in variable.name:
                variable.assign(0.4 * random.normal(size=variable.shape))
    shape = (3, *model.input_shape[1:])
    x = random.integers(0, 9, shape) if make in (embeddings, reversible, several_layers) else random.normal(size=shape).astype("float32")
    model.save(HERE / name)
    # What the file gives, as saving rounds a sum with LoRA's matrices again. From a legacy file, Keras 3.15 reads most layers
    # without their `lora_alpha`.
    saved = model if name.endswith(".h5") else keras.models.load_model(HERE / name)
    y = saved.predict(x, verbose=0)
    content = {"x": [tensor(x)], "y": [tensor(y)]}
    (HERE / f"{name.split('.')[0]}.json").write_text(json.dumps(content) + "\n")
    return {"name": name, "compiled": False, "tolerance": 1e-05}


def randomize(model):
    for variable in model.variables:
        values = random.normal(size=variable.shape) * 0.5
        variable.assign(abs(values) if "variance" in variable.name else values)


def main(names):
    index = HERE / "cases.json"
    cases = {case["name"]: case for case in json.loads(index.read_text())}
    files = [
        ("quantized_int8_weights.keras", dense_layers, WEIGHT_ONLY),
        ("quantized_int8.keras", dense_layers, Int8QuantizationConfig()),
        ("quantized_int4.keras", dense_layers, Int4QuantizationConfig(block_size=-1)),
        ("quantized_int4_blocks.keras", dense_layers, Int4QuantizationConfig(block_size=4)),
        ("quantized_embeddings_int8.keras", embeddings, WEIGHT_ONLY),
        ("quantized_embeddings_int4.keras", embeddings, Int4QuantizationConfig(block_size=4)),
        ("quantized_reversible_int8.keras", reversible, Int8QuantizationConfig()),
        ("quantized_reversible_int4.keras", reversible, Int4QuantizationConfig(block_size=4)),
        ("lora.keras", dense_layers, None, True),
        ("lora_embeddings.keras", embeddings, None, True),
        ("lora_int8.keras", embeddings, WEIGHT_ONLY, True),
        ("lora_legacy.h5", several_layers, None, True),
    ]
    for name, make, *how in files:
        if not names or name in names:
            cases[name] = save(name, make, *how)
    lines = ",\n".join(json.dumps(cases[name]) for name in sorted(cases))
    index.write_text(f"[\n{lines}\n]\n")


main(sys.argv[1:])
