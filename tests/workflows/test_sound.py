"""Sounds from their files to more of them, and to better ones: chosen, trained, sampled, measured, reported, restored."""

import json

import numpy as np
import pytest
import torch
from scipy.io import wavfile

import elegan as library
from elegan.core.errors import UserError
from elegan.core.spectra import si_sdr
from elegan.data.sound import damage
from elegan.data.sound.sounds import open_sounds
from elegan.recipes.choose import choose_of_sounds
from small import small

pytest.importorskip("soundfile")

WATCH = ["batch=8", "watch.images=32", "watch.every=2"]
NARROW = ["nets.generator.width=8", "nets.discriminator.width=8"]
BY_CLASS = ["nets.generator.condition=norm", "nets.discriminator.condition=projection"]
RESOUND = ["nets.generator.width=8", "nets.generator.depth=2", "nets.discriminator.width=2"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def run(sounds, runs) -> library.Run:
    return library.train(
        str(sounds), "specgan", settings=[*WATCH, *NARROW, *BY_CLASS], steps=4, out=runs, name="run", quiet=True
    )


@pytest.fixture(scope="module")
def vocoder(sounds, runs) -> library.Run:
    return library.train(
        str(sounds), "vocoder", settings=[*WATCH, *RESOUND], steps=2, out=runs, name="vocoder", quiet=True
    )


@pytest.fixture(scope="module")
def enhancer(sounds, runs) -> library.Run:
    return library.train(
        str(sounds), "enhance", settings=[*WATCH, *RESOUND], steps=2, out=runs, name="enhancer", quiet=True
    )


def test_the_choice_says_whether_classes_are_large_enough(sounds, tmp_path):
    assert choose_of_sounds([50, 60]).settings
    assert not choose_of_sounds([20, 60]).settings
    assert "no classes" in choose_of_sounds([]).why
    from elegan.training.plan import plan_for

    plan = plan_for(str(sounds), out=tmp_path)
    assert plan.recipe.name == "specgan"
    assert "sounds, no classes to condition on" in "\n".join(plan.lines())


def test_facts_are_kept_and_the_metric_is_watched(run):
    assert run.info["shape"] == {"resolution": 1, "channels": 1, "classes": 2, "samples": 1024, "rate": 4000}
    assert run.shape.samples == 1024
    assert run.class_counts == [20, 20]
    assert "FD[random" in (run.path / "log.jsonl").read_text()
    assert "/" not in json.dumps(run.info)


def test_samples_are_wav_and_a_page(run, vocoder, tmp_path):
    folder = library.sample(run, 4, label="high", out=tmp_path / "made")
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["step4-class0-0-3.html", *(f"step4-class0-{seed:06d}.wav" for seed in range(4))]
    rate, samples = wavfile.read(folder / "step4-class0-000002.wav")
    assert (rate, samples.shape, samples.dtype) == (4000, (1024,), np.int16)
    page = next(folder.glob("*.html")).read_text()
    assert page.count("<audio") == 4
    assert "high, seed 3" in page
    assert "http" not in page.replace("http-equiv", "")
    alone = library.sample(run, 1, out=tmp_path / "one.wav", vocoder=vocoder)
    assert not np.array_equal(wavfile.read(alone)[1], wavfile.read(library.sample(run, 1, out=tmp_path / "two.wav"))[1])
    for call, said in (
        (lambda: library.sample(run, 2, out=tmp_path / "a.wav"), "is one file, for 2 sounds"),
        (lambda: run.sounds(1, vocoder=run), "makes no sounds of log-mel pictures"),
        (lambda: run.sounds(1, label="middle"), "unknown class 'middle'"),
        (lambda: run.generate(1), "makes no images from latents"),
        (lambda: library.train("digits", "specgan", steps=1, out=tmp_path), "no folder, zip or file of sounds"),
    ):
        with pytest.raises(UserError, match=said):
            call()


def test_sounds_are_measured_and_reported(run, tmp_path):
    results = {r.metric: r for r in library.evaluate(run, num=40, extractor="random", metrics=["fd", "prdc"])}
    assert results["FD"].value > 3 * results["FD"].floor
    page = library.report(run).read_text()
    assert page.count("<audio") == 20
    assert "media-src data:" in page
    assert "seconds at 4,000 Hz" in page
    assert "one column a class" in page


def test_the_class_asked_for_is_named_by_a_classifier_of_the_real_ones(run, monkeypatch):
    monkeypatch.setattr("elegan.metrics.classifier.SEEN", 2000)
    (named,) = library.evaluate(run, num=40, metrics=["named"])
    assert named.low <= named.value <= named.high
    assert named.floor == 1.0  # low and high tones are easily told apart
    assert named.floor_n == 4


def test_what_the_networks_make_is_exported(run, sounds, tmp_path):
    pytest.importorskip("onnxruntime")
    assert library.export(run, tmp_path / "pictures.onnx") < 1e-4
    waves = library.train(
        str(sounds), "wavegan", steps=1, settings=small("wavegan"), out=tmp_path, quiet=True, as_published=True
    )
    assert library.export(waves, tmp_path / "sounds.onnx") < 1e-4


def test_a_vocoder_is_measured_beside_griffin_and_lim(vocoder):
    results = {r.metric: r.value for r in library.evaluate(vocoder)}
    assert set(results) == {f"{m}{k}" for m in ("mel-L1", "STFT", "SI-SDR") for k in ("", " griffin-lim")}
    assert results["mel-L1"] < 2 * results["mel-L1 griffin-lim"]  # where it begins
    assert "mel-L1 griffin-lim" in (vocoder.path / "log.jsonl").read_text()
    with pytest.raises(UserError, match="does not compare sound with sound"):
        library.evaluate(vocoder, metrics=["fd"])


def test_noise_is_measured_by_its_kind_and_taken_from_files(enhancer, sounds, tmp_path):
    results = {r.metric: r.value for r in library.evaluate(enhancer, metrics=["si-sdr"])}
    assert results["SI-SDR white untreated"] == pytest.approx(5, abs=0.5)
    assert results["SI-SDR babble untreated"] == pytest.approx(5, abs=1.5)
    clean = open_sounds(str(sounds)).waves(np.arange(1))
    noisy = damage.mixed(clean, torch.randn(1, 1024), torch.tensor([5.0]))[0].numpy()
    wavfile.write(tmp_path / "noisy.wav", 4000, (noisy / 4 * 32_767).astype(np.int16))
    (outcome,) = library.restore(tmp_path, "denoise", model=enhancer.path, page=tmp_path / "page.html")
    assert outcome.fault == ""
    assert outcome.target.name == "noisy-denoised.wav"
    rate, made = wavfile.read(outcome.target)
    assert (rate, made.shape) == (4000, (1024,))
    assert float(si_sdr(torch.from_numpy(made[None] / 32_768), clean)) > 0
    assert (tmp_path / "page.html").read_text().count("<audio") == 2
    (again,) = library.restore(tmp_path, "denoise", model=enhancer.path)
    assert again.skipped
    for task, model, said in (
        ("denoise", None, "no model of sounds comes along: .* --recipe enhance"),
        ("bandwidth", enhancer.path, "is for --task denoise, and not bandwidth"),
        ("upscale", enhancer.path, "task 'upscale' is for photographs"),
    ):
        with pytest.raises(UserError, match=said):
            library.restore(tmp_path / "noisy.wav", task, model=model)
    with pytest.raises(UserError, match="unknown noise 'bable'.*babble"):
        library.train(str(sounds), "enhance", settings=["task.noise=bable"], steps=1, out=tmp_path, quiet=True)
