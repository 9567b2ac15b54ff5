// Internal: what a call of the C interface throws becomes a status and a line of text. Nothing gets past it.
#pragma once

#include <algorithm>
#include <cstring>
#include <new>

#include "../../nn/in_use.h"
#include "c_api.h"

namespace scangrad::SCANGRAD_PRECISION {

// A fixed place, since a message may have to be kept when there is no memory left.
using ErrorText = char[1024];

template <class F>
int status_of(ErrorText& text, F f) noexcept {
  const auto keep = [&text](const char* message, int status) {
    const size_t length = std::min(std::strlen(message), sizeof text - 1);
    std::memcpy(text, message, length);
    text[length] = '\0';
    return status;
  };
  try {
    f();
    return SCANGRAD_OK;
  } catch (const Busy& error) {
    return keep(error.what(), SCANGRAD_BUSY);
  } catch (const std::bad_alloc&) {
    return keep("scangrad: the system has no more memory", SCANGRAD_ERROR);
  } catch (const std::exception& error) {
    return keep(error.what(), SCANGRAD_ERROR);
  } catch (...) {
    return keep("scangrad: something was thrown that is no exception", SCANGRAD_ERROR);
  }
}

}  // namespace scangrad::SCANGRAD_PRECISION
