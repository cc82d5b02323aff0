"""The recomputation of the executive page finds what it must: any number that differs, in either language.

    .venv/bin/python notebooks/tools/test_recompute.py path/to/segment
"""
import json
import re
import sys
import unittest

import recompute


class Recompute(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.expected = recompute.recomputed(PROGRAM)
        cls.pages = recompute.pages(json.loads((recompute.NOTEBOOKS / "04-segments.ipynb").read_text()))

    def differences(self, page, portuguese):
        return list(recompute.differences(page, self.expected, portuguese))

    def test_the_committed_page_is_right(self):
        for page, portuguese in zip(self.pages, (True, False)):
            self.assertEqual(self.differences(page, portuguese), [])

    def test_every_number_that_differs_is_found(self):
        for page, portuguese in zip(self.pages, (True, False)):
            places = list(re.finditer(recompute.NUMBER, page))
            self.assertGreater(len(places), 60)
            for place in places:
                other = str((int(place.group()[-1]) + 1) % 10)
                changed = page[:place.end() - 1] + other + page[place.end():]
                self.assertEqual(len(self.differences(changed, portuguese)), 1, place.group())

    def test_a_number_too_many_or_too_few_is_found(self):
        for page, portuguese in zip(self.pages, (True, False)):
            self.assertTrue(self.differences(page + " 7", portuguese))
            self.assertTrue(self.differences(page[:len(page) // 2], portuguese))

    def test_other_raw_data_give_other_numbers(self):
        raw = recompute.pd.read_parquet(recompute.RAW)
        fewer = recompute.cleaned(raw.iloc[:-1000])
        self.assertNotEqual(fewer["pennies"].sum(), recompute.cleaned(raw)["pennies"].sum())


if __name__ == "__main__":
    PROGRAM = sys.argv.pop()
    unittest.main()
