"""The check of the notebooks finds what it must: broken notebooks, run in the real kernel, fail it."""
import os
import tempfile
import unittest
from threading import Timer
from unittest import mock

import nbformat
from jupyter_client.manager import start_new_kernel
from nbformat.v4 import new_code_cell, new_notebook, new_output

from check import NOTEBOOKS, execute, failures, figures, pace, problems, without_progress

FINISH = 'println!("figures: {{\\"customers\\":2}}");\nprintln!("notebook finished");'


PATIENCE = 600  # seconds for a cell, the first of which may have to build the library


def run(*cells, **environment):
    """The outcome of a notebook with these cells."""
    return execute(new_notebook(cells=[new_code_cell(cell) for cell in cells]), environment, PATIENCE)


class Check(unittest.TestCase):
    def test_a_sound_notebook_passes(self):
        notebook = run("let customers = 2;", FINISH)
        self.assertEqual(list(problems(notebook, {"customers": 2})), [])
        self.assertEqual(figures(notebook), {"customers": 2})

    def test_a_changed_figure_fails(self):
        found = list(problems(run(FINISH), {"customers": 3}))
        self.assertEqual(found, ["figure 'customers' is 2, recorded is 3"])

    def test_a_panic_fails(self):
        found = list(problems(run('panic!("no customers");', FINISH), None))
        self.assertTrue(any("no customers" in line for line in found), found)

    def test_an_error_from_a_question_mark_fails(self):
        found = list(problems(run('let n: i64 = "x".parse::<i64>()?;', FINISH), None))
        self.assertTrue(any("invalid digit" in line for line in found), found)

    def test_an_error_that_arrives_after_its_cell_ended_fails(self):
        late = 'std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(50)); eprintln!("late"); });'
        found = list(problems(run(FINISH, late), None))
        self.assertTrue(any("late" in line for line in found), found)

    def test_an_error_is_one_readable_line(self):
        notebook = run('let n: i64 = "x".parse::<i64>()?;')
        found = [p for p in problems(notebook, None) if "stderr" in p]
        self.assertEqual(found, ["cell 0 wrote to stderr: invalid digit found in string"])

    def test_a_panic_is_one_readable_line(self):
        found = list(failures(run('assert_eq!(1, 2, "customers were lost");')))
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], r"^cell 0 wrote to stderr: panicked: assertion .* customers were lost; .*\)$")

    def test_nothing_runs_after_a_cell_that_failed(self):
        # The cell after it may have begun before the error's line arrives.
        pause = "std::thread::sleep(std::time::Duration::from_secs(3));"
        notebook = run('let n: i64 = "x".parse::<i64>()?;', pause, "n + 1", FINISH)
        self.assertEqual(len(list(failures(notebook))), 1, list(failures(notebook)))
        self.assertIsNone(figures(notebook))

    def test_a_missing_data_set_is_one_line_with_the_way_out(self):
        first = nbformat.read(NOTEBOOKS / "01-explore.ipynb", 4).cells[1].source
        with tempfile.TemporaryDirectory() as empty, mock.patch.dict(os.environ):
            os.environ.pop("INPUT", None)
            notebook = run(first, 'let files = data_files("online-retail")?;', SEGMENT_DATA=empty)
        found = list(failures(notebook))
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], "^cell 1 wrote to stderr: .*segment fetch online-retail")

    def test_a_cell_that_takes_too_long_breaks_the_run_off(self):
        cell = new_code_cell("std::thread::sleep(std::time::Duration::from_secs(50));")
        with self.assertRaises(TimeoutError):
            execute(new_notebook(cells=[cell]), {}, 5)

    def test_a_compile_error_fails(self):
        found = list(problems(run("let n: i64 = customers;", FINISH), None))
        self.assertTrue(any("customers" in line for line in found), found)

    def test_a_notebook_that_stops_early_fails(self):
        found = list(problems(run("let customers = 2;"), None))
        self.assertTrue(any("closing line" in line for line in found), found)


class Interrupted(unittest.TestCase):
    def test_a_notebook_interrupted_half_way_runs_again(self):
        manager, client = start_new_kernel(kernel_name="rust", cwd=str(NOTEBOOKS))
        try:
            def ran(cell):
                lines = []
                reply = client.execute_interactive(cell, timeout=60, output_hook=lambda m: lines.append(m["content"]))
                return reply["content"]["status"], [line["text"] for line in lines if "text" in line]

            self.assertEqual(ran("let customers = 2;"), ("ok", []))
            Timer(2, manager.interrupt_kernel).start()
            self.assertEqual(ran("std::thread::sleep(std::time::Duration::from_secs(50));")[0], "error")
            self.assertEqual(ran("let customers = 3;"), ("ok", []))
            self.assertEqual(ran('println!("{customers} customers");'), ("ok", ["3 customers\n"]))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


class Settle(unittest.TestCase):
    def test_progress_is_taken_out_and_lines_are_joined(self):
        outputs = [new_output("stream", name="stdout", text=text) for text in ("… ward: 3.0 %\n", "a\n", "b\n")]
        kept = without_progress(outputs)
        self.assertEqual([o.text for o in kept], ["a\nb\n"])

    def test_pace_tells_the_first_result_from_the_others(self):
        cells = [new_code_cell("x") for _ in range(4)]
        for cell, seconds in zip(cells, (12, 3, 1, 2)):
            cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01T00:00:00+00:00",
                                          "shell.execute_reply": f"2026-01-01T00:00:{seconds:02}+00:00"}
        self.assertEqual(pace(new_notebook(cells=cells)), "first result after 15 s, then 1.5 s a cell")


if __name__ == "__main__":
    unittest.main()
