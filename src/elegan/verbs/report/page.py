"""The templates of the page, which escape every text that they are given."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@cache
def templates() -> Environment:
    """The templates beside this file."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(**facts: Any) -> str:
    """The page of a run as HTML that loads nothing; `facts` are named as report.html calls them."""
    return templates().get_template("report.html").render(facts)
