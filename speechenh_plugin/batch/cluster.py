"""The jobs of a batch on the workers of a Dask cluster."""

from collections.abc import Callable

from .job import Job, Outcome, run_in_process
from .record import Record


def work(jobs: list[Job], address: str, record: Record, tell: Callable[[Outcome], None]) -> None:
    """Do jobs on a cluster; what a lost worker had begun is done by another.

    Parameters
    ----------
    jobs : list of Job
        What to do; workers must see the same paths.
    address : str
        Of the Dask scheduler.
    record : Record
        Is told what begins and what ended.
    tell : callable
        Called with each outcome.

    Raises
    ------
    ValueError
        If Dask is not installed.
    OSError
        If the scheduler cannot be reached.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ValueError("a Dask cluster needs pip install 'speechenh-plugin[dask]'") from None
    try:
        connected = Client(address)
    except OSError as error:
        raise OSError(None, f"cannot be reached: {error}", address) from None
    with connected as client:
        for job in jobs:
            record.begin(job)
        futures = {client.submit(run_in_process, job, pure=False): job for job in jobs}
        try:
            for future in as_completed(futures):
                if future.status == "finished":
                    outcome = future.result()
                else:
                    job = futures[future]
                    outcome = Outcome(job.source, job.output, "failed", str(future.exception()))
                # Dask would do a job again whose result a lost worker held, though it is known here.
                future.release()
                record.add(outcome)
                tell(outcome)
        finally:
            client.cancel(list(futures))
