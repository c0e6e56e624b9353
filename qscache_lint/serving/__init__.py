"""One analysis for many questions: files that are asked for one at a time, by one process or several."""
