"""What the site has beside the pages of docs/: those at the repository's root, and the reference, drawn from the code."""

import posixpath
import re
from pathlib import Path

import griffe
import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.cli import get_docs_for_click

import elegan
from elegan.cli.main import app
from elegan.recipes import CATALOGUE, parts

ROOT = Path(__file__).parents[1]
AT_THE_ROOT = {
    "README.md": "index.md",
    "README.zh.md": "zh.md",
    **{name: name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")},
}
EXAMPLE = re.compile(r"(?:^>>> .*\n?(?:^(?!\s*$).*\n?)*)+", re.M)  # up to the next empty line
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#:\s]+)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that docs/ does not hold."""
    written = {
        "reference/python.md": python(),
        "reference/cli.md": command_line(),
        "reference/parts.md": recipe_parts(),
    }
    for name, text in written.items():
        files.append(File.generated(config, name, content=text))
    for name, place in AT_THE_ROOT.items():
        files.append(File.generated(config, place, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links between files of the repository into links between pages of the site."""
    here = page.file.src_uri
    own = {place: name for name, place in AT_THE_ROOT.items()}.get(here, f"docs/{here}")

    def on_site(link: re.Match) -> str:
        mark, text, target, anchor = link.groups(default="")
        in_repository = posixpath.normpath(posixpath.join(posixpath.dirname(own), target))
        if not in_repository.startswith("docs/") and in_repository not in AT_THE_ROOT:
            return text  # a file of the code, which is no page
        place = AT_THE_ROOT.get(in_repository, in_repository.removeprefix("docs/"))
        return f"{mark}[{text}]({posixpath.relpath(place, posixpath.dirname(here) or '.')}{anchor})"

    return LINK.sub(on_site, markdown)


def python() -> str:
    """Lists the public face, each name with its signature and docstring."""
    names = [name for name in elegan.__all__ if name != "__version__"]
    intro = "# The public face of `elegan`\n\nWhat programs may rely on. [From Python](../python.md) shows each at work.\n\n"
    return intro + "\n\n".join(f"::: elegan.{name}" for name in names)


def command_line() -> str:
    """Describes every verb of the command line with its arguments and options."""
    command = typer.main.get_command(app)
    return get_docs_for_click(obj=command, ctx=typer.Context(command), name="elegan", title="The command line")


def recipe_parts() -> str:
    """Tabulates what a recipe can name: the recipes themselves, and every part with its options and first line."""
    lines = ["# What a recipe can name", "", "| recipe | parent | |", "|---|---|---|"]
    lines += [
        f"| `{r.name}` | {r.parent and f'`{r.parent}`'} | {r.about.replace('|', '&#124;')} |"
        for r in CATALOGUE.values()
    ]
    for kind in parts.HOMES:
        lines += ["", f"## {kind}", "", "| name | options | |", "|---|---|---|"]
        for name, function in sorted(parts.names(kind).items()):
            options = ", ".join(f"`{option}={value!r}`" for option, value in parts.defaults(function).items())
            about = (function.__doc__ or "").strip().split("\n")[0]
            lines.append(f"| `{name}` | {options} | {about.replace('|', '&#124;')} |")
    return "\n".join(lines)


class FencedExamples(griffe.Extension):
    """Fences the examples of docstrings as code, as Markdown takes lines with `>>>` for a quotation."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        if obj.docstring:
            obj.docstring.value = EXAMPLE.sub(
                lambda found: f"```pycon\n{found[0].rstrip()}\n```\n", obj.docstring.value
            )
