"""Makes repeated calls run at the same time: a call does not wait for the one before."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

LOG = logging.getLogger(__name__)

T = TypeVar("T")


def in_parallel(work: Callable[[T], object], *, limit: int) -> Callable[[T], None]:
    """Returns a function that runs `work` on a thread of its own, at most `limit` at a time.

    Beyond that, the caller waits. What `work` raises is logged, as its caller has gone on.
    """
    slots = threading.BoundedSemaphore(limit)

    def run(item: T) -> None:
        try:
            work(item)
        except Exception:
            LOG.warning("Parallel work failed.", exc_info=True)
        finally:
            slots.release()

    def start(item: T) -> None:
        slots.acquire()
        threading.Thread(target=run, args=(item,), name="parallel-work", daemon=True).start()

    return start
