"""`make screenshots`: takes pictures of the page in each of its states.

They go to .longhaul/screenshots. With --docs (`make screenshots DOCS=yes`), those for the documents
also go to docs/images, which git tracks. Other arguments are names of states: then it takes only
those.
"""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize

from infra.outputs import Outputs
from infra.paths import REPOSITORY, STATE
from tests.browser import chromium
from tests.browser.chromium import NoChromiumError
from tests.browser.stage import Stage
from tests.browser.telling_states import STATES
from tests.e2e import deployment
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources

SIZES: dict[str, ViewportSize] = {
    "wide": {"width": 1280, "height": 860},
    "phone": {"width": 390, "height": 844},
}
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
FOLDER = STATE / "screenshots"

IN_DOCS = {
    "exports-wide-light": "page-exports.png",
    "job-running-wide-light": "page-job.png",
    "job-running-phone-dark": "page-phone.png",
}
DOCS = REPOSITORY / "docs" / "images"


def take(
    names: Sequence[str], outputs: Outputs, browser: Browser, *, into_docs: bool = False
) -> None:
    """Takes a picture of each of these states, in each size and colour scheme."""
    backstage = Backstage(outputs)
    for name in names:
        for size, viewport in SIZES.items():
            for scheme in SCHEMES:
                context = browser.new_context(
                    viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
                )
                stage = Stage(context.new_page(), outputs.api_url, backstage, Sources(backstage))
                STATES[name](stage)
                picture = FOLDER / f"{name}-{size}-{scheme}.png"
                stage.page.screenshot(path=picture)
                if into_docs and picture.stem in IN_DOCS:
                    shutil.copy(picture, DOCS / IN_DOCS[picture.stem])
                context.close()
        print(name, flush=True)


def _main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    into_docs = "--docs" in sys.argv
    names = [one for one in sys.argv[1:] if one != "--docs"]
    if unknown := set(names) - set(STATES):
        sys.exit(f"There is no state {', '.join(sorted(unknown))}. There are: {', '.join(STATES)}")
    try:
        chromium.found()
    except NoChromiumError as error:
        sys.exit(str(error))
    with ExitStack() as until_the_end:
        outputs = deployment.given_outputs()
        if outputs is None:
            state = Path(until_the_end.enter_context(tempfile.TemporaryDirectory()))
            started = deployment.started(deployment.target_name(), state)
            outputs = until_the_end.enter_context(started)
        browser = until_the_end.enter_context(chromium.launched())
        take(names or list(STATES), outputs, browser, into_docs=into_docs)
    print(f"The pictures are in {FOLDER.relative_to(REPOSITORY)}.")


if __name__ == "__main__":
    _main()
