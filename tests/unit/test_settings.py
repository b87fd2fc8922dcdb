"""A bad value fails at start, by its name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.named_sources import Source
from chalicelib.settings import (
    GATEWAY_SECONDS,
    HOLD_MAX,
    ID_PATTERN_MAX,
    LINK_TTL_MAX,
    SettingsError,
    load,
)
from infra.paths import REPOSITORY
from tests.unit.samples import REQUIRED, some_settings


def test_what_is_not_set_has_a_default() -> None:
    settings = load(REQUIRED)

    assert settings.source().key_template == "downloads/{file_id}"
    assert settings.source().prefix == ""
    assert (settings.archive_ttl_days, settings.archive_ttl_ms) == (7, 604_800_000)
    assert settings.max_open_jobs_per_user == 1000
    assert (settings.rate_limit_per_minute, settings.rate_limit_burst) == (120, 60)
    assert (settings.max_files_per_job, settings.max_bytes_per_job) == (0, 0)
    assert settings.max_bytes_per_user_per_day == 0
    assert (settings.link_ttl_seconds, settings.max_body_bytes) == (900, 2 * 1024**2)
    assert (settings.progress_hold_seconds, settings.progress_retry_seconds) == (2, 1)
    assert settings.source_delay_ms == 0
    assert (settings.public_endpoint_url, settings.api_url_template) == (None, None)


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_what_must_be_set_is_named_when_it_is_not(name: str, value: str | None) -> None:
    environ = {key: text for key, text in REQUIRED.items() if key != name}

    with pytest.raises(SettingsError, match=f"{name} is not set"):
        load(environ if value is None else {**environ, name: value})


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("ARCHIVE_TTL_DAYS", 1, 3650),
        ("LINK_TTL_SECONDS", 1, LINK_TTL_MAX),
        ("MAX_BODY_BYTES", 1024, 4 * 1024**2),
        ("PROGRESS_HOLD_SECONDS", 0, HOLD_MAX),
        ("PROGRESS_RETRY_SECONDS", 1, 60),
        ("ANSWER_WITHIN_SECONDS", 0, GATEWAY_SECONDS),
        ("MAX_OPEN_JOBS_PER_USER", 0, 1000),
        ("RATE_LIMIT_PER_MINUTE", 0, 60_000),
        ("RATE_LIMIT_BURST", 1, 60_000),
        ("MAX_FILES_PER_JOB", 0, 10**9),
        ("MAX_BYTES_PER_JOB", 0, 10**18),
        ("MAX_BYTES_PER_USER_PER_DAY", 0, 10**18),
    ],
)
def test_a_number_is_taken_within_its_limits_and_no_further(name: str, low: int, high: int) -> None:
    field = name.lower()

    assert [getattr(some_settings(**{name: str(at)}), field) for at in (low, high)] == [low, high]
    for beyond in (low - 1, high + 1):
        with pytest.raises(SettingsError, match=f"{name} must be .* from {low} to {high}, not"):
            some_settings(**{name: str(beyond)})


def test_a_request_that_is_held_is_answered_before_its_function_is_stopped() -> None:
    config = json.loads((REPOSITORY / ".chalice" / "config.json").read_text())

    assert config["lambda_functions"]["api_handler"]["lambda_timeout"] >= HOLD_MAX + 5


def test_a_slow_storage_is_for_an_emulator_only() -> None:
    emulator = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}

    assert some_settings(SOURCE_DELAY_MS="60000", **emulator).source_delay_ms == 60_000
    assert some_settings(SOURCE_DELAY_MS="0").source_delay_ms == 0
    with pytest.raises(SettingsError, match="SOURCE_DELAY_MS is for local targets only"):
        some_settings(SOURCE_DELAY_MS="1")
    with pytest.raises(SettingsError, match=r"SOURCE_DELAY_MS must be .* from 0 to 60000, not"):
        some_settings(SOURCE_DELAY_MS="60001", **emulator)


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "1e3", " 7", "7 ", "0x10", "\u0667", "\u00b2"])
def test_what_is_no_whole_number_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="ARCHIVE_TTL_DAYS"):
        some_settings(ARCHIVE_TTL_DAYS=value)


@pytest.mark.parametrize(
    "template", ["{file_id}", "a/{file_id:09d}.pdf", "{file_id}/{file_id}", "{{x}}/{file_id!s}"]
)
def test_a_key_template_holds_the_file_id(template: str) -> None:
    assert some_settings(SOURCE_KEY_TEMPLATE=template).source().key_template == template


@pytest.mark.parametrize(
    "template",
    [
        "downloads/",
        "{}",
        "{0}",
        "{file_id}/{name}",
        "{file_id.name}",
        "{file_id:q}",
        "{file_id",
        "file_id}",
        "{{file_id}}",
        pytest.param(
            "{file_id[0]}",
        ),
        pytest.param(
            "{file_id:.0e}",
        ),
    ],
)
def test_a_key_template_that_cannot_tell_files_apart_is_refused(template: str) -> None:
    with pytest.raises(SettingsError, match="SOURCE_KEY_TEMPLATE must hold"):
        some_settings(SOURCE_KEY_TEMPLATE=template)


UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.mark.parametrize("pattern", ["", UUID, r"\d+", "[A-Z]{2}[0-9]+|x$", "a" * ID_PATTERN_MAX])
def test_what_an_id_looks_like_is_a_regular_expression(pattern: str) -> None:
    assert some_settings(FILE_ID_PATTERN=pattern).file_id_pattern == pattern


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[a", "unterminated character set"),
        ("a)(b", "unbalanced parenthesis"),
        ("(?i)abc", "global flags"),
        ("a\\", "bad escape"),
        ("a{99999999999}", "too large"),
        ("a" * (ID_PATTERN_MAX + 1), "at most 255 characters"),
    ],
)
def test_a_pattern_that_is_none_is_refused_by_name_and_value(pattern: str, why: str) -> None:
    with pytest.raises(SettingsError, match=f"FILE_ID_PATTERN must .*{why}") as caught:
        some_settings(FILE_ID_PATTERN=pattern)

    assert repr(pattern) in str(caught.value) or why.startswith("at most")


@pytest.mark.parametrize("template", ["{file_id}", "a/{file_id:0>9}.pdf", "{file_id}/{file_id!s}"])
def test_a_key_can_be_made_of_an_id_that_is_a_text(template: str) -> None:
    settings = some_settings(FILE_ID_PATTERN=UUID, SOURCE_KEY_TEMPLATE=template)

    assert settings.source().key_template == template


@pytest.mark.parametrize(
    "template", ["{file_id:09d}", "{file_id:12}", "{file_id!r}", "{file_id:,}"]
)
def test_a_template_for_numbers_does_not_go_with_ids_that_are_texts(template: str) -> None:
    assert some_settings(SOURCE_KEY_TEMPLATE=template).source().key_template == template
    with pytest.raises(SettingsError, match=r"with FILE_ID_PATTERN .* write {file_id}"):
        some_settings(SOURCE_KEY_TEMPLATE=template, FILE_ID_PATTERN=UUID)


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ("", ("metadata",)),
        ("metadata-percent", ("metadata-percent",)),
        ("content-disposition,metadata", ("content-disposition", "metadata")),
        (" metadata , content-disposition ", ("metadata", "content-disposition")),
    ],
)
def test_the_rules_for_names_are_kept_in_their_order(value: str, rules: tuple[str, ...]) -> None:
    assert some_settings(NAMES_FROM=value).names_from == rules


@pytest.mark.parametrize("value", [",", "metadata,", "Metadata", "key", "metadata,metadata", " "])
def test_other_rules_for_names_are_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="NAMES_FROM must be a list of metadata") as caught:
        some_settings(NAMES_FROM=value)

    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("prefix", ["", "a/", "a/b/"])
def test_a_source_prefix_is_a_folder_or_everything(prefix: str) -> None:
    assert some_settings(SOURCE_PREFIX=prefix).source().prefix == prefix


@pytest.mark.parametrize("prefix", ["a", "/a/", "/", "a/b"])
def test_another_source_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsError, match="SOURCE_PREFIX must be empty or end with '/'"):
        some_settings(SOURCE_PREFIX=prefix)


@pytest.mark.parametrize("name", ["PUBLIC_ENDPOINT_URL", "API_URL_TEMPLATE"])
def test_a_url_loses_its_last_slash(name: str) -> None:
    assert getattr(some_settings(**{name: "http://x:1/"}), name.lower()) == "http://x:1"


@pytest.mark.parametrize("name", ["PUBLIC_ENDPOINT_URL", "API_URL_TEMPLATE"])
@pytest.mark.parametrize(
    "value",
    [
        "x",
        "ftp://x",
        "//x",
        "http:/x",
        "http://",
        pytest.param("/"),
    ],
)
def test_what_is_no_url_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be a URL"):
        some_settings(**{name: value})


@given(
    st.sampled_from(["ARCHIVE_TTL_DAYS", "LINK_TTL_SECONDS", "MAX_BODY_BYTES", "SOURCE_PREFIX"])
    | st.sampled_from(["PUBLIC_ENDPOINT_URL", "API_URL_TEMPLATE"]),
    st.text(),
)
def test_any_value_is_taken_or_refused_by_name(name: str, value: str) -> None:
    try:
        some_settings(**{name: value})
    except SettingsError as error:
        refusal = str(error)
    else:
        refusal = name

    assert name in refusal


def test_settings_cannot_change() -> None:
    with pytest.raises(AttributeError):
        some_settings().jobs_table = "other"  # type: ignore[misc]  # it is frozen


def test_the_fast_path_is_taken_unless_it_is_turned_off() -> None:
    assert load(REQUIRED).fast_path
    assert some_settings(FAST_PATH="yes").fast_path
    assert not some_settings(FAST_PATH="no").fast_path


@pytest.mark.parametrize("value", ["No", "false", "0", " no"])
def test_what_is_neither_yes_nor_no_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=f"FAST_PATH must be yes or no, not '{value}'"):
        some_settings(FAST_PATH=value)


@pytest.mark.parametrize("prefix", ["", "users/{sub}/", "{tenant}/teams/{teams}/", "{prefixes}"])
def test_a_prefix_of_users_is_a_folder_for_each_claim(prefix: str) -> None:
    assert some_settings(USER_PREFIX=prefix).user_prefix == prefix


@pytest.mark.parametrize("prefix", ["{tenant}-{sub}/", "u/{a}{b}/", "{a}.{b}", "users/", "/{a}/"])
def test_a_prefix_that_two_users_may_share_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsError, match="USER_PREFIX must name a claim"):
        some_settings(USER_PREFIX=prefix)


# -- several sources -------------------------------------------------------------------------------

KEY = "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def _sources(*sources: dict[str, object], **more: str) -> tuple[Source, ...]:
    return some_settings(SOURCES=json.dumps(sources), **more).sources


def test_without_a_list_there_is_one_source() -> None:
    settings = some_settings(SOURCE_PREFIX="a/", SOURCE_KEY_TEMPLATE="a/{file_id}")

    assert settings.sources == (
        Source(name="default", bucket="sources", prefix="a/", key_template="a/{file_id}"),
    )
    assert settings.source("default") == settings.source()


def test_a_source_has_what_it_says() -> None:
    (found,) = _sources(
        {
            "name": "scans",
            "bucket": "scans-of-somebody",
            "prefix": "in/",
            "region": "eu-west-1",
            "owner": "044455556666",
            "requesterPays": True,
            "kmsKeys": [KEY],
            "keyTemplate": "in/{file_id}.tif",
        }
    )

    assert found == Source(
        name="scans",
        bucket="scans-of-somebody",
        prefix="in/",
        region="eu-west-1",
        owner="044455556666",
        requester_pays=True,
        kms_keys=(KEY,),
        key_template="in/{file_id}.tif",
    )


def test_what_a_source_does_not_say_is_that_of_the_stack() -> None:
    own, other = _sources({"name": "a"}, {"name": "b", "bucket": "other"}, SOURCE_PREFIX="x/")

    assert (own.bucket, own.prefix, own.region) == ("sources", "x/", "")
    assert (other.bucket, other.prefix, other.owner) == ("other", "x/", "")


def test_a_stack_whose_sources_all_name_buckets_needs_none_of_its_own() -> None:
    environ = {name: value for name, value in REQUIRED.items() if name != "SOURCE_BUCKET"}

    named = load({**environ, "SOURCES": '[{"name": "a", "bucket": "other"}]'})

    assert named.source().bucket == "other"
    with pytest.raises(SettingsError, match=r'SOURCES: source 1 \("a"\): it has no bucket'):
        load({**environ, "SOURCES": '[{"name": "a"}]'})


@pytest.mark.parametrize(
    ("prefix", "template"),
    [
        ("", "downloads/{file_id}"),
        ("downloads/", "downloads/{file_id}"),
        ("in/", "in/downloads/{file_id}"),
    ],
)
def test_no_file_by_id_lies_outside_of_its_source(prefix: str, template: str) -> None:
    (found,) = _sources({"name": "a", "prefix": prefix})

    assert found.key_template == template


MISTAKES: list[tuple[str, object, str]] = [
    *(("name", name, "must have 1 to 32 of a-z") for name in ("", "A", "a b", "a" * 33, 1)),
    *(("bucket", name, "must be the name of a bucket") for name in ("", "ab", "A-b", "a..b", 1)),
    ("bucket", "arn:aws:s3:::b", "must be the name of a bucket"),
    *(("bucket", name, "must be the name of a bucket") for name in ("192.168.1.1", "1.2.3.4567")),
    *(("bucket", name, "must be the name of a bucket") for name in ("xn--a", "sthree-a")),
    ("bucket", "scans-x1y2-s3alias", "which is the alias of an access point; name its bucket"),
    ("bucket", "scans-x1y2--ol-s3", "which is the alias of an Object Lambda access point"),
    ("bucket", "scans.mrap", "which is the alias of a Multi-Region Access Point"),
    ("bucket", "scans--use1-az4--x-s3", "which is a directory bucket"),
    ("bucket", "scans--table-s3", "which is a table bucket"),
    *(("prefix", value, "must be empty or end with '/'") for value in ("a", "/a/", "/", None)),
    ("prefix", "a\n/", "must be empty or end with '/'"),
    *(("region", value, "must be a region") for value in ("", "Europe", "eu-west", 1)),
    *(("owner", value, "must be the 12 digits") for value in ("1", 123456789012, "", "x" * 12)),
    *(("requesterPays", value, "must be true or false") for value in ("true", 1, None)),
    *(("kmsKeys", value, "must be a list of the ARNs") for value in (KEY, [1], ["x"], None)),
    ("kmsKeys", [KEY.replace("key/", "alias/")], "and of no aliases"),
    ("keyTemplate", "downloads/", "must hold {file_id} and no other field"),
    ("keyTemplate", "{a}", "must hold {file_id} and no other field"),
    ("keyTemplate", 1, "must hold {file_id} and no other field"),
]


@pytest.mark.parametrize("name", ["1.2.3", "192.168.1.1.a", "a.b-c", "amzn-s3-demo-a", "s3alias"])
def test_a_bucket_is_named_as_s3_has_it(name: str) -> None:
    (found,) = _sources({"name": "a", "bucket": name})

    assert found.bucket == name


@pytest.mark.parametrize(
    ("prefix", "rule"),
    [
        ("", "must hold {file_id} and no other field, not"),
        ("in/", 'and no other field, and begin with the prefix "in/", not'),
    ],
)
def test_a_prefix_is_only_asked_of_a_template_if_there_is_one(prefix: str, rule: str) -> None:
    with pytest.raises(SettingsError) as refused:
        _sources({"name": "a", "prefix": prefix, "keyTemplate": "x/{a}"})

    assert rule in str(refused.value)


@pytest.mark.parametrize(("field", "value", "rule"), MISTAKES)
def test_a_mistake_is_named_with_its_source_and_value(field: str, value: object, rule: str) -> None:
    wrong = {"name": "b", field: value}

    with pytest.raises(SettingsError) as refused:
        _sources({"name": "a"}, wrong)

    message = str(refused.value)
    assert message.startswith(f"SOURCES: source 2 ({json.dumps(wrong['name'])}): {field} must")
    assert rule in message
    assert f"not {json.dumps(value)}" in message


def test_a_field_that_there_is_not_is_named() -> None:
    with pytest.raises(SettingsError, match='no field "bukket", only name, bucket, prefix, region'):
        _sources({"name": "a", "bukket": "b"})


def test_a_key_template_outside_of_the_prefix_is_refused() -> None:
    with pytest.raises(SettingsError, match='and begin with the prefix "in/", not "out/'):
        _sources({"name": "a", "prefix": "in/", "keyTemplate": "out/{file_id}"})


def test_a_key_of_another_region_than_the_buckets_is_refused() -> None:
    with pytest.raises(SettingsError, match="a key of eu-west-1, and the region is us-east-1"):
        _sources({"name": "a", "region": "us-east-1", "kmsKeys": [KEY]})


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        _sources({"name": "a", "prefix": "x", "owner": "1"}, {}, {"name": "a"})

    said = str(refused.value)
    for mistake in ("prefix must", "owner must", "source 2: it has no name", "2 sources have the"):
        assert mistake in said


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ("{}", "must be a JSON list of objects"),
        ("[1]", "must be a JSON list of objects"),
        ("null", "must be a JSON list of objects"),
        ("[]", "must have 1 to 20 sources, not 0"),
        (json.dumps([{"name": f"s{n}"} for n in range(21)]), "must have 1 to 20 sources, not 21"),
        ('[{"name": "a", "name": "b"}]', 'the field "name" is there twice'),
    ],
)
def test_what_is_no_list_of_sources_is_refused(text: str, rule: str) -> None:
    with pytest.raises(SettingsError, match=f"SOURCES: .*{rule}"):
        some_settings(SOURCES=text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
    | st.lists(
        st.dictionaries(
            st.sampled_from(["name", "bucket", "prefix", "region", "kmsKeys", "keyTemplate"]),
            st.text() | st.lists(st.text()) | st.integers(),
        )
    )
)
def test_any_list_is_taken_or_refused_by_name(written: object) -> None:
    try:
        some_settings(SOURCES=json.dumps(written))
    except SettingsError as error:
        refusal = str(error)
    else:
        refusal = "SOURCES: taken"

    assert refusal.startswith("SOURCES: ")


@pytest.mark.parametrize(
    "template", ["{file_id:>9999}", "{file_id:099999999999}", "{file_id:.9999f}"]
)
def test_a_key_template_that_makes_endless_keys_is_refused(template: str) -> None:
    with pytest.raises(SettingsError, match="SOURCE_KEY_TEMPLATE"):
        some_settings(SOURCE_KEY_TEMPLATE=template)


@pytest.mark.parametrize("name", ["Longhaul/stack", "a", "a" * 255, "AWS", "A.b-c_d/e#f:g"])
def test_a_namespace_of_metrics_is_one_of_cloudwatchs(name: str) -> None:
    assert some_settings(METRIC_NAMESPACE=name).metric_namespace == name


@pytest.mark.parametrize("name", ["AWS/Lambda", ":a", "a b", "ä", "a" * 256])
def test_another_namespace_of_metrics_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="METRIC_NAMESPACE must be a namespace of CloudWatch"):
        some_settings(METRIC_NAMESPACE=name)


def test_without_a_namespace_there_are_no_metrics() -> None:
    assert some_settings().metric_namespace == ""
