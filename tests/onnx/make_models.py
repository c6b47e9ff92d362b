#!/usr/bin/env python3
"""Writes tests/onnx/models: small PyTorch modules as ONNX files, with inputs and the outputs that PyTorch gives.

make_models.py     (torch, onnx, onnxruntime, numpy)
"""
import pathlib
import shutil

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from check_import import CASES, Call, bn, export

ROOT = pathlib.Path(__file__).parent / "models"


class Small(nn.Module):
    """A U-Net of one level: transposed convolution, concat, pools."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), bn(4), nn.ReLU())
        self.deep = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1), nn.LeakyReLU(0.1))
        self.up = nn.ConvTranspose2d(6, 4, 2, stride=2)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        skip = self.down(x)
        return F.softmax(self.head(torch.cat([skip, self.up(self.deep(skip))], 1)), 1)


MODELS = {
    "small_unet_11": (Small(), [(2, 3, 8, 12)], 11, ("x0",)),
    "small_unet_20": (Small(), [(1, 3, 6, 4)], 20, ("x0",)),
    "classifier_9": (nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU6(), nn.AvgPool2d(2), nn.Flatten(),
                                   nn.Linear(16, 5), nn.LogSoftmax(1)), [(2, 3, 10, 10)], 9, ()),
    "volume_14": (nn.Sequential(nn.Conv3d(2, 3, 3, padding=1), nn.InstanceNorm3d(3, affine=True), nn.Tanh(),
                                nn.ConvTranspose3d(3, 2, 2, stride=2)), [(1, 2, 4, 3, 5)], 14, ()),
    "scalars_16": (Call(lambda x: (1.5 - x) * x.mean((2, 3), keepdim=True) + 0.25), [(2, 3, 4, 5)], 16, ()),
}
FROM_CASES = {"nearest": 9, "slice": 9, "squeeze": 11, "split": 13, "bilinear": 18, "average_pool_ceil": 19, "conv1d": 12,
              "glu": 17, "softmax": 12, "max_pool3d": 15, "conv_depthwise": 10}


def main():
    torch.manual_seed(3)
    shutil.rmtree(ROOT, ignore_errors=True)
    chosen = dict(MODELS)
    for name, opset in FROM_CASES.items():
        module, shapes, _ = CASES[name]
        chosen[f"{name}_{opset}"] = (module, shapes, opset, ())
    for name, (module, shapes, opset, dynamic) in chosen.items():
        folder = ROOT / name
        folder.mkdir(parents=True)
        inputs = tuple(torch.randn(shape) for shape in shapes)
        export(module, inputs, opset, folder / "model.onnx", dynamic)
        with torch.no_grad():
            outputs = module.eval()(*inputs)
        for i, x in enumerate(inputs):
            np.save(folder / f"x{i}.npy", x.numpy())
        for i, y in enumerate(outputs if isinstance(outputs, (tuple, list)) else [outputs]):
            np.save(folder / f"y{i}.npy", y.contiguous().numpy())


if __name__ == "__main__":
    main()
