import Glibc
import Wire

extension FuzzTarget {
    /// Zips: the verifier's and the trainer's one parser.
    static let zip = FuzzTarget(name: "zip") { ArchivePromise.check($0) }

    /// Tars and tars in zstd.
    static let tarZstd = FuzzTarget(name: "tar-zstd") { ArchivePromise.check($0) }
}

/// What the reader of archives promises: the same members however the bytes are cut, in safe and different paths,
/// within the limits.
private enum ArchivePromise {
    static let limits = ArchiveLimits(
        archiveBytesMax: 1 << 20,
        membersMax: 64,
        memberBytesMax: 1 << 20,
        totalBytesMax: 2 << 20
    )

    static func check(_ bytes: [UInt8]) {
        let whole = read(bytes, chunkBytes: 1 << 20)
        let cut = read(bytes, chunkBytes: 1 + bytes.count % 61)
        require(whole == cut, "chunks change what is read: \(whole), \(cut)")
        guard case .success(let members) = whole else { return }
        var seen = Set<String>()
        for member in members {
            require(seen.insert(member.path.lowercased()).inserted, "\(member.path) comes twice")
            let parts = member.path.split(separator: "/", omittingEmptySubsequences: false)
            require(!parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }, "\(member.path) is no safe path")
            require(!member.path.utf8.contains { $0 < 0x20 || $0 == 0x5C }, "\(member.path) is no safe path")
        }
        require(members.reduce(0) { $0 + $1.size } <= limits.totalBytesMax, "more bytes than the limit")
    }

    private static func read(_ bytes: [UInt8], chunkBytes: Int) -> Result<[Seen.Member], Fault> {
        wait {
            do {
                let stream = BytesStream(bytes, chunkBytes: chunkBytes)
                return .success(try await ArchiveReader.read(stream, limits: limits, visitor: Seen()).visitor.members)
            } catch let error as ArchiveError {
                return .failure(Fault(text: error.code.rawValue))
            } catch {
                return .failure(Fault(text: "\(error)"))
            }
        }
    }

    private struct Fault: Error, Equatable { let text: String }

    /// Runs a task while this thread, which is libFuzzer's, waits for it.
    private static func wait<Output: Sendable>(_ body: @escaping @Sendable () async -> Output) -> Output {
        let box = Box<Output>()
        Task {
            box.output = await body()
            sem_post(box.done)
        }
        while true {
            sem_wait(box.done)
            if let output = box.output { return output }
        }
    }

    private final class Box<Output>: @unchecked Sendable {
        let done = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        var output: Output?
        init() { sem_init(done, 0, 0) }
        deinit {
            sem_destroy(done)
            done.deallocate()
        }
    }
}

/// Paths, sizes and digests of the members.
private struct Seen: ArchiveVisitor, Sendable {
    struct Member: Sendable, Equatable {
        let path: String
        var size: Int64 = 0
        var digest: Digest?
    }

    var members: [Member] = []
    private let hash = MemberHash()

    mutating func begin(_ member: ArchiveMember) { members.append(Member(path: member.path)) }

    mutating func data(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bytes)
        members[members.count - 1].size += Int64(bytes.count)
    }

    mutating func end() { members[members.count - 1].digest = hash.finish() }
}
