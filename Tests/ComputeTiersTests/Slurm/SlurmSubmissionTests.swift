import ComputeTiers
import SignalboxCore
import Testing
import Wire

/// What is submitted, to each version.
@Suite struct SlurmSubmissionTests {
    private static let name = RunOrder.name(jobID: SlurmSupport.jobID, attempt: 1)

    private func submission(
        _ order: RunOrder,
        version: String,
        change: (inout SlurmSettings) -> Void = { _ in }
    ) async throws -> JSONReader {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { call, _ in
                call.line == "POST /job/submit" ? .json(["errors": [], "job_id": 12]) : .jobs()
            }
            var settings = try SlurmSupport.settings(folder, version: version)
            settings.folder = "/shared/runs"
            change(&settings)
            let tier = SlurmTier(settings, transport: server, clock: HastyClock())
            #expect(try await tier.launch(order) == "12/\(order.name)")
            let calls = server.calls
            #expect(calls.map(\.line) == ["GET /jobs/", "POST /job/submit", "GET /jobs/"])
            #expect(calls.allSatisfy { $0.url.hasPrefix("http://slurm:6820/slurm/\(version)/") })
            #expect(calls.allSatisfy { $0.user == "robots" && $0.token == "a.b.c" })
            return JSONReader(try #require(calls.dropFirst().first).body)
        }
    }

    private static let script = #"""
        #!/bin/sh
        exec '/opt/signalbox/it'\''s a trainer' --spec 'gs://training/jobs/\#(SlurmSupport.jobID)/attempt-1/spec.json'

        """#

    @Test func v38TakesTheOptionsOfSbatch() async throws {
        let order = try SlurmSupport.order(place: "slurm/gpu/gpu:a100:2+cpu:8+mem:16/spot", runSecondsMax: 3601)
        let body = try await submission(order, version: "v0.0.38") { $0.account = "robotics" }
        let expected: JSON = [
            "script": .string(Self.script),
            "job": [
                "name": .string(Self.name), "comment": .string(SlurmSupport.comment), "dependency": "singleton",
                "tasks": 1, "current_working_directory": "/shared/runs",
                "standard_output": .string("/shared/runs/\(Self.name).log"), "partition": "gpu", "account": "robotics",
                "cpus_per_task": 8, "memory_per_node": 16_384, "gres": "gpu:a100:2", "time_limit": 61,
                "no_requeue": true, "open_mode": "append",
                "environment": ["PATH": "/bin", "SIGNALBOX_TRAINING_BUCKET": "training"],
            ],
        ]
        #expect(body.value == expected)
    }

    @Test func v39TakesTheFieldsOfTheJob() async throws {
        let body = try await submission(try SlurmSupport.order(place: "slurm/-/gpu:1"), version: "v0.0.39")
        #expect(body["script"].value == .string(Self.script))
        let job = body["job"]
        #expect(job["script"].isNull)
        #expect(job["environment"].value == ["PATH=/bin", "SIGNALBOX_TRAINING_BUCKET=training"])
        #expect(job["time_limit"].value == ["set": true, "infinite": false, "number": 60])
        #expect(job["open_mode"].value == ["APPEND"])
        #expect(job["requeue"].value == false)
        #expect(job["tres_per_node"].value == "gres:gpu:1")
        #expect(job["partition"].isNull && job["gres"].isNull && job["no_requeue"].isNull)
    }

    @Test func v40TakesTheScriptInTheJob() async throws {
        let order = try SlurmSupport.order(place: "slurm/gpu/gpu:1+shard:2+mem:1")
        let body = try await submission(order, version: "v0.0.40")
        #expect(body["script"].isNull)
        let job = body["job"]
        #expect(job["script"].value == .string(Self.script))
        #expect(job["tres_per_node"].value == "gres/gpu:1,gres/shard:2")
        #expect(job["memory_per_node"].value == ["set": true, "infinite": false, "number": 1024])
        #expect(job["partition"].value == "gpu")
    }

    @Test func aLargeNodeIsAskedForInWhateverOrder() async throws {
        let large = try await submission(
            try SlurmSupport.order(place: "slurm/gpu/gpu:1+mem:512+cpu:384"),
            version: "v0.0.38"
        )
        #expect(large["job"]["memory_per_node"].value == 524_288)
        #expect(large["job"]["cpus_per_task"].value == 384)
        let typed = try await submission(
            try SlurmSupport.order(place: "slurm/gpu/cpu:8+gpu:a100:2"),
            version: "v0.0.38"
        )
        #expect(typed["job"]["gres"].value == "gpu:a100:2")
    }

    @Test func aPlaceWithoutLocationIsInTheConfiguredPartition() async throws {
        let onDemand = try await submission(try SlurmSupport.order(), version: "v0.0.38") { $0.partition = "batch" }
        #expect(onDemand["job"]["partition"].value == "batch")
        let spot = try await submission(try SlurmSupport.order(place: "slurm/-/-/spot"), version: "v0.0.38") {
            $0.partition = "batch"
            $0.spotPartition = "scavenge"
        }
        #expect(spot["job"]["partition"].value == "scavenge")
    }

    @Test(arguments: [
        "slurm/-/-/spot", "slurm/-/cpu:0", "slurm/-/cpu:8:2", "slurm/-/mem:many", "slurm/-/gpu:1:", "slurm/-/a:b:c:d",
    ])
    func aPlaceThatMakesNoSenseIsNotSubmitted(place: String) async throws {
        try await SlurmSupport.withToken { folder in
            let server = ScriptedSlurm { _, _ in .jobs() }
            let tier = try SlurmSupport.tier(server, folder)
            let order = try SlurmSupport.order(place: place)
            let error = await #expect(throws: TierError.self) { try await tier.launch(order) }
            #expect(error?.code == .invalidOrder)
            #expect(server.calls.isEmpty)
        }
    }
}
