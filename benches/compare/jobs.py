"""Runs jobs, each in a process of its own."""

import contextlib
import json
import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field

from compare.peers import message

SEED = 3


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int
    epochs: int
    """Epochs of a run, besides the warm-up."""

    budget: float
    """Seconds in which one way to predict is repeated."""

    timeout: float
    """Seconds for a process."""

    total: float = float("inf")
    """Seconds for all cases."""


FULL = Effort(rounds=5, epochs=5, budget=0.4, timeout=600)
QUICK = Effort(rounds=1, epochs=1, budget=0.2, timeout=20, total=165)

class Failure(Exception):
    """A job without an answer, and why."""


class Late(Failure):
    """A job that took too long, or for which no time was left."""


@dataclass
class Runner:
    """A program that does jobs."""

    name: str
    title: str
    command: list
    environment: dict = field(default_factory=dict)

    def run(self, job, timeout, cores=None):
        """Does one job. Returns its answer, with the seconds from the start of the process to the answer as `wall`."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "job.json")
            with open(path, "w") as file:
                json.dump(job, file)
            with open(os.path.join(folder, "errors"), "w+", errors="replace") as errors:
                start = time.perf_counter()
                with on_cores(cores):
                    process = subprocess.Popen(
                        [*self.command, path],
                        env=os.environ | self.environment,
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE,
                        stderr=errors,
                        text=True,
                    )
                clock = threading.Timer(timeout, process.kill)
                clock.start()
                try:
                    # Some backends print to stdout, too.
                    lines = [line for line in process.stdout if line.startswith("{")]
                    code = process.wait()
                finally:
                    in_time = clock.is_alive()
                    clock.cancel()
                    process.kill()
                wall = time.perf_counter() - start
                if not in_time:
                    raise Late(f"over {timeout:.0f} s")
                if code != 0 or not lines:
                    errors.seek(0)
                    raise Failure(f"failed ({code}): {message(errors.read())}")
        return json.loads(lines[-1]) | {"wall": wall}


@contextlib.contextmanager
def on_cores(cores):
    """Processes that start in the block run on these cores only; on all if `cores` is None."""
    if cores is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def job_of(case, description, effort):
    """The job for a case, with the description of the model that `models.write` gave."""
    job = {"task": case.task, "architecture": case.model, "seed": SEED, **description}
    if case.task == "start":
        return job | {"task": "train", "batch_size": case.batch_size, "samples": case.samples, "epochs": 1}
    if case.task == "train":
        # The first epoch is a warm-up, in which Keras compiles.
        return job | {"batch_size": case.batch_size, "samples": case.samples, "epochs": 1 + effort.epochs}
    if case.task == "predict":
        return job | {"sizes": list(case.sizes), "budget": effort.budget}
    return job


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def figures(case, answer):
    """The figures of one run, one for each row of the case: a value, and how it was reached or ''."""
    if case.task == "train":
        rows = {"epoch": (median(answer["epochs"][1:]), "")}
        if case.memory and answer.get("peak_memory"):
            rows["peak memory"] = (answer["peak_memory"], "")
        return rows
    if case.task == "predict":
        rows = {}
        for size in case.sizes:
            ways = answer["predictions"][str(size)]
            way = min(ways, key=ways.get)
            rows[f"predict {size:,}"] = (ways[way], way)
        return rows
    if case.task == "start":
        return {"process to first epoch": (answer["wall"], "")}
    return {"load": (answer["load"], "")}
