"""docs/settings.md says what the code says."""

import importlib.util
import re
from pathlib import Path

import pytest

from elegan.core.errors import UserError
from elegan.recipes import find_recipe, parts

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def writer():
    spec = importlib.util.spec_from_file_location("settings_page", PAGE.with_suffix(".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_code_gives(writer):
    assert writer.page() == TEXT, "run: python docs/settings.py"


def test_every_part_has_its_heading():
    headings = re.findall(r"^### (\w+): (\w+)$", TEXT, re.M)
    assert sorted(headings) == sorted((kind, name) for kind in parts.HOMES for name in parts.names(kind))


# A row of the page with a bound, and a value just beyond it.
BEYOND = {"at least ": lambda x: x - 1, "at most ": lambda x: x + 1, "above ": lambda x: x, "below ": lambda x: x}


@pytest.mark.parametrize(
    "key", ["batch", "data.rotate", "watch.images", "optimizers.generator.lr", "nets.generator.width"]
)
def test_a_value_beyond_a_bound_of_the_page_is_refused(key):
    recipe = find_recipe("dcgan")
    kind = re.search(rf"^\| `{re.escape(key)}` \| ([^|]*) \|", TEXT, re.M)[1]
    bounds = [
        (name, float(value.replace(",", "")))
        for name, value in re.findall(r"(at least |at most |above |below )([\d.,]*\d)", kind)
    ]
    assert bounds
    for name, bound in bounds:
        value = BEYOND[name](bound)
        with pytest.raises(UserError, match=re.escape(key)):
            recipe.override({key: int(value) if "whole" in kind else value})


def test_a_default_of_the_page_is_taken():
    rows = re.findall(r"^\| `((?:data|watch)\.\w+)` \| [^|]* \| `([^`]+)` \|", TEXT, re.M)
    assert len(rows) > 15
    find_recipe("dcgan").override([f"{key}={value}" for key, value in rows])
