"""Makes the parity fixtures in `fixtures/`: what real Keras computes, for Horn's tests to compare with.

Run:

    pip install keras==3.15.1 jax==0.10.2 numpy==2.4.6 scipy==1.17.1
    python make_fixtures.py              # all files
    python make_fixtures.py losses       # one file

Made with Python 3.11, the JAX backend, on an x86-64 CPU, in some minutes. Two runs give identical files; another CPU or
another version may change the last digit of transcendental functions.

Conventions of every file:

- A tensor is `{"shape": [..], "data": [..]}`, the data flat and row-major.
- Numbers are the exact float32 values (the shortest digits that give the same float64). Values that are not finite are
  the strings "NaN", "inf" and "-inf". Integers have no point.
- Random inputs are multiples of 1/1024: short, exact, and off the kinks of the functions.
- "args" are the constructor's arguments as a user writes them, "config" is the whole `get_config()`.
- XLA flushes denormals to zero on the CPU: values below 1.2e-38 are 0 here.
"""

import json
import os
import random
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["COLUMNS"] = "80"
sys.stdout.reconfigure(encoding="utf-8")  # or rich draws the tables in ASCII

import jax
import keras
import numpy as np
from keras.src.trainers.compile_utils import get_metric

FOLDER = Path(__file__).parent / "fixtures"


# ---------------------------------------------------------------- writing


def plain(value):
    """The same value in JSON's types, every float exact."""
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if np.isnan(value):
            return "NaN"
        return value if np.isfinite(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    raise TypeError(f"no plain form of {type(value)}")


def tensor(value):
    array = np.asarray(value)
    if array.dtype not in (np.float32, np.int32):
        raise TypeError(f"a fixture of {array.dtype}")
    return {"shape": list(array.shape), "data": plain(array.ravel().tolist())}


def write(name, content):
    """One entry a line, so that a change shows up as one line."""

    def line(value):
        return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)

    def listing(items):
        return "[\n" + ",\n".join(line(item) for item in items) + "\n]"

    if isinstance(content, list):
        text = listing(content)
    else:
        fields = (f'"{key}": {listing(v) if isinstance(v, list) else line(v)}' for key, v in content.items())
        text = "{\n" + ",\n".join(fields) + "\n}"
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


# ---------------------------------------------------------------- inputs


def short(values):
    return (np.round(np.asarray(values, "float64") * 1024) / 1024).astype("float32")


def normal(rng, shape, scale=1.0):
    return short(rng.standard_normal(shape) * scale)


def probabilities(rng, shape, total_one=True):
    values = rng.random(shape) + 0.05
    return short(values / values.sum(-1, keepdims=True) if total_one else values / 1.1)


def positive(rng, shape):
    return abs(normal(rng, shape)) + np.float32(1 / 16)


def binaries(rng, shape):
    return rng.randint(0, 2, shape).astype("float32")


def one_hots(rng, shape):
    return np.eye(shape[-1], dtype="float32")[rng.randint(0, shape[-1], shape[:-1])]


def class_numbers(rng, shape):
    return rng.randint(0, shape[-1], shape[:-1]).astype("int32")


def fractions(rng, shape):
    return probabilities(rng, shape, total_one=False)


# ---------------------------------------------------------------- activations


ACTIVATIONS = [
    ("celu", {}), ("celu", {"alpha": 0.5}),
    ("elu", {}), ("elu", {"alpha": 0.5}),
    ("exponential", {}),
    ("gelu", {"approximate": False}), ("gelu", {"approximate": True}),
    ("glu", {}), ("glu", {"axis": 0}),
    ("hard_shrink", {}), ("hard_shrink", {"threshold": 1.25}),
    ("hard_sigmoid", {}), ("hard_silu", {}), ("hard_tanh", {}),
    ("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.1}),
    ("linear", {}),
    ("log_sigmoid", {}),
    ("log_softmax", {}), ("log_softmax", {"axis": 0}),
    ("mish", {}),
    ("relu", {}), ("relu", {"max_value": 2.5}), ("relu", {"negative_slope": 0.25}), ("relu", {"threshold": 0.75}),
    ("relu", {"negative_slope": 0.25, "max_value": 2.5, "threshold": 0.75}),
    ("relu6", {}), ("selu", {}), ("sigmoid", {}), ("silu", {}),
    ("soft_shrink", {}), ("soft_shrink", {"threshold": 1.25}),
    ("softmax", {}), ("softmax", {"axis": 0}), ("softmax", {"axis": [-2, -1]}),
    ("softplus", {}), ("softsign", {}), ("sparse_plus", {}), ("sparse_sigmoid", {}),
    ("sparsemax", {}), ("sparsemax", {"axis": 0}),
    ("squareplus", {}), ("squareplus", {"b": 1}),
    ("tanh", {}), ("tanh_shrink", {}),
    ("threshold", {"threshold": 0.5, "default_value": -1.5}),
]  # fmt: skip


def true_sparsemax(x, w, axis):
    """The projection on the simplex (Martins and Astudillo, 2016) and the gradient of sum(y * w), in float64."""
    z, w = (np.moveaxis(np.asarray(value, "float64"), axis, -1) for value in (x, w))
    ordered = -np.sort(-z, axis=-1)
    total = np.cumsum(ordered, axis=-1)
    count = np.arange(1, z.shape[-1] + 1)
    k = (1 + count * ordered > total).sum(-1, keepdims=True)
    y = np.maximum(z - (np.take_along_axis(total, k - 1, -1) - 1) / k, 0)
    inside = y > 0
    dx = inside * (w - (inside * w).sum(-1, keepdims=True) / inside.sum(-1, keepdims=True))
    return [tensor(np.moveaxis(value, -1, axis).astype("float32")) for value in (y, dx)]


def activations():
    """Entries {"name", "args", "case", "x", "w", "y", "dx"}; dx is the gradient of sum(y * w) by x.

    Those of sparsemax are an exception. Keras 3.15.1 computes it wrong where two or more elements are in the support,
    so that rows do not add up to 1 (keras-team/keras#23425, fixed after that release in #23469). Here "y" and "dx" are
    the true values, computed with NumPy, and what 3.15.1 gives is under "keras_y" and "keras_dx".
    """
    rng = np.random.RandomState(1)
    extreme = [[-1e4, -100, -50, -1e-8, 0, 1e-8], [1e4, 100, 50, 1, -1, 0.25]]
    cases = [
        ("matrix", normal(rng, (4, 6), 3)),
        ("cube", normal(rng, (2, 3, 4), 3)),
        ("extreme", np.array(extreme, "float32")),
    ]
    entries = []
    for name, args in ACTIVATIONS:
        function = getattr(keras.activations, name)
        for case, x in cases:
            # glu halves the axis, so w has the output's shape.
            run = lambda value: function(value, **args)  # noqa: E731
            if name == "glu" and x.shape[args.get("axis", -1)] % 2:
                continue
            y = run(jax.numpy.asarray(x))
            w = normal(np.random.RandomState(2), y.shape)
            dx = jax.grad(lambda value: (run(value) * w).sum())(x)
            entry = {"name": name, "args": args, "case": case}
            entry |= {"x": tensor(x), "w": tensor(w), "y": tensor(y), "dx": tensor(dx)}
            if name == "sparsemax":
                entry |= {"keras_y": entry["y"], "keras_dx": entry["dx"]}
                entry["y"], entry["dx"] = true_sparsemax(x, w, args.get("axis", -1))
            entries.append(entry)
    return entries


# ---------------------------------------------------------------- initializers


def initializers():
    """Entries {"class_name", "config", "seed", "shape"} with either "data" (flat) or "stats" of a (300, 200) draw."""
    i = keras.initializers
    matrix, kernel, vector = (5, 7), (3, 3, 4, 8), (6,)
    every = [matrix, kernel, vector]
    plan = [
        (i.Zeros(), every[::2]), (i.Ones(), every[::2]), (i.Constant(0.3), every[::2]),
        (i.Identity(), [matrix, (4, 4)]), (i.Identity(gain=2.5), [(7, 5)]),
        (i.RandomNormal(seed=42), every), (i.RandomNormal(mean=1.0, stddev=2.0, seed=3), [matrix]),
        (i.RandomUniform(seed=42), every), (i.RandomUniform(minval=-1.0, maxval=3.0, seed=3), [matrix]),
        (i.TruncatedNormal(seed=42), every), (i.TruncatedNormal(mean=1.0, stddev=2.0, seed=3), [matrix]),
    ]  # fmt: skip
    for mode in ("fan_in", "fan_out", "fan_avg"):
        for distribution in ("uniform", "truncated_normal", "untruncated_normal"):
            plan.append((i.VarianceScaling(2.0, mode, distribution, seed=42), [matrix, vector]))
    for maker in (i.GlorotNormal, i.GlorotUniform, i.HeNormal, i.HeUniform, i.LecunNormal, i.LecunUniform):
        plan.append((maker(seed=42), every))
    plan += [(i.GlorotUniform(seed=seed), [matrix]) for seed in (0, 1, 999_999_999)]
    plan += [(i.Orthogonal(seed=42), [matrix, (7, 5), kernel]), (i.Orthogonal(gain=0.5, seed=3), [(4, 4)])]
    plan += [(i.STFT(side, "hann", "density"), [(8, 1, 5)]) for side in ("real", "imag")]
    plan.append((i.STFT("real", "hamming", "spectrum", periodic=True), [(8, 1, 5)]))
    plan.append((i.STFT("real", None, None), [(8, 1, 5)]))

    entries = []
    for initializer, shapes in plan:
        seed = getattr(initializer, "seed", None)
        config = initializer.get_config()
        head = {"class_name": type(initializer).__name__, "config": config, "seed": seed}
        for shape in shapes:
            entries.append(head | tensor(initializer(shape)))
        if seed == 42:
            draw = np.asarray(initializer((300, 200)), "float64")
            stats = {"mean": draw.mean(), "std": draw.std(), "min": draw.min(), "max": draw.max()}
            entries.append(head | {"shape": [300, 200], "stats": stats})
    return entries


# ---------------------------------------------------------------- seeds


class Spy:
    """Records the results of calls to a function of a module while it is installed."""

    def __init__(self, module, name):
        self.module, self.name, self.results = module, name, []

    def __enter__(self):
        self.real = getattr(self.module, self.name)

        def recording(*args):
            result = self.real(*args)
            self.results.append(result)
            return result

        setattr(self.module, self.name, recording)
        return self

    def __exit__(self, *_):
        setattr(self.module, self.name, self.real)


def seeds():
    """How one seed becomes weights, orders and masks.

    "dense": `set_random_seed(seed)`, then a Sequential of Input(6) and three Dense(4): the numbers that
    random.randint(1, 10**9) gave to the kernels' initializers, and the kernels.
    "permutations": `set_random_seed(42)`, that same model, compile, fit(epochs=2) over n samples: every
    np.random.permutation(n) that fit drew. The first is drawn to build the model and not used, epoch k (from 0) uses
    draw k + 1. "again" is what a second fit(epochs=1) drew. Only the first 20 indices for n = 1000.
    "randint": random.seed(seed), then random.randint(low, high) repeatedly.
    "np_permutation": np.random.seed(seed), then np.random.permutation(n) repeatedly.
    "dropout": Dropout(rate, seed=seed) called twice with training=True on ones of that shape.
    """

    def seeded(seed):
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        with Spy(random, "randint") as spy:
            model = keras.Sequential([keras.Input((6,))] + [keras.layers.Dense(4) for _ in range(3)])
        return model, spy.results

    dense = []
    for seed in (42, 7):
        model, draws = seeded(seed)
        kernels = [tensor(layer.kernel) for layer in model.layers]
        dense.append({"seed": seed, "initializer_seeds": draws, "kernels": kernels})

    permutations = []
    for n in (10, 1000):
        model, _ = seeded(42)
        model.compile("sgd", "mse")
        x, y = np.zeros((n, 6), "float32"), np.zeros((n, 4), "float32")
        with Spy(np.random, "permutation") as first:
            model.fit(x, y, epochs=2, verbose=0)
        with Spy(np.random, "permutation") as second:
            model.fit(x, y, epochs=1, verbose=0)
        draws = [draw[:20].tolist() for draw in first.results]
        again = [draw[:20].tolist() for draw in second.results]
        permutations.append({"seed": 42, "n": n, "draws": draws, "again": again})

    randint = []
    for seed in (0, 42, 7, 2**31, 2**40):
        random.seed(seed)
        randint.append({"seed": seed, "low": 1, "high": 10**9, "draws": [random.randint(1, 10**9) for _ in range(5)]})

    np_permutation = []
    for seed in (0, 42, 2**31, 2**32 - 1):
        np.random.seed(seed)
        np_permutation.append({"seed": seed, "n": 12, "draws": [np.random.permutation(12).tolist() for _ in range(3)]})

    dropout = []
    for rate, seed in ((0.5, 3), (0.2, 42)):
        layer = keras.layers.Dropout(rate, seed=seed)
        ones = np.ones((4, 6), "float32")
        dropout.append({"rate": rate, "seed": seed, "calls": [tensor(layer(ones, training=True)) for _ in range(2)]})

    return {
        "dense": dense,
        "permutations": permutations,
        "randint": randint,
        "np_permutation": np_permutation,
        "dropout": dropout,
    }


# ---------------------------------------------------------------- losses


REDUCTIONS = ("sum_over_batch_size", "sum", "none", "mean_with_sample_weight")


def losses():
    """Entries {"class_name", "config", "case", "y_true", "y_pred", "sample_weight", "loss", "dy_pred"}.

    The loss has shape [] unless the reduction is "none"; dy_pred is the gradient of the sum of the loss.
    """
    entries = []

    def add(maker, case, y_true, y_pred, weight=None, **arguments):
        loss = maker(**arguments)
        run = lambda pred: loss(y_true, pred, sample_weight=weight)  # noqa: E731
        entries.append({
            # Keras leaves some arguments out of the configuration.
            "class_name": type(loss).__name__, "config": loss.get_config() | arguments, "case": case,
            "y_true": tensor(y_true), "y_pred": tensor(y_pred),
            "sample_weight": None if weight is None else tensor(weight),
            "loss": tensor(run(y_pred)), "dy_pred": tensor(jax.grad(lambda pred: run(pred).sum())(y_pred)),
        })  # fmt: skip

    def add_reductions(maker, case, y_true, y_pred, weight, **arguments):
        for reduction in REDUCTIONS:
            add(maker, case, y_true, y_pred, None, reduction=reduction, **arguments)
            add(maker, case + ", weighted", y_true, y_pred, weight, reduction=reduction, **arguments)

    rng = np.random.RandomState(3)
    weight = np.array([1.0, 2.0, 0.0, 0.5], "float32")
    none_left = np.zeros(4, "float32")
    column = lambda array: array.reshape(-1, 1)  # noqa: E731

    for maker in (keras.losses.MeanSquaredError, keras.losses.MeanAbsoluteError):
        true, pred = normal(rng, (4, 3)), normal(rng, (4, 3))
        add_reductions(maker, "matrix", true, pred, weight)
        add(maker, "all weights zero", true, pred, none_left, reduction="mean_with_sample_weight")
        add(maker, "weights (4, 1)", true, pred, column(weight))
        add(maker, "y_true (n,), y_pred (n, 1)", true[:, 0], pred[:, :1], weight)
        add(maker, "y_true (n, 1), y_pred (n,)", true[:, :1], pred[:, 0], weight)
        cube = normal(rng, (2, 3, 4)), normal(rng, (2, 3, 4))
        add(maker, "cube", *cube)
        add(maker, "cube, weights (2, 1)", *cube, column(weight[:2]))
        add(maker, "cube, weights (2, 3)", *cube, short([[1, 2, 0], [0.5, 1, 3]]))

    binary = keras.losses.BinaryCrossentropy
    labels = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0]], "float32")
    for logits in (False, True):
        pred = normal(rng, (4, 3), 2) if logits else probabilities(rng, (4, 3), total_one=False)
        add_reductions(binary, "matrix", labels, pred, weight, from_logits=logits)
        add(binary, "smoothed", labels, pred, from_logits=logits, label_smoothing=0.1)
        add(binary, "smoothed, weighted", labels, pred, weight, from_logits=logits, label_smoothing=0.1)
        add(binary, "soft labels", probabilities(rng, (4, 3), False), pred, from_logits=logits)
        add(binary, "y_true (n,), y_pred (n, 1)", labels[:, 0], pred[:, :1], weight, from_logits=logits)
        add(binary, "y_true (n, 1), y_pred (n, 1)", labels[:, :1], pred[:, :1], weight, from_logits=logits)
    edges = np.array([[0, 0, 1, 1]], "float32")
    add(binary, "probabilities 0 and 1", edges, np.array([[0, 1, 0, 1]], "float32"))
    add(binary, "extreme logits", edges, np.array([[-1e4, 1e4, -1e4, 1e4]], "float32"), from_logits=True)

    categorical, sparse = keras.losses.CategoricalCrossentropy, keras.losses.SparseCategoricalCrossentropy
    classes = np.array([2, 0, 4, 1], "int32")
    one_hot = np.eye(5, dtype="float32")[classes]
    cube_classes = np.array([[0, 4, 2], [3, 3, 1]], "int32")
    cube_weight = short([[1, 2, 0], [0.5, 1, 3]])
    for logits in (False, True):
        draw = (lambda shape: normal(rng, shape, 2)) if logits else (lambda shape: probabilities(rng, shape))
        pred, cube = draw((4, 5)), draw((2, 3, 5))
        common = {"from_logits": logits}
        add_reductions(categorical, "matrix", one_hot, pred, weight, **common)
        add(categorical, "smoothed", one_hot, pred, label_smoothing=0.1, **common)
        add(categorical, "smoothed, weighted", one_hot, pred, weight, label_smoothing=0.1, **common)
        add(categorical, "soft labels", probabilities(rng, (4, 5)), pred, **common)
        add(categorical, "cube", np.eye(5, dtype="float32")[cube_classes], cube, cube_weight, **common)

        add_reductions(sparse, "labels (n,)", classes, pred, weight, **common)
        add(sparse, "labels (n, 1)", column(classes), pred, weight, **common)
        add(sparse, "labels (n, 1), reduction none", column(classes), pred, reduction="none", **common)
        add(sparse, "float labels", classes.astype("float32"), pred, **common)
        for reduction in ("sum_over_batch_size", "none"):
            add(sparse, "cube", cube_classes, cube, reduction=reduction, **common)
            add(sparse, "cube, weights (2, 1)", cube_classes, cube, column(weight[:2]), reduction=reduction, **common)
            add(sparse, "cube, weights (2, 3)", cube_classes, cube, cube_weight, reduction=reduction, **common)
        for reduction in REDUCTIONS:
            add(sparse, "ignored class", cube_classes, cube, ignore_class=3, reduction=reduction, **common)
        add(sparse, "ignored class, weighted", cube_classes, cube, cube_weight, ignore_class=3, **common)
        hidden = np.array([2, -1, 4, -1], "int32")
        add(sparse, "ignored class -1", hidden, pred, ignore_class=-1, **common)
        add(sparse, "ignored class -1, reduction none", hidden, pred, ignore_class=-1, reduction="none", **common)
    three = np.eye(3, dtype="float32")
    edge_pred = np.array([[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0.5, 0.5]], "float32")
    edge_class = np.array([0, 1, 2, 1], "int32")
    far = np.array([[1e4, 0, -1e4], [1e4, 0, -1e4], [-1e4, -1e4, -1e4], [1e4, 1e4, 0]], "float32")
    far_class = np.array([0, 2, 1, 0], "int32")
    unscaled = np.array([[2, 1, 1], [0.1, 0.1, 0.2], [0, 3, 1], [5, 5, 10]], "float32")
    for reduction in ("sum_over_batch_size", "none"):
        for case, label, pred, logits in (
            ("probabilities 0 and 1", edge_class, edge_pred, False),
            ("rows that do not add up to 1", edge_class, unscaled, False),
            ("extreme logits", far_class, far, True),
        ):
            add(categorical, case, three[label], pred, from_logits=logits, reduction=reduction)
            add(sparse, case, label, pred, from_logits=logits, reduction=reduction)

    # The other losses of rows: the class, how to draw targets and predictions, and arguments to try.
    k = keras.losses
    signs = lambda rng, shape: 2 * binaries(rng, shape) - 1  # noqa: E731
    focal = [{}, {"alpha": 0.5, "gamma": 3.0}, {"gamma": 0.0}, {"label_smoothing": 0.1}]
    plan = [
        (k.Huber, normal, normal, [{}, {"delta": 0.5}]),
        (k.MeanAbsolutePercentageError, normal, normal, [{}]),
        (k.MeanSquaredLogarithmicError, positive, normal, [{}]),
        (k.LogCosh, normal, normal, [{}]),
        (k.CosineSimilarity, positive, positive, [{}]),
        (k.Hinge, signs, normal, [{}]),
        (k.Hinge, binaries, normal, [{}]),
        (k.Hinge, normal, normal, [{}]),
        (k.SquaredHinge, signs, normal, [{}]),
        (k.SquaredHinge, binaries, normal, [{}]),
        (k.CategoricalHinge, one_hots, normal, [{}]),
        (k.KLDivergence, probabilities, probabilities, [{}]),
        (k.KLDivergence, one_hots, probabilities, [{}]),
        (k.Poisson, positive, positive, [{}]),
        (k.BinaryFocalCrossentropy, binaries, fractions, [*focal, {"apply_class_balancing": True}]),
        (k.BinaryFocalCrossentropy, binaries, normal, [{"from_logits": True}]),
        (k.CategoricalFocalCrossentropy, one_hots, probabilities, focal),
        (k.CategoricalFocalCrossentropy, one_hots, normal, [{"from_logits": True}]),
        (k.CategoricalGeneralizedCrossEntropy, class_numbers, probabilities, [{}, {"q": 0.75}]),
    ]
    for maker, true, pred, settings in plan:
        # Each class has its own draws, so that a new one changes no other.
        rng = np.random.RandomState(sum(map(ord, maker.__name__)))
        matrix, cube = [(true(rng, shape), pred(rng, shape)) for shape in ((4, 3), (2, 3, 4))]
        for arguments in settings:
            add_reductions(maker, "matrix", *matrix, weight, **arguments)
            add(maker, "cube", *cube, **arguments)
            add(maker, "cube, weights (2, 3)", *cube, short([[1, 2, 0], [0.5, 1, 3]]), **arguments)

    # The losses of whole batches.
    rng = np.random.RandomState(31)
    images = binaries(rng, (4, 2, 3, 2)), fractions(rng, (4, 2, 3, 2))
    for maker, settings in ((k.Dice, [{}]), (k.Tversky, [{}, {"alpha": 0.25, "beta": 0.75}])):
        for arguments in settings:
            for axis in ({}, {"axis": (1, 2, 3)}, {"axis": (-3, -2, -1)}):
                add_reductions(maker, "images", *images, weight, **axis, **arguments)
            add(maker, "images, axis 0", *images, axis=0, **arguments)
        add(maker, "matrix", *[image[:, 0, 0] for image in images])
    embeddings = normal(rng, (5, 3))
    embeddings = short(embeddings / np.linalg.norm(embeddings, axis=-1, keepdims=True))
    pairs, ones = np.array([7, 500, 7, 2, 500], "int32"), np.ones(5, "int32")
    for label in (pairs, ones):
        add_reductions(k.Circle, "embeddings", label, embeddings, np.array([1.0, 2.0, 0.0, 0.5, 1.0], "float32"))
        add(k.Circle, "other arguments", label, embeddings, gamma=4.0, margin=0.25, remove_diagonal=False)
    add(k.Circle, "labels (n, 1)", column(pairs), embeddings)
    read = np.array([[1, 2, 3], [2, 2, 0], [3, 0, 0], [0, 0, 0]], "int32")
    add_reductions(k.CTC, "sequences", read, normal(rng, (4, 4, 4)), weight)
    add(k.CTC, "as many steps as labels", read[:1], normal(rng, (1, 3, 4)))

    rng = np.random.RandomState(37)
    focal, balanced = k.CategoricalFocalCrossentropy, {"alpha": [0.25, 0.5, 1.0]}
    add_reductions(focal, "weights of classes", one_hots(rng, (4, 3)), probabilities(rng, (4, 3)), weight, **balanced)
    add(focal, "weights of classes, cube", one_hots(rng, (2, 4, 3)), normal(rng, (2, 4, 3)), from_logits=True, **balanced)

    # Features along another axis than the last one.
    rng = np.random.RandomState(41)
    first = lambda array: np.ascontiguousarray(np.moveaxis(array, -1, 1))  # noqa: E731
    counts = short([[1, 2, 0, 3], [0.5, 1, 3, 2]])
    along = [
        (k.CategoricalCrossentropy, one_hots, probabilities, {}),
        (k.CategoricalCrossentropy, one_hots, normal, {"from_logits": True}),
        (k.CategoricalFocalCrossentropy, one_hots, probabilities, {"gamma": 3.0}),
        (k.BinaryCrossentropy, binaries, fractions, {"label_smoothing": 0.1}),
        (k.BinaryFocalCrossentropy, binaries, normal, {"from_logits": True}),
        (k.CosineSimilarity, positive, positive, {}),
    ]
    for maker, true, pred, arguments in along:
        true, pred = first(true(rng, (2, 4, 3))), first(pred(rng, (2, 4, 3)))
        for axis in (1, -2):
            add_reductions(maker, "features first", true, pred, counts, axis=axis, **arguments)
    return entries


# ---------------------------------------------------------------- metrics


def metrics():
    """{"cases": [..], "resolve": [..]}.

    cases: {"class_name", "config", "case", "updates": [{"y_true", "y_pred", "sample_weight"}], "results", "result"};
    "results" has the value after each update, "result" the last. A metric of several values has a list of them.
    resolve: {"metric", "y_true_shape", "y_pred_shape", "class_name"}, the class that compile makes of the string.
    """
    cases = []
    rng = np.random.RandomState(4)
    weights = [np.array([1, 2, 0, 0.5], "float32"), np.array([0.25, 0, 3, 1], "float32")]

    def listed(config):
        return {key: np.asarray(value).tolist() if hasattr(value, "shape") else value for key, value in config.items()}

    def shown(result):
        return result.tolist() if result.ndim else result.item()

    def add(maker, case, draw, weighted=(False, True), **arguments):
        for use in weighted:
            keras.utils.clear_session()
            metric, updates, results = maker(**arguments), [], []
            for weight in weights:
                y_true, y_pred = draw()
                weight = weight if use else None
                metric.update_state(y_true, y_pred, sample_weight=weight)
                updates.append({
                    "y_true": tensor(y_true), "y_pred": tensor(y_pred),
                    "sample_weight": None if weight is None else tensor(weight),
                })  # fmt: skip
                results.append(shown(np.asarray(metric.result())))
            cases.append({
                "class_name": type(metric).__name__, "config": listed(metric.get_config()),
                "case": case + (", weighted" if use else ""), "updates": updates,
                "results": results, "result": results[-1],
            })  # fmt: skip

    m = keras.metrics
    floats = lambda *shape: normal(rng, shape)  # noqa: E731
    whole = lambda shape, top: rng.randint(0, top, shape).astype("float32")  # noqa: E731
    label = lambda shape, top: rng.randint(0, top, shape).astype("int32")  # noqa: E731
    scores = lambda *shape: probabilities(rng, shape)  # noqa: E731

    add(m.Accuracy, "labels (n,)", lambda: (whole((4,), 2), whole((4,), 2)))
    add(m.Accuracy, "labels (n, 1) against (n,)", lambda: (whole((4, 1), 2), whole((4,), 2)))
    add(m.Accuracy, "matrix", lambda: (whole((4, 3), 2), whole((4, 3), 2)))

    # Keras refuses weights where both sides are (n,): the mean over the last axis leaves one number to weigh.
    flat = {"weighted": (False,)}
    for case, true_shape, pred_shape, rest in (
        ("labels (n,)", (4,), (4, 1), {}),
        ("labels (n, 1)", (4, 1), (4, 1), {}),
        ("flat", (4,), (4,), flat),
        ("matrix", (4, 3), (4, 3), {}),
    ):
        draw = lambda: (whole(true_shape, 2), probabilities(rng, pred_shape, total_one=False))  # noqa: E731, B023
        add(m.BinaryAccuracy, case, draw, **rest)
    high = lambda: (whole((4, 1), 2), probabilities(rng, (4, 1), total_one=False))  # noqa: E731
    add(m.BinaryAccuracy, "other threshold", high, threshold=0.75)
    halves = np.array([[0.5], [0.5], [0.75], [0.25]], "float32")
    add(m.BinaryAccuracy, "predictions at the threshold", lambda: (whole((4, 1), 2), halves), **flat)

    add(m.CategoricalAccuracy, "matrix", lambda: (np.eye(3, dtype="float32")[label((4,), 3)], scores(4, 3)))
    add(m.CategoricalAccuracy, "cube", lambda: (np.eye(3, dtype="float32")[label((4, 2), 3)], scores(4, 2, 3)))
    add(m.SparseCategoricalAccuracy, "labels (n,)", lambda: (label((4,), 3), scores(4, 3)))
    add(m.SparseCategoricalAccuracy, "labels (n, 1)", lambda: (label((4, 1), 3), scores(4, 3)))
    add(m.SparseCategoricalAccuracy, "float labels", lambda: (whole((4,), 3), scores(4, 3)))
    add(m.SparseCategoricalAccuracy, "cube", lambda: (label((4, 2), 3), scores(4, 2, 3)))
    tied = np.array([[0.25, 0.5, 0.5], [0.5, 0.5, 0.25], [1, 1, 1], [0, 0, 0]], "float32")
    add(m.SparseCategoricalAccuracy, "tied scores", lambda: (label((4,), 3), tied), **flat)

    for maker in (m.MeanSquaredError, m.MeanAbsoluteError):
        add(maker, "flat", lambda: (floats(4), floats(4)), **flat)
        add(maker, "y_true (n,), y_pred (n, 1)", lambda: (floats(4), floats(4, 1)))
        add(maker, "column", lambda: (floats(4, 1), floats(4, 1)))
        add(maker, "matrix", lambda: (floats(4, 3), floats(4, 3)))
        add(maker, "cube", lambda: (floats(4, 2, 3), floats(4, 2, 3)))

    # The other metrics: the class, how to draw targets and predictions, and arguments to try.
    signs = lambda rng, shape: 2 * binaries(rng, shape) - 1  # noqa: E731
    numbers = lambda rng, shape: rng.randint(0, 3, shape).astype("float32")  # noqa: E731
    areas = [{"curve": c, "summation_method": s} for c in ("ROC", "PR", "PRGAIN") for s in ("interpolation", "minoring", "majoring")]  # noqa: E501
    areas += [{"num_thresholds": 11}, {"multi_label": True}, {"multi_label": True, "curve": "PR"}]
    averages = [{"average": a, "threshold": t} for a in ("micro", "macro", "weighted") for t in (None, 0.25)]
    some = {"num_classes": 3, "target_class_ids": [0, 2]}
    plan = [
        (m.RootMeanSquaredError, normal, normal, [{}]),
        (m.MeanAbsolutePercentageError, normal, normal, [{}]),
        (m.MeanSquaredLogarithmicError, positive, normal, [{}]),
        (m.LogCoshError, normal, normal, [{}]),
        (m.CosineSimilarity, positive, positive, [{}]),
        (m.Hinge, signs, normal, [{}]),
        (m.SquaredHinge, signs, normal, [{}]),
        (m.CategoricalHinge, one_hots, normal, [{}]),
        (m.KLDivergence, probabilities, probabilities, [{}]),
        (m.Poisson, positive, positive, [{}]),
        (m.BinaryCrossentropy, binaries, fractions, [{}, {"label_smoothing": 0.25}]),
        (m.BinaryCrossentropy, binaries, normal, [{"from_logits": True}]),
        (m.CategoricalCrossentropy, one_hots, probabilities, [{}, {"label_smoothing": 0.25}]),
        (m.CategoricalCrossentropy, one_hots, normal, [{"from_logits": True}]),
        (m.SparseCategoricalCrossentropy, class_numbers, probabilities, [{}]),
        (m.SparseCategoricalCrossentropy, class_numbers, normal, [{"from_logits": True}]),
        (m.TopKCategoricalAccuracy, one_hots, probabilities, [{}, {"k": 2}]),
        (m.SparseTopKCategoricalAccuracy, class_numbers, probabilities, [{}, {"k": 2}]),
        (m.TruePositives, binaries, fractions, [{}, {"thresholds": 0.25}, {"thresholds": [0.25]}]),
        (m.FalsePositives, binaries, fractions, [{}, {"thresholds": 0.25}]),
        (m.TrueNegatives, binaries, fractions, [{}, {"thresholds": 0.25}]),
        (m.FalseNegatives, binaries, fractions, [{}, {"thresholds": 0.25}]),
        (m.Precision, binaries, fractions, [{}, {"thresholds": 0.25}, {"class_id": 0}, {"thresholds": 1.0}]),
        (m.Recall, binaries, fractions, [{}, {"thresholds": 0.25}, {"class_id": 0}, {"thresholds": 1.0}]),
        (m.AUC, binaries, fractions, [{}, *areas]),
        (m.AUC, binaries, normal, [{"from_logits": True}]),
        (m.F1Score, binaries, fractions, averages),
        (m.FBetaScore, binaries, fractions, [one | {"beta": 2.0} for one in averages]),
        (m.MeanIoU, numbers, numbers, [{"num_classes": 3}, {"num_classes": 2}, {"num_classes": 3, "ignore_class": 1}]),
        (m.MeanIoU, numbers, numbers, [{"num_classes": 3, "dtype": "float32"}]),
        (m.IoU, numbers, numbers, [some]),
        (m.OneHotIoU, one_hots, probabilities, [some]),
        (m.OneHotMeanIoU, one_hots, probabilities, [{"num_classes": 3}]),
        (m.BinaryIoU, binaries, fractions, [{}, {"threshold": 0.25, "target_class_ids": [1]}]),
        (m.R2Score, normal, normal, [{}, {"class_aggregation": "variance_weighted_average"}, {"class_aggregation": None},
                                     {"num_regressors": 2}, {"num_regressors": 30}]),
        (m.PearsonCorrelation, normal, normal, [{}]),
        (m.ConcordanceCorrelation, normal, normal, [{}]),
    ]
    constrained = [{}, {"num_thresholds": 1}, {"num_thresholds": 11}, {"class_id": 0}]
    for maker, argument in (
        (m.SensitivityAtSpecificity, "specificity"), (m.SpecificityAtSensitivity, "sensitivity"),
        (m.PrecisionAtRecall, "recall"), (m.RecallAtPrecision, "precision"),
    ):  # fmt: skip
        settings = [one | {argument: value} for one in constrained for value in (0.4, 0.8)]
        plan.append((maker, binaries, fractions, settings))
    # What was added later has draws of its own, too, so that it changes nothing before it.
    several = {"thresholds": [0.25, 0.75]}
    evenly = {"thresholds": [0.0, 0.5, 1.0]}
    labels = {"label_weights": [0.5, 2.0, 0.25]}
    later = [
        (m.TruePositives, [several, evenly]),
        (m.FalseNegatives, [several]),
        (m.Precision, [several, evenly, {"top_k": 2}, {"top_k": 1, "class_id": 1}, {"top_k": 2, "thresholds": 0.5}]),
        (m.Recall, [several, {"top_k": 2}, {"top_k": 3}, {"top_k": 1, "thresholds": [0.25, 0.5]}]),
        (m.F1Score, [{}, {"threshold": 0.25}]),
        (m.FBetaScore, [{"beta": 2.0}]),
        (m.AUC, [labels, labels | {"multi_label": True, "num_labels": 3}, {"thresholds": [0.5, 0.1, 0.2]},
                 {"thresholds": [0.25, 0.5, 0.75]}, labels | {"multi_label": True, "curve": "PR"},
                 {"thresholds": [0.3, 0.6], "multi_label": True}]),
    ]  # fmt: skip
    plan += [(maker, binaries, fractions, settings) for maker, settings in later]
    # Class numbers against scores, either way; and a class that does not count.
    all_classes, scored = {"num_classes": 3}, {"sparse_y_true": False, "sparse_y_pred": False}
    mixed = [
        (m.MeanIoU, one_hots, probabilities, [all_classes | scored, all_classes | scored | {"ignore_class": 0}]),
        (m.MeanIoU, class_numbers, probabilities, [all_classes | {"sparse_y_pred": False, "ignore_class": 2}]),
        (m.IoU, one_hots, probabilities, [some | scored, some | scored | {"ignore_class": 0}]),
        (m.IoU, class_numbers, probabilities, [some | {"sparse_y_pred": False}]),
        (m.IoU, one_hots, class_numbers, [some | {"sparse_y_true": False, "ignore_class": 1}]),
        (m.OneHotIoU, one_hots, probabilities, [some | {"ignore_class": 0}]),
        (m.OneHotIoU, one_hots, class_numbers, [some | {"sparse_y_pred": True}]),
        (m.OneHotMeanIoU, one_hots, probabilities, [all_classes | {"ignore_class": 1}]),
        (m.OneHotMeanIoU, one_hots, class_numbers, [all_classes | {"sparse_y_pred": True, "ignore_class": -1}]),
    ]
    plan += mixed
    for maker, true, pred, settings in plan:
        # Each class has its own draws, so that a new one changes no other.
        rng = np.random.RandomState(sum(map(ord, maker.__name__)))
        of_rows = (maker, true, pred, settings) in mixed
        for shape in ((4, 3),) if of_rows or (maker, settings) in later else ((4, 3), (4, 1)):
            # Where each value is a class of its own, Keras takes a weight for each value.
            of_values = not of_rows and shape == (4, 3) and maker in (m.MeanIoU, m.IoU, m.BinaryIoU)
            weighted = flat if of_values else {}
            for arguments in settings:
                draw = lambda: (true(rng, shape), pred(rng, shape))  # noqa: E731, B023
                add(maker, f"{shape}", draw, **weighted, **arguments)

    # Features along another axis than the last one.
    first = lambda array: np.ascontiguousarray(np.moveaxis(array, -1, 1))  # noqa: E731
    along = [
        (m.CategoricalCrossentropy, one_hots, probabilities),
        (m.CosineSimilarity, positive, positive),
        (m.PearsonCorrelation, normal, normal),
        (m.ConcordanceCorrelation, normal, normal),
    ]
    for maker, true, pred in along:
        rng = np.random.RandomState(44)

        def draw():
            y_true, y_pred = first(true(rng, (4, 2, 3))), first(pred(rng, (4, 2, 3)))  # noqa: B023
            # Correlations of what has none are small differences of large numbers.
            return y_true, short(y_true + y_pred / 2) if true is normal else y_pred  # noqa: B023

        for axis in (1, -2):
            add(maker, "features first", draw, axis=axis)
            # Keras leaves it out of some configurations.
            for case in cases[-2:]:
                case["config"]["axis"] = axis

    resolve = []
    for name in ("accuracy", "acc"):
        for true_shape, pred_shape in (
            ((8,), (8, 1)), ((8, 1), (8, 1)), ((8,), (8,)), ((8,), (8, 3)), ((8, 1), (8, 3)), ((8, 3), (8, 3)),
            ((8, 2), (8, 2)), ((8, 5), (8, 5, 3)), ((8, 5, 1), (8, 5, 3)), ((8, 5, 3), (8, 5, 3)), ((8, 5), (8, 5, 1)),
        ):  # fmt: skip
            found = get_metric(name, np.zeros(true_shape, "float32"), np.zeros(pred_shape, "float32"))
            shapes = {"y_true_shape": true_shape, "y_pred_shape": pred_shape}
            resolve.append({"metric": name} | shapes | {"class_name": type(found).__name__})
    return {"cases": cases, "resolve": resolve}


# ---------------------------------------------------------------- optimizers


def optimizers():
    """Entries {"class_name", "args", "config", "vars": [..], "grads": [step][var], "after": [step][var]}.

    Where there is one variable the fields are "var", "grads": [step], "after": [step]. Element [0][0] of every gradient
    is 0 throughout. Adam's bias correction is computed in float32: 1 - 0.999^t there differs from the exact value by up
    to 1.3e-5 of itself, which shows in the sixth digit of a step.
    """
    o = keras.optimizers
    fast = {"learning_rate": 0.1}
    plan = [
        (o.SGD, [{}, fast, fast | {"momentum": 0.9}, fast | {"momentum": 0.9, "nesterov": True},
                 fast | {"weight_decay": 0.01}, fast | {"momentum": 0.9, "weight_decay": 0.01},
                 fast | {"clipnorm": 1.0}, fast | {"clipvalue": 0.5}]),
        (o.Adam, [{}, fast, fast | {"amsgrad": True}, fast | {"weight_decay": 0.01},
                  fast | {"beta_1": 0.8, "beta_2": 0.9}, fast | {"epsilon": 0.1},
                  fast | {"clipnorm": 1.0}, fast | {"clipvalue": 0.5}]),
        (o.AdamW, [{}, fast, fast | {"weight_decay": 0.01}, fast | {"amsgrad": True}]),
        (o.RMSprop, [{}, fast, fast | {"momentum": 0.9}, fast | {"centered": True},
                     fast | {"momentum": 0.9, "centered": True}, fast | {"rho": 0.5}, fast | {"epsilon": 0.1},
                     fast | {"weight_decay": 0.01}]),
        (o.Adagrad, [{}, fast, fast | {"initial_accumulator_value": 0.5}, fast | {"epsilon": 0.1}]),
        (o.Adadelta, [{}, {"learning_rate": 1.0}, {"learning_rate": 1.0, "rho": 0.5, "epsilon": 0.1}]),
        (o.Adafactor, [{}, fast, fast | {"beta_2_decay": -0.5}, fast | {"clip_threshold": 0.5, "epsilon_2": 1.0},
                       fast | {"epsilon_1": 0.1}, {"learning_rate": 1.0, "relative_step": False}]),
        (o.Adamax, [{}, fast, fast | {"beta_1": 0.8, "beta_2": 0.9}, fast | {"epsilon": 0.1}]),
        (o.Nadam, [{}, fast, fast | {"beta_1": 0.8, "beta_2": 0.9}, fast | {"epsilon": 0.1}]),
        (o.Lion, [{}, fast, fast | {"beta_1": 0.8, "beta_2": 0.9}, fast | {"weight_decay": 0.01}]),
        (o.Lamb, [{}, fast, fast | {"beta_1": 0.8, "beta_2": 0.9}, fast | {"epsilon": 0.1}]),
        (o.Ftrl, [{}, fast, fast | {"l1_regularization_strength": 0.5}, fast | {"l2_regularization_strength": 0.5},
                  fast | {"l2_shrinkage_regularization_strength": 0.5}, fast | {"learning_rate_power": -0.25},
                  fast | {"beta": 0.5, "initial_accumulator_value": 0.5}]),
        (o.Muon, [{}, fast, fast | {"nesterov": False}, fast | {"rms_rate": None}, fast | {"momentum": 0.5},
                  fast | {"ns_steps": 2, "muon_a": 3.0, "muon_b": -4.0, "muon_c": 2.0}, fast | {"weight_decay": None},
                  fast | {"weight_decay": 0.1, "clipnorm": 1.0}]),
        (o.ScheduleFreeAdamW, [{}, fast, fast | {"beta_1": 0.8, "beta_2": 0.9}, fast | {"warmup_steps": 3},
                               fast | {"weight_decay": 0.1}, fast | {"epsilon": 0.1}]),
    ]  # fmt: skip
    muon = fast | {"adam_beta_1": 0.8, "adam_beta_2": 0.9, "adam_weight_decay": 0.1, "adam_lr_ratio": 0.5}
    pairs = [(o.SGD, fast | {"global_clipnorm": 1.0}), (o.Adam, fast | {"global_clipnorm": 1.0}),
             (o.SGD, fast | {"clipnorm": 1.0}), (o.SGD, fast | {"global_clipnorm": 100.0}),
             (o.Muon, fast), (o.Muon, muon), (o.Muon, fast | {"adam_weight_decay": None, "epsilon": 0.1})]  # fmt: skip

    def run(maker, args, shapes):
        rng = np.random.RandomState(5)
        start = [normal(rng, shape) for shape in shapes]
        steps = [[normal(rng, shape) for shape in shapes] for _ in range(5)]
        for grads in steps:
            grads[0][0, 0] = 0
        keras.utils.clear_session()
        optimizer, variables = maker(**args), [keras.Variable(value) for value in start]
        after = []
        for grads in steps:
            optimizer.apply(list(map(jax.numpy.asarray, grads)), variables)
            after.append([tensor(variable.value) for variable in variables])
        head = {"class_name": maker.__name__, "args": args, "config": optimizer.get_config()}
        return head, list(map(tensor, start)), [list(map(tensor, grads)) for grads in steps], after

    entries = []
    for maker, settings in plan:
        for args in settings:
            head, [start], grads, after = run(maker, args, [(3, 4)])
            entries.append(head | {"var": start, "grads": [g for [g] in grads], "after": [a for [a] in after]})
    for maker, args in pairs:
        head, start, grads, after = run(maker, args, [(3, 4), (4,)])
        entries.append(head | {"vars": start, "grads": grads, "after": after})
    return entries


# ---------------------------------------------------------------- schedules


def schedules():
    """Entries {"class_name", "config", "steps", "rates"}: the learning rate of each step."""
    s = keras.optimizers.schedules
    plan = [
        s.ExponentialDecay(0.1, 10, 0.5),
        s.ExponentialDecay(0.1, 10, 0.5, staircase=True),
        s.InverseTimeDecay(0.1, 10, 0.5),
        s.InverseTimeDecay(0.1, 10, 0.5, staircase=True),
        s.PolynomialDecay(0.1, 10),
        s.PolynomialDecay(0.1, 10, end_learning_rate=0.01, power=2.0, name="poly"),
        s.PolynomialDecay(0.1, 10, power=0.5, cycle=True),
        s.PiecewiseConstantDecay([10, 20], [0.1, 0.02, 0.003]),
        s.PiecewiseConstantDecay([1], [0.1, 0.5]),
        s.CosineDecay(0.1, 10),
        s.CosineDecay(0.1, 10, alpha=0.25),
        s.CosineDecay(0.02, 20, alpha=0.25, warmup_target=0.1, warmup_steps=10),
        s.CosineDecayRestarts(0.1, 10),
        s.CosineDecayRestarts(0.1, 10, t_mul=1.0, m_mul=0.5),
        s.CosineDecayRestarts(0.1, 10, t_mul=1.5, m_mul=0.5, alpha=0.25),
    ]
    steps = [0, 1, 2, 3, 7, 9, 10, 11, 15, 19, 20, 21, 29, 30, 31, 50, 99, 100, 101, 1000]
    entries = []
    for schedule in plan:
        rates = [float(schedule(np.int32(step))) for step in steps]
        entries.append({
            "class_name": type(schedule).__name__, "config": schedule.get_config(), "steps": steps, "rates": rates,
        })  # fmt: skip
    return entries


# ---------------------------------------------------------------- training


def training():
    """{"x", "input_shape", "runs": [..]}: whole runs that a seed replays.

    The order of what draws random numbers, for every run:

    1. `set_random_seed(seed)` seeds Python's `random` and NumPy's global generator.
    2. The layers are made in the order of "layers": each Dense takes one random.randint(1, 10**9) for its kernel (its
       zero bias takes none), and each Dropout takes one for its mask generator.
    3. compile and get_weights draw nothing.
    4. fit draws np.random.permutation(80) once to build the model (unused) and then once an epoch, over the first 80 of
       the 100 samples; the last 20 validate, in order. Without shuffle it draws nothing.
    5. evaluate (batches of 32) and predict draw nothing.
    """
    samples = np.random.RandomState(0)
    x = np.round(samples.standard_normal((100, 8)), 4).astype("float32")
    noise = samples.standard_normal((100, 3))
    score = x @ samples.standard_normal((8, 3)) + 0.3 * noise
    classes = score.argmax(1).astype("int32")
    binary = (score[:, :1] > 0).astype("float32")
    target = np.round(score[:, :1], 4).astype("float32")
    adam = {"class_name": "Adam", "args": {}}

    hidden = [("Dense", {"units": 16, "activation": "relu"})] * 2
    softmax = hidden + [("Dense", {"units": 3, "activation": "softmax"})]
    dropped = [hidden[0], ("Dropout", {"rate": 0.3}), softmax[-1]]
    sparse = "sparse_categorical_crossentropy"

    def run(name, layers, optimizer, loss, names, y, shuffle=True):
        maker, arguments = optimizer["class_name"], optimizer["args"]
        settings = {"epochs": 3, "batch_size": 16, "validation_split": 0.2, "shuffle": shuffle}
        keras.utils.clear_session()

        keras.utils.set_random_seed(7)
        with Spy(random, "randint") as seeds, Spy(np.random, "permutation") as orders:
            model = keras.Sequential([keras.Input((8,))] + [getattr(keras.layers, c)(**a) for c, a in layers])
            initial = [tensor(weight) for weight in model.get_weights()]
            model.compile(getattr(keras.optimizers, maker)(**arguments), loss, metrics=names)
            history = model.fit(x, y, verbose=0, **settings).history
            evaluated = model.evaluate(x, y, verbose=0)
            predicted = model.predict(x[:5], verbose=0)

        return {
            "name": name, "seed": 7, "layers": [{"class_name": c, "args": a} for c, a in layers],
            "optimizer": optimizer, "loss": loss, "metrics": names, "fit": settings, "y": tensor(y),
            "layer_seeds": seeds.results, "permutations": len(orders.results), "initial_weights": initial,
            "history": history, "final_weights": [tensor(weight) for weight in model.get_weights()],
            "evaluate": evaluated, "predict": tensor(predicted),
        }  # fmt: skip

    def classify(name, optimizer, layers=softmax, **rest):
        return run(name, layers, optimizer, sparse, ["accuracy"], classes, **rest)

    regression = hidden + [("Dense", {"units": 1})]
    sigmoid = hidden + [("Dense", {"units": 1, "activation": "sigmoid"})]
    runs = [
        classify("adam", adam),
        classify("sgd", {"class_name": "SGD", "args": {"learning_rate": 0.01, "momentum": 0.9}}),
        classify("rmsprop", {"class_name": "RMSprop", "args": {}}),
        classify("adamw", {"class_name": "AdamW", "args": {}}),
        classify("no shuffle", adam, shuffle=False),
        classify("dropout", adam, layers=dropped),
        run("regression", regression, adam, "mean_squared_error", ["mean_absolute_error"], target),
        run("binary", sigmoid, adam, "binary_crossentropy", ["accuracy"], binary),
    ]
    return {"x": tensor(x), "input_shape": [None, 8], "runs": runs}


# ---------------------------------------------------------------- summary


def summary():
    """Entries {"case", "columns", "state", "name", "input_shape", "layers", "arguments", "text"}.

    state: "unbuilt" (no Input), "built", "compiled" (with Adam, no step yet), "trained" (compiled, then one batch).
    layers: {"class_name", "args", "frozen"}, frozen being trainable = False set before compile, and left out where
    it is not. input_shape is without the batch, null where there is no Input. arguments: those of summary(). text:
    what print_fn receives.
    """

    def mlp(units=128):
        dense = [{"class_name": "Dense", "args": {"units": units, "activation": "relu"}} for _ in range(3)]
        return dense + [{"class_name": "Dense", "args": {"units": 10, "activation": "softmax"}}]

    def layer(class_name, frozen=False, **args):
        return {"class_name": class_name, "args": args} | ({"frozen": True} if frozen else {})

    zoo = [
        layer("Rescaling", scale=1 / 255), layer("Flatten"), layer("Dense", units=64), layer("ReLU"),
        layer("Dropout", rate=0.2), layer("Reshape", target_shape=[8, 8]), layer("Flatten"),
        layer("Dense", units=10, name="a_really_long_layer_name_that_will_not_fit_in_the_column"),
        layer("Activation", activation="tanh"), layer("Dense", units=4, use_bias=False), layer("Softmax"),
    ]  # fmt: skip
    frozen = mlp()
    frozen[0] = frozen[0] | {"frozen": True}
    frozen_zoo = [step | ({"frozen": True} if step["args"].get("units") == 64 else {}) for step in zoo]

    def text(state, columns, layers, input_shape, arguments, name):
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input(input_shape)] if input_shape else [], name=name)
        for step in layers:
            made = getattr(keras.layers, step["class_name"])(**step["args"])
            made.trainable = not step.get("frozen", False)
            model.add(made)
        if state in ("compiled", "trained"):
            model.compile("adam", "mse")
        if state == "trained":
            model.train_on_batch(np.zeros((2, *input_shape)), np.zeros((2, *model.output_shape[1:])))
        os.environ["COLUMNS"] = str(columns)
        parts = []
        model.summary(print_fn=parts.append, **arguments)
        return "".join(parts)

    entries = []

    def add(case, state, layers, input_shape, columns=80, name=None, **arguments):
        shown = text(state, columns, layers, input_shape, arguments, name)
        entries.append({
            "case": case, "columns": columns, "state": state, "name": name, "input_shape": input_shape,
            "layers": layers, "arguments": arguments, "text": shown,
        })  # fmt: skip

    for columns in (80, 120):
        for state in ("built", "trained"):
            add("the article's network", state, mlp(), [784], columns)
        add("every layer", "built", zoo, [28, 28], columns)
        add("frozen", "trained", frozen, [784], columns, show_trainable=True)
    add("the article's network", "unbuilt", mlp(), None)
    add("the article's network", "compiled", mlp(), [784])
    add("every layer", "unbuilt", zoo, None)
    add("every layer, one frozen", "trained", frozen_zoo, [28, 28], show_trainable=True)
    add("frozen", "built", frozen, [784], show_trainable=True)
    add("frozen, plain", "trained", frozen, [784])
    add("named", "built", mlp(1000), [784], name="my_model")
    add("narrow", "built", mlp(), [784], 50)
    add("line length", "built", mlp(), [784], line_length=60)
    add("line length in a wide terminal", "built", mlp(), [784], 120, line_length=110)
    add("no layers", "unbuilt", [], None)
    os.environ["COLUMNS"] = "80"
    return entries


# ---------------------------------------------------------------- layers


def layers():
    """Entries {"class_name", "args", "config", "input", "weights", "output", "output_shape"}.

    Dense has "w", "grads" (by the weights, in their order) and "dinput" too: gradients of sum(output * w). output_shape
    is for a batch of unknown size (null).
    """
    kinds = keras.layers
    rng = np.random.RandomState(6)
    matrix, cube = normal(rng, (4, 6), 2), normal(rng, (2, 3, 4), 2)
    image = rng.randint(0, 256, (2, 3, 4)).astype("float32")
    plan = [
        (kinds.Dense, {"units": 5}, matrix), (kinds.Dense, {"units": 5}, cube),
        (kinds.Dense, {"units": 5, "activation": "relu"}, matrix),
        (kinds.Dense, {"units": 5, "activation": "relu"}, cube),
        (kinds.Dense, {"units": 3, "activation": "softmax", "use_bias": False}, matrix),
        (kinds.Dense, {"units": 1, "activation": "sigmoid"}, cube),
        (kinds.Dense, {"units": 4, "activation": "tanh", "kernel_initializer": "he_normal", "bias_initializer": "ones",
                       "name": "hidden", "trainable": False}, matrix),
        (kinds.Activation, {"activation": "relu"}, matrix), (kinds.Activation, {"activation": "softmax"}, cube),
        (kinds.Activation, {"activation": "gelu", "name": "bend"}, matrix),
        (kinds.ReLU, {}, matrix), (kinds.ReLU, {"max_value": 2.5}, cube),
        (kinds.ReLU, {"negative_slope": 0.25}, matrix), (kinds.ReLU, {"threshold": 0.75}, matrix),
        (kinds.ReLU, {"max_value": 2.5, "negative_slope": 0.25, "threshold": 0.75}, matrix),
        (kinds.Softmax, {}, matrix), (kinds.Softmax, {"axis": 1}, cube), (kinds.Softmax, {"axis": [1, 2]}, cube),
        (kinds.Dropout, {"rate": 0.5}, matrix),
        (kinds.Dropout, {"rate": 0.2, "noise_shape": [None, 1, 4], "seed": 3}, cube),
        (kinds.Flatten, {}, cube), (kinds.Flatten, {}, matrix), (kinds.Flatten, {}, matrix[:, 0]),
        (kinds.Flatten, {"data_format": "channels_first"}, cube),
        (kinds.Reshape, {"target_shape": [12]}, cube), (kinds.Reshape, {"target_shape": [2, 6]}, cube),
        (kinds.Reshape, {"target_shape": [-1, 2]}, cube), (kinds.Reshape, {"target_shape": [-1]}, cube),
        (kinds.Reshape, {"target_shape": [3, 1, 2]}, matrix),
        (kinds.Rescaling, {"scale": 1 / 255}, image), (kinds.Rescaling, {"scale": 1 / 127.5, "offset": -1.0}, image),
        (kinds.Rescaling, {"scale": [1.0, 0.5, 2.0, 0.25], "offset": [0.0, 1.0, -1.0, 0.5]}, cube),
    ]  # fmt: skip
    entries = []
    for maker, args, x in plan:
        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
        layer = maker(**args)
        layer.build(x.shape)
        values = [normal(rng, weight.shape) for weight in layer.weights]
        layer.set_weights(values)
        y = layer(x, training=False)
        entry = {"class_name": maker.__name__, "args": args, "config": layer.get_config(), "input": tensor(x)}
        entry |= {"weights": list(map(tensor, values)), "output": tensor(y)}
        entry["output_shape"] = layer.compute_output_shape((None, *x.shape[1:]))
        if maker is kinds.Dense:
            w = normal(rng, y.shape)

            def weighted(weights, x):
                kept = [v.value for v in layer.non_trainable_variables]
                parts = (weights, kept) if layer.trainable else (kept[:0], weights)
                return (layer.stateless_call(*parts, x)[0] * w).sum()  # noqa: B023

            by_weights, by_input = jax.grad(weighted, argnums=(0, 1))(list(map(jax.numpy.asarray, values)), x)
            entry |= {"w": tensor(w), "grads": list(map(tensor, by_weights)), "dinput": tensor(by_input)}
        entries.append(entry)
    return entries


FILES = [activations, initializers, seeds, losses, metrics, optimizers, schedules, training, summary, layers]

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for make in FILES:
        if len(sys.argv) == 1 or make.__name__ in sys.argv[1:]:
            write(make.__name__, make())
