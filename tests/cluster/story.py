"""What the stories share: a network of real processes, parties who sign, answers that must be so."""
import contextlib
import datetime
import http.server
import json
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))
from local_network import Network  # noqa: E402


def day(offset=0):
    """Today in UTC and days from it, as the command writes dates."""
    return str(datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=offset))


@contextlib.contextmanager
def between(node, seen=lambda path, body: body):
    """The URL of a server that passes everything on from a node: what `seen` makes of each answer's path and
    bytes is what the asker gets."""
    class Passing(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            with urllib.request.urlopen(node + self.path, timeout=10) as answer:
                body, kind = answer.read(), answer.headers["Content-Type"]
            body = seen(self.path, body)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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

    def words(self, arguments, nodes=None):
        return [str(self.network.bin / "footproof"), "--node", ",".join(nodes or self.network.urls.values()),
                *map(str, arguments)]

    def run(self, *arguments, nodes=None):
        """The finished command: code, standard output and errors as texts."""
        return subprocess.run(self.words(arguments, nodes), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)

    def ask(self, *arguments, exits=0, nodes=None):
        """Standard output of the command, which must end with this code, or one of these."""
        done = self.run(*arguments, nodes=nodes)
        assert done.returncode in (exits if isinstance(exits, tuple) else (exits,)), \
            f"{' '.join(done.args)}\nexit {done.returncode}, not {exits}\n{done.stdout}{done.stderr}"
        return done.stdout

    def says(self, *arguments, exits=0, nodes=None):
        return json.loads(self.ask("--json", *arguments, exits=exits, nodes=nodes))

    def lines(self, *arguments, exits=0, nodes=None):
        """What a command says that gives one JSON value a line."""
        return [json.loads(line) for line in self.ask("--json", *arguments, exits=exits, nodes=nodes).splitlines()]

    def killed(self, reached, *arguments):
        """Starts the command and kills it as soon as it has got that far, if it is not done before."""
        process = subprocess.Popen(self.words(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        while process.poll() is None and not reached():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()

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
        done = self.run("--json", "status", self.file(f"{name}.attested"), "--policy", self.network.export_policy(),
                        *more)
        assert done.returncode in (0, 1), done.stderr
        answer = json.loads(done.stdout)
        assert answer["verified"] is True
        in_force = answer["status"] == "active" and answer["within_validity"]
        assert (done.returncode == 0) == in_force, answer
        return answer

    def verdict(self, name, *more, exits=0):
        """Shows it with the newest proof and judges that offline."""
        shown = self.file(f"{name}.footproof")
        shown.unlink(missing_ok=True)
        self.ask("disclose", self.file(f"{name}.sealed"), self.file(f"{name}.attested"), "--refresh",
                 "--profile", "none", "-o", shown)
        return self.says("verify", shown, "--policy", self.network.export_policy(), *more, exits=exits)
