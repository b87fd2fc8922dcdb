"""The log has Lambda's own lines, in Lambda's words."""

from infra.localstack.plugin import failures, report


def test_the_report_rounds_up_what_is_billed() -> None:
    usage = report.Usage(duration_ms=12.345, memory_mb=256, peak_memory_mb=40, init_ms=100.5)

    assert report.end("r-1", usage) == (
        "END RequestId: r-1\n"
        "REPORT RequestId: r-1\tDuration: 12.35 ms\tBilled Duration: 13 ms"
        "\tMemory Size: 256 MB\tMax Memory Used: 40 MB\tInit Duration: 100.50 ms\n"
    )


def test_the_report_leaves_out_what_is_not_known() -> None:
    usage = report.Usage(duration_ms=1, memory_mb=128, peak_memory_mb=None)

    assert report.end("r-1", usage, status="timeout").endswith(
        "Memory Size: 128 MB\tStatus: timeout\n"
    )


def test_a_signal_is_shown_by_its_name() -> None:
    assert failures.exit_reason(-11) == "Runtime exited with error: signal: segmentation fault"
