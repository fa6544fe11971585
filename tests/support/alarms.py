"""What the guard said of a run."""

import json

from elegan.run import Run


def alarms(run: Run) -> dict[str, int]:
    """The step of each alarm on record, by its name."""
    records = map(json.loads, run.file("log.jsonl").read_text().splitlines())
    return {record["alarm"]: record["step"] for record in records if "alarm" in record}
