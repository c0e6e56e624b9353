"""Finding: the libcst visitor over the few files in which the evaluation sees a cached QuerySet.

Facts and evaluation work on Python's own syntax tree. What is reported and rewritten is found here, in the tree that
keeps every comment and space.
"""
