import Glibc

/// Where a dataset's numbers go that are too many for memory.
public struct ScratchFolder: Sendable {
    /// Writes bytes into a file, at an offset: `pwrite(2)`, with its result and its `errno`.
    typealias Write = @Sendable (_ file: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int

    /// Numbers in memory where nothing else is said, four bytes each: 32 MiB.
    public static let valuesHeldMaxStandard = 1 << 23

    /// `/tmp`, where programs look when `TMPDIR` is not set.
    public static let standard = ScratchFolder("/tmp")

    /// Its path.
    public let path: String
    /// Numbers of a dataset that are held in memory; where there are more, all are kept in the folder.
    public let valuesHeldMax: Int
    let write: Write

    /// A folder that is there.
    public init(_ path: String, valuesHeldMax: Int = Self.valuesHeldMaxStandard) {
        self.init(path, valuesHeldMax: valuesHeldMax) { pwrite($0, $1.baseAddress, $1.count, $2) }
    }

    init(_ path: String, valuesHeldMax: Int, write: @escaping Write) {
        self.path = path
        self.valuesHeldMax = valuesHeldMax
        self.write = write
    }
}
