"""The same rule for other tools: a caching decorator on a function that returns something made of `.objects`."""
