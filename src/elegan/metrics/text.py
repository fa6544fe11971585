"""Measures of generated lines of text against real ones: n-grams that both have, lines known by heart, likelihood."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.metrics.extractor import Extractor
from elegan.metrics.intervals import Estimate, normal
from elegan.metrics.sets import Sets

ORDERS = (2, 3, 4, 5)  # of BLEU
MOST = 1000  # lines that are compared, and as many that they are compared with
WORDS = 3  # words a line, on average, from which BLEU counts words and not characters
GRAMS, BUCKETS = (1, 4), 128  # characters together, and features that these are hashed to


def features(lines: Sequence[str]) -> Tensor:
    """float32 N x 128: the n-grams of 1 to 4 characters of each line, hashed with signs (Weinberger et al. 2009) and of length 1."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashed = HashingVectorizer(analyzer="char", ngram_range=GRAMS, n_features=BUCKETS, lowercase=False)
    return torch.from_numpy(hashed.transform([f"\n{line}\n" for line in lines]).toarray()).float()


def by_ngrams() -> Extractor:
    """The extractor that results name for these features."""
    return Extractor("ngrams", "-", "none", BUCKETS, lambda x: (x, None))


def bleu(lines: Sequence[str], references: Sequence[str], by_words: bool) -> np.ndarray:
    """BLEU-2 to BLEU-5 of each line against all references at once, N x 4 in [0, 1] (Papineni et al. 2002), as sacrebleu has it for a
    sentence: orders that the line is too short for are left out, and where none is found a tenth is. Raises UserError without sacrebleu."""
    score = _sacrebleu()
    split: Callable[[str], str] = (lambda line: " ".join(line.split())) if by_words else spaced
    options = {"smooth_method": "floor", "smooth_value": 0.1, "effective_order": True}
    whole = score(
        tokenize="none", max_ngram_order=max(ORDERS), references=[[split(line)] for line in references], **options
    )
    found = np.zeros((len(lines), len(ORDERS)))
    for row, line in zip(found, lines, strict=True):
        counts = whole.corpus_score([split(line)], None)
        for place, order in enumerate(ORDERS):
            row[place] = score.compute_bleu(
                counts.counts[:order], counts.totals[:order], counts.sys_len, counts.ref_len, max_ngram_order=order, **options
            ).score / 100  # fmt: skip
    return found.clip(max=1)  # rounding passes it


def spaced(line: str) -> str:
    """The characters of a line as words; a blank as a mark of its own."""
    return " ".join("\N{OPEN BOX}" if character.isspace() else character for character in line)


def by_words(lines: Sequence[str]) -> bool:
    """Whether n-grams of these lines are of words, not of characters."""
    return float(np.mean([len(line.split()) for line in lines])) >= WORDS


def some(lines: Sequence[str], seed: int, which: str, most: int = MOST) -> list[str]:
    """At most so many of the lines, at random."""
    order = np.random.default_rng(rng.mix("lines", seed, which)).permutation(len(lines))[:most]
    return [lines[place] for place in order]


def of_orders(name: str, found: np.ndarray, sets: Sets, words: bool) -> list[Estimate]:
    """The mean of each order over lines, with its interval."""
    how = f"mean over lines, n-grams of {'words' if words else 'characters'}"
    errors = found.std(0, ddof=1) / math.sqrt(len(found))
    return [
        normal(f"{name}-{order}", value, error, how, len(sets.real), len(found))
        for order, value, error in zip(ORDERS, found.mean(0), errors, strict=True)
    ]


def perplexity(nats: Tensor) -> tuple[float, float]:
    """(exp of the mean -log p of a character, its standard error) of lines, `nats` N x 2: -log p of each, and its characters with
    its end."""
    total, characters = nats.double().sum(0).tolist()
    mean = total / characters
    spread = (nats[:, 0].double() - mean * nats[:, 1].double()).square().sum().sqrt().item() / characters
    return math.exp(mean), math.exp(mean) * spread


def _sacrebleu() -> Any:
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError:
        raise UserError("BLEU needs sacrebleu: pip install 'elegan[text]', or leave it out of --metrics") from None
    return BLEU
