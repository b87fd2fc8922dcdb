"""What `mkdocs build` does besides: links out of docs/, pages from elsewhere, and no foreign host.

The pages are read on a git host too, so a link leads from file to file as they lie in the
repository. Here each finds its place on the site; a file that is not there is linked in the
repository (LONGHAUL_REPOSITORY_URL), or only named if nobody says where that is. It is run by the
site's own Python, which has mkdocs and nothing of ours.
"""

import logging
import os
import posixpath
import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPOSITORY: Final = Path(__file__).resolve().parents[2]
ADDED: Final = ("CHANGELOG.md", "SECURITY.md", "bench/results/*.md", "bench/results/*.png")
"""What lies outside docs/ and is on the site all the same, at the same path."""
ICON: Final = "chalicelib/web/icon.svg"
REFERENCE: Final = os.environ.get("LONGHAUL_REPOSITORY_REF", "main")
"""Which commit, tag or branch links into the repository are about."""

_LINK: Final = re.compile(
    r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)"
)
_CODE: Final = re.compile(r"^([ ]*)(```|~~~).*?^\1\2[ ]*$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_LIST_AT_ONCE: Final = re.compile(
    r"^(?![ ]*([-*]|\d+\.) |[ ]|#|\||$).+\n(?=([-*]|1\.) )", re.MULTILINE
)
_LIST_GOES_ON: Final = re.compile(r"\n\n(?:[ ]{4}(?![-*] |\d+\. )\S.*\n)+(?=(?:[-*]|\d+\.) )")
_SHALLOW: Final = re.compile(r"^([ ]{1,3}|[ ]{5,7})(```|[-*] |\d+\. )", re.MULTILINE)
_FOREIGN: Final = re.compile(r'"https://unpkg\.com/[^"]*"')
_FOREIGN_TIMES: Final = 2
"""What the theme would load from elsewhere: mermaid, and what browsers of before 2020 lack. Our
drawings are text or pictures."""

_log: Final = logging.getLogger("mkdocs.hooks.longhaul")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Lists the decisions, and shows the menu of versions where mike makes one."""
    docs = Path(config.docs_dir)
    decisions = sorted(path.name for path in (docs / "decisions").glob("0*.md"))
    for section in config.nav or []:
        if section.get("Decisions") == "decisions/README.md":
            section["Decisions"] = [f"decisions/{name}" for name in ("README.md", *decisions)]
    if os.environ.get("MIKE_DOCS_VERSION"):
        config.extra["version"] = {"provider": "mike", "default": "latest"}
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what lies outside docs/."""
    for path in sorted(path for pattern in ADDED for path in REPOSITORY.glob(pattern)):
        at = path.relative_to(REPOSITORY).as_posix()
        files.append(File.generated(config, at, abs_src_path=str(path)))
    files.append(File.generated(config, "assets/icon.svg", abs_src_path=str(REPOSITORY / ICON)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads each link to where it belongs. Says what a git host shows and mkdocs does not."""
    here = page.file.src_uri
    at = here if _is_added(here) else f"docs/{here}"
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\0{len(kept) - 1}\0"

    bare = _CODE.sub(keep, markdown)
    for found in (*_LIST_AT_ONCE.finditer(bare), *_LIST_GOES_ON.finditer(bare)):
        _log.warning("%s: a list needs an empty line before it: %r", at, found[0].strip())
    for found in (*_SHALLOW.finditer(bare), *filter(None, map(_SHALLOW.match, kept))):
        _log.warning("%s: indent by four, not by %d", at, len(found[1]))
    if "```mermaid" in markdown:
        _log.warning("%s: a drawing is text or a picture: nothing is loaded to draw mermaid", at)
    # A link's text may be code, so code comes back before links are looked at, but for blocks.
    spans = re.sub(r"\0(\d+)\0", lambda found: _span(kept, int(found[1])), bare)
    led = _LINK.sub(
        lambda found: _led(found, at, here, files, config.extra.get("repository") or ""), spans
    )
    return re.sub(r"\0(\d+)\0", lambda found: kept[int(found[1])], led)


def on_post_build(config: MkDocsConfig) -> None:
    """Takes foreign hosts out of the theme's scripts. Raises PluginError if it has another one."""
    folder = Path(config.site_dir, "assets", "javascripts")
    for script in folder.glob("bundle*.js"):
        text, times = _FOREIGN.subn('"about:blank"', script.read_text())
        if times != _FOREIGN_TIMES:
            raise PluginError(f"{script.name} loads {times} files from unpkg.com: look at it")
        script.write_text(re.sub(r"\n//# sourceMappingURL=.*", "", text))
    for useless in folder.rglob("*.map"):
        useless.unlink()
    for useless in Path(config.site_dir, "assets", "stylesheets").rglob("*.map"):
        useless.unlink()


def _is_added(uri: str) -> bool:
    return any(Path(uri).match(pattern) for pattern in ADDED)


def _span(kept: list[str], number: int) -> str:
    """Returns code in a line as it stands, and keeps the place of a block."""
    return (
        kept[number]
        if kept[number].startswith("`") and "\n" not in kept[number]
        else f"\0{number}\0"
    )


def _led(found: re.Match[str], at: str, here: str, files: Files, repository: str) -> str:
    """Returns a link as the site has it. `at` is the page in the repository, `here` on the site."""
    target, _, anchor = found["target"].partition("#")
    if not target or re.match(r"[a-z][a-z0-9+.-]*:", target) or target.startswith("/"):
        return found[0]
    path = posixpath.normpath(posixpath.join(posixpath.dirname(at), target))
    uri = path.removeprefix("docs/") if path.startswith("docs/") else path
    if path.startswith("docs/") or files.get_file_from_path(uri) is not None:
        lead = posixpath.relpath(uri, posixpath.dirname(here) or ".")
        return f"{found['image']}[{found['text']}]({lead}{'#' * bool(anchor)}{anchor})"
    if not (REPOSITORY / path).exists():
        _log.warning("%s: there is no %s", at, path)
    if repository:
        return f"[{found['text']}]({repository.rstrip('/')}/blob/{REFERENCE}/{path})"
    name = f"`{path}`"
    return (
        name
        if found["text"].strip("`") in {path, posixpath.basename(path)}
        else f"{found['text']} ({name})"
    )
