"""A launcher that becomes another program, which the kernel ends when the one that started it dies.

Run as a file, not imported: `python -I -S launcher.py PARENT_PID COMMAND...`. The parent must start it from
its main thread, for the kernel watches the thread, not the process. Without prctl it only becomes it.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for the signal, look whether the parent is still there, and become the command."""
    parent = int(sys.argv[1])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # It may have died before the kernel was asked.
        if os.getppid() != parent:
            sys.exit(1)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
