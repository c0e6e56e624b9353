"""Benchmarks: what the linter finds and what it costs, measured on projects outside this repository."""
