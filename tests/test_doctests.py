"""The examples in the docstrings give what they say; those that open a run find small ones in `runs/`, and a photograph in `pictures/`."""

import doctest
import importlib
from pathlib import Path

import pytest

import elegan
from rare import write_rare
from small import small

SOURCE = Path(elegan.__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    for path in SOURCE.glob("elegan/**/*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, sides):
    """Where the examples run: two runs of digits, one that finds what is unlike digits, one that translates, a photograph."""
    root = tmp_path_factory.mktemp("examples")
    for name, data, recipe in (
        ("digits", "digits", "rpgan"), ("other", "digits", "rpgan"), ("detector", "digits", "ganomaly"),
        ("by-class", "digits", "cgan"),
        ("dusk", sides, "pix2pix"),
    ):  # fmt: skip
        elegan.train(str(data), recipe, steps=4, settings=small(recipe), name=name, out=root / "runs", quiet=True)
    write_rare(root / "rare", {0: 12, 1: 4}, 6)
    (root / "pictures").mkdir()
    (root / "pictures" / "pagoda.png").write_bytes((sides / "trainA" / "00.png").read_bytes())
    return root


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name, request, monkeypatch, tmp_path):
    examples = [test for test in doctest.DocTestFinder().find(importlib.import_module(name)) if test.examples]
    assert examples
    opens = any(place in test.docstring for test in examples for place in ("runs/", "pictures/"))
    monkeypatch.chdir(request.getfixturevalue("folder") if opens else tmp_path)
    for test in examples:
        said: list[str] = []
        outcome = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
        assert not outcome.failed, "".join(said)


def test_every_public_name_has_an_example():
    # A failure is the world's, and not to be had on demand.
    public = [getattr(elegan, name) for name in elegan.__all__ if name not in ("__version__", "latent", "Failure")]
    assert not [thing for thing in public if ">>>" not in (thing.__doc__ or "")]
    assert "elegan.verbs.latent.tables" in MODULES
