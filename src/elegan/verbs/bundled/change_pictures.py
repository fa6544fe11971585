"""Changes pictures with model.onnx, which lies beside this file. It needs onnxruntime, NumPy and Pillow alone."""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

MODEL = Path(__file__).parent / "model.onnx"


def main() -> None:
    session = onnxruntime.InferenceSession(str(MODEL), providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["elegan"])
    planes = about["inputs"]["x"]["planes"]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="+", help="pictures to change")
    parser.add_argument("--out", default="changed", help="the folder to write to (changed)")
    if "gaussian_noise" in planes:
        parser.add_argument(
            "--sigma", type=float, help="standard deviation of the noise, from 0 to 255, where you know it"
        )
    if "holes" in planes:
        parser.add_argument("--mask", required=True, help="a picture as large as each of these, white where to fill")
    given = vars(parser.parse_args())

    folder = Path(given["out"])
    folder.mkdir(exist_ok=True)
    for name in given["pictures"]:
        x = prepared(Path(name), planes, about["multiple"], given)
        (images,) = session.run(["images"], {"x": x})
        with Image.open(name) as picture:
            width, height = ImageOps.exif_transpose(picture).size
        scale = about["scale"]
        pixels = (images[0] * 127.5 + 127.5).round().clip(0, 255).astype(np.uint8).transpose(1, 2, 0)
        pixels = pixels[: height * scale, : width * scale]
        target = folder / f"{Path(name).stem}.png"
        Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(target)
        print(target)


def prepared(path: Path, planes: list[str], multiple: int, given: dict[str, object]) -> np.ndarray:
    """1 x planes x H x W as the network takes it: colours in [-1, 1], what is known of the damage behind them, mirrored at
    the lower right up to multiples of `multiple`."""
    with Image.open(path) as picture:
        mode = {"grey": "L", "alpha": "RGBA"}.get(planes[0], "RGBA" if "alpha" in planes else "RGB")
        pixels = np.asarray(ImageOps.exif_transpose(picture).convert(mode), np.float32) / 127.5 - 1
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    x = np.zeros((*pixels.shape[:2], len(planes)), np.float32)
    x[:, :, : pixels.shape[2]] = pixels
    for place in range(pixels.shape[2], len(planes)):
        if planes[place] == "holes":
            with Image.open(str(given["mask"])) as mask:
                holes = np.asarray(mask.convert("L")) > 127
            x[holes] = 0
            x[:, :, place] = holes
        elif planes[place] == "gaussian_noise":
            x[:, :, place] = -1 if given["sigma"] is None else float(str(given["sigma"])) / 255
    down, right = (-side % multiple for side in x.shape[:2])
    mirrored = down < x.shape[0] and right < x.shape[1]
    x = np.pad(x, ((0, down), (0, right), (0, 0)), mode="reflect" if mirrored else "edge")
    return np.ascontiguousarray(x.transpose(2, 0, 1)[None])


if __name__ == "__main__":
    main()
