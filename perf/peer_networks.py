"""The networks of models/ in PyTorch, as its users would write them: what train_peers.py times."""

import torch
from torch import nn
from torch.nn import functional as F


class DoubleConv(nn.Sequential):
    def __init__(self, inputs, outputs):
        layers = []
        for first in (inputs, outputs):
            layers += [nn.Conv2d(first, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs),
                       nn.ReLU(inplace=True)]
        super().__init__(*layers)


class DamageUnet(nn.Module):
    """The U-Net of 2015 with padding and batch norm; 31,037,893 parameters for 3 channels and 5 classes."""

    def __init__(self, channels=3, classes=5, width=64):
        super().__init__()
        sizes = [width * 2**i for i in range(5)]
        self.inc = DoubleConv(channels, width)
        self.down = nn.ModuleList(DoubleConv(a, b) for a, b in zip(sizes, sizes[1:]))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in zip(sizes, sizes[1:]))
        self.join = nn.ModuleList(DoubleConv(b, a) for a, b in zip(sizes, sizes[1:]))
        self.out = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        levels = [self.inc(x)]
        for down in self.down:
            levels.append(down(F.max_pool2d(levels[-1], 2)))
        x = levels.pop()
        for up, join in zip(reversed(self.up), reversed(self.join)):
            x = join(torch.cat([levels.pop(), up(x)], 1))
        return self.out(x)


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm1 = norm(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = norm(outputs)
        self.shortcut = None
        if inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), norm(outputs))

    def forward(self, x):
        y = F.leaky_relu(self.norm1(self.conv1(x)), 0.3)
        side = x if self.shortcut is None else self.shortcut(x)
        return F.leaky_relu(self.norm2(self.conv2(y)) + side, 0.3)


def twice(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class FundusUnet(nn.Module):
    """The corrected vessel network; 11,339,327 parameters."""

    def __init__(self):
        super().__init__()
        self.front = nn.Conv2d(3, 3, 3, padding=1, groups=3, bias=False)
        self.front_norm = norm(1)
        self.resinit, self.resup = ResidualBlock(1, 16), ResidualBlock(16, 32)
        sizes = [32, 64, 128, 256]
        self.down = nn.ModuleList(
            nn.Sequential(ResidualBlock(a, b), ResidualBlock(b, b)) for a, b in zip(sizes, sizes[1:]))
        self.mid = ResidualBlock(256, 512)
        self.up3 = nn.Sequential(ResidualBlock(768, 256), ResidualBlock(256, 256))
        self.up2 = nn.Sequential(ResidualBlock(384, 128), ResidualBlock(128, 128))
        self.up1, self.up0 = ResidualBlock(192, 64), ResidualBlock(96, 32)
        self.final = ResidualBlock(32, 32)
        self.head, self.head_norm = nn.Conv2d(32, 1, 1, bias=False), norm(1)

    def forward(self, x):
        s = self.front(x)
        mix = s.mean((2, 3), keepdim=True).softmax(1)
        x = self.front_norm((x * (1 + s.sigmoid()) * mix).sum(1, keepdim=True))
        levels = [self.resup(twice(self.resinit(x)))]
        for down in self.down:
            levels.append(down(F.max_pool2d(levels[-1], 2)))
        x = self.mid(F.max_pool2d(levels[-1], 2))
        for up in (self.up3, self.up2, self.up1, self.up0):
            x = up(torch.cat([levels.pop(), twice(x)], 1))
        return self.head_norm(self.head(self.final(F.max_pool2d(x, 2))))


def volume_convs(inputs, middle, outputs):
    return nn.Sequential(nn.Conv3d(inputs, middle, 3, padding=1), nn.ReLU(inplace=True),
                         nn.Conv3d(middle, outputs, 3, padding=1), nn.ReLU(inplace=True))


class Unet3dA(nn.Module):
    """Network A for brain tumours; 19,071,715 parameters."""

    def __init__(self, channels=4, classes=3, width=32):
        super().__init__()
        sizes = [width * 2**i for i in range(5)]
        inputs = [channels, *sizes[1:4]]
        self.down = nn.ModuleList(volume_convs(a, b, 2 * b) for a, b in zip(inputs, sizes))
        self.up = nn.ModuleList(nn.ConvTranspose3d(c, c, 2, stride=2) for c in sizes[2:])
        self.join = nn.ModuleList(volume_convs(3 * c, c, c) for c in sizes[1:4])
        self.out = nn.Conv3d(2 * width, classes, 1)

    def forward(self, x):
        levels = [self.down[0](x)]
        for down in self.down[1:]:
            levels.append(down(F.max_pool3d(levels[-1], 2)))
        x = levels.pop()
        for up, join in zip(reversed(self.up), reversed(self.join)):
            x = join(torch.cat([up(x), levels.pop()], 1))
        return self.out(x)


def pooled_dice(logits, target):
    p = logits.sigmoid()
    return 1 - (2 * (target * p).sum() + 1) / (target.sum() + p.sum() + 1)


def dice_bce(logits, target):
    return pooled_dice(logits, target) + F.binary_cross_entropy_with_logits(logits, target)


# name: network, loss
CASES = {
    "damage-unet": (DamageUnet, F.cross_entropy),
    "fundus-unet": (FundusUnet, dice_bce),
    "unet3d-a": (Unet3dA, pooled_dice),
}


def target_of(name, logits):
    """A target that the loss of a case takes, for logits of this shape."""
    if name == "damage-unet":
        return (torch.rand(logits.shape[0], *logits.shape[2:]) * logits.shape[1]).long()
    return (torch.rand(logits.shape) < 0.1).float()
