// Precompiled, since every command begins with it.
#include "../commands/commands.h"
