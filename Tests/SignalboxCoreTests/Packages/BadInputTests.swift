import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("Bad uploads")
struct BadInputTests {
    @Test("are refused under their code, with a receipt, and reach nothing", arguments: BadInput.all)
    func refused(bad: BadInput) async throws {
        var upload = try Upload()
        try bad.spoil(&upload)
        let world = IntakeWorld(keyring: bad.keyring, limits: bad.limits)
        try await world.put(upload)

        let outcome = try await world.intake.judge(upload.manifestObject)

        #expect(outcome.code == bad.code.rawValue, "\(outcome)")
        guard case .rejected(let refusal) = outcome else { return }
        let receipt = try await world.receipt(of: upload)
        #expect(receipt.status == .rejected)
        #expect(receipt.code == bad.code)
        #expect(receipt.message == refusal.message)
        #expect(receipt.packageID == upload.packageID)
        // A digest stands there only where it was found to be that of genuine bytes.
        let codes = RefusalCode.allCases
        let isGenuine = try #require(codes.firstIndex(of: bad.code)) >= codes.firstIndex(of: .archiveSize) ?? 0
        #expect(receipt.manifestDigest == (isGenuine ? SHA256.digest(of: upload.envelope) : nil))
        #expect(receipt.archiveDigest == (bad.code == .episodeInvalid ? upload.manifest.archive.digest : nil))
        #expect(try await world.jobs().isEmpty)
        let record = try await world.record(of: upload)
        #expect(record["status"] == .string("rejected"))
        #expect(record["code"] == .string(bad.code.rawValue))
        let kept = world.objects.names.filter { $0.hasPrefix("gs://training/") }
        #expect(kept.count == 1)
        #expect(kept.allSatisfy { $0.hasPrefix("gs://training/rejections/\(upload.packageID)/") })
        for object in [upload.archiveObject, upload.manifestObject] {
            let metadata = try await world.objects.metadata(of: object).metadata
            let marks = [PackageIntake.statusKey: "rejected", PackageIntake.codeKey: bad.code.rawValue]
            #expect(metadata == marks)
        }
    }

    @Test("are known for every code there is")
    func everyCode() {
        let missing = Set(RefusalCode.allCases).subtracting(BadInput.all.map(\.code))
        #expect(missing.isEmpty, "no row for \(missing)")
        #expect(BadInput.all.count >= 30)
    }

    /// The other way round: what is spoilt in the table is good before.
    @Test("are told apart from a good one")
    func good() async throws {
        let upload = try Upload()
        let world = IntakeWorld()
        try await world.put(upload)
        #expect(try await world.intake.judge(upload.archiveObject).code == "package_accepted")
    }
}
