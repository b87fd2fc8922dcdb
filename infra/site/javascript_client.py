"""docs/reference/javascript-client.md: what `longhaul` of npm exports, from its source.

The source is read by the form that it has: an export begins at the start of a line, its comment is
the /** … */ before it, and a class or an interface ends at a brace at the start of a line.
"""

import re
from collections.abc import Iterator
from typing import Final

from infra.paths import REPOSITORY
from infra.site import markdown

SOURCE: Final = REPOSITORY / "clients" / "js" / "src"

_COMMENT: Final = r"(?:[ ]*/\*\*(?P<told>(?:[^*]|\*(?!/))*)\*/\n)?"
_EXPORT: Final = re.compile(
    rf"^{_COMMENT}export (?:abstract )?(?P<kind>class|interface|type|const|function) (?P<name>\w+)",
    re.MULTILINE,
)
_MEMBER: Final = re.compile(
    rf"^{_COMMENT}  (?P<code>(?:readonly |get |async |\*)*[a-zA-Z]\w*\??(?:<[^>]*>)?[(:].*)$",
    re.MULTILINE,
)


def made() -> str:
    """Returns the page."""
    lines = [
        markdown.GENERATED.format("the comments in `clients/js/src/`"),
        "",
        markdown.about("javascript"),
    ]
    found = _exports()
    names = public()
    classes = [name for name in names if found[name]["kind"] == "class"]
    others = [name for name in names if name not in classes]
    for name in classes:
        lines += [f"## {name}", "", *_class(found[name], name)]
    for title, kinds in (("Functions", ("const", "function")), ("Types", ("type", "interface"))):
        lines += [f"## {title}", ""]
        for name in (one for one in others if found[one]["kind"] in kinds):
            lines += [f"### {name}", "", *_any(found[name])]
    return markdown.page(lines)


def public() -> list[str]:
    """Returns the names that `import … from "longhaul"` has."""
    names: list[str] = []
    for line in (SOURCE / "index.ts").read_text().splitlines():
        if listed := re.match(r"export (?:type )?\{(.*)\} from", line):
            names += [one.strip().removeprefix("type ").strip() for one in listed[1].split(",")]
        elif whole := re.match(r'export (?:type )?\* from "\./(.*)\.js"', line):
            text = (SOURCE / f"{whole[1]}.ts").read_text()
            names += [one["name"] for one in _EXPORT.finditer(text)]
    return names


def attributes() -> list[str]:
    """Returns the attributes of <longhaul-export>."""
    text = (SOURCE / "element" / "export.ts").read_text()
    listed = re.search(r"observedAttributes[^\[]*\[([^\]]*)\]", text)
    return re.findall(r'"([a-z-]+)"', listed[1]) if listed else []


def _exports() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for path in sorted(SOURCE.glob("*.ts")):
        if path.name != "api-types.ts":
            for one in _EXPORT.finditer(text := path.read_text()):
                found[one["name"]] = {
                    "kind": one["kind"],
                    "told": _told(one["told"]),
                    "code": _declared(text[one.start("kind") :], one["kind"]),
                }
    return found


def _declared(text: str, kind: str) -> str:
    """Returns a declaration, of a function only its head."""
    if kind in {"class", "interface"}:
        return text[: text.index("\n}") + 2]
    if kind in {"function", "const"}:
        return re.sub(r"( \{| =>.*)$", "", text.partition("\n")[0])
    ended = re.search(r";$", text, re.MULTILINE)
    return text[: ended.start()] if ended else text.partition("\n")[0]


def _class(found: dict[str, str], name: str) -> Iterator[str]:
    yield from (found["told"], "")
    fields = []
    for member in _MEMBER.finditer(found["code"]):
        code = member["code"]
        if re.match(r"(readonly |get )", code):
            called, _, kind = (
                re.sub(r"^(readonly |get )|\(\)", "", code).rstrip(" {;").partition(": ")
            )
            fields.append((f"`{called}`", f"`{kind}`", _told(member["told"])))
    if fields:
        yield from markdown.table(("field", "type", "meaning"), fields)
        yield ""
    for member in _MEMBER.finditer(found["code"]):
        code = re.sub(r"\s*\{$", "", member["code"])
        if "(" in code and not code.startswith(("readonly", "get ")):
            called = re.sub(r"^(async )?\*?", "", code).partition("(")[0]
            shown = (
                f"new {name}{code.removeprefix('constructor')}" if called == "constructor" else code
            )
            yield from (f"### {name}.{called}", "", *markdown.code(shown, "ts"))
            yield from ("", _told(member["told"]), "")


def _any(found: dict[str, str]) -> Iterator[str]:
    yield from (found["told"], "", *markdown.code(found["code"], "ts"), "")


def _told(comment: str | None) -> str:
    """Returns the text of a comment."""
    return "\n".join(
        line.strip().removeprefix("*").strip() for line in (comment or "").split("\n")
    ).strip()
