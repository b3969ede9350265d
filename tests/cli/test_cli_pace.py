"""The options of a simulated document's PACE: what they make, and what they refuse."""

from collections.abc import Callable
from typing import Any

import click
import pytest
from cli_desk import Run

from epass.cli import options, pace_choices, stand_ins
from epass.errors import InputError
from epass.lds.names import File
from epass.sim.access import FORMS, PaceOffer, PaceSuite
from epass.sim.pace_lies import LIES

Parse = Callable[..., dict[str, Any]]


@pytest.fixture
def parse() -> Parse:
    """The options of ``simulate`` as the command gets them."""

    def parse(*arguments: str) -> dict[str, Any]:
        @options.document_options
        def command(**_: object) -> None: ...

        made = click.command()(command)
        return made.make_context("simulate", list(arguments)).params

    return parse


def suites(cipher: str, number: int, *mappings: str) -> tuple[PaceSuite, ...]:
    return tuple(PaceSuite.named(cipher, number, mapping) for mapping in mappings)


@pytest.mark.parametrize(
    ("arguments", "offer"),
    [
        ((), PaceOffer(suites("AES-128", 13, "GM"))),
        (("--pace", "IM", "--curve", "p-521"), PaceOffer(suites("AES-128", 18, "IM"))),
        (("--pace", "IM", "--curve", "MODP-2048-224"), PaceOffer(suites("AES-128", 1, "IM"))),
        (
            ("--pace", "CAM", "--curve", "brainpoolP320r1", "--cipher", "AES-256"),
            PaceOffer(suites("AES-256", 14, "CAM", "GM")),
        ),
        (
            ("--pace", "CAM", "--pace", "IM", "--cam-parameters", "standardized"),
            PaceOffer(suites("AES-128", 13, "CAM", "IM"), parameters="standardized"),
        ),
        (("--pace", "GM", "--pace", "GM", "--curve", "0"), PaceOffer(suites("AES-128", 0, "GM"))),
        (
            ("--card-access", "unknown-infos", "--card-access", "out-of-order"),
            PaceOffer(suites("AES-128", 13, "GM"), ("unknown-infos", "out-of-order")),
        ),
        (("--access", "BAC", "--pace", "IM"), None),
    ],
)
def test_offers(parse: Parse, arguments: tuple[str, ...], offer: PaceOffer | None) -> None:
    assert pace_choices.offer(parse(*arguments)) == offer


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--pace", "gm"), "mapping: choose one of GM, IM, CAM"),
        (("--pace", "IM", "--curve", "P-224"), "P-224 cannot be used with the integrated"),
        (("--pace", "CAM", "--cipher", "3DES"), "not for 3DES"),
        (("--curve", "3"), "there is no such curve; choose of 0 MODP-1024-160"),
        (("--card-access", "none"), "form of EF.CardAccess: choose one of unknown-infos"),
        (("--cam-parameters", "X9.42"), "parameters of EF.CardSecurity: choose one of"),
    ],
)
def test_choices_that_do_not_exist(parse: Parse, arguments: tuple[str, ...], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        stand_ins.issue(parse(*arguments))


def test_document_and_chip_have_what_was_chosen(parse: Parse) -> None:
    chosen = parse("--pace", "CAM", "--curve", "12", "--document", "TD1")
    document = stand_ins.issue(chosen)
    assert {File.CARD_ACCESS, File.CARD_SECURITY, File.DG14} <= document.files.keys()
    chip = stand_ins.make_chip(document, chosen)
    assert chip.suites == suites("AES-128", 12, "CAM", "GM")
    chosen = parse("--access", "BAC")
    document = stand_ins.issue(chosen)
    assert not {File.CARD_ACCESS, File.DG14} & document.files.keys()
    assert stand_ins.make_chip(document, chosen).suites == ()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--pace-lie", "white"), "lie: choose one of nonce-length"),
        (("--pace-lie", "cam-zero"), "lie: cam-zero takes PACE with CAM"),
        (("--curve", "1", "--chip-short"), "MODP-2048-224 takes extended length"),
    ],
)
def test_chips_that_cannot_be(parse: Parse, arguments: tuple[str, ...], problem: str) -> None:
    chosen = parse(*arguments)
    with pytest.raises(InputError, match=problem):
        stand_ins.make_chip(stand_ins.issue(chosen), chosen)


def test_the_list_names_what_can_be_chosen(run: Run) -> None:
    facts = run("simulate", "--list", "--format", "json").facts
    assert facts["mappings"] == ["GM", "IM", "CAM"]
    assert [item["id"] for item in facts["parameter_sets"]] == [0, 1, 2, *range(8, 19)]
    assert facts["card_access"] == dict(FORMS)
    assert facts["pace_lies"] == {name: lie.about for name, lie in LIES.items()}
    text = run("simulate", "--list").out
    assert "MODP-2048-256" in text
    assert "own-key-echo" in text
