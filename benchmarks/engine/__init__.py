"""What the benchmarks share: options, runs of fits, result files, tables."""
