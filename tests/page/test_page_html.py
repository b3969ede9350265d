"""The page as HTML: everything that it is given is text, and nothing leads out of it."""

import hashlib
import re
from base64 import b64decode, b64encode
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_examples import AT, HOSTILE, hostile_page, judged, look, portrait, read

from epass.page import compose, to_html
from epass.page.html import IMAGE_TYPES
from epass.page.model import Fact, Facts, Page, Picture, Section, Tone, legible
from epass.page.style import CSS

NONE = Picture("No portrait", "", b"")
VOID = {"meta", "img", "br", "rect", "path"}
ELEMENTS = VOID | {
    "html", "head", "title", "style", "body", "header", "main", "footer", "section", "div", "h1",
    "h2", "h3", "strong", "em", "span", "small", "bdi", "b", "dl", "dt", "dd", "ul", "ol", "li",
    "pre", "figure", "figcaption", "svg", "a", "code",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "dir", "charset", "http-equiv", "content", "name", "class", "id", "src", "alt", "href",
    "title", "viewbox", "preserveaspectratio", "aria-hidden", "width", "height", "x", "d",
}  # fmt: skip


class Reader(HTMLParser):
    """The elements, attributes and texts of a page; every element must be closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def check(text: str) -> Reader:
    """What must hold of every page, whatever is on it."""
    found = Reader(text)
    assert found.seen <= ELEMENTS
    assert {name for _, name, _ in found.attributes} <= ATTRIBUTES
    for tag, name, value in found.attributes:
        if name == "src":
            assert tag == "img"
            assert re.fullmatch(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/]+=*", value)
        if name == "href":
            assert value == "#evidence"
    return found


def with_text(text: str) -> Page:
    rows = Facts((Fact(legible(text), legible(text)),))
    return Page(legible(text), rows.rows[0], rows.rows[0], NONE, rows, (), legible(text))


# --- a right page -------------------------------------------------------------------------------


def test_a_right_page_shows_who_it_is() -> None:
    page = compose(read(), judged(read()), look=look, now=AT)
    found = check(to_html(page))
    for text in ("ERIKSSON", "ANNA MARIA", "Utopia, for specimens (UTO)", "2034-04-15"):
        assert text in found.texts
    assert "The signature is right" in found.texts


def test_the_portrait_is_the_one_of_the_chip() -> None:
    text = to_html(compose(read(), judged(read()), look=look, now=AT))
    (source,) = (value for tag, name, value in check(text).attributes if name == "src")
    assert b64decode(source.removeprefix("data:image/jpeg;base64,")) == portrait()


def test_the_policy_allows_this_style_and_nothing_else() -> None:
    text = to_html(with_text("x"))
    (policy,) = (value for _, name, value in check(text).attributes if "default-src" in value)
    digest = b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'"
    )
    assert f"<style>{CSS}</style>" in text
    assert "url(" not in CSS
    assert "@import" not in CSS


# --- what others wrote --------------------------------------------------------------------------


def test_what_is_hostile_is_text() -> None:
    found = check(to_html(hostile_page()))
    shown = set(found.texts)
    for text in HOSTILE[:4]:
        assert text in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_each_hostile_text_alone(text: str) -> None:
    found = check(to_html(with_text(text)))
    assert not text or legible(text) in found.texts


@given(st.text(max_size=40))
def test_any_text_is_text(text: str) -> None:
    found = check(to_html(with_text(text)))
    assert not text or legible(text).replace("\n", "") in "".join(found.texts)


def test_what_moves_other_text_is_spelled_out() -> None:
    assert legible("a\u202eb\x00\x1b\ud800") == "a[U+202E]b[U+0000][U+001B][U+D800]"
    assert legible("क\u094d\u200dष") == "क\u094d\u200dष"
    assert legible("x" * 1005) == "x" * 1000 + " ... (5 characters more)"


def test_names_are_isolated_from_what_stands_around_them() -> None:
    text = to_html(with_text("محمد"))
    assert text.count("<bdi>محمد</bdi>") == 7


def test_a_value_of_several_lines_has_several_lines() -> None:
    assert "<bdi>a</bdi><br><bdi>b</bdi>" in to_html(with_text("a\nb"))


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "image/jp2", ""])
def test_only_pictures_that_browsers_draw_are_given_to_them(mime: str) -> None:
    picture = Picture("Portrait", mime, b"<svg onload=alert(1)>", "cannot be shown")
    page = with_text("x")
    page = Page(page.title, page.verdict, page.chip, picture, page.identity, (), page.footer)
    text = to_html(page)
    assert "<img" not in text
    assert "cannot be shown" in check(text).texts
    assert mime not in IMAGE_TYPES


def test_a_bar_is_never_wider_than_the_chart() -> None:
    text = to_html(hostile_page())
    for x, width in re.findall(r'<rect x="([\d.]+)" width="([\d.]+)" height="10"/>', text):
        assert float(x) + float(width) <= 100.001
        assert float(width) > 0


def test_sections_that_are_narrow_flow_in_columns() -> None:
    row = Facts((Fact("a", "b"),))
    sections = (Section("1", (row,)), Section("2", (row,), wide=True), Section("3", (row,)))
    page = with_text("x")
    text = to_html(Page("t", Fact("v", "", Tone.GOOD), page.chip, NONE, row, sections, "f"))
    assert text.count('<div class="narrow">') == 2
