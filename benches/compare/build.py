"""Builds of Horn."""

import json
import os
import subprocess
import tempfile
import time


def compare_binary(root, device, log):
    """Builds the Rust side, with the backend for the device. Returns its path."""
    log("building the Rust side")
    command = ["cargo", "build", "--release", "-p", "benches", "--bin", "compare", "--message-format", "json"]
    if device != "cpu":
        command += ["--no-default-features", "--features", device]
    built = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        raise SystemExit("the Rust side can't be built")
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    paths = [message["executable"] for message in messages if message.get("executable")]
    return paths[-1]


def clean(root, log):
    """Builds the example of MNIST from an empty folder. Returns the seconds and the number of crates."""
    log("a clean build")
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        command = ["cargo", "build", "--release", "-p", "mnist", "--target-dir", folder]
        environment = os.environ | {"CARGO_TERM_COLOR": "never", "CARGO_INCREMENTAL": "0"}
        built = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)
        seconds = time.monotonic() - start
    if built.returncode != 0:
        raise SystemExit(f"the example can't be built: {built.stderr}")
    crates = sum(line.strip().startswith("Compiling") for line in built.stderr.splitlines())
    return {"clean build": seconds, "crates": crates}
