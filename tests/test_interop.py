"""JMRTD reads the simulated chip through the PC/SC service, and reads what epass reads.

A few rows of the matrix of ``tools/interop``; ``python3 tools/dev.py interop`` runs all of it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from vpcd_card import Slot as HeldSlot

from epass.card.apdu import Command, Response
from epass.sim import issuer, vpcd
from epass.sim.chip import Chip
from tools.interop import matrix, session, toolchain
from tools.interop.matrix import Combination
from tools.interop.session import Slot
from tools.interop.witness import Witness
from tools.running import run

pytestmark = [pytest.mark.interop, pytest.mark.pcsc]


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    """JMRTD in a Java process; skips where it cannot be had."""
    try:
        command = toolchain.prepare(run)
    except toolchain.MissingToolError as missing:
        pytest.skip(f"JMRTD did not read the simulated chip: {missing}")
    with Witness(command) as process:
        yield process


@pytest.fixture
def slot(vpcd_slot: HeldSlot) -> Slot:
    return Slot(vpcd_slot.name, vpcd_slot.port, lambda: vpcd_slot.wait_for(card=False))


@pytest.mark.parametrize("combination", matrix.smoke(), ids=lambda row: row.label)
def test_both_read_the_same(combination: Combination, slot: Slot, witness: Witness) -> None:
    result = session.run(combination, slot, witness)
    assert result.problems == ()
    assert result.passed


def test_what_both_read_wrong_is_no_agreement(
    slot: Slot, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chip gives both the same forged name, and the comparison with what it was given fails."""

    def forge(_: Command, response: Response) -> Response:
        return replace(response, data=response.data.replace(b"ERIKSSON", b"ERIKSSEN"))

    monkeypatch.setattr(session, "Chip", lambda *given, **more: Chip(*given, **more, alter=forge))
    result = session.run(Combination(), slot, witness)
    assert not result.passed
    wrong = "93 bytes where the chip has 93; they differ at byte 16"
    assert result.problems == (f"DG1: epass read {wrong}", f"DG1: JMRTD read {wrong}")


def asked(
    slot: Slot,
    witness: Witness,
    combination: Combination,
    lie: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """The answer to a job with ``changes``, for a chip of ``combination``."""
    document = combination.issue()
    chip = Chip(document, access=combination.offered, lie=lie, nonce=b"interop")
    slot.await_empty()
    with vpcd.inserted(chip, ports=(slot.port,)):
        return witness.ask({**session.job(combination, document, chip, slot), **changes})


@pytest.mark.parametrize("signature", ["RSA", "ECDSA"])
def test_a_proof_that_neither_finds_is_no_agreement(
    signature: str, slot: Slot, witness: Witness
) -> None:
    """A chip that signs another challenge: both say so, and no difference is left to show."""
    lie = {"lie": "aa-other-challenge"}
    row = Combination(active=issuer.AaScheme(signature, bits=1024), document=lie)
    assert session.run(row, slot, witness).problems == ("aa: epass does not find it proven",)


class TestTheWitnessIsNoYesMan:
    def test_wrong_number_for_bac(self, slot: Slot, witness: Witness) -> None:
        error = asked(slot, witness, Combination(), number="L898902C4")["error"]
        assert error["step"] == "BAC"
        assert "BAC failed in MUTUAL AUTH" in error["causes"][0]

    def test_wrong_can_for_pace(self, slot: Slot, witness: Witness) -> None:
        row = Combination(matrix.GM, "AES-128", password=matrix.CAN)
        error = asked(slot, witness, row, can="654321")["error"]
        assert error["step"] == "PACE"
        assert error["sw"] == "6300"

    def test_a_protocol_that_the_chip_does_not_offer(self, slot: Slot, witness: Witness) -> None:
        row = Combination(matrix.GM, "AES-128")
        error = asked(slot, witness, row, parameter=12)["error"]
        assert error["step"] == "EF.CardAccess"
        assert error["causes"][0].endswith(
            "EF.CardAccess does not offer 0.4.0.127.0.7.2.2.4.2.2/12"
        )

    def test_another_key_of_chip_authentication(self, slot: Slot, witness: Witness) -> None:
        row = Combination(agreement=issuer.CaScheme(), document={"lie": "ca-other-key"})
        answer = asked(slot, witness, row)
        assert answer["error"]["step"] == "read EF.COM"  # the first command under the new keys
        assert list(answer["files"]) == ["DG14"]

    def test_another_key_of_chip_authentication_mapping(self, slot: Slot, witness: Witness) -> None:
        answer = asked(slot, witness, Combination(matrix.CAM, "AES-128"), lie="cam-other-key")
        assert answer["facts"]["cam.valid"] is False

    def test_a_file_that_the_chip_does_not_have(self, slot: Slot, witness: Witness) -> None:
        answer = asked(slot, witness, Combination(), files="EF.COM,DG7")
        assert answer["error"]["step"] == "read DG7"
        assert answer["error"]["causes"][0].endswith("Could not select file")
        assert list(answer["files"]) == ["EF.COM"]

    def test_another_card(self, slot: Slot, witness: Witness) -> None:
        error = asked(slot, witness, Combination(), atr="3b00")["error"]
        assert error["step"] == "connect"
        assert error["causes"][0].endswith("another card is on the reader")
