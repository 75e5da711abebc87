#!/usr/bin/env python3
"""Two networks on one machine: the second takes other ports; one whose ports are taken says so and
never passes the other's nodes off as its own. In folders with spaces and Korean names, without HOME.

Usage: two_networks_test.py PROGRAMS"""
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network, free_base_port  # noqa: E402

os.environ.pop("HOME", None)
programs = sys.argv[1]
with tempfile.TemporaryDirectory(prefix="footproof 두 ") as folder:
    base = free_base_port(4)
    first = Network.make(f"{folder}/첫째 망", 4, programs, base)
    rival = Network.make(f"{folder}/rival", 4, programs, base)
    assert first.urls == rival.urls
    second = None
    try:
        first.start()
        first.wait_ready()
        second = Network.make(f"{folder}/둘째", 4, programs, base)
        assert not set(second.urls.values()) & set(first.urls.values())
        second.start()
        second.wait_ready()
        assert first.chain_id != second.chain_id

        rival.start()
        try:
            rival.wait_ready(*rival.names)
            raise AssertionError("a network without ports became ready")
        except SystemExit as ended:
            assert "Address already in use" in str(ended), ended
            print("the rival says:", ended)
        assert not any(map(rival.health, rival.names))
        rival.stop_all()
        assert first.running() == first.names, "stopping one network stopped another"
        assert first.stop_all() == [] and first.running() == []
    finally:
        for network in filter(None, (first, rival, second)):
            network.crash()
print("two networks test passed")
