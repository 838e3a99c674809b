"""Makes `fixtures/configs.json`: what Keras writes around each layer that Horn has.

    pip install keras==3.15.1 jax==0.10.2 numpy==2.4.6 scipy==1.17.1 tensorflow-cpu==2.21.0
    python make_config_fixtures.py

TensorFlow is for the lookup layers, which Keras refuses to make without it.

An entry is {"class_name", "case", "model"}: the class it is about, and what `Model.to_json()` gives for a small model
with a layer of that class. That has what Keras adds to a layer's own configuration: the arguments of its calls
(`training`, `mask`), the shapes that it was built for, the dtypes of the tensors, and the operations by which the graph
computes masks. The cases of a layer:

- "graph": the program says nothing with the call.
- "list": the layer in a Sequential.
- "training": the program says the opposite of what Keras notes where it says nothing; "inference": it says `False`.
- "masked": the input has a mask, and a layer that takes one follows, so that it shows whether the mask goes on.
- others by their names, where a layer takes several inputs, masks or states.

"counted" is, with the case "list", whether the summary of a Sequential without an input counts the layer's weights: so
it does for layers that are built as soon as they are made.

Left out are `compile_config`, as none of the models is compiled, and `shared_object_id`, a place in memory.
"""

import inspect
import json
import warnings

from make_fixtures import keras, write

from keras import layers
from keras.src.applications.convnext import LayerScale
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

# By their ranks: one sample.
VECTOR, STEPS, IMAGE, VOLUME = (4,), (5, 4), (6, 6, 3), (4, 4, 4, 2)
STEP_IMAGES = {1: (3, 6, 2), 2: (3, 4, 4, 2), 3: (2, 3, 4, 3, 1)}
SAMPLES = {1: STEPS, 2: IMAGE, 3: VOLUME}


# ---------------------------------------------------------------- the layers


def one_input():
    """Class names with a function that makes the layer, and the shape of its input; a third entry is its dtype."""
    made = {
        "Activation": (lambda: layers.Activation("tanh"), STEPS),
        "ActivityRegularization": (lambda: layers.ActivityRegularization(l1=0.1), STEPS),
        "AlphaDropout": (lambda: layers.AlphaDropout(0.5), STEPS),
        "AutoContrast": (layers.AutoContrast, IMAGE),
        "BatchNormalization": (layers.BatchNormalization, STEPS),
        "CategoryEncoding": (lambda: layers.CategoryEncoding(5), VECTOR, "int32"),
        "CenterCrop": (lambda: layers.CenterCrop(4, 4), IMAGE),
        "ContrastLimitedAdaptiveHistogramEqualization": (
            lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(name="clahe"), IMAGE,  # its own is cut in summaries
        ),
        "CutMix": (layers.CutMix, IMAGE),
        "Dense": (lambda: layers.Dense(3), STEPS),
        "Discretization": (lambda: layers.Discretization(bin_boundaries=[0.0, 1.0]), VECTOR),
        "Dropout": (lambda: layers.Dropout(0.5), STEPS),
        "ELU": (layers.ELU, STEPS),
        "EinsumDense": (lambda: layers.EinsumDense("abc,cd->abd", (None, 6)), STEPS),
        "Embedding": (lambda: layers.Embedding(7, 3, mask_zero=True), VECTOR, "int32"),
        "Flatten": (layers.Flatten, STEPS),
        "GRU": (lambda: layers.GRU(3), STEPS),
        "GaussianDropout": (lambda: layers.GaussianDropout(0.5), STEPS),
        "GaussianNoise": (lambda: layers.GaussianNoise(0.5), STEPS),
        "GroupNormalization": (lambda: layers.GroupNormalization(2), STEPS),
        "Hashing": (lambda: layers.Hashing(7), VECTOR, "int32"),
        "Identity": (layers.Identity, STEPS),
        "IntegerLookup": (lambda: layers.IntegerLookup(vocabulary=[4, 8, 15]), VECTOR, "int64"),
        "LSTM": (lambda: layers.LSTM(3), STEPS),
        "LayerNormalization": (layers.LayerNormalization, STEPS),
        "LayerScale": (lambda: LayerScale(0.5, 4), STEPS),
        "LeakyReLU": (layers.LeakyReLU, STEPS),
        "Masking": (lambda: layers.Masking(0.5), STEPS),
        "MelSpectrogram": (lambda: layers.MelSpectrogram(fft_length=32, sequence_stride=16, num_mel_bins=4), (64,)),
        "MixUp": (layers.MixUp, IMAGE),
        "Normalization": (lambda: layers.Normalization(mean=[1.0] * 4, variance=[0.5] * 4), STEPS),
        "Pipeline": (lambda: layers.Pipeline([layers.Rescaling(0.5), layers.RandomFlip(), layers.Conv2D(2, 3)]), IMAGE),
        "PReLU": (layers.PReLU, STEPS),
        "Permute": (lambda: layers.Permute((2, 1)), STEPS),
        "RMSNormalization": (layers.RMSNormalization, STEPS),
        "AugMix": (layers.AugMix, IMAGE),
        "MaxNumBoundingBoxes": (lambda: layers.MaxNumBoundingBoxes(4), IMAGE),
        "RandomBrightness": (lambda: layers.RandomBrightness(0.2), IMAGE),
        "RandomContrast": (lambda: layers.RandomContrast(0.2), IMAGE),
        "RandomCrop": (lambda: layers.RandomCrop(4, 4, seed=1), IMAGE),
        "RandAugment": (layers.RandAugment, IMAGE),
        "RandomColorJitter": (lambda: layers.RandomColorJitter(hue_factor=0.1), IMAGE),
        "RandomElasticTransform": (layers.RandomElasticTransform, IMAGE),
        "RandomPerspective": (layers.RandomPerspective, IMAGE),
        "RandomColorDegeneration": (lambda: layers.RandomColorDegeneration(0.2), IMAGE),
        "RandomErasing": (layers.RandomErasing, IMAGE),
        "RandomGaussianBlur": (layers.RandomGaussianBlur, IMAGE),
        "RandomGrayscale": (layers.RandomGrayscale, IMAGE),
        "RandomHue": (lambda: layers.RandomHue(0.2), IMAGE),
        "RandomInvert": (layers.RandomInvert, IMAGE),
        "RandomPosterization": (lambda: layers.RandomPosterization(4), IMAGE),
        "RandomSaturation": (lambda: layers.RandomSaturation(0.2), IMAGE),
        "RandomSharpness": (lambda: layers.RandomSharpness(0.2), IMAGE),
        "Solarization": (layers.Solarization, IMAGE),
        "RandomFlip": (layers.RandomFlip, IMAGE),
        "RandomRotation": (lambda: layers.RandomRotation(0.2), IMAGE),
        "RandomShear": (lambda: layers.RandomShear(0.2, 0.1), IMAGE),
        "RandomTranslation": (lambda: layers.RandomTranslation(0.2, 0.1), IMAGE),
        "RandomZoom": (lambda: layers.RandomZoom(0.2), IMAGE),
        "RNN": (lambda: layers.RNN(layers.LSTMCell(3)), STEPS),
        "ReLU": (layers.ReLU, STEPS),
        "RepeatVector": (lambda: layers.RepeatVector(2), VECTOR),
        "Rescaling": (lambda: layers.Rescaling(0.5), STEPS),
        "Reshape": (lambda: layers.Reshape((4, 5)), STEPS),
        "Resizing": (lambda: layers.Resizing(4, 4), IMAGE),
        "ReversibleEmbedding": (lambda: layers.ReversibleEmbedding(7, 3), VECTOR, "int32"),
        "STFTSpectrogram": (lambda: layers.STFTSpectrogram(frame_length=16, frame_step=8, fft_length=16), (64, 1)),
        "SimpleRNN": (lambda: layers.SimpleRNN(3), STEPS),
        "Softmax": (layers.Softmax, STEPS),
        "SpectralNormalization": (lambda: layers.SpectralNormalization(layers.Dense(3)), STEPS),
        "StringLookup": (lambda: layers.StringLookup(vocabulary=["a", "b"]), VECTOR, "string"),
        "TextVectorization": (lambda: layers.TextVectorization(vocabulary=["a", "b"]), (1,), "string"),
        "TimeDistributed": (lambda: layers.TimeDistributed(layers.Dense(3)), STEPS),
        "Bidirectional": (lambda: layers.Bidirectional(layers.LSTM(3)), STEPS),
        "UnitNormalization": (layers.UnitNormalization, STEPS),
    }
    for rank, sample in SAMPLES.items():
        named = lambda name: getattr(layers, f"{name}{rank}D")  # noqa: B023, E731
        kinds = {
            "AveragePooling": (2,), "Conv": (3, 2), "ConvTranspose": (3, 2), "Cropping": (1,), "GlobalAveragePooling": (),
            "GlobalMaxPooling": (), "MaxPooling": (2,), "SpatialDropout": (0.5,), "UpSampling": (2,), "ZeroPadding": (1,),
            "AdaptiveAveragePooling": (2,), "AdaptiveMaxPooling": (2,), "DepthwiseConv": (2,), "SeparableConv": (3, 2),
        }  # fmt: skip
        for kind, arguments in kinds.items():
            if kind in ("DepthwiseConv", "SeparableConv") and rank == 3:
                continue
            name = f"Conv{rank}DTranspose" if kind == "ConvTranspose" else f"{kind}{rank}D"
            made[name] = (lambda name=name, arguments=arguments: getattr(layers, name)(*arguments), sample)
        lstm = named("ConvLSTM")
        made[lstm.__name__] = (lambda lstm=lstm: lstm(2, 2, padding="same"), STEP_IMAGES[rank])
    return made


# Layers that Keras can't apply to a masked input, and why.
NEVER_MASKED = {
    "MelSpectrogram": "its input has no axis that a mask leaves",
}


# ---------------------------------------------------------------- models


def given(shape, dtype="float32", name=None):
    return keras.Input(shape, dtype=dtype, name=name)


def masked(x):
    return layers.Masking()(x)


def taker(x):
    """A layer that takes the mask of its input, whatever its shape, and shows that in the call."""
    return keras.Sequential([keras.Input(x.shape[1:], dtype=x.dtype), layers.Identity()], name="taker")(x)


def graph(make, shape, dtype="float32"):
    x = given(shape, dtype)
    return keras.Model(x, make()(x))


def in_list(make, shape, dtype="float32"):
    return keras.Sequential([given(shape, dtype), make()])


def recorded_training(model):
    """What Keras records of the call of the last layer."""
    return model.get_config()["layers"][-1]["inbound_nodes"][0]["kwargs"].get("training")


def opposite(make, shape, dtype="float32"):
    recorded = recorded_training(graph(make, shape, dtype))
    keras.backend.clear_session()
    x = given(shape, dtype)
    return keras.Model(x, make()(x, training=not recorded))


def on_masked(make, shape, dtype="float32"):
    x = given(shape, dtype)
    return keras.Model(x, taker(make()(masked(x))))


def takes_training(layer):
    return "training" in inspect.signature(layer.call).parameters


def cases_of_one_input():
    for name, (make, shape, *dtype) in one_input().items():
        yield name, "graph", lambda: graph(make, shape, *dtype)
        yield name, "list", lambda: in_list(make, shape, *dtype)
        if takes_training(make()):
            yield name, "training", lambda: opposite(make, shape, *dtype)
        if not dtype and name not in NEVER_MASKED:
            yield name, "masked", lambda: on_masked(make, shape)


def cases():
    yield from cases_of_one_input()
    yield from recurrent_cases()
    yield from attention_cases()
    yield from merging_cases()
    yield from lookup_cases()
    yield from mask_cases()
    yield "HashedCrossing", "on", crossing
    yield from activation_cases()
    yield from model_cases()


# ---------------------------------------------------------------- what takes more than an input


def recurrent_cases():
    """Sequences whose mask goes on, initial states, masks by hand, cells and wrappers."""
    for name, make in {
        "GRU": lambda **a: layers.GRU(3, **a),
        "LSTM": lambda **a: layers.LSTM(3, **a),
        "RNN": lambda **a: layers.RNN(layers.GRUCell(3), **a),
        "SimpleRNN": lambda **a: layers.SimpleRNN(3, **a),
        "Bidirectional": lambda **a: layers.Bidirectional(layers.GRU(3, **a)),
    }.items():
        yield name, "masked, every step", lambda: on_masked(lambda: make(return_sequences=True), STEPS)
        yield name, "a mask of the program's", lambda: by_hand(make(), STEPS)
    for rank, shape in STEP_IMAGES.items():
        lstm = getattr(layers, f"ConvLSTM{rank}D")
        yield lstm.__name__, "a mask of the program's", lambda: by_hand(lstm(2, 2), shape)
        every_step = lambda: lstm(2, 2, padding="same", return_sequences=True)  # noqa: B023, E731
        yield lstm.__name__, "masked, every step", lambda: on_masked(every_step, shape)
    for name, make in {"GRU": layers.GRU, "LSTM": layers.LSTM, "SimpleRNN": layers.SimpleRNN}.items():
        states = 2 if name == "LSTM" else 1
        yield name, "initial states", lambda: with_states(make(3), states)
        yield name, "masked, initial states", lambda: with_states(make(3), states, masked)
        yield name, "states", lambda: graph(lambda: make(3, return_state=True), STEPS)
    yield "LSTM", "initial states, inference", lambda: with_states(layers.LSTM(3), 2, training=False)
    yield "Bidirectional", "initial states", lambda: with_states(layers.Bidirectional(layers.LSTM(3)), 4)
    separate = lambda: layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=None)  # noqa: E731
    yield "Bidirectional", "masked, not merged", lambda: both_taken(separate())
    cells = {
        "GRUCell": (lambda: layers.GRUCell(3), 1),
        "LSTMCell": (lambda: layers.LSTMCell(3), 2),
        "SimpleRNNCell": (lambda: layers.SimpleRNNCell(3), 1),
        "StackedRNNCells": (lambda: layers.StackedRNNCells([layers.GRUCell(3), layers.SimpleRNNCell(2)]), None),
    }
    for name, (make, states) in cells.items():
        yield name, "in an RNN", lambda: graph(lambda: layers.RNN(make()), STEPS)
        yield name, "in an RNN, list", lambda: in_list(lambda: layers.RNN(make(), return_sequences=True), STEPS)
        if states:
            yield name, "alone", lambda: alone(make(), states)
    stacked = lambda: layers.StackedRNNCells([layers.LSTMCell(2), layers.StackedRNNCells([layers.GRUCell(3)])])  # noqa: E731
    yield "StackedRNNCells", "nested", lambda: graph(lambda: layers.RNN(stacked()), STEPS)
    for label, inner, shape in [
        ("Dropout", lambda: layers.Dropout(0.5), STEPS),
        ("Conv2D", lambda: layers.Conv2D(2, 2), (3, 6, 6, 3)),
        ("BatchNormalization", layers.BatchNormalization, STEPS),
        ("LSTM", lambda: layers.LSTM(2), (3, 5, 4)),
        ("Bidirectional", lambda: layers.Bidirectional(layers.LSTM(2)), (3, 5, 4)),
        ("TimeDistributed", lambda: layers.TimeDistributed(layers.Dense(2)), (3, 5, 4)),
        ("RNN", lambda: layers.RNN(layers.LSTMCell(2)), (3, 5, 4)),
        ("SpectralNormalization", lambda: layers.SpectralNormalization(layers.Dense(3)), STEPS),
    ]:
        yield "TimeDistributed", f"of {label}", lambda: graph(lambda: layers.TimeDistributed(inner()), shape)
    yield "TimeDistributed", "a mask of the program's", lambda: by_hand(layers.TimeDistributed(layers.Dense(2)), STEPS)
    of_rnn = lambda: layers.Bidirectional(layers.RNN(layers.LSTMCell(3)))  # noqa: E731
    yield "Bidirectional", "of RNN", lambda: graph(of_rnn, STEPS)
    back = lambda: layers.Bidirectional(layers.GRU(3), backward_layer=layers.GRU(3, go_backwards=True, name="b"))  # noqa: E731
    yield "Bidirectional", "of two layers", lambda: graph(back, STEPS)
    yield "SpectralNormalization", "of Conv2D", lambda: graph(lambda: layers.SpectralNormalization(layers.Conv2D(2, 2)), IMAGE)


def by_hand(layer, shape, mask=None):
    x, m = given(shape), given(mask or shape[:1], "bool", "m")
    return keras.Model([x, m], layer(x, mask=m))


def with_states(layer, count, before=lambda x: x, **arguments):
    x, *states = given(STEPS), *(given((3,)) for _ in range(count))
    return keras.Model([x, *states], layer(before(x), initial_state=one_or_all(states), **arguments))


def one_or_all(values):
    """Keras takes one state as it is or as a list of one, and notes which; Horn writes it as it is."""
    return values if len(values) > 1 else values[0]


def both_taken(layer):
    x = given(STEPS)
    return keras.Model(x, [keras.Sequential([keras.Input((5, 3)), layers.Identity()])(y) for y in layer(masked(x))])


def alone(cell, count):
    x, states = given(VECTOR), [given((3,)) for _ in range(count)]
    output, after = cell(x, states=one_or_all(states))
    return keras.Model([x, *states], [output, *(after if isinstance(after, (list, tuple)) else [after])])


def attention_cases():
    scored = {
        "Attention": lambda **a: layers.Attention(use_scale=True, **a),
        "AdditiveAttention": layers.AdditiveAttention,
    }
    for name, make in scored.items():
        yield name, "graph", lambda: attended(make(), 2)
        yield name, "three", lambda: attended(make(), 3)
        yield name, "masked", lambda: attended(make(), 2, masks=2)
        yield name, "masked query", lambda: attended(make(), 2, masks=1)
        yield name, "training", lambda: attended(make(dropout=0.1), 2, training=True)
        yield name, "inference", lambda: attended(make(dropout=0.1), 2, training=False)
        yield name, "causal", lambda: attended(make(), 2, use_causal_mask=True)
        yield name, "scores", lambda: attended(make(), 2, return_attention_scores=True)
        yield name, "masks of the program's", lambda: masks_given(make())
    heads = {
        "MultiHeadAttention": lambda: layers.MultiHeadAttention(2, 3),
        "GroupQueryAttention": lambda: layers.GroupQueryAttention(3, 4, 2),
    }
    for name, make in heads.items():
        yield name, "graph", lambda: attended(make(), 2, spread=True)
        yield name, "three", lambda: attended(make(), 3, spread=True)
        yield name, "masked", lambda: attended(make(), 2, masks=2, spread=True)
        yield name, "masked query", lambda: attended(make(), 2, masks=1, spread=True)
        yield name, "training", lambda: attended(make(), 2, spread=True, training=True)
        yield name, "causal", lambda: attended(make(), 2, spread=True, use_causal_mask=True)
        yield name, "scores", lambda: attended(make(), 2, spread=True, return_attention_scores=True)
        yield name, "a mask of scores", lambda: attention_mask(make())


def attended(layer, count, masks=0, spread=False, **arguments):
    inputs = [given(STEPS) for _ in range(count)]
    values = [masked(x) if at < masks else x for at, x in enumerate(inputs)]
    outputs = layer(*values, **arguments) if spread else layer(values, **arguments)
    outputs = [outputs[0], outputs[1]] if arguments.get("return_attention_scores") else outputs
    return keras.Model(inputs, taker(outputs) if masks else outputs)


def masks_given(layer):
    query, value, q, v = given(STEPS), given(STEPS), given((5,), "bool", "q"), given((5,), "bool", "v")
    return keras.Model([query, value, q, v], layer([query, value], mask=[q, v]))


def attention_mask(layer):
    query, value, mask = given(STEPS), given(STEPS), given((5, 5), "bool", "m")
    return keras.Model([query, value, mask], layer(query, value, attention_mask=mask))


def merging_cases():
    makers = {name: getattr(layers, name) for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")}
    makers["Concatenate"] = layers.Concatenate
    makers["Dot"] = lambda: layers.Dot(axes=2)
    makers["CustomScaleLayer"] = lambda: CustomScaleLayer(0.5)
    for name, make in makers.items():
        yield name, "graph", lambda: merged(make())
        yield name, "masked", lambda: merged(make(), masks=2)
        yield name, "one masked", lambda: merged(make(), masks=1)
    yield "Concatenate", "masked, along the steps", lambda: merged(layers.Concatenate(axis=1), masks=2)
    yield "Add", "three, masked", lambda: merged(layers.Add(), masks=3, count=3)


def merged(layer, masks=0, count=2):
    inputs = [given(STEPS) for _ in range(count)]
    y = layer([masked(x) if at < masks else x for at, x in enumerate(inputs)])
    return keras.Model(inputs, taker(y) if masks else y)


def lookup_cases():
    """Of what dtype the outputs are, which the tensor that the next layer takes says."""
    lookups = {
        "Discretization": (lambda **a: layers.Discretization(bin_boundaries=[0.0, 1.0], **a), "float32"),
        "IntegerLookup": (lambda **a: layers.IntegerLookup(vocabulary=[4, 8, 15], **a), "int64"),
        "StringLookup": (lambda **a: layers.StringLookup(vocabulary=["a", "b"], **a), "string"),
        "TextVectorization": (lambda **a: layers.TextVectorization(vocabulary=["a", "b"], **a), "string"),
        "Hashing": (lambda **a: layers.Hashing(7, **a), "int32"),
        "CategoryEncoding": (lambda **a: layers.CategoryEncoding(5, **a), "int32"),
    }
    for name, (make, dtype) in lookups.items():
        shape = (1,) if name == "TextVectorization" else (3,)
        if name != "CategoryEncoding":
            yield name, "numbers on", lambda: followed(make(), shape, dtype)
        for mode in ("one_hot", "multi_hot", "count", "tf_idf"):
            known = {
                "TextVectorization": ("multi_hot", "count", "tf_idf"),
                "Hashing": ("one_hot", "multi_hot", "count"),
                "CategoryEncoding": ("one_hot", "multi_hot", "count"),
                "Discretization": ("one_hot", "multi_hot", "count"),
            }.get(name, ("one_hot", "multi_hot", "count", "tf_idf"))
            if mode in known:
                more = {"idf_weights": [0.5, 1.0, 2.0][: 3 if name == "IntegerLookup" else 2]} if mode == "tf_idf" else {}
                yield name, f"{mode} on", lambda: followed(make(output_mode=mode, **more), shape, dtype)
    yield "CategoryEncoding", "weighted", counted
    yield "Hashing", "int32", lambda: followed(layers.Hashing(7, dtype="int32"), (3,), "int32")


def followed(layer, shape, dtype):
    x = given(shape, dtype)
    return keras.Model(x, layers.Flatten()(layer(x)))


def counted():
    x, weights = given((3,), "int32"), given((3,))
    return keras.Model([x, weights], layers.CategoryEncoding(5, output_mode="count")(x, count_weights=weights))


def mask_cases():
    """Masks of the program's, and what an Embedding says."""
    yield "Softmax", "a mask of the program's", lambda: by_hand(layers.Softmax(), STEPS, STEPS)
    yield "BatchNormalization", "a mask of the program's", lambda: by_hand(layers.BatchNormalization(), STEPS)
    pooling = layers.GlobalAveragePooling1D
    yield pooling.__name__, "a mask of the program's", lambda: by_hand(pooling(), STEPS)
    for mask_zero in (False, True):
        label = f"mask_zero {mask_zero}, on"
        embedding = lambda: layers.Embedding(7, 3, mask_zero=mask_zero)  # noqa: B023, E731
        yield "Embedding", label, lambda: taken(embedding(), VECTOR, "int32")
    yield "Masking", "on", lambda: taken(layers.Masking(0.5), STEPS)
    yield "InputLayer", "graph", lambda: identity(given(VECTOR))
    yield "InputLayer", "integers", lambda: identity(given(VECTOR, "int32", "ids"))
    yield "InputLayer", "of a batch", lambda: identity(keras.Input(batch_shape=(2, 3)))
    for dtype in ("float16", "bfloat16", "mixed_float16"):
        yield "Dense", dtype, lambda: followed(layers.Dense(2, dtype=dtype), VECTOR, "float32")


def crossing():
    a, b = given((1,), "int64"), given((1,), "string")
    return keras.Model([a, b], layers.HashedCrossing(5)([a, b]))


def activation_cases():
    """Layers as activations."""
    activations = {
        "ELU": lambda: layers.ELU(0.5),
        "LeakyReLU": lambda: layers.LeakyReLU(0.1),
        "ReLU": lambda: layers.ReLU(6.0, negative_slope=0.1),
    }
    for name, activation in activations.items():
        dense = lambda: layers.Dense(3, activation=activation())  # noqa: B023, E731
        yield "Dense", f"{name} as the activation", lambda: graph(dense, STEPS)
    lstm = lambda: layers.LSTM(3, activation=layers.LeakyReLU(0.1))  # noqa: E731
    yield "LSTM", "LeakyReLU as the activation", lambda: graph(lstm, STEPS)


def identity(x):
    return keras.Model(x, layers.Identity()(x))


def taken(layer, shape, dtype="float32"):
    x = given(shape, dtype)
    return keras.Model(x, taker(layer(x)))


def model_cases():
    """Models in models."""
    for label, before in (("in a graph", lambda x: x), ("in a graph, masked", masked)):
        yield "Sequential", label, lambda: nested(sequential(), before)
        yield "Functional", label, lambda: nested(functional(), before)
    yield "Sequential", "in a list", lambda: keras.Sequential([given(STEPS), sequential()])
    yield "Functional", "in a list", lambda: keras.Sequential([given(STEPS), functional()])
    for label, make in (("Sequential", sequential), ("Functional", functional)):
        yield label, "training", lambda: nested(make(), training=True)
        yield label, "a mask of the program's", lambda: by_hand(make(), STEPS)
    yield "Functional", "two inputs", two_inputs


def sequential():
    return keras.Sequential([given(STEPS), layers.Dense(3), layers.Dropout(0.5)], name="inner")


def functional():
    x = given(STEPS)
    return keras.Model(x, layers.Dropout(0.5)(layers.Dense(3)(x)), name="inner")


def nested(inner, before=lambda x: x, **arguments):
    x = given(STEPS)
    y = inner(before(x), **arguments)
    return keras.Model(x, taker(y) if before is masked else y)


def two_inputs():
    a, b = given(VECTOR), given(VECTOR)
    inner = keras.Model([a, b], [layers.Add()([a, b]), layers.Multiply()([a, b])], name="inner")
    x, y = given(VECTOR), given(VECTOR)
    return keras.Model([x, y], inner([x, y]))


# ---------------------------------------------------------------- writing


def plain(value):
    """As a file holds it: tuples are lists."""
    if isinstance(value, dict):
        left_out = ("compile_config", "shared_object_id")
        return {key: plain(item) for key, item in value.items() if key not in left_out}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def is_counted(layer):
    lines = []
    keras.Sequential([layer]).summary(print_fn=lines.append)
    return "(unbuilt)" not in next(line for line in "\n".join(lines).split("\n") if layer.name in line)


def entries():
    made = one_input()
    for name, case, make in cases():
        keras.backend.clear_session()
        keras.utils.set_random_seed(1)
        try:
            model = make()
        except Exception as error:
            raise RuntimeError(f"{name}, {case}") from error
        entry = {"class_name": name, "case": case, "model": plain(json.loads(model.to_json()))}
        if case == "list":
            entry["counted"] = is_counted(made[name][0]())
        yield entry


def configs():
    found = list(entries())
    labels = [(entry["class_name"], entry["case"]) for entry in found]
    assert len(set(labels)) == len(labels), [label for label in labels if labels.count(label) > 1]
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    write("configs", configs())
