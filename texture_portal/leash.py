"""Runs a Python module so that neither it nor anything it forks outlives its parent, however that ends.

    python -m texture_portal.leash MODULE ARGUMENT…

Killing django-q2's parent leaves its children at work, and killing gunicorn's leaves the port taken; here the
system ends them (Linux; elsewhere they are on their own).
"""

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1
_parent = os.getppid()


def _remember_parent() -> None:
    global _parent
    _parent = os.getpid()


def _tie_to_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != _parent:  # it ended before the leash was on
        os._exit(1)


if __name__ == "__main__":
    _tie_to_parent()
    os.register_at_fork(before=_remember_parent, after_in_child=_tie_to_parent)
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
