import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// What the command line tells of jobs, and a retry.
    @Suite struct JobCommandsTests {
        private static let prices: JSON = [
            "date": "2026-01-31",
            "currency": "USD",
            "source": "https://example.com/prices",
            "prices": [["tier": "vertex", "region": "*", "item": "g2-standard-8", "on_demand": 1, "spot": 0.25]],
        ]
        private static let ladder = "vertex/us-central1/g2-standard-8<=0.5 vertex/us-central1/g2-standard-8/spot local"

        /// Without a cloud, without settings: as the guide shows it.
        @Test func theGuidesPlansArePrinted() async throws {
            let guide = try String(contentsOfFile: Repository.root + "/docs/cli.md", encoding: .utf8)
            let section = try #require(guide.components(separatedBy: "\n### The plan of a job\n").last)
            let block = try #require(section.components(separatedBy: "```sh\n").dropFirst().first)
            let commands = try #require(block.components(separatedBy: "```").first).split(separator: "\n")
            try #require(commands.count == 2)
            for command in commands {
                let output = try await Self.run("/bin/sh", ["-c", String(command)])
                #expect(output.status == 0, "\(command): \(output.errors)")
                #expect(output.output.contains("local"), "\(output.output)")
            }
        }

        @Test func aPlanNeedsAPlaceAndPricesThatCanBeRead() async throws {
            let program = try Repository.program("signalbox")
            let nowhere = try await Self.run(program, ["jobs", "plan"])
            #expect(nowhere.status == 78)
            #expect(nowhere.errors.contains("SIGNALBOX_LADDER is not set") && nowhere.errors.contains("--ladder"))
            let ladder = try await Self.run(program, ["jobs", "plan", "--ladder", "local<=cheap"])
            #expect(ladder.status == 1 && ladder.errors.contains("argument_unusable: --ladder"), "\(ladder.errors)")
            let table = try await Self.run(program, ["jobs", "plan", "--tier", "local", "--prices", "/dev/null"])
            #expect(table.status == 1 && table.errors.contains("file_unusable"), "\(table.errors)")
            let training = try await Self.run(program, ["jobs", "plan", "--tier", "local", "--training", "/dev/null"])
            #expect(training.status == 1 && training.errors.contains("file_unusable: /dev/null: json_unexpected_end"))
            let billed = try await Self.run(program, ["jobs", "plan", "--tier", "local", "--billed-usd", "1"])
            #expect(billed.status == 64)
        }

        @Test func aPlanTellsPlacesPricesAndTheCap() async throws {
            try await WorkFolder.with { work in
                try FileIO.write(Self.prices.bytes, to: work / "prices.json")
                let program = try Repository.program("signalbox")
                let arguments = [
                    "jobs", "plan", "--ladder", Self.ladder, "--prices", work / "prices.json", "--hours", "3",
                ]
                let output = try await Self.run(program, arguments + ["--spend-max-usd", "0.5", "--json"])
                let plan = JSONReader(try JSON(parsing: output.output))
                let places = try plan["places"].array()
                #expect(try places.map { try $0["provisioning"].string() } == ["spot", "on_demand", "on_demand"])
                #expect(places.map { $0["usable"].value } == [true, false, true])
                #expect(places.map { $0["order"].value } == [1, .null, 2])
                #expect(places[0]["expected_usd"].value == 0.75)
                #expect(places[0]["run_seconds_max"].value == 7080)
                #expect(plan["prices"]["date"].value == "2026-01-31")
                let text = try await Self.run(program, arguments + ["--spend-max-usd", "0.5"])
                #expect(text.output.contains("prices of 2026-01-31 from https://example.com/prices"))
                #expect(text.output.contains("a run at vertex/us-central1/g2-standard-8 may take 1 h 58 min"))
                #expect(text.output.contains("3 h do not fit"))
            }
        }

        @Test func aPlanLaunchesWhereTheCapPaysForARun() async throws {
            let program = try Repository.program("signalbox")
            let ladder = "vertex/us-central1/g2-standard-8+nvidia-l4:1 local"
            let arguments = ["jobs", "plan", "--ladder", ladder, "--spend-max-usd", "0.02"]
            let output = try await Self.run(program, arguments + ["--json"])
            let places = try JSONReader(try JSON(parsing: output.output))["places"].array()
            #expect(places.map { $0["order"].value } == [.null, 1])
            #expect(places.map { $0["usable"].value } == [false, true])
            #expect(places[0]["run_seconds_max"].value == .null)
            let text = try await Self.run(program, arguments)
            #expect(text.output.contains("a run at local may take"), "\(text.output)")
            #expect(text.output.contains("what is left pays for no run there"), "\(text.output)")
        }

        @Test func aFailedJobIsExplainedComparedAndTriedAgain() async throws {
            try await LocalStack.with { stack in
                let job = Self.failed
                _ = try await stack.documents().commit([.create(job.path, job.fields)])
                try await explained(job, stack)
                try await compared(job, stack)
                let capped = try await stack.signalbox("jobs", "retry", job.id)
                #expect(capped.status == 1 && capped.errors.contains("argument_unusable"), "\(capped.errors)")
                let retried = try await stack.succeed(
                    "jobs",
                    "retry",
                    job.id,
                    "--tier",
                    "local",
                    "--spend-max-usd",
                    "5"
                )
                #expect(retried.output.hasPrefix("reopened \(job.id): attempt 2 goes on local, at most 5.0000 USD"))
                // Its dataset was never there: the trainer says so, on the tier that was asked for.
                let after = try await stack.finished(job.id)
                #expect(after.failure?.code != .spendCapReached)
                #expect(after.attempt > 1)
                #expect(after.placement?.place.tier == "local")
                #expect(after.recoveries.first?.cause == .retried)
                #expect(after.spentUSD == job.spentUSD)
            }
        }

        @Test func aJobThatIsCompletedIsNotTriedAgain() async throws {
            try await LocalStack.with { stack in
                var job = Self.failed
                job.phase = .completed
                job.failure = nil
                job.result = Self.result
                _ = try await stack.documents().commit([.create(job.path, job.fields)])
                try await measured(job, stack)
                let retried = try await stack.signalbox("jobs", "retry", job.id)
                #expect(retried.status == 1 && retried.errors.contains("job_completed"), "\(retried.errors)")
                let why = try await stack.succeed("why", job.id, "--json")
                #expect(try why.json["cause"] == "completed")
            }
        }

        @Test func aJobThatIsNotOverIsNotTriedAgain() async throws {
            try await LocalStack.with { stack in
                var job = Self.failed
                job.phase = .running
                job.failure = nil
                _ = try await stack.documents().commit([.create(job.path, job.fields)])
                for command in [["jobs", "retry", job.id], ["jobs", "plan", job.id, "--tier", "local"]] {
                    let output = try await stack.signalbox(command)
                    #expect(output.status == 1 && output.errors.contains("job_not_over"), "\(output.errors)")
                }
                // Nothing but that was wrong with the call.
                let plan = try await stack.signalbox("jobs", "plan", job.id)
                #expect(plan.status == 0, "\(plan.errors)")
            }
        }

        @Test func aJobWhoseDocumentIsFullIsNotTriedAgain() async throws {
            try await LocalStack.with { stack in
                var job = Self.failed
                let noted = Job.Recovery(
                    at: job.createdAt,
                    attempt: 1,
                    cause: .preempted,
                    place: nil,
                    evidence: "the tier took the machine back"
                )
                job.recoveries = Array(repeating: noted, count: JobPolicy.recoveriesMax)
                _ = try await stack.documents().commit([.create(job.path, job.fields)])
                for command in [["jobs", "retry", job.id], ["jobs", "plan", job.id, "--ladder", "local"]] {
                    let output = try await stack.signalbox(command)
                    #expect(output.status == 1 && output.errors.contains("recoveries_full"), "\(output.errors)")
                    #expect(output.errors.contains("package the episodes again"), "\(output.errors)")
                }
                let why = try await stack.succeed("why", job.id)
                #expect(why.output.contains("package the episodes again"), "\(why.output)")
                #expect(!why.output.contains("jobs retry"), "\(why.output)")
            }
        }

        private func explained(_ job: Job, _ stack: LocalStack) async throws {
            let why = try await stack.succeed("why", job.id)
            #expect(why.lines.first?.hasPrefix("spend_cap_reached: ") == true, "\(why.output)")
            #expect(why.lines.last == "  signalbox jobs retry \(job.id) --spend-max-usd 4")
            let shown = try await stack.succeed("jobs", "show", job.id)
            #expect(shown.output.contains("vertex/us-central1/g2-standard-8/spot"))
            #expect(shown.output.contains("2.0000 USD of 2.0000 USD"))
            let listed = try await stack.succeed("jobs", "list")
            #expect(listed.lines.last?.contains("vertex spot") == true, "\(listed.output)")
        }

        /// The attempt was reckoned with 0.20 USD an hour, the table says 0.25, and the bill 2.05 for 2; the plan was
        /// made for four hours.
        private func compared(_ job: Job, _ stack: LocalStack) async throws {
            try FileIO.write(Self.prices.bytes, to: stack.work / "prices.json")
            let output = try await stack.signalbox([
                "jobs", "plan", job.id, "--ladder", Self.ladder, "--prices", stack.work / "prices.json",
                "--spend-max-usd", "4", "--billed-usd", "2.05", "--hours", "4", "--json",
            ])
            let plan = JSONReader(try JSON(parsing: output.output))
            #expect(plan["drift"]["usd_per_hour"]["beyond_tolerance"].value == true)
            #expect(plan["drift"]["billed_usd"]["beyond_tolerance"].value == false)
            // Four hours of 0.25 are half of what it spent.
            #expect(try plan["drift"]["measured_usd"]["reckoned"].double() == 1)
            #expect(try plan["drift"]["measured_usd"]["share"].double() == 1)
            #expect(try plan["spent_usd"].double() == 2)
            #expect(try plan["places"].array()[0]["run_seconds_max"].value == 28_680)
        }

        /// Four hours of training at 0.25 USD are half of what the job cost; nobody had to name them.
        private func measured(_ job: Job, _ stack: LocalStack) async throws {
            try FileIO.write(Self.prices.bytes, to: stack.work / "prices.json")
            let arguments = ["jobs", "plan", job.id, "--ladder", Self.ladder, "--prices", stack.work / "prices.json"]
            let text = try await stack.signalbox(arguments)
            let line = text.lines.first { $0.hasPrefix("drift: the 4 h of its training cost 1.0000 USD") }
            #expect(line?.contains("measured at 2.0000 USD (+100.0 %)") == true, "\(text.output)")
            let output = try await stack.signalbox(arguments + ["--json"])
            let plan = JSONReader(try JSON(parsing: output.output))
            #expect(plan["hours"].value == .null)
            #expect(try plan["drift"]["measured_usd"]["reckoned"].double() == 1)
            #expect(plan["drift"]["measured_usd"]["beyond_tolerance"].value == true)
        }

        // MARK: - What is looked at

        private static let result = TrainingResult(
            modelURI: "gs://training/models/reach/v1/",
            modelName: "reach",
            modelVersion: 1,
            finalLoss: 0.5,
            initialLoss: 1,
            bestValidationLoss: nil,
            bestStep: nil,
            baselineLoss: nil,
            steps: 100,
            trainingTimeSeconds: 4 * 3600
        )

        private static var failed: Job {
            let archive = LocalStack.layout.object("datasets/pkg-0/archive.zip")
            let dataset = DatasetReference(
                archive: archive,
                archiveGeneration: 1,
                manifest: LocalStack.layout.object("datasets/pkg-0/manifest.dsse.json"),
                manifestGeneration: 1,
                manifestDigest: SHA256.digest(of: "none")
            )
            let now = SystemClock().now()
            var job = Job(
                packageID: "pkg-00000000000000000000000000000000",
                robotID: "robot-1",
                config: JobConfig(spendMaxUSD: 2),
                dataset: dataset,
                now: now
            )
            job.phase = .failed
            job.attempt = 1
            job.failure = Job.Failure(.spendCapReached, "2.0000 USD of 2.0000 USD are spent")
            job.spentUSD = 2
            job.placement = Place("vertex/us-central1/g2-standard-8/spot").map { place in
                Job.Placement(
                    place: place,
                    usdPerHour: 0.2,
                    claimedAt: now.truncatedToMicroseconds,
                    runSecondsMax: 3600,
                    choices: 1
                )
            }
            return job
        }

        private static func run(_ program: String, _ arguments: [String]) async throws -> LocalStack.Output {
            try await LocalStack.Output(of: program, arguments)
        }
    }
}
