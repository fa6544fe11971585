"""Calls of the command line that are wrong, in tables: every one is to end in one line."""

from itertools import product

# A verb of each kind with everything right but what the tables below add.
TRAIN = ("train", "digits", "--recipe", "dcgan", "--steps", "1", "--set", "nets.generator.width=4")
SAMPLE = ("sample", "runs/g", "--num", "4")
TRANSLATE = ("translate", "runs/t", "photo.png", "--direction", "AtoB")
RESTORE = ("restore", "photo.png", "--model", "runs/r")
EVALUATE = ("evaluate", "runs/g", "--num", "20", "--metrics", "fd", "--extractor", "pixel")
COPIES = ("copies", "runs/g", "--num", "20", "--alpha", "0.1")
ANOMALY = ("anomaly", "runs/a", "photo.png")
AUGMENT = ("augment", "rare", "--with", "runs/c", "--per-class", "12", "--seeds", "2", "--images", "100")
REPORT = ("report", "runs/g")
WALK = ("latent", "walk", "runs/s", "--seeds", "0-1", "--frames", "2")
INTERPOLATE = ("latent", "interpolate", "runs/s", "--seeds", "0-1", "--steps", "2")
TRUNCATION = ("latent", "truncation", "runs/s", "--seeds", "0-1", "--steps", "2")
MIX = ("latent", "mix", "runs/s", "--seeds", "0-1", "--fine", "2-3")
INVERT = ("latent", "invert", "runs/s", "photo.png", "--steps", "1", "--starts", "4")
DIRECTIONS = ("latent", "directions", "runs/s", "--num", "1", "--steps", "2", "--seeds", "0")
PACK = ("pack", "runs/r", "--out", "packed.safetensors")
BUNDLE = ("bundle", "runs/g", "--out", "bundled.zip")
EXPORT = ("export", "runs/g", "--out", "exported.onnx")
FILM = ("film", "runs/g")
DEMO = ("demo", "--steps", "1")


INTO_FOLDERS = (
    TRAIN,
    SAMPLE,
    TRANSLATE,
    RESTORE,
    COPIES,
    AUGMENT,
    WALK,
    INTERPOLATE,
    TRUNCATION,
    MIX,
    INVERT,
    DIRECTIONS,
)
INTO_FILES = (REPORT, PACK, EXPORT, BUNDLE, FILM, DEMO)
ON_DEVICES = (TRAIN, SAMPLE, TRANSLATE, RESTORE, EVALUATE, COPIES, ANOMALY, AUGMENT, WALK, INTERPOLATE, TRUNCATION, MIX, INVERT,
              DIRECTIONS)  # fmt: skip
OF_RUNS = tuple(verb for verb in (*ON_DEVICES, *INTO_FILES) if verb[0] not in ("train", "restore", "demo", "augment"))

NO_FOLDERS = ("afile", "afile/below", "/proc/elegan", "", "x" * 300, "/dev/null", "new/" + "y" * 300)
NO_FILES = ("empty", "afile/below", "/", "/proc/elegan", "", "x" * 300)
NO_DEVICES = ("cpu:7", "cuda:9", "x", "", "mps:3", "cpu:x", "cuda:-1")
PLACES = [
    *((*verb, "--out", out) for verb, out in product(INTO_FOLDERS, NO_FOLDERS)),
    *((*verb, "--out", out) for verb, out in product(INTO_FILES, NO_FILES)),
    (*PACK[:2], "--out", "afile/x.safetensors"), (*PACK[:2], "--out", "empty/.safetensors/"),
    (*PACK[:2], "--out", "/proc/x.safetensors"), (*PACK[:2], "--out", f"{'x' * 300}.safetensors"),
    (*EXPORT[:2], "--out", "afile/x.onnx"), (*EXPORT[:2], "--out", "/proc/x.onnx"),
    (*EXPORT[:2], "--out", f"{'x' * 300}.onnx"),
    (*BUNDLE[:2], "--out", "afile/x.zip"), (*BUNDLE[:2], "--out", "/proc/x.zip"), (*BUNDLE[:2], "--out", "x.tar"),
    *((*PACK, "--card", card) for card in ("card.txt", "card", "afile/x.md", "/proc/x.md", "", "empty", f"{'x' * 300}.md")),
]  # fmt: skip
SLIPS = [
    *(("train", "digits", *slip) for slip in (
        ("--epoch", "3"), ("--lr", "0.1"), ("--batch-size=8",), ("--bs", "8"), ("--res", "32"), ("--iterations", "9"),
        ("--dataset", "x"), ("--gpu",), ("--outdir", "x"), ("--name", "a:b"), ("--name", "NUL"), ("-q", "-v"))),
    ("train", "digits", "--set", "schedule=plateau", "--set", "watch.metric=none"),
    ("sample", "runs/g", "--count", "4"), ("sample", "runs/g", "-n", "4"), ("sample", "runs/g", "--psi", "1"),
    ("evaluate", "runs/g", "--batch-size", "4"), ("report", "runs/g", "--quiet", "--verbose"),
    ("latent", "invert", "runs/g", "photo.png", "--ckpt", "2"), ("runs", "--yaml"), ("data",), ("--versoin",),
]  # fmt: skip
DEVICES = [(*verb, "--device", device) for verb, device in product(ON_DEVICES, NO_DEVICES)]

NUMBERS = [
    *((*SAMPLE, "--seeds", seeds) for seeds in ("5-3", "0-999999999999", "-3", "²", "1,²", "x", ",", "1-", "-", "1e3",
                                                "9" * 30, "9" * 5000, "0-0x9", "1.5", " ", "3-²", "٣")),
    *((*SAMPLE, "--truncation", value) for value in ("nan", "inf", "-inf", "0", "-1", "x", "1e400")),
    *((*SAMPLE, "--temperature", value) for value in ("1", "0", "x", "nan")),
    *((*SAMPLE[:2], "--num", value) for value in ("0", "-4", "1000000000000", "nan", "²", "9" * 30)),
    *((*SAMPLE, "--class", value) for value in ("", "²", "3", "x")),
    *(("sample", "runs/c", "--class", value) for value in ("", "²", "99", "-1", "9" * 30)),
    *((*SAMPLE, "--checkpoint", value) for value in ("", "99", "-1", "²", "x", "9" * 30, "nan")),
    *((*REPORT, "--checkpoint", value) for value in ("99", "", "²", "x")),
    *((*PACK, "--checkpoint", value) for value in ("99", "²")),
    *((verb, *rest, option, value) for verb, *rest in (PACK, BUNDLE) for option, value in (
        ("--licence", ""), ("--licence", "x" * 10_001), ("--note", ""), ("--note", "x" * 10_001))),
    (*BUNDLE, "--direction", "AtoB"), (*BUNDLE, "--checkpoint", "99"), ("bundle", "runs/a", "--out", "x.zip"),
    ("bundle", "runs/t", "--out", "x.zip"),
    *((verb, "broken.safetensors", *rest) for verb, *rest in (
        ("sample",), ("report",), ("export", "--out", "x.onnx"), ("pack", "--out", "x.safetensors"),
        ("bundle", "--out", "x.zip"), ("compare",), ("copies",))),
    (*SAMPLE, "--out", "x.jpg"), (*SAMPLE, "--out", "x.png", "--separate"), (*SAMPLE, "--out", "afile/x.png"),
    ("latent", "interpolate", "runs/g", "--seeds", "0-1", "--out", "x.png"), ("copies", "runs/g", "--out", "x.png"),
    ("sample", "runs/g", "--vocoder", "runs/g"), ("sample", "runs/g", "--vocoder", "nowhere"), ("restore", "photo.png", "--task", "bandwidth"),
    ("sample", "denoise"), ("export", "upscale-x9", "--out", "x.onnx"), ("film", "denoise"), ("compare", "denoise"),
    ("train", "digits", "--recipe", "dcgan", "--from", "denoise"), ("train", "--resume", "denoise"),
    (*EXPORT, "--direction", "AtoB"), (*EXPORT, "--direction", ""), ("export", "runs/t", "--out", "x.onnx"),
    *((*TRANSLATE[:3], *rest) for rest in (("--direction", "x"), ("--direction", ""), ())),
    *((*TRANSLATE, "--strength", value) for value in ("nan", "inf", "-1", "2", "x")),
    *((*verb, "--tile", value) for verb in (TRANSLATE, RESTORE) for value in ("²", "-1", "x", "", "nan", "1.5", "9" * 30)),
    *((*RESTORE, *rest) for rest in (
        ("--scale", "nan"), ("--scale", "inf"), ("--scale", "-2"), ("--scale", "1"), ("--scale", "5"), ("--scale", "x"),
        ("--sigma", "nan"), ("--sigma", "inf"), ("--sigma", "-1"), ("--sigma", "²"), ("--sigma", "300"), ("--sigma", ""),
        ("--detail", "nan"), ("--detail", "2"), ("--detail", "-1"), ("--mask", "nowhere"), ("--sigma", "5"),
        ("--mask", ""), ("--format", "gif"), ("--format", ""), ("--task", ""), ("--task", "denoise"), ("--model", ""),
        ("--model", "nowhere"), ("--model", "runs/g"), ("--model", "afile"), ("--model", "empty"), ("--model", "."),
        ("--model", "runs"), ("--model", "x.safetensors"), ("--model", "../denoise"), ("--model", "runs/g/run.json"),
        ("--model", "x.pth"), ("--model", "x.PT"), ("--task", "upscale,"), ("--task", "upscale,upscale"),
        ("--task", "denoise,upscale"), ("--quality", "0"), ("--quality", "101"), ("--quality", "x"), ("--quality", ""),
        ("--quality", "80", "--format", "png"), ("--page", ""), ("--page", "x.txt"), ("--page", "afile/x.html"),
        ("--page", "/proc/x.html"), ("--page", f"{'x' * 300}.html"), ("--out", "x.png", "--format", "jpg"))),
    *(("restore", "photo.png", *rest) for rest in (
        ("--task", "denoise,scratches", "--detail", "1"), ("--task", "upscale,scratches", "--sigma", "5"),
        ("--task", "denoise,upscale", "--mask", "photo.png"), ("--task", "scratches", "--mask", "photo.png"),
        ("--task", "denoise", "--mask", "photo.png"), ("--task", "denoise", "--detail", "0.5"), ("--mask", "transparent"),
        ("--task", "scratches", "--sigma", "5"))),
    ("restore", "photo.png", "rgba.png", "--out", "one.png"),
    ("restore", "nowhere.png"), ("restore", ""), ("restore", "empty"), ("restore", "garbage"), ("restore", "afile"),
    ("restore", "[z"), ("restore", "/dev/null"), ("translate", "runs/t", "garbage", "--direction", "AtoB"),
    ("translate", "runs/t", "", "--direction", "AtoB"), ("translate", "runs/g", "photo.png"),
    ("translate", "runs/r", "photo.png"), ("anomaly", "runs/a", "garbage"), ("anomaly", "runs/a", ""),
    ("anomaly", "runs/g", "photo.png"), ("anomaly", "runs/t", "photo.png"),
    *((*ANOMALY, "--alpha", value) for value in ("nan", "0", "1", "-1", "inf", "x", "1e-9")),
    *(("augment", "rare", "--with", run) for run in ("runs/g", "runs/t", "runs/r", "runs/nowhere", "afile", "upscale-x2")),
    *(("augment", data, *AUGMENT[2:]) for data in ("digits", "nowhere", "garbage", "empty", "afile", "rare/train")),
    *((*AUGMENT, *rest) for rest in (
        ("--per-class", "0"), ("--per-class", "1"), ("--per-class", "x"), ("--seeds", "1"), ("--seeds", "0-2"),
        ("--images", "0"), ("--images", "nan"), ("--checkpoint", "7"), ("--out", "runs"))),
    *((*TRAIN, *rest) for rest in (
        ("--from", "runs/t"), ("--from", "runs/r"), ("--from", "upscale-x2"), ("--from", "nowhere"), ("--from", "afile"),
        ("--set", "task.freeze=1"), ("--set", "task.freeze=-1"), ("--set", "task.freeze=1.5"), ("--from", "runs/s"),
        ("--from", "runs/g", "--set", "nets.discriminator.width=4", "--set", "task.freeze=9"))),
    *((*ANOMALY, "--data", value) for value in ("", "nowhere", "garbage", "empty", "afile")),
    *((*EVALUATE[:2], "--extractor", "pixel", *rest) for rest in (
        ("--metrics", ","), ("--metrics", ""), ("--metrics", "fd,"), ("--metrics", "x"), ("--metrics", " "),
        ("--metrics", ":"), ("--metrics", "fd,x:y"), ("--metrics", "os:system"), ("--metrics", "ssim"), ("--metrics", "fd:"),
        ("--split", "x"), ("--split", ""), ("--num", "1"), ("--num", "-5"), ("--num", "1000000000000"),
        ("--seed", "-1"), ("--seed", "x"), ("--seed", "²"), ("--seed", "9" * 30), ("--data", ""), ("--data", "nowhere"),
        ("--data", "garbage"), ("--data", "empty"), ("--data", "afile"), ("--data", "/"), ("--data", "hf:"))),
    *((*EVALUATE[:2], "--num", "20", "--extractor", name) for name in (
        "", "x", "classifier:", "classifier:nowhere", "x.onnx", "afile", ":", "a:", "stacked:", "stacked:digits:x")),
    ("fetch",), ("fetch", "incepton"), ("fetch", "inception", "--from", "nowhere.pth"), ("fetch", "inception", "--from", "afile"),
    ("fetch", "inception", "--from", "ftp://x"), ("evaluate", "photographs", "nowhere"),
    ("evaluate", "photographs", "digits", "--real", "digits"), ("evaluate",), ("evaluate", "runs/g", "--generated", "photographs"), ("evaluate", "--generated", "photographs"),
    ("evaluate", "--generated", "", "--real", "digits"), ("evaluate", "--generated", "garbage", "--real", "digits"),
    ("evaluate", "--generated", "photographs", "--real", ""), ("evaluate", "--generated", "empty", "--real", "digits"),
    *((*COPIES, *rest) for rest in (
        ("--alpha", "nan"), ("--alpha", "0"), ("--alpha", "1"), ("--alpha", "-1"), ("--alpha", "inf"), ("--num", "0"),
        ("--num", "1000000000000"), ("--max-share", "nan"), ("--max-share", "2"), ("--max-share", "-1"), ("--seed", "-1"),
        ("--seed", "9" * 30), ("--data", ""), ("--data", "nowhere"), ("--data", "empty"))),
    ("copies", "garbage", "--data", "digits"), ("copies", "photographs"), ("copies", "photographs", "--data", ""),
    ("copies", "", "--data", "digits"),
    *((*FILM, "--fps", value) for value in ("nan", "inf", "0", "-1", "61", "x", "")),
    *((*FILM, "--out", name) for name in ("film", "film.mp3", "film.MP4", ".mp4", "afile/x.mp4", "/proc/x.gif")),
    *(("serve", *runs) for runs in (
        (), ("nowhere",), ("",), ("afile",), ("x=nowhere",), ("runs/g", "runs/g"), ("a/b=runs/g",), ("scratches",), ("=runs/g",))),
    *(("serve", "runs/g", *rest) for rest in (
        ("--host", "0.0.0.0"), ("--host", ""), ("--port", "-1"), ("--port", "70000"), ("--port", "x"), ("--megabytes", "0"),
        ("--megabytes", "nan"), ("--megapixels", "90"), ("--num", "0"), ("--seconds", "0"), ("--seconds", "inf"), ("--queue", "0"),
        ("--checkpoint", "99"), ("--trust", ""))),
    *(("push", "runs/g", *rest) for rest in (
        (), ("",), ("ada/x",), ("hub:x",), ("hub:a/b/c",), ("hub:ada/x",), ("hub:ada/x", "--data", ""), ("hub:ada/x", "--data", "d"),
        ("hub:ada/x", "--data", "x" * 10_001, "--licence", "MIT"), ("hub:ada/x", "--data", "d", "--licence", "MIT", "--checkpoint", "99"),
        ("hub:ada/x", "--data", "d", "--licence", "MIT", "--out", "runs"))),
    ("push", "nowhere", "hub:ada/x"), ("sample", "hub:"), ("sample", "hub:x"), ("report", "hub:a/b@"),
    ("train", "digits", "--recipe", "dcgan", "--from", "hub:x"), ("restore", "photo.png", "--model", "hub:x"),
    ("doctor", "nowhere"), ("doctor", "afile"), ("doctor", ""), ("doctor", "/dev/null"), ("doctor", "runs/g", "--trust", ""),
    ("studio", "afile"), ("studio", "x" * 300), ("studio", "--port", "70000"), ("studio", "--port", "x"), ("studio", "--host", "203.0.113.7"),
    ("runs", "nowhere"), ("runs", "afile"), ("runs", ""), ("runs", "/dev/null"),
    ("compare",), ("compare", "nowhere"), ("compare", "runs/g", "runs/c"), ("compare", "runs/g", ""), ("compare", "runs/t", "runs/r"),
    *((*TRAIN, *rest) for rest in (
        ("--steps", "0"), ("--steps", "-1"), ("--steps", "nan"), ("--steps", "9" * 30), ("--images", "0"),
        ("--seed", "-1"), ("--seed", "x"), ("--seed", "²"), ("--seed", "9" * 30), ("--precision", ""), ("--precision", "x"),
        ("--name", ""), ("--name", "x" * 300), ("--images", "5"), ("--epochs", "2"), ("--minutes", "1"),
        *(("--seeds", seeds) for seeds in ("", "5-3", "-1", "x", "²", "1,", "9" * 30)), ("--seeds", "0-1", "--dry-run"),
        ("--show", "--dry-run"), ("--shows",),
        ("--seeds", "0-1", "--seed", "1"), ("--seeds", "0-1", "--resume", "runs/g"),
        ("--from", ""), ("--from", "nowhere"), ("--from", "afile"), ("--from", "empty"), ("--from", "runs/t"))),
    *(("train", "digits", *rest) for rest in (
        *(("--minutes", value) for value in ("0", "-1", "nan", "inf", "x", "", "1e-9", "²", "1e400")),
        *(("--epochs", value) for value in ("0", "-1", "1.5", "x", "9" * 30, "nan")),
        *(("--size", value) for value in ("0", "-1", "x", "1.5", "1", "9" * 30, "48x", "48x0", "48x2048", "8x8x8")),
        ("--until", "bored"), ("--until", ""), ("--until", "converged", "--minutes", "1"), ("--until", "converged", "--set", "watch.metric=none"),
        ("--size", "16", "--set", "data.resolution=8"), ("--as-published",), ("--epochs", "1", "--images", "9"))),
    *(("train", "--resume", "runs/g", *rest) for rest in (("--minutes", "1"), ("--as-published",))),
    ("train", "", "--recipe", "dcgan"), ("train", "digits", "--recipe", ""), ("train", "digits", "--direction", ""),
    ("train", "garbage", "--recipe", "dcgan"), ("train", "empty"), ("train", "afile"), ("train", "/dev/null"),
    ("train", "--resume", ""), ("train", "--resume", "nowhere"), ("train", "--resume", "afile"),
    ("train", "nowhere", "--resume", "runs/g"), ("train", "digits", "--resume", "runs/g", "--recipe", "dcgan"),
    ("train", "sides", "--recipe", "dcgan", "--set", "data.resolution=3"), ("train", "digits", "--recipe", "cyclegan"),
    ("train", "photographs", "--recipe", "cgan"),
    ("train", "photographs", "--recipe", "pix2pix"),
    ("data", ""), ("data", "nowhere"), ("data", "garbage"), ("data", "empty"), ("data", "afile"), ("data", "/dev/null"),
    ("data", "hf:"), ("data", "hf:/x"), ("recipes", ""), ("recipes", "x"), ("recipes", "afile"), ("recipes", "x.toml"),
    *((*verb[:3], *rest) for verb, rest in product((WALK,), (
        ("--seeds", ""), ("--seeds", "1"), ("--seeds", "5-3"), ("--seeds", "²"), ("--seeds", "0-999999999999"),
        ("--frames", "0"), ("--frames", "1000000000000"), ("--rate", "nan"), ("--rate", "0"), ("--rate", "inf"),
        ("--rate", "1e-300"), ("--rate", "1e300"), ("--format", ""), ("--format", "x"), ("--truncation", "nan"),
        ("--class", "x"), ("--class", "")))),
    *((*INTERPOLATE[:3], *rest) for rest in (("--steps", "1"), ("--steps", "1000000000000"), ("--truncation", "inf"))),
    *((*MIX[:3], *rest) for rest in (("--crossover", "-1"), ("--crossover", "0"), ("--crossover", "99"), ("--fine", ""))),
    ("latent", "mix", "runs/g"), ("latent", "walk", "runs/t"), ("latent", "walk", "runs/r"), ("latent", "walk", "nowhere"),
    *((*INVERT, *rest) for rest in (("--space", ""), ("--space", "x"), ("--steps", "0"), ("--starts", "1000000000000"))),
    ("latent", "invert", "runs/s", "garbage"), ("latent", "invert", "runs/s", "afile"), ("latent", "invert", "runs/s", ""),
    *((*DIRECTIONS, *rest) for rest in (
        ("--reach", "nan"), ("--reach", "inf"), ("--reach", "0"), ("--reach", "-1"), ("--method", ""), ("--method", "x"),
        ("--num", "0"), ("--steps", "1000000000000"), ("--seeds", ""))),
    *((*DEMO, *rest) for rest in (
        ("--data", "rings"), ("--data", ""), ("--data", "nowhere.csv"), ("--data", "afile"), ("--data", "empty"),
        ("--data", "points/text.csv"), ("--data", "points/nan.csv"), ("--data", "points/inf.csv"),
        ("--data", "points/one-column.csv"), ("--data", "points/three.csv"), ("--data", "points/one-row.csv"),
        ("--data", "points/empty.csv"), ("--data", "points/header.csv"), ("--data", "points/line.csv"),
        ("--data", "points/bytes.csv"), ("--data", "points"), ("--data", "/dev/zero.csv"),
        ("--loss", "r1"), ("--loss", "l1"), ("--loss", ""), ("--loss", "hing"), ("--case", "collaps"), ("--case", ""),
        ("--case", "collapse", "--loss", "hinge"), ("--out", "demo.png"), ("--out", "demo"), ("--out", "afile/x.gif"),
        ("--out", f"{'x' * 300}.gif"), ("--seed", "-1"), ("--seed", "x"), ("--seed", "9" * 30), ("--steps", "0"),
        ("--steps", "-1"), ("--steps", "100001"), ("--steps", "nan"))),
    *((verb[0], *rest) for verb in OF_RUNS if verb[0] != "latent" for rest in (
        ("nowhere", *verb[2:]), ("", *verb[2:]), ("afile", *verb[2:]), ("empty", *verb[2:]))
        if (verb[0], rest[0]) not in {("copies", name) for name in ("nowhere", "", "afile", "empty")}),
]  # fmt: skip

SETTINGS = [
    "", "=", "x", "x=1", "=1", "batch", "batch=", "batch=0", "batch=-1", "batch=1000000000", "batch=nan", "batch=1e400",
    "batch=1.5", "batch=[", "batch=[1]", "batch={}", "batch=true", f"batch={10**400}", f"batch={'9' * 5000}", "batch=²",
    "accumulate=0", "accumulate=3", "steps=0", "steps=1e400", f"steps={10**30}", "ema=nan", "ema=1", "ema=-0.1",
    "ema=[0.9]", "ema=[0.9, 2]", "ema=[]", "ema=[0.1, nan]", "ema=x", "compile=2", "name=1", "task=x",
    "task=dcgan_generator", "task=r1", "task=restore", "task=translate_cycle", "task=anomaly", "task.name=1",
    "nets=1", "nets={}", "nets.generator=x", "nets.generator=", "nets.generator=dcgan_discriminator", "nets.generator=unet",
    "nets.generator=head", "nets.generator=dcgan_encoder", "nets.generator=residual_restorer", "nets.generator=vgg_features",
    "nets.generator=patch_heads", "nets.discriminator=dcgan_generator", "nets.discriminator=head",
    "nets.discriminator=patch_discriminator", "nets.discriminator=resnet_translator", "nets.generator.width=0",
    "nets.generator.width=-4", "nets.generator.width=1000000000", "nets.generator.width=nan", "nets.generator.width=1.5",
    "nets.generator.width=[]", "nets.generator.latent=0", "nets.generator.latent=-1", "nets.generator.latent=10000000000",
    "nets.generator.norm=x", "nets.generator.norm=1", "nets.generator.condition=x", "nets.generator.condition=projection",
    "nets.generator.x=1", "nets.generator.name.x=1", "nets.generator.width.x=1", "nets.generator={name=\"dcgan_generator\", x=1}",
    "nets.x=dcgan_generator", "losses.adversarial=r1", "losses.adversarial=l1",
    "losses.adversarial=patch_nce", "losses.adversarial=lecam", "losses.adversarial=none", "losses.adversarial=x",
    "losses.adversarial.weight=2", "losses.r1=hinge", "losses.r1=none.x", "losses.r1=kl", "losses.r1=patch_nce",
    "losses.l1=l1", "losses.path_length=path_length", "losses.r1={name=\"r1\", weight=nan}",
    "losses.r1={name=\"r1\", weight=[1]}", "losses.r1={name=\"r1\", every=0}", "losses.r1={name=\"r1\", every=-1}",
    "losses.r1={name=\"r1\", by_size=3}", "losses={}", "losses=1", "optimizers.generator=cosine", "optimizers.generator=x",
    "optimizers.generator.lr=nan", "optimizers.generator.lr=-1", "optimizers.generator.lr=inf", "optimizers.generator.lr=x",
    "optimizers.generator.lr=1e400", "optimizers.generator.betas=1", "optimizers.generator.betas=[1.5, 2]",
    "optimizers.generator.betas=[-1, 0]", "optimizers.generator.betas=[nan, 0]", "optimizers.generator.betas=[0.5]",
    "optimizers.generator.eps=-1", "optimizers.generator.eps=nan", "optimizers.generator.weight_decay=-1",
    "optimizers.generator.lazy=-1", "optimizers={}", "optimizers.x=adam", "schedule=x", "schedule=adam", "schedule=hinge",
    "schedule={name=\"cosine\", until=0}", "schedule={name=\"cosine\", end=nan}", "schedule={name=\"linear\", start=1.5}",
    "schedule={name=\"linear\", start=1}", "schedule={name=\"step\", drops=-1}", "schedule={name=\"step\", factor=-1}",
    "schedule={name=\"exponential\", end=-1}", "schedule={name=\"plateau\", patience=0}", "task.n_critic=0",
    "task.n_critic=-1", "task.n_critic=1000000000000", "task.clip=-1", "task.clip=nan", "task.augment=x",     "task.ada=x", "task.ada_target=nan", "task.ada_target=2", "task.ada_images=0", "task.ada_images=-5", "task.ada_p=2",
    "task.ada_p=-1", "task.top_k=0", "task.top_k=-1", "task.top_k=2", "task.top_k=nan", "data.resolution=-1",
    "data.resolution=1", "data.resolution=100000", "data.channels=2", "data.kind=x", "data.kind=sides",
    "data.kind=photographs", "data.fit=x", "data.zoom=-1", "data.zoom=nan", "data.crop=-1", "data.crop=1000000",
    "data.rotate=-1", "data.rotate=nan", "data.rotate=inf", "data.flip=2", "data.split=x", "data.direction=x",
    "watch.log=0", "watch.every=-1", "watch.keep=0", "watch.metric=l1", "watch.metric=x", "watch.extractor=x",
    "watch.extractor=", "watch.extractor=classifier:nowhere", "watch.images=0", "watch.images=1",     "damage.x=r1", "damage.jpeg={name=\"jpeg\", quality=[0, 200]}", "damage.jpeg={name=\"jpeg\", chance=2}",
    ".".join("a" * 3000) + "=1", "batch=" + "[" * 3000, "nets.generator=" + "{a=" * 3000, "a" * 10000 + "=1",
]  # fmt: skip
RESTORER_SETTINGS = [
    "nets.restorer.blocks=-1", "nets.restorer.blocks=1000000000", "nets.restorer.width=0", "nets.restorer.fold=0",
    "nets.restorer.fold=3", "nets.restorer.fold=100", "losses.l1.weight=inf",
    "damage.downscale.factor=0", "damage.downscale.factor=100", "data.zoom=1e300",
    "damage.noise={name=\"gaussian_noise\", sigma=[5, 1]}", "damage.noise={name=\"gaussian_noise\", sigma=[0, inf]}",
    "data.kind=images", "data.kind=sides", "nets.restorer=unet", "watch.metric=fd",
    "task=generate", "task=translate_pairs", "damage.b={name=\"motion_blur\", length=[0, 1000000000]}",
    "damage.b={name=\"gaussian_blur\", sigma=[1000000, 1000000]}",
]  # fmt: skip
TRANSLATOR_SETTINGS = [
    "nets.generator.blocks=-1", "nets.generator.width=0", "nets.generator=dcgan_generator", "nets.generator=unet_",
    "nets.discriminator.layers=-1", "nets.discriminator.layers=40",
    "nets.discriminator.scales=0", "nets.discriminator.scales=30", "task.pool=-1", "losses.cycle=r1",
    "task=generate", "nets.generator={name=\"unet\", depth=-1}", "nets.generator={name=\"unet\", depth=30}",
    "nets.discriminator=dcgan_generator", "data.kind=photographs", "data.zoom=inf",
]  # fmt: skip
RECIPES = [
    *(("train", "digits", "--recipe", "dcgan", "--steps", "1", "--set", setting, "--name", "n") for setting in SETTINGS),
    *(("train", "photographs", "--recipe", "sr-x2", "--steps", "1", "--set", "data.resolution=32", "--set",
       "nets.restorer.width=4", "--set", "nets.restorer.blocks=2", "--set", setting, "--name", "n")
      for setting in RESTORER_SETTINGS),
    *(("train", "sides", "--recipe", "cyclegan", "--steps", "1", "--set", "data.resolution=32", "--set",
       "nets.generator.blocks=2", "--set", setting, "--name", "n") for setting in TRANSLATOR_SETTINGS),
]  # fmt: skip
