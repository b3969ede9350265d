"""A simulated chip on a channel that knows what it is, and what it was asked."""

from dataclasses import dataclass, field

from epass.card.apdu import READ_BINARY, SELECT, Command, Response
from epass.card.keys import MrzKey
from epass.card.traits import Traits
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.sized import sized

DOCUMENT = sized(issuer.issue(), dg2=20_480, sod=2_500, groups=8)
KEY = MrzKey.from_mrz(DOCUMENT.mrz)
PROTECTED, BY_NAME = 0x0C, 0x04
EXTENDED = Traits(extended=True, model="a model", reader="a reader")
SIZES = {File.COM: 30, File.SOD: 2_500, File.DG1: 93, File.DG2: 20_480}


@dataclass
class KnownChip:
    """A channel to ``chip``, of which ``traits`` are known."""

    chip: Chip
    traits: Traits = EXTENDED
    commands: list[Command] = field(default_factory=list)

    def transmit(self, command: Command) -> Response:
        self.commands.append(command)
        return self.chip.transmit(command)

    def reset(self) -> None:
        self.chip.reset()

    @property
    def after_access(self) -> list[Command]:
        """The protected commands after the application was selected."""
        protected = [command for command in self.commands if command.cla & PROTECTED]
        return [c for c in protected if (c.ins, c.p1) != (SELECT, BY_NAME)]

    @property
    def asked_for_lengths(self) -> bool:
        """Whether EF.ATR/INFO was read, which is done before access."""
        wanted = READ_BINARY, 0x80 | File.ATR_INFO.sfi
        return any((c.cla, c.ins, c.p1) == (0, *wanted) for c in self.commands)
