"""Denoise folders: python examples/batch.py IN OUT. What ``deepdenoise batch --chain podcast`` does, in Python."""

import sys

from speechenh_plugin.batch import batch


def main(source: str, output: str) -> None:
    """Denoise all audio files below a folder, and put the podcast effects behind."""
    report = batch(source, output, chain="podcast", reduction_limit_db=30)
    for outcome in report.outcomes:
        print(f"{outcome.status:8}{outcome.source} {outcome.reason}")
    print(f"{report.count('done')} done, {report.count('skipped')} skipped, {report.count('failed')} failed")
    sys.exit(1 if report.count("failed") else 0)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, TypeError, ValueError) as error:
        sys.exit(str(error))
