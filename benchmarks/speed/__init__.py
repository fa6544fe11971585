"""How fast elegan is, and how much memory it takes: a file a benchmark."""
