"""Where traces and logs go, as the settings say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.telemetry.endpoints import BadEndpoint, Signing, endpoints, headers_of
from chalicelib.telemetry.otlp import Signal

NAMES = (
    "OTLP_ENDPOINT",
    "OTLP_TRACES_ENDPOINT",
    "OTLP_LOGS_ENDPOINT",
    "OTLP_HEADERS",
    "OTLP_COMPRESSION",
)


def _urls(**environment: str) -> dict[str, str]:
    return {signal: one.url for signal, one in endpoints(environment).items()}


def test_without_a_setting_nothing_goes_anywhere() -> None:
    assert endpoints({}) == {}
    assert endpoints(dict.fromkeys(NAMES, "")) == {}


@pytest.mark.parametrize("base", ["http://127.0.0.1:4318", "http://127.0.0.1:4318/"])
def test_a_base_gets_the_path_of_each_signal(base: str) -> None:
    assert _urls(OTLP_ENDPOINT=base) == {
        "traces": "http://127.0.0.1:4318/v1/traces",
        "logs": "http://127.0.0.1:4318/v1/logs",
    }
    assert _urls(OTLP_ENDPOINT="https://host/otlp")["logs"] == "https://host/otlp/v1/logs"


def test_a_signals_own_endpoint_is_taken_as_it_is() -> None:
    own = "http://loki:3100/otlp/v1/logs"

    assert _urls(OTLP_LOGS_ENDPOINT=own) == {"logs": own}
    assert _urls(OTLP_ENDPOINT="http://jaeger:4318", OTLP_LOGS_ENDPOINT=own) == {
        "traces": "http://jaeger:4318/v1/traces",
        "logs": own,
    }


@pytest.mark.parametrize(
    "url",
    [
        "jaeger:4318",
        "ftp://host/",
        "file:///etc/passwd",
        "http://",
        "https:///v1/traces",
        "http://host:0/",
        "http://host:99999/",
        "http://[::1/",
        "http://user:secret@host/",
        "http://host/#part",
        "http://host/ x",
        "http://host/\n",
        "http://hôst/",
        "http://" + "h" * 2100,
        "http://xray.eu-central-1.amazonaws.com/v1/traces",
    ],
)
@pytest.mark.parametrize("name", NAMES[:3])
def test_a_url_that_nothing_can_be_posted_to_is_refused(name: str, url: str) -> None:
    with pytest.raises(BadEndpoint, match=name) as refused:
        endpoints({name: url})

    assert "secret" not in str(refused.value)


def test_a_base_has_no_query() -> None:
    with pytest.raises(BadEndpoint, match="OTLP_ENDPOINT must have no query"):
        endpoints({"OTLP_ENDPOINT": "http://host/?a=b"})


def test_headers_are_pairs_whose_values_may_be_encoded() -> None:
    assert headers_of("") == {}
    assert headers_of("X-Scope-OrgID=team, Authorization=Basic%20YWJj=,") == {
        "X-Scope-OrgID": "team",
        "Authorization": "Basic YWJj=",
    }


@pytest.mark.parametrize(
    "text",
    [
        "secret",
        "=secret",
        "a b=secret",
        "a=",
        "a=secret%0d%0ab: c",
        "a=secret%00",
        "a=%C3%A9secret",
        "Host=secret",
        "content-type=secret",
        "Content-Length=secret",
    ],
)
def test_what_is_no_header_is_refused_without_its_value(text: str) -> None:
    with pytest.raises(BadEndpoint, match="OTLP_HEADERS") as refused:
        headers_of(text)

    assert "secret" not in str(refused.value)


def test_a_header_is_not_part_of_what_an_endpoint_shows() -> None:
    found = endpoints({"OTLP_ENDPOINT": "http://host", "OTLP_HEADERS": "a=secret"})

    assert found[Signal.LOGS].headers == {"a": "secret"}
    assert "secret" not in repr(found)


def test_compression_is_none_or_gzip() -> None:
    (one,) = endpoints({"OTLP_LOGS_ENDPOINT": "http://host", "OTLP_COMPRESSION": "gzip"}).values()
    (other,) = endpoints({"OTLP_LOGS_ENDPOINT": "http://host"}).values()

    assert (one.compression, other.compression) == ("gzip", "none")
    with pytest.raises(BadEndpoint, match="OTLP_COMPRESSION must be one of none, gzip, not 'zstd'"):
        endpoints({"OTLP_LOGS_ENDPOINT": "http://host", "OTLP_COMPRESSION": "zstd"})


@pytest.mark.parametrize(
    ("url", "signing"),
    [
        ("https://xray.eu-central-1.amazonaws.com/v1/traces", Signing("xray", "eu-central-1")),
        ("https://logs.cn-north-1.amazonaws.com.cn/v1/logs", Signing("logs", "cn-north-1")),
        ("https://abc.execute-api.eu-central-1.amazonaws.com/v1/logs", None),
        ("https://xray.eu-central-1.amazonaws.com.example.com/v1/traces", None),
        ("http://127.0.0.1:4318/v1/traces", None),
    ],
)
def test_only_aws_own_endpoints_get_a_signature(url: str, signing: Signing | None) -> None:
    (found,) = endpoints({"OTLP_TRACES_ENDPOINT": url}).values()

    assert found.signing == signing


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_whatever_the_settings_are_they_are_taken_or_refused(settings: dict[str, str]) -> None:
    try:
        found = endpoints(settings)
    except BadEndpoint:
        return
    assert all(one.url.startswith(("http://", "https://")) for one in found.values())
