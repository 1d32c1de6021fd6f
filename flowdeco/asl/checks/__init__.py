"""The checks of a definition: each looks at one state, or at one scope, and yields what it finds."""
