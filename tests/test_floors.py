"""The house: fourteen rooms on floors, every import runs down, and nothing goes round in a circle.

Deferred imports and those for types alone count as well.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import elegan

ROOT = Path(elegan.__file__).parent
# From the ground up. A room imports from itself and from those before it.
ROOMS = [
    "core", "recipes", "record", "data", "losses", "nets", "games", "metrics", "run", "workflows", "training", "verbs", "studio", "cli",
]  # fmt: skip
DOORS = ["__init__", "__main__"]  # beside the rooms: they show what lies inside


def modules() -> dict[str, Path]:
    """Every module by its name below elegan; a package by its folder's."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of elegan that a file imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "elegan":
            base = node.module.partition(".")[2]
            for alias in node.names:
                inner = f"{base}.{alias.name}".lstrip(".")
                yield inner if inner in known else base or "__init__"
        elif isinstance(node, ast.Import):
            yield from (a.name.partition(".")[2] for a in node.names if a.name.startswith("elegan."))


def graph() -> dict[str, set[str]]:
    known = modules()
    return {name: set(imports(path, known)) - {name} for name, path in known.items()}


def circles(edges: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected components of more than one node (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in edges[node]:
            if target not in index:
                visit(target)
            if target in stack:
                low[node] = min(low[node], low[target])
        if low[node] == index[node]:
            component = set(stack[stack.index(node) :])
            del stack[stack.index(node) :]
            if len(component) > 1:
                found.append(component)

    for node in edges:
        if node not in index:
            visit(node)
    return found


def test_the_root_holds_the_rooms_and_nothing_else():
    entries = {path.stem for path in ROOT.iterdir() if path.name not in ("__pycache__", "py.typed")}
    assert entries == {*ROOMS, *DOORS}


def test_every_import_runs_down():
    floor = {name: number for number, name in enumerate([*ROOMS, *DOORS])}
    upward = [
        f"{name} -> {target}"
        for name, targets in graph().items()
        for target in targets
        if floor[target.partition(".")[0]] > floor[name.partition(".")[0]]
    ]
    assert not upward


def test_no_module_imports_itself_by_a_detour():
    assert not circles(graph())


def test_the_search_for_circles_finds_them():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": {"f"}, "f": set()}) == [{"a", "b", "c"}]


def test_the_distributed_engine_stands_in_one_file():
    users = [p.name for p in ROOT.rglob("*.py") if "torch.distributed" in p.read_text() and p.name != "engine.py"]
    assert not users


def test_help_does_not_import_torch_and_nothing_imports_torchvision():
    code = "import sys, elegan.cli.main; assert 'torch' not in sys.modules, 'torch'"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert not [p for p in ROOT.rglob("*.py") if "import torchvision" in p.read_text()]


def test_what_takes_a_second_to_import_is_imported_where_it_computes():
    slow = re.compile(r"^(?:from|import) (?:sklearn|pandas|scipy\.stats)\b", re.M)
    assert not [path.name for path in ROOT.rglob("*.py") if slow.search(path.read_text(encoding="utf-8"))]


SPOKEN_WITHOUT_TORCH = """
import contextlib, io, sys
import typer
from elegan.cli.main import app
group = typer.main.get_command(app)
verbs = [[name] for name in group.commands if name != "latent"]
verbs += [["latent", name] for name in group.commands["latent"].commands]
calls = [[*verb, *rest] for verb in verbs for rest in (["--help"], ["nowhere", "--nonsense"])]
runs = "sample translate evaluate report export pack bundle film anomaly compare serve".split()
calls += [[verb, "nowhere"] for verb in runs] + [["evaluate"], ["evaluate", "--generated", "x"], ["runs"], ["recipes"]]
for call in calls:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(Exception):
        app(call, prog_name="elegan", standalone_mode=False)
    assert "torch" not in sys.modules, call
assert len(calls) > 50
"""


def test_help_mistakes_and_lists_of_every_verb_do_not_wait_for_torch(tmp_path):
    subprocess.run([sys.executable, "-c", SPOKEN_WITHOUT_TORCH], cwd=tmp_path, check=True)
