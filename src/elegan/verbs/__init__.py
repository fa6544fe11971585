"""What is done with a trained run: a file a verb."""
