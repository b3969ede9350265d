"""The NFC payload: four files of one document, and the JSON that is signed and sent.

Source: the endpoint's documentation of ``POST /v1/sessions/{id}/media``, "NFC data upload". The
files go out as the bytes that the chip gave. Sizes are in bytes.
"""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Self

from epass.dump import Dump
from epass.errors import FormatError, PayloadTooLargeError
from epass.lds.names import File

# "The combined NFC data exceeds the 500KB limit." The documentation leaves open whether KB is
# 1000 or 1024 and whether the files or their base64 form is meant: what every reading refuses is
# refused here, what only the narrowest reading refuses is sent with a warning.
RAW_LIMIT = 500 * 1024
BASE64_LIMIT = 500_000


@dataclass(frozen=True, slots=True)
class NfcPayload:
    """EF.COM, EF.SOD, DG1 and DG2 of one document, none of them empty."""

    com: bytes = field(repr=False)
    sod: bytes = field(repr=False)
    dg1: bytes = field(repr=False)
    dg2: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for name, content in self._named():
            if not content:
                raise FormatError("the file is empty", File[name.upper()].label)

    @classmethod
    def from_dump(cls, dump: Dump) -> Self:
        """Take the four files from ``dump``.

        Raises:
            FormatError: one of them is missing or empty.
        """
        return cls(
            com=dump.require(File.COM),
            sod=dump.require(File.SOD),
            dg1=dump.require(File.DG1),
            dg2=dump.require(File.DG2),
        )

    @property
    def raw_size(self) -> int:
        """All four files together."""
        return sum(len(content) for _, content in self._named())

    @property
    def base64_size(self) -> int:
        """All four files together in base64, without the JSON around them."""
        return sum((len(content) + 2) // 3 * 4 for _, content in self._named())

    @property
    def body_size(self) -> int:
        """The JSON, before compression."""
        return len(self.to_json())

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the operator; a payload that has some is sent all the same."""
        if self.base64_size <= BASE64_LIMIT:
            return ()
        return (
            f"The files are {self.base64_size} bytes in base64 ({self.raw_size} before), more "
            f"than {BASE64_LIMIT}: the endpoint may refuse them.",
        )

    def check_size(self) -> None:
        """Raises PayloadTooLargeError where every reading of the endpoint's limit refuses."""
        if self.raw_size > RAW_LIMIT:
            raise PayloadTooLargeError(
                f"the files are {self.raw_size} bytes ({self.base64_size} in base64), "
                f"the limit is {RAW_LIMIT}"
            )

    def to_json(self) -> bytes:
        """The body: the same payload gives the same bytes each time."""
        files = {name: b64encode(content).decode("ascii") for name, content in self._named()}
        return json.dumps({"nfcDocuments": files}, separators=(",", ":")).encode("ascii")

    def _named(self) -> tuple[tuple[str, bytes], ...]:
        return ("com", self.com), ("sod", self.sod), ("dg1", self.dg1), ("dg2", self.dg2)
