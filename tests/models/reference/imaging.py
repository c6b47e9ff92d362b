"""pix2pix, the chest X-ray classifier, the 3-D networks and the generator of DiStyleGAN in PyTorch, narrow where
the published width would only cost time.

Run: python tests/models/reference/imaging.py > tests/models/imaging_fixtures.h   (needs torch)
"""
import torch
from torch import nn
from torch.nn import functional as F

from networks import every, fill, given, image, one_hot, show


class Coder(nn.Module):
    def __init__(self, conv, cout, act):
        super().__init__()
        self.conv, self.norm, self.act = conv, nn.BatchNorm2d(cout, eps=1e-3), act

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Generator(nn.Module):
    def __init__(self, w):
        super().__init__()
        sizes = [3] + [w * m for m in (1, 2, 4, 8, 8, 8, 8, 8)]
        for i in range(8):
            conv = nn.Conv2d(sizes[i], sizes[i + 1], 4, 2, 1)
            setattr(self, f"conv_{i + 1}", Coder(conv, sizes[i + 1], nn.LeakyReLU(0.2)))
            cin = sizes[i + 1] * (1 if i == 7 else 2)
            conv = nn.ConvTranspose2d(cin, sizes[i], 4, 2, 1)
            setattr(self, f"deconv_{i}", Coder(conv, sizes[i], nn.Tanh() if i == 0 else nn.LeakyReLU(0.2)))

    def forward(self, x):
        skips = []
        for i in range(8):
            x = getattr(self, f"conv_{i + 1}")(x)
            skips.append(x)
        skips.pop()
        for i in range(7, 0, -1):
            x = torch.cat([getattr(self, f"deconv_{i}")(x), skips.pop()], 1)
        return self.deconv_0(x)


class Discriminator(nn.Module):
    def __init__(self, w):
        super().__init__()
        sizes = [6, w, 2 * w, 4 * w, 8 * w, 8 * w, 1]
        for i, stride in enumerate([2, 2, 2, 1, 2, 1]):
            setattr(self, f"d{i + 1}", nn.Conv2d(sizes[i], sizes[i + 1], 4, stride, 1))

    def forward(self, mask, photo):
        x = torch.cat([mask, photo], 1)
        for i in range(1, 6):
            x = F.leaky_relu(getattr(self, f"d{i}")(x), 0.2)
        return self.d6(x)


class Xray(nn.Module):
    def __init__(self, w, dense):
        super().__init__()
        sizes = [3] + [w << i for i in range(6) for _ in range(2)]
        self.conv = nn.ModuleList(nn.Conv2d(a, b, 3, 1, 1, bias=False) for a, b in zip(sizes, sizes[1:]))
        sizes = [16 * sizes[-1], *dense, 2]
        self.dense = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x):
        for i in range(0, 12, 2):
            x = F.leaky_relu(self.conv[i](x), 0.2)
            x = F.max_pool2d(F.leaky_relu(self.conv[i + 1](x), 0.2), 2)
        x = x.permute(0, 2, 3, 1).reshape(len(x), -1)
        for layer in self.dense[:-1]:
            x = F.leaky_relu(layer(x), 0.2)
        return self.dense[-1](x)


class Level(nn.Module):
    def __init__(self, cin, middle, cout, up=None):
        super().__init__()
        if up:
            self.up = nn.ConvTranspose3d(up, up, 2, 2)
        self.conv1 = nn.Conv3d(cin, middle, 3, 1, 1)
        self.conv2 = nn.Conv3d(middle, cout, 3, 1, 1)

    def forward(self, x, skip=None):
        if skip is not None:
            x = torch.cat([self.up(x), skip], 1)
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class NetworkA(nn.Module):
    def __init__(self, w):
        super().__init__()
        for i in range(4):
            setattr(self, f"down{i}", Level(4 if i == 0 else w << i, w << i, w << (i + 1)))
        for i in range(2, -1, -1):
            out = w << (i + 1)
            setattr(self, f"up{i}", Level(out + 2 * out, out, out, up=2 * out))
        self.out = nn.Conv3d(2 * w, 3, 1)

    def forward(self, x):
        skips = []
        for i in range(4):
            x = getattr(self, f"down{i}")(x if i == 0 else F.max_pool3d(x, 2))
            skips.append(x)
        for i in range(2, -1, -1):
            x = getattr(self, f"up{i}")(x, skips[i])
        return self.out(x)


class VolumeConv(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv = nn.Conv3d(cin, cout, 3, stride, 1)
        self.instnorm = nn.InstanceNorm3d(cout, affine=True)

    def forward(self, x):
        return F.leaky_relu(self.instnorm(self.conv(x)), 0.01)


class Stack(nn.Module):
    def __init__(self, *rows):
        super().__init__()
        self.blocks = nn.Sequential(*[VolumeConv(*row) for row in rows])

    def forward(self, x):
        return self.blocks(x)


class NetworkB(nn.Module):
    def __init__(self, w):
        super().__init__()
        c = [4] + [min(w << i, 10 * w) for i in range(6)]
        context = [Stack((c[i], c[i + 1], 1 if i == 0 else 2), (c[i + 1], c[i + 1], 1)) for i in range(5)]
        context.append(nn.Sequential(Stack((c[5], c[6], 2)), Stack((c[6], c[6], 1))))
        self.conv_blocks_context = nn.ModuleList(context)
        order = range(5, 0, -1)
        self.conv_blocks_localization = nn.ModuleList(
            nn.Sequential(Stack((2 * c[i], c[i], 1)), Stack((c[i], c[i], 1))) for i in order)
        self.tu = nn.ModuleList(nn.ConvTranspose3d(c[i + 1], c[i], 2, 2, bias=False) for i in order)
        self.seg_outputs = nn.ModuleList([nn.Identity()] * 4 + [nn.Conv3d(w, 4, 1, bias=False)])

    def forward(self, x):
        skips = []
        for stage in self.conv_blocks_context:
            x = stage(x)
            skips.append(x)
        skips.pop()
        for up, stage in zip(self.tu, self.conv_blocks_localization):
            x = stage(torch.cat([up(x), skips.pop()], 1))
        return self.seg_outputs[4](x)


class Student(nn.Module):
    def __init__(self):
        super().__init__()

        def dense(cin, cout):
            return nn.Sequential(nn.Linear(cin, 2 * cout, bias=False), nn.BatchNorm1d(2 * cout), nn.GLU(1))

        def up(cin, cout):
            return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(cin, 2 * cout, 3, 1, 1, bias=False),
                                 nn.BatchNorm2d(2 * cout), nn.GLU(1))

        self.project, self.fc = dense(512, 128), dense(138, 4096)
        self.upsample1, self.upsample2, self.upsample3 = up(256, 128), up(128, 64), up(64, 32)
        self.img = nn.Sequential(nn.Conv2d(32, 3, 3, 1, 1, bias=False), nn.Tanh())

    def forward(self, z, c):
        x = self.fc(torch.cat([self.project(z), c], 1)).reshape(-1, 256, 4, 4)
        return self.img(self.upsample3(self.upsample2(self.upsample1(x))))


def main():
    print("// Results of PyTorch, written by tests/models/reference/imaging.py.\n#pragma once\n")
    print("namespace burin::test {\n")
    mask, photo = given("mask", 1, 3, 256, 512), given("image", 1, 3, 256, 512)
    with torch.no_grad():
        show("pix2pix_image", every(fill(Generator(4)).eval()(mask)))
        pair = [t[:, :, :95, :130] for t in (mask, photo)]
        show("pix2pix_verdict", every(fill(Discriminator(4), 1.4).eval()(*pair)))
        show("xray_logits", fill(Xray(2, [48, 40, 32, 24, 8]), 1.4).eval()(image(2, 3, 300, 300)).reshape(-1))
        show("unet3d_a_logits", every(fill(NetworkA(4), 1.4).eval()(given("volume", 1, 4, 32, 24, 40))))
        show("unet3d_b_logits", every(fill(NetworkB(2), 1.4).eval()(given("volume", 1, 4, 64, 64, 96))))
        show("student_image", every(fill(Student(), 1.4).eval()(given("noise", 3, 512), one_hot(3))))
    print("}  // namespace burin::test")


if __name__ == "__main__":
    main()
