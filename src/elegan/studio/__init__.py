"""The studio: a page on one's own machine to train, watch, explore and use, over the same functions and run folders as the commands."""
