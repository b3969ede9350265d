"""The soak: through the real service, a few passports."""

import pytest
from vpcd_card import Slot

from tools import soak


@pytest.mark.pcsc
def test_a_few(vpcd_slot: Slot, capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["--passports", "3", "--slots", str(vpcd_slot.number)]) == 0
    out = capsys.readouterr().out
    assert "     3 passports:" in out
    assert "grown from 3 to 3: 0 KiB" in out
