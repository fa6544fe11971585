"""Asks the process of `many_calls` for a child: little is imported, so that a shell's `elegan` may be this file.

`python fork_client.py ADDRESS -m elegan ...` plays what `python -m elegan ...` would, with its own input, output and folder.
"""

import json
import os
import socket
import sys


def ask(
    address: str, words: list[str], cwd: str, environment: dict, files: list[int], memory: int = 0, seconds: int = 0
):
    """Has the server fork a child that does what Python does with these words. Gives its process id, and a function that waits
    for what became of it. `files`: its input, output and errors; `memory` and `seconds`: that it may take, 0 for no bound."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    socket.send_fds(connection, [b"\n"], files)
    request = {"words": words, "cwd": cwd, "environment": environment, "memory": memory, "seconds": seconds}
    connection.sendall(json.dumps(request).encode() + b"\n")
    answers = connection.makefile()
    pid = json.loads(answers.readline())

    def ended() -> dict:
        with connection, answers:
            return json.loads(answers.readline())

    return pid, ended


if __name__ == "__main__":
    _, ended = ask(sys.argv[1], sys.argv[2:], os.getcwd(), dict(os.environ), [0, 1, 2])
    code = ended()["code"]
    sys.exit(code if code >= 0 else 128 - code)
