import ComputeTiers
import Foundation
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("Every tier") struct TierContractTests {
    @Test("the one in memory") func scripted() async throws {
        let tier = ScriptedTier()
        try await TierContract(tier: tier, place: Place(tier: tier.name)).check()
    }

    @Test("the one of docs/adding-a-tier.md") func spool() async throws {
        let objects = MemoryObjectStore(clock: ManualClock())
        #expect(SpoolTier.configured(Environment([:]), objects: objects) == nil)
        let tier = try #require(
            SpoolTier.configured(Environment(["SIGNALBOX_SPOOL_BUCKET": "spool"]), objects: objects)
        )
        // The site's agent: what is cancelled is stopped, and its folder removed.
        try await TierContract(tier: tier, place: Place(tier: tier.name)) { handle in
            guard try await objects.metadataIfPresent(of: ObjectName(bucket: "spool", name: "\(handle)/cancel")) != nil
            else { return }
            for name in ["order.json", "cancel"] {
                try await objects.delete(
                    ObjectName(bucket: "spool", name: "\(handle)/\(name)"),
                    generation: nil,
                    if: .none
                )
            }
        }.check()
    }

    @Test("this machine") func local() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/signalbox-contract-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let trainer = folder + "/trainer"
        try Data("#!/bin/sh\nexec sleep 600\n".utf8).write(to: URL(fileURLWithPath: trainer))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: trainer)
        let tier = LocalTier(
            runsFolder: folder + "/runs",
            trainer: trainer,
            environment: ["PATH": "/usr/bin:/bin"],
            clock: SystemClock()
        )
        try await TierContract(tier: tier, place: Place(tier: tier.name)).check()
    }

    @Test("the example in docs/adding-a-tier.md is the tier that is tested here") func document() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        let text = try String(contentsOfFile: root + "/docs/adding-a-tier.md", encoding: .utf8)
        let code = try String(
            contentsOfFile: root + "/Tests/ComputeTiersTests/Example/SpoolTier.swift",
            encoding: .utf8
        )
        #expect(
            text.contains("```swift\n\(code)```"),
            "copy Tests/ComputeTiersTests/Example/SpoolTier.swift into the page"
        )
    }
}
