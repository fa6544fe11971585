"""Playing a game: who learns from what and how often (game), the one loop (trainer), averages, processes and devices (engine)."""
