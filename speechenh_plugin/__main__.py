"""``python -m speechenh_plugin`` is the command ``deepdenoise``."""

from .cli import app

app(prog_name="deepdenoise")
