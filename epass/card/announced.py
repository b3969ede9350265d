"""Which data groups a document says that it has.

Source: ICAO Doc 9303-10 §4.6.1 (EF.COM), §4.6.2 (EF.SOD). EF.COM is not signed, and EF.SOD is not
verified here: what is announced is worth asking for, and no more.
"""

from collections.abc import Mapping
from contextlib import suppress

from epass.errors import FormatError, UnsupportedError
from epass.lds.com import Com
from epass.lds.names import File
from epass.lds.sod import Sod


def announced(files: Mapping[File, bytes]) -> set[File]:
    """What is there, and what EF.COM or EF.SOD list; if malformed, they announce nothing."""
    found = set(files)
    if File.COM in files:
        with suppress(FormatError):
            found |= set(Com.parse(files[File.COM]).groups)
    if File.SOD in files:
        with suppress(FormatError, UnsupportedError):
            found |= Sod.parse(files[File.SOD]).digests.keys()
    return found
