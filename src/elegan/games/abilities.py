"""Abilities: the things that the networks of a game can do once they have learnt them.

A game of your own may have one of these, or one that only you know: a subclass of `Ability`.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from elegan.data.sides import Direction
from elegan.nets.codes import Codes
from elegan.nets.latents import Prior, prior_of

Paint = Callable[[nn.ModuleDict, Tensor, Tensor | None], Tensor]
Repaint = Callable[[nn.ModuleDict, Tensor], Tensor]


@dataclass(frozen=True)
class Ability:
    """Something that networks can do; its functions take the averaged networks first, pictures are N x C x H x W in [-1, 1].

    `use`: the command for a run that is trained for it, with {run} for its folder and {trust} for the options that it needs;
    `lacking`: the words for a run without it, such as "makes no images from latents"; `does`: for one with it, "" where its
    averaged networks alone cannot do it.
    """

    use: ClassVar[str] = "elegan report {run}{trust}"
    lacking: ClassVar[str] = "cannot do that"
    does: ClassVar[str] = "does what its task says"

    def facts(self) -> dict[str, Any]:
        """The numbers that belong to it, by name, ready for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, int)}


@dataclass(frozen=True)
class Generates(Ability):
    """Images from latents: `generate(nets, z, label)` of z N x `latent` and, where it can be asked for one of `classes`,
    labels N (int64); else `classes` is 0 and labels are ignored.

    `truncate(nets, z, label, T)` does the same with a truncation that the network knows; without it z itself is truncated. z is
    standard normal whatever `prior` the network makes of it.
    """

    use = "elegan sample {run}{trust}"
    lacking = "makes no images from latents"
    does = "makes images from latents, one a seed"
    latent: int
    generate: Paint
    classes: int = 0
    truncate: Callable[[nn.ModuleDict, Tensor, Tensor | None, float], Tensor] | None = None
    prior: Prior = "normal"

    @classmethod
    def by_generator(cls, G: Any) -> "Generates":
        """The ability of a game whose network `generator` is G, which carries `latent`; also `classes` where it makes images of
        a class, and `truncate` where its forward takes a truncation."""
        return cls(
            latent=G.latent,
            generate=lambda nets, z, label: nets["generator"](z, label),
            classes=getattr(G, "classes", 0),
            truncate=(lambda nets, z, label, T: nets["generator"](z, label, T)) if hasattr(G, "truncate") else None,
            prior=prior_of(G),
        )

    @property
    def columns(self) -> int:
        """Columns of a grid of images: one a class where they are few and asked for, else 8."""
        return self.classes if 2 <= self.classes <= 16 else 8


@dataclass(frozen=True)
class Draws(Ability):
    """Windows of a series from latents: `draw(nets, z)`, N x `latent`, standard normal whatever the `prior`, to N x C x T in
    [-1, 1], T steps of C columns."""

    use = "elegan sample {run}{trust}"
    lacking = "draws no series"
    does = "draws windows of a series from latents, one a seed"
    latent: int
    draw: Repaint
    prior: Prior = "normal"


@dataclass(frozen=True)
class MakesSound(Ability):
    """Clips of sound from latents: `sound(nets, z, label)`, N x `latent` and labels N (None without `classes`) to samples N x T in
    [-1, 1], `rate` a second; `picture(nets, z, label)` gives their log-mel pictures alone, N x MELS x F in [-1, 1], for which a
    sound need not be made where the networks make pictures. `made`: what they make, which is exported."""

    use = "elegan sample {run}{trust}"
    lacking = "makes no sounds"
    does = "makes sounds from latents, one a seed"
    latent: int
    rate: int
    sound: Paint
    picture: Paint
    classes: int = 0
    made: Literal["pictures", "sounds"] = "pictures"


@dataclass(frozen=True)
class Vocodes(Ability):
    """Sounds from their log-mel pictures: `vocode(nets, picture)`, N x MELS x F in [-1, 1] to samples N x T in [-1, 1], `rate` a
    second."""

    use = "elegan evaluate {run}{trust}"
    lacking = "makes no sounds of log-mel pictures"
    does = "makes sounds of log-mel pictures"
    rate: int
    vocode: Repaint


@dataclass(frozen=True)
class Enhances(Ability):
    """Better sounds from damaged ones: `enhance(nets, x)`, samples N x T in [-1, 1] to the same, `rate` a second, T a multiple of
    the hop. `task`: what `elegan restore` calls it."""

    use = "elegan restore SOUND --task denoise --model {run}{trust}"
    lacking = "makes no sound better"
    does = "takes noise from sounds"
    task: ClassVar[str] = "denoise"
    rate: int
    enhance: Repaint


@dataclass(frozen=True)
class Widens(Enhances):
    """Sounds with the high frequencies that they lack."""

    use = "elegan restore SOUND --task bandwidth --model {run}{trust}"
    does = "gives sounds the high frequencies that they lack"
    task: ClassVar[str] = "bandwidth"


@dataclass(frozen=True)
class Tabulates(Ability):
    """Rows of a table from latents: `tabulate(nets, z, label)`, N x `latent` and labels N (None where there are no `classes`) to
    encoded rows N x W (`elegan.data.tables.columns`)."""

    use = "elegan sample {run}{trust}"
    lacking = "makes no rows of a table"
    does = "makes rows of a table from latents, one a seed"
    latent: int
    tabulate: Paint
    classes: int = 0


@dataclass(frozen=True)
class Writes(Ability):
    """Items of text from latents: `write(nets, z, temperature)`, N x `latent` to places N x T (int64) in a vocabulary
    (`elegan.data.text.vocabulary`), of probabilities to the power of 1 / temperature; and `nats(nets, places)`, -log p of each
    place, N x T, 0 after an item's end."""

    use = "elegan sample {run}{trust}"
    lacking = "writes no text"
    does = "writes items of text from latents, one a seed"
    latent: int
    write: Callable[[nn.ModuleDict, Tensor, float], Tensor]
    nats: Repaint


@dataclass(frozen=True)
class Judges(Ability):
    """Scores of single pictures by the discriminator as it stands, without augmentation: `judge(nets, x, label)` of all the
    game's networks, not their averages, to scores of N pictures, more where they look real."""

    lacking = "has no discriminator of single pictures"
    does = ""  # once it is trained
    judge: Paint


@dataclass(frozen=True)
class ShowsCodes(Ability):
    """Images that show `codes`, which are columns of the latent and which a network has learnt to read from them."""

    use = "elegan sample {run} --codes{trust}"
    lacking = "has no codes; infogan is a recipe with them"
    does = "has codes that each change something about the image"
    codes: Codes


@dataclass(frozen=True)
class Reconstructs(Ability):
    """Images of the data again: `reconstruct(nets, x, label)` of images and labels N, None without."""

    lacking = "makes no image again"
    does = "makes an image of the data again"
    reconstruct: Paint


@dataclass(frozen=True)
class Scores(Ability):
    """Scores of how unlike the data images are: `score(nets, x)` of images to N, more where an image is less like them."""

    use = "elegan anomaly {run} PICTURE...{trust}"
    lacking = "scores nothing (ganomaly is a recipe that does)"
    does = "scores how unlike the data an image is"
    score: Repaint


@dataclass(frozen=True)
class Translates(Ability):
    """Pictures of one side into the other's: `ways[direction](nets, x)` of pictures of any size to pictures of that size."""

    use = "elegan translate {run} PICTURE...{trust}"
    lacking = "does not translate"
    does = "translates pictures of one side into the other's"
    ways: dict[Direction, Repaint]

    def facts(self) -> dict[str, Any]:
        return {"ways": [str(way) for way in self.ways]}


@dataclass(frozen=True)
class Restores(Ability):
    """Damaged pictures to whole ones: `restore(nets, x)` of pictures of any size, beside them `hints` planes of what is known
    of the damage, to pictures `scale` times as large. `told`: the damages that tell these planes, where that is known."""

    use = "elegan restore PHOTO... --model {run}{trust}"
    lacking = "does not restore"
    does = "restores photographs"
    restore: Repaint
    hints: int
    scale: int
    told: tuple[str, ...] = ()
