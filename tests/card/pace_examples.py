"""The worked examples of PACE, Doc 9303-11 Appendices G to I, as sessions that can be replayed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from card_wire import drawn
from vector_files import Fields, raw, vectors

from epass import tlv
from epass.card import pace
from epass.card.apdu import Command, Response
from epass.card.keys import Can, Key, MrzKey
from epass.card.pace import PaceResult, Suite
from epass.card.trace import ReplayChannel, Trace
from epass.crypto import ec, modp
from epass.crypto.group import Group
from epass.lds.security_infos import PACE_PROTOCOLS, SecurityInfos

PACE = vectors("doc9303-pace")
STEPS = ("mse_set_at", "ga1", "ga2", "ga3", "ga4")
NAMES = {
    "mse_set_at": "PACE set-up (MSE:Set AT)",
    "ga1": "PACE nonce",
    "ga2": "PACE mapping",
    "ga3": "PACE key agreement",
    "ga4": "PACE token",
}

Exchange = tuple[Command, Response]


def dynamic(*objects: tuple[int, bytes]) -> Response:
    """An answer to GENERAL AUTHENTICATE, §4.4.5."""
    return Response(tlv.build(0x7C, [tlv.build(tag, value) for tag, value in objects]))


def request(tag: int, value: bytes, cla: int = 0x10) -> Command:
    return Command(0x86, 0, 0, tlv.build(0x7C, tlv.build(tag, value)), 256, cla)


@dataclass(frozen=True)
class Example:
    """One session: what goes over the link at each step, and what the reader draws."""

    fields: Fields
    key: Key
    suite: Suite
    exchanges: Mapping[str, Exchange]
    draws: tuple[bytes, ...] = field(repr=False)

    def channel(self, until: str = STEPS[-1], **answers: Response) -> ReplayChannel:
        """A chip that answers as printed but for ``answers``, and nothing after ``until``."""
        exchanges = [
            (self.exchanges[step][0], answers.get(step, self.exchanges[step][1]))
            for step in STEPS[: STEPS.index(until) + 1]
        ]
        return ReplayChannel(Trace({}, tuple(exchanges), self.draws))

    def run(self, channel: ReplayChannel) -> PaceResult:
        return pace.authenticate(channel, self.key, self.suite, random=channel.random)


def printed(name: str, trailer: str = "") -> Example:
    """An example whose APDUs are printed; ``trailer`` is missing from the last of them."""
    fields = PACE[name]
    exchanges = {
        step: (
            Command.parse(raw(fields, f"capdu_{step}")),
            Response.parse(
                bytes.fromhex(fields[f"rapdu_{step}"] + (trailer if step == "ga4" else ""))
            ),
        )
        for step in STEPS
    }
    suite = pace.choose(SecurityInfos.parse(raw(fields, "EF_CardAccess")).pace)
    draws = tuple(
        drawn(suite.group, int(fields[f"{use}_terminal_private"], 16)) for use in ("map", "ka")
    )
    return Example(fields, MrzKey(fields["MRZ_information"]), suite, exchanges, draws)


def composed(name: str, group: Group, order: int, prefix: bytes = b"") -> Example:
    """An example of Appendix H, which prints no APDUs; ``prefix`` stands before public keys."""
    fields = PACE[name]
    oid = raw(fields, "oid")
    template = b"\x80\x0a" + oid + b"\x83\x01\x02"
    public = {side: prefix + raw(fields, f"{side}_public") for side in ("terminal", "chip")}
    exchanges = {
        "mse_set_at": (Command(0x22, 0xC1, 0xA4, template), Response()),
        "ga1": (
            Command(0x86, 0, 0, b"\x7c\x00", 256, 0x10),
            dynamic((0x80, raw(fields, "nonce_z"))),
        ),
        "ga2": (request(0x81, raw(fields, "nonce_t")), Response(b"\x7c\x02\x82\x00")),
        "ga3": (request(0x83, public["terminal"]), dynamic((0x84, public["chip"]))),
        "ga4": (request(0x85, raw(fields, "T_IFD"), 0), dynamic((0x86, raw(fields, "T_IC")))),
    }
    protocol = PACE_PROTOCOLS[f"0.4.0.127.0.7.2.2.4.{oid[-2]}.{oid[-1]}"]
    scalar = int(fields["terminal_private"], 16) % order  # that of H.2 is longer than the order
    draws = raw(fields, "nonce_t"), drawn(group, scalar)
    return Example(fields, Can(fields["password"]), Suite(protocol, group, False), exchanges, draws)


CURVE, GROUP = ec.CURVES[5], modp.GROUPS[0]

GM_ECDH = printed("pace-gm-ecdh")
GM_DH = printed("pace-gm-dh", trailer="9000")
IM_ECDH = composed("pace-im-ecdh", CURVE, CURVE.n, b"\x04")
IM_DH = composed("pace-im-dh", GROUP, GROUP.q)
CAM_ECDH = printed("pace-cam-ecdh")
EXAMPLES = {"G.1": GM_ECDH, "G.2": GM_DH, "H.1": IM_ECDH, "H.2": IM_DH, "I.1": CAM_ECDH}
