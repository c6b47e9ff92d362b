"""The CIFAR-10 classifiers of models/ in PyTorch: three of torchvision with the strides of small pictures,
two written here.

Run: python tests/models/reference/classifiers.py > tests/models/classifier_fixtures.h   (needs torchvision)
"""
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import mobilenetv2, shufflenetv2, vgg

from networks import every, fill, image, show


def conv(cin, cout, kernel=3, stride=1):
    return nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)


class Basic(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(cin, cout, 3, stride), nn.BatchNorm2d(cout)
        self.conv2, self.bn2 = conv(cout, cout), nn.BatchNorm2d(cout)
        self.downsample = nn.Identity()
        if cin != cout:
            self.downsample = nn.Sequential(conv(cin, cout, 1, stride), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


class Resnet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = conv(3, 16), nn.BatchNorm2d(16)
        for i, (cin, cout) in enumerate([(16, 16), (16, 32), (32, 64)]):
            blocks = [Basic(cin, cout, 1 if cin == cout else 2), Basic(cout, cout, 1), Basic(cout, cout, 1)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


class Branch(nn.Module):
    def __init__(self, cin, cout, kernel, stride):
        super().__init__()
        self.conv, self.bn = conv(cin, cout, kernel, stride), nn.BatchNorm2d(cout)

    def forward(self, x):
        return self.bn(self.conv(x))


class RepBlock(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.rbr_identity = nn.BatchNorm2d(cin) if cin == cout and stride == 1 else None
        self.rbr_dense = Branch(cin, cout, 3, stride)
        self.rbr_1x1 = Branch(cin, cout, 1, stride)

    def forward(self, x):
        y = self.rbr_dense(x) + self.rbr_1x1(x)
        return F.relu(y if self.rbr_identity is None else y + self.rbr_identity(x))


class RepVgg(nn.Module):
    def __init__(self):
        super().__init__()
        self.stage0 = RepBlock(3, 64, 1)
        cin = 64
        for i, (count, cout) in enumerate([(2, 96), (4, 192), (14, 384), (1, 1408)]):
            first = RepBlock(cin, cout, 1 if i == 0 else 2)
            setattr(self, f"stage{i + 1}", nn.Sequential(first, *[RepBlock(cout, cout, 1) for _ in range(count - 1)]))
            cin = cout
        self.linear = nn.Linear(cin, 10)

    def forward(self, x):
        for stage in (self.stage0, self.stage1, self.stage2, self.stage3, self.stage4):
            x = stage(x)
        return self.linear(x.mean((2, 3)))


def vgg16():
    net = vgg.VGG(vgg.make_layers(vgg.cfgs["D"], batch_norm=True), num_classes=10)
    net.avgpool = nn.Identity()
    net.classifier[0], net.classifier[3] = nn.Linear(512, 512), nn.Linear(512, 512)
    net.classifier[6] = nn.Linear(512, 10)
    return net


def mobilenet():
    rows = [[1, 16, 1, 1], [6, 24, 2, 1], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]]
    net = mobilenetv2.MobileNetV2(num_classes=10, width_mult=1.4, inverted_residual_setting=rows)
    net.features[0][0].stride = (1, 1)
    return net


def shufflenet():
    net = shufflenetv2.ShuffleNetV2([4, 8, 4], [24, 244, 488, 976, 2048], num_classes=10)
    net.conv1[0].stride = (1, 1)
    net.maxpool = nn.Identity()
    return net


def main():
    print("// Results of PyTorch, written by tests/models/reference/classifiers.py.\n#pragma once\n")
    print("namespace burin::test {\n")
    x = 4 * image(3, 3, 32, 32) - 2
    networks = {"resnet20": (Resnet20, 1.4), "vgg16": (vgg16, 1.4), "mobilenetv2": (mobilenet, 1.4),
                "shufflenetv2": (shufflenet, 1.4), "repvgg": (RepVgg, 0.8)}
    with torch.no_grad():
        for name, (make, gain) in networks.items():
            show(f"{name}_logits", every(fill(make(), gain).eval()(x)))
    print("}  // namespace burin::test")


if __name__ == "__main__":
    main()
