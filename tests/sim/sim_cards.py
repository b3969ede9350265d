"""Documents and chips for tests of the simulated chip. Test persons are specimens of Doc 9303."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim_terminal import CAN, TD3_MRZ, Terminal, seeded

from epass import tlv
from epass.crypto.ciphers import Cipher
from epass.lds.names import File
from epass.sim.card_files import PaceOffer
from epass.sim.chip import Chip
from epass.sim.proofs import NO_PROOFS, Proofs

EF_COM = bytes.fromhex("60145F0104303130365F36063034303030305C026175")  # Appendix D.4


def template(tag: int, size: int, mark: bytes) -> bytes:
    """A file of exactly ``size`` bytes, filled with ``mark`` and a running number."""
    blocks = b"".join(mark + number.to_bytes(4) for number in range(size // (len(mark) + 4) + 1))
    length = next(n for n in range(size, 0, -1) if len(tlv.build(tag, blocks[:n])) <= size)
    return tlv.build(tag, blocks[:length]) + bytes(size - len(tlv.build(tag, blocks[:length])))


MARK = b"\xc3SECRET\xc3"
FILES: Mapping[File, bytes] = {
    File.COM: EF_COM,
    File.SOD: template(0x77, 600, MARK),
    File.DG1: template(0x61, 93, MARK),
    File.DG2: template(0x75, 40_000, MARK),
    File.DG3: template(0x63, 100, MARK),
}


@dataclass(frozen=True, slots=True)
class Handmade:
    """A document as the chip needs it."""

    files: Mapping[File, bytes] = field(default_factory=lambda: FILES)
    mrz: str = TD3_MRZ
    can: str = CAN
    proofs: Proofs = NO_PROOFS
    pace: PaceOffer | None = None


def new_chip(**options: object) -> Chip:
    return Chip(Handmade(), random=seeded(3), **options)  # type: ignore[arg-type]


def opened(**options: object) -> Terminal:
    """A terminal after BAC, the application selected."""
    terminal = Terminal(new_chip(**options))
    terminal.select_application()
    terminal.bac()
    return terminal


def opened_by_pace(cipher: Cipher, **options: object) -> Terminal:
    chip = new_chip(access=["PACE"], cipher=cipher.label, **options)
    terminal = Terminal(chip)
    terminal.pace(cipher, chip.suites[0].group)
    terminal.select_application()
    return terminal


def exchanged(chip: Chip, apdu: str) -> str:
    return chip.exchange(bytes.fromhex(apdu)).hex().upper()
