"""``--quirk`` of a simulated document, and the PACEInfos that some quirks take."""

from collections.abc import Callable
from typing import Any

import click
import pytest
from cli_desk import Run

from epass.card.apdu import Command
from epass.cli import options, pace_choices, stand_ins
from epass.errors import InputError
from epass.lds.names import File
from epass.sim import quirks
from epass.sim.access import PaceSuite

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


def test_the_list_is_of_rows(run: Run) -> None:
    facts = run("simulate", "--list", "--format", "json").facts
    assert facts["quirks"] == quirks.listed()
    assert {"id": "mf-refused", "about": quirks.QUIRKS["mf-refused"].about} in facts["quirks"]
    lines = run("simulate", "--list").out.splitlines()
    start = lines.index("quirks:")
    for name in quirks.QUIRKS:
        assert any(line.startswith(f"  {name} ") for line in lines[start:])


def test_document_and_chip_have_the_quirks(parse: Parse) -> None:
    chosen = parse(
        *("--ca", "ecdh", "--pace", "GM", "--pace", "IM"),
        *("--quirk", "ca-no-info", "--quirk", "pace-no-parameter-id", "--quirk", "mf-refused"),
    )
    document = stand_ins.issue(chosen)
    weak, strong = PaceSuite.named("AES-128", 13, "IM"), PaceSuite.named("AES-128", 13)
    for file in (File.CARD_ACCESS, File.DG14):
        assert strong.info(numbered=False) in document.files[file]
        assert strong.info() not in document.files[file]
        assert weak.info() in document.files[file]
    chip = stand_ins.make_chip(document, chosen)
    assert chip.suites == (weak,)
    assert chip.transmit(Command(0xA4, 0x00, 0x0C)).sw == 0x6A86


def test_several_ciphers_and_parameter_sets(parse: Parse) -> None:
    chosen = parse(
        *("--cipher", "3DES", "--cipher", "AES-256", "--curve", "12", "--curve", "P-384"),
        *("--curve", "12", "--quirk", "pace-suite-refused", "--quirk", "mse-refuses-parameters"),
    )
    offer = pace_choices.offer(chosen)
    assert offer is not None
    assert offer.suites == tuple(
        PaceSuite.named(cipher, number) for number in (12, 15) for cipher in ("3DES", "AES-256")
    )
    assert stand_ins.make_chip(stand_ins.issue(chosen), chosen).suites == offer.suites


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--quirk", "deaf"), "quirk: choose one of mf-refused, card-access-warning"),
        (("--quirk", "aa-der"), "quirk: aa-der takes active authentication with ECDSA"),
        (("--quirk", "bac-absent"), "quirk: bac-absent takes a chip without BAC"),
        (("--quirk", "pace-no-parameter-id"), "strongest-without-id takes several PACEInfos"),
    ],
)
def test_what_cannot_be(parse: Parse, arguments: tuple[str, ...], problem: str) -> None:
    chosen = parse(*arguments)
    with pytest.raises(InputError, match=problem):
        stand_ins.make_chip(stand_ins.issue(chosen), chosen)


def test_it_is_said_on_the_command_line(run: Run) -> None:
    result = run("demo", "--quirk", "short-answers", "--quirk", "empty-answers")
    assert (result.status, result.out) == (2, "")
    assert "quirk: short-answers and empty-answers exclude each other" in result.err
