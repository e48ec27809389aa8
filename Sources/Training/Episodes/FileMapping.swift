import Glibc

/// A file's numbers as memory (mmap(2)), to be read only. The kernel fetches a page when it is touched, and may take
/// it back at any time.
///
/// Unchecked: nobody writes to what a mapping shows.
final class FileMapping: @unchecked Sendable {
    /// The numbers, as long as the mapping lives.
    let numbers: UnsafeBufferPointer<Float>

    /// So many numbers from the start of a file, which may be closed; nil with `errno` where it cannot be done.
    init?(descriptor: Int32, count: Int) {
        guard count > 0 else {
            numbers = UnsafeBufferPointer(start: nil, count: 0)
            return
        }
        let bytes = count * MemoryLayout<Float>.stride
        let start = mmap(nil, bytes, PROT_READ, MAP_SHARED, descriptor, 0)
        // MAP_FAILED.
        guard let start, start != UnsafeMutableRawPointer(bitPattern: -1) else { return nil }
        numbers = UnsafeBufferPointer(start: start.assumingMemoryBound(to: Float.self), count: count)
    }

    deinit {
        guard let start = numbers.baseAddress else { return }
        munmap(UnsafeMutableRawPointer(mutating: start), numbers.count * MemoryLayout<Float>.stride)
    }
}
