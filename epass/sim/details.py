"""DG3 to DG13 and DG16 of a fictitious document, which few documents have and none has all of.

Source: ICAO Doc 9303-10 §4.7.3 to §4.7.13 and §4.7.16, tables 46 to 81. Text is UTF-8; in names <
stands for a space and << between the identifiers, elsewhere < between fields. Pictures were drawn
by ``tools/draw_portrait.py`` and ``tools/draw_details.py``.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import resources
from types import MappingProxyType

from epass import tlv
from epass.lds.names import LDS1_AID, File
from epass.sim import cbeff, portraits
from epass.sim.cbeff import Template
from epass.sim.holders import Holder

COUNT, TAG_LIST, SEVERAL, DISCRETIONARY = 0x02, 0x5C, 0xA0, 0x53
DISPLAYED_PORTRAIT, DISPLAYED_SIGNATURE = 0x5F40, 0x5F43
OTHER_NAME, OTHER_PERSON = 0x5F0F, 0x5F1A
FIRST_PERSON = 0xA1
CENTURY_BEGINS = 40  # born in the years from 40 on: in the twentieth century
# The general header of a record of ISO/IEC 19794-4 and -6; nobody's finger or eye follows it.
FINGER_RECORD, IRIS_RECORD = b"FIR\x00010\x00", b"IIR\x00010\x00"

# In the master file, unsigned (§3.11): the application that there is; which ways of selecting and
# reading files (ISO/IEC 7816-4 §8.1.1; what depends on the chip is left out, as it may be).
MASTER_FILES = MappingProxyType(
    {
        File.DIR: tlv.build(0x61, [tlv.build(0x4F, LDS1_AID), tlv.build(0x50, b"eMRTD")]),
        File.ATR_INFO: bytes.fromhex("43 01 B8 47 02 94 01"),
    }
)


def groups(holder: Holder, *, at: datetime) -> dict[File, bytes]:
    """All of them, for ``holder``, issued ``at`` a moment."""
    portrait = portraits.load(portraits.JPEG).data
    return {
        File.DG3: cbeff.group(_tag(File.DG3), _fingers()),
        File.DG4: cbeff.group(_tag(File.DG4), _irises()),
        File.DG5: displayed(File.DG5, DISPLAYED_PORTRAIT, [portrait]),
        File.DG6: displayed(File.DG6, DISPLAYED_PORTRAIT, [portrait]),
        File.DG7: displayed(File.DG7, DISPLAYED_SIGNATURE, [_picture("signature")]),
        **{
            file: tlv.build(
                _tag(file), tlv.build(DISCRETIONARY, f"{file.label} of Utopia".encode())
            )
            for file in (File.DG8, File.DG9, File.DG10, File.DG13)
        },
        File.DG11: _personal(holder),
        File.DG12: _of_document(at),
        File.DG16: _to_notify(at),
    }


def displayed(file: File, tag: int, pictures: Iterable[bytes]) -> bytes:
    """DG5, DG6 or DG7 with ``pictures``, each in a data object ``tag``."""
    return tlv.build(_tag(file), _counted(tag, pictures))


def listed(file: File, objects: Mapping[int, bytes], several: tuple[int, Iterable[bytes]]) -> bytes:
    """DG11 or DG12: ``objects`` that are not empty, and ``several`` of one kind, tag list first."""
    tag, values = several
    encoded = {inner: tlv.build(inner, value) for inner, value in objects.items() if value}
    encoded[tag] = tlv.build(SEVERAL, _counted(tag, values))
    tags = b"".join(inner.to_bytes(2) for inner in sorted(encoded))
    contents = (encoded[inner] for inner in sorted(encoded))
    return tlv.build(_tag(file), (tlv.build(TAG_LIST, tags), *contents))


def printed(primary: str, secondary: str = "") -> bytes:
    """A name as Doc 9303-3 §4.6 writes it, in its own characters."""
    both = f"{primary}<<{secondary}" if secondary else primary
    return both.replace(" ", "<").encode()


def _tag(file: File) -> int:
    if file.tag is None:
        raise ValueError(f"{file.label} has no tag")
    return file.tag


def _counted(tag: int, values: Iterable[bytes]) -> bytes:
    encoded = [tlv.build(tag, value) for value in values]
    return tlv.build(COUNT, bytes((len(encoded),))) + b"".join(encoded)


def _picture(name: str) -> bytes:
    return resources.files(__package__).joinpath("data", f"{name}.jpg").read_bytes()


def _fingers() -> Iterable[Template]:
    for side in (cbeff.RIGHT_POINTER, cbeff.LEFT_POINTER):
        yield Template(cbeff.FINGER, cbeff.FINGER_19794, FINGER_RECORD, subtype=side)


def _irises() -> Iterable[Template]:
    for side in (cbeff.RIGHT, cbeff.LEFT):
        yield Template(cbeff.IRIS, cbeff.IRIS_19794, IRIS_RECORD, subtype=side)


def _personal(holder: Holder) -> bytes:
    primary, secondary = holder.national or (holder.primary, holder.secondary)
    objects = {
        0x5F0E: printed(primary, secondary),
        0x5F10: holder.optional.encode(),
        0x5F11: b"ZENITH<UTOPIA",
        0x5F12: b"+999 5550 123",
        0x5F13: "Ingénieure des ponts".encode(),
        0x5F14: b"DR",
        0x5F15: "No visible marks. Lunettes à la lecture.".encode(),
        0x5F16: _picture("rear"),
        0x5F17: b"ID1234567<DL7654321",
        0x5F18: b"None",
        0x5F2B: _full_birth(holder.birth),
        0x5F42: b"12 RUE DU PHARE<ZENITH<UTOPIA",
    }
    others = (printed("SVENSSON", "ANNA MARIA"), printed("الرحّالة", "نور الدين"))
    return listed(File.DG11, objects, (OTHER_NAME, others))


def _full_birth(birth: str) -> bytes:
    """YYYYMMDD of YYMMDD, with zeros for what is unknown; nothing if the year is (table 72)."""
    if birth.startswith("<"):
        return b""
    century = "19" if int(birth[:2]) >= CENTURY_BEGINS else "20"
    return (century + birth.replace("<", "0")).encode()


def _of_document(at: datetime) -> bytes:
    objects = {
        0x5F19: "Utopia Passport Office, Zénith".encode(),
        0x5F1B: b"The holder keeps the lighthouse of Zenith.",
        0x5F1C: b"None",
        0x5F1D: _picture("front"),
        0x5F1E: _picture("rear"),
        0x5F26: f"{at:%Y%m%d}".encode(),
        0x5F55: f"{at:%Y%m%d%H%M%S}".encode(),
        0x5F56: b"PERSO-7",
    }
    return listed(File.DG12, objects, (OTHER_PERSON, (printed("ERIKSSON", "LARS OLOF"),)))


def _to_notify(at: datetime) -> bytes:
    people = (
        (printed("SMITH", "CHARLES R"), b"+999 5550 456", "7 ELM ROAD<ZENITH<UTOPIA"),
        (printed("MÜLLER", "JÖRG"), b"+999 5550 789", "ÄUSSERE GASSE 3<ZENITH<UTOPIA"),
    )
    templates = [
        tlv.build(
            FIRST_PERSON + index,
            [
                tlv.build(COUNT, bytes((len(people),))) if index == 0 else b"",
                tlv.build(0x5F50, f"{at:%Y%m%d}".encode()),
                tlv.build(0x5F51, name),
                tlv.build(0x5F52, telephone),
                tlv.build(0x5F53, address.encode()),
            ],
        )
        for index, (name, telephone, address) in enumerate(people)
    ]
    return tlv.build(_tag(File.DG16), templates)
