// The logits of a run's network, for convert_test.py to compare.
//
//   run-logits RUN IDS.safetensors LOGITS.safetensors       "ids" (B, T) in, "logits" (B, T, outputs) out
#include <cstdio>

#include "../core/autograd.h"
#include "../core/files/safetensors.h"
#include "../models/runs/trained_run.h"

int main(int argc, char** argv) {
  using namespace scangrad;
  if (argc != 4) {
    std::fprintf(stderr, "usage: run-logits RUN IDS.safetensors LOGITS.safetensors\n");
    return 2;
  }
  const scangrad::TrainedRun run = scangrad::load_run(argv[1]);
  const SafetensorsFile file(argv[2]);
  Ids ids(file.entry("ids").shape);
  const std::vector<int64_t> numbers = file.integers("ids");
  for (int64_t i = 0; i < ids.numel(); ++i) ids.data()[i] = static_cast<int32_t>(numbers[static_cast<size_t>(i)]);
  const NoGrad no_grad;
  State state = run.model->start(ids.size(0));
  SafetensorsWriter writer;
  writer.add("logits", (*run.model)(ids, state));
  writer.save(argv[3]);
}
