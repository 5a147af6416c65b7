"""``deepdenoise models``: what is bundled."""

from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from ..store import models as bundled
from . import options


def models(json: options.Json = False) -> None:
    """List the bundled models with their licences and sizes."""
    with options.usage_errors():
        found = bundled()
    if json:
        options.print_json([{**asdict(model), "path": str(model.path)} for model in found])
        return
    table = Table()
    for column in ("model", "licence"):
        table.add_column(column, no_wrap=True)
    for column in ("parameters", "multiply-adds a frame"):
        table.add_column(column, justify="right")
    for model in found:
        table.add_row(model.name, model.licence, f"{model.parameters:,}", f"{model.macs_per_frame:,}")
    console = Console(highlight=False)
    console.print(table)
    # Beside the table they would be dozens of narrow lines.
    for model in found:
        console.print(f"\n{model.name} was trained on {', '.join(model.data)}.", markup=False)
