"""A JupyterLab and a Chromium for each worker."""

import pytest
from browser import lab


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with lab.server(tmp_path_factory.mktemp("jupyter")) as running:
        yield running


# Not for the session: as long as Playwright is there, no other test may run an event loop.
@pytest.fixture(scope="module")
def context():
    with lab.chromium() as one:
        yield one


@pytest.fixture
def open_page(context, server):
    """Open a notebook of the server, or one of these cells; closed with the test.

    Nobody has answered anything before.
    """
    pages = []
    server.answers.unlink(missing_ok=True)

    def opened(name, *cells):
        if cells:
            server.write(name, *cells)
        pages.append(lab.Page(context, server, name))
        return pages[-1]

    yield opened
    for page in pages:
        page.close()
