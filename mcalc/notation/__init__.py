"""Jacobian -> what is printed: text and LaTeX, the four steps, the layout."""
