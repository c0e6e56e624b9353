"""Print a command of the README: the shell block under the comment `<!-- command: NAME -->`."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def main(name: str) -> int:
    text = Path(__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- command: {re.escape(name)} -->\s*```sh\n(.*?)```", text, re.DOTALL)
    if found is None:
        sys.stderr.write(f"README.md has no command called {name}\n")
        return 1
    sys.stdout.write(found[1])
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
