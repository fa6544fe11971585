"""Scratches of an old photograph found by their shape: thin, long, lighter or darker than both of their sides."""

import math

import numpy as np

ANGLES = 24
SENSITIVITY = 5.0  # robust standard deviations that a line stands out by


def find_scratches(grey: np.ndarray) -> np.ndarray:
    """bool H x W, True on scratches and a pixel around them, of a grey picture H x W in [0, 1].

    Top-hats keep what is thinner than a 150th of the diagonal; averaged along lines of many directions only what is long
    remains; components shorter than a 25th of the diagonal are dropped. Edges of things are often long but not thin.
    """
    import cv2

    diagonal = math.hypot(*grey.shape)
    width, length = max(3, round(diagonal / 150)) | 1, max(9, round(diagonal / 25)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    found = np.zeros(grey.shape, bool)
    for operation in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT):
        thin = cv2.morphologyEx(grey.astype(np.float32), operation, kernel)
        long = np.max([cv2.filter2D(thin, -1, _line(length, angle)) for angle in range(ANGLES)], axis=0)
        spread = 1.4826 * np.median(np.abs(long - np.median(long))) + 1e-3
        strong = (long > np.median(long) + SENSITIVITY * spread) & (thin > 2 * np.median(thin) + 0.04)
        found |= _long_parts(strong, length)
    return cv2.dilate(found.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)


def _line(length: int, angle: int) -> np.ndarray:
    """A line through the middle of a square, of sum 1."""
    import cv2

    kernel, middle = np.zeros((length, length), np.float32), length // 2
    turn = angle * math.pi / ANGLES
    end = (round(middle * math.cos(turn)), round(middle * math.sin(turn)))
    cv2.line(kernel, (middle - end[0], middle - end[1]), (middle + end[0], middle + end[1]), 1.0, 1)
    return kernel / kernel.sum()


def _long_parts(mask: np.ndarray, length: int) -> np.ndarray:
    """The connected parts that reach over at least `length` pixels and fill little of the square around them."""
    import cv2

    joined = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, facts, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    reach = np.hypot(facts[:, cv2.CC_STAT_WIDTH], facts[:, cv2.CC_STAT_HEIGHT])
    thin = facts[:, cv2.CC_STAT_AREA] < reach * length / 3
    kept = (reach >= length) & thin
    kept[0] = False  # the background
    return kept[labels]
