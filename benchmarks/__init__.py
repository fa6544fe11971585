"""Measurements of elegan: how fast it is (speed/), what it is worth (quality/), and the pictures for that (pictures/)."""
