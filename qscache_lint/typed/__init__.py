"""The typed engine: type checkers as oracles (see `oracles`), each in a process of its own."""
