"""Deviation lists: what a state says of documents that it has issued otherwise than it should.

Source: ICAO Doc 9303-12 §10.2 (the structure), Doc 9303-3 §7.3 (what it means).
"""

from datetime import datetime

from asn1crypto import core, x509

from epass.asn1 import der
from epass.asn1.model import DeviantDocuments, Deviation, DeviationDescription, DeviationList, Name
from epass.asn1.values import algorithm_of, contents_of, door, dotted, moment, name_of, string
from epass.errors import FormatError

DEVIATION_LIST = "2.23.136.1.1.7"
MAX_NODES = 1_000_000  # Estonia's list of 2018 has 170,000 document numbers
MAX_DEVIATIONS, MAX_DESCRIPTIONS = 4096, 64
MAX_STRING = 0x7F  # bytes, of which the length field has one; a document number has 22 at most

# The module has implicit tags; those of a CHOICE or of ANY are explicit (X.680 §31.2.7).
DOCUMENT_TYPE, ISSUER_AND_SERIAL, KEY_ID = 0x80, 0xA1, 0x82
DIGEST, PERIOD, NUMBERS = 0x83, 0xA4, 0xA5
IN_ORDER = (DOCUMENT_TYPE, ISSUER_AND_SERIAL, KEY_ID, DIGEST, PERIOD, NUMBERS)
PARAMETERS, NATIONAL_USE = 0xA0, 0xA1
UTF8_STRING, PRINTABLE_STRING = 0x0C, 0x13


def deviation_list(content: bytes, *, where: str) -> DeviationList:
    """The DeviationList that a CMS of content type 2.23.136.1.1.7 signs.

    Raises:
        FormatError: it is none of version 0.
    """
    der.scan(content, where, nodes=MAX_NODES)
    with door(where):
        version, *algorithm, deviations = der.split(contents_of(content, der.SEQUENCE), where)
        if core.Integer.load(version, strict=True).native != 0 or len(algorithm) > 1:
            raise FormatError("not version 0 of a deviation list", where)
        items = der.split(contents_of(deviations, der.SET), where)
        if len(items) > MAX_DEVIATIONS:
            raise FormatError(f"more than {MAX_DEVIATIONS} deviations", where)
        used = algorithm_of(contents_of(algorithm[0], der.SEQUENCE), where) if algorithm else None
        return DeviationList(tuple(_deviation(item, where) for item in items), used)


def _deviation(item: bytes, where: str) -> Deviation:
    documents, descriptions = der.split(contents_of(item, der.SEQUENCE), where)
    listed = der.split(contents_of(descriptions, der.SET), where)
    if len(listed) > MAX_DESCRIPTIONS:
        raise FormatError(f"more than {MAX_DESCRIPTIONS} descriptions of a deviation", where)
    return Deviation(
        _documents(documents, where), tuple(_description(one, where) for one in listed)
    )


def _description(item: bytes, where: str) -> DeviationDescription:
    fields = der.split(contents_of(item, der.SEQUENCE), where)
    text = None
    if fields[0][0] in (PRINTABLE_STRING, UTF8_STRING):
        text = string(fields.pop(0), where)
    kind, rest = dotted(fields.pop(0)), {field[0]: field for field in fields}
    if len(rest) < len(fields) or not rest.keys() <= {PARAMETERS, NATIONAL_USE}:
        raise FormatError("a description of a deviation has unknown fields", where)
    parameter = contents_of(rest[PARAMETERS], PARAMETERS) if PARAMETERS in rest else b""
    number = parameter[:1] == bytes((der.INTEGER,))
    return DeviationDescription(
        kind, text, core.Integer.load(parameter, strict=True).native if number else None
    )


def _documents(item: bytes, where: str) -> DeviantDocuments:
    """All fields are optional; one that is not known would be a condition that is overlooked."""
    fields = der.split(contents_of(item, der.SEQUENCE), where)
    found = {field[0]: contents_of(field, field[0]) for field in fields}
    if [field[0] for field in fields] != [tag for tag in IN_ORDER if tag in found]:
        raise FormatError("the documents of a deviation are named by unknown fields", where)
    if len(found.keys() & {ISSUER_AND_SERIAL, KEY_ID, DIGEST}) > 1:
        raise FormatError("the signer of a deviation is named twice", where)
    issuer, serial = _issuer_and_serial(found.get(ISSUER_AND_SERIAL), where)
    kind, numbers = found.get(DOCUMENT_TYPE), found.get(NUMBERS)
    return DeviantDocuments(
        document_type=None if kind is None else kind.decode("ascii"),
        issuer=issuer,
        serial=serial,
        subject_key_id=found.get(KEY_ID),
        certificate_digest=found.get(DIGEST),
        issued=_period(found.get(PERIOD), where),
        numbers=None if numbers is None else frozenset(map(_number, der.split(numbers, where))),
    )


def _issuer_and_serial(contents: bytes | None, where: str) -> tuple[Name | None, int | None]:
    if contents is None:
        return None, None
    issuer, serial = der.split(contents, where)
    number: int = core.Integer.load(serial, strict=True).native
    return name_of(x509.Name.load(issuer, strict=True), where), number


def _period(contents: bytes | None, where: str) -> tuple[datetime, datetime] | None:
    if contents is None:
        return None
    first, last = der.split(contents, where)
    return moment(first, where), moment(last, where)


def _number(value: bytes) -> str:
    """A document number; there may be very many, so that this is as short as it is."""
    if value[0] != PRINTABLE_STRING or value[1] > MAX_STRING:
        raise ValueError(value[0])
    return value[2:].decode("ascii")
