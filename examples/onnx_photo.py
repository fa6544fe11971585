"""Restores or translates a photograph with a network that `elegan export upscale-x2 --out FILE.onnx` wrote; needs onnxruntime,
NumPy and Pillow alone."""

import argparse
import json

import numpy as np
import onnxruntime
from PIL import Image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="an .onnx file")
    parser.add_argument("photo", help="a picture")
    parser.add_argument("out", help="the picture to write")
    parser.add_argument("--sigma", type=float, help="of the noise, from 0 to 255, for a network that is told of it")
    given = parser.parse_args()

    session = onnxruntime.InferenceSession(given.model, providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["elegan"])
    hints = list(about["inputs"]["x"].get("hints", {}))
    if hints not in ([], ["gaussian_noise"]):
        parser.error(f"{given.model} is also told of {', '.join(hints)}, which this program does not know")

    photo = np.asarray(Image.open(given.photo).convert("RGB"), np.float32) / 127.5 - 1
    level = np.full((*photo.shape[:2], len(hints)), -1 if given.sigma is None else given.sigma / 255, np.float32)
    x = np.concatenate([photo, level], axis=2)
    down, right = (-side % about["multiple"] for side in x.shape[:2])
    x = np.pad(x, ((0, down), (0, right), (0, 0)), mode="reflect").transpose(2, 0, 1)[None]
    (images,) = session.run(["images"], {"x": np.ascontiguousarray(x)})  # 1 x 3 x H x W, about [-1, 1]

    height, width = (side * about["scale"] for side in photo.shape[:2])
    pixels = (images[0, :, :height, :width] * 127.5 + 127.5).round().clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels.transpose(1, 2, 0)).save(given.out)
    print(f"{width} x {height} pixels: {given.out}")


if __name__ == "__main__":
    main()
