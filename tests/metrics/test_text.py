"""Measures of lines of text against what they must be."""

import math

import numpy as np
import pytest
import torch

from elegan.metrics import Features, find_metric, measure
from elegan.metrics.sets import Sets
from elegan.metrics.text import by_ngrams, features, perplexity, spaced


def lines(kind: str, count: int) -> list[str]:
    random = np.random.default_rng(len(kind))
    return [kind + "".join(random.choice(list("abcdefgh"), 6)) for _ in range(count)]


def of(items: list[str], nats=None) -> Features:
    return Features(features(items), lines=items, nats=nats)


def test_features_tell_letters_and_their_order():
    same, other = features(["abcd", "abcd"]), features(["abcd", "dcba"])
    assert torch.equal(same[0], same[1])
    assert same.norm(dim=1).numpy() == pytest.approx(1)
    assert (other[0] - other[1]).norm() > 0.5


def test_perplexity_of_a_fair_die_is_six():
    nats = torch.tensor([[3 * math.log(6), 3.0], [5 * math.log(6), 5.0]])
    value, error = perplexity(nats)
    assert value == pytest.approx(6)
    assert error == pytest.approx(0, abs=1e-6)
    uneven = perplexity(torch.tensor([[2.0, 2.0], [4.0, 2.0]]))
    assert uneven == pytest.approx((math.exp(1.5), math.exp(1.5) * math.sqrt(2) / 4))


def test_lines_known_by_heart_are_counted_and_warned_of():
    learnt, fresh = lines("x", 400), lines("yy", 100)
    half = learnt[:50] + lines("zzz", 50)
    found = {r.metric: r for r in measure(by_ngrams(), of(learnt), of(half), ["novelty"], held_out=of(fresh))}
    assert found["verbatim"].value == 0.5
    assert found["verbatim"].floor == 0
    assert "known by heart" in found["verbatim"].warnings[0]
    (verbatim, repeated) = find_metric("novelty").estimate(Sets(of(learnt), of(fresh + fresh[:100])), 0)
    assert (verbatim.value, repeated.value) == (0, 0.5)
    fine = measure(by_ngrams(), of(learnt), of(lines("zzz", 100)), ["novelty"], held_out=of(fresh))
    assert not fine[0].warnings


def test_characters_are_words_where_these_are_counted():
    assert spaced("a b") == "a \N{OPEN BOX} b"


def test_bleu_and_self_bleu_part_quality_from_variety():
    pytest.importorskip("sacrebleu")
    held = lines("k", 300)
    often = [*lines("k", 40)] * 5
    by = {}
    for name, made in (("fresh", lines("k", 200)[::-1]), ("often", often), ("other", lines("qqqq", 200))):
        found = measure(by_ngrams(), of(lines("k", 300)), of(made), ["bleu", "self-bleu"], held_out=of(held))
        by[name] = {r.metric: r.value for r in found}
    assert by["other"]["BLEU-3"] < by["fresh"]["BLEU-3"]
    assert by["often"]["self-BLEU-5"] > by["fresh"]["self-BLEU-5"]
    assert all(0 <= value <= 1 for values in by.values() for value in values.values())
