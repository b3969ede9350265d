"""DG2: the portraits of the holder.

Source: ICAO Doc 9303-10 §4.5.6 and §4.7.2, tables 43 to 45. What is around the records is in
``cbeff``, the records are in ``face_19794`` and ``face_39794``. Images are handed out byte for byte
and decoded nowhere in here. Everything is personal data and stays out of reprs and errors.
"""

from dataclasses import dataclass, field, replace
from typing import Self

from epass import tlv
from epass.lds import cbeff, face_19794, face_39794
from epass.lds.elements import Unknown
from epass.lds.face_record import Face, FeaturePoint
from epass.lds.face_record import Unknown as UnknownObject
from epass.lds.image import ImageType

__all__ = ["Dg2", "Face", "FeaturePoint", "ImageType"]

DG2 = 0x75


@dataclass(frozen=True, slots=True)
class Dg2:
    """All portraits, the most recent first. ``notes`` are deviations that do no harm.

    ``unknown`` is what stands beside the templates; what is in them the ``faces`` have.
    """

    faces: tuple[Face, ...]
    unknown: Unknown = field(repr=False)
    notes: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
            UnsupportedError: the faces are in a later edition of ISO/IEC 19794-5, or in a format
                of the issuer's own.
        """
        notes: list[str] = []
        faces: list[Face] = []
        group = cbeff.Group.of(tlv.parse_one(data, DG2, where="DG2"), notes)
        for template in group.templates:
            record = template.record
            parse = face_39794.parse if record.tag in cbeff.RECORDS else face_19794.parse
            more = tuple(UnknownObject(item.where, item.value) for item in template.unknown)
            for found in parse(record, template.header, notes):
                faces.append(replace(found, unknown=(*found.unknown, *more)))
        return cls(tuple(faces), group.unknown, tuple(dict.fromkeys(notes)))
