// The C interface: networks built, trained and run from C99, and from whatever can call C. Installed as
// <scangrad/c.h>.
//
//   scangrad_model* model;
//   double loss;
//   scangrad_model_create("{\"vocab\": 8, \"mixer\": \"mingru\", \"layers\": 2, \"dim\": 64, \"lr\": 0.003}", &model);
//   for (int step = 0; step < 100; ++step)
//     scangrad_loss_ids(model, NULL, ids, targets, NULL, /*rows=*/4, /*steps=*/16, SCANGRAD_TRAIN, &loss);
//   scangrad_save(model, "model.safetensors");
//   scangrad_model_free(model);
//
// Errors: a function returns SCANGRAD_OK or another status, and then scangrad_last_error() says in one line what was
// wrong. No exception leaves a function. One that fails changes nothing, results included, unless it says so.
//
// Memory: arrays are the caller's, dense and row-major, and are looked at during the call alone. No pointer may be
// null but where that is said. B is rows, T is steps.
//
// Threads: any thread may call, and several models work side by side. A model with its states is for one thread at a
// time: a call that finds another thread in one returns SCANGRAD_BUSY. No thread may be in a call on what is freed.
//
// Precision: `scangrad_real` is float. Compiled with SCANGRAD_DOUBLE, which `pkg-config --cflags scangrad_f64` does, it
// is double, and every name here stands for one that begins with scangrad_f64_, in the library scangrad_f64. A program
// may link both.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(SCANGRAD_DOUBLE)
#define scangrad_model scangrad_f64_model
#define scangrad_state scangrad_f64_state
#define scangrad_sizes scangrad_f64_sizes
#define scangrad_parameter scangrad_f64_parameter
#define scangrad_real scangrad_f64_real
#define scangrad_c_version scangrad_f64_c_version
#define scangrad_last_error scangrad_f64_last_error
#define scangrad_threads scangrad_f64_threads
#define scangrad_set_threads scangrad_f64_set_threads
#define scangrad_model_create scangrad_f64_model_create
#define scangrad_model_open scangrad_f64_model_open
#define scangrad_model_free scangrad_f64_model_free
#define scangrad_model_sizes scangrad_f64_model_sizes
#define scangrad_model_parameter scangrad_f64_model_parameter
#define scangrad_state_create scangrad_f64_state_create
#define scangrad_state_copy scangrad_f64_state_copy
#define scangrad_state_rows scangrad_f64_state_rows
#define scangrad_state_reset scangrad_f64_state_reset
#define scangrad_state_free scangrad_f64_state_free
#define scangrad_forward_ids scangrad_f64_forward_ids
#define scangrad_forward_series scangrad_f64_forward_series
#define scangrad_loss_ids scangrad_f64_loss_ids
#define scangrad_loss_series scangrad_f64_loss_series
#define scangrad_step scangrad_f64_step
#define scangrad_zero_gradients scangrad_f64_zero_gradients
#define scangrad_set_lr scangrad_f64_set_lr
#define scangrad_set_seed scangrad_f64_set_seed
#define scangrad_sample scangrad_f64_sample
#define scangrad_save scangrad_f64_save
#define scangrad_load scangrad_f64_load
#define scangrad_save_checkpoint scangrad_f64_save_checkpoint
#define scangrad_load_checkpoint scangrad_f64_load_checkpoint
typedef double scangrad_real;
#else
typedef float scangrad_real;
#endif

#if defined(__cplusplus)
extern "C" {
#endif

// Of this interface: counts up when something is added. Nothing goes or changes as long as the library's soname stays.
#define SCANGRAD_C_VERSION 2
// SCANGRAD_C_VERSION of the library: at least that of the header that a program was compiled with.
int scangrad_c_version(void);

enum {
  SCANGRAD_OK = 0,
  SCANGRAD_ERROR = 1,
  SCANGRAD_BUSY = 2,  // another thread is in a call on the model: the same call may succeed later
};

// What was wrong with the last call of this thread that failed; "" where none did. Good until the next one fails.
const char* scangrad_last_error(void);

// Threads that kernels of this precision may use, one number for the whole process: at the start, what the machine and
// OMP_NUM_THREADS allow. Results do not depend on it. Errors: fewer than 1.
int scangrad_threads(void);
int scangrad_set_threads(int count);

// A network with its optimizer and its random numbers.
typedef struct scangrad_model scangrad_model;

// `config` is a JSON object with those keys of the program's config.json that are about network and optimizer. It has
// either "vocab", and the network reads ids below that, or "inputs", and it reads that many numbers at each step.
// Everything else may be missing:
//
//   "outputs": 0      numbers of each step's result; 0: as many as vocab. With inputs: 1
//   "mixer": "mingru", "layers": 3, "dim": 64, "expansion": 6, "kernel": 0, "mlp": 0,
//   "mlp_kind": "gelu", "norm": "rms", "dropout": 0, "recompute": false    see `scangrad train text --help-all`
//   The mixer's own options stand next to its name, or in an object: "mixer": {"name": "mamba", "states": 16}. They
//   are listed by `scangrad train text --mixer NAME --help-all`. Options of other mixers are an error in this object;
//   outside of it they are ignored.
//   "embed_dropout": 0, "tied": false, "positions": 0                with vocab only
//   "lr": 3e-4, "weight_decay": 0.05, "beta1": 0.9, "beta2": 0.999, "decay_policy": "paper", "clip": 1      AdamW
//   "seed": 42        of weights, dropout and samples
//   "precision": "float"    of the products of SCANGRAD_GRADIENT and SCANGRAD_TRAIN: "bf16" rounds their operands
//
// The caller frees the model; where the call fails it is null. Errors: text that is no JSON object, an unknown key
// (the nearest known one is named), a value of another kind or out of its range.
int scangrad_model_create(const char* config, scangrad_model** model);
// The network in a folder that `scangrad train` or `convert` left, with its best weights and a new
// optimizer. Ids are those of the folder's vocab.json; numbers of series are standardised by its scaling.json.
// The caller frees the model; where the call fails it is null. Errors: no run in the folder, one with a single result
// for a whole sequence ("head": "last" or "mean").
int scangrad_model_open(const char* folder, scangrad_model** model);
// Null is no error. States may be freed before or after their model.
void scangrad_model_free(scangrad_model* model);

typedef struct scangrad_sizes {
  int64_t inputs;      // ids that it knows, or numbers of a step
  int64_t outputs;     // numbers of each step's result
  int64_t parameters;  // arrays of weights
  int64_t count;       // numbers in all of these
} scangrad_sizes;

int scangrad_model_sizes(const scangrad_model* model, scangrad_sizes* sizes);

typedef struct scangrad_parameter {
  const char* name;  // as in files of weights: "blocks.0.mixer.to_out.weight"
  int64_t rank;
  int64_t shape[6];
  int64_t count;  // of its numbers
  scangrad_real* values;
  const scangrad_real* gradient;
} scangrad_parameter;

// Parameter 0 ... parameters - 1. Its pointers are good as long as the model. Between calls, values may be read and
// written. The gradient is the one at this call, zeros where there is none: ask again after the next one was added.
int scangrad_model_parameter(scangrad_model* model, int64_t index, scangrad_parameter* parameter);

// What a model remembers of B sequences from one call to the next. Belongs to one model. The caller frees it; where
// its creation fails it is null.
typedef struct scangrad_state scangrad_state;

// The start of B sequences.
int scangrad_state_create(const scangrad_model* model, int64_t rows, scangrad_state** state);
// A state of its own with the same memory: a place to come back to.
int scangrad_state_copy(const scangrad_state* state, scangrad_state** copy);
// A state of `count` of the rows, in any order and also repeatedly: to continue some, or each in several ways.
int scangrad_state_rows(const scangrad_state* state, const int64_t* rows, int64_t count, scangrad_state** picked);
// Back to the start of its sequences. A single row is reset by the mask `reset` of the next call.
int scangrad_state_reset(scangrad_state* state);
void scangrad_state_free(scangrad_state* state);  // null is no error

// In the next four, `state` of B rows is where the sequences continue, and is replaced by the one after their last
// step; null: they start from the beginning, and nothing is kept. A whole sequence, its parts one after the other, and
// single steps (T = 1) give the same. `reset` (B, T) may be null; where it is not 0, a new sequence begins at that
// step.

// ids (B, T), or x (B, T, inputs), to results of the last n steps, (B, n, outputs), without dropout. `size` is the
// number of places in the array of results; it says n, because it must be B * n * outputs with 1 <= n <= T. Of ids,
// results are logits.
// Errors: sizes below 1 or that do not fit, an id outside the vocabulary, a model of the other kind, a state of another
// model, a sequence longer than "positions".
int scangrad_forward_ids(const scangrad_model* model, scangrad_state* state, const int32_t* ids, const int32_t* reset,
                         int64_t rows, int64_t steps, scangrad_real* logits, int64_t size);
int scangrad_forward_series(const scangrad_model* model, scangrad_state* state, const scangrad_real* x,
                            const int32_t* reset, int64_t rows, int64_t steps, scangrad_real* y, int64_t size);

// What is done with a loss.
enum {
  SCANGRAD_EVALUATE = 0,  // nothing more
  SCANGRAD_GRADIENT = 1,  // with dropout; its gradient is added to those of the parameters
  SCANGRAD_TRAIN = 2,     // the same, and then a step of AdamW
};

// The loss of a batch: of ids the mean cross-entropy, in nats, with targets (B, T) below outputs, -1 where a step does
// not count; of a series the mean squared error, with targets (B, T, outputs). The gradient goes back to the start of
// the batch, not into the state before it. `loss` may be null.
// Errors: those above, targets that are no class or none of which counts, those of scangrad_step; after the last, all
// gradients are forgotten, so that training can continue with another batch. The running statistics of "norm": "batch"
// may have moved.
int scangrad_loss_ids(scangrad_model* model, scangrad_state* state, const int32_t* ids, const int32_t* targets,
                      const int32_t* reset, int64_t rows, int64_t steps, int mode, double* loss);
int scangrad_loss_series(scangrad_model* model, scangrad_state* state, const scangrad_real* x,
                         const scangrad_real* targets, const int32_t* reset, int64_t rows, int64_t steps, int mode,
                         double* loss);

// A step of AdamW along the gradients that were added since the last one, which are then forgotten. `norm` may be null:
// the length of all gradients together, before clipping. Errors: a gradient that is not finite.
int scangrad_step(scangrad_model* model, double* norm);
int scangrad_zero_gradients(scangrad_model* model);
// The learning rate from the next step on. Errors: outside of 0 to 1e6.
int scangrad_set_lr(scangrad_model* model, double lr);

// Seeds the random numbers of dropout and of samples. Weights stay.
int scangrad_set_seed(scangrad_model* model, uint64_t seed);
// Draws an id by logits (outputs) of one step: from softmax(logits / temperature), where temperature 0 means the
// largest; of the top_k largest only (0: all), and of those that make up the probability top_p.
// Errors: options out of their range, a logit that is not finite.
int scangrad_sample(scangrad_model* model, const scangrad_real* logits, double temperature, int64_t top_k, double top_p,
                    int32_t* id);

// The weights, as safetensors under the parameters' names; the program's model.safetensors is such a file. It is there
// complete or not at all. Errors: the file cannot be written.
int scangrad_save(const scangrad_model* model, const char* path);
// Errors: no such file or not of that format, names or shapes that are not those of the parameters.
int scangrad_load(scangrad_model* model, const char* path);

// The weights with all that is needed to resume training as if it had never stopped: moments and steps of AdamW, and
// how many random numbers were drawn. The seed and the learning rate are those of the model that loads it.
int scangrad_save_checkpoint(scangrad_model* model, const char* path);
int scangrad_load_checkpoint(scangrad_model* model, const char* path);

#if defined(__cplusplus)
}
#endif
