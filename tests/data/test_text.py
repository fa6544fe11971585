"""Files of text: what is read, what is said of what is odd, and the places that come of it."""

import numpy as np
import pytest
import torch

from elegan.core.errors import UserError
from elegan.data import open_data
from elegan.data.text.describe import describe_text
from elegan.data.text.lines import TextFeed, open_text
from elegan.data.text.read import is_text, read
from elegan.data.text.vocabulary import END, UNKNOWN, Characters, from_facts


def written(path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_a_text_is_known_by_its_ending():
    assert [is_text(name) for name in ("a.TXT", "b.csv", "c", None)] == [True, False, False, False]


def test_items_are_lines_or_what_blank_lines_set_apart(tmp_path):
    lines = written(tmp_path / "lines.txt", "one\r\n two  \n\n\nthree\n")
    assert read(lines).items == ("one", "two", "three")
    verses = written(tmp_path / "verses.txt", "a\nb\n\nc\nd\n \n\ne\nf")
    assert read(verses).items == ("a\nb", "c\nd", "e\nf")
    assert read(verses, "lines").items == tuple("abcdef")
    assert "paragraphs" in str(describe_text(verses))


def test_what_is_odd_is_said_and_the_rest_used(tmp_path):
    odd = written(tmp_path / "odd.txt", b"\xef\xbb\xbffine\nbro\xffken\n\x1b[31mred\x07\ttab\n")
    found = read(odd)
    assert found.items == ("fine", "[31mred tab")
    assert found.notes == ("1 of 3 lines are not UTF-8 and were left out",)
    wide = written(tmp_path / "wide.txt", "ein Wort\nzwei Wörter\n".encode("utf-16"))
    assert read(wide).items == ("ein Wort", "zwei Wörter")
    long = open_text(written(tmp_path / "long.txt", "ab\n" * 300 + "a" * 100_000 + "\n"))
    assert long.resolution == 4
    assert long.notes == ("1 of 301 are longer than 3 characters and were left out (the longest: 100,000)",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("only one\n", "holds 1 of the lines to learn"),
        ("", "holds 0 of the lines"),
        (b"PK\x03\x04\x00\x00", "is no text"),
        (b"\xff\xff\n\xfe\xfe\n", "holds 0 of the lines"),
        ("ab\ncd\n", "no character occurs in two items"),
    ],
)
def test_what_cannot_be_learnt_is_said_in_a_line(content, said, tmp_path):
    with pytest.raises(UserError, match=said):
        open_text(written(tmp_path / "bad.txt", content))


def test_a_missing_file_names_its_neighbour_and_pictures_are_not_text(tmp_path, poem):
    written(tmp_path / "names.txt", "a\nb\n")
    with pytest.raises(UserError, match="did you mean 'names.txt'"):
        open_text(str(tmp_path / "name.txt"))
    with pytest.raises(UserError, match="holds text and no pictures"):
        open_data(str(poem))


def test_places_are_characters_by_how_often_they_occur_and_back(poem):
    text = open_text(str(poem))
    assert (text.count, len(text.held), text.channels) == (144, 16, 2 + len(text.vocabulary.characters))
    assert len({*text.trained, *text.held}) == 160
    padded = text.padded(text.trained[:5])
    assert padded.shape == (5, text.resolution)
    assert (padded[:, -1] == END).all()
    assert all("fruit" not in item and item in poem.read_text() for item in text.items(text.trained))
    assert from_facts(text.vocabulary.facts()) == text.vocabulary
    assert Characters("ab").encode(["abz"]) == [[2, 3, UNKNOWN]]
    assert Characters("ab").decode([2, 3, 1, 0, 2]) == "ab\N{REPLACEMENT CHARACTER}"
    assert text.fingerprint == open_text(str(poem)).fingerprint != open_text(str(poem), held=0.0).fingerprint


def test_what_is_held_out_and_occurs_in_what_is_learnt_is_not_new(tmp_path):
    text = open_text(written(tmp_path / "twice.txt", "\n".join([*(f"{n:03d}" for n in range(150))] * 2)), held=0.3)
    learnt = set(text.items(text.trained))
    assert 0 < len(text.new) < len(text.held) == 90
    assert text.items(text.new) == [item for item in text.items(text.held) if item not in learnt]


def test_a_feed_is_a_function_of_position(poem):
    text = open_text(str(poem))
    feed, again = (TextFeed(text, batch=8, seed=3) for _ in range(2))
    whole = feed(5, range(8)).real
    assert whole.dtype == torch.int64
    assert torch.equal(again(5, range(4, 8)).real, whole[4:])
    assert not torch.equal(feed(6, range(8)).real, whole)


def test_byte_pairs_know_every_character(poem, tmp_path):
    pytest.importorskip("tokenizers")
    text = open_text(str(poem), vocabulary=300)
    assert text.channels == 300
    assert text.items(text.trained[:9]) == [
        open_text(str(poem)).items(np.array([place]))[0] for place in text.trained[:9]
    ]
    unseen = "Ж never seen 龍"
    assert text.vocabulary.decode(text.vocabulary.encode([unseen])[0]) == unseen
    with pytest.raises(UserError, match="byte pairs start at 258"):
        open_text(str(poem), vocabulary=20)


def test_a_description_counts_items_characters_and_words(poem):
    told = describe_text(str(poem))
    assert (told.count, told.different, told.words) == (160, 160, 17)
    assert told.lengths["longest"] == len("thirty three apples")
    assert told.as_dict()["alphabet"] == len(set(poem.read_text()) - {"\n"})
    assert "160 lines" in str(told)
