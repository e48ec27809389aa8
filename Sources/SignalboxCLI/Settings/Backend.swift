import Foundation
import GoogleCloud
import SignalboxCore
import Wire

/// The stores a command works on, as its surroundings have them.
struct Backend: Sendable {
    /// Bytes of a signed or printed file that is read whole.
    static let fileBytesMax = 64 << 20

    let surroundings: Surroundings
    let settings: Settings
    let google: GoogleCloudEnvironment
    let context: ServiceContext
    let clock: any Clock
    let random: any RandomSource

    /// The backend of this process's surroundings.
    init() throws {
        let surroundings = try Surroundings.current()
        try surroundings.requireCloud()
        let clock = SystemClock()
        let random = SystemRandomSource()
        self.surroundings = surroundings
        self.clock = clock
        self.random = random
        settings = Settings(surroundings.environment) { path, bytesMax in
            try FileIO.read(path, bytesMax: bytesMax)
        }
        google = try GoogleCloudEnvironment { surroundings.variables[$0] }
        context = ServiceContext(transport: HTTPClient(), clock: clock, random: random)
    }

    /// The buckets.
    func layout() throws -> BucketLayout { try settings.layout() }

    /// Cloud Storage, or what stands in for it.
    func objects() throws -> any ObjectStore { try google.storage(context) }

    /// Firestore, or what stands in for it.
    func documents() throws -> any DocumentStore { try google.firestore(context) }

    /// The job documents.
    func ledger() throws -> JobLedger {
        JobLedger(documents: try documents(), policy: try settings.jobPolicy())
    }
}
