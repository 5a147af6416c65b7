"""How the command line is read: which command is meant, and how it ends."""

import difflib
import os
import signal
import threading
from typing import Any

import typer
from typer.core import TyperGroup

from . import interrupts, terminal

_GLOBAL = ("--help", "-h", "--version", "--install-completion", "--show-completion")

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it, and after what else stops a command."""


class Group(TyperGroup):
    """Commands, the first of which needs no name: ``deepdenoise in.wav -o out.wav``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the name of the first command where none is given."""
        if args and args[0] not in self.commands and args[0] not in _GLOBAL:
            self._recognise(args[0])
            args = ["denoise", *args]
        return super().parse_args(ctx, args)

    def _recognise(self, word: str) -> None:
        """Refuse what is no file, but nearly a command."""
        if word.startswith("-") or os.path.lexists(word) or os.path.splitext(word)[1]:
            return
        near = difflib.get_close_matches(word.lower(), self.commands, 1)
        if near:
            terminal.fail(f"there is no file and no command {word!r}; did you mean 'deepdenoise {near[0]}'?", status=2)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an interrupt ends it with a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is left to do takes no time, and is not to fail
            terminal.say("stopped")
            raise typer.Exit(INTERRUPTED) from None

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command line, and end the process; a place that cannot be written is told in a sentence."""
        try:
            with interrupts.terminations():
                return super().main(*args, **options)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except OSError as error:
            terminal.complain(_sentence(error))
            status = 1
        status = terminal.finish(status)
        if status == INTERRUPTED or terminal.any_thread_left():
            terminal.end_at_once(status)  # who interrupts wants the prompt back; unloading all libraries takes a while
        raise SystemExit(status)


def _sentence(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.filename is None:
        return f"standard output cannot be written: {reason}"
    return f"{error.filename}{'' if reason.startswith('cannot') else ':'} {reason}"
