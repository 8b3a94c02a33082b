"""Scikit-learn's own checks of estimators, each excuse with its reason."""

from conftest import SMALL
from sklearn.utils.estimator_checks import parametrize_with_checks

from balmer import SymbolicClassifier, SymbolicRegressor

BUDGET = {**SMALL, "evaluations": 800}
STOCHASTIC = "a search by evolution draws other samples when rows are left out or repeated: the front is as good, not the same"

EXCUSES = {
    SymbolicRegressor: {"check_sample_weight_equivalence_on_dense_data": STOCHASTIC},
    SymbolicClassifier: {"check_sample_weight_equivalence_on_dense_data": STOCHASTIC},
}


@parametrize_with_checks(
    [SymbolicRegressor(**BUDGET), SymbolicClassifier(**BUDGET)],
    expected_failed_checks=lambda estimator: EXCUSES[type(estimator)],
)
def test_check(estimator, check):
    check(estimator)
