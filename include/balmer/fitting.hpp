#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/model.hpp"
#include "balmer/random.hpp"

namespace balmer {

/// A loss by its parts. `name` is one of the names below, or a formula in `prediction`, `target`, `weight` and `sigma`.
/// With r = (prediction - target)/sigma (sigma 1 when the data has none), weights multiply each row's loss:
/// * mse: r^2 · mae: |r| · huber: r^2/2 up to |r| = delta, then delta (|r| - delta/2) · log-cosh: log cosh r
/// * quantile: q max(-r, 0) + (1 - q) max(r, 0), so that the q-quantile of the target is the best constant
/// * logistic: two classes, prediction = logit of class 1 · softmax: one output (score) per class
/// * poisson: prediction = logarithm of the mean count (scikit-learn's PoissonRegressor, PySR), half the deviance; who wants a
///   formula for the mean itself asks for "prediction - target*log(prediction)"
/// * hinge: two classes, max(0, 1 - prediction) for class 1 and max(0, 1 + prediction) for class 0
struct LossOptions {
    std::string name = "mse";
    double huber_delta = 1.345;  ///< in units of sigma (of the residual where sigma is given, else of the target's unit)
    double quantile = 0.5;       ///< in (0, 1)

    /// Whether a prediction is what the target would be; with poisson it is the logarithm of its mean.
    bool predicts_target() const { return name != "poisson"; }
};

/// What a loss is to statistics, hence how standard errors follow from it.
enum class LossFamily : std::uint8_t {
    least_squares,  ///< s^2 (J'WJ)^-1, or (J'WJ)^-1 when sigma is known
    likelihood,     ///< minus a log-likelihood: inverse of the curvature (logistic, softmax, poisson)
    estimator,      ///< any other sum over rows: the sandwich A^-1 B A^-1 (P. J. Huber, Robust Statistics, 1981, section 6)
};

/// Which second derivative a row loss hands out: one at least as large as the loss bends anywhere in reach (safe far from the minimum), or the
/// second derivative itself (fast near it).
enum class Bend : std::uint8_t { majorising, exact };

/// Targets, weights and uncertainties of a data set bound to a loss: what the evaluator's reverse pass calls.
/// Squared-type losses divide residuals by sigma. The total is divided by the sum of weights (a mean).
/// Signed weights (Monte Carlo) are taken by mse, logistic, softmax, poisson and formulas as long as their sum is positive; the
/// losses that rank or bound residuals (mae, huber, log-cosh, quantile, hinge) refuse negative weights. Several targets: one
/// output each, the mean over rows and outputs.
class BoundLoss : public RowLoss {
public:
    /// Number of outputs the loss needs: the classes for softmax, else the targets.
    virtual std::size_t outputs() const = 0;
    /// True when the loss is sum w (f - y)^2 of one output, so that the fast least-squares paths apply.
    virtual bool is_least_squares() const = 0;
    /// Sum of weights (times targets): totals divided by it are means.
    virtual double total_weight() const = 0;
    /// Loss (mean) of the best constant prediction, the yardstick of searches. May take a few passes over the rows.
    virtual double baseline() const = 0;
    /// Effective weights for the least-squares path (w / sigma^2); empty when all 1.
    virtual std::span<const double> squared_weights() const = 0;
    /// The first target.
    virtual std::span<const double> target() const = 0;
    /// Rows bound.
    virtual std::size_t rows() const = 0;
    /// How standard errors follow.
    virtual LossFamily family() const = 0;
    /// The same loss, with the second derivative itself where `tile` gives a majorising curvature (robust losses far from the minimum
    /// are safer with the latter, near it faster with this one). `*this` when they are the same.
    virtual const RowLoss& newton() const { return *this; }
    /// For losses with kinks (mae, quantile, hinge): |r| replaced by sqrt(r^2 + width^2). Lives no longer than this loss. nullptr when
    /// there are no kinks.
    virtual std::unique_ptr<RowLoss> smoothed(double /*width*/, Bend /*bend*/) const { return nullptr; }
};
/// Throws balmer::Error for an unknown loss ("did you mean"), a formula that does not parse, targets the loss cannot take (classes,
/// counts), sigma or negative weights where they have no meaning.
std::unique_ptr<BoundLoss> bind_loss(const LossOptions& options, const Dataset& data);
/// Names that bind_loss knows.
std::vector<std::string> loss_names();

/// Why a fit ended.
enum class FitStop : std::uint8_t { converged, iterations, no_progress, not_finite, nothing_to_fit };

/// How constants are fitted.
struct FitOptions {
    int maximum_iterations = 20;
    int restarts = 0;              ///< extra starts from perturbed values
    double tolerance = 1e-10;      ///< relative decrease of the loss that counts as converged
    bool project_linear = true;    ///< constants that enter linearly are solved, not iterated
    std::vector<double> lower, upper;      ///< bounds per parameter, empty: none
    std::vector<bool> fixed;               ///< per parameter, empty: all free
};

/// Fitted constants and how they were reached.
struct FitResult {
    std::vector<double> values;
    double loss = 0;               ///< mean loss
    int iterations = 0;
    std::size_t evaluations = 0;   ///< passes over the rows
    FitStop stop = FitStop::converged;
};

/// Which parameters enter output 0 linearly, all of them together: f = f_0 + sum a_j f_j with f_0, f_j free of them. A largest such set
/// is not searched for; the better of two greedy ones is given. `excluded` (may be empty) never enters it.
std::vector<bool> linear_parameters(const Graph& graph, const std::vector<bool>& excluded = {});

/// Feature pointers of a data set, for evaluation; the codes of its category axes follow the features.
std::vector<const double*> feature_pointers(const Dataset& data);

/// Fits the parameters of `program`: Levenberg-Marquardt on the Gauss-Newton curvature with projection of linear constants, trust-region
/// fallback for losses that are not least squares. Never returns a loss above that of the start.
FitResult fit(const Program& program, std::span<const double> start, const Columns<double>& columns, const BoundLoss& loss,
              const FitOptions& options = {}, RandomStream* random = nullptr);

/// Covariance of fitted parameters, p x p row-major (zero rows for fixed ones).
/// Without sigma: s^2 (J'WJ)^-1 with s^2 = sum w r^2/(n - p). With sigma: (J'WJ)^-1. Singular directions give infinite variance.
std::vector<double> covariance(const Program& program, std::span<const double> values, const Columns<double>& columns,
                               const BoundLoss& loss, bool sigma_is_known, const std::vector<bool>& fixed = {});
/// The same by refitting `samples` bootstrap resamples of the rows.
std::vector<double> bootstrap_covariance(const Program& program, std::span<const double> values, const Dataset& data,
                                         const LossOptions& loss, int samples, RandomStream random, const FitOptions& options = {});

/// One way to write a number short.
struct Snap {
    double value = 0;
    std::string text;   ///< "2", "-3/4", "2*pi"
    double bits = 0;    ///< description length
};
/// The shortest integer, simple rational or multiple of pi within `tolerance` of `value`; nothing when none is near.
std::optional<Snap> snap(double value, double tolerance);
/// Snaps a model's free parameters one at a time (most certain first), refitting the others; keeps a snap while the loss does not
/// grow by more than the covariance allows. Fills Parameter::status, snapped_to, uncertainty and Model::covariance.
void finish_constants(Model& model, const Dataset& data, const LossOptions& loss, double standard_errors = 2.0);

}  // namespace balmer
