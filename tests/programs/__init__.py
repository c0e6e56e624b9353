"""Programs that are not written by hand, made by grammars: whatever is in a file, analysis and repairs get through."""
