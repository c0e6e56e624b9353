"""Variants of a literate case that mean the same: other names of files, another order of definitions."""
