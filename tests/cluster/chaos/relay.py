"""A relay between the validators: what leaves one for another can be delayed, stalled, slowed, changed or
cut, each direction by itself. The kernel's own emulation of bad networks is not everywhere.

It passes on TCP streams, so loss is what a program sees of lost segments: a stall until the segment is
sent again, at last a reset. It lives on a thread of its own; a Line may be changed at any moment by any
thread and holds for the bytes that are read from then on."""
import asyncio
import contextlib
import dataclasses
import random
import threading

RETRANSMISSION = 0.2  # the least that Linux waits before it sends a lost segment again
SEGMENT = 1448


@dataclasses.dataclass
class Line:
    """What happens to bytes from one validator to another. All zero: nothing."""
    delay: float = 0.0       # seconds
    jitter: float = 0.0      # more seconds, drawn for each piece
    loss: float = 0.0        # of each segment: the chance that it stalls the stream
    reset: float = 0.0       # of each segment: the chance that both connections end within it
    rate: float = 0.0        # bytes a second; 0: as fast as they come
    held: bool = False       # nothing passes and nothing is lost: it waits
    spoil: int = 0           # in so many of the connections: one bit turned or one byte left out
    spoiled: int = 0         # how often that happened, and how many of those connections have ended
    spoiled_ended: int = 0
    resets: int = 0
    stalls: int = 0
    passed: int = 0          # bytes


class Relay:
    """`routes`: {(from, to): ((host, port) to listen on, (host, port) to pass on to)}, where `from` dials."""

    def __init__(self, routes, seed):
        self.lines = {pair: Line() for pair in routes}
        self._chance = random.Random(seed)
        self._routes = routes
        self._open = {pair: set() for pair in routes}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._thread.start()
        for pair, (here, there) in routes.items():
            asyncio.run_coroutine_threadsafe(self._listen(pair, here, there), self._loop).result()

    def close(self):
        async def end():
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
        asyncio.run_coroutine_threadsafe(end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def heal(self):
        """Every line passes everything from now on; its counts stay."""
        for line in self.lines.values():
            line.delay = line.jitter = line.loss = line.reset = line.rate = 0.0
            line.held, line.spoil = False, 0

    def cut(self, pair):
        """Resets every connection that `pair[0]` dialled."""
        def reset():
            for writer in list(self._open[pair]):
                writer.transport.abort()
        self._loop.call_soon_threadsafe(reset)

    def sum(self, field):
        return sum(getattr(line, field) for line in self.lines.values())

    async def _listen(self, pair, here, there):
        async def accepted(reader, writer):
            try:
                back_reader, back_writer = await asyncio.open_connection(*there)
            except OSError:
                writer.transport.abort()
                return
            ends = {writer, back_writer}
            self._open[pair] |= ends
            a, b = pair
            spoiled = []
            pumps = [asyncio.ensure_future(self._pump(self.lines[a, b], reader, back_writer, spoiled)),
                     asyncio.ensure_future(self._pump(self.lines[b, a], back_reader, writer, spoiled))]
            try:
                with contextlib.suppress(asyncio.CancelledError):  # close()
                    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:  # one end is enough: TLS has no use for half a connection
                for pump in pumps:
                    pump.cancel()
                for end in ends:
                    end.transport.abort()
                self._open[pair] -= ends
                for line in spoiled:
                    line.spoiled_ended += 1
        await asyncio.start_server(accepted, *here, limit=65536)

    async def _pump(self, line, reader, writer, spoiled):
        """Bytes leave in order, each piece when its time has come."""
        pieces = asyncio.Queue(maxsize=256)

        async def leave():
            while True:
                due, piece = await pieces.get()
                wait = due - self._loop.time()
                if wait > 0:
                    await asyncio.sleep(wait)
                writer.write(piece)
                await writer.drain()
                line.passed += len(piece)
        leaving = asyncio.ensure_future(leave())
        due = 0.0
        try:
            while not leaving.done():
                while line.held:
                    await asyncio.sleep(0.02)
                piece = await reader.read(SEGMENT if line.rate == 0 else max(1, min(SEGMENT, int(line.rate))))
                while line.held:
                    await asyncio.sleep(0.02)
                if not piece:
                    break
                stall, piece, end = self._suffer(line, piece, spoiled)
                due = max(due, self._loop.time() + line.delay + line.jitter * self._chance.random() + stall)
                if line.rate:
                    due = max(due, self._loop.time()) + len(piece) / line.rate
                await pieces.put((due, piece))
                if end:
                    break
            while not leaving.done() and not pieces.empty():
                await asyncio.sleep(0.01)
        except OSError:
            pass
        finally:
            leaving.cancel()

    def _suffer(self, line, piece, spoiled):
        """How long this piece stalls the stream, what becomes of it, whether the stream ends in it."""
        chance, stall, wait = self._chance, 0.0, RETRANSMISSION
        while chance.random() < line.loss and wait < 4:
            stall += wait
            wait *= 2
        line.stalls += stall > 0
        if line.spoil > 0 and not spoiled and chance.random() < 0.3:
            spoiled.append(line)
            line.spoil -= 1
            line.spoiled += 1
            piece = self._spoil(piece)
        if chance.random() < line.reset:
            line.resets += 1
            return stall, piece[:chance.randrange(len(piece) + 1)], True
        return stall, piece, False

    def _spoil(self, piece):
        # TLS ignores one byte, the record version before it is encrypted (RFC 8446 5.1): not that one.
        ignored = {at + 2 for at in range(len(piece)) if piece[at:at + 2] in (b"\x16\x03", b"\x14\x03")}
        at = self._chance.choice([at for at in range(len(piece)) if at not in ignored])
        if self._chance.random() < 0.2:
            return piece[:at] + piece[at + 1:]
        changed = bytearray(piece)
        changed[at] ^= 1 << self._chance.randrange(8)
        return bytes(changed)
