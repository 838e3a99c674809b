"""The Keras side: writes the models, or does one job. Runs with a peer's Python; `KERAS_BACKEND` names the backend.

    python keras_worker.py prepare FOLDER MODEL...
    python keras_worker.py run JOB.json

The answer is one line of JSON, as from the Rust side (`benches/bin/compare`).
"""

import json
import math
import os
import pathlib
import sys
import time

import keras
import numpy as np

BACKEND = keras.backend.backend()

# A median is of so many runs at least, unless they take more than ten times the budget.
FEWEST_RUNS = 5
BATCH_OF_MANY = 1024


class Epochs(keras.callbacks.Callback):
    """Notes the time and the loss of each epoch."""

    def __init__(self):
        super().__init__()
        self.seconds, self.losses = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs["loss"]))
        self.seconds.append(time.perf_counter() - self.start)


def array(description, samples):
    sizes = [samples, *description["shape"][1:]]
    values = np.fromfile(description["file"], description["dtype"], count=math.prod(sizes))
    return values.reshape(sizes)


def load(job):
    start = time.perf_counter()
    model = keras.models.load_model(job["model"])
    seconds = time.perf_counter() - start
    # What `jit_compile="auto"` means on each backend: the file says what it meant on the one that wrote it.
    model.jit_compile = BACKEND != "torch"
    return model, {"load": seconds}


def train(job):
    x, y = array(job["x"], job["samples"]), array(job["y"], job["samples"])
    model, answer = load(job)
    epochs = Epochs()
    keras.utils.set_random_seed(job["seed"])
    model.fit(x, y, batch_size=job["batch_size"], epochs=job["epochs"], shuffle=True, verbose=0, callbacks=[epochs])
    return answer | {"epochs": epochs.seconds, "losses": epochs.losses}


def compiled_calls(model):
    """Ways to call the model that a program can compile itself, by name."""
    if BACKEND == "jax":
        import jax

        # Copies: `predict` gives away the arrays of the model.
        trainable = [jax.numpy.array(variable.value) for variable in model.trainable_variables]
        others = [jax.numpy.array(variable.value) for variable in model.non_trainable_variables]
        call = jax.jit(lambda *arguments: model.stateless_call(*arguments, training=False)[0])
        frozen = jax.jit(lambda x: model.stateless_call(trainable, others, x, training=False)[0])
        return {
            "jax.jit": lambda x: np.asarray(call(trainable, others, x)),
            "jax.jit with constant weights": lambda x: np.asarray(frozen(x)),
        }
    if BACKEND == "tensorflow":
        import tensorflow as tf

        def compiled(**options):
            call = tf.function(lambda x: model(x, training=False), **options)
            return lambda x: call(tf.constant(x)).numpy()

        return {"tf.function": compiled(), "tf.function with XLA": compiled(jit_compile=True)}
    import torch

    def call(x):
        with torch.inference_mode():
            return keras.ops.convert_to_numpy(model(keras.ops.convert_to_tensor(x), training=False))

    return {"inference_mode": call}


def predict(job):
    model, answer = load(job)
    predictions, output = {}, None
    ways = {"predict_on_batch": model.predict_on_batch} | compiled_calls(model)
    for samples in job["sizes"]:
        x = array(job["x"], samples)
        for_these = dict(ways)
        if samples > BATCH_OF_MANY:
            for batch_size in (BATCH_OF_MANY, samples):
                for_these[f"predict, batches of {batch_size}"] = lambda x, batch_size=batch_size: model.predict(
                    x, batch_size=batch_size, verbose=0
                )
        predictions[samples] = {}
        for way, call in for_these.items():
            first = np.asarray(call(x))[0].tolist()
            output = output or first
            predictions[samples][way] = median_seconds(lambda: call(x), job["budget"])
    return answer | {"predictions": predictions, "output": output}


def median_seconds(run, budget):
    run()
    seconds = []
    while sum(seconds) < (budget if len(seconds) >= FEWEST_RUNS else 10 * budget):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[len(seconds) // 2]


def peak_memory():
    """The largest resident size of this process so far, in bytes, where the system tells it."""
    try:
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def version():
    backend = __import__({"jax": "jax", "tensorflow": "tensorflow", "torch": "torch"}[BACKEND])
    return f"Keras {keras.__version__} on {BACKEND} {backend.__version__}"


def main():
    what, argument, *names = sys.argv[1:]
    if what == "prepare":
        import models

        answer = {name: models.write(pathlib.Path(argument), name) for name in names}
    else:
        job = json.loads(pathlib.Path(argument).read_text())
        answer = {"train": train, "predict": predict, "load": lambda job: load(job)[1]}[job["task"]](job)
        answer |= {"version": version(), "peak_memory": peak_memory()}
    print(json.dumps(answer), flush=True)
    # What the backend does when it ends is not measured, and some print then.
    sys.stdout.flush()
    os._exit(0)


main()
