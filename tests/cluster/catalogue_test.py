#!/usr/bin/env python3
"""A catalogue from folder to presentations: sealed, attested by one statement, every member shown. Each
step is killed on its way and run again; nothing is signed or sealed twice and nothing is missing.

Usage: catalogue_test.py PROGRAMS [--members 1000] [--measure]
  --measure  kills nothing, and prints what each step took as JSON (scripts/bench --catalogue)"""
import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import Network  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
parser.add_argument("--members", type=int, default=1000)
parser.add_argument("--measure", action="store_true")
options = parser.parse_args()
FIELDS = 60


def footprint(number):
    """A PACT 3 footprint of 60 fields."""
    document = {
        "specVersion": "3.0.3", "id": f"3893bb5d-da16-4dc1-9185-{number:012x}", "status": "Active",
        "created": "2026-03-01T00:00:00Z", "companyName": "Hanbit Steel", "companyIds": ["urn:bpn:id:BPNL000000000DWF"],
        "productIds": [f"urn:gtin:{number:013}"], "productNameCompany": f"Coil {number}",
        "productDescription": "hot-rolled, in coils", "productClassifications": ["urn:eu:cn:72083900"],
        "pcf": {
            "declaredUnitOfMeasurement": "kilogram", "declaredUnitAmount": "1", "productMassPerDeclaredUnit": "1",
            "referencePeriodStart": "2025-01-01T00:00:00Z", "referencePeriodEnd": "2026-01-01T00:00:00Z",
            "geographyCountry": "KR", "pcfExcludingBiogenicUptake": f"2.{number:06}",
            "pcfIncludingBiogenicUptake": f"2.{number:06}", "fossilGhgEmissions": "2.0",
            "ipccCharacterizationFactors": ["AR6"], "crossSectoralStandards": ["ISO14067"],
            "exemptedEmissionsPercent": "1.0", "primaryDataShare": "77.0",
            "secondaryEmissionFactorSources": [{"name": "KLCI", "version": "2025.1"}]},
        "extensions": []}
    leaves = 25
    document["extensions"] = [f"{index}: a value of usual length" for index in range(FIELDS - leaves)]
    return document


def count_leaves(value):
    if isinstance(value, dict):
        return sum(map(count_leaves, value.values()))
    if isinstance(value, list):
        return sum(map(count_leaves, value)) if value else 1
    return 1


class Step:
    """One run of the command, with what it took."""

    def __init__(self, network, *words):
        self.words = [str(network.bin / "footproof"), "--json", "--node", network.urls[network.names[0]],
                      *map(str, words)]

    def start(self):
        return subprocess.Popen(self.words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def kill_when(self, reached):
        """SIGKILL as soon as it has got that far, if it is not done before."""
        process = self.start()
        while process.poll() is None and not reached():
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def run(self):
        started = time.monotonic()
        process = self.start()
        out, err = process.stdout.read(), process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, f"{self.words}: exit {process.returncode}\n{out.decode()}{err.decode()}"
        self.took = {"seconds": round(time.monotonic() - started, 2), "cpu": round(used.ru_utime + used.ru_stime, 2),
                     "mib": used.ru_maxrss // 1024}
        return json.loads(out)


def count(folder, ending):
    try:
        return sum(name.endswith(ending) for name in os.listdir(folder))
    except FileNotFoundError:
        return 0


with Network.temporary(options.programs) as network:
    folder, members = network.folder, options.members
    (folder / "in").mkdir()
    assert count_leaves(footprint(7)) == FIELDS, count_leaves(footprint(7))
    for number in range(members):
        (folder / "in" / f"{number:07}.json").write_text(json.dumps(footprint(number)))
    network.start()
    network.wait_ready()
    network.accredit()
    network.export_policy()

    catalogue = folder / "all.catalogue"
    seal = Step(network, "seal", "--catalogue", folder / "in", "-o", folder / "sealed")
    attest = Step(network, "attest", "--catalogue", folder / "sealed", "--until", "2027-12-31",
                  *network.attestation_options(), "-o", catalogue)
    disclose = Step(network, "disclose", "--catalogue", folder / "sealed", catalogue, "-o", folder / "shown",
                    "--profile", "cbam-declarant", "--policy", folder / "demo.policy")
    if not options.measure:
        seal.kill_when(lambda: count(folder / "sealed", ".sealed") > members // 3)
        before = {path.name: path.read_bytes() for path in list((folder / "sealed").glob("*.sealed"))[:50]}
    sealed = seal.run()
    assert sealed["sealed"] + sealed["kept"] == members == count(folder / "sealed", ".sealed")
    if not options.measure:
        for name, content in before.items():
            assert (folder / "sealed" / name).read_bytes() == content, "sealed before, and sealed anew"
        attest.kill_when(catalogue.exists)
    size = int(network.checkpoint(network.names[0])[1])
    first = attest.run()
    took_attest = dict(attest.took)
    if not options.measure:
        assert attest.run()["entry_id"] == first["entry_id"], "a second run signed anew"
        assert int(network.checkpoint(network.names[0])[1]) <= size + 2, "more than one statement was logged"
        disclose.kill_when(lambda: count(folder / "shown", ".footproof") > members // 3)
    shown = disclose.run()
    assert shown["written"] + shown["kept"] == members == count(folder / "shown", ".footproof")
    network.stop_all()

    for number in random.Random(1).sample(range(members), min(members, 30)):
        verdict = json.loads(subprocess.run(
            [network.bin / "footproof", "--json", "verify", folder / "shown" / f"{number:07}.footproof", "--policy",
             folder / "demo.policy", "--profile", "cbam-declarant"], capture_output=True, check=True).stdout)
        assert verdict["verdict"] == "certified", verdict
        assert verdict["opened"]["core:value.exclBiogenic"] == f"2.{number:06}".rstrip("0").rstrip("."), verdict
    # Before the folder is taken away, which can take longer than all the rest.
    print(json.dumps({"members": members, "fields": FIELDS, "seal": seal.took, "attest": took_attest,
                      "disclose": disclose.took, "receipts_fetched": shown["receipts_fetched"],
                      "bytes_each": shown["bytes_each"]}), flush=True)
