#!/usr/bin/env python3
"""Load on four nodes; one after the other is killed (SIGKILL) every 2 to 5 s and restarted; then all
four at once. Afterwards: equal roots everywhere, every statement answered as logged is in each
node's log at its index, and every receipt verifies offline.

Usage: crash_test.py PROGRAMS [--rounds 20] [--seed N]"""
import argparse
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network, answers  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
parser.add_argument("--rounds", type=int, default=20)
parser.add_argument("--seed", type=int, default=int(time.time()))
parser.add_argument("--submitters", type=int, default=8)
options = parser.parse_args()
chance = random.Random(options.seed)
print(f"seed {options.seed}", flush=True)

with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    results = network.folder / "results"
    seconds = options.rounds * 5 + 20
    load = network.load(results, submitters=options.submitters, count=seconds * 600,
                        seconds=seconds)
    time.sleep(1)
    for _ in range(options.rounds):
        victim = chance.choice(network.names)
        network.crash(victim)
        time.sleep(chance.uniform(0.0, 1.5))
        network.start(victim)
        time.sleep(chance.uniform(2.0, 5.0) - 1.0)
    print(f"{options.rounds} nodes killed", flush=True)
    network.crash()
    network.start()
    assert load.poll() is None, "the load ended before all four were killed"
    load.wait(timeout=seconds + 120)
    network.wait_ready()
    network.wait_equal()
    for name in network.names:
        log = network.log(name)
        assert "observer=1" not in log, f"{name} distrusts its own log\n{log[-3000:]}"
        assert "level=error" not in log, f"{name} complains\n{log[-3000:]}"
    counts, _ = answers(results)
    print(counts, network.checkpoint("battery"), flush=True)
    assert counts.get("logged", 0) > 100, "the load hardly did anything"
    print(network.check(results), end="")
print("crash test passed")
