"""Which rows `peers.py --only` and `lifetime.py --only` run; measures nothing."""

import re
import unittest
from pathlib import Path

import lifetime
import peers


class Only(unittest.TestCase):
    def test_words_of_rows_are_taken(self):
        peers.refuse_unknown(["Ward", "limits", "CDNOW"])
        peers.refuse_unknown(["peers", "no two alike", "growth"], lifetime.NAMES)

    def test_a_word_that_no_row_holds_is_refused_with_the_rows(self):
        for names in [peers.NAMES, lifetime.NAMES]:
            with self.assertRaises(SystemExit) as refused:
                peers.refuse_unknown(["CDNOW", "wart"], names)
            message = str(refused.exception)
            self.assertIn("no row's name holds 'wart'", message)
            for name in names:
                self.assertIn(name, message)

    def test_the_quietest_round_counts_and_the_most_memory(self):
        runs = [{"seconds": 2.0, "processor": 1.0, "megabytes": 5.0},
                {"seconds": 1.0, "processor": 3.0, "megabytes": 4.0}]
        self.assertEqual(lifetime.quietest(runs), {"seconds": 1.0, "processor": 1.0, "megabytes": 5.0})

    def test_differences_are_relative_to_the_larger(self):
        self.assertEqual(lifetime.apart([1.0, 4.0, 0.0], [1.0, 2.0, 0.0]), 0.5)
        self.assertEqual(lifetime.apart([1.0], [1.0]), 0.0)


class Work(unittest.TestCase):
    def test_the_program_does_what_is_measured_and_no_more(self):
        program = (Path(__file__).parent / "engine/main.rs").read_text()
        does = set(re.findall(r'^        "([a-z-]+)" =>', program, re.MULTILINE))
        peers_of = [work for *_, against in peers.ROWS for _, work, _ in against]
        by_program = {work.removeprefix("rust:") for work in peers_of if work.startswith("rust:")}
        measured = {row[3] for row in peers.ROWS} | set(peers.GROWTH) | by_program
        self.assertEqual(measured, does)


if __name__ == "__main__":
    unittest.main()
