"""One component of a project: its result, from the disk cache or by analysis, and the fixes of its findings."""
