"""The public face: what `elegan` shows, and that every piece of code in docs/python.md runs and prints what it says."""

import contextlib
import inspect
import io
import re
import subprocess
import sys
from pathlib import Path

import typer

import elegan

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
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
    from elegan.cli.main import app
    from elegan.training.session import plan_for

    train, plan = (dict(inspect.signature(f).parameters) for f in (elegan.train, plan_for))
    assert train.pop("quiet").default is False
    assert list(train.values()) == list(plan.values())

    command = typer.main.get_command(app).commands["train"]
    options = {p.name: p.default for p in command.params}
    # A direction is one of the settings, a dry run plans only, and of seeds a program makes a loop.
    assert options.keys() - {"direction", "dry_run", "seeds"} == train.keys()
    for name, parameter in train.items():
        assert (options[name] or None) == (parameter.default or None) or str(options[name]) == parameter.default, name
