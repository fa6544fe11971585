"""Makes images with model.onnx, which lies beside this file. It needs onnxruntime, NumPy and Pillow alone."""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

MODEL = Path(__file__).parent / "model.onnx"


def main() -> None:
    session = onnxruntime.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["elegan"])
    classes = about["classes"] if "label" in about["inputs"] else []

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num", type=int, default=16, help="how many images (16)")
    parser.add_argument("--seed", type=int, default=0, help="other images with another number (0)")
    parser.add_argument("--out", default="images.png", help="the picture to write (images.png)")
    if classes:
        parser.add_argument("--class", dest="label", choices=classes, help="only this class; otherwise in turn")
    given = parser.parse_args()

    random = np.random.default_rng(given.seed)
    feed = {"z": random.standard_normal((given.num, about["inputs"]["z"]["latent"]), dtype=np.float32)}
    if classes:
        places = np.arange(given.num) % len(classes)
        feed["label"] = np.full(given.num, classes.index(given.label)) if given.label else places
    (images,) = session.run(["images"], feed)  # N x C x H x W in [-1, 1]
    sheet(images).save(given.out)
    print(f"{given.num} images: {given.out}")


def sheet(images: np.ndarray) -> Image.Image:
    """The images in rows of eight."""
    pixels = (images * 127.5 + 127.5).round().clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    n, height, width, channels = pixels.shape
    columns = min(8, n)
    whole = np.full((-(-n // columns) * height, columns * width, channels), 255, np.uint8)
    for place, image in enumerate(pixels):
        top, left = place // columns * height, place % columns * width
        whole[top : top + height, left : left + width] = image
    return Image.fromarray(whole[:, :, 0] if channels == 1 else whole)


if __name__ == "__main__":
    main()
