"""The key that an id stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.named_sources import Source
from chalicelib.sources.ids import key_of


def _source(template: str) -> Source:
    return Source(name="default", bucket="b", key_template=template)


@given(st.text())
def test_an_id_stands_in_its_key_as_it_is(file_id: str) -> None:
    assert key_of(file_id, _source("a/{file_id}.pdf")) == f"a/{file_id}.pdf"


@pytest.mark.parametrize(
    "file_id", ["{file_id}", "{0}", "{file_id.__class__}", "{{}}", "}", "{", "%s", "{file_id!r:>9}"]
)
def test_an_id_is_no_template(file_id: str) -> None:
    assert key_of(file_id, _source("{file_id}/{file_id}")) == f"{file_id}/{file_id}"


def test_a_template_may_lay_out_a_number() -> None:
    assert key_of(10_001, _source("{file_id:09d}")) == "000010001"
    assert key_of("42", _source("{file_id:0>9}")) == key_of(42, _source("{file_id:0>9}"))
