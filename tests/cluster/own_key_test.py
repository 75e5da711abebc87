#!/usr/bin/env python3
"""One vote key on two machines: a validator's folder is copied while it is stopped, and both copies run. At
least one stops voting, says why in its log, health page and metrics, and follows for ever after; nothing
disagrees and the network goes on. Then a wiped folder: it starts as an observer only.

Usage: own_key_test.py PROGRAMS"""
import argparse
import pathlib
import re
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network, answers, run  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
options = parser.parse_args()


def clone(network, name, port):
    """The folder of a validator that is stopped, as a second machine has it: other ports, its own files."""
    home, copy = network.homes[name], network.folder / (name + "-copy")
    shutil.copytree(home, copy)
    text = (copy / "config.toml").read_text().replace(str(home), str(copy))
    ports = re.findall(r'^listen = "127\.0\.0\.1:(\d+)"', text, re.M)
    assert len(ports) == 2, text
    for shift, old in enumerate(ports):
        text = text.replace(f'listen = "127.0.0.1:{old}"', f'listen = "127.0.0.1:{port + shift}"')
        url = f"http://127.0.0.1:{port + shift}"
        network.urls[name + "-copy"] = url  # the last is that of HTTP
    (copy / "config.toml").write_text(text)
    network.homes[name + "-copy"] = copy
    network.names.append(name + "-copy")  # so that it is ended with the others
    return name + "-copy"


def facts(network, name):
    return network.health(name) or {}


def stopped(network, name):
    return "vote key and not by this node" in facts(network, name).get("not_ready_reason", "")


with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    victim = network.names[1]
    network.stop(victim)
    base = int(network.urls[network.names[-1]].rsplit(":", 1)[1]) + 2
    twin = clone(network, victim, base)
    load = network.load(network.folder / "results", network.names[2:4], submitters=4, count=100000, seconds=40)
    network.start(victim, twin)
    network.wait("one of the two stops", lambda: stopped(network, victim) or stopped(network, twin), 60)
    halted = [name for name in (victim, twin) if stopped(network, name)]
    print(f"stopped: {', '.join(halted)}", flush=True)
    for name in halted:
        assert "alarm what=" in network.log(name), network.log(name)[-2000:]
        assert b"footproof_ready 0\n" in network.get(name, "/metrics")
        # A restart is no way around.
        network.stop(name)
        network.start(name)
        network.wait("it follows", lambda: "observer=1" in network.log(name))
    load.wait(timeout=120)
    counts, _ = answers(network.folder / "results")
    print(counts, flush=True)
    assert counts.get("logged", 0) > 20, counts
    network.stop(twin)
    network.wait_equal()
    assert "what=\"views" not in "".join(network.log(name) for name in network.names), "the network disagrees"
    print(network.check(network.folder / "results"), end="")

# A disk that was lost: started as if it were new, it has never voted as far as it knows.
with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    wiped = network.names[0]
    network.stop(wiped)
    shutil.rmtree(network.homes[wiped] / "data")
    try:
        run(network.bin / "footproofd", network.homes[wiped] / "config.toml")
        raise AssertionError("it started without a data folder")
    except RuntimeError as refused:
        assert "--init-observer" in str(refused), refused
    run(network.bin / "footproofd", "--init-observer", network.homes[wiped] / "config.toml")
    network.start(wiped)
    network.wait("it follows", lambda: "observer=1" in network.log(wiped))
    network.wait_equal()
print("own key test passed")
