"""Everything that a friend needs to use a run, without elegan and without torch, as one zip."""

import io
import tempfile
import zipfile
from pathlib import Path

from elegan.core import files
from elegan.core.errors import UserError, shown
from elegan.games.abilities import Draws, Tabulates, Writes
from elegan.run import Run
from elegan.verbs.export import exported
from elegan.verbs.pack import pack

PROGRAMS = Path(__file__).parent / "bundled"
README = """# {name}

`use.py` {what} with `model.onnx`, on any computer with Python:

```
pip install onnxruntime numpy pillow
python use.py {call}
```

`python use.py --help` says what else it takes.

| | |
|---|---|
| `card.md` | what this is, what it was trained on, how good it is, what it is not good for |
| `use.py` | the program |
| `model.onnx` | the network, for programs without torch; what goes in and comes out stands in its metadata, `elegan` |
| `model.safetensors` | the same for elegan: `elegan report model.safetensors` |
"""


def bundle(run: Run, out: str | Path, *, licence: str = "", note: str = "", direction: str | None = None) -> list[str]:
    """Writes a zip with the run packed and as ONNX, its card, a program that needs onnxruntime, NumPy and Pillow alone, and a
    page that says how to use it. Gives the names of what is in it. The same run gives the same bytes.

    `licence` and `note` are as in `elegan.pack`, `direction` and the errors as in `elegan.export`.

    >>> import elegan
    >>> elegan.bundle(elegan.Run.open("runs/digits"), "friend.zip")
    ['README.md', 'card.md', 'use.py', 'model.onnx', 'model.safetensors']
    """
    out = Path(out)
    if out.suffix != ".zip":
        raise UserError(f"{shown(str(out))} does not end in .zip")
    files.file_for(out)
    if any(run.game.find(kind) for kind in (Draws, Tabulates, Writes)):
        raise UserError(f"a bundle's programs are for pictures, and {run.path} makes none: elegan pack or export it")
    onnx, part, _ = exported(run, direction, licence)
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / "model.safetensors"
        card = pack(run, packed, licence=licence, note=note)
        weights = packed.read_bytes()
    if "z" in part.names:
        program, what, call = "make_images.py", "makes images", "--num 16"
    else:
        program, what, call = "change_pictures.py", "changes pictures", "PICTURE"
    content = {
        "README.md": README.format(name=run.name, what=what, call=call).encode(),
        "card.md": card.encode(),
        "use.py": (PROGRAMS / program).read_bytes(),
        "model.onnx": onnx,
        "model.safetensors": weights,
    }
    files.write(out, _zipped(content))
    return list(content)


def _zipped(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # of 1980: the same bytes each time
    return buffer.getvalue()
