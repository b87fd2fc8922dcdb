"""Signed tokens: what is taken, and that PyJWT never says otherwise."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http import signatures, tokens
from chalicelib.http.tokens import BadToken
from tests.unit.http.signing import private_key, public_jwk, token
from tests.unit.samples import NOW

CLAIMS = {"iss": "x", "sub": "ann", "exp": NOW // 1000 + 60}
ALGORITHMS = sorted(signatures.ALGORITHMS)


def encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def is_taken(text: str, jwk: dict[str, Any]) -> bool:
    try:
        tokens.check_signature(tokens.jws_of(text), jwk)
    except BadToken:
        return False
    return True


def is_taken_by_pyjwt(text: str, algorithm: str) -> bool:
    options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    options |= {"verify_aud": False, "verify_sub": False, "verify_jti": False, "verify_iss": False}
    try:
        key = private_key(algorithm, "").public_key()
        jwt.decode(text, key, algorithms=[algorithm], options=options)
    except jwt.PyJWTError:
        return False
    return True


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_is_taken_with_its_key_and_its_algorithm(algorithm: str) -> None:
    signed = token(CLAIMS, algorithm)

    assert is_taken(signed, public_jwk(algorithm))
    assert is_taken_by_pyjwt(signed, algorithm)
    assert tokens.jws_of(signed).payload == CLAIMS


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("other", ALGORITHMS)
def test_no_token_is_taken_with_the_key_of_another_kind(algorithm: str, other: str) -> None:
    jwk = public_jwk(other, "other")

    assert not is_taken(token(CLAIMS, algorithm), jwk)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "RS1", "", "rs256"])
def test_other_algorithms_are_not_taken(algorithm: str) -> None:
    _, payload, signature = token(CLAIMS).split(".")
    forged = f"{encoded({'alg': algorithm, 'kid': 'RS256'})}.{payload}.{signature}"

    assert not is_taken(forged, public_jwk("RS256"))


def test_a_public_key_is_never_taken_for_a_shared_secret() -> None:
    jwk = public_jwk("RS256")
    secret = base64.urlsafe_b64decode(jwk["n"] + "==")
    forged = jwt.encode(CLAIMS, secret, "HS256", {"kid": "RS256"})

    assert not is_taken(forged, jwk)


def test_a_token_without_a_signature_is_not_taken() -> None:
    forged = jwt.encode(CLAIMS, "", "none", {"kid": "RS256"})

    with pytest.raises(BadToken, match="signature is not base64url"):
        tokens.jws_of(forged)


def test_a_short_key_is_not_taken() -> None:
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        signed = token(CLAIMS, "RS256", "short")

    assert not is_taken(signed, public_jwk("RS256", "short"))


def test_a_key_for_another_algorithm_is_not_taken() -> None:
    assert not is_taken(token(CLAIMS), public_jwk("RS256", alg="PS256"))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
@given(data=st.data())
def test_what_we_take_pyjwt_takes_too(algorithm: str, data: st.DataObject) -> None:
    signed = token(CLAIMS, algorithm)
    place = data.draw(st.integers(0, len(signed) - 1))
    change = data.draw(st.text("ABCxyz019-_.=+/ \n", max_size=3))
    changed = signed[:place] + change + signed[place + data.draw(st.integers(0, 3)) :]

    taken = is_taken(changed, public_jwk(algorithm))

    assert not taken or changed == signed
    assert is_taken_by_pyjwt(changed, algorithm) or not taken


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_any_text_is_refused_or_read(text: str) -> None:
    with pytest.raises(BadToken):
        tokens.jws_of(text)


@pytest.mark.parametrize(
    ("header", "payload", "why"),
    [
        ({"alg": "RS256", "crit": ["b64"], "b64": False}, CLAIMS, "extensions"),
        ({"alg": "RS256", "kid": 5}, CLAIMS, "kid"),
        ({"alg": "RS256", "typ": "dpop+jwt"}, CLAIMS, "typ"),
        ({"alg": 5}, CLAIMS, "algorithm"),
        ({}, CLAIMS, "algorithm"),
        ([], CLAIMS, "header is not a JSON object"),
        ({"alg": "RS256"}, "text", "payload is not a JSON object"),
    ],
)
def test_a_malformed_token_is_refused_with_a_reason(
    header: object, payload: object, why: str
) -> None:
    with pytest.raises(BadToken, match=why):
        tokens.jws_of(f"{encoded(header)}.{encoded(payload)}.AAAA")


def test_a_claim_that_comes_twice_is_refused() -> None:
    twice = base64.urlsafe_b64encode(b'{"sub": "ann", "sub": "bob"}').rstrip(b"=").decode()

    with pytest.raises(BadToken, match="payload"):
        tokens.jws_of(f"{encoded({'alg': 'RS256'})}.{twice}.AAAA")


def test_a_huge_token_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadToken, match="longer"):
        tokens.jws_of("a." * tokens.TOKEN_MAX)


SECOND = NOW // 1000


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": SECOND + 1},
        {"exp": SECOND - 29},
        {"exp": SECOND + 0.5, "nbf": SECOND + 30, "iat": SECOND + 30},
    ],
)
def test_a_token_counts_in_its_time_give_or_take_the_leeway(claims: dict[str, Any]) -> None:
    tokens.check_times(claims, NOW, 30)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": SECOND - 30}, "expired"),
        ({}, "exp is not a time"),
        ({"exp": "tomorrow"}, "exp is not a time"),
        ({"exp": True}, "exp is not a time"),
        ({"exp": SECOND + 9, "nbf": SECOND + 31}, "nbf"),
        ({"exp": SECOND + 9, "iat": SECOND + 31}, "iat"),
        ({"exp": SECOND + 9, "nbf": None}, "nbf"),
    ],
)
def test_a_token_does_not_count_outside_its_time(claims: dict[str, Any], why: str) -> None:
    with pytest.raises(BadToken, match=why):
        tokens.check_times(claims, NOW, 30)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "longhaul"},
        {"aud": ["other", "longhaul"]},
        {"client_id": "longhaul"},
    ],
)
def test_a_token_for_this_stack_is_taken(claims: dict[str, Any]) -> None:
    tokens.check_audience(claims, "longhaul")


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": "other"},
        {"aud": []},
        {"aud": None, "client_id": "longhaul"},
        {"aud": "other", "client_id": "longhaul"},
        {"aud": ["longhaul", 5]},
        {"aud": {"longhaul": 1}},
    ],
)
def test_a_token_for_somebody_else_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(BadToken, match="is not for 'longhaul'"):
        tokens.check_audience(claims, "longhaul")


@pytest.mark.parametrize("user", [None, "", 5, "a\nb", "x" * 256, ["ann"]])
def test_a_token_must_name_its_user(user: object) -> None:
    with pytest.raises(BadToken, match="'sub'"):
        tokens.subject({"sub": user}, "sub")
