#!/usr/bin/env python3
"""The auditor's story against a real network: she keeps a checkpoint, lets time pass, asks the history
(CSV, JSON lines with proofs, page by page), executes the whole log again, and finds a log that was
tampered with on its way to her. Two heads of one honest network prove nothing against anybody.

Usage: auditor.py PROGRAMS"""
import csv
import http.server
import io
import json
import pathlib
import subprocess
import sys
import threading
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
from local_network import Network  # noqa: E402

programs = sys.argv[1]


def command(*arguments):
    """Exit code, output and errors of one footproof command."""
    done = subprocess.run([f"{programs}/footproof", *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


class Tampering(http.server.BaseHTTPRequestHandler):
    """Passes everything on from a node, with one bit of one statement changed."""
    node = ""
    offset = 0

    def do_GET(self):
        with urllib.request.urlopen(self.node + self.path, timeout=10) as answer:
            body, kind = bytearray(answer.read()), answer.headers["Content-Type"]
        if self.path.startswith("/tile/statements/"):
            body[self.offset] ^= 1
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


with Network.temporary(programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    policy = network.export_policy()
    node = network.urls[network.names[0]]
    kept = network.folder / "kept.checkpoint"
    kept.write_bytes(network.get(network.names[0], "/checkpoint"))

    results = network.folder / "results"
    network.load(results, submitters=4, count=300).communicate(timeout=60)
    logged = [json.loads(line) for line in results.read_text().splitlines()]
    assert all(one["what"] == "logged" for one in logged), logged[:3]
    network.wait_equal()
    verifier = network.parties["verifier"]["uri"]

    code, out, err = command("history", "--kind", "attestation", "--issuer", verifier, "--format", "csv",
                             "--node", node)
    assert code == 0, err
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 300 and {row["status"] for row in rows} == {"active"}, len(rows)

    # One is revoked; the history says so, by status and about the entry, with a receipt each.
    revoked = rows[7]["entry_id"]
    network.footproof("revoke", revoked, "--reason", "misstatement", *network.signed_by("verifier", "status"),
                      "-o", network.folder / "revoke.statement")
    network.wait_equal()
    code, out, err = command("history", "--status", "revoked", "--json", "--prove", "--policy", policy,
                             "--node", node)
    assert code == 0, err
    found = [json.loads(line) for line in out.splitlines()]
    assert [row["entry_id"] for row in found] == [revoked] and found[0]["proven"] == "against the policy", found
    code, out, _ = command("history", "--about", revoked, "--json", "--node", node)
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["attestation", "status"], out

    code, out, err = command("replay", "--policy", policy, "--checkpoint", kept, "--node", node, "--json")
    assert code == 0, out + err
    replayed = json.loads(out)
    print(f"replayed {replayed['statements']} statements up to height {replayed['height']}", flush=True)
    assert replayed["same"] and replayed["statements"] == 300 + 3 + 1, replayed
    assert replayed["size"] == int(network.checkpoint(network.names[0])[1]), replayed

    # The same log on a bad way: a bit of a statement's signature, early in the second bundle.
    Tampering.node, Tampering.offset = node, 300
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tampering)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    code, out, err = command("replay", "--policy", policy, "--node", f"http://127.0.0.1:{proxy.server_port}")
    proxy.shutdown()
    proxy.server_close()
    assert code == 2 and "DIFFERS" in out, f"{code} {out} {err}"
    print("tampered:", out.strip(), flush=True)

    # Heads of an honest network accuse nobody, and no node has seen anything.
    served = network.folder / "served.checkpoint"
    served.write_bytes(network.get(network.names[1], "/checkpoint"))
    code, out, err = command("accuse", kept, served, "--policy", policy, "--node", node, "-o",
                             network.folder / "none.accusation")
    assert code == 2, out + err
    code, out, err = command("accuse", "--policy", policy, "--node", node, "-o",
                             network.folder / "none.accusation")
    assert code == 3, out + err
print("auditor's story passed")
