"""The content of the page: what was found, in plain words, and what is not known as such."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from page_examples import AT, document, full, judged, look, portrait, read, without

from epass import tlv
from epass.cli.render import CHIP as CHIP_WORDS
from epass.dump import UNKNOWN_ACCESS, Access, Dump, Refusal, Step
from epass.evidence import CHIP, NO_EVIDENCE, Failure
from epass.lds.mrz import Mrz
from epass.lds.names import File
from epass.page import compose, words
from epass.page.cost import timing
from epass.page.judged import standing
from epass.page.model import (
    Bar,
    Checks,
    Fact,
    Facts,
    Judged,
    Meter,
    Notes,
    Page,
    Picture,
    Section,
    Timeline,
    Tone,
    Zone,
)
from epass.sim import issuer, published
from epass.sim.proof_keys import CaScheme
from epass.trust.anchors import Anchors
from epass.trust.report import Outcome, Report
from epass.trust.verify import verify


def page_of(dump: Dump, report: Report | None = None) -> Page:
    return compose(dump, report or judged(dump), look=look, now=AT)


def section(page: Page, title: str) -> Section:
    (found,) = (item for item in page.sections if item.title.startswith(title))
    return found


def facts(blocks: Iterable[object]) -> dict[str, Fact]:
    return {row.label: row for block in blocks if isinstance(block, Facts) for row in block.rows}


def checks(page: Page) -> dict[str, Judged]:
    blocks = section(page, "Checks").blocks
    return {row.id: row for block in blocks if isinstance(block, Checks) for row in block.rows}


def block(part: Section, kind: type) -> object:
    (found,) = (item for item in part.blocks if isinstance(item, kind))
    return found


# --- a right document ---------------------------------------------------------------------------


def test_who_it_is() -> None:
    page = page_of(read())
    found = {row.label: row.value for row in page.identity.rows}
    assert found == {
        "Surname": "ERIKSSON",
        "Given names": "ANNA MARIA",
        "Born": "1974-08-12 (century computed)",
        "Sex": "female",
        "Nationality": "Utopia, for specimens (UTO)",
        "Document": "PP L898902C3",
        "Issued by": "Utopia, for specimens (UTO)",
        "Expires": "2034-04-15",
        "Optional data": "ZE184226B",
    }
    assert page.title == "Travel document L898902C3 of Utopia, for specimens"
    assert page.portrait.data


def test_every_check_is_there_once_in_plain_words() -> None:
    report = judged(read())
    found = checks(page_of(read(), report))
    assert set(found) == {check.id for check in report.checks}
    assert len(found) == len(report.checks)
    assert all(row.title != row.id for row in found.values())
    for check in report.checks:
        row = found[check.id]
        assert (row.reason, row.source) == (check.reason, check.source)
        assert row.word == words.OUTCOMES[check.outcome]


def test_every_check_of_a_document_without_ef_sod_has_words() -> None:
    page = page_of(without(read(), File.SOD))
    assert all(row.title != row.id for row in checks(page).values())
    assert not [item for item in page.sections if item.title == "Evidence"]


def test_evidence_is_listed_once_and_named_by_number() -> None:
    country = published.publish(issuer.default_country("UTO"))
    anchors = Anchors.of(())
    page = page_of(read(), verify(read(), anchors, at=AT))
    assert country.files
    evidence = section(page, "Evidence").blocks
    assert len(evidence) == 1
    assert checks(page)["sod.signer"].evidence == (1,)
    assert checks(page)["ds.path"].evidence == (1,)
    assert checks(page)["dg1.hash"].evidence == ()
    shown = facts(evidence)
    assert shown["Valid until"].value == "2034-10-01"
    assert len(shown["SHA-256"].value) == 64


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN])
def test_the_verdict(outcome: Outcome) -> None:
    report = judged(read())
    changed = [replace(check, outcome=Outcome.PASS) for check in report.checks]
    changed[3] = replace(changed[3], outcome=outcome)
    page = page_of(read(), Report(tuple(changed), AT))
    assert page.verdict.tone is words.TONES[outcome]
    assert page.verdict.label == words.VERDICTS[outcome][0]
    assert (changed[3].id in page.verdict.value) is (outcome is not Outcome.PASS)


def test_a_failed_check_stands_first() -> None:
    report = judged(read())
    last = report.checks[-2]
    changed = tuple(
        replace(item, outcome=Outcome.FAIL) if item is last else item for item in report.checks
    )
    blocks = section(page_of(read(), Report(changed, AT)), "Checks").blocks
    (found,) = (
        part for part in blocks if isinstance(part, Checks) and last.id in [r.id for r in part.rows]
    )
    assert found.rows[0].id == last.id
    assert found.rows[0].word == "FAIL"


def test_a_report_without_any_check_is_not_verified() -> None:
    page = page_of(read(), Report((), AT))
    assert page.verdict == Fact(
        "Not fully verified", "No check failed, but some could not be made.", Tone.OPEN
    )


def test_whether_it_is_a_copy() -> None:
    assert set(words.CHIP) == set(CHIP_WORDS)
    page = page_of(read(), passed(judged(read())))
    assert (page.chip.label, page.chip.tone) == ("The chip proved that it is no copy", Tone.GOOD)
    assert page.chip.value == "Active authentication: pass; Chip authentication: pass"


def passed(report: Report, **others: Outcome) -> Report:
    """``report`` with all passed that apply, but ``others``, whose first dot is written as _."""
    outcomes = {name.replace("_", ".", 1): outcome for name, outcome in others.items()}
    checks = (
        replace(check, outcome=outcomes.get(check.id, Outcome.PASS))
        for check in report.checks
        if check.outcome is not Outcome.NOT_APPLICABLE
    )
    return Report(tuple(checks), AT)


@pytest.mark.parametrize(
    ("others", "tone", "end"),
    [
        ({"ds_path": Outcome.UNKNOWN}, Tone.OPEN, "who signed for it is not known"),
        ({"ds_revocation": Outcome.UNKNOWN}, Tone.OPEN, "not all could be checked"),
        ({"dg2_hash": Outcome.FAIL}, Tone.BAD, "files are changed"),
        ({"sod_signature": Outcome.FAIL}, Tone.BAD, "a check failed"),
    ],
)
def test_a_proof_is_worth_no_more_than_who_vouches_for_it(
    others: dict[str, Outcome], tone: Tone, end: str
) -> None:
    report = passed(judged(read()), **others)
    assert report.chip == "proven"
    page = page_of(read(), report)
    assert (page.chip.label, page.chip.tone) == (f"The chip proved its key, but {end}", tone)
    assert CHIP_WORDS[standing(report)] == f"proved its key, but {end}"


# --- the MRZ ------------------------------------------------------------------------------------


def test_the_check_digits_of_the_mrz() -> None:
    zone = block(section(page_of(read()), "Machine readable zone"), Zone)
    assert isinstance(zone, Zone)
    assert "\n".join(zone.lines) == document().mrz
    for digit in zone.digits:
        assert "".join(zone.lines)[digit.at] == digit.printed
        assert digit.expected is None


def test_a_wrong_check_digit_says_what_it_must_be() -> None:
    dg1 = read().files[File.DG1].replace(b"L898902C36", b"L898902C37")
    page = page_of(replace(read(), files={**read().files, File.DG1: dg1}))
    zone = block(section(page, "Machine readable zone"), Zone)
    assert isinstance(zone, Zone)
    wrong = [digit for digit in zone.digits if digit.expected is not None]
    assert wrong[0].name == "document number"
    assert (wrong[0].printed, wrong[0].expected) == ("7", "6")


def test_an_unknown_birth_is_shown_as_such_and_an_expiry_in_the_past_marked() -> None:
    for holder, label, value, tone in (
        ("unknown-birth-day", "Born", "-XX", Tone.PLAIN),
        ("short-number", "Expires", "EXPIRED", Tone.BAD),
    ):
        files = issuer.issue(holder).files
        page = page_of(replace(read(), files=files))
        row = {item.label: item for item in page.identity.rows}[label]
        assert value in row.value
        assert row.tone is tone


def test_without_dg1_nobody_is_named() -> None:
    page = page_of(without(read(), File.DG1))
    assert page.title == "Travel document"
    assert page.identity.rows[0].tone is Tone.OPEN
    assert not [item for item in page.sections if item.title == "Machine readable zone"]


def test_a_code_that_is_of_no_state_is_shown_as_it_is() -> None:
    text = document().mrz.replace("UTO", "QQQ")
    dg1 = tlv.build(0x61, tlv.build(0x5F1F, text.replace("\n", "").encode()))
    assert Mrz.parse(text).issuing_state == "QQQ"
    page = page_of(replace(read(), files={**read().files, File.DG1: dg1}))
    assert page.title.endswith("of QQQ")


# --- how it was read ----------------------------------------------------------------------------


def test_how_the_chip_was_opened() -> None:
    found = facts(section(page_of(read()), "How the chip was opened").blocks)
    assert found["Opened with"].value == "the printed MRZ"
    assert found["Protocol"].value == "PACE-GM, AES-128, brainpoolP256r1"
    assert found["Read at"].value == "2026-11-21 12:00:00 UTC"


def test_what_is_worth_knowing_of_the_way_in() -> None:
    evidence = NO_EVIDENCE.but(Failure(CHIP, True, "6300"))
    access = Access("BAC", "MRZ", "3DES", fallback=True)
    dump = replace(read(), access=access, evidence=evidence, quirks=("mf-refused",))
    found = facts(section(page_of(dump), "How the chip was opened").blocks)
    assert found["Protocol"].value == "BAC, 3DES"
    assert found["Weaker"].tone is Tone.OPEN
    assert found["Proof"].value == "chip authentication not run: 6300"
    assert found["Deviations"].value == "mf-refused"


def test_what_another_reader_did_not_record() -> None:
    dump = replace(read(), access=UNKNOWN_ACCESS, read_at=None, steps=(), evidence=NO_EVIDENCE)
    page = page_of(dump)
    found = facts(section(page, "How the chip was opened").blocks)
    assert {name: row.value for name, row in found.items()} == {
        "Opened": "not recorded",
        "Read at": "not recorded",
    }
    assert facts(section(page, "Time").blocks)["Each file"].value == "not recorded"
    assert page.chip.tone is Tone.OPEN
    assert checks(page)["access.protocol"].word == "unknown"


def test_the_files_and_how_much_of_an_upload_they_are() -> None:
    part = section(page_of(read()), "Files")
    assert facts(part.blocks)["DG1"].value == "93 bytes - machine readable zone"
    meter = block(part, Meter)
    assert isinstance(meter, Meter)
    assert meter.limit == 512_000
    assert meter.tone is Tone.GOOD
    assert f"{meter.value:,} of 512,000 bytes" in meter.text


@pytest.mark.parametrize(("size", "tone"), [(400_000, Tone.OPEN), (600_000, Tone.BAD)])
def test_too_much_for_an_upload(size: int, tone: Tone) -> None:
    dump = replace(read(), files={**read().files, File.DG2: bytes(size)})
    meter = block(section(page_of(dump), "Files"), Meter)
    assert isinstance(meter, Meter)
    assert meter.tone is tone


def test_nothing_for_an_upload() -> None:
    part = section(page_of(without(read(), File.DG2)), "Files")
    assert isinstance(block(part, Notes), Notes)


def test_what_was_refused() -> None:
    refused = {
        File.DG3: Refusal(0x6982, "no"),
        File.DG4: Refusal(None, "broken"),
        File.DG5: Refusal(0x6982, "no"),
    }
    found = facts(section(page_of(replace(read(), refused=refused)), "Files").blocks)
    controlled = "access-controlled: fingerprints, for states only (6982)"
    assert found["DG3"] == Fact("DG3", controlled, Tone.QUIET)
    assert found["DG4"] == Fact("DG4", "refused: broken", Tone.OPEN)
    assert found["DG5"] == Fact("DG5", "refused with 6982: no", Tone.OPEN)


def test_what_took_how_long() -> None:
    steps = (
        Step("access", None, 0.0, 0.5, 9),
        Step("file", File.DG2, 0.5, 0.5, 1),
        Step("file", File.DG3, 1.0, 0.0, 1),
        Step("file", File.DG4, 1.0, 0.0, 1),
        Step("proof", File.DG14, 1.0, 1.0, 3),
        Step("\x1bodd", None, 2.0, 0.0, 3),
        Step("lost", None, 2.0, 0.0, 0),
    )
    refused = {File.DG3: Refusal(0x6982, "no"), File.DG4: Refusal(0x6F00, "no")}
    chart = block(timing(replace(read(), steps=steps, seconds=1.0, refused=refused)), Timeline)
    assert isinstance(chart, Timeline)
    assert chart.total == 2.0
    rate = f"1 command, {len(read().files[File.DG2]) / 500:.0f} kB/s"
    assert chart.bars == (
        Bar("Opening", "9 commands", 0.0, 0.5, Tone.PLAIN),
        Bar("DG2", rate, 0.5, 0.5, Tone.GOOD),
        Bar("DG3", "1 command", 1.0, 0.0, Tone.QUIET),
        Bar("DG4", "1 command", 1.0, 0.0, Tone.OPEN),
        Bar("Proof DG14", "3 commands", 1.0, 1.0, Tone.PLAIN),
        Bar("[U+001B]odd", "3 commands", 2.0, 0.0, Tone.PLAIN),
        Bar("Document away", "0 commands", 2.0, 0.0, Tone.OPEN),
    )


def test_a_read_of_no_time_at_all_has_a_chart() -> None:
    steps = (Step("access", None, 0.0, 0.0, 9),)
    chart = block(timing(replace(read(), steps=steps, seconds=0.0)), Timeline)
    assert isinstance(chart, Timeline)
    assert chart.total > 0


# --- the other files ----------------------------------------------------------------------------


def test_keys_and_security_infos_are_shown() -> None:
    page = page_of(read())
    dg14 = [row for row in _rows(section(page, "DG14")) if row.label == "Chip authentication"]
    assert dg14 == [Fact("Chip authentication", "ECDH-AES-128, version 1")]
    keys = [row.value for row in _rows(section(page, "DG14")) if row.label == "Chip's key"]
    assert keys == ["EC, brainpoolP256r1"]
    assert _rows(section(page, "DG15"))[0].value == "RSA, 1024 bits"
    access = _rows(section(page, "EF.CardAccess"))[0]
    assert access == Fact("PACE", "ECDH-GM-AES-128 with parameters 13")


def test_the_keys_of_a_chip_are_told_by_their_numbers() -> None:
    numbered = issuer.issue(chip_authentication=[CaScheme(ciphers=("AES-256",), key_id=200)])
    page = page_of(replace(read(), files=numbered.files))
    shown = {row.label: row.value for row in _rows(section(page, "DG14"))}
    assert shown["Chip's key"] == "EC, brainpoolP256r1, key 200"
    assert shown["Chip authentication"] == "ECDH-AES-256, version 1, key 200"


def test_a_security_info_that_nobody_knows_is_shown_by_its_identifier() -> None:
    unknown = bytes.fromhex("310F300D060804007F0007020205020102")
    page = page_of(replace(read(), files={**read().files, File.CARD_ACCESS: unknown}))
    (row,) = _rows(section(page, "EF.CardAccess"))
    assert row == Fact("Security info", "oid 0.4.0.127.0.7.2.2.5")


def test_every_field_of_the_other_groups_is_shown() -> None:
    page = page_of(full())
    dg11 = {row.label: row.value for row in _rows(section(page, "DG11"))}
    assert dg11 == {
        "Name": "محمد, عبد الله",
        "Other names": "דוד, לוי",
        "Date of birth": "1974-08-XX",
        "Place of birth": "ZENITH\nUTOPIA",
        "Address": "12 شارع\nتونس",
        "Telephone": "+12 345 678",
        "Profession": "Ingénieure",
        "Unknown, tag 5F70": "01 02",
    }
    dg12 = {row.label: row.value for row in _rows(section(page, "DG12"))}
    assert dg12["Date of issue"] == "2024-04-16"
    dg16 = {row.label: row.value for row in _rows(section(page, "DG16"))}
    assert (dg16["Persons, name"], dg16["Persons, telephone"]) == ("SMITH, JOHN", "123")
    (picture,) = section(page, "Other pictures").blocks
    assert isinstance(picture, Picture)
    assert picture.title == "DG7: displayed signature"


def test_what_is_odd_in_a_group_is_noted_with_it() -> None:
    notes = block(section(page_of(full()), "DG12"), Notes)
    assert notes == Notes(("date of issue: in BCD, not in digits",))


def _rows(part: Section) -> tuple[Fact, ...]:
    return tuple(row for item in part.blocks if isinstance(item, Facts) for row in item.rows)


def test_unknown_tags_are_shown_in_hexadecimal() -> None:
    dg13 = tlv.build(0x6D, tlv.build(0x5F1A, b"\x01\x02") + tlv.build(0x53, bytes(100)))
    page = page_of(replace(read(), files={**read().files, File.DG13: dg13}))
    first, second = _rows(section(page, "DG13"))
    assert (first.label, first.value, first.code) == ("Objects, tag 5F1A", "01 02", True)
    assert second.value.endswith("00 ... (36 bytes more)")


def test_what_is_malformed_is_shown_in_hexadecimal_with_the_reason() -> None:
    files = {**read().files, File.DG15: b"\x6f\x05ab", File.DG13: b"\x6d\x05ab"}
    page = page_of(replace(read(), files=files))
    for title in ("DG15", "DG13"):
        assert _rows(section(page, title))[0].label == "Content"
    note = block(section(page, "DG15"), Notes)
    assert isinstance(note, Notes)
    assert note.lines[0].startswith("DG15")


def test_many_fields_are_cut() -> None:
    tags = (first + last for first in (0x5F00, 0x9F00, 0xDF00) for last in range(1, 0x1F))
    dg13 = tlv.build(0x6D, b"".join(tlv.build(tag, b"x") for tag in tags))
    page = page_of(replace(read(), files={**read().files, File.DG13: dg13}))
    assert _rows(section(page, "DG13"))[-1].value == "10 fields"


def test_what_a_face_record_says_is_shown() -> None:
    shown = {row.label: row.value for row in _rows(section(page_of(read()), "DG2"))}
    assert (shown["Gender"], shown["Eye color"]) == ("female", "green")
    assert shown["Feature points"] == "12.1: 250, 262\n12.2: 163, 262"


def test_further_portraits_are_other_pictures() -> None:
    files = issuer.issue("eriksson", faces=3).files
    page = page_of(replace(read(), files=files))
    pictures = section(page, "Other pictures").blocks
    assert len(pictures) == 2
    titles = [item.title for item in pictures if isinstance(item, Picture)]
    assert titles == ["Portrait 2", "Portrait 3"]


def test_each_other_picture_says_what_it_is_of() -> None:
    document = issuer.issue(all_groups=True)
    page = page_of(replace(read(), files=document.files))
    pictures = section(page, "Other pictures").blocks
    assert [item.title for item in pictures if isinstance(item, Picture)] == [
        "DG5: displayed portrait",
        "DG6: reserved",
        "DG7: displayed signature",
        "DG11: proof of citizenship",
        "DG12: front of the document",
        "DG12: rear of the document",
    ]
    item = tlv.build(0x5F43, portrait())
    two = tlv.build(0x67, tlv.build(0x02, b"\x02") + item + item)
    page = page_of(replace(read(), files={**read().files, File.DG7: two}))
    pictures = section(page, "Other pictures").blocks
    assert [item.title for item in pictures if isinstance(item, Picture)] == [
        "DG7: displayed signature",
        "DG7: displayed signature 2",
    ]


def test_a_page_without_a_portrait_says_why() -> None:
    def cannot(_image: bytes, title: str) -> Picture:
        return Picture(title, "", b"", "not shown: image: cut off")

    refused = {File.DG2: Refusal(0x6982, "READ BINARY DG2 at 0: the chip answers 6982")}
    bare = without(read(), File.DG2)
    files = {**read().files, File.DG2: b"\x75\x05ab"}
    for dump, reason in (
        (bare, "DG2 was not read"),
        (replace(bare, refused=refused), "DG2 was refused: READ BINARY DG2 at 0: "),
        (replace(read(), files=files), "DG2/75 at byte 0: "),
    ):
        found = page_of(dump).portrait
        assert (found.title, found.mime, found.data) == ("No portrait", "", b"")
        assert found.caption.startswith(reason)
    found = compose(read(), judged(read()), look=cannot, now=AT).portrait
    assert (found.title, found.caption) == ("No portrait", "not shown: image: cut off")


def test_the_portrait_is_decoded_first() -> None:
    titles: list[str] = []

    def note(image: bytes, title: str) -> Picture:
        titles.append(title)
        return look(image, title)

    compose(full(), judged(full()), look=note, now=AT)
    assert titles[0] == "Portrait"
    assert len(titles) == 2


def test_notes_are_shown_once_and_legible() -> None:
    notes = block(section(page_of(replace(read(), notes=("a", "a", "b\u202e"))), "Notes"), Notes)
    assert notes == Notes(("a", "b[U+202E]"))


def test_nothing_personal_is_in_a_repr() -> None:
    shown = repr(page_of(read()))
    for secret in ("ERIKSSON", "ANNA", "L898902C3", "1974", "740812", "ZE184226B", "\\xff\\xd8"):
        assert secret not in shown
