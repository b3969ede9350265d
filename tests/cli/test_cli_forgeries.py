"""`epass simulate --attack` and `demo --attack`: forgeries by hand, and what finds them."""

import json
from pathlib import Path

import pytest
from cli_desk import Run

from epass.cli import stand_ins
from epass.sim.attacks import ATTACKS

SOME = ("dg2-edited", "unknown-ca", "revoked-signer", "copy-with-active-key", "list-edited")
WITHHELD = [name for name, item in ATTACKS.items() if not item.readable]


def checks(run: Run, dump: Path, anchors: Path) -> dict[str, dict[str, str]]:
    result = run(
        "verify", str(dump), "--anchors", str(anchors / "masterlist.ml"), "--format", "json"
    )
    return {item["id"]: item for item in json.loads(result.out)["checks"]}


def test_the_list_has_each_with_its_check(run: Run) -> None:
    listed = run("simulate", "--list", "--format", "json").facts["attacks"]
    assert [item["name"] for item in listed] == list(ATTACKS)
    first = next(item for item in listed if item["name"] == "dg2-edited")
    assert first == {
        "name": "dg2-edited",
        "about": "One bit of the portrait is another.",
        "check": "dg2.hash",
        "outcome": "fail",
        "reason": "not the one whose SHA-256 digest EF.SOD signs",
        "also": [],
        "readable": True,
    }
    assert "dg2-edited" in run("simulate", "--list").out


def test_a_genuine_document_passes_with_what_its_country_publishes(
    run: Run, tmp_path: Path
) -> None:
    place, kept = tmp_path / "published", tmp_path / "kept"
    assert run("demo", "--publish", str(place), "--save", str(kept)).status == 0
    names = {item.name for item in place.iterdir()}
    assert names == {"masterlist.ml", "UTO-csca.cer", "UTO-csca.pem", "UTO.crl"}
    for anchors in (["masterlist.ml"], ["UTO-csca.cer", "UTO.crl"], ["UTO-csca.pem", "UTO.crl"]):
        options = [part for name in anchors for part in ("--anchors", str(place / name))]
        result = run("verify", str(kept), *options, "--format", "json")
        assert (result.status, result.facts["verdict"]) == (0, "pass")


@pytest.mark.parametrize("name", SOME)
def test_a_forgery_is_found(run: Run, tmp_path: Path, name: str) -> None:
    place, kept = tmp_path / "published", tmp_path / "kept"
    run("demo", "--attack", name, "--publish", str(place), "--save", str(kept))
    attack, found = ATTACKS[name], checks(run, kept, place)
    assert found[attack.check]["outcome"] == attack.outcome
    assert attack.reason in found[attack.check]["reason"]


@pytest.mark.parametrize("name", [*SOME[:2], *WITHHELD])
def test_a_forgery_is_kept_without_a_reader(run: Run, tmp_path: Path, name: str) -> None:
    place, kept = tmp_path / "published", tmp_path / "kept"
    result = run("simulate", "--attack", name, "--publish", str(place), "--dump", str(kept))
    assert (result.status, result.out) == (0, "")
    assert result.err == f"Saved to {kept}; nothing is on a reader.\n"
    attack, found = ATTACKS[name], checks(run, kept, place)
    assert found[attack.check]["outcome"] == attack.outcome


def test_what_a_chip_withholds_ends_the_demo(run: Run) -> None:
    assert len(WITHHELD) == 4
    result = run("demo", "--attack", "sod-withheld")
    assert result.status == 5
    assert "SELECT EF.SOD: the chip answers 6A82" in result.err


@pytest.mark.parametrize("command", ["simulate", "demo"])
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--attack", "nothing"), "dg2-edited"),
        (("--attack", "dg2-edited", "--holder", "one-name"), "--holder: not together with"),
        (("--attack", "dg2-edited", "--image-size", "20000"), "--image-size: not together with"),
    ],
)
def test_what_cannot_be_forged(
    run: Run, command: str, options: tuple[str, ...], problem: str
) -> None:
    result = run(command, *options)
    assert (result.status, result.out) == (2, "")
    assert problem in result.err


def test_a_forgery_in_a_chip_of_ones_choice(run: Run) -> None:
    result = run("demo", "--attack", "dg2-edited", "--access", "BAC", "--format", "json")
    assert result.status == 6
    assert "dg2.hash" in result.err


def test_a_folder_that_is_there_is_not_published_to(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    result = run("demo", "--publish", str(tmp_path / "kept"))
    assert result.status == 2
    assert (tmp_path / "kept").read_text() == "mine"


def test_forgeries_can_be_made_without_a_command_line() -> None:
    options = {"attack": "dg2-edited", "publish": None}
    assert stand_ins.make_document(options) == ATTACKS["dg2-edited"].make().document
