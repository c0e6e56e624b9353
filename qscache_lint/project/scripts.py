"""Modules that are there to be run: what their bodies ask for, they ask on purpose, or once for a process that ends."""

from __future__ import annotations

from pathlib import PurePosixPath

from qscache_lint.facts.module import ModuleFacts, called_name
from qscache_lint.facts.terms import Attribute, Call, Compare, Constant, Import, Name, Ref
from qscache_lint.project.abstract import External
from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.identities import ModulePath

_SETUP = "django.setup"
"""What a script calls: nothing imports it, and it runs its queries on purpose."""

_SETTINGS = "DJANGO_SETTINGS_MODULE"
"""What a module names that starts a process: nothing imports it but the server that it is for."""

_OF_PROCESS = frozenset({"sys.path", "sys.stdin"})
"""What belongs to the process: a module that is run sets the first up for itself, and reads the second."""

_COMMANDS = ("management", "commands")
"""The packages of modules that Django imports for one command each."""


def is_command(path: ModulePath) -> bool:
    """Whether a module is that of a management command: a process that ends with it."""
    return PurePosixPath(path).parts[-3:-1] == _COMMANDS


def is_script(evaluator: Evaluator, path: ModulePath, facts: ModuleFacts) -> bool:
    """Whether a module is there to be run, and nothing else: no other module takes anything from it.

    It sets Django up itself, or is a command or names the settings and none imports it, or it prints, asks whether it
    is the main module or takes something of the process, and no other file has its name.
    """
    called = [call.function for _, call in facts.of_kind(Call, 0)]
    setups = (ref for ref in called if called_name(facts.terms[ref]) == _SETUP.rpartition(".")[2])
    if any(External(_SETUP) in evaluator.value(path, ref) for ref in setups):
        return True
    names_settings = any(term.value == _SETTINGS for _, term in facts.of_kind(Constant, 0))
    if names_settings or is_command(path):
        return not any(_imports(evaluator, other, path) for other in _naming(evaluator, path))
    prints = any(facts.terms[ref] == Name("print") for ref in called)
    asks = any(is_main(facts, ref) for ref, _ in facts.of_kind(Compare, 0))
    return (prints or asks or _is_of_process(evaluator, path, facts)) and not _naming(evaluator, path)


def _is_of_process(evaluator: Evaluator, path: ModulePath, facts: ModuleFacts) -> bool:
    """Whether the body of a module takes something that belongs to the process."""
    last_names = {name.rpartition(".")[2] for name in _OF_PROCESS}
    named = (ref for ref, term in facts.of_kind(Attribute, 0) if term.name in last_names)
    found = (atom for ref in named for atom in evaluator.value(path, ref))
    return any(isinstance(atom, External) and atom.dotted in _OF_PROCESS for atom in found)


def is_main(facts: ModuleFacts, test: Ref) -> bool:
    """Whether a test is `__name__ == "__main__"`."""
    match facts.terms[test]:
        case Compare(operator="==", left=left, right=right):
            return {facts.terms[left], facts.terms[right]} == {Name("__name__"), Constant("__main__")}
        case _:
            return False


def _naming(evaluator: Evaluator, path: ModulePath) -> tuple[ModulePath, ...]:
    """The other files that have the name of a module."""
    named = evaluator.project.name_index.files_with_word(PurePosixPath(path).stem)
    return tuple(each for each in named if each != path)


def _imports(evaluator: Evaluator, importer: ModulePath, path: ModulePath) -> bool:
    """Whether a module has a statement that imports another one, or something in it."""
    facts, modules = evaluator.project.facts(importer), evaluator.project.modules
    for _, term in facts.every(Import) if facts is not None else ():
        target = modules.resolve(importer, term.module, term.level)
        if target == path or (target and term.name and modules.submodule(target, term.name, term.module) == path):
            return True
    return False
