"""Vocabularies: between items of text and places of what they consist of, characters or byte pairs.

Place 0 is the end of an item and 1 whatever the vocabulary does not have; the rest stand from frequent to rare.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from elegan.core.errors import UserError

END, UNKNOWN = 0, 1
RARE = 2  # items that a character must occur in to be known
LEAST = 258  # byte pairs: all bytes, the end, the unknown


class Vocabulary(Protocol):
    """`size` places in all."""

    @property
    def size(self) -> int: ...

    def encode(self, items: Sequence[str]) -> list[list[int]]:
        """The places of each item, without its end."""
        ...

    def decode(self, places: Sequence[int]) -> str:
        """The item up to its end, if it has one."""
        ...

    def facts(self) -> dict[str, Any]:
        """Ready for JSON; `from_facts` is the inverse."""
        ...


@dataclass(frozen=True)
class Characters:
    """Characters by how often they occur."""

    characters: str

    @property
    def size(self) -> int:
        return 2 + len(self.characters)

    def encode(self, items: Sequence[str]) -> list[list[int]]:
        places = {character: 2 + place for place, character in enumerate(self.characters)}
        return [[places.get(character, UNKNOWN) for character in item] for item in items]

    def decode(self, places: Sequence[int]) -> str:
        known = f"\0\N{REPLACEMENT CHARACTER}{self.characters}"
        return "".join(known[place] for place in _up_to_end(places))

    def facts(self) -> dict[str, Any]:
        return {"characters": self.characters}


@dataclass(frozen=True)
class BytePairs:
    """Byte pairs (Sennrich et al. 2016) above the 256 bytes, so that nothing is unknown; `pairs` is the package tokenizers' JSON."""

    pairs: str

    @property
    def tokenizer(self) -> Any:
        return _opened(self.pairs)

    @property
    def size(self) -> int:
        size: int = self.tokenizer.get_vocab_size()
        return size

    def encode(self, items: Sequence[str]) -> list[list[int]]:
        return [found.ids for found in self.tokenizer.encode_batch(list(items))]

    def decode(self, places: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(_up_to_end(places))
        return text

    def facts(self) -> dict[str, Any]:
        return {"pairs": self.pairs}


def from_facts(facts: dict[str, Any]) -> Vocabulary:
    return Characters(facts["characters"]) if "characters" in facts else BytePairs(facts["pairs"])


def characters_of(items: Sequence[str]) -> Characters:
    """All characters that occur in two items or more."""
    often, spread = Counter[str](), Counter[str]()
    for item in items:
        often.update(item)
        spread.update(set(item))
    known = [character for character, count in spread.items() if count >= RARE]
    if not known:
        raise UserError("no character occurs in two items, so nothing can be learnt of them")
    return Characters("".join(sorted(known, key=lambda character: (-often[character], character))))


def pairs_of(items: Sequence[str], size: int) -> BytePairs:
    """Up to `size` byte pairs, bytes among them. Raises UserError below 258, and without the package tokenizers."""
    if size < LEAST:
        raise UserError(
            f"data.vocabulary = {size}: byte pairs start at {LEAST}, which are all bytes; 0 takes characters"
        )
    tokenizers = _tokenizers()
    bytewise = tokenizers.pre_tokenizers.ByteLevel
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = bytewise(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    # Items hold no control characters, so that none can be taken for these two.
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, special_tokens=["\x00", "\x01"], initial_alphabet=bytewise.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(items, trainer)
    return BytePairs(tokenizer.to_str())


@lru_cache(maxsize=4)
def _opened(pairs: str) -> Any:
    return _tokenizers().Tokenizer.from_str(pairs)


def _up_to_end(places: Sequence[int]) -> list[int]:
    found = [int(place) for place in places]
    return found[: found.index(END)] if END in found else found


def _tokenizers() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise UserError(
            "byte pairs need tokenizers: pip install 'elegan[text]'; data.vocabulary=0 takes characters"
        ) from None
    return tokenizers
