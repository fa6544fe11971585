"""How threads that wait for one another pass the time: OpenMP reads it from the environment when torch is loaded."""

import os

# Long enough that on a quiet machine work comes before it is over, and so short that others get the core (docs/speed.md).
WAITING = ("GOMP_SPINCOUNT", "10000")
NAMES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


def chosen() -> str:
    """What the environment says of it; "" for nothing."""
    return ", ".join(f"{name}={os.environ[name]}" for name in NAMES if name in os.environ)


def choose() -> None:
    """Lets waiting threads give way soon, unless the user chose otherwise. Comes before torch is loaded."""
    if not chosen():
        name, value = WAITING
        os.environ[name] = value
