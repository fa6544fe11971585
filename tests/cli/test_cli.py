"""The command line through its entry point: what it prints, makes and says of mistakes."""

import json
import tomllib

import numpy as np
import pytest
from PIL import Image

TRAIN = ("train", "digits", "--name", "run", "--steps", "4", "--set", "nets.generator.width=8",
         "--set", "nets.discriminator.width=8", "--set", "watch.images=64", "--set", "watch.log=2")  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A short run on the embedded digits, made by the command line."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("trained")
    done = subprocess.run([sys.executable, "-m", "elegan", *TRAIN], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "runs" / "run", done


@pytest.fixture
def called(tmp_path, monkeypatch, capsys):
    """Calls the entry point in this process, which spares the import of torch; gives exit code and standard error."""
    from elegan.cli.main import main

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("sys.argv", ["elegan", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        return caught.value.code, capsys.readouterr().err

    return call


def test_train_says_what_it_does_and_leaves_a_run(trained):
    run, done = trained
    assert "1,442 images of 8 px, 10 classes" in done.stderr
    assert "recipe  rpgan (8 px, 10 classes" in done.stderr
    assert "runs/run/samples.png" in done.stdout
    names = {path.name for path in run.iterdir()}
    assert names >= {"recipe.toml", "run.json", "log.jsonl", "timing.jsonl", "samples.png", "curves.png", "checkpoints"}
    info = json.loads((run / "run.json").read_text())
    assert info["data"]["source"] == "digits"
    assert info["sessions"][0]["torch"]
    assert tomllib.loads((run / "recipe.toml").read_text())["nets"]["generator"]["width"] == 8
    steps = [json.loads(line)["step"] for line in (run / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(steps)
    assert steps[-1] == 4


def test_sample_writes_the_file_that_is_named(called, trained, tmp_path):
    run = str(trained[0])
    for num, out in (("20", "sheet.png"), ("1", "new/one.PNG"), ("1", "folder.png")):
        if out == "folder.png":
            (tmp_path / out).mkdir()
        assert called("sample", run, "--num", num, "--out", out) == (0, "")
    assert Image.open(tmp_path / "sheet.png").width > 32
    assert Image.open(tmp_path / "new/one.PNG").size == (8, 8)
    assert len(list((tmp_path / "folder.png").iterdir())) == 1


def test_sample_makes_a_sheet_and_separate_files(elegan, trained, tmp_path):
    run, _ = trained
    sheet = elegan("sample", run, "--num", "20", "--out", "sheet")
    assert sheet.returncode == 0, sheet.stderr
    (path,) = (tmp_path / "sheet").iterdir()
    assert str(path.relative_to(tmp_path)) in sheet.stdout
    assert Image.open(path).size == (10 * 33 + 1, 2 * 33 + 1)
    assert elegan("sample", run, "--seeds", "5,8-9", "--class", "3", "--separate", "--out", "some").returncode == 0
    assert sorted(p.name for p in (tmp_path / "some").iterdir()) == [f"step4-class3-{s:06d}.png" for s in (5, 8, 9)]
    image = np.asarray(Image.open(tmp_path / "some" / "step4-class3-000005.png"))
    assert image.shape == (8, 8)
    import elegan as library

    alone = library.Run.open(run).generate(seeds=[5], label=3)[0, ..., 0]
    assert np.array_equal(image, alone)
    truncated = library.Run.open(run).generate(seeds=[5], label=3, truncation=0.3)[0, ..., 0]
    assert not np.array_equal(truncated, alone)


def test_evaluate_prints_intervals_and_keeps_records(elegan, trained):
    run, _ = trained
    done = elegan("evaluate", run, "--num", "200", "--metrics", "fd,kd", "--extractor", "random")
    assert done.returncode == 0, done.stderr
    assert "\nFD " in done.stdout
    assert "extractor random " in done.stdout
    assert "95 % interval" in done.stdout
    records = [json.loads(line) for line in (run / "evaluations.jsonl").read_text().splitlines()]
    assert {r["metric"] for r in records} >= {"FD", "KD"}
    assert all(r["n_fake"] == 200 and r["floor"] is not None for r in records)
    assert "Warning" not in done.stderr


def test_evaluate_takes_a_folder_of_any_generator(elegan, trained, tmp_path):
    run, _ = trained
    assert elegan("sample", run, "--num", "120", "--separate", "--out", "made").returncode == 0
    done = elegan("evaluate", "--generated", "made", "--real", "digits", "--extractor", "pixel", "--metrics", "fd")
    assert done.returncode == 0, done.stderr
    assert "extractor pixel " in done.stdout
    assert " 120" in done.stdout


def test_copies_of_a_run_go_to_its_folder(called, trained):
    run, _ = trained
    code, errors = called("copies", str(run), "--num", "60", "--alpha", "0.01")
    assert (code, errors) == (0, "")
    record = json.loads((run / "copies" / "copies.json").read_text())
    assert (record["step"], record["images from seed"], record["n_images"]) == (4, 0, 60)
    assert record["calibration"] == "held-out"


def test_compare_puts_runs_side_by_side_or_says_why_not(called, trained, tmp_path, capsys, monkeypatch):
    import shutil

    import elegan as library
    from elegan.verbs.compare import compare

    copies = [tmp_path / "a", tmp_path / "b"]
    for copy in copies:
        shutil.copytree(trained[0], copy)
        (copy / "evaluations.jsonl").unlink(missing_ok=True)
    library.evaluate(library.Run.open(copies[0]), metrics=["fd"], num=100, extractor="pixel")
    assert "has no evaluation yet" in called("compare", *map(str, copies))[1]
    for copy in copies:
        library.evaluate(library.Run.open(copy), metrics=["fd"], num=100, extractor="pixel")
    monkeypatch.chdir(tmp_path)
    lines = str(compare(["a", "b"])).splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["run", "a", "b"]
    assert lines[1].split()[1:] == lines[2].split()[1:]
    library.evaluate(library.Run.open(copies[1]), metrics=["fd"], num=120, extractor="pixel")
    code, errors = called("compare", *map(str, copies))
    assert code == 2
    assert "do not compare in FD: n_fake: 100 and 120" in errors


def test_recipes_and_data_are_shown(elegan):
    listed = elegan("recipes").stdout.splitlines()
    assert {line.split()[0] for line in listed} >= {
        "gan",
        "dcgan",
        "lsgan",
        "wgan",
        "wgan-gp",
        "dragan",
        "sngan",
        "cgan",
    }
    assert tomllib.loads(elegan("recipes", "lsgan").stdout)["losses"]["adversarial"]["name"] == "least_squares"
    assert "1,797" in elegan("data", "digits").stdout.replace("1797", "1,797")
    assert json.loads(elegan("data", "digits", "--json").stdout)["count"] == 1797


def test_a_dry_run_estimates_and_leaves_nothing(elegan, tmp_path):
    done = elegan("train", "digits", "--recipe", "dcgan", "--set", "losses.r1=r1", "--dry-run")
    assert done.returncode == 0, done.stderr
    for word in ("parameters  generator", "FLOPs", "memory", "time", "images/s", "run     runs/digits-dcgan-"):
        assert word in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "digits", "--recipe", "sngam"], "unknown recipe 'sngam'; did you mean 'sngan'?"),
        (["train", "digit"], "digits"),
        (["train", "no/such/folder"], "no/such/folder"),
        (["train"], "name the data to train on"),
        (["train", "digits", "--recipe", "dcgan", "--set", "bach=3"], "unknown key 'bach'; did you mean 'batch'?"),
        (["train", "digits", "--steps", "3", "--images", "9"], "--steps or --images"),
        (["train", "digits", "--set", "batch=7", "--set", "accumulate=2"], "batch = 7 does not divide"),
        (["train", "digits", "--device", "cuda:7"], "device 'cuda:7' is not on this machine"),
        (["train", "digits", "--device", "gpu"], "unknown device 'gpu'"),
        (["train", "digits", "--precision", "fp17"], "unknown precision 'fp17'; did you mean"),
        (["train", "digits", "--precision", "fp16"], "'fp16' needs a CUDA device"),
        (["train", "--resume", "runs/none"], "no run at runs/none"),
        (["sample", "runs/none"], "no run at runs/none"),
        (["data", "nowhere.zip"], "nowhere.zip"),
        (["copies", "nowhere"], "nowhere is no run; a folder of images needs --data"),
        (["recipes", "wgan-pg"], "did you mean 'wgan-gp'?"),
        (["train", "digits", "--stesp", "3"], "--steps"),
        (["trian", "digits"], "train"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(called, tmp_path, arguments, message):
    code, errors = called(*arguments)
    assert code == 2
    assert message in errors
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sample", "--class", "11"], "unknown class '11'"),
        (["sample", "--seeds", "9-3"], "seeds '9-3'"),
        (["sample", "--truncation", "-1"], "truncation = -1.0: input should be greater than 0"),
        (["sample", "--checkpoint", "7"], "no checkpoint '7'"),
        (["evaluate", "--metrics", "fdd"], "'fdd'"),
        (["evaluate", "--extractor", "classifer"], "classifier"),
        (["evaluate", "--extractor", "stacked"], "stacked:mnist"),
        (["evaluate", "--metrics", "fld", "--split", "all"], "'fld' needs real images held out of training"),
        (["evaluate", "--split", "tset"], "test"),
        (["evaluate", "--generated", "x"], "give a RUN or --generated"),
        (["copies", "--alpha", "1.5"], "alpha must lie between 0 and 1; got 1.5"),
        (["copies", "--alpha", "1e-5", "--num", "64"], "alpha = 1e-05 needs 99,999 real images"),
    ],
)
def test_mistakes_about_a_run(called, trained, arguments, message):
    verb, *rest = arguments
    code, errors = called(verb, str(trained[0]), *rest)
    assert code == 2
    assert message in errors
    assert len(errors.splitlines()) == 1


def test_the_process_itself_exits_with_the_code_and_no_traceback(elegan):
    done = elegan("train", "digits", "--recipe", "sngam")
    assert done.returncode == 2
    assert done.stderr == "elegan: unknown recipe 'sngam'; did you mean 'sngan'?\n"


def test_tensorboard_gets_the_log_and_the_samples(elegan, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    done = elegan(*TRAIN, "--set", "watch.tensorboard=true")
    assert done.returncode == 0, done.stderr
    events = accumulator.EventAccumulator(str(tmp_path / "runs" / "run" / "tensorboard"))
    events.Reload()
    log = [json.loads(line) for line in (tmp_path / "runs/run/log.jsonl").read_text().splitlines()]
    losses = [r["generator/adversarial"] for r in log if "generator/adversarial" in r]
    assert [e.value for e in events.Scalars("generator/adversarial")] == pytest.approx(losses)
    assert events.Images("samples")
