"""What is known about caches, QuerySets and the functions that take them: tables, and their typed loader.

Nothing here depends on the analysed project, but for the rows that its settings add. Look things up in a `Knowledge`
(see `tables`), which indexes the tables by name.
"""
