"""The main job, chip to endpoint: read, verify, payload, upload; what arrives is what was read.

Every way in (BAC; PACE by each cipher on each curve) for every kind of document and key. The chip
and the endpoint are this project's own stand-ins, which share no protocol code with the reader
and the client.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import combinations, product

import httpx
import pytest
from card_wire import application
from open_checks import WITHOUT_ANCHORS

from epass.card import reader
from epass.card.keys import Can, Key, MrzKey
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import CURVES, Curve
from epass.dump import Access, Dump
from epass.errors import PayloadTooLargeError, VerificationError
from epass.lds import document as lds
from epass.lds.names import File
from epass.sandbox import Sandbox, serve
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.issuer import DIGESTS, IMAGES, LDS_VERSIONS, SIGNER_IDS, Document
from epass.trust.report import Outcome, Report
from epass.trust.verify import verify
from epass.upload import NfcPayload, VeriffClient

AT = datetime(2026, 11, 20, tzinfo=UTC)
API_KEY, SECRET = "your-api-key", "your-shared-secret"

# Where a number is longer than nine characters, the key is taken from two places of the MRZ.
DOCUMENTS = {
    "TD1": ("eriksson", "TD1"),
    "TD2": ("eriksson", "TD2"),
    "TD3": ("eriksson", "TD3"),
    "TD1 long": ("long-number", "TD1"),
    "TD2 long": ("long-number", "TD2"),
}
KEYS = ("MRZ", "CAN")
CIPHERS = tuple(cipher.label for cipher in Cipher)
QUICK = tuple(curve.parameter_id for curve in CURVES if curve.size <= 32)
SLOW = tuple(curve.parameter_id for curve in CURVES if curve.size > 32)


@dataclass(frozen=True)
class Case:
    """One read; ``parameter_id`` 0 is BAC. ``extended`` halves the time of every second one."""

    kind: str
    cipher: str
    parameter_id: int
    key: str
    extended: bool

    def __str__(self) -> str:
        return f"{self.kind}-{self.cipher}-{self.parameter_id}-{self.key}"


def quick_cases() -> list[Case]:
    every = product(DOCUMENTS, CIPHERS, QUICK, KEYS)
    return [Case(*values, extended=bool(number % 2)) for number, values in enumerate(every)]


def slow_cases() -> list[Case]:
    """Each two of curve, document, cipher and key meet at least once."""
    cases = []
    for (row, parameter_id), (column, kind) in product(enumerate(SLOW), enumerate(DOCUMENTS)):
        cipher = CIPHERS[(row + column) % len(CIPHERS)]
        key = KEYS[(row + column // 2) % len(KEYS)]
        cases.append(Case(kind, cipher, parameter_id, key, extended=bool(column % 2)))
    return cases


def bac_cases() -> list[Case]:
    return [
        Case(kind, "3DES", 0, "MRZ", extended)
        for kind, extended in product(DOCUMENTS, (False, True))
    ]


CASES = [*quick_cases(), *slow_cases(), *bac_cases()]


@cache
def document_of(kind: str) -> Document:
    holder, document_format = DOCUMENTS[kind]
    return issuer.issue(holder, document_format=document_format, image="JPEG2000")


def chip_of(case: Case, document: Document) -> Chip:
    if case.parameter_id == 0:
        return Chip(document, access=("BAC",))
    return Chip(document, cipher=case.cipher, parameter_id=case.parameter_id)


def expected_access(case: Case) -> tuple[object, ...]:
    if case.parameter_id == 0:
        return "BAC", "MRZ", "3DES", None
    return "PACE", case.key, case.cipher, case.parameter_id


def access_of(access: Access) -> tuple[object, ...]:
    return access.protocol, access.password, access.cipher, access.parameter_id


def assert_genuine(report: Report) -> None:
    """All checks are made and passed, but for the path, which nobody gave anchors for."""
    assert (report.failed, report.unknown) == ((), WITHOUT_ANCHORS)
    report.require()


def assert_shown(dump: Dump, kind: str) -> None:
    shown = lds.Document.parse(dump.files)
    assert shown.notes == ()
    assert shown.mrz is not None
    person = issuer.HOLDERS[DOCUMENTS[kind][0]]
    assert shown.mrz.document_number == person.number
    assert shown.mrz.primary_identifier == person.primary


def upload(dump: Dump, sandbox: Sandbox) -> None:
    """Upload in process; what is stored is what was read."""
    client = VeriffClient(
        API_KEY, SECRET, "http://localhost", transport=httpx.WSGITransport(sandbox)
    )
    with client:
        receipt = client.upload_nfc(sandbox.create_session(), NfcPayload.from_dump(dump))
    stored = sandbox.stored[-1]
    assert receipt.media_id == stored.media_id
    assert stored.files == {
        "com": dump.files[File.COM],
        "sod": dump.files[File.SOD],
        "dg1": dump.files[File.DG1],
        "dg2": dump.files[File.DG2],
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_from_chip_to_endpoint(case: Case) -> None:
    document = document_of(case.kind)
    key: Key = Can(document.can) if case.key == "CAN" else MrzKey.from_mrz(document.mrz)
    dump = reader.read(chip_of(case, document), key, extended=case.extended)
    assert application(dump.files) == dict(document.files)
    assert access_of(dump.access) == expected_access(case)
    assert_genuine(verify(dump, at=AT))
    assert_shown(dump, case.kind)
    upload(dump, Sandbox(API_KEY, SECRET))


def test_the_cases_leave_no_pair_out() -> None:
    for axis, other in combinations(("kind", "cipher", "parameter_id", "key"), 2):
        met = {(getattr(case, axis), getattr(case, other)) for case in CASES if case.parameter_id}
        for curves in (QUICK, SLOW):
            choices = {
                "kind": tuple(DOCUMENTS),
                "cipher": CIPHERS,
                "parameter_id": curves,
                "key": KEYS,
            }
            assert met >= set(product(choices[axis], choices[other]))
    assert len(QUICK) + len(SLOW) == len(CURVES) == 11


# --- over a socket ----------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["gzip", "deflate", "none"])
def test_over_loopback(compression: str) -> None:
    document = issuer.issue()
    dump = reader.read(Chip(document), MrzKey.from_mrz(document.mrz))
    payload = NfcPayload.from_dump(dump)
    sandbox = Sandbox(API_KEY, SECRET)
    session = sandbox.create_session()
    with serve(sandbox) as url:
        client = VeriffClient(API_KEY, SECRET, url, compression=compression)
        with client:
            receipt = client.upload_nfc(session, payload)
    (stored,) = sandbox.stored
    assert (receipt.media_id, receipt.signed) == (stored.media_id, True)
    assert stored.body == payload.to_json()
    assert list(stored.files.values()) == [
        document.files[file] for file in (File.COM, File.SOD, File.DG1, File.DG2)
    ]


def test_a_changed_file_is_found_before_it_is_sent() -> None:
    document = issuer.issue()
    changed = bytearray(document.files[File.DG2])
    changed[-1] ^= 1
    forged = Document(
        {**document.files, File.DG2: bytes(changed)}, document.mrz, document.can, document.format
    )
    dump = reader.read(Chip(forged), MrzKey.from_mrz(forged.mrz))
    report = verify(dump, at=AT)
    assert (report.verdict, report.failed) == (Outcome.FAIL, ("dg2.hash",))
    with pytest.raises(VerificationError, match=r"verification failed: dg2\.hash"):
        report.require()


def test_a_document_over_the_limit_is_read_but_not_sent() -> None:
    """A chip cannot hold one, as READ BINARY ends at 64 KiB; a folder may be given that does."""
    document = issuer.issue(image_size=512_000)
    dump = Dump(
        document.files,
        Access("BAC", "MRZ", "3DES", mrz_information=MrzKey.from_mrz(document.mrz).information),
        AT,
    )
    assert_genuine(verify(dump, at=AT))
    sandbox = Sandbox(API_KEY, SECRET)
    with pytest.raises(PayloadTooLargeError, match="the limit is 512000"):
        upload(dump, sandbox)
    assert sandbox.stored == []


def test_the_largest_file_that_a_chip_can_hold() -> None:
    overhead = len(issuer.issue(image_size=60_000).files[File.DG2]) - 60_000
    document = issuer.issue(image_size=0x10000 - overhead)
    assert len(document.files[File.DG2]) == 0x10000
    for extended in (False, True):
        key = Can(document.can)
        dump = reader.read(Chip(document, cipher="AES-192"), key, extended=extended)
        assert application(dump.files) == dict(document.files)
        assert_genuine(verify(dump, at=AT))
        upload(dump, Sandbox(API_KEY, SECRET))


# --- how it is signed -------------------------------------------------------------------------


def assert_issued(document: Document) -> Dump:
    dump = Dump(
        document.files,
        Access("BAC", "MRZ", "3DES", mrz_information=MrzKey.from_mrz(document.mrz).information),
        AT,
    )
    assert_genuine(verify(dump, at=AT))
    return dump


@pytest.mark.parametrize("explicit", [False, True], ids=["named", "explicit"])
@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_ecdsa_on_each_curve(curve: Curve, explicit: bool) -> None:
    digest = DIGESTS[CURVES.index(curve) % len(DIGESTS)]
    assert_issued(issuer.issue(curve=curve.name, explicit_parameters=explicit, digest=digest))


@pytest.mark.parametrize("signature", ["ECDSA", "RSA", "RSA-PSS"])
@pytest.mark.parametrize("digest", DIGESTS)
def test_each_signature_with_each_digest(signature: str, digest: str) -> None:
    assert_issued(issuer.issue(signature=signature, digest=digest))


@pytest.mark.parametrize(
    ("lds_version", "image", "signer_id"), list(product(LDS_VERSIONS, IMAGES, SIGNER_IDS))
)
def test_each_layout(lds_version: str, image: str, signer_id: str) -> None:
    document = issuer.issue(lds_version=lds_version, image=image, signer_id=signer_id)
    shown = lds.Document.parse(assert_issued(document).files)
    assert shown.notes == ()
    assert shown.lds_version == {"1.7": "0107", "1.8": "0108"}[lds_version]
    assert len(shown.faces) == 1


@pytest.mark.parametrize("faces", [2, 9])
@pytest.mark.parametrize("image", IMAGES)
def test_several_faces(faces: int, image: str) -> None:
    document = issuer.issue(faces=faces, image=image)
    if faces == 2:  # nine do not fit into a file that a chip can hold
        dump = reader.read(Chip(document), Can(document.can), extended=True)
        assert application(dump.files) == dict(document.files)
    shown = lds.Document.parse(assert_issued(document).files)
    assert (len(shown.faces), shown.notes) == (faces, ())
