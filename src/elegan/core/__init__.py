"""The ground that every other room stands on: errors, files and paths, randomness, ramps, ranges, the machine."""
