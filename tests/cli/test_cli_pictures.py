"""Pictures for the page: what is shown, and what is not and why."""

import sys

import pytest

from epass.cli.pictures import look
from epass.sim import portraits


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_a_portrait_is_shown(kind: str) -> None:
    image = portraits.load(kind).data
    shown = look(image, "Signature")
    assert (shown.title, shown.mime) == ("Signature", "image/jpeg")
    assert shown.data.startswith(b"\xff\xd8\xff")
    assert shown.caption == f"413 x 531 pixels, {len(image):,} bytes"


@pytest.mark.parametrize("image", [b"", b"GIF89a", portraits.load("JPEG").data[:2000]])
def test_what_cannot_be_decoded_is_not_shown(image: bytes) -> None:
    shown = look(image, "Portrait")
    assert shown.data == b""
    assert shown.caption.startswith("not shown: image")


def test_without_pillow_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    shown = look(portraits.load("JPEG").data, "Portrait")
    assert shown.data == b""
    assert "epass[image]" in shown.caption
