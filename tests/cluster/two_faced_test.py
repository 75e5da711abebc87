#!/usr/bin/env python3
"""One validator of four shows the others two faces: the network goes on, what it did stands in blocks on every
honest node, in its metrics and under /v1/evidence, and proves it offline against that validator alone.

Usage: two_faced_test.py PROGRAMS"""
import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network, answers  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
options = parser.parse_args()


def guilty_views(network, name):
    """By validator, as the metrics of this node have it."""
    text = network.get(name, "/metrics").decode()
    return {one: int(count) for one, count in
            re.findall(r'^footproof_evidence_total\{validator="([^"]+)"\} (\d+)$', text, re.M)}


with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    *honest, guilty = network.names
    assert guilty_views(network, honest[0]) == dict.fromkeys(network.names, 0)
    network.stop(guilty)
    with subprocess.Popen([network.bin / "two_faced", network.homes[guilty] / "config.toml", "8"],
                          stdout=subprocess.PIPE, text=True) as faces:
        try:
            results = network.folder / "results"
            load = network.load(results, honest, submitters=4, count=400, seconds=120)
            load.wait(timeout=180)
            # The files themselves differ: each has a checkpoint as its node serves it.
            network.wait("all honest nodes hold the same evidence", lambda: (
                len({guilty_views(network, name)[guilty] for name in honest}) == 1
                and guilty_views(network, honest[0])[guilty] >= 3))
        finally:
            faces.send_signal(signal.SIGTERM)
            shown = faces.stdout.read().split("\n")
    counts, _ = answers(results)
    print(counts, f"{len(shown) - 1} views with two faces", flush=True)
    assert counts.get("logged", 0) >= 300, counts
    network.wait_equal()
    print(network.check(results), end="")
    for name in honest:
        seen = guilty_views(network, name)
        assert seen == {**dict.fromkeys(honest, 0), guilty: seen[guilty]} and seen[guilty] >= 3, seen
        assert "level=error" not in network.log(name), network.log(name)[-2000:]

    # Offline, with the policy alone; against the guilty one and nobody else.
    policy, proof = network.export_policy(), network.folder / "seen.accusation"
    network.footproof("accuse", "--policy", policy, "-o", proof, nodes=honest[:1])
    said = json.loads(network.footproof("--json", "verify", proof, "--policy", policy))
    assert said["proven"] and {one["validator"] for one in said["accused"]} == {guilty}, said

    # It stands in the chain: a node that comes back has it all from its database.
    before = guilty_views(network, honest[1])
    network.stop(honest[1])
    network.footproof("fsck", network.homes[honest[1]])
    network.start(honest[1])
    network.wait_ready(*honest)
    assert guilty_views(network, honest[1]) == before
print("two faced test passed")
