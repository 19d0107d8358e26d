"""What the machine has to run models on."""

from __future__ import annotations

import os
from pathlib import Path

GIB = 1 << 30
"""Bytes in a gibibyte."""

_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def free_memory() -> int | None:
    """Bytes of memory that a program may still take without pushing others out; None where the system does not tell.

    A container's limit counts as well. Where only the size of the whole memory is known, half of it counts as free."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
        free = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        try:
            free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
        except (AttributeError, OSError, ValueError):
            return None
    allowed = _allowance()
    return free if allowed is None else min(free, allowed)


def _allowance() -> int | None:
    """What is left of the limit of a container; None where there is no limit."""
    try:
        most = int((_GROUP / "memory.max").read_text())
        used = int((_GROUP / "memory.current").read_text())
        lines = dict(line.split() for line in (_GROUP / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    return max(0, most - used + int(lines.get("inactive_file", 0)))  # the cache of files gives way
