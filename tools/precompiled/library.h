// Precompiled, since nearly every source of the library includes these.
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../core/check.h"
#include "../../core/tensor.h"
