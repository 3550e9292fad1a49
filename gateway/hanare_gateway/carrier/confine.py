"""seccomp: after start-up the carrier can read and write its sockets and wait, and no longer open, execute or trace.

Whatever a fault in TLS or Python leads to, no file can be opened and no program started. Every other system call fails
with EPERM. Needs Debian's python3-seccomp (libseccomp).
"""

import errno
from typing import Final

import seccomp

_ALLOWED: Final = (
    *("accept4", "bind", "close", "connect", "getpeername", "getsockname", "getsockopt", "ioctl", "listen"),
    *("recvfrom", "recvmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socket", "read", "write"),
    *("epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "poll", "ppoll", "fcntl"),
    *("brk", "futex", "madvise", "mmap", "mprotect", "mremap", "munmap", "rseq", "sched_yield"),
    *("clock_gettime", "clock_nanosleep", "fstat", "getpid", "getrandom", "gettid", "gettimeofday", "lseek"),
    *("exit", "exit_group", "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack"),
)


def confine() -> None:
    """Put the filter in force for this process for ever. Raises OSError where the kernel has no seccomp."""
    filtered = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in _ALLOWED:
        filtered.add_rule(seccomp.ALLOW, name)
    filtered.load()
