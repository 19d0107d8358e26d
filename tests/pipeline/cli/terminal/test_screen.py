"""What is printed while the interface is drawn goes to a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PRINT = """
import logging, os, sys
from pathlib import Path
from pipeline.cli.terminal.screen import kept_clean
logging.basicConfig(format="%(message)s")
with kept_clean(Path(sys.argv[1])):
    for text in sys.argv[2:]:
        logging.error(text)
        os.write(2, b"from C\\n")
    print("drawn", file=sys.__stderr__, flush=True)
print("after", file=sys.stderr)
"""


def printed(log: Path, *texts: str) -> str:
    """What reaches the screen."""
    run = subprocess.run(
        [sys.executable, "-c", PRINT, str(log), *texts], capture_output=True, text=True, check=True, timeout=60
    )
    return run.stderr


def test_logs_and_libraries_print_to_the_file_and_the_interface_to_the_screen(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "talk.log"
    assert printed(log, "a warning") == "drawn\nafter\n"
    assert log.read_text() == "a warning\nfrom C\n"
    assert log.stat().st_mode & 0o077 == 0
    assert printed(log, "another") == "drawn\nafter\n"
    assert log.read_text() == "another\nfrom C\n"


def test_nothing_printed_leaves_no_file(tmp_path: Path) -> None:
    assert printed(tmp_path / "talk.log") == "drawn\nafter\n"
    assert not (tmp_path / "talk.log").exists()
