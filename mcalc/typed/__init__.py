"""What is typed -> expression: mathematics on one line, without evaluating it as code."""
