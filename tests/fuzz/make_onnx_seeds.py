#!/usr/bin/env python3
"""Writes the seeds of the ONNX reader's fuzz target: small files by onnx.helper, each with features of its own.

    pip install numpy onnx && tests/fuzz/make_onnx_seeds.py
"""
import pathlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).parent / "seeds" / "onnx"
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64
node = helper.make_node


def floats(name, *shape):
    count = int(np.prod(shape))
    return numpy_helper.from_array((np.arange(count, dtype="f4") / 7 - 1).reshape(shape), name)


def integers(name, *numbers):  # in the typed field, not as bytes
    return helper.make_tensor(name, INT64, [len(numbers)], numbers)


def put(name, nodes, weights=(), shape=(1, 2, 4, 5), opset=17, outputs=("y",), inputs=()):
    graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("x", FLOAT, shape), *inputs],
                              [helper.make_tensor_value_info(o, FLOAT, None) for o in outputs], list(weights))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    helper.set_model_props(model, {"task": "demo"})
    ROOT.mkdir(parents=True, exist_ok=True)
    (ROOT / f"{name}.onnx").write_bytes(model.SerializeToString())


def main():
    put("layers", [node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[2, 1]),
                   node("BatchNormalization", ["c", "b", "b", "b", "v"], ["n"], epsilon=0.1),
                   node("MaxPool", ["n"], ["p"], kernel_shape=[2, 2], ceil_mode=1),
                   node("ConvTranspose", ["p", "w2"], ["y"], strides=[2, 2], output_padding=[1, 0])],
        [floats("w", 3, 2, 3, 3), floats("b", 3), floats("w2", 3, 1, 2, 2), numpy_helper.from_array(np.ones(3, "f4"), "v")])
    put("classifier", [node("GlobalAveragePool", ["x"], ["g"]), node("Flatten", ["g"], ["f"], axis=1),
                       node("Gemm", ["f", "w", "b"], ["m"], transB=1, alpha=0.5), node("Softmax", ["m"], ["y"], axis=-1)],
        [floats("w", 3, 2), floats("b", 3)], shape=("batch", 2, 3, 3))
    put("shapes", [node("Shape", ["x"], ["s"]), node("Identity", ["s"], ["t"]), node("Reshape", ["x", "t"], ["r"]),
                   node("Squeeze", ["r", "zero"], ["q"]), node("Unsqueeze", ["q", "zero"], ["u"]),
                   node("Transpose", ["u"], ["y"], perm=[0, 2, 3, 1])], [integers("zero", 0)])
    put("parts", [node("Split", ["x", "sizes"], ["a", "b"], axis=3), node("Concat", ["b", "a"], ["c"], axis=3),
                  node("Slice", ["c", "first", "last", "axes"], ["d"]),
                  node("Pad", ["d", "pads", "value"], ["y"], mode="constant")],
        [integers("sizes", 2, 3), integers("first", 1, 0), integers("last", -1, 3), integers("axes", 2, 3),
         integers("pads", 0, 0, 1, 0, 0, 0, 2, -1), helper.make_tensor("value", FLOAT, [], [0.5])])
    put("resize", [node("Resize", ["x", "", "scales"], ["r"], mode="linear"),
                   node("Resize", ["r", "", "", "sizes"], ["y"], mode="nearest",
                        coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
        [helper.make_tensor("scales", FLOAT, [4], [1, 1, 2, 2]), integers("sizes", 1, 2, 16, 20)])
    put("old", [node("Upsample", ["x", "scales"], ["u"], mode="nearest"), node("Clip", ["u"], ["c"], min=0.0, max=6.0),
                node("Softmax", ["c"], ["s"], axis=2), node("ReduceMean", ["s"], ["y"], axes=[2, 3], keepdims=0)],
        [helper.make_tensor("scales", FLOAT, [4], [1, 1, 2, 2])], opset=9)
    branch = helper.make_graph([node("Identity", ["x"], ["z"])], "branch", [],
                               [helper.make_tensor_value_info("z", FLOAT, None)])
    external = TensorProto(name="w", data_type=FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    external.external_data.add(key="location", value="w.bin")
    put("subgraph", [node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)])
    put("external", [node("Add", ["x", "w"], ["y"])], [external])
    put("volume", [node("Conv", ["x", "w"], ["c"], auto_pad="SAME_UPPER", group=2),
                   node("InstanceNormalization", ["c", "b", "b"], ["n"]), node("LeakyRelu", ["n"], ["l"], alpha=0.2),
                   node("AveragePool", ["l"], ["y"], kernel_shape=[2, 2, 2], count_include_pad=1, pads=[1] * 6)],
        [floats("w", 2, 1, 3, 3, 3), floats("b", 2)], shape=(1, 2, 3, 4, 5))


if __name__ == "__main__":
    main()
