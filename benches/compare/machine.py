"""What the figures were measured on."""

import datetime
import os
import pathlib
import platform
import subprocess

# The instruction sets that matrix products and convolutions can be faster with.
INSTRUCTION_SETS = ["avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve"]


def cpu():
    """The processor's name and its instruction sets."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine(), []
    facts = {}
    for line in lines:
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())
    flags = facts.get("flags", facts.get("Features", "")).split()
    return facts.get("model name", platform.machine()), [flag for flag in INSTRUCTION_SETS if flag in flags]


def cores():
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def load():
    """The mean number of running processes in the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def first_line(command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return f"no {command[0]}"


def describe(device):
    """One sentence: date, GPU if one is used, processor, cores, instruction sets, system, compiler, Python."""
    name, sets = cpu()
    gpu = ""
    if device != "cpu":
        gpu = f"{device} on {first_line(['nvidia-smi', '--query-gpu=name,driver_version', '--format=csv,noheader'])}, "
    return (
        f"{datetime.date.today()}, {gpu}{len(cores())} cores of {name} ({', '.join(sets) or 'no known vectors'}), "
        f"{platform.system()} {platform.release()}, {first_line(['rustc', '--version'])}, "
        f"Python {platform.python_version()}"
    )
