"""Agreement with the reference implementations, run where they import; docs/metrics.md lists the largest differences.

pytest -n 0 -rP tests/test_measure_references.py
"""

import importlib
import importlib.util
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_images

from elegan.metrics import frechet_distance, inception_score, kernel_distance, prdc
from elegan.metrics.fidelity import ms_ssim, psnr, ssim
from elegan.metrics.inception import Inception

LIBRARY = torch.library.Library("torchvision", "FRAGMENT")


def reference(name: str):
    """The module, or a skip with the reason. A torchvision built for another torch wants the names of two operators."""
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        pytest.skip(f"{name} is not installed")
    try:
        import torchvision  # noqa: F401
    except ImportError:
        pass
    except RuntimeError:
        for operator in ("nms", "qnms"):
            LIBRARY.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        for module in [m for m in sys.modules if m.partition(".")[0] == "torchvision"]:
            del sys.modules[module]
    try:
        return importlib.import_module(name)
    except Exception as error:
        pytest.skip(f"{name} does not import: {error}")


def agree(ours: float, theirs: float, tolerance: float) -> None:
    print(f"ours {ours:.12g}, reference {theirs:.12g}, difference {abs(ours - theirs):.2g}")
    assert abs(ours - theirs) <= tolerance


@pytest.fixture(scope="module")
def features() -> tuple[torch.Tensor, torch.Tensor]:
    """Two sets like a network's features: not negative, correlated, some always zero."""
    g = torch.Generator().manual_seed(0)
    mix = torch.randn(64, 64, generator=g) / 8
    mix[:, :5] = 0
    x, y = torch.randn(1500, 64, generator=g), torch.randn(1200, 64, generator=g) * 1.1 + 0.1
    return (x @ mix).relu(), (y @ mix).relu()


@pytest.fixture(scope="module")
def photographs() -> tuple[np.ndarray, np.ndarray]:
    images = np.stack(load_sample_images().images)[:, 100:300, 200:420]
    noise = np.random.default_rng(0).normal(0, 15, images.shape)
    return images, (images + noise).clip(0, 255).round().astype(np.uint8)


def test_frechet_distance_of_torch_fidelity(features):
    module = reference("torch_fidelity.metric_fid")
    stats = [module.fid_features_to_statistics(f.double()) for f in features]
    theirs = module.fid_statistics_to_metric(*stats, verbose=False)["frechet_inception_distance"]
    agree(frechet_distance(*features), theirs, 1e-6)


def test_frechet_distance_of_torchmetrics(features):
    module = reference("torchmetrics.image.fid")
    means, covs = [f.double().mean(0) for f in features], [torch.cov(f.double().T) for f in features]
    theirs = float(module._compute_fid(means[0], covs[0], means[1], covs[1]))
    agree(frechet_distance(*features), theirs, 1e-6)


def test_kernel_distance_of_torch_fidelity(features):
    module = reference("torch_fidelity.metric_kid")
    x, y = (f[:1000].double() for f in features)
    options = {"kid_subsets": 1, "kid_subset_size": 1000, "kid_kernel": "poly", "rng_seed": 0, "verbose": False}
    theirs = module.kid_features_to_metric(x, y, **options)["kernel_inception_distance_mean"]
    agree(kernel_distance(x, y, subsets=1)[0], theirs, 1e-9)


@pytest.mark.parametrize("splits", [1, 10])
def test_inception_score_of_torch_fidelity(splits):
    module = reference("torch_fidelity.metric_isc")
    logits = 3 * torch.randn(2000, 10, generator=torch.Generator().manual_seed(0)).double()
    order = torch.from_numpy(np.random.default_rng(0).permutation(2000))
    theirs = module.isc_features_to_metric(logits[order], splits, shuffle=False)
    mean, std = inception_score(logits.softmax(1), splits)
    agree(mean, theirs["inception_score_mean"], 1e-9)
    agree(std, theirs["inception_score_std"], 1e-9)


@pytest.mark.parametrize("k", [3, 5])
def test_prdc_of_its_authors(features, k):
    module = reference("prdc")
    theirs = module.compute_prdc(*(f.double().numpy() for f in features), nearest_k=k)
    ours = prdc(*features, k_precision=k, k_density=k)
    for name, value in theirs.items():
        agree(ours[name], value, 1e-9)


def test_precision_and_recall_of_torch_fidelity(features):
    module = reference("torch_fidelity.metric_prc")
    real, fake = (f.double() for f in features)
    options = {"prc_neighborhood": 3, "prc_batch_size": 500, "save_cpu_ram": False, "verbose": False}
    theirs = module.prc_features_to_metric(fake, real, **options)
    ours = prdc(real, fake)
    agree(ours["precision"], theirs["precision"], 1e-7)  # theirs are float32
    agree(ours["recall"], theirs["recall"], 1e-7)


def test_inception_network_of_torch_fidelity(tmp_path):
    """The same random weights in both: layers, resizing and names are compared without the file."""
    module = reference("torch_fidelity.feature_extractor_inceptionv3")
    ours, g = Inception().eval(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in ours.state_dict().items():
            if value.ndim == 4:
                value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=g)
            elif value.ndim and name.endswith(("running_var", "bn.weight")):
                value.uniform_(0.5, 1.5, generator=g)
    torch.save(ours.state_dict(), tmp_path / "weights.pth")
    theirs = module.FeatureExtractorInceptionV3(
        "inception-v3-compat",
        ["2048", "logits_unbiased"],
        feature_extractor_weights_path=str(tmp_path / "weights.pth"),
    )
    for height, width in ((32, 32), (310, 350)):
        images = torch.randint(0, 256, (1, 3, height, width), generator=g, dtype=torch.uint8)
        with torch.inference_mode():
            for a, b in zip(ours(images), theirs(images), strict=True):
                agree(float((a - b).abs().max() / b.abs().max()), 0.0, 1e-5)


def test_structural_similarity_of_torchmetrics(photographs):
    """torchmetrics averages over a border that the window does not fit; the same map without it is compared."""
    module = reference("torchmetrics.functional.image")
    images, noisy = (torch.from_numpy(i).permute(0, 3, 1, 2).double() for i in photographs)
    _, whole = module.structural_similarity_index_measure(noisy, images, data_range=255.0, return_full_image=True)
    agree(ssim(photographs[1], photographs[0]), float(whole[..., 5:-5, 5:-5].mean()), 1e-9)


def test_multiscale_similarity_of_torchmetrics(photographs):
    """Its last scale counts the border too, which is the whole of the difference."""
    module = reference("torchmetrics.functional.image")
    grey = [i[..., :1] for i in photographs]
    images, noisy = (torch.from_numpy(i).permute(0, 3, 1, 2).double() for i in grey)
    theirs = module.multiscale_structural_similarity_index_measure(noisy, images, data_range=255.0)
    agree(ms_ssim(grey[1], grey[0]), float(theirs), 1e-3)


def test_structural_similarity_and_noise_ratio_of_scikit_image(photographs):
    module = reference("skimage.metrics")
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    pairs = list(zip(*photographs, strict=True))
    similar = [module.structural_similarity(a, b, channel_axis=2, **options) for a, b in pairs]
    agree(ssim(*photographs), float(np.mean(similar)), 1e-12)
    agree(psnr(*photographs), float(np.mean([module.peak_signal_noise_ratio(a, b) for a, b in pairs])), 1e-12)
