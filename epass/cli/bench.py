"""``bench``: what a read costs, on simulated links or on the document that lies on a reader."""

import json
import secrets

from epass.card import reader
from epass.cli import card_bench, link_bench, wiring
from epass.cli.output import out
from epass.cli.wiring import Options
from epass.dump import Dump

SCHEMA, VERSION = "epass.bench", 1
OF_A_CARD = ("reader", "mrz", "mrz_file", "number", "birth", "expiry", "can")


def wants_card(options: Options) -> bool:
    """Whether a reader or a key was given."""
    return any(options[name] is not None for name in OF_A_CARD)


def simulated(*, everything: bool, as_json: bool) -> None:
    """Print what reads cost on links of all speeds; JSON has every row."""
    found = link_bench.rows(everything=everything or as_json)
    if as_json:
        _json("links", rows=[row.as_dict() for row in found])
        return
    for line in link_bench.table(found):
        out(line)
    out("Seconds after access; floor: the best plan there can be; 160 B: SELECT, then 160 bytes")
    out("at a time. Computed, not measured: docs/link-model.md.")


def on_card(options: Options, *, as_json: bool) -> None:
    """Read the document on the reader, and print how fast it came. Raises as ``read`` does."""
    key = wiring.key_from(options)
    with wiring.channel_from(options) as channel:
        watch = card_bench.Stopwatch(channel)
        dump = reader.read(
            watch,
            key,
            access=options["open_with"],
            allow_bac_fallback=options["allow_bac_fallback"],
            extended=options["extended"],
            memory=wiring.memory_from(options),
            prove=options["prove"],
            challenge=wiring.challenge_from(options),
            on_event=watch.note,
            random=secrets.token_bytes,
        )
    _show(dump, watch, as_json=as_json)


def _show(dump: Dump, watch: card_bench.Stopwatch, *, as_json: bool) -> None:
    sizes = {file: len(content) for file, content in dump.files.items()}
    files = card_bench.by_file(watch.timed, sizes)
    speed = card_bench.fitted(watch.timed)
    hints = card_bench.hints(watch.timed, speed)
    if as_json:
        _json(
            "card",
            access=dump.access.as_dict(),
            apdus=dump.apdus,
            seconds=dump.seconds,
            rows=[row.as_dict() for row in files],
            command_ms=None if speed.command is None else round(1000 * speed.command, 2),
            kbit_per_second=None if speed.rate is None else round(speed.rate, 1),
            bit_rate=speed.bit_rate,
            hints=hints,
        )
        return
    out(f"{'file':<16}{'bytes':>8}{'APDUs':>7}{'seconds':>9}{'kbit/s':>8}")
    for row in files:
        out(f"{row.file.label:<16}{row.size:>8}{row.apdus:>7}{row.seconds:>9.3f}{row.rate:>8.0f}")
    out(f"{dump.apdus} commands in {dump.seconds:.2f} s, with access.")
    if speed.command is not None:
        out(f"A command costs {1000 * speed.command:.1f} ms besides its bytes.")
    for hint in hints:
        out(hint)


def _json(kind: str, **facts: object) -> None:
    out(json.dumps({"schema": SCHEMA, "version": VERSION, "kind": kind, **facts}, indent=2))
