"""Graphs, findings, executions and their progress, for people. Plain text first; colour where it is welcome."""
