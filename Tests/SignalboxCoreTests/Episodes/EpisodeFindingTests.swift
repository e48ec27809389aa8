import SignalboxCore
import Testing
import Wire

@Suite("Findings in episodes")
struct EpisodeFindingTests {
    @Test("have their code and place", arguments: BadEpisode.all)
    func found(bad: BadEpisode) throws {
        let (report, _) = try EpisodeSteps.read(bad.files, limits: bad.limits, chunkBytes: 17)
        let wanted = report.findings.first { $0.code == bad.code }
        #expect(wanted != nil, "\(report.findings)")
        #expect(report.findings.map(\.code) == [bad.code], "\(report.findings)")
        if let place = bad.place { #expect(wanted?.place == place, "\(report.findings)") }
        #expect(report.errorCount == (bad.code.severity == .error ? 1 : 0))
        #expect((report.refusal?.code == .episodeInvalid) == (bad.code.severity == .error))
    }

    @Test("are known for every code there is")
    func everyCode() {
        let missing = Set(EpisodeFinding.Code.allCases).subtracting(BadEpisode.all.map(\.code))
        #expect(missing.isEmpty, "no row for \(missing)")
    }

    @Test("of what the intake judged do not stop a reader", arguments: BadEpisode.descriptions)
    func judgedBefore(bad: BadEpisode) throws {
        let (report, episodes) = try EpisodeSteps.read(bad.files, isJudged: false)
        #expect(report.errorCount == 0)
        #expect(episodes.values.map(\.count) == [2])
    }

    @Test("are counted, and the first of them kept")
    func counted() throws {
        let lines = String(repeating: "nonsense\n", count: 1000)
        let strays = (0..<50).map { Member("a/\($0).txt", "x") }
        let files = [Sample.files[0], Member("ep_00000/steps/0", lines + Sample.step(0).serialized())] + strays
        let (report, _) = try EpisodeSteps.read(files)
        #expect(report.errorCount == 1000 && report.warningCount == 50)
        #expect(report.findings.map(\.place) == (1...EpisodeReport.findingsMax).map { .line($0) })
        #expect(report.refusal?.message.hasSuffix("(and 999 more)") == true)
    }

    @Test("and refusals are short in bytes, however few letters a text has")
    func bounded() {
        let letter = "a" + String(repeating: "\u{301}", count: 300_000)
        #expect(EpisodeFinding(.metadataInvalid, "a", .file, "found " + letter).message == "found ")
        #expect(Refusal(.manifestSchema, letter).message.utf8.count <= Refusal.messageBytesMax)
    }

    @Test("fit into a receipt, and come back from it")
    func receipt() throws {
        var report = EpisodeReport()
        let path = String(repeating: "ä", count: Manifest.pathBytesMax / 2)
        let message = String(repeating: "\u{1}", count: 1000)
        for number in 0..<100 {
            report.add(EpisodeFinding(.stepInvalid, path, .record(number, offset: Int64.max), message))
            report.add(EpisodeFinding(.fileUnrecognised, path, .line(number), message))
        }
        var receipt = ReceiptTests.rejected
        receipt.code = .episodeInvalid
        receipt.episodes = report
        let bytes = receipt.signed(by: Sample.receiptKey, keyID: "intake")
        #expect(bytes.count <= Receipt.envelopeBytesMax)
        #expect(try Receipt(verifying: bytes, key: Sample.receiptKey.publicKey) == receipt)
    }

    @Test("that only warn are told in receipt and record, at every delivery alike")
    func warnings() async throws {
        let upload = try Upload(Sample.files + [Member("notes.txt", "hello")])
        let world = IntakeWorld()
        try await world.put(upload)
        #expect(try await world.intake.judge(upload.archiveObject).code == "package_accepted")
        let receipt = try await world.receipt(of: upload)
        #expect(receipt.episodes?.findings.map(\.code) == [.fileUnrecognised])
        #expect(
            try await world.record(of: upload)["episode_findings"]
                == DocumentValue(plain: receipt.episodes?.json ?? .null)
        )
        let before = try await world.snapshot()
        _ = try await world.intake.judge(upload.manifestObject)
        #expect(try await world.snapshot() == before)
    }

    @Test("of a refused package stand in its receipt and record")
    func refused() async throws {
        let upload = try Upload([Sample.files[0], Member("ep_00000/steps/0", "{}\n[\n")])
        let world = IntakeWorld()
        try await world.put(upload)
        guard case .rejected(let refusal) = try await world.intake.judge(upload.archiveObject) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == .episodeInvalid)
        #expect(refusal.message.hasPrefix("step_invalid: ep_00000/steps/0, line 1: /step_index"), "\(refusal)")
        let episodes = try await world.receipt(of: upload).episodes
        #expect(episodes?.findings.prefix(2).map(\.code) == [.stepInvalid, .jsonInvalid])
        #expect(try await world.record(of: upload)["episode_findings"] == DocumentValue(plain: episodes?.json ?? .null))
    }
}
