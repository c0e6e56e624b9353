"""Probes: how each function and class of consumers.toml is given a QuerySet for real, one module per subject."""
