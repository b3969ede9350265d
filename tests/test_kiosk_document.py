"""The example of ``docs/kiosk.md``, as it stands there."""

import re
from pathlib import Path

import pytest
from fake_scard import EMPTY, PRESENT, FakeScard

from epass import pcsc
from epass.card.keys import MrzKey
from epass.errors import Cancelled
from epass.sim import issuer
from epass.sim.chip import Chip

DOCUMENT = Path(__file__).parents[1] / "docs" / "kiosk.md"
MORE = 1 << 16


def test_the_example_runs(scard: FakeScard, capsys: pytest.CaptureFixture[str]) -> None:
    """Two passports, of which the second has another MRZ than was scanned."""
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(example, names)  # noqa: S102 - our own document
    passport = issuer.issue()
    chips = [Chip(passport, access=["BAC"]), Chip(passport, access=["BAC"])]

    def answer(command: bytes) -> bytes:
        return chips[0].exchange(command)

    scard.answer = answer
    scard.states["Desk"] = [PRESENT, EMPTY, PRESENT + 2 * MORE, EMPTY]
    keys = [MrzKey.from_mrz(passport.mrz), MrzKey.from_fields("X1", "900101", "300101")]
    delivered = []

    def next_key() -> MrzKey:
        if not keys:
            raise Cancelled
        return keys.pop(0)

    def deliver(dump: object, report: object) -> None:
        delivered.append((dump, report))
        del chips[0]

    serve = names["serve"]
    assert callable(serve)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("epass.pcsc.station.PATIENCE_SECONDS", 0.5)
        waits: list[int] = []

        def end() -> None:
            waits.append(1)
            if len(waits) > 6:
                raise Cancelled

        real = pcsc.Station
        patch.setattr(pcsc, "Station", lambda reader: real(reader, on_wait=end))
        with pytest.raises(Cancelled):
            serve("Desk", next_key, deliver)
    assert len(delivered) == 1
    assert "access_denied" in capsys.readouterr().out
