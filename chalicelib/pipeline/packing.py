"""Packs files before their archive is laid out (being written)."""

from chalicelib.jobs.model import Job
from chalicelib.pipeline.lease import Lease
from chalicelib.queue.messages import Message
from chalicelib.services import Services


def pack(job: Job, message: Message, services: Services, lease: Lease, attempt: int) -> None:
    """Does the step `pack`."""
    raise NotImplementedError(job, message, services, lease, attempt)
