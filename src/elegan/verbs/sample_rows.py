"""Generated windows of a series and rows of a table as files: CSV in the data's units, and a picture."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from elegan.core import files, grid
from elegan.core.errors import UserError
from elegan.data.series.columns import from_facts
from elegan.data.tables.columns import Numbers
from elegan.data.tables.columns import from_facts as columns_of_table
from elegan.run import Run
from elegan.workflows.plots import windows_alone


def save_windows(
    run: Run, seeds: Sequence[int], truncation: float | None, separate: bool, stem: str, out: Path
) -> list[Path]:
    """Writes windows of the run, one a seed, to the folder `out` as one CSV, or as one a seed, with the columns `seed`, `step`
    and those of the data; and a picture of them. Gives the paths, the CSV or the folder first."""
    values = run.windows(seeds=seeds, truncation=truncation)
    columns, constant = from_facts(run.info["data"]["columns"]), run.info["data"]["constant"]
    heads = ["seed", "step", *(column.name for column in columns), *constant]
    first, last = seeds[0], seeds[-1]
    tables = {f"{stem}-{first}-{last}.csv": range(len(seeds))}
    if separate:
        tables = {f"{stem}-{seed:06d}.csv": range(place, place + 1) for place, seed in enumerate(seeds)}
    for name, places in tables.items():
        rows = [
            [
                str(seeds[place]),
                str(step),
                *map(_written, row, (c.decimals for c in columns)),
                *map(_written, constant.values()),
            ]
            for place in places
            for step, row in enumerate(values[place])
        ]
        files.write(out / name, _csv([heads, *rows]).encode())
    picture = out / f"{stem}-{first}-{last}.png"
    grid.save_png(picture, windows_alone(values, [column.name for column in columns]))
    return [out if separate else out / next(iter(tables)), picture]


def save_rows(
    run: Run,
    seeds: Sequence[int],
    label: str | int | None,
    truncation: float | None,
    separate: bool,
    stem: str,
    out: Path,
) -> list[Path]:
    """Writes rows of a table, one a seed, as one CSV with the columns of the data, to the folder `out` or to the file that it is
    where it ends in .csv. Gives its path. Raises UserError for a truncation and for files of a row each."""
    if truncation is not None:
        raise UserError("rows of a table have no truncation, which would change how often kinds are made: leave it out")
    if separate:
        raise UserError("rows of a table are one file: leave out --separate")
    made, known = run.table(seeds=seeds, label=label), run.info["data"]
    columns = {column.name: column for column in columns_of_table(known["columns"])}
    written = [
        [columns[name].written(x) if isinstance(columns.get(name), Numbers) else x for x in values]
        for name, values in made.items()
    ]
    alone = out.suffix.lower() == ".csv"
    path = files.file_for(out) if alone else files.folder_for(out) / f"{stem}-{seeds[0]}-{seeds[-1]}.csv"
    files.write(path, _csv([list(made), *zip(*written, strict=True)]).encode())
    return [path]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _written(value: float, decimals: int | None = None) -> str:
    return f"{value:.7g}" if decimals is None else f"{value:.{decimals}f}"
