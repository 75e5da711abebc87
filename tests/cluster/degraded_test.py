#!/usr/bin/env python3
"""One validator of four stopped: the median receipt takes less than 3 times as long as with all
four, over 500 submissions each in the same run. Two stopped: no statement is answered as logged,
the answer is a clear 202 or 503, and all goes on when one returns.

Usage: degraded_test.py --bin FOLDER [--count N]"""
import argparse
import json
import pathlib
import signal
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network, ask  # noqa: E402


def median_latency_ms(network, folder, name, count, nodes):
    results = folder / f"{name}.jsonl"
    summary = network.load(results, count=count, nodes=nodes)
    assert summary.get("logged") == count, f"{name}: {summary}"
    return statistics.median(json.loads(line)["latency_us"] for line in open(results)) / 1000


def one_stopped(network, folder, count):
    asked = network.urls[:2]
    with_all = median_latency_ms(network, folder, "all", count, asked)
    network.send(3, signal.SIGTERM)
    time.sleep(1)
    with_three = median_latency_ms(network, folder, "three", count, asked)
    print(f"median receipt: {with_all:.1f} ms with four, {with_three:.1f} ms with three, "
          f"ratio {with_three / with_all:.2f}")
    assert with_three < 3 * with_all


def two_stopped(network, folder):
    statement = folder / "lonely.statement"
    network.send(2, signal.SIGTERM)
    time.sleep(1)
    # Signed and saved, then offered: with two of four there is no quorum.
    body, verifier = network.party("accreditation-body"), network.party("verifier")
    network.footproof("accredit", "grant", "A-2", "--verifier", verifier["uri"], "--scope",
                      "steel.cbam:cbam:iso14067-2018:limited", "--until", "2035-12-31", "--key",
                      f"{body['keys']}/status.pem", "--passphrase-file", network.passphrase_file,
                      "--issuer", body["uri"], "-o", statement, nodes=network.urls[:2], check=False)
    answer = ask(network.urls[0] + "/v1/statements", statement.read_bytes(), timeout=30)
    print(f"with two of four: {answer.status} {answer.body[:200]!r}")
    assert answer.status in (202, 503), answer.status
    network.start(2)
    assert network.wait_ready([0, 1, 2], seconds=60), "three of four did not become ready"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = ask(network.urls[0] + "/v1/statements", statement.read_bytes(), timeout=30)
        if answer.status in (200, 201):
            break
        time.sleep(0.2)
    print(f"with three of four again: {answer.status}")
    assert answer.status in (200, 201), answer.body


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--count", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        network = Network.make(folder / "network", 4, options.bin)
        try:
            network.start_all()
            assert network.wait_ready(), "the network did not become ready"
            network.export_policy()
            network.accredit_verifier()
            one_stopped(network, folder, options.count)
            two_stopped(network, folder)
        except BaseException:
            for validator in network.validators:
                log = pathlib.Path(validator["home"]) / "footproofd.log"
                print(f"--- {validator['id']}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-30:]))
            raise
        finally:
            network.stop_all()


if __name__ == "__main__":
    main()
