"""Programs that nobody would write, made by grammars: whatever is in a file, analysis and repairs get through."""
