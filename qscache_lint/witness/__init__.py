"""What a project's own tests and traffic show of its cached QuerySets: the recording, its file, and the join."""
