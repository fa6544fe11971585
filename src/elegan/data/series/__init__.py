"""Series: files of rows in the order of time, read to windows of a memory-mapped array."""
