import Foundation
import GRDB
import Testing
import Wire

@testable import LocalCloud

/// What a process that is killed leaves behind: a copy of the directory of a cloud that runs, opened by another one.
/// The kill of a real process is among the end-to-end tests.
@Suite struct RecoveryTests {
    private func subscription() -> EventSubscription {
        EventSubscription(
            name: "uploads",
            filter: .objects(bucket: "staging", .finalized),
            url: "http://127.0.0.1:1/"
        )
    }

    @Test func losesNothingThatWasAnswered() async throws {
        let scratch = try ScratchDirectory()
        let copy = scratch.path + "/copy"
        let original = scratch.path + "/original"
        let granule = Int(LocalCloudLimits.uploadGranuleBytes)
        let data = SeededRandom(seed: 5).bytes(2 * granule)
        var url = ""
        let refusing = RecordingTransport { _, _ in .connectionRefused }
        try await TestCloud.run(at: original, transport: refusing) {
            $0.subscriptions = [subscription()]
        } _: { (cloud: TestCloud) async throws in
            _ = try await cloud.upload("kept", data, bucket: "staging")
            _ = try await cloud.upload("replaced", [1])
            _ = try await cloud.upload("replaced", [2])
            _ = try await cloud.commit(TestCloud.update("jobs/j", ["n": ["integerValue": "1"]]))
            let begun = try await cloud.client.send(
                "POST",
                "/upload/storage/v1/b/training/o?uploadType=resumable&name=half"
            )
            url = String(
                try #require(begun.headers["location"]).dropFirst("http://127.0.0.1:\(cloud.client.port)".count)
            )
            let range = [("content-range", "bytes 0-\(granule - 1)/*")]
            _ = try await cloud.client.send("PUT", url, headers: range, body: Array(data[..<granule]))
            try FileManager.default.copyItem(atPath: original, toPath: copy)
        }
        try Self.leaveDebris(copy)

        let taking = RecordingTransport()
        try await TestCloud.run(at: copy, transport: taking) {
            $0.subscriptions = [subscription()]
        } _: { (cloud: TestCloud) async throws in
            #expect(try await cloud.download("kept", bucket: "staging").body == data)
            #expect(try await cloud.download("replaced").body == [2])
            let job = try await cloud.client.send("GET", "/v1/\(documentsRoot)/jobs/j")
            #expect(job.json["fields"]?["n"] == ["integerValue": "1"])
            try await eventually("the event is delivered") { taking.requests.count == 1 }
            let rest = [("content-range", "bytes \(granule)-\(2 * granule - 1)/\(2 * granule)")]
            let answer = try await cloud.client.send("PUT", url, headers: rest, body: Array(data[granule...]))
            #expect(answer.status == 200)
            #expect(try await cloud.download("half").body == data)
            let blobs = try FileManager.default.contentsOfDirectory(atPath: copy + "/blobs")
            #expect(blobs.count == 3)
            #expect(try FileManager.default.contentsOfDirectory(atPath: copy + "/uploads").isEmpty)
        }
    }

    /// Files of requests that were under way, and bytes behind an upload's last durable one.
    private static func leaveDebris(_ path: String) throws {
        let files = FileManager.default
        #expect(files.createFile(atPath: path + "/blobs/orphan", contents: Data([1])))
        #expect(files.createFile(atPath: path + "/uploads/orphan", contents: Data([1])))
        for name in try files.contentsOfDirectory(atPath: path + "/uploads") where name != "orphan" {
            let handle = try #require(FileHandle(forWritingAtPath: path + "/uploads/" + name))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(repeating: 0xFF, count: 1000))
            try handle.close()
        }
    }

    @Test func writesAreDurableBeforeTheyAreAnswered() async throws {
        let scratch = try ScratchDirectory()
        let store = try Store(directory: scratch.path, hasBlobs: false)
        let modes = try await store.write { database in
            [
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                try String.fetchOne(database, sql: "PRAGMA synchronous"),
            ]
        }
        #expect(modes == ["wal", "2"])
    }

    @Test func objectsOutliveTheLossOfTheirDatabase() async throws {
        let scratch = try ScratchDirectory()
        try await TestCloud.run(at: scratch.path) { (cloud: TestCloud) async throws in
            _ = try await cloud.upload("kept", [1, 2, 3])
        }
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: scratch.path) where name.hasPrefix("cloud.sqlite") {
            try files.removeItem(atPath: "\(scratch.path)/\(name)")
        }
        for _ in 1...2 {
            let cloud = try LocalCloud(
                configuration: LocalCloudConfiguration(stateDirectory: scratch.path),
                transport: RecordingTransport()
            )
            let error = await #expect(throws: LocalCloudError.self) { try await cloud.start() }
            await cloud.stop()
            #expect(error?.code == .databaseUnusable)
            #expect(error?.message.contains("move the whole folder \(scratch.path) away") == true)
            #expect(try files.contentsOfDirectory(atPath: scratch.path + "/blobs").count == 1)
        }
    }

    @Test func oneProcessADirectory() async throws {
        let scratch = try ScratchDirectory()
        try await TestCloud.run(at: scratch.path) { _ in
            let second = try LocalCloud(
                configuration: LocalCloudConfiguration(stateDirectory: scratch.path),
                transport: RecordingTransport()
            )
            await #expect(throws: LocalCloudError.self) { try await second.start() }
        }
        try await TestCloud.run(at: scratch.path) { _ in }
    }

    @Test func stopsThoughClientsKeepTheirConnections() async throws {
        var idle: Int32 = -1
        try await TestCloud.run { (cloud: TestCloud) async throws in idle = try await cloud.client.openIdle() }
        close(idle)
        let stopped = try LocalCloud(
            configuration: LocalCloudConfiguration(stateDirectory: "/tmp/none"),
            transport: RecordingTransport()
        )
        await stopped.stop()
        await #expect(throws: LocalCloudError.self) { try await stopped.pendingDeliveries() }
    }

    @Test func refusesConfigurationsThatCannotWork() {
        func code(_ change: (inout LocalCloudConfiguration) -> Void) -> LocalCloudError.Code? {
            var configuration = LocalCloudConfiguration(stateDirectory: "/tmp/none")
            change(&configuration)
            do throws(LocalCloudError) {
                _ = try LocalCloud(configuration: configuration, transport: RecordingTransport())
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code { $0.host = "0.0.0.0" } == .invalidConfiguration)
        #expect(code { $0.port = 70_000 } == .invalidConfiguration)
        #expect(code { $0.buckets = ["No"] } == .invalidConfiguration)
        #expect(code { $0.stateDirectory = "" } == .invalidConfiguration)
        #expect(
            code { $0.schedules = [CronSchedule(name: "x", expression: "never", body: [:])] } == .invalidConfiguration
        )
        #expect(code { _ in } == nil)
    }
}
