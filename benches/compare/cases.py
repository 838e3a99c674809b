"""The table of cases: which model, and what is measured."""

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    name: str
    """Starts with the name of the model or the task, so that `--cases` can pick groups."""

    model: str
    """A key of `models.MODELS`."""

    task: str
    """`train`, `predict`, `load`, `start`, `size` or `build`."""

    batch_size: int = 32
    samples: int = 0
    """Training: the samples of an epoch."""

    sizes: tuple = ()
    """Prediction: the numbers of samples."""

    burn: bool = False
    """Is there a hand-written Burn program?"""

    memory: bool = False
    """Is the peak memory of training in the table?"""

    quick: bool = False
    """Is it part of `--quick`?"""

    def on_a_gpu(self):
        """The case without the peak memory, which is that of the host."""
        return dataclasses.replace(self, memory=False)

    def metrics(self):
        """The rows of this case in the table."""
        if self.task == "train":
            return ["epoch", "peak memory"] if self.memory else ["epoch"]
        if self.task == "predict":
            return [f"predict {size:,}" for size in self.sizes]
        return {
            "load": ["load"],
            "start": ["process to first epoch"],
            "size": ["size"],
            "build": ["clean build", "crates"],
        }[self.task]


# In this order. The longest of `--quick` comes last, for which there may be no time.
CASES = [
    Case("mlp-32", "mlp", "train", 32, 12_288, burn=True),
    Case("mlp-128", "mlp", "train", 128, 12_288, burn=True, quick=True),
    Case("mlp-1024", "mlp", "train", 1024, 12_288, burn=True),
    Case("mlp-wide", "mlp-wide", "train", 128, 4_096, burn=True),
    Case("mlp-predict", "mlp", "predict", sizes=(1, 10_000), burn=True, quick=True),
    Case("start", "mlp", "start", 128, 12_288, burn=True, quick=True),
    Case("cnn", "cnn", "train", 128, 2_048, burn=True, memory=True, quick=True),
    Case("cnn-predict", "cnn", "predict", sizes=(1, 128), burn=True),
    Case("resnet", "resnet", "train", 64, 512, memory=True),
    Case("mobilenet", "mobilenet", "train", 16, 128, memory=True),
    Case("mobilenet-predict", "mobilenet", "predict", sizes=(1, 128)),
    Case("load", "mobilenet", "load"),
    Case("transformer", "transformer", "train", 32, 512, quick=True),
    Case("embedding", "embedding", "train", 128, 4_096),
    Case("lstm", "lstm", "train", 32, 512, quick=True),
    Case("gru-masked", "gru-masked", "train", 32, 512),
    Case("bilstm-masked", "bilstm-masked", "train", 32, 512),
    Case("size", "", "size", quick=True),
    Case("build", "", "build"),
]


def picked(prefixes, quick, build):
    """The cases whose names start with one of the prefixes. Without prefixes, all, or those of `--quick`."""
    if prefixes:
        for prefix in prefixes:
            if not any(case.name.startswith(prefix) for case in CASES):
                names = ", ".join(case.name for case in CASES)
                raise SystemExit(f"no case starts with {prefix!r}; the cases are {names}")
        cases = [case for case in CASES if any(case.name.startswith(prefix) for prefix in prefixes)]
    else:
        cases = [case for case in CASES if case.quick or not quick]
    return [case for case in cases if case.task != "build" or build or "build" in prefixes]
