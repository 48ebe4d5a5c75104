/* What candle asks of cuRAND as it opens a GPU. Latentscope draws its random numbers on the CPU, so that they
 * are the same everywhere, and none is ever drawn here: whoever asks for one is told so. It stands in for
 * the 130 MB library where that is missing. Status codes as in curand.h. */

enum { SUCCESS = 0, NOT_INITIALIZED = 101, TYPE_ERROR = 103 };

static int generator;

int curandCreateGenerator(void **made, int kind) {
    (void)kind;
    *made = &generator;
    return SUCCESS;
}

int curandDestroyGenerator(void *given) {
    return given == &generator ? SUCCESS : NOT_INITIALIZED;
}

int curandSetPseudoRandomGeneratorSeed(void *given, unsigned long long seed) {
    (void)seed;
    return given == &generator ? SUCCESS : NOT_INITIALIZED;
}

int curandSetStream(void *given, void *stream) {
    (void)stream;
    return given == &generator ? SUCCESS : NOT_INITIALIZED;
}
