"""Trained models over HTTP: `elegan serve`."""

from elegan.verbs.serve.limits import Limits
from elegan.verbs.serve.serve import serve

__all__ = ["Limits", "serve"]
