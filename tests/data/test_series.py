"""Files of rows: what is read, what is said of what is odd, and the windows that come of it."""

import re

import numpy as np
import pytest

from elegan.core.errors import UserError
from elegan.data.describe_rows import describe
from elegan.data.rows import is_rows
from elegan.data.series.columns import in_units, scaled
from elegan.data.series.read import read
from elegan.data.series.windows import SeriesFeed, open_series


def written(path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_a_file_is_described_by_its_columns_time_and_step(rows):
    told = describe(str(rows))
    assert (told.count, told.time, told.step) == (120, "when", "3600")
    assert list(told.columns) == ["slow", "fast", "people"]
    low, high, after = told.columns["slow"]
    assert (low, high) == (-1.0, 1.0)
    assert after > 0.95
    assert told.series == "a series: column when says when"
    assert "constant, so written as it is: always = 5" in told.notes
    assert "text, so left out: said (2 different)" in told.notes
    assert "fast: -100 to 100" in str(told)


def test_rows_without_order_are_no_series(tmp_path):
    draws = np.random.default_rng(0).normal(size=(200, 2))
    lines = "\n".join(f"{a:.3f},{b:.3f}" for a, b in draws)
    assert describe(written(tmp_path / "noise.csv", f"a,b\n{lines}\n")).series == ""
    summed = "\n".join(f"{a:.3f},{b:.3f}" for a, b in draws.cumsum(0))
    assert "200 rows of numbers in order" in describe(written(tmp_path / "walk.csv", f"a,b\n{summed}\n")).series


def test_windows_are_the_rows_in_order_and_back_in_units_as_written(rows):
    data = open_series(str(rows), window=10, stride=3)
    assert (data.count, data.resolution, data.channels) == (37, 10, 3)
    windows = data.windows()
    assert windows.dtype == np.float32
    assert (windows.min(), windows.max()) == (-1, 1)
    raw = read(str(rows)).values
    assert np.array_equal(in_units(windows[1], data.columns), raw[3:13])  # exactly, as each column has its decimals
    assert data.fingerprint == open_series(str(rows)).fingerprint


def test_a_feed_is_a_function_of_position(rows):
    data = open_series(str(rows), window=10)
    feed, again = (SeriesFeed(data, batch=8, seed=3) for _ in range(2))
    whole = feed(5, range(8)).real
    assert whole.shape == (8, 3, 10)
    assert np.array_equal(again(5, range(4, 8)).real, whole[4:])
    assert not np.array_equal(feed(6, range(8)).real, whole)


def test_no_window_spans_a_gap_or_a_missing_value(tmp_path):
    hours = [*range(50), *range(200, 250)]
    entry = {7: "", 230: "much"}
    text = "time,x\n" + "\n".join(f"{hour},{entry.get(hour, hour % 9)}" for hour in hours)
    path = written(tmp_path / "gaps.csv", text)
    data = open_series(path, window=5)
    begins = set(data.starts.tolist())
    assert len(begins) == 2 * 46 - 2 * 5
    assert not begins & {3, 4, 5, 6, 7, 46, 47, 48, 49, *range(76, 81)}
    notes = " | ".join(data.notes)
    assert "1 gaps in time above 10 usual steps, which no window spans" in notes
    assert "x: 1 entries are text in a column of numbers, taken as missing" in notes
    assert "missing: x in 2 of 100 rows" in notes
    assert "steps of time are uneven: from 1 to 151, usually 1" in notes


def test_what_is_odd_is_said_and_the_rest_is_used(tmp_path):
    lines = [f"2020-01-{day:02d},{day * 1.5}" for day in range(28, 0, -1)]
    lines[3:3] = ["2020-02-01,3,4,5"]
    body = "\n".join(["day,price", *lines]).encode() + b"\n2020-02-02,\xff\xfe\n2020-02-03," + b"9" * 100_000 + b"\n"
    data = open_series(written(tmp_path / "odd.csv", body), window=4)
    notes = " | ".join(data.notes)
    assert "1 lines with more fields than the first were left out" in notes
    assert "1 entries are not UTF-8" in notes
    assert "the rows were brought into the order of day" in notes
    assert np.all(np.diff(in_units(data.windows()[0], data.columns)[:, 0]) == 1.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "holds 1 row of data"),
        ("a,b\n", "holds 0 row of data"),
        ("", "no readable CSV"),
        ("a,b\n1,x\n1,y\n1,z\n", "no column of numbers that vary"),
        ("a\n1\n2\n3\n", "0 whole windows of 24 rows among its 3: data.resolution takes fewer rows"),
        ("a,b\n" + "1,\n,2\n3,\n,4\n" * 15, "0 whole windows"),
    ],
)
def test_a_file_of_no_use_ends_in_a_line(text, said, tmp_path):
    with pytest.raises(UserError, match=re.escape(said)) as caught:
        open_series(written(tmp_path / "bad.csv", text))
    assert "\n" not in str(caught.value)


def test_names_that_are_not_there_are_said_with_the_nearest(rows):
    with pytest.raises(UserError, match=r"did you mean 'waves.csv'"):
        open_series(str(rows.with_name("wave.csv")))
    with pytest.raises(UserError, match="no column 'wen'; did you mean 'when'"):
        open_series(str(rows), time="wen")
    with pytest.raises(UserError, match="'said' holds neither dates nor numbers"):
        open_series(str(rows), time="said")


def test_parquet_holds_the_same_series(rows, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    table = pandas.read_csv(rows, parse_dates=["when"])
    table.to_parquet(tmp_path / "waves.parquet")
    a, b = open_series(str(rows)), open_series(str(tmp_path / "waves.parquet"))
    assert np.array_equal(a.windows(), b.windows())
    with pytest.raises(UserError, match="no readable Parquet"):
        open_series(written(tmp_path / "torn.parquet", (tmp_path / "waves.parquet").read_bytes()[:300]))


def test_another_series_is_scaled_as_the_first(rows, tmp_path):
    a = open_series(str(rows))
    lines = rows.read_text().splitlines()
    half = open_series(written(tmp_path / "half.csv", "\n".join(lines[:70])))
    same = half.scaled_as(a.columns)
    assert np.allclose(same.windows(), a.windows()[: half.count], atol=1e-6)
    with pytest.raises(UserError, match="has the columns"):
        half.scaled_as(a.columns[:2])


def test_its_ending_says_what_a_file_is():
    assert [is_rows(name) for name in ("a.CSV", "b.parquet", "c.zip", None)] == [True, True, False, False]
    assert scaled(np.array([[1.0]]), open_columns()).item() == -1


def open_columns():
    from elegan.data.series.columns import Column

    return (Column("a", 1.0, 3.0, 0),)
