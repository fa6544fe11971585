"""Runs side by side: groups of seeds, which is better, and what does not compare."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import elegan
from elegan.core.errors import UserError
from elegan.metrics import Result
from elegan.record.result import keep

TINY = ["nets.generator.width=4", "nets.discriminator.width=4", "batch=8", "watch.images=32"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """Three seeds of one training, and a run of it with another batch."""
    out = tmp_path_factory.mktemp("compared") / "runs"
    for seed in range(3):
        elegan.train("digits", "dcgan", steps=2, settings=TINY, out=out, name=f"a-seed{seed}", seed=seed, quiet=True)
    elegan.train("digits", "dcgan", steps=2, settings=[*TINY, "batch=9"], out=out, name="b", quiet=True)
    return out


@pytest.fixture
def runs(trained, tmp_path, monkeypatch) -> Path:
    """The same by relative paths, with three seeds of the other as well: its run.json says of which seed a run is."""
    shutil.copytree(trained, tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    for seed in range(3):
        shutil.copytree("runs/b", f"runs/b-seed{seed}")
        path = Path(f"runs/b-seed{seed}/run.json")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"seed": seed}))
    shutil.rmtree("runs/b")
    return Path("runs")


def measured(run: Path, n: int = 100, step: int = 2, **values: float) -> None:
    settings = {
        "extractor": "pixel",
        "digest": "d",
        "data": "digits",
        "fingerprint": "f",
        "split": "train",
        "step": step,
    }
    keep(
        run,
        [
            Result(name, f"{name}[pixel:d]", v, v - 1, v + 1, "exact", n, n, None, None, None, 0, (), settings)
            for name, v in values.items()
        ],
    )


def test_seeds_are_one_group_and_the_better_is_named(runs):
    for seed, (a, b) in enumerate([(3.0, 5.0), (3.2, 5.3), (2.9, 4.9)]):
        measured(runs / f"a-seed{seed}", FD=a, IS=2.0 + seed)
        measured(runs / f"b-seed{seed}", FD=b, IS=2.5 + [1, 0, 2][seed])
    comparison = elegan.compare(sorted(runs.iterdir()))
    assert [group.name for group in comparison.groups] == ["runs/a", "runs/b"]
    assert comparison.differing() == {"batch": [8, 9]}
    lines = str(comparison).splitlines()
    assert lines[0].split() == ["run", "seeds", "FD", "IS"]
    assert lines[1].split()[:5] == ["runs/a", "0,1,2", "3.033", "(2.654", ".."]  # 3.0333 - 4.3027 * .15275 / sqrt 3
    assert lines[5].split() == ["batch", "8", "9"]
    # Differences 2, 2.1, 2: mean 2.0333, standard error .0333, t = 61.
    assert "FD: runs/a is better than runs/b (by 2.033, 1.89 .. 2.177, p = 0.00027)" in lines
    assert [line for line in lines if line.startswith("IS: runs/b is not certainly better than runs/a (by 0.5, ")]
    assert "paired by seed" in lines[-1]
    found = comparison.as_dict()
    assert found["pairs"][0]["p"] == pytest.approx(
        1 - 61 / 3723**0.5, rel=1e-6
    )  # of two degrees of freedom: 1 - t / sqrt(t^2 + 2)
    assert found["pairs"][0]["difference"] == pytest.approx(-2.03333, rel=1e-4)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_other_seeds_are_tested_by_welch_and_pairs_are_corrected(runs):
    for seed in range(3):
        measured(runs / f"a-seed{seed}", FD=3 + 0.1 * seed)
        measured(runs / f"b-seed{seed}", FD=3.25 + 0.1 * seed)
    two = elegan.compare([runs / "a-seed0", runs / "a-seed1", runs / "b-seed1", runs / "b-seed2"])
    (pair,) = two.pairs
    assert (pair[3].test, pair[3].mean) == ("Welch", pytest.approx(-0.35))
    for seed in range(3):
        path = runs / f"b-seed{seed}" / "recipe.toml"
        shutil.copytree(runs / f"b-seed{seed}", runs / f"c-seed{seed}")
        (runs / f"c-seed{seed}" / "recipe.toml").write_text(path.read_text().replace("batch = 9", "batch = 10"))
    three = elegan.compare(sorted(runs.iterdir()))
    ps = {(a, b): found.p for _, a, b, found in three.pairs}
    assert ps[("runs/b", "runs/c")] == 1
    assert "p corrected for 3 pairs (Holm)" in str(three)


def test_a_single_seed_is_not_taken_for_certain(runs):
    for name, value in (("a-seed0", 3.0), ("a-seed1", 3.1), ("b-seed0", 99.0)):
        measured(runs / name, FD=value)
    text = str(elegan.compare([runs / "a-seed0", runs / "a-seed1", runs / "b-seed0"]))
    assert "FD: runs/a is not certainly better than runs/b-seed0 (by 95.95, with too few seeds to tell)" in text
    assert "99 (98 .. 100)" in text
    assert "of one seed the interval is over its images" in text


def test_without_evaluations_the_watched_metric_is_compared(runs):
    names = [runs / f"a-seed{seed}" for seed in range(3)]
    comparison = elegan.compare(names)
    (label,) = comparison.labels.values()
    assert label.startswith("FD[random:")
    last = [json.loads((run / "log.jsonl").read_text().splitlines()[-1]) for run in names]
    assert list(comparison.groups[0].values("FD").values()) == [record[label] for record in last]
    assert "mean and 95 % interval over seeds" in str(comparison)
    measured(names[0], FD=1.0)
    with pytest.raises(UserError, match="runs/a-seed1 has no evaluation yet: elegan evaluate runs/a-seed1"):
        elegan.compare(names)


def test_runs_measured_at_other_steps_or_of_one_seed_are_no_group(runs):
    measured(runs / "a-seed0", FD=1.0)
    measured(runs / "a-seed1", step=1, FD=1.0)
    comparison = elegan.compare([runs / "a-seed0", runs / "a-seed1"])
    assert comparison.differing() == {"measured at step": [2, 1]}
    shutil.copytree(runs / "a-seed0", runs / "copy")
    assert len(elegan.compare([runs / "a-seed0", runs / "copy"]).groups) == 2
    assert len(elegan.compare([runs / "a-seed0", runs / "a-seed0"]).groups) == 1


def test_what_was_measured_otherwise_is_refused(runs):
    measured(runs / "a-seed0", FD=1.0)
    measured(runs / "a-seed1", n=120, FD=1.0)
    with pytest.raises(UserError, match="do not compare in FD: n_real: 100 and 120; n_fake: 100 and 120"):
        elegan.compare([runs / "a-seed0", runs / "a-seed1"])
    measured(runs / "a-seed2", IS=1.0)
    with pytest.raises(UserError, match="no metric in common"):
        elegan.compare([runs / "a-seed0", runs / "a-seed2"])


def test_the_command_does_not_wait_for_torch(runs):
    elegan.pack(elegan.Run.open(runs / "a-seed2"), "packed.safetensors")
    for seed, folder in enumerate(("runs/a-seed0", "runs/a-seed1", "packed-results")):
        measured(Path(folder), FD=3.0 + seed)
    compared = ["compare", "runs/a-seed0", "runs/a-seed1", "packed.safetensors"]
    code = f"import sys; from elegan.cli.main import app; app({compared}, standalone_mode=False); assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "FD" in done.stdout
