#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

// deflateInit2 is a macro that passes the header's version and the struct's size; Swift cannot see it.
static inline int signalbox_deflate_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
}

// inflateInit2 likewise; a window of 15 + 16 bits means a gzip stream (RFC 1952) and nothing else.
static inline int signalbox_gunzip_init(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);
}
