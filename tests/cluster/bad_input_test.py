#!/usr/bin/env python3
"""Hostile clients of one node of four: 500 that send a byte a second, in every part of a request;
bodies past the limit, lying lengths, compressed bombs; endless headers and forbidden bytes; readers
that do not read. Meanwhile honest requests are answered nearly as fast as before, statements are
logged, and the node's memory does not grow.

Usage: bad_input_test.py PROGRAMS [--seconds 6] [--connections 500]"""
import argparse
import gzip
import pathlib
import selectors
import socket
import statistics
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network, answers  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
parser.add_argument("--seconds", type=float, default=6)
parser.add_argument("--connections", type=int, default=500)
options = parser.parse_args()

POST = b"POST /v1/statements HTTP/1.1\r\nHost: n\r\nContent-Type: application/cose\r\n"
DRIPS = {
    "request line": b"GET /" + b"a" * 4000,
    "headers": b"GET / HTTP/1.1\r\nHost: n\r\n" + b"X: yyyyyyyy\r\n" * 400,
    "body": POST + b"Content-Length: 100000\r\n\r\n" + b"b" * 4000,
    "chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 4000,
    "tls handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"r" * 4000,
}
AT_ONCE = {"body": DRIPS["body"].index(b"\r\n\r\n") + 4,
           "chunk size": DRIPS["chunk size"].index(b"\r\n\r\n") + 4}


def connect(address, source="127.0.0.1"):
    client = socket.socket()
    client.settimeout(10)
    client.bind((source, 0))
    client.connect(address)
    return client


class Dripper(threading.Thread):
    """Keeps so many connections open, each sending one byte a second; a closed one is replaced."""

    def __init__(self, address, payload, at_once, spread):
        super().__init__(daemon=True)
        self.address, self.payload, self.at_once, self.spread = address, payload, at_once, spread
        self.done = threading.Event()
        self.closed = 0
        self.opened = 0

    def open_one(self):
        number = self.opened
        self.opened += 1
        source = f"127.0.1.{number % 200 + 1}" if self.spread else "127.0.0.1"
        try:
            client = connect(self.address, source)
            client.sendall(self.payload[:self.at_once])
            client.setblocking(False)
            return [client, self.at_once]
        except OSError:
            return None

    def run(self):
        clients = []
        while not self.done.is_set():
            began = time.monotonic()
            kept = []
            for client in clients:
                try:
                    sent = client[0].send(self.payload[client[1]:client[1] + 1])
                    client[1] += sent
                    kept.append(client)
                except OSError:
                    self.closed += 1
                    client[0].close()
            clients = kept
            # As many as fit into this second, up to the number wanted.
            while len(clients) < options.connections and time.monotonic() < began + 0.8:
                fresh = self.open_one()
                if fresh:
                    clients.append(fresh)
            self.done.wait(max(0.0, began + 1 - time.monotonic()))
        for client in clients:
            client[0].close()


def one_request(address):
    """How long an honest client takes; one that is told that the node is busy asks again."""
    began = time.monotonic()
    answer = b"HTTP/1.1 503"
    while answer.startswith(b"HTTP/1.1 503"):
        with connect(address) as client:
            client.sendall(b"GET /v1/health HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n")
            answer = b""
            while chunk := client.recv(65536):
                answer += chunk
    assert answer.startswith(b"HTTP/1.1 200"), answer[:100]
    return time.monotonic() - began


def honest(address, seconds):
    """Latencies of honest requests from the hostile clients' own address."""
    latencies, failures = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            latencies.append(one_request(address))
        except (OSError, AssertionError) as error:
            failures += 1
            print("honest request failed:", error, flush=True)
        time.sleep(0.02)
    assert failures == 0, f"{failures} honest requests failed, {len(latencies)} succeeded"
    return statistics.quantiles(latencies, n=100)[98]


def stream(address, head, piece, megabytes):
    """Sends head and then piece after piece until it is cut. The answer, and how much went out."""
    sent, answer = 0, b""
    with connect(address) as client:
        client.setblocking(False)
        waiting = selectors.DefaultSelector()
        waiting.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE)
        pending = head
        end = time.monotonic() + 15
        while time.monotonic() < end and sent < megabytes * 1_000_000:
            for _, mask in waiting.select(1):
                try:
                    if mask & selectors.EVENT_READ:
                        chunk = client.recv(65536)
                        answer += chunk
                        if not chunk:
                            return answer, sent
                    if mask & selectors.EVENT_WRITE:
                        count = client.send(pending)
                        sent += count
                        pending = pending[count:] or piece
                except (BrokenPipeError, ConnectionResetError):
                    return answer, sent
        raise AssertionError(f"took {sent} bytes and did not end")


def refused(answer, what):
    status = answer[9:12]
    assert not answer or status.startswith(b"4"), (what, answer[:200])
    assert b"Set-Cookie" not in answer, (what, answer)


def slow_requests(address, resident_mib):
    idle = honest(address, options.seconds)
    print(f"idle p99 {idle * 1000:.1f} ms", flush=True)
    before = resident_mib()
    for what, payload in DRIPS.items():
        for spread in (False, True):
            dripper = Dripper(address, payload, AT_ONCE.get(what, 1), spread)
            dripper.start()
            time.sleep(1)
            p99 = honest(address, options.seconds)
            dripper.done.set()
            dripper.join()
            growth = resident_mib() - before
            print(f"H1 {what}{', 200 addresses' if spread else ''}: p99 {p99 * 1000:.1f} ms, "
                  f"{dripper.opened} opened, {dripper.closed} cut, memory {growth:+.1f} MiB",
                  flush=True)
            assert p99 < 2 * idle + 1, what
            assert growth < 64, what


def bodies(address, resident_mib):
    before = resident_mib()
    mebi = b"b" * 65536
    bomb = gzip.compress(bytes(50_000_000))
    chunk = b"10000\r\n" + mebi + b"\r\n"
    cases = {
        "with length": (POST + b"Content-Length: 209715200\r\n\r\n", mebi),
        "chunked": (POST + b"Transfer-Encoding: chunked\r\n\r\n", chunk),
        "no length": (POST + b"\r\n", mebi),
        "negative length": (POST + b"Content-Length: -1\r\n\r\n", mebi),
        "length 2^64-1": (POST + b"Content-Length: 18446744073709551615\r\n\r\n", mebi),
        "negative chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", mebi),
        "chunk 2^64-1": (POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", mebi),
    }
    for coding in ("gzip", "br", "deflate"):
        head = f"Content-Encoding: {coding}\r\nContent-Length: {len(bomb)}\r\n\r\n"
        cases[f"{coding} bomb"] = (POST + head.encode() + bomb, mebi)
    for what, (head, piece) in cases.items():
        began = time.monotonic()
        answer, sent = stream(address, head, piece, 300)
        took = time.monotonic() - began
        refused(answer, what)
        assert took < 2, f"{what}: cut only after {took:.1f} s"
    with connect(address) as client:
        client.sendall(POST + b"Content-Length: 100\r\n\r\nonly this")
        client.shutdown(socket.SHUT_WR)
        refused(client.recv(4096), "lying length")
    growth = resident_mib() - before
    print(f"H2 {len(cases) + 1} bodies refused, memory {growth:+.1f} MiB", flush=True)
    assert growth < 8


def heads(address, resident_mib):
    before = resident_mib()
    get = b"GET /v1/health HTTP/1.1\r\nHost: n\r\n"
    endless = {"header line of 1 GiB": (get + b"X: ", b"y" * 65536),
               "1 M headers": (get, b"X: y\r\n" * 10000)}
    for what, (head, piece) in endless.items():
        answer, sent = stream(address, head, piece, 1100)
        refused(answer, what)
        assert sent < 100_000_000, f"{what}: took {sent} bytes"
    whole = {
        "URI of 64 KiB": b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: n\r\n\r\n",
        "NUL in a value": get + b"X: a\0b\r\n\r\n",
        "CR in a value": get + b"X: a\rb\r\n\r\n",
        "LF in a value": get + b"X: a\nSet-Cookie: b\r\n\r\n",
        "CRLF in the path": b"GET /a%0d%0aSet-Cookie:b HTTP/1.1\r\nHost: n\r\n\r\n",
        "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "length and coding": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "folded line": get + b"X: a\r\n b\r\n\r\n",
    }
    for what, request in whole.items():
        with connect(address) as client:
            try:
                client.sendall(request)
                refused(client.recv(65536), what)
            except (BrokenPipeError, ConnectionResetError):
                pass
    with connect(address) as client:
        client.sendall(get + b"X: %0d%0aSet-Cookie: b\r\n\r\n")
        assert b"Set-Cookie" not in client.recv(65536)
    growth = resident_mib() - before
    print(f"H3 {len(endless) + len(whole)} heads refused, memory {growth:+.1f} MiB", flush=True)
    assert growth < 8


def slow_readers(address, resident_mib):
    before = resident_mib()
    clients = []
    for number in range(options.connections):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.bind((f"127.0.1.{number % 200 + 1}", 0))
        client.connect(address)
        client.sendall(b"GET /v1/genesis HTTP/1.1\r\nHost: n\r\n\r\n" * 90)
        clients.append(client)
    p99 = honest(address, options.seconds)
    growth = resident_mib() - before
    for client in clients:
        client.close()
    print(f"H4 {len(clients)} readers that do not read: p99 {p99 * 1000:.1f} ms, memory "
          f"{growth:+.1f} MiB", flush=True)
    assert p99 < 1.5
    assert growth < 64


with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    victim = "battery"
    url = urllib.parse.urlparse(network.urls[victim])
    node = (url.hostname, url.port)
    results = network.folder / "results"
    # Statements to the same node all the while.
    load = network.load(results, [victim], submitters=1, count=100_000,
                        seconds=int(14 * (options.seconds + 3)))
    for attack in (slow_requests, bodies, heads, slow_readers):
        attack(node, lambda: network.resident_mib(victim))
    load.terminate()
    load.wait()
    network.wait_ready()
    counts, latencies = answers(results)
    print(f"meanwhile {counts}, receipts p99 "
          f"{statistics.quantiles(latencies, n=100)[98]:.0f} ms", flush=True)
    unanswered = [line for line in results.read_text().splitlines() if '"logged"' not in line]
    assert not unanswered, unanswered
    assert "level=error" not in network.log(victim)
print("bad input test passed")
