"""What the tests of the operation tables share: QuerySets in every state, ways to call an operation, observation."""
