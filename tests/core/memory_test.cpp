#include "../testing.h"
