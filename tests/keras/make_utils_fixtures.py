"""Makes `fixtures/utils.json`: what `keras.utils` that prepare data return.

Run as `make_fixtures.py`, whose conventions hold here too:

    python make_utils_fixtures.py

An entry is a "function" with its arguments, and "expected", what it returns: an array, or for a time series a list of
batches, each a pair of windows and targets. `normalize` along the axis 0 is left out: Keras 3.15.1 divides by the norms of
other vectors there, or fails.
"""

from make_fixtures import keras, normal, np, tensor, write

utils = keras.utils


def floats(array):
    return tensor(np.asarray(array, "float32"))


def to_categorical(x, num_classes=None):
    expected = utils.to_categorical(np.array(x), num_classes)
    return {"function": "to_categorical", "x": floats(x), "num_classes": num_classes, "expected": floats(expected)}


def pad_sequences(sequences, **options):
    expected = utils.pad_sequences(sequences, **options)
    return {"function": "pad_sequences", "sequences": sequences, **options, "expected": floats(expected)}


def normalize(x, axis=-1, order=2):
    expected = utils.normalize(x, axis, order)
    return {"function": "normalize", "x": floats(x), "axis": axis, "order": order, "expected": floats(expected)}


def timeseries(data, targets, **options):
    dataset = utils.timeseries_dataset_from_array(data, targets, **options)
    if targets is None:
        batches = [(floats(x), None) for x in dataset]
    else:
        batches = [(floats(x), floats(y)) for x, y in dataset]
    targets = None if targets is None else floats(targets)
    return {"function": "timeseries", "data": floats(data), "targets": targets, **options, "expected": batches}


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    words = [[], [1], [2, 3], [4, 5, 6], [7, 8, 9, 10]]
    series, columns = np.arange(11.0), normal(rng, (9, 2))
    write("utils", [
        to_categorical([0, 2, 1]),
        to_categorical([0, 2, 1], 5),
        to_categorical([[0], [3]]),
        to_categorical([[0, 1], [2, 0]], 4),
        pad_sequences(words),
        pad_sequences(words, maxlen=2),
        pad_sequences(words, maxlen=3, padding="post"),
        pad_sequences(words, maxlen=3, truncating="post", value=-1),
        pad_sequences(words, maxlen=6, padding="post", truncating="post"),
        normalize(normal(rng, (3, 4))),
        normalize(normal(rng, (2, 3, 2)), axis=1, order=1),
        normalize(normal(rng, (2, 4, 3)), axis=1, order=3),
        normalize(normal(rng, (3, 4)), axis=1, order=np.inf),
        normalize(np.array([[3.0, 4.0], [0.0, 0.0]])),
        timeseries(series, 10 * series, sequence_length=3),
        timeseries(series, 10 * series, sequence_length=3, sequence_stride=2, sampling_rate=2, batch_size=2),
        timeseries(series, 10 * series, sequence_length=2, start_index=3, end_index=8),
        timeseries(series, series[4:], sequence_length=4, batch_size=3),
        timeseries(series, None, sequence_length=4, sequence_stride=3),
        timeseries(columns, columns[3:], sequence_length=3, sequence_stride=2, batch_size=2),
    ])  # fmt: skip
