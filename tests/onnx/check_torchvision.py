#!/usr/bin/env python3
"""Networks of torchvision with random weights, exported by PyTorch: `burin run` and ONNX Runtime agree.

check_torchvision.py BURIN [NAME...]     exit code 77 where torchvision, onnx or onnxruntime are missing
Measure: relative L2 error at most 1e-4, largest difference at most 1e-3 of the largest value.
"""
import pathlib
import sys
import tempfile

from check_import import compare_arrays, export  # first: it ends the script where packages are missing
from agreement import agree

try:
    import torch
    import torchvision
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

IMAGE = (1, 3, 96, 96)
# name: (maker, shape of the input)
MODELS = {
    "resnet18": (torchvision.models.resnet18, IMAGE),
    "vgg16_bn": (torchvision.models.vgg16_bn, (1, 3, 224, 224)),
    "mobilenet_v2": (torchvision.models.mobilenet_v2, IMAGE),
    "shufflenet_v2": (torchvision.models.shufflenet_v2_x1_0, IMAGE),
    "densenet121": (torchvision.models.densenet121, IMAGE),
    "googlenet": (lambda: torchvision.models.googlenet(weights=None, init_weights=True, aux_logits=False), IMAGE),
    "efficientnet_b0": (torchvision.models.efficientnet_b0, IMAGE),
    "deeplabv3": (lambda: torchvision.models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None), IMAGE),
    "fcn_resnet50": (lambda: torchvision.models.segmentation.fcn_resnet50(weights=None, weights_backbone=None), IMAGE),
    "r3d_18": (torchvision.models.video.r3d_18, (1, 3, 8, 48, 48)),
}


class Plain(torch.nn.Module):
    """The first output of networks that give a dictionary."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        y = self.network(x)
        return y["out"] if isinstance(y, dict) else y


def check(burin, folder, name, opset):
    maker, shape = MODELS[name]
    torch.manual_seed(1)
    network = Plain(maker()).eval()
    for module in network.modules():  # statistics that matter
        if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.8, 1.2)
    path = folder / "model.onnx"
    x = torch.randn(shape)
    export(network, (x,), opset, path, ("x0",))
    return agree(compare_arrays(burin, folder, path, [x.numpy()]))


def main():
    burin, names = sys.argv[1], sys.argv[2:] or MODELS
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            try:
                good, text = check(burin, pathlib.Path(folder), name, 17)
            except RuntimeError as error:
                good, text = False, str(error)
            failed += not good
            print(f"{'ok' if good else 'FAILED'} {name}: {text}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
