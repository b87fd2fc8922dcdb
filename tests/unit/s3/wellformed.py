"""Answers as RFC 9112 has them, of the kinds that S3 sends: HTTP/1.1, with a final status, and a
length or chunks. And such answers with damage."""

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.unit.s3.hostile import Seen


@dataclass(frozen=True)
class Written:
    """An answer as bytes, and what a reader should see."""

    raw: bytes
    seen: Seen


tokens = st.text("abcdefXYZ0189-_.!#$%&'*+^`|~", min_size=1, max_size=12)
names = st.one_of(
    st.sampled_from(["ETag", "x-amz-checksum-crc32", "Last-Modified", "content-range"]),
    tokens.map("x-amz-meta-{}".format),
)
values = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")
    | st.just("\t"),
    max_size=30,
)
spaces = st.text(" \t", max_size=3)
reasons = st.one_of(st.just(""), st.just(" "), values.map(" {}".format))
statuses = st.sampled_from([200, 201, 204, 206, 301, 304, 307, 400, 403, 404, 412, 416, 500, 503])


@st.composite
def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    """The body in chunks, with extensions and trailers."""
    sizes, raw, at = draw(st.lists(st.integers(1, 9), max_size=6)), b"", 0
    extension = draw(st.sampled_from([b"", b";a", b";a=b", b' ; a="b;c"']))
    while at < len(body):
        size = sizes.pop() if sizes else len(body) - at
        chunk = body[at : at + size]
        length = draw(st.sampled_from(["%x", "%X", "0%x"])) % len(chunk)
        raw += length.encode() + extension + b"\r\n" + chunk + b"\r\n"
        at += len(chunk)
    return raw + b"0" + extension + b"\r\n" + draw(st.sampled_from([b"", b"T: v\r\n"])) + b"\r\n"


@st.composite
def answers(draw: st.DrawFn, method: str = "GET") -> Written:
    """A well-formed answer to the method."""
    status, body = draw(statuses), draw(st.binary(max_size=60))
    fields = [
        (name, draw(spaces), draw(values).strip(" \t"), draw(spaces))
        for name in draw(st.lists(names, max_size=8))
    ]
    bare = status in (204, 304)
    by_chunks = not bare and draw(st.booleans())
    if by_chunks:
        framed = (
            "Transfer-Encoding",
            draw(spaces),
            draw(st.sampled_from(["chunked", "Chunked"])),
            "",
        )
        payload = draw(chunked(body))
    else:
        framed = "CONTENT-LENGTH", draw(spaces), str(len(body)), draw(spaces)
        payload = body
    if not bare:
        fields.insert(draw(st.integers(0, len(fields))), framed)
    head = [f"HTTP/1.1 {status}{draw(reasons)}"]
    head += [f"{name}:{before}{value}{after}" for name, before, value, after in fields]
    raw = "\r\n".join([*head, "", ""]).encode("latin-1")
    seen: dict[str, str] = {}
    for name, _, value, _ in fields:
        known = seen.get(name.lower())
        seen[name.lower()] = value if known is None else f"{known}, {value}"
    empty = bare or method == "HEAD"
    return Written(raw if empty else raw + payload, (status, seen, b"" if empty else body))


@st.composite
def split(draw: st.DrawFn, raw: bytes) -> list[bytes]:
    """The bytes in up to five pieces."""
    cuts = sorted(draw(st.lists(st.integers(0, len(raw)), max_size=4)))
    return [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]


odd = st.sampled_from(
    [
        *(bytes([byte]) for byte in b"\r\n\0 \t:,0-_;\xff"),
        *(b"\r\n", b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n"),
        b"HTTP/1.1 200 OK\r\n",
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A well-formed answer with a few bytes put in, taken out, or said twice."""
    raw = draw(answers()).raw
    for _ in range(draw(st.integers(1, 3))):
        at, length = draw(st.integers(0, len(raw))), draw(st.integers(0, 4))
        kind = draw(st.sampled_from(["put in", "replace", "take out", "twice", "cut"]))
        new = {"put in": draw(odd) + raw[at : at + length], "replace": draw(odd), "take out": b""}
        new |= {"twice": raw[at : at + length] * 2}
        raw = raw[:at] if kind == "cut" else raw[:at] + new[kind] + raw[at + length :]
    return raw
