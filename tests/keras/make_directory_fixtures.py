"""Makes `fixtures/folders/` and `fixtures/directories.json`: small files in folders, and what `keras.utils` makes of them.

Run as `make_fixtures.py`, whose conventions hold here too. It needs TensorFlow, by which Keras reads the files, and Pillow:

    pip install tensorflow-cpu==2.21.0 pillow==13.0.0
    python make_directory_fixtures.py

- "datasets": a "function" with its "options", the "class_names" and "file_paths" of the dataset, and "epochs": for each a
  list of batches, a pair of samples and targets. With the subset "both" there are two such datasets.
- "training": the losses of a model that is trained on such a dataset from a seed.
- "images": `load_img` with its "options", and the array of the image.
- "arrays": `array_to_img`.
- "splits": `split_dataset`.

The images have every kind of colour that PNG has, so the folders have no other sense.
"""

import io
import random
import shutil
import struct
import wave

from make_fixtures import FOLDER, keras, np, tensor, write
from PIL import Image

utils = keras.utils
FOLDERS = FOLDER / "folders"


# ---------------------------------------------------------------- files


def put(name, content):
    path = FOLDERS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def png(image, **options):
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def jpeg(pixels, **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", **options)
    return file.getvalue()


def wav(values, channels=1):
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(struct.pack(f"<{len(values)}h", *values))
    return file.getvalue()


def make_files(rng):
    shutil.rmtree(FOLDERS, ignore_errors=True)
    for name, text in {
        "neg/a.txt": "dull", "neg/b.TXT": "too long\nand dull", "neg/more/c.txt": "", "neg-2/a.txt": "no",
        "pos/1.txt": "grand", "pos/10.txt": "très bien 👏", "pos/2.txt": "a delight", "pos/3.md": "no text",
    }.items():
        put(f"texts/{name}", text)

    def pixels(*shape):
        return rng.randint(0, 256, shape).astype("uint8")

    rgb = Image.fromarray(pixels(4, 5, 3))
    palette = Image.fromarray(pixels(6, 6, 3)).quantize(8)
    for name, content in {
        "color/rgb.png": png(rgb),
        "color/rgba.png": png(Image.fromarray(pixels(7, 3, 4))),
        "few/palette.png": png(palette),
        "color/transparent.png": png(palette, transparency=bytes([0, 128, 255, 7])),
        "color/one_is_transparent.png": png(rgb, transparency=tuple(int(v) for v in np.array(rgb)[1, 2])),
        "grey/grey.PNG": png(Image.fromarray(pixels(3, 8))),
        "grey/alpha.png": png(Image.fromarray(pixels(5, 5, 2), "LA")),
        "few/bits.png": png(Image.fromarray(pixels(5, 9) > 127)),
    }.items():
        put(f"images/{name}", content)
    put("sixteen/sixteen.png", png(Image.fromarray(rng.randint(0, 65536, (4, 3)).astype("uint16"))))

    rows, columns = np.mgrid[0:24, 0:33]
    smooth = np.stack([rows * 10, columns * 7, 255 - rows * 5 - columns * 3], -1).astype("uint8")
    put("photos/smooth.jpg", jpeg(smooth, quality=95, subsampling=0))
    put("photos/halved.jpeg", jpeg(smooth, quality=90, subsampling=2))
    put("photos/progressive.jpg", jpeg(smooth, quality=95, subsampling=0, progressive=True))
    put("photos/grey.jpg", jpeg(smooth[..., 0], quality=95))

    def samples(count):
        return [int(v) for v in rng.randint(-32768, 32768, count)]

    put("sounds/high/a.wav", wav(samples(5)))
    put("sounds/high/b.wav", wav(samples(8)))
    put("sounds/low/a.wav", wav(samples(3)))
    put("stereo/a.wav", wav(samples(8), channels=2))


# ---------------------------------------------------------------- datasets


def values(array):
    array = np.asarray(array)
    if array.dtype == object:
        return [text.decode() for text in array]
    # Where no pixel is computed anew, TensorFlow keeps bytes.
    return tensor(array.astype("float32") if array.dtype == np.uint8 else array)


def entry(dataset, epochs):
    def epoch():
        for batch in dataset:
            x, y = batch if isinstance(batch, tuple) else (batch, None)
            yield values(x), None if y is None else values(y)

    paths = getattr(dataset, "file_paths", None)
    return {
        "class_names": dataset.class_names or [],
        "file_paths": paths and [path.replace(str(FOLDERS) + "/", "") for path in paths],
        "epochs": [list(epoch()) for _ in range(epochs)],
    }


def dataset(kind, folder, epochs=1, **options):
    function = getattr(utils, f"{kind}_dataset_from_directory")
    made = function(str(FOLDERS / folder), verbose=False, **options)
    parts = made if options.get("subset") == "both" else [made]
    return {"function": kind, "folder": folder, "options": options, "parts": [entry(part, epochs) for part in parts]}


def datasets():
    half = {"validation_split": 0.4, "seed": 11}
    small = {"image_size": (4, 5), "batch_size": 4, "shuffle": False}
    yield dataset("text", "texts", shuffle=False)
    yield dataset("text", "texts", epochs=3, seed=123, batch_size=3)
    yield dataset("text", "texts", shuffle=False, label_mode="categorical", max_length=4, batch_size=2)
    yield dataset("text", "texts", shuffle=False, label_mode="binary", class_names=["pos", "neg"])
    yield dataset("text", "texts", shuffle=False, label_mode=None)
    yield dataset("text", "texts", shuffle=False, labels=[3, 1, 1, 2, 3, 5, 1])
    yield dataset("text", "texts", subset="training", epochs=2, **half)
    yield dataset("text", "texts", subset="validation", epochs=2, **half)
    yield dataset("text", "texts", subset="both", epochs=2, **half)
    yield dataset("text", "texts", subset="both", shuffle=False, validation_split=0.3)
    yield dataset("audio", "sounds", shuffle=False)
    yield dataset("audio", "sounds", shuffle=False, output_sequence_length=6, label_mode="binary", batch_size=2)
    yield dataset("audio", "stereo", shuffle=False, label_mode=None)
    yield dataset("image", "images", seed=5, batch_size=3, image_size=(3, 3))
    for mode in ["rgb", "grayscale"]:
        yield dataset("image", "images", color_mode=mode, interpolation="nearest", **small)
    # Without those of few bits, which TensorFlow makes nearly transparent.
    yield dataset("image", "images", color_mode="rgba", class_names=["grey", "color"], interpolation="nearest", **small)
    for interpolation in ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]:
        for size in [(7, 3), (2, 11), (6, 6)]:
            yield dataset("image", "images", interpolation=interpolation, image_size=size, shuffle=False,
                          class_names=["grey", "few"], color_mode="grayscale")
    for aspect in ["crop_to_aspect_ratio", "pad_to_aspect_ratio"]:
        for size in [(4, 4), (9, 5), (3, 10)]:
            yield dataset("image", "images", image_size=size, shuffle=False, class_names=["grey", "few"], **{aspect: True})
    yield dataset("image", "sixteen", shuffle=False, label_mode=None, image_size=(4, 3))
    yield dataset("image", "photos", shuffle=False, label_mode=None, image_size=(24, 33))
    yield dataset("image", "photos", shuffle=False, label_mode=None, image_size=(24, 33), color_mode="grayscale")


def training():
    """Keras looks at a batch before the first epoch, for which the dataset is shuffled once more."""
    utils.set_random_seed(42)
    images = utils.image_dataset_from_directory(
        str(FOLDERS / "images"), image_size=(4, 4), batch_size=3, seed=9, verbose=False)
    model = keras.Sequential([
        keras.Input((4, 4, 3)), keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.3), loss)
    first = model.fit(images, epochs=3, verbose=0).history["loss"]
    second = model.fit(images, epochs=2, verbose=0).history["loss"]
    return {"first": first, "second": second}


# ---------------------------------------------------------------- images, arrays, splits


def image(name, **options):
    loaded = utils.img_to_array(utils.load_img(FOLDERS / name, **options))
    return {"name": name, "options": options, "expected": tensor(loaded)}


def images():
    names = [f"color/{name}.png" for name in ["rgb", "rgba", "transparent", "one_is_transparent"]]
    names += ["few/bits.png", "few/palette.png", "grey/alpha.png", "grey/grey.PNG"]
    for name in (f"images/{name}" for name in names):
        for mode in ["rgb", "rgba", "grayscale"]:
            yield image(name, color_mode=mode)
    for interpolation in ["nearest", "bilinear", "bicubic", "lanczos"]:
        for size in [(9, 2), (3, 11), (4, 5), (4, 3)]:
            for keep in [False, True]:
                yield image("images/color/rgb.png", target_size=size, interpolation=interpolation, keep_aspect_ratio=keep)
    yield image("images/color/rgb.png", target_size=(2, 7))
    for name in ["smooth.jpg", "halved.jpeg", "progressive.jpg", "grey.jpg"]:
        yield image(f"photos/{name}")
        yield image(f"photos/{name}", color_mode="grayscale")


def arrays(rng):
    for shape, scale in [((3, 4, 3), True), ((2, 5, 1), True), ((2, 2, 4), True), ((3, 4, 3), False)]:
        x = rng.randint(0, 256 * 64, shape).astype("float32") / 64 - (100 if scale else 0)
        expected = np.asarray(utils.array_to_img(x, scale=scale), "float32").reshape(shape)
        yield {"x": tensor(x), "scale": scale, "expected": tensor(expected)}


def splits():
    x = np.arange(11, dtype="float32")
    for options in [
        {"left_size": 0.8}, {"right_size": 0.25}, {"left_size": 3}, {"left_size": 0.5, "right_size": 0.3},
        {"left_size": 2, "right_size": 4}, {"left_size": 0.5}, {"left_size": 0.7, "shuffle": True, "seed": 1337},
    ]:
        left, right = utils.split_dataset(x, **options)
        yield {"len": len(x), "options": options, "left": [int(v) for v in left], "right": [int(v) for v in right]}
    utils.set_random_seed(7)
    left, right = utils.split_dataset(x, left_size=6, shuffle=True)
    yield {"len": len(x), "options": {"left_size": 6, "shuffle": True, "random_seed": 7},
           "left": [int(v) for v in left], "right": [int(v) for v in right]}


if __name__ == "__main__":
    random.seed(0)
    make_files(np.random.RandomState(0))
    write("directories", {
        "datasets": list(datasets()),
        "training": training(),
        "images": list(images()),
        "arrays": list(arrays(np.random.RandomState(1))),
        "splits": list(splits()),
    })
