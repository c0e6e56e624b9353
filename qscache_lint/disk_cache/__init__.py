"""What a run keeps for the next one: facts and answers by content, findings and fixes while they hold (see `kept`).

It is never trusted: each entry carries its checksum, and one that does not fit is dropped and made anew. It never fails
either: what cannot be read is missing, what cannot be written is lost. Nothing in it can run code.
"""
