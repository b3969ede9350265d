"""Documents whose files have given sizes: for measuring a read, and for trying many of them.

They are genuine: EF.SOD signs what is there, and is brought to its size by an extension of the
signer's certificate that nobody knows and nobody has to (RFC 5280 §4.2). DG2 has a portrait of the
size that is left or, for small documents, filler that differs at every place, so that bytes that
are not where they belong are found. EF.COM grows by data groups that EF.SOD signs
too, but which the chip does not have.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from epass import tlv
from epass.errors import InputError
from epass.lds.names import File
from epass.sim import certificates, issuer, lds_files
from epass.sim.country import Country
from epass.sim.issuer import ISSUED_AT, Document
from epass.sim.keys import seeded
from epass.sim.scheme import Scheme

COUNTRY = Country()
LDS_VERSION = lds_files.LDS_1_7
FILLER = "2.999.2"  # ITU-T X.660 §A.7: an arc for examples
DG2_TEMPLATE = 0x75
ATTEMPTS = 20  # the size of a DER signature follows from what is signed, and so from the filler
LEAST_IMAGE = 20_000  # bytes; the portrait that is put into it has a little less
# Not the first two, which are there, nor those from DG14 on, which a reader would ask for.
BESIDE = tuple(file for file in File if 3 <= (file.group or 0) <= 13)


def sized(
    document: Document,
    *,
    dg2: int,
    sod: int | None = None,
    groups: int = 0,
    filler: bytes = b"",
) -> Document:
    """``document`` with a DG2 of ``dg2`` bytes, and an EF.SOD that signs it.

    ``sod`` is the size of EF.SOD, if it is to have one; ``groups`` is how many more data groups
    EF.COM and EF.SOD name, 0 to 11, each a byte of EF.COM. With ``filler``, DG2 is made of it.

    Raises:
        InputError: a file cannot have that size.
    """
    there = {file: content for file, content in document.files.items() if file.group}
    there[File.DG2] = _filler(dg2, filler) if filler else _portrait(dg2)
    named = {**there, **{file: file.label.encode() for file in BESIDE[:groups]}}
    files = {
        **document.files,
        **there,
        File.COM: lds_files.ef_com(named, lds_version=LDS_VERSION),
        File.SOD: _sod(named, sod),
    }
    return replace(document, files=MappingProxyType(files))


def _portrait(size: int) -> bytes:
    """A DG2 with one face; the headers around the image have a constant size for all of these."""
    around = len(issuer.issue(image_size=LEAST_IMAGE).files[File.DG2]) - LEAST_IMAGE
    content = issuer.issue(image_size=size - around).files[File.DG2]
    if len(content) != size:
        raise InputError(f"sized: no DG2 has {size} bytes")
    return content


def _filler(size: int, seed: bytes) -> bytes:
    for header in range(2, 6):  # bytes of tag and length
        content = tlv.build(DG2_TEMPLATE, seeded(seed)(max(size - header, 0)))
        if len(content) == size:
            return content
    raise InputError(f"sized: no DG2 has {size} bytes")


def _sod(groups: Mapping[File, bytes], size: int | None) -> bytes:
    sod = _signed(groups, b"")
    if size is None:
        return sod
    padding = 0
    for attempt in range(ATTEMPTS):
        padding += size - len(sod)
        if padding < 0:
            break
        sod = _signed(groups, bytes((attempt,)) * padding)
        if len(sod) == size:
            return sod
    raise InputError(f"sized: no EF.SOD has {size} bytes")


def _signed(groups: Mapping[File, bytes], padding: bytes) -> bytes:
    filler = (certificates.extension(FILLER, padding),) if padding else ()
    signer = COUNTRY.document_signer(Scheme(), extensions=filler)
    return lds_files.ef_sod(groups, signer, lds_version=LDS_VERSION, at=ISSUED_AT)
