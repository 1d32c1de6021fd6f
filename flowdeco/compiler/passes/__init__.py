"""One pass, one file, one function of the same name: Graph → Graph."""
