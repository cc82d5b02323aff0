"""Which rows `peers.py --only` runs; measures nothing."""

import unittest

import peers


class Only(unittest.TestCase):
    def test_words_of_rows_are_taken(self):
        peers.refuse_unknown(["Ward", "limits", "CDNOW"])

    def test_a_word_that_no_row_holds_is_refused_with_the_rows(self):
        with self.assertRaises(SystemExit) as refused:
            peers.refuse_unknown(["Ward", "wart"])
        message = str(refused.exception)
        self.assertIn("no row's name holds 'wart'", message)
        for name in peers.NAMES:
            self.assertIn(name, message)


if __name__ == "__main__":
    unittest.main()
