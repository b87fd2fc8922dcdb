"""`python -m tests.observe.command FOLDER`: what `make observe` runs, on the stacks whose state is
below a folder of the tests, and not of this checkout."""

import sys
from pathlib import Path

from infra import paths

paths.STATE = Path(sys.argv.pop(1))

# It must not be imported earlier: it reads the folder then.
from infra.__main__ import main  # noqa: E402

if __name__ == "__main__":
    sys.argv.append("observe")
    main()
