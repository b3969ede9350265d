"""How, when and with what a face image of ISO/IEC 39794-5 was taken.

Source: ISO/IEC 39794-1:2019 (DateTimeBlock, QualityBlock, PADDataBlock, RegistryIdBlock) and
ISO/IEC 39794-5:2019 (CaptureDeviceBlock, CaptureDeviceSpectral2DBlock).
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from epass import tlv
from epass.lds.blocks import OCTETS, SEQUENCE, Block, Findings, code, listed
from epass.lds.face_record import Device, Moment, PadData, RegistryId, Score
from epass.lds.face_terms import PadContext, PadCriteria, PadDecision, PadSupervision, Spectrum

REGISTRY = (1, 0xFFFF)  # range of both numbers of a RegistryId
BEST = 100  # a score, and a risk level
MOMENT = ((0, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59), (0, 999))  # from year down

DECISIONS: Mapping[int, PadDecision] = MappingProxyType(dict(enumerate(PadDecision)))
CONTEXTS: Mapping[int, PadContext] = MappingProxyType(dict(enumerate(PadContext)))
SUPERVISIONS: Mapping[int, PadSupervision] = MappingProxyType(dict(enumerate(PadSupervision)))
CRITERIA: Mapping[int, PadCriteria] = MappingProxyType(dict(enumerate(PadCriteria)))
SPECTRA = tuple(Spectrum)

Spectra = tuple[tuple[Spectrum, ...], tuple[Spectrum, ...]]
NO_SPECTRA: Spectra = ((), ())


def moment(item: tlv.Tlv, findings: Findings) -> Moment:
    """DateTimeBlock: the year, and what else is known.

    Raises:
        FormatError: no year, or a number that is none of its kind.
    """
    with Block(item, findings) as block:
        year = block.require_number(0, *MOMENT[0])
        rest = [block.number(number, *MOMENT[number]) for number in range(1, len(MOMENT))]
    return Moment(year, *rest)


def scores(item: tlv.Tlv, findings: Findings) -> tuple[Score, ...]:
    """QualityBlocks or PADScoreBlocks: by whose algorithm, and the score or that there is none.

    Raises:
        FormatError: one of them is malformed.
    """
    return listed(item, SEQUENCE, partial(_score, findings=findings))


def _score(item: tlv.Tlv, findings: Findings) -> Score:
    with Block(item, findings) as block:
        algorithm = _registered(block.require(0), findings)
        choice = block.require(1)
    with Block(choice, findings) as block:
        value, error = block.number(0, 0, BEST), block.inner(1)
    if error is not None:
        code(error, findings)  # there is one, "failure to assess"
    return Score(algorithm, value)


def _registered(item: tlv.Tlv, findings: Findings) -> RegistryId:
    with Block(item, findings) as block:
        return RegistryId(block.require_number(0, *REGISTRY), block.require_number(1, *REGISTRY))


def capture_device(item: tlv.Tlv, findings: Findings) -> Device:
    """CaptureDeviceBlock: the model, and what it is certified for.

    Raises:
        FormatError: a number is malformed.
    """
    with Block(item, findings) as block:
        model, certifications = block.inner(0), block.inner(1)
    return Device(
        None if model is None else _registered(model, findings),
        listed(certifications, SEQUENCE, partial(_registered, findings=findings)),
    )


def device_spectra(item: tlv.Tlv, findings: Findings) -> Spectra:
    """CaptureDeviceSpectral2DBlock: what light it took, and what it did not.

    Raises:
        FormatError: one of them is no BOOLEAN.
    """
    with Block(item, findings) as block:
        return block.flags(SPECTRA)


def with_spectra(device: Device | None, spectra: Spectra) -> Device | None:
    """``device`` with ``spectra``; None where nothing is known of it."""
    if spectra == NO_SPECTRA:
        return device
    return replace(device or Device(), spectra=spectra[0], spectra_absent=spectra[1])


def pad_data(item: tlv.Tlv, findings: Findings) -> PadData:
    """PADDataBlock.

    Raises:
        FormatError: a member is malformed.
    """
    with Block(item, findings) as block:
        found = block.inner(1)
        at = block.inner(9)
        return PadData(
            decision=block.term(0, DECISIONS),
            scores=scores(found, findings) if found else (),
            extended=listed(block.inner(2), SEQUENCE, partial(_extended, findings=findings)),
            context=block.term(3, CONTEXTS),
            supervision=block.term(4, SUPERVISIONS),
            risk=block.number(5, 0, BEST),
            criteria=block.term(6, CRITERIA),
            parameter=block.octets(7),
            challenges=listed(block.inner(8), OCTETS, lambda child: child.value),
            at=moment(at, findings) if at else None,
        )


def _extended(item: tlv.Tlv, findings: Findings) -> tuple[RegistryId, bytes]:
    with Block(item, findings) as block:
        return _registered(block.require(0), findings), block.require_octets(1).value
