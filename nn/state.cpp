#include "state.h"

#include <algorithm>
#include <map>

#include "../core/check.h"
#include "../core/files/safetensors.h"
#include "../core/files/text.h"
#include "../ops/indexing/concat.h"
#include "../ops/indexing/rows.h"

namespace scangrad::SCANGRAD_PRECISION {
namespace {

// The largest position that a file may contain. Later steps cannot overflow from here.
constexpr int64_t kLastPosition = int64_t(1) << 60;

constexpr int kMaxDots = 16;  // parts are visited recursively, and a file may contain any name

// "blocks.0.h" is the tensor "h" of the part "blocks.0", which is the part "0" of the part "blocks".
std::pair<std::string, std::string> split(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return {"", name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

void check_word(const std::string& word, const std::string& name) {
  check(!word.empty() && word != "position",
        "state: name is \"{}\", but one without empty words and without \"position\" is needed", name);
}

}  // namespace

State::State(int64_t rows) : rows_(rows) {
  check(rows >= 1, "state: rows is {}, but at least 1 is needed", rows);
}

State& State::operator/(const std::string& name) {
  check(std::count(name.begin(), name.end(), '.') <= kMaxDots, "state: a name has {} dots, but at most {} are possible",
        std::count(name.begin(), name.end(), '.'), kMaxDots);
  State* at = this;
  for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = name.find('.', begin);
    const std::string word = name.substr(begin, end - begin);
    auto& parts = at->parts_;
    auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& part) { return part.first == word; });
    if (found == parts.end()) {
      check_word(word, name);
      found = parts.emplace(parts.end(), word, State(rows_));
    }
    at = &found->second;
  }
  return *at;
}

Tensor& State::operator[](const std::string& name) {
  const auto [path, word] = split(name);
  if (word.size() < name.size()) return (*this / path)[word];
  for (auto& [known, tensor] : tensors_)
    if (known == name) return tensor;
  check_word(name, name);
  return tensors_.emplace_back(name, Tensor()).second;
}

// Calls f(prefix, state) for this state and every part. The prefix is what full names of its tensors begin with.
template <class F>
void State::visit(const std::string& prefix, F f) const {
  f(prefix, *this);
  for (const auto& [name, part] : parts_) part.visit(prefix + name + ".", f);
}

std::vector<std::pair<std::string, Tensor>> State::list() const {
  std::vector<std::pair<std::string, Tensor>> result;
  visit("", [&](const std::string& prefix, const State& state) {
    for (const auto& [name, tensor] : state.tensors_)
      if (tensor.defined()) result.emplace_back(prefix + name, tensor);
  });
  return result;
}

Tensor State::get(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [known, tensor] : list()) {
    if (known == name) return tensor;
    names.push_back(known);
  }
  check(!names.empty(), "state: there is no {}; the state is empty", name);
  fail("state: there is no {}, the nearest is {}", name, nearest(name, names));
}

void State::set(const std::string& name, const Tensor& tensor) {
  check(!tensor.defined() || (tensor.shape().rank() > 0 && tensor.size(0) == rows_),
        "state: {} has shape {}, but {} rows are needed", name, tensor.shape(), rows_);
  (*this)[name] = tensor;
}

State State::detach() const {
  State result = *this;
  for (auto& [name, tensor] : result.tensors_) tensor = tensor.detach();
  for (auto& [name, part] : result.parts_) part = part.detach();
  return result;
}

State State::rows(const std::vector<int64_t>& which) const {
  for (const int64_t row : which) check_row(row);
  State result = *this;
  result.rows_ = State(static_cast<int64_t>(which.size())).rows_;
  for (auto& [name, tensor] : result.tensors_)
    if (tensor.defined()) tensor = select_rows(tensor, which);
  for (auto& [name, part] : result.parts_) part = part.rows(which);
  if (positions_.size() == 1) return result;
  result.positions_.clear();
  for (const int64_t row : which) result.positions_.push_back(position(row));
  return result;
}

State State::merge(const std::vector<State>& parts) {
  check(!parts.empty(), "state: there are no parts, but at least one is needed");
  int64_t rows = 0;
  std::map<std::string, size_t> seen;  // for each tensor, in how many parts it is defined
  for (const State& part : parts) {
    rows += part.rows();
    for (const auto& [name, tensor] : part.list()) ++seen[name];
  }
  for (const auto& [name, count] : seen)
    check(count == parts.size(), "state: {} is defined in {} of {} parts, but all or none are needed", name, count,
          parts.size());

  State result(rows);
  for (const auto& [name, first] : parts[0].list()) {
    std::vector<Tensor> pieces;
    for (const State& part : parts) pieces.push_back(part.get(name));
    result.set(name, concatenate(pieces, 0));
  }
  int64_t offset = 0;
  for (const State& part : parts) {
    part.visit("", [&](const std::string& prefix, const State& from) {
      State& to = result.part(prefix);
      for (int64_t row = 0; row < from.rows_; ++row) to.set_position(offset + row, from.position(row));
    });
    offset += part.rows_;
  }
  return result;
}

// Positions are saved as one number for each row. Those of the state itself are always saved: they tell the number of
// rows. Those of a part are saved if one of them is not zero.
void State::save(SafetensorsWriter& writer, const std::string& prefix) const {
  visit(prefix, [&](const std::string& path, const State& state) {
    for (const auto& [name, tensor] : state.tensors_)
      if (tensor.defined()) writer.add(path + name, tensor);
    std::vector<int64_t> positions;
    for (int64_t row = 0; row < rows_; ++row) positions.push_back(state.position(row));
    if (path == prefix || std::any_of(positions.begin(), positions.end(), [](int64_t p) { return p != 0; }))
      writer.add(path + "position", positions);
  });
}

State State::load(const SafetensorsFile& file, const std::string& prefix) {
  check(file.has(prefix + "position"), "state: {} holds no state under \"{}\"", file.path(), prefix);
  State state(file.entry(prefix + "position").shape.numel());
  std::vector<std::string> places;  // names of positions; set last, after the tensors have created the parts in order
  for (const SafetensorsFile::Entry& entry : file.entries()) {
    if (!entry.name.starts_with(prefix)) continue;
    const std::string name = entry.name.substr(prefix.size());
    if (split(name).second == "position")
      places.push_back(name);
    else
      state.set(name, file.tensor(entry.name));
  }
  for (const std::string& name : places) {
    const std::vector<int64_t> positions = file.integers(prefix + name);
    check(static_cast<int64_t>(positions.size()) == state.rows_, "state: {}: {} has {} numbers for {} rows",
          file.path(), prefix + name, positions.size(), state.rows_);
    State& part = state.part(name.substr(0, name.size() - std::string("position").size()));
    for (int64_t row = 0; row < state.rows_; ++row) part.set_position(row, positions[static_cast<size_t>(row)]);
  }
  return state;
}

int64_t State::position(int64_t row) const {
  check_row(row);
  return positions_.size() == 1 ? positions_[0] : positions_[static_cast<size_t>(row)];
}

void State::set_position(int64_t row, int64_t position) {
  check(position >= 0, "state: position is {}, but at least 0 is needed", position);
  check(position <= kLastPosition, "state: position is {}, but at most 2^60 is possible", position);
  if (position == this->position(row)) return;
  if (positions_.size() == 1) positions_.assign(static_cast<size_t>(rows_), positions_[0]);
  positions_[static_cast<size_t>(row)] = position;
}

void State::advance(int64_t steps) {
  for (int64_t& position : positions_) position += steps;
}

void State::check_row(int64_t row) const {
  check(row >= 0 && row < rows_, "state: row is {}, but there are {} rows", row, rows_);
}

State& State::part(const std::string& prefix) {
  return prefix.empty() ? *this : *this / prefix.substr(0, prefix.size() - 1);
}

}  // namespace scangrad::SCANGRAD_PRECISION
