"""What tests of a reader put between it and a chip, and the randomness they put into both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from epass.card import apdu
from epass.card.apdu import Channel, Command, Response
from epass.crypto.group import Group
from epass.lds.names import File

Random = Callable[[int], bytes]


def unchanged(_number: int, _command: Command, response: Response) -> Response:
    """The ``change`` of a wire that is only looked at."""
    return response


@dataclass
class Wire:
    """A channel around a channel that keeps the commands, and can ``change`` the answers.

    ``change`` gets the number of the command, from 1, the command, and the answer.
    """

    chip: Channel
    change: Callable[[int, Command, Response], Response] = unchanged
    commands: list[Command] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def transmit(self, command: Command) -> Response:
        self.commands.append(command)
        answer = self.change(len(self.commands), command, self.chip.transmit(command))
        self.responses.append(answer)
        return answer

    def sent(self, ins: int) -> list[Command]:
        return [command for command in self.commands if command.ins == ins]


@dataclass
class ResettableWire(Wire):
    """A wire to a chip that can be reset; ``resets`` says after how many commands it was."""

    resets: list[int] = field(default_factory=list)

    def reset(self) -> None:
        apdu.reset(self.chip)
        self.resets.append(len(self.commands))


def application(files: Mapping[File, bytes]) -> dict[File, bytes]:
    """Without EF.CardAccess, which a dump has too, but is in the master file."""
    return {file: content for file, content in files.items() if file is not File.CARD_ACCESS}


def scripted(*parts: bytes) -> Random:
    """Randomness that is ``parts`` in turn, each asked for at its very length, and no more."""
    waiting = iter(parts)

    def random(size: int) -> bytes:
        part = next(waiting)
        assert len(part) == size
        return part

    return random


def drawn(group: Group, scalar: int) -> bytes:
    """The random bytes from which ``Group.scalar`` makes ``scalar``."""
    return (scalar - 1).to_bytes(group.scalar_size + 8)
