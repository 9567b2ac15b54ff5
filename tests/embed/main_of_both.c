// One C program with both libraries: main.c, compiled once with each.
int main_in_single(void);
int main_in_double(void);

int main(void) {
  return main_in_single() || main_in_double();
}
