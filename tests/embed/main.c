// Trains a minGRU from C: counting modulo 8.
#include <scangrad/c.h>
#include <stdio.h>

int main(void) {
  const char* config =
      "{\"vocab\": 8, \"mixer\": \"mingru\", \"layers\": 1, \"dim\": 16, \"expansion\": 2, \"lr\": 0.01}";
  scangrad_model* model;
  int status = scangrad_model_create(config, &model);
  int32_t inputs[4 * 16], targets[4 * 16];
  double loss = 0;
  for (int i = 0; i < 4 * 16; ++i) {
    inputs[i] = i % 8;
    targets[i] = (i + 1) % 8;
  }
  for (int step = 0; step < 50 && status == SCANGRAD_OK; ++step)
    status = scangrad_loss_ids(model, NULL, inputs, targets, NULL, /*rows=*/4, /*steps=*/16, SCANGRAD_TRAIN, &loss);
  if (status == SCANGRAD_OK)
    printf("loss %.3f\n", loss);
  else
    fprintf(stderr, "%s\n", scangrad_last_error());
  scangrad_model_free(model);
  return status;
}
