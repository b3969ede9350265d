"""PC/SC: readers and the cards on them; ``service`` is the one door to pyscard."""

from epass.pcsc.channel import PcscChannel, connect
from epass.pcsc.readers import Reader, choose, list_readers
from epass.pcsc.station import Station

__all__ = ["PcscChannel", "Reader", "Station", "choose", "connect", "list_readers"]
