#!/usr/bin/env python3
"""Small PyTorch modules, exported at opsets 9 to 21, give through `burin run` what ONNX Runtime gives.

check_import.py BURIN [NAME...]     exit code 77 where torch, onnx or onnxruntime are missing
"""
import pathlib
import sys
import tempfile
import warnings

try:
    import numpy as np
    import onnx
    import onnxruntime
    import torch
    from torch import nn
    from torch.nn import functional as F

    from agreement import apart, run_burin
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(3)


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function, *parts):
        super().__init__()
        self.function = function
        self.parts = nn.ModuleList(parts)

    def forward(self, *x):
        return self.function(*self.parts, *x)


def bn(channels):
    """Batch norm with statistics that matter."""
    norm = nn.BatchNorm2d(channels)
    norm.running_mean.uniform_(-1, 1)
    norm.running_var.uniform_(0.5, 2)
    return norm


IMAGE = (2, 4, 11, 13)
# name: (module, shapes of the inputs, first opset)
CASES = {
    "conv": (nn.Conv2d(4, 6, 3, padding=1), [IMAGE], 9),
    "conv_stride_dilation": (nn.Conv2d(4, 6, 3, stride=2, dilation=2, padding=(2, 1), bias=False), [IMAGE], 9),
    "conv_groups": (nn.Conv2d(4, 8, 3, groups=2), [IMAGE], 9),
    "conv_depthwise": (nn.Conv2d(4, 4, 3, groups=4, padding=1), [IMAGE], 9),
    "conv_same": (nn.Conv2d(4, 6, (4, 3), padding="same"), [IMAGE], 9),
    "conv1d": (nn.Conv1d(4, 6, 5, stride=2, padding=2), [(2, 4, 17)], 9),
    "conv3d": (nn.Conv3d(2, 3, 3, padding=1), [(1, 2, 5, 6, 7)], 9),
    "conv_transpose": (nn.ConvTranspose2d(4, 3, 2, stride=2), [IMAGE], 9),
    "conv_transpose_output_padding": (nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1), [IMAGE], 9),
    "conv_transpose1d": (nn.ConvTranspose1d(4, 3, 4, stride=2, padding=1), [(2, 4, 9)], 9),
    "conv_transpose3d": (nn.ConvTranspose3d(2, 3, 2, stride=2), [(1, 2, 4, 5, 6)], 9),
    "linear": (nn.Linear(7, 5), [(3, 7)], 9),
    "linear_no_bias": (nn.Linear(7, 5, bias=False), [(3, 7)], 9),
    "linear_rank3": (nn.Linear(7, 5), [(2, 3, 7)], 9),
    "mm": (Call(torch.mm), [(3, 4), (4, 5)], 9),
    "max_pool": (nn.MaxPool2d(3, stride=2, padding=1), [IMAGE], 9),
    "max_pool_ceil": (nn.MaxPool2d(3, stride=2, ceil_mode=True), [(1, 4, 12, 14)], 10),
    "max_pool1d": (nn.MaxPool1d(2), [(2, 4, 9)], 9),
    "max_pool3d": (nn.MaxPool3d(2), [(1, 2, 5, 6, 7)], 9),
    "average_pool": (nn.AvgPool2d(3, stride=2, padding=1), [IMAGE], 9),
    "average_pool_exclude": (nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), [IMAGE], 9),
    "average_pool_ceil": (nn.AvgPool2d(3, stride=2, ceil_mode=True), [(1, 4, 12, 14)], 10),
    "global_average": (nn.AdaptiveAvgPool2d(1), [IMAGE], 9),
    "global_max": (nn.AdaptiveMaxPool2d(1), [IMAGE], 9),
    "batch_norm": (bn(4), [IMAGE], 9),
    "conv_bn_relu": (nn.Sequential(nn.Conv2d(4, 6, 3), bn(6), nn.ReLU()), [IMAGE], 9),
    "instance_norm": (nn.InstanceNorm2d(4, affine=True), [IMAGE], 9),
    "instance_norm_plain": (nn.InstanceNorm2d(4), [IMAGE], 9),
    "relu6": (nn.ReLU6(), [IMAGE], 9),
    "leaky_relu": (nn.LeakyReLU(0.2), [IMAGE], 9),
    "sigmoid": (nn.Sigmoid(), [IMAGE], 9),
    "tanh": (nn.Tanh(), [IMAGE], 9),
    "softmax": (nn.Softmax(1), [IMAGE], 9),
    "softmax_last": (nn.Softmax(-1), [(3, 9)], 9),
    "log_softmax": (nn.LogSoftmax(1), [(3, 9)], 9),
    "add": (Call(torch.add), [IMAGE, IMAGE], 9),
    "add_row": (Call(torch.add), [IMAGE, (13,)], 9),
    "mul_channels": (Call(torch.mul), [IMAGE, (4, 1, 1)], 9),
    "sub_scalar": (Call(lambda x: 1.5 - x), [IMAGE], 9),
    "glu": (nn.GLU(1), [IMAGE], 9),
    "concat": (Call(lambda a, b: torch.cat([a, b], 1)), [IMAGE, (2, 3, 11, 13)], 9),
    "split": (Call(lambda x: torch.split(x, [1, 3], 1)), [IMAGE], 9),
    "chunk": (Call(lambda x: torch.chunk(x, 2, 1)), [IMAGE], 9),
    "slice": (Call(lambda x: x[:, 1:3, 2:-1, :-3]), [IMAGE], 9),
    "pad": (nn.ConstantPad2d((1, 2, 3, 0), 0.5), [IMAGE], 9),
    "crop": (nn.ConstantPad2d((-1, -2, -3, 1), 0.0), [IMAGE], 9),
    "flatten": (nn.Flatten(), [IMAGE], 9),
    "view": (Call(lambda x: x.view(2, 2, 2, 11 * 13)), [IMAGE], 9),
    "squeeze": (Call(lambda x: x.squeeze(2).unsqueeze(1)), [(2, 4, 1, 5)], 9),
    "permute": (Call(lambda x: x.permute(0, 2, 3, 1)), [IMAGE], 9),
    "mean": (Call(lambda x: x.mean((2, 3))), [IMAGE], 9),
    "sum_keep": (Call(lambda x: x.sum(1, keepdim=True)), [IMAGE], 9),
    "mean_all": (Call(lambda x: x.mean()), [IMAGE], 9),
    "dropout": (nn.Sequential(nn.Dropout(), nn.Dropout2d()), [IMAGE], 9),
    "nearest": (nn.Upsample(scale_factor=2), [IMAGE], 9),
    "bilinear": (nn.Upsample(scale_factor=2, mode="bilinear"), [IMAGE], 11),
    "bilinear_corners": (nn.Upsample(size=(17, 20), mode="bilinear", align_corners=True), [IMAGE], 11),
    "trilinear": (nn.Upsample(scale_factor=2, mode="trilinear"), [(1, 2, 3, 4, 5)], 11),
}
OPSETS = (9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)


def export(module, inputs, opset, path, dynamic=()):
    names = [f"x{i}" for i in range(len(inputs))]
    axes = {name: {0: "batch"} for name in dynamic}
    module.eval()
    with torch.no_grad():
        torch.onnx.export(module, inputs, str(path), opset_version=opset, input_names=names, dynamic_axes=axes,
                          dynamo=False, verbose=False)
    model = onnx.load(str(path))
    if opset == 20:  # the exporter's last; 21 changed nothing of these operators
        model.opset_import[0].version = 21
        onnx.save(model, str(path))
    return model


def compare_arrays(burin, folder, path, arrays):
    """Pairs of what Burin and ONNX Runtime give, of all outputs. Throws RuntimeError with what Burin says."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = dict(zip((i.name for i in session.get_inputs()), arrays))
    ours = run_burin(burin, folder, path, given, [o.name for o in session.get_outputs()])
    for got, reference in zip(ours, session.run(None, given)):
        if got.shape != reference.shape or got.dtype != reference.dtype:
            raise RuntimeError(f"{got.dtype} {got.shape} instead of {reference.dtype} {reference.shape}")
        yield got, reference


def compare(burin, folder, path, arrays):
    """The largest difference over the largest value, of all outputs."""
    return apart(compare_arrays(burin, folder, path, arrays))[1]


def main():
    burin, wanted = sys.argv[1], sys.argv[2:]
    passed, failed = 0, []
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for case, (module, shapes, first) in CASES.items():
            if wanted and case not in wanted:
                continue
            inputs = tuple(torch.randn(shape) for shape in shapes)
            opsets = OPSETS if case in ("conv_bn_relu", "slice", "pad", "split", "softmax", "squeeze") else (
                first, 13, 18, 20)
            for opset in (o for o in opsets if o >= first):
                path = folder / "model.onnx"
                try:
                    export(module, inputs, opset, path)
                except Exception as error:  # what this exporter cannot write is none of ours
                    print(f"{case} opset {opset}: not exported: {str(error).splitlines()[0][:100]}")
                    continue
                try:
                    error = compare(burin, folder, path, [x.numpy() for x in inputs])
                    if not error <= 1e-5:
                        raise RuntimeError(f"largest relative error {error:.2g}")
                    passed += 1
                except RuntimeError as error:
                    failed.append(f"{case} opset {opset}: {error}")
    print(f"{passed} exports agree with ONNX Runtime, {len(failed)} do not")
    for line in failed:
        print(line)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
