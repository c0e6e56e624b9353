"""From a path to bytes to a parsed module: what belongs to a project, what may matter, what may be silenced."""
