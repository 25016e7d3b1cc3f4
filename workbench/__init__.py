"""Tools of developers and testers: demo, benchmarks, checks, evaluation, simulators."""
