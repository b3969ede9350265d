"""``demo``: the whole job with a simulated passport and the sandbox, on this machine only."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from epass import pcsc, sandbox
from epass.card.apdu import Channel
from epass.card.keys import Can, Key, MrzKey
from epass.cli import anchoring, forgeries, jobs, paper, stand_ins
from epass.cli.jobs import Reading
from epass.cli.wiring import Options
from epass.errors import SharingError
from epass.sandbox import Sandbox
from epass.sim import vpcd
from epass.sim.chip import Chip
from epass.upload import VeriffClient

WAIT_SECONDS = 5.0  # the service notices a virtual card within half a second


def run(options: Options, *, show: bool, on_read: Callable[[Reading], object]) -> Reading:
    """Issue, read, judge, deliver; ``on_read`` gets what was read. Raises what these raise."""
    jobs.check_places(options)
    anchors = anchoring.anchors_from(options)
    if not options["anchors"]:
        anchors = forgeries.anchors(options) or anchors
    document = stand_ins.make_document(options)
    chip = stand_ins.make_chip(document, options, nonce=secrets.token_bytes(stand_ins.NONCE_BYTES))
    key: Key = Can(document.can) if options["by_can"] else MrzKey.from_mrz(document.mrz)
    with _channel(chip, through_pcsc=options["pcsc"]) as channel:
        everything = options["everything"] or stand_ins.has_all_groups(options)
        wanted = {**options, "everything": everything}
        reading = jobs.read_chip(channel, key, wanted, anchors, show=show)
    on_read(reading)
    paper.keep(reading, options)
    stand_in = Sandbox(stand_ins.API_KEY, stand_ins.SHARED_SECRET)
    with (
        sandbox.serve(stand_in) as base_url,
        VeriffClient(stand_ins.API_KEY, stand_ins.SHARED_SECRET, base_url) as client,
    ):
        wanted = {"session": stand_in.create_session(), "require_trust": False}
        return jobs.deliver(reading, client, wanted)


@contextmanager
def _channel(chip: Chip, *, through_pcsc: bool) -> Iterator[Channel]:
    if not through_pcsc:
        yield chip
        return
    with (
        vpcd.inserted(chip) as port,
        pcsc.connect(stand_ins.reader_name(port), wait=WAIT_SECONDS) as channel,
    ):
        if channel.atr != chip.atr:
            raise SharingError("another simulated card is in the virtual reader")
        yield channel
