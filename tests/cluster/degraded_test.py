#!/usr/bin/env python3
"""One validator of four stopped: the median time to a receipt stays below three times that with all
four, in the same run. Two stopped: nothing is answered as logged, and all goes on when one returns.

Usage: degraded_test.py PROGRAMS [--count 500]"""
import argparse
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network, answers  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
parser.add_argument("--count", type=int, default=500)
options = parser.parse_args()


def median(network, name, nodes):
    results = network.folder / name
    load = network.load(results, nodes, submitters=1, count=options.count)
    load.communicate(timeout=600)
    counts, latencies = answers(results)
    assert counts == {"logged": options.count}, counts
    return statistics.median(latencies)


with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    names = network.names
    all_four = median(network, "four", names[:3])
    assert network.stop(names[3]) == 0, "no clean stop on SIGTERM"
    three = median(network, "three", names[:3])
    print(f"median receipt with four {all_four:.1f} ms, with three {three:.1f} ms", flush=True)
    assert three < 3 * all_four, "one stopped validator slows the others too much"

    network.stop(names[2])
    results = network.folder / "two"
    load = network.load(results, names[:2], submitters=2, count=6)
    load.communicate(timeout=300)
    counts, _ = answers(results)
    print(f"with two of four: {counts}", flush=True)
    assert "logged" not in counts and counts, counts

    network.start(names[2])
    network.wait_ready(*names[:3])
    back = median(network, "back", names[:3])
    print(f"median receipt after one came back {back:.1f} ms", flush=True)
    network.start(names[3])
    network.wait_ready(*names)
    network.wait_equal()
    for results in ("four", "three", "back"):
        print(network.check(network.folder / results), end="")
print("degraded test passed")
