"""Tables: which columns are learnt and as what, their encoding and its inverse, and the batches that rare kinds are in."""

from pathlib import Path

import numpy as np
import pytest

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.data.describe_rows import describe
from elegan.data.tables.columns import Kinds, Numbers, blocks_of, decoded, encoded, from_facts, to_facts
from elegan.data.tables.read import read
from elegan.data.tables.table import TableFeed, open_table


@pytest.fixture(scope="module")
def people(tmp_path_factory) -> str:
    """300 rows: a key, two modes of numbers with decimals, a count with missing ones, kinds with a rare one, text, one value."""
    path, random = tmp_path_factory.mktemp("table") / "people.csv", np.random.default_rng(0)
    lines = ["id,height,children,city,note,planet"]
    for row in range(300):
        height = random.normal(170 if row % 2 else 120, 5)
        children = "" if row % 10 == 0 else int(random.poisson(15))
        city = "Ulm" if row == 7 else ("Köln", "Bonn")[row % 2]
        lines.append(f"{row + 1},{height:.1f},{children},{city},note {row * 7 % 299}x,Earth")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_columns_are_what_their_entries_are(people):
    entries = read(people)
    assert [type(column).__name__ for column in entries.columns] == ["Numbers", "Numbers", "Kinds"]
    height, children, city = entries.columns
    assert (height.name, height.decimals, height.missing) == ("height", 1, False)
    assert (children.decimals, children.missing) == (0, True)
    assert city.kinds == ("Bonn", "Köln", "Ulm")
    assert entries.order == ("height", "children", "city", "planet")
    assert entries.constant == {"planet": "Earth"}
    said = " ".join(entries.notes)
    for words in (
        "id names each row by itself",
        "note is text",
        "children: missing in 30",
        "city: Ulm stand in a single row",
    ):
        assert words in said


def test_encoded_entries_come_back(people):
    table = open_table(people, held=0.0)
    assert table.rows.shape == (300, sum(table.blocks))
    back = np.stack(decoded(np.asarray(table.rows), table.columns), 1)
    assert np.array_equal(np.isnan(back), np.isnan(table.entries))
    inside = np.abs(back - table.entries)[:, 0] < 0.06  # what lies beyond four deviations comes back as their end
    assert inside.mean() > 0.99
    assert np.array_equal(back[:, 1:], table.entries[:, 1:], equal_nan=True)
    assert from_facts(to_facts(table.columns)) == table.columns
    height = table.columns[0]
    assert isinstance(height, Numbers)
    assert any(abs(mean - 120) < 3 for mean in height.means)
    assert any(abs(mean - 170) < 3 for mean in height.means)


def test_whatever_a_network_makes_is_a_row_that_could_be(people):
    table = open_table(people)
    made = decoded(np.random.default_rng(1).normal(0, 9, (500, table.channels)).astype(np.float32), table.columns)
    for column, values in zip(table.columns, made, strict=True):
        if isinstance(column, Kinds):
            assert {column.written(value) for value in values} <= set(column.kinds)
            continue
        known = values[np.isfinite(values)]
        assert column.low <= known.min()
        assert known.max() <= column.high
        assert all(len(column.written(v).partition(".")[2]) == column.decimals for v in known)


def test_some_rows_are_held_out_and_a_small_table_keeps_all(people, tmp_path):
    table = open_table(people, held=0.2)
    assert (table.count, len(table.held)) == (240, 60)
    assert open_table(people).fingerprint == table.fingerprint
    small = tmp_path / "small.csv"
    small.write_text("a,b\n" + "\n".join(f"{i * 0.37 % 1:.2f},{i % 2}" for i in range(30)))
    assert len(open_table(str(small)).held) == 0


def test_a_rare_kind_is_seen_more_often_than_it_occurs_and_rows_are_of_their_label(people):
    table = open_table(people, held=0.0)
    feed = TableFeed(table)
    assert table.classes == ("city=Bonn", "city=Köln", "city=Ulm")
    with rng.drawing(0, total=2000, rows=range(2000)):
        batch = feed(0, range(2000))
    assert batch.real.shape == (2000, table.channels)
    assert (batch.real[:, -3:].argmax(1) == batch.label).all()
    assert float((batch.label == 2).float().mean()) > 10 / 300


def test_a_batch_is_the_same_however_it_is_split(people):
    feed = TableFeed(open_table(people))
    parts = []
    for rows in (range(8), range(4), range(4, 8)):
        with rng.drawing(3, total=8, rows=rows):
            parts.append(feed(0, rows))
    assert np.array_equal(parts[0].real, np.concatenate([parts[1].real, parts[2].real]))


def test_another_file_is_read_by_the_columns_of_the_first(people, tmp_path):
    first, other = open_table(people), tmp_path / "other.csv"
    lines = Path(people).read_text().splitlines()
    other.write_text("\n".join([lines[0], *(line for line in lines[1:] if "Ulm" not in line)]))
    assert np.isin(open_table(str(other)).by_columns(first.columns).entries[:, 2], [0, 1]).all()
    other.write_text("\n".join([lines[0], *(line.replace("Bonn", "Rom") for line in lines[1:])]))
    with pytest.raises(UserError, match="city holds 'Rom', which the run never saw"):
        open_table(str(other)).by_columns(first.columns)
    other.write_text("\n".join(line.rpartition(",city")[0] or line for line in lines))
    with pytest.raises(UserError, match="has no column city"):
        open_table(str(other)).by_columns(first.columns)


def test_it_is_described_as_a_table_also_where_it_is_sorted(people, tmp_path):
    told = describe(people)
    assert told.series == ""
    assert told.columns["city"] == {"Bonn": 149, "Köln": 150, "Ulm": 1}
    assert "3 kinds: Köln 150" in str(told)
    ordered = tmp_path / "sorted.csv"
    ordered.write_text("x,kind\n" + "\n".join(f"{row / 200:.3f},{'ab'[row > 100]}" for row in range(200)))
    assert describe(str(ordered)).series == ""


def test_odd_files_end_in_a_line(tmp_path):
    def written(text: str) -> str:
        (tmp_path / "odd.csv").write_text(text)
        return str(tmp_path / "odd.csv")

    for text, said in (
        ("a,b\n1,2\n", "at least two are needed"),
        ("a,b\nx,y\nx,y\n", "no column to learn"),
        ("id\n" + "\n".join(map(str, range(50))), "no column to learn"),
    ):
        with pytest.raises(UserError, match=said):
            read(written(text))
    with pytest.raises(UserError, match="data.target = 'b' is no column that is learnt; .*a"):
        open_table(written("a,c\n" + "\n".join(f"{i * 0.37 % 1:.2f},{i % 2}" for i in range(30))), target="b")
    mixed = read(written("a,c\n" + "\n".join(f"{'?' if i == 3 else i * 0.37 % 1},{i % 2}" for i in range(30))))
    assert mixed.columns[0].missing
    assert "text in a column of numbers" in mixed.notes[0]


def test_blocks_put_numbers_first(people):
    table = open_table(people)
    assert blocks_of(table.columns)[-1] == 3
    assert blocks_of(table.columns)[0] == 1
    values = [np.asarray(table.entries)[:, place] for place in range(3)]
    values[2] = values[2].astype(int)
    assert np.array_equal(encoded(values, table.columns), table.rows)
