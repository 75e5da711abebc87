"""A demonstration network of real processes, for the cluster tests: made, started, killed,
restarted and taken away again. Only the standard library."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

BODY = "https://accreditation-body.example"
VERIFIER = "https://verifier.example"


def free_base_port(validators):
    """A base so that base+1… (mesh) and base+101… (HTTP) are free now."""
    for base in range(20100 + os.getpid() % 300 * 100, 60000, 200):
        try:
            for offset in (1, 101):
                for i in range(validators):
                    with socket.socket() as probe:
                        probe.bind(("127.0.0.1", base + offset + i))
            return base
        except OSError:
            continue
    raise RuntimeError("no free ports")


class Network:
    def __init__(self, programs, validators=4):
        self.programs = pathlib.Path(programs)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="footproof-cluster-"))
        self.home = self.folder / "network"
        self.processes = {}
        self.run("footproof", "network", "new", self.home, "--validators", validators,
                 "--base-port", free_base_port(validators))
        facts = json.loads((self.home / "network.json").read_text())
        self.homes = {v["id"]: pathlib.Path(v["home"]) for v in facts["validators"]}
        self.urls = {v["id"]: v["url"] for v in facts["validators"]}
        self.parties = {p["name"]: pathlib.Path(p["keys"]) for p in facts["parties"]}
        self.passphrase = facts["passphrase_file"]
        for home in self.homes.values():
            self.run("footproofd", "--init", home / "config.toml")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.kill()
            process.wait()
        if os.environ.get("FOOTPROOF_KEEP"):
            print(f"kept {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program, *arguments):
        done = subprocess.run([str(self.programs / program), *map(str, arguments)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program} {' '.join(map(str, arguments))}: exit "
                               f"{done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    # --- processes

    def start(self, *names):
        for name in names or self.homes:
            log = open(self.homes[name] / "footproofd.log", "ab")
            self.processes[name] = subprocess.Popen(
                [str(self.programs / "footproofd"), "--home", str(self.homes[name])],
                stdout=subprocess.DEVNULL, stderr=log)

    def stop(self, name, how=signal.SIGTERM):
        process = self.processes.pop(name)
        process.send_signal(how)
        return process.wait(timeout=30)

    def crash(self, *names):
        for name in names:
            self.processes[name].send_signal(signal.SIGKILL)
        for name in names:
            self.processes.pop(name).wait()

    def log(self, name):
        return (self.homes[name] / "footproofd.log").read_text(errors="replace")

    # --- what nodes say

    def get(self, name, path):
        with urllib.request.urlopen(self.urls[name] + path, timeout=10) as answer:
            return answer.read()

    def health(self, name):
        try:
            return json.loads(self.get(name, "/v1/health"))
        except (OSError, urllib.error.URLError, ValueError):
            return None

    def wait(self, what, condition, seconds=60):
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if condition():
                return
            time.sleep(0.1)
        for name in self.homes:
            print(f"--- {name}: {self.health(name)}\n{self.log(name)[-2000:]}")
        raise AssertionError(f"not within {seconds} s: {what}")

    def wait_ready(self, *names):
        names = names or list(self.processes)
        self.wait("ready", lambda: all((self.health(n) or {}).get("ready") for n in names))

    def checkpoint(self, name):
        """Origin, size and root, without signatures."""
        return self.get(name, "/checkpoint").decode().split("\n")[:3]

    def wait_equal(self, seconds=60):
        def equal():
            try:
                return len({tuple(self.checkpoint(n)) for n in self.processes}) == 1
            except (OSError, urllib.error.URLError):
                return False
        self.wait("equal published heads", equal, seconds)

    # --- the ledger

    def accredit(self):
        """The verifier can attest afterwards."""
        node = ["--node", ",".join(self.urls[n] for n in self.processes),
                "--passphrase-file", self.passphrase]
        body = self.parties["accreditation-body"]
        self.run("footproof", "accredit", "grant", "A-1", "--verifier", VERIFIER, "--scope",
                 "steel.cbam:cbam:iso14067-2018:reasonable", "--until", "2099-12-31", "--key",
                 body / "sign.pem", "--issuer", BODY, "-o", self.folder / "grant", *node)
        for usage in ("sign", "status"):
            self.run("footproof", "register", "add", self.parties["verifier"] /
                     f"{usage}.keyrequest", "--key", body / "status.pem", "--issuer", BODY, "-o",
                     self.folder / f"add-{usage}", *node)

    def load(self, results, names=None, **options):
        """Starts the load program; communicate() gives its summary."""
        nodes = ",".join(self.urls[n] for n in names or self.homes)
        arguments = ["--nodes", nodes, "--key", self.parties["verifier"] / "sign.pem",
                     "--passphrase-file", self.passphrase, "--issuer", VERIFIER, "--body", BODY,
                     "--accreditation", "A-1", "--scope", "steel.cbam", "--scheme",
                     "cbam:2025-2546", "--standard", "iso14067-2018", "--out", results]
        for option, value in options.items():
            arguments += [f"--{option}", value]
        return subprocess.Popen([str(self.programs / "load"), "run", *map(str, arguments)],
                                stdout=subprocess.PIPE, text=True)

    def check(self, results):
        policy = self.folder / "policy"
        policy.write_bytes(self.get(next(iter(self.processes)), "/v1/policy"))
        return self.run("load", "check", "--nodes", ",".join(self.urls[n] for n in self.processes),
                        "--policy", policy, "--results", results)


def answers(results):
    """What became of the statements: {"logged": n, …}, and the latencies of the logged, in ms."""
    counts, latencies = {}, []
    for line in pathlib.Path(results).read_text().splitlines():
        answer = json.loads(line)
        counts[answer["what"]] = counts.get(answer["what"], 0) + 1
        if answer["what"] == "logged":
            latencies.append(answer["latency_us"] / 1000)
    return counts, latencies
