"""The verbs, each of which does something with trained runs: a file a verb."""
