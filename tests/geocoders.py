"""A simulated geocoding service over real HTTP on loopback: it knows a few streets and speaks the real protocols.

Told to, it is slow, drips, limits, breaks down or talks nonsense (`trouble`), or is wrong (`places`).
"""

import contextlib
import csv
import email.parser
import email.policy
import io
import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

SAN_RAFAEL = ("3501 CIVIC CENTER DR, SAN RAFAEL, CA, 94903", 37.9975, -122.5311)


@dataclass
class Trouble:
    """Instead of an answer, or before it. `drips`: one byte at a time, a tenth of a second each."""

    status: int = 200
    body: bytes | None = None
    headers: dict = field(default_factory=dict)
    seconds: float = 0
    drips: bool = False


class Peer(ThreadingHTTPServer):
    """`places`: the beginning of a street, in small letters, and the (label, latitude, longitude) of each there."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.places = {"3501 civic center": [SAN_RAFAEL]}
        self.trouble = deque()
        self.lasting = None
        self.asked = []
        self.at_once = self.most_at_once = 0
        self.counting = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def found(self, street):
        for begin, places in self.places.items():
            if street.strip().casefold().startswith(begin):
                return places
        return []

    def handle_error(self, request, client_address):
        """Who asked has given up."""

    def next_trouble(self):
        return self.trouble.popleft() if self.trouble else self.lasting


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        self.answer(url.path, {name: values[0] for name, values in parse_qs(url.query).items()})

    def do_POST(self):
        self.answer(urlsplit(self.path).path, self.form())

    def form(self):
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        return {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
            for part in message.iter_parts()
        }

    def answer(self, path, asked):
        peer = self.server
        with peer.counting:
            peer.asked.append((path, asked, dict(self.headers)))
            peer.at_once += 1
            peer.most_at_once = max(peer.most_at_once, peer.at_once)
            trouble = peer.next_trouble() or Trouble()
        try:
            time.sleep(trouble.seconds)
            body = trouble.body
            if body is None:
                body = b"" if trouble.status != 200 else PROTOCOLS[path.split("/")[1]](peer, path, asked)
            self.send(trouble, body)
        finally:
            with peer.counting:
                peer.at_once -= 1

    def send(self, trouble, body):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked has given up
            self.send_response(trouble.status)
            for name, value in {"Content-Length": str(len(body)), **trouble.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for piece in [body[at : at + 1] for at in range(len(body))] if trouble.drips else [body]:
                self.wfile.write(piece)
                time.sleep(0.1 if trouble.drips else 0)

    def log_message(self, *args):
        pass


def census(peer, path, asked):
    if path.endswith("/addressbatch"):
        assert asked["benchmark"] == "Public_AR_Current"
        rows = [census_row(peer, *row) for row in csv.reader(io.StringIO(asked["addressFile"]))]
        text = io.StringIO()
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(reversed(rows))  # in any order
        return text.getvalue().encode()
    assert path.endswith("/locations/address")
    matches = [
        {"matchedAddress": label, "coordinates": {"x": longitude, "y": latitude}, "tigerLine": {"side": "L"}}
        for label, latitude, longitude in peer.found(asked["street"])
    ]
    return json.dumps({"result": {"input": {"address": asked}, "addressMatches": matches}}).encode()


def census_row(peer, place, street, city, state, zip_code):
    asked = f"{street}, {city}, {state}, {zip_code}"
    match peer.found(street):
        case []:
            return [place, asked, "No_Match"]
        case [(label, latitude, longitude)]:
            return [place, asked, "Match", "Exact", label, f"{longitude},{latitude}", "638391434", "L"]
        case _:
            return [place, asked, "Tie"]


def nominatim(peer, path, asked):
    assert path == "/nominatim/search"
    near = 1e-4
    places = [
        {
            "place_id": 1, "lat": str(latitude), "lon": str(longitude), "display_name": label, "addresstype": "place",
            "boundingbox": [*map(str, (latitude - near, latitude + near, longitude - near, longitude + near))],
        }
        for label, latitude, longitude in peer.found(asked["street"])
    ]  # fmt: skip
    return json.dumps(places).encode()


def google(peer, path, asked):
    assert path == "/google/maps/api/geocode/json"
    if asked.get("key") != "a-key":
        return json.dumps({"status": "REQUEST_DENIED", "error_message": "bad key", "results": []}).encode()
    results = [
        {
            "formatted_address": label,
            "geometry": {
                "location": {"lat": latitude, "lng": longitude},
                "location_type": "ROOFTOP",
                "viewport": {"southwest": {"lat": latitude, "lng": longitude},
                             "northeast": {"lat": latitude, "lng": longitude}},
            },
        }
        for label, latitude, longitude in peer.found(asked["address"])
    ]  # fmt: skip
    return json.dumps({"status": "OK" if results else "ZERO_RESULTS", "results": results}).encode()


def arcgis(peer, path, asked):
    assert path == "/arcgis/arcgis/rest/services/World/GeocodeServer/findAddressCandidates"
    candidates = [
        {
            "address": label, "location": {"x": longitude, "y": latitude}, "score": 100,
            "attributes": {"Addr_type": "PointAddress"},
            "extent": {"xmin": longitude, "ymin": latitude, "xmax": longitude, "ymax": latitude},
        }
        for label, latitude, longitude in peer.found(asked["singleLine"])
    ]  # fmt: skip
    return json.dumps({"spatialReference": {"wkid": 4326}, "candidates": candidates}).encode()


def opencage(peer, path, asked):
    assert path == "/opencage/geocode/v1/json"
    results = [
        {
            "formatted": label, "geometry": {"lat": latitude, "lng": longitude}, "confidence": 10,
            "components": {"_type": "building"},
            "bounds": {corner: {"lat": latitude, "lng": longitude} for corner in ("southwest", "northeast")},
        }
        for label, latitude, longitude in peer.found(asked["q"])
    ]  # fmt: skip
    return json.dumps({"results": results, "status": {"code": 200, "message": "OK"}}).encode()


def mapbox(peer, path, asked):
    query = unquote(path.removesuffix(".json/").rsplit("/", 1)[1])
    features = [
        {
            "place_name": label, "place_type": ["address"], "properties": {"accuracy": "rooftop"},
            "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
        }
        for label, latitude, longitude in peer.found(query)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


PROTOCOLS = {each.__name__: each for each in (census, nominatim, google, arcgis, opencage, mapbox)}


@contextlib.contextmanager
def geocoding_peer():
    peer = Peer()
    thread = threading.Thread(target=peer.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield peer
    finally:
        peer.shutdown()
        peer.server_close()
        thread.join()
