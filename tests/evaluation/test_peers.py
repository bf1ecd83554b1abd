"""Equal to the other implementations, where they are exact. All peers come with the extra `peers`."""

import numpy as np
import pytest
import torch
import torchmetrics
from scipy.spatial.distance import cdist

from evaluation.metrics import (
    frechet_distance,
    kernel_distance,
    moments_to_frechet_distance,
    ms_ssim,
    precision_recall_density_coverage,
    vendi_score,
)
from evaluation.metrics.cmmd import cmmd


def features(seed: int, n: int, d: int, shift: float = 0.0) -> np.ndarray:
    """Pooled activations as networks give them: non-negative, correlated, falling spectrum, float32."""
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(d, d)) * np.arange(1, d + 1) ** -0.5
    return np.maximum(rng.normal(size=(n, d)) @ mix.T / np.sqrt(d) + shift, 0).astype(np.float32)


X, Y = features(0, 400, 48, 0.2), features(1, 350, 48)
WIDE_X, WIDE_Y = features(0, 60, 200, 0.2), features(1, 45, 200)


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return x.mean(axis=0, dtype=np.float64), np.cov(x.astype(np.float64), rowvar=False)


def test_frechet_distance_equals_torch_fidelity_where_it_is_exact() -> None:
    from torch_fidelity.metric_fid import fid_statistics_to_metric

    ours = frechet_distance(X, Y)
    (mu1, sigma1), (mu2, sigma2) = moments(X), moments(Y)
    theirs = fid_statistics_to_metric({"mu": mu1, "sigma": sigma1}, {"mu": mu2, "sigma": sigma2}, False)
    assert ours == pytest.approx(theirs["frechet_inception_distance"], rel=1e-6)
    assert moments_to_frechet_distance(mu1, sigma1, mu2, sigma2) == pytest.approx(ours, rel=1e-9)


class Given(torch.nn.Module):
    """An extractor whose images are features already."""

    num_features = X.shape[1]

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return rows


def of_torchmetrics(metric: torchmetrics.Metric, x: np.ndarray, y: np.ndarray) -> torch.Tensor:
    metric.update(torch.from_numpy(y).double(), real=True)
    metric.update(torch.from_numpy(x).double(), real=False)
    return metric.compute()


def test_frechet_distance_equals_torchmetrics_where_it_is_exact() -> None:
    from torchmetrics.image.fid import FrechetInceptionDistance

    theirs = of_torchmetrics(FrechetInceptionDistance(feature=Given()).set_dtype(torch.float64), X, Y)
    assert frechet_distance(X, Y) == pytest.approx(float(theirs), rel=1e-6)


@pytest.mark.filterwarnings("ignore:.*disp:DeprecationWarning")
def test_frechet_distance_equals_clean_fid() -> None:
    """clean-fid calls scipy.linalg.sqrtm with an argument that SciPy 1.18 removes; constraints.txt holds SciPy below it."""
    from cleanfid.fid import frechet_distance as clean_fid

    assert frechet_distance(X, Y) == pytest.approx(clean_fid(*moments(X), *moments(Y)), rel=1e-6)


@pytest.mark.parametrize(("x", "y"), [(WIDE_X, WIDE_Y), (WIDE_X, features(1, 300, 200)), (WIDE_Y, WIDE_X)])
def test_frechet_distance_is_exact_with_fewer_images_than_features(x: np.ndarray, y: np.ndarray) -> None:
    """Independent: principal square roots of both covariances, singular values of their product."""
    (mu1, sigma1), (mu2, sigma2) = moments(x), moments(y)
    roots = []
    for centred, n in ((x - mu1, len(x)), (y - mu2, len(y))):
        _, s, vt = np.linalg.svd(centred, full_matrices=False)
        roots.append(vt.T * s @ vt / np.sqrt(n - 1))
    nuclear = np.linalg.svd(roots[0] @ roots[1], compute_uv=False).sum()
    expected = np.sum((mu1 - mu2) ** 2) + np.trace(sigma1) + np.trace(sigma2) - 2 * nuclear
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_equals_torch_fidelity_with_one_subset_of_all() -> None:
    from torch_fidelity.metric_kid import kid_features_to_metric

    x = X[: len(Y)]
    theirs = kid_features_to_metric(
        torch.tensor(x, dtype=torch.float64),
        torch.tensor(Y, dtype=torch.float64),
        kid_subsets=1,
        kid_subset_size=len(Y),
        verbose=False,
    )
    assert kernel_distance(x, Y) == pytest.approx(theirs["kernel_inception_distance_mean"], abs=2e-7, rel=1e-5)


def test_kernel_distance_equals_torchmetrics_and_clean_fid() -> None:
    from cleanfid.fid import kernel_distance as clean_fid
    from torchmetrics.image.kid import KernelInceptionDistance

    x = X[: len(Y)]
    metric = KernelInceptionDistance(feature=Given(), subsets=1, subset_size=len(Y))
    mean, _ = of_torchmetrics(metric.set_dtype(torch.float64), x, Y)
    assert kernel_distance(x, Y) == pytest.approx(float(mean), abs=2e-7, rel=1e-5)
    theirs = clean_fid(x.astype(np.float64), Y.astype(np.float64), num_subsets=1)
    assert kernel_distance(x, Y) == pytest.approx(theirs, abs=2e-7, rel=1e-5)


@pytest.mark.parametrize("biased", [True, False])
def test_cmmd_equals_its_definition(biased: bool) -> None:
    """The published code's formula in float64; without each image's pair with itself it is the unbiased form."""
    unit_x, unit_y = (f.astype(np.float64) / np.linalg.norm(f.astype(np.float64), axis=1)[:, None] for f in (X, Y))
    within = []
    for rows in (unit_x, unit_y):
        kernel = np.exp(-(cdist(rows, rows) ** 2) / 200)
        diagonal = 0 if biased else len(rows)
        within.append((kernel.sum() - diagonal) / (len(rows) ** 2 - diagonal))
    expected = 1000 * (sum(within) - 2 * np.exp(-(cdist(unit_x, unit_y) ** 2) / 200).mean())
    assert cmmd(X, Y, biased=biased) == pytest.approx(expected, rel=1e-5)


def test_precision_and_recall_with_three_neighbours_equal_torch_fidelity() -> None:
    from torch_fidelity.metric_prc import prc_features_to_metric

    ours = precision_recall_density_coverage(X, Y, k=3)
    theirs = prc_features_to_metric(
        torch.from_numpy(X).double(), torch.from_numpy(Y).double(), prc_neighborhood=3, verbose=False
    )
    # Its mean is taken in single precision.
    assert (ours.precision, ours.recall) == pytest.approx((theirs["precision"], theirs["recall"]), abs=1e-7)


def test_precision_recall_density_coverage_equal_prdc() -> None:
    from prdc import compute_prdc

    theirs = compute_prdc(real_features=Y.astype(np.float64), fake_features=X.astype(np.float64), nearest_k=5)
    ours = precision_recall_density_coverage(X, Y)
    for name, value in theirs.items():
        assert getattr(ours, name) == pytest.approx(float(value), abs=1e-12)


@pytest.mark.parametrize("x", [X, WIDE_X])
def test_vendi_score_equals_vendi_score_of_centred_features(x: np.ndarray) -> None:
    from vendi_score import vendi

    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    assert vendi_score(x) == pytest.approx(vendi.score_X(centred, normalize=True), rel=1e-6)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    # Its score_X takes an order and does not use it; its score_K does.
    assert vendi_score(x, q=2) == pytest.approx(vendi.score_K(unit @ unit.T, q=2), rel=1e-9)
    assert vendi_score(x, q=np.inf) == pytest.approx(vendi.score_K(unit @ unit.T, q="inf"), rel=1e-9)


def test_vendi_score_of_many_images_agrees_in_float32() -> None:
    x = features(3, 2500, 40)
    centred = x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    spectrum = np.linalg.eigvalsh(unit.T @ unit / len(x))
    assert vendi_score(x) == pytest.approx(np.exp(-np.sum(spectrum * np.log(spectrum))), rel=1e-5)


@pytest.mark.parametrize("shape", [(256, 256), (201, 187), (180, 241)])
def test_ms_ssim_equals_pytorch_msssim(shape: tuple[int, int]) -> None:
    import pytorch_msssim

    rng = np.random.default_rng(5)
    a = np.cumsum(rng.normal(size=shape), axis=1)
    a = ((a - a.min()) / np.ptp(a)).astype(np.float32)
    b = np.clip(0.8 * a + 0.2 * rng.random(shape), 0, 1).astype(np.float32)
    theirs = pytorch_msssim.ms_ssim(torch.tensor(a)[None, None], torch.tensor(b)[None, None], data_range=1.0)
    assert ms_ssim(a, b) == pytest.approx(float(theirs), abs=5e-6)
    assert ms_ssim(a, a) == pytest.approx(1, abs=1e-6)


def test_auroc_and_its_variance_equal_delongs_definition() -> None:
    """The variance from the n x m matrix of comparisons itself, as written in the paper."""
    from sklearn.metrics import roc_auc_score

    from evaluation.metrics.roc import delong_variance

    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 120)
    scores = np.round(rng.normal(size=120) + truth, 1)  # with ties
    area, variance, _ = delong_variance(scores, truth, [str(i) for i in range(120)])
    wins = scores[truth == 1][:, None] - scores[truth == 0]
    kernel = (wins > 0) + 0.5 * (wins == 0)
    expected = kernel.mean(axis=1).var(ddof=1) / len(kernel) + kernel.mean(axis=0).var(ddof=1) / kernel.shape[1]
    assert area == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    assert variance == pytest.approx(expected, rel=1e-9)
