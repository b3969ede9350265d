"""The prompts of `epass read`, for a person at a terminal."""

import io
import signal

import pytest
from cli_desk import Desk, Result, Run

from epass.cli.main import main
from epass.sim import issuer
from epass.sim.chip import Chip


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def typed(
    lines: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    terminal: bool = True,
) -> Result:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
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
    wrong = second.replace("0", "O", 1)
    result = typed([first, wrong, first, second], capsys, monkeypatch, terminal=False)
    assert result.status == 0
    assert "the letter O where the digit 0 would be right" in result.err
    assert desk.connections == 1


def test_what_may_have_been_meant_is_proposed_and_chosen(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = issuer.issue("eriksson").mrz.splitlines()
    wrong = second.replace("0", "O").replace("81", "B1")
    result = typed([first, wrong, "1"], capsys, monkeypatch)
    assert result.status == 0, result.err
    shown = result.err.splitlines()
    at = shown.index(f"1) line 2: {second}")
    marks = [place for place, mark in enumerate(shown[at + 1]) if mark == "^"]
    assert [shown[at][place] for place in marks] == [
        right for right, other in zip(second, wrong, strict=True) if right != other
    ]
    assert desk.connections == 1
    assert second not in result.out


def test_nothing_is_tried_that_was_not_chosen(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = issuer.issue("eriksson").mrz.splitlines()
    wrong = second.replace("0", "O", 1)
    for answer in ("", "0", "2", "yes", "1 1"):
        result = typed([first, wrong, answer, first], capsys, monkeypatch)
        assert "nothing was chosen" in result.err
        assert result.status == 130
    assert desk.connections == 0


def test_nothing_is_proposed_where_standard_error_is_a_file(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = issuer.issue("eriksson").mrz.splitlines()
    result = typed([first, second.replace("0", "O", 1)], capsys, monkeypatch, terminal=False)
    assert result.status == 130
    assert second not in result.err
    assert "Choose" not in result.err


def test_nothing_is_proposed_for_a_key_that_was_not_typed(
    desk: Desk, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = issuer.issue("eriksson").mrz.splitlines()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    wrong = second.replace("0", "O", 1)
    for result in (
        run("read", "--format", "json", "--mrz", f"{first}\n{wrong}"),
        run("read", "--format", "json", stdin=f"{first}\n{wrong}"),
    ):
        assert result.status == 2
        assert second not in result.out + result.err
        assert wrong not in result.out + result.err


def test_nothing_is_proposed_for_a_visa_or_for_what_is_no_mrz(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    visa = ["V<UTOERIKSSON<<ANNA<MARIA" + 19 * "<", "L898902C<3UTO6908061F94O6236ZE184226B<<<<<<<"]
    result = typed(visa, capsys, monkeypatch)
    assert "this is the MRZ of a visa, which has no chip" in result.err
    result = typed(["P<UTOERIKSSON" + 30 * "<", "L898902C"], capsys, monkeypatch)
    assert "MRZ line 1 has 43 characters" in result.err
    assert "Choose" not in result.err


def test_a_typing_error_without_an_explanation_is_asked_for_again(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = issuer.issue("eriksson").mrz.splitlines()
    wrong = second[:13] + "999999" + second[19:]
    result = typed([first, wrong, first, second], capsys, monkeypatch)
    assert result.status == 0
    assert "Choose" not in result.err


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
