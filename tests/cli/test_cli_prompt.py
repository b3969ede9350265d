"""The prompts of `epass read`, for a person at a terminal."""

import io
import signal

import pytest
from cli_desk import Desk, Result

from epass.cli.main import main
from epass.sim import issuer
from epass.sim.chip import Chip


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def typed(
    lines: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Result:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr("sys.stdin", Terminal("\n".join(lines) + "\n"))
    with pytest.raises(SystemExit) as ended:
        main(["read", "--format", "json"])
    captured = capsys.readouterr()
    return Result(int(ended.value.code or 0), captured.out, captured.err)


@pytest.mark.parametrize("form", issuer.FORMATS)
def test_the_lines_of_each_format(
    form: str, desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = issuer.issue("eriksson", document_format=form)
    desk.channel = Chip(document)
    result = typed(document.mrz.splitlines(), capsys, monkeypatch)
    assert result.status == 0, result.err
    assert result.facts["document"]["format"] == form
    assert "Type the MRZ line by line" in result.err


def test_a_typing_error_is_asked_for_again(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = issuer.issue("eriksson").mrz.splitlines()
    result = typed([first, second.replace("0", "O", 1), first, second], capsys, monkeypatch)
    assert result.status == 0
    assert "the letter O where the digit 0 would be right" in result.err
    assert desk.connections == 1


def test_number_and_dates(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = typed(["", "l898902c3", "740812", "340415"], capsys, monkeypatch)
    assert result.status == 0


def test_the_end_of_input_cancels(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = typed(["P<UTO"], capsys, monkeypatch)
    assert result.status == 130
    assert desk.connections == 0
