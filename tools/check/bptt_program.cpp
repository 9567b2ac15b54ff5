// scangrad-check-bptt: shows that minGRU and minLSTM train without backpropagation through time. The command
// `scangrad check bptt` runs it. It is linked with the double-precision library.
//
//   scangrad check bptt
//   ...
//   everything holds
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "../../core/autograd.h"
#include "../../core/error.h"
#include "../../core/gradcheck.h"
#include "../../core/observe/profile.h"
#include "../../core/random.h"
#include "../../models/networks/stack.h"
#include "../../ops/activations.h"
#include "../../ops/affine.h"
#include "../../ops/arithmetic.h"
#include "../../ops/diagonal/tree_scan.h"
#include "../../ops/indexing/concat.h"
#include "../../ops/indexing/slice.h"
#include "../commands/program.h"

namespace {

using namespace scangrad;
using Function = std::function<Tensor(const Tensor& x)>;

bool all_hold = true;

void verdict(bool holds, const std::string& text) {
  all_hold = all_hold && holds;
  fmt::print("  {}  {}\n", holds ? "holds " : "FAILS ", text);
}

Tensor random_tensor(const Shape& shape, uint64_t seed) {
  Tensor result(shape);
  Rng rng(seed);
  std::generate_n(result.mutable_data(), result.numel(), [&] { return rng.uniform(-1, 1); });
  return result;
}

// The gradients of every parameter and of x in one list, for fixed random gradients of y.
std::vector<double> gradients(const Params& params, const Tensor& x, const Function& f) {
  params.zero_grad();
  Tensor input = x.detach();
  input.set_requires_grad(true);
  const Tensor y = f(input);
  backward({y}, {random_tensor(y.shape(), 99)});
  std::vector<double> all;
  for (const Param& param : params.list())
    for (const real value : has_grad(param.tensor) ? param.tensor.grad().values() : std::vector<real>())
      all.push_back(value);
  for (const real value : input.grad().values()) all.push_back(value);
  return all;
}

double relative_error(const std::vector<double>& u, const std::vector<double>& v) {
  double difference = u.size() == v.size() ? 0 : INFINITY, largest = 0;
  for (size_t i = 0; i < std::min(u.size(), v.size()); ++i) {
    difference = std::max(difference, std::abs(u[i] - v[i]));
    largest = std::max(largest, std::abs(v[i]));
  }
  return difference / largest;
}

// A mixer's plain form, one step after the other on the tape: what backpropagation through time sees.
Tensor unrolled(const Mixer& plain, const Tensor& x) {
  State state(x.size(0));
  std::vector<Tensor> ys;
  for (int64_t t = 0; t < x.size(1); ++t) ys.push_back(plain(slice(x, 1, t, t + 1), state));
  return concatenate(ys, 1);
}

// Mixers that run in parallel over time and have a plain form.
std::vector<std::string> parallel_mixers() {
  return mixer_names([](const MixerRow& row) { return row.make_plain != nullptr; });
}

// `others` are the parameters of the network step by step: the same numbers.
void compare(const std::string& what, const Params& params, const Params& others, const Tensor& x, const Function& scan,
             const Function& by_steps) {
  const std::vector<double> ours = gradients(params, x, scan), tape = gradients(others, x, by_steps);
  Tensor input = x.detach();
  input.set_requires_grad(true);
  std::vector<Tensor> leaves = params.tensors();
  leaves.push_back(input);
  const double from_tape = relative_error(ours, tape),
               from_differences = gradcheck([&] { return scan(input); }, leaves);
  verdict(from_tape < 1e-12 && from_differences < 1e-7,
          fmt::format("{:<30} {:>5} numbers; from the unrolled tape {:.1e}, from central differences {:.1e}", what,
                      ours.size(), from_tape, from_differences));
}

void check_gradients() {
  fmt::print(
      "1. The gradient of the scan is the gradient of the network unrolled step by step\n"
      "   (relative differences over all parameters and inputs, 2 sequences of 24 steps, double precision)\n");
  const Tensor x = random_tensor({2, 24, 3}, 1);
  for (const std::string& name : parallel_mixers()) {
    const Params params(1), same(1), whole(2);
    const MixerConfig sizes{.dim = 3, .expansion = 2};
    const auto layer = make_mixer(name, params, sizes), plain = mixer_row(name).make_plain(same, sizes);
    compare(
        "one layer of " + name, params, same, x,
        [&](const Tensor& in) {
          State state(2);
          return (*layer)(in, state);
        },
        [&](const Tensor& in) { return unrolled(*plain, in); });

    const Stack stack(whole, {.mixer = name, .layers = 3, .dim = 3, .expansion = 2, .kernel = 3, .mlp = 2});
    compare(
        "3 blocks with " + name, whole, whole, x,
        [&](const Tensor& in) {
          State state(2);
          return stack(in, state);
        },
        [&](const Tensor& in) {
          State state(2);
          std::vector<Tensor> ys;
          for (int64_t t = 0; t < in.size(1); ++t) ys.push_back(stack(slice(in, 1, t, t + 1), state));
          return concatenate(ys, 1);
        });
  }
}

struct Counts {
  int64_t nodes = 0, products = 0;
};

Counts count(const Params& params, int64_t T, const Function& f) {
  params.zero_grad();
  Tensor x = Tensor::full({1, T, 2}, 1);
  x.set_requires_grad(true);
  const int64_t before = counted_products();
  Counts counts;
  Tensor y;
  {
    const Profile profile;
    y = f(x);
    for (const Profile::Row& row : profile.rows()) counts.nodes += row.calls;
  }
  backward({y}, {Tensor::full(y.shape(), 1)});
  counts.products = counted_products() - before;
  return counts;
}

void check_graphs() {
  const std::vector<int64_t> lengths = {16, 256, 4'096, 65'536};
  fmt::print(
      "\n2. The graph of a layer has the same size for any number of steps; the unrolled graph grows\n"
      "3. The same holds for the number of matrix products that depend on each other, forward and backward\n\n"
      "   {:<26}{:>12}{:>12}{:>12}{:>12}\n",
      "steps", 16, 256, "4,096", "65,536");
  struct Case {
    std::string name, mixer;
    bool is_unrolled, is_sequential;
  };
  std::vector<Case> cases;
  for (const std::string& name : parallel_mixers()) cases.push_back({name, name, false, false});
  cases.push_back({cases[0].name + " unrolled", cases[0].name, true, false});
  for (const std::string& name : mixer_names(
           [](const MixerRow& row) { return row.family == MixerFamily::kSequential && !row.gated_state.empty(); }))
    cases.push_back({name, name, false, true});
  for (const auto& [name, mixer, is_unrolled, is_sequential] : cases) {
    const Params params(1);
    const MixerRow& row = mixer_row(mixer);
    const auto layer = (is_unrolled ? row.make_plain : row.make)(params, {.dim = 2});
    std::vector<Counts> counts;
    for (const int64_t T : lengths)
      counts.push_back(count(params, T, [&, as_steps = is_unrolled](const Tensor& x) {
        State state(1);
        return as_steps ? unrolled(*layer, x) : (*layer)(x, state);
      }));
    for (const auto& [what, member] : {std::pair("graph nodes", &Counts::nodes), {"products", &Counts::products}}) {
      fmt::print("   {:<26}", fmt::format("{}: {}", name, what));
      for (const Counts& each : counts) fmt::print("{:>12}", each.*member);
      fmt::print("\n");
    }
    const bool grows_nodes = counts.front().nodes != counts.back().nodes;
    const bool grows_products = counts.front().products != counts.back().products;
    if (!is_unrolled && !is_sequential)
      verdict(!grows_nodes && !grows_products, name + ": both are the same at every length");
    else
      verdict(grows_products && grows_nodes == is_unrolled,
              name + (is_unrolled ? ": both grow with the length" : ": one node, but a product for every step"));
  }
}

void check_scans() {
  fmt::print(
      "\n4. A linear recurrence does not need T dependent steps: combinations (work) and the longest chain (depth)\n\n"
      "   {:<10}{:>22}{:>22}{:>22}{:>22}\n   {:<10}{:>22}{:>22}{:>22}{:>22}\n",
      "steps", "sequential", "chunks of 256", "Hillis-Steele", "Blelloch", "", "work / depth", "work / depth",
      "work / depth", "work / depth");
  for (const int64_t n : {16, 256, 4'096, 65'536}) {
    fmt::print("   {:<10}", n);
    std::vector<ScanCost> costs;
    std::vector<real> last;
    for (const ScanKind kind :
         {ScanKind::kSequential, ScanKind::kChunked, ScanKind::kHillisSteele, ScanKind::kBlelloch}) {
      std::vector<Step> steps;
      Rng rng(1);
      for (int64_t t = 0; t < n; ++t) steps.push_back({rng.uniform(), rng.uniform()});
      costs.push_back(tree_scan(kind, steps, 256));
      last.push_back(steps.back().b);
      fmt::print("{:>22}", fmt::format("{} / {}", costs.back().work, costs.back().depth));
    }
    fmt::print("\n");
    const auto levels = static_cast<int64_t>(std::ceil(std::log2(static_cast<double>(n))));
    bool same = true;
    for (const real each : last) same = same && std::abs(each - last[0]) < 1e-12;
    verdict(same && costs[0].depth == n - 1 && costs[2].depth == levels && costs[3].depth <= 2 * levels &&
                costs[3].work <= 2 * n,
            fmt::format("all four give the same h[{}]; the depth of the trees is {} and {} instead of {}", n - 1,
                        costs[2].depth, costs[3].depth, costs[0].depth));
  }
}

}  // namespace

int main() {
  return scangrad_tools::run_program([] {
    check_gradients();
    check_graphs();
    check_scans();
    fmt::print("\n{}\n", all_hold ? "everything holds" : "something does NOT hold: see above");
    return all_hold ? 0 : 1;
  });
}
