"""The command line: one verb a command, each over the same function as the Python API."""
