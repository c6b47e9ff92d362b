"""An ONNX file as a module of PyTorch: what peers.py gives to PyTorch for networks that are no part of torchvision."""

import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

CONV = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}
CONV_TRANSPOSE = {3: F.conv_transpose1d, 4: F.conv_transpose2d, 5: F.conv_transpose3d}
MAX_POOL = {4: F.max_pool2d, 5: F.max_pool3d}
AVERAGE_POOL = {4: F.avg_pool2d, 5: F.avg_pool3d}


def pads(x, a, value=0.0):
    """x with the borders of a node, and the symmetric padding that is left to its operation."""
    given = a.get("pads", [0] * (2 * (x.dim() - 2)))
    half = len(given) // 2
    if given[:half] == given[half:]:
        return x, given[:half]
    order = [p for i in reversed(range(half)) for p in (given[i], given[half + i])]
    return F.pad(x, order, value=value), [0] * half


def conv(a, x, w, b=None):
    x, pad = pads(x, a)
    return CONV[x.dim()](x, w, b, a.get("strides", 1), pad, a.get("dilations", 1), a.get("group", 1))


def conv_transpose(a, x, w, b=None):
    pad = a.get("pads", [0] * (2 * (x.dim() - 2)))
    assert pad[:len(pad) // 2] == pad[len(pad) // 2:], "even pads"
    return CONV_TRANSPOSE[x.dim()](x, w, b, a.get("strides", 1), pad[:len(pad) // 2],
                                   a.get("output_padding", 0), a.get("group", 1), a.get("dilations", 1))


def max_pool(a, x):
    x, pad = pads(x, a, float("-inf"))
    return MAX_POOL[x.dim()](x, a["kernel_shape"], a.get("strides", 1), pad, 1, bool(a.get("ceil_mode", 0)))


def average_pool(a, x):
    x, pad = pads(x, a)
    return AVERAGE_POOL[x.dim()](x, a["kernel_shape"], a.get("strides", 1), pad, bool(a.get("ceil_mode", 0)),
                                 bool(a.get("count_include_pad", 0)))


def resize(a, x, roi=None, scales=None, sizes=None):
    size = [int(s) for s in (sizes if sizes is not None else [round(n * float(s)) for n, s in zip(x.shape, scales)])]
    mode = {"nearest": "nearest", "linear": {4: "bilinear", 5: "trilinear"}[x.dim()]}[a.get("mode", "nearest")]
    return F.interpolate(x, size[2:], mode=mode, align_corners=None if mode == "nearest" else False)


def gemm(a, x, w, b=None):
    x = x.t() if a.get("transA") else x
    y = a.get("alpha", 1.0) * (x @ (w.t() if a.get("transB") else w))
    return y if b is None else y + a.get("beta", 1.0) * b


def axes_of(a, axes, x):
    return tuple(int(i) for i in axes) if axes is not None else tuple(a.get("axes", range(x.dim())))


def slice_of(a, x, starts, ends, axes=None, steps=None):
    for i, (first, last) in enumerate(zip(starts.tolist(), ends.tolist())):
        index = [slice(None)] * x.dim()
        axis = int(axes[i]) if axes is not None else i
        index[axis] = slice(first, min(last, x.shape[axis]), int(steps[i]) if steps is not None else 1)
        x = x[tuple(index)]
    return x


OPS = {
    "Add": lambda a, x, y: x + y, "Sub": lambda a, x, y: x - y, "Mul": lambda a, x, y: x * y,
    "Div": lambda a, x, y: x / y, "Neg": lambda a, x: -x, "Identity": lambda a, x: x,
    "AveragePool": average_pool,
    "BatchNormalization": lambda a, x, s, b, m, v: F.batch_norm(x, m, v, s, b, False, 0.0, a.get("epsilon", 1e-5)),
    "Clip": lambda a, x, low=None, high=None: torch.clamp(x, low, high),
    "Concat": lambda a, *x: torch.cat(x, a["axis"]),
    "Conv": conv, "ConvTranspose": conv_transpose,
    "Expand": lambda a, x, s: x.expand(*torch.broadcast_shapes(x.shape, s.tolist())),
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)),
    "Gemm": gemm, "MatMul": lambda a, x, y: x @ y,
    "GlobalAveragePool": lambda a, x: x.mean(tuple(range(2, x.dim())), keepdim=True),
    "InstanceNormalization": lambda a, x, s, b: F.instance_norm(x, None, None, s, b, eps=a.get("epsilon", 1e-5)),
    "LeakyRelu": lambda a, x: F.leaky_relu(x, a.get("alpha", 0.01)),
    "MaxPool": max_pool,
    "ReduceMean": lambda a, x, axes=None: x.mean(axes_of(a, axes, x), keepdim=bool(a.get("keepdims", 1))),
    "ReduceSum": lambda a, x, axes=None: x.sum(axes_of(a, axes, x), keepdim=bool(a.get("keepdims", 1))),
    "Relu": lambda a, x: F.relu(x), "Sigmoid": lambda a, x: x.sigmoid(), "Tanh": lambda a, x: x.tanh(),
    "Reshape": lambda a, x, s: x.reshape([n or x.shape[i] for i, n in enumerate(s.tolist())]),
    "Resize": resize, "Slice": slice_of,
    "Softmax": lambda a, x: x.softmax(a.get("axis", -1)),
    "Split": lambda a, x, s=None: x.split(s.tolist() if s is not None else x.shape[a.get("axis", 0)] // a["outputs"],
                                          a.get("axis", 0)),
    "Squeeze": lambda a, x, axes: x.squeeze(tuple(axes.tolist())),
    "Transpose": lambda a, x: x.permute(a["perm"]),
    "Unsqueeze": lambda a, x, axes: x.unsqueeze(int(axes[0])),
}


class OnnxModule(nn.Module):
    """forward takes the inputs in the file's order and gives the first output."""

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(path).graph
        missing = sorted({n.op_type for n in graph.node} - set(OPS) - {"Constant"})
        if missing:
            raise SystemExit(f"{path}: no rule for {', '.join(missing)}")
        self.constants, self.places = {}, {}
        for tensor in graph.initializer:
            self.keep(tensor.name, numpy_helper.to_array(tensor))
        self.steps = []
        for node in graph.node:
            a = {p.name: onnx.helper.get_attribute_value(p) for p in node.attribute}
            a = {k: v.decode() if isinstance(v, bytes) else v for k, v in a.items()}
            if node.op_type == "Constant":
                self.keep(node.output[0], numpy_helper.to_array(a["value"]))
                continue
            a["outputs"] = len(node.output)
            self.steps.append((OPS[node.op_type], a, list(node.input), list(node.output)))
        self.inputs = [i.name for i in graph.input if i.name not in self.places and i.name not in self.constants]
        self.output = graph.output[0].name

    def keep(self, name, array):
        tensor = torch.from_numpy(array.copy())
        if tensor.is_floating_point() and tensor.dim() > 0:
            self.places[name] = f"weight_{len(self.places)}"
            self.register_buffer(self.places[name], tensor)
        else:
            self.constants[name] = tensor  # sizes and axes: known when the network is traced

    def forward(self, *inputs):
        values = dict(self.constants) | {name: getattr(self, place) for name, place in self.places.items()}
        values |= dict(zip(self.inputs, inputs)) | {"": None}
        for run, attributes, names, outputs in self.steps:
            result = run(attributes, *(values[name] for name in names))
            values |= dict(zip(outputs, result if isinstance(result, tuple) else (result,)))
        return values[self.output]
