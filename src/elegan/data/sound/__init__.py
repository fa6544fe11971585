"""Sounds: files of any rate, read to a memory-mapped array of one."""
