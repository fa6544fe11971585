"""Runs on a hub, which stands on the loopback interface: put there, fetched, used, and refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import elegan as library
from elegan.core.errors import UserError
from elegan.core.hub import repository
from hub_standin import hub
from small import small

for needed in ("huggingface_hub", "onnx", "onnxscript", "onnxruntime"):
    pytest.importorskip(needed, reason=f"{needed} is not installed; pip install 'elegan[hub,onnx]'")

DATA = "Handwritten digits of 43 people, from the UCI repository."


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    run = library.train("digits", "cgan", settings=small("cgan"), steps=2, out=out, name="digits", quiet=True)
    library.evaluate(run, metrics=["fd"], num=100, extractor="random")
    return run


@pytest.fixture(scope="module")
def there():
    with hub() as held:
        yield held


@pytest.fixture
def call(there, tmp_path):
    """Runs a command, or a program, in a process of its own: the library reads where the hub is when it is imported."""

    def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess:
        command = [sys.executable, *map(str, arguments)]
        env = os.environ | there.variables(tmp_path / "home") | variables
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=env)

    return run


@pytest.fixture(scope="module")
def pushed(run, there, tmp_path_factory):
    """The files of the repository ada/digits, after a push that is done once."""
    env = os.environ | there.variables(tmp_path_factory.mktemp("home"))
    command = [
        sys.executable,
        "-m",
        "elegan",
        "push",
        run.path,
        "hub:ada/digits",
        "--data",
        DATA,
        "--licence",
        "CC-BY-4.0",
    ]
    done = subprocess.run([*map(str, command), "--note", "To be shown."], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{there.address}/ada/digits\n"
    return there.commits["ada/digits"][-1]


def test_a_run_is_put_on_the_hub_with_all_that_belongs_to_it(run, pushed, tmp_path):
    assert set(pushed) == {"README.md", "model.safetensors", "recipe.toml", "model.onnx", "images.png"}
    _, front, page = pushed["README.md"].decode().split("---\n", 2)
    for line in ("license: cc-by-4.0", "library_name: elegan", "pipeline_tag: unconditional-image-generation"):
        assert line in front
    assert "95 % interval" in front
    assert "100 generated images" in front
    for words in (
        DATA, "To be shown.", "CC-BY-4.0", "elegan sample hub:ada/digits", "Run.from_pretrained('ada/digits')",
        "![images](images.png)", "## Limits", "Meant for looking", "| FD",
    ):  # fmt: skip
        assert words in page, words
    assert all(str(run.path.parent).encode() not in content for content in pushed.values())
    (tmp_path / "model.safetensors").write_bytes(pushed["model.safetensors"])
    (tmp_path / "images.png").write_bytes(pushed["images.png"])
    theirs = library.Run.open(tmp_path / "model.safetensors")
    assert (theirs.generate(9) == run.generate(9)).all()
    assert np.asarray(Image.open(tmp_path / "images.png")).max() == 255
    assert library.Recipe.from_toml(_written(tmp_path / "recipe.toml", pushed["recipe.toml"])) == run.recipe


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


USE = """
import elegan, json
run = elegan.Run.from_pretrained("ada/digits", trust=[])
again = elegan.Run.from_pretrained("hub:ada/digits")
print(json.dumps([run.generate(3).tolist(), (run.generate(3) == again.generate(3)).all().item(), str(run.folder), run.licence]))
try:
    run.push_to_hub("ada/digits", data="", licence="MIT")
except elegan.UserError as error:
    print(error)
print(run.push_to_hub("ada/second", data="digits", licence="Ask me first"))
"""


def test_programs_open_it_by_its_name_and_put_it_there(run, pushed, there, call):
    done = call("-c", USE)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert json.loads(lines[0]) == [run.generate(3).tolist(), True, "digits-results", "CC-BY-4.0"]
    assert lines[1:] == ["say where the data come from and what may be done with them: data is empty", f"{there.address}/ada/second"]  # fmt: skip
    front = there.commits["ada/second"][-1]["README.md"].decode()
    assert "license: other\nlicense_name: ask-me-first\n" in front


def test_commands_take_it_in_place_of_a_run(pushed, call, tmp_path):
    done = call("-m", "elegan", "sample", "hub:ada/digits", "--num", 4)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "digits-results" / "generated" / "step2-0-3.png").exists()
    small = ["--set", "nets.generator.width=16", "--set", "batch=8", "--steps", 1, "--name", "own", "-q"]
    done = call("-m", "elegan", "train", "digits", "--recipe", "cgan", "--from", "hub:ada/digits", *small, HF_HUB_OFFLINE="1")  # fmt: skip
    assert done.returncode == 0, done.stderr  # the cache has it
    began = json.loads((tmp_path / "runs" / "own" / "run.json").read_text())["began_with"]["generator"]
    assert began["share"] == 1


def test_what_names_code_of_others_needs_trust_each_time(run, there, call, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from pathlib import Path\nPath('ran').touch()\nfrom elegan.nets import dcgan_generator as made\n"
        "def mine(resolution, channels, classes, *, width: int = 16):\n    return made(resolution, channels, classes, width=width)\n"
    )
    done = call(
        "-m", "elegan", "train", "digits", "--recipe", "dcgan", "--set", "nets.generator=mine:mine", "--set", "batch=8",
        "--set", "nets.discriminator.width=8", "--steps", 1, "--name", "foreign", "-q",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = ["--data", "digits", "--licence", "MIT"]
    done = call("-m", "elegan", "push", "runs/foreign", "hub:ada/foreign", *said, "--trust", "mine")
    assert done.returncode == 0, done.stderr
    page = there.commits["ada/foreign"][-1]["README.md"].decode()
    assert "elegan sample hub:ada/foreign --trust mine" in page
    assert "from_pretrained('ada/foreign', trust=['mine'])" in page
    (tmp_path / "ran").unlink()
    for _ in range(2):
        done = call("-m", "elegan", "sample", "hub:ada/foreign", "--num", 1)
        assert done.returncode == 2
        assert "if you trust it: --trust mine" in done.stderr
        assert not (tmp_path / "ran").exists()
        assert call("-m", "elegan", "sample", "hub:ada/foreign", "--num", 1, "--trust", "mine").returncode == 0
        (tmp_path / "ran").unlink()


def test_mistakes_end_in_a_line(run, pushed, there, call):
    there.commits["ada/empty"] = [{"README.md": b"nothing else"}]
    push = ("push", run.path, "hub:ada/digits", "--data", DATA)
    for words, code, arguments, variables in (
        ("the hub has no model 'ada/nothing'", 2, ("sample", "hub:ada/nothing"), {}),
        ("hub:ada/empty holds no model.safetensors", 2, ("sample", "hub:ada/empty"), {}),
        ("hub:ada/digits@v9 has no revision 'v9'", 2, ("sample", "hub:ada/digits@v9"), {}),
        ("hub:ada/digits cannot be fetched, and is not in the cache", 1, ("sample", "hub:ada/digits"), {"HF_ENDPOINT": "http://127.0.0.1:9"}),
        ("you may not write to others/digits on the hub (403)", 2, ("push", run.path, "hub:others/digits", "--data", DATA, "--licence", "MIT"), {}),
        ("you may not write to ada/digits on the hub (401)", 2, (*push, "--licence", "MIT"), {"HF_TOKEN": "hf_other"}),
        ("say what may be done with the model: licence is empty", 2, push, {}),
    ):  # fmt: skip
        done = call("-m", "elegan", *arguments, **variables)
        assert (done.returncode, words in done.stderr, done.stderr.count("\n")) == (code, True, 1), done.stderr


@pytest.mark.parametrize(
    "name", ["hub:", "hub:digits", "hub:a/b/c", "hub:../../x", "hub:a/..", "hub:a/b@", "hub:a b/c", "ada/x"]
)
def test_other_names_are_refused_before_anything_is_asked(name):
    with pytest.raises(UserError, match="is not hub:OWNER/NAME"):
        repository(name)
