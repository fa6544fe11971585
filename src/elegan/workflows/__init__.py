"""What is shown and measured of each kind of task."""
