"""What one module says, as small frozen values: the visitor turns libcst trees into `ModuleFacts`."""
