"""What a terminal shows while a verb waits for PyTorch, and that nothing else does."""

import os
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty")  # which Windows has not

COMMAND = [sys.executable, "-m", "elegan", "recipes", "dcgan", "--json"]


def test_a_terminal_is_told_once_and_at_once(tmp_path):
    ours, theirs = pty.openpty()
    subprocess.run(COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=theirs, check=True)
    os.close(theirs)
    assert os.read(ours, 1000).split(b"\r\n") == [b"loading PyTorch ...", b""]
    os.close(ours)


def test_a_file_is_told_nothing(tmp_path):
    done = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr == b""
