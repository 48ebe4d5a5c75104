/* What candle asks of cuRAND as it opens a GPU. Latentscope draws its random numbers on the CPU, so that they
 * are the same everywhere, and none is ever drawn here: whoever asks for one is told so. It stands in for
 * the 130 MB library where that is missing. Status codes as in curand.h. */

enum { SUCCESS = 0, NOT_INITIALIZED = 101, TYPE_ERROR = 103 };

static int generator;

static int known(void *given) { return given == &generator ? SUCCESS : NOT_INITIALIZED; }

int curandCreateGenerator(void **made, int kind) {
    (void)kind;
    *made = &generator;
    return SUCCESS;
}

int curandDestroyGenerator(void *given) { return known(given); }

int curandSetPseudoRandomGeneratorSeed(void *given, unsigned long long seed) {
    (void)seed;
    return known(given);
}

int curandSetGeneratorOffset(void *given, unsigned long long offset) {
    (void)offset;
    return known(given);
}

int curandSetStream(void *given, void *stream) {
    (void)stream;
    return known(given);
}

int curandGenerate(void) { return TYPE_ERROR; }
int curandGenerateLongLong(void) { return TYPE_ERROR; }
int curandGenerateUniform(void) { return TYPE_ERROR; }
int curandGenerateUniformDouble(void) { return TYPE_ERROR; }
int curandGenerateNormal(void) { return TYPE_ERROR; }
int curandGenerateNormalDouble(void) { return TYPE_ERROR; }
int curandGenerateLogNormal(void) { return TYPE_ERROR; }
int curandGenerateLogNormalDouble(void) { return TYPE_ERROR; }
int curandGeneratePoisson(void) { return TYPE_ERROR; }
