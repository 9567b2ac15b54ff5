#include "adamw.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../../core/check.h"
#include "../../core/files/text.h"
#include "../../core/kernels/vec_math.h"
#include "../../core/threads.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// The most numbers in a piece: the unit of summation and of work for a thread.
constexpr int64_t kBlock = 4096;

bool decays(const Param& param, DecayPolicy policy) {
  if (!param.decay) return false;
  if (policy == DecayPolicy::kPaper) return param.role != Role::kGate;
  return param.role == Role::kWeight || param.role == Role::kEmbedding;
}

struct Rates {
  real clip;          // factor on the gradient
  real beta1, beta2;  // decay of the moments
  real keep;          // factor on the value: 1 - lr * weight_decay
  real rate;          // lr / (1 - beta1^t)
  real root;          // 1 / sqrt(1 - beta2^t)
  real eps;
};

void adamw_update(real* w, real* m, real* v, const real* g, const Rates by, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const real gradient = by.clip * g[i];
    m[i] = madd(1 - by.beta1, gradient - m[i], m[i]);
    v[i] = madd(1 - by.beta2, gradient * gradient - v[i], v[i]);
    w[i] = madd(-by.rate, m[i] / madd(std::sqrt(v[i]), by.root, by.eps), by.keep * w[i]);
  }
}

double sum_of_squares(const real* g, int64_t count) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(g[i]) * static_cast<double>(g[i]);
  return sum;
}

}  // namespace

AdamW::AdamW(const Params& params, const AdamWOptions& options) : params_(params), options_(options) {
  set_lr(options.lr);
  for (const auto& [name, beta] : {std::pair("beta1", options.beta1), std::pair("beta2", options.beta2)})
    check(beta >= 0 && beta < 1, "adamw: {} is {}, but 0 <= {} < 1 is needed", name, beta, name);
  check(real(options.eps) > 0, "adamw: eps is {}, but a positive number is needed", options.eps);
  check(options.weight_decay >= 0, "adamw: weight_decay is {}, but at least 0 is needed", options.weight_decay);
  check(options.clip >= 0, "adamw: clip is {}, but at least 0 is needed", options.clip);
}

void AdamW::set_lr(double lr) {
  check(lr >= 0 && std::isfinite(static_cast<real>(lr)), "adamw: lr is {}, but a finite number of at least 0 is needed",
        lr);
  options_.lr = lr;
}

// Neighbouring parameters with the same learning rate and decay become one range, which is cut into blocks. The gaps in
// the arenas belong to the parameter before them; they hold zeros and keep them.
void AdamW::lay_out() {
  const std::vector<Param>& list = params_.list();
  check(known_ == 0 || known_ == list.size(), "adamw: there are {} parameters, but at the first step there were {}",
        list.size(), known_);
  if (m_.defined()) return;
  const int64_t size = params_.values().numel();
  m_ = Tensor::zeros({size});
  v_ = Tensor::zeros({size});
  known_ = list.size();
  for (size_t i = 0; i < list.size(); ++i) {
    const int64_t end = i + 1 < list.size() ? list[i + 1].offset : size;
    Piece piece{list[i].offset, 0, double(list[i].lr_scale), decays(list[i], options_.policy)};
    if (!pieces_.empty() && pieces_.back().lr_scale == piece.lr_scale && pieces_.back().decay == piece.decay) {
      piece.begin = pieces_.back().begin;
      pieces_.pop_back();
    }
    for (; piece.begin < end; piece.begin += piece.count) {
      piece.count = std::min(kBlock, end - piece.begin);
      pieces_.push_back(piece);
    }
  }
}

double AdamW::norm_of(const real* gradients) const {
  const int64_t count = static_cast<int64_t>(pieces_.size());
  const Scratch<double> sums(count);
  in_parts(count, m_.numel(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Piece& piece = pieces_[static_cast<size_t>(i)];
      sums[i] = sum_of_squares(gradients + piece.begin, piece.count);
    }
  });
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += sums[i];
  return std::sqrt(sum);
}

double AdamW::step(const std::function<bool(double norm)>& accepts) {
  lay_out();
  const Tensor gradients = params_.gradients();
  const double norm = norm_of(gradients.data());
  const double shrink = options_.clip > 0 ? std::min(1.0, options_.clip / (norm + 1e-6)) : 1;
  // If a square overflowed, v would stay infinite forever, and its weight would never change again.
  const bool has_squares = std::isfinite(static_cast<real>(shrink * norm * shrink * norm));
  if (accepts && !accepts(has_squares || std::isnan(norm) ? norm : std::numeric_limits<double>::infinity())) {
    params_.zero_grad();
    return norm;
  }
  if (!has_squares) {
    for (const Param& param : params_.list()) {
      const real* const g = gradients.data() + param.offset;
      const real* const bad = std::find_if(g, g + param.tensor.numel(), [](real x) { return !std::isfinite(x); });
      if (bad != g + param.tensor.numel())
        fail("adamw: the gradient of {} holds {}, but finite numbers are needed", param.name,
             number_text(static_cast<double>(*bad)));
    }
    fail("adamw: the gradient has norm {}, but its square overflows; clipping would help", norm);
  }
  grad_norm_ = norm;
  ++steps_;

  const double t = static_cast<double>(steps_);
  const double correction1 = 1 - std::pow(options_.beta1, t), correction2 = 1 - std::pow(options_.beta2, t);
  real* const w = params_.mutable_values();
  real* const m = m_.mutable_data();
  real* const v = v_.mutable_data();
  in_parts(std::ssize(pieces_), 2 * m_.numel(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Piece& piece = pieces_[static_cast<size_t>(i)];
      const double lr = options_.lr * piece.lr_scale;
      const Rates rates{.clip = real(shrink),
                        .beta1 = real(options_.beta1),
                        .beta2 = real(options_.beta2),
                        .keep = real(1 - (piece.decay ? lr * options_.weight_decay : 0)),
                        .rate = real(lr / correction1),
                        .root = real(1 / std::sqrt(correction2)),
                        .eps = real(options_.eps)};
      const int64_t at = piece.begin;
      adamw_update(w + at, m + at, v + at, gradients.data() + at, rates, piece.count);
    }
  });
  params_.zero_grad();
  return norm;
}

std::vector<std::pair<std::string, Tensor>> AdamW::moments() {
  lay_out();
  std::vector<std::pair<std::string, Tensor>> result;
  for (const auto& [prefix, moment] : {std::pair("m.", &m_), std::pair("v.", &v_)}) {
    const auto keeper = std::make_shared<const Tensor>(*moment);
    for (const Param& param : params_.list())
      result.emplace_back(prefix + param.name,
                          Tensor::over(moment->mutable_data() + param.offset, param.tensor.shape(), keeper));
  }
  return result;
}

}  // namespace scangrad::SCANGRAD_PRECISION
