"""A network of validators on this machine, as processes: made, started, killed, asked, put under load.

scripts/network, scripts/bench and tests/cluster share it; it uses the standard library alone.
The folder is one that `footproof network new` made. A process's number and its output lie in its
validator's home, so that another process can go on where one left off. Everything stays on loopback.

A node counts as ours only while the process that we started runs and names our chain: another
network may have the same ports."""
import contextlib
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

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEMO_BASE_PORT = 7100


def programs(preset="release"):
    """The folder of the built programs; the first preset that has them."""
    for name in (preset, "release", "bench", "dev", "asan"):
        folder = ROOT / "build" / name / "bin"
        if (folder / "footproofd").exists():
            return folder
    raise SystemExit("nothing is built: run scripts/run or cmake --build first")


def is_free(base, count):
    """Whether base+1..base+count (mesh) and base+101..base+100+count (HTTP) are free at this moment."""
    with contextlib.ExitStack() as probes:
        try:
            for port in [base + offset + i for offset in (1, 101) for i in range(count)]:
                probe = probes.enter_context(socket.socket())
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_base_port(count, first=None):
    """`first` if its ports are free, else a base whose are; below those that the system hands out."""
    if first is not None and is_free(first, count):
        return first
    start = os.getpid() % 40 * 200  # two that look at the same time seldom meet
    for offset in range(0, 8000, 200):
        base = 20000 + (start + offset) % 8000
        if is_free(base, count):
            return base
    raise SystemExit("no free ports between 20000 and 28000")


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers

    def json(self):
        return json.loads(self.body)


def ask(url, data=None, content_type="application/cose", timeout=15):
    """One HTTP request; every status is an answer, no connection is status 0."""
    request = urllib.request.Request(url, data=data, headers={"Content-Type": content_type} if data else {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return Answer(response.status, response.read(), response.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read(), error.headers)
    except OSError as error:
        return Answer(0, str(error).encode(), {})


def run(program, *arguments):
    """What it prints; a RuntimeError that shows everything where it fails."""
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\nexit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Network:
    """Validators are called by their ids, in the order of network.json."""

    def __init__(self, folder, bin_folder=None):
        self.folder = pathlib.Path(folder)
        self.bin = pathlib.Path(bin_folder or programs())
        facts = json.loads((self.folder / "network.json").read_text())
        self.chain_id = facts["chain_id"]
        self.homes = {one["id"]: pathlib.Path(one["home"]) for one in facts["validators"]}
        self.urls = {one["id"]: one["url"] for one in facts["validators"]}
        self.names = list(self.homes)
        self.parties = {one["name"]: one for one in facts["parties"]}
        self.passphrase_file = facts["passphrase_file"]
        self.children = {}  # those that this process started, for their exit codes

    @classmethod
    def make(cls, folder, validators, bin_folder=None, base_port=None):
        """`base_port` is taken if its ports are free."""
        bin_folder = pathlib.Path(bin_folder or programs())
        run(bin_folder / "footproof", "network", "new", folder, "--validators", validators,
            "--base-port", free_base_port(validators, base_port))
        return cls(folder, bin_folder)

    @classmethod
    @contextlib.contextmanager
    def temporary(cls, bin_folder=None, validators=4):
        """One that is gone afterwards, unless FOOTPROOF_KEEP is set."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="footproof-network-"))
        try:
            network = cls.make(folder / "network", validators, bin_folder)
            try:
                yield network
            finally:
                network.crash()
        finally:
            if os.environ.get("FOOTPROOF_KEEP"):
                print(f"kept {folder}")
            else:
                shutil.rmtree(folder, ignore_errors=True)

    # -- processes

    def within(self, name):
        """The words of a command that runs another one, as itself, where this validator lives."""
        return []

    def environment(self, name):
        """Of its process; None: ours."""
        return None

    def pid(self, name):
        """Of the running process, or None."""
        home = self.homes[name]
        child = self.children.get(name)
        if child is not None:  # its command line is not there yet just after its start
            return child.pid if child.poll() is None else None
        try:
            pid = int((home / "footproofd.pid").read_text())
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if b"footproofd" in command[0] and os.fsencode(home) in b"\0".join(command[1:]) else None

    def running(self):
        return [name for name in self.names if self.pid(name) is not None]

    def start(self, *names):
        """All, unless some are named."""
        for name in names or self.names:
            if self.pid(name) is not None:
                continue
            home = self.homes[name]
            if not (home / "data").exists():  # its first start in life
                run(self.bin / "footproofd", "--init", home / "config.toml")
            with open(home / "footproofd.log", "ab") as log:
                process = subprocess.Popen([*self.within(name), self.bin / "footproofd", home / "config.toml"],
                                           stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                           start_new_session=True, env=self.environment(name))
            (home / "footproofd.pid").write_text(str(process.pid))
            self.children[name] = process

    def stop(self, name, how=signal.SIGTERM, seconds=30):
        """Its exit code, negative for a signal; None where it did not run or is not a child of ours."""
        pid = self.pid(name)
        if pid is None:
            return None
        os.kill(pid, how)
        return self._wait_gone(name, pid, seconds)

    def crash(self, *names):
        """kill -9, as a power cut would; all, unless some are named. Waits until they are gone."""
        pids = {name: self.pid(name) for name in names or self.names}
        for pid in filter(None, pids.values()):
            os.kill(pid, signal.SIGKILL)
        for name, pid in pids.items():
            self._wait_gone(name, pid, 10)

    def stop_all(self):
        """SIGTERM to all; SIGKILL to whoever is still there after 10 s. Returns the stragglers."""
        pids = {name: self.pid(name) for name in self.names}
        for pid in filter(None, pids.values()):
            os.kill(pid, signal.SIGTERM)
        stragglers = []
        for name, pid in pids.items():
            try:
                self._wait_gone(name, pid, 10)
            except TimeoutError:
                stragglers.append(name)
                self.crash(name)
        return stragglers

    def _wait_gone(self, name, pid, seconds):
        if pid is None:
            return None
        child = self.children.pop(name, None)
        if child is not None:
            try:
                return child.wait(seconds)
            except subprocess.TimeoutExpired as late:
                self.children[name] = child
                raise TimeoutError(name) from late
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return None
            time.sleep(0.02)
        raise TimeoutError(name)

    def log(self, name):
        try:
            return (self.homes[name] / "footproofd.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    # -- what nodes say

    def get(self, name, path):
        answer = ask(self.urls[name] + path, timeout=10)
        if answer.status != 200:
            raise OSError(f"{self.urls[name]}{path}: {answer.status}")
        return answer.body

    def health(self, name):
        """None where our process does not run or does not answer yet."""
        if self.pid(name) is None:
            return None
        answer = ask(self.urls[name] + "/v1/health", timeout=3)
        facts = answer.json() if answer.status == 200 else {}
        return facts if facts.get("chain_id") == self.chain_id else None

    def is_ready(self, name):
        return bool((self.health(name) or {}).get("ready"))

    def wait(self, what, condition, seconds=60):
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if condition():
                return
            time.sleep(0.05)
        for name in self.names:
            print(f"--- {name}: {self.health(name)}\n{self.log(name)[-2000:]}")
        raise AssertionError(f"not within {seconds} s: {what}")

    def wait_ready(self, *names, seconds=60):
        """All that run, unless some are named."""
        names = names or self.running()

        def ready():
            for name in names:
                if self.pid(name) is None:
                    last = (self.log(name).splitlines() or ["its log is empty"])[-1]
                    raise SystemExit(f"{name} has ended: {last}")
            return all(self.is_ready(name) for name in names)
        self.wait("ready", ready, seconds)

    def checkpoint(self, name):
        """Origin, size and root, without signatures."""
        return self.get(name, "/checkpoint").decode().split("\n")[:3]

    def wait_equal(self, seconds=60):
        def equal():
            try:
                return len({tuple(self.checkpoint(name)) for name in self.running()}) == 1
            except OSError:
                return False
        self.wait("equal published heads", equal, seconds)

    def cpu_seconds(self):
        """User and system time of all running validators together."""
        total = 0.0
        for name in self.running():
            fields = pathlib.Path(f"/proc/{self.pid(name)}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def resident_mib(self, name):
        for line in pathlib.Path(f"/proc/{self.pid(name)}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no VmRSS")

    # -- the command, and the ledger through it

    def _nodes(self, names=None):
        return ",".join(self.urls[name] for name in names or self.running() or self.names)

    def footproof(self, *arguments, nodes=None):
        return run(self.bin / "footproof", "--node", self._nodes(nodes), *arguments)

    def signed_by(self, party, usage):
        """The options with which a party of the demonstration signs."""
        who = self.parties[party]
        return ["--key", f"{who['keys']}/{usage}.pem", "--passphrase-file", self.passphrase_file,
                "--issuer", who["uri"]]

    def export_policy(self):
        path = self.folder / "demo.policy"
        if not path.exists():
            self.footproof("trust", "export", "-o", path)
        return path

    ACCREDITATION = "A-1"
    SCOPE = ("steel.cbam", "cbam", "2025-2546", "iso14067-2018")

    def accredit(self):
        """The body grants the demonstration's verifier one scope and registers its keys."""
        verifier = self.parties["verifier"]
        scope, scheme, _, standard = self.SCOPE
        self.footproof("accredit", "grant", self.ACCREDITATION, "--verifier", verifier["uri"],
                       "--scope", f"{scope}:{scheme}:{standard}:reasonable", "--until", "2099-12-31",
                       *self.signed_by("accreditation-body", "sign"), "-o", self.folder / "grant.statement")
        for usage in ("sign", "status"):
            self.footproof("register", "add", f"{verifier['keys']}/{usage}.keyrequest",
                           *self.signed_by("accreditation-body", "status"),
                           "-o", self.folder / f"register-{usage}.statement")

    def attestation_options(self):
        """Those of `footproof attest` under what accredit() granted."""
        scope, scheme, version, standard = self.SCOPE
        return ["--body", self.parties["accreditation-body"]["uri"], "--accreditation", self.ACCREDITATION,
                "--scope", scope, "--scheme", scheme, "--scheme-version", version, "--standard", standard,
                *self.signed_by("verifier", "sign")]

    def load(self, results, names=None, **options):
        """Starts the load program; communicate() gives its summary."""
        return subprocess.Popen(self._load("run", results, names, options), stdout=subprocess.PIPE, text=True)

    def sign(self, results, count):
        """The file's lines: entry and statement, in hex, of attestations that nobody has sent."""
        run(*self._load("sign", results, None, {"count": count}))
        return [json.loads(line) for line in pathlib.Path(results).read_text().splitlines()]

    def _load(self, command, results, names, options):
        scope, scheme, version, standard = self.SCOPE
        arguments = ["--nodes", self._nodes(names), *self.signed_by("verifier", "sign"),
                     "--body", self.parties["accreditation-body"]["uri"], "--accreditation", self.ACCREDITATION,
                     "--scope", scope, "--scheme", f"{scheme}:{version}", "--standard", standard,
                     "--out", results]
        for option, value in options.items():
            arguments += [f"--{option}", value]
        return [self.bin / "load", command, *map(str, arguments)]

    def check(self, results):
        """Every statement answered as logged is everywhere, at its index, with a good receipt."""
        return run(self.bin / "load", "check", "--nodes", self._nodes(), "--policy", self.export_policy(),
                   "--results", results)


def answers(results):
    """What became of the statements: {"logged": n, …}, and the latencies of the logged, in ms."""
    counts, latencies = {}, []
    for line in pathlib.Path(results).read_text().splitlines():
        answer = json.loads(line)
        counts[answer["what"]] = counts.get(answer["what"], 0) + 1
        if answer["what"] == "logged":
            latencies.append(answer["latency_us"] / 1000)
    return counts, latencies
