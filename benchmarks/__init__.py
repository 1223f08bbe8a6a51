"""One module a claim: `python -m benchmarks.NAME`; `python -m benchmarks.run` runs them all."""
