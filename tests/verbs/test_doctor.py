"""`elegan doctor`: each state of a run is named, and its commands work as they are pasted; and the installation is told truly."""

import json
import math
import os
import shlex
import shutil
import signal
import subprocess
import sys
from functools import partial
from importlib import metadata
from pathlib import Path

import pytest
import torch

import elegan
from elegan.core import room
from elegan.core.errors import Failure, Interrupted
from elegan.core.journal import Journal
from elegan.core.version import __version__
from elegan.recipes.fit import images_seen
from elegan.verbs.doctor.finding import Finding
from elegan.verbs.doctor.installation import installation

SMALL = ["nets.generator.width=8", "nets.discriminator.width=8", "batch=16", "watch.images=64", "watch.keep=9"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("patients")
    elegan.train("digits", "dcgan", steps=8, as_published=True, settings=[*SMALL, "watch.every=2"], name="run",
                 out=root / "runs", quiet=True)  # fmt: skip
    return root


@pytest.fixture
def folder(finished, tmp_path, monkeypatch) -> Path:
    """A copy of the run, in the folder in which one stands."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def findings() -> tuple[Finding, ...]:
    return elegan.doctor(elegan.Run.open("runs/run")).findings


def one(words: str) -> Finding:
    (found,) = (finding for finding in findings() if words in finding.text)
    return found


def pasted(calls, folder: Path, finding: Finding) -> str:
    """What the command prints, which ends well."""
    program, *arguments = shlex.split(finding.command)
    assert program == "elegan"
    done = calls(*arguments, cwd=folder)
    assert done.code == 0, (finding, done.err)
    return done.out


def with_history(values: list[float]) -> None:
    """Writes a course of the watched metric into the newest checkpoint."""
    from elegan.core import files

    path = elegan.Run.open("runs/run").checkpoint(8)
    tensors, plain = files.read_tensors(path)
    files.write_tensors(path, tensors, plain | {"history": [[2 * n + 2, value] for n, value in enumerate(values)]})


def test_a_run_that_still_improves_goes_on_longer(folder, calls):
    with_history([9, 6, 4, 2])
    pasted(calls, folder, one("still improving"))
    assert elegan.Run.open("runs/run").steps[-1] == 16


def test_a_run_that_went_wrong_names_its_best(folder, calls):
    with_history([9, 2, 4, 6])
    assert one("better before, at step 4").command == "elegan report runs/run --checkpoint best"
    pasted(calls, folder, one("better before"))


def test_what_levelled_off_is_told_from_what_saw_too_little(folder):
    with_history([2, 2, 2, 2])
    steps = math.ceil(images_seen(1442) / 16)
    assert (
        one(f"learns in some {steps:,} steps, and it had 8").command
        == f"elegan train --resume runs/run --steps {steps}"
    )
    recipe = Path("runs/run/recipe.toml")
    recipe.write_text(recipe.read_text().replace("batch = 16", "batch = 16000", 1))
    assert one("levelled off").command == "elegan recipes"


def test_a_stopped_run_goes_on_by_its_command(folder, calls):
    for step in (6, 8):
        Path(f"runs/run/checkpoints/{step:08d}.safetensors").unlink()
    found = findings()
    assert found[0].problem
    assert "stopped at step 4 of 8" in found[0].text
    pasted(calls, folder, found[0])
    assert elegan.Run.open("runs/run").finished


@pytest.mark.parametrize(
    ("signal_", "words"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "it was asked to end (SIGTERM)")]
)
def test_a_run_says_what_stopped_it_until_it_goes_on(signal_, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = [*SMALL, "watch.metric=none", "watch.log=1"]
    train = partial(elegan.train, "digits", "dcgan", steps=3, settings=settings, name="run", quiet=True)
    with pytest.raises(Interrupted):
        train(on_step=lambda step, values: os.kill(os.getpid(), signal_))
    assert findings()[0].text.startswith(f"It stopped at step 2 of 3: {words}")
    train()
    assert not any(finding.problem for finding in findings())
    assert not Path("runs/run/stopped.json").exists()


def test_a_failure_and_a_kill_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = [*SMALL, "watch.metric=none", "watch.log=1"]

    def fails(step: int, values: dict[str, float]) -> None:
        raise OSError("no such camera\a")

    with pytest.raises(OSError, match="camera"):
        elegan.train("digits", "dcgan", steps=3, settings=settings, name="run", quiet=True, on_step=fails)
    found = elegan.doctor(elegan.Run.open("runs/run"))
    assert "It stopped at step 1 of 3: OSError: no such camera\x07." in found.findings[0].text
    assert "no such camera\\x07." in found.lines()[0]
    Path("runs/run/stopped.json").unlink()  # for which a kill leaves no time
    assert "left no reason: it was killed" in findings()[0].text
    monkeypatch.setattr(room, "LITTLE", 1 << 62)
    assert one("Its disk is nearly full").problem


def test_a_damaged_checkpoint_is_named_and_gone_on_before_it(folder, calls):
    path = Path("runs/run/checkpoints/00000008.safetensors")
    path.write_bytes(path.read_bytes()[:-9])
    pasted(calls, folder, one("of step 8 cannot be read; going on takes step 6"))
    assert path.with_name(f"{path.name}.damaged").exists()


@pytest.mark.parametrize("alarm", ["collapse", "getting worse", "copies", "near-duplicates"])
def test_an_alarm_comes_with_a_remedy_that_trains(alarm, folder, calls):
    Journal(Path("runs/run/log.jsonl")).write({"step": 7, "images": 112, "alarm": alarm, "text": "as it was"})
    found = findings()
    assert found[0].problem
    assert found[0].text == f"At step 7: {alarm}: as it was."
    pasted(calls, folder, found[0])
    (changed,) = (run for run in elegan.runs("runs") if run.path.name != "run")
    assert changed.state == "finished"
    before, after = (elegan.Run.open(path) for path in ("runs/run", changed.path))
    assert before.recipe.full() != after.recipe.full() or before.info["seed"] != after.info["seed"]


def test_what_diverged_is_on_record(folder):
    settings = [*SMALL, "optimizers.discriminator.lr=1e30"]
    with pytest.raises(Failure, match="training diverged"):
        elegan.train("digits", "dcgan", steps=8, as_published=True, settings=settings, name="nan", quiet=True)
    found = elegan.doctor(elegan.Run.open("runs/nan")).findings
    assert any("not finite" in finding.text and finding.command for finding in found)


def test_few_pictures_are_augmented_and_suspects_are_a_problem(folder):
    few = one("pictures are few")
    assert "--set task.augment=color,translation" in few.command
    assert not few.problem
    Path("runs/run/copies").mkdir()
    Path("runs/run/copies/copies.json").write_text(json.dumps({"share": 0.1, "alpha": 0.001, "n_images": 100}))
    assert one("10.0% of its pictures are suspected copies").problem


def test_what_was_measured_decides_between_variety_and_length(folder, calls):
    assert one("never measured").command == "elegan evaluate runs/run"
    result = elegan.evaluate(elegan.Run.open("runs/run"), metrics=["prdc"], num=64, extractor="pixel")
    by_name = {r.metric: r.to_record() for r in result}
    journal = Journal(Path("runs/run/evaluations.jsonl"))
    for good, varied, words, command in (
        (0.9, 0.2, "better than they are varied", "losses.r1=r1"),
        (0.2, 0.9, "more varied than good", "--steps 16"),
    ):
        for name, value in (("precision", good), ("recall", varied)):
            journal.write({**by_name[name], "value": value})
        assert command in one(words).command


def test_slow_steps_and_old_versions_are_told(folder):
    for step in (7, 8):
        Journal(Path("runs/run/timing.jsonl")).write({"step": step, "seconds": 99.0, "images_per_second": 0.5})
    facts = json.loads(Path("runs/run/run.json").read_text())
    facts["sessions"][-1]["elegan"] = "0.0.1"
    facts["shape"]["resolution"] = 64
    Path("runs/run/run.json").write_text(json.dumps(facts))
    Path("runs/run/timing.jsonl").write_text('{"step": 8, "seconds": 99.0, "images_per_second": 0.5}\n')
    assert "--size 32" in one("A step takes 32 s").command
    assert f"elegan 0.0.1 trained it, and this is {__version__}" in one("0.0.1").text


def test_a_packed_file_is_examined_by_what_it_holds(folder):
    packed = elegan.pack(elegan.Run.open("runs/run"), out="packed.safetensors")
    found = elegan.doctor(elegan.Run.open("packed.safetensors")).findings
    assert any(finding.command == "elegan evaluate packed.safetensors" for finding in found), packed
    assert not any("--resume" in finding.command for finding in found)


def test_the_command_tells_problems_first_and_the_same_as_json(folder, calls):
    Path("runs/run/checkpoints/00000008.safetensors").unlink()
    told, as_json = calls("doctor", "runs/run", cwd=folder), calls("doctor", "runs/run", "--json", cwd=folder)
    assert told.code == as_json.code == 0, told.err
    assert told.out.startswith("PROBLEM  It stopped at step 6 of 8")
    answer = json.loads(as_json.out)
    assert answer["findings"][0]["problem"]
    assert answer["facts"]["step"] == "6 of 8"


def test_a_run_is_examined_without_torch(folder):
    program = (
        "import sys\nfrom elegan.record.record import Record\nfrom elegan.verbs.doctor.doctor import doctor\n"
        "print(len(doctor(Record.open('runs/run')).findings), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [str(len(findings())), "False"], done.stderr


def test_the_installation_is_told_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("ELEGAN_CACHE", str(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").write_bytes(b"x" * 1000)
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"):
        monkeypatch.delenv(name, raising=False)
    found = installation(tmp_path / "runs")
    assert found.facts["torch"] == torch.__version__
    assert found.facts["cache"].startswith("1 kB")
    assert not any("DATA" in finding.command for finding in found.findings)
    assert float(found.facts["gain from bfloat16"]["convolution"].split()[0]) > 0
    for extra, package in (("onnx", "onnx"), ("faiss", "faiss-cpu"), ("lpips", "lpips")):
        there = any(name == package for name in (d.metadata["Name"] for d in metadata.distributions()))
        assert (extra in found.facts["extras"]) == there
    missing = found.facts["extras missing"]
    assert not missing or any(f"pip install 'elegan[{','.join(missing)}]'" == f.command for f in found.findings)
