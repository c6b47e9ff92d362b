"""What `burin run` gives for a file, and how far arrays are apart."""
import subprocess

import numpy as np


def run_burin(burin, folder, path, arrays, outputs):
    """The outputs of these names, from arrays by name of input. Throws RuntimeError with what Burin says."""
    arguments = [burin, "run", str(path)]
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
        arguments += ["--input", f"{name}={folder / f'{name}.npy'}"]
    for index, name in enumerate(outputs):
        arguments += ["--output", f"{name}={folder / f'y{index}.npy'}"]
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return [np.load(folder / f"y{index}.npy") for index in range(len(outputs))]


def apart(pairs):
    """Of (got, wanted), the worst: relative L2 error, and the largest difference over the largest value."""
    worst = 0.0, 0.0
    for got, wanted in pairs:
        got, wanted = got.astype("f8"), wanted.astype("f8")
        norm, peak = np.linalg.norm(wanted.ravel()), np.max(np.abs(wanted), initial=0)
        found = (np.linalg.norm((got - wanted).ravel()) / max(1e-30, norm),
                 np.max(np.abs(got - wanted), initial=0) / max(1e-30, peak))
        worst = tuple(np.maximum(worst, found))  # keeps NaN
    return worst


def agree(pairs):
    """Whether relative L2 error and largest difference are within 1e-4 and 1e-3, and the two in words."""
    error, largest = apart(pairs)
    return bool(error <= 1e-4 and largest <= 1e-3), f"{error:.1e} {largest:.1e}"
