"""Repairs of single places that use a cached value: same result, and no more queries, rows or bytes.

Which operation means what of rows that are there is said by `on_rows` in `knowledge/queryset.toml`. Nothing but the
function in which the value is used has to be seen.
"""
