"""What a program that talks to the office may see and do: bubblewrap and a seccomp filter around its own user.

It gets /usr read-only, a /proc of its own processes, an empty /tmp and the sockets that it is given; no home, no
settings, no other process, no capability. The filter refuses what such a program never needs and exploits like:
namespaces, modules, tracing, keys, bpf, io_uring, and every socket family but unix, IPv4 and IPv6. A program that
brings a sandbox of its own made of user namespaces (`nested`) may make those. Limits: /usr stays
executable, and system calls that are not listed pass.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from errno import EAFNOSUPPORT, EPERM
from pathlib import Path
from socket import AF_INET, AF_INET6, AF_UNIX
from typing import Final

from hanare_stick.network import NAMESPACE_PATH, PORTAL_PATH

_REFUSED_CALLS: Final = (
    *(
        "acct",
        "add_key",
        "adjtimex",
        "bpf",
        "chroot",
        "clock_adjtime",
        "clock_settime",
        "delete_module",
        "fanotify_init",
    ),
    *("finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "init_module", "io_uring_enter", "io_uring_register"),
    *("io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mbind"),
    *("mount", "mount_setattr", "move_mount", "move_pages", "name_to_handle_at", "open_by_handle_at", "open_tree"),
    *("perf_event_open", "personality", "pidfd_getfd", "pivot_root", "process_madvise", "process_vm_readv"),
    *("process_vm_writev", "ptrace", "quotactl", "reboot", "request_key", "setdomainname", "sethostname", "setns"),
    *("settimeofday", "swapoff", "swapon", "syslog", "umount2", "unshare", "userfaultfd", "vhangup"),
)
_FOR_NESTED: Final = frozenset({"chroot", "unshare"})
"""What a sandbox made of user namespaces is built with; the clone(2) that begins it is let through as well."""

_FAMILIES: Final = (AF_UNIX, AF_INET, AF_INET6)
_NEW_USER_NAMESPACE: Final = 0x10000000  # CLONE_NEWUSER, clone(2)
_TIOCSTI: Final = 0x5412  # ioctl_tty(2): types into the terminal of another
_TIOCLINUX: Final = 0x541C

FIRST_TO_GO: Final = 500
"""Half of all memory as a handicap (oom_score_adj, proc_pid_oom_score_adj(5)): when memory runs out, what shows the
office goes, and comes back by itself; agent, kiosk and compositor stay."""


class Network(Enum):
    """Whom a program in its cage can reach."""

    SESSION = "session"
    """The session's tunnel alone."""
    PORTAL = "portal"
    """The portal's relay alone."""
    HOME = "home"
    """What the stick itself reaches, as far as the firewall lets its user."""
    NONE = "none"


_NAMESPACES: Final = {Network.SESSION: NAMESPACE_PATH, Network.PORTAL: PORTAL_PATH}


@dataclass(frozen=True)
class Sandbox:
    """One program's cage. `sockets` are (outside, inside); `files` likewise, read-only."""

    uid: int
    gid: int
    environment: Mapping[str, str]
    sockets: Sequence[tuple[str, str]] = ()
    files: Sequence[tuple[str, str]] = ()
    data: Sequence[tuple[int, str]] = ()
    """Files by open descriptors, read-only: (descriptor, inside)."""
    folders: Sequence[str] = field(default=())
    """Empty folders in memory."""
    nested: bool = False
    """Whether the program makes a sandbox of its own within this one."""
    network: Network = Network.SESSION
    outlives_agent: bool = True
    """A desktop is left to the next agent; what must never stand alone ends with this one."""
    first_to_go: bool = True
    """Whether it goes before the stick's own when memory runs out."""

    def command(self, program: Sequence[str], *, filter_descriptor: int) -> list[str]:
        """Return the whole command: its network, own user, bubblewrap, program."""
        namespace = _NAMESPACES.get(self.network)
        entered = ["nsenter", f"--net={namespace}", "--"] if namespace is not None else []
        return [*entered, *self._user(), *self._cage(), "--seccomp", str(filter_descriptor), "--", *program]

    def _user(self) -> list[str]:
        return [
            "setpriv",
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            "--inh-caps=-all",
            "--bounding-set=-all",
            "--no-new-privs",
            "--",
            *(["choom", f"--adjust={FIRST_TO_GO}", "--"] if self.first_to_go else []),
        ]

    def _cage(self) -> list[str]:
        # No --new-session: killing the process group must reach the first process of the PID namespace.
        cage = ["bwrap", "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-cgroup-try"]
        cage += [] if self.outlives_agent else ["--die-with-parent"]
        cage += ["--unshare-net"] if self.network is Network.NONE else []
        cage += [*([] if self.nested else ["--disable-userns"]), "--cap-drop", "ALL", "--clearenv", "--chdir", "/"]
        cage += ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run"]  # noqa: S108 - inside the cage
        for name in ("bin", "lib", "lib64", "sbin"):
            cage += ["--symlink", f"usr/{name}", f"/{name}"]
        for path in ("/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives"):
            cage += ["--ro-bind-try", path, path]
        for folder in self.folders:
            cage += ["--tmpfs", folder]
        for outside, inside in self.files:
            cage += ["--ro-bind", outside, inside]
        for descriptor, inside in self.data:
            cage += ["--ro-bind-data", str(descriptor), inside]
        for outside, inside in self.sockets:
            cage += ["--bind", outside, inside]
        for name, value in self.environment.items():
            cage += ["--setenv", name, value]
        return cage


def filter_file(*, nested: bool = False) -> int:
    """Return a descriptor of the compiled seccomp filter (cBPF), at its start; the caller closes it."""
    # Debian's python3-seccomp exists on sticks only; the agent's other parts are tested without it.
    import seccomp  # noqa: PLC0415

    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse = seccomp.ERRNO(EPERM)
    for call in _REFUSED_CALLS:
        if not (nested and call in _FOR_NESTED):
            rules.add_rule(refuse, call)
    if not nested:
        rules.add_rule(refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _NEW_USER_NAMESPACE, _NEW_USER_NAMESPACE))
    for order in (_TIOCSTI, _TIOCLINUX):
        rules.add_rule(refuse, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, order))
    for family in range(max(_FAMILIES) + 1):
        if family not in _FAMILIES:
            rules.add_rule(seccomp.ERRNO(EAFNOSUPPORT), "socket", seccomp.Arg(0, seccomp.EQ, family))
    rules.add_rule(seccomp.ERRNO(EAFNOSUPPORT), "socket", seccomp.Arg(0, seccomp.GT, max(_FAMILIES)))
    descriptor = os.memfd_create("seccomp")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        rules.export_bpf(file)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def readable(path: str) -> tuple[str, str]:
    """Return the same path outside and inside."""
    return path, str(Path(path))
