#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets, which tests/io reads as well: files made by other programs from known numbers.

    pip install numpy pillow tifffile imagecodecs safetensors && tests/fuzz/make_seeds.py

Pictures are 13x9 with the values of `value` below; arrays are 2x3x4 and hold -5, -4, ... (unsigned: 0, 1, ...).
"""
import io, json, pathlib, struct, zlib
import numpy as np, tifffile
from PIL import Image
from safetensors.numpy import save

ROOT = pathlib.Path(__file__).parent / "seeds"
W, H = 13, 9


def value(x, y, c, bits):
    return (x * 37 + y * 11 + c * 71 + 5) * (257 if bits == 16 else 1) % (1 << bits)


def picture(channels, bits):
    kind = np.uint16 if bits == 16 else np.uint8
    return np.array([[[value(x, y, c, bits) for c in range(channels)] for x in range(W)] for y in range(H)], kind)


def smooth(channels):  # for JPEG: within a few steps of this after decoding
    return np.array([[[8 * x + 5 * y + 20 * c + 30 for c in range(channels)] for x in range(W)] for y in range(H)], np.uint8)


def put(folder, name, data):
    (ROOT / folder).mkdir(parents=True, exist_ok=True)
    (ROOT / folder / name).write_bytes(data)


def pack(rows, bits):  # big-endian samples, rows filled up to whole bytes
    out = b""
    for row in rows:
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 8)
        out += b"\0" + int(text, 2).to_bytes(len(text) // 8, "big")
    return out


def png(colour, bits, pixels, palette=None, interlace=False):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    passes = [(0, 0, 1, 1)]
    if interlace:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    data = b""
    for x0, y0, dx, dy in passes:
        part = pixels[y0::dy, x0::dx]
        if part.size:
            data += pack(part.reshape(part.shape[0], -1), bits)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, bits, colour, 0, 0, int(interlace)))
    if palette is not None:
        out += chunk(b"PLTE", bytes(palette))
    return out + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def palette(count):  # colour i is (i, 255 - i, 7 i mod 256)
    return [v for i in range(count) for v in (i, 255 - i, 7 * i % 256)]


def pngs():
    for bits in (1, 2, 4, 8, 16):
        put("png", f"grey{bits}.png", png(0, bits, picture(1, bits)))
        if bits <= 8:
            put("png", f"palette{bits}.png", png(3, bits, picture(1, bits), palette(1 << bits)))
    for bits in (8, 16):
        put("png", f"rgb{bits}.png", png(2, bits, picture(3, bits)))
        put("png", f"rgb{bits}_interlaced.png", png(2, bits, picture(3, bits), interlace=True))
        put("png", f"rgba{bits}.png", png(6, bits, picture(4, bits)))
        put("png", f"grey_alpha{bits}.png", png(4, bits, picture(2, bits)))
    put("png", "palette4_interlaced.png", png(3, 4, picture(1, 4), palette(16), interlace=True))


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpegs():
    rgb, grey = Image.fromarray(smooth(3)), Image.fromarray(smooth(1)[:, :, 0])
    put("jpeg", "grey.jpg", encoded(grey, "JPEG", quality=95))
    put("jpeg", "rgb444.jpg", encoded(rgb, "JPEG", quality=95, subsampling=0))
    put("jpeg", "rgb420.jpg", encoded(rgb, "JPEG", quality=95, subsampling=2))
    put("jpeg", "progressive.jpg", encoded(rgb, "JPEG", quality=95, subsampling=0, progressive=True))
    put("jpeg", "restart.jpg", encoded(rgb, "JPEG", quality=95, subsampling=0, restart_marker_blocks=1))
    put("jpeg", "cmyk.jpg", encoded(Image.fromarray(smooth(4), "CMYK"), "JPEG", quality=95, subsampling=0))


def tiff(array, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, array, metadata=None, **options)
    return out.getvalue()


def tiffs():
    g8, g16, c8, c16 = picture(1, 8)[:, :, 0], picture(1, 16)[:, :, 0], picture(3, 8), picture(3, 16)
    put("tiff", "grey8.tif", tiff(g8, photometric="minisblack"))
    put("tiff", "grey8_strips.tif", tiff(g8, photometric="minisblack", rowsperstrip=4))
    put("tiff", "grey8_white_is_zero.tif", tiff(g8, photometric="miniswhite"))
    put("tiff", "grey16_lzw_big_endian.tif", tiff(g16, photometric="minisblack", compression="lzw", byteorder=">"))
    put("tiff", "rgb8_lzw_predictor.tif", tiff(c8, photometric="rgb", compression="lzw", predictor=True))
    put("tiff", "rgb8_planar.tif", tiff(np.moveaxis(c8, 2, 0), photometric="rgb", planarconfig="separate", rowsperstrip=5))
    put("tiff", "rgb8_tiles_deflate.tif", tiff(c8, photometric="rgb", compression="adobe_deflate", tile=(16, 16)))
    put("tiff", "rgb16_tiles_packbits.tif", tiff(c16, photometric="rgb", compression="packbits", tile=(16, 16)))
    put("tiff", "rgb16_bigtiff.tif", tiff(c16, photometric="rgb", bigtiff=True))
    put("tiff", "rgba8.tif", tiff(picture(4, 8), photometric="rgb", extrasamples=["unassalpha"]))
    put("tiff", "palette8.tif", tiff(g8, photometric="palette",
        colormap=np.array(palette(256), np.uint16).reshape(256, 3).T * 257))
    put("tiff", "grey1.tif", encoded(Image.fromarray(picture(1, 1)[:, :, 0] != 0), "TIFF", compression="packbits"))
    put("tiff", "float.tif", tiff(g8.astype(np.float32), photometric="minisblack"))
    put("tiff", "jpeg_inside.tif", encoded(Image.fromarray(smooth(3)), "TIFF", compression="jpeg"))


def gifs_and_bmps():
    indexed = Image.fromarray(picture(1, 8)[:, :, 0], "P")
    indexed.putpalette(palette(256))
    put("gif_bmp", "palette.gif", encoded(indexed, "GIF", interlace=0))
    put("gif_bmp", "interlaced.gif", encoded(indexed, "GIF", interlace=1))
    put("gif_bmp", "animated.gif", encoded(indexed, "GIF", save_all=True, append_images=[indexed.rotate(180)], duration=9))
    mask = Image.fromarray((picture(1, 1)[:, :, 0] * 255), "L")
    put("gif_bmp", "mask.gif", encoded(mask, "GIF"))
    put("gif_bmp", "rgb.bmp", encoded(Image.fromarray(picture(3, 8)), "BMP"))
    put("gif_bmp", "rgba.bmp", encoded(Image.fromarray(picture(4, 8), "RGBA"), "BMP"))
    put("gif_bmp", "palette.bmp", encoded(indexed, "BMP"))
    put("gif_bmp", "grey.bmp", encoded(Image.fromarray(picture(1, 8)[:, :, 0]), "BMP"))
    put("gif_bmp", "mask1.bmp", encoded(Image.fromarray(picture(1, 1)[:, :, 0] != 0), "BMP"))


def numbers(kind, scale=1):
    kind = np.dtype(kind)
    first = 0 if kind.kind == "u" else -5
    if kind.kind == "b":
        return (np.arange(24).reshape(2, 3, 4) % 3 == 0)
    return ((np.arange(24).reshape(2, 3, 4) + first) * scale).astype(kind)


def npy(array, **options):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, **options)
    return out.getvalue()


def arrays():
    for kind in ("f2", "f4", "f8", "i1", "i4", "i8", "u1", "b1"):
        put("npy", f"{kind}.npy", npy(numbers(kind)))
    put("npy", "f4_big_endian.npy", npy(numbers(">f4")))
    put("npy", "i8_big_endian_fortran.npy", npy(np.asfortranarray(numbers(">i8"))))
    put("npy", "i4_fortran.npy", npy(np.asfortranarray(numbers("i4"))))
    put("npy", "f4_version2.npy", npy(numbers("f4"), version=(2, 0)))
    put("npy", "f4_version3.npy", npy(numbers("f4"), version=(3, 0)))
    put("npy", "scalar.npy", npy(np.array(2.5, np.float64)))
    put("npy", "empty.npy", npy(np.zeros((3, 0, 2), np.float32)))
    put("npy", "object.npy", npy(np.array([{}], object), allow_pickle=True))
    put("npy", "complex.npy", npy(np.zeros(2, np.complex64)))
    named = {"weight": numbers("f4"), "count": numbers("i8")}
    for name, write in (("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)):
        out = io.BytesIO()
        write(out, **named)
        put("npz", name, out.getvalue())
    tensors = {k: numbers(k) for k in ("f2", "f4", "f8", "i1", "i4", "i8", "u1", "b1")}
    put("safetensors", "types.safetensors", save(tensors, {"note": "by the reference writer"}))
    put("safetensors", "one.safetensors", save({"weight": numbers("f4")}))
    put("safetensors", "empty.safetensors", save({"none": np.zeros((3, 0), np.float32)}))
    put("safetensors", "unsupported.safetensors", save({"wide": np.zeros(2, np.uint16)}))


def texts():
    files = {f"{split}/{kind}/{i}.png": f"{i:064x}" for split, i in (("train", 1), ("train", 2), ("test", 3))
             for kind in ("images", "masks", "fov")}
    manifest = {"version": 1, "task": "fundus", "classes": ["background", "vessel"], "seed": 1,
                "source": "layout as published", "files": files}
    put("dataset_json", "fundus.json", json.dumps(manifest, indent=1).encode())
    put("dataset_json", "empty.json", b"{}")
    put("toml", "recipe.toml", b'title = "t"\nnetwork = "fundus-unet"\n\n[data]\nwidth = 1024\nvalidation = 0.2\n\n'
        b'[train]\nsteps = 200\nbatch = 4\nseed = 7\n\n[infer]\nmode = "window"\nflips = true\nthreshold = 0.5\n')


if __name__ == "__main__":
    for write in (pngs, jpegs, tiffs, gifs_and_bmps, arrays, texts):
        write()
