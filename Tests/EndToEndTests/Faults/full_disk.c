// Preloaded (ld.so(8)): a disk that is full. Writes to files under the folder FULL_DISK fail with ENOSPC while there is
// a file FULL_DISK.full.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_full(int file)
{
    const char *disk = getenv("FULL_DISK");
    char name[4096];
    if (disk == NULL || snprintf(name, sizeof name, "%s.full", disk) >= (int)sizeof name || access(name, F_OK) != 0)
        return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < 0)
        return 0;
    name[length] = 0;
    size_t prefix = strlen(disk);
    if (strncmp(name, disk, prefix) != 0 || name[prefix] != '/')
        return 0;
    errno = ENOSPC;
    return 1;
}

ssize_t write(int file, const void *bytes, size_t count)
{
    return is_full(file) ? -1 : syscall(SYS_write, file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset)
{
    return is_full(file) ? -1 : syscall(SYS_pwrite64, file, bytes, count, offset);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    return is_full(file) ? -1 : syscall(SYS_writev, file, parts, count);
}
