"""PACE: Appendix G.1 and a recorded session to the byte, the choice among what a chip offers."""

from collections.abc import Sequence
from itertools import permutations

import pytest
from card_wire import drawn, scripted
from vector_files import Fields, raw, vectors

from epass import tlv
from epass.card import pace
from epass.card.apdu import Command, Response
from epass.card.keys import Can, MrzKey
from epass.card.pace import Suite
from epass.card.secure import ChipSession
from epass.card.trace import ReplayChannel, Trace
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import CURVES
from epass.errors import StatusError, UnsupportedError
from epass.lds.security_infos import PACE_PROTOCOLS, PaceInfo, SecurityInfos
from epass.sim import messaging
from epass.sim.pace import PaceSuite

PACE = vectors("doc9303-pace")
G1, NZ = PACE["pace-gm-ecdh"], PACE["pace-gm-ecdh-3des-nz"]
KEY = MrzKey(G1["MRZ_information"])
CURVE = CURVES[5]  # brainpoolP256r1, which both use
READ = Command(0xB0, 0x9E, 0, le=4)

Exchange = tuple[Command, Response]


def exchange(command: str, response: str) -> Exchange:
    return Command.parse(bytes.fromhex(command)), Response.parse(bytes.fromhex(response))


def recorded(fields: Fields, *steps: str) -> list[Exchange]:
    return [exchange(fields[f"capdu_{step}"], fields[f"rapdu_{step}"]) for step in steps]


def suite_of(fields: Fields) -> Suite:
    return pace.choose(SecurityInfos.parse(raw(fields, "EF_CardAccess")).pace)


def replay(fields: Fields, exchanges: Sequence[Exchange]) -> ReplayChannel:
    private = (raw(fields, "map_terminal_private"), raw(fields, "ka_terminal_private"))
    draws = tuple(drawn(CURVE, int.from_bytes(scalar)) for scalar in private)
    return ReplayChannel(Trace({}, tuple(exchanges), draws))


def first_read(fields: Fields, cipher: Cipher) -> Exchange:
    """A command and its answer under the session keys of the vector, the answer by the simulator's
    own secure messaging."""
    keys = raw(fields, "KS_enc"), raw(fields, "KS_mac")
    chip = messaging.Session(cipher, *keys)
    protected = ChipSession(cipher, *keys).protect(READ)
    assert chip.unprotect(protected) == READ
    return protected, chip.protect(Response(b"data"), READ.ins)


def test_appendix_g1() -> None:
    suite = suite_of(G1)
    assert suite == Suite(suite.protocol, CURVE, named=False)
    assert suite.cipher is Cipher.AES_128
    steps = recorded(G1, "mse_set_at", "ga1", "ga2", "ga3", "ga4")
    channel = replay(G1, [*steps, first_read(G1, Cipher.AES_128)])
    opened = pace.authenticate(channel, KEY, suite, random=channel.random)
    assert opened.channel.transmit(READ) == Response(b"data")
    channel.finish()


def test_a_nonce_of_32_bytes() -> None:
    """§4.4.3.3 leaves the length open; with leading zeros the number is that of Appendix G.1."""
    k_pi, nonce = raw(G1, "K_pi"), bytes(16) + raw(G1, "nonce_s")
    encrypted = ciphers.encrypt(Cipher.AES_128, k_pi, nonce)
    steps = recorded(G1, "mse_set_at", "ga1", "ga2", "ga3", "ga4")
    steps[1] = steps[1][0], Response(tlv.build(0x7C, tlv.build(0x80, encrypted)))
    suite = suite_of(G1)
    channel = replay(G1, steps)
    pace.authenticate(channel, KEY, suite, random=channel.random)
    channel.finish()


def test_a_recorded_session_with_3des() -> None:
    """The vector has the nonce but, so as not to identify a document, not the key that encrypted
    it: another key stands for it here, and every other byte is as recorded."""
    offered = suite_of(NZ)
    assert offered == Suite(offered.protocol, CURVE, named=False)
    assert offered.cipher is Cipher.TDES
    suite = Suite(offered.protocol, CURVE, named=True)
    k_pi = ciphers.kdf(KEY.secret, ciphers.PASSWORD, Cipher.TDES)
    encrypted = ciphers.encrypt(Cipher.TDES, k_pi, raw(NZ, "nonce_s"))
    token = tlv.build(0x7C, tlv.build(0x85, raw(NZ, "T_IFD")))
    steps = [
        exchange(NZ["capdu_mse_set_at"], "9000"),
        (
            Command.parse(bytes.fromhex(G1["capdu_ga1"])),
            Response(tlv.build(0x7C, tlv.build(0x80, encrypted))),
        ),
        *recorded(NZ, "ga2", "ga3"),
        (Command(0x86, 0, 0, token, 256), Response.parse(raw(NZ, "rapdu_ga4"))),
        first_read(NZ, Cipher.TDES),
    ]
    channel = replay(NZ, steps)
    opened = pace.authenticate(channel, KEY, suite, random=channel.random)
    assert opened.channel.transmit(READ) == Response(b"data")
    channel.finish()


def test_the_can_is_asked_for_by_its_reference() -> None:
    steps = [exchange("0022C1A40F800A04007F00070202040202830102", "6A88")]
    channel = ReplayChannel(Trace({}, tuple(steps), ()))
    with pytest.raises(StatusError) as caught:
        pace.authenticate(channel, Can("123456"), suite_of(G1), random=scripted())
    assert caught.value.message == (
        "PACE set-up (MSE:Set AT): the chip answers 6A88 (referenced data not found)"
    )


# --- the choice -------------------------------------------------------------------------------

DH_GM, ECDH_GM, DH_IM, ECDH_IM, ECDH_CAM = 1, 2, 3, 4, 6
TDES, AES_128, AES_192, AES_256 = 1, 2, 3, 4


def info(group: int, cipher: int, parameter_id: int | None) -> PaceInfo:
    return PaceInfo(PACE_PROTOCOLS[f"0.4.0.127.0.7.2.2.4.{group}.{cipher}"], parameter_id)


# The weaker of cipher and group decides: 80 bits, 96, 112, 128, 192, 256.
WEAKEST_FIRST = (
    info(ECDH_GM, TDES, 18),
    info(DH_GM, AES_256, 0),  # AES, although no more is to be had of its group
    info(ECDH_GM, AES_128, 8),
    info(ECDH_GM, AES_256, 8),
    info(ECDH_GM, AES_192, 10),
    info(ECDH_GM, AES_128, 12),
    info(ECDH_GM, AES_128, 18),
    info(ECDH_GM, AES_192, 12),
    info(ECDH_GM, AES_192, 15),
    info(ECDH_GM, AES_256, 18),
)


@pytest.mark.parametrize("count", range(1, len(WEAKEST_FIRST) + 1))
def test_the_strongest_is_chosen_whatever_the_order(count: int) -> None:
    strongest = WEAKEST_FIRST[count - 1]
    for offered in permutations(WEAKEST_FIRST[max(0, count - 5) : count]):
        chosen = pace.choose(offered)
        assert (chosen.protocol, chosen.group.parameter_id) == (
            strongest.protocol,
            strongest.parameter_id,
        )


def test_the_simulator_weighs_them_alike() -> None:
    labels = {
        protocol: (item.cipher.label, item.mapping.value)
        for protocol, item in PACE_PROTOCOLS.items()
    }
    simulated = []
    for item in IN_ORDER:
        cipher, mapping = labels[item.protocol.oid]
        assert item.parameter_id is not None
        simulated.append(PaceSuite.named(cipher, item.parameter_id, mapping))
    assert sorted(simulated, key=lambda suite: suite.strength, reverse=True) == simulated


@pytest.mark.parametrize(
    ("offered", "named"),
    [
        ([info(ECDH_GM, AES_128, 13)], False),
        ([info(ECDH_GM, AES_128, 13), info(ECDH_GM, TDES, 13)], False),
        ([info(ECDH_GM, AES_128, 13), info(ECDH_IM, AES_128, 13)], False),
        ([info(ECDH_GM, AES_128, 13), info(ECDH_GM, AES_128, 16)], True),
        ([info(ECDH_GM, AES_128, 13), info(ECDH_GM, TDES, 12)], True),
        ([info(ECDH_GM, AES_128, 13), info(DH_GM, AES_128, 0)], True),
        ([info(ECDH_GM, AES_128, 13), info(ECDH_CAM, AES_128, None)], True),
    ],
)
def test_parameters_are_named_where_the_chip_has_several(
    offered: list[PaceInfo], named: bool
) -> None:
    suite = pace.choose(offered)
    assert suite.named is named
    expected = "800A04007F00070202040202830101" + ("84010D" if named else "")
    if suite.group.parameter_id == 16:
        expected = expected[:-2] + "10"
    refused = (Command(0x22, 0xC1, 0xA4, bytes.fromhex(expected)), Response(sw=0x6A80))
    with pytest.raises(StatusError, match="6A80"):
        pace.authenticate(ReplayChannel(Trace({}, (refused,), ())), KEY, suite, random=scripted())


UNSUPPORTED = {
    "ECDH-GM-AES-128 with parameters None": info(ECDH_GM, AES_128, None),
    "ECDH-GM-AES-128 with parameters 7": info(ECDH_GM, AES_128, 7),
    "ECDH-CAM-AES-192 with parameters 19": info(ECDH_CAM, AES_192, 19),
    "ECDH-GM-AES-256 with parameters 268435456": info(ECDH_GM, AES_256, 1 << 28),
    "ECDH-GM-3DES with parameters 0": info(ECDH_GM, TDES, 0),  # the group is of DH
    "DH-GM-AES-128 with parameters 13": info(DH_GM, AES_128, 13),  # the curve is of ECDH
    "DH-IM-3DES with parameters 3": info(DH_IM, TDES, 3),
    "ECDH-IM-AES-256 with parameters 10": info(ECDH_IM, AES_256, 10),  # table 12, note
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_not_supported_is_skipped_or_named(name: str) -> None:
    supported = info(ECDH_GM, TDES, 8)
    assert pace.choose([UNSUPPORTED[name], supported]).protocol is supported.protocol
    with pytest.raises(UnsupportedError) as caught:
        pace.choose([UNSUPPORTED[name]])
    assert caught.value.message == f"the chip offers PACE only as {name}"


def test_everything_that_is_not_supported_is_named_once() -> None:
    offered = [UNSUPPORTED[name] for name in list(UNSUPPORTED)[-3:]]
    with pytest.raises(UnsupportedError) as caught:
        pace.choose([*offered, *offered])
    assert caught.value.message == (
        "the chip offers PACE only as DH-GM-AES-128 with parameters 13, "
        "DH-IM-3DES with parameters 3, ECDH-IM-AES-256 with parameters 10"
    )


# By the weaker of cipher and group, then the cipher, then the group; among equals CAM, GM, IM, and
# curves before DH.
IN_ORDER = (
    info(ECDH_CAM, AES_192, 18),
    info(ECDH_CAM, AES_256, 12),
    info(ECDH_GM, AES_256, 12),
    info(ECDH_IM, AES_256, 12),
    info(ECDH_CAM, AES_128, 18),
    info(ECDH_GM, AES_256, 10),
    info(DH_GM, AES_256, 2),
    info(DH_IM, AES_256, 1),
    info(DH_IM, AES_128, 2),
    info(ECDH_GM, AES_256, 8),
    info(DH_GM, AES_256, 0),
    info(ECDH_IM, TDES, 18),
    info(DH_GM, TDES, 2),
)


@pytest.mark.parametrize("turn", range(len(IN_ORDER)))
def test_all_that_both_sides_know_the_strongest_first(turn: int) -> None:
    offered = [*IN_ORDER[turn:], *UNSUPPORTED.values(), *IN_ORDER[:turn]]
    for order in (offered, offered[::-1]):
        suites = pace.suites(order)
        found = [PaceInfo(suite.protocol, suite.group.parameter_id) for suite in suites]
        assert found == list(IN_ORDER)
        assert all(suite.named for suite in suites)
        assert pace.choose(order) == suites[0]
        assert pace.unusable(order) == tuple(sorted(UNSUPPORTED))


def test_equals_keep_the_order_of_the_chip() -> None:
    nist, brainpool = info(ECDH_GM, AES_128, 12), info(ECDH_GM, AES_128, 13)
    for offered in ([nist, brainpool], [brainpool, nist]):
        ids = [suite.group.parameter_id for suite in pace.suites(offered)]
        assert ids == [one.parameter_id for one in offered]


def test_nothing_known_is_an_empty_list() -> None:
    assert pace.suites(UNSUPPORTED.values()) == ()
    assert pace.suites([]) == ()
    assert pace.unusable(IN_ORDER) == ()
