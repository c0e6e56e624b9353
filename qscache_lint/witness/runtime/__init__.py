"""Records what a running project does with its cached QuerySets. Nothing of the analysis is imported here."""
