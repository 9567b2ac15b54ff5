// Precompiled, since every command begins with it.
#include "../commands.h"
