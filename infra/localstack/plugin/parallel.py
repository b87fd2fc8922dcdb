"""Turns a call that is made again and again into one that does not wait for the last to finish."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

LOG = logging.getLogger(__name__)

T = TypeVar("T")


def in_parallel(work: Callable[[T], object], *, limit: int) -> Callable[[T], None]:
    """`work` on a thread of its own, at most `limit` at a time: beyond that the caller waits.

    What `work` raises is logged, as there is no one left to tell.
    """
    slots = threading.BoundedSemaphore(limit)

    def run(item: T) -> None:
        try:
            work(item)
        except Exception:
            LOG.warning("Work failed that ran in parallel.", exc_info=True)
        finally:
            slots.release()

    def start(item: T) -> None:
        slots.acquire()
        threading.Thread(target=run, args=(item,), name="parallel-work", daemon=True).start()

    return start
