#include "../../../models/data/sequence_data.h"

#include <cstring>
#include <limits>
#include <set>

#include "../../temporary_folder.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

// Integers as np.save writes them.
void save_integers(const std::string& path, const Shape& shape, const std::vector<int64_t>& numbers) {
  save_npy(path, shape, std::vector<double>(numbers.size()));
  std::string content = read_file(path);
  content.replace(content.find("<f8"), 3, "<i8");
  std::memcpy(content.data() + content.size() - numbers.size() * 8, numbers.data(), numbers.size() * 8);
  write_file(path, content);
}

// Four sequences of up to three steps of two numbers.
struct Fixture {
  TemporaryFolder folder;
  std::string x = folder.file("x.npy"), y = folder.file("y.npy"), n = folder.file("n.npy");
  Fixture() {
    std::vector<double> numbers;
    for (int i = 0; i < 24; ++i) numbers.push_back(i);
    save_npy(x, {4, 3, 2}, numbers);
    save_integers(y, {4}, {0, 2, 1, 2});
    save_integers(n, {4}, {3, 1, 2, 3});
  }
  SequenceData open(Head head = Head::kLast, const SeriesShares& shares = {0, 0}) const {
    return SequenceData::open({x, y, n, head}, shares);
  }
};

}  // namespace

TEST_CASE("sequence_data: the fingerprint depends on steps and labels, not on padding, part or head") {
  const Fixture f;
  const uint64_t fingerprint = f.open().fingerprint();
  CHECK(f.open(Head::kLast, {0.25, 0.25}).fingerprint() == fingerprint);
  CHECK(f.open(Head::kStep).fingerprint() == fingerprint);
  std::vector<double> numbers;
  for (int i = 0; i < 24; ++i) numbers.push_back(i);
  numbers[11] = 99;  // the last step of the second sequence, which has one
  save_npy(f.x, {4, 3, 2}, numbers);
  CHECK(f.open().fingerprint() == fingerprint);
  save_integers(f.n, {4}, {3, 2, 2, 3});
  CHECK(f.open().fingerprint() != fingerprint);
  save_integers(f.n, {4}, {3, 1, 2, 3});
  save_integers(f.y, {4}, {0, 2, 1, 1});
  CHECK(f.open().fingerprint() != fingerprint);
  save_integers(f.y, {4}, {0, 2, 1, 2});
  numbers[0] = 0.5;
  save_npy(f.x, {4, 3, 2}, numbers);
  CHECK(f.open().fingerprint() != fingerprint);
}

TEST_CASE("sequence_data: a batch has its steps and lengths, and zeros as padding") {
  const Fixture f;
  const SequenceData data = f.open();
  CHECK(data.is_classes());
  CHECK(data.outputs() == 3);
  CHECK(data.width() == 2);
  CHECK(data.steps() == 3);
  const SequenceBatch batch = data.batch({2, 1});
  CHECK(batch.inputs.shape() == Shape{2, 3, 2});
  const Scaling& scaling = data.scaling().inputs;
  CHECK(scaling.mean[0] == doctest::Approx((0 + 2 + 4 + 6 + 12 + 14 + 18 + 20 + 22) / 9.0));  // of what counts
  for (int64_t i = 0; i < 4; ++i)
    CHECK(scaling.to_units(static_cast<double>(batch.inputs.data()[i]), i % 2) == doctest::Approx(12.0 + double(i)));
  CHECK(batch.inputs.data()[4] == 0);
  CHECK(batch.inputs.data()[8] == 0);
  CHECK(batch.classes.shape() == Shape{2});
  CHECK(batch.classes[0] == 1);
  CHECK(batch.classes[1] == 2);
  CHECK(!batch.counted.defined());
  const SpanList spans = batch.at.spans(2, 3);
  CHECK(spans[0].end == 2);
  CHECK(spans[2].end == 1);
}

TEST_CASE("sequence_data: with a label at every step, each step that is no padding has one") {
  const Fixture f;
  const SequenceBatch whole = f.open(Head::kStep).batch({2});
  CHECK(std::vector<int32_t>(whole.classes.data(), whole.classes.data() + 3) == std::vector<int32_t>{1, 1, -1});
  CHECK(std::vector<int32_t>(whole.counted.data(), whole.counted.data() + 3) == std::vector<int32_t>{1, 1, 0});
  save_integers(f.y, {4, 3}, {0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0});
  const SequenceData data = f.open(Head::kStep);
  const SequenceBatch steps = data.batch({2});
  CHECK(std::vector<int32_t>(steps.classes.data(), steps.classes.data() + 3) == std::vector<int32_t>{1, 0, -1});
  CHECK(data.labels(1) == std::vector<double>{1});
}

TEST_CASE("sequence_data: real labels are standardized, and may have several numbers") {
  const Fixture f;
  save_npy(f.y, {4, 2}, {1, 10, 2, 10, 3, 10, 6, 10});
  const SequenceData data = f.open(Head::kMean);
  CHECK(!data.is_classes());
  CHECK(data.outputs() == 2);
  CHECK(data.scaling().labels.mean == std::vector<double>{3, 10});
  const SequenceBatch batch = data.batch({3, 0});
  CHECK(batch.targets.shape() == Shape{2, 2});
  CHECK(data.scaling().labels.to_units(static_cast<double>(batch.targets.data()[0]), 0) == doctest::Approx(6));
  CHECK(batch.targets.data()[1] == 0);
  save_npy(f.y, {4, 3, 1}, {0, 0, 0, 1, 1, 1, 2, 3, 4, 3, 3, 3});
  const SequenceBatch steps = f.open(Head::kStep).batch({2});
  CHECK(steps.targets.shape() == Shape{1, 3, 1});
  CHECK(steps.targets.data()[2] == 0);
  CHECK(steps.counted[2] == 0);
  save_npy(f.y, {4}, {1, 2, 3, 6});
  CHECK(f.open(Head::kStep).batch({2}).targets.shape() == Shape{1, 3, 1});
}

TEST_CASE("sequence_data: the parts hold every sequence once, the same each time") {
  const TemporaryFolder folder;
  const std::string x = folder.file("x.npy"), y = folder.file("y.npy");
  save_npy(x, {50, 2}, std::vector<double>(100));
  save_integers(y, {50}, std::vector<int64_t>(50, 1));
  const SequenceData data = SequenceData::open({x, y, ""}, {.validation = 0.2, .test = 0.1});
  CHECK(data.validation().size() == 10);
  CHECK(data.test().size() == 5);
  std::set<int64_t> seen;
  for (const auto* part : {&data.training(), &data.validation(), &data.test()}) seen.insert(part->begin(), part->end());
  CHECK(seen.size() == 50);
  CHECK(!std::is_sorted(data.training().begin(), data.training().end()));
  CHECK(SequenceData::open({x, y, ""}, {.validation = 0.2, .test = 0.1}).test() == data.test());
}

TEST_CASE("sequence_data: errors name wrong sizes") {
  const Fixture f;
  const auto refused = [&](Head head = Head::kLast, const SeriesShares& shares = {0, 0}) {
    return error_of([&] { f.open(head, shares); });
  };
  const auto with = [](const std::string& path, const Shape& shape, const std::vector<int64_t>& numbers, auto check) {
    const std::string before = read_file(path);
    save_integers(path, shape, numbers);
    check();
    write_file(path, before);
  };
  CHECK(refused(Head::kLast, {1, 0}) == "sequences: a share is 1, but 0 to below 1 is needed");
  CHECK(refused(Head::kLast, {0.9, 0.9}) ==
        "sequences: " + f.x + " has 4 sequences, of which none is left to train on");
  with(f.x, {4}, {1, 2, 3, 4}, [&] {
    CHECK(refused() ==
          "sequences: " + f.x + " has shape [4], but (N, T, F) or (N, T) with at least one step is needed");
  });
  with(f.y, {3}, {1, 2, 3}, [&] {
    CHECK(refused() == "sequences: " + f.y + " has shape [3], but labels of 4 sequences of 3 steps are needed");
  });
  with(f.y, {4, 1}, {1, 2, 3, 4}, [&] {
    CHECK(refused() == "sequences: " + f.y + " has shape [4, 1], but labels of 4 sequences of 3 steps are needed");
    CHECK(refused(Head::kStep) ==
          "sequences: " + f.y +
              " has shape [4, 1], but labels, or one for each step, of 4 sequences of 3 steps are needed");
  });
  with(f.y, {4}, {1, 2, -3, 4},
       [&] { CHECK(refused() == "sequences: " + f.y + " holds -3 at element 2, but classes are 0 to 999999"); });
  with(f.y, {4}, {1, 2, 3, 1'000'000'000'000}, [&] {
    CHECK(refused() == "sequences: " + f.y + " holds 1000000000000 at element 3, but classes are 0 to 999999");
  });
  with(f.n, {4}, {1, 2, 0, 3},
       [&] { CHECK(refused() == "sequences: " + f.n + " holds 0 at element 2, but a length is 1 to 3"); });
  with(f.n, {4}, {1, 2, 1, 4},
       [&] { CHECK(refused() == "sequences: " + f.n + " holds 4 at element 3, but a length is 1 to 3"); });
  with(f.n, {3}, {1, 2, 1}, [&] {
    CHECK(refused() == "sequences: " + f.n + " has shape [3], but 4 whole numbers, the lengths, are needed");
  });
  std::vector<double> holes(24);
  holes[10] = std::numeric_limits<double>::quiet_NaN();  // padding of sequence 1
  save_npy(f.x, {4, 3, 2}, holes);
  CHECK(refused() == "(no error)");
  holes[12] = std::numeric_limits<double>::infinity();
  save_npy(f.x, {4, 3, 2}, holes);
  CHECK(refused() == "sequences: " + f.x + " holds inf in sequence 2, but every value is needed");
}

TEST_CASE("sequence_data: errors name data that differs from the network's training data") {
  const Fixture f;
  const SeriesScaling one{{{"0"}, {0}, {1}}, {}, 3}, two{{{"0", "1"}, {0, 0}, {1, 1}}, {}, 2},
      real_labels{{{"0", "1"}, {0, 0}, {1, 1}}, {{"0"}, {0}, {1}}, 0}, right{{{"0", "1"}, {0, 0}, {1, 2}}, {}, 5};
  const auto refused = [&](const SeriesScaling& known) {
    return error_of([&] { SequenceData::open({f.x, f.y, f.n}, {0, 0}, &known); });
  };
  CHECK(refused(one) == "sequences: " + f.x + " has 2 numbers a step, but the network was trained on 1");
  CHECK(refused(two) == "sequences: " + f.y + " has 3 classes or numbers a label, but the network has 2");
  CHECK(refused(real_labels) == "sequences: " + f.y + " holds classes, but the network was trained on real labels");
  CHECK(refused(right) == "(no error)");
  CHECK(SequenceData::open({f.x, f.y, f.n}, {0, 0}, &right).batch({0}).inputs.data()[1] == doctest::Approx(0.5));
  save_npy(f.y, {4, 2}, std::vector<double>(8));
  CHECK(refused(right) == "sequences: " + f.y + " holds real labels, but the network was trained on classes");
  CHECK(refused(real_labels) == "sequences: " + f.y + " has 2 classes or numbers a label, but the network has 1");
}
