"""The guard: watches a training as it goes and says when it has fallen sick, and by what it noticed.

It draws no random numbers and changes no network, so a run that it watches is the run without it.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from elegan.core.errors import Failure
from elegan.training.guard.rules import NOT_FINITE, RULES, Rule, highest, lowest
from elegan.workflows.signs import Probe

PROBES, LEAST = 100, 20  # in a run: as many, and where they would cost too much beside the steps no fewer
COST = 25  # steps whose batch is as large as a probe, between two probes
OVER = 5  # probes in a row that do not show it, after which an alarm is over and may come again


@dataclass(frozen=True)
class Alarm:
    """Something that the guard noticed at `step`, and has seen since `since`; `text` for people, `signs` the newest values."""

    rule: Rule
    group: str
    step: int
    since: int
    text: str
    signs: dict[str, float]


class Diverged(Failure):
    """A number that is no longer finite, as an alarm too."""

    def __init__(self, alarm: Alarm):
        super().__init__(f"{alarm.text}: training diverged; a lower optimizers.*.lr or a penalty helps")
        self.alarm = alarm


def diverged(what: str, value: float, step: int) -> Diverged:
    """The failure of a training in which this is no longer finite."""
    return Diverged(Alarm(NOT_FINITE, "", step, step, f"{what} is {value} at step {step}", {}))


class Guard:
    """Watches a run of `steps` steps: `begin` before the first, `after` each; `state` and `load` for what an interruption
    must not lose. `probe` None watches losses and gradients alone; `batch` is that of a step;
    `begun` the step at which what is trained now began, after the run was taken back."""

    def __init__(self, probe: Probe | None, steps: int, batch: int, begun: int = 0):
        self.probe, self.steps, self.begun = probe, steps, begun
        cheap = math.ceil(COST * (probe.pictures if probe else 0) / batch)
        self.every = max(math.ceil(steps / PROBES), min(cheap, math.ceil(steps / LEAST)))
        self.series: dict[str, dict[str, list[tuple[int, float]]]] = {}  # by group and sign: (step, value)
        self.ill: dict[str, int] = {}  # by rule and group: how many probes ago it last showed
        self.norms: dict[str, list[float]] = defaultdict(list)  # of gradients, by player, since the last probe
        self.unread: tuple[int, list[str], int, Tensor] | None = None

    def begin(self, average: nn.ModuleDict, nets: nn.ModuleDict) -> None:
        """Notes what networks make that have learnt nothing."""
        if self.probe:
            self._keep(0, self.probe(average, nets, True))

    def after(
        self,
        step: int,
        terms: Mapping[str, Tensor],
        norms: Mapping[str, Tensor],
        average: nn.ModuleDict,
        nets: nn.ModuleDict,
        thorough: bool = False,
    ) -> list[Alarm]:
        """The alarms that begin with step `step`, which left these terms and these lengths of gradients, by player;
        `thorough` where a look is taken as well. They are in the order of `RULES`.

        Raises Diverged where a number of the step before is not finite: it is read a step late, so that nothing waits.
        """
        self.read()
        values = torch.stack([*(term.detach().float() for term in terms.values()), *norms.values()])
        self.unread = (step, [*terms, *norms], len(terms), values)
        if not (self.probes(step) or thorough):
            return []
        self.read()
        signs = {player: {"gradient": median(values)} for player, values in self.norms.items()}
        self.norms.clear()
        self._keep(step, signs | (self.probe(average, nets, thorough) if self.probe else {}))
        return self.alarms(step)

    def probes(self, step: int) -> bool:
        """Whether the networks are looked at after this step."""
        return step % self.every == 0

    def read(self) -> None:
        """Reads what is not yet read. Raises Diverged for what is not finite."""
        if self.unread is None:
            return
        (step, names, terms, tensor), self.unread = self.unread, None
        for place, (name, value) in enumerate(zip(names, tensor.tolist(), strict=True)):
            what = name if place < terms else f"the gradient of the {name}"
            if not math.isfinite(value):
                raise diverged(what, value, step)
            if place >= terms:
                self.norms[name].append(value)

    def _keep(self, step: int, signs: Mapping[str, Mapping[str, float]]) -> None:
        for group, values in signs.items():
            for sign, value in values.items():
                self.series.setdefault(group, {}).setdefault(sign, []).append((step, value))

    def alarms(self, step: int) -> list[Alarm]:
        """The alarms that begin with this step, by the series up to it."""
        alarms = []
        for rule in RULES:
            for group in self.series:
                signs = {sign: [value for _, value in self._seen(rule, group, sign)] for sign in rule.signs}
                if step < self.begun + rule.patience or not all(signs.values()):
                    continue
                key = f"{rule.name}|{group}"
                if shown := rule.sick(signs, step / self.steps):
                    if key not in self.ill:
                        alarms.append(self._alarm(rule, group, step, shown))
                    self.ill[key] = 0
                elif key in self.ill:
                    self.ill[key] += 1
                    if self.ill[key] >= OVER:
                        del self.ill[key]
        return alarms

    def _seen(self, rule: Rule, group: str, sign: str) -> list[tuple[int, float]]:
        """What the rule is shown of a series."""
        pairs = self.series[group].get(sign, [])
        first = self.begun + rule.patience if rule.settled else 0
        return pairs[bisect_left(pairs, (first,)) :]

    def _alarm(self, rule: Rule, group: str, step: int, shown: int) -> Alarm:
        pairs = self._seen(rule, group, rule.signs[0])
        values = [value for _, value in pairs]
        text = rule.words.format(
            group=group, now=values[-1], first=values[0], best=lowest(values), most=highest(values)
        )
        newest = {sign: series[-1][1] for sign, series in self.series[group].items()}
        return Alarm(rule, group, step, pairs[-shown][0], text, newest)

    def state(self) -> dict[str, Any]:
        """The plain data that outlive an interruption."""
        self.read()
        return {"series": self.series, "ill": self.ill, "norms": dict(self.norms)}

    def load(self, state: Mapping[str, Any]) -> None:
        self.series = {
            group: {sign: [(int(step), value) for step, value in pairs] for sign, pairs in signs.items()}
            for group, signs in state["series"].items()
        }
        self.ill = dict(state["ill"])
        self.norms = defaultdict(list, {player: list(values) for player, values in state["norms"].items()})
