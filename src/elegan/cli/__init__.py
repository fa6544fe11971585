"""The command line: one command for each verb, which calls the same function as the Python API."""
