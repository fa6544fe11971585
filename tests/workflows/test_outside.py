"""A kind of task of somebody else's: signals in time, from a package that elegan knows nothing of."""

import json
import shutil

import numpy as np
import pytest

import elegan
from elegan.core.errors import UserError
from elegan.core.facts import read_lines
from elegan.metrics import Result
from elegan.run import Run
from elegan.training.dry_run import estimate
from elegan.training.plan import plan_for
from elegan.verbs.export import export
from elegan.verbs.report.report import report

# What the package is: a task function, its workflow, and a sampling of its own.
PACKAGE = '''
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.rng import latents
from elegan.core.version import __version__
from elegan.games.abilities import Ability
from elegan.games.game import Game, Turn, works_as
from elegan.metrics import Result
from elegan.run import Run
from elegan.workflows.workflow import View, Workflow

LATENT = 4


@dataclass(frozen=True)
class Signals:
    """A .npy of float32 N x length."""

    name: str
    source: str
    values: np.ndarray
    fingerprint: str
    channels: int = 1
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    @property
    def resolution(self):
        return self.values.shape[1]

    @property
    def count(self):
        return len(self.values)

    @property
    def size(self):
        return f"{self.count} signals of {self.resolution} samples"


class Batch(NamedTuple):
    real: torch.Tensor


@dataclass(frozen=True)
class Draws(Ability):
    """Signals from latents: `draw(nets, z)`, N x LATENT to N x length."""

    use = "python -m signals {run}{trust}"
    lacking = "draws no signals"
    draw: Callable


class SignalView(View):
    def __init__(self, real, draws, watched, device):
        self.real, self.draws, self.watched, self.device = real, draws, watched, device

    def measure(self, nets):
        made = drawn(self.draws, nets, range(64), self.device)
        return {"moments": moments(made, self.real)} if self.watched else {}

    def sheet(self, nets):
        rows = np.clip(drawn(self.draws, nets, range(8), self.device) * 127.5 + 127.5, 0, 255).astype(np.uint8)
        return np.repeat(rows[:, :, None], 3, 2)


class SignalWorkflow(Workflow):
    def open(self, recipe, source, most=0):
        if not source.endswith(".npy"):
            raise UserError(f"{source!r} is no .npy of signals")
        values = np.load(source, allow_pickle=False)
        return Signals("waves", source, values, f"{rng.mix(*values.ravel()[:99].tolist()):016x}")

    def feed(self, data, recipe, seed, device):
        def batch(position, rows):
            stream = rng.generator(seed, "signals", position)
            chosen = torch.randint(data.count, (recipe.batch,), generator=stream)[rows.start : rows.stop]
            return Batch(torch.from_numpy(data.values[chosen.numpy()]).to(device))

        return batch

    def view(self, data, game, recipe, run, device):
        return SignalView(data.values, game.ability(Draws), recipe.watch.metric != "none", device)

    def evaluate(self, run, asked):
        opened = self.open(run.recipe, asked.data or run.source)
        value = moments(sample(run, range(asked.seed, asked.seed + asked.num)), opened.values)
        settings = run.record | {
            "data": opened.name, "split": asked.split, "extractor": "none", "digest": "-", "resizer": "none", "seed": asked.seed,
            "versions": {"elegan": __version__},
        }
        return [
            Result("moments", "moments", value, value, value, "none was taken", opened.count, asked.num, None, None, None, 0,
                   settings=settings)
        ]

    def make_one(self, game, nets, shape, device):
        drawn(game.ability(Draws), nets, [0], device)

    def how_chosen(self, run):
        return "Signals, one a row."

    def size(self, shape):
        return f"{shape.resolution}", "samples in time"


def moments(made, real):
    return float(np.abs(made.mean(0) - real.mean(0)).mean() + np.abs(made.std(0) - real.std(0)).mean())


@torch.no_grad()
def drawn(draws, nets, seeds, device):
    return draws.draw(nets, latents(seeds, LATENT).to(device)).cpu().numpy()


def sample(run: Run, seeds):
    """float32 N x length, one a seed. Raises UserError for a run that draws no signals."""
    return drawn(run.ability(Draws), run.nets, seeds, run.device)


@works_as(SignalWorkflow())
def task(recipe, shape, *, width: int = 16):
    """A signal from a latent, by the loss of Goodfellow et al. (2014)."""
    length = shape.resolution
    G = nn.Sequential(nn.Linear(LATENT, width), nn.ReLU(), nn.Linear(width, length), nn.Tanh())
    D = nn.Sequential(nn.Linear(length, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))

    def made(nets, batch):
        return nets["generator"](rng.normal(len(batch.real), LATENT, device=batch.real.device))

    def judge(nets, batch):
        with torch.no_grad():
            fake = made(nets, batch)
        D = nets["discriminator"]
        return {"adversarial": softplus(-D(batch.real)).mean() + softplus(D(fake)).mean()}

    def fool(nets, batch):
        return {"adversarial": softplus(-nets["discriminator"](made(nets, batch))).mean()}

    return Game(
        nets=nn.ModuleDict({"generator": G, "discriminator": D}),
        players={"discriminator": ("discriminator",), "generator": ("generator",)},
        turns=(Turn("discriminator", judge), Turn("generator", fool)),
        averaged=("generator",),
        abilities=(Draws(lambda nets, z: nets["generator"](z)),),
    )
'''

SETTINGS = ("task=signals:task", "batch=16", "statistics=averaged", "steps=8", "watch.every=2", "watch.images=64")
RECIPE = "dcgan"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package, importable, as `signals`."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "signals.py").write_text(PACKAGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        import signals  # type: ignore[import-not-found]

        yield signals


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> str:
    """Sines of 24 samples, of phases of their own."""
    time, phase = np.linspace(0, 2 * np.pi, 24), np.random.default_rng(0).uniform(0, 1, (200, 1))
    path = tmp_path_factory.mktemp("signals") / "waves.npy"
    np.save(path, np.sin(time + phase).astype(np.float32))
    return str(path)


def trained(source: str, out, *more: str, steps: int = 8) -> Run:
    return elegan.train(source, RECIPE, settings=[*SETTINGS, *more], steps=steps, out=out, name="waves", quiet=True)


@pytest.fixture(scope="module")
def run(package, source, tmp_path_factory) -> Run:
    return trained(source, tmp_path_factory.mktemp("runs"))


def test_it_trains_and_its_own_metric_is_watched(run):
    logged = [json.loads(line) for line in (run.path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in logged if "moments" in line] == [2, 4, 6, 8]
    assert run.step == 8
    assert run.use == f"python -m signals {run.path} --trust signals"
    assert "class_counts" not in run.info["data"]


def test_it_goes_on_bit_for_bit(run, source, tmp_path):
    part = trained(source, tmp_path, steps=4)
    again = elegan.train(resume=part.path, steps=8, trust=["signals"], quiet=True)
    for name in ("checkpoints/00000008.safetensors", "log.jsonl", "samples/00000008.png"):
        assert (again.path / name).read_bytes() == (run.path / name).read_bytes()


def test_it_is_trusted_by_name_only(run):
    with pytest.raises(UserError, match="signals"):
        elegan.evaluate(Run.open(run.path))


def test_it_is_measured_reported_and_sampled(run, package, tmp_path):
    shutil.copytree(run.path, tmp_path / "waves")
    own = Run.open(tmp_path / "waves", trust=["signals"])
    (result,) = elegan.evaluate(own, num=100)
    assert result.value == package.moments(package.sample(own, range(100)), np.load(own.source))
    assert [record["label"] for record in read_lines(own.file("evaluations.jsonl"), Result)] == ["moments"]
    page = report(own).read_text()
    assert "Signals, one a row." in page
    assert "samples in time" in page
    assert "moments" in page
    assert package.sample(own, range(5)).shape == (5, 24)


def test_what_it_lacks_is_said_in_a_line(run, tmp_path):
    with pytest.raises(UserError, match="makes no images from latents: python -m signals"):
        run.generate(4)
    pytest.importorskip("onnxscript")
    with pytest.raises(UserError, match="makes no pictures"):
        export(run, tmp_path / "a.onnx")


def test_what_it_would_cost_is_found_by_playing_a_few_steps(package, source, tmp_path):
    cost = estimate(plan_for(source, RECIPE, settings=SETTINGS, out=tmp_path))
    assert cost.parameters == {"generator": 488, "discriminator": 417}
    assert "generator 488, discriminator 417" in cost.lines()[0]
    assert not list(tmp_path.iterdir())


def test_data_of_another_kind_are_refused_by_its_own_words(package, tmp_path):
    with pytest.raises(UserError, match="no .npy of signals"):
        trained("digits", tmp_path)
