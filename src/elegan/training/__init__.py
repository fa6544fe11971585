"""The training loop and all around it: devices and processes, averages, the run's folder while it is written."""
