"""Every tutorial of docs/tutorials, played from its first block to its last in a new folder, prints what it says it prints."""

import os
import re
import subprocess
import sys
from pathlib import Path
from shlex import quote

import pytest

from many_calls import Calls

TUTORIALS = sorted((Path(__file__).parents[1] / "docs" / "tutorials").glob("*.md"))
# A block of code, and behind it, where it prints anything worth showing, a block of its output.
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)
CLIENT = Path(__file__).parent / "support" / "fork_client.py"
# The interpreter of the tests is the one that a reader calls python; elegan is a child of one that has imported it already.
COMMANDS = """python() { %s "$@"; }
elegan() { python -S -E %s %s -m elegan "$@"; }
"""


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_does_what_it_says(page, calls, tmp_path):
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert len(blocks) > 3
    for language, code, shown in blocks:
        printed = play(calls, language, code, tmp_path)
        assert not (missing := unprinted(shown, printed)), f"{code}\nprints\n{printed}\nand not\n{missing}"


def play(calls: Calls, language: str, code: str, folder: Path) -> str:
    """What the block prints in this folder; it must not fail."""
    commands = COMMANDS % (quote(sys.executable), quote(str(CLIENT)), quote(calls.address))
    command = [sys.executable, "-c", code] if language == "python" else ["bash", "-euc", commands + code]
    environment = os.environ | {"COLUMNS": "120"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{code}\n{done.stdout}{done.stderr}"
    return done.stdout


def unprinted(shown: str, printed: str) -> str:
    """The first line shown that is not printed behind those before it, whatever its numbers, which are another machine's."""
    lines = iter([alike(line) for line in printed.splitlines()])
    wanted = [line for line in shown.splitlines() if line.strip(" .")]
    return next((line for line in wanted if alike(line) not in lines), "")


def alike(line: str) -> str:
    """The line without its numbers and times, and the spaces that align them."""
    timeless = re.sub(r"\d+ (s|min|h)\b", "0 s", line)
    return " ".join(re.sub(r"\d[\d.,]*(e[+-]\d+)?", "0", timeless).split())


def test_a_line_that_is_not_printed_is_found():
    printed = "step 1 of 20, loss 0.5\nFD  12.3\n"
    assert not unprinted("...\nFD  9.81\n", printed)
    assert unprinted("KD  12.3\n", printed) == "KD  12.3"
    assert unprinted("FD  1\nstep 1 of 20, loss 0.5\n", printed) == "step 1 of 20, loss 0.5"
