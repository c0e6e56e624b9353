"""The shape of findings as JSON, which programs rely on."""

from __future__ import annotations

from typing import Literal

import msgspec


class Location(msgspec.Struct, forbid_unknown_fields=True):
    row: int
    column: int


class Step(msgspec.Struct, forbid_unknown_fields=True):
    filename: str
    location: Location
    message: str


class Edit(msgspec.Struct, forbid_unknown_fields=True):
    filename: str
    location: Location
    end_location: Location
    content: str


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    message: str
    filename: str | None
    row: int | None
    data: dict[str, str]


class Fix(msgspec.Struct, forbid_unknown_fields=True):
    applicability: Literal["safe", "unsafe", "display-only"]
    message: str
    edits: list[Edit]
    name: str = ""
    reasons: list[Reason] = []


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One finding as the contract writes it; fields with a default are ours to add."""

    code: str
    name: str
    message: str
    confidence: Literal["high", "medium"]
    filename: str
    location: Location
    end_location: Location
    noqa_row: int
    url: str
    trail: list[Step]
    fix: Fix | None
    suggestion: str = ""
    alternatives: list[Fix] = []
