"""``deepdenoise models``: what is bundled."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..effect import DeepDenoise
from ..store import models as bundled
from . import options, terminal


def models(
    licences: Annotated[
        bool, typer.Option("--licences", "--licenses", help="Tell the licences of the weights and of their data.")
    ] = False,
    json: options.Json = False,
) -> None:
    """List the bundled models, what each is for, and which is the default."""
    with options.usage_errors():
        found = bundled()
        default = DeepDenoise().model if found else ""
    if json:
        terminal.print_json(
            [
                {
                    **asdict(model),
                    "path": str(model.path),
                    "default": model.name == default,
                }
                for model in found
            ]
        )
        return
    console = Console(highlight=False)
    if licences:
        for model in found:
            console.print(f"[b]{model.name}[/]: {model.licence}; trained on")
            for data in model.data:
                console.print(f"  {data.removeprefix('folder:')}", markup=False)
        return
    table = Table()
    table.add_column("model", no_wrap=True)
    table.add_column("for")
    table.add_column("a frame costs", justify="right", no_wrap=True)
    for model in found:
        name = f"[b]{model.name}[/] (default)" if model.name == default else model.name
        table.add_row(name, model.purpose, f"{model.macs_per_frame / 1e6:.1f} M")
    console.print(table)
    console.print("Choose one by --model NAME. A frame is 8 ms; its cost is in multiply-adds.")
    console.print("--licences tells the licences of weights and data.")
