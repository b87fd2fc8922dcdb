"""Rows on a terminal, and in a pipe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longhaul.cli import tables
from longhaul.cli.tables import Column, Layout, Row, cut, width, wrapped
from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stub, completed, job, notification

COLUMNS = (
    Column("JOB", is_below=True),
    Column("STATUS"),
    Column("SIZE", rank=1, is_right=True),
    Column("STARTED", rank=2),
    Column("NAME", is_cut=True),
)
CELLS = (JOB_ID, "completed", "20.0 MB", "2026-11-25 10:00", "photos-2026-11-25-of-the-summer.zip")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output that is a terminal of 40 columns, without colour."""
    monkeypatch.setattr(tables, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")


def drawn(room: int, *rows: tuple[str, ...]) -> list[str]:
    layout = Layout.of(COLUMNS, rows, room)
    return [*layout.header(), *(line for cells in rows for line in layout.lines(Row(cells)))]


def test_a_wide_terminal_has_all_in_one_line() -> None:
    assert drawn(120, CELLS) == [
        "JOB                                   STATUS        SIZE  STARTED           NAME",
        f"{JOB_ID}  completed  20.0 MB  2026-11-25 10:00  photos-2026-11-25-of-the-summer.zip",
    ]


def test_a_usual_terminal_has_the_id_below() -> None:
    assert drawn(80, CELLS) == [
        "STATUS        SIZE  STARTED           NAME",
        "  JOB",
        "completed  20.0 MB  2026-11-25 10:00  photos-2026-11-25-of-the-summer.zip",
        f"  {JOB_ID}",
    ]


def test_a_narrow_terminal_has_what_matters_most() -> None:
    assert drawn(40, CELLS) == [
        "STATUS        SIZE  NAME",
        "  JOB",
        "completed  20.0 MB  photos-202…ummer.zip",
        f"  {JOB_ID}",
    ]


def test_characters_of_two_columns_are_counted_as_two() -> None:
    lines = drawn(40, (JOB_ID, "failed", "", "", "日本語の長い名前のファイル一覧表.zip"), CELLS)

    assert max(map(width, lines)) == 40
    assert lines[2].startswith("failed              日本語")
    assert lines[2].endswith(".zip")


@given(st.text(min_size=1, max_size=40), st.integers(1, 30))
def test_a_cut_text_fits_and_an_uncut_one_stays(text: str, room: int) -> None:
    made = cut(text, room)

    assert made == text if width(text) <= room else width(made) <= room
    assert made


@given(st.text(alphabet="ab 日", max_size=60), st.integers(6, 30))
def test_wrapped_lines_fit_and_lose_nothing(text: str, room: int) -> None:
    lines = list(wrapped(text, room, "  "))

    assert all(width(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.usefixtures("terminal")
def test_every_list_fits_into_40_columns(stub: Stub, run: Run) -> None:
    jobs = [
        job(percent=41, filename="مرحبا-2026.zip"),
        completed(skipped=[{"file": 1, "reason": "missing"}]) | {"filename": "日" * 40 + ".zip"},
    ]
    jobs[1]["result"] |= {"processedFiles": 1999, "totalFiles": 2000}
    stub.on("GET /v1/export?limit=100", Reply(200, {"jobs": jobs, "cursor": None}))
    share = {"id": "8c1f2a3b", "createdAt": "2026-01-01T00:00:00Z"}
    stub.on(
        f"GET {JOB}/shares",
        Reply(200, {"shares": [{**share, "expiresAt": "2026-01-02T00:00:00Z"}]}),
    )
    why = notification("https://hooks.example.com/in", "given-up", lastError="it answered 500")
    stub.on(f"POST {JOB}/notify", Reply(202, {"notifications": [why]}))
    folder = {"prefix": "a/", "topPrefix": "a/", "folders": [], "files": [FROZEN], "cursor": None}
    stub.on("GET /v1/files?limit=100", Reply(200, folder))

    rans = [run("list"), run("share", JOB_ID, "--list"), run("notify", JOB_ID), run("ls")]

    for ran in rans:
        lines = ran.out.splitlines()
        assert ran.code == 0, ran.err
        assert len(lines) >= 2
        assert lines[0] == lines[0].upper()
        assert max(map(width, lines)) <= 40
    assert "1,999 of 2,000" in rans[0].out
    assert "it answered 500" in " ".join(rans[2].out.split())
    assert "cannot be exported: archived: in GLACIER" in " ".join(rans[3].out.split())


FROZEN = {
    "name": "a-very-long-name-of-a-file-for-a-line.tif",
    "key": "a/a-very-long-name-of-a-file-for-a-line.tif",
    "size": 5_000_000,
    "lastModified": "2026-01-01T00:00:00Z",
    "unreadable": {"reason": "archived", "detail": "in GLACIER; restore it first"},
}


@pytest.mark.usefixtures("terminal")
def test_text_from_outside_cannot_turn_the_direction(stub: Stub, run: Run) -> None:
    jobs = [job("failed", filename="x\u202egpj.exe")]
    stub.on("GET /v1/export?limit=100", Reply(200, {"jobs": jobs, "cursor": None}))

    ran = run("list")

    assert "x�gpj.exe" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list"], "No exports yet. Start one with: longhaul export FILE...\n"),
        (["share", JOB_ID, "--list"], f"Make one: longhaul share {JOB_ID}\n"),
        (["notify", JOB_ID], f"Name who: longhaul notify {JOB_ID} URL_OR_EMAIL\n"),
    ],
)
def test_an_empty_list_says_so(stub: Stub, run: Run, words: list[str], said: str) -> None:
    stub.on("GET /v1/export?limit=100", Reply(200, {"jobs": [], "cursor": None}))
    stub.on(f"GET {JOB}/shares", Reply(200, {"shares": []}))
    stub.on(f"POST {JOB}/notify", Reply(202, {"notifications": []}))

    plain, as_json = run(*words), run(*words, "--json")

    assert (plain.code, plain.out) == (0, "")
    assert plain.err.endswith(said)
    assert as_json.err == ""


@pytest.mark.usefixtures("terminal")
def test_rows_come_before_all_of_them_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    def rows() -> "object":
        for number in range(1, 251):
            if number == 201:
                seen.append(capsys.readouterr().out)
            yield Row((f"{number}",))

    seen: list[str] = []
    count = tables.show([Column("N", is_right=True)], rows())  # type: ignore[arg-type]

    assert count == 250
    assert seen[0].splitlines()[0].strip() == "N"
    assert len(seen[0].splitlines()) == 201
