#!/usr/bin/env python3
"""An exporter seals a catalogue of footprints, a verifier attests all of them with one statement, and
the exporter shows single members to whom it likes. Later one member is suspended, and it alone.

Usage: exporter.py PROGRAMS [--members 24]"""
import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
from local_network import ROOT, Network  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
parser.add_argument("--members", type=int, default=24)
options = parser.parse_args()


def verify(network, presentation, *more):
    """Exit code and answer, without any node."""
    done = subprocess.run([network.bin / "footproof", "--json", "verify", presentation, "--policy",
                           network.folder / "demo.policy", *map(str, more)], capture_output=True, text=True)
    return done.returncode, json.loads(done.stdout)


with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    network.export_policy()
    folder = network.folder

    # The exporter: one footprint a file, each with a figure of its own.
    footprints = folder / "footprints"
    footprints.mkdir()
    example = json.loads((ROOT / "examples" / "steel-coil.pact3.json").read_text())
    for number in range(options.members):
        example["productNameCompany"] = f"Hot-rolled coil {number:03}"
        example["pcf"]["pcfExcludingBiogenicUptake"] = f"2.{number:03}"
        (footprints / f"coil-{number:03}.json").write_text(json.dumps(example, ensure_ascii=False))
    sealing = ["--json", "seal", "--catalogue", footprints, "-o", folder / "sealed"]
    assert json.loads(network.footproof(*sealing))["sealed"] == options.members
    again = json.loads(network.footproof(*sealing))
    assert (again["sealed"], again["kept"]) == (0, options.members), "a second run seals nothing anew"

    # The verifier: asks the rules first, then one statement for all.
    catalogue = folder / "autumn.catalogue"
    attest = ["--json", "attest", "--catalogue", folder / "sealed", "--until", "2027-12-31",
              *network.attestation_options(), "-o", catalogue, "--each", folder / "each"]
    assert json.loads(network.footproof(*attest, "--check"))["accepted"]
    assert not catalogue.exists()
    size_before = int(network.checkpoint(network.names[0])[1])
    logged = json.loads(network.footproof(*attest))
    assert json.loads(network.footproof(*attest))["entry_id"] == logged["entry_id"], "a second run signs nothing anew"
    assert int(network.checkpoint(network.names[0])[1]) == size_before + 2, "one statement and its record"
    lines = (folder / "autumn.catalogue.members.csv").read_text().splitlines()
    roots = {pathlib.Path(line.split(",")[0]).stem: line.split(",")[1] for line in lines[1:]}
    assert len(roots) == options.members

    # The exporter: presentations of all, and one member to a single reader.
    disclose = ["--json", "disclose", "--catalogue", folder / "sealed", catalogue, "-o", folder / "shown",
                "--profile", "cbam-declarant", "--policy", folder / "demo.policy"]
    shown = json.loads(network.footproof(*disclose))
    assert shown["written"] == options.members and shown["receipts_fetched"] < options.members, shown
    (folder / "shown" / "coil-001.footproof").unlink()
    again = json.loads(network.footproof(*disclose))
    assert (again["written"], again["kept"]) == (1, options.members - 1), "it goes on where it was"
    network.footproof("disclose", folder / "sealed" / "coil-002.sealed", catalogue, "--refresh", "--slot",
                      "product.name", "-o", folder / "name.footproof")
    network.footproof("disclose", folder / "sealed" / "coil-003.sealed", folder / "each" / "coil-003.attested",
                      "--refresh", "-o", folder / "bare.footproof")

    # The verifier suspends one member.
    network.footproof("suspend", logged["entry_id"], "--declaration", roots["coil-005"], "--reason", "investigation",
                      *network.signed_by("verifier", "status"), "-o", folder / "suspend.statement")
    for name in ("coil-005", "coil-006"):
        network.footproof("disclose", folder / "sealed" / f"{name}.sealed", catalogue, "--refresh", "--profile",
                          "border", "-o", folder / f"{name}.footproof")
    network.stop_all()

    for number in range(options.members):
        code, answer = verify(network, folder / "shown" / f"coil-{number:03}.footproof", "--profile", "cbam-declarant")
        assert code == 0, answer
        assert answer["opened"]["core:value.exclBiogenic"] == f"2.{number:03}".rstrip("0").rstrip("."), answer
    assert verify(network, folder / "name.footproof")[0] == 0
    assert verify(network, folder / "bare.footproof")[0] == 0
    assert verify(network, folder / "coil-006.footproof")[0] == 0
    code, answer = verify(network, folder / "coil-005.footproof")
    assert code == 1 and "suspended" in json.dumps(answer), answer
print(f"{options.members} footprints under one statement; one suspended, the others certified")
