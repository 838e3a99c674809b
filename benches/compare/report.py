"""The table of results: as text, as JSON, and in RESULTS.md."""

import json
from dataclasses import dataclass, field

UNITS = {"peak memory": "B", "size": "B", "crates": ""}


@dataclass
class Row:
    """One figure of all programs."""

    case: str
    metric: str
    values: dict = field(default_factory=dict)
    """Medians by runner."""

    ways: dict = field(default_factory=dict)
    """By runner, which of several ways was the fastest."""

    failures: dict = field(default_factory=dict)
    """By runner, why there is no value."""

    @property
    def unit(self):
        return UNITS.get(self.metric, "s")

    def ratio(self, peers):
        """Horn divided by the fastest (or smallest) peer: below 1, Horn is better."""
        others = [self.values[peer] for peer in peers if peer in self.values]
        return self.values["horn"] / min(others) if others and "horn" in self.values else None


def shown(value, unit):
    """A value in the unit that people would use."""
    if unit == "s":
        for factor, name in [(1, "s"), (1e3, "ms"), (1e6, "µs")]:
            if value * factor >= 1:
                return f"{three_digits(value * factor)} {name}"
        return f"{value * 1e6:.2f} µs"
    if unit == "B":
        return f"{three_digits(value / 1e6)} MB"
    return f"{value:g}"


def three_digits(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


class Report:
    """All rows, and what they were measured with."""

    def __init__(self, runners, peers, missing):
        self.titles = {runner.name: runner.title for runner in runners}
        self.peers = peers
        """The names of the peers in the table, installed or not."""

        self.missing = missing
        """Why a peer is missing, by name."""

        self.versions = {}
        self.rows = []

    def cell(self, row, runner):
        if runner in row.values:
            return shown(row.values[runner], row.unit)
        if runner in row.failures:
            return row.failures[runner].replace("|", "/")
        return "missing" if runner in self.missing else "–"

    def table(self):
        """The table in Markdown, then the fastest ways and the missing peers."""
        columns = list(self.titles)
        head = ["case", "what", *self.titles.values(), "Horn : fastest peer"]
        lines = [head, ["---"] * len(head)]
        for row in self.rows:
            ratio = row.ratio(self.peers)
            cells = [row.case, row.metric, *(self.cell(row, column) for column in columns)]
            lines.append([*cells, "" if ratio is None else f"{ratio:.2f}"])
        text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        for row in self.rows:
            if row.ways:
                ways = "; ".join(f"{self.titles[name]}: {way}" for name, way in row.ways.items())
                text += f"\n\nThe fastest way of `{row.case}`, {row.metric}: {ways}."
        for name, why in self.missing.items():
            text += f"\n\n{self.titles[name]} is missing: {why}."
        return text

    def json_lines(self):
        """One object for each row. Values are in seconds, bytes, or a number of crates."""
        for row in self.rows:
            others = [name for name in self.titles if name != "horn" and name not in self.peers]
            result = {
                "case": row.case,
                "metric": row.metric,
                "unit": row.unit,
                "horn": row.values.get("horn"),
                "peers": {peer: row.values.get(peer) for peer in self.peers},
                "ratio": row.ratio(self.peers),
                "others": {name: row.values.get(name) for name in others},
                "failures": row.failures | {name: why for name, why in self.missing.items()},
            }
            yield json.dumps(result, ensure_ascii=False)

    def describe_versions(self):
        return ", ".join(dict.fromkeys(self.versions.values()))


def write_between_markers(path, device, text):
    """Replaces what stands between the markers of the device in the file."""
    first, last = (f"<!-- compare on {device}: {edge} -->" for edge in ("begin", "end"))
    before, begin, rest = path.read_text().partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise SystemExit(f"{path} has no lines {first} and {last}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")
