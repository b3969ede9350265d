"""A machine that only records what the set-up would run on it."""

from collections.abc import Callable, Sequence

from tools.running import Outcome

OK = Outcome(0, "")


class Machine:
    """Records the commands; ``answer`` says how each ends."""

    def __init__(self, answer: Callable[[str], Outcome | None] = lambda _: None) -> None:
        self.answer = answer
        self.commands: list[str] = []

    def __call__(self, command: Sequence[str], **_: object) -> Outcome:
        line = " ".join(command)
        self.commands.append(line)
        return self.answer(line) or OK

    def ran(self, part: str) -> list[str]:
        return [line for line in self.commands if part in line]


def dpkg(*installed: str) -> Callable[[str], Outcome | None]:
    text = "".join(f"{name} installed\n" for name in installed)
    return lambda line: Outcome(1, text) if line.startswith("dpkg-query") else None
