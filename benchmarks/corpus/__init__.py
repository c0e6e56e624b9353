"""The corpus benchmark: recall and precision on real Django projects, against what people found by reading them."""
