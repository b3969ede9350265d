"""What each file of the eMRTD is parsed to: one table for showing, reporting and testing.

Source: ICAO Doc 9303-10 table 38. Each value is a frozen dataclass made by ``parse(bytes)``:

======================  =====================================================================
EF.ATR/INFO             ``CardInfo``: longest APDUs, capabilities
EF.DIR                  ``ApplicationDirectory``: the applications
EF.CardAccess           ``SecurityInfos``
EF.CardSecurity         ``CardSecurity``: signed security infos
EF.COM                  ``Com``: the unsigned list of the data groups
EF.SOD                  ``Sod``: the signed digests
DG1                     ``Dg1``: the MRZ
DG2                     ``Dg2``: faces
DG3, DG4                ``Dg3``, ``Dg4``: which fingers and irises, without them
DG5, DG6, DG7           ``Dg5``, ``Dg6``, ``Dg7``: portraits and signatures as displayed
DG8, DG9, DG10, DG13    ``Dg8``, ``Dg9``, ``Dg10``, ``Dg13``: data objects without a meaning
DG11                    ``Dg11``: personal details
DG12                    ``Dg12``: details of the document
DG14, DG15              ``Dg14``, ``Dg15``: the keys of the chip
DG16                    ``Dg16``: persons to notify
======================  =====================================================================

Where a value has ``notes``, they say how the file deviates from the standard; ``unknown`` has the
data objects that the standard does not have there, by their tags; ``images`` the pictures as
stored. Whether any of it is true is for ``epass.trust`` to say.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from epass.lds.biometrics import Dg3, Dg4
from epass.lds.card_info import CardInfo
from epass.lds.chip_keys import CardSecurity, Dg14, Dg15
from epass.lds.com import Com
from epass.lds.directory import ApplicationDirectory
from epass.lds.displayed_images import Dg5, Dg6, Dg7
from epass.lds.document_details import Dg12
from epass.lds.face import Dg2
from epass.lds.mrz import Dg1
from epass.lds.names import File
from epass.lds.personal_details import Dg11
from epass.lds.persons_to_notify import Dg16
from epass.lds.security_infos import SecurityInfos
from epass.lds.sod import Sod
from epass.lds.undefined import Dg8, Dg9, Dg10, Dg13

Content = (
    ApplicationDirectory
    | CardInfo
    | CardSecurity
    | Com
    | Dg1
    | Dg2
    | Dg3
    | Dg4
    | Dg5
    | Dg6
    | Dg7
    | Dg8
    | Dg9
    | Dg10
    | Dg11
    | Dg12
    | Dg13
    | Dg14
    | Dg15
    | Dg16
    | SecurityInfos
    | Sod
)
PARSERS: Mapping[File, Callable[[bytes], Content]] = MappingProxyType(
    {
        File.DIR: ApplicationDirectory.parse,
        File.ATR_INFO: CardInfo.parse,
        File.CARD_ACCESS: SecurityInfos.parse,
        File.CARD_SECURITY: CardSecurity.parse,
        File.COM: Com.parse,
        File.SOD: Sod.parse,
        File.DG1: Dg1.parse,
        File.DG2: Dg2.parse,
        File.DG3: Dg3.parse,
        File.DG4: Dg4.parse,
        File.DG5: Dg5.parse,
        File.DG6: Dg6.parse,
        File.DG7: Dg7.parse,
        File.DG8: Dg8.parse,
        File.DG9: Dg9.parse,
        File.DG10: Dg10.parse,
        File.DG11: Dg11.parse,
        File.DG12: Dg12.parse,
        File.DG13: Dg13.parse,
        File.DG14: Dg14.parse,
        File.DG15: Dg15.parse,
        File.DG16: Dg16.parse,
    }
)


def parse_group(file: File, data: bytes) -> Content:
    """Parse the whole ``file``.

    Raises:
        FormatError: with the tag path and byte offset of the first fault.
        UnsupportedError: it is encoded in a way that epass does not know.
    """
    return PARSERS[file](data)
