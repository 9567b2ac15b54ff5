// Internal: throws Error with a formatted message. Not installed, since it shows fmt.
//
//   check(a.shape() == x.shape(), "scan: x has shape {} but a has {}", x.shape(), a.shape());
#pragma once

#include <fmt/core.h>

#include "error.h"
#include "shape.h"

template <>
struct fmt::formatter<scangrad::Shape> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
  // Defined in shape.cpp, because fmt's own headers take seconds to compile.
  fmt::appender format(const scangrad::Shape& shape, fmt::format_context& context) const;
};

namespace scangrad::SCANGRAD_PRECISION {

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void check(bool holds, fmt::format_string<Args...> format, Args&&... args) {
  if (!holds) [[unlikely]]
    throw Error(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace scangrad::SCANGRAD_PRECISION
