"""What one module says, as small frozen values: the visitor turns Python's own syntax trees into facts."""
