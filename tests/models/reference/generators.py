"""The discriminator of DiStyleGAN under torch's spectral norm, and the synthesis of StyleGAN2 with its weights
modulated for each picture and its filter applied as such: no step is shared with models/.

Run: python tests/models/reference/generators.py > tests/models/generator_fixtures.h   (needs torch)
"""
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from networks import every, fill, given, hashed, one_hot, show


class Judge(nn.Module):
    def __init__(self, w):
        super().__init__()
        sizes = [3, w, w, 2 * w, 4 * w]
        self.netD = nn.ModuleList(nn.Sequential(spectral_norm(nn.Conv2d(a, b, 4, 2, 1)), nn.LeakyReLU(0.2))
                                  for a, b in zip(sizes, sizes[1:]))
        self.project = nn.Sequential(spectral_norm(nn.Linear(16 * w, 256, bias=False)), nn.GLU(1))
        self.output = nn.Linear(138, 1, bias=False)

    def forward(self, x, c):
        for block in self.netD:
            x = block(x)
        return self.output(torch.cat([self.project(x.flatten(1)), c], 1))


class Dense(nn.Module):
    def __init__(self, cin, cout, rate=1.0):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(cout, cin)), nn.Parameter(torch.zeros(cout))
        self.rate = rate

    def forward(self, x):
        return F.linear(x, self.weight * (self.rate / self.weight.shape[1] ** 0.5), self.bias * self.rate)


def unit(x):
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def bend(x):
    return F.leaky_relu(x, 0.2) * 2 ** 0.5


def fir(x, before, after):
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = (torch.outer(taps, taps) / 64 * 4).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(F.pad(x, [before, after, before, after]), kernel, groups=x.shape[1])


def zeros_between(x):
    y = torch.zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    y[:, :, ::2, ::2] = x
    return y


class Styled(nn.Module):
    def __init__(self, width, side, up):
        super().__init__()
        self.affine = Dense(width, width)
        self.weight = nn.Parameter(torch.zeros(width, width, 3, 3))
        self.register_buffer("noise_const", torch.zeros(side, side))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(width))
        self.up = up

    def forward(self, x, w):
        out = []
        for i, style in enumerate(self.affine(w)):
            kernel = self.weight * style[None, :, None, None]
            kernel = kernel / (kernel.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
            one = x[i:i + 1]
            if self.up:
                out.append(fir(F.conv_transpose2d(one, kernel.transpose(0, 1), stride=2), 1, 1))
            else:
                out.append(F.conv2d(one, kernel, padding=1))
        y = torch.cat(out) + self.noise_const * self.noise_strength
        return bend(y + self.bias[None, :, None, None]).clamp(-256, 256)


class ToRgb(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.affine = Dense(width, width)
        self.weight = nn.Parameter(torch.zeros(3, width, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x, w):
        kernels = [self.weight * s[None, :, None, None] / x.shape[1] ** 0.5 for s in self.affine(w)]
        y = torch.cat([F.conv2d(x[i:i + 1], k, self.bias) for i, k in enumerate(kernels)])
        return y.clamp(-256, 256)


class Block(nn.Module):
    def __init__(self, width, side):
        super().__init__()
        if side == 4:
            self.const = nn.Parameter(torch.zeros(width, 4, 4))
        else:
            self.conv0 = Styled(width, side, True)
        self.conv1 = Styled(width, side, False)
        self.torgb = ToRgb(width)

    def forward(self, x, image, w):
        x = self.const.expand(len(w), -1, -1, -1) if x is None else self.conv0(x, w)
        x = self.conv1(x, w)
        y = self.torgb(x, w)
        return x, y if image is None else fir(zeros_between(image), 2, 1) + y


class Teacher(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.mapping = nn.Module()
        self.mapping.embed = Dense(10, width)
        self.mapping.fc0, self.mapping.fc1 = Dense(2 * width, width, 0.01), Dense(width, width, 0.01)
        self.mapping.register_buffer("w_avg", torch.zeros(width))
        self.synthesis = nn.Module()
        for side in (4, 8, 16, 32):
            setattr(self.synthesis, f"b{side}", Block(width, side))

    def forward(self, z, c, psi=1.0):
        m = self.mapping
        w = bend(m.fc1(bend(m.fc0(torch.cat([unit(z), unit(m.embed(c))], 1)))))
        w = m.w_avg + psi * (w - m.w_avg)
        x = image = None
        for side in (4, 8, 16, 32):
            x, image = getattr(self.synthesis, f"b{side}")(x, image, w)
        return image


def fill_units(module):
    """Weights of variance 1, those of the mapping 100 times that; styles around 1."""
    for name, tensor in module.state_dict().items():
        numbers = hashed(name, tensor.numel())
        if tensor.dim() > 1:
            numbers = numbers * np.sqrt(3.0) * (100 if "mapping.fc" in name else 1)
        else:
            numbers = 1 + 0.25 * numbers if name.endswith("affine.bias") else 0.1 * numbers
        tensor.copy_(torch.from_numpy(np.asarray(numbers, np.float32)).reshape(tensor.shape))
    return module


def main():
    warnings.simplefilter("ignore")
    print("// Results of PyTorch, written by tests/models/reference/generators.py.\n#pragma once\n")
    print("namespace burin::test {\n")
    judge, pictures, kinds = fill(Judge(16), 1.4).train(), given("image", 4, 3, 32, 32), one_hot(4)
    verdict = judge(pictures, kinds)
    show("judge_verdict", verdict.reshape(-1))
    verdict.sum().backward()
    show("judge_gradient", every(judge.netD[1][0].weight_orig.grad))
    show("judge_second_verdict", judge(pictures, kinds).reshape(-1))
    with torch.no_grad():
        teacher = fill_units(Teacher(32))
        for name, psi in (("teacher_image", 1.0), ("teacher_truncated", 0.5)):
            show(name, every(teacher(given("noise", 2, 32), one_hot(2), psi)))
    print("}  // namespace burin::test")


if __name__ == "__main__":
    main()
