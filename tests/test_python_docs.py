"""The public face: what `elegan` shows, and that every piece of code in docs/python.md runs and prints what it says."""

import contextlib
import dataclasses
import inspect
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import elegan

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
SRC = str(Path(elegan.__file__).parents[1])
CODE = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
# Behind a line that prints stands what it prints; other comments are for people.
PRINTED = re.compile(r"^ *print\(.*\)  # (.*)$", re.M)


def test_every_piece_of_code_runs_and_prints_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict = {}
    for code in CODE:
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(code, "docs/python.md", "exec"), namespace)
        said = output.getvalue().splitlines()
        assert not [line for line in PRINTED.findall(code) if line not in said], said


def test_the_page_shows_every_public_name_at_work():
    code = "\n".join(CODE)
    assert len(CODE) > 10
    assert not [name for name in elegan.__all__ if name != "__version__" and f"elegan.{name}" not in code]


def test_public_names_are_listed_and_load_torch_only_when_used():
    code = (
        "import sys, elegan\n"
        "assert set(elegan.__all__) <= set(dir(elegan))\n"
        "assert 'torch' not in sys.modules\n"
        "missing = [name for name in elegan.__all__ if not hasattr(elegan, name)]\n"
        "assert not missing, missing\n"
        "assert 'torch' in sys.modules and not hasattr(elegan, 'nothing')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_line_and_python_train_with_the_same_options():
    """One dataclass says them: Python takes its fields, the command line those that text can say, with its words and defaults."""
    from elegan.cli.main import app
    from elegan.training.options import Options, about
    from elegan.training.plan import plan_for

    fields = {field.name: field.default for field in dataclasses.fields(Options)}
    for function in (elegan.train, plan_for):
        parameters = inspect.signature(function).parameters
        assert {name: p.default for name, p in parameters.items()} == fields
        assert [name for name, p in parameters.items() if p.kind is not p.KEYWORD_ONLY] == ["data", "recipe"]
    assert all(f"\n{name}: {about(name)}" in elegan.train.__doc__ for name in fields)

    command = typer.main.get_command(app).commands["train"]
    options = {p.name: p for p in command.params}
    # A direction is one of the settings, a dry run plans only, and of seeds a program makes a loop.
    assert options.keys() - {"direction", "dry_run", "seeds", "as_json", "quiet", "verbose"} == fields.keys() - {
        "labels",
        "quiet",
        "on_step",
        "on_look",
    }
    for name in options.keys() & fields.keys() - {"quiet"}:
        default = options[name].default
        assert (default or None) == (fields[name] or None) or str(default) == fields[name], name
        assert options[name].help.startswith(about(name)), name


@pytest.mark.slow
def test_a_checker_knows_the_options(tmp_path):
    (tmp_path / "calls.py").write_text(
        'import elegan\nelegan.train("digits", steps=3, on_look=lambda look: print(look.step))\n'
        'elegan.train("digits", stepps=3)\nelegan.train("digits", steps="3")\n'
    )
    command = [sys.executable, "-m", "mypy", "--ignore-missing-imports", "calls.py"]
    said = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"MYPYPATH": SRC}
    ).stdout
    assert 'calls.py:3: error: Unexpected keyword argument "stepps" for "train"' in said
    assert 'calls.py:4: error: Argument "steps" to "train" has incompatible type "str"' in said
    assert "Found 2 errors in 1 file" in said
