"""Items of text from latents: lines, or paragraphs."""

from collections.abc import Sequence
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.sizes import size_of, square_side
from elegan.data import InMemory
from elegan.data.shape import LARGEST
from elegan.data.sides import Direction
from elegan.data.text.lines import Text, TextFeed, open_text
from elegan.data.text.read import is_text
from elegan.data.text.vocabulary import END, Vocabulary
from elegan.data.text.vocabulary import from_facts as vocabulary_of
from elegan.games.abilities import Writes
from elegan.games.game import Game, Shape
from elegan.games.inference import written
from elegan.metrics import Features, Result, find_metric, measure
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets
from elegan.metrics.text import by_ngrams, features, perplexity
from elegan.metrics.values import Values
from elegan.metrics.watched import Gauge
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.plots import curves_of_quality, lines_beside
from elegan.workflows.workflow import Asked, Exported, Reference, View, Workflow, latent_inputs, with_remark

USUAL = ("bleu", "self-bleu", "perplexity", "novelty", "fd", "prdc")
MOST = 100_000  # real lines that are measured against, and generated ones
SHOWN = 24  # lines on a sheet
TEMPERATURES = (0.4, 0.6, 0.8, 1.0, 1.2)
CURVE = 500  # lines that are compared, a temperature, and as many with which


class TextWorkflow(Workflow):
    """The tasks that write items of text."""

    items = "lines"
    commands = MappingProxyType(
        {
            "elegan sample {run} --temperature 0.8": "more lines, here with less chance in them",
            "elegan evaluate {run}": "how good they are, how varied, and whether they are copies",
        }
    )

    def open(self, recipe: Recipe, source: str | InMemory, most: int = LARGEST) -> Text:
        if not isinstance(source, str) or not is_text(source):
            raise UserError(f"{recipe.name!r} learns a file of text, .txt; {source!r} is none")
        data = recipe.data
        longest = square_side(data.resolution, "a line of text has a number of characters")
        return open_text(source, longest, data.apart, data.vocabulary, data.held)

    def feed(self, data: Text, recipe: Recipe, seed: int, device: torch.device) -> TextFeed:
        return TextFeed(data, recipe.batch, seed, device)

    def facts(self, data: Text) -> dict[str, Any]:
        return {"vocabulary": data.vocabulary.facts(), "apart": data.apart}

    def size(self, shape: Shape) -> tuple[str, str]:
        return (
            f"{size_of(shape.resolution).short - 1} of {shape.channels - 2:,}",
            "places a line, and what they may hold",
        )

    def view(self, data: Text, game: Game, recipe: Recipe, run: Run, device: torch.device) -> View:
        return LinesView(data, game.ability(Writes), recipe, device)

    def evaluate(self, run: Run, asked: Asked) -> list[Result]:
        """Measures lines from latents against the lines that were learnt, or those of a file."""
        if asked.extractor not in ("auto", "values"):
            raise UserError(
                f"a text is measured by its own n-grams, not by extractor {asked.extractor!r}; leave it out"
            )
        if asked.split == "test":
            raise UserError("what a text holds out is measured beside the rest: leave out --split")
        data = self._real(run, asked)
        made = run.lines(seeds=range(asked.seed, asked.seed + min(asked.num, MOST)))
        record = {"data": data.name, "fingerprint": data.fingerprint, "split": asked.split} | run.record
        record |= {"lines from seed": asked.seed, "temperature": 1.0}
        sets = sets_of(data, made, run, asked.seed)
        names = asked.metrics or [name for name in USUAL if _can(name, sets)]
        results = measure(by_ngrams(), sets.real, sets.fake, names, asked.seed, record, sets.held_out)
        if not asked.metrics and not find_spec("sacrebleu"):
            results = with_remark(results, "BLEU was left out, for it needs sacrebleu: pip install 'elegan[text]'")
        return with_remark(results, "" if asked.data else run.changed(data.fingerprint))

    def likeness(self, run: Run, asked: Asked) -> np.ndarray | None:
        if not find_spec("sacrebleu"):
            return None
        return curves_of_quality({run.recipe.name: curve(run, self._real(run, asked), asked.seed)})

    def _real(self, run: Run, asked: Asked) -> Text:
        return self.open(run.recipe, asked.data or run.source)

    def make_one(self, game: Game, nets: nn.ModuleDict, shape: Shape, device: torch.device) -> None:
        written(game.ability(Writes), nets, [0], device)

    def exported(self, game: Game, nets: nn.ModuleDict, shape: Shape, way: Direction | None) -> Exported:
        writes = game.ability(Writes)
        inputs, about = latent_inputs(writes.latent)
        makes = ("places", {"axes": ["place"], "range": [0, shape.channels - 1]})
        return Exported(Writer(writes, nets), tuple(about), inputs, 0, about, makes=makes)

    def told(self, run: Run) -> list[str]:
        return run.lines(SHOWN)

    def how_chosen(self, run: Run) -> str:
        return "Lines of the data on the left and of the generator, chosen by nothing but their seeds, on the right."


class Writer(nn.Module):
    """The generator of a game of text as a module of its own: z to items N x T as places, at temperature 1."""

    def __init__(self, writes: Writes, nets: nn.ModuleDict):
        super().__init__()
        self.nets, self.write = nets, writes.write

    def forward(self, z: Tensor) -> Tensor:
        return self.write(self.nets, z, 1.0)


class LinesView(View):
    """Lines of the data beside as many from the same latents."""

    def __init__(self, data: Text, writes: Writes, recipe: Recipe, device: torch.device):
        self.writes, self.device, self.vocabulary = writes, device, data.vocabulary
        self.count = recipe.watch.images
        order = np.random.default_rng(rng.mix("gauge")).permutation(data.trained)
        self.shown = data.items(order[:SHOWN])
        new = np.random.default_rng(rng.mix("gauge held")).permutation(data.new)[: self.count]
        self.new = torch.from_numpy(data.padded(new))
        self.gauge: Gauge | None = None
        if recipe.watch.metric != "none":
            real = np.array(data.items(order[: self.count]), object)
            self.gauge = Gauge(
                recipe.watch.metric, Values(lambda lines: Features(features(list(lines))), "ngrams"), real
            )
            floor = self.gauge.floor(self.count)
            self.ideal = None if floor is None else Reference("real lines among themselves", floor)

    def measure(self, nets: nn.ModuleDict) -> dict[str, float]:
        if self.gauge is None:
            return {}
        lines = decoded(written(self.writes, nets, range(self.count), self.device), self.vocabulary)
        found = {self.gauge.label: self.gauge(np.array(lines, object))}
        if len(self.new):
            found["perplexity"] = perplexity(likelihoods(self.writes, nets, self.new, self.vocabulary, self.device))[0]
        return found

    def sheet(self, nets: nn.ModuleDict) -> np.ndarray:
        made = decoded(written(self.writes, nets, range(SHOWN), self.device), self.vocabulary)
        return lines_beside(self.shown, made)


def decoded(places: np.ndarray, vocabulary: Vocabulary) -> list[str]:
    return [vocabulary.decode(row) for row in places.tolist()]


@torch.no_grad()
def likelihoods(
    writes: Writes, nets: nn.ModuleDict, places: torch.Tensor, vocabulary: Vocabulary, device: torch.device
) -> torch.Tensor:
    """Of items N x T as places, N x 2: -log p of each, and its characters with its end."""
    nats = torch.cat([writes.nats(nets, part.to(device)).sum(1).cpu() for part in places.split(256)])
    return torch.stack([nats, torch.tensor([len(item) + 1.0 for item in decoded(places.numpy(), vocabulary)])], 1)


def _can(name: str, sets: Sets) -> bool:
    """Whether one of the usual metrics has what it needs."""
    metric = find_metric(name)
    assert isinstance(metric, Metric)
    enough = min(len(sets.real), len(sets.fake)) >= metric.least
    return enough and metric.needs <= sets.has() and ("bleu" not in name or find_spec("sacrebleu") is not None)


def sets_of(data: Text, made: Sequence[str], run: Run | None = None, seed: int = 0) -> Sets:
    """Generated lines beside those of a text, at most `MOST` of them at random, and its held-out ones; with the likelihood
    under a run of those that do not stand among the former."""
    order = np.random.default_rng(rng.mix("lines", seed)).permutation(data.trained)[:MOST]
    lines, kept = data.items(order), data.items(data.held[:MOST])
    held = None
    if kept:
        nats = None if run is None or not len(data.new) else _likelihood_under(run, data.items(data.new[:MOST]))
        held = Features(features(kept), lines=kept, nats=nats)
    return Sets(Features(features(lines), lines=lines), Features(features(made), lines=made), held)


def _likelihood_under(run: Run, lines: Sequence[str]) -> torch.Tensor:
    """As `likelihoods`, of lines as the run's own vocabulary has them, which may be of another file."""
    vocabulary = vocabulary_of(run.info["data"]["vocabulary"])
    encoded = vocabulary.encode(lines)
    places = torch.full((len(lines), 1 + max(map(len, encoded))), END)
    for row, item in zip(places, encoded, strict=True):
        row[: len(item)] = torch.tensor(item, dtype=torch.long)
    return likelihoods(run.ability(Writes), run.nets, places, vocabulary, run.device)


def curve(run: Run, data: Text, seed: int = 0) -> dict[str, tuple[float, float]]:
    """(self-BLEU-5, BLEU-5) by temperature, and of real lines in place of generated ones. Raises UserError without sacrebleu."""
    count = min(CURVE, data.count // 2)
    order = np.random.default_rng(rng.mix("real lines", seed)).permutation(data.trained)[: 2 * count]
    kinds = {f"{T:g}": run.lines(seeds=range(seed, seed + 2 * count), temperature=T) for T in TEMPERATURES}
    return {name: _place(data, lines, seed) for name, lines in (kinds | {"real": data.items(order)}).items()}


def _place(data: Text, lines: Sequence[str], seed: int) -> tuple[float, float]:
    sets, found = sets_of(data, lines, seed=seed), []
    for name in ("self-bleu", "bleu"):
        metric = find_metric(name)
        assert isinstance(metric, Metric)
        found.append(metric.estimate(sets, seed)[-1].value)
    return found[0], found[1]
