#!/usr/bin/env python3
"""Trains and predicts the same models on the same data in Horn, in plain Burn and in Keras.

    python3 benches/compare.py                      all cases, five rounds: an hour
    python3 benches/compare.py --quick              at most three minutes, after building and installing
    python3 benches/compare.py --cases mlp,cnn      the cases whose names start so
    python3 benches/compare.py --device cuda        the same on a GPU, by the backend of this name
    python3 benches/compare.py --growth growth.svg  how time grows with batch, width and cores

Needs cargo, and a Python that can make virtual environments. Keras defines each model once and saves it; all programs
load that file and the same arrays, so they do the same work from the same weights. This is checked: their losses and
predictions must agree. The programs take turns, each run is a process of its own, and the table shows medians. The
cases are in `compare/cases.py`, the models in `compare/models.py`.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from compare import agreement, build, growth, jobs, machine, peers, report
from compare.cases import CASES, picked

BENCHES = pathlib.Path(__file__).resolve().parent
WORKER = BENCHES / "compare" / "keras_worker.py"


def log(text):
    print(text, file=sys.stderr, flush=True)


def options():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=names, default=[], help="only cases whose names start with one of these")
    parser.add_argument("--peers", type=names, default=list(peers.BACKENDS), help="jax,tensorflow,torch by default")
    parser.add_argument("--device", default="cpu", help="cpu by default, or a backend for GPUs: cuda, vulkan, wgpu")
    parser.add_argument("--env", help="the folder of the peers' environments; beside cargo's output by default")
    parser.add_argument("--python", help="a Python that has Keras and the peers, where nothing can be installed")
    parser.add_argument("--binary", help="the Rust side, where it can't be built: `cargo build --bin compare` elsewhere")
    parser.add_argument("--rounds", type=int, help="runs of each program and case")
    parser.add_argument("--epochs", type=int, help="epochs of a run, after the warm-up")
    parser.add_argument("--timeout", type=float, help="seconds for one run")
    parser.add_argument("--quick", action="store_true", help="a few cases, one round, at most three minutes")
    parser.add_argument("--horn-env", metavar="KEY=VALUE", help="also runs Horn with this variable, in a column more")
    parser.add_argument("--build", action="store_true", help="also a clean build of Horn, which takes minutes")
    parser.add_argument("--json", action="store_true", help="prints one JSON object for each line of the table")
    parser.add_argument("--write", action="store_true", help="writes the table to RESULTS.md")
    parser.add_argument("--growth", metavar="SVG", help="draws how time grows, instead of the cases")
    parser.add_argument("--list", action="store_true", help="lists the cases")
    given = parser.parse_args()
    for peer in given.peers:
        if peer not in peers.BACKENDS:
            parser.error(f"no peer {peer!r}; the peers are {', '.join(peers.BACKENDS)}")
    if given.horn_env is not None and "=" not in given.horn_env:
        parser.error(f"--horn-env takes KEY=VALUE, and not {given.horn_env!r}")
    if any(count is not None and count < 1 for count in (given.rounds, given.epochs)):
        parser.error("at least one round and one epoch")
    return given


def names(text):
    return [name for name in text.split(",") if name]


def main():
    given = options()
    if given.list:
        for case in CASES:
            print(f"{case.name:20}{', '.join(case.metrics())}{'  (quick)' if case.quick else ''}")
        return
    cases = picked(given.cases, given.quick, given.build)
    if given.device != "cpu":
        cases = [case.on_a_gpu() for case in cases]
    chosen = {"rounds": given.rounds, "epochs": given.epochs, "timeout": given.timeout}
    effort = jobs.QUICK if given.quick else jobs.FULL
    effort = dataclasses.replace(effort, **{key: value for key, value in chosen.items() if value is not None})

    facts = machine.describe(given.device)
    log(facts)
    binary = given.binary or build.compare_binary(BENCHES.parent, given.device, log)
    installed, missing = install(given)
    runners = all_runners(given, binary, installed)
    with tempfile.TemporaryDirectory() as folder:
        if given.growth:
            wanted = growth.MODELS
        else:
            wanted = sorted({case.model for case in cases if case.model})
        start, load = time.monotonic(), machine.load()
        models = prepare(installed, folder, wanted)
        if given.growth:
            chart = growth.measure(runners, models, effort, log)
            pathlib.Path(given.growth).write_text(chart)
            return
        comparison = Comparison(given, runners, installed, missing, models, effort, start + effort.total)
        try:
            for case in cases:
                comparison.measure(case, binary)
        except KeyboardInterrupt:
            log("stopped: the table has what was measured before")
    facts += f", load {load:.1f} at the beginning and {machine.load():.1f} at the end"
    publish(given, comparison, facts, effort)
    sys.exit(1 if comparison.wrong else 0)


def install(given):
    """The peers that can be used, and why the others can't."""
    folder = given.env or peers.default_folder(BENCHES.parent)
    installed, missing = {}, {}
    for backend in given.peers:
        peer = peers.Peer(backend, pathlib.Path(folder).resolve(), given.device, given.python)
        try:
            peer.install(log)
            installed[backend] = peer
        except peers.Missing as reason:
            log(f"{peer.title}: {reason}")
            missing[backend] = str(reason)
    return installed, missing


def all_runners(given, binary, installed):
    """One for each column of the table."""
    environment = {} if given.device == "cpu" else {"HORN_DEVICE": given.device}
    runners = [jobs.Runner("horn", "Horn", [binary, "horn"], environment)]
    if given.horn_env:
        key, _, value = given.horn_env.partition("=")
        title = f"Horn, {given.horn_env}"
        runners.append(jobs.Runner(f"horn {given.horn_env}", title, [binary, "horn"], environment | {key: value}))
    runners.append(jobs.Runner("burn", "plain Burn", [binary, "burn"], environment))
    for backend, peer in installed.items():
        command = [peer.python, WORKER, "run"]
        runners.append(jobs.Runner(backend, peer.title, command, peer.environment()))
    return runners


def prepare(installed, folder, wanted):
    """Has Keras write the models and their data. Returns what jobs say of each model."""
    if not wanted:
        return {}
    if not installed:
        raise SystemExit("no peer can be used, and Keras writes the models: see --peers and --env")
    # PyTorch's comes last: its files name optimizers that the other backends do not have.
    peer = next(installed[backend] for backend in peers.BACKENDS if backend in installed)
    try:
        printed = peer.run([WORKER, "prepare", folder, *wanted], jobs.FULL.timeout)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"the models can't be written: {error.stderr}") from error
    return json.loads(printed.splitlines()[-1])


class Comparison:
    """Measures cases, one after the other."""

    def __init__(self, given, runners, installed, missing, models, effort, deadline):
        self.runners, self.installed, self.models = runners, installed, models
        self.effort, self.deadline = effort, deadline
        columns = list(runners)
        columns += [jobs.Runner(name, peers.BACKENDS[name][0], []) for name in missing]
        self.report = report.Report(columns, given.peers, missing)
        self.wrong = False
        """Has Horn failed, or has any program done other work than the others?"""

    def measure(self, case, binary):
        """Adds the case's rows to the report."""
        rows = {metric: report.Row(case.name, metric) for metric in case.metrics()}
        self.report.rows.extend(rows.values())
        if case.task == "size":
            sizes = {name: peer.size() for name, peer in self.installed.items()}
            rows["size"].values = {"horn": os.path.getsize(binary)} | sizes
        elif case.task == "build":
            for metric, value in build.clean(BENCHES.parent, log).items():
                rows[metric].values["horn"] = value
        else:
            self.take_turns(case, rows)

    def take_turns(self, case, rows):
        runners = [runner for runner in self.runners if runner.name != "burn" or case.burn]
        job = jobs.job_of(case, self.models[case.model], self.effort)
        found = {metric: {} for metric in rows}
        answers, failures = {}, {}
        for round in range(self.effort.rounds):
            # Whoever is first in a round is last in the next.
            first = round % len(runners)
            for runner in runners[first:] + runners[:first]:
                if runner.name in failures:
                    continue
                try:
                    answer = runner.run(job, self.time_left())
                except jobs.Failure as reason:
                    failures[runner.name] = str(reason)
                    log(f"{case.name}: {runner.title}: {reason}")
                    # Being too slow is a result; nothing else may happen to Horn.
                    self.wrong |= runner.name.startswith("horn") and not isinstance(reason, jobs.Late)
                    continue
                answers[runner.name] = answer
                self.report.versions[runner.name] = answer["version"]
                for metric, (value, way) in jobs.figures(case, answer).items():
                    found[metric].setdefault(runner.name, []).append((value, way))
                    log(f"{case.name}: {runner.title}: {metric} {report.shown(value, rows[metric].unit)}")
        disagreements = agreement.check(answers, list(self.installed))
        for name, reason in disagreements.items():
            log(f"{case.name}: {name}: {reason}")
        failures |= disagreements
        self.wrong |= bool(disagreements)
        for metric, row in rows.items():
            row.failures = failures
            for name, values in found[metric].items():
                if name not in failures:
                    row.values[name] = jobs.median([value for value, _ in values])
                    if ways := [way for _, way in values if way]:
                        row.ways[name] = max(ways, key=ways.count)

    def time_left(self):
        left = min(self.effort.timeout, self.deadline - time.monotonic())
        if left < 1:
            raise jobs.Late("no time left")
        return left


def publish(given, comparison, facts, effort):
    """Prints the results, and writes them to RESULTS.md if that is asked for."""
    table = comparison.report.table()
    rounds = "one round" if effort.rounds == 1 else f"medians of {effort.rounds} rounds"
    told = f"{facts}; {comparison.report.describe_versions()}; {rounds}, {effort.epochs} epochs after the warm-up."
    if given.json:
        for line in comparison.report.json_lines():
            print(line)
    else:
        print(f"{told}\n\n{table}")
    if given.write:
        report.write_between_markers(BENCHES / "RESULTS.md", given.device, f"{told}\n\n{table}")


if __name__ == "__main__":
    main()
