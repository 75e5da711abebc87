"""N4, N5, N6: peers and strangers who do at the mesh port what they should not."""
import json
import selectors
import socket
import ssl
import struct
import subprocess
import threading
import time

from local_network import ask, run

from .run import LIMIT, Case
from .world import MESH_PORT, World

MEMORY_GROWTH = 64  # MiB


class Memory:
    """How much the resident memory of some nodes grew at most."""

    def __init__(self, world, names):
        self.world, self.before, self.growth = world, {name: world.resident_mib(name) for name in names}, 0.0

    def look(self):
        for name, before in self.before.items():
            self.growth = max(self.growth, self.world.resident_mib(name) - before)


# -- N4

def syn_flood(target, sources, count, chance):
    """Half-open connections: the first packet of each, from addresses where nobody is."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for number in range(count):
        source = socket.inet_aton(sources[number % len(sources)])
        there = socket.inet_aton(target)
        tcp = struct.pack("!HHIIBBHHH", chance.randrange(1024, 65535), MESH_PORT, chance.getrandbits(32), 0, 5 << 4, 2,
                          65535, 0, 0)
        tcp = tcp[:16] + checksum(source + there + struct.pack("!BBH", 0, 6, 20) + tcp) + tcp[18:]
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, number & 0xffff, 0, 64, 6, 0, source, there)
        raw.sendto(head + tcp, (target, 0))
    raw.close()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack("!H", ~total & 0xffff)


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["footproof/1"])
    try:
        context.wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Crowd(threading.Thread):
    """So many connections that send `opening` and then nothing; one that is closed is opened again."""

    def __init__(self, target, sources, count, opening):
        super().__init__(daemon=True)
        self.target, self.sources, self.count, self.opening = target, sources, count, opening
        self.opened = self.closed = 0
        self.done = threading.Event()

    def run(self):
        waiting, alive = selectors.DefaultSelector(), set()
        while not self.done.is_set():
            for _ in range(min(50, self.count - len(alive))):
                alive.add(self.one(waiting))
            alive.discard(None)
            for key, _ in waiting.select(0.05):
                try:
                    ended = not key.fileobj.recv(65536)
                except BlockingIOError:
                    continue
                except OSError:
                    ended = True
                if ended:
                    self.closed += 1
                    alive.discard(key.fileobj)
                    waiting.unregister(key.fileobj)
                    key.fileobj.close()
        for client in alive:
            client.close()

    def one(self, waiting):
        client = socket.socket()
        client.settimeout(2)
        try:
            client.bind((self.sources[self.opened % len(self.sources)], 0))
            client.connect((self.target, MESH_PORT))
            client.sendall(self.opening)
        except OSError:
            client.close()
            return None
        self.opened += 1
        client.setblocking(False)
        waiting.register(client, selectors.EVENT_READ)
        return client


def silent_validators(target, home, count):
    """Handshakes with a validator's certificate, and then no hello. How many were finished, and how many the node
    had ended by itself when its 2 s were over."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["footproof/1"])
    context.load_cert_chain(home / "keys" / "tls.crt", home / "keys" / "tls.pem")
    finished = ended = 0
    while finished < count:
        links = []
        for _ in range(min(4, count - finished)):
            try:
                plain = socket.create_connection((target, MESH_PORT), timeout=10)
                links.append(context.wrap_socket(plain))
                finished += 1
            except OSError:
                continue  # too many pending of this address: the node's limit
        for link in links:
            try:
                link.settimeout(LIMIT)
                while link.recv(65536):
                    pass
                ended += 1
            except TimeoutError:
                pass
            except OSError:
                ended += 1
            link.close()
    return finished, ended


def flood(stage, count):
    """N4: every `count` is a minute's flood of one node, half of it from one address and half from 30. Meanwhile its
    links are cut once and must come back."""
    world, chance = stage.world, stage.chance
    victim, lender = chance.sample(stage.names, 2)
    others = [name for name in stage.names if name not in (victim, lender)]
    target = world.address(victim)
    for number in range(1, 32):  # addresses of the router, which is where strangers come from
        world.add_router_address(f"10.78.0.{number}", victim)
    run("ip", "route", "replace", "blackhole", "10.79.0.0/16")  # answers to nowhere vanish
    thirty = [f"10.78.0.{number}" for number in range(1, 31)]
    nowhere = [f"10.79.0.{number}" for number in range(1, 31)]
    memory, files = Memory(world, [victim]), 0
    texts = []
    world.stop(lender)  # its certificate is what the silent ones show
    for _ in range(count):
        for sources, spoofed in (([thirty[0]], nowhere[:1]), (thirty, nowhere)):
            crowds = [Crowd(target, sources, 500, b""), Crowd(target, sources, 500, client_hello())]
            for crowd in crowds:
                crowd.start()
            syn_flood(target, spoofed, 2000, chance)
            end = time.monotonic() + 15
            while time.monotonic() < end:
                stage.progress(victim, *others, statements=3)
                memory.look()
                files = max(files, world.open_files(victim))
            for crowd in crowds:
                crowd.done.set()
                crowd.join()
            opened, closed = sum(crowd.opened for crowd in crowds), sum(crowd.closed for crowd in crowds)
            assert closed >= opened // 2, f"of {opened} strangers {closed} were sent away"
            texts.append(f"{opened:,} connections of {len(sources)} addresses, {closed:,} closed by the node")
    finished, ended = silent_validators(target, world.homes[lender], 100)
    assert ended == finished, f"of {finished} links without a hello {ended} ended"
    memory.look()
    assert memory.growth < MEMORY_GROWTH, f"memory grew by {memory.growth:.0f} MiB"
    assert files < stage.open_files[victim] + 64 + 2 * len(stage.names) + 16 + 60, f"{files} open files"
    return count, (f"4,000 half-open for each; {'; '.join(texts)}; {finished} with a validator's certificate and no hello, "
                   f"all ended; memory {memory.growth:+.0f} MiB, {files} files at most")


# -- N5

def garbage(stage, minutes):
    """N5: in a validator's place, with its keys."""
    world = stage.world
    mad = stage.chance.choice(stage.names)
    others = [name for name in stage.names if name != mad]
    assert world.stop(mad) == 0
    before = {name: world.metric(name, "links_dropped_total") for name in others}
    memory = Memory(world, others)
    process = subprocess.Popen([*world.within(mad), world.bin / "garbage", world.homes[mad] / "config.toml",
                                str(stage.chance.randrange(2 ** 31)), str(int(60 * minutes))],
                               stdout=subprocess.PIPE, text=True)
    while process.poll() is None:
        stage.progress(*others, statements=2)
        memory.look()
    said = json.loads(process.communicate()[0])
    dropped = sum(world.metric(name, "links_dropped_total") - before[name] for name in others)
    assert process.returncode == 0 and said["sent"] > 100 * minutes and said["links_up"] > 3, said
    assert memory.growth < MEMORY_GROWTH, f"memory grew by {memory.growth:.0f} MiB"
    return minutes, (f"{said['sent']:,} mad frames over {said['links_up']:,} links, {said['links_down']:,} of them closed by the "
                     f"others, {dropped:.0f} for what messages said; memory {memory.growth:+.0f} MiB")


# -- N6

def slow_peer(stage, count):
    """N6: a validator that sends its heartbeats and hardly reads. What waits for it stays under its limit, and its
    links are closed."""
    world = stage.world
    for _ in range(count):
        slow = stage.chance.choice(stage.names)
        others = [name for name in stage.names if name != slow]
        assert world.stop(slow) == 0
        for name in stage.names:  # what the kernel takes in is not what the node holds
            run(*world.within(name), "sysctl", "-q", "-w", "net.ipv4.tcp_wmem=4096 16384 65536",
                "net.ipv4.tcp_rmem=4096 16384 65536")
        memory = Memory(world, others)
        process = subprocess.Popen([*world.within(slow), world.bin / "garbage", world.homes[slow] / "config.toml", "slow",
                                    "900"], stdout=subprocess.DEVNULL)
        bulk = Bulk(world, others[0], stage.chance)
        bulk.start()
        try:
            def dropped():
                memory.look()
                return closed_for(world, others[0], slow, "more than 16 MiB") or not bulk.is_alive()
            world.wait(f"{others[0]} to drop {slow}", dropped, 600)
            assert closed_for(world, others[0], slow, "more than 16 MiB"), f"{bulk.sent:,} bytes did not do"
            bulk.done.set()
            bulk.join()
            stage.progress(*others)
        finally:
            bulk.done.set()
            bulk.join()
            process.kill()
            process.wait()
        assert memory.growth < 3 * MEMORY_GROWTH, f"memory grew by {memory.growth:.0f} MiB"
        world.start(slow)
        world.wait_ready(slow, seconds=LIMIT)
    return count, f"its links closed with 16 MiB waiting for it; memory {memory.growth:+.0f} MiB under load"


class Bulk(threading.Thread):
    """Hundreds of statements a request, to one node, which sends them on to all: up to 50 MB."""

    def __init__(self, world, node, chance):
        super().__init__(daemon=True)
        self.world, self.url = world, f"{world.urls[node]}/v1/statements?wait=no"
        self.file = world.folder / f"bulk-{chance.randrange(2 ** 31)}"
        self.sent, self.done = 0, threading.Event()

    def run(self):
        for _ in range(20):
            statements = [bytes.fromhex(line["statement"]) for line in self.world.sign(self.file, 4000)]
            for at in range(0, len(statements), 500):
                data = b"".join(statements[at:at + 500])
                while not self.done.is_set() and ask(self.url, data, "application/cbor-seq").status != 200:
                    self.done.wait(0.2)  # it has enough for now
                self.sent += len(data)
                if self.done.is_set():
                    return


def closed_for(world, name, peer, why):
    return any(f"peer_down peer={peer} " in line and why in line for line in world.log(name).splitlines())


CASES = [
    Case("N4", "floods of one node's mesh port, from one address and from 30: half-open, silent, stopped in the handshake, "
         "silent after it", World, 1, "times", flood),
    Case("N5", "garbage from a validator: random and changed frames, wrong lengths, 4 GiB", World, 2, "minutes", garbage),
    Case("N6", "a peer that sends heartbeats and hardly reads", World, 1, "times", slow_peer),
]
