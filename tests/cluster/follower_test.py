#!/usr/bin/env python3
"""Nodes that follow four validators under load: A follows a source that lies and two validators and is
killed (SIGKILL) again and again; B follows A alone; C begins with a snapshot, from the liar and a
validator, and is killed meanwhile; D begins with a snapshot from C alone. Afterwards all have one published head, every
statement answered as logged is in B's log with a good receipt, the source that lied is left with its
reason, and B refuses statements and names where to submit.

Usage: follower_test.py PROGRAMS [--kills 5] [--seconds 20]"""
import argparse
import http.server
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network, answers, ask, free_base_port, run  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
parser.add_argument("--kills", type=int, default=5)
parser.add_argument("--seconds", type=int, default=20)
options = parser.parse_args()


class Liar(http.server.BaseHTTPRequestHandler):
    """Passes on what a validator says, with one bit of it flipped."""
    upstream = ""
    asked = 0

    def do_GET(self):
        Liar.asked += 1
        answer = ask(Liar.upstream + self.path)
        body = bytearray(answer.body)
        if len(body) > 64:
            body[random.randrange(20, len(body))] ^= 1 << random.randrange(8)
        self.send_response(answer.status or 502)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Follower:
    def __init__(self, network, name, port, sources, more=""):
        self.network, self.name = network, name
        self.home = network.folder / name
        self.url = f"http://127.0.0.1:{port}"
        self.home.mkdir()
        genesis = network.homes[network.names[0]] / "genesis.cbor"
        (self.home / "genesis.cbor").write_bytes(genesis.read_bytes())
        listed = ", ".join(f'"{url}"' for url in sources)
        (self.home / "config.toml").write_text(
            f'[node]\nfollow = [{listed}]\n{more}[http]\nlisten = "127.0.0.1:{port}"\n')
        run(network.bin / "footproofd", "--check-config", self.home / "config.toml")
        self.process = None

    def start(self):
        with open(self.home / "footproofd.log", "ab") as log:
            self.process = subprocess.Popen([self.network.bin / "footproofd", self.home / "config.toml"],
                                            stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def kill(self, how=signal.SIGKILL):
        os.kill(self.process.pid, how)
        return self.process.wait(30)

    def health(self):
        answer = ask(self.url + "/v1/health", timeout=3)
        return answer.json() if answer.status == 200 else {}

    def head(self):
        answer = ask(self.url + "/checkpoint", timeout=3)
        return answer.body.decode().split("\n")[:3] if answer.status == 200 else None

    def log(self):
        return (self.home / "footproofd.log").read_text(errors="replace")


with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    Liar.upstream = network.urls[network.names[0]]
    liar = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    threading.Thread(target=liar.serve_forever, daemon=True).start()
    liar_url = f"http://127.0.0.1:{liar.server_address[1]}"
    base = free_base_port(4)
    validators = [network.urls[name] for name in network.names[:2]]
    a = Follower(network, "follower-a", base + 1, [liar_url, *validators])
    b = Follower(network, "follower-b", base + 2, [a.url])
    snapshot = 'catch_up = "snapshot"\n'
    c = Follower(network, "follower-c", base + 3, [liar_url, network.urls[network.names[2]]], snapshot)
    d = Follower(network, "follower-d", base + 4, [c.url], snapshot)
    try:
        results = network.folder / "results"
        load = network.load(results, submitters=4, count=options.seconds * 600, seconds=options.seconds)
        a.start()
        b.start()
        for _ in range(options.kills):
            time.sleep(options.seconds / (options.kills + 1))
            a.kill()
            a.start()
        load.wait(timeout=options.seconds + 120)
        network.wait_equal()
        counts, _ = answers(results)
        assert counts.get("logged", 0) > 100, counts
        wanted = network.checkpoint(network.names[0])
        try:
            network.wait("both followers at the validators' head",
                         lambda: a.head() == wanted == b.head(), 60)
        except AssertionError:
            print(a.health(), a.log()[-3000:], b.health(), b.log()[-3000:], sep="\n")
            raise
        print(f"{counts}, followers at {wanted[1]} entries, the liar was asked {Liar.asked} times", flush=True)
        assert Liar.asked > 0
        assert f"source_left source={liar_url}" in a.log(), a.log()[-3000:]
        assert "alarm" not in a.log() + b.log() and "level=error" not in a.log() + b.log()
        assert b.health()["follow"]["behind"] == 0
        # Everything that was answered as logged, as B proves it.
        print(run(network.bin / "load", "check", "--nodes", b.url, "--policy", network.export_policy(),
                  "--results", results), end="")
        c.start()
        time.sleep(0.3)
        c.kill()
        c.start()
        d.start()
        try:
            network.wait("the nodes that began with a snapshot at the validators' head",
                         lambda: c.head() == wanted == d.head(), 60)
        except AssertionError:
            print(c.health(), c.log()[-3000:], d.health(), d.log()[-3000:], sep="\n")
            raise
        assert "event=snapshot_done" in c.log() and "event=snapshot_done" in d.log()
        print(run(network.bin / "load", "check", "--nodes", f"{c.url},{d.url}", "--policy",
                  network.export_policy(), "--results", results), end="")
        below = ask(d.url + "/v1/chain?from=1")
        assert below.status == 404 and "holds no block below" in below.json()["detail"], below.body
        refused = ask(b.url + "/v1/statements", data=b"\xd2")
        assert refused.status == 421 and a.url in refused.json()["detail"], (refused.status, refused.body)
        for one in (a, b, c, d):
            assert one.kill(signal.SIGTERM) == 0, f"no clean stop of {one.name} on SIGTERM"
    finally:
        for one in (a, b, c, d):
            if one.process and one.process.poll() is None:
                one.process.kill()
        liar.shutdown()
print("follower test passed")
