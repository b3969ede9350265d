"""Lists that states publish: CRLs and CSCA master lists.

Source: RFC 5280 §5 (CRLs); ICAO Doc 9303-12 §7.1.4 (CRL profile), §9 (master lists).
"""

from datetime import datetime

from asn1crypto import core, x509

from epass.asn1 import der
from epass.asn1.model import RevocationList
from epass.asn1.values import algorithm_of, contents_of, door, dotted, moment, name_of, octets
from epass.errors import FormatError

MASTER_LIST = "2.23.136.1.1.2"
CRL_NUMBER, AUTHORITY_KEY_ID = "2.5.29.20", "2.5.29.35"
REASON_CODE, INVALIDITY_DATE = "2.5.29.21", "2.5.29.24"
KNOWN = frozenset({CRL_NUMBER, AUTHORITY_KEY_ID})
KNOWN_OF_ENTRIES = frozenset({REASON_CODE, INVALIDITY_DATE})
MAX_CERTIFICATES = 4096  # of a master list; the largest known has 700
MAX_CRL_NODES = 1_000_000  # 100,000 entries with a reason code each, of 8 values

_INTEGER, _BIT_STRING, _NULL = 0x02, 0x03, 0x05
_TIMES = (0x17, 0x18)  # UTCTime, GeneralizedTime
_EXTENSIONS = 0xA0


def revocation_list(data: bytes, *, where: str) -> RevocationList:
    """The CRL in DER that fills ``data``.

    Raises:
        FormatError: it is none, or it is larger than ``der`` and MAX_CRL_NODES allow.
    """
    der.scan(data, where, nodes=MAX_CRL_NODES)
    with door(where):
        signed, algorithm, signature = der.split(contents_of(data, der.SEQUENCE), where)
        fields = der.split(contents_of(signed, der.SEQUENCE), where)
        if fields[0][0] == _INTEGER:
            fields.pop(0)
        if fields[0] != algorithm:
            raise FormatError("two different signature algorithms", where)  # RFC 5280 §5.1.1.2
        issuer, this_update, *rest = fields[1:]
        next_update = moment(rest.pop(0), where) if rest and rest[0][0] in _TIMES else None
        entries = rest.pop(0) if rest and rest[0][0] == der.SEQUENCE else None
        extensions = _extensions(rest.pop(0), where) if rest else {}
        if rest:
            raise FormatError("more fields than the standard prescribes", where)
        revoked, unknown = _revoked(entries, where)
        unknown |= {oid for oid, (critical, _) in extensions.items() if critical} - KNOWN
        return RevocationList(
            raw=data,
            signed=signed,
            issuer=name_of(x509.Name.load(issuer, strict=True), where),
            this_update=moment(this_update, where),
            next_update=next_update,
            revoked=revoked,
            signature_algorithm=algorithm_of(contents_of(algorithm, der.SEQUENCE), where),
            signature=octets(signature, where),
            authority_key_id=_authority_key_id(extensions),
            number=_number(extensions),
            unknown_critical=frozenset(unknown),
        )


def _revoked(entries: bytes | None, where: str) -> tuple[dict[int, datetime], set[str]]:
    """The serial numbers since when, and the critical extensions of entries that are not known."""
    revoked: dict[int, datetime] = {}
    unknown: set[str] = set()
    for entry in der.split(contents_of(entries, der.SEQUENCE), where) if entries else ():
        serial, since, *rest = der.split(contents_of(entry, der.SEQUENCE), where)
        number = core.Integer.load(serial, strict=True).native
        revoked[number] = moment(since, where)
        if rest:
            given = _list_of_extensions(rest[0], where)
            unknown |= {oid for oid, (critical, _) in given.items() if critical} - KNOWN_OF_ENTRIES
    return revoked, unknown


def _extensions(tagged: bytes, where: str) -> dict[str, tuple[bool, bytes]]:
    return _list_of_extensions(contents_of(tagged, _EXTENSIONS), where)


def _list_of_extensions(data: bytes, where: str) -> dict[str, tuple[bool, bytes]]:
    found: dict[str, tuple[bool, bytes]] = {}
    for item in der.split(contents_of(data, der.SEQUENCE), where):
        oid, *flag, value = der.split(contents_of(item, der.SEQUENCE), where)
        if dotted(oid) in found:
            raise FormatError("an extension twice", where)  # RFC 5280 §4.2
        critical = bool(flag) and core.Boolean.load(flag[0], strict=True).native
        found[dotted(oid)] = critical, core.OctetString.load(value, strict=True).native
    return found


def _authority_key_id(extensions: dict[str, tuple[bool, bytes]]) -> bytes | None:
    if AUTHORITY_KEY_ID not in extensions:
        return None
    value = extensions[AUTHORITY_KEY_ID][1]
    identifier: bytes | None = x509.AuthorityKeyIdentifier.load(value, strict=True)[
        "key_identifier"
    ].native
    return identifier


def _number(extensions: dict[str, tuple[bool, bytes]]) -> int | None:
    if CRL_NUMBER not in extensions:
        return None
    number: int = core.Integer.load(extensions[CRL_NUMBER][1], strict=True).native
    return number


def master_list(content: bytes, *, where: str) -> tuple[bytes, ...]:
    """The certificates of a CscaMasterList, as encoded; ``content`` is what its CMS signs.

    They are not parsed here, so that one that cannot be read does not hide the others.

    Raises:
        FormatError: it is no master list of version 0 (Doc 9303-12 §9.2).
    """
    der.scan(content, where)
    with door(where):
        version, certificates = der.split(contents_of(content, der.SEQUENCE), where)
        if core.Integer.load(version, strict=True).native != 0:
            raise FormatError("not version 0 of a master list", where)
        found = der.split(contents_of(certificates, der.SET), where)
    if len(found) > MAX_CERTIFICATES:
        raise FormatError(f"more than {MAX_CERTIFICATES} certificates", where)
    return tuple(found)
