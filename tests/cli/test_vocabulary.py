"""What all verbs have in common: options, JSON, silence, progress, help, completion, and how soon they speak."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

import elegan as library
from elegan.cli.main import app
from elegan.core import memory, paths, progress, screen, tables
from elegan.core.screen import Level, plain
from rare import write_rare

SOURCES = Path(library.__file__).parent
SMALL = ("--set", "nets.generator.width=4", "--set", "nets.discriminator.width=4", "--set", "watch.images=32",
         "--set", "batch=8")  # fmt: skip
ANSWERS = {  # the keys of what each verb prints with --json
    ("data", "digits"): {"count", "classes", "sizes"},
    ("recipes", "wgan"): {"name", "losses", "nets"},
    ("train", "digits", "--recipe", "dcgan", "--dry-run", *SMALL): {"data", "recipe", "path", "cost"},
    ("train", "digits", "--recipe", "dcgan", "--name", "run", "--steps", "2", *SMALL): {"run", "step", "samples"},
    ("sample", "runs/run", "--num", "4"): {"paths", "step"},
    ("evaluate", "runs/run", "--num", "40", "--metrics", "fd", "--extractor", "pixel"): {"results", "appended_to"},
    ("copies", "runs/run", "--num", "20", "--alpha", "0.1"): {"share", "n_suspects", "each_image"},
    ("compare", "runs/run"): {"groups", "metrics"},
    ("report", "runs/run"): {"path", "bytes"},
    ("latent", "interpolate", "runs/run", "--seeds", "0-1", "--steps", "2"): {"paths", "found"},
    ("export", "runs/run", "--out", "g.onnx"): {"path", "bytes", "largest_difference"},
    ("film", "runs/run", "--out", "f.gif"): {"path", "bytes"},
    ("restore", "runs/run/samples.png", "--out", "restored"): {"pictures"},
    ("train", "digits", "--recipe", "cgan", "--name", "c", "--steps", "2", *SMALL): {"run", "step", "samples"},
    ("augment", "rare", "--with", "runs/c", "--seeds", "2", "--images", "200"): {"path", "generated", "usefulness"},
    ("demo", "--steps", "2"): {"path", "trainings"},
    ("doctor", "runs/run"): {"findings", "facts"},
}


@pytest.fixture(scope="module")
def answers(calls, tmp_path_factory) -> dict[tuple[str, ...], str]:
    """What each verb prints, in one folder, in this order."""
    folder, printed = tmp_path_factory.mktemp("answers"), {}
    write_rare(folder / "rare", {0: 12, 1: 4}, 6)
    for call in ANSWERS:
        done = calls(*call, "--json", "--quiet", cwd=folder)
        assert (done.code, done.err) == (0, ""), (call, done.err)
        printed[call] = done.out
    return printed


@pytest.mark.parametrize("call", ANSWERS, ids=lambda call: call[0])
def test_json_alone_stands_on_standard_output(answers, call):
    assert json.loads(answers[call], parse_constant=pytest.fail).keys() >= ANSWERS[call]


def test_every_verb_has_the_same_options():
    group = typer.main.get_command(app)
    latent = group.commands["latent"].commands
    verbs = {name: verb for name, verb in (group.commands | latent).items() if name != "latent"}
    assert len(verbs) > 20
    for name, verb in verbs.items():
        options = {option: param for param in verb.params for option in param.opts}
        assert options.keys() >= {"--json", "-q", "--quiet", "-v", "--verbose"}, name
        assert "--device" not in options or options["--device"].default == "auto", name
        panels = {param.rich_help_panel for option, param in options.items() if option.startswith("-")}
        assert panels <= {"What", "How", "Where", "What is said"}, name


def test_verbose_says_versions_devices_and_times_on_standard_error(calls, tmp_path):
    done = calls("data", "digits", "--verbose", cwd=tmp_path)
    assert re.search(r"^elegan \S+, Python \S+, torch \S+, numpy \S+$", done.err, re.M)
    assert re.search(r"^reading pictures: 1,797 in \d+\.\d s$", done.err, re.M)
    assert re.search(r"^took \d+\.\d s and [\d,]+ MB of memory at the peak$", done.err, re.M)
    assert done.out == calls("data", "digits", cwd=tmp_path).out


def test_the_version_is_told(elegan):
    assert elegan("--version").stdout == f"elegan {library.__version__}\n"


def completed(words: str, folder: Path) -> list[str]:
    """What bash is offered for the last of the words."""
    environment = os.environ | {"_ELEGAN_COMPLETE": "complete_bash", "COMP_WORDS": words,
                                "COMP_CWORD": str(len(words.split(" ")) - 1)}  # fmt: skip
    command = [sys.executable, "-m", "elegan"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.split()


def test_the_shell_completes_recipes_data_and_runs(tmp_path):
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    (tmp_path / "runs" / "mine" / "run.json").write_text("{}")
    (tmp_path / "dir").mkdir()
    assert completed("elegan train digits --recipe wgan", tmp_path) == ["wgan", "wgan-gp"]
    assert completed("elegan data di", tmp_path) == ["digits", "dir/"]
    assert completed("elegan sample r", tmp_path) == ["runs/"]
    assert completed("elegan sample runs/", tmp_path) == ["runs/mine"]
    assert completed("elegan sample runs/mine --device c", tmp_path) == ["cpu", "cuda"]


def test_a_completion_script_is_printed(tmp_path):
    environment = os.environ | {"_ELEGAN_COMPLETE": "source_bash"}
    command = [sys.executable, "-m", "elegan"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert "_ELEGAN_COMPLETE=complete_bash" in done.stdout
    assert "complete -o default -F" in done.stdout
    assert "--install-completion" in subprocess.run([*command, "--help"], capture_output=True, text=True).stdout


@pytest.mark.parametrize("arguments", [["--help"], ["data", "digits"], ["recipes"], ["sample", "nowhere"], ["runs"]])
def test_nothing_slow_is_imported_where_it_is_not_needed(arguments, tmp_path):
    program = (
        "import sys; from elegan.cli.main import main; sys.argv = ['elegan', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('|', *(name for name in ('torch', 'scipy.stats', 'sklearn', 'pandas') if name in sys.modules))"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1].strip() == "|"


def test_the_digits_are_those_of_scikit_learn():
    import numpy as np
    from sklearn.datasets import load_digits

    from elegan.data.named import _digits

    for ours, theirs in zip(_digits(), load_digits(return_X_y=True), strict=True):
        assert np.array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("train digits --epoch 3", "no option --epoch; here it is --steps N (or --images N, in pictures seen)"),
        ("train digits --lr=0.1", "--set optimizers.generator.lr=X"),
        ("train digits --batch-size 8", "--set batch=N"),
        ("train digits --resolution 32", "--set data.resolution=N"),
        ("train digits --device gpu", "did you mean 'cuda'?"),
        ("sample nowhere --cuda", "here it is --device cuda"),
        ("train digits --seeds 5-2", "elegan: --seeds '5-2'"),
        ("train digits --name a/b", "elegan: --name = 'a/b'"),
        ("train digits --set batch=0", "elegan: batch = 0"),
        ("copies digits --data digits --alpha 7", "elegan: --alpha must lie between 0 and 1"),
        ("copies digits --data digits --max-share 7", "elegan: --max-share must lie between 0 and 1"),
        ("restore digits.png --sigma x", "elegan: --sigma 'x' is not auto or a number"),
        ("train digits --name con.a", "no file name on Windows; take 'con_.a'"),
    ],
)
def test_errors_name_what_was_typed(calls, tmp_path, call, message):
    done = calls(*call.split(), cwd=tmp_path)
    assert done.code == 2
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_work_is_told_as_a_line_now_and_then(monkeypatch, capsys):
    monkeypatch.setattr(screen.manner, "level", Level.USUAL)
    monkeypatch.setattr(progress, "EVERY", -1.0)
    with progress.work("outer", 4) as outer:
        outer.advance(2)
        assert list(progress.counted(range(3), "inner", 3)) == [0, 1, 2]
        outer.advance(2)
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"\d+ s", "N s", line) for line in lines] == ["outer: 2 of 4", "outer: 4 of 4, N s left"]
    monkeypatch.setattr(screen.manner, "level", Level.QUIET)
    with progress.work("outer", 4) as outer:
        outer.advance(4)
    assert capsys.readouterr().err == ""


def test_a_bar_is_drawn_where_a_terminal_watches_and_taken_away_by_an_error(tmp_path):
    pty = pytest.importorskip("pty")
    program = (
        "from elegan.core import progress, screen\n"
        "screen.manner.level = screen.Level.USUAL\n"
        "items = progress.counted(range(9), 'painting', 9)\n"
        "for item in items:\n"
        "    if item == 4: break\n"
        "progress.clear()\n"
        "print('elegan: broken')\n"
    )
    parent, child = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", program], stdout=child, stderr=child, close_fds=True) as process:
        process.wait(60)
    os.close(child)
    text = os.read(parent, 1 << 16).decode()
    os.close(parent)
    assert "painting" in text
    assert "4/9" in text
    assert text.index("\x1b[?25h") < text.index("elegan: broken")  # the cursor is shown again before the error


def test_tables_fit_a_terminal_and_keep_every_value():
    head = ["run", "seeds", *(f"metric{i}" for i in range(9))]
    rows = [["runs/" + "long" * 20, "0,1,2", *(f"{i}.123456 (0.12345 .. 9.87654)" for i in range(9))]]
    lines = tables.table(head, rows, keys=2)
    assert max(map(len, lines)) <= tables.WIDTH
    text = "\n".join(lines)
    assert all(word in text for i in range(9) for word in (f"metric{i}", f"{i}.123456 (0.12345 .. 9.87654)"))
    assert "".join(line.split()[0] for line in lines[1:4]).startswith("runs/" + "long" * 20)


def test_json_holds_what_json_can_hold():
    import numpy as np

    held = plain({"a": float("inf"), "b": Path("x/y"), "c": np.float32(0.5), "d": (1, None, True), 3: np.arange(2)})
    assert held == {"a": None, "b": "x/y", "c": 0.5, "d": [1, None, True], "3": [0, 1]}


UNIX_ONLY = {"resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "syslog", "posix"}
UNIX_SIGNALS = {"SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGKILL", "setitimer", "alarm"}


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCES)))
def test_a_module_can_be_imported_on_windows(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not UNIX_ONLY & {name.partition(".")[0] for name in names}
    of_signal = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
                 and isinstance(node.value, ast.Name) and node.value.id in ("signal", "os")]  # fmt: skip
    assert not {*UNIX_SIGNALS, "fork", "getuid", "geteuid", "uname", "sched_getaffinity", "O_NONBLOCK"} & set(of_signal)


def test_memory_is_told_without_the_modules_of_unix(monkeypatch):
    import psutil  # which itself uses it here, and other ways on Windows

    assert psutil.virtual_memory().available > 0
    monkeypatch.setitem(sys.modules, "resource", None)
    assert 0 < memory.free() < 1 << 50
    assert memory.peak() > 1 << 20


WITHOUT_UNIX = """
import os, signal, sys
import psutil  # which itself uses them here
for name in ("resource", "fcntl", "pwd", "grp", "termios", "tty", "pty", "syslog"):
    sys.modules[name] = None
del os.sched_getaffinity, os.getloadavg, signal.SIGHUP
import elegan
from elegan.verbs.runs import is_locked
small = {"nets.generator.width": 4, "nets.discriminator.width": 4, "batch": 8, "watch.images": 32}
seen = []
run = elegan.train("digits", "dcgan", steps=2, settings=small, name="w", quiet=True,
                   on_step=lambda *step: seen.append(is_locked(elegan.Run.open("runs/w").path)))
print(seen, is_locked(run.path), elegan.runs()[0].state, bool(elegan.doctor(run).findings))
"""


def test_a_run_is_locked_and_looked_at_without_what_only_unix_has(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_UNIX], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.stdout == "[True, True] False finished True\n", done.stderr


@pytest.mark.parametrize(
    ("name", "right"),
    [("lsun:church", "lsun-church"), ("a<b>|?*\"", "a-b-----"), ("NUL", "NUL_"), ("com1.png", "com1_.png"), ("end.", "end-"),
     ("console", "console"), ("x.y", "x.y")],
)  # fmt: skip
def test_names_are_those_that_every_system_takes(name, right):
    assert paths.portable(name) == right
    assert paths.portable(right) == right
