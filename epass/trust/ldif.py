"""The LDIF of the ICAO PKD: the values that hold lists, certificates and CRLs.

Source: RFC 2849 (LDIF); ICAO PKD download, whose attributes are those below.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from epass.errors import FormatError

# The attributes that are read; the others describe entries.
WANTED = re.compile(
    r"(CscaMasterListData|pkdMasterListContent|pkdDscData|userCertificate|cACertificate"
    r"|certificateRevocationList|pkdCrlData|pkdDeviationListContent|DeviationListData)(;binary)?",
    re.IGNORECASE,
)
BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?(?:#[^\n]*\n|\s)*(?:version:|dn::?)", re.IGNORECASE)
MAX_SIZE = 1 << 28  # bytes; the whole PKD is about 60 MB
MAX_VALUES = 100_000  # the PKD has about 30,000 document signers


def is_ldif(data: bytes) -> bool:
    """Whether it begins as an LDIF file does: comments, then a version or a name."""
    return BEGIN.match(data[:4096]) is not None


def values(data: bytes, where: str) -> Iterator[bytes | FormatError]:
    """The binary values in the order of the file, each malformed one as what is wrong with it.

    Raises:
        FormatError: a line is not LDIF, or the file is larger than any PKD.
    """
    if len(data) > MAX_SIZE:
        raise FormatError(f"more than {MAX_SIZE} bytes", where)
    count = 0
    for number, line in _lines(data):
        name, colon, value = line.partition(b":")
        if not colon:
            raise FormatError(f"no attribute in line {number}", where)
        if not WANTED.fullmatch(name.decode("latin-1")):
            continue
        count += 1
        if count > MAX_VALUES:
            raise FormatError(f"more than {MAX_VALUES} values", where)
        yield _binary(value) or FormatError(f"not base64 in line {number}", where)


def _binary(value: bytes) -> bytes | None:
    if value[:1] != b":":  # RFC 2849: a URL or plain text, neither of which is binary
        return None
    try:
        return base64.b64decode(value[1:].strip(), validate=True)
    except binascii.Error:
        return None


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Logical lines with the number of their first: a line that begins with a blank goes on."""
    parts: list[bytes] = []
    first = 0
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if line[:1] == b" " and parts:
            parts.append(line[1:])
            continue
        if parts and not parts[0].startswith(b"#"):
            yield first, b"".join(parts)
        parts, first = ([line] if line.strip() else []), number
    if parts and not parts[0].startswith(b"#"):
        yield first, b"".join(parts)
