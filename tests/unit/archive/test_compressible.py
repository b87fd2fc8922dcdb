"""What is compressed already, by type and by sample."""

import csv
import gzip
import io
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.archive.compressible import SAMPLE_BYTES, is_compressed, looks_compressed

SEEDS = st.integers(0, 2**32)
LENGTHS = st.integers(1000, 2 * SAMPLE_BYTES)


@pytest.mark.parametrize(
    "name",
    ["photo.jpg", "a/b/PHOTO.JPG", "x.tar.gz", "film.mkv", "report.docx", ".hidden.png", "n.7z"],
)
def test_an_extension_of_a_compressed_format_is_enough(name: str) -> None:
    assert is_compressed(name)


@pytest.mark.parametrize(
    "name",
    [
        *("notes.txt", "table.csv", "page.html", "a.json", "server.log", "x.tar", "jpg", "zip/a"),
        *("folder.zip/readme", "photo.jpg.txt", "", ".", "a.", "scan.pdf", "main.ts", "data.bin"),
    ],
)
def test_other_names_say_nothing(name: str) -> None:
    assert not is_compressed(name)


@pytest.mark.parametrize(
    "media_type",
    [
        *("image/jpeg", "IMAGE/JPEG", " image/png ; q=1", "video/mp4", "video/mp2t", "audio/mpeg"),
        *("application/zip", "application/epub+zip", "application/vnd.oasis.opendocument.text"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
)
def test_a_media_type_of_a_compressed_format_is_enough(media_type: str) -> None:
    assert is_compressed("object-1", media_type)


@pytest.mark.parametrize(
    "media_type",
    [
        *("text/plain; charset=utf-8", "application/json", "binary/octet-stream", "", "image/bmp"),
        *("image/svg+xml", "audio/wav", "application/pdf", "image/tiff", "nonsense", None),
    ],
)
def test_other_media_types_say_nothing(media_type: str | None) -> None:
    assert not is_compressed("object-1", media_type)


def test_a_name_counts_though_the_media_type_says_nothing() -> None:
    assert is_compressed("photo.jpg", "binary/octet-stream")


@given(SEEDS, LENGTHS)
def test_random_bytes_look_compressed(seed: int, length: int) -> None:
    assert looks_compressed(random.Random(seed).randbytes(length))


@given(SEEDS, LENGTHS)
def test_what_gzip_wrote_looks_compressed(seed: int, length: int) -> None:
    source = random.Random(seed)
    text = " ".join(str(source.getrandbits(32)) for _ in range(length)).encode()

    assert looks_compressed(gzip.compress(text, 6)[:SAMPLE_BYTES])


@given(SEEDS, LENGTHS)
def test_words_do_not_look_compressed(seed: int, length: int) -> None:
    source = random.Random(seed)
    words = ["".join(source.choices("etaoinshrdlu", k=source.randint(2, 9))) for _ in range(2000)]

    assert not looks_compressed(" ".join(source.choices(words, k=length)).encode())


@given(st.text(st.characters(codec="utf-8", max_codepoint=0x17F), min_size=1000))
def test_letters_of_one_script_do_not_look_compressed(text: str) -> None:
    assert not looks_compressed((text * 3).encode())


@given(SEEDS, st.integers(20, 1000))
def test_json_and_csv_do_not_look_compressed(seed: int, rows: int) -> None:
    source = random.Random(seed)
    table = [[source.getrandbits(64), source.random(), "a name"] for _ in range(rows)]
    lines = io.StringIO()
    csv.writer(lines).writerows(table)

    assert not looks_compressed(json.dumps(table).encode())
    assert not looks_compressed(lines.getvalue().encode())


@given(st.binary(min_size=1, max_size=8), st.integers(200, SAMPLE_BYTES))
def test_what_repeats_does_not_look_compressed(unit: bytes, times: int) -> None:
    assert not looks_compressed(unit * times)


@given(st.integers(0, 40))
def test_a_few_bytes_of_text_are_judged_too(length: int) -> None:
    """Deflate adds some bytes to so little: it would save nothing."""
    assert looks_compressed(bytes(range(length))) is (length > 0)


def test_only_the_head_of_a_sample_counts() -> None:
    noise = random.Random(1).randbytes(SAMPLE_BYTES)

    assert looks_compressed(noise + bytes(1 << 20))
    assert not looks_compressed(bytes(SAMPLE_BYTES) + noise)


def test_a_half_of_text_is_worth_the_work() -> None:
    noise = random.Random(1).randbytes(SAMPLE_BYTES // 2)

    assert not looks_compressed(b"half of it is text. " * (SAMPLE_BYTES // 40) + noise)
