"""Text: a file of lines or of paragraphs, read to a memory-mapped array of characters' or byte pairs' places."""
