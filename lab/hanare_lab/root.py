"""The root file system of one machine: an overlay on the Debian 13 tree, writable in memory only.

Its own /proc, /sys, /dev, /run and /tmp; the checkout stands read-only at /opt/hanare. The machine's mount namespace
is pivoted into it, so that its processes can make namespaces of their own (a chroot(2) would forbid user namespaces).
"""

from __future__ import annotations

import subprocess
from contextlib import nullcontext
from pathlib import Path

from hanare_lab.errors import LabError

CHECKOUT = Path(__file__).resolve().parents[2]
CHECKOUT_INSIDE = "/opt/hanare"
WRITABLE_BYTES = "512m"  # what one machine may write; a desktop session needs a few MB
SHARED_MEMORY_BYTES = "256m"  # xorgxrdp keeps its frames in /dev/shm: 8 MiB a screen, twice

_DEVICES = ("full", "null", "random", "tty", "urandom", "zero")

# One shell for all mounts: twenty programs started one by one from Python cost four times as much.
_MOUNT_SCRIPT = """
set -e
cd "$1"; tree="$2"; hostname="$3"
mkdir root writable
mount -t tmpfs -o mode=755,size=$WRITABLE hanare-lab writable
mkdir writable/upper writable/work
mount -t overlay -o "lowerdir=$tree,upperdir=writable/upper,workdir=writable/work" hanare-lab root
cd root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755,nosuid hanare-lab run
mount -t tmpfs -o mode=1777,nosuid,nodev hanare-lab tmp
mount -t tmpfs -o mode=755,nosuid hanare-lab dev
mkdir -p dev/net dev/shm dev/pts run/lock run/netns run/user tmp/.X11-unix tmp/.ICE-unix opt/hanare
chmod 1777 tmp/.X11-unix tmp/.ICE-unix run/lock
mount -t tmpfs -o mode=1777,nosuid,nodev,size=$SHARED hanare-lab dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
for device in $DEVICES; do cp -a "/dev/$device" dev/; done
mknod -m 666 dev/net/tun c 10 200
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin; ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr
mount --bind "$CHECKOUT" opt/hanare
mount -o remount,bind,ro,nosuid,nodev opt/hanare
echo "$hostname" > etc/hostname
printf '127.0.0.1 localhost %s\\n::1 localhost\\n' "$hostname" > etc/hosts
: > etc/resolv.conf
"""

# The old root is stacked on the new one and then detached, pivot_root(2) "pivot_root(".", ".")".
_HOLD_SCRIPT = 'cd "$1" && pivot_root . . && umount -l . && echo ready && exec sleep infinity'


def mount_root(folder: Path, tree: Path, hostname: str, netns: Path) -> Path:
    """Mount a machine's root below ``folder`` and return it; ``netns`` decides which network its /sys shows."""
    settings = {
        "WRITABLE": WRITABLE_BYTES,
        "SHARED": SHARED_MEMORY_BYTES,
        "DEVICES": " ".join(_DEVICES),
        "CHECKOUT": str(CHECKOUT),
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    }
    shell = ["nsenter", f"--net={netns}", "sh", "-c", _MOUNT_SCRIPT, "sh", str(folder), str(tree), hostname]
    subprocess.run(shell, env=settings, check=True)
    return folder / "root"


def hold_namespace(root: Path) -> subprocess.Popen[str]:
    """Start the process that keeps a mount namespace whose root is ``root``; the machine's processes join it.

    A file cannot keep it: Linux 6.18 refuses, now and then, to bind a mount namespace (its order of age is per CPU).
    """
    unshare = ["unshare", "--mount", "--propagation=private", "sh", "-c", _HOLD_SCRIPT, "sh", str(root)]
    holder = subprocess.Popen(unshare, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    with holder.stdout or nullcontext() as output:
        if output is None or output.readline() != "ready\n":
            raise LabError(f"cannot make a mount namespace on {root}")
    return holder


def unmount_root(folder: Path) -> None:
    """Take down what mount_root made; files still open keep nothing in view."""
    subprocess.run(["umount", "--lazy", "--recursive", str(folder / "root")], check=True)
    subprocess.run(["umount", "--lazy", str(folder / "writable")], check=True)
