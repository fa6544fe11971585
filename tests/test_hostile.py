"""Files from elsewhere: whatever a run, recipe, model or folder of pictures holds, no code of it runs, nothing is written or
read outside, nothing hangs. Code would leave a marker file."""

import json
import os
import shutil
import socket
import struct
import sys
import tomllib
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import tomli_w
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import elegan
import elegan as library
from elegan.core import files, paths
from elegan.core.errors import UserError
from elegan.data import open_data, survey
from elegan.metrics import open_extractor
from elegan.nets.perceptual import vgg_features
from elegan.recipes import find_recipe
from elegan.recipes.recipe import Recipe
from elegan.run import Run

SMALL = ["nets.generator.width=8", "nets.discriminator.width=8", "watch.images=64", "watch.log=1"]
TINY = ["nets.restorer.width=8", "nets.restorer.blocks=1", "data.resolution=32", "batch=4", "watch.log=1"]
FOREIGN = [
    "builtins:exec",
    "builtins:eval",
    "os:system",
    "subprocess:run",
    "pickle:loads",
    "mine:loss",  # a module in the current folder
    "mine:system",  # imported there from elsewhere
    "mine:Loss.method",
    "elegan.core.files:clear_torn",
    "elegan.core.files:os",
    ".mine:loss",
    "mine:",
    ":",
]
VERBS = [
    ["sample", "RUN"],
    ["sample", "RUN", "--codes"],
    ["translate", "RUN", "PICTURE"],
    ["restore", "PICTURE", "--model", "RUN"],
    ["restore", "PICTURE", "--model", "MODEL"],
    ["pack", "RUN", "--out", "out.safetensors"],
    ["export", "RUN", "--out", "out.onnx"],
    ["anomaly", "RUN", "PICTURE"],
    ["augment", "PICTURES", "--with", "RUN"],
    ["evaluate", "RUN", "--num", "64"],
    ["copies", "RUN", "--num", "64"],
    ["report", "RUN"],
    ["bundle", "RUN", "--out", "out.zip"],
    *(
        [*verb, "PACKED", *rest]
        for verb, *rest in (
            (["sample"],),
            (["export"], "--out", "out.onnx"),
            (["pack"], "--out", "out.safetensors"),
            (["bundle"], "--out", "out.zip"),
            (["evaluate"], "--num", "64"),
            (["copies"], "--num", "64"),
            (["report"],),
            (["latent", "walk"],),
        )
    ),
    *(["latent", verb, "RUN"] for verb in ("walk", "interpolate", "truncation", "mix", "directions")),
    ["latent", "invert", "RUN", "PICTURE"],
    ["recipes", "RECIPE"],
    ["train", "digits", "--recipe", "RECIPE"],
    ["train", "digits", "--recipe", "RECIPE", "--dry-run"],
    ["train", "--resume", "RUN"],
    ["train", "digits", "--recipe", "dcgan", "--from", "RUN"],
    ["train", "PICTURES", "--recipe", "denoise", "--from", "MODEL"],
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Run:
    """A real run, small."""
    out = tmp_path_factory.mktemp("hostile")
    return library.train("digits", "dcgan", settings=SMALL, steps=2, out=out, name="run", quiet=True)


@pytest.fixture(scope="module")
def restoring(photographs, tmp_path_factory) -> Run:
    out = tmp_path_factory.mktemp("restoring")
    return library.train(str(photographs), "denoise", settings=TINY, steps=1, out=out, name="run", quiet=True)


@pytest.fixture
def place(trained, restoring, tmp_path, monkeypatch) -> Path:
    """The current folder: a copy of the run and of a packed model, a picture, and `mine`, which Python would find here."""
    shutil.copytree(trained.path, tmp_path / "run")
    elegan.pack(restoring, tmp_path / "model.safetensors")
    elegan.pack(trained, tmp_path / "packed.safetensors")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "picture.png")
    code = f"import pathlib\npathlib.Path({str(tmp_path / 'marker')!r}).write_text('')\n"
    own = "def loss():\n    raise RuntimeError\nclass Loss:\n    def method():\n        pass\n"
    (tmp_path / "mine.py").write_text(
        f"{code}from os import system\nfrom elegan.losses.adversarial import hinge\n{own}"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("mine", None)  # another test's
    yield tmp_path
    sys.modules.pop("mine", None)


@pytest.fixture
def called(monkeypatch, capsys):
    """Calls the entry point in this process; gives exit code and all that was said."""
    from elegan.cli.main import main

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["elegan", *map(str, arguments)])
        try:
            main()
        except SystemExit as exit:
            said = capsys.readouterr()
            return exit.code or 0, said.out + said.err
        raise AssertionError("the command line ends by an exit code")

    return call


def name_in(recipe: dict, key: str, name: str) -> dict:
    """The recipe with another name at this key."""
    *above, last = key.split(".")
    holder = recipe
    for part in above:
        holder = holder[part]
    holder[last] = name if isinstance(holder.get(last), str) else {"name": name}
    return recipe


def make_hostile(place: Path, key: str, name: str) -> None:
    """Run, recipe file and packed model name something foreign."""
    path = place / "run" / "recipe.toml"
    changed = tomli_w.dumps(name_in(tomllib.loads(path.read_text()), key, name))
    path.write_text(changed)
    (place / "recipe.toml").write_text(changed)
    for file, its in (("model.safetensors", "nets.restorer"), ("packed.safetensors", "nets.generator")):
        tensors, plain = files.read_tensors(place / file)
        name_in(plain["recipe"], its, name)
        files.write_tensors(place / file, tensors, plain)


@pytest.mark.parametrize("arguments", VERBS, ids=" ".join)
def test_no_verb_runs_what_a_file_names(arguments, place, called, photographs):
    names = {"RUN": "run", "MODEL": "model.safetensors", "RECIPE": "recipe.toml", "PICTURE": "picture.png"}
    names["PACKED"] = "packed.safetensors"
    names["PICTURES"] = photographs
    make_hostile(place, "nets.generator", "mine:loss")
    code, said = called(*(names.get(argument, argument) for argument in arguments))
    assert (code, "--trust mine (Python: trust=['mine'])" in said) == (2, True), said
    assert len(said.splitlines()) == 1
    assert not (place / "marker").exists()
    assert "mine" not in sys.modules


@pytest.mark.parametrize("name", FOREIGN)
def test_no_name_of_another_module_is_called(name, place):
    for key in ("nets.generator", "losses.adversarial", "losses.more", "task", "schedule", "optimizers.discriminator"):
        recipe = Recipe.parse(name_in(find_recipe("dcgan").full(), key, name))
        for use in (recipe.full, recipe.to_toml, lambda r=recipe: r.override(["batch=8"])):
            with pytest.raises(UserError):
                use()
    with pytest.raises(UserError):
        Recipe.parse(name_in(find_recipe("denoise").full(), "damage.noise", name)).full()
    with pytest.raises(UserError):
        open_extractor(name)
    assert not (place / "marker").exists()


def test_a_watched_extractor_is_no_way_in(place, called):
    for name, wanted in (("mine:Loss", "mine"), ("classifier:hf:somebody/set", "hf:somebody/set")):
        make_hostile(place, "watch.extractor", name)
        code, said = called("train", "--resume", "run")
        assert (code, f"--trust {wanted}" in said) == (2, True), said
    assert not (place / "marker").exists()


def test_all_that_a_run_needs_is_listed_at_once(place, called):
    for key, name in (
        ("nets.generator", "mine:Loss"),
        ("losses.adversarial", "yours.deep:loss"),
        ("schedule", "mine:s"),
    ):
        make_hostile(place, key, name)
    code, said = called("sample", "run")
    for words in ("nets.generator = 'mine:Loss'", "losses.adversarial = 'yours.deep:loss'", "schedule = 'mine:s'"):
        assert words in said
    assert (code, "--trust mine --trust yours.deep" in said) == (2, True)


def test_trust_is_given_each_time_and_for_what_a_module_defines(place, called):
    """A user's own loss by --set, then resumed, sampled and packed with --trust."""
    (place / "mine.py").write_text(
        "from os import system\nfrom elegan.losses.adversarial import hinge\ndef loss():\n    return hinge()\n"
    )
    small = [word for setting in SMALL for word in ("--set", setting)]
    begin = ["train", "digits", "--recipe", "dcgan", *small, "--set", "losses.adversarial=mine:loss", "--name", "own"]
    code, said = called(*begin, "--steps", "2")
    assert (code, "elegan sample runs/own --trust mine" in said) == (0, True), said
    for verb in (["sample", "runs/own"], ["train", "--resume", "runs/own", "--steps", "3"]):
        assert called(*verb)[0] == 2
        code, said = called(*verb, "--trust", "mine")
        assert code == 0, said
    for name in ("mine:system", "mine:hinge", "mine:__builtins__"):
        with pytest.raises(UserError, match="mine defines no function or class"):
            find_recipe("dcgan").override([f"losses.adversarial={name}"])
    assert find_recipe("dcgan").trusting(["mine"]).changed({"batch": 3}).vary("x", "y").trust == {"mine"}
    assert "_trust" not in Recipe.model_fields
    with pytest.raises(UserError, match="unknown key '_trust'"):
        Recipe.parse(find_recipe("dcgan").full() | {"_trust": ["mine"]})


def test_only_own_words_are_trust(place):
    """A setting trusts its own module, not another that the file names."""
    values = name_in(find_recipe("dcgan").full(), "nets.generator", "mine:Loss")
    with pytest.raises(UserError, match="--trust mine"):
        Recipe.parse(values).override(["losses.adversarial=elegan.losses.adversarial:hinge"])
    assert not (place / "marker").exists()


def test_weights_that_are_a_program_are_refused(place):
    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {place / 'marker'}",)

    torch.save({"features.0.weight": Evil()}, place / "evil.pth")
    torch.jit.script(torch.nn.Linear(1, 1)).save(place / "script.pth")
    os.mkfifo(place / "fifo.pth")
    for name in ("evil.pth", "script.pth", "fifo.pth"):
        with pytest.raises(UserError, match="nets.features.weights"):
            vgg_features(3, weights=str(place / name))
    with pytest.raises(UserError, match="is not the 2015 Inception file"):
        open_extractor(f"inception:{place / 'evil.pth'}")
    assert not (place / "marker").exists()


def test_an_onnx_file_is_arithmetic_on_its_own_weights(place):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    value, shape = onnx.helper.make_tensor_value_info, ["n", 3, "h", "w"]

    def save(node, domain, tensors=()):
        graph = onnx.helper.make_graph([node], "g", [value("x", 1, shape)], [value("y", 1, shape)], tensors)
        opsets = [onnx.helper.make_opsetid("", 13), *([onnx.helper.make_opsetid(domain, 1)] if domain else [])]
        onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8), place / "m.onnx")

    for domain, kind in (("evil.ops", "Run"), ("com.microsoft", "PythonOp")):
        save(onnx.helper.make_node(kind, ["x"], ["y"], domain=domain), domain)
        with pytest.raises(UserError, match=f"{domain}:{kind}"):
            open_extractor(str(place / "m.onnx"))
    (place.parent / "outside.bin").write_bytes(b"\0" * 4)
    (place / "link.bin").symlink_to(place.parent / "outside.bin")
    for location, words in ((str(place.parent / "outside.bin"), "leads out"), ("../outside.bin", "leads out"),
                            ("link.bin", "leads out"), ("gone.bin", "no file beside it")):  # fmt: skip
        weight = onnx.helper.make_tensor("k", 1, [1], b"\0" * 4, raw=True)
        weight.ClearField("raw_data")
        weight.data_location = onnx.TensorProto.EXTERNAL
        weight.external_data.add(key="location", value=location)
        save(onnx.helper.make_node("Add", ["x", "k"], ["y"]), "", [weight])
        with pytest.raises(UserError, match=words):
            open_extractor(str(place / "m.onnx"))


BAD_NAMES = ["", ".", "..", "../../x", "/tmp/x", "a/b", "a\\b", "a\0b", "a\nb", "x" * 201, "é" * 101]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_is_one_component_of_a_path(name, place, called):
    (place / "bad.toml").write_text(tomli_w.dumps(find_recipe("dcgan").full() | {"name": name}))
    code, said = called("train", "digits", "--recipe", "bad.toml", "--out", place / "out")
    assert (code, "name = " in said, len(said.splitlines())) == (2, True, 1), said
    code, said = called("train", "digits", "--recipe", "dcgan", "--out", place / "out", "--name", name)
    assert (code, "name = " in said or "--name is empty" in said) == (2, True), said
    assert not (place / "out").exists()


@given(st.text(max_size=300))
def test_a_plain_name_stays_in_its_folder(name):
    try:
        paths.check_name("name", name)
    except UserError:
        return
    inside = os.path.normpath(os.path.join("/folder", name))
    assert os.path.dirname(inside) == "/folder"
    assert os.path.basename(inside) == name


LINKS = {
    "run.json": ["sample", "run"],
    "recipe.toml": ["sample", "run"],
    "checkpoints": ["sample", "run"],
    "checkpoints/00000002.safetensors": ["sample", "run"],
    "generated": ["sample", "run"],
    "translated": ["translate", "run", "picture.png"],
    "copies": ["copies", "run", "--num", "64"],
    "latent": ["latent", "walk", "run"],
    "evaluations.jsonl": ["evaluate", "run", "--num", "64", "--metrics", "fd", "--extractor", "random"],
    "samples.png": ["report", "run"],
    "samples": ["report", "run"],
    "samples/00000001.png": ["report", "run"],
    "log.jsonl": ["train", "--resume", "run", "--steps", "3"],
    "timing.jsonl": ["train", "--resume", "run", "--steps", "3"],
    "start.safetensors": ["train", "--resume", "run", "--steps", "3"],
    ".lock": ["train", "--resume", "run", "--steps", "3"],
    "local.json": ["evaluate", "run", "--num", "64"],
}


@pytest.mark.parametrize("name", LINKS)
def test_links_out_of_a_run_are_not_followed(name, place, called):
    outside, link = place / "outside", place / "run" / name
    if link.is_dir() or link.exists():
        shutil.move(link, outside)
    elif "." in name:
        outside.write_text("{}\n")
    else:
        outside.mkdir()
    link.symlink_to(outside)
    if name == "start.safetensors":
        with pytest.raises(UserError, match="leads out of run"):
            _ = Run.open("run").start
        return
    before = contents(outside)
    code, said = called(*LINKS[name])
    assert (code, f"run/{name} is or lies behind a link" in said or name == "checkpoints") == (2, True), said
    assert "leads out of run" in said
    assert contents(outside) == before


def test_a_link_in_the_way_of_a_file_half_written_is_not_written_through(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (tmp_path / f".run.json.{os.getpid()}").symlink_to(outside)
    files.write(tmp_path / "run.json", b"{}")
    assert (outside.read_text(), (tmp_path / "run.json").read_text()) == ("mine", "{}")


def contents(path: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in [path, *path.rglob("*")] if p.is_file()}


def test_a_run_that_is_itself_linked_is_as_any(place, called):
    (place / "linked").symlink_to(place / "run")
    code, said = called("sample", "linked", "--num", "2")
    assert code == 0, said


@pytest.mark.parametrize("name", ["run.json", "recipe.toml", "evaluations.jsonl", "local.json"])
def test_a_run_of_pipes_does_not_hang(name, place, called):
    path = place / "run" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    verb = ["compare", "run", "run"] if name == "evaluations.jsonl" else ["evaluate", "run", "--num", "64"]
    code, said = called(*verb)
    assert (code in (1, 2), "Traceback" in said) == (True, False), said


@pytest.fixture
def odd_folder(tmp_path) -> Path:
    """Good pictures beside all that is none."""
    folder = tmp_path / "odd"
    (folder / "inner").mkdir(parents=True)
    for number in range(8):
        pixels = np.full((16, 16, 3), 20 * number, np.uint8)
        Image.fromarray(pixels).save(folder / "inner" / f"{number}.png")
    os.mkfifo(folder / "pipe.png")
    os.mkfifo(folder / "pipe")
    (folder / "endless.png").symlink_to("/dev/zero")
    (folder / "round.png").symlink_to("round.png")
    (folder / "round").symlink_to("round")
    (folder / "inner" / "back").symlink_to("..")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(folder)  # a socket's path is short
        listener.bind("socket.png")
        os.chdir(here)
    (folder / "elsewhere.png").symlink_to(folder / "inner" / "1.png")
    return folder


def test_what_is_no_file_is_skipped_and_named(odd_folder):
    found = dict(survey(str(odd_folder)).unreadable)
    assert found["pipe.png"] == found["pipe"] == "a FIFO, not a file"
    assert found["endless.png"] == "a device, not a file"
    assert found["socket.png"] == "a socket, not a file"
    assert found["round.png"] == found["round"] == "Too many levels of symbolic links"
    assert found["inner/back"] == "a link to a folder that was read already"
    assert len(found) == 7
    assert open_data(odd_folder).count == 9


def test_every_verb_on_such_a_folder_ends(odd_folder, elegan):
    for verb, code in ((["data"], 0), (["train", "--recipe", "dcgan", "--steps", "1", "--set", "batch=4"], 0),
                       (["restore", "--task", "denoise", "--out", "done"], 1)):  # fmt: skip
        done = elegan(verb[0], odd_folder, *verb[1:])
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
        assert "endless.png" in done.stdout + done.stderr


def test_a_pipe_or_device_as_an_argument_is_one_line(place, called):
    os.mkfifo(place / "pipe.png")
    os.mkfifo(place / "pipe.toml")
    os.mkfifo(place / "pipe.safetensors")
    for arguments in (
        ["data", "pipe.png"], ["data", "/dev/zero"], ["train", "pipe.png"], ["train", "digits", "--recipe", "pipe.toml"],
        ["train", "digits", "--recipe", "dcgan", "--from", "pipe.safetensors"], ["anomaly", "run", "pipe.png"],
        ["restore", "picture.png", "--model", "pipe.safetensors"], ["restore", "pipe.png"],
        ["restore", "picture.png", "--task", "inpaint", "--mask", "pipe.png", "--out", "done"],
        ["restore", "picture.png", "--task", "inpaint", "--mask", "/dev/zero", "--out", "done"],
        ["latent", "invert", "run", "pipe.png"], ["evaluate", "run", "--data", "pipe.png"],
        ["evaluate", "run", "--num", "64", "--extractor", "inception:pipe.png"],
    ):  # fmt: skip
        code, said = called(*arguments)
        assert (code in (1, 2), "Traceback" in said) == (True, False), (arguments, said)


def bomb(path: Path, count: int, size: int, declared: int, ending: str = "png") -> None:
    """A zip of entries that unpack to `size` zeros, each said to be `declared`."""
    packer, crc, zeros = zlib.compressobj(9, zlib.DEFLATED, -15), 0, bytes(1 << 20)
    packed = b"".join(packer.compress(zeros) for _ in range(size >> 20)) + packer.flush()
    crc = zlib.crc32(bytes(min(declared, 1 << 20))) if declared < size else 0
    directory = b""
    with open(path, "wb") as file:
        for number in range(count):
            name, start = f"{number}.{ending}".encode(), file.tell()
            sizes = struct.pack("<LLLHH", crc, len(packed), declared, len(name), 0)
            file.write(b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + name + packed)
            directory += b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
            directory += struct.pack("<HHHLL", 0, 0, 0, 0, start) + name
        start = file.tell()
        file.write(directory + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), start, 0))


def test_a_zip_bomb_is_refused_at_once(tmp_path, called):
    bomb(tmp_path / "bomb.zip", 100, 200 << 20, 200 << 20)
    for verb in ("data", "train"):
        code, said = called(verb, tmp_path / "bomb.zip")
        assert (code, "would unpack to 21 GB" in said) == (2, True), said


def test_a_zip_that_lies_about_its_sizes_is_not_unpacked_further(tmp_path):
    import tracemalloc

    bomb(tmp_path / "liar.zip", 3, 300 << 20, 100)
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="no readable image"):
            open_data(tmp_path / "liar.zip")
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_pictures_that_shrink_well_are_no_bomb(tmp_path):
    with zipfile.ZipFile(tmp_path / "drawings.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            drawing = Image.new("L", (2048, 2048), number)
            drawing.save(tmp_path / "one.bmp")
            archive.write(tmp_path / "one.bmp", f"{number}.bmp")
    assert open_data(tmp_path / "drawings.zip", 16).count == 20


@pytest.fixture(scope="module")
def private(tmp_path_factory) -> tuple[Path, Run]:
    """A run on a folder, everything of it below a folder whose name nobody should learn."""
    from sklearn.datasets import load_digits

    home = tmp_path_factory.mktemp("nobody-knows")
    (home / "pictures").mkdir()
    for number, image in enumerate(load_digits().images[:80]):
        Image.fromarray((image * 15).astype(np.uint8)).save(home / "pictures" / f"{number}.png")
    (home / "pictures" / "broken.png").write_bytes(b"")
    first = library.train(str(home / "pictures"), "dcgan", settings=SMALL, steps=1, out=home, name="first", quiet=True)
    return home, library.train(
        str(home / "pictures"), "dcgan", settings=SMALL, steps=2, out=home, name="run", start=first.path, quiet=True
    )


def test_what_is_shown_to_others_says_nothing_of_this_disk(private):
    from elegan.verbs.report.report import report

    home, run = private
    elegan.evaluate(run, num=64, metrics=["fd"], extractor="random")
    elegan.copies(run, num=64, alpha=0.1)
    report(run)
    told = [path for path in run.path.rglob("*") if path.is_file() and home.name.encode() in path.read_bytes()]
    assert [path.name for path in told] == ["local.json"]
    assert not any(home.name in line for line in run.info["data"]["notes"])


def test_models_for_others_say_nothing_of_this_disk(place, restoring, trained):
    pytest.importorskip("onnxscript")
    from elegan.verbs.export import export

    values = name_in(restoring.recipe.full(), "watch.extractor", "inception:/home/me/weights.pth")
    values["nets"]["features"] = {"name": "vgg_features", "weights": "/home/me/vgg.pth"}
    shutil.copytree(restoring.path, place / "restoring")
    (place / "restoring" / "recipe.toml").write_text(Recipe.parse(values).to_toml())
    elegan.pack(Run.open("restoring"), place / "told.safetensors")
    packed = (place / "told.safetensors").read_bytes()
    assert b"vgg.pth" in packed
    assert b"inception:weights.pth" in packed
    assert b"/home/me" not in packed
    export(trained, place / "told.onnx")
    exported = (place / "told.onnx").read_bytes()
    for folder in (trained.path.parent, Path(library.__file__).parent, Path(torch.__file__).parent):
        assert str(folder).encode() not in exported


def test_what_is_packed_and_bundled_of_a_private_folder_says_nothing_of_it(private, tmp_path):
    pytest.importorskip("onnxscript")
    home, run = private
    elegan.evaluate(run, num=64, metrics=["fd"], extractor="random")
    elegan.pack(run, tmp_path / "x.safetensors", note="ours")
    elegan.bundle(run, tmp_path / "x.zip")
    opened = Run.open(tmp_path / "x.safetensors")
    elegan.report(opened)
    elegan.export(opened, tmp_path / "x.onnx")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path / "unzipped")
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in made} >= {"x.safetensors", "report.html", "x.onnx", "card.md", "model.onnx", "use.py"}
    private_words = [
        home.name.encode(),
        str(tmp_path).encode(),
        str(Path.home()).encode() + b"/",
        str(run.path).encode(),
    ]
    told = {path.name: word for path in made for word in private_words if word in path.read_bytes()}
    assert not told
    with pytest.raises(UserError, match="does not say where its data lie"):
        _ = opened.source


HOSTILE_HEADERS = {
    "no facts": lambda plain: plain.pop("facts"),
    "facts of another kind": lambda plain: plain.update(facts=[1]),
    "a shape without end": lambda plain: plain["facts"]["shape"].update(resolution=10**9),
    "other classes": lambda plain: plain["facts"]["data"].update(classes=["a"]),
    "no recipe": lambda plain: plain.update(recipe="dcgan"),
    "an unknown part": lambda plain: plain["recipe"].update(task="os.system"),
    "a width without end": lambda plain: plain["recipe"]["nets"]["generator"].update(width=10**9),
    "another width": lambda plain: plain["recipe"]["nets"]["generator"].update(width=16),
    "a negative step": lambda plain: plain.update(step=-1),
    "a step of another kind": lambda plain: plain.update(step="1"),
    "an evaluation of nothing": lambda plain: plain.update(evaluations=[{"metric": "FD"}]),
    "a licence without end": lambda plain: plain.update(licence="x" * 10**6),
    "more than there is": lambda plain: plain.update(more=1),
    "a name that is none": lambda plain: plain.update(name=["x"]),
    "nested": lambda plain: plain.update(facts=json.loads("[" * 900 + "]" * 900)),
}


@pytest.mark.parametrize("kind", HOSTILE_HEADERS)
def test_a_hostile_header_of_a_packed_file_is_named(kind, place, trained, called):
    elegan.pack(trained, "x.safetensors")
    tensors, plain = files.read_tensors(place / "x.safetensors")
    HOSTILE_HEADERS[kind](plain)
    files.write_tensors(place / "x.safetensors", tensors, plain)
    verb = ["report", "x.safetensors"] if "evaluation" in kind else ["sample", "x.safetensors", "--num", "2"]
    code, said = called(*verb)
    assert code == 2, said
    assert len(said.splitlines()) == 1
    assert "x.safetensors" in said
    assert len(said) < 600


def test_a_packed_name_is_no_path_and_its_words_are_no_commands_to_the_terminal(place, trained, called):
    elegan.pack(trained, "x.safetensors")
    tensors, plain = files.read_tensors(place / "x.safetensors")
    plain |= {"name": "../../up\x1b[2J", "licence": "\x1b]0;x\x07", "note": "<script>a|b</script>\x1b[31m"}
    files.write_tensors(place / "x.safetensors", tensors, plain)
    code, said = called("sample", "x.safetensors", "--num", "2")
    assert (code, said) == (0, "x-results/generated/step2-0-1.png\n")
    code, said = called("report", "x.safetensors")
    assert code == 0, said
    assert "<script>" not in (place / "x-results" / "report.html").read_text()
    code, said = called("pack", "x.safetensors", "--out", "y.safetensors")
    assert code == 0, said
    assert "\x1b" not in said
    assert "<script>" not in said


def test_a_packed_file_that_is_cut_a_pipe_or_a_folder_is_named(place, trained, called):
    elegan.pack(trained, "x.safetensors")
    whole = (place / "x.safetensors").read_bytes()
    (place / "cut.safetensors").write_bytes(whole[:-100])
    (place / "long.safetensors").write_bytes(b"\xff" * 8 + whole[8:])
    (place / "other.safetensors").write_bytes(whole[:-4] + b"abcd")
    os.mkfifo(place / "fifo.safetensors")
    (place / "folder.safetensors").mkdir()
    (place / "gone.safetensors").symlink_to("nowhere")
    for name in ("cut", "long", "other", "fifo", "folder", "gone"):
        for verb in (["sample"], ["report"], ["train", "digits", "--recipe", "dcgan", "--from"]):
            code, said = called(*verb, f"{name}.safetensors")
            if (name, verb) == ("other", ["report"]):
                continue  # a report of a damaged file says so in its page
            assert code == 2, said
            assert f"{name}.safetensors" in said.splitlines()[-1]


def test_where_data_lie_is_kept_apart_and_old_runs_open(private, tmp_path):
    home, run = private
    assert run.source == str(home / "pictures")
    old = shutil.copytree(run.path, tmp_path / "old")
    (old / "local.json").unlink()
    with pytest.raises(UserError, match="does not say where its data lie"):
        _ = Run.open(old).source
    info = json.loads((old / "run.json").read_text())
    info["data"]["source"] = str(home / "pictures")
    (old / "run.json").write_text(json.dumps(info))
    assert Run.open(old).source == str(home / "pictures")
    library.train(resume=old, steps=3, quiet=True)
    assert "source" not in json.loads((old / "run.json").read_text())["data"]
    assert Run.open(old).source == str(home / "pictures")


def test_a_run_fetches_nothing_unasked(place):
    info = json.loads((place / "run" / "run.json").read_text())
    info["data"]["source"] = "hf:somebody/set"
    (place / "run" / "run.json").write_text(json.dumps(info))
    with pytest.raises(UserError, match="run would fetch data = 'hf:somebody/set'.*--trust hf:somebody/set"):
        _ = Run.open("run").source
    assert Run.open("run", trust=["hf:somebody/set"]).source == "hf:somebody/set"
