"""What everything stands on: errors, files and paths, randomness, ramps, ranges, the machine."""
