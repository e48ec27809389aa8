import Foundation
import Glibc
import SignalboxCore
import Synchronization
import Testing
import Wire

extension EndToEnd {
    /// Each function is killed once at every request it makes to its stores: after the store has carried the request
    /// out, before the function hears of it. The event then comes again, and the work is done once.
    @Suite struct KilledAtEveryRequestTests {
        /// More requests than any event needs.
        private static let requestsMax = 60
        private static let redeliveriesMax = 100

        /// What is to be killed, and when.
        private final class Killer: Sendable {
            private let target: Mutex<(request: Int, pid: pid_t?)>

            init(request: Int) { target = Mutex((request, nil)) }

            func aim(at pid: pid_t) { target.withLock { $0.pid = pid } }

            func answered(_ request: Int) {
                guard request == target.withLock({ $0.request }) else { return }
                // The first request may be on its way before its sender's id is known here.
                while true {
                    if let pid = target.withLock({ $0.pid }) {
                        kill(pid, SIGKILL)
                        return
                    }
                    Thread.sleep(forTimeInterval: 0.001)
                }
            }
        }

        /// Runs an event once with a kill, then again until it is done.
        ///
        /// - Returns: whether the kill came before the end, and what was answered in the end.
        private func deliver(
            _ event: String,
            to function: String,
            killingAt request: Int,
            trainer: String? = nil,
            _ bench: FunctionBench
        ) async throws -> (wasKilled: Bool, answer: JSONReader) {
            let killer = Killer(request: request)
            let proxy = try FaultProxy(to: bench.port, onAnswer: { killer.answered($0) })
            defer { proxy.stop() }
            let proxied = try bench.environment(storage: proxy.host, firestore: proxy.host, trainer: trainer)
            let first = try bench.start(function, ["--event", event], proxied)
            killer.aim(at: first.pid)
            let wasKilled = try await first.wait(function) == .signal(SIGKILL)
            let direct = try bench.environment(trainer: trainer)
            for _ in 0..<Self.redeliveriesMax {
                let child = try bench.start(function, ["--event", event], direct)
                switch try await child.wait(function) {
                case .exit(0): return (wasKilled, JSONReader(try JSON(parsing: child.output))["body"]["detail"])
                case .exit(75): try await Task.sleep(for: .milliseconds(200))
                case let ending: throw Repository.Missing(description: "\(function): \(ending), \(child.errors)")
                }
            }
            throw Overdue(what: "\(function) does its work", seconds: 0)
        }

        /// Calls for request 1, 2, … until one is not reached any more.
        private func atEveryRequest(_ body: (Int) async throws -> Bool) async throws -> Int {
            for request in 1...Self.requestsMax where try await !body(request) { return request - 1 }
            throw Repository.Missing(description: "more than \(Self.requestsMax) requests")
        }

        @Test func anUploadIsJudgedOnce() async throws {
            try await FunctionBench.with { bench in
                let episodes = try bench.work.episodes(2, as: "episodes")
                let requests = try await atEveryRequest { request in
                    let place = try await bench.stage(robot: "robot-\(request)", episodes: episodes)
                    let object = place.object("manifest.dsse.json")
                    let event = try bench.event("upload-\(request).json", FunctionBench.finalized(object))
                    let (wasKilled, answer) = try await deliver(event, to: "gcs-upload", killingAt: request, bench)
                    let jobs = try await bench.documents.queryAll(DocumentQuery(collection: Job.collection))
                        .map { try Job($0) }.filter { $0.packageID == place.packageID }
                    try #require(jobs.count == 1)
                    #expect(jobs.first?.phase == .pending)
                    #expect(answer["job_id"].value.stringValue == jobs.first?.id)
                    let kept = try await bench.objects.listAll(
                        bucket: LocalStack.layout.trainingBucket,
                        prefix: "datasets/\(place.packageID)/"
                    )
                    #expect(kept.count == 2)
                    let name = place.object(PackageLocation.receiptName)
                    let bytes = try await bench.objects.bytes(of: name, bytesMax: Receipt.envelopeBytesMax).bytes
                    let receipt = try Receipt(verifying: bytes, key: bench.receiptPublicKey)
                    #expect(receipt.status == .accepted)
                    // It is the same upload, whichever delivery answers it.
                    #expect(!receipt.isDuplicate, "killed at request \(request)")
                    #expect(receipt.jobID == jobs.first?.id)
                    return wasKilled
                }
                #expect(requests > 8)
            }
        }

        @Test func aDamagedUploadIsRefusedOnce() async throws {
            try await FunctionBench.with { bench in
                let episodes = try bench.work.episodes(2, as: "episodes")
                let requests = try await atEveryRequest { request in
                    let place = try await bench.stage(robot: "robot-\(request)", episodes: episodes)
                    let archive = place.object("archive.zip")
                    var bytes = try await bench.objects.bytes(of: archive, bytesMax: 64 << 20).bytes
                    bytes[bytes.count / 2] ^= 1
                    let type = "application/zip"
                    _ = try await bench.objects.write(
                        archive,
                        .bytes(bytes),
                        contentType: type,
                        metadata: [:],
                        if: .none
                    )
                    let event = try bench.event("damaged-\(request).json", FunctionBench.finalized(archive))
                    let (wasKilled, answer) = try await deliver(event, to: "gcs-upload", killingAt: request, bench)
                    let code = try answer["code"].string()
                    let rejections = try await bench.objects.listAll(
                        bucket: LocalStack.layout.trainingBucket,
                        prefix: "rejections/\(place.packageID)/"
                    )
                    try #require(rejections.count == 1, "killed at request \(request)")
                    let kept = try await bench.objects.bytes(of: rejections[0].name, bytesMax: 64 << 10).bytes
                    #expect(try Receipt(verifying: kept, key: bench.receiptPublicKey).code?.rawValue == code)
                    let name = place.object(PackageLocation.receiptName)
                    let beside = try await bench.objects.bytes(of: name, bytesMax: Receipt.envelopeBytesMax).bytes
                    #expect(try Receipt(verifying: beside, key: bench.receiptPublicKey).status == .rejected)
                    let record = try await bench.documents.get(PackageRecord.path(of: place.packageID))
                    #expect(record?.fields["status"] == .string("rejected"))
                    return wasKilled
                }
                #expect(requests > 6)
                let jobs = try await bench.documents.queryAll(DocumentQuery(collection: Job.collection))
                #expect(jobs.isEmpty)
            }
        }

        @Test func aJobIsLaunchedOnce() async throws {
            try await FunctionBench.with { bench in
                // Notes that it was run, and with what.
                let trainer = bench.work / "trainer"
                let script = "#!/bin/sh\nprintf '%s\\n' \"$*\" >> '\(bench.work / "launches")'\nsleep 1\n"
                try FileIO.write(Array(script.utf8), to: trainer, permissions: 0o755)
                var jobs: [String] = []
                let requests = try await atEveryRequest { request in
                    let job = Self.job(request)
                    _ = try await bench.documents.commit([.create(job.path, job.fields)])
                    jobs.append(job.id)
                    let event = try bench.event("job-\(request).json", FunctionBench.written(job.id))
                    let (wasKilled, _) = try await deliver(
                        event,
                        to: "firestore-job",
                        killingAt: request,
                        trainer: trainer,
                        bench
                    )
                    let document = try #require(try await bench.documents.get(job.path))
                    let launched = try Job(document)
                    #expect(launched.phase == .launched, "killed at request \(request)")
                    #expect(launched.attempt == 1)
                    #expect(launched.handle == RunOrder.name(jobID: job.id, attempt: 1))
                    #expect(launched.recoveries.isEmpty)
                    return wasKilled
                }
                #expect(requests >= 4)
                let launches = try FileIO.read(bench.work / "launches", bytesMax: 1 << 20)
                let lines = String(decoding: launches, as: UTF8.self).split(separator: "\n").map(String.init)
                #expect(
                    lines.sorted()
                        == jobs.map { "--spec gs://signalbox-training/jobs/\($0)/attempt-1/spec.json" }.sorted()
                )
            }
        }

        @Test func aPruneRemovesWhatItPlanned() async throws {
            try await FunctionBench.with { bench in
                var job = Self.job(1)
                job.phase = .completed
                _ = try await bench.documents.commit([.create(job.path, job.fields)])
                let kept = LocalStack.layout.checkpoint(jobID: job.id, step: 3, name: "attempt-1.json")
                let model = LocalStack.layout.model("reach", version: 1, file: "model.json")
                let call: JSON = [
                    "headers": ["content-type": "application/json"], "body": ["task": "prune", "dry_run": false],
                ]
                let event = try bench.event("prune.json", call)
                let requests = try await atEveryRequest { request in
                    for step in 1...3 {
                        let name = LocalStack.layout.checkpoint(jobID: job.id, step: step, name: "attempt-1.json")
                        _ = try await bench.objects.create(name, [1, 2, 3], contentType: "application/json")
                    }
                    _ = try await bench.objects.create(model, [1], contentType: "application/json")
                    let function = "scheduled-prune"
                    let (wasKilled, answer) = try await deliver(event, to: function, killingAt: request, bench)
                    #expect(answer["code"].value == "pruned")
                    let bucket = LocalStack.layout.trainingBucket
                    let left = try await bench.objects.listAll(bucket: bucket, prefix: "")
                    #expect(left.map(\.name) == [kept, model], "killed at request \(request)")
                    return wasKilled
                }
                #expect(requests > 4)
            }
        }

        /// A pending job of a dataset that nobody reads.
        private static func job(_ number: Int) -> Job {
            let digest = SHA256.digest(of: "\(number)")
            let packageID = "pkg-" + digest.hex.prefix(32)
            func object(_ name: String) -> ObjectName {
                LocalStack.layout.dataset(packageID: packageID, manifest: digest, name: name)
            }
            let dataset = DatasetReference(
                archive: object("archive.zip"),
                archiveGeneration: 1,
                manifest: object("manifest.dsse.json"),
                manifestGeneration: 1,
                manifestDigest: digest
            )
            return Job(
                packageID: packageID,
                robotID: "robot",
                config: .standard,
                dataset: dataset,
                now: SystemClock().now()
            )
        }
    }
}
