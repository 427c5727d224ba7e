"""python/artidx.py on the sample project: test_artidx.py DIRECTORY_OF_ARTIDX_PY"""

import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, sys.argv.pop(1))
import artidx  # noqa: E402


def run(*arguments):
    subprocess.run([os.environ["ARTIDX"], *arguments], check=True, stdout=subprocess.DEVNULL)


class Sample(unittest.TestCase):
    """One project for all: a test changes only files that no other one names."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.root = os.path.join(os.path.realpath(temporary.name), "project")
        subprocess.run(
            [os.environ["ARTIDX_SAMPLE"], cls.root], check=True, stdout=subprocess.DEVNULL
        )
        run("scan", "--root", cls.root)

    def at(self, relative):
        return os.path.join(self.root, relative)

    def test_query(self):
        rows = artidx.query("class:v_hack", "k:12", root=self.root)
        self.assertEqual(len(rows), 6)
        self.assertEqual({row["k"] for row in rows}, {12})
        runs = artidx.query(
            "runs", "hack_rate>0.3", columns=["run", "hack_rate"], sort="-hack_rate", limit=3,
            root=self.root,
        )
        self.assertEqual([sorted(row) for row in runs], [["hack_rate", "run"]] * 3)
        self.assertEqual(runs, sorted(runs, key=lambda row: -row["hack_rate"]))
        self.assertEqual(artidx.query("name:nothing_like_it", root=self.root), [])
        self.assertGreater(len(artidx.query(root=self.root)), 300)

    def test_saved_query(self):
        with open(self.at("artidx.json"), "w", encoding="utf-8") as file:
            file.write('{"saved": {"hackers": "runs hack_rate>0.5"}}')
        rows = artidx.query("seed:41", saved="hackers", root=self.root)
        self.assertTrue(rows and all(row["hack_rate"] > 0.5 for row in rows))

    def test_resolve(self):
        old, new = "out/v_hack_halfA.safetensors", "out/sub/renamed.safetensors"
        self.assertEqual(artidx.resolve(self.at(old), root=self.root), self.at(old))
        os.mkdir(self.at("out/sub"))
        os.rename(self.at(old), self.at(new))
        run("scan", "--root", self.root)
        self.assertEqual(artidx.resolve(self.at(old), root=self.root), self.at(new))

    def test_resolve_to_a_name_that_is_no_text(self):
        old, new = self.at("out/v_hack_halfB.safetensors"), self.at("out/odd\udcff.safetensors")
        os.rename(old, new)
        run("scan", "--root", self.root)
        self.assertEqual(artidx.resolve(old, root=self.root), new)

    def test_new_run(self):
        runs = [artidx.new_run("fast_vanilla_seed41_try", root=self.root)]
        self.assertRegex(runs[0].id, r"^\d{8}T\d{6}_fast_vanilla_seed41_try$")
        self.assertEqual(
            runs[0].checkpoint, self.at("out/runs/%s/train.safetensors" % runs[0].id)
        )
        self.assertEqual(runs[0].log, self.at("logs/%s.log" % runs[0].id))
        self.assertEqual(
            runs[0].path("first_hack"), self.at("out/runs/%s/first_hack.safetensors" % runs[0].id)
        )
        open(runs[0].checkpoint, "xb").close()
        runs.append(artidx.new_run("fast_vanilla_seed41_try", root=self.root))
        self.assertNotEqual(runs[0].id, runs[1].id)
        open(runs[1].checkpoint, "xb").close()

    def test_path(self):
        self.assertEqual(
            artidx.path("v_hack", "foo", root=self.root), self.at("out/vhack/foo.safetensors")
        )

    def test_inside_the_project_no_root_is_needed(self):
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.at("out"))
        self.assertEqual(len(artidx.query("class:v_hack", "k:12")), 6)
        self.assertEqual(
            artidx.resolve("v_hack_21pairs.safetensors"), self.at("out/v_hack_21pairs.safetensors")
        )

    def test_errors(self):
        for status, text, call in (
            (2, "clas", lambda: artidx.query("clas:v_hack", root=self.root)),
            (1, "nothing is known", lambda: artidx.resolve(self.at("out/no"), root=self.root)),
            (2, "safe", lambda: artidx.new_run("a b", root=self.root)),
            (2, "no class", lambda: artidx.path("nonsense", "x", root=self.root)),
            (2, "-x", lambda: artidx.path("v_hack", "-x", root=self.root)),
        ):
            with self.assertRaisesRegex(artidx.Error, text) as caught:
                call()
            self.assertEqual(caught.exception.status, status)
            self.assertFalse(str(caught.exception).startswith("artidx:"))

    def test_without_the_program(self):
        program = os.environ["ARTIDX"]
        self.addCleanup(os.environ.__setitem__, "ARTIDX", program)
        os.environ["ARTIDX"] = "/nowhere/artidx"
        with self.assertRaisesRegex(artidx.Error, "is artidx installed"):
            artidx.query(root=self.root)


unittest.main()
