// Precompiled, since every file that parses the command line begins with it. Others do not: it takes seconds.
#include <CLI/CLI.hpp>

#include "../commands/commands.h"
