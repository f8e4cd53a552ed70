"""Mutation testing (`just mutants`): small faults put into the code, to see that a test fails."""
