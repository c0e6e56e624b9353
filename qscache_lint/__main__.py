"""The command: `qscache-lint`, or `python -m qscache_lint`.

With `-m`, Python looks for modules in the working directory first, so that those of the project would be executed: it
is left out before anything else is imported. `from __future__` would be an import, too. What Python
itself imports for `-m` is beyond our reach; there is nothing like that before `qscache-lint`.
"""

import sys

if __name__ == "__main__" and not sys.flags.isolated and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

from qscache_lint.process import run

if __name__ == "__main__":
    run()
