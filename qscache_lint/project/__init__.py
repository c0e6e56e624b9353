"""The whole project: names, classes, models and functions, and what the terms of each module come to."""
