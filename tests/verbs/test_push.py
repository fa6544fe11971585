"""Runs on a hub, which stands on the loopback interface: put there, fetched, used, and refused."""

import contextlib
import io
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

import elegan as library
from elegan.cli.main import app
from elegan.core.errors import Failure, UserError
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
def known(there, tmp_path, monkeypatch):
    """This process uses the hub, as somebody whom it knows, with a cache of its own."""
    for name, value in there.variables(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return there


@pytest.fixture(scope="module")
def pushed(run, there, tmp_path_factory):
    """The files of the repository ada/digits, after a push on the command line that is done once."""
    said = ["--data", DATA, "--licence", "CC-BY-4.0", "--note", "To be shown."]
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        for name, value in there.variables(tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        typer.main.get_command(app)(["push", str(run.path), "hub:ada/digits", *said], standalone_mode=False)
    assert printed.getvalue() == f"{there.address}/ada/digits\n"
    return there.commits["ada/digits"][-1]


def test_a_run_is_put_on_the_hub_with_all_that_belongs_to_it(run, pushed, tmp_path):
    assert set(pushed) == {"README.md", "model.safetensors", "recipe.toml", "model.onnx", "images.png"}
    _, front, page = pushed["README.md"].decode().split("---\n", 2)
    for line in ("license: cc-by-4.0", "library_name: elegan", "pipeline_tag: unconditional-image-generation"):
        assert line in front
    assert "95 % interval" in front
    assert "1442 real and 100 generated" in front
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


def test_what_would_be_sent_is_looked_at_before(run, pushed, known, tmp_path):
    said = {"data": DATA, "licence": "CC-BY-4.0", "note": "To be shown."}
    before = len(known.asked)
    assert library.push(run, "hub:ada/digits", out=tmp_path / "look", **said) == str(tmp_path / "look")
    assert len(known.asked) == before
    written = {path.name: path.read_bytes() for path in (tmp_path / "look").iterdir()}
    assert written.keys() == pushed.keys()
    for name in ("README.md", "recipe.toml", "images.png", "model.safetensors"):
        assert written[name] == pushed[name], name
    with pytest.raises(UserError, match="holds something already"):
        library.push(run, "hub:ada/digits", out=tmp_path / "look", **said)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_it_is_opened_by_its_name_and_takes_the_place_of_a_run(run, pushed, known):
    theirs = library.Run.from_pretrained("ada/digits")
    assert (theirs.generate(3) == run.generate(3)).all()
    assert (library.Run.open("hub:ada/digits@main").generate(3) == run.generate(3)).all()
    assert theirs.licence == "CC-BY-4.0"
    assert library.sample(theirs, 4).as_posix() == "digits-results/generated/step2-0-3.png"
    assert library.Run.from_pretrained(run.path).path == run.path
    began = library.train(
        "digits", "cgan", settings=small("cgan"), steps=1, start="hub:ada/digits", name="own", quiet=True
    )
    assert began.info["began_with"]["generator"]["share"] == 1
    assert len([line for line in known.asked if line.startswith("GET")]) == 1  # the cache has it


def test_what_names_code_of_others_needs_trust_each_time(known, tmp_path, monkeypatch):
    (tmp_path / "networks_of_ada.py").write_text(
        "from elegan.nets import dcgan_generator\n"
        "def own(resolution, channels, classes, *, width: int = 16):\n"
        "    return dcgan_generator(resolution, channels, classes, width=width)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings = ["batch=8", "nets.discriminator.width=8", "nets.generator=networks_of_ada:own", "watch.images=64"]
    trained = library.train("digits", "dcgan", settings=settings, steps=1, name="foreign", quiet=True)
    run = library.Run.open(trained.path, trust=["networks_of_ada"])
    assert run.push_to_hub("ada/foreign", data="digits", licence="Ask me first") == f"{known.address}/ada/foreign"
    page = known.commits["ada/foreign"][-1]["README.md"].decode()
    assert "license: other\nlicense_name: ask-me-first\n" in page
    assert "elegan sample hub:ada/foreign --trust networks_of_ada" in page
    assert "from_pretrained('ada/foreign', trust=['networks_of_ada'])" in page
    for _ in range(2):
        sys.modules.pop("networks_of_ada", None)
        with pytest.raises(UserError, match="if you trust it: --trust networks_of_ada"):
            library.Run.open("hub:ada/foreign").generate(1)
        assert "networks_of_ada" not in sys.modules
        assert len(library.Run.from_pretrained("ada/foreign", trust=["networks_of_ada"]).generate(1)) == 1


def test_mistakes_end_in_a_line(run, pushed, known, monkeypatch):
    known.commits["ada/empty"] = [{"README.md": b"nothing else"}]
    for name, words in (
        ("hub:ada/nothing", "the hub has no model 'ada/nothing', or it is closed to you"),
        ("hub:ada/empty", "hub:ada/empty holds no model.safetensors"),
        ("hub:ada/digits@v9", "hub:ada/digits@v9 has no revision 'v9'"),
    ):
        with pytest.raises(UserError, match=words):
            library.Run.open(name)
    known.commits["ada/broken"] = [{"model.safetensors": pushed["model.safetensors"][:-5]}]
    with pytest.raises(UserError, match="is damaged"):
        library.Run.open("hub:ada/broken").generate(1)
    detector = library.train("digits", "ganomaly", settings=small("ganomaly"), steps=1, name="odd", quiet=True)
    said = {"data": DATA, "licence": "MIT"}
    with pytest.raises(UserError, match="say what may be done with the model: licence is empty"):
        library.push(detector, "hub:ada/odd", data=DATA)
    with pytest.raises(UserError, match="you may not write to others/odd on the hub .403."):
        library.push(detector, "hub:others/odd", **said)
    library.push(detector, "hub:ada/odd", samples=True, **said)  # it makes no pictures that ONNX could
    assert set(known.commits["ada/odd"][-1]) == {"README.md", "model.safetensors", "recipe.toml", "samples.png"}
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    with pytest.raises(UserError, match="you may not write to ada/odd on the hub .401."):
        library.push(detector, "hub:ada/odd", **said)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(Failure, match="hub:ada/later cannot be fetched, and is not in the cache"):
        library.Run.open("hub:ada/later")


@pytest.mark.parametrize(
    "name", ["hub:", "hub:digits", "hub:a/b/c", "hub:../../x", "hub:a/..", "hub:a/b@", "hub:a b/c", "ada/x"]
)
def test_other_names_are_refused_before_anything_is_asked(name):
    with pytest.raises(UserError, match="is not hub:OWNER/NAME"):
        repository(name)
