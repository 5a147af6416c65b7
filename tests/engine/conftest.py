import pytest
from layer_runs import available_kernels


@pytest.fixture(params=available_kernels())
def kernels(request: pytest.FixtureRequest) -> str:
    """Each instruction set that this CPU has."""
    return request.param
