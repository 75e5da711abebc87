#!/usr/bin/env python3
"""The LCI operator's story against a real network: a licensed release from a folder of datasets, an
erratum, a withdrawal, a successor. A holder whose sealed declaration links to the release is warned;
no request of the holder's says what it looks for, and no byte of a dataset reaches the ledger.

Usage: dataset_operator.py PROGRAMS"""
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
from local_network import Network  # noqa: E402

programs = sys.argv[1]


def command(*arguments):
    done = subprocess.run([f"{programs}/footproof", *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


class Listening(http.server.BaseHTTPRequestHandler):
    """Passes everything on from a node, and remembers what was asked."""
    node = ""
    asked = []

    def do_GET(self):
        Listening.asked.append(self.path)
        with urllib.request.urlopen(self.node + self.path, timeout=10) as answer:
            body, kind = answer.read(), answer.headers["Content-Type"]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


with Network.temporary(programs) as network:
    network.start()
    network.wait_ready()
    folder = network.folder
    policy = network.export_policy()
    node = network.urls[network.names[0]]

    datasets = folder / "lci"
    for name, text in (("flows/secret-flow.xml", "<flow>electricity, secret mix</flow>"),
                       ("processes/coil.xml", "<process>hot rolled coil</process>"),
                       ("notes/읽어 보기.txt", "licensed")):
        (datasets / name).parent.mkdir(parents=True, exist_ok=True)
        (datasets / name).write_text(text)

    def dataset(*arguments):
        return network.footproof("dataset", *arguments, *network.signed_by("dataset-operator", "sign"))

    dataset("release", "kr-lci", "2026.1", datasets, "--licensed", "--manifest", folder / "1.manifest", "-o",
            folder / "release.statement")
    code, out, err = command("dataset", "check", folder / "1.manifest", datasets, "--node", node)
    assert code == 0, out + err

    # The holder links to it, in a sealed file that nobody else sees.
    document = folder / "coil.json"
    document.write_text('{"pcf": {"declaredUnit": "kilogram"}}')
    network.footproof("seal", document, "-o", folder / "coil.sealed", "--link",
                      "uses-dataset=kr-lci/2026.1@0.4")
    Listening.node = node
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listening)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()

    def watch():
        return command("watch", folder / "coil.sealed", "--policy", policy, "--once", "--json", "--cache",
                       folder / "cache", "--node", f"http://127.0.0.1:{proxy.server_port}")

    code, out, err = watch()
    assert code == 0 and not out and "not here" not in err, out + err

    (datasets / "flows/secret-flow.xml").write_text("<flow>electricity, corrected mix</flow>")
    dataset("erratum", "kr-lci", "2026.1", datasets, "--licensed", "--manifest", folder / "1a.manifest", "-o",
            folder / "erratum.statement")
    dataset("release", "kr-lci", "2026.2", datasets, "--replaces", "2026.1", "--manifest", folder / "2.manifest",
            "-o", folder / "next.statement")
    dataset("withdraw", "kr-lci", "2026.1", "-o", folder / "withdraw.statement")
    network.wait_equal()

    code, out, err = watch()
    warnings = [json.loads(line) for line in out.splitlines()]
    print("\n".join(f"warned: {one['about']}: {one['what']}" for one in warnings), flush=True)
    assert code == 1 and len(warnings) == 3, out + err
    assert [one["what"].split()[0] for one in warnings] == ["erratum", "replaced", "withdrawn"], warnings
    proxy.shutdown()
    proxy.server_close()
    assert all(path == "/checkpoint" or path.startswith("/tile/statements/") for path in Listening.asked), \
        Listening.asked

    code, out, err = command("dataset", "show", "kr-lci", "2026.1", "--json", "--node", node)
    assert code == 1, err
    assert [event["what"] for event in json.loads(out)["events"]] == ["release", "erratum", "replaced", "withdrawn"]

    # A stranger releases nothing, and nothing more is said of what was withdrawn.
    code, out, err = command("dataset", "release", "other-lci", "1", datasets, "--check", "--node", node,
                             *network.signed_by("scheme-owner", "sign"))
    assert code == 2 and "not-an-operator" in out, out + err
    code, out, err = command("dataset", "erratum", "kr-lci", "2026.1", datasets, "--check", "--node", node,
                             *network.signed_by("dataset-operator", "sign"))
    assert code == 2 and "illegal-transition" in out, out + err

    # Neither names nor texts of datasets are anywhere in what the nodes keep.
    network.stop_all()
    for home in network.homes.values():
        for path in (home / "data").rglob("*"):
            if path.is_file():
                held = path.read_bytes()
                for secret in (b"secret-flow", b"hot rolled coil", b"corrected mix"):
                    assert secret not in held, path
print("dataset operator's story passed")
