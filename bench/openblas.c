/* Measures OpenBLAS's sgemm, with each of its kernels for this processor in turn, and
 * prints the best as one line of JSON, for "licet bench lm".
 *
 *   make bin/openblas            (needs gcc and Debian's libopenblas-dev)
 *   bin/openblas SIZE THREADS SECONDS
 *
 * Which kernel it takes is read from the environment when the library is loaded, and what
 * it takes by itself is often not the fastest: so the program starts itself again for each. */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char *openblas_get_corename(void);
extern char *openblas_get_config(void);
extern void openblas_set_num_threads(int);

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* measure returns the best GFLOP/s of as many products as fit in some seconds. */
static double measure(int n, int threads, double seconds) {
	size_t bytes = sizeof(float) * n * n;
	float *a = aligned_alloc(64, bytes), *b = aligned_alloc(64, bytes), *c = aligned_alloc(64, bytes);
	if (!a || !b || !c) exit(1);
	for (int i = 0; i < n * n; i++) a[i] = i % 7 - 3, b[i] = i % 5 - 2, c[i] = 0;
	openblas_set_num_threads(threads);
	double best = 1e9, end = now() + seconds;
	do {
		double begin = now();
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n);
		double took = now() - begin;
		if (took < best) best = took;
	} while (now() < end);
	return 2.0 * n * n * n / best / 1e9;
}

int main(int argc, char **argv) {
	static const char *cores[] = {"COOPERLAKE", "SKYLAKEX", "ZEN", "HASWELL"};
	const int count = sizeof cores / sizeof *cores;
	if (argc == 5) { /* one kernel: the environment says which */
		printf("%.1f %s\n", measure(atoi(argv[1]), atoi(argv[2]), atof(argv[3])), openblas_get_corename());
		return 0;
	}
	if (argc != 4) {
		fprintf(stderr, "openblas SIZE THREADS SECONDS\n");
		return 2;
	}
	double best = 0;
	char name[64] = "", version[64] = "";
	sscanf(openblas_get_config(), "OpenBLAS %63s", version);
	unsetenv("OPENBLAS_L2_SIZE");
	for (int i = 0; i < count; i++) {
		char command[512], core[64];
		double got;
		/* A kernel whose instructions are not there dies, and prints nothing. */
		snprintf(command, sizeof command, "OPENBLAS_CORETYPE=%s '%s' %d %d %f one 2>/dev/null", cores[i], argv[0], atoi(argv[1]), atoi(argv[2]), atof(argv[3]) / count);
		FILE *child = popen(command, "r");
		if (child && fscanf(child, "%lf %63s", &got, core) == 2 && got > best) best = got, strcpy(name, core);
		if (child) pclose(child);
	}
	if (best == 0) {
		fprintf(stderr, "openblas: no kernel gave a result\n");
		return 1;
	}
	printf("{\"peer\":\"OpenBLAS %s, %s\",\"measure\":\"sgemm %d on %d\",\"value\":%.1f}\n", version, name, atoi(argv[1]), atoi(argv[2]), best);
	return 0;
}
