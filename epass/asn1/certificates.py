"""X.509 certificates with the extensions that passive authentication judges.

Source: RFC 5280 §4.1, §4.2; Doc 9303-12 §7.1.1 with tables 5 and 6.

An extension that is not as its standard prescribes does not make the certificate unreadable:
states have issued such. It is named in ``Extensions.malformed``, and counts as absent.
"""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any

from asn1crypto import core, x509

from epass.asn1 import der
from epass.asn1.keys import key_of
from epass.asn1.model import BasicConstraints, Certificate, Extensions
from epass.asn1.values import (
    FAULTS,
    algorithm_of,
    door,
    dotted,
    name_of,
    octets,
    present,
    string,
    time_of,
    whole,
)
from epass.errors import FormatError

SUBJECT_KEY_ID, AUTHORITY_KEY_ID = "2.5.29.14", "2.5.29.35"
KEY_USAGE, EXTENDED_KEY_USAGE, KEY_PERIOD = "2.5.29.15", "2.5.29.37", "2.5.29.16"
BASIC_CONSTRAINTS, SUBJECT_ALT_NAME = "2.5.29.19", "2.5.29.17"
DOCUMENT_TYPES, NAME_CHANGE = "2.23.136.1.1.6.2", "2.23.136.1.1.6.1"
LOCALITY = "2.5.4.7"
EXTENSION = "extension"  # in errors that nobody sees
MAX_EXTENSIONS = 64  # the profile has 12


def certificate(data: bytes, *, where: str) -> Certificate:
    """The X.509 certificate in DER that fills ``data``.

    Raises:
        FormatError: with the byte offset where the encoding is broken, without one where the
            structure is.
    """
    der.scan(data, where)
    with door(where):
        outer = whole(x509.Certificate.load(data, strict=True), where)
        body = whole(outer["tbs_certificate"], where)
        signed, algorithm, signature = der.split(outer.contents, where)
        if body["signature"].contents != outer["signature_algorithm"].contents:
            raise FormatError("two different signature algorithms", where)  # RFC 5280 §4.1.1.2
        return Certificate(
            raw=data,
            signed=signed,
            serial=body["serial_number"].native,
            issuer=name_of(body["issuer"], where),
            subject=name_of(body["subject"], where),
            not_before=time_of(body["validity"]["not_before"], where),
            not_after=time_of(body["validity"]["not_after"], where),
            public_key=key_of(body["subject_public_key_info"].contents, where),
            extensions=extensions(body["extensions"], where),
            signature_algorithm=algorithm_of(
                core.Sequence.load(algorithm, strict=True).contents, where
            ),
            signature=octets(signature, where),
        )


def extensions(items: Any, where: str) -> Extensions:
    """Extensions of a certificate; an absent field has none."""
    found: dict[str, Any] = {}
    critical, malformed = set[str](), set[str]()
    if present(items) and len(items) > MAX_EXTENSIONS:
        raise FormatError(f"more than {MAX_EXTENSIONS} extensions", where)
    for item in items:
        oid, *flag, value = der.split(item.contents, where)
        name = dotted(oid)
        if name in found or name in malformed:
            raise FormatError(f"two extensions {name}", where)  # RFC 5280 §4.2
        if flag and core.Boolean.load(flag[0], strict=True).native:
            critical.add(name)
        found[name] = _value(name, core.OctetString.load(value, strict=True).native)
        if found[name] is _MALFORMED:
            malformed.add(found.popitem()[0])
    return Extensions(
        subject_key_id=found.get(SUBJECT_KEY_ID),
        authority_key_id=found.get(AUTHORITY_KEY_ID),
        basic_constraints=found.get(BASIC_CONSTRAINTS),
        key_usage=found.get(KEY_USAGE),
        extended_key_usage=found.get(EXTENDED_KEY_USAGE),
        key_period=found.get(KEY_PERIOD),
        document_types=found.get(DOCUMENT_TYPES),
        locality=found.get(SUBJECT_ALT_NAME),
        name_change=NAME_CHANGE in found,
        critical=frozenset(critical),
        malformed=frozenset(malformed),
    )


_MALFORMED = object()


def _value(oid: str, value: bytes) -> object:
    """What the extension says; None for one that nothing is judged by."""
    if oid not in _PARSERS:
        return None
    try:
        der.scan(value, EXTENSION)
        return _PARSERS[oid](value)
    except (FormatError, *FAULTS):
        return _MALFORMED


def _subject_key_id(value: bytes) -> bytes:
    # Lithuania has written it without its OCTET STRING, so that it is nobody's reference.
    identifier: bytes = core.OctetString.load(value, strict=True).native
    return identifier


def _authority_key_id(value: bytes) -> bytes | None:
    identifier: bytes | None = whole(
        x509.AuthorityKeyIdentifier.load(value, strict=True), EXTENSION
    )["key_identifier"].native
    return identifier


def _basic_constraints(value: bytes) -> BasicConstraints:
    given = whole(x509.BasicConstraints.load(value, strict=True), EXTENSION)
    return BasicConstraints(given["ca"].native, given["path_len_constraint"].native)


def _key_usage(value: bytes) -> frozenset[str]:
    return frozenset(x509.KeyUsage.load(value, strict=True).native)


def _extended_key_usage(value: bytes) -> tuple[str, ...]:
    return tuple(item.dotted for item in x509.ExtKeyUsageSyntax.load(value, strict=True))


def _key_period(value: bytes) -> tuple[datetime | None, datetime | None]:
    given = whole(x509.PrivateKeyUsagePeriod.load(value, strict=True), EXTENSION)
    start, end = (
        time_of(given[name], EXTENSION) if present(given[name]) else None
        for name in ("not_before", "not_after")
    )
    return start, end


def _document_types(value: bytes) -> tuple[str, ...]:
    """DocumentTypeListSyntax of Doc 9303-12 §7.1.1.6: version, SET OF strings."""
    _, types = der.split(core.Sequence.load(value, strict=True).contents, EXTENSION)
    listed = core.SetOf.load(types, strict=True, spec=core.Any).contents
    return tuple(string(item, EXTENSION) for item in der.split(listed, EXTENSION))


def _locality(value: bytes) -> str | None:
    """The issuing state as in the MRZ, which §7.1.1.2 puts into the subject's other name."""
    for name in x509.GeneralNames.load(value, strict=True):
        if name.name == "directory_name":
            for rdn in name_of(name.chosen, EXTENSION).key:
                for oid, text in rdn:
                    if oid == LOCALITY:
                        return text.upper()
    return None


_PARSERS: MappingProxyType[str, Callable[[bytes], object]] = MappingProxyType(
    {
        SUBJECT_KEY_ID: _subject_key_id,
        AUTHORITY_KEY_ID: _authority_key_id,
        BASIC_CONSTRAINTS: _basic_constraints,
        KEY_USAGE: _key_usage,
        EXTENDED_KEY_USAGE: _extended_key_usage,
        KEY_PERIOD: _key_period,
        DOCUMENT_TYPES: _document_types,
        SUBJECT_ALT_NAME: _locality,
    }
)
