"""Pictures for the page: what is shown, and what is not and why."""

import io
import sys
from pathlib import Path

import pytest
from cli_desk import Run
from PIL import Image

from epass import picture
from epass.cli.pictures import LEAST, MAX_PIXELS, TOO_MANY, Album, measure
from epass.errors import FormatError
from epass.sim import portraits


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_a_portrait_is_shown(kind: str) -> None:
    image = portraits.load(kind).data
    shown = Album().look(image, "Signature")
    assert (shown.title, shown.mime) == ("Signature", "image/jpeg")
    assert shown.data.startswith(b"\xff\xd8\xff")
    assert shown.caption == f"413 x 531 pixels, {len(image):,} bytes"


@pytest.mark.parametrize("image", [b"", b"GIF89a", portraits.load("JPEG").data[:2000]])
def test_what_cannot_be_decoded_is_not_shown(image: bytes) -> None:
    shown = Album().look(image, "Portrait")
    assert shown.data == b""
    assert shown.caption.startswith("not shown: image")


def test_without_pillow_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    shown = Album().look(portraits.load("JPEG").data, "Portrait")
    assert shown.data == b""
    assert "epass[image]" in shown.caption


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_in_a_terminal_it_is_measured(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epass.picture.decode", None)
    image = portraits.load(kind).data
    found = measure(image, "Signature")
    assert (found.title, found.data) == ("Signature", b"")
    assert found.mime == {"JPEG": "image/jpeg", "JPEG2000": "image/jp2"}[kind]
    assert found.caption == f"413 x 531 pixels, {len(image):,} bytes"
    broken = measure(image[:100], "Portrait")
    assert (broken.mime, broken.data) == ("", b"")
    assert broken.caption.startswith("not shown: image")


def gray(width: int, height: int) -> bytes:
    target = io.BytesIO()
    Image.new("L", (width, height)).save(target, "JPEG2000")
    return target.getvalue()


def test_a_page_decodes_no_more_than_a_few_portraits(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []
    real = picture.decode

    def decode(image: bytes) -> picture.Picture:
        decoded.append(image)
        return real(image)

    monkeypatch.setattr("epass.picture.decode", decode)
    bomb, album = gray(1448, 1448), Album()
    shown = [album.look(bomb, "Portrait") for _ in range(81)]
    assert len(decoded) == MAX_PIXELS // 1448**2 == 4
    assert [item.caption for item in shown[4:]] == [TOO_MANY] * 77
    assert all(item.data for item in shown[:4])
    assert album.look(gray(10, 10), "Signature").caption == TOO_MANY


def test_what_is_refused_costs_nothing_and_what_is_small_counts_too() -> None:
    album = Album(2 * LEAST)
    assert "pixels are not decoded" in album.look(gray(2000, 2000), "Portrait").caption
    assert [bool(album.look(gray(8, 8), "Signature").data) for _ in range(3)] == [True, True, False]


def test_an_attempt_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_image: bytes) -> None:
        raise FormatError("the image cannot be decoded", "image")

    monkeypatch.setattr("epass.picture.decode", fail)
    album = Album(LEAST)
    assert "cannot be decoded" in album.look(gray(8, 8), "Signature").caption
    assert album.look(gray(8, 8), "Signature").caption == TOO_MANY


def test_show_decodes_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("demo", "--document", "full", "--save", str(tmp_path / "one"))
    monkeypatch.setattr("epass.picture.decode", None)
    assert "Portrait            413 x 531 pixels" in run("show", str(tmp_path / "one")).out
