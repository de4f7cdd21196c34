"""The control app: what frameworkhub's costs are measured against, as Twisted's users write it."""

import json

from twisted.internet import reactor, task
from twisted.web.http import parse_qs
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site


class Empty(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        return b"ok"


class Item(Resource):
    isLeaf = True

    def __init__(self, id):
        super().__init__()
        self.id = id

    def render_GET(self, request):
        q = request.args.get(b"q", [b""])[0].decode()
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        return f"{self.id} {q}".encode()


class Items(Resource):
    def getChild(self, name, request):
        return Item(int(name)) if name.isdigit() else super().getChild(name, request)


class JSON(Resource):
    isLeaf = True

    def render_POST(self, request):
        data = json.loads(request.content.read())
        request.setHeader(b"content-type", b"application/json")
        return json.dumps(data).encode()


class Form(Resource):
    isLeaf = True

    def render_POST(self, request):
        found = parse_qs(request.content.read(), keep_blank_values=True)
        fields = {name.decode(): values[0].decode() for name, values in found.items()}
        request.setHeader(b"content-type", b"application/json")
        return json.dumps(fields).encode()


class Upload(Resource):
    isLeaf = True

    def render_POST(self, request):
        request.setHeader(b"content-type", b"text/plain; charset=utf-8")
        return str(len(request.content.read())).encode()


class Stream(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"content-type", b"application/octet-stream")

        def chunks():
            for _ in range(10):
                request.write(b"x" * 1024)
                yield
            request.finish()

        streaming = task.cooperate(chunks())
        request.notifyFinish().addErrback(lambda failure: streaming.stop())
        return NOT_DONE_YET


def make_app():
    root = Resource()
    root.putChild(b"empty", Empty())
    root.putChild(b"items", Items())
    root.putChild(b"json", JSON())
    root.putChild(b"form", Form())
    root.putChild(b"upload", Upload())
    root.putChild(b"stream", Stream())
    return root


if __name__ == "__main__":
    port = reactor.listenTCP(
        0, Site(make_app(), parsePOSTFormSubmission=False), interface="127.0.0.1"
    )
    print(f"http://127.0.0.1:{port.getHost().port}", flush=True)
    reactor.run()
