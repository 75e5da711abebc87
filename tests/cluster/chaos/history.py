"""What clients of the public interface asked and were told, and whether a ledger can have told it.

A history is a list of calls, each with its begin and end on one monotonic clock. Nothing in it comes
from inside a node. A statement is a register that is written once: it is absent, then it stands at
one index for ever. Such a register can be judged exactly: a history of it is linearizable if and only
if nothing reads it before somebody began to write it, all who read it read the same, and nobody who
begins after another has ended denies what that other was told. The last is promised by one node of
itself (docs/api.md: "whoever got 201 can read the receipt from that node at once") and by whoever has
shown a checkpoint that covers the index; another node may be behind.

The rules, each with the name under which its violations are reported:

  appeared     a statement was found before anybody began to submit it
  two-places   one statement was found at two indexes
  one-place    two statements were found at one index
  lost         a node denied a statement that it had shown before
  behind-head  a node denied a statement whose index its own checkpoint covered, or showed a checkpoint
               that does not cover what it had answered as logged
  refused      a statement that fits the rules was refused for good
  shrank       a node's checkpoint became smaller
  two-roots    two checkpoints of one size had different roots
  two-origins  two checkpoints name different logs

An answer says nothing where there was no connection or the node was too busy (0, 408, 429, 500, 503):
the statement may be written then or at any later time. `replaced` marks that a node's memory was taken
from it and another put in its place (a wiped folder, a restored copy): what it promised before that
binds the network, not it. `started` marks that its process starts: until it has published a checkpoint
again, it may answer 202, pending, for what it has in its log (docs/api.md), and nothing else that denies."""
import bisect
import dataclasses
import json
import threading
import time


@dataclasses.dataclass(frozen=True)
class Call:
    """`what`: submit, read (of an entry) or checkpoint. Instants in seconds of one monotonic clock."""
    what: str
    node: str
    begin: float
    end: float
    status: int
    entry: str = ""
    index: int | None = None
    final: bool = False  # of a refusal: for good
    origin: str = ""
    size: int = 0
    root: str = ""


DENIALS = (404, 422)
PENDING = (202,)


class History:
    """Any thread may add to it."""

    def __init__(self):
        self.calls, self.replacements, self.starts = [], {}, {}
        self._lock = threading.Lock()

    def add(self, call):
        with self._lock:
            self.calls.append(call)

    def replaced(self, node, at=None):
        """The node does not run; what it runs on next is not what it ran on before."""
        with self._lock:
            self.replacements.setdefault(node, []).append(time.monotonic() if at is None else at)

    def started(self, node, at=None):
        """The node does not run yet."""
        with self._lock:
            self.starts.setdefault(node, []).append(time.monotonic() if at is None else at)

    def memory(self, call):
        """Which of the node's memories answered; None for a call that two of them share."""
        return self._life(call, self.replacements.get(call.node, ()))

    def process(self, call):
        """The same of its processes."""
        return self._life(call, self.starts.get(call.node, ()))

    @staticmethod
    def _life(call, marks):
        begun, ended = bisect.bisect(marks, call.begin), bisect.bisect(marks, call.end)
        return (call.node, begun) if begun == ended else None

    def logged(self):
        """Of every entry that anybody was told is logged: the index. Of two the first told."""
        places = {}
        for call in sorted(self.calls, key=lambda call: call.end):
            if call.index is not None:
                places.setdefault(call.entry, call.index)
        return places

    def write(self, path):
        with open(path, "w") as file:
            for call in self.calls:
                file.write(json.dumps(dataclasses.asdict(call)) + "\n")


def check(history):
    """The violations, as texts that begin with the rule's name; none is what a ledger gives."""
    return [*_places(history), *_heads(history), *_denials(history, history.memory, DENIALS),
            *_denials(history, history.process, PENDING)]


def _places(history):
    first_submit, places, holders, found = {}, {}, {}, []
    for call in history.calls:
        if call.what == "submit":
            first_submit[call.entry] = min(call.begin, first_submit.get(call.entry, call.begin))
    for call in history.calls:
        if call.status == 422 and call.final:
            found.append(f"refused: {call.entry} at {call.node}")
        if call.index is None:
            continue
        if call.end < first_submit.get(call.entry, float("inf")):
            found.append(f"appeared: {call.entry} at {call.node}")
        at = places.setdefault(call.entry, call.index)
        if at != call.index:
            found.append(f"two-places: {call.entry} at {at} and, says {call.node}, {call.index}")
        holder = holders.setdefault(call.index, call.entry)
        if holder != call.entry:
            found.append(f"one-place: {holder} and, says {call.node}, {call.entry} at {call.index}")
    return found


def _heads(history):
    roots, origins, found = {}, {}, []
    lives = {}
    for call in history.calls:
        if call.what != "checkpoint" or call.status != 200:
            continue
        root = roots.setdefault(call.size, call.root)
        if root != call.root:
            found.append(f"two-roots: of size {call.size}, {root} and, at {call.node}, {call.root}")
        origins.setdefault(call.origin, call.node)
        lives.setdefault(history.memory(call), []).append(call)
    if len(origins) > 1:
        found.append(f"two-origins: {origins}")
    lives.pop(None, None)
    owed = {}
    for call in history.calls:
        if call.index is not None:
            owed.setdefault(history.memory(call), []).append((call.end, call.index + 1))
    for life, heads in lives.items():
        acknowledged = _Maximum(owed.get(life, ()))
        largest = _Maximum((call.end, call.size) for call in heads)
        for call in heads:
            if call.size < largest.before(call.begin):
                found.append(f"shrank: {call.node} from {largest.before(call.begin)} to {call.size}")
            if call.size < acknowledged.before(call.begin):
                found.append(f"behind-head: {call.node} shows size {call.size} after it answered index "
                             f"{acknowledged.before(call.begin) - 1}")
    return found


def _denials(history, life_of, statuses):
    """Rules `lost` and `behind-head`: each node against itself, in each of its lives."""
    places, shown, heads, found = history.logged(), {}, {}, []
    lives = [(life_of(call), call) for call in history.calls]
    lives = [(life, call) for life, call in lives if life is not None]
    for life, call in lives:
        if call.index is not None:
            shown[life, call.entry] = min(call.end, shown.get((life, call.entry), call.end))
        elif call.what == "checkpoint" and call.status == 200:
            heads.setdefault(life, []).append((call.end, call.size))
    heads = {life: _Maximum(known) for life, known in heads.items()}
    nothing = _Maximum(())
    for life, call in lives:
        if call.what == "checkpoint" or call.status not in statuses:
            continue
        if shown.get((life, call.entry), float("inf")) < call.begin:
            found.append(f"lost: {call.entry} at {call.node}: {call.status} after it was shown")
        elif places.get(call.entry, float("inf")) < heads.get(life, nothing).before(call.begin):
            found.append(f"behind-head: {call.entry} at {call.node}: {call.status}, but its head covers index "
                         f"{places[call.entry]}")
    return found


class _Maximum:
    """The largest of what was known before an instant."""

    def __init__(self, known):
        self.instants, self.largest, most = [], [], 0
        for instant, value in sorted(known):
            most = max(most, value)
            self.instants.append(instant)
            self.largest.append(most)

    def before(self, instant):
        at = bisect.bisect_left(self.instants, instant)
        return self.largest[at - 1] if at else 0
