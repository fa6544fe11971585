"""Pictures that models may be trained on and shipped: the freely licensed ones that scikit-learn and scikit-image bring along,
and made-up ones, written to a folder as PNG.

    python -m benchmarks.pictures.free OUT

flower.jpg of scikit-learn is left out: tests and scores look at it. The made-up pictures are dead leaves (Lee, Mumford &
Huang 2001), shapes over shapes of all sizes, as things in photographs are, in colours of the photographs.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from PIL import Image
from sklearn.datasets import load_sample_image

CC0 = "CC0 1.0"
NO_RESTRICTIONS = "no known copyright restrictions"
PUBLIC = "public domain"
# name: (licence, whose), as the libraries' own documentation of each picture states it.
LICENCES = {
    "china": ("CC BY 2.0", "danielbuechele"),
    "astronaut": (PUBLIC, "NASA"),
    "brick": (CC0, "CC0Textures"),
    "camera": (CC0, "Lav Varshney"),
    "chelsea": (CC0, "Stefan van der Walt"),
    "coffee": (CC0, "Rachel Michetti"),
    "coins": (NO_RESTRICTIONS, "Brooklyn Museum"),
    "grass": (CC0, "linolafett"),
    "gravel": (CC0, "CC0Textures"),
    "hubble_deep_field": (PUBLIC, "NASA"),
    "retina": (CC0, "Mikael Häggström"),
    "rocket": (PUBLIC, "SpaceX"),
    "text": (PUBLIC, "Wikipedia"),
}
LEAVES, SIDE = 30, 480


def photograph(name: str) -> np.ndarray:
    """uint8 H x W x 3."""
    picture = load_sample_image("china.jpg") if name == "china" else getattr(skimage.data, name)()
    return picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, 2)


def dead_leaves(seed: int, palette: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Discs, blocks and triangles, shaded or striped, drawn at twice the size; uint8 side x side x 3."""
    random, big = np.random.default_rng(seed), 2 * side
    canvas = np.full((big, big, 3), palette[random.integers(len(palette))], np.float32)
    rows, columns = np.mgrid[:big, :big].astype(np.float32)
    for size in np.sort(np.exp(random.uniform(np.log(8), np.log(500), 500)))[::-1]:
        mask, centre = np.zeros((big, big), np.uint8), random.random(2) * big
        corners = int(random.choice((0, 3, 4, 4, 5)))
        if corners:
            angle = np.sort(random.random(corners)) * 2 * np.pi
            points = centre + size * np.stack([np.cos(angle), np.sin(angle)], 1)
            cv2.fillPoly(mask, [points.astype(np.int32)], 1)
        else:
            cv2.circle(mask, tuple(map(int, centre)), int(size), 1, -1)
        inside = mask.astype(bool)
        first, second = palette[random.integers(len(palette), size=2)].astype(np.float32)
        turn = random.random() * np.pi
        along = (columns[inside] - centre[0]) * np.cos(turn) + (rows[inside] - centre[1]) * np.sin(turn)
        wave = np.sin(along * 2 * np.pi / random.uniform(6, 60)) if random.random() < 0.35 else along / size
        blend = np.clip(0.5 + 0.5 * random.random() * wave, 0, 1)[:, None]
        canvas[inside] = first * blend + second * (1 - blend) if random.random() < 0.7 else first
    return np.asarray(Image.fromarray(canvas.astype(np.uint8)).resize((side, side), Image.Resampling.BOX))


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    photographs = {name: photograph(name) for name in LICENCES}
    for name, picture in photographs.items():
        whole = Image.fromarray(picture)
        whole.save(out / f"{name}.png")
        if min(whole.size) >= 400:  # at half the size the finest detail of a photograph is sharp
            whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.LANCZOS).save(out / f"{name}-half.png")
    palette = np.concatenate([p.reshape(-1, 3)[:: p.size // 3000] for n, p in photographs.items() if n != "text"])
    for seed in range(LEAVES):
        Image.fromarray(dead_leaves(seed, palette)).save(out / f"leaves-{seed:02d}.png")
    print(f"{len(list(out.glob('*.png')))} pictures in {out}")


if __name__ == "__main__":
    main()
