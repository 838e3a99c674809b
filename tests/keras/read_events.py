"""Reads the event files below a folder by TensorBoard's own reader, and prints what they say as JSON:

    python read_events.py FOLDER

{"train/epoch_loss": {"plugin", "steps", "values"}, …}. A value is a number, the rows of a histogram, the sizes and pixels
of images, or a text.
"""

import io
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray


def value(plugin, array):
    if plugin == "images":
        sizes, files = [int(size) for size in array[:2]], array[2:]
        return {"sizes": sizes, "images": [np.asarray(Image.open(io.BytesIO(file))).tolist() for file in files]}
    if array.dtype == object:
        return array.item().decode()
    return array.tolist()


def main():
    found = {}
    for part in sorted(path.name for path in Path(sys.argv[1]).iterdir()):
        events = EventAccumulator(f"{sys.argv[1]}/{part}", size_guidance={"tensors": 0})
        events.Reload()
        for tag in events.Tags()["tensors"]:
            plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
            read = [(event.step, value(plugin, make_ndarray(event.tensor_proto))) for event in events.Tensors(tag)]
            steps, values = zip(*read)
            found[f"{part}/{tag}"] = {"plugin": plugin, "steps": steps, "values": values}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
