"""Configuration for Jupyter Server: small messages to the browser leave at once.

Otherwise the second of two waits until the first is acknowledged, for 40 ms on one machine: longer
than all the rest of the way from a slider to its picture. Belongs into ``etc/jupyter`` of the
environment that the server runs in.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """The usual connection of a browser with a kernel, without Nagle's algorithm."""

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()


c.ServerApp.kernel_websocket_connection_class = PromptConnection  # type: ignore[name-defined]  # noqa: F821 (JupyterLab gives it)
