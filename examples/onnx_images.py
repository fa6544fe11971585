"""Makes images with a generator that `elegan export RUN --out FILE.onnx` wrote; needs onnxruntime, NumPy and Pillow alone."""

import argparse
import json

import numpy as np
import onnxruntime
from PIL import Image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="an .onnx file")
    parser.add_argument("out", help="the picture to write")
    parser.add_argument("--num", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    session = onnxruntime.InferenceSession(given.model, providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["elegan"])
    random = np.random.default_rng(given.seed)
    feed = {"z": random.standard_normal((given.num, about["inputs"]["z"]["latent"]), dtype=np.float32)}
    if "label" in about["inputs"]:
        feed["label"] = np.arange(given.num) % len(about["classes"])
    (images,) = session.run(["images"], feed)  # N x C x H x W in [-1, 1]

    pixels = (images * 127.5 + 127.5).round().clip(0, 255).astype(np.uint8)
    row = np.concatenate(list(pixels.transpose(0, 2, 3, 1)), axis=1)  # beside one another
    Image.fromarray(row[:, :, 0] if row.shape[2] == 1 else row).save(given.out)
    print(f"{len(images)} images of {pixels.shape[3]} pixels: {given.out}")


if __name__ == "__main__":
    main()
