"""The devices of this machine, by name."""

import os

import torch

from elegan.core.errors import UserError, nearest
from elegan.core.screen import detail

KINDS = ("cpu", "cuda", "mps")
ELSEWHERE = {"gpu": "cuda", "nvidia": "cuda", "apple": "mps", "metal": "mps"}  # other words for them


def present() -> list[str]:
    """The kinds of devices of this machine; `auto` is the last of them."""
    here = {"cpu": True, "mps": torch.backends.mps.is_available(), "cuda": torch.cuda.is_available()}
    return [kind for kind, there in here.items() if there]


def find_device(name: str) -> torch.device:
    """The device that auto, cpu, cuda, cuda:1, mps, ... name. Raises UserError for one that this machine does not have."""
    if name == "auto":
        name = present()[-1]
    kind, colon, number = name.partition(":")
    here = present()
    if kind not in KINDS:
        raise UserError(f"unknown device {name!r}{nearest(ELSEWHERE.get(kind.lower(), kind), KINDS)}")
    if kind not in here:
        raise UserError(f"device {name!r} is not on this machine, which has {', '.join(here)}")
    if name == "cuda":
        number = os.environ.get("LOCAL_RANK", "0")
    count = torch.cuda.device_count() if kind == "cuda" else 1
    if (colon or number) and number not in map(str, range(count)):
        valid = [kind, *(f"{kind}:{index}" for index in range(count))]
        raise UserError(f"device {name!r} is not on this machine, which has {', '.join(valid)}")
    device = torch.device(f"cuda:{number or 0}" if kind == "cuda" else kind)
    detail(f"device {device}{f' ({torch.cuda.get_device_name(device)})' if kind == 'cuda' else ''}")
    return device
