"""The models that peers.py times: their shapes, and the ONNX files, ours by `burin convert`, torchvision's by PyTorch."""

import argparse
import pathlib
import subprocess
import sys

# name: shapes of the inputs by name, batch 1 of the paper's size unless the name says another
OURS = {
    "damage-unet@512": ("damage-unet", {"image": (1, 3, 512, 512)}),
    "damage-unet@1024": ("damage-unet", {"image": (1, 3, 1024, 1024)}),
    "fundus-unet@512": ("fundus-unet", {"image": (1, 3, 512, 512)}),
    "pix2pix-generator@512": ("pix2pix-generator", {"mask": (1, 3, 512, 512)}),
    "pix2pix-discriminator": ("pix2pix-discriminator", None),
    "xray-cnn": ("xray-cnn", None),
    "unet3d-a@64": ("unet3d-a", {"volume": (1, None, 64, 64, 64)}),
    "unet3d-b@128": ("unet3d-b", {"volume": (1, None, 128, 128, 128)}),
    "student-generator": ("student-generator", None),
    "student-generator@b16": ("student-generator", 16),
    "student-discriminator": ("student-discriminator", None),
    "teacher-generator": ("teacher-generator", None),
    "resnet20": ("resnet20", None),
    "vgg16-bn": ("vgg16-bn", None),
    "mobilenetv2-x1-4": ("mobilenetv2-x1-4", None),
    "shufflenetv2-x2-0": ("shufflenetv2-x2-0", None),
    "repvgg-a2": ("repvgg-a2", None),
}
TORCHVISION = {
    "resnet18": (1, 3, 224, 224), "vgg16_bn": (1, 3, 224, 224), "mobilenet_v2": (1, 3, 224, 224),
    "shufflenet_v2_x1_0": (1, 3, 224, 224), "densenet121": (1, 3, 224, 224), "googlenet": (1, 3, 224, 224),
    "efficientnet_b0": (1, 3, 224, 224), "deeplabv3_resnet50": (1, 3, 224, 224),
    "fcn_resnet50": (1, 3, 224, 224), "r3d_18": (1, 3, 16, 112, 112),
}
NAMES = list(OURS) + list(TORCHVISION)


def torchvision_model(name):
    """Random weights, the same in every process; batch norms with statistics that are not 0 and 1."""
    import torch
    from torchvision import models
    torch.manual_seed(1)
    part = models.segmentation if name.endswith("resnet50") else models.video if name == "r3d_18" else models
    more = {"weights_backbone": None} if part is models.segmentation else {}
    if name == "googlenet":
        more = {"aux_logits": False, "init_weights": True}
    network = getattr(part, name)(weights=None, **more).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.8, 1.2)
    return network


def export_torchvision(name, path):
    import torch

    class Logits(torch.nn.Module):
        def __init__(self, network):
            super().__init__()
            self.network = network

        def forward(self, image):
            y = self.network(image)
            return y["out"] if isinstance(y, dict) else y

    torch.onnx.export(Logits(torchvision_model(name)).eval(), (torch.rand(TORCHVISION[name]),), path, dynamo=False,
                      input_names=["image"], output_names=["output"], opset_version=17)


def shapes_of(name, path):
    """Shapes by name of an input: those above, else those of the file, 1 where it leaves the batch open."""
    import onnx
    given = {"image": TORCHVISION[name]} if name in TORCHVISION else OURS[name][1]
    shapes = {}
    for value in onnx.load(path, load_external_data=False).graph.input:
        of_file = [d.dim_value or 1 for d in value.type.tensor_type.shape.dim]
        if isinstance(given, int):
            of_file[0] = given
        shape = given.get(value.name, of_file) if isinstance(given, dict) else of_file
        shapes[value.name] = [n or m for n, m in zip(shape, of_file)]
    if isinstance(given, dict) and not given.keys() <= shapes.keys():
        sys.exit(f"{name} has inputs {', '.join(shapes)}, not {', '.join(given)}")
    return shapes


def file_of(name, folder):
    return pathlib.Path(folder) / (name.replace("@", "-") + ".onnx")


def make(name, folder, burin):
    path = file_of(name, folder)
    if path.exists():
        return
    if name in TORCHVISION:
        return export_torchvision(name, str(path))
    network, given = OURS[name]
    # Where a size above stands for "the network's own", the file says it after a first export.
    words = []
    if isinstance(given, dict):
        subprocess.run([burin, "convert", "--model", network, "--seed", "1", str(path)], check=True,
                       stdout=subprocess.DEVNULL)
        words = ["--shape", ",".join(f"{k}=" + "x".join(map(str, v)) for k, v in shapes_of(name, path).items())]
    subprocess.run([burin, "convert", "--model", network, "--seed", "1", str(path)] + words, check=True,
                   stdout=subprocess.DEVNULL)


def inputs_of(name, path):
    """Standard normal numbers, the same for every engine."""
    import numpy
    random = numpy.random.default_rng(1)
    return {k: random.standard_normal(v, dtype=numpy.float32) for k, v in shapes_of(name, path).items()}


def main():
    """Makes the file and the inputs of one model; prints the shapes as --shape takes them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("folder")
    parser.add_argument("burin")
    options = parser.parse_args()
    import numpy
    make(options.name, options.folder, options.burin)
    path = file_of(options.name, options.folder)
    inputs = inputs_of(options.name, path)
    numpy.savez(path.with_suffix(".npz"), **inputs)
    for key, value in inputs.items():
        numpy.save(path.with_suffix(f".{key}.npy"), value)
    print(",".join(f"{k}=" + "x".join(map(str, v.shape)) for k, v in inputs.items()))


if __name__ == "__main__":
    sys.exit(main())
