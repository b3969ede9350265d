"""A card inside a session whose plain answers a test decides. Its secure messaging is the sim's."""

from collections.abc import Callable
from dataclasses import dataclass, field

from epass import asn1, tlv
from epass.card.apdu import Channel, Command, Response
from epass.card.secure import ChipSession, SecureChannel
from epass.crypto import ciphers, ec, modp
from epass.crypto.ciphers import Cipher
from epass.crypto.group import Element, Group
from epass.errors import StatusError
from epass.lds.security_infos import (
    CHIP_PROTOCOLS,
    ID_CA,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    KeyAgreement,
    SecurityInfos,
)
from epass.sim.messaging import Session

MSE, GENERAL_AUTHENTICATE, SELECT, INTERNAL_AUTHENTICATE = 0x22, 0x86, 0xA4, 0x88
SET_KAT, SET_AT = (0x41, 0xA6), (0x41, 0xA4)
AGREED = bytes.fromhex("7C00")
OK = Response()


@dataclass
class Card:
    """``answer`` gives the plain answer to a plain command; None ends the session, status 6988.

    A session that ``answer`` puts into ``next`` begins after that answer.
    """

    answer: Callable[["Card", Command], Response | None]
    cipher: Cipher = Cipher.AES_128
    commands: list[Command] = field(default_factory=list)
    next: Session | None = None

    def __post_init__(self) -> None:
        self._session: Session | None = Session(self.cipher, *self._keys)

    def channel(self, link: Channel | None = None) -> SecureChannel:
        """The reader's end; ``link`` stands between it and the card, if it is given."""
        return SecureChannel(link or self, ChipSession(self.cipher, *self._keys))

    @property
    def _keys(self) -> tuple[bytes, bytes]:
        key = bytes(range(self.cipher.key_size))
        return key, key[::-1]

    @property
    def apdus(self) -> list[bytes]:
        return [command.encode() for command in self.commands]

    def transmit(self, command: Command) -> Response:
        session = self._session
        if session is None:
            return Response(sw=0x6988)
        try:
            plain = session.unprotect(command)
        except StatusError as refusal:
            self._session = None
            return Response(sw=refusal.sw)
        self.commands.append(plain)
        answer = self.answer(self, plain)
        if answer is None:
            self._session = None
            return Response(sw=0x6988)
        protected = session.protect(answer, plain.ins)
        self._session, self.next = self.next or session, None
        return protected


def curve_named(name: str) -> ec.Curve:
    curve = ec.by_name(name)
    assert curve is not None
    return curve


P_224, P_256 = curve_named("P-224"), curve_named("P-256")


def secrets_of(value: int) -> Callable[[int], bytes]:
    """Randomness that makes every secret scalar ``value``."""
    return (value - 1).to_bytes


STATIC, OURS = 0x1234567, 0x7654321  # secret scalars of the chip and of the reader


class Agreeing:
    """A chip that runs chip authentication with ``STATIC``; ``refuse`` may give a status word."""

    def __init__(
        self,
        group: Group,
        cipher: Cipher,
        refuse: Callable[[Command], int | None] = lambda _: None,
        answered: bytes = AGREED,
    ) -> None:
        self.group = group
        self.cipher = cipher
        self.refuse = refuse
        self.answered = answered
        self.chain = b""

    def __call__(self, card: Card, command: Command) -> Response:
        sw = self.refuse(command)
        if sw is not None:
            self.chain = b""
            return Response(sw=sw)
        if (command.ins, command.p1, command.p2) == (MSE, *SET_KAT):
            self.agree(card, tlv.parse(command.data, where="KAT")[0].value)
        if command.ins != GENERAL_AUTHENTICATE:
            return OK
        self.chain += command.data
        if command.cla & 0x10:
            return OK
        template = tlv.parse_one(self.chain, 0x7C, where="GA")
        self.agree(card, template.require(0x80).value)
        return Response(self.answered)

    def agree(self, card: Card, public: bytes) -> None:
        shared = (self.group.decode(public, where="chip") * STATIC).shared_secret
        card.next = Session(self.cipher, *ciphers.derive_keys(shared, self.cipher))


def static(group: Group) -> asn1.PublicKey:
    public: Element = group.generator * STATIC
    if isinstance(group, modp.ModpGroup):
        return asn1.DhKey(group.p, group.g, group.q, int.from_bytes(public.encode()))
    assert isinstance(group, ec.Curve)
    return asn1.EcKey(group.oid, public.encode())


def key_info(
    group: Group, key_id: int | None = None, key: asn1.PublicKey | None = None
) -> ChipAuthenticationPublicKeyInfo:
    kind = KeyAgreement.ECDH if isinstance(group, ec.Curve) else KeyAgreement.DH
    return ChipAuthenticationPublicKeyInfo(kind, key or static(group), key_id)


def protocol_info(suffix: str, key_id: int | None = None) -> ChipAuthenticationInfo:
    return ChipAuthenticationInfo(CHIP_PROTOCOLS[f"{ID_CA}.{suffix}"], 1, key_id)


def infos(*items: ChipAuthenticationInfo | ChipAuthenticationPublicKeyInfo) -> SecurityInfos:
    return SecurityInfos(items, b"")


def mechanisms(card: Card) -> list[str]:
    """The last two arcs of the protocol in each MSE:Set AT, and KAT."""
    sent = []
    for command in card.commands:
        if command.ins == MSE:
            oid = tlv.parse(command.data, where="MSE")[0].value
            at = (command.p1, command.p2) == SET_AT
            sent.append(f"{oid[-2]}.{oid[-1]}" if at else "KAT")
    return sent
