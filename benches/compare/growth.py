"""How time grows with the batch, the width of the layers and the number of cores."""

from dataclasses import replace

from compare import chart, jobs, machine
from compare.cases import Case

BATCHES = [1, 4, 16, 64, 256, 1024, 4096]
WIDTHS = [64, 128, 256, 512, 1024, 2048]
MODELS = ["mlp", "cnn", *(f"mlp-width-{width}" for width in WIDTHS)]

# So many steps are enough to measure small batches.
STEPS = 64


def measure(runners, models, effort, log):
    """Measures all points, in turns. Returns the chart as SVG."""

    def points(case, cores=None):
        """The medians of all rows of a case, by runner."""
        log(f"{case.name}" + (f" on {len(cores)} cores" if cores else ""))
        return median_rows(runners, case, models[case.model], effort, cores, log)

    predict = Case("predict", "mlp", "predict", sizes=tuple(BATCHES), burn=True)
    rows = points(predict)
    by_batch = {size: rows[f"predict {size:,}"] for size in BATCHES}
    panels = [panel("mlp, predicting a sample", "batch", by_batch, dict(zip(BATCHES, BATCHES)))]

    train = Case("train", "mlp", "train", burn=True)
    by_batch, samples = {}, {}
    for batch in BATCHES:
        samples[batch] = min(STEPS * batch, 8_192)
        case = replace(train, name=f"batch {batch}", batch_size=batch, samples=samples[batch])
        by_batch[batch] = points(case)["epoch"]
    panels.append(panel("mlp, training a sample", "batch", by_batch, samples))

    by_width = {}
    for width in WIDTHS:
        case = replace(train, name=f"width {width}", model=f"mlp-width-{width}", batch_size=128, samples=1_024)
        by_width[width] = points(case)["epoch"]
    panels.append(panel("three layers, training a sample", "units of each layer", by_width, dict.fromkeys(WIDTHS, 1_024)))

    all_cores = machine.cores()
    counts = [2**n for n in range(len(all_cores).bit_length())]
    for model, samples in [("mlp", 12_288), ("cnn", 2_048)]:
        case = replace(train, name=f"{model} epoch", model=model, batch_size=128, samples=samples)
        by_cores = {count: points(case, set(all_cores[:count]))["epoch"] for count in counts}
        panels.append(panel(f"{model}, an epoch", "cores", by_cores, dict.fromkeys(counts, 1)))
    titles = {runner.name: runner.title for runner in runners}
    return chart.svg(panels, titles, machine.describe())


def median_rows(runners, case, description, effort, cores, log):
    """The medians by runner. One that fails has no point in the chart."""
    job = jobs.job_of(case, description, effort)
    found = {metric: {} for metric in case.metrics()}
    failed = set()
    for _ in range(effort.rounds):
        for runner in runners:
            if runner.name in failed:
                continue
            try:
                answer = runner.run(job, effort.timeout, cores)
            except jobs.Failure as reason:
                failed.add(runner.name)
                log(f"{case.name}: {runner.title}: {reason}")
                continue
            for metric, (value, _) in jobs.figures(case, answer).items():
                found[metric].setdefault(runner.name, []).append(value)
    return {
        metric: {name: jobs.median(values) for name, values in by_runner.items() if name not in failed}
        for metric, by_runner in found.items()
    }


def panel(title, axis, by_place, samples):
    """A panel with a line for each runner, of seconds divided by the number of samples."""
    lines = {}
    for place, by_runner in by_place.items():
        for name, seconds in by_runner.items():
            lines.setdefault(name, []).append((place, seconds / samples[place]))
    return chart.Panel(title, axis, lines)
