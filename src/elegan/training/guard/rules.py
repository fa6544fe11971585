"""Rules that say what counts as sick, over the series of a run's signs, what they say in words, and what helps.

Each rule asks for what lasts over several probes, and compares with the run's own past and with real pictures, so that
one limit serves every recipe. In words: docs/guard.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import median

SOON = 300  # steps in which no recipe has learnt much

Series = Mapping[str, Sequence[float]]  # by sign, one value a probe, oldest first


@dataclass(frozen=True)
class Rule:
    """`sick(series, t)`: how many of the newest probes in a row show it at progress t in (0, 1], the first of which is its first
    sign; 0 where there are too few to say so. It is asked where all of `signs` are there. `words`: what it is; {now}, {best}
    and {first} are values of the first of them. `help`: names of `remedies`, the one to try first first. `patience`: in
    so many steps it is not asked, as it finds fault with what was never learnt. `settled`: nor is it shown what was seen in
    them, as beginners swing. `of_data`: the data are what is wrong, and no setting is suspected."""

    name: str
    signs: tuple[str, ...]
    sick: Callable[[Series, float], int]
    words: str
    help: tuple[str, ...]
    patience: int = 0
    settled: bool = False
    of_data: bool = False


def lasting(values: Sequence[float], times: int, test: Callable[[float], bool]) -> int:
    """How many of the newest values pass in a row; 0 where these are fewer than `times`."""
    passed = sum(1 for _ in takewhile(test, reversed(values)))
    return passed if passed >= times else 0


def lowest(values: Sequence[float], of: int = 3) -> float:
    """The lowest median of three values in a row, or of as many, which one lucky value does not move; of fewer values their
    lowest."""
    return min((median(values[i : i + of]) for i in range(len(values) - of + 1)), default=min(values))


def highest(values: Sequence[float]) -> float:
    """The highest median of three values in a row."""
    return -lowest([-v for v in values])


def _no_progress(s: Series, t: float) -> int:
    first, noise = s["distance"][0], s["noise"][-1]
    # A training begun with another run may start as near to the data as it gets.
    far = max(0.7 * first, 20 * noise)
    return t >= 0.2 and lowest(s["distance"]) > far and _levelled(s) and lasting(s["distance"], 4, lambda v: v > far)


def _worse(s: Series, t: float) -> int:
    # On its way from too little contrast to too much a beginner passes near the data.
    best, noise = lowest(s["distance"], 5), s["noise"][-1]
    return lasting(s["distance"], 3, lambda v: v > max(2 * best, best + 10 * noise))


def _third(values: Sequence[float]) -> int:
    return max(8, len(values) // 3)


def _rises(values: Sequence[float]) -> bool:
    """Whether the newest third of a share of what is usual is higher than before."""
    part = _third(values)
    return len(values) > part and highest(values[-part:]) > highest(values[:-part]) + 0.03


def _levelled(s: Series) -> int:
    """The length of the newest third, where its pictures come no nearer to the data and differ no more than before; else 0: what
    was never learnt may still be."""
    distance = s["distance"]
    part = _third(distance)
    if len(distance) < 2 * part:
        return 0
    past = max(lowest(distance[:-part]), lowest(distance[-part : -part // 2]))
    nearer = lowest(distance[-part:]) < past - max(0.05 * past, s["noise"][-1])
    return 0 if nearer or _rises(s["spread"]) else part


def _stuck(s: Series, judged: Callable[[float], bool]) -> int:
    """Far from the data, no nearer in the last third, and all that time `judged` so by the discriminator."""
    part = _levelled(s)
    now = lowest(s["distance"][-part:])
    far = now > 20 * s["noise"][-1] and now > 0.25 * s["distance"][0]
    return part if far and all(map(judged, s["separation"][-part:])) else 0


def _won(s: Series, t: float) -> int:
    return t >= 0.4 and _stuck(s, lambda apart: apart > 0.99)


def _died(s: Series, t: float) -> int:
    return t >= 0.3 and _stuck(s, lambda apart: 0.45 < apart < 0.55)


def _thrown_off(s: Series, t: float) -> int:
    """All at once, within the newest four probes, the discriminator tells little apart of what it long did, and the pictures are
    no better for it."""
    apart, distance = s["separation"], s["distance"]
    fallen = lasting(apart, 1, lambda v: v < 0.75)
    before = apart[-fallen - 8 : -fallen]
    sudden = 0 < fallen <= 4 and len(before) == 8 and min(before) > 0.9
    sudden = sudden and (fallen > 1 or apart[-1] < 0.65)  # of 32 pictures one probe says little
    return fallen if sudden and distance[-1] > min(distance[:-1]) + s["noise"][-1] else 0


def _collapsed(s: Series, t: float) -> int:
    most = min(1.0, highest(s["spread"]))  # noise may vary more than the data
    return lasting(s["spread"], 3, lambda v: v < 0.5 * most)


def _alike(s: Series, t: float) -> int:
    level = _levelled(s) and not _collapsed(s, t)
    return t >= 0.3 and level and lasting(s["spread"], 3, lambda v: v < 0.2)


def _near_duplicates(s: Series, t: float) -> int:
    """Some are all but the same, or for long much nearer than pictures that vary so widely are."""
    beside = [close / spread if spread > 0.5 else 1.0 for close, spread in zip(s["closest"], s["spread"], strict=True)]
    same = lasting(s["closest"], 3, lambda v: v < 0.03)
    return t >= 0.15 and (same or lasting(beside, 8, lambda v: v < 0.15))


def _few_directions(s: Series, t: float) -> int:
    return t >= 0.5 and _levelled(s) and lasting(s["directions"], 3, lambda v: v < 0.2)


def _one_a_class(s: Series, t: float) -> int:
    differ = not lasting(s["spread"], 3, lambda v: v < 0.3)
    return t >= 0.5 and differ and not _rises(s["within"]) and lasting(s["within"], 3, lambda v: v < 0.3)


def _by_heart(s: Series, t: float) -> int:
    best = lowest(s["distance"])
    known = lasting(s["overfitting"], 5, lambda v: v > 0.9)
    return t >= 0.2 and min(known, lasting(s["distance"], 5, lambda v: v > 1.3 * best))


def _lost(s: Series, t: float) -> int:
    """Kinds that were made and are not any more, or that by the end of the run never were."""
    known = s["lost"][3:]  # the first looks show what was never learnt
    gone = len(known) > 2 and lasting(s["lost"], 2, lambda v: v >= lowest(known) + 3)
    return gone or (t >= 1 and _levelled(s) and lasting(s["lost"], 2, lambda v: v >= 7))


def _lost_classes(s: Series, t: float) -> int:
    """Of classes that were all made, and not only at a single look."""
    return t >= 0.2 and lowest(s["gone"]) == 0 and lasting(s["gone"], 2, lambda v: v > 0)


def _copied(s: Series, t: float) -> int:
    varied = lasting(s["spread"], 2, lambda v: v > 0.5)  # bland pictures lie near everything, and copy nothing
    return t >= 0.2 and varied and lasting(s["copied"], 2, lambda v: v > 0.3)


def _exploded(s: Series, t: float) -> int:
    """One probe suffices, as its value is the median of all steps since the one before."""
    before = s["gradient"][:-1]
    return len(before) >= 5 and s["gradient"][-1] > max(30 * median(before[-10:]), 5 * highest(before))


def _vanished(s: Series, t: float) -> int:
    # Of 60 trainings that learnt none came below a fortieth, of those that were made sick none above a seventieth.
    return t >= 0.1 and lasting(s["gradient"], 4, lambda v: v < 0.01 * max(s["gradient"]))


def _returns_input(s: Series, t: float) -> int:
    unchanged = lasting(s["change"], 3, lambda v: v < 0.1)
    return t >= 0.3 and min(unchanged, lasting(s["nearness"], 3, lambda v: v > 0.8))


def _moved_away(s: Series, t: float) -> int:
    """Back to where it came from; what a translator makes in the first third, before it has learnt much, may lie anywhere."""
    learnt = s["nearness"][round(len(s["nearness"]) / t / 3) :]
    came = bool(learnt) and lowest(learnt) < 0.5
    return came and lasting(learnt, 3, lambda v: v > 0.9)


def _ignores_input(s: Series, t: float) -> int:
    return t >= 0.2 and lasting(s["answer"], 3, lambda v: v < 0.1)


def _below_interpolation(s: Series, t: float) -> int:
    return t >= 0.4 and lasting(s["gain"], 3, lambda v: v < 0.95)


NOT_FINITE = Rule("not finite", (), lambda s, t: 0, "{now}", ("seed", "slower", "penalty"))  # of a step, not a series
# What explains the others comes first, where several come at once: what is wrong with the data, what befalls the training, what its pictures show of it.
RULES = (
    Rule("repeated picture", ("repeated",), lambda s, t: lasting(s["repeated"], 1, lambda v: v > 0.2),
         "{now:.0%} of the data are one and the same picture, which is what is learnt", ("distinct",), of_data=True),
    Rule("exploding gradients", ("gradient",), _exploded,
         "the gradient of the {group} is {now:.3g}, more than 30 times what it was", ("slower", "seed")),
    Rule("vanished gradients", ("gradient",), _vanished,
         "the gradient of the {group} has all but vanished: {now:.3g} is less than a hundredth of what it was", ("weaker discriminator", "penalty", "seed")),
    Rule("no progress", ("distance", "noise", "spread"), _no_progress,
         "the pictures are hardly nearer to the data than at the start: distance {now:.3g}, at first {first:.3g}",
         ("penalty", "seed"), patience=SOON),
    Rule("discriminator has won", ("distance", "separation", "noise", "spread"), _won,
         "the discriminator tells every picture apart and the generator has stopped learning from it: distance {now:.3g}, at best {best:.3g}",
         ("weaker discriminator", "penalty", "augmentation"), patience=100),  # two fifths of the run besides
    Rule("discriminator has died", ("distance", "separation", "noise", "spread"), _died,
         "the discriminator tells nothing apart though the pictures are far from the data: distance {now:.3g}, at best {best:.3g}",
         ("slower", "seed"), patience=SOON),
    Rule("discriminator thrown off", ("separation", "distance", "noise"), _thrown_off,
         "all at once the discriminator tells little apart of what it did tell apart ({now:.2f} of pairs, before {most:.2f}), and the pictures are no better",
         ("slower", "seed")),
    Rule("known by heart", ("distance", "overfitting"), _by_heart,
         "the discriminator knows its pictures by heart: those it never saw score as generated ones do, and the pictures no longer get better",
         ("augmentation", "penalty")),
    Rule("returns its input", ("change", "nearness"), _returns_input,
         "{group} gives back what it is given: it changes pictures by {now:.1%} of what lies between two of them", ("identity",), patience=SOON),
    Rule("moving away", ("nearness",), _moved_away,
         "{group} is moving away from the pictures that it should make: {now:.0%} of what lies between the sides, at best {best:.0%}",
         ("slower", "seed")),
    Rule("ignores its input", ("answer",), _ignores_input,
         "{group} paints nearly one picture whatever it is given: {now:.0%} of the variety of the pictures it should make",
         ("slower", "seed"), patience=SOON),
    Rule("worse than interpolation", ("gain",), _below_interpolation,
         "the damaged picture, merely enlarged, is nearer to the original than what is restored: {now:.2f} times", ("slower",), patience=SOON),
    Rule("getting worse", ("distance", "noise"), _worse,
         "the pictures are getting worse: distance to the data {now:.3g}, at best {best:.3g}", ("slower", "penalty", "seed"),
         patience=SOON, settled=True),
    Rule("collapse", ("spread",), _collapsed,
         "the pictures have become alike: they differ {now:.0%} as much as real ones, at most {most:.0%} before",
         ("penalty", "slower", "seed")),
    Rule("all alike", ("spread", "distance", "noise"), _alike,
         "the pictures are nearly alike: they differ {now:.0%} as much as real ones", ("penalty", "slower", "seed"), patience=SOON),
    Rule("near-duplicates", ("closest", "spread"), _near_duplicates,
         "among few pictures some are nearly the same: their smallest distances are {now:.1%} of real ones'",
         ("latent", "penalty", "seed"), patience=SOON),
    Rule("few directions", ("directions", "distance", "spread", "noise"), _few_directions,
         "the pictures vary in few ways: {now:.0%} of the directions that real ones vary in", ("latent", "penalty", "seed"), patience=SOON),
    Rule("one picture a class", ("within", "spread"), _one_a_class,
         "pictures of one class are alike: they differ {now:.0%} as much as real ones of a class", ("condition", "penalty"), patience=SOON),
    Rule("copies", ("copied", "spread"), _copied,
         "{now:.0%} of the pictures are nearer to a picture of the data than those are to one another",
         ("augmentation", "penalty"), patience=SOON),
    Rule("lost classes", ("gone",), _lost_classes,
         "{now:.0f} classes of the data are hardly made any more", ("penalty", "slower", "seed"), patience=SOON),
    Rule("lost kinds", ("lost", "distance", "spread", "noise"), _lost,
         "{now:.0f} kinds of pictures that the data have are no longer made", ("latent", "penalty", "slower", "seed"), patience=SOON),
)  # fmt: skip
