#!/usr/bin/env python3
"""The history checker notices what no ledger may tell: each rule has a history that breaks it alone,
and the same history without the break passes.

Usage: history_test.py"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chaos.history import Call, History, check  # noqa: E402


def submit(entry, node, begin, end, index=None, status=201, final=False):
    return Call("submit", node, begin, end, status, entry=entry, index=index, final=final)


def read(entry, node, begin, end, index=None):
    return Call("read", node, begin, end, 404 if index is None else 200, entry=entry, index=index)


def head(node, begin, end, size, root="r", origin="log"):
    return Call("checkpoint", node, begin, end, 200, size=size, root=f"{root}{size}", origin=origin)


class Histories(unittest.TestCase):
    def rules(self, *calls, replaced=(), started=()):
        history = History()
        for call in calls:
            history.add(call)
        for node, at in replaced:
            history.replaced(node, at)
        for node, at in started:
            history.started(node, at)
        return sorted({said.split(":")[0] for said in check(history)})

    def test_a_good_history_passes(self):
        self.assertEqual([], self.rules(
            submit("x", "a", 0, 2, 7), submit("y", "b", 1, 3, 8), read("x", "b", 0, 1), read("x", "a", 2.5, 3, 7),
            head("a", 3, 4, 9), read("y", "a", 5, 6, 8), head("b", 0, 1, 7), head("b", 5, 6, 9)))

    def test_an_acknowledged_statement_that_is_gone_is_lost(self):
        self.assertEqual(["behind-head", "lost"], self.rules(
            submit("x", "a", 0, 2, 7), read("x", "a", 3, 4), head("a", 5, 6, 7)))
        self.assertEqual(["lost"], self.rules(submit("x", "a", 0, 2, 7), read("x", "a", 3, 4)))

    def test_a_statement_once_read_that_is_gone_is_lost(self):
        self.assertEqual(["lost"], self.rules(
            submit("x", "a", 0, 9, None, 503), read("x", "b", 1, 2, 7), read("x", "b", 3, 4)))

    def test_pending_again_after_it_was_logged_is_lost(self):
        self.assertEqual(["lost"], self.rules(
            submit("x", "a", 0, 2, 7), submit("x", "a", 3, 4, None, 202)))

    def test_a_node_that_has_just_started_may_say_pending_until_it_shows_a_head_again(self):
        logged, pending = submit("x", "a", 0, 2, 7), submit("x", "a", 6, 7, None, 202)
        self.assertEqual([], self.rules(logged, pending, started=[("a", 4)]))
        self.assertEqual(["behind-head"], self.rules(logged, head("a", 5, 5.5, 8), pending, started=[("a", 4)]))
        self.assertEqual(["lost"], self.rules(logged, pending, started=[("b", 4)]))
        self.assertEqual(["lost"], self.rules(logged, read("x", "a", 6, 7), started=[("a", 4)]))

    def test_a_read_beside_the_write_may_miss_it(self):
        self.assertEqual([], self.rules(submit("x", "a", 0, 2, 7), read("x", "a", 1, 4)))

    def test_another_node_may_be_behind_until_its_head_covers_the_index(self):
        self.assertEqual([], self.rules(submit("x", "a", 0, 2, 7), head("b", 2, 3, 7), read("x", "b", 4, 5)))
        self.assertEqual(["behind-head"], self.rules(
            submit("x", "a", 0, 2, 7), head("b", 2, 3, 8), read("x", "b", 4, 5)))

    def test_a_head_must_cover_what_the_node_acknowledged(self):
        self.assertEqual(["behind-head"], self.rules(submit("x", "a", 0, 2, 7), head("a", 3, 4, 7)))

    def test_one_statement_at_two_indexes(self):
        self.assertEqual(["two-places"], self.rules(submit("x", "a", 0, 2, 7), read("x", "b", 3, 4, 8)))

    def test_two_statements_at_one_index(self):
        self.assertEqual(["one-place"], self.rules(submit("x", "a", 0, 2, 7), submit("y", "b", 0, 2, 7)))

    def test_a_statement_that_nobody_has_begun_to_submit(self):
        self.assertEqual(["appeared"], self.rules(read("x", "a", 0, 1, 7), submit("x", "a", 2, 3, 7)))

    def test_a_good_statement_refused_for_good(self):
        self.assertEqual(["refused"], self.rules(submit("x", "a", 0, 2, None, 422, final=True)))
        self.assertEqual([], self.rules(submit("x", "a", 0, 2, None, 422)))

    def test_a_head_that_goes_back(self):
        self.assertEqual(["shrank"], self.rules(head("a", 0, 1, 9), head("a", 2, 3, 8)))
        self.assertEqual([], self.rules(head("a", 0, 2, 9), head("a", 1, 3, 8)))

    def test_two_roots_of_one_size(self):
        self.assertEqual(["two-roots"], self.rules(head("a", 0, 1, 9), head("b", 5, 6, 9, root="s")))

    def test_two_logs(self):
        self.assertEqual(["two-origins"], self.rules(head("a", 0, 1, 9), head("b", 5, 6, 9, origin="other")))

    def test_a_node_on_another_memory_may_go_back_and_the_network_may_not(self):
        self.assertEqual([], self.rules(
            submit("x", "a", 0, 2, 7), head("a", 2, 3, 9), head("a", 5, 6, 3), read("x", "a", 5, 6),
            replaced=[("a", 4)]))
        self.assertEqual(["two-places", "two-roots"], self.rules(
            submit("x", "a", 0, 2, 7), head("a", 2, 3, 9), head("a", 5, 6, 9, root="s"), read("x", "a", 5, 6, 6),
            replaced=[("a", 4)]))


if __name__ == "__main__":
    unittest.main()
