"""Chips that break PACE: each fault by its reason, and nothing sent after it."""

import pytest
from card_wire import drawn
from vector_files import raw, vectors

from epass import tlv
from epass.card import pace
from epass.card.apdu import Command, Response
from epass.card.keys import Can, Key, MrzKey
from epass.card.pace import Suite
from epass.card.trace import ReplayChannel, Trace
from epass.crypto import ciphers, ec
from epass.crypto.ciphers import Cipher
from epass.errors import AccessDeniedError, CardError, ProtocolError, StatusError
from epass.lds.security_infos import PACE_PROTOCOLS

G1 = vectors("doc9303-pace")["pace-gm-ecdh"]
KEY = MrzKey(G1["MRZ_information"])
CURVE = ec.CURVES[5]
SUITE = Suite(PACE_PROTOCOLS["0.4.0.127.0.7.2.2.4.2.2"], CURVE, named=False)
STEPS = ("mse_set_at", "ga1", "ga2", "ga3", "ga4")
NAMES = {
    "mse_set_at": "PACE set-up (MSE:Set AT)",
    "ga1": "PACE nonce",
    "ga2": "PACE mapping",
    "ga3": "PACE key agreement",
    "ga4": "PACE token",
}
SCALARS = [
    int.from_bytes(raw(G1, name)) for name in ("map_terminal_private", "ka_terminal_private")
]


def run_until(step: str, answers: dict[str, Response], key: Key = KEY) -> ReplayChannel:
    """PACE with a chip that answers as in Appendix G.1 but for ``answers``, up to ``step``.

    The replay refuses any command after that step, by an error that no test here expects.
    """
    exchanges = []
    for name in STEPS[: STEPS.index(step) + 1]:
        command = Command.parse(raw(G1, f"capdu_{name}"))
        recorded = Response.parse(raw(G1, f"rapdu_{name}"))
        exchanges.append((command, answers.get(name, recorded)))
    if isinstance(key, Can):
        command = exchanges[0][0]
        exchanges[0] = (
            Command(command.ins, command.p1, command.p2, command.data[:-1] + b"\x02"),
            exchanges[0][1],
        )
    draws = tuple(drawn(CURVE, scalar) for scalar in SCALARS)
    channel = ReplayChannel(Trace({}, tuple(exchanges), draws))
    pace.authenticate(channel, key, SUITE, random=channel.random)
    return channel


def assert_fault(kind: type[CardError], message: str, step: str, **answers: Response) -> CardError:
    with pytest.raises(CardError) as caught:
        run_until(step, answers)
    assert type(caught.value) is kind
    assert caught.value.message == message
    return caught.value


def dynamic(*objects: tuple[int, bytes]) -> Response:
    return Response(tlv.build(0x7C, [tlv.build(tag, value) for tag, value in objects]))


def test_without_a_fault_the_appendix_runs_through() -> None:
    run_until("ga4", {}).finish()


# --- status words -----------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS[:4])
@pytest.mark.parametrize("sw", [0x6300, 0x63C1, 0x6982, 0x6985, 0x6A80, 0x6A88, 0x6283])
def test_refused_before_the_key_matters(step: str, sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        run_until(step, {step: Response(dynamic((0x80, bytes(16))).data, sw)})
    assert caught.value.facts == {"action": NAMES[step], "sw": f"{sw:04X}"}


REJECTIONS = {
    0x6300: ("authentication failed", None),
    0x63C2: ("2 attempts left", 2),
    0x63C0: ("0 attempts left", 0),
    0x6982: ("security status not satisfied", None),
    0x6983: ("authentication method blocked", 0),
    0x6A80: ("incorrect data", None),
    0x6F00: ("no precise diagnosis", None),
}


@pytest.mark.parametrize("sw", REJECTIONS, ids=hex)
def test_refused_at_the_token_is_a_rejected_key(sw: int) -> None:
    meaning, left = REJECTIONS[sw]
    error = assert_fault(
        AccessDeniedError,
        f"PACE: the chip rejects this key (status {sw:04X}, {meaning})",
        "ga4",
        ga4=Response(sw=sw),
    )
    assert error.facts == {"protocol": "PACE", "sw": f"{sw:04X}", "attempts_left": left}


# --- data objects -----------------------------------------------------------------------------

TAGS = {"ga1": 0x80, "ga2": 0x82, "ga3": 0x84, "ga4": 0x86}


@pytest.mark.parametrize("step", TAGS)
def test_the_wrong_data_objects(step: str) -> None:
    tag = TAGS[step]
    good = (tag, tlv.parse_one(raw(G1, f"rapdu_{step}")[:-2], 0x7C, where="").children()[0].value)
    not_alone = f"{NAMES[step]}: the answer is not the data object {tag:02X} alone"
    if step == "ga4":  # §4.4.5 table 4: it may have more, in this order
        not_alone = f"{NAMES[step]}: the answer is not the data objects 86, [87], [88], [8A]"
    wrong = {
        "missing": (dynamic(), not_alone),
        "other": (dynamic((tag + 1, good[1])), not_alone),
        "twice": (dynamic(good, good), not_alone),
        "followed by another": (dynamic(good, (0x89, b"another")), not_alone),
        "empty answer": (Response(), f"{NAMES[step]}: empty"),
        "another template": (
            Response(b"\x7d" + dynamic(good).data[1:]),
            f"{NAMES[step]}: the tag is 7D, not 7C",
        ),
        "trailing": (
            Response(dynamic(good).data + b"\x00"),
            f"{NAMES[step]}: 1 bytes after the end",
        ),
        "truncated": (
            Response(dynamic(good).data[:-1]),
            f"{NAMES[step]}: {len(dynamic(good).data) - 2} bytes declared, "
            f"{len(dynamic(good).data) - 3} are there",
        ),
        "overlong inside": (
            Response(tlv.build(0x7C, bytes((tag, 0x10, 0x00)))),
            f"{NAMES[step]}: 16 bytes declared, 1 are there",
        ),
    }
    for answer, message in wrong.values():
        assert_fault(ProtocolError, message, step, **{step: answer})


@pytest.mark.parametrize("size", [0, 8, 15, 17, 24, 31, 33, 64])
def test_a_nonce_of_another_length(size: int) -> None:
    message = f"PACE nonce: {size} bytes, not 16 or 32"
    assert_fault(ProtocolError, message, "ga1", ga1=dynamic((0x80, bytes(size))))


# --- points -----------------------------------------------------------------------------------


def public(scalar: int) -> bytes:
    return (CURVE.generator * scalar).encode()


NOT_UNCOMPRESSED = "not an uncompressed point of brainpoolP256r1"
NOT_ON_CURVE = "not a point of brainpoolP256r1"
BAD_POINTS = {
    "empty": (b"", NOT_UNCOMPRESSED),
    "infinity": (b"\x00", NOT_UNCOMPRESSED),
    "x only": (public(5)[1:33], NOT_UNCOMPRESSED),
    "compressed": (bytes((2 + public(5)[-1] % 2,)) + public(5)[1:33], NOT_UNCOMPRESSED),
    "hybrid": (bytes((6 + public(5)[-1] % 2,)) + public(5)[1:], NOT_UNCOMPRESSED),
    "a byte less": (public(5)[:-1], NOT_UNCOMPRESSED),
    "a byte more": (public(5) + b"\x00", NOT_UNCOMPRESSED),
    "of a smaller curve": (ec.CURVES[0].generator.encode(), NOT_UNCOMPRESSED),
    "of another curve": (ec.CURVES[4].generator.encode(), NOT_ON_CURVE),
    "off the curve": (public(5)[:-1] + bytes((public(5)[-1] ^ 1,)), NOT_ON_CURVE),
    "zero": (b"\x04" + bytes(64), NOT_ON_CURVE),
    "beyond the field": (b"\x04" + bytes((0xFF,)) * 64, NOT_ON_CURVE),
}


@pytest.mark.parametrize("step", ["ga2", "ga3"])
@pytest.mark.parametrize("point", BAD_POINTS)
def test_a_public_key_that_is_none(step: str, point: str) -> None:
    encoded, problem = BAD_POINTS[point]
    message = f"{NAMES[step]}: {problem}"
    assert_fault(ProtocolError, message, step, **{step: dynamic((TAGS[step], encoded))})


@pytest.mark.parametrize(
    ("step", "ours"), [("ga2", "map_terminal_public"), ("ga3", "ka_terminal_public")]
)
def test_our_own_public_key_comes_back(step: str, ours: str) -> None:
    message = f"{NAMES[step]}: the chip returned our own public key"
    echo = dynamic((TAGS[step], b"\x04" + raw(G1, ours)))
    assert_fault(ProtocolError, message, step, **{step: echo})


INFINITY = "PACE mapping: the mapped generator is the neutral element"


def test_a_chip_that_maps_to_infinity() -> None:
    """It knows s and, which no real chip does, our secret: H becomes the negative of s x G."""
    nonce = int.from_bytes(raw(G1, "nonce_s"))
    hostile = -nonce * pow(SCALARS[0], -1, CURVE.n) % CURVE.n
    answer = dynamic((0x82, public(hostile)))
    assert_fault(ProtocolError, INFINITY, "ga2", ga2=answer)


def test_a_nonce_that_is_zero() -> None:
    """s x G is infinity; H alone would be a generator that whoever disturbs the link knows."""
    encrypted = ciphers.encrypt(Cipher.AES_128, raw(G1, "K_pi"), bytes(16))
    assert_fault(ProtocolError, INFINITY, "ga2", ga1=dynamic((0x80, encrypted)))


# --- the token --------------------------------------------------------------------------------

TOKEN = raw(G1, "T_IC")


@pytest.mark.parametrize(
    "token",
    [
        TOKEN[:-1] + bytes((TOKEN[-1] ^ 1,)),
        TOKEN[:-1],
        TOKEN + b"\x00",
        b"",
        bytes(8),
        raw(G1, "T_IFD"),  # our own token, sent back
    ],
)
def test_a_chip_that_does_not_prove_the_key(token: bytes) -> None:
    error = assert_fault(
        AccessDeniedError,
        "PACE: the chip does not prove that it knows the MRZ",
        "ga4",
        ga4=dynamic((0x86, token)),
    )
    assert error.facts == {"protocol": "PACE", "sw": None, "attempts_left": None}


def test_it_is_said_which_key_was_not_proved() -> None:
    """The chip encrypts the nonce for this CAN, but its token is of another exchange."""
    key = Can("123456")
    k_pi = ciphers.kdf(key.secret, ciphers.PASSWORD, Cipher.AES_128)
    encrypted = ciphers.encrypt(Cipher.AES_128, k_pi, raw(G1, "nonce_s"))
    answers = {"ga1": dynamic((0x80, encrypted)), "ga4": dynamic((0x86, bytes(8)))}
    with pytest.raises(AccessDeniedError, match="does not prove that it knows the CAN"):
        run_until("ga4", answers, key)


# --- what may come with the token -------------------------------------------------------------

AUTHORITIES = (0x87, b"UTCVCA00002"), (0x88, b"UTCVCA00001")


@pytest.mark.parametrize("more", [AUTHORITIES[:1], AUTHORITIES[1:], AUTHORITIES])
def test_names_of_authorities_beside_the_token(more: tuple[tuple[int, bytes], ...]) -> None:
    """§4.4.5: of terminal authentication, which epass does not ask for."""
    run_until("ga4", {"ga4": dynamic((0x86, TOKEN), *more)}).finish()


def test_the_proof_of_another_mapping_beside_the_token() -> None:
    answer = dynamic((0x86, TOKEN), (0x8A, bytes(32)))
    message = "PACE chip authentication data: present, but not of this mapping"
    assert_fault(ProtocolError, message, "ga4", ga4=answer)
