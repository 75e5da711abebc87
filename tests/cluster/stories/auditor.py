#!/usr/bin/env python3
"""The auditor's story against a real network: she keeps a checkpoint, lets time pass, asks the history
(CSV, JSON lines with proofs, page by page), executes the whole log again, and finds a log that was
tampered with on its way to her. Two heads of one honest network prove nothing against anybody.

Usage: auditor.py PROGRAMS"""
import csv
import io
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from story import Story, between  # noqa: E402


def tampered(path, body):
    """One bit of a statement's signature, early in the second bundle."""
    if not path.startswith("/tile/statements/"):
        return body
    return body[:300] + bytes([body[300] ^ 1]) + body[301:]


with Story.begin(sys.argv[1]) as story:
    network = story.network
    network.accredit()
    policy = network.export_policy()
    node = network.urls[network.names[0]]
    kept = story.file("kept.checkpoint")
    kept.write_bytes(network.get(network.names[0], "/checkpoint"))

    results = story.file("results")
    network.load(results, submitters=4, count=300).communicate(timeout=60)
    logged = [json.loads(line) for line in results.read_text().splitlines()]
    assert all(one["what"] == "logged" for one in logged), logged[:3]
    network.wait_equal()
    verifier = network.parties["verifier"]["uri"]

    listed = story.ask("history", "--kind", "attestation", "--issuer", verifier, "--format", "csv", nodes=[node])
    rows = list(csv.DictReader(io.StringIO(listed)))
    assert len(rows) == 300 and {row["status"] for row in rows} == {"active"}, len(rows)

    # One is revoked; the history says so, by status and about the entry, with a receipt each.
    revoked = rows[7]["entry_id"]
    story.signs("verifier", "status", "revoke", revoked, "--reason", "misstatement")
    network.wait_equal()
    found = story.lines("history", "--status", "revoked", "--prove", "--policy", policy, nodes=[node])
    assert [row["entry_id"] for row in found] == [revoked] and found[0]["proven"] == "against the policy", found
    about = story.lines("history", "--about", revoked, nodes=[node])
    assert [row["kind"] for row in about] == ["attestation", "status"], about

    replayed = story.says("replay", "--policy", policy, "--checkpoint", kept, nodes=[node])
    print(f"replayed {replayed['statements']} statements up to height {replayed['height']}", flush=True)
    assert replayed["same"] and replayed["statements"] == 300 + 3 + 1, replayed
    assert replayed["size"] == int(network.checkpoint(network.names[0])[1]), replayed

    # The same log on a bad way.
    with between(node, tampered) as bad_way:
        out = story.ask("replay", "--policy", policy, nodes=[bad_way], exits=2)
    assert "DIFFERS" in out, out
    print("tampered:", out.strip(), flush=True)

    # Heads of an honest network accuse nobody, and no node has seen anything.
    served = story.file("served.checkpoint")
    served.write_bytes(network.get(network.names[1], "/checkpoint"))
    nothing = ["--policy", policy, "-o", story.file("none.accusation")]
    story.ask("accuse", kept, served, *nothing, nodes=[node], exits=2)
    story.ask("accuse", *nothing, nodes=[node], exits=2)
print("auditor's story passed")
