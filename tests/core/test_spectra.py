"""Spectra of sounds: what goes in comes out, magnitudes are those of sines, and distances are 0 between equals."""

import math

import pytest
import torch

from elegan.core.spectra import FLOOR, MELS, griffin_lim, hop_of, log_mel, si_sdr, spectral_distance, spectrum, waveform

RATE = 8000
TIME = torch.arange(2048) / RATE
CHIRP = torch.sin(2 * math.pi * (400 + 900 * TIME) * TIME)[None]


def test_a_spectrum_gives_its_sound_back():
    x = torch.randn(3, 2048, generator=torch.Generator().manual_seed(0))
    S = spectrum(x, 128)
    assert S.shape == (3, 257, 16)
    torch.testing.assert_close(waveform(S, 128), x, atol=1e-5, rtol=0)


def test_a_full_sine_is_loudest_in_its_own_row_at_0_decibels():
    sine = torch.sin(2 * math.pi * 1000 * TIME)[None]
    assert spectrum(sine, 128).abs()[0, 64, 4:12].sub(1).abs().max() < 0.01  # 1000 Hz is bin 64 of 15.6 Hz
    picture = log_mel(sine, RATE)
    assert picture.shape == (1, MELS, 16)
    mels = 2595 * math.log10(1 + 1000 / 700) / (2595 * math.log10(1 + 4000 / 700)) * (MELS + 1) - 1
    assert abs(int(picture[0, :, 8].argmax()) - mels) < 1
    assert float(log_mel(torch.zeros(1, 2048), RATE).max()) == -1  # silence is FLOOR
    quieter = log_mel(sine / 10, RATE)[0, :, 8].max()
    assert float(picture[0, :, 8].max() - quieter) == pytest.approx(20 / (-FLOOR / 2), abs=1e-3)


def test_griffin_and_lim_come_nearer_with_every_round_and_to_each_sound_alone():
    picture = log_mel(CHIRP, RATE)
    far, near = (float((log_mel(griffin_lim(picture, RATE, n), RATE) - picture).abs().mean()) for n in (1, 60))
    assert near < far / 2
    pair = torch.cat([log_mel(CHIRP.flip(1), RATE), picture])
    torch.testing.assert_close(griffin_lim(pair, RATE, 3)[1:], griffin_lim(picture, RATE, 3), atol=1e-5, rtol=0)


def test_distances_are_those_of_the_formulas():
    noise = torch.randn(1, 2048, generator=torch.Generator().manual_seed(1))
    x = CHIRP - CHIRP.mean()
    noise = noise - noise.mean()
    noise -= (noise * x).sum() / x.square().sum() * x
    noise *= x.norm() / noise.norm() / 10 ** (10 / 20)
    assert float(si_sdr(x + noise, x)) == pytest.approx(10, abs=1e-3)
    assert float(si_sdr(3 * (x + noise), x)) == pytest.approx(10, abs=1e-3)
    assert float(spectral_distance(x, x)) < 1e-5
    assert float(spectral_distance(x / 2, x)) > float(spectral_distance(x / 1.1, x)) > 0.05


def test_a_hop_is_a_power_of_two_of_about_16_ms():
    for rate in (4000, 8000, 11_025, 16_000, 22_050, 44_100, 96_000):
        assert 0.011 < hop_of(rate) / rate < 0.023
