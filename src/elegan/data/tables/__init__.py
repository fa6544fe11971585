"""Tables: files of rows without an order, numbers and kinds, read to rows of a memory-mapped array."""
