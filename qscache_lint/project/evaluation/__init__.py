"""The parts of the evaluator, one subject each. They share a `Core` and import only downwards."""
