"""Trains once with elegan's logistic loss and once with one of our own, from the same seed, and puts both side by side.

A loss is a function of options that gives two expressions, of the discriminator and of the generator, on scores of shape (N,). Its
keyword-only parameters are settings of the recipe, with the ranges that their annotations name.
"""

import argparse

from torch.nn.functional import softplus

import elegan
from elegan.core.ranges import NonNegative
from elegan.losses.adversarial import Adversarial


def margin(*, width: NonNegative = 0.5) -> Adversarial:
    """The logistic loss that is content only once real and fake scores lie `width` on their sides of zero."""
    return Adversarial(
        lambda real, fake: softplus(width - real).mean() + softplus(width + fake).mean(),
        lambda real, fake: softplus(-fake).mean(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default="digits")
    parser.add_argument("--steps", type=int, default=1000)
    given = parser.parse_args()

    variants = {
        "logistic": ["losses.adversarial=non_saturating"],
        # package.module:name reaches any function that Python can import; who names it here trusts its module.
        "margin": ["losses.adversarial=own_loss:margin", "losses.adversarial.width=1.0"],
    }
    runs = []
    for name, settings in variants.items():
        runs.append(elegan.train(given.data, "dcgan", settings=settings, steps=given.steps, name=name))
        elegan.evaluate(runs[-1], metrics=["fd"], num=1000, extractor="random")
    print(elegan.compare(runs))


if __name__ == "__main__":
    main()
