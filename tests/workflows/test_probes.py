"""What reads the signs of networks while they train, on the data that a folder gives."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from elegan.data import open_data
from elegan.data.sides import Direction, open_sides
from elegan.games.abilities import Generates, Translates
from elegan.workflows.signs import GenerationProbe, TranslationProbe
from small import trainer_of


def test_a_translator_is_probed_with_pictures_of_folders(tmp_path):
    """Unlike sizes and more pictures than are looked at; one that changes nothing moves nothing and comes no nearer."""
    rng = np.random.default_rng(0)
    for folder, count in (("trainA", 40), ("trainB", 40), ("testA", 12), ("testB", 12)):
        (tmp_path / folder).mkdir()
        for index in range(count):
            pixels = rng.integers(0, 256, (20 + index % 3, 24, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{index:02d}.png")
    sides = open_sides(str(tmp_path), False, 16)
    still = Translates({way: lambda nets, x: x for way in Direction})
    probe = TranslationProbe(sides, still, torch.device("cpu"))
    signs = probe(nn.ModuleDict(), nn.ModuleDict(), True)
    assert signs.keys() == set(Direction)
    assert all(sign["change"] == 0 and abs(sign["nearness"] - 1) < 1e-6 for sign in signs.values())


@pytest.mark.parametrize("count", [20, 64, 1000])
def test_chance_moves_the_distance_of_few_pictures_too(count):
    """The standard deviation between batches of real pictures was 0 where a batch was the whole set."""
    digits = open_data("digits")
    few = replace(digits, images=digits.images[:count], labels=None)
    generates = trainer_of("dcgan").game.ability(Generates)
    probe = GenerationProbe(few, None, generates, None, torch.device("cpu"))
    assert 0.001 < probe.noise < 0.05
