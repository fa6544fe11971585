"""N-grams of generated lines that real ones have."""

from elegan.metrics.intervals import Estimate
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets


class Bleu(Metric):
    """See `elegan.metrics.text.bleu` (Papineni et al. 2002)."""

    name = "bleu"
    help = "the n-grams of lines of text that real lines have, held-out ones where there are any"
    higher = ("BLEU-2", "BLEU-3", "BLEU-4", "BLEU-5")
    needs = frozenset({"lines"})
    least = 20

    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        from elegan.metrics.text import bleu, by_words, of_orders, some

        real, fake = sets.real.known_lines, sets.fake.known_lines
        references = sets.held_out.known_lines if sets.held_out else real
        words = by_words(real)
        found = bleu(some(fake, seed, "generated"), some(references, seed, "references"), words)
        return of_orders("BLEU", found, sets, words)
