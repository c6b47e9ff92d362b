"""The networks of models/ in PyTorch, and the fixtures that tests compare with.

Run: python tests/models/reference/networks.py > tests/models/fixtures.h   (needs torch, numpy)
Weights, images and targets are made by a hash that tests/models/formula.h repeats, so only results are stored.
"""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def hashed(name, count):
    """Uniform numbers in [-1, 1), a function of the name and the index only."""
    key = np.uint64(0xCBF29CE484222325)  # FNV-1a
    for byte in name.encode():
        key = np.uint64(((int(key) ^ byte) * 0x100000001B3) % 2**64)
    z = np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + key
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1.0


@torch.no_grad()
def fill(module, gain=1.0):
    for name, tensor in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        numbers = hashed(name, tensor.numel())
        if tensor.dim() > 1:
            numbers = numbers * gain * np.sqrt(3.0 / (tensor.numel() / tensor.shape[0]))
        elif name.endswith("weight") or name.endswith("running_var"):
            numbers = 1.0 + 0.25 * numbers
        else:
            numbers = 0.1 * numbers
        tensor.copy_(torch.from_numpy(numbers.astype(np.float32)).reshape(tensor.shape))
    return module


def image(*shape):
    numbers = hashed("image", int(np.prod(shape))) * 0.5 + 0.5
    return torch.from_numpy(numbers.astype(np.float32)).reshape(shape)


def given(name, *shape):
    """Numbers in [-1, 1) for an input of this name."""
    return torch.from_numpy(hashed(name, int(np.prod(shape))).astype(np.float32)).reshape(shape)


def one_hot(count, classes=10):
    return F.one_hot(torch.arange(count) % classes, classes).float()


def target(levels, *shape):
    numbers = (hashed("target", int(np.prod(shape))) * 0.5 + 0.5) * levels
    return torch.from_numpy(numbers.astype(np.int64)).reshape(shape)


class DoubleConv(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        layers = []
        for c in (cin, cout):
            layers += [nn.Conv2d(c, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU()]
        self.double_conv = nn.Sequential(*layers)

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(cin, cout))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.up = nn.ConvTranspose2d(cin, cin // 2, 2, stride=2)
        self.conv = DoubleConv(cin, cout)

    def forward(self, x, skip):
        x = self.up(x)
        dh, dw = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
        x = F.pad(x, [dw // 2, dw - dw // 2, dh // 2, dh - dh // 2])
        return self.conv(torch.cat([skip, x], 1))


class OutConv(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 1)

    def forward(self, x):
        return self.conv(x)


class Damage(nn.Module):
    def __init__(self, cin, classes, w):
        super().__init__()
        self.inc = DoubleConv(cin, w)
        for i in range(4):
            setattr(self, f"down{i + 1}", Down(w << i, w << (i + 1)))
            setattr(self, f"up{i + 1}", Up(w << (4 - i), w << (3 - i)))
        self.outc = OutConv(w, classes)

    def forward(self, x):
        levels = [self.inc(x)]
        for i in range(4):
            levels.append(getattr(self, f"down{i + 1}")(levels[-1]))
        x = levels.pop()
        for i in range(4):
            x = getattr(self, f"up{i + 1}")(x, levels.pop())
        return self.outc(x)


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class Residual(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, padding=1, bias=False)
        self.norm1 = norm(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1, bias=False)
        self.norm2 = norm(cout)
        self.shortcut = nn.Module()
        if cin != cout:
            self.shortcut.conv = nn.Conv2d(cin, cout, 1, bias=False)
            self.shortcut.norm = norm(cout)

    def forward(self, x):
        y = F.leaky_relu(self.norm1(self.conv1(x)), 0.3)
        y = self.norm2(self.conv2(y))
        if hasattr(self.shortcut, "conv"):
            x = self.shortcut.norm(self.shortcut.conv(x))
        return F.leaky_relu(y + x, 0.3)


class Front(nn.Module):
    def __init__(self, kernels):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(kernels, 1, 3, 3))
        self.norm = norm(1)

    def forward(self, x):
        planes = x.split(1, 1)
        s = [F.conv2d(p, self.weight[c % len(self.weight)][None], padding=1) for c, p in enumerate(planes)]
        mix = torch.softmax(torch.cat([v.mean((2, 3)) for v in s], 1), 1)
        lit = [p * (1 + torch.sigmoid(v)) for p, v in zip(planes, s)]
        return self.norm(sum(mix[:, c, None, None, None] * v for c, v in enumerate(lit)))


class Fundus(nn.Module):
    def __init__(self, faithful):
        super().__init__()
        self.conv_init = Front(2 if faithful else 3)
        sizes = {"resinit": (1, 16), "resup": (16, 32), "down1": (32, 64), "down11": (64, 64),
                 "down2": (64, 128), "down21": (128, 128), "down3": (128, 256), "down31": (256, 256),
                 "mid": (256, 512), "up3": (768, 256), "up31": (256, 256), "up2": (384, 128),
                 "up21": (128, 128), "up1": (192, 64), "resblock2": (96, 32), "resfinal": (32, 32)}
        for name, (cin, cout) in sizes.items():
            setattr(self, name, Residual(cin, cout))
        self.head = nn.Module()
        self.head.conv = nn.Conv2d(32, 1, 1, bias=False)
        self.head.norm = norm(1)

    def forward(self, x):
        def twice(v):
            return F.interpolate(v, scale_factor=2, mode="bilinear", align_corners=False)

        def half(v):
            return F.max_pool2d(v, 2)

        s0 = self.resup(twice(self.resinit(self.conv_init(x))))
        s1 = self.down11(self.down1(half(s0)))
        s2 = self.down21(self.down2(half(s1)))
        s3 = self.down31(self.down3(half(s2)))
        y = self.mid(half(s3))
        y = self.up31(self.up3(torch.cat([s3, twice(y)], 1)))
        y = self.up21(self.up2(torch.cat([s2, twice(y)], 1)))
        y = self.up1(torch.cat([s1, twice(y)], 1))
        y = self.resblock2(torch.cat([s0, twice(y)], 1))
        return self.head.norm(self.head.conv(self.resfinal(half(y))))


def dice(logits, y):
    p = torch.sigmoid(logits)
    return 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)


def show(name, numbers):
    print(f"inline constexpr float {name}[] = {{")
    texts = [f"{float(v):.8e}f," for v in numbers]
    for i in range(0, len(texts), 6):
        print("    " + " ".join(texts[i:i + 6]))
    print("};\n")


def every(tensor, count=24):
    """`count` numbers at equal distances in logical order."""
    flat = tensor.detach().reshape(-1)
    return flat[torch.arange(count) * (flat.numel() // count)]


def losses(module, x, loss, rate, steps=10):
    """Plain gradient descent; the loss before each step."""
    module.train()
    out = []
    for _ in range(steps):
        module.zero_grad()
        value = loss(module(x))
        value.backward()
        with torch.no_grad():
            for p in module.parameters():
                p -= rate * p.grad
        out.append(value.item())
    return out


def main():
    torch.manual_seed(0)
    print("// Results of PyTorch, written by tests/models/reference/networks.py.\n#pragma once\n")
    print("namespace burin::test {\n")
    with torch.no_grad():
        show("damage_odd", every(fill(Damage(3, 5, 8).eval())(image(2, 3, 37, 45))))
        for faithful in (False, True):
            words = "faithful" if faithful else "own_blue"
            show(f"fundus_{words}", every(fill(Fundus(faithful).eval())(image(1, 3, 48, 48))))
        front = fill(Fundus(False).eval()).conv_init
        show("fundus_front", every(front(image(1, 3, 16, 24))))
    classes = target(5, 2, 32, 48)
    show("damage_losses", losses(fill(Damage(3, 5, 8)), image(2, 3, 32, 48),
                                 lambda z: F.cross_entropy(z, classes), 0.1))
    vessels = target(2, 2, 1, 32, 32).float()
    show("fundus_losses", losses(fill(Fundus(False)), image(2, 3, 32, 32),
                                 lambda z: dice(z, vessels), 0.2))
    print("}  // namespace burin::test")


if __name__ == "__main__":
    main()
