"""Makes Django projects of any size: `python -m benchmarks.speed.generate TARGET FILES [--seed N]`.

The project is a function of the seed, and a larger one holds the files of a smaller one. About 2 in 100 files define
something that is cached, and 20 in 100 have a caching word in a decorator, a call or a comment. Most of what is cached
are rows and numbers, some of it are QuerySets, and some of those are refined, often by another application. File sizes
are those of real projects: half of the files have less than 1.2 KB, the mean is 5 KB. What the files are made of stands
in `generated.toml`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from pathlib import Path
from string import Template

import click
import msgspec

_IN_AREA = 40
"""Applications that stand in one package."""

_PROJECT = (
    ("manage.py", "from django.core.management import execute_from_command_line\n\nexecute_from_command_line()\n"),
    ("config/__init__.py", ""),
    ("config/settings.py", 'SECRET_KEY = "generated"\nROOT_URLCONF = "config.urls"\n'),
    ("config/urls.py", "urlpatterns = []\n"),
)


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of every application; `generated.toml` explains the columns."""

    path: str
    head: str = ""
    body: tuple[str, ...] = ()
    blocks: tuple[int, int] = (0, 0)
    mention: tuple[str, ...] = ()
    mentions: float = 0
    use: tuple[str, ...] = ()
    uses: float = 0
    cached: Mapping[str, str] = msgspec.field(default_factory=dict)


class _Parts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: tuple[str, ...]
    second: tuple[str, ...]
    kinds: tuple[str, ...]
    caches: float
    stores: Mapping[str, float]
    part: tuple[Part, ...]


@cache
def _parts() -> _Parts:
    return msgspec.toml.decode(Path(__file__).with_name("generated.toml").read_bytes(), type=_Parts)


@dataclass(frozen=True)
class App:
    """One application: where it is, what it is about, and what its `queries` cache, if anything, in which way."""

    package: str
    model: str
    noun: str
    cached: str
    store: str

    def names(self, prefix: str = "") -> dict[str, str]:
        """What the templates are filled with."""
        named = {"package": self.package, "Model": self.model, "noun": self.noun, "cached": self.cached}
        return {f"{prefix}{name}": value for name, value in named.items()}


def app(seed: int, number: int) -> App:
    """The application of that number."""
    parts, choice = _parts(), random.Random(f"{seed} application {number}")
    area, place = divmod(number, _IN_AREA)
    first, noun = choice.choice(parts.first), choice.choice(parts.second)
    caches = choice.random() < parts.caches
    return App(
        package=f"area{area:03}.{first}{place:02}_{noun}",
        model=f"{first.capitalize()}{noun.capitalize()}",
        noun=noun,
        cached=f"{choice.choice(parts.kinds)}_{noun}s" if caches else "",
        store=choice.choices([*parts.stores], [*parts.stores.values()])[0] if caches else "",
    )


def project(seed: int) -> Iterator[tuple[str, str]]:
    """Path and text of every file, without end."""
    yield from _PROJECT
    for number in count():
        if number % _IN_AREA == 0:
            yield f"area{number // _IN_AREA:03}/__init__.py", ""
        directory = app(seed, number).package.replace(".", "/")
        for part in _parts().part:
            yield f"{directory}/{part.path}", _text(part, seed, number)


def _text(part: Part, seed: int, number: int) -> str:
    """The text of one file."""
    choice = random.Random(f"{seed} {number} {part.path}")
    one = app(seed, number)
    filled = [
        Template(block).substitute(
            one.names(), **other.names("other_"), index=str(index), number=str(choice.randint(2, 900))
        )
        for index, block in enumerate(_blocks(part, one, choice))
        if (other := _other(seed, number, choice, caching="{other_cached}" in block)) is not None
    ]
    return _imports_first("".join(filled))


def _blocks(part: Part, one: App, choice: random.Random) -> Sequence[str]:
    """The head, what is cached, what only has the word, what uses another cache, and some of the others."""
    blocks = [part.head, part.cached.get(one.store, "")]
    if choice.random() < part.mentions:
        blocks.append(choice.choice(part.mention))
    if choice.random() < part.uses:
        blocks.append(choice.choice(part.use))
    low, high = part.blocks
    number = low + int((high - low) * choice.random() ** 2)
    return [*blocks, *(choice.choice(part.body) for _ in range(number))]


def _other(seed: int, number: int, choice: random.Random, *, caching: bool) -> App | None:
    """An application made before this one, mostly near by; None when a caching one is asked for and none is met."""
    tried = (app(seed, max(0, number - int(choice.paretovariate(0.7)))) for _ in range(20))
    return next((each for each in tried if each.cached or not caching), None)


def _imports_first(text: str) -> str:
    """The text with the lines that import at its top, each once."""
    lines = text.strip("\n").splitlines()
    imports = dict.fromkeys(line for line in lines if line.startswith(("from ", "import ")))
    rest = "\n".join(line for line in lines if line not in imports).strip("\n")
    between = "\n\n\n" if imports and rest else ""
    whole = "\n".join(imports) + between + rest
    return f"{whole}\n" if whole else ""


def generate(target: Path, number: int, seed: int) -> None:
    """Write a project of so many Python files."""
    for path, text in islice(project(seed), number):
        place = target / path
        if not place.parent.is_dir():
            place.parent.mkdir(parents=True)
        place.write_text(text)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("number", metavar="FILES", type=click.IntRange(min=1))
@click.option("--seed", type=int, default=1, show_default=True)
def main(target: Path, number: int, seed: int) -> None:
    """Write a project of so many Python files below TARGET."""
    generate(target, number, seed)


if __name__ == "__main__":
    main()
