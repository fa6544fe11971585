"""What reads the signs of networks while they train, on the data that a folder gives."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from elegan.data import open_data
from elegan.data.in_memory import source_of
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
    few = open_data(source_of(np.array(open_data("digits").images[:count])))
    generates = trainer_of("dcgan").game.ability(Generates)
    probe = GenerationProbe(few, None, generates, None, torch.device("cpu"))
    assert 0.001 < probe.noise < 0.05


class Shows(nn.Module):
    """A generator of the real pictures of some classes in turn."""

    latent = 4

    def __init__(self, images: np.ndarray):
        super().__init__()
        self.images = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1

    def forward(self, z, label):
        return self.images[(1000 * z[:, 0].abs()).long() % len(self.images)]


def test_classes_that_are_hardly_made_are_counted_where_pictures_tell_them():
    digits = open_data("digits")
    for kept, gone in ((10, 0), (8, 2)):
        generates = Generates.by_generator(G := Shows(np.array(digits.images[digits.labels < kept])))
        probe = GenerationProbe(digits, None, generates, None, torch.device("cpu"))
        signs = probe(nn.ModuleDict({"generator": G}), nn.ModuleDict(), True)[""]
        assert signs["gone"] == gone
        assert signs["repeated"] < 0.01

    mixed = np.random.default_rng(0).permutation(digits.labels)
    unlike = open_data(source_of(np.array(digits.images), mixed))
    probe = GenerationProbe(unlike, None, generates, None, torch.device("cpu"))
    assert "gone" not in probe(nn.ModuleDict({"generator": G}), nn.ModuleDict(), True)[""]


def test_data_that_are_mostly_one_picture_are_seen():
    images = np.array(open_data("digits").images[:500])
    images[50:] = images[0]
    G = Shows(images)
    data = open_data(source_of(images))
    probe = GenerationProbe(data, None, Generates.by_generator(G), None, torch.device("cpu"))
    signs = probe(nn.ModuleDict({"generator": G}), nn.ModuleDict(), False)[""]
    assert abs(signs["repeated"] - 0.902) < 1e-9
