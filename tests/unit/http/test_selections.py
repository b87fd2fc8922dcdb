"""Selections: what is taken, and what is not. PyJWT signs them."""

import base64
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.aws import SecretsManager
from chalicelib.errors import InvalidRequest, LonghaulError, Unauthorized, Unavailable
from chalicelib.http import parse
from chalicelib.http.selections import Selection, verified
from chalicelib.http.spelling import CAMEL
from chalicelib.http.tokens import BadToken
from chalicelib.jobs.request import Wanted
from chalicelib.secret_keys import SecretKeys
from chalicelib.services import Services
from tests.unit.samples import some_services, some_settings

VECTORS = json.loads((Path(__file__).parents[3] / "docs" / "selections.json").read_text())
NOW = VECTORS["now"]
KEY = "a-key-that-only-the-backend-knows"
KID = "2026-05"
CLAIMS = {"sub": "alice", "aud": "longhaul", "exp": NOW + 600, "file_ids": [10001, 10002, 10003]}


class Secrets:
    """Secrets Manager, with one secret."""

    def __init__(self, keys: dict[str, str]) -> None:
        self.keys = keys

    def get_secret_value(self, **_: str) -> dict[str, Any]:
        return {"SecretString": json.dumps(self.keys)}


def services_with(keys: dict[str, str], *, now: float = NOW, **settings: str) -> Services:
    """Services whose secret holds these keys. `now` is Unix time in seconds."""

    def client() -> SecretsManager:
        return Secrets(keys)

    return some_services(
        some_settings(**{"SELECTION_KEYS": "keys", **settings}),
        selection_keys=SecretKeys("keys", client),
        now=lambda: round(now * 1000),
    )


SERVICES = services_with({KID: KEY})


def signed(claims: dict[str, Any], **header: Any) -> str:
    """Returns a selection that PyJWT has signed."""
    return jwt.encode(claims, KEY, algorithm="HS256", headers={"kid": KID, **header})


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def written(header: str, payload: str, key: str = KEY) -> str:
    """Returns a token with exactly these texts, and a signature that is right."""
    text = f"{_b64(header.encode())}.{_b64(payload.encode())}"
    return f"{text}.{_b64(hmac.digest(key.encode(), text.encode(), 'sha256'))}"


def _taken(claims: dict[str, Any], services: Services = SERVICES) -> Selection:
    return verified(signed(claims), services)


def _refused(claims: dict[str, Any], services: Services = SERVICES) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        _taken(claims, services)
    return caught.value


# -- the vectors that the documentation shows -----------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["selections"], ids=lambda vector: vector["name"])
def test_the_vectors_are_taken_and_refused_as_they_say(vector: dict[str, Any]) -> None:
    services = services_with(VECTORS["keys"], SOURCE_PREFIX=VECTORS["source_prefix"])
    if vector["status"] == 202:
        request = verified(vector["token"], services).request
        assert request.user_id == "alice"
        claims, _ = parse.spelled(vector["claims"], CAMEL)
        for name in ("file_ids", "keys", "prefix", "source", "filename"):
            wanted = claims.get(name)
            assert getattr(request, name) == (tuple(wanted) if type(wanted) is list else wanted)
        files = claims.get("files", ())
        assert (request.files or ()) == tuple(Wanted(**file) for file in files)
        assert request.on_unreadable == claims.get("on_unreadable", "fail")
        return

    with pytest.raises(LonghaulError) as caught:
        verified(vector["token"], services)

    assert caught.value.status == vector["status"]
    told = [error.pointer for error in getattr(caught.value, "errors", ())]
    assert vector["says"] in f"{caught.value.detail} {told}"


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["selections"] if "claims" in v], ids=lambda v: v["name"]
)
def test_pyjwt_takes_the_vectors_that_we_take(vector: dict[str, Any]) -> None:
    kid = jwt.get_unverified_header(vector["token"])["kid"]
    claims = jwt.decode(
        vector["token"],
        VECTORS["keys"][kid],
        algorithms=["HS256"],
        audience="longhaul",
        options={"verify_exp": False, "verify_iat": False},
    )

    assert claims == vector["claims"]


# -- what a selection says ------------------------------------------------------------------------


def test_a_selection_says_who_and_what() -> None:
    selection = _taken(
        {**CLAIMS, "filename": "March.zip", "on_missing": "fail", "jti": "order-1", "uses": 3}
    )

    assert selection.user_id == selection.request.user_id == "alice"
    assert selection.request.file_ids == (10001, 10002, 10003)
    assert (selection.request.filename, selection.request.on_missing) == ("March.zip", "fail")
    assert selection.use.most == 3


def test_a_selection_says_how_files_are_called() -> None:
    keys = {name: claim for name, claim in CLAIMS.items() if name != "file_ids"} | {"keys": ["a"]}

    assert _taken({**keys, "names": "own"}).request.names == "own"
    assert _taken(keys).request.names == "key"
    assert _refused({**keys, "names": "other"}).errors[0].pointer == "/selection/names"


def test_a_selection_is_good_for_one_use_if_it_does_not_say_more() -> None:
    assert _taken(CLAIMS).use.most == 1
    assert _taken({**CLAIMS, "jti": "a"}).use.most == 1


def test_fresh_is_the_callers_wish() -> None:
    assert verified(signed(CLAIMS), SERVICES, fresh=True).request.fresh
    assert not _taken(CLAIMS).request.fresh
    assert [error.pointer for error in _refused({**CLAIMS, "fresh": True}).errors] == [
        "/selection/fresh"
    ]


def test_a_count_outlives_the_selection() -> None:
    selection = _taken({**CLAIMS, "exp": NOW + 7 * 24 * 3600, "jti": "a"})

    assert selection.use.forget_at > (NOW + 8 * 24 * 3600) * 1000


def test_uses_are_counted_by_key_user_and_jti() -> None:
    counted = {
        _taken({**CLAIMS, "jti": "a"}).use.selection,
        _taken({**CLAIMS, "jti": "a", "file_ids": [10009]}).use.selection,
        _taken({**CLAIMS, "jti": "b"}).use.selection,
        _taken({**CLAIMS, "sub": "bob", "jti": "a"}).use.selection,
        verified(
            jwt.encode({**CLAIMS, "jti": "a"}, KEY, "HS256", headers={"kid": "2"}),
            services_with({KID: KEY, "2": KEY}),
        ).use.selection,
    }

    assert len(counted) == 4


def test_without_a_jti_each_token_is_counted_by_itself() -> None:
    first, second = _taken(CLAIMS), _taken({**CLAIMS, "exp": NOW + 601})

    assert first.use.selection == _taken(CLAIMS).use.selection
    assert first.use.selection != second.use.selection


# -- signatures -----------------------------------------------------------------------------------


@given(st.data())
def test_a_selection_with_a_flipped_bit_is_refused(data: st.DataObject) -> None:
    token = bytearray(signed({**CLAIMS, "jti": "order-1"}).encode())
    place = data.draw(st.integers(0, len(token) - 1))
    token[place] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(Unauthorized):
        verified(token.decode("latin-1"), SERVICES)


@given(st.text(max_size=300) | st.binary(max_size=300).map(_b64))
def test_any_text_is_refused(text: str) -> None:
    for token in (text, f"{text}.{text}.{text}"):
        with pytest.raises(BadToken):
            verified(token, SERVICES)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_no_other_hmac_is_taken(algorithm: str) -> None:
    key = KEY * 2
    token = jwt.encode(CLAIMS, key, algorithm=algorithm, headers={"kid": KID})

    with pytest.raises(BadToken, match="HS256"):
        verified(token, services_with({KID: key}))


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "hs256", "HS256 ", "RS256", "ES256", "EdDSA", ""]
)
def test_no_other_algorithm_is_taken_though_the_signature_is_right(algorithm: str) -> None:
    token = written(json.dumps({"alg": algorithm, "kid": KID}), json.dumps(CLAIMS))

    with pytest.raises(BadToken, match="HS256"):
        verified(token, SERVICES)


@pytest.mark.parametrize("algorithm", [None, 5, ["HS256"], {"HS256": 1}, True])
def test_an_algorithm_that_is_no_text_is_refused(algorithm: object) -> None:
    token = written(json.dumps({"alg": algorithm, "kid": KID}), json.dumps(CLAIMS))

    with pytest.raises(BadToken):
        verified(token, SERVICES)


@pytest.mark.parametrize("kid", [None, 5, ["2026-05"], {}, "", "other", "2026-05\n"])
def test_a_key_id_that_names_no_key_is_refused(kid: object) -> None:
    token = written(json.dumps({"alg": "HS256", "kid": kid}), json.dumps(CLAIMS))

    with pytest.raises(BadToken, match="kid"):
        verified(token, SERVICES)


def test_a_signature_is_of_the_key_that_the_kid_names() -> None:
    services = services_with({KID: KEY, "2": "another-key-of-thirty-two-characters"})
    token = jwt.encode(CLAIMS, KEY, algorithm="HS256", headers={"kid": "2"})

    with pytest.raises(BadToken, match="signature"):
        verified(token, services)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    head, _, signature = signed(CLAIMS).rpartition(".")
    whole = (base64.urlsafe_b64decode(signature + "=") * 2)[:length]

    with pytest.raises(BadToken):
        verified(f"{head}.{_b64(whole)}", SERVICES)


@pytest.mark.parametrize("more", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_the_token_brings_along_is_not_used(more: str) -> None:
    evil = "b" * 32
    jwk = {"kty": "oct", "k": _b64(evil.encode())}
    header = json.dumps({"alg": "HS256", "kid": KID, more: jwk})

    with pytest.raises(BadToken, match="signature"):
        verified(written(header, json.dumps(CLAIMS), evil), SERVICES)


def test_extensions_that_must_be_understood_are_refused() -> None:
    token = signed(CLAIMS, crit=["exp"])

    with pytest.raises(BadToken, match="crit"):
        verified(token, SERVICES)


@pytest.mark.parametrize("where", ["header", "payload"])
@pytest.mark.parametrize("name", ["alg", "kid", "sub", "file_ids", "exp", "unknown"])
def test_a_name_that_comes_twice_is_refused(where: str, name: str) -> None:
    header, payload = json.dumps({"alg": "HS256", "kid": KID}), json.dumps(CLAIMS)
    twice = f', "{name}": 1, "{name}": 1}}'
    token = written(
        header[:-1] + twice if where == "header" else header,
        payload[:-1] + twice if where == "payload" else payload,
    )

    with pytest.raises(BadToken, match=where):
        verified(token, SERVICES)


def test_a_name_that_comes_twice_inside_a_claim_is_refused() -> None:
    payload = json.dumps(CLAIMS)[:-1] + ', "keys": {"a": 1, "a": 2}}'

    with pytest.raises(BadToken, match="payload"):
        verified(written(json.dumps({"alg": "HS256", "kid": KID}), payload), SERVICES)


def test_a_selection_may_be_as_long_as_a_body_and_no_longer() -> None:
    keys = [f"in/{'x' * 90}{number:05}" for number in range(10_000)]
    token = signed({**{k: v for k, v in CLAIMS.items() if k != "file_ids"}, "keys": keys})

    assert verified(token, SERVICES).request.keys == tuple(keys)
    with pytest.raises(BadToken, match=f"longer than {len(token) - 1} characters"):
        verified(token, services_with({KID: KEY}, MAX_BODY_BYTES=str(len(token) - 1)))


@pytest.mark.parametrize(
    "payload", ["[" * 100_000, '{"a":' * 50_000, "[1]", "null", "5", '"a"', ""]
)
def test_a_payload_that_is_no_object_is_refused(payload: str) -> None:
    token = written(json.dumps({"alg": "HS256", "kid": KID}), payload)

    with pytest.raises(BadToken):
        verified(token, SERVICES)


def test_no_message_holds_a_key_or_the_token() -> None:
    for token in (signed(CLAIMS)[:-4] + "AAAA", signed({**CLAIMS, "exp": 1}), "a.b.c"):
        with pytest.raises(BadToken) as caught:
            verified(token, SERVICES)
        assert KEY not in caught.value.detail
        assert token[:20] not in caught.value.detail


# -- times ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": NOW - 60}, "has expired"),
        ({"exp": 0}, "has expired"),
        ({"exp": -1e300}, "has expired"),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"iat": NOW + 61}, "in the future"),
        ({"exp": None}, "exp is not a time"),
        ({"exp": True}, "exp is not a time"),
        ({"exp": str(NOW + 600)}, "exp is not a time"),
        ({"nbf": "now"}, "nbf is not a time"),
        ({"iat": [NOW]}, "iat is not a time"),
    ],
)
def test_a_selection_at_another_time_is_refused(claims: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadToken, match=reason):
        _taken_as_written({**CLAIMS, **claims})


def _taken_as_written(claims: dict[str, Any]) -> Selection:
    return verified(written(json.dumps({"alg": "HS256", "kid": KID}), json.dumps(claims)), SERVICES)


def test_a_selection_without_an_end_is_refused() -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != "exp"}

    with pytest.raises(BadToken, match="exp"):
        _taken(claims)


@pytest.mark.parametrize(
    "claims", [{"exp": NOW - 59}, {"nbf": NOW + 60, "iat": NOW + 60}, {"exp": NOW + 0.5}]
)
def test_clocks_may_differ_by_a_minute(claims: dict[str, Any]) -> None:
    assert _taken({**CLAIMS, **claims}).user_id == "alice"


@pytest.mark.parametrize("exp", [NOW + 7 * 24 * 3600 + 61, 10**400])
def test_a_selection_that_is_good_for_longer_than_a_week_is_refused(exp: int) -> None:
    (error,) = _refused({**CLAIMS, "exp": exp}).errors

    assert (error.pointer, error.detail) == ("/selection/exp", "must be at most 7 days ahead")


def test_a_time_without_end_is_refused() -> None:
    payload = json.dumps(CLAIMS).replace(str(NOW + 600), "1e999")

    with pytest.raises(InvalidRequest, match="7 days"):
        verified(written(json.dumps({"alg": "HS256", "kid": KID}), payload), SERVICES)


# -- claims ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("aud", [None, "", "Longhaul", "shop", [], ["shop"], 5, {"longhaul": 1}])
def test_a_selection_for_somebody_else_is_refused(aud: object) -> None:
    with pytest.raises(BadToken, match="aud"):
        _taken_as_written({**CLAIMS, "aud": aud})


@pytest.mark.parametrize(
    ("claims", "pointer"),
    [
        ({"sub": None}, "/selection/sub"),
        ({"sub": 5}, "/selection/sub"),
        ({"sub": ""}, "/selection/sub"),
        ({"sub": "a\nb"}, "/selection/sub"),
        ({"sub": "é" * 65}, "/selection/sub"),
        ({"sub": "\ud800"}, "/selection/sub"),
        ({"jti": ""}, "/selection/jti"),
        ({"jti": 5}, "/selection/jti"),
        ({"jti": None}, "/selection/jti"),
        ({"jti": "j" * 256}, "/selection/jti"),
        ({"uses": 0, "jti": "a"}, "/selection/uses"),
        ({"uses": 1001, "jti": "a"}, "/selection/uses"),
        ({"uses": True, "jti": "a"}, "/selection/uses"),
        ({"uses": 1.0, "jti": "a"}, "/selection/uses"),
        ({"uses": "3", "jti": "a"}, "/selection/uses"),
        ({"uses": 3}, "/selection/jti"),
        ({"Uses": 3}, "/selection/Uses"),
        ({"user_id": "bob"}, "/selection/user_id"),
        ({"a/b~c": 1}, "/selection/a~1b~0c"),
        ({"filename": 5}, "/selection/filename"),
        ({"filename": "a\0b"}, "/selection/filename"),
        ({"filename": "ü" * 200}, "/selection/filename"),
        ({"on_missing": "ignore"}, "/selection/on_missing"),
        ({"file_ids": []}, "/selection/file_ids"),
        ({"file_ids": "10001"}, "/selection/file_ids"),
        ({"file_ids": [10001, 1]}, "/selection/file_ids/1"),
        ({"file_ids": [10001, "10002"]}, "/selection/file_ids/1"),
        ({"file_ids": [10001] * 10_001}, "/selection/file_ids"),
        ({"keys": ["in/a"]}, "/selection"),
        ({"prefix": "in/"}, "/selection"),
        ({"file_ids": None}, "/selection/file_ids"),
    ],
)
def test_a_claim_that_is_not_as_it_must_be_is_refused_by_its_name(
    claims: dict[str, Any], pointer: str
) -> None:
    header = json.dumps({"alg": "HS256", "kid": KID})
    with pytest.raises(InvalidRequest) as caught:
        verified(written(header, json.dumps({**CLAIMS, **claims})), SERVICES)

    assert pointer in [error.pointer for error in caught.value.errors]
    assert "selection" in caught.value.detail


@pytest.mark.parametrize(
    "named", [{"keys": ["in/a", "out/b"]}, {"prefix": "out/"}, {"prefix": "i"}, {"keys": ["in"]}]
)
def test_a_selection_does_not_reach_above_the_source_prefix(named: dict[str, Any]) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != "file_ids"}

    error = _refused({**claims, **named}, services_with({KID: KEY}, SOURCE_PREFIX="in/"))

    assert "must begin with 'in/'" in error.detail


def test_a_file_that_is_named_twice_counts_once() -> None:
    assert _taken({**CLAIMS, "file_ids": [10001, 10002, 10001]}).request.file_ids == (10001, 10002)


def test_many_mistakes_make_one_short_answer() -> None:
    error = _refused({**CLAIMS, **{f"x{number}": 1 for number in range(1000)}})

    assert len(error.errors) == 20


# -- the stack ------------------------------------------------------------------------------------


def test_a_stack_without_keys_takes_no_selection() -> None:
    with pytest.raises(InvalidRequest, match="SELECTION_KEYS"):
        verified(signed(CLAIMS), services_with({KID: KEY}, SELECTION_KEYS=""))


def test_without_the_keys_nothing_is_said_of_a_selection() -> None:
    class Broken:
        def get_secret_value(self, **_: str) -> dict[str, Any]:
            return {"SecretString": "{}"}

    services = replace(SERVICES, selection_keys=SecretKeys("keys", Broken))

    with pytest.raises(Unavailable) as caught:
        verified(signed(CLAIMS), services)
    assert caught.value.status == 503
