"""What a run says of itself, by its folder or its packed file, without its networks."""
