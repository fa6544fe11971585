"""How good is what comes out of elegan: a file a benchmark."""
