import Foundation
import Glibc
import LocalCloud
import SignalboxCore
import Synchronization
import Testing
import Wire

extension EndToEnd {
    /// `signalbox upload --api`, with the robot's key and nothing else.
    @Suite struct UploadAPITests {
        @Test func aPackageIsAcceptedOnALocalCloud() async throws {
            try await LocalStack.with { stack in
                let package = try await stack.package(of: "robot-1", 4, ["--epochs", "1"])
                let functions = try stack.local()["functions"].array()
                let api = try #require(functions.first { $0["name"].value == "api" })
                let url = try api["url"].string()
                let upload = ["upload", package.folder, "--api", url, "--key", "keys/robot-1.pem", "--no-progress"]
                let first = try await stack.signalbox(upload + ["--wait", "--json"])
                try #require(first.status == 0, "\(first.errors)")
                #expect(try first.json["outcome"] == "accepted")
                #expect(try first.json["receipt"]?["package_id"] == .string(package.id))
                #expect(FileManager.default.fileExists(atPath: package.folder + "/receipt.dsse.json"))
                #expect(!FileManager.default.fileExists(atPath: package.folder + "/.signalbox-upload.json"))
                let again = try await stack.signalbox(upload + ["--wait"])
                #expect(again.status == 0)
                #expect(again.output.hasPrefix("accepted before; nothing is trained again  job-"), "\(again.output)")
                let job = try #require(try await stack.jobs().first)
                _ = try await stack.finished(job.id)
                for (arguments, code) in [
                    (["--api", "http://192.0.2.1/", "--key", "keys/robot-1.pem"], "argument_unusable"),
                    (["--api", url, "--key", "nowhere.pem"], "file_unusable"),
                ] {
                    let output = try await stack.signalbox(["upload", package.folder, "--no-progress"] + arguments)
                    #expect(output.status == 1 && output.errors.contains(code), "\(output.errors)")
                }
                #expect(try await stack.signalbox("upload", package.folder, "--api", url).status == 64)
                _ = try await stack.succeed("keys", "new", "--id", "r-2", "--environment", "x", "--out", "keys")
                let wrong = try await stack.signalbox(upload + ["--key", "keys/r-2.pem", "--key-id", "r-2"])
                #expect(wrong.status == 77 && wrong.errors.contains("signer_mismatch"), "\(wrong.errors)")
            }
        }

        /// A robot with a cloud of functions: the api and the intake, storage seen through a proxy.
        private struct Robot {
            let bench: FunctionBench
            let url: String
            private let functions: [ChildProcess]

            init(_ bench: FunctionBench, storage: String? = nil) async throws {
                self.bench = bench
                let (intake, intakeURL) = try await bench.serve("gcs-upload", try bench.environment())
                let (api, url) = try await bench.serve("api", try bench.environment(storage: storage))
                self.url = url
                functions = [intake, api]
                try await bench.cloud.setSubscriptions([
                    EventSubscription(
                        name: "gcs-upload",
                        filter: .objects(bucket: LocalStack.layout.stagingBucket, .finalized),
                        url: intakeURL
                    )
                ])
            }

            /// Ends the functions, as a platform does.
            func stop() async throws { try await UploadAPITests.stop(functions) }

            func upload(_ folder: String) throws -> ChildProcess {
                let own = ProcessInfo.processInfo.environment
                // No bucket, no project, no credentials: the robot's key is all it has.
                let environment = [
                    "PATH": own["PATH", default: "/usr/bin:/bin"],
                    "SIGNALBOX_RECEIPT_PUBLIC_KEY": bench.work / "intake.pub.pem",
                ]
                let arguments = [
                    "upload", folder, "--api", url, "--key", "robot.pem", "--wait", "--no-progress", "--json",
                ]
                return try bench.start("signalbox", arguments, environment)
            }

            /// The answer of an upload that has to succeed.
            func succeed(_ folder: String) async throws -> JSON {
                let child = try upload(folder)
                try #require(try await child.wait("the upload") == .exit(0), "\(child.errors)")
                return try JSON(parsing: child.output)
            }
        }

        private static func stop(_ functions: [ChildProcess]) async throws {
            for function in functions {
                function.signal(SIGTERM)
                #expect(try await function.wait("a function") == .exit(0))
            }
        }

        /// A package of three parts: 40 MiB, packed as they are.
        private func large(_ bench: FunctionBench) throws -> BuiltPackage {
            let folder = try bench.work.episodes(1, as: "large")
            try FileIO.write([UInt8](repeating: 7, count: 40 << 20), to: folder + "/blob.bin")
            return try bench.package(robot: "robot-1", episodes: folder, compression: .stored, as: "package")
        }

        @Test func anUploadThatWasKilledGoesOnWhereItWas() async throws {
            try await FunctionBench.with { bench in
                let package = try large(bench)
                let journal = bench.work / "package/.signalbox-upload.json"
                let requests = Mutex(0)
                let stuck = SharedFlag()
                let isBroken = Mutex(true)
                let proxy = try FaultProxy(to: bench.port) { _ in
                    guard access(journal, F_OK) == 0 else { return .pass }
                    // How far is it; the first part; the second, which never arrives.
                    let number = requests.withLock { requests in
                        requests += 1
                        return requests
                    }
                    guard number == 3, isBroken.withLock({ $0 }) else { return .pass }
                    stuck.set()
                    while isBroken.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.01) }
                    return .unavailable
                }
                defer { proxy.stop() }
                let robot = try await Robot(bench, storage: proxy.host)
                let child = try robot.upload("package")
                try await eventually("the second part is on its way") { stuck.isSet }
                child.signal(SIGKILL)
                #expect(await child.wait() == .signal(SIGKILL))
                isBroken.withLock { $0 = false }
                requests.withLock { $0 = 0 }
                let answer = try await robot.succeed("package")
                #expect(answer["outcome"] == "accepted", "\(answer)")
                // How far is it; the second part; the third.
                #expect(requests.withLock { $0 } == 3)
                #expect(access(journal, F_OK) != 0)
                let sent = answer["archive"]?["generation"]
                #expect(answer["receipt"]?["archive_generation"] == sent)
                #expect(try await robot.succeed("package")["outcome"] == "duplicate")
                try await refuseOther(bench, robot, package)
                try await robot.stop()
            }
        }

        /// The same episodes, packed in another way, are refused once the first are accepted.
        private func refuseOther(_ bench: FunctionBench, _ robot: Robot, _ package: BuiltPackage) async throws {
            let other = try bench.package(robot: "robot-1", episodes: bench.work / "large", as: "other")
            #expect(other.manifest.packageID == package.manifest.packageID)
            let child = try robot.upload("other")
            #expect(try await child.wait("the other upload") == .exit(1))
            #expect(child.errors.contains("package_conflict"), "\(child.errors)")
        }

        @Test func bytesThatChangeOnTheWayOrBeforeAreRefused() async throws {
            try await FunctionBench.with { bench in
                let robot = try await Robot(bench)
                let episodes = try bench.work.episodes(2, as: "episodes")
                let package = try bench.package(robot: "robot-1", episodes: episodes, as: "package")
                var bytes = try FileIO.read(package.archive, bytesMax: 64 << 20)
                let good = bytes
                bytes[bytes.count / 2] ^= 1
                // Flipped behind the API's back: the session takes no other bytes than were announced.
                let client = OtherClient(bench, robot.url)
                let session = try await client.session(package, crc32c: CRC32C.checksum(of: good))
                let put = HTTPRequest(method: "PUT", url: session, body: .bytes(bytes))
                #expect(try await bench.transport.send(put).status == 400)
                let gone = HTTPRequest(method: "PUT", url: session, body: .bytes(good))
                #expect(try await bench.transport.send(gone).status == 404)
                #expect(try await bench.objects.listAll(bucket: LocalStack.stagingBucket, prefix: "").count == 1)
                // Flipped on the robot's disk: announced as it is, and refused by the intake, with a receipt.
                try FileIO.write(bytes, to: package.archive)
                try await bench.documents.commitDeletion(of: UploadRecord.path(of: package.manifest.packageID))
                let child = try robot.upload("package")
                #expect(try await child.wait("the flipped upload") == .exit(1))
                #expect(child.errors.contains("package_refused"), "\(child.errors)")
                #expect(try JSON(parsing: child.output)["receipt"]?["status"] == "rejected")
                #expect(try await bench.documents.queryAll(DocumentQuery(collection: Job.collection)).isEmpty)
                // Healed: the same command is accepted.
                try FileIO.write(good, to: package.archive)
                #expect(try await robot.succeed("package")["outcome"] == "accepted")
                try await robot.stop()
            }
        }

        @Test func theReadingRoutesHearOnlyCallersWithTokens() async throws {
            try await FunctionBench.with { bench in
                let oidc = [
                    "SIGNALBOX_OIDC_AUDIENCE": "https://api", "SIGNALBOX_OIDC_EMAILS": "a@b",
                    "SIGNALBOX_OIDC_KEYS_URL": "http://127.0.0.1:9/certs",
                ]
                let environment = try bench.environment().merging(oidc) { $1 }
                let (closed, url) = try await bench.serve("api", environment)
                func ask(_ path: String, _ headers: HTTPHeaders = [:]) async throws -> Int {
                    try await bench.transport.send(HTTPRequest(url: url + path, headers: headers)).status
                }
                #expect(try await ask("/v1/jobs") == 401)
                #expect(try await ask("/v1/jobs", ["Authorization": "Bearer a.b.c"]) == 401)
                #expect(try await ask("/healthz") == 200)
                #expect(try await ask(UploadDesk.receiptPath(of: "pkg-1")) == 401)
                let (open, openURL) = try await bench.serve("api", try bench.environment())
                #expect(try await bench.transport.send(HTTPRequest(url: openURL + "/v1/jobs")).status == 200)
                try await Self.stop([closed, open])
            }
        }
    }
}

/// A client of the API that is not ours: announces, and keeps the session.
private struct OtherClient {
    private let bench: FunctionBench
    private let url: String

    init(_ bench: FunctionBench, _ url: String) {
        self.bench = bench
        self.url = url
    }

    func session(_ package: BuiltPackage, crc32c: CRC32C) async throws -> String {
        let pem = String(decoding: try FileIO.read(bench.work / "robot.pem", bytesMax: 4096), as: UTF8.self)
        let signer = HTTPRequestSigner(
            key: try Ed25519PrivateKey(pem: pem),
            keyID: "robot",
            clock: SystemClock(),
            random: SystemRandomSource()
        )
        let request = HTTPRequest(
            method: "POST",
            url: url + UploadDesk.uploadPath,
            headers: ["Content-Type": "application/json", UploadDesk.crc32cField: crc32c.base64]
        )
        let envelope = try FileIO.read(package.envelope, bytesMax: 1 << 20)
        let signed = try signer.signed(request, content: envelope, covering: [UploadDesk.crc32cField])
        let response = try await bench.transport.send(signed)
        try #require(response.status == 201)
        return try #require(response.headers["location"])
    }
}

extension DocumentStore {
    /// Deletes a document.
    fileprivate func commitDeletion(of path: String) async throws { _ = try await commit([.delete(path)]) }
}
