"""Data groups and EF.COM that are not what EF.SOD signs."""

from collections.abc import Callable
from dataclasses import replace

from epass import tlv
from epass.lds.names import File
from epass.sim import lds_files
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.holders import HOLDERS
from epass.sim.proof_keys import AaScheme, CaScheme

OTHER = "not the one whose SHA-256 digest EF.SOD signs"
CHIP = "chip.active chip.authentication chip.mapping access.card_access access.protocol"


NILSSON = replace(HOLDERS["eriksson"], primary="NILSSON", number="X1234567", birth="900101")


def longer_length(content: bytes) -> bytes:
    """The same value with a length field of three bytes, which BER allows and DER does not."""
    inner = value(content)
    return content[:1] + b"\x83" + len(inner).to_bytes(3) + inner


def value(content: bytes) -> bytes:
    """The value of a data object whose tag has one byte."""
    size = 0 if content[1] < 0x80 else content[1] & 0x7F
    return content[2 + size :]


def refilled(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The data object with its value changed and its length right, so that a chip can serve it."""
    return tlv.build(content[0], change(value(content)))


@attack("dg2-swapped", "The portrait of another person.", "dg2.hash", OTHER)
def _dg2_swapped(shop: Workshop) -> Forgery:
    other = shop.issue(image="JPEG2000")
    return shop.forged({File.DG2: other.files[File.DG2]})


@attack("dg2-edited", "One bit of the portrait is another.", "dg2.hash", OTHER)
def _dg2_edited(shop: Workshop) -> Forgery:
    content = bytearray(shop.files[File.DG2])
    content[-100] ^= 1
    return shop.forged({File.DG2: bytes(content)})


@attack("dg2-truncated", "The portrait ends early.", "dg2.hash", OTHER)
def _dg2_truncated(shop: Workshop) -> Forgery:
    return shop.forged({File.DG2: refilled(shop.files[File.DG2], lambda held: held[:-100])})


@attack("dg2-extended", "Something follows the portrait.", "dg2.hash", OTHER)
def _dg2_extended(shop: Workshop) -> Forgery:
    more = tlv.build(0x53, b"more")  # discretionary data, ISO/IEC 7816-4
    return shop.forged({File.DG2: refilled(shop.files[File.DG2], lambda held: held + more)})


@attack("dg2-reencoded", "The same portrait in another encoding.", "dg2.hash", OTHER)
def _dg2_reencoded(shop: Workshop) -> Forgery:
    return shop.forged({File.DG2: longer_length(shop.files[File.DG2])})


@attack("dg2-emptied", "DG2 without a portrait.", "dg2.hash", OTHER)
def _dg2_emptied(shop: Workshop) -> Forgery:
    return shop.forged({File.DG2: b"\x75\x00"})


@attack("dg1-renamed", "Another name, which no check digit covers.", "dg1.hash", OTHER)
def _dg1_renamed(shop: Workshop) -> Forgery:
    return shop.forged({File.DG1: shop.files[File.DG1].replace(b"ERIKSSON", b"ERICSSON")})


@attack("dg1-reencoded", "The same MRZ in another encoding.", "dg1.hash", OTHER)
def _dg1_reencoded(shop: Workshop) -> Forgery:
    return shop.forged({File.DG1: longer_length(shop.files[File.DG1])})


@attack(
    "dg1-of-another",
    "The MRZ of another person, in a chip that is otherwise genuine.",
    "dg1.hash",
    OTHER,
    also="dg1.mrz",
)
def _dg1_of_another(shop: Workshop) -> Forgery:
    other = shop.issue(holder=NILSSON)
    return shop.forged({File.DG1: other.files[File.DG1]})


@attack(
    "dg1-withheld",
    "DG1 cannot be read.",
    "files.read",
    "not read, though mandatory: DG1",
    outcome="unknown",
    also="dg1.hash dg1.format dg1.check_digits dg1.mrz dg1.country ds.profile",
    readable=False,
)
def _dg1_withheld(shop: Workshop) -> Forgery:
    return shop.forged({File.DG1: None})


@attack(
    "dg2-withheld",
    "DG2 cannot be read.",
    "files.read",
    "not read, though mandatory: DG2",
    outcome="unknown",
    also="dg2.hash",
    readable=False,
)
def _dg2_withheld(shop: Workshop) -> Forgery:
    return shop.forged({File.DG2: None})


@attack(
    "dg14-not-signed",
    "A key for chip authentication that EF.SOD does not sign.",
    "files.signed",
    "read, but not signed by EF.SOD: DG14",
    also="dg14.hash com.sod",
    chip_authentication=(CaScheme("brainpoolP256r1", ("AES-128",)),),
)
def _dg14_not_signed(shop: Workshop) -> Forgery:
    return _left_out(shop, File.DG14)


@attack(
    "dg15-not-signed",
    "A key for active authentication that EF.SOD does not sign.",
    "files.signed",
    "read, but not signed by EF.SOD: DG15",
    also="dg15.hash com.sod",
    active_authentication=AaScheme("RSA"),
)
def _dg15_not_signed(shop: Workshop) -> Forgery:
    return _left_out(shop, File.DG15)


@attack(
    "dg15-of-another",
    "The forger's own key for active authentication.",
    "dg15.hash",
    OTHER,
    also="chip.active",
    active_authentication=AaScheme("RSA"),
)
def _dg15_of_another(shop: Workshop) -> Forgery:
    return shop.forged({File.DG15: lds_files.dg15(_key_info(shop))})


@attack(
    "dg14-of-another",
    "The forger's own key for chip authentication.",
    "dg14.hash",
    OTHER,
    also=CHIP.replace("chip.active ", ""),
    chip_authentication=(CaScheme("brainpoolP256r1", ("AES-128",)),),
)
def _dg14_of_another(shop: Workshop) -> Forgery:
    other = shop.issue(
        holder=NILSSON, chip_authentication=(CaScheme("brainpoolP256r1", ("AES-256",)),)
    )
    return shop.forged({File.DG14: other.files[File.DG14]})


@attack(
    "dg14-stripped",
    "DG14 is neither listed nor readable, so that nobody asks for its proof.",
    "com.sod",
    "EF.SOD signs DG14, which EF.COM does not list",
    also=CHIP.replace("chip.active ", ""),
    chip_authentication=(CaScheme("brainpoolP256r1", ("AES-128",)),),
)
def _dg14_stripped(shop: Workshop) -> Forgery:
    com = lds_files.ef_com((File.DG1, File.DG2), lds_version=shop.lds_version)
    return shop.forged({File.DG14: None, File.COM: com})


@attack(
    "dg15-stripped",
    "DG15 is neither listed nor readable, so that nobody asks for its proof.",
    "com.sod",
    "EF.SOD signs DG15, which EF.COM does not list",
    also="chip.active",
    active_authentication=AaScheme("RSA"),
)
def _dg15_stripped(shop: Workshop) -> Forgery:
    com = lds_files.ef_com((File.DG1, File.DG2), lds_version=shop.lds_version)
    return shop.forged({File.DG15: None, File.COM: com})


@attack("com-too-short", "EF.COM does not list DG2.", "com.sod", "EF.SOD signs DG2, which EF.COM")
def _com_too_short(shop: Workshop) -> Forgery:
    return shop.forged({File.COM: lds_files.ef_com((File.DG1,), lds_version="1.7")})


@attack("com-too-long", "EF.COM lists DG3, which is not there.", "com.sod", "EF.COM lists DG3")
def _com_too_long(shop: Workshop) -> Forgery:
    listed = (File.DG1, File.DG2, File.DG3)
    return shop.forged({File.COM: lds_files.ef_com(listed, lds_version="1.7")})


@attack(
    "com-other-version",
    "EF.COM claims an older LDS than EF.SOD signs.",
    "com.sod",
    "EF.COM has LDS version 0107, EF.SOD 0108",
    lds_version="1.8",
)
def _com_other_version(shop: Workshop) -> Forgery:
    return shop.forged({File.COM: lds_files.ef_com(shop.groups, lds_version="1.7")})


@attack("com-broken", "EF.COM is cut.", "com.sod", "bytes declared")
def _com_broken(shop: Workshop) -> Forgery:
    return shop.forged({File.COM: refilled(shop.files[File.COM], lambda held: held[:-1])})


@attack(
    "com-withheld",
    "EF.COM cannot be read.",
    "com.sod",
    "not read",
    outcome="unknown",
    readable=False,
)
def _com_withheld(shop: Workshop) -> Forgery:
    return shop.forged({File.COM: None})


def _left_out(shop: Workshop, group: File) -> Forgery:
    """EF.SOD over all but ``group``, which EF.COM lists and the chip holds."""
    signed = {file: content for file, content in shop.groups.items() if file is not group}
    forgery = shop.resigned(signed)
    com = lds_files.ef_com(shop.groups, lds_version=shop.lds_version)
    return shop.forged({File.SOD: forgery.document.files[File.SOD], File.COM: com})


def _key_info(shop: Workshop) -> bytes:
    other = shop.issue(holder=NILSSON, active_authentication=AaScheme("RSA"))
    proof = other.proofs.active
    assert proof is not None  # noqa: S101 - as it was asked for
    return proof.key.public_key_info
