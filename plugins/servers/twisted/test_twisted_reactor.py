"""Our reactor: that of Twisted and the event loop of asyncio, each as its users know it."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

SCRIPT = """
from frameworkhub_twisted_server.reactor import install
install()
import asyncio, os, signal, socket, sys, threading
from twisted.internet import protocol, reactor, threads, utils
from twisted.protocols.basic import FileSender
loop = reactor._asyncioEventloop
BIG = bytes(range(256)) * 20_000

def serve(connected):
    class Served(protocol.Protocol):
        def connectionMade(self):
            connected(self.transport)
    return reactor.listenTCP(0, protocol.Factory.forProtocol(Served), interface="127.0.0.1")

async def read(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port.getHost().port)
    data = await reader.read()
    writer.close()
    return data

async def test():
    <body>

async def run():
    try:
        async with asyncio.timeout(15):
            await test()
        print("good", flush=True)
    finally:
        if reactor.running:
            reactor.stop()

reactor.callWhenRunning(lambda: tasks.append(loop.create_task(run())))
tasks = []
reactor.run()
assert not loop.is_running() and tasks[0].exception() is None, tasks
"""


def good(body: str) -> None:
    script = SCRIPT.replace("<body>", dedent(body).strip().replace("\n", "\n    "))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "good\n", "")


def test_whole_of_what_is_written() -> None:
    """In one piece, in many, more than a socket takes, and before the connection is closed."""
    good("""
        def many(transport):
            for at in range(0, len(BIG), 5000):
                transport.write(BIG[at:at + 5000])
            transport.loseConnection()
        def once(transport):
            transport.writeSequence([BIG[:100], BIG[100:]])
            transport.loseConnection()
        for connected in (many, once):
            assert await read(serve(connected)) == BIG
    """)


def test_producers() -> None:
    """One that is asked for more each time, and one that is told to wait."""
    good("""
        import io
        def pulled(transport):
            sent = FileSender().beginFileTransfer(io.BytesIO(BIG), transport)
            sent.addCallback(lambda last: transport.loseConnection())
        assert await read(serve(pulled)) == BIG

        class Push:
            at, is_told, told = 0, False, []
            def resumeProducing(self):
                self.told.append("resume")
                self.is_told = False
                while not self.is_told and self.at < len(BIG):
                    self.transport.write(BIG[self.at:self.at + 5000])
                    self.at += 5000
                if self.at >= len(BIG):
                    self.transport.unregisterProducer()
                    self.transport.loseConnection()
            def pauseProducing(self):
                self.told.append("pause")
                self.is_told = True
        push = Push()
        def pushed(transport):
            push.transport = transport
            transport.registerProducer(push, True)
            push.resumeProducing()
        assert await read(serve(pushed)) == BIG
        assert push.told.count("pause") > 10
    """)


def test_writes_of_a_task() -> None:
    """They go out though nothing else happens, and wake who waits for them."""
    good("""
        arrived = asyncio.Event()
        def connected(transport):
            async def talk():
                transport.write(b"one ")
                await arrived.wait()
                await asyncio.sleep(0.01)
                transport.write(b"two")
                transport.loseConnection()
            tasks.append(loop.create_task(talk()))
        port = serve(connected)
        reader, writer = await asyncio.open_connection("127.0.0.1", port.getHost().port)
        assert await reader.readexactly(4) == b"one "
        arrived.set()
        assert await reader.read() == b"two"
        writer.close()
    """)


def test_connections_at_the_stop() -> None:
    """What was written goes out, and each connection is told that it is lost."""
    good("""
        lost = []
        class Served(protocol.Protocol):
            def connectionMade(self):
                self.transport.write(b"last")
                self.transport.loseConnection()
                reactor.callLater(0, reactor.disconnectAll)
            def connectionLost(self, reason):
                lost.append(reason.type.__name__)
        factory = protocol.Factory.forProtocol(Served)
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        def client():
            with socket.create_connection(("127.0.0.1", port.getHost().port)) as connected:
                return connected.recv(10)
        answer = threads.deferToThread(client)
        for _ in range(100):
            await asyncio.sleep(0.01)
            if answer.called:
                break
        assert lost == ["ConnectionLost"], lost
    """)


def test_socket_closed_behind_its_back() -> None:
    """It ends a connection, not the server."""
    good("""
        lost = asyncio.Event()
        class Served(protocol.Protocol):
            def connectionMade(self):
                self.transport.stopReading()
                self.transport.write(b"x")
                self.transport.getHandle().detach()
            def connectionLost(self, reason):
                lost.set()
        factory = protocol.Factory.forProtocol(Served)
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        reader, writer = await asyncio.open_connection("127.0.0.1", port.getHost().port)
        await lost.wait()
        writer.close()
    """)


def test_timers_and_threads() -> None:
    good("""
        order, over = [], asyncio.Event()
        late = reactor.callLater(60, order.append, "late")
        reactor.callLater(0.02, order.append, 2)
        reactor.callLater(0.01, order.append, 1)
        reactor.callLater(0.03, lambda: late.reset(0.01))
        reactor.callLater(0.08, over.set)
        reactor.callLater(0.005, order.append, "never").cancel()
        await over.wait()
        assert order == [1, 2, "late"], order
        called = loop.create_future()
        threading.Thread(target=reactor.callFromThread, args=(called.set_result, 3)).start()
        assert await called == 3
        assert await threads.deferToThread(lambda: 4).asFuture(loop) == 4
        assert await loop.run_in_executor(None, lambda: 5) == 5
        assert await asyncio.to_thread(lambda: 6) == 6
    """)


def test_processes_and_signals() -> None:
    good("""
        assert await utils.getProcessOutput("/bin/echo", [b"x"]).asFuture(loop) == b"x\\n"
        process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
        assert await process.communicate(b"y") == (b"y", None)
        got = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, got.set)
        os.kill(os.getpid(), signal.SIGUSR1)
        await got.wait()
        loop.remove_signal_handler(signal.SIGUSR1)
    """)


def test_libraries_of_asyncio() -> None:
    """A client whose connections are asyncio's, to a server whose connections are Twisted's."""
    good("""
        import anyio, httpx
        from twisted.web import resource, server
        class Page(resource.Resource):
            isLeaf = True
            def render_POST(self, request):
                return request.content.read()
        port = reactor.listenTCP(0, server.Site(Page()), interface="127.0.0.1")
        url = f"http://127.0.0.1:{port.getHost().port}"
        async with httpx.AsyncClient() as client:
            found = await asyncio.gather(*(client.post(url, content=BIG) for _ in range(10)))
            assert all(answer.content == BIG for answer in found)
        with anyio.move_on_after(0.01) as scope:
            await anyio.sleep(5)
        assert scope.cancelled_caught
        assert asyncio.get_running_loop() is loop and loop.is_running()
    """)


def test_descriptors() -> None:
    """Pipes; and files, which are always ready and which epoll refuses."""
    good("""
        import tempfile
        from twisted.internet import abstract
        class Reading(abstract.FileDescriptor):
            def __init__(self, file):
                super().__init__(reactor)
                self.file, self.found = file, loop.create_future()
            def fileno(self):
                return self.file.fileno()
            def doRead(self):
                reactor.removeReader(self)
                self.found.set_result(os.read(self.fileno(), 10))
        with tempfile.TemporaryFile() as file:
            file.write(b"file")
            file.seek(0)
            reading = Reading(file)
            reactor.addReader(reading)
            assert reading in reactor.getReaders()
            assert await reading.found == b"file"
            assert reading not in reactor.getReaders()
        out, into = os.pipe()
        with os.fdopen(out, "rb") as file:
            reading = Reading(file)
            reactor.addReader(reading)
            os.write(into, b"pipe")
            assert await reading.found == b"pipe"
            os.close(into)
    """)
