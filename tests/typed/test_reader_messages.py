"""What is said of a typed line that cannot be read: each message, word for word."""

import pytest

import mcalc as mc

w, x = mc.vectors("w x")
b, z = mc.scalars("b z")
q = mc.vectors("q", size=3)
A = mc.matrices("A", shape=("n", "n"))
NAMES = {e.name: e for e in (w, x, b, z, q, A)}


@pytest.mark.parametrize(
    "text, message",
    [
        ("x^b^T", "column 4: the transpose of a power has parentheses: write (x^2)^T"),
        ("2^T",
         "column 2: of numbers only 1^T and 0^T are rows; the transpose of a power is (x^2)^T"),
        ("x, w", 'column 2: "," cannot stand here: commas belong into [ ] and max( )'),
        ("x; w",
         'column 2: ";" cannot stand here: semicolons follow a case, as in "x if z > 0; 0 '
         'otherwise", or belong into [ ]'),
        ("w < x < z",
         'column 7: "<" cannot stand here: one comparison only; the product of two says that '
         "both hold"),
        ("x otherwise",
         'column 3: "otherwise" cannot stand here: write cases as in "x if z > 0; 0 otherwise"'),
        ("x if z > 0; w else 0",
         'column 15: "if" or "otherwise" is expected before "else"'),
        ("x if z > 0; 0 otherwise w",
         'column 25: "w" cannot stand here: nothing joins it to what stands before it'),
        ("(q + q)_4", "column 8: q + q has elements _1 to _3"),
        ("z (q + q)_0", "column 10: q + q has elements _1 to _3"),
        ("z max(w, x, z)", "column 3: max takes 1 or 2 in its parentheses, not 3"),
        ("x ²²²", "column 3: an exponent is at most 99"),
        ("z/2 z", "column 5: this can be meant in two ways: write (z/2) z or z/(2 z)"),
        ("1/2x", "column 4: this can be meant in two ways: write (1/2) x or 1/(2x)"),
        ("z/1 x^T",
         "column 5: this can be meant in two ways: write (z/1) x^T or z/(1 x^T)"),
        ("w_i",
         'column 1: "w_i" is unknown: leave out the index: w stands for all of its elements; what '
         "runs over the data stands inside sum_i (...)"),
        ("x_0",
         'column 1: "x_0" is unknown: leave out the index: x stands for all of its elements'),
        ("q_4", 'column 1: "q_4" is unknown: q has elements q_1 to q_3'),
        ("sum_i(x)", "column 1: sum_i: nothing in it runs over the data: write y_i or x_i"),
        ("2_1", "column 2: _1 stands behind a column"),
        ("E_1",
         'column 1: "E_1" is unknown: how long the parts are is open: write the columns as '
         "[e_1, e_2]"),
        ("[1,2;3]", "column 1: the rows of this list have different numbers of entries"),
        ("[1;I]",
         "column 1: 1 (1 x 1), I (of any size) do not fit into one list"),
        ("A^2", "column 2: A is a matrix, in which ^ is not read: write A ⊗ A element "
         "by element, A A as a product"),
        ("diag(x)^2",
         "column 8: diag(x) is a matrix, in which ^ is not read: write the power inside, as in "
         "diag(x^2)"),
        ("sin x", "column 1: write sin(x), with parentheses"),
        ("z.2",
         "column 2: a dot product takes two columns, and here are a scalar and a scalar: a "
         "digit is missing behind the point, or a * in place of it"),
        ("2. x",
         "column 2: a dot product takes two columns, and here are a scalar and a column: a "
         "digit is missing behind the point, or a * in place of it"),
        ("x.A",
         "column 2: a dot product takes two columns, and here are a column and a matrix: write "
         "a space in place of the dot"),
        ("w.x^T",
         "column 2: a dot product takes two columns, and here are a column and a row: leave out "
         "the ^T"),
        ("z^100", "column 2: an exponent is at most 99"),
        ("2*3 4", "column 5: two numbers side by side: write 3*4"),
        ("2 3", "column 3: two numbers side by side: write 2*3"),
        ("x x",
         "column 3: x is n x 1 and x is n x 1, they do not fit side by side: write x ⊗ x, x.x "
         "or x x^T"),
        ("w^T/x",
         "column 4: divide: w^T is a row, 1 x n, and x a vertical vector, n x 1: leave out the .T"),
        ("w + A",
         "column 3: w is n x 1 and A is n x n, they cannot be added: diag( ) makes a matrix of it"),
        ("w + x^T",
         "column 3: w is n x 1 and x^T is 1 x n: a row and a column; one of them has a ^T too "
         "few or too many"),
        ("A + 1",
         "column 3: A is n x n and 1 is 1 x 1, they cannot be added: a number times I is a matrix"),
        ("sum(z)", "column 1: sum: z is 1 x 1, not a vector"),
        ("max(x", 'column 6: a ")" is missing, for the "(" in column 4'),
        ("z = 1 = b", 'column 7: "=" cannot stand here: write only what stands behind the ='),
        ("z > 1 > b",
         'column 7: ">" cannot stand here: one comparison only; the product of two says that both '
         "hold"),
        ("b else",
         'column 3: "else" cannot stand here: write cases as in "x if z > 0; 0 otherwise"'),
        ("x, w", 'column 2: "," cannot stand here: commas belong into [ ] and max( )'),
        ("x; w",
         'column 2: ";" cannot stand here: semicolons follow a case, as in "x if z > 0; 0 '
         'otherwise", or belong into [ ]'),
        ("x)", 'column 2: ")" cannot stand here: a "(" is missing before it'),
        ("dy/dx",
         'column 1: "dy" is unknown: a derivative is what you are to find: write the formula '
         "that it comes to"),
        ("$x$",
         'column 1: "$" cannot be read: formulas are typed without LaTeX, as in 2(w.x + b) x^T'),
        ("{x}",
         'column 1: "{" cannot be read: write ( ) for what belongs together, [ ] for a vector '
         "or a matrix"),
        ("z#", 'column 2: "#" cannot be read: it has no meaning here: take it out'),
        ("1/0", "column 2: nothing can be divided by 0"),
        ("log(-1)", "column 1: log(-1) has no value: it is undefined or too large"),
        ("max(x,w,z)", "column 1: max takes 1 or 2 in its parentheses, not 3"),
        ("(" * 40, "column 31: this is nested too deeply: 30 levels at most"),
        ("1" * 50,
         'column 1: "11111111111111111111..." is too long: a number has at most 40 digits'),
        ("x[0]", "column 2: an element is written x_1; before a list there is a space"),
        ("2x^T x[ 1, 2]", "column 7: an element is written x_1; before a list there is a space"),
        ("w + x[2]",
         "column 6: an element is written x_3, counted from 1; before a list there is a space"),
        ("A[0]", "column 2: an element is written x_1; before a list there is a space"),
        ("1e400", 'column 1: "1e400" is too large for a number'),
        ("x + 1e-400", 'column 5: "1e-400" is too small for a number'),
        ("x" * 1001, "column 1001: a line has at most 1000 characters, and this one has 1001"),
    ],
    ids=lambda part: part[:20],
)  # fmt: skip
def test_message(text, message):
    with pytest.raises(mc.ReadError) as caught:
        mc.read(text, **NAMES)
    assert str(caught.value) == message
