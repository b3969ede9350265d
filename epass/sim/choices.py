"""What can be chosen of a simulated document, and what is said of a choice that does not exist."""

from collections.abc import Iterable

from epass.errors import InputError


def require(option: str, value: str, choices: Iterable[str]) -> None:
    """Raises InputError, naming the choices, where ``value`` is none of them."""
    known = tuple(choices)
    if value not in known:
        raise InputError(f"{option}: choose one of {', '.join(known)}")
