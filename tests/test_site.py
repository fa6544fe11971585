"""The documentation as a site: built strictly, so that no link is dead; nothing of it is loaded from elsewhere; and what stands
beside it at the repository's root agrees with pyproject.toml."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import elegan
from elegan.cli.main import VERBS
from elegan.recipes import CATALOGUE

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


def page(site: Path, name: str) -> str:
    return (site / name / "index.html").read_text(encoding="utf-8")


def test_no_page_loads_anything_from_elsewhere(site):
    loads = re.compile(
        r"""<(?:script|img|link|iframe)\b[^>]*?(?:src|href)=["']?(?:https?:)?//[^>]*>|url\((?:https?:)?//"""
    )
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    assert len(pages) > 20
    assert not {hit for path in pages for hit in loads.findall(path.read_text(encoding="utf-8"))}


def test_the_reference_shows_every_public_name_verb_and_recipe(site):
    python, commands, parts = (page(site, f"reference/{name}") for name in ("python", "cli", "parts"))
    assert not [name for name in elegan.__all__ if name != "__version__" and f'id="elegan.{name}"' not in python]
    assert "&gt;&gt;&gt; " in python
    assert "<blockquote" not in python
    verbs = [verb.__name__ for panel in VERBS.values() for verb in panel]
    assert not [verb for verb in verbs if f"<code>elegan {verb}</code>" not in commands]
    assert not [name for name in CATALOGUE if f"<code>{name}</code>" not in parts]


def test_every_page_of_docs_is_in_the_navigation():
    named = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert not [name for name in pages if f": {name}\n" not in named]


def test_every_link_between_files_leads_somewhere():
    link = re.compile(r"\]\((?!https?://)([^)#\s]+)")
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")]
    assert not [
        (path.name, target)
        for path in pages
        for target in link.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]


def test_the_citation_and_the_gate_agree_with_the_project():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    gate = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]["gate"]
    assert gate["steps"][-1] == {"run": "bash .ci/run"}
    proven = gate["strategy"]["matrix"]["python"]
    assert PROJECT["requires-python"] == f">={proven[0]}"
    named = "Programming Language :: Python :: "
    assert [line.removeprefix(named) for line in PROJECT["classifiers"] if line.startswith(named)] == proven
    assert f"| Linux, Python {', '.join(proven)} | yes |" in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


def test_the_hooks_before_a_commit_are_the_checkers_of_the_gate():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [hook["id"] for hook in hooks] == ["ruff", "ruff-format", "hadolint", "compose", "mypy"]
    assert not [hook["entry"] for hook in hooks if hook["entry"].split()[0] not in gate]
