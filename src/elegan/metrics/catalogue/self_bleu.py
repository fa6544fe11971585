"""N-grams that generated lines have of one another."""

from elegan.metrics.intervals import Estimate
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class SelfBleu(Metric):
    """BLEU of one random half of the generated lines against the other (after Zhu et al. 2018, who compare each with all others)."""

    name = "self-bleu"
    help = (
        "the n-grams that one half of generated lines has of the other, more where they are less varied than real ones"
    )
    neither = ("self-BLEU-2", "self-BLEU-3", "self-BLEU-4", "self-BLEU-5")
    needs = frozenset({"lines"})
    least = 40

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.text import MOST, bleu, by_words, of_orders, some

        lines, words = some(sets.fake.known_lines, seed, "self", 2 * MOST), by_words(sets.real.known_lines)
        half = len(lines) // 2
        return of_orders("self-BLEU", bleu(lines[:half], lines[half : 2 * half], words), sets, words)
