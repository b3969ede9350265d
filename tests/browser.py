"""A real browser for the tests of the page: Chromium, headless, as Debian packages it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from base64 import b64encode
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest

SCREENSHOTS = Path(__file__).parent.parent / "build" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 120  # seconds; the machine may be busy with other tests
# What is measured in the page: what sticks out to the right, what is not there, what is not ours.
SCRIPT = """
const shown = (e) => e.getClientRects().length && !e.closest("svg") && !e.closest(".zone");
const out = [...document.body.querySelectorAll("*")].filter((e) => shown(e)
  && (e.getBoundingClientRect().right > innerWidth + 0.5 || e.scrollWidth > e.clientWidth + 1
  && getComputedStyle(e).display != "inline"));
const zone = document.querySelector(".zone");
const elements = [...document.querySelectorAll("*")];
parent.postMessage(JSON.stringify({
  width: innerWidth,
  scrolls: document.documentElement.scrollWidth,
  out: out.map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 40)}`),
  zone: zone ? zone.scrollWidth - zone.clientWidth : 0,
  images: [...document.images].map((i) => [i.complete, i.naturalWidth, i.naturalHeight]),
  scripts: document.scripts.length,
  handlers: elements.filter((e) => [...e.attributes].some((a) => a.name.startsWith("on"))).length,
  addresses: elements.flatMap((e) => ["href", "src", "action", "data"].map((n) =>
    e.getAttribute(n))).filter((v) => v && !v.startsWith("#") && !v.startsWith("data:image/")),
  back: getComputedStyle(document.documentElement).backgroundColor,
  names: [...document.querySelectorAll("header dd bdi")].map((e) => e.textContent),
}), "*");
"""
# A window has a least width, a frame has none.
FRAME = """<!DOCTYPE html><meta name="color-scheme" content="light dark"><script>
addEventListener("message", (e) => document.documentElement.setAttribute("data-measured", e.data));
</script><iframe width="{width}" height="1000" style="border:0" src="{page}"></iframe>"""


@cache
def _program() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine ({', '.join(NAMES)}); `make test` installs it")
    return found


def _run(page: Path, *options: str) -> str:
    """Open ``page`` in a browser of its own, which knows nothing and nobody."""
    profile = page.parent / "profile"
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    fixed = ("--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
    command = (_program(), *fixed, *sandbox, f"--user-data-dir={profile}", *options, page.as_uri())
    done = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE)
    return done.stdout.decode()


def _scheme(dark: bool) -> str:
    return f"--blink-settings=preferredColorScheme={0 if dark else 1}"


def screenshot(page: Path, name: str, *, width: int, height: int, dark: bool) -> Path:
    """A picture of the page in ``SCREENSHOTS``."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    target = SCREENSHOTS / f"{name}-{width}-{'dark' if dark else 'light'}.png"
    target.unlink(missing_ok=True)
    _run(page, _scheme(dark), f"--window-size={width},{height}", f"--screenshot={target}")
    return target


def printed(page: Path, name: str) -> Path:
    """The page as it is printed, on the paper that it asks for."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    target = SCREENSHOTS / f"{name}.pdf"
    target.unlink(missing_ok=True)
    _run(page, "--no-pdf-header-footer", f"--print-to-pdf={target}")
    return target


def pages_of(pdf: Path) -> list[tuple[float, float]]:
    """The size of each page in points."""
    raw = pdf.read_bytes()
    count = len(re.findall(rb"/Type\s*/Page\b", raw))
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", raw)
    assert len(boxes) in (1, count)
    return [(float(w), float(h)) for w, h in boxes * (count if len(boxes) == 1 else 1)]


def measure(page: Path, *, width: int, dark: bool = False) -> dict[str, Any]:
    """What ``SCRIPT`` sees in a copy of the page, whose policy allows that one script."""
    digest = b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    text = page.read_text("utf-8")
    assert text.count("default-src 'none';") == 1
    text = text.replace("default-src 'none';", f"default-src 'none'; script-src 'sha256-{digest}';")
    assert text.endswith("</html>\n")
    copy = page.with_name(f"measured-{page.name}")
    copy.write_text(text + f"<script>{SCRIPT}</script>", "utf-8")
    frame = page.with_name(f"frame-{page.name}")
    frame.write_text(FRAME.format(width=width, page=copy.name), "utf-8")
    size, time = f"--window-size={width + 600},1000", "--virtual-time-budget=10000"
    dom = _run(frame, _scheme(dark), size, time, "--dump-dom")
    found = re.search(r'data-measured="([^"]*)"', dom)
    assert found is not None, "the script did not run"
    measured: dict[str, Any] = json.loads(unescape(found[1]))
    return measured
