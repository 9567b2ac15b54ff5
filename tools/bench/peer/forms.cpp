#include "forms.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace scangrad_tools {
namespace {

const std::array<std::string, 2> kPrecisions = {"float", "bf16"};

// How many times as long: "1.25x", "340x".
std::string times_text(double ratio) {
  return fmt::format("{:.{}f}x", ratio, ratio < 100 ? 2 : 0);
}

std::string cells(const Form* form, double ours) {
  if (form == nullptr) return std::string(29, ' ');
  if (!form->problem.empty()) return fmt::format("{:>11}{:18}", "failed", "");
  const std::string time = fmt::format("{:.3f}{}", form->seconds * 1e3, form->runs > 1 ? " " : "*");
  return fmt::format("{:>12} {:>8} {:>6}", time, times_text(form->seconds / ours),
                     form->is_compiled() ? fmt::format("{:.0f} s", form->first) : "");
}

const Form* find(const std::vector<Form>& forms, const std::string& name, const std::string& precision) {
  const auto found = std::find_if(forms.begin(), forms.end(),
                                  [&](const Form& form) { return form.name == name && form.precision == precision; });
  return found == forms.end() ? nullptr : &*found;
}

void print_best(const Comparison::Theirs& theirs, double ours) {
  for (const std::string& precision : kPrecisions)
    if (const Form* const best = theirs.best(precision); best != nullptr)
      fmt::print("  best in {:<6} {} {:.3f} ms: {} our time\n", precision + ":", best->name, best->seconds * 1e3,
                 times_text(best->seconds / ours));
  std::map<std::string, double> apart;
  for (const Form& form : theirs.forms)
    if (form.problem.empty()) apart[form.precision] = std::max(apart[form.precision], form.difference);
  std::string line;
  for (const auto& [precision, difference] : apart)
    line += fmt::format("{} {:.0e} in {}", line.empty() ? "" : ",", difference, precision);
  if (!line.empty()) fmt::print("  its forms agree with the plainest one within{}\n", line);
}

}  // namespace

const char* const kFormColumns = "work,peer,form,precision,median_s,runs,first_run_s,difference,ours_median_s,problem";

void print_forms(const Comparison& comparison) {
  for (const Comparison::Theirs& theirs : comparison.peers) {
    fmt::print("  {:<20}{:>11} {:>8} {:>7} {:>11} {:>8} {:>7}\n", theirs.title, "float ms", "to ours", "first",
               "bf16 ms", "to ours", "first");
    std::vector<std::string> names;
    for (const Form& form : theirs.forms)
      if (std::find(names.begin(), names.end(), form.name) == names.end()) names.push_back(form.name);
    bool once = false;
    for (const std::string& name : names) {
      std::string line = fmt::format("  {:<19}", name);
      for (const std::string& precision : kPrecisions)
        line += cells(find(theirs.forms, name, precision), comparison.ours);
      fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
    }
    for (const Form& form : theirs.forms) {
      once = once || (form.problem.empty() && form.runs == 1);
      if (!form.problem.empty()) fmt::print("  {} {}: {}\n", form.name, form.precision, form.problem);
    }
    if (once) fmt::print("  * one run: more than 1.5 times as slow as the best form\n");
    print_best(theirs, comparison.ours);
  }
}

void write_forms(const Csv& csv, const Comparison& comparison) {
  for (const Comparison::Theirs& theirs : comparison.peers)
    for (const Form& form : theirs.forms)
      fmt::print(csv.get(), "{},{},{},{},{},{},{},{},{},\"{}\"\n", comparison.work, theirs.title, form.name,
                 form.precision, form.seconds, form.runs, form.first, form.difference, comparison.ours, form.problem);
  std::fflush(csv.get());
}

}  // namespace scangrad_tools
