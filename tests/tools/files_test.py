"""Runs of the program whose files others cut, move or stand in the way of.

    python3 files_test.py build/scangrad
"""
import os

from faults import TINY, Started, main, steps_of, tensors_of


class Files(Started):
    def test_a_data_file_that_becomes_shorter_is_one_line(self):
        text, folder = self.folder / "text", self.folder / "run"
        text.write_text("to be or not to be, that is the question.\n" * 40000)
        process = self.start("train", "text", "--data", text, "--level", "bytes", "--length", 16, "--layers", 1, "--dim", 8, "--steps", 10**6,
                             "--warmup", 0, "--batch", 4, "--eval-every", 10, "--log-every", 1, "--validation-windows", 4, "--out", folder)
        self.wait_for(lambda: (folder / "model.safetensors").exists())
        os.truncate(text, 0)
        self.ends_with(process, "scangrad: a file that is being read has become shorter")
        self.assertTrue(tensors_of(folder / "train.safetensors"))

    def test_a_folder_that_is_removed_is_one_line(self):
        folder = self.folder / "run"
        process = self.start("train", *TINY, "--steps", 10**6, "--out", folder)
        self.wait_for(lambda: (folder / "model.safetensors").exists())
        folder.rename(self.folder / "elsewhere")
        self.ends_with(process, rf"(metrics|event_file|atomic_file): .*{folder}/.*No such file or directory\)?")
        step = steps_of(self.folder / "elsewhere")
        self.succeeds("train", "copy", "--resume", self.folder / "elsewhere", "--steps", step + 10)

    def test_a_curve_that_cannot_be_drawn_does_not_matter(self):
        folder = self.folder / "run"
        self.succeeds("train", *TINY, "--steps", 10, "--out", folder)
        for name in ("curve.svg", "curve.png"):
            (folder / name).unlink(missing_ok=True)
            (folder / name / "in the way").mkdir(parents=True)
        said = self.succeeds("train", "copy", "--resume", folder, "--steps", 20)
        self.assertIn("no curve drawn: ", said)
        self.assertIn("test accuracy", said)


if __name__ == "__main__":
    main()
