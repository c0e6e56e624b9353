"""Very many small projects that are put together from dangers to repairs, and executed before and after."""
