"""A whole city hall on one machine in network namespaces, for the demo, the tests and the benchmarks alike."""
