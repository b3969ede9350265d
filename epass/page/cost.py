"""What was read: the files with their sizes, what was refused, and what took how long."""

from epass.dump import Dump, Refusal, Step
from epass.errors import FormatError
from epass.lds.biometrics import EXTENDED_ACCESS
from epass.lds.names import UNSIGNED, File
from epass.page import words
from epass.page.model import (
    Bar,
    Block,
    Fact,
    Facts,
    Meter,
    Notes,
    Section,
    Timeline,
    Tone,
    legible,
)
from epass.upload import RAW_LIMIT, NfcPayload

STAGES = {"access": "Opening", "proof": "Proof", "file": "", "lost": "Document away"}
PRINTED = {"MRZ": "the printed MRZ", "CAN": "the printed CAN"}
NOT_RECORDED = "not recorded"
SECURITY_STATUS = 0x6982  # security status not satisfied, ISO/IEC 7816-4 table 6


def files(dump: Dump) -> Section:
    """Each file with its size, what was refused, and how much of an upload's limit it is."""
    rows = [
        Fact(file.label, f"{len(raw):,} bytes - {words.FILES.get(file.label, '')}".rstrip(" -"))
        for file, raw in dump.files.items()
    ]
    refused = [_refused(file, item) for file, item in dump.refused.items()]
    return Section("Files", (Facts((*rows, *refused)), _upload(dump)))


def ordinary(file: File, item: Refusal) -> str:
    """What to say of a file that many chips do not give; empty where that is not why."""
    if file in EXTENDED_ACCESS and item.sw == SECURITY_STATUS:
        return f"access-controlled: {words.FILES[file.label]}, for states only ({item.sw:04X})"
    return "not there" if file in UNSIGNED and item.is_absence else ""


def _refused(file: File, item: Refusal) -> Fact:
    if said := ordinary(file, item):
        return Fact(file.label, said, Tone.QUIET)
    return Fact(file.label, f"refused{_status(item.sw)}: {legible(item.reason)}", Tone.OPEN)


def _status(sw: int | None) -> str:
    return "" if sw is None else f" with {sw:04X}"


def _upload(dump: Dump) -> Block:
    try:
        payload = NfcPayload.from_dump(dump)
    except FormatError:
        return Notes(("For an upload, EF.COM, EF.SOD, DG1 and DG2 are not all there.",))
    size = payload.raw_size
    tone = Tone.BAD if size > RAW_LIMIT else Tone.OPEN if payload.warnings else Tone.GOOD
    text = f"{size:,} of {RAW_LIMIT:,} bytes ({payload.base64_size:,} in base64)"
    return Meter("For an upload", size, RAW_LIMIT, text, tone)


def timing(dump: Dump) -> Section:
    """Where the time went."""
    title = "Time"
    if not dump.steps:
        return Section(title, (Facts((Fact("Each file", NOT_RECORDED, Tone.QUIET),)),))
    total = max([dump.seconds, *(step.start + step.seconds for step in dump.steps)]) or 0.001
    bars = tuple(_bar(step, dump) for step in dump.steps)
    whole = Fact("Whole read", f"{dump.seconds:.2f} s, {dump.apdus} commands")
    return Section(title, (Facts((whole,)), Timeline(bars, total)))


def _bar(step: Step, dump: Dump) -> Bar:
    label = STAGES.get(step.stage, legible(step.stage))
    if step.file:
        label = f"{label} {step.file.label}".strip()
    commands = f"{step.apdus} command{'' if step.apdus == 1 else 's'}"
    rate = _rate(step, dump.files.get(step.file, b"") if step.file else b"")
    return Bar(label, f"{commands}{rate}", step.start, step.seconds, _tone(step, dump))


def _tone(step: Step, dump: Dump) -> Tone:
    refusal = dump.refused.get(step.file) if step.file else None
    if step.file and refusal and ordinary(step.file, refusal):
        return Tone.QUIET
    if step.stage == "lost" or (step.file is not None and step.file not in dump.files):
        return Tone.OPEN
    return Tone.GOOD if step.stage == "file" else Tone.PLAIN


def _rate(step: Step, content: bytes) -> str:
    """How fast, where it is long enough to tell."""
    if step.stage != "file" or step.seconds < 0.01 or not content:
        return ""
    return f", {len(content) / step.seconds / 1000:,.0f} kB/s"


def opened(dump: Dump) -> Section:
    """How the chip was opened, when, and what deviated."""
    access = dump.access
    rows = [Fact("Opened", "not recorded", Tone.OPEN)]
    if access.known:
        how = "-".join(filter(None, (access.protocol, access.mapping)))
        rows = [
            Fact("Opened with", PRINTED.get(access.password, access.password)),
            Fact("Protocol", ", ".join(filter(None, (how, access.cipher, access.group)))),
        ]
    if access.fallback:
        rows.append(Fact("Weaker", "BAC by the caller's word", Tone.OPEN))
    when = dump.read_at
    rows.append(
        Fact("Read at", f"{when:%Y-%m-%d %H:%M:%S} {when.tzname()}")
        if when
        else Fact("Read at", NOT_RECORDED, Tone.OPEN)
    )
    rows += [Fact("Proof", legible(failure.text), Tone.OPEN) for failure in dump.evidence.failures]
    if dump.quirks:
        rows.append(Fact("Deviations", ", ".join(dump.quirks)))
    return Section("How the chip was opened", (Facts(tuple(rows)),))
