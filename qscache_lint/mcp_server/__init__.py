"""The server for agents: checks, explanations and previews of fixes, over the Model Context Protocol on stdio.

Nothing here is imported by other commands, and nothing here writes a file.
"""
