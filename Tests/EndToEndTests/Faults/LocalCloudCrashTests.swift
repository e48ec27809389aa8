import Glibc
import SignalboxCore
import Synchronization
import Testing
import Wire

extension EndToEnd {
    /// `signalbox local up` itself, killed with SIGKILL in the midst of writes.
    @Suite struct LocalCloudCrashTests {
        /// What the writers were told is safe.
        private struct Acknowledged: Sendable {
            var objects: [(name: ObjectName, generation: Int64, digest: Digest)] = []
            var documents: [(path: String, updateTime: Timestamp)] = []

            var count: Int { objects.count + documents.count }
        }

        private static let rounds = 3
        private static let writers = 3
        private static let writesOfARound = 40
        /// Large enough that a write takes several pieces.
        private static let objectBytes = 300_000

        @Test func everyAcknowledgedWriteIsThereAfterAKill() async throws {
            try await LocalStack.with { stack in
                let acknowledged = SharedAcknowledged()
                for round in 0..<Self.rounds {
                    let writers = (0..<Self.writers).map { writer in
                        Task { await write("round-\(round)-writer-\(writer)", stack, acknowledged) }
                    }
                    let wanted = (round + 1) * Self.writesOfARound
                    try await eventually("\(wanted) writes are acknowledged") { acknowledged.value.count >= wanted }
                    try await stack.kill()
                    for writer in writers {
                        writer.cancel()
                        await writer.value
                    }
                    try await stack.up()
                    try await check(acknowledged.value, stack)
                }
            }
        }

        @Test func eventsThatWereNotDeliveredAreDeliveredAfterAKill() async throws {
            try await LocalStack.with { stack in
                let package = try await stack.package(of: "robot-1", 24, ["--epochs", "1"])
                // A function that is stopped takes the events' connections and never answers.
                let function = try #require(try stack.process(of: "gcs-upload"))
                try #require(kill(function, SIGSTOP) == 0)
                _ = try await stack.succeed("upload", package.folder, "--no-progress")
                try await stack.kill()
                // Its group lost its parent while it was stopped: the kernel may have ended it by now.
                try #require(kill(function, SIGKILL) == 0 || errno == ESRCH)
                try await stack.up()
                let job = try await eventually("the package is accepted") { try await stack.jobs().first }
                #expect(job.packageID == package.id)
                try await stack.completedOnce(job.id)
                #expect(try await stack.upload(again: package) == job.id)
            }
        }

        /// Shared by the writers and the test.
        private final class SharedAcknowledged: Sendable {
            private let mutex = Mutex(Acknowledged())

            var value: Acknowledged { mutex.withLock { $0 } }

            func change(_ body: (inout Acknowledged) -> Void) { mutex.withLock { body(&$0) } }
        }

        /// Writes objects and documents in turn until it is cancelled or cannot any more.
        private func write(_ name: String, _ stack: LocalStack, _ acknowledged: SharedAcknowledged) async {
            for index in 0... {
                guard !Task.isCancelled else { return }
                do {
                    let seed = Array("\(name)/\(index)".utf8)
                    let bytes = Array(repeatElement(seed, count: Self.objectBytes / seed.count).joined())
                    let object = LocalStack.layout.object("crash/\(name)/\(index)")
                    let metadata = try await stack.objects().create(object, bytes, contentType: "text/plain")
                    let digest = SHA256.digest(of: bytes)
                    acknowledged.change { $0.objects.append((object, metadata.generation, digest)) }
                    let path = "crash/\(name)-\(index)"
                    let result = try await stack.documents().commit([.create(path, ["n": .integer(Int64(index))])])
                    acknowledged.change { $0.documents.append((path, result.commitTime)) }
                } catch {
                    // The cloud is dead: what it did not acknowledge is nobody's concern.
                    return
                }
            }
        }

        private func check(_ acknowledged: Acknowledged, _ stack: LocalStack) async throws {
            let (objects, documents) = (try stack.objects(), try stack.documents())
            for (name, generation, digest) in acknowledged.objects {
                let (bytes, metadata) = try await objects.bytes(of: name, bytesMax: 16 << 20)
                #expect(metadata.generation == generation)
                #expect(SHA256.digest(of: bytes) == digest)
            }
            for (path, updateTime) in acknowledged.documents {
                #expect(try await documents.get(path)?.updateTime == updateTime, "\(path)")
            }
        }
    }
}
