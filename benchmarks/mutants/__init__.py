"""Mutation testing of the core: small changes of the code, and whether the tests notice; see README.md."""
