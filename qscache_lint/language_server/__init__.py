"""The language server: the findings of open projects in editors, over the protocol of the same name on stdio.

Nothing here is imported by other commands. The protocol itself is pygls's; what an editor has is followed by
`serving.open_projects`, in one thread of its own.
"""
