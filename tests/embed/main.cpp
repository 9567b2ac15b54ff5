#include <cstdio>

float train();

int main() {
  std::printf("loss %.3f\n", train());
}
