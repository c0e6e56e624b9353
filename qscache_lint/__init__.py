"""Finds Django QuerySets that a cache hands out and that callers then refine, explains the cost, and repairs it."""

__version__ = "0.1.0"
