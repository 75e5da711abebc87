"""What the stories share: a network of real processes, parties who sign, answers that must be so."""
import contextlib
import datetime
import json
import pathlib
import subprocess
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))
from local_network import Network  # noqa: E402


def day(offset=0):
    """Today in UTC and days from it, as the command writes dates."""
    return str(datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=offset))


class Story:
    def __init__(self, network):
        self.network = network
        self.folder = network.folder
        self.made = 0

    @classmethod
    @contextlib.contextmanager
    def begin(cls, programs):
        started = time.monotonic()
        with Network.temporary(programs) as network:
            network.start()
            network.wait_ready()
            yield cls(network)
        print(f"told in {time.monotonic() - started:.1f} s")

    def file(self, name):
        return self.folder / name

    def ask(self, *arguments, exits=0):
        """Standard output of the command, which must end with this code."""
        command = [str(self.network.bin / "footproof"), "--node", ",".join(self.network.urls.values()),
                   *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == exits, \
            f"{' '.join(command)}\nexit {done.returncode}, not {exits}\n{done.stdout}{done.stderr}"
        return done.stdout

    def says(self, *arguments, exits=0):
        return json.loads(self.ask("--json", *arguments, exits=exits))

    def signs(self, party, usage, *arguments):
        """The entry id of what this party signs and the network logs."""
        self.made += 1
        return self.says(*arguments, *self.network.signed_by(party, usage), "-o",
                         self.file(f"{self.made}.statement"))["entry_id"]

    def refused(self, reason, party, usage, *arguments):
        """The rules forbid it, for this reason; the remedy is said."""
        self.made += 1
        answer = self.says(*arguments, *self.network.signed_by(party, usage), "-o",
                           self.file(f"{self.made}.statement"), exits=2)
        assert answer["reason"] == reason, answer
        assert answer["remedy"].endswith("."), answer

    def seal(self, name):
        path = self.file(f"{name}.sealed")
        self.ask("seal", REPOSITORY / "examples/steel-coil.pact3.json", "-o", path)
        return path

    def attest_words(self, sealed, name, *more):
        return ["attest", sealed, *self.network.attestation_options(), "--until", day(700), "-o",
                self.file(f"{name}.attested"), *more]

    def attest(self, name, *more):
        """Seals, attests and gives the entry id; NAME.attested lies in the folder."""
        return self.says(*self.attest_words(self.seal(name), name, *more))["entry_id"]

    def status(self, name, *more):
        # Exit 1 says that it is not active.
        active = self.network.bin / "footproof"
        done = subprocess.run([active, "--node", ",".join(self.network.urls.values()), "--json", "status",
                               self.file(f"{name}.attested"), "--policy", self.network.export_policy(), *more],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode in (0, 1), done.stderr
        answer = json.loads(done.stdout)
        assert answer["verified"] is True
        assert (done.returncode == 0) == (answer["status"] == "active"), answer
        return answer

    def verdict(self, name, *more, exits=0):
        """Shows it with the newest proof and judges that offline."""
        shown = self.file(f"{name}.footproof")
        shown.unlink(missing_ok=True)
        self.ask("disclose", self.file(f"{name}.sealed"), self.file(f"{name}.attested"), "--refresh",
                 "--profile", "none", "-o", shown)
        return self.says("verify", shown, "--policy", self.network.export_policy(), *more, exits=exits)
