"""How threads that wait for one another pass the time: OpenMP reads it from the environment when torch is loaded."""

import os

# What gains where other programs run, and loses on a quiet machine (docs/log.md).
WAITING = ("OMP_WAIT_POLICY", "passive")
NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


def chosen() -> str:
    """What the environment says of it; "" for nothing."""
    return ", ".join(f"{name}={os.environ[name]}" for name in NAMES if name in os.environ)
