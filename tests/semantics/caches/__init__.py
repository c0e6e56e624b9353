"""Every name of the cache tables, executed on Django: what each one does must be what its row says."""
