"""Puts other nodes in the place of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

Replacements = Mapping[int, Sequence[cst.CSTNode]]


class Replace(cst.CSTTransformer):
    """Puts other nodes in the place of some, by the identity of these; a block that loses all gets a `pass`."""

    def __init__(self, places: Replacements) -> None:
        super().__init__()
        self._places = places

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        fresh = self._places.get(id(original_node))
        if fresh is None:
            return updated_node
        if not fresh:
            return cst.RemoveFromParent()
        return fresh[0] if len(fresh) == 1 else cst.FlattenSentinel(fresh)
