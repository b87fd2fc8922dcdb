"""Profiles in config.toml, and what is in force."""

import json
import os
from pathlib import Path

import pytest

from infra import targets
from infra.daemon import HOST
from infra.ministack import USUAL_PORT
from longhaul.cli import inforce
from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stub, job

TWO = """
[profiles.default]
url = "{url}/default"

[profiles.work]
url = "{url}/office"
user = "ann"
patience = 5
"""
USUAL_URL = inforce.LOCAL_URL
PAGE = Reply(200, {"jobs": [job()], "cursor": None})


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "settings" / "longhaul"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent))
    return folder / "config.toml"


@pytest.fixture
def two(stub: Stub, config: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two profiles, each with a stack of its own; the environment names none."""
    monkeypatch.delenv("LONGHAUL_URL", raising=False)
    config.write_text(TWO.format(url=stub.url))
    for place in ("default", "office", "typed", "environment", "local"):
        for query in ("", "&user_id=ann", "&user_id=eve"):
            stub.on(f"GET /{place}/v1/export?limit=100{query}", PAGE)
    return config


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("LONGHAUL_URL")
    return run


def test_an_option_goes_before_the_environment_and_that_before_a_profile(
    stub: Stub, run: Run, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("list")
    run("list", "--profile", "work")
    monkeypatch.setenv("LONGHAUL_PROFILE", "work")
    run("list")
    monkeypatch.setenv("LONGHAUL_USER", "eve")
    run("list")
    monkeypatch.setenv("LONGHAUL_URL", f"{stub.url}/environment")
    run("list")
    # Who types a profile means it.
    run("list", "--profile", "work")
    run("list", "--profile", "default")
    run("list", "--url", f"{stub.url}/typed", "--user", "ann")

    asked = [
        one.line.removeprefix("GET /").replace("/v1/export?limit=100", "") for one in stub.asked
    ]
    assert asked == [
        "default",
        "office&user_id=ann",
        "office&user_id=ann",
        "office&user_id=eve",
        "environment&user_id=eve",
        "office&user_id=ann",
        "default&user_id=eve",
        "typed&user_id=ann",
    ]


@pytest.mark.usefixtures("two")
def test_options_may_stand_before_the_command_and_after_it(stub: Stub, run: Run) -> None:
    before = run("--url", f"{stub.url}/typed", "--user", "eve", "--json", "list")
    after = run("list", "--url", f"{stub.url}/typed", "--user", "eve", "--json")
    nearer = run("--url", "http://127.0.0.1:1", "list", "--url", f"{stub.url}/typed", "--json")

    assert before.out == after.out == nearer.out
    assert json.loads(before.out)["jobId"] == JOB_ID
    assert [one.line for one in stub.asked[:2]] == [
        "GET /typed/v1/export?limit=100&user_id=eve"
    ] * 2


@pytest.mark.usefixtures("two")
def test_quiet_and_patience_may_stand_before_the_command(stub: Stub, run: Run) -> None:
    stub.on("GET /v1/export?limit=100", Reply(200, {"jobs": [], "cursor": None}))

    quiet = run("-q", "--url", stub.url, "list")
    down = run("--patience", "0", "--url", "http://127.0.0.1:1", "list")

    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    assert (down.code, "Trying again" in down.err) == (4, False)


@pytest.mark.usefixtures("two")
def test_the_next_command_names_the_profile_that_was_typed(stub: Stub, run: Run) -> None:
    stub.on("POST /office/v1/export", Reply(202, {"jobId": JOB_ID, "status": "queued"}))

    ran = run("--profile", "work", "export", "10001")

    assert f"Watch it:    longhaul watch {JOB_ID} --profile work\n" in ran.err


@pytest.mark.usefixtures("two")
def test_a_token_goes_to_the_api_of_the_profile(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGHAUL_TOKEN", "secret")
    stub.on(f"GET /stranger{JOB}", Reply(200, job("failed")))

    run("list", "--profile", "work")
    run("status", f"{stub.url}/stranger{JOB}")

    assert [one.headers.get("authorization") for one in stub.asked] == ["Bearer secret", None]


@pytest.mark.usefixtures("two")
def test_an_unknown_profile_is_refused_with_the_known_ones(stub: Stub, run: Run) -> None:
    ran = run("list", "--profile", "wrok")

    assert (ran.code, stub.asked) == (2, [])
    assert "There is no profile 'wrok' in " in ran.err
    assert "Known: default, work." in ran.err


def test_without_anything_the_stack_of_this_machine_is_asked_without_a_token(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inforce, "LOCAL_URL", f"{stub.url}/local")
    monkeypatch.setenv("LONGHAUL_TOKEN", "secret")
    stub.on("GET /local/v1/export?limit=100", PAGE)

    ran = run("list")

    assert ran.code == 0
    assert "authorization" not in stub.asked[0].headers


def test_something_else_on_this_machine_is_told_from_a_named_api(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inforce, "LOCAL_URL", f"{stub.url}/local")
    stub.on("GET /v1/export?limit=100", Reply(404, b"<h1>no</h1>"))
    stub.on("GET /local/v1/export?limit=100", Reply(404, b"<h1>no</h1>"))

    guessed, named = run("list"), run("list", "--url", stub.url)

    said = (
        "Nobody has named an API, so it was the stack of this machine. If its stack is at another "
        "address, say so: export LONGHAUL_URL=$(make -s url)\n"
    )
    assert (guessed.code, named.code) == (4, 4)
    assert guessed.err.endswith(said)
    assert said not in named.err


def test_the_stack_of_this_machine_is_where_make_up_puts_it() -> None:
    target = targets.named("ministack")
    place = target.at(f"http://{HOST}:{USUAL_PORT}").api_url_template
    url = place.format(apiId=target.usual_stack, stage="api")

    assert url == USUAL_URL


def test_profiles_shows_what_is_in_force_and_who_has_said_so(
    stub: Stub, run: Run, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGHAUL_PROFILE", "work")
    monkeypatch.setenv("LONGHAUL_USER", "eve")

    ran = run("profiles")

    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"File     {two}",
        "Profile  work (LONGHAUL_PROFILE)",
        f"URL      {stub.url}/office (profile work)",
        "User     eve (LONGHAUL_USER)",
        "Patience 5 s (profile work)",
        "",
        f"default\t\t{stub.url}/default",
        f"work\tann\t{stub.url}/office",
    ]
    assert stub.asked == []


def test_profiles_in_json(stub: Stub, run: Run, two: Path) -> None:
    printed = json.loads(run("--json", "profiles").out)

    assert printed["file"] == str(two)
    assert printed["inForce"]["url"] == {"value": f"{stub.url}/default", "from": "profile default"}
    assert printed["inForce"]["user"] == {"value": None, "from": "built in"}
    assert printed["profiles"]["work"]["user"] == "ann"


def test_without_a_file_profiles_says_how_to_begin(run: Run, config: Path) -> None:
    ran = run("profiles")

    assert ran.code == 0
    assert f"File     {config}\nProfile  none\n" in ran.out
    assert "(the stack of this machine)" in ran.out
    assert "There are no profiles yet." in ran.err


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[profiles.a]\nurl = \n", "is wrong: Invalid value (at line 2, column 7)."),
        ('[profiles.a]\nurl = "u"\n[profiles.a]\n', "(at line 3, column 12)."),
        (b"[profiles.a]\nuser = '\xff'", "is wrong: it is not UTF-8 (at line 2)."),
        ("a = " + "[" * 5000, "is wrong: it is nested too deeply."),
        ("#" * 300_000, "has over 262,144 bytes."),
        ("[profile.a]", "is wrong at profile: it is not known; the file has profiles alone."),
        ("profiles = 3", "is wrong at profiles: it must be a table, not 3."),
        ("profiles.a = 3", "is wrong at profiles.a: it must be a table, not 3."),
        ("[profiles.a]\nulr = 'x'", "profiles.a.ulr: it is not known; known are url, user, pat"),
        ("[profiles.a]\nurl = 'ftp://x'", "a.url: it must be a URL like https://api.example.com"),
        ("[profiles.a]\nurl = 'http://[x'", "not 'http://[x'."),
        ("[profiles.a]\nurl = 'http://x/?q'", "not 'http://x/?q'."),
        ("[profiles.a]\nuser = ''", "is wrong at profiles.a.user: it must be a text, not ''."),
        ('[profiles.a]\nuser = "a\\u001b[2J"', "it must be a text, not 'a\\x1b[2J'."),
        ("[profiles.a]\nuser = 5", "is wrong at profiles.a.user: it must be a text, not 5."),
        ("[profiles.a]\npatience = nan", "a.patience: it must be a number of seconds, not nan."),
        ("[profiles.a]\npatience = -1", "a.patience: it must be a number of seconds, not -1."),
        ("[profiles.a]\npatience = true", "it must be a number of seconds, not True."),
        ("[profiles.a]\npatience = [1]", "it must be a number of seconds, not a list."),
        ("[profiles.'']\n", "a name needs characters that can be printed."),
        (f"[profiles.a]\nurl = '{'x' * 900}'", "x…."),
    ],
)
def test_a_wrong_file_is_named_with_the_place_and_the_value(
    stub: Stub, run: Run, config: Path, content: str | bytes, complaint: str
) -> None:
    config.write_bytes(content if isinstance(content, bytes) else content.encode())

    ran = run("list", "--url", stub.url)

    assert (ran.code, stub.asked) == (2, [])
    assert ran.err.startswith(f"Error: {config} ")
    assert complaint in ran.err
    assert "Traceback" not in ran.err


def test_a_file_that_others_may_write_is_not_used(stub: Stub, run: Run, two: Path) -> None:
    two.chmod(0o666)

    ran = run("list")

    assert (ran.code, stub.asked) == (2, [])
    assert f"Everybody may write {two}, so it is not used." in ran.err
    assert f"chmod o-w '{two}'" in ran.err


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read all")
def test_a_file_that_cannot_be_read_is_named(run: Run, two: Path) -> None:
    two.chmod(0)

    assert f"Cannot read {two}: Permission denied." in run("list").err


def test_a_folder_in_place_of_the_file_is_named(run: Run, config: Path) -> None:
    config.mkdir()

    assert f"Cannot read {config}: Is a directory." in run("list").err


def test_windows_marks_and_line_ends_are_read(stub: Stub, run: Run, two: Path) -> None:
    two.write_bytes(b"\xef\xbb\xbf" + two.read_bytes().replace(b"\n", b"\r\n"))

    assert run("list", "--profile", "work").code == 0


@pytest.mark.parametrize("patience", ["nan", "inf", "-inf", "-1"])
def test_a_patience_that_never_ends_is_refused(stub: Stub, run: Run, patience: str) -> None:
    ran = run("list", f"--patience={patience}", "--url", "http://127.0.0.1:1")

    assert (ran.code, ran.out, stub.asked) == (2, "", [])
    assert "Invalid value for '--patience'" in ran.err


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_password_in_a_url_is_not_shown(
    run: Run, config: Path, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    config.write_text('[profiles.work]\nurl = "https://ann:s3cret@pw@files.example/prod"\n')
    monkeypatch.setenv("LONGHAUL_URL", "https://ann:s3cret@api.example/prod")

    ran = run("profiles", *more)

    assert ran.code == 0
    assert "s3cret" not in ran.out
    assert "ann:" in ran.out
    assert "@api.example/prod" in ran.out
    assert "@files.example/prod" in ran.out
