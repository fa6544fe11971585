"""Fails, with exit code 1, where a run is worse than it should be or copies its training images: a gate for your own tests.

Worse means by the whole interval: a distance counts as too large only where chance does not explain it.
"""

import argparse
import sys

import elegan


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", help="a run folder")
    parser.add_argument("--most", type=float, required=True, help="the largest Frechet distance that will do")
    parser.add_argument("--share", type=float, default=0.01, help="the largest share of copies that will do")
    parser.add_argument("--images", type=int, default=10_000)
    given = parser.parse_args()

    run = elegan.Run.open(given.run)
    (distance,) = elegan.evaluate(run, metrics=["fd"], num=given.images)
    print(
        f"{distance.label}: {distance.value:.3g} ({distance.low:.3g} .. {distance.high:.3g}), real floor {distance.floor:.3g}"
    )
    if distance.low > given.most:
        print(f"more than {given.most:g}")
        return 1
    try:
        report = elegan.copies(run, num=given.images, max_share=given.share)
    except elegan.Failure as error:
        print(error)
        return 1
    print(*report.lines(), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
