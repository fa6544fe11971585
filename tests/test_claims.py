"""What README.md and docs/ say of commands, options, recipes, settings and metrics holds of the program."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from elegan.cli.main import app
from elegan.metrics.catalogue import METRICS, find_metric
from elegan.recipes import CATALOGUE, find_recipe, parts

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# The log tells of how things were; what it shows need not work any more.
PAGES = [ROOT / "README.md", *(path for path in sorted((ROOT / "docs").rglob("*.md")) if path.name != "log.md")]
WRONG_ON_PURPOSE = {"troubleshooting.md"}
COMMAND = typer.main.get_command(app)


def commands(page: Path) -> list[list[str]]:
    """The commands of elegan in a page's blocks of code, in words, without what stands for something left out."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```", text, re.M | re.S)
    blocks += re.findall(r"^    (elegan .*)$", text, re.M)
    lines = [line for block in blocks for line in block.splitlines() if re.match(r"(.*&& )?(\S*/)?elegan [a-z]", line)]
    words = [shlex.split(line.rpartition("&& ")[2], comments=True) for line in lines]
    return [[word for word in command[1:] if word != "..."] for command in words]


CALLS = [(page.name, tuple(words)) for page in PAGES if page.name not in WRONG_ON_PURPOSE for words in commands(page)]


def parsed(words: tuple[str, ...]) -> dict:
    """The parameters that the verb would be called with. Raises click's errors for what it does not take."""
    command, rest, context = COMMAND, list(words), None
    while hasattr(command, "commands"):
        name = rest.pop(0)
        assert name in command.commands, f"no command {name!r}"
        context = typer.Context(command, parent=context, info_name=name)
        command = command.commands[name]
    context = typer.Context(command, parent=context, info_name=command.name)
    given, left, _ = command.make_parser(context).parse_args(rest)
    assert not left
    return given


def test_there_are_commands_on_many_pages():
    assert len(CALLS) > 60
    assert len({page for page, _ in CALLS}) > 8


@pytest.mark.parametrize(
    ("page", "words"), CALLS, ids=lambda value: value if isinstance(value, str) else " ".join(value)[:80]
)
def test_a_command_is_taken(page, words):
    parsed(words)


@pytest.mark.parametrize(
    "words", [words for _, words in CALLS if "--set" in words and "--recipe" in words], ids=" ".join
)
def test_the_settings_of_a_command_are_those_of_its_recipe(words):
    given = parsed(words)
    if given["recipe"] not in CATALOGUE:
        pytest.skip("a recipe of the reader's own")
    own = [
        setting for setting in given["settings"] if not re.search(r"=\w+:\w|=mine$", setting) and "=W" not in setting
    ]
    find_recipe(given["recipe"]).override(own)


def test_the_table_of_recipes_has_every_recipe_and_no_other():
    rows = README.partition("| recipe | what it is |\n")[2].partition("\n\n")[0].splitlines()
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(CATALOGUE)


def test_recipes_named_by_commands_are_recipes():
    named = {words[place + 1] for _, words in CALLS for place, word in enumerate(words[:-1]) if word == "--recipe"}
    own = {name for name in named if name.endswith(".toml")}
    assert not named - own - set(CATALOGUE) - {"NAME"}


def test_metrics_named_by_commands_are_metrics():
    asked = {
        name for _, words in CALLS for place, word in enumerate(words[:-1]) if word == "--metrics"
        for name in words[place + 1].split(",") if ":" not in name
    }  # fmt: skip
    assert asked
    assert not [name for name in asked if find_metric(name).name not in METRICS]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("optimizers", r"optimisers (.*?);"),
        ("schedule", r"schedules\s+(.*?) \(on"),
    ],
)
def test_what_the_readme_lists_is_all_there_is(kind, said):
    listed = re.findall(r"`(\w+)`", re.search(said, README, re.S)[1])
    assert sorted(listed) == sorted(parts.names(kind))
