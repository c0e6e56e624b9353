"""The tools of the server, as the official SDK takes them: what it tells agents of them are their docstrings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, InputRequiredResult, Tool, ToolAnnotations

from qscache_lint import __version__
from qscache_lint.errors import UsageError
from qscache_lint.mcp_server.answers import Answers, Checked, Preview

if TYPE_CHECKING:
    from pathlib import Path

    from qscache_lint.serving.open_projects import OpenProjects

_INSTRUCTIONS = """\
Finds Django QuerySets that are cached and then refined, which costs a query and throws the cached rows away. Call
`check` after changing Python code or templates of a Django project, `explain` for the steps that lead to a finding, and
`preview_fix` for a patch; nothing is written."""


class _Server(MCPServer):  # type: ignore[misc]  # types are checked without the SDK
    """A server that says which arguments a tool does not have, where the SDK would leave them out."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Any = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool. Raises ToolError where it does not have one of the arguments, or says that one is wrong."""
        known = [given for tool in await self.list_tools() if tool.name == name for given in _arguments(tool)]
        unknown = ", ".join(sorted(arguments.keys() - known)) if known else ""
        if unknown:
            raise ToolError(f"{unknown}: {name} has no such argument: they are {', '.join(known)}")
        return await super().call_tool(name, arguments, context)


def _arguments(tool: Tool) -> list[str]:
    return [*tool.input_schema["properties"]]


def server_for(answers: Answers) -> MCPServer:
    """A server that gives these answers."""
    server = _Server("qscache-lint", version=__version__, instructions=_INSTRUCTIONS, log_level="ERROR")
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)

    def check(paths: list[str] | None = None) -> Checked:
        """Report cached QuerySets and their costly uses, in the whole project or below some paths.

        The whole project is analysed in either case, since most uses are in other files than the cache. Files are read
        from disk, so save them first.
        """
        with _told():
            return answers.check(paths or ())

    def explain(rule: str | None = None, path: str | None = None, row: int | None = None) -> str:
        """Explain a rule by its code, such as QSC201, or why something is found at a path and row.

        Where nothing is found there, the answer says what the analysis takes the values in that row for.
        """
        with _told():
            if rule is not None and path is None and row is None:
                return answers.explain_rule(rule)
            if rule is not None or path is None or row is None:
                raise UsageError("name a rule, or a path and a row")
            return answers.explain_place(path, row)

    def preview_fix(paths: list[str] | None = None, unsafe: bool = False) -> Preview:
        """Show the patch that fixes what is found, in the whole project or below some paths. Nothing is written.

        Safe fixes keep all results, and cost no query more. With `unsafe`, those are included that may change
        behaviour; what each does says how.
        """
        with _told():
            return answers.preview(paths or (), unsafe=unsafe)

    for tool in (check, explain, preview_fix):
        server.add_tool(tool, annotations=reads)
    return server


@contextmanager
def _told() -> Iterator[None]:
    """Around answers: what is wrong with a question is told to the agent."""
    try:
        yield
    except UsageError as error:
        raise ToolError("; ".join(error.messages)) from None


def serve(projects: OpenProjects, folder: Path) -> None:
    """Serve an agent on standard input and output until it closes them."""
    sys.stdout = sys.__stdout__  # the SDK keeps what is printed by mistake from standard output
    server_for(Answers(projects, folder)).run("stdio")
