"""Notes: a small app with a database, uploads, live events, a WebSocket and a page.

Run it on whatever is installed:  frameworkhub run notes:app --on flask
It keeps its notes in the current directory: notes.sqlite3, and the uploads in notes-files/.
"""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import frameworkhub as hub

DATABASE = Path("notes.sqlite3")
FILES = Path("notes-files")
PAGE = Path(__file__).with_name("notes.html")

app = hub.App(name="notes", max_body_size=8 * 2**20)


def query(sql, *params):
    """Rows as dicts. A connection for each query, so that it works in any thread."""
    with closing(sqlite3.connect(DATABASE, timeout=10)) as connection, connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql, params)]


@app.lifespan
def storage(app):
    FILES.mkdir(exist_ok=True)
    query(
        "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT, tag TEXT, file TEXT)"
    )
    yield


@app.middleware
def no_sniffing(request):
    response = yield
    response.headers["x-content-type-options"] = "nosniff"
    return response


@app.exception_handler(KeyError)
def missing_field(request, error):
    return hub.Response({"error": f"the field {error.args[0]} is missing"}, status=422)


def find(id):
    found = query("SELECT * FROM notes WHERE id = ?", id)
    if not found:
        raise hub.HTTPError(404, f"there is no note {id}")
    return found[0]


def add(text, tag=""):
    [row] = query("INSERT INTO notes (text, tag) VALUES (?, ?) RETURNING *", text, tag)
    return row


@app.get("/")
def page(request):
    return hub.Response.file(PAGE)


@app.get("/notes")
def list_notes(request):
    """All notes, or those of some tags: /notes?tag=home&tag=work"""
    tags = request.query.getlist("tag")
    notes = query("SELECT * FROM notes ORDER BY id")
    return [note for note in notes if not tags or note["tag"] in tags]


@app.post("/notes")
def create_note(request):
    """A note from JSON, or from the page's form."""
    data = request.json() if request.content_type == "application/json" else request.form
    if not isinstance(data, dict):
        raise hub.HTTPError(422, "a note is an object with a text")
    note = add(data["text"], data.get("tag", ""))
    location = request.url_for("read_note", id=note["id"])
    return hub.Response(note, status=201, headers={"location": location})


@app.get("/notes/{id:int}")
async def read_note(request, id):
    return find(id)


@app.put("/notes/{id:int}")
def change_note(request, id):
    find(id)
    data = request.json()
    if not isinstance(data, dict):
        raise hub.HTTPError(422, "a note is an object with a text")
    query("UPDATE notes SET text = ? WHERE id = ?", data["text"], id)
    return find(id)


@app.delete("/notes/{id:int}")
def delete_note(request, id):
    find(id)
    query("DELETE FROM notes WHERE id = ?", id)


@app.post("/notes/{id:int}/file")
def upload(request, id):
    """Keeps an uploaded file with the note; what the client calls it is only remembered."""
    find(id)
    upload = request.files["file"]
    upload.save(FILES / str(id))
    query("UPDATE notes SET file = ? WHERE id = ?", upload.filename, id)
    return {"id": id, "file": upload.filename, "size": upload.size}


@app.get("/notes/{id:int}/file")
def download(request, id):
    note = find(id)
    if not note["file"]:
        raise hub.HTTPError(404, f"note {id} has no file")
    return hub.Response.file(FILES / str(id), filename=note["file"], attachment=True)


@app.get("/events")
async def events(request):
    """Every new note as an event; a client that comes back goes on where it was."""
    last = request.headers.get("last-event-id", "0")

    async def new_notes(last):
        while True:
            for note in query("SELECT * FROM notes WHERE id > ? ORDER BY id", last):
                last = note["id"]
                yield hub.Event(note, event="note", id=str(last))
            await asyncio.sleep(0.2)

    return hub.Response.events(new_notes(int(last) if last.isdigit() else 0))


@app.websocket("/live", optional=True)
async def live(ws):
    """Each message becomes a note, and the answer. Hosts without WebSockets leave this out."""
    await ws.accept()
    async for message in ws:
        await ws.send_json(add(str(message), "live"))
