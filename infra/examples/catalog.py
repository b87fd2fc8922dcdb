"""Which examples there are, and how each is started."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.errors import InfraError
from infra.paths import REPOSITORY, STATE

FOLDER: Final = REPOSITORY / "examples"
_STATE: Final = STATE / "examples"


class ExampleError(InfraError):
    """There is no such example, or it did not start, or it has ended by itself."""


@dataclass(frozen=True)
class Example:
    """A small web shop in a folder of examples/, which has the example's name."""

    name: str
    about: str
    command: tuple[str, ...]
    """Starts its server, in its folder. `{port}` stands for the port; PORT has it too."""
    prepare: tuple[tuple[str, ...], ...] = ()
    """What must be run before, in the same way."""

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def state(self) -> Path:
        """Where all is that a run makes beside the folder itself."""
        return _STATE / self.name


_ALL: Final = (
    Example(
        "html", "Plain HTML, and a backend of Python's standard library", ("python", "shop.py")
    ),
    Example("react", "React and TypeScript, behind an Express backend", ("node", "server.js")),
    Example("vue", "Vue and TypeScript, behind an Express backend", ("node", "server.js")),
    Example(
        "django",
        "Django, with its own users and sessions",
        ("python", "manage.py", "runserver", "--noreload", "{port}"),
        prepare=(
            ("python", "manage.py", "migrate", "--verbosity", "0"),
            ("python", "manage.py", "people"),
        ),
    ),
    Example("fastapi", "FastAPI", ("python", "-m", "uvicorn", "main:app", "--port", "{port}")),
    Example("express", "Express", ("node", "server.js")),
)


def examples() -> tuple[Example, ...]:
    """Returns the examples of this checkout."""
    return tuple(example for example in _ALL if example.folder.is_dir())


def named(name: str) -> Example:
    """Returns the example of that name. Raises ExampleError, which names those that there are."""
    known = {example.name: example for example in examples()}
    if name not in known:
        raise ExampleError(f"There is no example {name!r}. NAME is one of {', '.join(known)}.")
    return known[name]


def listed() -> str:
    """Returns a line for each example."""
    return "\n".join(f"  make example NAME={one.name:<9} {one.about}" for one in examples())
