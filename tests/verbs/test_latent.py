"""Latent tools: tables hold the pictures they should, inversion finds what a run made, directions are the papers'."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

import elegan as library
from elegan.core.errors import UserError
from elegan.core.files import read_tensors
from elegan.games.abilities import ShowsCodes
from elegan.nets.modulated import ModulatedConv
from elegan.verbs.latent import pages, save
from elegan.verbs.latent.directions import SAMPLES, directions, fed
from elegan.verbs.latent.explain import changes, explained, measures
from elegan.verbs.latent.invert import difference, invert
from elegan.verbs.latent.space import Space, slerp
from elegan.verbs.latent.tables import mixed, rows_between, truncations, walk

SMALL = {
    "dcgan": ["nets.generator.latent=12"],
    "r3gan": ["nets.generator.latent=12"],
    "cgan": ["nets.generator.latent=12"],
    "infogan": ["nets.generator.latent=20"],
    "progressive": ["nets.generator.latent=12"],
    "stylegan2": ["nets.generator.latent=12", "nets.generator.noise=false"],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs of a few steps on the digits, made when first asked for."""
    made = {}

    def run(name: str) -> library.Run:
        if name not in made:
            widths = [f"nets.{net}.width=8" for net in ("generator", "discriminator")]
            settings = ["batch=16", "watch.metric=none", "watch.every=1000", *widths, *SMALL[name]]
            out = tmp_path_factory.mktemp("runs")
            made[name] = library.train("digits", name, settings=settings, steps=6, out=out, name=name, quiet=True)
        return made[name]

    return run


def alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Pictures that differ by rounding at most, as those of other batches may."""
    return a.shape == b.shape and int(np.abs(a.astype(int) - b).max()) <= 1


vectors = st.tuples(st.integers(2, 9), st.integers(0, 999)).map(
    lambda given: torch.randn(2, given[0], generator=torch.Generator().manual_seed(given[1]), dtype=torch.float64)
)


@given(vectors, st.floats(0, 1))
def test_slerp_goes_along_the_arc_at_an_even_pace(pair, t):
    a, b = torch.nn.functional.normalize(pair, dim=1)
    whole, part = torch.dot(a, b).clamp(-1, 1).acos(), torch.dot(a, slerp(a, b, t)).clamp(-1, 1).acos()
    assert slerp(a, b, t).norm() == pytest.approx(1, abs=1e-6)
    assert float(part) == pytest.approx(t * float(whole), abs=1e-5)
    torch.testing.assert_close(slerp(a, b, t), slerp(b, a, 1 - t))
    torch.testing.assert_close(slerp(a, 3 * a, t), (1 + 2 * t) * a)


@pytest.mark.parametrize("name", ["r3gan", "stylegan2"])
def test_tables_hold_the_pictures_of_their_seeds(runs, name):
    run = runs(name)
    space, own = Space(run), run.generate(seeds=[3, 5, 9])
    film = space.paint(walk(space, [3, 5, 9], 6))
    assert len(film) == 18
    assert own.std(0).mean() > 10  # so that likeness means something
    assert alike(film[::6], own)
    rows = rows_between(space, [3, 5, 9], 5)
    assert rows.shape == (2, 5, 12)
    assert alike(space.paint(rows[:, 0]), own[:2])
    assert alike(space.paint(rows[:, -1]), own[1:])
    if space.mapped:
        torch.testing.assert_close(rows.diff(dim=1), (rows[:, 4:] - rows[:, :1]).expand(-1, 4, -1) / 4)
    swept, values = truncations(space, [3, 5, 9], 5)
    assert values == [-1, -0.5, 0, 0.5, 1]
    assert alike(space.paint(swept[:, -1]), own)
    torch.testing.assert_close(swept[:, 2], swept[:1, 2].expand(3, -1))  # the mean picture is one
    if space.mapped:
        assert alike(space.paint(swept[:, 3]), run.generate(seeds=[3, 5, 9], truncation=0.5))


def test_walks_are_closed_and_have_no_corner(runs):
    z = walk(Space(runs("dcgan")), [1, 2], 40).double()
    steps = (z.roll(-1, 0) - z).norm(dim=1)
    assert steps[[39, 79, 0, 40]].max() < 0.1 * steps.max()


def test_mixed_styles_are_the_rows_below_and_the_columns_above(runs):
    space = Space(runs("stylegan2"))
    table = mixed(space, [1, 2], [1, 4, 5], crossover=3)
    assert table.shape == (2, 3, space.levels, 12)
    w = {seed: space.points([seed])[0] for seed in (1, 2, 4, 5)}
    wanted = torch.stack([w[2] if level < 3 else w[5] for level in range(space.levels)])
    torch.testing.assert_close(table[1, 2], wanted)
    assert alike(space.paint(table[0, :1]), space.run.generate(seeds=[1]))
    with pytest.raises(UserError, match="crossover = 9 must be a level of this run, in 1.."):
        mixed(space, [1], [2], 9)
    with pytest.raises(UserError, match="has one latent for all levels"):
        mixed(Space(runs("dcgan")), [1], [2])


@pytest.mark.parametrize(("name", "where"), [("r3gan", "z"), ("stylegan2", "w"), ("stylegan2", "w+")])
def test_a_picture_of_the_run_is_found_again(runs, name, where):
    space = Space(runs(name))
    target = space.run.generate(seeds=[777])[0]
    assert target.std() > 5
    near, found = (invert(space, target, where, steps, starts=32) for steps in (1, 80))
    assert found.L1 < 0.35 * near.L1
    assert found.PSNR > near.PSNR + 6
    assert alike(space.paint(found.point[None])[0], found.image)
    again = invert(space, target, where, 80, starts=32)
    assert torch.equal(again.point, found.point)
    at_once = invert(space, space.run.generate(seeds=[5])[0], where, 1, starts=32)
    assert at_once.L1 < 0.5
    assert 0 < found.far < 3


def test_inversion_tries_every_class_or_the_one_asked_for(runs):
    run = runs("cgan")
    target = run.generate(seeds=[17], label=7)[0]  # start 17 is of class 7
    assert invert(Space(run), target, steps=1, starts=32).label == 7
    assert invert(Space(run, 3), target, steps=1, starts=32).label == 3
    with pytest.raises(UserError, match="no space 'w'; valid are z"):
        invert(Space(run), target, "w")


def test_difference_counts_the_layout_at_every_scale():
    x, y = torch.randn(2, 3, 1, 16, 16)
    scales = [(x - y).unfold(2, s, s).unfold(3, s, s).mean((4, 5)).square().mean((1, 2, 3)) for s in (1, 2, 4)]
    torch.testing.assert_close(difference(x, y), sum(scales) / 3)
    assert difference(x, x).max() == 0


def test_sefa_is_the_decomposition_of_what_the_latent_enters(runs):
    space = Space(runs("dcgan"))
    ((layer, matrix),) = fed(space)
    assert layer is space.run.nets["generator"].project
    torch.testing.assert_close(matrix, layer.weight)
    _, values, rows = torch.linalg.svd(layer.weight)
    found = directions(space, "sefa", 5)
    torch.testing.assert_close((found.vectors @ rows[:5].T).abs(), torch.eye(5), atol=1e-4, rtol=0)
    torch.testing.assert_close(found.shares, (values**2 / (values**2).sum())[:5])
    styles = [m.style for m in runs("stylegan2").nets.modules() if isinstance(m, ModulatedConv)]
    assert {layer for layer, _ in fed(Space(runs("stylegan2")))} == set(styles)
    assert len(fed(Space(runs("progressive")))) == 1
    noise = runs("infogan").ability(ShowsCodes).codes.noise
    assert directions(Space(runs("infogan")), "sefa", noise).vectors[:, noise:].abs().max() < 1e-6
    with pytest.raises(UserError, match="unknown method 'gansapce'; did you mean 'ganspace'"):
        directions(space, "gansapce", 1)


def test_ganspace_is_pca_of_w_and_of_what_the_first_layer_gives(runs):
    space = Space(runs("stylegan2"))
    w = space.points(range(SAMPLES))
    pca = PCA(4).fit(w.double().numpy())
    found = directions(space, "ganspace", 4)
    torch.testing.assert_close(
        (found.vectors @ torch.tensor(pca.components_).float().T).abs(), torch.eye(4), atol=1e-3, rtol=0
    )
    np.testing.assert_allclose(found.deviations**2, pca.explained_variance_, rtol=1e-3)
    np.testing.assert_allclose(found.shares, pca.explained_variance_ratio_, rtol=1e-3)
    plain = Space(runs("dcgan"))
    found = directions(plain, "ganspace", 2)
    h = plain.run.nets["generator"]
    z = plain.points(range(SAMPLES))
    seen = h.norms[0](h.project(z).unflatten(1, (-1, *h.start))).relu().flatten(1).double()
    scores = PCA(2).fit_transform(seen.numpy())
    taken = torch.nn.functional.normalize(torch.tensor(scores).T @ (z - z.mean(0)).double(), dim=1).float()
    torch.testing.assert_close((taken * found.vectors).sum(1).abs(), torch.ones(2), atol=1e-3, rtol=0)


def test_what_changes_is_said_in_words():
    digits = (load_digits().images[:40, ..., None] * 12).astype(np.uint8)
    brighter = changes(digits, digits, digits + 51)
    (bright,) = [c for c in brighter if c.name == "brightness"]
    assert bright.amount == pytest.approx(0.2)
    assert bright.agree == 1
    assert explained(brighter).startswith("changes brightness +20% (100% of pictures)")
    padded = np.pad(digits, ((0, 0), (4, 4), (4, 4), (0, 0)))
    moved = changes(padded, padded, np.roll(padded, 2, 2))
    assert moved[0].name == "to the right"
    assert moved[0].amount == pytest.approx(2 / 16, abs=1e-3)
    assert explained(changes(digits, digits, digits)).startswith("changes none of brightness, ")
    grey, colour = np.full((2, 4, 4, 3), 90, np.uint8), np.full((2, 4, 4, 3), (200, 100, 0), np.uint8)
    assert measures(grey)["saturation"].max() == 0
    assert measures(colour)["saturation"] == pytest.approx(200 / 255)


def test_a_table_shows_every_picture_and_its_captions():
    images = np.random.default_rng(0).integers(0, 200, (6, 8, 8, 1), np.uint8)
    page = pages.table(images, ["-1.0", "+0.0", "+1.0"], ["seed 1", "seed 22"])
    margin, above = page.shape[1] - 3 * 66, page.shape[0] - 2 * 66
    assert min(margin, above) > 8
    shown = page[above + 1 : above + 65 : 8, margin + 67 : margin + 131 : 8, 0]
    assert np.array_equal(shown, images[1, ..., 0])
    assert (page[:above, margin:] < 90).sum() > 60  # ink over the columns
    assert (page[above:, :margin] < 90).sum() > 60  # and before the rows
    clear = np.zeros((1, 8, 8, 4), np.uint8)
    assert (pages.enlarged(clear, 8) == 255).all()  # what is transparent is paper


def test_the_command_line_makes_what_it_says_and_writes_over_nothing(runs, tmp_path, monkeypatch, capsys):
    from elegan.cli.main import main

    def call(*arguments: str) -> tuple[int, list[str], str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["elegan", "latent", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        said = capsys.readouterr()
        return caught.value.code, said.out.splitlines(), said.err

    run = runs("stylegan2")
    _, (path,), _ = call("walk", run.path, "--seeds", "1-3", "--frames", "4", "--rate", "10")
    assert path.startswith(str(run.path / "latent"))
    with Image.open(path) as film:
        assert (film.n_frames, film.info["loop"], film.info["duration"], film.size) == (12, 0, 100, (128, 128))
    for verb in ("interpolate", "truncation", "mix"):
        code, (path,), _ = call(verb, run.path, "--out", "made")
        assert code == 0
        assert Image.open(path).mode == "RGB"
    assert call(verb, run.path, "--out", "made")[0] == 0  # the same again
    Image.new("L", (9, 9)).save(path)
    code, _, error = call(verb, run.path, "--out", "made")
    assert code == 2
    assert "is there already with another content" in error
    code, lines, _ = call("directions", run.path, "--num", "2", "--out", "made", "--method", "ganspace")
    assert [line[:10] for line in lines[:2]] == ["ganspace 1", "ganspace 2"]
    assert all("changes " in line for line in lines[:2])
    tensors, plain = read_tensors(tmp_path / lines[-1])
    assert tensors["vectors"].shape == (2, 12)
    assert plain["meaning"] == lines[:2]
    code, lines, _ = call("invert", run.path, tmp_path / lines[2], "--steps", "3", "--space", "w+", "--out", "made")
    tensors, plain = read_tensors(tmp_path / lines[-1])
    assert tensors["000000"].shape == (run.nets["generator"].levels, 12)
    assert f"PSNR {plain['pictures'][0]['PSNR']:.2f} dB" in lines[0]
    assert math.isfinite(plain["pictures"][0]["far"])
    assert call("walk", run.path, "--format", "avi")[::2] == (2, "elegan: unknown format 'avi'; valid are gif, mp4\n")
    assert "2 or more seeds are needed; got 1" in call("interpolate", run.path, "--seeds", "3")[2]


def test_a_film_as_mp4_has_its_frames(tmp_path):
    import cv2

    images = np.stack([np.full((32, 48, 3), level, np.uint8) for level in range(0, 250, 25)])
    (tmp_path / "a.mp4").write_bytes(pages.mp4(images, 25))
    video = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    frames = [video.read()[1] for _ in images]
    assert not video.read()[0]
    assert [float(frame.mean()) for frame in frames] == pytest.approx([float(i.mean()) for i in images], abs=4)


def test_names_tell_what_was_asked_for(runs):
    space = Space(runs("cgan"), 4)
    assert (
        save._stem(space, "walk", seeds=[1, 2, 9], truncation=0.5, rate=None)
        == "step6-walk-class4-seeds1-9x3-truncation0.5"
    )
