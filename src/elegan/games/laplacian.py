"""Images from coarse to fine: one generator makes a small image, others what each doubling lacks (Denton et al. 2015)."""

from dataclasses import replace

from torch import Tensor, nn
from torch.nn.functional import interpolate

from elegan.core.errors import UserError
from elegan.core.ranges import NonNegative, Repeats, Width
from elegan.core.sizes import Resolution, resolution_of, size_of
from elegan.data.feed import Batch
from elegan.games.abilities import Generates
from elegan.games.game import Game, Shape, Terms, Turn
from elegan.games.generate import generate
from elegan.recipes.recipe import Recipe


def laplacian(
    recipe: Recipe,
    shape: Shape,
    *,
    coarsest: Width = 8,
    n_critic: Repeats = 1,
    clip: NonNegative = 0.0,
    augment: str = "",
) -> Game:
    """A game at each level, which know nothing of one another: every level learns from the data's own coarse images.

    The resolution is halved until it is `coarsest` or less, at least once. nets.generator makes the coarsest image,
    nets.refiner what is added at each other level, nets.discriminator judges the sum; the networks and players of a
    level are called by its size, as generator_16. One latent holds the noise of all levels, the coarsest first. Other
    options as in `generate`.
    """
    if "refiner" not in recipe.nets:
        raise UserError(f"recipe {recipe.name!r} has no nets.refiner")
    sizes = _sizes(shape.resolution, coarsest)
    fine = recipe.model_copy(update={"nets": recipe.nets | {"generator": recipe.nets["refiner"]}})
    levels = {
        size: generate(
            recipe if size == sizes[-1] else fine,
            shape._replace(resolution=size),
            n_critic=n_critic,
            clip=clip,
            augment=augment,
        )
        for size in sizes[::-1]
    }
    makers = [level.ability(Generates) for level in levels.values()]
    latents = [part.latent for part in makers]

    def compose(nets: nn.ModuleDict, z: Tensor, label: Tensor | None) -> Tensor:
        x: Tensor | None = None
        for size, noise in zip(levels, z.split(latents, 1), strict=True):
            G = nets[f"generator_{size}"]
            x = G(noise, label) if x is None else _refined(G, enlarged(x, size), noise, label)
        assert x is not None
        return x.clamp(-1, 1)

    games = levels.items()
    return Game(
        nets=nn.ModuleDict({f"{name}_{size}": part for size, level in games for name, part in level.nets.items()}),
        players={
            f"{player}_{size}": tuple(f"{name}_{size}" for name in owned)
            for size, level in games
            for player, owned in level.players.items()
        },
        turns=tuple(
            _at_level(turn, size, tuple(level.nets), size == sizes[-1]) for size, level in games for turn in level.turns
        ),
        averaged=tuple(f"{name}_{size}" for size, level in games for name in level.averaged),
        abilities=(Generates(sum(latents), compose, max(part.classes for part in makers)),),
        optimizers={f"{player}_{size}": player for size, level in games for player in level.players},
    )


def halved(x: Tensor) -> Tensor:
    """Half the size, rounded up, without aliasing."""
    return interpolate(x, size=[(n + 1) // 2 for n in x.shape[2:]], mode="bilinear", antialias=True)


def enlarged(x: Tensor, size: Resolution) -> Tensor:
    return interpolate(x, size=list(size_of(size)), mode="bilinear")


def _sizes(resolution: Resolution, coarsest: int) -> list[Resolution]:
    sizes = [resolution]
    while (short := size_of(sizes[-1]).short) > coarsest or len(sizes) < 2:
        sizes.append(resolution_of([(side + 1) // 2 for side in size_of(sizes[-1])]))
    if short < 4:
        raise UserError(f"task.coarsest = {coarsest} halves {resolution} px to {sizes[-1]}; no level has less than 4")
    return sizes


class Refined(nn.Module):
    """The refiner G on top of enlarged images, which to losses and penalties is a generator like any other."""

    def __init__(self, G: nn.Module, low: Tensor):
        super().__init__()
        self.G, self.low = G, low

    def forward(self, z: Tensor, label: Tensor | None) -> Tensor:
        return _refined(self.G, self.low, z, label)


def _refined(G: nn.Module, low: Tensor, z: Tensor, label: Tensor | None) -> Tensor:
    lacking: Tensor = G(z, low, label)
    return low + lacking


def _at_level(turn: Turn, size: Resolution, names: tuple[str, ...], coarsest: bool) -> Turn:
    """A turn of the level's own game, in which the networks have their plain names, as one of the whole game."""

    def of_level(nets: nn.ModuleDict) -> nn.ModuleDict:
        return nn.ModuleDict({name: nets[f"{name}_{size}"] for name in names})

    def loss(nets: nn.ModuleDict, batch: Batch) -> Terms:
        own, real = of_level(nets), batch.real
        while real.shape[2] > size_of(size).height:
            real = halved(real)
        if not coarsest:
            own["generator"] = Refined(own["generator"], enlarged(halved(real), size))
        return turn.loss(own, Batch(real, batch.label))

    def after(nets: nn.ModuleDict) -> None:
        if turn.after:
            turn.after(of_level(nets))

    return replace(turn, player=f"{turn.player}_{size}", loss=loss, after=after)
