"""docs/reference/python-client.md: the public names of `longhaul`, from its docstrings.

The package is read and not imported: what is deployed works without the client.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from infra.paths import REPOSITORY
from infra.site import markdown

_PACKAGE: Final = REPOSITORY / "longhaul"
_HOMES: Final = ("client", "transfer", "wanted", "answers", "errors")
_ERRORS: Final = "errors"
_DEFAULT: Final = re.compile(r"(: [^=,]+(?:\[[^=]*\])?)=")
"""What is before the default of a parameter. Its type has spaces around `=` then (PEP 8)."""


def made() -> str:
    """Returns the page."""
    trees = {name: ast.parse((_PACKAGE / f"{name}.py").read_text()) for name in _HOMES}
    lines = [
        markdown.GENERATED.format("the docstrings in `longhaul/`"),
        "",
        markdown.about("python"),
    ]
    found = {
        node.name: node
        for tree in trees.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    functions = [name for name in public() if isinstance(found.get(name), ast.FunctionDef)]
    lines += ["## Client", "", *_class(found["Client"], methods=True)]
    lines += ["## Downloads", ""]
    for name in (*functions, "Saved"):
        lines += [f"### {name}", "", *_any(found[name])]
    lines += ["## What a request names", ""]
    lines += _records(found, [name for name in ("Wanted", "Notify") if name in public()])
    lines += ["## Answers", "", "Immutable records. Sizes are in bytes.", ""]
    told = {"Client", "Saved", "Wanted", "Notify", "LonghaulError", "__version__", *functions}
    lines += _records(found, [name for name in public() if name not in told])
    lines += [
        "## Errors",
        "",
        "All are in `longhaul.errors`, in one hierarchy: `except LonghaulError` catches all. "
        "A message is a sentence for people.",
        "",
    ]
    lines += _errors(trees[_ERRORS])
    lines += [
        "## Version",
        "",
        "`longhaul.__version__` is the version of the package, as a text.",
        "",
    ]
    return markdown.page(lines)


def public() -> list[str]:
    """Returns the names that `from longhaul import …` has."""
    for node in ast.parse((_PACKAGE / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    raise AssertionError("longhaul says no __all__")


def _records(found: dict[str, ast.ClassDef | ast.FunctionDef], names: list[str]) -> Iterator[str]:
    for name in names:
        yield from (f"### {name}", "")
        yield from _any(found[name])


def _any(node: ast.ClassDef | ast.FunctionDef) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        yield from _class(node, methods=False)
    else:
        yield from _function(node)


def _class(node: ast.ClassDef | ast.FunctionDef, *, methods: bool) -> Iterator[str]:
    yield from (_told(node), "")
    if not isinstance(node, ast.ClassDef):
        return
    fields = [
        (f"`{ast.unparse(one.target)}`", f"`{_type(one)}`", _after(node.body, index))
        for index, one in enumerate(node.body)
        if isinstance(one, ast.AnnAssign) and not _is_hidden(one)
    ]
    fields += [
        (f"`{one.name}`", f"`{ast.unparse(one.returns)}`" if one.returns else "", _told(one))
        for one in node.body
        if isinstance(one, ast.FunctionDef) and _is_property(one)
    ]
    if fields:
        yield from markdown.table(("field", "type", "meaning"), fields)
        yield ""
    for one in node.body:
        if methods and isinstance(one, ast.FunctionDef):
            if one.name == "__init__":
                yield from _function(one, name=node.name)
            elif not one.name.startswith("_") and not _is_property(one):
                yield from (f"### Client.{one.name}", "")
                yield from _function(one)


def _function(node: ast.FunctionDef, name: str | None = None) -> Iterator[str]:
    plain = ast.FunctionDef(
        name=name or node.name,
        args=_without_self(node.args),
        body=[ast.Expr(ast.Constant(...))],
        decorator_list=[],
        returns=None if name else node.returns,
        lineno=0,
    )
    signature = ast.unparse(ast.fix_missing_locations(plain)).removeprefix("def ")
    signature = _DEFAULT.sub(r"\1 = ", signature.rpartition(":\n")[0])
    yield from markdown.code(_folded(signature), "python")
    yield from ("", _told(node), "")


def _folded(signature: str) -> str:
    """Returns a signature on more than one line, if it is long."""
    if len(signature) <= 90:  # noqa: PLR2004 - what a phone in landscape shows
        return signature
    head, _, rest = signature.partition("(")
    inner, _, tail = rest.rpartition(")")
    parts = re.split(r", (?![^\[]*\])", inner)
    return f"{head}(\n" + "".join(f"    {part},\n" for part in parts) + f"){tail}"


def _without_self(arguments: ast.arguments) -> ast.arguments:
    return ast.arguments(
        posonlyargs=arguments.posonlyargs,
        args=[one for one in arguments.args if one.arg != "self"],
        vararg=arguments.vararg,
        kwonlyargs=arguments.kwonlyargs,
        kw_defaults=arguments.kw_defaults,
        kwarg=arguments.kwarg,
        defaults=arguments.defaults,
    )


def _errors(tree: ast.Module) -> list[str]:
    rows = [
        (
            f"`{node.name}`",
            ", ".join(f"`{ast.unparse(base)}`" for base in node.bases),
            _told(node).split("\n\n")[0],
        )
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    ]
    return [*markdown.table(("error", "is a", "when"), rows), ""]


def _told(node: ast.ClassDef | ast.FunctionDef) -> str:
    return ast.get_docstring(node) or ""


def _after(body: list[ast.stmt], index: int) -> str:
    """Returns the text that stands below a field."""
    follows = body[index + 1] if index + 1 < len(body) else None
    if isinstance(follows, ast.Expr) and isinstance(follows.value, ast.Constant):
        return str(follows.value.value)
    return ""


def _type(field: ast.AnnAssign) -> str:
    kind = ast.unparse(field.annotation)
    return kind if field.value is None else f"{kind} = {ast.unparse(field.value)}"


def _is_hidden(field: ast.AnnAssign) -> bool:
    name = ast.unparse(field.target)
    return name.startswith("_") or ast.unparse(field.annotation).startswith("ClassVar")


def _is_property(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(one).endswith("property") for one in node.decorator_list)
