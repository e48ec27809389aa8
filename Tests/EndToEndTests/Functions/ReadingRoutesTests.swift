import Glibc
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// What `api` tells dashboards and scripts, under the names that the command line uses.
    @Suite struct ReadingRoutesTests {
        @Test func jobsPackagesAndModelsAreTold() async throws {
            try await FunctionBench.with { bench in
                let (intake, intakeURL) = try await bench.serve("gcs-upload", try bench.environment())
                let (api, url) = try await bench.serve("api", try bench.environment())
                func ask(_ path: String, _ status: Int = 200) async throws -> JSON {
                    let answer = try await bench.transport.send(HTTPRequest(url: url + path))
                    #expect(answer.status == status, "\(path)")
                    return try JSON(parsing: try await answer.body.collect(bytesMax: 1 << 20))
                }
                #expect(try await ask("/v1/jobs") == ["jobs": [], "next_page_token": nil])
                let episodes = try bench.work.episodes(2, as: "episodes")
                let place = try await bench.stage(robot: "robot-1", episodes: episodes)
                let finalized = FunctionBench.finalized(place.object(PackageLocation.manifestName))
                let accepted = try await bench.transport.send(FunctionBench.delivery(of: finalized, to: intakeURL))
                #expect(accepted.status == 200)
                let package = try await ask("/v1/packages/\(place.packageID)")
                #expect(package["package_id"] == .string(place.packageID))
                let jobs = try await JSONReader(ask("/v1/jobs?status=pending"))["jobs"].array()
                try #require(jobs.count == 1)
                let id = try jobs[0]["job_id"].string()
                #expect(jobs[0]["id"].optional == nil)
                #expect(package["job_id"] == .string(id))
                #expect(try await ask("/v1/jobs/\(id)") == jobs[0].value)
                #expect(try await JSONReader(ask("/v1/jobs?status=failed"))["jobs"].array().isEmpty)
                #expect(try await ask("/v1/jobs?status=over", 400)["error"]?["code"] == "invalid_argument")
                #expect(try await ask("/v1/jobs?page_size=101", 400)["error"]?["code"] == "invalid_argument")
                #expect(try await ask("/v1/jobs/job-0", 404)["error"]?["code"] == "not_found")
                try await modelsAreTold(bench, ask)
                for function in [intake, api] {
                    function.signal(SIGTERM)
                    #expect(try await function.wait("a function") == .exit(0))
                }
            }
        }

        private func modelsAreTold(
            _ bench: FunctionBench,
            _ ask: (String, Int) async throws -> JSON
        ) async throws {
            let model: [String: DocumentValue] = [
                "next_version": .integer(3), "latest_version": .integer(1), "environment_id": .string("reach"),
            ]
            func version(_ number: Int64, _ state: String) -> [String: DocumentValue] {
                ["name": .string("reach"), "version": .integer(number), "state": .string(state)]
            }
            _ = try await bench.documents.commit([
                .create("\(ModelRegistry.collection)/reach", model),
                .create("\(ModelRegistry.collection)/reach/versions/v1", version(1, "published")),
                .create("\(ModelRegistry.collection)/reach/versions/v2", version(2, "reserved")),
            ])
            let models = try JSONReader(await ask("/v1/models", 200))["models"].array()
            #expect(try models.map { try $0["name"].string() } == ["reach"])
            let told = try await ask("/v1/models/reach", 200)
            let published: JSON = ["name": "reach", "version": 1, "state": "published"]
            #expect(told == ["name": "reach", "versions": [published]])
            #expect(try await ask("/v1/models/lift", 404)["error"]?["code"] == "not_found")
        }
    }
}
