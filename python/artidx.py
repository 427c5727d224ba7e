"""artidx from Python: ask for paths instead of writing them into scripts.

    import artidx

    basis = artidx.resolve("out/v_hack_21pairs.safetensors")   # where it is now
    run = artidx.new_run("fast_vanilla_seed41_try")            # where a new run writes
    save_file(tensors, run.checkpoint)
    for row in artidx.query("runs", "hack_rate>0.5", sort="-hack_rate"):
        print(row["run"], row["hack_rate"])

Each function is one call of the program `artidx` and its JSON. The program is found on PATH, or
where the variable ARTIDX says; `root` is the project, else the one around the current directory.
Whatever goes wrong is an artidx.Error with the program's own message and its exit status.
"""

import base64
import dataclasses
import json
import os
import subprocess

__all__ = ["Error", "Run", "new_run", "path", "query", "resolve"]


class Error(Exception):
    """What the program said, and the status it ended with (see artidx(1))."""

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(frozen=True)
class Run:
    """A run that starts now: its id, and absolute paths of what it is to write."""

    id: str
    checkpoint: str  # of the role "train"
    log: str  # None where the project has no directory for logs
    root: str

    def path(self, role):
        """Where another checkpoint of this run belongs: "first_hack", "ckpt_update0020"."""
        return path("checkpoint", run=self.id, role=role, root=self.root)


def _call(verb, *arguments, root=None):
    """The JSON document that the program prints."""
    command = [os.environ.get("ARTIDX") or "artidx", verb, "--json"]
    if root is not None:
        command += ["--root", os.fspath(root)]
    command += arguments
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise Error("there is no program %s; is artidx installed?" % command[0], 127) from error
    if done.returncode not in (0, 1) or not done.stdout:
        message = done.stderr.decode("utf-8", "replace").strip()
        raise Error(message.removeprefix("artidx: ") or "artidx failed", done.returncode)
    return json.loads(done.stdout)


def _bytes_path(row, key):
    """A path as Python names it: bytes that are not UTF-8 become surrogates, as in os.listdir()."""
    encoded = row.get(key + "_b64")
    return os.fsdecode(base64.b64decode(encoded)) if encoded else row[key]


def _absolute(document, relative):
    return os.path.join(_bytes_path(document, "root"), relative)


def query(*expression, saved=None, columns=None, sort=None, limit=None, root=None):
    """Rows, as dictionaries: query("class:v_hack", "k:12"), query("runs", "hack_rate>0.3").

    One argument is a whole expression, several are one term each. columns and sort are lists of
    fields or text with commas, saved is the name of a query in artidx.json.
    """
    options = []
    for name, value in (("saved", saved), ("columns", columns), ("sort", sort), ("limit", limit)):
        if value is not None:
            text = ",".join(value) if isinstance(value, (list, tuple)) else str(value)
            options.append("--%s=%s" % (name, text))
    return _call("query", *options, "--", *expression, root=root)["rows"]


def resolve(old, root=None):
    """The absolute path where a file is now that was at the path old, whoever moved it."""
    document = _call("resolve", "--", os.fspath(old), root=root)
    now = _bytes_path(document["rows"][0], "now")
    if now is None:
        raise Error("%s is not there, and nothing is known of it having moved" % old, 1)
    return _absolute(document, now)


def path(kind, name=None, run=None, role=None, root=None):
    """The absolute path where the layout puts an artifact of that class. Makes nothing."""
    operands = [kind] if name is None else [kind, name]
    options = ["--run=%s" % run] if run is not None else []
    options += ["--role=%s" % role] if role is not None else []
    document = _call("path", *options, "--", *operands, root=root)
    return _absolute(document, _bytes_path(document, "path"))


def new_run(slug, root=None):
    """A run that starts now, the directories of its checkpoint and its log made.

    The slug is {preset}_{arm}_seed{seed}{tag}; its time is put before it.
    """
    document = _call("path", "--run=%s" % slug, "--", "checkpoint", root=root)
    run = Run(
        id=document["run"],
        checkpoint=_absolute(document, _bytes_path(document, "path")),
        log=_absolute(document, _bytes_path(document, "log")) if document["log"] else None,
        root=_bytes_path(document, "root"),
    )
    for file in filter(None, (run.checkpoint, run.log)):
        os.makedirs(os.path.dirname(file), exist_ok=True)
    return run
