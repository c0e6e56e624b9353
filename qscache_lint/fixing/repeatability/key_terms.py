"""What stands behind a term of a key, and what its text is like."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from qscache_lint.facts.terms import Attribute, Free, Ref, Term
from qscache_lint.fixing.model import Refused
from qscache_lint.fixing.parsed import Parsed
from qscache_lint.fixing.repeatability import fields
from qscache_lint.fixing.repeatability.pieces import Spot
from qscache_lint.fixing.repeatability.subject import Chain, Subject
from qscache_lint.project.abstract import ClassValue, Instance, Literal
from qscache_lint.project.identities import ClassId, FunctionId


def outer_variable(spot: Spot, term: Term) -> Spot | None:
    """What a variable of the function around is, which is bound once."""
    subject = spot.subject
    if not isinstance(term, Free):
        return None
    around = subject.facts.functions[term.function]
    bound = around.bindings.get(term.name, ())
    is_parameter = any(each.name == term.name for each in around.parameters)
    if len(bound) != 1 or is_parameter or term.function == subject.identity.index:
        return None
    frame = None if subject.frame is None else subject.frame.outer
    return Spot(Subject(subject.evaluator, FunctionId(subject.path, term.function), frame), bound[0].value, {})


def property_of(spot: Spot, term: Term) -> Spot | None:
    """What a property of an object is, where that is one expression."""
    subject = spot.subject
    base = subject.value(term.base) if isinstance(term, Attribute) else ()
    if not isinstance(term, Attribute) or len(base) != 1:
        return None
    owner = base[0].of if isinstance(base[0], Instance) else None
    if not isinstance(owner, ClassId) or fields.is_overridden(subject.evaluator, owner, term.name):
        return None
    identity = fields.function_of(subject.evaluator, owner, term.name)
    if identity is None or subject.evaluator.flavour(identity) != "property":
        return None
    inner = Subject(subject.evaluator, identity)
    facts = inner.function
    if len(facts.returns) != 1 or len(facts.decorators) != 1 or len(facts.parameters) != 1:
        return None
    return Spot(inner, facts.returns[0].value, {facts.parameters[0].name: spot.beside(term.base)})


def has_digits(subject: Subject, ref: Ref, chain: Chain) -> bool:
    """Whether the text of a parameter, or of a primary key that Django itself numbers, is that of a number."""
    name, path = chain
    if not path:
        return subject.is_number(name)
    owners = [atom.of for atom in subject.value(ref) if isinstance(atom, Instance)]
    known = [of for of in owners if isinstance(of, ClassId)]
    is_key = len(known) == len(owners) > 0 and len(path) == 1 and path[0] in ("pk", "id")
    return is_key and all(fields.has_numbered_key(subject.evaluator, of) for of in known)


def has_formats(spot: Spot) -> bool:
    """Whether a formatted string rounds, cuts or pads what it is made of: `{number:.1f}`."""
    try:
        parsed = Parsed.read(spot.subject.evaluator.project.tree.read(spot.subject.path))
        node = parsed.expression_at(spot.subject.facts.spans[spot.ref])
    except Refused:
        return True
    found = m.findall(node, m.FormattedStringExpression())
    parts = [each for each in found if isinstance(each, cst.FormattedStringExpression)]
    return any(each.format_spec or each.conversion not in (None, "s", "r") for each in parts)


def overridden_texts(spot: Spot) -> tuple[str, ...] | None:
    """The texts of an attribute that derived classes have another one of; none where it may be anything else.

    None for every other term.
    """
    term, evaluator = spot.subject.facts.terms[spot.ref], spot.subject.evaluator
    if not isinstance(term, Attribute):
        return None
    atoms = spot.subject.value(term.base)
    owners = [atom.of for atom in atoms if isinstance(atom, (ClassValue, Instance)) and isinstance(atom.of, ClassId)]
    if not any(fields.is_overridden(evaluator, owner, term.name) for owner in owners):
        return None
    family = dict.fromkeys(each for owner in owners for each in (owner, *evaluator.classes.subclasses(owner)))
    members = [evaluator.classes.member(each, term.name) for each in family]
    values = [evaluator.value(found[0].path, each.value) for found in members if found for each in found[1]]
    is_text = all(values) and all(isinstance(atom, Literal) for value in values for atom in value)
    is_kept = any(evaluator.classes.stores(each, term.name) for each in family)
    if not is_text or is_kept or len(owners) < len(atoms):
        return ()
    texts = (str(atom.value) for value in values for atom in value if isinstance(atom, Literal))
    return tuple(dict.fromkeys(texts))
