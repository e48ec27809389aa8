import Foundation
import Glibc
import SignalboxCore
import Testing
import Wire

extension LocalStack {
    static let environmentID = "metaworld-reach-v3"
    static let stagingBucket = "signalbox-staging"
    static let layout = BucketLayout(stagingBucket: stagingBucket, trainingBucket: "signalbox-training")

    /// A package on disk.
    struct Package {
        let folder: String
        let id: String
        let robot: String
    }

    /// Makes a key for a robot, and a package of its first episodes.
    ///
    /// - Parameter training: options of `signalbox package` about training.
    func package(of robot: String, _ count: Int, _ training: [String]) async throws -> Package {
        let source = count == 24 ? Repository.episodes : try work.episodes(count, as: "episodes-\(robot)-\(count)")
        return try await package(of: robot, source, training, as: "package-\(robot)-\(count)")
    }

    /// Makes a package of a folder of episodes, with a key that the robot may have to get first.
    func package(
        of robot: String,
        _ source: String,
        _ training: [String],
        as folder: String = "package"
    ) async throws -> Package {
        if !FileManager.default.fileExists(atPath: work / "keys/\(robot).pem") {
            _ = try await succeed("keys", "new", "--id", robot, "--environment", Self.environmentID, "--out", "keys")
        }
        let arguments = [
            "package", source, "--robot", robot, "--environment", Self.environmentID, "--key", "keys/\(robot).pem",
            "--key-id", robot, "--out", folder, "--no-progress",
        ]
        let output = try await signalbox(arguments + training)
        try #require(output.status == 0, "signalbox package: \(output.errors)")
        return Package(folder: work / folder, id: try #require(output.lines.first), robot: robot)
    }

    /// Uploads a package that has to be accepted.
    ///
    /// - Returns: the job's id.
    func upload(_ package: Package) async throws -> String {
        let output = try await succeed("upload", package.folder, "--wait", "--no-progress")
        try #require(output.output.hasPrefix("accepted  job-"), "\(output.output)")
        return String(try #require(output.lines.first).dropFirst("accepted  ".count))
    }

    /// Uploads a package that was accepted before.
    ///
    /// - Returns: the job's id.
    func upload(again package: Package) async throws -> String {
        let output = try await succeed("upload", package.folder, "--wait", "--no-progress")
        let answer = "accepted before; nothing is trained again  "
        try #require(output.output.hasPrefix(answer), "\(output.output)")
        return String(try #require(output.lines.first).dropFirst(answer.count))
    }

    /// A job's document.
    func job(_ id: String) async throws -> Job {
        let document = try await documents().get(Job.path(of: id))
        return try Job(try #require(document, "there is no \(id)"))
    }

    /// All job documents.
    func jobs() async throws -> [Job] {
        try await documents().queryAll(DocumentQuery(collection: Job.collection)).map { try Job($0) }
    }

    /// Waits until a job is over.
    func finished(_ id: String, withinSeconds seconds: Int = EndToEnd.waitSeconds) async throws -> Job {
        try await eventually("\(id) is over", withinSeconds: seconds) {
            let job = try await job(id)
            return job.phase.isTerminal ? job : nil
        }
    }

    /// Waits until a job is completed, and checks that it was trained once: one attempt, one run, one published
    /// version.
    @discardableResult
    func completedOnce(_ id: String) async throws -> Job {
        let job = try await finished(id)
        try #require(job.phase == .completed, "\(String(describing: job.failure))")
        try #require(job.attempt == 1, "\(job.recoveries)")
        try #require(job.recoveries.isEmpty)
        try #require(runs() == [RunOrder.name(jobID: id, attempt: 1)])
        let name = try #require(job.result).modelName
        try #require(try await versions(of: name).count == 1)
        return job
    }

    /// The versions of a model that were ever reserved.
    func versions(of model: String) async throws -> [Document] {
        try await documents().queryAll(DocumentQuery(collection: "\(ModelRegistry.collection)/\(model)/versions"))
    }

    /// The names of the local tier's runs.
    func runs() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: state + "/runs")) ?? []).sorted()
    }

    /// The process that leads a run's session.
    func leader(ofRun name: String) throws -> pid_t {
        let record = String(decoding: try FileIO.read("\(state)/runs/\(name)/process", bytesMax: 4096), as: UTF8.self)
        let pid = try #require(record.split(separator: " ").first.flatMap { pid_t($0) })
        try #require(pid > 1)
        return pid
    }

    /// The names of the training bucket's objects under a prefix.
    func names(under prefix: String) async throws -> [String] {
        try await objects().listAll(bucket: Self.layout.trainingBucket, prefix: prefix).map(\.name.name)
    }

    /// The text of an object of the training bucket.
    func text(_ name: String) async throws -> String {
        let bytes = try await objects().bytes(of: Self.layout.object(name), bytesMax: 64 << 20).bytes
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The steps of which a job's metrics tell a training loss, in their order.
    func measuredSteps(of id: String) async throws -> [Int] {
        try await text("logs/\(id)/metrics.jsonl").split(separator: "\n").compactMap { line in
            let json = try JSON(parsing: Array(line.utf8))
            return json["loss"] == nil ? nil : json["step"]?.integerValue.map { Int($0) }
        }
    }

    /// The steps of the checkpoints that an attempt of a job has kept whole.
    func checkpoints(of id: String, attempt: Int = 1) async throws -> [Int] {
        let names = try await names(under: "checkpoints/\(id)/")
        return names.filter { $0.contains("/attempt-\(attempt)-") && $0.hasSuffix(".json") }.compactMap { name in
            name.split(separator: "/").dropLast().last.flatMap { Int($0.dropFirst("step-".count)) }
        }
    }
}

extension LocalStack {
    /// Writes an object that is not there yet.
    func put(_ name: ObjectName, file path: String) async throws {
        let bytes = try FileIO.read(path, bytesMax: 64 << 20)
        let type = "application/octet-stream"
        _ = try await objects().write(name, .bytes(bytes), contentType: type, metadata: [:], if: .doesNotExist)
    }

    /// Writes an object over whatever is there.
    func replace(_ name: ObjectName, _ bytes: [UInt8]) async throws {
        let type = "application/octet-stream"
        _ = try await objects().write(name, .bytes(bytes), contentType: type, metadata: [:], if: .none)
    }
}
