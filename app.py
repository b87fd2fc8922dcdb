"""The Chalice app: its routes and event handlers, a few lines each. Nothing else belongs here.

A module that is seldom needed is imported in its handler: each import makes a cold start longer.
"""

from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate, Response, SQSEvent

from chalicelib.http import downloads, exports, guard, progress
from chalicelib.http.gate import answer, gate, guarded
from chalicelib.http.headers import CORS
from chalicelib.services import now_us, services

app = Chalice(app_name="longhaul", configure_logs=False)
app.register_middleware(
    gate(app, lambda: services(), lambda: now_us()),  # noqa: PLW0108 - tests replace both later
    "http",
)


@app.route("/v1/export", methods=["POST"], content_types=[], cors=CORS)
def create_export() -> Response:
    return guarded(app, services, guard.CREATE, exports.create)


@app.route("/v1/export", methods=["GET"], content_types=[], cors=CORS)
def list_exports() -> Response:
    return guarded(app, services, guard.LIST, exports.listing)


@app.route("/v1/export/{job_id}", methods=["GET"], content_types=[], cors=CORS)
def export_status(job_id: str) -> Response:
    return guarded(app, services, guard.STATUS, progress.status, job_id)


@app.route("/v1/export/{job_id}", methods=["PATCH"], content_types=[], cors=CORS)
def rename_export(job_id: str) -> Response:
    from chalicelib.http import mending

    return guarded(app, services, guard.RENAME, mending.rename, job_id)


@app.route("/v1/export/{job_id}", methods=["DELETE"], content_types=[], cors=CORS)
def delete_export(job_id: str) -> Response:
    return guarded(app, services, guard.DELETE, exports.delete, job_id)


@app.route("/v1/export/{job_id}/progress", methods=["GET"], content_types=[], cors=CORS)
def export_progress(job_id: str) -> Response:
    return guarded(app, services, guard.STATUS, progress.stream, job_id)


@app.route("/v1/export/{job_id}/retry", methods=["POST"], content_types=[], cors=CORS)
def retry_export(job_id: str) -> Response:
    from chalicelib.http import mending

    return guarded(app, services, guard.RETRY, mending.retry, job_id)


@app.route("/v1/export/{job_id}/request", methods=["GET"], content_types=[], cors=CORS)
def export_request(job_id: str) -> Response:
    from chalicelib.http import mending

    return guarded(app, services, guard.REQUEST, mending.asked_for, job_id)


@app.route("/v1/export/{job_id}/download", methods=["GET"], content_types=[], cors=CORS)
def download_archive(job_id: str) -> Response:
    return guarded(app, services, guard.LINK, downloads.download, job_id)


@app.route("/v1/export/{job_id}/shares", methods=["POST"], content_types=[], cors=CORS)
def share_export(job_id: str) -> Response:
    from chalicelib.http import shares

    return guarded(app, services, guard.SHARE, shares.create, job_id)


@app.route("/v1/export/{job_id}/shares", methods=["GET"], content_types=[], cors=CORS)
def list_shares(job_id: str) -> Response:
    from chalicelib.http import shares

    return guarded(app, services, guard.SHARES, shares.listing, job_id)


@app.route("/v1/export/{job_id}/shares/{share_id}", methods=["DELETE"], content_types=[], cors=CORS)
def revoke_share(job_id: str, share_id: str) -> Response:
    from chalicelib.http import shares

    return guarded(app, services, guard.UNSHARE, shares.revoke, job_id, share_id)


@app.route("/v1/export/{job_id}/notify", methods=["POST"], content_types=[], cors=CORS)
def notify_again(job_id: str) -> Response:
    from chalicelib.http import notifications

    return guarded(app, services, guard.NOTIFY, notifications.again, job_id)


@app.route("/v1/notifications", methods=["GET"], content_types=[], cors=CORS)
def list_receivers() -> Response:
    from chalicelib.http import notifications

    return guarded(app, services, guard.RECEIVERS, notifications.receivers)


@app.route("/v1/files", methods=["GET"], content_types=[], cors=CORS)
def list_files() -> Response:
    from chalicelib.http.files import listing

    return guarded(app, services, guard.BROWSE, listing)


@app.route("/v1/files/totals", methods=["GET"], content_types=[], cors=CORS)
def count_files() -> Response:
    from chalicelib.http.files import totals

    return guarded(app, services, guard.BROWSE, totals)


@app.route("/v1/estimate", methods=["GET"], content_types=[], cors=CORS)
def estimate_export() -> Response:
    from chalicelib.http.estimates import estimate

    return guarded(app, services, guard.BROWSE, estimate)


@app.route("/v1/download/check", methods=["POST"], content_types=[], cors=CORS)
def check_availability() -> Response:
    from chalicelib.http.checks import check

    return guarded(app, services, guard.BROWSE, check)


@app.route("/v1/users/{user_id}", methods=["DELETE"], content_types=[], cors=CORS)
def erase_user(user_id: str) -> Response:
    from chalicelib.http.users import erase

    return guarded(app, services, guard.ERASE, erase, user_id)


@app.route("/health", methods=["GET"], content_types=[], cors=CORS)
def health() -> Response:
    from chalicelib.http.health import health

    return guarded(app, services, guard.HEALTH, health)


@app.route("/openapi.json", methods=["GET"], content_types=[], cors=CORS)
def openapi() -> Response:
    from chalicelib.http.openapi import document

    return answer(app, document)


@app.route("/.well-known/oauth-protected-resource", methods=["GET"], content_types=[], cors=CORS)
def sign_in() -> Response:
    from chalicelib.http.sign_in import metadata

    return answer(app, metadata)


@app.route("/", methods=["GET"], content_types=[], cors=CORS)
def page() -> Response:
    from chalicelib.http.page import page

    return answer(app, page)


@app.route("/assets/{version}/{name}", methods=["GET"], content_types=[], cors=CORS)
def page_asset(version: str, name: str) -> Response:
    from chalicelib.http.page import asset

    return answer(app, lambda call: asset(call, version, name))


@app.route("/longhaul-export.js", methods=["GET"], content_types=[], cors=CORS)
def component() -> Response:
    from chalicelib.http.component import script

    return answer(app, script)


@app.route("/docs", methods=["GET"], content_types=[], cors=CORS)
def reference() -> Response:
    from chalicelib.http.reference import reference

    return answer(app, reference)


@app.route("/docs/{version}/{name}", methods=["GET"], content_types=[], cors=CORS)
def reference_asset(version: str, name: str) -> Response:
    from chalicelib.http.reference import asset

    return answer(app, lambda call: asset(call, version, name))


@app.route("/unsubscribe/{token}", methods=["GET"], content_types=[], cors=CORS)
def unsubscribe_page(token: str) -> Response:
    from chalicelib.http.unsubscribe import page

    return answer(app, lambda call: page(call, services(), token))


@app.route("/unsubscribe/{token}", methods=["POST"], content_types=[], cors=CORS)
def unsubscribe(token: str) -> Response:
    from chalicelib.http.unsubscribe import choose

    return answer(app, lambda call: choose(call, services(), token))


@app.on_sqs_message(queue="exports", batch_size=1, name="worker")
def worker(event: SQSEvent) -> dict[str, Any]:
    from chalicelib.pipeline.worker import handle

    return handle(event.to_dict()["Records"], services())


@app.on_sqs_message(queue="announcements", batch_size=10, name="announcer")
def announcer(event: SQSEvent) -> dict[str, Any]:
    from chalicelib.announcing.announcer import handle

    return handle(event.to_dict()["Records"], services())


@app.on_sqs_message(queue="dead-letters", batch_size=10, name="dead_letters")
def dead_letters(event: SQSEvent) -> dict[str, Any]:
    from chalicelib.pipeline.dead_letters import bury

    return bury(event.to_dict()["Records"], services())


@app.schedule(Rate(1, unit=Rate.MINUTES), name="sweeper")
def sweeper(_: CloudWatchEvent) -> None:
    from chalicelib.pipeline.sweeper import sweep

    sweep(services())


@app.lambda_function(name="telemetry")
def telemetry(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    from chalicelib.telemetry.function import handle

    return handle(event, context)
