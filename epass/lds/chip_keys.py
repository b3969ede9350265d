"""The files with the public keys under which a chip can prove that it is no copy.

Source: ICAO Doc 9303-10 §4.7.14 (DG14), §4.7.15 (DG15), §3.11.4 (EF.CardSecurity); Doc 9303-11
§6.1.5, §9.2.11. A key is worth something only under a signature of the issuing state: that of
EF.SOD over the data groups, that of EF.CardSecurity over itself.
"""

from dataclasses import dataclass, field
from typing import Self

from epass import asn1, tlv
from epass.errors import FormatError, UnsupportedError
from epass.lds.names import File
from epass.lds.security_infos import SET, SecurityInfos

DG14, DG15, CARD_SECURITY = (file.label for file in (File.DG14, File.DG15, File.CARD_SECURITY))
TEMPLATE_14, TEMPLATE_15 = 0x6E, 0x6F
ID_SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"  # id-SecurityObject, the content of EF.CardSecurity


@dataclass(frozen=True, slots=True)
class Dg14:
    """Security options. ``notes`` say what is odd in the file and changes nothing."""

    security_infos: SecurityInfos
    notes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file. Swedish documents have bytes after the SET, inside the template.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        template = tlv.parse_one(data, TEMPLATE_14, where=DG14)
        infos = template.first()
        left = len(template.value) - len(infos.raw)
        notes = (f"{left} bytes after the security infos",) if left else ()
        return cls(SecurityInfos.parse_signed(infos), notes)


@dataclass(frozen=True, slots=True)
class Dg15:
    """The public key of active authentication."""

    public_key: asn1.PublicKey = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with the byte offset of the first fault of its encoding.
        """
        template = tlv.parse_one(data, TEMPLATE_15, where=DG15)
        return cls(asn1.public_key(template.value, where=template.where, base=template.start))


@dataclass(frozen=True, slots=True)
class CardSecurity:
    """The signed copy of EF.CardAccess, with the keys that are used in the master file."""

    signed: asn1.SignedData
    security_infos: SecurityInfos

    @property
    def signer(self) -> asn1.SignerInfo:
        """The one SignerInfo that EF.CardSecurity has."""
        return self.signed.signers[0]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with place and byte offset of the first fault; inside the security
                infos the offset is counted from their first byte.
            UnsupportedError: there is more than one signer.
        """
        signed = asn1.signed_data(data, where=CARD_SECURITY)
        if signed.content_type != ID_SECURITY_OBJECT:
            raise FormatError("the content is not a security object", CARD_SECURITY)
        if not signed.signers:
            raise FormatError("nobody has signed it", CARD_SECURITY)
        if len(signed.signers) > 1:
            raise UnsupportedError("EF.CardSecurity has more than one signer")
        infos = tlv.parse_one(signed.content, SET, where=f"{CARD_SECURITY}/SecurityInfos")
        return cls(signed, SecurityInfos.parse_signed(infos))
