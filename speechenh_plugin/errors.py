"""What goes wrong with files."""


class AudioFileError(Exception):
    """A file that cannot be read or written as audio; the message says why, and what to do."""


class AudioWriteError(AudioFileError):
    """A file that cannot be written: its place is full, read-only or gone."""
