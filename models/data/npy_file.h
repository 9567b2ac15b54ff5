// NumPy's array files (.npy): mapped into memory for reading, written whole or not at all.
//
//   const NpyFile file("x.npy");                      // np.save("x.npy", x)
//   std::vector<double> numbers = file.numbers();     // in row-major order, shape in file.shape()
//   save_npy("y.npy", y);
//
// A file is "\x93NUMPY", a version, the length of the header, the header, and the numbers. The header is a dict in
// Python syntax: {'descr': '<f4', 'fortran_order': False, 'shape': (100, 3), }. Supported are versions 1 to 3 with
// row-major little-endian numbers of 4 or 8 bytes, real (f4, f8) or integer (i4, i8). The header is first checked
// against the size of the file, so that a malicious one cannot make the reader ask for much memory.
//
// Errors: a file that cannot be read, has another form, or holds more or fewer numbers than its header says.
// Source: numpy.lib.format.
#pragma once

#include <string>
#include <vector>

#include "../../core/files/mapped_file.h"
#include "../../core/tensor.h"

namespace scangrad::SCANGRAD_PRECISION {

class SCANGRAD_API NpyFile {
 public:
  explicit NpyFile(const std::string& path);
  const std::string& path() const { return path_; }
  const Shape& shape() const { return shape_; }
  bool is_whole() const { return type_[1] == 'i'; }  // integers, not real numbers
  // Numbers first ... first + count - 1.
  void read(double* to, int64_t first, int64_t count) const;
  std::vector<double> numbers() const;

 private:
  std::string path_;
  MappedFile file_;
  int64_t begin_ = 0;  // of the numbers, in bytes
  std::string type_;   // "<f4"
  Shape shape_;
};

// The first writes f4, or f8 in the double build; the second f8.
SCANGRAD_API void save_npy(const std::string& path, const Tensor& tensor);
SCANGRAD_API void save_npy(const std::string& path, const Shape& shape, const std::vector<double>& numbers);

}  // namespace scangrad::SCANGRAD_PRECISION
