"""Whether a training still gets better, by a rule on the looks at it: a pure function of their values, so resuming is exact."""

import math
from collections.abc import Sequence
from statistics import fmean, variance

WINDOW = 5  # looks that are compared with as many before them
T = 1.8595480375228421  # the 95 % point of Student's t with 2 WINDOW - 2 degrees of freedom
LOOKS = 40  # looks of a training that may end early, where nobody says how often
RULE = f"{WINDOW} looks in a row are no better, at 95 %, than the {WINDOW} before them"


def levelled(values: Sequence[float]) -> bool:
    """Whether the newest WINDOW of the watched values, lower is better, are on average no longer lower than the WINDOW before them:
    whether the one-sided 95 % interval of the gain (Student's t, pooled) reaches down to 0. False for fewer values.

    >>> falling, flat = [2.0**-n for n in range(10)], [1.0, 1.1, 0.9, 1.0, 1.05] * 2
    >>> levelled(falling), levelled(flat), levelled(flat[1:])
    (False, True, False)
    """
    older, newer = values[-2 * WINDOW : -WINDOW], values[-WINDOW:]
    if len(older) < WINDOW or not all(map(math.isfinite, (*older, *newer))):
        return False
    error = math.sqrt((variance(older) + variance(newer)) / WINDOW)
    return fmean(older) - fmean(newer) <= T * error
