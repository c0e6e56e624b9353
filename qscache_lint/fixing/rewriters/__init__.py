"""The two halves of a repaired definition: the builder returns the QuerySet, the cached one its rows."""
