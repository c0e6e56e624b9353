"""Asks mypy for types: `python -m qscache_lint.typed.mypy_worker REQUEST RESPONSE`.

The only module that knows mypy from inside. It runs in a process of its own, because django-stubs loads the settings of
the project, which is the user's code: it may print, exit, or leave anything behind. Errors that mypy finds in the
project are not shown.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import msgspec

from qscache_lint.oracles import TypeAnswer, TypeName
from qscache_lint.typed.request import Place, Request, Response, Source

_WITH_MODELS = ("django.db.models.query.QuerySet", "django.db.models.manager.BaseManager")
"""The generic classes whose first argument is a model."""

_ANYTHING = ("builtins.object", "builtins.function")
"""Classes that say nothing of what something is."""


def main(request: str, response: str) -> int:
    """Answer one request; every failure is part of the response."""
    asked = msgspec.msgpack.decode(Path(request).read_bytes(), type=Request)
    os.chdir(asked.directory)
    os.environ.pop("MYPY_NUM_WORKERS", None)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        answered = _answered(asked)
    Path(response).write_bytes(msgspec.msgpack.encode(answered))
    return 0


def _answered(asked: Request) -> Response:
    without: list[str] = []
    sources = list(asked.sources)
    while sources:
        try:
            built = _build(asked, sources, without)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever the user's settings raise)
            broken = _broken(error, sources)
            if broken is None:
                return Response(stage=_stage(error), failure=_in_one_line(error))
            without.append(broken.path)
            sources.remove(broken)
            continue
        try:
            return Response(tuple(_answers(built, sources, asked.places)), without=tuple(without))
        except Exception as error:  # noqa: BLE001 (another version of mypy)
            return Response(stage="mypy", failure=_in_one_line(error))
    return Response(without=tuple(without))


def _broken(error: BaseException, sources: Sequence[Source]) -> Source | None:
    """The source that mypy cannot read, such as one with a syntax error; None for another failure."""
    from mypy.errors import CompileError

    if not isinstance(error, CompileError):
        return None
    text = "\n".join(error.messages)
    return next((each for each in sources if f"{each.path}:" in text), None)


def _stage(error: BaseException) -> str:
    """What has failed: something in django-stubs or Django, which load the settings, or mypy itself."""
    from mypy.errors import CompileError

    frame, files = error.__traceback__, list[str]()
    while frame is not None:
        files.append(frame.tb_frame.f_code.co_filename)
        frame = frame.tb_next
    is_mypy = isinstance(error, CompileError) or not any("mypy_django_plugin" in each for each in files)
    return "mypy" if is_mypy else "settings"


def _in_one_line(error: BaseException) -> str:
    messages = getattr(error, "messages", None)
    text = messages[0] if messages else str(error)
    return f"{type(error).__name__}: {' '.join(text.split())}"[:300]


# -- the build


def _build(asked: Request, sources: Sequence[Source], without: Sequence[str]) -> Any:
    from mypy.build import build
    from mypy.main import process_options
    from mypy.modulefinder import BuildSource

    with tempfile.NamedTemporaryFile("w", suffix=".ini", encoding="utf-8") as file:
        file.write(_configuration(asked, without))
        file.flush()
        arguments = ["--config-file", file.name, "--cache-dir", asked.cache, "--follow-imports=silent"]
        _, options = process_options([*arguments, "--explicit-package-bases", "--namespace-packages", "-c", ""])
        _set(options, export_types=True, preserve_asts=True, incremental=True, check_untyped_defs=True, num_workers=0)
        _set(options, native_parser=False, ignore_errors=True, mypy_path=list(asked.search_path), show_traceback=True)
        _keep_bodies_of(options, {each.module for each in sources})
        files = [BuildSource(each.path, each.module, each.text) for each in sources]
        built = build(files, options, extra_plugins=[_fresh(options, {each.module for each in sources})])
    trees = [built.graph[each.module].tree for each in sources]
    if None in trees or (any(tree.defs for tree in trees if tree is not None) and not built.types):
        raise RuntimeError("mypy gives no types")
    return built


def _keep_bodies_of(options: Any, modules: set[str]) -> None:
    """Have mypy skip the bodies of functions in all modules but some: of the others, declarations are enough."""
    named = options.per_module_options
    named["*.*"] = {"preserve_asts": False}  # the pattern that stands for all names
    named.update({module: {**named.get(module, {}), "preserve_asts": True} for module in modules})


def _set(options: Any, **values: object) -> None:
    """Set options; older versions lack some."""
    for name, value in values.items():
        if hasattr(options, name):
            setattr(options, name, value)


def _configuration(asked: Request, without: Sequence[str]) -> str:
    lines = ["[mypy]"]
    if asked.settings:
        lines += ["plugins = mypy_django_plugin.main", "[mypy.plugins.django-stubs]"]
        lines += [f"django_settings_module = {asked.settings}", "strict_settings = false"]
    modules = {each.path: each.module for each in asked.sources}
    for path in without:
        lines += [f"[mypy-{modules[path]}]", "follow_imports = skip"]
    return "\n".join((*lines, ""))


def _fresh(options: Any, modules: set[str]) -> Any:
    """A plugin because of which mypy does not take some modules from its cache, where they have no types."""
    from mypy.plugin import Plugin, ReportConfigContext

    class Fresh(Plugin):
        def report_config_data(self, ctx: ReportConfigContext) -> Any:
            if ctx.id not in modules:
                return None
            return "check" if ctx.is_check else "write"

    return Fresh(options)


# -- the answers


def _answers(built: Any, sources: Sequence[Source], places: Sequence[Place]) -> Iterator[tuple[Any, TypeAnswer]]:
    from mypy.inspections import find_by_location
    from mypy.nodes import MemberExpr

    trees = {each.path: built.graph[each.module].tree for each in sources}
    for place in places:
        tree = trees.get(place.path)
        if tree is None:
            continue
        found = find_by_location(tree, place.row, place.column, place.last, place.end)
        if place.asked.part == "receiver":
            found = found.expr if isinstance(found, MemberExpr) else None
        if found is not None and found in built.types:
            yield place.asked, _names(built.types[found])


def _names(of: Any) -> TypeAnswer:
    """What a type of mypy says; nothing where it is not definite."""
    from mypy.types import AnyType, TypeVarType, UnionType, get_proper_type

    proper = get_proper_type(of)
    if isinstance(proper, UnionType):
        found = [_names(each) for each in proper.items]
        return tuple(dict.fromkeys(name for names in found for name in names)) if all(found) else ()
    if isinstance(proper, TypeVarType):
        return _names(proper.upper_bound)
    if isinstance(proper, AnyType):
        return ()
    return tuple(_name(proper))


def _name(proper: Any) -> Iterator[TypeName]:
    from mypy.types import (
        CallableType,
        Instance,
        LiteralType,
        NoneType,
        Overloaded,
        TupleType,
        TypedDictType,
        TypeType,
        get_proper_type,
    )

    match proper:
        case NoneType():
            yield TypeName("none")
        case Instance():
            yield from _instance(proper)
        case TupleType():
            yield from _instance(proper.partial_fallback)
        case LiteralType() | TypedDictType():
            yield from _instance(proper.fallback)
        case TypeType():
            item = get_proper_type(proper.item)
            yield from _class(item) if isinstance(item, Instance) else ()
        case CallableType() | Overloaded():
            yield from _callable(proper.items[0])
        case _:
            return


def _class(made: Any) -> Iterator[TypeName]:
    yield from (TypeName("class", each.names, each.model, each.open) for each in _instance(made))


def _callable(called: Any) -> Iterator[TypeName]:
    from mypy.types import Instance, get_proper_type

    made = get_proper_type(called.ret_type)
    if called.is_type_obj():
        yield from _class(made) if isinstance(made, Instance) else ()
    elif called.definition is not None and called.definition.fullname:
        yield TypeName("function", (called.definition.fullname,))


def _instance(of: Any) -> Iterator[TypeName]:
    names = tuple(each.fullname for each in of.type.mro)
    if names[0] not in _ANYTHING:
        yield TypeName("instance", names, _model(of), of.type.fallback_to_any)


def _model(of: Any) -> str:
    """The model of a QuerySet or manager; empty where it has none."""
    from mypy.maptype import map_instance_to_supertype
    from mypy.types import Instance, get_proper_type

    base = next((each for each in of.type.mro if each.fullname in _WITH_MODELS), None)
    arguments = () if base is None else map_instance_to_supertype(of, base).args
    model = get_proper_type(arguments[0]) if arguments else None
    return model.type.fullname if isinstance(model, Instance) else ""


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
