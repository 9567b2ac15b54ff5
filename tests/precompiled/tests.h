// Precompiled, since every test begins with it.
#include "../testing.h"
