"""Trains on a folder of pictures, writes a sheet, and says how near the pictures come to the folder's."""

import argparse

import elegan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="a folder or zip of pictures, or a named set such as digits")
    parser.add_argument("--steps", type=int, help="default: 50 passes over the data, at least 64,000 images")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="changes the recipe")
    parser.add_argument("--images", type=int, default=10_000, help="how many to measure")
    given = parser.parse_args()

    run = elegan.train(
        given.data, steps=given.steps, settings=given.set
    )  # the same call again goes on where it stopped
    print("run:", run.path)
    print("sheet:", elegan.sample(run, 64))
    for result in elegan.evaluate(run, metrics=["fd", "prdc"], num=given.images):
        print(
            f"{result.metric}: {result.value:.3g} ({result.low:.3g} .. {result.high:.3g}), real floor {result.floor:.3g}"
        )


if __name__ == "__main__":
    main()
