import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@Suite("Signed requests")
struct RequestAuthenticationTests {
    private let world = DeskWorld()

    /// A request whose parts are signed as a test wants them.
    private struct Draft {
        var components = ["@method", "@target-uri", "content-digest", "content-type", "signalbox-archive-crc32c"]
        var parameters: [(String, StructuredValue)]
        var key = Sample.robotKey
        /// Done to the request before it is signed, and after.
        var before: (inout HTTPRequest) -> Void = { _ in }
        var after: (inout HTTPRequest) -> Void = { _ in }
    }

    private func draft(_ edit: (inout Draft) -> Void = { _ in }) -> Draft {
        var draft = Draft(parameters: [
            ("created", .integer(Sample.now.seconds)), ("keyid", .string(Sample.keyID)),
            ("nonce", .string("0123456789abcdef")),
        ])
        edit(&draft)
        return draft
    }

    private func problem(_ draft: Draft) async throws -> Problem? {
        let upload = try Upload()
        var request = HTTPRequest(
            method: "POST",
            url: DeskWorld.url + UploadDesk.uploadPath + "?robot=1",
            headers: [
                "Content-Type": "application/json", "Content-Digest": ContentDigest.field(for: upload.envelope),
                UploadDesk.crc32cField: CRC32C.checksum(of: upload.archive).base64,
            ]
        )
        draft.before(&request)
        var parameters = StructuredParameters()
        for (name, value) in draft.parameters { parameters.add(name, value) }
        let list = StructuredInnerList(draft.components.map { StructuredItem(.string($0)) }, parameters: parameters)
        let values = [
            "@method": request.method, "@target-uri": request.url, "@authority": "api.example", "@query": "?robot=1",
            "@path": UploadDesk.uploadPath,
        ]
        let lines = draft.components.map { "\"\($0)\": \(values[$0] ?? request.headers[$0] ?? "")\n" }.joined()
        let signature = draft.key.signature(for: Array("\(lines)\"@signature-params\": \(list.serialized)".utf8))
        request.headers["Signature-Input"] = "a=" + list.serialized
        request.headers["Signature"] = "a=:\(Base64.encode(signature)):"
        draft.after(&request)
        return await world.problem(DeskWorld.arrived(request), upload.envelope)
    }

    @Test("a request as the RFC has it is let in, whichever way its target is covered")
    func good() async throws {
        #expect(try await problem(draft()) == nil)
        let apart = draft {
            $0.components = [
                "@method", "@authority", "@path", "@query", "content-digest", "content-type",
                "signalbox-archive-crc32c",
            ]
            $0.parameters[2].1 = .string("another-nonce-of-16")
            $0.parameters += [("alg", .string("ed25519")), ("expires", .integer(Sample.now.seconds + 1))]
        }
        #expect(try await problem(apart) == nil)
    }

    @Test(
        "a signature that leaves out what counts is refused",
        arguments: ["@method", "@target-uri", "content-digest", "content-type", "signalbox-archive-crc32c"]
    )
    func coverage(_ component: String) async throws {
        let problem = try await problem(draft { $0.components.removeAll { $0 == component } })
        #expect(problem?.code == "signature_coverage" && problem?.status == 401)
        #expect(problem?.detail.contains(component == "@target-uri" ? "@query" : component) == true)
        #expect(problem?.field == "Signature-Input")
    }

    private static let parameterCases: [(String, ProblemCode)] = [
        ("alg=rsa", .signatureAlgorithm), ("alg=hmac-sha256", .signatureAlgorithm), ("created=", .signatureCreated),
        ("created=-301", .signatureCreated), ("created=-300", .signatureCreated), ("created=61", .signatureCreated),
        ("expires=0", .signatureExpired), ("expires=-1", .signatureExpired), ("nonce=", .signatureNonce),
        ("nonce=0123456789abcde", .signatureNonce), ("nonce=" + String(repeating: "n", count: 129), .signatureNonce),
        ("keyid=", .signatureKeyUnknown), ("keyid=nobody", .signatureKeyUnknown),
    ]

    @Test("times, nonces, algorithms and keys have their bounds", arguments: parameterCases)
    func parameters(_ edit: String, _ code: ProblemCode) async throws {
        let parts = edit.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        let edited = draft {
            $0.parameters.removeAll { $0.0 == parts[0] }
            guard !parts[1].isEmpty else { return }
            let isTime = ["created", "expires"].contains(parts[0])
            let value: StructuredValue =
                isTime ? .integer(Sample.now.seconds + (Int64(parts[1]) ?? 0)) : .string(parts[1])
            $0.parameters.append((parts[0], value))
        }
        #expect(try await problem(edited)?.code == code.rawValue, "\(edit)")
    }

    @Test("the edges of the window are inside", arguments: [Int64(-299), 0, 60])
    func window(_ offset: Int64) async throws {
        #expect(try await problem(draft { $0.parameters[0].1 = .integer(Sample.now.seconds + offset) }) == nil)
    }

    @Test("what was changed after it was signed does not fit")
    func tampered() async throws {
        let edits: [(inout HTTPRequest) -> Void] = [
            { $0.method = "PUT" }, { $0.url += "&x=2" }, { $0.headers["Content-Type"] = "application/json; x=1" },
            { $0.headers[UploadDesk.crc32cField] = "AAAAAA==" },
            { $0.headers["Signature"] = "a=:\(Base64.encode([UInt8](repeating: 0, count: 64))):" },
            { $0.headers["Signature"] = "a=:AAAA:" },
        ]
        for edit in edits {
            let problem = try await problem(draft { $0.after = edit })
            #expect(problem?.code == "signature_invalid" && problem?.field == "Signature")
        }
        #expect(try await problem(draft { $0.key = Sample.otherKey })?.code == "signature_invalid")
        #expect(try await problem(draft { $0.after = { $0.headers["Signature"] = nil } })?.code == "signature_missing")
        let uncovered = draft { $0.components.append("x-missing") }
        #expect(try await problem(uncovered)?.code == "signature_component_missing")
    }

    @Test(
        "the body's digest is checked before its signature",
        arguments: [
            (nil, "content_digest_missing"), ("sha-256", "content_digest_malformed"),
            ("md5=:AAAA:", "content_digest_unsupported"), ("sha-256=:AAAA:", "content_digest_mismatch"),
            ("sha-512=:AAAA:", "content_digest_mismatch"),
        ] as [(String?, String)]
    )
    func digest(_ field: String?, _ code: String) async throws {
        let problem = try await problem(draft { $0.before = { $0.headers["Content-Digest"] = field } })
        #expect(problem?.code == code && problem?.status == 400 && problem?.field == "Content-Digest")
    }

    @Test("a request is made once, until its time is over and longer")
    func replay() async throws {
        #expect(try await problem(draft()) == nil)
        #expect(try await problem(draft())?.code == "signature_replayed")
        // Another key may use the same nonce.
        let other = draft {
            $0.key = Sample.otherKey
            $0.parameters[1].1 = .string(DeskWorld.second.keyID)
        }
        #expect(try await problem(other)?.code == "signer_mismatch")
        world.clock.advance(by: .seconds(299))
        #expect(try await problem(draft())?.code == "signature_replayed")
        let expired = ExpiredDocuments(documents: world.intake.documents, clock: world.clock)
        #expect(try await expired.remove(isDryRun: false) == 0)
        world.clock.advance(by: .seconds(1))
        #expect(try await problem(draft())?.code == "signature_created")
        // Kept a little longer: the clock of who removes them may run ahead.
        #expect(try await expired.remove(isDryRun: true) == 0)
        world.clock.advance(by: .seconds(60))
        #expect(try await expired.remove(isDryRun: true) == 2)
        #expect(try await expired.remove(isDryRun: false) == 2)
        #expect(try await expired.remove(isDryRun: false) == 0)
        // A signature that did not hold uses up nothing.
        #expect(try await world.intake.documents.queryAll(DocumentQuery(collection: Nonce.collection)).isEmpty)
    }

    @Test("a request for another server is refused before anything else, and its nonce is not used up")
    func host() async throws {
        let upload = try Upload()
        let strange = DeskWorld(authorities: ["other.example", "api.example:8443"])
        let request = try strange.request(upload, contentType: "text/plain")
        let problem = await strange.problem(request, upload.envelope)
        #expect(problem?.code == "host_unknown" && problem?.status == 421 && problem?.field == "Host")
        let answer = await #expect(throws: Problem.self) { try await strange.receipt(upload.packageID).get() }
        #expect(answer?.code == "host_unknown")
        #expect(try await strange.intake.documents.queryAll(DocumentQuery(collection: Nonce.collection)).isEmpty)
        let known = DeskWorld(authorities: ["other.example", "api.example"])
        #expect(try await known.announce(upload).state == .session)
    }

    @Test("what a 401 asks for is what is accepted (RFC 9421, section 5.1)", arguments: [true, false])
    func acceptSignature(hasContent: Bool) async throws {
        let field = try StructuredDictionary(parsing: RequestPolicy.acceptSignature(hasContent: hasContent))
        let member = try #require(field.members.first)
        guard field.members.count == 1, case .list(let list) = member.content else {
            Issue.record("no inner list: \(field.serialized)")
            return
        }
        let components = list.items.compactMap { item in
            if case .string(let name) = item.value, item.parameters.list.isEmpty { name } else { nil }
        }
        #expect(list.parameters.list.map(\.key) == ["created", "alg"])
        #expect(list.parameters["created"] == .boolean(true) && list.parameters["alg"] == .string("ed25519"))
        #expect(components.contains("content-digest") == hasContent)
        if hasContent {
            #expect(try await problem(draft { $0.components = components }) == nil)
        } else {
            let plain = HTTPRequest(url: DeskWorld.url + UploadDesk.receiptPath(of: "pkg-1"))
            #expect(try HTTPSignature(of: world.signer().signed(plain).headers).components == components)
        }
    }

    @Test("a forged request uses up no nonce")
    func forgery() async throws {
        #expect(try await problem(draft { $0.key = Sample.otherKey })?.code == "signature_invalid")
        #expect(try await problem(draft()) == nil)
    }

    @Test("a key that is over or revoked signs no request")
    func keys() async throws {
        var (revoked, expired, early) = (Sample.robot, Sample.robot, Sample.robot)
        revoked.revokedAt = Sample.now
        expired.notAfter = Sample.now
        early.notBefore = Sample.now + .seconds(1)
        for (key, code) in [(revoked, "key_revoked"), (expired, "key_expired"), (early, "key_not_yet_valid")] {
            let world = DeskWorld(keyring: Keyring([key]))
            let upload = try Upload()
            let problem = await world.problem(try world.request(upload), upload.envelope)
            #expect(problem?.code == code && problem?.status == 403 && problem?.field == "Signature-Input")
        }
    }

    @Test("a key that was admitted a moment ago is found, and made-up names do not have the keyring read each time")
    func reload() async throws {
        let reloads = Mutex(0)
        let documents = world.intake.documents
        let desk = UploadDesk(
            objects: world.intake.objects,
            documents: documents,
            sessions: world.sessions,
            layout: Sample.layout,
            authenticator: RequestAuthenticator(
                documents: documents,
                keyring: KeyringScript(
                    current: { Keyring() },
                    fresh: {
                        reloads.withLock { $0 += 1 }
                        return Keyring([Sample.robot])
                    }
                ),
                clock: world.clock
            ),
            clock: world.clock
        )
        let upload = try Upload()
        let offer = try await desk.announce(try world.request(upload), envelope: upload.envelope)
        #expect(offer.state == .session && reloads.withLock { $0 } == 1)
        let stranger = world.signer(Sample.otherKey, keyID: "made-up")
        for _ in 0..<3 {
            let request = try world.request(upload, signer: stranger)
            let problem = await #expect(throws: Problem.self) {
                try await desk.announce(request, envelope: upload.envelope)
            }
            #expect(problem?.code == "signature_key_unknown")
        }
        #expect(reloads.withLock { $0 } == 1)
        world.clock.advance(by: .seconds(5))
        _ = try await desk.announce(try world.request(upload), envelope: upload.envelope)
        #expect(reloads.withLock { $0 } == 2)
    }

    @Test("a store that is away decides nothing")
    func outage() async throws {
        world.intake.faults.set(failing: 1)
        let problem = try await problem(draft())
        #expect(problem?.code == "unavailable" && problem?.status == 503 && problem?.retryAfterSeconds != nil)
    }
}
