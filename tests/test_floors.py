"""The package's floors: a module imports only from its own floor or lower ones."""

import ast
import subprocess
import sys
from pathlib import Path

import elegan

ROOT = Path(elegan.__file__).parent
FLOORS = [
    [
        "errors",
        "paths",
        "files",
        "memory",
        "ranges",
        "facts",
        "journal",
        "machine",
        "screen",
        "interrupts",
        "chance",
        "latents",
        "codes",
        "parts",
        "ramp",
        "recipe",
        "losses",
        "gradients",
        "penalties",
        "criteria",
        "schedules",
        "optimizers",
        "running",
        "measure",
    ],
    ["nets", "data", "recipes", "regularisers", "pictures", "photos", "models", "charts", "page"],
    ["play", "tiles", "painting"],
    ["tasks"],
    ["gauge", "evaluate", "copies"],
    ["run", "evaluations"],
    ["views"],
    ["keeper", "sample", "inputs", "translate", "anomaly", "restore", "compare", "report", "alike", "latent", "export"],
    ["progress"],
    ["session"],
    ["estimate"],
    ["boundary", "cli_options", "cli_latent"],
    ["cli"],
    ["__main__", "__init__"],
]
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}


def imports(path: Path) -> set[str]:
    """Top-level elegan modules that a file imports, at its top or inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("elegan"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("elegan.")}
    return found & FLOOR.keys()


def test_no_edge_goes_up():
    upward = []
    for path in ROOT.rglob("*.py"):
        home = path.relative_to(ROOT).with_suffix("").parts[0]
        assert home in FLOOR, f"{home} has no floor yet"
        upward += [f"{path.relative_to(ROOT)} -> {name}" for name in imports(path) if FLOOR[name] > FLOOR[home]]
    assert not upward


def test_the_distributed_engine_stands_in_one_file():
    users = [p.name for p in ROOT.rglob("*.py") if "torch.distributed" in p.read_text() and p.name != "engine.py"]
    assert not users


def test_help_does_not_import_torch_and_nothing_imports_torchvision():
    code = "import sys, elegan.cli; assert 'torch' not in sys.modules, 'torch'"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert not [p for p in ROOT.rglob("*.py") if "import torchvision" in p.read_text()]
