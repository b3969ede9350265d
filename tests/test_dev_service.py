"""tools/setup_service.py against a PC/SC service that is made up here."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fake_machine import Machine

from tools import setup_packages, setup_service
from tools.running import Outcome
from tools.setup_service import Host


class Pcscd:
    """A PC/SC service that starts, restarts and loads its driver as the real one does."""

    def __init__(self, tmp_path: Path, *, up: bool = True, driver: bool = True) -> None:
        self.up, self.loaded = up, up and driver
        self.driver, self.ours, self.starts = True, False, True
        self.machine = Machine(self.answer)
        self.pid_file = tmp_path / "pcscd.pid"
        if up:
            self.pid_file.write_bytes(b"42\0")  # with a zero byte at its end, as pcscd does

    def answer(self, line: str) -> Outcome | None:
        words = line.split()
        if line.startswith("dpkg-query"):
            return Outcome(0, f"{setup_packages.DRIVER} installed\n" if self.driver else "")
        if line.endswith("/proc/42/comm"):
            return Outcome(0, "pcscd\n" if self.up else "bash\n")
        if line.endswith("/proc/42/environ"):
            return Outcome(0, f"PATH=/bin\0{setup_service.OURS}\0" if self.ours else "PATH=/bin\0")
        if "rm" in words:
            self.pid_file.unlink()
        if "kill" in words:
            self.up = self.loaded = False
        if "restart" in words or setup_service.OURS in words or "start" in words:
            if not self.starts:
                return Outcome(1, "")
            self.up, self.loaded = True, self.driver
        return None

    def host(self, *, root: Sequence[str] | None = (), systemd: bool = False) -> Host:
        return Host(
            run=self.machine,
            root=lambda: root,
            systemd=systemd,
            answers=lambda: self.up,
            readers=lambda: [setup_service.VIRTUAL_READER] if self.loaded else [],
            patience=0.01,
        )


@pytest.fixture
def pcscd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Pcscd]:
    def make(*, up: bool = True, driver: bool = True) -> Pcscd:
        made = Pcscd(tmp_path, up=up, driver=driver)
        monkeypatch.setattr(setup_service, "PID_FILE", made.pid_file)
        monkeypatch.setattr("shutil.which", lambda name, **_: f"/usr/sbin/{name}")
        return made

    return make


class TestService:
    def test_it_runs(self, pcscd: Callable[..., Pcscd]) -> None:
        daemon = pcscd()
        service = setup_service.ensure(daemon.host(), new=())
        assert service.virtual_reader
        assert daemon.machine.commands == []

    def test_it_is_started(self, pcscd: Callable[..., Pcscd]) -> None:
        daemon = pcscd(up=False)
        service = setup_service.ensure(daemon.host(root=("sudo", "-n")), new=())
        assert service.state == "started, Virtual PCD 00 00"
        assert daemon.machine.commands[-1].startswith("sudo -n env -i PATH=")

    def test_systemd_starts_it(self, pcscd: Callable[..., Pcscd]) -> None:
        daemon = pcscd(up=False)
        assert setup_service.ensure(daemon.host(systemd=True), new=()).virtual_reader
        assert daemon.machine.commands == ["systemctl start pcscd.socket"]

    def test_nobody_may_start_it(self, pcscd: Callable[..., Pcscd]) -> None:
        service = setup_service.ensure(pcscd(up=False).host(root=None), new=())
        assert service.down
        assert "only root can start it" in service.note

    def test_it_does_not_start(self, pcscd: Callable[..., Pcscd]) -> None:
        daemon = pcscd(up=False)
        daemon.starts = False
        service = setup_service.ensure(daemon.host(), new=())
        assert service.down
        assert "does not start" in service.note
        assert "gave 1" in service.note

    def test_the_file_of_an_old_one_is_removed(self, pcscd: Callable[..., Pcscd]) -> None:
        daemon = pcscd()
        daemon.up = False  # 42 is now a shell
        setup_service.ensure(daemon.host(), new=())
        assert daemon.machine.ran("rm -f") == [f"rm -f {daemon.pid_file}"]

    def test_ours_is_restarted_for_its_driver(self, pcscd: Callable[..., Pcscd]) -> None:
        daemon = pcscd(driver=False)
        daemon.ours = True
        service = setup_service.ensure(daemon.host(), new=())
        assert service.virtual_reader
        assert daemon.machine.ran("kill") == ["kill 42"]

    def test_systemd_restarts_it_for_a_driver_that_is_new(
        self, pcscd: Callable[..., Pcscd]
    ) -> None:
        daemon = pcscd(driver=False)
        service = setup_service.ensure(daemon.host(systemd=True), new=(setup_packages.DRIVER,))
        assert service.virtual_reader
        assert daemon.machine.ran("systemctl") == ["systemctl restart pcscd.service"]

    @pytest.mark.parametrize("systemd", [False, True])
    def test_somebody_elses_is_left_alone(
        self, pcscd: Callable[..., Pcscd], *, systemd: bool
    ) -> None:
        daemon = pcscd(driver=False)
        service = setup_service.ensure(daemon.host(systemd=systemd), new=())
        assert not service.virtual_reader
        assert not service.down
        assert "was not started by this tool; restart it: sudo" in service.note
        assert not daemon.machine.ran("kill")
        assert not daemon.machine.ran("systemctl")

    def test_no_driver(self, pcscd: Callable[..., Pcscd]) -> None:
        daemon = pcscd(driver=False)
        daemon.driver = False
        service = setup_service.ensure(daemon.host(), new=())
        assert service.note == "its driver vsmartcard-vpcd is not installed"

    def test_polkit_is_left_out_only_where_it_cannot_be_asked(self) -> None:
        help_text = "  --disable-polkit    disable polkit support\n"
        with_bus = setup_service.start_command((), "pcscd", help_text, bus=True)
        without = setup_service.start_command((), "pcscd", help_text, bus=False)
        old = setup_service.start_command((), "pcscd", "-f, --foreground", bus=False)
        assert [command[-1] for command in (with_bus, without, old)] == [
            "pcscd",
            "--disable-polkit",
            "pcscd",
        ]
