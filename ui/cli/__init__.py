"""The command line. `main` is what `cairn` runs; everything heavy is imported inside the command that needs it."""

from __future__ import annotations

import gc
import io
import os
import sys

_COLLECT_AFTER = 100_000
"""New objects. At Python's own 700, looking for garbage in what was imported is a fifth of a first answer's time."""


def main() -> None:
    """Run the command line; every error of ours ends here as one line with what to do, and an exit code."""
    _open_streams()
    gc.set_threshold(_COLLECT_AFTER)
    from cairn.core.errors import CairnError
    from cairn.ui.cli.commands import app

    try:
        app()
    except CairnError as error:
        sys.stderr.write(f"cairn: {error.message}\n" + (f"  {error.hint}\n" if error.hint else ""))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("\ncairn: stopped.\n")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        sys.stderr.write(f"cairn: {error.strerror or error}.\n  Is there room on the disk, may the file be written?\n")
        sys.exit(1)
    except Exception as error:
        if os.environ.get("CAIRN_DEBUG"):
            raise
        detail = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        sys.stderr.write(f"cairn: something went wrong that should not: {detail}\n")
        sys.stderr.write("  Please report it; CAIRN_DEBUG=1 shows where.\n")
        sys.exit(1)


def _open_streams() -> None:
    """A stream that is closed leads nowhere; what a terminal's encoding does not have never ends the program."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 (open to the end; no import for it)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace" if name == "stdin" else "backslashreplace")
