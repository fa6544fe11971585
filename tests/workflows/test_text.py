"""A text from its file to more of it: chosen, trained, sampled, measured, reported."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import elegan as library
from elegan.core.errors import UserError
from elegan.games.abilities import Writes
from elegan.metrics.metric import NEEDS

SMALL = [
    "batch=8",
    "nets.generator.width=16",
    "nets.discriminator.width=8",
    "watch.images=64",
    "watch.every=2",
    "watch.log=1",
]


@pytest.fixture(scope="module")
def run(poem, tmp_path_factory) -> library.Run:
    out = tmp_path_factory.mktemp("runs")
    return library.train(str(poem), settings=[*SMALL, "task.warmup=0.5"], steps=4, out=out, name="run", quiet=True)


def test_its_recipe_is_chosen_and_its_stages_follow_one_another(run):
    assert run.recipe.name == "textgan"
    log = [json.loads(line) for line in (run.path / "log.jsonl").read_text().splitlines()]
    stages = [sorted({key.split("/")[0] for key in line} & set(run.game.players)) for line in log if "rate" in line]
    assert stages == [["likelihood"]] * 2 + [["discriminator", "generator"]] * 2
    assert any("FD[ngrams]" in line and "perplexity" in line for line in log)
    assert "/" not in json.dumps(run.info["data"])


def test_likelihood_learns_the_lines_of_a_text(poem, tmp_path):
    settings = ["batch=32", "nets.generator.width=64", "watch.images=64", "watch.every=300"]
    run = library.train(str(poem), "lm", settings=settings, steps=300, out=tmp_path, quiet=True)
    data = set(poem.read_text().splitlines())
    assert np.mean([line in data for line in run.lines(100)]) > 0.8
    assert len(set(run.lines(100))) > 40
    assert len(set(run.lines(100, temperature=0.05))) < len(set(run.lines(100)))


def test_samples_are_a_file_of_lines_and_are_printed(run, tmp_path):
    path = library.sample(run, 3, out=tmp_path)
    assert path.name == "step4-0-2.txt"
    assert path.read_text().splitlines() == run.lines(3)
    cool = library.sample(run, 3, temperature=0.5, out=tmp_path)
    assert cool.name == "step4-T0.5-0-2.txt"
    assert library.sample(run, 3, out=tmp_path / "mine.txt") == tmp_path / "mine.txt"


def test_a_line_has_the_likelihood_that_it_is_drawn_with(run):
    """What the generator gives line by line is what it draws from step by step."""
    G = run.nets["generator"]
    z = torch.randn(4000, G.latent, generator=torch.Generator().manual_seed(0))
    places = G.write(z)
    first = places[:, 0].bincount(minlength=G.places).double() / len(z)
    others = torch.zeros(G.places, G.latent, dtype=torch.long)
    others[:, 0] = torch.arange(G.places)
    expected = (-G.nats(others)[:, 0]).exp()
    expected[1] = 0  # the unknown, which is never written
    assert (first - expected / expected.sum()).abs().max() < 0.015
    spelled = G.forward(z[:20])
    assert torch.equal(spelled.argmax(1), places[:20])
    assert torch.equal(spelled.sum(1), torch.ones(20, G.latent))


def test_it_is_measured_against_its_text_and_another(run, poem, tmp_path):
    results = {r.metric: r for r in library.evaluate(run, metrics=["perplexity", "novelty", "fd"], num=80)}
    assert results["perplexity"].floor is None
    assert not results["perplexity"].warnings
    assert 1 < results["perplexity"].low < results["perplexity"].value < results["perplexity"].high
    assert results["verbatim"].value == 0  # after four steps
    assert results["FD"].value > 5 * results["FD"].floor
    half = tmp_path / "half.txt"
    half.write_text("\n".join(poem.read_text().splitlines()[:120]))
    (other,) = library.evaluate(run, str(half), metrics=["fd"], num=80, out=tmp_path)
    assert other.n_real == 108
    page = library.report(run).read_text()
    assert "places a line" in page
    assert run.lines(1)[0] in page


def test_bleu_is_that_of_the_literature(run):
    pytest.importorskip("sacrebleu")
    from elegan.metrics.text import bleu, by_words

    references = ["the cat sat on the mat", "a dog ran in the park"]
    found = bleu([*references, "the cat ran", "zebra"], references, by_words=True)
    assert np.allclose(found[:2], 1)
    # Of three words two orders are found: 3/3, 1/2 and a tenth of the one pair of pairs.
    brevity = np.exp(1 - 6 / 3)
    assert found[2] == pytest.approx([brevity * 0.5**0.5, *[brevity * (0.5 * 0.1) ** (1 / 3)] * 3])
    assert by_words(references)
    assert not by_words(["anna", "bert"])
    results = {r.metric: r for r in library.evaluate(run, num=80)}
    assert results["BLEU-5"].value < results["BLEU-5"].floor
    assert results["self-BLEU-2"].n_fake == 40
    assert Image.open(run.path / "likeness.png").size[0] > 100


def test_what_is_for_pictures_alone_is_said_in_a_line(run, poem, tmp_path):
    for call, said in (
        (lambda: run.generate(2), "makes no images from latents: elegan sample"),
        (lambda: library.copies(run), "makes no images from latents"),
        (lambda: library.bundle(run, tmp_path / "a.zip"), "a bundle's programs are for pictures"),
        (lambda: library.train(str(poem), "dcgan", out=tmp_path, quiet=True), "holds text and no pictures: textgan"),
        (lambda: library.train("digits", "lm", out=tmp_path, quiet=True), "learns a file of text"),
        (lambda: library.sample(run, 2, truncation=0.5, out=tmp_path), "no truncation"),
        (lambda: library.sample(run, 2, temperature=0.0, out=tmp_path), "temperature = 0.0"),
        (lambda: library.evaluate(run, extractor="random"), "measured by its own n-grams"),
        (lambda: library.evaluate(run, split="test"), "what a text holds out"),
        (lambda: library.evaluate(run, metrics=["is"]), "needs class probabilities"),
    ):
        with pytest.raises(UserError, match=said):
            call()
    assert {"lines", "likelihood"} <= NEEDS.keys()
    assert run.ability(Writes).facts() == {"latent": run.shape.resolution}


def test_a_policy_learns_what_is_rewarded(poem):
    """REINFORCE raises the likelihood of lines with a score above the mean."""
    from elegan.core import rng
    from elegan.data.feed import Batch
    from elegan.games.game import Shape
    from elegan.games.text import reinforced
    from elegan.recipes import find_recipe
    from elegan.run import build_game

    recipe = find_recipe("textgan").override(["task.gradient=policy", *SMALL[:3]])
    game = build_game(recipe, Shape(6, 5, 0))
    assert [turn.loss is reinforced for turn in game.turns if turn.player == "generator"] == [True]
    game.nets["discriminator"].forward = lambda x, label: x[:, 3].sum(1)  # more of place 3
    G, optimizer = game.nets["generator"], torch.optim.Adam(game.nets["generator"].parameters(), 0.02)
    z = torch.randn(500, G.latent, generator=torch.Generator().manual_seed(0))
    before = (G.write(z) == 3).float().mean()
    for step in range(30):
        with rng.drawing(0, step, total=32, rows=range(32)):
            reinforced(game.nets, Batch(torch.zeros(32, 6, dtype=torch.long), None))["policy"].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert (G.write(z) == 3).float().mean() > 2 * before


def test_gradients_pass_what_is_written(run):
    """By the straight-through estimator every step of a line learns from a score of the whole."""
    from elegan.run import build_game

    G = build_game(run.recipe, run.shape).nets["generator"]
    G.tau = 0.7
    made = G(torch.randn(6, G.latent))
    wanted = torch.randn_like(made)
    (made * wanted).sum().backward()
    assert torch.equal(made.detach().amax(1), torch.ones(6, G.latent))
    for name, parameter in G.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.norm() > 0, name
