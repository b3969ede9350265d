"""The MRZ that somebody has just typed at the prompt, and what may have been meant by it.

What is proposed is printed to the terminal of the person who typed it, and nowhere else: not where
standard error is a file, not in an error, not in a log. A key is made of what that person chooses
with the document at hand; nothing that was only proposed is tried on a chip.
"""

import sys

import click

from epass.card.keys import MrzKey
from epass.cli.output import say
from epass.errors import InputError
from epass.lds import mrz_proposals, mrz_typed
from epass.lds.mrz_proposals import Proposal

MARK = "^"


def key_of(text: str) -> MrzKey:
    """The key of the lines ``text``, or of the correction of them that the operator chooses.

    Raises:
        InputError: these are no MRZ lines, or a check digit is wrong and nothing was chosen.
    """
    try:
        return MrzKey.from_mrz(text)
    except InputError as error:
        proposals = _proposals(text) if _is_a_terminal() else ()
        if not proposals:
            raise
        say(error.message)
    return MrzKey.from_mrz("\n".join(_chosen(proposals).mrz.lines))


def _proposals(text: str) -> tuple[Proposal, ...]:
    try:
        found = mrz_typed.as_typed(text)
    except InputError:  # which ``key_of`` raises
        return ()
    return () if found.format.is_visa else mrz_proposals.propose(found)


def _is_a_terminal() -> bool:
    """Whether what is printed is seen by the operator alone."""
    return sys.stderr is not None and sys.stderr.isatty()


def _chosen(proposals: tuple[Proposal, ...]) -> Proposal:
    say("These would be right. Choose only what stands on the document:")
    for number, proposal in enumerate(proposals, 1):
        _show(number, proposal)
    numbers = {str(number): proposal for number, proposal in enumerate(proposals, 1)}
    answer = click.prompt(
        f"{'1' if len(numbers) == 1 else f'1 to {len(numbers)}'}, or nothing to type it again",
        default="",
        show_default=False,
        err=True,
    )
    if answer.strip() not in numbers:
        raise InputError("nothing was chosen", advice=mrz_typed.ADVICE)
    return numbers[answer.strip()]


def _show(number: int, proposal: Proposal) -> None:
    """The lines that change, each with a mark under what is changed."""
    label = f"{number}) "
    for at, line in enumerate(proposal.mrz.lines, 1):
        places = {item.position for item in proposal.corrections if item.line == at}
        if places:
            marks = "".join(MARK if place in places else " " for place in range(1, max(places) + 1))
            say(f"{label}line {at}: {line}")
            say(" " * len(f"{label}line {at}: ") + marks)
            label = " " * len(label)
