"""Arrays as the fixtures of model files have them."""

import numpy as np


def tensor(value):
    """The shape, and the values in row-major order: texts, or floats in the shortest digits that give the same float32."""
    array = np.asarray(value)
    if array.dtype.kind == "U":
        return {"shape": list(array.shape), "texts": array.ravel().tolist()}
    return {"shape": list(array.shape), "data": [float(str(item)) for item in array.astype("float32").ravel()]}
