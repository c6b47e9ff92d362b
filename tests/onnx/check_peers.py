#!/usr/bin/env python3
"""Networks that `burin convert` writes: onnx.checker, ONNX Runtime and OpenVINO (f32) take them and give what Burin gives.

check_peers.py BURIN [NAME...]     exit code 77 where onnx, onnxruntime or openvino are missing
Measure: relative L2 error at most 1e-4, largest difference at most 1e-3 of the largest value.
"""
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    import onnxruntime
    import openvino

    from agreement import agree, run_burin
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

onnxruntime.set_default_logger_severity(3)
NAMES = ("fundus-unet", "damage-unet", "pix2pix-generator", "pix2pix-discriminator", "xray-cnn", "unet3d-a", "unet3d-b",
         "student-generator", "student-discriminator", "teacher-generator", "resnet20", "vgg16-bn", "mobilenetv2-x1-4",
         "shufflenetv2-x2-0", "repvgg-a2")
# Smaller than in their papers, so that all of them take a minute.
SHAPES = {"damage-unet": ["1x3x128x128"], "unet3d-a": ["1x4x32x32x32"], "unet3d-b": ["1x4x64x64x64"]}


def check(burin, folder, name, opset):
    path = folder / f"{name}.onnx"
    shapes = [word for shape in SHAPES.get(name, []) for word in ("--shape", shape)]
    done = subprocess.run([burin, "convert", "--model", name, "--seed", "1", "--opset", str(opset), str(path), *shapes],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return None if "model: expected one of" in done.stderr else False, done.stderr.strip()
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(1)
    arrays = {i.name: random.standard_normal([2 if n == 0 else size for n, size in enumerate(i.shape)]).astype("f4")
              for i in session.get_inputs()}
    runtime = session.run(None, arrays)[0]
    compiled = openvino.compile_model(openvino.Core().read_model(str(path)), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    vino = compiled(arrays)[0]
    ours = run_burin(burin, folder, path, arrays, [session.get_outputs()[0].name])[0]
    good, text = agree([(ours, runtime)])
    fine, other = agree([(ours, vino)])
    path.unlink()
    return good and fine, f"ONNX Runtime {text}, OpenVINO {other}"


def main():
    burin, names = sys.argv[1], sys.argv[2:] or NAMES
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            for opset in (17, 21) if name == "fundus-unet" else (17,):
                good, text = check(burin, pathlib.Path(folder), name, opset)
                failed += good is False
                word = "no such network:" if good is None else "ok" if good else "FAILED"
                print(f"{word} {name} opset {opset}: {text}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
