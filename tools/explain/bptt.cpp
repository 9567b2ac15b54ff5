// scangrad explain bptt: the argument that minGRU needs no backpropagation through time, and what `check bptt`
// measures.
#include <fmt/format.h>

#include "explain.h"

namespace scangrad_tools {

int explain_bptt() {
  fmt::print(
      "Backpropagation through time unrolls a recurrent network: it makes a copy of\n"
      "the network for each step, runs the copies one after the other, keeps what\n"
      "each of them computed, and then goes back through them, again one after the\n"
      "other. The work of a step, its matrix products, waits for the step before it,\n"
      "and memory grows with every operation of every step.\n"
      "\n"
      "A GRU needs this, because its matrix products take h[t-1] as input (scangrad\n"
      "explain gru). minGRU and minLSTM do not:\n"
      "\n"
      "  1. Gates and candidates of all steps come from x, in one matrix product.\n"
      "  2. What is left is h[t] = a[t] h[t-1] + b[t]. It is one operation of the\n"
      "     graph, for any number of steps (scangrad explain scan).\n"
      "  3. Its gradient is a recurrence of the same kind, from the right. The\n"
      "     operation computes it from a and h. No step becomes a node of the graph.\n"
      "  4. The gradients of the weights come from one matrix product over all steps.\n"
      "\n"
      "The gradient is exact. It is not truncated, and it is not an approximation.\n"
      "The backward scan is still a recurrence over time. What disappears is the chain\n"
      "of matrix products and the unrolled graph, not the order of the multiply-adds.\n"
      "\n"
      "`scangrad check bptt` measures this, in double precision:\n"
      "\n"
      "  * The gradient of the scan equals the gradient of the same network unrolled\n"
      "    step by step, to rounding (1e-14), and central differences.\n"
      "  * The number of nodes in the graph, and the number of matrix products that\n"
      "    wait for one another, are the same for 16 and for 65,536 steps. In the\n"
      "    unrolled network both grow. Our GRU is one node, too, but its products\n"
      "    grow: inside this node it unrolls time.\n"
      "  * Four ways to compute a scan: their work, and their longest chain of\n"
      "    operations.\n");
  return 0;
}

}  // namespace scangrad_tools
