"""The Chalice app: its routes and event handlers, a few lines each. Nothing else belongs here.

A module that is seldom needed is imported in its handler: each import makes a cold start longer.
"""

from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate, Response, SQSEvent

from chalicelib.http import downloads, exports, progress
from chalicelib.http.gate import CORS, answer, gate
from chalicelib.services import services

app = Chalice(app_name="longhaul", configure_logs=False)
app.register_middleware(gate(app), "http")


@app.route("/v1/export", methods=["POST"], content_types=[], cors=CORS)
def create_export() -> Response:
    return answer(app, lambda call: exports.create(call, services()))


@app.route("/v1/export", methods=["GET"], content_types=[], cors=CORS)
def list_exports() -> Response:
    return answer(app, lambda call: exports.listing(call, services()))


@app.route("/v1/export/{job_id}", methods=["GET"], content_types=[], cors=CORS)
def export_status(job_id: str) -> Response:
    return answer(app, lambda call: progress.status(call, services(), job_id))


@app.route("/v1/export/{job_id}", methods=["DELETE"], content_types=[], cors=CORS)
def cancel_export(job_id: str) -> Response:
    return answer(app, lambda call: exports.cancel(call, services(), job_id))


@app.route("/v1/export/{job_id}/progress", methods=["GET"], content_types=[], cors=CORS)
def export_progress(job_id: str) -> Response:
    return answer(app, lambda call: progress.stream(call, services(), job_id))


@app.route("/v1/export/{job_id}/retry", methods=["POST"], content_types=[], cors=CORS)
def retry_export(job_id: str) -> Response:
    return answer(app, lambda call: exports.retry(call, services(), job_id))


@app.route("/v1/export/{job_id}/download", methods=["GET"], content_types=[], cors=CORS)
def download_archive(job_id: str) -> Response:
    return answer(app, lambda call: downloads.download(call, services(), job_id))


@app.route("/v1/files", methods=["GET"], content_types=[], cors=CORS)
def list_files() -> Response:
    from chalicelib.http.files import listing

    return answer(app, lambda call: listing(call, services()))


@app.route("/v1/download/check", methods=["POST"], content_types=[], cors=CORS)
def check_availability() -> Response:
    from chalicelib.http.files import check

    return answer(app, lambda call: check(call, services()))


@app.route("/health", methods=["GET"], content_types=[], cors=CORS)
def health() -> Response:
    from chalicelib.http.health import health

    return answer(app, lambda _: health(services()))


@app.route("/openapi.json", methods=["GET"], content_types=[], cors=CORS)
def openapi() -> Response:
    from chalicelib.http.openapi import document

    return answer(app, document)


@app.route("/", methods=["GET"], content_types=[], cors=CORS)
def page() -> Response:
    from chalicelib.http.page import page

    return answer(app, page)


@app.route("/assets/{version}/{name}", methods=["GET"], content_types=[], cors=CORS)
def page_asset(version: str, name: str) -> Response:
    from chalicelib.http.page import asset

    return answer(app, lambda call: asset(call, version, name))


@app.on_sqs_message(queue="exports", batch_size=1, name="worker")
def worker(event: SQSEvent) -> dict[str, Any]:
    from chalicelib.pipeline.worker import handle

    return handle(event.to_dict()["Records"], services())


@app.on_sqs_message(queue="dead-letters", batch_size=10, name="dead_letters")
def dead_letters(event: SQSEvent) -> dict[str, Any]:
    from chalicelib.pipeline.dead_letters import bury

    return bury(event.to_dict()["Records"], services())


@app.schedule(Rate(1, unit=Rate.MINUTES), name="sweeper")
def sweeper(_: CloudWatchEvent) -> None:
    from chalicelib.pipeline.sweeper import sweep

    sweep(services())
