// CRC32C (Castagnoli, RFC 3720 appendix B.4), with the processor's own instruction where it has one.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Extends `crc` (0 to begin with) by `length` bytes and returns the new checksum.
uint32_t signalbox_crc32c(uint32_t crc, const void *bytes, size_t length);
