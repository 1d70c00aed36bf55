/* The 128-bit limit of one core: multiply-adds on twelve registers that never leave them, fused and separate, about ten milliseconds of each.
 * Prints two rates in GFLOP/s. */
#include <immintrin.h>
#include <stdio.h>
#include <time.h>

#define ALL(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define FUSED(i) __asm__ volatile("vfmadd231ps %1, %1, %0" : "+x"(c##i) : "x"(a));
#define SEPARATE(i) __asm__ volatile("vmulps %2, %2, %1\n\tvaddps %1, %0, %0" : "+x"(c##i), "=&x"(product) : "x"(a));
#define DECLARE(i) __m128 c##i = _mm_setzero_ps();

static const long WARM_UP = 1000000;
static const long ROUNDS = 5000000;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static double fused(long rounds) {
  __m128 a = _mm_set1_ps(1e-3f);
  ALL(DECLARE)
  double start = seconds();
  for (long k = 0; k < rounds; k++) { ALL(FUSED) }
  return 12 * 8 * rounds / (seconds() - start) / 1e9;
}

static double separate(long rounds) {
  __m128 a = _mm_set1_ps(1e-3f), product;
  ALL(DECLARE)
  double start = seconds();
  for (long k = 0; k < rounds; k++) { ALL(SEPARATE) }
  return 12 * 8 * rounds / (seconds() - start) / 1e9;
}

int main(void) {
  fused(WARM_UP);
  double f = fused(ROUNDS), s = separate(ROUNDS);
  printf("%.2f %.2f\n", f, s);
  return 0;
}
