"""Lists of ids, keys and files, as people's systems write them."""

import codecs
import json
from pathlib import Path

import pytest

from longhaul.cli import selection
from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stored, Stub, job, problem

pytestmark = pytest.mark.usefixtures("whole")

ENCODED = [
    pytest.param(b"", "utf-8", id="utf-8"),
    pytest.param(codecs.BOM_UTF8, "utf-8", id="utf-8 with a mark"),
    pytest.param(codecs.BOM_UTF16_LE, "utf-16-le", id="utf-16, as PowerShell writes it"),
    pytest.param(codecs.BOM_UTF16_BE, "utf-16-be", id="utf-16, the other way"),
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("mark", "encoding"), ENCODED)
@pytest.mark.parametrize(
    ("words", "lines", "request_body"),
    [
        (["-"], ["10001", "", "10002 # two"], {"file_ids": [10001, 10002]}),
        (["--keys", "-"], ["a b/ü.txt", " ", "", "c\u2028d"], {"keys": ["a b/ü.txt", "c\u2028d"]}),
        (["--files", "-"], ['{"id": 7}', "", '{"key": "ü"}'], {"files": [{"id": 7}, {"key": "ü"}]}),
        (["--files", "-"], ["[", '{"id": 7}', "]"], {"files": [{"id": 7}]}),
    ],
)
def test_a_list_is_read_however_it_is_encoded(
    stub: Stub, run: Run, *, words: list[str], lines: list[str], request_body: object,
    mark: bytes, encoding: str, end: str,
) -> None:  # fmt: skip
    ran = run("export", *words, stdin=mark + end.join([*lines, ""]).encode(encoding))

    assert ran.code == 0, ran.err
    assert stub.asked[0].content == request_body


@pytest.mark.parametrize(("mark", "encoding"), ENCODED)
def test_a_selection_and_a_job_are_read_however_they_are_encoded(
    stub: Stub, run: Run, tmp_path: Path, mark: bytes, encoding: str
) -> None:
    signed = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"
    (tmp_path / "s").write_bytes(mark + f"{signed}\r\n".encode(encoding))
    stub.on("POST /v1/export", problem(403, "selection-used", "no"))
    stub.on(f"GET {JOB}", Reply(200, job("failed")))

    run("export", "--selection", "s", "--wait")
    ran = run("status", "-", stdin=mark + f"{JOB_ID}\r\n".encode(encoding))

    assert stub.asked[0].content == {"selection": signed}
    assert ran.code == 0


def test_lists_that_were_put_together_have_a_mark_each(stub: Stub, run: Run) -> None:
    ran = run("export", "--keys", "-", stdin="\ufeffa\r\n\ufeffb\r\n".encode())

    assert ran.code == 0
    assert stub.asked[0].content == {"keys": ["a", "b"]}


@pytest.mark.parametrize(
    ("words", "stdin", "complaint"),
    [
        (["export", "-"], b"\xff", "Cannot read the ids from standard input: it is not text in ut"),
        (["export", "--keys", "-"], codecs.BOM_UTF16_LE + b"a", "it is not text in utf-16"),
        (["export", "--files", "-"], b"\xff", "the list of files from standard input: it is not"),
        (["export", "--files", "gone.json"], b"", "from 'gone.json': No such file or directory."),
        (["export", "--files", "."], b"", "from '.': Is a directory."),
        (["status", "-"], b"\xff", "Standard input is not text in utf-8."),
        (["export", "--keys", "-"], b"x" * (32 * 2**20 + 1), "it has over 33,554,432 bytes"),
    ],
)
def test_what_is_no_list_is_refused_before_any_request(
    stub: Stub, run: Run, words: list[str], stdin: bytes, complaint: str
) -> None:
    ran = run(*words, stdin=stdin)

    assert (ran.code, ran.out, stub.asked) == (2, "", [])
    assert complaint in ran.err.replace("\n", " ")


# -- ids -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("10001", [10001]),
        ("5", [5]),
        ("999999999999999", [999_999_999_999_999]),
        ("9999999999999999", ["9999999999999999"]),
        ("007", ["007"]),
        ("10001-10003", [10001, 10002, 10003]),
        ("0b0e3c0a-1111-4222-8333-444455556666", ["0b0e3c0a-1111-4222-8333-444455556666"]),
        ("2024-0001", ["2024-0001"]),
        ("a.txt", ["a.txt"]),
        ("a#1", ["a#1"]),
        ("-5", ["-5"]),
        ("1e5", ["1e5"]),
        ("١٢٣٤٥", ["١٢٣٤٥"]),
    ],
)
def test_an_id_that_is_no_number_is_for_the_api_to_judge(
    stub: Stub, run: Run, word: str, ids: list[object]
) -> None:
    typed = run("export", "--", word)
    piped = run("export", "-", stdin=f"{word}\n".encode())

    assert (typed.code, piped.code) == (0, 0)
    assert [asked.content["file_ids"] for asked in stub.asked] == [ids, ids]


def test_a_refused_id_is_named_with_what_to_do_for_keys(stub: Stub, run: Run) -> None:
    found = [{"pointer": "/file_ids/0", "detail": "'a.txt' must be integer"}]
    refusal = problem(400, "invalid-request", "file_ids/0: 'a.txt' must be integer", errors=found)
    stub.on("POST /v1/export", refusal)

    ran = run("export", "a.txt")

    assert ran.code == 2
    assert "'a.txt' must be integer" in ran.err
    assert "  For keys, use --keys.\n" in ran.err


def test_a_folder_among_ids_is_told_to_be_a_prefix(stub: Stub, run: Run) -> None:
    found = [{"pointer": "/fileIds/0", "detail": '"my licences/" must be integer'}]
    refusal = problem(400, "invalid-request", "fileIds/0: …", errors=found)
    stub.on("POST /v1/export", refusal)

    ran = run("export", "my licences/", "--quiet")

    assert ran.code == 2
    assert "  For a folder: longhaul export --prefix 'my licences/'\n" in ran.err
    assert "--keys" not in ran.err


def test_a_folder_among_keys_is_told_to_be_a_prefix(stub: Stub, run: Run) -> None:
    ran = run("export", "--keys", "a/b", "downloads/")

    assert ran.code == 0
    assert "also downloads/. For a folder: --prefix downloads/\n" in ran.err
    assert stub.asked[0].content == {"keys": ["a/b", "downloads/"]}


# -- files -----------------------------------------------------------------------------------------

FILES = [
    {"id": 10001, "name": "März/a.pdf"},
    {"id": "0b-x", "version": "v1"},
    {"key": "k", "name": "b", "version": "null"},
    {"prefix": "p/", "name": "."},
]


@pytest.mark.parametrize("text", [json.dumps(FILES, indent=2), "\n".join(map(json.dumps, FILES))])
def test_files_are_sent_as_they_are_listed(stub: Stub, run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "list").write_text(text)

    ran = run("export", "--files", "list")

    assert ran.code == 0
    assert stub.asked[0].content == {"files": FILES}


def test_a_null_in_a_list_is_as_if_it_were_not_there(stub: Stub, run: Run) -> None:
    run("export", "--files", "-", stdin=b'{"id": 5, "key": null, "name": null}')

    assert stub.asked[0].content == {"files": [{"id": 5}]}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("5", "it must be an object"),
        ("{}", "it needs one of id, key and prefix"),
        ('{"name": "a"}', "it needs one of id, key and prefix"),
        ('{"id": 5, "key": "a"}', "it needs one of id, key and prefix"),
        ('{"id": 5, "nmae\\u001b": "a"}', r"'nmae\x1b' is none of id, key, prefix, name, version"),
        ('{"id": 5.5}', "its id must be a text or a number"),
        ('{"id": true}', "its id must be a text or a number"),
        ('{"id": NaN}', "its id must be a text or a number"),
        ('{"id": ["a"]}', "its id must be a text or a number"),
        ('{"key": 5}', "its key must be a text."),
        ('{"id": 5, "name": 5}', "its name must be a text."),
    ],
)
def test_a_wrong_file_is_named_by_its_number(stub: Stub, run: Run, entry: str, why: str) -> None:
    in_lines = run("export", "--files", "-", stdin=f'{{"id": 1}}\n\n{entry}\n'.encode())
    in_list = run("export", "--files", "-", stdin=f'[{{"id": 1}},\n{entry}]'.encode())

    assert (in_lines.code, in_list.code, stub.asked) == (2, 2, [])
    assert f"Line 3 of --files is wrong: {why}" in in_lines.err
    assert f"Entry 2 of --files is wrong: {why}" in in_list.err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"id": 1}\n{"id": 2', "Line 2 of --files is wrong: it is not JSON (Expecting ',' delim"),
        ('{"id": 1} {"id": 2}', "Line 1 of --files is wrong: it is not JSON (Extra data at column"),
        ("10001\n10002", "Line 1 of --files is wrong: it must be an object, like"),
        ("a.txt", "Line 1 of --files is wrong: it is not JSON"),
        ('[{"id": 1},\n{"id": 2},\n]', "The list of --files is wrong: it is not JSON ("),
        ("[" * 100_000, "The list of --files is wrong: it is not JSON (too deep)"),
        (f'{{"id": {"1" * 5000}}}', "Line 1 of --files is wrong: it is not JSON (Exceeds"),
        ("", "The list of --files is empty."),
        (" [ ] ", "The list of --files is empty."),
        ('{"id": 1}\n' * (selection.FILES_MAX + 1), "at most 10,000 files"),
    ],
)
def test_a_list_that_cannot_be_sent_is_refused(stub: Stub, run: Run, text: str, why: str) -> None:
    ran = run("export", "--files", "-", stdin=text.encode())

    assert (ran.code, stub.asked) == (2, [])
    assert why in ran.err
    assert "Traceback" not in ran.err


def test_an_export_of_files_is_the_same_request_again(
    stub: Stub, run: Run, whole: Stored, tmp_path: Path
) -> None:
    (tmp_path / "list").write_text('{"key": "a"}')

    ran = run("export", "--files", "list", "--source", "scans", "-o", "x.zip")

    assert (ran.code, (tmp_path / "x.zip").read_bytes()) == (0, whole.content)
    assert stub.asked[0].content == {"files": [{"key": "a"}], "source": "scans"}


@pytest.mark.parametrize("words", [["10001", "-", "10003"], ["10001 - 10003"]])
@pytest.mark.parametrize("command", ["export", "check"])
def test_a_range_with_spaces_reads_nothing_and_starts_nothing(
    stub: Stub, run: Run, command: str, words: list[str]
) -> None:
    ran = run(command, *words, stdin=b"10002")

    assert (ran.code, stub.asked) == (2, [])
    assert "write 10001-10003, without spaces" in ran.err


@pytest.mark.parametrize("dash", ["\N{EN DASH}", "\N{MINUS SIGN}", "\N{NON-BREAKING HYPHEN}"])
def test_a_range_with_another_dash_is_told_to_take_a_hyphen(
    stub: Stub, run: Run, dash: str
) -> None:
    ran = run("export", f"10001{dash}10003")

    assert (ran.code, stub.asked) == (2, [])
    assert f"The dash in 10001{dash}10003 is no hyphen" in ran.err
    assert "write 10001-10003;" in ran.err


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (["export", "-"], "10001", "Reading the ids from the terminal; Ctrl-D ends."),
        (["export", "--keys", "-"], "a/b", "Reading the keys from the terminal; Ctrl-D ends."),
        (["status", "-"], JOB_ID, "Reading the job from the terminal: its id, its URL, or a share"),
    ],
)
def test_who_is_waited_for_at_a_terminal_is_told_so(
    run: Run, words: list[str], typed: str, said: str
) -> None:
    at_terminal = run(*words, stdin=typed.encode(), is_typed=True)
    in_a_pipe = run(*words, stdin=typed.encode())

    assert (at_terminal.code, in_a_pipe.code) == (0, 0)
    assert said in at_terminal.err
    assert "Reading" not in in_a_pipe.err
