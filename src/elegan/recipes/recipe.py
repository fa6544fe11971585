"""A recipe is pure data: what is built, how it learns, what is watched. It is read from and written to TOML.

Every recipe is the difference from its parent (`vary`), and a user's `--set key=value` is one more difference.
"""

import os
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from elegan.core import paths
from elegan.core.errors import UserError, nearest, shown
from elegan.core.ramp import Number
from elegan.core.ranges import BelowOne, BelowOneAlong, Count, NonNegative, NonNegativeCount, Pixels, Rate, Share, Side
from elegan.recipes import parts
from elegan.recipes.parts import Part
from elegan.recipes.settings import Settings, by_name, owners, pairs

# (value of an option, the whole recipe, what it is to fit, an `elegan.recipes.fit.Given`) -> the value that fits
Rule = Callable[[Any, "Recipe", Any], Any]

NESTED = 8  # deep, at most, that a recipe is
# Sections and values that a recipe written in full has in every version; a file without one of them may lean on its parent.
WRITTEN = {"name", "steps", "batch", "task", "nets", "losses", "optimizers", "schedule", "data", "watch"}


def _in_own_words(metric: Any) -> Any:
    """fid and kid are fd and kd, in the features of watch.extractor."""
    return {"fid": "fd", "kid": "kd"}.get(metric, metric) if isinstance(metric, str) else metric


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Data(Section):
    """The reading of pictures, and their variation in training (before the discriminator sees them as real).

    `kind`: images to be like; two sides A and B to translate between, as pairs of one scene or as unpaired sets;
    photographs of any sizes, which the recipe's `damage` spoils and the network restores; a series, of which windows are
    learnt; a table, of which rows are; sounds, of which clips are; or a text, of which lines are.
    """

    kind: Literal["images", "pairs", "sides", "photographs", "series", "table", "sound", "text"] = "images"
    resolution: Side = 0  # 0: from the data; "256x384": height x width; of a series rows a window, then 24; of a text the most characters of a line, and its end
    channels: Literal[0, 1, 3, 4] = 0  # 0: from the data
    fit: Literal["crop", "pad", "stretch"] = "crop"
    # For sides: the short side is so many times the crop that is trained on; 0: its own.
    zoom: Annotated[NonNegative, Field(le=64)] = 1.12
    direction: Literal["AtoB", "BtoA"] = "AtoB"  # for pairs and one-sided translation: from what to what
    split: Literal["train", "all"] = "train"  # for photographs: all takes folders named test as well
    learn: Literal["photograph", "damage"] = "photograph"  # what is asked for; damage: what it tells, as a grey picture
    distinct: bool = False  # images: each once, where files are the same to the byte
    flip: bool = False
    crop: Pixels = 0  # random shifts by up to so many pixels
    rotate: Annotated[NonNegative, Field(le=180)] = 0.0  # random turns by up to so many degrees
    held: BelowOne = 0.2  # of a table or text: the share of it that is kept from training, to measure by
    target: str = ""  # of a table: the column that is told from the others where that is measured; empty: the last
    stride: Count = 1  # of a series: rows from the start of a window to that of the next
    apart: Literal["auto", "lines", "blank"] = "auto"  # of a text: what sets items apart; auto: from the data
    vocabulary: Annotated[NonNegativeCount, Field(le=100_000)] = 0  # of a text: byte pairs to learn; 0: characters
    rate: Rate = 0  # of sounds: samples a second; 0: from the data
    seconds: Annotated[NonNegative, Field(le=60)] = 0.0  # of sounds: the length of a clip; 0: from the data
    time: str = ""  # of a series: the column that says when; empty: from the data


class Watch(Section):
    """The looks at a training: what is logged, shown, measured and kept, and how often, in steps."""

    log: Count = 50
    every: NonNegativeCount = 0  # samples, metric and checkpoint; 0: a tenth of the run
    keep: Count = 2  # newest checkpoints kept, beside the best
    metric: Annotated[Literal["fd", "kd", "l1", "psnr", "ssim", "none"], BeforeValidator(_in_own_words)] = (
        "fd"  # l1, psnr, ssim: of photographs and pairs
    )
    extractor: str = "random"
    images: Annotated[Count, Field(ge=2, le=1_000_000)] = 2000
    tensorboard: bool = False


def _plain(name: str) -> str:
    return paths.check_name("name", name)  # it becomes part of a folder's


class Recipe(Section):
    """A recipe, as the module says. `losses` holds the adversarial loss and penalties, each penalty with `weight` and `every`;
    `damage` what is done to photographs, in this order, each with its `chance` of being done.

    >>> from elegan.recipes import find_recipe
    >>> recipe = find_recipe("dcgan").override(["losses.adversarial=hinge", "batch=32"])
    >>> recipe.losses["adversarial"].name, recipe.batch
    ('hinge', 32)
    """

    name: Annotated[str, AfterValidator(_plain)]
    parent: str = ""
    about: str = ""
    steps: Count = 100_000
    batch: Annotated[Count, Field(le=1 << 20)] = 64  # over all processes
    accumulate: Count = 1  # parts that a batch is played in, to save memory; batch norm sees one
    ema: BelowOneAlong = 0.999  # decay a step of the weights that are shown; 0: none
    statistics: Literal["averaged", "recomputed"] = "averaged"  # of batch norm in the networks that are shown
    compile: bool = False
    task: Part = Part(name="generate")
    nets: dict[str, Part] = {}
    losses: dict[str, Part] = {}
    optimizers: dict[str, Part] = {}
    schedule: Part = Part(name="constant")
    data: Data = Data()
    damage: dict[str, Part] = {}
    watch: Watch = Watch()
    _trust: frozenset[str] = PrivateAttr(frozenset())  # the user's word, which no file can give
    _fits: Mapping[str, Rule] | None = PrivateAttr(None)  # of the catalogue's recipes; a file's is taken as it is

    @property
    def fits(self) -> Mapping[str, Rule] | None:
        """The options that follow the data and the machine where this recipe is named, by key, each with its rule:
        (value, recipe, what is given) -> the value that fits. None: nothing does, its length neither. See `elegan.recipes.fit`.
        """
        return self._fits

    def fitting(self, rules: Mapping[str, Rule]) -> Self:
        """This recipe, in which these options too follow the data and the machine."""
        fitting = self.model_copy()
        fitting._fits = {**(self._fits or {}), **rules}
        return fitting

    @property
    def trust(self) -> frozenset[str]:
        """Modules, and data sets of the hub, that its user trusts; see `trusting`."""
        return self._trust

    def trusting(self, names: Iterable[str]) -> Self:
        """This recipe, which may then name the functions and classes that these modules define."""
        trusting = self.model_copy()
        trusting._trust = self._trust | frozenset([names] if isinstance(names, str) else names)
        return trusting

    @property
    def trust_options(self) -> str:
        """The options to add to a command on a run of this recipe."""
        return "".join(f" --trust {name}" for name in self.owners)

    @property
    def owners(self) -> list[str]:
        """The modules, and sets of the hub, that whoever uses a run of this recipe has to trust."""
        return sorted({parts.owner(name) for name in self.foreign().values()})

    def foreign(self) -> dict[str, str]:
        """The names by key that are not elegan's own: functions of other packages, and data that would be fetched."""
        named = {path: part.name for _, path, part in self.parts() if ":" in part.name}
        return named | ({"watch.extractor": needed} if (needed := parts.extractor_needs(self.watch.extractor)) else {})

    def trusted(self) -> frozenset[str]:
        """The same as `trust`, where that is enough for this recipe. Raises UserError with all that it names beyond, by key."""
        if refusal := parts.untrusted(self.foreign(), self._trust):
            raise UserError(f"recipe {self.name!r} needs {refusal}")
        return self._trust

    def vary(self, name: str, about: str, **changes: Any) -> "Recipe":
        """A recipe that differs from this one by `changes`, nested as in the file.

        A part of another name starts afresh, and None takes a part away. A part may be given as the function or class itself.
        """
        return self.changed({"name": name, "parent": self.name, "about": about, **changes})

    def changed(self, changes: dict[str, Any]) -> Self:
        """This recipe with nested changes, in which functions and classes stand for their names, and whoever hands them over
        trusts their modules. Raises UserError with every offending key and value, and for what has no name to find it by.
        """
        changed = type(self).parse(_merge(self.model_dump(), by_name(changes)))
        changed._fits = self._fits
        return changed.trusting(self._trust | owners(changes))

    def shared(self) -> Self:
        """This recipe for others to read: of absolute paths among its options the last name alone."""
        return type(self).parse(_without_folders(self.model_dump())).trusting(self._trust)

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """The recipe of nested data. Raises UserError with every offending key and value."""
        if _deeper(values, NESTED):
            raise UserError(f"a recipe is not nested more than {NESTED} deep")
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise UserError("; ".join(_line(e) for e in error.errors())) from None

    def parts(self) -> Iterator[tuple[str, str, Part]]:
        """Everything that is looked up by name, as (kind, path, part)."""
        yield "task", "task", self.task
        yield "schedule", "schedule", self.schedule
        for kind in ("nets", "losses", "optimizers", "damage"):
            for name, part in getattr(self, kind).items():
                yield kind, f"{kind}.{name}", part

    def full(self) -> dict[str, Any]:
        """The recipe as nested data with every option of every part written out.

        Raises UserError for parts that do not exist and options that they do not take.
        """
        values = self.model_dump()
        for kind, path, part in self.parts():
            *above, last = path.split(".")
            holder = values[above[0]] if above else values
            holder[last] = {"name": part.name} | filled(kind, part, path, self.trusted())
        return values

    def override(self, settings: Settings) -> Self:
        """The recipe after settings: `key=value` each, values in TOML (a bare word is a string), or a mapping, whose values may
        be functions and classes. Who names another package's function here thereby trusts its module.

        Raises UserError for a setting without `=`, an unknown key (with the nearest) or a wrong value.
        """
        changes = pairs(settings)
        recipe = self.trusting(owners(dict(changes)))
        for key, given in changes:
            key, value = recipe._known(key), by_name(given)
            if _may_come_and_go(key) and value in (None, "none"):
                value = None
            elif value is None:
                raise UserError(f"{key} = None: only losses and damages can be taken away")
            recipe = recipe.changed(nested(key, value))
            said = [name for path, name in recipe.foreign().items() if key in (path, f"{path}.name")]
            recipe = recipe.trusting(map(parts.owner, said))
        recipe.full()
        return recipe

    def _known(self, key: str) -> str:
        keys = set(flat_values(self.full()))
        whole = {path for _, path, _ in self.parts()}
        if key not in keys | whole and not _may_come_and_go(key):
            raise UserError(f"unknown key {shown(key)}{nearest(key, _same_ending(key, keys) or keys)}")
        return key

    def to_toml(self) -> str:
        return tomli_w.dumps(self.full())

    @classmethod
    def from_toml(cls, path: Path, parents: Mapping[str, "Recipe"] | None = None) -> Self:
        """The recipe of a file, which may leave out what it has of its `parent`, where that is among `parents`.

        Raises UserError where the file is not TOML or not a recipe, and for an unknown parent.
        """
        try:
            values = tomllib.loads(paths.read(path).decode("utf-8-sig"))
            if parents and values.get("parent") and not values.keys() >= WRITTEN:
                values = _with_parent({"name": path.stem, "about": "", **values}, parents)
            return cls.parse(values)
        except (OSError, ValueError, RecursionError) as error:  # ValueError: no UTF-8, no TOML, a number without end
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise UserError(f"{path} is not a recipe: {reason}") from None
        except UserError as error:
            raise UserError(f"{path}: {error}") from None


def _with_parent(values: dict[str, Any], parents: Mapping[str, Recipe]) -> dict[str, Any]:
    """The whole values of a recipe that says only what differs from its parent; "none" takes a loss or a damage away."""
    name = values["parent"]
    if not isinstance(name, str) or name not in parents:
        raise UserError(f"unknown parent {shown(name)}{nearest(str(name), parents)}")
    sections = {key: value for key, value in values.items() if key in ("losses", "damage") and isinstance(value, dict)}
    for kind, section in sections.items():
        known = {key: None if part == "none" else part for key, part in section.items()}
        values = values | {kind: known}
    return _merge(parents[name].model_dump(), values)


def _of_loss(*, weight: Number = 1.0, every: Count = 1) -> None:
    """The options of a penalty that the task takes, and not the penalty itself."""


def _of_damage(*, chance: Share = 1.0) -> None:
    """The options of a damage that the task takes, and not the damage itself."""


OUTER: dict[str, Callable[..., None]] = {"losses": _of_loss, "damage": _of_damage}


def filled(kind: str, part: Part, path: str, trusted: Collection[str] = ()) -> dict[str, Any]:
    """The options of a part that are not None, for which TOML has no word; with those of a penalty also its `weight` and
    `every`, with those of a damage its `chance`.
    """
    outer = OUTER.get(kind) if path != "losses.adversarial" else None
    taken = parts.defaults(outer) if outer else {}
    for_task = {key: value for key, value in part.options.items() if key in taken}
    inner = {key: value for key, value in part.options.items() if key not in taken}
    of_task = parts.options(outer, for_task, path) if outer else {}
    options = of_task | parts.options(parts.find(kind, part.name, trusted), inner, path)
    return {key: value for key, value in options.items() if value is not None}


def _without_folders(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_folders(part) for key, part in value.items()}
    if not isinstance(value, str):
        return value
    kind, colon, rest = value.partition(":")  # as in inception:FILE
    before, path = (kind + colon, rest) if os.path.isabs(os.path.expanduser(rest)) else ("", value)
    return before + os.path.basename(path) if os.path.isabs(os.path.expanduser(path)) else value


def _may_come_and_go(key: str) -> bool:
    return key.startswith(("losses.", "damage.")) and key.count(".") == 1


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, change in changes.items():
        before = merged.get(key)
        if change is None:
            merged.pop(key, None)
            continue
        if isinstance(before, dict) and "name" in before and isinstance(change, str):
            change = {"name": change}
        if not (isinstance(before, dict) and isinstance(change, dict)) or _another_part(before, change):
            merged[key] = change
        else:
            merged[key] = _merge(before, change)
    return merged


def _another_part(before: dict[str, Any], change: dict[str, Any]) -> bool:
    return "name" in change and "name" in before and change["name"] != before["name"]


def nested(key: str, value: Any) -> dict[str, Any]:
    """The change of one value as nested data: of nets.generator.width the one with `nets` at its top."""
    *above, last = key.split(".")
    change = {last: value}
    for name in reversed(above):
        change = {name: change}
    return change


def flat_values(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    """The values of nested data by their whole keys, as in nets.generator.width."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= flat_values(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return flat


def _same_ending(key: str, keys: set[str]) -> set[str]:
    return {known for known in keys if known.rpartition(".")[2] == key.rpartition(".")[2]}


def _deeper(values: Any, most: int) -> bool:
    """Whether anything is nested more than `most` deep; without going deep itself."""
    level = [values]
    for _ in range(most + 1):
        level = [inner for value in level if isinstance(value, dict | list) for inner in _inside(value)]
    return bool(level)


def _inside(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value)


def _line(error: Any) -> str:
    path = ".".join(str(place) for place in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"unknown key {shown(path)}{nearest(path, set(Recipe.model_fields))}"
    if error["type"] == "missing":
        return f"{path} is missing"
    return f"{path} = {shown(error['input'])}: {error['msg'].lower()}"
