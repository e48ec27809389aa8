import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

/// Whatever is done to staging while a package is judged: what is kept is what was verified.
@Suite("Intake of uploads that change meanwhile")
struct PackageIntakeTamperTests {
    /// An object that is replaced, and when.
    struct Moment: Sendable, CustomTestStringConvertible {
        var isArchive: Bool
        var isCopy: Bool
        var number: Int
        var ofArchive: Bool
        var outcome: String

        var testDescription: String {
            let what = isArchive ? "the archive" : "the manifest"
            let when = isCopy ? "copied" : "read for the time \(number)"
            return "\(what) is replaced before the \(ofArchive ? "archive" : "manifest") is \(when)"
        }
    }

    static let moments = [
        Moment(isArchive: true, isCopy: false, number: 1, ofArchive: false, outcome: "object_superseded"),
        Moment(isArchive: true, isCopy: false, number: 1, ofArchive: true, outcome: "object_superseded"),
        Moment(isArchive: true, isCopy: false, number: 2, ofArchive: true, outcome: "object_superseded"),
        Moment(isArchive: true, isCopy: true, number: 1, ofArchive: true, outcome: "object_superseded"),
        Moment(isArchive: false, isCopy: false, number: 1, ofArchive: false, outcome: "object_superseded"),
        Moment(isArchive: false, isCopy: false, number: 1, ofArchive: true, outcome: "object_superseded"),
        Moment(isArchive: false, isCopy: false, number: 2, ofArchive: true, outcome: "object_superseded"),
        Moment(isArchive: false, isCopy: true, number: 1, ofArchive: true, outcome: "object_superseded"),
        Moment(isArchive: false, isCopy: true, number: 1, ofArchive: false, outcome: "object_superseded"),
        // By then the verified archive is in training storage: its staged one does not matter any more.
        Moment(isArchive: true, isCopy: true, number: 1, ofArchive: false, outcome: "package_accepted"),
    ]

    @Test("keeps nothing but what was verified", arguments: moments)
    func replaced(moment: Moment) async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        let (victim, bytes) =
            moment.isArchive
            ? (upload.archiveObject, upload.archive) : (upload.manifestObject, upload.envelope)
        var other = bytes
        other[other.count / 2] ^= 1
        let trigger = moment.ofArchive ? upload.archiveObject : upload.manifestObject
        let racing = ObservedObjectStore(
            world.objects,
            replacing: victim,
            with: other,
            beforeCall: moment.number,
            moment.isCopy ? .copy(trigger) : .read(trigger)
        )

        #expect(try await intake(world, racing).judge(upload.archiveObject).code == moment.outcome)

        #expect(try await world.objects.bytes(of: victim, bytesMax: 1 << 20).bytes == other, "nothing was replaced")
        let verified = [upload.archive, upload.envelope]
        for uri in world.objects.names where uri.contains("/datasets/") {
            let name = try #require(ObjectName(uri: uri))
            #expect(verified.contains(try await world.objects.bytes(of: name, bytesMax: 1 << 20).bytes), "\(uri)")
        }
        guard moment.outcome == "object_superseded" else { return }
        #expect(try await world.snapshot().documents.isEmpty)
        #expect(!world.objects.names.contains(upload.receiptObject.uri))
        // The event of what is there now is judged on its own.
        guard case .rejected = try await world.intake.judge(victim) else {
            Issue.record("flipped bytes were accepted")
            return
        }
        #expect(try await world.jobs().isEmpty)
    }

    @Test("refuses a package whose key is revoked while its archive is read for longer than a keyring may be old")
    func slowRead() async throws {
        let clock = ManualClock(Sample.now)
        let source = ScriptedKeyring(Keyring([Sample.robot]))
        let world = IntakeWorld(clock: clock)
        let upload = try Upload()
        try await world.put(upload)
        var revoked = Keyring([Sample.robot])
        try revoked.revoke(Sample.keyID, at: Sample.now)
        let changed = revoked
        let slow = ObservedObjectStore(
            world.objects,
            alter: { name, body in
                guard name == upload.archiveObject else { return body }
                return SlowStream(body) {
                    clock.advance(by: .seconds(CachedKeyring.secondsMaxStandard + 1))
                    source.set(changed)
                }
            }
        )
        let cached = CachedKeyring(source: source, trust: .localFile, clock: clock)
        let outcome = try await intake(world, slow, keyring: cached).judge(upload.archiveObject)
        #expect(outcome.code == RefusalCode.keyRevoked.rawValue)
        #expect(try await world.jobs().isEmpty)
        #expect(!world.objects.names.contains { $0.contains("/datasets/") })
    }

    @Test("records the keys that may sign when it accepts, not those that might when it began")
    func rotatedMeanwhile() async throws {
        var upload = try Upload()
        let payload = try DSSEEnvelope(parsing: upload.envelope)
        upload.envelope = payload.signed(by: Sample.otherKey, keyID: DeskWorld.second.keyID).bytes
        let asked = Mutex(0)
        let script = KeyringScript {
            var first = Sample.robot
            if asked.withLock({
                $0 += 1; return $0 > 1
            }) {
                first.revokedAt = Sample.now
            }
            return Keyring([first, DeskWorld.second])
        }
        let world = IntakeWorld(keyring: script)
        try await world.put(upload)
        #expect(try await world.intake.judge(upload.archiveObject).code == "package_accepted")
        let record = try await world.record(of: upload)
        #expect(record["key_id"] == .string(DeskWorld.second.keyID))
        #expect(record["key_ids"] == .array([.string(DeskWorld.second.keyID)]))
    }

    private func intake(
        _ world: IntakeWorld,
        _ objects: any ObjectStore,
        keyring: any KeyringProvider = Keyring([Sample.robot])
    ) -> PackageIntake {
        PackageIntake(
            objects: objects,
            documents: world.documents,
            layout: Sample.layout,
            keyring: keyring,
            receiptKey: Sample.receiptKey,
            clock: world.clock
        )
    }
}

/// A stream whose first chunk takes its time.
private final class SlowStream: ByteStream {
    private let base: any ByteStream
    private let delay: Mutex<(@Sendable () -> Void)?>

    init(_ base: any ByteStream, delay: @escaping @Sendable () -> Void) {
        self.base = base
        self.delay = Mutex(delay)
    }

    func next() async throws -> [UInt8]? {
        let chunk = try await base.next()
        delay.withLock { delay in
            delay?()
            delay = nil
        }
        return chunk
    }
}
