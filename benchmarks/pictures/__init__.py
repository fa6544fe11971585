"""Pictures that benchmarks and shipped models are made with."""
