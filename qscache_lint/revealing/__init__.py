"""What the analysis takes the expression at a place for, and why: for users who wonder why something is not found."""
