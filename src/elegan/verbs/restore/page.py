"""Photographs before and after as one HTML page that loads nothing from elsewhere."""

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from PIL import Image

from elegan.core import files
from elegan.core.html import inside
from elegan.data.decode import decode
from elegan.data.deep import Unreadable
from elegan.data.sources import read_file
from elegan.verbs.inputs import Outcome

TEMPLATE = Path(__file__).with_name("page.html")
LONGEST = 1600  # pixels of the long side on the page
FIGURE = Template("""<figure><div class="pair" style="aspect-ratio: $width / $height">
<img alt="after" src="$after"><img class="before" alt="before" src="$before"><i></i>
<input type="range" min="0" max="100" step="0.1" value="50" aria-label="Where before ends and after begins in $name"></div>
<figcaption>$name <span>$sizes</span></figcaption></figure>""")


def write_page(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Writes a page on which a line is moved between each photograph and what was made of it; as sRGB, at LONGEST at most.

    What failed is named. Raises UserError where there cannot be such a file, Failure on a full disk.
    """
    files.file_for(path)
    pairs = "\n".join(_figure(outcome) for outcome in outcomes if not outcome.fault)
    faults = "".join(f"<li>{escape(f'{o.source.name}: {o.fault}')}</li>" for o in outcomes if o.fault)
    failed = f"<h2>Not restored</h2><ul>{faults}</ul>" if faults else ""
    text = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(pairs=pairs, failed=failed)
    files.write(path, text.encode("utf-8", "backslashreplace"))


def _figure(outcome: Outcome) -> str:
    try:
        before, after = (decode(read_file(str(path)))[0] for path in (outcome.source, outcome.target))
    except Unreadable as error:  # what stood at the target need not be a picture
        return f"<p>{escape(f'{outcome.source.name}: {error}')}</p>"
    shown = min(1.0, LONGEST / max(after.size))
    size = max(1, round(after.width * shown)), max(1, round(after.height * shown))
    return FIGURE.substitute(
        name=escape(outcome.source.name),
        sizes=f"{before.width} x {before.height} to {after.width} x {after.height}",
        width=size[0],
        height=size[1],
        before=_inside(before.resize(size, Image.Resampling.BICUBIC)),
        after=_inside(after.resize(size, Image.Resampling.LANCZOS)),
    )


def _inside(image: Image.Image) -> str:
    """The picture as an address that holds it."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=88)
    return inside(buffer.getvalue(), "webp")
