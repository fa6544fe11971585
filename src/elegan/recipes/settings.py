"""Changes to a recipe as people give them: "key=value" in text, mappings and objects in Python."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elegan.core.errors import UserError, shown
from elegan.recipes import parts

Settings = Sequence[str] | Mapping[str, Any]


def pairs(settings: Settings) -> list[tuple[str, Any]]:
    """Keys and values, in order. Values in text are TOML, where a bare word is a string.

    Raises UserError for a setting in text without `=`.
    """
    if isinstance(settings, Mapping):
        return [(str(key), value) for key, value in settings.items()]
    return [_pair(setting) for setting in ([settings] if isinstance(settings, str) else settings)]


def spelled(settings: Settings) -> list[str]:
    """Each as "key=value" in text, the same for a mapping as for the text that says the same."""
    if not isinstance(settings, Mapping):
        return [settings] if isinstance(settings, str) else list(settings)
    values = {key: by_name(value) for key, value in settings.items()}
    return [
        f"{key}={value if isinstance(value, str) else json.dumps(value, default=str)}" for key, value in values.items()
    ]


def by_name(value: Any) -> Any:
    """The value with every function and class in it by the name that a recipe has for it, and tuples as TOML's lists.

    Raises UserError for one that cannot be found again by a name.
    """
    if isinstance(value, Mapping):
        return {key: by_name(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [by_name(inner) for inner in value]
    return parts.name_of(value) if callable(value) else value


def owners(value: Any) -> frozenset[str]:
    """The modules of other packages that define the functions and classes in a value: who hands them over trusts them."""
    return frozenset(parts.owner(name) for name in map(parts.name_of, _objects(value)) if ":" in name)


def _objects(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _objects(inner)
    elif callable(value):
        yield value


def _pair(setting: str) -> tuple[str, Any]:
    key, equals, text = setting.partition("=")
    if not equals:
        raise UserError(f"--set {shown(setting)} is not of the form key=value")
    return key.strip(), _value(text.strip())


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    except (ValueError, RecursionError):
        raise UserError(f"--set: the value {shown(text)} is a number without end, or nested without end") from None
