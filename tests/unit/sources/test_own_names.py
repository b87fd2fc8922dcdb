"""The names that files have of their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.s3.objects import ObjectFacts
from chalicelib.settings import NAME_RULES, NameRule
from chalicelib.sources.own_names import encoded_name, own_name


def facts(filename: str = "", disposition: str | None = None) -> ObjectFacts:
    metadata = {"filename": filename} if filename else {}
    return ObjectFacts("in/10001", 1, '"e"', 0, metadata=metadata, disposition=disposition)


@pytest.mark.parametrize(
    ("rule", "filename", "name"),
    [
        ("metadata", "Invoice%20March.pdf", "Invoice%20March.pdf"),
        ("metadata", "Ã¼ =?.pdf", "ü =?.pdf"),
        ("metadata-percent", "Invoice%20March.pdf", "Invoice March.pdf"),
        ("metadata-percent", "%E2%82%AC.pdf", "€.pdf"),
        ("metadata-percent", "100 %.pdf", "100 %.pdf"),
        ("metadata-percent", "%FF%FE.pdf", "%FF%FE.pdf"),
        ("metadata", "", "10001"),
        ("content-disposition", "not this one", "10001"),
    ],
)
def test_a_name_in_metadata(rule: NameRule, filename: str, name: str) -> None:
    assert own_name(facts(filename), (rule,)) == name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename=report.pdf", "report.pdf"),
        ('attachment; filename="a; b.pdf"', "a; b.pdf"),
        ("attachment; filename=\"x.pdf\"; filename*=UTF-8''%e2%82%ac.pdf", "€.pdf"),
        ("attachment; filename*=ISO-8859-1'en'%A3.pdf; filename=x.pdf", "£.pdf"),
        ('inline; FILENAME="a.pdf"', "a.pdf"),
        ('attachment; filename="=?utf-8?q?=C3=BC?=.pdf"', "ü.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\a\\\\b.txt"', "b.txt"),
        ("attachment; filename*=no-such''%FF.pdf", "ÿ.pdf"),
        ("attachment; filename*=no-such''%FF.pdf; filename=x.pdf", "x.pdf"),
        ("attachment; filename*=UTF-8''; filename=x.pdf", "x.pdf"),
        ("attachment; filename*=x; filename=y.pdf", "y.pdf"),
        ("attachment; filename*=UTF-8''%2F; filename=x.pdf", "x.pdf"),
        ("inline", "10001"),
        ('attachment; filename=""', "10001"),
        ('attachment; filename="', '"'),
        ("attachment; filename*=UTF-8''a; filename*0*=b", "10001"),
        ("", "10001"),
    ],
)
def test_a_name_in_the_content_disposition(header: str, name: str) -> None:
    assert own_name(facts("no", header), ("content-disposition",)) == name


def test_the_first_rule_that_finds_a_name_counts() -> None:
    both = facts("a%20b", 'attachment; filename="c"')

    assert own_name(both, ("content-disposition", "metadata")) == "c"
    assert own_name(both, ("metadata-percent", "content-disposition")) == "a b"
    assert own_name(facts("a"), ("content-disposition", "metadata")) == "a"


@given(st.text(), st.text(), st.permutations(NAME_RULES))
def test_any_metadata_gives_a_name(filename: str, header: str, rules: list[NameRule]) -> None:
    assert own_name(facts(filename, header), tuple(rules)).strip()


@pytest.mark.parametrize(
    ("name", "encoding", "shown"),
    [
        ("data.json", "gzip", "data.json.gz"),
        ("data.json.gz", "gzip", "data.json.gz"),
        ("DATA.JSON.GZ", "GZip", "DATA.JSON.GZ"),
        ("a.css", "br", "a.css.br"),
        ("a.css", "zstd", "a.css.zst"),
        ("a", "x-compress", "a.Z"),
        ("a", "gzip, br", "a.gz.br"),
        ("a.gz", "gzip, br", "a.gz.br"),
        ("a.gz.br", "gzip, br", "a.gz.br"),
        ("a.br", "gzip, br", "a.br"),
        ("a", "gzip, gzip", "a.gz"),
        ("a", "gzip, utf-8", "a"),
        ("a", "utf-8, gzip", "a.gz"),
        ("a.TGZ", "gzip", "a.TGZ"),
        ("a.svgz", "x-gzip", "a.svgz"),
        ("a", "identity", "a"),
        ("a", "utf-8", "a"),
    ],
)
def test_an_encoded_file_is_called_what_its_bytes_are(name: str, encoding: str, shown: str) -> None:
    assert encoded_name(name, encoding) == shown
