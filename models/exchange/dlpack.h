// Arrays of other libraries, and arrays for them, without a copy: the DLPack interface.
//
//   Tensor x = from_dlpack(managed);                  // holds their memory; calls their deleter at the end
//   DLManagedTensorVersioned* m = to_dlpack(y);       // they hold ours until they call m->deleter(m)
//
// Taken are row-major arrays without gaps of the library's own precision in the CPU's memory, at any address that suits
// an element; of read-only memory, read-only tensors. Nothing is taken over before all is checked: after an error the
// array belongs to who offered it. Ids share 32-bit integers; 64-bit and 8-bit ones, truth values, and what is
// read-only they copy.
//
// The structures are those of <dlpack/dlpack.h>; who includes that may hand its own to these functions. Both forms are
// understood: versioned (1.x), and the older one, which cannot say that memory is read-only.
//
// Errors: another dtype or device, gaps or another order than row-major, an address that does not suit an element, more
// than 6 axes, a version that is not 1.x; ids beyond 32 bits; read-only memory given in the older form.
#pragma once

#include "../../core/ids.h"
#include "../../core/tensor.h"

struct DLManagedTensor;
struct DLManagedTensorVersioned;

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor from_dlpack(DLManagedTensorVersioned* array);
SCANGRAD_API Tensor from_dlpack(DLManagedTensor* array);
SCANGRAD_API Ids ids_from_dlpack(DLManagedTensorVersioned* array);
SCANGRAD_API Ids ids_from_dlpack(DLManagedTensor* array);

// The numbers of a tensor, outside the graph. Errors: an undefined tensor.
SCANGRAD_API DLManagedTensorVersioned* to_dlpack(const Tensor& tensor);
SCANGRAD_API DLManagedTensor* to_dlpack_unversioned(const Tensor& tensor);

}  // namespace scangrad::SCANGRAD_PRECISION
