"""The page in a real browser: nothing sticks out, no picture is missing, and it fits on paper.

The screenshots are in build/screenshots, to be looked at.
"""

from pathlib import Path

import pytest
from browser import measure, pages_of, printed, screenshot
from page_examples import AT, full, hostile_page, judged, look, read

from epass.card import reader
from epass.card.keys import MrzKey
from epass.page import compose, to_html
from epass.sim import issuer
from epass.sim.chip import Chip

WIDTHS = (360, 820, 1400)
HEIGHTS = {360: 6000, 820: 3400, 1400: 2600}
A4 = (595, 842)  # points
LIGHT, DARK = "rgb(243, 245, 249)", "rgb(14, 19, 27)"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "passport.html"
    target.write_text(to_html(compose(read(), judged(read()), look=look, now=AT)), "utf-8")
    return target


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "full.html"
    target.write_text(to_html(compose(full(), judged(full()), look=look, now=AT)), "utf-8")
    return target


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All sixteen groups, as the fictitious country issues them."""
    document = issuer.issue(all_groups=True)
    key = MrzKey.from_mrz(document.mrz)
    dump = reader.read(Chip(document), key, everything=True, now=lambda: AT)
    target = tmp_path_factory.mktemp("page") / "issued.html"
    target.write_text(to_html(compose(dump, judged(dump), look=look, now=AT)), "utf-8")
    return target


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("page") / "hostile.html"
    target.write_text(to_html(hostile_page()), "utf-8")
    return target


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_and_no_picture_is_missing(page: Path, width: int, dark: bool) -> None:
    found = measure(page, width=width, dark=dark)
    assert found["width"] == width
    assert found["scrolls"] <= width
    assert found["out"] == []
    assert found["zone"] <= 0
    assert found["images"] == [[True, 413, 531]]
    assert found["back"] == (DARK if dark else LIGHT)  # the policy lets the style through
    assert found["names"][:2] == ["ERIKSSON", "ANNA MARIA"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_screenshot_is_taken(page: Path, width: int, dark: bool) -> None:
    picture = screenshot(page, "passport", width=width, height=HEIGHTS[width], dark=dark)
    raw = picture.read_bytes()
    assert raw.startswith(b"\x89PNG")
    assert (int.from_bytes(raw[16:20]), int.from_bytes(raw[20:24])) == (width, HEIGHTS[width])
    assert len(raw) > 50_000  # an empty page is far less


def test_it_is_printed_on_two_sheets_at_most(page: Path) -> None:
    sheets = pages_of(printed(page, "passport"))
    assert 1 <= len(sheets) <= 2
    for width, height in sheets:
        assert (round(width), round(height)) == pytest.approx(A4, abs=1)


@pytest.mark.parametrize("width", WIDTHS)
def test_all_groups_and_names_from_right_to_left(everything: Path, width: int) -> None:
    found = measure(everything, width=width)
    assert found["scrolls"] <= width
    assert found["out"] == []
    assert found["images"] == [[True, 413, 531]] * 2
    screenshot(everything, "full", width=width, height=HEIGHTS[width] + 1500, dark=width == 820)


def test_all_groups_are_printed_on_two_sheets_at_most(everything: Path) -> None:
    assert 1 <= len(pages_of(printed(everything, "full"))) <= 2


@pytest.mark.parametrize("width", WIDTHS)
def test_all_sixteen_groups(issued: Path, width: int) -> None:
    found = measure(issued, width=width)
    assert found["scrolls"] <= width
    assert found["out"] == []
    portrait, signature, paper = [True, 413, 531], [True, 300, 90], [True, 320, 226]
    assert found["images"] == [*[portrait] * 3, signature, *[paper] * 3]
    screenshot(issued, "all-groups", width=width, height=HEIGHTS[width] + 2500, dark=width == 820)


def test_all_sixteen_groups_are_printed_on_two_sheets(issued: Path) -> None:
    assert len(pages_of(printed(issued, "all-groups"))) == 2


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_hostile_does_nothing(hostile: Path, width: int) -> None:
    found = measure(hostile, width=width)
    assert (found["scripts"], found["handlers"], found["addresses"]) == (1, 0, [])
    assert found["scrolls"] <= width
    assert found["out"] == []
    assert found["images"] == [[True, 413, 531]]
    screenshot(hostile, "hostile", width=width, height=4000, dark=False)
