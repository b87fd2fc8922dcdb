"""Tells which files are compressed already, so that nobody compresses them again. Pure.

First by type: an extension or a media type of a format that compresses what it holds. Where the
type says nothing, by a sample of the file's bytes. docs/decisions/0041-deflate.md has what was
measured on real files.
"""

import zlib
from typing import Final

SAMPLE_BYTES: Final = 64 << 10
"""How much of a file is enough to tell: twice the distance that deflate looks back (RFC 1951)."""

_WORTH: Final = 0.95
"""A file is worth the work if it deflates to less than this part of its size."""

_FASTEST: Final = 1  # of zlib's levels

# Formats that compress nearly every file of this name. Not here, so that a sample decides: those
# that often hold raw bytes (pdf, psd, tiff, raw photographs, iso), those that compress so lightly
# that deflate still saves a fifth (lz4, snappy, and so parquet and orc), and extensions that also
# mean text (ts, mts, key, snap).
_EXTENSIONS: Final = frozenset(
    extension
    for extensions in (
        # Pictures: https://developer.mozilla.org/docs/Web/Media/Guides/Formats/Image_types
        "avif gif heic heif hif jfif jp2 jpe jpeg jpg jpx jxl png svgz webp",
        # Sound and video: https://developer.mozilla.org/docs/Web/Media/Guides/Formats/Containers
        "3g2 3gp aac ac3 amr ape asf avi divx flac flv m2ts m4a m4b m4v mka mkv mov mp2 mp3 mp4",
        "mpeg mpg oga ogg ogv opus spx vob webm wma wmv wv",
        # Archives, and single files that were compressed
        "7z ace arj br bz2 cab gz lha lz lzh lzma rar rz tbz tbz2 tgz tlz txz tzst xz z zip zipx",
        "zst",
        # ZIP by another name: documents (ECMA-376-2, ISO/IEC 26300-2), books, programs, maps
        "aab apk appx crx docm docx dotx ear egg epub ipa jar kmz msix nupkg odg odp ods odt potx",
        "ppsx pptm pptx vsdx vsix war whl xlsb xlsm xlsx xltx xpi",
        # Packages of operating systems
        "deb dmg rpm",
        # Fonts: https://www.w3.org/TR/WOFF2/
        "woff woff2",
    )
    for extension in extensions.split()
)

_MEDIA_TYPES: Final = frozenset(
    f"{kind}/{subtype}"
    for kind, subtypes in {
        "application": "gzip java-archive vnd.android.package-archive vnd.debian.binary-package "
        "vnd.rar x-7z-compressed x-bzip x-bzip2 x-gzip x-rar-compressed x-rpm x-xz "
        "x-zip-compressed zip zstd",
        "audio": "aac ac3 amr flac mp4 mpeg ogg opus vorbis webm x-flac x-m4a x-ms-wma",
        "font": "woff woff2",
        "image": "avif gif heic heif jp2 jpeg jpx jxl pjpeg png webp",
    }.items()
    for subtype in subtypes.split()
)

_FAMILIES: Final = (
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-officedocument.",
    "video/",
)
"""What the media types of whole families begin with."""

_SUFFIXES: Final = ("+zip", "+gzip", "+zstd")
"""Structured syntax suffixes: https://www.iana.org/assignments/media-type-structured-suffix"""


def is_compressed(name: str, content_type: str | None = None) -> bool:
    """Whether the type alone says so: the extension of the file's name, or its media type.

    False if the type says nothing, or if it is one of a format that is not compressed. Either one
    is enough, as S3 often has `binary/octet-stream` for all that it keeps.
    """
    _, dot, extension = name.rpartition(".")
    if dot and extension.lower() in _EXTENSIONS:
        return True
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return media_type in _MEDIA_TYPES or (
        media_type.startswith(_FAMILIES) or media_type.endswith(_SUFFIXES)
    )


def looks_compressed(sample: bytes) -> bool:
    """Whether deflate would save less than a twentieth of these bytes.

    Only the first SAMPLE_BYTES count. An empty sample does not look compressed.
    """
    head = sample[:SAMPLE_BYTES]
    return len(zlib.compress(head, _FASTEST)) > _WORTH * len(head) if head else False
