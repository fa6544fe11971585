"""What a doctor says: findings, the most worth first, over plain facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elegan.verbs.runs import printable


@dataclass(frozen=True)
class Finding:
    """What was found in words, and the `command` that answers it; "" where there is none to give. A `problem` is wrong, what is
    none is worth trying."""

    text: str
    command: str = ""
    problem: bool = False


@dataclass(frozen=True)
class Examination:
    """All that was found, in the order in which it is worth acting on, and the facts it was read from."""

    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"findings": [vars(finding) for finding in self.findings], "facts": dict(self.facts)}

    def lines(self) -> list[str]:
        """For people: the findings, each with its command, then the facts, without what would steer a terminal: a run may be
        anybody's."""
        width = max(map(len, self.facts), default=0)
        lines = [
            *(
                line
                for finding in self.findings
                for line in (
                    f"{'PROBLEM' if finding.problem else 'TRY    '}  {finding.text}",
                    *([f"         {finding.command}"] if finding.command else []),
                )
            ),
            *([""] if self.findings else ["Nothing to mend was found.", ""]),
            *(f"{name:{width}}  {_in_words(value)}" for name, value in self.facts.items()),
        ]
        return list(map(printable, lines))


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_in_words(held)}" for name, held in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_in_words, value)) or "none"
    return f"{value:,.3g}" if isinstance(value, float) else "none" if value is None else str(value)
