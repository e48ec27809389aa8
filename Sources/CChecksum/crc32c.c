// CRC32C over three interleaved streams with SSE4.2 (latency of the instruction is 3, throughput 1), joined by
// multiplication modulo the polynomial; a table of eight lookups elsewhere. After Mark Adler's description of the
// method; polynomial and check value from RFC 3720 appendix B.4.
#include "checksum.h"
#include <pthread.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u

static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = n;
        for (int k = 0; k < 8; k++) crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
        table[0][n] = crc;
    }
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = table[0][n];
        for (int k = 1; k < 8; k++) {
            crc = table[0][crc & 0xff] ^ (crc >> 8);
            table[k][n] = crc;
        }
    }
}

static uint32_t crc32c_portable(uint32_t crc, const unsigned char *next, size_t length) {
    pthread_once(&table_once, fill_table);
    crc = ~crc;
    while (length >= 8) {
        uint32_t low, high;
        memcpy(&low, next, 4);
        memcpy(&high, next + 4, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        low = __builtin_bswap32(low);
        high = __builtin_bswap32(high);
#endif
        low ^= crc;
        crc = table[7][low & 0xff] ^ table[6][(low >> 8) & 0xff] ^ table[5][(low >> 16) & 0xff] ^ table[4][low >> 24]
            ^ table[3][high & 0xff] ^ table[2][(high >> 8) & 0xff]
            ^ table[1][(high >> 16) & 0xff] ^ table[0][high >> 24];
        next += 8;
        length -= 8;
    }
    while (length--) crc = table[0][(crc ^ *next++) & 0xff] ^ (crc >> 8);
    return ~crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

#define BLOCK 4096

static uint32_t shift_table[4][256];
static pthread_once_t shift_once = PTHREAD_ONCE_INIT;

// Appends BLOCK zero bytes to the message behind `crc`, by a table made once: the shift is linear over GF(2).
static void fill_shift(void) {
    uint32_t column[32];
    pthread_once(&table_once, fill_table);
    for (int bit = 0; bit < 32; bit++) {
        uint32_t crc = 1u << bit;
        for (int n = 0; n < BLOCK; n++) crc = table[0][crc & 0xff] ^ (crc >> 8);
        column[bit] = crc;
    }
    for (int byte = 0; byte < 4; byte++)
        for (uint32_t n = 0; n < 256; n++) {
            uint32_t crc = 0;
            for (int bit = 0; bit < 8; bit++)
                if (n >> bit & 1) crc ^= column[byte * 8 + bit];
            shift_table[byte][n] = crc;
        }
}

static uint32_t shift_block(uint32_t crc) {
    return shift_table[0][crc & 0xff] ^ shift_table[1][(crc >> 8) & 0xff] ^ shift_table[2][(crc >> 16) & 0xff]
        ^ shift_table[3][crc >> 24];
}

static inline uint64_t load64(const unsigned char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

__attribute__((target("sse4.2")))
static uint32_t crc32c_sse42(uint32_t crc, const unsigned char *next, size_t length) {
    pthread_once(&shift_once, fill_shift);
    uint64_t a = (uint32_t)~crc;
    while (length >= 3 * BLOCK) {
        uint64_t b = 0, c = 0;
        for (const unsigned char *end = next + BLOCK; next < end; next += 8) {
            a = _mm_crc32_u64(a, load64(next));
            b = _mm_crc32_u64(b, load64(next + BLOCK));
            c = _mm_crc32_u64(c, load64(next + 2 * BLOCK));
        }
        a = shift_block((uint32_t)a) ^ b;
        a = shift_block((uint32_t)a) ^ c;
        next += 2 * BLOCK;
        length -= 3 * BLOCK;
    }
    while (length >= 8) {
        a = _mm_crc32_u64(a, load64(next));
        next += 8;
        length -= 8;
    }
    uint32_t rest = (uint32_t)a;
    while (length--) rest = _mm_crc32_u8(rest, *next++);
    return ~rest;
}
#endif

uint32_t signalbox_crc32c(uint32_t crc, const void *bytes, size_t length) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(crc, bytes, length);
#endif
    return crc32c_portable(crc, bytes, length);
}
