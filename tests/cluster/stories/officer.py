#!/usr/bin/env python3
"""A customs officer gets a file and a trust policy, and has no network: every node is switched off.
Reads the verdict, asks whether the disclosure is complete, and is not taken in by changed files.

Usage: officer.py PROGRAMS"""
import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
from local_network import ROOT, Network  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
options = parser.parse_args()


def verify(network, presentation, *more, policy=None):
    done = subprocess.run([network.bin / "footproof", "--json", "verify", presentation, "--policy",
                           policy or network.export_policy(), *map(str, more)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def line(answer, question):
    return next(one for one in json.loads(answer)["lines"] if question in one.values())


with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    network.export_policy()
    folder = network.folder
    network.footproof("seal", ROOT / "examples" / "steel-coil.pact3.json", ROOT / "examples" / "steel-coil-report.pdf",
                      "-o", folder / "coil.sealed")
    network.footproof("attest", folder / "coil.sealed", "--until", "2027-12-31", *network.attestation_options(),
                      "-o", folder / "coil.attested")
    for name, more in (("border", ["--profile", "border", "--with-document", "1"]),
                       ("slots", ["--slot", "product.cn"])):
        network.footproof("disclose", folder / "coil.sealed", folder / "coil.attested", "-o",
                          folder / f"{name}.footproof", *more)
    with Network.temporary(options.programs) as other:
        other.start()
        other.wait_ready()
        foreign = other.export_policy().read_bytes()
    (folder / "foreign.policy").write_bytes(foreign)
    network.stop_all()
    assert not network.running(), "the officer has no network"

    # The file as it was handed over.
    code, answer = verify(network, folder / "border.footproof", "--profile", "border", "--document",
                          folder / "border.footproof.document-1.pdf")
    assert code == 0, answer
    opened = json.loads(answer)["opened"]
    assert opened["core:product.cn"] == "72083900" and opened["core:geo.country"] == "KR", opened
    assert not any("exclBiogenic" in label for label in opened), "figures are none of the border's business"

    # What was not disclosed is said by name.
    code, answer = verify(network, folder / "slots.footproof", "--profile", "border")
    assert code == 1 and "incomplete-disclosure" in answer, answer
    assert "core:geo.country" in json.dumps(line(answer, "disclosure")), answer

    # Another day, another document, another network, another byte.
    assert verify(network, folder / "border.footproof", "--on", "2028-01-01")[0] == 1
    assert verify(network, folder / "border.footproof", "--document", ROOT / "examples" / "steel-coil.pact3.json")[0] == 2
    assert verify(network, folder / "border.footproof", policy=folder / "foreign.policy")[0] == 3
    whole = (folder / "border.footproof").read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        changed = bytearray(whole)
        changed[place] ^= 1
        (folder / "changed.footproof").write_bytes(changed)
        code, answer = verify(network, folder / "changed.footproof")
        assert code >= 2, f"byte {place} changed, and the verdict is {answer}"
print("certified, complete, and nothing changed goes through; no node was running")
