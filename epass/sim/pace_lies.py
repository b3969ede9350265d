"""Chips that lie in PACE: each in one way, at one step, and otherwise as an honest chip does.

What a reader must refuse, naming the step. The steps are those of Doc 9303-11 §4.4.5, table 4. A
lie changes the answer and not what the chip itself goes on with.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from epass import tlv
from epass.crypto import ciphers
from epass.errors import InputError
from epass.sim import choices, groups
from epass.sim.groups import Group, StaticKey
from epass.sim.pace import (
    CAM,
    CHIP_AUTHENTICATION_DATA,
    DYNAMIC,
    GM,
    IM,
    PACE_MAPPINGS,
    PaceExchange,
    PaceSuite,
    Tell,
    Turn,
    chip_authentication_data,
    encrypted,
    honest,
)

NONCE, MAP, AGREE, CONFIRM = STEPS = ("nonce", "map", "agree", "confirm")
GARBAGE = bytes(range(0xA5, 0xB5))  # no BER-TLV: the length would be a multiple of gigabytes

Change = Callable[[PaceExchange, Turn], bytes]


@dataclass(frozen=True, slots=True)
class Lie:
    """What the chip does at ``step``; ``change`` is the response data of that step.

    ``mappings`` are those under which it can be told.
    """

    step: str
    about: str
    change: Change
    mappings: tuple[str, ...] = PACE_MAPPINGS

    def tell(self, exchange: PaceExchange, turn: Turn) -> bytes:
        """The response data of any step: the lie where it is its turn."""
        is_turn = STEPS[turn.number - 1] == self.step and exchange.suite.mapping in self.mappings
        return self.change(exchange, turn) if is_turn else honest(exchange, turn)


def teller(name: str | None, suites: Iterable[PaceSuite]) -> Tell:
    """What makes the response data of a chip with ``suites`` that tells the lie ``name``, or none.

    Raises:
        InputError: there is no such lie, or it is about none of the mappings.
    """
    if name is None:
        return honest
    choices.require("lie", name, LIES)
    lie = LIES[name]
    if not any(suite.mapping in lie.mappings for suite in suites):
        raise InputError(f"lie: {name} takes PACE with {' or '.join(lie.mappings)}")
    return lie.tell


# --- answers of any step ----------------------------------------------------------------------


def _dynamic(*objects: tuple[int, bytes]) -> bytes:
    return tlv.build(DYNAMIC, [tlv.build(tag, value) for tag, value in objects])


def _value(change: Callable[[PaceExchange, bytes], bytes]) -> Change:
    """``change`` makes the value of the first data object out of the honest one."""

    def changed(exchange: PaceExchange, turn: Turn) -> bytes:
        (tag, value), *more = turn.answer
        return _dynamic((tag, change(exchange, value)), *more)

    return changed


def _other_tag(_: PaceExchange, turn: Turn) -> bytes:
    (tag, value), *more = turn.answer
    return _dynamic((tag + 1, value), *more)


def _twice(_: PaceExchange, turn: Turn) -> bytes:
    first, *more = turn.answer
    return _dynamic(first, (first[0], b""), *more)


def _trailing(exchange: PaceExchange, turn: Turn) -> bytes:
    return honest(exchange, turn) + b"\x00"


def _cut(exchange: PaceExchange, turn: Turn) -> bytes:
    return honest(exchange, turn)[:-1]


_ANY_STEP: tuple[tuple[str, str, Change], ...] = (
    ("empty", "9000 and no data", lambda _exchange, _turn: b""),
    ("garbage", "9000 and garbage", lambda _exchange, _turn: GARBAGE),
    ("hollow", "DO 7C with nothing in it", lambda _exchange, _turn: _dynamic()),
    ("other-tag", "the right value under another tag", _other_tag),
    ("twice", "the same data object twice, then empty", _twice),
    ("trailing", "a byte after DO 7C", _trailing),
    ("cut", "DO 7C without its last byte", _cut),
)


# --- public keys ------------------------------------------------------------------------------


def _neutral(exchange: PaceExchange, _: bytes) -> bytes:
    """Infinity (SEC 1 §2.3.3), or the number 1."""
    return b"\x00" if groups.is_elliptic(exchange.suite.group) else b"\x01"


def _outside(exchange: PaceExchange, key: bytes) -> bytes:
    """A point off the curve, or a number that is in no subgroup of order q."""
    if groups.is_elliptic(exchange.suite.group):
        return _flipped(exchange, key)
    return (int.from_bytes(key) + 1).to_bytes(exchange.suite.group.size)


def _small_order(exchange: PaceExchange, _: bytes) -> bytes:
    """Of order 2: (x, 0), on another curve with the same a and p; or p - 1."""
    group = exchange.suite.group
    if groups.is_elliptic(group):
        return group.generator.encode()[: 1 + group.size] + bytes(group.size)
    return (group.p - 1).to_bytes(group.size)


def _not_reduced(exchange: PaceExchange, key: bytes) -> bytes:
    """x + p, or y + p: the same residue, but no element of the field."""
    group = exchange.suite.group
    head, first = (key[:1], key[1 : 1 + group.size]) if groups.is_elliptic(group) else (b"", key)
    raised = int.from_bytes(first) + group.p
    size = max(group.size, (raised.bit_length() + 7) // 8)  # no longer than it must be
    return head + raised.to_bytes(size) + key[len(head) + len(first) :]


def _flipped(_: PaceExchange, value: bytes) -> bytes:
    return value[:-1] + bytes((value[-1] ^ 1,))


def _short(_: PaceExchange, value: bytes) -> bytes:
    return value[:-1]


_ANY_KEY: tuple[tuple[str, str, Callable[[PaceExchange, bytes], bytes]], ...] = (
    ("infinity", "a public key that is infinity, or 1", _neutral),
    ("outside", "a public key off the curve, or outside the subgroup", _outside),
    ("small-order", "a public key of order 2", _small_order),
    ("not-reduced", "a public key with p added", _not_reduced),
    ("short", "a public key without its last byte", _short),
)


def _mapped_infinity(exchange: PaceExchange, turn: Turn) -> bytes:
    """A mapping key with which s x G + H is infinity; it takes the terminal's private key.

    That is known where its random numbers are zeros: it is 1.
    """
    generator = exchange.suite.group.generator
    if turn.received != generator.encode():
        raise InputError("lie: the terminal's private mapping key must be 1, its random zeros")
    inverse = -(generator * int.from_bytes(exchange.nonce))
    return _dynamic((turn.answer[0][0], inverse.encode()))


def _echo(_: PaceExchange, turn: Turn) -> bytes:
    (tag, _value), *more = turn.answer
    return _dynamic((tag, turn.received), *more)


# --- chip authentication data -----------------------------------------------------------------


def _proof(change: Callable[[bytes, Group], bytes]) -> Change:
    """``change`` makes CA_IC out of the right one, before it is padded and encrypted."""

    def changed(exchange: PaceExchange, turn: Turn) -> bytes:
        suite = exchange.suite
        right = _data(exchange, _key(exchange))
        sealed = encrypted(suite, exchange.keys[0], change(right, suite.group))
        return _dynamic(turn.answer[0], (CHIP_AUTHENTICATION_DATA, sealed))

    return changed


def _sealed(change: Callable[[bytes], bytes]) -> Change:
    """``change`` makes the value of DO 8A out of the right one."""

    def changed(_: PaceExchange, turn: Turn) -> bytes:
        token, (tag, value) = turn.answer
        return _dynamic(token, (tag, change(value)))

    return changed


def _key(exchange: PaceExchange) -> StaticKey:
    assert exchange.key is not None  # noqa: S101 - these lies are told with CAM only
    return exchange.key


def _data(exchange: PaceExchange, key: StaticKey) -> bytes:
    return chip_authentication_data(key, exchange.map_secret, exchange.suite)


def _other_key(exchange: PaceExchange, turn: Turn) -> bytes:
    """What a copy of the files does, which lacks the private key."""
    suite, group = exchange.suite, exchange.suite.group
    other = StaticKey(group, _key(exchange).secret % (group.n - 1) + 1)
    sealed = encrypted(suite, exchange.keys[0], _data(exchange, other))
    return _dynamic(turn.answer[0], (CHIP_AUTHENTICATION_DATA, sealed))


def _not_padded(exchange: PaceExchange, turn: Turn) -> bytes:
    """Zeros in the place of the padding."""
    suite, data = exchange.suite, _data(exchange, _key(exchange))
    block = suite.cipher.block
    iv = ciphers.encrypt_block(suite.cipher, exchange.keys[0], b"\xff" * block)
    padded = data + bytes(block - len(data) % block)
    sealed = ciphers.encrypt(suite.cipher, exchange.keys[0], padded, iv)
    return _dynamic(turn.answer[0], (CHIP_AUTHENTICATION_DATA, sealed))


def _unasked(exchange: PaceExchange, turn: Turn) -> bytes:
    sealed = encrypted(exchange.suite, exchange.keys[0], bytes(exchange.suite.group.size))
    return _dynamic(turn.answer[0], (CHIP_AUTHENTICATION_DATA, sealed))


# --- the table --------------------------------------------------------------------------------

_WITH_KEYS = (GM, CAM)

_TABLE: dict[str, Lie] = {
    "nonce-length": Lie(NONCE, "a nonce that is no number of blocks", _value(_short)),
    "nonce-none": Lie(NONCE, "a nonce of no bytes", _value(lambda _exchange, _value: b"")),
    "nonce-block": Lie(
        NONCE,
        "a nonce with a block more than integrated mapping has",
        _value(lambda exchange, value: value + bytes(exchange.suite.cipher.block)),
        (IM,),
    ),
    "mapped-infinity": Lie(
        MAP,
        "a mapping key with which the generator becomes infinity, for a terminal whose private"
        " mapping key is 1",
        _mapped_infinity,
        _WITH_KEYS,
    ),
    "map-not-empty": Lie(
        MAP,
        "mapping data although integrated mapping has none",
        _value(lambda exchange, _value: exchange.suite.group.generator.encode()),
        (IM,),
    ),
    "own-key-echo": Lie(AGREE, "the terminal's own public key", _echo),
    "wrong-token": Lie(CONFIRM, "a token with one bit changed", _value(_flipped)),
    "token-echo": Lie(CONFIRM, "the terminal's own token", _echo),
    "token-short": Lie(CONFIRM, "a token of seven bytes", _value(_short)),
    "cam-other-key": Lie(
        CONFIRM, "CA_IC of another key than EF.CardSecurity shows", _other_key, (CAM,)
    ),
    "cam-zero": Lie(
        CONFIRM, "CA_IC is zero", _proof(lambda data, _group: bytes(len(data))), (CAM,)
    ),
    "cam-order": Lie(
        CONFIRM,
        "CA_IC is the order of the group",
        _proof(lambda data, group: group.n.to_bytes(len(data))),
        (CAM,),
    ),
    "cam-long": Lie(
        CONFIRM,
        "CA_IC with a zero before it",
        _proof(lambda data, _group: b"\x00" + data),
        (CAM,),
    ),
    "cam-short": Lie(
        CONFIRM, "CA_IC without its last byte", _proof(lambda data, _group: data[:-1]), (CAM,)
    ),
    "cam-padding": Lie(CONFIRM, "CA_IC padded with zeros", _not_padded, (CAM,)),
    "cam-garbage": Lie(CONFIRM, "garbage in DO 8A", _sealed(lambda _value: GARBAGE * 3), (CAM,)),
    "cam-ragged": Lie(
        CONFIRM, "DO 8A is no number of blocks", _sealed(lambda value: value[:-1]), (CAM,)
    ),
    "cam-empty": Lie(CONFIRM, "DO 8A without content", _sealed(lambda _value: b""), (CAM,)),
    "cam-missing": Lie(
        CONFIRM, "no DO 8A", lambda _exchange, turn: _dynamic(turn.answer[0]), (CAM,)
    ),
    "cam-unasked": Lie(CONFIRM, "DO 8A in another mapping", _unasked, (GM, IM)),
}

LIES: Mapping[str, Lie] = MappingProxyType(
    _TABLE
    | {
        f"{step}-{name}": Lie(step, about, change)
        for step in STEPS
        for name, about, change in _ANY_STEP
    }
    | {
        f"{step}-{name}": Lie(step, about, _value(change), mappings)
        for step, mappings in ((MAP, _WITH_KEYS), (AGREE, PACE_MAPPINGS))
        for name, about, change in _ANY_KEY
    }
)
