"""The speed benchmark: time and memory on whole trees, beside other linters, and how both grow with the tree."""
