import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("Upload problems")
struct UploadProblemTests {
    private static let manifests: [(String, Int, String?, @Sendable (inout Upload) throws -> Void)] = [
        ("envelope_malformed", 400, "", { $0.envelope = Array("{".utf8) }),
        ("envelope_malformed", 400, "/payload", { try $0.editEnvelope { $0[pointer: "/payload"] = 1 } }),
        (
            "envelope_malformed", 400, "/signatures/0/sig",
            { try $0.editEnvelope { $0[pointer: "/signatures/0/sig"] = "*" } }
        ),
        ("payload_type", 400, "/payloadType", { try $0.editEnvelope { $0[pointer: "/payloadType"] = "text/plain" } }),
        ("unsigned", 400, "/signatures", { try $0.editEnvelope { $0[pointer: "/signatures"] = [] } }),
        (
            "unknown_key", 403, "/signatures/0/keyid",
            { try $0.editEnvelope { $0[pointer: "/signatures/0/keyid"] = "x" } }
        ),
        ("bad_signature", 403, "/signatures/0/sig", { $0.sign(by: Sample.otherKey) }),
        (
            "manifest_schema", 422, "/payload/predicate/robot_id",
            { $0.editStatement { $0[pointer: "/predicate/robot_id"] = "A B" } }
        ),
        (
            "manifest_schema", 422, "/payload/predicate/episodes/1/sha256",
            { $0.editStatement { $0[pointer: "/predicate/episodes/1/sha256"] = "00" } }
        ),
        (
            "manifest_schema", 422, "/payload",
            { upload in
                let statement = Array("no json".utf8)
                upload.envelope = DSSEEnvelope(signing: statement, key: Sample.robotKey, keyID: Sample.keyID).bytes
            }
        ),
        (
            "manifest_schema", 422, "/payload/predicate/capture_window_utc",
            { $0.editStatement { $0[pointer: "/predicate/capture_window_utc/end"] = "2020-01-01T00:00:00Z" } }
        ),
        (
            "package_id", 422, "/payload/predicate/package_id",
            { $0.editStatement { $0[pointer: "/predicate/package_id"] = "pkg-00000000000000000000000000000000" } }
        ),
        (
            "key_not_for_environment", 403, "/payload/predicate/environment_id",
            { upload in
                upload.manifest.environmentID = "elsewhere"
                upload.setEpisodes(upload.manifest.episodes)
            }
        ),
        (
            "key_not_for_robot", 403, "/payload/predicate/robot_id",
            { upload in
                upload.manifest.robotID = "arm-8"
                upload.setEpisodes(upload.manifest.episodes)
            }
        ),
        (
            "archive_too_long", 413, "/payload/predicate/archive/size",
            { upload in
                upload.manifest.archive.size = (64 << 30) + 1
                upload.sign()
            }
        ),
        (
            "signer_mismatch", 403, "/signatures/0/keyid",
            { $0.sign(by: Sample.otherKey, keyID: DeskWorld.second.keyID) }
        ),
    ]

    @Test("a manifest that is refused says why and where, before anything is written", arguments: manifests.indices)
    func manifest(_ index: Int) async throws {
        let (code, status, pointer, spoil) = Self.manifests[index]
        var own = Sample.robot
        own.robots = [Sample.robotID]
        let world = DeskWorld(keyring: Keyring([own, DeskWorld.second]))
        var upload = try Upload()
        try spoil(&upload)
        let problem = try #require(await world.problem(try world.request(upload), upload.envelope))
        #expect(problem.code == code && problem.status == status, "\(problem)")
        #expect(problem.pointer == pointer, "\(problem)")
        #expect(problem.json["type"] == .string("https://signalbox.dev/problems/\(code)"))
        #expect(problem.json["status"] == .integer(Int64(status)) && problem.json["title"] != nil)
        #expect(world.intake.objects.names.isEmpty && world.sessions.orders.isEmpty)
    }

    @Test("the form of a request is checked first")
    func form() async throws {
        let world = DeskWorld()
        let upload = try Upload()
        func problem(_ request: SignedRequest, _ body: [UInt8]? = nil) async -> Problem? {
            await world.problem(request, body ?? upload.envelope)
        }
        let text = await problem(try world.request(upload, contentType: "text/plain"))
        #expect(text?.code == "content_type_unsupported" && text?.status == 415 && text?.field == "Content-Type")
        #expect(await problem(try world.request(upload), [])?.code == "body_missing")
        let long = [UInt8](repeating: 0x20, count: Manifest.envelopeBytesMax + 1)
        #expect(await problem(try world.request(upload), long)?.code == "body_too_long")
        let sum = await problem(try world.request(upload, crc32c: "12345678"))
        #expect(sum?.code == "archive_crc32c_malformed" && sum?.field == UploadDesk.crc32cField)
        var without = try world.request(upload)
        without.headers[UploadDesk.crc32cField] = nil
        #expect(await problem(without)?.code == "archive_crc32c_missing")
        let typed = try world.request(upload, contentType: "application/vnd.dsse.envelope.v1+json; charset=utf-8")
        #expect(await problem(typed) == nil)
    }

    @Test("who loses against others again and again is told to come back")
    func busy() async throws {
        let world = DeskWorld()
        let desk = UploadDesk(
            objects: world.intake.objects,
            documents: world.intake.documents,
            sessions: LostRaces(),
            layout: Sample.layout,
            authenticator: RequestAuthenticator(
                documents: world.intake.documents,
                keyring: Keyring([Sample.robot]),
                clock: world.clock
            ),
            clock: world.clock
        )
        let upload = try Upload()
        let request = try world.request(upload)
        do throws(Problem) {
            let offer = try await desk.announce(request, envelope: upload.envelope)
            Issue.record("answered \(offer.state)")
        } catch {
            #expect(error.code == "busy" && error.status == 503 && error.retryAfterSeconds != nil)
        }
    }

    /// A session that somebody else's archive is always in front of.
    private struct LostRaces: UploadSessions {
        func begin(_ order: UploadSessionOrder) async throws(StoreError) -> String {
            throw StoreError(.preconditionFailed, order.name.uri)
        }
    }

    @Test("every code has its words, its status and its place in docs/errors.md")
    func codes() throws {
        let path = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let bytes = try FileIO.read("/\(path)/docs/errors.md", bytesMax: 1 << 20)
        let document = String(decoding: bytes, as: UTF8.self)
        let tokens = IDTokenError.Code.allCases.map(\.rawValue)
        let codes = ProblemCode.allCases.map(\.rawValue) + HTTPSignatureError.Code.allCases.map(\.rawValue) + tokens
        for code in codes { #expect(document.contains("`\(code)`"), "\(code)") }
        #expect(Set(codes).count == codes.count)
        for code in ProblemCode.allCases { #expect((400...599).contains(code.status) && !code.title.isEmpty) }
    }
}
