"""The measurements that the documentation quotes. `python -m benchmarks [NAME ...]` runs them."""
