"""waitress' answers, with what it changes of them put right."""

from __future__ import annotations

from typing import Any

from waitress.task import WSGITask


class Task(WSGITask):
    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["PATH_INFO"] = self.request.path or "/"  # with all its leading slashes
        environ["SERVER_SOFTWARE"] = "waitress"
        environ["frameworkhub.is_disconnected"] = self.channel.check_client_disconnected
        return environ

    def build_response_header(self) -> bytes:
        upload = self.request.upload
        if self.channel.server.draining or (upload is not None and not upload.receiver.completed):
            self.set_close_on_finish()
        own = [field for field in self.response_headers if field[0].lower() == "server"]
        # waitress answers an app's own `Server` with a `Via`, so it must not see it.
        self.response_headers = [field for field in self.response_headers if field not in own]
        head: bytes = super().build_response_header()
        if self.request.command == "HEAD":
            self.chunked_response = False
        lines = "".join(f"{name}: {value}\r\n" for name, value in own or [("Server", "waitress")])
        return head[:-2] + lines.encode("latin-1") + b"\r\n"

    def write(self, data: bytes) -> None:
        super().write(b"" if self.request.command == "HEAD" else data)

    def service(self) -> None:
        try:
            super().service()
        except Exception:
            if self.wrote_header and not self.chunked_response and self.content_length is None:
                self.channel.reset()
            raise
