"""docs/troubleshooting.md: every command of it ends in the line that the page shows, and with the exit code that it promises."""

import re
from pathlib import Path

import pytest
from PIL import Image

TEXT = (Path(__file__).parents[1] / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
CASES = re.findall(r"^```sh\nelegan (.*)\n```\n\n```text\n(elegan: .*)\n```$", TEXT, re.M)
SMALL = ("nets.generator.width=4", "nets.discriminator.width=4", "batch=16", "watch.images=32")


@pytest.fixture(scope="module")
def world(calls, tmp_path_factory) -> Path:
    """The folder in which the page's reader stands: a run of two steps, a photograph, and folders without pictures."""
    root = tmp_path_factory.mktemp("troubles")
    sets = [word for setting in SMALL for word in ("--set", setting)]
    done = calls("train", "digits", "--recipe", "dcgan", "--name", "run", "--steps", 2, *sets, cwd=root)
    assert done.code == 0, done.err
    (root / "empty").mkdir()
    (root / "broken").mkdir()
    for name in ("a.png", "b.jpg"):
        (root / "broken" / name).write_text("not a picture")
    Image.linear_gradient("L").resize((60, 40)).save(root / "photo.png")
    return root


def pattern(line: str) -> str:
    """The line as a regular expression: `...` is anything."""
    return ".*".join(re.escape(part) for part in line.split("..."))


def test_the_page_shows_twenty_errors():
    assert len(CASES) >= 20
    assert len({*CASES}) == len(CASES) == TEXT.count("```sh\n")


@pytest.mark.parametrize(("command", "line"), CASES, ids=[command for command, _ in CASES])
def test_a_command_ends_as_the_page_says(command, line, world, calls):
    done = calls(*command.split(), cwd=world)
    assert done.code == 2, done.err
    assert re.fullmatch(pattern(line), done.err.splitlines()[-1]), done.err
