"""A model card in Markdown (Mitchell et al. 2019): what a model is, its data, how good it is and what it is not good for, of what
is on record alone."""

from collections.abc import Iterable, Sequence

from elegan.core.version import __version__
from elegan.data.layout import printable
from elegan.run import Run
from elegan.verbs.report.evaluations import COLUMNS, Evaluation, evaluations, legend, newest
from elegan.workflows import workflow_of


def card(run: Run, *, place: str = "", about_data: str = "", pictures: Sequence[str] = ()) -> str:
    """The card of a run, in Markdown. `place`: what it is opened by, the name of its file without; `about_data`: words of
    somebody who knows where these come from; `pictures`: files beside the card to be shown."""
    measured = newest(run)
    sections = {
        "": [*_what(run), *(f"![{name.partition('.')[0]}]({name})" for name in pictures)],
        "Use": _use(run, place),
        "Data": [*_data(run), _lines(about_data)],
        "Measured": [*_tables(evaluations(measured)), legend(measured) if measured else "Not measured."],
        "Limits": [_listed(_limits(run, bool(measured)))],
        "Licence": [
            _plain(run.licence) or "Not stated. Ask whoever gave it to you before you use it for more than looking."
        ],
        "Note": [_lines(run.note)],
    }
    titled = [[f"## {title}"] * bool(title) + paragraphs for title, paragraphs in sections.items() if any(paragraphs)]
    return "\n\n".join([f"# {_plain(run.name)}", *(text for section in titled for text in section if text)]) + "\n"


def _what(run: Run) -> list[str]:
    recipe, (size, unit) = run.trained_by, workflow_of(run.recipe).size(run.shape)
    about = f", {recipe.about}" if recipe.about else ""
    can = _listed(f"{ability.does}{_numbers(ability.facts())}" for ability in run.game.abilities if ability.does)
    seed = "" if run.info["seed"] is None else f", seed {run.info['seed']}"
    trained = f"Recipe `{_plain(recipe.name)}`{_plain(about)}; step {run.step:,} of {recipe.steps:,}{seed}"
    return [f"{trained}. {size} {unit}. Packed by elegan {__version__}.", can]


def _numbers(facts: dict[str, object]) -> str:
    words = [f"{name} {', '.join(value) if isinstance(value, list) else value}" for name, value in facts.items()]
    return f" ({'; '.join(words)})" if words else ""


def _use(run: Run, place: str) -> list[str]:
    command = run.game.use.format(run=place or run.path.name, trust=run.recipe.trust_options)
    trust = f", trust={run.recipe.owners}" if run.recipe.owners else ""
    program = f"```python\nrun = elegan.Run.from_pretrained({place.removeprefix('hub:')!r}{trust})\n```"
    return [
        f"```\n{_plain(command)}\n```",
        program if place else "",
        "Meant for looking, learning, and making or mending pictures where somebody looks at them before they count. Not meant "
        "as evidence of what something or somebody looks like, nor to decide over people.",
    ]


def _data(run: Run) -> list[str]:
    data = run.info["data"]
    counts = data.get("class_counts") or []
    named = zip(data["classes"], counts, strict=False) if counts else ((name, None) for name in data["classes"])
    classes = ", ".join(_plain(name) + (f" ({count:,})" if count else "") for name, count in named)
    many = f", {data['count']:,} {workflow_of(run.recipe).items}" if data["count"] else ""
    lines = [f"{_plain(data['name'])}{many}" + (f", {len(data['classes'])} classes: {classes}." if classes else ".")]
    if not data["fingerprint"]:
        return [*lines, *(f"{_plain(note)}." for note in data["notes"])]
    return [*lines, f"Fingerprint of the data: `{_plain(data['fingerprint'])}`."]


def _tables(measured: Sequence[Evaluation]) -> list[str]:
    paragraphs = []
    for evaluation in measured:
        rows = [list(COLUMNS), ["---"] * len(COLUMNS), *evaluation.lines]
        table = "\n".join(f"| {' | '.join(map(_plain, row))} |" for row in rows)
        paragraphs += [f"{_plain(evaluation.title)}. {_plain(evaluation.about)}".strip(), table]
        paragraphs += [f"{_plain(warning)}." for warning in evaluation.warnings]
    return paragraphs


def _limits(run: Run, measured: bool) -> list[str]:
    limits = [
        "What is not in the data it has not learnt; what is rare there it makes or mends badly.",
        "What it makes is invented, also where it looks real: detail that was not in its input is a guess.",
        "It may have learnt parts of its data by heart; `elegan copies` looks for such pictures, with the data at hand.",
    ]
    if run.step < run.trained_by.steps:
        limits.append(f"Its training stopped at step {run.step:,} of {run.trained_by.steps:,}.")
    if not measured:
        limits.append("Nobody has measured these weights; `elegan evaluate` does.")
    return limits


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _plain(text: str) -> str:
    """Text of anybody's on one line of Markdown, as text."""
    return printable(text).replace("|", "\\|").replace("<", "&lt;")


def _lines(text: str) -> str:
    """Text of several lines, its headings below those of the card."""
    return "\n".join("##" * line.startswith("#") + _plain(line) for line in text.splitlines())
