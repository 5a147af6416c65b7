"""``python -m speechenh_plugin.cli`` is the command ``deepdenoise``."""

from . import app

app(prog_name="deepdenoise")
