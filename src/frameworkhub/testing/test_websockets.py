"""WebSockets (RFC 6455), on every host that carries them."""

from __future__ import annotations

import json
import struct

import pytest

import frameworkhub as hub

from .answers import all_of
from .hosts import Host
from .test_streams import new_run
from .waiting import is_logged, together, wait_event
from .websockets import CLOSE, PING, PONG, TEXT, Closed, SocketClient

MB = 2**20


@pytest.mark.parametrize(
    "message",
    ["hello", b"\x00\xff\xfe", "", b"", "é雪🎉", "x" * 125, "x" * 126, "x" * 65536, b"y" * MB],
    ids=["text", "bytes", "empty-text", "empty-bytes", "unicode", "125", "126", "65536", "1MB"],
)
def test_echo_of_a_message(websocket_host: Host, message: str | bytes) -> None:
    """Text comes as str and bytes as bytes, of any size, and goes back the same."""
    with websocket_host.websocket("/ws/echo") as ws:
        ws.send(message)
        assert ws.receive() == message


def test_large_text(websocket_host: Host) -> None:
    """A text of 1 MB stays whole."""
    text = "é" * (MB // 2)
    with websocket_host.websocket("/ws/echo") as ws:
        ws.send(text)
        assert ws.receive() == text


def test_order_of_messages(websocket_host: Host) -> None:
    """Messages keep their order in both directions."""
    with websocket_host.websocket("/ws/echo") as ws:
        for i in range(50):
            ws.send(str(i))
        assert [ws.receive() for _ in range(50)] == [str(i) for i in range(50)]


def test_many_messages_pushed(websocket_host: Host) -> None:
    """A handler may send without being asked; all of it arrives before the close."""
    with websocket_host.websocket("/ws/push/300") as ws:
        assert [ws.receive() for _ in range(300)] == [str(i) for i in range(300)]
        assert ws.wait_closed() == (1000, "")


def test_json_messages(websocket_host: Host) -> None:
    """`receive_json` and `send_json`; what is no JSON is a ValueError."""
    with websocket_host.websocket("/ws/json") as ws:
        ws.send('{"a": "é"}')
        assert json.loads(ws.receive()) == {"got": {"a": "é"}}
        ws.send(b"[1, null]")
        assert json.loads(ws.receive()) == {"got": [1, None]}
        ws.send("{")
        assert ws.receive() == "ValueError"


def test_message_of_the_wrong_type(websocket_host: Host) -> None:
    """`receive_text` of a binary message, and the reverse, is a TypeError; the socket lives on."""
    with websocket_host.websocket("/ws/typed") as ws:
        for message in ("text", b"bytes", b"bytes", "text"):
            ws.send(message)
        assert [ws.receive(), ws.receive()] == ["text", b"bytes"]
        assert "binary" in str(ws.receive())
        assert "text" in str(ws.receive())
        assert ws.receive() == b"bytes"


def test_iteration_ends_at_the_close(websocket_host: Host) -> None:
    """`async for` ends when the client closes."""
    run = new_run()
    with websocket_host.websocket(f"/ws/iterate/{run}") as ws:
        ws.send("a")
        ws.send(b"b")
        ws.close()
    assert wait_event(websocket_host, f"{run} iterated ['a', b'b']")


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1008, 1011, 3000, 4999])
def test_close_code_of_the_server(websocket_host: Host, code: int) -> None:
    """The handler's close code and reason reach the client."""
    with websocket_host.websocket(f"/ws/close/{code}?reason=caf%C3%A9") as ws:
        assert ws.wait_closed() == (code, "café")


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "gone"), (4321, "café")])
def test_close_code_of_the_client(websocket_host: Host, code: int, reason: str) -> None:
    """The client's close code and reason reach the handler, as WebSocketClosed."""
    run = new_run()
    with websocket_host.websocket(f"/ws/watch/{run}") as ws:
        ws.close(code, reason)
    assert wait_event(websocket_host, f"{run} closed {code} {reason!r}")


def test_close_without_a_code(websocket_wire_host: Host) -> None:
    """A close frame without a code is 1005."""
    run = new_run()
    with websocket_wire_host.websocket(f"/ws/watch/{run}") as ws:
        assert isinstance(ws, SocketClient)
        ws.send_frame(CLOSE, b"")
        assert ws.wait_closed()[0] in (1000, 1005)
    assert wait_event(websocket_wire_host, f"{run} closed 1005 ''")


def test_after_the_close(websocket_host: Host) -> None:
    """After the close `receive` and `send` raise WebSocketClosed, and `close` does nothing."""
    run = new_run()
    with websocket_host.websocket(f"/ws/watch/{run}") as ws:
        ws.close()
    assert wait_event(websocket_host, f"{run} then no error")
    events = websocket_host.events()
    told = [event for event in events if event.startswith(f"{run} then")]
    expected = ["WebSocketClosed", "WebSocketClosed", "no error"]
    assert told == [f"{run} then {name}" for name in expected]


def test_close_codes_that_must_not_be_sent(websocket_host: Host) -> None:
    """Codes that are not for sending, and reasons over 123 bytes, are a ValueError."""
    with websocket_host.websocket("/ws/bad-close") as ws:
        assert json.loads(ws.receive()) == ["ValueError"] * 8


def test_end_of_the_handler(websocket_host: Host) -> None:
    """A handler that ends closes with 1000."""
    with websocket_host.websocket("/ws/end") as ws:
        assert ws.receive() == "last"
        assert ws.wait_closed() == (1000, "")


def test_error_in_a_websocket(websocket_host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """A handler that fails closes with 1011, and is logged with its traceback."""
    run = new_run()
    with websocket_host.websocket(f"/ws/fail?run={run}") as ws:
        assert ws.wait_closed() == (1011, "")
    assert is_logged(websocket_host, caplog, f"handler failed {run}", "Traceback")


def test_http_error_after_accept(websocket_host: Host) -> None:
    """After `accept` an HTTPError is an error like others."""
    with websocket_host.websocket("/ws/late-http-error") as ws:
        assert (ws.status, ws.wait_closed()) == (101, (1011, ""))


def test_client_that_vanishes(websocket_host: Host) -> None:
    """A client that goes without closing ends the handler with 1006."""
    run = new_run()
    with websocket_host.websocket(f"/ws/watch/{run}") as ws:
        ws.send("x")
    assert wait_event(websocket_host, f"{run} closed 1006 ''")


def test_client_that_vanishes_while_the_server_sends(websocket_host: Host) -> None:
    """`send` to a client that has gone raises WebSocketClosed, which ends the handler quietly."""
    run = new_run()
    with websocket_host.websocket(f"/ws/ticks/{run}") as ws:
        assert ws.receive() == "tick"
    assert wait_event(websocket_host, f"{run} closed 1006")


def test_server_closes_while_the_client_sends(websocket_host: Host) -> None:
    """What the client still sends does not hide the server's close."""
    with websocket_host.websocket("/ws/close/4001?reason=bye") as ws:
        for _ in range(3):
            try:
                ws.send("still here")
            except ConnectionError:
                break
        assert ws.wait_closed() == (4001, "bye")


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["a", "b"], "b"), (["a"], "a"), (["a", "b"], None), ([], None)]
)
def test_subprotocol(websocket_host: Host, offered: list[str], chosen: str | None) -> None:
    """The handler sees what is offered, and chooses one or none."""
    target = f"/ws/subprotocol{f'?choose={chosen}' if chosen else ''}"
    with websocket_host.websocket(target, subprotocols=offered) as ws:
        assert ws.subprotocol == chosen
        assert json.loads(ws.receive()) == [offered, chosen]


def test_subprotocol_that_was_not_offered(websocket_host: Host) -> None:
    """A choice that the client did not offer is a ValueError."""
    with websocket_host.websocket("/ws/subprotocol?choose=c", subprotocols=["a"]) as ws:
        assert ws.receive() == "ValueError"
        assert ws.subprotocol is None


def test_headers_of_the_handshake(websocket_host: Host) -> None:
    """`accept` may set fields, repeated ones too; the handler sees the client's."""
    with websocket_host.websocket("/ws/headers", [("X-Asked", "yes")]) as ws:
        assert all_of(ws.headers, "x-one") == ["1"]
        assert all_of(ws.headers, "set-cookie") == ["a=1; Path=/", "b=2; Secure"]
        assert ws.receive() == "yes"


def test_header_injection_into_the_handshake(websocket_host: Host) -> None:
    """Fields that can't be sent are a ValueError."""
    with websocket_host.websocket("/ws/bad-header") as ws:
        assert ws.receive() == "ValueError"
        assert all_of(ws.headers, "x-evil") == []


def test_refused_websocket(websocket_host: Host) -> None:
    """`close` before `accept` refuses the handshake with 403."""
    with websocket_host.websocket("/ws/refuse") as ws:
        assert (ws.accepted, ws.status) == (False, 403)


def test_handler_that_never_accepts(websocket_host: Host) -> None:
    """So does a handler that ends without an answer."""
    with websocket_host.websocket("/ws/never-accepts") as ws:
        assert (ws.accepted, ws.status) == (False, 403)


@pytest.mark.parametrize("status", [401, 404, 503])
def test_websocket_refused_with_a_status(websocket_host: Host, status: int) -> None:
    """An HTTPError before `accept` refuses with its status and its fields."""
    with websocket_host.websocket(f"/ws/refuse/{status}") as ws:
        assert (ws.accepted, ws.status) == (False, status)
        assert all_of(ws.headers, "x-why") == ["because"]


def test_error_before_accept(websocket_host: Host, caplog: pytest.LogCaptureFixture) -> None:
    """An unhandled error before `accept` refuses with 500, and is logged."""
    with websocket_host.websocket("/ws/refuse-by-error") as ws:
        assert (ws.accepted, ws.status) == (False, 500)
    assert is_logged(websocket_host, caplog, "secret before accept", "Traceback")


@pytest.mark.parametrize("path", ["/ws/nowhere", "/ws/echo/", "/ws/room/a/x", "/ws/http-only"])
def test_unknown_websocket(websocket_host: Host, path: str) -> None:
    """A path without a WebSocket route is refused with 404."""
    with websocket_host.websocket(path) as ws:
        assert (ws.accepted, ws.status) == (False, 404)


def test_misuse_of_a_websocket(websocket_host: Host) -> None:
    """Messages before `accept`, and a second `accept`, are RuntimeErrors."""
    with websocket_host.websocket("/ws/misuse") as ws:
        assert json.loads(ws.receive()) == ["RuntimeError"] * 3


def test_place_of_a_websocket(websocket_host: Host) -> None:
    """A WebSocket knows what a request knows: parameters, query, fields, cookies, names."""
    headers = [("X-A", "1"), ("Cookie", "a=1; b=2")]
    target = "/ws/room/caf%C3%A9/-7?q=1&q=&r=a+b"
    with websocket_host.websocket(target, headers) as ws:
        found = json.loads(ws.receive())
    assert found["params"] == ["café", -7, {"name": "café", "number": -7}]
    assert (found["path"], found["root_path"]) == ("/ws/room/café/-7", "")
    assert found["query"] == [["q", "1"], ["q", ""], ["r", "a b"]]
    assert (found["cookies"], found["header"]) == ({"a": "1", "b": "2"}, ["1"])
    assert (found["client"], found["scheme"]) == ("127.0.0.1", "ws")
    assert found["url"] == f"ws://{websocket_host.netloc}{target}"
    assert (found["route"], found["app"], found["native"]) == ("ws_room", "conformance", True)
    assert found["url_for"] == ["/ws/echo", "/ws/room/%C3%A9/1"]


def test_routes_of_websockets(websocket_host: Host) -> None:
    """WebSocket routes match as others do: static before dynamic."""
    for name, told in (("fixed", "fixed"), ("a%2520b", "dynamic a%20b")):
        with websocket_host.websocket(f"/ws/order/{name}") as ws:
            assert ws.receive() == told


def test_websocket_and_http_on_one_path(websocket_host: Host) -> None:
    """A path may have both; the request decides."""
    assert websocket_host.get("/ws/shared").text == "http"
    with websocket_host.websocket("/ws/shared") as ws:
        assert ws.receive() == "websocket"


def test_http_request_to_a_websocket(websocket_host: Host) -> None:
    """To HTTP a path that has a WebSocket only does not exist."""
    assert websocket_host.get("/ws/echo").status == 404
    assert websocket_host.request("POST", "/ws/echo", body=b"x").status == 404


def test_websockets_at_once(websocket_host: Host) -> None:
    """Many WebSockets live side by side."""

    def talk() -> list[str | bytes]:
        with websocket_host.websocket("/ws/echo") as ws:
            ws.send("a")
            ws.send("b")
            return [ws.receive(), ws.receive()]

    assert together([talk] * 10) == [["a", "b"]] * 10


def test_ping_is_answered(websocket_wire_host: Host) -> None:
    """The server answers a ping with its payload; the handler sees nothing of it."""
    with websocket_wire_host.websocket("/ws/echo") as ws:
        assert isinstance(ws, SocketClient)
        ws.send_frame(PING, b"payload")
        assert ws._frame() == (True, PONG, b"payload")
        ws.send("after")
        assert ws.receive() == "after"


def test_fragmented_message(websocket_wire_host: Host) -> None:
    """The frames of a message are put together, control frames between them notwithstanding."""
    with websocket_wire_host.websocket("/ws/echo") as ws:
        assert isinstance(ws, SocketClient)
        ws.send_frame(TEXT, "é".encode()[:1], final=False)
        ws.send_frame(PING, b"")
        ws.send_frame(0, "é".encode()[1:] + b" one ", final=False)
        ws.send_frame(0, b"two", final=True)
        assert ws.receive() == "é one two"


def test_text_that_is_no_utf8(websocket_wire_host: Host) -> None:
    """Text that is not UTF-8 fails the connection (1007), and never reaches the handler."""
    with websocket_wire_host.websocket("/ws/echo") as ws:
        assert isinstance(ws, SocketClient)
        ws.send_frame(TEXT, b"\xff\xfe")
        assert ws.wait_closed()[0] in (1007, 1006)


def test_close_is_answered(websocket_wire_host: Host) -> None:
    """The server answers the client's close with the same code, and ends the connection."""
    with websocket_wire_host.websocket("/ws/echo") as ws:
        assert isinstance(ws, SocketClient)
        ws.send_frame(CLOSE, struct.pack(">H", 4000) + b"done")
        with pytest.raises(Closed) as closed:
            ws.receive()
        assert closed.value.code == 4000
        assert ws.wire.at_end()


def test_websocket_handler_must_be_async() -> None:
    """A sync WebSocket handler is a TypeError where it is registered."""
    with pytest.raises(TypeError, match="async def"):

        @hub.App().websocket("/")
        def handler(ws: hub.WebSocket) -> None:
            """Never called."""
