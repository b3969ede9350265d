"""The table of quirks: what each of them cannot be without, and that all others go together."""

from itertools import combinations

import pytest
from pace_terminal import pace
from proof_terminal import agreement_key, offering
from sim_cards import EF_COM, Handmade, new_chip
from sim_terminal import Terminal, seeded

from epass.crypto.ciphers import Cipher
from epass.errors import InputError
from epass.lds.names import File
from epass.sim import access, quirks
from epass.sim.card_files import PaceOffer
from epass.sim.chip import Chip
from epass.sim.issuer import AaScheme, CaScheme, issue
from epass.sim.modp import GROUPS
from epass.sim.pace import PaceSuite
from epass.sim.proofs import ActiveAuthentication, ChipAuthentication, Proofs
from epass.sim.quirks import QUIRKS

WEAK, STRONG = PaceSuite.named("AES-128", 12), PaceSuite.named("AES-256", 15)
ECDSA = Proofs(active=ActiveAuthentication(AaScheme("ECDSA").key(b"the key of the test")))
RSA_1024 = Proofs(active=ActiveAuthentication(AaScheme("RSA", bits=1024).key(b"the key")))


def test_the_ids() -> None:
    """Programs and the reader's own table know them by these names."""
    assert list(QUIRKS) == [
        "mf-refused",
        "card-access-warning",
        "card-access-refused",
        "no-short-ids",
        "exact-lengths",
        "short-answers",
        "empty-answers",
        "extended-refused",
        "padded-end",
        "mse-needs-parameters",
        "mse-refuses-parameters",
        "pace-suite-refused",
        "pace-no-parameter-id",
        "pace-unknown-infos",
        "bac-le-00",
        "bac-absent",
        "naked-errors",
        "ca-no-info",
        "ca-chaining",
        "ca-kat-refused",
        "ca-fails",
        "aa-der",
        "aa-truncated",
        "aa-empty-extended",
        "aa-unsupported",
        "key-attempts",
        "key-delay",
    ]


def test_each_row_says_what_it_is() -> None:
    rows = quirks.listed()
    assert [row["id"] for row in rows] == list(QUIRKS)
    assert all(row.keys() == {"id", "about"} and row["about"] for row in rows)
    assert len({row["about"] for row in rows}) == len(rows)
    assert {other for row in QUIRKS.values() for other in row.excludes} <= QUIRKS.keys()


# --- what cannot be ---------------------------------------------------------------------------


def test_a_quirk_that_does_not_exist() -> None:
    for make in (lambda: new_chip(quirks=["deaf"]), lambda: issue(quirks=["deaf"])):
        with pytest.raises(InputError, match=r"quirk: choose one of mf-refused, card-access-"):
            make()


@pytest.mark.parametrize(
    ("name", "document", "options", "problem"),
    [
        ("card-access-warning", Handmade(), {"access": ["BAC"]}, "PACE"),
        ("card-access-refused", Handmade(), {}, "a chip without PACE"),
        ("mse-needs-parameters", Handmade(), {"access": ["BAC"]}, "PACE"),
        ("mse-refuses-parameters", Handmade(), {}, "PACE with several sets of domain parameters"),
        ("pace-suite-refused", Handmade(), {}, "PACE with several PACEInfos that can be used"),
        (
            "pace-suite-refused",
            Handmade(pace=PaceOffer((WEAK,), ("explicit-parameters",))),
            {},
            "PACE with several PACEInfos that can be used",
        ),
        ("pace-no-parameter-id", Handmade(pace=PaceOffer((WEAK, STRONG))), {}, "several PACEInfos"),
        ("pace-unknown-infos", Handmade(pace=PaceOffer((WEAK,))), {}, "PACE, and a document that"),
        ("bac-le-00", Handmade(), {"access": ["PACE"]}, "BAC"),
        ("bac-absent", Handmade(), {"access": ["PACE"]}, "a chip without BAC, and a document"),
        (
            "bac-absent",
            Handmade(pace=PaceOffer((WEAK,), ("no-pace-info",))),
            {},
            "a chip without BAC, and a document",
        ),
        ("ca-no-info", Handmade(), {}, "chip authentication, and a document that was issued"),
        ("ca-no-info", Handmade(proofs=offering()), {}, "chip authentication, and a document"),
        ("ca-chaining", Handmade(proofs=offering()), {}, "a key of more than 224 bytes"),
        (
            "ca-chaining",
            Handmade(proofs=offering(agreement_key(GROUPS[2], (Cipher.TDES,)))),
            {},
            "chip authentication by GENERAL AUTHENTICATE with a key of more",
        ),
        (
            "ca-kat-refused",
            Handmade(proofs=offering(agreement_key(able=(Cipher.AES_128,)))),
            {},
            "chip authentication with 3DES",
        ),
        ("ca-fails", Handmade(proofs=ECDSA), {}, "chip authentication"),
        ("aa-der", Handmade(proofs=RSA_1024), {}, "active authentication with ECDSA"),
        ("aa-truncated", Handmade(proofs=RSA_1024), {}, "a signature of more than 223 bytes"),
        ("aa-truncated", Handmade(proofs=ECDSA), {}, "a signature of more than 223 bytes"),
        ("aa-empty-extended", Handmade(proofs=offering()), {}, "active authentication, and ext"),
        ("aa-empty-extended", Handmade(proofs=ECDSA), {"extended": False}, "extended length"),
        ("aa-unsupported", Handmade(), {}, "active authentication"),
    ],
)
def test_what_a_quirk_cannot_be_without(
    name: str, document: Handmade, options: dict[str, object], problem: str
) -> None:
    with pytest.raises(InputError, match=f"quirk: {name} takes .*{problem}"):
        Chip(document, quirks=[name], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exact-lengths", "padded-end"),
        ("short-answers", "empty-answers"),
        ("mse-needs-parameters", "mse-refuses-parameters"),
        ("mse-needs-parameters", "bac-absent"),
        ("bac-absent", "pace-unknown-infos"),
        ("bac-absent", "pace-no-parameter-id"),
        ("bac-absent", "key-attempts"),
        ("bac-absent", "key-delay"),
        ("aa-der", "aa-unsupported"),
        ("aa-truncated", "aa-unsupported"),
        ("aa-empty-extended", "aa-unsupported"),
    ],
)
def test_quirks_that_exclude_each_other(one: str, other: str) -> None:
    for names in ((one, other), (other, one)):
        with pytest.raises(InputError, match=f"quirk: {one} and {other} exclude each other"):
            new_chip(quirks=names)
        with pytest.raises(InputError, match="exclude each other"):
            issue(quirks=names)


def test_one_pace_info_that_cannot_be_used() -> None:
    for make in (
        lambda: issue(pace=PaceOffer((WEAK,)), quirks=["pace-no-parameter-id"]),
        lambda: PaceOffer((WEAK, WEAK), ("strongest-without-id",)),
    ):
        with pytest.raises(InputError, match="strongest-without-id takes several PACEInfos"):
            make()


# --- what can be ------------------------------------------------------------------------------

SCHEMES = (
    CaScheme("MODP-2048-256", ("3DES", "AES-128"), key_id=1),
    CaScheme("P-256", ("3DES",), key_id=2),
)
OFFER = PaceOffer((STRONG, WEAK, PaceSuite.named("AES-192", 14)))
EVERYTHING = frozenset(QUIRKS) - {
    "card-access-refused",  # without PACE
    "bac-absent",
    "ca-no-info",  # other keys
    "mse-refuses-parameters",
    "padded-end",
    "empty-answers",
    "extended-refused",
    "aa-unsupported",
    "aa-der",
}


def test_all_that_do_not_exclude_each_other() -> None:
    document = issue(
        pace=OFFER,
        chip_authentication=SCHEMES,
        active_authentication=AaScheme("RSA", bits=1792),
        quirks=EVERYTHING,
    )
    chip = Chip(document, quirks=EVERYTHING, sleep=lambda _: None, random=seeded(3))
    terminal = Terminal(chip)
    assert pace_is_refused(terminal, PaceSuite.named("AES-192", 14))  # the strongest with an id
    chip.reset()
    pace(terminal, WEAK, access.mrz_secret(document.mrz), parameter_id=12)
    terminal.select_application()
    terminal.ok("00A4020C", bytes.fromhex("0101"))
    assert terminal.ok("00B00000", le=88) == document.files[File.DG1][:88]


def pace_is_refused(terminal: Terminal, suite: PaceSuite) -> bool:
    data = b"\x80\x0a" + suite.oid + bytes((0x83, 1, 1, 0x84, 1, suite.parameter_id))
    return terminal.send("0022C1A4", data).sw == 0x6A80


def test_any_two_go_together_unless_the_table_says_otherwise() -> None:
    active = ActiveAuthentication(AaScheme("RSA", bits=1792).key(b"the key of the test"))
    keys = tuple(scheme.key(b"a seed") for scheme in SCHEMES)
    proofs = Proofs(ChipAuthentication(keys), active)
    for pair in combinations(sorted(EVERYTHING), 2):
        offer = quirks.changed_offer(pair, OFFER)
        terminal = Terminal(Chip(Handmade(pace=offer, proofs=proofs), quirks=pair))
        terminal.select_application()


def test_the_order_of_the_names_does_not_matter() -> None:
    for names in (["mf-refused", "short-answers"], ["short-answers", "mf-refused"]):
        chip = new_chip(quirks=names)
        terminal = Terminal(chip)
        assert terminal.send("00A4000C").sw == 0x6A86
        terminal.select_application()
        terminal.bac()
        assert terminal.send("00B09E00", le=193).sw == 0x6700
        assert terminal.ok("00B09E00", le=22) == EF_COM
