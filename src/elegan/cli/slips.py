"""Options by the names that other programs give them, and what they are called here."""

from collections.abc import Collection

from elegan.core.errors import UserError

BATCH = "--set batch=N"
RATE = "--set optimizers.generator.lr=X and --set optimizers.discriminator.lr=X"
SIZE = "--set data.resolution=N"
LENGTH = "--steps N (or --images N, in pictures seen)"
TRAIN = {
    **dict.fromkeys(("--epoch", "--iterations", "--iters", "--n-iter", "--max-steps", "--kimg"), LENGTH),
    **dict.fromkeys(("--batch", "--batch-size", "--bs"), BATCH),
    **dict.fromkeys(("--lr", "--learning-rate"), RATE),
    **dict.fromkeys(("--resolution", "--res", "--image-size", "--img-size"), SIZE),
    **dict.fromkeys(("--model", "--arch", "--gan", "--config", "--cfg"), "--recipe NAME"),
    **dict.fromkeys(("--data", "--dataset", "--data-dir", "--dataroot"), "the data behind the verb: elegan train DATA"),
    **dict.fromkeys(("--fp16", "--amp"), "--precision fp16"),
    "--bf16": "--precision bf16",
    "--loss": "--set losses.adversarial=NAME",
    "--flip": "--set data.flip=true",
    "--ema": "--set ema=X",
    "--continue": "--resume RUN",
}
ANY = {
    **dict.fromkeys(("--output", "--output-dir", "--outdir", "--out-dir", "-o"), "--out"),
    **dict.fromkeys(("--gpu", "--gpus", "--cuda"), "--device cuda"),
    "--cpu": "--device cpu",
    **dict.fromkeys(("--count", "--number", "--samples", "--num-samples", "--num-images", "-n"), "--num"),
    **dict.fromkeys(("--ckpt", "--step", "--weights"), "--checkpoint"),
    **dict.fromkeys(("--label", "--cls"), "--class"),
    **dict.fromkeys(("--trunc", "--psi"), "--truncation"),
    **dict.fromkeys(("--factor", "--upscale"), "--scale"),
    **dict.fromkeys(("--batch", "--batch-size", "--bs"), "nothing: it takes as many pictures at once as suit it"),
}


def check_slips(verb: str | None, options: Collection[str], arguments: list[str]) -> None:
    """Raises UserError for an option that goes by another name, with that name; `options` are those that the verb has."""
    known = ANY | (TRAIN if verb == "train" else {})
    for argument in arguments:
        if argument == "--":
            return
        word = argument.partition("=")[0]
        right = known.get(word)
        if right and word not in options and (not right.startswith("--") or _has(options, right)):
            raise UserError(f"no option {word}; here it is {right}")


def _has(options: Collection[str], right: str) -> bool:
    return right.partition(" ")[0] in options
