"""A network of validators on this machine, as processes: made, started, killed, asked.

scripts/network, scripts/bench and tests/cluster share it. The folder is one that
`footproof network new` made; a process's number and its output lie in its validator's home.
Everything stays on loopback."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def programs(preset="release"):
    """The folder of the built programs; the first preset that has them."""
    for name in (preset, "release", "bench", "dev", "asan"):
        folder = ROOT / "build" / name / "bin"
        if (folder / "footproofd").exists():
            return folder
    raise SystemExit("nothing is built: run scripts/run or cmake --build first")


def free_port_block(count):
    """A base port with base+1..base+count and base+101..base+100+count free at this moment."""
    for base in range(20000, 45000, 250):
        sockets = []
        try:
            for port in [base + i for i in range(1, count + 1)] + [base + 100 + i for i in range(1, count + 1)]:
                found = socket.socket()
                sockets.append(found)
                found.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for found in sockets:
                found.close()
    raise SystemExit("no free ports")


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


class Network:
    def __init__(self, folder, bin_folder=None):
        self.folder = pathlib.Path(folder)
        self.bin = pathlib.Path(bin_folder or programs())
        self.facts = json.loads((self.folder / "network.json").read_text())
        self.validators = self.facts["validators"]
        self.urls = [validator["url"] for validator in self.validators]
        self.passphrase_file = self.facts["passphrase_file"]

    @classmethod
    def make(cls, folder, validators, bin_folder=None, base_port=None):
        bin_folder = pathlib.Path(bin_folder or programs())
        base_port = base_port or free_port_block(validators)
        subprocess.run([bin_folder / "footproof", "network", "new", str(folder), "--validators", str(validators),
                        "--base-port", str(base_port)], check=True, stdout=subprocess.DEVNULL)
        return cls(folder, bin_folder)

    def home(self, number):
        return pathlib.Path(self.validators[number]["home"])

    def party(self, name):
        return next(party for party in self.facts["parties"] if party["name"] == name)

    # -- processes

    def pid(self, number):
        """Of the running process, or None."""
        try:
            pid = int((self.home(number) / "footproofd.pid").read_text())
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if b"footproofd" in command[0] and str(self.home(number)).encode() in command[1] else None

    def start(self, number):
        if self.pid(number) is not None:
            return
        home = self.home(number)
        if not (home / "data").exists():  # its first start in life
            subprocess.run([self.bin / "footproofd", "--init", home / "config.toml"], check=True,
                           stdout=subprocess.DEVNULL)
        with open(home / "footproofd.log", "ab") as log:
            process = subprocess.Popen([self.bin / "footproofd", home / "config.toml"], stdout=log,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        (home / "footproofd.pid").write_text(str(process.pid))

    def start_all(self):
        for number in range(len(self.validators)):
            self.start(number)

    def send(self, number, what):
        pid = self.pid(number)
        if pid is not None:
            os.kill(pid, what)
        return pid

    def kill(self, number):
        """kill -9, and wait until it is gone."""
        self._wait_gone(self.send(number, signal.SIGKILL), 10)

    def stop_all(self):
        """SIGTERM to all; SIGKILL to whoever is still there after 10 s. Returns the stragglers."""
        pids = [self.send(number, signal.SIGTERM) for number in range(len(self.validators))]
        stragglers = []
        for number, pid in enumerate(pids):
            if not self._wait_gone(pid, 10):
                stragglers.append(self.validators[number]["id"])
                self.kill(number)
        return stragglers

    @staticmethod
    def _wait_gone(pid, seconds):
        if pid is None:
            return True
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if os.waitpid(pid, os.WNOHANG)[0] == pid:
                    return True
            except ChildProcessError:
                pass
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.02)
        return False

    # -- questions

    def health(self, number):
        answer = ask(self.urls[number] + "/v1/health", timeout=3)
        return answer.json() if answer.status == 200 else None

    def is_ready(self, number):
        return ask(self.urls[number] + "/v1/ready", timeout=3).status == 200

    def wait_ready(self, numbers=None, seconds=30):
        """True when each of them says that it is ready."""
        numbers = list(range(len(self.validators)) if numbers is None else numbers)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if all(self.is_ready(number) for number in numbers):
                return True
            time.sleep(0.05)
        return False

    def cpu_seconds(self):
        """User and system time of all running validators together."""
        ticks = os.sysconf("SC_CLK_TCK")
        total = 0.0
        for number in range(len(self.validators)):
            pid = self.pid(number)
            if pid is not None:
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += (int(fields[11]) + int(fields[12])) / ticks
        return total

    # -- the command

    def footproof(self, *arguments, nodes=None, check=True):
        command = [str(self.bin / "footproof"), "--node", ",".join(nodes or self.urls), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\nexit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def export_policy(self):
        path = self.folder / "demo.policy"
        if not path.exists():
            self.footproof("trust", "export", "-o", path)
        return path

    SCOPE = ("steel.cbam", "cbam", "2025-2546", "iso14067-2018")

    def accredit_verifier(self, accreditation="A-1"):
        """The body grants the demo's verifier one scope and registers its keys."""
        body, verifier = self.party("accreditation-body"), self.party("verifier")
        scope, scheme, _, standard = self.SCOPE

        def by_body(usage):
            return ["--key", f"{body['keys']}/{usage}.pem", "--passphrase-file", self.passphrase_file,
                    "--issuer", body["uri"]]

        self.footproof("accredit", "grant", accreditation, "--verifier", verifier["uri"],
                       "--scope", f"{scope}:{scheme}:{standard}:reasonable", "--until", "2035-12-31",
                       *by_body("sign"), "-o", self.folder / f"grant-{accreditation}.statement")
        for usage in ("sign", "status"):
            self.footproof("register", "add", f"{verifier['keys']}/{usage}.keyrequest", *by_body("status"),
                           "-o", self.folder / f"register-{usage}.statement")
        return accreditation

    def load(self, out, count, submitters=1, seconds=3600, nodes=None, accreditation="A-1", background=False):
        """Runs the load program; the summary it prints, or its process."""
        verifier, body = self.party("verifier"), self.party("accreditation-body")
        scope, scheme, version, standard = self.SCOPE
        command = [self.load_program(), "run", "--nodes", ",".join(nodes or self.urls),
                   "--key", f"{verifier['keys']}/sign.pem", "--passphrase-file", self.passphrase_file,
                   "--issuer", verifier["uri"], "--body", body["uri"], "--accreditation", accreditation,
                   "--scope", scope, "--scheme", f"{scheme}:{version}", "--standard", standard,
                   "--count", str(count), "--submitters", str(submitters), "--seconds", str(seconds),
                   "--out", str(out)]
        if background:
            return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def check_results(self, results):
        """Every statement answered as logged is everywhere, at its index, with a good receipt."""
        return subprocess.run([self.load_program(), "check", "--nodes", ",".join(self.urls),
                               "--policy", str(self.export_policy()), "--results", str(results)],
                              capture_output=True, text=True)

    def load_program(self):
        return str(self.bin / "load")
