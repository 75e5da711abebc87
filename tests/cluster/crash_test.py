#!/usr/bin/env python3
"""Real processes under load and kill -9: nothing that was answered as logged is ever lost.

Load on four validators; a random one is killed every 2 to 5 s and started again (--rounds, 20), then
all four at once. Afterwards: equal roots everywhere, every statement answered as logged stands in
every log at its index, and every receipt verifies offline.

Usage: crash_test.py --bin FOLDER [--rounds N] [--seed N]"""
import argparse
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network, ask  # noqa: E402


def equal_heads(network, seconds=60):
    """Waits until all validators publish the same checkpoint; its three lines, or None."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        heads = []
        for url in network.urls:
            answer = ask(url + "/checkpoint", timeout=3)
            heads.append(answer.body.split(b"\n\n")[0] if answer.status == 200 else None)
        if None not in heads and len(set(heads)) == 1:
            return heads[0].decode()
        time.sleep(0.1)
    return None


def run(network, rounds, rng, results):
    assert network.wait_ready(), "the network did not become ready"
    network.export_policy()
    network.accredit_verifier()
    load = network.load(results, count=200_000, submitters=8, seconds=rounds * 5 + 30, background=True)
    for number in range(1, rounds + 1):
        time.sleep(rng.uniform(2, 5))
        victim = rng.randrange(len(network.validators))
        network.kill(victim)
        time.sleep(rng.uniform(0, 1))
        network.start(victim)
        print(f"round {number}: killed and restarted {network.validators[victim]['id']}", flush=True)
    time.sleep(2)
    for victim in range(len(network.validators)):
        network.kill(victim)
    print("killed all at once", flush=True)
    network.start_all()
    assert network.wait_ready(seconds=60), "not every validator became ready again"
    # The load goes on for a while: the network must still take statements.
    before = sum(1 for line in open(results) if '"logged"' in line)
    time.sleep(5)
    after = sum(1 for line in open(results) if '"logged"' in line)
    load.terminate()
    load.wait()
    assert after > before, "nothing was logged after all validators were killed and restarted"

    head = equal_heads(network)
    assert head is not None, "the validators do not publish one head"
    print("equal heads: " + " ".join(head.split("\n")[1:]))
    done = network.check_results(results)
    print(done.stdout.strip())
    if done.returncode != 0:
        sys.exit(done.stderr[-4000:])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", help="leave the network's folder here")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else time.time_ns() % 1_000_000
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.keep or temporary) / "network"
        network = Network.make(folder, 4, options.bin)
        try:
            network.start_all()
            run(network, options.rounds, random.Random(seed), folder / "results.jsonl")
        except BaseException:
            for validator in network.validators:
                log = pathlib.Path(validator["home"]) / "footproofd.log"
                print(f"--- {validator['id']}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-30:]))
            raise
        finally:
            network.stop_all()


if __name__ == "__main__":
    main()
