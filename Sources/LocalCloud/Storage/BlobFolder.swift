import Glibc
import Wire

/// Where the bytes lie: one file an id. Objects' names never become file names.
struct BlobFolder: Sendable {
    /// Objects' bytes, written once and never changed.
    let blobs: Folder
    /// Bytes of uploads that are not finished.
    let uploads: Folder
    private let clock: any Clock
    private let random: any RandomSource

    private static let nameAttemptsMax = 1000

    /// The folders under a state directory, made where they are not there.
    init(stateDirectory: String, clock: any Clock, random: any RandomSource) throws(FileError) {
        blobs = try Folder(making: stateDirectory + "/blobs")
        uploads = try Folder(making: stateDirectory + "/uploads")
        self.clock = clock
        self.random = random
    }

    /// An id that no file has.
    func newID() -> String { "\(clock.now().microseconds)-\(Hex.encode(random.bytes(8)))" }

    /// A new file for an upload, and its id.
    func createUpload() throws(FileError) -> (id: String, file: OpenFile) {
        for _ in 1..<Self.nameAttemptsMax {
            let id = newID()
            do throws(FileError) {
                return (id, try OpenFile.create(uploads.path(of: id)))
            } catch  where error.code == EEXIST {
                continue
            }
        }
        let id = newID()
        return (id, try OpenFile.create(uploads.path(of: id)))
    }

    /// Gives the bytes of an upload's file, which must be synced, a durable name among the objects; returns that id.
    func publish(upload id: String) throws(FileError) -> String { try add(uploads.path(of: id)) }

    /// Gives an object's bytes a second, durable id.
    func duplicate(blob id: String) throws(FileError) -> String { try add(blobs.path(of: id)) }

    private func add(_ path: String) throws(FileError) -> String {
        for attempt in 1...Self.nameAttemptsMax {
            let id = newID()
            do throws(FileError) {
                try blobs.link(path, as: id)
                try blobs.sync()
                return id
            } catch  where error.code == EEXIST && attempt < Self.nameAttemptsMax {
                continue
            }
        }
        throw FileError(operation: "link", path: path, code: EEXIST)
    }

    /// Takes away what a crash left: files that no row of the database names.
    func sweep(blobs liveBlobs: Set<String>, uploads liveUploads: Set<String>) throws(FileError) {
        for name in try blobs.names() where !liveBlobs.contains(name) { blobs.remove(name) }
        for name in try uploads.names() where !liveUploads.contains(name) { uploads.remove(name) }
    }
}
