"""The progress bar of a read, on stderr and for a person only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from epass.card.reader import ReadEvent, ignore
from epass.cli.output import say

OnEvent = Callable[[ReadEvent], object]


LOST = "The document is not there any more. Put it back: the read goes on where it stopped."
FOUND = "The document is back."


@contextmanager
def bar(show: bool) -> Iterator[OnEvent]:
    """An ``on_event`` that draws a bar, if ``show`` is set and stderr is a terminal.

    A document that must be put back is asked for in any case, once for each time.
    """
    with _drawn(show) as draw:
        yield _telling(draw)


def _telling(draw: OnEvent) -> OnEvent:
    away = False

    def tell(event: ReadEvent) -> None:
        nonlocal away
        if away is not (event.stage == "lost"):
            away = not away
            say(LOST if away else FOUND)
        draw(event)

    return tell


@contextmanager
def _drawn(show: bool) -> Iterator[OnEvent]:
    console = Console(stderr=True)
    if not (show and console.is_terminal):
        yield ignore
        return
    columns = TextColumn("{task.description:<12}"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Opening", total=None)

        def draw(event: ReadEvent) -> None:
            if event.stage == "lost":
                progress.update(task, description="Waiting", total=None)
            elif event.stage == "proof":
                progress.update(task, description="Proof", completed=0, total=None)
            elif event.file is not None:
                total = event.total or None
                label = event.file.label
                progress.update(task, description=label, completed=event.done, total=total)

        yield draw
