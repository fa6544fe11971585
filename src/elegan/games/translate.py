"""Pictures of one side into pictures of the other: from pairs, by cycles, by patches."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.ranges import Memories
from elegan.data.feed import Pair
from elegan.data.sides import Direction
from elegan.games.abilities import Repaint, Translates
from elegan.games.game import Game, Shape, Terms, Turn
from elegan.games.patch_losses import fool, judge
from elegan.games.pool import Pool, check_pool, one_process
from elegan.games.wiring import adversarial, criterion, discriminator, net
from elegan.losses.adversarial import Adversarial
from elegan.nets.augment.diffaugment import Augmented
from elegan.nets.layers import fill_up
from elegan.recipes.recipe import Recipe

PATCHES = 256  # places a picture and depth that PatchNCE looks at, or all where there are fewer


def _adversarial(recipe: Recipe) -> Adversarial:
    loss = adversarial(recipe)
    if loss.paired:
        raise UserError(f"losses.adversarial = {recipe.losses['adversarial'].name!r} compares with a real picture of the same "
                        "row, which translation does not have")  # fmt: skip
    return loss


def translate_pairs(recipe: Recipe, shape: Shape, *, augment: str = "") -> Game:
    """Pairs show what is wanted: a discriminator of (input, output) and a distance to the target (Isola et al. 2017).

    `augment` is a DiffAugment policy, applied to both pictures of a pair alike.
    """
    loss, reconstruct, way = _adversarial(recipe), criterion(recipe, "reconstruction"), Direction(recipe.data.direction)
    D = discriminator(recipe, shape.resolution, 2 * shape.channels, 0)
    G, memory = net(recipe, "generator", *shape, carries="multiple"), Pool(0, 2 * shape.channels, shape.resolution)
    nets = nn.ModuleDict({str(way): G, "discriminator": Augmented(D, augment), "pool": memory})

    def deceive(nets: nn.ModuleDict, batch: Pair) -> Terms:
        x, y = way.of(batch)
        fake = nets[way](x)
        pair = torch.cat([x, fake], 1)
        memory.put(pair)
        terms = {"adversarial": fool(loss, nets["discriminator"], pair)}
        return terms | ({"reconstruction": reconstruct(fake, y)} if reconstruct else {})

    def discriminate(nets: nn.ModuleDict, batch: Pair) -> Terms:
        real = torch.cat(way.of(batch), 1)
        adversarial, watched = judge(loss, nets["discriminator"], real, memory.take())
        return {"adversarial": adversarial} | watched

    return Game(
        nets=nets,
        players={"generator": (str(way),), "discriminator": ("discriminator",)},
        turns=(Turn("generator", deceive), Turn("discriminator", discriminate)),
        averaged=(str(way),),
        abilities=(Translates({way: _translation(way, G.multiple)}),),
    )


def translate_cycle(recipe: Recipe, shape: Shape, *, pool: Memories = 50, augment: str = "") -> Game:
    """Two generators that undo one another, so that no pairs are needed (Zhu et al. 2017).

    `pool` pictures of either side are remembered for the discriminators; `augment` is a DiffAugment policy.
    """
    check_pool(pool, recipe.batch)
    loss, cycle, identity = _adversarial(recipe), criterion(recipe, "cycle"), criterion(recipe, "identity")
    generators = {way: net(recipe, "generator", *shape, carries="multiple") for way in Direction}
    memory = {side: Pool(pool, shape.channels, shape.resolution) for side in "AB"}
    nets = nn.ModuleDict({str(way): G for way, G in generators.items()})
    for side in "AB":
        nets[f"discriminator_{side}"] = Augmented(discriminator(recipe, *shape), augment)
        nets[f"pool_{side}"] = memory[side]

    def deceive(nets: nn.ModuleDict, batch: Pair) -> Terms:
        terms: Terms = {}
        for side, other, x, y in (("A", "B", batch.A, batch.B), ("B", "A", batch.B, batch.A)):
            there, back = nets[f"{side}to{other}"], nets[f"{other}to{side}"]
            fake, *same = there(torch.cat([x, y]) if identity else x).chunk(2 if identity else 1)
            memory[other].put(fake)
            terms[f"adversarial_{other}"] = fool(loss, nets[f"discriminator_{other}"], fake)
            if cycle:
                terms[f"cycle_{side}"] = cycle(back(fake), x)
            if identity:
                terms[f"identity_{other}"] = identity(same[0], y)
        return terms

    def discriminate(nets: nn.ModuleDict, batch: Pair) -> Terms:
        terms: Terms = {}
        for side, real in (("A", batch.A), ("B", batch.B)):
            adversarial, watched = judge(loss, nets[f"discriminator_{side}"], real, memory[side].take())
            terms |= {f"adversarial_{side}": adversarial} | {f"{k}_{side}": v for k, v in watched.items()}
        return terms

    return Game(
        nets=nets,
        players={"generator": ("AtoB", "BtoA"), "discriminator": ("discriminator_A", "discriminator_B")},
        turns=(Turn("generator", deceive), Turn("discriminator", discriminate)),
        averaged=("AtoB", "BtoA"),
        abilities=(Translates({way: _translation(way, G.multiple) for way, G in generators.items()}),),
        one_process=one_process(pool),
    )


def translate_patches(
    recipe: Recipe, shape: Shape, *, mirror: bool = False, pool: Memories = 0, augment: str = ""
) -> Game:
    """One generator, held to its input patch by patch (CUT: Park et al. 2020).

    losses.nce ties the output to the input, losses.identity_nce the generator's picture of a target to that target.
    `mirror` shows the generator half of the inputs mirrored and compares with the upright ones (FastCUT).
    """
    check_pool(pool, recipe.batch)
    loss, nce, identity = _adversarial(recipe), criterion(recipe, "nce"), criterion(recipe, "identity_nce")
    way = Direction(recipe.data.direction)
    G = net(recipe, "generator", *shape, carries="multiple")
    if not hasattr(G, "features"):
        raise UserError(
            f"nets.generator = {recipe.nets['generator'].name!r} shows no features to contrast; use resnet_translator"
        )
    memory, D = Pool(pool, shape.channels, shape.resolution), discriminator(recipe, *shape)
    heads = net(recipe, "heads", G.feature_channels)
    nets = nn.ModuleDict({str(way): G, "heads": heads, "discriminator": Augmented(D, augment), "pool": memory})

    def contrast(
        criterion: Callable[..., Tensor],
        nets: nn.ModuleDict,
        fake: Tensor,
        source: Tensor,
        flipped: Tensor | None = None,
    ) -> Tensor:
        with torch.no_grad():
            shown = G.features(source)
            places = [_places(f) for f in shown]
            keys = nets["heads"](shown, places)
        features = G.features(fake)
        if flipped is not None:
            features = [torch.where(flipped, f.flip(3), f) for f in features]
        queries = nets["heads"](features, places)
        return torch.stack([criterion(q, k) for q, k in zip(queries, keys, strict=True)]).mean()

    def deceive(nets: nn.ModuleDict, batch: Pair) -> Terms:
        x, y = way.of(batch)
        flipped = rng.uniform(len(x), 1, 1, 1, device=x.device) < 0.5 if mirror else None
        seen = x if flipped is None else torch.where(flipped, x.flip(3), x)
        fake, *same = nets[way](torch.cat([seen, y]) if identity else seen).chunk(2 if identity else 1)
        memory.put(fake)
        terms = {"adversarial": fool(loss, nets["discriminator"], fake)}
        if nce:
            terms["nce"] = contrast(nce, nets, fake, x, flipped)
        if identity:
            terms["identity_nce"] = contrast(identity, nets, same[0], y)
        return terms

    def discriminate(nets: nn.ModuleDict, batch: Pair) -> Terms:
        _, real = way.of(batch)
        adversarial, watched = judge(loss, nets["discriminator"], real, memory.take())
        return {"adversarial": adversarial} | watched

    return Game(
        nets=nets,
        players={"generator": (str(way), "heads"), "discriminator": ("discriminator",)},
        turns=(Turn("generator", deceive), Turn("discriminator", discriminate)),
        averaged=(str(way),),
        abilities=(Translates({way: _translation(way, G.multiple)}),),
        one_process=one_process(pool),
    )


def _places(features: Tensor) -> Tensor:
    """Places drawn in each picture's features, none twice: one drawn again would stand among its own wrong answers."""
    n, _, h, w = features.shape
    return rng.subsets(n, min(PATCHES, h * w), h * w, device=features.device)


def _translation(way: Direction, multiple: int) -> Repaint:
    """The translator of this way for pictures of any size."""

    def translate(nets: nn.ModuleDict, x: Tensor) -> Tensor:
        translated: Tensor = nets[way](fill_up(x, multiple))
        return translated[..., : x.shape[2], : x.shape[3]]

    return translate
