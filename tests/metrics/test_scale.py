"""Memory of large measurements is asserted, their seconds are printed: `pytest -n 0 -m slow -rP` on this file."""

import subprocess
import sys

import pytest

PRELUDE = """
import resource, time, torch
from elegan.metrics import Moments, frechet_distance, prdc

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def batch(rows, d, seed):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(rows, d, generator=g).relu_() * torch.linspace(1, 0.01, d)

torch.linalg.svdvals(torch.eye(8))
start, clock = peak(), time.monotonic()
"""
FRECHET = """
real, fake = Moments(), Moments()
for i in range(100):
    real.update(batch(500, 2048, i))
    fake.update(batch(500, 2048, 1000 + i) * 1.05)
print(f"moments of 2 x 50,000 x 2048: {time.monotonic() - clock:.1f} s")
clock = time.monotonic()
value = frechet_distance(real, fake)
print(f"distance {value:.6f}: {time.monotonic() - clock:.1f} s")
print(peak() - start)
"""
PRDC = """
real, fake = batch(20_000, 128, 0), batch(20_000, 128, 1) * 1.05
print(prdc(real, fake), f"{time.monotonic() - clock:.1f} s")
print(peak() - start)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("program", "most"), [(FRECHET, 500), (PRDC, 1000)], ids=["frechet", "prdc"])
def test_memory(program, most):
    done = subprocess.run([sys.executable, "-c", PRELUDE + program], capture_output=True, text=True, check=True)
    print(done.stdout)
    assert float(done.stdout.splitlines()[-1]) < most  # MB beyond the imports
