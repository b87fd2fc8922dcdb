"""What Prometheus, Loki, Jaeger and Grafana read, by their own formats."""

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from infra.observe import configuration

PROMTOOL = shutil.which("promtool")

TEXT = {"type": "string", "minLength": 1}
SWITCH = {"type": "boolean"}
DURATION = {"type": "string", "pattern": "^-?[0-9]+(ms|s|m|h)$"}
HOST_PORT = {"type": "string", "pattern": r"^[a-z0-9.]+:[0-9]+$"}
BYTES = {"type": "string", "pattern": "^[0-9]+(KB|MB)$"}


def exactly(optional: tuple[str, ...] = (), /, **keys: Any) -> dict[str, Any]:
    """Returns a schema of an object that has these keys and no other."""
    required = [key for key in keys if key not in optional]
    return {
        "type": "object",
        "properties": keys,
        "required": required,
        "additionalProperties": False,
    }


def each(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema, "minItems": 1}


# https://grafana.com/docs/loki/latest/configure/ (3.7)
LOKI = exactly(
    auth_enabled={"const": False},
    server=exactly(
        http_listen_port={"const": 3100},
        log_level={"enum": ["debug", "info", "warn", "error"]},
        grpc_server_max_recv_msg_size={"type": "integer"},
        grpc_server_max_send_msg_size={"type": "integer"},
    ),
    common=exactly(
        instance_addr=TEXT,
        path_prefix={"const": "/loki"},  # the image's user may write there
        storage=exactly(filesystem=exactly(chunks_directory=TEXT, rules_directory=TEXT)),
        replication_factor={"const": 1},
        ring=exactly(kvstore=exactly(store={"enum": ["inmemory"]})),
    ),
    ingester=exactly(lifecycler=exactly(min_ready_duration=DURATION)),
    schema_config=exactly(
        configs=each(
            exactly(
                **{"from": {"type": "string", "format": "date"}},
                store={"const": "tsdb"},
                object_store={"const": "filesystem"},
                schema={"const": "v13"},  # what structured metadata needs
                index=exactly(prefix=TEXT, period={"const": "24h"}),
            )
        )
    ),
    limits_config=exactly(
        allow_structured_metadata={"const": True},
        volume_enabled=SWITCH,
        discover_log_levels=SWITCH,
        retention_period=DURATION,
        ingestion_rate_mb={"type": "number"},
        ingestion_burst_size_mb={"type": "number"},
        per_stream_rate_limit=BYTES,
        per_stream_rate_limit_burst=BYTES,
    ),
    compactor=exactly(
        working_directory=TEXT,
        retention_enabled={"const": True},
        delete_request_store={"const": "filesystem"},
    ),
    analytics=exactly(reporting_enabled={"const": False}),
)

# https://www.jaegertracing.io/docs/2.20/deployment/configuration/
JAEGER = exactly(
    service=exactly(
        extensions=each(TEXT),
        pipelines=exactly(
            traces=exactly(receivers=each(TEXT), processors=each(TEXT), exporters=each(TEXT))
        ),
        telemetry=exactly(
            metrics=exactly(level={"enum": ["none", "basic", "normal", "detailed"]}),
            logs=exactly(level={"enum": ["debug", "info", "warn", "error"]}),
        ),
    ),
    extensions=exactly(
        healthcheckv2=exactly(use_v2={"const": True}, http=exactly(endpoint=HOST_PORT)),
        jaeger_query=exactly(storage=exactly(traces=TEXT)),
        jaeger_storage=exactly(
            backends=exactly(
                in_memory=exactly(memory=exactly(max_traces={"type": "integer", "minimum": 1}))
            )
        ),
    ),
    receivers=exactly(otlp=exactly(protocols=exactly(http=exactly(endpoint=HOST_PORT)))),
    processors=exactly(batch={"type": "null"}),
    exporters=exactly(jaeger_storage_exporter=exactly(trace_storage=TEXT)),
)

# https://grafana.com/docs/grafana/v12.3/administration/provisioning/#data-sources and, of each kind
# of source, https://grafana.com/docs/grafana/v12.3/datasources/
_PROMETHEUS = exactly(
    httpMethod={"enum": ["POST", "GET"]},
    timeInterval=DURATION,
    exemplarTraceIdDestinations=each(exactly(name=TEXT, datasourceUid=TEXT)),
)
_LOKI = exactly(
    maxLines={"type": "integer"},
    derivedFields=each(
        exactly(
            name=TEXT,
            matcherType={"enum": ["label", "regex"]},
            matcherRegex=TEXT,
            url=TEXT,
            urlDisplayLabel=TEXT,
            datasourceUid=TEXT,
        )
    ),
)
_JAEGER = exactly(
    tracesToLogsV2=exactly(
        datasourceUid=TEXT,
        spanStartTimeShift=DURATION,
        spanEndTimeShift=DURATION,
        filterByTraceID={"const": False},  # neither goes with a query of one's own
        filterBySpanID={"const": False},
        customQuery={"const": True},
        query=TEXT,
    ),
    nodeGraph=exactly(enabled=SWITCH),
)


def _source(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    return exactly(
        ("isDefault",),
        name=TEXT,
        type={"const": type_},
        uid=TEXT,
        access={"const": "proxy"},
        url={"type": "string", "pattern": "^http://[a-z]+:[0-9]+$"},
        isDefault=SWITCH,
        editable={"const": False},
        jsonData=data,
    )


SOURCES = exactly(
    apiVersion={"const": 1},
    prune=SWITCH,
    datasources={
        "type": "array",
        "prefixItems": [
            _source("prometheus", _PROMETHEUS),
            _source("loki", _LOKI),
            _source("jaeger", _JAEGER),
        ],
        "items": False,
        "minItems": 3,
    },
)

# https://grafana.com/docs/grafana/v12.3/administration/provisioning/#dashboards
BOARDS = exactly(
    apiVersion={"const": 1},
    providers=each(
        exactly(
            name=TEXT,
            orgId={"const": 1},
            folder=TEXT,
            type={"const": "file"},
            disableDeletion=SWITCH,
            allowUiUpdates={"const": False},
            updateIntervalSeconds={"type": "integer", "minimum": 10},
            options=exactly(path=TEXT),
        )
    ),
)

FORMATS = {
    "loki/loki.yml": LOKI,
    "jaeger/jaeger.yml": JAEGER,
    "grafana/provisioning/datasources/longhaul.yml": SOURCES,
    "grafana/provisioning/dashboards/longhaul.yml": BOARDS,
}


def read(name: str) -> Any:
    return yaml.safe_load((configuration.FOLDER / name).read_text())


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return configuration.write(tmp_path, "127.0.0.1:4711")


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_has_the_keys_that_its_program_documents(name: str) -> None:
    assert list(Draft202012Validator(FORMATS[name]).iter_errors(read(name))) == []


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_prometheus_takes_its_configuration_and_all_rules(written: Path) -> None:
    checked = subprocess.run(
        [str(PROMTOOL), "check", "config", str(written / "prometheus" / "prometheus.yml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stdout


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_prometheus_finds_the_rules_beside_its_configuration(written: Path) -> None:
    (written / "prometheus" / "alerts.yml").write_text("groups: [{name: no rules}]\nwrong: 1\n")

    checked = subprocess.run(
        [str(PROMTOOL), "check", "config", str(written / "prometheus" / "prometheus.yml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode != 0
    assert "alerts.yml" in checked.stdout + checked.stderr


def test_prometheus_is_told_where_the_shipper_is(written: Path) -> None:
    (target,) = json.loads((written / "prometheus" / "targets.json").read_text())

    assert target == {"targets": ["127.0.0.1:4711"], "labels": {"instance": "longhaul"}}


def test_the_sources_have_the_names_that_dashboards_ask_for() -> None:
    sources = read("grafana/provisioning/datasources/longhaul.yml")["datasources"]

    assert [source["uid"] for source in sources] == ["prometheus", "loki", "jaeger"]


def test_one_gets_from_a_number_and_a_line_to_the_trace_and_back() -> None:
    prometheus, loki, jaeger = read("grafana/provisioning/datasources/longhaul.yml")["datasources"]

    (exemplar,) = prometheus["jsonData"]["exemplarTraceIdDestinations"]
    (field,) = loki["jsonData"]["derivedFields"]
    lines = jaeger["jsonData"]["tracesToLogsV2"]
    assert exemplar == {"name": "trace_id", "datasourceUid": "jaeger"}
    assert (field["matcherRegex"], field["datasourceUid"]) == ("trace_id", "jaeger")
    assert lines["datasourceUid"] == "loki"


def test_what_grafanas_pages_fill_in_is_not_filled_in_while_it_reads_the_file() -> None:
    text = (configuration.FOLDER / "grafana/provisioning/datasources/longhaul.yml").read_text()

    assert text.count("$${__") == text.count("${__") == 2


def test_jaeger_keeps_what_its_page_shows() -> None:
    jaeger = read("jaeger/jaeger.yml")

    (backend,) = jaeger["extensions"]["jaeger_storage"]["backends"]
    assert jaeger["extensions"]["jaeger_query"]["storage"]["traces"] == backend
    assert jaeger["exporters"]["jaeger_storage_exporter"]["trace_storage"] == backend
    assert set(jaeger["service"]["extensions"]) == set(jaeger["extensions"])
    traces = jaeger["service"]["pipelines"]["traces"]
    for kind in ("receivers", "processors", "exporters"):
        assert set(traces[kind]) == set(jaeger[kind])


def test_any_user_of_a_container_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        written = configuration.write(tmp_path, "127.0.0.1:1")
    finally:
        os.umask(before)

    for path in (written, *written.rglob("*")):
        wanted = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
        assert path.stat().st_mode & wanted == wanted
