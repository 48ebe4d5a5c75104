"""Scores the test representation with scikit-learn, following disentanglement_lib's protocol.

Prints reference.json: python3 reference.py > reference.json (numpy, scikit-learn; seeds fixed).
The representation is computed with exact arithmetic, so that tests/golden.rs has the same bits.
"""

import itertools
import json
import sys
import warnings

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.feature_selection import mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, mutual_info_score, roc_auc_score
from sklearn.preprocessing import StandardScaler, label_binarize
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")

SIZES = [3, 6, 20, 10]
UNITS = 6
MASK = (1 << 64) - 1


def noise(row, unit):
    """SplitMix64 of the position, scaled to -0.5 to 0.5."""
    z = ((row * UNITS + unit + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return ((z ^ (z >> 31)) >> 11) / (1 << 53) - 0.5


def code(row, classes):
    a, b, c, d = [value / (size - 1) for value, size in zip(classes, SIZES)]
    n = [noise(row, unit) for unit in range(UNITS)]
    return [
        2.0 * c + 0.2 * n[0],
        0.7 * d + 0.3 * b + 0.2 * n[1],
        d - 0.5 * c + 0.3 * n[2],
        n[3],
        0.01 * n[4],
        a * b + 0.3 * n[5],
    ]


factors = np.array(list(itertools.product(*[range(size) for size in SIZES])))
codes = np.array([code(row, classes) for row, classes in enumerate(factors)], dtype=np.float32)
held = np.arange(len(codes)) % 3 == 2
train, test = (codes[~held], factors[~held]), (codes[held], factors[held])
golden = {}


def discretised(values):
    values = values.astype(np.float64)
    return np.stack(
        [np.digitize(column, np.histogram(column, 20)[1][:-1]) for column in values.T], axis=1
    )


def information():
    bins = discretised(codes)
    return np.array([[mutual_info_score(y, bin) for y in factors.T] for bin in bins.T])


def mig():
    entropies = np.array([mutual_info_score(y, y) for y in factors.T])
    ordered = np.sort(information(), axis=0)[::-1]
    golden["mig"] = np.mean((ordered[0] - ordered[1]) / entropies)


def modularity():
    squared = information() ** 2
    most = squared.max(axis=1)
    golden["modularity"] = np.mean(1 - (squared.sum(axis=1) - most) / (most * (squared.shape[1] - 1)))


def importances(units, others):
    """Returns the importances `[D, K]` of the trees, and their accuracies on the test rows."""
    matrix, accuracies = [], []
    for x, y in zip(train[1].T, test[1].T):
        model = GradientBoostingClassifier(random_state=0).fit(units, x)
        matrix.append(np.abs(model.feature_importances_))
        accuracies.append(np.mean(model.predict(others) == y))
    return np.array(matrix).T, accuracies


def concentration(rows):
    rows = rows + 1e-11
    shares = rows / rows.sum(axis=1, keepdims=True)
    return 1 + (shares * np.log(shares)).sum(axis=1) / np.log(rows.shape[1])


def dci():
    matrix, accuracies = importances(train[0], test[0])
    golden["importances"] = matrix.T.tolist()
    golden["accuracies"] = accuracies
    golden["dci_disentanglement"] = concentration(matrix) @ matrix.sum(axis=1) / matrix.sum()
    golden["dci_completeness"] = concentration(matrix.T) @ matrix.sum(axis=0) / matrix.sum()
    golden["dci_informativeness"] = np.mean(accuracies)


def repeated():
    """DCI of codes with each unit twice, as it is and negated."""
    for name, sign in [("duplicated", 1), ("mirrored", -1)]:
        units, others = [np.concatenate([part[0], sign * part[0]], axis=1) for part in (train, test)]
        matrix, accuracies = importances(units, others)
        golden[name + "_disentanglement"] = concentration(matrix) @ matrix.sum(axis=1) / matrix.sum()
        golden[name + "_completeness"] = concentration(matrix.T) @ matrix.sum(axis=0) / matrix.sum()
        golden[name + "_informativeness"] = np.mean(accuracies)


def sap():
    scores = np.zeros((UNITS, len(SIZES)))
    for unit in range(UNITS):
        for factor in range(len(SIZES)):
            model = LinearSVC(C=0.01, class_weight="balanced", random_state=0, max_iter=100_000)
            model.fit(train[0][:, [unit]], train[1][:, factor])
            scores[unit, factor] = np.mean(model.predict(test[0][:, [unit]]) == test[1][:, factor])
    ordered = np.sort(scores, axis=0)
    golden["svm"] = scores.tolist()
    golden["sap"] = np.mean(ordered[-1] - ordered[-2])


def explicitness():
    mean, std = train[0].mean(axis=0), train[0].std(axis=0)
    scores = []
    for x, y, size in zip(train[1].T, test[1].T, SIZES):
        model = LogisticRegression().fit((train[0] - mean) / std, x)
        shares = model.predict_proba((test[0] - mean) / std)
        scores.append(roc_auc_score(label_binarize(y, classes=range(size)), shares))
    golden["explicitness"] = np.mean(scores)


def irs():
    groups, values = discretised(factors), codes.astype(np.float64)
    largest = np.abs(values - values.mean(axis=0)).max(axis=0)
    deviations = np.zeros((UNITS, len(SIZES)))
    for factor in range(len(SIZES)):
        for group in np.unique(groups[:, factor]):
            inside = values[groups[:, factor] == group]
            deviations[:, factor] += np.quantile(np.abs(inside - inside.mean(axis=0)), 0.99, axis=0)
        deviations[:, factor] /= len(np.unique(groups[:, factor]))
    scores = (1 - deviations / largest[:, None]).max(axis=1)
    golden["irs"] = np.average(scores, weights=largest)


def infomec():
    values = StandardScaler().fit_transform(codes)
    shares = np.array([
        mutual_info_classif(values, y, discrete_features=False, n_neighbors=10, random_state=0)
        / mutual_info_score(y, y)
        for y in factors.T
    ])
    ranges = codes.max(axis=0) - codes.min(axis=0)
    shares = shares[:, ranges > ranges.max() / 20]
    for name, axis in [("modularity", 0), ("compactness", 1)]:
        chance = 1 / shares.shape[axis]
        best = np.mean(shares.max(axis=axis) / shares.sum(axis=axis))
        golden["infomec_" + name] = (best - chance) / (1 - chance)
    told = []
    for y in factors.T:
        model = LogisticRegression(penalty=None, class_weight="balanced").fit(values, y)
        told.append(1 - log_loss(y, model.predict_proba(values)) / np.log(len(np.unique(y))))
    golden["infomec_explicitness"] = np.mean(told)


def sampled(random, count, held=None):
    """Returns codes of `count` random images, all with the same class of the factor `held`."""
    classes = np.stack([random.integers(size, size=count) for size in SIZES], axis=1)
    if held is not None:
        classes[:, held] = classes[0, held]
    return classes


def lookup(classes):
    return codes[np.ravel_multi_index(tuple(classes.T), SIZES)].astype(np.float64)


def beta_vae():
    random = np.random.default_rng(0)

    def points(count):
        values, labels = [], random.integers(len(SIZES), size=count)
        for label in labels:
            left, right = sampled(random, 64), sampled(random, 64)
            right[:, label] = left[:, label]
            values.append(np.abs(lookup(left) - lookup(right)).mean(axis=0))
        return np.array(values), labels

    model = LogisticRegression().fit(*points(10_000))
    golden["beta_vae"] = model.score(*points(5_000))


def factor_vae():
    random = np.random.default_rng(0)
    whole = lookup(sampled(random, 10_000)).var(axis=0, ddof=1)
    active = np.sqrt(whole) >= 0.05

    def votes(count):
        votes = np.zeros((active.sum(), len(SIZES)))
        for held in random.integers(len(SIZES), size=count):
            local = lookup(sampled(random, 64, held)).var(axis=0, ddof=1)
            votes[np.argmin(local[active] / whole[active]), held] += 1
        return votes

    majority = votes(10_000).argmax(axis=1)
    others = votes(5_000)
    golden["factor_vae"] = others[np.arange(len(others)), majority].sum() / 5_000


for part in [mig, modularity, dci, repeated, sap, explicitness, irs, beta_vae, factor_vae, infomec]:
    part()
json.dump(golden, sys.stdout, indent=1)
print()
