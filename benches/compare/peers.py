"""The peers: Keras on each backend, installed into an environment of its own."""

import os
import pathlib
import re
import subprocess
import venv

KERAS = ["keras==3.15.1", "numpy==2.4.6"]
BACKENDS = {
    "jax": ("Keras on JAX", ["jax==0.10.2"]),
    "tensorflow": ("Keras on TensorFlow", ["tensorflow-cpu==2.21.0"]),
    "torch": ("Keras on PyTorch", ["torch==2.15.0"]),
}
ON_NVIDIA = {"jax": ["jax[cuda13]==0.10.2"], "tensorflow": ["tensorflow[and-cuda]==2.21.0"]}

# Seconds for an installation: PyTorch's default package brings gigabytes for GPUs.
INSTALLATION = 1800


class Missing(Exception):
    """A peer that can't be used, and why."""


class Peer:
    """Keras on one backend."""

    def __init__(self, backend, folder, device="cpu", python=None):
        """With `python`, that Python is used, and nothing is installed."""
        self.backend, self.device = backend, device
        self.title, packages = BACKENDS[backend]
        if device != "cpu":
            packages = ON_NVIDIA.get(backend, packages)
        self.packages = KERAS + packages
        self.folder = pathlib.Path(folder) / (backend if device == "cpu" else f"{backend}-gpu")
        self.given = python is not None
        self.python = python or self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def install(self, log):
        """Makes the environment, unless it is there. Raises `Missing` if that fails."""
        done = self.folder / "installed.txt"
        wanted = "\n".join(self.packages)
        if not self.given and done.exists() and done.read_text() == wanted:
            return
        try:
            if not self.given:
                log(f"installing {', '.join(self.packages)} into {self.folder}")
                venv.create(self.folder, clear=True, with_pip=True)
                self.run(["-m", "pip", "install", "--quiet", "--no-cache-dir", *self.packages], INSTALLATION)
            # A package may be there and not work, for example without a library of the system.
            self.run(["-c", "import keras; keras.ops.ones((2, 2))"], 300)
        except subprocess.CalledProcessError as error:
            raise Missing("not installed: " + message(error.stderr)) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Missing(f"not installed: {error}") from error
        if not self.given:
            done.write_text(wanted)

    def run(self, arguments, timeout):
        """Runs its Python. Returns what that prints."""
        done = subprocess.run(
            [self.python, *arguments],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=timeout,
            env=os.environ | self.environment(),
        )
        return done.stdout

    def environment(self):
        """The environment variables of its process."""
        variables = {"KERAS_BACKEND": self.backend, "PYTHONDONTWRITEBYTECODE": "1"}
        if self.device == "cpu":
            variables |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
        return variables | {"TF_CPP_MIN_LOG_LEVEL": "3"}

    def size(self):
        """The bytes of the installed packages, without Python itself and what every environment has."""
        libraries = self.folder / "lib"
        bytes_of = 0
        for folder, folders, files in os.walk(libraries):
            folders[:] = [name for name in folders if name not in ("pip", "__pycache__")]
            paths = (os.path.join(folder, file) for file in files)
            bytes_of += sum(os.path.getsize(path) for path in paths if not os.path.islink(path))
        return bytes_of


def default_folder(root):
    """Where the environments are kept: beside what cargo builds."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target")) / "peers"


def message(errors):
    """The line of a program's errors that says what happened: the last one that names an error, or the last one."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"(Error|error|[\w.]*(Error|Exception)\b)", line)]
    return (named or lines or ["no message"])[-1][:100]
