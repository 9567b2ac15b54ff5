// One program with both libraries: trains in single precision, checks an op in double.
#include <cstdio>

float train();
double own_op_error();

int main() {
  std::printf("loss %.3f\n", train());
  std::printf("error %.1e\n", own_op_error());
}
