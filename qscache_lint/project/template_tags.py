"""Tags of the project that give a name to what their function returns, and the templates in which they stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from qscache_lint.project.evaluate import Evaluator
from qscache_lint.project.found_templates import TemplatesFound, templates_of
from qscache_lint.project.identities import ModulePath
from qscache_lint.templates.files import Search
from qscache_lint.templates.model import Language

_OPENING, _CLOSING = "{% ", " %}"


def tag_key(name: str) -> str:
    """What stands for the value of a tag in a context: no variable is called so."""
    return f"{_OPENING}{name}{_CLOSING}"


def word_of(key: str) -> str:
    """The word that stands in a template which uses a name of the context, or a tag."""
    return key.removeprefix(_OPENING).removesuffix(_CLOSING)


def using_tag(evaluator: Evaluator, library: ModulePath, name: str) -> Iterator[str]:
    """The templates that load the library of a module, with a tag of a name."""
    files = templates_of(evaluator)
    for path, _ in evaluator.ask(TemplatesFound(Search(name, is_word=True))):
        is_loaded = PurePosixPath(library).stem in files.template(path).names
        if is_loaded and files.language(path) is Language.DJANGO:
            yield from files.names_of(path)[-1:]
