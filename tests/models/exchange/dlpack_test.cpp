#include "../../../models/exchange/dlpack.h"

#include "../../../models/exchange/dlpack_abi.h"
#include "../../testing.h"

using namespace scangrad;

namespace {

constexpr uint8_t kBits = 8 * sizeof(real);
const std::string kName = kDouble ? "float64" : "float32";

// An array as another library would hand it over; counts how often its deleter is called.
template <class Managed>
struct Foreign {
  template <class T>
  Foreign(T* data, std::vector<int64_t> sizes, uint8_t code, std::vector<int64_t> strides = {})
      : shape(std::move(sizes)), steps(std::move(strides)) {
    managed.dl_tensor = {data,
                         {kDLCPU, 0},
                         static_cast<int32_t>(shape.size()),
                         {code, static_cast<uint8_t>(8 * sizeof(T)), 1},
                         shape.data(),
                         steps.empty() ? nullptr : steps.data(),
                         0};
    managed.manager_ctx = &deleted;
    managed.deleter = [](Managed* self) { ++*static_cast<int64_t*>(self->manager_ctx); };
    if constexpr (std::is_same_v<Managed, DLManagedTensorVersioned>) managed.version = {1, 1};
  }
  explicit Foreign(std::vector<real>& values) : Foreign(values.data(), {int64_t(values.size())}, kDLFloat) {}
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;

  Managed managed{};
  std::vector<int64_t> shape, steps;
  int64_t deleted = 0;
};
using Versioned = Foreign<DLManagedTensorVersioned>;
using Unversioned = Foreign<DLManagedTensor>;

template <class Array>
void check_shared() {
  std::vector<real> numbers = {1, 2, 3, 4, 5, 6};
  Array array(numbers.data(), {2, 3}, kDLFloat, {3, 1});
  {
    Tensor x = from_dlpack(&array.managed);
    CHECK(x.shape() == Shape{2, 3});
    CHECK(x.data() == numbers.data());
    numbers[4] = 50;
    CHECK(x.values()[4] == 50);
    x.mutable_data()[0] = 10;
    CHECK(numbers[0] == 10);
    const Tensor flat = x.reshape({6});
    x = Tensor();
    CHECK(array.deleted == 0);
  }
  CHECK(array.deleted == 1);
}

// What offering an array to become a tensor says; afterwards it still belongs to who offered it.
template <class Array>
std::string refusal(Array& array) {
  const std::string message = error_of([&] { from_dlpack(&array.managed); });
  CHECK(array.deleted == 0);
  return message;
}

}  // namespace

TEST_CASE("dlpack: an array is shared, and its deleter called once when the last handle dies") {
  check_shared<Versioned>();
  check_shared<Unversioned>();
}

TEST_CASE("dlpack: an array starts at its offset, at any aligned address of an element") {
  std::vector<real> numbers = {1, 2, 3, 4};
  Versioned array(numbers.data(), {3}, kDLFloat);
  array.managed.dl_tensor.byte_offset = sizeof(real);
  CHECK(from_dlpack(&array.managed).values() == std::vector<real>{2, 3, 4});
  array.managed.dl_tensor.byte_offset = 2;
  array.deleted = 0;
  CHECK(refusal(array) == "dlpack: the array's address is 2 bytes above a multiple of " + std::to_string(sizeof(real)) +
                              ", but a multiple is needed");
}

TEST_CASE("dlpack: strides of axes with one index, and of empty arrays, do not matter") {
  real numbers[3] = {1, 2, 3};
  Versioned single(numbers, {1, 3, 1}, kDLFloat, {77, 1, -5}), empty(numbers, {3, 0}, kDLFloat, {1, 9});
  CHECK(from_dlpack(&single.managed).shape() == Shape{1, 3, 1});
  CHECK(from_dlpack(&empty.managed).shape() == Shape{3, 0});
  Versioned scalar(numbers, {}, kDLFloat);
  CHECK(from_dlpack(&scalar.managed).item() == 1);
  Versioned nothing(static_cast<real*>(nullptr), {0}, kDLFloat);
  CHECK(from_dlpack(&nothing.managed).numel() == 0);
}

TEST_CASE("dlpack: read-only memory gives a read-only tensor, and a read-only array again") {
  std::vector<real> numbers = {1, 2};
  Versioned array(numbers);
  array.managed.flags = kDLReadOnly;
  Tensor x = from_dlpack(&array.managed);
  CHECK(error_of([&] { x.mutable_data(); }) == "tensor: memory of shape [2] is read-only, but a write was attempted");
  DLManagedTensorVersioned* const out = to_dlpack(x);
  CHECK(out->flags == kDLReadOnly);
  out->deleter(out);
  CHECK(error_of([&] { to_dlpack_unversioned(x); }) ==
        "dlpack: tensor of shape [2] is read-only, which only the versioned form can say");
}

TEST_CASE("dlpack: an exported tensor is kept until its deleter is called") {
  const int64_t before = memory_stats().live;
  Tensor x({2, 3}, {1, 2, 3, 4, 5, 6});
  const int64_t held = memory_stats().live;
  DLManagedTensorVersioned* const out = to_dlpack(x);
  DLManagedTensor* const old = to_dlpack_unversioned(x);
  CHECK(out->version.major == 1);
  CHECK(out->flags == 0);
  for (const DLTensor* const given : {&out->dl_tensor, &old->dl_tensor}) {
    CHECK(given->data == x.data());
    CHECK(given->device.device_type == kDLCPU);
    CHECK(given->ndim == 2);
    CHECK(given->dtype.code == kDLFloat);
    CHECK(given->dtype.bits == kBits);
    CHECK(given->dtype.lanes == 1);
    CHECK(std::vector(given->shape, given->shape + 2) == std::vector<int64_t>{2, 3});
    CHECK(std::vector(given->strides, given->strides + 2) == std::vector<int64_t>{3, 1});
    CHECK(given->byte_offset == 0);
  }
  x = Tensor();
  out->deleter(out);
  CHECK(memory_stats().live == held);
  old->deleter(old);
  CHECK(memory_stats().live == before);
}

TEST_CASE("dlpack: an exported and imported tensor shares the same memory") {
  const Tensor x = random_tensor({3, 1, 2}, 1);
  const Tensor back = from_dlpack(to_dlpack(x)), again = from_dlpack(to_dlpack_unversioned(back));
  CHECK(same_bits(again, x));
  CHECK(again.data() == x.data());
  CHECK(error_of([] { to_dlpack(Tensor()); }) == "dlpack: tensor is undefined, but one with numbers is needed");
}

TEST_CASE("dlpack: arrays that cannot be shared are refused and stay with their owner") {
  std::vector<real> numbers(12);
  const auto with = [&](auto change) {
    Versioned array(numbers.data(), {3, 4}, kDLFloat);
    change(array.managed);
    return refusal(array);
  };
  CHECK(with([](auto& array) {
          array.dl_tensor.dtype = {kDLFloat, 16, 1};
        }) == "dlpack: array has dtype float16, but " + kName + " is needed");
  CHECK(with([](auto& array) {
          array.dl_tensor.dtype = {kDLFloat, kBits, 4};
        }) == "dlpack: array has dtype " + kName + "x4, but " + kName + " is needed");
  CHECK(with([](auto& array) {
          array.dl_tensor.dtype = {kDLBool, 8, 1};
        }) == "dlpack: array has dtype bool, but " + kName + " is needed");
  CHECK(with([](auto& array) {
          array.dl_tensor.dtype = {99, 8, 1};
        }) == "dlpack: array has dtype kind 99 of 8, but " + kName + " is needed");
  CHECK(with([](auto& array) {
          array.dl_tensor.device = {2, 0};
        }) == "dlpack: array has device type 2, but 1 (CPU) is needed");
  CHECK(with([](auto& array) { array.dl_tensor.data = nullptr; }) == "dlpack: array of shape [3, 4] has no memory");
  CHECK(with([](auto& array) { array.dl_tensor.shape[1] = -4; }) ==
        "shape: [3, -4] has a negative size, but sizes are at least 0");
  CHECK(with([](auto& array) { array.version = {2, 3}; }) == "dlpack: array has version 2.3, but 1.x is needed");

  Versioned transposed(numbers.data(), {3, 4}, kDLFloat, {1, 3}), gaps(numbers.data(), {6}, kDLFloat, {2});
  CHECK(refusal(transposed) ==
        "dlpack: array of shape [3, 4] has strides [1, 3], but [4, 1] (row-major, without gaps) is needed");
  CHECK(refusal(gaps) == "dlpack: array of shape [6] has strides [2], but [1] (row-major, without gaps) is needed");
  Versioned deep(numbers.data(), std::vector<int64_t>(7, 1), kDLFloat);
  CHECK(refusal(deep) == "shape: rank is 7, but at most 6 axes are supported");
}

TEST_CASE("dlpack: ids of 32 bits are shared, others and read-only ones copied") {
  int32_t words[] = {1, -2, 3};
  Versioned shared(words, {3}, kDLInt), read_only(words, {3}, kDLInt);
  {
    const Ids ids = ids_from_dlpack(&shared.managed);
    CHECK(ids.data() == words);
    CHECK(shared.deleted == 0);
  }
  CHECK(shared.deleted == 1);
  read_only.managed.flags = kDLReadOnly;
  const Ids copy = ids_from_dlpack(&read_only.managed);
  CHECK(read_only.deleted == 1);
  CHECK(copy.data() != words);
  CHECK(copy[1] == -2);

  int64_t wide[] = {5, -1, 2147483647, -2147483648};
  Unversioned sixty_four(wide, {2, 2}, kDLInt);
  const Ids ids = ids_from_dlpack(&sixty_four.managed);
  CHECK(sixty_four.deleted == 1);
  CHECK(ids.shape() == Shape{2, 2});
  CHECK(std::vector<int32_t>(ids.data(), ids.data() + 4) == std::vector<int32_t>{5, -1, 2147483647, -2147483647 - 1});

  uint8_t truth[] = {0, 1, 255};
  int8_t small[] = {-1, 3, 0};
  Versioned mask(truth, {3}, kDLBool), bytes(truth, {3}, kDLUInt), negative(small, {3}, kDLInt);
  CHECK(ids_from_dlpack(&mask.managed)[1] == 1);
  CHECK(ids_from_dlpack(&bytes.managed)[2] == 255);
  CHECK(ids_from_dlpack(&negative.managed)[0] == -1);
}

TEST_CASE("dlpack: ids of another dtype, or beyond 32 bits, are refused") {
  int64_t wide[] = {0, 0, 0, 0, 5'000'000'000, 0};
  Versioned large(wide, {2, 3}, kDLInt);
  CHECK(error_of([&] { ids_from_dlpack(&large.managed); }) ==
        "dlpack: array has 5000000000 at [1, 1], but ids of 32 bits are needed");
  CHECK(large.deleted == 0);
  std::vector<real> numbers = {1, 2};
  Versioned real_numbers(numbers);
  CHECK(error_of([&] { ids_from_dlpack(&real_numbers.managed); }) ==
        "dlpack: array has dtype " + kName + ", but int32 or int64 is needed");
  uint32_t words[] = {1};
  Versioned no_sign(words, {1}, kDLUInt);
  CHECK(error_of([&] { ids_from_dlpack(&no_sign.managed); }) ==
        "dlpack: array has dtype uint32, but int32 or int64 is needed");
}
