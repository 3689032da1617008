"""How many students there are."""


def pytest_addoption(parser):
    parser.addoption("--students", type=int, default=20, metavar="N", help="how many come")
