"""What goes wrong with files."""


class AudioFileError(Exception):
    """A file that cannot be read or written as audio; the message says why, and what to do."""
