// Precompiled, since every part of the Python module includes it.
#include "../python/arguments.h"
