"""Layers' parity fixtures: recurrent layers, attention, normalization, regularization, and every layer's defaults.

Run:

    python make_sequence_layer_fixtures.py                 # all files
    python make_sequence_layer_fixtures.py attention       # one file

Besides what make_fixtures.py names, "defaults" needs tensorflow-cpu==2.21.0, without which Keras makes no text layer.
The format is in layer_cases.py. Some entries have more fields:

- "seeds": the states [seed, counter] of the layer's seed generators before the call, in the order of layer.variables,
  "seeds_after" the same after one call, and "draws" what `dropout(ones)` gave in that call, in order: every mask that
  the layer drew, kept places being 1 / (1 - rate). Recurrent layers draw even where training is false.
- "states": of a stateful layer, the states before the call. It stands for the second of two calls in a row, the first
  having left these states. "states_after" are those after the call. They are no weights: Keras doesn't save them.
- "initial_bias": the bias as the layer's own initializers make it, before the random weights.
- "adapt": the data that Normalization was adapted to; "weights" are what it learned from them.

Further inputs of recurrent layers are the initial state: [x, h], [x, h, c], forward before backward, cell after cell.
There the mask, where the layer gets one, is in "kwargs", because Keras ignores that of the input ("masks") then.
Inputs of a cell are [x, states...], its outputs [y, states...].

regularizers.json has {"class_name", "config", "x", "value", "dx"}, constraints.json {"class_name", "config", "w",
"result"}, layers/defaults.json {"class_name", "args", "config", "supports_masking"}: the constructor's smallest
arguments, objects among them as Keras writes them to a file, and the config of such a layer before it is built. The
class of GroupQueryAttention is called GroupedQueryAttention, so there is "public_name" too.
"""

import sys

from layer_cases import case, floats, integers, plain_call, spread, tensor, with_state, write_family
from make_fixtures import normal, write

import jax
import keras
import numpy as np
from keras import layers
from keras.src import backend
from keras.src.applications.convnext import LayerScale

# ---------------------------------------------------------------- entries with a state of their own


class Draws:
    """Records what the backend's dropout makes of ones while it is installed: the masks of recurrent layers."""

    def __enter__(self):
        self.real, self.results = backend.random.dropout, []
        backend.random.dropout = self.record
        return self

    def __exit__(self, *_):
        backend.random.dropout = self.real

    def record(self, *args, **kwargs):
        result = self.real(*args, **kwargs)
        if np.all(np.asarray(args[0]) == 1):
            self.results.append(result)
        return result


def kept(make):
    """A maker, and the list in which it leaves the layer that it made."""
    made = []

    def keep():
        made.append(make())
        return made[-1]

    return keep, made


def arrays(tensors):
    return [np.array(value["data"], value.get("dtype", "float32")).reshape(value["shape"]) for value in tensors]


def seeds_of(layer):
    states = [variable for variable in layer.variables if "seed_generator_state" in variable.path]
    return [np.asarray(state.value).tolist() for state in states]


def seeded(label, make, inputs, call=plain_call, kwargs=None, training=True, **rest):
    """A case with "seeds", "seeds_after" and "draws"."""
    keep, made = kept(make)
    entry = case(label, keep, inputs, call=call, kwargs=kwargs, training=training, **rest)
    entry["seeds"] = seeds_of(made[0])
    with Draws() as draws:
        call(made[0], arrays(entry["inputs"]), {"training": training, **(kwargs or {})})
    entry["seeds_after"] = seeds_of(made[0])
    if draws.results:
        entry["draws"] = list(map(tensor, draws.results))
    return entry


def stateful(label, make, inputs, call=plain_call, states_of=lambda layer: layer.states, **rest):
    """A case with "states" and "states_after"."""
    keep, made = kept(make)
    rng = np.random.RandomState(5)

    def prepare(layer):
        for state in states_of(layer):
            state.assign(normal(rng, state.shape, 0.5))

    entry = case(label, keep, inputs, call=call, prepare=prepare, batch=2, **rest)
    entry["states"] = list(map(tensor, states_of(made[0])))
    masks = rest.get("masks")
    values = [jax.numpy.asarray(value) for value in arrays(entry["inputs"])]
    if masks:
        backend.set_keras_mask(values[0], jax.numpy.asarray(masks[0], bool))
    call(made[0], values, {})
    entry["states_after"] = list(map(tensor, states_of(made[0])))
    return entry


def with_mask(label, make, inputs, mask):
    """A case with an initial state and, in "kwargs", the mask.

    With an initial state Keras doesn't hand an input's own mask to the layer. It only goes on to the outputs.
    """

    def call(layer, inputs, kwargs):
        # The symbolic call has no batch that the mask could fit.
        if mask and not isinstance(inputs[0], keras.KerasTensor):
            kwargs = kwargs | {"mask": jax.numpy.asarray(mask, bool)}
        return with_state(layer, inputs, kwargs)

    entry = case(label, make, inputs, call=call)
    return entry | ({"kwargs": {"mask": tensor(np.array(mask, bool))}} if mask else {})


def with_initial_bias(label, make, inputs):
    """A case with "initial_bias"."""
    seen = []
    entry = case(label, make, inputs, prepare=lambda layer: seen.append(tensor(layer.weights[2].value)))
    return entry | {"initial_bias": seen[0]}


# ---------------------------------------------------------------- recurrent

SEQUENCE = (2, 4, 3)
RIGHT = [[1, 1, 0, 0], [1, 1, 1, 0]]
LEFT = [[0, 0, 1, 1], [0, 1, 1, 1]]
HOLES = [[1, 0, 1, 0], [0, 1, 0, 1]]
NOTHING = [[0, 0, 0, 0], [1, 1, 0, 1]]
EVERYTHING = {"return_sequences": True, "return_state": True}

# What every one of SimpleRNN, LSTM and GRU is tried with: label, arguments, mask.
RECURRENT = [
    ("plain", {}, None),
    ("sequences", {"return_sequences": True}, None),
    ("state", {"return_state": True}, None),
    ("sequences and state", EVERYTHING, None),
    ("backwards", {"go_backwards": True}, None),
    ("backwards, sequences and state", EVERYTHING | {"go_backwards": True}, None),
    ("unrolled", EVERYTHING | {"unroll": True}, None),
    ("unrolled, backwards", EVERYTHING | {"unroll": True, "go_backwards": True}, None),
    ("no bias", {"use_bias": False, "return_sequences": True}, None),
    ("mask right", {}, RIGHT),
    ("mask right, sequences and state", EVERYTHING, RIGHT),
    ("mask left, sequences", {"return_sequences": True}, LEFT),
    ("mask with holes, state", {"return_state": True}, HOLES),
    ("mask with holes, sequences and state", EVERYTHING, HOLES),
    ("mask with holes, backwards", EVERYTHING | {"go_backwards": True}, HOLES),
    ("mask with holes, zeros", EVERYTHING | {"zero_output_for_mask": True}, HOLES),
    ("mask with holes, zeros, no sequences", {"zero_output_for_mask": True, "return_state": True}, HOLES),
    ("mask with holes, unrolled", EVERYTHING | {"unroll": True}, HOLES),
    ("mask with holes, unrolled, zeros", EVERYTHING | {"unroll": True, "zero_output_for_mask": True}, HOLES),
    ("mask without a step", EVERYTHING, NOTHING),
]  # fmt: skip


def recurrent_cases(maker, states):
    """The cases that SimpleRNN, LSTM and GRU share; `states` is how many states the layer has."""
    name = maker.__name__
    all_inputs = [SEQUENCE] + [(2, 2)] * states

    def one(label, args, mask=None, **rest):
        return case(label, lambda: maker(2, **args), SEQUENCE, masks=mask and [mask], **rest)

    def started(label, args, mask=None):
        return with_mask(label, lambda: maker(2, **args), all_inputs, mask)

    entries = [one(*entry) for entry in RECURRENT]
    entries += [
        started("initial state", {"return_sequences": True}),
        started("initial state, mask left", EVERYTHING, LEFT),
        started("initial state, mask left, unrolled", EVERYTHING | {"unroll": True}, LEFT),
        started("initial state, backwards", EVERYTHING | {"go_backwards": True}),
        case("initial state, mask of the input", lambda: maker(2, **EVERYTHING), all_inputs,
             masks=[LEFT] + [None] * states, call=with_state),
        case("one step", lambda: maker(3, return_sequences=True), (2, 1, 2)),
        stateful("stateful", lambda: maker(2, stateful=True), SEQUENCE),
        stateful("stateful, sequences and state", lambda: maker(2, stateful=True, **EVERYTHING), SEQUENCE),
        stateful("stateful, mask", lambda: maker(2, stateful=True, **EVERYTHING), SEQUENCE, masks=[HOLES]),
        stateful("stateful, initial state", lambda: maker(2, stateful=True), all_inputs, call=with_state),
        one("activation relu", {"activation": "relu", "return_sequences": True}),
        one("no activation", {"activation": None}),
        one("regularizers", {
            "kernel_regularizer": "l2", "recurrent_regularizer": keras.regularizers.L1(0.02),
            "bias_regularizer": keras.regularizers.L1L2(0.03, 0.04),
            "activity_regularizer": keras.regularizers.L2(0.05), **EVERYTHING,
        }),
        seeded("dropout, training", lambda: maker(2, dropout=0.4, seed=11, **EVERYTHING), SEQUENCE),
        seeded("recurrent dropout, training", lambda: maker(2, recurrent_dropout=0.3, seed=12), SEQUENCE),
        seeded("both dropouts, training", lambda: maker(2, dropout=0.4, recurrent_dropout=0.3, seed=13), SEQUENCE),
        seeded("both dropouts, not training", lambda: maker(2, dropout=0.4, recurrent_dropout=0.3, seed=14), SEQUENCE,
               training=False),
    ]  # fmt: skip
    if name != "SimpleRNN":
        entries += [
            one("recurrent activation", {"recurrent_activation": "hard_sigmoid", "return_sequences": True}),
            one("both activations", {"activation": "softsign", "recurrent_activation": "tanh"}),
            with_initial_bias("initial bias", lambda: maker(2), SEQUENCE),
            with_initial_bias("initial bias, constant", lambda: maker(2, bias_initializer="ones"), SEQUENCE),
        ]
    return entries


def simple_rnn():
    return recurrent_cases(layers.SimpleRNN, 1)


def lstm():
    entries = recurrent_cases(layers.LSTM, 2)
    half = keras.initializers.Constant(0.5)
    entries += [
        with_initial_bias("initial bias, half", lambda: layers.LSTM(2, bias_initializer=half), SEQUENCE),
        with_initial_bias("initial bias without unit", lambda: layers.LSTM(2, unit_forget_bias=False), SEQUENCE),
    ]
    return entries


def gru():
    entries = recurrent_cases(layers.GRU, 1)

    def before(label, mask=None, **args):
        make = lambda: layers.GRU(2, reset_after=False, **args)  # noqa: E731
        return case(f"reset before{label}", make, SEQUENCE, masks=mask and [mask])

    entries += [
        before(""),
        before(", no bias", use_bias=False, return_sequences=True),
        before(", mask", HOLES, **EVERYTHING),
        before(", backwards", go_backwards=True, return_sequences=True),
        before(", activations", activation="relu", recurrent_activation="hard_sigmoid"),
        with_initial_bias("reset before, initial bias", lambda: layers.GRU(2, reset_after=False), SEQUENCE),
        seeded("reset before, dropouts", lambda: layers.GRU(
            2, reset_after=False, dropout=0.4, recurrent_dropout=0.3, seed=15, return_sequences=True), SEQUENCE),
    ]  # fmt: skip
    return entries


def with_states(layer, inputs, kwargs):
    """A cell's call. A cell keeps the masks that it drew until it is told to forget them, which RNN does."""
    layer.reset_dropout_mask()
    layer.reset_recurrent_dropout_mask()
    return layer(inputs[0], inputs[1:], **kwargs)


def stacked_states(*counts):
    """Gives an RNN of stacked cells its initial state, `counts` being each cell's number of states."""

    def nested(flat):
        flat = list(flat)
        return [[flat.pop(0) for _ in range(count)] for count in counts]

    return lambda layer, inputs, kwargs: layer(inputs[0], initial_state=nested(inputs[1:]), **kwargs)


def stack_call(*counts):
    """The call of StackedRNNCells itself."""

    def call(layer, inputs, kwargs):
        flat = list(inputs[1:])
        return layer(inputs[0], [[flat.pop(0) for _ in range(count)] for count in counts], **kwargs)

    return call


def recurrent_cells():
    """Cells called alone, RNN of a cell, and RNN of stacked cells."""
    simple, long, gated = layers.SimpleRNNCell, layers.LSTMCell, layers.GRUCell
    entries = []
    variations = {
        simple: [("no bias, relu", {"use_bias": False, "activation": "relu"})],
        long: [
            ("no bias", {"use_bias": False}), ("no unit forget bias", {"unit_forget_bias": False}),
            ("activations", {"activation": "relu", "recurrent_activation": "hard_sigmoid"}),
        ],
        gated: [
            ("no bias", {"use_bias": False}), ("reset before", {"reset_after": False}),
            ("reset before, no bias", {"reset_after": False, "use_bias": False}),
            ("activations", {"activation": "relu", "recurrent_activation": "hard_sigmoid"}),
        ],
    }  # fmt: skip
    for cell, more in variations.items():
        inputs = [(2, 3)] + [(2, 2)] * (2 if cell is long else 1)
        for label, args in [("plain", {})] + more:
            entries.append(case(label, lambda: cell(2, **args), inputs, call=with_states))  # noqa: B023
        dropouts = {"dropout": 0.4, "recurrent_dropout": 0.3, "seed": 21}
        for label, training in (("dropouts, training", True), ("dropouts, not training", False)):
            make = lambda: cell(2, **dropouts)  # noqa: B023, E731
            entries.append(seeded(label, make, inputs, call=with_states, training=training))
        make = lambda: cell(2, dropout=0.4, seed=22)  # noqa: B023, E731
        entries.append(seeded("dropout, training", make, inputs, call=with_states))

    def rnn(label, cells, mask=None, **args):
        return case(label, lambda: layers.RNN(cells(), **args), SEQUENCE, masks=mask and [mask])

    several = lambda: [long(2), gated(3)]  # noqa: E731
    entries += [
        rnn("a simple cell", lambda: simple(2)),
        rnn("a simple cell, mask, zeros", lambda: simple(2), HOLES, zero_output_for_mask=True, **EVERYTHING),
        rnn("a long cell", lambda: long(2), **EVERYTHING),
        rnn("a long cell, backwards, mask", lambda: long(2), RIGHT, go_backwards=True, **EVERYTHING),
        rnn("a gated cell, unrolled", lambda: gated(2, reset_after=False), unroll=True, return_sequences=True),
        case("a long cell, initial state", lambda: layers.RNN(long(2)), [SEQUENCE, (2, 2), (2, 2)], call=with_state),
        stateful("a gated cell, stateful", lambda: layers.RNN(gated(2), stateful=True), SEQUENCE),
        rnn("two cells", several),
        rnn("two cells, sequences and state", several, **EVERYTHING),
        rnn("two cells, mask", several, HOLES, **EVERYTHING),
        rnn("two cells, mask, zeros", several, HOLES, zero_output_for_mask=True, **EVERYTHING),
        rnn("two cells, mask, unrolled", several, HOLES, unroll=True, **EVERYTHING),
        rnn("two cells, backwards", several, go_backwards=True, return_sequences=True),
        rnn("three cells", lambda: [simple(2), gated(3), long(2)], RIGHT, **EVERYTHING),
        rnn("stacked cells", lambda: layers.StackedRNNCells([long(3), long(2)]), **EVERYTHING),
        case("two cells, initial state", lambda: layers.RNN(several(), **EVERYTHING),
             [SEQUENCE, (2, 2), (2, 2), (2, 3)], call=stacked_states(2, 1)),
        seeded("two cells, dropouts", lambda: layers.RNN(
            [long(2, dropout=0.4, seed=31), gated(3, dropout=0.3, recurrent_dropout=0.2, seed=32)]), SEQUENCE),
        case("two cells", lambda: layers.StackedRNNCells(several()), [(2, 3), (2, 2), (2, 2), (2, 3)],
             call=stack_call(2, 1)),
        case("three cells", lambda: layers.StackedRNNCells([simple(2), gated(3), simple(4)]),
             [(2, 3), (2, 2), (2, 3), (2, 4)], call=stack_call(1, 1, 1)),
        case("two long cells", lambda: layers.StackedRNNCells([long(2), long(3)]),
             [(2, 3), (2, 2), (2, 2), (2, 3), (2, 3)], call=stack_call(2, 2)),
    ]  # fmt: skip
    return entries


# ---------------------------------------------------------------- recurrent wrappers


def bidirectional():
    entries = []

    def both(label, inner, mask=None, inputs=SEQUENCE, call=plain_call, **args):
        make = lambda: layers.Bidirectional(inner(), **args)  # noqa: E731
        entries.append(case(label, make, inputs, masks=mask and [mask], call=call))

    modes = ("concat", "sum", "mul", "ave", None)
    for mode in modes:
        shown = mode or "apart"
        both(f"LSTM, {shown}", lambda: layers.LSTM(2), merge_mode=mode)
        both(f"GRU, {shown}, sequences", lambda: layers.GRU(2, return_sequences=True), merge_mode=mode)
        both(f"SimpleRNN, {shown}, state", lambda: layers.SimpleRNN(2, return_state=True), merge_mode=mode)
        both(f"LSTM, {shown}, sequences and state", lambda: layers.LSTM(2, **EVERYTHING), merge_mode=mode)
    for mode in ("concat", None):
        shown = mode or "apart"
        both(f"SimpleRNN, {shown}, mask right", lambda: layers.SimpleRNN(2), RIGHT, merge_mode=mode)
        both(f"SimpleRNN, {shown}, mask right, sequences", lambda: layers.SimpleRNN(2, return_sequences=True), RIGHT,
             merge_mode=mode)  # fmt: skip
    both("GRU, mask left", lambda: layers.GRU(2), LEFT)
    both("GRU, mask with holes, sequences and state", lambda: layers.GRU(2, **EVERYTHING), HOLES)
    both("LSTM, mask with holes, sequences", lambda: layers.LSTM(2, return_sequences=True), HOLES, merge_mode="sum")
    states = [SEQUENCE, (2, 2), (2, 2), (2, 2), (2, 2)]
    both("LSTM, initial state", lambda: layers.LSTM(2, **EVERYTHING), inputs=states, call=with_state)
    entries.append(with_mask("LSTM, initial state, mask", lambda: layers.Bidirectional(
        layers.LSTM(2, return_sequences=True)), states, HOLES))  # fmt: skip
    both("SimpleRNN, initial state", lambda: layers.SimpleRNN(2), inputs=states[:3], call=with_state)
    both("GRU, no bias, reset before", lambda: layers.GRU(2, use_bias=False, reset_after=False))
    both("LSTM, activity regularizer", lambda: layers.LSTM(2, activity_regularizer="l2", kernel_regularizer="l1"))
    both("RNN of a cell", lambda: layers.RNN(layers.LSTMCell(2), return_sequences=True))
    entries.append(case("an own backward layer", lambda: layers.Bidirectional(
        layers.LSTM(2, return_sequences=True),
        backward_layer=layers.LSTM(2, activation="relu", return_sequences=True, go_backwards=True)),
        SEQUENCE))  # fmt: skip
    entries.append(case("a backward layer of another kind", lambda: layers.Bidirectional(
        layers.GRU(2), backward_layer=layers.SimpleRNN(2, go_backwards=True), merge_mode="sum"), SEQUENCE))  # fmt: skip
    entries.append(stateful(
        "stateful", lambda: layers.Bidirectional(layers.LSTM(2, stateful=True, return_sequences=True)), SEQUENCE,
        states_of=lambda layer: layer.forward_layer.states + layer.backward_layer.states))  # fmt: skip
    for inner in (layers.LSTM, layers.SimpleRNN):
        make = lambda: layers.Bidirectional(inner(2, dropout=0.4, recurrent_dropout=0.3, seed=41))  # noqa: B023, E731
        entries.append(seeded(f"{inner.__name__}, dropouts", make, SEQUENCE))
    return entries


def time_distributed():
    def each(label, inner, inputs, **rest):
        return case(label, lambda: layers.TimeDistributed(inner()), inputs, **rest)

    nested = [[[1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 1, 1]], [[1, 0, 0], [1, 1, 1], [0, 1, 0], [1, 1, 0]]]
    return [
        each("Dense", lambda: layers.Dense(2), SEQUENCE),
        each("Dense, relu, one step", lambda: layers.Dense(2, activation="relu"), (2, 1, 3)),
        each("Dense, mask", lambda: layers.Dense(2), SEQUENCE, masks=[HOLES]),
        each("Dense of matrices", lambda: layers.Dense(2), (2, 3, 2, 3)),
        each("Dense, regularizers", lambda: layers.Dense(2, kernel_regularizer="l2", activity_regularizer="l2"),
             SEQUENCE),
        each("Conv2D", lambda: layers.Conv2D(2, 2), (2, 3, 4, 4, 1)),
        each("Conv2D, same, strides", lambda: layers.Conv2D(2, 3, strides=2, padding="same"), (2, 2, 5, 4, 1)),
        each("MaxPooling1D", lambda: layers.MaxPooling1D(2), (2, 3, 4, 2)),
        each("Flatten", lambda: layers.Flatten(), (2, 3, 2, 2)),
        each("LSTM", lambda: layers.LSTM(2), (2, 4, 3, 2)),
        each("LSTM, mask of steps within steps", lambda: layers.LSTM(2), (2, 4, 3, 2), masks=[nested]),
        each("Embedding", lambda: layers.Embedding(5, 2), integers((2, 3, 2), 5)),
        each("BatchNormalization, training", lambda: layers.BatchNormalization(momentum=0.5), SEQUENCE, training=True),
        each("BatchNormalization", lambda: layers.BatchNormalization(), SEQUENCE),
        seeded("Dropout", lambda: layers.TimeDistributed(layers.Dropout(0.4, seed=43)), SEQUENCE),
    ]  # fmt: skip


def recurrent_wrappers():
    return bidirectional() + time_distributed()


def conv_lstm():
    entries = []

    def one(label, maker, inputs, *args, call=plain_call, masks=None, **rest):
        entries.append(case(label, lambda: maker(*args, **rest), inputs, call=call, masks=masks))

    line, plane, room = layers.ConvLSTM1D, layers.ConvLSTM2D, layers.ConvLSTM3D
    steps = (2, 3, 5, 2)
    one("plain", line, steps, 2, 3)
    one("same, sequences", line, steps, 2, 3, padding="same", return_sequences=True)
    one("same, strides, sequences and state", line, (2, 3, 6, 1), 2, 3, padding="same", strides=2, **EVERYTHING)
    one("strides, backwards", line, (2, 3, 6, 1), 2, 2, strides=2, go_backwards=True, **EVERYTHING)
    one("dilated, no bias", line, steps, 2, 2, dilation_rate=2, use_bias=False)
    one("same, dilated", line, steps, 2, 2, dilation_rate=2, padding="same", return_sequences=True)
    one("even kernel, same", line, steps, 2, 4, padding="same")
    one("channels first", line, (2, 3, 2, 5), 2, 3, data_format="channels_first", return_sequences=True)
    one("activations", line, steps, 2, 2, activation="relu", recurrent_activation="hard_sigmoid")
    one("initial state", line, [steps, (2, 3, 2), (2, 3, 2)], 2, 3, call=with_state, return_sequences=True)
    one("mask, unrolled", line, (2, 4, 4, 1), 2, 2, masks=[HOLES], unroll=True, **EVERYTHING)
    entries.append(stateful("stateful", lambda: line(2, 3, stateful=True), steps))
    entries.append(seeded("dropouts, training", lambda: line(2, 3, dropout=0.4, recurrent_dropout=0.3, seed=51), steps))
    entries.append(case("regularizers", lambda: line(2, 3, kernel_regularizer="l2", recurrent_regularizer="l1",
        bias_regularizer="l2", activity_regularizer="l2"), steps))  # fmt: skip
    entries.append(with_initial_bias("initial bias", lambda: line(2, 2), steps))
    entries.append(with_initial_bias("no unit forget bias", lambda: line(2, 2, unit_forget_bias=False), steps))

    image = (2, 2, 4, 5, 1)
    one("plain", plane, image, 2, 3)
    one("same, sequences and state", plane, image, 2, 3, padding="same", **EVERYTHING)
    one("same, strides", plane, image, 2, (3, 2), padding="same", strides=2, return_sequences=True)
    one("strides, backwards", plane, image, 1, 2, strides=(1, 2), go_backwards=True, return_sequences=True)
    one("dilated", plane, image, 1, 2, dilation_rate=(2, 1))
    one("channels first", plane, (2, 2, 1, 4, 5), 2, (2, 3), data_format="channels_first", **EVERYTHING)
    one("no bias, backwards, state", plane, image, 1, (1, 3), use_bias=False, go_backwards=True, return_state=True)
    one("initial state", plane, [image, (2, 3, 4, 1), (2, 3, 4, 1)], 1, 2, call=with_state, **EVERYTHING)
    entries.append(stateful("stateful", lambda: plane(1, 2, stateful=True, **EVERYTHING), image))
    dropouts = {"dropout": 0.4, "recurrent_dropout": 0.3, "seed": 52}
    entries.append(seeded("dropouts, training", lambda: plane(1, 2, **dropouts), image))

    cube = (2, 2, 3, 2, 3, 1)
    one("plain", room, cube, 1, 2)
    one("same, sequences and state", room, cube, 1, 2, padding="same", **EVERYTHING)
    one("strides, backwards", room, cube, 1, (2, 1, 2), strides=(1, 2, 1), go_backwards=True, return_sequences=True)
    one("channels first", room, (2, 2, 1, 3, 2, 3), 1, (2, 1, 2), data_format="channels_first", return_sequences=True)
    return entries


# ---------------------------------------------------------------- attention

QUERY, VALUE = (2, 3, 4), (2, 5, 4)
QUERY_MASK = [[1, 1, 0], [1, 0, 1]]
VALUE_MASK = [[1, 1, 1, 0, 0], [0, 1, 1, 0, 1]]
NO_VALUE = [[0, 0, 0, 0, 0], [1, 1, 0, 1, 1]]


def dot_attention(maker):
    """The cases that Attention and AdditiveAttention share."""

    def one(label, inputs=(QUERY, VALUE), masks=None, kwargs=None, **args):
        return case(label, lambda: maker(**args), list(inputs), masks=masks, kwargs=kwargs)

    def dropped(label, masks=None, **kwargs):
        return seeded(label, lambda: maker(dropout=0.4, seed=61), [QUERY, VALUE], masks=masks, kwargs=kwargs)

    causal, scores = {"use_causal_mask": True}, {"return_attention_scores": True}
    return [
        one("query and value"),
        one("query, value and key", (QUERY, (2, 5, 2), VALUE)),
        one("scale", use_scale=True),
        one("no scale", use_scale=False),
        one("query mask", masks=[QUERY_MASK, None]),
        one("value mask", masks=[None, VALUE_MASK]),
        one("both masks", masks=[QUERY_MASK, VALUE_MASK], kwargs=scores),
        one("three masks", (QUERY, VALUE, VALUE), masks=[QUERY_MASK, VALUE_MASK, NO_VALUE], kwargs=scores),
        one("a row without a value", masks=[None, NO_VALUE], kwargs=scores),
        one("causal", kwargs=causal),
        one("causal, square", (VALUE, VALUE), kwargs=causal | scores),
        one("causal, more queries", (VALUE, QUERY), kwargs=causal | scores),
        one("causal, both masks", masks=[QUERY_MASK, VALUE_MASK], kwargs=causal | scores),
        one("scores", kwargs=scores),
        one("a further axis", ((2, 2, 3, 2), (2, 2, 4, 2)), kwargs=scores),
        dropped("dropout, training"),
        seeded("dropout, not training", lambda: maker(dropout=0.4, seed=62), [QUERY, VALUE], training=False),
        dropped("dropout, training, scores, causal, mask", [None, VALUE_MASK], **scores, **causal),
    ]


def concat_attention():
    def one(label, masks=None, kwargs=None, **args):
        make = lambda: layers.Attention(score_mode="concat", **args)  # noqa: E731
        return case(f"concat{label}", make, [QUERY, VALUE], masks=masks, kwargs=kwargs)

    return [
        one(""),
        one(", scale", use_scale=True),
        one(", masks, causal", [QUERY_MASK, VALUE_MASK], {"use_causal_mask": True}, use_scale=True),
        one(", scores", kwargs={"return_attention_scores": True}),
    ]


def rectangle(seed):
    """An attention mask with something to attend to in every row."""
    mask = np.random.RandomState(seed).rand(2, 3, 5) < 0.5
    mask[:, :, 2] = True
    return mask


SCORES, CAUSAL = {"return_attention_scores": True}, {"use_causal_mask": True}


def heads_cases(one, square):
    """The cases that MultiHeadAttention and GroupQueryAttention share: `one` makes a case of them."""
    blocked = rectangle(3)
    blocked[0, 1] = False
    return [
        one("cross"),
        one("self", (square, square)),
        one("no bias", use_bias=False),
        one("scores", kwargs=SCORES),
        one("causal", (square, square), kwargs=CAUSAL),
        one("causal, fewer queries", kwargs=CAUSAL),
        one("causal, scores", kwargs=CAUSAL | SCORES),
        one("attention mask", kwargs={"attention_mask": rectangle(1)}),
        one("attention mask, scores", kwargs={"attention_mask": rectangle(1)} | SCORES),
        one("attention mask of one for all", kwargs={"attention_mask": rectangle(2)[:1]}),
        one("attention mask, causal", kwargs={"attention_mask": rectangle(1)} | CAUSAL),
        one("attention mask with a row of nothing", kwargs={"attention_mask": blocked}),
        one("attention mask with a row of nothing, scores", kwargs={"attention_mask": blocked} | SCORES),
        one("query mask", masks=[QUERY_MASK, None]),
        one("query mask, scores", masks=[QUERY_MASK, None], kwargs=SCORES),
        one("value mask", masks=[None, VALUE_MASK]),
        one("both masks", masks=[QUERY_MASK, VALUE_MASK]),
        one("every mask", masks=[QUERY_MASK, VALUE_MASK], kwargs={"attention_mask": rectangle(1)} | CAUSAL),
        one("sliding window", (square, square), sliding_window=2),
        one("sliding window, causal, scores", (square, square), kwargs=CAUSAL | SCORES, sliding_window=2),
        one("gate", use_gate=True),
        one("gate, no bias", use_gate=True, use_bias=False),
        one("dropout, training", training=True, dropout=0.4, seed=71),
        one("dropout, not training", dropout=0.4, seed=72),
        one("dropout, training, scores, masks", masks=[None, VALUE_MASK], kwargs=CAUSAL | SCORES, training=True,
            dropout=0.4, seed=73),
        one("regularizers", kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2"),
    ]  # fmt: skip


def heads_case(maker, *sizes):
    def one(label, inputs=((2, 3, 3), (2, 5, 3)), masks=None, kwargs=None, training=False, **args):
        chosen = seeded if "dropout" in args else case
        entry = chosen(label, lambda: maker(*sizes, **args), list(inputs), call=spread, masks=masks, kwargs=kwargs,
                       training=training)  # fmt: skip
        # Keras's symbolic call tells a wrong shape of the scores: as many values as queries.
        entry["output_shapes"] = [[None, *output["shape"][1:]] for output in entry["outputs"]]
        return entry

    return one


def multi_head_attention():
    one = heads_case(layers.MultiHeadAttention, 2, 2)
    grid, other = (2, 2, 3, 3), (2, 2, 4, 3)
    mask = np.random.RandomState(4).rand(2, 3, 4) < 0.6
    mask[:, :, 1] = True
    plane = np.random.RandomState(5).rand(2, 2, 2, 2, 2) < 0.6
    plane[..., 0, 0] = True
    return heads_cases(one, (2, 4, 3)) + [
        one("key", ((2, 3, 3), (2, 5, 2), (2, 5, 4))),
        one("key, masks", ((2, 3, 3), (2, 5, 2), (2, 5, 4)), [QUERY_MASK, VALUE_MASK, [[1, 1, 0, 1, 1], [1] * 5]]),
        one("query of another width", ((2, 3, 4), (2, 5, 2))),
        # Keras's fused attention fails on JAX where value_dim is not key_dim; that with scores does not.
        one("value dim, scores", kwargs=SCORES, value_dim=3),
        one("output shape", output_shape=2),
        one("output shape of two axes, scores", kwargs=SCORES, output_shape=(2, 2), value_dim=1),
        one("output shape of two axes", output_shape=(2, 2)),
        one("gate, value dim, scores", kwargs=SCORES, use_gate=True, value_dim=3),
        one("value dim, no bias, scores", kwargs=SCORES, value_dim=1, use_bias=False),
        one("attention axis 2", (grid, other), attention_axes=2),
        one("attention axis -2, scores", (grid, other), attention_axes=-2, kwargs=SCORES),
        one("attention axis 2, mask", (grid, other), attention_axes=2, kwargs={"attention_mask": mask[:, None, None]}),
        one("attention axis 1", ((2, 2, 3, 3), (2, 3, 3, 3)), attention_axes=[1]),
        one("attention axes 1 and 2", ((2, 2, 2, 3), (2, 2, 2, 3)), attention_axes=(1, 2), kwargs=SCORES),
        one("every attention axis", ((2, 2, 2, 3), (2, 3, 1, 3))),
        one("attention axes 1 and 2, mask", ((2, 2, 2, 3), (2, 2, 2, 3)), attention_axes=(1, 2),
            kwargs={"attention_mask": plane}),
    ]  # fmt: skip


def group_query_attention():
    one = heads_case(layers.GroupQueryAttention, 2, 4, 2)
    single = heads_case(layers.GroupQueryAttention, 3, 2, 1)
    every = heads_case(layers.GroupQueryAttention, 2, 2, 2)
    return heads_cases(one, (2, 4, 3)) + [
        one("key", ((2, 3, 3), (2, 5, 3), (2, 5, 3))),
        single("one key head"),
        single("one key head, causal, scores", kwargs=CAUSAL | SCORES),
        every("as many key heads"),
    ]


def attention():
    return dot_attention(layers.Attention) + concat_attention() + dot_attention(layers.AdditiveAttention)


# ---------------------------------------------------------------- normalization


def deviations(name, shape, rng):
    """Positive weights for moving deviations, and the default for all others."""
    return np.round(rng.uniform(0.5, 1.5, shape) * 64) / 64 if name.endswith("stddev") else None


def batch_normalization():
    def one(label, inputs, training=True, mask=None, prepare=None, **args):
        make = lambda: layers.BatchNormalization(**args)  # noqa: E731
        return case(label, make, inputs, masks=mask and [mask], training=training, prepare=prepare, weights=deviations)

    def frozen(layer):
        layer.trainable = False

    matrix, cube, image = (4, 3), (2, 4, 3), (2, 2, 3, 2)
    clipping = {"rmin": 0.7, "rmax": 1.3, "dmax": 0.4}
    entries = []
    for shown, training in (("", False), (", training", True)):
        entries += [
            one(f"matrix{shown}", matrix, training),
            one(f"cube{shown}", cube, training),
            one(f"image{shown}", image, training),
            one(f"image, axis 1{shown}", image, training, axis=1),
            one(f"axis -2{shown}", cube, training, axis=-2),
            one(f"no scale{shown}", matrix, training, scale=False),
            one(f"no center{shown}", matrix, training, center=False),
            one(f"neither{shown}", cube, training, center=False, scale=False),
            one(f"momentum, epsilon{shown}", cube, training, momentum=0.5, epsilon=0.125),
            one(f"mask{shown}", cube, training, HOLES),
            one(f"frozen{shown}", matrix, training, prepare=frozen),
            one(f"regularizers{shown}", matrix, training, gamma_regularizer="l2", beta_regularizer="l1"),
            one(f"renorm{shown}", matrix, training, renorm=True, renorm_momentum=0.75),
            one(f"renorm, clipped{shown}", cube, training, renorm=True, renorm_clipping=clipping, momentum=0.5),
        ]
    entries += [
        one("five axes, training", (2, 1, 2, 2, 3)),
        one("mask, axis 1, training", cube, mask=HOLES, axis=1),
        one("mask without a step, training", cube, mask=[[0] * 4, [0] * 4]),
        one("renorm, no scale, no center, training", matrix, renorm=True, scale=False, center=False),
    ]
    return entries


def layer_normalization():
    def one(label, inputs, masks=None, **args):
        return case(label, lambda: layers.LayerNormalization(**args), inputs, masks=masks)

    cube, image = (2, 3, 4), (2, 2, 3, 2)
    return [
        one("matrix", (3, 5)), one("cube", cube), one("image", image), one("axis 1", cube, axis=1),
        one("axis list", cube, axis=[-1]), one("axes 1 and 2", cube, axis=[1, 2]),
        one("axes unsorted", image, axis=[3, 1]), one("axes -2 and -1", image, axis=[-2, -1]),
        one("axes 1, 2 and 3", image, axis=(1, 2, 3)), one("no scale", cube, scale=False),
        one("no center", cube, center=False), one("neither", cube, scale=False, center=False),
        one("epsilon", cube, epsilon=0.25), one("mask", (2, 4, 3), masks=[HOLES]),
        one("regularizers", cube, gamma_regularizer="l2", beta_regularizer="l1"), one("one feature", (3, 1)),
    ]  # fmt: skip


def group_normalization():
    def one(label, inputs, **args):
        return case(label, lambda: layers.GroupNormalization(**args), inputs)

    image = (2, 2, 3, 4)
    return [
        one("matrix", (3, 6), groups=3), one("cube", (2, 3, 4), groups=2), one("image", image, groups=2),
        one("one group", image, groups=1), one("a group a channel", image, groups=4), one("instance", image, groups=-1),
        one("axis 1", (2, 4, 2, 3), groups=2, axis=1), one("axis 2", (2, 2, 4, 3), groups=2, axis=2),
        one("axis -2", (2, 2, 4, 3), groups=2, axis=-2), one("instance, axis 1", (2, 3, 4), groups=-1, axis=1),
        one("no scale", image, groups=2, scale=False), one("no center", image, groups=2, center=False),
        one("neither, epsilon", image, groups=2, scale=False, center=False, epsilon=0.25),
        one("regularizers", (2, 4), groups=2, gamma_regularizer="l2", beta_regularizer="l1"),
    ]  # fmt: skip


def other_normalizations():
    """RMSNormalization and UnitNormalization."""

    def rms(label, inputs, masks=None, **args):
        return case(label, lambda: layers.RMSNormalization(**args), inputs, masks=masks)

    def unit(label, inputs, masks=None, **args):
        return case(label, lambda: layers.UnitNormalization(**args), inputs, masks=masks)

    cube, image = (2, 3, 4), (2, 2, 3, 2)
    zero_row = floats((3, 4), 8) * np.array([[1], [0], [1]], "float32")
    return [
        rms("matrix", (3, 5)), rms("cube", cube), rms("axes 1 and 2", cube, axis=[1, 2]),
        rms("axes unsorted", cube, axis=[2, 1]), rms("epsilon", cube, epsilon=0.25), rms("one feature", (3, 1)),
        # Keras lays the scale along the last axes, whichever are normalized: others fail unless their sizes fit.
        rms("axis 1, square", (2, 3, 3), axis=1),
        rms("a row of zeros", zero_row, epsilon=0.01),
        unit("matrix", (3, 5)), unit("cube", cube), unit("axis 1", cube, axis=1), unit("axis 0", cube, axis=0),
        unit("axes 1 and 2", cube, axis=[1, 2]), unit("axes 1, 2 and 3", image, axis=(1, 2, 3)),
        unit("mask", (2, 4, 3), masks=[HOLES]),
        # Keras's gradient is NaN here.
        case("a row of zeros", lambda: layers.UnitNormalization(), zero_row, gradients=False),
    ]  # fmt: skip


def layer_scale():
    """The layer that the ConvNeXts of keras.applications bring with them."""

    def one(label, inputs, *arguments, masks=None):
        return case(label, lambda: LayerScale(*arguments), inputs, masks=masks)

    return [
        one("matrix", (3, 5), 1e-6, 5), one("image", (2, 2, 3, 4), 0.5, 4), one("mask", (2, 4, 3), 1.0, 3, masks=[HOLES]),
    ]  # fmt: skip


def spectral_normalization():
    def one(label, inner, inputs, training=True, weights=None, **args):
        make = lambda: layers.SpectralNormalization(inner(), **args)  # noqa: E731
        return case(label, make, inputs, training=training, weights=weights)

    def zero_kernel(name, shape, rng):
        return np.zeros(shape) if name.endswith("kernel") else None

    entries = []
    for shown, training in (("", False), (", training", True)):
        entries += [
            one(f"Dense{shown}", lambda: layers.Dense(3), (2, 4), training),
            one(f"Dense, three iterations{shown}", lambda: layers.Dense(3), (2, 4), training, power_iterations=3),
            one(f"Conv2D{shown}", lambda: layers.Conv2D(2, 2), (2, 3, 3, 2), training),
            one(f"Embedding{shown}", lambda: layers.Embedding(5, 3), integers((2, 3), 5), training),
        ]
    entries += [
        one("Dense, no bias, relu, training", lambda: layers.Dense(2, activation="relu", use_bias=False), (2, 3, 4)),
        one("Conv1D, two iterations, training", lambda: layers.Conv1D(3, 2), (2, 4, 2), power_iterations=2),
        one("a kernel of zeros, training", lambda: layers.Dense(3), (2, 4), weights=zero_kernel),
    ]
    return entries


def adapted(label, data, inputs, **args):
    """Normalization that has learned from the data, and "adapt"."""
    keep, made = kept(lambda: layers.Normalization(**args))

    def learned(name, _shape, _rng):
        return np.asarray({weight.name: weight for weight in made[0].weights}[name].value)

    entry = case(label, keep, inputs, prepare=lambda layer: layer.adapt(data), weights=learned)
    return entry | {"adapt": tensor(data)}


def data_normalization():
    def given(label, inputs, mean, variance, **args):
        make = lambda: layers.Normalization(mean=mean, variance=variance, **args)  # noqa: E731
        return case(label, make, inputs)

    cube = (2, 3, 4)
    return [
        given("numbers", (3, 4), 0.5, 2.0), given("numbers, no axis", (3, 4), 0.5, 2.0, axis=None),
        given("lists", (3, 2), [0.5, -1.0], [2.0, 0.25]), given("lists, axis 1", cube, [1.0, 2.0, 3.0], [1.0, 4.0, 9.0],
                                                                axis=1),
        given("no variance", (3, 2), [0.5, -1.0], [0.0, 4.0]),
        given("inverted", (3, 2), [0.5, -1.0], [2.0, 0.25], invert=True),
        given("a list for two axes", cube, [1.0, 2.0, 3.0, 4.0], [1.0, 4.0, 9.0, 16.0], axis=(1, 2)),
        given("matrices for two axes", (2, 2, 2), [[1.0, 2.0], [3.0, 4.0]], [[1.0, 4.0], [9.0, 16.0]], axis=(1, 2)),
        adapted("adapted", floats((6, 3), 1), (2, 3)), adapted("adapted, cube", floats((4, 2, 3), 2), (2, 2, 3)),
        adapted("adapted, no axis", floats((6, 3), 3), (2, 3), axis=None),
        adapted("adapted, axis 1", floats((4, 2, 3), 4), (2, 2, 3), axis=1),
        adapted("adapted, axes 1 and 2", floats((4, 2, 3), 5), (2, 2, 3), axis=(1, 2)),
        adapted("adapted, axes -1 and 1", floats((3, 2, 2, 2), 6), (2, 2, 2, 2), axis=(-1, 1)),
        adapted("adapted, inverted", floats((6, 3), 7), (2, 3), invert=True),
        adapted("adapted, a constant feature", floats((6, 1), 8) * np.array([[1, 0]], "float32"), (2, 2)),
    ]  # fmt: skip


def normalization():
    several = layer_normalization() + group_normalization() + other_normalizations()
    return several + layer_scale() + spectral_normalization() + data_normalization()


# ---------------------------------------------------------------- regularization


def regularization():
    entries = []

    def one(maker, label, inputs, *args, training=True, masks=None, **rest):
        entries.append(seeded(label, lambda: maker(*args, **rest), inputs, training=training, masks=masks))

    def noisy(maker, rate=0.4):
        one(maker, "not training", (3, 4), rate, seed=80, training=False)
        one(maker, "training", (3, 5), rate, seed=81)
        one(maker, "a cube", (2, 4, 3), rate / 2, seed=82, masks=[HOLES])
        one(maker, "odd size", (3, 3), rate * 2, seed=2**31 + 5)
        one(maker, "rate 0", (2, 3), 0.0, seed=83)

    kinds = (layers.Dropout, layers.GaussianDropout, layers.GaussianNoise, layers.AlphaDropout)
    for maker in kinds:
        noisy(maker)
    one(layers.Dropout, "everything dropped", (2, 3), 1.0, seed=84)
    one(layers.GaussianNoise, "deviation 1", (2, 3), 1.0, seed=84)
    for maker in (layers.Dropout, layers.AlphaDropout):
        one(maker, "noise for all steps", (2, 4, 3), 0.5, noise_shape=(None, 1, 3), seed=85)
        one(maker, "noise for all samples", (3, 4), 0.5, noise_shape=(1, None), seed=86)
        one(maker, "noise of one number", (3, 4), 0.5, noise_shape=(1, 1), seed=92)
    for size, maker in enumerate((layers.SpatialDropout1D, layers.SpatialDropout2D, layers.SpatialDropout3D), 1):
        space = (2, 3, 2)[:size]
        one(maker, "training", (2, *space, 4), 0.5, seed=87)
        one(maker, "not training", (2, *space, 2), 0.5, seed=87, training=False)
        one(maker, "low rate", (3, *space, 3), 0.25, seed=88)
        if size > 1:
            one(maker, "channels first", (2, 4, *space), 0.5, seed=87, data_format="channels_first")
    one(layers.SpatialDropout1D, "mask", (2, 4, 3), 0.5, seed=90, masks=[HOLES])

    def activity(label, inputs, masks=None, **args):
        entries.append(case(label, lambda: layers.ActivityRegularization(**args), inputs, masks=masks))

    activity("l1", (3, 4), l1=0.25)
    activity("l2", (2, 3, 2), l2=0.125)
    activity("both", (3, 4), l1=0.25, l2=0.125)
    activity("neither", (2, 3))
    activity("mask", (2, 4, 2), l2=0.125, masks=[HOLES])
    return entries


# ---------------------------------------------------------------- regularizers and constraints

SHAPES = [(5,), (4, 3), (3, 2, 2), (2, 2, 2, 3)]


def regularizers():
    kinds = keras.regularizers
    plan = [(make, shape) for shape in SHAPES for make in (
        kinds.L1(), kinds.L1(0.3), kinds.L2(), kinds.L2(0.3), kinds.L1L2(), kinds.L1L2(0.2, 0.0), kinds.L1L2(0.0, 0.3),
        kinds.L1L2(0.2, 0.3))]  # fmt: skip
    matrices = [(4, 3), (3, 4), (2, 2), (5, 2)]
    plan += [(kinds.OrthogonalRegularizer(factor, mode), shape) for shape in matrices
             for factor, mode in ((0.01, "rows"), (0.5, "rows"), (0.5, "columns"))]  # fmt: skip
    entries = []
    for place, (regularizer, shape) in enumerate(plan):
        x = floats(shape, 100 + place)
        value, dx = jax.value_and_grad(regularizer)(jax.numpy.asarray(x))
        entries.append({
            "class_name": type(regularizer).__name__, "config": regularizer.get_config(), "x": tensor(x),
            "value": float(str(np.float32(value))), "dx": tensor(dx),
        })  # fmt: skip
    return entries


def constraints():
    kinds = keras.constraints
    entries = []

    def add(constraint, w):
        head = {"class_name": type(constraint).__name__, "config": constraint.get_config(), "w": tensor(w)}
        entries.append(head | {"result": tensor(constraint(jax.numpy.asarray(w)))})

    axes = {1: [0, -1], 2: [0, 1, -1, [0, 1]], 3: [0, 1, [0, 1], [1, 2]], 4: [0, 3, [0, 1, 2], [0, 1]]}
    for place, shape in enumerate(SHAPES):
        w = floats(shape, 200 + place)
        add(kinds.NonNeg(), w)
        for axis in axes[len(shape)]:
            add(kinds.MaxNorm(axis=axis), w)
            add(kinds.MaxNorm(1.25, axis), w)
            add(kinds.UnitNorm(axis), w)
            add(kinds.MinMaxNorm(axis=axis), w)
            add(kinds.MinMaxNorm(1.25, 2.0, 1.0, axis), w)
            add(kinds.MinMaxNorm(1.25, 2.0, 0.25, axis), w)
    # Columns of zeros, and of small and large norms.
    edges = np.array([[0, 1e-4, 30, 1], [0, 1e-4, -40, 0]], "float32")
    for constraint in (kinds.NonNeg(), kinds.MaxNorm(), kinds.UnitNorm(), kinds.MinMaxNorm(0.5, 2.0)):
        add(constraint, edges)
    return entries


# ---------------------------------------------------------------- defaults

# The layers whose constructor needs arguments, and below the wrappers, which need a layer or a cell.
NEEDED = {
    "Activation": {"activation": "relu"}, "Dense": {"units": 4}, "Embedding": {"input_dim": 5, "output_dim": 4},
    "ReversibleEmbedding": {"input_dim": 5, "output_dim": 4},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 4}, "InputLayer": {"shape": (3,)},
    "DepthwiseConv1D": {"kernel_size": 3}, "DepthwiseConv2D": {"kernel_size": 3},
    "AveragePooling1D": {"pool_size": 2}, "AveragePooling2D": {"pool_size": 2}, "AveragePooling3D": {"pool_size": 2},
    "GroupQueryAttention": {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "Dropout": {"rate": 0.5}, "GaussianDropout": {"rate": 0.5}, "GaussianNoise": {"stddev": 0.5},
    "AlphaDropout": {"rate": 0.5}, "SpatialDropout1D": {"rate": 0.5}, "SpatialDropout2D": {"rate": 0.5},
    "SpatialDropout3D": {"rate": 0.5}, "Dot": {"axes": 1}, "Permute": {"dims": (2, 1)}, "RepeatVector": {"n": 3},
    "Reshape": {"target_shape": (2, 3)}, "Rescaling": {"scale": 0.5}, "Resizing": {"height": 4, "width": 5},
    "CenterCrop": {"height": 4, "width": 5}, "RandomCrop": {"height": 4, "width": 5},
    "CategoryEncoding": {"num_tokens": 4}, "Discretization": {"bin_boundaries": [0.0, 1.0]},
    "Hashing": {"num_bins": 4}, "HashedCrossing": {"num_bins": 4}, "MaxNumBoundingBoxes": {"max_number": 4},
    "RandomTranslation": {"height_factor": 0.2, "width_factor": 0.3}, "RandomZoom": {"height_factor": 0.2},
}  # fmt: skip
for _name in ("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "SeparableConv1D",
              "SeparableConv2D", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"):  # fmt: skip
    NEEDED[_name] = {"filters": 4, "kernel_size": 3}
for _name in ("LSTM", "LSTMCell", "GRU", "GRUCell", "SimpleRNN", "SimpleRNNCell"):
    NEEDED[_name] = {"units": 4}
for _size in "123":
    for _kind in ("Average", "Max"):
        NEEDED[f"Adaptive{_kind}Pooling{_size}D"] = {"output_size": 2}
for _name in ("Brightness", "ColorDegeneration", "Contrast", "Hue", "Posterization", "Rotation", "Saturation",
              "Sharpness"):  # fmt: skip
    NEEDED[f"Random{_name}"] = {"factor": 3 if _name == "Posterization" else 0.2}
WRAPPERS = {
    "Bidirectional": lambda: {"layer": layers.LSTM(4)}, "TimeDistributed": lambda: {"layer": layers.Dense(4)},
    "SpectralNormalization": lambda: {"layer": layers.Dense(4)}, "RNN": lambda: {"cell": layers.LSTMCell(4)},
    "StackedRNNCells": lambda: {"cells": [layers.LSTMCell(4), layers.GRUCell(3)]},
    "Pipeline": lambda: {"layers": [layers.Rescaling(0.5), layers.RandomFlip()]},
}  # fmt: skip
# Bases, layers of other frameworks, a Python function.
LEFT_OUT = {"Layer", "Wrapper", "InputSpec", "FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper", "Lambda"}


def layer_names():
    """The public names of the layer classes, aliases left out."""
    found = {}
    for name in sorted(vars(layers)):
        kind = getattr(layers, name)
        if isinstance(kind, type) and name not in LEFT_OUT:
            best = found.get(kind)
            found[kind] = name if best is None or name == kind.__name__ else best
    return sorted(found.values())


def written(value):
    """Arguments as Keras writes them to a file; tuples become lists in JSON by themselves."""
    if isinstance(value, list):
        return [written(item) for item in value]
    return keras.saving.serialize_keras_object(value) if isinstance(value, keras.Layer) else value


def defaults():
    entries = []
    for name in layer_names():
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        args = WRAPPERS[name]() if name in WRAPPERS else NEEDED.get(name, {})
        layer = getattr(layers, name)(**args)
        entries.append({
            "class_name": type(layer).__name__, "public_name": name,
            "args": {key: written(value) for key, value in args.items()},
            "config": keras.saving.serialize_keras_object(layer)["config"], "supports_masking": layer.supports_masking,
        })  # fmt: skip
    return entries


# ---------------------------------------------------------------- files

FAMILIES = [simple_rnn, lstm, gru, recurrent_cells, recurrent_wrappers, conv_lstm, attention, multi_head_attention,
            group_query_attention, batch_normalization, normalization, regularization]  # fmt: skip
LISTS = {"regularizers": regularizers, "constraints": constraints, "layers/defaults": defaults}


def main(wanted):
    """Operation by operation: to compile every case's loop for so few numbers would take far longer."""
    with jax.disable_jit():
        make_files(wanted)


def make_files(wanted):
    for family in FAMILIES:
        if not wanted or family.__name__ in wanted:
            write_family(family.__name__, family())
    for name, make in LISTS.items():
        if not wanted or make.__name__ in wanted:
            entries = make()
            write(name, entries)
            print(f"{name}: {len(entries)} entries")


if __name__ == "__main__":
    main(sys.argv[1:])
