"""Adaptive discriminator augmentation (Karras et al. 2020b, "Training generative adversarial networks with limited data").

The transforms of appendix B: each is applied to each image independently with probability p, and p follows from how surely
the discriminator knows the training images. Images N x C x H x W about [-1, 1]; a fourth channel has no colour.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core import ramp, rng
from elegan.core.errors import UserError, nearest
from elegan.core.statistics import Running
from elegan.nets.augment.warp import SYM2, filtered, warped


def blit(x: Tensor, p: Tensor) -> Tensor:
    """Mirrors, turns by quarters (halves, where that would lay a picture on its side), shifts by whole pixels up to an eighth of the side: pixels are moved and never mixed."""
    mirror, turn, move = _drawn(x, p, 3).unbind(1)
    mirrored, quarters, *shift = rng.uniform(len(x), 4, device=x.device).unbind(1)
    x = torch.where(_each(mirror & (mirrored < 0.5)), x.flip(3), x)
    turns = range(4) if x.shape[2] == x.shape[3] else range(0, 4, 2)
    quarters = (quarters * len(turns)).long() * turns.step * turn
    x = torch.stack([x.rot90(k, (2, 3)) * _each(quarters == k) for k in turns]).sum(0)
    for dim, part in zip((2, 3), shift, strict=True):
        size = x.shape[dim]
        pixels = ((2 * part - 1) * 0.125 * size).round().long() * move
        place = (torch.arange(size, device=x.device) - pixels[:, None]) % (2 * size)
        place = torch.where(place < size, place, 2 * size - 1 - place)  # beyond the border: mirrored
        places = place[:, None, :, None] if dim == 2 else place[:, None, None, :]
        x = x.gather(dim, places.expand_as(x))
    return x


def geometry(x: Tensor, p: Tensor) -> Tensor:
    """Scales, rotates, stretches along any axis and shifts by fractions of a pixel, as one affine map."""
    scaled, stretched, moved = _drawn(x, p, 3).unbind(1)
    turned = _drawn(x, 1 - (1 - p).sqrt(), 2)  # twice, so that one of them happens with probability p
    scale, stretch, down, right = rng.normal(len(x), 4, device=x.device).unbind(1)
    before, after = (turned * (2 * rng.uniform(len(x), 2, device=x.device) - 1) * math.pi).unbind(1)
    size, ratio = torch.exp2(0.2 * scale * scaled), torch.exp2(0.2 * stretch * stretched)
    shift = 2 * 0.125 * torch.stack([right, down], 1) * moved[:, None]  # the picture is two wide here
    # From output to input. Scale and angle are as likely as their inverses.
    linear = torch.diag_embed(torch.stack([size * ratio, size / ratio], 1))
    linear = _rotation(before) @ linear @ _rotation(after)
    sides = torch.tensor([x.shape[3], x.shape[2]], device=x.device) / min(
        x.shape[2:]
    )  # places count in halves of either side
    linear = linear * sides / sides[:, None]
    theta = torch.cat([linear, linear @ -shift[..., None]], 2)
    return torch.where(_each(scaled | stretched | moved | turned.any(1)), warped(x, theta), x)


def color(x: Tensor, p: Tensor) -> Tensor:
    """Changes brightness, contrast, hue and saturation and inverts luma, as one affine map of colours."""
    applied = _drawn(x, p, 5)
    brighter, contrasted, inverted, hued, saturated = applied.unbind(1)
    brightness, contrast, saturation = rng.normal(len(x), 3, device=x.device).unbind(1)
    inversion, hue = rng.uniform(len(x), 2, device=x.device).unbind(1)
    eye, luma = torch.eye(3, device=x.device), torch.full((3, 3), 1 / 3, device=x.device)  # luma projects onto grey
    angle = _matrix((2 * hue - 1) * math.pi * hued)
    across = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], device=x.device) / 3**0.5
    maps = eye * _matrix(torch.exp2(0.5 * contrast * contrasted))
    maps = (eye - 2 * luma * _matrix(inverted & (inversion < 0.5))) @ maps
    maps = (luma + (eye - luma) * angle.cos() + across * angle.sin()) @ maps  # about the grey axis
    maps = (luma + (eye - luma) * _matrix(torch.exp2(saturation * saturated))) @ maps
    offset = maps.sum(2, keepdim=True) * _matrix(0.2 * brightness * brighter)
    colours, alpha = x[:, :3], x[:, 3:]
    y = (maps @ colours.flatten(2).expand(-1, 3, -1) + offset).unflatten(2, x.shape[2:])
    y = y.mean(1, keepdim=True) if x.shape[1] == 1 else torch.cat([y, alpha], 1)
    return torch.where(_each(applied.any(1)), y, x)


def _bands() -> Tensor:
    """Symmetric filters of the octaves up to 1/8, 1/4, 1/2 and 1 of the highest frequency, 4 x 43; their sum is the identity.

    The highest band is the part that a wavelet's low-pass (SYM2), run both ways, leaves out, the next the part that the same
    filter at half the rate leaves out of the rest, and so on.
    """
    low, rest, bands = np.convolve(SYM2, SYM2[::-1]) / 2, np.ones(1), []
    for octave in range(3):
        apart = np.zeros(6 * 2**octave + 1)
        apart[:: 2**octave] = low
        kept = np.convolve(rest, apart)
        bands.append(np.pad(rest, 3 * 2**octave) - kept)
        rest = kept
    bands.append(rest)
    return torch.tensor(np.stack([np.pad(b, (len(rest) - len(b)) // 2) for b in reversed(bands)]), dtype=torch.float32)


BANDS = _bands()


def spectrum(x: Tensor, p: Tensor) -> Tensor:
    """Makes four bands of frequencies stronger or weaker, and keeps the expected power of natural pictures."""
    applied = _drawn(x, p, 4)
    strength = torch.exp2(rng.normal(len(x), 4, device=x.device) * applied)
    own = torch.eye(4, device=x.device)
    gains = own * strength[:, None] + (1 - own)  # N x transform x band
    power = torch.tensor([10.0, 1.0, 1.0, 1.0], device=x.device) / 13
    gains = gains / (power * gains.square()).sum(2, keepdim=True).sqrt()
    kernels = gains.prod(1) @ BANDS.to(x.device)
    return torch.where(_each(applied.any(1)), filtered(x, kernels), x)


def noise(x: Tensor, p: Tensor) -> Tensor:
    """Adds normal noise to every pixel; its deviation is half-normal with 0.1."""
    deviation = 0.1 * rng.normal(len(x), 1, device=x.device).abs() * _drawn(x, p, 1)
    return x + _each(deviation) * rng.normal(*x.shape, device=x.device)


def cutout(x: Tensor, p: Tensor) -> Tensor:
    """Sets a rectangle of half of both sides to zero; its middle may lie at the border."""
    middle = rng.uniform(len(x), 2, device=x.device)
    places = [(torch.arange(size, device=x.device) + 0.5) / size for size in x.shape[2:]]
    rows, columns = ((place - middle[:, i, None]).abs() < 0.25 for i, place in enumerate(places))
    hole = rows[:, :, None] & columns[:, None, :] & _drawn(x, p, 1)[..., None]
    return x * ~hole[:, None]


FAMILIES = {
    "blit": blit, "geometry": geometry, "color": color, "spectrum": spectrum, "noise": noise, "cutout": cutout,
}  # fmt: skip


class Probability(Running):
    """The probability p, moved once in four of the discriminator's moves so that r = E[sign(D(real))] comes to `target`.

    At its constant speed p rises from 0 to 1 over `images` real images (section 3.1). With a `schedule` it follows that.
    """

    p: Tensor
    r: Tensor
    moves: Tensor
    MOVES = 4

    def __init__(self, target: float, images: int, schedule: ramp.Number | None = None):
        super().__init__()
        self.target, self.images, self.schedule = target, images, schedule
        self.register_buffer("p", torch.tensor(ramp.now(schedule) or 0.0))
        self.register_buffer("r", torch.zeros(()))
        self.register_buffer("moves", torch.zeros(()))

    def follow(self, mean: Tensor, count: Tensor) -> None:
        if self.schedule is not None:
            self.p.fill_(ramp.now(self.schedule))
            return
        self.moves += 1
        self.r += mean.squeeze() / self.MOVES
        # Arithmetic in place of a branch: asking for the value would make a GPU wait.
        due = self.moves == self.MOVES
        step = self.MOVES * count.squeeze() / self.images * (self.r - self.target).sign()
        self.p.copy_((self.p + due * step).clamp(0, 1))
        self.r *= ~due
        self.moves *= ~due


class Adaptive(nn.Module):
    """Augments with a probability that adapts. `policy` names families, separated by commas: blit, geometry and color (the
    paper's choice), spectrum, noise, cutout, which are applied in that order. A `p` takes the place of the one that adapts.

    Raises UserError for an unknown name, a target outside -1..1, `images` below 1, or a `p` outside 0..1.
    """

    def __init__(self, policy: str, target: float = 0.6, images: int = 500_000, p: ramp.Number | None = None):
        super().__init__()
        names = [name.strip() for name in policy.split(",") if name.strip()]
        for name in names:
            if name not in FAMILIES:
                raise UserError(f"unknown augmentation {name!r} in task.ada{nearest(name, FAMILIES)}")
        if not -1 < target < 1:
            raise UserError(f"task.ada_target = {target} must be between -1 and 1")
        if images < 1:
            raise UserError(f"task.ada_images = {images} must be 1 or more")
        if p is not None and not all(0 <= end <= 1 for end in (p[:2] if isinstance(p, ramp.Ramp) else (p,))):
            raise UserError(f"task.ada_p = {p if isinstance(p, float) else list(p)} must stay in 0..1")
        self.steps = [step for name, step in FAMILIES.items() if name in names]
        self.probability = Probability(target, images, p)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            x = x.float()
            for step in self.steps:
                x = step(x, self.probability.p)
        return x

    def judged(self, real_score: Tensor) -> dict[str, Tensor]:
        """Takes scores N of real images; gives what to watch, p and the mean sign of these scores."""
        signs = real_score.detach().float().sign()
        self.probability.see(signs[:, None])
        return {"p": self.probability.p.clone(), "overfitting": signs.mean()}


def _drawn(x: Tensor, p: Tensor, transforms: int) -> Tensor:
    """A mask N x transforms of the images that each transform is applied to."""
    return rng.uniform(len(x), transforms, device=x.device) < p


def _each(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)


def _matrix(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1)


def _rotation(angle: Tensor) -> Tensor:
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
